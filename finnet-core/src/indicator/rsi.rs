//! Relative strength: how much of the moves was upwards.
//!
//! RSI = 100 · g ÷ (g + l), from 0 to 100, with g the mean of the gains and l that of the losses (both ≥ 0), bar over
//! bar. It is 100 − 100 ÷ (1 + g ÷ l), written without the second quotient.
//!
//! Wilder, "New Concepts in Technical Trading Systems" (1978), smooths: the first means are those of the first n
//! changes, then g ← g + (x − g) ÷ n. Cutler takes the plain means of the last n, so that a value depends on n + 1
//! bars alone and not on where the data begin.

use super::average::smoothed;
use super::window::{checked, checked_period, count, windows};
use super::{Flat, IndicatorError, Series};

/// How gains and losses are averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Smoothing {
    /// Exponentially with k = 1 ÷ n, from the means of the first n changes on.
    Wilder,
    /// The mean of the last n changes.
    Cutler,
}

/// The relative strength index over n changes; the first value is that of bar n.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Flat, Rsi, Smoothing};
///
/// let closes = [10.0, 13.0, 12.0, 12.0, 12.0];
/// let rsi = Rsi::new(2, Smoothing::Cutler, Flat::Undefined)?.of(&closes)?;
/// assert_eq!((rsi.at(2), rsi.at(3), rsi.at(4)), (Some(75.0), Some(0.0), None)); // +3 −1, −1 0, 0 0
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rsi {
    period: usize,
    smoothing: Smoothing,
    flat: Flat,
}

impl Rsi {
    /// Returns the index of this n and smoothing; `flat` is what it gives where neither gain nor loss is left.
    ///
    /// TA-Lib: [`Smoothing::Wilder`] and 0, though it takes means below 10⁻¹⁴ for none.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    /// - [`IndicatorError::Flat`] for what is no number within the bounds.
    pub fn new(period: usize, smoothing: Smoothing, flat: Flat) -> Result<Self, IndicatorError> {
        Ok(Self { period: checked_period(period, 1)?, smoothing, flat: flat.checked()? })
    }

    /// Returns the index, from bar n on.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Empty`], [`IndicatorError::TooShort`] for fewer than n + 1 bars.
    /// - [`IndicatorError::NotFinite`], [`IndicatorError::TooLarge`] for what is no number within the bounds.
    pub fn of(self, values: &[f64]) -> Result<Series, IndicatorError> {
        let values = checked(values, self.period.saturating_add(1))?;
        let changes: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let mut strengths = Series::with_capacity(changes.len());
        let mut emit = |change: usize, gain: f64, loss: f64| {
            let moved = gain + loss;
            let strength = if moved > 0.0 { Some(100.0 * (gain / moved)) } else { self.flat.value() };
            if let Some(strength) = strength {
                strengths.push(change + 1, strength);
            }
        };
        match self.smoothing {
            Smoothing::Wilder => {
                let gains: Vec<f64> = changes.iter().map(|change| change.max(0.0)).collect();
                let losses: Vec<f64> = changes.iter().map(|change| (-change).max(0.0)).collect();
                let weight = 1.0 / count(self.period);
                let [gains, losses] = [gains, losses].map(|moves| smoothed(&moves, self.period, weight));
                for (at, (gain, loss)) in gains.into_iter().zip(losses).enumerate() {
                    emit(at + self.period - 1, gain, loss);
                }
            }
            Smoothing::Cutler => windows(
                changes.len(),
                self.period,
                |bar, _| (changes[bar].max(0.0), (-changes[bar]).max(0.0)),
                |(gain, loss), (next_gain, next_loss)| (gain + next_gain, loss + next_loss),
                |bar, _, (gain, loss)| emit(bar, gain, loss),
            ),
        }
        Ok(strengths)
    }
}
