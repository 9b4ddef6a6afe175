//! Where valuations are read from: CSV files of a folder, or tables of a database.
//!
//! In comes a portfolio's checked name; out go its rows as record batches. A new kind of source is a module here and
//! an arm below; nothing else of the crate knows the kinds.

mod csv;
#[cfg(feature = "mysql")]
mod mysql;

use std::path::Path;

use datafusion::arrow::array::RecordBatch;
use finnet_core::PortfolioId;
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};

use crate::error::Error;
use csv::CsvFolder;

#[cfg(feature = "mysql")]
use mysql::MySql;
#[cfg(feature = "mysql")]
pub use mysql::{DatabaseError, DatabaseProblem, Place, UrlError};

/// A place to read valuations from; nothing is opened until [`Analytics::open`](crate::Analytics::open).
#[derive(Clone, Debug)]
pub struct Source(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Csv(CsvFolder),
    #[cfg(feature = "mysql")]
    MySql(MySql),
}

/// Portfolios read at the same time, each on a connection of its own.
const AT_ONCE: usize = 6;

impl Source {
    /// Returns the source of the files `Inv1_P11.csv` and so on in a folder.
    ///
    /// A file has the columns of the database's tables, sorted by date: `As_Of`, `Evaluation`,
    /// `Daily_Evaluation_Change`, `Daily_Evaluation_Change_Percentage`, their names in the first line, blank for NULL.
    pub fn csv(folder: impl AsRef<Path>) -> Self {
        Self(Kind::Csv(CsvFolder::new(folder.as_ref())))
    }

    /// Returns the source of the tables `Inv1_P11` and so on in a database,
    /// `mysql://user:password@host:port/InvestorsDB`; user, password and database may be percent-encoded.
    ///
    /// Its connections are read-only, without TLS, and need a Tokio runtime with I/O and time.
    ///
    /// # Errors
    ///
    /// - [`UrlError`], which shows no piece of the text.
    ///
    /// # Examples
    ///
    /// ```
    /// use finnet_analytics::{Source, UrlError};
    ///
    /// let source = Source::mysql("mysql://finnet:secret@db.example/InvestorsDB")?;
    /// assert!(!format!("{source:?}").contains("secret"));
    /// assert_eq!(Source::mysql("mysql://finnet:secret@db.example").unwrap_err(), UrlError::NoDatabase);
    /// # Ok::<(), UrlError>(())
    /// ```
    #[cfg(feature = "mysql")]
    pub fn mysql(url: &str) -> Result<Self, UrlError> {
        MySql::new(url).map(|mysql| Self(Kind::MySql(mysql)))
    }

    /// Returns the batches of each portfolio, in the order of the portfolios.
    pub(crate) async fn read(&self, portfolios: &[PortfolioId]) -> Result<Vec<Vec<RecordBatch>>, Error> {
        // Boxed, lest the borrow in each future's type keep the whole from being `Send`.
        let reads: Vec<_> = portfolios.iter().map(|portfolio| self.read_one(portfolio).boxed()).collect();
        futures::stream::iter(reads).buffered(AT_ONCE).try_collect().await
    }

    #[cfg_attr(not(feature = "mysql"), expect(clippy::unused_async, reason = "files are read at once, tables are not"))]
    async fn read_one(&self, portfolio: &PortfolioId) -> Result<Vec<RecordBatch>, Error> {
        match &self.0 {
            Kind::Csv(folder) => folder.read(portfolio),
            #[cfg(feature = "mysql")]
            Kind::MySql(database) => Ok(database.read(portfolio).await?),
        }
    }
}
