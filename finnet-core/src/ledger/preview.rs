//! What a sale would bring: gain by lot and by method, with nothing changed.

use chrono::NaiveDate;

use super::books::At;
use super::entry::{Entry, Side, Trade};
use super::error::LedgerError;
use super::gain::Gain;
use super::lot::LotMethod;
use super::{EntryId, Ledger};
use crate::money::Money;

/// What a sale would bring by one method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// In which order lots would be taken; of a trade that names its lots, the ledger's own method.
    pub method: LotMethod,
    /// The gain of each lot or part of one, under the number that the entry would have.
    pub gains: Vec<Gain>,
    /// Σ of their profits, in the stock's currency.
    pub profit: Money,
}

impl Ledger {
    /// Returns what a sale or cover would bring on a date by each method, the ledger's own first; of named lots, by
    /// those alone. The average is that of all lots held; where the ledger pools them it is the only method.
    ///
    /// # Errors
    ///
    /// - What [`Ledger::apply`] says of the trade.
    /// - [`LedgerError::NotHeld`] for a purchase or short sale, which closes nothing.
    pub fn preview(&self, date: NaiveDate, sale: &Trade) -> Result<Vec<Preview>, LedgerError> {
        let (symbol, own) = (sale.symbol, self.rules.method);
        let held = self.books.positions.get(&symbol).ok_or(LedgerError::NotHeld { symbol })?;
        if matches!(sale.side, Side::Buy | Side::Short) {
            return Err(LedgerError::NotHeld { symbol });
        }
        let others = [LotMethod::Fifo, LotMethod::Lifo, LotMethod::Hifo, LotMethod::Average];
        let methods = match own {
            _ if !sale.lots.is_empty() => vec![own],
            LotMethod::Average => vec![own],
            _ => [own].into_iter().chain(others.into_iter().filter(|&method| method != own)).collect(),
        };
        let (mut rules, entry) = (self.rules.clone(), Entry::from(sale.clone()));
        let preview = |method: LotMethod| {
            rules.method = method;
            let mut lots = super::lot::Lots::new(held.currency);
            for &lot in &held.open {
                lots.add(lot, rules.method);
            }
            let mut books = super::Books {
                last: self.books.last,
                cash: self.books.cash.clone(),
                positions: [(symbol, lots)].into(),
                ..super::Books::default()
            };
            books.post(At { rules: &rules, entry: EntryId(self.next), date }, &entry)?;
            let profit = books.gains.iter().map(|gain| i128::from(gain.profit().minor())).sum();
            let profit = Money::from_minor(profit, held.currency).map_err(|_| LedgerError::TooLarge)?;
            Ok(Preview { method, gains: books.gains, profit })
        };
        methods.into_iter().map(preview).collect()
    }
}
