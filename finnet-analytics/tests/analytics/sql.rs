//! Questions of one's own: names, types, the exact aggregates in groups, partitions and windows.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::prelude::{SessionConfig, SessionContext};
use finnet_analytics::{Analytics, Source, datafusion, exact_avg, exact_stddev};

use crate::{golden_folder, ids};

async fn analytics() -> Analytics {
    Analytics::open(&Source::csv(golden_folder()), &ids()).await.unwrap()
}

/// The rows of a table as DataFusion prints it, without its frame and head.
fn rows(batches: &[RecordBatch]) -> Vec<String> {
    let text = pretty_format_batches(batches).unwrap().to_string();
    let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines().skip(3).filter(|line| line.starts_with('|')).map(squeezed).collect()
}

async fn ask(question: &str) -> Vec<String> {
    rows(&analytics().await.sql(question).await.unwrap().collect().await.unwrap())
}

#[tokio::test]
async fn tables_and_columns_go_by_their_names() {
    assert_eq!(ask("SELECT As_Of, Evaluation FROM Odd_One").await, ["| 2022-06-01 | 123456789.12345678 |"]);
    assert_eq!(
        ask("SELECT investor, portfolio, date, value, change, change_pct FROM valuations WHERE portfolio = 'One'")
            .await,
        ["| Odd | One | 2022-06-01 | 123456789.12345678 | | |"]
    );
    assert_eq!(
        ask("SELECT arrow_typeof(date), arrow_typeof(value), arrow_typeof(change), arrow_typeof(change_pct) \
             FROM valuations LIMIT 1")
        .await,
        ["| Date32 | Decimal128(28, 8) | Decimal128(28, 8) | Decimal128(12, 2) |"]
    );
    assert_eq!(ask("SELECT portfolio FROM valuations WHERE value = 0.005").await, ["| TiesUp |"]);
    assert_eq!(ask("SELECT count(*) FROM Odd_Empty").await, ["| 0 |"]);
}

#[tokio::test]
async fn the_aggregates_group_and_filter() {
    assert_eq!(
        ask("SELECT portfolio, exact_avg(value), exact_stddev(value), exact_avg(change_pct), exact_avg(1) \
             FROM valuations WHERE portfolio IN ('P11', 'One') GROUP BY portfolio ORDER BY portfolio")
        .await,
        ["| One | 123456789.12 | | | 1.00 |", "| P11 | 2773183.24 | 78726.42 | 1.12 | 1.00 |"]
    );
    assert_eq!(ask("SELECT exact_avg(Evaluation), exact_stddev(Evaluation) FROM Odd_Empty").await, ["| | |"]);
    assert_eq!(
        ask("SELECT exact_avg(value) FILTER (WHERE date < DATE '2000-01-01') FROM valuations WHERE portfolio = 'P11'")
            .await,
        ["| 2763376.75 |"]
    );
    assert_eq!(
        ask("SELECT exact_avg(value) OVER (ORDER BY date) FROM valuations WHERE portfolio = 'TiesDown' ORDER BY date")
            .await,
        ["| 0.00 |", "| -0.01 |", "| 0.33 |", "| 0.53 |", "| 0.67 |"]
    );
    assert_eq!(ask("SELECT exact_avg(DISTINCT value) FROM valuations WHERE portfolio = 'Nulls'").await, ["| 2.50 |"]);
}

#[tokio::test]
async fn what_is_not_exact_is_refused() {
    let analytics = analytics().await;
    for question in [
        "SELECT exact_avg(CAST(value AS DOUBLE)) FROM valuations",
        "SELECT exact_avg(CAST(value AS DECIMAL(29,9))) FROM valuations",
        "SELECT exact_avg(CAST(value AS DECIMAL(29,8))) FROM valuations",
        "SELECT exact_avg(value, change) FROM valuations",
        "SELECT exact_avg('1') FROM valuations",
        "SELECT exact_avg(DISTINCT value), exact_stddev(value) FROM valuations",
        "DROP TABLE Inv1_P11",
        "CREATE TABLE a AS SELECT 1",
        "COPY valuations TO 'valuations.csv'",
        "SELECT * FROM inv1_p11",
    ] {
        let outcome = match analytics.sql(question).await {
            Ok(answer) => answer.collect().await.map(|_| ()).map_err(finnet_analytics::Error::from),
            Err(error) => Err(error),
        };
        assert!(outcome.is_err(), "{question}");
    }
    let error = analytics.sql("SELECT exact_avg(CAST(value AS DOUBLE)) FROM valuations").await.unwrap_err();
    assert!(error.to_string().contains("exact_avg takes a decimal that DECIMAL(28,8) holds"), "{error}");
}

#[tokio::test]
async fn partitions_and_batches_leave_no_trace() {
    let question = "SELECT g, exact_avg(v), exact_stddev(v) FROM \
        (SELECT value % 7 AS g, CAST(value * 31 - 100000 AS DECIMAL(20,4)) / 8 AS v FROM generate_series(1, 20000)) \
        GROUP BY g ORDER BY g";
    let mut answers = Vec::new();
    for (partitions, batch) in [(1, 8192), (2, 8192), (5, 100), (8, 7)] {
        let config = SessionConfig::new().with_target_partitions(partitions).with_batch_size(batch);
        let ctx = SessionContext::new_with_config(config);
        ctx.register_udaf(exact_avg());
        ctx.register_udaf(exact_stddev());
        answers.push(rows(&ctx.sql(question).await.unwrap().collect().await.unwrap()));
    }
    assert_eq!(answers[0].len(), 7);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
}
