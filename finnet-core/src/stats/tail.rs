//! Returns → what is lost in a bad period: value at risk and its mean beyond (CVaR, expected shortfall).
//!
//! In come simple returns of a period as fractions; out goes a return of such a period, so that a loss is **negative**,
//! as in empyrical and quantstats. Nothing is annualised.

use super::describe::{mean, standard_deviation};
use super::error::StatsError;
use super::quantile::{QuantileMethod, around, floor_to_usize, quantile, quantile_of_sorted};
use super::sums::{check, count, finite};
use crate::number::{Deviation, exp, normal_quantile};

/// 1/√(2π).
const INVERSE_ROOT_2_PI: f64 = 0.398_942_280_401_432_7;

/// How the value at risk is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueAtRiskMethod {
    /// A quantile of the returns: empyrical, with [`QuantileMethod::Linear`].
    Historical(QuantileMethod),
    /// mean + deviation · z, z the standard normal quantile: quantstats, with [`Deviation::Sample`].
    Normal(Deviation),
}

/// Value at risk: the return that only the tail falls below.
///
/// # Examples
///
/// ```
/// use finnet_core::stats::{QuantileMethod, ValueAtRisk, ValueAtRiskMethod};
///
/// let var = ValueAtRisk { tail: 0.05, method: ValueAtRiskMethod::Historical(QuantileMethod::Lower) };
/// assert_eq!(var.of(&[0.01, -0.02, 0.03])?, Some(-0.02));
/// # Ok::<(), finnet_core::stats::StatsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValueAtRisk {
    /// The probability of the tail: 0.05, where others say 95 %.
    pub tail: f64,
    /// Historical or parametric.
    pub method: ValueAtRiskMethod,
}

impl ValueAtRisk {
    /// Returns the value at risk, a loss negative; `None` of one return's sample deviation.
    ///
    /// The normal one of a constant return is that return.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    /// - [`StatsError::NotAProbability`], for the normal one at 0 and 1 too.
    pub fn of(&self, returns: &[f64]) -> Result<Option<f64>, StatsError> {
        match self.method {
            ValueAtRiskMethod::Historical(method) => quantile(returns, self.tail, method).map(Some),
            ValueAtRiskMethod::Normal(deviation) => {
                let z = normal_quantile(inner(self.tail)?);
                normal_at(returns, deviation, z)
            }
        }
    }

    /// Returns the value at risk of ascending returns.
    pub(super) fn of_sorted(&self, returns: &[f64]) -> Result<Option<f64>, StatsError> {
        match self.method {
            ValueAtRiskMethod::Historical(method) => quantile_of_sorted(returns, self.tail, method).map(Some),
            ValueAtRiskMethod::Normal(_) => self.of(returns),
        }
    }
}

/// How the mean beyond the value at risk is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConditionalMethod {
    /// The mean of the ⌊tail · (n − 1)⌋ + 1 smallest returns: empyrical.
    Smallest,
    /// The mean of all returns up to the quantile, ties included: quantstats' `historical`, with
    /// [`QuantileMethod::Linear`].
    UpTo(QuantileMethod),
    /// mean − deviation · φ(z) ÷ tail, φ the normal density: quantstats' default, with [`Deviation::Sample`].
    Normal(Deviation),
}

/// Conditional value at risk (expected shortfall): the mean return in the tail.
///
/// Rockafellar and Uryasev, "Optimization of conditional value-at-risk", Journal of Risk 2 (2000).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConditionalValueAtRisk {
    /// The probability of the tail: 0.05, where others say 95 %.
    pub tail: f64,
    /// Historical or parametric.
    pub method: ConditionalMethod,
}

impl ConditionalValueAtRisk {
    /// Returns the mean of the tail, a loss negative; `None` of one return's sample deviation.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    /// - [`StatsError::NotAProbability`], for the normal one at 0 and 1 too.
    pub fn of(&self, returns: &[f64]) -> Result<Option<f64>, StatsError> {
        check(returns)?;
        if !(0.0..=1.0).contains(&self.tail) {
            return Err(StatsError::NotAProbability);
        }
        let tail = match self.method {
            ConditionalMethod::Smallest => {
                let last = floor_to_usize(self.tail * count(returns.len() - 1));
                let (mut sorted, _) = around(returns, 0, last);
                sorted.select_nth_unstable_by(last, f64::total_cmp);
                sorted.truncate(last + 1);
                sorted
            }
            ConditionalMethod::UpTo(method) => {
                let end = quantile(returns, self.tail, method)?;
                returns.iter().copied().filter(|&r| r <= end).collect()
            }
            ConditionalMethod::Normal(deviation) => {
                let z = normal_quantile(inner(self.tail)?);
                let density = INVERSE_ROOT_2_PI * exp(-0.5 * z * z);
                return normal_at(returns, deviation, -density / self.tail);
            }
        };
        mean(&tail).map(Some)
    }

    /// Returns the mean of the tail of ascending returns.
    pub(super) fn of_sorted(&self, returns: &[f64]) -> Result<Option<f64>, StatsError> {
        let end = match self.method {
            _ if returns.is_empty() => return Err(StatsError::Empty),
            _ if !(0.0..=1.0).contains(&self.tail) => return Err(StatsError::NotAProbability),
            ConditionalMethod::Smallest => floor_to_usize(self.tail * count(returns.len() - 1)) + 1,
            ConditionalMethod::UpTo(method) => {
                let end = quantile_of_sorted(returns, self.tail, method)?;
                returns.partition_point(|&r| r <= end)
            }
            ConditionalMethod::Normal(_) => return self.of(returns),
        };
        mean(&returns[..end]).map(Some)
    }
}

/// Returns the tail if it is one that a normal distribution has.
fn inner(tail: f64) -> Result<f64, StatsError> {
    if tail > 0.0 && tail < 1.0 { Ok(tail) } else { Err(StatsError::NotAProbability) }
}

/// Returns mean + deviation · z.
fn normal_at(returns: &[f64], deviation: Deviation, z: f64) -> Result<Option<f64>, StatsError> {
    let mean = mean(returns)?;
    standard_deviation(returns, deviation)?.map(|deviation| finite(mean + deviation * z)).transpose()
}
