//! The tables of a MySQL or MariaDB database, through a client that only reads.
//!
//! In comes `mysql://user:password@host:port/InvestorsDB` and a portfolio's checked name; out go the rows of its table.
//! Rows are taken from the connection one by one, decimals as the text that the server sends. The password leaves
//! this module only towards the server.

mod error;

use std::fmt;
use std::time::Duration;

use datafusion::arrow::array::RecordBatch;
use finnet_core::PortfolioId;
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Opts, OptsBuilder, Row, Value};

use crate::table::{RowProblem, Rows};

pub use error::{DatabaseError, DatabaseProblem, Place, UrlError};

/// How long to wait for the server to take a connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// A database and how to reach it.
#[derive(Clone)]
pub(super) struct MySql {
    opts: Opts,
    at: Place,
}

impl MySql {
    /// Returns the database that a URL states.
    pub(super) fn new(url: &str) -> Result<Self, UrlError> {
        let rest = url.strip_prefix("mysql://").ok_or(UrlError::Scheme)?;
        if rest.contains(['?', '#']) {
            return Err(UrlError::Options);
        }
        let opts = Opts::from_url(url).map_err(|_| UrlError::Invalid)?;
        if opts.user().is_none_or(str::is_empty) {
            return Err(UrlError::NoUser);
        }
        let database = opts.db_name().filter(|name| !name.is_empty()).ok_or(UrlError::NoDatabase)?;
        let at = Place::new(opts.ip_or_hostname(), opts.tcp_port(), database);
        let opts = OptsBuilder::from_opts(opts)
            // The driver would go over to the socket file that the server names: behind a forwarded port, or from a
            // container, a file of that name belongs to another server.
            .prefer_socket(false)
            .stmt_cache_size(0)
            .init(vec!["SET SESSION TRANSACTION READ ONLY"]);
        Ok(Self { opts: opts.into(), at })
    }

    /// Returns a portfolio's rows, as they stood at one moment.
    pub(super) async fn read(&self, portfolio: &PortfolioId) -> Result<Vec<RecordBatch>, DatabaseError> {
        let failed = |problem| DatabaseError::new(&self.at, portfolio, problem);
        let connecting = tokio::time::timeout(CONNECT_WITHIN, Conn::new(self.opts.clone())).await;
        let mut connection = connecting
            .map_err(|_| failed(DatabaseProblem::silent(CONNECT_WITHIN)))?
            .map_err(|error| failed(DatabaseProblem::of_connecting(&error)))?;
        let rows = read_table(&mut connection, portfolio).await.map_err(failed)?;
        // The rows are here; how the connection ends changes nothing.
        let _ = connection.disconnect().await;
        Ok(rows)
    }
}

impl fmt::Debug for MySql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The driver's options would show the password.
        f.debug_struct("MySql").field("at", &self.at).finish_non_exhaustive()
    }
}

async fn read_table(connection: &mut Conn, portfolio: &PortfolioId) -> Result<Vec<RecordBatch>, DatabaseProblem> {
    // The names of a portfolio hold letters and digits alone.
    let query = format!(
        "SELECT `As_Of`, `Evaluation`, `Daily_Evaluation_Change`, `Daily_Evaluation_Change_Percentage` \
         FROM `{portfolio}` ORDER BY `As_Of`"
    );
    let reading = |error| DatabaseProblem::of_reading(&error);
    let mut answer = connection.query_iter(query).await.map_err(reading)?;
    let mut rows = Rows::new();
    let mut number = 0;
    while let Some(row) = answer.next().await.map_err(reading)? {
        number += 1;
        let cells = cells(&row).and_then(|cells| rows.push(cells));
        cells.map_err(|problem| DatabaseProblem::Row { number, problem })?;
    }
    Ok(rows.finish())
}

/// Returns the cells of a row; the text protocol sends each as text.
fn cells(row: &Row) -> Result<[Option<&str>; 4], RowProblem> {
    let mut cells = [None; 4];
    for (index, cell) in cells.iter_mut().enumerate() {
        *cell = match row.as_ref(index).ok_or(RowProblem::Fields)? {
            Value::NULL => None,
            Value::Bytes(bytes) => Some(str::from_utf8(bytes).map_err(|_| RowProblem::Encoding)?),
            _ => return Err(RowProblem::Encoding),
        };
    }
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart_and_shows_no_password() {
        let database = MySql::new("mysql://a%40b:p%2F%3A%25@127.0.0.1:3307/my%2Ddb").unwrap();
        assert_eq!(database.at.to_string(), "database my-db at 127.0.0.1:3307");
        assert_eq!((database.opts.user(), database.opts.pass()), (Some("a@b"), Some("p/:%")));
        let database = MySql::new("mysql://root:hunter2@[::1]/db").unwrap();
        assert_eq!(database.at.to_string(), "database db at [::1]:3306");
        assert!(!format!("{database:?} {database:#?}").contains("hunter2"));
    }

    #[test]
    fn a_wrong_url_says_what_is_wrong_and_shows_nothing() {
        for (text, error) in [
            ("", UrlError::Scheme),
            ("postgres://u:hunter2@h/db", UrlError::Scheme),
            ("mysql://h/db", UrlError::NoUser),
            ("mysql://:hunter2@h/db", UrlError::NoUser),
            ("mysql://u:hunter2@", UrlError::Invalid),
            ("mysql://u:hunter2@h:99999/db", UrlError::Invalid),
            ("mysql://u:hunter2@h", UrlError::NoDatabase),
            ("mysql://u:hunter2@h/", UrlError::NoDatabase),
            ("mysql://u:hunter2@h/db?require_ssl=true", UrlError::Options),
            ("mysql://u:hunter2#@h/db", UrlError::Options),
        ] {
            let found = MySql::new(text).unwrap_err();
            assert_eq!(found, error, "{text}");
            assert!(!format!("{found} {found:?}").contains("hunter2"));
        }
    }
}
