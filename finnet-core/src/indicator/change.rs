//! How far values moved: over n bars, by a straight line through them, and since the last extreme.
//!
//! Momentum = x − x₋ₙ, in the input's unit; ROC = 100 · momentum ÷ x₋ₙ, in per cent. The slope is that of least squares
//! over the last n values, in the input's unit a bar: Σ (i − ī) x ÷ Σ (i − ī)². Aroon = 100 · (n − bars since the
//! extreme) ÷ n over n + 1 bars; of equal extremes the newest counts.
//!
//! Aroon: Chande, "A time price oscillator", Stocks & Commodities 13 (1995).

use std::collections::VecDeque;

use super::average::Ramp;
use super::input::{checked, checked_period, count, ordered, same_length};
use super::stream::{Indicator, State, series, streams};
use super::window::{Sum, Windows};
use super::{IndicatorError, OneBar, Series};

/// The change over n bars; the first value is that of bar n.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::Momentum;
///
/// assert_eq!(Momentum::new(2)?.of(&[4.0, 5.0, 6.0])?.values(), [2.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Momentum {
    period: usize,
}

impl Momentum {
    /// Returns the change over so many bars.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    pub fn new(period: usize) -> Result<Self, IndicatorError> {
        Ok(Self { period: checked_period(period, 1)? })
    }

    /// Returns the change over a number of bars that was checked.
    pub(super) fn of_checked(period: usize) -> Self {
        Self { period }
    }

    /// Returns the changes, from bar n on.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Empty`], [`IndicatorError::TooShort`] for fewer than n + 1 bars.
    /// - [`IndicatorError::NotFinite`], [`IndicatorError::TooLarge`] for what is no number within the bounds.
    pub fn of(self, values: &[f64]) -> Result<Series, IndicatorError> {
        let values = checked(values, self.period.saturating_add(1))?;
        let changes = values.iter().zip(&values[self.period..]).map(|(before, value)| value - before).collect();
        Ok(Series::starting(self.period, changes))
    }
}

impl Indicator for Momentum {
    type Input = f64;
    type Output = Option<f64>;
    type State = MomentumState;

    fn state(self) -> MomentumState {
        MomentumState { period: self.period, last: VecDeque::new() }
    }
}

/// The last n values.
#[derive(Clone, Debug, PartialEq)]
pub struct MomentumState {
    period: usize,
    last: VecDeque<f64>,
}

impl MomentumState {
    /// Takes a value and returns that of n bars before.
    pub(super) fn before(&mut self, value: f64) -> Option<f64> {
        let before = if self.last.len() < self.period { None } else { self.last.pop_front() };
        self.last.push_back(value);
        before
    }
}

impl State for MomentumState {
    type Input = f64;
    type Output = Option<f64>;

    fn step(&mut self, value: f64) -> Option<f64> {
        self.before(value).map(|before| value - before)
    }
}

/// ROC: the change over n bars in per cent of the value before; the first value is that of bar n.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::Roc;
///
/// assert_eq!(Roc::new(2)?.of(&[4.0, 5.0, 6.0])?.values(), [50.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roc {
    momentum: Momentum,
}

impl Roc {
    /// Returns the change over so many bars.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    pub fn new(period: usize) -> Result<Self, IndicatorError> {
        Ok(Self { momentum: Momentum::new(period)? })
    }

    /// Returns the changes in per cent of the value n bars before; undefined where that is 0, or so near to it that
    /// the quotient is no double. Of a value below 0 a rise is negative.
    ///
    /// # Errors
    ///
    /// As of [`Momentum::of`].
    pub fn of(self, values: &[f64]) -> Result<Series, IndicatorError> {
        let values = checked(values, self.momentum.period.saturating_add(1))?;
        Ok(series(self.state(), values.iter().copied()))
    }
}

impl Indicator for Roc {
    type Input = f64;
    type Output = Option<f64>;
    type State = RocState;

    fn state(self) -> RocState {
        RocState(self.momentum.state())
    }
}

/// The last n values.
#[derive(Clone, Debug, PartialEq)]
pub struct RocState(MomentumState);

impl State for RocState {
    type Input = f64;
    type Output = Option<f64>;

    fn step(&mut self, value: f64) -> Option<f64> {
        let before = self.0.before(value)?;
        let percent = 100.0 * ((value - before) / before);
        Some(percent).filter(|percent| percent.is_finite())
    }
}

/// The slope of the line of least squares through the last n values; the first one is that of bar n − 1.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::LinearSlope;
///
/// assert_eq!(LinearSlope::new(3)?.of(&[1.0, 2.0, 3.0, 4.0])?.values(), [1.0, 1.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinearSlope {
    period: usize,
}

impl LinearSlope {
    /// Returns the slope over so many bars.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for fewer than 2.
    pub fn new(period: usize) -> Result<Self, IndicatorError> {
        Ok(Self { period: checked_period(period, 2)? })
    }

    /// Returns the slopes, from bar n − 1 on.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Empty`], [`IndicatorError::TooShort`] for fewer than n bars.
    /// - [`IndicatorError::NotFinite`], [`IndicatorError::TooLarge`] for what is no number within the bounds.
    pub fn of(self, values: &[f64]) -> Result<Series, IndicatorError> {
        Ok(series(self.state(), checked(values, self.period)?.iter().copied()))
    }
}

impl Indicator for LinearSlope {
    type Input = f64;
    type Output = Option<f64>;
    type State = SlopeState;

    fn state(self) -> SlopeState {
        SlopeState { windows: Windows::new(self.period), n: count(self.period) }
    }
}

/// The windows of a slope.
#[derive(Clone, Debug, PartialEq)]
pub struct SlopeState {
    windows: Windows<Ramp>,
    n: f64,
}

impl State for SlopeState {
    type Input = f64;
    type Output = Option<f64>;

    fn step(&mut self, value: f64) -> Option<f64> {
        let (n, (_, sums)) = (self.n, self.windows.step(value)?);
        // The weights 1 … n less their mean; their squares sum up to n (n² − 1) ÷ 12.
        let covered = sums.weighted - (n + 1.0) * 0.5 * sums.sum;
        Some(covered / (n * (n * n - 1.0) / 12.0))
    }
}

/// Aroon: how new the extremes of n + 1 bars are, from 0 (n bars ago) to 100 (this bar).
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::Aroon;
///
/// let lines = Aroon::new(2)?.of(&[5.0, 9.0, 6.0], &[1.0, 3.0, 4.0])?;
/// assert_eq!((lines.up.at(2), lines.down.at(2)), (Some(50.0), Some(0.0)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aroon {
    period: usize,
}

/// What [`Aroon::of`] returns, two series of the same bars, or a stream for a bar.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AroonLines<T = Series> {
    /// How new the highest high is.
    pub up: T,
    /// How new the lowest low is.
    pub down: T,
}

impl Aroon {
    /// Returns the lines over n + 1 bars.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    pub fn new(period: usize) -> Result<Self, IndicatorError> {
        Ok(Self { period: checked_period(period, 1)? })
    }

    /// Returns the lines, from bar n on.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Lengths`] for columns of different lengths.
    /// - [`IndicatorError::Empty`], [`IndicatorError::TooShort`] for fewer than n + 1 bars.
    /// - [`IndicatorError::NotFinite`], [`IndicatorError::TooLarge`] for what is no number within the bounds.
    /// - [`IndicatorError::HighBelowLow`] for a bar that is upside down.
    pub fn of(self, high: &[f64], low: &[f64]) -> Result<AroonLines, IndicatorError> {
        let length = self.period.saturating_add(1);
        same_length(high, low)?;
        checked(high, length)?;
        checked(low, length)?;
        ordered(high, low)?;
        let mut state = self.state();
        let mut lines = AroonLines { up: Series::with_capacity(high.len()), down: Series::with_capacity(high.len()) };
        for (bar, (&high, &low)) in high.iter().zip(low).enumerate() {
            let one = state.step(OneBar { high, low, close: low, volume: 0.0 });
            lines.up.add(bar, one.map(|one| one.up));
            lines.down.add(bar, one.map(|one| one.down));
        }
        Ok(lines)
    }
}

/// A bar of a window, its high and its low, of the newest extremes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Newest {
    high: (usize, f64),
    low: (usize, f64),
}

impl Sum for Newest {
    type Item = Self;

    fn lift(item: Self, _: Self) -> Self {
        item
    }

    fn join(self, next: Self) -> Self {
        Self {
            high: if next.high.1 >= self.high.1 { next.high } else { self.high },
            low: if next.low.1 <= self.low.1 { next.low } else { self.low },
        }
    }
}

impl Indicator for Aroon {
    type Input = OneBar;
    type Output = Option<AroonLines<f64>>;
    type State = AroonState;

    fn state(self) -> AroonState {
        AroonState { period: self.period, bar: 0, windows: Windows::new(self.period.saturating_add(1)) }
    }
}

/// The windows of extremes.
#[derive(Clone, Debug, PartialEq)]
pub struct AroonState {
    period: usize,
    bar: usize,
    windows: Windows<Newest>,
}

impl State for AroonState {
    type Input = OneBar;
    type Output = Option<AroonLines<f64>>;

    fn step(&mut self, bar: OneBar) -> Option<AroonLines<f64>> {
        let at = self.bar;
        self.bar += 1;
        let (_, newest) = self.windows.step(Newest { high: (at, bar.high), low: (at, bar.low) })?;
        let newness = |extreme: usize| 100.0 * (count(self.period - (at - extreme)) / count(self.period));
        Some(AroonLines { up: newness(newest.high.0), down: newness(newest.low.0) })
    }
}

streams!(Momentum, Roc, LinearSlope, Aroon);
