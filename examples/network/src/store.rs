//! Where app1 keeps valuations: tables of a database, or CSV files. Rows and the Kafka offsets they came from go
//! together, and what was stored says where to read on.

use std::time::{Duration, Instant};

use chrono::NaiveDate;
use finnet_core::{PortfolioId, Valuation};
use tokio::runtime::Runtime;

use crate::PORTFOLIOS;
use crate::app1::GROUP;
use crate::cli::Place;
use crate::csv_store::{self, CsvStore};
use crate::failure::Failure;
use crate::stop::Stop;
use crate::terminal::Terminal;
use crate::trouble::Trouble;

pub use finnet_mysql::Outcome;

/// How far a batch takes one partition of `portfolios`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advance {
    /// The partition.
    pub partition: i32,
    /// What was stored before; `None` where nothing was.
    pub from: Option<i64>,
    /// The offset to read next.
    pub next: i64,
}

/// What came of a batch.
#[derive(Debug)]
pub enum Appended {
    /// Each row's outcome, in their order; the offsets moved.
    Done(Vec<Outcome>),
    /// What is stored now is to be asked again, and read on from there: nothing of the batch was stored, or all of it.
    LookAgain,
}

/// Called once it is decided what becomes of each row, and before any of it counts.
pub type Between<'a> = &'a mut dyn FnMut(&[Outcome]) -> Result<(), Trouble>;

/// Rows, and the Kafka offsets they came from, which move together.
pub trait Rows {
    /// Returns the stored next offset of each partition of `portfolios` below `partitions`.
    fn positions(&self, partitions: i32) -> Vec<Option<i64>>;

    /// Returns the date of a portfolio's last row.
    fn last_session(&self, portfolio: &PortfolioId) -> Option<NaiveDate>;

    /// Asks what is stored now, where another may have stored.
    ///
    /// # Errors
    ///
    /// - Where the database is away for too long.
    fn look(&mut self) -> Result<(), Failure>;

    /// Stores rows and moves the offsets they came from, both or neither.
    ///
    /// Where `between` fails, nothing is stored, and its error comes back.
    ///
    /// # Errors
    ///
    /// - Where the database or the disk refuses.
    fn append(
        &mut self,
        rows: &[(PortfolioId, Valuation)],
        advances: &[Advance],
        between: Between<'_>,
    ) -> Result<Appended, Trouble>;
}

/// The store, open for writing.
#[derive(Debug)]
pub struct Store {
    place: Open,
    /// How long to wait for a database that is away.
    timeout: Duration,
    stop: Stop,
    terminal: Terminal,
}

#[derive(Debug)]
enum Open {
    Database { runtime: Box<Runtime>, store: Box<finnet_mysql::Store> },
    Folder(CsvStore),
}

impl Store {
    /// Opens the store, waiting for a database that is away, then and later, for as long as `timeout`.
    ///
    /// # Errors
    ///
    /// - Where the database or folder is not that of these portfolios, or is away for longer.
    pub fn open(
        place: &Place,
        portfolios: &[PortfolioId],
        timeout: Duration,
        stop: &Stop,
        terminal: &Terminal,
    ) -> Result<Self, Failure> {
        let place = match place {
            Place::Folder(folder) => {
                let store = CsvStore::open(folder, portfolios)?;
                for portfolio in store.begun() {
                    terminal.warn(format!(
                        "{portfolio} has no row, but app1.offsets in {} is past the start: rows of before come back only if \
                         app1.offsets is removed",
                        folder.display()
                    ));
                }
                Open::Folder(store)
            }
            Place::Database(url) => {
                let runtime = runtime();
                let open = || runtime.block_on(finnet_mysql::Store::open(url.parsed(), GROUP, portfolios));
                let store = retry(timeout, stop, terminal, open)?;
                Open::Database { runtime: Box::new(runtime), store: Box::new(store) }
            }
        };
        Ok(Self { place, timeout, stop: stop.clone(), terminal: terminal.clone() })
    }

    /// Returns the store of fresh files, which take the place of the folder's when they are published.
    pub fn fresh(store: CsvStore, stop: &Stop, terminal: &Terminal) -> Self {
        let (stop, terminal) = (stop.clone(), terminal.clone());
        Self { place: Open::Folder(store), timeout: Duration::ZERO, stop, terminal }
    }

    /// Puts fresh files in the place of the folder's; does nothing for any other store.
    ///
    /// # Errors
    ///
    /// - Where the disk refuses.
    pub fn publish(self) -> Result<(), Failure> {
        match self.place {
            Open::Folder(store) => Ok(store.publish()?),
            Open::Database { .. } => Ok(()),
        }
    }
}

impl Rows for Store {
    fn positions(&self, partitions: i32) -> Vec<Option<i64>> {
        let stored: Vec<(&str, i32, i64)> = match &self.place {
            Open::Database { store, .. } => {
                store.positions().iter().map(|at| (at.topic.as_str(), at.partition, at.next)).collect()
            }
            Open::Folder(store) => {
                store.positions().iter().map(|at| (at.topic.as_str(), at.partition, at.next)).collect()
            }
        };
        let next = |partition| {
            let found = stored.iter().find(|(topic, at, _)| *topic == PORTFOLIOS && *at == partition);
            found.map(|(_, _, next)| *next)
        };
        (0..partitions).map(next).collect()
    }

    fn last_session(&self, portfolio: &PortfolioId) -> Option<NaiveDate> {
        match &self.place {
            Open::Database { store, .. } => store.last_session(portfolio),
            Open::Folder(store) => store.last_session(portfolio),
        }
    }

    fn look(&mut self) -> Result<(), Failure> {
        match &mut self.place {
            Open::Database { runtime, store } => {
                retry(self.timeout, &self.stop, &self.terminal, || runtime.block_on(store.reconnect()))
            }
            // Nobody else can have written: the folder is locked.
            Open::Folder(_) => Ok(()),
        }
    }

    fn append(
        &mut self,
        rows: &[(PortfolioId, Valuation)],
        advances: &[Advance],
        between: Between<'_>,
    ) -> Result<Appended, Trouble> {
        let Self { place, terminal, .. } = self;
        let (runtime, store) = match place {
            Open::Folder(store) => {
                let next: Vec<_> = advances.iter().map(position).collect();
                let prepared = store.prepare(rows, &next).map_err(Failure::from)?;
                between(prepared.outcomes())?;
                return Ok(Appended::Done(prepared.commit().map_err(Failure::from)?));
            }
            Open::Database { runtime, store } => (runtime, store),
        };
        let rows: Vec<_> =
            rows.iter().map(|&(portfolio, valuation)| finnet_mysql::Row { portfolio, valuation }).collect();
        let advances: Vec<_> = advances.iter().map(advance).collect();
        let appended = runtime.block_on(async {
            let prepared = store.prepare(&rows, &advances).await?;
            if let Err(trouble) = between(prepared.outcomes()) {
                return Ok(Err(trouble));
            }
            prepared.commit().await.map(Ok)
        });
        match appended {
            Ok(outcomes) => Ok(Appended::Done(outcomes?)),
            Err(moved @ finnet_mysql::Error::Moved { .. }) => {
                terminal.warn(format!("{moved}: another app1 stored it; going on after it"));
                Ok(Appended::LookAgain)
            }
            Err(why) if why.is_transient() => {
                terminal.warn(format!("{why}; looking what is stored"));
                Ok(Appended::LookAgain)
            }
            Err(why) => Err(Failure::from(why).into()),
        }
    }
}

/// Returns a runtime for a database's client: one worker, since one statement runs at a time.
///
/// # Panics
///
/// Where the system refuses a thread.
pub fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().expect("a thread for the database's client")
}

/// Asks a database again while it is away, until `timeout` is over or the program is asked to end.
///
/// # Errors
///
/// - The last answer, where it is final or the time is over.
pub fn retry<T>(
    timeout: Duration,
    stop: &Stop,
    terminal: &Terminal,
    mut ask: impl FnMut() -> Result<T, finnet_mysql::Error>,
) -> Result<T, Failure> {
    let (start, mut said) = (Instant::now(), None);
    loop {
        match ask() {
            Err(why) if why.is_transient() && stop.is_set() => {
                terminal.detail(|| why.to_string());
                return Err(Failure::called_off());
            }
            Err(why) if why.is_transient() && start.elapsed() < timeout => {
                if said.is_none_or(|said: Instant| said.elapsed() > Duration::from_secs(5)) {
                    said = Some(Instant::now());
                    let left = timeout.saturating_sub(start.elapsed()).as_secs();
                    terminal.warn(format!("{why}; trying for {left} s more"));
                }
                stop.sleep_until(Instant::now() + Duration::from_millis(250));
            }
            answer => return Ok(answer?),
        }
    }
}

fn position(advance: &Advance) -> csv_store::Position {
    csv_store::Position { topic: PORTFOLIOS.to_owned(), partition: advance.partition, next: advance.next }
}

fn advance(&Advance { partition, from, next }: &Advance) -> finnet_mysql::Advance {
    finnet_mysql::Advance { topic: PORTFOLIOS.to_owned(), partition, from, next }
}
