//! A statistic over time: value by value, part by part, and in each window.
//!
//! A [`Statistic`] says what it must know of the values, an [`Accumulator`], and reads itself from that. What follows is
//! the same for all: [`Statistic::stream`] takes one value after the other and merges with that of what comes next,
//! [`Statistic::rolling`] moves a window along a series. In come finite doubles or pairs of them; out go values, `None`
//! where there is none, and never NaN.

use std::ops::Range;

use super::error::StatsError;
use super::sums::{check, check_both};

/// What a statistic takes at a time: a value, or one beside another.
pub trait Observation: Copy {
    /// A series of them: a slice, or two slices of one length.
    type Series<'a>: Copy;

    /// Returns how many there are.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`]; of two also [`StatsError::LengthsDiffer`].
    fn count(series: Self::Series<'_>) -> Result<usize, StatsError>;

    /// Returns one of them by its place.
    ///
    /// # Panics
    ///
    /// Where there is no such place.
    fn at(series: Self::Series<'_>, place: usize) -> Self;
}

impl Observation for f64 {
    type Series<'a> = &'a [f64];

    fn count(series: &[f64]) -> Result<usize, StatsError> {
        check(series)?;
        Ok(series.len())
    }

    fn at(series: &[f64], place: usize) -> Self {
        series[place]
    }
}

impl Observation for (f64, f64) {
    type Series<'a> = (&'a [f64], &'a [f64]);

    fn count((left, right): (&[f64], &[f64])) -> Result<usize, StatsError> {
        check_both(left, right)?;
        Ok(left.len())
    }

    fn at((left, right): (&[f64], &[f64]), place: usize) -> Self {
        (left[place], right[place])
    }
}

/// What a statistic must know of the values so far.
///
/// Of those that are exact ([`Scatter`](super::Scatter), [`Shape`](super::Shape), [`Pairs`](super::Pairs),
/// [`Outcomes`](super::Outcomes)) two that saw the same values are equal to the bit, in whatever order and parts. Of those
/// that keep an order ([`Path`](super::Path), [`Sides`](super::Sides)) parts merge in that order, and differ from the
/// whole by rounding alone. Those that hold the values ([`Sorted`](super::Sorted), [`Kept`](super::Kept)) grow with them.
pub trait Accumulator: Clone {
    /// What is taken at a time.
    type Value: Observation;

    /// Adds a value.
    ///
    /// # Errors
    ///
    /// The accumulator is then as before.
    ///
    /// - [`StatsError::NotFinite`], with the number of values before it.
    /// - [`StatsError::TooMany`] beyond 2³².
    /// - [`StatsError::Overflow`] where what is kept would leave a double's range.
    fn push(&mut self, value: Self::Value) -> Result<(), StatsError>;

    /// Adds the values of another, which come after those of this one.
    ///
    /// # Errors
    ///
    /// As [`Accumulator::push`].
    fn merge(&mut self, next: &Self) -> Result<(), StatsError>;

    /// Moves a window: from the one of the same length that begins one place earlier to this one, of a series that was
    /// found finite.
    ///
    /// # Errors
    ///
    /// As [`Accumulator::push`].
    ///
    /// # Panics
    ///
    /// Where the window is empty, begins at the start of the series, since then there is none before it, or leaves the
    /// series; where the series holds NaN or an infinity. [`Statistic::rolling`] makes no such window.
    fn slide(
        &mut self,
        series: <Self::Value as Observation>::Series<'_>,
        window: Range<usize>,
    ) -> Result<(), StatsError>;
}

/// The series that a statistic is of.
pub type SeriesOf<'a, S> = <<<S as Statistic>::State as Accumulator>::Value as Observation>::Series<'a>;

/// A statistic that can be followed over time; its conventions are its fields.
///
/// A stream's value may differ in the last digits from what the statistic's `of` says of the same values. A slice is summed in
/// doubles, twice, the second time about its mean; a stream sees each value once, keeps its sums exactly and rounds when
/// it is asked, so that parts merge and windows move without an error that stays. Both are right to rounding.
///
/// # Examples
///
/// ```
/// use finnet_core::stats::{Annualise, Deviation, Statistic, Volatility};
///
/// let volatility = Volatility { annualise: Annualise::PerPeriod, deviation: Deviation::Sample };
/// let returns = [0.5, 1.5, 2.5, 2.5];
/// assert_eq!(volatility.rolling(3, &returns)?, [None, None, Some(1.0), Some((1.0_f64 / 3.0).sqrt())]);
///
/// let (mut early, mut late) = (volatility.stream()?, volatility.stream()?);
/// early.push(0.5)?;
/// late.push(1.5)?;
/// late.push(2.5)?;
/// early.merge(&late)?;
/// assert_eq!(early.value()?, Some(1.0));
/// # Ok::<(), finnet_core::stats::StatsError>(())
/// ```
///
/// Beside a benchmark the series are a pair:
///
/// ```
/// use finnet_core::stats::{Convention, Statistic};
///
/// let (r, b) = ([0.5, -0.5, 0.25, 1.0], [0.25, -0.25, 0.125, 0.125]);
/// let beta = Convention::empyrical().beta();
/// assert_eq!(beta.rolling(2, (&r, &b))?, [None, Some(2.0), Some(2.0), None]); // it stands still in the last two
/// # Ok::<(), finnet_core::stats::StatsError>(())
/// ```
pub trait Statistic: Clone + PartialEq {
    /// What it must know.
    type State: Accumulator;

    /// Returns what is known of no value.
    ///
    /// # Errors
    ///
    /// - Those of the conventions.
    fn start(&self) -> Result<Self::State, StatsError>;

    /// Returns the statistic of what is known.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`] of no value; [`StatsError::Overflow`]; those of the conventions.
    fn read(&self, state: &Self::State) -> Result<Option<f64>, StatsError>;

    /// Returns the statistic of no value yet, to be followed value by value.
    ///
    /// # Errors
    ///
    /// - Those of the conventions.
    fn stream(&self) -> Result<Stream<Self>, StatsError> {
        Ok(Stream { statistic: self.clone(), state: self.start()? })
    }

    /// Returns the statistic of each window of so many values, at the window's last; as long as the series, and `None`
    /// in the warm-up and where it is undefined.
    ///
    /// Each is, to the bit, what [`Statistic::stream`] says of the window's values. A step costs O(1) where sums are
    /// exact, and O(window) where the order or the values themselves count.
    ///
    /// # Errors
    ///
    /// - [`StatsError::NoWindow`] for a window of 0; those of [`Observation::count`] and [`Statistic::read`].
    fn rolling(&self, window: usize, series: SeriesOf<'_, Self>) -> Result<Vec<Option<f64>>, StatsError> {
        let mut values = Vec::new();
        self.rolling_into(window, series, &mut values)?;
        Ok(values)
    }

    /// Does as [`Statistic::rolling`], into a vector whose memory serves again; what it held is gone.
    ///
    /// # Errors
    ///
    /// - Those of [`Statistic::rolling`].
    fn rolling_into(
        &self,
        window: usize,
        series: SeriesOf<'_, Self>,
        values: &mut Vec<Option<f64>>,
    ) -> Result<(), StatsError> {
        let n = <<Self::State as Accumulator>::Value as Observation>::count(series)?;
        if window == 0 {
            return Err(StatsError::NoWindow);
        }
        values.clear();
        values.resize(n.min(window - 1), None);
        let mut state = self.start()?;
        for end in 1..=n {
            if end <= window {
                state.push(Observation::at(series, end - 1))?;
            } else {
                state.slide(series, end - window..end)?;
            }
            if end >= window {
                values.push(self.read(&state)?);
            }
        }
        Ok(())
    }
}

/// A statistic of the values so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream<S: Statistic> {
    statistic: S,
    state: S::State,
}

impl<S: Statistic> Stream<S> {
    /// Adds a value; beside a benchmark `(return, benchmark's return)`.
    ///
    /// # Errors
    ///
    /// The stream is then as before.
    ///
    /// - Those of [`Accumulator::push`].
    pub fn push(&mut self, value: <S::State as Accumulator>::Value) -> Result<(), StatsError> {
        self.state.push(value)
    }

    /// Adds the values of another stream of the same statistic, which come after those of this one.
    ///
    /// # Errors
    ///
    /// The stream is then as before.
    ///
    /// - [`StatsError::ConventionsDiffer`]; those of [`Accumulator::push`].
    pub fn merge(&mut self, next: &Self) -> Result<(), StatsError> {
        if self.statistic != next.statistic {
            return Err(StatsError::ConventionsDiffer);
        }
        self.state.merge(&next.state)
    }

    /// Returns the statistic of all values so far; `None` where it is undefined.
    ///
    /// # Errors
    ///
    /// - Those of [`Statistic::read`].
    pub fn value(&self) -> Result<Option<f64>, StatsError> {
        self.statistic.read(&self.state)
    }

    /// Returns what is known of the values.
    pub fn state(&self) -> &S::State {
        &self.state
    }
}
