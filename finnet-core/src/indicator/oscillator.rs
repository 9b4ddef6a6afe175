//! Oscillators: where the close lies in the range or around the mean of the last n bars.
//!
//! Raw %K = 100 · (close − lowest low) ÷ (highest high − lowest low), from 0 to 100; %R is it less 100, from −100 to 0.
//! CCI = (tp − mean) ÷ (0.015 · mean |tp − mean|), of typical prices tp = (high + low + close) ÷ 3 over the last n; no
//! unit, no bounds.
//!
//! Lane, "Lane's stochastics", Stocks & Commodities 2 (1984); Williams, "How I Made One Million Dollars Last Year
//! Trading Commodities" (1973); Lambert, "Commodity channel index", Commodities 9 (1980); the stochastic of RSI: Chande
//! and Kroll, "The New Technical Trader" (1994).

use std::collections::VecDeque;

use super::average::{Origin, SmaState};
use super::input::{checked, checked_period, count};
use super::rsi::RsiState;
use super::stream::{Indicator, State, series, streams};
use super::window::{Extremes, Windows};
use super::{Flat, HighLowClose, IndicatorError, OneBar, Rsi, Series, Sma, WarmUp};

/// The stochastic oscillator: raw %K, smoothed twice by simple means.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Flat, HighLowClose, Stochastic, WarmUp};
///
/// let bars = HighLowClose { high: &[4.0, 5.0], low: &[1.0, 3.0], close: &[2.0, 4.0] };
/// let lines = Stochastic::new(2, 1, 1, Flat::Undefined, WarmUp::Apart)?.of(bars)?;
/// assert_eq!(lines.k.at(1), Some(75.0)); // 4 in 1 … 5
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stochastic {
    period: usize,
    k: Sma,
    d: Sma,
    flat: Flat,
    warm_up: WarmUp,
}

/// What [`Stochastic::of`] and [`StochasticRsi::of`] return, two series, or a stream for a bar; %K may begin before %D.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StochasticLines<T = Series> {
    /// %K, from 0 to 100.
    pub k: T,
    /// %D, the mean of %K.
    pub d: T,
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
    pub fn new(period: usize, k: usize, d: usize, flat: Flat, warm_up: WarmUp) -> Result<Self, IndicatorError> {
        let (k, d, period) = (Sma::new(k)?, Sma::new(d)?, checked_period(period, 1)?);
        Ok(Self { period, k, d, flat: flat.checked()?, warm_up })
    }

    /// Returns %K from bar n + k − 2 on, and %D from bar n + k + d − 3 on, by [`WarmUp::Together`] %K too.
    ///
    /// # Errors
    ///
    /// As of [`TrueRange::of`](super::TrueRange::of); n bars are enough, and the lines may be without a value.
    pub fn of(self, bars: HighLowClose<'_>) -> Result<StochasticLines, IndicatorError> {
        bars.checked(self.period)?;
        Ok(lines(self.state(), bars.bars()))
    }
}

/// Returns the lines of bars that were checked.
fn lines<S: State<Output = StochasticLines<Option<f64>>>>(
    mut state: S,
    inputs: impl Iterator<Item = S::Input>,
) -> StochasticLines {
    let mut lines = StochasticLines::<Series>::default();
    for (bar, input) in inputs.enumerate() {
        let one = state.step(input);
        lines.k.add(bar, one.k);
        lines.d.add(bar, one.d);
    }
    lines
}

impl Indicator for Stochastic {
    type Input = OneBar;
    type Output = StochasticLines<Option<f64>>;
    type State = StochasticState;

    fn state(self) -> StochasticState {
        let early = match self.warm_up {
            WarmUp::Apart => 0,
            WarmUp::Together => {
                [self.k.period() - 1, self.d.period() - 1].into_iter().fold(self.period - 1, usize::saturating_add)
            }
        };
        let (k, d) = (self.k.state(), self.d.state());
        StochasticState { windows: Windows::new(self.period), flat: self.flat, k, d, early }
    }
}

/// The windows of extremes, and of means of what follows from them.
#[derive(Clone, Debug, PartialEq)]
pub struct StochasticState {
    windows: Windows<Extremes>,
    flat: Flat,
    k: SmaState,
    d: SmaState,
    /// Bars of which %K is not shown, still to come.
    early: usize,
}

impl StochasticState {
    /// Takes no bar: the windows begin anew after it.
    fn skip(&mut self) -> StochasticLines<Option<f64>> {
        self.early = self.early.saturating_sub(1);
        self.windows.part();
        self.k.step_over(None);
        self.d.step_over(None);
        StochasticLines::default()
    }
}

impl State for StochasticState {
    type Input = OneBar;
    type Output = StochasticLines<Option<f64>>;

    fn step(&mut self, bar: OneBar) -> StochasticLines<Option<f64>> {
        let shown = self.early == 0;
        self.early = self.early.saturating_sub(1);
        let window = self.windows.step((bar.high, bar.low));
        let raw = window.and_then(|(_, Extremes { high, low })| self.flat.percent(bar.close - low, high - low));
        let k = self.k.step_over(raw);
        StochasticLines { k: k.filter(|_| shown), d: self.d.step_over(k) }
    }
}

/// The stochastic oscillator of RSI: its raw %K, and %D as the simple mean of it.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Flat, Rsi, Smoothing, StochasticRsi, WarmUp};
///
/// let rsi = Rsi::new(2, Smoothing::Cutler, Flat::Undefined)?;
/// let stochastic = StochasticRsi::new(rsi, 2, 1, Flat::Undefined, WarmUp::Apart)?;
/// let lines = stochastic.of(&[10.0, 13.0, 12.0, 12.0])?;
/// assert_eq!(lines.k.at(3), Some(0.0)); // RSI falls from 75 to 0
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StochasticRsi {
    rsi: Rsi,
    period: usize,
    d: Sma,
    flat: Flat,
    warm_up: WarmUp,
}

impl StochasticRsi {
    /// Returns the oscillator of the last n values of this RSI, with %D the mean of so many %K; `flat` is %K where they
    /// are equal.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    /// - [`IndicatorError::Flat`] for what is no number within the bounds.
    pub fn new(rsi: Rsi, period: usize, d: usize, flat: Flat, warm_up: WarmUp) -> Result<Self, IndicatorError> {
        Ok(Self { rsi, period: checked_period(period, 1)?, d: Sma::new(d)?, flat: flat.checked()?, warm_up })
    }

    /// Returns %K from n − 1 bars after the first possible RSI on, and %D d − 1 bars later, by [`WarmUp::Together`] %K
    /// too.
    ///
    /// # Errors
    ///
    /// As of [`Rsi::of`]; the lines may be without a value.
    pub fn of(self, values: &[f64]) -> Result<StochasticLines, IndicatorError> {
        let values = checked(values, self.rsi.period().saturating_add(1))?;
        Ok(lines(self.state(), values.iter().copied()))
    }
}

impl Indicator for StochasticRsi {
    type Input = f64;
    type Output = StochasticLines<Option<f64>>;
    type State = StochasticRsiState;

    fn state(self) -> StochasticRsiState {
        let one = Stochastic { period: self.period, k: Sma::ONE, d: self.d, flat: self.flat, warm_up: self.warm_up };
        let mut of_range = one.state();
        // RSI's own warm-up is not shown either.
        of_range.early = of_range.early.saturating_add(self.rsi.period());
        StochasticRsiState { rsi: self.rsi.state(), of_range }
    }
}

/// RSI, and its place in its range.
#[derive(Clone, Debug, PartialEq)]
pub struct StochasticRsiState {
    rsi: RsiState,
    of_range: StochasticState,
}

impl State for StochasticRsiState {
    type Input = f64;
    type Output = StochasticLines<Option<f64>>;

    fn step(&mut self, value: f64) -> StochasticLines<Option<f64>> {
        match self.rsi.step(value) {
            Some(rsi) => self.of_range.step(OneBar { high: rsi, low: rsi, close: rsi, volume: 0.0 }),
            None => self.of_range.skip(),
        }
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
        bars.checked(self.period)?;
        Ok(series(self.state(), bars.bars()))
    }
}

impl Indicator for WilliamsR {
    type Input = OneBar;
    type Output = Option<f64>;
    type State = WilliamsState;

    fn state(self) -> WilliamsState {
        WilliamsState { windows: Windows::new(self.period), flat: self.flat }
    }
}

/// The windows of extremes.
#[derive(Clone, Debug, PartialEq)]
pub struct WilliamsState {
    windows: Windows<Extremes>,
    flat: Flat,
}

impl State for WilliamsState {
    type Input = OneBar;
    type Output = Option<f64>;

    fn step(&mut self, bar: OneBar) -> Option<f64> {
        let (_, Extremes { high, low }) = self.windows.step((bar.high, bar.low))?;
        self.flat.percent(bar.close - high, high - low)
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
        bars.checked(self.period)?;
        Ok(series(self.state(), bars.bars()))
    }
}

impl Indicator for Cci {
    type Input = OneBar;
    type Output = Option<f64>;
    type State = CciState;

    fn state(self) -> CciState {
        CciState { period: self.period, flat: self.flat, origin: Origin::default(), typical: VecDeque::new() }
    }
}

/// The last n typical prices, less the first close.
#[derive(Clone, Debug, PartialEq)]
pub struct CciState {
    period: usize,
    flat: Flat,
    origin: Origin,
    typical: VecDeque<f64>,
}

impl State for CciState {
    type Input = OneBar;
    type Output = Option<f64>;

    fn step(&mut self, bar: OneBar) -> Option<f64> {
        let newest = bar.typical(self.origin.of(bar.close));
        if self.typical.len() == self.period {
            self.typical.pop_front();
        }
        self.typical.push_back(newest);
        if self.typical.len() < self.period {
            return None;
        }
        let n = count(self.period);
        // Differences to the newest: those of equal prices are exactly 0.
        let mean = self.typical.iter().map(|price| price - newest).sum::<f64>() / n;
        let distance = self.typical.iter().map(|price| (price - newest - mean).abs()).sum::<f64>() / n;
        if distance > 0.0 { Some(-mean / distance / 0.015) } else { self.flat.value() }
    }
}

streams!(Stochastic, StochasticRsi, WilliamsR, Cci);
