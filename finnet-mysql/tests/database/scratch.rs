//! A database for one test, and the network of examples that fills it.

use std::io::Write as _;
use std::panic::resume_unwind;

use finnet_core::{Name, PortfolioId, Valuation};
use finnet_mysql::{Advance, Create, DatabaseUrl, Investor, Portfolio, Row, Store, create};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder};

/// Runs a test with a database of its own that is not there yet, and drops it also where the test fails.
pub(crate) async fn with_database<T, F>(name: &str, test: T)
where
    T: FnOnce(DatabaseUrl) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let Ok(server) = std::env::var("DATABASE_URL") else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "DATABASE_URL is not set, and this is CI");
        // Past `eprintln!`, whose text the test harness keeps to itself where a test passes.
        let mut stderr = std::io::stderr();
        writeln!(stderr, "!!! {name}: NOT RUN, since DATABASE_URL is not set (mysql://user:password@host:port/any)")
            .unwrap();
        return;
    };
    let url: DatabaseUrl = server.parse().expect("DATABASE_URL");
    // With a `-`, which only a quoted identifier may have.
    let url = url.with_database(&format!("finnet-test-{name}-{}", std::process::id())).unwrap();
    let drop = format!("DROP DATABASE IF EXISTS `{}`", url.database());
    raw_server().await.query_drop(&drop).await.unwrap();
    let result = tokio::spawn(test(url)).await;
    raw_server().await.query_drop(&drop).await.unwrap();
    if let Err(error) = result {
        resume_unwind(error.into_panic());
    }
}

/// Returns a driver's connection to the server, past the code under test.
pub(crate) async fn raw_server() -> Conn {
    let opts = Opts::from_url(&std::env::var("DATABASE_URL").unwrap()).unwrap();
    let opts = OptsBuilder::from_opts(opts).db_name(None::<String>).prefer_socket(false);
    let mut conn = Conn::new(opts).await.unwrap();
    // What the tests look at with it does not depend on the server's configuration either.
    for statement in [
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES', autocommit = 1, lc_messages = 'en_US'",
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    ] {
        conn.query_drop(statement).await.unwrap();
    }
    conn
}

/// Returns a driver's connection to a test's database, past the code under test.
pub(crate) async fn raw(url: &DatabaseUrl) -> Conn {
    let mut conn = raw_server().await;
    conn.query_drop(format!("USE `{}`", url.database())).await.unwrap();
    conn
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub(crate) fn id(investor: &str, portfolio: &str) -> PortfolioId {
    PortfolioId { investor: name(investor), portfolio: name(portfolio) }
}

pub(crate) fn investor(investor: &str, city: &str, portfolios: &[&str]) -> Investor {
    let portfolio = |text: &&str| Portfolio { name: name(text), cumulative: true };
    Investor { name: name(investor), city: city.to_owned(), portfolios: portfolios.iter().map(portfolio).collect() }
}

/// The first of the daily network's investors, and a second one.
pub(crate) fn network() -> Vec<Investor> {
    vec![investor("Inv1", "London", &["P11", "P12"]), investor("Inv2", "New York", &["P21"])]
}

pub(crate) fn ids() -> [PortfolioId; 3] {
    [id("Inv1", "P11"), id("Inv1", "P12"), id("Inv2", "P21")]
}

/// Makes the network's database and opens it for `app1`.
pub(crate) async fn store(url: &DatabaseUrl) -> Store {
    create(url, &network(), Create::Keep).await.unwrap();
    Store::open(url, "app1", &ids()).await.unwrap()
}

/// A valuation from text; an empty change is NULL.
pub(crate) fn valuation(session: &str, value: &str, change: &str, change_pct: &str) -> Valuation {
    Valuation {
        session: session.parse().unwrap(),
        value: value.parse().unwrap(),
        change: (!change.is_empty()).then(|| change.parse().unwrap()),
        change_pct: (!change_pct.is_empty()).then(|| change_pct.parse().unwrap()),
    }
}

/// A first session's row of `Inv1_P11`.
pub(crate) fn p11(session: &str, value: &str) -> Row {
    Row { portfolio: ids()[0], valuation: valuation(session, value, "", "") }
}

pub(crate) fn advance(partition: i32, from: impl Into<Option<i64>>, next: i64) -> Advance {
    Advance { topic: "portfolios".to_owned(), partition, from: from.into(), next }
}
