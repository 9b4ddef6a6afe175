//! The return of the capital, whoever paid in when: chain-linked at each flow.
//!
//! In come valuations in order of date, one at each flow; out goes Π (before ÷ after the last flow) − 1, of the whole
//! period or of a year. CFA Institute, "Global Investment Performance Standards for Firms", 2020, provision 2.A.20 ff.

use super::error::PerformanceError;
use super::{DayCount, Valued, period};
use crate::money::Amount;
use crate::number::{exp_m1, ln};
use crate::stats::cumulative_return;

/// What a return is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Per {
    /// All the time from the first valuation to the last.
    Period,
    /// A year: (1 + r)^(1 ÷ years) − 1, extrapolated where the period is shorter, which GIPS forbids to present.
    Year(DayCount),
}

/// Time-weighted return: what one unit earned that was there from the first date to the last.
///
/// The flow of a date comes after its valuation; that of the last date is outside of the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeWeighted {
    /// Of the whole period or of a year.
    pub per: Per,
}

impl TimeWeighted {
    /// Returns the return; `None` where [`sub_period_returns`] has one that is undefined, and of a year where no day passed.
    ///
    /// # Errors
    ///
    /// - [`PerformanceError::Empty`], [`PerformanceError::NoPeriod`] for fewer than two valuations.
    /// - [`PerformanceError::NotInOrder`], [`PerformanceError::Overflow`].
    pub fn of(&self, valued: &[Valued]) -> Result<Option<f64>, PerformanceError> {
        let days = period(valued)?;
        let Some(returns) = sub_period_returns(valued)? else { return Ok(None) };
        let total = cumulative_return(&returns).map_err(|_| PerformanceError::Overflow)?;
        let result = match self.per {
            Per::Period => total,
            Per::Year(_) if days == 0 => return Ok(None),
            #[expect(clippy::cast_precision_loss, reason = "fewer days than 2^53")]
            Per::Year(day_count) => exp_m1(day_count.days_a_year() / days as f64 * ln(1.0 + total)),
        };
        if result.is_finite() { Ok(Some(result)) } else { Err(PerformanceError::Overflow) }
    }
}

/// Returns the returns between each valuation and the next, for [`stats`](crate::stats): one fewer than valuations.
///
/// `None` where one is undefined: there was no capital at its start, or less than none, or its value fell below 0.
///
/// # Errors
///
/// - [`PerformanceError::Empty`], [`PerformanceError::NoPeriod`] for fewer than two valuations.
/// - [`PerformanceError::NotInOrder`], [`PerformanceError::Overflow`].
pub fn sub_period_returns(valued: &[Valued]) -> Result<Option<Vec<f64>>, PerformanceError> {
    period(valued)?;
    let mut returns = Vec::with_capacity(valued.len() - 1);
    for pair in valued.windows(2) {
        let (start, end) = (pair[0].after()?, pair[1].before);
        if start <= Amount::ZERO || end < Amount::ZERO {
            return Ok(None);
        }
        let gain = end.checked_sub(start).ok_or(PerformanceError::Overflow)?;
        returns.push(gain.to_f64() / start.to_f64());
    }
    Ok(Some(returns))
}
