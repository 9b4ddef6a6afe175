//! What a person hears of an investor: counts, progress, what waits for whom, and when it is over.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use finnet_core::cross_section::Ignored;
use finnet_core::evaluate::{Investor, Outcome};
use finnet_core::{PortfolioId, Symbol, Valuation};
use finnet_kafka::flow::Observer;
use finnet_kafka::wire::Reason;
use finnet_kafka::{Error, Record};

use super::{Job, ShareFlow, place};
use crate::STOCK_EXCHANGE;
use crate::stop::{Done, Stop};
use crate::terminal::{Level, Progress, Terminal, grouped, printable};

/// How long a portfolio may wait for a stock before that is said.
const STALLED: Duration = Duration::from_secs(10);

/// Counts, says and decides.
pub(super) struct Watch<'a> {
    job: &'a Job<'a>,
    stop: &'a Stop,
    terminal: &'a Terminal,
    started: Instant,
    progress: Progress,
    counts: Counts,
    latest: Vec<(PortfolioId, Valuation)>,
    last: Option<NaiveDate>,
    /// When a session of each portfolio was last valued or void, and whether it was said since that it waits.
    moved: HashMap<PortfolioId, (Instant, bool)>,
    limit_said: bool,
    is_done: bool,
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
    pub(super) fn new(job: &'a Job<'a>, stop: &'a Stop, terminal: &'a Terminal) -> Self {
        Self {
            job,
            stop,
            terminal,
            started: Instant::now(),
            progress: terminal.progress(job.expected, "valuations"),
            counts: Counts::default(),
            latest: Vec::new(),
            last: None,
            moved: HashMap::new(),
            limit_said: false,
            is_done: false,
        }
    }

    /// Returns whether all is done, or the program was asked to end.
    pub(super) fn is_over(&self) -> bool {
        self.is_done || self.stop.is_set()
    }

    /// Returns whether the exchanges of this process have sent all that they will.
    pub(super) fn is_input_sent(&self) -> bool {
        self.job.input.is_some_and(Done::is_set)
    }

    /// Says where a share goes on.
    pub(super) fn opened(&mut self, flow: &ShareFlow) {
        let evaluators = flow.machine().evaluators();
        let (names, lasts): (Vec<_>, Vec<_>) = evaluators.map(|(id, one)| (id.portfolio, one.last())).unzip();
        let names = names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let at = flow.positions().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let on = match lasts.iter().flatten().map(|last| last.session).min() {
            Some(last) => format!("going on at offset {at}, valued up to {last}"),
            None if flow.positions().iter().all(|&next| next == 0) => "from the start: never seen before".to_owned(),
            None => format!("going on at offset {at}, nothing valued yet"),
        };
        self.terminal.say(format!("{names} · {STOCK_EXCHANGE} · {on}"));
    }

    /// Looks, between slices, how far the shares are.
    pub(super) fn look<'f>(
        &mut self,
        flows: impl Iterator<Item = &'f ShareFlow> + Clone,
        ends: Option<&[i64]>,
    ) -> Result<(), Error> {
        self.progress.at(self.counts.valued + self.counts.void);
        self.say_latest();
        flows.clone().for_each(|flow| self.say_waiting(flow.machine()));
        // An instance that has no share at the moment knows nothing of how far the investor is.
        let works = flows.clone().next().is_some();
        let is_done = works && flows.clone().all(|flow| self.is_through(flow.machine()));
        let mut is_read = works && ends.is_some();
        for (flow, ends) in flows.zip(ends.into_iter().cycle()) {
            is_read = is_read && flow.source().has_reached(ends)?;
        }
        self.is_done = is_done || is_read;
        Ok(())
    }

    /// Says how it ended.
    pub(super) fn finish(&self) {
        self.progress.finish();
        self.counts.say(self.is_done, self.last, self.started.elapsed(), self.terminal);
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
    fn say_waiting(&mut self, machine: &Investor) {
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
                let missing: Vec<_> = missing.iter().map(Symbol::as_str).collect();
                let waiting = evaluator.closes().waiting();
                let stocks = missing.join(", ");
                self.terminal.warn(format!("{id} is stalled: {waiting} sessions from {session} on wait for {stocks}"));
            }
        }
    }

    fn is_through(&self, machine: &Investor) -> bool {
        !self.job.until.is_empty()
            && machine.evaluators().all(|(id, evaluator)| {
                let awaited = self.job.until.get(&id);
                evaluator.closes().lasts().iter().all(|last| last.map(|last| last.session) >= awaited.copied())
            })
    }
}

impl Observer<Investor> for Watch<'_> {
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
}
