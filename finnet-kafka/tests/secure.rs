//! TLS, users and rights, against a real Kafka that the test starts itself with certificates of its own.
//!
//! `FINNET_KAFKA_JARS` names the folder of Kafka's jars; `cargo xtask test` sets it. The broker ends with the tests.
#![cfg(feature = "tls")]

#[path = "secure/broker.rs"]
mod broker;
#[path = "secure/certificates.rs"]
mod certificates;

use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use finnet_core::{Close, Symbol};
use finnet_kafka::log::Writer as _;
use finnet_kafka::wire::decode_close;
use finnet_kafka::{Cluster, Error, Producer, Reader, Settings};

use crate::broker::{ALICE, Broker, CAROL, GUEST, set};

const TIMEOUT: Duration = Duration::from_secs(30);

/// The broker of all tests, or `None` with a loud line where there are no jars; under CI that is a failure.
fn broker() -> Option<&'static Broker> {
    static BROKER: OnceLock<Option<Broker>> = OnceLock::new();
    let started = BROKER.get_or_init(|| {
        let Some(jars) = std::env::var_os("FINNET_KAFKA_JARS") else {
            assert!(std::env::var_os("CI").is_none(), "CI without FINNET_KAFKA_JARS: run cargo xtask test");
            // Past libtest, which shows nothing that a passing test prints.
            let _ = std::io::stderr().write_all(b"NOT RUN: FINNET_KAFKA_JARS is not set; run cargo xtask test\n");
            return None;
        };
        Some(Broker::start(Path::new(&jars)))
    });
    started.as_ref()
}

fn connect(settings: &Settings) -> Result<Cluster, Error> {
    Cluster::connect(settings, TIMEOUT, |_| ControlFlow::Continue(()))
}

/// Returns the line of a connection that does not come about, free of secrets.
///
/// `patient` is how often it is asked whether to wait on, about once a second, before it is called off.
fn refused(settings: &Settings, timeout: Duration, patient: u32) -> String {
    let mut asked = 0;
    let result = Cluster::connect(settings, timeout, |_| {
        asked += 1;
        if asked > patient { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let error = result.expect_err("no connection");
    let line = error.to_string();

    for text in [&line, &format!("{error:?}"), &format!("{settings:?}")] {
        assert!(!text.contains("kennwort") && !text.contains('\n'), "{text}");
    }
    line
}

/// Without waiting for its time to be over.
fn refused_at_once(settings: &Settings) -> String {
    refused(settings, Duration::from_mins(10), 8)
}

/// When its time is over.
fn refused_in_the_end(settings: &Settings) -> String {
    refused(settings, Duration::from_secs(4), 8)
}

fn ibm() -> Close {
    let session = "2000-01-03".parse().expect("a date");
    Close { symbol: Symbol::new("IBM").expect("a symbol"), session, price: "128.25".parse().expect("a price") }
}

/// The closes on a topic.
fn closes(cluster: &Cluster, topic: &str) -> Vec<Close> {
    let mut closes = Vec::new();
    let reader = Reader::from_start(cluster, topic, 1).expect("a reader");
    let read = reader.read_to_end(|record| {
        closes.push(decode_close(record.payload.unwrap_or_default()).expect("a close"));
        Ok::<_, Error>(())
    });
    read.expect("the topic to its end");
    closes
}

fn sends_and_reads(settings: &Settings, topic: &str) {
    let cluster = connect(settings).expect("a connection");
    cluster.ensure(topic, 1).expect("a topic");
    let mut producer = Producer::new(settings).expect("a producer");
    producer.send_close(topic, &ibm()).expect("room for one record");
    producer.flush().expect("a broker that takes it");
    assert_eq!(closes(&cluster, topic), [ibm()]);
    assert!(!format!("{cluster:?} {producer:?}").contains("kennwort"));
}

#[test]
fn closes_go_over_tls() {
    let Some(broker) = broker() else { return };
    sends_and_reads(&broker.tls("localhost", broker.tls, "ca.pem"), "over-tls");
}

#[test]
fn closes_go_over_tls_in_a_transaction() {
    let Some(broker) = broker() else { return };
    let settings = broker.tls("localhost", broker.tls, "ca.pem");
    let cluster = connect(&settings).expect("a connection");
    cluster.ensure("in-transactions", 1).expect("a topic");
    let mut producer = Producer::transactional(&settings, "secure").expect("a coordinator");
    producer.begin().expect("a transaction");
    producer.send_close("in-transactions", &ibm()).expect("room for one record");
    producer.commit(None).expect("its end");
    // A second one that is left open, and so aborted.
    producer.begin().expect("a transaction");
    producer.send_close("in-transactions", &ibm()).expect("room for one record");
    drop(producer);
    assert_eq!(closes(&cluster, "in-transactions"), [ibm()]);
}

#[test]
fn users_of_both_mechanisms_are_let_in() {
    let Some(broker) = broker() else { return };
    sends_and_reads(&broker.sasl("SCRAM-SHA-512", ALICE), "of-alice");
    sends_and_reads(&broker.sasl("PLAIN", CAROL), "of-carol");
}

#[test]
fn a_wrong_password_is_said_to_be_that() {
    let Some(broker) = broker() else { return };
    for (mechanism, user, said) in [
        ("SCRAM-SHA-512", ALICE.0, "invalid credentials with SASL mechanism SCRAM-SHA-512"),
        ("SCRAM-SHA-512", "nobody", "invalid credentials with SASL mechanism SCRAM-SHA-512"),
        ("PLAIN", CAROL.0, "Invalid username or password"),
        ("SCRAM-SHA-256", ALICE.0, "broker's supported mechanisms: SCRAM-SHA-512,PLAIN"),
    ] {
        let line = refused_at_once(&broker.sasl(mechanism, (user, "Zq7-another-kennwort")));
        assert!(line.contains("this user is not let in") && line.contains(said), "{line}");
        assert!(line.contains(&format!("localhost:{}", broker.sasl)) && line.contains("sasl.password"), "{line}");
    }
}

#[test]
fn certificates_that_do_not_fit_are_told_apart() {
    let Some(broker) = broker() else { return };
    let line = refused_at_once(&broker.tls("localhost", broker.tls, "other.pem"));
    assert!(line.contains("certificate is not to be trusted") && line.contains("ssl.ca.location"), "{line}");
    let line = refused_at_once(&broker.tls("127.0.0.1", broker.tls, "ca.pem"));
    assert!(line.contains("certificate is for another host name"), "{line}");
    // Where the broker wants a user as well, and gets none told before its certificate is in order.
    let user = [("security.protocol", "sasl_ssl"), ("sasl.mechanism", "PLAIN"), ("sasl.username", CAROL.0)];
    let carol = |settings| set(set(settings, &user), &[("sasl.password", CAROL.1)]);
    let line = refused_at_once(&carol(broker.tls("127.0.0.1", broker.sasl, "ca.pem")));
    assert!(line.contains("certificate is for another host name"), "{line}");
    let line = refused_at_once(&carol(broker.tls("localhost", broker.sasl, "other.pem")));
    assert!(line.contains("certificate is not to be trusted"), "{line}");
}

#[test]
fn the_wrong_protocol_of_a_port_is_told() {
    let Some(broker) = broker() else { return };
    let at = |port: u16| Settings::new(&format!("localhost:{port}"));
    let cases = [
        (at(broker.tls), "does it want TLS?"),
        (at(broker.sasl), "does it want TLS?"),
        (set(broker.sasl("PLAIN", CAROL), &[("security.protocol", "sasl_plaintext")]), "does it want TLS?"),
        (broker.tls("localhost", broker.plaintext, "ca.pem"), "does it want none?"),
        (broker.tls("localhost", broker.sasl, "ca.pem"), "does it want a user?"),
    ];
    std::thread::scope(|scope| {
        for (settings, said) in &cases {
            scope.spawn(move || {
                let line = refused_in_the_end(settings);
                assert!(line.starts_with("no connection to Kafka at localhost:") && line.contains(said), "{line}");
            });
        }
    });
}

#[test]
fn one_broker_that_can_be_trusted_is_enough() {
    let Some(broker) = broker() else { return };
    let ca = broker.folder.join("ca.pem").display().to_string();
    let servers = format!("127.0.0.1:{0},localhost:{0}", broker.tls);
    let settings = set(Settings::new(&servers), &[("security.protocol", "ssl"), ("ssl.ca.location", &ca)]);
    assert!(connect(&settings).is_ok());
}

#[test]
fn a_user_without_rights_is_told_so() {
    let Some(broker) = broker() else { return };
    let alice = connect(&broker.sasl("SCRAM-SHA-512", ALICE)).expect("a connection");
    alice.ensure("of-others", 1).expect("a topic");
    let mut producer = Producer::new(alice.settings()).expect("a producer");
    producer.send_close("of-others", &ibm()).and_then(|()| producer.flush()).expect("a broker that takes it");

    let guest = connect(&broker.sasl("SCRAM-SHA-512", GUEST)).expect("a connection: the password is right");
    // Of a topic that may not be seen Kafka says nothing but that it may not be made.
    let hidden = guest.ensure("of-others", 1).expect_err("no right to see the topic").to_string();
    assert!(hidden.starts_with("making of-others: this user may not: TopicAuthorizationFailed"), "{hidden}");

    broker.let_see(GUEST, "of-others");
    assert_eq!(guest.ensure("of-others", 1).expect("a topic that may be seen").partitions, 1);
    // librdkafka asks for its group beside reading; without a right to it, either may be said first.
    broker.let_read_as(GUEST, "finnet");
    let reader = Reader::from_positions(&guest, "of-others", &[0]).expect("a reader");
    let read = reader.read_to_end(|_| Ok::<_, Error>(())).expect_err("no right to read").to_string();
    assert!(read.starts_with("reading of-others: this user may not: TopicAuthorizationFailed"), "{read}");
    let mut producer = Producer::new(guest.settings()).expect("a producer");
    let sent = producer.send_close("of-others", &ibm()).and_then(|()| producer.flush());
    let sent = sent.expect_err("no right to write").to_string();
    assert!(sent.contains("of-others") && sent.contains("ClusterAuthorizationFailed"), "{sent}");
    let begun = Producer::transactional(guest.settings(), "of-others").expect_err("no right to the id").to_string();
    assert!(begun.contains("this user may not: TransactionalIdAuthorizationFailed"), "{begun}");
}

/// By a producer of somebody else's.
#[cfg(feature = "zstd")]
#[test]
fn records_that_others_compressed_with_zstd_are_read() {
    use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};

    let Some(broker) = broker() else { return };
    let cluster = connect(&broker.plaintext()).expect("a connection");
    cluster.ensure("in-zstd", 1).expect("a topic");
    let mut config = rdkafka::ClientConfig::new();
    config.set("bootstrap.servers", cluster.settings().servers());
    config.set("compression.type", "zstd").set("linger.ms", "200");
    let producer: ThreadedProducer<DefaultProducerContext> = config.create().expect("a producer");
    let mut payload = Vec::new();
    finnet_kafka::wire::encode_close(&ibm(), &mut payload);
    for _ in 0..1000 {
        let record = BaseRecord::to("in-zstd").key("IBM").payload(&payload);
        producer.send(record).map_err(|(why, _)| why).expect("room for one record");
    }
    producer.flush(TIMEOUT).expect("a broker that takes them");
    assert_eq!(closes(&cluster, "in-zstd"), vec![ibm(); 1000]);
}
