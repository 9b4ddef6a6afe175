//! `cargo xtask bench`: the benchmarks, on servers of their own, each beside its peer in the same run.
//!
//! What is measured lies beside what it measures, in the packages' `benches` folders; this starts the servers and has
//! cargo run them in the release profile. Figures go to stdout, to be copied to docs/BENCHMARKS.md.

use crate::failure::Failure;
use crate::peers;
use crate::process::{self, Interrupt};
use crate::servers::Servers;
use crate::step::step;
use crate::workspace;

/// Packages with benchmarks; named, since building the others' tests in release would take minutes for nothing.
const PACKAGES: [&str; 5] = ["finnet-core", "finnet-kafka", "finnet-network", "finnet-mysql", "finnet-analytics"];

/// Runs every benchmark, or those that the words choose.
pub(crate) fn run(words: &[String]) -> Result<(), Failure> {
    let interrupt = Interrupt::listen()?;
    let chosen: Vec<&str> = words.iter().map(String::as_str).collect();
    let bench = |extra: &[&str], variables: &[(&'static str, String)]| {
        let mut command = workspace::cargo();
        command.arg("bench");
        if !chosen.contains(&"-p") {
            command.args(PACKAGES.iter().flat_map(|package| ["-p", package])).arg("--benches");
        }
        command.args(&chosen).args(extra).envs(variables.iter().map(|(name, value)| (name, value)));
        let status = process::run(&mut command, &interrupt)?;
        if status.success() { Ok(()) } else { Err(Failure::Exit(process::exit_code(status))) }
    };
    step("built the benchmarks", || bench(&["--no-run"], &[]))?;
    let python = peers::python(&interrupt);
    let mut servers = Servers::new()?;
    servers.start_kafka(&interrupt)?;
    servers.start_mariadb(&interrupt)?;
    let python = python.map(|python| ("PYTHON", python.display().to_string()));
    let variables: Vec<_> = servers.variables().iter().cloned().chain(python).collect();
    let measured = step("ran the benchmarks", || bench(&[], &variables));
    servers.check()?;
    measured
}
