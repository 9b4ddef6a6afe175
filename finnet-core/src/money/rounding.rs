//! The named rule by which an exact quotient becomes a whole number of units.

/// What becomes of a rest that is half a unit; any other goes to the nearer unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Rounding {
    /// Away from zero, as invoices and brokers' statements round: 0.5 → 1, −0.5 → −1.
    HalfAwayFromZero,
    /// To the even neighbour, as IEEE 754 and bankers round: 0.5 → 0, 1.5 → 2.
    HalfEven,
}

impl Rounding {
    /// Returns `dividend / divisor`, rounded once; the divisor is above 0.
    pub(crate) fn divide(self, dividend: i128, divisor: i128) -> i128 {
        debug_assert!(divisor > 0);
        // Nearly all fit 64 bits, whose division is several times faster.
        let (quotient, rest) = match (i64::try_from(dividend), i64::try_from(divisor)) {
            (Ok(small), Ok(by)) => (i128::from(small / by), i128::from(small % by)),
            _ => (dividend / divisor, dividend % divisor),
        };
        if self.leaves(quotient, rest.unsigned_abs(), divisor.unsigned_abs()) {
            quotient
        } else {
            quotient + dividend.signum()
        }
    }

    /// Returns whether the quotient towards zero stays, given the rest's size.
    fn leaves(self, quotient: i128, rest: u128, divisor: u128) -> bool {
        let other_half = divisor - rest;
        match self {
            Self::HalfAwayFromZero => rest < other_half,
            Self::HalfEven => rest < other_half || rest == other_half && quotient % 2 == 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        /// Exact in f64 at this size: `round` is half away from zero, `round_ties_even` says its rule.
        #[test]
        fn both_rules_round_as_ieee_754_names_them(dividend in -1_000_000_i64..1_000_000, divisor in 1_i64..1_000) {
            #[expect(clippy::cast_precision_loss, reason = "small integers")]
            let quotient = dividend as f64 / divisor as f64;
            #[expect(clippy::cast_possible_truncation, reason = "small integers")]
            let [away, even] = [quotient.round() as i128, quotient.round_ties_even() as i128];
            prop_assert_eq!(Rounding::HalfAwayFromZero.divide(dividend.into(), divisor.into()), away);
            prop_assert_eq!(Rounding::HalfEven.divide(dividend.into(), divisor.into()), even);
        }

        #[test]
        fn wide_numbers_round_as_narrow_ones(dividend in any::<i64>(), divisor in 1..i64::MAX, factor in 1_i128..1 << 60) {
            for rule in [Rounding::HalfAwayFromZero, Rounding::HalfEven] {
                let narrow = rule.divide(dividend.into(), divisor.into());
                prop_assert_eq!(rule.divide(i128::from(dividend) * factor, i128::from(divisor) * factor), narrow);
            }
        }
    }
}
