//! Records that nobody can use, written in the middle of a run, and what must become of each: set aside once by every
//! group that reads it.
//!
//! Where one lies is found on the topic itself: a broker that is killed may take one twice.

use std::collections::{BTreeMap, BTreeSet};

use crate::oracle::{ITC6107, holdings};
use crate::real::{Aside, Pen};
use crate::support::Entry;

/// Topic, key, payload, reason. No two have the same payload. The last ones contradict the first row of a portfolio,
/// which stands by then.
const RECORDS: [(&str, &str, &str, &str); 14] = [
    ("StockExchange", "IBM", "IBM 128.25", "not-json"),
    ("portfolios", "P11", "P11 is up", "not-json"),
    ("StockExchange", "AAPL", r#"{"TICK": "AAPL", "PRICE": "1.00"}"#, "missing-field"),
    ("StockExchange", "HPQ", r#"{"TICK": "HPQ", "PRICE": "-1.00", "TS": "2000-01-04"}"#, "bad-price"),
    ("portfolios", "P22", r#"{"investor": "Inv2", "portfolio": "P22"}"#, "missing-field"),
    ("StockExchange", "VZ", r#"{"TICK": "VZ", "PRICE": "1.00", "TS": "2000-02-30"}"#, "bad-date"),
    ("StockExchange", "DELL", r#"{"TICK": "DELL", "PRICE": "1.00", "TS": "2999-12-31"}"#, "future"),
    (
        "portfolios",
        "P99",
        r#"{"investor": "Inv1", "portfolio": "P99", "date": "2000-01-03", "value": 1.00, "diff": null, "percent_diff": null}"#,
        "unknown-portfolio",
    ),
    ("StockExchange", "ZM", r#"{"TICK": "ZM", "PRICE": "1.00", "TS": "2000-01-04 15:38:01.123456"}"#, "tick"),
    ("StockExchange", "IBM", r#"{"TICK": "ORKL", "PRICE": "1.00", "TS": "2000-01-04"}"#, "key-mismatch"),
    ("StockExchange", "NOPE", r#"{"TICK": "NOPE", "PRICE": "1.00", "TS": "2000-01-04"}"#, "unknown-stock"),
    ("StockExchange", "AVGO", "[]", "missing-field"),
    (
        "portfolios",
        "P11",
        r#"{"investor": "Inv1", "portfolio": "P11", "date": "2000-01-03", "value": 1.00, "diff": null, "percent_diff": null}"#,
        "contradicting",
    ),
    (
        "portfolios",
        "P32",
        r#"{"investor": "Inv3", "portfolio": "P32", "date": "2000-01-03", "value": 1.00, "diff": null, "percent_diff": null}"#,
        "contradicting",
    ),
];

/// How many there are.
pub(crate) const COUNT: usize = RECORDS.len();

/// Writes one of them.
pub(crate) fn write(pen: &Pen, which: usize) {
    let (topic, key, payload, _) = RECORDS[which];
    pen.write(topic, Some(key.as_bytes()), Some(payload.as_bytes()));
}

/// Returns why a record of a topic must be set aside; `None` for one that can be used.
pub(crate) fn reason(topic: &str, record: &Entry) -> Option<&'static str> {
    let is_this = |(on, _, payload, _): &&(&str, &str, &str, &str)| *on == topic && *payload == record.value;
    RECORDS.iter().find(is_this).map(|(.., reason)| *reason)
}

/// Returns what must stand on the topic of those set aside, and what may: a record behind the last one that a program
/// needs is read or not.
pub(crate) fn expected(topic: &str, to: &str, records: &[Entry]) -> (Vec<Aside>, Vec<Aside>) {
    let (mut must, mut may) = (Vec::new(), Vec::new());
    for (group, shares) in readers(topic) {
        // From the end: which shares need a record that comes after, in each partition.
        let mut needed = BTreeSet::new();
        for record in records.iter().rev() {
            let Some(reason) = reason(topic, record) else {
                if record.value.contains(&format!(r#": "{to}""#)) {
                    let key = record.key.as_ref().expect("a key");
                    let needs = shares.iter().enumerate().filter(|(_, keys)| keys.contains(key));
                    needed.extend(needs.map(|(share, _)| (record.partition, share)));
                }
                continue;
            };
            let aside = Aside {
                key: format!("{topic}/{}/{}", record.partition, record.offset),
                group: group.clone(),
                reason: reason.to_owned(),
                payload: Some(record.value.clone().into_bytes()),
            };
            let all_need = (0..shares.len()).all(|share| needed.contains(&(record.partition, share)));
            if all_need { must.push(aside) } else { may.push(aside) }
        }
    }
    (must, may)
}

/// Returns the groups that read a topic, each with the keys whose last session each of its shares awaits: any of them
/// may be the one that sets a record aside.
fn readers(topic: &str) -> Vec<(String, Vec<BTreeSet<String>>)> {
    let held = holdings(ITC6107);
    if topic == "portfolios" {
        return vec![("app1".to_owned(), vec![held.into_iter().map(|(_, portfolio, _)| portfolio).collect()])];
    }
    let mut readers = BTreeMap::<String, Vec<BTreeSet<String>>>::new();
    for (investor, _, lines) in held {
        let group = investor.replace("Inv", "inv-");
        readers.entry(group).or_default().push(lines.into_iter().map(|(stock, _)| stock).collect());
    }
    readers.into_iter().collect()
}

#[test]
fn what_comes_after_the_last_session_may_be_set_aside_or_not() {
    let record = |offset, key: &str, value: &str| Entry {
        partition: 0,
        offset,
        key: Some(key.to_owned()),
        value: value.to_owned(),
    };
    let close = |stock: &str| format!(r#"{{"TICK": "{stock}", "PRICE": "1.00", "TS": "2000-01-04"}}"#);
    // AMZN is held by P11 alone, and VZ by P12, P21 and P32.
    let records = [
        record(0, "IBM", "IBM 128.25"),
        record(1, "VZ", &close("VZ")),
        record(2, "DELL", r#"{"TICK": "DELL", "PRICE": "1.00", "TS": "2999-12-31"}"#),
        record(3, "AMZN", &close("AMZN")),
        record(4, "AVGO", "[]"),
    ];
    let (must, may) = expected("StockExchange", "2000-01-04", &records);
    let said = |aside: &[Aside]| aside.iter().map(|one| format!("{} {}", one.group, one.key)).collect::<Vec<_>>();
    assert_eq!(said(&must), ["inv-1 StockExchange/0/0"]);
    assert_eq!(may.len(), 8);
}
