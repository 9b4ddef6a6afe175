//! The typed clients: the same closes sent by [`Producer`] and read by [`Reader`].

use std::time::{Duration, Instant};

use chrono::Datelike as _;
use finnet_core::Close;
use finnet_kafka::wire::decode_close;
use finnet_kafka::{Cluster, Error, Producer, Reader};

use crate::{Digest, Failure};

/// Sends the closes; returns how long it takes until the broker has them all.
pub(crate) fn produce(
    cluster: &Cluster,
    topic: &str,
    closes: impl Iterator<Item = Close>,
) -> Result<Duration, Failure> {
    let start = Instant::now();
    let mut producer = Producer::new(cluster.settings())?;
    for close in closes {
        producer.send_close(topic, &close)?;
    }
    producer.flush()?;
    Ok(start.elapsed())
}

/// Reads a topic to its end; returns how long it takes, and what was read.
pub(crate) fn consume(cluster: &Cluster, topic: &str) -> Result<(Duration, Digest), Failure> {
    let start = Instant::now();
    let reader = Reader::from_start(cluster, topic, 1)?;
    let mut digest = Digest::default();
    reader.read_to_end::<Error>(|record| {
        let close = decode_close(record.payload.unwrap_or_default()).expect("closes alone are here");
        let day = close.session.year().unsigned_abs() * 10_000 + close.session.month() * 100 + close.session.day();
        digest.add(close.symbol.as_str().len(), u64::try_from(close.price.units()).expect("a small price"), day);
        Ok(())
    })?;
    Ok((start.elapsed(), digest))
}
