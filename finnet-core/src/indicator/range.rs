//! True range: how far a bar reaches, the gap to the close before included.
//!
//! TR = max(high, close before) − min(low, close before). ATR is its mean by Wilder: that of the first n, then
//! a ← a + (TR − a) ÷ n. NATR = 100 · ATR ÷ close, in per cent; the others are in the prices' unit.
//!
//! Wilder, "New Concepts in Technical Trading Systems" (1978); NATR: Forman, "Cross-market evaluations with normalized
//! average true range", Stocks & Commodities 24 (2006).

use super::average::smoothed;
use super::window::{checked_period, count};
use super::{HighLowClose, IndicatorError, Series};

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

    /// Returns the ranges of bars that were checked, from [`FirstRange::bar`] on.
    pub(super) fn ranges(self, bars: HighLowClose<'_>) -> Vec<f64> {
        let HighLowClose { high, low, close } = bars;
        let first = high.iter().zip(low).map(|(high, low)| high - low).take(1 - self.bar());
        let later = (1..close.len()).map(|bar| high[bar].max(close[bar - 1]) - low[bar].min(close[bar - 1]));
        first.chain(later).collect()
    }
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
        Ok(Series::starting(self.first.bar(), self.first.ranges(bars)))
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
        bars.checked(self.period.saturating_add(self.first.bar()))?;
        let means = smoothed(&self.first.ranges(bars), self.period, 1.0 / count(self.period));
        Ok(Series::starting(self.first.bar() + self.period - 1, means))
    }

    /// Returns NATR: the averages in per cent of the bar's close; undefined where the close is 0, or so near to it that
    /// the quotient is no double.
    ///
    /// # Errors
    ///
    /// As of [`TrueRange::of`].
    pub fn percent_of(self, bars: HighLowClose<'_>) -> Result<Series, IndicatorError> {
        let averages = self.of(bars)?;
        let mut percents = Series::with_capacity(averages.values().len());
        for (bar, average) in averages.iter() {
            let percent = 100.0 * (average / bars.close[bar]);
            if percent.is_finite() {
                percents.push(bar, percent);
            }
        }
        Ok(percents)
    }
}
