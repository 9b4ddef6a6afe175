//! Directional movement: how much of the range was a trend upwards, and how strong a trend there is.
//!
//! +DM is high − high₋₁ where that is above 0 and above low₋₁ − low, else 0; −DM is low₋₁ − low where that is above 0
//! and above the other, else 0. With S a sum by Wilder, s ← s − s ÷ n + x: ±DI = 100 · S(±DM) ÷ S(TR), DX = 100 · |+DI
//! − −DI| ÷ (+DI + −DI), each from 0 to 100. ADX begins with the mean of n DX, then a ← a + (DX − a) ÷ n.
//!
//! Wilder, "New Concepts in Technical Trading Systems" (1978).

use super::average::smoothed;
use super::range::FirstRange;
use super::window::{checked_period, count};
use super::{Flat, HighLowClose, IndicatorError, Series};

/// What the sums at bar n are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectionalSeed {
    /// The n values of bars 1 to n: Wilder.
    Full,
    /// The n − 1 values of bars 1 to n − 1, to which bar n is added as any later one: TA-Lib.
    Short,
}

/// The directional indicators and their average index.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Directional, DirectionalSeed, Flat, HighLowClose};
///
/// let bars = HighLowClose { high: &[2.0, 5.0, 6.0], low: &[1.0, 2.0, 1.0], close: &[1.0, 4.0, 5.0] };
/// let lines = Directional::new(1, DirectionalSeed::Full, Flat::Undefined)?.of(bars)?;
/// assert_eq!(lines.plus.values(), [75.0, 0.0]); // 3 of 4; at bar 2 both move by 1, which counts for neither
/// assert_eq!((lines.adx.at(1), lines.adx.at(2)), (Some(100.0), None));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Directional {
    period: usize,
    seed: DirectionalSeed,
    flat: Flat,
}

/// What [`Directional::of`] returns; the average begins after the other two.
#[derive(Clone, Debug, PartialEq)]
pub struct DirectionalLines {
    /// +DI.
    pub plus: Series,
    /// −DI.
    pub minus: Series,
    /// ADX.
    pub adx: Series,
}

impl Directional {
    /// Returns the indicators over n bars.
    ///
    /// `flat` is what DI is where nothing moved, and DX where nothing moved either way. TA-Lib: 0, but it keeps the last
    /// ADX where DX has no value. By [`Flat::Undefined`] ADX starts anew after such a bar.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    /// - [`IndicatorError::Flat`] for what is no number within the bounds.
    pub fn new(period: usize, seed: DirectionalSeed, flat: Flat) -> Result<Self, IndicatorError> {
        Ok(Self { period: checked_period(period, 1)?, seed, flat: flat.checked()? })
    }

    /// Returns DI from bar n on, and ADX from bar 2n − 1 on.
    ///
    /// # Errors
    ///
    /// As of [`TrueRange::of`](super::TrueRange::of); n + 1 bars are enough, and ADX may be without a value.
    pub fn of(self, bars: HighLowClose<'_>) -> Result<DirectionalLines, IndicatorError> {
        let length = bars.checked(self.period.saturating_add(1))?;
        let moves = |bar: usize| {
            let (up, down) = (bars.high[bar] - bars.high[bar - 1], bars.low[bar - 1] - bars.low[bar]);
            (if up > down { up.max(0.0) } else { 0.0 }, if down > up { down.max(0.0) } else { 0.0 })
        };
        let ranges = self.sums(&FirstRange::Skipped.ranges(bars));
        let plus = self.sums(&(1..length).map(|bar| moves(bar).0).collect::<Vec<_>>());
        let minus = self.sums(&(1..length).map(|bar| moves(bar).1).collect::<Vec<_>>());
        let empty = || Series::with_capacity(ranges.len());
        let (mut lines, mut index) = (DirectionalLines { plus: empty(), minus: empty(), adx: empty() }, empty());
        for (at, ((range, plus), minus)) in ranges.iter().zip(plus).zip(minus).enumerate() {
            let bar = self.period + at;
            let share = |moved: f64| if *range > 0.0 { Some(100.0 * (moved / range)) } else { self.flat.value() };
            let moved = plus + minus;
            let strength = if moved > 0.0 { Some(100.0 * ((plus - minus).abs() / moved)) } else { self.flat.value() };
            for (line, value) in
                [(&mut lines.plus, share(plus)), (&mut lines.minus, share(minus)), (&mut index, strength)]
            {
                if let Some(value) = value {
                    line.push(bar, value);
                }
            }
        }
        for (bar, run) in index.runs().filter(|(_, run)| run.len() >= self.period) {
            let averages = smoothed(run, self.period, 1.0 / count(self.period));
            for (bar, average) in (bar + self.period - 1..).zip(averages) {
                lines.adx.push(bar, average);
            }
        }
        Ok(lines)
    }

    /// Returns Wilder's sums, the first of them that of bar n, of values of the bars from 1 on.
    fn sums(self, values: &[f64]) -> Vec<f64> {
        let seed = match self.seed {
            DirectionalSeed::Full => self.period,
            DirectionalSeed::Short => self.period - 1,
        };
        let mut sum: f64 = values[..seed].iter().sum();
        let n = count(self.period);
        let mut sums = Vec::with_capacity(values.len());
        if self.seed == DirectionalSeed::Full {
            sums.push(sum);
        }
        for value in &values[seed..] {
            sum = sum - sum / n + value;
            sums.push(sum);
        }
        sums
    }
}
