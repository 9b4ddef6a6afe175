//! Everything a contributor runs: `cargo xtask SUBCOMMAND`.
//!
//! In come the words after `cargo xtask`; out go lines of progress on stderr, results on stdout and an exit code.
//! Every task is a module whose `run` returns only after what it started has ended.

mod api;
mod bench;
mod calendars;
mod crash;
mod failure;
mod install;
mod kafka;
mod manifest;
mod mariadb;
mod peers;
mod ports;
mod process;
mod run_folder;
mod server;
mod servers;
mod step;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use crash::Campaign;
use failure::Failure;

/// What `cargo xtask` prints: one line a subcommand.
const HELP: &str = "\
cargo xtask: everything a contributor runs

  cargo xtask test                   every test, on an Apache Kafka and a MariaDB that it starts and takes down
  cargo xtask test -- -p finnet-kafka replay
                                     the same, with these words handed to `cargo test`
  cargo xtask servers                both servers; prints two `export` lines for your shell, waits for Ctrl-C
  cargo xtask servers -- COMMAND …   both servers while COMMAND runs; ends with its exit code
  cargo xtask bench                  the figures of docs/BENCHMARKS.md, in release, each beside its peer; those that are
                                     Python packages go to target/peers
  cargo xtask bench -- -p finnet-mysql
                                     the same, with these words handed to `cargo bench`
  cargo xtask crash                  kills programs and servers at random for about a quarter of an hour: the same result
  cargo xtask crash -- --kills 5 --seed 7
                                     each program so often, from this seed on, which a failure names
  cargo xtask calendars              writes finnet-core's tables from the texts in finnet-core/calendars
  cargo xtask calendars --check      only compares them: the files that differ, and exit code 1
  cargo xtask api                    writes finnet-core/API.txt, the list of all that is public there
  cargo xtask api --check            only compares it: the lines that differ, and exit code 1
  cargo xtask tidy                   the rules of the house: floors of finnet-core, imports, lints, files

`test` takes a server from KAFKA_BOOTSTRAP_SERVERS or DATABASE_URL where that is set, and starts only the other;
FINNET_KAFKA_JARS names Kafka's jars where they need not be fetched.
A server needs java 17 and mvn, or mariadbd; as root on Debian or Ubuntu what is missing is installed by apt-get.
Servers listen on 127.0.0.1, at ports of their own; their files live in target/servers and go when they go.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.say();
            ExitCode::from(failure.exit_code())
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<(), Failure> {
    let (subcommand, rest) = arguments.split_first().map_or(("help", arguments), |(first, rest)| (first, rest));
    let words: Vec<&str> = rest.iter().map(String::as_str).collect();
    match (subcommand, words.as_slice()) {
        ("help" | "-h" | "--help", _) | (_, ["-h" | "--help"]) => {
            print!("{HELP}");
            Ok(())
        }
        ("test", []) => test::run(&[]),
        ("test", ["--", ..]) => test::run(&rest[1..]),
        ("servers", []) => servers::run_until_signal(),
        ("servers", ["--", _, ..]) => servers::run_command(&rest[1..]),
        ("bench", []) => bench::run(&[]),
        ("bench", ["--", _, ..]) => bench::run(&rest[1..]),
        ("crash", []) => campaign(&[])?.run(),
        ("crash", ["--", rest @ ..]) => campaign(rest)?.run(),
        ("calendars", []) => Ok(calendars::run(false)?),
        ("calendars", ["--check"]) => Ok(calendars::run(true)?),
        ("api", []) => Ok(api::run(false)?),
        ("api", ["--check"]) => Ok(api::run(true)?),
        ("tidy", []) => tidy::run(),
        ("test" | "servers" | "bench" | "crash" | "calendars" | "api" | "tidy", _) => {
            Err(Failure::Usage(format!("`{}` does not fit `{subcommand}`: see `cargo xtask`", words.join(" "))))
        }
        _ => Err(Failure::Usage(format!("there is no subcommand `{subcommand}`: see `cargo xtask`"))),
    }
}

fn campaign(words: &[&str]) -> Result<Campaign, Failure> {
    let wrong = || Failure::Usage(format!("`{}` is not --kills N --seed S: see `cargo xtask`", words.join(" ")));
    Campaign::parse(words).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit_code(words: &[&str]) -> u8 {
        let arguments: Vec<String> = words.iter().map(ToString::to_string).collect();
        dispatch(&arguments).map_or_else(|failure| failure.exit_code(), |()| 0)
    }

    #[test]
    fn words_that_fit_no_task_end_with_2() {
        assert_eq!(exit_code(&["tset"]), 2);
        assert_eq!(exit_code(&["test", "replay"]), 2);
        assert_eq!(exit_code(&["servers", "--"]), 2);
        assert_eq!(exit_code(&["servers", "true"]), 2);
        assert_eq!(exit_code(&["tidy", "--fix"]), 2);
        assert_eq!(exit_code(&["crash", "--kills", "5"]), 2);
        assert_eq!(exit_code(&["crash", "--", "--kills"]), 2);
        assert_eq!(exit_code(&["calendars", "--chekc"]), 2);
        assert_eq!(exit_code(&[]), 0);
        assert_eq!(exit_code(&["test", "--help"]), 0);
    }

    #[test]
    fn help_has_a_line_for_every_subcommand() {
        for subcommand in ["test", "servers", "bench", "crash", "calendars", "api", "tidy"] {
            assert!(HELP.lines().any(|line| line.starts_with(&format!("  cargo xtask {subcommand} "))), "{subcommand}");
        }
    }
}
