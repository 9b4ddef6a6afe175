//! Moving deviation, and bands of it around a moving mean.
//!
//! deviation = √(Σ (x − mean)² ÷ n), or ÷ (n − 1), over the last n values; bands = mean ± width · deviation. All in the
//! input's unit.
//!
//! Σ (x − mean)² is Σ d² − (Σ d)² ÷ n with d the distance from a value of the window itself. What cancels is then at
//! most 2n of it: the deviation is off by at most n (2n + 1) · 2⁻⁵² of itself, and of equal values exactly 0.
//!
//! Bollinger, "Bollinger on Bollinger Bands" (2001), takes the population's deviation.

use super::window::{checked, checked_period, checked_width, count, windows};
use super::{IndicatorError, Series};
use crate::number::Deviation;

/// The standard deviation of the last n values; the first one is that of bar n − 1.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Deviation, StandardDeviation};
///
/// let closes = [1.0, 3.0, 3.0];
/// assert_eq!(StandardDeviation::new(2, Deviation::Population)?.of(&closes)?.values(), [1.0, 0.0]);
/// assert_eq!(StandardDeviation::new(2, Deviation::Sample)?.of(&closes)?.values(), [2.0_f64.sqrt(), 0.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandardDeviation {
    period: usize,
    deviation: Deviation,
}

impl StandardDeviation {
    /// Returns the deviation over so many bars.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0, and for 1 by [`Deviation::Sample`].
    pub fn new(period: usize, deviation: Deviation) -> Result<Self, IndicatorError> {
        Ok(Self { period: checked_period(period, deviation.lost() + 1)?, deviation })
    }

    /// Returns the deviations, from bar n − 1 on, none below 0.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Empty`], [`IndicatorError::TooShort`] for fewer than n bars.
    /// - [`IndicatorError::NotFinite`], [`IndicatorError::TooLarge`] for what is no number within the bounds.
    pub fn of(self, values: &[f64]) -> Result<Series, IndicatorError> {
        let mut deviations = Series::with_capacity(values.len());
        self.each(values, |bar, _, deviation| deviations.push(bar, deviation))?;
        Ok(deviations)
    }

    /// Calls `emit` with bar, mean and deviation.
    fn each(self, values: &[f64], mut emit: impl FnMut(usize, f64, f64)) -> Result<(), IndicatorError> {
        let values = checked(values, self.period)?;
        let n = count(self.period);
        let divisor = count(self.period - self.deviation.lost());
        windows(
            values.len(),
            self.period,
            |bar, pivot| {
                let difference = values[bar] - values[pivot];
                (difference, difference * difference)
            },
            |(sum, squares), (next, next_squares)| (sum + next, squares + next_squares),
            |bar, pivot, (sum, squares)| {
                let distances = (squares - sum * sum / n).max(0.0);
                emit(bar, values[pivot] + sum / n, (distances / divisor).sqrt());
            },
        );
        Ok(())
    }
}

/// Bands around the mean of the last n values.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Bollinger, Deviation};
///
/// let bands = Bollinger::new(2, 2.0, Deviation::Population)?.of(&[1.0, 3.0])?;
/// assert_eq!((bands.lower.at(1), bands.middle.at(1), bands.upper.at(1)), (Some(0.0), Some(2.0), Some(4.0)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bollinger {
    deviation: StandardDeviation,
    width: f64,
}

/// What [`Bollinger::of`] returns: three series of the same bars.
#[derive(Clone, Debug, PartialEq)]
pub struct Bands {
    /// The mean and so many deviations.
    pub upper: Series,
    /// The mean: that of [`Sma`](super::Sma), to the bit.
    pub middle: Series,
    /// The mean less so many deviations.
    pub lower: Series,
}

impl Bollinger {
    /// Returns bands of so many bars, and so many deviations to each side.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0, and for 1 by [`Deviation::Sample`].
    /// - [`IndicatorError::Width`] for a width below 0, or no number within the bounds.
    pub fn new(period: usize, width: f64, deviation: Deviation) -> Result<Self, IndicatorError> {
        Ok(Self { deviation: StandardDeviation::new(period, deviation)?, width: checked_width(width)? })
    }

    /// Returns the bands, from bar n − 1 on.
    ///
    /// # Errors
    ///
    /// As of [`StandardDeviation::of`].
    pub fn of(self, values: &[f64]) -> Result<Bands, IndicatorError> {
        let empty = || Series::with_capacity(values.len());
        let mut bands = Bands { upper: empty(), middle: empty(), lower: empty() };
        self.deviation.each(values, |bar, mean, deviation| {
            let distance = self.width * deviation;
            bands.upper.push(bar, mean + distance);
            bands.middle.push(bar, mean);
            bands.lower.push(bar, mean - distance);
        })?;
        Ok(bands)
    }
}
