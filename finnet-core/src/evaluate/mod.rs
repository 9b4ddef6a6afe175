//! The investor: closes in, in any order across stocks; valuations out, in date order, each once.
//!
//! An [`Evaluator`] keeps one portfolio, an [`Investor`] a [`Book`](crate::Book) of them. Both are [`Machine`]s: they
//! know nothing of Kafka, and their state is plain data. Both are [`Journal`]s: their state can be kept as a table of
//! entries, of which each close changes a few.
//!
//! # Examples
//!
//! ```
//! use finnet_core::chrono::NaiveDate;
//! use finnet_core::evaluate::{Evaluator, Outcome};
//! use finnet_core::{Close, Holdings, Machine, Symbol};
//!
//! let day = |day| NaiveDate::from_ymd_opt(2000, 1, day).unwrap();
//! let mut evaluator = Evaluator::new(Holdings::new([("IBM", 1300), ("AAPL", 2200)])?);
//! let closes = [("AAPL", 3, "151.60"), ("IBM", 3, "128.25"), ("IBM", 4, "128.25"), ("AAPL", 4, "152.60")];
//! let mut values = Vec::new();
//! for (ticker, on, price) in closes {
//!     let close = Close { symbol: Symbol::new(ticker)?, session: day(on), price: price.parse()? };
//!     for outcome in evaluator.step(close) {
//!         if let Outcome::Valued(valuation) = outcome {
//!             values.push((valuation.value.to_string(), valuation.change.map(|change| change.to_string())));
//!         }
//!     }
//! }
//! assert_eq!(values, [("500245.00".into(), None), ("502445.00".into(), Some("2200.00".into()))]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod investor;
mod snapshot;

use chrono::NaiveDate;

pub use self::investor::Investor;
pub use self::snapshot::{Change, Mismatch, Snapshot};
use crate::cross_section::{self, CrossSection, Ignored};
use crate::event::{Close, Valuation};
use crate::holdings::Holdings;
use crate::machine::{Journal, Machine};
use crate::symbol::Symbol;

/// What a close leads to, for one portfolio.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The closes of all stocks held are there.
    Valued(Valuation),
    /// A stock has gone past this session without sending it: it will never be valued.
    Void {
        /// The session.
        session: NaiveDate,
        /// The stock.
        passed_by: Symbol,
    },
    /// The close changes nothing.
    Ignored(Ignored),
}

/// The machine of one portfolio.
#[derive(Clone, Debug)]
pub struct Evaluator {
    holdings: Holdings,
    closes: CrossSection,
    last: Option<Valuation>,
    /// Whether the last valuation is yet to be told as a change.
    valued: bool,
}

/// Equal are two that step alike; what was told of them is no part of that.
impl PartialEq for Evaluator {
    fn eq(&self, other: &Self) -> bool {
        self.holdings == other.holdings && self.closes == other.closes && self.last == other.last
    }
}

impl Eq for Evaluator {}

impl Evaluator {
    /// Returns the evaluator of these holdings, at the start of time.
    pub fn new(holdings: Holdings) -> Self {
        let closes = CrossSection::new(holdings.symbols().iter().copied());
        Self { holdings, closes, last: None, valued: false }
    }

    /// Returns the holdings.
    pub fn holdings(&self) -> &Holdings {
        &self.holdings
    }

    /// Returns the closes gathered so far: how far each stock is, what waits and for whom.
    pub fn closes(&self) -> &CrossSection {
        &self.closes
    }

    /// Returns the last valuation.
    pub fn last(&self) -> Option<Valuation> {
        self.last
    }

    /// Steps with the close of the stock at `place` of the holdings.
    fn step_at(&mut self, place: usize, close: Close, mut give: impl FnMut(Outcome)) {
        for outcome in self.closes.step(place, close.session, close.price) {
            give(match outcome {
                cross_section::Outcome::Complete { session, prices } => {
                    let before = self.last.map(|last| last.value);
                    let valuation = Valuation::after(before, session, self.holdings.value(&prices));
                    (self.last, self.valued) = (Some(valuation), true);
                    Outcome::Valued(valuation)
                }
                cross_section::Outcome::Void { session, passed_by } => Outcome::Void { session, passed_by },
                cross_section::Outcome::Ignored(why) => Outcome::Ignored(why),
            });
        }
    }

    /// Gives what has changed since the last call.
    fn tell(&mut self, mut give: impl FnMut(Change)) {
        if let Some(last) = self.last.filter(|_| std::mem::take(&mut self.valued)) {
            give(Change::Valued(last));
        }
        self.closes.tell_lasts().for_each(|(symbol, last)| give(Change::Last { symbol, last }));
        self.closes.tell_waits().for_each(|(session, prices)| give(Change::Waits { session, prices }));
        self.closes.tell_gone().for_each(|session| give(Change::Gone { session }));
    }
}

impl Machine for Evaluator {
    type Input = Close;
    type Output = Outcome;
    type Snapshot = Snapshot;
    type Mismatch = Mismatch;

    fn step_into(&mut self, close: Close, outcomes: &mut Vec<Outcome>) {
        match self.holdings.symbols().iter().position(|symbol| *symbol == close.symbol) {
            Some(place) => self.step_at(place, close, |outcome| outcomes.push(outcome)),
            None => outcomes.push(Outcome::Ignored(Ignored::NotHeld)),
        }
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot { closes: self.closes.snapshot(), last: self.last }
    }

    fn restore(&mut self, snapshot: Snapshot) -> Result<(), Mismatch> {
        let mut closes = CrossSection::new(self.holdings.symbols().iter().copied());
        closes.restore(snapshot.closes)?;
        snapshot::check_last(snapshot.last, &closes, &self.holdings)?;
        (self.closes, self.last, self.valued) = (closes, snapshot.last, false);
        Ok(())
    }
}

impl Journal for Evaluator {
    type Change = Change;

    fn changes(&mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        self.tell(|change| changes.push(change));
        changes
    }

    fn apply(snapshot: &mut Snapshot, change: Change) -> Result<(), Mismatch> {
        snapshot.apply(change)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::holdings::Book;
    use crate::money::Price;
    use crate::symbol::{Name, PortfolioId};

    const TICKERS: [&str; 3] = ["A", "B", "C"];

    fn day(ordinal: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2000, 1, 1).unwrap() + chrono::Days::new(ordinal.into())
    }

    fn investor() -> Investor {
        let id =
            |portfolio| PortfolioId { investor: Name::new("Inv1").unwrap(), portfolio: Name::new(portfolio).unwrap() };
        Investor::new(Book::new([
            (id("P11"), Holdings::new([("A", 3), ("B", -5)]).unwrap()),
            (id("P12"), Holdings::new([("A", 1), ("B", 1), ("C", 7)]).unwrap()),
        ]))
    }

    /// Closes of each stock in date order, stocks interleaved at random.
    fn streams() -> impl Strategy<Value = Vec<Close>> {
        prop::collection::vec((0..3_usize, 0..4_u32, 1..1_000_000_i128), 0..60).prop_map(|steps| {
            let mut at = [0; 3];
            steps
                .into_iter()
                .map(|(stock, ahead, units)| {
                    at[stock] += ahead;
                    let price = Price::from_units(units).unwrap();
                    Close { symbol: Symbol::new(TICKERS[stock]).unwrap(), session: day(at[stock]), price }
                })
                .collect()
        })
    }

    fn valuations(closes: impl IntoIterator<Item = Close>) -> Vec<(PortfolioId, Valuation)> {
        let mut investor = investor();
        let outcomes = closes.into_iter().flat_map(|close| investor.step(close));
        let mut valued: Vec<_> = outcomes
            .filter_map(
                |(id, outcome)| if let Outcome::Valued(valuation) = outcome { Some((id, valuation)) } else { None },
            )
            .collect();
        valued.sort_by_key(|(id, _)| *id);
        valued
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn the_order_across_stocks_is_irrelevant(closes in streams()) {
            let by_stock = TICKERS.iter().flat_map(|ticker| closes.iter().filter(move |close| close.symbol.as_str() == *ticker));
            prop_assert_eq!(valuations(closes.iter().copied()), valuations(by_stock.copied()));
        }

        #[test]
        fn starting_over_is_all_ignored(closes in streams()) {
            let mut investor = investor();
            for &close in &closes {
                investor.step(close);
            }
            let before = investor.clone();
            for &close in &closes {
                for (_, outcome) in investor.step(close) {
                    prop_assert!(matches!(outcome, Outcome::Ignored(_)));
                }
            }
            prop_assert_eq!(investor, before);
        }

        #[test]
        fn a_restored_machine_goes_on(closes in streams(), at in 0..60_usize) {
            let (mut first, mut second) = (investor(), investor());
            let (head, tail) = closes.split_at(at.min(closes.len()));
            for &close in head {
                first.step(close);
            }
            second.restore(first.snapshot()).unwrap();
            prop_assert_eq!(&first, &second);
            for &close in tail {
                prop_assert_eq!(first.step(close), second.step(close));
            }
        }

        #[test]
        fn an_investor_is_its_portfolios(closes in streams()) {
            let mut together = investor();
            let mut apart: Vec<_> = together.evaluators().map(|(id, one)| (id, one.clone())).collect();
            for &close in &closes {
                let mut expected = Vec::new();
                for (id, evaluator) in &mut apart {
                    let outcomes = evaluator.step(close);
                    expected.extend(outcomes.into_iter().filter(|o| *o != Outcome::Ignored(Ignored::NotHeld)).map(|o| (*id, o)));
                }
                prop_assert_eq!(together.step(close), expected);
            }
        }
    }

    #[test]
    fn a_snapshot_of_others_is_refused_and_leaves_no_trace() {
        let mut investor = investor();
        let untouched = investor.clone();
        let mut snapshot = investor.snapshot();
        snapshot.swap(0, 1);
        let portfolio = Name::new("P12").unwrap();
        assert_eq!(investor.restore(snapshot), Err(Mismatch::OtherPortfolios { portfolio }));
        let mut snapshot = investor.snapshot();
        let price = "1".parse().unwrap();
        snapshot[1].1.closes.pending.push((day(1), vec![Some(price), None, None]));
        assert_eq!(investor.restore(snapshot), Err(cross_section::Mismatch::Contradiction { session: day(1) }.into()));
        assert_eq!(investor, untouched);
    }
}
