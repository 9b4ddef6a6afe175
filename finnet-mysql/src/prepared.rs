//! A batch that is written but not committed: what lies between the two halves of [`Store::append`].
//!
//! In comes the transaction that [`Store::prepare`] opened; out goes, at the caller's word, its commit. Between the
//! two the caller knows what became of each row, and can set aside elsewhere what the commit is about to pass.

use std::fmt;

use crate::batch::Outcome;
use crate::connection::Connection;
use crate::error::Error;
use crate::offsets::Advance;
use crate::store::{Ends, Link, Store};

/// Rows and offsets in an open transaction: [`commit`](Self::commit) makes them stand.
///
/// Dropped instead, nothing of them is written, and the store goes on by itself with its next call. The rows of the
/// offsets stay locked until either; MariaDB ends a transaction that waits for a minute, and the commit then says
/// [`Error::Lost`].
#[must_use = "nothing is written without commit()"]
pub struct Prepared<'a> {
    store: &'a mut Store,
    /// Absent once a commit has begun.
    connection: Option<Connection>,
    outcomes: Vec<Outcome>,
    advances: Vec<Advance>,
    ends: Ends,
}

impl<'a> Prepared<'a> {
    pub(crate) fn new(
        store: &'a mut Store,
        connection: Connection,
        outcomes: Vec<Outcome>,
        advances: &[&Advance],
        ends: Ends,
    ) -> Self {
        let advances = advances.iter().copied().cloned().collect();
        Self { store, connection: Some(connection), outcomes, advances, ends }
    }

    /// Returns what becomes of each row with the commit, in their order.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// Commits, and returns what became of each row, in their order.
    ///
    /// Dropped before its end, the call leaves the store without a connection; the batch may then still be written,
    /// as a whole.
    ///
    /// # Errors
    ///
    /// - [`Error::Lost`] where the connection broke, before or within the commit:
    ///   [`Store::reconnect`] finds out by the offsets whether it took place.
    /// - [`Error::Refused`], [`Error::Busy`] where the server answered that it did not: nothing was written.
    pub async fn commit(mut self) -> Result<Vec<Outcome>, Error> {
        let connection = self.connection.take().expect("only a commit takes it, and consumes the batch");
        self.store.commit(connection, &self.advances, std::mem::take(&mut self.ends)).await?;
        Ok(std::mem::take(&mut self.outcomes))
    }
}

impl Drop for Prepared<'_> {
    fn drop(&mut self) {
        // The server rolls back what a connection leaves open: at once, and without a runtime to wait in.
        if self.connection.take().is_some() {
            self.store.link = Link::Abandoned;
        }
    }
}

impl fmt::Debug for Prepared<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("store", &self.store)
            .field("outcomes", &self.outcomes)
            .field("advances", &self.advances)
            .finish_non_exhaustive()
    }
}
