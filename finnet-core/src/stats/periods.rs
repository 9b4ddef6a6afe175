//! Dated returns → returns of months, quarters and years, and the table of months by year.
//!
//! In come dates in ascending order and the simple return of each as a fraction; out go the returns of calendar periods,
//! Π(1 + r) − 1 within each, oldest first. The first and the last period may be there in part; a period without a
//! return is left out.

use chrono::{Datelike, NaiveDate};

use super::error::StatsError;
use super::sums::{check, finite};

/// A period of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Period {
    /// From the first to the last day of a month.
    Month,
    /// From January, April, July or October on.
    Quarter,
    /// From January to December.
    Year,
}

impl Period {
    /// Returns the year and which of its periods it is, from 0.
    fn of(self, date: NaiveDate) -> (i32, u32) {
        let place = match self {
            Self::Month => date.month0(),
            Self::Quarter => date.month0() / 3,
            Self::Year => 0,
        };
        (date.year(), place)
    }
}

/// What was earned in a period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PeriodReturn {
    /// The date of the period's first return.
    pub first: NaiveDate,
    /// The date of its last return.
    pub last: NaiveDate,
    /// Π(1 + r) − 1.
    pub value: f64,
}

/// Returns the return of each period, oldest first.
///
/// # Errors
///
/// - [`StatsError::LengthsDiffer`], [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
/// - [`StatsError::NotAscending`] for a date that is not after the one before it.
///
/// # Examples
///
/// ```
/// use finnet_core::chrono::NaiveDate;
/// use finnet_core::stats::{Period, period_returns};
///
/// let dates = ["2026-01-30", "2026-02-02", "2026-02-03"].map(|date| date.parse::<NaiveDate>().unwrap());
/// let months = period_returns(&dates, &[0.25, 0.5, -0.5], Period::Month)?;
/// assert_eq!(months.iter().map(|month| month.value).collect::<Vec<_>>(), [0.25, -0.25]);
/// assert_eq!((months[1].first, months[1].last), (dates[1], dates[2]));
/// # Ok::<(), finnet_core::stats::StatsError>(())
/// ```
pub fn period_returns(dates: &[NaiveDate], returns: &[f64], period: Period) -> Result<Vec<PeriodReturn>, StatsError> {
    if dates.len() != returns.len() {
        return Err(StatsError::LengthsDiffer { left: dates.len(), right: returns.len() });
    }
    check(returns)?;
    if let Some(at) = dates.windows(2).position(|pair| pair[0] >= pair[1]) {
        return Err(StatsError::NotAscending { at: at + 1 });
    }
    let mut periods: Vec<PeriodReturn> = Vec::new();
    let mut wealth = 1.0;
    for (&date, r) in dates.iter().zip(returns) {
        let current = periods.last().is_some_and(|last| period.of(last.last) == period.of(date));
        wealth = finite(if current { wealth } else { 1.0 } * (1.0 + r))?;
        let first = periods.last().filter(|_| current).map_or(date, |last| last.first);
        let now = PeriodReturn { first, last: date, value: wealth - 1.0 };
        match periods.last_mut().filter(|_| current) {
            Some(last) => *last = now,
            None => periods.push(now),
        }
    }
    Ok(periods)
}

/// A row of the table of months.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct YearOfMonths {
    /// The year.
    pub year: i32,
    /// The returns from January to December; `None` where there was none.
    pub months: [Option<f64>; 12],
    /// The return of the year.
    pub whole: f64,
}

/// Returns the table of months, a row a year, oldest first.
///
/// # Errors
///
/// - Those of [`period_returns`].
pub fn monthly_table(dates: &[NaiveDate], returns: &[f64]) -> Result<Vec<YearOfMonths>, StatsError> {
    let years = period_returns(dates, returns, Period::Year)?.into_iter();
    let mut table: Vec<_> =
        years.map(|year| YearOfMonths { year: year.first.year(), months: [None; 12], whole: year.value }).collect();
    let mut row = 0;
    for month in period_returns(dates, returns, Period::Month)? {
        while table[row].year != month.first.year() {
            row += 1;
        }
        table[row].months[month.first.month0() as usize] = Some(month.value);
    }
    Ok(table)
}
