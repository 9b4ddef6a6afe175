//! A model of app1's database: rows and offsets in transactions, the offsets locked and compared.
//!
//! As in finnet-mysql: a batch locks the offsets it moves, compares them with those it began from, decides what becomes of
//! each row, and commits. Who looks at the offsets waits for those that have them locked.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use finnet_core::{PortfolioId, Valuation};
use finnet_kafka::Error;
use finnet_network::failure::Failure;
use finnet_network::store::{Advance, Appended, Between, Outcome, Rows};
use finnet_network::trouble::Trouble;

use super::client::Client;
use super::expected::Table;
use super::faults::Port;
use super::world::Stumble;

/// What is stored, and the transactions that are open.
#[derive(Debug, Default)]
pub(crate) struct Database {
    pub(crate) rows: Table,
    pub(crate) offsets: BTreeMap<i32, i64>,
    open: Vec<Open>,
    /// How many transactions were ever begun.
    begun: u64,
}

#[derive(Debug)]
struct Open {
    number: u64,
    advances: Vec<Advance>,
    rows: Vec<(PortfolioId, Valuation)>,
    /// When a commit arrives that is under way.
    arrives: Option<u64>,
}

impl Database {
    pub(crate) fn is_settled(&self) -> bool {
        self.open.is_empty()
    }

    pub(crate) fn tick(&mut self, now: u64) {
        while let Some(at) = self.open.iter().position(|open| open.arrives.is_some_and(|arrives| arrives <= now)) {
            let number = self.open[at].number;
            self.commit(number);
        }
    }

    /// Begins a transaction that has these offsets locked, and returns its number; `None` where one is not as given.
    fn begin(&mut self, advances: &[Advance], rows: Vec<(PortfolioId, Valuation)>) -> Option<u64> {
        let is_stored = |advance: &Advance| self.offsets.get(&advance.partition).copied() == advance.from;
        if !advances.iter().all(is_stored) {
            return None;
        }
        self.begun += 1;
        self.open.push(Open { number: self.begun, advances: advances.to_vec(), rows, arrives: None });
        Some(self.begun)
    }

    /// Returns whether another transaction has one of these offsets locked.
    fn is_locked(&self, is_asked: impl Fn(i32) -> bool) -> bool {
        self.open.iter().any(|open| open.advances.iter().any(|advance| is_asked(advance.partition)))
    }

    /// Returns what becomes of each row: the first of a date stands. Rows after a table's last, as the client knows it,
    /// are not looked for.
    fn decide(&self, rows: &[(PortfolioId, Valuation)], lasts: &BTreeMap<PortfolioId, NaiveDate>) -> Vec<Outcome> {
        let mut added = Table::new();
        let decide = |&(id, valuation): &(PortfolioId, Valuation)| {
            if !fits(&valuation) {
                return Outcome::OutOfRange;
            }
            let key = (id, valuation.session);
            let is_doubtful = lasts.get(&id) >= Some(&valuation.session);
            match self.rows.get(&key).filter(|_| is_doubtful).or(added.get(&key)) {
                Some(stands) if *stands == valuation => Outcome::Repeated,
                Some(_) => Outcome::Contradicting,
                None => {
                    added.insert(key, valuation);
                    Outcome::Stored
                }
            }
        };
        rows.iter().map(decide).collect()
    }

    /// Returns whether the transaction was still there to be committed.
    fn commit(&mut self, number: u64) -> bool {
        let Some(at) = self.open.iter().position(|open| open.number == number) else { return false };
        let open = self.open.swap_remove(at);
        for (id, valuation) in open.rows {
            let before = self.rows.insert((id, valuation.session), valuation);
            assert_eq!(before, None, "a row is stored once: {id} on {}", valuation.session);
        }
        self.offsets.extend(open.advances.iter().map(|advance| (advance.partition, advance.next)));
        true
    }

    fn roll_back(&mut self, number: u64) {
        self.open.retain(|open| open.number != number);
    }
}

/// The database as one app1 sees it.
pub(crate) struct Tables {
    client: Client,
    /// As of the last look, or the last batch.
    offsets: BTreeMap<i32, i64>,
    /// The date of each table's last row, as of then.
    lasts: BTreeMap<PortfolioId, NaiveDate>,
}

impl Tables {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, offsets: BTreeMap::new(), lasts: BTreeMap::new() }
    }

    fn port(&self, port: Port) -> Result<bool, Failure> {
        match self.client.world.port(self.client.slot, port) {
            Ok(()) => Ok(true),
            Err(Stumble::Failed) => Ok(false),
            Err(Stumble::Dead) => Err(Failure::new("dead")),
        }
    }

    /// Waits for the locks of others; who has them for too long loses its connection.
    fn wait(&self, is_asked: impl Fn(i32) -> bool) -> Result<(), Failure> {
        let world = self.client.world;
        let start = world.now();
        while world.database.borrow().is_locked(&is_asked) {
            world.count("locked offsets waited for");
            if world.now() - start > 20 {
                world.count("connection cut");
                let mut database = world.database.borrow_mut();
                let numbers: Vec<_> = database.open.iter().map(|open| open.number).collect();
                for number in numbers {
                    let is_under_way = database.open.iter().any(|open| open.number == number && open.arrives.is_some());
                    if is_under_way { _ = database.commit(number) } else { database.roll_back(number) }
                }
                break;
            }
            world.stir();
            if world.is_dead(self.client.slot) {
                return Err(Failure::new("dead"));
            }
        }
        Ok(())
    }

    /// Commits as chance has it; returns whether the program hears that it was.
    fn end(&self, number: u64) -> Result<bool, Trouble> {
        let world = self.client.world;
        let dice = &world.dice;
        if !dice.chance(world.rates.get().commit) {
            return Ok(world.database.borrow_mut().commit(number));
        }
        let die = |when: &str| {
            world.count(Port::Store.crash());
            self.client.trace(|| format!("dies {when}"));
            world.kill(self.client.slot);
            Err(Trouble::Kafka(Error::CalledOff))
        };
        match dice.below(5) {
            0 => {
                world.count("rows rolled back");
                world.database.borrow_mut().roll_back(number);
                Ok(false)
            }
            1 => {
                world.count("answer to a commit of rows lost");
                world.database.borrow_mut().commit(number);
                Ok(false)
            }
            2 => {
                let arrives = Some(world.now() + u64::try_from(dice.below(20)).expect("small"));
                let mut database = world.database.borrow_mut();
                if let Some(open) = database.open.iter_mut().find(|open| open.number == number) {
                    open.arrives = arrives;
                }
                drop(database);
                if dice.chance(5_000) { Ok(false) } else { die("with a commit of rows under way") }
            }
            3 => {
                world.database.borrow_mut().commit(number);
                die("after a commit of rows")
            }
            _ => {
                world.database.borrow_mut().roll_back(number);
                die("before a commit of rows")
            }
        }
    }
}

impl Rows for Tables {
    fn positions(&self, partitions: i32) -> Vec<Option<i64>> {
        (0..partitions).map(|partition| self.offsets.get(&partition).copied()).collect()
    }

    fn last_session(&self, portfolio: &PortfolioId) -> Option<NaiveDate> {
        self.lasts.get(portfolio).copied()
    }

    fn look(&mut self) -> Result<(), Failure> {
        if !self.port(Port::Look)? {
            return Err(Failure::new("the database is away for too long"));
        }
        self.wait(|_| true)?;
        let database = self.client.world.database.borrow();
        self.offsets = database.offsets.clone();
        // By date within a portfolio: the last one stays.
        self.lasts = database.rows.keys().copied().collect();
        Ok(())
    }

    fn append(
        &mut self,
        rows: &[(PortfolioId, Valuation)],
        advances: &[Advance],
        between: Between<'_>,
    ) -> Result<Appended, Trouble> {
        if !self.port(Port::Append)? {
            return Ok(Appended::LookAgain);
        }
        self.wait(|partition| advances.iter().any(|advance| advance.partition == partition))?;
        let world = self.client.world;
        let outcomes = world.database.borrow().decide(rows, &self.lasts);
        let stored = rows.iter().zip(&outcomes).filter(|(_, outcome)| **outcome == Outcome::Stored);
        let stored: Vec<_> = stored.map(|(row, _)| *row).collect();
        let mut lasts = self.lasts.clone();
        for (id, valuation) in &stored {
            let last = lasts.entry(*id).or_insert(valuation.session);
            *last = valuation.session.max(*last);
        }
        let Some(number) = world.database.borrow_mut().begin(advances, stored) else {
            world.count("offsets moved by another");
            return Ok(Appended::LookAgain);
        };
        let ready = between(&outcomes).and_then(|()| Ok(self.port(Port::Store)?));
        if !matches!(ready, Ok(true)) {
            world.database.borrow_mut().roll_back(number);
            return ready.map(|_| Appended::LookAgain);
        }
        if !self.end(number)? {
            return Ok(Appended::LookAgain);
        }
        self.lasts = lasts;
        self.offsets.extend(advances.iter().map(|advance| (advance.partition, advance.next)));
        self.client.trace(|| format!("stores {} rows up to {:?}", rows.len(), self.offsets));
        Ok(Appended::Done(outcomes))
    }
}

/// Returns whether a valuation fits its columns, `DECIMAL(28,8)` and `DECIMAL(12,2)`.
fn fits(valuation: &Valuation) -> bool {
    let amounts = [Some(valuation.value), valuation.change];
    let most = 10_i128.pow(28);
    amounts.into_iter().flatten().all(|amount| amount.units().abs() < most)
        && valuation.change_pct.is_none_or(|percent| percent.units().abs() < 10_i128.pow(12))
}
