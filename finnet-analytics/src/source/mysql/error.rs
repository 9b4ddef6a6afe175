//! What can go wrong at a database, with the server, database and table it went wrong at.
//!
//! In come answers of the server, told apart by their number, and failures of the connection.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use finnet_core::PortfolioId;

use crate::table::RowProblem;

/// A table that can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseError {
    /// The server and the database.
    pub at: Place,
    /// The portfolio whose table it is.
    pub portfolio: PortfolioId,
    /// What is wrong.
    pub problem: DatabaseProblem,
}

impl DatabaseError {
    pub(super) fn new(at: &Place, portfolio: &PortfolioId, problem: DatabaseProblem) -> Self {
        Self { at: at.clone(), portfolio: *portfolio, problem }
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, portfolio: table, problem } = self;
        match problem {
            DatabaseProblem::Unreachable(cause) => {
                write!(f, "no MySQL or MariaDB answers for {at}: {cause}; table {table} was not read")
            }
            DatabaseProblem::Lost(cause) => write!(f, "the connection to {at} was lost: {cause}; table {table}"),
            DatabaseProblem::Busy => write!(f, "{at} takes no more connections; table {table} was not read"),
            DatabaseProblem::AccessDenied(answer) => {
                write!(f, "{at} denies access to table {table}: {answer}; check user, password and rights")
            }
            DatabaseProblem::NoDatabase => write!(f, "there is no {at}: run investors-db; table {table} was not read"),
            DatabaseProblem::NoTable => write!(f, "{at} has no table {table}: run investors-db"),
            DatabaseProblem::Refused(answer) => write!(f, "{at} refused to read table {table}: {answer}"),
            DatabaseProblem::Row { number, problem } => write!(f, "{at}, table {table}, row {number}: {problem}"),
        }
    }
}

impl std::error::Error for DatabaseError {}

/// What is wrong at a database.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DatabaseProblem {
    /// No connection could be made.
    Unreachable(Box<str>),
    /// The connection broke.
    Lost(Box<str>),
    /// The server has as many connections as it takes.
    Busy,
    /// The server does not let this user in, or not read this; its answer shows no password.
    AccessDenied(Box<str>),
    /// The server has no such database.
    NoDatabase,
    /// The database has no such table.
    NoTable,
    /// The server said anything else.
    Refused(Box<str>),
    /// A row can't be used.
    Row {
        /// Which, counted from 1 in the order of dates.
        number: u64,
        /// What is wrong with it.
        problem: RowProblem,
    },
}

impl DatabaseProblem {
    pub(super) fn silent(within: Duration) -> Self {
        Self::Unreachable(format!("no answer within {} s", within.as_secs()).into())
    }

    pub(super) fn of_connecting(error: &mysql_async::Error) -> Self {
        Self::of_server(error).unwrap_or_else(|| Self::Unreachable(cause(error)))
    }

    pub(super) fn of_reading(error: &mysql_async::Error) -> Self {
        Self::of_server(error).unwrap_or_else(|| Self::Lost(cause(error)))
    }

    /// Numbers of <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html>, which are MariaDB's too.
    fn of_server(error: &mysql_async::Error) -> Option<Self> {
        let mysql_async::Error::Server(answer) = error else { return None };
        Some(match answer.code {
            1040 | 1203 => Self::Busy,
            1044 | 1045 | 1142 | 1143 | 1698 => Self::AccessDenied(printable(&answer.message)),
            1049 => Self::NoDatabase,
            1146 => Self::NoTable,
            _ => Self::Refused(printable(&answer.message)),
        })
    }
}

/// A database and its server, as messages name them: `database InvestorsDB at 127.0.0.1:3306`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(Arc<str>);

impl Place {
    pub(super) fn new(host: &str, port: u16, database: &str) -> Self {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let (left, right) = if host.contains(':') { ("[", "]") } else { ("", "") };
        Self(printable(&format!("database {database} at {left}{host}{right}:{port}")).into())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is no URL of a database; never with a piece of that text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlError {
    /// The text does not start with `mysql://`.
    Scheme,
    /// The text has a `?` or `#`.
    Options,
    /// There is no user before the `@`, or no `@`.
    NoUser,
    /// There is no name of a database after the host.
    NoDatabase,
    /// Host, port or percent-encoding can't be read.
    Invalid,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("database URL: ")?;
        f.write_str(match self {
            Self::Scheme => "it does not start with mysql://",
            Self::Options => "it has options (a ? or #): none are known",
            Self::NoUser => "it has no user: a user and an @ stand before the host",
            Self::NoDatabase => "it has no database: a / and its name stand after the host",
            Self::Invalid => "its host, port or percent-encoding can't be read",
        })?;
        f.write_str("; expected mysql://user:password@host:port/database, ")?;
        f.write_str("with / ? # @ : % in a password as %2F %3F %23 %40 %3A %25")
    }
}

impl std::error::Error for UrlError {}

/// What the driver says, without the words it wraps around what the system says.
fn cause(error: &mysql_async::Error) -> Box<str> {
    match error {
        mysql_async::Error::Io(mysql_async::IoError::Io(error)) => printable(&error.to_string()),
        error => printable(&error.to_string()),
    }
}

/// Returns a text from outside, fit for a terminal.
fn printable(text: &str) -> Box<str> {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}
