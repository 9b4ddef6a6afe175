//! The programs that are measured, each a process of its own: an investor's loop and an exchange.
//!
//! This binary starts itself with what a [`Program`] says. The child writes a line when it has opened, and one after
//! every commit: closes so far, milliseconds, milliseconds of processor time, resident memory in KiB. The parent reads
//! them, and may kill it at any of them.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::ops::ControlFlow;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use finnet_core::PortfolioId;
use finnet_core::evaluate::{Investor, Outcome};
use finnet_kafka::exchange::{Desk, Emitter, Opening};
use finnet_kafka::flow::{Flow, Kept, Observer, Route, Slice};
use finnet_kafka::investor::ClosesToValuations;
use finnet_kafka::log::{Member as _, Writer};
use finnet_kafka::wire::Reason;
use finnet_kafka::{Cluster, Membership, Record, SetAside, Settings};

use crate::Failure;
use crate::closes::{Closes, investor, stocks};

/// The word that makes this binary a child.
pub(crate) const CHILD: &str = "program";

/// What a child runs.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// `investor` or `exchange`.
    pub(crate) role: &'static str,
    /// The topic read; for an exchange, the one written.
    pub(crate) source: String,
    pub(crate) target: String,
    /// The topic of state or positions; without one the program has no transactions.
    pub(crate) kept: Option<String>,
    /// How many closes it reads or sends.
    pub(crate) closes: usize,
}

/// How a child stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) closes: usize,
    /// Since it was open; of the first sample, since the child began.
    pub(crate) ms: f64,
    pub(crate) cpu_ms: f64,
    pub(crate) rss_kib: f64,
}

/// A child at work; dropped, it is killed.
pub(crate) struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Program {
    /// Starts the child.
    pub(crate) fn start(&self) -> Result<Running, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([CHILD, self.role, &self.source, &self.target]);
        command.arg(self.kept.as_deref().unwrap_or_default()).arg(self.closes.to_string());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let lines = BufReader::new(child.stdout.take().ok_or("a child without output")?).lines();
        Ok(Running { child, lines })
    }

    /// Runs the child to its end; returns how it stood after every commit.
    pub(crate) fn run(&self) -> Result<Vec<Sample>, Failure> {
        let samples = self.start()?.collect::<Result<Vec<_>, _>>()?;
        match samples.last() {
            Some(last) if last.closes >= self.closes => Ok(samples),
            last => Err(format!("{self:?} ended at {last:?}").into()),
        }
    }
}

impl Iterator for Running {
    type Item = Result<Sample, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.lines.next()?;
        Some(line.map_err(Failure::from).and_then(|line| {
            let numbers = line.split(' ').map(str::parse).collect::<Result<Vec<f64>, _>>()?;
            let &[closes, ms, cpu_ms, rss_kib] = numbers.as_slice() else { return Err(line.into()) };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
            let closes = closes as usize;
            Ok(Sample { closes, ms, cpu_ms, rss_kib })
        }))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended is only waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The child's side.
pub(crate) fn run(words: &[String], servers: &str) -> Result<(), Failure> {
    let start = Instant::now();
    let [role, source, target, kept, closes] = words else { return Err("five words say what to run".into()) };
    let closes = closes.parse()?;
    let kept = (!kept.is_empty()).then(|| kept.clone());
    let cluster = Cluster::connect(&Settings::new(servers), Duration::from_secs(20), |_| ControlFlow::Continue(()))?;
    if role == "investor" {
        evaluate(&cluster, (source, target, kept), closes, start)
    } else {
        emit(&cluster, source, kept, closes, start)
    }
}

type Between<'a> = (&'a str, &'a str, Option<String>);

/// An investor as `inv` runs it, a member of its group where it keeps a state.
fn evaluate(
    cluster: &Cluster,
    (source, target, state): Between<'_>,
    closes: usize,
    start: Instant,
) -> Result<(), Failure> {
    let settings = cluster.settings();
    let member = state.as_ref().map(|topic| Membership::join(settings, topic, topic, "bench")).transpose()?;
    while let Some(member) = &member
        && member.owned(Duration::from_millis(20))?.is_empty()
    {}
    let state = state.map(|topic| Kept { topic, partition: 0, partitions: 1 });
    let route =
        Route { source: (source.to_owned(), 1), target: (target.to_owned(), 1), state, slice: Slice::default() };
    let codec = ClosesToValuations::new(stocks()?, 1);
    let mut flow = Flow::open(cluster, route, investor()?, codec, SetAside::open(cluster, source, "bench", 1)?)?;
    say(0, start);
    let (open, before) = (Instant::now(), flow.positions()[0]);
    let (mut valued, mut done) = (Valued(0), 0);
    while done < closes {
        let token = match &member {
            Some(member) if member.owned(Duration::ZERO)?.is_empty() => return Err("the group took it away".into()),
            Some(member) => member.token(),
            None => None,
        };
        let records = flow.turn(token.as_ref(), &mut valued)?;
        if records > 0 {
            done += records;
            say(done, open);
        }
    }
    if before == 0 && valued.0 < closes / 13 {
        return Err(format!("{} valuations of {closes} closes", valued.0).into());
    }
    Ok(())
}

/// Both exchanges in one.
fn emit(
    cluster: &Cluster,
    topic: &str,
    positions: Option<String>,
    closes: usize,
    start: Instant,
) -> Result<(), Failure> {
    let instance = std::process::id().to_string();
    let slice = Slice { records: 1_000_000, time: Duration::from_millis(100) };
    let positions = positions.map(|topic| (topic, 1));
    let desk = Desk { exchange: "SE".to_owned(), topic: (topic.to_owned(), 1), positions, instance, slice };
    let mut emitter = Emitter::open(cluster, desk, &stocks()?, Opening::Begins)?;
    say(0, start);
    let (open, mut done) = (Instant::now(), 0);
    for close in Closes::new(0)?.take(closes) {
        done += usize::from(emitter.send(&close)?);
        if emitter.left() == Some(Duration::ZERO) {
            commit(&mut emitter, done, open)?;
        }
    }
    commit(&mut emitter, done, open)
}

fn commit(emitter: &mut Emitter<impl Writer>, done: usize, open: Instant) -> Result<(), Failure> {
    emitter.commit()?;
    say(done, open);
    Ok(())
}

fn say(closes: usize, since: Instant) {
    let ms = since.elapsed().as_secs_f64() * 1e3;
    // The parent that has gone takes its children with it.
    if writeln!(std::io::stdout(), "{closes} {ms:.1} {} {}", cpu_ms(), rss_kib()).is_err() {
        std::process::exit(1);
    }
}

/// Returns the processor time of this process so far, of all its threads, in milliseconds.
pub(crate) fn cpu_ms() -> u64 {
    // The kernel counts in ticks of 10 ms; the program's name, which may hold blanks, ends with a parenthesis.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields).split(' ');
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10
}

fn rss_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}

/// Counts valuations.
struct Valued(usize);

impl Observer<Investor> for Valued {
    fn output(&mut self, (_, outcome): &(PortfolioId, Outcome), _: &Record<'_>) {
        self.0 += usize::from(matches!(outcome, Outcome::Valued(_)));
    }

    fn set_aside(&mut self, reason: Reason, record: &Record<'_>, _: bool) {
        panic!("{reason} at {}", record.offset);
    }
}
