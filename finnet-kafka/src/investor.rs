//! The investor on the wire: closes of the network's stocks in, valuations of one investor's portfolios out.

use std::collections::HashMap;

use chrono::NaiveDate;
use finnet_core::cross_section::Ignored;
use finnet_core::evaluate::{Investor, Outcome};
use finnet_core::{Close, PortfolioId, Symbol};

use crate::error::{Error, Refusal};
use crate::flow::{Codec, Outbox, Verdict};
use crate::reader::{Reader, Record};
use crate::wire::{Reason, decode_close, decode_valuation, encode_valuation};

/// Reads closes and writes valuations for an [`Investor`].
///
/// Set aside is what no stock of the network can have sent, and what contradicts; refused is a stock in two
/// partitions, and a record without a key where there are several.
#[derive(Debug)]
pub struct ClosesToValuations {
    /// The network's stocks, and the partition that each was first seen in.
    stocks: HashMap<Symbol, Option<i32>>,
    partitions: i32,
    /// The last session of each portfolio that is on the topic already.
    sent: HashMap<PortfolioId, NaiveDate>,
}

impl ClosesToValuations {
    /// Returns the codec for a topic with these many partitions.
    ///
    /// `stocks` are all stocks of the network, held or not; `sent` is what [`sent_sessions`] found: those valuations are
    /// computed again, to know the next change, and not sent again.
    pub fn new(
        stocks: impl IntoIterator<Item = Symbol>,
        partitions: i32,
        sent: HashMap<PortfolioId, NaiveDate>,
    ) -> Self {
        Self { stocks: stocks.into_iter().map(|symbol| (symbol, None)).collect(), partitions, sent }
    }

    /// Returns whether a valuation of this session is on the topic already.
    pub fn is_sent(&self, portfolio: PortfolioId, session: NaiveDate) -> bool {
        self.sent.get(&portfolio).is_some_and(|&last| session <= last)
    }
}

impl Codec<Investor> for ClosesToValuations {
    fn decode(&mut self, record: &Record<'_>) -> Result<Close, Verdict> {
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
        let before = *seen.get_or_insert(record.partition);
        if before != record.partition {
            let (topic, key) = (record.topic.into(), close.symbol.as_str().into());
            return Err(Verdict::Refuse(Refusal::TwoPartitions { topic, key, before, now: record.partition }));
        }
        Ok(close)
    }

    fn encode(&mut self, output: &(PortfolioId, Outcome), outbox: &mut Outbox) {
        match output {
            (portfolio, Outcome::Valued(valuation)) if !self.is_sent(*portfolio, valuation.session) => {
                let key = portfolio.portfolio.as_str().as_bytes();
                outbox.send(key, |payload| encode_valuation(*portfolio, valuation, payload));
            }
            (_, Outcome::Ignored(Ignored::Contradicting { .. })) => outbox.set_aside(Reason::Contradicting),
            _ => (),
        }
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
/// - As [`Reader::read_to_end`].
pub fn sent_sessions(reader: &Reader, portfolios: &[PortfolioId]) -> Result<HashMap<PortfolioId, NaiveDate>, Error> {
    let mut sent = HashMap::new();
    reader.read_to_end(|record| {
        // What app1 would set aside was not sent by an investor: it must not silence one.
        if let Ok(valued) = decode_valuation(record.payload.unwrap_or_default())
            && portfolios.contains(&valued.portfolio)
            && record.key.is_none_or(|key| key == valued.portfolio.portfolio.as_str().as_bytes())
            && !record.is_before_by_a_day(valued.valuation.session)
        {
            let last = sent.entry(valued.portfolio).or_insert(valued.valuation.session);
            *last = valued.valuation.session.max(*last);
        }
        Ok::<_, Error>(())
    })?;
    Ok(sent)
}
