//! Making the database: twice is once, a reset drops, foreign keys hold, what is not ours is refused.

use finnet_mysql::{Create, Database, Error, Store, create};
use mysql_async::prelude::Queryable;

use crate::scratch::{advance, id, ids, investor, network, p11, raw, store, with_database};

#[tokio::test]
async fn twice_is_once() {
    with_database("twice", async |url| {
        let first = create(&url, &network(), Create::Keep).await.unwrap();
        assert_eq!((first.database, first.made.len(), first.found.len()), (Database::Made, 3, 0));
        let second = create(&url, &network(), Create::Keep).await.unwrap();
        assert_eq!((second.database, second.made.len(), second.found), (Database::Found, 0, ids().to_vec()));

        let mut raw = raw(&url).await;
        let rows: Vec<(i32, String, String)> =
            raw.query("SELECT Id, Name, City FROM Investors ORDER BY Id").await.unwrap();
        assert_eq!(rows, [(1, "Inv1".into(), "London".into()), (2, "Inv2".into(), "New York".into())]);
        let rows: Vec<(i32, String, bool)> =
            raw.query("SELECT Id, Name, Cumulative FROM Portfolios ORDER BY Id").await.unwrap();
        assert_eq!(rows, [(1, "P11".into(), true), (2, "P12".into(), true), (3, "P21".into(), true)]);
        let rows: Vec<(i32, i32)> = raw.query("SELECT iid, pid FROM Investors_Portfolios ORDER BY pid").await.unwrap();
        assert_eq!(rows, [(1, 1), (1, 2), (2, 3)]);
    })
    .await;
}

#[tokio::test]
async fn tables_have_the_columns_of_the_contract() {
    with_database("columns", async |url| {
        create(&url, &network(), Create::Keep).await.unwrap();
        let mut raw = raw(&url).await;
        let columns: Vec<(String, String, String, String)> = raw
            .query(
                "SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_KEY FROM information_schema.COLUMNS \
                    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'Inv1_P11' ORDER BY ORDINAL_POSITION",
            )
            .await
            .unwrap();
        let columns: Vec<_> = columns.iter().map(|(a, b, c, d)| [a, b, c, d].map(String::as_str)).collect();
        assert_eq!(
            columns,
            [
                ["As_Of", "date", "NO", "PRI"],
                ["Evaluation", "decimal(28,8)", "NO", ""],
                ["Daily_Evaluation_Change", "decimal(28,8)", "YES", ""],
                ["Daily_Evaluation_Change_Percentage", "decimal(12,2)", "YES", ""],
            ]
        );
        let keys: Vec<(String, String)> = raw
            .query(
                "SELECT COLUMN_NAME, REFERENCED_TABLE_NAME FROM information_schema.KEY_COLUMN_USAGE \
                    WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL ORDER BY COLUMN_NAME",
            )
            .await
            .unwrap();
        assert_eq!(keys, [("iid".into(), "Investors".into()), ("pid".into(), "Portfolios".into())]);
        let orphan = raw.query_drop("INSERT INTO Investors_Portfolios VALUES (9, 9)").await.unwrap_err();
        assert!(orphan.to_string().contains("foreign key"), "{orphan}");
        let engines: Vec<(String, String)> = raw
            .query(
                "SELECT ENGINE, TABLE_COLLATION FROM information_schema.TABLES \
                    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME NOT LIKE '\\_\\_%' GROUP BY 1, 2",
            )
            .await
            .unwrap();
        assert_eq!(engines, [("InnoDB".into(), "utf8mb4_general_ci".into())]);
    })
    .await;
}

#[tokio::test]
async fn a_reset_drops_rows_and_offsets_and_nothing_else() {
    with_database("reset", async |url| {
        let mut old = store(&url).await;
        old.append(&[p11("2000-01-03", "1.00")], &[advance(0, None, 7)]).await.unwrap();
        let mut raw = raw(&url).await;
        raw.query_drop("CREATE TABLE Notes (Id INT PRIMARY KEY)").await.unwrap();

        // Another network than before: the tables of the old one go all the same.
        let other = [investor("Inv9", "Rome", &["P91"])];
        let created = create(&url, &other, Create::Reset).await.unwrap();
        assert_eq!((created.dropped, created.made), (ids().to_vec(), vec![id("Inv9", "P91")]));
        let tables: Vec<String> = raw.query("SHOW TABLES").await.unwrap();
        assert!(tables.contains(&"Notes".to_owned()) && !tables.contains(&"Inv1_P11".to_owned()), "{tables:?}");
        create(&url, &network(), Create::Reset).await.unwrap();

        let mut new = Store::open(&url, "app1", &ids()).await.unwrap();
        assert_eq!((new.positions(), new.last_session(&ids()[0])), (&[][..], None));
        assert_eq!(new.valuations(&ids()[0]).await.unwrap(), []);
        // The store that was open over the reset is told.
        let error = old.append(&[p11("2000-01-04", "2.00")], &[advance(0, 7, 8)]).await.unwrap_err();
        assert!(matches!(error, Error::Moved { .. }) && error.to_string().contains("is none, not 7"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_list_may_grow_but_not_change() {
    with_database("grow", async |url| {
        create(&url, &network(), Create::Keep).await.unwrap();
        let mut grown = network();
        grown.push(investor("Inv3", "Paris", &["P31"]));
        let created = create(&url, &grown, Create::Keep).await.unwrap();
        assert_eq!(created.made, [id("Inv3", "P31")]);

        let error = create(&url, &network(), Create::Keep).await.unwrap_err();
        assert!(matches!(error, Error::OtherRows { .. }), "{error:?}");
        assert!(
            error.to_string().contains("Investors 3 Inv3 Paris") && error.to_string().contains("--reset"),
            "{error}"
        );
        let mut moved = grown.clone();
        moved[0].city = "Oslo".to_owned();
        assert!(create(&url, &moved, Create::Keep).await.is_err());
        let opened = Store::open(&url, "app1", &[ids().as_slice(), &[id("Inv3", "P31")]].concat()).await;
        assert!(opened.is_ok(), "{opened:?}");
    })
    .await;
}

#[tokio::test]
async fn what_was_begun_or_dropped_by_hand_is_finished() {
    with_database("repair", async |url| {
        create(&url, &network(), Create::Keep).await.unwrap();
        let mut raw = raw(&url).await;
        raw.query_drop("DROP TABLE Inv1_P12").await.unwrap();
        raw.query_drop("DROP TABLE Kafka_Next_Offsets").await.unwrap();
        raw.query_drop("DELETE FROM Investors_Portfolios WHERE pid = 3").await.unwrap();
        let created = create(&url, &network(), Create::Keep).await.unwrap();
        assert_eq!(created.made, [id("Inv1", "P12")]);
        Store::open(&url, "app1", &ids()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn two_at_once_do_not_disturb_each_other() {
    with_database("two-at-once", async |url| {
        let (list, second) = (network(), network());
        let (one, two) = tokio::join!(create(&url, &list, Create::Keep), create(&url, &second, Create::Keep));
        assert_eq!(one.unwrap().made.len() + two.unwrap().made.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn names_that_collide_are_refused_before_anything_is_made() {
    let url = "mysql://u:p@127.0.0.1:1/db".parse().unwrap();
    let refused = |list| {
        let url: &finnet_mysql::DatabaseUrl = &url;
        async move { create(url, &[list], Create::Keep).await.unwrap_err() }
    };
    let error = refused(investor("Investors", "x", &["portfolioS"])).await;
    assert!(matches!(error, Error::ReservedName(_)), "{error}");
    let error = refused(investor("Inv1", "x", &["P11", "p11"])).await;
    assert!(matches!(error, Error::RepeatedName(_)), "{error}");
}
