//! What a flow keeps between its lives: entries of one partition of a compacted topic, the last of each key counts.
//!
//! | key | value |
//! |---|---|
//! | `position/StockExchange/3` | the next offset to read of that partition |
//! | `recalled/3` | up to which offset something was set aside before there was a state |
//! | `holds/P11` | the portfolio's holdings, by which a changed network file is told |
//! | `seen/IBM` | the partition that a stock was first seen in |
//! | `sent/P11` | the last session that was on the target before there was a state |
//! | `valued/P11` | the portfolio's last valuation |
//! | `last/P11/IBM` | the last close of a stock |
//! | `waits/P11/2000-01-03` | the prices sent of a session that waits, none where it is void; deleted with it |
//!
//! Values are JSON. A restart reads what compaction has left, and holds in memory one value a key: both grow with the
//! state, not with the stream.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Refusal};
use crate::flow::Kept;
use crate::log::Log;

/// Entries to write.
#[derive(Debug, Default)]
pub struct Entries {
    bytes: Vec<u8>,
    /// Where key and value of each entry end; the same where it is deleted.
    ends: Vec<(usize, usize)>,
}

impl Entries {
    /// Sets a key to a value.
    pub fn set(&mut self, key: &str, value: &impl Serialize) {
        self.bytes.extend_from_slice(key.as_bytes());
        let middle = self.bytes.len();
        serde_json::to_writer(&mut self.bytes, value).expect("plain data is JSON, and memory takes it");
        self.ends.push((middle, self.bytes.len()));
    }

    /// Deletes a key.
    pub fn delete(&mut self, key: &str) {
        self.bytes.extend_from_slice(key.as_bytes());
        self.ends.push((self.bytes.len(), self.bytes.len()));
    }

    pub(crate) fn position(&mut self, topic: &str, partition: i32, next: i64) {
        self.set(&format!("position/{topic}/{partition}"), &next);
    }

    pub(crate) fn recalled(&mut self, partition: i32, offset: i64) {
        self.set(&format!("recalled/{partition}"), &offset);
    }

    /// Returns each entry's key and value, `None` where it is deleted.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        let mut start = 0;
        self.ends.iter().map(move |&(middle, end)| {
            let entry = (&self.bytes[start..middle], (middle < end).then_some(&self.bytes[middle..end]));
            start = end;
            entry
        })
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}

/// The entries that are kept.
#[derive(Clone, Debug)]
pub struct State {
    topic: String,
    entries: BTreeMap<Box<str>, Box<[u8]>>,
}

impl State {
    /// Returns what a partition keeps, all that is committed.
    ///
    /// # Errors
    ///
    /// - [`Error::Kafka`] where no broker answers; [`Error::State`] for a key that is no text.
    pub(crate) fn read<L: Log>(log: &L, kept: &Kept) -> Result<Self, Error> {
        let mut entries = BTreeMap::<Box<str>, Box<[u8]>>::new();
        log.read(&kept.topic, kept.partition..kept.partition + 1, &mut |record| {
            let key = record.key.and_then(|key| std::str::from_utf8(key).ok()).ok_or_else(|| Error::State {
                topic: kept.topic.as_str().into(),
                key: format!("offset {}", record.offset).into(),
                why: "its key is none of ours".into(),
            })?;
            match record.payload {
                Some(value) => entries.insert(key.into(), value.into()),
                None => entries.remove(key),
            };
            Ok(())
        })?;
        Ok(Self { topic: kept.topic.clone(), entries })
    }

    /// Returns whether nothing was ever kept.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the value of a key.
    ///
    /// # Errors
    ///
    /// - [`Error::State`] where it is no such value.
    pub fn value<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        self.entries.get(key).map(|value| self.parse(key, value)).transpose()
    }

    /// Returns each entry whose key begins with `prefix/`, without that, and its value.
    ///
    /// # Errors
    ///
    /// - [`Error::State`] where one is no such value.
    pub fn under<T: DeserializeOwned>(&self, prefix: &str) -> Result<Vec<(&str, T)>, Error> {
        let start: Box<str> = format!("{prefix}/").into();
        let range = self.entries.range(start.clone()..).map_while(|(key, value)| {
            let rest = key.strip_prefix(&*start)?;
            Some((rest, &**key, &**value))
        });
        range.map(|(rest, key, value)| Ok((rest, self.parse(key, value)?))).collect()
    }

    /// Returns the error of an entry.
    pub fn refuse(&self, key: &str, why: impl std::fmt::Display) -> Error {
        Error::State { topic: self.topic.as_str().into(), key: key.into(), why: why.to_string().into() }
    }

    fn parse<T: DeserializeOwned>(&self, key: &str, value: &[u8]) -> Result<T, Error> {
        parse(&self.topic, key, value)
    }

    /// Returns whether something may be read again that had been set aside before there was a state.
    pub(crate) fn is_behind_recalled(&self, positions: &[i64]) -> Result<bool, Error> {
        let recalled: Vec<(&str, i64)> = self.under("recalled")?;
        Ok(recalled.iter().any(|(partition, offset)| {
            partition.parse().ok().and_then(|at: usize| positions.get(at)).is_some_and(|next| next <= offset)
        }))
    }

    /// Returns the positions kept of a topic, whose first offsets and ends are `marks`; the first ones of an empty state.
    pub(crate) fn positions(&self, topic: &str, marks: &[(i64, i64)]) -> Result<Vec<i64>, Error> {
        let kept: Vec<(&str, i64)> = self.under(&format!("position/{topic}"))?;
        let mut positions: Vec<i64> = marks.iter().map(|(first, _)| *first).collect();
        if self.is_empty() {
            return Ok(positions);
        }
        if kept.len() != marks.len() {
            let [before, now] = [kept.len(), marks.len()].map(|count| i32::try_from(count).unwrap_or(i32::MAX));
            return Err(Refusal::PartitionsChanged { topic: topic.into(), before, now }.into());
        }
        for (name, stored) in kept {
            let place = name.parse::<usize>().ok().filter(|&place| place < marks.len());
            let place = place.ok_or_else(|| self.refuse(name, "there is no such partition"))?;
            let ((first, end), partition) = (marks[place], i32::try_from(place).expect("numbered by i32"));
            if stored < first {
                return Err(Error::Gap { topic: topic.into(), partition, first });
            }
            if stored > end {
                return Err(Refusal::BeyondEnd { topic: topic.into(), partition, stored, end }.into());
            }
            positions[place] = stored;
        }
        Ok(positions)
    }
}

/// Returns the value of an entry.
pub(crate) fn parse<T: DeserializeOwned>(topic: &str, key: &str, value: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(value).map_err(|why| Error::State {
        topic: topic.into(),
        key: key.into(),
        why: why.to_string().into(),
    })
}
