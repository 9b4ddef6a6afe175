//! An exchange: emits the close of each of its stocks for each session, and goes on where it was.
//!
//! At its start it reads the topic once to find each stock's last session there, and sends what comes after.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{NaiveDate, Utc};
use finnet_core::Close;
use finnet_core::price::PriceError;
use finnet_kafka::{Cluster, Producer, Reader, Settings, exchange};

use crate::STOCK_EXCHANGE;
use crate::failure::Failure;
use crate::plan::Plan;
use crate::stop::Stop;
use crate::terminal::{Terminal, grouped};

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

/// Sends the plan's closes and returns when all are with the broker, or when asked to end.
///
/// # Errors
///
/// - Where the topic must not be written on, or the broker refuses.
pub fn run(
    plan: &Plan,
    cluster: &Cluster,
    partitions: i32,
    pace: Pace,
    stop: &Stop,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let topic = cluster.ensure(STOCK_EXCHANGE, partitions)?;
    let producer = Producer::new(cluster.settings())?;
    let lasts = if topic.made || pace.alone {
        std::collections::HashMap::new()
    } else {
        exchange::last_sessions(&Reader::from_start(cluster, STOCK_EXCHANGE, topic.partitions)?, &plan.stocks)?
    };
    let sessions = plan.sessions()?;
    say_start(plan, &lasts, &sessions, terminal);
    let after: Vec<_> = plan.stocks.iter().map(|symbol| lasts.get(symbol).copied()).collect();
    let mut sender = Sender { plan, after, producer, sent: 0, pace, due: None };
    let mut progress = terminal.progress(sessions.len() as u64, "sessions");
    for (done, &session) in (1..).zip(&sessions) {
        if stop.is_set() {
            break;
        }
        sender.session(session, stop)?;
        progress.at(done);
    }
    if pace.follow && !stop.is_set() {
        sender.producer.flush()?;
        terminal.say(format!("{} closes sent; staying for the next session (--follow)", grouped(sender.sent)));
        sender.follow(sessions.last().copied(), stop, terminal)?;
    }
    sender.producer.flush()?;
    progress.finish();
    let how = if stop.is_set() { "stopped; start again with the same command to go on" } else { "done" };
    let seconds = progress.elapsed().as_secs_f64();
    terminal.say(format!("{how}: {} closes sent in {seconds:.1} s", grouped(sender.sent)));
    Ok(())
}

fn say_start(
    plan: &Plan,
    lasts: &std::collections::HashMap<finnet_core::Symbol, NaiveDate>,
    sessions: &[NaiveDate],
    terminal: &Terminal,
) {
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
    let on = match lasts.values().min() {
        Some(last) if lasts.len() == plan.stocks.len() => format!("going on after {last}"),
        Some(_) => format!("going on: {} of the stocks were there", lasts.len()),
        None => "from the start".to_owned(),
    };
    terminal.say(format!("{} stocks · {bounds} · {on}", plan.stocks.len()));
}

/// Sends session by session, in time.
struct Sender<'a> {
    plan: &'a Plan,
    /// The last session of each stock that is on the topic already.
    after: Vec<Option<NaiveDate>>,
    producer: Producer,
    sent: u64,
    pace: Pace,
    due: Option<Instant>,
}

impl Sender<'_> {
    /// Sends what is not there yet of one session; a session that is all there takes no time.
    fn session(&mut self, session: NaiveDate, stop: &Stop) -> Result<(), Failure> {
        if self.after.iter().all(|after| after.is_some_and(|last| session <= last)) {
            return Ok(());
        }
        if !self.pace.interval.is_zero() {
            let due = self.due.unwrap_or_else(Instant::now);
            stop.sleep_until(due);
            if stop.is_set() {
                return Ok(());
            }
            // From the time it was due, not from now: many short waits don't add up to a delay.
            self.due =
                Some(due.max(Instant::now().checked_sub(self.pace.interval).unwrap_or(due)) + self.pace.interval);
        }
        for (&symbol, after) in self.plan.stocks.iter().zip(&self.after) {
            if after.is_some_and(|last| session <= last) {
                continue;
            }
            let price = match self.plan.market.close(symbol, session) {
                // A stock that was not listed yet, or no longer: investors find the session void.
                Err(PriceError::NoClose { .. }) => continue,
                price => price?,
            };
            self.producer.send_close(STOCK_EXCHANGE, &Close { symbol, session, price })?;
            self.sent += 1;
        }
        Ok(())
    }

    /// Sends each further session as it closes, until asked to end.
    fn follow(&mut self, last: Option<NaiveDate>, stop: &Stop, terminal: &Terminal) -> Result<(), Failure> {
        let mut next = match last {
            Some(last) => self.plan.calendar.session_after(last)?,
            None => self.plan.calendar.session_on_or_after(self.plan.first)?,
        };
        while !stop.is_set() {
            if self.plan.to.is_some_and(|to| next.date() > to) {
                return Ok(());
            }
            if self.plan.end.is_some_and(|end| next.date() > end) {
                terminal.say(format!("the closes file ends on {}", self.plan.end.unwrap_or_default()));
                return Ok(());
            }
            let left = (next.close() - Utc::now()).to_std().unwrap_or_default();
            if left.is_zero() {
                self.session(next.date(), stop)?;
                if stop.is_set() {
                    return Ok(());
                }
                self.producer.flush()?;
                terminal.say(format!("{} sent", next.date()));
                next = self.plan.calendar.session_after(next.date())?;
            } else {
                stop.sleep_until(Instant::now() + left.min(Duration::from_secs(1)));
            }
        }
        Ok(())
    }
}
