//! How a program ends when it can't go on: one line that says why, hints what to do, and an exit code.

use std::fmt;
use std::process::ExitCode;

/// Why a program ends, for the person who ran it.
#[derive(Debug)]
pub struct Failure {
    message: String,
    hints: Vec<String>,
}

impl Failure {
    /// Returns the failure with this line.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new() }
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
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}
