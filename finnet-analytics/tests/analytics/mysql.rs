//! The same rows from a server as from files: the same reports, byte for byte; and what a server refuses.
//!
//! `DATABASE_URL` names a server whose user may make databases; each test has one of its own and drops it.

use std::fs;
use std::io::Write as _;
use std::panic::resume_unwind;

use finnet_analytics::{Analytics, DatabaseProblem, Error, Period, RowProblem, Source};
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Opts, OptsBuilder};

use crate::golden::assert_golden;
use crate::{PORTFOLIOS, golden_folder, id, ids};

/// A database of one test: its URL, and a connection to fill it, past the code under test.
struct Database {
    url: String,
    conn: Conn,
}

/// Runs a test with a database that was not there, and drops it also where the test fails.
async fn with_database<T, F>(name: &str, test: T)
where
    T: FnOnce(Database) -> F,
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
    let database = format!("finnet-analytics-{name}-{}", std::process::id());
    let url = format!("{}/{database}", server.rsplit_once('/').expect("DATABASE_URL has a database").0);
    let mut conn = connect(&server).await;
    conn.query_drop(format!("DROP DATABASE IF EXISTS `{database}`")).await.unwrap();
    conn.query_drop(format!("CREATE DATABASE `{database}`")).await.unwrap();
    conn.query_drop(format!("USE `{database}`")).await.unwrap();
    let result = tokio::spawn(test(Database { url, conn })).await;
    connect(&server).await.query_drop(format!("DROP DATABASE IF EXISTS `{database}`")).await.unwrap();
    if let Err(error) = result {
        resume_unwind(error.into_panic());
    }
}

async fn connect(url: &str) -> Conn {
    let opts = OptsBuilder::from_opts(Opts::from_url(url).unwrap()).db_name(None::<String>).prefer_socket(false);
    Conn::new(opts).await.unwrap()
}

impl Database {
    async fn run(&mut self, statement: &str) {
        self.conn.query_drop(statement.to_owned()).await.unwrap();
    }

    async fn create_table(&mut self, name: &str) {
        self.run(&format!(
            "CREATE TABLE `{name}` (`As_Of` DATE NOT NULL PRIMARY KEY, `Evaluation` DECIMAL(28,8) NOT NULL, \
             `Daily_Evaluation_Change` DECIMAL(28,8) NULL, `Daily_Evaluation_Change_Percentage` DECIMAL(12,2) NULL)"
        ))
        .await;
    }

    /// Makes the table of a golden CSV file, rows in the opposite order.
    async fn load_golden(&mut self, name: &str) {
        self.create_table(name).await;
        let text = fs::read_to_string(golden_folder().join(format!("{name}.csv"))).unwrap();
        let lines: Vec<&str> = text.lines().skip(1).collect();
        for line in lines.iter().rev() {
            let cell = |cell: &str| if cell.is_empty() { "NULL".to_owned() } else { format!("'{cell}'") };
            let cells: Vec<String> = line.split(',').map(cell).collect();
            self.run(&format!("INSERT INTO `{name}` VALUES ({})", cells.join(","))).await;
        }
    }

    async fn refusal(&self, portfolio: &str) -> Error {
        Analytics::open(&Source::mysql(&self.url).unwrap(), &[id(portfolio)]).await.unwrap_err()
    }
}

#[tokio::test]
async fn reports_of_tables_are_golden() {
    with_database("golden", |mut database| async move {
        for name in PORTFOLIOS {
            database.load_golden(name).await;
        }
        let analytics = Analytics::open(&Source::mysql(&database.url).unwrap(), &ids()).await.unwrap();
        assert_golden(&analytics).await;
        let files = Analytics::open(&Source::csv(golden_folder()), &ids()).await.unwrap();
        let period = Period::default();
        assert_eq!(analytics.reports(period).await.unwrap(), files.reports(period).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn tables_longer_than_a_batch_are_read_whole() {
    with_database("long", |mut database| async move {
        database.create_table("Inv1_P11").await;
        database
            .run(
                "INSERT INTO `Inv1_P11` WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 899) \
                 SELECT DATE_ADD('1950-01-01', INTERVAL a.n * 30 + b.n DAY), a.n, NULL, NULL \
                 FROM n AS a, n AS b WHERE b.n < 30",
            )
            .await;
        let analytics = Analytics::open(&Source::mysql(&database.url).unwrap(), &[id("Inv1_P11")]).await.unwrap();
        let rows = analytics.sql("SELECT * FROM Inv1_P11").await.unwrap().count().await.unwrap();
        assert_eq!(rows, 27_000);
        let report = analytics.report(&id("Inv1_P11"), Period::default()).await.unwrap();
        // 0 to 899, each 30 times: (900² − 1) / 12 × 27000 / 26999, its root by Python's decimal.
        assert_eq!(report.evaluation.average, Some("449.50".parse().unwrap()));
        assert_eq!(report.evaluation.deviation, Some("259.81".parse().unwrap()));
    })
    .await;
}

#[tokio::test]
async fn errors_name_server_database_and_table() {
    with_database("errors", |mut database| async move {
        let shown = |error: &Error| error.to_string();
        let name = database.url.rsplit_once('/').unwrap().1.to_owned();

        let error = database.refusal("Inv1_P11").await;
        assert!(shown(&error).contains(&format!("database {name} at ")), "{error}");
        assert!(shown(&error).ends_with(" has no table Inv1_P11: run investors-db"), "{error}");

        database.run("CREATE TABLE `Inv1_P11` (`As_Of` DATE)").await;
        let error = database.refusal("Inv1_P11").await;
        assert!(shown(&error).contains("refused to read table Inv1_P11"), "{error}");

        database
            .run(
                "CREATE TABLE `Inv1_P12` (`As_Of` DATE NOT NULL, `Evaluation` DECIMAL(38,10), \
                 `Daily_Evaluation_Change` DOUBLE, `Daily_Evaluation_Change_Percentage` DOUBLE)",
            )
            .await;
        database.run("INSERT INTO `Inv1_P12` VALUES ('2000-01-03', 1.5, NULL, NULL)").await;
        let source = Source::mysql(&database.url).unwrap();
        assert!(Analytics::open(&source, &[id("Inv1_P12")]).await.is_ok(), "zeros beyond eight places are no harm");
        database.run("INSERT INTO `Inv1_P12` VALUES ('2000-01-04', 1.0000000001, NULL, NULL)").await;
        let error = database.refusal("Inv1_P12").await;
        let Error::Database(error) = error else { panic!("{error}") };
        assert!(matches!(
            error.problem,
            DatabaseProblem::Row { number: 2, problem: RowProblem::Number(finnet_analytics::Column::Evaluation, _) }
        ));
        assert!(error.to_string().contains("table Inv1_P12, row 2: Evaluation: too many digits"), "{error}");

        database.url = format!("{}-gone", database.url);
        let error = database.refusal("Inv1_P11").await;
        assert!(shown(&error).contains("-gone at ") && shown(&error).contains("run investors-db"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_password_is_never_shown() {
    with_database("password", |database| async move {
        let server = database.url.rsplit_once('@').unwrap().1;
        let url = format!("mysql://finnet-nobody:hunter2@{server}");
        let source = Source::mysql(&url).unwrap();
        let error = Analytics::open(&source, &[id("Inv1_P11")]).await.unwrap_err();
        assert!(error.to_string().contains("denies access to table Inv1_P11"), "{error}");
        assert!(!format!("{error} {error:?} {source:?}").contains("hunter2"));
    })
    .await;
}

#[tokio::test]
async fn nobody_at_home_is_said_at_once() {
    for (host, shown) in [("127.0.0.1", "127.0.0.1"), ("[::1]", "[::1]")] {
        // Port 9 is `discard`, which no machine of today serves.
        let source = Source::mysql(&format!("mysql://u:hunter2@{host}:9/InvestorsDB")).unwrap();
        let error = Analytics::open(&source, &[id("Inv1_P11")]).await.unwrap_err();
        let expected = format!("no MySQL or MariaDB answers for database InvestorsDB at {shown}:9: ");
        assert!(error.to_string().starts_with(&expected), "{error}");
        assert!(!error.to_string().contains("hunter2"));
    }
}
