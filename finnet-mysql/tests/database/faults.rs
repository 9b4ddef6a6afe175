//! Faults from around, on servers of the tests' own and beside locks of others: each ends with an error of the right
//! kind, in one line and without the password, and what is stored is what was stored and committed.

use finnet_core::Amount;
use finnet_mysql::Outcome::Stored;
use finnet_mysql::{Busy, Create, DatabaseUrl, Error, Row, Store, create};
use mysql_async::prelude::Queryable;

use crate::own_server::{End, OwnServer, PASSWORD};
use crate::scratch::{advance, ids, network, p11, raw, store, with_database};

/// Returns the error's line, which is one, says where it was, and shows no password.
fn line(error: &Error) -> String {
    let line = error.to_string();
    assert!(line.contains("database ") && !line.contains(char::is_control), "{line:?}");
    assert!(!format!("{line} {error:?}").contains(PASSWORD), "{line}");
    line
}

fn is_transient(error: &Error) -> bool {
    line(error);
    error.is_transient()
}

/// Days of `Inv1_P11`, one value each.
fn days(from: u64, count: u64) -> Vec<Row> {
    let row = |day: u64| {
        let mut row = p11("2000-01-01", "1.00");
        row.valuation.session = row.valuation.session + chrono::Days::new(day);
        row.valuation.value = Amount::from_units(i128::from(day) * 1_000_000);
        row
    };
    (from..from + count).map(row).collect()
}

/// Checks that exactly these days stand, once each and with their values, and the offset after them.
async fn assert_stored(url: &DatabaseUrl, count: u64) {
    let mut store = Store::open(url, "app1", &ids()).await.unwrap();
    let expected: Vec<_> = days(0, count).iter().map(|row| row.valuation).collect();
    assert_eq!(store.valuations(&ids()[0]).await.unwrap(), expected);
    let next = store.positions().first().map_or(0, |position| position.next);
    assert_eq!(next, i64::try_from(count).unwrap());
}

/// Makes the network's database on a test's own server and opens it for who has no server-wide rights.
async fn open(server: &OwnServer) -> (DatabaseUrl, Store) {
    let url = server.url("writer");
    (url.clone(), store(&url).await)
}

#[tokio::test]
async fn offsets_that_another_holds_are_not_waited_for_without_end() {
    with_database("offsets-held", async |url| {
        let mut store = store(&url).await;
        store.append(&days(0, 1), &[advance(0, None, 1)]).await.unwrap();
        let mut other = raw(&url).await;
        other.query_drop("BEGIN").await.unwrap();
        other.query_drop("SELECT * FROM Kafka_Next_Offsets FOR UPDATE").await.unwrap();
        let error = store.prepare(&days(1, 1), &[advance(0, 1, 2)]).await.map(|_| ()).unwrap_err();
        assert!(matches!(error, Error::Busy { reason: Busy::LockWait, .. }) && is_transient(&error), "{error:?}");
        // Nor is it in reach for who connects anew; both go on once it is free.
        let error = store.reconnect().await.unwrap_err();
        assert!(matches!(error, Error::Busy { reason: Busy::LockWait, .. }) && is_transient(&error), "{error:?}");
        other.query_drop("ROLLBACK").await.unwrap();
        store.reconnect().await.unwrap();
        assert_eq!(store.append(&days(1, 1), &[advance(0, 1, 2)]).await.unwrap(), [Stored]);
        drop(store);
        assert_stored(&url, 2).await;
    })
    .await;
}

#[tokio::test]
async fn a_server_that_restarts_is_transient() {
    let Some(mut server) = OwnServer::start("restart", &[]).await else { return };
    let (url, mut store) = open(&server).await;
    let mut stored = 0;
    for end in [End::Term, End::Kill] {
        // Between two batches.
        let from = (stored > 0).then(|| i64::try_from(stored).unwrap());
        let advances = [advance(0, from, i64::try_from(stored + 10).unwrap())];
        assert_eq!(store.append(&days(stored, 10), &advances).await.unwrap(), [Stored; 10]);
        stored += 10;
        server.end(end);
        let next = [advance(0, advances[0].next, advances[0].next + 10)];
        let error = store.append(&days(stored, 10), &next).await.unwrap_err();
        assert!(matches!(error, Error::Lost { .. }) && is_transient(&error), "{error:?}");
        let error = store.reconnect().await.unwrap_err();
        assert!(matches!(error, Error::Unreachable { .. }) && is_transient(&error), "{error:?}");
        server.start_again().await;
        assert_stored(&url, stored).await;

        // Between the halves of one.
        store.reconnect().await.unwrap();
        let prepared = store.prepare(&days(stored, 10), &next).await.unwrap();
        server.end(end);
        let error = prepared.commit().await.unwrap_err();
        assert!(matches!(error, Error::Lost { .. }) && is_transient(&error), "{error:?}");
        server.start_again().await;
        assert_stored(&url, stored).await;
        store.reconnect().await.unwrap();
        assert_eq!(store.positions()[0].next, advances[0].next);
    }
    assert_eq!(store.append(&days(stored, 10), &[advance(0, 20, 30)]).await.unwrap(), [Stored; 10]);
    drop(store);
    assert_stored(&url, 30).await;
}

#[tokio::test]
async fn a_server_of_small_packets_gets_small_statements() {
    for packet in [65_536, 4_096] {
        let options = [format!("--max-allowed-packet={packet}"), "--net-buffer-length=1024".to_owned()];
        let options: Vec<_> = options.iter().map(String::as_str).collect();
        let Some(server) = OwnServer::start("small packets", &options).await else { return };
        let (url, mut store) = open(&server).await;
        let least: Option<u64> = server.raw().await.query_first("SELECT @@max_allowed_packet").await.unwrap();
        assert_eq!(least, Some(packet));
        // About 300 kB of literals.
        let batch = days(0, 8_000);
        assert_eq!(store.append(&batch, &[advance(0, None, 8_000)]).await.unwrap(), vec![Stored; 8_000]);
        let again = store.append(&batch, &[]).await.unwrap();
        assert!(again.iter().all(|&outcome| outcome == finnet_mysql::Outcome::Repeated));
        drop(store);
        assert_stored(&url, 8_000).await;
    }
}

#[tokio::test]
async fn a_server_that_turns_read_only_refuses_and_loses_nothing() {
    let Some(server) = OwnServer::start("read-only", &[]).await else { return };
    let (url, mut store) = open(&server).await;
    store.append(&days(0, 10), &[advance(0, None, 10)]).await.unwrap();
    server.set("SET GLOBAL read_only = 1").await;
    let error = store.append(&days(10, 10), &[advance(0, 10, 20)]).await.unwrap_err();
    assert!(matches!(error, Error::Refused { .. }) && !is_transient(&error), "{error:?}");
    assert!(line(&error).contains("--read-only"), "{error}");
    let error = store.reconnect().await.unwrap_err();
    assert!(matches!(error, Error::Refused { .. }) && line(&error).contains("--read-only"), "{error:?}");
    server.set("SET GLOBAL read_only = 0").await;
    store.reconnect().await.unwrap();

    // Between the halves: the server answers the commit with a refusal, and the transaction is gone.
    let prepared = store.prepare(&days(10, 10), &[advance(0, 10, 20)]).await.unwrap();
    server.set("SET GLOBAL read_only = 1").await;
    let error = prepared.commit().await.unwrap_err();
    assert!(matches!(error, Error::Refused { .. }) && line(&error).contains("--read-only"), "{error:?}");
    server.set("SET GLOBAL read_only = 0").await;
    store.reconnect().await.unwrap();
    assert_eq!(store.positions()[0].next, 10);
    assert_stored(&url, 10).await;
    assert_eq!(store.append(&days(10, 10), &[advance(0, 10, 20)]).await.unwrap(), [Stored; 10]);
    drop(store);
    assert_stored(&url, 20).await;
}

#[tokio::test]
async fn a_server_without_room_refuses_and_keeps_what_it_has() {
    // All tables in one file that does not grow.
    let options = ["--innodb-data-file-path=ibdata1:16M", "--innodb-file-per-table=0"];
    let Some(server) = OwnServer::start("full", &options).await else { return };
    let (url, mut store) = open(&server).await;
    let (mut stored, most) = (0, 400_000);
    let error = loop {
        let from = (stored > 0).then(|| i64::try_from(stored).unwrap());
        let next = i64::try_from(stored + 10_000).unwrap();
        match store.append(&days(stored, 10_000), &[advance(0, from, next)]).await {
            Ok(_) => stored += 10_000,
            Err(error) => break error,
        }
        assert!(stored < most, "never full");
    };
    assert!(matches!(error, Error::Refused { .. }) && !is_transient(&error), "{error:?}");
    assert!(line(&error).contains("is full"), "{error}");
    assert_eq!(store.positions().first().map_or(0, |position| position.next), i64::try_from(stored).unwrap());
    drop(store);
    assert_stored(&url, stored).await;
}

#[tokio::test]
async fn a_server_that_checks_snapshots_is_busy_where_others_wrote() {
    let Some(server) = OwnServer::start("snapshots", &["--innodb-snapshot-isolation=ON"]).await else { return };
    let (url, mut store) = open(&server).await;
    store.append(&days(0, 2), &[advance(0, None, 2)]).await.unwrap();
    // Another group writes a day that this store does not know of.
    let mut other = Store::open(&url, "app9", &ids()).await.unwrap();
    other.append(&days(2, 1), &[]).await.unwrap();
    let error = store.append(&days(1, 2), &[advance(0, 2, 3)]).await.unwrap_err();
    assert!(matches!(error, Error::Busy { reason: Busy::RowsTaken, .. }) && is_transient(&error), "{error:?}");
    let outcomes = store.append(&days(1, 2), &[advance(0, 2, 3)]).await.unwrap();
    assert_eq!(outcomes, [finnet_mysql::Outcome::Repeated; 2]);
    // An heir moves the offsets: who holds an older view of them is told, as everywhere.
    let mut heir = Store::open(&url, "app1", &ids()).await.unwrap();
    heir.append(&days(3, 1), &[advance(0, 3, 4)]).await.unwrap();
    let error = store.append(&days(3, 1), &[advance(0, 3, 4)]).await.unwrap_err();
    assert!(matches!(error, Error::Moved { .. }) && !is_transient(&error), "{error:?}");
    assert_stored(&url, 4).await;
}

#[tokio::test]
async fn a_server_with_no_connection_left_is_transient() {
    let Some(server) = OwnServer::start("connections", &["--max-connections=10"]).await else { return };
    let url = server.url("writer");
    create(&url, &network(), Create::Keep).await.unwrap();
    let mut stores = Vec::new();
    let error = loop {
        match Store::open(&url, "app1", &ids()).await {
            Ok(store) => stores.push(store),
            Err(error) => break error,
        }
        assert!(stores.len() <= 10);
    };
    assert!(matches!(error, Error::Busy { reason: Busy::Connections, .. }) && is_transient(&error), "{error:?}");
}
