//! The functions of a slice as values: the same numbers value by value, part by part, and in each window.
//!
//! In come finite numbers of any unit, pairs of them, or simple returns of a period as fractions; out goes what the
//! function of the same name returns, which `of` calls. Over time the sums are those of [`Scatter`] and [`Pairs`], exact
//! and rounded once; a quantile is that of the [`Sorted`] values; growth and its deepest fall are those of a [`Path`].

use super::describe::{correlation, covariance, mean, standard_deviation, variance};
use super::drawdown::max_drawdown;
use super::error::StatsError;
use super::held::Sorted;
use super::pairs::Pairs;
use super::path::Path;
use super::quantile::{QuantileMethod, quantile, quantile_of_sorted};
use super::returns::cumulative_return;
use super::scatter::Scatter;
use super::statistic::Statistic;
use crate::number::Deviation;

/// The arithmetic mean, Σx ÷ n, of the values' unit.
///
/// # Examples
///
/// ```
/// use finnet_core::stats::{Mean, Statistic};
///
/// let values = [1.0, 2.0, 6.0, 4.0];
/// assert_eq!(Mean.of(&values)?, 3.25);
/// assert_eq!(Mean.rolling(3, &values)?, [None, None, Some(3.0), Some(4.0)]);
/// # Ok::<(), finnet_core::stats::StatsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mean;

impl Mean {
    /// Returns the [`mean`].
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    pub fn of(&self, values: &[f64]) -> Result<f64, StatsError> {
        mean(values)
    }
}

/// The variance, Σ(x − mean)² ÷ (n − 1) or ÷ n, of the square of the values' unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Variance {
    /// Over n − 1 or n.
    pub deviation: Deviation,
}

impl Variance {
    /// Returns the [`variance`]; `None` of one value's sample variance.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    pub fn of(&self, values: &[f64]) -> Result<Option<f64>, StatsError> {
        variance(values, self.deviation)
    }
}

/// The standard deviation, the root of the [`Variance`], of the values' unit.
///
/// Of returns and annualised it is the [`Volatility`](super::Volatility).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StandardDeviation {
    /// Over n − 1 or n.
    pub deviation: Deviation,
}

impl StandardDeviation {
    /// Returns the [`standard_deviation`]; `None` of one value's sample deviation.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    pub fn of(&self, values: &[f64]) -> Result<Option<f64>, StatsError> {
        standard_deviation(values, self.deviation)
    }
}

/// The covariance of two series, Σ(x − mean x)(y − mean y) ÷ (n − 1) or ÷ n, of the product of both units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Covariance {
    /// Over n − 1 or n.
    pub deviation: Deviation,
}

impl Covariance {
    /// Returns the [`covariance`]; `None` of one pair's sample covariance.
    ///
    /// # Errors
    ///
    /// - [`StatsError::LengthsDiffer`], [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    pub fn of(&self, left: &[f64], right: &[f64]) -> Result<Option<f64>, StatsError> {
        covariance(left, right, self.deviation)
    }
}

/// Pearson's correlation of two series, from −1 to 1, of no unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Correlation;

impl Correlation {
    /// Returns the [`correlation`]; `None` where one of both is constant.
    ///
    /// # Errors
    ///
    /// - [`StatsError::LengthsDiffer`], [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    pub fn of(&self, left: &[f64], right: &[f64]) -> Result<Option<f64>, StatsError> {
        correlation(left, right)
    }
}

/// The value that so much of a series lies below, of the values' unit; at a probability of 0.5 the median.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantile {
    /// From 0, the smallest value, to 1, the largest.
    pub probability: f64,
    /// Where it lies between two values.
    pub method: QuantileMethod,
}

impl Quantile {
    /// Returns the [`quantile`].
    ///
    /// # Errors
    ///
    /// - [`StatsError::NotAProbability`], [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    pub fn of(&self, values: &[f64]) -> Result<f64, StatsError> {
        quantile(values, self.probability, self.method)
    }
}

/// The return of all periods together, Π(1 + r) − 1, a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CumulativeReturn;

impl CumulativeReturn {
    /// Returns the [`cumulative_return`].
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    pub fn of(&self, returns: &[f64]) -> Result<f64, StatsError> {
        cumulative_return(returns)
    }
}

/// The deepest drawdown, a fraction, 0 or below; wealth at the start is a peak, in each window too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MaxDrawdown;

impl MaxDrawdown {
    /// Returns the [`max_drawdown`].
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    pub fn of(&self, returns: &[f64]) -> Result<f64, StatsError> {
        max_drawdown(returns)
    }
}

/// Each statistic, what it must know, and how it is read from that.
macro_rules! read {
    ($($statistic:ty, $state:ty, $read:expr;)*) => {$(
        impl Statistic for $statistic {
            type State = $state;

            fn start(&self) -> Result<$state, StatsError> {
                Ok(<$state>::default())
            }

            fn read(&self, state: &$state) -> Result<Option<f64>, StatsError> {
                let read: fn(&Self, &$state) -> Result<Option<f64>, StatsError> = $read;
                read(self, state)
            }
        }
    )*};
}

read! {
    Mean, Scatter, |_, values| values.mean().map(Some);
    Variance, Scatter, |of, values| values.variance(of.deviation);
    StandardDeviation, Scatter, |of, values| values.standard_deviation(of.deviation);
    Covariance, Pairs, |of, pairs| pairs.covariance(of.deviation);
    Correlation, Pairs, |_, pairs| pairs.correlation();
    Quantile, Sorted, |of, sorted| quantile_of_sorted(sorted.values(), of.probability, of.method).map(Some);
    CumulativeReturn, Path, |_, path| Ok(Some(begun(path)?.wealth() - 1.0));
    MaxDrawdown, Path, |_, path| Ok(Some(begun(path)?.max_drawdown()));
}

/// Returns the path, if a return is on it.
fn begun(path: &Path) -> Result<&Path, StatsError> {
    if path.count() == 0 { Err(StatsError::Empty) } else { Ok(path) }
}
