//! What the loops need of Kafka, as traits: a [`Log`] of topics that is read through a [`Source`] and written through
//! a [`Writer`], and the group of a program's instances, [`Member`].
//!
//! [`Cluster`](crate::Cluster) is the real one. A test's model of a log, which crashes, delays and fences at every
//! step, is another: the loops of [`flow`](crate::flow) and [`exchange`](crate::exchange) can't tell them apart.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use crate::error::Error;
use crate::reader::Record;

/// Topics that are written and read.
pub trait Log {
    /// Reads a topic.
    type Source: Source + fmt::Debug;
    /// Writes, in transactions.
    type Writer: Writer<Token = Self::Token> + fmt::Debug;
    /// Says as which member of a group, and of which generation, a writer writes.
    type Token;

    /// Returns the first offset and the end of each partition; records of open transactions count.
    ///
    /// # Errors
    ///
    /// - [`Error::Kafka`] where no broker answers.
    fn watermarks(&self, topic: &str, partitions: i32) -> Result<Vec<(i64, i64)>, Error>;

    /// Returns a source of all partitions of a topic from these offsets on, one a partition.
    ///
    /// # Errors
    ///
    /// - [`Error::Kafka`] where no broker answers.
    fn source(&self, topic: &str, positions: &[i64]) -> Result<Self::Source, Error>;

    /// Returns the writer of this `transactional.id`: every other of this id is fenced, and what it left open is
    /// aborted. Without an id, a writer without transactions.
    ///
    /// # Errors
    ///
    /// - [`Error::Kafka`] where no broker answers.
    fn writer(&self, id: Option<&str>) -> Result<Self::Writer, Error>;

    /// Gives every committed record of these partitions to `take`, up to the end that the topic has now.
    ///
    /// Transactions that are open now are waited for: what is committed when this is called is given, and so is what a
    /// writer had begun before it was fenced, if it is committed at all.
    ///
    /// # Errors
    ///
    /// - [`Error::Kafka`] where no broker answers; whatever `take` returns.
    fn read(
        &self,
        topic: &str,
        partitions: Range<i32>,
        take: &mut dyn FnMut(Record<'_>) -> Result<(), Error>,
    ) -> Result<(), Error>;
}

/// Reads all partitions of one topic, committed records only.
pub trait Source {
    /// Gives the next record to `take`; returns whether there was one within `timeout`.
    ///
    /// # Errors
    ///
    /// - [`Error::Gap`] where records at the position are gone.
    /// - [`Error::Kafka`] for what the client does not mend by itself; a broker that is away is waited for.
    /// - Whatever `take` returns.
    fn next<E: From<Error>>(
        &self,
        timeout: Duration,
        take: impl FnOnce(Record<'_>) -> Result<(), E>,
    ) -> Result<bool, E>;

    /// Returns whether all partitions are read to their end.
    fn is_at_end(&self) -> bool;

    /// Looks, every few seconds, whether the topic still has the partitions it had.
    ///
    /// # Errors
    ///
    /// - [`Refusal::PartitionsChanged`](crate::Refusal::PartitionsChanged) where it has others.
    fn check_partitions(&self) -> Result<(), Error>;
}

/// Writes records, in transactions.
pub trait Writer {
    /// As of [`Log::Token`].
    type Token;

    /// Begins a transaction.
    ///
    /// # Errors
    ///
    /// - [`Error::Fenced`], [`Error::Aborted`].
    fn begin(&mut self) -> Result<(), Error>;

    /// Sends a record; it counts once its transaction is committed.
    ///
    /// # Errors
    ///
    /// - [`Error::Fenced`], [`Error::Aborted`]; [`Error::Undelivered`] where this or an earlier record is lost.
    fn send(&mut self, record: &Outgoing<'_>) -> Result<(), Error>;

    /// Commits: all that was sent since `begin` counts, and the group's offsets are moved with it.
    ///
    /// # Errors
    ///
    /// - [`Error::Fenced`], [`Error::Aborted`], [`Error::Undelivered`]: whether it was committed is found out by opening
    ///   the writer anew and reading what counts.
    fn commit(&mut self, read: Option<&Offsets<'_, Self::Token>>) -> Result<(), Error>;
}

/// A record to send.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The partition; `None` for the one of the key.
    pub partition: Option<i32>,
    /// The key.
    pub key: &'a [u8],
    /// The payload; `None` deletes the key from a compacted topic.
    pub payload: Option<&'a [u8]>,
    /// Headers, each a name and a text.
    pub headers: &'a [(&'a str, &'a str)],
}

impl<'a> Outgoing<'a> {
    /// Returns a record with key and payload, for the partition of its key.
    pub fn new(topic: &'a str, key: &'a [u8], payload: &'a [u8]) -> Self {
        Self { topic, partition: None, key, payload: Some(payload), headers: &[] }
    }
}

/// How far a group has read a topic, to be committed by one of its members.
#[derive(Debug)]
pub struct Offsets<'a, T> {
    /// Who commits: one that is no longer a member is refused.
    pub token: &'a T,
    /// The topic.
    pub topic: &'a str,
    /// The next offset of each partition.
    pub next: &'a [i64],
}

/// A membership in the group of a program's instances, which share the partitions of one topic.
pub trait Member {
    /// As of [`Log::Token`].
    type Token;

    /// Returns the partitions that are this member's now, in order, waiting up to `timeout` for news of the group.
    ///
    /// # Errors
    ///
    /// - [`Error::NameTaken`] where another instance has the same name, [`Error::Kafka`] for what the client does not mend
    ///   by itself.
    fn owned(&self, timeout: Duration) -> Result<Vec<i32>, Error>;

    /// Returns the token of the present generation, `None` while it is no member.
    fn token(&self) -> Option<Self::Token>;
}
