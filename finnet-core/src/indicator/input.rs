//! What goes into an indicator: columns of bars or one bar after the other, and the checks of both.

use super::IndicatorError;

/// The farthest that a value may be from 0: its square and the sum of all squares are then far from overflow.
pub const LARGEST: f64 = 1e100;

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

/// One bar, for a [`Stream`](super::Stream) of bars. What its indicator does not look at is checked all the same: a
/// volume that nobody asks for is 0, and of a lone price high, low and close are that price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OneBar {
    /// The highest price.
    pub high: f64,
    /// The lowest price.
    pub low: f64,
    /// The last price.
    pub close: f64,
    /// What was traded.
    pub volume: f64,
}

/// What a machine takes of one bar.
pub trait Input: Copy {
    /// Holds itself to what the columns of a batch are held to, as the values of this bar.
    #[doc(hidden)]
    fn check(self, bar: usize) -> Result<(), IndicatorError>;
}

impl Input for f64 {
    fn check(self, bar: usize) -> Result<(), IndicatorError> {
        match self {
            value if is_within(value) => Ok(()),
            value if value.is_finite() => Err(IndicatorError::TooLarge { bar }),
            _ => Err(IndicatorError::NotFinite { bar }),
        }
    }
}

impl Input for OneBar {
    fn check(self, bar: usize) -> Result<(), IndicatorError> {
        for number in [self.high, self.low, self.close, self.volume] {
            number.check(bar)?;
        }
        if self.high < self.low {
            return Err(IndicatorError::HighBelowLow { bar });
        }
        if !(self.low..=self.high).contains(&self.close) {
            return Err(IndicatorError::CloseOutside { bar });
        }
        if self.volume < 0.0 { Err(IndicatorError::NegativeVolume { bar }) } else { Ok(()) }
    }
}

impl<'a> HighLowClose<'a> {
    /// Returns the number of bars.
    pub(super) fn checked(self, least: usize) -> Result<usize, IndicatorError> {
        self.long_enough(least)?;
        if self.in_order() {
            return Ok(self.close.len());
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

    /// Holds the columns to the same length, and that to so many bars.
    pub(super) fn long_enough(self, least: usize) -> Result<(), IndicatorError> {
        for column in [self.low, self.close] {
            same_length(self.high, column)?;
        }
        long_enough(self.high, least)
    }

    /// Returns whether all are numbers within the bounds and in order: four comparisons a bar, which NaN does not pass.
    #[expect(clippy::needless_bitwise_bool, reason = "a way out in the middle would keep it from two bars at once")]
    pub(super) fn in_order(self) -> bool {
        let bars = self.high.iter().zip(self.low).zip(self.close);
        bars.fold(true, |all, ((high, low), close)| {
            all & (low <= close) & (close <= high) & (*high <= LARGEST) & (*low >= -LARGEST)
        })
    }

    /// Returns the first so many bars, and the others.
    pub(super) fn split_at(self, bars: usize) -> (Self, Self) {
        let [high, low, close] = [self.high, self.low, self.close].map(|column| column.split_at(bars));
        (Self { high: high.0, low: low.0, close: close.0 }, Self { high: high.1, low: low.1, close: close.1 })
    }

    /// Returns the bars, without volume.
    pub(super) fn bars(self) -> impl ExactSizeIterator<Item = OneBar> + 'a {
        let prices = self.high.iter().zip(self.low).zip(self.close);
        prices.map(|((&high, &low), &close)| OneBar { high, low, close, volume: 0.0 })
    }

    /// Returns the bars and their volumes.
    pub(super) fn with(self, volume: &'a [f64]) -> impl ExactSizeIterator<Item = OneBar> + 'a {
        self.bars().zip(volume).map(|(bar, &volume)| OneBar { volume, ..bar })
    }
}

impl OneBar {
    /// Returns (high + low + close) ÷ 3 less a price: one of them, where only differences count.
    pub(super) fn typical(self, less: f64) -> f64 {
        ((self.high - less) + (self.low - less) + (self.close - less)) / 3.0
    }
}

pub(super) fn is_within(value: f64) -> bool {
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
    long_enough(values, least)?;
    // Without a way out in the middle, two values are looked at together.
    if values.iter().fold(true, |all, &value| all & is_within(value)) {
        return Ok(values);
    }
    values.iter().enumerate().try_for_each(|(bar, value)| value.check(bar))?;
    Ok(values)
}

fn long_enough(values: &[f64], least: usize) -> Result<(), IndicatorError> {
    match values.len() {
        0 => Err(IndicatorError::Empty),
        bars if bars < least => Err(IndicatorError::TooShort { bars, least }),
        _ => Ok(()),
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
