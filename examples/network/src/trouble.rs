//! Why a loop ended early: what may pass, so that it is begun anew where it was, and what may not.

use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::stop::Stop;
use crate::terminal::Terminal;

/// How long a loop rests before it is begun anew.
const REST: Duration = Duration::from_secs(1);

/// Why a loop ended early.
#[derive(Debug)]
pub enum Trouble {
    /// On the side of Kafka.
    Kafka(finnet_kafka::Error),
    /// On any other side.
    Failure(Failure),
}

impl From<finnet_kafka::Error> for Trouble {
    fn from(error: finnet_kafka::Error) -> Self {
        Self::Kafka(error)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Kafka(error) => error.into(),
            Trouble::Failure(failure) => failure,
        }
    }
}

/// Says what has come to pass and rests; what counts is then found by beginning anew.
///
/// # Errors
///
/// - What does not pass by waiting.
pub fn outlast(why: finnet_kafka::Error, stop: &Stop, terminal: &Terminal) -> Result<(), finnet_kafka::Error> {
    match why {
        finnet_kafka::Error::Fenced { .. } => terminal.detail(|| format!("{why}; looking whose turn it is")),
        why if why.may_pass() => terminal.warn(format!("{why}; going on where it was committed")),
        why => return Err(why),
    }
    stop.sleep_until(Instant::now() + REST);
    Ok(())
}
