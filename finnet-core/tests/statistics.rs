//! Statistics of returns against other packages: `tests/data/golden`, whose `statistics.md` says where they come from.
//!
//! The example `statistics` is run over both inputs, and every entry of the golden files is looked up in what it prints:
//! within 1e-9 relative, near zero within 1e-11 of the largest number of the same answer. Nothing is left out; single
//! results that are answered otherwise stand in [`OTHERWISE`] and [`LOST`] with the reason.

mod running;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use finnet_core::stats::{Drawdown, QuantileMethod, drawdown_series, drawdowns};
use running::run;
use serde_json::{Map, Value};

const FILES: [&str; 4] =
    ["statistics_empyrical.json", "statistics_quantstats.json", "statistics_numpy.json", "descriptive.json"];

/// Results that are answered otherwise: what is answered, and why.
const OTHERWISE: [(&str, Option<f64>, &str); 6] = [
    (
        "empyrical.sortino_ratio@edge_returns.len1",
        Some(f64::INFINITY),
        "a downside deviation over n needs no second return; the package asks for two of every series",
    ),
    ("empyrical.sortino_ratio(required_return=0.0001)@edge_returns.len1", Some(f64::INFINITY), "likewise"),
    (
        "quantstats.value_at_risk@edge_returns.constant_pow2",
        Some(0.001_953_125),
        "the normal distribution without deviation is its mean, as the package itself says of `constant`",
    ),
    ("quantstats.value_at_risk@edge_returns.zero", Some(0.0), "likewise"),
    ("quantstats.profit_factor@edge_returns.zero", None, "0 ÷ 0; the package says infinite of x ÷ 0 and 0 of 0 ÷ 0"),
    ("quantstats.cvar@edge_returns.len1", None, "one return has no sample deviation; the package falls back to it"),
];

/// Tables that the package loses: it is empty when the only drawdown begins on the first day, a defect that is not copied.
const LOST: [&str; 3] = ["len3", "negative", "total_loss"];

/// A number, none, or text such as a date.
#[derive(Clone, Debug, PartialEq)]
enum Cell {
    Number(f64),
    None,
    Text(String),
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/golden").join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(golden(name)).unwrap()
}

/// What the example prints of an input.
fn printed(stem: &str) -> Map<String, Value> {
    let output = run("statistics", &[golden(&format!("{stem}.csv")).to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    let Value::Object(object) = serde_json::from_slice(&output.stdout).unwrap() else { panic!("an object") };
    object
}

/// An answer without its brackets; what the packages have no number for is none.
fn cells(value: &Value) -> Vec<Cell> {
    match value {
        Value::Array(all) => all.iter().flat_map(cells).collect(),
        Value::Number(number) => vec![Cell::Number(number.as_f64().unwrap())],
        Value::Null => vec![Cell::None],
        Value::String(text) => vec![cell(text)],
        other => panic!("{other}"),
    }
}

fn cell(text: &str) -> Cell {
    match text {
        "" | "nan" => Cell::None,
        text if text.starts_with("error: ") => Cell::None,
        text => text.parse().map_or_else(|_| Cell::Text(text.to_owned()), Cell::Number),
    }
}

/// The cells of an array that stands in a file of its own: those of the rows of a series, or a column.
fn array(name: &str, result: &Value) -> Vec<Cell> {
    let file = read(result["array_file"].as_str().unwrap());
    let mut lines = file.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let names = lines.next().unwrap();
    let column = result["column"].as_str().unwrap();
    match name {
        "quantstats.drawdown_details" => {
            lines.filter(|row| row[0] == column).flat_map(|row| row[1..6].to_vec()).map(cell).collect()
        }
        _ if name.starts_with("empyrical.aggregate_returns") => {
            let frequency = if name.ends_with("(monthly)") { "monthly" } else { "yearly" };
            lines.filter(|row| row[0] == column && row[1] == frequency).map(|row| cell(row[3])).collect()
        }
        _ => {
            let at = names.iter().position(|name| Some(*name) == result["array_column"].as_str()).unwrap();
            lines.map(|row| cell(row[at])).collect()
        }
    }
}

/// Whether all cells are met; where only rounding noise is stored, the exact answer is 0, infinite or none.
fn met(ours: &[Cell], theirs: &[Cell], noise: bool) -> bool {
    let size = |cell: &Cell| if let Cell::Number(x) = cell { x.abs() } else { 0.0 };
    let largest = theirs.iter().map(size).filter(|x| x.is_finite()).fold(0.0, f64::max);
    let near = |ours: &Cell, theirs: &Cell| match (ours, theirs) {
        (Cell::None, _) if noise => true,
        (Cell::Number(ours), _) if noise && (*ours == 0.0 || ours.is_infinite()) => true,
        (Cell::Number(ours), Cell::Number(theirs)) if ours.is_finite() && theirs.is_finite() => {
            (ours - theirs).abs() <= (1e-9 * theirs.abs()).max(1e-11 * largest)
        }
        (ours, theirs) => ours == theirs,
    };
    ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| near(ours, theirs))
}

#[test]
fn every_entry_is_met() {
    let inputs = [("inputs/returns_2520.csv", "returns_2520"), ("inputs/edge_returns.csv", "edge_returns")];
    let printed = inputs.map(|(file, stem)| (file, stem, printed(stem)));
    let (mut otherwise, mut lost, mut failed, mut results) = (BTreeSet::new(), BTreeSet::new(), Vec::new(), 0);
    for file in FILES {
        let file: Value = serde_json::from_str(&read(file)).unwrap();
        for entry in file["entries"].as_array().unwrap() {
            let name = entry["name"].as_str().unwrap();
            for result in entry["results"].as_array().unwrap() {
                let column = result["column"].as_str().unwrap();
                let (_, stem, printed) =
                    printed.iter().find(|(file, ..)| Some(*file) == result["file"].as_str()).unwrap();
                let full = format!("{name}@{stem}.{column}");
                let ours = cells(printed.get(&full).unwrap_or_else(|| panic!("{full} is not printed")));
                let theirs = if result["array_file"].is_null() { cells(&result["value"]) } else { array(name, result) };
                results += 1;
                if let Some((_, answer, _)) = OTHERWISE.iter().find(|(name, ..)| *name == full) {
                    assert_ne!(ours, theirs, "{full} is no longer answered otherwise");
                    assert_eq!(ours, [answer.map_or(Cell::None, Cell::Number)], "{full}");
                    otherwise.insert(full);
                } else if name == "quantstats.drawdown_details" && LOST.contains(&column) {
                    assert!(theirs.is_empty() && ours.len() == 5, "{full}: {ours:?}");
                    lost.insert(column.to_owned());
                } else if !met(&ours, &theirs, result["noise"] == true) {
                    failed.push(format!("{full}: {ours:?}, not {theirs:?}"));
                }
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert_eq!((otherwise.len(), lost.len()), (OTHERWISE.len(), LOST.len()));
    assert!(results > 1200, "{results}");
    println!("{results} results met");
}

/// The last column of quantstats' tables, which the example does not print.
#[test]
fn the_depths_without_outliers_are_those_of_quantstats() {
    let mut seen = 0;
    for stem in ["returns_2520", "edge_returns"] {
        let (input, table) = (read(&format!("{stem}.csv")), read(&format!("drawdowns_{stem}.csv")));
        let names: Vec<_> = input.lines().next().unwrap().split(',').collect();
        for (at, column) in names.iter().enumerate().skip(1) {
            let cells = input.lines().skip(1).map(|line| line.split(',').nth(at).unwrap());
            let r: Vec<f64> = cells.take_while(|cell| !cell.is_empty()).map(|cell| cell.parse().unwrap()).collect();
            let rows = table.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
            let theirs: Vec<Cell> = rows.filter(|row| row[0] == *column).map(|row| cell(row[6])).collect();
            let series = drawdown_series(&r).unwrap();
            let within = |drawdown: &Drawdown| drawdown.depth_within(&series, 0.99, QuantileMethod::Linear).unwrap();
            let ours = drawdowns(&r).unwrap().all().iter().map(within).collect::<Vec<_>>();
            let ours: Vec<Cell> =
                ours.into_iter().map(|depth| depth.map_or(Cell::None, |depth| Cell::Number(depth * 100.0))).collect();
            if !theirs.is_empty() {
                assert!(met(&ours, &theirs, false), "{column}: {ours:?}, not {theirs:?}");
                seen += ours.len();
            }
        }
    }
    assert_eq!(seen, 168);
}

#[test]
fn an_answer_that_is_off_is_seen() {
    let numbers = |all: &[f64]| all.iter().copied().map(Cell::Number).collect::<Vec<_>>();
    assert!(met(&numbers(&[1.0, 1e-11]), &numbers(&[1.0 + 9e-10, 0.0]), false));
    assert!(!met(&numbers(&[1.0]), &numbers(&[1.0 + 2e-9]), false));
    assert!(!met(&numbers(&[1.0, 2e-11]), &numbers(&[1.0, 0.0]), false));
    assert!(!met(&[Cell::None], &numbers(&[1.0]), false) && !met(&[], &numbers(&[1.0]), true));
    assert!(!met(&numbers(&[f64::INFINITY]), &numbers(&[f64::NEG_INFINITY]), false));
    assert!(met(&numbers(&[f64::INFINITY]), &numbers(&[7e16]), true) && !met(&numbers(&[1.0]), &[Cell::None], true));
}

#[test]
fn what_the_example_cannot_read_is_said() {
    let said = |arguments: &[&str]| {
        let output = run("statistics", arguments);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(said(&[]).starts_with("error: usage: statistics RETURNS.csv"));
    assert!(said(&["no such.csv"]).starts_with("error: no such.csv: "));
}
