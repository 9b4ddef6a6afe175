//! Why there is no performance.

use std::fmt;

/// Why there is no performance: of what was given, or of its size.
///
/// What is given well and has no answer, such as the return on no capital, is no error but `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PerformanceError {
    /// There is no cash flow, or no valuation.
    Empty,
    /// One valuation alone makes no period.
    NoPeriod,
    /// A valuation's date is before that of the one ahead of it.
    NotInOrder {
        /// Its place, from 0.
        at: usize,
    },
    /// The flows of each date sum to 0: every rate solves them.
    EveryRate,
    /// A sum is beyond 128 bits, or a result beyond the range of a double.
    Overflow,
}

impl fmt::Display for PerformanceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("there is no cash flow"),
            Self::NoPeriod => f.write_str("a return needs two valuations: of the start and of the end"),
            Self::NotInOrder { at } => write!(f, "valuation {at} is dated before the one ahead of it"),
            Self::EveryRate => f.write_str("the flows of each date sum to 0: every rate solves them"),
            Self::Overflow => f.write_str("a sum of money or a return is beyond its range"),
        }
    }
}

impl std::error::Error for PerformanceError {}
