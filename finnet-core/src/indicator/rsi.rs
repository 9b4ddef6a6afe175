//! Relative strength: how much of the moves was upwards.
//!
//! RSI = 100 · g ÷ (g + l), from 0 to 100, with g the mean of the gains and l that of the losses (both ≥ 0), bar over
//! bar. It is 100 − 100 ÷ (1 + g ÷ l), written without the second quotient.
//!
//! Wilder, "New Concepts in Technical Trading Systems" (1978), smooths: the first means are those of the first n
//! changes, then g ← g + (x − g) ÷ n. Cutler takes the plain means of the last n, so that a value depends on n + 1
//! bars alone and not on where the data begin.

use super::input::{checked, checked_period, count};
use super::smooth::{GROUP, Smoothed};
use super::stream::{Indicator, State, streams};
use super::window::{Pair, Windows};
use super::{Flat, IndicatorError, Series};

/// How gains and losses are averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Smoothing {
    /// Exponentially with k = 1 ÷ n, from the means of the first n changes on.
    Wilder,
    /// The mean of the last n changes.
    Cutler,
}

/// The relative strength index over n changes; the first value is that of bar n.
///
/// With [`Smoothing::Wilder`] a series that no longer moves keeps its index, since both means shrink alike; but after some
/// ten thousand bars without a move, for n = 14, they have left the doubles that have all their bits, and the index is
/// that of their rounding. With [`Smoothing::Cutler`] it is `flat` after n bars.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Flat, Rsi, Smoothing};
///
/// let closes = [10.0, 13.0, 12.0, 12.0, 12.0];
/// let rsi = Rsi::new(2, Smoothing::Cutler, Flat::Undefined)?.of(&closes)?;
/// assert_eq!((rsi.at(2), rsi.at(3), rsi.at(4)), (Some(75.0), Some(0.0), None)); // +3 −1, −1 0, 0 0
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rsi {
    period: usize,
    smoothing: Smoothing,
    flat: Flat,
}

impl Rsi {
    /// Returns the index of this n and smoothing; `flat` is what it gives where neither gain nor loss is left.
    ///
    /// TA-Lib: [`Smoothing::Wilder`] and 0, though it takes means below 10⁻¹⁴ for none.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    /// - [`IndicatorError::Flat`] for what is no number within the bounds.
    pub fn new(period: usize, smoothing: Smoothing, flat: Flat) -> Result<Self, IndicatorError> {
        Ok(Self { period: checked_period(period, 1)?, smoothing, flat: flat.checked()? })
    }

    /// Returns the index, from bar n on.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Empty`], [`IndicatorError::TooShort`] for fewer than n + 1 bars.
    /// - [`IndicatorError::NotFinite`], [`IndicatorError::TooLarge`] for what is no number within the bounds.
    pub fn of(self, values: &[f64]) -> Result<Series, IndicatorError> {
        let mut strengths = Series::new();
        self.of_into(values, &mut strengths)?;
        Ok(strengths)
    }

    /// Writes the index in the place of what the series held, whose memory it keeps.
    ///
    /// # Errors
    ///
    /// As of [`Rsi::of`]; the series is then as it was.
    pub fn of_into(self, values: &[f64], strengths: &mut Series) -> Result<(), IndicatorError> {
        checked(values, self.period.saturating_add(1))?;
        match self.smoothing {
            Smoothing::Wilder => self.wilder_into(values, strengths),
            Smoothing::Cutler => {
                let mut state = self.state();
                strengths.emptied(values.len() - self.period);
                values.iter().enumerate().for_each(|(bar, &value)| strengths.add(bar, state.step(value)));
            }
        }
        Ok(())
    }

    /// Changes of a mean.
    pub(super) fn period(self) -> usize {
        self.period
    }

    /// Writes the index, with NaN where nothing moved until all are there.
    fn wilder_into(self, values: &[f64], strengths: &mut Series) {
        let cells = strengths.resized(values.len() - self.period);
        let mut means = [self.smoothed(); 2];
        let (before, values) = (&values[..values.len() - 1], &values[1..]);
        // As in a stream up to the first whole group of changes.
        let early = means[0].before_groups().min(values.len());
        let (cells, rest) = cells.split_at_mut(early + 1 - self.period);
        one_by_one(&mut means, &before[..early], &values[..early], cells);
        let (before, before_late) = before[early..].as_chunks::<GROUP>();
        let (values, late) = values[early..].as_chunks::<GROUP>();
        let (cells, cells_late) = rest.as_chunks_mut::<GROUP>();
        let [mut gains, mut losses] = means.map(|mean| mean.groups());
        for ((before, value), cells) in before.iter().zip(values).zip(cells) {
            let change = |at: usize| moved(before[at], value[at]);
            let (one, two, three, four) = (change(0), change(1), change(2), change(3));
            let gain = gains.step((one.0, two.0, three.0, four.0));
            let loss = losses.step((one.1, two.1, three.1, four.1));
            *cells = [
                strength(gain.0, loss.0),
                strength(gain.1, loss.1),
                strength(gain.2, loss.2),
                strength(gain.3, loss.3),
            ];
        }
        means[0].after(gains);
        means[1].after(losses);
        one_by_one(&mut means, before_late, late, cells_late);
        strengths.begin_with(self.period, self.flat);
    }

    fn smoothed(self) -> Smoothed {
        Smoothed::new(self.period, 1.0 / count(self.period), 0)
    }
}

/// Writes the index of as many changes as there is room for at the end.
fn one_by_one([gains, losses]: &mut [Smoothed; 2], before: &[f64], values: &[f64], cells: &mut [f64]) {
    let changes = before.iter().zip(values).map(|(&before, &value)| moved(before, value));
    let means = changes.map(|(gain, loss)| gains.step(gain).zip(losses.step(loss)));
    for (cell, (gain, loss)) in cells.iter_mut().zip(means.flatten()) {
        *cell = strength(gain, loss);
    }
}

/// Returns the index; NaN where nothing moved.
fn strength(gain: f64, loss: f64) -> f64 {
    100.0 * (gain / (gain + loss))
}

/// Returns the gain and the loss, of which one is 0.
fn moved(before: f64, value: f64) -> (f64, f64) {
    let change = value - before;
    (if change > 0.0 { change } else { 0.0 }, if change < 0.0 { -change } else { 0.0 })
}

impl Indicator for Rsi {
    type Input = f64;
    type Output = Option<f64>;
    type State = RsiState;

    fn state(self) -> RsiState {
        let means = match self.smoothing {
            Smoothing::Wilder => Means::Wilder(self.smoothed(), self.smoothed()),
            Smoothing::Cutler => Means::Cutler(Windows::new(self.period)),
        };
        RsiState { before: None, means, flat: self.flat }
    }
}

/// The value before, and means of gains and losses.
#[derive(Clone, Debug, PartialEq)]
pub struct RsiState {
    before: Option<f64>,
    means: Means,
    flat: Flat,
}

#[derive(Clone, Debug, PartialEq)]
enum Means {
    Wilder(Smoothed, Smoothed),
    Cutler(Windows<Pair>),
}

impl State for RsiState {
    type Input = f64;
    type Output = Option<f64>;

    fn step(&mut self, value: f64) -> Option<f64> {
        let (gain, loss) = moved(self.before.replace(value)?, value);
        let (gain, loss) = match &mut self.means {
            Means::Wilder(gains, losses) => gains.step(gain).zip(losses.step(loss))?,
            Means::Cutler(windows) => windows.step((gain, loss)).map(|(_, Pair(gain, loss))| (gain, loss))?,
        };
        self.flat.percent(gain, gain + loss)
    }
}

streams!(Rsi);
