//! How far values moved: over n bars, by a straight line through them, and since the last extreme.
//!
//! Momentum = x − x₋ₙ, in the input's unit; ROC = 100 · momentum ÷ x₋ₙ, in per cent. The slope is that of least squares
//! over the last n values, in the input's unit a bar: Σ (i − ī) x ÷ Σ (i − ī)². Aroon = 100 · (n − bars since the
//! extreme) ÷ n over n + 1 bars; of equal extremes the newest counts.
//!
//! Aroon: Chande, "A time price oscillator", Stocks & Commodities 13 (1995).

use super::average::weighted;
use super::window::{checked, checked_period, count, ordered, same_length, windows};
use super::{IndicatorError, Series};

/// The change over n bars; the first value is that of bar n.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::Momentum;
///
/// let momentum = Momentum::new(2)?;
/// assert_eq!(momentum.of(&[4.0, 5.0, 6.0])?.values(), [2.0]);
/// assert_eq!(momentum.percent_of(&[4.0, 5.0, 6.0])?.values(), [50.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Momentum {
    period: usize,
}

impl Momentum {
    /// Returns the change over so many bars.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    pub fn new(period: usize) -> Result<Self, IndicatorError> {
        Ok(Self { period: checked_period(period, 1)? })
    }

    /// Returns the changes, from bar n on.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Empty`], [`IndicatorError::TooShort`] for fewer than n + 1 bars.
    /// - [`IndicatorError::NotFinite`], [`IndicatorError::TooLarge`] for what is no number within the bounds.
    pub fn of(self, values: &[f64]) -> Result<Series, IndicatorError> {
        let values = checked(values, self.period.saturating_add(1))?;
        let changes = values.iter().zip(&values[self.period..]).map(|(before, value)| value - before).collect();
        Ok(Series::starting(self.period, changes))
    }

    /// Returns ROC: the changes in per cent of the value n bars before; undefined where that is 0, or so near to it that
    /// the quotient is no double. Of a value below 0 a rise is negative.
    ///
    /// # Errors
    ///
    /// As of [`Momentum::of`].
    pub fn percent_of(self, values: &[f64]) -> Result<Series, IndicatorError> {
        let changes = self.of(values)?;
        let mut percents = Series::with_capacity(values.len());
        for (bar, change) in changes.iter() {
            let percent = 100.0 * (change / values[bar - self.period]);
            if percent.is_finite() {
                percents.push(bar, percent);
            }
        }
        Ok(percents)
    }
}

/// The slope of the line of least squares through the last n values; the first one is that of bar n − 1.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::LinearSlope;
///
/// assert_eq!(LinearSlope::new(3)?.of(&[1.0, 2.0, 3.0, 4.0])?.values(), [1.0, 1.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinearSlope {
    period: usize,
}

impl LinearSlope {
    /// Returns the slope over so many bars.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for fewer than 2.
    pub fn new(period: usize) -> Result<Self, IndicatorError> {
        Ok(Self { period: checked_period(period, 2)? })
    }

    /// Returns the slopes, from bar n − 1 on.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Empty`], [`IndicatorError::TooShort`] for fewer than n bars.
    /// - [`IndicatorError::NotFinite`], [`IndicatorError::TooLarge`] for what is no number within the bounds.
    pub fn of(self, values: &[f64]) -> Result<Series, IndicatorError> {
        let values = checked(values, self.period)?;
        let n = count(self.period);
        let mut slopes = Series::with_capacity(values.len());
        weighted(values, self.period, |bar, _, sums| {
            // The weights 1 … n less their mean; their squares sum up to n (n² − 1) ÷ 12.
            let covered = sums.weighted - (n + 1.0) * 0.5 * sums.sum;
            slopes.push(bar, covered / (n * (n * n - 1.0) / 12.0));
        });
        Ok(slopes)
    }
}

/// Aroon: how new the extremes of n + 1 bars are, from 0 (n bars ago) to 100 (this bar).
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::Aroon;
///
/// let lines = Aroon::new(2)?.of(&[5.0, 9.0, 6.0], &[1.0, 3.0, 4.0])?;
/// assert_eq!((lines.up.at(2), lines.down.at(2)), (Some(50.0), Some(0.0)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aroon {
    period: usize,
}

/// What [`Aroon::of`] returns: two series of the same bars.
#[derive(Clone, Debug, PartialEq)]
pub struct AroonLines {
    /// How new the highest high is.
    pub up: Series,
    /// How new the lowest low is.
    pub down: Series,
}

impl Aroon {
    /// Returns the lines over n + 1 bars.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    pub fn new(period: usize) -> Result<Self, IndicatorError> {
        Ok(Self { period: checked_period(period, 1)? })
    }

    /// Returns the lines, from bar n on.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Lengths`] for columns of different lengths.
    /// - [`IndicatorError::Empty`], [`IndicatorError::TooShort`] for fewer than n + 1 bars.
    /// - [`IndicatorError::NotFinite`], [`IndicatorError::TooLarge`] for what is no number within the bounds.
    /// - [`IndicatorError::HighBelowLow`] for a bar that is upside down.
    pub fn of(self, high: &[f64], low: &[f64]) -> Result<AroonLines, IndicatorError> {
        let length = self.period.saturating_add(1);
        same_length(high, low)?;
        checked(high, length)?;
        checked(low, length)?;
        ordered(high, low)?;
        let newness = |is_newer: &dyn Fn(usize, usize) -> bool| {
            let mut line = Series::with_capacity(high.len());
            windows(
                high.len(),
                length,
                |bar, _| bar,
                |extreme, next| if is_newer(extreme, next) { next } else { extreme },
                |bar, _, extreme| {
                    line.push(bar, 100.0 * (count(self.period - (bar - extreme)) / count(self.period)));
                },
            );
            line
        };
        Ok(AroonLines {
            up: newness(&|extreme, next| high[next] >= high[extreme]),
            down: newness(&|extreme, next| low[next] <= low[extreme]),
        })
    }
}
