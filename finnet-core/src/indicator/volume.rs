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

use super::input::{checked, checked_period, checked_volumes};
use super::stream::{Indicator, State, series, streams};
use super::window::{Pair, Windows};
use super::{Flat, HighLowClose, IndicatorError, OneBar, Series};

/// A sum that keeps what rounding takes from it: Neumaier, Zeitschrift für Angewandte Mathematik und Mechanik 54 (1974).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
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
        let bars = close.iter().zip(volume);
        let one = |(&close, &volume)| OneBar { high: close, low: close, close, volume };
        Ok(series(self.state(), bars.map(one)))
    }
}

impl Indicator for Obv {
    type Input = OneBar;
    type Output = Option<f64>;
    type State = ObvState;

    fn state(self) -> ObvState {
        ObvState { first: self.first, before: None, sum: Sum::default() }
    }
}

/// The close before, and the sum.
#[derive(Clone, Debug, PartialEq)]
pub struct ObvState {
    first: FirstVolume,
    before: Option<f64>,
    sum: Sum,
}

impl State for ObvState {
    type Input = OneBar;
    type Output = Option<f64>;

    fn step(&mut self, bar: OneBar) -> Option<f64> {
        let way = match (self.before.replace(bar.close), self.first) {
            (Some(before), _) => f64::from(i8::from(bar.close > before) - i8::from(bar.close < before)),
            (None, FirstVolume::Counted) => 1.0,
            (None, FirstVolume::Zero) => 0.0,
        };
        Some(self.sum.add(way * bar.volume))
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
        bars.checked(1)?;
        checked_volumes(bars.close, volume, 1)?;
        Ok(series(self.state(), bars.with(volume)))
    }
}

impl Indicator for AccumulationDistribution {
    type Input = OneBar;
    type Output = Option<f64>;
    type State = AccumulationState;

    fn state(self) -> AccumulationState {
        AccumulationState(Sum::default())
    }
}

/// The sum.
#[derive(Clone, Debug, PartialEq)]
pub struct AccumulationState(Sum);

impl State for AccumulationState {
    type Input = OneBar;
    type Output = Option<f64>;

    fn step(&mut self, OneBar { high, low, close, volume }: OneBar) -> Option<f64> {
        let range = high - low;
        let lean = (close - low) - (high - close);
        Some(self.0.add(if range > 0.0 { lean / range * volume } else { 0.0 }))
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
        Ok(series(self.state(), bars.with(volume)))
    }
}

impl Indicator for Mfi {
    type Input = OneBar;
    type Output = Option<f64>;
    type State = MfiState;

    fn state(self) -> MfiState {
        MfiState { before: None, windows: Windows::new(self.period), flat: self.flat }
    }
}

/// The typical price before, and the windows of money.
#[derive(Clone, Debug, PartialEq)]
pub struct MfiState {
    before: Option<f64>,
    windows: Windows<Pair>,
    flat: Flat,
}

impl State for MfiState {
    type Input = OneBar;
    type Output = Option<f64>;

    fn step(&mut self, bar: OneBar) -> Option<f64> {
        let price = bar.typical(0.0);
        let before = self.before.replace(price)?;
        let money = price.abs() * bar.volume;
        let flow = (if price > before { money } else { 0.0 }, if price < before { money } else { 0.0 });
        let (_, Pair(plus, minus)) = self.windows.step(flow)?;
        self.flat.percent(plus, plus + minus)
    }
}

streams!(Obv, AccumulationDistribution, Mfi);
