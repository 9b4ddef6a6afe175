//! `cargo xtask test`: every test of the workspace, on a real Kafka and a real MariaDB.
//!
//! In come words for `cargo test`; out comes its exit code. The tests read `KAFKA_BOOTSTRAP_SERVERS` and
//! `DATABASE_URL`; where one is set already, that server is taken and left alone. A test that kills its servers starts
//! its own, from the jars at `FINNET_KAFKA_JARS`.

use std::process::Command;

use crate::failure::Failure;
use crate::manifest::Manifest;
use crate::process::{self, Interrupt};
use crate::servers::{DATABASE, JARS, KAFKA, Servers};
use crate::step::{say, step};
use crate::workspace;

/// Features that no test turns on, and why.
const LEFT_OUT: [(&str, &str); 3] = [
    ("finnet-kafka/tls", "builds OpenSSL from source: minutes, and perl and make"),
    ("finnet-network/tls", "the same"),
    ("finnet-kafka/zstd", "builds zstd from source; only what other producers sent needs it"),
];

/// Runs every test, or those that the words choose.
pub(crate) fn run(words: &[String]) -> Result<(), Failure> {
    let interrupt = Interrupt::listen()?;
    let packages = packages(words);
    let features = features(&packages)?;
    // A test that does not compile is told before a server has started.
    if !words.iter().any(|word| word == "--doc") {
        step("built the tests", || cargo_test(&packages, &features, &["--no-run"], words, None, &interrupt))?;
    }
    let mut servers = Servers::new()?;
    let missing = [
        have(KAFKA, || servers.start_kafka(&interrupt))?,
        have(DATABASE, || servers.start_mariadb(&interrupt))?,
        have(JARS, || servers.install(&interrupt))?,
    ];
    let missing: Vec<&str> = missing.into_iter().flatten().collect();
    if !missing.is_empty() && workspace::is_ci() {
        return Err(Failure::Message(format!("CI leaves nothing untested: no {}", missing.join(", no "))));
    }
    let tested = step("ran the tests", || {
        cargo_test(&packages, &features, &["--no-fail-fast"], words, Some((&servers, &missing)), &interrupt)
    });
    // A server that died explains the tests that failed; nothing else in their output does.
    servers.check()?;
    drop(servers);
    if !missing.is_empty() {
        say(&format!("NOT TESTED, for want of {}: see above", missing.join(" and ")));
    }
    tested
}

/// Starts or installs a server unless its variable names one; the variable where the server can't be had.
fn have(variable: &'static str, start: impl FnOnce() -> Result<(), Failure>) -> Result<Option<&'static str>, Failure> {
    if std::env::var_os(variable).is_some_and(|value| !value.is_empty()) {
        say(&format!("         {variable} is set: what it names is taken"));
        return Ok(None);
    }
    match start() {
        Ok(()) => Ok(None),
        Err(Failure::Missing(text)) => {
            say(&format!("NOT TESTED: {text}; or set {variable}"));
            Ok(Some(variable))
        }
        Err(failure) => Err(failure),
    }
}

fn cargo_test(
    packages: &[&str],
    features: &str,
    options: &[&str],
    words: &[String],
    servers: Option<(&Servers, &[&str])>,
    interrupt: &Interrupt,
) -> Result<(), Failure> {
    let mut command: Command = workspace::cargo();
    command.arg("test").args(options);
    if packages.is_empty() {
        command.arg("--workspace");
    }
    if !features.is_empty() {
        command.args(["--features", features]);
    }
    command.args(words);
    if let Some((servers, missing)) = servers {
        command.envs(servers.variables().iter().map(|(name, value)| (name, value)));
        for variable in missing {
            command.env_remove(variable);
        }
    }
    let status = process::run(&mut command, interrupt)?;
    if status.success() { Ok(()) } else { Err(Failure::Exit(process::exit_code(status))) }
}

/// The packages that the words for `cargo test` name; none means all.
fn packages(words: &[String]) -> Vec<&str> {
    let words: Vec<&str> = words.iter().map(String::as_str).take_while(|word| *word != "--").collect();
    let mut packages = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let after_equals = word.strip_prefix("--package=").or_else(|| word.strip_prefix("-p"));
        match after_equals {
            Some("") => packages.extend(words.get(index + 1)),
            Some(name) => packages.push(name.trim_start_matches('=')),
            None if *word == "--package" => packages.extend(words.get(index + 1)),
            None => {}
        }
    }
    packages
}

/// `package/feature` for every feature of the chosen packages but those left out: a feature added is a feature tested.
fn features(packages: &[&str]) -> Result<String, String> {
    let root = workspace::root();
    let mut features = Vec::new();
    for member in Manifest::read(&root.join("Cargo.toml"))?.members {
        let manifest = Manifest::read(&root.join(member).join("Cargo.toml"))?;
        if packages.is_empty() || packages.contains(&manifest.name.as_str()) {
            features.extend(tested_features(&manifest));
        }
    }
    Ok(features.join(","))
}

fn tested_features(manifest: &Manifest) -> impl Iterator<Item = String> {
    let features = manifest.features.iter().map(|feature| format!("{}/{feature}", manifest.name));
    features.filter(|feature| LEFT_OUT.iter().all(|(name, _)| name != feature))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(words: &[&str]) -> Vec<String> {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        packages(&words).into_iter().map(String::from).collect()
    }

    #[test]
    fn packages_are_found_in_every_spelling() {
        assert_eq!(named(&["-p", "a", "--package", "b", "--package=c", "-pd", "-p=e"]), ["a", "b", "c", "d", "e"]);
        assert!(named(&["replay", "--", "-p", "a"]).is_empty(), "words for the test binary");
    }

    #[test]
    fn every_feature_is_tested_but_those_left_out() {
        let features = ["embedded", "tls", "zstd", "new"].map(String::from).to_vec();
        let manifest = Manifest { name: String::from("finnet-kafka"), features, ..Manifest::default() };
        assert_eq!(tested_features(&manifest).collect::<Vec<_>>(), ["finnet-kafka/embedded", "finnet-kafka/new"]);
    }
}
