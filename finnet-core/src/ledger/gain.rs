//! Gains: what was earned or lost on each lot, or part of one, that was closed.

use std::fmt;

use chrono::NaiveDate;

use super::lot::LotId;
use super::{EntryId, money, shares};
use crate::money::{Currency, Money, Shares};
use crate::symbol::Symbol;

/// Profit or loss of shares of one lot, net of fees.
///
/// Proceeds − cost = profit, in the stock's currency and in the home currency. There the profit has two parts: what the
/// price made, and what the exchange rate made of the cost since it was paid:
/// proceeds · rate − cost · rate, and cost · rate − cost · rate of then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Gain {
    pub(super) entry: EntryId,
    pub(super) lot: LotId,
    pub(super) symbol: Symbol,
    pub(super) opened: NaiveDate,
    pub(super) closed: NaiveDate,
    pub(super) currency: Currency,
    pub(super) home: Currency,
    pub(super) shares: i64,
    pub(super) proceeds: i64,
    pub(super) cost: i64,
    pub(super) home_proceeds: i64,
    pub(super) home_cost: i64,
    pub(super) currency_effect: i64,
}

impl Gain {
    /// Returns the entry that closed the lot.
    pub fn entry(&self) -> EntryId {
        self.entry
    }

    /// Returns the lot.
    pub fn lot(&self) -> LotId {
        self.lot
    }

    /// Returns the stock.
    pub fn symbol(&self) -> Symbol {
        self.symbol
    }

    /// Returns the date on which the lot was opened.
    pub fn opened(&self) -> NaiveDate {
        self.opened
    }

    /// Returns the date on which it was closed.
    pub fn closed(&self) -> NaiveDate {
        self.closed
    }

    /// Returns the shares closed, below 0 of a short lot; 0 where capital was paid back. Of a gain that a reversal takes
    /// back all numbers have the opposite sign; of a merger for cash and shares it is all that were given.
    pub fn shares(&self) -> Shares {
        shares(self.shares)
    }

    /// Returns what was received, fees taken off; below 0 what covering a short lot took.
    pub fn proceeds(&self) -> Money {
        money(self.proceeds, self.currency)
    }

    /// Returns what the shares had cost, fees included; below 0 what shorting them brought.
    pub fn cost(&self) -> Money {
        money(self.cost, self.currency)
    }

    /// Returns proceeds − cost, in the stock's currency.
    pub fn profit(&self) -> Money {
        money(self.proceeds - self.cost, self.currency)
    }

    /// Returns the proceeds in the home currency, at the rate of the day on which the lot was closed.
    pub fn home_proceeds(&self) -> Money {
        money(self.home_proceeds, self.home)
    }

    /// Returns the cost in the home currency, at the rates of the days on which it was paid.
    pub fn home_cost(&self) -> Money {
        money(self.home_cost, self.home)
    }

    /// Returns the profit in the home currency, by the rates of both dates.
    pub fn home_profit(&self) -> Money {
        money(self.home_proceeds - self.home_cost, self.home)
    }

    /// Returns the part of [`Gain::home_profit`] that the exchange rate made of the cost; 0 in the home currency.
    pub fn currency_effect(&self) -> Money {
        money(self.currency_effect, self.home)
    }

    /// Returns the part of [`Gain::home_profit`] that the price made.
    pub fn price_effect(&self) -> Money {
        money(self.home_proceeds - self.home_cost - self.currency_effect, self.home)
    }

    /// Returns the gain with the opposite sign, of the entry and day that take it back.
    pub(super) fn reversed(&self, entry: EntryId, closed: NaiveDate) -> Self {
        Self {
            entry,
            closed,
            shares: -self.shares,
            proceeds: -self.proceeds,
            cost: -self.cost,
            home_proceeds: -self.home_proceeds,
            home_cost: -self.home_cost,
            currency_effect: -self.currency_effect,
            ..*self
        }
    }
}

impl fmt::Display for Gain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lot, symbol, opened, closed, .. } = self;
        write!(f, "{} {symbol} of lot {lot}, {opened} to {closed}: profit {}", self.shares(), self.profit())
    }
}
