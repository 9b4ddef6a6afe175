//! The exponential function, by a table of 2^(j/128).
//!
//! x = (128e + j) · ln 2 ÷ 128 + r with whole e and j and |r| ≤ ln 2 ÷ 256, so eˣ = 2ᵉ · 2^(j/128) · eʳ. What is
//! lost: the series of eʳ ends at r⁵ or r⁶ (2⁻⁶¹ of the value), r and the product with the series' small value are
//! rounded (2⁻⁶⁰ each), the sum is rounded: below 0.53 ulp together. The method is Tang's, "Table-driven
//! implementation of the exponential function in IEEE floating-point arithmetic", ACM TOMS 15 (1989).

use super::table::{POWERS, STEP, STEPS};

/// Adding it leaves no bits below the point: 1.5 · 2⁵².
const WHOLE: f64 = 6_755_399_441_055_744.0;

/// Up to here, both ways, eˣ and 2ᵉ are normal doubles.
const NEAR: f64 = 708.0;

/// Returns eˣ, to 0.53 ulp; below 2.3·10⁻³⁰⁸, where a double has fewer bits, to 1 of its ulps.
///
/// NaN gives NaN; ∞ and all beyond 709.79 give ∞; −∞ and all below −745.14 give 0; ±0 gives 1.
///
/// # Examples
///
/// ```
/// use finnet_core::number::exp;
///
/// assert_eq!(exp(0.0), 1.0);
/// assert_eq!(exp(1.0), std::f64::consts::E);
/// assert_eq!(exp(f64::NEG_INFINITY), 0.0);
/// ```
#[inline]
#[must_use]
pub fn exp(x: f64) -> f64 {
    if x.abs() < NEAR { exp_near(x) } else { exp_far(x) }
}

/// Puts [`exp`] of each in its place, in less time.
#[inline(never)]
pub(crate) fn exps<const N: usize>(values: &mut [f64; N]) {
    if values.iter().all(|x| x.abs() < NEAR) {
        for x in values {
            *x = exp_near(*x);
        }
    } else {
        for x in values {
            *x = exp(*x);
        }
    }
}

/// Returns [`exp`] where all is a normal double.
#[inline]
fn exp_near(x: f64) -> f64 {
    let (scale, (power, rest), r) = reduce(x);
    let series = r + r * r * (0.5 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0))));
    (power + (power * series + rest)) * two_to(scale)
}

/// Returns [`exp`] where the result, or a factor of it, may be no normal double.
#[cold]
fn exp_far(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x > 709.79 {
        return f64::INFINITY;
    }
    if x < -745.14 {
        return 0.0;
    }
    let (scale, (power, rest), r) = reduce(x);
    let series = r + r * r * (0.5 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0))));
    // Each factor is a normal double; only the last product rounds, or overflows.
    let half = scale / 2;
    (power + (power * series + rest)) * two_to(half) * two_to(scale - half)
}

/// Returns eˣ − 1, to 0.6 ulp, also where x is small and the difference would lose it.
///
/// Where the difference is smallest, at 1/16, the product with the series is a twentieth of it, and costs a tenth of
/// an ulp.
///
/// NaN gives NaN; ∞ and all beyond 709.79 give ∞; −∞ gives −1; ±0 gives itself.
///
/// # Examples
///
/// ```
/// use finnet_core::number::exp_m1;
///
/// assert_eq!(exp_m1(1e-20), 1e-20);
/// assert_eq!(exp_m1(f64::NEG_INFINITY), -1.0);
/// ```
#[must_use]
pub fn exp_m1(x: f64) -> f64 {
    // Beyond 2⁵⁴ the 1 is lost in rounding; below 2⁻⁵⁴ it is all that is left.
    if x.is_nan() || x > 40.0 {
        return exp(x);
    }
    if x < -40.0 {
        return -1.0;
    }
    if x == 0.0 {
        return x;
    }
    if x.abs() < 0.0625 {
        // The series: what its rounded terms add to x is at most a thirtieth of it.
        let mut tail = 1.0 / 3_628_800.0;
        for factorial in [362_880.0, 40_320.0, 5_040.0, 720.0, 120.0, 24.0, 6.0, 2.0] {
            tail = tail * x + 1.0 / factorial;
        }
        return x + x * (x * tail);
    }
    let (scale, (power, rest), r) = reduce(x);
    let series = r + r * r * (0.5 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0))));
    let factor = two_to(scale);
    let (power, rest) = (power * factor, rest * factor);
    // power − 1 and what its rounding lost; the larger of the two stands first.
    let whole = power - 1.0;
    let lost = if power >= 1.0 { (power - whole) - 1.0 } else { power - (whole + 1.0) };
    whole + (lost + (power * series + rest))
}

/// Returns e, 2^(j/128) with its rest, and r.
#[inline]
fn reduce(x: f64) -> (i64, (f64, f64), f64) {
    let shifted = x * STEPS + WHOLE;
    let steps = shifted - WHOLE;
    let r = (x - steps * STEP.0) - steps * STEP.1;
    // A double of this size counts in ones: its bits count with it.
    let steps = shifted.to_bits().wrapping_sub(WHOLE.to_bits());
    (steps.cast_signed() >> 7, POWERS[(steps & 127) as usize], r)
}

/// Returns 2 to a power between −1022 and 1023.
#[inline]
fn two_to(power: i64) -> f64 {
    f64::from_bits((power + 1023).cast_unsigned() << 52)
}
