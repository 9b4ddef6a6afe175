//! Rows a second of [`Store::append`] beside its peers, in the same run and on the same tables.
//!
//! `DATABASE_URL=mysql://user:password@host:port/any cargo bench -p finnet-mysql`: 120,000 rows in six tables, in
//! batches of 10,000 with an offset each; medians of five turns in which all take their turn, of rates and of the
//! ratios within a turn. The peers:
//! `LOAD DATA LOCAL INFILE`, a table a statement, its text ready-made (`--local-infile` on the server, else it is
//! left out); and a commit a row, by the bare driver and by the store, over fewer rows. The database is one of its
//! own, dropped at the end.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use finnet_core::{Amount, Name, PortfolioId, Valuation};
use finnet_mysql::{Advance, Create, DatabaseUrl, Investor, Outcome, Portfolio, Row, Store, create};
use futures::StreamExt as _;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder};

const SESSIONS: u64 = 20_000;
const BATCH: usize = 10_000;
const TURNS: usize = 5;
/// Rows that are committed one by one.
const SINGLE_ROWS: usize = 600;
/// Bytes of `LOAD DATA` in one packet.
const CHUNK: usize = 256 * 1024;

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
    let measured = measure(&url, &network, &rows, &mut driver).await;
    driver.query_drop(format!("DROP DATABASE `{}`", url.database())).await?;
    report(&measured?);
    Ok(())
}

/// What is measured, with its rates in rows a second.
type Rates = BTreeMap<&'static str, Vec<f64>>;

const LOAD: &str = "LOAD DATA LOCAL INFILE";
const NEW: &str = "Store::append, new rows";
const REPEATED: &str = "Store::append, repeated";
const SINGLE: &str = "a commit a row, driver";
const SINGLE_STORE: &str = "a commit a row, store";

/// Lets each have its turn, several times over.
async fn measure(url: &DatabaseUrl, network: &[Investor], rows: &[Row], driver: &mut Conn) -> Result<Rates, Failure> {
    let mut rates = Rates::new();
    let mut note = |what, rows: usize, time: Duration| {
        #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
        let rate = rows as f64 / time.as_secs_f64();
        rates.entry(what).or_default().push(rate);
    };
    let allowed: Option<bool> = driver.query_first("SELECT @@local_infile").await?;
    let few = &rows[..SINGLE_ROWS];
    for _ in 0..TURNS {
        if allowed == Some(true) {
            create(url, network, Create::Reset).await?;
            note(LOAD, rows.len(), load(driver, rows).await?);
        }
        create(url, network, Create::Reset).await?;
        note(NEW, rows.len(), append(url, rows, BATCH, Outcome::Stored).await?);
        note(REPEATED, rows.len(), append(url, rows, BATCH, Outcome::Repeated).await?);
        create(url, network, Create::Reset).await?;
        note(SINGLE, few.len(), insert(driver, few).await?);
        create(url, network, Create::Reset).await?;
        note(SINGLE_STORE, few.len(), append(url, few, 1, Outcome::Stored).await?);
    }
    Ok(rates)
}

fn report(rates: &Rates) {
    let median = |mut figures: Vec<f64>| {
        figures.sort_unstable_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    for (what, all) in rates {
        let (low, high) = all.iter().fold((f64::MAX, f64::MIN), |(low, high), &rate| (low.min(rate), high.max(rate)));
        println!("{what:<24} {:>9.0} rows/s ({low:.0} to {high:.0})", median(all.clone()));
    }
    for peer in [LOAD, SINGLE, SINGLE_STORE] {
        let Some(of_peer) = rates.get(peer) else {
            println!("{peer}: not measured, since the server forbids it");
            continue;
        };
        // Within a turn: what else the machine does then, it does to both.
        let ratios = rates[NEW].iter().zip(of_peer).map(|(append, peer)| append / peer).collect();
        println!("{NEW} / {peer} = {:.2}", median(ratios));
    }
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

fn ids(network: &[Investor]) -> Vec<PortfolioId> {
    let of_investor = |investor: &Investor| {
        let id = |portfolio: &Portfolio| PortfolioId { investor: investor.name, portfolio: portfolio.name };
        investor.portfolios.iter().map(id).collect::<Vec<_>>()
    };
    network.iter().flat_map(of_investor).collect()
}

/// Valuations of all portfolios, session by session, as they arrive.
fn rows(network: &[Investor]) -> Result<Vec<Row>, Failure> {
    let ids = ids(network);
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
async fn append(url: &DatabaseUrl, rows: &[Row], batch: usize, expected: Outcome) -> Result<Duration, Failure> {
    let mut store = Store::open(url, "app1", &ids(&network()?)).await?;
    let start = Instant::now();
    for batch in rows.chunks(batch) {
        let from = store.positions().first().map(|position| position.next);
        let next = from.unwrap_or(0) + i64::try_from(batch.len())?;
        let advance = Advance { topic: "portfolios".to_owned(), partition: 0, from, next };
        let outcomes = store.append(batch, &[advance]).await?;
        assert!(outcomes.iter().all(|&outcome| outcome == expected), "a row was not {expected:?}");
    }
    Ok(start.elapsed())
}

/// Appends the three numbers, each behind `between`; `null` is how there is none.
fn push_numbers(text: &mut String, row: &Valuation, between: &str, null: &str) -> Result<(), Failure> {
    let change = row.change.map_or_else(|| null.to_owned(), |change| change.to_string());
    let percent = row.change_pct.map_or_else(|| null.to_owned(), |percent| percent.to_string());
    write!(text, "{between}{}{between}{change}{between}{percent}", row.value)?;
    Ok(())
}

/// Returns how long the server takes to load the same rows, a statement a table.
async fn load(driver: &mut Conn, rows: &[Row]) -> Result<Duration, Failure> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for Row { portfolio, valuation } in rows {
        let file = files.entry(portfolio.to_string()).or_default();
        write!(file, "{}", valuation.session)?;
        push_numbers(file, valuation, "\t", "\\N")?;
        file.push('\n');
    }
    let mut statements = Vec::new();
    for (table, file) in files {
        let chunks: Vec<_> = file.as_bytes().chunks(CHUNK).map(|chunk| Ok(chunk.to_vec().into())).collect();
        statements.push((format!("LOAD DATA LOCAL INFILE 'rows' INTO TABLE {table}"), chunks));
    }
    let mut loaded = 0;
    let start = Instant::now();
    for (statement, chunks) in statements {
        driver.set_infile_handler(async move { Ok(futures::stream::iter(chunks).boxed()) });
        driver.query_drop(statement).await?;
        loaded += driver.affected_rows();
    }
    let time = start.elapsed();
    assert_eq!(loaded, u64::try_from(rows.len())?, "rows that were not loaded");
    Ok(time)
}

/// Returns how long the driver takes for a statement and a commit a row, the statements ready-made.
async fn insert(driver: &mut Conn, rows: &[Row]) -> Result<Duration, Failure> {
    let mut statements = Vec::new();
    for Row { portfolio, valuation } in rows {
        let mut sql = format!("INSERT INTO {portfolio} VALUES ('{}'", valuation.session);
        push_numbers(&mut sql, valuation, ",", "NULL")?;
        sql.push(')');
        statements.push(sql);
    }
    let start = Instant::now();
    for sql in &statements {
        driver.query_drop(sql).await?;
    }
    Ok(start.elapsed())
}
