//! Topics: made where they are absent, taken as they are where they are not.

use std::ops::{ControlFlow, Range};
use std::time::{Duration, Instant};

use futures_executor::block_on;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerGroupMetadata};
use rdkafka::error::RDKafkaErrorCode;

use crate::error::{Error, Obstacle, is_passing};
use crate::log::Log;
use crate::producer::Producer;
use crate::reader::{Reader, Record};
use crate::settings::{Settings, Watch};

/// How long one request to a broker may take.
const REQUEST: Duration = Duration::from_secs(10);

/// A connection for questions about topics.
pub struct Cluster {
    settings: Settings,
    asker: BaseConsumer<Watch>,
}

/// A topic as it was found or made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic {
    /// How many partitions it has.
    pub partitions: i32,
    /// Whether it was made just now.
    pub made: bool,
}

impl Cluster {
    /// Connects, asking again until a broker answers or `timeout` is over.
    ///
    /// `waiting` is called about once a second while no broker answers, with the time waited; `Break` calls it off.
    ///
    /// # Errors
    ///
    /// - [`Error::Unreachable`] where no broker answered in time, [`Error::CalledOff`].
    /// - [`Error::NotConnected`] where one is there: at once for a user who is not let in and for a certificate that
    ///   can't be trusted, else when the time is over.
    /// - [`Error::Setting`] for a setting that librdkafka does not take.
    pub fn connect(
        settings: &Settings,
        timeout: Duration,
        mut waiting: impl FnMut(Duration) -> ControlFlow<()>,
    ) -> Result<Self, Error> {
        let asker = settings.asker().create_with_context(settings.watch());
        let cluster =
            Self { asker: asker.map_err(Error::kafka("connecting to", "Kafka"))?, settings: settings.clone() };
        let start = Instant::now();
        loop {
            // A short question, so that a signal is heard; the client goes on connecting between them.
            let left = timeout.saturating_sub(start.elapsed());
            if cluster.asker.fetch_metadata(None, left.min(Duration::from_secs(1))).is_ok() {
                return Ok(cluster);
            }
            hear(&cluster.asker);
            let watch = cluster.asker.context();
            let (is_over, servers) = (start.elapsed() >= timeout, Box::from(settings.servers()));
            match if is_over { watch.obstacle() } else { watch.lasting_obstacle() } {
                Some(Obstacle::Untrusted) if is_trusted_by_any_name(settings) => {
                    return Err(Error::NotConnected { servers, why: Obstacle::OtherHost });
                }
                Some(why) => return Err(Error::NotConnected { servers, why }),
                None if is_over => return Err(Error::Unreachable { servers }),
                None => (),
            }
            if waiting(start.elapsed()).is_break() {
                return Err(Error::CalledOff);
            }
        }
    }

    /// Returns a topic, made with these many partitions and records kept for ever where it is absent.
    ///
    /// # Errors
    ///
    /// - [`Error::Kafka`] where the broker refuses it.
    pub fn ensure(&self, topic: &str, partitions: i32) -> Result<Topic, Error> {
        self.ensure_with(topic, partitions, &[])
    }

    /// Returns a topic of which the last record of each key is kept, made where it is absent: positions and states.
    ///
    /// # Errors
    ///
    /// - [`Error::Kafka`] where the broker refuses it.
    pub fn ensure_compacted(&self, topic: &str, partitions: i32) -> Result<Topic, Error> {
        // Segments are compacted once they are closed: small ones keep what a restart reads small.
        let settings = [
            ("cleanup.policy", "compact"),
            ("segment.bytes", "4194304"),
            ("segment.ms", "600000"),
            ("min.cleanable.dirty.ratio", "0.1"),
        ];
        self.ensure_with(topic, partitions, &settings)
    }

    /// As [`Cluster::ensure`], with settings of the topic beside its retention.
    pub(crate) fn ensure_with(&self, topic: &str, partitions: i32, settings: &[(&str, &str)]) -> Result<Topic, Error> {
        if let Some(partitions) = self.partitions(topic)? {
            return Ok(Topic { partitions, made: false });
        }
        let admin: AdminClient<_> =
            self.settings.client().create_with_context(self.settings.watch()).map_err(Error::kafka("making", topic))?;
        // Who comes later reads it all. A replication of -1 is the broker's own default.
        let new = NewTopic::new(topic, partitions, TopicReplication::Fixed(-1)).set("retention.ms", "-1");
        let new = settings.iter().fold(new, |new, (name, value)| new.set(name, value));
        let options = AdminOptions::new().request_timeout(Some(REQUEST)).operation_timeout(Some(REQUEST));
        let made = block_on(admin.create_topics([&new], &options)).map_err(Error::kafka("making", topic))?;
        let made = match made.into_iter().next() {
            Some(Err((_, RDKafkaErrorCode::TopicAlreadyExists))) => false,
            Some(Err((_, code))) => {
                return Err(Error::kafka("making", topic)(rdkafka::error::KafkaError::AdminOp(code)));
            }
            Some(Ok(_)) | None => true,
        };
        let start = Instant::now();
        loop {
            if let Some(partitions) = self.partitions(topic)? {
                return Ok(Topic { partitions, made });
            }
            if start.elapsed() > REQUEST {
                let code = RDKafkaErrorCode::UnknownTopicOrPartition;
                return Err(Error::kafka("making", topic)(rdkafka::error::KafkaError::MetadataFetch(code)));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Returns how many partitions a topic has, `None` where it is absent or has no leaders yet.
    ///
    /// # Errors
    ///
    /// - [`Error::Kafka`] where no broker answers.
    pub fn partitions(&self, topic: &str) -> Result<Option<i32>, Error> {
        // Asking for all topics never makes one, which asking for one by name may.
        let metadata = self.asker.fetch_metadata(None, REQUEST);
        let metadata = metadata.inspect_err(|_| hear(&self.asker)).map_err(Error::kafka("asking for", topic))?;
        let found = metadata.topics().iter().find(|found| found.name() == topic && found.error().is_none());
        let led = found.filter(|found| found.partitions().iter().all(|partition| partition.leader() >= 0));
        Ok(led
            .map(|found| i32::try_from(found.partitions().len()).expect("partitions are numbered by i32"))
            .filter(|&n| n > 0))
    }

    /// Returns the first offset and the end of these partitions; what is not committed yet counts.
    pub(crate) fn marks(&self, topic: &str, partitions: Range<i32>) -> Result<Vec<(i64, i64)>, Error> {
        let start = Instant::now();
        let ask = |partition| loop {
            match self.asker.fetch_watermarks(topic, partition, REQUEST) {
                // A topic that was made a moment ago, or a leader that moves.
                Err(why) if why.rdkafka_error_code().is_some_and(is_passing) && start.elapsed() < REQUEST => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                answer => {
                    let answer = answer.inspect_err(|_| hear(&self.asker));
                    return answer.map_err(Error::kafka("asking for the end of", topic));
                }
            }
        };
        partitions.map(ask).collect()
    }

    /// Returns the settings it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}

/// Has the client's context hear what it has to say: it says so only when it is polled.
fn hear(asker: &BaseConsumer<Watch>) {
    const MOST: usize = 10_000;
    let _ = (0..MOST).find(|_| asker.poll(Duration::from_millis(1)).is_none());
}

/// Returns whether TLS comes about where the host's name is not looked at: OpenSSL has one word for both.
///
/// No user and no password is sent there.
fn is_trusted_by_any_name(settings: &Settings) -> bool {
    let settings = settings.clone().on_notice(|_| ());
    let mut config = settings.client();
    config.set("security.protocol", "ssl").set("ssl.endpoint.identification.algorithm", "none");
    let asker: Result<BaseConsumer<_>, _> = config.create_with_context(settings.watch());
    asker.is_ok_and(|asker| {
        let is_answered = asker.fetch_metadata(None, Duration::from_secs(1)).is_ok();
        hear(&asker);
        // Greeted over TLS, and then asked for a user.
        is_answered || asker.context().obstacle() == Some(Obstacle::WantsUser)
    })
}

impl Log for Cluster {
    type Source = Reader;
    type Writer = Producer;
    type Token = ConsumerGroupMetadata;

    fn watermarks(&self, topic: &str, partitions: i32) -> Result<Vec<(i64, i64)>, Error> {
        self.marks(topic, 0..partitions)
    }

    fn source(&self, topic: &str, positions: &[i64]) -> Result<Reader, Error> {
        Reader::from_positions(self, topic, positions)
    }

    fn writer(&self, id: Option<&str>) -> Result<Producer, Error> {
        id.map_or_else(|| Producer::new(&self.settings), |id| Producer::transactional(&self.settings, id))
    }

    fn read(
        &self,
        topic: &str,
        partitions: Range<i32>,
        take: &mut dyn FnMut(Record<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        Reader::read(self, topic, partitions, take)
    }
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").field("settings", &self.settings).finish_non_exhaustive()
    }
}
