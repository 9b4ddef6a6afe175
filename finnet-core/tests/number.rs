//! The crate's own functions of `f64` against values of 80 digits (`tests/data/number/`, with the script that made
//! them), against std's, and at the ends of their ranges.

#![expect(clippy::float_cmp, reason = "where a value is exact, it is to be met exactly")]

use finnet_core::number::{exp, exp_m1, ln, normal, normal_probability, normal_quantile, uniform};
use proptest::prelude::*;

/// The reference values of a function: argument, nearest double, what is left of the true value.
fn references(csv: &str) -> Vec<[f64; 3]> {
    let double = |hex: &str| f64::from_bits(u64::from_str_radix(hex, 16).expect("hexadecimal"));
    let row = |line: &str| {
        let [x, value, rest] = line.split(',').map(double).collect::<Vec<_>>()[..] else { panic!("{line}") };
        [x, value, rest]
    };
    csv.lines().skip(1).map(row).collect()
}

/// The distance of two neighbours at this value.
fn ulp(value: f64) -> f64 {
    let magnitude = value.abs().max(f64::MIN_POSITIVE);
    f64::from_bits(magnitude.to_bits() & (0x7ff << 52)) * f64::EPSILON
}

/// The largest error in ulps over normal results, and over subnormal ones.
fn worst(csv: &str, function: fn(f64) -> f64) -> (f64, f64) {
    let mut worst = (0.0_f64, 0.0_f64);
    for [x, value, rest] in references(csv) {
        let error = ((function(x) - value) - rest).abs() / ulp(value);
        let worst = if value.abs() < f64::MIN_POSITIVE { &mut worst.1 } else { &mut worst.0 };
        assert!(error.is_finite(), "{x}");
        *worst = worst.max(error);
    }
    worst
}

/// The bounds are those that the functions' documentation derives.
#[test]
fn errors_are_within_the_stated_bounds() {
    let all = [
        ("exp", 0.53, worst(include_str!("data/number/exp.csv"), exp)),
        ("exp_m1", 0.6, worst(include_str!("data/number/exp_m1.csv"), exp_m1)),
        ("ln", 0.53, worst(include_str!("data/number/ln.csv"), ln)),
    ];
    for (name, bound, (normal, subnormal)) in all {
        println!("{name}: {normal:.4} ulp, subnormal {subnormal:.4}");
        assert!(normal <= bound, "{name}: {normal} ulp");
        assert!(subnormal <= 1.0, "{name}: {subnormal} ulp of a subnormal result");
    }
}

#[test]
fn quantiles_are_within_a_part_in_10_to_15() {
    let mut worst = 0.0_f64;
    for [p, value, rest] in references(include_str!("data/number/normal_quantile.csv")) {
        let error =
            if value == 0.0 { normal_quantile(p).abs() } else { (((normal_quantile(p) - value) - rest) / value).abs() };
        worst = worst.max(error);
        assert!(error <= 1e-15, "{p}: {error}");
    }
    println!("normal_quantile: {worst:.3e}");
}

#[test]
fn probabilities_are_within_a_part_in_10_to_15() {
    for [x, value, rest] in references(include_str!("data/number/normal_probability.csv")) {
        let error = (((normal_probability(x) - value) - rest) / value).abs();
        assert!(error <= 1e-15, "{x}: {error}");
    }
}

#[test]
fn special_values() {
    let inf = f64::INFINITY;
    assert!(exp(f64::NAN).is_nan() && exp_m1(f64::NAN).is_nan() && ln(f64::NAN).is_nan());
    assert_eq!([exp(inf), exp(-inf), exp(0.0), exp(-0.0)], [inf, 0.0, 1.0, 1.0]);
    assert_eq!([exp(709.8), exp(1e300), exp(-745.2), exp(-1e300)], [inf, inf, 0.0, 0.0]);
    assert_eq!([exp(-745.13), exp(5e-324), exp(-5e-324)], [5e-324, 1.0, 1.0]);
    assert_eq!([exp_m1(inf), exp_m1(-inf), exp_m1(0.0), exp_m1(5e-324)], [inf, -1.0, 0.0, 5e-324]);
    assert_eq!([ln(inf), ln(0.0), ln(-0.0), ln(1.0)], [inf, -inf, -inf, 0.0]);
    assert_eq!([exp_m1(0.0), exp_m1(-0.0)].map(f64::to_bits), [0.0, -0.0].map(f64::to_bits));
    assert!(ln(-5e-324).is_nan() && ln(-1.0).is_nan() && ln(-inf).is_nan());
    assert!(
        normal_quantile(-1e-9).is_nan() && normal_quantile(1.000_000_1).is_nan() && normal_quantile(f64::NAN).is_nan()
    );
    assert_eq!([normal_quantile(0.0), normal_quantile(-0.0), normal_quantile(1.0)], [-inf, -inf, inf]);
    assert_eq!(normal_quantile(0.5), 0.0);
    assert_eq!([-inf, inf, -1e300, 39.5, 0.0, -0.0].map(normal_probability), [0.0, 1.0, 0.0, 1.0, 0.5, 0.5]);
    assert!(normal_probability(f64::NAN).is_nan());
    // Φ⁻¹(2⁻⁶⁵) by mpmath 1.3 at 30 digits.
    assert!((normal(0) + 9.155_293_772_686_073).abs() < 1e-14, "{}", normal(0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// std's results are within one ulp of the truth on every platform that Rust supports with a libm of its own.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "what is compared with")]
    fn near_those_of_std(x in -740.0..709.0_f64, small in -1.0..1.0_f64, shift in 0..60_i32, any in any::<u64>()) {
        let small = small * f64::from_bits(((1023 - i64::from(shift)).cast_unsigned()) << 52);
        for x in [x, small] {
            prop_assert!((exp(x) - x.exp()).abs() <= 2.0 * ulp(exp(x)), "exp({})", x);
            prop_assert!((exp_m1(x) - x.exp_m1()).abs() <= 2.0 * ulp(exp_m1(x)), "exp_m1({})", x);
        }
        for y in [f64::from_bits(any).abs(), 1.0 + small / 2.0] {
            prop_assert!(y.is_nan() || ln(y) == y.ln() || (ln(y) - y.ln()).abs() <= 2.0 * ulp(ln(y)), "ln({})", y);
        }
    }

    #[test]
    fn nothing_panics(bits in any::<u64>()) {
        let x = f64::from_bits(bits);
        let all = [exp(x), exp_m1(x), ln(x), normal_quantile(x), normal(bits), uniform(bits), normal_probability(x)];
        prop_assert!(x.is_nan() || !all[0].is_nan() && all[4].abs() < 9.16 && all[5] > 0.0 && all[5] < 1.0);
        prop_assert!(x.is_nan() || (0.0..=1.0).contains(&all[6]));
    }

    #[test]
    fn both_sides_are_everything(x in -9.0..9.0_f64) {
        // Each is rounded to within 1.1·10⁻¹⁶ of 1, and good to a part in 10¹⁵ before.
        prop_assert!((normal_probability(x) + normal_probability(-x) - 1.0).abs() <= 1.3e-15);
    }

    #[test]
    fn flipping_all_bits_flips_the_sign(bits in any::<u64>()) {
        prop_assert_eq!(normal(bits).to_bits(), (-normal(!bits)).to_bits());
        prop_assert!(normal(bits) <= normal(bits.saturating_add(1 << 20)), "monotonous");
    }
}
