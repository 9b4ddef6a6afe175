//! Calendars against data that they were not made from: every day, open, close, break and reason of each exchange in
//! `tests/data/calendars`, rebuilt here by the rule of its README with `chrono-tz`; and properties that hold for any
//! date and range.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Bound;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use finnet_core::calendar::{Calendar, Day, Error, Session, XNYS};
use proptest::prelude::*;

type Row = BTreeMap<String, String>;

/// A day as the data has it.
#[derive(Debug, PartialEq)]
enum Expected {
    Weekend,
    Closed { reason: Option<String> },
    Session(Times),
}

#[derive(Debug, PartialEq)]
struct Times {
    open: DateTime<Utc>,
    close: DateTime<Utc>,
    midday: Option<(DateTime<Utc>, DateTime<Utc>)>,
    local: (NaiveDateTime, NaiveDateTime),
    events: Vec<&'static str>,
}

#[test]
fn every_day_is_as_the_data_has_it() {
    for exchange in rows("exchanges.csv") {
        let calendar = Calendar::of(&exchange["mic"]).expect("each exchange of the data has its table");
        assert_eq!((calendar.first(), calendar.last()), (date(&exchange["valid_from"]), date(&exchange["valid_to"])));
        assert_eq!(calendar.zone(), exchange["timezone"]);
        assert_eq!(calendar.name(), exchange["name"].replace(';', ","));
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let expected = rebuild(&exchange);
        for (date, expected) in &expected {
            let found = found(calendar.day(*date).expect("in range"));
            assert_eq!(found, *expected, "{} {date}", exchange["mic"]);
            match found {
                Expected::Weekend => {}
                Expected::Closed { .. } => *counts.entry("closures").or_default() += 1,
                Expected::Session(times) => {
                    *counts.entry("sessions").or_default() += 1;
                    for event in times.events {
                        *counts.entry(event).or_default() += 1;
                    }
                }
            }
        }
        for column in ["sessions", "closures", "early_closes", "late_opens", "late_closes"] {
            assert_eq!(counts.get(column).copied().unwrap_or(0).to_string(), exchange[column], "{column}");
        }
        let walked: Vec<NaiveDate> = calendar.sessions(..).expect("open on both sides").map(|s| s.date()).collect();
        let sessions = expected.iter().filter(|(_, day)| matches!(day, Expected::Session(_))).map(|(date, _)| *date);
        assert!(sessions.eq(walked), "{}", exchange["mic"]);
    }
}

#[test]
fn every_calendar_has_its_data() {
    let known: Vec<String> = Calendar::all().map(|calendar| calendar.mic().to_string()).collect();
    let data: Vec<String> = rows("exchanges.csv").into_iter().map(|row| row["mic"].clone()).collect();
    assert_eq!(known, data);
}

#[test]
fn beyond_its_range_a_calendar_says_so() {
    let out_of_range = |date| Error::OutOfRange { mic: XNYS.mic(), date, first: XNYS.first(), last: XNYS.last() };
    let (eve, after) = (day(1999, 12, 31), day(2031, 1, 1));
    for date in [NaiveDate::MIN, eve, after, NaiveDate::MAX] {
        assert_eq!(XNYS.day(date), Err(out_of_range(date)));
        assert_eq!(XNYS.session(date), Err(out_of_range(date)));
        assert_eq!(XNYS.session_after(date), Err(out_of_range(date)));
        assert_eq!(XNYS.session_on_or_before(date), Err(out_of_range(date)));
        assert_eq!(XNYS.sessions(date..).err(), Some(out_of_range(date)));
        assert_eq!(XNYS.sessions(..=date).err(), Some(out_of_range(date)));
    }
    assert_eq!(XNYS.session_after(day(2030, 12, 31)), Err(out_of_range(after)));
    assert_eq!(XNYS.session_on_or_before(day(2000, 1, 2)), Err(out_of_range(eve)));
    assert_eq!(XNYS.session_before(day(2000, 1, 1)), Err(out_of_range(eve)));
    assert_eq!(XNYS.last_closed(utc("2000-01-03T20:59:59Z")), Err(out_of_range(eve)));
    assert_eq!(XNYS.last_closed(utc("2000-01-03T21:00:00Z")).unwrap().date(), day(2000, 1, 3));
    assert_eq!(XNYS.last_closed(utc("2031-01-01T04:59:59Z")).unwrap().date(), day(2030, 12, 31));
    assert_eq!(XNYS.last_closed(utc("2031-01-01T05:00:00Z")), Err(out_of_range(after)));
    assert_eq!(XNYS.last_closed(utc("2000-01-01T04:59:59Z")), Err(out_of_range(eve)));
    for at in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        assert!(matches!(XNYS.last_closed(at), Err(Error::OutOfRange { .. })));
    }
}

#[test]
fn an_excluded_date_may_lie_next_to_the_range() {
    assert_eq!(XNYS.sessions(..day(2031, 1, 1)).unwrap().len(), 7794);
    assert_eq!(XNYS.sessions((Bound::Excluded(day(1999, 12, 31)), Bound::Unbounded)).unwrap().len(), 7794);
    assert_eq!(XNYS.sessions(..day(2000, 1, 1)).unwrap().len(), 0);
    assert!(XNYS.sessions(..day(2031, 1, 2)).is_err());
    let (new_year, christmas) = (day(2026, 1, 1), day(2025, 12, 25));
    assert_eq!(XNYS.sessions(new_year..=christmas).unwrap().next(), None);
}

#[test]
fn an_unknown_exchange_is_answered_with_the_nearest() {
    let says = |code| Calendar::of(code).unwrap_err().to_string();
    assert_eq!(says("NYSE"), "no calendar of NYSE is known: did you mean XNYS?");
    assert_eq!(says("XNSY"), "no calendar of XNSY is known: did you mean XNYS?");
    assert_eq!(says("xnys"), "a MIC is four capital letters or digits: did you mean XNYS?");
    assert_eq!(says("nasdaq"), "a MIC is four capital letters or digits: did you mean XNAS?");
    assert_eq!(says("XXXX"), "no calendar of XXXX is known");
    assert_eq!(says("../../etc/passwd\0\u{202e}"), "a MIC is four capital letters or digits");
    assert_eq!(says(&"☃".repeat(100_000)), "a MIC is four capital letters or digits");
    for venue in XNYS.venues() {
        assert_eq!(Calendar::of(venue.as_str()).unwrap().mic(), XNYS.mic());
    }
}

#[test]
fn a_month_ends_once() {
    let ends: Vec<Session> = XNYS.sessions(..).unwrap().month_ends().collect();
    assert_eq!(ends.len(), 31 * 12);
    let all: Vec<Session> = XNYS.sessions(..).unwrap().collect();
    let mut last_of = BTreeMap::new();
    for session in all {
        last_of.insert((session.date().year(), session.date().month()), session);
    }
    assert!(last_of.values().eq(&ends));
    assert!(XNYS.sessions(..).unwrap().month_ends().rev().eq(ends.into_iter().rev()));
    assert_eq!(XNYS.sessions(day(2026, 3, 2)..=day(2026, 3, 30)).unwrap().month_ends().count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn before_and_after_are_inverse(date in known_date()) {
        if let (Ok(before), Ok(after)) = (XNYS.session_before(date), XNYS.session_after(date)) {
            prop_assert!(before.date() < date && date < after.date());
            let between = XNYS.sessions((Bound::Excluded(before.date()), Bound::Excluded(after.date()))).unwrap();
            prop_assert_eq!(between.len(), usize::from(XNYS.is_session(date).unwrap()));
            let back = XNYS.session_before(after.date()).unwrap();
            prop_assert_eq!(back, XNYS.session_on_or_before(date).unwrap());
            prop_assert_eq!(XNYS.session_after(back.date()).unwrap(), after);
            prop_assert_eq!(XNYS.session_after(before.date()).unwrap(), XNYS.session_on_or_after(date).unwrap());
        }
        match XNYS.day(date).unwrap() {
            Day::Session(session) => {
                prop_assert_eq!(XNYS.session(date), Ok(session));
                prop_assert!(XNYS.is_session(date).unwrap() && session.date() == date);
                prop_assert!(session.open() < session.close());
            }
            Day::Closed { .. } | Day::Weekend => {
                prop_assert!(!XNYS.is_session(date).unwrap());
                prop_assert_eq!(XNYS.session(date), Err(Error::NotASession { mic: XNYS.mic(), date }));
            }
        }
    }

    #[test]
    fn a_range_holds_the_sessions_of_its_days(start in known_date(), days in -5_i64..400, jump in 0_usize..300) {
        let end = (start + TimeDelta::days(days)).clamp(XNYS.first(), XNYS.last());
        let brute: Vec<Session> = start.iter_days().take_while(|date| *date <= end)
            .filter_map(|date| XNYS.day(date).unwrap().session()).collect();
        let sessions = XNYS.sessions(start..=end).unwrap();
        prop_assert_eq!(sessions.len(), brute.len());
        prop_assert!(sessions.clone().eq(brute.iter().copied()));
        prop_assert!(sessions.clone().rev().eq(brute.iter().rev().copied()));
        prop_assert_eq!(sessions.clone().last(), brute.last().copied());
        let mut jumping = sessions;
        prop_assert_eq!(jumping.nth(jump), brute.get(jump).copied());
        prop_assert!(jumping.eq(brute.iter().skip(jump + 1).copied()));
    }

    #[test]
    fn both_ends_meet(start in known_date(), turns in prop::collection::vec(any::<bool>(), 0..80)) {
        let end = (start + TimeDelta::days(100)).min(XNYS.last());
        let mut sessions = XNYS.sessions(start..end).unwrap();
        let mut expected: std::collections::VecDeque<Session> = sessions.clone().collect();
        for front in turns {
            if front {
                prop_assert_eq!(sessions.next(), expected.pop_front());
            } else {
                prop_assert_eq!(sessions.next_back(), expected.pop_back());
            }
            prop_assert_eq!(sessions.len(), expected.len());
        }
    }

    #[test]
    fn the_last_closed_session_is_the_last_whose_close_has_come(seconds in 946_933_200_i64..1_924_992_000) {
        let at = DateTime::from_timestamp(seconds, 0).unwrap();
        let last = XNYS.last_closed(at).unwrap();
        prop_assert!(last.close() <= at);
        prop_assert!(XNYS.session_after(last.date()).is_ok_and(|next| at < next.close()) || last.date() == XNYS.last());
    }

    #[test]
    fn no_date_panics(date in any_date(), other in any_date(), seconds in any::<i64>(), code in "\\PC{0,8}") {
        let known = (XNYS.first()..=XNYS.last()).contains(&date);
        prop_assert_eq!(XNYS.day(date).is_ok(), known);
        prop_assert_eq!(XNYS.is_session(date).is_ok(), known);
        let _ = (XNYS.session(date), XNYS.session_after(date), XNYS.session_before(date));
        let _ = (XNYS.session_on_or_after(date), XNYS.session_on_or_before(date));
        for start in [Bound::Included(date), Bound::Excluded(date), Bound::Unbounded] {
            for end in [Bound::Included(other), Bound::Excluded(other), Bound::Unbounded] {
                if let Ok(sessions) = XNYS.sessions((start, end)) {
                    prop_assert!(sessions.len() <= 7794);
                }
            }
        }
        if let Some(at) = DateTime::from_timestamp(seconds % 9_000_000_000_000, 0) {
            let _ = XNYS.last_closed(at);
        }
        prop_assert!(Calendar::of(&code).is_ok() || !Calendar::of(&code).unwrap_err().to_string().is_empty());
    }
}

fn known_date() -> impl Strategy<Value = NaiveDate> {
    (0_i64..11_323).prop_map(|days| XNYS.first() + TimeDelta::days(days))
}

/// Any date of chrono, half of them near the range's ends and chrono's own.
fn any_date() -> impl Strategy<Value = NaiveDate> {
    let (min, max) = (NaiveDate::MIN.num_days_from_ce(), NaiveDate::MAX.num_days_from_ce());
    let near = |edge: NaiveDate| (-3_i32..=3).prop_map(move |days| edge.num_days_from_ce() + days);
    let edges = [NaiveDate::MIN, day(1999, 12, 31), day(2030, 12, 31), NaiveDate::MAX];
    prop_oneof![min..=max, prop_oneof![near(edges[0]), near(edges[1]), near(edges[2]), near(edges[3])]]
        .prop_map(move |days| NaiveDate::from_num_days_from_ce_opt(days.clamp(min, max)).expect("between the two ends"))
}

/// Rebuilds every day of an exchange from the data.
fn rebuild(exchange: &Row) -> BTreeMap<NaiveDate, Expected> {
    let mic = &exchange["mic"];
    let zone: Tz = exchange["timezone"].parse().expect("an IANA name");
    let hours: Vec<Row> = rows("hours.csv").into_iter().filter(|row| row["mic"] == *mic).collect();
    let exceptions: BTreeMap<String, Row> =
        rows(&format!("{mic}.csv")).into_iter().map(|row| (row["date"].clone(), row)).collect();
    let days = date(&exchange["valid_from"]).iter_days().take_while(|day| *day <= date(&exchange["valid_to"]));
    days.map(|date| (date, expected(date, &hours, exceptions.get(&date.to_string()), zone))).collect()
}

/// Says what a day is, by the rule in the README of the data.
fn expected(date: NaiveDate, hours: &[Row], exception: Option<&Row>, zone: Tz) -> Expected {
    let event = exception.map_or("", |row| &row["event"]);
    let from = hours.iter().map(|row| &row["valid_from"]).filter(|from| **from <= date.to_string()).max();
    let period: Vec<&Row> = hours.iter().filter(|row| Some(&row["valid_from"]) == from).collect();
    let weekday = date.weekday().num_days_from_monday() as usize;
    let regular = period.iter().find(|row| row["weekdays"].as_bytes()[weekday] == b'1');
    if event == "closed" {
        assert!(regular.is_some(), "{date} is closed on a weekend");
        let reason = exception.map(|row| row["reason"].replace(';', ",")).filter(|reason| !reason.is_empty());
        return Expected::Closed { reason };
    }
    let Some(row) = regular.or((event == "open_weekend").then_some(&period[0])) else { return Expected::Weekend };
    let given = |column: &str| exception.map(|row| &row[column]).filter(|time| !time.is_empty());
    let local = |time: &str| date.and_time(NaiveTime::parse_from_str(time, "%H:%M").expect("HH:MM"));
    let utc = |time: &str| zone.from_local_datetime(&local(time)).single().expect("no gap, no fold").to_utc();
    let open = given("open_local").unwrap_or(&row["open_local"]);
    let close = given("close_local").unwrap_or(&row["close_local"]);
    let (start, end) = (&row["break_start_local"], &row["break_end_local"]);
    let events = [("early_close", "early_closes"), ("late_open", "late_opens"), ("late_close", "late_closes")];
    Expected::Session(Times {
        open: utc(open),
        close: utc(close),
        midday: (!start.is_empty() && !event.contains("early_close")).then(|| (utc(start), utc(end))),
        local: (local(open), local(close)),
        events: events
            .iter()
            .filter(|(name, _)| event.split('+').any(|one| one == *name))
            .map(|(_, count)| *count)
            .collect(),
    })
}

/// A calendar's answer in the form of the data.
fn found(day: Day<'_>) -> Expected {
    match day {
        Day::Weekend => Expected::Weekend,
        Day::Closed { reason } => Expected::Closed { reason: reason.map(str::to_owned) },
        Day::Session(s) => {
            let events =
                [(s.closes_early(), "early_closes"), (s.opens_late(), "late_opens"), (s.closes_late(), "late_closes")];
            Expected::Session(Times {
                open: s.open(),
                close: s.close(),
                midday: s.break_hours(),
                local: (s.open_local(), s.close_local()),
                events: events.into_iter().filter(|(is, _)| *is).map(|(_, count)| count).collect(),
            })
        }
    }
}

fn rows(file: &str) -> Vec<Row> {
    let path = format!("{}/tests/data/calendars/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&path).expect(&path);
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    lines.map(|line| header.iter().map(ToString::to_string).zip(line.split(',').map(str::to_owned)).collect()).collect()
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("YYYY-MM-DD")
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date")
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().expect("RFC 3339")
}
