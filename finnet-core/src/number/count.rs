//! Random bits → counts: Poisson, and how many of n fall into the first half.
//!
//! In comes the parameter and a source of 128 random bits by number, first 0, then 1, 2 and so on as long as a draw
//! needs more; out comes a count whose distribution is exact but for the rounding of `f64`, up to 10¹². Each
//! takes a bounded expected time, whatever the parameter.
//!
//! Few: inversion, and counting random bits. Many: Hörmann's transformed rejection, "The transformed rejection method
//! for generating Poisson random variables" (PTRS), Insurance: Mathematics and Economics 12 (1993), and "The
//! generation of binomial random variates" (BTRS), Journal of Statistical Computation and Simulation 46 (1993).

use super::exp::exp;
use super::ln::ln;
use super::normal::uniform;

/// The largest mean of a Poisson count: beyond, the logarithms of its probabilities, some 27 times as large, are rounded
/// to more than a hundredth, and the counts are no longer Poisson.
pub(crate) const LARGEST_MEAN: f64 = 1e12;

/// The largest number to be halved: what a Poisson count of the largest mean stays below.
const MOST_HALVED: u64 = 1 << 40;

/// ln(2π) ÷ 2.
const HALF_LN_2_PI: f64 = 0.918_938_533_204_672_7;

/// Returns a Poisson count of this mean.
///
/// Its distribution is exact but for the rounding of `f64`. Below a mean of 10 by inversion, in one draw; from there on
/// by Hörmann, "The transformed rejection method for generating Poisson random variables", Insurance: Mathematics and
/// Economics 12 (1993), algorithm PTRS, in a bounded number of draws on average.
///
/// `draw` returns 128 random bits by number: asked for 0, then 1, 2 and so on. A mean that is not above 0 gives 0; one
/// beyond 10¹², infinite or NaN gives 0 as well: rounding would make its counts another distribution's.
///
/// # Examples
///
/// ```
/// use finnet_core::number::{Philox, poisson};
///
/// let draw = |attempt| Philox::new(42).pair64([7, attempt, 0, 0]);
/// assert!((900..1100).contains(&poisson(1000.0, draw)));
/// assert_eq!(poisson(0.0, draw), 0);
/// ```
#[must_use]
pub fn poisson(mean: f64, draw: impl Fn(u32) -> [u64; 2]) -> u64 {
    if !(mean > 0.0 && mean <= LARGEST_MEAN) {
        return 0;
    }
    if mean < 10.0 {
        let mut left = uniform(draw(0)[0]);
        let (mut count, mut probability) = (0_u32, exp(-mean));
        // No draw is nearer to 1 than 2⁻⁵³: what is left of a sum whose next term is half of that is rounding.
        while left > probability && probability >= f64::EPSILON / 4.0 {
            left -= probability;
            count += 1;
            probability = probability * mean / f64::from(count);
        }
        return count.into();
    }
    let spread = 0.931 + 2.53 * mean.sqrt();
    let lean = -0.059 + 0.02483 * spread;
    let scale = 1.1239 + 1.1328 / (spread - 3.4);
    let sure = 0.9277 - 3.6224 / (spread - 2.0);
    let ln_mean = ln(mean);
    let likely = |count: f64, at: f64| ln(at * scale) <= count * ln_mean - mean - ln_factorial(count);
    transformed(&Hat { spread, lean, middle: mean + 0.43, sure, most: f64::INFINITY }, draw, likely)
}

/// Returns how many of so many fall into the first of two equal halves: a binomial count of probability ½.
///
/// Few are counted in random bits, and are exact. Many are by Hörmann, "The generation of binomial random variates",
/// Journal of Statistical Computation and Simulation 46 (1993), algorithm BTRS, exact but for the rounding of `f64`.
/// `draw` returns 128 random bits by number: asked for 0, then 1, 2 and so on.
///
/// Of more than 2⁴⁰, some 1.1 · 10¹², it is half of them without a draw, down to a whole number: rounding would make the
/// counts another distribution's.
///
/// # Examples
///
/// ```
/// use finnet_core::number::{Philox, binomial_half};
///
/// let draw = |attempt| Philox::new(42).pair64([7, attempt, 0, 0]);
/// assert!((450..550).contains(&binomial_half(1000, draw)));
/// assert_eq!(binomial_half(0, draw), 0);
/// ```
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of models are far below 2^53")]
pub fn binomial_half(of: u64, draw: impl Fn(u32) -> [u64; 2]) -> u64 {
    if of <= 512 {
        // A random bit each.
        let (mut left, mut count, mut attempt) = (of, 0, 0);
        while left > 0 {
            for word in draw(attempt) {
                let taken = left.min(64);
                let mask = if taken == 64 { u64::MAX } else { (1 << taken) - 1 };
                count += u64::from((word & mask).count_ones());
                left -= taken;
            }
            attempt += 1;
        }
        return count;
    }
    if of > MOST_HALVED {
        return of / 2;
    }
    let n = of as f64;
    let deviation = n.sqrt() / 2.0;
    let spread = 1.15 + 2.53 * deviation;
    let lean = -0.0873 + 0.0248 * spread + 0.005;
    let scale = (2.83 + 5.1 / spread) * deviation;
    let mode = (of.div_ceil(2)) as f64;
    let top = ln_factorial(mode) + ln_factorial(n - mode);
    let likely = |count: f64, at: f64| ln(at * scale) <= top - ln_factorial(count) - ln_factorial(n - count);
    let hat = Hat { spread, lean, middle: n / 2.0 + 0.5, sure: 0.92 - 4.2 / spread, most: n };
    transformed(&hat, draw, likely)
}

/// The constants of a transformed rejection: b, a, what is added, v of the squeeze, and the largest count.
struct Hat {
    spread: f64,
    lean: f64,
    middle: f64,
    sure: f64,
    most: f64,
}

/// Returns the first count that is accepted; `likely` takes the count and v ÷ (a/us² + b).
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, from 0 to the largest count")]
fn transformed(hat: &Hat, draw: impl Fn(u32) -> [u64; 2], likely: impl Fn(f64, f64) -> bool) -> u64 {
    let Hat { spread, lean, middle, sure, most } = *hat;
    let mut attempt = 0;
    loop {
        let [u, v] = draw(attempt).map(uniform);
        let u = u - 0.5;
        let from_edge = 0.5 - u.abs();
        let count = ((2.0 * lean / from_edge + spread) * u + middle).floor();
        let inside = count >= 0.0 && count <= most;
        if inside && from_edge >= 0.07 && v <= sure {
            return count as u64;
        }
        let narrow = from_edge < 0.013 && v > from_edge;
        if inside && !narrow && likely(count, v / (lean / (from_edge * from_edge) + spread)) {
            return count as u64;
        }
        // Some four in five attempts are taken; a source that repeats itself for ever is no source.
        attempt += 1;
        if attempt == 1000 {
            return middle as u64;
        }
    }
}

/// Returns ln(n!) of a whole number: the product where it is small, else Stirling's series to n⁻⁹.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, below 16")]
fn ln_factorial(n: f64) -> f64 {
    if n < 16.0 {
        let product: u64 = (2..=n as u64).product();
        #[expect(clippy::cast_precision_loss, reason = "15! is below 2^53")]
        return ln(product as f64);
    }
    let inverse = 1.0 / n;
    let square = inverse * inverse;
    let series =
        1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square * (1.0 / 1680.0 - square / 1188.0)));
    (n + 0.5) * ln(n) - n + HALF_LN_2_PI + inverse * series
}
