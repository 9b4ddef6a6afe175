//! app1's sink: batches of rows into the portfolios' tables, each in one transaction with the offsets that the
//! rows came from.
//!
//! In come [`Row`]s and [`Advance`]s; out goes an [`Outcome`] a row. What is kept in memory (each table's last
//! date, the stored offsets) only saves queries: what decides is in the database, under the lock of the offsets
//! and the primary keys of the tables.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use finnet_core::{PortfolioId, Valuation};

use crate::batch::{Batch, Outcome, Row};
use crate::connection::{Connection, Target};
use crate::error::{Error, OtherPortfolios, Place};
use crate::offsets::{self, Advance, Position};
use crate::portfolio_table::PortfolioTable;
use crate::prepared::Prepared;
use crate::schema::{Tables, investors, investors_portfolios, portfolios};
use crate::url::DatabaseUrl;

/// The tables of a network's portfolios, open for writing by one group.
///
/// It can be sent to another thread but not shared between threads.
pub struct Store {
    url: DatabaseUrl,
    at: Place,
    group: String,
    /// By name: all stores lock the tables in one order.
    tables: Vec<PortfolioTable>,
    numbers: HashMap<PortfolioId, usize>,
    pub(crate) link: Link,
    last_sessions: Ends,
    positions: Vec<Position>,
}

/// Each table's last date.
pub(crate) type Ends = Vec<Option<NaiveDate>>;

/// A store's way to the server.
pub(crate) enum Link {
    /// Between two calls.
    Open(Box<Connection>),
    /// Gone with a batch that was never to be committed: what the store knows still holds.
    Abandoned,
    /// Taken out while a call is under way, so that one that fails or is dropped drops it too, and the server rolls
    /// back. Only the offsets tell what was committed.
    Lost,
}

impl Store {
    /// Returns the store of these portfolios, for the group whose offsets it keeps.
    ///
    /// The group is compared by its bytes and is at most 255 characters long.
    ///
    /// # Errors
    ///
    /// - [`Error::OtherPortfolios`] where the database has portfolios that are not given, or lacks given ones.
    /// - [`Error::NoDatabase`], [`Error::NoTable`], [`Error::OtherShape`]: `investors-db` was not run, or the tables
    ///   were changed since.
    /// - [`Error::Unreachable`] and the other kinds of what a connection may meet.
    pub async fn open(url: &DatabaseUrl, group: &str, portfolios: &[PortfolioId]) -> Result<Self, Error> {
        let portfolios: BTreeSet<_> = portfolios.iter().copied().collect();
        let tables: Vec<_> = portfolios.into_iter().map(PortfolioTable::of).collect();
        let numbers = tables.iter().enumerate().map(|(number, table)| (table.portfolio(), number)).collect();
        let mut store = Self {
            url: url.clone(),
            at: Place::of(url),
            group: group.to_owned(),
            last_sessions: vec![None; tables.len()],
            tables,
            numbers,
            link: Link::Lost,
            positions: Vec::new(),
        };
        store.reconnect().await?;
        Ok(store)
    }

    /// Gives up the connection, makes a new one, checks the tables again and reads what is stored now.
    ///
    /// After an [`Error`] that is [transient](Error::is_transient) or a call dropped before its end,
    /// [`positions`](Self::positions) then tells whether the last batch was written.
    ///
    /// # Errors
    ///
    /// - As [`open`](Self::open); the store stays without a connection and can be reconnected later.
    pub async fn reconnect(&mut self) -> Result<(), Error> {
        self.link = Link::Lost;
        let mut connection = Connection::open(&self.url, Target::Database).await?;
        check_portfolios(&mut connection, &self.tables).await?;
        Tables::load(&mut connection).await?.check(&connection, &self.tables)?;
        self.refresh(connection).await
    }

    /// Returns the offsets to read next, by topic and partition, as of the last call that told them.
    pub fn positions(&self) -> &[Position] {
        &self.positions
    }

    /// Returns the date of a portfolio's last row; `None` where it has none, or is not of this store.
    pub fn last_session(&self, portfolio: &PortfolioId) -> Option<NaiveDate> {
        self.numbers.get(portfolio).and_then(|&number| self.last_sessions[number])
    }

    /// Writes rows and moves the offsets they came from, both or neither, and returns what became of each row:
    /// [`prepare`](Self::prepare) and [`commit`](Prepared::commit) in one.
    ///
    /// Dropped before its end, the call leaves the store without a connection; the batch may then still be written,
    /// as a whole, if it was about to be.
    ///
    /// # Errors
    ///
    /// - As [`prepare`](Self::prepare) and [`Prepared::commit`].
    ///
    /// # Panics
    ///
    /// Where two advances are of one partition, or one goes backwards.
    pub async fn append(&mut self, rows: &[Row], advances: &[Advance]) -> Result<Vec<Outcome>, Error> {
        self.prepare(rows, advances).await?.commit().await
    }

    /// Does all of [`append`](Self::append) but its commit, and returns the batch that waits for it.
    ///
    /// Rows go to their tables in any order of dates. Without an advance no offset is compared or moved.
    ///
    /// # Errors
    ///
    /// - [`Error::Moved`] where a stored offset is not the one given; [`positions`](Self::positions) tells the
    ///   stored ones.
    /// - [`Error::UnknownPortfolio`] for a row of a portfolio the store was not opened with.
    /// - [`Error::Busy`] where another transaction was in the way, [`Error::Refused`] where the server would not.
    ///   After all of these nothing was written.
    /// - [`Error::Lost`] where the connection broke; [`Error::Disconnected`] until [`reconnect`](Self::reconnect).
    ///
    /// # Panics
    ///
    /// Where two advances are of one partition, or one goes backwards.
    pub async fn prepare(&mut self, rows: &[Row], advances: &[Advance]) -> Result<Prepared<'_>, Error> {
        let mut batch = Batch::new(rows, &self.numbers, self.tables.len())?;
        let advances = offsets::in_lock_order(advances);
        let mut connection = self.take().await?;
        connection.begin().await?;
        let last_sessions = self.last_sessions.clone();
        match write(&mut connection, &self.group, &self.tables, last_sessions, &mut batch, &advances).await {
            Ok(ends) => Ok(Prepared::new(self, connection, batch.outcomes(), &advances, ends)),
            Err(error) => {
                let error = connection.roll_back(error).await;
                Err(self.recover(connection, error).await)
            }
        }
    }

    /// Commits what [`prepare`](Self::prepare) wrote, and takes it over.
    pub(crate) async fn commit(
        &mut self,
        mut connection: Connection,
        advances: &[Advance],
        ends: Ends,
    ) -> Result<(), Error> {
        if let Err(error) = connection.commit().await {
            return Err(self.recover(connection, error).await);
        }
        self.link = Link::Open(Box::new(connection));
        self.last_sessions = ends;
        self.note(advances);
        Ok(())
    }

    /// Returns all rows of a portfolio, by date.
    ///
    /// # Errors
    ///
    /// - [`Error::UnknownPortfolio`], and what a connection may meet.
    pub async fn valuations(&mut self, portfolio: &PortfolioId) -> Result<Vec<Valuation>, Error> {
        let number = *self.numbers.get(portfolio).ok_or_else(|| Error::UnknownPortfolio(Box::new(*portfolio)))?;
        let mut connection = self.take().await?;
        let result = self.tables[number].all_rows(&mut connection).await;
        if !matches!(result, Err(Error::Lost { .. })) {
            self.link = Link::Open(Box::new(connection));
        }
        result
    }

    /// Reads what is stored, and keeps the connection if that succeeds.
    async fn refresh(&mut self, mut connection: Connection) -> Result<(), Error> {
        // Offsets first: a commit that they wait for may bring rows.
        let positions = offsets::load(&mut connection, &self.group).await?;
        let mut last_sessions = Vec::with_capacity(self.tables.len());
        for table in &self.tables {
            last_sessions.push(table.last_session(&mut connection).await?);
        }
        (self.positions, self.last_sessions) = (positions, last_sessions);
        self.link = Link::Open(Box::new(connection));
        Ok(())
    }

    /// Goes on after a transaction that was rolled back, and returns what ended it.
    async fn recover(&mut self, connection: Connection, error: Error) -> Error {
        if !matches!(error, Error::Lost { .. }) {
            // Others have written: what is in memory may be old. Where reading it anew fails, the next call says so.
            let _ = self.refresh(connection).await;
        }
        error
    }

    /// Takes the connection out for a call.
    async fn take(&mut self) -> Result<Connection, Error> {
        if matches!(self.link, Link::Abandoned) {
            self.reconnect().await?;
        }
        match std::mem::replace(&mut self.link, Link::Lost) {
            Link::Open(connection) => Ok(*connection),
            Link::Abandoned | Link::Lost => Err(Error::Disconnected { at: self.at.clone() }),
        }
    }

    /// Takes over offsets that were committed.
    fn note(&mut self, advances: &[Advance]) {
        for advance in advances {
            let key = (advance.topic.as_str(), advance.partition);
            match self.positions.binary_search_by(|position| (position.topic.as_str(), position.partition).cmp(&key)) {
                Ok(index) => self.positions[index].next = advance.next,
                Err(index) => {
                    let (topic, partition) = (advance.topic.clone(), advance.partition);
                    self.positions.insert(index, Position { topic, partition, next: advance.next });
                }
            }
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("url", &self.url)
            .field("group", &self.group)
            .field("connected", &matches!(self.link, Link::Open(_)))
            .field("positions", &self.positions)
            .field("last_sessions", &self.last_sessions)
            .finish_non_exhaustive()
    }
}

/// The part of [`Store::prepare`] within the transaction: returns the tables' last dates after it, given those
/// before.
// Not a method: the connection cannot be shared between threads, so a future that holds `&Store` could not be sent.
async fn write(
    connection: &mut Connection,
    group: &str,
    tables: &[PortfolioTable],
    mut last_sessions: Ends,
    batch: &mut Batch<'_>,
    advances: &[&Advance],
) -> Result<Ends, Error> {
    offsets::lock(connection, group, advances).await?;
    for (number, (table, last)) in tables.iter().zip(&mut last_sessions).enumerate() {
        let standing = table.rows_of(connection, &batch.doubtful(number, *last)).await?;
        let added = batch.decide(number, standing);
        table.insert(connection, &added).await?;
        *last = added.last().map(|row| row.session).max(*last);
    }
    offsets::advance(connection, group, advances).await?;
    Ok(last_sessions)
}

/// Compares the portfolios of the database with those of the store.
async fn check_portfolios(connection: &mut Connection, tables: &[PortfolioTable]) -> Result<(), Error> {
    let result = investors_portfolios::table
        .inner_join(investors::table)
        .inner_join(portfolios::table)
        .select((investors::name, portfolios::name))
        .load::<(String, String)>(&mut connection.diesel)
        .await;
    let names = connection.check(result)?.into_iter();
    let found: BTreeSet<_> = names.map(|(investor, portfolio)| format!("{investor}_{portfolio}")).collect();
    let missing = tables.iter().filter(|table| !found.contains(table.name())).map(PortfolioTable::portfolio);
    let given: BTreeSet<_> = tables.iter().map(PortfolioTable::name).collect();
    let others = found.iter().filter(|name| !given.contains(name.as_str())).cloned();
    let difference = OtherPortfolios { missing: missing.collect(), others: others.collect() };
    if difference == OtherPortfolios::default() {
        return Ok(());
    }
    Err(Error::OtherPortfolios { at: connection.at().clone(), difference: Box::new(difference) })
}
