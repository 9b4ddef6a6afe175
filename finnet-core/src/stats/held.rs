//! What of a series is enough where no sum is: the values themselves, sorted or in their order.
//!
//! In come finite doubles; they are held, so that memory grows with them: 8 bytes a value. A value more costs O(n) where
//! they are sorted, and reading O(n) where they are kept in order.

use std::ops::Range;

use super::error::StatsError;
use super::scatter::{counted, term};
use super::statistic::Accumulator;

/// The values in ascending order: exact, and the same in any order and partition.
///
/// Its statistics are [`Quantile`](super::Quantile), [`ValueAtRisk`](super::ValueAtRisk),
/// [`ConditionalValueAtRisk`](super::ConditionalValueAtRisk) and [`TailRatio`](super::TailRatio).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sorted {
    values: Vec<f64>,
}

impl Sorted {
    /// Returns the values in ascending order, −0 before 0.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    fn place(&self, value: f64) -> usize {
        self.values.partition_point(|other| other.total_cmp(&value).is_lt())
    }
}

impl Accumulator for Sorted {
    type Value = f64;

    fn push(&mut self, value: f64) -> Result<(), StatsError> {
        let count = self.values.len() as u64;
        term(value, count)?;
        counted(count, 1)?;
        self.values.insert(self.place(value), value);
        Ok(())
    }

    fn merge(&mut self, next: &Self) -> Result<(), StatsError> {
        counted(self.values.len() as u64, next.values.len() as u64)?;
        self.values.extend_from_slice(&next.values);
        // Two runs, which the sort finds and merges.
        self.values.sort_by(f64::total_cmp);
        Ok(())
    }

    fn slide(&mut self, series: &[f64], window: Range<usize>) -> Result<(), StatsError> {
        let (left, new) = (self.place(series[window.start - 1]), self.place(series[window.end - 1]));
        // The one takes the other's place, and those between move by one.
        if left < new {
            self.values[left..new].rotate_left(1);
            self.values[new - 1] = series[window.end - 1];
        } else {
            self.values[new..=left].rotate_right(1);
            self.values[new] = series[window.end - 1];
        }
        Ok(())
    }
}

/// The values in their order, for what walks over them more than once.
///
/// Its statistics are [`UlcerIndex`](super::UlcerIndex), [`Serenity`](super::Serenity), [`Stability`](super::Stability)
/// and [`Autocorrelation`](super::Autocorrelation).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    values: Vec<f64>,
}

impl Kept {
    /// Returns the values in their order.
    pub fn values(&self) -> &[f64] {
        &self.values
    }
}

impl Accumulator for Kept {
    type Value = f64;

    fn push(&mut self, value: f64) -> Result<(), StatsError> {
        let count = self.values.len() as u64;
        term(value, count)?;
        counted(count, 1)?;
        self.values.push(value);
        Ok(())
    }

    fn merge(&mut self, next: &Self) -> Result<(), StatsError> {
        counted(self.values.len() as u64, next.values.len() as u64)?;
        self.values.extend_from_slice(&next.values);
        Ok(())
    }

    fn slide(&mut self, series: &[f64], window: Range<usize>) -> Result<(), StatsError> {
        self.values.copy_from_slice(&series[window]);
        Ok(())
    }
}
