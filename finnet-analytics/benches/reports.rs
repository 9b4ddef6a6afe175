//! How long app2's work takes: reading six portfolios of 6,764 sessions each, and their reports as JSON.
//!
//! From CSV files always, from MySQL where `DATABASE_URL` names a server whose user may make databases. Each line is
//! the best and the median of ten runs, in milliseconds; opening includes connecting.

use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use finnet_analytics::{Analytics, Period, Source};
use finnet_core::{Amount, Name, Percent, PortfolioId};
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Opts, OptsBuilder};

const SESSIONS: usize = 6_764;
const RUNS: usize = 10;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a Tokio runtime");
    runtime.block_on(async {
        let portfolios: Vec<PortfolioId> = (1..=6).map(portfolio).collect();
        let folder = tempfile::tempdir().expect("a folder");
        for (index, id) in portfolios.iter().enumerate() {
            fs::write(folder.path().join(format!("{id}.csv")), file(index)).expect("a file");
        }
        measure("CSV", &Source::csv(folder.path()), &portfolios).await;
        let Ok(server) = std::env::var("DATABASE_URL") else {
            eprintln!("MySQL not measured: DATABASE_URL is not set");
            return;
        };
        let database = format!("finnet-analytics-bench-{}", std::process::id());
        fill(&server, &database, &portfolios).await;
        let url = format!("{}/{database}", server.rsplit_once('/').expect("a database in DATABASE_URL").0);
        measure("MySQL", &Source::mysql(&url).expect("DATABASE_URL"), &portfolios).await;
        connect(&server).await.query_drop(format!("DROP DATABASE `{database}`")).await.expect("a drop");
    });
}

fn portfolio(number: usize) -> PortfolioId {
    let name = |text: String| Name::new(&text).expect("letters and digits");
    PortfolioId { investor: name("Inv".to_owned()), portfolio: name(format!("P{number}")) }
}

async fn measure(name: &str, source: &Source, portfolios: &[PortfolioId]) {
    let (mut opening, mut reporting, mut length) = (Vec::new(), Vec::new(), 0);
    for _ in 0..RUNS {
        let start = Instant::now();
        let analytics = Analytics::open(source, portfolios).await.expect("the rows");
        opening.push(start.elapsed());
        let start = Instant::now();
        let reports = analytics.reports(Period::default()).await.expect("the reports");
        length = reports.iter().map(|(_, report)| report.to_json().len()).sum();
        reporting.push(start.elapsed());
    }
    println!("{name}: open {}, reports {} ({length} bytes of JSON)", times(opening), times(reporting));
}

fn times(mut times: Vec<Duration>) -> String {
    times.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    format!("{:.1} / {:.1} ms", ms(times[0]), ms(times[times.len() / 2]))
}

/// Values that wander by a few thousandths a day, the same at each run.
fn file(seed: usize) -> String {
    let mut text = "As_Of,Evaluation,Daily_Evaluation_Change,Daily_Evaluation_Change_Percentage\n".to_owned();
    let first: chrono::NaiveDate = "2000-01-03".parse().expect("a date");
    let mut value = Amount::from_units(276_338_300_000_000);
    let mut before = None;
    for (index, date) in first.iter_days().take(SESSIONS).enumerate() {
        let step = i128::try_from((index * 7_919 + seed * 104_729) % 2_001).expect("small") - 1_000;
        value = value.checked_add(Amount::from_units(step * 1_000_000_000)).expect("far from the end");
        let change = before.and_then(|before| value.checked_sub(before));
        let percent = change.zip(before).and_then(|(change, before)| Percent::of_change(change, before));
        let shown = |text: Option<String>| text.unwrap_or_default();
        let (change, percent) = (shown(change.map(|c| c.to_string())), shown(percent.map(|p| p.to_string())));
        writeln!(text, "{date},{value},{change},{percent}").expect("a String takes what is written to it");
        before = Some(value);
    }
    text
}

async fn connect(url: &str) -> Conn {
    let opts = OptsBuilder::from_opts(Opts::from_url(url).expect("DATABASE_URL"));
    Conn::new(opts.db_name(None::<String>).prefer_socket(false)).await.expect("a connection")
}

async fn fill(server: &str, database: &str, portfolios: &[PortfolioId]) {
    let mut conn = connect(server).await;
    let mut run = async |statement: String| conn.query_drop(statement).await.expect("a statement");
    run(format!("CREATE DATABASE `{database}`")).await;
    run(format!("USE `{database}`")).await;
    for (index, id) in portfolios.iter().enumerate() {
        run(format!(
            "CREATE TABLE `{id}` (`As_Of` DATE NOT NULL PRIMARY KEY, `Evaluation` DECIMAL(28,8) NOT NULL, \
             `Daily_Evaluation_Change` DECIMAL(28,8) NULL, `Daily_Evaluation_Change_Percentage` DECIMAL(12,2) NULL)"
        ))
        .await;
        let cell = |cell: &str| if cell.is_empty() { "NULL".to_owned() } else { format!("'{cell}'") };
        let row = |line: &str| format!("({})", line.split(',').map(cell).collect::<Vec<_>>().join(","));
        let rows: Vec<String> = file(index).lines().skip(1).map(row).collect();
        run(format!("INSERT INTO `{id}` VALUES {}", rows.join(","))).await;
    }
}
