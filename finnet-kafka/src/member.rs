//! Several instances of one program: a consumer group in which they share the partitions of one topic.
//!
//! All instances subscribe to the topic and read nothing of it by this: who owns a partition works on what belongs to
//! it. The group shares by the order of the instances' names, so the first keeps what it has when others come. Where a
//! partition does move, who had it gives it up before the other gets it, unless it was thought dead: then it is fenced, by
//! what it writes to.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::topic_partition_list::TopicPartitionListElem;

use crate::error::Error;
use crate::log::Member;
use crate::settings::{Settings, Watch};

/// How often within a minute an instance takes its name back before it gives in to another that has it.
const CLAIMS: u32 = 3;

/// A membership in the group of one program's instances.
pub struct Membership {
    consumer: RefCell<BaseConsumer<Watch>>,
    settings: Settings,
    group: String,
    topic: String,
    instance: String,
    /// Since when, and how often, the name was taken back.
    claims: Cell<(Instant, u32)>,
}

impl Membership {
    /// Joins the group; [`Member::owned`] tells when it is decided.
    ///
    /// `instance` is a name that this instance has again when it is started again, and no other has at the same time: it
    /// then gets back at once what it had. A member that is gone is forgotten after 6 s.
    ///
    /// # Errors
    ///
    /// - [`Error::Kafka`], [`Error::Setting`] where the client can't be made.
    pub fn join(settings: &Settings, group: &str, topic: &str, instance: &str) -> Result<Self, Error> {
        let consumer = RefCell::new(subscribe(settings, group, topic, instance)?);
        let [group, topic, instance] = [group, topic, instance].map(str::to_owned);
        let claims = Cell::new((Instant::now(), 0));
        Ok(Self { consumer, settings: settings.clone(), group, topic, instance, claims })
    }

    /// Joins anew after the group has told it that its name is another's.
    ///
    /// A coordinator that comes back can take an instance for its own double. Two that really have one name take it from
    /// each other, until one gives in.
    fn claim(&self) -> Result<(), Error> {
        let (since, count) = self.claims.get();
        let (since, count) =
            if since.elapsed() > Duration::from_mins(1) { (Instant::now(), 0) } else { (since, count) };
        if count == CLAIMS {
            return Err(Error::NameTaken {
                group: self.group.as_str().into(),
                instance: self.instance.as_str().into(),
            });
        }
        self.claims.set((since, count + 1));
        let consumer = subscribe(&self.settings, &self.group, &self.topic, &self.instance)?;
        self.consumer.replace(consumer);
        Ok(())
    }
}

fn subscribe(settings: &Settings, group: &str, topic: &str, instance: &str) -> Result<BaseConsumer<Watch>, Error> {
    let mut config = settings.consumer();
    config
        .set("group.id", group)
        .set("group.instance.id", instance)
        // Each generation has an owner for every partition, even where a member dies in the middle of its making, which
        // cooperative strategies need a further generation for: a static member does not ask for one when it comes back.
        .set("partition.assignment.strategy", "range")
        .set("session.timeout.ms", "6000")
        .set("heartbeat.interval.ms", "1500")
        .set("max.poll.interval.ms", "60000")
        .set("auto.offset.reset", "latest");
    let consumer: BaseConsumer<_> =
        config.create_with_context(settings.watch()).map_err(Error::kafka("joining the group of", topic))?;
    consumer.subscribe(&[topic]).map_err(Error::kafka("joining the group of", topic))?;
    Ok(consumer)
}

impl Member for Membership {
    type Token = ConsumerGroupMetadata;

    fn owned(&self, timeout: Duration) -> Result<Vec<i32>, Error> {
        let doing = |why| Error::kafka("keeping the place in the group of", &self.topic)(why);
        let consumer = self.consumer.borrow();
        let problem = match consumer.poll(timeout) {
            Some(Err(why)) => Some(why),
            // A record slipped in before the pause below; whose it is does not matter here.
            _ => None,
        };
        // The client says a fatal error once, and is dead from then on.
        let fatal = consumer.client().fatal_error().map(|(code, _)| code);
        let said = problem.as_ref().and_then(KafkaError::rdkafka_error_code);
        if [said, fatal].contains(&Some(RDKafkaErrorCode::FencedInstanceId)) {
            drop(consumer);
            self.claim()?;
            return Ok(Vec::new());
        }
        if let Some(why) = problem.filter(|_| said.is_some_and(ends_membership)) {
            return Err(doing(why));
        }
        if consumer.assignment_lost() {
            return Ok(Vec::new());
        }
        let owned = consumer.assignment().map_err(doing)?;
        // Owned to know who works on what, not to be read.
        consumer.pause(&owned).map_err(doing)?;
        let mut owned: Vec<_> = owned.elements().iter().map(TopicPartitionListElem::partition).collect();
        owned.sort_unstable();
        Ok(owned)
    }

    fn token(&self) -> Option<ConsumerGroupMetadata> {
        self.consumer.borrow().group_metadata()
    }
}

fn ends_membership(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::TopicAuthorizationFailed | Code::GroupAuthorizationFailed | Code::Fatal | Code::InconsistentGroupProtocol
    )
}

impl std::fmt::Debug for Membership {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Membership").field("group", &self.group).field("topic", &self.topic).finish_non_exhaustive()
    }
}
