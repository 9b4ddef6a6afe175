//! Everything that can go wrong, ten thousand times: the real machines and loops around a model of Kafka and a database.
//!
//! A seed is a run. It draws a market, programs of which some run twice, and how often what fails; the model then crashes
//! processes, puts them to sleep, loses answers, moves partitions, compacts topics and writes rubbish, at any of their
//! requests. Then it lets all come to an end, and compares: what is on the topics and in the tables must be what a run
//! without any fault comes to, and what the definition says; each record that nobody can use must be set aside once.
//!
//! `FINNET_SIM_SEED=123 cargo test -p finnet-network --test simulator -- --nocapture` runs one seed and says what happens
//! in it; `FINNET_SIM_SEEDS=100000` runs as many.

#[path = "simulator/broker.rs"]
mod broker;
#[path = "simulator/checks.rs"]
mod checks;
#[path = "simulator/client.rs"]
mod client;
#[path = "simulator/database.rs"]
mod database;
#[path = "simulator/dice.rs"]
mod dice;
#[path = "simulator/expected.rs"]
mod expected;
#[path = "simulator/faults.rs"]
mod faults;
#[path = "simulator/group.rs"]
mod group;
#[path = "simulator/log.rs"]
mod log;
#[path = "simulator/market.rs"]
mod market;
#[path = "simulator/member.rs"]
mod member;
#[path = "simulator/pen.rs"]
mod pen;
#[path = "simulator/poison.rs"]
mod poison;
#[path = "simulator/process.rs"]
mod process;
#[path = "simulator/programs.rs"]
mod programs;
#[path = "simulator/run.rs"]
mod run;
#[path = "simulator/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use dice::Dice;
use expected::Outcome;
use faults::{Port, Rates};
use market::Market;
use world::World;

/// How many seeds are run where nothing else is said.
const SEEDS: u64 = 10_000;

/// What must have happened, over all seeds: a simulator that has ceased to simulate finds nothing.
const HAPPENS: [&str; 23] = [
    "asked to end",
    "zombie wakes",
    "short sleep",
    "fenced",
    "commit fenced",
    "commit refused",
    "commit answer lost",
    "commit arrived late",
    "transaction aborted",
    "transaction timed out",
    "open transaction waited for",
    "compaction",
    "rebalance",
    "member thought dead",
    "assignment lost",
    "offsets of a generation gone by",
    "exchange ended by a fence",
    "offsets moved by another",
    "answer to a commit of rows lost",
    "close set aside",
    "close set aside before",
    "valuation set aside",
    "valuation set aside before",
];

/// Runs a seed, with and without faults.
fn run_seed(world: &'static World, seed: u64, trace: bool) -> Result<(), String> {
    let dice = Dice::new(seed);
    let market = Market::draw(&dice);
    let (rates, order) = (Rates::draw(&dice), dice.bits());
    let expected = Outcome::of(&market);
    let calm = run::run(world, order, &market.clone().alone(), rates.poison_only(), false)
        .map_err(|why| format!("without any fault: {why}"))?;
    let differences = expected.differences(&calm);
    if !differences.is_empty() {
        return Err(format!("without any fault:\n  {}", differences.join("\n  ")));
    }
    if trace {
        eprintln!("{market:#?}\n{rates:#?}");
    }
    let found = run::run(world, order, &market, rates, trace)?;
    let differences = calm.differences(&found);
    if differences.is_empty() {
        Ok(())
    } else {
        Err(differences.iter().take(5).cloned().collect::<Vec<_>>().join("\n  "))
    }
}

/// Runs a seed; a panic in it is a failure like any other.
fn try_seed(world: &'static World, seed: u64, trace: bool) -> Result<(), String> {
    let result = catch_unwind(AssertUnwindSafe(|| run_seed(world, seed, trace)));
    result.unwrap_or_else(|_| Err("a panic, see above".to_owned()))
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is a number, not {text}")))
}

#[test]
fn whatever_goes_wrong_the_result_is_the_same() {
    if let Some(seed) = number("FINNET_SIM_SEED") {
        let result = try_seed(World::new(), seed, true);
        assert_eq!(result, Ok(()), "seed {seed}");
        return;
    }
    let seeds = number("FINNET_SIM_SEEDS").unwrap_or(SEEDS);
    let (next, failed) = (AtomicU64::new(0), Mutex::new(None::<(u64, String)>));
    let counts = Mutex::new(BTreeMap::<&'static str, u64>::new());
    let work = || {
        let world = World::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds || failed.lock().unwrap().is_some() {
                break;
            }
            if let Err(why) = try_seed(world, seed, false) {
                failed.lock().unwrap().get_or_insert((seed, why));
                break;
            }
        }
        for (what, count) in world.counts() {
            *counts.lock().unwrap().entry(what).or_default() += count;
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    std::thread::scope(|scope| (0..threads).for_each(|_| _ = scope.spawn(work)));
    let counts = counts.into_inner().unwrap();
    for (what, count) in &counts {
        println!("{count:>10}  {what}");
    }
    if let Some((seed, why)) = failed.into_inner().unwrap() {
        panic!(
            "seed {seed}: {why}\n\nagain, with all that happens: \
             FINNET_SIM_SEED={seed} cargo test -p finnet-network --test simulator -- --nocapture"
        );
    }
    if seeds >= SEEDS {
        let expected = HAPPENS.into_iter().chain(Port::ALL.map(Port::crash));
        let missing: Vec<_> = expected.filter(|what| !counts.contains_key(what)).collect();
        assert_eq!(missing, Vec::<&str>::new(), "these never happened in {seeds} seeds");
    }
}
