//! The ultimate oscillator: buying pressure over three periods.
//!
//! BP = close − min(low, close before), TR the true range; A(n) = Σ BP ÷ Σ TR over the last n bars; UO = 100 · (4 A(n₁) +
//! 2 A(n₂) + A(n₃)) ÷ 7, from 0 to 100. Both begin with bar 1, the first that has a close before it.
//!
//! Williams, "The ultimate oscillator", Stocks & Commodities 3 (1985), with 7, 14 and 28.

use super::input::checked_period;
use super::range::RangeState;
use super::stream::{Indicator, State, series, streams};
use super::window::{Pair, Windows};
use super::{FirstRange, Flat, HighLowClose, IndicatorError, OneBar, Series, TrueRange};

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
        bars.checked(longest.saturating_add(1))?;
        Ok(series(self.state(), bars.bars()))
    }
}

impl Indicator for Ultimate {
    type Input = OneBar;
    type Output = Option<f64>;
    type State = UltimateState;

    fn state(self) -> UltimateState {
        UltimateState {
            before: None,
            range: TrueRange::new(FirstRange::Skipped).state(),
            windows: self.periods.map(Windows::new),
            flat: self.flat,
        }
    }
}

/// The windows of pressure and range.
#[derive(Clone, Debug, PartialEq)]
pub struct UltimateState {
    before: Option<f64>,
    range: RangeState,
    windows: [Windows<Pair>; 3],
    flat: Flat,
}

impl State for UltimateState {
    type Input = OneBar;
    type Output = Option<f64>;

    fn step(&mut self, bar: OneBar) -> Option<f64> {
        let range = self.range.step(bar);
        let (before, range) = self.before.replace(bar.close).zip(range)?;
        let pressure = bar.close - if bar.low < before { bar.low } else { before };
        // All three take the bar before any is asked.
        let [short, middle, long] = self.windows.each_mut().map(|windows| windows.step((pressure, range)));
        let mut sum = Some(0.0);
        for ((_, Pair(pressure, range)), weight) in [short?, middle?, long?].into_iter().zip([4.0, 2.0, 1.0]) {
            sum = sum.filter(|_| range > 0.0).map(|sum: f64| sum + weight * (pressure / range));
        }
        sum.map(|sum| 100.0 * (sum / 7.0)).or(self.flat.value())
    }
}

streams!(Ultimate);
