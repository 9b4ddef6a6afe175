//! Directional movement: how much of the range was a trend upwards, and how strong a trend there is.
//!
//! +DM is high − high₋₁ where that is above 0 and above low₋₁ − low, else 0; −DM is low₋₁ − low where that is above 0
//! and above the other, else 0. With S a sum by Wilder, s ← s − s ÷ n + x: ±DI = 100 · S(±DM) ÷ S(TR), DX = 100 · |+DI
//! − −DI| ÷ (+DI + −DI), each from 0 to 100. ADX begins with the mean of n DX, then a ← a + (DX − a) ÷ n.
//!
//! Wilder, "New Concepts in Technical Trading Systems" (1978).

use super::input::{checked_period, count};
use super::range::RangeState;
use super::smooth::Smoothed;
use super::stream::{Indicator, State, streams};
use super::{FirstRange, Flat, HighLowClose, IndicatorError, OneBar, Series, TrueRange};

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

/// What [`Directional::of`] returns, or a stream for a bar; the average begins after the other two.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DirectionalLines<T = Series> {
    /// +DI.
    pub plus: T,
    /// −DI.
    pub minus: T,
    /// ADX.
    pub adx: T,
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
        bars.checked(self.period.saturating_add(1))?;
        let (mut state, mut lines) = (self.state(), DirectionalLines::<Series>::default());
        for (bar, prices) in bars.bars().enumerate() {
            let one = state.step(prices);
            lines.plus.add(bar, one.plus);
            lines.minus.add(bar, one.minus);
            lines.adx.add(bar, one.adx);
        }
        Ok(lines)
    }
}

impl Indicator for Directional {
    type Input = OneBar;
    type Output = DirectionalLines<Option<f64>>;
    type State = DirectionalState;

    fn state(self) -> DirectionalState {
        let seed = match self.seed {
            DirectionalSeed::Full => self.period,
            DirectionalSeed::Short => self.period - 1,
        };
        DirectionalState {
            n: count(self.period),
            before: None,
            range: TrueRange::new(FirstRange::Skipped).state(),
            waits: seed,
            hidden: self.period,
            sums: [0.0; 3],
            flat: self.flat,
            new: Smoothed::new(self.period, 1.0 / count(self.period), 0),
            adx: Smoothed::new(self.period, 1.0 / count(self.period), 0),
        }
    }
}

/// Wilder's sums of ranges and moves, and the average of their shares.
#[derive(Clone, Debug, PartialEq)]
pub struct DirectionalState {
    n: f64,
    before: Option<OneBar>,
    range: RangeState,
    /// Bars that are still only added, and bars without a value: both still to come.
    waits: usize,
    hidden: usize,
    /// Of ranges, upward and downward moves.
    sums: [f64; 3],
    flat: Flat,
    /// The average before its first value, and as it is.
    new: Smoothed,
    adx: Smoothed,
}

impl State for DirectionalState {
    type Input = OneBar;
    type Output = DirectionalLines<Option<f64>>;

    fn step(&mut self, bar: OneBar) -> DirectionalLines<Option<f64>> {
        let range = self.range.step(bar);
        let Some((before, range)) = self.before.replace(bar).zip(range) else {
            return DirectionalLines::default();
        };
        let (up, down) = (bar.high - before.high, before.low - bar.low);
        let up_counts = if up > down && up > 0.0 { up } else { 0.0 };
        let down_counts = if down > up && down > 0.0 { down } else { 0.0 };
        for (sum, value) in self.sums.iter_mut().zip([range, up_counts, down_counts]) {
            *sum = if self.waits > 0 { *sum + value } else { *sum - *sum / self.n + value };
        }
        self.waits = self.waits.saturating_sub(1);
        self.hidden = self.hidden.saturating_sub(1);
        if self.hidden > 0 {
            return DirectionalLines::default();
        }
        let [range, plus, minus] = self.sums;
        let strength = self.flat.percent((plus - minus).abs(), plus + minus);
        if strength.is_none() {
            self.adx = self.new;
        }
        DirectionalLines {
            plus: self.flat.percent(plus, range),
            minus: self.flat.percent(minus, range),
            adx: strength.and_then(|strength| self.adx.step(strength)),
        }
    }
}

streams!(Directional);
