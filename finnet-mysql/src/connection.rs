//! A connection to the server, set up alike for every use.
//!
//! In comes a [`DatabaseUrl`]; out goes Diesel's asynchronous connection in a session that does not depend on the
//! server's configuration: strict, repeatable read, messages in English, short waits for locks.

use std::time::Duration;

use diesel::QueryResult;
use diesel_async::{AnsiTransactionManager, AsyncMysqlConnection, SimpleAsyncConnection, TransactionManager};
use mysql_async::prelude::Queryable;

use crate::error::{Error, Place};
use crate::url::DatabaseUrl;

/// How long to wait for the server to take a connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// The largest statement, in bytes: larger ones are no faster, and servers set to 1 MiB exist.
const LARGEST_STATEMENT: usize = 512 * 1024;

/// Strict, so that nothing is cut to fit its column; English, since the crate tells errors apart by their text;
/// `idle_transaction_timeout`, which only MariaDB has, frees the locks of a client whose machine went away.
const SESSION: [&str; 2] = [
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', autocommit = 1, lc_messages = 'en_US', \
     innodb_lock_wait_timeout = 5, lock_wait_timeout = 5 /*M!100300 , idle_transaction_timeout = 20 */",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
];

/// To what to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The URL's database.
    Database,
    /// The server alone.
    Server,
}

/// A connection, and where it leads.
pub(crate) struct Connection {
    /// Diesel's.
    pub(crate) diesel: AsyncMysqlConnection,
    /// The largest statement to send, in bytes.
    pub(crate) statement_bytes: usize,
    at: Place,
}

impl Connection {
    /// Returns a new connection.
    ///
    /// # Errors
    ///
    /// - [`Error::Unreachable`], also after ten seconds without an answer.
    /// - [`Error::Tls`], [`Error::AccessDenied`], [`Error::NoDatabase`], [`Error::Busy`], [`Error::Refused`].
    pub(crate) async fn open(url: &DatabaseUrl, target: Target) -> Result<Self, Error> {
        let at = Place::of(url);
        let connected = tokio::time::timeout(CONNECT_WITHIN, Self::connect(url, target, &at)).await;
        connected.unwrap_or_else(|_| {
            let cause = format!("no answer within {} s", CONNECT_WITHIN.as_secs()).into();
            Err(Error::Unreachable { at, cause })
        })
    }

    async fn connect(url: &DatabaseUrl, target: Target, at: &Place) -> Result<Self, Error> {
        let options = match target {
            Target::Database => url.server_options(at)?.db_name(Some(url.database())),
            Target::Server => url.server_options(at)?,
        };
        let failed = |error| Error::from_connecting(at, error);
        let mut driver = mysql_async::Conn::new(options).await.map_err(failed)?;
        for statement in SESSION {
            driver.query_drop(statement).await.map_err(failed)?;
        }
        let packet: Option<usize> = driver.query_first("SELECT @@max_allowed_packet").await.map_err(failed)?;
        let diesel = AsyncMysqlConnection::try_from(driver)
            .await
            .map_err(|error| Error::Unreachable { at: at.clone(), cause: error.to_string().into() })?;
        let statement_bytes = packet.map_or(LARGEST_STATEMENT, |packet| LARGEST_STATEMENT.min(packet / 2));
        Ok(Self { diesel, statement_bytes, at: at.clone() })
    }

    /// Returns the connection around Diesel's, after a loan of that one.
    pub(crate) fn from_parts(diesel: AsyncMysqlConnection, statement_bytes: usize, at: Place) -> Self {
        Self { diesel, statement_bytes, at }
    }

    /// Returns where the connection leads.
    pub(crate) fn at(&self) -> &Place {
        &self.at
    }

    /// Returns the value of a query, or what its failure means.
    pub(crate) fn check<T>(&self, result: QueryResult<T>) -> Result<T, Error> {
        result.map_err(|error| Error::from_query(&self.at, error))
    }

    /// Begins a transaction.
    pub(crate) async fn begin(&mut self) -> Result<(), Error> {
        let result = AnsiTransactionManager::begin_transaction(&mut self.diesel).await;
        self.check(result)
    }

    /// Commits where the body succeeded, rolls back where it failed.
    ///
    /// # Errors
    ///
    /// - The body's, unless the roll-back met a lost connection: then [`Error::Lost`].
    /// - As [`commit`](Self::commit).
    pub(crate) async fn end<T>(&mut self, body: Result<T, Error>) -> Result<T, Error> {
        match body {
            Ok(value) => self.commit().await.map(|()| value),
            Err(error) => Err(self.roll_back(error).await),
        }
    }

    /// Commits.
    ///
    /// # Errors
    ///
    /// - [`Error::Lost`]: it is not known whether it took place. After any other it did not, and the connection
    ///   holds no transaction.
    pub(crate) async fn commit(&mut self) -> Result<(), Error> {
        let result = AnsiTransactionManager::commit_transaction(&mut self.diesel).await;
        match self.check(result) {
            Ok(()) => Ok(()),
            Err(error @ Error::Lost { .. }) => Err(error),
            Err(error) => {
                // Diesel takes the transaction for ended, and the server may not.
                let result = self.diesel.batch_execute("ROLLBACK").await;
                Err(self.check(result).err().filter(|other| matches!(other, Error::Lost { .. })).unwrap_or(error))
            }
        }
    }

    /// Rolls back after an error, and returns it; [`Error::Lost`] where the roll-back met a lost connection.
    pub(crate) async fn roll_back(&mut self, error: Error) -> Error {
        // The server rolls back what a lost connection began.
        if matches!(error, Error::Lost { .. }) {
            return error;
        }
        let result = AnsiTransactionManager::rollback_transaction(&mut self.diesel).await;
        self.check(result).err().filter(|other| matches!(other, Error::Lost { .. })).unwrap_or(error)
    }
}
