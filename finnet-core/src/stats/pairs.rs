//! What of two series is enough for covariance, correlation, beta, alpha and the deviation of their difference, exactly.
//!
//! In come pairs of finite doubles, at most 2³²; inside stand the exact sums of both and of their products; out go
//! statistics of the exact rational formula, rounded once or as said.

use std::ops::Range;

use super::OverZero;
use super::error::StatsError;
use super::exact::{Linear, Square, Term};
use super::scatter::{counted, pairs_of, term};
use super::statistic::Accumulator;
use super::wide_integer::Wide;
use crate::number::Deviation;

/// n, Σx, Σy, Σx², Σxy and Σy², exact; in returns beside a benchmark, x is the return and y the benchmark's.
///
/// # Examples
///
/// ```
/// use finnet_core::stats::{Accumulator, Deviation, Pairs};
///
/// let mut pairs = Pairs::new();
/// for pair in [(1.0, 2.0), (2.0, 4.0), (4.0, 3.0)] {
///     pairs.push(pair)?;
/// }
/// assert_eq!(pairs.covariance(Deviation::Sample)?, Some(0.5));
/// # Ok::<(), finnet_core::stats::StatsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pairs {
    count: u64,
    sums: [Linear; 2],
    squares: [Square; 2],
    products: Square,
}

impl Pairs {
    /// Returns the pairs of none.
    pub const fn new() -> Self {
        Self { count: 0, sums: [Linear::ZERO; 2], squares: [Square::ZERO; 2], products: Square::ZERO }
    }

    /// Returns how many pairs there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the covariance, rounded once; `None` of one pair's sample covariance.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::Overflow`].
    pub fn covariance(&self, deviation: Deviation) -> Result<Option<f64>, StatsError> {
        let Some(pairs) = pairs_of(self.count, deviation)? else { return Ok(None) };
        self.together().over(&pairs).map(Some)
    }

    /// Returns Pearson's correlation, to 1 ulp; `None` where one of both is constant.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`].
    pub fn correlation(&self) -> Result<Option<f64>, StatsError> {
        self.check()?;
        let (together, spreads) = (self.together(), self.spread(0).times(&self.spread(1)));
        if spreads.is_zero() {
            return Ok(None);
        }
        let root = together.times(&together).over(&spreads)?.sqrt();
        Ok(Some(if together.is_negative() { -root } else { root }))
    }

    /// Returns the slope of x over y, rounded once.
    pub(super) fn beta(&self, over_zero: OverZero) -> Result<Option<f64>, StatsError> {
        self.check()?;
        let (together, spread) = (self.together(), self.spread(1));
        // Where y is constant both are 0.
        if spread.is_zero() { over_zero.divide(0.0, 0.0) } else { together.over(&spread).map(Some) }
    }

    /// Returns mean(x − rate) − slope · mean(y − rate), rounded once; `None` where y is constant.
    pub(super) fn alpha(&self, rate: f64) -> Result<Option<f64>, StatsError> {
        self.check()?;
        let spread = self.spread(1);
        if spread.is_zero() {
            return Ok(None);
        }
        let rates = Wide::double(rate).scaled(self.count);
        let [x, y] = [0, 1].map(|at| self.sums[at].value().minus(&rates));
        let rest = x.times(&spread).minus(&y.times(&self.together()));
        rest.over(&spread.scaled(self.count)).map(Some)
    }

    /// Returns the mean of x − y, rounded once.
    pub(super) fn mean_active(&self) -> Result<f64, StatsError> {
        self.check()?;
        self.sums[0].value().minus(&self.sums[1].value()).over(&Wide::whole(self.count))
    }

    /// Returns the standard deviation of x − y, the root of what is rounded once; `None` of one pair's.
    pub(super) fn deviation_active(&self, deviation: Deviation) -> Result<Option<f64>, StatsError> {
        let Some(pairs) = pairs_of(self.count, deviation)? else { return Ok(None) };
        let squares = self.spread(0).plus(&self.spread(1)).minus(&self.together().scaled(2));
        Ok(Some(squares.over(&pairs)?.sqrt()))
    }

    /// Returns n Σxy − Σx Σy.
    fn together(&self) -> Wide {
        self.products.value().scaled(self.count).minus(&self.sums[0].value().times(&self.sums[1].value()))
    }

    /// Returns n Σx² − (Σx)² of one of both.
    fn spread(&self, of: usize) -> Wide {
        let sum = self.sums[of].value();
        self.squares[of].value().scaled(self.count).minus(&sum.times(&sum))
    }

    fn check(&self) -> Result<(), StatsError> {
        if self.count == 0 { Err(StatsError::Empty) } else { Ok(()) }
    }

    fn change(&mut self, [x, y]: [Term<1>; 2], sign: impl Fn(Term<1>) -> Term<1>) {
        self.sums[0].add(sign(x));
        self.sums[1].add(sign(y));
        // One negated factor negates the product.
        self.squares[0].add(x.times::<2>(sign(x)));
        self.squares[1].add(y.times::<2>(sign(y)));
        self.products.add(x.times::<2>(sign(y)));
    }
}

impl Default for Pairs {
    fn default() -> Self {
        Self::new()
    }
}

impl Accumulator for Pairs {
    type Value = (f64, f64);

    fn push(&mut self, (x, y): (f64, f64)) -> Result<(), StatsError> {
        let terms = [term(x, self.count)?, term(y, self.count)?];
        self.count = counted(self.count, 1)?;
        self.change(terms, |term| term);
        Ok(())
    }

    fn merge(&mut self, next: &Self) -> Result<(), StatsError> {
        self.count = counted(self.count, next.count)?;
        for of in [0, 1] {
            self.sums[of].merge(&next.sums[of]);
            self.squares[of].merge(&next.squares[of]);
        }
        self.products.merge(&next.products);
        Ok(())
    }

    fn slide(&mut self, (x, y): (&[f64], &[f64]), window: Range<usize>) -> Result<(), StatsError> {
        let at = |place: usize| [Term::of(x[place]), Term::of(y[place])];
        self.change(at(window.start - 1), Term::negated);
        self.change(at(window.end - 1), |term| term);
        Ok(())
    }
}
