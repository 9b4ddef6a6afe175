//! What a market counts its time by: sessions of a calendar, or days.
//!
//! In comes a date; out comes its tick: how many sessions, or days, it is after the market's first. A yearly figure of
//! a model, [`PerYear`], becomes one of a tick by the number of ticks in a year, which the caller says.

use std::ops::{Bound, RangeBounds};

use chrono::NaiveDate;

use super::error::{Parameter, PriceError};
use crate::calendar::{Calendar, Sessions};

/// A figure of a year, of 1, not of 100: 0.07 is 7 % a year.
///
/// Its unit is that of the field that it is given to:
///
/// | field | unit | in t years |
/// |---|---|---|
/// | `drift` μ | 1 ÷ year | log growth of the mean: μ t |
/// | `volatility` σ | 1 ÷ √year | deviation of the log price: σ √t |
/// | `intensity` λ | 1 ÷ year | jumps expected: λ t |
/// | `reversion`, `mean_reversion` κ | 1 ÷ year | left of a distance from the level: e^(−κt) |
/// | `initial_variance` v_0, `long_run_variance` θ | 1 ÷ year, a volatility squared | variance of the log price: v t |
/// | `vol_of_vol` σ of [`Heston`](super::Heston) | 1 ÷ year | dv = σ √v dB: deviation of v near σ √(v t), for short t |
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct PerYear(pub f64);

/// What a market counts its time by.
///
/// It is part of the market's definition. Where a calendar gains or loses a session, every price after that date is the
/// path's of a tick before or after, under [`Clock::Sessions`]; prices before it stay. Under [`Clock::CalendarDays`] no
/// closure changes any.
///
/// # Examples
///
/// ```
/// use finnet_core::calendar::XNYS;
/// use finnet_core::price::Clock;
///
/// let trading = Clock::Sessions { calendar: &XNYS, per_year: 252.0 }; // a weekend is as long as a night
/// let civil = Clock::CalendarDays { per_year: 365.0 }; // a weekend is three nights
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Clock<'c> {
    /// A tick is a session of this calendar. A market of this clock has closes on sessions only.
    Sessions {
        /// The calendar.
        calendar: &'c Calendar,
        /// Sessions in a year.
        per_year: f64,
    },
    /// A tick is a day. A market of this clock has closes on every date.
    CalendarDays {
        /// Days in a year.
        per_year: f64,
    },
}

impl<'c> Clock<'c> {
    /// Returns how long a tick is, in years.
    pub(super) fn tick_in_years(self) -> Result<f64, PriceError> {
        let (Self::Sessions { per_year, .. } | Self::CalendarDays { per_year }) = self;
        let parameter = Parameter::TicksPerYear;
        // A tick of a thousand years is long enough, and 2²⁸ of the longest are still a number.
        parameter.at_least(1e-3, parameter.positive(per_year)?).map(|per_year| 1.0 / per_year)
    }

    /// Returns the number of ticks from the first date to another.
    ///
    /// # Errors
    ///
    /// - [`PriceError::BeforeFirst`], [`PriceError::NotASession`], [`PriceError::NotInCalendar`].
    #[inline]
    pub(super) fn tick_of(self, first: NaiveDate, date: NaiveDate) -> Result<u32, PriceError> {
        if date < first {
            return Err(PriceError::BeforeFirst { session: date, first });
        }
        match self {
            Self::Sessions { calendar, .. } => {
                let unknown =
                    |_| PriceError::NotInCalendar { session: date, first: calendar.first(), last: calendar.last() };
                if !calendar.is_session(date).map_err(unknown)? {
                    return Err(PriceError::NotASession { session: date });
                }
                let sessions = calendar.sessions(first..date).map_err(unknown)?;
                Ok(u32::try_from(sessions.len()).expect("a calendar has fewer than 2^32 sessions"))
            }
            Self::CalendarDays { .. } => {
                let days = date.signed_duration_since(first).num_days();
                Ok(u32::try_from(days).expect("no two dates are 2^32 days apart"))
            }
        }
    }

    /// Returns the date of the tick before that of a date, or `None` where none is known.
    pub(super) fn date_before(self, date: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Sessions { calendar, .. } => calendar.session_before(date).ok().map(|session| session.date()),
            Self::CalendarDays { .. } => date.pred_opt(),
        }
    }

    /// Returns the dates of a range from the first one on that have a close.
    pub(super) fn dates(self, first: NaiveDate, range: &impl RangeBounds<NaiveDate>) -> Result<Dates<'c>, PriceError> {
        let start = match range.start_bound() {
            Bound::Unbounded => first,
            Bound::Included(&date) => date,
            Bound::Excluded(&date) => date.succ_opt().unwrap_or(date),
        };
        if start < first {
            return Err(PriceError::BeforeFirst { session: start, first });
        }
        match self {
            Self::Sessions { calendar, .. } => {
                let end = match range.end_bound() {
                    Bound::Unbounded => Bound::Unbounded,
                    Bound::Included(&date) => Bound::Included(date),
                    Bound::Excluded(&date) => Bound::Excluded(date),
                };
                let unknown = |_| {
                    let date = if start < calendar.first() || start > calendar.last() { Some(start) } else { None };
                    let end = match end {
                        Bound::Unbounded => calendar.last(),
                        Bound::Included(date) | Bound::Excluded(date) => date,
                    };
                    let (first, last) = (calendar.first(), calendar.last());
                    PriceError::NotInCalendar { session: date.unwrap_or(end), first, last }
                };
                let sessions = calendar.sessions((Bound::Included(start), end)).map_err(unknown)?;
                let day = start.signed_duration_since(calendar.first()).num_days();
                let day = usize::try_from(day).expect("the calendar knows the start");
                Ok(Dates::Sessions { sessions, day, date: start })
            }
            Self::CalendarDays { .. } => {
                let last = match range.end_bound() {
                    Bound::Unbounded => Some(NaiveDate::MAX),
                    Bound::Included(&date) => Some(date),
                    Bound::Excluded(&date) => date.pred_opt(),
                };
                // After the last date of all there is none to start from.
                let some = range.start_bound() != Bound::Excluded(&NaiveDate::MAX);
                Ok(Dates::Days { next: last.is_some_and(|last| some && start <= last).then_some(start), last })
            }
        }
    }
}

/// Dates one tick apart.
#[derive(Clone, Debug)]
pub(super) enum Dates<'c> {
    /// The last date given out, or the range's start, and its days since the calendar's first: a date is quickly made
    /// of one near it.
    Sessions {
        sessions: Sessions<'c>,
        day: usize,
        date: NaiveDate,
    },
    Days {
        next: Option<NaiveDate>,
        last: Option<NaiveDate>,
    },
}

impl Iterator for Dates<'_> {
    type Item = NaiveDate;

    #[inline]
    fn next(&mut self) -> Option<NaiveDate> {
        match self {
            Self::Sessions { sessions, day, date } => {
                let next = sessions.next_day()?;
                // Mostly the next day, and else a few days on.
                while *day < next {
                    *date = date.succ_opt()?;
                    *day += 1;
                }
                Some(*date)
            }
            Self::Days { next, last } => {
                let date = (*next)?;
                *next = if Some(date) == *last { None } else { date.succ_opt() };
                Some(date)
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Sessions { sessions, .. } => sessions.size_hint(),
            Self::Days { next, last } => {
                let days = next.zip(*last).map_or(0, |(next, last)| last.signed_duration_since(next).num_days() + 1);
                let days = usize::try_from(days).expect("the last is not before the next");
                (days, Some(days))
            }
        }
    }
}
