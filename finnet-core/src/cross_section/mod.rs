//! One price a stock, all of the same session: closes in, in any order across stocks; complete sessions out.
//!
//! Closes of one stock arrive in date order, but stocks run years ahead of each other. The rule that needs neither
//! a timer nor a calendar: a stock that has sent a later session will never send an earlier one. So a session is
//! *complete* when all stocks have sent it, and *void* as soon as one of them has gone past it without sending it.
//! Each session is said to be one or the other once; complete ones come out in date order by themselves.
//!
//! What is kept is what one stock is ahead of another ([`CrossSection::waiting`]), never more.
//!
//! # Examples
//!
//! ```
//! use finnet_core::chrono::NaiveDate;
//! use finnet_core::cross_section::{CrossSection, Outcome};
//! use finnet_core::Symbol;
//!
//! let day = |day| NaiveDate::from_ymd_opt(2000, 1, day).unwrap();
//! let mut both = CrossSection::new([Symbol::new("IBM")?, Symbol::new("VZ")?]);
//! assert!(both.step(0, day(3), "128.25".parse()?).is_empty()); // VZ may still send the 3rd
//! assert!(both.step(0, day(4), "129.00".parse()?).is_empty());
//! let outcomes = both.step(1, day(4), "37.91".parse()?); // VZ has gone past the 3rd
//! assert!(matches!(outcomes[0], Outcome::Void { session, .. } if session == day(3)));
//! assert!(matches!(&outcomes[1], Outcome::Complete { session, prices } if *session == day(4) && prices.len() == 2));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod pending;
mod snapshot;

use std::collections::VecDeque;

use chrono::NaiveDate;

use self::pending::Pending;
pub use self::snapshot::{Mismatch, Snapshot};
use crate::money::Price;
use crate::symbol::Symbol;

/// The closes of a fixed set of stocks, gathered by session.
#[derive(Clone, Debug)]
pub struct CrossSection {
    symbols: Vec<Symbol>,
    /// How far each stock is, in the order of `symbols`.
    lasts: Vec<Option<Last>>,
    /// The farthest of them.
    newest: Option<NaiveDate>,
    /// Sessions that at least one stock has sent and another may still send, by date; a void one stays until
    /// all stocks are past it, lest it be called void twice.
    pending: VecDeque<Pending>,
    /// Which stocks have moved since it was last told, in the order of `symbols`.
    moved: Vec<bool>,
    /// The sessions that were told to wait, wait no longer, and were not told gone.
    gone: Vec<NaiveDate>,
}

/// Equal are two that step alike; what was told of them is no part of that.
impl PartialEq for CrossSection {
    fn eq(&self, other: &Self) -> bool {
        self.symbols == other.symbols && self.lasts == other.lasts && self.pending == other.pending
    }
}

impl Eq for CrossSection {}

/// The last close that a stock has sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Last {
    /// Its session.
    pub session: NaiveDate,
    /// Its price.
    pub price: Price,
}

/// What a close leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// All stocks have sent this session.
    Complete {
        /// The session.
        session: NaiveDate,
        /// A price each, in the order of the stocks.
        prices: Vec<Price>,
    },
    /// A stock has gone past this session without sending it.
    Void {
        /// The session.
        session: NaiveDate,
        /// The stock.
        passed_by: Symbol,
    },
    /// The close changes nothing.
    Ignored(Ignored),
}

/// Why a close changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ignored {
    /// The same close again, of a session that waits or that is the stock's last.
    Repeated,
    /// Another price for a session that waits or that is the stock's last: the first stands.
    Contradicting {
        /// The price that stands.
        stands: Price,
    },
    /// Not after the stock's last session.
    Late,
    /// Of a stock that is not held.
    NotHeld,
}

impl CrossSection {
    /// Returns an empty cross section of these stocks.
    ///
    /// # Panics
    ///
    /// Where a stock is given twice or none is given.
    pub fn new(symbols: impl IntoIterator<Item = Symbol>) -> Self {
        let symbols: Vec<_> = symbols.into_iter().collect();
        let different: std::collections::HashSet<_> = symbols.iter().collect();
        assert!(!symbols.is_empty() && different.len() == symbols.len(), "stocks, each once");
        let stocks = symbols.len();
        Self {
            symbols,
            lasts: vec![None; stocks],
            newest: None,
            pending: VecDeque::new(),
            moved: vec![false; stocks],
            gone: Vec::new(),
        }
    }

    /// Takes the close of the stock at `place` and returns what follows: void sessions in date order, then the
    /// close's own session where it is complete or void. Nothing, where others are still to send it.
    ///
    /// # Panics
    ///
    /// Where `place` is beyond the stocks.
    pub fn step(&mut self, place: usize, session: NaiveDate, price: Price) -> Vec<Outcome> {
        let before = self.lasts[place];
        if let Some(last) = before.filter(|last| session <= last.session) {
            return vec![Outcome::Ignored(self.judge(place, last, session, price))];
        }
        self.lasts[place] = Some(Last { session, price });
        self.moved[place] = true;
        let mut outcomes = Vec::new();
        let at = self.void_passed(place, before, session, &mut outcomes);
        let frees_front =
            self.pending.front().is_some_and(|front| before.is_none_or(|last| last.session < front.session));
        self.enter(at, place, session, price, &mut outcomes);
        self.newest = self.newest.max(Some(session));
        if frees_front {
            self.drop_passed();
        }
        outcomes
    }

    /// Returns the stocks, in the order given.
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// Returns how far each stock is, in their order; `None` for one that has sent nothing.
    pub fn lasts(&self) -> &[Option<Last>] {
        &self.lasts
    }

    /// Returns how many sessions wait for a stock: what the memory held grows with.
    pub fn waiting(&self) -> usize {
        self.pending.iter().filter(|pending| !pending.is_void()).count()
    }

    /// Returns the oldest session that waits, with the stocks that it waits for.
    pub fn stalled(&self) -> Option<(NaiveDate, Vec<Symbol>)> {
        let oldest = self.pending.iter().find(|pending| !pending.is_void())?;
        let missing = oldest.prices().iter().zip(&self.symbols).filter(|(price, _)| price.is_none());
        Some((oldest.session, missing.map(|(_, &symbol)| symbol).collect()))
    }

    /// Returns the stocks that have moved since the last call, and how far each is.
    pub(crate) fn tell_lasts(&mut self) -> impl Iterator<Item = (Symbol, Last)> {
        let lasts = self.symbols.iter().zip(&self.lasts).zip(&mut self.moved);
        lasts.filter_map(|((&symbol, &last), moved)| last.filter(|_| std::mem::take(moved)).map(|last| (symbol, last)))
    }

    /// Returns the sessions that have come to wait or wait otherwise since the last call, as in a [`Snapshot`].
    pub(crate) fn tell_waits(&mut self) -> impl Iterator<Item = (NaiveDate, Vec<Option<Price>>)> {
        self.pending.iter_mut().filter_map(Pending::tell)
    }

    /// Returns the sessions that were told to wait and have ceased to since the last call.
    pub(crate) fn tell_gone(&mut self) -> impl Iterator<Item = NaiveDate> {
        self.gone.drain(..)
    }

    /// Tells a close that is not after its stock's last one: repeated, contradicting or late.
    fn judge(&self, place: usize, last: Last, session: NaiveDate, price: Price) -> Ignored {
        let known = if session == last.session {
            Some(last.price)
        } else {
            let found = self.pending.binary_search_by_key(&session, |pending| pending.session).ok();
            found.and_then(|at| self.pending[at].prices().get(place).copied().flatten())
        };
        match known {
            Some(stands) if stands == price => Ignored::Repeated,
            Some(stands) => Ignored::Contradicting { stands },
            None => Ignored::Late,
        }
    }

    /// Voids the sessions between the stock's last one and this one, and returns where this one belongs.
    fn void_passed(
        &mut self,
        place: usize,
        before: Option<Last>,
        session: NaiveDate,
        outcomes: &mut Vec<Outcome>,
    ) -> usize {
        let after_all = self.newest.is_none_or(|newest| newest < session);
        let end = if after_all { self.pending.len() } else { self.pending.partition_point(|p| p.session < session) };
        let start = before.map_or(0, |last| self.pending.partition_point(|p| p.session <= last.session));
        for pending in self.pending.range_mut(start..end).filter(|pending| !pending.is_void()) {
            pending.pass_by();
            outcomes.push(Outcome::Void { session: pending.session, passed_by: self.symbols[place] });
        }
        end
    }

    /// Puts the price into its session, which stands at `at` or is made there.
    fn enter(&mut self, at: usize, place: usize, session: NaiveDate, price: Price, outcomes: &mut Vec<Outcome>) {
        if self.pending.get(at).is_none_or(|pending| pending.session != session) {
            // Whoever is past it did not send it, or it would stand here.
            let passed_by = self.newest.filter(|&newest| newest > session).and_then(|_| self.past(session));
            let pending = if let Some(passed_by) = passed_by {
                outcomes.push(Outcome::Void { session, passed_by });
                Pending::void(session)
            } else {
                Pending::waiting(session, self.symbols.len())
            };
            self.pending.insert(at, pending);
        }
        let pending = &mut self.pending[at];
        if pending.is_void() {
            self.drop_passed();
        } else if pending.enter(place, price) {
            outcomes.push(Outcome::Complete { session, prices: pending.take() });
            // All stocks are here, so all before it is void and passed by all.
            self.forget(at + 1);
        }
    }

    /// Returns a stock that is past this session.
    fn past(&self, session: NaiveDate) -> Option<Symbol> {
        let at = self.lasts.iter().position(|last| last.is_some_and(|last| last.session > session));
        at.map(|at| self.symbols[at])
    }

    /// Forgets the void sessions that all stocks are past.
    fn drop_passed(&mut self) {
        let Some(slowest) = self.lasts.iter().map(|last| last.map(|last| last.session)).min().flatten() else { return };
        let passed = self.pending.iter().take_while(|pending| pending.is_void() && pending.session <= slowest).count();
        self.forget(passed);
    }

    /// Forgets the first so many of what waits.
    fn forget(&mut self, count: usize) {
        self.gone.extend(self.pending.drain(..count).filter(Pending::is_told).map(|pending| pending.session));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    fn day(ordinal: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2000, 1, 1).unwrap() + chrono::Days::new(ordinal.into())
    }

    fn price(units: i128) -> Price {
        Price::from_units(units).unwrap()
    }

    fn stocks(count: usize) -> CrossSection {
        CrossSection::new(["A", "B", "C"][..count].iter().map(|ticker| Symbol::new(ticker).unwrap()))
    }

    /// The rule as network.md words it, from scratch after every close: no cleverness, no forgetting.
    #[derive(Default)]
    struct Rule {
        sent: BTreeMap<(NaiveDate, usize), Price>,
        told: BTreeSet<NaiveDate>,
    }

    impl Rule {
        fn step(&mut self, stocks: usize, place: usize, session: NaiveDate, price: Price) -> Vec<Option<NaiveDate>> {
            self.sent.insert((session, place), price);
            let sessions: BTreeSet<_> = self.sent.keys().map(|(session, _)| *session).collect();
            let mut told = Vec::new();
            for at in sessions {
                let has = |stock| self.sent.contains_key(&(at, stock));
                let past = |stock| self.sent.keys().any(|(sent, who)| *who == stock && *sent > at);
                let complete = (0..stocks).all(has);
                let void = (0..stocks).any(|stock| past(stock) && !has(stock));
                if (complete || void) && self.told.insert(at) {
                    told.push(complete.then_some(at));
                }
            }
            told
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn outcomes_are_those_of_the_rule(
            stocks_held in 1..=3_usize, steps in prop::collection::vec((0..3_usize, 1..4_u32), 0..40),
        ) {
            let (mut section, mut rule, mut at) = (stocks(stocks_held), Rule::default(), [0; 3]);
            for (place, ahead) in steps {
                let place = place % stocks_held;
                at[place] += ahead;
                let outcomes = section.step(place, day(at[place]), price(at[place].into()));
                let told: Vec<_> = outcomes.iter().map(|outcome| match outcome {
                    Outcome::Complete { session, .. } => Some(*session),
                    Outcome::Void { .. } => None,
                    Outcome::Ignored(_) => panic!("each close is after its stock's last"),
                }).collect();
                prop_assert_eq!(told, rule.step(stocks_held, place, day(at[place]), price(at[place].into())));
                // Nothing is kept that all stocks are past.
                let slowest = at[..stocks_held].iter().min().copied().unwrap_or(0);
                prop_assert!(section.pending.iter().all(|pending| slowest == 0 || pending.session > day(slowest)));
                let mut restored = stocks(stocks_held);
                restored.restore(section.snapshot()).unwrap();
                prop_assert_eq!(&restored, &section);
            }
        }
    }

    #[test]
    fn repeated_contradicting_and_late_are_told_apart() {
        let mut section = stocks(2);
        let ignored = |section: &mut CrossSection, place, on, units| match section
            .step(place, day(on), price(units))
            .as_slice()
        {
            [Outcome::Ignored(why)] => *why,
            outcomes => panic!("{outcomes:?}"),
        };
        section.step(0, day(3), price(30));
        section.step(0, day(5), price(50));
        // Both wait.
        assert_eq!(ignored(&mut section, 0, 3, 30), Ignored::Repeated);
        assert_eq!(ignored(&mut section, 0, 3, 31), Ignored::Contradicting { stands: price(30) });
        assert_eq!(ignored(&mut section, 0, 5, 51), Ignored::Contradicting { stands: price(50) });
        assert_eq!(ignored(&mut section, 0, 4, 40), Ignored::Late);
        section.step(1, day(3), price(1));
        // The 3rd is complete: no longer known, unless it is the stock's last.
        assert_eq!(ignored(&mut section, 0, 3, 31), Ignored::Late);
        assert_eq!(ignored(&mut section, 1, 3, 2), Ignored::Contradicting { stands: price(1) });
        assert_eq!(ignored(&mut section, 1, 2, 2), Ignored::Late);
    }

    #[test]
    fn what_waits_is_reported_with_whom_it_waits_for() {
        let mut section = stocks(3);
        for on in 1..=4 {
            section.step(0, day(on), price(1));
            section.step(2, day(on), price(1));
        }
        assert_eq!(section.waiting(), 4);
        assert_eq!(section.stalled(), Some((day(1), vec![Symbol::new("B").unwrap()])));
        assert_eq!(section.step(1, day(9), price(1)).len(), 4, "the four are void");
        assert_eq!(section.waiting(), 1);
    }
}
