//! Kaufman's adaptive mean: an exponential one that is as fast as the moves are straight.
//!
//! Efficiency = |x − x₋ₙ| ÷ Σ |x − x₋₁| over the last n moves, from 0 to 1; s = (efficiency · (kf − ks) + ks)² with kf = 2 ÷
//! (fast + 1), ks = 2 ÷ (slow + 1); m ← m + s (x − m). It starts from the value before its first one, x of bar n − 1. In
//! the input's unit.
//!
//! It is kept as a difference to the first value; with u = 2⁻⁵³ and d the largest distance from that it is off by at most
//! u·|m| and u·d ÷ ks² and (4n + 26)u·d: each sum costs u·d, and the errors before it shrink by s ≥ ks²; the moves are summed
//! anew in each window, so that s is off by (2n + 11)u of itself.
//!
//! Kaufman, "Smarter Trading" (1995), with 10, 2 and 30.

use super::average::Origin;
use super::change::MomentumState;
use super::input::{checked, checked_period, count};
use super::stream::{Indicator, State, series, streams};
use super::window::{Pair, Windows};
use super::{IndicatorError, Momentum, Series};

/// How straight a window is that does not move at all, where the formula divides 0 by 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stillness {
    /// 1: the mean takes the fast constant. TA-Lib.
    Straight,
    /// 0: the slow one.
    Noise,
}

/// Kaufman's adaptive moving average; the first value is that of bar n.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Kama, Stillness};
///
/// let mean = Kama::new(2, 1, 3, Stillness::Straight)?; // from a quarter to all of the way
/// assert_eq!(mean.of(&[0.0, 4.0, 0.0, 0.0])?.values(), [3.0, 0.0]); // there and back; then straight down
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kama {
    period: usize,
    fast: usize,
    slow: usize,
    still: Stillness,
}

impl Kama {
    /// Returns the mean whose efficiency is that of n moves, between the exponential means of a fast and a slow n.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    /// - [`IndicatorError::Order`] where the fast period is not below the slow one.
    pub fn new(period: usize, fast: usize, slow: usize, still: Stillness) -> Result<Self, IndicatorError> {
        for period in [period, fast, slow] {
            checked_period(period, 1)?;
        }
        let order = Err(IndicatorError::Order { fast, slow });
        if fast < slow { Ok(Self { period, fast, slow, still }) } else { order }
    }

    /// Returns the means, from bar n on.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Empty`], [`IndicatorError::TooShort`] for fewer than n + 1 bars.
    /// - [`IndicatorError::NotFinite`], [`IndicatorError::TooLarge`] for what is no number within the bounds.
    pub fn of(self, values: &[f64]) -> Result<Series, IndicatorError> {
        Ok(series(self.state(), checked(values, self.period.saturating_add(1))?.iter().copied()))
    }
}

impl Indicator for Kama {
    type Input = f64;
    type Output = Option<f64>;
    type State = KamaState;

    fn state(self) -> KamaState {
        let weight = |period: usize| 2.0 / (count(period) + 1.0);
        KamaState {
            origin: Origin::default(),
            before: None,
            change: Momentum::of_checked(self.period).state(),
            moves: Windows::new(self.period),
            mean: None,
            weights: [weight(self.fast), weight(self.slow)],
            still: self.still,
        }
    }
}

/// The moves of a window, and the mean less the first value.
#[derive(Clone, Debug, PartialEq)]
pub struct KamaState {
    origin: Origin,
    before: Option<f64>,
    change: MomentumState,
    moves: Windows<Pair>,
    mean: Option<f64>,
    weights: [f64; 2],
    still: Stillness,
}

impl State for KamaState {
    type Input = f64;
    type Output = Option<f64>;

    fn step(&mut self, value: f64) -> Option<f64> {
        let first = self.origin.of(value);
        let change = self.change.step(value);
        let before = self.before.replace(value)?;
        let (_, Pair(moved, _)) = self.moves.step(((value - before).abs(), 0.0))?;
        let still = if self.still == Stillness::Straight { 1.0 } else { 0.0 };
        // Rounding may leave the sum of the moves a little below the change.
        let efficiency = if moved > 0.0 { (change?.abs() / moved).min(1.0) } else { still };
        let [fast, slow] = self.weights;
        let weight = efficiency * (fast - slow) + slow;
        let mean = self.mean.unwrap_or(before - first);
        let mean = mean + weight * weight * (value - first - mean);
        self.mean = Some(mean);
        Some(first + mean)
    }
}

streams!(Kama);
