//! The natural logarithm, by a table of ln(1 + i/128).
//!
//! x = 2ᵏ · F · (1 + r) with F = 1 + i/128 (halved from 1.42 on, so that near 1 nothing cancels) and |r| ≤ 1/256, so
//! ln x = k · ln 2 + ln F + ln(1 + r). The first two are kept as a double that is exact and a rest. What is lost: the
//! series ends at r⁷ (2⁻⁵⁹ of the value), the powers of r are rounded (2⁻⁶⁰ of the value), the sum is rounded: below
//! 0.53 ulp together. The method is Tang's, "Table-driven implementation of the logarithm function in IEEE
//! floating-point arithmetic", ACM TOMS 16 (1990).

use super::table::{HALVED, LN_2, LOGS};

/// Returns the natural logarithm, to 0.53 ulp, of subnormal numbers too.
///
/// NaN and all below 0 give NaN; 0 and −0 give −∞; ∞ gives ∞; 1 gives 0.
///
/// # Examples
///
/// ```
/// use finnet_core::number::ln;
///
/// assert_eq!(ln(1.0), 0.0);
/// assert_eq!(ln(2.0), std::f64::consts::LN_2);
/// assert!(ln(-1.0).is_nan());
/// ```
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "k is at most 1075")]
pub fn ln(x: f64) -> f64 {
    const FRACTION: u64 = (1 << 52) - 1;
    let (bits, below) = match x {
        _ if (f64::MIN_POSITIVE..f64::INFINITY).contains(&x) => (x.to_bits(), 0),
        _ if x == f64::INFINITY => return x,
        0.0 => return f64::NEG_INFINITY,
        // Times 2⁵⁴ a subnormal number is a normal one.
        _ if x > 0.0 => ((x * 18_014_398_509_481_984.0).to_bits(), 54),
        _ => return f64::NAN,
    };
    let i = ((bits & FRACTION) + (1 << 44)) >> 45;
    let mantissa = f64::from_bits((bits & FRACTION) | 1023 << 52);
    let near = f64::from_bits((1023 << 52) + (i << 45));
    let i = i as usize;
    let k = (bits >> 52).cast_signed() - 1023 - below + i64::from(i >= HALVED);
    // 43 bits of r, whose product with the 8 bits of F is exact, and the rest.
    let above = mantissa - near;
    let r = above / near;
    let upper = f64::from_bits(r.to_bits() & !0x3ff);
    let lower = (above - upper * near) / near;
    let whole = k as f64 * LN_2.0 + LOGS[i].0;
    let rest = k as f64 * LN_2.1 + LOGS[i].1;
    // `whole` is 0 or larger than r, so that this is exactly what the sum's rounding lost.
    let sum = whole + upper;
    let lost = (whole - sum) + upper + lower;
    let tail = r * r * (-0.5 + r * (1.0 / 3.0 + r * (-0.25 + r * (0.2 + r * (-1.0 / 6.0 + r * (1.0 / 7.0))))));
    sum + (lost + (rest + tail))
}
