//! The typed clients and the loop, on a real Apache Kafka: `KAFKA_BOOTSTRAP_SERVERS` says where.

use std::collections::HashMap;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate};
use finnet_core::evaluate::{Investor, Outcome};
use finnet_core::{Book, Close, Holdings, Name, PortfolioId, Symbol};
use finnet_kafka::flow::{Flow, Observer};
use finnet_kafka::investor::{ClosesToValuations, sent_sessions};
use finnet_kafka::wire::{Reason, decode_valuation};
use finnet_kafka::{
    Cluster, Error, Producer, Reader, Record, Refusal, SetAside, Settings, Standby, exchange, partition,
};

const TIMEOUT: Duration = Duration::from_secs(20);

/// A connection, or `None` with a loud line where there is no broker; under CI that is a failure.
fn cluster() -> Option<Cluster> {
    let Ok(servers) = std::env::var("KAFKA_BOOTSTRAP_SERVERS") else {
        assert!(std::env::var_os("CI").is_none(), "CI without KAFKA_BOOTSTRAP_SERVERS: run cargo xtask test");
        // Past libtest, which shows nothing that a passing test prints.
        let _ = std::io::stderr().write_all(b"NOT TESTED: KAFKA_BOOTSTRAP_SERVERS is not set; run cargo xtask test\n");
        return None;
    };
    let connected = Cluster::connect(&Settings::new(&servers), TIMEOUT, |_| ControlFlow::Continue(()));
    Some(connected.expect("the broker named by KAFKA_BOOTSTRAP_SERVERS"))
}

/// A topic name of its own for each test and run.
fn topic(name: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let nanos = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_nanos();
    format!("{name}-{nanos}-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

fn day(ordinal: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2000, 1, 3).unwrap() + Days::new(ordinal)
}

fn symbol(ticker: &str) -> Symbol {
    Symbol::new(ticker).unwrap()
}

fn close(ticker: &str, on: u64, price: &str) -> Close {
    Close { symbol: symbol(ticker), session: day(on), price: price.parse().unwrap() }
}

fn p11() -> PortfolioId {
    PortfolioId { investor: Name::new("Inv1").unwrap(), portfolio: Name::new("P11").unwrap() }
}

fn investor() -> Investor {
    Investor::new(Book::new([(p11(), Holdings::new([("IBM", 2), ("VZ", 1)]).unwrap())]))
}

#[derive(Debug, Default)]
struct Seen {
    valued: usize,
    aside: Vec<(Reason, bool)>,
}

impl Observer<Investor> for Seen {
    fn output(&mut self, (_, outcome): &(PortfolioId, Outcome), _: &Record<'_>) {
        self.valued += usize::from(matches!(outcome, Outcome::Valued(_)));
    }

    fn set_aside(&mut self, reason: Reason, _: &Record<'_>, written: bool) {
        self.aside.push((reason, written));
    }

    fn pulse(&mut self, _: &Investor, reader: &Reader) -> Result<ControlFlow<()>, Error> {
        Ok(if reader.is_at_end() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

/// Runs an investor from the topic's start to its present end.
fn value(cluster: &Cluster, from: &str, to: &str) -> Result<Seen, Error> {
    let (source, target) = (cluster.ensure(from, 1)?, cluster.ensure(to, 1)?);
    let sent = sent_sessions(&Reader::from_start(cluster, to, target.partitions)?, &[p11()])?;
    let codec = ClosesToValuations::new([symbol("IBM"), symbol("VZ"), symbol("AMD")], source.partitions, sent);
    let aside = SetAside::open(cluster, from, "inv-1", 1)?;
    let reader = Reader::from_start(cluster, from, source.partitions)?;
    let mut seen = Seen::default();
    Flow::new(investor(), codec, reader, Producer::new(cluster.settings())?, to, aside).run(&mut seen)?;
    Ok(seen)
}

fn read(cluster: &Cluster, topic: &str) -> Vec<(Option<String>, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut records = Vec::new();
    let partitions = cluster.partitions(topic).unwrap().unwrap();
    Reader::from_start(cluster, topic, partitions)
        .unwrap()
        .read_to_end(|record| {
            records.push((record.key.map(text), text(record.payload.unwrap_or_default())));
            Ok::<_, Error>(())
        })
        .unwrap();
    records
}

#[test]
fn closes_become_valuations_and_a_restart_sends_none_again() {
    let Some(cluster) = cluster() else { return };
    let (from, to) = (topic("closes"), topic("valuations"));
    cluster.ensure(&from, 3).unwrap();
    let mut producer = Producer::new(cluster.settings()).unwrap();
    for on in 0..50 {
        producer.send_close(&from, &close("IBM", on, "128.25")).unwrap();
    }
    for on in 0..30 {
        producer.send_close(&from, &close("VZ", on, "37.91")).unwrap();
    }
    producer.flush().unwrap();
    assert_eq!(producer.delivered(), 80);
    assert_eq!(value(&cluster, &from, &to).unwrap().valued, 30);
    for on in 30..50 {
        producer.send_close(&from, &close("VZ", on, "37.91")).unwrap();
    }
    producer.flush().unwrap();
    assert_eq!(value(&cluster, &from, &to).unwrap().valued, 50, "all are computed again");
    let written = read(&cluster, &to);
    assert_eq!(written.len(), 50, "each is sent once");
    assert_eq!(
        written[0],
        (
            Some("P11".to_owned()),
            r#"{"investor": "Inv1", "portfolio": "P11", "date": "2000-01-03", "value": 294.41, "diff": null, "percent_diff": null}"#
                .to_owned()
        )
    );
    for (on, (_, payload)) in (0..).zip(&written) {
        assert_eq!(decode_valuation(payload.as_bytes()).unwrap().valuation.session, day(on));
    }
}

#[test]
fn what_is_set_aside_is_set_aside_once() {
    let Some(cluster) = cluster() else { return };
    let (from, to) = (topic("closes"), topic("valuations"));
    cluster.ensure(&from, 1).unwrap();
    let producer = Producer::new(cluster.settings()).unwrap();
    let bad: [(&str, &[u8], Reason); 9] = [
        ("IBM", b"\xFF\xFE", Reason::NotJson),
        ("IBM", b"", Reason::NotJson),
        ("IBM", br#"{"TICK": "IBM", "TS": "2000-01-03"}"#, Reason::MissingField),
        ("IBM", br#"{"TICK": "IBM", "PRICE": "-1", "TS": "2000-01-03"}"#, Reason::BadPrice),
        ("IBM", br#"{"TICK": "IBM", "PRICE": "1", "TS": "2000-02-30"}"#, Reason::BadDate),
        ("IBM", br#"{"TICK": "IBM", "PRICE": "1", "TS": "2999-01-03"}"#, Reason::Future),
        ("IBM", br#"{"TICK": "IBM", "PRICE": "1", "TS": "2022-03-20 15:38:01.123456"}"#, Reason::Tick),
        ("XYZ", br#"{"TICK": "XYZ", "PRICE": "1", "TS": "2000-01-03"}"#, Reason::UnknownStock),
        ("VZ", br#"{"TICK": "IBM", "PRICE": "1", "TS": "2000-01-03"}"#, Reason::KeyMismatch),
    ];
    for (key, payload, _) in bad {
        producer.send(&from, key.as_bytes(), payload).unwrap();
    }
    producer.send(&from, b"IBM", br#"{"TICK": "IBM", "PRICE": "128.25", "TS": "2000-01-03"}"#).unwrap();
    producer.send(&from, b"IBM", br#"{"TICK": "IBM", "PRICE": "128.26", "TS": "2000-01-03"}"#).unwrap();
    producer.send(&from, b"AMD", br#"{"TICK": "AMD", "PRICE": "1", "TS": "2000-01-03"}"#).unwrap();
    producer.send(&from, b"VZ", br#""{\"TICK\": \"VZ\", \"PRICE\": 37.91, \"DATE\": \"2000-01-03\"}""#).unwrap();
    producer.flush().unwrap();

    let seen = value(&cluster, &from, &to).unwrap();
    let reasons: Vec<_> =
        bad.iter().map(|(_, _, reason)| (*reason, true)).chain([(Reason::Contradicting, true)]).collect();
    assert_eq!(seen.aside, reasons);
    assert_eq!(seen.valued, 1);
    let again = value(&cluster, &from, &to).unwrap();
    assert!(again.aside.iter().all(|(_, written)| !written), "its own keys are known at the second start");
    let rejected = read(&cluster, &format!("{from}.rejected"));
    assert_eq!(rejected.len(), 10);
    assert_eq!(rejected[2].0.as_deref(), Some(format!("{from}/0/2").as_str()));
    assert_eq!(rejected[2].1, r#"{"TICK": "IBM", "TS": "2000-01-03"}"#, "the bytes as they came");
}

/// A valuation that app1 sets aside was not sent by an investor, and must not keep one from sending.
#[test]
fn a_stray_valuation_silences_nobody() {
    let Some(cluster) = cluster() else { return };
    let (from, to) = (topic("closes"), topic("valuations"));
    cluster.ensure(&from, 1).unwrap();
    cluster.ensure(&to, 1).unwrap();
    let mut producer = Producer::new(cluster.settings()).unwrap();
    let stray = |date: &str| {
        format!(
            r#"{{"investor": "Inv1", "portfolio": "P11", "date": "{date}", "value": 1, "diff": null, "percent_diff": null}}"#
        )
    };
    producer.send(&to, b"P11", stray("9999-12-31").as_bytes()).unwrap();
    producer.send(&to, b"P12", stray("2001-01-02").as_bytes()).unwrap();
    producer.send_close(&from, &close("IBM", 0, "128.25")).unwrap();
    producer.send_close(&from, &close("VZ", 0, "37.91")).unwrap();
    producer.flush().unwrap();
    value(&cluster, &from, &to).unwrap();
    assert_eq!(read(&cluster, &to).len(), 3, "the valuation of the first session is sent");
}

/// As large as a broker takes it by default, and not to be compressed.
#[test]
fn a_record_of_a_megabyte_is_set_aside() {
    let Some(cluster) = cluster() else { return };
    let from = topic("closes");
    cluster.ensure(&from, 1).unwrap();
    let mut bits = 1_u32;
    let rubbish: Vec<u8> = (0..1_046_000)
        .map(|_| {
            bits ^= bits << 13;
            bits ^= bits >> 17;
            bits ^= bits << 5;
            bits.to_le_bytes()[0]
        })
        .collect();
    let producer = Producer::new(cluster.settings()).unwrap();
    producer.send(&from, b"IBM", &rubbish).unwrap();
    producer.flush().unwrap();
    let seen = value(&cluster, &from, &topic("valuations")).unwrap();
    assert_eq!(seen.aside, [(Reason::NotJson, true)]);
    assert_eq!(read(&cluster, &format!("{from}.rejected")).len(), 1);
}

#[test]
fn a_stock_in_two_partitions_and_a_keyless_record_are_refused() {
    let Some(cluster) = cluster() else { return };
    let from = topic("closes");
    cluster.ensure(&from, 2).unwrap();
    let own = partition::of_key(b"IBM", 2);
    raw(&cluster, &from, own, Some("IBM"), r#"{"TICK": "IBM", "PRICE": "1", "TS": "2000-01-03"}"#);
    raw(&cluster, &from, 1 - own, Some("IBM"), r#"{"TICK": "IBM", "PRICE": "1", "TS": "2000-01-04"}"#);
    let refused = value(&cluster, &from, &topic("valuations")).unwrap_err();
    assert!(matches!(&refused, Error::Refused(Refusal::TwoPartitions { key, .. }) if &**key == "IBM"), "{refused}");
    let reader = Reader::from_start(&cluster, &from, 2).unwrap();
    let refused = exchange::last_sessions(&reader, &[symbol("IBM")]).unwrap_err();
    assert!(matches!(refused, Error::Refused(Refusal::TwoPartitions { .. })), "{refused}");

    let from = topic("closes");
    cluster.ensure(&from, 2).unwrap();
    raw(&cluster, &from, 1 - own, Some("IBM"), r#"{"TICK": "IBM", "PRICE": "1", "TS": "2000-01-03"}"#);
    let reader = Reader::from_start(&cluster, &from, 2).unwrap();
    let refused = exchange::last_sessions(&reader, &[symbol("IBM")]).unwrap_err();
    assert!(matches!(refused, Error::Refused(Refusal::TwoPartitions { .. })), "{refused}");

    let from = topic("closes");
    cluster.ensure(&from, 2).unwrap();
    raw(&cluster, &from, 0, None, r#"{"TICK": "IBM", "PRICE": "1", "TS": "2000-01-03"}"#);
    let refused = value(&cluster, &from, &topic("valuations")).unwrap_err();
    assert!(matches!(refused, Error::Refused(Refusal::Keyless { offset: 0, .. })), "{refused}");
}

#[test]
fn a_keyless_record_on_one_partition_is_read() {
    let Some(cluster) = cluster() else { return };
    let from = topic("closes");
    cluster.ensure(&from, 1).unwrap();
    for ticker in ["IBM", "VZ"] {
        raw(&cluster, &from, 0, None, &format!(r#"{{"TICK": "{ticker}", "PRICE": "1", "TS": "2000-01-03"}}"#));
    }
    assert_eq!(value(&cluster, &from, &topic("valuations")).unwrap().valued, 1);
}

#[test]
fn an_exchange_finds_where_each_stock_is() {
    let Some(cluster) = cluster() else { return };
    let from = topic("closes");
    cluster.ensure(&from, 6).unwrap();
    let mut producer = Producer::new(cluster.settings()).unwrap();
    for on in 0..20 {
        producer.send_close(&from, &close("IBM", on, "128.25")).unwrap();
    }
    producer.send_close(&from, &close("VZ", 3, "37.91")).unwrap();
    producer.flush().unwrap();
    let reader = Reader::from_start(&cluster, &from, 6).unwrap();
    let lasts = exchange::last_sessions(&reader, &[symbol("IBM"), symbol("VZ"), symbol("AMD")]).unwrap();
    assert_eq!(lasts, HashMap::from([(symbol("IBM"), day(19)), (symbol("VZ"), day(3))]));
}

/// Our planning of partitions and librdkafka's partitioner are the same function.
#[test]
fn keys_land_where_murmur2_says() {
    let Some(cluster) = cluster() else { return };
    let from = topic("closes");
    cluster.ensure(&from, 7).unwrap();
    let mut producer = Producer::new(cluster.settings()).unwrap();
    let tickers: Vec<_> = (0..100).map(|n| format!("S{n}")).collect();
    for ticker in &tickers {
        producer.send_close(&from, &close(ticker, 0, "1")).unwrap();
    }
    producer.flush().unwrap();
    let mut seen = 0;
    Reader::from_start(&cluster, &from, 7)
        .unwrap()
        .read_to_end(|record| {
            assert_eq!(record.partition, partition::of_key(record.key.unwrap(), 7));
            seen += 1;
            Ok::<_, Error>(())
        })
        .unwrap();
    assert_eq!(seen, tickers.len());
}

#[test]
fn the_first_of_two_stays_first_and_the_second_takes_over() {
    let Some(cluster) = cluster() else { return };
    for partitions in [1, 6] {
        let on = topic("portfolios");
        cluster.ensure(&on, partitions).unwrap();
        let first = Standby::join(cluster.settings(), &on, &on, partitions).unwrap();
        wait(|| first.is_first(Duration::from_millis(20)).unwrap());
        let second = Standby::join(cluster.settings(), &on, &on, partitions).unwrap();
        let until = Instant::now() + Duration::from_secs(4);
        while Instant::now() < until {
            assert!(
                first.is_first(Duration::from_millis(20)).unwrap(),
                "the first stays first, {partitions} partitions"
            );
            assert!(!second.is_first(Duration::from_millis(20)).unwrap());
        }
        drop(first);
        wait(|| second.is_first(Duration::from_millis(20)).unwrap());
    }
}

#[test]
fn settings_that_the_promises_hang_on_are_refused() {
    let settings = Settings::new("localhost:1").set("partitioner", "random").unwrap_err();
    assert!(settings.to_string().contains("partitioner"), "{settings}");
    let unknown = Settings::new("localhost:1").set("no.such.setting", "1").unwrap();
    let why = Producer::new(&unknown).unwrap_err().to_string();
    assert!(why.contains("no.such.setting"), "{why}");
    let secret = Settings::new("localhost:1").set("sasl.password", "hunter2").unwrap();
    assert!(!format!("{secret:?}").contains("hunter2"));
}

#[test]
fn a_broker_that_is_away_is_said_to_be() {
    let mut waited = 0;
    let away = Cluster::connect(&Settings::new("127.0.0.1:9"), Duration::from_millis(2500), |_| {
        waited += 1;
        ControlFlow::Continue(())
    });
    assert!(matches!(away, Err(Error::Unreachable { .. })), "{away:?}");
    assert!(waited >= 1);
    let called_off = Cluster::connect(&Settings::new("127.0.0.1:9"), TIMEOUT, |_| ControlFlow::Break(()));
    assert!(matches!(called_off, Err(Error::CalledOff)));
}

/// Waits for a condition, 20 s at the most.
fn wait(mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < TIMEOUT, "waited {TIMEOUT:?}");
    }
}

/// Sends one record to a partition of choice, as a program with another partitioner would.
fn raw(cluster: &Cluster, topic: &str, partition: i32, key: Option<&str>, payload: &str) {
    use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
    let producer: BaseProducer =
        rdkafka::ClientConfig::new().set("bootstrap.servers", cluster.settings().servers()).create().unwrap();
    let record = BaseRecord::<str, str>::to(topic).partition(partition).payload(payload);
    producer.send(if let Some(key) = key { record.key(key) } else { record }).unwrap();
    producer.flush(TIMEOUT).unwrap();
    assert_eq!(producer.in_flight_count(), 0);
}
