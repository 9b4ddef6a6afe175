//! The investor on the wire: closes of the network's stocks in, valuations of one investor's portfolios out.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use finnet_core::cross_section::Ignored;
use finnet_core::evaluate::{Change, Investor, Outcome};
use finnet_core::machine::Journal as _;
use finnet_core::{Book, Close, Holdings, Machine as _, PortfolioId, Symbol};

use crate::error::{Error, Refusal};
use crate::flow::{Codec, Kept, Outbox, Route, Verdict};
use crate::log::Log;
use crate::partition;
use crate::reader::Record;
use crate::state::{Entries, State};
use crate::wire::{Reason, decode_close, decode_valuation, encode_valuation};

/// One of several shares of an investor's portfolios: those whose names fall into one partition of the topic of state.
#[derive(Clone, Debug)]
pub struct Share {
    /// The partition.
    pub partition: i32,
    /// Its portfolios.
    pub book: Book,
    /// What other shares set aside.
    pub left: Left,
}

/// What a share leaves to others to set aside, so that the group writes each record once.
///
/// What is no close at all is the first share's. A contradiction is that of the share with the first portfolio that
/// holds the stock.
#[derive(Clone, Debug, Default)]
pub struct Left {
    rubbish: bool,
    contradictions: HashSet<Symbol>,
}

/// Returns the shares of an investor's portfolios by partition of its topic of state; partitions without any are left
/// out.
pub fn shares(book: &Book, partitions: i32) -> Vec<Share> {
    let of = |id: &PortfolioId| partition::of_key(id.portfolio.as_str().as_bytes(), partitions);
    let mut keepers = HashMap::new();
    for (id, holdings) in book.portfolios() {
        holdings.symbols().iter().for_each(|&symbol| _ = keepers.entry(symbol).or_insert(of(id)));
    }
    let taken: BTreeSet<i32> = book.portfolios().iter().map(|(id, _)| of(id)).collect();
    let share = |partition: i32| {
        let mine = book.portfolios().iter().filter(|(id, _)| of(id) == partition).cloned();
        let others = keepers.iter().filter(|&(_, &keeper)| keeper != partition);
        let left = Left {
            rubbish: taken.first() != Some(&partition),
            contradictions: others.map(|(&symbol, _)| symbol).collect(),
        };
        Share { partition, book: Book::new(mine), left }
    };
    taken.iter().map(|&partition| share(partition)).collect()
}

/// Reads closes and writes valuations for an [`Investor`].
///
/// Set aside is what no stock of the network can have sent, and what contradicts; refused is a stock in two
/// partitions, and a record without a key where there are several.
#[derive(Clone, Debug)]
pub struct ClosesToValuations {
    /// The network's stocks, and the partition that each was first seen in.
    stocks: HashMap<Symbol, Option<i32>>,
    /// What is left to other shares of the investor to set aside.
    left: Left,
    /// Stocks first seen since the last save.
    met: Vec<(Symbol, i32)>,
    partitions: i32,
    /// The last session of each portfolio that was on the topic before there was a state.
    sent: HashMap<PortfolioId, NaiveDate>,
    /// Whether portfolios and what was sent are still to be saved.
    fresh: bool,
}

impl ClosesToValuations {
    /// Returns the codec for a topic with these many partitions; `stocks` are all stocks of the network, held or not.
    pub fn new(stocks: impl IntoIterator<Item = Symbol>, partitions: i32) -> Self {
        let stocks = stocks.into_iter().map(|symbol| (symbol, None)).collect();
        Self { stocks, left: Left::default(), met: Vec::new(), partitions, sent: HashMap::new(), fresh: false }
    }

    /// Returns the codec of one share of an investor.
    #[must_use]
    pub fn leaving(mut self, left: Left) -> Self {
        self.left = left;
        self
    }

    /// Returns whether a valuation of this session is on the topic already.
    pub fn is_sent(&self, portfolio: PortfolioId, session: NaiveDate) -> bool {
        self.sent.get(&portfolio).is_some_and(|&last| session <= last)
    }

    fn judge(&mut self, record: &Record<'_>) -> Result<Close, Verdict> {
        let close = decode_close(record.payload.unwrap_or_default()).map_err(Verdict::Aside)?;
        if record.is_before_by_a_day(close.session) {
            return Err(Verdict::Aside(Reason::Future));
        }
        let seen = self.stocks.get_mut(&close.symbol).ok_or(Verdict::Aside(Reason::UnknownStock))?;
        match record.key {
            Some(key) if key != close.symbol.as_str().as_bytes() => return Err(Verdict::Aside(Reason::KeyMismatch)),
            None if self.partitions > 1 => return Err(Verdict::Refuse(keyless(record))),
            _ => (),
        }
        if seen.is_none() {
            self.met.push((close.symbol, record.partition));
        }
        let before = *seen.get_or_insert(record.partition);
        if before != record.partition {
            let (topic, key) = (record.topic.into(), close.symbol.as_str().into());
            return Err(Verdict::Refuse(Refusal::TwoPartitions { topic, key, before, now: record.partition }));
        }
        Ok(close)
    }
}

impl Codec<Investor> for ClosesToValuations {
    fn decode(&mut self, record: &Record<'_>) -> Result<Close, Verdict> {
        self.judge(record).map_err(|verdict| match verdict {
            Verdict::Aside(_) if self.left.rubbish => Verdict::Pass,
            verdict => verdict,
        })
    }

    fn encode(&mut self, input: &Close, output: &(PortfolioId, Outcome), outbox: &mut Outbox) {
        match output {
            (portfolio, Outcome::Valued(valuation)) if !self.is_sent(*portfolio, valuation.session) => {
                let key = portfolio.portfolio.as_str().as_bytes();
                outbox.send(key, |payload| encode_valuation(*portfolio, valuation, payload));
            }
            (_, Outcome::Ignored(Ignored::Contradicting { .. }))
                if !self.left.contradictions.contains(&input.symbol) =>
            {
                outbox.set_aside(Reason::Contradicting);
            }
            _ => (),
        }
    }

    fn save(&mut self, machine: &mut Investor, entries: &mut Entries) {
        if std::mem::take(&mut self.fresh) {
            for (id, evaluator) in machine.evaluators() {
                entries.set(&format!("holds/{}", id.portfolio), &lines(evaluator.holdings()));
            }
            for (id, last) in &self.sent {
                entries.set(&format!("sent/{}", id.portfolio), last);
            }
        }
        for (symbol, partition) in self.met.drain(..) {
            entries.set(&format!("seen/{symbol}"), &partition);
        }
        for (id, change) in machine.changes() {
            let portfolio = id.portfolio;
            match change {
                Change::Valued(valuation) => entries.set(&format!("valued/{portfolio}"), &valuation),
                Change::Last { symbol, last } => entries.set(&format!("last/{portfolio}/{symbol}"), &last),
                Change::Waits { session, prices } => entries.set(&format!("waits/{portfolio}/{session}"), &prices),
                Change::Gone { session } => entries.delete(&format!("waits/{portfolio}/{session}")),
            }
        }
    }

    fn load(&mut self, machine: &mut Investor, state: &State) -> Result<(), Error> {
        check_holdings(machine, state)?;
        for (ticker, partition) in state.under::<i32>("seen")? {
            if let Some(seen) = Symbol::new(ticker).ok().and_then(|symbol| self.stocks.get_mut(&symbol)) {
                *seen = Some(partition);
            }
        }
        let mut snapshot = machine.snapshot();
        let ids: Vec<_> = machine.evaluators().map(|(id, _)| id).collect();
        for id in ids {
            let portfolio = id.portfolio;
            if let Some(last) = state.value(&format!("sent/{portfolio}"))? {
                self.sent.insert(id, last);
            }
            let mut apply =
                |key: &str, change| Investor::apply(&mut snapshot, (id, change)).map_err(|why| state.refuse(key, why));
            if let Some(valuation) = state.value(&format!("valued/{portfolio}"))? {
                apply("valued", Change::Valued(valuation))?;
            }
            for (ticker, last) in state.under(&format!("last/{portfolio}"))? {
                let symbol = Symbol::new(ticker).map_err(|why| state.refuse(ticker, why))?;
                apply(ticker, Change::Last { symbol, last })?;
            }
            for (date, prices) in state.under(&format!("waits/{portfolio}"))? {
                let session = date.parse().map_err(|why| state.refuse(date, why))?;
                apply(date, Change::Waits { session, prices })?;
            }
        }
        machine.restore(snapshot).map_err(|why| state.refuse("valued, last, waits", why))
    }

    fn begin<L: Log>(&mut self, machine: &Investor, log: &L, route: &Route) -> Result<(), Error> {
        self.fresh = true;
        let portfolios: Vec<_> = machine.evaluators().map(|(id, _)| id).collect();
        refuse_moved(&portfolios, log, route)?;
        self.sent = sent_sessions(log, &route.target.0, route.target.1, &portfolios)?;
        // What was sent is computed again, to know the next change: that takes the closes from the first on.
        if self.sent.is_empty() {
            return Ok(());
        }
        let (topic, partitions) = &route.source;
        match (0..).zip(log.watermarks(topic, *partitions)?).find(|(_, (first, _))| *first > 0) {
            Some((partition, (first, _))) => Err(Error::Gap { topic: topic.as_str().into(), partition, first }),
            None => Ok(()),
        }
    }
}

/// Refuses portfolios that another partition of the topic of state keeps: it was given more partitions, and whoever has the
/// other one may still be at work on them.
fn refuse_moved<L: Log>(portfolios: &[PortfolioId], log: &L, route: &Route) -> Result<(), Error> {
    let Some(kept) = &route.state else { return Ok(()) };
    for partition in (0..kept.partitions).filter(|&partition| partition != kept.partition) {
        let state = State::read(log, &Kept { partition, ..kept.clone() })?;
        for id in portfolios {
            let key = format!("holds/{}", id.portfolio);
            if state.value::<BTreeMap<String, i64>>(&key)?.is_some() {
                let why = format!("partition {partition} keeps it: the topic of state was given other partitions");
                return Err(state.refuse(&key, why));
            }
        }
    }
    Ok(())
}

/// Returns holdings as they are kept: each stock with its pieces.
fn lines(holdings: &Holdings) -> BTreeMap<String, i64> {
    holdings.iter().map(|(symbol, quantity)| (symbol.to_string(), quantity.get())).collect()
}

/// Compares the portfolios kept with those of the machine: a state is of no use to others.
fn check_holdings(machine: &Investor, state: &State) -> Result<(), Error> {
    let mut kept: BTreeMap<&str, BTreeMap<String, i64>> = state.under("holds")?.into_iter().collect();
    for (id, evaluator) in machine.evaluators() {
        let name = id.portfolio.as_str();
        let refuse = |why: &str| Err(state.refuse(&format!("holds/{name}"), why));
        match kept.remove(name) {
            Some(held) if held == lines(evaluator.holdings()) => (),
            Some(_) => return refuse("the portfolio held other stocks or pieces when its state was written"),
            None => return refuse("the portfolio is not kept here: it came to the network after the state was begun"),
        }
    }
    match kept.into_keys().next() {
        Some(name) => Err(state.refuse(&format!("holds/{name}"), "the network has no such portfolio here any more")),
        None => Ok(()),
    }
}

/// Returns the refusal of a record without a key.
pub fn keyless(record: &Record<'_>) -> Refusal {
    Refusal::Keyless { topic: record.topic.into(), partition: record.partition, offset: record.offset }
}

/// Returns the last session of each of these portfolios that the topic holds, read to its present end.
///
/// Valuations of one portfolio are written in date order, so all sessions up to the last are there.
///
/// # Errors
///
/// - As [`Log::read`].
pub fn sent_sessions<L: Log>(
    log: &L,
    topic: &str,
    partitions: i32,
    portfolios: &[PortfolioId],
) -> Result<HashMap<PortfolioId, NaiveDate>, Error> {
    let mut sent = HashMap::new();
    log.read(topic, 0..partitions, &mut |record| {
        // What app1 would set aside was not sent by an investor: it must not silence one.
        if let Ok(valued) = decode_valuation(record.payload.unwrap_or_default())
            && portfolios.contains(&valued.portfolio)
            && record.key.is_none_or(|key| key == valued.portfolio.portfolio.as_str().as_bytes())
            && !record.is_before_by_a_day(valued.valuation.session)
        {
            let last = sent.entry(valued.portfolio).or_insert(valued.valuation.session);
            *last = valued.valuation.session.max(*last);
        }
        Ok(())
    })?;
    Ok(sent)
}
