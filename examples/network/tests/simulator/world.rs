//! The world of one run: a clock of ticks, the broker, the groups, the database, and the processes that take turns.
//!
//! There are no threads. A process runs a step at a time; wherever it touches the world ([`World::port`]) it may die, or
//! sleep while others run, as deep in its own code as it is.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;

use super::broker::Broker;
use super::client::Client;
use super::database::Database;
use super::dice::Dice;
use super::faults::{Port, Rates};
use super::group::{Groups, SESSION};
use super::market::Market;
use super::poison::Poison;
use super::process::{Process, Program, Start, State, Step};

/// How many processes there can be.
const SLOTS: usize = 16;
/// How many processes can sleep inside of each other's steps.
const DEEPEST: usize = 4;

/// Why a port does not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stumble {
    /// The process is dead: nothing that it does has any effect.
    Dead,
    /// The request has failed.
    Failed,
}

/// Where runs take place, one after the other.
pub(crate) struct World {
    pub(crate) dice: Dice,
    pub(crate) broker: RefCell<Broker>,
    pub(crate) groups: RefCell<Groups>,
    pub(crate) database: RefCell<Database>,
    pub(crate) market: RefCell<Market>,
    pub(crate) poison: RefCell<Poison>,
    pub(crate) rates: Cell<Rates>,
    clients: OnceCell<Vec<Client>>,
    processes: RefCell<Vec<Process>>,
    now: Cell<u64>,
    depth: Cell<usize>,
    is_traced: Cell<bool>,
    counts: RefCell<BTreeMap<&'static str, u64>>,
}

impl World {
    /// Returns a world for one thread. Programs borrow their clients for as long as they like, so it is never given back.
    pub(crate) fn new() -> &'static Self {
        let world: &'static Self = Box::leak(Box::new(Self {
            dice: Dice::new(0),
            broker: RefCell::default(),
            groups: RefCell::default(),
            database: RefCell::default(),
            market: RefCell::default(),
            poison: RefCell::default(),
            rates: Cell::default(),
            clients: OnceCell::new(),
            processes: RefCell::default(),
            now: Cell::new(0),
            depth: Cell::new(0),
            is_traced: Cell::new(false),
            counts: RefCell::default(),
        }));
        let clients = world.clients.set((0..SLOTS).map(|slot| Client { world, slot }).collect());
        assert!(clients.is_ok(), "made once");
        world
    }

    /// Begins anew, with nothing in it but the topics and groups of a market.
    pub(crate) fn begin(&self, seed: u64, market: Market, rates: Rates, is_traced: bool) {
        let processes = std::mem::take(&mut *self.processes.borrow_mut());
        drop(processes);
        self.dice.begin(seed);
        *self.broker.borrow_mut() = Broker::default();
        *self.groups.borrow_mut() = Groups::default();
        *self.database.borrow_mut() = Database::default();
        *self.poison.borrow_mut() = Poison::default();
        *self.market.borrow_mut() = market;
        self.rates.set(rates);
        self.now.set(0);
        self.depth.set(0);
        self.is_traced.set(is_traced);
    }

    /// Adds a process.
    pub(crate) fn add(&self, name: String, weight: usize, start: Start) {
        let mut processes = self.processes.borrow_mut();
        assert!(processes.len() < SLOTS, "a place for each process");
        processes.push(Process::new(name, weight, start));
    }

    pub(crate) fn now(&self) -> u64 {
        self.now.get()
    }

    /// Counts something that has happened.
    pub(crate) fn count(&self, what: &'static str) {
        *self.counts.borrow_mut().entry(what).or_default() += 1;
    }

    pub(crate) fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.counts.borrow().clone()
    }

    /// Says what has happened, where a run is looked at.
    pub(crate) fn trace(&self, slot: Option<usize>, what: impl FnOnce() -> String) {
        if self.is_traced.get() {
            let name = slot.map_or_else(String::new, |slot| self.processes.borrow()[slot].name.clone());
            let indent = 2 * self.depth.get();
            eprintln!("{:>6}  {:indent$}{name:<10} {}", self.now(), "", what());
        }
    }

    pub(crate) fn is_dead(&self, slot: usize) -> bool {
        self.processes.borrow().get(slot).is_none_or(|process| process.state != State::Alive)
    }

    /// Lets a process die where it is: nothing that it does from now on has any effect.
    pub(crate) fn kill(&self, slot: usize) {
        self.processes.borrow_mut()[slot].state = State::Dead;
        self.trace(Some(slot), || "† dies".to_owned());
    }

    /// Lets a process through to the world, unless it dies there or the request fails; it may sleep before.
    pub(crate) fn port(&'static self, slot: usize, port: Port) -> Result<(), Stumble> {
        if self.is_dead(slot) {
            return Err(Stumble::Dead);
        }
        let rates = self.rates.get();
        if rates == Rates::default() {
            return Ok(());
        }
        if self.dice.chance(rates.nap) {
            self.nap(slot, port);
        }
        if self.dice.chance(rates.crash) {
            self.count(port.crash());
            self.kill(slot);
            return Err(Stumble::Dead);
        }
        if port.can_fail() && self.dice.chance(rates.failure) {
            self.trace(Some(slot), || format!("{port:?} fails"));
            return Err(Stumble::Failed);
        }
        Ok(())
    }

    /// Lets another process take a turn, or a tick pass where none can.
    pub(crate) fn stir(&'static self) {
        let slot = if self.depth.get() < DEEPEST { self.draw() } else { None };
        match slot {
            Some(slot) => _ = self.step(slot),
            None => self.tick(),
        }
    }

    /// Lets a process take a turn; returns whether it did anything.
    pub(crate) fn step(&'static self, slot: usize) -> bool {
        self.tick();
        let Some(mut program) = self.wake(slot) else { return false };
        self.depth.set(self.depth.get() + 1);
        let step = if self.dice.chance(self.rates.get().stop) {
            self.count("asked to end");
            self.trace(Some(slot), || "is asked to end".to_owned());
            Step::Stopped
        } else {
            program.step()
        };
        self.depth.set(self.depth.get() - 1);
        let is_dead = self.is_dead(slot);
        if is_dead || matches!(step, Step::Ended | Step::Stopped) {
            // What it still holds goes before it can be started again.
            drop(program);
            let back_at = self.now() + 1 + u64::try_from(self.dice.below(12)).expect("small");
            let process = &mut self.processes.borrow_mut()[slot];
            let has_ended = !is_dead && step == Step::Ended;
            process.state = if has_ended { State::Ended } else { State::Dead };
            (process.is_busy, process.rests, process.back_at) = (false, has_ended, back_at);
        } else {
            let process = &mut self.processes.borrow_mut()[slot];
            (process.is_busy, process.rests, process.program) = (false, step == Step::Rested, Some(program));
        }
        step == Step::Worked
    }

    /// Returns whether every process has ended, or had nothing to do when it was last its turn.
    pub(crate) fn is_quiet(&self) -> bool {
        self.processes.borrow().iter().all(|process| process.rests)
            && self.broker.borrow().is_settled()
            && self.database.borrow().is_settled()
    }

    pub(crate) fn processes(&self) -> usize {
        self.processes.borrow().len()
    }

    /// Returns the number of a process whose turn it may be, those with more weight more often.
    pub(crate) fn draw(&self) -> Option<usize> {
        let processes = self.processes.borrow();
        let ready =
            || processes.iter().enumerate().filter(|(_, process)| !process.is_busy && process.state != State::Ended);
        let all: usize = ready().map(|(_, process)| process.weight).sum();
        let mut drawn = self.dice.below(all.max(1));
        for (slot, process) in ready() {
            if drawn < process.weight {
                return Some(slot);
            }
            drawn -= process.weight;
        }
        None
    }

    /// Takes the program out of its process, which is started where it is dead.
    fn wake(&'static self, slot: usize) -> Option<Box<dyn Program>> {
        let mut processes = self.processes.borrow_mut();
        let process = &mut processes[slot];
        let waits = process.state == State::Dead && self.now() < process.back_at;
        if process.is_busy || process.state == State::Ended || waits {
            return None;
        }
        process.is_busy = true;
        if process.state == State::Alive {
            return process.program.take();
        }
        (process.state, process.lives) = (State::Alive, process.lives + 1);
        let lives = process.lives;
        let program = (process.start)(&self.clients.get().expect("made with the world")[slot], lives);
        drop(processes);
        self.trace(Some(slot), || format!("starts, life {lives}"));
        Some(program)
    }

    /// Stops a process for a while; others go on.
    fn nap(&'static self, slot: usize, port: Port) {
        let dice = &self.dice;
        let ticks = if dice.chance(self.rates.get().long) { 20 + dice.below(80) } else { 1 + dice.below(5) };
        let (start, ticks) = (self.now(), u64::try_from(ticks).expect("small"));
        self.trace(Some(slot), || format!("sleeps {ticks} ticks before {port:?}"));
        self.processes.borrow_mut()[slot].is_stopped = true;
        while self.now() < start + ticks {
            self.stir();
        }
        self.processes.borrow_mut()[slot].is_stopped = false;
        self.count(if self.now() - start > SESSION { "zombie wakes" } else { "short sleep" });
        self.trace(Some(slot), || "wakes".to_owned());
    }

    /// Lets time pass for all but the processes.
    fn tick(&self) {
        let (now, rates, dice) = (self.now() + 1, self.rates.get(), &self.dice);
        self.now.set(now);
        let (timed_out, late) = self.broker.borrow_mut().tick(now, rates.late, dice);
        (0..timed_out).for_each(|_| self.count("transaction timed out"));
        (0..late).for_each(|_| self.count("commit arrived late"));
        let processes = self.processes.borrow();
        let lost = self.groups.borrow_mut().tick(now, |slot| processes[slot].has_pulse());
        drop(processes);
        (0..lost).for_each(|_| self.count("member thought dead"));
        self.database.borrow_mut().tick(now);
        if dice.chance(rates.rebalance) {
            self.count("rebalance");
            self.groups.borrow_mut().rebalance(dice);
        }
        if dice.chance(rates.compaction) && self.broker.borrow_mut().compact(dice) > 0 {
            self.count("compaction");
        }
        if dice.chance(rates.poison) {
            self.poison.borrow_mut().sow(&mut self.broker.borrow_mut(), &self.market.borrow(), dice, now);
        }
    }
}
