//! Windows of the last n bars, joined from two halves, and the checks of what goes into them.
//!
//! The bars are cut into blocks of n. A window is the end of one block and the start of the next: the sums of a block's
//! ends are made once, backwards, those of the next one's starts on the way. Nothing is ever subtracted again, so
//! that no rounding error outlives its window, and each window costs O(1) whatever n is.
//!
//! Sums are of differences to a pivot, the last bar of the first block, which lies in each of its windows: an offset
//! that is large against the moves costs no digits, and a flat window gives exactly 0.

use super::IndicatorError;

/// The farthest that a value may be from 0: its square and the sum of all squares are then far from overflow.
pub const LARGEST: f64 = 1e100;

/// What a window without movement gives, where the formula divides 0 by 0.
///
/// TA-Lib gives 0; others give the middle of the scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Flat {
    /// No value.
    Undefined,
    /// This value.
    Is(f64),
}

impl Flat {
    /// Returns itself where it is within the bounds.
    pub(super) fn checked(self) -> Result<Self, IndicatorError> {
        match self {
            Self::Is(value) if !is_within(value) => Err(IndicatorError::Flat),
            _ => Ok(self),
        }
    }

    /// Returns what it stands for.
    pub(super) fn value(self) -> Option<f64> {
        match self {
            Self::Undefined => None,
            Self::Is(value) => Some(value),
        }
    }
}

/// High, low and close of the same bars, in order of time.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{FirstRange, HighLowClose, TrueRange};
///
/// let bars = HighLowClose { high: &[3.0, 5.0], low: &[1.0, 4.0], close: &[2.0, 4.5] };
/// assert_eq!(TrueRange::new(FirstRange::Skipped).of(bars)?.values(), [3.0]); // from the close before, 2, to 5
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HighLowClose<'a> {
    /// The highest prices.
    pub high: &'a [f64],
    /// The lowest prices.
    pub low: &'a [f64],
    /// The last prices.
    pub close: &'a [f64],
}

impl HighLowClose<'_> {
    /// Returns the number of bars.
    pub(super) fn checked(self, least: usize) -> Result<usize, IndicatorError> {
        for column in [self.low, self.close] {
            same_length(self.high, column)?;
        }
        for column in [self.high, self.low, self.close] {
            checked(column, least)?;
        }
        ordered(self.high, self.low)?;
        let close_is_outside = |bar: &usize| !(self.low[*bar]..=self.high[*bar]).contains(&self.close[*bar]);
        match (0..self.close.len()).find(close_is_outside) {
            Some(bar) => Err(IndicatorError::CloseOutside { bar }),
            None => Ok(self.close.len()),
        }
    }

    /// Returns (high + low + close) ÷ 3 of each bar less a price: one of them, where only differences count.
    pub(super) fn typical(self, less: f64) -> Vec<f64> {
        let of = |((high, low), close): ((&f64, &f64), &f64)| ((high - less) + (low - less) + (close - less)) / 3.0;
        self.high.iter().zip(self.low).zip(self.close).map(of).collect()
    }
}

fn is_within(value: f64) -> bool {
    value.abs() <= LARGEST
}

/// Holds two columns to the same length.
pub(super) fn same_length(first: &[f64], other: &[f64]) -> Result<(), IndicatorError> {
    if first.len() == other.len() {
        Ok(())
    } else {
        Err(IndicatorError::Lengths { first: first.len(), other: other.len() })
    }
}

/// Holds each high to no less than its low.
pub(super) fn ordered(high: &[f64], low: &[f64]) -> Result<(), IndicatorError> {
    match high.iter().zip(low).position(|(high, low)| high < low) {
        Some(bar) => Err(IndicatorError::HighBelowLow { bar }),
        None => Ok(()),
    }
}

/// Returns a column that is long enough and holds numbers only.
pub(super) fn checked(values: &[f64], least: usize) -> Result<&[f64], IndicatorError> {
    if values.is_empty() {
        return Err(IndicatorError::Empty);
    }
    if values.len() < least {
        return Err(IndicatorError::TooShort { bars: values.len(), least });
    }
    match values.iter().position(|&value| !is_within(value)) {
        Some(bar) if values[bar].is_finite() => Err(IndicatorError::TooLarge { bar }),
        Some(bar) => Err(IndicatorError::NotFinite { bar }),
        None => Ok(values),
    }
}

/// Holds the volumes to the prices' length and to no less than 0.
pub(super) fn checked_volumes(prices: &[f64], volumes: &[f64], least: usize) -> Result<(), IndicatorError> {
    same_length(prices, volumes)?;
    match checked(volumes, least)?.iter().position(|&volume| volume < 0.0) {
        Some(bar) => Err(IndicatorError::NegativeVolume { bar }),
        None => Ok(()),
    }
}

/// Returns a period that is long enough.
pub(super) fn checked_period(period: usize, least: usize) -> Result<usize, IndicatorError> {
    if period < least { Err(IndicatorError::Period { period, least }) } else { Ok(period) }
}

/// Returns a width of bands.
pub(super) fn checked_width(width: f64) -> Result<f64, IndicatorError> {
    if (0.0..=LARGEST).contains(&width) { Ok(width) } else { Err(IndicatorError::Width) }
}

/// Returns a count as a number.
#[expect(clippy::cast_precision_loss, reason = "a count of bars in memory is below 2^53")]
pub(super) fn count(bars: usize) -> f64 {
    bars as f64
}

/// Calls `emit` with each window's last bar, pivot and sum.
///
/// `lift` makes a sum of one bar, given the bar and the pivot; `join` adds the sum of the bars that follow.
pub(super) fn windows<T: Copy>(
    bars: usize,
    period: usize,
    lift: impl Fn(usize, usize) -> T,
    join: impl Fn(T, T) -> T,
    mut emit: impl FnMut(usize, usize, T),
) {
    let mut ends = Vec::with_capacity(period);
    for next in (period..=bars).step_by(period) {
        let pivot = next - 1;
        // The sums of the last 1, 2 ... n bars of the block.
        let mut end = lift(pivot, pivot);
        ends.clear();
        ends.push(end);
        for bar in (next - period..pivot).rev() {
            end = join(lift(bar, pivot), end);
            ends.push(end);
        }
        emit(pivot, pivot, end);
        let mut start = None;
        for (bar, &end) in (next..bars).zip(ends[..period - 1].iter().rev()) {
            let one = lift(bar, pivot);
            let sum = start.map_or(one, |start| join(start, one));
            start = Some(sum);
            emit(bar, pivot, join(end, sum));
        }
    }
}
