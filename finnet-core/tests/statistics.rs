//! Statistics of returns against other packages: `tests/data/golden`, whose `statistics.md` says where they come from.
//!
//! The example `statistics` is run over both inputs, and every entry of the golden files is looked up in what it prints:
//! within 1e-9 relative, near zero within 1e-11 of the largest number of the same answer. Nothing is left out; single
//! results that are answered otherwise stand in [`OTHERWISE`] and [`LOST`] with the reason.

mod running;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use finnet_core::stats::{
    Accumulator, Correlation, Covariance, CumulativeReturn, Deviation, Drawdown, MaxDrawdown, Mean, Quantile,
    QuantileMethod, StandardDeviation, Statistic, Variance, drawdown_series, drawdowns,
};
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

/// The columns of an input, each to its last value.
fn columns(stem: &str) -> BTreeMap<String, Vec<f64>> {
    let input = read(&format!("{stem}.csv"));
    let names = input.lines().next().unwrap().split(',').enumerate().skip(1);
    let column = |at| {
        let cells = input.lines().skip(1).map(move |line| line.split(',').nth(at).unwrap());
        cells.take_while(|cell| !cell.is_empty()).map(|cell| cell.parse().unwrap()).collect()
    };
    names.map(|(at, name)| (name.to_owned(), column(at))).collect()
}

/// What a stream says after the last of the values.
fn streamed<S: Statistic>(
    statistic: &S,
    values: impl IntoIterator<Item = <S::State as Accumulator>::Value>,
) -> Option<f64> {
    let mut stream = statistic.stream().unwrap();
    values.into_iter().for_each(|value| stream.push(value).unwrap());
    stream.value().unwrap()
}

/// What the streams of a column say to an entry of one number or of quantiles; `None` to the entries that are not theirs.
fn of_column(entry: &Value, r: &[f64]) -> Option<Vec<Option<f64>>> {
    let (sample, population) = (Deviation::Sample, Deviation::Population);
    let r = r.iter().copied();
    let method = match entry["name"].as_str().unwrap() {
        "numpy.mean" => return Some(vec![streamed(&Mean, r)]),
        "numpy.var(ddof=1)" => return Some(vec![streamed(&Variance { deviation: sample }, r)]),
        "numpy.var(ddof=0)" => return Some(vec![streamed(&Variance { deviation: population }, r)]),
        "numpy.std(ddof=1)" => return Some(vec![streamed(&StandardDeviation { deviation: sample }, r)]),
        "numpy.std(ddof=0)" => return Some(vec![streamed(&StandardDeviation { deviation: population }, r)]),
        "empyrical.cum_returns_final" | "quantstats.comp" => return Some(vec![streamed(&CumulativeReturn, r)]),
        "empyrical.max_drawdown" | "quantstats.max_drawdown" => return Some(vec![streamed(&MaxDrawdown, r)]),
        "numpy.median" => {
            return Some(vec![streamed(&Quantile { probability: 0.5, method: QuantileMethod::Linear }, r)]);
        }
        "numpy.quantile(linear)" => QuantileMethod::Linear,
        "numpy.quantile(lower)" => QuantileMethod::Lower,
        "numpy.quantile(higher)" => QuantileMethod::Higher,
        "numpy.quantile(nearest)" => QuantileMethod::Nearest,
        "numpy.quantile(midpoint)" => QuantileMethod::Midpoint,
        "numpy.quantile(hazen)" => QuantileMethod::Hazen,
        "numpy.quantile(weibull)" => QuantileMethod::Weibull,
        "numpy.quantile(median_unbiased)" => QuantileMethod::MedianUnbiased,
        _ => return None,
    };
    let at = entry["parameters"]["q"].as_array().unwrap().iter().map(|p| p.as_f64().unwrap());
    Some(at.map(|probability| streamed(&Quantile { probability, method }, r.clone())).collect())
}

/// What the streams of each pair of columns say to an entry of a matrix.
fn of_pairs(name: &str, columns: &[&Vec<f64>]) -> Option<Vec<Option<f64>>> {
    let cells = |of: &dyn Fn(Vec<(f64, f64)>) -> Option<f64>| {
        let pairs = |x: &[f64], y: &[f64]| x.iter().copied().zip(y.iter().copied()).collect();
        Some(columns.iter().flat_map(|x| columns.iter().map(move |y| of(pairs(x, y)))).collect())
    };
    match name {
        "numpy.cov(ddof=1)" => cells(&|pairs| streamed(&Covariance { deviation: Deviation::Sample }, pairs)),
        "numpy.cov(ddof=0)" => cells(&|pairs| streamed(&Covariance { deviation: Deviation::Population }, pairs)),
        "numpy.corrcoef" => cells(&|pairs| streamed(&Correlation, pairs)),
        _ => None,
    }
}

/// What is a function of a slice meets its entries value by value too, and the deviation those of windows.
#[test]
fn streams_and_windows_meet_their_entries() {
    let inputs = ["returns_2520", "edge_returns"].map(|stem| (format!("inputs/{stem}.csv"), columns(stem)));
    let mut seen = 0;
    for file in FILES {
        let file: Value = serde_json::from_str(&read(file)).unwrap();
        for entry in file["entries"].as_array().unwrap() {
            let name = entry["name"].as_str().unwrap();
            for result in entry["results"].as_array().unwrap() {
                let column = result["column"].as_str().unwrap();
                let (_, columns) = inputs.iter().find(|(file, _)| Some(&file[..]) == result["file"].as_str()).unwrap();
                let of: Vec<&Vec<f64>> = column.split('+').map(|column| &columns[column]).collect();
                let ours = if name == "quantstats.rolling_volatility(126)" {
                    let windows = StandardDeviation { deviation: Deviation::Sample }.rolling(126, of[0]).unwrap();
                    Some(windows.into_iter().map(|window| window.map(|daily| daily * 252_f64.sqrt())).collect())
                } else if of.len() > 1 {
                    of_pairs(name, &of)
                } else {
                    of_column(entry, of[0])
                };
                let Some(ours) = ours else { continue };
                let ours: Vec<Cell> = ours.into_iter().map(|ours| ours.map_or(Cell::None, Cell::Number)).collect();
                let theirs = if result["array_file"].is_null() { cells(&result["value"]) } else { array(name, result) };
                assert!(met(&ours, &theirs, result["noise"] == true), "{name} of {column}: {ours:?}, not {theirs:?}");
                seen += 1;
            }
        }
    }
    // 14 entries of a descriptive number or of quantiles for 16 columns, 4 of returns for 14, 3 matrices, 3 windows.
    assert_eq!(seen, 14 * 16 + 4 * 14 + 3 + 3);
}

/// The last column of quantstats' tables, which the example does not print.
#[test]
fn the_depths_without_outliers_are_those_of_quantstats() {
    let mut seen = 0;
    for stem in ["returns_2520", "edge_returns"] {
        let table = read(&format!("drawdowns_{stem}.csv"));
        for (column, r) in columns(stem) {
            let rows = table.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
            let theirs: Vec<Cell> = rows.filter(|row| row[0] == column).map(|row| cell(row[6])).collect();
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
