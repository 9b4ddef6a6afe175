//! Returns → how they hang on those before them, and how straight wealth grew: autocorrelation, stability.
//!
//! In come finite numbers of any unit, or simple returns of a period as fractions; out go correlations, and a square of
//! one, without a unit.

use super::convention::OverZero;
use super::describe::{correlation, products};
use super::error::StatsError;
use super::sums::{Center, check, count, finite, sum};
use crate::number::ln;

/// How the values are compared with those some places before them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AutocorrelationMethod {
    /// Pearson's correlation of the series without its first values and of that without its last, each with a mean and a
    /// deviation of its own: pandas.
    OfParts,
    /// Σ (xᵢ − mean)(xᵢ₋ₗ − mean) ÷ Σ (x − mean)², one mean of all: statsmodels' `acf`. Box and Jenkins, "Time
    /// Series Analysis", 1970.
    OfAll,
    /// The same with the numerator over n − lag and the denominator over n: statsmodels' `adjusted=True`.
    OfAllAdjusted,
}

/// Autocorrelation: of the values with those so many places before.
///
/// # Examples
///
/// ```
/// use finnet_core::stats::{Autocorrelation, AutocorrelationMethod};
///
/// let by = |method| Autocorrelation { lag: 1, method }.of(&[1.0, 2.0, 4.0, 1.0]);
/// assert_eq!(by(AutocorrelationMethod::OfAll)?, Some(-1.0 / 6.0));
/// assert_eq!(by(AutocorrelationMethod::OfAllAdjusted)?, Some(-2.0 / 9.0));
/// # Ok::<(), finnet_core::stats::StatsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Autocorrelation {
    /// How many places before.
    pub lag: usize,
    /// Of the parts or of all.
    pub method: AutocorrelationMethod,
}

impl Autocorrelation {
    /// Returns the autocorrelation; `None` of a constant, and where there is no value so many places before.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    pub fn of(&self, values: &[f64]) -> Result<Option<f64>, StatsError> {
        check(values)?;
        let n = values.len();
        let Some(pairs) = n.checked_sub(self.lag).filter(|&pairs| pairs > 0) else { return Ok(None) };
        let (early, late) = (&values[..pairs], &values[self.lag..]);
        if self.method == AutocorrelationMethod::OfParts {
            return correlation(late, early);
        }
        let center = Center::of(n, |at| values[at]);
        let together = sum(pairs, |at| center.off(late[at]) * center.off(early[at]));
        let over = if self.method == AutocorrelationMethod::OfAll { n } else { pairs };
        OverZero::Undefined.divide(together * (count(n) / count(over)), products(values, values))
    }
}

/// Stability: R² of the straight line through the cumulative log returns, from 0 to 1.
///
/// empyrical's `stability_of_timeseries`; a straight line is a wealth that grew by the same fraction every period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stability {
    /// The stability where wealth never moved: undefined in empyrical.
    pub over_zero: OverZero,
}

impl Stability {
    /// Returns the stability; `None` of one return, and where all or more was lost.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    pub fn of(&self, returns: &[f64]) -> Result<Option<f64>, StatsError> {
        check(returns)?;
        if returns.len() < 2 || returns.iter().any(|&r| r <= -1.0) {
            return Ok(None);
        }
        let mut wealth = 0.0;
        let logs = returns.iter().map(|r| {
            wealth += ln(1.0 + r);
            wealth
        });
        let logs: Vec<f64> = logs.collect();
        self.of_a_line(&logs)
    }

    /// Returns R² of the line through values at 0, 1, …; the squares of those places about their middle sum to
    /// n(n² − 1) ÷ 12.
    fn of_a_line(self, values: &[f64]) -> Result<Option<f64>, StatsError> {
        let n = values.len();
        let middle = (count(n) - 1.0) / 2.0;
        let together = sum(n, |at| (count(at) - middle) * values[at]);
        let places = count(n) * (count(n) * count(n) - 1.0) / 12.0;
        let squares = products(values, values);
        let squared = self.over_zero.divide(finite(together * together / places)?, squares)?;
        Ok(squared.map(|squared| squared.min(1.0)))
    }
}
