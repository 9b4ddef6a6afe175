//! Reports against the files of `tests/golden`, whose numbers come from Python's fractions.

use std::fs;

use chrono::NaiveDate;
use finnet_analytics::{Analytics, Period, Source};

use crate::{golden_folder, id, ids};

/// As in `make.py`: the end of a file's name, from, to.
pub(crate) const PERIODS: [(&str, Option<&str>, Option<&str>); 6] = [
    ("", None, None),
    ("_from", Some("2000-01-03"), None),
    ("_to", None, Some("2021-01-05")),
    ("_both", Some("2000-01-03"), Some("2000-02-29")),
    ("_late", Some("2021-02-01"), None),
    ("_nothing", Some("1980-01-01"), Some("1980-12-31")),
];

pub(crate) fn period(from: Option<&str>, to: Option<&str>) -> Period {
    let date = |text: &str| text.parse::<NaiveDate>().unwrap();
    Period { from: from.map(date), to: to.map(date) }
}

/// Asserts that the reports of all portfolios are those of the golden files.
pub(crate) async fn assert_golden(analytics: &Analytics) {
    for (suffix, from, to) in PERIODS {
        let reports = analytics.reports(period(from, to)).await.unwrap();
        assert_eq!(reports.iter().map(|(portfolio, _)| *portfolio).collect::<Vec<_>>(), ids());
        for (portfolio, report) in reports {
            let file = format!("{portfolio}_stats{suffix}.json");
            let expected = fs::read_to_string(golden_folder().join(&file)).unwrap();
            assert_eq!(report.to_json(), expected, "{file}");
        }
    }
}

#[tokio::test]
async fn reports_of_csv_files_are_golden() {
    assert_golden(&Analytics::open(&Source::csv(golden_folder()), &ids()).await.unwrap()).await;
}

#[tokio::test]
async fn one_report_is_as_it_is_among_all() {
    let analytics = Analytics::open(&Source::csv(golden_folder()), &ids()).await.unwrap();
    let both = period(Some("2000-01-03"), Some("2000-02-29"));
    for (portfolio, report) in analytics.reports(both).await.unwrap() {
        assert_eq!(analytics.report(&portfolio, both).await.unwrap(), report, "{portfolio}");
    }
}

#[tokio::test]
async fn a_portfolio_given_twice_is_one_and_none_is_none() {
    let source = Source::csv(golden_folder());
    let twice = Analytics::open(&source, &[id("Inv1_P11"), id("Inv1_P11")]).await.unwrap();
    let reports = twice.reports(Period::default()).await.unwrap();
    assert_eq!(reports.len(), 1);
    let expected = fs::read_to_string(golden_folder().join("Inv1_P11_stats.json")).unwrap();
    assert_eq!(reports[0].1.to_json(), expected);

    let none = Analytics::open(&source, &[]).await.unwrap();
    assert!(none.reports(Period::default()).await.unwrap().is_empty());
    let rows = none.sql("SELECT date, change_pct FROM valuations").await.unwrap().count().await.unwrap();
    assert_eq!(rows, 0);
}

#[test]
fn another_parser_reads_the_reports() {
    for entry in fs::read_dir(golden_folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let report: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            assert!(report["MaxMinDailyChange"][0].get("min_daily_change").is_some(), "{}", path.display());
        }
    }
}
