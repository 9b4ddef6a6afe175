//! Sending: records in, in the order given for each key; an error as soon as one of them is lost.
//!
//! A producer with a `transactional.id` writes in transactions, and fences every other of its id when it is made.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use finnet_core::{Close, PortfolioId, Valuation};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};
use rdkafka::{Offset, TopicPartitionList};

use crate::error::Error;
use crate::log::{Offsets, Outgoing, Writer};
use crate::settings::{Settings, Watch};
use crate::wire::{encode_close, encode_valuation};

/// How long one request of a transaction may take before it is asked again.
const REQUEST: Duration = Duration::from_secs(5);
/// How long a transaction is tried to be ended before it is given up: the broker aborts it by itself then.
const GIVE_UP: Duration = Duration::from_secs(15);
/// How long the abort of what is left open may hold up the end of a program.
const PARTING: Duration = Duration::from_secs(1);

/// A producer: idempotent, compressed, batched, partitioned by murmur2.
pub struct Producer {
    inner: ThreadedProducer<Deliveries>,
    /// The `transactional.id`, where there is one.
    id: Option<Box<str>>,
    /// Whether a transaction is open.
    open: bool,
    buffer: Vec<u8>,
}

impl Producer {
    /// Returns a producer without transactions. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// - [`Error::Setting`] for a setting that librdkafka does not take.
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        Self::with(settings, None)
    }

    /// Returns the producer of this `transactional.id`: all others of it are fenced, and what they left open is aborted.
    ///
    /// # Errors
    ///
    /// - [`Error::Setting`] for a setting that librdkafka does not take.
    /// - [`Error::Kafka`] where the broker does not answer, or refuses the id.
    pub fn transactional(settings: &Settings, id: &str) -> Result<Self, Error> {
        let producer = Self::with(settings, Some(id))?;
        let start = Instant::now();
        loop {
            match producer.inner.init_transactions(REQUEST) {
                Ok(()) => return Ok(producer),
                Err(KafkaError::Transaction(why)) if why.is_retriable() && start.elapsed() < GIVE_UP => (),
                Err(why) => return Err(producer.judge(why)),
            }
        }
    }

    fn with(settings: &Settings, id: Option<&str>) -> Result<Self, Error> {
        let context = Deliveries { watch: settings.watch(), delivered: AtomicU64::new(0), lost: OnceLock::new() };
        let config = settings.producer(id);
        let inner = config.create_with_context(context).map_err(Error::kafka("writing to", "Kafka"))?;
        Ok(Self { inner, id: id.map(Into::into), open: false, buffer: Vec::new() })
    }

    /// Sends a close, keyed by its stock.
    ///
    /// # Errors
    ///
    /// As [`Writer::send`].
    pub fn send_close(&mut self, topic: &str, close: &Close) -> Result<(), Error> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        encode_close(close, &mut buffer);
        let sent = self.enqueue(&Outgoing::new(topic, close.symbol.as_str().as_bytes(), &buffer));
        self.buffer = buffer;
        sent
    }

    /// Sends a valuation, keyed by its portfolio's name.
    ///
    /// # Errors
    ///
    /// As [`Writer::send`].
    pub fn send_valuation(&mut self, topic: &str, of: PortfolioId, valuation: &Valuation) -> Result<(), Error> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        encode_valuation(of, valuation, &mut buffer);
        let sent = self.enqueue(&Outgoing::new(topic, of.portfolio.as_str().as_bytes(), &buffer));
        self.buffer = buffer;
        sent
    }

    /// Sends a record; waits while the queue of the client is full. Its time is the time of sending.
    fn enqueue(&self, outgoing: &Outgoing<'_>) -> Result<(), Error> {
        let mut record = BaseRecord::<[u8], [u8]>::to(outgoing.topic).key(outgoing.key);
        (record.payload, record.partition) = (outgoing.payload, outgoing.partition);
        if !outgoing.headers.is_empty() {
            let empty = OwnedHeaders::new_with_capacity(outgoing.headers.len());
            record.headers = Some(
                outgoing
                    .headers
                    .iter()
                    .fold(empty, |headers, (key, value)| headers.insert(Header { key, value: Some(*value) })),
            );
        }
        loop {
            self.check()?;
            match self.inner.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    record = back;
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err((why, _)) => return Err(self.judge(why)),
            }
        }
    }

    /// Returns how many records the brokers have taken.
    pub fn delivered(&self) -> u64 {
        self.inner.client().context().delivered.load(Ordering::Relaxed)
    }

    /// Returns whether all is well so far.
    ///
    /// # Errors
    ///
    /// - [`Error::Undelivered`] where a record is lost; [`Error::Fenced`] where it is known that this is why.
    pub fn check(&self) -> Result<(), Error> {
        let Some((topic, code)) = self.inner.client().context().lost.get() else { return Ok(()) };
        match &self.id {
            Some(id) if is_fence(*code) || self.is_fenced() => Err(Error::Fenced { id: id.clone() }),
            _ => {
                // After a fatal error records are said to be purged; what was fatal says why.
                let fatal = self.inner.client().fatal_error().map(|(code, _)| code);
                Err(Error::Undelivered { topic: topic.clone(), code: fatal.unwrap_or(*code) })
            }
        }
    }

    /// Returns whether the client knows that it is fenced; afterwards its calls say only that something was fatal.
    fn is_fenced(&self) -> bool {
        self.inner.client().fatal_error().is_some_and(|(code, _)| is_fence(code))
    }

    /// Waits until the brokers have taken all records sent so far.
    ///
    /// # Errors
    ///
    /// - [`Error::Undelivered`] where one is lost, at the latest when `message.timeout.ms` (5 min) is over.
    pub fn flush(&self) -> Result<(), Error> {
        // The client's own flush looks in slices of 100 ms.
        while self.inner.in_flight_count() > 0 {
            self.check()?;
            std::thread::sleep(Duration::from_millis(1));
        }
        self.check()
    }

    /// Moves a group's offsets within the open transaction.
    fn send_offsets(&self, read: &Offsets<'_, ConsumerGroupMetadata>) -> Result<(), Error> {
        let mut list = TopicPartitionList::with_capacity(read.next.len());
        for (partition, &next) in (0..).zip(read.next) {
            list.add_partition_offset(read.topic, partition, Offset::Offset(next)).map_err(|why| self.judge(why))?;
        }
        self.until_done(|| self.inner.send_offsets_to_transaction(&list, read.token, REQUEST))
    }

    /// Asks again while the client says that asking again may help.
    fn until_done(&self, ask: impl Fn() -> Result<(), KafkaError>) -> Result<(), Error> {
        let start = Instant::now();
        loop {
            match ask() {
                Ok(()) => return Ok(()),
                Err(KafkaError::Transaction(why)) if why.is_retriable() && start.elapsed() < GIVE_UP => (),
                Err(KafkaError::Flush(RDKafkaErrorCode::OperationTimedOut)) if start.elapsed() < GIVE_UP => (),
                Err(why) => return Err(self.judge(why)),
            }
        }
    }

    /// Tells what a failed call means for the transaction.
    fn judge(&self, why: KafkaError) -> Error {
        let Some(id) = &self.id else { return Error::kafka("writing to", "Kafka")(why) };
        if why.rdkafka_error_code().is_some_and(is_fence) || self.is_fenced() {
            return Error::Fenced { id: id.clone() };
        }
        match Error::kafka("writing to", "Kafka")(why) {
            Error::Kafka { source, .. } => Error::Aborted { id: id.clone(), source },
            // What this user may not do will not pass by trying again.
            lasting => lasting,
        }
    }
}

/// Returns whether an error says that a newer producer of the same id is at work, or that the broker gave up on this.
fn is_fence(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(code, Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch)
}

/// Without a `transactional.id`, each record counts as soon as it is delivered, and `commit` waits until all are.
impl Writer for Producer {
    type Token = ConsumerGroupMetadata;

    fn begin(&mut self) -> Result<(), Error> {
        if self.id.is_some() {
            self.inner.begin_transaction().map_err(|why| self.judge(why))?;
            self.open = true;
        }
        Ok(())
    }

    fn send(&mut self, record: &Outgoing<'_>) -> Result<(), Error> {
        self.enqueue(record)
    }

    fn commit(&mut self, read: Option<&Offsets<'_, ConsumerGroupMetadata>>) -> Result<(), Error> {
        // First what takes questions and answers: meanwhile the last records go out, which linger for some milliseconds.
        if let Some(read) = read.filter(|_| self.id.is_some()) {
            self.send_offsets(read)?;
        }
        self.flush()?;
        if self.id.is_some() {
            self.until_done(|| self.inner.commit_transaction(REQUEST))?;
            self.open = false;
        }
        Ok(())
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        if self.open {
            // Whoever reads this topic waits for the end of what was left open. Where this fails, its time-out ends it.
            let _ = self.inner.abort_transaction(PARTING);
        }
    }
}

impl std::fmt::Debug for Producer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Producer").field("delivered", &self.delivered()).finish_non_exhaustive()
    }
}

/// Counts what was delivered and keeps the first loss.
struct Deliveries {
    watch: Watch,
    delivered: AtomicU64,
    lost: OnceLock<(Box<str>, RDKafkaErrorCode)>,
}

impl ClientContext for Deliveries {
    fn error(&self, error: KafkaError, _: &str) {
        self.watch.tell(&error);
    }

    fn log(&self, _: RDKafkaLogLevel, _: &str, _: &str) {}
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(_) => {
                self.delivered.fetch_add(1, Ordering::Relaxed);
            }
            Err((why, message)) => {
                let code = why.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail);
                // Only the first is kept: those after it are its consequences.
                let _ = self.lost.set((message.topic().into(), code));
            }
        }
    }
}
