//! Moments: what of a set of amounts is enough for its mean and deviation, and can be merged.
//!
//! In come amounts of at most 28 digits (an SQL column `DECIMAL(28,8)`), at most 2³² of them; out go mean and sample
//! deviation in the amounts' own currency, rounded half away from zero to two places, once, from the exact number.
//! Beyond those bounds there is an error. Within them nothing overflows: a sum is below 10²⁸ × 2³² < 2¹²⁶, a sum of
//! squares below 10⁵⁶ × 2³² < 2²¹⁹, that times the count below 2²⁵¹.

use super::error::StatsError;
use super::wide::U256;
use crate::money::{Amount, Rounding};

/// Count, sum, sum of squares, smallest and largest of a set of amounts, all exact.
///
/// The order of values, and which of them were merged with which, leave no trace: two `Moments` of the same values
/// are equal, bit for bit.
///
/// # Examples
///
/// ```
/// use finnet_core::stats::Moments;
///
/// let mut left = Moments::new();
/// left.push("2.00".parse()?)?;
/// left.push("-1.00".parse()?)?;
/// let mut right = Moments::new();
/// right.push("3.01".parse()?)?;
/// left.merge(&right)?;
/// assert_eq!(left.mean_rounded(), Some("1.34".parse()?)); // 4.01 / 3
/// assert_eq!(left.sample_deviation_rounded(), Some("2.09".parse()?));
/// assert_eq!(right.sample_deviation_rounded(), None); // one value has no sample deviation
/// assert_eq!((left.min(), left.max()), (Some("-1.00".parse()?), Some("3.01".parse()?)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Moments {
    count: u64,
    /// In units of 10⁻⁸, as are the extremes.
    sum: i128,
    /// In units of 10⁻¹⁶.
    squares: U256,
    /// Of no value: [`i128::MAX`] and [`i128::MIN`], so that the first value needs no case of its own.
    min: i128,
    max: i128,
}

impl Moments {
    /// Decimal digits that a value may have, 8 of them after the point.
    pub const MOST_DIGITS: u32 = 28;

    /// Values that there may be.
    pub const MOST_VALUES: u64 = 1 << 32;

    /// Length of [`Moments::to_bytes`].
    pub const BYTES: usize = 88;

    /// Returns the moments of no value.
    pub const fn new() -> Self {
        Self { count: 0, sum: 0, squares: U256::ZERO, min: i128::MAX, max: i128::MIN }
    }

    /// Adds a value.
    ///
    /// # Errors
    ///
    /// The moments are then as before.
    ///
    /// - [`StatsError::TooLarge`] for a value of more than [`Moments::MOST_DIGITS`].
    /// - [`StatsError::TooMany`] beyond [`Moments::MOST_VALUES`].
    pub fn push(&mut self, value: Amount) -> Result<(), StatsError> {
        if !value.fits(Self::MOST_DIGITS) {
            return Err(StatsError::TooLarge);
        }
        let units = value.units();
        let squares = U256::square(units.unsigned_abs());
        self.merge(&Self { count: 1, sum: units, squares, min: units, max: units })
    }

    /// Adds the values of another set.
    ///
    /// # Errors
    ///
    /// The moments are then as before.
    ///
    /// - [`StatsError::TooMany`] beyond [`Moments::MOST_VALUES`].
    pub fn merge(&mut self, other: &Self) -> Result<(), StatsError> {
        let count = self.count + other.count;
        if count > Self::MOST_VALUES {
            return Err(StatsError::TooMany);
        }
        *self = Self {
            count,
            sum: self.sum + other.sum,
            squares: self.squares.checked_add(other.squares).expect(BOUNDED),
            min: self.min.min(other.min),
            max: self.max.max(other.max),
        };
        Ok(())
    }

    /// Returns how many values there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the sum, exact.
    pub fn sum(&self) -> Amount {
        Amount::from_units(self.sum)
    }

    /// Returns the smallest value; `None` where there is none.
    pub fn min(&self) -> Option<Amount> {
        (self.count > 0).then(|| Amount::from_units(self.min))
    }

    /// Returns the largest value; `None` where there is none.
    pub fn max(&self) -> Option<Amount> {
        (self.count > 0).then(|| Amount::from_units(self.max))
    }

    /// Returns the mean, rounded half away from zero to two places; `None` of no value.
    pub fn mean_rounded(&self) -> Option<Amount> {
        let cents = i128::from(self.count) * CENT;
        (self.count > 0).then(|| Amount::from_units(Rounding::HalfAwayFromZero.divide(self.sum, cents) * CENT))
    }

    /// Returns the square root of the sample variance (that of n − 1), rounded half away from zero to two places;
    /// `None` of fewer than two values.
    ///
    /// The variance is the fraction (n Σx² − (Σx)²) / (n (n − 1)). Its root rounds to c cents for the largest c whose
    /// lower end, c − ½ cents, is not above it; squared and freed of fractions that is a comparison of integers.
    pub fn sample_deviation_rounded(&self) -> Option<Amount> {
        let count = u128::from(self.count);
        let pairs = count * count.checked_sub(1).filter(|&rest| rest > 0)?;
        let of_squares = self.squares.checked_mul(count).expect(BOUNDED);
        let dividend = of_squares.checked_sub(U256::square(self.sum.unsigned_abs())).expect("no variance is below 0");
        let dividend = dividend.checked_mul(4).expect(BOUNDED);
        let divisor = pairs * (CENT * CENT).unsigned_abs();
        // Beyond 256 bits is beyond every dividend.
        let reaches = |cents: u128| U256::square(2 * cents - 1).checked_mul(divisor).is_some_and(|end| end <= dividend);
        let mut cents = 0;
        for bit in (0..BITS_OF_DEVIATION).rev() {
            let candidate = cents | 1 << bit;
            if reaches(candidate) {
                cents = candidate;
            }
        }
        Some(Amount::from_units(cents.cast_signed() * CENT))
    }

    /// Returns the moments as bytes of one length, equal for equal values.
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..8].copy_from_slice(&self.count.to_le_bytes());
        bytes[8..24].copy_from_slice(&self.sum.to_le_bytes());
        bytes[24..56].copy_from_slice(&self.squares.to_le_bytes());
        bytes[56..72].copy_from_slice(&self.min.to_le_bytes());
        bytes[72..].copy_from_slice(&self.max.to_le_bytes());
        bytes
    }

    /// Returns the moments that [`Moments::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// - [`StatsError::NoMoments`] for bytes of another length, or of numbers that no values within the bounds have.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StatsError> {
        let bytes: &[u8; Self::BYTES] = bytes.try_into().map_err(|_| StatsError::NoMoments)?;
        let sixteen = |at: usize| <[u8; 16]>::try_from(&bytes[at..at + 16]).expect("each is within the length");
        let moments = Self {
            count: u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")),
            sum: i128::from_le_bytes(sixteen(8)),
            squares: U256::from_le_halves(sixteen(24), sixteen(40)),
            min: i128::from_le_bytes(sixteen(56)),
            max: i128::from_le_bytes(sixteen(72)),
        };
        if moments.is_possible() { Ok(moments) } else { Err(StatsError::NoMoments) }
    }

    /// Returns whether the numbers keep the bounds that all of the above rests on.
    fn is_possible(&self) -> bool {
        if self.count == 0 {
            return *self == Self::new();
        }
        let count = u128::from(self.count);
        let farthest = self.min.unsigned_abs().max(self.max.unsigned_abs());
        let within = |value: i128| Amount::from_units(value).fits(Self::MOST_DIGITS);
        self.count <= Self::MOST_VALUES
            && self.min <= self.max
            && within(self.min)
            && within(self.max)
            && (self.min * count.cast_signed()..=self.max * count.cast_signed()).contains(&self.sum)
            && U256::square(farthest).checked_mul(count).is_some_and(|most| self.squares <= most)
            && self.squares.checked_mul(count).is_some_and(|squares| squares >= U256::square(self.sum.unsigned_abs()))
    }
}

impl Default for Moments {
    fn default() -> Self {
        Self::new()
    }
}

/// Units of 10⁻⁸ in 0.01.
const CENT: i128 = 1_000_000;

/// Bits of the largest deviation in cents: below 10²⁸ × √2 units, which are 1.5 × 10²² < 2⁷⁴ cents.
const BITS_OF_DEVIATION: u32 = 74;

const BOUNDED: &str = "values of 28 digits, 2^32 of them, stay within 256 bits";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The largest value, in units of 10⁻⁸.
    const LARGEST: i128 = 10_i128.pow(Moments::MOST_DIGITS) - 1;

    fn moments(units: &[i128]) -> Moments {
        let mut moments = Moments::new();
        for &units in units {
            moments.push(Amount::from_units(units)).unwrap();
        }
        moments
    }

    fn amount(text: &str) -> Amount {
        text.parse().unwrap()
    }

    #[test]
    fn no_value_and_one() {
        let none = Moments::new();
        assert_eq!(
            (none.mean_rounded(), none.sample_deviation_rounded(), none.min(), none.max()),
            (None, None, None, None)
        );
        let one = moments(&[-500_000]);
        assert_eq!((one.mean_rounded(), one.sample_deviation_rounded()), (Some(amount("-0.01")), None));
        assert_eq!((one.min(), one.max()), (Some(amount("-0.005")), Some(amount("-0.005"))));
    }

    #[test]
    fn ties_go_away_from_zero_and_only_ties() {
        assert_eq!(moments(&[500_000]).mean_rounded(), Some(amount("0.01")));
        assert_eq!(moments(&[499_999]).mean_rounded(), Some(amount("0.00")));
        assert_eq!(moments(&[0, 1_000_000]).mean_rounded(), Some(amount("0.01")));
        assert_eq!(moments(&[0, -1_000_000]).mean_rounded(), Some(amount("-0.01")));
        assert_eq!(moments(&[-1, -999_998]).mean_rounded(), Some(amount("0.00")));
        // Two values whose distance is d deviate by d / √2: a tie needs three. −d, 0, d deviate by d.
        assert_eq!(moments(&[-500_000, 0, 500_000]).sample_deviation_rounded(), Some(amount("0.01")));
        assert_eq!(moments(&[-499_999, 0, 499_999]).sample_deviation_rounded(), Some(amount("0.00")));
        assert_eq!(moments(&[12_500_000, 0, -12_500_000]).sample_deviation_rounded(), Some(amount("0.13")));
        assert_eq!(moments(&[7, 7, 7, 7]).sample_deviation_rounded(), Some(amount("0.00")));
    }

    #[test]
    fn the_largest_values_are_exact() {
        let most = LARGEST;
        let ends = moments(&[most, -most]);
        assert_eq!(ends.mean_rounded(), Some(amount("0.00")));
        // Both deviations by integers of Python: isqrt(4 variance // 10**12), then halved.
        assert_eq!(ends.sample_deviation_rounded(), Some(amount("141421356237309504880.17")));
        assert_eq!(moments(&[most; 3]).mean_rounded(), Some(amount("100000000000000000000.00")));

        // 2³² of them, by doubling: half at each end.
        let mut many = ends;
        while many.count() < Moments::MOST_VALUES {
            let half = many;
            many.merge(&half).unwrap();
        }
        assert_eq!(
            (many.mean_rounded(), many.sample_deviation_rounded()),
            (Some(amount("0.00")), Some(amount("100000000011641532184.73")))
        );
        assert_eq!(Moments::from_bytes(&many.to_bytes()), Ok(many));
        let before = many;
        assert_eq!(many.push(Amount::ZERO), Err(StatsError::TooMany));
        assert_eq!(many.merge(&before), Err(StatsError::TooMany));
        assert_eq!(many.push(Amount::from_units(most + 1)), Err(StatsError::TooLarge));
        assert_eq!(many.push(Amount::from_units(i128::MIN)), Err(StatsError::TooLarge));
        assert_eq!(many, before);
    }

    #[test]
    fn impossible_bytes_are_refused() {
        let good = moments(&[1, 2, 3]).to_bytes();
        assert!(Moments::from_bytes(&good).is_ok());
        assert_eq!(Moments::from_bytes(&Moments::new().to_bytes()), Ok(Moments::new()));
        for length in [0, 1, Moments::BYTES - 1, Moments::BYTES + 1] {
            let mut bytes = good.to_vec();
            bytes.resize(length, 0);
            assert_eq!(Moments::from_bytes(&bytes), Err(StatsError::NoMoments));
        }
        // Of the largest value only the bytes beyond 28 digits are known to be wrong.
        for at in (0..72).chain(84..Moments::BYTES) {
            let mut bytes = good;
            bytes[at] ^= 0x80;
            assert!(Moments::from_bytes(&bytes).is_err(), "byte {at}");
        }
        assert!(
            Moments::from_bytes(&[0; Moments::BYTES]).is_err() && Moments::from_bytes(&[0xFF; Moments::BYTES]).is_err()
        );
    }

    /// The deviation of small numbers by trying one cent after the other, in 128 bits.
    fn deviation_by_trial(units: &[i128]) -> i128 {
        let count = i128::try_from(units.len()).unwrap();
        let sum: i128 = units.iter().sum();
        // n² times each squared distance from the mean, summed; over n² (n − 1) that is the variance.
        let distances: i128 = units.iter().map(|x| (count * x - sum).pow(2)).sum();
        let at_least = |half_cents: i128| (half_cents * CENT).pow(2) * count * count * (count - 1) <= 4 * distances;
        let mut cents = 0;
        while at_least(2 * (cents + 1) - 1) {
            cents += 1;
        }
        cents
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn any_partition_merges_to_the_same_bits(
            values in prop::collection::vec((-LARGEST..=LARGEST, 0_u32..94, 0_usize..5), 0..40),
        ) {
            let mut whole = Moments::new();
            let mut parts = [Moments::new(); 5];
            for &(units, shift, part) in &values {
                let value = Amount::from_units(units >> shift);
                whole.push(value).unwrap();
                parts[part].push(value).unwrap();
            }
            let mut merged = Moments::new();
            for part in parts.iter().rev() {
                merged.merge(&Moments::from_bytes(&part.to_bytes()).unwrap()).unwrap();
            }
            prop_assert_eq!(merged, whole);
            prop_assert_eq!(merged.to_bytes(), whole.to_bytes());
            prop_assert_eq!(whole.min().map(Amount::units), values.iter().map(|v| v.0 >> v.1).min());
            prop_assert_eq!(whole.max().map(Amount::units), values.iter().map(|v| v.0 >> v.1).max());
            let _ = (whole.mean_rounded(), whole.sample_deviation_rounded());
        }

        #[test]
        fn small_numbers_agree_with_trial(
            units in prop::collection::vec(prop_oneof![-3_000_000_i128..3_000_000, (-60_i128..60).prop_map(|n| n * 500_000)], 2..9),
        ) {
            let moments = moments(&units);
            prop_assert_eq!(moments.sample_deviation_rounded().map(|d| d.units() / CENT), Some(deviation_by_trial(&units)));
            let (sum, count) = (units.iter().sum::<i128>(), i128::try_from(units.len()).unwrap());
            // Half away from zero: 2 |mean| + 1 cent, halved and cut.
            let cents = (2 * sum.abs() + count * CENT) / (2 * count * CENT) * sum.signum();
            prop_assert_eq!(moments.mean_rounded().map(|mean| mean.units() / CENT), Some(cents));
        }

        #[test]
        #[expect(clippy::cast_precision_loss, reason = "f64 is here to be near, not equal")]
        fn two_passes_of_floats_are_near(units in prop::collection::vec(-10_i128.pow(18)..10_i128.pow(18), 2..60)) {
            let moments = moments(&units);
            let n = units.len() as f64;
            let mean = units.iter().map(|&x| x as f64).sum::<f64>() / n;
            let variance = units.iter().map(|&x| (x as f64 - mean) * (x as f64 - mean)).sum::<f64>() / (n - 1.0);
            let near = |exact: Option<Amount>, float: f64| {
                (exact.unwrap().units() as f64 - float).abs() <= 5e5 + 1e-9 * (float.abs() + variance.sqrt())
            };
            prop_assert!(near(moments.mean_rounded(), mean));
            prop_assert!(near(moments.sample_deviation_rounded(), variance.sqrt()));
        }

        #[test]
        fn no_bytes_panic(count in 0_u64..1 << 33, rest in prop::collection::vec(any::<u8>(), 80), keep in 0_usize..81) {
            let mut bytes = count.to_le_bytes().to_vec();
            bytes.extend(rest.iter().enumerate().map(|(at, &byte)| if at < keep { byte } else { 0 }));
            if let Ok(moments) = Moments::from_bytes(&bytes) {
                let _ = (moments.mean_rounded(), moments.sample_deviation_rounded());
            }
        }
    }
}
