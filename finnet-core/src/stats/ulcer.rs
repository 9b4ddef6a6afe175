//! Returns → how long and how deep it hurt: ulcer index, serenity.
//!
//! In come simple returns of a period as fractions; out goes the index, a fraction, and ratios over it. Nothing is
//! annualised.

use super::convention::OverZero;
use super::describe::standard_deviation;
use super::drawdown::drawdown_series;
use super::error::StatsError;
use super::returns::cumulative_return;
use super::sums::{count, finite, sum};
use super::tail::{ConditionalMethod, ConditionalValueAtRisk};
use crate::number::Deviation;

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
        let squares = finite(sum(&depths, |depth| depth * depth))?;
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

/// Serenity: Σ r ÷ (ulcer index · pitfall), pitfall = −CVaR of the drawdowns ÷ deviation of the returns.
///
/// KeyQuant, "Serenity" (2012), as quantstats computes it: the conditional value at risk is the normal one of the
/// series of drawdowns, and the return is the plain sum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Serenity {
    /// The tail of the conditional value at risk: 0.05 in quantstats.
    pub tail: f64,
    /// Of the ulcer index and of both deviations: over n − 1 in quantstats.
    pub deviation: Deviation,
    /// The serenity without a drawdown: undefined in quantstats.
    pub over_zero: OverZero,
}

impl Serenity {
    /// Returns the serenity, without a unit; `None` of one return over n − 1, and of a constant return.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::NotAProbability`], [`StatsError::Overflow`].
    pub fn of(&self, returns: &[f64]) -> Result<Option<f64>, StatsError> {
        let method = ConditionalMethod::Normal(self.deviation);
        let tail = ConditionalValueAtRisk { tail: self.tail, method }.of(&drawdown_series(returns)?)?;
        let index = UlcerIndex { deviation: self.deviation }.of(returns)?;
        let (Some(tail), Some(index), Some(deviation)) = (tail, index, standard_deviation(returns, self.deviation)?)
        else {
            return Ok(None);
        };
        let Some(pitfall) = OverZero::Undefined.divide(-tail, deviation)? else { return Ok(None) };
        self.over_zero.divide(sum(returns, |r| r), index * pitfall)
    }
}
