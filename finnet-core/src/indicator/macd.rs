//! MACD: the distance of a fast exponential mean from a slow one.
//!
//! line = EMA(fast) − EMA(slow), signal = EMA(signal) of the line, histogram = line − signal; all in the input's
//! unit. Both means are kept as differences to the first value, so that an offset cancels before anything is rounded.
//!
//! Appel, "The Moving Average Convergence Divergence Trading Method" (1979), with 12, 26 and 9.

use super::average::{CHUNK, Origin};
use super::input::{checked, checked_period};
use super::smooth::Smoothed;
use super::stream::{Indicator, State, streams};
use super::{Ema, EmaStart, IndicatorError, Series};

/// Where the fast mean starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MacdStart {
    /// All means start with the first value, at bar 0.
    First,
    /// Each mean starts with the mean of its own first n values: the line is that of two [`Ema`]s by [`EmaStart::Mean`].
    Apart,
    /// Fast and slow mean both start at bar slow − 1, the fast one with the mean of the last `fast` values up to it:
    /// TA-Lib.
    Together,
}

/// Where lines of one indicator begin that need different numbers of bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarmUp {
    /// Each where it can.
    Apart,
    /// All where the last one can: TA-Lib.
    Together,
}

/// The convergence and divergence of two moving averages.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Macd, MacdStart, WarmUp};
///
/// let macd = Macd::new(1, 3, 2, MacdStart::Together, WarmUp::Apart)?.of(&[1.0, 2.0, 3.0, 7.0])?;
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
    warm_up: WarmUp,
}

/// What [`Macd::of`] returns, three series, or a stream for a bar; the line may begin before the other two.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MacdLines<T = Series> {
    /// The fast mean less the slow one.
    pub line: T,
    /// The exponential mean of the line.
    pub signal: T,
    /// The line less the signal.
    pub histogram: T,
}

impl Macd {
    /// Returns the MACD of these periods.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    /// - [`IndicatorError::Order`] where the fast period is not below the slow one.
    pub fn new(
        fast: usize,
        slow: usize,
        signal: usize,
        start: MacdStart,
        warm_up: WarmUp,
    ) -> Result<Self, IndicatorError> {
        for period in [fast, slow, signal] {
            checked_period(period, 1)?;
        }
        let order = Err(IndicatorError::Order { fast, slow });
        if fast < slow { Ok(Self { fast, slow, signal, start, warm_up }) } else { order }
    }

    /// Returns line, signal and histogram: from bar 0 on by [`MacdStart::First`], else the line from bar slow − 1 on,
    /// the others from bar slow + signal − 2 on, and by [`WarmUp::Together`] the line too.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Empty`], [`IndicatorError::TooShort`] for fewer bars than the first signal needs.
    /// - [`IndicatorError::NotFinite`], [`IndicatorError::TooLarge`] for what is no number within the bounds.
    pub fn of(self, values: &[f64]) -> Result<MacdLines, IndicatorError> {
        let mut lines = MacdLines::default();
        self.of_into(values, &mut lines)?;
        Ok(lines)
    }

    /// Writes the lines in the place of what the series held, whose memory they keep.
    ///
    /// # Errors
    ///
    /// As of [`Macd::of`]; the series are then as they were.
    pub fn of_into(self, values: &[f64], lines: &mut MacdLines) -> Result<(), IndicatorError> {
        let (first, full) = self.first_bars();
        checked(values, full.saturating_add(1))?;
        let line_bar = if self.warm_up == WarmUp::Together { full } else { first };
        let line = lines.line.emptied(values.len() - line_bar);
        let signals = lines.signal.emptied(values.len() - full);
        let histogram = lines.histogram.emptied(values.len() - full);
        let mut state = self.state();
        for &value in &values[..=full] {
            let one = state.step(value);
            line.extend(one.line);
            signals.extend(one.signal);
            histogram.extend(one.histogram);
        }
        let MacdState { mut fast, mut slow, mut signal, .. } = state;
        let (mut fasts, mut slows) = ([0.0; CHUNK], [0.0; CHUNK]);
        for chunk in values[full + 1..].chunks(CHUNK) {
            let (fasts, slows) = (&mut fasts[..chunk.len()], &mut slows[..chunk.len()]);
            for ((fast, slow), value) in fasts.iter_mut().zip(slows.iter_mut()).zip(chunk) {
                *fast = value - values[0];
                *slow = *fast;
            }
            fast.means(fasts);
            slow.means(slows);
            // From here on the fast means' place holds the line, the slow ones' the signal.
            fasts.iter_mut().zip(slows.iter_mut()).for_each(|(fast, slow)| {
                *fast -= *slow;
                *slow = *fast;
            });
            line.extend_from_slice(fasts);
            signal.means(slows);
            signals.extend_from_slice(slows);
            histogram.extend(fasts.iter().zip(slows).map(|(line, signal)| *line - *signal));
        }
        lines.line.begin(line_bar);
        lines.signal.begin(full);
        lines.histogram.begin(full);
        Ok(())
    }

    /// The first bars of the line and of the signal.
    fn first_bars(self) -> (usize, usize) {
        match self.start {
            MacdStart::First => (0, 0),
            MacdStart::Apart | MacdStart::Together => {
                (self.slow - 1, (self.slow - 1).saturating_add(self.signal - 1))
            }
        }
    }
}

impl Indicator for Macd {
    type Input = f64;
    type Output = MacdLines<Option<f64>>;
    type State = MacdState;

    fn state(self) -> MacdState {
        let start = if self.start == MacdStart::First { EmaStart::First } else { EmaStart::Mean };
        let skipped = if self.start == MacdStart::Together { self.slow - self.fast } else { 0 };
        let (first, full) = self.first_bars();
        let mean = |period, bar| Ema::of_checked(period, start).smoothed(bar);
        MacdState {
            origin: Origin::default(),
            skipped,
            early: if self.warm_up == WarmUp::Together { full } else { first },
            fast: mean(self.fast, skipped),
            slow: mean(self.slow, 0),
            signal: mean(self.signal, first),
        }
    }
}

/// Two means of differences to the first value, and that of their distance.
#[derive(Clone, Debug, PartialEq)]
pub struct MacdState {
    origin: Origin,
    /// Values that the fast mean leaves out, and bars of which no line is shown: both still to come.
    skipped: usize,
    early: usize,
    fast: Smoothed,
    slow: Smoothed,
    signal: Smoothed,
}

impl State for MacdState {
    type Input = f64;
    type Output = MacdLines<Option<f64>>;

    fn step(&mut self, value: f64) -> MacdLines<Option<f64>> {
        let difference = value - self.origin.of(value);
        let fast = if self.skipped == 0 { self.fast.step(difference) } else { None };
        self.skipped = self.skipped.saturating_sub(1);
        let line = fast.zip(self.slow.step(difference)).map(|(fast, slow)| fast - slow);
        let signal = line.and_then(|line| self.signal.step(line));
        let shown = self.early == 0;
        self.early = self.early.saturating_sub(1);
        let histogram = line.zip(signal).map(|(line, signal)| line - signal);
        MacdLines { line: line.filter(|_| shown), signal, histogram }
    }
}

streams!(Macd);
