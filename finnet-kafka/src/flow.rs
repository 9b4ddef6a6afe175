//! The loop consume → step → produce, written once for every machine.
//!
//! A [`Flow`] reads all partitions of one topic, gives each record to a [`Codec`], steps the machine with what the
//! codec makes of it, and sends what the codec makes of the outputs. It works in slices, each a transaction of its own:
//! what is sent, what is set aside, the machine's new state and the positions read up to count together or not at all.
//!
//! # Why nothing is lost and nothing is doubled
//!
//! State and positions are entries of one partition of a compacted topic ([`state`](crate::state)). Whoever opens a flow
//! first takes the writer of that partition's `transactional.id`, which fences every other and ends what it left open;
//! only then are the entries read. So each writer goes on from all that was ever committed, and one that was thought
//! dead and wakes commits nothing any more. Who opens it is decided by a group ([`Member`](crate::log::Member)), which
//! only keeps two from taking it from each other for ever: the fence alone makes it safe.

use std::time::{Duration, Instant};

use finnet_core::machine::Journal;

use crate::aside::SetAside;
use crate::error::{Error, Refusal};
use crate::log::{Log, Offsets, Outgoing, Source, Writer};
use crate::reader::Record;
use crate::state::{Entries, State};
use crate::wire::Reason;

/// How long a slice waits for its first record: how fast a signal is heard.
const PATIENCE: Duration = Duration::from_millis(100);

/// How a machine's inputs, outputs and state look on the wire.
pub trait Codec<M: Journal> {
    /// Returns the input that a record holds.
    ///
    /// # Errors
    ///
    /// - [`Verdict::Aside`] for a record to set aside: the stream goes on.
    /// - [`Verdict::Refuse`] for one after which the stream must not be read on.
    fn decode(&mut self, record: &Record<'_>) -> Result<M::Input, Verdict>;

    /// Puts the records that an output makes into the outbox, or has the record that led to it set aside.
    fn encode(&mut self, input: &M::Input, output: &M::Output, outbox: &mut Outbox);

    /// Puts what has changed in the machine, and in the codec itself, since the last call into the entries to write.
    fn save(&mut self, machine: &mut M, entries: &mut Entries);

    /// Takes machine and codec back to the entries that are kept.
    ///
    /// # Errors
    ///
    /// - [`Error::State`] for entries that are not of this machine.
    fn load(&mut self, machine: &mut M, state: &State) -> Result<(), Error>;

    /// Begins at the start of time, since nothing is kept yet: what the target holds was sent by somebody else.
    ///
    /// # Errors
    ///
    /// - [`Error::Kafka`] where no broker answers.
    fn begin<L: Log>(&mut self, machine: &M, log: &L, route: &Route) -> Result<(), Error>;
}

/// What becomes of a record that is no input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is set aside.
    Aside(Reason),
    /// It is set aside by another flow of the group.
    Pass,
    /// The stream must not be read on.
    Refuse(Refusal),
}

/// What follows from one record: the records to send, and whether it is set aside itself.
#[derive(Debug, Default)]
pub struct Outbox {
    bytes: Vec<u8>,
    /// Where key and payload of each record end.
    records: Vec<(usize, usize)>,
    aside: Option<Reason>,
}

impl Outbox {
    /// Adds a record; `write` appends its payload.
    pub fn send(&mut self, key: &[u8], write: impl FnOnce(&mut Vec<u8>)) {
        self.bytes.extend_from_slice(key);
        let middle = self.bytes.len();
        write(&mut self.bytes);
        self.records.push((middle, self.bytes.len()));
    }

    /// Has the record that led here set aside.
    pub fn set_aside(&mut self, reason: Reason) {
        self.aside = Some(reason);
    }

    /// Returns each record's key and payload.
    pub fn records(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut start = 0;
        self.records.iter().map(move |&(middle, end)| {
            let record = (&self.bytes[start..middle], &self.bytes[middle..end]);
            start = end;
            record
        })
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.records.clear();
        self.aside = None;
    }
}

/// Who looks on: counts, logs, progress. What it is told of counts only once its slice is committed.
pub trait Observer<M: Journal> {
    /// Is told of every output, with the record that led to it.
    fn output(&mut self, output: &M::Output, record: &Record<'_>);

    /// Is told of every record set aside; `written` is false where it had been before.
    fn set_aside(&mut self, reason: Reason, record: &Record<'_>, written: bool);
}

/// How much one transaction holds.
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    /// Records at the most.
    pub records: usize,
    /// For how long it gathers: what is sent is seen by readers no later than that and a commit.
    pub time: Duration,
}

impl Slice {
    /// Gives records to `take` until there are as many, the time is over, or nothing more is there; returns how many.
    /// The time begins with the first record, for which it waits 100 ms.
    ///
    /// # Errors
    ///
    /// - As [`Source::next`].
    pub fn gather<S: Source, E: From<Error>>(
        &self,
        source: &S,
        mut take: impl FnMut(Record<'_>) -> Result<(), E>,
    ) -> Result<usize, E> {
        let (mut records, mut began, mut left) = (0, None, PATIENCE);
        while records < self.records {
            let more = source.next(left.min(PATIENCE), |record| {
                began.get_or_insert_with(Instant::now);
                take(record)
            })?;
            records += usize::from(more);
            left = began.map_or(Duration::ZERO, |began| self.time.saturating_sub(began.elapsed()));
            if left.is_zero() || (!more && source.is_at_end()) {
                break;
            }
        }
        Ok(records)
    }
}

impl Default for Slice {
    /// 100 ms, or 100,000 records.
    fn default() -> Self {
        Self { records: 100_000, time: Duration::from_millis(100) }
    }
}

/// What a flow reads, writes and keeps.
#[derive(Clone, Debug)]
pub struct Route {
    /// The topic to read, and its partitions.
    pub source: (String, i32),
    /// The topic to write to, and its partitions.
    pub target: (String, i32),
    /// Where positions and state are kept; `None` where nothing outlives the process.
    pub state: Option<Kept>,
    /// How much one transaction holds.
    pub slice: Slice,
}

/// One partition of a topic of state, and the `transactional.id` of whoever writes it.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The compacted topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// How many partitions the topic has.
    pub partitions: i32,
}

impl Kept {
    /// Returns the `transactional.id`: `inv-1.state-0`.
    pub fn writer_id(&self) -> String {
        format!("{}-{}", self.topic, self.partition)
    }
}

/// A machine between two topics.
#[derive(Debug)]
pub struct Flow<M, C, L: Log> {
    machine: M,
    codec: C,
    source: L::Source,
    writer: L::Writer,
    route: Route,
    aside: SetAside,
    /// The next offset of each partition.
    positions: Vec<i64>,
    /// Which of them have moved since the last commit.
    moved: Vec<bool>,
    outbox: Outbox,
    entries: Entries,
}

impl<M: Journal<Input: Clone>, C: Codec<M>, L: Log> Flow<M, C, L> {
    /// Returns the flow, gone on from what its state keeps; every other flow of this state is fenced.
    ///
    /// # Errors
    ///
    /// - [`Error::State`], [`Refusal::PartitionsChanged`], [`Refusal::BeyondEnd`] where the state is of another set-up.
    /// - [`Error::Kafka`], [`Error::Aborted`] where no broker answers.
    pub fn open(log: &L, route: Route, mut machine: M, mut codec: C, mut aside: SetAside) -> Result<Self, Error> {
        let (topic, partitions) = (route.source.0.as_str(), route.source.1);
        let mut entries = Entries::default();
        let (writer, positions) = if let Some(kept) = &route.state {
            // In this order: what another has committed until it was fenced is read, and the ends are not behind it.
            let writer = log.writer(Some(&kept.writer_id()))?;
            let state = State::read(log, kept)?;
            let marks = log.watermarks(topic, partitions)?;
            let positions = state.positions(topic, &marks)?;
            if state.is_empty() {
                // All of them, once: from now on the state says how many there are.
                (0..).zip(&positions).for_each(|(partition, &next)| entries.position(topic, partition, next));
                aside.recall(log, &positions)?;
                aside.farthest().for_each(|(partition, offset)| entries.recalled(partition, offset));
                codec.begin(&machine, log, &route)?;
            } else {
                if state.is_behind_recalled(&positions)? {
                    aside.recall(log, &positions)?;
                }
                codec.load(&mut machine, &state)?;
            }
            (writer, positions)
        } else {
            let marks = log.watermarks(topic, partitions)?;
            (log.writer(None)?, marks.iter().map(|(first, _)| *first).collect())
        };
        let source = log.source(topic, &positions)?;
        let (moved, outbox) = (vec![false; positions.len()], Outbox::default());
        Ok(Self { machine, codec, source, writer, route, aside, positions, moved, outbox, entries })
    }

    /// Reads, steps and commits one slice; returns how many records it held. Without any it waits 100 ms.
    ///
    /// A token says as which member of a group the positions are committed besides: for whoever looks at its lag, and so
    /// that one that is no member any more commits nothing. After an error the flow is of no use: what counts is found
    /// by opening it anew.
    ///
    /// # Errors
    ///
    /// - [`Error::Refused`], [`Error::Gap`] where the stream must not be read on.
    /// - [`Error::Fenced`] where another flow of this state was opened.
    /// - [`Error::Aborted`], [`Error::Undelivered`], [`Error::Kafka`] where the broker is away.
    pub fn turn(&mut self, token: Option<&L::Token>, observer: &mut impl Observer<M>) -> Result<usize, Error> {
        let mut is_open = false;
        let mut outputs = Vec::new();
        let Self { source, machine, codec, writer, outbox, aside, positions, moved, route, .. } = self;
        let records = route.slice.gather(source, |record| {
            if !is_open {
                writer.begin()?;
                is_open = true;
            }
            outbox.clear();
            decide(machine, codec, &mut outputs, outbox, &record, observer)?;
            send(writer, route, outbox, aside, &record, observer)?;
            let place = usize::try_from(record.partition).expect("partitions are numbered from 0");
            (positions[place], moved[place]) = (record.offset + 1, true);
            Ok::<_, Error>(())
        })?;
        if records > 0 {
            self.commit(token)?;
        }
        self.source.check_partitions()?;
        Ok(records)
    }

    fn commit(&mut self, token: Option<&L::Token>) -> Result<(), Error> {
        let topic = &self.route.source.0;
        let mut read = None;
        if let Some(kept) = &self.route.state {
            for (place, moved) in self.moved.iter_mut().enumerate().filter(|(_, moved)| **moved) {
                let partition = i32::try_from(place).expect("partitions are numbered by i32");
                self.entries.position(topic, partition, self.positions[place]);
                *moved = false;
            }
            self.codec.save(&mut self.machine, &mut self.entries);
            for (key, payload) in self.entries.iter() {
                let partition = Some(kept.partition);
                self.writer.send(&Outgoing { topic: &kept.topic, partition, key, payload, headers: &[] })?;
            }
            self.entries.clear();
            read = token.map(|token| Offsets { token, topic, next: &self.positions });
        }
        self.writer.commit(read.as_ref())?;
        self.aside.committed(&self.positions);
        Ok(())
    }

    /// Returns the machine.
    pub fn machine(&self) -> &M {
        &self.machine
    }

    /// Returns what it reads.
    pub fn source(&self) -> &L::Source {
        &self.source
    }

    /// Returns the next offset of each partition.
    pub fn positions(&self) -> &[i64] {
        &self.positions
    }
}

/// Makes of a record what follows from it.
fn decide<M: Journal<Input: Clone>, C: Codec<M>>(
    machine: &mut M,
    codec: &mut C,
    outputs: &mut Vec<M::Output>,
    outbox: &mut Outbox,
    record: &Record<'_>,
    observer: &mut impl Observer<M>,
) -> Result<(), Error> {
    match codec.decode(record) {
        Ok(input) => {
            machine.step_into(input.clone(), outputs);
            for output in outputs.drain(..) {
                codec.encode(&input, &output, outbox);
                observer.output(&output, record);
            }
            Ok(())
        }
        Err(Verdict::Pass) => Ok(()),
        Err(Verdict::Aside(reason)) => {
            outbox.set_aside(reason);
            Ok(())
        }
        Err(Verdict::Refuse(refusal)) => Err(refusal.into()),
    }
}

fn send<M: Journal>(
    writer: &mut impl Writer,
    route: &Route,
    outbox: &Outbox,
    aside: &mut SetAside,
    record: &Record<'_>,
    observer: &mut impl Observer<M>,
) -> Result<(), Error> {
    for (key, payload) in outbox.records() {
        writer.send(&Outgoing::new(&route.target.0, key, payload))?;
    }
    if let Some(reason) = outbox.aside {
        let written = aside.put(writer, record, reason)?;
        observer.set_aside(reason, record, written);
    }
    Ok(())
}
