//! A password leaves a URL only towards the server: every kind of error that a server, a database or a caller can
//! bring about is brought about, with a password that no text contains by itself.

use std::collections::BTreeSet;

use finnet_mysql::{Busy, Create, DatabaseUrl, Error, Row, Store, create};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use crate::scratch::{advance, id, ids, investor, network, p11, raw, raw_server, with_database};

/// As it is, and as a URL has it.
const PASSWORD: &str = "Zq7hunter/2@:%-'\"";
const ENCODED: &str = "Zq7hunter%2F2%40%3A%25-%27%22";

/// A user of a test's database, with the password that is not to be seen.
struct User {
    name: String,
    url: DatabaseUrl,
    raw: Conn,
    /// Kinds of errors that were seen.
    kinds: BTreeSet<&'static str>,
}

impl User {
    async fn of(url: &DatabaseUrl) -> Self {
        let name = format!("finnet-password-{}", std::process::id());
        let mut raw = raw_server().await;
        raw.query_drop(format!("DROP USER IF EXISTS `{name}`@'%'")).await.unwrap();
        let quoted = PASSWORD.replace('\'', "''");
        raw.query_drop(format!("CREATE USER `{name}`@'%' IDENTIFIED BY '{quoted}'")).await.unwrap();
        raw.query_drop(format!("GRANT ALL ON `{}`.* TO `{name}`@'%'", url.database())).await.unwrap();
        let url = format!("mysql://{name}:{ENCODED}@{}:{}/{}", url.host(), url.port(), url.database());
        Self { name, url: url.parse().unwrap(), raw, kinds: BTreeSet::new() }
    }

    /// Checks an error's texts, and notes its kind.
    fn see(&mut self, error: Error) {
        hides(&format!("{error}\n{error:?}\n{error:#?}"));
        let source: &dyn std::error::Error = &error;
        assert!(source.source().is_none(), "a source would have texts of its own");
        self.kinds.insert(match error {
            Error::Unreachable { .. } => "Unreachable",
            Error::Lost { .. } => "Lost",
            Error::Disconnected { .. } => "Disconnected",
            Error::Busy { reason: Busy::LockWait, .. } => "LockWait",
            Error::Busy { reason: Busy::RowsTaken, .. } => "RowsTaken",
            Error::Tls { .. } => "Tls",
            Error::AccessDenied { .. } => "AccessDenied",
            Error::NoDatabase { .. } => "NoDatabase",
            Error::NoTable { .. } => "NoTable",
            Error::OtherShape { .. } => "OtherShape",
            Error::OtherPortfolios { .. } => "OtherPortfolios",
            Error::OtherRows { .. } => "OtherRows",
            Error::Moved { .. } => "Moved",
            Error::UnknownPortfolio(_) => "UnknownPortfolio",
            Error::ReservedName(_) => "ReservedName",
            Error::RepeatedName(_) => "RepeatedName",
            Error::Unreadable { .. } => "Unreadable",
            Error::Refused { .. } => "Refused",
            other => panic!("unforeseen: {other:?}"),
        });
    }

    async fn open(&self) -> Result<Store, Error> {
        Store::open(&self.url, "app1", &ids()).await
    }

    /// Runs a statement past the code under test.
    async fn run(&mut self, statement: &str) {
        let database = self.url.database();
        self.raw.query_drop(format!("USE `{database}`")).await.unwrap();
        self.raw.query_drop(statement).await.unwrap();
    }

    /// What connecting and making may meet.
    async fn see_connecting(&mut self) {
        let text = self.url.to_string().replace(":***@", &format!(":{ENCODED}@"));
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let elsewhere = text.replace(&format!(":{}/", self.url.port()), &format!(":{port}/"));
        self.see(Store::open(&elsewhere.parse().unwrap(), "app1", &ids()).await.unwrap_err());
        let wrong = text.replace(ENCODED, "Zq7hunter3");
        self.see(Store::open(&wrong.parse().unwrap(), "app1", &ids()).await.unwrap_err());
        self.see(create(&self.url.with_database("mysql").unwrap(), &network(), Create::Keep).await.unwrap_err());
        self.see(self.open().await.unwrap_err());
        let lists = [investor("Investors", "x", &["Portfolios"]), investor("Inv1", "x", &["P11", "p11"])];
        for list in lists {
            self.see(create(&self.url, &[list], Create::Keep).await.unwrap_err());
        }
        let mut city = network();
        city[0].city = "x".repeat(300);
        self.see(create(&self.url, &city, Create::Keep).await.unwrap_err());
        create(&self.url, &network(), Create::Keep).await.unwrap();
        "Oslo".clone_into(&mut city[0].city);
        self.see(create(&self.url, &city, Create::Keep).await.unwrap_err());
        for text in [text.replace(":***", ""), format!("{text}?ssl-mode={ENCODED}"), format!("{text}?{ENCODED}=1")] {
            if let Err(error) = text.parse::<DatabaseUrl>() {
                hides(&format!("{error} {error:?}"));
            }
        }
    }

    /// What a store may meet.
    async fn see_storing(&mut self) {
        self.see(Store::open(&self.url, "app1", &ids()[..2]).await.unwrap_err());
        let mut store = self.open().await.unwrap();
        let (row, advances) = ([p11("2000-01-03", "1.00")], [advance(0, None, 1)]);
        self.see(store.append(&row, &[advance(0, 9, 10)]).await.unwrap_err());
        let stranger = Row { portfolio: id("Inv3", "P31"), ..row[0] };
        self.see(store.append(&[stranger], &[]).await.unwrap_err());
        self.run("INSERT INTO Inv1_P11 VALUES ('2000-01-03', 9, NULL, NULL)").await;
        self.see(store.append(&row, &advances).await.unwrap_err());
        self.run("BEGIN").await;
        self.run("INSERT INTO Kafka_Next_Offsets VALUES ('app1', 'portfolios', 0, 1)").await;
        self.see(store.append(&row, &advances).await.unwrap_err());
        self.run("ROLLBACK").await;
        let mut store = self.open().await.unwrap();
        let prepared = store.prepare(&row, &advances).await.unwrap();
        hides(&format!("{prepared:?} {prepared:#?}"));
        let mut killer = raw(&self.url).await;
        let others = "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = ?";
        for number in killer.exec::<u64, _, _>(others, (&self.name,)).await.unwrap() {
            let _ = killer.query_drop(format!("KILL {number}")).await;
        }
        self.see(prepared.commit().await.unwrap_err());
        self.see(store.append(&row, &advances).await.unwrap_err());
        hides(&format!("{store:?} {store:#?} {} {:?} {:#?}", self.url, self.url, self.url));
    }

    /// What tables may be that are not as they should be.
    async fn see_tables(&mut self) {
        self.run("ALTER TABLE Inv1_P11 MODIFY Evaluation DOUBLE NOT NULL").await;
        self.see(self.open().await.unwrap_err());
        self.run("DROP TABLE Inv1_P11").await;
        self.see(self.open().await.unwrap_err());
        self.run("ALTER TABLE Investors MODIFY Name VARBINARY(30) NOT NULL").await;
        self.run("UPDATE Investors SET Name = X'FF' WHERE Id = 1").await;
        self.see(self.open().await.unwrap_err());
    }
}

/// Checks that a text has no piece of the password.
fn hides(text: &str) {
    for piece in ["Zq7", "hunter", ENCODED, PASSWORD] {
        assert!(!text.contains(piece), "{text}");
    }
}

#[tokio::test]
async fn no_error_of_any_kind_shows_a_password() {
    with_database("passwords", async |url| {
        let mut user = User::of(&url).await;
        user.see_connecting().await;
        user.see_storing().await;
        user.see_tables().await;
        // All that a shared server can be brought to; Deadlock and Connections are in `faults`, Tls in `tls`.
        let expected = "AccessDenied Disconnected LockWait Lost Moved NoDatabase NoTable OtherPortfolios OtherRows \
            OtherShape Refused RepeatedName ReservedName RowsTaken UnknownPortfolio Unreachable Unreadable";
        assert_eq!(user.kinds.iter().copied().collect::<Vec<_>>().join(" "), expected);
        user.raw.query_drop(format!("DROP USER `{}`@'%'", user.name)).await.unwrap();
    })
    .await;
}
