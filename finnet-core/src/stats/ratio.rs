//! Returns → what was earned for the risk: Sharpe, Sortino, Calmar and Omega ratio, tail ratio.
//!
//! In come simple returns of a period as fractions; out go numbers without a unit. Each ratio carries its conventions;
//! `None` is what they leave undefined.

use super::convention::{Annualise, OverZero, RiskFree};
use super::error::StatsError;
use super::path::Path;
use super::quantile::{QuantileMethod, quantile_of_finite, quantile_of_sorted};
use super::returns::{Below, Shortfalls};
use super::statistic::Statistic as _;
use super::sums::{Spread, check, check_lengths, checked, sums};
use crate::number::Deviation;

/// Sharpe ratio: mean(r − f) ÷ deviation(r − f), times the root of the periods of a year.
///
/// Sharpe, "The Sharpe ratio", The Journal of Portfolio Management 21 (1994). f is constant here.
///
/// # Examples
///
/// ```
/// use finnet_core::stats::{Annualise, Deviation, OverZero, RiskFree, Sharpe};
///
/// let sharpe = Sharpe {
///     risk_free: RiskFree::Compounded(0.02),
///     annualise: Annualise::Sessions(252.0),
///     deviation: Deviation::Sample,
///     over_zero: OverZero::Undefined,
/// };
/// let ratio = sharpe.of(&[0.01, -0.02, 0.03, 0.005])?.expect("the returns are not constant");
/// assert!((ratio - 4.763_845_037_797).abs() < 1e-12); // by Python's `statistics`
/// assert_eq!(sharpe.of(&[0.01, 0.01])?, None);
/// # Ok::<(), finnet_core::stats::StatsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sharpe {
    /// What a return has to exceed.
    pub risk_free: RiskFree,
    /// Periods of a year.
    pub annualise: Annualise,
    /// Over n − 1 or n.
    pub deviation: Deviation,
    /// The ratio of a constant return.
    pub over_zero: OverZero,
}

impl Sharpe {
    /// Returns the ratio; `None` of one return's sample deviation.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    /// - [`StatsError::NotAYear`], [`StatsError::NoYear`], [`StatsError::NotARate`] of the conventions.
    pub fn of(&self, returns: &[f64]) -> Result<Option<f64>, StatsError> {
        let root = self.annualise.periods()?.sqrt();
        let rate = self.risk_free.of_a_period(self.annualise)?;
        let excess = Spread::between(returns, returns, |r, _| r - rate)?;
        let Some(deviation) = excess.deviation(self.deviation)? else { return Ok(None) };
        self.over_zero.divide(excess.mean() * root, deviation)
    }
}

/// Sortino ratio: mean(r − target) ÷ downside deviation, times the root of the periods of a year.
///
/// Sortino and van der Meer, "Downside risk", The Journal of Portfolio Management 17 (1991).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sortino {
    /// What a return has to reach.
    pub target: RiskFree,
    /// Periods of a year.
    pub annualise: Annualise,
    /// What the downside deviation is averaged over.
    pub shortfalls: Shortfalls,
    /// The ratio where no return is below the target: infinite in empyrical, undefined in quantstats.
    pub over_zero: OverZero,
}

impl Sortino {
    /// Returns the ratio.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    /// - [`StatsError::NotAYear`], [`StatsError::NoYear`], [`StatsError::NotARate`] of the conventions.
    pub fn of(&self, returns: &[f64]) -> Result<Option<f64>, StatsError> {
        let root = self.annualise.periods()?.sqrt();
        let target = self.target.of_a_period(self.annualise)?;
        let below = Below::of(returns, target, self.shortfalls)?;
        self.over_zero.divide(below.mean * root, below.deviation)
    }
}

/// Calmar ratio: [`AnnualReturn`](super::AnnualReturn) ÷ |[`max_drawdown`](super::max_drawdown)|, both of the whole series.
///
/// Young, "Calmar ratio: a smoother tool", Futures 20 (1991), takes the last 36 months: pass those.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calmar {
    /// Periods of a year.
    pub annualise: Annualise,
    /// The ratio without a drawdown: undefined in empyrical, an exception in quantstats.
    pub over_zero: OverZero,
}

impl Calmar {
    /// Returns the ratio; `None` where there is no annual return.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::NotAYear`], [`StatsError::Overflow`].
    pub fn of(&self, returns: &[f64]) -> Result<Option<f64>, StatsError> {
        self.read(&Path::of(returns)?)
    }
}

/// Omega ratio: Σ max(r − threshold, 0) ÷ Σ max(threshold − r, 0).
///
/// Keating and Shadwick, "A universal performance measure", Journal of Performance Measurement 6 (2002).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Omega {
    /// What parts gains from losses.
    pub threshold: RiskFree,
    /// Periods of a year, which a threshold of a year needs; nothing else is annualised.
    pub annualise: Annualise,
    /// The ratio without a loss: undefined in both packages.
    pub over_zero: OverZero,
}

impl Omega {
    /// Returns the ratio.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    /// - [`StatsError::NotAYear`], [`StatsError::NoYear`], [`StatsError::NotARate`] of the conventions.
    pub fn of(&self, returns: &[f64]) -> Result<Option<f64>, StatsError> {
        check_lengths(returns, returns)?;
        let threshold = self.threshold.of_a_period(self.annualise)?;
        // What is no number is not less than 0, and stays.
        let above = |x: f64| if x < 0.0 { 0.0 } else { x };
        let [gains, losses] = sums(returns, returns, |r, _| [above(r - threshold), above(threshold - r)]);
        checked(gains + losses, returns, returns)?;
        self.over_zero.divide(gains, losses)
    }
}

/// Tail ratio: |quantile at 1 − tail| ÷ |quantile at tail|, with a tail of 0.05 in both packages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TailRatio {
    /// The probability of each tail, from 0 to 1.
    pub tail: f64,
    /// How the quantiles are taken.
    pub quantile: QuantileMethod,
    /// The ratio where the lower quantile is 0.
    pub over_zero: OverZero,
}

impl TailRatio {
    /// Returns the ratio; above 1 where the gains' tail is the longer one.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::NotAProbability`], [`StatsError::Overflow`].
    pub fn of(&self, returns: &[f64]) -> Result<Option<f64>, StatsError> {
        check(returns)?;
        let upper = quantile_of_finite(returns, 1.0 - self.tail, self.quantile)?;
        let lower = quantile_of_finite(returns, self.tail, self.quantile)?;
        self.over_zero.divide(upper.abs(), lower.abs())
    }

    /// Returns the ratio of ascending returns.
    pub(super) fn of_sorted(&self, returns: &[f64]) -> Result<Option<f64>, StatsError> {
        let upper = quantile_of_sorted(returns, 1.0 - self.tail, self.quantile)?;
        let lower = quantile_of_sorted(returns, self.tail, self.quantile)?;
        self.over_zero.divide(upper.abs(), lower.abs())
    }
}
