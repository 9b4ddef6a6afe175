//! Indicators as machines: one bar after the other, and the value of each at once.
//!
//! A [`Stream`] gives for each bar what the batch gives for it, to the bit: it does the same operations in the same
//! order. Its memory is that of the last 2n bars at most. Input is checked as in a batch; what is refused leaves no
//! trace. A copy of a stream is its snapshot.

use std::fmt;

use super::input::Input;
use super::{IndicatorError, Series};

/// A value that names an indicator, its parameters and its convention.
pub trait Indicator: Copy {
    /// What it takes of a bar: a number, or a [`OneBar`](super::OneBar).
    type Input: Input;
    /// What it gives for a bar: `None` in the warm-up and where it is undefined.
    type Output;
    /// What it keeps from bar to bar.
    #[doc(hidden)]
    type State: State<Input = Self::Input, Output = Self::Output>;

    /// Returns the state before the first bar.
    #[doc(hidden)]
    fn state(self) -> Self::State;
}

/// What an indicator keeps from bar to bar.
pub trait State: Clone + fmt::Debug + PartialEq {
    /// What it takes of a bar.
    type Input;
    /// What it gives for it.
    type Output;

    /// Takes a bar that was checked.
    fn step(&mut self, input: Self::Input) -> Self::Output;
}

/// An indicator of bars that come one after the other.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{IndicatorError, Sma};
///
/// let mut mean = Sma::new(2)?.stream();
/// assert_eq!(mean.push(1.0)?, None);
/// assert_eq!(mean.push(3.0)?, Some(2.0));
/// assert_eq!(mean.push(f64::NAN), Err(IndicatorError::NotFinite { bar: 2 }));
/// assert_eq!(mean.push(4.0)?, Some(3.5)); // what was refused has left no trace
/// # Ok::<(), IndicatorError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Stream<I: Indicator> {
    state: I::State,
    bars: usize,
}

impl<I: Indicator> Stream<I> {
    /// Returns the machine before its first bar.
    pub fn new(indicator: I) -> Self {
        Self { state: indicator.state(), bars: 0 }
    }

    /// Takes the next bar and returns what it gives.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::NotFinite`], [`IndicatorError::TooLarge`] for what is no number within the bounds.
    /// - [`IndicatorError::HighBelowLow`], [`IndicatorError::CloseOutside`], [`IndicatorError::NegativeVolume`] of a bar.
    pub fn push(&mut self, input: I::Input) -> Result<I::Output, IndicatorError> {
        input.check(self.bars)?;
        self.bars += 1;
        Ok(self.state.step(input))
    }

    /// Returns how many bars it took; the next one has this number.
    pub fn bars(&self) -> usize {
        self.bars
    }
}

/// Returns the values of bars that were checked.
pub(super) fn series<S: State<Output = Option<f64>>>(
    mut state: S,
    inputs: impl ExactSizeIterator<Item = S::Input>,
) -> Series {
    let mut series = Series::with_capacity(inputs.len());
    for (bar, input) in inputs.enumerate() {
        series.add(bar, state.step(input));
    }
    series
}

/// Writes `stream` of each indicator.
macro_rules! streams {
    ($($indicator:ty),+ $(,)?) => {$(
        impl $indicator {
            /// Returns the indicator as a machine: one bar after the other, the same bits as in a batch.
            pub fn stream(self) -> $crate::indicator::Stream<Self> {
                $crate::indicator::Stream::new(self)
            }
        }
    )+};
}

pub(super) use streams;
