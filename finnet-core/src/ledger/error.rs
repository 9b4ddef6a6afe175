//! Why an entry is impossible. It has left no trace then.

use std::fmt;

use chrono::NaiveDate;

use super::EntryId;
use super::lot::LotId;
use crate::money::{Currency, Shares};
use crate::rate::RateError;
use crate::symbol::Symbol;

/// Why a ledger refuses an entry, a correction or a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LedgerError {
    /// The date lies before that of the last entry; [`Ledger::insert`](super::Ledger::insert) takes it.
    OutOfOrder {
        /// The date of the last entry.
        last: NaiveDate,
    },
    /// A trade settles, or a dividend is paid, before its own date.
    SettlesBefore {
        /// The date on which it should.
        settles: NaiveDate,
    },
    /// An amount or a number of shares of 0 or less.
    NotPositive,
    /// An amount, a number of shares or a sum of them beyond 18 digits of the smallest unit.
    TooLarge,
    /// A fee in another currency than the price; it is an entry of its own then.
    FeeCurrency {
        /// The currency of the price.
        expected: Currency,
        /// The currency of the fee.
        found: Currency,
    },
    /// An amount in another currency than the one that it goes with.
    Currencies {
        /// The currency asked for: of the position held, or the home currency where the codes are the same.
        expected: Currency,
        /// The currency found.
        found: Currency,
    },
    /// Two currencies are exchanged, or two stocks, that are the same.
    Same,
    /// A ratio of shares with a 0 where there can be none.
    Ratio,
    /// A foreign currency without a rate on the entry's date, or an amount too large at it.
    Rate(RateError),
    /// Nothing of this stock is held.
    NotHeld {
        /// The stock.
        symbol: Symbol,
    },
    /// Fewer shares are held than are sold or covered.
    TooFew {
        /// The stock.
        symbol: Symbol,
        /// How many are held, below 0 where they are short.
        held: Shares,
    },
    /// The position is short, where the entry buys, sells or brings shares.
    IsShort {
        /// The stock.
        symbol: Symbol,
    },
    /// The position is long, where the entry shorts or covers.
    IsLong {
        /// The stock.
        symbol: Symbol,
    },
    /// A lot that is named is none of this position.
    NoLot {
        /// The lot.
        lot: LotId,
    },
    /// A lot is named with more shares than it has, with none, or twice.
    Lot {
        /// The lot.
        lot: LotId,
        /// The shares that it has.
        held: Shares,
    },
    /// A purchase or a short sale names lots.
    OpensALot,
    /// The shares of the named lots do not sum to those of the sale.
    NamedLots {
        /// Σ of the named lots.
        named: Shares,
    },
    /// More tax is withheld than a dividend pays, or from one that is paid on a short position.
    Withheld,
    /// The cash does not suffice, and the ledger allows no overdraft.
    NotEnoughCash {
        /// Of which currency.
        currency: Currency,
    },
    /// There is no such entry to correct, or it lies before the snapshot that the ledger was restored from.
    NoEntry {
        /// The entry asked for.
        entry: EntryId,
    },
    /// The entry has been reversed already.
    Reversed {
        /// The entry.
        entry: EntryId,
    },
    /// The correction makes a later entry impossible.
    Then {
        /// The first one that is.
        entry: EntryId,
        /// Why.
        why: Box<LedgerError>,
    },
    /// A rate that entries before the snapshot have used, or would have: they can't be replayed.
    RateBeforeSnapshot {
        /// The date of the last of them.
        last: NaiveDate,
    },
    /// The parts of a snapshot contradict each other.
    Snapshot,
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfOrder { last } => write!(f, "the ledger has entries up to {last}: an earlier one is inserted"),
            Self::SettlesBefore { settles } => write!(f, "it settles on {settles}, before its own date"),
            Self::NotPositive => f.write_str("an amount or number of shares is not above 0"),
            Self::TooLarge => f.write_str("an amount, a number of shares or a sum of them is too large"),
            Self::FeeCurrency { expected, found } => {
                write!(f, "the fee is in {found}, the price in {expected}: such a fee is an entry of its own")
            }
            Self::Currencies { expected, found } if expected.code() == found.code() => {
                let [expected_places, found_places] = [expected.places(), found.places()];
                write!(f, "an amount is in {found} of {found_places} places, not of {expected_places}")
            }
            Self::Currencies { expected, found } => write!(f, "an amount is in {found}, not in {expected}"),
            Self::Same => f.write_str("two currencies or stocks are the same"),
            Self::Ratio => f.write_str("a ratio of shares has a 0"),
            Self::Rate(why) => why.fmt(f),
            Self::NotHeld { symbol } => write!(f, "no {symbol} is held"),
            Self::TooFew { symbol, held } if held.millionths() < 0 => {
                write!(f, "only {} of {symbol} are short", held.to_string().trim_start_matches('-'))
            }
            Self::TooFew { symbol, held } => write!(f, "only {held} of {symbol} are held"),
            Self::IsShort { symbol } => write!(f, "{symbol} is held short: it is covered first"),
            Self::IsLong { symbol } => write!(f, "{symbol} is held long: it is sold first"),
            Self::NoLot { lot } => write!(f, "the position has no lot {lot}"),
            Self::Lot { lot, held } => write!(f, "lot {lot} has {held} shares, and is named once for some of them"),
            Self::OpensALot => f.write_str("a purchase or short sale opens a lot and names none"),
            Self::NamedLots { named } => write!(f, "the lots named have {named} shares, not those of the trade"),
            Self::Withheld => f.write_str("more tax is withheld than the dividend pays"),
            Self::NotEnoughCash { currency } => write!(f, "there is not enough cash in {currency}"),
            Self::NoEntry { entry } => write!(f, "the ledger has no entry {entry} to correct"),
            Self::Reversed { entry } => write!(f, "entry {entry} is reversed already"),
            Self::Then { entry, why } => write!(f, "entry {entry} would be impossible then: {why}"),
            Self::RateBeforeSnapshot { last } => {
                write!(f, "entries up to {last}, before the snapshot, have used a rate of this date")
            }
            Self::Snapshot => f.write_str("the parts of a snapshot contradict each other"),
        }
    }
}

/// What lies below is said in the text.
impl std::error::Error for LedgerError {}

impl From<RateError> for LedgerError {
    fn from(why: RateError) -> Self {
        Self::Rate(why)
    }
}
