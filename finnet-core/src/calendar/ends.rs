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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::samples::{SAMPLES, Sample, date, known_date};
    use super::*;

    const WEEK: [Weekday; 7] =
        [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

    #[test]
    fn weeks_begin_where_they_are_said_to() {
        // Sunday to Thursday; 7 to 11 April has no session, 19 April is a Friday with one.
        let calendar = &SAMPLES[2].calendar;
        let ends = |first_day| {
            let april = calendar.sessions(date(2024, 4, 1)..=date(2024, 4, 30)).unwrap();
            april.week_ends(first_day).map(|session| session.date().day()).collect::<Vec<_>>()
        };
        assert_eq!(ends(Weekday::Sun), [4, 19, 25]);
        // Weeks from Monday end with the session of Sunday; the 7th has none.
        assert_eq!(ends(Weekday::Mon), [4, 14, 21, 28]);
        assert_eq!(ends(Weekday::Fri), [4, 18, 25]);
    }

    #[test]
    fn a_week_that_the_calendar_cuts_off_has_no_end() {
        // 2030-12-31, the last date, is a Tuesday.
        let last = |first_day| {
            let all = SAMPLES[0].calendar.sessions(..).unwrap();
            all.week_ends(first_day).next_back().unwrap().date()
        };
        assert_eq!(last(Weekday::Mon), date(2030, 12, 27));
        assert_eq!(last(Weekday::Wed), date(2030, 12, 31));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn ends_are_the_last_of_their_group(
            (sample, start) in known_date(), days in 0_i64..200, day in 0_usize..7, turns in any::<u64>(),
        ) {
            let Sample { calendar, sessions } = sample;
            let end = (start + TimeDelta::days(days)).min(calendar.last());
            let about = |session: &&Session| (session.date() - start).num_days().abs() < 260;
            // 0001-01-01, day 1 of the common era, was a Monday.
            let week = |date: NaiveDate| (date.num_days_from_ce() - 1 - i32::try_from(day).unwrap()).div_euclid(7);
            let (mut of_months, mut of_weeks) = (BTreeMap::new(), BTreeMap::new());
            for session in sessions.iter().filter(about) {
                of_months.insert((session.date().year(), session.date().month()), *session);
                of_weeks.insert(week(session.date()), *session);
            }
            let after = calendar.last().succ_opt().unwrap();
            of_months.remove(&(after.year(), after.month()));
            of_weeks.remove(&week(after));
            let within = |session: &&Session| (start..=end).contains(&session.date());
            let month_ends: Vec<Session> = of_months.values().filter(within).copied().collect();
            let week_ends: Vec<Session> = of_weeks.values().filter(within).copied().collect();

            let range = calendar.sessions(start..=end).unwrap();
            prop_assert!(range.clone().month_ends().eq(month_ends.iter().copied()));
            prop_assert!(range.clone().month_ends().rev().eq(month_ends.iter().rev().copied()));
            prop_assert!(range.clone().week_ends(WEEK[day]).rev().eq(week_ends.iter().rev().copied()));
            let mut ends = range.week_ends(WEEK[day]);
            let (mut front, mut back) = (Vec::new(), Vec::new());
            for turn in 0..=week_ends.len() {
                if turns >> (turn % 64) & 1 == 1 { front.extend(ends.next()) } else { back.extend(ends.next_back()) }
            }
            front.extend(back.into_iter().rev());
            prop_assert_eq!(front, week_ends);
        }
    }
}
