//! A report as JSON text: a writer of the few shapes a report has.
//!
//! Numbers are the exact decimal text of [`finnet_core::money`], which no float could promise; no text needs escapes,
//! since dates and keys are all there is.

use std::fmt::{Display, Write as _};

use super::{Changes, Evaluation, Report};

/// Returns the JSON of a report, ending with a line end.
pub(super) fn write(report: &Report) -> String {
    let mut lists: Vec<(&str, Vec<String>)> = vec![
        ("MaxMinDailyChange", vec![object(changes(&report.changes))]),
        (
            "MaxMinDailyChangePerYear",
            report
                .changes_by_year
                .iter()
                .map(|of| object([year(of.year)].into_iter().chain(changes(&of.changes))))
                .collect(),
        ),
        ("AvgStdDevEvaluation", vec![object(evaluation(&report.evaluation))]),
    ];
    if let Some(of) = &report.period {
        let date = |date: Option<_>| date.map_or_else(null, |date| format!("\"{date}\""));
        let ends = [("from", date(of.period.from)), ("to", date(of.period.to))];
        lists.push(("AvgStdDevEvaluationPeriod", vec![object(ends.into_iter().chain(evaluation(&of.evaluation)))]));
    }
    let months = report
        .averages_by_month
        .iter()
        .map(|of| object([year(of.year), ("month", of.month.to_string()), ("avg_evaluation", number(of.average))]));
    lists.push(("MonthlyAvgEvaluation", months.collect()));

    let lists: Vec<String> = lists.iter().map(|(key, entries)| format!("  \"{key}\": {}", list(entries))).collect();
    format!("{{\n{}\n}}\n", lists.join(",\n"))
}

type Member = (&'static str, String);

fn year(year: i32) -> Member {
    ("year", year.to_string())
}

fn changes(of: &Changes) -> [Member; 4] {
    [
        ("min_daily_change", number(of.min)),
        ("max_daily_change", number(of.max)),
        ("min_daily_change_pct", number(of.min_pct)),
        ("max_daily_change_pct", number(of.max_pct)),
    ]
}

fn evaluation(of: &Evaluation) -> [Member; 2] {
    [("avg_evaluation", number(of.average)), ("stddev_evaluation", number(of.deviation))]
}

/// Rounded numbers have two places and no more: core writes at least two and drops zeros beyond.
fn number(number: Option<impl Display>) -> String {
    number.map_or_else(null, |number| number.to_string())
}

fn null() -> String {
    "null".to_owned()
}

fn object(members: impl IntoIterator<Item = Member>) -> String {
    let mut text = String::from("{");
    for (index, (key, value)) in members.into_iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        write!(text, "{comma}\"{key}\": {value}").expect("a String takes what is written to it");
    }
    text.push('}');
    text
}

/// One entry a line.
fn list(entries: &[String]) -> String {
    if entries.is_empty() { "[]".to_owned() } else { format!("[\n    {}\n  ]", entries.join(",\n    ")) }
}
