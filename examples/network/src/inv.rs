//! An investor: values its portfolios session by session, from the closes of all exchanges.
//!
//! Valuations, its state and the positions it has read up to are committed together, so that a restart goes on from the
//! state, in a time that does not grow with the topic. Several instances share the portfolios by the partitions of the
//! topic of state; with one partition, which is the default, one works and the others stand by.

mod watch;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use chrono::NaiveDate;
use finnet_core::evaluate::Investor;
use finnet_core::{Book, Holdings, PortfolioId};
use finnet_kafka::flow::{Flow, Kept, Route, Slice};
use finnet_kafka::investor::{ClosesToValuations, Share, shares};
use finnet_kafka::log::Member as _;
use finnet_kafka::{Cluster, Error, Membership, Record, SetAside};

use crate::failure::Failure;
use crate::network_file::Network;
use crate::stop::{Done, Stop};
use crate::terminal::Terminal;
use crate::trouble::outlast;
use crate::{PORTFOLIOS, STOCK_EXCHANGE, turns};

use watch::Watch;

/// What an investor is to do.
#[derive(Debug)]
pub struct Job<'a> {
    /// The network.
    pub network: &'a Network,
    /// Which investor of it, from 0.
    pub place: usize,
    /// For each portfolio the session at which it is done; empty where it never is.
    pub until: HashMap<PortfolioId, NaiveDate>,
    /// Where the exchanges are parts of the same process: done when they are and all they sent is read.
    pub input: Option<&'a Done>,
    /// Partitions of topics to be made.
    pub partitions: i32,
    /// Partitions of the topic of state, if it is to be made: among so many instances the portfolios can be shared.
    pub shares: i32,
    /// This instance's name among those of the investor; `None` on the embedded broker, where there can be no other.
    pub instance: Option<&'a str>,
    /// Sessions that may wait for a stock before a warning.
    pub waiting_limit: usize,
    /// Sessions to expect, for the progress.
    pub expected: u64,
}

impl Job<'_> {
    fn group(&self) -> String {
        format!("inv-{}", self.place + 1)
    }

    fn book(&self) -> Result<Book, Failure> {
        let investor = &self.network.investors[self.place];
        let mut portfolios = Vec::new();
        for portfolio in &investor.portfolios {
            let id = PortfolioId { investor: investor.name, portfolio: portfolio.name };
            let lines = portfolio.holdings.iter().map(|(symbol, quantity)| (*symbol, quantity.get()));
            portfolios.push((id, Holdings::new(lines)?));
        }
        Ok(Book::new(portfolios))
    }
}

/// The flow of one share.
type ShareFlow = Flow<Investor, ClosesToValuations, Cluster>;

/// Runs an investor until its last session is done or it is asked to end.
///
/// # Errors
///
/// - Where the stream must not be read on, the state is of another network, or the broker refuses.
pub fn run(job: &Job<'_>, cluster: &Cluster, stop: &Stop, terminal: &Terminal) -> Result<(), Failure> {
    let source = cluster.ensure(STOCK_EXCHANGE, job.partitions)?;
    let target = cluster.ensure(PORTFOLIOS, job.partitions)?;
    let aside = SetAside::open(cluster, STOCK_EXCHANGE, &job.group(), 1)?;
    let (book, mut member, mut state) = (job.book()?, None, None);
    if let Some(instance) = job.instance {
        let topic = format!("{}.state", job.group());
        let made = cluster.ensure_compacted(&topic, job.shares)?;
        member = Some(Membership::join(cluster.settings(), &job.group(), &topic, instance)?);
        state = Some((topic, made.partitions));
    }
    let mut desk = Desk {
        cluster,
        route: Route {
            source: (STOCK_EXCHANGE.to_owned(), source.partitions),
            target: (PORTFOLIOS.to_owned(), target.partitions),
            state: None,
            slice: Slice::default(),
        },
        shares: shares(&book, state.as_ref().map_or(1, |(_, partitions)| *partitions)),
        state,
        stocks: ClosesToValuations::new(job.network.stocks(), source.partitions),
        aside,
        flows: BTreeMap::new(),
    };
    let mut watch = Watch::new(job, stop, terminal);
    desk.say_shares(terminal);
    while !watch.is_over() {
        if let Some(member) = &member
            && desk.flows.is_empty()
            && !turns::wait(member, |owned| desk.shares_of(owned).next().is_some(), stop, terminal)?
        {
            break;
        }
        if let Err(why) = desk.work(member.as_ref(), &mut watch) {
            // What was not committed is given up with its flow; the state says where to go on.
            desk.flows.clear();
            outlast(why, stop, terminal)?;
        }
    }
    watch.finish();
    Ok(())
}

/// The shares that this instance works on, and what it takes to begin with another.
struct Desk<'a> {
    cluster: &'a Cluster,
    route: Route,
    shares: Vec<Share>,
    /// The topic of state and its partitions, where there is one.
    state: Option<(String, i32)>,
    stocks: ClosesToValuations,
    aside: SetAside,
    /// By partition of the topic of state.
    flows: BTreeMap<i32, ShareFlow>,
}

impl Desk<'_> {
    /// Says where the portfolios make fewer shares than there are partitions for them: more instances than that stand by.
    fn say_shares(&self, terminal: &Terminal) {
        let partitions = self.state.as_ref().map_or(1, |(_, partitions)| *partitions);
        let count = self.shares.len();
        if i32::try_from(count).is_ok_and(|count| count < partitions) {
            terminal.say(format!(
                "by their names the portfolios fall into {count} of {partitions} shares: so many instances work"
            ));
        }
    }

    /// Returns the shares that go with these partitions.
    fn shares_of<'s>(&'s self, owned: &'s [i32]) -> impl Iterator<Item = &'s Share> {
        self.shares.iter().filter(|share| owned.contains(&share.partition))
    }

    /// Works on what this instance owns, until it owns something else, or it is over.
    fn work(&mut self, member: Option<&Membership>, watch: &mut Watch<'_>) -> Result<(), Error> {
        let owned = member.map_or_else(|| Ok(vec![0]), |member| member.owned(Duration::ZERO))?;
        self.flows.retain(|partition, _| owned.contains(partition));
        let missing = self.shares_of(&owned).filter(|share| !self.flows.contains_key(&share.partition));
        for share in missing.cloned().collect::<Vec<_>>() {
            let flow = self.open(&share)?;
            watch.opened(&flow);
            self.flows.insert(share.partition, flow);
        }
        if self.flows.is_empty() {
            return Ok(());
        }
        let mut ends = None;
        while !watch.is_over() {
            if ends.is_none() && watch.is_input_sent() {
                let any = self.flows.values().next();
                ends = any.map(|flow| flow.source().ends(self.cluster)).transpose()?;
            }
            if let Some(member) = member
                && member.owned(Duration::ZERO)? != owned
            {
                break;
            }
            let token = member.and_then(finnet_kafka::log::Member::token);
            for flow in self.flows.values_mut() {
                flow.turn(token.as_ref(), watch)?;
            }
            watch.look(self.flows.values(), ends.as_deref())?;
        }
        Ok(())
    }

    fn open(&self, share: &Share) -> Result<ShareFlow, Error> {
        let partition = share.partition;
        let state = self.state.clone().map(|(topic, partitions)| Kept { topic, partition, partitions });
        let route = Route { state, ..self.route.clone() };
        let codec = self.stocks.clone().leaving(share.left.clone());
        Flow::open(self.cluster, route, Investor::new(share.book.clone()), codec, self.aside.clone())
    }
}

/// Returns where a record lies, as the key under which it is set aside.
pub fn place(record: &Record<'_>) -> String {
    format!("{}/{}/{}", record.topic, record.partition, record.offset)
}
