//! What of a range of returns is enough to go on from it: wealth and its extremes, and both sides of a benchmark.
//!
//! In come simple returns of a period as fractions, in order; wealth begins at 1. Ranges that follow one another merge;
//! what merging in another place costs is rounding alone: of a wealth after n returns at most n · 2⁻⁵² of it, as
//! long as wealth stays above 2⁻¹⁰²², the least double that has all its bits.

use std::ops::Range;

use super::benchmark;
use super::error::StatsError;
use super::scatter::{counted, term};
use super::statistic::Accumulator;
use super::sums::{check_lengths, checked, finite, products};

/// Wealth after a range of returns, its extremes, and the deepest drawdown within.
///
/// Its statistics are [`AnnualReturn`](super::AnnualReturn), [`CumulativeReturn`](super::CumulativeReturn), [`MaxDrawdown`](super::MaxDrawdown) and [`Calmar`](super::Calmar). A wealth below 10⁻³⁰⁸ loses bits,
/// one below 10⁻³²⁴ is 0 and stays 0: neither is an error.
///
/// # Examples
///
/// ```
/// use finnet_core::stats::{Accumulator, Path};
///
/// let (mut early, mut late) = (Path::new(), Path::new());
/// early.push(0.25)?;
/// early.push(-0.2)?;
/// late.push(-0.5)?;
/// early.merge(&late)?;
/// assert_eq!((early.wealth(), early.max_drawdown()), (0.5, -0.6));
/// # Ok::<(), finnet_core::stats::StatsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Path {
    count: u64,
    wealth: f64,
    highest: f64,
    lowest: f64,
    deepest: f64,
}

impl Path {
    /// Returns the path of no return, at a wealth of 1.
    pub const fn new() -> Self {
        Self { count: 0, wealth: 1.0, highest: 1.0, lowest: 1.0, deepest: 0.0 }
    }

    /// Returns the path of a series: the same bits as pushing one return after the other, looked at once at the end.
    pub(super) fn of(returns: &[f64]) -> Result<Self, StatsError> {
        check_lengths(returns, returns)?;
        let (mut path, mut least) = (Self { count: returns.len() as u64, ..Self::new() }, 1.0);
        for r in returns {
            path.wealth *= 1.0 + r;
            path.highest = if path.wealth > path.highest { path.wealth } else { path.highest };
            path.lowest = if path.wealth < path.lowest { path.wealth } else { path.lowest };
            let part = path.wealth / path.highest;
            least = if part < least { part } else { least };
        }
        // A wealth that left the range, or a return that is no number, stays one to the end.
        checked(path.wealth, returns, returns)?;
        path.deepest = least - 1.0;
        Ok(path)
    }

    /// Returns how many returns there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns Π(1 + r), 1 of no return.
    pub fn wealth(&self) -> f64 {
        self.wealth
    }

    /// Returns the deepest drawdown, 0 or below; the start is a peak.
    pub fn max_drawdown(&self) -> f64 {
        self.deepest
    }
}

impl Default for Path {
    fn default() -> Self {
        Self::new()
    }
}

/// Parts in which a wealth is below 0, by returns below −1, do not merge: [`StatsError::MoreThanAllLost`].
impl Accumulator for Path {
    type Value = f64;

    fn push(&mut self, value: f64) -> Result<(), StatsError> {
        term(value, self.count)?;
        let wealth = finite(self.wealth * (1.0 + value))?;
        let highest = self.highest.max(wealth);
        *self = Self {
            count: counted(self.count, 1)?,
            wealth,
            highest,
            lowest: self.lowest.min(wealth),
            deepest: self.deepest.min(finite(wealth / highest - 1.0)?),
        };
        Ok(())
    }

    fn merge(&mut self, next: &Self) -> Result<(), StatsError> {
        // The deepest fall across both is from the peak of the first to the lowest of the second; below 0 it would be
        // another where the second has a peak of its own before.
        if self.lowest < 0.0 || next.lowest < 0.0 {
            return Err(StatsError::MoreThanAllLost);
        }
        let [wealth, high, low] = [next.wealth, next.highest, next.lowest].map(|ahead| self.wealth * ahead);
        *self = Self {
            count: counted(self.count, next.count)?,
            wealth: finite(wealth)?,
            highest: self.highest.max(finite(high)?),
            lowest: self.lowest.min(low),
            deepest: self.deepest.min(next.deepest).min(low / self.highest - 1.0),
        };
        Ok(())
    }

    fn slide(&mut self, series: &[f64], window: Range<usize>) -> Result<(), StatsError> {
        *self = Self::of(&series[window])?;
        Ok(())
    }
}

/// Growth of returns and of a benchmark's over the periods in which the benchmark rose, and in which it fell.
///
/// Its statistic is [`Capture`](super::Capture).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sides {
    count: u64,
    pub(super) up: Side,
    pub(super) down: Side,
}

/// The periods of one side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Side {
    pub(super) count: u64,
    /// Π(1 + r); beyond a double's range it stays there, and is found where it is read.
    pub(super) growth: f64,
    pub(super) benchmark: f64,
}

impl Side {
    const NONE: Self = Self { count: 0, growth: 1.0, benchmark: 1.0 };

    /// Returns that of the periods whose benchmark is of it.
    fn of(returns: &[f64], benchmark: &[f64], counts: impl Fn(f64) -> bool + Copy) -> Self {
        // Times 1 or 0, which is exact: no branch to guess.
        let [growth, of_benchmark] = products(returns, benchmark, |r, b| {
            let counts = if counts(b) { 1.0 } else { 0.0 };
            [1.0 + r * counts, 1.0 + b * counts]
        });
        let count = benchmark.iter().map(|&b| u64::from(counts(b))).sum();
        Self { count, growth, benchmark: of_benchmark }
    }

    fn push(&mut self, (r, b): (f64, f64)) {
        self.merge(&Self { count: 1, growth: 1.0 + r, benchmark: 1.0 + b });
    }

    fn merge(&mut self, next: &Self) {
        self.count += next.count;
        self.growth *= next.growth;
        self.benchmark *= next.benchmark;
    }
}

impl Sides {
    /// Returns both sides of no period.
    pub const fn new() -> Self {
        Self { count: 0, up: Side::NONE, down: Side::NONE }
    }

    /// Returns the side, or both, of two series of one length that were found finite.
    pub(super) fn of(returns: &[f64], benchmark: &[f64], side: benchmark::Side) -> Self {
        let (up, down) = match side {
            benchmark::Side::Up => (Side::of(returns, benchmark, |b| b > 0.0), Side::NONE),
            benchmark::Side::Down => (Side::NONE, Side::of(returns, benchmark, |b| b < 0.0)),
            benchmark::Side::UpOverDown => {
                (Side::of(returns, benchmark, |b| b > 0.0), Side::of(returns, benchmark, |b| b < 0.0))
            }
        };
        if [up.growth, up.benchmark, down.growth, down.benchmark].iter().all(|growth| growth.is_normal()) {
            return Self { count: returns.len() as u64, up, down };
        }
        // A part was beyond a double's range, where the whole need not be.
        let mut sides = Self::new();
        returns.iter().zip(benchmark).for_each(|(&r, &b)| sides.add((r, b)));
        sides
    }

    fn add(&mut self, (r, b): (f64, f64)) {
        self.count += 1;
        if b > 0.0 {
            self.up.push((r, b));
        } else if b < 0.0 {
            self.down.push((r, b));
        }
    }

    /// Returns how many periods there are, those of neither side too.
    pub fn count(&self) -> u64 {
        self.count
    }
}

impl Default for Sides {
    fn default() -> Self {
        Self::new()
    }
}

impl Accumulator for Sides {
    type Value = (f64, f64);

    fn push(&mut self, (r, b): (f64, f64)) -> Result<(), StatsError> {
        term(r, self.count)?;
        term(b, self.count)?;
        counted(self.count, 1)?;
        self.add((r, b));
        Ok(())
    }

    fn merge(&mut self, next: &Self) -> Result<(), StatsError> {
        self.count = counted(self.count, next.count)?;
        self.up.merge(&next.up);
        self.down.merge(&next.down);
        Ok(())
    }

    fn slide(&mut self, (r, b): (&[f64], &[f64]), window: Range<usize>) -> Result<(), StatsError> {
        *self = Self::new();
        r[window.clone()].iter().zip(&b[window]).for_each(|(&r, &b)| self.add((r, b)));
        Ok(())
    }
}
