//! Currencies, and what is counted in them: cash ([`Money`]) and what one share costs ([`PerShare`]).
//!
//! Cash is a whole number of the currency's minor unit, as it lies in an account; the price of a share may be finer
//! than any coin. The type says which of the two a number is.

use std::fmt;
use std::num::NonZeroU8;
use std::str::FromStr;

use rust_decimal::Decimal;

use super::{Amount, MoneyError, PLACES, Price};

/// A currency: its code and how many decimal places its cash has (ISO 4217, "minor units").
///
/// # Examples
///
/// ```
/// use finnet_core::money::{Currency, JPY, MoneyError, USD};
///
/// assert_eq!(USD.of("100000.50")?.to_string(), "100000.50 USD");
/// assert_eq!(USD.of(100_000)?.minor(), 10_000_000);
/// assert_eq!(USD.of("0.005"), Err(MoneyError::TooPrecise)); // no such cash
/// assert_eq!(USD.per_share("0.2275")?.to_string(), "0.2275 USD");
/// assert_eq!(JPY.of(1200)?.to_string(), "1200 JPY");
/// assert_eq!(Currency::new("CLF", 4)?.of("1.0001")?.minor(), 10_001);
/// # Ok::<(), MoneyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: [u8; 3],
    /// One more than the places: so an `Option` of a currency, or of money, takes no more room.
    more_than_places: NonZeroU8,
}

macro_rules! currencies {
    ($($code:ident $places:literal $name:literal,)*) => {
        $(
            #[doc = concat!($name, ".")]
            pub const $code: Currency = Currency::known(stringify!($code), $places);
        )*

        /// Of the code of a currency that this module names; [`Currency::new`] makes any other.
        impl FromStr for Currency {
            type Err = MoneyError;

            fn from_str(code: &str) -> Result<Self, MoneyError> {
                match code {
                    $(stringify!($code) => Ok($code),)*
                    _ => Err(MoneyError::NotACurrency),
                }
            }
        }
    };
}

// ISO 4217, list one: those of the exchanges whose calendars this crate has.
currencies! {
    AED 2 "UAE dirham", ARS 2 "Argentine peso", AUD 2 "Australian dollar", BGN 2 "Bulgarian lev",
    BMD 2 "Bermudian dollar", BRL 2 "Brazilian real", CAD 2 "Canadian dollar", CHF 2 "Swiss franc",
    CLP 0 "Chilean peso", CNY 2 "Renminbi", COP 2 "Colombian peso", CZK 2 "Czech koruna",
    DKK 2 "Danish krone", EUR 2 "Euro", GBP 2 "Pound sterling", HKD 2 "Hong Kong dollar",
    HUF 2 "Forint", IDR 2 "Rupiah", ILS 2 "New Israeli sheqel", INR 2 "Indian rupee", ISK 0 "Iceland krona",
    JPY 0 "Yen", KRW 0 "Won", KWD 3 "Kuwaiti dinar", KZT 2 "Tenge", MXN 2 "Mexican peso",
    MYR 2 "Malaysian ringgit", NOK 2 "Norwegian krone", NZD 2 "New Zealand dollar", PEN 2 "Sol",
    PHP 2 "Philippine peso", PKR 2 "Pakistan rupee", PLN 2 "Zloty", RON 2 "Romanian leu", RUB 2 "Russian ruble",
    SAR 2 "Saudi riyal", SEK 2 "Swedish krona", SGD 2 "Singapore dollar", THB 2 "Baht", TRY 2 "Turkish lira",
    TWD 2 "New Taiwan dollar", USD 2 "US dollar", ZAR 2 "Rand",
}

impl Currency {
    /// Returns the currency with this code of three capital letters and this many places, at most 4.
    ///
    /// # Errors
    ///
    /// - [`MoneyError::NotACurrency`] for any other code or more places.
    pub const fn new(code: &str, places: u8) -> Result<Self, MoneyError> {
        let places = if places <= 4 { NonZeroU8::new(places + 1) } else { None };
        match (code.as_bytes(), places) {
            (&[a @ b'A'..=b'Z', b @ b'A'..=b'Z', c @ b'A'..=b'Z'], Some(more_than_places)) => {
                Ok(Self { code: [a, b, c], more_than_places })
            }
            _ => Err(MoneyError::NotACurrency),
        }
    }

    const fn known(code: &str, places: u8) -> Self {
        match Self::new(code, places) {
            Ok(currency) => currency,
            Err(_) => panic!("the table above has codes of three capital letters"),
        }
    }

    /// Returns the code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.code).expect("three ASCII letters")
    }

    /// Returns the decimal places of its cash.
    pub fn places(self) -> u32 {
        u32::from(self.more_than_places.get()) - 1
    }

    /// Returns this much cash: of a whole number, a decimal text, a `Decimal` or an [`Amount`].
    ///
    /// # Errors
    ///
    /// - [`MoneyError::TooPrecise`] for less than a minor unit.
    /// - [`MoneyError::TooLarge`] for more than 18 digits of minor units.
    /// - [`MoneyError::NotANumber`] of a text.
    pub fn of<A>(self, amount: A) -> Result<Money, MoneyError>
    where
        A: TryInto<Amount>,
        MoneyError: From<A::Error>,
    {
        let units = amount.try_into()?.units();
        let unit = 10_i128.pow(PLACES - self.places());
        if units % unit != 0 { Err(MoneyError::TooPrecise) } else { Money::from_minor(units / unit, self) }
    }

    /// Returns this price of one share: of a whole number, a decimal text, a `Decimal` or a [`Price`].
    ///
    /// # Errors
    ///
    /// - [`MoneyError::NotPositive`], [`MoneyError::TooPrecise`], [`MoneyError::TooLarge`],
    ///   [`MoneyError::NotANumber`].
    pub fn per_share<P>(self, price: P) -> Result<PerShare, MoneyError>
    where
        P: TryInto<Price>,
        MoneyError: From<P::Error>,
    {
        Ok(PerShare { price: price.try_into()?, currency: self })
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Cash of one currency, of either sign: a whole number of minor units of at most 18 digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// One minor unit beyond the most: 10¹⁸.
    pub(crate) const END: i128 = 1_000_000_000_000_000_000;

    /// Returns this many minor units of a currency: 15160 of `USD` are 151.60 dollars.
    ///
    /// # Errors
    ///
    /// - [`MoneyError::TooLarge`] for 10¹⁸ minor units and more, of either sign.
    pub fn from_minor(minor: i128, currency: Currency) -> Result<Self, MoneyError> {
        let inside = minor.unsigned_abs() < Self::END.unsigned_abs();
        let minor = Some(minor).filter(|_| inside).and_then(|minor| i64::try_from(minor).ok());
        minor.map(|minor| Self { minor, currency }).ok_or(MoneyError::TooLarge)
    }

    /// Returns the number of minor units.
    pub fn minor(self) -> i64 {
        self.minor
    }

    /// Returns the currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// Returns the sum, or `None` of two currencies and beyond 18 digits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let sum = i128::from(self.minor) + i128::from(other.minor);
        Self::from_minor(sum, self.currency).ok().filter(|_| self.currency == other.currency)
    }

    /// Returns the difference, or `None` of two currencies and beyond 18 digits.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.checked_add(Self { minor: -other.minor, ..other })
    }

    /// Returns the amount without its currency.
    pub fn amount(self) -> Amount {
        Amount::from_units(i128::from(self.minor) * 10_i128.pow(PLACES - self.currency.places()))
    }

    /// Returns the amount as a `Decimal` with the currency's places.
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.minor, self.currency.places())
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} {}", self.to_decimal(), self.currency))
    }
}

/// What one share costs or pays, in a currency: finer than cash, above 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PerShare {
    /// The price.
    pub price: Price,
    /// Its currency.
    pub currency: Currency,
}

impl fmt::Display for PerShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} {}", self.price, self.currency))
    }
}

macro_rules! whole_numbers_and_texts {
    ($($name:ident)*) => {$(
        impl TryFrom<&str> for $name {
            type Error = MoneyError;

            fn try_from(text: &str) -> Result<Self, MoneyError> {
                text.parse()
            }
        }

        impl TryFrom<i64> for $name {
            type Error = MoneyError;

            fn try_from(whole: i64) -> Result<Self, MoneyError> {
                Self::try_from(Decimal::from(whole))
            }
        }

        /// What an integer without a type is.
        impl TryFrom<i32> for $name {
            type Error = MoneyError;

            fn try_from(whole: i32) -> Result<Self, MoneyError> {
                Self::try_from(i64::from(whole))
            }
        }
    )*};
}

whole_numbers_and_texts!(Amount Price);

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(rename = "Money")]
        struct Unchecked {
            minor: i64,
            currency: Currency,
        }
        let Unchecked { minor, currency } = Unchecked::deserialize(deserializer)?;
        Self::from_minor(minor.into(), currency).map_err(serde::de::Error::custom)
    }
}

/// As its code and places: `USD 2`.
#[cfg(feature = "serde")]
impl serde::Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{} {}", self.code(), self.places()))
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        let parts = text.split_once(' ').and_then(|(code, places)| Some((code, places.parse().ok()?)));
        let (code, places) = parts.ok_or_else(|| serde::de::Error::custom(MoneyError::NotACurrency))?;
        Self::new(code, places).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cash_is_whole_minor_units() {
        assert_eq!(USD.of("0.01").map(Money::minor), Ok(1));
        assert_eq!(JPY.of("0.5"), Err(MoneyError::TooPrecise));
        assert_eq!(KWD.of("-1.234").map(|money| money.to_string()), Ok("-1.234 KWD".to_owned()));
        assert_eq!(USD.of("9999999999999999.99").map(Money::minor), Ok(999_999_999_999_999_999));
        assert_eq!(USD.of("10000000000000000"), Err(MoneyError::TooLarge));
        assert_eq!(USD.of("NaN"), Err(MoneyError::NotANumber));
        assert_eq!(USD.of(Decimal::new(15_160, 2)).map(Money::amount), "151.60".parse());
        assert_eq!(Money::from_minor(i128::MIN, USD), Err(MoneyError::TooLarge));
    }

    #[test]
    fn a_share_costs_something() {
        assert_eq!(USD.per_share(0), Err(MoneyError::NotPositive));
        assert_eq!(USD.per_share("-1"), Err(MoneyError::NotPositive));
        assert_eq!(USD.per_share("0.000000001"), Err(MoneyError::TooPrecise));
        assert_eq!(USD.per_share(i64::MAX), Err(MoneyError::TooLarge));
    }

    #[test]
    fn codes_are_three_capital_letters() {
        for code in ["", "US", "usd", "USDT", "U$D", "É1"] {
            assert_eq!(Currency::new(code, 2), Err(MoneyError::NotACurrency), "{code}");
        }
        assert_eq!(Currency::new("USD", 5), Err(MoneyError::NotACurrency));
        assert_eq!(Currency::new("USD", 2), Ok(USD));
        assert_eq!("KWD".parse(), Ok(KWD));
        assert_eq!("XXX".parse::<Currency>(), Err(MoneyError::NotACurrency));
    }
}
