//! What is refused, and the words it is refused with.

use std::fs;

use finnet_analytics::{Analytics, Error, Period, Source};

use crate::{golden_folder, id};

const HEADER: &str = "As_Of,Evaluation,Daily_Evaluation_Change,Daily_Evaluation_Change_Percentage\n";

async fn refusal_of(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Inv1_P11.csv"), text).unwrap();
    let error = Analytics::open(&Source::csv(folder.path()), &[id("Inv1_P11")]).await.unwrap_err();
    let shown = error.to_string();
    shown.strip_prefix(&format!("{}/", folder.path().display())).unwrap().to_owned()
}

#[tokio::test]
async fn a_bad_line_is_named() {
    for (rows, expected) in [
        ("2000-01-03,1.00,,\n2000-01-04,x,,\n", "Inv1_P11.csv:3: Evaluation: not a decimal number"),
        (
            "2000-01-03,1.00,,\n2000-01-04,1.00,0.000000001,\n",
            "Inv1_P11.csv:3: Daily_Evaluation_Change: too many digits after the point",
        ),
        ("03/01/2000,1.00,,\n", "Inv1_P11.csv:2: As_Of is no date, YYYY-MM-DD"),
        ("2000-01-03,1.00\n", "Inv1_P11.csv:2: not 4 fields between commas"),
        ("2000-01-03,,,\n", "Inv1_P11.csv:2: Evaluation is empty"),
        ("2000-01-04,1.00,,\n2000-01-03,1.00,,\n", "Inv1_P11.csv:3: the date is not after that of the row before"),
        ("2000-01-03,1.00,,", "Inv1_P11.csv:2: the line does not end: it is torn or still being written"),
    ] {
        assert_eq!(refusal_of(&format!("{HEADER}{rows}")).await, expected);
    }
    let expected = format!("Inv1_P11.csv:1: the first line is not {}", HEADER.trim_end());
    assert_eq!(refusal_of("a,b,c,d\n").await, expected);
}

#[tokio::test]
async fn a_missing_file_says_what_to_run() {
    let error = Analytics::open(&Source::csv("no-such-folder"), &[id("Inv1_P11")]).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no-such-folder/Inv1_P11.csv: no such file: run network or app1 --data no-such-folder first"
    );
}

#[tokio::test]
async fn a_period_goes_forward_and_a_portfolio_is_known() {
    let analytics = Analytics::open(&Source::csv(golden_folder()), &[id("Inv1_P11")]).await.unwrap();
    let backward = Period { from: Some("2001-01-01".parse().unwrap()), to: Some("2000-12-31".parse().unwrap()) };
    let error = analytics.reports(backward).await.unwrap_err();
    assert_eq!(error.to_string(), "the period from 2001-01-01 to 2000-12-31 ends before it begins");
    let error = analytics.report(&id("Inv9_P91"), Period::default()).await.unwrap_err();
    assert!(matches!(error, Error::UnknownPortfolio(_)));
    assert_eq!(error.to_string(), "portfolio Inv9_P91 is none of those opened");
}
