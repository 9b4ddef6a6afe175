//! Prices from a seed, or from a file of real closes: what an exchange sends.
//!
//! A [`Market`] is defined by its seed, its first session and its ordered list of stocks; a close depends on these
//! alone, whatever else was asked, in any order, thread or process. Appending a stock changes no earlier one.
//!
//! # Examples
//!
//! ```
//! use chrono::NaiveDate;
//! use finnet_core::price::{Market, Seed, Uniform};
//! use finnet_core::Symbol;
//!
//! let first = NaiveDate::from_ymd_opt(2000, 1, 3).unwrap();
//! let (ibm, vz) = (Symbol::new("IBM")?, Symbol::new("VZ")?);
//! let market = Market::new(Seed(42), first)
//!     .stock(ibm, Uniform::new("128.25".parse()?)?)
//!     .stock(vz, Uniform::new("37.91".parse()?)?);
//! let close = market.close(vz, first)?; // asked alone or last of a million: the same price
//! assert!((3602..=3981).contains(&(close.units() / 1_000_000))); // 37.91 ± 5 %, in cents
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use chrono::{Datelike, NaiveDate};

use crate::money::{MoneyError, Price};
use crate::number::Philox;
use crate::symbol::Symbol;

/// What a market's randomness comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seed(pub u64);

impl Seed {
    /// Returns a seed of its own for the `index`-th market made from this one, so that two markets of one network
    /// do not move together.
    #[must_use]
    pub fn of_market(self, index: u32) -> Self {
        // The last word tells this use of the key from the draws of a market, which leave it 0.
        Self(Philox::new(self.0).bits64([index, 0, 0, 1]))
    }
}

/// Stocks and the models that make their closes.
#[derive(Clone, Debug)]
pub struct Market {
    random: Philox,
    first: NaiveDate,
    stocks: Vec<(Symbol, Model)>,
}

impl Market {
    /// Returns a market without stocks.
    pub fn new(seed: Seed, first_session: NaiveDate) -> Self {
        Self { random: Philox::new(seed.0), first: first_session, stocks: Vec::new() }
    }

    /// Appends a stock.
    ///
    /// # Panics
    ///
    /// Where the stock is there already.
    #[must_use]
    pub fn stock(mut self, symbol: Symbol, model: impl Into<Model>) -> Self {
        assert!(self.stocks.iter().all(|(known, _)| *known != symbol), "{symbol} stands in the market twice");
        self.stocks.push((symbol, model.into()));
        self
    }

    /// Returns the stocks, in their order.
    pub fn symbols(&self) -> impl ExactSizeIterator<Item = Symbol> {
        self.stocks.iter().map(|(symbol, _)| *symbol)
    }

    /// Returns the close of a stock in a session. Whether the date is a session is the calendar's to say.
    ///
    /// # Errors
    ///
    /// - [`PriceError::UnknownStock`] for a stock that is not of this market.
    /// - [`PriceError::BeforeFirst`] for a date before the market's first session.
    /// - [`PriceError::NoClose`] where a [`Replay`] has none for this date.
    pub fn close(&self, symbol: Symbol, session: NaiveDate) -> Result<Price, PriceError> {
        let stock = self.stocks.iter().position(|(known, _)| *known == symbol);
        let stock = stock.ok_or(PriceError::UnknownStock { symbol })?;
        if session < self.first {
            return Err(PriceError::BeforeFirst { session, first: self.first });
        }
        match &self.stocks[stock].1 {
            Model::Uniform(uniform) => {
                let stock = u32::try_from(stock).expect("fewer than 2^32 stocks");
                Ok(uniform.close(self.random.bits64([stock, session.num_days_from_ce().cast_unsigned(), 0, 0])))
            }
            Model::Replay(replay) => replay.close(session).ok_or(PriceError::NoClose { symbol, session }),
        }
    }
}

/// How the closes of one stock come about.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Model {
    /// Independent each day, around a base price.
    Uniform(Uniform),
    /// Real closes.
    Replay(Replay),
}

impl From<Uniform> for Model {
    fn from(uniform: Uniform) -> Self {
        Self::Uniform(uniform)
    }
}

impl From<Replay> for Model {
    fn from(replay: Replay) -> Self {
        Self::Replay(replay)
    }
}

/// close = base × (1 + u), u uniform in \[−0.05, 0.05), independent each day; rounded half up to two decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uniform {
    base: Price,
}

impl Uniform {
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
    fn close(self, bits: u64) -> Price {
        // u = (2k − 2⁵³) / 2⁵³ × 0.05 with 53 bits k, so close = base × (19·2⁵³ + 2k) / (20·2⁵³), in cents.
        let k = i128::from(bits >> 11);
        let divisor = (20_i128 << 53) * 1_000_000;
        let numerator = self.base.units() * ((19_i128 << 53) + 2 * k);
        let cents = (numerator + divisor / 2) / divisor;
        Price::from_units(cents * 1_000_000).expect("a base from 0.01 on, 5 % around it")
    }
}

/// Real closes of one stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    closes: Vec<(NaiveDate, Price)>,
}

impl Replay {
    /// Returns the model that gives these closes.
    ///
    /// # Errors
    ///
    /// - [`PriceError::OutOfOrder`] where the dates do not ascend.
    pub fn new(closes: Vec<(NaiveDate, Price)>) -> Result<Self, PriceError> {
        match closes.windows(2).find(|pair| pair[0].0 >= pair[1].0) {
            Some(pair) => Err(PriceError::OutOfOrder { session: pair[1].0 }),
            None => Ok(Self { closes }),
        }
    }

    /// Returns the close of this date, if there is one.
    pub fn close(&self, session: NaiveDate) -> Option<Price> {
        self.closes.binary_search_by_key(&session, |close| close.0).ok().map(|at| self.closes[at].1)
    }
}

/// Why there is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PriceError {
    /// The stock is not of this market.
    UnknownStock {
        /// The stock.
        symbol: Symbol,
    },
    /// The date is before the market's first session.
    BeforeFirst {
        /// The date asked for.
        session: NaiveDate,
        /// The market's first session.
        first: NaiveDate,
    },
    /// A replay has no close on this date.
    NoClose {
        /// The stock.
        symbol: Symbol,
        /// The date.
        session: NaiveDate,
    },
    /// The dates of a replay do not ascend.
    OutOfOrder {
        /// The first date that is not after the one before it.
        session: NaiveDate,
    },
}

impl fmt::Display for PriceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownStock { symbol } => write!(f, "{symbol} is not of this market"),
            Self::BeforeFirst { session, first } => write!(f, "the market starts on {first}, after {session}"),
            Self::NoClose { symbol, session } => write!(f, "{symbol} has no close on {session}"),
            Self::OutOfOrder { session } => write!(f, "closes do not ascend by date at {session}"),
        }
    }
}

impl std::error::Error for PriceError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(ordinal: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2000, 1, 3).unwrap() + chrono::Days::new(ordinal.into())
    }

    fn symbol(number: usize) -> Symbol {
        Symbol::new(&format!("S{number}")).unwrap()
    }

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

        #[test]
        fn appending_a_stock_changes_none_before(seed in any::<u64>(), on in 0..20_000_u32) {
            let model = Uniform::new("100".parse().unwrap()).unwrap();
            let one = Market::new(Seed(seed), day(0)).stock(symbol(0), model);
            let two = one.clone().stock(symbol(1), model);
            prop_assert_eq!(one.close(symbol(0), day(on)), two.close(symbol(0), day(on)));
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

    /// 20,000 draws: the mean of u within five standard errors of 0, no value outside, and each stock, day and market
    /// on its own.
    #[test]
    fn closes_are_spread_evenly() {
        let model = Uniform::new("1000".parse().unwrap()).unwrap();
        let market = |index| {
            (0..2).fold(Market::new(Seed(7).of_market(index), day(0)), |market, n| market.stock(symbol(n), model))
        };
        let closes = |market: &Market, stock| -> Vec<i128> {
            (0..20_000).map(|on| market.close(symbol(stock), day(on)).unwrap().units() / 1_000_000).collect()
        };
        let (one, two) = (market(0), market(1));
        let all = [closes(&one, 0), closes(&one, 1), closes(&two, 0)];
        for cents in &all {
            assert!(cents.iter().all(|cents| (95_000..=105_000).contains(cents)));
            // The deviation of one draw is 10,000 / √12 = 2,887 cents, of the sum of 20,000 that times √20,000.
            let sum: i128 = cents.iter().map(|cents| cents - 100_000).sum();
            assert!(sum.abs() < 5 * 2_887 * 142, "{sum}");
        }
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            let same = all[a].iter().zip(&all[b]).filter(|(a, b)| a == b).count();
            assert!(same < 30, "{same} of 20,000 closes alike; 2 expected");
        }
    }

    #[test]
    fn what_a_market_lacks_is_said() {
        let replay = Replay::new(vec![(day(0), "1".parse().unwrap()), (day(2), "2".parse().unwrap())]).unwrap();
        let market = Market::new(Seed(1), day(0)).stock(symbol(0), replay);
        assert_eq!(market.close(symbol(0), day(2)), Ok("2".parse().unwrap()));
        assert_eq!(market.close(symbol(0), day(1)), Err(PriceError::NoClose { symbol: symbol(0), session: day(1) }));
        assert_eq!(market.close(symbol(1), day(0)), Err(PriceError::UnknownStock { symbol: symbol(1) }));
        let before = day(0).pred_opt().unwrap();
        assert_eq!(market.close(symbol(0), before), Err(PriceError::BeforeFirst { session: before, first: day(0) }));
        let doubled = vec![(day(0), "1".parse().unwrap()); 2];
        assert_eq!(Replay::new(doubled), Err(PriceError::OutOfOrder { session: day(0) }));
    }
}
