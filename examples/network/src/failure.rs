//! How a program ends when it can't go on: one line that says why, hints what to do, and an exit code.

use std::fmt;
use std::io::Write as _;
use std::process::ExitCode;

/// Why a program ends, for the person who ran it.
#[derive(Debug)]
pub struct Failure {
    message: String,
    hints: Vec<String>,
    kind: Kind,
}

/// What an end means to whoever started the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It could not do what it was asked.
    Failed,
    /// It was asked in words it does not know.
    Usage,
    /// It was asked to end while it waited: no failure.
    CalledOff,
}

impl Failure {
    /// Returns the failure with this line.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new(), kind: Kind::Failed }
    }

    /// Returns the end of a program that was asked to end while it waited for a server.
    pub fn called_off() -> Self {
        Self { kind: Kind::CalledOff, ..Self::new("stopped; start again with the same command to go on") }
    }

    /// Returns the failure of a flag whose value is none.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { kind: Kind::Usage, ..Self::new(message) }.hint("for more information, try '--help'")
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
    crate::closes_file::Error
    crate::network_file::Error
    finnet_analytics::Error
    finnet_core::calendar::Error
    finnet_core::holdings::HoldingsError
    finnet_core::price::PriceError
    finnet_core::money::MoneyError
    finnet_kafka::Error
    finnet_mysql::Error
}

/// Returns the exit code of a program that ended like this, after its line on stderr.
pub fn exit(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let (prefix, code) = match failure.kind {
                Kind::CalledOff => ("", ExitCode::SUCCESS),
                Kind::Failed => ("error: ", ExitCode::FAILURE),
                Kind::Usage => ("error: ", ExitCode::from(2)),
            };
            // Nobody left to read it: the code says it all the same.
            let _ = std::io::stderr().write_all(format!("{prefix}{failure}\n").as_bytes());
            code
        }
    }
}
