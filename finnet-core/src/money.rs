//! Exact money: prices, quantities, amounts and percentages as scaled integers.
//!
//! In comes decimal text or a `Decimal`; out goes an integer count of 10⁻⁸ ([`Price`], [`Amount`]), of whole
//! pieces ([`Quantity`]) or of hundredths of a per cent ([`Percent`]). No value passes through a binary
//! fraction, every product and sum is exact, and where a result must be rounded it is once, half away from zero.
//! These carry no currency: all amounts of one portfolio are in the prices' own. What lies in an account does: [`Money`]
//! is a whole number of a [`Currency`]'s minor unit, [`PerShare`] a price in it, and [`Shares`] count millionths.
//!
//! As text every value has at least two decimal places; zeros beyond those are not written: `128.25`,
//! `7.00`, `0.0001`.

use std::fmt;
use std::num::{NonZeroI64, NonZeroU128};
use std::str::FromStr;

use rust_decimal::Decimal;

mod currency;
mod rounding;
mod shares;

pub use currency::{
    AED, ARS, AUD, BGN, BMD, BRL, CAD, CHF, CLP, CNY, COP, CZK, Currency, DKK, EUR, GBP, HKD, HUF, IDR, ILS, INR, ISK,
    JPY, KRW, KWD, KZT, MXN, MYR, Money, NOK, NZD, PEN, PHP, PKR, PLN, PerShare, RON, RUB, SAR, SEK, SGD, THB, TRY,
    TWD, USD, ZAR,
};
pub use rounding::Rounding;
pub use shares::Shares;

/// Decimal places kept by [`Price`] and [`Amount`].
pub const PLACES: u32 = 8;

/// Units of 10⁻⁸ in one whole.
const ONE: i128 = 100_000_000;

/// A price: above 0, at most 12 digits before the point and 8 after it.
///
/// # Examples
///
/// ```
/// use finnet_core::Price;
///
/// let price: Price = "128.25".parse()?;
/// assert_eq!(price, "128.2500".parse()?);
/// assert_eq!(price.to_string(), "128.25");
/// assert!("0.00".parse::<Price>().is_err());
/// assert!("1234567890123".parse::<Price>().is_err());
/// # Ok::<(), finnet_core::money::MoneyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(NonZeroU128);

impl Price {
    /// The largest price: one unit below 10¹².
    pub const MAX: Self = Self(NonZeroU128::new(ONE.unsigned_abs() * 1_000_000_000_000 - 1).expect("not zero"));

    /// Returns the price of this many units of 10⁻⁸.
    ///
    /// # Errors
    ///
    /// - [`MoneyError::NotPositive`] for 0 and less.
    /// - [`MoneyError::TooLarge`] beyond [`Price::MAX`].
    pub fn from_units(units: i128) -> Result<Self, MoneyError> {
        let price = u128::try_from(units).ok().and_then(NonZeroU128::new).ok_or(MoneyError::NotPositive)?;
        if price > Self::MAX.0 { Err(MoneyError::TooLarge) } else { Ok(Self(price)) }
    }

    /// Returns the price in units of 10⁻⁸.
    pub fn units(self) -> i128 {
        self.0.get().cast_signed()
    }

    /// Returns the double nearest to the price: as [`Amount::to_f64`], the one door from exact money.
    pub fn to_f64(self) -> f64 {
        Amount(self.units()).to_f64()
    }

    /// Returns the price times a quantity, exact.
    pub fn times(self, quantity: Quantity) -> Amount {
        // Below 10²⁰ units times below 10¹²: far from the end of 128 bits.
        Amount(self.units() * i128::from(quantity.get()))
    }
}

/// How many of a stock are held: a whole number, not 0, negative for a short position, of at most 12 digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(NonZeroI64);

impl Quantity {
    /// The largest quantity; the smallest is its negative.
    pub const MAX: i64 = 999_999_999_999;

    /// Returns this quantity.
    ///
    /// # Errors
    ///
    /// - [`MoneyError::Zero`] for 0.
    /// - [`MoneyError::TooLarge`] for more than 12 digits.
    pub fn new(pieces: i64) -> Result<Self, MoneyError> {
        let quantity = NonZeroI64::new(pieces).ok_or(MoneyError::Zero)?;
        if pieces.unsigned_abs() > Self::MAX.unsigned_abs() { Err(MoneyError::TooLarge) } else { Ok(Self(quantity)) }
    }

    /// Returns the number of pieces.
    pub fn get(self) -> i64 {
        self.0.get()
    }
}

/// A sum of money of either sign, in units of 10⁻⁸.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(i128);

impl Amount {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// Returns the amount of this many units of 10⁻⁸.
    pub fn from_units(units: i128) -> Self {
        Self(units)
    }

    /// Returns the amount in units of 10⁻⁸.
    pub fn units(self) -> i128 {
        self.0
    }

    /// Returns the sum, or `None` beyond 128 bits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// Returns the difference, or `None` beyond 128 bits.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// Returns the amount that a decimal text states, rounded half away from zero to 8 places.
    ///
    /// For numbers of others, which may carry the digits of a binary fraction: `2763383.0000000005`.
    ///
    /// # Errors
    ///
    /// - [`MoneyError::NotANumber`], [`MoneyError::TooLarge`].
    pub fn parse_rounded(text: &str) -> Result<Self, MoneyError> {
        parse(text, PLACES, Excess::Round).map(Self)
    }

    /// Returns the amount rounded half away from zero to two places.
    #[must_use]
    pub fn round_to_cents(self) -> Self {
        const CENT: i128 = ONE / 100;
        Self(Rounding::HalfAwayFromZero.divide(self.0, CENT).saturating_mul(CENT))
    }

    /// Returns whether the amount has at most this many digits in all, 8 of them after the point: the test of
    /// an SQL column `DECIMAL(digits, 8)`.
    pub fn fits(self, digits: u32) -> bool {
        10_u128.checked_pow(digits).is_none_or(|end| self.0.unsigned_abs() < end)
    }

    /// Returns the double nearest to the amount, ties to the even one: the one door from exact money to `f64`.
    ///
    /// Up to 67 million (2²⁶) no two amounts become the same double.
    ///
    /// # Examples
    ///
    /// ```
    /// use finnet_core::Amount;
    ///
    /// assert_eq!("128.25".parse::<Amount>()?.to_f64(), 128.25);
    /// # Ok::<(), finnet_core::money::MoneyError>(())
    /// ```
    #[expect(clippy::cast_precision_loss, reason = "the one rounding that is meant")]
    pub fn to_f64(self) -> f64 {
        let size = self.0.unsigned_abs();
        if size < 1 << 53 {
            // Both are exact as doubles: the division alone rounds.
            return self.0 as f64 / ONE as f64;
        }
        // Moved to the upper end, the quotient has 101 bits or more. The lowest stands for all that the division leaves,
        // so that the conversion alone rounds; a power of two then moves it back without loss.
        let moved = size.leading_zeros();
        let (quotient, rest) = ((size << moved) / ONE.unsigned_abs(), (size << moved) % ONE.unsigned_abs());
        let back = f64::from_bits(u64::from(1023 - moved) << 52);
        let nearest = (quotient | u128::from(rest != 0)) as f64 * back;
        if self.0 < 0 { -nearest } else { nearest }
    }

    /// Returns the amount as a `Decimal`, or `None` where its 96 bits are too few.
    pub fn to_decimal(self) -> Option<Decimal> {
        Decimal::try_from_i128_with_scale(self.0, PLACES).ok()
    }
}

/// A percentage in hundredths of a per cent: `Percent::from_units(-42)` is −0.42 %.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(i128);

impl Percent {
    /// Returns the percentage of this many hundredths of a per cent.
    pub fn from_units(hundredths: i128) -> Self {
        Self(hundredths)
    }

    /// Returns the percentage in hundredths of a per cent.
    pub fn units(self) -> i128 {
        self.0
    }

    /// Returns a change as a percentage of the absolute value before it, rounded half away from zero to two
    /// decimals; `None` where that value was 0 or the percentage is beyond 128 bits.
    pub fn of_change(change: Amount, before: Amount) -> Option<Self> {
        let base = i128::try_from(before.0.unsigned_abs()).ok().filter(|&base| base != 0)?;
        Some(Self(Rounding::HalfAwayFromZero.divide(change.0.checked_mul(10_000)?, base)))
    }

    /// Returns the percentage that a decimal text states, rounded half away from zero to two places.
    ///
    /// # Errors
    ///
    /// - [`MoneyError::NotANumber`], [`MoneyError::TooLarge`].
    pub fn parse_rounded(text: &str) -> Result<Self, MoneyError> {
        parse(text, 2, Excess::Round).map(Self)
    }

    /// Returns whether the percentage has at most this many digits in all, two of them after the point.
    pub fn fits(self, digits: u32) -> bool {
        10_u128.checked_pow(digits).is_none_or(|end| self.0.unsigned_abs() < end)
    }
}

/// Why a text or number is no money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MoneyError {
    /// The text is no decimal number: `[-]digits[.digits][e[+-]digits]`.
    NotANumber,
    /// More digits before the point than the type holds.
    TooLarge,
    /// More digits after the point than the type holds.
    TooPrecise,
    /// A price of 0 or less.
    NotPositive,
    /// A rate, or a number of shares to trade, of 0 or less.
    NotAboveZero,
    /// A quantity of 0.
    Zero,
    /// A fraction above 1, below 0, or with a denominator that it can't have.
    NotAFraction,
    /// A currency's code is three capital letters and it has at most 4 decimal places.
    NotACurrency,
}

impl fmt::Display for MoneyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotANumber => "not a decimal number",
            Self::TooLarge => "too many digits before the point",
            Self::TooPrecise => "too many digits after the point",
            Self::NotPositive => "a price is above 0",
            Self::NotAboveZero => "a rate, and a number of shares to trade, is above 0",
            Self::Zero => "a quantity is not 0",
            Self::NotAFraction => "a fraction is from 0 to 1, with a denominator of 1 to 10^12",
            Self::NotACurrency => "a currency has a code of three capital letters and at most 4 decimal places",
        })
    }
}

impl std::error::Error for MoneyError {}

impl FromStr for Price {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        parse(text, PLACES, Excess::Refuse).and_then(Self::from_units)
    }
}

impl FromStr for Amount {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        parse(text, PLACES, Excess::Refuse).map(Self)
    }
}

impl FromStr for Percent {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        parse(text, 2, Excess::Refuse).map(Self)
    }
}

impl TryFrom<Decimal> for Price {
    type Error = MoneyError;

    fn try_from(decimal: Decimal) -> Result<Self, MoneyError> {
        Amount::try_from(decimal).and_then(|amount| Self::from_units(amount.0))
    }
}

impl TryFrom<Decimal> for Amount {
    type Error = MoneyError;

    fn try_from(decimal: Decimal) -> Result<Self, MoneyError> {
        let decimal = decimal.normalize();
        let missing = PLACES.checked_sub(decimal.scale()).ok_or(MoneyError::TooPrecise)?;
        // 96 bits times 10⁸ are 123: no overflow.
        Ok(Self(decimal.mantissa() * 10_i128.pow(missing)))
    }
}

/// Decimal text in place: what [`Price`], [`Amount`] and [`Percent`] write, without an allocation.
#[derive(Clone, Copy)]
pub struct Digits {
    bytes: [u8; 48],
    start: u8,
}

impl Digits {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[usize::from(self.start)..]).expect("only digits, point and sign are written")
    }

    /// Writes `units` of 10^-places with at least two places, from the right to the left.
    fn of(units: i128, places: usize) -> Self {
        let mut text = Self { bytes: [b'0'; 48], start: 48 };
        let mut rest = units.unsigned_abs();
        let mut skipping = true;
        for place in (0..places).rev() {
            let digit = (rest % 10) as u8;
            rest /= 10;
            skipping &= digit == 0 && place >= 2;
            if !skipping {
                text.push(b'0' + digit);
            }
        }
        text.push(b'.');
        // Most values fit 64 bits, whose division is several times faster.
        let mut rest = loop {
            if let Ok(rest) = u64::try_from(rest) {
                break rest;
            }
            text.push(b'0' + (rest % 10) as u8);
            rest /= 10;
        };
        loop {
            text.push(b'0' + (rest % 10) as u8);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if units < 0 {
            text.push(b'-');
        }
        text
    }

    fn push(&mut self, byte: u8) {
        self.start -= 1;
        self.bytes[usize::from(self.start)] = byte;
    }
}

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! as_decimal {
    ($($name:ident: $places:expr;)*) => {$(
        impl $name {
            /// Returns the decimal text, with at least two places.
            pub fn digits(self) -> Digits {
                Digits::of(self.units(), $places)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.digits().as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.digits().as_str())
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.digits().as_str())
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

as_decimal! { Price: 8; Amount: 8; Percent: 2; }

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Quantity({})", self.0)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Quantity {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.get())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Quantity {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(i64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// What becomes of digits beyond the last place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Excess {
    /// Zeros are dropped, anything else is an error.
    Refuse,
    /// Half away from zero.
    Round,
}

/// Returns the number that `text` states in units of 10^-places, in time linear in the text.
pub(crate) fn parse(text: &str, places: u32, excess: Excess) -> Result<i128, MoneyError> {
    if let Some(units) = parse_plain(text, places) {
        return Ok(i128::from(units));
    }
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], parse_exponent(&text[at + 1..])?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) {
        return Err(MoneyError::NotANumber);
    }
    // Digits before this index count; the first one at it decides the rounding.
    let length = |part: &str| i64::try_from(part.len()).unwrap_or(i64::MAX / 4);
    let end = length(whole) + exponent + i64::from(places);
    let mut units: i128 = 0;
    let mut index = 0;
    for byte in whole.bytes().chain(fraction.bytes()) {
        let digit = i128::from(byte - b'0');
        if index < end {
            units = units.checked_mul(10).and_then(|units| units.checked_add(digit)).ok_or(MoneyError::TooLarge)?;
        } else if excess == Excess::Refuse && digit != 0 {
            return Err(MoneyError::TooPrecise);
        } else if index == end && digit >= 5 {
            units = units.checked_add(1).ok_or(MoneyError::TooLarge)?;
        }
        index += 1;
    }
    if units != 0 && index < end {
        let missing = u32::try_from(end - index).unwrap_or(u32::MAX);
        units =
            10_i128.checked_pow(missing).and_then(|factor| units.checked_mul(factor)).ok_or(MoneyError::TooLarge)?;
    }
    Ok(if negative { -units } else { units })
}

/// Returns the units of `digits.digits` that fit 64 bits, which nearly all prices do; `None` for any other text, be it
/// a number or not. The general way takes three times as long.
fn parse_plain(text: &str, places: u32) -> Option<u64> {
    let text = text.as_bytes();
    let point = text.iter().position(|&byte| byte == b'.')?;
    let missing = places.checked_sub(u32::try_from(text.len() - point - 1).ok()?)?;
    if point == 0 || point + 1 == text.len() || text.len() > 19 {
        return None;
    }
    let digits = text[..point].iter().chain(&text[point + 1..]);
    let digits = digits.copied().try_fold(0, |sum: u64, byte| {
        // At most 18 digits: no overflow.
        byte.is_ascii_digit().then(|| sum * 10 + u64::from(byte - b'0'))
    })?;
    digits.checked_mul(10_u64.pow(missing))
}

/// Returns the exponent, held within ±10⁹: farther ones change no answer.
fn parse_exponent(text: &str) -> Result<i64, MoneyError> {
    const FAR: i64 = 1_000_000_000;
    let (negative, digits) = match text.strip_prefix(['+', '-']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(MoneyError::NotANumber);
    }
    let size = digits.bytes().fold(0_i64, |size, byte| (size * 10 + i64::from(byte - b'0')).min(FAR));
    Ok(if negative { -size } else { size })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn prices_are_within_their_digits() {
        for (text, written) in [
            ("128.25", "128.25"),
            ("128.2500", "128.25"),
            ("5", "5.00"),
            ("0.00000001", "0.00000001"),
            ("999999999999.99999999", "999999999999.99999999"),
            ("1.2825e2", "128.25"),
            ("12825E-2", "128.25"),
            ("000128.25000000000000", "128.25"),
        ] {
            assert_eq!(text.parse::<Price>().map(|price| price.to_string()), Ok(written.to_owned()), "{text}");
        }
        for (text, error) in [
            ("0", MoneyError::NotPositive),
            ("0.00", MoneyError::NotPositive),
            ("-1", MoneyError::NotPositive),
            ("1000000000000", MoneyError::TooLarge),
            ("123456789012345678901234567890", MoneyError::TooLarge),
            ("0.000000001", MoneyError::TooPrecise),
            ("1e999999999999", MoneyError::TooLarge),
            ("1e-999999999999", MoneyError::TooPrecise),
        ] {
            assert_eq!(text.parse::<Price>(), Err(error), "{text}");
        }
        for text in
            ["", "-", ".", ".5", "5.", "+5", " 5", "5 ", "1,000", "1_000", "NaN", "inf", "0x10", "1e", "1e+", "٣"]
        {
            assert_eq!(text.parse::<Price>(), Err(MoneyError::NotANumber), "{text:?}");
        }
    }

    #[test]
    fn numbers_of_others_are_rounded_half_away_from_zero() {
        for (text, written) in [
            ("2763383.0000000005", "2763383.00"),
            ("0.000000005", "0.00000001"),
            ("-0.000000005", "-0.00000001"),
            ("0.0000000049999", "0.00"),
            ("1e-9", "0.00"),
            ("9e-9", "0.00000001"),
            ("5e-10", "0.00"),
            ("1.5e+16", "15000000000000000.00"),
        ] {
            assert_eq!(Amount::parse_rounded(text).map(|amount| amount.to_string()), Ok(written.to_owned()), "{text}");
        }
        assert_eq!(Percent::parse_rounded("-0.125"), Ok(Percent(-13)));
        assert_eq!(Percent::parse_rounded("0.1249999999999"), Ok(Percent(12)));
    }

    #[test]
    fn percentages_are_of_the_absolute_value_before() {
        let of = |change: i128, before: i128| Percent::of_change(Amount(change), Amount(before));
        assert_eq!(of(1, 3), Some(Percent(3333)));
        assert_eq!(of(1, -3), Some(Percent(3333)));
        assert_eq!(of(-1, 20_000), Some(Percent(-1)));
        assert_eq!(of(1, 20_001), Some(Percent(0)));
        assert_eq!(of(1, 0), None);
        assert_eq!(of(i128::MAX, 1), None);
        assert_eq!(of(1, i128::MIN), None);
    }

    #[test]
    fn amounts_meet_decimal() {
        let amount = Amount::try_from(Decimal::new(12_825, 2)).unwrap();
        assert_eq!(amount, "128.25".parse().unwrap());
        assert_eq!(amount.to_decimal().map(|decimal| decimal.normalize()), Some(Decimal::new(12_825, 2)));
        assert_eq!(Amount::try_from(Decimal::new(1, 9)), Err(MoneyError::TooPrecise));
        assert_eq!(Amount::try_from(Decimal::new(10, 9)), Ok(Amount(1)));
        assert!(Amount::try_from(Decimal::MAX).is_ok());
        assert_eq!(Amount(i128::MAX).to_decimal(), None);
    }

    #[test]
    fn the_ends_are_written_and_rounded() {
        assert_eq!(Amount(i128::MIN).to_string(), "-1701411834604692317316873037158.84105728");
        assert_eq!(Amount(i128::MAX).to_string(), "1701411834604692317316873037158.84105727");
        assert_eq!(Amount(ONE / 200).round_to_cents(), Amount(ONE / 100));
        assert_eq!(Amount(-ONE / 200).round_to_cents(), Amount(-ONE / 100));
        assert_eq!(Amount(ONE / 200 - 1).round_to_cents(), Amount(0));
        assert!(Amount(10_i128.pow(28) - 1).fits(28) && !Amount(10_i128.pow(28)).fits(28));
        assert!(!Amount(-(10_i128.pow(28))).fits(28));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn text_comes_back(units in any::<i128>()) {
            // |i128::MIN| has no positive twin to parse.
            prop_assume!(units != i128::MIN);
            let amount = Amount(units);
            prop_assert_eq!(amount.to_string().parse::<Amount>(), Ok(amount));
        }

        /// An exponent keeps a text off the short way.
        #[test]
        fn both_ways_read_the_same(text in "0{0,3}[0-9]{0,14}(\\.[0-9]{0,9}0{0,3})?") {
            let long = format!("{text}e0");
            prop_assert_eq!(text.parse::<Amount>(), long.parse::<Amount>());
            prop_assert_eq!(text.parse::<Price>(), long.parse::<Price>());
            prop_assert_eq!(Percent::parse_rounded(&text), Percent::parse_rounded(&long));
        }

        /// std reads a text as the nearest double.
        #[test]
        #[expect(clippy::cast_possible_truncation, reason = "any bits do")]
        fn the_nearest_double_is_that_of_the_text(units in any::<i128>(), shift in 0_u32..128) {
            let amount = Amount(units >> shift);
            prop_assert_eq!(Ok(amount.to_f64()), amount.to_string().parse::<f64>());
            // Halfway between two doubles, and one unit off.
            let size = i128::from((units.cast_unsigned() as u64 >> 11) | 1 << 52);
            let half = ((2 * size + 1) * ONE) << (shift % 40);
            for amount in [Amount(half), Amount(half - 1), Amount(half + 1), Amount(-half)] {
                prop_assert_eq!(Ok(amount.to_f64()), amount.to_string().parse::<f64>());
            }
        }

        #[test]
        fn no_text_panics(text in "[-+0-9.eE ]{0,40}") {
            let _ = text.parse::<Price>();
            let _ = Amount::parse_rounded(&text);
            let _ = Percent::parse_rounded(&text);
        }

        #[test]
        fn division_rounds_half_away(dividend in -1_000_000_i64..1_000_000, divisor in 1_i64..1_000) {
            // Exact in f64 at this size; `round` is half away from zero.
            #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "small integers")]
            let expected = (dividend as f64 / divisor as f64).round() as i128;
            let divided = Rounding::HalfAwayFromZero.divide(i128::from(dividend), i128::from(divisor));
            prop_assert_eq!(divided, expected);
        }
    }
}
