//! app1: reads `portfolios` and stores each valuation in its portfolio's table, each exactly once.
//!
//! It works in batches: up to 10,000 records, or what is there now, then rows and offsets in one step. What stood
//! before stands: a second row for a date is repeated or contradicting.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use finnet_core::{PortfolioId, Valuation};
use finnet_kafka::investor::keyless;
use finnet_kafka::wire::{Reason, decode_valuation};
use finnet_kafka::{Cluster, Producer, Reader, Record, Refusal, SetAside};

use crate::PORTFOLIOS;
use crate::failure::Failure;
use crate::inv::place;
use crate::stop::{Done, Stop};
use crate::store::{Advance, Appended, Outcome, Store};
use crate::terminal::{Progress, Terminal, grouped, printable};

/// The consumer group under which records are set aside and offsets are stored.
const GROUP: &str = "app1";
/// Records in a batch at the most.
const BATCH: usize = 10_000;
/// How long a batch waits for its first record.
const PATIENCE: Duration = Duration::from_millis(100);
/// How long a batch waits for more: a commit costs the database more than that.
const GATHER: Duration = Duration::from_millis(5);

/// What app1 is to do.
#[derive(Debug)]
pub struct Job<'a> {
    /// The portfolios of the network.
    pub portfolios: Vec<PortfolioId>,
    /// For each portfolio the session at which it is done; empty where it never is.
    pub until: HashMap<PortfolioId, NaiveDate>,
    /// Where the investors are parts of the same process: done when they are and all they sent is stored.
    pub input: Option<&'a Done>,
    /// Partitions of topics to be made.
    pub partitions: i32,
    /// Whether the topic was just made and is this process's own.
    pub alone: bool,
    /// How long to wait for a database that is away.
    pub timeout: Duration,
    /// Rows to expect, for the progress.
    pub expected: u64,
}

/// Runs app1 until its last row is stored or it is asked to end.
///
/// # Errors
///
/// - Where the stream must not be read on, or broker, database or disk refuse.
pub fn run(
    job: &Job<'_>,
    cluster: &Cluster,
    store: &mut Store,
    stop: &Stop,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let topic = cluster.ensure(PORTFOLIOS, job.partitions)?;
    let aside =
        if job.alone { SetAside::fresh(PORTFOLIOS, GROUP) } else { SetAside::open(cluster, PORTFOLIOS, GROUP, 1)? };
    let mut app = App {
        job,
        stop,
        terminal,
        aside,
        producer: Producer::new(cluster.settings())?,
        progress: terminal.progress(job.expected, "rows"),
        counts: Counts::default(),
        input_stored: false,
        done_at: HashMap::new(),
    };
    app.say_start(&store.positions(topic.partitions));
    while !stop.is_set() && !app.is_done() && !app.input_stored {
        // Whatever another app1 has stored in the meantime counts as well.
        app.done_at = job.portfolios.iter().map(|id| (*id, store.last_session(id))).collect();
        let stored = store.positions(topic.partitions);
        let reader = open_reader(cluster, &stored)?;
        app.read(cluster, &reader, store, stored)?;
    }
    app.progress.finish();
    app.say_end();
    Ok(())
}

/// Returns a reader from the stored positions, from the first record where there is none.
fn open_reader(cluster: &Cluster, stored: &[Option<i64>]) -> Result<Reader, Failure> {
    let partitions = i32::try_from(stored.len()).expect("partitions are numbered by i32");
    let marks = cluster.watermarks(PORTFOLIOS, partitions)?;
    let mut positions = Vec::with_capacity(stored.len());
    for ((partition, &(first, end)), &stored) in (0..).zip(&marks).zip(stored) {
        if let Some(stored) = stored.filter(|&stored| stored > end) {
            return Err(finnet_kafka::Error::from(Refusal::BeyondEnd {
                topic: PORTFOLIOS.into(),
                partition,
                stored,
                end,
            })
            .into());
        }
        positions.push(stored.unwrap_or(first));
    }
    Ok(Reader::from_positions(cluster, PORTFOLIOS, &positions)?)
}

/// Rows of one batch, and where they came from.
#[derive(Default)]
struct Batch {
    rows: Vec<(PortfolioId, Valuation)>,
    /// Partition and offset of each row, and where its payload ends in `payloads`.
    origins: Vec<(i32, i64, usize)>,
    payloads: Vec<u8>,
    records: usize,
    /// The next offset of each partition that the batch has read of.
    next: Vec<Option<i64>>,
}

/// What became of records.
#[derive(Debug, Default)]
struct Counts {
    stored: u64,
    repeated: u64,
    aside: u64,
}

struct App<'a> {
    job: &'a Job<'a>,
    stop: &'a Stop,
    terminal: &'a Terminal,
    aside: SetAside,
    producer: Producer,
    progress: Progress,
    counts: Counts,
    /// Whether all is stored that the investors of this process sent.
    input_stored: bool,
    /// The last row of each portfolio.
    done_at: HashMap<PortfolioId, Option<NaiveDate>>,
}

impl App<'_> {
    /// Reads and stores until done, asked to end, or what is stored is to be looked at again.
    fn read(
        &mut self,
        cluster: &Cluster,
        reader: &Reader,
        store: &mut Store,
        mut stored: Vec<Option<i64>>,
    ) -> Result<(), Failure> {
        let mut quiet_since = Instant::now();
        let mut told = false;
        let mut ends = None;
        while !self.stop.is_set() && !self.is_done() {
            if ends.is_none() && self.job.input.is_some_and(Done::is_set) {
                ends = Some(reader.ends(cluster)?);
            }
            if ends.as_ref().is_some_and(|ends| reader.has_reached(ends)) {
                self.input_stored = true;
                return Ok(());
            }
            let batch = self.gather(reader, stored.len())?;
            reader.check_partitions()?;
            if batch.records == 0 {
                if !told && reader.is_at_end() && quiet_since.elapsed() > Duration::from_secs(5) {
                    told = true;
                    self.say_waiting();
                }
                continue;
            }
            (quiet_since, told) = (Instant::now(), false);
            // What was set aside is on its topic before the offsets pass it.
            self.producer.flush()?;
            let advances = advances(&stored, &batch.next);
            match store.append(&batch.rows, &advances, self.job.timeout, self.stop, self.terminal)? {
                Appended::LookAgain => return Ok(()),
                Appended::Done(outcomes) => self.settle(&batch, &outcomes)?,
            }
            for (stored, next) in stored.iter_mut().zip(&batch.next) {
                *stored = next.or(*stored);
            }
        }
        Ok(())
    }

    /// Gathers a batch, setting aside what is no row of the network.
    fn gather(&mut self, reader: &Reader, partitions: usize) -> Result<Batch, Failure> {
        let mut batch = Batch { next: vec![None; partitions], ..Batch::default() };
        let mut deadline = None;
        while batch.records < BATCH {
            let patience =
                deadline.map_or(PATIENCE, |deadline: Instant| deadline.saturating_duration_since(Instant::now()));
            let more = reader.next(patience, |record| {
                let place = usize::try_from(record.partition).expect("partitions are numbered from 0");
                batch.next[place] = Some(record.offset + 1);
                batch.records += 1;
                match self.decode(&record, partitions)? {
                    Ok(row) => {
                        batch.rows.push(row);
                        batch.payloads.extend_from_slice(record.payload.unwrap_or_default());
                        batch.origins.push((record.partition, record.offset, batch.payloads.len()));
                        Ok(())
                    }
                    Err(reason) => self.set_aside(&record, reason),
                }
            })?;
            match deadline {
                None if more => deadline = Some(Instant::now() + GATHER),
                Some(deadline) if !more && Instant::now() >= deadline => break,
                None if self.stop.is_set() || !more => break,
                _ => (),
            }
        }
        Ok(batch)
    }

    /// Returns the row that a record holds, or why it is set aside.
    fn decode(
        &self,
        record: &Record<'_>,
        partitions: usize,
    ) -> Result<Result<(PortfolioId, Valuation), Reason>, Failure> {
        let valued = match decode_valuation(record.payload.unwrap_or_default()) {
            Ok(valued) => valued,
            Err(reason) => return Ok(Err(reason)),
        };
        if record.is_before_by_a_day(valued.valuation.session) {
            return Ok(Err(Reason::Future));
        }
        if !self.done_at.contains_key(&valued.portfolio) {
            return Ok(Err(Reason::UnknownPortfolio));
        }
        match record.key {
            Some(key) if key != valued.portfolio.portfolio.as_str().as_bytes() => Ok(Err(Reason::KeyMismatch)),
            None if partitions > 1 => Err(finnet_kafka::Error::from(keyless(record)).into()),
            _ => Ok(Ok((valued.portfolio, valued.valuation))),
        }
    }

    /// Counts what became of a batch, and sets aside what was no row after all.
    fn settle(&mut self, batch: &Batch, outcomes: &[Outcome]) -> Result<(), Failure> {
        let mut start = 0;
        for ((&(id, valuation), &(partition, offset, end)), outcome) in
            batch.rows.iter().zip(&batch.origins).zip(outcomes)
        {
            let payload = Some(&batch.payloads[start..end]);
            start = end;
            let reason = match outcome {
                Outcome::Stored => {
                    self.counts.stored += 1;
                    let last = self.done_at.entry(id).or_default();
                    *last = (*last).max(Some(valuation.session));
                    continue;
                }
                Outcome::Repeated => {
                    self.counts.repeated += 1;
                    continue;
                }
                Outcome::Contradicting => Reason::Contradicting,
                Outcome::OutOfRange => Reason::OutOfRange,
            };
            let record = Record::new(PORTFOLIOS, partition, offset, payload);
            self.set_aside(&record, reason)?;
        }
        self.producer.flush()?;
        self.progress.at(self.counts.stored);
        if self.progress.may_say()
            && let Some((id, valuation)) = batch.rows.last()
        {
            self.terminal.say(format!("{}  {}  {}", valuation.session, id, valuation.value));
        }
        Ok(())
    }

    fn set_aside(&mut self, record: &Record<'_>, reason: Reason) -> Result<(), Failure> {
        self.counts.aside += 1;
        if self.aside.put(&self.producer, record, reason)? {
            let payload = printable(record.payload.unwrap_or_default());
            self.terminal.count(reason.as_str(), || format!("set aside {}: {payload}", place(record)));
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        !self.job.until.is_empty() && self.behind().next().is_none()
    }

    /// Returns the portfolios whose last row is before the one awaited.
    fn behind(&self) -> impl Iterator<Item = (&PortfolioId, Option<NaiveDate>, NaiveDate)> {
        self.job.until.iter().filter_map(|(id, &until)| {
            let last = self.done_at.get(id).copied().flatten();
            (last < Some(until)).then_some((id, last, until))
        })
    }

    fn say_start(&self, stored: &[Option<i64>]) {
        let on = if stored.iter().all(Option::is_none) {
            "never seen before".to_owned()
        } else {
            let offsets: Vec<_> = stored.iter().map(|at| at.map_or("start".to_owned(), |at| at.to_string())).collect();
            format!("going on at offset {}", offsets.join(", "))
        };
        self.terminal.say(format!("{} portfolios · {PORTFOLIOS} · {on}", self.job.portfolios.len()));
    }

    fn say_waiting(&self) {
        let mut behind: Vec<_> = self.behind().collect();
        behind.sort_unstable();
        for (id, last, until) in behind {
            let last = last.map_or("none".to_owned(), |last| last.to_string());
            self.terminal.say(format!("waiting for {id}: its last row is {last}, awaited is {until} (--until)"));
        }
    }

    fn say_end(&self) {
        let how = if self.is_done() || self.input_stored {
            "done"
        } else {
            "stopped; start again with the same command to go on"
        };
        let Counts { stored, repeated, aside } = self.counts;
        let [stored, repeated, aside] = [stored, repeated, aside].map(grouped);
        let seconds = self.progress.elapsed().as_secs_f64();
        self.terminal
            .say(format!("{how}: {stored} rows stored · {repeated} repeated · {aside} set aside · {seconds:.1} s"));
    }
}

/// Returns how far the batch takes each partition that it has read of.
fn advances(stored: &[Option<i64>], next: &[Option<i64>]) -> Vec<Advance> {
    let moved = (0..).zip(stored).zip(next);
    moved.filter_map(|((partition, &from), &next)| next.map(|next| Advance { partition, from, next })).collect()
}
