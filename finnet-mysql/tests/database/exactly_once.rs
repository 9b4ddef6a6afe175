//! Rows and offsets together or not at all: moved offsets, races, lost connections, dropped calls.

use std::sync::Arc;
use std::time::Duration;

use finnet_mysql::Outcome::{Repeated, Stored};
use finnet_mysql::{Busy, DatabaseUrl, Error, Position, Row, Store};
use mysql_async::prelude::Queryable;
use tokio::sync::Barrier;

use crate::scratch::{advance, ids, p11, raw, store, with_database};

/// A row of each of the first two portfolios: the second one's table is locked by [`block`].
fn two_rows() -> [Row; 2] {
    [p11("2000-01-03", "1.00"), Row { portfolio: ids()[1], ..p11("2000-01-03", "2.00") }]
}

/// Returns a connection that holds the row of `Inv1_P12` that [`two_rows`] adds, uncommitted.
async fn block(url: &DatabaseUrl) -> mysql_async::Conn {
    let mut blocker = raw(url).await;
    blocker.query_drop("BEGIN").await.unwrap();
    blocker.query_drop("INSERT INTO Inv1_P12 VALUES ('2000-01-03', 9, NULL, NULL)").await.unwrap();
    blocker
}

/// Waits until a store's INSERT into `Inv1_P12` waits for its lock, and returns its connection's number.
async fn blocked(url: &DatabaseUrl) -> u64 {
    let mut watcher = raw(url).await;
    for _ in 0..1_000 {
        let found = watcher
            .exec_first(
                "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = ? AND INFO LIKE 'INSERT INTO `Inv1_P12`%'",
                (url.database(),),
            )
            .await
            .unwrap();
        if let Some(number) = found {
            return number;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("no store waits");
}

async fn counts(url: &DatabaseUrl) -> (i64, i64, i64) {
    let mut raw = raw(url).await;
    let count = "SELECT (SELECT COUNT(*) FROM Inv1_P11), (SELECT COUNT(*) FROM Inv1_P12), \
                 (SELECT COUNT(*) FROM Kafka_Next_Offsets)";
    raw.query_first(count).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_zombie_writes_nothing() {
    with_database("zombie", async |url| {
        let mut zombie = store(&url).await;
        zombie.append(&[p11("2000-01-03", "1.00")], &[advance(0, None, 10), advance(1, None, 4)]).await.unwrap();
        let mut heir = Store::open(&url, "app1", &ids()).await.unwrap();
        assert_eq!(heir.positions(), zombie.positions());
        heir.append(&[p11("2000-01-04", "2.00")], &[advance(0, 10, 20)]).await.unwrap();

        let error =
            zombie.append(&[p11("2000-01-05", "3.00")], &[advance(1, 4, 5), advance(0, 10, 20)]).await.unwrap_err();
        let Error::Moved { ref offset, .. } = error else { panic!("{error:?}") };
        assert_eq!((offset.partition, offset.stored, offset.expected), (0, Some(20), Some(10)));
        assert!(!error.is_transient());
        // Nothing was written, and the zombie knows now what is stored, so that it could go on from there.
        let position = |partition, next| Position { topic: "portfolios".to_owned(), partition, next };
        assert_eq!(zombie.positions(), [position(0, 20), position(1, 4)]);
        assert_eq!(zombie.last_session(&ids()[0]), Some("2000-01-04".parse().unwrap()));
        let outcomes = zombie.append(&[p11("2000-01-04", "2.00")], &[advance(0, 20, 21)]).await.unwrap();
        assert_eq!(outcomes, [Repeated]);

        // A first batch is refused too where another was first; another group has offsets of its own.
        let error = heir.append(&[], &[advance(0, None, 3)]).await.unwrap_err();
        assert!(matches!(error, Error::Moved { .. }), "{error}");
        let mut other = Store::open(&url, "App1", &ids()).await.unwrap();
        assert_eq!(other.positions(), []);
        other.append(&[], &[advance(0, None, 3)]).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn offsets_about_to_be_moved_are_waited_for() {
    with_database("about-to", async |url| {
        let mut store = store(&url).await;
        store.append(&[p11("2000-01-03", "1.00")], &[advance(0, None, 10)]).await.unwrap();
        let mut heir = raw(&url).await;
        heir.query_drop("BEGIN").await.unwrap();
        heir.query_drop("UPDATE Kafka_Next_Offsets SET Next_Offset = 20").await.unwrap();

        let (rows, advances) = ([p11("2000-01-04", "2.00")], [advance(0, 10, 11)]);
        let (result, ()) = tokio::join!(store.append(&rows, &advances), async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            heir.query_drop("COMMIT").await.unwrap();
        });
        let error = result.unwrap_err();
        assert!(matches!(&error, Error::Moved { offset, .. } if offset.stored == Some(20)), "{error:?}");
        assert_eq!(counts(&url).await, (1, 0, 1));

        // Nor does a reconnect believe what is about to change: the commit of a connection given up may be late.
        heir.query_drop("BEGIN").await.unwrap();
        heir.query_drop("UPDATE Kafka_Next_Offsets SET Next_Offset = 30").await.unwrap();
        let (result, ()) = tokio::join!(store.reconnect(), async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            heir.query_drop("COMMIT").await.unwrap();
        });
        result.unwrap();
        assert_eq!(store.positions()[0].next, 30);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_racing_stores_one_writes_each_batch() {
    with_database("race", async |url| {
        drop(store(&url).await);
        // All start each batch together: one that is ahead would win them all.
        let start = Arc::new(Barrier::new(6));
        let mut racers = Vec::new();
        for number in 0..6 {
            let mut store = Store::open(&url, "app1", &ids()).await.unwrap();
            let start = Arc::clone(&start);
            racers.push(tokio::spawn(async move {
                let mut won = 0;
                for batch in 0..30_u32 {
                    let from = (batch > 0).then_some(i64::from(batch));
                    // Each racer has dates of its own: no primary key but only the offsets' lock keeps them apart.
                    let days = u64::from(batch) * 6 + number;
                    let mut row = p11("2000-01-03", "1.00");
                    row.valuation.session = row.valuation.session + chrono::Days::new(days);
                    let advances = [advance(1, from, i64::from(batch) + 1), advance(0, from, i64::from(batch) + 1)];
                    start.wait().await;
                    loop {
                        match store.append(&[row], &advances).await {
                            Ok(outcomes) => {
                                assert_eq!(outcomes, [Stored]);
                                won += 1;
                            }
                            Err(Error::Moved { .. }) => {}
                            Err(error) if error.is_transient() => {
                                store.reconnect().await.unwrap();
                                continue;
                            }
                            Err(error) => panic!("{error}"),
                        }
                        break;
                    }
                }
                won
            }));
        }
        let mut won = 0;
        for racer in racers {
            won += racer.await.unwrap();
        }
        let mut store = Store::open(&url, "app1", &ids()).await.unwrap();
        assert_eq!((won, store.valuations(&ids()[0]).await.unwrap().len()), (30, 30));
        assert!(store.positions().iter().all(|position| position.next == 30), "{store:?}");
    })
    .await;
}

#[tokio::test]
async fn a_connection_killed_in_a_transaction_leaves_nothing() {
    with_database("killed", async |url| {
        let mut store = store(&url).await;
        let mut blocker = block(&url).await;
        let (rows, advances) = (two_rows(), [advance(0, None, 2)]);
        let (result, ()) = tokio::join!(store.append(&rows, &advances), async {
            let number = blocked(&url).await;
            blocker.query_drop(format!("KILL {number}")).await.unwrap();
        });
        let error = result.unwrap_err();
        assert!(matches!(error, Error::Lost { .. }) && error.is_transient(), "{error:?}");
        assert_eq!(counts(&url).await, (0, 0, 0));
        let error = store.append(&two_rows(), &[advance(0, None, 2)]).await.unwrap_err();
        assert!(matches!(error, Error::Disconnected { .. }) && error.is_transient(), "{error:?}");

        blocker.query_drop("ROLLBACK").await.unwrap();
        store.reconnect().await.unwrap();
        assert_eq!(store.positions(), []);
        assert_eq!(store.append(&two_rows(), &[advance(0, None, 2)]).await.unwrap(), [Stored; 2]);
        assert_eq!(counts(&url).await, (1, 1, 1));
    })
    .await;
}

#[tokio::test]
async fn an_idle_connection_killed_is_transient() {
    with_database("idle", async |url| {
        let mut store = store(&url).await;
        let mut killer = raw(&url).await;
        let numbers: Vec<u64> = killer
            .exec(
                "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = ? AND ID <> CONNECTION_ID()",
                (url.database(),),
            )
            .await
            .unwrap();
        for number in numbers {
            // One that is just ending may be gone.
            let _ = killer.query_drop(format!("KILL {number}")).await;
        }
        let error = store.append(&[p11("2000-01-03", "1.00")], &[]).await.unwrap_err();
        assert!(matches!(error, Error::Lost { .. }), "{error:?}");
        store.reconnect().await.unwrap();
        assert_eq!(store.append(&[p11("2000-01-03", "1.00")], &[]).await.unwrap(), [Stored]);
    })
    .await;
}

#[tokio::test]
async fn a_dropped_call_leaves_all_or_nothing() {
    with_database("dropped", async |url| {
        let mut store = store(&url).await;
        let mut blocker = block(&url).await;
        let (rows, advances) = (two_rows(), [advance(0, None, 2)]);
        tokio::select! {
            result = store.append(&rows, &advances) => panic!("{result:?}"),
            _ = blocked(&url) => {}
        }
        assert!(matches!(store.append(&[], &[]).await, Err(Error::Disconnected { .. })));
        blocker.query_drop("ROLLBACK").await.unwrap();
        store.reconnect().await.unwrap();
        assert_eq!(store.positions(), []);
        assert_eq!(counts(&url).await, (0, 0, 0));

        // At any moment: what the offsets say is what the tables say.
        let mut next = 0_u32;
        for micros in (0..4_000).step_by(50) {
            let session = "2001-01-01".parse::<chrono::NaiveDate>().unwrap() + chrono::Days::new(next.into());
            let mut row = p11("2000-01-03", "1.00");
            row.valuation.session = session;
            let from = (next > 0).then_some(i64::from(next));
            let call = async { store.append(&[row], &[advance(0, from, i64::from(next) + 1)]).await.unwrap() };
            let _ = tokio::time::timeout(Duration::from_micros(micros), call).await;
            store.reconnect().await.unwrap();
            next = store.positions().first().map_or(0, |position| u32::try_from(position.next).unwrap());
            assert_eq!(store.valuations(&ids()[0]).await.unwrap().len(), usize::try_from(next).unwrap());
        }
        assert!(next > 0, "no call came to its end");
    })
    .await;
}

#[tokio::test]
async fn a_lock_kept_too_long_is_transient() {
    with_database("lock-wait", async |url| {
        let mut store = store(&url).await;
        let mut blocker = block(&url).await;
        let error = store.append(&two_rows(), &[advance(0, None, 2)]).await.unwrap_err();
        assert!(matches!(error, Error::Busy { reason: Busy::LockWait, .. }) && error.is_transient(), "{error:?}");
        assert_eq!(counts(&url).await, (0, 0, 0));
        blocker.query_drop("COMMIT").await.unwrap();

        // The connection lived on, and the other's row, which the store did not know of, stands.
        let error = store.append(&two_rows(), &[advance(0, None, 2)]).await.unwrap_err();
        assert!(matches!(error, Error::Busy { reason: Busy::RowsTaken, .. }), "{error:?}");
        let outcomes = store.append(&two_rows(), &[advance(0, None, 2)]).await.unwrap();
        assert_eq!(outcomes, [Stored, finnet_mysql::Outcome::Contradicting]);
    })
    .await;
}

#[tokio::test]
async fn a_deadlock_is_transient() {
    with_database("deadlock", async |url| {
        let mut store = store(&url).await;
        let mut blocker = block(&url).await;
        // The server gives up the transaction that changed less: this one shall live.
        let many: Vec<_> = (0..200).map(|day| format!("('1990-01-01' + INTERVAL {day} DAY, 1, NULL, NULL)")).collect();
        blocker.query_drop(format!("INSERT INTO Inv2_P21 VALUES {}", many.join(","))).await.unwrap();
        let (rows, advances) = (two_rows(), [advance(0, None, 2)]);
        let (result, ()) = tokio::join!(store.append(&rows, &advances), async {
            blocked(&url).await;
            blocker.query_drop("INSERT INTO Inv1_P11 VALUES ('2000-01-03', 9, NULL, NULL)").await.unwrap();
            blocker.query_drop("ROLLBACK").await.unwrap();
        });
        let error = result.unwrap_err();
        assert!(matches!(error, Error::Busy { reason: Busy::Deadlock, .. }) && error.is_transient(), "{error:?}");
        let line = error.to_string();
        assert!(line.contains("waited for each other") && !line.contains('\n'), "{line}");
        assert_eq!((counts(&url).await, store.positions()), ((0, 0, 0), &[][..]));
        assert_eq!(store.append(&rows, &[advance(0, None, 2)]).await.unwrap(), [Stored; 2]);
        assert_eq!(counts(&url).await, (1, 1, 1));
    })
    .await;
}
