//! The ledger against expected values from elsewhere: an oracle in rational arithmetic, beancount and worked examples of tax
//! authorities. `tests/data/ledger/README.md` says where they come from and what the fields are. No difference is allowed.

mod compare;
mod history;

use finnet_core::ledger::{Gain, Ledger};
use finnet_core::money::Money;
use serde_json::{Value, json};

use compare::{
    Differences, Expected, carry_along, compare_correction, compare_preview, compare_reports, compare_state,
    correction, word,
};
use history::{History, int, list, shares, symbol, text};

const ORACLE: &str = include_str!("../data/ledger/oracle.json");
const BEANCOUNT: &str = include_str!("../data/ledger/beancount.json");
const TAXES: &str = include_str!("../data/ledger/taxes.json");

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
