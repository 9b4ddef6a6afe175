//! The programs as processes: what the loops of `se`, `inv` and `app1` do, a step at a time.
//!
//! What they call is the real thing: emitter, flow, app1's turn and what it sets aside. What they do after an error is
//! what those loops do: give up what they hold, and begin anew where it was committed.

use std::collections::BTreeMap;
use std::time::Duration;

use finnet_core::evaluate::{self, Outcome as Evaluated};
use finnet_core::{Close, PortfolioId, Symbol, Valuation};
use finnet_kafka::exchange::{Desk, Emitter, Opening};
use finnet_kafka::flow::{self, Flow, Kept, Route, Slice};
use finnet_kafka::investor::{ClosesToValuations, Share};
use finnet_kafka::log::Member as _;
use finnet_kafka::wire::Reason;
use finnet_kafka::{Error, Record, SetAside};
use finnet_network::app1::{self, App, Turned};
use finnet_network::rejects::{Rejects, Shared};
use finnet_network::store::{Outcome, Rows as _};
use finnet_network::trouble::Trouble;

use super::client::Client;
use super::database::Tables;
use super::member::Membership;
use super::pen::Pen;
use super::process::{Program, Step};

/// Returns what a program does after an error: it begins anew, unless that is no use.
fn outlast(client: Client, why: &Error) -> Step {
    if client.world.is_dead(client.slot) {
        return Step::Stopped;
    }
    client.trace(|| format!("begins anew: {why}"));
    assert!(why.may_pass() || matches!(why, Error::Fenced { .. }), "slot {} is refused: {why}", client.slot);
    Step::Worked
}

/// An exchange, as `se` runs it.
pub(crate) struct Exchange {
    client: Client,
    desk: Desk,
    stocks: Vec<Symbol>,
    sessions: Vec<Vec<Close>>,
    opening: Opening,
    emitter: Option<Emitter<Pen>>,
    /// How many sessions this emitter has sent or passed over.
    done: usize,
}

impl Exchange {
    pub(crate) fn new(client: Client, desk: Desk, stocks: Vec<Symbol>, sessions: Vec<Vec<Close>>) -> Self {
        Self { client, desk, stocks, sessions, opening: Opening::Begins, emitter: None, done: 0 }
    }

    /// Opens the emitter; where a fence says that another has taken over since this one began, it ends.
    fn open(&mut self) -> Step {
        match Emitter::open(&self.client, self.desk.clone(), &self.stocks, self.opening) {
            Ok(emitter) => {
                (self.opening, self.done, self.emitter) = (Opening::GoesOn, 0, Some(emitter));
                Step::Worked
            }
            Err(why @ Error::Fenced { .. }) if self.opening == Opening::GoesOn => {
                self.client.trace(|| format!("ends: {why}"));
                self.client.world.count("exchange ended by a fence");
                Step::Ended
            }
            Err(why) => outlast(self.client, &why),
        }
    }
}

/// Sends one session and commits where it is time to; returns whether it was the last, and all is committed.
fn send(emitter: &mut Emitter<Pen>, session: Option<&Vec<Close>>, is_last: bool, is_time: bool) -> Result<bool, Error> {
    for close in session.into_iter().flatten() {
        emitter.send(close)?;
    }
    if is_last || is_time || emitter.left() == Some(Duration::ZERO) {
        emitter.commit()?;
    }
    Ok(is_last)
}

impl Program for Exchange {
    fn step(&mut self) -> Step {
        let Some(emitter) = &mut self.emitter else { return self.open() };
        let session = self.sessions.get(self.done);
        self.done += 1;
        // The time of a slice is over now and then.
        let is_time = self.client.world.dice.chance(2_000);
        match send(emitter, session, self.done >= self.sessions.len(), is_time) {
            Ok(true) => Step::Ended,
            Ok(false) => Step::Worked,
            Err(why) => {
                self.emitter = None;
                outlast(self.client, &why)
            }
        }
    }
}

/// An investor, as `inv` runs it.
pub(crate) struct Investor {
    client: Client,
    member: Membership,
    route: Route,
    /// The topic of state, and its partitions.
    state: (String, i32),
    shares: Vec<Share>,
    codec: ClosesToValuations,
    aside: SetAside,
    flows: BTreeMap<i32, Flow<evaluate::Investor, ClosesToValuations, Client>>,
}

impl Investor {
    pub(crate) fn new(
        client: Client,
        member: Membership,
        route: Route,
        state: (String, i32),
        shares: Vec<Share>,
        codec: ClosesToValuations,
        aside: SetAside,
    ) -> Self {
        Self { client, member, route, state, shares, codec, aside, flows: BTreeMap::new() }
    }

    /// Works on what this instance owns; returns how many records it read.
    fn work(&mut self) -> Result<usize, Error> {
        let owned = self.member.owned(Duration::ZERO)?;
        self.flows.retain(|partition, _| owned.contains(partition));
        for share in self.shares.iter().filter(|share| owned.contains(&share.partition)) {
            if !self.flows.contains_key(&share.partition) {
                let (topic, partitions) = self.state.clone();
                let state = Some(Kept { topic, partition: share.partition, partitions });
                let route = Route { state, ..self.route.clone() };
                let machine = evaluate::Investor::new(share.book.clone());
                let codec = self.codec.clone().leaving(share.left.clone());
                let flow = Flow::open(&self.client, route, machine, codec, self.aside.clone())?;
                self.flows.insert(share.partition, flow);
            }
        }
        let (token, mut records) = (self.member.token(), 0);
        for flow in self.flows.values_mut() {
            records += flow.turn(token.as_ref(), &mut Watch(self.client))?;
        }
        Ok(records)
    }
}

impl Program for Investor {
    fn step(&mut self) -> Step {
        match self.work() {
            Ok(0) => Step::Rested,
            Ok(_) => Step::Worked,
            Err(why) => {
                self.flows.clear();
                outlast(self.client, &why)
            }
        }
    }
}

/// app1, as it runs itself.
pub(crate) struct App1 {
    client: &'static Client,
    member: Membership,
    partitions: i32,
    portfolios: Vec<PortfolioId>,
    tables: Tables,
    aside: SetAside,
    slice: Slice,
    app: Option<App<'static, Client>>,
}

impl App1 {
    pub(crate) fn new(
        client: &'static Client,
        member: Membership,
        partitions: i32,
        portfolios: Vec<PortfolioId>,
        aside: SetAside,
        slice: Slice,
    ) -> Self {
        Self { client, member, partitions, portfolios, tables: Tables::new(*client), aside, slice, app: None }
    }

    fn serve(&mut self) -> Result<Turned, Trouble> {
        if !self.member.owned(Duration::ZERO)?.contains(&(self.partitions - 1)) {
            self.app = None;
            return Ok(Turned::Idle);
        }
        if self.app.is_none() {
            self.tables.look()?;
            let rejects = |log, from| Rejects::new(log, self.aside.clone(), from, Shared::Yes);
            let (portfolios, slice) = (&self.portfolios, self.slice);
            let app = App::open(self.client, self.partitions, portfolios, &self.tables, rejects, slice)?;
            self.app = Some(app);
        }
        let app = self.app.as_mut().expect("opened above");
        app.turn(&mut self.tables, &mut Watch(*self.client))
    }
}

impl Program for App1 {
    fn step(&mut self) -> Step {
        match self.serve() {
            Ok(Turned::Idle) => Step::Rested,
            Ok(Turned::Stored) => Step::Worked,
            Ok(Turned::LookAgain) => {
                self.app = None;
                Step::Worked
            }
            Err(Trouble::Kafka(why)) => {
                self.app = None;
                outlast(*self.client, &why)
            }
            Err(Trouble::Failure(why)) => {
                self.client.trace(|| format!("fails: {why}"));
                Step::Stopped
            }
        }
    }
}

/// Looks on, and counts.
struct Watch(Client);

impl flow::Observer<evaluate::Investor> for Watch {
    fn output(&mut self, (id, outcome): &(PortfolioId, Evaluated), record: &Record<'_>) {
        self.0.world.count(match outcome {
            Evaluated::Valued(_) => "valued",
            Evaluated::Void { .. } => "void",
            _ => "late, repeated or contradicting",
        });
        self.0.trace(|| format!("{}/{}: {id} {outcome:?}", record.partition, record.offset));
    }

    fn set_aside(&mut self, reason: Reason, record: &Record<'_>, written: bool) {
        self.0.world.count(if written { "close set aside" } else { "close set aside before" });
        self.0.trace(|| format!("{}/{}: set aside, {reason}", record.partition, record.offset));
    }
}

impl app1::Observer for Watch {
    fn row(&mut self, _: PortfolioId, _: &Valuation, outcome: Outcome) {
        self.0.world.count(if outcome == Outcome::Stored { "row stored" } else { "row not stored" });
    }

    fn set_aside(&mut self, reason: Reason, record: &Record<'_>, written: bool) {
        self.0.world.count(if written { "valuation set aside" } else { "valuation set aside before" });
        self.0.trace(|| format!("{}/{}: set aside, {reason}", record.partition, record.offset));
    }
}
