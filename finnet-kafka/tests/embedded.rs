//! The embedded broker: what is planned to fit is kept, what does not is an error.
#![cfg(feature = "embedded")]

use std::ops::ControlFlow;
use std::time::Duration;

use chrono::Days;
use finnet_core::{Close, Symbol};
use finnet_kafka::embedded::{EmbeddedBroker, Load, fewest_partitions, fits};
use finnet_kafka::{Cluster, Error, Log as _, Producer, Reader, Record};

const RECORDS: u64 = 33_000;

fn loads() -> Vec<Load> {
    let load = |ticker: &str| Load { key: ticker.to_owned(), records: RECORDS, payload_bytes: 60 };
    ["IBM", "VZ", "AMD"].map(load).to_vec()
}

fn connect(broker: &EmbeddedBroker) -> Cluster {
    Cluster::connect(&broker.settings(), Duration::from_secs(10), |_| ControlFlow::Continue(())).unwrap()
}

/// Sends the load, each record a batch of its own where `apart`: the worst that a producer can do.
fn send(broker: &EmbeddedBroker, apart: bool) {
    let settings = broker.settings().set("compression.type", "none").unwrap();
    let settings = if apart { settings.set("batch.num.messages", "1").unwrap() } else { settings };
    let mut producer = Producer::new(&settings).unwrap();
    let first = chrono::NaiveDate::from_ymd_opt(2000, 1, 1).unwrap();
    for on in 0..RECORDS {
        for load in loads() {
            let symbol = Symbol::new(&load.key).unwrap();
            let close = Close { symbol, session: first + Days::new(on), price: "128.25".parse().unwrap() };
            producer.send_close("StockExchange", &close).unwrap();
        }
    }
    producer.flush().unwrap();
}

#[test]
fn what_is_planned_to_fit_is_kept_to_the_last_record() {
    let partitions = fewest_partitions(&loads()).unwrap();
    assert!(!fits(&loads(), partitions - 1));
    let broker = EmbeddedBroker::start(&[("StockExchange", partitions)]).unwrap();
    send(&broker, true);
    let cluster = connect(&broker);
    broker.check_whole(&cluster).unwrap();
    let mut read = 0;
    let take = &mut |_: Record<'_>| {
        read += 1;
        Ok(())
    };
    cluster.read("StockExchange", 0..partitions, take).unwrap();
    assert_eq!(read, 3 * RECORDS);
}

#[test]
fn what_does_not_fit_is_an_error_and_never_silence() {
    let broker = EmbeddedBroker::start(&[("StockExchange", 1)]).unwrap();
    send(&broker, false);
    let cluster = connect(&broker);
    let gap = broker.check_whole(&cluster).unwrap_err();
    assert!(matches!(gap, Error::Gap { partition: 0, first: 1.., .. }), "{gap}");
    let reader = Reader::from_positions(&cluster, "StockExchange", &[0]).unwrap();
    let gap = reader.read_to_end(|_| Ok::<_, Error>(())).unwrap_err();
    assert!(matches!(gap, Error::Gap { .. }), "{gap}");
}

#[test]
fn a_load_that_no_number_of_partitions_keeps_is_said_to_be_one() {
    let large = [Load { key: "IBM".to_owned(), records: 1_000_000, payload_bytes: 60 }];
    assert_eq!(fewest_partitions(&large), None);
    assert_eq!(fewest_partitions(&[]), Some(1));
}
