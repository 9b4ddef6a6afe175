//! Records set aside: the bytes as they came, on a topic of their own, each once a group.
//!
//! A record that can't be used goes to `<topic>.rejected` under the key `topic/partition/offset` with the headers
//! `reason` and `group`, and the stream goes on. Where the positions that pass a record are committed with it, that is
//! enough to write it once; where they can't be, a group reads at its start which keys it has written already.

use std::collections::{BTreeMap, HashSet};

use crate::error::Error;
use crate::log::{Log, Outgoing, Writer};
use crate::reader::Record;
use crate::settings::LARGEST_RECORD;
use crate::topics::Cluster;
use crate::wire::Reason;

/// Where the records of one topic are set aside by one group.
#[derive(Clone, Debug)]
pub struct SetAside {
    source: String,
    topic: String,
    partitions: i32,
    group: String,
    /// What this group has set aside from the positions on that it reads: partitions and offsets.
    known: HashSet<(i32, i64)>,
}

impl SetAside {
    /// Returns the place for what `group` sets aside of `source`.
    ///
    /// The topic `<source>.rejected` is made where it is absent, with these many partitions.
    ///
    /// # Errors
    ///
    /// - [`Error::Kafka`] where it can't be made.
    pub fn open(cluster: &Cluster, source: &str, group: &str, partitions: i32) -> Result<Self, Error> {
        let largest = LARGEST_RECORD.to_string();
        let topic = format!("{source}.rejected");
        let found = cluster.ensure_with(&topic, partitions, &[("max.message.bytes", &largest)])?;
        Ok(Self::new(source, group, found.partitions))
    }

    /// Returns the place on a topic `<source>.rejected` that is there with these many partitions.
    pub fn new(source: &str, group: &str, partitions: i32) -> Self {
        let topic = format!("{source}.rejected");
        Self { source: source.to_owned(), topic, partitions, group: group.to_owned(), known: HashSet::new() }
    }

    /// Learns what this group has set aside already of what it is going to read, from these positions on.
    ///
    /// Needed where positions are not committed together with what is set aside, or not yet.
    ///
    /// # Errors
    ///
    /// - [`Error::Kafka`] where no broker answers.
    pub fn recall<L: Log>(&mut self, log: &L, positions: &[i64]) -> Result<(), Error> {
        let Self { source, topic, partitions, group, known } = self;
        known.clear();
        log.read(topic, 0..*partitions, &mut |record| {
            if record.group == Some(group) {
                let place = record.key.and_then(|key| place(key, source));
                known.extend(place.filter(|&place| is_read_again(place, positions)));
            }
            Ok(())
        })
    }

    /// Returns, for each partition of which it has recalled something, the last offset.
    pub(crate) fn farthest(&self) -> impl Iterator<Item = (i32, i64)> {
        let mut farthest = BTreeMap::new();
        for &(partition, offset) in &self.known {
            let last = farthest.entry(partition).or_insert(offset);
            *last = offset.max(*last);
        }
        farthest.into_iter()
    }

    /// Sets a record aside, unless this group has before; returns whether it was written.
    ///
    /// # Errors
    ///
    /// - As [`Writer::send`].
    pub fn put(&mut self, writer: &mut impl Writer, record: &Record<'_>, reason: Reason) -> Result<bool, Error> {
        if self.known.contains(&(record.partition, record.offset)) {
            return Ok(false);
        }
        let key = format!("{}/{}/{}", record.topic, record.partition, record.offset);
        let headers = [("reason", reason.as_str()), ("group", &*self.group)];
        let (topic, key, payload) = (&*self.topic, key.as_bytes(), record.payload);
        writer.send(&Outgoing { topic, partition: None, key, payload, headers: &headers })?;
        Ok(true)
    }

    /// Forgets what is not read again, now that these positions are committed.
    pub fn committed(&mut self, positions: &[i64]) {
        self.known.retain(|&place| is_read_again(place, positions));
    }

    /// Returns the topic that records are set aside on.
    pub fn topic(&self) -> &str {
        &self.topic
    }
}

/// Returns whether a place is not before these positions, one a partition.
fn is_read_again((partition, offset): (i32, i64), positions: &[i64]) -> bool {
    usize::try_from(partition).is_ok_and(|at| positions.get(at).is_some_and(|&next| offset >= next))
}

/// Returns the partition and offset in a key `topic/partition/offset` of this topic.
fn place(key: &[u8], source: &str) -> Option<(i32, i64)> {
    let rest = std::str::from_utf8(key).ok()?.strip_prefix(source)?.strip_prefix('/')?;
    let (partition, offset) = rest.split_once('/')?;
    Some((partition.parse().ok()?, offset.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_others_are_none() {
        assert_eq!(place(b"StockExchange/3/17", "StockExchange"), Some((3, 17)));
        for key in
            ["", "portfolios/3/17", "StockExchange", "StockExchange/3", "StockExchange/x/1", "StockExchange.x/1/1"]
        {
            assert_eq!(place(key.as_bytes(), "StockExchange"), None, "{key}");
        }
        assert_eq!(place(&[0xFF], "StockExchange"), None);
    }
}
