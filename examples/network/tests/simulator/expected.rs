//! What a run must come to, from scratch: no machine, no stream, no order of arrival.
//!
//! In come a market's closes and holdings; out go the messages of both topics by key, and the rows of the tables. A
//! session counts where every stock held has a close of it. Amounts are plain integers of 10⁻⁸.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use finnet_core::{Amount, Percent, PortfolioId, Valuation};

use super::market::Market;

/// The messages of a topic, by key, in their order.
pub(crate) type Messages = BTreeMap<String, Vec<String>>;
/// The rows of all tables.
pub(crate) type Table = BTreeMap<(PortfolioId, NaiveDate), Valuation>;

/// What is the same after every run of a market.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) closes: Messages,
    pub(crate) valuations: Messages,
    pub(crate) rows: Table,
}

impl Outcome {
    /// Returns what a market comes to.
    pub(crate) fn of(market: &Market) -> Self {
        let mut outcome = Self::default();
        let mut prices = BTreeMap::new();
        for close in market.exchanges.iter().flat_map(|exchange| exchange.sessions.iter().flatten()) {
            let (ticker, units) = (close.symbol.to_string(), close.price.units());
            let message =
                format!(r#"{{"TICK": "{ticker}", "PRICE": "{}", "TS": "{}"}}"#, decimal(units), close.session);
            outcome.closes.entry(ticker).or_default().push(message);
            prices.insert((close.symbol.to_string(), close.session), units);
        }
        for (id, lines) in market.portfolios() {
            let first = lines[0].0.to_string();
            let sessions = prices.keys().filter(|(ticker, _)| *ticker == first).map(|(_, session)| *session);
            let mut before = None;
            for session in sessions {
                let terms = lines.iter().map(|(symbol, pieces)| {
                    prices.get(&(symbol.to_string(), session)).map(|units| units * i128::from(*pieces))
                });
                let Some(value) = terms.sum::<Option<i128>>() else { continue };
                outcome.value(*id, session, before, value);
                before = Some(value);
            }
        }
        outcome
    }

    fn value(&mut self, id: PortfolioId, session: NaiveDate, before: Option<i128>, value: i128) {
        let change = before.map(|before| value - before);
        let percent = before.zip(change).filter(|(before, _)| *before != 0).map(|(before, change)| {
            let (part, whole) = (2 * change.abs() * 10_000, 2 * before.abs());
            change.signum() * ((part + before.abs()) / whole)
        });
        let text = |units: Option<i128>| units.map_or_else(|| "null".to_owned(), decimal);
        let message = format!(
            r#"{{"investor": "{}", "portfolio": "{}", "date": "{session}", "value": {}, "diff": {}, "percent_diff": {}}}"#,
            id.investor,
            id.portfolio,
            decimal(value),
            text(change),
            text(percent.map(|hundredths| hundredths * 1_000_000)),
        );
        self.valuations.entry(id.portfolio.to_string()).or_default().push(message);
        let value = Amount::from_units(value);
        let (change, change_pct) = (change.map(Amount::from_units), percent.map(Percent::from_units));
        self.rows.insert((id, session), Valuation { session, value, change, change_pct });
    }

    /// Says where another outcome differs.
    pub(crate) fn differences(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        for (topic, ours, theirs) in
            [("StockExchange", &self.closes, &other.closes), ("portfolios", &self.valuations, &other.valuations)]
        {
            let keys = ours.keys().chain(theirs.keys().filter(|key| !ours.contains_key(*key)));
            for key in keys {
                let none = Vec::new();
                let [ours, theirs] = [ours, theirs].map(|all| all.get(key).unwrap_or(&none));
                if ours != theirs {
                    let at = ours.iter().zip(theirs).take_while(|(ours, theirs)| ours == theirs).count();
                    let (count, others) = (ours.len(), theirs.len());
                    let [ours, theirs] = [ours, theirs].map(|all| all.get(at).map_or("nothing", String::as_str));
                    found.push(format!(
                        "{topic}, key {key}: {others} records, not {count}; record {at} is {theirs}, not {ours}"
                    ));
                }
            }
        }
        let rows = self.rows.keys().chain(other.rows.keys().filter(|row| !self.rows.contains_key(*row)));
        for row in rows.filter(|row| self.rows.get(*row) != other.rows.get(*row)) {
            let [ours, theirs] = [&self.rows, &other.rows].map(|rows| rows.get(row));
            found.push(format!("table {} on {}: {theirs:?}, not {ours:?}", row.0, row.1));
        }
        found
    }
}

/// Returns units of 10⁻⁸ as text: at least two places, zeros beyond those trimmed.
fn decimal(units: i128) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let (whole, places) = (units.abs() / 100_000_000, format!("{:08}", units.abs() % 100_000_000));
    let kept = places.trim_end_matches('0').len().max(2);
    format!("{sign}{whole}.{}", &places[..kept])
}
