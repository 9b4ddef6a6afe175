//! Oscillators: where the close lies in the range or around the mean of the last n bars.
//!
//! Raw %K = 100 · (close − lowest low) ÷ (highest high − lowest low), from 0 to 100; %R is it less 100, from −100 to 0.
//! CCI = (tp − mean) ÷ (0.015 · mean |tp − mean|), of typical prices tp = (high + low + close) ÷ 3 over the last n; no
//! unit, no bounds.
//!
//! Lane, "Lane's stochastics", Stocks & Commodities 2 (1984); Williams, "How I Made One Million Dollars Last Year
//! Trading Commodities" (1973); Lambert, "Commodity channel index", Commodities 9 (1980); the stochastic of RSI: Chande
//! and Kroll, "The New Technical Trader" (1994).

use super::window::{checked_period, count, windows};
use super::{Flat, HighLowClose, IndicatorError, Rsi, Series, Sma};

/// The stochastic oscillator: raw %K, smoothed twice by simple means.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Flat, HighLowClose, Stochastic};
///
/// let bars = HighLowClose { high: &[4.0, 5.0], low: &[1.0, 3.0], close: &[2.0, 4.0] };
/// let lines = Stochastic::new(2, 1, 1, Flat::Undefined)?.of(bars)?;
/// assert_eq!(lines.k.at(1), Some(75.0)); // 4 in 1 … 5
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stochastic {
    period: usize,
    k: Sma,
    d: Sma,
    flat: Flat,
}

/// What [`Stochastic::of`] and [`StochasticRsi::of`] return; %K begins before %D.
#[derive(Clone, Debug, PartialEq)]
pub struct StochasticLines {
    /// %K, from 0 to 100.
    pub k: Series,
    /// %D, the mean of %K.
    pub d: Series,
}

impl Stochastic {
    /// Returns the oscillator of n bars, with %K the mean of so many raw values and %D that of so many %K.
    ///
    /// `flat` is the raw value where all n bars are one price; TA-Lib: 0. By [`Flat::Undefined`] a mean over it is
    /// undefined too.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    /// - [`IndicatorError::Flat`] for what is no number within the bounds.
    pub fn new(period: usize, k: usize, d: usize, flat: Flat) -> Result<Self, IndicatorError> {
        Ok(Self { period: checked_period(period, 1)?, k: Sma::new(k)?, d: Sma::new(d)?, flat: flat.checked()? })
    }

    /// Returns %K from bar n + k − 2 on, and %D from bar n + k + d − 3 on. TA-Lib blanks %K too up to there.
    ///
    /// # Errors
    ///
    /// As of [`TrueRange::of`](super::TrueRange::of); n bars are enough, and the lines may be without a value.
    pub fn of(self, bars: HighLowClose<'_>) -> Result<StochasticLines, IndicatorError> {
        bars.checked(self.period)?;
        let raw = placed(Series::with_capacity(bars.close.len()), 0, bars, self.period, self.flat);
        let k = self.k.of_series(&raw);
        Ok(StochasticLines { d: self.d.of_series(&k), k })
    }
}

/// Adds the place of each close in the range of the last n bars: 0 at the low, 100 at the high.
fn placed(mut places: Series, from: usize, bars: HighLowClose<'_>, period: usize, flat: Flat) -> Series {
    let HighLowClose { high, low, close } = bars;
    windows(
        close.len(),
        period,
        |bar, _| (high[bar], low[bar]),
        |(high, low), (next_high, next_low)| (high.max(next_high), low.min(next_low)),
        |bar, _, (high, low)| {
            let place = if high > low { Some(100.0 * ((close[bar] - low) / (high - low))) } else { flat.value() };
            if let Some(place) = place {
                places.push(from + bar, place);
            }
        },
    );
    places
}

/// The stochastic oscillator of RSI: its raw %K, and %D as the simple mean of it.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Flat, Rsi, Smoothing, StochasticRsi};
///
/// let rsi = Rsi::new(2, Smoothing::Cutler, Flat::Undefined)?;
/// let lines = StochasticRsi::new(rsi, 2, 1, Flat::Undefined)?.of(&[10.0, 13.0, 12.0, 12.0])?;
/// assert_eq!(lines.k.at(3), Some(0.0)); // RSI falls from 75 to 0
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StochasticRsi {
    rsi: Rsi,
    period: usize,
    d: Sma,
    flat: Flat,
}

impl StochasticRsi {
    /// Returns the oscillator of the last n values of this RSI, with %D the mean of so many %K; `flat` is %K where they
    /// are equal.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    /// - [`IndicatorError::Flat`] for what is no number within the bounds.
    pub fn new(rsi: Rsi, period: usize, d: usize, flat: Flat) -> Result<Self, IndicatorError> {
        Ok(Self { rsi, period: checked_period(period, 1)?, d: Sma::new(d)?, flat: flat.checked()? })
    }

    /// Returns %K from n − 1 bars after the first RSI on, and %D d − 1 bars later. TA-Lib blanks %K too up to there.
    ///
    /// # Errors
    ///
    /// As of [`Rsi::of`]; the lines may be without a value.
    pub fn of(self, values: &[f64]) -> Result<StochasticLines, IndicatorError> {
        let rsi = self.rsi.of(values)?;
        let mut k = Series::with_capacity(values.len());
        for (bar, run) in rsi.runs() {
            k = placed(k, bar, HighLowClose { high: run, low: run, close: run }, self.period, self.flat);
        }
        Ok(StochasticLines { d: self.d.of_series(&k), k })
    }
}

/// Williams' %R: how far below the highest high of n bars the close is, in per cent of their range.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Flat, HighLowClose, WilliamsR};
///
/// let bars = HighLowClose { high: &[4.0, 5.0], low: &[1.0, 3.0], close: &[2.0, 4.0] };
/// assert_eq!(WilliamsR::new(2, Flat::Undefined)?.of(bars)?.values(), [-25.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WilliamsR {
    period: usize,
    flat: Flat,
}

impl WilliamsR {
    /// Returns %R of n bars; `flat` is its value where they are one price, in TA-Lib 0.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    /// - [`IndicatorError::Flat`] for what is no number within the bounds.
    pub fn new(period: usize, flat: Flat) -> Result<Self, IndicatorError> {
        Ok(Self { period: checked_period(period, 1)?, flat: flat.checked()? })
    }

    /// Returns %R, from −100 to 0, from bar n − 1 on.
    ///
    /// # Errors
    ///
    /// As of [`TrueRange::of`](super::TrueRange::of).
    pub fn of(self, bars: HighLowClose<'_>) -> Result<Series, IndicatorError> {
        let mut depths = Series::with_capacity(bars.checked(self.period)?);
        windows(
            bars.close.len(),
            self.period,
            |bar, _| (bars.high[bar], bars.low[bar]),
            |(high, low), (next_high, next_low)| (high.max(next_high), low.min(next_low)),
            |bar, _, (high, low)| {
                let below = bars.close[bar] - high;
                let depth = if high > low { Some(100.0 * (below / (high - low))) } else { self.flat.value() };
                if let Some(depth) = depth {
                    depths.push(bar, depth);
                }
            },
        );
        Ok(depths)
    }
}

/// The commodity channel index.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Cci, Flat, HighLowClose};
///
/// let prices = [1.0, 4.0]; // a bar of one price: it is the typical one
/// let cci = Cci::new(2, Flat::Undefined)?.of(HighLowClose { high: &prices, low: &prices, close: &prices })?;
/// assert!((cci.values()[0] - 1.0 / 0.015).abs() < 1e-12); // 1.5 above the mean, 1.5 the mean distance
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cci {
    period: usize,
    flat: Flat,
}

impl Cci {
    /// Returns the index of n bars; `flat` is its value where the typical prices are equal, in TA-Lib 0.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    /// - [`IndicatorError::Flat`] for what is no number within the bounds.
    pub fn new(period: usize, flat: Flat) -> Result<Self, IndicatorError> {
        Ok(Self { period: checked_period(period, 1)?, flat: flat.checked()? })
    }

    /// Returns the index, from bar n − 1 on, in O(n) a bar: distances from a mean that moves have no running sum.
    ///
    /// # Errors
    ///
    /// As of [`TrueRange::of`](super::TrueRange::of).
    pub fn of(self, bars: HighLowClose<'_>) -> Result<Series, IndicatorError> {
        let mut indices = Series::with_capacity(bars.checked(self.period)?);
        let n = count(self.period);
        for (at, window) in bars.typical(bars.close[0]).windows(self.period).enumerate() {
            let bar = at + self.period - 1;
            // Differences to the newest: those of equal prices are exactly 0.
            let newest = window[self.period - 1];
            let mean = window.iter().map(|price| price - newest).sum::<f64>() / n;
            let distance = window.iter().map(|price| (price - newest - mean).abs()).sum::<f64>() / n;
            let index = if distance > 0.0 { Some(-mean / distance / 0.015) } else { self.flat.value() };
            if let Some(index) = index {
                indices.push(bar, index);
            }
        }
        Ok(indices)
    }
}
