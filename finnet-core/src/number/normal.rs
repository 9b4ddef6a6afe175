//! Random bits → uniform and normal numbers; the inverse of the normal distribution.
//!
//! The quantile is the algorithm AS 241, PPND16: Wichura, "The percentage points of the normal distribution", Applied
//! Statistics 37 (1988): three rational functions, exact to about 1 part in 10¹⁶ before rounding. One 64-bit number
//! makes one normal number, monotonously, so that a path needs no state between two of them.

use super::ln::ln;

/// 2⁻⁶⁴.
const ULP_64: f64 = 1.0 / 18_446_744_073_709_551_616.0;
/// 2⁻⁵².
const ULP_52: f64 = f64::EPSILON;
/// Below it, in distance from the median's ½, the central function holds.
const CENTRAL: f64 = 0.425;

/// Returns (k + ½) · 2⁻⁵² with k the upper 52 of the bits: uniform between 0 and 1, neither of them reached, exact.
///
/// # Examples
///
/// ```
/// use finnet_core::number::uniform;
///
/// assert_eq!(uniform(0), f64::EPSILON / 2.0);
/// assert_eq!(uniform(u64::MAX), 1.0 - f64::EPSILON / 2.0);
/// ```
#[inline]
#[must_use]
pub fn uniform(bits: u64) -> f64 {
    (to_f64(bits >> 12) + 0.5) * ULP_52
}

/// Returns the standard normal number of 64 random bits: the quantile of (bits + ½) · 2⁻⁶⁴, between ±9.16.
///
/// Flipping all bits flips the sign and nothing else.
///
/// # Examples
///
/// ```
/// use finnet_core::number::normal;
///
/// assert!(normal(0) < -9.0);
/// assert_eq!(normal(0), -normal(u64::MAX));
/// ```
#[inline]
#[must_use]
pub fn normal(bits: u64) -> f64 {
    let Place { from_end, from_median, sign } = Place::of(bits);
    let value = if from_median <= CENTRAL { central(from_median) } else { tail(tail_root(from_end)) };
    f64::from_bits(value.to_bits() ^ sign)
}

/// Writes what [`normal`] returns of each, in half the time.
// In a function of its own the loop over lanes is one that the compiler turns into vectors.
#[inline(never)]
pub(crate) fn normals<const N: usize>(bits: &[u64; N], values: &mut [f64; N]) {
    let mut distances = [0.0; N];
    for (distance, &bits) in distances.iter_mut().zip(bits) {
        let Place { from_median, sign, .. } = Place::of(bits);
        *distance = f64::from_bits(from_median.to_bits() ^ sign);
    }
    for (value, &distance) in values.iter_mut().zip(&distances) {
        *value = central(distance);
    }
    // One in seven lies in a tail; they are told apart without a branch, which would be mistaken as often.
    let (mut far, mut count) = ([0; N], 0);
    for (lane, distance) in distances.iter().enumerate() {
        far[count] = lane;
        count += usize::from(distance.abs() > CENTRAL);
    }
    // First the roots, then the quotients: several of each are under way at once.
    let mut roots = [0.0; N];
    for (root, &lane) in roots.iter_mut().zip(&far[..count]) {
        *root = tail_root(Place::of(bits[lane]).from_end);
    }
    for (&root, &lane) in roots.iter().zip(&far[..count]) {
        values[lane] = tail(root).copysign(distances[lane]);
    }
}

/// Returns the number that a standard normal one stays below with this probability, to 1 part in 10¹⁵.
///
/// 0 gives −∞, 1 gives ∞, ½ gives 0; what is no probability gives NaN.
///
/// # Examples
///
/// ```
/// use finnet_core::number::normal_quantile;
///
/// assert!((normal_quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-14);
/// assert_eq!(normal_quantile(1.0), f64::INFINITY);
/// assert!(normal_quantile(1.1).is_nan());
/// ```
#[must_use]
pub fn normal_quantile(probability: f64) -> f64 {
    match probability {
        0.0 => f64::NEG_INFINITY,
        1.0 => f64::INFINITY,
        p if p > 0.0 && p < 1.0 => {
            let from_median = p - 0.5;
            if from_median.abs() <= CENTRAL {
                central(from_median)
            } else if from_median < 0.0 {
                -tail(tail_root(p))
            } else {
                tail(tail_root(1.0 - p))
            }
        }
        _ => f64::NAN,
    }
}

/// Where a number of 64 bits lies between both ends.
struct Place {
    /// The probability beyond it, and that between it and the median: ½ together.
    from_end: f64,
    from_median: f64,
    /// The sign bit, set below the median.
    sign: u64,
}

impl Place {
    /// Counts from the nearer end, so that both tails have the same resolution; without a branch, since it would be
    /// mistaken every other time.
    #[inline]
    fn of(bits: u64) -> Self {
        let upper = (bits.cast_signed() >> 63).cast_unsigned();
        let from_end = bits ^ upper;
        Self {
            from_end: (to_f64(from_end) + 0.5) * ULP_64,
            from_median: (to_f64((u64::MAX >> 1) - from_end) + 0.5) * ULP_64,
            sign: !upper & 1 << 63,
        }
    }
}

/// Returns the integer as a double; exact below 2⁵³, else rounded to the nearest.
#[inline]
#[expect(clippy::cast_precision_loss, reason = "rounded as said")]
fn to_f64(below_two_to_63: u64) -> f64 {
    // From a signed integer it is one instruction.
    below_two_to_63.cast_signed() as f64
}

/// Returns the quantile of ½ + q for |q| ≤ 0.425.
#[inline]
fn central(q: f64) -> f64 {
    let r = 0.180_625 - q * q;
    q * ratio(
        r,
        &[
            3.387_132_872_796_366_5,
            133.141_667_891_784_38,
            1_971.590_950_306_551_3,
            13_731.693_765_509_46,
            45_921.953_931_549_87,
            67_265.770_927_008_7,
            33_430.575_583_588_13,
            2_509.080_928_730_122_7,
        ],
        &[
            1.0,
            42.313_330_701_600_91,
            687.187_007_492_057_9,
            5_394.196_021_424_751,
            21_213.794_301_586_597,
            39_307.895_800_092_71,
            28_729.085_735_721_943,
            5_226.495_278_852_854,
        ],
    )
}

/// Returns what the tail's function is a function of, √(−ln p).
#[inline]
fn tail_root(probability: f64) -> f64 {
    (-ln(probability)).sqrt()
}

/// Returns how far above the median the numbers begin that have the probability of this [`tail_root`], 0.075 at most.
#[inline]
fn tail(r: f64) -> f64 {
    if r <= 5.0 {
        ratio(
            r - 1.6,
            &[
                1.423_437_110_749_683_5,
                4.630_337_846_156_546,
                5.769_497_221_460_691,
                3.647_848_324_763_204_5,
                1.270_458_252_452_368_4,
                0.241_780_725_177_450_6,
                0.022_723_844_989_269_184,
                7.745_450_142_783_414e-4,
            ],
            &[
                1.0,
                2.053_191_626_637_759,
                1.676_384_830_183_803_8,
                0.689_767_334_985_1,
                0.148_103_976_427_480_08,
                0.015_198_666_563_616_457,
                5.475_938_084_995_345e-4,
                1.050_750_071_644_416_9e-9,
            ],
        )
    } else {
        ratio(
            r - 5.0,
            &[
                6.657_904_643_501_103,
                5.463_784_911_164_114,
                1.784_826_539_917_291_3,
                0.296_560_571_828_504_87,
                0.026_532_189_526_576_124,
                0.001_242_660_947_388_078_4,
                2.711_555_568_743_487_6e-5,
                2.010_334_399_292_288_1e-7,
            ],
            &[
                1.0,
                0.599_832_206_555_888,
                0.136_929_880_922_735_8,
                0.014_875_361_290_850_615,
                7.868_691_311_456_133e-4,
                1.846_318_317_510_054_8e-5,
                1.421_511_758_316_446e-7,
                2.044_263_103_389_939_8e-15,
            ],
        )
    }
}

/// Returns the quotient of two polynomials, coefficients from the constant on, each by Estrin's rule: pairs of terms,
/// pairs of pairs, so that few operations wait for one another.
#[inline]
fn ratio(x: f64, above: &[f64; 8], below: &[f64; 8]) -> f64 {
    let square = x * x;
    let polynomial = |c: &[f64; 8]| {
        let low = (c[0] + c[1] * x) + (c[2] + c[3] * x) * square;
        let high = (c[4] + c[5] * x) + (c[6] + c[7] * x) * square;
        low + high * (square * square)
    };
    polynomial(above) / polynomial(below)
}
