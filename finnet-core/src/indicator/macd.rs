//! MACD: the distance of a fast exponential mean from a slow one.
//!
//! line = EMA(fast) − EMA(slow), signal = EMA(signal) of the line, histogram = line − signal; all in the input's
//! unit. Both means are kept as differences to the first value, so that an offset cancels before anything is rounded.
//!
//! Appel, "The Moving Average Convergence Divergence Trading Method" (1979), with 12, 26 and 9.

use super::average::Origin;
use super::input::{checked, checked_period};
use super::smooth::{GROUP, Smoothed};
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
        Series::room_for(3 * values.len());
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
        let mut state = self.state();
        let early = (full + 1).next_multiple_of(GROUP).min(values.len());
        let (before, values_later) = values.split_at(early);
        let line = lines.line.resized(values.len() - line_bar);
        let signals = lines.signal.resized(values.len() - full);
        let histogram = lines.histogram.resized(values.len() - full);
        // As in a stream up to the first whole group.
        for (bar, &value) in before.iter().enumerate() {
            let one = state.step(value);
            for (line, value, first) in [
                (&mut *line, one.line, line_bar),
                (&mut *signals, one.signal, full),
                (&mut *histogram, one.histogram, full),
            ] {
                if let Some(value) = value {
                    line[bar - first] = value;
                }
            }
        }
        let outputs = [&mut line[early - line_bar..], &mut signals[early - full..], &mut histogram[early - full..]];
        state.late(values_later, outputs);
        lines.line.begin(line_bar);
        lines.signal.begin(full);
        lines.histogram.begin(full);
        Ok(())
    }

    /// The first bars of the line and of the signal.
    fn first_bars(self) -> (usize, usize) {
        match self.start {
            MacdStart::First => (0, 0),
            MacdStart::Apart | MacdStart::Together => (self.slow - 1, (self.slow - 1).saturating_add(self.signal - 1)),
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

impl MacdState {
    /// Writes the lines of values that begin with a whole group.
    fn late(&mut self, values: &[f64], [line, signals, histogram]: [&mut [f64]; 3]) {
        let (groups, late) = values.as_chunks::<GROUP>();
        let (lines, late_line) = line.as_chunks_mut::<GROUP>();
        let (signals, late_signals) = signals.as_chunks_mut::<GROUP>();
        let (histograms, late_histogram) = histogram.as_chunks_mut::<GROUP>();
        if let Some(group) = groups.first() {
            let first = self.origin.of(group[0]);
            let (mut fast, mut slow, mut signal) = (self.fast.groups(), self.slow.groups(), self.signal.groups());
            for (((group, line), signals), histogram) in groups.iter().zip(lines).zip(signals).zip(histograms) {
                let four = (group[0] - first, group[1] - first, group[2] - first, group[3] - first);
                let (fast, slow) = (fast.step(four), slow.step(four));
                let distances = (fast.0 - slow.0, fast.1 - slow.1, fast.2 - slow.2, fast.3 - slow.3);
                let means = signal.step(distances);
                *line = [distances.0, distances.1, distances.2, distances.3];
                *signals = [means.0, means.1, means.2, means.3];
                *histogram =
                    [distances.0 - means.0, distances.1 - means.1, distances.2 - means.2, distances.3 - means.3];
            }
            self.fast.after(fast);
            self.slow.after(slow);
            self.signal.after(signal);
        }
        let places = late_line.iter_mut().zip(late_signals).zip(late_histogram);
        for (&value, ((line, signals), histogram)) in late.iter().zip(places) {
            let one = self.step(value);
            if let Some(((distance, mean), rest)) = one.line.zip(one.signal).zip(one.histogram) {
                (*line, *signals, *histogram) = (distance, mean, rest);
            }
        }
    }
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
