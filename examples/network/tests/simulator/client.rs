//! The broker as the loops of one process see it: [`Log`], and [`Source`] of committed records.
//!
//! In come the loops' requests, each of which may fail, or be the last that the process makes; out go records as the
//! broker has them, partitions in no order.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use finnet_kafka::log::{Log, Source};
use finnet_kafka::{Error, Record};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::broker::TRANSACTION;
use super::faults::Port;
use super::group::Token;
use super::log::Fact;
use super::pen::Pen;
use super::world::{Stumble, World};

/// The clients of one process.
#[derive(Clone, Copy)]
pub(crate) struct Client {
    pub(crate) world: &'static World,
    pub(crate) slot: usize,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.slot)
    }
}

impl Log for Client {
    type Source = Tail;
    type Writer = Pen;
    type Token = Token;

    fn watermarks(&self, topic: &str, partitions: i32) -> Result<Vec<(i64, i64)>, Error> {
        self.port(Port::Marks, topic)?;
        let broker = self.world.broker.borrow();
        assert_eq!(broker.partitions(topic), partitions, "{topic}");
        Ok(broker.marks(topic))
    }

    fn source(&self, topic: &str, positions: &[i64]) -> Result<Tail, Error> {
        self.port(Port::Source, topic)?;
        let ended = positions.iter().map(|_| Cell::new(false)).collect();
        Ok(Tail { client: *self, topic: topic.into(), next: RefCell::new(positions.to_vec()), ended })
    }

    fn writer(&self, id: Option<&str>) -> Result<Pen, Error> {
        let id = id.expect("a broker that outlives the process has transactions");
        self.port(Port::Writer, id)?;
        let epoch = self.world.broker.borrow_mut().open(id, &self.world.dice);
        self.trace(|| format!("writes as {id}, epoch {epoch}"));
        Ok(Pen::new(*self, id, epoch))
    }

    fn read(
        &self,
        topic: &str,
        partitions: Range<i32>,
        take: &mut dyn FnMut(Record<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.port(Port::Read, topic)?;
        self.wait_for_open(topic, partitions.clone())?;
        self.world.broker.borrow_mut().readers += 1;
        let mut partitions = partitions;
        let read = partitions.try_for_each(|partition| self.read_partition(topic, partition, take));
        self.world.broker.borrow_mut().readers -= 1;
        read
    }
}

impl Client {
    /// Lets the process through to the world.
    pub(crate) fn port(&self, port: Port, topic: &str) -> Result<(), Error> {
        self.world.port(self.slot, port).map_err(|stumble| match stumble {
            Stumble::Dead => Error::CalledOff,
            Stumble::Failed => Error::Kafka { doing: "asking", topic: topic.into(), source: Box::new(timed_out()) },
        })
    }

    /// Says what has happened to the process, where a run is looked at.
    pub(crate) fn trace(&self, what: impl FnOnce() -> String) {
        self.world.trace(Some(self.slot), what);
    }

    /// Waits until the transactions have ended that are open now.
    fn wait_for_open(&self, topic: &str, partitions: Range<i32>) -> Result<(), Error> {
        let (ends, start) = (self.world.broker.borrow().marks(topic), self.world.now());
        for at in partitions.map(place) {
            while self.world.broker.borrow().stable_end(topic, at) < ends[at].1 {
                if self.world.now() - start > 3 * TRANSACTION {
                    let source = Box::new(timed_out());
                    return Err(Error::Kafka { doing: "waiting for", topic: topic.into(), source });
                }
                self.world.count("open transaction waited for");
                self.world.stir();
                if self.world.is_dead(self.slot) {
                    return Err(Error::CalledOff);
                }
            }
        }
        Ok(())
    }

    /// Reads a partition to its end, while others may write to it and compact it.
    fn read_partition(
        &self,
        topic: &str,
        partition: i32,
        take: &mut dyn FnMut(Record<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut next = 0;
        loop {
            if self.world.dice.chance(300) {
                self.port(Port::Read, topic)?;
            }
            let found = self.world.broker.borrow().next(topic, place(partition), next);
            let Some((offset, fact)) = found else { return Ok(()) };
            take(record(topic, partition, offset, &fact))?;
            next = offset + 1;
        }
    }
}

/// Reads a topic's partitions, in no order across them.
#[derive(Debug)]
pub(crate) struct Tail {
    client: Client,
    topic: Rc<str>,
    next: RefCell<Vec<i64>>,
    /// Which partitions were at their end when they were last looked at.
    ended: Vec<Cell<bool>>,
}

impl Source for Tail {
    fn next<E: From<Error>>(&self, _: Duration, take: impl FnOnce(Record<'_>) -> Result<(), E>) -> Result<bool, E> {
        let world = self.client.world;
        self.client.port(Port::Next, &self.topic)?;
        if world.dice.chance(world.rates.get().empty) {
            return Ok(false);
        }
        let partitions = self.ended.len();
        let first = world.dice.below(partitions);
        for at in (first..partitions).chain(0..first) {
            let from = self.next.borrow()[at];
            let found = world.broker.borrow().next(&self.topic, at, from);
            self.ended[at].set(found.is_none());
            if let Some((offset, fact)) = found {
                self.next.borrow_mut()[at] = offset + 1;
                let partition = i32::try_from(at).expect("a few");
                return take(record(&self.topic, partition, offset, &fact)).map(|()| true);
            }
        }
        Ok(false)
    }

    fn is_at_end(&self) -> bool {
        self.ended.iter().all(Cell::get)
    }

    fn check_partitions(&self) -> Result<(), Error> {
        Ok(())
    }
}

fn record<'a>(topic: &'a str, partition: i32, offset: i64, fact: &'a Fact) -> Record<'a> {
    Record {
        topic,
        partition,
        offset,
        time_ms: Some(fact.time_ms),
        key: fact.key.as_deref(),
        payload: fact.payload.as_deref(),
        group: fact.group.as_deref(),
    }
}

/// Returns a partition's number as a place.
pub(crate) fn place(partition: i32) -> usize {
    usize::try_from(partition).expect("numbered from 0")
}

/// Returns what the client says where no answer came.
pub(crate) fn timed_out() -> KafkaError {
    KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut)
}
