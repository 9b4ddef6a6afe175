//! What can go wrong between this crate and a server, told by what the caller can do about it.
//!
//! In come answers of the server (by number where the driver keeps it, else by the English text that every
//! session asks for) and findings of this crate; out goes one [`Error`], whose message says what failed, where,
//! and what to do. No error holds a password.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use finnet_core::{Name, PortfolioId};

use crate::tls;
use crate::url::DatabaseUrl;

/// Why the database did not do what it was asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// No connection could be made: nothing listens there, or it is starting or stopping.
    Unreachable {
        /// Where.
        at: Place,
        /// What the system said.
        cause: Box<str>,
    },
    /// The connection broke; whether a commit under way took place, the offsets tell after
    /// [`Store::reconnect`](crate::Store::reconnect).
    Lost {
        /// Where.
        at: Place,
        /// What the system said.
        cause: Box<str>,
    },
    /// The store has no connection: the last call lost it, or was dropped before its end.
    Disconnected {
        /// Where it was.
        at: Place,
    },
    /// Somebody else was in the way; nothing was written.
    Busy {
        /// Where.
        at: Place,
        /// In which way.
        reason: Busy,
    },
    /// The URL asks for an encrypted connection, and none came about: the server offers none, or its certificate is
    /// not what was asked for. Nothing was sent but the wish.
    Tls {
        /// Where.
        at: Place,
        /// What was wrong.
        cause: Box<str>,
    },
    /// The server does not let this user in, or not do this.
    AccessDenied {
        /// Where.
        at: Place,
        /// What the server said; it shows no password.
        answer: Box<str>,
    },
    /// The server has no such database.
    NoDatabase {
        /// Which.
        at: Place,
    },
    /// The database lacks a table.
    NoTable {
        /// Where.
        at: Place,
        /// Which.
        table: Box<str>,
    },
    /// A table is there, but not as it should be.
    OtherShape {
        /// Where.
        at: Place,
        /// Which, and what differs.
        difference: Box<OtherShape>,
    },
    /// The database has other portfolios than the caller.
    OtherPortfolios {
        /// Where.
        at: Place,
        /// Which are too many and too few.
        difference: Box<OtherPortfolios>,
    },
    /// The database has investors or portfolios that contradict those to be made.
    OtherRows {
        /// Where.
        at: Place,
        /// Which.
        difference: Box<OtherRows>,
    },
    /// The stored offset is not the one the batch started from: somebody else wrote; nothing was written now.
    Moved {
        /// Where.
        at: Place,
        /// Which, and by how much.
        offset: Box<Moved>,
    },
    /// A row is of a portfolio that the store was not opened with; nothing was written.
    UnknownPortfolio(Box<PortfolioId>),
    /// A portfolio's table would have the name of one of the database's own.
    ReservedName(Box<PortfolioId>),
    /// Two investors, or two portfolios, have names that are the same but for case.
    RepeatedName(Box<Name>),
    /// The server's answer to a query is not what the query asks for.
    Unreadable {
        /// Where.
        at: Place,
        /// What of it.
        cause: Box<str>,
    },
    /// The server refused for a reason that has no variant of its own.
    Refused {
        /// Where.
        at: Place,
        /// What it said.
        answer: Box<str>,
    },
}

impl Error {
    /// Returns whether the same call may succeed later: the server could not be reached, the connection broke,
    /// or somebody else was in the way.
    ///
    /// A [`Store`](crate::Store) is brought back by [`reconnect`](crate::Store::reconnect); its positions then
    /// tell what is left to do.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Lost { .. } | Self::Disconnected { .. } | Self::Busy { .. })
    }

    /// Returns what a failed attempt to connect means.
    pub(crate) fn from_connecting(at: &Place, error: mysql_async::Error) -> Self {
        let at = at.clone();
        match error {
            mysql_async::Error::Server(error) => Self::from_code(at, error.code, &error.message),
            error if let Some(cause) = tls::failure(&error) => Self::Tls { at, cause: cause.into() },
            error @ (mysql_async::Error::Io(_)
            | mysql_async::Error::Driver(mysql_async::DriverError::ConnectionClosed)) => {
                Self::Unreachable { at, cause: error.to_string().into() }
            }
            error => Self::Refused { at, answer: error.to_string().into() },
        }
    }

    /// Returns what a failed query means.
    pub(crate) fn from_query(at: &Place, error: DieselError) -> Self {
        let at = at.clone();
        match error {
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
                Self::Busy { at, reason: Busy::RowsTaken }
            }
            DieselError::DatabaseError(_, information) => Self::from_text(at, information.message()),
            DieselError::BrokenTransactionManager => {
                Self::Lost { at, cause: "a transaction could not be ended".into() }
            }
            error => Self::Unreadable { at, cause: error.to_string().into() },
        }
    }

    /// By the server's numbers (MySQL and MariaDB agree on all that both have).
    fn from_code(at: Place, code: u16, message: &str) -> Self {
        let answer = message.into();
        match code {
            1044 | 1045 | 1142 | 1227 | 1698 => Self::AccessDenied { at, answer },
            1049 => Self::NoDatabase { at },
            1040 | 1203 | 1226 => Self::Busy { at, reason: Busy::Connections },
            1205 => Self::Busy { at, reason: Busy::LockWait },
            1213 => Self::Busy { at, reason: Busy::Deadlock },
            // Shutting down; killed, on MariaDB and on MySQL; idle for too long.
            1053 | 1927 | 3169 | 4031 => Self::Lost { at, cause: answer },
            _ => Self::Refused { at, answer },
        }
    }

    /// By the text, which is all that diesel-async keeps: of the driver's own errors with a prefix, of the
    /// server's as it sent them.
    pub(crate) fn from_text(at: Place, message: &str) -> Self {
        let answer = message.into();
        let starts = |starts: &[&str]| starts.iter().any(|start| message.starts_with(start));
        if message.contains("acket too large") {
            return Self::Refused { at, answer };
        }
        // After an error of the driver's own nothing is known of what the server does.
        if starts(&["Input/output error:", "Driver error:", "Other error:", "Server shutdown in progress"])
            || starts(&["Connection was killed", "Session was killed", "Query execution was interrupted"])
            || starts(&["The client was disconnected by the server"])
        {
            return Self::Lost { at, cause: answer };
        }
        if starts(&["Deadlock found"]) {
            return Self::Busy { at, reason: Busy::Deadlock };
        }
        if starts(&["Lock wait timeout exceeded"]) {
            return Self::Busy { at, reason: Busy::LockWait };
        }
        // What MariaDB with innodb_snapshot_isolation says instead of a repeated key.
        if starts(&["Record has changed since last read"]) {
            return Self::Busy { at, reason: Busy::RowsTaken };
        }
        if starts(&["Access denied"]) || message.contains(" command denied to user ") {
            return Self::AccessDenied { at, answer };
        }
        if starts(&["Unknown database "]) {
            return Self::NoDatabase { at };
        }
        match message.strip_prefix("Table '").and_then(|rest| rest.strip_suffix("' doesn't exist")) {
            Some(table) => Self::NoTable { at, table: table.rsplit('.').next().unwrap_or(table).into() },
            None => Self::Refused { at, answer },
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let f = &mut OneLine(f);
        match self {
            Self::Unreachable { at, cause } => write!(f, "no MySQL or MariaDB answers for {at}: {cause}"),
            Self::Lost { at, cause } => write!(f, "the connection to {at} was lost: {cause}"),
            Self::Disconnected { at } => write!(f, "there is no connection to {at}: reconnect first"),
            Self::Busy { at, reason } => write!(f, "{at} is busy: {reason}; nothing was written"),
            Self::Tls { at, cause } => write!(f, "no TLS to {at}: {cause}"),
            Self::AccessDenied { at, answer } => {
                write!(f, "{at} denies access: {answer}; check user, password and rights, and ssl-mode")
            }
            Self::NoDatabase { at } => write!(f, "there is no {at}: run investors-db"),
            Self::NoTable { at, table } => write!(f, "{at} has no table {table}: run investors-db"),
            Self::OtherShape { at, difference } => write!(f, "{at}: {difference}"),
            Self::OtherPortfolios { at, difference } => write!(f, "{at} {difference}"),
            Self::OtherRows { at, difference } => write!(f, "{at} {difference}"),
            Self::Moved { at, offset } => write!(f, "{at}: {offset}"),
            Self::UnknownPortfolio(id) => write!(f, "a row is of portfolio {id}, which this store does not have"),
            Self::ReservedName(id) => write!(f, "a portfolio may not be {id}: a table of the database is called so"),
            Self::RepeatedName(name) => write!(f, "the name {name} stands twice, letter case aside"),
            Self::Unreadable { at, cause } => write!(f, "{at} gave an answer that cannot be read: {cause}"),
            Self::Refused { at, answer } => write!(f, "{at} refused: {answer}"),
        }
    }
}

impl std::error::Error for Error {}

/// In which way somebody else was in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Busy {
    /// The server ended the transaction because it and another waited for each other.
    Deadlock,
    /// Another transaction kept its lock for too long.
    LockWait,
    /// Another one wrote rows of these dates, outside this group's offsets.
    RowsTaken,
    /// The server has as many connections as it takes.
    Connections,
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deadlock => "this transaction and another waited for each other",
            Self::LockWait => "another transaction kept its lock for too long",
            Self::RowsTaken => "another program writes the same rows",
            Self::Connections => "it takes no more connections",
        })
    }
}

/// A database and its server, as messages name them; displayed as `database InvestorsDB at 127.0.0.1:3306`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(Arc<PlaceParts>);

#[derive(Debug, PartialEq, Eq)]
struct PlaceParts {
    host: String,
    port: u16,
    database: String,
}

impl Place {
    pub(crate) fn of(url: &DatabaseUrl) -> Self {
        let (host, database) = (url.host().to_owned(), url.database().to_owned());
        Self(Arc::new(PlaceParts { host, port: url.port(), database }))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PlaceParts { host, port, database } = &*self.0;
        let (left, right) = if host.contains(':') { ("[", "]") } else { ("", "") };
        write!(OneLine(f), "database {database} at {left}{host}{right}:{port}")
    }
}

/// A table that is there but not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherShape {
    /// The table.
    pub table: String,
    /// Its column; empty for the table as a whole.
    pub column: &'static str,
    /// What it should be.
    pub expected: &'static str,
    /// What it is.
    pub found: String,
}

impl fmt::Display for OtherShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, column, expected, found } = self;
        let what = if column.is_empty() { "table" } else { "column" };
        let point = if column.is_empty() { "" } else { "." };
        write!(f, "{what} {table}{point}{column} is {found} where {expected} is needed: ")?;
        f.write_str("alter or rename the table, or run investors-db --reset, which drops all rows")
    }
}

/// Which portfolios a database has too many and too few.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtherPortfolios {
    /// Given, and not in the database.
    pub missing: Vec<PortfolioId>,
    /// In the database, and not given.
    pub others: Vec<String>,
}

impl fmt::Display for OtherPortfolios {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let missing: Vec<_> = self.missing.iter().map(ToString::to_string).collect();
        match (missing.is_empty(), self.others.is_empty()) {
            (false, true) => write!(f, "lacks {}: run investors-db", missing.join(", ")),
            (true, _) => {
                write!(f, "has other portfolios than the network file: {}", self.others.join(", "))?;
                f.write_str("; give the file it was made with, or run investors-db --reset, which drops all rows")
            }
            (false, false) => {
                write!(f, "has other portfolios than the network file: {}", self.others.join(", "))?;
                write!(f, ", and lacks {}; give the file it was made with, ", missing.join(", "))?;
                f.write_str("or run investors-db --reset, which drops all rows")
            }
        }
    }
}

/// Rows of the investors' tables that contradict those to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtherRows {
    /// Each as `Investors 1 Inv1 London`.
    pub rows: Vec<String>,
}

impl fmt::Display for OtherRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "has rows that the network file does not: {}; ", self.rows.join(", "))?;
        f.write_str("give the file it was made with, or run investors-db --reset, which drops all rows")
    }
}

/// A stored offset that is not the one a batch started from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The next offset in the database; `None` where none is stored.
    pub stored: Option<i64>,
    /// The one that the batch started from.
    pub expected: Option<i64>,
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |offset: Option<i64>| offset.map_or_else(|| "none".to_owned(), |offset| offset.to_string());
        let (stored, expected) = (text(self.stored), text(self.expected));
        write!(f, "the next offset of {}/{} is {stored}, not {expected}: ", self.topic, self.partition)?;
        f.write_str("another process of this group has written, or the database was reset; nothing was written")
    }
}

/// One line that steers no terminal, whatever a server, a URL or a row put into it.
struct OneLine<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl fmt::Write for OneLine<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|character| self.0.write_char(printable(character)))
    }
}

/// Returns the character, or another where it ends a line, is a control, or would turn the direction of what follows.
fn printable(character: char) -> char {
    match character {
        _ if character.is_whitespace() => ' ',
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {
            '\u{fffd}'
        }
        _ if character.is_control() => '\u{fffd}',
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place::of(&"mysql://u:hunter2@127.0.0.1/InvestorsDB".parse().unwrap())
    }

    #[test]
    fn an_error_is_small() {
        assert!(size_of::<Error>() <= 32, "{}", size_of::<Error>());
    }

    #[test]
    fn texts_are_told_apart() {
        let of = |text: &str| Error::from_text(place(), text);
        assert!(matches!(
            of("Deadlock found when trying to get lock; try restarting transaction"),
            Error::Busy { reason: Busy::Deadlock, .. }
        ));
        assert!(of("Input/output error: Input/output error: Broken pipe (os error 32)").is_transient());
        assert!(!of("Input/output error: Input/output error: packet too large").is_transient());
        let idle = "The client was disconnected by the server because of inactivity. See wait_timeout";
        for lost in [idle, "Driver error: `Packet out of order.'", "Session was killed", "Connection was killed"] {
            assert!(matches!(of(lost), Error::Lost { .. }), "{lost}");
        }
        assert!(!of("Out of range value for column 'Evaluation' at row 1").is_transient());
        assert_eq!(
            of("Table 'InvestorsDB.Inv1_P11' doesn't exist").to_string(),
            "database InvestorsDB at 127.0.0.1:3306 has no table Inv1_P11: run investors-db"
        );
        let odd = of("odd\u{1b}[31m\nline\u{202e}").to_string();
        assert_eq!(odd, "database InvestorsDB at 127.0.0.1:3306 refused: odd\u{fffd}[31m line\u{fffd}");
    }

    #[test]
    fn a_difference_names_the_portfolios() {
        let id = PortfolioId { investor: Name::new("Inv1").unwrap(), portfolio: Name::new("P11").unwrap() };
        let lacks = OtherPortfolios { missing: vec![id], others: vec![] };
        assert_eq!(lacks.to_string(), "lacks Inv1_P11: run investors-db");
        let both = OtherPortfolios { missing: vec![id], others: vec!["Inv9_P91".to_owned()] };
        assert!(both.to_string().contains("Inv9_P91") && both.to_string().contains("lacks Inv1_P11"));
    }
}
