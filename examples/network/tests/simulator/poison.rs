//! Records that nobody can use, written by nobody of the network; and what must become of each.
//!
//! A contradiction is written only where it comes right after the close that it contradicts: anywhere else it hangs on
//! the order across stocks, which is free, whether it is told from a late one.

use std::collections::BTreeMap;
use std::rc::Rc;

use finnet_kafka::partition;
use finnet_kafka::wire::{decode_close, decode_valuation};
use finnet_network::{PORTFOLIOS, STOCK_EXCHANGE};

use super::broker::Broker;
use super::dice::Dice;
use super::log::Fact;
use super::market::{Market, TODAY_MS};

/// A record set aside: the reason and the payload.
pub(crate) type Aside = (String, Option<Vec<u8>>);
/// What is set aside, by group and key: each once.
pub(crate) type Rejected = BTreeMap<(String, String), Vec<Aside>>;

/// What was written so far.
#[derive(Debug, Default)]
pub(crate) struct Poison {
    /// What must be set aside, by group and key.
    pub(crate) rejected: Rejected,
}

/// A record to write, and why it will be set aside.
struct Sown {
    key: Option<String>,
    payload: Option<String>,
    reason: &'static str,
}

impl Sown {
    fn new(key: impl Into<String>, reason: &'static str, payload: impl Into<String>) -> Self {
        Self { key: Some(key.into()), payload: Some(payload.into()), reason }
    }
}

impl Poison {
    /// Writes such a record to one of the topics.
    pub(crate) fn sow(&mut self, broker: &mut Broker, market: &Market, dice: &Dice, now: u64) {
        if dice.chance(5_000) {
            self.sow_close(broker, market, dice, now);
        } else {
            self.sow_valuation(broker, market, dice, now);
        }
    }

    fn sow_close(&mut self, broker: &mut Broker, market: &Market, dice: &Dice, now: u64) {
        let stocks = market.stocks();
        let (stock, other) = (dice.pick(&stocks), dice.pick(&stocks));
        let sown = match dice.below(12) {
            0 => Sown::new(format!("rubbish {now}"), "not-json", format!("rubbish {now}")),
            1 => Sown { key: None, payload: None, reason: "not-json" },
            2 => Sown::new(stock.as_str(), "missing-field", format!(r#"{{"TICK": "{stock}", "NUMBER": {now}}}"#)),
            3 => Sown::new(stock.as_str(), "bad-price", close(stock.as_str(), "0", "2000-01-05")),
            4 => Sown::new(stock.as_str(), "bad-date", close(stock.as_str(), "1.00", "2000-02-30")),
            5 => Sown::new(stock.as_str(), "tick", close(stock.as_str(), "1.00", "2022-03-20 15:38:01.123456")),
            6 => Sown::new("NOPE", "unknown-stock", close("NOPE", "1.00", "2000-01-05")),
            7 => Sown::new(stock.as_str(), "future", close(stock.as_str(), "1.00", "2090-01-05")),
            8 if stock != other => {
                Sown::new(other.as_str(), "key-mismatch", close(stock.as_str(), "1.00", "2001-01-05"))
            }
            9 | 10 => {
                let Some(last) = last_of(broker, STOCK_EXCHANGE, stock.as_str()) else { return };
                let last = decode_close(last.payload.as_deref().unwrap_or_default()).expect("it is ours");
                let payload = close(stock.as_str(), "77777.77", &last.session.to_string());
                Sown::new(stock.as_str(), "contradicting", payload)
            }
            _ => return repeat(broker, STOCK_EXCHANGE, dice),
        };
        let is_contradiction = sown.reason == "contradicting";
        let groups = market.investors.iter().filter(|investor| !is_contradiction || investor.holds(stock));
        let groups: Vec<_> = groups.map(|investor| investor.group.as_str()).collect();
        self.write(broker, STOCK_EXCHANGE, sown, &groups, dice);
    }

    fn sow_valuation(&mut self, broker: &mut Broker, market: &Market, dice: &Dice, now: u64) {
        let portfolios: Vec<_> = market.portfolios().map(|(id, _)| *id).collect();
        let (id, other) = (dice.pick(&portfolios), dice.pick(&portfolios));
        let (investor, name, wrong) = (id.investor.as_str(), id.portfolio.as_str(), other.portfolio.as_str());
        let sown = match dice.below(10) {
            0 => Sown::new(format!("rubbish {now}"), "not-json", format!("rubbish {now}")),
            1 => Sown { key: None, payload: None, reason: "not-json" },
            2 => Sown::new(name, "missing-field", format!(r#"{{"portfolio": "{name}", "NUMBER": {now}}}"#)),
            3 => Sown::new("P99", "unknown-portfolio", valuation(investor, "P99", "2000-01-05", "1.00")),
            4 => Sown::new(name, "future", valuation(investor, name, "2090-01-05", "1.00")),
            5 if id != other => Sown::new(wrong, "key-mismatch", valuation(investor, name, "2001-01-05", "1.00")),
            sort @ 6..=8 => {
                let Some(last) = last_of(broker, PORTFOLIOS, name) else { return };
                let valued = decode_valuation(last.payload.as_deref().unwrap_or_default()).expect("it is ours");
                let date = valued.valuation.session.to_string();
                if sort == 6 {
                    let value = "100000000000000000000.00";
                    Sown::new(name, "out-of-range", valuation(investor, name, &date, value))
                } else {
                    Sown::new(name, "contradicting", valuation(investor, name, &date, "77777777777.77"))
                }
            }
            _ => return repeat(broker, PORTFOLIOS, dice),
        };
        self.write(broker, PORTFOLIOS, sown, &["app1"], dice);
    }

    fn write(&mut self, broker: &mut Broker, topic: &str, sown: Sown, groups: &[&str], dice: &Dice) {
        let partitions = broker.partitions(topic);
        // What is set aside whatever its key may lie anywhere.
        let by_key = sown.key.as_ref().filter(|_| matches!(sown.reason, "contradicting" | "out-of-range"));
        let at = by_key.map_or_else(
            || dice.below(usize::try_from(partitions).expect("a few")),
            |key| usize::try_from(partition::of_key(key.as_bytes(), partitions)).expect("a few"),
        );
        let payload = sown.payload.map(String::into_bytes);
        let fact = Fact {
            key: sown.key.map(|key| key.into_bytes().into()),
            payload: payload.clone().map(Into::into),
            time_ms: TODAY_MS,
            foreign: true,
            ..Fact::default()
        };
        let offset = broker.append(topic, at, fact);
        for group in groups {
            let key = ((*group).to_owned(), format!("{topic}/{at}/{offset}"));
            self.rejected.insert(key, vec![(sown.reason.to_owned(), payload.clone())]);
        }
    }
}

/// Returns the last record of a key that is of the network, if it is committed.
fn last_of(broker: &Broker, topic: &str, key: &str) -> Option<Rc<Fact>> {
    let of_key =
        broker.records(topic).filter(|(_, _, fact, _)| !fact.foreign && fact.key.as_deref() == Some(key.as_bytes()));
    of_key.last().filter(|(.., committed)| *committed).map(|(_, _, fact, _)| Rc::clone(fact))
}

/// Writes a record of the network a second time.
fn repeat(broker: &mut Broker, topic: &str, dice: &Dice) {
    let all: Vec<_> = broker.records(topic).filter(|(_, _, fact, committed)| !fact.foreign && *committed).collect();
    if all.is_empty() {
        return;
    }
    let (partition, _, fact, _) = all[dice.below(all.len())];
    let fact = Fact { foreign: true, ..Fact::clone(fact) };
    broker.append(topic, usize::try_from(partition).expect("a few"), fact);
}

fn close(ticker: &str, price: &str, date: &str) -> String {
    format!(r#"{{"TICK": "{ticker}", "PRICE": "{price}", "TS": "{date}"}}"#)
}

fn valuation(investor: &str, portfolio: &str, date: &str, value: &str) -> String {
    format!(
        r#"{{"investor": "{investor}", "portfolio": "{portfolio}", "date": "{date}", "value": {value}, "diff": null, "percent_diff": null}}"#
    )
}
