//! A return on the average capital: Modified Dietz.
//!
//! In come the values at the start and the end and the flows between, by date; out goes their gain ÷ the capital that
//! was there on average, of the whole period. Dietz, "Components of a measurement model: rate of return, risk, and
//! timing", The Journal of Finance 23 (1968); CFA Institute, "Global Investment Performance Standards", 2020.

use super::error::PerformanceError;
use super::{Valued, period};
use crate::money::Amount;

/// From when on a flow counts as capital.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FlowsAt {
    /// From the end of its day: on day D of CD it weighs (CD − D) ÷ CD.
    EndOfDay,
    /// From the start of its day: (CD − D + 1) ÷ CD, but at most 1. The value that the period starts with is that of the
    /// end of the first day all the same, so that what is paid in on that day is there throughout, be it in one row or
    /// in several.
    StartOfDay,
}

/// Modified Dietz: (end − start − Σ flow) ÷ (start + Σ weight × flow), of the whole period.
///
/// It starts with the first value after its flow and ends with the last value before its flow; no value between is
/// looked at. It is near the money-weighted return of the period where flows are small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModifiedDietz {
    /// From when on a flow counts.
    pub flows: FlowsAt,
}

impl ModifiedDietz {
    /// Returns the return; `None` where the average capital is not above 0, and where no day passed.
    ///
    /// Sums and products are exact; the two numbers of the fraction are rounded, and the fraction.
    ///
    /// # Errors
    ///
    /// - [`PerformanceError::Empty`], [`PerformanceError::NoPeriod`] for fewer than two valuations.
    /// - [`PerformanceError::NotInOrder`], [`PerformanceError::Overflow`].
    pub fn of(&self, valued: &[Valued]) -> Result<Option<f64>, PerformanceError> {
        self.exact(valued, period(valued)?).transpose()
    }

    fn exact(self, valued: &[Valued], days: i64) -> Option<Result<f64, PerformanceError>> {
        let [first, between @ .., last] = valued else { return None };
        let Some((gain, capital)) = self.parts(first, between, last, i128::from(days)) else {
            return Some(Err(PerformanceError::Overflow));
        };
        // Where no day passed every weight is 0.
        if capital <= 0 {
            return None;
        }
        // Both are ×  the days of the period.
        let result = Amount::from_units(gain).to_f64() / Amount::from_units(capital).to_f64();
        Some(if result.is_finite() { Ok(result) } else { Err(PerformanceError::Overflow) })
    }

    /// Returns the gain and the average capital, each times the days of the period; `None` beyond 128 bits.
    fn parts(self, first: &Valued, between: &[Valued], last: &Valued, days: i128) -> Option<(i128, i128)> {
        let start = first.before.checked_add(first.flow)?;
        let more = match self.flows {
            FlowsAt::EndOfDay => 0,
            FlowsAt::StartOfDay => 1,
        };
        let mut gain = last.before.checked_sub(start)?;
        let mut capital = start.units().checked_mul(days)?;
        for valued in between {
            gain = gain.checked_sub(valued.flow)?;
            // No flow is there for longer than the period.
            let weight = (i128::from((last.date - valued.date).num_days()) + more).min(days);
            capital = capital.checked_add(valued.flow.units().checked_mul(weight)?)?;
        }
        Some((gain.units().checked_mul(days)?, capital))
    }
}
