//! What holds of every ledger, over random entries; numbers of single entries come from `tests/ledger.rs`.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use proptest::prelude::*;

use super::*;
use crate::money::{EUR, JPY, PerShare, Price, USD};
use crate::rate::Rate;

const SYMBOLS: [&str; 4] = ["AAA", "BBB", "CCC", "DDD"];

fn date(day: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(day)
}

fn symbol(at: usize) -> Symbol {
    Symbol::new(SYMBOLS[at]).unwrap()
}

/// AAA and BBB are traded in dollars, CCC in euros, DDD in yen.
fn currency(at: usize) -> Currency {
    [USD, USD, EUR, JPY][at]
}

fn rates() -> Rates {
    let mut rates = Rates::new(USD);
    for day in 0..40 {
        rates.insert(date(day), EUR, Rate::direct(&format!("1.{:04}", 500 + day * 97 % 1000)).unwrap()).unwrap();
        rates.insert(date(day), JPY, Rate::indirect(&format!("14{}.{:02}", day % 7, day % 50)).unwrap()).unwrap();
    }
    rates
}

/// A close that moves from day to day.
fn close(symbol: Symbol, on: NaiveDate) -> Option<Price> {
    let day = u64::try_from((on - date(0)).num_days()).unwrap();
    let at = SYMBOLS.iter().position(|name| *name == symbol.as_str())? as u64;
    format!("{}.{:03}", 10 + (at * 31 + day * 7) % 90, (day * 379 + at) % 1000).parse().ok()
}

fn money() -> impl Strategy<Value = Money> {
    (0..3_usize, 1..5_000_000_i128).prop_map(|(at, minor)| Money::from_minor(minor, [USD, EUR, JPY][at]).unwrap())
}

fn per_share(at: usize) -> impl Strategy<Value = PerShare> {
    (1..200_000_000_i128).prop_map(move |units| {
        let price = Price::from_units(units * 100).unwrap();
        PerShare { price, currency: currency(at) }
    })
}

/// Whole shares more often than fractions.
fn shares() -> impl Strategy<Value = Shares> {
    prop_oneof![3 => (1..300_i128).prop_map(|whole| whole * 1_000_000), 1 => 1..300_000_000_i128]
        .prop_map(|millionths| Shares::from_millionths(millionths).unwrap())
}

fn trade() -> impl Strategy<Value = Entry> {
    // Now and then more than the shares are worth.
    let fee = prop::option::of(prop_oneof![1..2_000_i128, 1..2_000_000_i128]);
    let side = prop_oneof![3 => Just(Side::Buy), 5 => Just(Side::Sell), 1 => Just(Side::Short), 2 => Just(Side::Cover)];
    (0..4_usize, side, shares(), fee).prop_flat_map(|(at, side, shares, fee)| {
        per_share(at).prop_map(move |price| {
            let fee = fee.map(|minor| Money::from_minor(minor, price.currency).unwrap());
            Trade { side, symbol: symbol(at), shares, price, fee, settles: None, lots: Box::default() }.into()
        })
    })
}

fn action() -> impl Strategy<Value = Entry> {
    let fraction = (0..=100_u64).prop_map(|percent| Fraction::new(percent, 100).unwrap());
    let pair = (0..4_usize, 0..4_usize, 1..9_u32, 1..9_u32, fraction, any::<bool>());
    (pair, 0..7_u8).prop_flat_map(|((from, into, new, old, part, cash), kind)| {
        (per_share(from), per_share(into)).prop_map(move |(per_share, other)| {
            let (from, into) = (symbol(from), symbol(into));
            let in_lieu = |price| if cash { Fractions::InLieu(price) } else { Fractions::Keep };
            match kind {
                0 => Dividend { symbol: from, per_share, withheld: None, pays: None }.into(),
                1 => Split { symbol: from, new, old, fractions: in_lieu(per_share) }.into(),
                2 => SpinOff { parent: from, child: into, new, per: old, cost: part, fractions: in_lieu(other) }.into(),
                3 => {
                    let fractions = in_lieu(other);
                    Merger { from, into, new: new - 1, old, cash: cash.then_some((per_share, part)), fractions }.into()
                }
                4 => Rename { from, to: into }.into(),
                5 => ReturnOfCapital { symbol: from, per_share }.into(),
                _ => Delisting { symbol: from, per_share: cash.then_some(per_share) }.into(),
            }
        })
    })
}

fn cash() -> impl Strategy<Value = Entry> {
    (money(), money(), 0..6_u8, prop::option::of(0..4_usize)).prop_map(|(amount, other, kind, at)| {
        let symbol = at.map(symbol);
        match kind {
            0 => Deposit(amount).into(),
            1 => Withdrawal(amount).into(),
            2 => Interest(amount).into(),
            3 => Fee { amount, symbol }.into(),
            4 => Tax { amount, symbol }.into(),
            _ => Exchange { give: amount, get: other }.into(),
        }
    })
}

fn entry() -> impl Strategy<Value = Entry> {
    prop_oneof![6 => trade(), 2 => action(), 1 => cash()]
}

/// Entries on days that do not fall: of some stocks a position first, so that there is something to act on.
fn entries() -> impl Strategy<Value = Vec<(u64, Entry)>> {
    let openings = prop::collection::vec((0..4_usize, shares(), any::<bool>()), 1..4);
    (openings, prop::collection::vec((0..3_u64, entry()), 1..10)).prop_map(|(openings, steps)| {
        let openings = openings.into_iter().map(|(at, shares, short)| {
            let price = PerShare { price: close(symbol(at), date(0)).unwrap(), currency: currency(at) };
            let trade = if short && at == 1 { Trade::short } else { Trade::buy };
            (1, trade(shares, symbol(at), price).unwrap().into())
        });
        let mut day = 0;
        let days = openings.chain(steps).map(|(step, entry)| {
            day += step;
            (day, entry)
        });
        days.collect()
    })
}

fn methods() -> impl Strategy<Value = Ledger> {
    let methods = [LotMethod::Fifo, LotMethod::Lifo, LotMethod::Hifo, LotMethod::Average];
    let rules = (prop::sample::select(methods.to_vec()), any::<bool>());
    rules.prop_map(|(method, even)| {
        let rounding = if even { Rounding::HalfEven } else { Rounding::HalfAwayFromZero };
        Ledger::new(USD, method).with_rates(rates()).with_rounding(rounding)
    })
}

/// Applies what is possible, and returns the numbers of what was.
fn apply(ledger: &mut Ledger, entries: &[(u64, Entry)]) -> Vec<EntryId> {
    entries.iter().filter_map(|(day, entry)| ledger.apply(date(*day), entry.clone()).ok()).collect()
}

/// Σ of the gains, and of the lines that they are in: both in the home currency.
fn realised(ledger: &Ledger) -> (i64, i64) {
    let gains = ledger.realised().iter().map(|gain| gain.home_profit().minor()).sum();
    let trades = ledger.lines().iter().filter(|line| line.kind == Kind::Trade);
    (gains, trades.map(|line| line.home_cash + line.home_cost).sum())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn every_change_of_value_is_explained(mut ledger in methods(), entries in entries()) {
        apply(&mut ledger, &entries);
        let last = entries.last().unwrap().0 + 2;
        let dates: Vec<_> = (0..=last).map(date).collect();
        let navs = ledger.navs(dates.iter().copied(), close).unwrap();
        for (step, why) in ledger.explain_each(dates.iter().copied(), close).unwrap().iter().enumerate() {
            let [before, after] = [&navs[step], &navs[step + 1]];
            prop_assert_eq!(why.change.minor(), after.total().minor() - before.total().minor());
            prop_assert_eq!(why.terms.total().unwrap(), why.change);
            prop_assert_eq!(why.terms.transferred.minor(), 0);
            let parts: i64 = why.symbols.iter().map(|(_, terms)| terms.total().unwrap().minor()).sum();
            prop_assert_eq!(parts + why.rest.total().unwrap().minor(), why.change.minor());
            let mut own: BTreeMap<Symbol, i64> = BTreeMap::new();
            for (nav, sign) in [(before, -1), (after, 1)] {
                for worth in nav.positions() {
                    *own.entry(worth.symbol).or_default() += sign * worth.home_value.minor();
                }
            }
            for line in ledger.lines().iter().filter(|line| line.date == after.date()) {
                if let Some(symbol) = line.symbol {
                    *own.entry(symbol).or_default() += line.home_cash;
                }
            }
            for (symbol, terms) in &why.symbols {
                prop_assert_eq!(terms.total().unwrap().minor(), own.remove(symbol).unwrap_or(0));
            }
            prop_assert!(own.values().all(|&rest| rest == 0));
        }
        let whole = ledger.explain(dates[0], date(last), close).unwrap();
        prop_assert_eq!(whole.change.minor(), navs[navs.len() - 1].total().minor() - navs[0].total().minor());
        let (gains, lines) = realised(&ledger);
        prop_assert_eq!(gains, lines);
        for line in ledger.lines().iter().filter(|line| line.currency == USD && line.kind != Kind::Exchange) {
            prop_assert_eq!((line.home_cash, line.home_cost, line.currency_effect), (line.cash, line.cost, 0));
        }
    }

    #[test]
    fn an_impossible_entry_leaves_no_trace(mut ledger in methods(), entries in entries()) {
        for (day, entry) in entries {
            let before = ledger.clone();
            if ledger.apply(date(day), entry).is_err() {
                prop_assert_eq!(&ledger, &before);
            }
        }
    }

    #[test]
    fn a_ledger_goes_on_from_any_snapshot(mut ledger in methods(), entries in entries(), at in any::<prop::sample::Index>()) {
        let (first, rest) = entries.split_at(at.index(entries.len()));
        apply(&mut ledger, first);
        let mut restored = Ledger::restore(ledger.snapshot()).unwrap();
        apply(&mut ledger, rest);
        apply(&mut restored, rest);
        prop_assert_eq!(&restored.books, &ledger.books);
        prop_assert_eq!(restored.books.positions.len(), ledger.positions().len());
        // What the journal is replayed to is what was applied.
        let journal = ledger.journal.clone();
        let books = ledger.books.clone();
        ledger.replay(None, journal).unwrap();
        prop_assert_eq!(ledger.books, books);
    }

    /// On days of their own, so that the order of a day's entries does not matter.
    #[test]
    fn an_entry_inserted_late_is_as_if_in_time(mut ledger in methods(), entries in entries(), at in any::<prop::sample::Index>()) {
        let entries: Vec<_> = entries.into_iter().zip(1..).map(|((_, entry), day)| (day, entry)).collect();
        let mut late = ledger.clone();
        let left_out = at.index(entries.len());
        let possible = entries.iter().enumerate().filter_map(|(place, (day, entry))| {
            ledger.apply(date(*day), entry.clone()).ok().map(|_| place)
        });
        let possible: Vec<usize> = possible.collect();
        prop_assume!(possible.contains(&left_out));
        for &place in possible.iter().filter(|place| **place != left_out) {
            let (day, entry) = &entries[place];
            prop_assume!(late.apply(date(*day), entry.clone()).is_ok());
        }
        let before = late.clone();
        let (day, entry) = &entries[left_out];
        let correction = late.insert(date(*day), entry.clone()).unwrap();
        let last = ledger.last().unwrap();
        prop_assert_eq!(late.holdings(last), ledger.holdings(last));
        prop_assert_eq!(late.nav(last, close), ledger.nav(last, close));
        let profits = |ledger: &Ledger| ledger.realised().iter().map(Gain::home_profit).collect::<Vec<_>>();
        prop_assert_eq!(profits(&late), profits(&ledger));
        late.remove(correction.entry.unwrap()).unwrap();
        prop_assert_eq!(&late.books, &before.books);
        prop_assert_eq!(late.journal, before.journal);
    }

    #[test]
    fn a_reversal_comes_to_what_never_was(mut ledger in methods(), entries in entries(), at in any::<prop::sample::Index>()) {
        let ids = apply(&mut ledger, &entries);
        prop_assume!(!ids.is_empty());
        let entry = *at.get(&ids);
        let (before, mut removed) = (ledger.clone(), ledger.clone());
        let today = ledger.last().unwrap() + Days::new(1);
        let reversal = match (removed.remove(entry), ledger.reverse(today, entry)) {
            (Ok(_), Ok(reversal)) => reversal,
            (Err(one), Err(other)) => {
                prop_assert_eq!(one, other);
                prop_assert_eq!(ledger, before);
                return Ok(());
            }
            (one, other) => return Err(TestCaseError::fail(format!("{one:?} {other:?}"))),
        };
        prop_assert_eq!(&ledger.books.positions, &removed.books.positions);
        prop_assert_eq!(ledger.nav(today, close), removed.nav(today, close));
        prop_assert_eq!(ledger.nav(before.last().unwrap(), close), before.nav(before.last().unwrap(), close));
        let (gains, lines) = realised(&ledger);
        prop_assert_eq!(gains, lines);
        let again = ledger.clone().reverse(today, entry);
        prop_assert_eq!(again, Err(LedgerError::Reversed { entry }));
        ledger.reverse(today, reversal.entry.unwrap()).unwrap();
        prop_assert_eq!(&ledger.books.positions, &before.books.positions);
        prop_assert_eq!(ledger.nav(today, close), before.nav(today, close));
        prop_assert!(Ledger::restore(ledger.snapshot()).is_ok());
    }

    #[test]
    fn a_preview_is_what_a_sale_brings(mut ledger in methods(), entries in entries(), sale in trade()) {
        apply(&mut ledger, &entries);
        let Entry::Trade(sale) = sale else { unreachable!("trades are trades") };
        let opens = matches!(sale.side, Side::Buy | Side::Short);
        let before = ledger.clone();
        let today = date(38);
        let preview = ledger.preview(today, &sale);
        prop_assert_eq!(&ledger, &before);
        let known = ledger.realised().len();
        match ledger.apply(today, sale) {
            Ok(_) if opens => prop_assert!(preview.is_err()),
            Ok(_) => {
                let own = &preview.unwrap()[0];
                prop_assert_eq!(&own.gains[..], &ledger.realised()[known..]);
                let profit: i64 = own.gains.iter().map(|gain| gain.profit().minor()).sum();
                prop_assert_eq!(own.profit.minor(), profit);
            }
            Err(_) if opens => prop_assert!(preview.is_err()),
            Err(why) => prop_assert_eq!(preview, Err(why)),
        }
    }

    /// A wrong rate mended late, as if it had been right from the beginning.
    #[test]
    fn a_rate_mended_late_is_as_if_in_time(mut ledger in methods(), entries in entries(), day in 0..20_u64, units in 1..10_u64) {
        let mut wrong = ledger.clone();
        let rate = Rate::direct(&format!("1.{units}")).unwrap();
        wrong.replace_rate(date(day), EUR, rate).unwrap();
        // What was refused by one must be by the other: sizes hang on rates, but here far from their ends.
        apply(&mut ledger, &entries);
        apply(&mut wrong, &entries);
        let right = rates().at(EUR, date(day)).unwrap();
        let before = wrong.clone();
        let correction = wrong.replace_rate(date(day), EUR, right).unwrap();
        prop_assert_eq!(&wrong, &ledger);
        prop_assert_eq!(correction.entry, None);
        prop_assert!(correction.cash.is_empty(), "cash is in its own currency");
        // A snapshot can't be replayed.
        let mut closed = Ledger::restore(before.snapshot()).unwrap();
        let used = before.lines().iter().any(|line| line.currency == EUR && line.date >= date(day));
        let refused = closed.replace_rate(date(day), EUR, right);
        prop_assert_eq!(used, matches!(refused, Err(LedgerError::RateBeforeSnapshot { .. })));
    }
}
