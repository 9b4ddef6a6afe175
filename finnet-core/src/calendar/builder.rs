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
    /// - [`Error::Range`] for a range without a date, of more than 65,535 of them, or beyond the years 1 to 5999.
    /// - [`Error::NoHours`] where no regular hours hold from the first date.
    /// - [`Error::OutOfRange`] for hours or a change on a date outside of the range.
    /// - [`Error::Twice`] for two hours on one day of the week from one date, and for two changes of one date.
    /// - [`Error::NotASession`], [`Error::Unchanged`] for a change that makes no difference.
    /// - [`Error::NotOneInstant`] where a session should open, break or close at a time that the zone's clocks, put
    ///   forward or back that day, show never or twice; [`Error::ClocksChange`] where they are during a session.
    /// - [`Error::UnevenOffset`] where the zone's offset is not whole minutes.
    /// - [`Error::TooMuch`] for more hours or offsets than a calendar has room for.
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
            reasons: &[],
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
    let years = NaiveDate::from_ymd_opt(1, 1, 1)..=NaiveDate::from_ymd_opt(5999, 12, 31);
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
