//! A ledger: what happens to an account → lots, cash, profit and net asset value, exact to the minor unit.
//!
//! In come [`Entry`]s with their dates: trades, cash, fees, taxes, dividends, splits, spin-offs, mergers and the rest. Out
//! come positions with their lots, realised [`Gain`]s by lot, cash in each currency, and for any date the [`Nav`], taken
//! apart by [`Ledger::explain`] into terms that sum to its change.
//!
//! # Conventions
//!
//! - Trade date accounting: an entry counts from its own date on; cash that is not there yet is shown
//!   ([`Ledger::unsettled`]).
//! - Cash is whole minor units, shares are whole millionths. Each product is exact and then rounded once, by the
//!   ledger's [`Rounding`]; a lot keeps its total cost, a sale takes a rounded part of it, and the rest stays, so that
//!   the parts sum to the whole.
//! - Fees of a trade are part of the cost, or taken off the proceeds. Other fees and taxes are terms of their own.
//! - A position is long or short, never both, and in one currency. Of a short one shares, cost and value are below 0.
//! - Entries of one date stand in the order in which they were applied; [`Ledger::insert`] adds after those of its date.
//!   What acts at the open, as splits and dividends do on their ex-date, is applied before the day's trades.
//! - Amounts in a foreign currency become home currency at the rate of their date. What the rate has made of a cost since
//!   is the currency effect, and never part of a price's profit.
//!
//! # Examples
//!
//! ```
//! use finnet_core::chrono::NaiveDate;
//! use finnet_core::Symbol;
//! use finnet_core::ledger::{Deposit, Fractions, Ledger, LotMethod, Split, Trade};
//! use finnet_core::money::USD;
//!
//! let day = |month, day| NaiveDate::from_ymd_opt(2020, month, day).unwrap();
//! let (mut ledger, aapl) = (Ledger::new(USD, LotMethod::Fifo), Symbol::new("AAPL")?);
//! ledger.apply(day(3, 2), Deposit(USD.of(100_000)?))?;
//! ledger.apply(day(3, 3), Trade::buy(100, aapl, USD.per_share("289.32")?)?.fee(USD.of(1)?))?;
//! ledger.apply(day(8, 31), Split { symbol: aapl, new: 4, old: 1, fractions: Fractions::Keep })?;
//! ledger.apply(day(9, 1), Trade::sell(150, aapl, USD.per_share("134.18")?)?)?;
//!
//! let gain = &ledger.realised()[0];
//! assert_eq!(gain.cost(), USD.of("10849.88")?); // 150 of 400 shares of 28,933.00, half a cent and more up
//! assert_eq!(gain.profit(), USD.of("9277.12")?);
//! let nav = ledger.nav(day(9, 1), |_, _| "134.18".parse().ok())?;
//! assert_eq!(nav.total(), USD.of("124739.00")?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod action;
mod books;
mod cash;
mod correct;
#[cfg(test)]
mod edges;
mod entry;
mod error;
mod explain;
mod gain;
mod line;
mod lot;
mod nav;
mod orders;
mod preview;
mod snapshot;
#[cfg(test)]
mod tests;
mod trade;

use std::fmt;

use chrono::NaiveDate;

use books::{At, Books, Rules};

use crate::money::{Currency, Money, Rounding, Shares};
use crate::rate::Rates;
use crate::symbol::Symbol;

pub use correct::{Change, Correction};
pub use entry::{
    BorrowFee, Delisting, Deposit, Dividend, Entry, Exchange, Fee, Fraction, Fractions, Interest, Merger, Rename,
    ReturnOfCapital, Side, SpinOff, Split, StockDividend, Tax, Trade, Withdrawal,
};
pub use error::LedgerError;
pub use explain::{Explanation, Terms};
pub use gain::Gain;
pub use line::{Kind, Line};
pub use lot::{Lot, LotId, LotMethod};
pub use nav::{Lacking, Nav, NavError, Worth};
pub use preview::Preview;
pub use snapshot::Snapshot;

/// The number of an entry of one ledger, from 1 in the order in which they were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct EntryId(u64);

impl EntryId {
    /// Returns this number, as it was kept somewhere.
    pub fn new(number: u64) -> Self {
        Self(number)
    }

    /// Returns the number.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Whether cash may go below 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Overdraft {
    /// It may: a margin account, or entries whose deposit comes later.
    Allow,
    /// An entry that takes cash of a currency below 0 is refused. Cash counts from its trade date: proceeds that are not
    /// settled, and those of short sales, may be spent.
    Refuse,
}

/// An account: its entries, and what they come to.
///
/// It keeps every entry and what came of it, so that it can answer for any date and be corrected: some 300 bytes an entry.
/// Restored from a [`Snapshot`] it keeps what came of them, not the entries.
///
/// # Examples
///
/// A foreign stock with a dividend taxed at the source, a short sale, and a mistake taken back:
///
/// ```
/// use finnet_core::Symbol;
/// use finnet_core::chrono::NaiveDate;
/// use finnet_core::ledger::{Deposit, Dividend, Exchange, Ledger, LotMethod, Trade};
/// use finnet_core::money::{EUR, USD};
/// use finnet_core::rate::{Rate, Rates};
///
/// let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
/// let mut rates = Rates::new(USD);
/// rates.insert(day(16), EUR, Rate::direct("1.10")?)?;
/// rates.insert(day(20), EUR, Rate::direct("1.15")?)?;
/// let mut ledger = Ledger::new(USD, LotMethod::Fifo).with_rates(rates.carried(3));
/// let (sap, gme) = (Symbol::new("SAP")?, Symbol::new("GME")?);
///
/// ledger.apply(day(16), Deposit(USD.of(10_000)?))?;
/// ledger.apply(day(16), Exchange { give: USD.of(2_200)?, get: EUR.of(2_000)? })?;
/// ledger.apply(day(16), Trade::buy(8, sap, EUR.per_share(250)?)?)?;
/// ledger.apply(day(18), Dividend::new(sap, EUR.per_share("2.35")?).withheld(EUR.of("4.96")?))?;
/// let short = ledger.apply(day(18), Trade::short(100, gme, USD.per_share("23.50")?)?)?;
/// ledger.apply(day(20), Trade::sell(8, sap, EUR.per_share(255)?)?)?;
/// let gain = &ledger.realised()[0];
/// assert_eq!((gain.profit(), gain.home_profit()), (EUR.of(40)?, USD.of(146)?)); // 2,040 · 1.15 − 2,000 · 1.10
/// assert_eq!((gain.price_effect(), gain.currency_effect()), (USD.of(46)?, USD.of(100)?));
///
/// let correction = ledger.reverse(day(20), short)?; // it was another account's
/// assert_eq!(correction.cash, [(USD.of(10_150)?, USD.of(7_800)?)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    rules: Rules,
    /// The books before the first entry of the journal.
    opening: Books,
    journal: Vec<Record>,
    books: Books,
    /// The number of the next entry.
    next: u64,
}

/// An entry as it was taken, or what takes one back.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Record {
    id: EntryId,
    date: NaiveDate,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Entry(Entry),
    Reversal(EntryId),
}

/// What is held of one stock.
#[derive(Clone, Copy, Debug)]
pub struct Position<'a> {
    symbol: Symbol,
    lots: &'a lot::Lots,
}

impl Ledger {
    /// Returns an empty ledger that reports in this home currency; it rounds half away from zero, allows an overdraft,
    /// and knows no exchange rates.
    pub fn new(home: Currency, method: LotMethod) -> Self {
        let (rounding, overdraft) = (Rounding::HalfAwayFromZero, Overdraft::Allow);
        let rules = Rules { method, rounding, overdraft, rates: Rates::new(home) };
        Self { rules, opening: Books::default(), journal: Vec::new(), books: Books::default(), next: 1 }
    }

    /// Returns this empty ledger with exchange rates.
    ///
    /// # Panics
    ///
    /// Where it has entries ([`Ledger::insert_rate`] takes more), or another home currency than the rates.
    #[must_use]
    pub fn with_rates(mut self, rates: Rates) -> Self {
        self.assert_empty();
        assert_eq!(rates.home(), self.home(), "the rates are of another home currency than the ledger");
        self.rules.rates = rates;
        self
    }

    /// Returns this empty ledger with another rule of rounding.
    ///
    /// # Panics
    ///
    /// Where it has entries.
    #[must_use]
    pub fn with_rounding(mut self, rounding: Rounding) -> Self {
        self.assert_empty();
        self.rules.rounding = rounding;
        self
    }

    /// Returns this empty ledger, which allows an overdraft or refuses it.
    ///
    /// # Panics
    ///
    /// Where it has entries.
    #[must_use]
    pub fn with_overdraft(mut self, overdraft: Overdraft) -> Self {
        self.assert_empty();
        self.rules.overdraft = overdraft;
        self
    }

    /// Makes room for this many more entries, so that taking them moves nothing that is there.
    pub fn reserve(&mut self, entries: usize) {
        self.journal.reserve(entries);
        self.books.lines.reserve(entries);
        self.books.gains.reserve(entries);
    }

    fn assert_empty(&self) {
        assert!(self.books.last.is_none(), "the rules of a ledger are set before its first entry");
    }

    /// Takes an entry of the date of the last one or later, and returns its number.
    ///
    /// # Errors
    ///
    /// - Any [`LedgerError`] but those of corrections. The ledger is then as it was.
    pub fn apply(&mut self, date: NaiveDate, entry: impl Into<Entry>) -> Result<EntryId, LedgerError> {
        let id = EntryId(self.next);
        // Where it will lie, so that it is moved once.
        self.journal.push(Record { id, date, what: What::Entry(entry.into()) });
        let Some(Record { what: What::Entry(entry), .. }) = self.journal.last() else { unreachable!("just put there") };
        let posted = self.books.post(At { rules: &self.rules, entry: id, date }, entry);
        match posted {
            Ok(()) => self.next += 1,
            Err(_) => _ = self.journal.pop(),
        }
        posted.map(|()| id)
    }

    /// Returns the home currency.
    pub fn home(&self) -> Currency {
        self.rules.rates.home()
    }

    /// Returns the exchange rates.
    pub fn rates(&self) -> &Rates {
        &self.rules.rates
    }

    /// Returns the date of the last entry.
    pub fn last(&self) -> Option<NaiveDate> {
        self.books.last
    }

    /// Returns the cash of each currency, in the order in which they first came, settled or not.
    pub fn cash(&self) -> impl Iterator<Item = Money> {
        self.books.cash.iter().map(|(currency, minor)| money(minor, currency))
    }

    /// Returns what is held, in order of the symbols.
    pub fn positions(&self) -> Vec<Position<'_>> {
        let positions = self.books.positions.iter();
        let mut positions: Vec<_> = positions.map(|(&symbol, lots)| Position { symbol, lots }).collect();
        positions.sort_unstable_by_key(|position| position.symbol);
        positions
    }

    /// Returns what is held of a stock; `None` for nothing.
    pub fn position(&self, symbol: Symbol) -> Option<Position<'_>> {
        self.books.positions.get(&symbol).map(|lots| Position { symbol, lots })
    }

    /// Returns what was earned and lost on closed lots, in the order of the entries that closed them.
    pub fn realised(&self) -> &[Gain] {
        &self.books.gains
    }

    /// Returns the entries with their numbers and dates, oldest first; after a snapshot those since it. Reversals are not
    /// among them: what they changed is in [`Ledger::lines`].
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = (EntryId, NaiveDate, &Entry)> {
        self.journal.iter().filter_map(|record| match &record.what {
            What::Entry(entry) => Some((record.id, record.date, entry)),
            What::Reversal(_) => None,
        })
    }

    /// Returns every change, a line a term, in the order of the entries.
    pub fn lines(&self) -> &[Line] {
        &self.books.lines
    }

    /// Returns the lines whose cash has not changed hands by the end of a date, though they count; those of entries that
    /// were reversed by then are not among them.
    pub fn unsettled(&self, date: NaiveDate) -> impl Iterator<Item = &Line> {
        let known = self.journal.partition_point(|record| record.date <= date);
        let reversed = correct::reversed(&self.journal[..known]);
        let waits = move |line: &&Line| line.date <= date && date < line.settles && !reversed.contains(&line.entry);
        self.books.lines.iter().filter(waits)
    }
}

impl<'a> Position<'a> {
    /// Returns the stock.
    pub fn symbol(&self) -> Symbol {
        self.symbol
    }

    /// Returns the shares, below 0 where they are short.
    pub fn shares(&self) -> Shares {
        shares(self.lots.shares)
    }

    /// Returns Σ of the lots' costs, below 0 where they are short.
    pub fn cost(&self) -> Money {
        money(self.lots.cost, self.lots.currency)
    }

    /// Returns the lots, in order of their opening.
    pub fn lots(&self) -> impl ExactSizeIterator<Item = &'a Lot> {
        self.lots.open.iter()
    }
}

/// Returns millionths that were checked as they grew.
fn shares(millionths: i64) -> Shares {
    Shares::from_millionths(millionths.into()).expect("checked as it grew")
}

/// Returns minor units that were checked as they grew.
fn money(minor: i64, currency: Currency) -> Money {
    Money::from_minor(minor.into(), currency).expect("checked as it grew")
}
