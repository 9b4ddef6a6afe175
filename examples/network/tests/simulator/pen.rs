//! The writer of one process: a transaction that the broker may know more of than the client, or less.
//!
//! What goes wrong here is what the real client meets: an answer that is lost, a request that arrives after its sender
//! has given up, a fence that is heard of late, a transaction that nobody ends.

use finnet_kafka::log::{Offsets, Outgoing, Writer};
use finnet_kafka::{Error, partition};
use rdkafka::error::RDKafkaErrorCode;

use super::client::{Client, place, timed_out};
use super::faults::Port;
use super::group::Token;
use super::log::{Fact, Fate};
use super::market::TODAY_MS;
use super::world::Stumble;

/// Writes in transactions, as one epoch of an id.
#[derive(Debug)]
pub(crate) struct Pen {
    client: Client,
    id: Box<str>,
    epoch: u32,
    is_open: bool,
    /// Whether the client has heard that its epoch is not the last.
    is_fenced: bool,
    /// What the client has not sent yet.
    unsent: Vec<(Box<str>, usize, Fact)>,
}

impl Pen {
    pub(crate) fn new(client: Client, id: &str, epoch: u32) -> Self {
        Self { client, id: id.into(), epoch, is_open: false, is_fenced: false, unsent: Vec::new() }
    }

    fn fenced(&self) -> Error {
        self.client.world.count("fenced");
        self.client.trace(|| format!("is fenced: {} epoch {}", self.id, self.epoch));
        Error::Fenced { id: self.id.clone() }
    }

    fn aborted(&self) -> Error {
        self.client.trace(|| format!("{} hears that its transaction failed", self.id));
        if self.client.world.dice.chance(3_000) {
            return Error::Undelivered { topic: "some topic".into(), code: RDKafkaErrorCode::MessageTimedOut };
        }
        Error::Aborted { id: self.id.clone(), source: Box::new(timed_out()) }
    }

    fn port(&self, port: Port) -> Result<(), Error> {
        self.client.world.port(self.client.slot, port).map_err(|stumble| match stumble {
            Stumble::Dead => Error::CalledOff,
            Stumble::Failed => self.aborted(),
        })
    }

    /// Sends what is not sent yet, or as many of it.
    fn flush(&mut self, most: usize) {
        let world = self.client.world;
        let most = most.min(self.unsent.len());
        for (topic, partition, fact) in self.unsent.drain(..most) {
            let by = (&*self.id, self.epoch);
            if world.broker.borrow_mut().produce(by, (&topic, partition), fact).is_err() {
                self.is_fenced = true;
            }
        }
    }

    /// Ends the transaction as chance has it, with the broker knowing more than the client or the other way round.
    fn end(&mut self) -> Result<(), Error> {
        let world = self.client.world;
        let (rates, dice) = (world.rates.get(), &world.dice);
        let commit = || world.broker.borrow_mut().end(&self.id, self.epoch, Fate::Committed, rates.late, dice);
        if !dice.chance(rates.commit) {
            return match commit() {
                Ok(()) => Ok(()),
                Err(_) => Err(self.fenced_commit()),
            };
        }
        match dice.below(6) {
            0 => {
                world.count("commit refused");
                Err(self.aborted())
            }
            1 | 2 => {
                if commit().is_err() {
                    return Err(self.fenced_commit());
                }
                world.count("commit answer lost");
                self.client.trace(|| format!("{} committed, but the answer is lost", self.id));
                Err(self.aborted())
            }
            3 => {
                // Whether it counts hangs on what comes first.
                let txn = world.broker.borrow().open_of(&self.id, self.epoch);
                if let Some(txn) = txn {
                    let arrives = world.now() + u64::try_from(dice.below(20)).expect("small");
                    world.broker.borrow_mut().commit_later(&self.id, self.epoch, txn, arrives);
                }
                if dice.chance(5_000) { Err(self.aborted()) } else { Err(self.died("with a commit under way")) }
            }
            4 => {
                let _ = commit();
                Err(self.died("after a commit"))
            }
            _ => Err(self.died("before a commit")),
        }
    }

    fn fenced_commit(&self) -> Error {
        self.client.world.count("commit fenced");
        self.fenced()
    }

    fn died(&self, when: &str) -> Error {
        self.client.world.count(Port::Commit.crash());
        self.client.trace(|| format!("{}: {when}", self.id));
        self.client.world.kill(self.client.slot);
        Error::CalledOff
    }
}

impl Writer for Pen {
    type Token = Token;

    fn begin(&mut self) -> Result<(), Error> {
        self.port(Port::Begin)?;
        assert!(!self.is_open, "{}: a transaction within another", self.id);
        if self.is_fenced {
            return Err(self.fenced());
        }
        self.is_open = true;
        Ok(())
    }

    fn send(&mut self, record: &Outgoing<'_>) -> Result<(), Error> {
        self.port(Port::Send)?;
        assert!(self.is_open, "{}: a record outside of a transaction", self.id);
        let world = self.client.world;
        let partitions = world.broker.borrow().partitions(record.topic);
        let at = place(record.partition.unwrap_or_else(|| partition::of_key(record.key, partitions)));
        let header = |name| record.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into());
        let fact = Fact {
            key: Some(record.key.into()),
            payload: record.payload.map(Into::into),
            time_ms: TODAY_MS,
            reason: header("reason"),
            group: header("group"),
            foreign: false,
        };
        self.unsent.push((record.topic.into(), at, fact));
        if world.dice.chance(world.rates.get().early) {
            self.flush(1 + world.dice.below(self.unsent.len()));
        }
        // The client hears of it now, or later.
        if self.is_fenced && world.dice.chance(5_000) { Err(self.fenced()) } else { Ok(()) }
    }

    fn commit(&mut self, read: Option<&Offsets<'_, Token>>) -> Result<(), Error> {
        assert!(self.is_open, "{}: a commit outside of a transaction", self.id);
        if let Err(why) = self.port(Port::Flush) {
            // What was sent last may have arrived all the same.
            self.flush(self.client.world.dice.below(self.unsent.len() + 1));
            return Err(why);
        }
        self.flush(usize::MAX);
        if self.is_fenced {
            return Err(self.fenced_commit());
        }
        if read.is_some_and(|read| !self.client.world.groups.borrow().is_current(read.token)) {
            self.client.world.count("offsets of a generation gone by");
            return Err(self.aborted());
        }
        self.port(Port::Commit)?;
        self.end()?;
        self.client.trace(|| format!("{} committed", self.id));
        self.is_open = false;
        Ok(())
    }
}

impl Drop for Pen {
    fn drop(&mut self) {
        let Client { world, slot } = self.client;
        if self.is_open && !world.is_dead(slot) && world.dice.chance(7_000) {
            let late = world.rates.get().late;
            if world.broker.borrow_mut().end(&self.id, self.epoch, Fate::Aborted, late, &world.dice).is_ok() {
                world.count("transaction aborted");
            }
        }
    }
}
