//! Sums that stay sound: pairwise, and of squares about a mean that is kept in two doubles.
//!
//! In come finite doubles; out go sums, means and squares of deviations. What is lost, with u = 2⁻⁵³:
//!
//! - A pairwise sum of n terms: at most (16 + log₂ n) u Σ|x|, where one after the other loses n u Σ|x|. Higham,
//!   "Accuracy and Stability of Numerical Algorithms", 2002, section 4.2. Eight sums go side by side, for the machine to
//!   add at once; which those are hangs on the places alone, so that the bits are the same everywhere.
//! - Squares are of what the values are off a first mean, and what that was off the true one is taken from them: the
//!   squares of values near 10⁹ are as sound as those of values near 0. Chan, Golub and LeVeque, "Algorithms for computing
//!   the sample variance", The American Statistician 37 (1983). A series of one value throughout is found by comparing,
//!   and deviates by exactly 0.

use super::error::StatsError;
use crate::number::Deviation;

/// Sums side by side.
const LANES: usize = 8;

/// Terms that are summed without halving, 16 a lane.
const BLOCK: usize = 16 * LANES;

/// Returns Σ f(x).
pub(super) fn sum(values: &[f64], f: impl Fn(f64) -> f64 + Copy) -> f64 {
    let [sum] = sums(values, values, |x, _| [f(x)]);
    sum
}

/// Returns the sums of each of f(x, y) over two series of one length.
pub(super) fn sums<const K: usize>(left: &[f64], right: &[f64], f: impl Fn(f64, f64) -> [f64; K] + Copy) -> [f64; K] {
    by_halves(left, right, 0.0, |one, other| one + other, f)
}

/// Returns the products of each of f(x, y), of the factors in another order than the series'.
pub(super) fn products<const K: usize>(
    left: &[f64],
    right: &[f64],
    f: impl Fn(f64, f64) -> [f64; K] + Copy,
) -> [f64; K] {
    by_halves(left, right, 1.0, |one, other| one * other, f)
}

fn by_halves<const K: usize>(
    left: &[f64],
    right: &[f64],
    none: f64,
    join: impl Fn(f64, f64) -> f64 + Copy,
    f: impl Fn(f64, f64) -> [f64; K] + Copy,
) -> [f64; K] {
    if left.len() <= BLOCK {
        return block(left, right, none, join, f);
    }
    let middle = (left.len() / 2).next_multiple_of(BLOCK);
    let ((left, more_left), (right, more_right)) = (left.split_at(middle), right.split_at(middle));
    let (one, other) = (by_halves(left, right, none, join, f), by_halves(more_left, more_right, none, join, f));
    std::array::from_fn(|k| join(one[k], other[k]))
}

#[inline]
fn block<const K: usize>(
    left: &[f64],
    right: &[f64],
    none: f64,
    join: impl Fn(f64, f64) -> f64,
    f: impl Fn(f64, f64) -> [f64; K],
) -> [f64; K] {
    let mut lanes = [[none; LANES]; K];
    let mut add = |lane: usize, x: f64, y: f64| {
        let terms = f(x, y);
        for (lanes, term) in lanes.iter_mut().zip(terms) {
            lanes[lane] = join(lanes[lane], term);
        }
    };
    let ((eights, rest), (right_eights, right_rest)) = (left.as_chunks::<LANES>(), right.as_chunks::<LANES>());
    for (x, y) in eights.iter().zip(right_eights) {
        for lane in 0..LANES {
            add(lane, x[lane], y[lane]);
        }
    }
    for (lane, (x, y)) in rest.iter().zip(right_rest).enumerate() {
        add(lane, *x, *y);
    }
    lanes.map(|[a, b, c, d, e, f, g, h]| join(join(join(a, e), join(b, f)), join(join(c, g), join(d, h))))
}

/// What a series scatters by: its mean, in two doubles, and Σ(x − mean)².
#[derive(Clone, Copy, Debug)]
pub(super) struct Spread {
    rough: f64,
    rest: f64,
    /// Of a constant exactly 0.
    pub(super) squares: f64,
    n: usize,
}

impl Spread {
    /// Returns that of a series.
    pub(super) fn of(values: &[f64]) -> Result<Self, StatsError> {
        Self::between(values, values, |x, _| x)
    }

    /// Returns that of f(x, y) over two series, where f is finite of what is, and of nothing else; an error where the
    /// squares leave the range, in which ∞ − ∞ would become 0.
    pub(super) fn between(left: &[f64], right: &[f64], f: impl Fn(f64, f64) -> f64 + Copy) -> Result<Self, StatsError> {
        let n = check_lengths(left, right)?;
        let [total] = sums(left, right, |x, y| [f(x, y)]);
        checked(total, left, right)?;
        let first = f(left[0], right[0]);
        // Ends at the first that differs.
        #[expect(clippy::float_cmp, reason = "a constant is the same to the bit")]
        if left.iter().zip(right).all(|(&x, &y)| f(x, y) == first) {
            return Ok(Self { rough: first, rest: 0.0, squares: 0.0, n });
        }
        let rough = total / count(n);
        let [off, squares] = sums(left, right, |x, y| {
            let off = f(x, y) - rough;
            [off, off * off]
        });
        let rest = off / count(n);
        Ok(Self { rough, rest, squares: finite(squares - off * rest)?.max(0.0), n })
    }

    pub(super) fn mean(self) -> f64 {
        self.rough + self.rest
    }

    /// Returns how far the value is from the mean.
    pub(super) fn off(self, value: f64) -> f64 {
        (value - self.rough) - self.rest
    }

    /// Returns the variance; `None` of one value's sample variance.
    pub(super) fn variance(self, deviation: Deviation) -> Result<Option<f64>, StatsError> {
        let over = self.n - deviation.lost();
        (over > 0).then(|| finite(self.squares / count(over))).transpose()
    }

    /// Returns the standard deviation; `None` of one value's sample deviation.
    pub(super) fn deviation(self, deviation: Deviation) -> Result<Option<f64>, StatsError> {
        Ok(self.variance(deviation)?.map(f64::sqrt))
    }
}

/// How a series scatters beside another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Together {
    pub(super) means: [f64; 2],
    /// Σ(y − mean y)², of a constant exactly 0.
    pub(super) squares: f64,
    /// Σ(x − mean x)(y − mean y).
    pub(super) products: f64,
}

impl Together {
    /// Returns that of two series.
    pub(super) fn of(left: &[f64], right: &[f64]) -> Result<Self, StatsError> {
        let n = count(check_lengths(left, right)?);
        let [x, y] = sums(left, right, |x, y| [x, y]);
        checked(x + y, left, right)?;
        // Of a constant the first mean is the value, and all that is off it exactly 0.
        let rough = |values: &[f64], total: f64| {
            #[expect(clippy::float_cmp, reason = "a constant is the same to the bit")]
            if values.iter().all(|&value| value == values[0]) { values[0] } else { total / n }
        };
        let (x_rough, y_rough) = (rough(left, x), rough(right, y));
        let [x, y, squares, products] = sums(left, right, |x, y| {
            let (x, y) = (x - x_rough, y - y_rough);
            [x, y, y * y, x * y]
        });
        let (x_rest, y_rest) = (x / n, y / n);
        Ok(Self {
            means: [x_rough + x_rest, y_rough + y_rest],
            squares: finite(squares - y * y_rest)?.max(0.0),
            products: products - x * y_rest,
        })
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
    check_lengths(values, values)?;
    // What is finite times 0 is 0, what is not is NaN: a sum that goes over eight at once.
    if sum(values, |x| x * 0.0) == 0.0 { Ok(()) } else { Err(why(values, values)) }
}

/// Returns that both have values, each finite, and as many.
pub(super) fn check_both(left: &[f64], right: &[f64]) -> Result<(), StatsError> {
    check_lengths(left, right)?;
    let [zero] = sums(left, right, |x, y| [x * 0.0 + y * 0.0]);
    if zero == 0.0 { Ok(()) } else { Err(why(left, right)) }
}

/// Returns how many there are, of both as many.
pub(super) fn check_lengths(left: &[f64], right: &[f64]) -> Result<usize, StatsError> {
    match (left.len(), right.len()) {
        (left, right) if left != right => Err(StatsError::LengthsDiffer { left, right }),
        (0, _) => Err(StatsError::Empty),
        (n, _) => Ok(n),
    }
}

/// Returns that a result is finite, and with it all that it was made of.
pub(super) fn checked(result: f64, left: &[f64], right: &[f64]) -> Result<f64, StatsError> {
    if result.is_finite() { Ok(result) } else { Err(why(left, right)) }
}

/// Returns why no finite number comes of two series: one that is none went in, or the range is left.
#[cold]
fn why(left: &[f64], right: &[f64]) -> StatsError {
    let wrong = |values: &[f64]| values.iter().position(|value| !value.is_finite());
    wrong(left).or_else(|| wrong(right)).map_or(StatsError::Overflow, |at| StatsError::NotFinite { at })
}

/// Returns the result if it is a finite number: of finite values, anything else has overflown on the way.
pub(super) fn finite(result: f64) -> Result<f64, StatsError> {
    if result.is_finite() { Ok(result) } else { Err(StatsError::Overflow) }
}
