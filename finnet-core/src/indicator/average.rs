//! Moving averages: simple, weighted and exponential.
//!
//! Simple: (x₁ + … + xₙ) ÷ n. Weighted: (1·x₁ + 2·x₂ + … + n·xₙ) ÷ (1 + … + n), the newest weighs n. Exponential:
//! e ← e + k (x − e) with k = 2 ÷ (n + 1). Values and results are in the input's unit.
//!
//! Bounds, with u = 2⁻⁵³: a simple mean of a window of range r is off by at most u·|mean| + (n + 4)u·r; an exponential
//! one by u·|e| + 4u·d ÷ k + 18u·d with d the largest distance from the first value: the running value is kept as a
//! difference to it (the file `smooth.rs` derives the rest).
//!
//! Exponential averages: Roberts, "Control chart tests based on geometric moving averages", Technometrics 1 (1959).

use super::input::{checked, checked_period, count};
use super::smooth::Smoothed;
use super::stream::{Indicator, State, series, streams};
use super::window::{Sum, Windows, blocks};
use super::{IndicatorError, Series};

/// The mean of the last n values; the first value is that of bar n − 1.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{IndicatorError, Sma};
///
/// assert_eq!(Sma::new(2)?.of(&[1.0, 2.0, 4.0])?.values(), [1.5, 3.0]);
/// assert_eq!(Sma::new(0), Err(IndicatorError::Period { period: 0, least: 1 }));
/// assert_eq!(Sma::new(2)?.of(&[1.0]), Err(IndicatorError::TooShort { bars: 1, least: 2 }));
/// # Ok::<(), IndicatorError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sma {
    period: usize,
}

impl Sma {
    /// The value itself.
    pub(super) const ONE: Self = Self { period: 1 };

    /// Returns the mean over so many bars.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    pub fn new(period: usize) -> Result<Self, IndicatorError> {
        Ok(Self { period: checked_period(period, 1)? })
    }

    /// Returns the means, from bar n − 1 on.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Empty`], [`IndicatorError::TooShort`] for fewer than n bars.
    /// - [`IndicatorError::NotFinite`], [`IndicatorError::TooLarge`] for what is no number within the bounds.
    pub fn of(self, values: &[f64]) -> Result<Series, IndicatorError> {
        let mut means = Series::new();
        self.of_into(values, &mut means)?;
        Ok(means)
    }

    /// Bars of a mean.
    pub(super) fn period(self) -> usize {
        self.period
    }

    /// Writes the means in the place of what the series held, whose memory it keeps.
    ///
    /// # Errors
    ///
    /// As of [`Sma::of`]; the series is then as it was.
    pub fn of_into(self, values: &[f64], means: &mut Series) -> Result<(), IndicatorError> {
        checked(values, self.period)?;
        let share = 1.0 / count(self.period);
        let cells = means.resized(values.len() + 1 - self.period);
        blocks(values, self.period, [cells], |pivot, sum: f64| [pivot + sum * share]);
        means.begin(self.period - 1);
        Ok(())
    }
}

impl Indicator for Sma {
    type Input = f64;
    type Output = Option<f64>;
    type State = SmaState;

    fn state(self) -> SmaState {
        SmaState { windows: Windows::new(self.period), share: 1.0 / count(self.period) }
    }
}

/// The windows of a simple mean.
#[derive(Clone, Debug, PartialEq)]
pub struct SmaState {
    windows: Windows<f64>,
    share: f64,
}

impl SmaState {
    /// Takes a value that may be missing: a mean is one of n in a row.
    pub(super) fn step_over(&mut self, value: Option<f64>) -> Option<f64> {
        if value.is_none() {
            self.windows.part();
        }
        self.step(value?)
    }
}

impl State for SmaState {
    type Input = f64;
    type Output = Option<f64>;

    fn step(&mut self, value: f64) -> Option<f64> {
        self.windows.step(value).map(|(pivot, sum)| pivot + sum * self.share)
    }
}

/// The mean of the last n values with weights 1 to n, the newest weighs most; the first value is that of bar n − 1.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::Wma;
///
/// assert_eq!(Wma::new(2)?.of(&[1.0, 4.0, 1.0])?.values(), [3.0, 2.0]); // (1 + 2·4) ÷ 3, (4 + 2·1) ÷ 3
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wma {
    period: usize,
}

impl Wma {
    /// Returns the weighted mean over so many bars.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    pub fn new(period: usize) -> Result<Self, IndicatorError> {
        Ok(Self { period: checked_period(period, 1)? })
    }

    /// Returns the weighted means, from bar n − 1 on.
    ///
    /// # Errors
    ///
    /// As of [`Sma::of`].
    pub fn of(self, values: &[f64]) -> Result<Series, IndicatorError> {
        Ok(series(self.state(), checked(values, self.period)?.iter().copied()))
    }
}

impl Indicator for Wma {
    type Input = f64;
    type Output = Option<f64>;
    type State = WmaState;

    fn state(self) -> WmaState {
        let n = count(self.period);
        WmaState { windows: Windows::new(self.period), divisor: n * (n + 1.0) / 2.0 }
    }
}

/// The windows of a weighted mean.
#[derive(Clone, Debug, PartialEq)]
pub struct WmaState {
    windows: Windows<Ramp>,
    divisor: f64,
}

impl State for WmaState {
    type Input = f64;
    type Output = Option<f64>;

    fn step(&mut self, value: f64) -> Option<f64> {
        self.windows.step(value).map(|(pivot, sums)| pivot + sums.weighted / self.divisor)
    }
}

/// Sums of a part of a window, of differences to its pivot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ramp {
    /// With weights 1, 2, 3 and so on from the part's first bar.
    pub(super) weighted: f64,
    pub(super) sum: f64,
    bars: f64,
}

impl Sum for Ramp {
    type Item = f64;

    fn lift(item: f64, pivot: f64) -> Self {
        Self { weighted: item - pivot, sum: item - pivot, bars: 1.0 }
    }

    fn join(self, next: Self) -> Self {
        Self {
            weighted: self.weighted + (next.weighted + self.bars * next.sum),
            sum: self.sum + next.sum,
            bars: self.bars + next.bars,
        }
    }
}

streams!(Sma, Wma, Ema);

/// What an exponential mean starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmaStart {
    /// The first value, at bar 0: pandas' `ewm(adjust=False)`.
    First,
    /// The mean of the first n, at bar n − 1: TA-Lib.
    Mean,
}

/// The exponential mean with k = 2 ÷ (n + 1).
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Ema, EmaStart};
///
/// let closes = [1.0, 3.0, 5.0];
/// assert_eq!(Ema::new(3, EmaStart::First)?.of(&closes)?.values(), [1.0, 2.0, 3.5]); // k = ½
/// let mean = Ema::new(3, EmaStart::Mean)?.of(&closes)?;
/// assert_eq!((mean.first_bar(), mean.values()), (Some(2), &[3.0][..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ema {
    period: usize,
    start: EmaStart,
}

impl Ema {
    /// Returns the exponential mean of this n and start.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    pub fn new(period: usize, start: EmaStart) -> Result<Self, IndicatorError> {
        Ok(Self { period: checked_period(period, 1)?, start })
    }

    /// Returns the mean of a period that was checked.
    pub(super) fn of_checked(period: usize, start: EmaStart) -> Self {
        Self { period, start }
    }

    /// Returns the means, from bar 0 on ([`EmaStart::First`]) or from bar n − 1 on ([`EmaStart::Mean`]).
    ///
    /// # Errors
    ///
    /// As of [`Sma::of`]; from the first value a single bar is enough.
    pub fn of(self, values: &[f64]) -> Result<Series, IndicatorError> {
        let mut means = Series::new();
        self.of_into(values, &mut means)?;
        Ok(means)
    }

    /// Writes the means in the place of what the series held, whose memory it keeps.
    ///
    /// # Errors
    ///
    /// As of [`Ema::of`]; the series is then as it was.
    pub fn of_into(self, values: &[f64], means: &mut Series) -> Result<(), IndicatorError> {
        let least = self.least();
        let (early, late) = checked(values, least)?.split_at(least);
        let first = values[0];
        let mut smoothed = self.smoothed(0);
        let cells = means.emptied(late.len() + 1);
        cells.extend(early.iter().filter_map(|value| smoothed.step(value - first)).map(|mean| first + mean));
        let mut distances = [0.0; CHUNK];
        for chunk in late.chunks(CHUNK) {
            let distances = &mut distances[..chunk.len()];
            distances.iter_mut().zip(chunk).for_each(|(distance, value)| *distance = value - first);
            smoothed.means(distances);
            cells.extend(distances.iter().map(|mean| first + mean));
        }
        means.begin(least - 1);
        Ok(())
    }

    /// Bars that the first mean needs.
    pub(super) fn least(self) -> usize {
        match self.start {
            EmaStart::First => 1,
            EmaStart::Mean => self.period,
        }
    }

    /// Returns the recursion of values of which the first is that of this bar.
    pub(super) fn smoothed(self, bar: usize) -> Smoothed {
        Smoothed::new(self.least(), 2.0 / (count(self.period) + 1.0), bar)
    }
}

/// Values that go through all steps of a recursion together: they stay in the nearest memory.
pub(super) const CHUNK: usize = 256;

impl Indicator for Ema {
    type Input = f64;
    type Output = Option<f64>;
    type State = EmaState;

    fn state(self) -> EmaState {
        EmaState { origin: Origin::default(), smoothed: self.smoothed(0) }
    }
}

/// An exponential mean of differences to the first value.
#[derive(Clone, Debug, PartialEq)]
pub struct EmaState {
    origin: Origin,
    smoothed: Smoothed,
}

impl State for EmaState {
    type Input = f64;
    type Output = Option<f64>;

    fn step(&mut self, value: f64) -> Option<f64> {
        let first = self.origin.of(value);
        self.smoothed.step(value - first).map(|mean| first + mean)
    }
}

/// The first value, which all others are taken as differences to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Origin(Option<f64>);

impl Origin {
    /// Returns the first value of all that it was asked with.
    pub(super) fn of(&mut self, value: f64) -> f64 {
        *self.0.get_or_insert(value)
    }
}
