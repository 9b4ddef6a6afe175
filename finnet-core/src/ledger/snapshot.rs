//! The books closed: plain data to keep, from which a ledger goes on.

use std::collections::HashMap;

use super::books::{Books, Rules, small};
use super::error::LedgerError;
use super::{EntryId, Ledger};
use crate::symbol::Symbol;

/// A ledger's rules and books, without the entries that led there.
///
/// With the feature `serde` it can be written and read; what was changed on the way is found by [`Ledger::restore`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Snapshot {
    rules: Rules,
    books: Books,
    next: EntryId,
}

impl Ledger {
    /// Returns the books as they are, to go on from.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { rules: self.rules.clone(), books: self.books.clone(), next: EntryId(self.next) }
    }

    /// Returns a ledger that goes on from a snapshot: the same in all that it reports, but entries before it can't be
    /// corrected any more.
    ///
    /// # Errors
    ///
    /// - [`LedgerError::Snapshot`] where its lots are not what its lines sum to.
    pub fn restore(snapshot: Snapshot) -> Result<Self, LedgerError> {
        let Snapshot { rules, books, next } = snapshot;
        if !books.hold_together() {
            return Err(LedgerError::Snapshot);
        }
        Ok(Self { rules, opening: books.clone(), journal: Vec::new(), books, next: next.get() })
    }
}

impl Books {
    /// Returns whether lots, cash and lines say the same, and no number is beyond what is counted.
    fn hold_together(&self) -> bool {
        let lots = self.positions.values().all(|lots| {
            let sum = |of: fn(&super::Lot) -> i64| lots.open.iter().map(|lot| i128::from(of(lot))).sum::<i128>();
            let sums = [sum(|lot| lot.shares), sum(|lot| lot.cost), sum(|lot| lot.home_cost)];
            let one_sided = |lot: &super::Lot| lot.shares != 0 && lot.shares.signum() == lots.shares.signum();
            let ordered = lots
                .open
                .iter()
                .zip(lots.open.iter().skip(1))
                .all(|(one, next)| (one.opened, one.id) < (next.opened, next.id));
            sums == [lots.shares, lots.cost, lots.home_cost].map(i128::from)
                && sums.into_iter().all(|sum| small(sum).is_ok())
                && !lots.open.is_empty()
                && ordered
                && lots.open.iter().all(|lot| one_sided(lot) && lot.currency == lots.currency)
        });
        let mut sums: HashMap<Symbol, [i128; 3]> = HashMap::new();
        for line in &self.lines {
            let Some(symbol) = line.symbol else { continue };
            let terms = [line.shares, line.cost, line.home_cost];
            sums.entry(symbol).or_default().iter_mut().zip(terms).for_each(|(sum, term)| *sum += i128::from(term));
        }
        let held = |symbol: &Symbol| {
            let lots = self.positions.get(symbol);
            lots.map_or([0; 3], |lots| [lots.shares, lots.cost, lots.home_cost].map(i128::from))
        };
        let lines = self.positions.keys().all(|symbol| sums.contains_key(symbol))
            && sums.iter().all(|(symbol, sums)| *sums == held(symbol));
        let cash = self.cash.iter().all(|(currency, minor)| {
            let own = self.lines.iter().filter(|line| line.currency == currency);
            own.map(|line| i128::from(line.cash)).sum::<i128>() == i128::from(minor) && small(minor.into()).is_ok()
        });
        let numbers = self.lines.iter().all(|line| {
            let numbers = [line.shares, line.cash, line.cost, line.home_cash, line.home_cost, line.currency_effect];
            numbers.into_iter().all(|number| small(number.into()).is_ok())
        });
        let gains = self.gains.iter().all(|gain| {
            let numbers =
                [gain.shares, gain.proceeds, gain.cost, gain.home_proceeds, gain.home_cost, gain.currency_effect];
            let home = gain.home_proceeds.checked_sub(gain.home_cost);
            let price = home.and_then(|home| home.checked_sub(gain.currency_effect));
            let profits = [gain.proceeds.checked_sub(gain.cost), home, price];
            numbers.into_iter().map(Some).chain(profits).all(|number| super::books::fits(number).is_ok())
        });
        lots && lines && cash && numbers && gains
    }
}
