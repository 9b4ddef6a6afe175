//! The books: cash, lots, and the lines and gains that led there; how cash entries are booked and lots closed.
//! Trades are in `trade`, what is done to shares otherwise in `action`.
//!
//! Every entry is worked out against the books as they are, and only what is possible changes them: an error leaves no
//! trace. All numbers are whole units; products are of 128 bits and rounded once.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::cash::Cash;
use super::entry::{Entry, Exchange};
use super::error::LedgerError;
use super::gain::Gain;
use super::line::{Kind, Line};
use super::lot::{Apportion, LotId, LotMethod, Lots, Pick};
use super::{EntryId, Overdraft};
use crate::money::{Currency, Money, PLACES, PerShare, Rounding, Shares};
use crate::rate::Rates;
use crate::symbol::Symbol;

/// What a ledger was told once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Rules {
    pub(super) method: LotMethod,
    pub(super) rounding: Rounding,
    pub(super) overdraft: Overdraft,
    pub(super) rates: Rates,
}

/// Which entry is worked out, and when.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) rules: &'a Rules,
    pub(super) entry: EntryId,
    pub(super) date: NaiveDate,
}

/// What an account holds, and how it came there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Books {
    /// The date of the last entry.
    pub(super) last: Option<NaiveDate>,
    pub(super) cash: Cash,
    /// None is empty.
    pub(super) positions: HashMap<Symbol, Lots>,
    pub(super) lines: Vec<Line>,
    pub(super) gains: Vec<Gain>,
}

impl Rules {
    /// Returns shares × price in minor units of the price's currency.
    pub(super) fn value(&self, shares: i64, per_share: PerShare) -> Result<i64, LedgerError> {
        // Below 10¹⁸ millionths times below 10²⁰ units of 10⁻⁸.
        let product = i128::from(shares) * per_share.price.units();
        small(self.rounding.divide(product, 10_i128.pow(Shares::PLACES + PLACES - per_share.currency.places())))
    }

    /// Returns minor units of a currency in those of the home currency.
    pub(super) fn home(&self, minor: i64, currency: Currency, date: NaiveDate) -> Result<i64, LedgerError> {
        if currency == self.rates.home() {
            return Ok(minor);
        }
        if currency.code() == self.rates.home().code() {
            return Err(LedgerError::Currencies { expected: self.rates.home(), found: currency });
        }
        let cash = Money::from_minor(minor.into(), currency).map_err(|_| LedgerError::TooLarge)?;
        Ok(self.rates.convert(cash, date, self.rounding)?.minor())
    }
}

impl At<'_> {
    /// Returns a line with cash and no cost, of its value in the home currency.
    pub(super) fn cash(
        self,
        kind: Kind,
        symbol: Option<Symbol>,
        cash: i64,
        currency: Currency,
    ) -> Result<Line, LedgerError> {
        let home_cash = self.rules.home(cash, currency, self.date)?;
        Ok(Line { cash, home_cash, ..Line::new(self.entry, self.date, kind, symbol, currency) })
    }

    /// Closes what was picked of a position for these proceeds in its currency: a gain a pick, and the line of all.
    /// Only `gains` is changed, after whatever it holds.
    pub(super) fn close(
        self,
        symbol: Symbol,
        lots: &Lots,
        picks: &[Pick],
        proceeds: i64,
        gains: &mut Vec<Gain>,
    ) -> Result<Line, LedgerError> {
        let Lots { currency, .. } = *lots;
        let shares: i64 = picks.iter().map(|pick| pick.shares).sum();
        let mut line = self.cash(Kind::Trade, Some(symbol), proceeds, currency)?;
        line.shares = -shares;
        let [mut parts, mut home_parts] =
            [proceeds, line.home_cash].map(|total| Apportion::new(total, shares, self.rules.rounding));
        for pick in picks {
            let lot = &lots.open[pick.index];
            let gain = Gain {
                lot: lot.id,
                opened: lot.opened,
                shares: pick.shares,
                proceeds: parts.next(pick.shares),
                home_proceeds: home_parts.next(pick.shares),
                ..self.gain(symbol, currency)
            };
            gains.push(self.charge(gain, pick.cost, pick.home_cost, &mut line)?);
        }
        Ok(line)
    }

    /// Returns a gain of nothing.
    pub(super) fn gain(self, symbol: Symbol, currency: Currency) -> Gain {
        let [shares, proceeds, cost, home_proceeds, home_cost, currency_effect] = [0; 6];
        let (entry, closed, home) = (self.entry, self.date, self.rules.rates.home());
        let lot = LotId { entry, place: 0 };
        Gain {
            entry,
            lot,
            symbol,
            opened: closed,
            closed,
            currency,
            home,
            shares,
            proceeds,
            cost,
            home_proceeds,
            home_cost,
            currency_effect,
        }
    }

    /// Sets a cost against a gain's proceeds, and takes it off the cost of the lots.
    pub(super) fn charge(self, gain: Gain, cost: i64, home_cost: i64, line: &mut Line) -> Result<Gain, LedgerError> {
        let now = self.rules.home(cost, gain.currency, self.date)?;
        let currency_effect = fits(now.checked_sub(home_cost))?;
        fits(gain.proceeds.checked_sub(cost))?;
        fits(gain.home_proceeds.checked_sub(home_cost).and_then(|profit| profit.checked_sub(currency_effect)))?;
        line.cost = fits(line.cost.checked_sub(cost))?;
        line.home_cost = fits(line.home_cost.checked_sub(home_cost))?;
        line.currency_effect = fits(line.currency_effect.checked_add(currency_effect))?;
        Ok(Gain { cost, home_cost, currency_effect, ..gain })
    }
}

impl Books {
    /// Takes an entry of the date of the last one or later.
    pub(super) fn post(&mut self, at: At<'_>, entry: &Entry) -> Result<(), LedgerError> {
        if let Some(last) = self.last.filter(|&last| at.date < last) {
            return Err(LedgerError::OutOfOrder { last });
        }
        match entry {
            Entry::Trade(trade) => self.trade(at, trade)?,
            Entry::Deposit(entry) => self.pay(at, Kind::Flow, None, positive(entry.0)?, entry.0)?,
            Entry::Withdrawal(entry) => self.pay(at, Kind::Flow, None, -positive(entry.0)?, entry.0)?,
            Entry::Interest(entry) if entry.0.minor() == 0 => return Err(LedgerError::NotPositive),
            Entry::Interest(entry) => self.pay(at, Kind::Interest, None, entry.0.minor(), entry.0)?,
            Entry::Fee(entry) => self.pay(at, Kind::Fee, entry.symbol, -positive(entry.amount)?, entry.amount)?,
            Entry::Tax(entry) => self.pay(at, Kind::Tax, entry.symbol, -positive(entry.amount)?, entry.amount)?,
            Entry::BorrowFee(entry) => {
                self.pay(at, Kind::Borrow, Some(entry.symbol), -positive(entry.amount)?, entry.amount)?;
            }
            Entry::Exchange(entry) => self.exchange(at, entry)?,
            action => self.act(at, action)?,
        }
        self.last = Some(at.date);
        Ok(())
    }

    /// Books cash that is all of it profit, or the owner's.
    fn pay(&mut self, at: At<'_>, kind: Kind, symbol: Option<Symbol>, cash: i64, of: Money) -> Result<(), LedgerError> {
        let line = at.cash(kind, symbol, cash, of.currency())?;
        self.cash.check(at.rules.overdraft, &[line])?;
        self.book(line);
        Ok(())
    }

    fn exchange(&mut self, at: At<'_>, exchange: &Exchange) -> Result<(), LedgerError> {
        let Exchange { give, get } = *exchange;
        if give.currency() == get.currency() {
            return Err(LedgerError::Same);
        }
        let side = |cash: i64, of: Money| -> Result<Line, LedgerError> {
            let line = at.cash(Kind::Exchange, None, cash, of.currency())?;
            // What one side is worth more than the other at the day's rates is the currencies' effect.
            Ok(Line { currency_effect: line.home_cash, ..line })
        };
        let lines = [side(-positive(give)?, give)?, side(positive(get)?, get)?];
        self.cash.check(at.rules.overdraft, &lines)?;
        for line in lines {
            self.book(line);
        }
        Ok(())
    }

    /// Books a line whose cash was checked.
    pub(super) fn book(&mut self, line: Line) {
        self.cash.book(&line);
        self.lines.push(line);
    }
}

/// Returns the amount above 0.
pub(super) fn positive(amount: Money) -> Result<i64, LedgerError> {
    if amount.minor() > 0 { Ok(amount.minor()) } else { Err(LedgerError::NotPositive) }
}

/// Returns the amount where it is in this currency.
pub(super) fn of(expected: Currency, amount: Money) -> Result<Money, LedgerError> {
    let found = amount.currency();
    if found == expected { Ok(amount) } else { Err(LedgerError::Currencies { expected, found }) }
}

/// Returns units of at most 18 digits.
pub(super) fn small(units: i128) -> Result<i64, LedgerError> {
    fits(i64::try_from(units).ok())
}

/// Returns units of at most 18 digits.
pub(super) fn fits(units: Option<i64>) -> Result<i64, LedgerError> {
    let inside = |units: &i64| i128::from(*units).unsigned_abs() < Money::END.unsigned_abs();
    units.filter(inside).ok_or(LedgerError::TooLarge)
}
