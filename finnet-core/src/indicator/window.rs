//! Windows of the last n, joined from two halves.
//!
//! What comes in is cut into blocks of n. A window is the end of one block and the start of the next: the sums of a
//! block's ends are made once, backwards, when it is full, those of the next one's starts on the way. Nothing is ever
//! subtracted again, so that no rounding error outlives its window, and each window costs O(1) whatever n is.
//!
//! Sums are of differences to a pivot, the last of the block before, which lies in each of its windows: an offset that
//! is large against the moves costs no digits, and a flat window gives exactly 0.
//!
//! [`Windows`] takes one after the other, [`blocks`] a slice: the same operations in the same order, the same bits.

use super::IndicatorError;
use super::input::is_within;

/// What a window without movement gives, where the formula divides 0 by 0.
///
/// TA-Lib gives 0; others give the middle of the scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Flat {
    /// No value.
    Undefined,
    /// This value.
    Is(f64),
}

impl Flat {
    /// Returns itself where it is within the bounds.
    pub(super) fn checked(self) -> Result<Self, IndicatorError> {
        match self {
            Self::Is(value) if !is_within(value) => Err(IndicatorError::Flat),
            _ => Ok(self),
        }
    }

    /// Returns what it stands for.
    pub(super) fn value(self) -> Option<f64> {
        match self {
            Self::Undefined => None,
            Self::Is(value) => Some(value),
        }
    }

    /// Returns 100 · part ÷ whole, or what it stands for where the whole is not above 0.
    pub(super) fn percent(self, part: f64, whole: f64) -> Option<f64> {
        if whole > 0.0 { Some(100.0 * (part / whole)) } else { self.value() }
    }
}

/// A sum of items in a row.
pub(super) trait Sum: Copy {
    type Item: Copy;

    /// Returns the sum of one item, of which the pivot may be taken off.
    fn lift(item: Self::Item, pivot: Self::Item) -> Self;

    /// Returns the sum of these items and of those that follow.
    fn join(self, next: Self) -> Self;
}

/// The sum of differences to the pivot.
impl Sum for f64 {
    type Item = f64;

    fn lift(item: f64, pivot: f64) -> Self {
        item - pivot
    }

    fn join(self, next: Self) -> Self {
        self + next
    }
}

/// Two plain sums; without a pivot, for numbers that are none below 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pair(pub(super) f64, pub(super) f64);

impl Sum for Pair {
    type Item = (f64, f64);

    fn lift((one, other): (f64, f64), _: (f64, f64)) -> Self {
        Self(one, other)
    }

    fn join(self, next: Self) -> Self {
        Self(self.0 + next.0, self.1 + next.1)
    }
}

/// The highest high and the lowest low.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Extremes {
    pub(super) high: f64,
    pub(super) low: f64,
}

impl Sum for Extremes {
    type Item = (f64, f64);

    fn lift((high, low): (f64, f64), _: (f64, f64)) -> Self {
        Self { high, low }
    }

    fn join(self, next: Self) -> Self {
        Self { high: self.high.max(next.high), low: self.low.min(next.low) }
    }
}

/// The windows of what comes one after the other.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Windows<T: Sum> {
    period: usize,
    /// The items of the block that is filling.
    block: Vec<T::Item>,
    /// The last item of the block before.
    pivot: Option<T::Item>,
    /// Of the block before, the sums of those ends that a window still needs, the longest last.
    ends: Vec<T>,
    /// The sum of the items of the block that is filling.
    start: Option<T>,
}

impl<T: Sum> Windows<T> {
    pub(super) fn new(period: usize) -> Self {
        Self { period, block: Vec::new(), pivot: None, ends: Vec::new(), start: None }
    }

    /// Takes an item and returns the pivot and the sum of the window that it ends; `None` before the first full one.
    pub(super) fn step(&mut self, item: T::Item) -> Option<(T::Item, T)> {
        self.block.push(item);
        if self.block.len() == self.period {
            let mut end = T::lift(item, item);
            self.ends.clear();
            for &before in self.block[..self.period - 1].iter().rev() {
                self.ends.push(end);
                end = T::lift(before, item).join(end);
            }
            self.block.clear();
            self.start = None;
            self.pivot = Some(item);
            return Some((item, end));
        }
        let pivot = self.pivot?;
        let one = T::lift(item, pivot);
        let start = self.start.map_or(one, |start| start.join(one));
        self.start = Some(start);
        Some((pivot, self.ends.pop()?.join(start)))
    }

    /// Takes no item: no window holds the ones before and those that follow.
    pub(super) fn part(&mut self) {
        *self = Self::new(self.period);
    }
}

/// Writes what `of` makes of the pivot and the sum of each window, in order, to so many lines.
///
/// Of the bars there are at least n, and each line has room for all windows.
pub(super) fn blocks<T: Sum<Item = f64>, const LINES: usize>(
    values: &[f64],
    period: usize,
    mut lines: [&mut [f64]; LINES],
    of: impl Fn(f64, T) -> [f64; LINES],
) {
    let (first, rest) = values.split_at(period);
    let mut pivot = first[period - 1];
    let mut ends = vec![T::lift(pivot, pivot); period];
    let mut ends_after = ends.clone();
    ends_of(first, &mut ends);
    write(&mut lines, 0, of(pivot, ends[0]));
    let blocks = rest.chunks_exact(period);
    let late = blocks.remainder();
    for (from, block) in (1..).step_by(period).zip(blocks) {
        // All are of one length: no index is checked again. The ends are made on the way: two sums that do not wait
        // for each other take hardly longer than one.
        let mut parts = lines.each_mut().map(|line| &mut line[from..from + period]);
        let (ends_now, ends_next) = (&ends[..period], &mut ends_after[..period]);
        let newest = block[period - 1];
        let (mut start, mut end) = (T::lift(pivot, pivot), T::lift(newest, newest));
        for at in 0..period - 1 {
            start = start.join(T::lift(block[at], pivot));
            write(&mut parts, at, of(pivot, ends_now[at + 1].join(start)));
            let back = period - 1 - at;
            end = T::lift(block[back], newest).join(end);
            ends_next[back] = end;
        }
        ends_next[0] = T::lift(block[0], newest).join(end);
        write(&mut parts, period - 1, of(newest, ends_next[0]));
        pivot = newest;
        std::mem::swap(&mut ends, &mut ends_after);
    }
    let mut start = T::lift(pivot, pivot);
    let from = values.len() - late.len() + 1 - period;
    for ((at, &value), &end) in (from..).zip(late).zip(&ends[1..]) {
        start = start.join(T::lift(value, pivot));
        write(&mut lines, at, of(pivot, end.join(start)));
    }
}

fn write<const LINES: usize>(lines: &mut [&mut [f64]; LINES], at: usize, numbers: [f64; LINES]) {
    for (line, number) in lines.iter_mut().zip(numbers) {
        line[at] = number;
    }
}

/// Writes the sum from each item of a block to its end.
fn ends_of<T: Sum<Item = f64>>(block: &[f64], ends: &mut [T]) {
    let Some(&pivot) = block.last() else { return };
    let mut end = T::lift(pivot, pivot);
    for (&value, slot) in block.iter().zip(ends).rev() {
        end = T::lift(value, pivot).join(end);
        *slot = end;
    }
}
