//! A book of many portfolios in columns, valued for a session from a column of closes.
//!
//! In come quantities, each with the number of its stock, portfolio after portfolio ([`ColumnBook`]), and a close of
//! each stock; out come the value of each portfolio and its change ([`Values`]), exact, as
//! [`Evaluator`](crate::evaluate::Evaluator) finds them one by one.
//!
//! Prices of one session are counted in the largest power of ten that all of them are multiples of, most often cents.
//! Σ |quantity| of a portfolio is known since the book was made: where its product with the largest price fits 64 bits,
//! no sum on the way can overflow them, and the portfolio is summed in 64; otherwise in 128, which the limits of
//! [`Holdings`] keep from overflow.
//!
//! | layout | a holding | stocks | quantity |
//! |---|---|---|---|
//! | [`Compact`] | 6 bytes | 65,536 | of 32 bits |
//! | [`Wide`] | 12 bytes | 2³² | of 12 digits |
//!
//! # Examples
//!
//! ```
//! use finnet_core::Symbol;
//! use finnet_core::holdings::columns::{ColumnBook, Compact, Values};
//!
//! let symbols = ["IBM", "AAPL", "VZ"].map(|ticker| Symbol::new(ticker).unwrap());
//! // The first portfolio holds 1300 IBM and −200 AAPL, the second 10 VZ.
//! let book = ColumnBook::<Compact>::new(symbols.to_vec(), vec![0, 2, 3], vec![0, 1, 2], vec![1300, -200, 10])?;
//! let closes = ["128.25", "151.60", "41.50"].map(|price| price.parse().ok());
//! let mut values = Values::new();
//! book.value("2026-11-19".parse()?, &closes, &mut values)?;
//! book.value("2026-11-20".parse()?, &["128.25", "150.60", "41.00"].map(|price| price.parse().ok()), &mut values)?;
//! let first = values.valuation(0).expect("it has been valued");
//! assert_eq!((first.value.to_string(), first.change.unwrap().to_string()), ("136605.00".into(), "200.00".into()));
//! assert_eq!(values.valuation(1).unwrap().change_pct.unwrap().to_string(), "-1.20");
//! // VZ is held: without its close there is no session.
//! let missing = book.value("2026-11-23".parse()?, &[closes[0], closes[1], None], &mut values).unwrap_err();
//! assert_eq!(missing.to_string(), "stocks held without a close: VZ");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod layout;
mod values;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use chrono::NaiveDate;

pub use self::error::ColumnsError;
use self::layout::Prices;
pub use self::layout::{Compact, Layout, Wide};
pub use self::values::Values;
use super::Holdings;
use crate::money::{Amount, Price, Quantity};
use crate::symbol::Symbol;

/// Portfolios in columns: of each holding the number of its stock and the quantity, portfolio after portfolio.
///
/// Each portfolio is as [`Holdings`] are: at least one stock, each once, no quantity of 0, at most
/// [`Holdings::MOST_PIECES`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnBook<L: Layout> {
    symbols: Vec<Symbol>,
    /// Whether any portfolio holds the stock.
    held: Vec<bool>,
    /// Where each portfolio starts, and where the last ends.
    starts: Vec<usize>,
    stocks: Vec<L::Stock>,
    quantities: Vec<L::Quantity>,
    /// Σ |quantity| of each portfolio.
    pieces: Vec<i64>,
}

impl<L: Layout> ColumnBook<L> {
    /// Returns the book of these columns, which are taken as they are: holdings `starts[n]..starts[n + 1]` are those of
    /// portfolio n, each a place in `symbols` and a quantity.
    ///
    /// # Errors
    ///
    /// - [`ColumnsError::Symbols`] for more symbols than the layout numbers, or one that stands twice.
    /// - [`ColumnsError::Starts`] where `starts` does not rise from 0 to the number of holdings: a portfolio holds
    ///   something.
    /// - [`ColumnsError::LengthsDiffer`] for not as many quantities as stocks.
    /// - [`ColumnsError::NoSuchStock`], [`ColumnsError::Doubled`], [`ColumnsError::Quantity`], [`ColumnsError::TooLarge`]
    ///   for a holding or portfolio that is none.
    pub fn new(
        symbols: Vec<Symbol>,
        starts: Vec<usize>,
        stocks: Vec<L::Stock>,
        quantities: Vec<L::Quantity>,
    ) -> Result<Self, ColumnsError> {
        let different: std::collections::HashSet<_> = symbols.iter().collect();
        if different.len() != symbols.len() || symbols.len() > L::MOST_SYMBOLS {
            return Err(ColumnsError::Symbols { given: symbols.len() });
        }
        if stocks.len() != quantities.len() {
            return Err(ColumnsError::LengthsDiffer { stocks: stocks.len(), quantities: quantities.len() });
        }
        let rises = starts.first() == Some(&0) && starts.last() == Some(&stocks.len());
        if let Some(at) = starts.windows(2).position(|pair| pair[0] >= pair[1]).or((!rises).then_some(0)) {
            return Err(ColumnsError::Starts { at });
        }
        let mut book = Self { held: Vec::new(), pieces: Vec::new(), symbols, starts, stocks, quantities };
        book.check_holdings()?;
        Ok(book)
    }

    /// Returns the book of these portfolios, in the order given; its symbols stand in the order of their first holding.
    ///
    /// # Errors
    ///
    /// - [`ColumnsError::Symbols`], [`ColumnsError::TooWide`] for more than the layout numbers or counts.
    pub fn of_holdings<'a>(portfolios: impl IntoIterator<Item = &'a Holdings>) -> Result<Self, ColumnsError> {
        let (mut symbols, mut numbers) = (Vec::new(), HashMap::new());
        let (mut starts, mut stocks, mut quantities) = (vec![0], Vec::new(), Vec::new());
        for (symbol, quantity, last) in portfolios.into_iter().flat_map(|portfolio| {
            let last = portfolio.symbols().len() - 1;
            portfolio.iter().enumerate().map(move |(place, (symbol, quantity))| (symbol, quantity, place == last))
        }) {
            let number = *numbers.entry(symbol).or_insert_with(|| {
                symbols.push(symbol);
                symbols.len() - 1
            });
            stocks.push(L::number(number).ok_or(ColumnsError::Symbols { given: symbols.len() })?);
            let narrow = L::narrow(quantity.get()).ok_or(ColumnsError::TooWide { at: quantities.len() })?;
            quantities.push(narrow);
            if last {
                starts.push(stocks.len());
            }
        }
        Self::new(symbols, starts, stocks, quantities)
    }

    /// Returns the stocks, in the order of their closes.
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// Returns how many portfolios there are.
    pub fn portfolios(&self) -> usize {
        self.pieces.len()
    }

    /// Returns the holdings of a portfolio: each stock's place in the symbols, with its quantity.
    ///
    /// # Panics
    ///
    /// Where there is no such portfolio.
    pub fn holdings(&self, portfolio: usize) -> impl ExactSizeIterator<Item = (usize, i64)> {
        let range = self.starts[portfolio]..self.starts[portfolio + 1];
        let quantities = self.quantities[range.clone()].iter().map(|&quantity| L::pieces(quantity));
        self.stocks[range].iter().map(|&stock| L::place(stock)).zip(quantities)
    }

    /// Values all portfolios for a session, and takes their changes against the last one valued, in one pass.
    ///
    /// `closes` stand in the order of the symbols; only a stock that is held needs one. What fails leaves `values` as
    /// they were.
    ///
    /// # Errors
    ///
    /// - [`ColumnsError::Closes`] for more or fewer closes than symbols.
    /// - [`ColumnsError::Missing`] where stocks that are held have none: all of them.
    /// - [`ColumnsError::NotAfter`] for a session that is not after the last.
    /// - [`ColumnsError::OtherBook`] where the values are those of a book of another size.
    pub fn value(&self, session: NaiveDate, closes: &[Option<Price>], values: &mut Values) -> Result<(), ColumnsError> {
        let prices = self.prices(closes)?;
        let (before, changes) = values.open(session, self.portfolios())?;
        self.value_range(0, &prices, before, changes);
        values.close(session);
        Ok(())
    }

    /// Does what [`ColumnBook::value`] does on so many threads; the results are the same.
    ///
    /// # Errors
    ///
    /// - Those of [`ColumnBook::value`].
    #[cfg(feature = "parallel")]
    pub fn value_on(
        &self,
        threads: std::num::NonZeroUsize,
        session: NaiveDate,
        closes: &[Option<Price>],
        values: &mut Values,
    ) -> Result<(), ColumnsError> {
        let prices = self.prices(closes)?;
        let (mut before, mut changes) = values.open(session, self.portfolios())?;
        std::thread::scope(|scope| {
            let mut from = 0;
            for thread in 1..=threads.get() {
                // Shares of as many holdings each, since portfolios differ.
                let end = self.stocks.len() / threads.get() * thread;
                let to = self.starts.partition_point(|&start| start < end).clamp(from, self.portfolios());
                let to = if thread == threads.get() { self.portfolios() } else { to };
                let (own_before, rest_before) = before.split_at_mut(to - from);
                let (own_changes, rest_changes) = changes.split_at_mut(to - from);
                (before, changes) = (rest_before, rest_changes);
                let prices = &prices;
                scope.spawn(move || self.value_range(from, prices, own_before, own_changes));
                from = to;
            }
        });
        values.close(session);
        Ok(())
    }

    /// Puts the value of each portfolio from the first on in the place of that before, and its change beside.
    fn value_range(&self, first: usize, prices: &Prices<'_>, values: &mut [Amount], changes: &mut [Amount]) {
        let starts = &self.starts[first..=first + values.len()];
        let pieces = &self.pieces[first..first + values.len()];
        for (((range, &pieces), value), change) in starts.windows(2).zip(pieces).zip(values).zip(changes) {
            let (stocks, quantities) = (&self.stocks[range[0]..range[1]], &self.quantities[range[0]..range[1]]);
            let new = prices.value::<L>(pieces, stocks, quantities);
            *change = new.checked_sub(*value).expect("values of holdings are below 10^34 units");
            *value = new;
        }
    }

    /// Returns the prices of a session, each there that is needed.
    fn prices<'a>(&self, closes: &'a [Option<Price>]) -> Result<Prices<'a>, ColumnsError> {
        if closes.len() != self.symbols.len() {
            return Err(ColumnsError::Closes { given: closes.len(), symbols: self.symbols.len() });
        }
        let lacks =
            closes.iter().zip(&self.held).zip(&self.symbols).filter(|((close, held), _)| **held && close.is_none());
        let lacks: Box<[Symbol]> = lacks.map(|(_, &symbol)| symbol).collect();
        if lacks.is_empty() { Ok(Prices::new::<L>(closes)) } else { Err(ColumnsError::Missing { symbols: lacks }) }
    }

    /// Looks at each holding, and notes what is held and how many pieces each portfolio has.
    fn check_holdings(&mut self) -> Result<(), ColumnsError> {
        // Which portfolio, counted from 1, held the stock last.
        let mut holders = vec![0; self.symbols.len()];
        self.pieces.reserve_exact(self.starts.len().saturating_sub(1));
        for (portfolio, range) in self.starts.windows(2).enumerate() {
            let mut sum = 0_i64;
            for at in range[0]..range[1] {
                let stock = L::place(self.stocks[at]);
                let holder = holders.get_mut(stock).ok_or(ColumnsError::NoSuchStock { at })?;
                if std::mem::replace(holder, portfolio + 1) == portfolio + 1 {
                    return Err(ColumnsError::Doubled { portfolio, symbol: self.symbols[stock] });
                }
                let quantity = Quantity::new(L::pieces(self.quantities[at]));
                // Of 12 digits: the sum leaves at the first step past the limit, far from overflow.
                sum += quantity.map_err(|why| ColumnsError::Quantity { at, why })?.get().abs();
                if sum > Holdings::MOST_PIECES {
                    return Err(ColumnsError::TooLarge { portfolio });
                }
            }
            self.pieces.push(sum);
        }
        self.held = holders.into_iter().map(|holder| holder != 0).collect();
        Ok(())
    }
}
