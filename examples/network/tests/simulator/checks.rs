//! What a run came to: its outcome, what was set aside, and how far what is kept is.

use std::collections::BTreeMap;

use finnet_kafka::investor::shares;
use finnet_network::{PORTFOLIOS, STOCK_EXCHANGE};

use super::expected::{Messages, Outcome};
use super::market::Market;
use super::poison::{Aside, Rejected};
use super::world::World;

/// Returns what is on the topics and in the tables.
pub(crate) fn outcome(world: &World) -> Outcome {
    let broker = world.broker.borrow();
    let text = |bytes: &Option<Box<[u8]>>| String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned();
    let messages = |topic| {
        let mut messages = Messages::new();
        for (_, _, fact, _) in broker.records(topic).filter(|(_, _, fact, _)| !fact.foreign) {
            messages.entry(text(&fact.key)).or_default().push(text(&fact.payload));
        }
        messages
    };
    let rows = world.database.borrow().rows.clone();
    Outcome { closes: messages(STOCK_EXCHANGE), valuations: messages(PORTFOLIOS), rows }
}

/// Checks that what is kept has passed all that was read: a restart reads nothing twice.
///
/// # Errors
///
/// - The first position that has not.
pub(crate) fn check_positions(world: &World, market: &Market) -> Result<(), String> {
    let broker = world.broker.borrow();
    let mut kept = BTreeMap::new();
    for investor in &market.investors {
        let state = format!("{}.state", investor.group);
        for share in shares(&investor.book(), investor.shares) {
            (0..market.partitions[0]).for_each(|at| _ = kept.insert((state.clone(), share.partition, at), 0));
        }
        for (share, _, fact, _) in broker.records(&state) {
            let [key, value] =
                [&fact.key, &fact.payload].map(|bytes| std::str::from_utf8(bytes.as_deref().unwrap_or(b"")));
            if let Some(at) = key.ok().and_then(|key| key.strip_prefix("position/StockExchange/")?.parse().ok()) {
                let next = value.ok().and_then(|value| value.parse().ok());
                kept.insert((state.clone(), share, at), next.ok_or("a position that is no number")?);
            }
        }
    }
    let ends = |topic| {
        let ends = broker.records(topic).map(|(partition, offset, ..)| (partition, offset + 1));
        ends.collect::<BTreeMap<i32, i64>>()
    };
    let closes = ends(STOCK_EXCHANGE);
    for ((state, share, at), next) in kept {
        let end = closes.get(&at).copied().unwrap_or(0);
        if next != end {
            return Err(format!(
                "{state} partition {share} is at {next} of {STOCK_EXCHANGE} partition {at}, not {end}"
            ));
        }
    }
    let (stored, end) = (&world.database.borrow().offsets, ends(PORTFOLIOS));
    if *stored == end { Ok(()) } else { Err(format!("the stored offsets are {stored:?}, not {end:?}")) }
}

fn text(rejected: Option<&Vec<Aside>>) -> String {
    let one = |(reason, payload): &Aside| {
        format!("{reason}: {}", String::from_utf8_lossy(payload.as_deref().unwrap_or_default()))
    };
    rejected.map_or_else(|| "nothing".to_owned(), |all| format!("{:?}", all.iter().map(one).collect::<Vec<_>>()))
}

/// Checks that each record that nobody could use is set aside, once a group, and no other.
///
/// # Errors
///
/// - The first that is not.
pub(crate) fn check_rejected(world: &World) -> Result<(), String> {
    let (broker, poison) = (world.broker.borrow(), world.poison.borrow());
    let mut found = Rejected::new();
    for topic in ["StockExchange.rejected", "portfolios.rejected"] {
        for (_, _, fact, _) in broker.records(topic) {
            let text = |text: &Option<Box<str>>| text.as_deref().unwrap_or_default().to_owned();
            let key = String::from_utf8_lossy(fact.key.as_deref().unwrap_or_default()).into_owned();
            let record = (text(&fact.reason), fact.payload.as_deref().map(<[u8]>::to_vec));
            found.entry((text(&fact.group), key)).or_default().push(record);
        }
    }
    let keys = poison.rejected.keys().chain(found.keys());
    match keys.into_iter().find(|key| poison.rejected.get(*key) != found.get(*key)) {
        None => Ok(()),
        Some(key) => {
            let [expected, found] = [&poison.rejected, &found].map(|all| all.get(key));
            Err(format!("set aside by {} of {}: {}, not {}", key.0, key.1, text(found), text(expected)))
        }
    }
}
