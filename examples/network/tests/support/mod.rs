//! Real servers for this package's tests: Kafka at `KAFKA_BOOTSTRAP_SERVERS`, MySQL or MariaDB at `DATABASE_URL`.
//!
//! The programs' topics have fixed names, so one test at a time has the broker: [`Servers::take`] waits for a lock
//! that holds across processes, deletes what an earlier test left and gives a database of the test's own. A broker
//! that has these topics from anybody else is refused: what is somebody's data is not deleted.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, Row, Value};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};

/// The most that a program may take for anything: far beyond what it needs on two busy cores.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// How often what has no event is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// The topics of the network and all whose names go on from theirs, such as `StockExchange.rejected`; beside them there
/// are those of investors' states.
const TOPICS: [&str; 2] = ["StockExchange", "portfolios"];

/// There while a test has the broker, and after one that was killed: the topics beside it are a test's.
const MARK: &str = "finnet-network-test";

/// Broker and database, for one test alone.
pub(crate) struct Servers {
    kafka: String,
    database: String,
    runtime: tokio::runtime::Runtime,
    /// What holds other tests off; `None` where nobody else knows of the servers.
    // Last, and so given back last.
    lock: Option<File>,
}

/// A record as it lies on a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) key: Option<String>,
    pub(crate) value: String,
}

/// A process that ends with the test; what it writes to stdout and stderr is kept, in the order it came.
pub(crate) struct Program {
    name: String,
    child: Child,
    said: tempfile::NamedTempFile,
}

impl Servers {
    /// Returns the servers once no other test has them, with none of the topics there and no database of this name.
    ///
    /// `name` is the test's, of letters, digits and `_`. Without servers: a loud line and `None`; under `CI=true` a
    /// panic.
    pub(crate) fn take(name: &str) -> Option<Self> {
        let kafka = variable("KAFKA_BOOTSTRAP_SERVERS", name)?;
        let server = variable("DATABASE_URL", name)?;
        let lock = File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("servers.lock")).expect("a file to lock");
        lock.lock().expect("a lock on a file of the target folder");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (address, _) = server.rsplit_once('/').expect("DATABASE_URL: mysql://user:password@host:port/any");
        // With a `-`, which only a quoted identifier may have; the same at each run, which drops what a failed one left.
        let database = format!("{address}/finnet-network-{name}");
        let servers = Self { kafka, database, runtime, lock: Some(lock) };
        let there = servers.topics();
        let ours = there.iter().any(|topic| topic == MARK);
        let left: Vec<_> = there.iter().filter(|topic| is_fixed(topic)).map(String::as_str).collect();
        assert!(
            ours || left.is_empty(),
            "the broker at {} has {left:?} already, not from these tests, which would delete them: delete them \
             yourself, or have servers started for the tests: cargo xtask test",
            servers.kafka
        );
        servers.delete(&left);
        if !ours {
            servers.make(MARK, 1);
        }
        servers.execute(&format!("DROP DATABASE IF EXISTS `{}`", servers.database_name()));
        Some(servers)
    }

    /// Returns servers that a test has started for itself: what it leaves there goes with them.
    pub(crate) fn at(kafka: String, database: String) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { kafka, database, runtime, lock: None }
    }

    /// Returns whether the broker answers.
    pub(crate) fn answers(&self) -> bool {
        self.admin().inner().fetch_metadata(None, Duration::from_secs(1)).is_ok()
    }

    /// Returns the brokers, as `host:port`.
    pub(crate) fn kafka(&self) -> &str {
        &self.kafka
    }

    /// Returns the URL of the test's database, which `investors-db` may make; it is dropped at the end.
    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    /// Returns the name of the test's database.
    pub(crate) fn database_name(&self) -> &str {
        self.database.rsplit_once('/').map(|(_, name)| name).expect("made with a name")
    }

    /// Returns the command line of one of the package's programs, divided by blanks, with the servers in its
    /// environment.
    pub(crate) fn line(&self, text: &str) -> Command {
        let mut words = text.split_ascii_whitespace();
        let mut command = Command::new(path(words.next().expect("a program's name")));
        command.args(words).env("KAFKA_BOOTSTRAP_SERVERS", &self.kafka).env("DATABASE_URL", &self.database);
        command
    }

    /// Starts one of the package's programs.
    pub(crate) fn start(&self, text: &str) -> Program {
        Program::start(&mut self.line(text))
    }

    /// Runs one of the package's programs to its end, which must be a good one, and returns all that it said.
    #[track_caller]
    pub(crate) fn run(&self, text: &str) -> String {
        self.start(text).succeeds()
    }

    /// Makes a topic.
    pub(crate) fn make(&self, topic: &str, partitions: i32) {
        let new = NewTopic::new(topic, partitions, TopicReplication::Fixed(1)).set("retention.ms", "-1");
        let made = self.runtime.block_on(self.admin().create_topics([&new], &AdminOptions::new())).expect("a broker");
        made.into_iter().collect::<Result<Vec<_>, _>>().expect("a topic that was not there");
    }

    /// Returns each record of a topic by partition and offset, read committed up to its present end; none where the
    /// topic is not there.
    pub(crate) fn records(&self, topic: &str) -> Vec<Entry> {
        let consumer: BaseConsumer = self
            .config()
            .set("group.id", MARK)
            .set("isolation.level", "read_committed")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("fetch.wait.max.ms", "10")
            .set("fetch.queue.backoff.ms", "1")
            .create()
            .expect("a consumer");
        let metadata = consumer.fetch_metadata(None, PATIENCE).expect("a broker");
        let found = metadata.topics().iter().find(|one| one.name() == topic);
        let partitions = i32::try_from(found.map_or(0, |one| one.partitions().len())).expect("numbered by i32");
        let mut places = TopicPartitionList::new();
        for partition in 0..partitions {
            places.add_partition_offset(topic, partition, Offset::Beginning).expect("an offset");
        }
        consumer.assign(&places).expect("partitions that are there");
        let (mut records, mut ended) = (Vec::new(), 0);
        let until = Instant::now() + PATIENCE;
        while ended < partitions {
            assert!(Instant::now() < until, "{topic} did not come to its end");
            match consumer.poll(LOOK) {
                None => (),
                Some(Ok(record)) => records.push(Entry {
                    partition: record.partition(),
                    offset: record.offset(),
                    key: record.key().map(|key| String::from_utf8_lossy(key).into_owned()),
                    value: String::from_utf8_lossy(record.payload().unwrap_or_default()).into_owned(),
                }),
                Some(Err(rdkafka::error::KafkaError::PartitionEOF(_))) => ended += 1,
                Some(Err(why)) => panic!("{topic}: {why}"),
            }
        }
        records.sort_unstable_by_key(|record| (record.partition, record.offset));
        records
    }

    /// Returns whether a reader of committed records is held back before the end of a topic.
    pub(crate) fn has_open_transaction(&self, topic: &str) -> bool {
        let [committed, all] = ["read_committed", "read_uncommitted"].map(|isolation| {
            let mut config = self.config();
            config.set("group.id", MARK).set("isolation.level", isolation);
            let consumer: BaseConsumer = config.create().expect("a consumer");
            let metadata = consumer.fetch_metadata(Some(topic), PATIENCE).expect("a broker");
            let partitions = metadata.topics().iter().flat_map(rdkafka::metadata::MetadataTopic::partitions);
            let end = |id| consumer.fetch_watermarks(topic, id, PATIENCE).expect("a partition with a leader").1;
            partitions.map(|partition| end(partition.id())).collect::<Vec<_>>()
        });
        committed != all
    }

    /// Deletes every topic but the broker's own, and every group, once its last member is forgotten: a member of that
    /// name would get back what it had of topics that are gone.
    pub(crate) fn clear(&self) {
        let there = self.topics();
        let there: Vec<_> = there.iter().map(String::as_str).filter(|topic| !topic.starts_with("__")).collect();
        self.delete(&there);
        let admin = self.admin();
        let until = Instant::now() + PATIENCE;
        loop {
            let groups = admin.inner().fetch_group_list(None, PATIENCE).expect("a broker");
            let names: Vec<_> = groups.groups().iter().map(|group| group.name().to_owned()).collect();
            if names.is_empty() {
                return;
            }
            assert!(Instant::now() < until, "{names:?} were not deleted");
            let empty = groups.groups().iter().filter(|group| group.members().is_empty());
            let empty: Vec<_> = empty.map(rdkafka::groups::GroupInfo::name).collect();
            if !empty.is_empty() {
                let deleted = self.runtime.block_on(admin.delete_groups(&empty, &AdminOptions::new()));
                drop(deleted.expect("a broker"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Returns what a query of the test's database gives: rows of texts, `None` for NULL.
    pub(crate) fn rows(&self, query: &str) -> Vec<Vec<Option<String>>> {
        let text = |value: Value| match value {
            Value::NULL => None,
            Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            other => Some(other.as_sql(true)),
        };
        self.runtime.block_on(async {
            let mut conn = self.connection().await;
            conn.query_drop(format!("USE `{}`", self.database_name())).await.expect("the test's database");
            let rows: Vec<Row> = conn.query(query).await.expect("a query");
            conn.disconnect().await.expect("a connection");
            rows.into_iter().map(|row| row.unwrap().into_iter().map(text).collect()).collect()
        })
    }

    fn execute(&self, statement: &str) {
        self.runtime.block_on(async {
            let mut conn = self.connection().await;
            conn.query_drop(statement).await.expect("a statement");
            conn.disconnect().await.expect("a connection");
        });
    }

    async fn connection(&self) -> Conn {
        let opts = Opts::from_url(&self.database).expect("DATABASE_URL");
        let opts = OptsBuilder::from_opts(opts).db_name(None::<String>).prefer_socket(false);
        Conn::new(opts).await.expect("the server at DATABASE_URL")
    }

    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.kafka);
        config
    }

    fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.config().create().expect("a client")
    }

    fn topics(&self) -> Vec<String> {
        let client = self.admin();
        let metadata = client.inner().fetch_metadata(None, PATIENCE).expect("the broker at KAFKA_BOOTSTRAP_SERVERS");
        metadata.topics().iter().map(|topic| topic.name().to_owned()).collect()
    }

    /// Deletes topics and returns when they are gone.
    fn delete(&self, topics: &[&str]) {
        if topics.is_empty() {
            return;
        }
        let done = self.runtime.block_on(self.admin().delete_topics(topics, &AdminOptions::new())).expect("a broker");
        done.into_iter().collect::<Result<Vec<_>, _>>().expect("topics that are there");
        let until = Instant::now() + PATIENCE;
        while self.topics().iter().any(|there| topics.contains(&there.as_str())) {
            assert!(Instant::now() < until, "{topics:?} were not deleted");
            std::thread::sleep(LOOK);
        }
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        // A test that fails has said why; a second panic would hide it. What stays is a test's by its mark.
        if std::thread::panicking() || self.lock.is_none() {
            return;
        }
        let there = self.topics();
        let fixed: Vec<_> = there.iter().filter(|topic| is_fixed(topic)).map(String::as_str).collect();
        self.delete(&fixed);
        self.delete(&[MARK]);
        self.execute(&format!("DROP DATABASE IF EXISTS `{}`", self.database_name()));
    }
}

impl Program {
    /// Starts a process.
    #[track_caller]
    pub(crate) fn start(command: &mut Command) -> Self {
        Self::try_start(command).unwrap_or_else(|why| panic!("{command:?}: {why}"))
    }

    /// Starts a process whose program may not be there.
    pub(crate) fn try_start(command: &mut Command) -> std::io::Result<Self> {
        let name = format!("{command:?}").replace('"', "");
        let said = tempfile::NamedTempFile::new()?;
        let pipe = || OpenOptions::new().append(true).open(said.path());
        let child = command.stdin(Stdio::null()).stdout(pipe()?).stderr(pipe()?).spawn()?;
        Ok(Self { name, child, said })
    }

    /// Returns what it has said by now.
    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.said.path()).expect("a file that was just made")).into_owned()
    }

    /// Waits until it has said this.
    #[track_caller]
    pub(crate) fn says(&mut self, text: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.said().contains(text) {
            let runs = self.is_running();
            assert!(runs && Instant::now() < until, "{} did not say {text:?}, but:\n{}", self.name, self.said());
            std::thread::sleep(LOOK);
        }
    }

    /// Returns whether it has not ended.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child of this process").is_none()
    }

    /// Returns its resident memory in KiB; `None` where it has ended, or the system does not say.
    pub(crate) fn resident_kib(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    }

    /// Sends a signal by its name: `TERM`, `INT`, `STOP`, `CONT`.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(status.expect("the system's kill").success(), "kill -{name}");
    }

    /// Kills it without a word, as a crash does.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("a child of this process");
        self.child.wait().expect("a child of this process");
    }

    /// Waits until it has ended; returns its exit code, `None` where a signal ended it, and all that it said.
    #[track_caller]
    pub(crate) fn ends(mut self) -> (Option<i32>, String) {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child of this process") {
                return (status.code(), self.said());
            }
            assert!(Instant::now() < until, "{} did not end; it said:\n{}", self.name, self.said());
            std::thread::sleep(LOOK);
        }
    }

    /// Waits until it has ended with exit code 0, and returns all that it said.
    #[track_caller]
    pub(crate) fn succeeds(self) -> String {
        let name = self.name.clone();
        let (code, said) = self.ends();
        assert_eq!(code, Some(0), "{name} said:\n{said}");
        said
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns where a program of this package lies.
pub(crate) fn path(program: &str) -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_network")).with_file_name(program)
}

/// Says past libtest, which shows nothing that a passing test prints, that a test does not run, and why.
pub(crate) fn not_run(test: &str, why: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{test}: {why}, and this is CI");
    // In one piece: other tests write at the same time.
    let line = format!("!!! {test}: NOT RUN, since {why}; cargo xtask test has what it needs\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}

fn variable(name: &str, test: &str) -> Option<String> {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    if value.is_none() {
        not_run(test, &format!("{name} is not set"));
    }
    value
}

fn is_fixed(topic: &str) -> bool {
    let is_state = topic.starts_with("inv-") && topic.split_once('.').is_some_and(|(_, kind)| kind == "state");
    let goes_on = |rest: &str| rest.is_empty() || rest.starts_with('.');
    is_state || TOPICS.iter().any(|fixed| topic.strip_prefix(fixed).is_some_and(goes_on))
}
