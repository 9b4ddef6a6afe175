//! Lines: what an entry changed, a line a term. Everything that a ledger reports of the past is a sum of lines.
//!
//! Each line balances: cash + cost is its profit, which is 0 for a purchase, proceeds − cost for a sale and all of the
//! cash for a dividend or a fee. So NAV can be taken apart to the last minor unit.

use chrono::NaiveDate;

use super::{EntryId, money, shares};
use crate::money::{Currency, Money, Shares};
use crate::symbol::Symbol;

/// What a line is a term of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Kind {
    /// Paid in or out by the owner.
    Flow,
    /// Shares bought or sold, closed for nothing, or capital paid back.
    Trade,
    /// Shares and cost that go from one symbol to another: a spin-off, a merger, a new name.
    Transfer,
    /// A dividend, before tax.
    Dividend,
    /// Interest earned or paid.
    Interest,
    /// A fee outside any lot.
    Fee,
    /// A tax outside any lot, or withheld.
    Tax,
    /// The price of borrowed shares.
    Borrow,
    /// One side of an exchange of currencies.
    Exchange,
}

/// What an entry changed in one symbol or none and one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Line {
    pub(super) entry: EntryId,
    pub(super) date: NaiveDate,
    pub(super) settles: NaiveDate,
    pub(super) kind: Kind,
    pub(super) symbol: Option<Symbol>,
    pub(super) currency: Currency,
    pub(super) shares: i64,
    pub(super) cash: i64,
    pub(super) cost: i64,
    pub(super) home_cash: i64,
    pub(super) home_cost: i64,
    /// The part of home cash + home cost that the currency made, not the price.
    pub(super) currency_effect: i64,
}

impl Line {
    /// Returns a line that changes nothing yet.
    pub(super) fn new(entry: EntryId, date: NaiveDate, kind: Kind, symbol: Option<Symbol>, currency: Currency) -> Self {
        let [shares, cash, cost, home_cash, home_cost, currency_effect] = [0; 6];
        let settles = date;
        Self { entry, date, settles, kind, symbol, currency, shares, cash, cost, home_cash, home_cost, currency_effect }
    }

    /// Returns the entry, or reversal, that made it.
    pub fn entry(&self) -> EntryId {
        self.entry
    }

    /// Returns the date on which it counts.
    pub fn date(&self) -> NaiveDate {
        self.date
    }

    /// Returns the date on which its cash is there.
    pub fn settles(&self) -> NaiveDate {
        self.settles
    }

    /// Returns what it is a term of.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the stock; `None` where it is of the account as a whole.
    pub fn symbol(&self) -> Option<Symbol> {
        self.symbol
    }

    /// Returns the change of the shares held.
    pub fn shares(&self) -> Shares {
        shares(self.shares)
    }

    /// Returns the change of cash.
    pub fn cash(&self) -> Money {
        money(self.cash, self.currency)
    }

    /// Returns the change of the lots' cost.
    pub fn cost(&self) -> Money {
        money(self.cost, self.currency)
    }

    /// Returns the change of cash in minor units of the home currency.
    pub(crate) fn home_cash(&self) -> i64 {
        self.home_cash
    }
}
