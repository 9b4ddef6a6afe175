//! The loop consume → step → produce, written once for every machine.
//!
//! A [`Flow`] reads all partitions of one topic, gives each record to a [`Codec`], steps the [`Machine`] with what the
//! codec makes of it, and sends what the codec makes of the outputs. It works in slices: up to 10,000 records or what
//! is there now, after which [`Observer::pulse`] may end it. A slice is what one transaction will hold.

use std::ops::{ControlFlow, Range};
use std::time::Duration;

use finnet_core::Machine;

use crate::aside::SetAside;
use crate::error::{Error, Refusal};
use crate::producer::Producer;
use crate::reader::{Reader, Record};
use crate::wire::Reason;

/// Records in one slice at the most.
const SLICE: usize = 10_000;

/// How long a slice waits for its first record: how fast a signal is heard.
const PATIENCE: Duration = Duration::from_millis(100);

/// How a machine's inputs and outputs look on the wire.
pub trait Codec<M: Machine> {
    /// Returns the input that a record holds.
    ///
    /// # Errors
    ///
    /// - [`Verdict::Aside`] for a record to set aside: the stream goes on.
    /// - [`Verdict::Refuse`] for one after which the stream must not be read on.
    fn decode(&mut self, record: &Record<'_>) -> Result<M::Input, Verdict>;

    /// Puts the records that an output makes into the outbox, or has the record that led to it set aside.
    fn encode(&mut self, output: &M::Output, outbox: &mut Outbox);
}

/// What becomes of a record that is no input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is set aside.
    Aside(Reason),
    /// The stream must not be read on.
    Refuse(Refusal),
}

/// What follows from one record: the records to send, and whether it is set aside itself.
#[derive(Debug, Default)]
pub struct Outbox {
    bytes: Vec<u8>,
    records: Vec<(Range<usize>, Range<usize>)>,
    aside: Option<Reason>,
}

impl Outbox {
    /// Adds a record; `write` appends its payload.
    pub fn send(&mut self, key: &[u8], write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key);
        let middle = self.bytes.len();
        write(&mut self.bytes);
        self.records.push((start..middle, middle..self.bytes.len()));
    }

    /// Has the record that led here set aside.
    pub fn set_aside(&mut self, reason: Reason) {
        self.aside = Some(reason);
    }

    /// Returns each record's key and payload.
    pub fn records(&self) -> impl ExactSizeIterator<Item = (&[u8], &[u8])> {
        self.records.iter().map(|(key, payload)| (&self.bytes[key.clone()], &self.bytes[payload.clone()]))
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.records.clear();
        self.aside = None;
    }
}

/// Who looks on: counts, logs, progress, and the word to end.
pub trait Observer<M: Machine> {
    /// Is told of every output, with the record that led to it.
    fn output(&mut self, output: &M::Output, record: &Record<'_>);

    /// Is told of every record set aside; `written` is false where it had been before.
    fn set_aside(&mut self, reason: Reason, record: &Record<'_>, written: bool);

    /// Is asked after every slice whether to go on; the reader tells how far it is.
    ///
    /// # Errors
    ///
    /// - Whatever it meets: the flow ends with it.
    fn pulse(&mut self, machine: &M, reader: &Reader) -> Result<ControlFlow<()>, Error>;
}

/// A machine between two topics.
#[derive(Debug)]
pub struct Flow<M, C> {
    machine: M,
    codec: C,
    reader: Reader,
    producer: Producer,
    target: String,
    aside: SetAside,
}

impl<M: Machine, C: Codec<M>> Flow<M, C> {
    /// Returns the flow from the reader's topic through the machine to `target`.
    pub fn new(machine: M, codec: C, reader: Reader, producer: Producer, target: &str, aside: SetAside) -> Self {
        Self { machine, codec, reader, producer, target: target.to_owned(), aside }
    }

    /// Runs until the observer ends it; all that was sent is then with the brokers.
    ///
    /// # Errors
    ///
    /// - [`Error::Refused`] where the stream must not be read on.
    /// - [`Error::Undelivered`], [`Error::Gap`], [`Error::Kafka`] as of [`Producer`] and [`Reader`].
    pub fn run(&mut self, observer: &mut impl Observer<M>) -> Result<(), Error> {
        let Self { machine, codec, reader, producer, target, aside } = self;
        let mut outbox = Outbox::default();
        loop {
            let mut records = 0;
            let mut take = |record: Record<'_>| {
                outbox.clear();
                match codec.decode(&record) {
                    Ok(input) => {
                        for output in machine.step(input) {
                            codec.encode(&output, &mut outbox);
                            observer.output(&output, &record);
                        }
                    }
                    Err(Verdict::Aside(reason)) => outbox.set_aside(reason),
                    Err(Verdict::Refuse(refusal)) => return Err(Error::from(refusal)),
                }
                for (key, payload) in outbox.records() {
                    producer.send(target, key, payload)?;
                }
                if let Some(reason) = outbox.aside {
                    let written = aside.put(producer, &record, reason)?;
                    observer.set_aside(reason, &record, written);
                }
                Ok(())
            };
            while records < SLICE && reader.next(if records == 0 { PATIENCE } else { Duration::ZERO }, &mut take)? {
                records += 1;
            }
            producer.check()?;
            reader.check_partitions()?;
            if observer.pulse(machine, reader)?.is_break() {
                return producer.flush();
            }
        }
    }

    /// Returns the machine.
    pub fn machine(&self) -> &M {
        &self.machine
    }
}
