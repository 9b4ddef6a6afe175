//! Where app1 keeps valuations: tables of a database, or CSV files. Rows and the Kafka offsets they came from go
//! together, and what was stored says where to read on.

use std::time::{Duration, Instant};

use chrono::NaiveDate;
use finnet_core::{PortfolioId, Valuation};
use tokio::runtime::Runtime;

use crate::PORTFOLIOS;
use crate::cli::Place;
use crate::csv_store::{self, CsvStore};
use crate::failure::Failure;
use crate::stop::Stop;
use crate::terminal::Terminal;

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is stored now.
    Stored,
    /// The same row stands already.
    Repeated,
    /// Another row stands for that date.
    Contradicting,
    /// It does not fit the columns.
    OutOfRange,
}

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

/// The store, open for writing.
#[derive(Debug)]
pub enum Store {
    /// Tables.
    Database {
        /// What runs the database's client.
        runtime: Box<Runtime>,
        /// The tables.
        store: Box<finnet_mysql::Store>,
    },
    /// CSV files.
    Folder(CsvStore),
}

/// What came of a batch.
#[derive(Debug)]
pub enum Appended {
    /// Each row's outcome, in their order; the offsets moved.
    Done(Vec<Outcome>),
    /// What is stored now is to be asked again, and read on from there: nothing of the batch was stored, or all of it.
    LookAgain,
}

impl Store {
    /// Opens the store, waiting for a database that is away.
    ///
    /// # Errors
    ///
    /// - Where the database or folder is not that of these portfolios, or is away for longer than `timeout`.
    pub fn open(
        place: &Place,
        portfolios: &[PortfolioId],
        timeout: Duration,
        stop: &Stop,
        terminal: &Terminal,
    ) -> Result<Self, Failure> {
        let url = match place {
            Place::Folder(folder) => {
                let store = CsvStore::open(folder, portfolios)?;
                for portfolio in store.begun() {
                    terminal.warn(format!(
                        "{portfolio} has no row, but app1.offsets in {} is past the start: rows of before come back only if \
                         app1.offsets is removed",
                        folder.display()
                    ));
                }
                return Ok(Self::Folder(store));
            }
            Place::Database(url) => url.parsed(),
        };
        let runtime = runtime();
        let store =
            retry(timeout, stop, terminal, || runtime.block_on(finnet_mysql::Store::open(url, "app1", portfolios)))?;
        Ok(Self::Database { runtime: Box::new(runtime), store: Box::new(store) })
    }

    /// Returns the stored next offset of each partition of `portfolios` below `partitions`.
    pub fn positions(&self, partitions: i32) -> Vec<Option<i64>> {
        let stored: Vec<(&str, i32, i64)> = match self {
            Self::Database { store, .. } => {
                store.positions().iter().map(|at| (at.topic.as_str(), at.partition, at.next)).collect()
            }
            Self::Folder(store) => {
                store.positions().iter().map(|at| (at.topic.as_str(), at.partition, at.next)).collect()
            }
        };
        let next = |partition| {
            let found = stored.iter().find(|(topic, at, _)| *topic == PORTFOLIOS && *at == partition);
            found.map(|(_, _, next)| *next)
        };
        (0..partitions).map(next).collect()
    }

    /// Returns the date of a portfolio's last row.
    pub fn last_session(&self, portfolio: &PortfolioId) -> Option<NaiveDate> {
        match self {
            Self::Database { store, .. } => store.last_session(portfolio),
            Self::Folder(store) => store.last_session(portfolio),
        }
    }

    /// Stores rows and moves the offsets they came from, both or neither.
    ///
    /// A database that is away is waited for, up to `timeout`.
    ///
    /// # Errors
    ///
    /// - Where the database or the disk refuses.
    pub fn append(
        &mut self,
        rows: &[(PortfolioId, Valuation)],
        advances: &[Advance],
        timeout: Duration,
        stop: &Stop,
        terminal: &Terminal,
    ) -> Result<Appended, Failure> {
        let (runtime, store) = match self {
            Self::Folder(store) => {
                let next: Vec<_> = advances.iter().map(position).collect();
                return Ok(Appended::Done(store.append(rows, &next)?.into_iter().map(Outcome::from).collect()));
            }
            Self::Database { runtime, store } => (runtime, store),
        };
        let rows: Vec<_> =
            rows.iter().map(|&(portfolio, valuation)| finnet_mysql::Row { portfolio, valuation }).collect();
        let advances: Vec<_> = advances
            .iter()
            .map(|&Advance { partition, from, next }| finnet_mysql::Advance {
                topic: PORTFOLIOS.to_owned(),
                partition,
                from,
                next,
            })
            .collect();
        match runtime.block_on(store.append(&rows, &advances)) {
            Ok(outcomes) => Ok(Appended::Done(outcomes.into_iter().map(Outcome::from).collect())),
            Err(moved @ finnet_mysql::Error::Moved { .. }) => {
                terminal.warn(format!("{moved}: another app1 wrote; reading on where it is"));
                retry(timeout, stop, terminal, || runtime.block_on(store.reconnect()))?;
                Ok(Appended::LookAgain)
            }
            Err(why) if why.is_transient() => {
                terminal.warn(format!("{why}; trying again"));
                retry(timeout, stop, terminal, || runtime.block_on(store.reconnect()))?;
                Ok(Appended::LookAgain)
            }
            Err(why) => Err(why.into()),
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

impl From<csv_store::Outcome> for Outcome {
    fn from(outcome: csv_store::Outcome) -> Self {
        match outcome {
            csv_store::Outcome::Stored => Self::Stored,
            csv_store::Outcome::Repeated => Self::Repeated,
            csv_store::Outcome::Contradicting => Self::Contradicting,
            csv_store::Outcome::OutOfRange => Self::OutOfRange,
        }
    }
}

impl From<finnet_mysql::Outcome> for Outcome {
    fn from(outcome: finnet_mysql::Outcome) -> Self {
        match outcome {
            finnet_mysql::Outcome::Repeated => Self::Repeated,
            finnet_mysql::Outcome::Contradicting => Self::Contradicting,
            finnet_mysql::Outcome::OutOfRange => Self::OutOfRange,
            _ => Self::Stored,
        }
    }
}
