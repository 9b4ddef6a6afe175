//! Reading a whole topic: all its partitions, from explicit positions, committed records only.
//!
//! Whoever needs all stocks reads all partitions: a group that subscribes from two processes would split them. A hole
//! in the log is an error ([`Error::Gap`]), and so is a count of partitions that changes.

use std::cell::Cell;
use std::ops::Range;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::{Offset, TopicPartitionList};

use crate::error::{Error, Refusal, is_passing};
use crate::log::Source;
use crate::settings::Watch;
use crate::topics::Cluster;

/// How often the count of partitions is looked at.
const PARTITIONS_CHECK: Duration = Duration::from_secs(5);
/// How long one request to a broker may take.
const REQUEST: Duration = Duration::from_secs(5);
/// How long open transactions are waited for: beyond the 10 s that ours may take, and the 10 s that a broker may take to
/// notice.
const SETTLES: Duration = Duration::from_secs(30);

/// A record as it came.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The partition.
    pub partition: i32,
    /// The offset in it.
    pub offset: i64,
    /// The record's Kafka time, in milliseconds since 1970; `None` from a broker that keeps none.
    pub time_ms: Option<i64>,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The payload.
    pub payload: Option<&'a [u8]>,
    /// The header `group`: who set the record aside. Only [`Log::read`](crate::Log::read) looks at headers.
    pub group: Option<&'a str>,
}

impl<'a> Record<'a> {
    /// `topic` is that of the message, whose own the client would have to look at byte by byte.
    fn of(message: &'a BorrowedMessage<'_>, topic: &'a str, with_headers: bool) -> Self {
        // The client copies a record's headers when they are asked for, even where there are none.
        let headers = if with_headers { message.headers() } else { None };
        Self {
            topic,
            partition: message.partition(),
            offset: message.offset(),
            time_ms: message.timestamp().to_millis(),
            key: message.key(),
            payload: message.payload(),
            group: headers.and_then(|headers| {
                let group = headers.iter().find(|header| header.key == "group")?;
                std::str::from_utf8(group.value?).ok()
            }),
        }
    }

    /// Returns a record of which no more than this is known.
    pub fn new(topic: &'a str, partition: i32, offset: i64, payload: Option<&'a [u8]>) -> Self {
        Self { topic, partition, offset, time_ms: None, key: None, payload, group: None }
    }

    /// Returns whether a date is more than a day after the record's Kafka time.
    pub fn is_before_by_a_day(&self, date: chrono::NaiveDate) -> bool {
        let midnight = date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis();
        self.time_ms.is_some_and(|time| midnight > time.saturating_add(86_400_000))
    }
}

/// A consumer of all partitions of one topic.
pub struct Reader {
    consumer: BaseConsumer<Watch>,
    topic: String,
    partitions: Range<i32>,
    /// Which partitions are read to their end, as of the last event.
    ended: Vec<Cell<bool>>,
    /// Where each partition was read from.
    from: Vec<i64>,
    with_headers: bool,
    checked: Cell<Instant>,
}

impl Reader {
    /// Returns a reader of a topic from its first record on.
    ///
    /// # Errors
    ///
    /// - [`Error::Kafka`] where the broker does not answer.
    pub fn from_start(cluster: &Cluster, topic: &str, partitions: i32) -> Result<Self, Error> {
        let firsts = cluster.marks(topic, 0..partitions)?.into_iter().map(|(first, _)| first);
        Self::from_positions(cluster, topic, &firsts.collect::<Vec<_>>())
    }

    /// Returns a reader of a topic from these offsets on, one a partition.
    ///
    /// # Errors
    ///
    /// - [`Error::Kafka`] where the broker does not answer.
    ///
    /// # Panics
    ///
    /// Where there are more positions than an i32 counts.
    pub fn from_positions(cluster: &Cluster, topic: &str, positions: &[i64]) -> Result<Self, Error> {
        let partitions = i32::try_from(positions.len()).expect("partitions are numbered by i32");
        let reader = Self::idle(cluster, topic, 0..partitions, positions.to_vec())?;
        reader.assign()?;
        Ok(reader)
    }

    /// Returns a reader of these partitions alone that has not begun to read.
    fn idle(cluster: &Cluster, topic: &str, partitions: Range<i32>, from: Vec<i64>) -> Result<Self, Error> {
        let settings = cluster.settings();
        let consumer: BaseConsumer<_> =
            settings.consumer().create_with_context(settings.watch()).map_err(Error::kafka("reading", topic))?;
        let (ended, checked) = (vec![Cell::new(false); from.len()], Cell::new(Instant::now()));
        Ok(Self { consumer, topic: topic.to_owned(), partitions, ended, from, with_headers: false, checked })
    }

    fn assign(&self) -> Result<(), Error> {
        let mut assignment = TopicPartitionList::with_capacity(self.from.len());
        for (partition, &position) in self.partitions.clone().zip(&self.from) {
            assignment
                .add_partition_offset(&self.topic, partition, Offset::Offset(position))
                .map_err(Error::kafka("reading", &self.topic))?;
        }
        self.consumer.assign(&assignment).map_err(Error::kafka("reading", &self.topic))
    }

    /// Gives every committed record of these partitions to `take`, up to the present end.
    ///
    /// A consumer's end is before the first open transaction, whoever's it is: what was committed behind it would be
    /// missed. So the reading begins when no transaction is open that was there when this was called.
    pub(crate) fn read(
        cluster: &Cluster,
        topic: &str,
        partitions: Range<i32>,
        take: impl FnMut(Record<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let marks = cluster.marks(topic, partitions.clone())?;
        if marks.iter().all(|(first, end)| first == end) {
            return Ok(());
        }
        let mut reader = Self::idle(cluster, topic, partitions, marks.iter().map(|(first, _)| *first).collect())?;
        reader.with_headers = true;
        let start = Instant::now();
        for (partition, (_, end)) in reader.partitions.clone().zip(marks) {
            while reader.stable_end(partition)? < end {
                if start.elapsed() > SETTLES {
                    let why = KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut);
                    return Err(Error::kafka("waiting for the open transactions of", topic)(why));
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        reader.assign()?;
        reader.read_to_end(take)
    }

    /// Returns the offset before which no transaction is open.
    fn stable_end(&self, partition: i32) -> Result<i64, Error> {
        let marks = self.consumer.fetch_watermarks(&self.topic, partition, REQUEST);
        Ok(marks.map_err(Error::kafka("asking for the end of", &self.topic))?.1)
    }

    /// Gives every record to `take`, up to where the topic's partitions end.
    ///
    /// # Errors
    ///
    /// As [`Source::next`]; [`Error::Kafka`] where nothing came for a minute.
    pub fn read_to_end<E: From<Error>>(&self, mut take: impl FnMut(Record<'_>) -> Result<(), E>) -> Result<(), E> {
        const SILENCE: Duration = Duration::from_mins(1);
        let mut silent = None;
        while !self.is_at_end() {
            if self.next(Duration::from_millis(100), &mut take)? {
                silent = None;
            } else if silent.get_or_insert_with(Instant::now).elapsed() > SILENCE {
                let why = KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut);
                return Err(Error::kafka("reading", &self.topic)(why).into());
            }
        }
        Ok(())
    }

    /// Returns the present end of each partition.
    ///
    /// # Errors
    ///
    /// - [`Error::Kafka`] where the broker does not answer.
    pub fn ends(&self, cluster: &Cluster) -> Result<Vec<i64>, Error> {
        Ok(cluster.marks(&self.topic, self.partitions.clone())?.into_iter().map(|(_, end)| end).collect())
    }

    /// Returns whether all committed records before these offsets, one a partition, were given.
    ///
    /// # Errors
    ///
    /// - [`Error::Kafka`] where the client does not know where it is.
    pub fn has_reached(&self, ends: &[i64]) -> Result<bool, Error> {
        // The client's position passes what is not given as well: the ends of transactions, which are records of the log.
        let positions = self.consumer.position().map_err(Error::kafka("reading", &self.topic))?;
        let mut reached = self.from.clone();
        for place in positions.elements() {
            if let Offset::Offset(offset) = place.offset() {
                let at = self.place(place.partition());
                reached[at] = reached[at].max(offset);
            }
        }
        Ok(reached.iter().zip(ends).all(|(position, end)| position >= end))
    }

    /// Returns how many partitions are read.
    pub fn partitions(&self) -> i32 {
        self.partitions.end - self.partitions.start
    }

    /// Returns the topic.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    fn place(&self, partition: i32) -> usize {
        let place = usize::try_from(partition - self.partitions.start).ok();
        place.filter(|&place| place < self.ended.len()).expect("an assigned partition")
    }

    /// Tells what the client mends by itself from what ends the reading.
    fn judge(&self, why: KafkaError) -> Result<(), Error> {
        use RDKafkaErrorCode as Code;
        match why.rdkafka_error_code() {
            Some(Code::AutoOffsetReset | Code::OffsetOutOfRange) => {
                let positions = self.consumer.position().map_err(Error::kafka("reading", &self.topic))?;
                for place in positions.elements() {
                    let marks = self.consumer.fetch_watermarks(&self.topic, place.partition(), REQUEST);
                    let (first, end) = marks.map_err(Error::kafka("reading", &self.topic))?;
                    let stored = match place.offset() {
                        Offset::Offset(offset) => offset,
                        _ => self.from[self.place(place.partition())],
                    };
                    if stored < first {
                        return Err(Error::Gap {
                            topic: self.topic.as_str().into(),
                            partition: place.partition(),
                            first,
                        });
                    }
                    if stored > end {
                        let (topic, partition) = (self.topic.as_str().into(), place.partition());
                        return Err(Refusal::BeyondEnd { topic, partition, stored, end }.into());
                    }
                }
                Err(Error::kafka("reading", &self.topic)(why))
            }
            Some(code) if is_passing(code) => {
                self.consumer.context().tell(&why);
                Ok(())
            }
            _ => Err(Error::kafka("reading", &self.topic)(why)),
        }
    }
}

impl Source for Reader {
    fn next<E: From<Error>>(
        &self,
        timeout: Duration,
        take: impl FnOnce(Record<'_>) -> Result<(), E>,
    ) -> Result<bool, E> {
        match self.consumer.poll(timeout) {
            None => Ok(false),
            Some(Ok(message)) => {
                self.ended[self.place(message.partition())].set(false);
                take(Record::of(&message, &self.topic, self.with_headers)).map(|()| true)
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                self.ended[self.place(partition)].set(true);
                Ok(false)
            }
            Some(Err(why)) => self.judge(why).map(|()| false).map_err(E::from),
        }
    }

    fn is_at_end(&self) -> bool {
        self.ended.iter().all(Cell::get)
    }

    fn check_partitions(&self) -> Result<(), Error> {
        if self.checked.get().elapsed() < PARTITIONS_CHECK {
            return Ok(());
        }
        self.checked.set(Instant::now());
        // A broker that does not answer now is asked again at the next look.
        let Ok(metadata) = self.consumer.fetch_metadata(Some(&self.topic), Duration::from_secs(1)) else {
            return Ok(());
        };
        let Some(found) = metadata.topics().first() else { return Ok(()) };
        let code = found.error().map(RDKafkaErrorCode::from);
        if code == Some(RDKafkaErrorCode::UnknownTopicOrPartition) {
            return Err(Refusal::Deleted { topic: self.topic.as_str().into() }.into());
        }
        let now = i32::try_from(found.partitions().len()).unwrap_or(i32::MAX);
        if code.is_some() || now == self.partitions() {
            return Ok(());
        }
        Err(Refusal::PartitionsChanged { topic: self.topic.as_str().into(), before: self.partitions(), now }.into())
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader")
            .field("topic", &self.topic)
            .field("partitions", &self.partitions)
            .finish_non_exhaustive()
    }
}
