//! Where app1 keeps valuations when no database is given: one CSV file a portfolio, in one folder.
//!
//! In come valuations and the Kafka positions after them; out go `Inv1_P11.csv` and its like, with the columns
//! of the database's tables, sorted by date, blank for NULL, decimals as finnet-core writes them. Beside them
//! lies `app1.offsets`, the positions; rows are on the disk before the positions that count them are, so that
//! a program killed at any moment goes on where it was and meets again only rows that it can compare.
//!
//! Memory does not grow with the rows: older ones are found in the file by halving it. One store has a folder
//! to itself, by a lock on `app1.lock`.

mod error;
mod folder;
mod offsets;
mod row;
mod search;
mod table;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use chrono::{Datelike, NaiveDate};
use finnet_core::{PortfolioId, Valuation};

use folder::Folder;
use table::{Batch, Table};

pub use error::{Error, LineProblem};
pub use offsets::Position;
pub use row::HEADER;

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the file now.
    Stored,
    /// A row of its date with the same three values is there already.
    Repeated,
    /// A row of its date with other values is there already and stays.
    Contradicting,
    /// A value does not fit its column: beyond 28 digits, a percentage beyond 12, a date beyond the year 9999.
    OutOfRange,
}

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
    positions: Vec<Position>,
    begun: Vec<PortfolioId>,
    kind: Kind,
    /// Set while the disk is written: where that fails, files and memory may differ.
    unsettled: bool,
}

/// Whether the files are the final ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Rows are added to what is there, and are on the disk when `append` returns.
    Standing,
    /// Rows go to temporary files until `publish`.
    Fresh,
}

impl CsvStore {
    /// Returns the store in a folder, which is made if absent; it goes on where the files and positions end.
    ///
    /// Each file there is read once, whole: a torn last line (without its line end) is cut off, anything else
    /// that this store would not have written is refused. A file that is not there is begun.
    ///
    /// # Errors
    ///
    /// - [`Error::InUse`] where another store has the folder.
    /// - [`Error::Line`] for a header, row or position that was not written by a store.
    /// - [`Error::Io`], [`Error::NotAFile`].
    pub fn open(dir: &Path, portfolios: &[PortfolioId]) -> Result<Self, Error> {
        let folder = Folder::lock(dir)?;
        let positions = offsets::read(&folder)?;
        Self::with(folder, portfolios, positions, Kind::Standing)
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
        Self::with(Folder::lock(dir)?, portfolios, Vec::new(), Kind::Fresh)
    }

    fn with(folder: Folder, portfolios: &[PortfolioId], positions: Vec<Position>, kind: Kind) -> Result<Self, Error> {
        let (tables, places, begun) = (Vec::new(), HashMap::new(), Vec::new());
        let mut store = Self { folder, tables, places, positions, begun, kind, unsettled: false };
        for &portfolio in portfolios {
            if store.places.insert(portfolio, store.tables.len()).is_none() {
                let table = match kind {
                    Kind::Standing => Table::open(&store.folder, &format!("{portfolio}.csv"))?,
                    Kind::Fresh => Table::create(&store.folder, &format!("{portfolio}.csv{}", folder::FRESH))?,
                };
                if table.last_session().is_none() && !store.positions.is_empty() {
                    store.begun.push(portfolio);
                }
                store.tables.push(table);
            }
        }
        store.folder.sync()?;
        Ok(store)
    }

    /// Returns the Kafka positions that the rows count up to, by topic and partition.
    pub fn positions(&self) -> &[Position] {
        &self.positions
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

    /// Stores rows, then the positions after them, and returns what became of each row.
    ///
    /// Positions of other partitions stay. Unless the store is fresh, all of it is on the disk on return.
    ///
    /// # Errors
    ///
    /// - [`Error::UnknownPortfolio`], [`Error::BadPosition`]: nothing was written.
    /// - [`Error::Io`] (a full disk is one), [`Error::Changed`] where another program wrote to a file: the
    ///   positions are as before, and some rows may be stored. Each later call is [`Error::Unsettled`]; a new
    ///   [`CsvStore::open`] finds whole rows, and the same rows sent again are then `Repeated`.
    pub fn append(&mut self, rows: &[(PortfolioId, Valuation)], next: &[Position]) -> Result<Vec<Outcome>, Error> {
        if self.unsettled {
            return Err(Error::Unsettled);
        }
        if let Some((portfolio, _)) = rows.iter().find(|(portfolio, _)| !self.places.contains_key(portfolio)) {
            return Err(Error::UnknownPortfolio(Box::new(*portfolio)));
        }
        offsets::check(next)?;
        self.unsettled = true;
        let outcomes = self.store(rows)?;
        self.advance(next)?;
        self.unsettled = false;
        Ok(outcomes)
    }

    /// Puts a fresh store's files in the place of the folder's; of any other store, does nothing.
    ///
    /// Each file is replaced atomically, one after the other. The positions in the folder belong to the files
    /// that go, so they go first: whoever is killed in between leaves files that any later run can read again.
    ///
    /// # Errors
    ///
    /// - [`Error::Io`], [`Error::Unsettled`] after a failed [`CsvStore::append`].
    pub fn publish(mut self) -> Result<(), Error> {
        if self.unsettled {
            return Err(Error::Unsettled);
        }
        if self.kind == Kind::Standing {
            return Ok(());
        }
        for table in &self.tables {
            table.sync()?;
        }
        offsets::remove(&self.folder)?;
        self.folder.sync()?;
        for table in &mut self.tables {
            table.publish()?;
        }
        self.folder.sync()?;
        self.kind = Kind::Standing;
        Ok(())
    }

    fn store(&mut self, rows: &[(PortfolioId, Valuation)]) -> Result<Vec<Outcome>, Error> {
        let mut batches: BTreeMap<usize, Batch> = BTreeMap::new();
        let mut outcomes = Vec::with_capacity(rows.len());
        for (portfolio, valuation) in rows {
            let place = self.places[portfolio];
            outcomes.push(if fits(valuation) {
                batches.entry(place).or_default().judge(&self.tables[place], valuation)?
            } else {
                Outcome::OutOfRange
            });
        }
        for (place, batch) in batches {
            self.tables[place].write(&self.folder, batch, self.kind == Kind::Standing)?;
        }
        Ok(outcomes)
    }

    fn advance(&mut self, next: &[Position]) -> Result<(), Error> {
        let positions = offsets::advanced(&self.positions, next);
        if positions != self.positions {
            if self.kind == Kind::Standing {
                offsets::write(&self.folder, &positions)?;
            }
            self.positions = positions;
        }
        Ok(())
    }
}

impl Drop for CsvStore {
    fn drop(&mut self) {
        if self.kind == Kind::Fresh {
            for table in &self.tables {
                table.discard();
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
