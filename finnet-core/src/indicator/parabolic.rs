//! Parabolic stop and reverse: a stop that follows a trend, ever faster as the trend goes on.
//!
//! In an upward trend s ← s + a (e − s), not above the lows of the last two bars, with e the highest high since the trend
//! began; a begins with the acceleration, and grows by it up to the maximum with each new e. A bar whose low reaches s
//! turns the trend: s is then e, not below the highs of the last two bars, and a and e begin anew. Downwards it is the
//! mirror image. In the prices' unit; with u = 2⁻⁵³ the stop is off by at most 5u·|price| a bar of its trend. Whether a
//! low that lies so near to it turns the trend hangs on that, here as elsewhere.
//!
//! Wilder, "New Concepts in Technical Trading Systems" (1978), with 0.02 and 0.2, leaves the first trend to the trader.

use super::input::{checked, ordered, same_length};
use super::stream::{Indicator, State, series, streams};
use super::{IndicatorError, OneBar, Series};

/// Which way the first trend goes, that of bar 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstTrend {
    /// Upwards.
    Up,
    /// Downwards.
    Down,
    /// Downwards where the low of bar 1 fell below that of bar 0 by more than the high rose, else upwards: TA-Lib.
    LargerMove,
}

/// The parabolic stop and reverse; the first value is that of bar 1.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{FirstTrend, Sar};
///
/// let stops = Sar::new(0.5, 0.5, FirstTrend::Up)?.of(&[4.0, 8.0, 9.0, 7.0], &[2.0, 6.0, 7.0, 3.0])?;
/// assert_eq!(stops.values(), [2.0, 5.0, 9.0]); // 2 of the bar before, half of the way to 8, turned at the highest
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sar {
    acceleration: f64,
    most: f64,
    first: FirstTrend,
}

impl Sar {
    /// Returns the stop of this acceleration, which grows up to the most.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Acceleration`] unless 0 ≤ acceleration ≤ most ≤ 1.
    pub fn new(acceleration: f64, most: f64, first: FirstTrend) -> Result<Self, IndicatorError> {
        let in_order = 0.0 <= acceleration && acceleration <= most && most <= 1.0;
        if in_order { Ok(Self { acceleration, most, first }) } else { Err(IndicatorError::Acceleration) }
    }

    /// Returns the stops, from bar 1 on.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Lengths`] for columns of different lengths.
    /// - [`IndicatorError::Empty`], [`IndicatorError::TooShort`] for fewer than 2 bars.
    /// - [`IndicatorError::NotFinite`], [`IndicatorError::TooLarge`] for what is no number within the bounds.
    /// - [`IndicatorError::HighBelowLow`] for a bar that is upside down.
    pub fn of(self, high: &[f64], low: &[f64]) -> Result<Series, IndicatorError> {
        same_length(high, low)?;
        checked(high, 2)?;
        checked(low, 2)?;
        ordered(high, low)?;
        let one = |(&high, &low)| OneBar { high, low, close: low, volume: 0.0 };
        Ok(series(self.state(), high.iter().zip(low).map(one)))
    }
}

impl Indicator for Sar {
    type Input = OneBar;
    type Output = Option<f64>;
    type State = SarState;

    fn state(self) -> SarState {
        SarState { sar: self, before: None, trend: None }
    }
}

/// The bar before, and the trend that goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct SarState {
    sar: Sar,
    before: Option<Span>,
    trend: Option<Trend>,
}

/// High and low, both times −1 and changed for each other in a downward trend: all trends then go upwards.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Span {
    high: f64,
    low: f64,
}

impl Span {
    fn turned(self) -> Self {
        Self { high: -self.low, low: -self.high }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Trend {
    /// 1 upwards, −1 downwards: what its prices are times.
    way: f64,
    stop: f64,
    extreme: f64,
    acceleration: f64,
}

impl SarState {
    /// Returns the trend that bar 1 goes on with.
    fn begun(&self, before: Span, bar: Span) -> Trend {
        let (rise, fall) = (bar.high - before.high, before.low - bar.low);
        let falls = match self.sar.first {
            FirstTrend::Up => false,
            FirstTrend::Down => true,
            FirstTrend::LargerMove => fall > 0.0 && fall > rise,
        };
        let (way, before, bar) = if falls { (-1.0, before.turned(), bar.turned()) } else { (1.0, before, bar) };
        Trend { way, stop: before.low, extreme: bar.high, acceleration: self.sar.acceleration }
    }
}

impl State for SarState {
    type Input = OneBar;
    type Output = Option<f64>;

    fn step(&mut self, OneBar { high, low, .. }: OneBar) -> Option<f64> {
        let bar = Span { high, low };
        let before = self.before.replace(bar)?;
        // What came before bar 1 does not bound the stops of bars 1 and 2.
        let (trend, before) = self.trend.map_or_else(|| (self.begun(before, bar), bar), |trend| (trend, before));
        let seen = |span: Span| if trend.way > 0.0 { span } else { span.turned() };
        let (bar, before) = (seen(bar), seen(before));
        let (shown, next) = if bar.low <= trend.stop {
            let (bar, before) = (bar.turned(), before.turned());
            let bounded = |stop: f64| stop.min(before.low).min(bar.low);
            let stop = bounded(-trend.extreme);
            let acceleration = self.sar.acceleration;
            let later = bounded(stop + acceleration * (bar.high - stop));
            (stop, Trend { way: -trend.way, stop: later, extreme: bar.high, acceleration })
        } else {
            let is_new = bar.high > trend.extreme;
            let grown = (trend.acceleration + self.sar.acceleration).min(self.sar.most);
            let acceleration = if is_new { grown } else { trend.acceleration };
            let extreme = trend.extreme.max(bar.high);
            let later = trend.stop + acceleration * (extreme - trend.stop);
            (trend.stop, Trend { stop: later.min(before.low).min(bar.low), extreme, acceleration, ..trend })
        };
        self.trend = Some(next);
        // Of the trend that the bar is in, which is the new one where it turned.
        Some(next.way * shown)
    }
}

streams!(Sar);
