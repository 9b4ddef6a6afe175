//! Cash: a balance in each currency.

use super::Overdraft;
use super::books::small;
use super::error::LedgerError;
use super::line::Line;
use crate::money::Currency;

/// Minor units of each currency that there was cash of, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Cash(Vec<(Currency, i64)>);

impl Cash {
    /// Returns the balance of a currency.
    pub(super) fn of(&self, currency: Currency) -> i64 {
        self.0.iter().find(|(known, _)| *known == currency).map_or(0, |&(_, minor)| minor)
    }

    /// Returns each balance.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Currency, i64)> {
        self.0.iter().copied()
    }

    /// Returns whether there is room for the cash of these lines, and enough of it where there has to be.
    pub(super) fn check(&self, overdraft: Overdraft, lines: &[Line]) -> Result<(), LedgerError> {
        for (at, line) in lines.iter().enumerate() {
            let so_far = lines[..=at].iter().filter(|other| other.currency == line.currency);
            let after =
                small(i128::from(self.of(line.currency)) + so_far.map(|line| i128::from(line.cash)).sum::<i128>())?;
            let last = lines[at + 1..].iter().all(|other| other.currency != line.currency);
            if overdraft == Overdraft::Refuse && last && after < 0 {
                return Err(LedgerError::NotEnoughCash { currency: line.currency });
            }
        }
        Ok(())
    }

    /// Books the cash of a line that was checked.
    pub(super) fn book(&mut self, line: &Line) {
        match self.0.iter_mut().find(|(currency, _)| *currency == line.currency) {
            Some((_, minor)) => *minor += line.cash,
            None => self.0.push((line.currency, line.cash)),
        }
    }
}
