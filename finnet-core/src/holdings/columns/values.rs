//! What the portfolios of a book are worth at the last session valued.
//!
//! In come values by the pass of [`ColumnBook::value`](super::ColumnBook::value); out goes the valuation of each.

use chrono::NaiveDate;

use super::error::ColumnsError;
use crate::event::Valuation;
use crate::money::Amount;

/// The values of a book's portfolios at the last session, and what they were before: columns that each session is
/// written into anew, without an allocation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    session: Option<NaiveDate>,
    /// Whether a session was valued before the last.
    changed: bool,
    now: Vec<Amount>,
    /// The value less that before; at the first session the value.
    changes: Vec<Amount>,
}

impl Values {
    /// Returns the values before the first session: none.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the last session valued.
    pub fn session(&self) -> Option<NaiveDate> {
        self.session
    }

    /// Returns the value of each portfolio at the last session; nothing before the first.
    pub fn values(&self) -> &[Amount] {
        &self.now
    }

    /// Returns each portfolio's change at the last session; `None` at the first and before.
    pub fn changes(&self) -> Option<&[Amount]> {
        self.changed.then_some(&self.changes)
    }

    /// Returns the last valuation of a portfolio, as [`Evaluator`](crate::evaluate::Evaluator) makes it; `None` before
    /// the first session.
    ///
    /// # Panics
    ///
    /// Where a session was valued and there is no such portfolio.
    pub fn valuation(&self, portfolio: usize) -> Option<Valuation> {
        let session = self.session?;
        let value = self.now[portfolio];
        let before = self.changed.then(|| value.checked_sub(self.changes[portfolio]).expect("it was a value"));
        Some(Valuation::after(before, session, value))
    }

    /// Returns the values before and the changes to be written, for so many portfolios.
    pub(super) fn open(
        &mut self,
        session: NaiveDate,
        portfolios: usize,
    ) -> Result<(&mut [Amount], &mut [Amount]), ColumnsError> {
        match self.session {
            Some(last) if session <= last => return Err(ColumnsError::NotAfter { last }),
            Some(_) if self.now.len() != portfolios => {
                return Err(ColumnsError::OtherBook { values: self.now.len(), portfolios });
            }
            Some(_) => {}
            None => {
                self.now = vec![Amount::ZERO; portfolios];
                self.changes = vec![Amount::ZERO; portfolios];
            }
        }
        Ok((&mut self.now, &mut self.changes))
    }

    /// Notes that all are written.
    pub(super) fn close(&mut self, session: NaiveDate) {
        self.changed = self.session.replace(session).is_some();
    }
}
