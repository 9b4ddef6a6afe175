//! Snapshots from outside, made up or tampered with: what is restored could have been, and whatever is given, nothing
//! panics, in `restore` or in the steps after it.

use std::cell::Cell;
use std::collections::BTreeSet;

use finnet_core::chrono::{Days, NaiveDate};
use finnet_core::cross_section::{self, CrossSection, Last};
use finnet_core::evaluate::{Evaluator, Snapshot};
use finnet_core::{Amount, Close, Holdings, Machine, Percent, Price, Symbol, Valuation};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;

/// Long, short, and as much of one as the largest portfolio may hold of it.
const LINES: [(&str, i64); 4] = [("A", 3), ("B", -5), ("C", 999_999_999_999), ("D", -1)];

fn evaluator(stocks: usize) -> Evaluator {
    Evaluator::new(Holdings::new(LINES[..stocks].iter().copied()).unwrap())
}

fn day(ordinal: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2000, 1, 1).unwrap() + Days::new(ordinal)
}

/// Few and near each other, so that they often agree; now and then the ends of time.
fn sessions() -> impl Strategy<Value = NaiveDate> {
    prop_oneof![40 => (0..6_u64).prop_map(day), 1 => Just(NaiveDate::MIN), 1 => Just(NaiveDate::MAX)]
}

fn prices() -> impl Strategy<Value = Price> {
    prop_oneof![10 => (1..4_i128).prop_map(|units| Price::from_units(units).unwrap()), 1 => Just(Price::MAX)]
}

fn units() -> impl Strategy<Value = i128> {
    let ends = [i128::MIN, i128::MIN + 1, -1, 0, 1, i128::MAX, 10_i128.pow(34), -10_i128.pow(34), i128::MAX / 10_000];
    prop_oneof![3 => -30..30_i128, 1 => prop::sample::select(ends.to_vec()), 1 => any::<i128>()]
}

fn valuations() -> impl Strategy<Value = Valuation> {
    let (change, percent) = (prop::option::of(units()), prop::option::of(units()));
    (sessions(), units(), change, percent, any::<bool>()).prop_map(|(session, value, change, percent, is_whole)| {
        let value = Amount::from_units(value);
        let before = change
            .and_then(|change| value.units().checked_sub(change))
            .filter(|before| before.unsigned_abs() < 1 << 80);
        if is_whole && value.units().unsigned_abs() < 1 << 80 {
            return Valuation::after(before.map(Amount::from_units), session, value);
        }
        let (change, change_pct) = (change.map(Amount::from_units), percent.map(Percent::from_units));
        Valuation { session, value, change, change_pct }
    })
}

fn lasts() -> impl Strategy<Value = Option<Last>> {
    prop::option::weighted(0.8, (sessions(), prices()).prop_map(|(session, price)| Last { session, price }))
}

fn waits() -> impl Strategy<Value = (NaiveDate, Vec<Option<Price>>)> {
    (sessions(), prop::collection::vec(prop::option::of(prices()), 0..=4))
}

/// Made up from nothing; the stocks are the right ones.
fn made_up() -> impl Strategy<Value = (usize, Snapshot)> {
    let lasts = prop::collection::vec(lasts(), 4);
    let pending = prop::collection::vec(waits(), 0..4);
    (1..=4_usize, lasts, pending, prop::option::of(valuations())).prop_map(|(stocks, lasts, pending, last)| {
        let symbols = LINES[..stocks].iter().map(|(ticker, _)| Symbol::new(ticker).unwrap());
        (stocks, Snapshot { closes: cross_section::Snapshot { lasts: symbols.zip(lasts).collect(), pending }, last })
    })
}

fn closes(count: usize) -> impl Strategy<Value = Vec<Close>> {
    let close = (0..LINES.len(), sessions(), prices());
    prop::collection::vec(close, count).prop_map(|closes| {
        let close = |(stock, session, price): (usize, _, _)| Close {
            symbol: Symbol::new(LINES[stock].0).unwrap(),
            session,
            price,
        };
        closes.into_iter().map(close).collect()
    })
}

/// One thing of a snapshot done wrong.
#[derive(Clone, Debug)]
enum Tampering {
    Last(Index, Option<Last>),
    Forget(Index),
    Twice(Index),
    Swap(Index, Index),
    Void(Index),
    Wait(Index, (NaiveDate, Vec<Option<Price>>)),
    Price(Index, Index, Option<Price>),
    Valued(Option<Valuation>),
    Stock(Index, Index),
}

fn tamperings() -> impl Strategy<Value = Tampering> {
    let at = any::<Index>;
    prop_oneof![
        (at(), lasts()).prop_map(|(at, last)| Tampering::Last(at, last)),
        at().prop_map(Tampering::Forget),
        at().prop_map(Tampering::Twice),
        (at(), at()).prop_map(|(a, b)| Tampering::Swap(a, b)),
        at().prop_map(Tampering::Void),
        (at(), waits()).prop_map(|(at, waits)| Tampering::Wait(at, waits)),
        (at(), at(), prop::option::of(prices())).prop_map(|(at, place, price)| Tampering::Price(at, place, price)),
        prop::option::of(valuations()).prop_map(Tampering::Valued),
        (at(), at()).prop_map(|(a, b)| Tampering::Stock(a, b)),
    ]
}

fn tamper(snapshot: &mut Snapshot, tampering: Tampering) {
    let cross_section::Snapshot { lasts, pending } = &mut snapshot.closes;
    let (stocks, waiting) = (lasts.len(), pending.len());
    match tampering {
        Tampering::Last(at, last) => lasts[at.index(stocks)].1 = last,
        Tampering::Valued(last) => snapshot.last = last,
        Tampering::Wait(at, waits) => pending.insert(at.index(waiting + 1), waits),
        Tampering::Stock(a, b) => lasts[a.index(stocks)].0 = Symbol::new(LINES[b.index(LINES.len())].0).unwrap(),
        _ if waiting == 0 => (),
        Tampering::Forget(at) => drop(pending.remove(at.index(waiting))),
        Tampering::Twice(at) => pending.insert(at.index(waiting), pending[at.index(waiting)].clone()),
        Tampering::Swap(a, b) => pending.swap(a.index(waiting), b.index(waiting)),
        Tampering::Void(at) => pending[at.index(waiting)].1.clear(),
        Tampering::Price(at, place, price) => {
            let prices = &mut pending[at.index(waiting)].1;
            if !prices.is_empty() {
                let place = place.index(prices.len());
                prices[place] = price;
            }
        }
    }
}

/// A true one, after some closes, with up to two things done wrong.
fn tampered() -> impl Strategy<Value = (usize, Snapshot)> {
    (1..=4_usize, closes(12), prop::collection::vec(tamperings(), 0..3)).prop_map(|(stocks, closes, tamperings)| {
        let mut evaluator = evaluator(stocks);
        for close in closes {
            evaluator.step(close);
        }
        let mut snapshot = evaluator.snapshot();
        for tampering in tamperings {
            tamper(&mut snapshot, tampering);
        }
        (stocks, snapshot)
    })
}

/// Closes that lead to this state, worked out from it: each stock's last, its part of what waits, and for each void
/// session one who sent it and is not the one who passed it by.
fn leading_to(snapshot: &cross_section::Snapshot) -> BTreeSet<(usize, NaiveDate, Price)> {
    let lasts: Vec<_> = snapshot.lasts.iter().map(|(_, last)| *last).collect();
    let mut closes = BTreeSet::new();
    for (place, last) in lasts.iter().enumerate().filter_map(|(place, last)| Some((place, (*last)?))) {
        closes.insert((place, last.session, last.price));
    }
    for (session, prices) in &snapshot.pending {
        let sent = prices.iter().enumerate().filter_map(|(place, price)| Some((place, *session, (*price)?)));
        closes.extend(sent);
        if prices.is_empty() {
            // Those who stop at it sent it; where none does, the first of those who went on.
            let is_from = |last: &Option<Last>| last.is_some_and(|last| last.session >= *session);
            let stops = lasts.iter().any(|last| last.is_some_and(|last| last.session == *session));
            if let Some(place) = lasts.iter().position(is_from).filter(|_| !stops) {
                closes.insert((place, *session, Price::MAX));
            }
        }
    }
    closes
}

/// Restores and goes on; returns whether the snapshot was taken.
fn restore(stocks: usize, snapshot: &Snapshot, before: &[Close], after: Vec<Close>) -> Result<bool, TestCaseError> {
    let mut machine = evaluator(stocks);
    for &close in before {
        machine.step(close);
    }
    let untouched = machine.clone();
    let is_taken = machine.restore(snapshot.clone()).is_ok();
    if is_taken {
        prop_assert_eq!(&machine.snapshot(), snapshot);
        let mut section = CrossSection::new(machine.holdings().symbols().iter().copied());
        for (place, session, price) in leading_to(&snapshot.closes) {
            section.step(place, session, price);
        }
        prop_assert_eq!(&section, machine.closes());
        // A session of all stocks, so that a change is taken of what was restored.
        let mut next = machine.clone();
        for &symbol in untouched.holdings().symbols() {
            next.step(Close { symbol, session: day(9), price: Price::MAX });
        }
    } else {
        prop_assert_eq!(&machine, &untouched);
    }
    for close in after {
        machine.step(close);
    }
    Ok(is_taken)
}

/// Runs 10,000 cases and returns how many were taken.
fn run(snapshots: impl Strategy<Value = (usize, Snapshot)>) -> u32 {
    let taken = Cell::new(0);
    let cases = (snapshots, closes(5), closes(30));
    let ran = TestRunner::new(ProptestConfig::with_cases(10_000)).run(&cases, |((stocks, snapshot), before, after)| {
        taken.set(taken.get() + u32::from(restore(stocks, &snapshot, &before, after)?));
        Ok(())
    });
    ran.unwrap_or_else(|failure| panic!("{failure}"));
    taken.get()
}

#[test]
fn a_made_up_snapshot_never_panics() {
    let taken = run(made_up());
    assert!((1..5_000).contains(&taken), "{taken} of 10,000 taken: both must happen");
}

#[test]
fn a_tampered_snapshot_never_panics() {
    let taken = run(tampered());
    assert!((2_000..8_000).contains(&taken), "{taken} of 10,000 taken: both must happen");
}
