//! Who is first among several instances of one program: a consumer group, joined for nothing else.
//!
//! All instances subscribe to one topic under one group and read nothing of it. The owner of its last partition is
//! first. Partitions are kept where they are as far as the group allows (cooperative-sticky), and the last one is the
//! last to move; where it does move, the one that had it stops before the other starts.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;

use crate::error::Error;
use crate::settings::{Settings, Watch};

/// A membership in the group of one program's instances.
pub struct Standby {
    member: BaseConsumer<Watch>,
    topic: String,
    last: i32,
}

impl Standby {
    /// Joins the group; [`Standby::is_first`] tells when it is decided.
    ///
    /// A member that is gone without a word is forgotten after 6 s.
    ///
    /// # Errors
    ///
    /// - [`Error::Kafka`], [`Error::Setting`] where the client can't be made.
    pub fn join(settings: &Settings, group: &str, topic: &str, partitions: i32) -> Result<Self, Error> {
        let mut config = settings.consumer();
        config
            .set("group.id", group)
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", "6000")
            .set("heartbeat.interval.ms", "1500")
            .set("auto.offset.reset", "latest");
        let member: BaseConsumer<_> =
            config.create_with_context(settings.watch()).map_err(Error::kafka("joining the group of", topic))?;
        member.subscribe(&[topic]).map_err(Error::kafka("joining the group of", topic))?;
        Ok(Self { member, topic: topic.to_owned(), last: partitions - 1 })
    }

    /// Returns whether this instance is first, waiting up to `timeout` for news of the group.
    ///
    /// # Errors
    ///
    /// - [`Error::Kafka`] for what the client does not mend by itself.
    pub fn is_first(&self, timeout: Duration) -> Result<bool, Error> {
        match self.member.poll(timeout) {
            Some(Err(why)) if why.rdkafka_error_code().is_some_and(ends_membership) => {
                return Err(Error::kafka("keeping the place in the group of", &self.topic)(why));
            }
            // A record slipped in before the pause below; whose it is does not matter here.
            _ => (),
        }
        if self.member.assignment_lost() {
            return Ok(false);
        }
        let owned =
            self.member.assignment().map_err(Error::kafka("asking for the place in the group of", &self.topic))?;
        // Owned to know who is first, not to be read.
        self.member.pause(&owned).map_err(Error::kafka("asking for the place in the group of", &self.topic))?;
        Ok(owned.elements().iter().any(|place| place.partition() == self.last))
    }
}

fn ends_membership(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::TopicAuthorizationFailed | Code::GroupAuthorizationFailed | Code::Fatal | Code::InconsistentGroupProtocol
    )
}

impl std::fmt::Debug for Standby {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Standby").field("topic", &self.topic).finish_non_exhaustive()
    }
}
