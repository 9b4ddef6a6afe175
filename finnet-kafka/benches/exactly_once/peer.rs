//! The peer: the bare clients of rdkafka with our settings, and an encoder and a decoder written by hand for the bytes
//! of a close and nothing else.

use std::time::{Duration, Instant};

use chrono::Datelike as _;
use finnet_core::Close;
use futures_executor::block_on;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message as _;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};
use rdkafka::{Offset, TopicPartitionList};

use crate::{Digest, Failure};

/// 9999-01-01, as the Kafka time of records.
const FAR: i64 = 253_370_764_800_000;

/// The time that a record is given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Time {
    /// When it is sent.
    Now,
    /// In the year 9999.
    Far,
}

fn config(servers: &str, settings: &[(&str, &str)]) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", servers);
    for (name, value) in settings {
        config.set(*name, *value);
    }
    config
}

/// Makes topics that take records of any time.
pub(crate) fn make(servers: &str, topics: &[&str]) -> Result<(), Failure> {
    let admin: AdminClient<DefaultClientContext> = config(servers, &[]).create()?;
    let new = |&topic| {
        NewTopic::new(topic, 1, TopicReplication::Fixed(-1))
            .set("retention.ms", "-1")
            .set("message.timestamp.after.max.ms", "9223372036854775807")
    };
    let topics: Vec<_> = topics.iter().map(new).collect();
    for made in block_on(admin.create_topics(&topics, &AdminOptions::new()))? {
        made.map_err(|(topic, code)| format!("{topic}: {code}"))?;
    }
    Ok(())
}

/// Deletes topics; one that is not there is none to delete.
pub(crate) fn delete(servers: &str, topics: &[&str]) -> Result<(), Failure> {
    let admin: AdminClient<DefaultClientContext> = config(servers, &[]).create()?;
    for deleted in block_on(admin.delete_topics(topics, &AdminOptions::new()))? {
        match deleted {
            Ok(_) | Err((_, RDKafkaErrorCode::UnknownTopicOrPartition)) => (),
            Err((topic, code)) => return Err(format!("{topic}: {code}").into()),
        }
    }
    Ok(())
}

/// Sends the closes; returns how long it takes until the broker has them all.
pub(crate) fn produce(
    servers: &str,
    topic: &str,
    closes: impl Iterator<Item = Close>,
    time: Time,
) -> Result<Duration, Failure> {
    let settings = [
        ("enable.idempotence", "true"),
        ("acks", "all"),
        ("partitioner", "murmur2_random"),
        ("message.max.bytes", "67108864"),
        ("compression.type", "gzip"),
        ("compression.level", "1"),
        ("queue.buffering.max.messages", "1000000"),
        ("batch.size", "262144"),
        ("linger.ms", "5"),
        ("enable.gapless.guarantee", "true"),
    ];
    let start = Instant::now();
    let producer: ThreadedProducer<DefaultProducerContext> = config(servers, &settings).create()?;
    let mut payload = Vec::new();
    for close in closes {
        payload.clear();
        encode(&close, &mut payload);
        let mut record = BaseRecord::<[u8], [u8]>::to(topic).key(close.symbol.as_str().as_bytes()).payload(&payload);
        record.timestamp = (time == Time::Far).then_some(FAR);
        loop {
            match producer.send(record) {
                Ok(()) => break,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    record = back;
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err((why, _)) => return Err(why.into()),
            }
        }
    }
    // Its own `flush` looks in slices of 100 ms.
    while producer.in_flight_count() > 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(start.elapsed())
}

/// Reads a topic to its end; returns how long it takes, and what was read.
pub(crate) fn consume(servers: &str, topic: &str) -> Result<(Duration, Digest), Failure> {
    let settings = [
        ("group.id", "finnet"),
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("enable.partition.eof", "true"),
        ("isolation.level", "read_committed"),
        ("auto.offset.reset", "error"),
        ("fetch.queue.backoff.ms", "1"),
        ("fetch.wait.max.ms", "10"),
    ];
    let start = Instant::now();
    let consumer: BaseConsumer = config(servers, &settings).create()?;
    let mut assignment = TopicPartitionList::new();
    assignment.add_partition_offset(topic, 0, Offset::Offset(0))?;
    consumer.assign(&assignment)?;
    let mut digest = Digest::default();
    loop {
        match consumer.poll(Duration::from_millis(100)) {
            None => (),
            Some(Ok(message)) => {
                let (ticker, units, day) = message.payload().and_then(decode).ok_or("not a close")?;
                digest.add(ticker.len(), units, day);
            }
            Some(Err(KafkaError::PartitionEOF(_))) => return Ok((start.elapsed(), digest)),
            Some(Err(why)) => return Err(why.into()),
        }
    }
}

fn encode(close: &Close, buffer: &mut Vec<u8>) {
    buffer.extend_from_slice(b"{\"TICK\": \"");
    buffer.extend_from_slice(close.symbol.as_str().as_bytes());
    buffer.extend_from_slice(b"\", \"PRICE\": \"");
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "prices here have six digits")]
    let cents = (close.price.units() / 1_000_000) as u32;
    let (mut digits, mut at, mut whole) = ([0; 10], 10, cents / 100);
    while at == 10 || whole > 0 {
        at -= 1;
        digits[at] = digit(whole);
        whole /= 10;
    }
    buffer.extend_from_slice(&digits[at..]);
    buffer.extend_from_slice(&[b'.', digit(cents / 10), digit(cents)]);
    buffer.extend_from_slice(b"\", \"TS\": \"");
    let (year, month, day) = (close.session.year().unsigned_abs(), close.session.month(), close.session.day());
    buffer.extend([year / 1000, year / 100, year / 10, year].map(digit));
    buffer.extend_from_slice(&[b'-', digit(month / 10), digit(month), b'-', digit(day / 10), digit(day)]);
    buffer.extend_from_slice(b"\"}");
}

fn digit(number: u32) -> u8 {
    b'0' + (number % 10) as u8
}

/// Returns ticker, price in units of 10⁻⁸ and date as a number `yyyymmdd`.
fn decode(payload: &[u8]) -> Option<(&[u8], u64, u32)> {
    let rest = payload.strip_prefix(b"{\"TICK\": \"")?;
    let (ticker, rest) = rest.split_at(rest.iter().position(|&byte| byte == b'"')?);
    let rest = rest.strip_prefix(b"\", \"PRICE\": \"")?;
    let (price, rest) = rest.split_at(rest.iter().position(|&byte| byte == b'"')?);
    let rest = rest.strip_prefix(b"\", \"TS\": \"")?;
    let (date, rest) = rest.split_at_checked(10)?;
    let (mut units, mut places) = (0_u64, None);
    for &byte in price {
        match byte {
            b'.' if places.is_none() => places = Some(0),
            b'0'..=b'9' => {
                units = units * 10 + u64::from(byte - b'0');
                places = places.map(|places| places + 1);
            }
            _ => return None,
        }
    }
    let units = units * 10_u64.pow(8_u32.checked_sub(places.unwrap_or(0))?);
    let mut day = 0;
    for (at, &byte) in date.iter().enumerate() {
        match (at, byte) {
            (4 | 7, b'-') => (),
            (4 | 7, _) => return None,
            (_, b'0'..=b'9') => day = day * 10 + u32::from(byte - b'0'),
            _ => return None,
        }
    }
    (rest == b"\"}").then_some((ticker, units, day))
}
