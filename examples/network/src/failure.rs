//! How a program ends when it can't go on: one line that says why, hints what to do, and an exit code.

use std::fmt;
use std::io::Write as _;
use std::process::{ExitCode, ExitStatus};

use crate::{closes_file, network_file};

/// What the exit codes mean, in a help text; [`Kind`] says it at length.
pub const EXIT_CODES: &str = "Exit codes: 0 done, or stopped; 1 failed, may be tried again; 2 wrong usage; \
    3 another instance has taken over; 4 refused, trying again is no use.";

/// Why a program ends, for the person who ran it.
#[derive(Debug)]
pub struct Failure {
    message: String,
    hints: Vec<String>,
    kind: Kind,
}

/// What an end means to whoever started the program. Its number is the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// It is done, or was asked to end: no failure.
    Ended = 0,
    /// It could not do what it was asked, and may be able to the next time.
    Failed = 1,
    /// It was asked in words it does not know.
    Usage = 2,
    /// Another instance of it has taken over: started again, it would only take the work back.
    Fenced = 3,
    /// Going on would be wrong, and will be until a person has changed something: trying again is no use.
    Refused = 4,
}

impl Kind {
    /// Returns what the end of a program of this package means; a death by a signal or a panic is a failure.
    pub fn of(status: ExitStatus) -> Self {
        let known = [Self::Ended, Self::Usage, Self::Fenced, Self::Refused];
        known.into_iter().find(|&kind| status.code() == Some(i32::from(kind as u8))).unwrap_or(Self::Failed)
    }

    /// Returns its exit code.
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl Failure {
    /// Returns the failure with this line.
    pub fn new(message: impl Into<String>) -> Self {
        Self::of(Kind::Failed, message)
    }

    /// Returns the failure of this kind, with this line.
    pub fn of(kind: Kind, message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new(), kind }
    }

    /// Returns the end of a program that was asked to end while it waited for a server.
    pub fn called_off() -> Self {
        Self::of(Kind::Ended, "stopped; start again with the same command to go on")
    }

    /// Returns the failure of a flag whose value is none.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::of(Kind::Usage, message).hint("for more information, try '--help'")
    }

    /// Returns what this end means.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Adds a line that says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.hints.iter().try_for_each(|hint| write!(f, "\n  {hint}"))
    }
}

impl std::error::Error for Failure {}

macro_rules! from_errors {
    ($($error:ty)*) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::new(error.to_string())
            }
        }
    )*};
}

from_errors! {
    crate::csv_store::Error
    finnet_analytics::Error
    finnet_core::holdings::HoldingsError
    finnet_core::price::PriceError
    finnet_core::money::MoneyError
    finnet_mysql::Error
}

impl From<finnet_core::calendar::Error> for Failure {
    fn from(error: finnet_core::calendar::Error) -> Self {
        Self::of(Kind::Refused, error.to_string())
    }
}

impl From<closes_file::Error> for Failure {
    fn from(error: closes_file::Error) -> Self {
        let unread = matches!(error.problem(), closes_file::Problem::Unreadable(_));
        Self::of(if unread { Kind::Failed } else { Kind::Refused }, error.to_string())
    }
}

impl From<network_file::Error> for Failure {
    fn from(error: network_file::Error) -> Self {
        use network_file::Problem::{NotFound, Unreadable};
        let kind = match error.problem() {
            NotFound => Kind::Usage,
            Unreadable(_) => Kind::Failed,
            _ => Kind::Refused,
        };
        Self::of(kind, error.to_string())
    }
}

impl From<finnet_kafka::Error> for Failure {
    fn from(error: finnet_kafka::Error) -> Self {
        use finnet_kafka::Error::{Fenced, Gap, NameTaken, Refused, Setting, State};
        match error {
            NameTaken { .. } => Self::of(Kind::Fenced, error.to_string()).hint("--instance NAME"),
            Fenced { .. } => Self::of(Kind::Fenced, format!("{error}; this one ends")),
            Refused(_) | Gap { .. } | State { .. } | Setting { .. } => Self::of(Kind::Refused, error.to_string()),
            _ => Self::new(error.to_string()),
        }
    }
}

/// Returns the exit code of a program that ended like this, after its line on stderr.
pub fn exit(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let prefix = if failure.kind == Kind::Ended { "" } else { "error: " };
            // Nobody left to read it: the code says it all the same.
            let _ = std::io::stderr().write_all(format!("{prefix}{failure}\n").as_bytes());
            ExitCode::from(failure.kind.code())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use finnet_kafka::{Error, Refusal};

    use super::*;

    #[test]
    fn exit_codes_are_told_apart_and_read_back() {
        for (code, kind) in
            [(0, Kind::Ended), (1, Kind::Failed), (2, Kind::Usage), (3, Kind::Fenced), (4, Kind::Refused)]
        {
            assert_eq!(kind.code(), code);
            // As `wait` has it: the code in the second byte, a signal in the first.
            assert_eq!(Kind::of(ExitStatus::from_raw(i32::from(code) << 8)), kind);
        }
        for other in [5 << 8, 101 << 8, 130 << 8, 9, 15, 1, 2, 3, 4] {
            assert_eq!(Kind::of(ExitStatus::from_raw(other)), Kind::Failed, "{other:#x}");
        }
    }

    #[test]
    fn what_trying_again_does_not_mend_is_refused() {
        let refusal = Refusal::PartitionsChanged { topic: "StockExchange".into(), before: 1, now: 2 };
        let state = Error::State { topic: "positions".into(), key: "SE1".into(), why: "no date".into() };
        let gap = Error::Gap { topic: "StockExchange".into(), partition: 0, first: 7 };
        let setting = Error::Setting { name: "acks".into(), why: None };
        for error in [refusal.into(), state, gap, setting] {
            assert_eq!(Failure::from(error).kind(), Kind::Refused);
        }
        let failure = Failure::from(Error::Fenced { id: "SE1".into() });
        assert_eq!(failure.kind(), Kind::Fenced);
        assert_eq!(failure.to_string(), "another instance has taken over (transactional.id SE1); this one ends");
        let away = Error::Unreachable { servers: "localhost:9092".into() };
        assert_eq!(Failure::from(away).kind(), Kind::Failed);
        let file = |bytes: &[u8]| Failure::from(closes_file::Closes::parse("closes.csv", bytes).unwrap_err()).kind();
        assert_eq!(file(b""), Kind::Refused);
        let nowhere = closes_file::Closes::read(std::path::Path::new("no/such/closes.csv")).unwrap_err();
        assert_eq!(Failure::from(nowhere).kind(), Kind::Failed);
    }
}
