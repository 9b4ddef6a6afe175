//! Batches between their two halves: what others see of them, and what is left when the second half never comes.

use finnet_mysql::Outcome::{Contradicting, OutOfRange, Repeated, Stored};
use finnet_mysql::{DatabaseUrl, Error, Prepared, Row, Store};
use mysql_async::prelude::Queryable;

use crate::proxy::{AtCommit, Proxy};
use crate::scratch::{advance, ids, p11, raw, store, with_database};

/// Rows of `Inv1_P11` and stored offsets as they stand committed: dates and values, next offsets.
pub(crate) async fn committed(url: &DatabaseUrl) -> (Vec<(String, String)>, Vec<Option<i64>>) {
    let mut raw = raw(url).await;
    let rows = "SELECT CAST(As_Of AS CHAR), CAST(Evaluation AS CHAR) FROM Inv1_P11 ORDER BY As_Of";
    let rows = raw.query(rows).await.unwrap();
    (rows, raw.query("SELECT Next_Offset FROM Kafka_Next_Offsets ORDER BY Kafka_Partition").await.unwrap())
}

fn rows(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter().map(|(date, value)| (date.to_string(), format!("{value}.00000000"))).collect()
}

/// Ends the connections to a database but the one that asks.
async fn kill_all(url: &DatabaseUrl) {
    let mut killer = raw(url).await;
    let others = "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = ? AND ID <> CONNECTION_ID()";
    let numbers: Vec<u64> = killer.exec(others, (url.database(),)).await.unwrap();
    for number in numbers {
        // One that is just ending may be gone.
        let _ = killer.query_drop(format!("KILL {number}")).await;
    }
}

#[tokio::test]
async fn what_is_prepared_stands_with_its_commit_and_not_before() {
    with_database("prepared", async |url| {
        let mut store = store(&url).await;
        store.append(&[p11("2000-01-03", "1.00")], &[advance(0, None, 1)]).await.unwrap();
        let batch = [
            p11("2000-01-03", "1.00"),
            p11("2000-01-03", "9.00"),
            p11("2000-01-04", "2.00"),
            p11("2000-01-05", "123456789012345678901.00"),
        ];
        let prepared = store.prepare(&batch, &[advance(0, 1, 5), advance(1, None, 7)]).await.unwrap();
        let expected = [Repeated, Contradicting, Stored, OutOfRange];
        assert_eq!(prepared.outcomes(), expected);
        assert!(format!("{prepared:?}").contains("Contradicting"));
        assert_eq!(committed(&url).await, (rows(&[("2000-01-03", "1")]), vec![Some(1)]));

        assert_eq!(prepared.commit().await.unwrap(), expected);
        let both = rows(&[("2000-01-03", "1"), ("2000-01-04", "2")]);
        assert_eq!(committed(&url).await, (both, vec![Some(5), Some(7)]));
        let next: Vec<_> = store.positions().iter().map(|position| position.next).collect();
        assert_eq!((next, store.last_session(&ids()[0])), (vec![5, 7], Some("2000-01-04".parse().unwrap())));
    })
    .await;
}

#[tokio::test]
async fn dropped_it_leaves_nothing_and_the_store_goes_on() {
    with_database("prepared-dropped", async |url| {
        let mut store = store(&url).await;
        let mut heir = Store::open(&url, "app1", &ids()).await.unwrap();
        let advances = [advance(0, None, 1)];
        drop(store.prepare(&[p11("2000-01-03", "1.00")], &advances).await.unwrap());
        assert_eq!((store.positions(), store.last_session(&ids()[0])), (&[][..], None));
        assert_eq!(committed(&url).await, (vec![], vec![]));
        // Nobody waits for the locks of what is gone, and the store needs no word to go on.
        assert_eq!(heir.append(&[], &[advance(1, None, 4)]).await.unwrap(), []);
        assert_eq!(store.append(&[p11("2000-01-03", "2.00")], &advances).await.unwrap(), [Stored]);
        assert_eq!(committed(&url).await, (rows(&[("2000-01-03", "2")]), vec![Some(1), Some(4)]));

        // Nor do reading and reconnecting.
        drop(store.prepare(&[p11("2000-01-04", "1.00")], &[advance(0, 1, 2)]).await.unwrap());
        assert_eq!(store.valuations(&ids()[0]).await.unwrap().len(), 1);
        drop(store.prepare(&[p11("2000-01-04", "1.00")], &[advance(0, 1, 2)]).await.unwrap());
        store.reconnect().await.unwrap();
        assert_eq!(store.positions()[0].next, 1);
    })
    .await;
}

#[tokio::test]
async fn a_thread_without_a_runtime_may_hold_it() {
    fn is_send(_: &(impl Send + ?Sized)) {}
    with_database("prepared-blocking", async |url| {
        drop(store(&url).await);
        let of_thread = url.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            let mut store = runtime.block_on(Store::open(&of_thread, "app1", &ids())).unwrap();
            let (row, advances) = ([p11("2000-01-03", "1.00")], [advance(0, None, 1)]);
            let prepare = store.prepare(&row, &advances);
            is_send(&prepare);
            drop(runtime.block_on(prepare).unwrap());
            let prepared: Prepared<'_> = runtime.block_on(store.prepare(&row, &advances)).unwrap();
            is_send(&prepared);
            let commit = prepared.commit();
            is_send(&commit);
            runtime.block_on(commit).unwrap()
        });
        let outcomes = tokio::task::spawn_blocking(move || thread.join().unwrap()).await.unwrap();
        assert_eq!(outcomes, [Stored]);
        assert_eq!(committed(&url).await, (rows(&[("2000-01-03", "1")]), vec![Some(1)]));
    })
    .await;
}

#[tokio::test]
async fn who_comes_second_waits_and_writes_nothing() {
    with_database("prepared-second", async |url| {
        let mut store = store(&url).await;
        let mut second = Store::open(&url, "app1", &ids()).await.unwrap();
        let prepared = store.prepare(&[p11("2000-01-03", "1.00")], &[advance(0, None, 1)]).await.unwrap();
        let (batch, advances) = ([p11("2000-01-04", "2.00")], [advance(0, None, 1)]);
        let (committed_first, refused) = tokio::join!(
            async {
                tokio::time::sleep(std::time::Duration::from_millis(300)).await;
                prepared.commit().await
            },
            async { second.prepare(&batch, &advances).await.map(|prepared| prepared.outcomes().to_vec()) }
        );
        assert_eq!(committed_first.unwrap(), [Stored]);
        assert!(matches!(refused, Err(Error::Moved { .. })), "{refused:?}");
        assert_eq!(committed(&url).await, (rows(&[("2000-01-03", "1")]), vec![Some(1)]));
    })
    .await;
}

#[tokio::test]
async fn killed_before_the_commit_nothing_stands() {
    with_database("prepared-killed", async |url| {
        let mut store = store(&url).await;
        let (batch, advances) = ([p11("2000-01-03", "1.00")], [advance(0, None, 1)]);
        let prepared = store.prepare(&batch, &advances).await.unwrap();
        kill_all(&url).await;
        let error = prepared.commit().await.unwrap_err();
        assert!(matches!(error, Error::Lost { .. }) && error.is_transient(), "{error:?}");
        assert_eq!(committed(&url).await, (vec![], vec![]));
        let error = store.prepare(&batch, &advances).await.map(|_| ()).unwrap_err();
        assert!(matches!(error, Error::Disconnected { .. }) && error.is_transient(), "{error:?}");
        store.reconnect().await.unwrap();
        assert_eq!(store.positions(), []);

        // Killed and never committed: the same, and the store goes on by itself.
        let prepared = store.prepare(&batch, &advances).await.unwrap();
        kill_all(&url).await;
        drop(prepared);
        assert_eq!(store.append(&batch, &advances).await.unwrap(), [Stored]);

        // Killed after its commit: it stands, and the offsets say so.
        kill_all(&url).await;
        let error = store.append(&batch, &advances).await.unwrap_err();
        assert!(matches!(error, Error::Lost { .. }), "{error:?}");
        store.reconnect().await.unwrap();
        assert_eq!(store.positions()[0].next, 1);
        assert_eq!(committed(&url).await, (rows(&[("2000-01-03", "1")]), vec![Some(1)]));
    })
    .await;
}

#[tokio::test]
async fn a_cut_within_the_commit_is_cleared_up_by_the_offsets() {
    with_database("prepared-cut", async |url| {
        drop(store(&url).await);
        let proxy = Proxy::before(&url).await;
        let mut store = Store::open(proxy.url(), "app1", &ids()).await.unwrap();
        let mut model = (0_i64, Vec::new());
        for (turn, cut) in [AtCommit::CutBefore, AtCommit::CutAfter].into_iter().cycle().take(12).enumerate() {
            let from = (model.0 > 0).then_some(model.0);
            let date = format!("2000-01-{:02}", model.0 + 1);
            let (batch, advances) = ([p11(&date, "1.00")], [advance(0, from, model.0 + 1)]);
            proxy.set(cut);
            // Both ways to a commit.
            let result = if turn % 4 < 2 {
                store.prepare(&batch, &advances).await.unwrap().commit().await
            } else {
                store.append(&batch, &advances).await
            };
            let error = result.unwrap_err();
            assert!(matches!(error, Error::Lost { .. }) && error.is_transient(), "{cut:?}: {error:?}");
            proxy.set(AtCommit::Pass);
            store.reconnect().await.unwrap();
            if cut == AtCommit::CutAfter {
                model = (model.0 + 1, [model.1, rows(&[(&date, "1")])].concat());
            }
            assert_eq!(store.positions().first().map_or(0, |position| position.next), model.0, "{cut:?}");
            assert_eq!(committed(&url).await.0, model.1, "{cut:?}");
        }
        assert_eq!(model.0, 6);
        // What did not take place is done again, what did is not.
        let row: Row = p11("2000-01-07", "1.00");
        assert_eq!(store.append(&[row], &[advance(0, 6, 7)]).await.unwrap(), [Stored]);
    })
    .await;
}
