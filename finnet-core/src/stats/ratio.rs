//! Returns → what was earned for the risk: Sharpe, Sortino, Calmar and Omega ratio, tail ratio.
//!
//! In come simple returns of a period as fractions; out go numbers without a unit. Each ratio carries its conventions;
//! `None` is what they leave undefined.

use super::convention::{Annualise, OverZero, RiskFree};
use super::drawdown::max_drawdown;
use super::error::StatsError;
use super::quantile::{QuantileMethod, quantile, quantile_of_sorted};
use super::returns::{AnnualReturn, Shortfalls, shortfall};
use super::sums::{Center, check, count, sum};
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
        check(returns)?;
        mean_over_deviation(returns.len(), |at| returns[at] - rate, root, self.deviation, self.over_zero)
    }
}

/// Returns the mean ÷ the deviation of f(0) … f(n − 1), times the root.
pub(super) fn mean_over_deviation(
    n: usize,
    f: impl Fn(usize) -> f64 + Copy,
    root: f64,
    deviation: Deviation,
    over_zero: OverZero,
) -> Result<Option<f64>, StatsError> {
    let over = n - deviation.lost();
    if over == 0 {
        return Ok(None);
    }
    let center = Center::of(n, f);
    let squares = sum(n, |at| center.off(f(at)) * center.off(f(at)));
    over_zero.divide(center.mean() * root, (squares / count(over)).sqrt())
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
        let shortfall = shortfall(returns, target, self.shortfalls)?;
        let excess = Center::of(returns.len(), |at| returns[at] - target).mean();
        self.over_zero.divide(excess * root, shortfall)
    }
}

/// Calmar ratio: [`AnnualReturn`] ÷ |[`max_drawdown`]|, both of the whole series.
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
        match (AnnualReturn { annualise: self.annualise }).of(returns)? {
            Some(annual) => self.over_zero.divide(annual, max_drawdown(returns)?.abs()),
            None => Ok(None),
        }
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
        check(returns)?;
        let threshold = self.threshold.of_a_period(self.annualise)?;
        let gains = sum(returns.len(), |at| (returns[at] - threshold).max(0.0));
        let losses = sum(returns.len(), |at| (threshold - returns[at]).max(0.0));
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
        let upper = quantile(returns, 1.0 - self.tail, self.quantile)?;
        let lower = quantile(returns, self.tail, self.quantile)?;
        self.over_zero.divide(upper.abs(), lower.abs())
    }

    /// Returns the ratio of ascending returns.
    pub(super) fn of_sorted(&self, returns: &[f64]) -> Result<Option<f64>, StatsError> {
        let upper = quantile_of_sorted(returns, 1.0 - self.tail, self.quantile)?;
        let lower = quantile_of_sorted(returns, self.tail, self.quantile)?;
        self.over_zero.divide(upper.abs(), lower.abs())
    }
}
