//! Sending: records in, in the order given for each key; an error as soon as one of them is lost.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use finnet_core::{Close, PortfolioId, Valuation};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};

use crate::error::Error;
use crate::settings::{Settings, Watch};
use crate::wire::{encode_close, encode_valuation};

/// A producer: idempotent, compressed, batched, partitioned by murmur2.
pub struct Producer {
    inner: ThreadedProducer<Deliveries>,
    buffer: Vec<u8>,
}

impl Producer {
    /// Returns a producer. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// - [`Error::Setting`] for a setting that librdkafka does not take.
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        let context = Deliveries { watch: settings.watch(), delivered: AtomicU64::new(0), lost: OnceLock::new() };
        let inner = settings.producer().create_with_context(context).map_err(Error::kafka("writing to", "Kafka"))?;
        Ok(Self { inner, buffer: Vec::new() })
    }

    /// Sends a close, keyed by its stock.
    ///
    /// # Errors
    ///
    /// As [`Producer::send`].
    pub fn send_close(&mut self, topic: &str, close: &Close) -> Result<(), Error> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        encode_close(close, &mut buffer);
        let sent = self.send(topic, close.symbol.as_str().as_bytes(), &buffer);
        self.buffer = buffer;
        sent
    }

    /// Sends a valuation, keyed by its portfolio's name.
    ///
    /// # Errors
    ///
    /// As [`Producer::send`].
    pub fn send_valuation(&mut self, topic: &str, of: PortfolioId, valuation: &Valuation) -> Result<(), Error> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        encode_valuation(of, valuation, &mut buffer);
        let sent = self.send(topic, of.portfolio.as_str().as_bytes(), &buffer);
        self.buffer = buffer;
        sent
    }

    /// Sends a record; waits while the queue of the client is full. Its time is the time of sending.
    ///
    /// # Errors
    ///
    /// - [`Error::Undelivered`] where this or an earlier record is lost.
    pub fn send(&self, topic: &str, key: &[u8], payload: &[u8]) -> Result<(), Error> {
        self.enqueue(topic, BaseRecord::to(topic).key(key).payload(payload))
    }

    /// Sends a record as it came, with headers; a record without payload stays one.
    pub(crate) fn send_with_headers(
        &self,
        topic: &str,
        key: &str,
        payload: Option<&[u8]>,
        headers: &[(&str, &str)],
    ) -> Result<(), Error> {
        let headers = headers.iter().fold(OwnedHeaders::new_with_capacity(headers.len()), |headers, (key, value)| {
            headers.insert(Header { key, value: Some(*value) })
        });
        let record = BaseRecord::<str, [u8]>::to(topic).key(key).headers(headers);
        self.enqueue(topic, if let Some(payload) = payload { record.payload(payload) } else { record })
    }

    fn enqueue<K, P>(&self, topic: &str, mut record: BaseRecord<'_, K, P>) -> Result<(), Error>
    where
        K: rdkafka::message::ToBytes + ?Sized,
        P: rdkafka::message::ToBytes + ?Sized,
    {
        loop {
            self.check()?;
            match self.inner.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    record = back;
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err((why, _)) => return Err(Error::kafka("writing to", topic)(why)),
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
    /// - [`Error::Undelivered`] where a record is lost.
    pub fn check(&self) -> Result<(), Error> {
        match self.inner.client().context().lost.get() {
            Some((topic, code)) => Err(Error::Undelivered { topic: topic.clone(), code: *code }),
            None => Ok(()),
        }
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
