//! The sheet that people read: each field and each line of it beside the package that it is named after.
//!
//! Every field of [`Summary`] and [`Beside`] is held to the stored numbers of `tests/data/golden`, whose `statistics.md`
//! says where they come from, in three conventions; so is what is displayed. Two fields that were mistaken for one another
//! are seen, since no two are of one value in all three: `the_stored_numbers_tell_the_fields_apart` says so.

use finnet_core::performance::Valued;
use finnet_core::stats::{Convention, RiskFree};
use finnet_core::summary::{Beside, Sheet, Summary};
use serde_json::Value;

const RETURNS: &str = include_str!("data/golden/returns_2520.csv");
const COLUMNS: [&str; 3] = ["normal", "fat", "drawdown"];
const FILES: [&str; 4] = [
    include_str!("data/golden/statistics_empyrical.json"),
    include_str!("data/golden/statistics_quantstats.json"),
    include_str!("data/golden/statistics_numpy.json"),
    include_str!("data/golden/descriptive.json"),
];

/// A line's name, whether it is in per cent, and the entry that it is held to, by convention: empyrical's; the same
/// against 0.0001 a day; quantstats'. The correlation is the root of its square, since all three betas are above 0.
type Line = (&'static str, bool, [&'static str; 3]);

const LINES: [Line; 18] = [
    ("Total return", true, ["empyrical.cum_returns_final", "empyrical.cum_returns_final", "quantstats.comp"]),
    ("Annual return", true, ["empyrical.annual_return", "empyrical.annual_return", "quantstats.cagr"]),
    ("Volatility", true, ["empyrical.annual_volatility", "empyrical.annual_volatility", "quantstats.volatility"]),
    (
        "Downside deviation",
        true,
        ["empyrical.downside_risk", "empyrical.downside_risk(required_return=0.0001)", "empyrical.downside_risk"],
    ),
    (
        "Sharpe ratio",
        false,
        ["empyrical.sharpe_ratio", "empyrical.sharpe_ratio(risk_free=0.0001)", "quantstats.sharpe"],
    ),
    (
        "Sortino ratio",
        false,
        ["empyrical.sortino_ratio", "empyrical.sortino_ratio(required_return=0.0001)", "quantstats.sortino"],
    ),
    ("Calmar ratio", false, ["empyrical.calmar_ratio", "empyrical.calmar_ratio", "quantstats.calmar"]),
    ("Omega ratio", false, ["empyrical.omega_ratio", "empyrical.omega_ratio(risk_free=0.0001)", "quantstats.omega"]),
    ("Maximum drawdown", true, ["empyrical.max_drawdown", "empyrical.max_drawdown", "quantstats.max_drawdown"]),
    ("Ulcer index", true, ["quantstats.ulcer_index", "quantstats.ulcer_index", "quantstats.ulcer_index"]),
    ("Value at risk", true, ["empyrical.value_at_risk", "empyrical.value_at_risk", "quantstats.value_at_risk"]),
    (
        "Conditional value at risk",
        true,
        ["empyrical.conditional_value_at_risk", "empyrical.conditional_value_at_risk", "quantstats.cvar"],
    ),
    ("Tail ratio", false, ["empyrical.tail_ratio", "empyrical.tail_ratio", "quantstats.tail_ratio"]),
    ("Skewness", false, ["scipy.skew(bias=True)", "scipy.skew(bias=True)", "quantstats.skew"]),
    (
        "Kurtosis",
        false,
        ["scipy.kurtosis(fisher=True,bias=True)", "scipy.kurtosis(fisher=True,bias=True)", "quantstats.kurtosis"],
    ),
    ("Win rate", true, ["numpy.win_rate(all)", "numpy.win_rate(all)", "quantstats.win_rate"]),
    ("Profit factor", false, ["quantstats.profit_factor", "quantstats.profit_factor", "quantstats.profit_factor"]),
    (
        "Stability",
        false,
        ["empyrical.stability_of_timeseries", "empyrical.stability_of_timeseries", "empyrical.stability_of_timeseries"],
    ),
];

const BESIDE: [Line; 7] = [
    ("Beta", false, ["empyrical.beta", "empyrical.beta", "empyrical.beta"]),
    ("Alpha", true, ["empyrical.alpha", "empyrical.alpha(risk_free=0.0001)", "quantstats.greeks"]),
    ("Correlation", false, ["quantstats.r_squared", "quantstats.r_squared", "quantstats.r_squared"]),
    ("Tracking error", true, ["numpy.tracking_error", "numpy.tracking_error", "numpy.tracking_error"]),
    (
        "Information ratio",
        false,
        ["empyrical.excess_sharpe", "empyrical.excess_sharpe", "quantstats.information_ratio"],
    ),
    ("Up capture", true, ["empyrical.up_capture", "empyrical.up_capture", "empyrical.up_capture"]),
    ("Down capture", true, ["empyrical.down_capture", "empyrical.down_capture", "empyrical.down_capture"]),
];

fn conventions() -> [Convention; 3] {
    let rate = RiskFree::PerPeriod(0.0001);
    [
        Convention::empyrical(),
        Convention { risk_free: rate, target: rate, ..Convention::empyrical() },
        Convention::quantstats(),
    ]
}

/// In the order of [`LINES`].
fn fields(of: &Summary<'_>) -> [Option<f64>; 18] {
    [
        Some(of.total_return),
        of.annual_return,
        of.volatility,
        Some(of.downside_deviation),
        of.sharpe,
        of.sortino,
        of.calmar,
        of.omega,
        Some(of.max_drawdown),
        of.ulcer_index,
        of.value_at_risk,
        of.conditional_value_at_risk,
        of.tail_ratio,
        of.skewness,
        of.kurtosis,
        of.win_rate,
        of.profit_factor,
        of.stability,
    ]
}

/// In the order of [`BESIDE`].
fn fields_beside(of: &Beside) -> [Option<f64>; 7] {
    [of.beta, of.alpha, of.correlation, of.tracking_error, of.information_ratio, of.up_capture, of.down_capture]
}

fn returns(column: &str) -> Vec<f64> {
    let mut lines = RETURNS.lines();
    let at = lines.next().unwrap().split(',').position(|name| name == column).unwrap();
    lines.map(|line| line.split(',').nth(at).unwrap().parse().unwrap()).collect()
}

/// The stored numbers of all files.
struct Golden(Vec<Value>);

impl Golden {
    fn read() -> Self {
        Self(FILES.iter().map(|file| serde_json::from_str(file).unwrap()).collect())
    }

    /// What is stored for a line: of a list such as the greeks the last, and of the square its root.
    fn of(&self, (label, _, names): &Line, convention: usize, column: &str) -> f64 {
        let entries = self.0.iter().flat_map(|file| file["entries"].as_array().unwrap());
        let entry = entries.into_iter().find(|entry| entry["name"] == names[convention]).unwrap();
        let here = |result: &&Value| result["file"] == "inputs/returns_2520.csv" && result["column"] == column;
        let value = &entry["results"].as_array().unwrap().iter().find(here).unwrap()["value"];
        let value = value.as_array().map_or(value, |all| &all[all.len() - 1]).as_f64().unwrap();
        if *label == "Correlation" { value.sqrt() } else { value }
    }
}

/// Holds fields, and the lines that display them, to what is stored.
fn held(golden: &Golden, lines: &[Line], ours: &[Option<f64>], displayed: &str, convention: usize, column: &str) {
    assert_eq!(lines.len(), ours.len());
    for (line, ours) in lines.iter().zip(ours) {
        let (label, percent, _) = *line;
        let theirs = golden.of(line, convention, column);
        let ours = ours.unwrap_or_else(|| panic!("{label} of {column} is none"));
        assert!(
            (ours - theirs).abs() <= 1e-9 * theirs.abs(),
            "{label} of {column}, {convention}: {ours}, not {theirs}"
        );
        let said = displayed.lines().find_map(|line| line.strip_prefix(label)).unwrap_or_else(|| panic!("no {label}"));
        let number: f64 = said.trim_end_matches('%').trim().parse().unwrap();
        // Rounded to the last digit that is shown.
        let (theirs, half) = if percent { (theirs * 100.0, 0.005) } else { (theirs, 0.0005) };
        assert_eq!(said.ends_with('%'), percent, "{said}");
        assert!((number - theirs).abs() <= half * (1.0 + 1e-9), "{label} of {column}: {said}, not {theirs}");
    }
}

#[test]
fn every_field_is_that_of_its_package() {
    let (golden, benchmark) = (Golden::read(), returns("bench"));
    for column in COLUMNS {
        let returns = returns(column);
        for (at, convention) in conventions().iter().enumerate() {
            let summary = Summary::of(&returns, convention).unwrap();
            held(&golden, &LINES, &fields(&summary), &summary.to_string(), at, column);
            let beside = summary.against(&benchmark).unwrap();
            held(&golden, &BESIDE, &fields_beside(&beside), &beside.to_string(), at, column);
            assert_eq!(summary.to_string().lines().next(), Some("Periods                             2520"));
        }
    }
}

/// Of any two lines some column in some convention has stored numbers that are further apart than what is displayed.
#[test]
fn the_stored_numbers_tell_the_fields_apart() {
    let golden = Golden::read();
    let all: Vec<&Line> = LINES.iter().chain(&BESIDE).collect();
    for (at, one) in all.iter().enumerate() {
        for other in &all[at + 1..] {
            let apart = |convention| {
                COLUMNS.iter().any(|column| {
                    (golden.of(one, convention, column) - golden.of(other, convention, column)).abs() > 0.002
                })
            };
            assert!((0..3).any(apart), "{} and {} are one", one.0, other.0);
        }
    }
}

/// 1,000 rise to 1,200, fall to 900 and to 600, rise to 1,200 and above, fall to 1,170, and end there.
#[test]
fn a_drawdown_has_the_dates_of_its_valuations() {
    let row = |(date, before): (&str, &str)| Valued {
        date: date.parse().unwrap(),
        before: before.parse().unwrap(),
        flow: if before == "0" { "1000" } else { "0" }.parse().unwrap(),
    };
    let rows = [
        ("2025-12-31", "0"),
        ("2026-01-30", "1200"),
        ("2026-02-27", "900"),
        ("2026-03-31", "600"),
        ("2026-04-30", "1200"),
        ("2026-05-29", "1300"),
        ("2026-06-30", "1170"),
    ];
    let sheet = Sheet::of(&rows.map(row)).unwrap().to_string();
    let drawdowns: Vec<&str> = sheet.lines().filter(|line| line.starts_with("drawdown")).collect();
    assert_eq!(
        drawdowns,
        [
            "drawdown  -50.00 %  from 2026-01-30 to 2026-03-31, until 2026-04-30",
            "drawdown  -10.00 %  from 2026-05-29 to 2026-06-30, not recovered",
        ],
        "{sheet}"
    );
    let falls_at_once = [("2025-12-31", "0"), ("2026-01-30", "900")];
    let sheet = Sheet::of(&falls_at_once.map(row)).unwrap().to_string();
    assert!(sheet.contains("drawdown  -10.00 %  from the start to 2026-01-30, not recovered"), "{sheet}");
}
