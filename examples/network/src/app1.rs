//! app1: reads `portfolios` and stores each valuation in its portfolio's table, each exactly once.
//!
//! It works in batches: up to 10,000 records, or what is there now, then rows and offsets in one step. What stood
//! before stands: a second row for a date is repeated or contradicting. What is set aside is on its topic before the
//! offsets pass it ([`rejects`](crate::rejects)). Of several instances one stores and the others stand by; one that was
//! thought dead and wakes finds the stored offsets moved, and stores nothing.

mod turn;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use finnet_core::{PortfolioId, Valuation};
use finnet_kafka::flow::Slice;
use finnet_kafka::log::{Member as _, Source as _};
use finnet_kafka::wire::Reason;
use finnet_kafka::{Cluster, Membership, Record, SetAside};

use crate::PORTFOLIOS;
use crate::cli::Place;
use crate::failure::Failure;
use crate::inv::place;
use crate::rejects::{Rejects, Shared};
use crate::stop::{Done, Stop};
use crate::store::{Outcome, Rows};
use crate::terminal::{Progress, Terminal, grouped, printable};
use crate::trouble::{Trouble, outlast};
use crate::turns;

pub use turn::{App, Observer, Turned};

/// The consumer group under which records are set aside and offsets are stored.
pub const GROUP: &str = "app1";

/// What one batch holds.
const BATCH: Slice = Slice { records: 10_000, time: Duration::from_millis(100) };

/// Whoever owns this partition of the topic works on all of them: the group gives it to the first in order of names.
const FIRST: i32 = 0;

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
    /// The group of those that store in the same place; `None` where there can be no other.
    pub group: Option<Group<'a>>,
    /// Whether others can set aside at the same time.
    pub shared: Shared,
    /// Rows to expect, for the progress.
    pub expected: u64,
}

/// Those that store in one place, of which one works and the others stand by.
#[derive(Debug)]
pub struct Group<'a> {
    /// The consumer group.
    pub id: String,
    /// This instance's name in it.
    pub instance: &'a str,
}

impl<'a> Group<'a> {
    /// Returns the group of those that store in this place; `None` for a folder, which one alone can lock.
    pub fn of(place: &Place, instance: &'a str) -> Option<Self> {
        match place {
            Place::Database(url) => Some(Self { id: format!("{GROUP}.{}", url.parsed().database()), instance }),
            Place::Folder(_) => None,
        }
    }
}

/// Runs app1 until its last row is stored or it is asked to end.
///
/// # Errors
///
/// - Where the stream must not be read on, or broker, database or disk refuse.
pub fn run(
    job: &Job<'_>,
    cluster: &Cluster,
    store: &mut impl Rows,
    stop: &Stop,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let partitions = cluster.ensure(PORTFOLIOS, job.partitions)?.partitions;
    let aside = SetAside::open(cluster, PORTFOLIOS, GROUP, 1)?;
    let join = |group: &Group<'_>| Membership::join(cluster.settings(), &group.id, PORTFOLIOS, group.instance);
    let member = job.group.as_ref().map(join).transpose()?;
    let mut watch = Watch::new(job, stop, terminal);
    while !watch.is_over() {
        if let Some(member) = &member
            && !turns::wait(member, |owned| owned.contains(&FIRST), stop, terminal)?
        {
            break;
        }
        match serve(job, cluster, partitions, store, &aside, member.as_ref(), &mut watch) {
            Ok(()) => (),
            Err(Trouble::Kafka(why)) => outlast(why, stop, terminal)?,
            Err(Trouble::Failure(failure)) => return Err(failure),
        }
    }
    watch.progress.finish();
    watch.say_end();
    Ok(())
}

/// Goes on from what is stored, until done, asked to end, it is another's turn, or it is to be looked at again.
fn serve(
    job: &Job<'_>,
    cluster: &Cluster,
    partitions: i32,
    store: &mut impl Rows,
    aside: &SetAside,
    member: Option<&Membership>,
    watch: &mut Watch<'_>,
) -> Result<(), Trouble> {
    store.look()?;
    watch.look(store, partitions);
    let rejects = |log, from| Rejects::new(log, aside.clone(), from, job.shared);
    let mut app = App::open(cluster, partitions, &job.portfolios, store, rejects, BATCH)?;
    let mut ends = None;
    while !watch.is_over() {
        if ends.is_none() && job.input.is_some_and(Done::is_set) {
            ends = Some(app.source().ends(cluster)?);
        }
        if let Some(ends) = &ends
            && app.source().has_reached(ends)?
        {
            watch.input_stored = true;
            return Ok(());
        }
        if let Some(member) = member
            && !member.owned(Duration::ZERO)?.contains(&FIRST)
        {
            return Ok(());
        }
        match app.turn(store, watch)? {
            Turned::Idle => watch.idle(app.source().is_at_end()),
            Turned::Stored => watch.stored(),
            Turned::LookAgain => return Ok(()),
        }
    }
    Ok(())
}

/// Counts, says and decides.
struct Watch<'a> {
    job: &'a Job<'a>,
    stop: &'a Stop,
    terminal: &'a Terminal,
    progress: Progress,
    counts: Counts,
    /// Whether all is stored that the investors of this process sent.
    input_stored: bool,
    /// The last row of each portfolio.
    done_at: HashMap<PortfolioId, Option<NaiveDate>>,
    latest: Option<(PortfolioId, Valuation)>,
    said_start: bool,
    quiet_since: Instant,
    said_waiting: bool,
}

/// What became of records.
#[derive(Debug, Default)]
struct Counts {
    stored: u64,
    repeated: u64,
    aside: u64,
}

impl Observer for Watch<'_> {
    fn row(&mut self, portfolio: PortfolioId, valuation: &Valuation, outcome: Outcome) {
        match outcome {
            Outcome::Stored => {
                self.counts.stored += 1;
                let last = self.done_at.entry(portfolio).or_default();
                *last = (*last).max(Some(valuation.session));
                self.latest = Some((portfolio, *valuation));
            }
            Outcome::Repeated => self.counts.repeated += 1,
            Outcome::Contradicting | Outcome::OutOfRange => (),
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

impl<'a> Watch<'a> {
    fn new(job: &'a Job<'a>, stop: &'a Stop, terminal: &'a Terminal) -> Self {
        Self {
            job,
            stop,
            terminal,
            progress: terminal.progress(job.expected, "rows"),
            counts: Counts::default(),
            input_stored: false,
            done_at: HashMap::new(),
            latest: None,
            said_start: false,
            quiet_since: Instant::now(),
            said_waiting: false,
        }
    }

    fn is_over(&self) -> bool {
        self.stop.is_set() || self.input_stored || self.is_done()
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

    /// Takes note of what is stored: whatever another app1 has stored in the meantime counts as well.
    fn look(&mut self, store: &impl Rows, partitions: i32) {
        self.done_at = self.job.portfolios.iter().map(|id| (*id, store.last_session(id))).collect();
        if self.said_start {
            return;
        }
        self.said_start = true;
        let stored = store.positions(partitions);
        let on = if stored.iter().all(Option::is_none) {
            "never seen before".to_owned()
        } else {
            let offsets: Vec<_> = stored.iter().map(|at| at.map_or("start".to_owned(), |at| at.to_string())).collect();
            format!("going on at offset {}", offsets.join(", "))
        };
        self.terminal.say(format!("{} portfolios · {PORTFOLIOS} · {on}", self.job.portfolios.len()));
    }

    fn stored(&mut self) {
        (self.quiet_since, self.said_waiting) = (Instant::now(), false);
        self.progress.at(self.counts.stored);
        self.say_latest();
    }

    /// Says the last valuation stored, unless it was said or others were just now.
    fn say_latest(&mut self) {
        if self.latest.is_some()
            && self.progress.may_say()
            && let Some((id, valuation)) = self.latest.take()
        {
            self.terminal.say(format!("{}  {}  {}", valuation.session, id, valuation.value));
        }
    }

    /// Says where it stands and, once it has been quiet for a while, names what `--until` waits for.
    fn idle(&mut self, at_end: bool) {
        self.say_latest();
        if self.said_waiting || !at_end || self.quiet_since.elapsed() < Duration::from_secs(5) {
            return;
        }
        self.said_waiting = true;
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
