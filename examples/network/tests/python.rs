//! Another system's programs, in Python, in the places of ours; what then stands in topics, tables, files and reports
//! is held against `python/oracle.py`, which computes all of it again in fractions.
//!
//! Needs the servers of `support`, `python3` with `venv`, and a package index the first time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{Program, Servers};

mod support;

const UNTIL: &str = "2002-12-31";

/// Sessions of XNYS in 2000, 2001 (four fewer: September) and 2002.
const SESSIONS: usize = 252 + 248 + 252;

/// Python with the clients that other systems use.
struct Python {
    program: PathBuf,
}

#[test]
fn the_whole_chain_is_what_the_oracle_computes() {
    let Some((servers, python)) = places("whole_chain") else { return };
    servers.run("investors-db");
    all_succeed([exchanges(&servers), investors(&servers, &[1, 2, 3]), vec![store(&servers, "")]]);
    let folder = tempfile::tempdir().unwrap();
    let [files, reports, period] =
        ["files", "reports", "period"].map(|name| folder.path().join(name).display().to_string());
    store(&servers, &format!("--data {files}")).succeeds();
    servers.run(&format!("app2 --out {reports}"));
    let said = python.run(&servers, &format!("oracle.py --tables --data {files} --reports {reports}"));
    let (closes, valuations) = (24 * SESSIONS, 6 * SESSIONS);
    assert!(said.contains(&format!("{closes} closes, {valuations} valuations, 0 differences")), "{said}");
    let bounds = "--from 2000-05-01 --to 2001-10-31";
    servers.run(&format!("app2 --data {files} --out {period} {bounds}"));
    python.run(&servers, &format!("oracle.py --reports {period} {bounds}"));
}

#[test]
fn closes_of_an_exchange_with_other_days_are_read() {
    others_exchanges("other_days", "", "--saturdays");
}

#[test]
fn closes_as_numbers_without_keys_are_read() {
    others_exchanges("numbers", "--numbers --date --no-key", "--numbers --date --no-key");
}

#[test]
fn closes_encoded_twice_are_read() {
    others_exchanges("twice", "--twice", "--twice --numbers --date --saturdays");
}

#[test]
fn valuations_of_an_investor_who_counts_in_floats_come_to_the_same_rows() {
    others_investor("floats", 1, "");
}

#[test]
fn valuations_under_other_names_come_to_the_same_rows() {
    let noisy = |value: &String| value.contains("0000000") || value.contains("9999999");
    let Some(sent) = others_investor("other_names", 3, "--other-names --no-key") else { return };
    assert!(sent.iter().any(noisy), "no sum of Inv3 came out beside its decimal number: nothing is shown");
}

#[test]
fn another_systems_store_fills_our_tables_and_the_oracle_sees_a_cent() {
    let Some((servers, python)) = places("other_store") else { return };
    servers.run("investors-db");
    all_succeed([exchanges(&servers), investors(&servers, &[1, 2, 3])]);
    let said = python.run(&servers, "app1.py");
    assert!(said.contains(&format!("{} rows stored", 6 * SESSIONS)), "{said}");
    let reports = tempfile::tempdir().unwrap();
    servers.run(&format!("app2 --out {}", reports.path().display()));
    let check = format!("oracle.py --tables --reports {}", reports.path().display());
    python.run(&servers, &check);
    servers.rows("UPDATE Inv2_P21 SET Evaluation = Evaluation + 0.01 WHERE As_Of = '2001-09-17'");
    let (code, said) = python.start(&servers, &check).ends();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("DIFFERENT Inv2_P21 2001-09-17 Evaluation") && said.contains(" 1 differences"), "{said}");
}

/// Two exchanges of another system, with these flags, before our investors and our store.
fn others_exchanges(name: &str, first: &str, second: &str) {
    let Some((servers, python)) = places(name) else { return };
    servers.run("investors-db");
    // Made by ours, one partition each; theirs would find them missing.
    let mut ours = [investors(&servers, &[1, 2, 3]), vec![store(&servers, "")]];
    for program in ours.iter_mut().flatten() {
        program.says("never seen before");
    }
    let theirs = [("SE1", first), ("SE2", second)]
        .map(|(exchange, flags)| python.start(&servers, &format!("exchange.py {exchange} --to {UNTIL} {flags}")));
    all_succeed([theirs.into()]);
    all_succeed(ours);
    let reports = tempfile::tempdir().unwrap();
    servers.run(&format!("app2 --out {}", reports.path().display()));
    python.run(&servers, &format!("oracle.py --tables --reports {}", reports.path().display()));
}

/// An investor of another system, with these flags, beside two of ours; returns all valuations that were sent, `None`
/// where it does not run.
fn others_investor(name: &str, number: usize, flags: &str) -> Option<Vec<String>> {
    let (servers, python) = places(name)?;
    servers.run("investors-db");
    let others: Vec<_> = (1..=3).filter(|&other| other != number).collect();
    all_succeed([exchanges(&servers), investors(&servers, &others)]);
    python.run(&servers, &format!("investor.py Inv{number} {flags}"));
    store(&servers, "").succeeds();
    let said = python.run(&servers, &format!("oracle.py --floats Inv{number} --tables"));
    assert!(said.contains(&format!("{} valuations, 0 differences", 6 * SESSIONS)), "{said}");
    Some(servers.records("portfolios").into_iter().map(|record| record.value).collect())
}

fn exchanges(servers: &Servers) -> Vec<Program> {
    ["se1", "se2"].map(|name| servers.start(&format!("{name} --session-interval 0 --to {UNTIL}"))).into()
}

fn investors(servers: &Servers, numbers: &[usize]) -> Vec<Program> {
    numbers.iter().map(|number| servers.start(&format!("inv {number} --until {UNTIL}"))).collect()
}

fn store(servers: &Servers, flags: &str) -> Program {
    servers.start(&format!("app1 --until {UNTIL} {flags}"))
}

#[track_caller]
fn all_succeed<const N: usize>(programs: [Vec<Program>; N]) {
    for program in programs.into_iter().flatten() {
        program.succeeds();
    }
}

/// Returns the servers and Python, or says loudly what is missing.
fn places(test: &str) -> Option<(Servers, Python)> {
    let servers = Servers::take(test)?;
    match Python::ready() {
        Ok(python) => Some((servers, python)),
        Err(why) => {
            support::not_run(test, &format!("its Python can't be had: {}", why.lines().last().unwrap_or_default()));
            None
        }
    }
}

impl Python {
    /// Returns the environment in the target folder, made where it is not there; the servers' lock guards it.
    fn ready() -> Result<Self, String> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
        let python = Self { program: folder.join("bin/python") };
        let wanted = fs::read_to_string(script("requirements.txt")).expect("a file of this package");
        let made = folder.join("requirements.txt");
        if fs::read_to_string(&made).is_ok_and(|there| there == wanted) {
            return Ok(python);
        }
        let run = |command: &mut Command| match Program::try_start(command).map(Program::ends) {
            Ok((Some(0), _)) => Ok(()),
            Ok((_, said)) => Err(said),
            Err(why) => Err(why.to_string()),
        };
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        let pip = "-m pip install --quiet --disable-pip-version-check --timeout 15 --retries 1 -r";
        run(Command::new(&python.program).args(pip.split(' ')).arg(script("requirements.txt")))?;
        fs::write(made, wanted).map_err(|why| why.to_string())?;
        Ok(python)
    }

    /// Starts a program of `python/`, with the servers in its environment.
    fn start(&self, servers: &Servers, line: &str) -> Program {
        let mut words = line.split_ascii_whitespace();
        let mut command = Command::new(&self.program);
        command.arg(script(words.next().expect("a program's name"))).args(words);
        command.env("KAFKA_BOOTSTRAP_SERVERS", servers.kafka()).env("DATABASE_URL", servers.database());
        // The checkout stays as it is.
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        Program::start(&mut command)
    }

    #[track_caller]
    fn run(&self, servers: &Servers, line: &str) -> String {
        self.start(servers, line).succeeds()
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python").join(name)
}
