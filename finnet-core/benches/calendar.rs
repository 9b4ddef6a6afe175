//! Nanoseconds an answer of a calendar, beside `exchange_calendars` in the same run.
//!
//! `cargo bench -p finnet-core --bench calendar`: XNYS, random dates of its range; the median of 501 rounds of
//! ten thousand questions each. *Walking* is a step over a session of the whole range. *Ready for use* is the first question
//! of the process. The peer is `benches/peers/xcals.py`, run by `python3` or what `PYTHON` names; where
//! that lacks the package it is left out, and said to be.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use finnet_core::calendar::{Calendar, Change, Error, Session, XNYS};
use finnet_core::chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

const QUESTIONS: usize = 10_000;
const ROUNDS: usize = 501;
const PEER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/xcals.py");

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let begun = Instant::now();
    let first = black_box(&XNYS).session_on_or_after(black_box(XNYS.first()))?;
    let ready = begun.elapsed();
    black_box(first);
    let peer = peer();
    let times = measure()?;
    let of_peer = |name: &str| peer.get(name).map_or(String::new(), |time| format!("   peer: {time:>9} ns"));
    println!("{:<28} {:>9} ns{}", "ready for use", ready.as_nanos(), of_peer("ready"));
    for (name, time) in times {
        println!("{name:<28} {time:>9.1} ns{}", of_peer(name));
    }
    Ok(())
}

/// Returns the medians, in nanoseconds a question.
fn measure() -> Result<Vec<(&'static str, f64)>, Failure> {
    let (dates, instants) = questions();
    assert!(dates.iter().all(|&date| XNYS.session_away(date, 21).is_ok()), "all questions have their answer");
    let pairs: Vec<(NaiveDate, NaiveDate)> =
        dates.iter().zip(dates.iter().rev()).map(|(&one, &other)| (one.min(other), one.max(other))).collect();
    let own = XNYS.with([Change::closed("2026-12-01".parse()?).because("Blizzard")])?;
    let mut times = Vec::new();
    let mut note = |name, questions, run: &mut dyn FnMut()| times.push((name, median(questions, run)));
    note("is_session", QUESTIONS, &mut || each(&dates, |&date| XNYS.is_session(date)));
    note("is_session, patched calendar", QUESTIONS, &mut || each(&dates, |&date| own.is_session(date)));
    note("next session", QUESTIONS, &mut || each(&dates, |&date| XNYS.session_after(date)));
    note("next session, its date", QUESTIONS, &mut || {
        each(&dates, |&date| XNYS.session_after(date).map(|session| session.date()));
    });
    note("count in a range", QUESTIONS, &mut || {
        each(&pairs, |&(one, other)| XNYS.sessions(one..=other).map(|s| s.len()));
    });
    let all = XNYS.sessions(..)?;
    note("walking", all.len(), &mut || walk(all.clone(), Session::closes_early));
    note("walking, with dates", all.len(), &mut || walk(all.clone(), Session::date));
    note("walking, with closes", all.len(), &mut || walk(all.clone(), Session::close));
    note("walking backward", all.len(), &mut || walk(all.clone().rev(), Session::date));
    note("21 sessions away", QUESTIONS, &mut || each(&dates, |&date| XNYS.session_away(date, 21)));
    note("is open at", QUESTIONS, &mut || each(&instants, |&at| XNYS.is_open_at(at)));
    note("next open", QUESTIONS, &mut || each(&instants, |&at| XNYS.next_open(at)));
    note("Calendar::of", QUESTIONS, &mut || each(&dates, |_| Calendar::of(black_box("XNAS"))));
    note("Calendar::with", 1, &mut || each(&dates[..1], |_| XNYS.with([black_box(first_friday())])));
    Ok(times)
}

fn first_friday() -> NaiveDate {
    XNYS.last() - TimeDelta::days(4)
}

/// Asks each question, and keeps the compiler from leaving any out. A loop of its own for every kind of question: in one
/// function with all of them there are not registers enough.
#[inline(never)]
fn each<Q, A>(questions: &[Q], answer: impl Fn(&Q) -> Result<A, Error>) {
    for question in questions {
        // By reference: to copy what was just written in pieces would cost more than the answer.
        black_box(&answer(question));
    }
}

/// Walks over all sessions, and asks each for something.
#[inline(never)]
fn walk<A>(sessions: impl Iterator<Item = Session>, ask: impl Fn(&Session) -> A) {
    for session in sessions {
        black_box(&ask(&session));
    }
}

fn median(questions: usize, run: &mut dyn FnMut()) -> f64 {
    let mut times = [0.0; ROUNDS];
    for time in &mut times {
        let begun = Instant::now();
        run();
        #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
        let per_question = begun.elapsed().as_nanos() as f64 / questions as f64;
        *time = per_question;
    }
    times.sort_unstable_by(f64::total_cmp);
    times[ROUNDS / 2]
}

/// Random dates of the range, ten days from its end, and random minutes of them in UTC.
fn questions() -> (Vec<NaiveDate>, Vec<DateTime<Utc>>) {
    let (first, days) = (XNYS.first() + TimeDelta::days(2), (XNYS.last() - XNYS.first()).num_days() - 60);
    let mut state = 42_u64;
    let mut random = |below: i64| {
        // The generator of Knuth's MMIX: good enough to spread questions.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(state >> 33).unwrap_or_default() % below
    };
    let dates: Vec<NaiveDate> = (0..QUESTIONS).map(|_| first + TimeDelta::days(random(days))).collect();
    let instants = dates.iter().map(|date| date.and_time(NaiveTime::MIN).and_utc() + TimeDelta::minutes(random(1440)));
    let instants = instants.collect();
    (dates, instants)
}

/// Returns the peer's times by their names; none where it can't be run.
fn peer() -> BTreeMap<String, String> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    match Command::new(&python).arg(PEER).output() {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            text.lines()
                .filter_map(|line| line.split_once('\t'))
                .map(|(name, time)| (name.into(), time.into()))
                .collect()
        }
        Ok(output) => {
            let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            println!("exchange_calendars: left out: {}", why.lines().last().unwrap_or("it failed"));
            BTreeMap::new()
        }
        Err(error) => {
            println!("exchange_calendars: left out: {python}: {error}");
            BTreeMap::new()
        }
    }
}
