//! Why a calendar has no answer.

use std::fmt;

use chrono::NaiveDate;

use super::mic::Mic;

/// Why a calendar has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The answer lies on a date that the calendar does not know.
    OutOfRange {
        /// The exchange.
        mic: Mic,
        /// The date asked for, or the first one beyond the range where the answer would have to be sought.
        date: NaiveDate,
        /// The first date known.
        first: NaiveDate,
        /// The last date known.
        last: NaiveDate,
    },
    /// A session was asked for by its date, and the exchange does not trade on it.
    NotASession {
        /// The exchange.
        mic: Mic,
        /// The date asked for.
        date: NaiveDate,
    },
    /// There is no calendar of this exchange.
    UnknownMic {
        /// The code asked for.
        mic: Mic,
        /// A known code one slip of the pen away, or the one that the name asked for stands for.
        nearest: Option<Mic>,
    },
    /// A text is not the form of a MIC: four capital letters or digits.
    NotAMic {
        /// A known code one slip of the pen away, or the one that the name asked for stands for.
        nearest: Option<Mic>,
    },
}

// It rides in every `Result` of this module.
const _: () = assert!(size_of::<Error>() <= 32);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange { mic, date, first, last } => {
                write!(f, "{mic} is known from {first} to {last}, not on {date}")
            }
            Self::NotASession { mic, date } => write!(f, "{date} is no session of {mic}"),
            Self::UnknownMic { mic, nearest } => {
                write!(f, "no calendar of {mic} is known")?;
                perhaps(f, *nearest)
            }
            Self::NotAMic { nearest } => {
                write!(f, "a MIC is four capital letters or digits")?;
                perhaps(f, *nearest)
            }
        }
    }
}

impl std::error::Error for Error {}

fn perhaps(f: &mut fmt::Formatter<'_>, nearest: Option<Mic>) -> fmt::Result {
    nearest.map_or(Ok(()), |mic| write!(f, ": did you mean {mic}?"))
}
