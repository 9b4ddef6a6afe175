//! The state of a [`CrossSection`] as plain data: taken out, held against what can be, put back.
//!
//! What a snapshot holds comes from outside. A session that waits has the prices of just those stocks that are at it
//! or past it, a void one was sent by one stock and passed by another, none of them lies before a session that all
//! stocks are at, and each stock's last session waits unless all are at it or past it. What is otherwise could not
//! have been taken from any cross section, and is refused.

use std::collections::VecDeque;
use std::fmt;

use chrono::NaiveDate;

use super::pending::Pending;
use super::{CrossSection, Last};
use crate::money::Price;
use crate::symbol::Symbol;

/// The state of a [`CrossSection`] as plain data.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Snapshot {
    /// Each stock and its last close.
    pub lasts: Vec<(Symbol, Option<Last>)>,
    /// The sessions that wait, by date, with the prices sent; those known to be void with no price at all.
    pub pending: Vec<(NaiveDate, Vec<Option<Price>>)>,
}

/// Why a snapshot is not of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// It is of other stocks, or of another order.
    OtherStocks,
    /// No cross section can be in this state.
    Contradiction {
        /// The session at which it shows.
        session: NaiveDate,
    },
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherStocks => write!(f, "the snapshot is of other stocks than those held"),
            Self::Contradiction { session } => write!(f, "the snapshot contradicts itself at {session}"),
        }
    }
}

impl std::error::Error for Mismatch {}

impl CrossSection {
    /// Returns the state as plain data.
    pub fn snapshot(&self) -> Snapshot {
        let lasts = self.symbols.iter().copied().zip(self.lasts.iter().copied()).collect();
        let pending = self.pending.iter().map(|pending| (pending.session, pending.prices().to_vec())).collect();
        Snapshot { lasts, pending }
    }

    /// Replaces the state by that of a snapshot.
    ///
    /// # Errors
    ///
    /// - [`Mismatch::OtherStocks`] where the snapshot is of other stocks or another order.
    /// - [`Mismatch::Contradiction`] where it could not have been taken from any cross section.
    pub fn restore(&mut self, snapshot: Snapshot) -> Result<(), Mismatch> {
        if !snapshot.lasts.iter().map(|(symbol, _)| symbol).eq(&self.symbols) {
            return Err(Mismatch::OtherStocks);
        }
        let lasts: Vec<_> = snapshot.lasts.into_iter().map(|(_, last)| last).collect();
        let mut before = None;
        for (session, prices) in &snapshot.pending {
            if before >= Some(*session) || !can_wait(*session, prices, &lasts) {
                return Err(Mismatch::Contradiction { session: *session });
            }
            before = Some(*session);
        }
        let waits = |session| snapshot.pending.binary_search_by_key(&session, |(session, _)| *session).is_ok();
        let ahead = |last: &&Last| !lasts.iter().all(|&other| is_at(other, last.session));
        if let Some(last) = lasts.iter().flatten().filter(ahead).find(|last| !waits(last.session)) {
            return Err(Mismatch::Contradiction { session: last.session });
        }
        self.newest = lasts.iter().flatten().map(|last| last.session).max();
        self.moved = vec![false; lasts.len()];
        self.lasts = lasts;
        self.pending = snapshot
            .pending
            .into_iter()
            .map(|(session, prices)| Pending::told(session, prices))
            .collect::<VecDeque<_>>();
        self.gone.clear();
        Ok(())
    }
}

/// Returns whether a stock is at the session or past it.
fn is_at(last: Option<Last>, session: NaiveDate) -> bool {
    last.is_some_and(|last| last.session >= session)
}

/// Returns whether stocks that are so far can have left a session waiting with these prices, or void with none.
fn can_wait(session: NaiveDate, prices: &[Option<Price>], lasts: &[Option<Last>]) -> bool {
    let at = lasts.iter().filter(|&&last| is_at(last, session)).count();
    if prices.is_empty() {
        // One has sent it, another is past it, and a third, for whom it is kept, is before it.
        let passed_by = lasts.iter().flatten().any(|last| last.session > session);
        return passed_by && (2..lasts.len()).contains(&at);
    }
    let agrees = |(&price, &last): (&Option<Price>, &Option<Last>)| match price {
        Some(price) => last.is_some_and(|last| last.session > session || last == Last { session, price }),
        None => !is_at(last, session),
    };
    prices.len() == lasts.len() && (1..lasts.len()).contains(&at) && prices.iter().zip(lasts).all(agrees)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2000, 1, day).unwrap()
    }

    fn price(units: i128) -> Price {
        Price::from_units(units).unwrap()
    }

    fn stocks() -> CrossSection {
        CrossSection::new(["A", "B", "C"].map(|ticker| Symbol::new(ticker).unwrap()))
    }

    /// A is at the 6th, B at the 4th, C at the 2nd; A has passed the 4th by, so that it is void, and C still may send it.
    fn snapshot() -> Snapshot {
        let lasts = [("A", 6), ("B", 4), ("C", 2)].map(|(ticker, on)| {
            (Symbol::new(ticker).unwrap(), Some(Last { session: day(on), price: price(on.into()) }))
        });
        let waits = |on, [a, b, c]: [Option<i128>; 3]| (day(on), [a, b, c].map(|units| units.map(price)).to_vec());
        let pending = vec![waits(3, [Some(3), Some(30), None]), (day(4), Vec::new()), waits(6, [Some(6), None, None])];
        Snapshot { lasts: lasts.to_vec(), pending }
    }

    type Tamper = fn(&mut Snapshot);

    #[test]
    fn what_could_not_be_is_refused() {
        stocks().restore(snapshot()).unwrap();
        let cases: [(u32, &str, Tamper); 14] = [
            (3, "out of order", |it| it.pending.swap(0, 1)),
            (6, "twice", |it| it.pending.push(it.pending[2].clone())),
            (2, "void, and all are past it", |it| it.pending.insert(0, (day(2), Vec::new()))),
            (5, "void, and one alone is past it", |it| it.pending.insert(2, (day(5), Vec::new()))),
            (6, "void, and none is past it", |it| {
                it.lasts[1].1 = it.lasts[0].1;
                it.pending[2].1.clear();
            }),
            (7, "void, and nobody has sent it", |it| it.pending.push((day(7), Vec::new()))),
            (6, "fewer prices than stocks", |it| it.pending[2].1.truncate(2)),
            (6, "more prices than stocks", |it| it.pending[2].1.push(None)),
            (6, "waits for all", |it| it.pending[2].1 = vec![None; 3]),
            (3, "waits for nobody", |it| it.pending[0].1[2] = Some(price(1))),
            (3, "no price of one who is past it", |it| it.pending[0].1[0] = None),
            (6, "a price of one who is not there", |it| it.pending[2].1[1] = Some(price(1))),
            (6, "another price than the last", |it| it.pending[2].1[0] = Some(price(7))),
            (4, "a last that waits nowhere", |it| drop(it.pending.remove(1))),
        ];
        for (session, what, tamper) in cases {
            let mut tampered = snapshot();
            tamper(&mut tampered);
            let mut section = stocks();
            let refused = section.restore(tampered);
            assert_eq!(refused, Err(Mismatch::Contradiction { session: day(session) }), "{what}");
            assert_eq!(section, stocks(), "{what}");
        }
    }

    #[test]
    fn other_stocks_are_refused() {
        let mut other = snapshot();
        other.lasts.swap(0, 1);
        assert_eq!(stocks().restore(other), Err(Mismatch::OtherStocks));
        let mut fewer = snapshot();
        fewer.lasts.pop();
        assert_eq!(stocks().restore(fewer), Err(Mismatch::OtherStocks));
    }
}
