//! Whatever is killed, cut off, restarted or started twice, the end is the result of an uninterrupted run.
//!
//! Kafka and MariaDB are the test's own, since they are killed as well. Without variables a short run of about a minute;
//! `FINNET_CRASH_KILLS` asks for so many kills of each program in as many runs as that takes, `FINNET_CRASH_SEED` for the
//! seed of the first one, and `FINNET_CRASH_FAULTS` for some kinds of faults only: `cargo xtask crash` sets them.

mod crash {
    pub(crate) mod campaign;
    pub(crate) mod fault;
    pub(crate) mod network;
    pub(crate) mod outcome;
    pub(crate) mod poison;
    pub(crate) mod process;
    pub(crate) mod proxy;
    pub(crate) mod servers;
}
mod oracle;
mod programs;
mod real;
mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use crash::campaign::{Outcome, Run};
use crash::fault::{Length, plan};
use crash::network::Setup;
use crash::outcome::Undisturbed;
use crash::poison;
use crash::servers::Stage;

/// Kills of each program in one run of a long campaign.
const KILLS_OF_A_RUN: usize = 5;

/// Milliseconds between sessions.
const INTERVAL_MS: usize = 20;

/// What is asked for.
struct Campaign {
    /// The seed of the first run; each further one has the next.
    seed: u64,
    /// Kills of each program; `None` is the short form.
    kills: Option<usize>,
    /// The kinds of faults that may happen; empty is all.
    kinds: Vec<String>,
}

impl Campaign {
    fn from_environment() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let kinds = variable("FINNET_CRASH_FAULTS").unwrap_or_default();
        Self {
            seed: variable("FINNET_CRASH_SEED").map_or(1, |seed| seed.parse().expect("FINNET_CRASH_SEED: a number")),
            kills: variable("FINNET_CRASH_KILLS").map(|kills| kills.parse().expect("FINNET_CRASH_KILLS: a number")),
            kinds: kinds.split(',').filter(|kind| !kind.is_empty()).map(str::to_owned).collect(),
        }
    }

    /// Returns the last session of each run: the exchanges take as long as the faults do.
    fn to(&self) -> &'static str {
        if self.kills.is_some() { "2014-12-31" } else { "2003-12-31" }
    }

    /// Returns seed and length of each run.
    fn runs(&self) -> Vec<(u64, Length)> {
        let Some(kills) = self.kills else { return vec![(self.seed, Length { kills: 1, every_kind: false })] };
        let runs = (self.seed..).take(kills.div_ceil(KILLS_OF_A_RUN));
        runs.map(|seed| (seed, Length { kills: KILLS_OF_A_RUN.min(kills), every_kind: true })).collect()
    }

    fn run(&self, seed: u64, length: Length, stage: &mut Stage, undisturbed: &Undisturbed) -> Outcome {
        let may = |kind: &str| self.kinds.is_empty() || self.kinds.iter().any(|wanted| wanted == kind);
        let setup = Setup {
            to: self.to(),
            interval_ms: INTERVAL_MS,
            // As many as the network has where nothing is said, or more.
            partitions: if seed.is_multiple_of(2) { 3 } else { 1 },
            shares: if seed.is_multiple_of(2) { 2 } else { 1 },
            variables: stage.variables(),
            logs: (stage.folder().to_owned(), format!("run-{seed}")),
            is_told: self.kills.is_some(),
        };
        let planned = plan(seed, length, poison::COUNT, may);
        let file_kills = if may("kill") { length.kills } else { 0 };
        Run::start(stage, setup, seed, undisturbed.closes()).run(planned, undisturbed, file_kills)
    }
}

/// The command that repeats a run, printed where it fails.
struct Repeat(String);

impl Drop for Repeat {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("to repeat this run: {}", self.0);
        }
    }
}

#[test]
fn the_result_is_that_of_an_uninterrupted_run() {
    let campaign = Campaign::from_environment();
    let Some(mut stage) = Stage::set("crash") else { return };
    let undisturbed = Undisturbed::run(&stage, campaign.to());
    let mut outcomes = Vec::new();
    for (seed, length) in campaign.runs() {
        let _repeat = Repeat(match campaign.kills {
            Some(_) => format!("cargo xtask crash -- --seed {seed} --kills {}", length.kills),
            None => format!("FINNET_CRASH_SEED={seed} cargo xtask test -- -p finnet-network --test crash"),
        });
        let outcome = campaign.run(seed, length, &mut stage, &undisturbed);
        let different = outcome.differences.join("\n");
        assert!(different.is_empty(), "seed {seed}:\n{different}\nlogs are in {}", stage.folder().display());
        outcomes.push((seed, outcome));
    }
    if campaign.kills.is_some() {
        let text = summary(&outcomes, &undisturbed);
        std::io::stdout().write_all(text.as_bytes()).expect("stdout");
    }
}

/// Returns what was done and found as tables for docs/RELIABILITY.md.
fn summary(outcomes: &[(u64, Outcome)], undisturbed: &Undisturbed) -> String {
    let mut faults = BTreeMap::<&str, usize>::new();
    for (name, count) in outcomes.iter().flat_map(|(_, outcome)| &outcome.faults) {
        *faults.entry(name).or_default() += count;
    }
    let mut text = "\n| fault | times |\n|---|---|\n".to_owned();
    for (name, count) in faults {
        let _ = writeln!(text, "| {name} | {count} |");
    }
    text += "\n| seed | faults | closes | valuations, rows | set aside | seconds | differences |\n|---|---|---|---|---|---|---|\n";
    for (seed, Outcome { faults, aside, took, differences, .. }) in outcomes {
        let (closes, valuations) = (undisturbed.closes(), undisturbed.valuations());
        let (faults, seconds, differences) = (faults.values().sum::<usize>(), took.as_secs(), differences.len());
        let _ = writeln!(text, "| {seed} | {faults} | {closes} | {valuations} | {aside} | {seconds} | {differences} |");
    }
    text
}
