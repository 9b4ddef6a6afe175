//! What can go wrong between a program and a broker: [`Error`], and [`Refusal`] for a stream that must not be read on.

use std::fmt;

use finnet_core::Symbol;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// Why something failed on the side of Kafka.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// No broker answered in time.
    Unreachable {
        /// The servers asked.
        servers: Box<str>,
    },
    /// The wait for a broker was called off.
    CalledOff,
    /// A setting that librdkafka does not take, or one that these programs need as it is.
    Setting {
        /// Its name.
        name: Box<str>,
        /// What librdkafka says of it; `None` where it is ours to set.
        why: Option<Box<str>>,
    },
    /// The broker or the client refused something.
    Kafka {
        /// What was being done: "reading", "making the topic".
        doing: &'static str,
        /// With which topic.
        topic: Box<str>,
        /// What librdkafka says.
        source: Box<KafkaError>,
    },
    /// A record could not be delivered: it and those after it are not on the topic.
    Undelivered {
        /// The topic.
        topic: Box<str>,
        /// What librdkafka says.
        code: RDKafkaErrorCode,
    },
    /// Records are missing from a log that must be whole.
    Gap {
        /// The topic.
        topic: Box<str>,
        /// The partition.
        partition: i32,
        /// The first offset that is still there.
        first: i64,
    },
    /// The stream must not be read on.
    Refused(Refusal),
}

/// Why a stream must not be read or written on: going on would break the order of a stock's closes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// A record without a key on a topic with several partitions.
    Keyless {
        /// The topic.
        topic: Box<str>,
        /// The record's partition.
        partition: i32,
        /// Its offset.
        offset: i64,
    },
    /// One stock or portfolio in two partitions.
    TwoPartitions {
        /// The topic.
        topic: Box<str>,
        /// The key.
        key: Box<str>,
        /// Where it was before.
        before: i32,
        /// Where it is, or would go, now.
        now: i32,
    },
    /// The topic got other partitions while it was read.
    PartitionsChanged {
        /// The topic.
        topic: Box<str>,
        /// How many there were.
        before: i32,
        /// How many there are.
        now: i32,
    },
    /// A stored position is beyond the topic's end: the topic was made anew.
    BeyondEnd {
        /// The topic.
        topic: Box<str>,
        /// The partition.
        partition: i32,
        /// The stored next offset.
        stored: i64,
        /// The topic's end.
        end: i64,
    },
}

impl Error {
    pub(crate) fn kafka(doing: &'static str, topic: &str) -> impl FnOnce(KafkaError) -> Self {
        move |source| match source {
            KafkaError::ClientConfig(_, why, name, _) => {
                Self::Setting { name: name.into(), why: Some(why.trim_end_matches('.').into()) }
            }
            source => Self::Kafka { doing, topic: topic.into(), source: Box::new(source) },
        }
    }

    pub(crate) fn two_partitions(topic: &str, symbol: Symbol, before: i32, now: i32) -> Self {
        Refusal::TwoPartitions { topic: topic.into(), key: symbol.as_str().into(), before, now }.into()
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { servers } => write!(f, "no Kafka broker answers at {servers}"),
            Self::CalledOff => write!(f, "stopped before a Kafka broker answered"),
            Self::Setting { name, why: Some(why) } => write!(f, "Kafka setting {name}: {why}"),
            Self::Setting { name, why: None } => {
                write!(f, "Kafka setting {name} can't be set: the order and safety of the records hang on it")
            }
            Self::Kafka { doing, topic, source } => write!(f, "{doing} {topic}: {source}"),
            Self::Undelivered { topic, code } => write!(f, "a record could not be written to {topic}: {code}"),
            Self::Gap { topic, partition, first } => write!(
                f,
                "{topic} partition {partition} has lost its records before offset {first}: the result would be wrong"
            ),
            Self::Refused(refusal) => refusal.fmt(f),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyless { topic, partition, offset } => write!(
                f,
                "{topic} has several partitions, but the record at {topic}/{partition}/{offset} has no key: \
                 its place in the order is lost; send with a key, or use one partition"
            ),
            Self::TwoPartitions { topic, key, before, now } => write!(
                f,
                "{key} is in two partitions of {topic}, {before} and {now}: its order is lost; \
                 all producers must use the partitioner murmur2, and the count of partitions must stay"
            ),
            Self::PartitionsChanged { topic, before, now } => write!(
                f,
                "{topic} had {before} partitions and now has {now}: keys move, and their order is lost; \
                 make the topic anew"
            ),
            Self::BeyondEnd { topic, partition, stored, end } => write!(
                f,
                "the stored position {stored} is beyond the end {end} of {topic} partition {partition}: the topic was \
                 made anew; start over with investors-db --reset, or an empty --data folder"
            ),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Kafka { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl std::error::Error for Refusal {}
