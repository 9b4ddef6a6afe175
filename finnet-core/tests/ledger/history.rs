//! From a history in JSON to a ledger: `tests/data/ledger/README.md` tells the fields of its entries.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};
use finnet_core::Symbol;
use finnet_core::ledger::{
    BorrowFee, Correction, Delisting, Deposit, Dividend, Entry, EntryId, Exchange, Fee, Fraction, Fractions, Interest,
    Ledger, LedgerError, LotId, LotMethod, Merger, Overdraft, Rename, ReturnOfCapital, SpinOff, Split, StockDividend,
    Tax, Trade, Withdrawal,
};
use finnet_core::money::{Currency, Money, PerShare, Rounding, Shares};
use finnet_core::rate::{Rate, Rates};
use serde_json::Value;

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

pub(crate) fn int(value: &Value) -> i64 {
    value.as_i64().expect("a whole number")
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

pub(crate) fn symbol(value: &Value) -> Symbol {
    Symbol::new(text(value)).expect("a symbol")
}

pub(crate) fn number(value: &Value) -> u32 {
    u32::try_from(int(value)).expect("a small number")
}

pub(crate) fn shares(value: &Value) -> Shares {
    text(value).parse().expect("shares")
}

pub(crate) fn fraction(parts: &[Value]) -> Fraction {
    Fraction::new(number(&parts[0]).into(), number(&parts[1]).into()).expect("a fraction")
}

/// A ledger that takes its entries from a history in JSON, and what its steps are numbered.
pub(crate) struct History<'a> {
    setup: &'a Value,
    first: NaiveDate,
    pub(crate) ledger: Ledger,
    /// The entry of each step; `None` where it was refused.
    ids: Vec<Option<EntryId>>,
}

impl<'a> History<'a> {
    pub(crate) fn new(setup: &'a Value, first: &Value) -> Self {
        let first = text(first).parse().expect("a date");
        let method = match text(&setup["method"]) {
            "fifo" => LotMethod::Fifo,
            "lifo" => LotMethod::Lifo,
            "hifo" => LotMethod::Hifo,
            _ => LotMethod::Average,
        };
        let mut history =
            Self { setup, first, ledger: Ledger::new(currency(setup, &setup["base"]), method), ids: Vec::new() };
        let mut rates = Rates::new(history.ledger.home());
        for row in list(&setup["rates"]) {
            let rate = if row[2] == "direct" { Rate::direct(text(&row[3])) } else { Rate::indirect(text(&row[3])) };
            rates.insert(history.date(&row[0]), currency(setup, &row[1]), rate.expect("a rate")).expect("once");
        }
        let rounding = if setup["rule"] == "even" { Rounding::HalfEven } else { Rounding::HalfAwayFromZero };
        let overdraft = if setup["cash_only"] == true { Overdraft::Refuse } else { Overdraft::Allow };
        let rates = rates.carried(number(&setup["carry"]));
        history.ledger = history.ledger.with_rates(rates).with_rounding(rounding).with_overdraft(overdraft);
        history
    }

    pub(crate) fn date(&self, day: &Value) -> NaiveDate {
        self.first + TimeDelta::days(int(day))
    }

    pub(crate) fn day(&self, date: NaiveDate) -> i64 {
        (date - self.first).num_days()
    }

    pub(crate) fn currency(&self, code: &Value) -> Currency {
        currency(self.setup, code)
    }

    pub(crate) fn money(&self, code: &Value, minor: &Value) -> Money {
        Money::from_minor(int(minor).into(), self.currency(code)).expect("cash")
    }

    /// Returns the currency of what is held of a stock; the home currency where it is not held.
    pub(crate) fn currency_of(&self, stock: &Value) -> Currency {
        let position = self.ledger.position(symbol(stock));
        position.map_or(self.ledger.home(), |position| position.cost().currency())
    }

    pub(crate) fn per_share(&self, stock: &Value, price: &Value) -> PerShare {
        self.currency_of(stock).per_share(text(price)).expect("a price")
    }

    pub(crate) fn fractions(&self, stock: &Value, price: Option<&Value>) -> Fractions {
        price
            .filter(|price| !price.is_null())
            .map_or(Fractions::Keep, |price| Fractions::InLieu(self.per_share(stock, price)))
    }

    pub(crate) fn lot(&self, id: &Value) -> LotId {
        let step = usize::try_from(int(&id[0])).expect("a step");
        let known = self.ids.get(step).copied().flatten();
        // Of a step that is none, a place that no entry has.
        let (entry, place) = known.map_or((self.ids[0].expect("the first"), 99), |entry| (entry, number(&id[1])));
        LotId { entry, place }
    }

    pub(crate) fn trade(&self, e: &[Value]) -> Trade {
        let price = self.currency(&e[3]).per_share(text(&e[5])).expect("a price");
        let (size, stock) = (shares(&e[4]), symbol(&e[2]));
        let mut trade = match text(&e[1]) {
            "buy" => Trade::buy(size, stock, price),
            "sell" => Trade::sell(size, stock, price),
            "short" => Trade::short(size, stock, price),
            _ => Trade::cover(size, stock, price),
        }
        .expect("above 0");
        if int(&e[6]) != 0 {
            trade = trade.fee(self.money(&e[3], &e[6]));
        }
        if let Some(day) = e.get(7).filter(|day| !day.is_null()) {
            trade = trade.settles(self.date(day));
        }
        for named in e.get(8).map_or(&[][..], list) {
            trade = trade.of_lot(self.lot(&named[0]), shares(&named[1]));
        }
        trade
    }

    pub(crate) fn entry(&self, e: &[Value]) -> Entry {
        let stock = || symbol(&e[2]);
        match text(&e[1]) {
            "deposit" => Deposit(self.money(&e[2], &e[3])).into(),
            "withdrawal" => Withdrawal(self.money(&e[2], &e[3])).into(),
            "interest" => Interest(self.money(&e[2], &e[3])).into(),
            "fee" => Fee { amount: self.money(&e[2], &e[3]), symbol: e.get(4).map(symbol) }.into(),
            "tax" => Tax { amount: self.money(&e[2], &e[3]), symbol: e.get(4).map(symbol) }.into(),
            "borrow" => BorrowFee { amount: self.money(&e[2], &e[3]), symbol: symbol(&e[4]) }.into(),
            "exchange" => Exchange { give: self.money(&e[2], &e[3]), get: self.money(&e[4], &e[5]) }.into(),
            "buy" | "sell" | "short" | "cover" => self.trade(e).into(),
            "dividend" => {
                let per_share = self.per_share(&e[2], &e[3]);
                let withheld = e.get(4).map(int).filter(|&minor| minor != 0);
                let withheld = withheld.map(|minor| Money::from_minor(minor.into(), per_share.currency).expect("cash"));
                Dividend { symbol: stock(), per_share, withheld, pays: e.get(5).map(|day| self.date(day)) }.into()
            }
            "split" => {
                let fractions = self.fractions(&e[2], e.get(5));
                Split { symbol: stock(), new: number(&e[3]), old: number(&e[4]), fractions }.into()
            }
            "stock_dividend" => {
                let fractions = self.fractions(&e[2], e.get(5));
                StockDividend { symbol: stock(), new: number(&e[3]), per: number(&e[4]), fractions }.into()
            }
            "spin_off" => {
                let (new, per, cost) = (number(&e[4]), number(&e[5]), fraction(&e[6..8]));
                let fractions = self.fractions(&e[2], e.get(8));
                SpinOff { parent: stock(), child: symbol(&e[3]), new, per, cost, fractions }.into()
            }
            "merger" => {
                let cash = e.get(6).filter(|cash| !cash.is_null()).map(list);
                let cash = cash.map(|cash| (self.per_share(&e[2], &cash[0]), fraction(&cash[1..])));
                let (new, old, fractions) = (number(&e[4]), number(&e[5]), self.fractions(&e[2], e.get(7)));
                Merger { from: stock(), into: symbol(&e[3]), new, old, cash, fractions }.into()
            }
            "rename" => Rename { from: stock(), to: symbol(&e[3]) }.into(),
            "return_of_capital" => ReturnOfCapital { symbol: stock(), per_share: self.per_share(&e[2], &e[3]) }.into(),
            "delisting" => {
                Delisting { symbol: stock(), per_share: e.get(3).map(|price| self.per_share(&e[2], price)) }.into()
            }
            other => panic!("no entry is called {other}"),
        }
    }

    pub(crate) fn id(&self, step: &Value) -> EntryId {
        self.ids[usize::try_from(int(step)).expect("a step")].expect("a step that was taken")
    }

    /// Takes an entry or a correction, and returns what the correction changed.
    pub(crate) fn step(&mut self, e: &[Value]) -> Result<Option<Correction>, LedgerError> {
        let corrected = match text(&e[1]) {
            "reverse" => self.ledger.reverse(self.date(&e[0]), self.id(&e[2])),
            "remove" => self.ledger.remove(self.id(&e[2])),
            "insert" => {
                let inserted = list(&e[2]);
                self.ledger.insert(self.date(&inserted[0]), self.entry(inserted))
            }
            "replace" => self.ledger.replace(self.id(&e[2]), self.entry(list(&e[3]))),
            _ => {
                let taken = self.ledger.apply(self.date(&e[0]), self.entry(e));
                self.ids.push(taken.as_ref().ok().copied());
                return taken.map(|_| None);
            }
        };
        // What is removed or replaced keeps the number of its own step.
        let new = corrected.as_ref().ok().and_then(|done| done.entry).filter(|&entry| !self.ids.contains(&Some(entry)));
        self.ids.push(new);
        corrected.map(Some)
    }

    /// Returns the step whose entry this is.
    pub(crate) fn step_of(&self, entry: EntryId) -> usize {
        self.ids.iter().position(|&id| id == Some(entry)).expect("an entry of a step")
    }

    pub(crate) fn cash(&self) -> BTreeMap<String, i64> {
        let cash = self.ledger.cash().filter(|cash| cash.minor() != 0);
        cash.map(|cash| (cash.currency().code().to_owned(), cash.minor())).collect()
    }

    /// Returns Σ shares and Σ cost by symbol.
    pub(crate) fn held(&self) -> BTreeMap<String, [i64; 2]> {
        let positions = self.ledger.positions();
        let held = positions
            .iter()
            .map(|held| (held.symbol().as_str().to_owned(), [held.shares().millionths(), held.cost().minor()]));
        held.collect()
    }
}

pub(crate) fn currency(setup: &Value, code: &Value) -> Currency {
    let places = setup["places"].get(text(code)).map_or(2, int);
    Currency::new(text(code), u8::try_from(places).expect("few places")).expect("a currency")
}
