//! Returns → how often and how much was won and lost: win rate, payoff, profit factor, Kelly's fraction, gain to pain.
//!
//! In come simple returns of a period as fractions, of days or of trades; out go fractions and ratios. A win is a return
//! above 0, a loss one below. Nothing is annualised.

use super::convention::OverZero;
use super::error::StatsError;
use super::sums::{check, count_u64, sum};

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
        let [above, below, all] = outcomes(returns)?;
        self.among([above, below, all], above)
    }

    /// Returns the losses' part of all, from 0 to 1.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`].
    pub fn of_losses(&self, returns: &[f64]) -> Result<Option<f64>, StatsError> {
        let [above, below, all] = outcomes(returns)?;
        self.among([above, below, all], below)
    }

    /// Returns the part of those above 0, below 0, or all.
    pub(super) fn among(self, [above, below, all]: [u64; 3], part: u64) -> Result<Option<f64>, StatsError> {
        let among = match self.zeros {
            Zeros::Counted => all,
            Zeros::LeftOut => above + below,
        };
        self.over_zero.divide(count_u64(part), count_u64(among))
    }
}

/// Returns how many returns are above 0, below 0, and all.
fn outcomes(returns: &[f64]) -> Result<[u64; 3], StatsError> {
    check(returns)?;
    let counted = |counts: fn(f64) -> bool| returns.iter().filter(|&&r| counts(r)).count() as u64;
    Ok([counted(|r| r > 0.0), counted(|r| r < 0.0), returns.len() as u64])
}

/// Returns the mean of the returns above 0; `None` without one.
///
/// # Errors
///
/// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
pub fn average_win(returns: &[f64]) -> Result<Option<f64>, StatsError> {
    let [wins, ..] = outcomes(returns)?;
    OverZero::Undefined.divide(gains(returns), count_u64(wins))
}

/// Returns the mean of the returns below 0, a negative number; `None` without one.
///
/// # Errors
///
/// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
pub fn average_loss(returns: &[f64]) -> Result<Option<f64>, StatsError> {
    let [_, lost, _] = outcomes(returns)?;
    OverZero::Undefined.divide(losses(returns), count_u64(lost))
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
        self.over_zero.divide(sum(returns, |r| r), losses(returns).abs())
    }
}

fn gains(returns: &[f64]) -> f64 {
    sum(returns, |r| r.max(0.0))
}

fn losses(returns: &[f64]) -> f64 {
    sum(returns, |r| r.min(0.0))
}
