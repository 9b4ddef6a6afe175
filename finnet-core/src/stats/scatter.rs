//! What of a series is enough for its mean, variance, skewness and kurtosis, exactly and in any order.
//!
//! In come finite doubles, at most 2³² of them; inside stand the exact sums of their powers; out go statistics of the
//! exact rational formula, rounded once ([`Scatter::mean`], [`Scatter::variance`]) or as said. An accumulator is some
//! kilobytes, whatever was added: it allocates nothing.

use std::ops::Range;

use super::error::StatsError;
use super::exact::{Cube, Fourth, Linear, Square, Term};
use super::statistic::Accumulator;
use super::wide_integer::Wide;
use super::{Moments, OverZero};
use crate::number::Deviation;

/// n, Σx and Σx², exact.
///
/// # Examples
///
/// ```
/// use finnet_core::stats::{Accumulator, Deviation, Scatter};
///
/// let (mut left, mut right) = (Scatter::new(), Scatter::new());
/// left.push(1e16)?;
/// right.push(1.0)?;
/// right.push(-1e16)?;
/// right.merge(&left)?;
/// assert_eq!(right.mean()?, 1.0 / 3.0); // a sum of doubles would be 0 or 1, as the order is
/// assert_eq!(right.variance(Deviation::Sample)?, Some(1e32));
/// # Ok::<(), finnet_core::stats::StatsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scatter {
    count: u64,
    sum: Linear,
    squares: Square,
}

impl Scatter {
    /// Returns the scatter of no value.
    pub const fn new() -> Self {
        Self { count: 0, sum: Linear::ZERO, squares: Square::ZERO }
    }

    /// Returns how many values there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the mean, rounded once.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`].
    pub fn mean(&self) -> Result<f64, StatsError> {
        self.mean_above(0.0)
    }

    /// Returns the variance, rounded once; `None` of one value's sample variance.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::Overflow`].
    pub fn variance(&self, deviation: Deviation) -> Result<Option<f64>, StatsError> {
        let Some(pairs) = pairs_of(self.count, deviation)? else { return Ok(None) };
        self.spread().over(&pairs).map(Some)
    }

    /// Returns the root of the [`Scatter::variance`].
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::Overflow`].
    pub fn standard_deviation(&self, deviation: Deviation) -> Result<Option<f64>, StatsError> {
        Ok(self.variance(deviation)?.map(f64::sqrt))
    }

    /// Returns the mean of x − threshold, rounded once.
    pub(super) fn mean_above(&self, threshold: f64) -> Result<f64, StatsError> {
        if self.count == 0 {
            return Err(StatsError::Empty);
        }
        let sum = self.sum.value();
        let sum = if threshold == 0.0 { sum } else { sum.minus(&Wide::double(threshold).scaled(self.count)) };
        sum.over(&Wide::whole(self.count))
    }

    /// Returns n Σx² − (Σx)², n² times the population variance.
    fn spread(&self) -> Wide {
        let sum = self.sum.value();
        self.squares.value().scaled(self.count).minus(&sum.times(&sum))
    }
}

impl Default for Scatter {
    fn default() -> Self {
        Self::new()
    }
}

impl Accumulator for Scatter {
    type Value = f64;

    fn push(&mut self, value: f64) -> Result<(), StatsError> {
        let term = term(value, self.count)?;
        self.count = counted(self.count, 1)?;
        self.sum.add(term);
        self.squares.add(term.times::<2>(term));
        Ok(())
    }

    fn merge(&mut self, next: &Self) -> Result<(), StatsError> {
        self.count = counted(self.count, next.count)?;
        self.sum.merge(&next.sum);
        self.squares.merge(&next.squares);
        Ok(())
    }

    fn slide(&mut self, series: &[f64], window: Range<usize>) -> Result<(), StatsError> {
        let [left, new] = [window.start - 1, window.end - 1].map(|at| Term::of(series[at]));
        self.sum.remove(left);
        self.sum.add(new);
        self.squares.remove(left.times::<2>(left));
        self.squares.add(new.times::<2>(new));
        Ok(())
    }
}

/// n, Σx, Σx², Σx³ and Σx⁴, exact.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    scatter: Scatter,
    cubes: Cube,
    fourths: Fourth,
}

impl Shape {
    /// Returns the shape of no value.
    pub const fn new() -> Self {
        Self { scatter: Scatter::new(), cubes: Cube::ZERO, fourths: Fourth::ZERO }
    }

    /// Returns the scatter of the same values.
    pub fn scatter(&self) -> &Scatter {
        &self.scatter
    }

    /// Returns the mean of z³, z in population deviations from the mean, to 3 ulps: m₃ ÷ m₂^1.5 with
    /// n³ m₃ = n² Σx³ − 3 n Σx Σx² + 2 (Σx)³ and n² m₂ = n Σx² − (Σx)².
    pub(super) fn third(&self, over_zero: OverZero) -> Result<Option<f64>, StatsError> {
        let (n, sum) = (self.checked_count()?, self.scatter.sum.value());
        let spread = self.scatter.spread();
        if spread.is_zero() {
            return Ok((over_zero == OverZero::Zero).then_some(0.0));
        }
        let third = self.cubes.value().scaled(n).scaled(n);
        let third = third.minus(&sum.times(&self.scatter.squares.value()).scaled(3 * n));
        third.plus(&sum.times(&sum).times(&sum).scaled(2)).over_power_1_5(&spread).map(Some)
    }

    /// Returns the mean of z⁴, rounded once: m₄ ÷ m₂² with
    /// n⁴ m₄ = n³ Σx⁴ − 4 n² Σx Σx³ + 6 n Σx² (Σx)² − 3 (Σx)⁴.
    pub(super) fn fourth(&self, over_zero: OverZero) -> Result<Option<f64>, StatsError> {
        let (n, sum) = (self.checked_count()?, self.scatter.sum.value());
        let spread = self.scatter.spread();
        if spread.is_zero() {
            return Ok((over_zero == OverZero::Zero).then_some(0.0));
        }
        let square = sum.times(&sum);
        let fourth = self.fourths.value().scaled(n).scaled(n).scaled(n);
        let fourth = fourth.minus(&sum.times(&self.cubes.value()).scaled(n).scaled(n).scaled(4));
        let fourth = fourth.plus(&self.scatter.squares.value().times(&square).scaled(6 * n));
        fourth.minus(&square.times(&square).scaled(3)).over(&spread.times(&spread)).map(Some)
    }

    fn checked_count(&self) -> Result<u64, StatsError> {
        if self.scatter.count == 0 { Err(StatsError::Empty) } else { Ok(self.scatter.count) }
    }

    fn change(&mut self, term: Term<1>, sign: impl Fn(Term<1>) -> Term<1>) {
        // A product has the sign of one of its factors, so that one negated factor negates it.
        let square = term.times::<2>(term);
        self.cubes.add(square.times::<3>(sign(term)));
        self.fourths.add(square.times::<3>(term).times::<4>(sign(term)));
    }
}

impl Default for Shape {
    fn default() -> Self {
        Self::new()
    }
}

impl Accumulator for Shape {
    type Value = f64;

    fn push(&mut self, value: f64) -> Result<(), StatsError> {
        self.scatter.push(value)?;
        self.change(Term::of(value), |term| term);
        Ok(())
    }

    fn merge(&mut self, next: &Self) -> Result<(), StatsError> {
        self.scatter.merge(&next.scatter)?;
        self.cubes.merge(&next.cubes);
        self.fourths.merge(&next.fourths);
        Ok(())
    }

    fn slide(&mut self, series: &[f64], window: Range<usize>) -> Result<(), StatsError> {
        self.change(Term::of(series[window.start - 1]), Term::negated);
        self.change(Term::of(series[window.end - 1]), |term| term);
        self.scatter.slide(series, window)
    }
}

/// Returns n(n − 1) or n², what n Σx² − (Σx)² is divided by; `None` for the 0 of one value.
pub(super) fn pairs_of(count: u64, deviation: Deviation) -> Result<Option<Wide>, StatsError> {
    if count == 0 {
        return Err(StatsError::Empty);
    }
    let over = count - deviation.lost() as u64;
    Ok((over > 0).then(|| Wide::whole(count).scaled(over)))
}

/// Returns the value as a term, if it is a finite number.
pub(super) fn term(value: f64, count: u64) -> Result<Term<1>, StatsError> {
    if value.is_finite() {
        return Ok(Term::of(value));
    }
    Err(StatsError::NotFinite { at: usize::try_from(count).unwrap_or(usize::MAX) })
}

/// Returns the count of both, if it is not too large.
pub(super) fn counted(count: u64, more: u64) -> Result<u64, StatsError> {
    let count = count + more;
    if count <= Moments::MOST_VALUES { Ok(count) } else { Err(StatsError::TooMany) }
}
