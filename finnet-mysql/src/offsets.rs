//! The stored Kafka offsets of one group: what is read next, in the same database as the rows.
//!
//! In come the offsets that a batch started from and those to go on with ([`Advance`]); the rows of the table are
//! locked in one order, compared, and moved within the caller's transaction. A partition of which nothing is
//! stored is `None`.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::connection::Connection;
use crate::error::{Error, Moved};
use crate::schema::next_offsets::dsl;

/// The offset to read next from a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset to read next.
    pub next: i64,
}

/// How far a batch takes a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advance {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The next offset that must be stored, or `None` where none may be: what
    /// [`Store::positions`](crate::Store::positions) said before the batch.
    pub from: Option<i64>,
    /// The next offset after the batch.
    pub next: i64,
}

/// Returns the advances in the one order in which all stores lock.
///
/// # Panics
///
/// Where two are of one partition, or one goes backwards.
pub(crate) fn in_lock_order(advances: &[Advance]) -> Vec<&Advance> {
    let mut ordered: Vec<_> = advances.iter().collect();
    ordered.sort_by(|a, b| (&a.topic, a.partition).cmp(&(&b.topic, b.partition)));
    for advance in &ordered {
        assert!(advance.from.is_none_or(|from| from <= advance.next), "an offset goes backwards: {advance:?}");
    }
    for pair in ordered.windows(2) {
        let same = pair[0].topic == pair[1].topic && pair[0].partition == pair[1].partition;
        assert!(!same, "two advances of one partition: {:?}", pair[0]);
    }
    ordered
}

/// Returns what is stored for a group, by topic and partition.
///
/// Waits for transactions that are about to move them, so that the answer holds even where a commit was under way
/// on a connection given up a moment ago.
pub(crate) async fn load(connection: &mut Connection, group: &str) -> Result<Vec<Position>, Error> {
    let result = dsl::next_offsets
        .filter(dsl::group.eq(group))
        .order((dsl::topic, dsl::partition))
        .select((dsl::topic, dsl::partition, dsl::next_offset))
        .for_update()
        .load::<(String, i32, Option<i64>)>(&mut connection.diesel)
        .await;
    let rows = connection.check(result)?;
    let position = |(topic, partition, next): (_, _, Option<_>)| Some(Position { topic, partition, next: next? });
    Ok(rows.into_iter().filter_map(position).collect())
}

/// Locks the rows of these partitions and compares them; part of a transaction.
///
/// # Errors
///
/// - [`Error::Moved`] where one is not what the batch started from.
/// - What a query may meet.
pub(crate) async fn lock(connection: &mut Connection, group: &str, advances: &[&Advance]) -> Result<(), Error> {
    for advance in advances {
        let key = (dsl::group.eq(group), dsl::topic.eq(&advance.topic), dsl::partition.eq(advance.partition));
        if advance.from.is_none() {
            // A lock on a row that is not there is a lock on a gap, which two may hold and then wait for each
            // other; and INSERT IGNORE locks a row found for reading only, with the same end.
            let result = diesel::insert_into(dsl::next_offsets)
                .values(key)
                .on_conflict(diesel::dsl::DuplicatedKeys)
                .do_update()
                .set(dsl::next_offset.eq(dsl::next_offset))
                .execute(&mut connection.diesel)
                .await;
            connection.check(result)?;
        }
        let result = dsl::next_offsets
            .find((group, &advance.topic, advance.partition))
            .select(dsl::next_offset)
            .for_update()
            .first::<Option<i64>>(&mut connection.diesel)
            .await
            .optional();
        let stored = connection.check(result)?.flatten();
        if stored != advance.from {
            let (topic, partition) = (advance.topic.clone(), advance.partition);
            let offset = Box::new(Moved { topic, partition, stored, expected: advance.from });
            return Err(Error::Moved { at: connection.at().clone(), offset });
        }
    }
    Ok(())
}

/// Moves what [`lock`] has locked.
pub(crate) async fn advance(connection: &mut Connection, group: &str, advances: &[&Advance]) -> Result<(), Error> {
    for advance in advances {
        let result = diesel::update(dsl::next_offsets.find((group, &advance.topic, advance.partition)))
            .set(dsl::next_offset.eq(advance.next))
            .execute(&mut connection.diesel)
            .await;
        let found = connection.check(result)?;
        assert_eq!(found, 1, "a row that is locked is there");
    }
    Ok(())
}
