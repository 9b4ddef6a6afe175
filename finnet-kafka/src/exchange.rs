//! The exchange on the wire: closes out, in transactions, and how far each stock is in the same transactions.
//!
//! An [`Emitter`] keeps two kinds of entries on the compacted topic `StockExchange.positions`: `last/IBM`, the last
//! session sent of a stock and its partition, and `instance/SE1`, which instance of the exchange was the last to begin.
//! A restart reads these, whatever the length of `StockExchange`. What others have written there is found once, by
//! reading it from its start.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use finnet_core::{Close, Symbol};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::flow::Slice;
use crate::log::{Log, Outgoing, Writer};
use crate::partition;
use crate::state::{Entries, parse};
use crate::wire::{decode_close, encode_close};

/// Where an exchange writes, and who writes.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The exchange's name: `SE1`.
    pub exchange: String,
    /// The topic of closes, and its partitions.
    pub topic: (String, i32),
    /// The compacted topic of positions, which all exchanges of the topic share, and its partitions: a stock that moves from
    /// one exchange to another keeps its place. `None` where nothing outlives the process.
    pub positions: Option<(String, i32)>,
    /// Which instance of the exchange this is: a text that no other has.
    pub instance: String,
    /// How much one transaction holds.
    pub slice: Slice,
}

/// Whether an instance begins, or goes on after its transaction was not committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// It takes over from whoever was there.
    Begins,
    /// It ends where another has taken over in the meantime.
    GoesOn,
}

/// How far a stock is, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Last {
    /// `None`: nothing was ever sent.
    session: Option<NaiveDate>,
    partition: i32,
}

/// Sends the closes of one exchange, each once.
#[derive(Debug)]
pub struct Emitter<W> {
    writer: W,
    desk: Desk,
    lasts: HashMap<Symbol, Option<NaiveDate>>,
    /// Stocks that have moved since the last commit.
    moved: BTreeSet<Symbol>,
    /// When the open transaction began.
    began: Option<Instant>,
    records: usize,
    buffer: Vec<u8>,
}

impl<W: Writer> Emitter<W> {
    /// Returns the emitter of these stocks, gone on from what is committed; every other of the exchange is fenced.
    ///
    /// # Errors
    ///
    /// - [`Error::Fenced`] where another instance has taken over from one that goes on.
    /// - [`Refusal::TwoPartitions`](crate::Refusal::TwoPartitions) where a stock's last record lies in another partition
    ///   than its next one would: another partitioner wrote it, or the count of partitions has changed.
    /// - [`Error::State`] where the positions are of another topic; [`Error::Kafka`], [`Error::Aborted`] where no broker
    ///   answers.
    pub fn open<L: Log<Writer = W>>(log: &L, desk: Desk, stocks: &[Symbol], opening: Opening) -> Result<Self, Error> {
        let Some(positions) = desk.positions.clone() else {
            let lasts = stocks.iter().map(|&symbol| (symbol, None)).collect();
            return Ok(Self::with(log.writer(None)?, desk, lasts));
        };
        let id = format!("{}.{}", desk.topic.0, desk.exchange);
        if opening == Opening::GoesOn
            && Positions::read(log, &positions, &desk)?.instance.as_ref() != Some(&desk.instance)
        {
            return Err(Error::Fenced { id: id.into() });
        }
        // In this order: what another has committed until it was fenced is read.
        let writer = log.writer(Some(&id))?;
        let kept = Positions::read(log, &positions, &desk)?;
        let signed = kept.instance.as_ref() == Some(&desk.instance);
        if opening == Opening::GoesOn && !signed {
            return Err(Error::Fenced { id: id.into() });
        }
        let lasts = kept.lasts(log, &desk, stocks)?;
        let mut emitter = Self::with(writer, desk, lasts);
        emitter.moved.extend(stocks.iter().filter(|&symbol| !kept.lasts.contains_key(symbol)));
        if !signed {
            // Said before anything else is sent: an older instance that wakes knows by it that it is one.
            emitter.begin()?;
            emitter.sign(&positions.0)?;
            emitter.commit()?;
        }
        Ok(emitter)
    }

    fn with(writer: W, desk: Desk, lasts: HashMap<Symbol, Option<NaiveDate>>) -> Self {
        Self { writer, desk, lasts, moved: BTreeSet::new(), began: None, records: 0, buffer: Vec::new() }
    }

    /// Returns the last session of a stock that was sent, by this instance or one before it.
    pub fn last(&self, symbol: Symbol) -> Option<NaiveDate> {
        self.lasts.get(&symbol).copied().flatten()
    }

    /// Sends a close, unless it was sent before; returns whether it was sent now. It counts once it is committed.
    ///
    /// # Errors
    ///
    /// - As [`Writer::send`].
    pub fn send(&mut self, close: &Close) -> Result<bool, Error> {
        if self.last(close.symbol) >= Some(close.session) {
            return Ok(false);
        }
        self.begin()?;
        self.buffer.clear();
        encode_close(close, &mut self.buffer);
        let key = close.symbol.as_str().as_bytes();
        self.writer.send(&Outgoing::new(&self.desk.topic.0, key, &self.buffer))?;
        self.lasts.insert(close.symbol, Some(close.session));
        self.moved.insert(close.symbol);
        self.records += 1;
        Ok(true)
    }

    /// Returns for how long the open transaction may gather more; zero where it is to be committed, `None` without one.
    pub fn left(&self) -> Option<Duration> {
        let began = self.began?;
        let Slice { records, time } = self.desk.slice;
        Some(if self.records < records { time.saturating_sub(began.elapsed()) } else { Duration::ZERO })
    }

    /// Commits what was sent, with the positions after it.
    ///
    /// # Errors
    ///
    /// - As [`Writer::commit`]. What counts is then found by opening another emitter.
    pub fn commit(&mut self) -> Result<(), Error> {
        if self.began.is_none() {
            return Ok(());
        }
        if let Some((topic, _)) = &self.desk.positions {
            let mut entries = Entries::default();
            for symbol in std::mem::take(&mut self.moved) {
                let partition = partition::of_key(symbol.as_str().as_bytes(), self.desk.topic.1);
                let last = Last { session: self.lasts[&symbol], partition };
                entries.set(&format!("last/{symbol}"), &last);
            }
            write(&mut self.writer, topic, &entries)?;
        }
        self.writer.commit(None)?;
        (self.began, self.records) = (None, 0);
        Ok(())
    }

    fn begin(&mut self) -> Result<(), Error> {
        if self.began.is_none() {
            self.writer.begin()?;
            self.began = Some(Instant::now());
        }
        Ok(())
    }

    fn sign(&mut self, topic: &str) -> Result<(), Error> {
        let mut entries = Entries::default();
        entries.set(&format!("instance/{}", self.desk.exchange), &self.desk.instance);
        write(&mut self.writer, topic, &entries)
    }
}

fn write(writer: &mut impl Writer, topic: &str, entries: &Entries) -> Result<(), Error> {
    for (key, payload) in entries.iter() {
        writer.send(&Outgoing { topic, partition: None, key, payload, headers: &[] })?;
    }
    Ok(())
}

/// What is kept of one exchange.
#[derive(Debug, Default)]
struct Positions {
    instance: Option<String>,
    lasts: HashMap<Symbol, Last>,
}

impl Positions {
    fn read<L: Log>(log: &L, (topic, partitions): &(String, i32), desk: &Desk) -> Result<Self, Error> {
        let mut kept = Self::default();
        let own = format!("instance/{}", desk.exchange);
        log.read(topic, 0..*partitions, &mut |record| {
            let key = record.key.map(String::from_utf8_lossy).unwrap_or_default();
            let value = record.payload.unwrap_or_default();
            if let Some(symbol) = key.strip_prefix("last/").and_then(|ticker| Symbol::new(ticker).ok()) {
                kept.lasts.insert(symbol, parse(topic, &key, value)?);
            } else if key == own {
                kept.instance = Some(parse(topic, &key, value)?);
            }
            Ok(())
        })?;
        Ok(kept)
    }

    /// Returns the last session of each stock; where one is not kept, the topic itself is read.
    fn lasts<L: Log>(
        &self,
        log: &L,
        desk: &Desk,
        stocks: &[Symbol],
    ) -> Result<HashMap<Symbol, Option<NaiveDate>>, Error> {
        let (topic, count) = (desk.topic.0.as_str(), desk.topic.1);
        let found = if stocks.iter().all(|symbol| self.lasts.contains_key(symbol)) {
            HashMap::new()
        } else {
            sessions_on(log, topic, count, stocks)?
        };
        // After all that was read, so that it is not behind it.
        let marks = log.watermarks(topic, count)?;
        let mut lasts = HashMap::new();
        for &symbol in stocks {
            let last = self.lasts.get(&symbol).or(found.get(&symbol)).copied();
            let now = partition::of_key(symbol.as_str().as_bytes(), count);
            let sent = last.filter(|last| last.session.is_some());
            if let Some(last) = sent.filter(|last| last.partition != now) {
                return Err(Error::two_partitions(topic, symbol, last.partition, now));
            }
            let is_empty = usize::try_from(now).ok().and_then(|at| marks.get(at)).is_none_or(|(_, end)| *end == 0);
            if is_empty && let (Some(last), Some((positions, _))) = (sent, &desk.positions) {
                let session = last.session.unwrap_or_default();
                let why =
                    format!("{symbol} was sent up to {session}, but {topic} is empty: delete {positions} as well");
                let key = format!("last/{symbol}").into();
                return Err(Error::State { topic: positions.as_str().into(), key, why: why.into() });
            }
            lasts.insert(symbol, sent.and_then(|last| last.session));
        }
        Ok(lasts)
    }
}

/// Returns the last session of each of these stocks that the topic holds, and its partition.
///
/// A key unlike its payload, and what is no close, are passed over: investors set them aside.
fn sessions_on<L: Log>(
    log: &L,
    topic: &str,
    partitions: i32,
    stocks: &[Symbol],
) -> Result<HashMap<Symbol, Last>, Error> {
    let mut lasts: HashMap<Symbol, Last> = HashMap::new();
    log.read(topic, 0..partitions, &mut |record| {
        if let Ok(close) = decode_close(record.payload.unwrap_or_default())
            && record.key.is_none_or(|key| key == close.symbol.as_str().as_bytes())
            && !record.is_before_by_a_day(close.session)
            && stocks.contains(&close.symbol)
        {
            let now = Last { session: Some(close.session), partition: record.partition };
            let last = lasts.entry(close.symbol).or_insert(now);
            if (last.session, last.partition) < (now.session, now.partition) {
                *last = now;
            }
        }
        Ok(())
    })?;
    Ok(lasts)
}
