//! The daily network as whole processes on a real Kafka and MariaDB: how long it takes, beside raw clients that move
//! the same bytes in the same run, and the memory of its programs over a million valuations.
//!
//! `cargo xtask bench -- -p finnet-network --bench daily`; a word after another `--` chooses a part: `time memory`. Each
//! time is the median of its rounds; rounds of a program and of its peer alternate, so that a machine that others use
//! slows both.

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use finnet_core::{Close, Symbol};
use finnet_kafka::wire::encode_close;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseRecord, Producer as _, ThreadedProducer};
use support::Servers;

const ROUNDS: usize = 5;
/// The range is fixed, so that figures of different days can be compared.
const TO: &str = "2026-11-20";
/// Sessions in it, and stocks.
const SESSIONS: u64 = 6763;
const STOCKS: u64 = 24;

/// Portfolios of the network that is measured for memory: so many that there are a million valuations.
const PORTFOLIOS: u64 = 148;
/// Lines of a plot, and its widest bar.
const POINTS: u64 = 20;
const WIDTH: u64 = 50;

fn main() {
    let words: Vec<_> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let is_chosen = |part: &str| words.is_empty() || words.iter().any(|word| word == part);
    if is_chosen("time") {
        time();
    }
    if is_chosen("memory") {
        memory();
    }
}

fn time() {
    let mut together = Vec::new();
    let mut ratios = Vec::new();
    let mut reports = Vec::new();
    let mut raw = Vec::new();
    let mut embedded = Vec::new();
    for round in 0..=ROUNDS {
        let Some(servers) = Servers::take("bench") else { return };
        let (all, report, least, alone) = (separate(&servers), app2(&servers), raw_clients(&servers), network());
        // A cold broker and a cold disk are nobody's speed.
        if round > 0 {
            together.push(all);
            reports.push(report);
            raw.push(least);
            ratios.push(all / least);
            embedded.push(alone);
        }
    }
    println!("| what | median | least | most |\n|---|---|---|---|");
    row("separate programs, all at once: start to last row stored, s", together);
    row("raw librdkafka: the same closes produced, then read, s", raw);
    row("the first over the second, round by round", ratios);
    row("network on the embedded broker, with its reports, s", embedded);
    row("app2, six portfolios from the database, s", reports);
}

fn row(what: &str, mut figures: Vec<f64>) {
    figures.sort_unstable_by(f64::total_cmp);
    let (least, most) = (figures[0], figures[figures.len() - 1]);
    println!("| {what} | {:.2} | {least:.2} | {most:.2} |", figures[figures.len() / 2]);
}

/// All programs started at once, until app1 has stored the last row.
fn separate(servers: &Servers) -> f64 {
    servers.run("investors-db -q");
    let start = Instant::now();
    let app1 = servers.start(&format!("app1 -q --until {TO}"));
    let others: Vec<_> = ["se1", "se2", "inv 1", "inv 2", "inv 3"]
        .iter()
        .map(|program| {
            let bound = if program.starts_with("inv") { "--until" } else { "--session-interval 0 --to" };
            servers.start(&format!("{program} -q {bound} {TO}"))
        })
        .collect();
    app1.succeeds();
    let seconds = start.elapsed().as_secs_f64();
    for program in others {
        program.succeeds();
    }
    seconds
}

fn app2(servers: &Servers) -> f64 {
    let out = tempfile::tempdir().expect("a temporary folder");
    let start = Instant::now();
    servers.run(&format!("app2 -q --out {}", out.path().display()));
    start.elapsed().as_secs_f64()
}

fn network() -> f64 {
    let data = tempfile::tempdir().expect("a temporary folder");
    let mut command = std::process::Command::new(support::path("network"));
    command.env_remove("KAFKA_BOOTSTRAP_SERVERS").env_remove("DATABASE_URL");
    command.args(["-q", "--to", TO, "--data"]).arg(data.path());
    let start = Instant::now();
    support::Program::start(&mut command).succeeds();
    start.elapsed().as_secs_f64()
}

/// Resident memory of an investor and of app1 over a million valuations, at the commits of app1.
fn memory() {
    let Some(servers) = Servers::take("bench_memory") else { return };
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), network_of_many()).expect("a temporary file");
    let network = format!("-q --network {}", file.path().display());
    servers.run(&format!("investors-db {network}"));
    let mut programs = [("app1", "--until"), ("inv 1", "--until")]
        .map(|(program, bound)| (program, servers.start(&format!("{program} {network} {bound} {TO}")), Vec::new()));
    let exchanges =
        ["se1", "se2"].map(|name| servers.start(&format!("{name} {network} --session-interval 0 --to {TO}")));
    while programs[0].1.is_running() {
        let stored = servers.rows("SELECT COALESCE(SUM(Next_Offset), 0) FROM Kafka_Next_Offsets");
        let stored: u64 = stored[0][0].as_ref().and_then(|sum| sum.parse().ok()).expect("a number");
        for (_, program, samples) in &mut programs {
            // One that has just ended has none.
            if let Some(kib) = program.resident_kib().filter(|_| stored > 0) {
                samples.push((stored, kib));
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    for (name, program, samples) in programs {
        program.succeeds();
        plot(name, &samples);
    }
    for exchange in exchanges {
        exchange.succeeds();
    }
    for table in [1, PORTFOLIOS] {
        let rows = servers.rows(&format!("SELECT COUNT(*) FROM Inv1_P{table}"));
        assert_eq!(rows[0][0], Some(SESSIONS.to_string()), "portfolio {table}");
    }
}

/// The default network's exchanges, and one investor with many portfolios.
fn network_of_many() -> String {
    let text = include_str!("../networks/itc6107.toml");
    let (exchanges, _) = text.split_once("[[investor]]").expect("investors after exchanges");
    let portfolios =
        (1..=PORTFOLIOS).map(|n| format!("[investor.portfolios.P{n}]\nIBM = {n}\nMSFT = 7\nVZ = -{n}\nEBAY = 9\n"));
    format!("{exchanges}[[investor]]\nname = \"Inv1\"\ncity = \"London\"\n{}", portfolios.collect::<String>())
}

/// Prints memory in KiB over records.
fn plot(name: &str, samples: &[(u64, u64)]) {
    let Some(&(all, _)) = samples.last() else { return };
    let most = samples.iter().map(|(_, kib)| *kib).max().unwrap_or_default();
    let from = |tenths: u64| samples.iter().filter(move |(at, _)| at * 10 >= all * tenths).map(|(_, kib)| *kib);
    println!("resident memory of {name}, at what app1 has stored:");
    for point in 1..=POINTS {
        if let Some((at, kib)) = samples.iter().find(|(at, _)| at * POINTS >= all * point) {
            let bar = usize::try_from(kib * WIDTH / most).expect("at most the width");
            println!("{at:>9} {:>5} MiB {}", kib / 1024, "#".repeat(bar));
        }
    }
    let (tenth, end) = (from(1).next().unwrap_or_default(), from(9).max().unwrap_or_default());
    #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
    let ratio = end as f64 / tenth as f64;
    println!("at one tenth {tenth} KiB, largest in the last tenth {end} KiB: {ratio:.2}; largest of all {most} KiB");
}

/// The least that any program could take for the first leg: the same number of closes of the same size produced by
/// one client and then read by another.
fn raw_clients(servers: &Servers) -> f64 {
    const TOPIC: &str = "StockExchange.raw";
    servers.make(TOPIC, 1);
    let config = |pairs: &[(&str, &str)]| {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", servers.kafka());
        for (name, value) in pairs {
            config.set(*name, *value);
        }
        config
    };
    let first = chrono::NaiveDate::from_ymd_opt(2000, 1, 3).expect("a date");
    let mut payload = Vec::new();
    let start = Instant::now();
    let producer: ThreadedProducer<rdkafka::producer::DefaultProducerContext> = config(&[
        ("enable.idempotence", "true"),
        ("compression.type", "lz4"),
        ("queue.buffering.max.messages", "1000000"),
    ])
    .create()
    .expect("a producer");
    for session in 0..SESSIONS {
        for stock in 0..STOCKS {
            let symbol = Symbol::new(&format!("S{stock}")).expect("a ticker");
            let price = "128.25".parse().expect("a price");
            payload.clear();
            encode_close(&Close { symbol, session: first + chrono::Days::new(session), price }, &mut payload);
            let mut record = BaseRecord::to(TOPIC).key(symbol.as_str()).payload(payload.as_slice());
            while let Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) = producer.send(record) {
                record = back;
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
    while producer.in_flight_count() > 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let consumer: BaseConsumer =
        config(&[("group.id", "raw"), ("fetch.queue.backoff.ms", "1"), ("queued.min.messages", "1000000")])
            .create()
            .expect("a consumer");
    let mut from_start = rdkafka::TopicPartitionList::new();
    from_start.add_partition_offset(TOPIC, 0, rdkafka::Offset::Beginning).expect("a partition");
    consumer.assign(&from_start).expect("an assignment");
    let mut read = 0;
    while read < SESSIONS * STOCKS {
        match consumer.poll(Duration::from_secs(10)) {
            Some(Ok(_)) => read += 1,
            other => panic!("after {read} records: {other:?}"),
        }
    }
    start.elapsed().as_secs_f64()
}
