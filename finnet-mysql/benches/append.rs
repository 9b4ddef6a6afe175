//! Rows a second of [`Store::append`], and of the bare driver with statements ready-made, in the same run.
//!
//! `DATABASE_URL=mysql://user:password@host:port/any cargo bench -p finnet-mysql`: 40,002 rows in six tables, in
//! batches of up to 10,000 with an offset each; the best of five. The database is one of its own, dropped at the
//! end.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use finnet_core::{Amount, Name, PortfolioId, Valuation};
use finnet_mysql::{Advance, Create, DatabaseUrl, Investor, Outcome, Portfolio, Row, Store, create};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder};

const SESSIONS: u64 = 6_667;
const BATCH: usize = 10_000;
const RUNS: usize = 5;

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let Ok(text) = std::env::var("DATABASE_URL") else {
        eprintln!("DATABASE_URL is not set: nothing measured");
        return Ok(());
    };
    let url = text.parse::<DatabaseUrl>()?.with_database(&format!("finnet-bench-{}", std::process::id()))?;
    let network = network()?;
    let rows = rows(&network)?;
    create(&url, &network, Create::Keep).await?;
    let options = OptsBuilder::from_opts(Opts::from_url(&text)?).db_name(Some(url.database())).prefer_socket(false);
    let mut driver = Conn::new(options).await?;

    let measured = async {
        let (mut first, mut again, mut bare) = (Duration::MAX, Duration::MAX, Duration::MAX);
        for _ in 0..RUNS {
            create(&url, &network, Create::Reset).await?;
            first = first.min(append(&url, &rows, Outcome::Stored).await?);
            again = again.min(append(&url, &rows, Outcome::Repeated).await?);
            create(&url, &network, Create::Reset).await?;
            bare = bare.min(insert(&mut driver, &rows).await?);
        }
        Ok::<_, Failure>([
            ("Store::append, new rows", first),
            ("Store::append, repeated", again),
            ("bare driver", bare),
        ])
    }
    .await;
    driver.query_drop(format!("DROP DATABASE `{}`", url.database())).await?;
    for (what, time) in measured? {
        #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
        let rate = rows.len() as f64 / time.as_secs_f64();
        println!("{what:<24} {:>6} rows in {:>6.1} ms = {rate:>8.0} rows/s", rows.len(), time.as_secs_f64() * 1e3);
    }
    Ok(())
}

/// The daily network's investors.
fn network() -> Result<Vec<Investor>, Failure> {
    let portfolio = |name: String| Ok::<_, Failure>(Portfolio { name: Name::new(&name)?, cumulative: true });
    (1..=3)
        .map(|number| {
            let portfolios = vec![portfolio(format!("P{number}1"))?, portfolio(format!("P{number}2"))?];
            Ok(Investor { name: Name::new(&format!("Inv{number}"))?, city: "London".to_owned(), portfolios })
        })
        .collect()
}

/// Valuations of all portfolios, session by session, as they arrive.
fn rows(network: &[Investor]) -> Result<Vec<Row>, Failure> {
    let ids: Vec<_> = network
        .iter()
        .flat_map(|investor| {
            let id = |portfolio: &Portfolio| PortfolioId { investor: investor.name, portfolio: portfolio.name };
            investor.portfolios.iter().map(id)
        })
        .collect();
    let first: chrono::NaiveDate = "2000-01-03".parse()?;
    let mut before = None;
    let mut rows = Vec::new();
    for day in 0..SESSIONS {
        let value = Amount::from_units((2_763_383 + i128::from(day * 7_919 % 10_007) * 13) * 1_000_000);
        for &portfolio in &ids {
            rows.push(Row { portfolio, valuation: Valuation::after(before, first + chrono::Days::new(day), value) });
        }
        before = Some(value);
    }
    Ok(rows)
}

/// Returns how long it takes to append all rows, each with this outcome, from where the offsets stand.
async fn append(url: &DatabaseUrl, rows: &[Row], expected: Outcome) -> Result<Duration, Failure> {
    let ids: std::collections::BTreeSet<_> = rows.iter().map(|row| row.portfolio).collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let mut store = Store::open(url, "app1", &ids).await?;
    let start = Instant::now();
    for batch in rows.chunks(BATCH) {
        let from = store.positions().first().map(|position| position.next);
        let next = from.unwrap_or(0) + i64::try_from(batch.len())?;
        let advance = Advance { topic: "portfolios".to_owned(), partition: 0, from, next };
        let outcomes = store.append(batch, &[advance]).await?;
        assert!(outcomes.iter().all(|&outcome| outcome == expected), "a row was not {expected:?}");
    }
    Ok(start.elapsed())
}

/// Returns how long the driver takes for the same rows: one statement a table and batch, a commit a batch, the
/// statements made before the clock starts.
async fn insert(driver: &mut Conn, rows: &[Row]) -> Result<Duration, Failure> {
    let mut statements = Vec::new();
    for batch in rows.chunks(BATCH) {
        let mut tables: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
        for Row { portfolio, valuation } in batch {
            let sql = tables
                .entry(portfolio.to_string())
                .and_modify(|sql| sql.push(','))
                .or_insert_with(|| format!("INSERT INTO {portfolio} VALUES "));
            let change = valuation.change.map_or_else(|| "NULL".to_owned(), |change| change.to_string());
            let percent = valuation.change_pct.map_or_else(|| "NULL".to_owned(), |percent| percent.to_string());
            write!(sql, "('{}',{},{change},{percent})", valuation.session, valuation.value)?;
        }
        statements.push(tables);
    }
    let start = Instant::now();
    for tables in &statements {
        driver.query_drop("BEGIN").await?;
        for sql in tables.values() {
            driver.query_drop(sql).await?;
        }
        driver.query_drop("COMMIT").await?;
    }
    Ok(start.elapsed())
}
