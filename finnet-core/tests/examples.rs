//! The examples as their user runs them, against data: of `sessions` each line of each exchange over all that is known
//! of it, sessions on weekends too.

#[expect(dead_code, reason = "tests/calendar.rs looks at more of a day")]
mod expected;
mod running;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use chrono::{Datelike, SecondsFormat};
use expected::{Day, exchanges};
use running::{example, run};
use serde_json::Value;

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

/// As `tests/cashflows.rs`, which looks closer: the example names and prints what the module answers.
#[test]
fn the_cash_flows_are_those_of_the_golden_file() {
    let golden: Value = serde_json::from_str(include_str!("data/golden/cashflows.json")).expect("JSON");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/golden/inputs");
    let mut met = 0;
    for stem in ["flows_valued", "flows_irr"] {
        let input = folder.join(format!("{stem}.csv"));
        let output = run("cashflows", &[input.to_str().expect("UTF-8")]);
        assert!(output.status.success(), "{output:?}");
        let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        for entry in golden["entries"].as_array().expect("entries") {
            for result in entry["results"].as_array().expect("results") {
                if result["file"] != format!("inputs/{stem}.csv") {
                    continue;
                }
                let name = format!("{}@{stem}.{}", entry["name"].as_str().unwrap(), result["column"].as_str().unwrap());
                // The package's own answer may be off by 4e-10: held to the root that it stands for, to full precision.
                let roots = result.get("roots").map_or(vec![], numbers);
                let theirs = numbers(&result["value"]).first().map(|&value| {
                    let nearest = |a: &&f64, b: &&f64| (*a - value).abs().total_cmp(&(*b - value).abs());
                    roots.iter().min_by(nearest).copied().unwrap_or(value)
                });
                let theirs = theirs.or(roots.first().copied());
                let ours = found[&name].as_f64();
                let near = |(ours, theirs): (f64, f64)| (ours - theirs).abs() <= 1e-9 * theirs.abs();
                assert!(ours.zip(theirs).map_or(ours == theirs, near), "{name}: {}", found[&name]);
                met += 1;
            }
        }
        assert_eq!(found.as_object().map(serde_json::Map::len), Some(if stem == "flows_irr" { 30 } else { 70 }));
    }
    assert_eq!(met, 100);
    let nothing = run("cashflows", &["no.csv"]);
    assert_eq!((nothing.status.code(), nothing.stdout.len()), (Some(2), 0));
}

/// Each line of `backtest.txt`, which a second program in whole numbers has written; the last is exact to the cent.
#[test]
fn the_back_test_is_that_of_the_second_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/closes");
    let [closes, index] = ["sp500_20.csv", "sp500_index.csv"].map(|name| folder.join(name).display().to_string());
    let output = run("backtest", &[&closes, &index]);
    assert!(output.status.success(), "{output:?}");
    let found = String::from_utf8(output.stdout).expect("UTF-8");
    let wanted = include_str!("data/closes/backtest.txt");
    assert_eq!(wanted.lines().count(), 8);
    for line in wanted.lines() {
        assert!(found.lines().any(|found| found == line), "{line}\n{found}");
    }
}

/// By hand: 450 × 134.18 − 1 = 60,380.00, of which 400 ÷ 450 are 53,671.11; the lots cost 29,882.00 and 16,093.50, of
/// which 50 ÷ 200 are 4,023.38; the dividend is 150 × 0.82.
#[test]
fn the_trades_earn_what_they_do_by_hand() {
    let output = run("trades", &[]);
    let found = String::from_utf8(output.stdout).expect("UTF-8");
    for line in [
        "by FIFO the sale would bring 26474.62 USD",
        "400 AAPL of lot 2, 2020-03-02 to 2020-09-01: profit 23789.11 USD",
        "50 AAPL of lot 3, 2020-06-01 to 2020-09-01: profit 2685.51 USD",
        "left of lot 3 of 2020-06-01: 150 shares, cost 12070.12 USD",
        "paid in 60000.00 USD",
        "income 123.00 USD",
        "= on 2020-09-01 94654.50 USD",
    ] {
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(found.lines().any(|found| words(found) == line), "{line}\n{found}");
    }
}

/// What an example says of a file with this text, which it cannot take; `FILE` stands for its path.
fn said_of(name: &str, file: &str, text: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(file);
    fs::write(&path, text).expect("a folder for tests");
    let path = path.to_str().expect("UTF-8");
    let output = run(name, &[path]);
    assert_eq!(output.status.code(), Some(2), "{name} of {text:?}: {output:?}");
    String::from_utf8(output.stderr).expect("UTF-8").replace(path, "FILE")
}

#[test]
fn a_wrong_file_is_named_with_its_line_and_column() {
    for (name, text, said) in [
        (
            "statistics",
            "date,A\n2020-01-01,0.1\n2020-01-02,\n2020-01-03,0.2\n",
            "line 4: column A goes on after a blank in line 3",
        ),
        (
            "statistics",
            "date,A,bench\n2020-01-01,0.1,\n2020-01-02,0.1,0.2\n",
            "line 3: column bench goes on after a blank in line 2",
        ),
        ("statistics", "date,A,bench\n2020-01-01,0.1,\n2020-01-02,0.1,\n", "column bench is blank"),
        ("statistics", "date,A\n2020-01-02,0.1\n2020-01-01,0.2\n", "line 3: 2020-01-01 is not after 2020-01-02"),
        ("statistics", "date,A\n2020-01-02,0.1\n2020-01-03,NaN\n", "line 3: column A: \"NaN\" is not a finite number"),
        ("statistics", "date,A\nmonday,0.1\n", "line 2: \"monday\" is not a date YYYY-MM-DD"),
        (
            "statistics",
            "date,A\n2020-02-03,1e300\n2020-02-04,1e300\n",
            "column A: a result is beyond the range of a double: are these prices, not returns?",
        ),
        (
            "cashflows",
            "case,date,amount\na,2020-01-01,-5\na,2020-13-01,6\n",
            "line 3: date \"2020-13-01\": input is out of range",
        ),
        ("cashflows", "case,date,amount\na,2020-01-01,five\n", "line 2: amount \"five\": not a decimal number"),
        ("indicators", "Date,High,Low,Close\n", "there is no column volume"),
        ("indicators", "Date,High,Low,Close,Volume\nx,1,null,1,1\n", "line 2: Low \"null\": invalid float literal"),
    ] {
        assert_eq!(said_of(name, &format!("{name}.csv"), text), format!("error: FILE: {said}\n"), "{text:?}");
    }
}

#[test]
fn the_short_ones_name_the_file_and_the_column_too() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/closes");
    let [closes, index] = ["sp500_20.csv", "sp500_index.csv"].map(|name| folder.join(name).display().to_string());
    for (name, arguments, said) in [
        ("risk", &[&closes, "AAPL", "NONE"][..], format!("{closes}: column NONE: there is no such column")),
        ("risk", &["", "A", "B"], ": No such file or directory (os error 2)".to_owned()),
        ("risk", &["--help"], "usage: risk CLOSES.csv STOCK BENCHMARK".to_owned()),
        ("backtest", &[&index, &closes], "INDEX: one series has 5784 values, the other 115699".to_owned()),
        ("backtest", &[&closes, ""], ": No such file or directory (os error 2)".to_owned()),
        ("backtest", &[], "usage: backtest CLOSES.csv INDEX.csv".to_owned()),
    ] {
        let output = run(name, arguments);
        let found = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!((output.status.code(), found), (Some(1), format!("error: {said}\n")), "{name} {arguments:?}");
    }
}

#[test]
fn a_file_without_rows_has_no_answers() {
    for (name, text) in [("statistics", "date,A\n"), ("cashflows", "case,date,amount\n")] {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}_empty.csv"));
        fs::write(&path, text).expect("a folder for tests");
        let output = run(name, &[path.to_str().expect("UTF-8")]);
        assert_eq!((output.status.code(), &*output.stdout), (Some(0), &b"{}\n"[..]), "{name}");
    }
}

#[test]
fn help_is_help_and_no_file() {
    for name in ["statistics", "cashflows", "indicators"] {
        let output = run(name, &["--help"]);
        let found = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(output.status.success() && found.starts_with(&format!("usage: {name} ")), "{name}: {found}");
    }
}

#[test]
fn bars_may_be_named_by_any_first_column() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("yahoo.csv");
    fs::write(&path, "Date,Open,High,Low,Close,Adj Close,Volume\n2020-01-02,1,3,1,2,9,100\n").expect("a folder");
    let output = run("indicators", &[path.to_str().expect("UTF-8")]);
    let found = String::from_utf8(output.stdout).expect("UTF-8");
    let rows: Vec<Vec<&str>> = found.lines().map(|line| line.split(',').collect()).collect();
    let obv = rows[0].iter().position(|name| *name == "OBV").expect("a column");
    assert_eq!((rows.len(), rows[0][0], rows[1][0], rows[1][obv]), (2, "bar", "2020-01-02", "100"));
}

/// As by `head`, which ends when it has enough: here before it has read anything.
#[test]
fn a_reader_that_has_enough_is_no_failure() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let file = |name: &str| data.join(name).display().to_string();
    let (closes, index) = (file("closes/sp500_20.csv"), file("closes/sp500_index.csv"));
    for (name, arguments) in [
        ("trades", vec![]),
        ("risk", vec![closes.clone(), "AAPL".to_owned(), "XOM".to_owned()]),
        ("backtest", vec![closes, index]),
        ("statistics", vec![file("golden/edge_returns.csv")]),
        ("cashflows", vec![file("golden/inputs/flows_irr.csv")]),
        ("indicators", vec![file("golden/inputs/ohlcv_edge.csv")]),
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = example(name).args(arguments).stdout(writer).stderr(Stdio::piped()).output();
        let output = output.expect("an example starts");
        assert!(output.status.success() && output.stderr.is_empty(), "{name}: {output:?}");
    }
}

/// Returns the numbers of a result: none of null and of what is no number.
fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().map_or_else(|| value.as_f64().into_iter().collect(), |all| all.iter().flat_map(numbers).collect())
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
