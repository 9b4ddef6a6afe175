//! An investor kept as a table of entries: random streams, and what it tells of itself held against a model that
//! works out the whole table from the closes alone, each time anew.

use std::collections::{BTreeMap, BTreeSet};

use finnet_core::chrono::{Days, NaiveDate};
use finnet_core::cross_section::Last;
use finnet_core::evaluate::{Change, Investor, Snapshot};
use finnet_core::{
    Amount, Book, Close, Holdings, Journal, Machine, Name, Percent, PortfolioId, Price, Symbol, Valuation,
};
use proptest::prelude::*;

/// The last of them is held by no portfolio.
const TICKERS: [&str; 5] = ["A", "B", "C", "D", "X"];

const PORTFOLIOS: [(&str, &[(&str, i64)]); 3] = [
    ("P11", &[("C", 2), ("A", 3), ("B", -5)]),
    ("P12", &[("A", 1), ("B", -1), ("C", 7), ("D", 2)]),
    ("P13", &[("D", -4)]),
];

type Table = BTreeMap<(PortfolioId, Key), Change>;

/// What tells one entry of a portfolio from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Valued,
    Last(Symbol),
    Waits(NaiveDate),
}

fn key(change: &Change) -> Key {
    match change {
        Change::Valued(_) => Key::Valued,
        Change::Last { symbol, .. } => Key::Last(*symbol),
        Change::Waits { session, .. } | Change::Gone { session } => Key::Waits(*session),
    }
}

fn day(ordinal: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2000, 1, 1).unwrap() + Days::new(ordinal.into())
}

fn id(portfolio: &str) -> PortfolioId {
    PortfolioId { investor: Name::new("Inv1").unwrap(), portfolio: Name::new(portfolio).unwrap() }
}

fn investor() -> Investor {
    let portfolios = PORTFOLIOS.iter().map(|(name, lines)| (id(name), Holdings::new(lines.iter().copied()).unwrap()));
    Investor::new(Book::new(portfolios))
}

/// Closes that mostly go forward, each stock at its own pace; some again, some with another price, some from before.
fn streams() -> impl Strategy<Value = Vec<Close>> {
    prop::collection::vec((0..TICKERS.len(), prop::sample::select(vec![-2, -1, 0, 1, 1, 1, 1, 2, 3]), 1..6_i128), 0..60)
        .prop_map(|steps| {
            let mut at = [0_u32; TICKERS.len()];
            let close = |(stock, ahead, units): (usize, i32, i128)| {
                let on = at[stock].saturating_add_signed(ahead);
                at[stock] = at[stock].max(on);
                let (symbol, price) = (Symbol::new(TICKERS[stock]).unwrap(), Price::from_units(units).unwrap());
                Close { symbol, session: day(on), price }
            };
            steps.into_iter().map(close).collect()
        })
}

/// The table of one portfolio, from all closes so far: the rule of the network's contract, word by word.
fn table(id: PortfolioId, lines: &[(&str, i64)], closes: &[Close]) -> Table {
    let mut lasts: Vec<Option<Last>> = vec![None; lines.len()];
    let mut sent: BTreeMap<NaiveDate, Vec<Option<Price>>> = BTreeMap::new();
    for close in closes {
        let Some(place) = lines.iter().position(|(ticker, _)| *ticker == close.symbol.as_str()) else { continue };
        if lasts[place].is_none_or(|last| last.session < close.session) {
            lasts[place] = Some(Last { session: close.session, price: close.price });
            sent.entry(close.session).or_insert_with(|| vec![None; lines.len()])[place] = Some(close.price);
        }
    }
    let mut table = Table::new();
    let mut put = |change: Change| table.insert((id, key(&change)), change);
    for ((ticker, _), last) in lines.iter().zip(&lasts) {
        if let Some(last) = *last {
            put(Change::Last { symbol: Symbol::new(ticker).unwrap(), last });
        }
    }
    let mut before = None;
    for (session, prices) in sent {
        let missing = || prices.iter().zip(&lasts).filter(|(price, _)| price.is_none()).map(|(_, last)| last);
        let is_past = |last: &Option<Last>| last.is_some_and(|last| last.session > session);
        if missing().next().is_none() {
            let value =
                prices.iter().flatten().zip(lines).map(|(price, line)| price.units() * i128::from(line.1)).sum();
            put(Change::Valued(valuation(session, value, before)));
            before = Some(value);
        } else if !missing().any(is_past) {
            put(Change::Waits { session, prices });
        } else if !missing().all(is_past) {
            put(Change::Waits { session, prices: Vec::new() });
        }
    }
    table
}

/// A valuation by school arithmetic.
fn valuation(session: NaiveDate, value: i128, before: Option<i128>) -> Valuation {
    let change = before.map(|before| value - before);
    let change_pct = change.zip(before).filter(|(_, before)| *before != 0).map(|(change, before)| {
        // Half away from zero: the magnitude half up, then the sign.
        let hundredths = (change.abs() * 20_000 + before.abs()) / (2 * before.abs());
        Percent::from_units(hundredths * change.signum())
    });
    Valuation { session, value: Amount::from_units(value), change: change.map(Amount::from_units), change_pct }
}

fn tables(closes: &[Close]) -> Table {
    PORTFOLIOS.iter().flat_map(|(name, lines)| table(id(name), lines, closes)).collect()
}

/// What must be said to a reader of one table for him to have the other.
fn difference(before: &Table, now: &Table) -> Table {
    let mut changes: Table =
        now.iter().filter(|(key, change)| before.get(key) != Some(change)).map(|(k, c)| (*k, c.clone())).collect();
    for &(id, key) in before.keys().filter(|key| !now.contains_key(key)) {
        let Key::Waits(session) = key else { panic!("{key:?} ceases") };
        changes.insert((id, key), Change::Gone { session });
    }
    changes
}

fn rebuild(changes: impl IntoIterator<Item = (PortfolioId, Change)>) -> Vec<(PortfolioId, Snapshot)> {
    let mut snapshot = investor().snapshot();
    for change in changes {
        Investor::apply(&mut snapshot, change).unwrap();
    }
    snapshot
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Each call tells the difference of the model's tables, no more and no less, each entry once.
    #[test]
    fn changes_are_the_difference(closes in streams(), asked in prop::collection::vec(0..4_u8, 60)) {
        let (mut investor, mut before) = (investor(), Table::new());
        prop_assert_eq!(investor.changes(), []);
        for (at, &close) in closes.iter().enumerate() {
            investor.step(close);
            if asked[at] == 0 {
                let (told, now) = (investor.changes(), tables(&closes[..=at]));
                let entries: Table = told.iter().map(|(id, change)| ((*id, key(change)), change.clone())).collect();
                prop_assert_eq!(entries.len(), told.len());
                prop_assert_eq!(entries, difference(&before, &now));
                before = now;
            }
        }
    }

    /// The last change of each entry, in any order, and all changes ever told, in theirs, are the machine.
    #[test]
    fn a_table_of_changes_is_the_machine(
        closes in streams(), asked in prop::collection::vec(0..10_u8, 60), at in 0..60_usize, seed in any::<u64>(),
    ) {
        let mut first = investor();
        let (mut history, mut kept) = (Vec::new(), Table::new());
        let (head, tail) = closes.split_at(at.min(closes.len()));
        let mut tell = |first: &mut Investor| for (id, change) in first.changes() {
            history.push((id, change.clone()));
            kept.insert((id, key(&change)), change);
        };
        for (&close, asked) in head.iter().zip(asked) {
            first.step(close);
            if asked == 0 {
                tell(&mut first);
            }
        }
        tell(&mut first);
        let snapshot = first.snapshot();
        prop_assert_eq!(&rebuild(history), &snapshot);
        let mut shuffled: Vec<_> = kept.into_iter().map(|((id, _), change)| (id, change)).collect();
        // Sorted by a number drawn for each: any order is as likely as another.
        let mut draw = seed;
        shuffled.sort_by_cached_key(|_| { draw = draw.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1); draw >> 16 });
        let rebuilt = rebuild(shuffled);
        prop_assert_eq!(&rebuilt, &snapshot);

        let mut second = investor();
        // What it was before is of no matter.
        for &close in tail.iter().take(5) {
            second.step(close);
        }
        second.restore(rebuilt).unwrap();
        prop_assert_eq!(&first, &second);
        prop_assert_eq!(second.changes(), []);
        for (at, &close) in tail.iter().enumerate() {
            prop_assert_eq!(first.step(close), second.step(close));
            if at % 3 == 0 {
                prop_assert_eq!(first.changes(), second.changes());
            }
        }
        prop_assert_eq!(first, second);
    }

    /// The entries of one portfolio alone restore an investor that has this one only.
    #[test]
    fn a_portfolio_moves_with_its_entries(closes in streams(), which in 0..3_usize) {
        let (name, lines) = PORTFOLIOS[which];
        let alone = || Investor::new(Book::new([(id(name), Holdings::new(lines.iter().copied()).unwrap())]));
        let (mut all, mut one, mut moved) = (investor(), alone(), alone());
        for &close in &closes {
            all.step(close);
            one.step(close);
        }
        let mut snapshot = moved.snapshot();
        for change in all.changes().into_iter().filter(|(own, _)| *own == id(name)) {
            Investor::apply(&mut snapshot, change).unwrap();
        }
        moved.restore(snapshot).unwrap();
        prop_assert_eq!(moved, one);
    }
}

/// The daily network's way: session by session, a look after each. Nothing waits at a look, so nothing is said of it.
#[test]
fn in_lockstep_no_session_is_told_to_wait() {
    let mut investor = investor();
    for on in 0..1_000 {
        for ticker in TICKERS {
            let (symbol, price) = (Symbol::new(ticker).unwrap(), Price::from_units(i128::from(on) + 1).unwrap());
            investor.step(Close { symbol, session: day(on), price });
        }
        let told: Vec<_> = investor.changes().into_iter().map(|(id, change)| (id, key(&change))).collect();
        let stocks = |(name, lines): &(&str, &[(&'static str, i64)])| {
            let id = id(name);
            lines.iter().map(move |(ticker, _)| (id, Key::Last(Symbol::new(ticker).unwrap()))).collect::<Vec<_>>()
        };
        let lasts = PORTFOLIOS.iter().flat_map(stocks);
        let expected: BTreeSet<_> = PORTFOLIOS.iter().map(|(name, _)| (id(name), Key::Valued)).chain(lasts).collect();
        assert_eq!(told.len(), expected.len());
        assert_eq!(told.into_iter().collect::<BTreeSet<_>>(), expected);
    }
}

/// A stock far ahead makes a thousand sessions wait; a look after each next close tells of that close alone.
#[test]
fn what_is_told_does_not_grow_with_what_waits() {
    let mut investor = investor();
    let mut step = |ticker: &str, on| {
        let (symbol, price) = (Symbol::new(ticker).unwrap(), Price::from_units(1).unwrap());
        investor.step(Close { symbol, session: day(on), price });
        investor.changes().into_iter().map(|(_, change)| key(&change)).collect::<Vec<_>>()
    };
    let last = |ticker| Key::Last(Symbol::new(ticker).unwrap());
    for on in 0..1_000 {
        // In P11 and P12.
        let waits = Key::Waits(day(on));
        assert_eq!(step("A", on), [last("A"), waits, last("A"), waits]);
    }
    assert_eq!(step("B", 0), [last("B"), Key::Waits(day(0)), last("B"), Key::Waits(day(0))]);
    assert_eq!(step("C", 0), [Key::Valued, last("C"), Key::Waits(day(0)), last("C"), Key::Waits(day(0))]);
}

/// Changes that nobody asks for do not pile up: what came and went leaves no trace.
#[test]
fn what_nobody_asks_for_is_not_kept() {
    let mut investor = investor();
    for on in 0..1_000 {
        for ticker in TICKERS {
            let (symbol, price) = (Symbol::new(ticker).unwrap(), Price::from_units(1).unwrap());
            investor.step(Close { symbol, session: day(on), price });
        }
    }
    // A valuation each, and how far each of the 3, 4 and 1 stocks is.
    assert_eq!(investor.changes().len(), 3 + 8);
}
