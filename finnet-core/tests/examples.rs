//! The examples `sessions`, `early_closes` and `indicators`, as their user runs them, against the data: of the first, each
//! line of each exchange over all that is known of it, sessions on weekends too; of the last, every golden value.

#[expect(dead_code, reason = "tests/calendar.rs looks at more of a day")]
mod expected;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::SystemTime;

use chrono::{Datelike, SecondsFormat};
use expected::{Day, exchanges};

#[test]
fn the_sessions_of_every_exchange_are_those_of_the_data() {
    let exchanges = exchanges();
    assert_eq!(exchanges.len(), 66);
    for exchange in exchanges {
        let mut wanted = "date,open_utc,close_utc\n".to_owned();
        for (date, expected) in exchange.days() {
            if let Day::Session(times) = expected.day {
                let [open, close] = [times.open, times.close].map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
                writeln!(wanted, "{date},{open},{close}").expect("a String takes any text");
            }
        }
        let output = run("sessions", &[&exchange.mic, &exchange.first.to_string(), &exchange.last.to_string()]);
        assert!(output.status.success(), "{}: {output:?}", exchange.mic);
        let found = String::from_utf8(output.stdout).expect("UTF-8");
        let differs = found.lines().zip(wanted.lines()).find(|(found, wanted)| found != wanted);
        assert_eq!(differs, None, "{}", exchange.mic);
        assert_eq!(found.len(), wanted.len(), "{}", exchange.mic);
        assert_eq!(found.lines().count(), exchange.counts["sessions"] + 1, "{}", exchange.mic);
    }
}

#[test]
fn what_is_not_known_is_said() {
    let error = |arguments: &[&str]| {
        let output = run("sessions", arguments);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}");
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    let beyond = error(&["XSAU", "2020-12-31", "2021-12-31"]);
    assert_eq!(beyond, "error: XSAU is known from 2021-01-01 to 2029-12-31, not on 2020-12-31\n");
    assert_eq!(
        error(&["HKEX", "2020-01-01", "2021-12-31"]),
        "error: no calendar of HKEX is known: did you mean XHKG?\n"
    );
    assert!(error(&["XNYS", "2020-01-01"]).starts_with("error: needs MIC FIRST LAST"));
}

#[test]
fn the_early_closes_are_those_of_the_data() {
    let exchanges = exchanges();
    let mics = ["XNYS", "XLON", "XTAE"];
    for year in [2000, 2026, 2030] {
        let mut wanted = Vec::new();
        for exchange in exchanges.iter().filter(|exchange| mics.contains(&exchange.mic.as_str())) {
            for (date, expected) in exchange.days().filter(|(date, _)| date.year() == year) {
                let Day::Session(times) = expected.day else { continue };
                if times.events.contains(&"early_closes") {
                    let (local, utc) = (times.local.1.format("%H:%M"), times.close.format("%H:%M UTC"));
                    let reason = expected.reason.unwrap_or_default();
                    let line = format!("{date}  {}  {local}  {utc}  {reason}", exchange.mic);
                    wanted.push((times.close, mics.iter().position(|mic| *mic == exchange.mic), line));
                }
            }
        }
        wanted.sort();
        let wanted: Vec<String> = wanted.into_iter().map(|(.., line)| line).collect();
        let output = run("early_closes", &[&[year.to_string().as_str()][..], &mics].concat());
        assert!(output.status.success() && !wanted.is_empty(), "{output:?}");
        let found = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(found.lines().eq(&wanted), "{year}:\n{found}\n{}", wanted.join("\n"));
    }
    for (arguments, said) in [
        (&["2031"][..], "error: XNYS is known from 2000-01-01 to 2030-12-31, not on 2031-01-01\n"),
        (&["2027", "NASDAQ"], "error: a MIC is four capital letters or digits: did you mean XNAS?\n"),
        (&["262144"], "error: chrono has no year 262144\n"),
        (&[], "error: needs YEAR [MIC…]: 2027 XNYS XLON XHKG\n"),
    ] {
        let output = run("early_closes", arguments);
        assert_eq!((output.status.code(), String::from_utf8(output.stderr).as_deref()), (Some(2), Ok(said)));
    }
}

/// Every cell of the golden files, within the tolerance of their README: 1e-9 relative, and near 0 a floor of 1e-11 of the
/// column's largest value.
#[test]
fn the_indicators_are_those_of_ta_lib() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/golden");
    for stem in ["ohlcv_5000", "ohlcv_edge"] {
        let input = golden.join(format!("inputs/{stem}.csv"));
        let output = run("indicators", &[input.to_str().expect("UTF-8")]);
        assert!(output.status.success(), "{output:?}");
        let [found, wanted, input] = [
            String::from_utf8(output.stdout).expect("UTF-8"),
            fs::read_to_string(golden.join(format!("indicators_{stem}.csv"))).expect("a file"),
            fs::read_to_string(input).expect("a file"),
        ];
        let [found, wanted] = [&found, &wanted]
            .map(|text| -> Vec<Vec<&str>> { text.lines().map(|line| line.split(',').collect()).collect() });
        assert_eq!(found[0], wanted[0]);
        assert_eq!(found.len(), input.lines().count(), "a row a bar");
        for column in 1..wanted[0].len() {
            let number = |cell: &str| if cell.is_empty() { None } else { Some(cell.parse::<f64>().expect("a number")) };
            let largest =
                wanted[1..].iter().filter_map(|row| number(row[column])).fold(0.0, |a, b| f64::max(a, b.abs()));
            for row in &wanted[1..] {
                let bar: usize = row[0].parse().expect("a number");
                assert_eq!(found[bar + 1][0], row[0]);
                let (found, wanted) = (number(found[bar + 1][column]), number(row[column]));
                let within = |(found, wanted): (f64, f64)| {
                    (found - wanted).abs() <= f64::max(1e-9 * wanted.abs(), 1e-11 * largest)
                };
                let met = found.zip(wanted).map_or(found == wanted, within);
                assert!(met, "bar {bar} of {stem}: {found:?}, not {wanted:?} in column {column}");
            }
        }
    }
    let output = run("indicators", &[]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
}

/// Runs an example, which `cargo test` builds beside this test; `cargo test --test examples` does not, and an example
/// older than the code would say nothing of it.
fn run(name: &str, arguments: &[&str]) -> Output {
    let test = std::env::current_exe().expect("a test has a path");
    let profile = test.ancestors().nth(2).expect("a test lies in deps, in the folder of its profile");
    let example = profile.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let built = fs::metadata(&example).and_then(|file| file.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let code = last_change(&package.join("src")).max(last_change(&package.join("examples").join(format!("{name}.rs"))));
    assert!(code <= built, "{} is not there or old: `cargo test` without `--test` builds it", example.display());
    Command::new(&example).args(arguments).output().expect("an example starts")
}

/// Returns when a file was written or, of a folder, the last of its files.
fn last_change(path: &Path) -> SystemTime {
    if path.is_dir() {
        let files = fs::read_dir(path).expect("a folder").map(|file| last_change(&file.expect("a file").path()));
        return files.max().unwrap_or(SystemTime::UNIX_EPOCH);
    }
    fs::metadata(path).and_then(|file| file.modified()).expect("a file has a time")
}
