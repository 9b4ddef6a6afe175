//! The normal distribution: how likely a standard normal number is to stay below another.
//!
//! Φ(x) = ½ erfc(−x/√2), by Cody's rational functions of erf and erfc, "Rational Chebyshev approximations for the error
//! function", Mathematics of Computation 23 (1969), whose own error is below that of a double. The exponential of x² is
//! taken in two factors, of which the larger has an exact argument, so that the tail is as exact as the middle.

use super::exp::exp;

/// 1/√2.
const ROOT_HALF: f64 = std::f64::consts::FRAC_1_SQRT_2;
/// 1/√π.
const INVERSE_ROOT_PI: f64 = 0.564_189_583_547_756_3;

/// Returns the probability that a standard normal number is below x, to 1 part in 10¹⁵.
///
/// −∞ gives 0, ∞ gives 1, 0 gives ½, NaN gives NaN; a probability too small for a normal double has fewer bits.
///
/// # Examples
///
/// ```
/// use finnet_core::number::normal_probability;
///
/// assert!((normal_probability(1.959_963_984_540_054) - 0.975).abs() < 1e-15);
/// assert_eq!(normal_probability(0.0), 0.5);
/// assert_eq!(normal_probability(f64::NEG_INFINITY), 0.0);
/// ```
#[must_use]
pub fn normal_probability(x: f64) -> f64 {
    let (distance, y) = (x.abs(), x.abs() * ROOT_HALF);
    if y <= 0.468_75 {
        return 0.5 + 0.5 * x * ROOT_HALF * near(y * y);
    }
    if x.is_nan() {
        return x;
    }
    // Beyond it e^(−x²/2) is no double, and x² soon neither.
    if distance > 39.0 {
        return if x < 0.0 { 0.0 } else { 1.0 };
    }
    let coarse = (distance * 16.0).floor() / 16.0;
    let bell = exp(-0.5 * coarse * coarse) * exp(-0.5 * (distance - coarse) * (distance + coarse));
    let beyond = 0.5 * bell * if y <= 4.0 { middle(y) } else { far(y) };
    if x < 0.0 { beyond } else { 1.0 - beyond }
}

/// Returns erf(y) / y of y² up to 0.46875².
fn near(square: f64) -> f64 {
    let above = [
        3.209_377_589_138_469_4e3,
        3.774_852_376_853_02e2,
        1.138_641_541_510_501_6e2,
        3.161_123_743_870_565_6,
        1.857_777_061_846_031_5e-1,
    ];
    let below =
        [2.844_236_833_439_171e3, 1.282_616_526_077_372_3e3, 2.440_246_379_344_441_7e2, 2.360_129_095_234_412_2e1, 1.0];
    horner(&above, square) / horner(&below, square)
}

/// Returns erfc(y) e^y² of y from 0.46875 to 4.
fn middle(y: f64) -> f64 {
    let above = [
        1.230_339_354_797_997_2e3,
        2.051_078_377_826_071_6e3,
        1.712_047_612_634_070_7e3,
        8.819_522_212_417_69e2,
        2.986_351_381_974_001e2,
        6.611_919_063_714_163e1,
        8.883_149_794_388_377,
        5.641_884_969_886_701e-1,
        2.153_115_354_744_038_3e-8,
    ];
    let below = [
        1.230_339_354_803_749_5e3,
        3.439_367_674_143_721_6e3,
        4.362_619_090_143_247e3,
        3.290_799_235_733_459_7e3,
        1.621_389_574_566_690_3e3,
        5.371_811_018_620_099e2,
        1.176_939_508_913_125e2,
        1.574_492_611_070_983_5e1,
        1.0,
    ];
    horner(&above, y) / horner(&below, y)
}

/// Returns erfc(y) e^y² of y from 4 on.
fn far(y: f64) -> f64 {
    let square = 1.0 / (y * y);
    let above = [
        6.587_491_615_298_378e-4,
        1.608_378_514_874_227_5e-2,
        1.257_817_261_112_292_6e-1,
        3.603_448_999_498_044_5e-1,
        3.053_266_349_612_323_6e-1,
        1.631_538_713_730_209_7e-2,
    ];
    let below = [
        2.335_204_976_268_691_8e-3,
        6.051_834_131_244_132e-2,
        5.279_051_029_514_285e-1,
        1.872_952_849_923_467_3,
        2.568_520_192_289_822,
        1.0,
    ];
    (INVERSE_ROOT_PI - square * (horner(&above, square) / horner(&below, square))) / y
}

/// Returns the polynomial with these coefficients, from the constant on.
fn horner(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}
