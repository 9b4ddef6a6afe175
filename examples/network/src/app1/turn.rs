//! One turn of app1: a batch of records in, rows and offsets stored together, and before that what is set aside.
//!
//! It knows neither Kafka nor a database, but [`Log`] and [`Rows`]: a test that crashes it at every step runs this very
//! code.

use std::collections::HashSet;
use std::ops::Range;

use finnet_core::{PortfolioId, Valuation};
use finnet_kafka::flow::Slice;
use finnet_kafka::investor::keyless;
use finnet_kafka::log::{Log, Source as _};
use finnet_kafka::wire::{Reason, decode_valuation};
use finnet_kafka::{Error, Record, Refusal};

use crate::PORTFOLIOS;
use crate::rejects::Rejects;
use crate::store::{Advance, Appended, Outcome, Rows};
use crate::trouble::Trouble;

/// One life of app1: from the stored offsets on, until something goes wrong or somebody else stores.
#[derive(Debug)]
pub struct App<'a, L: Log> {
    portfolios: HashSet<PortfolioId>,
    source: L::Source,
    rejects: Rejects<'a, L>,
    stored: Vec<Option<i64>>,
    slice: Slice,
}

/// What came of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turned {
    /// Nothing came.
    Idle,
    /// A batch was stored.
    Stored,
    /// What is stored is to be looked at again, by another life: somebody else stores, or it is not known what was.
    LookAgain,
}

/// Who looks on.
pub trait Observer {
    /// Is told what became of a row that is stored with its batch.
    fn row(&mut self, portfolio: PortfolioId, valuation: &Valuation, outcome: Outcome);

    /// Is told of every record set aside; `written` is false where it had been before.
    fn set_aside(&mut self, reason: Reason, record: &Record<'_>, written: bool);
}

/// The records of one batch.
#[derive(Debug, Default)]
struct Batch {
    rows: Vec<(PortfolioId, Valuation)>,
    held: Vec<Held>,
    payloads: Vec<u8>,
    /// The next offset of each partition that the batch has read of.
    next: Vec<Option<i64>>,
}

/// A record, until it is known what becomes of it.
#[derive(Debug)]
struct Held {
    partition: i32,
    offset: i64,
    /// Where its payload is.
    payload: Option<Range<usize>>,
    /// Why it is no row; `None` where it is the next one.
    reason: Option<Reason>,
}

impl<'a, L: Log> App<'a, L> {
    /// Returns a life that goes on from what is stored.
    ///
    /// # Errors
    ///
    /// - [`Refusal::BeyondEnd`] where the topic was made anew; [`Error::Kafka`] where no broker answers.
    pub fn open(
        log: &'a L,
        partitions: i32,
        portfolios: &[PortfolioId],
        rows: &impl Rows,
        rejects: impl FnOnce(&'a L, Vec<i64>) -> Rejects<'a, L>,
        slice: Slice,
    ) -> Result<Self, Error> {
        let stored = rows.positions(partitions);
        let mut from = Vec::with_capacity(stored.len());
        for ((partition, (first, end)), &stored) in (0..).zip(log.watermarks(PORTFOLIOS, partitions)?).zip(&stored) {
            if let Some(stored) = stored.filter(|&stored| stored > end) {
                return Err(Refusal::BeyondEnd { topic: PORTFOLIOS.into(), partition, stored, end }.into());
            }
            from.push(stored.unwrap_or(first));
        }
        let source = log.source(PORTFOLIOS, &from)?;
        let portfolios = portfolios.iter().copied().collect();
        Ok(Self { portfolios, source, rejects: rejects(log, from), stored, slice })
    }

    /// Gathers a batch, sets aside what is none of its rows, and stores the rest with the offsets after it.
    ///
    /// # Errors
    ///
    /// - Where the stream must not be read on, or broker, database or disk refuse. What is stored is then to be looked at
    ///   again, by another life.
    pub fn turn(&mut self, rows: &mut impl Rows, observer: &mut impl Observer) -> Result<Turned, Trouble> {
        let batch = self.gather()?;
        self.source.check_partitions()?;
        if batch.held.is_empty() {
            return Ok(Turned::Idle);
        }
        let Appended::Done(outcomes) = self.store(&batch, rows, observer)? else {
            return Ok(Turned::LookAgain);
        };
        for (&(portfolio, valuation), outcome) in batch.rows.iter().zip(outcomes) {
            observer.row(portfolio, &valuation, outcome);
        }
        for (stored, next) in self.stored.iter_mut().zip(&batch.next) {
            *stored = next.or(*stored);
        }
        self.rejects.passed(&self.stored.iter().map(|stored| stored.unwrap_or(0)).collect::<Vec<_>>());
        Ok(Turned::Stored)
    }

    /// Stores a batch, what is set aside first.
    fn store(
        &mut self,
        batch: &Batch,
        rows: &mut impl Rows,
        observer: &mut impl Observer,
    ) -> Result<Appended, Trouble> {
        let advances = batch.advances(&self.stored);
        loop {
            let mut waits = false;
            let mut between = |outcomes: &[Outcome]| {
                let rejected = batch.rejected(outcomes);
                waits = !rejected.is_empty() && !self.rejects.is_open();
                if waits {
                    // Given up, and tried again once it is open.
                    return Err(Error::CalledOff.into());
                }
                for ((record, reason), written) in rejected.iter().zip(self.rejects.put(&rejected)?) {
                    observer.set_aside(*reason, record, written);
                }
                Ok(())
            };
            match rows.append(&batch.rows, &advances, &mut between) {
                Err(_) if waits => self.rejects.open()?,
                appended => return appended,
            }
        }
    }

    /// Returns what it reads.
    pub fn source(&self) -> &L::Source {
        &self.source
    }

    fn gather(&self) -> Result<Batch, Error> {
        let mut batch = Batch { next: vec![None; self.stored.len()], ..Batch::default() };
        self.slice.gather(&self.source, |record| {
            let reason = match self.decode(&record)? {
                Ok(row) => {
                    batch.rows.push(row);
                    None
                }
                Err(reason) => Some(reason),
            };
            batch.hold(&record, reason);
            Ok::<_, Error>(())
        })?;
        Ok(batch)
    }

    /// Returns the row that a record holds, or why it is set aside.
    fn decode(&self, record: &Record<'_>) -> Result<Result<(PortfolioId, Valuation), Reason>, Error> {
        let valued = match decode_valuation(record.payload.unwrap_or_default()) {
            Ok(valued) => valued,
            Err(reason) => return Ok(Err(reason)),
        };
        if record.is_before_by_a_day(valued.valuation.session) {
            return Ok(Err(Reason::Future));
        }
        if !self.portfolios.contains(&valued.portfolio) {
            return Ok(Err(Reason::UnknownPortfolio));
        }
        match record.key {
            Some(key) if key != valued.portfolio.portfolio.as_str().as_bytes() => Ok(Err(Reason::KeyMismatch)),
            None if self.stored.len() > 1 => Err(keyless(record).into()),
            _ => Ok(Ok((valued.portfolio, valued.valuation))),
        }
    }
}

impl Batch {
    fn hold(&mut self, record: &Record<'_>, reason: Option<Reason>) {
        let start = self.payloads.len();
        let payload = record.payload.map(|payload| {
            self.payloads.extend_from_slice(payload);
            start..self.payloads.len()
        });
        self.next[usize::try_from(record.partition).expect("numbered from 0")] = Some(record.offset + 1);
        self.held.push(Held { partition: record.partition, offset: record.offset, payload, reason });
    }

    /// Returns how far the batch takes each partition that it has read of.
    fn advances(&self, stored: &[Option<i64>]) -> Vec<Advance> {
        let moved = (0..).zip(stored).zip(&self.next);
        moved.filter_map(|((partition, &from), &next)| next.map(|next| Advance { partition, from, next })).collect()
    }

    /// Returns the records that are set aside, given what becomes of the rows.
    fn rejected(&self, outcomes: &[Outcome]) -> Vec<(Record<'_>, Reason)> {
        let mut outcomes = outcomes.iter();
        let rejected = self.held.iter().filter_map(|held| {
            let reason = match held.reason {
                Some(reason) => reason,
                None => match outcomes.next().expect("an outcome for each row") {
                    Outcome::Contradicting => Reason::Contradicting,
                    Outcome::OutOfRange => Reason::OutOfRange,
                    Outcome::Stored | Outcome::Repeated => return None,
                },
            };
            let payload = held.payload.clone().map(|range| &self.payloads[range]);
            Some((Record::new(PORTFOLIOS, held.partition, held.offset, payload), reason))
        });
        rejected.collect()
    }
}
