//! An investor: values its portfolios session by session, from the closes of all exchanges.
//!
//! Its state is rebuilt from the topic at every start; what `portfolios` holds already is computed again and not sent
//! again. Of several instances the first one sends and the others stand by.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use finnet_core::cross_section::Ignored;
use finnet_core::evaluate::{self, Outcome};
use finnet_core::{Book, Holdings, PortfolioId, Valuation};
use finnet_kafka::flow::{Flow, Observer};
use finnet_kafka::investor::{ClosesToValuations, sent_sessions};
use finnet_kafka::wire::Reason;
use finnet_kafka::{Cluster, Producer, Reader, Record, Refusal, SetAside, Standby};

use crate::failure::Failure;
use crate::network_file::Network;
use crate::stop::{Done, Stop};
use crate::terminal::{Level, Progress, Terminal, grouped, printable};
use crate::{PORTFOLIOS, STOCK_EXCHANGE};

/// How long a portfolio may wait for a stock before that is said.
const STALLED: Duration = Duration::from_secs(10);

/// What an investor is to do.
#[derive(Debug)]
pub struct Job<'a> {
    /// The network.
    pub network: &'a Network,
    /// Which investor of it, from 0.
    pub place: usize,
    /// For each portfolio the session at which it is done; empty where it never is.
    pub until: HashMap<PortfolioId, NaiveDate>,
    /// Where the exchanges are parts of the same process: done when they are and all they sent is read.
    pub input: Option<&'a Done>,
    /// Partitions of topics to be made.
    pub partitions: i32,
    /// Whether no other instance can run and nothing was sent before: on the embedded broker.
    pub alone: bool,
    /// Sessions that may wait for a stock before a warning.
    pub waiting_limit: usize,
    /// Sessions to expect, for the progress.
    pub expected: u64,
}

impl Job<'_> {
    fn group(&self) -> String {
        format!("inv-{}", self.place + 1)
    }

    fn book(&self) -> Result<Book, Failure> {
        let investor = &self.network.investors[self.place];
        let mut portfolios = Vec::new();
        for portfolio in &investor.portfolios {
            let id = PortfolioId { investor: investor.name, portfolio: portfolio.name };
            let lines = portfolio.holdings.iter().map(|(symbol, quantity)| (*symbol, quantity.get()));
            portfolios.push((id, Holdings::new(lines)?));
        }
        Ok(Book::new(portfolios))
    }
}

/// Runs an investor until its last session is done or it is asked to end.
///
/// # Errors
///
/// - Where the stream must not be read on, or the broker refuses.
pub fn run(job: &Job<'_>, cluster: &Cluster, stop: &Stop, terminal: &Terminal) -> Result<(), Failure> {
    let source = cluster.ensure(STOCK_EXCHANGE, job.partitions)?;
    let target = cluster.ensure(PORTFOLIOS, job.partitions)?;
    let standby = if job.alone {
        None
    } else {
        Some(Standby::join(cluster.settings(), &job.group(), PORTFOLIOS, target.partitions)?)
    };
    let started = Instant::now();
    while !stop.is_set() {
        if let Some(standby) = &standby
            && !wait_for_turn(standby, stop, terminal)?
        {
            break;
        }
        let portfolios: Vec<_> = job.book()?.portfolios().iter().map(|(id, _)| *id).collect();
        // A topic made just now may be another program's just as well: it is read in any case.
        let sent = if job.alone {
            HashMap::new()
        } else {
            sent_sessions(&Reader::from_start(cluster, PORTFOLIOS, target.partitions)?, &portfolios)?
        };
        say_start(&portfolios, &sent, terminal);
        let aside = if job.alone {
            SetAside::fresh(STOCK_EXCHANGE, &job.group())
        } else {
            SetAside::open(cluster, STOCK_EXCHANGE, &job.group(), 1)?
        };
        if !sent.is_empty() {
            refuse_gap(cluster, source.partitions)?;
        }
        let codec = ClosesToValuations::new(job.network.stocks(), source.partitions, sent);
        let reader = Reader::from_start(cluster, STOCK_EXCHANGE, source.partitions)?;
        let machine = evaluate::Investor::new(job.book()?);
        let mut flow = Flow::new(machine, codec, reader, Producer::new(cluster.settings())?, PORTFOLIOS, aside);
        let mut watch = Watch::new(job, cluster, target.partitions, standby.as_ref(), stop, terminal);
        let result = flow.run(&mut watch);
        watch.progress.finish();
        result?;
        if watch.ended != Some(End::Overtaken) {
            watch.counts.say(watch.ended == Some(End::Done), watch.last, started.elapsed(), terminal);
            break;
        }
        terminal.warn("no longer first: another instance took over, or no broker answers; standing by");
    }
    Ok(())
}

/// Refuses a topic whose first closes are gone: the change after the last valuation sent could not be known.
fn refuse_gap(cluster: &Cluster, partitions: i32) -> Result<(), Failure> {
    let marks = cluster.watermarks(STOCK_EXCHANGE, partitions)?;
    match (0..).zip(marks).find(|(_, (first, _))| *first > 0) {
        Some((partition, (first, _))) => {
            Err(finnet_kafka::Error::Gap { topic: STOCK_EXCHANGE.into(), partition, first }.into())
        }
        None => Ok(()),
    }
}

/// Waits until this instance is first; returns false where it is asked to end before.
fn wait_for_turn(standby: &Standby, stop: &Stop, terminal: &Terminal) -> Result<bool, Failure> {
    let started = Instant::now();
    let mut said = false;
    while !stop.is_set() {
        if standby.is_first(Duration::from_millis(20))? {
            if said {
                terminal.say("the first instance is gone: taking over");
            }
            return Ok(true);
        }
        // A group decides within its first seconds; longer means that somebody else is first.
        if !said && started.elapsed() > Duration::from_secs(4) {
            said = true;
            terminal.say("another instance is at work, or no broker decides who is first: standing by");
        }
    }
    Ok(false)
}

fn say_start(portfolios: &[PortfolioId], sent: &HashMap<PortfolioId, NaiveDate>, terminal: &Terminal) {
    let names: Vec<_> = portfolios.iter().map(|id| id.portfolio.as_str()).collect();
    let on = match sent.values().min() {
        Some(last) if sent.len() == portfolios.len() => format!("going on after {last}"),
        Some(_) => "going on: some portfolios have valuations".to_owned(),
        None => "never seen before".to_owned(),
    };
    terminal.say(format!("{} · {STOCK_EXCHANGE} from its start · {on}", names.join(", ")));
}

/// Why a flow ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// All sessions up to the one awaited are done.
    Done,
    /// The program was asked to end.
    Stopped,
    /// Another instance is first now.
    Overtaken,
}

/// Counts, says and decides.
struct Watch<'a> {
    job: &'a Job<'a>,
    cluster: &'a Cluster,
    /// Partitions of `portfolios`.
    target: i32,
    standby: Option<&'a Standby>,
    stop: &'a Stop,
    terminal: &'a Terminal,
    progress: Progress,
    counts: Counts,
    latest: Vec<(PortfolioId, Valuation)>,
    last: Option<NaiveDate>,
    /// When a session of each portfolio was last valued or void, and whether it was said since that it waits.
    moved: HashMap<PortfolioId, (Instant, bool)>,
    limit_said: bool,
    /// When the partitions of `portfolios` were last looked at: who is first hangs on their count.
    looked: Instant,
    /// The end of the topic once the input is complete.
    ends: Option<Vec<i64>>,
    ended: Option<End>,
}

/// What became of closes and sessions.
#[derive(Debug, Default)]
struct Counts {
    valued: u64,
    void: u64,
    late: u64,
    repeated: u64,
    aside: u64,
}

impl Counts {
    fn say(&self, done: bool, last: Option<NaiveDate>, took: Duration, terminal: &Terminal) {
        let how = match (done, last) {
            (true, Some(last)) => format!("done up to {last}"),
            (true, None) => "done".to_owned(),
            (false, Some(last)) => format!("stopped after {last}; start again with the same command to go on"),
            (false, None) => "stopped; start again with the same command to go on".to_owned(),
        };
        let Self { valued, void, late, repeated, aside } = self;
        let [valued, void, late, repeated, aside] = [valued, void, late, repeated, aside].map(|&count| grouped(count));
        let counts = format!("{valued} valued · {void} void · {repeated} repeated · {late} late · {aside} set aside");
        terminal.say(format!("{how}: {counts} · {:.1} s", took.as_secs_f64()));
    }
}

impl<'a> Watch<'a> {
    fn new(
        job: &'a Job<'a>,
        cluster: &'a Cluster,
        target: i32,
        standby: Option<&'a Standby>,
        stop: &'a Stop,
        terminal: &'a Terminal,
    ) -> Self {
        Self {
            job,
            cluster,
            target,
            standby,
            stop,
            terminal,
            progress: terminal.progress(job.expected, "valuations"),
            counts: Counts::default(),
            latest: Vec::new(),
            last: None,
            moved: HashMap::new(),
            limit_said: false,
            looked: Instant::now(),
            ends: None,
            ended: None,
        }
    }

    /// Says what is new, in one line for all portfolios.
    fn say_latest(&mut self) {
        if self.latest.is_empty() || self.terminal.level() < Level::Normal || !self.progress.may_say() {
            return;
        }
        let mut line = self.last.map(|last| last.to_string()).unwrap_or_default();
        self.latest.sort_unstable_by_key(|(id, _)| *id);
        for (id, valuation) in self.latest.drain(..) {
            let change = valuation.change_pct.map_or(String::new(), |percent| {
                let sign = if percent.units() >= 0 { "+" } else { "" };
                format!("  {sign}{percent} %")
            });
            let _ = write!(line, "   {}  {}{change}", id.portfolio, valuation.value);
        }
        self.terminal.say(line);
    }

    /// Names the portfolios that wait, and the stocks they wait for.
    fn say_waiting(&mut self, machine: &evaluate::Investor) {
        let over = machine.evaluators().find(|(_, one)| one.closes().waiting() > self.job.waiting_limit);
        if let (Some((id, one)), false) = (over, self.limit_said) {
            self.limit_said = true;
            let waiting = one.closes().waiting();
            self.terminal.warn(format!("{id}: {waiting} sessions wait for a stock; memory grows with them"));
        }
        for (id, evaluator) in machine.evaluators() {
            let (moved, said) = self.moved.entry(id).or_insert_with(|| (Instant::now(), false));
            if *said || moved.elapsed() < STALLED {
                continue;
            }
            if let Some((session, missing)) = evaluator.closes().stalled() {
                *said = true;
                let missing: Vec<_> = missing.iter().map(finnet_core::Symbol::as_str).collect();
                let waiting = evaluator.closes().waiting();
                let stocks = missing.join(", ");
                self.terminal.warn(format!("{id} is stalled: {waiting} sessions from {session} on wait for {stocks}"));
            }
        }
    }

    /// Refuses to go on where `portfolios` has other partitions than at the start: two instances could both be first.
    fn check_target(&mut self) -> Result<(), finnet_kafka::Error> {
        if self.standby.is_none() || self.looked.elapsed() < Duration::from_secs(5) {
            return Ok(());
        }
        self.looked = Instant::now();
        // A broker that does not answer now is asked again at the next look.
        let now = self.cluster.partitions(PORTFOLIOS).ok().flatten().unwrap_or(self.target);
        if now == self.target {
            return Ok(());
        }
        Err(Refusal::PartitionsChanged { topic: PORTFOLIOS.into(), before: self.target, now }.into())
    }

    /// Returns whether all is read that the exchanges of this process sent.
    fn is_input_read(&mut self, reader: &Reader) -> Result<bool, finnet_kafka::Error> {
        if self.ends.is_none() && self.job.input.is_some_and(Done::is_set) {
            self.ends = Some(reader.ends(self.cluster)?);
        }
        Ok(self.ends.as_ref().is_some_and(|ends| reader.has_reached(ends)))
    }

    fn is_done(&self, machine: &evaluate::Investor) -> bool {
        !self.job.until.is_empty()
            && machine.evaluators().all(|(id, evaluator)| {
                let awaited = self.job.until.get(&id);
                evaluator.closes().lasts().iter().all(|last| last.map(|last| last.session) >= awaited.copied())
            })
    }
}

impl Observer<evaluate::Investor> for Watch<'_> {
    fn output(&mut self, (id, outcome): &(PortfolioId, Outcome), record: &Record<'_>) {
        if matches!(outcome, Outcome::Valued(_) | Outcome::Void { .. }) {
            self.moved.insert(*id, (Instant::now(), false));
        }
        match outcome {
            Outcome::Valued(valuation) => {
                self.counts.valued += 1;
                self.last = self.last.max(Some(valuation.session));
                match self.latest.iter_mut().find(|(known, _)| known == id) {
                    Some((_, latest)) => *latest = *valuation,
                    None => self.latest.push((*id, *valuation)),
                }
                self.terminal.detail(|| format!("{}  {}  {}", valuation.session, id.portfolio, valuation.value));
            }
            Outcome::Void { session, passed_by } => {
                self.counts.void += 1;
                self.terminal.count("void", || format!("{id} on {session}: {passed_by} went past it"));
            }
            Outcome::Ignored(Ignored::Late) => {
                self.counts.late += 1;
                if self.counts.late == 1 {
                    self.terminal.say(format!("late closes begin at {}", place(record)));
                }
            }
            Outcome::Ignored(Ignored::Repeated) => {
                self.counts.repeated += 1;
                if self.counts.repeated == 1 {
                    self.terminal.say(format!("repeated closes begin at {}", place(record)));
                }
            }
            _ => (),
        }
    }

    fn set_aside(&mut self, reason: Reason, record: &Record<'_>, written: bool) {
        self.counts.aside += 1;
        if written {
            let payload = printable(record.payload.unwrap_or_default());
            self.terminal.count(reason.as_str(), || format!("set aside {}: {payload}", place(record)));
        }
    }

    fn pulse(&mut self, machine: &evaluate::Investor, reader: &Reader) -> Result<ControlFlow<()>, finnet_kafka::Error> {
        self.progress.at(self.counts.valued + self.counts.void);
        self.say_latest();
        self.say_waiting(machine);
        self.check_target()?;
        let first = self.standby.map_or(Ok(true), |standby| standby.is_first(Duration::ZERO))?;
        self.ended = if !first {
            Some(End::Overtaken)
        } else if self.is_done(machine) || self.is_input_read(reader)? {
            Some(End::Done)
        } else if self.stop.is_set() {
            Some(End::Stopped)
        } else {
            None
        };
        Ok(if self.ended.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

/// Returns where a record lies, as the key under which it is set aside.
pub fn place(record: &Record<'_>) -> String {
    format!("{}/{}/{}", record.topic, record.partition, record.offset)
}
