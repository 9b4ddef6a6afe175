//! What tests do on real servers beside the programs: records of any bytes, what was set aside with its headers,
//! topics changed under a program, and all that a run has left, to compare.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::oracle::{FILES, HEADER};
use crate::support::{PATIENCE, Servers};

/// Values by key, each key's in their order: what two runs must have in common of a topic.
pub(crate) type ByKey = BTreeMap<String, Vec<String>>;

/// A record that was set aside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Aside {
    pub(crate) key: String,
    pub(crate) group: String,
    pub(crate) reason: String,
    pub(crate) payload: Option<Vec<u8>>,
}

/// Returns what a topic holds by key.
pub(crate) fn by_key(servers: &Servers, topic: &str) -> ByKey {
    let mut values = ByKey::new();
    for record in servers.records(topic) {
        values.entry(record.key.expect("a key")).or_default().push(record.value);
    }
    values
}

/// Checks that a topic holds the same for each key, and shows where it parts.
#[track_caller]
pub(crate) fn same_by_key(expected: &ByKey, found: &ByKey) {
    let keys = |of: &ByKey| of.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(expected), keys(found));
    for (key, expected) in expected {
        let found = &found[key];
        let parts = expected.iter().zip(found).enumerate().find(|(_, (expected, found))| expected != found);
        assert_eq!(parts, None, "{key}: which from 0, expected, found");
        assert_eq!(expected.len(), found.len(), "{key}: messages");
    }
}

/// Returns each table as the valuations file that would hold its rows.
pub(crate) fn tables(servers: &Servers) -> BTreeMap<String, String> {
    let columns = HEADER;
    let table = |file: &&str| {
        let name = file.strip_suffix(".csv").expect("a file's name");
        let rows = servers.rows(&format!("SELECT {columns} FROM {name} ORDER BY As_Of"));
        let mut text = format!("{HEADER}\n");
        for row in rows {
            let cells: Vec<_> = row.into_iter().map(|cell| cell.map_or(String::new(), |cell| trimmed(&cell))).collect();
            writeln!(text, "{}", cells.join(",")).expect("text takes all");
        }
        ((*file).to_owned(), text)
    };
    FILES.iter().map(table).collect()
}

/// Returns the valuations files of a folder by name.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, String> {
    let read = |file: &&str| ((*file).to_owned(), std::fs::read_to_string(folder.join(file)).expect("a file"));
    FILES.iter().map(read).collect()
}

/// Returns the messages on `portfolios` that lead to these valuations files.
pub(crate) fn messages(files: &BTreeMap<String, String>) -> ByKey {
    let null = |cell: &str| if cell.is_empty() { "null".to_owned() } else { cell.to_owned() };
    let of = |(file, text): (&String, &String)| {
        let (investor, portfolio) = file.strip_suffix(".csv").and_then(|name| name.split_once('_')).expect("a name");
        let message = |row: &str| {
            let cells: Vec<_> = row.split(',').map(null).collect();
            format!(
                r#"{{"investor": "{investor}", "portfolio": "{portfolio}", "date": "{}", "value": {}, "diff": {}, "percent_diff": {}}}"#,
                cells[0], cells[1], cells[2], cells[3]
            )
        };
        (portfolio.to_owned(), text.lines().skip(1).map(message).collect())
    };
    files.iter().map(of).collect()
}

/// Checks that valuations are the same, and shows where they part.
#[track_caller]
pub(crate) fn same_rows(expected: &BTreeMap<String, String>, found: &BTreeMap<String, String>) {
    for (file, expected) in expected {
        let found = &found[file];
        let parts = expected.lines().zip(found.lines()).enumerate().find(|(_, (expected, found))| expected != found);
        assert_eq!(parts, None, "{file}: line from 0, expected, found");
        assert_eq!(expected.lines().count(), found.lines().count(), "{file}: lines");
        assert!(expected == found, "{file}");
    }
}

/// Returns a decimal of a column with zeros beyond two places trimmed; a date as it is.
fn trimmed(text: &str) -> String {
    let Some(point) = text.find('.') else { return text.to_owned() };
    let last = text.rfind(|c| c != '0').expect("a point");
    text[..=last.max(point)].to_owned() + &"00"[(last.max(point) - point).min(2)..]
}

/// A producer of any bytes.
pub(crate) struct Pen {
    producer: BaseProducer,
}

impl Pen {
    /// Returns a producer to the servers' broker that puts keys where Java's and Python's do.
    pub(crate) fn new(servers: &Servers) -> Self {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", servers.kafka()).set("partitioner", "murmur2_random").set("linger.ms", "0");
        Self { producer: config.create().expect("a producer") }
    }

    /// Writes a record.
    pub(crate) fn write(&self, topic: &str, key: Option<&[u8]>, payload: Option<&[u8]>) {
        let mut record = BaseRecord::<[u8], [u8]>::to(topic);
        (record.key, record.payload) = (key, payload);
        self.send(record);
    }

    /// Writes a record into this partition.
    pub(crate) fn write_into(&self, topic: &str, partition: i32, key: &[u8], payload: &[u8]) {
        self.send(BaseRecord::<[u8], [u8]>::to(topic).partition(partition).key(key).payload(payload));
    }

    /// Writes a close as its description has it.
    pub(crate) fn close(&self, stock: &str, price: &str, date: &str) {
        let payload = format!(r#"{{"TICK": "{stock}", "PRICE": "{price}", "TS": "{date}"}}"#);
        self.write("StockExchange", Some(stock.as_bytes()), Some(payload.as_bytes()));
    }

    /// Returns once all is with the broker.
    pub(crate) fn flush(&self) {
        self.producer.flush(PATIENCE).expect("a broker");
    }

    fn send(&self, record: BaseRecord<'_, [u8], [u8]>) {
        self.producer.send(record).map_err(|(why, _)| why).expect("a queue with room");
    }
}

/// Returns all that was set aside on a topic, up to its present end.
pub(crate) fn set_aside(servers: &Servers, topic: &str) -> Vec<Aside> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut aside = Vec::new();
    read(servers, topic, |record| {
        let header = |name: &str| {
            let mut found = record.headers()?.iter().filter(|header| header.key == name);
            found.next().and_then(|header| header.value).map(text)
        };
        aside.push(Aside {
            key: record.key().map(text).unwrap_or_default(),
            group: header("group").unwrap_or_default(),
            reason: header("reason").unwrap_or_default(),
            payload: record.payload().map(<[u8]>::to_vec),
        });
    });
    aside
}

/// Gives every committed record up to a topic's present end to `take`; none where the topic is not there.
fn read(servers: &Servers, topic: &str, mut take: impl FnMut(&BorrowedMessage<'_>)) {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", servers.kafka()).set("group.id", "tests").set("enable.partition.eof", "true");
    config.set("isolation.level", "read_committed").set("enable.auto.commit", "false");
    let consumer: BaseConsumer = config.create().expect("a consumer");
    let metadata = consumer.fetch_metadata(None, PATIENCE).expect("a broker");
    let Some(found) = metadata.topics().iter().find(|one| one.name() == topic) else { return };
    let mut places = TopicPartitionList::new();
    for partition in found.partitions() {
        places.add_partition_offset(topic, partition.id(), Offset::Beginning).expect("an offset");
    }
    consumer.assign(&places).expect("partitions that are there");
    let mut ended = 0;
    let until = Instant::now() + PATIENCE;
    while ended < found.partitions().len() {
        assert!(Instant::now() < until, "{topic} did not come to its end");
        match consumer.poll(Duration::from_millis(10)) {
            None => (),
            Some(Ok(record)) => take(&record),
            Some(Err(rdkafka::error::KafkaError::PartitionEOF(_))) => ended += 1,
            Some(Err(why)) => panic!("{topic}: {why}"),
        }
    }
}

/// Returns how many records a topic has, without reading them; 0 while a partition of it has no leader yet.
pub(crate) fn count(servers: &Servers, topic: &str) -> usize {
    let admin = admin(servers);
    let metadata = admin.inner().fetch_metadata(None, PATIENCE).expect("a broker");
    let found = metadata.topics().iter().filter(|one| one.name() == topic);
    let counts = found.flat_map(rdkafka::metadata::MetadataTopic::partitions).map(|partition| {
        let marks = admin.inner().fetch_watermarks(topic, partition.id(), PATIENCE);
        marks.map_or(0, |(first, end)| usize::try_from(end - first).expect("an end after the start"))
    });
    counts.sum()
}

/// Returns the Kafka time of each record of a topic, in milliseconds since 1970.
pub(crate) fn times_ms(servers: &Servers, topic: &str) -> Vec<i64> {
    let mut times = Vec::new();
    read(servers, topic, |record| times.push(record.timestamp().to_millis().expect("a time")));
    times
}

/// Returns a setting of a topic.
pub(crate) fn setting(servers: &Servers, topic: &str, name: &str) -> Option<String> {
    let asked = ResourceSpecifier::Topic(topic);
    let found = wait(admin(servers).describe_configs([&asked], &AdminOptions::new())).expect("a broker");
    let found = found.into_iter().next().expect("an answer").expect("a topic that is there");
    found.get(name).and_then(|entry| entry.value.clone())
}

/// Waits until this holds, and says of what kind it is where it never does.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < until, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Gives a topic more partitions.
pub(crate) fn add_partitions(servers: &Servers, topic: &str, partitions: usize) {
    let asked = NewPartitions::new(topic, partitions);
    let done = wait(admin(servers).create_partitions([&asked], &AdminOptions::new())).expect("a broker");
    done.into_iter().collect::<Result<Vec<_>, _>>().expect("a topic that is there");
}

/// Deletes a topic and returns once it is gone.
pub(crate) fn delete(servers: &Servers, topic: &str) {
    let admin = admin(servers);
    let done = wait(admin.delete_topics(&[topic], &AdminOptions::new())).expect("a broker");
    done.into_iter().collect::<Result<Vec<_>, _>>().expect("a topic that is there");
    wait_until("the topic is gone", || {
        let metadata = admin.inner().fetch_metadata(None, PATIENCE).expect("a broker");
        metadata.topics().iter().all(|one| one.name() != topic)
    });
}

fn admin(servers: &Servers) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", servers.kafka()).create().expect("a client")
}

fn wait<T>(asked: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(asked)
}

#[test]
fn decimals_of_columns_are_trimmed() {
    let cases = [("2763383.00000000", "2763383.00"), ("0.10", "0.10"), ("1.50000000", "1.50"), ("1.12500000", "1.125")];
    for (text, expected) in cases.into_iter().chain([("2000-01-03", "2000-01-03"), ("-0.00000001", "-0.00000001")]) {
        assert_eq!(trimmed(text), expected);
    }
}
