//! What can go wrong between a program and a broker: [`Error`], and [`Refusal`] for a stream that must not be read on.

use std::fmt::{self, Write as _};

use finnet_core::Symbol;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// Why something failed on the side of Kafka.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// No broker answered in time.
    Unreachable {
        /// The servers asked.
        servers: Box<str>,
    },
    /// Somebody is there, or should be, and no connection comes about: waiting does not mend it, or did not.
    NotConnected {
        /// The servers asked.
        servers: Box<str>,
        /// Why not.
        why: Obstacle,
    },
    /// The wait for a broker was called off.
    CalledOff,
    /// A setting that librdkafka does not take, or one that these programs need as it is.
    Setting {
        /// Its name.
        name: Box<str>,
        /// What librdkafka says of it; `None` where it is ours to set.
        why: Option<Box<str>>,
    },
    /// The broker or the client refused something.
    Kafka {
        /// What was being done: "reading", "making the topic".
        doing: &'static str,
        /// With which topic.
        topic: Box<str>,
        /// What librdkafka says.
        source: Box<KafkaError>,
    },
    /// The broker knows the user and does not allow it.
    Forbidden {
        /// What was being done: "reading", "making the topic".
        doing: &'static str,
        /// With which topic.
        topic: Box<str>,
        /// What librdkafka says: to which resource there is no right.
        code: RDKafkaErrorCode,
    },
    /// A record could not be delivered: it and those after it are not on the topic.
    Undelivered {
        /// The topic.
        topic: Box<str>,
        /// What librdkafka says.
        code: RDKafkaErrorCode,
    },
    /// A newer instance of the same program has taken over: nothing that this one sends counts any more.
    Fenced {
        /// The `transactional.id` that both have.
        id: Box<str>,
    },
    /// Another instance with the same name is a member of the group.
    NameTaken {
        /// The group.
        group: Box<str>,
        /// The name.
        instance: Box<str>,
    },
    /// A transaction was not committed: nothing of it counts. Opened anew, the program goes on where it was.
    Aborted {
        /// The `transactional.id`.
        id: Box<str>,
        /// What librdkafka says.
        source: Box<KafkaError>,
    },
    /// An entry of a topic of state is not what this program wrote.
    State {
        /// The topic.
        topic: Box<str>,
        /// The entry's key.
        key: Box<str>,
        /// What is wrong with it.
        why: Box<str>,
    },
    /// Records are missing from a log that must be whole.
    Gap {
        /// The topic.
        topic: Box<str>,
        /// The partition.
        partition: i32,
        /// The first offset that is still there.
        first: i64,
    },
    /// The stream must not be read on.
    Refused(Refusal),
}

/// Why no connection comes about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Obstacle {
    /// The broker does not let the user in: name, password or mechanism are wrong.
    User {
        /// What the broker says.
        said: Box<str>,
    },
    /// No trusted authority has signed the broker's certificate, or it has expired.
    Untrusted,
    /// The broker's certificate can be trusted, and is for another host name.
    OtherHost,
    /// TLS fails for another reason.
    Tls {
        /// What OpenSSL says.
        said: Box<str>,
    },
    /// The first words without TLS are answered by closing the connection.
    WantsTls,
    /// The first words of TLS are answered by closing the connection.
    NoTls,
    /// The first question without a user is answered by closing the connection.
    WantsUser,
    /// The name of a host has no address.
    Unresolved {
        /// The host.
        host: Box<str>,
        /// What the resolver says.
        said: Box<str>,
    },
}

/// Why a stream must not be read or written on: going on would break the order of a stock's closes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// A record without a key on a topic with several partitions.
    Keyless {
        /// The topic.
        topic: Box<str>,
        /// The record's partition.
        partition: i32,
        /// Its offset.
        offset: i64,
    },
    /// One stock or portfolio in two partitions.
    TwoPartitions {
        /// The topic.
        topic: Box<str>,
        /// The key.
        key: Box<str>,
        /// Where it was before.
        before: i32,
        /// Where it is, or would go, now.
        now: i32,
    },
    /// The topic got other partitions while it was read.
    PartitionsChanged {
        /// The topic.
        topic: Box<str>,
        /// How many there were.
        before: i32,
        /// How many there are.
        now: i32,
    },
    /// The topic was deleted while it was read.
    Deleted {
        /// The topic.
        topic: Box<str>,
    },
    /// A stored position is beyond the topic's end: the topic was made anew.
    BeyondEnd {
        /// The topic.
        topic: Box<str>,
        /// The partition.
        partition: i32,
        /// The stored next offset.
        stored: i64,
        /// The topic's end.
        end: i64,
    },
}

impl Error {
    pub(crate) fn kafka(doing: &'static str, topic: &str) -> impl FnOnce(KafkaError) -> Self {
        move |source| match source {
            KafkaError::ClientConfig(_, why, name, _) => {
                Self::Setting { name: name.into(), why: Some(why.trim_end_matches('.').into()) }
            }
            KafkaError::AdminOp(code) if is_forbidden(code) => Self::Forbidden { doing, topic: topic.into(), code },
            source => match source.rdkafka_error_code() {
                Some(code) if is_forbidden(code) => Self::Forbidden { doing, topic: topic.into(), code },
                _ => Self::Kafka { doing, topic: topic.into(), source: Box::new(source) },
            },
        }
    }

    pub(crate) fn two_partitions(topic: &str, symbol: Symbol, before: i32, now: i32) -> Self {
        Refusal::TwoPartitions { topic: topic.into(), key: symbol.as_str().into(), before, now }.into()
    }
}

impl Error {
    /// Returns whether what was to be done may succeed when it is begun anew: the broker is away, or a transaction was
    /// not committed.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Aborted { source, .. } => !source.rdkafka_error_code().is_some_and(is_lasting),
            Self::Undelivered { code, .. } => !is_lasting(*code),
            Self::Kafka { source, .. } => source.rdkafka_error_code().is_some_and(is_passing),
            _ => false,
        }
    }
}

/// Returns whether a broker may answer otherwise a moment later.
pub(crate) fn is_passing(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::AllBrokersDown
            | Code::BrokerNotAvailable
            | Code::BrokerTransportFailure
            | Code::ConcurrentTransactions
            | Code::CoordinatorLoadInProgress
            | Code::CoordinatorNotAvailable
            | Code::FencedLeaderEpoch
            | Code::LeaderNotAvailable
            | Code::NetworkException
            | Code::NotCoordinator
            | Code::NotEnoughReplicas
            | Code::NotEnoughReplicasAfterAppend
            | Code::NotLeaderForPartition
            | Code::OffsetNotAvailable
            | Code::OperationTimedOut
            | Code::ReplicaNotAvailable
            | Code::RequestTimedOut
            | Code::Resolve
            | Code::UnknownLeaderEpoch
            | Code::UnknownPartition
            | Code::UnknownTopicOrPartition
            | Code::WaitingForCoordinator
    )
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Returns whether the same record, or the same question, will be refused again.
fn is_lasting(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    is_forbidden(code)
        || matches!(
            code,
            Code::InvalidRecord
                | Code::InvalidTransactionTimeout
                | Code::MessageSizeTooLarge
                | Code::PolicyViolation
                | Code::UnsupportedFeature
                | Code::UnsupportedVersion
        )
}

fn is_forbidden(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed
    )
}

/// One line that steers no terminal, whatever a broker or a record put into it.
struct OneLine<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl fmt::Write for OneLine<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|character| self.0.write_char(printable(character)))
    }
}

/// Returns the character, or `�` where it is a control or would turn the direction of what follows.
fn printable(character: char) -> char {
    match character {
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {
            '\u{fffd}'
        }
        _ if character.is_control() => '\u{fffd}',
        _ => character,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let f = &mut OneLine(f);
        match self {
            Self::Unreachable { servers } => write!(f, "no Kafka broker answers at {servers}"),
            Self::NotConnected { servers, why } => write!(f, "no connection to Kafka at {servers}: {why}"),
            Self::CalledOff => write!(f, "stopped before a Kafka broker answered"),
            Self::Setting { name, why: Some(why) } => write!(f, "Kafka setting {name}: {why}"),
            Self::Setting { name, why: None } => {
                write!(f, "Kafka setting {name} can't be set: the order and safety of the records hang on it")
            }
            Self::Kafka { doing, topic, source } => write!(f, "{doing} {topic}: {source}"),
            Self::Forbidden { doing, topic, code } => write!(f, "{doing} {topic}: this user may not: {code}"),
            Self::Undelivered { topic, code } => write!(f, "a record could not be written to {topic}: {code}"),
            Self::Fenced { id } => write!(f, "another instance has taken over (transactional.id {id})"),
            Self::NameTaken { group, instance } => {
                write!(f, "another instance of the group {group} has the name {instance}; give this one another")
            }
            Self::Aborted { id, source } => write!(f, "a transaction was not committed ({id}): {source}"),
            Self::State { topic, key, why } => write!(f, "{topic} holds at {key} what can't be gone on from: {why}"),
            Self::Gap { topic, partition, first } => write!(
                f,
                "{topic} partition {partition} has lost its records before offset {first}: the result would be wrong"
            ),
            Self::Refused(refusal) => write!(f, "{refusal}"),
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let f = &mut OneLine(f);
        match self {
            Self::User { said } => {
                write!(f, "this user is not let in: {said} (sasl.mechanism, sasl.username, sasl.password)")
            }
            Self::Untrusted => f.write_str(
                "its certificate is not to be trusted: it has expired, or no authority has signed it that is in \
                 ssl.ca.location or, without that, known to this system",
            ),
            Self::OtherHost => f.write_str("its certificate is for another host name"),
            Self::Tls { said } => write!(f, "TLS fails: {said}"),
            Self::WantsTls => f.write_str(
                "it closes the connection at the first word; does it want TLS? (security.protocol=ssl or sasl_ssl)",
            ),
            Self::NoTls => f.write_str(
                "it closes the connection at the first word of TLS; does it want none? (security.protocol=plaintext or \
                 sasl_plaintext)",
            ),
            Self::WantsUser => f.write_str(
                "it closes the connection at the first question; does it want a user? (security.protocol=sasl_ssl or \
                 sasl_plaintext)",
            ),
            Self::Unresolved { host, said } => write!(f, "can't resolve host {host}: {said}"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let f = &mut OneLine(f);
        match self {
            Self::Keyless { topic, partition, offset } => write!(
                f,
                "{topic} has several partitions, but the record at {topic}/{partition}/{offset} has no key: \
                 its place in the order is lost; send with a key, or use one partition"
            ),
            Self::TwoPartitions { topic, key, before, now } => write!(
                f,
                "{key} is in two partitions of {topic}, {before} and {now}: its order is lost; \
                 all producers must use the partitioner murmur2, and the count of partitions must stay"
            ),
            Self::PartitionsChanged { topic, before, now } => write!(
                f,
                "{topic} had {before} partitions and now has {now}: keys move, and their order is lost; \
                 make the topic anew"
            ),
            Self::Deleted { topic } => write!(f, "{topic} was deleted while it was read"),
            Self::BeyondEnd { topic, partition, stored, end } => write!(
                f,
                "the stored position {stored} is beyond the end {end} of {topic} partition {partition}: the topic was \
                 made anew; give up what was stored of the old one as well"
            ),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Kafka { source, .. } | Self::Aborted { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl std::error::Error for Refusal {}

impl std::error::Error for Obstacle {}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clear screen, a title, a line of its own, a C1 control, a NUL, and text that turns round.
    const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;x\u{7}\r\n\u{9b}31m\0\u{202e}txt\u{200f}\u{61c}\u{2066}\u{feff}";

    #[test]
    fn no_error_steers_a_terminal() {
        let text = || Box::<str>::from(HOSTILE);
        let (code, partition, offset) = (RDKafkaErrorCode::Fail, 0, 0);
        let kafka = || Box::new(KafkaError::ClientCreation(HOSTILE.to_owned()));
        let errors = [
            Error::Unreachable { servers: text() },
            Error::NotConnected { servers: text(), why: Obstacle::User { said: text() } },
            Error::NotConnected { servers: text(), why: Obstacle::Tls { said: text() } },
            Error::NotConnected { servers: text(), why: Obstacle::Unresolved { host: text(), said: text() } },
            Error::Setting { name: text(), why: Some(text()) },
            Error::Kafka { doing: "reading", topic: text(), source: kafka() },
            Error::Forbidden { doing: "reading", topic: text(), code },
            Error::Undelivered { topic: text(), code },
            Error::Fenced { id: text() },
            Error::Aborted { id: text(), source: kafka() },
            Error::State { topic: text(), key: text(), why: text() },
            Error::Gap { topic: text(), partition, first: 1 },
            Refusal::Keyless { topic: text(), partition, offset }.into(),
            Refusal::TwoPartitions { topic: text(), key: text(), before: 0, now: 1 }.into(),
        ];
        let refusal = Refusal::TwoPartitions { topic: text(), key: text(), before: 0, now: 1 };
        let alone = [refusal.to_string(), Obstacle::Tls { said: text() }.to_string()];
        for shown in errors.iter().map(Error::to_string).chain(alone) {
            let steers = |character: char| character != 't' && character != 'x' && !character.is_ascii_graphic();
            let left: String =
                shown.chars().filter(|&character| HOSTILE.contains(character) && steers(character)).collect();
            assert!(shown.contains("txt") && left.is_empty(), "{left:?} in {shown:?}");
        }
    }

    #[test]
    fn other_languages_stay_as_they_are() {
        let topic = "börse-取引所".into();
        assert_eq!(
            Error::Gap { topic, partition: 0, first: 7 }.to_string(),
            "börse-取引所 partition 0 has lost its records before offset 7: the result would be wrong"
        );
    }
}
