//! How to reach the brokers, and the client settings that the network's promises hang on.
//!
//! In come servers and settings of librdkafka by name; out go configurations for a producer and a consumer. Values
//! of settings are never shown: passwords are among them.

mod watch;

use std::fmt;
use std::fs::File;
use std::sync::Arc;

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;

pub(crate) use self::watch::Watch;
use crate::error::Error;

/// Bytes of the largest record that can be set aside.
pub(crate) const LARGEST_RECORD: u32 = 64 * 1024 * 1024;

/// Settings that are ours: the order and safety of the records hang on them.
const OURS: [&str; 24] = [
    "acks",
    "auto.commit.enable",
    "auto.offset.reset",
    "bootstrap.servers",
    // A follower may not know yet of a commit that its leader has answered.
    "client.rack",
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
    "transaction.timeout.ms",
    "transactional.id",
];

/// Settings that name a file, read when a client is made. Where it is missing librdkafka says `BIO lib`.
const FILES: [&str; 5] =
    ["ssl.ca.location", "ssl.certificate.location", "ssl.crl.location", "ssl.key.location", "ssl.keystore.location"];

/// Parts of the names of settings whose values are secrets.
const SECRETS: [&str; 5] = ["password", "secret", "token", ".pem", "oauthbearer.config"];

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
    /// - [`Error::Setting`] for one that the network's promises hang on, and for a file that can't be read. One that
    ///   librdkafka does not know is refused when the first client is made.
    pub fn set(mut self, name: &str, value: &str) -> Result<Self, Error> {
        if OURS.contains(&name) {
            return Err(Error::Setting { name: name.into(), why: None });
        }
        // `probe` has librdkafka look for the system's own authorities.
        let is_file = FILES.contains(&name) && !(name == "ssl.ca.location" && value == "probe");
        if let Some(why) = is_file.then(|| File::open(value)).and_then(Result::err) {
            return Err(Error::Setting { name: name.into(), why: Some(format!("{value}: {why}").into()) });
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
        // A broker that comes back is found again within a second, not within ten.
        config.set("reconnect.backoff.max.ms", "1000");
        // What is wrong is told by `Notice` and `Error`: `Watch` shows none of these lines, but a connection that is
        // closed by the other end stands nowhere else.
        config.set_log_level(RDKafkaLogLevel::Info);
        for (name, value) in &self.extra {
            config.set(name, value);
        }
        // OpenSSL built from source looks for the authorities where none are installed, unless these name a place.
        #[cfg(feature = "tls")]
        if ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().all(|name| std::env::var_os(name).is_none()) {
            config.set_default("ssl.ca.location", "probe");
        }
        config
    }

    pub(crate) fn producer(&self, transactional: Option<&str>) -> ClientConfig {
        let mut config = self.client();
        config
            .set("enable.idempotence", if self.durable { "true" } else { "false" })
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
        if let Some(id) = transactional {
            config
                .set("transactional.id", id)
                // So long do readers wait for one that died and does not come back.
                .set("transaction.timeout.ms", "10000");
        } else if self.durable {
            // After a lost record nothing that follows it may land. (A transaction is all or nothing in any case.)
            config.set("enable.gapless.guarantee", "true");
        }
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
            // The default stalls a reader that is faster than the network for a second.
            .set_default("fetch.queue.backoff.ms", "1")
            .set_default("fetch.wait.max.ms", "10");
        config
    }

    /// For questions alone: its end of a topic is behind what is not committed yet.
    pub(crate) fn asker(&self) -> ClientConfig {
        let mut config = self.consumer();
        config.set("isolation.level", "read_uncommitted");
        config
    }

    pub(crate) fn watch(&self) -> Watch {
        let is_secret = |name: &str| SECRETS.iter().any(|part| name.contains(part));
        let secrets = self.extra.iter().filter(|(name, value)| is_secret(name) && !value.is_empty());
        Watch::new(Arc::clone(&self.notices), secrets.map(|(_, value)| value.clone()).collect())
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

#[cfg(test)]
mod tests {
    use rdkafka::consumer::BaseConsumer;

    use super::*;

    fn refused(settings: Result<Settings, Error>) -> String {
        settings.expect_err("a setting that is refused").to_string()
    }

    /// What the first client says of a setting.
    fn of_the_client(name: &str, value: &str) -> String {
        let settings = Settings::new("localhost").set(name, value).unwrap();
        let made: Result<BaseConsumer<_>, _> = settings.consumer().create_with_context(settings.watch());
        made.map_err(Error::kafka("connecting to", "Kafka")).err().expect("a setting that is refused").to_string()
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        for name in FILES {
            let line = refused(Settings::new("localhost").set(name, "/no/such/file.pem"));
            let said = format!("Kafka setting {name}: /no/such/file.pem: No such file or directory");
            assert!(line.starts_with(&said), "{line}");
        }
        assert!(Settings::new("localhost").set("ssl.ca.location", "probe").is_ok());
        assert!(
            Settings::new("localhost").set("ssl.ca.location", env!("CARGO_MANIFEST_DIR")).is_ok(),
            "a folder of them"
        );
        assert!(
            Settings::new("localhost")
                .set("ssl.ca.location", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
                .is_ok()
        );
    }

    #[test]
    fn a_setting_that_is_ours_or_nobodys_is_named() {
        let line = refused(Settings::new("localhost").set("acks", "0"));
        assert_eq!(line, "Kafka setting acks can't be set: the order and safety of the records hang on it");
        assert_eq!(
            of_the_client("no.such.setting", "Zq7-kennwort"),
            "Kafka setting no.such.setting: No such configuration property: \"no.such.setting\""
        );
        let line = of_the_client("linger.ms", "soon");
        assert!(line.starts_with("Kafka setting linger.ms: Invalid value"), "{line}");
    }

    #[test]
    fn passwords_are_not_shown() {
        let settings = Settings::new("localhost").set("sasl.password", "Zq7-kennwort").unwrap();
        assert_eq!(format!("{settings:?}"), r#"Settings { servers: "localhost", extra: ["sasl.password"], .. }"#);
    }
}
