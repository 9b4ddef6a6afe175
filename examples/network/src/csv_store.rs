//! Where app1 keeps valuations when no database is given: one CSV file a portfolio, in one folder.
//!
//! In come valuations and the Kafka positions after them; out go `Inv1_P11.csv` and its like, with the columns
//! of the database's tables, sorted by date, blank for NULL, decimals as finnet-core writes them. Beside them
//! lies `app1.offsets`, the positions and how much of each file they count; rows are on the disk before the
//! positions that count them are, so that a program killed at any moment goes on where it was and meets again only
//! rows that it can compare. A file that lost or changed what is counted is refused.
//!
//! Memory does not grow with the rows: older ones are found in the file by halving it. One store has a folder
//! to itself, by a lock on `app1.lock`.

mod disk;
mod error;
mod folder;
mod offsets;
mod prepared;
mod recover;
mod row;
mod search;
mod table;

#[cfg(test)]
mod crash;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use chrono::{Datelike, NaiveDate};
use finnet_core::{PortfolioId, Valuation};

use folder::Folder;
use offsets::Offsets;
use table::{Batch, Table};

pub use error::{Error, LineProblem};
pub use finnet_mysql::Outcome;
pub use offsets::Position;
pub use prepared::Prepared;
pub use row::HEADER;

/// The CSV files of a set of portfolios, open for writing.
///
/// # Examples
///
/// ```
/// use finnet_core::{Name, PortfolioId, Valuation};
/// use finnet_network::csv_store::{CsvStore, Error, Outcome, Position};
///
/// let folder = tempfile::tempdir()?;
/// let p11 = PortfolioId { investor: Name::new("Inv1")?, portfolio: Name::new("P11")? };
/// let mut store = CsvStore::open(folder.path(), &[p11])?;
/// let row = Valuation::after(None, "2000-01-03".parse()?, "2763383".parse()?);
/// let next = Position { topic: "portfolios".to_owned(), partition: 0, next: 1 };
/// assert_eq!(store.append(&[(p11, row)], &[next])?, [Outcome::Stored]);
/// assert!(std::fs::read_to_string(folder.path().join("Inv1_P11.csv"))?.ends_with("\n2000-01-03,2763383.00,,\n"));
///
/// assert!(matches!(CsvStore::open(folder.path(), &[p11]), Err(Error::InUse { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct CsvStore {
    folder: Folder,
    tables: Vec<Table>,
    places: HashMap<PortfolioId, usize>,
    offsets: Offsets,
    begun: Vec<PortfolioId>,
    kind: Kind,
    /// Set while the disk is written: where that fails, files and memory may differ.
    unsettled: bool,
}

/// Whether the files are the final ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Rows are added to what is there, and are on the disk when `commit` returns.
    Standing,
    /// Rows go to temporary files until `publish`.
    Fresh,
}

impl CsvStore {
    /// Returns the store in a folder, which is made if absent; it goes on where the files and positions end.
    ///
    /// Each file there is read once, whole. It begins with what the positions count, unchanged; behind that, whole
    /// rows stay, and a torn last line (without its line end) is cut off. A file that is not there is begun.
    ///
    /// # Errors
    ///
    /// - [`Error::InUse`] where another store has the folder.
    /// - [`Error::Line`] for a header, row or position that was not written by a store, and for a file that lacks what
    ///   the positions count, or has it changed; [`Error::Missing`] for one that is gone.
    /// - [`Error::Io`]; [`Error::NotAFile`], also for a link: nothing is written through one.
    pub fn open(dir: &Path, portfolios: &[PortfolioId]) -> Result<Self, Error> {
        Self::standing(Folder::lock(dir)?, portfolios)
    }

    /// Returns an empty store that replaces the folder's files when it is [published](CsvStore::publish).
    ///
    /// Until then, or where it is dropped before, they stay as they are; positions are kept in memory alone.
    ///
    /// # Errors
    ///
    /// - [`Error::InUse`] where another store has the folder.
    /// - [`Error::Io`].
    pub fn fresh(dir: &Path, portfolios: &[PortfolioId]) -> Result<Self, Error> {
        let mut store = Self::empty(Folder::lock(dir)?, Offsets::default(), Kind::Fresh);
        for &portfolio in portfolios {
            if !store.places.contains_key(&portfolio) {
                let table = Table::create(&store.folder, &format!("{portfolio}.csv{}", folder::FRESH))?;
                store.add(portfolio, table);
            }
        }
        Ok(store)
    }

    fn standing(folder: Folder, portfolios: &[PortfolioId]) -> Result<Self, Error> {
        let offsets = Offsets::read(&folder)?;
        let mut store = Self::empty(folder, offsets, Kind::Standing);
        for &portfolio in portfolios {
            if store.places.contains_key(&portfolio) {
                continue;
            }
            let name = format!("{portfolio}.csv");
            let (table, mark) = Table::open(&store.folder, &name, &store.offsets)?;
            if let Some(mark) = mark {
                store.offsets.marks.insert(name, vec![mark]);
            }
            if table.last_session().is_none() && !store.offsets.positions.is_empty() {
                store.begun.push(portfolio);
            }
            store.add(portfolio, table);
        }
        // A killed run may have put files in place whose names are not on the disk yet.
        store.folder.sync()?;
        Ok(store)
    }

    fn empty(folder: Folder, offsets: Offsets, kind: Kind) -> Self {
        let (tables, places, begun) = (Vec::new(), HashMap::new(), Vec::new());
        Self { folder, tables, places, offsets, begun, kind, unsettled: false }
    }

    fn add(&mut self, portfolio: PortfolioId, table: Table) {
        self.places.insert(portfolio, self.tables.len());
        self.tables.push(table);
    }

    /// Returns the Kafka positions that the rows count up to, by topic and partition.
    pub fn positions(&self) -> &[Position] {
        &self.offsets.positions
    }

    /// Returns the portfolios without a row at the start although there were positions: new ones, or their file was
    /// taken away. Rows from before the positions come into them only if `app1.offsets` is removed as well.
    pub fn begun(&self) -> &[PortfolioId] {
        &self.begun
    }

    /// Returns the date of a portfolio's last row, or `None` without one.
    pub fn last_session(&self, portfolio: &PortfolioId) -> Option<NaiveDate> {
        self.tables[*self.places.get(portfolio)?].last_session()
    }

    /// Returns the file that a portfolio's rows are in now; of a fresh store, the temporary one.
    pub fn path(&self, portfolio: &PortfolioId) -> Option<&Path> {
        Some(self.tables[*self.places.get(portfolio)?].path())
    }

    /// Judges rows, which are to be stored with the positions after them, and writes nothing.
    ///
    /// Positions of other partitions stay.
    ///
    /// # Errors
    ///
    /// - [`Error::UnknownPortfolio`], [`Error::BadPosition`].
    /// - [`Error::Io`]; [`Error::Changed`] where another program wrote to a file.
    /// - [`Error::Unsettled`] after a failed [`Prepared::commit`].
    pub fn prepare(&mut self, rows: &[(PortfolioId, Valuation)], next: &[Position]) -> Result<Prepared<'_>, Error> {
        if self.unsettled {
            return Err(Error::Unsettled);
        }
        if let Some((portfolio, _)) = rows.iter().find(|(portfolio, _)| !self.places.contains_key(portfolio)) {
            return Err(Error::UnknownPortfolio(Box::new(*portfolio)));
        }
        offsets::check(next)?;
        let mut batches: BTreeMap<usize, Batch> = BTreeMap::new();
        let mut outcomes = Vec::with_capacity(rows.len());
        for (portfolio, valuation) in rows {
            let place = self.places[portfolio];
            outcomes.push(if fits(valuation) {
                batches.entry(place).or_default().judge(&self.folder, &self.tables[place], valuation)?
            } else {
                Outcome::OutOfRange
            });
        }
        batches.retain(|_, batch| !batch.is_empty());
        let positions = self.offsets.advanced(next);
        Ok(Prepared { store: self, outcomes, batches, positions })
    }

    /// Stores rows, then the positions after them, and returns what became of each row: [`CsvStore::prepare`] and
    /// [`Prepared::commit`] in one.
    ///
    /// # Errors
    ///
    /// - Those of the two.
    pub fn append(&mut self, rows: &[(PortfolioId, Valuation)], next: &[Position]) -> Result<Vec<Outcome>, Error> {
        self.prepare(rows, next)?.commit()
    }

    /// Puts a fresh store's files in the place of the folder's; of any other store, does nothing.
    ///
    /// Each file is replaced atomically, one after the other. The positions in the folder belong to the files
    /// that go, so they go first: whoever is killed in between leaves files that any later run can read again.
    ///
    /// # Errors
    ///
    /// - [`Error::Io`], [`Error::Unsettled`] after a failed [`Prepared::commit`].
    pub fn publish(mut self) -> Result<(), Error> {
        if self.unsettled {
            return Err(Error::Unsettled);
        }
        if self.kind == Kind::Standing {
            return Ok(());
        }
        for table in &self.tables {
            table.sync(&self.folder)?;
        }
        offsets::remove(&self.folder)?;
        self.folder.sync()?;
        for table in &mut self.tables {
            table.publish(&self.folder)?;
        }
        self.folder.sync()?;
        self.kind = Kind::Standing;
        Ok(())
    }
}

impl Drop for CsvStore {
    fn drop(&mut self) {
        if self.kind == Kind::Fresh {
            for table in &self.tables {
                table.discard(&self.folder);
            }
        }
    }
}

/// Returns whether each value fits its column of the database.
fn fits(valuation: &Valuation) -> bool {
    (0..=9999).contains(&valuation.session.year())
        && valuation.value.fits(28)
        && valuation.change.is_none_or(|change| change.fits(28))
        && valuation.change_pct.is_none_or(|percent| percent.fits(12))
}
