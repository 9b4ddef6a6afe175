//! Rows that are judged and wait to be stored: what the caller does with those that won't be, it does before.
//!
//! A commit writes in this order, each step on the disk before the next: files with rows between others beside
//! their old ones; where the positions count those, what they will be; the files in their place and the rows after
//! the last; the positions. Whatever it is cut off at, each file begins with what the positions count.

use std::collections::BTreeMap;

use super::offsets::{Form, Offsets, Position};
use super::table::{Batch, Rewritten};
use super::{CsvStore, Error, Kind, Outcome};

/// Rows of a [`CsvStore`] that are judged and not stored yet; where this is dropped, nothing has happened.
///
/// # Examples
///
/// ```
/// use finnet_core::{Name, PortfolioId, Valuation};
/// use finnet_network::csv_store::{CsvStore, Outcome};
///
/// let folder = tempfile::tempdir()?;
/// let p11 = PortfolioId { investor: Name::new("Inv1")?, portfolio: Name::new("P11")? };
/// let mut store = CsvStore::open(folder.path(), &[p11])?;
/// let row = Valuation::after(None, "2000-01-03".parse()?, "2763383".parse()?);
/// let prepared = store.prepare(&[(p11, row), (p11, row)], &[])?;
/// assert_eq!(prepared.outcomes(), [Outcome::Stored, Outcome::Repeated]);
/// drop(prepared);
/// assert_eq!(store.last_session(&p11), None);
/// store.prepare(&[(p11, row)], &[])?.commit()?;
/// assert_eq!(store.last_session(&p11), Some(row.session));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "nothing is stored before `commit`"]
pub struct Prepared<'s> {
    pub(super) store: &'s mut CsvStore,
    pub(super) outcomes: Vec<Outcome>,
    /// By place of the table; none of them empty.
    pub(super) batches: BTreeMap<usize, Batch>,
    pub(super) positions: Vec<Position>,
}

impl Prepared<'_> {
    /// Returns what becomes of each row, in their order.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// Stores the rows, then the positions after them, and returns what became of each row.
    ///
    /// Unless the store is fresh, all of it is on the disk on return.
    ///
    /// # Errors
    ///
    /// - [`Error::Io`] (a full disk is one), [`Error::Changed`] where another program wrote to a file: the
    ///   positions are as before, and some rows may be stored. Each later call is [`Error::Unsettled`]; a new
    ///   [`CsvStore::open`] finds whole rows, and the same rows sent again are then `Repeated`.
    pub fn commit(self) -> Result<Vec<Outcome>, Error> {
        let Self { store, outcomes, batches, positions } = self;
        store.unsettled = true;
        store.write(&batches)?;
        store.advance(positions)?;
        store.unsettled = false;
        Ok(outcomes)
    }
}

impl CsvStore {
    fn write(&mut self, batches: &BTreeMap<usize, Batch>) -> Result<(), Error> {
        let mut rewritten = Vec::new();
        for (place, batch) in batches {
            if !batch.is_after(&self.tables[*place]) {
                rewritten.push((*place, self.tables[*place].rewrite(&self.folder, batch)?));
            }
        }
        self.announce(&rewritten)?;
        for (place, batch) in batches {
            if batch.is_after(&self.tables[*place]) {
                self.tables[*place].append(&self.folder, batch, self.kind == Kind::Standing)?;
            }
        }
        if rewritten.is_empty() {
            return Ok(());
        }
        for (place, rewritten) in rewritten {
            self.tables[place].place(&self.folder, rewritten)?;
        }
        self.folder.sync()
    }

    /// Adds what files will be to the marks that count what they are.
    fn announce(&mut self, rewritten: &[(usize, Rewritten)]) -> Result<(), Error> {
        let mut announced = false;
        for (place, rewritten) in rewritten {
            if let Some(marks) = self.offsets.marks.get_mut(self.tables[*place].name()) {
                marks.push(rewritten.mark());
                announced = true;
            }
        }
        if announced { self.offsets.write(&self.folder) } else { Ok(()) }
    }

    fn advance(&mut self, positions: Vec<Position>) -> Result<(), Error> {
        let announced = self.offsets.marks.values().any(|marks| marks.len() > 1);
        if positions == self.offsets.positions && !announced {
            return Ok(());
        }
        let mut offsets = Offsets { positions, form: Form::Marked, ..self.offsets.clone() };
        if self.kind == Kind::Standing {
            for table in &self.tables {
                offsets.marks.insert(table.name().to_owned(), vec![table.mark()]);
            }
            offsets.write(&self.folder)?;
        }
        self.offsets = offsets;
        Ok(())
    }
}
