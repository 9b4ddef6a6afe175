//! An exchange: emits the close of each of its stocks for each session, and goes on where it was.
//!
//! It sends in transactions of about 100 ms, and keeps in each how far its stocks are: whatever kills it, what is on the
//! topic and what is kept agree. Of two instances the older is fenced by the newer, and ends.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{NaiveDate, Utc};
use finnet_core::Close;
use finnet_core::price::{Along, PriceError};
use finnet_kafka::exchange::{Desk, Emitter, Opening};
use finnet_kafka::flow::Slice;
use finnet_kafka::log::Writer;
use finnet_kafka::{Cluster, Error, Settings};

use crate::STOCK_EXCHANGE;
use crate::failure::Failure;
use crate::plan::Plan;
use crate::stop::Stop;
use crate::terminal::{Progress, Terminal, grouped};
use crate::trouble::{Trouble, outlast};

/// What one transaction of an exchange holds.
const SLICE: Slice = Slice { records: 50_000, time: Duration::from_millis(100) };

/// How an exchange sends.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Between the start of one session and the next.
    pub interval: Duration,
    /// Whether to stay for the next closes after the last session.
    pub follow: bool,
    /// Whether the topic was just made for this process alone: there is nothing to go on from.
    pub alone: bool,
}

/// Connects to Kafka, saying while no broker answers what is missing.
///
/// # Errors
///
/// - Where no broker answers within `timeout`, or the program is asked to end.
pub fn connect(settings: &Settings, timeout: Duration, stop: &Stop, terminal: &Terminal) -> Result<Cluster, Failure> {
    let mut said = None;
    let (told, connected) = (terminal.clone(), Arc::new(AtomicBool::new(false)));
    let (is_connected, last) = (Arc::clone(&connected), Mutex::new(None));
    let settings = settings.clone().on_notice(move |_| {
        // The client says it for each of its attempts; a person wants to know it twice a minute.
        let mut last = last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let due = last.is_none_or(|last: Instant| last.elapsed() > Duration::from_secs(30));
        if is_connected.load(Ordering::Relaxed) && due {
            *last = Some(Instant::now());
            told.warn("no Kafka broker answers; trying on");
        }
    });
    let cluster = Cluster::connect(&settings, timeout, |waited| {
        if said.is_none_or(|said: Instant| said.elapsed() > Duration::from_secs(5)) {
            said = Some(Instant::now());
            let left = timeout.saturating_sub(waited).as_secs();
            terminal.warn(format!("no Kafka broker answers at {} yet; trying for {left} s more", settings.servers()));
        }
        if stop.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    match cluster {
        Err(finnet_kafka::Error::Unreachable { servers }) => Err(Failure::new(format!(
            "no Kafka broker answers at {servers} (waited {} s, --connect-timeout)",
            timeout.as_secs()
        ))
        .hint(
            "is it running, and is --bootstrap-servers its address? to have one started for a try: cargo xtask servers",
        )),
        Err(finnet_kafka::Error::CalledOff) => Err(Failure::called_off()),
        cluster => {
            let cluster = cluster?;
            connected.store(true, Ordering::Relaxed);
            Ok(cluster)
        }
    }
}

/// Sends the plan's closes and returns when all are committed, or when asked to end.
///
/// # Errors
///
/// - Where the topic must not be written on, the broker refuses, or a newer instance has taken over.
pub fn run(
    plan: &Plan,
    cluster: &Cluster,
    partitions: i32,
    pace: Pace,
    stop: &Stop,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let topic = cluster.ensure(STOCK_EXCHANGE, partitions)?;
    let positions = if pace.alone {
        None
    } else {
        let topic = format!("{STOCK_EXCHANGE}.positions");
        let partitions = cluster.ensure_compacted(&topic, 1)?.partitions;
        Some((topic, partitions))
    };
    let desk = Desk {
        exchange: plan.name.to_string(),
        topic: (STOCK_EXCHANGE.to_owned(), topic.partitions),
        positions,
        instance: format!("process {} since {}", std::process::id(), Utc::now().to_rfc3339()),
        slice: SLICE,
    };
    let sessions = plan.sessions()?;
    let paths = plan.stocks.iter().map(|&symbol| plan.market.along(symbol)).collect::<Result<_, _>>()?;
    let mut sender = Sender {
        plan,
        paths,
        pace,
        stop,
        terminal,
        progress: terminal.progress(sessions.len() as u64, "sessions"),
        sent: 0,
        open: 0,
        due: None,
    };
    let mut opening = Opening::Begins;
    let result = loop {
        let sent = match Emitter::open(cluster, desk.clone(), &plan.stocks, opening) {
            // A newer one has taken over. One that only begins is refused by what it fences itself, or by a time-out.
            Err(why @ Error::Fenced { .. }) if opening == Opening::GoesOn => break Err(why.into()),
            Err(why) => Err(why.into()),
            Ok(mut emitter) => {
                if opening == Opening::Begins {
                    say_start(plan, &emitter, &sessions, terminal);
                    opening = Opening::GoesOn;
                }
                sender.run(&mut emitter, &sessions)
            }
        };
        match sent {
            Ok(()) => break Ok(()),
            Err(Trouble::Failure(failure)) => break Err(failure),
            // Fenced, it is either replaced, which opening it anew finds, or the broker gave up on its transaction.
            Err(Trouble::Kafka(why)) => {
                if let Err(why) = outlast(why, stop, terminal) {
                    break Err(why.into());
                }
            }
        }
        if stop.is_set() {
            break Ok(());
        }
    };
    sender.progress.finish();
    result?;
    let how = if stop.is_set() { "stopped; start again with the same command to go on" } else { "done" };
    let seconds = sender.progress.elapsed().as_secs_f64();
    terminal.say(format!("{how}: {} closes sent in {seconds:.1} s", grouped(sender.sent)));
    Ok(())
}

fn say_start<W: Writer>(plan: &Plan, emitter: &Emitter<W>, sessions: &[NaiveDate], terminal: &Terminal) {
    if let Some(asked) = plan.cut {
        let last = plan.last.map_or("none".to_owned(), |last| last.to_string());
        terminal.say(format!("--to {asked} is cut to the last session that has closed: {last}"));
    }
    let bounds = match (sessions.first(), sessions.last()) {
        (Some(first), Some(last)) => {
            format!("{} sessions of {}, {first} to {last}", sessions.len(), plan.calendar.mic())
        }
        _ => format!("no session of {} to send", plan.calendar.mic()),
    };
    let lasts: Vec<_> = plan.stocks.iter().filter_map(|&symbol| emitter.last(symbol)).collect();
    let on = match lasts.iter().min() {
        Some(last) if lasts.len() == plan.stocks.len() => format!("going on after {last}"),
        Some(_) => format!("going on: {} of the stocks were there", lasts.len()),
        None => "from the start".to_owned(),
    };
    terminal.say(format!("{} stocks · {bounds} · {on}", plan.stocks.len()));
}

/// Sends session by session, in time.
struct Sender<'a> {
    plan: &'a Plan,
    /// Where each stock's prices stand: a session after another costs the same however many there were.
    paths: Vec<Along<'a>>,
    pace: Pace,
    stop: &'a Stop,
    terminal: &'a Terminal,
    progress: Progress,
    /// Closes committed.
    sent: u64,
    /// Closes of the open transaction.
    open: u64,
    /// When the next session is to be sent.
    due: Option<Instant>,
}

impl Sender<'_> {
    /// Sends what is not there yet, until all is committed or it is asked to end.
    fn run<W: Writer>(&mut self, emitter: &mut Emitter<W>, sessions: &[NaiveDate]) -> Result<(), Trouble> {
        self.open = 0;
        for (done, &session) in (1..).zip(sessions) {
            if self.stop.is_set() {
                break;
            }
            self.session(emitter, session)?;
            if emitter.left().is_none() {
                self.progress.at(done);
            }
        }
        self.commit(emitter)?;
        if self.pace.follow && !self.stop.is_set() {
            self.terminal.say(format!("{} closes sent; staying for the next session (--follow)", grouped(self.sent)));
            self.follow(emitter, sessions.last().copied())?;
        }
        Ok(())
    }

    /// Sends what is not there yet of one session; a session that is all there takes no time.
    fn session<W: Writer>(&mut self, emitter: &mut Emitter<W>, session: NaiveDate) -> Result<(), Trouble> {
        if self.plan.stocks.iter().all(|&symbol| emitter.last(symbol) >= Some(session)) {
            return Ok(());
        }
        if !self.pace.interval.is_zero() {
            self.wait(emitter)?;
            if self.stop.is_set() {
                return Ok(());
            }
        }
        for (&symbol, path) in self.plan.stocks.iter().zip(&mut self.paths) {
            if emitter.last(symbol) >= Some(session) {
                continue;
            }
            let price = match path.close(session) {
                // A stock that was not listed yet, or no longer: investors find the session void.
                Err(PriceError::NoClose { .. }) => continue,
                price => price.map_err(Failure::from)?,
            };
            self.open += u64::from(emitter.send(&Close { symbol, session, price })?);
        }
        if emitter.left().is_some_and(|left| left.is_zero()) {
            self.commit(emitter)?;
        }
        Ok(())
    }

    fn commit<W: Writer>(&mut self, emitter: &mut Emitter<W>) -> Result<(), Trouble> {
        emitter.commit()?;
        self.sent += std::mem::take(&mut self.open);
        Ok(())
    }

    /// Waits until the next session is due. What was sent is committed meanwhile: nobody waits for it longer.
    fn wait<W: Writer>(&mut self, emitter: &mut Emitter<W>) -> Result<(), Trouble> {
        let (interval, now) = (self.pace.interval, Instant::now());
        let due = self.due.unwrap_or(now);
        if emitter.left().is_some_and(|left| left < due.saturating_duration_since(now)) {
            self.commit(emitter)?;
        }
        self.stop.sleep_until(due);
        // From the time it was due, not from now: many short waits don't add up to a delay.
        self.due = Some(due.max(Instant::now().checked_sub(interval).unwrap_or(due)) + interval);
        Ok(())
    }

    /// Sends each further session as it closes, until asked to end.
    fn follow<W: Writer>(&mut self, emitter: &mut Emitter<W>, last: Option<NaiveDate>) -> Result<(), Trouble> {
        let calendar = self.plan.calendar;
        let next = match last {
            Some(last) => calendar.session_after(last),
            None => calendar.session_on_or_after(self.plan.first),
        };
        let mut next = next.map_err(Failure::from)?;
        while !self.stop.is_set() {
            if self.plan.to.is_some_and(|to| next.date() > to) {
                return Ok(());
            }
            if let Some(end) = self.plan.end.filter(|&end| next.date() > end) {
                self.terminal.say(format!("the closes file ends on {end}"));
                return Ok(());
            }
            let left = (next.close() - Utc::now()).to_std().unwrap_or_default();
            if left.is_zero() {
                self.session(emitter, next.date())?;
                if self.stop.is_set() {
                    return Ok(());
                }
                self.commit(emitter)?;
                self.terminal.say(format!("{} sent", next.date()));
                next = calendar.session_after(next.date()).map_err(Failure::from)?;
            } else {
                self.stop.sleep_until(Instant::now() + left.min(Duration::from_secs(1)));
            }
        }
        Ok(())
    }
}
