//! Closes that are independent each day, around a base price: the model of the daily network.

use crate::money::{MoneyError, Price};

/// close = base × (1 + u), u uniform in \[−0.05, 0.05), independent each day; rounded half up to two decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uniform {
    base: Price,
}

impl Uniform {
    /// The standard deviation of the difference between two closes, to the base: 0.05 √(2/3).
    pub(super) const DEVIATION: f64 = 0.040_824_829_046_386_3;

    /// Returns the model around this base price.
    ///
    /// # Errors
    ///
    /// - [`MoneyError::NotPositive`] for a base below 0.01, whose closes could round to 0.
    /// - [`MoneyError::TooLarge`] for a base so large that a close could pass [`Price::MAX`].
    pub fn new(base: Price) -> Result<Self, MoneyError> {
        const CENT: i128 = 1_000_000;
        if base.units() < CENT {
            return Err(MoneyError::NotPositive);
        }
        Price::from_units(base.units() / 100 * 106)?;
        Ok(Self { base })
    }

    /// Returns the close of a day whose 64 random bits are these.
    #[inline]
    pub(super) fn close(self, bits: u64) -> Price {
        // u = (2k − 2⁵³) / 2⁵³ × 0.05 with 53 bits k, so close = base × (19·2⁵³ + 2k) / (20·2⁵³), in cents.
        let k = i128::from(bits >> 11);
        let divisor = (20_i128 << 53) * 1_000_000;
        let numerator = self.base.units() * ((19_i128 << 53) + 2 * k);
        let cents = (numerator + divisor / 2) / divisor;
        Price::from_units(cents * 1_000_000).expect("a base from 0.01 on, 5 % around it")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        /// Against the formula in rational arithmetic, written another way: |close − base·(1+u)| ≤ half a cent.
        #[test]
        fn a_close_is_the_base_moved_by_u(base in 1_000_000..10_i128.pow(17), bits in any::<u64>()) {
            let close = Uniform::new(Price::from_units(base).unwrap()).unwrap().close(bits).units();
            prop_assert_eq!(close % 1_000_000, 0, "two decimals");
            let k = i128::from(bits >> 11);
            let twenty = 20_i128 << 53;
            let exact = base * (twenty - (1_i128 << 53) + 2 * k);
            prop_assert!((close * twenty - exact).abs() <= 500_000 * twenty);
        }
    }

    /// The largest base is the one whose hundredth, whole, makes 106 of the largest price at most.
    #[test]
    fn the_largest_base_has_closes() {
        let largest = Price::MAX.units() / 106 * 100 + 99;
        assert_eq!(Uniform::new(Price::from_units(largest + 1).unwrap()), Err(MoneyError::TooLarge));
        let uniform = Uniform::new(Price::from_units(largest).unwrap()).unwrap();
        for (bits, share) in [(0, 95), (u64::MAX, 105)] {
            assert!((uniform.close(bits).units() - largest * share / 100).abs() <= 500_001);
        }
    }

    #[test]
    fn both_ends_of_the_range() {
        let uniform = Uniform::new("100".parse().unwrap()).unwrap();
        assert_eq!(uniform.close(0), "95".parse().unwrap());
        assert_eq!(uniform.close(u64::MAX), "105".parse().unwrap(), "below 105, and rounded to it");
        assert_eq!(Uniform::new("0.0099".parse().unwrap()), Err(MoneyError::NotPositive));
        assert_eq!(Uniform::new(Price::MAX), Err(MoneyError::TooLarge));
        assert_eq!(Uniform::new("0.01".parse().unwrap()).unwrap().close(0), "0.01".parse().unwrap());
    }
}
