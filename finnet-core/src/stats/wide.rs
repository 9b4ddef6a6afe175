//! Unsigned integers of 256 bits: just what a sum of squares of 128-bit amounts needs.
//!
//! Every operation is exact; where 256 bits are too few it is `None`.

/// `high` × 2¹²⁸ + `low`; ordered as numbers are, since `high` comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct U256 {
    high: u128,
    low: u128,
}

impl U256 {
    pub(super) const ZERO: Self = Self { high: 0, low: 0 };

    /// Returns the product of two numbers, which always fits.
    pub(super) fn product(left: u128, right: u128) -> Self {
        let (low, high) = left.carrying_mul(right, 0);
        Self { high, low }
    }

    /// Returns the square of a number.
    pub(super) fn square(number: u128) -> Self {
        Self::product(number, number)
    }

    pub(super) fn checked_add(self, other: Self) -> Option<Self> {
        let (low, carry) = self.low.overflowing_add(other.low);
        let high = self.high.checked_add(other.high)?.checked_add(u128::from(carry))?;
        Some(Self { high, low })
    }

    pub(super) fn checked_sub(self, other: Self) -> Option<Self> {
        let (low, borrow) = self.low.overflowing_sub(other.low);
        let high = self.high.checked_sub(other.high)?.checked_sub(u128::from(borrow))?;
        Some(Self { high, low })
    }

    pub(super) fn checked_mul(self, factor: u128) -> Option<Self> {
        let Self { high: carry, low } = Self::product(self.low, factor);
        Some(Self { high: self.high.checked_mul(factor)?.checked_add(carry)?, low })
    }

    /// Returns the 32 bytes, the lowest first.
    pub(super) fn to_le_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&self.low.to_le_bytes());
        bytes[16..].copy_from_slice(&self.high.to_le_bytes());
        bytes
    }

    /// Returns the number of these halves, each of 16 bytes with the lowest first.
    pub(super) fn from_le_halves(low: [u8; 16], high: [u8; 16]) -> Self {
        Self { high: u128::from_le_bytes(high), low: u128::from_le_bytes(low) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAX: U256 = U256 { high: u128::MAX, low: u128::MAX };

    /// School arithmetic on digits of 2³², the lowest first: slow and told apart from the code above.
    fn digits(number: U256) -> Vec<u64> {
        number
            .to_le_bytes()
            .chunks(4)
            .map(|four| four.iter().rev().fold(0, |sum, &b| sum << 8 | u64::from(b)))
            .collect()
    }

    fn carried(mut digits: Vec<u128>) -> Vec<u64> {
        let mut carry = 0;
        for digit in &mut digits {
            *digit += carry;
            carry = *digit >> 32;
            *digit &= 0xFFFF_FFFF;
        }
        assert_eq!(carry, 0);
        digits.into_iter().map(|digit| u64::try_from(digit).unwrap()).collect()
    }

    fn school_product(left: &[u64], right: &[u64]) -> Vec<u64> {
        let mut sums = vec![0_u128; left.len() + right.len()];
        for (i, &l) in left.iter().enumerate() {
            for (j, &r) in right.iter().enumerate() {
                sums[i + j] += u128::from(l) * u128::from(r);
            }
        }
        carried(sums)
    }

    #[test]
    fn the_ends_are_known() {
        let one = U256::product(1, 1);
        assert_eq!(U256::square(u128::MAX), U256 { high: u128::MAX - 1, low: 1 });
        assert_eq!(MAX.checked_add(one), None);
        assert_eq!(U256 { high: 0, low: u128::MAX }.checked_add(one), Some(U256 { high: 1, low: 0 }));
        assert_eq!(U256 { high: 1, low: 0 }.checked_sub(one), Some(U256 { high: 0, low: u128::MAX }));
        assert_eq!(U256::ZERO.checked_sub(one), None);
        assert_eq!(MAX.checked_mul(1), Some(MAX));
        assert_eq!(MAX.checked_mul(2), None);
        assert!(U256 { high: 1, low: 0 } > U256 { high: 0, low: u128::MAX });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn products_are_those_of_school(a in any::<u128>(), b in any::<u128>(), c in any::<u128>(), shift in 0_u32..128) {
            let (b, c) = (b >> shift, c >> (127 - shift));
            let product = U256::product(a, b);
            let half = |number| digits(U256::product(number, 1))[..4].to_vec();
            prop_assert_eq!(digits(product), school_product(&half(a), &half(b)));
            let tripled = school_product(&digits(product), &half(c));
            match product.checked_mul(c) {
                Some(found) => {
                    prop_assert_eq!(digits(found), &tripled[..8]);
                    prop_assert!(tripled[8..].iter().all(|&digit| digit == 0));
                }
                None => prop_assert!(tripled[8..].iter().any(|&digit| digit != 0)),
            }
        }

        #[test]
        fn a_sum_less_a_part_is_the_other(a in any::<[u128; 2]>(), b in any::<[u128; 2]>()) {
            let (a, b) = (U256 { high: a[0] >> 1, low: a[1] }, U256 { high: b[0] >> 1, low: b[1] });
            let sum = a.checked_add(b).unwrap();
            prop_assert!(sum >= a && sum >= b);
            prop_assert_eq!(sum.checked_sub(a), Some(b));
            prop_assert_eq!(sum.checked_sub(b), Some(a));
            prop_assert_eq!(a.checked_sub(b).is_some(), a >= b);
            let expected = digits(a).into_iter().zip(digits(b)).map(|(a, b)| u128::from(a) + u128::from(b)).collect();
            prop_assert_eq!(digits(sum), carried(expected));
        }
    }
}
