//! Sums that stay sound: pairwise, and about a mean that is kept in two doubles.
//!
//! In come finite doubles; out go sums, means and deviations. What is lost, with u = 2⁻⁵³:
//!
//! - A pairwise sum of n terms: at most (16 + log₂ n) u Σ|x|, where one after the other loses n u Σ|x|. Higham,
//!   "Accuracy and Stability of Numerical Algorithms", 2002, section 4.2.
//! - The mean is taken twice: of the values, then of what they are off the first mean. A series of one value throughout
//!   deviates from it by exactly 0, and the squares of values near 10⁹ are as sound as those of values near 0: Chan,
//!   Golub and LeVeque, "Algorithms for computing the sample variance", The American Statistician 37 (1983).

use super::error::StatsError;

/// Terms that are summed one after the other.
const BLOCK: usize = 16;

/// Returns f(0) + … + f(n − 1), by halves.
pub(super) fn sum(n: usize, f: impl Fn(usize) -> f64 + Copy) -> f64 {
    sum_between(0, n, f)
}

fn sum_between(first: usize, end: usize, f: impl Fn(usize) -> f64 + Copy) -> f64 {
    if end - first <= BLOCK {
        return (first..end).fold(0.0, |sum, at| sum + f(at));
    }
    let middle = first + (end - first) / 2;
    sum_between(first, middle, f) + sum_between(middle, end, f)
}

/// A mean as the sum of two doubles, the second below an ulp of the first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Center {
    high: f64,
    low: f64,
}

impl Center {
    /// Returns the mean of f(0) … f(n − 1), of at least one.
    pub(super) fn of(n: usize, f: impl Fn(usize) -> f64 + Copy) -> Self {
        let rough = sum(n, f) / count(n);
        let rest = sum(n, |at| f(at) - rough) / count(n);
        let high = rough + rest;
        Self { high, low: rest - (high - rough) }
    }

    pub(super) fn mean(self) -> f64 {
        self.high
    }

    /// Returns how far the value is from the mean.
    pub(super) fn off(self, value: f64) -> f64 {
        (value - self.high) - self.low
    }
}

/// Returns the count as a double, exact below 2⁵³.
pub(super) fn count(n: usize) -> f64 {
    count_u64(n as u64)
}

/// Returns the count as a double, exact below 2⁵³.
#[expect(clippy::cast_precision_loss, reason = "no slice of doubles has 2^53, no accumulator 2^33")]
pub(super) fn count_u64(n: u64) -> f64 {
    n as f64
}

/// Returns that there are values, each finite.
pub(super) fn check(values: &[f64]) -> Result<(), StatsError> {
    if values.is_empty() {
        return Err(StatsError::Empty);
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(at) => Err(StatsError::NotFinite { at }),
        None => Ok(()),
    }
}

/// Returns that both have values, each finite, and as many.
pub(super) fn check_both(left: &[f64], right: &[f64]) -> Result<(), StatsError> {
    if left.len() != right.len() {
        return Err(StatsError::LengthsDiffer { left: left.len(), right: right.len() });
    }
    check(left)?;
    check(right)
}

/// Returns the result if it is a finite number: of finite values, anything else has overflown on the way.
pub(super) fn finite(result: f64) -> Result<f64, StatsError> {
    if result.is_finite() { Ok(result) } else { Err(StatsError::Overflow) }
}
