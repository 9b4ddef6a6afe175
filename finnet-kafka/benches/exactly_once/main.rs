//! What exactly-once costs, and what the typed clients cost, each beside its peer in the same run.
//!
//! `KAFKA_BOOTSTRAP_SERVERS=host:port cargo bench -p finnet-kafka --bench exactly_once`: a million closes of the daily
//! network's 24 stocks on one partition, or `FINNET_BENCH_RECORDS` of them; medians of turns in which all take their
//! turn. Words after `--` choose parts: `clients exchange investor memory restart`.
//!
//! - *Clients*: closes sent and read by the bare rdkafka with an encoder and a decoder written by hand, and by ours.
//! - *Exchange*, *investor*: in slices of 100 ms, with transactions and positions or state, and without.
//! - *Memory*: resident memory of the investor over the stream, also with one exchange 1,000 sessions ahead.
//! - *Restart*: killed half-way by SIGKILL, and the time from its new start to its first commit.
//!
//! Processor time stands beside the time on the clock: it is that of the client alone, and does not hang on what else
//! the machine does.

mod closes;
mod ours;
mod peer;
mod program;
mod report;

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use finnet_kafka::{Cluster, Settings};

use crate::closes::Closes;
use crate::peer::Time;
use crate::program::{CHILD, Program, Sample, cpu_ms};
use crate::report::Rates;

const TURNS: usize = 5;
/// By how many sessions one exchange runs ahead of the other.
const AHEAD: usize = 1_000;

const RAW_PRODUCER: &str = "rdkafka producer";
const PRODUCER: &str = "Producer::send_close";
const RAW_CONSUMER: &str = "rdkafka consumer";
const READER: &str = "Reader, decode_close";
const EXCHANGE_WITHOUT: &str = "exchange, at least once";
const EXCHANGE: &str = "exchange, exactly once";
const INVESTOR_WITHOUT: &str = "investor, at least once";
const INVESTOR: &str = "investor, exactly once";

const PARTS: [&str; 5] = ["clients", "exchange", "investor", "memory", "restart"];

type Failure = Box<dyn std::error::Error>;

/// What was read, so that both read the same.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Digest {
    records: usize,
    sum: u64,
}

impl Digest {
    pub(crate) fn add(&mut self, ticker: usize, units: u64, day: u32) {
        self.records += 1;
        self.sum = self.sum.wrapping_mul(31).wrapping_add(ticker as u64 ^ units ^ u64::from(day) << 32);
    }
}

fn main() -> Result<(), Failure> {
    let Ok(servers) = std::env::var("KAFKA_BOOTSTRAP_SERVERS") else {
        eprintln!("KAFKA_BOOTSTRAP_SERVERS is not set: nothing measured");
        return Ok(());
    };
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [first, rest @ ..] = words.as_slice()
        && first == CHILD
    {
        return program::run(rest, &servers);
    }
    let closes = std::env::var("FINNET_BENCH_RECORDS").map_or(Ok(1_000_000), |text| text.parse())?;
    let cluster = Cluster::connect(&Settings::new(&servers), Duration::from_secs(20), |_| ControlFlow::Continue(()))?;
    let bench = Bench { servers, cluster, closes, name: format!("bench-{}", std::process::id()) };
    println!("{closes} closes, {TURNS} turns");
    let chosen: Vec<_> = words.iter().map(String::as_str).filter(|word| *word != "--bench").collect();
    let measured = bench.measure(if chosen.is_empty() { &PARTS } else { &chosen });
    bench.delete(&["sent", "stream", "stream.rejected", "ahead", "ahead.rejected", "values", "kept"])?;
    measured
}

struct Bench {
    servers: String,
    cluster: Cluster,
    closes: usize,
    /// The topics begin with it.
    name: String,
}

impl Bench {
    fn topic(&self, name: &str) -> String {
        format!("{}-{name}", self.name)
    }

    /// Makes topics anew.
    fn make(&self, names: &[&str]) -> Result<(), Failure> {
        self.delete(names)?;
        let topics: Vec<_> = names.iter().map(|name| self.topic(name)).collect();
        peer::make(&self.servers, &topics.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn delete(&self, names: &[&str]) -> Result<(), Failure> {
        let topics: Vec<_> = names.iter().map(|name| self.topic(name)).collect();
        peer::delete(&self.servers, &topics.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn measure(&self, parts: &[&str]) -> Result<(), Failure> {
        if parts.iter().any(|part| ["investor", "memory", "restart"].contains(part)) {
            self.fill("stream", 0)?;
        }
        for part in parts {
            match *part {
                "clients" => self.clients()?,
                "exchange" => self.exchanges()?,
                "investor" => self.investors()?,
                "memory" => self.memory()?,
                "restart" => self.restarts()?,
                other => return Err(format!("{other} is none of {PARTS:?}").into()),
            }
        }
        Ok(())
    }

    fn clients(&self) -> Result<(), Failure> {
        let mut rates = Rates::new(self.closes);
        for turn in 0..TURNS {
            self.clients_in_turn(turn, &mut rates)?;
        }
        rates.print(&[(PRODUCER, RAW_PRODUCER), (READER, RAW_CONSUMER)]);
        Ok(())
    }

    fn exchanges(&self) -> Result<(), Failure> {
        let mut rates = Rates::new(self.closes);
        for kept in (0..TURNS).flat_map(alternating) {
            let what = if kept { EXCHANGE } else { EXCHANGE_WITHOUT };
            rates.note_run(what, &self.exchange(kept)?.run()?);
        }
        rates.print(&[(EXCHANGE, EXCHANGE_WITHOUT)]);
        Ok(())
    }

    fn investors(&self) -> Result<(), Failure> {
        let mut rates = Rates::new(self.closes);
        for kept in (0..TURNS).flat_map(alternating) {
            let what = if kept { INVESTOR } else { INVESTOR_WITHOUT };
            rates.note_run(what, &self.investor("stream", kept)?.run()?);
        }
        rates.print(&[(INVESTOR, INVESTOR_WITHOUT)]);
        Ok(())
    }

    fn memory(&self) -> Result<(), Failure> {
        report::memory("interleaved", &self.investor("stream", true)?.run()?);
        self.fill("ahead", AHEAD)?;
        report::memory("one exchange 1,000 sessions ahead", &self.investor("ahead", true)?.run()?);
        Ok(())
    }

    fn restarts(&self) -> Result<(), Failure> {
        for _ in 0..TURNS {
            self.restart("investor", &self.investor("stream", true)?)?;
            self.restart("exchange", &self.exchange(true)?)?;
        }
        Ok(())
    }

    /// Lets the bare clients and ours send and read, each first in every other turn.
    fn clients_in_turn(&self, turn: usize, rates: &mut Rates) -> Result<(), Failure> {
        let topic = self.topic("sent");
        for is_ours in alternating(turn) {
            self.make(&["sent"])?;
            let (closes, before) = (Closes::new(0)?.take(self.closes), cpu_ms());
            if is_ours {
                rates.note(PRODUCER, ours::produce(&self.cluster, &topic, closes)?, cpu_ms() - before);
            } else {
                rates.note(RAW_PRODUCER, peer::produce(&self.servers, &topic, closes, Time::Now)?, cpu_ms() - before);
            }
        }
        let mut digests = Vec::new();
        for is_ours in alternating(turn) {
            let before = cpu_ms();
            let (what, (time, digest)) = if is_ours {
                (READER, ours::consume(&self.cluster, &topic)?)
            } else {
                (RAW_CONSUMER, peer::consume(&self.servers, &topic)?)
            };
            rates.note(what, time, cpu_ms() - before);
            digests.push(digest);
        }
        if digests[0] != digests[1] || digests[0].records != self.closes {
            return Err(format!("not the same was read: {digests:?}").into());
        }
        Ok(())
    }

    /// Fills a topic with closes that no investor sets aside.
    fn fill(&self, name: &str, ahead: usize) -> Result<(), Failure> {
        self.make(&[name])?;
        peer::produce(&self.servers, &self.topic(name), Closes::new(ahead)?.take(self.closes), Time::Far)?;
        Ok(())
    }

    /// Returns an exchange on topics made anew.
    fn exchange(&self, is_kept: bool) -> Result<Program, Failure> {
        self.make(&["sent"])?;
        let (source, target) = (self.topic("sent"), String::new());
        Ok(Program { role: "exchange", source, target, kept: self.kept(is_kept)?, closes: self.closes })
    }

    /// Returns an investor whose target and state are made anew.
    fn investor(&self, source: &str, is_kept: bool) -> Result<Program, Failure> {
        self.make(&["values"])?;
        let (source, target) = (self.topic(source), self.topic("values"));
        Ok(Program { role: "investor", source, target, kept: self.kept(is_kept)?, closes: self.closes })
    }

    fn kept(&self, is_kept: bool) -> Result<Option<String>, Failure> {
        self.delete(&["kept"])?;
        let topic = self.topic("kept");
        if is_kept {
            self.cluster.ensure_compacted(&topic, 1)?;
        }
        Ok(is_kept.then_some(topic))
    }

    /// Kills a program half-way and starts it again.
    fn restart(&self, what: &str, program: &Program) -> Result<(), Failure> {
        let mut running = program.start()?;
        let is_half = |sample: &Result<Sample, _>| sample.as_ref().is_ok_and(|now| now.closes > self.closes / 3);
        let half = running.find(is_half).ok_or("it ended before it was killed")??;
        drop(running);
        let start = Instant::now();
        let mut again = program.start()?;
        let open = again.next().ok_or("it does not open again")??;
        let first = again.next().ok_or("it does not go on")??;
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{what} killed after {} closes: open {:.0} ms after its new start, first commit of {} closes {:.0} ms \
             later, {seconds:.2} s in all",
            half.closes, open.ms, first.closes, first.ms
        );
        Ok(())
    }
}

/// Returns whether ours comes first, and then the other.
fn alternating(turn: usize) -> [bool; 2] {
    [turn.is_multiple_of(2), !turn.is_multiple_of(2)]
}
