//! What the client says by itself: that no broker is there, and why none lets it in.
//!
//! In come librdkafka's errors and lines of log, from threads of its own or where the client is polled; out go notices
//! and the gravest [`Obstacle`] heard. Its words are English made for people: what is not understood is left out, and
//! `tests/secure.rs` holds them against a real broker.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::Notice;
use crate::error::Obstacle;

/// The ear of one client.
pub(crate) struct Watch {
    notices: Arc<dyn Fn(Notice) + Send + Sync>,
    /// Values of settings that no message may repeat, not even where a broker sends one back.
    secrets: Vec<String>,
    heard: Mutex<Heard>,
}

#[derive(Default)]
struct Heard {
    obstacle: Option<Obstacle>,
    /// Whether all brokers were down after that was heard.
    from_all: bool,
}

impl Watch {
    pub(super) fn new(notices: Arc<dyn Fn(Notice) + Send + Sync>, secrets: Vec<String>) -> Self {
        Self { notices, secrets, heard: Mutex::default() }
    }

    pub(crate) fn tell(&self, error: &KafkaError) {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown) {
            let mut heard = self.heard();
            heard.from_all = heard.obstacle.is_some();
            drop(heard);
            (self.notices)(Notice::Away);
        }
    }

    /// Returns why no connection came about so far.
    pub(crate) fn obstacle(&self) -> Option<Obstacle> {
        self.heard().obstacle.clone()
    }

    /// Returns what waiting does not mend: a user who is not let in, or TLS that fails with all brokers.
    pub(crate) fn lasting_obstacle(&self) -> Option<Obstacle> {
        let heard = self.heard();
        let lasts = match heard.obstacle.as_ref()? {
            Obstacle::User { .. } => true,
            Obstacle::Untrusted | Obstacle::Tls { .. } => heard.from_all,
            // A broker that starts behind a proxy, or a name that is about to be known.
            _ => false,
        };
        heard.obstacle.clone().filter(|_| lasts)
    }

    fn keep(&self, obstacle: Obstacle) {
        let mut heard = self.heard();
        if heard.obstacle.as_ref().is_none_or(|known| gravity(known) <= gravity(&obstacle)) {
            heard.obstacle = Some(obstacle);
        }
    }

    /// Returns the words of librdkafka without the broker's name before them, the times after them, and any secret.
    fn words(&self, text: &str) -> Box<str> {
        let text = match text.split_once(": ") {
            Some((name, rest)) if !name.contains(' ') => rest,
            _ => text,
        };
        let text = text.rsplit_once(" (after ").map_or(text, |(words, _)| words);
        let bare = self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "…"));
        bare.trim_end_matches([':', ' ']).into()
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Watch {
    fn error(&self, error: KafkaError, reason: &str) {
        use RDKafkaErrorCode as Code;
        self.tell(&error);
        match error.rdkafka_error_code() {
            Some(Code::Authentication | Code::SaslAuthenticationFailed | Code::UnsupportedSASLMechanism) => {
                self.keep(Obstacle::User { said: self.words(reason) });
            }
            Some(Code::SSL) if reason.contains("certificate verify failed") => self.keep(Obstacle::Untrusted),
            Some(Code::SSL) => self.keep(Obstacle::Tls { said: self.words(reason) }),
            Some(Code::Resolve) => self.keep(unresolved(&self.words(reason))),
            _ => (),
        }
    }

    /// A connection that the other end closes is no error to librdkafka, only a line in its log.
    fn log(&self, _: RDKafkaLogLevel, facility: &str, line: &str) {
        if facility != "FAIL" || !line.contains(": Disconnected") {
            return;
        }
        let Some((_, state)) = line.rsplit_once(" in state ") else { return };
        let state = state.split(|character: char| !character.is_ascii_uppercase() && character != '_').next();
        match state {
            Some("SSL_HANDSHAKE") => self.keep(Obstacle::NoTls),
            Some("APIVERSION_QUERY") => self.keep(Obstacle::WantsTls),
            Some("UP") => self.keep(Obstacle::WantsUser),
            _ => (),
        }
    }
}

impl ConsumerContext for Watch {}

/// Returns how much an obstacle tells: with several brokers each has its own.
fn gravity(obstacle: &Obstacle) -> u8 {
    match obstacle {
        Obstacle::Unresolved { .. } => 0,
        Obstacle::WantsTls | Obstacle::NoTls | Obstacle::WantsUser => 1,
        Obstacle::Tls { .. } | Obstacle::Untrusted | Obstacle::OtherHost => 2,
        Obstacle::User { .. } => 3,
    }
}

/// Returns what `Failed to resolve 'host:9092': Name or service not known` says.
fn unresolved(words: &str) -> Obstacle {
    let quoted = words.split_once('\'').and_then(|(_, rest)| rest.split_once("': "));
    let (address, said) = quoted.unwrap_or((words, ""));
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    Obstacle::Unresolved { host: host.into(), said: said.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch() -> Watch {
        Watch::new(Arc::new(|_| ()), vec!["Zq7-kennwort".to_owned()])
    }

    fn error(watch: &Watch, code: RDKafkaErrorCode, reason: &str) {
        watch.error(KafkaError::Global(code), reason);
    }

    #[test]
    fn a_wrong_password_is_told_at_once_and_its_secret_never() {
        let watch = watch();
        error(
            &watch,
            RDKafkaErrorCode::Authentication,
            "sasl_ssl://localhost:1/bootstrap: SASL authentication error: no Zq7-kennwort here (after 3ms in state AUTH_REQ)",
        );
        let said = "SASL authentication error: no … here".into();
        assert_eq!(watch.lasting_obstacle(), Some(Obstacle::User { said }));
    }

    #[test]
    fn tls_that_fails_is_lasting_when_no_broker_is_left() {
        let (watch, down) = (watch(), RDKafkaErrorCode::AllBrokersDown);
        error(&watch, down, "2/2 brokers are down");
        error(&watch, RDKafkaErrorCode::SSL, "ssl://a:1/bootstrap: SSL handshake failed: error:0A000086:x::y");
        assert_eq!(watch.lasting_obstacle(), None, "the other broker may yet answer");
        error(&watch, down, "2/2 brokers are down");
        let said = "SSL handshake failed: error:0A000086:x::y".into();
        assert_eq!(watch.lasting_obstacle(), Some(Obstacle::Tls { said }));
    }

    #[test]
    fn closed_connections_are_told_apart_by_their_state() {
        for (state, obstacle) in [
            ("SSL_HANDSHAKE", Some(Obstacle::NoTls)),
            ("APIVERSION_QUERY, 1 identical error(s) suppressed", Some(Obstacle::WantsTls)),
            ("UP", Some(Obstacle::WantsUser)),
            ("CONNECT", None),
        ] {
            let watch = watch();
            let line =
                format!("[thrd:a:1/bootstrap]: a:1/bootstrap: Disconnected: by peer (after 9ms in state {state})");
            watch.log(RDKafkaLogLevel::Info, "FAIL", &line);
            assert_eq!(watch.obstacle(), obstacle, "{state}");
            assert_eq!(watch.lasting_obstacle(), None);
        }
        let watch = watch();
        watch.log(
            RDKafkaLogLevel::Info,
            "FAIL",
            "a:1/bootstrap: Connect to a:1 failed: refused (after 1ms in state UP)",
        );
        assert_eq!(watch.obstacle(), None);
    }

    #[test]
    fn what_tells_most_is_kept() {
        let watch = watch();
        error(&watch, RDKafkaErrorCode::Authentication, "SASL authentication error: no");
        error(
            &watch,
            RDKafkaErrorCode::Resolve,
            "a:1/bootstrap: Failed to resolve 'a:1': unknown (after 1ms in state CONNECT)",
        );
        assert!(matches!(watch.obstacle(), Some(Obstacle::User { .. })));
    }

    #[test]
    fn a_host_is_named_without_its_port() {
        let (host, said) = ("no-such.invalid".into(), "Name or service not known".into());
        let words = "Failed to resolve 'no-such.invalid:9092': Name or service not known";
        assert_eq!(unresolved(words), Obstacle::Unresolved { host, said });
        assert_eq!(unresolved("else"), Obstacle::Unresolved { host: "else".into(), said: "".into() });
    }
}
