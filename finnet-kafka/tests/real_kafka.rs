//! The typed clients and the loop, on a real Apache Kafka: `KAFKA_BOOTSTRAP_SERVERS` says where.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate};
use finnet_core::evaluate::{Investor, Outcome};
use finnet_core::{Book, Close, Holdings, Name, PortfolioId, Symbol};
use finnet_kafka::exchange::{Desk, Emitter, Opening};
use finnet_kafka::flow::{Flow, Kept, Observer, Route, Slice};
use finnet_kafka::investor::ClosesToValuations;
use finnet_kafka::log::{Log, Member as _, Outgoing, Source as _, Writer as _};
use finnet_kafka::wire::{Reason, decode_valuation};
use finnet_kafka::{Cluster, Error, Membership, Producer, Record, Refusal, SetAside, Settings, partition};

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
}

type InvestorFlow = Flow<Investor, ClosesToValuations, Cluster>;

/// Returns the investor's flow, gone on from its state.
fn open(cluster: &Cluster, from: &str, to: &str) -> Result<InvestorFlow, Error> {
    let (source, target) = (cluster.ensure(from, 1)?, cluster.ensure(to, 1)?);
    let state = format!("{to}.state");
    cluster.ensure_compacted(&state, 1)?;
    let route = Route {
        source: (from.to_owned(), source.partitions),
        target: (to.to_owned(), target.partitions),
        state: Some(Kept { topic: state, partition: 0, partitions: 1 }),
        slice: Slice::default(),
    };
    let codec = ClosesToValuations::new([symbol("IBM"), symbol("VZ"), symbol("AMD")], source.partitions);
    Flow::open(cluster, route, investor(), codec, SetAside::open(cluster, from, "inv-1", 1)?)
}

/// Runs an investor from where its state is to the topic's present end.
fn value(cluster: &Cluster, from: &str, to: &str) -> Result<Seen, Error> {
    let mut flow = open(cluster, from, to)?;
    let mut seen = Seen::default();
    let ends: Vec<_> = cluster.watermarks(from, flow.source().partitions())?.into_iter().map(|(_, end)| end).collect();
    while !flow.source().has_reached(&ends)? {
        flow.turn(None, &mut seen)?;
    }
    Ok(seen)
}

/// Returns the exchange `SE1` on a topic, gone on from its positions.
fn exchange(
    cluster: &Cluster,
    topic: &str,
    stocks: &[&str],
    instance: &str,
    opening: Opening,
) -> Result<Emitter<Producer>, Error> {
    let partitions = cluster.partitions(topic)?.expect("a topic that is there");
    let positions = format!("{topic}.positions");
    cluster.ensure_compacted(&positions, 1)?;
    let desk = Desk {
        exchange: "SE1".to_owned(),
        topic: (topic.to_owned(), partitions),
        positions: Some((positions, 1)),
        instance: instance.to_owned(),
        slice: Slice::default(),
    };
    let stocks: Vec<_> = stocks.iter().map(|ticker| symbol(ticker)).collect();
    Emitter::open(cluster, desk, &stocks, opening)
}

fn read(cluster: &Cluster, topic: &str) -> Vec<(Option<String>, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut records = Vec::new();
    let partitions = cluster.partitions(topic).unwrap().unwrap();
    let take = &mut |record: Record<'_>| {
        records.push((record.key.map(text), text(record.payload.unwrap_or_default())));
        Ok(())
    };
    cluster.read(topic, 0..partitions, take).unwrap();
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
    assert_eq!(value(&cluster, &from, &to).unwrap().valued, 20, "what was valued is not valued again");
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
    let mut producer = Producer::new(cluster.settings()).unwrap();
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
        producer.send(&Outgoing::new(&from, key.as_bytes(), payload)).unwrap();
    }
    producer.send(&Outgoing::new(&from, b"IBM", br#"{"TICK": "IBM", "PRICE": "128.25", "TS": "2000-01-03"}"#)).unwrap();
    producer.send(&Outgoing::new(&from, b"IBM", br#"{"TICK": "IBM", "PRICE": "128.26", "TS": "2000-01-03"}"#)).unwrap();
    producer.send(&Outgoing::new(&from, b"AMD", br#"{"TICK": "AMD", "PRICE": "1", "TS": "2000-01-03"}"#)).unwrap();
    producer
        .send(&Outgoing::new(&from, b"VZ", br#""{\"TICK\": \"VZ\", \"PRICE\": 37.91, \"DATE\": \"2000-01-03\"}""#))
        .unwrap();
    producer.flush().unwrap();

    let seen = value(&cluster, &from, &to).unwrap();
    let reasons: Vec<_> =
        bad.iter().map(|(_, _, reason)| (*reason, true)).chain([(Reason::Contradicting, true)]).collect();
    assert_eq!(seen.aside, reasons);
    assert_eq!(seen.valued, 1);
    assert_eq!(value(&cluster, &from, &to).unwrap().aside, [], "the positions are past them");
    // Its state is gone, and it begins anew: then its own keys tell what was set aside.
    let again = value(&cluster, &from, &topic("valuations")).unwrap();
    assert!(again.aside.len() == 10 && again.aside.iter().all(|(_, written)| !written), "{:?}", again.aside);
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
    producer.send(&Outgoing::new(&to, b"P11", stray("9999-12-31").as_bytes())).unwrap();
    producer.send(&Outgoing::new(&to, b"P12", stray("2001-01-02").as_bytes())).unwrap();
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
    let mut producer = Producer::new(cluster.settings()).unwrap();
    producer.send(&Outgoing::new(&from, b"IBM", &rubbish)).unwrap();
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
    let refused = exchange(&cluster, &from, &["IBM"], "a", Opening::Begins).unwrap_err();
    assert!(matches!(refused, Error::Refused(Refusal::TwoPartitions { .. })), "{refused}");

    let from = topic("closes");
    cluster.ensure(&from, 2).unwrap();
    raw(&cluster, &from, 1 - own, Some("IBM"), r#"{"TICK": "IBM", "PRICE": "1", "TS": "2000-01-03"}"#);
    let refused = exchange(&cluster, &from, &["IBM"], "a", Opening::Begins).unwrap_err();
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

/// What other programs have sent is found by reading the topic once, and then kept.
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
    let stocks = ["IBM", "VZ", "AMD"];
    for instance in ["first", "second"] {
        let exchange = exchange(&cluster, &from, &stocks, instance, Opening::Begins).unwrap();
        let lasts = stocks.map(|ticker| exchange.last(symbol(ticker)));
        assert_eq!(lasts, [Some(day(19)), Some(day(3)), None], "{instance}");
    }
    assert_eq!(read(&cluster, &format!("{from}.positions")).len(), 3 + 2, "each stock once, and two instances");
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
    let take = &mut |record: Record<'_>| {
        assert_eq!(record.partition, partition::of_key(record.key.unwrap(), 7));
        seen += 1;
        Ok(())
    };
    cluster.read(&from, 0..7, take).unwrap();
    assert_eq!(seen, tickers.len());
}

#[test]
fn the_first_of_two_keeps_what_it_has_and_the_second_takes_over() {
    let Some(cluster) = cluster() else { return };
    let on = topic("state");
    cluster.ensure(&on, 1).unwrap();
    let join = |instance| Membership::join(cluster.settings(), &on, &on, instance).unwrap();
    let owned = |member: &Membership| member.owned(Duration::from_millis(20)).unwrap();
    let first = join("a");
    wait(|| owned(&first) == [0]);
    let second = join("b");
    let until = Instant::now() + Duration::from_secs(4);
    while Instant::now() < until {
        owned(&first);
        assert!(owned(&second).is_empty());
    }
    assert_eq!(owned(&first), [0], "the first keeps it");
    drop(first);
    wait(|| owned(&second) == [0]);
}

/// A name that comes back finds what it had; two of one name are told from each other.
#[test]
fn a_member_that_comes_back_has_its_place_and_a_double_is_fenced() {
    let Some(cluster) = cluster() else { return };
    let on = topic("state");
    cluster.ensure(&on, 2).unwrap();
    let join = || Membership::join(cluster.settings(), &on, &on, "a").unwrap();
    let first = join();
    wait(|| first.owned(Duration::from_millis(20)).unwrap() == [0, 1]);
    let double = join();
    wait(|| double.owned(Duration::from_millis(20)).unwrap() == [0, 1]);
    // They take the name from each other until one of them gives in; the other has it all.
    let mut fenced = [None, None];
    wait(|| {
        fenced = [&first, &double].map(|one| one.owned(Duration::from_millis(20)).err());
        fenced.iter().any(Option::is_some)
    });
    let left = if fenced[0].is_some() { &double } else { &first };
    assert!(fenced.iter().flatten().all(|why| matches!(why, Error::NameTaken { .. })), "{fenced:?}");
    wait(|| left.owned(Duration::from_millis(20)).unwrap() == [0, 1]);
}

/// What is open does not count, what is aborted never does, and the end of a transaction is an entry that is no record.
#[test]
fn only_what_is_committed_counts() {
    let Some(cluster) = cluster() else { return };
    let on = topic("closes");
    cluster.ensure(&on, 1).unwrap();
    let mut writer = Producer::transactional(cluster.settings(), &on).unwrap();
    let mut reader = Some(cluster.source(&on, &[0]).unwrap());
    for (ticker, is_committed) in [("IBM", true), ("VZ", false), ("AMD", true)] {
        writer.begin().unwrap();
        writer.send(&Outgoing::new(&on, ticker.as_bytes(), b"{}")).unwrap();
        if is_committed {
            writer.commit(None).unwrap();
        } else {
            writer.flush().unwrap();
            // Dropped with its transaction open, as by a program that ends with an error.
            drop(writer);
            writer = Producer::transactional(cluster.settings(), &on).unwrap();
        }
    }
    let keys: Vec<_> = read(&cluster, &on).into_iter().map(|(key, _)| key.unwrap()).collect();
    assert_eq!(keys, ["IBM", "AMD"]);
    // The last entry is the end of a transaction: whoever waits for the topic's end passes it all the same.
    let reader = reader.take().unwrap();
    let ends: Vec<_> = cluster.watermarks(&on, 1).unwrap().into_iter().map(|(_, end)| end).collect();
    let mut given = 0;
    wait(|| {
        given += usize::from(reader.next(Duration::from_millis(20), |_| Ok::<_, Error>(())).unwrap());
        reader.has_reached(&ends).unwrap()
    });
    assert_eq!(given, 2);
}

/// A reader's end lies before the first transaction that is open, whoever's it is: what is committed behind it is found
/// all the same.
#[test]
fn what_is_committed_behind_an_open_transaction_is_found() {
    let Some(cluster) = cluster() else { return };
    let on = topic("positions");
    cluster.ensure(&on, 1).unwrap();
    let [mut other, mut own] =
        ["other", "own"].map(|name| Producer::transactional(cluster.settings(), &format!("{on}.{name}")).unwrap());
    other.begin().unwrap();
    other.send(&Outgoing::new(&on, b"other", b"{}")).unwrap();
    other.flush().unwrap();
    own.begin().unwrap();
    own.send(&Outgoing::new(&on, b"own", b"{}")).unwrap();
    own.commit(None).unwrap();
    let ends = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        other.commit(None).unwrap();
    });
    let keys: Vec<_> = read(&cluster, &on).into_iter().map(|(key, _)| key.unwrap()).collect();
    ends.join().unwrap();
    assert_eq!(keys, ["other", "own"], "both are there: the reading waited for the one that was open");
}

#[test]
fn the_older_of_two_exchanges_is_fenced_and_nothing_it_sent_counts() {
    let Some(cluster) = cluster() else { return };
    let from = topic("closes");
    cluster.ensure(&from, 1).unwrap();
    let mut older = exchange(&cluster, &from, &["IBM"], "older", Opening::Begins).unwrap();
    assert!(older.send(&close("IBM", 0, "128.25")).unwrap());
    older.commit().unwrap();
    assert!(older.send(&close("IBM", 1, "128.25")).unwrap(), "it is open when the newer one begins");
    let mut newer = exchange(&cluster, &from, &["IBM"], "newer", Opening::Begins).unwrap();
    assert_eq!(newer.last(symbol("IBM")), Some(day(0)));
    let why = older.commit().unwrap_err();
    assert!(why.may_pass() || matches!(why, Error::Fenced { .. }), "{why}");
    drop(older);
    let again = exchange(&cluster, &from, &["IBM"], "older", Opening::GoesOn).unwrap_err();
    assert!(matches!(again, Error::Fenced { .. }), "it sees that another has begun: {again}");
    assert!(!newer.send(&close("IBM", 0, "128.25")).unwrap(), "sent before");
    assert!(newer.send(&close("IBM", 1, "128.25")).unwrap());
    newer.commit().unwrap();
    // One whose transaction the broker gave up on, and that nobody has taken over from, goes on.
    drop(newer);
    let mut newer = exchange(&cluster, &from, &["IBM"], "newer", Opening::GoesOn).unwrap();
    assert!(newer.send(&close("IBM", 2, "128.25")).unwrap());
    newer.commit().unwrap();
    let dates: Vec<_> = read(&cluster, &from).iter().map(|(_, close)| close[close.len() - 12..].to_owned()).collect();
    assert_eq!(dates, [r#""2000-01-03"}"#, r#""2000-01-04"}"#, r#""2000-01-05"}"#].map(|date| date[1..].to_owned()));
}

#[test]
fn positions_of_a_topic_that_was_made_anew_are_refused() {
    let Some(cluster) = cluster() else { return };
    let from = topic("closes");
    cluster.ensure(&from, 1).unwrap();
    let mut writer = Producer::transactional(cluster.settings(), &from).unwrap();
    let positions = format!("{from}.positions");
    cluster.ensure_compacted(&positions, 1).unwrap();
    writer.begin().unwrap();
    let last = br#"{"session":"2000-01-03","partition":0}"#;
    writer.send(&Outgoing::new(&positions, b"last/IBM", last)).unwrap();
    writer.commit(None).unwrap();
    let refused = exchange(&cluster, &from, &["IBM"], "a", Opening::Begins).unwrap_err();
    assert!(matches!(&refused, Error::State { why, .. } if why.contains("delete")), "{refused}");
}

/// A flow that was thought dead wakes: another has gone on from all that it committed, and what it still sends is void.
#[test]
fn a_flow_that_wakes_is_fenced_and_the_state_is_whole() {
    let Some(cluster) = cluster() else { return };
    let (from, to) = (topic("closes"), topic("valuations"));
    cluster.ensure(&from, 1).unwrap();
    let mut producer = Producer::new(cluster.settings()).unwrap();
    let mut send = |ticker: &str, on: u64| {
        producer.send_close(&from, &close(ticker, on, "1")).unwrap();
        producer.flush().unwrap();
    };
    // A session that is valued, one that waits, and one that is void while another still waits.
    for (ticker, on) in [("IBM", 0), ("VZ", 0), ("IBM", 1), ("IBM", 3)] {
        send(ticker, on);
    }
    let mut seen = Seen::default();
    let mut sleeper = open(&cluster, &from, &to).unwrap();
    while sleeper.positions() != [4] {
        sleeper.turn(None, &mut seen).unwrap();
    }
    let mut waker = open(&cluster, &from, &to).unwrap();
    assert_eq!(waker.machine(), sleeper.machine(), "the state comes back exactly");
    send("VZ", 1);
    let fenced = loop {
        match sleeper.turn(None, &mut seen) {
            Ok(_) => (),
            Err(why) => break why,
        }
    };
    assert!(fenced.may_pass() || matches!(fenced, Error::Fenced { .. }), "{fenced}");
    send("VZ", 3);
    while waker.positions() != [6] {
        waker.turn(None, &mut seen).unwrap();
    }
    let sessions: Vec<_> =
        read(&cluster, &to).iter().map(|(_, v)| decode_valuation(v.as_bytes()).unwrap().valuation.session).collect();
    assert_eq!(sessions, [day(0), day(1), day(3)]);
}

/// A topic of state that was given more partitions has portfolios in others than before; whoever works on them there is
/// not fenced by whoever begins with them here.
#[test]
fn a_portfolio_that_another_partition_keeps_is_refused() {
    let Some(cluster) = cluster() else { return };
    let (from, to) = (topic("closes"), topic("valuations"));
    let state = format!("{to}.state");
    cluster.ensure(&from, 1).unwrap();
    cluster.ensure(&to, 1).unwrap();
    cluster.ensure_compacted(&state, 2).unwrap();
    let mut producer = Producer::new(cluster.settings()).unwrap();
    producer.send_close(&from, &close("IBM", 0, "1")).unwrap();
    producer.flush().unwrap();
    let mut opened = [0, 1].map(|partition| {
        let route = Route {
            source: (from.clone(), 1),
            target: (to.clone(), 1),
            state: Some(Kept { topic: state.clone(), partition, partitions: 2 }),
            slice: Slice::default(),
        };
        let codec = ClosesToValuations::new([symbol("IBM"), symbol("VZ")], 1);
        let mut flow: InvestorFlow =
            Flow::open(&cluster, route, investor(), codec, SetAside::open(&cluster, &from, "inv-1", 1)?)?;
        while flow.positions() != [1] {
            flow.turn(None, &mut Seen::default())?;
        }
        Ok::<_, Error>(())
    });
    assert!(opened[0].is_ok());
    let refused = std::mem::replace(&mut opened[1], Ok(())).unwrap_err();
    assert!(matches!(&refused, Error::State { key, .. } if &**key == "holds/P11"), "{refused}");
}

#[test]
fn a_state_of_other_holdings_is_refused_by_name() {
    let Some(cluster) = cluster() else { return };
    let (from, to) = (topic("closes"), topic("valuations"));
    cluster.ensure(&from, 1).unwrap();
    let mut producer = Producer::new(cluster.settings()).unwrap();
    producer.send_close(&from, &close("IBM", 0, "1")).unwrap();
    producer.flush().unwrap();
    value(&cluster, &from, &to).unwrap();
    let route = Route {
        source: (from.clone(), 1),
        target: (to.clone(), 1),
        state: Some(Kept { topic: format!("{to}.state"), partition: 0, partitions: 1 }),
        slice: Slice::default(),
    };
    let changed = Investor::new(Book::new([(p11(), Holdings::new([("IBM", 3), ("VZ", 1)]).unwrap())]));
    let codec = ClosesToValuations::new([symbol("IBM"), symbol("VZ")], 1);
    let aside = SetAside::new(&from, "inv-1", 1);
    let refused = Flow::open(&cluster, route, changed, codec, aside).unwrap_err();
    assert!(matches!(&refused, Error::State { key, .. } if &**key == "holds/P11"), "{refused}");
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
