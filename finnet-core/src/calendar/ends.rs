//! The last sessions of months and weeks among the sessions of a range of dates: the days of rebalancing and reports.

use std::iter::FusedIterator;

use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};

use super::exchange::Calendar;
use super::session::Session;
use super::sessions::Sessions;

/// The sessions of a range of dates that are the last of their month; made by [`Sessions::month_ends`].
#[derive(Clone, Debug)]
#[must_use]
pub struct MonthEnds<'c>(Sessions<'c>);

/// The sessions of a range of dates that are the last of their week; made by [`Sessions::week_ends`].
#[derive(Clone, Debug)]
#[must_use]
pub struct WeekEnds<'c> {
    sessions: Sessions<'c>,
    first_day: Weekday,
}

impl<'c> Sessions<'c> {
    /// Returns those among the sessions that are the exchange's last of a month.
    ///
    /// A month that the range cuts off has none: in a range until 15 January, the last session is no month's end. Ends
    /// of quarters and years are those of some months.
    ///
    /// # Examples
    ///
    /// ```
    /// use finnet_core::calendar::XNYS;
    /// use finnet_core::chrono::{Datelike, NaiveDate};
    ///
    /// let date = |month, day| NaiveDate::from_ymd_opt(2026, month, day).unwrap();
    /// let ends = XNYS.sessions(date(4, 10)..=date(7, 10))?.month_ends().map(|session| session.date());
    /// assert!(ends.clone().eq([date(4, 30), date(5, 29), date(6, 30)]));
    /// assert!(ends.filter(|date| date.month() % 3 == 0).eq([date(6, 30)]));
    /// # Ok::<(), finnet_core::calendar::Error>(())
    /// ```
    pub fn month_ends(self) -> MonthEnds<'c> {
        MonthEnds(self)
    }

    /// Returns those among the sessions that are the exchange's last of a week, which begins on a day of the week.
    ///
    /// Monday begins the week of ISO 8601; for an exchange that trades on Sundays (Tel Aviv until 2025, Riyadh) it
    /// would cut theirs in two, and Sunday does not. A week that the range cuts off has none, nor has one without a
    /// session.
    ///
    /// # Examples
    ///
    /// ```
    /// use finnet_core::calendar::XNYS;
    /// use finnet_core::chrono::{NaiveDate, Weekday};
    ///
    /// let date = |month, day| NaiveDate::from_ymd_opt(2026, month, day).unwrap();
    /// let ends = XNYS.sessions(date(3, 23)..=date(4, 15))?.week_ends(Weekday::Mon).map(|session| session.date());
    /// assert!(ends.eq([date(3, 27), date(4, 2), date(4, 10)])); // 3 April is Good Friday
    /// # Ok::<(), finnet_core::calendar::Error>(())
    /// ```
    pub fn week_ends(self, first_day: Weekday) -> WeekEnds<'c> {
        WeekEnds { sessions: self, first_day }
    }
}

impl Iterator for MonthEnds<'_> {
    type Item = Session;

    fn next(&mut self) -> Option<Session> {
        let calendar = self.0.calendar();
        self.0.find(|session| is_month_end(calendar, session.date()))
    }
}

impl DoubleEndedIterator for MonthEnds<'_> {
    fn next_back(&mut self) -> Option<Session> {
        let calendar = self.0.calendar();
        self.0.rfind(|session| is_month_end(calendar, session.date()))
    }
}

impl FusedIterator for MonthEnds<'_> {}

impl Iterator for WeekEnds<'_> {
    type Item = Session;

    fn next(&mut self) -> Option<Session> {
        let (calendar, first_day) = (self.sessions.calendar(), self.first_day);
        self.sessions.find(|session| is_week_end(calendar, session.date(), first_day))
    }
}

impl DoubleEndedIterator for WeekEnds<'_> {
    fn next_back(&mut self) -> Option<Session> {
        let (calendar, first_day) = (self.sessions.calendar(), self.first_day);
        self.sessions.rfind(|session| is_week_end(calendar, session.date(), first_day))
    }
}

impl FusedIterator for WeekEnds<'_> {}

fn is_month_end(calendar: &Calendar, date: NaiveDate) -> bool {
    is_last(calendar, date, u32::from(date.num_days_in_month()) - date.day())
}

fn is_week_end(calendar: &Calendar, date: NaiveDate, first_day: Weekday) -> bool {
    is_last(calendar, date, 6 - date.weekday().days_since(first_day))
}

/// Returns whether no session follows in the days that remain; of days that the calendar does not know, nothing is
/// said.
fn is_last(calendar: &Calendar, date: NaiveDate, remaining_days: u32) -> bool {
    let end = date + TimeDelta::days(remaining_days.into());
    calendar.session_on_or_before(end).is_ok_and(|last| last.date() == date)
}
