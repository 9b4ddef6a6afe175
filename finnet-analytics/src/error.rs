//! What can go wrong between a question and its answer, told by what the caller can do about it.
//!
//! In come failures of files, servers and queries; out goes one [`Error`], whose message names the file and line, or
//! the server, database and table. No error holds a password.

use std::fmt;
use std::io;
use std::path::Path;

use chrono::NaiveDate;
use datafusion::error::DataFusionError;
use finnet_core::PortfolioId;

#[cfg(feature = "mysql")]
use crate::source::{DatabaseError, UrlError};
use crate::table::RowProblem;

/// Why there is no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A portfolio has no file.
    NoFile {
        /// The file looked for.
        path: Box<Path>,
    },
    /// A file can't be read.
    Io {
        /// Which.
        path: Box<Path>,
        /// What the system said.
        error: io::Error,
    },
    /// A line of a file can't be used.
    Line {
        /// The file.
        path: Box<Path>,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong with it.
        problem: RowProblem,
    },
    /// A text is no URL of a database.
    #[cfg(feature = "mysql")]
    Url(UrlError),
    /// A table can't be read.
    #[cfg(feature = "mysql")]
    Database(Box<DatabaseError>),
    /// A portfolio was not opened.
    UnknownPortfolio(Box<PortfolioId>),
    /// A period ends before it begins.
    Period {
        /// Its first date.
        from: NaiveDate,
        /// Its last date.
        to: NaiveDate,
    },
    /// A query is wrong, or failed.
    Query(Box<DataFusionError>),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFile { path } => {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
                write!(f, "{}: no such file: run network or app1 --data {} first", path.display(), folder.display())
            }
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Line { path, line, problem } => write!(f, "{}:{line}: {problem}", path.display()),
            #[cfg(feature = "mysql")]
            Self::Url(error) => error.fmt(f),
            #[cfg(feature = "mysql")]
            Self::Database(error) => error.fmt(f),
            Self::UnknownPortfolio(portfolio) => write!(f, "portfolio {portfolio} is none of those opened"),
            Self::Period { from, to } => write!(f, "the period from {from} to {to} ends before it begins"),
            Self::Query(error) => write!(f, "query: {}", error.strip_backtrace()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            Self::Query(error) => Some(error.as_ref()),
            _ => None,
        }
    }
}

impl From<DataFusionError> for Error {
    fn from(error: DataFusionError) -> Self {
        Self::Query(Box::new(error))
    }
}

#[cfg(feature = "mysql")]
impl From<UrlError> for Error {
    fn from(error: UrlError) -> Self {
        Self::Url(error)
    }
}

#[cfg(feature = "mysql")]
impl From<DatabaseError> for Error {
    fn from(error: DatabaseError) -> Self {
        Self::Database(Box::new(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_small() {
        assert!(size_of::<Error>() <= 32, "{}", size_of::<Error>());
    }

    #[test]
    fn a_missing_file_says_what_to_run() {
        let of = |path: &str| Error::NoFile { path: Path::new(path).into() }.to_string();
        assert_eq!(
            of("finnet-data/Inv1_P11.csv"),
            "finnet-data/Inv1_P11.csv: no such file: run network or app1 --data finnet-data first"
        );
        assert_eq!(of("Inv1_P11.csv"), "Inv1_P11.csv: no such file: run network or app1 --data . first");
    }
}
