//! A calendar from nothing: an exchange that this crate has not, a bank, a depository, a house rule.
//!
//! In come dates, hours and a zone, as any [`TimeZone`] of chrono; out comes a calendar that has taken of the zone what
//! it needs, the offsets from UTC over its range, and knows it no more.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use chrono::{DateTime, NaiveDate, NaiveTime, Offset as _, TimeZone, Weekday};

use super::change::Change;
use super::draft::{Draft, Week};
use super::error::Error;
use super::exchange::Calendar;
use super::hours::Hours;
use super::mic::Mic;
use super::reasons::Reasons;
use super::table::Offset;

/// Builds a calendar of one's own; made by [`Calendar::builder`].
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    mic: Mic,
    name: Cow<'static, str>,
    dates: RangeInclusive<NaiveDate>,
    hours: Vec<(NaiveDate, Vec<Weekday>, Hours)>,
    changes: Vec<Change>,
}

impl Calendar {
    /// Begins a calendar of one's own, with a code in the form of a MIC, a name, and the first and the last date known.
    ///
    /// # Examples
    ///
    /// ```
    /// use chrono_tz::Asia::Tokyo;
    /// use finnet_core::calendar::{Calendar, Change, Hours, Mic};
    /// use finnet_core::chrono::{NaiveDate, Weekday};
    ///
    /// let date = |month, day| NaiveDate::from_ymd_opt(2027, month, day).unwrap();
    /// let weekdays = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
    /// let hours: Hours = "09:00-11:30,12:30-15:30".parse()?;
    /// let house = Calendar::builder(Mic::new("HSE1")?, "Our house", date(1, 1)..=date(12, 31))
    ///     .hours(date(1, 1), weekdays, hours)
    ///     .with([Change::closed(date(1, 1)).because("New Year's Day")])
    ///     .with([Change::session(date(12, 30), "09:00-11:30".parse()?).because("Last session")])
    ///     .build("Asia/Tokyo", &Tokyo)?;
    ///
    /// let session = house.session_after(date(1, 1))?;
    /// assert_eq!(session.open().to_rfc3339(), "2027-01-04T00:00:00+00:00");
    /// let (start, end) = session.break_hours().unwrap();
    /// assert_eq!((house.is_open_at(start)?, house.session_at(start)?), (false, Some(session)));
    /// assert!(house.is_open_at(end)?);
    /// # Ok::<(), finnet_core::calendar::Error>(())
    /// ```
    pub fn builder(mic: Mic, name: impl Into<Cow<'static, str>>, dates: RangeInclusive<NaiveDate>) -> Builder {
        Builder { mic, name: name.into(), dates, hours: Vec::new(), changes: Vec::new() }
    }
}

impl Builder {
    /// Adds regular hours from a date on, for some days of the week; several with one date divide its week, and all
    /// those of a later date replace them. On days of the week without hours there is no session.
    pub fn hours(mut self, from: NaiveDate, weekdays: impl IntoIterator<Item = Weekday>, hours: Hours) -> Self {
        self.hours.push((from, weekdays.into_iter().collect(), hours));
        self
    }

    /// Adds dates that differ from the regular hours.
    pub fn with<C: Into<Change>>(mut self, changes: impl IntoIterator<Item = C>) -> Self {
        self.changes.extend(changes.into_iter().map(Into::into));
        self
    }

    /// Returns the calendar, in a zone and with what [`Calendar::zone`] is to call it.
    ///
    /// The zone is asked for its offset at every hour of the range, which takes some milliseconds. An offset that holds
    /// for less than an hour goes unseen; no zone has had one.
    ///
    /// # Errors
    ///
    /// - [`Error::Range`] for a range without a date, of more than 65,535 of them, or beyond the years 2 to 5999.
    /// - [`Error::NoHours`] where no regular hours hold from the first date.
    /// - [`Error::OutOfRange`] for hours or a change on a date outside of the range.
    /// - [`Error::Twice`] for two hours on one day of the week from one date, and for two changes of one date.
    /// - [`Error::NotASession`], [`Error::Unchanged`] for a change that makes no difference.
    /// - [`Error::NotOneInstant`] where a session should open, break or close at a time that the zone's clocks, put
    ///   forward or back that day, show never or twice; [`Error::ClocksChange`] where they are during a session.
    /// - [`Error::UnevenOffset`] where the zone's offset is not whole minutes.
    /// - [`Error::TooMuch`] for more different hours, reasons or offsets than a calendar has room for.
    pub fn build<Z: TimeZone>(self, zone_name: impl Into<Cow<'static, str>>, zone: &Z) -> Result<Calendar, Error> {
        let (mic, (first, last)) = (self.mic, self.dates.into_inner());
        check_range(mic, first, last)?;
        let mut draft = Draft {
            mic,
            name: self.name,
            zone: zone_name.into(),
            venues: &[],
            called: &[],
            first,
            last,
            periods: BTreeMap::new(),
            exceptions: BTreeMap::new(),
            reasons: Reasons { text: "", ends: &[], own: Vec::new() },
            offsets: offsets(mic, zone, first, last)?.into(),
        };
        for (from, weekdays, hours) in self.hours {
            let day = draft.number_of(from)?;
            let week: &mut Week = draft.periods.entry(day).or_default();
            for weekday in weekdays {
                if week[weekday.num_days_from_monday() as usize].replace(hours).is_some() {
                    return Err(Error::Twice { mic, date: from });
                }
            }
        }
        if !draft.periods.contains_key(&0) {
            return Err(Error::NoHours { mic, first });
        }
        draft.change_all(self.changes.into_iter())?;
        Ok(Calendar(draft.into_table()?))
    }
}

/// Refuses a range whose days or minutes a table cannot count.
fn check_range(mic: Mic, first: NaiveDate, last: NaiveDate) -> Result<(), Error> {
    // The year before is that of an open on the first day in a zone ahead of UTC.
    let years = NaiveDate::from_ymd_opt(2, 1, 1)..=NaiveDate::from_ymd_opt(5999, 12, 31);
    let days = last.signed_duration_since(first).num_days();
    let fits = years.contains(&Some(first)) && years.contains(&Some(last)) && (0..i64::from(u16::MAX)).contains(&days);
    if fits { Ok(()) } else { Err(Error::Range { mic, first, last }) }
}

/// Returns the zone's offsets over a range, each with the minute since 1970 from which on it holds.
fn offsets<Z: TimeZone>(mic: Mic, zone: &Z, first: NaiveDate, last: NaiveDate) -> Result<Vec<Offset>, Error> {
    let ahead = |minute: i32| -> Result<i16, Error> {
        let at = DateTime::from_timestamp(i64::from(minute) * 60, 0).expect("a range is of this age").naive_utc();
        let seconds = zone.offset_from_utc_datetime(&at).fix().local_minus_utc();
        let minutes = i16::try_from(seconds / 60).expect("an offset is less than a day");
        if seconds % 60 == 0 { Ok(minutes) } else { Err(Error::UnevenOffset { mic, date: at.date() }) }
    };
    // A day more at either end: the zone's days are not those of UTC.
    let minute = |date: NaiveDate| {
        i32::try_from(date.and_time(NaiveTime::MIN).and_utc().timestamp() / 60).expect("a range is of this age")
    };
    let (start, end) = (minute(first) - 24 * 60, minute(last) + 48 * 60);
    let mut present = ahead(start)?;
    let mut offsets = vec![Offset { from: i32::MIN, minutes: present }];
    for hour in (start..end).step_by(60) {
        if ahead(hour + 60)? == present {
            continue;
        }
        for from in hour + 1..=hour + 60 {
            let minutes = ahead(from)?;
            if minutes != present {
                present = minutes;
                offsets.push(Offset { from, minutes });
            }
        }
    }
    Ok(offsets)
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, FixedOffset, Utc};
    use chrono_tz::Tz;
    use proptest::prelude::*;

    use super::super::day::Day;
    use super::super::hours::time_of;
    use super::super::samples::{date, mic};
    use super::super::tables::XNYS;
    use super::*;

    const WEEK: [Weekday; 7] =
        [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

    fn hours(text: &str) -> Hours {
        text.parse().expect("hours")
    }

    /// Every day of one range at the same hours.
    fn every_day(first: NaiveDate, last: NaiveDate, hours: Hours) -> Builder {
        Calendar::builder(mic("TEST"), "Test", first..=last).hours(first, WEEK, hours)
    }

    #[test]
    fn a_calendar_built_of_the_days_of_another_is_the_same() {
        for original in Calendar::all() {
            let days = || original.first().iter_days().take_while(|day| *day <= original.last());
            let trading = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
            // Hours that no day has: each session is then a change, with its reason.
            let changes = days().filter_map(|day| match (original.session(day), original.reason(day).unwrap()) {
                (Ok(session), reason) => {
                    let change = Change::session(day, session.hours());
                    Some(reason.map_or(change.clone(), |reason| change.because(reason)))
                }
                (Err(_), _) if !trading.contains(&day.weekday()) => None,
                (Err(_), Some(reason)) => Some(Change::closed(day).because(reason)),
                (Err(_), None) => Some(Change::closed(day)),
            });
            let zone: Tz = original.zone().parse().expect("an IANA name");
            let built = Calendar::builder(original.mic(), original.name(), original.first()..=original.last())
                .hours(original.first(), trading, hours("00:01-23:57"))
                .with(changes)
                .build(original.zone(), &zone)
                .unwrap();
            for day in days() {
                let times = |calendar: &Calendar| {
                    let session = calendar.session(day).ok()?;
                    Some((session.open(), session.close(), session.break_hours(), session.open_local()))
                };
                assert_eq!(times(&built), times(original), "{day}");
                // A reason to be closed on a day without hours is nothing that a change can say.
                if original.is_session(day).unwrap() || trading.contains(&day.weekday()) {
                    assert_eq!(built.reason(day), original.reason(day), "{day}");
                }
            }
            assert_eq!(built.sessions(..).unwrap().len(), original.sessions(..).unwrap().len());
        }
    }

    #[test]
    fn new_york_of_its_rules_is_new_york() {
        let trading = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
        let regular = hours("09:30-16:00");
        let changes = XNYS.first().iter_days().take_while(|day| *day <= XNYS.last()).filter_map(|day| {
            let change = match XNYS.day(day).unwrap() {
                Day::Weekend => return None,
                Day::Closed { .. } => Change::closed(day),
                Day::Session(session) if session.hours() == regular => return None,
                Day::Session(session) => Change::session(day, session.hours()),
            };
            Some(XNYS.reason(day).unwrap().map_or(change.clone(), |reason| change.because(reason)))
        });
        let built = Calendar::builder(XNYS.mic(), XNYS.name(), XNYS.first()..=XNYS.last())
            .hours(XNYS.first(), trading, regular)
            .with(changes)
            .build(XNYS.zone(), &chrono_tz::America::New_York)
            .unwrap();
        for day in XNYS.first().iter_days().take_while(|day| *day <= XNYS.last()) {
            assert_eq!((built.day(day), built.reason(day)), (XNYS.day(day), XNYS.reason(day)), "{day}");
        }
        assert_eq!(built.with([date(2026, 11, 30)]).unwrap().day(date(2026, 11, 30)).unwrap().session(), None);
    }

    #[test]
    fn a_calendar_that_contradicts_itself_is_refused() {
        let (first, last) = (date(2026, 1, 1), date(2026, 12, 31));
        let builder = || every_day(first, last, hours("09:00-17:00"));
        let refused = |builder: Builder| builder.build("UTC", &Utc).unwrap_err();
        let mic = mic("TEST");
        assert_eq!(refused(Calendar::builder(mic, "Test", first..=last)), Error::NoHours { mic, first });
        let later = Calendar::builder(mic, "Test", first..=last).hours(last, WEEK, hours("09:00-17:00"));
        assert_eq!(refused(later), Error::NoHours { mic, first });
        let twice = builder().hours(first, [Weekday::Sun], hours("10:00-17:00"));
        assert_eq!(refused(twice), Error::Twice { mic, date: first });
        let (early, late) = (date(2025, 12, 31), date(2027, 1, 1));
        for date in [early, late, NaiveDate::MIN, NaiveDate::MAX] {
            let out = Error::OutOfRange { mic, date, first, last };
            assert_eq!(refused(builder().hours(date, WEEK, hours("09:00-17:00"))), out);
            assert_eq!(refused(builder().with([date])), out);
        }
        assert_eq!(refused(builder().with([last, first, last])), Error::Twice { mic, date: last });
        let same = Change::session(first, hours("09:00-17:00"));
        assert_eq!(refused(builder().with([same])), Error::Unchanged { mic, date: first });
        let no_sundays =
            Calendar::builder(mic, "Test", first..=last).hours(first, [Weekday::Mon], hours("09:00-17:00"));
        assert_eq!(refused(no_sundays.with([first])), Error::NotASession { mic, date: first });
    }

    #[test]
    fn the_range_has_its_ends() {
        let mic = mic("TEST");
        let build = |first, last| every_day(first, last, hours("00:00-23:59")).build("UTC", &Utc);
        for (first, last) in [
            (date(2026, 1, 2), date(2026, 1, 1)),
            (date(0, 12, 31), date(1, 1, 1)),
            (date(1, 12, 31), date(2, 1, 1)),
            (date(0, 1, 1), date(0, 2, 29)),
            (date(5999, 12, 31), date(6000, 1, 1)),
            (date(9999, 1, 1), date(9999, 12, 31)),
            (NaiveDate::MIN, NaiveDate::MAX),
            (NaiveDate::MAX, NaiveDate::MIN),
            (NaiveDate::MAX, NaiveDate::MAX),
            (date(2000, 1, 1), date(2000, 1, 1) + chrono::TimeDelta::days(65_535)),
        ] {
            assert_eq!(build(first, last).unwrap_err(), Error::Range { mic, first, last });
        }
        for (first, last) in [
            (date(2, 1, 1), date(2, 1, 1)),
            (date(2, 1, 1), date(6, 12, 31)),
            (date(5999, 1, 1), date(5999, 12, 31)),
            (date(2000, 1, 1), date(2000, 1, 1) + chrono::TimeDelta::days(65_534)),
        ] {
            let calendar = build(first, last).unwrap();
            let days = usize::try_from((last - first).num_days() + 1).unwrap();
            assert_eq!((calendar.first(), calendar.last()), (first, last));
            assert_eq!(calendar.sessions(..).unwrap().len(), days);
            assert_eq!(calendar.sessions(..).unwrap().next_back().unwrap().date(), last);
            let close = last.and_hms_opt(23, 59, 0).unwrap().and_utc();
            assert_eq!(calendar.last_closed(close).unwrap().date(), last);
            assert_eq!(calendar.next_open(first.and_time(NaiveTime::MIN).and_utc()).is_ok(), days > 1);
            assert!(calendar.session_after(last).is_err() && calendar.session_before(first).is_err());
        }
    }

    /// Farther ahead of UTC, or behind, than any zone: the instants of the first and of the last day lie beyond the range.
    #[test]
    fn instants_at_both_ends_of_the_years() {
        for (first, last) in [(date(2, 1, 1), date(2, 1, 3)), (date(5999, 12, 29), date(5999, 12, 31))] {
            for seconds in [-86_340, 86_340] {
                let zone = FixedOffset::east_opt(seconds).unwrap();
                for text in ["00:00-00:01", "23:58-23:59"] {
                    let calendar = every_day(first, last, hours(text)).build("far", &zone).unwrap();
                    for session in [calendar.session(first).unwrap(), calendar.session(last).unwrap()] {
                        let local = session.open_local() - chrono::TimeDelta::seconds(i64::from(seconds));
                        assert_eq!(session.open(), local.and_utc());
                        assert!(session.close() > session.open() && !format!("{session:?}").is_empty());
                        assert_eq!(calendar.session_at(session.open()), Ok(Some(session)));
                    }
                }
            }
        }
    }

    #[test]
    fn zones_of_odd_offsets() {
        // Liberia was 44 minutes and 30 seconds behind until 1972-01-07.
        let (first, last) = (date(1971, 12, 1), date(1972, 2, 1));
        let monrovia =
            |first| every_day(first, last, hours("09:00-17:00")).build("Africa/Monrovia", &chrono_tz::Africa::Monrovia);
        assert_eq!(monrovia(first).unwrap_err(), Error::UnevenOffset { mic: mic("TEST"), date: date(1971, 11, 30) });
        assert!(monrovia(date(1972, 1, 9)).is_ok());
        // Nepal is 5 hours and 45 minutes ahead.
        let today = date(2026, 11, 20);
        let offset = FixedOffset::east_opt(345 * 60).unwrap();
        let kathmandu = every_day(today, today, hours("11:00-15:00")).build("Asia/Kathmandu", &offset).unwrap();
        assert_eq!(kathmandu.session(today).unwrap().open().to_rfc3339(), "2026-11-20T05:15:00+00:00");
        // Samoa had no 30 December 2011.
        let gone = date(2011, 12, 30);
        let apia = every_day(date(2011, 12, 28), date(2012, 1, 2), hours("09:00-17:00"));
        let refused = apia.clone().build("Pacific/Apia", &chrono_tz::Pacific::Apia).unwrap_err();
        assert_eq!(refused, Error::NotOneInstant { mic: mic("TEST"), date: gone, time: time_of(540) });
        let apia = apia.with([gone]).build("Pacific/Apia", &chrono_tz::Pacific::Apia).unwrap();
        assert_eq!(apia.session_after(date(2011, 12, 29)).unwrap().open().to_rfc3339(), "2011-12-30T19:00:00+00:00");
    }

    /// Two changes of the offset are counted ahead for 256 days; Casablanca has had four, about Ramadan.
    #[test]
    fn zones_of_many_changes() {
        let (first, last) = (date(2008, 1, 1), date(2019, 12, 31));
        for zone in [chrono_tz::Africa::Casablanca, chrono_tz::America::New_York, chrono_tz::Asia::Gaza] {
            let calendar = every_day(first, last, hours("10:00-16:00")).build(zone.name(), &zone).unwrap();
            for session in calendar.sessions(..).unwrap() {
                let open = zone.from_local_datetime(&session.open_local()).single().unwrap();
                assert_eq!(session.open(), open.to_utc(), "{}", zone.name());
                assert_eq!(calendar.session_at(session.open()), Ok(Some(session)));
            }
            let many = calendar.0.marks.iter().any(|mark| mark.odd == [u8::MAX; 4]);
            assert_eq!(many, zone == chrono_tz::Africa::Casablanca, "{}", zone.name());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        /// Each session as chrono-tz has it, or refused where chrono-tz knows no single offset for it.
        #[test]
        fn any_zone_is_taken_as_it_is(
            zone in prop::sample::select(vec![
                chrono_tz::America::New_York, chrono_tz::Europe::London, chrono_tz::Australia::Lord_Howe,
                chrono_tz::America::Sao_Paulo, chrono_tz::Asia::Tehran, chrono_tz::Africa::Casablanca,
                chrono_tz::Africa::Cairo, chrono_tz::America::Havana, chrono_tz::Pacific::Apia, chrono_tz::Asia::Gaza,
            ]),
            first in 0_i64..12_000, days in 0_i64..100, minutes in prop::collection::btree_set(0_u16..1440, 2..5),
        ) {
            let first = date(1996, 1, 1) + chrono::TimeDelta::days(first);
            let last = first + chrono::TimeDelta::days(days);
            let minutes: Vec<u16> = minutes.into_iter().collect();
            let (open, close) = (time_of(minutes[0]), time_of(minutes[minutes.len() - 1]));
            let mut times = vec![open, close];
            let mut hours = Hours::new(open, close).unwrap();
            if minutes.len() == 4 {
                times.extend([time_of(minutes[1]), time_of(minutes[2])]);
                hours = hours.with_break(times[2], times[3]).unwrap();
            }
            let single = |date: NaiveDate| {
                let offset = |time| zone.offset_from_local_datetime(&date.and_time(time)).single().map(|offset| offset.fix());
                let offsets: Option<Vec<FixedOffset>> = times.iter().map(|time| offset(*time)).collect();
                offsets.filter(|offsets| offsets.iter().all(|offset| *offset == offsets[0]))
            };
            let clear = first.iter_days().take_while(|day| *day <= last).all(|day| single(day).is_some());
            match every_day(first, last, hours).build(zone.name(), &zone) {
                Err(error) => prop_assert!(!clear, "{error}"),
                Ok(calendar) => {
                    prop_assert!(clear);
                    for session in calendar.sessions(..).unwrap() {
                        let instant = |time| {
                            let local = session.date().and_time(time);
                            zone.from_local_datetime(&local).single().unwrap().to_utc()
                        };
                        prop_assert_eq!((session.open(), session.close()), (instant(open), instant(close)));
                        prop_assert_eq!(calendar.session_at(session.open()), Ok(Some(session)));
                    }
                }
            }
        }
    }
}
