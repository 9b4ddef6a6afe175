//! A broker inside the process, for a first look and for tests: librdkafka's mock cluster.
//!
//! It has no transactions, no disk, and keeps of each partition 5 MiB or 100,000 batches, dropping the oldest without a
//! word. So the partitions are planned beforehand from the keys' real hashes ([`Load`]), and at the end the log is
//! looked at: where anything is gone, that is an error ([`EmbeddedBroker::check_whole`]).

use std::time::Duration;

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;

use crate::error::Error;
use crate::log::Log as _;
use crate::partition;
use crate::settings::Settings;
use crate::topics::Cluster;

/// Bytes that a partition keeps.
const PARTITION_BYTES: u64 = 5 * 1024 * 1024;
/// Batches that a partition keeps.
const PARTITION_BATCHES: u64 = 100_000;
/// What a record costs beside key and payload, at the most: a batch of its own (61 bytes) and its varints.
const RECORD_OVERHEAD: u64 = 61 + 21;
/// Partitions that a topic may be given.
const MOST_PARTITIONS: i32 = 512;

/// What one key sends over a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// The key.
    pub key: String,
    /// How many records.
    pub records: u64,
    /// How many bytes a payload has at the most.
    pub payload_bytes: u64,
}

/// Returns whether a topic with these many partitions keeps the whole load.
///
/// Counted as if each record were a batch of its own and nothing were compressed: what fits here is never dropped.
pub fn fits(loads: &[Load], partitions: i32) -> bool {
    let mut bytes = vec![0_u64; usize::try_from(partitions).unwrap_or(0)];
    let mut records = bytes.clone();
    for load in loads {
        let key = load.key.as_bytes();
        let place = usize::try_from(partition::of_key(key, partitions)).expect("partitions are numbered from 0");
        let each = load.payload_bytes + key.len() as u64 + RECORD_OVERHEAD;
        bytes[place] = bytes[place].saturating_add(load.records.saturating_mul(each));
        records[place] = records[place].saturating_add(load.records);
    }
    bytes.iter().all(|&bytes| bytes <= PARTITION_BYTES) && records.iter().all(|&records| records <= PARTITION_BATCHES)
}

/// Returns the smallest number of partitions that keeps the whole load, `None` where no number does.
pub fn fewest_partitions(loads: &[Load]) -> Option<i32> {
    (1..=MOST_PARTITIONS).find(|&partitions| fits(loads, partitions))
}

/// A broker that lives and dies with this value.
pub struct EmbeddedBroker {
    cluster: MockCluster<'static, DefaultProducerContext>,
    topics: Vec<(String, i32)>,
}

impl EmbeddedBroker {
    /// Starts a broker with these topics and their numbers of partitions.
    ///
    /// # Errors
    ///
    /// - [`Error::Kafka`] where librdkafka can't start it.
    pub fn start(topics: &[(&str, i32)]) -> Result<Self, Error> {
        let cluster = MockCluster::new(1).map_err(Error::kafka("starting", "the embedded broker"))?;
        for (topic, partitions) in topics {
            // librdkafka 2.12 can lose the wake-up for an order that comes while it answers the one before, and then
            // sleeps for a second (rdkafka_mock.c: orders are served before the wake-up pipe is emptied).
            std::thread::sleep(Duration::from_millis(2));
            cluster.create_topic(topic, *partitions, 1).map_err(Error::kafka("making", topic))?;
        }
        let topics = topics.iter().map(|&(topic, partitions)| (topic.to_owned(), partitions)).collect();
        Ok(Self { cluster, topics })
    }

    /// Returns the settings for clients of this broker.
    pub fn settings(&self) -> Settings {
        Settings::new(&self.cluster.bootstrap_servers()).volatile()
    }

    /// Checks that no partition has dropped a record.
    ///
    /// # Errors
    ///
    /// - [`Error::Gap`] where one has.
    pub fn check_whole(&self, asker: &Cluster) -> Result<(), Error> {
        for (topic, partitions) in &self.topics {
            let marks = asker.watermarks(topic, *partitions)?;
            if let Some((partition, &(first, _))) = (0..).zip(&marks).find(|(_, (first, _))| *first > 0) {
                return Err(Error::Gap { topic: topic.as_str().into(), partition, first });
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for EmbeddedBroker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddedBroker").field("topics", &self.topics).finish_non_exhaustive()
    }
}
