//! The ultimate oscillator: buying pressure over three periods.
//!
//! BP = close − min(low, close before), TR the true range; A(n) = Σ BP ÷ Σ TR over the last n bars; UO = 100 · (4 A(n₁) +
//! 2 A(n₂) + A(n₃)) ÷ 7, from 0 to 100. Both begin with bar 1, the first that has a close before it.
//!
//! Williams, "The ultimate oscillator", Stocks & Commodities 3 (1985), with 7, 14 and 28.

use super::range::FirstRange;
use super::window::{checked_period, windows};
use super::{Flat, HighLowClose, IndicatorError, Series};

/// The ultimate oscillator; the first value is that of the bar of the longest period's number.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Flat, HighLowClose, Ultimate};
///
/// let bars = HighLowClose { high: &[2.0, 5.0], low: &[1.0, 2.0], close: &[1.0, 4.0] };
/// let oscillator = Ultimate::new([1, 1, 1], Flat::Undefined)?.of(bars)?;
/// assert_eq!((oscillator.first_bar(), oscillator.values()), (Some(1), &[75.0][..])); // 4 − 1 of 5 − 1
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ultimate {
    periods: [usize; 3],
    flat: Flat,
}

impl Ultimate {
    /// Returns the oscillator over these periods, whose weights are 4, 2 and 1.
    ///
    /// `flat` is its value where the bars of a period do not move at all.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    /// - [`IndicatorError::Flat`] for what is no number within the bounds.
    pub fn new(periods: [usize; 3], flat: Flat) -> Result<Self, IndicatorError> {
        for period in periods {
            checked_period(period, 1)?;
        }
        Ok(Self { periods, flat: flat.checked()? })
    }

    /// Returns the oscillator.
    ///
    /// # Errors
    ///
    /// As of [`TrueRange::of`](super::TrueRange::of); one bar more than the longest period is needed.
    pub fn of(self, bars: HighLowClose<'_>) -> Result<Series, IndicatorError> {
        let longest = self.periods.into_iter().fold(1, usize::max);
        let length = bars.checked(longest.saturating_add(1))?;
        let ranges = FirstRange::Skipped.ranges(bars);
        let pressure = |change: usize| bars.close[change + 1] - bars.low[change + 1].min(bars.close[change]);
        // Of each bar 4 A(n₁), then with 2 A(n₂), then with A(n₃); `None` where a period did not move.
        let mut sums = vec![Some(0.0); length - 1];
        for (period, weight) in self.periods.into_iter().zip([4.0, 2.0, 1.0]) {
            windows(
                length - 1,
                period,
                |change, _| (pressure(change), ranges[change]),
                |(pressure, range), (next_pressure, next_range)| (pressure + next_pressure, range + next_range),
                |change, _, (pressure, range)| {
                    sums[change] =
                        sums[change].filter(|_| range > 0.0).map(|sum: f64| sum + weight * (pressure / range));
                },
            );
        }
        let mut values = Series::with_capacity(length);
        for (bar, sum) in (longest..).zip(&sums[longest - 1..]) {
            if let Some(value) = sum.map(|sum| 100.0 * (sum / 7.0)).or(self.flat.value()) {
                values.push(bar, value);
            }
        }
        Ok(values)
    }
}
