//! True range: how far a bar reaches, the gap to the close before included.
//!
//! TR = max(high, close before) − min(low, close before). ATR is its mean by Wilder: that of the first n, then
//! a ← a + (TR − a) ÷ n. NATR = 100 · ATR ÷ close, in per cent; the others are in the prices' unit.
//!
//! Wilder, "New Concepts in Technical Trading Systems" (1978); NATR: Forman, "Cross-market evaluations with normalized
//! average true range", Stocks & Commodities 24 (2006).

use super::average::CHUNK;
use super::input::{checked_period, count};
use super::smooth::Smoothed;
use super::stream::{Indicator, State, series, streams};
use super::{HighLowClose, IndicatorError, OneBar, Series};

/// What the first bar, which has no close before it, gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstRange {
    /// high − low: Wilder.
    HighLow,
    /// Nothing; ranges begin with bar 1: TA-Lib.
    Skipped,
}

impl FirstRange {
    /// The first bar with a range.
    fn bar(self) -> usize {
        match self {
            Self::HighLow => 0,
            Self::Skipped => 1,
        }
    }
}

/// Returns the true range after this close.
fn true_range(before: f64, high: f64, low: f64) -> f64 {
    let top = if high > before { high } else { before };
    let bottom = if low < before { low } else { before };
    top - bottom
}

/// The true range of each bar.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{FirstRange, HighLowClose, TrueRange};
///
/// let bars = HighLowClose { high: &[3.0, 5.0], low: &[1.0, 4.0], close: &[2.0, 4.5] };
/// assert_eq!(TrueRange::new(FirstRange::HighLow).of(bars)?.values(), [2.0, 3.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrueRange {
    first: FirstRange,
}

impl TrueRange {
    /// Returns the range with this first bar.
    pub fn new(first: FirstRange) -> Self {
        Self { first }
    }

    /// Returns the ranges, none below 0.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Lengths`] for columns of different lengths.
    /// - [`IndicatorError::Empty`], [`IndicatorError::TooShort`] for fewer bars than the first value needs.
    /// - [`IndicatorError::NotFinite`], [`IndicatorError::TooLarge`] for what is no number within the bounds.
    /// - [`IndicatorError::HighBelowLow`] for a bar that is upside down, [`IndicatorError::CloseOutside`] for a close
    ///   outside of its bar.
    pub fn of(self, bars: HighLowClose<'_>) -> Result<Series, IndicatorError> {
        bars.checked(self.first.bar() + 1)?;
        Ok(series(self.state(), bars.bars()))
    }
}

impl Indicator for TrueRange {
    type Input = OneBar;
    type Output = Option<f64>;
    type State = RangeState;

    fn state(self) -> RangeState {
        RangeState { first: self.first, before: None }
    }
}

/// The close before.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeState {
    first: FirstRange,
    before: Option<f64>,
}

impl State for RangeState {
    type Input = OneBar;
    type Output = Option<f64>;

    fn step(&mut self, bar: OneBar) -> Option<f64> {
        match (self.before.replace(bar.close), self.first) {
            (Some(before), _) => Some(true_range(before, bar.high, bar.low)),
            (None, FirstRange::HighLow) => Some(bar.high - bar.low),
            (None, FirstRange::Skipped) => None,
        }
    }
}

/// The average true range by Wilder.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Atr, FirstRange, HighLowClose};
///
/// let bars = HighLowClose { high: &[3.0, 5.0, 4.0], low: &[1.0, 4.0, 4.0], close: &[2.0, 4.5, 4.0] };
/// assert_eq!(Atr::new(2, FirstRange::HighLow)?.of(bars)?.values(), [2.5, 1.5]); // ranges 2, 3, 0.5
/// assert_eq!(Atr::new(2, FirstRange::Skipped)?.of(bars)?.values(), [1.75]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Atr {
    period: usize,
    first: FirstRange,
}

impl Atr {
    /// Returns the average over so many ranges.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    pub fn new(period: usize, first: FirstRange) -> Result<Self, IndicatorError> {
        Ok(Self { period: checked_period(period, 1)?, first })
    }

    /// Returns the averages, from bar n − 1 ([`FirstRange::HighLow`]) or n ([`FirstRange::Skipped`]) on.
    ///
    /// # Errors
    ///
    /// As of [`TrueRange::of`].
    pub fn of(self, bars: HighLowClose<'_>) -> Result<Series, IndicatorError> {
        let mut averages = Series::new();
        self.of_into(bars, &mut averages)?;
        Ok(averages)
    }

    /// Writes the averages in the place of what the series held, whose memory it keeps.
    ///
    /// # Errors
    ///
    /// As of [`TrueRange::of`]; the series is then as it was, or without values.
    pub fn of_into(self, bars: HighLowClose<'_>, averages: &mut Series) -> Result<(), IndicatorError> {
        let least = self.period.saturating_add(self.first.bar());
        bars.long_enough(least)?;
        let (early, late) = bars.split_at(least);
        if !early.in_order() {
            return bars.checked(least).map(|_| ());
        }
        let AtrState { mut range, mut smoothed } = self.state();
        let cells = averages.emptied(late.close.len() + 1);
        cells.extend(early.bars().filter_map(|bar| range.step(bar)).filter_map(|range| smoothed.step(range)));
        let mut ranges = [0.0; CHUNK];
        let mut before = bars.close[least - 1..].chunks(CHUNK);
        let mut rest = late;
        while let (Some(before), false) = (before.next(), rest.close.is_empty()) {
            // Checked while they are near: to read all columns twice takes longer than what is computed.
            let (part, later) = rest.split_at(CHUNK.min(rest.close.len()));
            if !part.in_order() {
                averages.emptied(0);
                return bars.checked(least).map(|_| ());
            }
            let ranges = &mut ranges[..part.close.len()];
            for ((range, &before), (&high, &low)) in ranges.iter_mut().zip(before).zip(part.high.iter().zip(part.low)) {
                *range = true_range(before, high, low);
            }
            smoothed.means(ranges);
            cells.extend_from_slice(ranges);
            rest = later;
        }
        averages.begin(least - 1);
        Ok(())
    }
}

impl Indicator for Atr {
    type Input = OneBar;
    type Output = Option<f64>;
    type State = AtrState;

    fn state(self) -> AtrState {
        let smoothed = Smoothed::new(self.period, 1.0 / count(self.period), self.first.bar());
        AtrState { range: TrueRange::new(self.first).state(), smoothed }
    }
}

/// The mean of the ranges.
#[derive(Clone, Debug, PartialEq)]
pub struct AtrState {
    range: RangeState,
    smoothed: Smoothed,
}

impl State for AtrState {
    type Input = OneBar;
    type Output = Option<f64>;

    fn step(&mut self, bar: OneBar) -> Option<f64> {
        self.range.step(bar).and_then(|range| self.smoothed.step(range))
    }
}

/// NATR: the average true range in per cent of the bar's close.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{FirstRange, HighLowClose, Natr};
///
/// let bars = HighLowClose { high: &[3.0, 5.0], low: &[1.0, 4.0], close: &[2.0, 4.0] };
/// assert_eq!(Natr::new(1, FirstRange::HighLow)?.of(bars)?.values(), [100.0, 75.0]); // 2 of 2, 3 of 4
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Natr {
    atr: Atr,
}

impl Natr {
    /// Returns the average over so many ranges.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    pub fn new(period: usize, first: FirstRange) -> Result<Self, IndicatorError> {
        Ok(Self { atr: Atr::new(period, first)? })
    }

    /// Returns the averages in per cent, of the bars of [`Atr::of`]; undefined where the close is 0, or so near to it that
    /// the quotient is no double.
    ///
    /// # Errors
    ///
    /// As of [`TrueRange::of`].
    pub fn of(self, bars: HighLowClose<'_>) -> Result<Series, IndicatorError> {
        bars.checked(self.atr.period.saturating_add(self.atr.first.bar()))?;
        Ok(series(self.state(), bars.bars()))
    }
}

impl Indicator for Natr {
    type Input = OneBar;
    type Output = Option<f64>;
    type State = NatrState;

    fn state(self) -> NatrState {
        NatrState(self.atr.state())
    }
}

/// The average true range.
#[derive(Clone, Debug, PartialEq)]
pub struct NatrState(AtrState);

impl State for NatrState {
    type Input = OneBar;
    type Output = Option<f64>;

    fn step(&mut self, bar: OneBar) -> Option<f64> {
        let percent = 100.0 * (self.0.step(bar)? / bar.close);
        Some(percent).filter(|percent| percent.is_finite())
    }
}

streams!(TrueRange, Atr, Natr);
