//! Why columns are no book, or a book has no values.

use std::fmt;

use chrono::NaiveDate;

use super::super::Holdings;
use crate::money::MoneyError;
use crate::symbol::Symbol;

/// Why columns are no book, or a book has no values for a session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnsError {
    /// More symbols than the layout numbers, or one that stands twice.
    Symbols {
        /// How many there are.
        given: usize,
    },
    /// The starts do not rise from 0 to the number of holdings.
    Starts {
        /// The portfolio where they do not.
        at: usize,
    },
    /// There are not as many quantities as stocks.
    LengthsDiffer {
        /// Of the stocks' column.
        stocks: usize,
        /// Of the quantities' column.
        quantities: usize,
    },
    /// A holding's stock is none of the symbols.
    NoSuchStock {
        /// The holding's place.
        at: usize,
    },
    /// A portfolio holds a stock twice.
    Doubled {
        /// The portfolio.
        portfolio: usize,
        /// The stock.
        symbol: Symbol,
    },
    /// A quantity that is none.
    Quantity {
        /// The holding's place.
        at: usize,
        /// What is wrong with it.
        why: MoneyError,
    },
    /// A quantity beyond the layout's bits.
    TooWide {
        /// The holding's place.
        at: usize,
    },
    /// A portfolio of more than [`Holdings::MOST_PIECES`].
    TooLarge {
        /// The portfolio.
        portfolio: usize,
    },
    /// There are not as many closes as symbols.
    Closes {
        /// How many there are.
        given: usize,
        /// How many there should be.
        symbols: usize,
    },
    /// Stocks are held and have no close.
    Missing {
        /// All of them, in the order of the book.
        symbols: Box<[Symbol]>,
    },
    /// A session is not after the last one valued.
    NotAfter {
        /// The last.
        last: NaiveDate,
    },
    /// The values are those of a book of another size.
    OtherBook {
        /// How many portfolios have values.
        values: usize,
        /// How many the book has.
        portfolios: usize,
    },
}

impl fmt::Display for ColumnsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Symbols { given } => write!(f, "{given} symbols are too many for the layout, or one stands twice"),
            Self::Starts { at } => {
                write!(f, "portfolio {at} does not start where the one before ends, or holds nothing")
            }
            Self::LengthsDiffer { stocks, quantities } => write!(f, "{stocks} stocks have {quantities} quantities"),
            Self::NoSuchStock { at } => write!(f, "holding {at} is of no known stock"),
            Self::Doubled { portfolio, symbol } => write!(f, "portfolio {portfolio} holds {symbol} twice"),
            Self::Quantity { at, why } => write!(f, "holding {at}: {why}"),
            Self::TooWide { at } => write!(f, "holding {at} has a quantity beyond 32 bits: take the wide layout"),
            Self::TooLarge { portfolio } => {
                write!(f, "portfolio {portfolio} holds more than {} pieces in all", Holdings::MOST_PIECES)
            }
            Self::Closes { given, symbols } => write!(f, "{given} closes are given for {symbols} stocks"),
            Self::Missing { symbols } => {
                write!(f, "stocks held without a close:")?;
                symbols.iter().try_for_each(|symbol| write!(f, " {symbol}"))
            }
            Self::NotAfter { last } => write!(f, "the session is not after {last}, which has been valued"),
            Self::OtherBook { values, portfolios } => {
                write!(f, "the values are of {values} portfolios, the book has {portfolios}")
            }
        }
    }
}

impl std::error::Error for ColumnsError {}
