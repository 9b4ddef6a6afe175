//! A model of Kafka's log: topics of partitions, records and the ends of transactions in them, producers and epochs.
//!
//! The end of a transaction takes an offset in each partition that it wrote to, and may reach them one after the other;
//! until it does, readers of committed records stop before the transaction's first record.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::dice::Dice;
use super::log::{Entry, Fact, Fate, Partition, Txn};

/// For how many ticks a transaction may be open.
pub(crate) const TRANSACTION: u64 = 40;

/// For how many ticks the word that a key is gone is kept, and for as long as somebody reads who may miss it.
const TOMBSTONE: u64 = 1_000;

/// The producer has an epoch that is not the last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stale;

#[derive(Debug)]
struct Topic {
    partitions: Vec<Partition>,
    is_compacted: bool,
}

#[derive(Debug, Default)]
struct Producer {
    epoch: u32,
    open: Option<Open>,
    /// The transaction before: it must be at its end everywhere before another begins.
    before: Option<Txn>,
}

#[derive(Debug)]
struct Open {
    txn: Txn,
    began: u64,
    touched: Vec<(Rc<str>, usize)>,
}

/// A commit that was asked for and has not arrived.
#[derive(Debug)]
struct UnderWay {
    id: Rc<str>,
    epoch: u32,
    txn: Txn,
    arrives: u64,
}

/// All topics and producers.
#[derive(Debug, Default)]
pub(crate) struct Broker {
    topics: BTreeMap<Rc<str>, Topic>,
    fates: Vec<Fate>,
    producers: BTreeMap<Rc<str>, Producer>,
    /// Ends of transactions that have not reached their partition.
    late: Vec<(Txn, Rc<str>, usize)>,
    now: u64,
    /// How many read a topic from its start on just now.
    pub(crate) readers: usize,
    under_way: Vec<UnderWay>,
}

impl Broker {
    pub(crate) fn make(&mut self, topic: &str, partitions: i32, is_compacted: bool) {
        let partitions = (0..partitions).map(|_| Partition::default()).collect();
        self.topics.insert(topic.into(), Topic { partitions, is_compacted });
    }

    pub(crate) fn partitions(&self, topic: &str) -> i32 {
        i32::try_from(self.topics[topic].partitions.len()).expect("a few")
    }

    pub(crate) fn marks(&self, topic: &str) -> Vec<(i64, i64)> {
        self.topics[topic].partitions.iter().map(|partition| (0, partition.end)).collect()
    }

    pub(crate) fn stable_end(&self, topic: &str, partition: usize) -> i64 {
        self.topics[topic].partitions[partition].stable_end()
    }

    /// Returns the first committed record from this offset on that a reader may see.
    pub(crate) fn next(&self, topic: &str, partition: usize, from: i64) -> Option<(i64, Rc<Fact>)> {
        let partition = &self.topics[topic].partitions[partition];
        let (start, stable) = (partition.entries.partition_point(|entry| entry.offset < from), partition.stable_end());
        let seen = partition.entries[start..].iter().take_while(|entry| entry.offset < stable);
        let mut committed = seen.filter(|entry| self.fate(entry) == Fate::Committed);
        committed.find_map(|entry| Some((entry.offset, Rc::clone(entry.fact.as_ref()?))))
    }

    /// Returns the records of a topic by partition, aborted ones left out; the flag says whether it is committed.
    pub(crate) fn records(&self, topic: &str) -> impl Iterator<Item = (i32, i64, &Rc<Fact>, bool)> {
        let partitions = (0..).zip(&self.topics[topic].partitions);
        partitions.flat_map(move |(number, partition)| {
            let stable = partition.stable_end();
            partition.entries.iter().filter_map(move |entry| {
                let fate = self.fate(entry);
                let fact = entry.fact.as_ref().filter(|_| fate != Fate::Aborted)?;
                Some((number, entry.offset, fact, fate == Fate::Committed && entry.offset < stable))
            })
        })
    }

    /// Appends a record outside of any transaction.
    pub(crate) fn append(&mut self, topic: &str, partition: usize, fact: Fact) -> i64 {
        let log = &mut self.topics.get_mut(topic).expect("a topic").partitions[partition];
        log.append(self.now, None, Some(Rc::new(fact)))
    }

    /// Returns the epoch of a new producer of this id; what others of it left open is aborted.
    pub(crate) fn open(&mut self, id: &str, dice: &Dice) -> u32 {
        let producer = self.producers.entry(id.into()).or_default();
        producer.epoch += 1;
        let epoch = producer.epoch;
        self.end(id, epoch, Fate::Aborted, 0, dice).expect("the epoch is new");
        self.settle(id);
        epoch
    }

    /// Returns the open transaction of a producer.
    pub(crate) fn open_of(&self, id: &str, epoch: u32) -> Option<Txn> {
        let producer = self.producers.get(id).filter(|producer| producer.epoch == epoch)?;
        producer.open.as_ref().map(|open| open.txn)
    }

    /// Appends a record to the producer's transaction, which begins with it if there is none.
    pub(crate) fn produce(
        &mut self,
        (id, epoch): (&str, u32),
        (topic, partition): (&str, usize),
        fact: Fact,
    ) -> Result<(), Stale> {
        if self.producers[id].epoch != epoch {
            return Err(Stale);
        }
        if self.producers[id].open.is_none() {
            self.settle(id);
        }
        let Self { topics, fates, producers, now, .. } = self;
        let open = producers.get_mut(id).expect("it is there").open.get_or_insert_with(|| {
            fates.push(Fate::Open);
            Open { txn: fates.len() - 1, began: *now, touched: Vec::new() }
        });
        let name = Rc::clone(topics.get_key_value(topic).expect("a topic").0);
        let log = &mut topics.get_mut(topic).expect("a topic").partitions[partition];
        if !open.touched.contains(&(Rc::clone(&name), partition)) {
            open.touched.push((name, partition));
            log.open.push((open.txn, log.end));
        }
        log.append(*now, Some(open.txn), Some(Rc::new(fact)));
        Ok(())
    }

    /// Ends the producer's transaction, if there is one; its end reaches some partitions late.
    pub(crate) fn end(&mut self, id: &str, epoch: u32, fate: Fate, late: u32, dice: &Dice) -> Result<(), Stale> {
        let producer = self.producers.get_mut(id).expect("it is there");
        if producer.epoch != epoch {
            return Err(Stale);
        }
        let Some(open) = producer.open.take() else { return Ok(()) };
        producer.before = Some(open.txn);
        self.fates[open.txn] = fate;
        for (topic, partition) in open.touched {
            if dice.chance(late) {
                self.late.push((open.txn, topic, partition));
            } else {
                self.mark(open.txn, &topic, partition);
            }
        }
        Ok(())
    }

    /// Lets a commit be under way: it counts once it arrives, unless something else has ended the transaction.
    pub(crate) fn commit_later(&mut self, id: &str, epoch: u32, txn: Txn, arrives: u64) {
        self.under_way.push(UnderWay { id: id.into(), epoch, txn, arrives });
    }

    /// Lets time pass: transactions that are open for too long are aborted, and what is late arrives.
    /// Returns how many transactions were aborted, and how many late commits counted.
    pub(crate) fn tick(&mut self, now: u64, late: u32, dice: &Dice) -> (usize, usize) {
        self.now = now;
        let arrived: Vec<_> = self.under_way.extract_if(.., |one| one.arrives <= now).collect();
        let mut committed = 0;
        for UnderWay { id, epoch, txn, .. } in arrived {
            if self.open_of(&id, epoch) == Some(txn) {
                committed += 1;
                self.end(&id, epoch, Fate::Committed, late, dice).expect("the epoch was compared");
            }
        }
        let is_over = |open: &Open| now.saturating_sub(open.began) > TRANSACTION;
        let over = self.producers.iter().filter(|(_, producer)| producer.open.as_ref().is_some_and(is_over));
        let over: Vec<_> = over.map(|(id, producer)| (Rc::clone(id), producer.epoch)).collect();
        for (id, epoch) in &over {
            self.end(id, *epoch, Fate::Aborted, late, dice).expect("it is the producer's own");
            self.producers.get_mut(id).expect("it is there").epoch += 1;
        }
        let due: Vec<_> = self.late.extract_if(.., |_| late == 0 || dice.chance(2_500)).collect();
        for (txn, topic, partition) in due {
            self.mark(txn, &topic, partition);
        }
        (over.len(), committed)
    }

    /// Returns whether no transaction is open and nothing is under way.
    pub(crate) fn is_settled(&self) -> bool {
        self.late.is_empty()
            && self.under_way.is_empty()
            && self.producers.values().all(|producer| producer.open.is_none())
    }

    /// Keeps of what is committed the last record of each key, in one compacted topic; returns how many records went.
    pub(crate) fn compact(&mut self, dice: &Dice) -> usize {
        let compacted: Vec<_> =
            self.topics.iter().filter(|(_, topic)| topic.is_compacted).map(|(name, _)| name).collect();
        let name = Rc::clone(compacted[dice.below(compacted.len())]);
        let Self { topics, fates, now, readers, .. } = self;
        let is_committed = |entry: &Entry| entry.txn.is_none_or(|txn| fates[txn] == Fate::Committed);
        let mut gone = 0;
        for partition in &mut topics.get_mut(&name).expect("a topic").partitions {
            let stable = partition.stable_end();
            let mut lasts: HashMap<Option<Box<[u8]>>, i64> = HashMap::new();
            for entry in partition.entries.iter().filter(|entry| entry.offset < stable && is_committed(entry)) {
                if let Some(fact) = &entry.fact {
                    lasts.insert(fact.key.clone(), entry.offset);
                }
            }
            let before = partition.entries.len();
            partition.entries.retain(|entry| {
                let Some(fact) = &entry.fact else { return entry.offset >= stable };
                let is_last = is_committed(entry) && lasts.get(&fact.key) == Some(&entry.offset);
                let is_kept = fact.payload.is_some() || *readers > 0 || *now - entry.since < TOMBSTONE;
                entry.offset >= stable || is_last && is_kept
            });
            gone += before - partition.entries.len();
        }
        gone
    }

    fn fate(&self, entry: &Entry) -> Fate {
        entry.txn.map_or(Fate::Committed, |txn| self.fates[txn])
    }

    /// Lets the end of the producer's last transaction reach all its partitions.
    fn settle(&mut self, id: &str) {
        let before = self.producers[id].before;
        let due: Vec<_> = self.late.extract_if(.., |(txn, ..)| Some(*txn) == before).collect();
        for (txn, topic, partition) in due {
            self.mark(txn, &topic, partition);
        }
    }

    fn mark(&mut self, txn: Txn, topic: &str, partition: usize) {
        let log = &mut self.topics.get_mut(topic).expect("a topic").partitions[partition];
        log.open.retain(|(open, _)| *open != txn);
        log.append(self.now, Some(txn), None);
    }
}
