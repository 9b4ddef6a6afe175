//! Quantities: what one portfolio holds ([`Holdings`]), the portfolios of one investor ([`Book`]), and many portfolios
//! at once ([`columns`]).
//!
//! In come symbols and whole quantities; out goes a value for a set of prices, exact. The sum of all absolute
//! quantities of a portfolio is at most [`Holdings::MOST_PIECES`], which keeps every value, change and percentage
//! of it inside 128 bits, so that nothing above this module can overflow.

pub mod columns;

use std::collections::HashMap;
use std::fmt;
use std::ops::RangeInclusive;

use crate::money::{Amount, MoneyError, Price, Quantity};
use crate::symbol::{NameError, PortfolioId, Symbol};

/// What one portfolio holds: at least one stock, each once, in the order given.
///
/// # Examples
///
/// ```
/// use finnet_core::Holdings;
///
/// let holdings = Holdings::new([("IBM", 1300), ("AAPL", -200)])?;
/// let value = holdings.value(&["128.25".parse()?, "151.60".parse()?]);
/// assert_eq!(value.to_string(), "136405.00");
/// assert!(Holdings::new([("IBM", 1), ("IBM", 2)]).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holdings {
    symbols: Vec<Symbol>,
    quantities: Vec<Quantity>,
}

impl Holdings {
    /// The most pieces, long and short together, that one portfolio may hold.
    ///
    /// At prices below 10¹² a value is then below 5·10³³ units of 10⁻⁸ and a change in units of 10⁻⁴ of it below
    /// 10³⁸: inside the 1.7·10³⁸ of 128 bits.
    pub const MOST_PIECES: i64 = 50_000_000_000_000;

    /// Returns these holdings.
    ///
    /// # Errors
    ///
    /// - [`HoldingsError::Empty`] for no holding.
    /// - [`HoldingsError::Symbol`] and [`HoldingsError::Quantity`] for what is none.
    /// - [`HoldingsError::Doubled`] for a symbol that stands twice.
    /// - [`HoldingsError::TooLarge`] for more than [`Holdings::MOST_PIECES`].
    pub fn new<S: AsRef<str>>(lines: impl IntoIterator<Item = (S, i64)>) -> Result<Self, HoldingsError> {
        let mut holdings = Self { symbols: Vec::new(), quantities: Vec::new() };
        let mut pieces = 0_i64;
        for (ticker, quantity) in lines {
            let symbol = Symbol::new(ticker.as_ref()).map_err(HoldingsError::Symbol)?;
            let quantity = Quantity::new(quantity).map_err(|why| HoldingsError::Quantity { symbol, why })?;
            if holdings.symbols.contains(&symbol) {
                return Err(HoldingsError::Doubled { symbol });
            }
            // Quantities have 12 digits: the sum leaves at the first step past the limit, far from overflow.
            pieces += quantity.get().abs();
            if pieces > Self::MOST_PIECES {
                return Err(HoldingsError::TooLarge);
            }
            holdings.symbols.push(symbol);
            holdings.quantities.push(quantity);
        }
        if holdings.symbols.is_empty() { Err(HoldingsError::Empty) } else { Ok(holdings) }
    }

    /// Returns the stocks held, in the order given.
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// Returns each stock with its quantity, in the order given.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Symbol, Quantity)> {
        self.symbols.iter().copied().zip(self.quantities.iter().copied())
    }

    /// Returns Σ quantity × price, exact; the prices stand in the order of [`Holdings::symbols`].
    ///
    /// # Panics
    ///
    /// Where there are more or fewer prices than symbols.
    pub fn value(&self, prices: &[Price]) -> Amount {
        assert_eq!(prices.len(), self.quantities.len(), "a price for each holding");
        let terms = prices.iter().zip(&self.quantities);
        Amount::from_units(terms.map(|(price, &quantity)| price.times(quantity).units()).sum())
    }

    /// Returns the least and the greatest value that any prices can make.
    pub fn possible_values(&self) -> RangeInclusive<Amount> {
        let total = |sign: i64| -> i128 {
            // The dearest price on this side of 0, the cheapest, which is one unit, on the other.
            let term = |pieces: i64| i128::from(pieces) * if pieces.signum() == sign { Price::MAX.units() } else { 1 };
            self.quantities.iter().map(|quantity| term(quantity.get())).sum()
        };
        Amount::from_units(total(-1))..=Amount::from_units(total(1))
    }
}

/// The portfolios of one investor, and which of them hold a stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    portfolios: Vec<(PortfolioId, Holdings)>,
    holders: HashMap<Symbol, Vec<(usize, usize)>>,
}

impl Book {
    /// Returns the book of these portfolios, in the order given.
    pub fn new(portfolios: impl IntoIterator<Item = (PortfolioId, Holdings)>) -> Self {
        let portfolios: Vec<_> = portfolios.into_iter().collect();
        let mut holders = HashMap::<_, Vec<_>>::new();
        for (portfolio, (_, holdings)) in portfolios.iter().enumerate() {
            for (place, &symbol) in holdings.symbols().iter().enumerate() {
                holders.entry(symbol).or_default().push((portfolio, place));
            }
        }
        Self { portfolios, holders }
    }

    /// Returns each portfolio with its holdings, in the order given.
    pub fn portfolios(&self) -> &[(PortfolioId, Holdings)] {
        &self.portfolios
    }

    /// Returns the portfolios that hold a stock: (index of the portfolio, place of the stock in its holdings).
    pub fn holders(&self, symbol: &Symbol) -> &[(usize, usize)] {
        self.holders.get(symbol).map_or(&[], Vec::as_slice)
    }
}

/// Why lines are no holdings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HoldingsError {
    /// There is no line.
    Empty,
    /// A ticker that is none.
    Symbol(NameError),
    /// A quantity that is none.
    Quantity {
        /// The stock.
        symbol: Symbol,
        /// What is wrong with its quantity.
        why: MoneyError,
    },
    /// A stock that stands twice.
    Doubled {
        /// The stock.
        symbol: Symbol,
    },
    /// More than [`Holdings::MOST_PIECES`].
    TooLarge,
}

impl fmt::Display for HoldingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "a portfolio holds at least one stock"),
            Self::Symbol(why) => write!(f, "no ticker: {why}"),
            Self::Quantity { symbol, why } => write!(f, "{symbol}: {why}"),
            Self::Doubled { symbol } => write!(f, "{symbol} is held twice"),
            Self::TooLarge => write!(f, "a portfolio holds at most {} pieces in all", Holdings::MOST_PIECES),
        }
    }
}

impl std::error::Error for HoldingsError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_largest_portfolio_is_valued_without_overflow() {
        let most = Holdings::MOST_PIECES / Quantity::MAX;
        let lines = (0..most).map(|n| (format!("S{n}"), Quantity::MAX));
        let holdings = Holdings::new(lines).unwrap();
        let value = holdings.value(&vec![Price::MAX; holdings.symbols().len()]);
        assert_eq!(value.units(), i128::from(most) * i128::from(Quantity::MAX) * Price::MAX.units());
        let fall = crate::Valuation::after(Some(value), chrono::NaiveDate::MIN, Amount::from_units(-value.units()));
        assert_eq!(fall.change_pct.map(|percent| percent.to_string()), Some("-200.00".to_owned()));
        let one_more = (0..=most).map(|n| (format!("S{n}"), Quantity::MAX));
        assert_eq!(Holdings::new(one_more), Err(HoldingsError::TooLarge));
    }

    #[test]
    fn the_most_pieces_are_held_and_one_more_is_not() {
        let most = Holdings::MOST_PIECES / Quantity::MAX;
        let rest = Holdings::MOST_PIECES - most * Quantity::MAX;
        let of = |last: i64| {
            let lines = (0..most).map(|n| (format!("S{n}"), -Quantity::MAX)).chain([("LAST".to_owned(), last)]);
            Holdings::new(lines).map(|holdings| holdings.symbols().len())
        };
        assert_eq!(of(rest), Ok(51));
        assert_eq!(of(rest + 1), Err(HoldingsError::TooLarge));
        assert_eq!(of(-rest), Ok(51));
    }

    #[test]
    fn what_is_no_portfolio_is_refused() {
        assert_eq!(Holdings::new::<&str>([]), Err(HoldingsError::Empty));
        assert!(matches!(Holdings::new([("IBM", 0)]), Err(HoldingsError::Quantity { why: MoneyError::Zero, .. })));
        assert!(matches!(Holdings::new([("I BM", 1)]), Err(HoldingsError::Symbol(_))));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn value_is_linear_in_the_quantity(
            price in 1..=Price::MAX.units(), a in 1..Quantity::MAX / 2, b in 1..Quantity::MAX / 2,
        ) {
            let price = [Price::from_units(price).unwrap()];
            let value = |pieces: i64| Holdings::new([("IBM", pieces)]).unwrap().value(&price).units();
            prop_assert_eq!(value(a) + value(b), value(a + b));
            prop_assert_eq!(value(-a), -value(a));
        }
    }
}
