//! Several calendars side by side: the dates on which any or all of them trade, and the session of each.
//!
//! A date is each member's own, in its zone: on one date Tokyo has closed before New York opens. So what is joined has
//! dates and the members' sessions, and no hours of its own.

use std::fmt;
use std::iter::FusedIterator;
use std::ops::RangeBounds;

use chrono::NaiveDate;

use super::error::Error;
use super::exchange::Calendar;
use super::session::Session;

/// Several calendars, and the dates on which any of them trades, or all of them do.
///
/// It knows the dates that all of its members know. What QuantLib calls joined holidays is [`Joined::all`], its joined
/// business days [`Joined::any`]; `pandas_market_calendars` merges schedules `inner` and `outer`.
///
/// # Examples
///
/// ```
/// use finnet_core::calendar::{Joined, XNYS};
/// use finnet_core::chrono::NaiveDate;
///
/// let date = |month, day| NaiveDate::from_ymd_opt(2026, month, day).unwrap();
/// let settles = XNYS.with([date(10, 12), date(11, 11)])?;
/// let both = Joined::all([&XNYS, &settles])?;
/// let days = both.days(date(10, 9)..=date(10, 14))?.map(|day| day.date());
/// assert!(days.eq([date(10, 9), date(10, 13), date(10, 14)]));
///
/// let either = Joined::any([&XNYS, &settles])?;
/// let columbus_day = either.days(date(10, 12)..)?.next().unwrap();
/// assert!(columbus_day.sessions().map(|(calendar, _)| calendar.mic()).eq([XNYS.mic()]));
/// # Ok::<(), finnet_core::calendar::Error>(())
/// ```
#[derive(Clone)]
pub struct Joined<'c> {
    members: Vec<&'c Calendar>,
    rule: Rule,
}

/// A date on which joined calendars trade, with the sessions of those that do; made by [`Joined::days`].
#[derive(Clone, Copy)]
pub struct JoinedDay<'j> {
    members: &'j [&'j Calendar],
    date: NaiveDate,
}

/// The dates of a range on which joined calendars trade, in order; made by [`Joined::days`].
#[derive(Clone)]
#[must_use]
pub struct JoinedDays<'j> {
    joined: &'j Joined<'j>,
    /// The first date not yet walked from the front and the one after the last not yet walked from the back, as chrono
    /// numbers the days of the common era.
    front: i32,
    back: i32,
}

#[derive(Clone, Copy)]
enum Rule {
    Any,
    All,
}

impl<'c> Joined<'c> {
    /// Joins calendars; a date counts where any of them trades.
    ///
    /// # Errors
    ///
    /// - [`Error::NothingJoined`] without a calendar.
    /// - [`Error::Apart`] where they know no date in common.
    pub fn any(members: impl IntoIterator<Item = &'c Calendar>) -> Result<Self, Error> {
        Self::new(members.into_iter().collect(), Rule::Any)
    }

    /// Joins calendars; a date counts where all of them trade.
    ///
    /// # Errors
    ///
    /// - [`Error::NothingJoined`] without a calendar.
    /// - [`Error::Apart`] where they know no date in common.
    pub fn all(members: impl IntoIterator<Item = &'c Calendar>) -> Result<Self, Error> {
        Self::new(members.into_iter().collect(), Rule::All)
    }

    fn new(members: Vec<&'c Calendar>, rule: Rule) -> Result<Self, Error> {
        let begins = members.iter().max_by_key(|calendar| calendar.first());
        let ends = members.iter().min_by_key(|calendar| calendar.last());
        let (Some(begins), Some(ends)) = (begins, ends) else { return Err(Error::NothingJoined) };
        if begins.first() > ends.last() {
            return Err(Error::Apart { begins: begins.mic(), ends: ends.mic() });
        }
        Ok(Self { members, rule })
    }

    /// Returns the calendars, in the order in which they were given.
    pub fn members(&self) -> &[&'c Calendar] {
        &self.members
    }

    /// Returns the first date that all of them know.
    pub fn first(&self) -> NaiveDate {
        self.members.iter().map(|calendar| calendar.first()).max().expect("there is a member")
    }

    /// Returns the last date that all of them know.
    pub fn last(&self) -> NaiveDate {
        self.members.iter().map(|calendar| calendar.last()).min().expect("there is a member")
    }

    /// Returns a date with the sessions of the calendars that trade on it, or `None` where it does not count.
    ///
    /// # Errors
    ///
    /// - [`Error::OutOfRange`], with the first member that does not know the date.
    pub fn day(&self, date: NaiveDate) -> Result<Option<JoinedDay<'_>>, Error> {
        Ok(self.days(date..=date)?.next())
    }

    /// Returns the dates of a range that count, in order; none where the range ends before it begins. An end that is
    /// left open is that of what all members know.
    ///
    /// Each step looks at every member: it is not told ahead how many dates there are.
    ///
    /// # Errors
    ///
    /// - [`Error::OutOfRange`] where a date that the range names is not known to a member, as in
    ///   [`Calendar::sessions`].
    pub fn days(&self, dates: impl RangeBounds<NaiveDate>) -> Result<JoinedDays<'_>, Error> {
        let (mut front, mut back) = (i32::MIN, i32::MAX);
        for calendar in &self.members {
            let (start, end) = calendar.days_of(&dates).map_err(|date| calendar.out_of_range(date))?;
            front = front.max(calendar.0.common_era(start));
            back = back.min(calendar.0.common_era(end));
        }
        Ok(JoinedDays { joined: self, front, back })
    }

    /// Returns the date of a day that all members know, if it counts.
    fn counted(&self, common_era: i32) -> Option<JoinedDay<'_>> {
        let trades = |calendar: &&Calendar| {
            let day = usize::try_from(common_era - calendar.0.first).expect("all members know the day");
            calendar.0.is_session(day)
        };
        let counts = match self.rule {
            Rule::Any => self.members.iter().any(trades),
            Rule::All => self.members.iter().all(trades),
        };
        let date = NaiveDate::from_num_days_from_ce_opt(common_era).filter(|_| counts)?;
        Some(JoinedDay { members: &self.members, date })
    }
}

impl<'j> JoinedDay<'j> {
    /// Returns the date, in the zone of each member.
    pub const fn date(&self) -> NaiveDate {
        self.date
    }

    /// Returns the sessions of the members that trade on the date, in the order in which they were joined.
    pub fn sessions(&self) -> impl DoubleEndedIterator<Item = (&'j Calendar, Session)> + use<'j> {
        let date = self.date;
        self.members.iter().filter_map(move |calendar| Some((*calendar, calendar.session(date).ok()?)))
    }
}

impl<'j> Iterator for JoinedDays<'j> {
    type Item = JoinedDay<'j>;

    fn next(&mut self) -> Option<JoinedDay<'j>> {
        while self.front < self.back {
            self.front += 1;
            if let Some(day) = self.joined.counted(self.front - 1) {
                return Some(day);
            }
        }
        None
    }
}

impl DoubleEndedIterator for JoinedDays<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        while self.front < self.back {
            self.back -= 1;
            if let Some(day) = self.joined.counted(self.back) {
                return Some(day);
            }
        }
        None
    }
}

impl FusedIterator for JoinedDays<'_> {}

impl fmt::Debug for Joined<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = match self.rule {
            Rule::Any => "any",
            Rule::All => "all",
        };
        write!(f, "Joined({rule} of {:?})", self.members)
    }
}

impl fmt::Debug for JoinedDay<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinedDay({})", self.date)
    }
}

impl fmt::Debug for JoinedDays<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinedDays(of {:?})", self.joined)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::super::samples::{SAMPLES, any_date, date, known_date};
    use super::super::tables::XNYS;
    use super::*;

    #[test]
    fn what_cannot_be_joined_is_refused() {
        assert_eq!(Joined::any([]).unwrap_err(), Error::NothingJoined);
        assert_eq!(Joined::all(Vec::new()).unwrap_err(), Error::NothingJoined);
        let later = Calendar::builder(XNYS.mic(), "Later", date(2031, 1, 1)..=date(2031, 12, 31))
            .hours(date(2031, 1, 1), [chrono::Weekday::Mon], "09:30-16:00".parse().unwrap())
            .build("UTC", &chrono::Utc)
            .unwrap();
        let tokyo = &SAMPLES[1].calendar;
        let apart = Error::Apart { begins: later.mic(), ends: tokyo.mic() };
        assert_eq!(Joined::any([&later, &XNYS, tokyo]).unwrap_err(), apart);
        assert_eq!(apart.to_string(), "TEST ends before XNYS begins");
    }

    #[test]
    fn the_range_is_what_all_know() {
        let [new_york, tokyo, jerusalem] = SAMPLES.each_ref().map(|sample| &sample.calendar);
        let joined = Joined::any([new_york, tokyo, jerusalem]).unwrap();
        assert_eq!((joined.first(), joined.last()), (date(2024, 11, 5), date(2025, 7, 3)));
        // A Sunday: Jerusalem alone.
        let sunday = joined.day(date(2024, 11, 10)).unwrap().unwrap();
        let sessions: Vec<(&Calendar, Session)> = sunday.sessions().collect();
        assert_eq!(sessions.len(), 1);
        assert_eq!((sessions[0].0.mic(), sessions[0].1.date()), (jerusalem.mic(), date(2024, 11, 10)));
        let (first, last) = (jerusalem.first(), jerusalem.last());
        let beyond = Error::OutOfRange { mic: jerusalem.mic(), date: date(2025, 7, 4), first, last };
        assert_eq!(joined.day(date(2025, 7, 4)).unwrap_err(), beyond);
        assert_eq!(joined.days(..date(2025, 7, 4)).unwrap().next_back().unwrap().date(), date(2025, 7, 3));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn days_are_those_of_the_sets(
            (_, start) in known_date(), days in -3_i64..90, chosen in 1_usize..8, turns in any::<u64>(),
        ) {
            let samples: Vec<_> = SAMPLES.iter().enumerate().filter(|(n, _)| chosen >> n & 1 == 1).map(|(_, s)| s).collect();
            let end = start + TimeDelta::days(days);
            let mut sessions: BTreeMap<NaiveDate, Vec<Session>> = BTreeMap::new();
            for session in samples.iter().flat_map(|sample| &sample.sessions) {
                if start <= session.date() && session.date() < end {
                    sessions.entry(session.date()).or_default().push(*session);
                }
            }
            let any: Vec<_> = sessions.into_iter().collect();
            let all: Vec<_> = any.iter().filter(|(_, sessions)| sessions.len() == samples.len()).cloned().collect();
            let known = |date| samples.iter().all(|sample| sample.calendar.is_session(date).is_ok());
            let last_known = end.pred_opt().is_some_and(known) || known(end);
            for (rule, expected) in [(Rule::Any, any), (Rule::All, all)] {
                let joined = Joined::new(samples.iter().map(|sample| &sample.calendar).collect(), rule).unwrap();
                let Ok(mut found) = joined.days(start..end) else {
                    prop_assert!(!known(start) || !last_known);
                    continue;
                };
                prop_assert!(known(start) && last_known);
                let (mut front, mut back) = (Vec::new(), Vec::new());
                for turn in 0..=expected.len() {
                    if turns >> (turn % 64) & 1 == 1 { front.extend(found.next()) } else { back.extend(found.next_back()) }
                }
                prop_assert!(found.next().is_none());
                let found = front.into_iter().chain(back.into_iter().rev());
                let found: Vec<_> = found
                    .map(|day| (day.date(), day.sessions().map(|(_, session)| session).collect::<Vec<_>>()))
                    .collect();
                prop_assert_eq!(found, expected);
            }
        }

        #[test]
        fn no_date_panics(date in any_date(), other in any_date()) {
            let joined = Joined::any(SAMPLES.iter().map(|sample| &sample.calendar)).unwrap();
            let _ = joined.day(date);
            let _ = joined.days(date..other).map(Iterator::count);
        }
    }
}
