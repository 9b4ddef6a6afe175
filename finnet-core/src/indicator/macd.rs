//! MACD: the distance of a fast exponential mean from a slow one.
//!
//! line = EMA(fast) − EMA(slow), signal = EMA(signal) of the line, histogram = line − signal; all in the input's
//! unit. Both means are kept as differences to the first value, so that an offset cancels before anything is rounded.
//!
//! Appel, "The Moving Average Convergence Divergence Trading Method" (1979), with 12, 26 and 9.

use super::average::differences;
use super::window::{checked, checked_period};
use super::{Ema, IndicatorError, Seed, Series};

/// Where the fast mean starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MacdStart {
    /// All means start with the first value, at bar 0.
    First,
    /// Each mean starts with the mean of its own first n values: the line is that of two [`Ema`]s by [`Seed::Mean`].
    Apart,
    /// Fast and slow mean both start at bar slow − 1, the fast one with the mean of the last `fast` values up to it:
    /// TA-Lib.
    Together,
}

/// The convergence and divergence of two moving averages.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Macd, MacdStart};
///
/// let macd = Macd::new(1, 3, 2, MacdStart::Together)?.of(&[1.0, 2.0, 3.0, 7.0])?;
/// assert_eq!(macd.line.values(), [1.0, 2.5]); // 3 − 2, 7 − 4.5
/// assert_eq!(macd.signal.values(), [1.75]);
/// assert_eq!(macd.histogram.at(3), Some(0.75));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Macd {
    fast: usize,
    slow: usize,
    signal: usize,
    start: MacdStart,
}

/// What [`Macd::of`] returns; the line begins before the other two.
#[derive(Clone, Debug, PartialEq)]
pub struct MacdLines {
    /// The fast mean less the slow one.
    pub line: Series,
    /// The exponential mean of the line.
    pub signal: Series,
    /// The line less the signal.
    pub histogram: Series,
}

impl Macd {
    /// Returns the MACD of these periods.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    /// - [`IndicatorError::Order`] where the fast period is not below the slow one.
    pub fn new(fast: usize, slow: usize, signal: usize, start: MacdStart) -> Result<Self, IndicatorError> {
        for period in [fast, slow, signal] {
            checked_period(period, 1)?;
        }
        if fast < slow { Ok(Self { fast, slow, signal, start }) } else { Err(IndicatorError::Order { fast, slow }) }
    }

    /// Returns line, signal and histogram: from bar 0 on by [`MacdStart::First`], else the line from bar slow − 1 on,
    /// the others from bar slow + signal − 2 on. TA-Lib blanks the line too up to there.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Empty`], [`IndicatorError::TooShort`] for fewer bars than the first signal needs.
    /// - [`IndicatorError::NotFinite`], [`IndicatorError::TooLarge`] for what is no number within the bounds.
    pub fn of(self, values: &[f64]) -> Result<MacdLines, IndicatorError> {
        let seed = if self.start == MacdStart::First { Seed::First } else { Seed::Mean };
        let [fast, slow, signal] = [self.fast, self.slow, self.signal].map(|period| Ema::new(period, seed));
        let (fast, slow, signal) = (fast?, slow?, signal?);
        let first = slow.least() - 1;
        let values = checked(values, first.saturating_add(signal.least()))?;
        let differences = differences(values);
        let skipped = if self.start == MacdStart::Together { self.slow - self.fast } else { 0 };
        let fast_means = fast.of_differences(&differences[skipped..]);
        // Both end at the last bar: the earlier ones of the fast mean have no partner.
        let slow_means = slow.of_differences(&differences);
        let early = fast_means.len() - slow_means.len();
        let line: Vec<f64> = fast_means[early..].iter().zip(&slow_means).map(|(fast, slow)| fast - slow).collect();
        let signals = signal.of_differences(&line);
        let early = line.len() - signals.len();
        let histogram = line[early..].iter().zip(&signals).map(|(line, signal)| line - signal).collect();
        Ok(MacdLines {
            line: Series::starting(first, line),
            signal: Series::starting(first + early, signals),
            histogram: Series::starting(first + early, histogram),
        })
    }
}
