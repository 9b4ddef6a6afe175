//! Returns → how often and how much was won and lost, and how long it hurt: win rate, payoff, profit factor, Kelly's
//! fraction, gain to pain, ulcer index.
//!
//! In come simple returns of a period as fractions, of days or of trades; out go fractions and ratios. A win is a return
//! above 0, a loss one below. Nothing is annualised.

use super::convention::OverZero;
use super::drawdown::drawdown_series;
use super::error::StatsError;
use super::returns::cumulative_return;
use super::sums::{check, count, finite, sum};
use crate::number::Deviation;

/// Whether a return of exactly 0 counts as a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Zeros {
    /// It does: rates are over all n.
    Counted,
    /// It does not: rates are over wins and losses. quantstats.
    LeftOut,
}

/// Rates of wins and losses.
///
/// # Examples
///
/// ```
/// use finnet_core::stats::{OverZero, WinRate, Zeros};
///
/// let rate = WinRate { zeros: Zeros::LeftOut, over_zero: OverZero::Undefined };
/// assert_eq!(rate.of(&[0.01, 0.0, -0.02])?, Some(0.5));
/// assert_eq!(rate.of(&[0.0])?, None);
/// # Ok::<(), finnet_core::stats::StatsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WinRate {
    /// What the rate is over.
    pub zeros: Zeros,
    /// The rate where nothing is left: 0 in quantstats.
    pub over_zero: OverZero,
}

impl WinRate {
    /// Returns the wins' part of all, from 0 to 1.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`].
    pub fn of(&self, returns: &[f64]) -> Result<Option<f64>, StatsError> {
        self.rate(returns, |r| r > 0.0)
    }

    /// Returns the losses' part of all, from 0 to 1.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`].
    pub fn of_losses(&self, returns: &[f64]) -> Result<Option<f64>, StatsError> {
        self.rate(returns, |r| r < 0.0)
    }

    fn rate(self, returns: &[f64], counts: impl Fn(f64) -> bool) -> Result<Option<f64>, StatsError> {
        check(returns)?;
        let among = match self.zeros {
            Zeros::Counted => returns.len(),
            Zeros::LeftOut => returns.iter().filter(|&&r| r != 0.0).count(),
        };
        let counted = returns.iter().filter(|&&r| counts(r)).count();
        self.over_zero.divide(count(counted), count(among))
    }
}

/// Returns the mean of the returns above 0; `None` without one.
///
/// # Errors
///
/// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
pub fn average_win(returns: &[f64]) -> Result<Option<f64>, StatsError> {
    check(returns)?;
    OverZero::Undefined.divide(gains(returns), count(returns.iter().filter(|&&r| r > 0.0).count()))
}

/// Returns the mean of the returns below 0, a negative number; `None` without one.
///
/// # Errors
///
/// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
pub fn average_loss(returns: &[f64]) -> Result<Option<f64>, StatsError> {
    check(returns)?;
    OverZero::Undefined.divide(losses(returns), count(returns.iter().filter(|&&r| r < 0.0).count()))
}

/// Returns the payoff ratio, average win ÷ |average loss|; `None` without a win or without a loss.
///
/// # Errors
///
/// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
pub fn payoff_ratio(returns: &[f64]) -> Result<Option<f64>, StatsError> {
    match (average_win(returns)?, average_loss(returns)?) {
        (Some(win), Some(loss)) => OverZero::Undefined.divide(win, loss.abs()),
        _ => Ok(None),
    }
}

/// Returns Kelly's fraction p − (1 − p) ÷ payoff, p the win rate and payoff the [`payoff_ratio`]; `None` without that.
///
/// Kelly, "A new interpretation of information rate", Bell System Technical Journal 35 (1956), of a bet with two
/// outcomes; what to stake on returns of many sizes it only hints at. Below 0 the bet is a bad one.
///
/// # Errors
///
/// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
pub fn kelly_fraction(returns: &[f64], zeros: Zeros) -> Result<Option<f64>, StatsError> {
    let rate = WinRate { zeros, over_zero: OverZero::Undefined }.of(returns)?;
    match (payoff_ratio(returns)?, rate) {
        (Some(payoff), Some(p)) => OverZero::Undefined.divide(payoff * p - (1.0 - p), payoff),
        _ => Ok(None),
    }
}

/// Profit factor: Σ wins ÷ |Σ losses|.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProfitFactor {
    /// The factor without a loss: infinite in quantstats.
    pub over_zero: OverZero,
}

impl ProfitFactor {
    /// Returns the factor; above 1 where more was won than lost.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    pub fn of(&self, returns: &[f64]) -> Result<Option<f64>, StatsError> {
        check(returns)?;
        self.over_zero.divide(gains(returns), losses(returns).abs())
    }
}

/// Gain to pain: Σ r ÷ |Σ losses|.
///
/// Schwager, "Hedge Fund Market Wizards" (2012), takes returns of months, quantstats those of days: pass either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GainToPain {
    /// The ratio without a loss: undefined in quantstats.
    pub over_zero: OverZero,
}

impl GainToPain {
    /// Returns the ratio, 1 less than the [`ProfitFactor`].
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    pub fn of(&self, returns: &[f64]) -> Result<Option<f64>, StatsError> {
        check(returns)?;
        self.over_zero.divide(sum(returns.len(), |at| returns[at]), losses(returns).abs())
    }
}

/// Ulcer index: the root of the mean squared drawdown, a fraction (0.1, where Martin writes 10 per cent).
///
/// Martin and McCann, "The Investor's Guide to Fidelity Funds" (1989).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UlcerIndex {
    /// Over n, as Martin does, or n − 1, as quantstats.
    pub deviation: Deviation,
}

impl UlcerIndex {
    /// Returns the index; `None` of one return over n − 1.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    pub fn of(&self, returns: &[f64]) -> Result<Option<f64>, StatsError> {
        let depths = drawdown_series(returns)?;
        let squares = finite(sum(depths.len(), |at| depths[at] * depths[at]))?;
        let over = depths.len() - self.deviation.lost();
        Ok((over > 0).then(|| (squares / count(over)).sqrt()))
    }

    /// Returns the cumulative return ÷ the index (quantstats' performance index); without a drawdown what
    /// the convention says.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    pub fn performance(&self, returns: &[f64], over_zero: OverZero) -> Result<Option<f64>, StatsError> {
        match self.of(returns)? {
            Some(index) => over_zero.divide(cumulative_return(returns)?, index),
            None => Ok(None),
        }
    }
}

fn gains(returns: &[f64]) -> f64 {
    sum(returns.len(), |at| returns[at].max(0.0))
}

fn losses(returns: &[f64]) -> f64 {
    sum(returns.len(), |at| returns[at].min(0.0))
}
