//! How trades are booked: a lot opened, or lots closed by the ledger's method or by name.

use std::collections::hash_map;

use super::books::{At, Books, Rules, positive, small};
use super::entry::{Side, Trade};
use super::error::LedgerError;
use super::gain::Gain;
use super::line::{Kind, Line};
use super::lot::{Lot, LotId, Lots, Pick};
use crate::money::{Money, Shares};

impl Books {
    /// Takes a trade.
    pub(super) fn trade(&mut self, at: At<'_>, trade: &Trade) -> Result<(), LedgerError> {
        let symbol = trade.symbol;
        let (shares, cash) = trade.terms(at)?;
        let line = match self.positions.entry(symbol) {
            hash_map::Entry::Occupied(mut held) => {
                held.get().check(trade)?;
                if trade.opens() {
                    let (lot, line) = trade.open(at, shares, cash)?;
                    held.get().check_room(&lot)?;
                    self.cash.check(at.rules.overdraft, &[line])?;
                    held.get_mut().add(lot, at.rules.method);
                    line
                } else {
                    let kept = self.gains.len();
                    let closed =
                        held.get().sell(at, trade, -shares, cash, &mut self.gains).and_then(|(picks, line)| {
                            self.cash.check(at.rules.overdraft, &[line])?;
                            Ok((picks, line))
                        });
                    let (picks, line) = closed.inspect_err(|_| self.gains.truncate(kept))?;
                    held.get_mut().remove(&picks);
                    if held.get().open.is_empty() {
                        held.remove();
                    }
                    line
                }
            }
            hash_map::Entry::Vacant(_) if !trade.opens() => return Err(LedgerError::NotHeld { symbol }),
            hash_map::Entry::Vacant(place) => {
                let (lot, line) = trade.open(at, shares, cash)?;
                self.cash.check(at.rules.overdraft, &[line])?;
                place.insert(Lots::new(lot.currency)).add(lot, at.rules.method);
                line
            }
        };
        self.book(line);
        Ok(())
    }
}

impl Trade {
    fn opens(&self) -> bool {
        matches!(self.side, Side::Buy | Side::Short)
    }

    /// Returns the changes of shares, in millionths, and of cash, in minor units.
    fn terms(&self, at: At<'_>) -> Result<(i64, i64), LedgerError> {
        if let Some(settles) = self.settles.filter(|&settles| settles < at.date) {
            return Err(LedgerError::SettlesBefore { settles });
        }
        let shares = self.shares.millionths();
        if shares <= 0 {
            return Err(LedgerError::NotPositive);
        }
        let (expected, fee) = (self.price.currency, self.fee);
        if let Some(found) = fee.map(Money::currency).filter(|&found| found != expected) {
            return Err(LedgerError::FeeCurrency { expected, found });
        }
        let fee = fee.map_or(Ok(0), positive)?;
        let value = at.rules.value(shares, self.price)?;
        // Both have 18 digits at most.
        let paid = small(i128::from(value) + i128::from(fee))?;
        Ok(match self.side {
            Side::Buy | Side::Cover => (shares, -paid),
            Side::Sell | Side::Short => (-shares, value - fee),
        })
    }

    /// Returns the lot that a purchase or a short sale opens, and its line.
    fn open(&self, at: At<'_>, shares: i64, cash: i64) -> Result<(Lot, Line), LedgerError> {
        if !self.lots.is_empty() {
            return Err(LedgerError::OpensALot);
        }
        let currency = self.price.currency;
        let line = at.cash(Kind::Trade, Some(self.symbol), cash, currency)?;
        let (cost, home_cost) = (-cash, -line.home_cash);
        let id = LotId { entry: at.entry, place: 0 };
        let lot = Lot { id, opened: at.date, currency, shares, cost, home_cost };
        let settles = self.settles.unwrap_or(at.date);
        Ok((lot, Line { settles, shares, cost, home_cost, ..line }))
    }
}

impl Lots {
    /// Returns whether a trade is on the side and in the currency of what is held.
    fn check(&self, trade: &Trade) -> Result<(), LedgerError> {
        let (symbol, expected, found) = (trade.symbol, self.currency, trade.price.currency);
        match trade.side {
            Side::Buy | Side::Sell if self.shares < 0 => Err(LedgerError::IsShort { symbol }),
            Side::Short | Side::Cover if self.shares > 0 => Err(LedgerError::IsLong { symbol }),
            _ if expected != found => Err(LedgerError::Currencies { expected, found }),
            _ => Ok(()),
        }
    }

    /// Returns whether sums with another lot stay inside what is counted.
    pub(super) fn check_room(&self, lot: &Lot) -> Result<(), LedgerError> {
        for (sum, more) in [(self.shares, lot.shares), (self.cost, lot.cost), (self.home_cost, lot.home_cost)] {
            small(i128::from(sum) + i128::from(more))?;
        }
        Ok(())
    }

    /// Returns what a trade closes, of the position's sign, and its line; adds its gains.
    fn sell(
        &self,
        at: At<'_>,
        trade: &Trade,
        shares: i64,
        cash: i64,
        gains: &mut Vec<Gain>,
    ) -> Result<(Vec<Pick>, Line), LedgerError> {
        let picks = self.picks(at.rules, trade, shares)?;
        let line = at.close(trade.symbol, self, &picks, cash, gains)?;
        Ok((picks, Line { settles: trade.settles.unwrap_or(at.date), ..line }))
    }

    /// Picks the shares that a sale names, or by the ledger's method.
    fn picks(&self, rules: &Rules, trade: &Trade, shares: i64) -> Result<Vec<Pick>, LedgerError> {
        let (symbol, held) = (trade.symbol, super::shares(self.shares));
        if shares.abs() > self.shares.abs() {
            return Err(LedgerError::TooFew { symbol, held });
        }
        let mut picks = Vec::with_capacity(1);
        if trade.lots.is_empty() {
            self.pick(shares, rules.method, rules.rounding, &mut picks);
            return Ok(picks);
        }
        let mut named = 0_i128;
        for &(id, part) in &trade.lots {
            let index = self.open.iter().position(|lot| lot.id == id).ok_or(LedgerError::NoLot { lot: id })?;
            let (lot, part) = (&self.open[index], part.millionths());
            let doubled = picks.iter().any(|pick: &Pick| pick.index == index);
            if part <= 0 || doubled || part > lot.shares.abs() {
                return Err(LedgerError::Lot { lot: id, held: lot.shares() });
            }
            picks.push(lot.part(index, part * shares.signum(), rules.rounding));
            named += i128::from(part);
        }
        if named != i128::from(shares.abs()) {
            return Err(LedgerError::NamedLots {
                named: Shares::from_millionths(named).map_err(|_| LedgerError::TooLarge)?,
            });
        }
        Ok(picks)
    }
}
