//! Exchange rates by date: what one unit of a currency is worth in the home currency.
//!
//! In come quotes of a day, direct or indirect; out goes cash converted exactly and rounded once, by a named rule. A
//! rate that lacks is an error that names currency and date, never 1 or 0, and how long an older one may stand in is the
//! caller's word ([`Rates::carried`]).

use std::fmt;

use chrono::NaiveDate;

use crate::money::{Currency, Excess, Money, MoneyError, Rounding, parse};

/// The price of one currency in another, exact, in the direction in which it was quoted.
///
/// # Examples
///
/// ```
/// use finnet_core::rate::Rate;
///
/// let euro = Rate::direct("1.0842")?; // dollars for a euro, at home in dollars
/// let yen = Rate::indirect("149.50")?; // yen for a dollar: not inverted, so nothing is rounded
/// assert!(Rate::direct("0").is_err());
/// # Ok::<(), finnet_core::money::MoneyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Rate {
    /// In units of 10⁻¹², above 0.
    units: u64,
    quotation: Quotation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
enum Quotation {
    Direct,
    Indirect,
}

impl Rate {
    /// Decimal places kept.
    pub const PLACES: u32 = 12;

    /// Units of 10⁻¹² in a rate of 1.
    const ONE: i128 = 10_i128.pow(Self::PLACES);

    /// Returns the rate by which one unit of the foreign currency is worth this much of the home currency.
    ///
    /// # Errors
    ///
    /// - [`MoneyError::NotAboveZero`], [`MoneyError::NotANumber`].
    /// - [`MoneyError::TooPrecise`] for more than 12 places, [`MoneyError::TooLarge`] from 9 million on.
    pub fn direct(home_for_one: &str) -> Result<Self, MoneyError> {
        Self::new(home_for_one, Quotation::Direct)
    }

    /// Returns the rate by which one unit of the home currency is worth this much of the foreign currency.
    ///
    /// # Errors
    ///
    /// As of [`Rate::direct`].
    pub fn indirect(foreign_for_one: &str) -> Result<Self, MoneyError> {
        Self::new(foreign_for_one, Quotation::Indirect)
    }

    fn new(text: &str, quotation: Quotation) -> Result<Self, MoneyError> {
        Self::checked(parse(text, Self::PLACES, Excess::Refuse)?, quotation)
    }

    fn checked(units: i128, quotation: Quotation) -> Result<Self, MoneyError> {
        match u64::try_from(units) {
            Ok(0) | Err(_) if units <= 0 => Err(MoneyError::NotAboveZero),
            Ok(units) if i128::from(units) < 9_000_000 * Self::ONE => Ok(Self { units, quotation }),
            _ => Err(MoneyError::TooLarge),
        }
    }

    /// Returns cash in the home currency, rounded once.
    fn convert(self, cash: Money, home: Currency, rounding: Rounding) -> Result<Money, MoneyError> {
        let units = i128::from(self.units);
        let (times, over) = match self.quotation {
            Quotation::Direct => (units, Self::ONE),
            Quotation::Indirect => (Self::ONE, units),
        };
        // The minor units of both, as a factor on one side.
        let more = |by: u32| 10_i128.pow(by);
        let (here, there) = (home.places(), cash.currency().places());
        let (times, over) =
            (times.checked_mul(more(here.saturating_sub(there))), over * more(there.saturating_sub(here)));
        let dividend =
            times.and_then(|times| i128::from(cash.minor()).checked_mul(times)).ok_or(MoneyError::TooLarge)?;
        Money::from_minor(rounding.divide(dividend, over), home)
    }
}

/// As `direct 1.0842`: the quotation and the decimal.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quotation = match self.quotation {
            Quotation::Direct => "direct",
            Quotation::Indirect => "indirect",
        };
        let (whole, rest) = (i128::from(self.units) / Self::ONE, i128::from(self.units) % Self::ONE);
        let decimal = format!("{whole}.{rest:012}");
        f.pad(&format!("{quotation} {}", decimal.trim_end_matches('0').trim_end_matches('.')))
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Rate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(rename = "Rate")]
        struct Unchecked {
            units: u64,
            quotation: Quotation,
        }
        let Unchecked { units, quotation } = Unchecked::deserialize(deserializer)?;
        Self::checked(units.into(), quotation).map_err(serde::de::Error::custom)
    }
}

/// The rates of any number of currencies in one home currency, by date.
///
/// # Examples
///
/// ```
/// use finnet_core::chrono::NaiveDate;
/// use finnet_core::money::{EUR, Rounding, USD};
/// use finnet_core::rate::{Rate, RateError, Rates};
///
/// let [friday, monday] = [20, 23].map(|day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap());
/// let mut rates = Rates::new(USD);
/// rates.insert(friday, EUR, Rate::direct("1.0842")?)?;
/// let cash = EUR.of("100.05")?;
/// assert_eq!(rates.convert(cash, friday, Rounding::HalfAwayFromZero)?, USD.of("108.47")?);
/// let lacks = rates.convert(cash, monday, Rounding::HalfAwayFromZero);
/// assert_eq!(lacks, Err(RateError::Lacking { currency: EUR, date: monday }));
/// let rates = rates.carried(3); // Friday's rate may stand over a weekend
/// assert!(rates.convert(cash, monday, Rounding::HalfAwayFromZero).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Rates {
    home: Currency,
    /// Calendar days that a rate stands after its own.
    carried: u32,
    /// Of each currency, in order of the dates.
    quotes: Vec<(Currency, Vec<(NaiveDate, Rate)>)>,
}

impl Rates {
    /// Returns no rates, in this home currency; each holds for its own date alone.
    pub fn new(home: Currency) -> Self {
        Self { home, carried: 0, quotes: Vec::new() }
    }

    /// Returns these rates, each standing for that many calendar days after its date where no newer one is known.
    #[must_use]
    pub fn carried(mut self, days: u32) -> Self {
        self.carried = days;
        self
    }

    /// Returns whether these could have been made one by one: read from outside, they may not.
    pub(crate) fn hold_together(&self) -> bool {
        let ascend = |quotes: &[(NaiveDate, Rate)]| quotes.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let known = |at: usize, currency: Currency| self.quotes[..at].iter().any(|(other, _)| *other == currency);
        self.quotes
            .iter()
            .enumerate()
            .all(|(at, (currency, quotes))| *currency != self.home && !known(at, *currency) && ascend(quotes))
    }

    /// Returns the currency that all are converted to.
    pub fn home(&self) -> Currency {
        self.home
    }

    /// Takes up the rate of a currency on a date.
    ///
    /// # Errors
    ///
    /// - [`RateError::Home`] for the home currency, which is worth itself.
    /// - [`RateError::Contradicts`] where another rate is known of that date; the same one is no error.
    pub fn insert(&mut self, date: NaiveDate, currency: Currency, rate: Rate) -> Result<(), RateError> {
        let quotes = self.quotes_of(currency)?;
        match quotes.binary_search_by_key(&date, |&(date, _)| date) {
            Ok(at) if quotes[at].1 == rate => Ok(()),
            Ok(_) => Err(RateError::Contradicts { currency, date }),
            Err(at) => {
                quotes.insert(at, (date, rate));
                Ok(())
            }
        }
    }

    /// Takes up the rate of a currency on a date in the place of any that is known of it.
    ///
    /// # Errors
    ///
    /// - [`RateError::Home`] for the home currency.
    pub fn replace(&mut self, date: NaiveDate, currency: Currency, rate: Rate) -> Result<(), RateError> {
        let quotes = self.quotes_of(currency)?;
        match quotes.binary_search_by_key(&date, |&(date, _)| date) {
            Ok(at) => quotes[at].1 = rate,
            Err(at) => quotes.insert(at, (date, rate)),
        }
        Ok(())
    }

    /// Returns the rates of a foreign currency, to change.
    fn quotes_of(&mut self, currency: Currency) -> Result<&mut Vec<(NaiveDate, Rate)>, RateError> {
        if currency == self.home {
            return Err(RateError::Home { currency });
        }
        let at = self.quotes.iter().position(|(known, _)| *known == currency).unwrap_or_else(|| {
            self.quotes.push((currency, Vec::new()));
            self.quotes.len() - 1
        });
        Ok(&mut self.quotes[at].1)
    }

    /// Returns the rate of a currency on a date.
    ///
    /// # Errors
    ///
    /// - [`RateError::Lacking`] where none of the date is known, nor one that is carried to it.
    /// - [`RateError::Home`] for the home currency.
    pub fn at(&self, currency: Currency, date: NaiveDate) -> Result<Rate, RateError> {
        if currency == self.home {
            return Err(RateError::Home { currency });
        }
        let quotes = self.quotes.iter().find(|(known, _)| *known == currency).map_or(&[][..], |(_, quotes)| quotes);
        let known = quotes[..quotes.partition_point(|&(known, _)| known <= date)].last();
        let stands = |&&(known, _): &&(NaiveDate, Rate)| (date - known).num_days() <= i64::from(self.carried);
        known.filter(stands).map(|&(_, rate)| rate).ok_or(RateError::Lacking { currency, date })
    }

    /// Returns cash in the home currency at the rate of a date, rounded once; that in the home currency as it is.
    ///
    /// # Errors
    ///
    /// - [`RateError::Lacking`] where there is no rate.
    /// - [`RateError::TooLarge`] for more than 18 digits of minor units.
    pub fn convert(&self, cash: Money, date: NaiveDate, rounding: Rounding) -> Result<Money, RateError> {
        if cash.currency() == self.home {
            return Ok(cash);
        }
        let rate = self.at(cash.currency(), date)?;
        rate.convert(cash, self.home, rounding).map_err(|_| RateError::TooLarge { currency: cash.currency() })
    }
}

/// Why there is no rate or no amount of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RateError {
    /// No rate of that date is known.
    Lacking {
        /// Whose rate.
        currency: Currency,
        /// On which date.
        date: NaiveDate,
    },
    /// Another rate of that date is known.
    Contradicts {
        /// Whose rate.
        currency: Currency,
        /// Of which date.
        date: NaiveDate,
    },
    /// The home currency has no rate.
    Home {
        /// The currency.
        currency: Currency,
    },
    /// The amount in the home currency has more than 18 digits of minor units.
    TooLarge {
        /// What was converted.
        currency: Currency,
    },
}

impl fmt::Display for RateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lacking { currency, date } => write!(f, "there is no rate of {currency} on {date}"),
            Self::Contradicts { currency, date } => write!(f, "another rate of {currency} on {date} is known"),
            Self::Home { currency } => write!(f, "{currency} is the home currency, which has no rate"),
            Self::TooLarge { currency } => write!(f, "an amount of {currency} is too large in the home currency"),
        }
    }
}

impl std::error::Error for RateError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::money::{EUR, JPY, KWD, USD};

    fn date(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
    }

    #[test]
    fn minor_units_of_both_sides_count() {
        let mut rates = Rates::new(KWD);
        rates.insert(date(2), JPY, Rate::indirect("487.5").unwrap()).unwrap();
        rates.insert(date(2), USD, Rate::direct("0.3077").unwrap()).unwrap();
        let convert = |cash: Money| rates.convert(cash, date(2), Rounding::HalfAwayFromZero);
        assert_eq!(convert(JPY.of(1_000).unwrap()), Ok(KWD.of("2.051").unwrap())); // 2.05128…
        assert_eq!(convert(USD.of("-1.50").unwrap()), Ok(KWD.of("-0.462").unwrap())); // −0.46155
        assert_eq!(convert(KWD.of("1.234").unwrap()), Ok(KWD.of("1.234").unwrap()));
        let large = JPY.of(99_999_999_999_999_999_i64).unwrap();
        assert_eq!(convert(large), Ok(KWD.of("205128205128205.126").unwrap()));
        let mut rates = Rates::new(JPY);
        rates.insert(date(2), USD, Rate::direct("8999999.999999999999").unwrap()).unwrap();
        let most = USD.of("9999999999999999.99").unwrap();
        let too_large = RateError::TooLarge { currency: USD };
        assert_eq!(rates.convert(most, date(2), Rounding::HalfEven), Err(too_large));
    }

    #[test]
    fn a_rate_stands_as_long_as_it_was_told() {
        let mut rates = Rates::new(USD);
        rates.insert(date(5), EUR, Rate::direct("1.1").unwrap()).unwrap();
        rates.insert(date(3), EUR, Rate::direct("1.2").unwrap()).unwrap();
        assert_eq!(rates.insert(date(3), EUR, Rate::direct("1.2").unwrap()), Ok(()));
        let other = rates.insert(date(3), EUR, Rate::direct("1.3").unwrap());
        assert_eq!(other, Err(RateError::Contradicts { currency: EUR, date: date(3) }));
        assert_eq!(rates.at(EUR, date(4)), Err(RateError::Lacking { currency: EUR, date: date(4) }));
        let rates = rates.carried(2);
        assert_eq!(rates.at(EUR, date(4)), Ok(Rate::direct("1.2").unwrap()));
        assert_eq!(rates.at(EUR, date(7)), Ok(Rate::direct("1.1").unwrap()));
        assert!(rates.at(EUR, date(8)).is_err() && rates.at(EUR, date(2)).is_err());
        assert!(rates.at(EUR, NaiveDate::MAX).is_err() && rates.at(EUR, NaiveDate::MIN).is_err());
        assert_eq!(rates.at(USD, date(4)), Err(RateError::Home { currency: USD }));
    }

    #[test]
    fn rates_are_above_zero() {
        for text in ["0", "-1", "-0.0001"] {
            assert_eq!(Rate::direct(text), Err(MoneyError::NotAboveZero), "{text}");
        }
        for text in ["9000000", "1e30"] {
            assert_eq!(Rate::indirect(text), Err(MoneyError::TooLarge), "{text}");
        }
        assert_eq!(Rate::direct("1e-13"), Err(MoneyError::TooPrecise));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        /// Against the definition: |converted − cash × rate| ≤ ½ minor unit, in integers.
        #[test]
        fn a_conversion_is_off_by_half_a_unit_at_most(minor in -1_000_000_000_i64..1_000_000_000, units in 1_u64..10_u64.pow(15)) {
            let text = format!("{units}e-12");
            let mut rates = Rates::new(USD);
            rates.insert(date(2), EUR, Rate::direct(&text).unwrap()).unwrap();
            rates.insert(date(2), JPY, Rate::indirect(&text).unwrap()).unwrap();
            let cash = |currency| Money::from_minor(minor.into(), currency).unwrap();
            let direct = rates.convert(cash(EUR), date(2), Rounding::HalfEven).unwrap();
            let error = i128::from(direct.minor()) * Rate::ONE - i128::from(minor) * i128::from(units);
            prop_assert!(2 * error.abs() <= Rate::ONE);
            if let Ok(indirect) = rates.convert(cash(JPY), date(2), Rounding::HalfEven) {
                let error = i128::from(indirect.minor()) * i128::from(units) - i128::from(minor) * Rate::ONE * 100;
                prop_assert!(2 * error.abs() <= i128::from(units));
            }
        }
    }
}
