//! Calendars against data that they were not made from: every day, open, close, break and reason of each exchange in
//! `tests/data/calendars`, rebuilt here by the rule of its README with `chrono-tz`; and properties that hold for any
//! date and range.

mod expected;

use std::collections::BTreeMap;
use std::ops::Bound;

use chrono::{DateTime, Datelike, NaiveDate, Offset as _, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use expected::{Times, exchanges};
use finnet_core::calendar::{Calendar, Day, Error, Session, XNYS};
use proptest::prelude::*;

#[test]
fn every_day_is_as_the_data_has_it() {
    for exchange in exchanges() {
        let calendar = Calendar::of(&exchange.mic).expect("each exchange of the data has its table");
        assert_eq!((calendar.first(), calendar.last()), (exchange.first, exchange.last));
        assert_eq!((calendar.name(), calendar.zone()), (exchange.name.as_str(), exchange.zone.name()));
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let mut sessions = Vec::new();
        for (date, expected) in exchange.days() {
            let found = found(calendar.day(date).expect("in range"));
            assert_eq!(found, expected.day, "{} {date}", exchange.mic);
            assert_eq!(calendar.reason(date), Ok(expected.reason), "{} {date}", exchange.mic);
            match found {
                expected::Day::Weekend => {}
                expected::Day::Closed => *counts.entry("closures").or_default() += 1,
                expected::Day::Session(times) => {
                    *counts.entry("sessions").or_default() += 1;
                    *counts.entry("open_weekends").or_default() += usize::from(expected.extra);
                    for event in times.events {
                        *counts.entry(event).or_default() += 1;
                    }
                    sessions.push(date);
                }
            }
        }
        for (column, count) in &exchange.counts {
            assert_eq!(counts.get(column.as_str()).unwrap_or(&0), count, "{} {column}", exchange.mic);
        }
        let walked: Vec<NaiveDate> = calendar.sessions(..).expect("open on both sides").map(|s| s.date()).collect();
        assert_eq!(walked, sessions, "{}", exchange.mic);
    }
}

#[test]
fn every_calendar_has_its_data() {
    let known: Vec<String> = Calendar::all().map(|calendar| calendar.mic().to_string()).collect();
    let data: Vec<String> = exchanges().into_iter().map(|exchange| exchange.mic).collect();
    assert_eq!(known, data);
    assert_eq!(known.len(), 66);
}

#[test]
fn a_session_is_as_far_from_utc_as_its_zone() {
    // Older rules put Almaty an hour, Mexico and Santiago a summer's weeks off.
    assert!(chrono_tz::IANA_TZDB_VERSION >= "2024a", "{}", chrono_tz::IANA_TZDB_VERSION);
    for calendar in Calendar::all() {
        let zone: Tz = calendar.zone().parse().expect("an IANA name");
        let ahead = |at: DateTime<Utc>| zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc();
        for session in calendar.sessions(..).expect("open on both sides") {
            let ends = [(session.open(), session.open_local()), (session.close(), session.close_local())];
            for (at, local) in ends {
                let found = (local - at.naive_utc()).num_seconds();
                assert_eq!(found, i64::from(ahead(at)), "{} {session}", calendar.mic());
            }
        }
    }
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
    fn before_and_after_are_inverse((calendar, date) in known_date()) {
        if let (Ok(before), Ok(after)) = (calendar.session_before(date), calendar.session_after(date)) {
            prop_assert!(before.date() < date && date < after.date());
            let between = calendar.sessions((Bound::Excluded(before.date()), Bound::Excluded(after.date()))).unwrap();
            prop_assert_eq!(between.len(), usize::from(calendar.is_session(date).unwrap()));
            let back = calendar.session_before(after.date()).unwrap();
            prop_assert_eq!(back, calendar.session_on_or_before(date).unwrap());
            prop_assert_eq!(calendar.session_after(back.date()).unwrap(), after);
            prop_assert_eq!(calendar.session_after(before.date()).unwrap(), calendar.session_on_or_after(date).unwrap());
        }
        match calendar.day(date).unwrap() {
            Day::Session(session) => {
                prop_assert_eq!(calendar.session(date), Ok(session));
                prop_assert!(calendar.is_session(date).unwrap() && session.date() == date);
                prop_assert!(session.open() < session.close());
            }
            Day::Closed { .. } | Day::Weekend => {
                prop_assert!(!calendar.is_session(date).unwrap());
                prop_assert_eq!(calendar.session(date), Err(Error::NotASession { mic: calendar.mic(), date }));
            }
        }
    }

    #[test]
    fn a_range_holds_the_sessions_of_its_days((calendar, start) in known_date(), days in -5_i64..400, jump in 0_usize..300) {
        let end = (start + TimeDelta::days(days)).clamp(calendar.first(), calendar.last());
        let brute: Vec<Session> = start.iter_days().take_while(|date| *date <= end)
            .filter_map(|date| calendar.day(date).unwrap().session()).collect();
        let sessions = calendar.sessions(start..=end).unwrap();
        prop_assert_eq!(sessions.len(), brute.len());
        prop_assert!(sessions.clone().eq(brute.iter().copied()));
        prop_assert!(sessions.clone().rev().eq(brute.iter().rev().copied()));
        prop_assert_eq!(sessions.clone().last(), brute.last().copied());
        let mut jumping = sessions;
        prop_assert_eq!(jumping.nth(jump), brute.get(jump).copied());
        prop_assert!(jumping.eq(brute.iter().skip(jump + 1).copied()));
    }

    #[test]
    fn both_ends_meet((calendar, start) in known_date(), turns in prop::collection::vec(any::<bool>(), 0..80)) {
        let end = (start + TimeDelta::days(100)).min(calendar.last());
        let mut sessions = calendar.sessions(start..end).unwrap();
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

/// A calendar, and a date that it knows.
fn known_date() -> impl Strategy<Value = (&'static Calendar, NaiveDate)> {
    (any::<prop::sample::Index>(), any::<prop::sample::Index>()).prop_map(|(which, day)| {
        let calendar = which.get(&Calendar::all().collect::<Vec<_>>()).to_owned();
        let days = usize::try_from((calendar.last() - calendar.first()).num_days()).expect("a range") + 1;
        (calendar, calendar.first() + TimeDelta::days(i64::try_from(day.index(days)).expect("a range")))
    })
}

/// Any date of chrono, half of them near the range's ends and chrono's own.
fn any_date() -> impl Strategy<Value = NaiveDate> {
    let (min, max) = (NaiveDate::MIN.num_days_from_ce(), NaiveDate::MAX.num_days_from_ce());
    let near = |edge: NaiveDate| (-3_i32..=3).prop_map(move |days| edge.num_days_from_ce() + days);
    let edges = [NaiveDate::MIN, day(1999, 12, 31), day(2030, 12, 31), NaiveDate::MAX];
    prop_oneof![min..=max, prop_oneof![near(edges[0]), near(edges[1]), near(edges[2]), near(edges[3])]]
        .prop_map(move |days| NaiveDate::from_num_days_from_ce_opt(days.clamp(min, max)).expect("between the two ends"))
}

/// A calendar's answer in the form of the data.
fn found(day: Day<'_>) -> expected::Day {
    match day {
        Day::Weekend => expected::Day::Weekend,
        Day::Closed { .. } => expected::Day::Closed,
        Day::Session(s) => {
            let events =
                [(s.closes_early(), "early_closes"), (s.opens_late(), "late_opens"), (s.closes_late(), "late_closes")];
            expected::Day::Session(Times {
                open: s.open(),
                close: s.close(),
                midday: s.break_hours(),
                local: (s.open_local(), s.close_local()),
                midday_local: s.break_hours_local(),
                events: events.into_iter().filter(|(is, _)| *is).map(|(_, count)| count).collect(),
            })
        }
    }
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date")
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().expect("RFC 3339")
}
