//! The ledger against expected values from elsewhere: an oracle in rational arithmetic, beancount and worked examples of tax
//! authorities. `tests/data/ledger/README.md` says where they come from and what the fields are. No difference is allowed.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};
use finnet_core::Symbol;
use finnet_core::ledger::{
    BorrowFee, Correction, Delisting, Deposit, Dividend, Entry, EntryId, Exchange, Fee, Fraction, Fractions, Gain,
    Interest, Ledger, LedgerError, LotId, LotMethod, Merger, NavError, Overdraft, Rename, ReturnOfCapital, SpinOff,
    Split, StockDividend, Tax, Terms, Trade, Withdrawal,
};
use finnet_core::money::{Currency, Money, PerShare, Price, Rounding, Shares};
use finnet_core::rate::{Rate, RateError, Rates};
use serde_json::{Value, json};

const ORACLE: &str = include_str!("data/ledger/oracle.json");
const BEANCOUNT: &str = include_str!("data/ledger/beancount.json");
const TAXES: &str = include_str!("data/ledger/taxes.json");

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

fn int(value: &Value) -> i64 {
    value.as_i64().expect("a whole number")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn symbol(value: &Value) -> Symbol {
    Symbol::new(text(value)).expect("a symbol")
}

fn number(value: &Value) -> u32 {
    u32::try_from(int(value)).expect("a small number")
}

fn shares(value: &Value) -> Shares {
    text(value).parse().expect("shares")
}

fn fraction(parts: &[Value]) -> Fraction {
    Fraction::new(number(&parts[0]).into(), number(&parts[1]).into()).expect("a fraction")
}

/// A ledger that takes its entries from a history in JSON, and what its steps are numbered.
struct History<'a> {
    setup: &'a Value,
    first: NaiveDate,
    ledger: Ledger,
    /// The entry of each step; `None` where it was refused.
    ids: Vec<Option<EntryId>>,
}

impl<'a> History<'a> {
    fn new(setup: &'a Value, first: &Value) -> Self {
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

    fn date(&self, day: &Value) -> NaiveDate {
        self.first + TimeDelta::days(int(day))
    }

    fn day(&self, date: NaiveDate) -> i64 {
        (date - self.first).num_days()
    }

    fn currency(&self, code: &Value) -> Currency {
        currency(self.setup, code)
    }

    fn money(&self, code: &Value, minor: &Value) -> Money {
        Money::from_minor(int(minor).into(), self.currency(code)).expect("cash")
    }

    /// Returns the currency of what is held of a stock; the home currency where it is not held.
    fn currency_of(&self, stock: &Value) -> Currency {
        let position = self.ledger.position(symbol(stock));
        position.map_or(self.ledger.home(), |position| position.cost().currency())
    }

    fn per_share(&self, stock: &Value, price: &Value) -> PerShare {
        self.currency_of(stock).per_share(text(price)).expect("a price")
    }

    fn fractions(&self, stock: &Value, price: Option<&Value>) -> Fractions {
        price
            .filter(|price| !price.is_null())
            .map_or(Fractions::Keep, |price| Fractions::InLieu(self.per_share(stock, price)))
    }

    fn lot(&self, id: &Value) -> LotId {
        let step = usize::try_from(int(&id[0])).expect("a step");
        let known = self.ids.get(step).copied().flatten();
        // Of a step that is none, a place that no entry has.
        let (entry, place) = known.map_or((self.ids[0].expect("the first"), 99), |entry| (entry, number(&id[1])));
        LotId { entry, place }
    }

    fn trade(&self, e: &[Value]) -> Trade {
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

    fn entry(&self, e: &[Value]) -> Entry {
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

    fn id(&self, step: &Value) -> EntryId {
        self.ids[usize::try_from(int(step)).expect("a step")].expect("a step that was taken")
    }

    /// Takes an entry or a correction, and returns what the correction changed.
    fn step(&mut self, e: &[Value]) -> Result<Option<Correction>, LedgerError> {
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
        let new = corrected.as_ref().ok().map(|done| done.entry).filter(|&entry| !self.ids.contains(&Some(entry)));
        self.ids.push(new);
        corrected.map(Some)
    }

    /// Returns the step whose entry this is.
    fn step_of(&self, entry: EntryId) -> usize {
        self.ids.iter().position(|&id| id == Some(entry)).expect("an entry of a step")
    }

    fn cash(&self) -> BTreeMap<String, i64> {
        let cash = self.ledger.cash().filter(|cash| cash.minor() != 0);
        cash.map(|cash| (cash.currency().code().to_owned(), cash.minor())).collect()
    }

    /// Returns Σ shares and Σ cost by symbol.
    fn held(&self) -> BTreeMap<String, [i64; 2]> {
        let positions = self.ledger.positions();
        let held = positions
            .iter()
            .map(|held| (held.symbol().as_str().to_owned(), [held.shares().millionths(), held.cost().minor()]));
        held.collect()
    }
}

fn currency(setup: &Value, code: &Value) -> Currency {
    let places = setup["places"].get(text(code)).map_or(2, int);
    Currency::new(text(code), u8::try_from(places).expect("few places")).expect("a currency")
}

/// Returns the oracle's word for an error.
fn word(error: &LedgerError, history: &History<'_>) -> String {
    let word = match error {
        LedgerError::OutOfOrder { .. } => "OutOfOrder",
        LedgerError::SettlesBefore { .. } => "SettlesBefore",
        LedgerError::NotPositive => "NotPositive",
        LedgerError::TooLarge | LedgerError::Rate(RateError::TooLarge { .. }) => "TooLarge",
        LedgerError::Currencies { .. } => "OtherCurrency",
        LedgerError::Same => "Same",
        LedgerError::Ratio => "NothingGiven",
        LedgerError::Rate(_) => "NoRate",
        LedgerError::NotHeld { .. } => "NotHeld",
        LedgerError::TooFew { .. } => "MoreThanHeld",
        LedgerError::IsShort { .. } | LedgerError::IsLong { .. } => "OtherSide",
        LedgerError::Lot { .. } => "NoSuchLot",
        LedgerError::NamedLots { .. } => "LotsDiffer",
        LedgerError::NotEnoughCash { .. } => "NotEnoughCash",
        LedgerError::Then { entry, why } => return format!("{}@{}", word(why, history), history.step_of(*entry)),
        other => return format!("{other:?}"),
    };
    word.to_owned()
}

/// What differs, with the history and step where it does.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn same<A: PartialEq + std::fmt::Debug>(&mut self, at: &str, got: &A, expected: &A) {
        if got != expected {
            self.0.push(format!("{at}: {got:?}, expected {expected:?}"));
        }
    }

    fn none(&self) {
        let first = self.0.iter().take(40).map(String::as_str).collect::<Vec<_>>().join("\n");
        assert!(self.0.is_empty(), "{} differences:\n{first}", self.0.len());
    }
}

/// Cash by currency and `[Σ shares, Σ cost, Σ home cost]` by symbol, carried along over the steps.
type Expected = (BTreeMap<String, i64>, BTreeMap<String, [i64; 3]>);

/// Takes a step's changes into what is expected after it.
fn carry_along((cash, held): &mut Expected, row: &Value) {
    for (code, minor) in row["c"].as_object().into_iter().flatten() {
        cash.insert(code.clone(), int(minor));
    }
    cash.retain(|_, &mut minor| minor != 0);
    for (name, now) in row["h"].as_object().into_iter().flatten() {
        match list(now) {
            [] => held.remove(name),
            now => held.insert(name.clone(), [int(&now[0]), int(&now[1]), int(&now[2])]),
        };
    }
}

/// Holds cash, shares and costs after a step to the expected ones.
fn compare_state(at: &str, history: &History<'_>, (cash, held): &Expected, differences: &mut Differences) {
    differences.same(&format!("{at}, cash"), &history.cash(), cash);
    let without_home = held.iter().map(|(name, now)| (name.clone(), [now[0], now[1]])).collect();
    differences.same(&format!("{at}, held"), &history.held(), &without_home);
    // What the lots cost at home shows where all is priced: at any price, on days with every rate.
    let Some(last) = history.ledger.last() else { return };
    if let Ok(nav) = history.ledger.nav(last, |_, _| "0.00000001".parse().ok()) {
        let home = nav.positions().iter().map(|worth| (worth.symbol.as_str().to_owned(), worth.home_cost.minor()));
        let expected = held.iter().map(|(name, now)| (name.clone(), now[2])).collect::<BTreeMap<_, _>>();
        differences.same(&format!("{at}, home cost"), &home.collect(), &expected);
    }
}

fn compare_lots(at: &str, history: &History<'_>, expected: &Value, differences: &mut Differences) {
    let positions = history.ledger.positions();
    let rows = positions.iter().flat_map(|held| held.lots().map(|lot| (held.symbol(), lot)));
    let rows = rows.map(|(symbol, lot)| {
        let id = json!([history.step_of(lot.id().entry), lot.id().place]);
        let (shares, cost) = (lot.shares().millionths(), lot.cost().minor());
        json!([symbol.as_str(), id, history.day(lot.opened()), shares, cost])
    });
    let expected = list(expected).iter().map(|row| Value::from(&list(row)[..5])).collect::<Vec<_>>();
    differences.same(&format!("{at}, lots"), &rows.collect(), &expected);
}

fn compare_gains(at: &str, history: &History<'_>, scenario: &Value, differences: &mut Differences) {
    let gains = history.ledger.realised();
    if let Some(expected) = scenario.get("gain_sums") {
        let mut sums = BTreeMap::<String, [i64; 4]>::new();
        for gain in gains {
            let sum = sums.entry(gain.symbol().as_str().to_owned()).or_default();
            let parts = [gain.proceeds(), gain.cost(), gain.home_profit(), gain.currency_effect()];
            sum.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part.minor());
        }
        sums.retain(|_, sum| *sum != [0; 4]);
        let expected =
            expected.as_object().expect("sums").iter().map(|(name, row)| {
                (name.clone(), [int(&row[0]), int(&row[1]), int(&row[2]) - int(&row[3]), int(&row[4])])
            });
        differences.same(&format!("{at}, sums of gains"), &sums, &expected.collect());
        return;
    }
    compare_rows(&format!("{at}, gains"), history, gains, &scenario["gains"], differences);
}

/// Holds each of these gains to a row of the oracle, in the same order.
fn compare_rows(at: &str, history: &History<'_>, gains: &[Gain], expected: &Value, differences: &mut Differences) {
    let row = |gain: &Gain| {
        let id = json!([history.step_of(gain.lot().entry), gain.lot().place]);
        let days = [history.day(gain.opened()), history.day(gain.closed())];
        let home = gain.home_profit().minor();
        json!([
            history.step_of(gain.entry()),
            gain.symbol().as_str(),
            id,
            days[0],
            days[1],
            gain.shares().millionths(),
            gain.proceeds().minor(),
            gain.cost().minor(),
            gain.profit().minor(),
            home,
            gain.currency_effect().minor(),
            gain.price_effect().minor(),
        ])
    };
    let expected = list(expected).iter().map(|row| {
        let (profit, home, effect) = (int(&row[6]) - int(&row[7]), int(&row[8]) - int(&row[9]), int(&row[10]));
        let mut row = list(row)[..8].to_vec();
        row.extend([json!(profit), json!(home), json!(effect), json!(home - effect)]);
        Value::from(row)
    });
    let (got, expected) = (gains.iter().map(row).collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    differences.same(&format!("{at}, how many"), &got.len(), &expected.len());
    for (number, (got, expected)) in got.iter().zip(&expected).enumerate() {
        differences.same(&format!("{at}, {number}"), got, expected);
    }
}

/// Holds what a correction says that it changed to the states before and after it, and to the oracle's gains.
fn compare_correction(
    at: &str,
    history: &History<'_>,
    done: &Correction,
    (before, after): (&Expected, &Expected),
    row: &Value,
    differences: &mut Differences,
) {
    let cash = done.cash.iter().map(|(was, is)| (was.currency().code().to_owned(), [was.minor(), is.minor()]));
    let [was, is] = [before, after].map(|(cash, _)| cash);
    let both = was
        .keys()
        .chain(is.keys())
        .map(|code| (code.clone(), [was, is].map(|cash| cash.get(code).copied().unwrap_or(0))));
    let expected = both.filter(|(_, [was, is])| was != is).collect::<BTreeMap<_, _>>();
    differences.same(&format!("{at}, corrected cash"), &cash.collect(), &expected);
    let held = done.positions.iter().map(|change| {
        let shares = [change.shares.0.millionths(), change.shares.1.millionths()];
        (change.symbol.as_str().to_owned(), (shares, [change.cost.0, change.cost.1]))
    });
    let [was, is] = [before, after].map(|(_, held)| held);
    let expected = list(&row["moved"]).iter().map(|name| {
        let [was, is] = [was, is].map(|held| held.get(text(name)).copied().unwrap_or([0; 3]));
        (text(name).to_owned(), ([was[0], is[0]], [was[1], is[1]]))
    });
    differences.same(&format!("{at}, corrected positions"), &held.collect(), &expected.collect::<BTreeMap<_, _>>());
    if row["e"][1] == "reverse" {
        return compare_reversed_gains(at, history, done, row, differences);
    }
    compare_rows(&format!("{at}, gains gone"), history, &done.gains_gone, &row["gone"], differences);
    compare_rows(&format!("{at}, gains new"), history, &done.gains_new, &row["new"], differences);
}

/// Holds the gains that a reversal books on its date, by lot, to the difference of the oracle's gains without and with the
/// entry. None is gone: what was reported stays.
fn compare_reversed_gains(
    at: &str,
    history: &History<'_>,
    done: &Correction,
    row: &Value,
    differences: &mut Differences,
) {
    let mut got = BTreeMap::<String, [i64; 5]>::new();
    let add = |sums: &mut BTreeMap<String, [i64; 5]>, key: Value, parts: [i64; 5]| {
        let sum = sums.entry(key.to_string()).or_default();
        sum.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part);
    };
    for gain in &done.gains_new {
        differences.same(&format!("{at}, its gain's entry"), &gain.entry(), &done.entry);
        differences.same(&format!("{at}, its gain's day"), &json!(history.day(gain.closed())), &row["e"][0]);
        let lot = json!([history.step_of(gain.lot().entry), gain.lot().place]);
        let [proceeds, cost, home, effect] =
            [gain.proceeds(), gain.cost(), gain.home_profit(), gain.currency_effect()].map(Money::minor);
        let key = json!([gain.symbol().as_str(), lot, history.day(gain.opened())]);
        add(&mut got, key, [gain.shares().millionths(), proceeds, cost, home, effect]);
    }
    let mut expected = BTreeMap::new();
    for (sign, rows) in [(-1, &row["gone"]), (1, &row["new"])] {
        for gain in list(rows) {
            let parts = [int(&gain[5]), int(&gain[6]), int(&gain[7]), int(&gain[8]) - int(&gain[9]), int(&gain[10])];
            add(&mut expected, json!([gain[1], gain[2], gain[3]]), parts.map(|part| sign * part));
        }
    }
    got.retain(|_, sum| *sum != [0; 5]);
    expected.retain(|_, sum| *sum != [0; 5]);
    differences.same(&format!("{at}, gains of the difference"), &got, &expected);
    differences.same(&format!("{at}, gains gone"), &done.gains_gone, &Vec::new());
}

/// Holds what a sale would bring by each method to the oracle, and that by the ledger's own to what it brings.
fn compare_preview(at: &str, history: &History<'_>, row: &Value, differences: &mut Differences) {
    let Some(expected) = row.get("p") else { return };
    let e = list(&row["e"]);
    let previews = match history.ledger.preview(history.date(&e[0]), &history.trade(e)) {
        Ok(previews) => previews,
        Err(error) => return differences.0.push(format!("{at}, preview: {error}")),
    };
    let methods = [LotMethod::Fifo, LotMethod::Lifo, LotMethod::Hifo, LotMethod::Average];
    let methods = if list(expected).len() == 1 { &methods[3..] } else { &methods[..] };
    let got = methods.iter().map(|&method| {
        previews.iter().find(|preview| preview.method == Some(method)).map(|preview| preview.profit.minor())
    });
    let expected = list(expected).iter().map(|profit| Some(int(profit))).collect::<Vec<_>>();
    differences.same(&format!("{at}, preview"), &got.collect(), &expected);
    differences.same(&format!("{at}, previews"), &previews.len(), &expected.len());
}

fn compare_lines(at: &str, history: &History<'_>, expected: &Value, differences: &mut Differences) {
    let mut sums = BTreeMap::<[String; 3], [i64; 2]>::new();
    for line in history.ledger.lines() {
        let name = line.symbol().map_or(String::new(), |symbol| symbol.as_str().to_owned());
        let code = line.cash().currency().code().to_owned();
        let sum = sums.entry([format!("{:?}", line.kind()), name, code]).or_default();
        sum[0] += line.cash().minor();
        sum[1] += line.cost().minor();
    }
    sums.retain(|_, sum| *sum != [0; 2]);
    let expected =
        list(expected).iter().map(|row| ([0, 1, 2].map(|at| text(&row[at]).to_owned()), [int(&row[3]), int(&row[4])]));
    let expected = expected.filter(|(_, sum)| *sum != [0; 2]).collect();
    differences.same(&format!("{at}, sums of lines"), &sums, &expected);
}

fn price(closes: &Value, symbol: Symbol) -> Option<Price> {
    closes.get(symbol.as_str()).map(|close| text(close).parse().expect("a price"))
}

fn compare_nav(at: &str, history: &History<'_>, row: &Value, differences: &mut Differences) {
    let date = history.date(&row["day"]);
    let at = format!("{at}, NAV of day {}", row["day"]);
    let got = match history.ledger.nav(date, |symbol, _| price(&row["closes"], symbol)) {
        Ok(nav) => json!({ "nav": nav.total().minor() }),
        Err(NavError::Lacking(lacking)) => {
            let prices = lacking.prices.iter().map(|symbol| symbol.as_str().to_owned()).collect::<Vec<_>>();
            let mut rates = lacking.rates.iter().map(|currency| currency.code().to_owned()).collect::<Vec<_>>();
            rates.sort_unstable();
            json!({ "lacks": [prices, rates] })
        }
        Err(error) => json!({ "error": error.to_string() }),
    };
    let expected = row.get("nav").map_or_else(|| json!({ "lacks": row["lacks"] }), |nav| json!({ "nav": nav }));
    differences.same(&at, &got, &expected);
    let mut unsettled = BTreeMap::<String, i64>::new();
    for line in history.ledger.unsettled(date) {
        *unsettled.entry(line.cash().currency().code().to_owned()).or_default() += line.cash().minor();
    }
    unsettled.retain(|_, minor| *minor != 0);
    let expected = row["unsettled"].as_object().into_iter().flatten();
    let expected = expected.map(|(code, minor)| (code.clone(), int(minor))).collect();
    differences.same(&format!("{at}, unsettled"), &unsettled, &expected);
}

fn terms(of: &Terms) -> [i64; 7] {
    [of.flows, of.realised, of.unrealised, of.income, of.costs, of.currency, of.transferred].map(Money::minor)
}

fn compare_explanation(at: &str, history: &History<'_>, scenario: &Value, row: &Value, differences: &mut Differences) {
    let [from, to] = ["from", "to"].map(|end| history.date(&row[end]));
    let at = format!("{at}, explained from {} to {}", row["from"], row["to"]);
    let closes = |date| {
        let of_day =
            list(&scenario["nav"]).iter().find(|nav| history.date(&nav["day"]) == date && nav.get("nav").is_some());
        &of_day.expect("closes of the day")["closes"]
    };
    let why = match history.ledger.explain(from, to, |symbol, date| price(closes(date), symbol)) {
        Ok(why) => why,
        Err(error) => return differences.0.push(format!("{at}: {error}")),
    };
    let mut got =
        why.symbols.iter().map(|(symbol, of)| (symbol.as_str().to_owned(), terms(of))).collect::<BTreeMap<_, _>>();
    got.insert(String::new(), terms(&why.rest));
    got.retain(|_, of| *of != [0; 7]);
    let expected = row["terms"]
        .as_object()
        .expect("terms")
        .iter()
        .map(|(name, of)| (name.clone(), std::array::from_fn(|at| int(&of[at]))));
    let expected = expected.collect::<BTreeMap<_, [i64; 7]>>();
    differences.same(&at, &got, &expected);
    let total = expected.values().flatten().sum::<i64>();
    differences.same(&format!("{at}, change"), &why.change.minor(), &total);
    differences.same(&format!("{at}, total"), &why.terms.total().map(Money::minor), &Ok(total));
}

/// Whether a step corrects others.
fn correction(entry: &Value) -> bool {
    ["reverse", "insert", "replace", "remove"].contains(&text(&entry[1]))
}

/// Holds all that a ledger reports at its end to the oracle.
fn compare_reports(name: &str, history: &History<'_>, scenario: &Value, differences: &mut Differences) {
    compare_lots(name, history, &scenario["lots"], differences);
    compare_gains(name, history, scenario, differences);
    compare_lines(name, history, &scenario["lines"], differences);
    for row in list(&scenario["nav"]) {
        compare_nav(name, history, row, differences);
    }
    for row in list(&scenario["explain"]) {
        compare_explanation(name, history, scenario, row, differences);
    }
    if !list(&scenario["steps"]).iter().any(|row| correction(&row["e"])) {
        compare_holdings(name, history, scenario, differences);
    }
}

/// Holds what was held at the end of each day to what the oracle held after the day's last entry.
fn compare_holdings(name: &str, history: &History<'_>, scenario: &Value, differences: &mut Differences) {
    let mut expected = Expected::default();
    let mut days = BTreeMap::new();
    for row in list(&scenario["steps"]).iter().filter(|row| row.get("x").is_none()) {
        carry_along(&mut expected, row);
        days.insert(history.date(&row["e"][0]), expected.1.clone());
    }
    for (date, held) in days {
        let got = history.ledger.holdings(date).into_iter();
        let got = got.map(|(symbol, shares, cost)| (symbol.as_str().to_owned(), [shares.millionths(), cost.minor()]));
        let held = held.into_iter().map(|(name, now)| (name, [now[0], now[1]]));
        differences.same(&format!("{name}, holdings of {date}"), &got.collect::<BTreeMap<_, _>>(), &held.collect());
    }
}

/// Every history of the oracle: the state after each step, what is refused and why, and at the end all that is reported.
#[test]
fn the_oracle_in_rational_arithmetic() {
    let file: Value = serde_json::from_str(ORACLE).expect("JSON");
    let mut differences = Differences::default();
    let mut steps = 0;
    for scenario in list(&file["scenarios"]) {
        let name = text(&scenario["name"]);
        let mut history = History::new(scenario, &file["first_day"]);
        let mut expected = Expected::default();
        for (number, row) in list(&scenario["steps"]).iter().enumerate() {
            let at = format!("{name}, step {number} {}", row["e"]);
            let before = history.ledger.clone();
            compare_preview(&at, &history, row, &mut differences);
            let said = history.step(list(&row["e"])).map_err(|error| word(&error, &history));
            let refused = said.as_ref().err();
            differences.same(&at, &refused.map(String::as_str), &row.get("x").map(text));
            if refused.is_some() {
                differences.same(&format!("{at}, a trace"), &(before == history.ledger), &true);
            }
            let was = expected.clone();
            carry_along(&mut expected, row);
            compare_state(&at, &history, &expected, &mut differences);
            if let Ok(Some(done)) = &said {
                compare_correction(&at, &history, done, (&was, &expected), row, &mut differences);
            }
            steps += 1;
        }
        compare_reports(name, &history, scenario, &mut differences);
    }
    differences.none();
    assert!(steps > 1_500, "{steps} steps");
}

/// The same histories, each given up and restored from a snapshot after every fifth step: what is reported is the same.
#[test]
fn the_oracle_over_snapshots() {
    let file: Value = serde_json::from_str(ORACLE).expect("JSON");
    let mut differences = Differences::default();
    let mut restored = 0;
    for scenario in list(&file["scenarios"]) {
        let steps = list(&scenario["steps"]);
        // Entries before a snapshot can't be corrected.
        if steps.iter().any(|row| correction(&row["e"])) {
            continue;
        }
        let mut history = History::new(scenario, &file["first_day"]);
        for (number, row) in steps.iter().enumerate() {
            let said = history.step(list(&row["e"]));
            differences.same(text(&scenario["name"]), &said.is_err(), &row.get("x").is_some());
            if number % 5 == 4 {
                history.ledger = Ledger::restore(history.ledger.snapshot()).expect("its own snapshot");
                restored += 1;
            }
        }
        compare_reports(text(&scenario["name"]), &history, scenario, &mut differences);
    }
    differences.none();
    assert!(restored > 100, "{restored} snapshots");
}

/// Returns cents of shares at a price a share, both as beancount gives them: whole shares, two decimals.
fn cents(shares: i64, price: &Value) -> i64 {
    shares * int(&json!(text(price).replace('.', "").parse::<i64>().expect("two decimals")))
}

/// Every trade of beancount's books: which lots each sale takes, at what cost, and what is left in the end.
#[test]
fn beancount() {
    let file: Value = serde_json::from_str(BEANCOUNT).expect("JSON");
    let mut differences = Differences::default();
    for book in list(&file["books"]) {
        let (name, long) = (text(&book["method"]), book["side"] == "long");
        let method = if name == "STRICT" { "fifo".to_owned() } else { name.to_lowercase() };
        let setup = json!({
            "base": "USD", "places": { "USD": 2 }, "rule": "away", "method": method, "cash_only": false, "carry": 0, "rates": [],
        });
        let mut history = History::new(&setup, &file["first_day"]);
        for (number, trade) in list(&book["trades"]).iter().enumerate() {
            let (size, before) = (int(&trade[2]), history.ledger.realised().len());
            let kind = match (long, (size > 0) == long) {
                (true, true) => "buy",
                (true, false) => "sell",
                (false, true) => "short",
                (false, false) => "cover",
            };
            let mut entry = json!([trade[0], kind, trade[1], "USD", size.abs().to_string(), trade[3], 0, null, []]);
            for named in trade.get(6).map_or(&[][..], list) {
                let opened = history.date(&named[0]);
                let position = history.ledger.position(symbol(&trade[1])).expect("held");
                let lot = position.lots().find(|lot| lot.opened() == opened).expect("a lot of the day").id();
                let row = json!([[history.step_of(lot.entry), lot.place], named[1].to_string()]);
                entry[8].as_array_mut().expect("lots").push(row);
            }
            let at = format!("{name}, trade {number}");
            differences.same(&at, &history.step(list(&entry)), &Ok(None));
            let gains = &history.ledger.realised()[before..];
            let got =
                gains.iter().map(|gain| [history.day(gain.opened()), -gain.shares().millionths(), gain.cost().minor()]);
            let mut got = got.collect::<Vec<_>>();
            let reductions = trade.get(4).map_or(&[][..], list).iter();
            let mut expected = reductions
                .map(|cut| [int(&cut[0]), int(&cut[1]) * 1_000_000, -cents(int(&cut[1]), &cut[2])])
                .collect::<Vec<_>>();
            got.sort_unstable();
            expected.sort_unstable();
            differences.same(&format!("{at}, reductions"), &got, &expected);
            let profit = gains.iter().map(|gain| gain.profit().minor()).sum::<i64>();
            differences.same(&format!("{at}, profit"), &profit, &trade.get(5).map_or(0, int));
        }
        let positions = history.ledger.positions();
        let lots = positions.iter().flat_map(|held| held.lots().map(|lot| (held.symbol(), lot)));
        let lots = lots.map(|(symbol, lot)| {
            (symbol.as_str().to_owned(), [history.day(lot.opened()), lot.shares().millionths(), lot.cost().minor()])
        });
        let expected = list(&book["lots"]).iter().map(|lot| {
            let shares = int(&lot[2]);
            (text(&lot[0]).to_owned(), [int(&lot[1]), shares * 1_000_000, cents(shares, &lot[3])])
        });
        differences.same(&format!("{name}, lots"), &lots.collect::<Vec<_>>(), &expected.collect::<Vec<_>>());
    }
    differences.none();
}

/// Every worked example: the numbers that the authority prints, to the unit that it prints.
#[test]
fn tax_authorities() {
    let file: Value = serde_json::from_str(TAXES).expect("JSON");
    let mut differences = Differences::default();
    for example in list(&file["examples"]) {
        let (name, unit) = (text(&example["source"]), int(&example["unit"]));
        let mut history = History::new(example, &file["first_day"]);
        let mut near = |at: String, got: i64, printed: i64| {
            if (got - printed).abs() >= unit {
                differences.0.push(format!("{at}: {got}, printed {printed}"));
            }
        };
        for (number, row) in list(&example["steps"]).iter().enumerate() {
            let before = history.ledger.realised().len();
            let said = history.step(list(&row["e"]));
            assert_eq!(said, Ok(None), "{name}, step {number}");
            let gains = &history.ledger.realised()[before..];
            let sum = |of: fn(&Gain) -> Money| gains.iter().map(|gain| of(gain).minor()).sum::<i64>();
            for (what, printed) in row["gain"].as_object().into_iter().flatten() {
                let got = match what.as_str() {
                    "proceeds" => sum(Gain::proceeds),
                    "cost" => sum(Gain::cost),
                    "profit" => sum(Gain::profit),
                    "base_profit" => sum(Gain::home_profit),
                    // At home a gain says its profit and the parts of it, not what they are the difference of.
                    _ => continue,
                };
                near(format!("{name}, step {number}, {what}"), got, int(printed));
            }
            for (stock, held) in row["held"].as_object().into_iter().flatten() {
                let position = history.ledger.position(symbol(&json!(stock))).expect("held");
                assert_eq!(position.shares(), shares(&held[0]), "{name}, step {number}");
                near(format!("{name}, step {number}, cost"), position.cost().minor(), int(&held[1]));
            }
            for (stock, lots) in row["lots"].as_object().into_iter().flatten() {
                let position = history.ledger.position(symbol(&json!(stock))).expect("held");
                let got = position.lots().map(|lot| (lot.shares(), lot.cost().minor())).collect::<Vec<_>>();
                let printed = list(lots).iter().map(|lot| (shares(&lot[0]), int(&lot[1]))).collect::<Vec<_>>();
                assert_eq!(got, printed, "{name}, step {number}");
            }
            if let Some(sold) = row.get("sold") {
                let got = gains.iter().map(|gain| (gain.opened(), gain.shares())).collect::<Vec<_>>();
                let printed = list(sold).iter().map(|lot| (history.date(&lot[0]), shares(&lot[1]))).collect::<Vec<_>>();
                assert_eq!(got, printed, "{name}, step {number}");
            }
        }
    }
    differences.none();
}
