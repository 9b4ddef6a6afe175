//! Lots: what was bought at once, what it cost, and in which order it is sold.

use std::collections::VecDeque;
use std::fmt;

use chrono::NaiveDate;

use super::{EntryId, money, shares};
use crate::money::{Currency, Money, Rounding, Shares};

/// The order in which a sale takes lots, where it names none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum LotMethod {
    /// First in, first out: by the date of opening, then by the lot's id.
    Fifo,
    /// Last in, first out: the reverse.
    Lifo,
    /// Highest cost a share first, of a short position the highest proceeds; equal ones as by [`LotMethod::Fifo`].
    Hifo,
    /// One lot a position, which every purchase joins: the average cost. It keeps the date of the first.
    Average,
}

impl fmt::Display for LotMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Fifo => "FIFO",
            Self::Lifo => "LIFO",
            Self::Hifo => "HIFO",
            Self::Average => "average cost",
        })
    }
}

/// The name of a lot: the entry that opened it, and its place among those that it opened. It is displayed as `7`, the
/// later ones of a spin-off as `7.1`, `7.2`.
///
/// A lot keeps it through splits, mergers and new symbols; no correction of another entry changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LotId {
    /// The entry that opened it.
    pub entry: EntryId,
    /// From 0.
    pub place: u32,
}

impl fmt::Display for LotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            0 => write!(f, "{}", self.entry),
            place => write!(f, "{}.{place}", self.entry),
        }
    }
}

/// Shares that were bought or shorted at once. All numbers of a short lot are below 0: its cost is what was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Lot {
    pub(super) id: LotId,
    pub(super) opened: NaiveDate,
    pub(super) currency: Currency,
    /// Millionths.
    pub(super) shares: i64,
    /// Minor units of the currency.
    pub(super) cost: i64,
    /// Minor units of the home currency, at the rates of the days on which it came to be.
    pub(super) home_cost: i64,
}

impl Lot {
    /// Returns its name.
    pub fn id(&self) -> LotId {
        self.id
    }

    /// Returns the date on which it was opened; a spun-off lot has its parent's.
    pub fn opened(&self) -> NaiveDate {
        self.opened
    }

    /// Returns the shares left, below 0 where they are short.
    pub fn shares(&self) -> Shares {
        shares(self.shares)
    }

    /// Returns what the shares left have cost, fees included: exact, since a sale takes a rounded share and leaves the
    /// rest. Below 0 it is what a short sale brought.
    pub fn cost(&self) -> Money {
        money(self.cost, self.currency)
    }

    /// The place that defines the order of lots.
    fn key(&self) -> (NaiveDate, LotId) {
        (self.opened, self.id)
    }
}

impl fmt::Display for Lot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lot {} of {}: {} shares, cost {}", self.id, self.opened, self.shares(), self.cost())
    }
}

/// What a position holds: lots of one currency, all long or all short, in order of opening.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Lots {
    pub(super) currency: Currency,
    pub(super) open: VecDeque<Lot>,
    /// Σ of the lots' shares, costs and home costs.
    pub(super) shares: i64,
    pub(super) cost: i64,
    pub(super) home_cost: i64,
}

/// Some shares of one lot, of the lot's sign, and what they have cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pick {
    pub(super) index: usize,
    pub(super) shares: i64,
    pub(super) cost: i64,
    pub(super) home_cost: i64,
}

impl Lots {
    pub(super) fn new(currency: Currency) -> Self {
        Self { currency, open: VecDeque::new(), shares: 0, cost: 0, home_cost: 0 }
    }

    /// Adds a lot in its place; in a pool, to the lot there is. The caller has checked the sums.
    pub(super) fn add(&mut self, lot: Lot, method: LotMethod) {
        self.shares += lot.shares;
        self.cost += lot.cost;
        self.home_cost += lot.home_cost;
        match self.open.front_mut() {
            Some(pool) if method == LotMethod::Average => {
                let (id, opened) = if lot.key() < pool.key() { (lot.id, lot.opened) } else { (pool.id, pool.opened) };
                let (shares, cost) = (pool.shares + lot.shares, pool.cost + lot.cost);
                *pool = Lot { id, opened, shares, cost, home_cost: pool.home_cost + lot.home_cost, ..*pool };
            }
            _ => {
                // Nearly always the last: only what comes from another position is older.
                let after = self.open.iter().rev().take_while(|other| other.key() > lot.key()).count();
                self.open.insert(self.open.len() - after, lot);
            }
        }
    }

    /// Takes what was picked out of its lots.
    pub(super) fn remove(&mut self, picks: &[Pick]) {
        for pick in picks {
            let lot = &mut self.open[pick.index];
            lot.shares -= pick.shares;
            lot.cost -= pick.cost;
            lot.home_cost -= pick.home_cost;
            self.shares -= pick.shares;
            self.cost -= pick.cost;
            self.home_cost -= pick.home_cost;
        }
        // Closed lots are nearly always the first or the last.
        let mut closed = picks.iter().filter(|pick| self.open[pick.index].shares == 0).count();
        while closed > 0 && self.open.front().is_some_and(|lot| lot.shares == 0) {
            self.open.pop_front();
            closed -= 1;
        }
        while closed > 0 && self.open.back().is_some_and(|lot| lot.shares == 0) {
            self.open.pop_back();
            closed -= 1;
        }
        if closed > 0 {
            self.open.retain(|lot| lot.shares != 0);
        }
    }

    /// Picks this many shares, of the position's sign and no more than it has, in the order of the method.
    pub(super) fn pick(&self, shares: i64, method: LotMethod, rounding: Rounding, picks: &mut Vec<Pick>) {
        let mut left = shares;
        let mut take = |index: usize| {
            let lot = &self.open[index];
            let taken = if left.abs() < lot.shares.abs() { left } else { lot.shares };
            picks.push(lot.part(index, taken, rounding));
            left -= taken;
            left != 0
        };
        match method {
            LotMethod::Fifo | LotMethod::Average => _ = (0..self.open.len()).all(&mut take),
            LotMethod::Lifo => _ = (0..self.open.len()).rev().all(&mut take),
            LotMethod::Hifo => {
                let mut left: Vec<usize> = (0..self.open.len()).collect();
                // a/b > c/d of the same signs b and d, without a division.
                let product = |a: usize, b: usize| i128::from(self.open[a].cost) * i128::from(self.open[b].shares);
                let dearer = |one: usize, other: usize| product(one, other) > product(other, one);
                // A sale takes few lots: those are sought one after the other, not all sorted.
                while let Some(first) = left.first().copied() {
                    let dearest = left.iter().fold(first, |best, &lot| if dearer(lot, best) { lot } else { best });
                    left.retain(|&lot| lot != dearest);
                    if !take(dearest) {
                        break;
                    }
                }
            }
        }
    }
}

impl Lot {
    /// Returns some of its shares with their part of the cost: rounded, the whole of it for the whole lot.
    pub(super) fn part(&self, index: usize, shares: i64, rounding: Rounding) -> Pick {
        if shares == self.shares {
            return Pick { index, shares, cost: self.cost, home_cost: self.home_cost };
        }
        let part = |total: i64| part_of(total, shares, self.shares, rounding);
        Pick { index, shares, cost: part(self.cost), home_cost: part(self.home_cost) }
    }
}

/// Returns `total × part / whole`, rounded; the part's size is no more than the whole's.
pub(super) fn part_of(total: i64, part: i64, whole: i64, rounding: Rounding) -> i64 {
    let product = i128::from(total) * i128::from(part) * i128::from(whole.signum());
    i64::try_from(rounding.divide(product, i128::from(whole).abs())).expect("a part is no more than the total")
}

/// A total handed out in parts that sum to it: each is the difference of two rounded running sums.
pub(super) struct Apportion {
    total: i64,
    whole: i64,
    done: i64,
    given: i64,
    rounding: Rounding,
}

impl Apportion {
    /// Returns what hands out `total` over parts that sum to `whole`.
    pub(super) fn new(total: i64, whole: i64, rounding: Rounding) -> Self {
        Self { total, whole, done: 0, given: 0, rounding }
    }

    /// Returns what the next part gets.
    pub(super) fn next(&mut self, part: i64) -> i64 {
        self.done += part;
        let given = if self.done == self.whole {
            self.total
        } else {
            part_of(self.total, self.done, self.whole, self.rounding)
        };
        let next = given - self.given;
        self.given = given;
        next
    }
}
