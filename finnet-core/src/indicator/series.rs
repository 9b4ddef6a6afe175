//! What an indicator returns: values, and the bars they belong to.

use super::Flat;

/// The values of an indicator and their bars, counted from 0.
///
/// In the warm-up there is no value, and where a value is not defined there is none either: nothing stands in its
/// place, neither NaN nor 0, so that no sum over the values can take one for the other. The values lie one after the
/// other, in order of the bars; they are in one run unless an undefined bar parts them.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::Sma;
///
/// let mean = Sma::new(3)?.of(&[1.0, 2.0, 6.0, 7.0])?;
/// assert_eq!(mean.values(), [3.0, 5.0]);
/// assert_eq!(mean.first_bar(), Some(2));
/// assert_eq!((mean.at(1), mean.at(2), mean.at(4)), (None, Some(3.0), None));
/// assert_eq!(mean.iter().collect::<Vec<_>>(), [(2, 3.0), (3, 5.0)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    values: Vec<f64>,
    runs: Vec<Run>,
}

/// Values of bars in a row, up to where the next run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    /// The bar of the first of them.
    bar: usize,
    /// Its place among the values.
    place: usize,
}

impl Series {
    /// Returns the values, in order of their bars.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Returns the bar of the first value; `None` where no bar has one.
    pub fn first_bar(&self) -> Option<usize> {
        self.runs.first().map(|run| run.bar)
    }

    /// Returns the value of a bar; `None` in the warm-up, where it is undefined, and past the end.
    pub fn at(&self, bar: usize) -> Option<f64> {
        let next = self.runs.partition_point(|run| run.bar <= bar);
        let run = self.runs[..next].last()?;
        let end = self.runs.get(next).map_or(self.values.len(), |run| run.place);
        self.values[run.place..end].get(bar - run.bar).copied()
    }

    /// Returns bars and their values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, f64)> {
        self.runs().flat_map(|(bar, values)| (bar..).zip(values.iter().copied()))
    }

    /// Returns the runs of values whose bars follow each other: the first bar of each, and its values.
    pub fn runs(&self) -> impl Iterator<Item = (usize, &[f64])> {
        let ends = self.runs.iter().skip(1).map(|run| run.place).chain([self.values.len()]);
        self.runs.iter().zip(ends).map(|(run, end)| (run.bar, &self.values[run.place..end]))
    }

    /// Returns a series without values, for `of_into` of an indicator to write to.
    ///
    /// Memory that is asked for anew costs more than most indicators: whoever needs many takes one series for all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a series that holds nothing yet.
    pub(super) fn with_capacity(values: usize) -> Self {
        Self { values: Vec::with_capacity(values), runs: Vec::new() }
    }

    /// Returns values in one run.
    pub(super) fn starting(bar: usize, values: Vec<f64>) -> Self {
        let mut series = Self { values, runs: Vec::new() };
        series.begin(bar);
        series
    }

    /// Asks for room for so many values and gives it back, before several series are made that hold them together.
    ///
    /// An allocator that has seen the whole need in one piece keeps it from call to call. In three pieces glibc gives it
    /// back to the system after each call, and to get it anew costs several times what bands do.
    pub(super) fn room_for(values: usize) {
        std::hint::black_box(Vec::<f64>::with_capacity(values));
    }

    /// Leaves out all values, and returns where those from this bar on go, which fit; [`Series::begin`] ends it.
    pub(super) fn emptied(&mut self, values: usize) -> &mut Vec<f64> {
        self.runs.clear();
        self.values.clear();
        self.values.reserve_exact(values);
        &mut self.values
    }

    /// Returns where so many values go, in the place of those there were; [`Series::begin`] ends it.
    pub(super) fn resized(&mut self, values: usize) -> &mut [f64] {
        self.runs.clear();
        if self.values.capacity() < values {
            // Memory that comes as zeros is not written twice.
            self.values = vec![0.0; values];
        }
        self.values.resize(values, 0.0);
        &mut self.values
    }

    /// Gives the values to the bars from this one on.
    pub(super) fn begin(&mut self, bar: usize) {
        debug_assert!(self.values.iter().all(|value| value.is_finite()), "checked input gives numbers");
        self.runs.clear();
        if !self.values.is_empty() {
            self.runs.push(Run { bar, place: 0 });
        }
    }

    /// Gives the values to the bars from this one on, with what `flat` stands for in the place of those not a number.
    pub(super) fn begin_with(&mut self, bar: usize, flat: Flat) {
        if !self.values.iter().fold(false, |any, value| any | value.is_nan()) {
            return self.begin(bar);
        }
        let values = std::mem::take(&mut self.values);
        self.runs.clear();
        for (bar, value) in (bar..).zip(values) {
            self.add(bar, if value.is_nan() { flat.value() } else { Some(value) });
        }
    }

    /// Adds the value of a bar after all that have one; nothing where it has none.
    pub(super) fn add(&mut self, bar: usize, value: Option<f64>) {
        let Some(value) = value else { return };
        debug_assert!(value.is_finite(), "checked input gives numbers");
        let place = self.values.len();
        let follows = self.runs.last().is_some_and(|run| run.bar + (place - run.place) == bar);
        if !follows {
            self.runs.push(Run { bar, place });
        }
        self.values.push(value);
    }
}
