//! Why a store of CSV files cannot go on: the file, its line where there is one, and what to do.

use std::fmt;
use std::io;
use std::path::Path;

use finnet_core::PortfolioId;

use crate::closes_file::{shown, shown_path};

/// Why a store cannot be opened or written.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The system refuses a file or the folder.
    Io {
        /// The file or folder.
        path: Box<Path>,
        /// Why.
        error: io::Error,
    },
    /// Another store has the folder.
    InUse {
        /// The folder.
        folder: Box<Path>,
    },
    /// What should be a file is a link, a folder, a pipe or a device.
    NotAFile {
        /// Its path.
        path: Box<Path>,
    },
    /// A line that no store has written.
    Line {
        /// The file.
        file: Box<Path>,
        /// The line, from 1.
        line: u32,
        /// What is wrong with it.
        problem: LineProblem,
    },
    /// A file whose rows the positions count is not there.
    Missing {
        /// The file.
        file: Box<Path>,
    },
    /// Another program has written to the file since the store was opened.
    Changed {
        /// The file.
        file: Box<Path>,
    },
    /// A row of a portfolio that the store was not opened with.
    UnknownPortfolio(Box<PortfolioId>),
    /// A position with a topic's name that Kafka does not allow, a negative number, or a partition named twice.
    BadPosition {
        /// The topic.
        topic: Box<str>,
        /// The partition.
        partition: i32,
    },
    /// A write failed before, so that files and memory may differ.
    Unsettled,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LineProblem {
    /// The first line is another header.
    Header,
    /// Other than four fields; three in `app1.offsets`.
    Fields,
    /// The first field is no date `YYYY-MM-DD`.
    Date,
    /// A field is no decimal number, or one that its column has no room for.
    Decimal,
    /// The numbers are right and written otherwise than a store writes them.
    Spelling,
    /// The date is not after that of the line before.
    Order,
    /// The line is longer than a row can be.
    TooLong,
    /// A position that is none, or not after the one before.
    Position,
    /// No length and checksum of a file, or out of order.
    Mark,
    /// The file ends here, before what the positions count.
    Cut,
    /// Something up to here is not as the positions count it.
    Altered,
    /// The last line is torn, and the positions are of a version that does not tell whether they count it.
    Torn,
}

impl Error {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        |error| Self::Io { path: path.into(), error }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, error } if is_full(error) => {
                write!(f, "{}: {error}: make room and start again, no row is lost", shown_path(path))
            }
            Self::Io { path, error } => write!(f, "{}: {error}", shown_path(path)),
            Self::InUse { folder } => {
                write!(f, "{}: another program writes here: end it first, or give another --data", shown_path(folder))
            }
            Self::NotAFile { path } => {
                write!(f, "{}: a link, a folder or a device, not a file: move it out of the way", shown_path(path))
            }
            Self::Line { file, line, problem } => {
                let (file, away) = (shown_path(file), Away(file));
                write!(f, "{file}:{line}: {problem}; edited by hand or truncated? put it back as it was, or {away}")
            }
            Self::Missing { file } => {
                let (file, away) = (shown_path(file), Away(file));
                write!(f, "{file}: not there, but app1.offsets counts rows of it: put it back, or {away}")
            }
            Self::Changed { file } => {
                write!(f, "{}: another program has written to it: start again to have it checked", shown_path(file))
            }
            Self::UnknownPortfolio(portfolio) => write!(f, "no portfolio {portfolio} in this store"),
            Self::BadPosition { topic, partition } => {
                write!(f, "no position: partition {partition} of topic \"{}\"", shown(topic))
            }
            Self::Unsettled => write!(f, "an earlier write to the CSV files failed: open them again to go on"),
        }
    }
}

/// How to do without a file: its rows come again from Kafka where no position counts them.
struct Away<'f>(&'f Path);

impl fmt::Display for Away<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = if self.0.ends_with(super::offsets::FILE) { "it" } else { "it and app1.offsets" };
        write!(f, "move {files} away to have all rows read again")
    }
}

fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for LineProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "not the header of this file",
            Self::Fields => "too few or too many fields",
            Self::Date => "no date YYYY-MM-DD",
            Self::Decimal => "no decimal number that fits the column",
            Self::Spelling => "not written as this program writes it",
            Self::Order => "a date not after that of the line before",
            Self::TooLong => "longer than a row can be",
            Self::Position => "no Kafka position, or one out of order",
            Self::Mark => "no length and checksum of a file, or out of order",
            Self::Cut => "the file ends here, too early",
            Self::Altered => "something up to this line is not as this program wrote it",
            Self::Torn => "the last line is torn, and app1.offsets is too old to tell whether it is counted",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_small() {
        assert!(size_of::<Error>() <= 32, "{}", size_of::<Error>());
    }
}
