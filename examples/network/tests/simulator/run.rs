//! One run: a market's topics, groups and processes, faults for a while, then calm until all is done; and what it came to.

use std::time::Duration;

use finnet_kafka::SetAside;
use finnet_kafka::exchange::Desk;
use finnet_kafka::flow::{Route, Slice};
use finnet_kafka::investor::{ClosesToValuations, shares};
use finnet_kafka::partition;
use finnet_network::app1::GROUP;
use finnet_network::{PORTFOLIOS, STOCK_EXCHANGE};

use super::broker::TRANSACTION;
use super::checks::{check_positions, check_rejected, outcome};
use super::client::Client;
use super::expected::Outcome;
use super::faults::Rates;
use super::group::SESSION;
use super::log::Fact;
use super::market::{Market, TODAY_MS};
use super::member::Membership;
use super::process::Program;
use super::programs::{App1, Exchange, Investor};
use super::world::World;

/// For how many ticks faults go on at the most.
const WILD: u64 = 2_500;
/// Within how many ticks all must be done once there are none.
const CALM: u64 = 20_000;

/// Runs a market with these faults; returns what it came to.
///
/// # Errors
///
/// - What was set aside wrongly; that it did not come to an end.
pub(crate) fn run(
    world: &'static World,
    seed: u64,
    market: &Market,
    rates: Rates,
    trace: bool,
) -> Result<Outcome, String> {
    world.begin(seed, market.clone(), rates, trace);
    set_up(world, market);
    let wild = u64::try_from(world.dice.below(usize::try_from(WILD).expect("fits"))).expect("fits");
    while world.now() < wild && !world.is_quiet() {
        world.stir();
    }
    world.rates.set(Rates::default());
    world.trace(None, || "from now on nothing goes wrong".to_owned());
    let (start, mut quiet_since) = (world.now(), world.now());
    // As long as it takes to hear that somebody is dead, and that the transaction he left is over.
    while world.now() - quiet_since <= 2 * (SESSION + TRANSACTION) {
        for slot in 0..world.processes() {
            world.step(slot);
        }
        if !world.is_quiet() {
            quiet_since = world.now();
        }
        if world.now() - start > CALM {
            return Err("it does not come to an end, though nothing goes wrong any more".to_owned());
        }
    }
    check_rejected(world)?;
    check_positions(world, market)?;
    Ok(outcome(world))
}

fn set_up(world: &'static World, market: &Market) {
    let [closes, valuations, rejected] = market.partitions;
    let mut broker = world.broker.borrow_mut();
    broker.make(STOCK_EXCHANGE, closes, false);
    broker.make(PORTFOLIOS, valuations, false);
    broker.make("StockExchange.rejected", rejected, false);
    broker.make("portfolios.rejected", rejected, false);
    broker.make("StockExchange.positions", rejected, true);
    let mut groups = world.groups.borrow_mut();
    groups.make(GROUP, valuations);
    for investor in &market.investors {
        broker.make(&format!("{}.state", investor.group), investor.shares, true);
        groups.make(&investor.group, investor.shares);
    }
    drop((broker, groups));
    send_before(world, market);
    set_aside_before(world, market);
    for exchange in market.exchanges.clone() {
        for instance in 1..=exchange.instances {
            let exchange = exchange.clone();
            let desk = Desk {
                exchange: exchange.name.to_owned(),
                topic: (STOCK_EXCHANGE.to_owned(), closes),
                positions: Some(("StockExchange.positions".to_owned(), rejected)),
                instance: String::new(),
                slice: Slice { records: market.slice, time: Duration::MAX },
            };
            let name = format!("{}-{instance}", exchange.name);
            let start = move |client: &'static Client, life: u32| -> Box<dyn Program> {
                let desk = Desk { instance: format!("{instance}, life {life}"), ..desk.clone() };
                Box::new(Exchange::new(*client, desk, exchange.stocks.clone(), exchange.sessions.clone()))
            };
            world.add(name, exchange.weight, Box::new(start));
        }
    }
    market.investors.iter().for_each(|investor| add_investor(world, market, investor));
    for instance in 1..=market.apps {
        let portfolios: Vec<_> = market.portfolios().map(|(id, _)| *id).collect();
        let aside = SetAside::new(PORTFOLIOS, GROUP, rejected);
        let slice = Slice { records: market.slice, time: Duration::MAX };
        let start = move |client: &'static Client, life: u32| -> Box<dyn Program> {
            let member = join(*client, GROUP, instance, life);
            Box::new(App1::new(client, member, valuations, portfolios.clone(), aside.clone(), slice))
        };
        world.add(format!("app1-{instance}"), 4, Box::new(start));
    }
}

fn add_investor(world: &'static World, market: &Market, investor: &super::market::Investor) {
    let [closes, valuations, rejected] = market.partitions;
    let route = Route {
        source: (STOCK_EXCHANGE.to_owned(), closes),
        target: (PORTFOLIOS.to_owned(), valuations),
        state: None,
        slice: Slice { records: market.slice, time: Duration::MAX },
    };
    for instance in 1..=investor.instances {
        let (route, group) = (route.clone(), investor.group.clone());
        let shares = shares(&investor.book(), investor.shares);
        let codec = ClosesToValuations::new(market.stocks(), closes);
        let aside = SetAside::new(STOCK_EXCHANGE, &group, rejected);
        let partitions = investor.shares;
        let start = move |client: &'static Client, life: u32| -> Box<dyn Program> {
            let member = join(*client, &group, instance, life);
            let state = (format!("{group}.state"), partitions);
            let (route, shares, codec) = (route.clone(), shares.clone(), codec.clone());
            Box::new(Investor::new(*client, member, route, state, shares, codec, aside.clone()))
        };
        world.add(format!("{}-{instance}", investor.group), investor.weight, Box::new(start));
    }
}

/// Joins a group under a name that the instance has again in its next life, or one that it has not.
fn join(client: Client, group: &str, instance: usize, life: u32) -> Membership {
    let world = client.world;
    let life = if world.dice.chance(7_000) { 0 } else { life };
    Membership::join(client, group, format!("{instance}, life {life}"))
}

/// Writes what was there before there were positions and states.
fn send_before(world: &World, market: &Market) {
    let mut broker = world.broker.borrow_mut();
    let mut append = |topic: &str, key: &str, payload: &str| {
        let partitions = broker.partitions(topic);
        let at = usize::try_from(partition::of_key(key.as_bytes(), partitions)).expect("a few");
        let (key, payload) = (Some(key.as_bytes().into()), Some(payload.as_bytes().into()));
        broker.append(topic, at, Fact { key, payload, time_ms: TODAY_MS, ..Fact::default() });
    };
    let all = Outcome::of(market);
    for (exchange, &sent) in market.exchanges.iter().zip(&market.sent_closes) {
        for close in exchange.sessions.iter().take(sent).flatten() {
            let message =
                all.closes[close.symbol.as_str()].iter().find(|text| text.contains(&close.session.to_string()));
            append(STOCK_EXCHANGE, close.symbol.as_str(), message.expect("each close has its message"));
        }
    }
    for ((id, _), &sent) in market.portfolios().zip(&market.sent_valuations) {
        let messages = all.valuations.get(id.portfolio.as_str()).map_or(&[][..], Vec::as_slice);
        for message in messages.iter().take(sent) {
            append(PORTFOLIOS, id.portfolio.as_str(), message);
        }
    }
}

/// Writes records that nobody can use, and sets some of them aside: so did the programs when they kept no state.
fn set_aside_before(world: &World, market: &Market) {
    let (mut broker, mut poison, dice) = (world.broker.borrow_mut(), world.poison.borrow_mut(), &world.dice);
    (0..market.sown_before).for_each(|number| poison.sow(&mut broker, market, dice, number));
    for ((group, key), sown) in &poison.rejected {
        if dice.chance(5_000) {
            let (reason, payload) = sown[0].clone();
            let topic = if group == GROUP { "portfolios.rejected" } else { "StockExchange.rejected" };
            let fact = Fact {
                key: Some(key.as_bytes().into()),
                payload: payload.map(Into::into),
                time_ms: TODAY_MS,
                reason: Some(reason.into()),
                group: Some(group.as_str().into()),
                foreign: false,
            };
            broker.append(topic, 0, fact);
        }
    }
}
