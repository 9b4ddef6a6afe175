//! Moving deviation, and bands of it around a moving mean.
//!
//! deviation = √(Σ (x − mean)² ÷ n), or ÷ (n − 1), over the last n values; bands = mean ± width · deviation. All in the
//! input's unit.
//!
//! Σ (x − mean)² is Σ d² − (Σ d)² ÷ n with d the distance from a value of the window itself. What cancels is then at
//! most 2n of it: the deviation is off by at most n (2n + 1) · 2⁻⁵² of itself, and of equal values exactly 0.
//!
//! Bollinger, "Bollinger on Bollinger Bands" (2001), takes the population's deviation.

use super::input::{checked, checked_period, checked_width, count};
use super::stream::{Indicator, State, series, streams};
use super::window::{Sum, Windows, blocks};
use super::{IndicatorError, Series};
use crate::number::Deviation;

/// The standard deviation of the last n values; the first one is that of bar n − 1.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Deviation, StandardDeviation};
///
/// let closes = [1.0, 3.0, 3.0];
/// assert_eq!(StandardDeviation::new(2, Deviation::Population)?.of(&closes)?.values(), [1.0, 0.0]);
/// assert_eq!(StandardDeviation::new(2, Deviation::Sample)?.of(&closes)?.values(), [2.0_f64.sqrt(), 0.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandardDeviation {
    period: usize,
    deviation: Deviation,
}

impl StandardDeviation {
    /// Returns the deviation over so many bars.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0, and for 1 by [`Deviation::Sample`].
    pub fn new(period: usize, deviation: Deviation) -> Result<Self, IndicatorError> {
        Ok(Self { period: checked_period(period, deviation.lost() + 1)?, deviation })
    }

    /// Returns the deviations, from bar n − 1 on, none below 0.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Empty`], [`IndicatorError::TooShort`] for fewer than n bars.
    /// - [`IndicatorError::NotFinite`], [`IndicatorError::TooLarge`] for what is no number within the bounds.
    pub fn of(self, values: &[f64]) -> Result<Series, IndicatorError> {
        Ok(series(self.state(), checked(values, self.period)?.iter().copied()))
    }

    /// Returns what turns sums into mean and deviation.
    fn shares(self) -> Shares {
        let n = count(self.period);
        Shares { of_all: 1.0 / n, of_squares: 1.0 / count(self.period - self.deviation.lost()) }
    }
}

/// The sums of differences to the pivot, and of their squares.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Squares {
    sum: f64,
    squares: f64,
}

impl Sum for Squares {
    type Item = f64;

    fn lift(item: f64, pivot: f64) -> Self {
        let difference = item - pivot;
        Self { sum: difference, squares: difference * difference }
    }

    fn join(self, next: Self) -> Self {
        Self { sum: self.sum + next.sum, squares: self.squares + next.squares }
    }
}

/// 1 ÷ n, and 1 ÷ n or 1 ÷ (n − 1).
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shares {
    of_all: f64,
    of_squares: f64,
}

impl Shares {
    /// Returns the mean's distance from the pivot, and the deviation.
    fn of(self, Squares { sum, squares }: Squares) -> (f64, f64) {
        let mean = sum * self.of_all;
        let distances = squares - sum * mean;
        // What rounding leaves below 0 is 0.
        (mean, (if distances > 0.0 { distances } else { 0.0 } * self.of_squares).sqrt())
    }
}

impl Indicator for StandardDeviation {
    type Input = f64;
    type Output = Option<f64>;
    type State = DeviationState;

    fn state(self) -> DeviationState {
        DeviationState { windows: Windows::new(self.period), shares: self.shares() }
    }
}

/// The windows of a deviation.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviationState {
    windows: Windows<Squares>,
    shares: Shares,
}

impl DeviationState {
    /// Returns mean and deviation.
    fn both(&mut self, value: f64) -> Option<(f64, f64)> {
        let (pivot, sums) = self.windows.step(value)?;
        let (mean, deviation) = self.shares.of(sums);
        Some((pivot + mean, deviation))
    }
}

impl State for DeviationState {
    type Input = f64;
    type Output = Option<f64>;

    fn step(&mut self, value: f64) -> Option<f64> {
        self.both(value).map(|(_, deviation)| deviation)
    }
}

/// Bands around the mean of the last n values.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Bollinger, Deviation};
///
/// let bands = Bollinger::new(2, 2.0, Deviation::Population)?.of(&[1.0, 3.0])?;
/// assert_eq!((bands.lower.at(1), bands.middle.at(1), bands.upper.at(1)), (Some(0.0), Some(2.0), Some(4.0)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bollinger {
    deviation: StandardDeviation,
    width: f64,
}

/// What [`Bollinger::of`] returns, three series of the same bars, or a stream for a bar.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bands<T = Series> {
    /// The mean and so many deviations.
    pub upper: T,
    /// The mean: that of [`Sma`](super::Sma), to the bit.
    pub middle: T,
    /// The mean less so many deviations.
    pub lower: T,
}

impl Bollinger {
    /// Returns bands of so many bars, and so many deviations to each side.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0, and for 1 by [`Deviation::Sample`].
    /// - [`IndicatorError::Width`] for a width below 0, or no number within the bounds.
    pub fn new(period: usize, width: f64, deviation: Deviation) -> Result<Self, IndicatorError> {
        Ok(Self { deviation: StandardDeviation::new(period, deviation)?, width: checked_width(width)? })
    }

    /// Returns the bands, from bar n − 1 on.
    ///
    /// # Errors
    ///
    /// As of [`StandardDeviation::of`].
    pub fn of(self, values: &[f64]) -> Result<Bands, IndicatorError> {
        let mut bands = Bands::default();
        Series::room_for(3 * values.len());
        self.of_into(values, &mut bands)?;
        Ok(bands)
    }

    /// Writes the bands in the place of what the series held, whose memory they keep.
    ///
    /// # Errors
    ///
    /// As of [`Bollinger::of`]; the series are then as they were.
    pub fn of_into(self, values: &[f64], bands: &mut Bands) -> Result<(), IndicatorError> {
        let period = self.deviation.period;
        let bars = checked(values, period)?.len() + 1 - period;
        let shares = self.deviation.shares();
        let lines = [&mut bands.upper, &mut bands.middle, &mut bands.lower].map(|band| band.resized(bars));
        blocks(values, period, lines, |pivot, sums: Squares| {
            let (mean, deviation) = shares.of(sums);
            let (mean, distance) = (pivot + mean, self.width * deviation);
            [mean + distance, mean, mean - distance]
        });
        for band in [&mut bands.upper, &mut bands.middle, &mut bands.lower] {
            band.begin(period - 1);
        }
        Ok(())
    }
}

impl Indicator for Bollinger {
    type Input = f64;
    type Output = Option<Bands<f64>>;
    type State = BandsState;

    fn state(self) -> BandsState {
        BandsState { deviation: self.deviation.state(), width: self.width }
    }
}

/// The windows of mean and deviation.
#[derive(Clone, Debug, PartialEq)]
pub struct BandsState {
    deviation: DeviationState,
    width: f64,
}

impl State for BandsState {
    type Input = f64;
    type Output = Option<Bands<f64>>;

    fn step(&mut self, value: f64) -> Option<Bands<f64>> {
        let (mean, deviation) = self.deviation.both(value)?;
        let distance = self.width * deviation;
        Some(Bands { upper: mean + distance, middle: mean, lower: mean - distance })
    }
}

streams!(StandardDeviation, Bollinger);
