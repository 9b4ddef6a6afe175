//! Servers and databases that do not do what they are asked: the error names what to do, and no password.

use std::time::Duration;

use finnet_mysql::{Create, DatabaseUrl, Error, Store, create};
use mysql_async::prelude::Queryable;

use crate::scratch::{ids, network, p11, raw, raw_server, store, with_database};

/// Text that no user, database or message contains by itself.
const PASSWORD: &str = "h%75nter%2F2%40%3A%25-%27%22";
const DECODED: &str = "hunter/2@:%-'\"";

fn with_user(url: &DatabaseUrl, user: &str, password: &str) -> DatabaseUrl {
    let text = format!("mysql://{user}:{password}@{}:{}/{}", url.host(), url.port(), url.database());
    text.parse().unwrap()
}

#[tokio::test]
async fn a_password_may_hold_anything_and_is_not_shown() {
    with_database("password", async |url| {
        let user = format!("finnet-{}", std::process::id());
        let mut raw = raw_server().await;
        raw.query_drop(format!("DROP USER IF EXISTS `{user}`@'%'")).await.unwrap();
        raw.query_drop(format!("CREATE USER `{user}`@'%' IDENTIFIED BY '{}'", DECODED.replace('\'', "''")))
            .await
            .unwrap();
        raw.query_drop(format!("GRANT ALL ON `{}`.* TO `{user}`@'%'", url.database())).await.unwrap();

        let right = with_user(&url, &user, PASSWORD);
        create(&right, &network(), Create::Keep).await.unwrap();
        let store = Store::open(&right, "app1", &ids()).await.unwrap();
        let wrong = with_user(&url, &user, "h%75nter%2F3");
        let denied = Store::open(&wrong, "app1", &ids()).await.unwrap_err();
        assert!(matches!(denied, Error::AccessDenied { .. }) && !denied.is_transient(), "{denied:?}");
        // A database of others: the user exists, the right does not.
        let foreign = right.with_database("mysql").unwrap();
        let foreign = Store::open(&foreign, "app1", &ids()).await.unwrap_err();
        assert!(matches!(foreign, Error::AccessDenied { .. }), "{foreign:?}");
        for shown in [
            format!("{right} {right:?} {wrong:?}"),
            format!("{store:?}"),
            format!("{denied} {denied:?}"),
            format!("{foreign} {foreign:?}"),
        ] {
            assert!(!shown.contains("unter"), "{shown}");
        }
        raw.query_drop(format!("DROP USER `{user}`@'%'")).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_away_is_transient() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url: DatabaseUrl = format!("mysql://finnet:hunter2@127.0.0.1:{port}/InvestorsDB").parse().unwrap();
    for error in [
        Store::open(&url, "app1", &ids()).await.unwrap_err(),
        create(&url, &network(), Create::Keep).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::Unreachable { .. }) && error.is_transient(), "{error:?}");
        assert!(error.to_string().contains(&format!("database InvestorsDB at 127.0.0.1:{port}")), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
    // Who listens and hangs up, as a port forwarded to nowhere does.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("mysql://finnet:hunter2@{}/InvestorsDB", listener.local_addr().unwrap()).parse().unwrap();
    let portfolios = ids();
    let (result, ()) =
        tokio::join!(Store::open(&url, "app1", &portfolios), async { drop(listener.accept().await.unwrap()) });
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    // A name that nobody has.
    let url = "mysql://finnet:hunter2@no-such-host.invalid/InvestorsDB".parse().unwrap();
    let opened = tokio::time::timeout(Duration::from_secs(15), Store::open(&url, "app1", &ids())).await;
    assert!(opened.unwrap().unwrap_err().is_transient());
}

#[tokio::test]
async fn what_lacks_is_named() {
    with_database("lacks", async |url| {
        let error = Store::open(&url, "app1", &ids()).await.unwrap_err();
        assert!(matches!(error, Error::NoDatabase { .. }) && error.to_string().contains("run investors-db"), "{error}");
        let mut raw = raw_server().await;
        raw.query_drop(format!("CREATE DATABASE `{}`", url.database())).await.unwrap();
        let error = Store::open(&url, "app1", &ids()).await.unwrap_err();
        assert!(matches!(error, Error::NoTable { .. }) && error.to_string().contains("run investors-db"), "{error}");

        let mut store = store(&url).await;
        raw.query_drop(format!("DROP TABLE `{}`.Inv1_P11", url.database())).await.unwrap();
        for error in [
            Store::open(&url, "app1", &ids()).await.unwrap_err(),
            store.append(&[p11("2000-01-03", "1.00")], &[]).await.unwrap_err(),
        ] {
            let expected = format!(
                "database {} at {}:{} has no table Inv1_P11: run investors-db",
                url.database(),
                url.host(),
                url.port()
            );
            assert_eq!(error.to_string().to_lowercase(), expected.to_lowercase());
        }
    })
    .await;
}

#[tokio::test]
async fn tables_of_another_shape_are_refused() {
    with_database("shape", async |url| {
        drop(store(&url).await);
        let mut raw = raw(&url).await;
        for (statement, part) in [
            ("ALTER TABLE Inv1_P11 MODIFY Evaluation DOUBLE NOT NULL", "Inv1_P11.Evaluation is double not null"),
            ("ALTER TABLE Inv1_P12 DROP COLUMN Daily_Evaluation_Change", "Inv1_P12.Daily_Evaluation_Change is absent"),
            ("ALTER TABLE Inv1_P11 ENGINE = MyISAM", "table Inv1_P11 is MyISAM where InnoDB is needed"),
        ] {
            raw.query_drop(statement).await.unwrap();
            let opened = Store::open(&url, "app1", &ids()).await.unwrap_err();
            let created = create(&url, &network(), Create::Keep).await.unwrap_err();
            for error in [opened, created] {
                assert!(matches!(error, Error::OtherShape { .. }) && error.to_string().contains(part), "{error}");
            }
            create(&url, &network(), Create::Reset).await.unwrap();
        }
        Store::open(&url, "app1", &ids()).await.unwrap();
    })
    .await;
}
