//! How to reach the brokers, and the client settings that the network's promises hang on.
//!
//! In come servers and settings of librdkafka by name; out go configurations for a producer and a consumer. Values
//! of settings are never shown: passwords are among them.

use std::fmt;
use std::sync::Arc;

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::error::Error;

/// Bytes of the largest record that can be set aside.
pub(crate) const LARGEST_RECORD: u32 = 64 * 1024 * 1024;

/// Settings that are ours: the order and safety of the records hang on them.
const OURS: [&str; 22] = [
    "acks",
    "auto.commit.enable",
    "auto.offset.reset",
    "bootstrap.servers",
    "delivery.timeout.ms",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.gapless.guarantee",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "group.instance.id",
    "group.protocol",
    "isolation.level",
    "message.timeout.ms",
    "metadata.broker.list",
    "partition.assignment.strategy",
    "partitioner",
    "queuing.strategy",
    "request.required.acks",
    "test.mock.num.brokers",
    "transactional.id",
];

/// Where the brokers are and how to talk to them.
#[derive(Clone)]
pub struct Settings {
    servers: String,
    extra: Vec<(String, String)>,
    durable: bool,
    notices: Arc<dyn Fn(Notice) + Send + Sync>,
}

/// What happens to the connection, for whoever wants to tell the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// No broker can be reached; the client goes on trying.
    Away,
}

impl Settings {
    /// Returns the settings for these servers: `host:port`, several joined by commas.
    pub fn new(servers: &str) -> Self {
        Self { servers: servers.to_owned(), extra: Vec::new(), durable: true, notices: Arc::new(|_| ()) }
    }

    /// Adds a setting of librdkafka, such as `security.protocol`.
    ///
    /// # Errors
    ///
    /// - [`Error::Setting`] for one that the network's promises hang on. One that librdkafka does not know is refused
    ///   when the first client is made.
    pub fn set(mut self, name: &str, value: &str) -> Result<Self, Error> {
        if OURS.contains(&name) {
            return Err(Error::Setting { name: name.into(), why: None });
        }
        self.extra.push((name.to_owned(), value.to_owned()));
        Ok(self)
    }

    /// Has `tell` called, from a thread of the client, with what happens to the connection.
    #[must_use]
    pub fn on_notice(mut self, tell: impl Fn(Notice) + Send + Sync + 'static) -> Self {
        self.notices = Arc::new(tell);
        self
    }

    /// Returns the servers.
    pub fn servers(&self) -> &str {
        &self.servers
    }

    /// For the embedded broker, which dies with the process: idempotence costs half a second there and guards nothing.
    #[cfg(feature = "embedded")]
    pub(crate) fn volatile(mut self) -> Self {
        self.durable = false;
        self
    }

    pub(crate) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.servers).set("client.id", "finnet");
        // What is wrong is told by `Notice` and `Error`; librdkafka's own lines would run through a progress bar.
        config.set_log_level(RDKafkaLogLevel::Emerg);
        for (name, value) in &self.extra {
            config.set(name, value);
        }
        config
    }

    pub(crate) fn producer(&self) -> ClientConfig {
        let mut config = self.client();
        config
            .set("enable.idempotence", if self.durable { "true" } else { "false" })
            // After a lost record nothing that follows it may land: a restart goes on after the last that is there.
            .set("enable.gapless.guarantee", if self.durable { "true" } else { "false" })
            .set("acks", "all")
            .set("partitioner", "murmur2_random")
            // A record may come as large as its broker takes it, and is set aside as it came.
            .set_default("message.max.bytes", &LARGEST_RECORD.to_string())
            // What every client reads without a further library: Python's has gzip alone. The embedded broker is read by
            // nobody else, and keeps more of what is packed faster.
            .set_default("compression.type", if self.durable { "gzip" } else { "lz4" })
            .set_default("compression.level", if self.durable { "1" } else { "-1" })
            .set_default("queue.buffering.max.messages", "1000000")
            .set_default("batch.size", "262144")
            .set_default("linger.ms", "5");
        config
    }

    pub(crate) fn consumer(&self) -> ClientConfig {
        let mut config = self.client();
        config
            // librdkafka wants a group even of those who only assign; nothing is ever committed to this one.
            .set("group.id", "finnet")
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("enable.partition.eof", "true")
            .set("isolation.level", "read_committed")
            // A hole in the log is an error and never silence: readers start at explicit positions.
            .set("auto.offset.reset", "error")
            // The defaults stall a reader that is faster than the network for a second.
            .set_default("fetch.queue.backoff.ms", "1")
            .set_default("queued.min.messages", "1000000")
            .set_default("fetch.wait.max.ms", "10");
        config
    }

    pub(crate) fn watch(&self) -> Watch {
        Watch { notices: Arc::clone(&self.notices) }
    }
}

/// The names of the settings, not their values: passwords are among them.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.extra.iter().map(|(name, _)| name).collect();
        f.debug_struct("Settings").field("servers", &self.servers).field("extra", &names).finish_non_exhaustive()
    }
}

/// `set`, unless the user has.
trait SetDefault {
    fn set_default(&mut self, name: &str, value: &str) -> &mut Self;
}

impl SetDefault for ClientConfig {
    fn set_default(&mut self, name: &str, value: &str) -> &mut Self {
        if self.get(name).is_none() { self.set(name, value) } else { self }
    }
}

/// Turns the client's own errors into notices.
pub(crate) struct Watch {
    notices: Arc<dyn Fn(Notice) + Send + Sync>,
}

impl Watch {
    pub(crate) fn tell(&self, error: &KafkaError) {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown) {
            (self.notices)(Notice::Away);
        }
    }
}

impl ClientContext for Watch {
    fn error(&self, error: KafkaError, _: &str) {
        self.tell(&error);
    }

    fn log(&self, _: RDKafkaLogLevel, _: &str, _: &str) {}
}

impl ConsumerContext for Watch {}
