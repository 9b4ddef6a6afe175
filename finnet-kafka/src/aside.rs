//! Records set aside: the bytes as they came, on a topic of their own, each once a group.
//!
//! A record that can't be used goes to `<topic>.rejected` under the key `topic/partition/offset` with the headers
//! `reason` and `group`, and the stream goes on. At its start a group reads which keys it has written already.

use std::collections::HashSet;

use crate::error::Error;
use crate::producer::Producer;
use crate::reader::{Reader, Record};
use crate::settings::LARGEST_RECORD;
use crate::topics::Cluster;
use crate::wire::Reason;

/// Where the records of one topic are set aside by one group.
#[derive(Debug)]
pub struct SetAside {
    topic: String,
    group: String,
    /// What this group has set aside: partitions and offsets.
    known: HashSet<(i32, i64)>,
}

impl SetAside {
    /// Returns the place for what `group` sets aside of `source`, with all that it has set aside before.
    ///
    /// The topic `<source>.rejected` is made where it is absent, with these many partitions.
    ///
    /// # Errors
    ///
    /// - [`Error::Kafka`] where it can't be made or read.
    pub fn open(cluster: &Cluster, source: &str, group: &str, partitions: i32) -> Result<Self, Error> {
        let topic = format!("{source}.rejected");
        let largest = LARGEST_RECORD.to_string();
        let found = cluster.ensure_with(&topic, partitions, &[("max.message.bytes", &largest)])?;
        let mut known = HashSet::new();
        if !found.made {
            Reader::from_start(cluster, &topic, found.partitions)?.read_to_end(|record| {
                if record.group == Some(group) {
                    known.extend(record.key.and_then(|key| place(key, source)));
                }
                Ok::<_, Error>(())
            })?;
        }
        Ok(Self { topic, group: group.to_owned(), known })
    }

    /// Returns a place that knows of nothing set aside before, for a topic that was just made.
    pub fn fresh(source: &str, group: &str) -> Self {
        Self { topic: format!("{source}.rejected"), group: group.to_owned(), known: HashSet::new() }
    }

    /// Sets a record aside, unless this group has before; returns whether it was written.
    ///
    /// # Errors
    ///
    /// - [`Error::Undelivered`] where this or an earlier record is lost.
    pub fn put(&mut self, producer: &Producer, record: &Record<'_>, reason: Reason) -> Result<bool, Error> {
        if !self.known.insert((record.partition, record.offset)) {
            return Ok(false);
        }
        let key = format!("{}/{}/{}", record.topic, record.partition, record.offset);
        let headers = [("reason", reason.as_str()), ("group", &self.group)];
        producer.send_with_headers(&self.topic, &key, record.payload, &headers)?;
        Ok(true)
    }

    /// Returns the topic that records are set aside on.
    pub fn topic(&self) -> &str {
        &self.topic
    }
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
