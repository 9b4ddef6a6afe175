//! How many shares: whole ones and millionths, as brokers and funds book them.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;

use super::{Amount, Excess, MoneyError, Quantity, parse};

/// A number of shares of either sign, 0 too: at most 12 digits before the point and 6 after it.
///
/// Made of a whole number, a decimal text or a `Decimal`: a portfolio's [`Quantity`] is whole, an account's shares
/// need not be, since dividends are reinvested and splits leave fractions.
///
/// # Examples
///
/// ```
/// use finnet_core::money::{MoneyError, Shares};
///
/// assert_eq!(Shares::try_from("0.333333")?.to_string(), "0.333333");
/// assert_eq!(Shares::try_from(-100)?.to_string(), "-100");
/// assert_eq!(Shares::try_from("0.0000001"), Err(MoneyError::TooPrecise));
/// assert_eq!(Shares::try_from(1_000_000_000_000_000_i64), Err(MoneyError::TooLarge));
/// # Ok::<(), MoneyError>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shares(i64);

impl Shares {
    /// Decimal places kept.
    pub const PLACES: u32 = 6;

    /// Millionths in one share.
    pub(crate) const ONE: i64 = 1_000_000;

    /// One millionth beyond the largest number.
    const END: i128 = 1_000_000_000_000_000_000;

    /// Returns the shares of this many millionths.
    ///
    /// # Errors
    ///
    /// - [`MoneyError::TooLarge`] for 10¹² shares and more, of either sign.
    pub fn from_millionths(millionths: i128) -> Result<Self, MoneyError> {
        let inside = |millionths: &i128| millionths.unsigned_abs() < Self::END.unsigned_abs();
        let millionths = Some(millionths).filter(inside).and_then(|millionths| i64::try_from(millionths).ok());
        millionths.map(Self).ok_or(MoneyError::TooLarge)
    }

    /// Returns the number in millionths of a share.
    pub fn millionths(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / Self::ONE, (self.0 % Self::ONE).abs());
        let sign = if self.0 < 0 && whole == 0 { "-" } else { "" };
        let text = format!("{sign}{whole}.{rest:06}");
        f.pad(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl fmt::Debug for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shares({self})")
    }
}

impl FromStr for Shares {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        parse(text, Self::PLACES, Excess::Refuse).and_then(Self::from_millionths)
    }
}

impl TryFrom<&str> for Shares {
    type Error = MoneyError;

    fn try_from(text: &str) -> Result<Self, MoneyError> {
        text.parse()
    }
}

impl TryFrom<i64> for Shares {
    type Error = MoneyError;

    fn try_from(whole: i64) -> Result<Self, MoneyError> {
        Self::from_millionths(i128::from(whole) * i128::from(Self::ONE))
    }
}

/// What an integer without a type is.
impl TryFrom<i32> for Shares {
    type Error = MoneyError;

    fn try_from(whole: i32) -> Result<Self, MoneyError> {
        Self::try_from(i64::from(whole))
    }
}

impl TryFrom<Decimal> for Shares {
    type Error = MoneyError;

    fn try_from(decimal: Decimal) -> Result<Self, MoneyError> {
        const BEYOND: i128 = 10_i128.pow(super::PLACES - Shares::PLACES);
        let units = Amount::try_from(decimal)?.units();
        if units % BEYOND != 0 { Err(MoneyError::TooPrecise) } else { Self::from_millionths(units / BEYOND) }
    }
}

impl From<Quantity> for Shares {
    fn from(quantity: Quantity) -> Self {
        // Both have 12 digits before the point.
        Self(quantity.get() * Self::ONE)
    }
}

/// So that a function may take [`Shares`] beside what becomes shares.
impl From<Infallible> for MoneyError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Shares {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Shares {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn text_comes_back(millionths in -999_999_999_999_999_999_i128..=999_999_999_999_999_999) {
            let shares = Shares::from_millionths(millionths).unwrap();
            prop_assert_eq!(shares.to_string().parse(), Ok(shares));
            prop_assert_eq!(Shares::try_from(Decimal::from_i128_with_scale(millionths, 6)), Ok(shares));
        }
    }

    #[test]
    fn the_ends_hold() {
        assert_eq!(Shares::from_millionths(Shares::END), Err(MoneyError::TooLarge));
        assert_eq!(Shares::from_millionths(-Shares::END), Err(MoneyError::TooLarge));
        assert_eq!(Shares::from_millionths(i128::MIN), Err(MoneyError::TooLarge));
        assert_eq!(Shares::try_from("-0.5").unwrap().to_string(), "-0.5");
        assert_eq!(Shares::from(Quantity::new(Quantity::MAX).unwrap()).to_string(), "999999999999");
    }
}
