//! What a ledger reports against what the oracle expects: each difference is noted, with where it is.

use std::collections::BTreeMap;

use finnet_core::Symbol;
use finnet_core::ledger::{Correction, Gain, LedgerError, LotMethod, NavError, Terms};
use finnet_core::money::{Money, Price};
use finnet_core::rate::RateError;
use serde_json::{Value, json};

use crate::history::{History, int, list, text};

/// Returns the oracle's word for an error.
pub(crate) fn word(error: &LedgerError, history: &History<'_>) -> String {
    let word = match error {
        LedgerError::OutOfOrder { .. } => "OutOfOrder",
        LedgerError::SettlesBefore { .. } => "SettlesBefore",
        LedgerError::NotPositive => "NotPositive",
        LedgerError::TooLarge | LedgerError::Rate(RateError::TooLarge { .. }) => "TooLarge",
        LedgerError::Currencies { .. } | LedgerError::FeeCurrency { .. } => "OtherCurrency",
        LedgerError::Same => "Same",
        LedgerError::Ratio => "NothingGiven",
        LedgerError::Rate(_) => "NoRate",
        LedgerError::NotHeld { .. } => "NotHeld",
        LedgerError::TooFew { .. } => "MoreThanHeld",
        LedgerError::IsShort { .. } | LedgerError::IsLong { .. } => "OtherSide",
        LedgerError::Lot { .. } | LedgerError::NoLot { .. } => "NoSuchLot",
        LedgerError::NamedLots { .. } | LedgerError::OpensALot => "LotsDiffer",
        LedgerError::Withheld => "Withheld",
        LedgerError::NotEnoughCash { .. } => "NotEnoughCash",
        LedgerError::Then { entry, why } => return format!("{}@{}", word(why, history), history.step_of(*entry)),
        other => return format!("{other:?}"),
    };
    word.to_owned()
}

/// What differs, with the history and step where it does.
#[derive(Default)]
pub(crate) struct Differences(pub(crate) Vec<String>);

impl Differences {
    pub(crate) fn same<A: PartialEq + std::fmt::Debug>(&mut self, at: &str, got: &A, expected: &A) {
        if got != expected {
            self.0.push(format!("{at}: {got:?}, expected {expected:?}"));
        }
    }

    pub(crate) fn none(&self) {
        let first = self.0.iter().take(40).map(String::as_str).collect::<Vec<_>>().join("\n");
        assert!(self.0.is_empty(), "{} differences:\n{first}", self.0.len());
    }
}

/// Cash by currency and `[Σ shares, Σ cost, Σ home cost]` by symbol, carried along over the steps.
pub(crate) type Expected = (BTreeMap<String, i64>, BTreeMap<String, [i64; 3]>);

/// Takes a step's changes into what is expected after it.
pub(crate) fn carry_along((cash, held): &mut Expected, row: &Value) {
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
pub(crate) fn compare_state(at: &str, history: &History<'_>, (cash, held): &Expected, differences: &mut Differences) {
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

pub(crate) fn compare_lots(at: &str, history: &History<'_>, expected: &Value, differences: &mut Differences) {
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

pub(crate) fn compare_gains(at: &str, history: &History<'_>, scenario: &Value, differences: &mut Differences) {
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
pub(crate) fn compare_rows(
    at: &str,
    history: &History<'_>,
    gains: &[Gain],
    expected: &Value,
    differences: &mut Differences,
) {
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
pub(crate) fn compare_correction(
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
        (change.symbol.as_str().to_owned(), (shares, [change.cost.0.minor(), change.cost.1.minor()]))
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
pub(crate) fn compare_reversed_gains(
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
        differences.same(&format!("{at}, its gain's entry"), &Some(gain.entry()), &done.entry);
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
pub(crate) fn compare_preview(at: &str, history: &History<'_>, row: &Value, differences: &mut Differences) {
    let Some(expected) = row.get("p") else { return };
    let e = list(&row["e"]);
    let previews = match history.ledger.preview(history.date(&e[0]), &history.trade(e)) {
        Ok(previews) => previews,
        Err(error) => return differences.0.push(format!("{at}, preview: {error}")),
    };
    let methods = [LotMethod::Fifo, LotMethod::Lifo, LotMethod::Hifo, LotMethod::Average];
    let methods = if list(expected).len() == 1 { &methods[3..] } else { &methods[..] };
    let got = methods
        .iter()
        .map(|&method| previews.iter().find(|preview| preview.method == method).map(|preview| preview.profit.minor()));
    let expected = list(expected).iter().map(|profit| Some(int(profit))).collect::<Vec<_>>();
    differences.same(&format!("{at}, preview"), &got.collect(), &expected);
    differences.same(&format!("{at}, previews"), &previews.len(), &expected.len());
}

pub(crate) fn compare_lines(at: &str, history: &History<'_>, expected: &Value, differences: &mut Differences) {
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

pub(crate) fn price(closes: &Value, symbol: Symbol) -> Option<Price> {
    closes.get(symbol.as_str()).map(|close| text(close).parse().expect("a price"))
}

pub(crate) fn compare_nav(at: &str, history: &History<'_>, row: &Value, differences: &mut Differences) {
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

pub(crate) fn terms(of: &Terms) -> [i64; 7] {
    [of.flows, of.realised, of.unrealised, of.income, of.costs, of.currency, of.transferred].map(Money::minor)
}

pub(crate) fn compare_explanation(
    at: &str,
    history: &History<'_>,
    scenario: &Value,
    row: &Value,
    differences: &mut Differences,
) {
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
    // From a date to itself there is nothing to explain.
    let nothing = history.ledger.explain(to, to, |symbol, date| price(closes(date), symbol));
    differences.same(&format!("{at}, from its end"), &nothing.map(|why| terms(&why.terms)), &Ok([0; 7]));
    let total = expected.values().flatten().sum::<i64>();
    differences.same(&format!("{at}, change"), &why.change.minor(), &total);
    differences.same(&format!("{at}, total"), &why.terms.total().map(Money::minor), &Ok(total));
}

/// Whether a step corrects others.
pub(crate) fn correction(entry: &Value) -> bool {
    ["reverse", "insert", "replace", "remove"].contains(&text(&entry[1]))
}

/// Holds all that a ledger reports at its end to the oracle.
pub(crate) fn compare_reports(name: &str, history: &History<'_>, scenario: &Value, differences: &mut Differences) {
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
pub(crate) fn compare_holdings(name: &str, history: &History<'_>, scenario: &Value, differences: &mut Differences) {
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
