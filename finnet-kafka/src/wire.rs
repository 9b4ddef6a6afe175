//! The bytes on the topics: JSON to facts and facts to JSON, decimal text never passing through a float.
//!
//! In comes a record's payload; out goes a [`Close`](finnet_core::Close), a [`Valued`], or the [`Reason`] why it is
//! neither. Written is one form, byte for byte; read are the dialects of the systems that share the topics: other
//! field names and order, fields of their own, prices as numbers, and a whole message that is a JSON string holding
//! JSON. Where a field stands twice the last one counts, as in Python's and Java's parsers.

mod close;
mod fields;
mod valuation;

use std::fmt;

pub use close::{decode_close, encode_close};
pub use valuation::{Valued, decode_valuation, encode_valuation};

/// Why a record is set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The payload is no JSON, or not UTF-8.
    NotJson,
    /// It is no object, or lacks a field.
    MissingField,
    /// The price or value is no decimal number, or a price of 0 or less, or with too many digits.
    BadPrice,
    /// The date is none, or before 2000-01-01.
    BadDate,
    /// Dated more than a day after the record's Kafka time.
    Future,
    /// It has a time of day: a tick, not a close.
    Tick,
    /// A stock of no exchange of the network.
    UnknownStock,
    /// A portfolio that is not of the network.
    UnknownPortfolio,
    /// The record's key is another than the payload's.
    KeyMismatch,
    /// Another price or value stands for that session.
    Contradicting,
    /// The valuation does not fit its column.
    OutOfRange,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 11] = [
        Self::NotJson,
        Self::MissingField,
        Self::BadPrice,
        Self::BadDate,
        Self::Future,
        Self::Tick,
        Self::UnknownStock,
        Self::UnknownPortfolio,
        Self::KeyMismatch,
        Self::Contradicting,
        Self::OutOfRange,
    ];

    /// Returns the name in the `reason` header: `not-json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotJson => "not-json",
            Self::MissingField => "missing-field",
            Self::BadPrice => "bad-price",
            Self::BadDate => "bad-date",
            Self::Future => "future",
            Self::Tick => "tick",
            Self::UnknownStock => "unknown-stock",
            Self::UnknownPortfolio => "unknown-portfolio",
            Self::KeyMismatch => "key-mismatch",
            Self::Contradicting => "contradicting",
            Self::OutOfRange => "out-of-range",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
