//! The books closed: plain data to keep, from which a ledger goes on.

use std::collections::{BTreeMap, HashMap};

use super::books::{Books, Rules, fits, small};
use super::error::LedgerError;
use super::line::Kind;
use super::lot::{Lot, Lots};
use super::{EntryId, Ledger};
use crate::money::Currency;
use crate::symbol::Symbol;

/// A ledger's rules and books, without the entries that led there.
///
/// With the feature `serde` it can be written and read. [`Ledger::restore`] refuses one whose parts contradict each other;
/// whoever can change all of them in step can change the account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Snapshot {
    rules: Rules,
    books: Books,
    next: EntryId,
}

impl Ledger {
    /// Returns the books as they are, to go on from.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { rules: self.rules.clone(), books: self.books.clone(), next: EntryId(self.next) }
    }

    /// Returns a ledger that goes on from a snapshot: the same in all that it reports, but entries before it can't be
    /// corrected any more.
    ///
    /// # Errors
    ///
    /// - [`LedgerError::Snapshot`] where lots, cash and gains are not what the lines sum to, or a number can't be.
    pub fn restore(snapshot: Snapshot) -> Result<Self, LedgerError> {
        let Snapshot { rules, books, next } = snapshot;
        let holds = rules.rates.hold_together()
            && books.numbers_fit()
            && books.lots_hold_together()
            && books.lines_sum_to_what_is_held()
            && books.gains_are_those_of_the_lines(rules.rates.home())
            && books.come_before(next);
        if !holds {
            return Err(LedgerError::Snapshot);
        }
        Ok(Self { rules, opening: books.clone(), journal: Vec::new(), books, next: next.get() })
    }
}

impl Books {
    /// No number is beyond what is counted, and lines ascend.
    fn numbers_fit(&self) -> bool {
        let lines = self.lines.iter().all(|line| {
            let numbers = [line.shares, line.cash, line.cost, line.home_cash, line.home_cost, line.currency_effect];
            // What is of no stock changes no lot.
            let of_a_stock = line.symbol.is_some() || [line.shares, line.cost, line.home_cost] == [0; 3];
            of_a_stock && numbers.into_iter().all(|number| fits(Some(number)).is_ok())
        });
        let gains = self.gains.iter().all(|gain| {
            let home = gain.home_proceeds.checked_sub(gain.home_cost);
            let profits = [
                gain.proceeds.checked_sub(gain.cost),
                home,
                home.and_then(|home| home.checked_sub(gain.currency_effect)),
            ];
            let numbers =
                [gain.shares, gain.proceeds, gain.cost, gain.home_proceeds, gain.home_cost, gain.currency_effect];
            numbers.map(Some).into_iter().chain(profits).all(|number| fits(number).is_ok())
        });
        let dates = self.lines.iter().map(|line| line.date).chain(self.last);
        lines && gains && dates.is_sorted() && (self.last.is_some() || self.lines.is_empty())
    }

    /// Lots are in order, of one side, of one currency, and sum to their position.
    fn lots_hold_together(&self) -> bool {
        let holds = |lots: &Lots| {
            let numbers = |lot: &Lot| [lot.shares, lot.cost, lot.home_cost];
            let mut sums = [0_i128; 3];
            for lot in &lots.open {
                sums.iter_mut().zip(numbers(lot)).for_each(|(sum, number)| *sum += i128::from(number));
            }
            let pairs = lots.open.iter().zip(lots.open.iter().skip(1));
            let fit = |lot: &Lot| numbers(lot).into_iter().all(|number| fits(Some(number)).is_ok());
            let alike = |lot: &Lot| {
                lot.shares != 0 && lot.shares.signum() == lots.shares.signum() && lot.currency == lots.currency
            };
            !lots.open.is_empty()
                && sums == [lots.shares, lots.cost, lots.home_cost].map(i128::from)
                && sums.into_iter().all(|sum| small(sum).is_ok())
                && lots.open.iter().all(|lot| alike(lot) && fit(lot))
                && pairs.into_iter().all(|(one, next)| (one.opened, one.id) < (next.opened, next.id))
        };
        self.positions.values().all(holds)
    }

    /// What is held of each stock, and the cash, are the sums of the lines.
    fn lines_sum_to_what_is_held(&self) -> bool {
        let mut held: HashMap<(Symbol, Currency), [i128; 3]> = HashMap::new();
        let mut cash: BTreeMap<Currency, i128> = BTreeMap::new();
        for (&symbol, lots) in &self.positions {
            held.insert((symbol, lots.currency), [lots.shares, lots.cost, lots.home_cost].map(|sum| -i128::from(sum)));
        }
        for (currency, minor) in self.cash.iter() {
            // Twice the same currency is no sum of lines.
            if cash.insert(currency, -i128::from(minor)).is_some() || small(minor.into()).is_err() {
                return false;
            }
        }
        for line in &self.lines {
            *cash.entry(line.currency).or_default() += i128::from(line.cash);
            if let Some(symbol) = line.symbol {
                let sums = held.entry((symbol, line.currency)).or_default();
                let terms = [line.shares, line.cost, line.home_cost];
                sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += i128::from(term));
            }
        }
        held.into_values().all(|sums| sums == [0; 3]) && cash.into_values().all(|sum| sum == 0)
    }

    /// Each entry's gains sum to the profit of its lines.
    fn gains_are_those_of_the_lines(&self, home: Currency) -> bool {
        let mut profits: HashMap<EntryId, [i128; 3]> = HashMap::new();
        let mut add = |entry: EntryId, sign: i128, terms: [i64; 5]| {
            let [plus, minus, home_plus, home_minus, effect] = terms.map(i128::from);
            let profit = [plus + minus, home_plus + home_minus, effect];
            let sums = profits.entry(entry).or_default();
            sums.iter_mut().zip(profit).for_each(|(sum, term)| *sum += sign * term);
        };
        for line in self.lines.iter().filter(|line| line.kind == Kind::Trade) {
            add(line.entry, 1, [line.cash, line.cost, line.home_cash, line.home_cost, line.currency_effect]);
        }
        for gain in &self.gains {
            let (cost, home_cost) = (-gain.cost, -gain.home_cost);
            add(gain.entry, -1, [gain.proceeds, cost, gain.home_proceeds, home_cost, gain.currency_effect]);
        }
        profits.into_values().all(|sums| sums == [0; 3]) && self.gains.iter().all(|gain| gain.home == home)
    }

    /// All numbers of entries lie before the next one.
    fn come_before(&self, next: EntryId) -> bool {
        let lots = self.positions.values().flat_map(|lots| &lots.open).map(|lot| lot.id.entry);
        let lines = self.lines.iter().map(|line| line.entry);
        let gains = self.gains.iter().flat_map(|gain| [gain.entry, gain.lot.entry]);
        let known = lots.chain(lines).chain(gains);
        next.get() > 0 && next.get() <= u64::MAX / 2 && known.max().is_none_or(|last| last < next)
    }
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use chrono::{Days, NaiveDate};
    use serde_json::{Value, json};

    use super::*;
    use crate::ledger::{Deposit, Fractions, LotMethod, Split, Trade};
    use crate::money::{EUR, Price, USD};
    use crate::rate::{Rate, Rates};

    fn date(day: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(day)
    }

    /// Two currencies, several lots, gains, a reversal.
    fn sample() -> Ledger {
        let mut rates = Rates::new(USD);
        for (day, rate) in [(1, "1.1"), (3, "1.2"), (9, "1.15")] {
            rates.insert(date(day), EUR, Rate::direct(rate).unwrap()).unwrap();
        }
        let mut ledger = Ledger::new(USD, LotMethod::Fifo).with_rates(rates.carried(3));
        let [x, y] = ["X", "Y"].map(|name| Symbol::new(name).unwrap());
        let (dollars, euros) = (USD.per_share("10.01").unwrap(), EUR.per_share(20).unwrap());
        ledger.apply(date(1), Deposit(USD.of(1_000).unwrap())).unwrap();
        ledger.apply(date(1), Trade::buy(7, x, dollars).unwrap().settles(date(3))).unwrap();
        ledger.apply(date(2), Trade::buy(5, x, dollars).unwrap()).unwrap();
        let euro = ledger.apply(date(2), Trade::buy(3, y, euros).unwrap()).unwrap();
        ledger.apply(date(3), Split { symbol: x, new: 3, old: 2, fractions: Fractions::Keep }).unwrap();
        ledger.apply(date(3), Trade::sell(11, x, dollars).unwrap()).unwrap();
        ledger.apply(date(4), Trade::sell(1, y, euros).unwrap()).unwrap();
        let sale = ledger.apply(date(4), Trade::sell("0.5", y, euros).unwrap()).unwrap();
        ledger.reverse(date(5), sale).unwrap();
        assert_eq!(euro.get(), 4);
        ledger
    }

    /// Every number and text of a snapshot changed in turn: what is still taken up, since nothing speaks against it,
    /// reports and goes on without a panic.
    #[test]
    fn a_snapshot_that_was_changed_is_refused_or_harmless() {
        let ledger = sample();
        let whole = serde_json::to_value(ledger.snapshot()).unwrap();
        assert_eq!(serde_json::from_value(whole.clone()).map(Ledger::restore).unwrap().unwrap().books, ledger.books);
        let (mut refused, mut taken) = (0, 0);
        for at in 0..leaves(&mut whole.clone()).len() {
            for change in 0..6 {
                let mut changed = whole.clone();
                let leaf = leaves(&mut changed).swap_remove(at);
                let before = leaf.clone();
                *leaf = changed_leaf(&before, change);
                let Ok(snapshot) = serde_json::from_value::<Snapshot>(changed) else {
                    refused += 1;
                    continue;
                };
                match Ledger::restore(snapshot) {
                    Ok(ledger) => {
                        taken += 1;
                        exercise(ledger);
                    }
                    Err(why) => {
                        assert_eq!(why, LedgerError::Snapshot);
                        refused += 1;
                    }
                }
            }
        }
        assert!(refused > 4 * taken, "{refused} refused, {taken} taken");
    }

    #[test]
    fn what_the_lines_do_not_say_is_refused() {
        let whole = serde_json::to_value(sample().snapshot()).unwrap();
        for (path, value) in [
            ("/books/cash", json!([])),
            ("/books/last", json!(null)),
            ("/books/gains", json!([])),
            ("/books/lines", json!([])),
            ("/books/positions", json!({})),
            ("/books/gains/0/proceeds", json!(1)),
            ("/books/gains/0/home", json!("EUR 2")),
            ("/books/lines/0/date", json!("2027-01-01")),
            ("/books/positions/X/open/0/cost", json!(1)),
            ("/books/positions/X/shares", json!(1)),
            ("/rules/rates/home", json!("EUR 2")),
            ("/rules/rates/quotes/0/1/0/1/units", json!(0)),
            ("/next", json!(3)),
            ("/next", json!(u64::MAX)),
        ] {
            let mut changed = whole.clone();
            *changed.pointer_mut(path).unwrap_or_else(|| panic!("{path}")) = value;
            let restored = serde_json::from_value(changed).map(Ledger::restore);
            assert!(!matches!(restored, Ok(Ok(_))), "{path}");
        }
    }

    /// Returns every number and text of a value.
    fn leaves(value: &mut Value) -> Vec<&mut Value> {
        match value {
            Value::Array(all) => all.iter_mut().flat_map(leaves).collect(),
            Value::Object(all) => all.values_mut().flat_map(leaves).collect(),
            leaf => vec![leaf],
        }
    }

    fn changed_leaf(leaf: &Value, change: usize) -> Value {
        match leaf.as_i64() {
            Some(number) => {
                [json!(number + 1), json!(-number), json!(0), json!(i64::MAX), json!(i64::MIN), json!(null)][change]
                    .clone()
            }
            None => [json!("2026-01-02"), json!("JPY 0"), json!("X"), json!(""), json!(7), json!(null)][change].clone(),
        }
    }

    /// Everything that a ledger can be asked and told.
    fn exercise(mut ledger: Ledger) {
        let close = |_, _| "12.34".parse::<Price>().ok();
        let _ = ledger.nav(date(9), close);
        let _ = ledger.explain(date(0), date(9), close);
        let _ = ledger.explain_each((0..9).map(date), close);
        let _ = (ledger.holdings(date(4)), ledger.unsettled(date(2)).count(), ledger.cash().count());
        for position in ledger.positions() {
            let _ = (position.shares(), position.cost());
            for lot in position.lots() {
                let _ = lot.to_string();
            }
        }
        for gain in ledger.realised() {
            let _ = (gain.to_string(), gain.home_profit(), gain.price_effect());
        }
        for line in ledger.lines() {
            let _ = (line.cash(), line.cost(), line.shares());
        }
        for name in ["X", "Y"] {
            let symbol = Symbol::new(name).unwrap();
            for currency in [USD, EUR] {
                let sale = Trade::sell("0.25", symbol, currency.per_share(3).unwrap()).unwrap();
                let _ = ledger.preview(date(9), &sale);
                let _ = ledger.apply(date(9), sale);
            }
            let _ = ledger.apply(date(9), Split { symbol, new: 7, old: 3, fractions: Fractions::Keep });
        }
        let _ = ledger.snapshot();
    }
}
