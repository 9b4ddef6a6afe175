//! How wide the columns are, and the sum over one portfolio's part of them.
//!
//! In come a session's closes; out go the prices in a table that no stock's number can leave, and values.

use std::fmt;

use self::sealed::Columns;
use crate::money::{Amount, PLACES, Price};

/// The width of a book's columns: [`Compact`] or [`Wide`], and no other.
pub trait Layout: Columns + Copy + fmt::Debug + Eq {
    /// The number of a stock: its place in the symbols.
    type Stock: Copy + fmt::Debug + Eq + Send + Sync;
    /// A quantity.
    type Quantity: Copy + fmt::Debug + Eq + Send + Sync;
    /// The most symbols that can be numbered.
    const MOST_SYMBOLS: usize;
}

/// Six bytes a holding: at most 65,536 stocks, quantities of 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compact {}

/// Twelve bytes a holding: at most 2³² stocks, quantities of up to 12 digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wide {}

impl Layout for Compact {
    type Stock = u16;
    type Quantity = i32;
    const MOST_SYMBOLS: usize = 1 << 16;
}

impl Layout for Wide {
    type Stock = u32;
    type Quantity = i64;
    const MOST_SYMBOLS: usize = u32::MAX as usize;
}

pub(super) mod sealed {
    use super::Layout;

    /// What a book does with a layout; nobody else can.
    pub trait Columns {
        /// Entries that a table of prices has at least.
        const TABLE: usize;

        /// Returns the number of the stock at a place; `None` beyond the most.
        fn number(place: usize) -> Option<Self::Stock>
        where
            Self: Layout;

        /// Returns the place of a stock.
        fn place(stock: Self::Stock) -> usize
        where
            Self: Layout;

        /// Returns the quantity of so many pieces; `None` where it is too narrow.
        fn narrow(pieces: i64) -> Option<Self::Quantity>
        where
            Self: Layout;

        /// Returns the pieces of a quantity.
        fn pieces(quantity: Self::Quantity) -> i64
        where
            Self: Layout;

        /// Returns Σ price × quantity, which fits.
        fn sum<P: Copy + Into<i64>>(table: &[P], stocks: &[Self::Stock], quantities: &[Self::Quantity]) -> i64
        where
            Self: Layout;
    }
}

impl Columns for Compact {
    const TABLE: usize = 1 << 16;

    fn number(place: usize) -> Option<u16> {
        place.try_into().ok()
    }

    fn place(stock: u16) -> usize {
        stock.into()
    }

    fn narrow(pieces: i64) -> Option<i32> {
        pieces.try_into().ok()
    }

    fn pieces(quantity: i32) -> i64 {
        quantity.into()
    }

    #[inline]
    fn sum<P: Copy + Into<i64>>(table: &[P], stocks: &[u16], quantities: &[i32]) -> i64 {
        // As long as there are numbers of 16 bits: no look-up has to be checked.
        let table: &[P; Self::TABLE] = table.first_chunk().expect("a table of this layout");
        let terms = stocks.iter().zip(quantities);
        terms.map(|(&stock, &quantity)| table[usize::from(stock)].into() * i64::from(quantity)).sum()
    }
}

impl Columns for Wide {
    const TABLE: usize = 0;

    fn number(place: usize) -> Option<u32> {
        place.try_into().ok()
    }

    fn place(stock: u32) -> usize {
        stock as usize
    }

    fn narrow(pieces: i64) -> Option<i64> {
        Some(pieces)
    }

    fn pieces(quantity: i64) -> i64 {
        quantity
    }

    #[inline]
    fn sum<P: Copy + Into<i64>>(table: &[P], stocks: &[u32], quantities: &[i64]) -> i64 {
        stocks.iter().zip(quantities).map(|(&stock, &quantity)| table[stock as usize].into() * quantity).sum()
    }
}

/// Prices by the number of their stock, in as few bits as they fit: of 5,000 in 32 bits all stay in the nearest cache.
enum Table {
    Of32(Vec<i32>),
    Of64(Vec<i64>),
}

/// The closes of a session, and a table of them in the largest unit that all are multiples of.
pub(super) struct Prices<'a> {
    closes: &'a [Option<Price>],
    table: Table,
    /// Units of 10⁻⁸ in one of the table.
    unit: i128,
    /// The most pieces of which no value overflows 64 bits, in the table's unit.
    most_pieces: i64,
}

impl<'a> Prices<'a> {
    pub(super) fn new<L: Layout>(closes: &'a [Option<Price>]) -> Self {
        let unit = common_unit(closes);
        let largest = closes.iter().flatten().max().map_or(0, |price| price.units() / unit);
        let table = if i32::try_from(largest).is_ok() {
            Table::Of32(entries(closes, unit, L::TABLE))
        } else {
            // Past 64 bits no portfolio is summed in them: an entry says nothing then.
            Table::Of64(entries(closes, unit, L::TABLE))
        };
        let most_pieces = i64::try_from(largest).map_or(0, |largest| i64::MAX / largest.max(1));
        Self { closes, table, unit, most_pieces }
    }

    /// Returns the value of a portfolio's holdings, of so many pieces in all.
    #[inline]
    pub(super) fn value<L: Layout>(&self, pieces: i64, stocks: &[L::Stock], quantities: &[L::Quantity]) -> Amount {
        if pieces <= self.most_pieces {
            // Each partial sum is at most pieces × the largest price. Back in units it is below 2⁶³ × 10⁸.
            let sum = match &self.table {
                Table::Of32(table) => L::sum(table, stocks, quantities),
                Table::Of64(table) => L::sum(table, stocks, quantities),
            };
            Amount::from_units(i128::from(sum) * self.unit)
        } else {
            self.long_value::<L>(stocks, quantities)
        }
    }

    #[cold]
    fn long_value<L: Layout>(&self, stocks: &[L::Stock], quantities: &[L::Quantity]) -> Amount {
        let terms = stocks.iter().zip(quantities).map(|(&stock, &quantity)| {
            let price = self.closes[L::place(stock)].expect("a stock that is held has its close");
            // With at most `Holdings::MOST_PIECES` of prices below 10²⁰ units the sum is far from the end of 128 bits.
            price.units() * i128::from(L::pieces(quantity))
        });
        Amount::from_units(terms.sum())
    }
}

/// Returns the closes in a unit, 0 where there is none or it does not fit, and zeros up to a length.
fn entries<P: Copy + Default + TryFrom<i128>>(closes: &[Option<Price>], unit: i128, at_least: usize) -> Vec<P> {
    let entry = |close: &Option<Price>| close.and_then(|price| P::try_from(price.units() / unit).ok());
    let mut table: Vec<P> = closes.iter().map(|close| entry(close).unwrap_or_default()).collect();
    table.resize(table.len().max(at_least), P::default());
    table
}

/// Returns the largest power of ten, up to 1.00, that all closes are multiples of, in units of 10⁻⁸.
fn common_unit(closes: &[Option<Price>]) -> i128 {
    let mut unit = 10_i128.pow(PLACES);
    for price in closes.iter().flatten() {
        // Most prices fit 64 bits, whose division is several times faster.
        let divides = |unit: i128| match (i64::try_from(price.units()), i64::try_from(unit)) {
            (Ok(price), Ok(unit)) => price % unit == 0,
            _ => price.units() % unit == 0,
        };
        while !divides(unit) {
            unit /= 10;
        }
    }
    unit
}
