//! Indicators of volume: which way it went.
//!
//! OBV adds a bar's volume when the close rose and takes it off when it fell. AD adds volume · ((c − l) − (h − c)) ÷
//! (h − l), the whole of it for a close at the high, none in the middle. Both are in the volume's unit; their sums carry
//! what rounding loses along, and are off by 2⁻⁵³ of themselves and 2⁻¹⁰⁰ of all volume a bar.
//! MFI = 100 · p ÷ (p + m), p and m the sums of |tp| · volume over those of the last n bars whose typical price tp =
//! (h + l + c) ÷ 3 rose, or fell; equal ones count for neither.
//!
//! Granville, "Granville's New Key to Stock Market Profits" (1963); AD: Chaikin; MFI: Quong and Soudack, "Volume-weighted
//! RSI: money flow", Stocks & Commodities 7 (1989).

use super::window::{checked, checked_period, checked_volumes, windows};
use super::{Flat, HighLowClose, IndicatorError, Series};

/// A sum that keeps what rounding takes from it: Neumaier, Zeitschrift für Angewandte Mathematik und Mechanik 54 (1974).
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    /// Adds a number and returns the sum.
    fn add(&mut self, number: f64) -> f64 {
        let sum = self.sum + number;
        let (large, small) = if self.sum.abs() >= number.abs() { (self.sum, number) } else { (number, self.sum) };
        self.lost += (large - sum) + small;
        self.sum = sum;
        sum + self.lost
    }
}

/// What the first bar, which has no close before it, adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstVolume {
    /// Its volume: TA-Lib.
    Counted,
    /// Nothing.
    Zero,
}

/// On-balance volume.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{FirstVolume, Obv};
///
/// let obv = Obv::new(FirstVolume::Zero).of(&[1.0, 2.0, 2.0, 1.5], &[10.0, 20.0, 30.0, 5.0])?;
/// assert_eq!(obv.values(), [0.0, 20.0, 20.0, 15.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Obv {
    first: FirstVolume,
}

impl Obv {
    /// Returns the sum that begins so.
    pub fn new(first: FirstVolume) -> Self {
        Self { first }
    }

    /// Returns the sums, from bar 0 on.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Lengths`] for columns of different lengths.
    /// - [`IndicatorError::Empty`] for no bars.
    /// - [`IndicatorError::NotFinite`], [`IndicatorError::TooLarge`] for what is no number within the bounds.
    /// - [`IndicatorError::NegativeVolume`] for a volume below 0.
    pub fn of(self, close: &[f64], volume: &[f64]) -> Result<Series, IndicatorError> {
        checked_volumes(checked(close, 1)?, volume, 1)?;
        let mut sum = Sum::default();
        let first = match self.first {
            FirstVolume::Counted => sum.add(volume[0]),
            FirstVolume::Zero => 0.0,
        };
        let later = close.windows(2).zip(&volume[1..]).map(|(pair, &volume)| {
            let rose = f64::from(i8::from(pair[1] > pair[0]) - i8::from(pair[1] < pair[0]));
            sum.add(rose * volume)
        });
        let sums = [first].into_iter().chain(later).collect();
        Ok(Series::starting(0, sums))
    }
}

/// Chaikin's accumulation and distribution line; a bar of one price adds nothing.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{AccumulationDistribution, HighLowClose};
///
/// let bars = HighLowClose { high: &[4.0, 5.0], low: &[0.0, 5.0], close: &[3.0, 5.0] };
/// assert_eq!(AccumulationDistribution.of(bars, &[10.0, 20.0])?.values(), [5.0, 5.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccumulationDistribution;

impl AccumulationDistribution {
    /// Returns the sums, from bar 0 on.
    ///
    /// # Errors
    ///
    /// As of [`TrueRange::of`](super::TrueRange::of), and [`IndicatorError::NegativeVolume`] for a volume below 0.
    pub fn of(self, bars: HighLowClose<'_>, volume: &[f64]) -> Result<Series, IndicatorError> {
        let length = bars.checked(1)?;
        checked_volumes(bars.close, volume, 1)?;
        let HighLowClose { high, low, close } = bars;
        let mut sum = Sum::default();
        let sums = (0..length).map(|bar| {
            let range = high[bar] - low[bar];
            let lean = (close[bar] - low[bar]) - (high[bar] - close[bar]);
            sum.add(if range > 0.0 { lean / range * volume[bar] } else { 0.0 })
        });
        Ok(Series::starting(0, sums.collect()))
    }
}

/// The money flow index, from 0 to 100; the first value is that of bar n.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Flat, HighLowClose, Mfi};
///
/// let prices = [1.0, 3.0, 2.0];
/// let bars = HighLowClose { high: &prices, low: &prices, close: &prices };
/// assert_eq!(Mfi::new(2, Flat::Undefined)?.of(bars, &[9.0, 10.0, 5.0])?.values(), [75.0]); // 30 up, 10 down
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mfi {
    period: usize,
    flat: Flat,
}

impl Mfi {
    /// Returns the index of n bars; `flat` is its value where no money flowed. TA-Lib: 0, where less than 1 flowed.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    /// - [`IndicatorError::Flat`] for what is no number within the bounds.
    pub fn new(period: usize, flat: Flat) -> Result<Self, IndicatorError> {
        Ok(Self { period: checked_period(period, 1)?, flat: flat.checked()? })
    }

    /// Returns the index, from bar n on.
    ///
    /// # Errors
    ///
    /// As of [`AccumulationDistribution::of`]; n + 1 bars are needed.
    pub fn of(self, bars: HighLowClose<'_>, volume: &[f64]) -> Result<Series, IndicatorError> {
        let length = bars.checked(self.period.saturating_add(1))?;
        checked_volumes(bars.close, volume, length)?;
        let typical = bars.typical(0.0);
        let flow = |change: usize| {
            let (before, price) = (typical[change], typical[change + 1]);
            let money = price.abs() * volume[change + 1];
            (if price > before { money } else { 0.0 }, if price < before { money } else { 0.0 })
        };
        let mut indices = Series::with_capacity(length);
        windows(
            length - 1,
            self.period,
            |change, _| flow(change),
            |(plus, minus), (next_plus, next_minus)| (plus + next_plus, minus + next_minus),
            |change, _, (plus, minus)| {
                let money = plus + minus;
                let index = if money > 0.0 { Some(100.0 * (plus / money)) } else { self.flat.value() };
                if let Some(index) = index {
                    indices.push(change + 1, index);
                }
            },
        );
        Ok(indices)
    }
}
