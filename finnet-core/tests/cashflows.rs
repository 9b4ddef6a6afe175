//! Returns of cash flows against other packages: `tests/data/golden/cashflows.json`, whose README says where they come
//! from.
//!
//! Every entry is walked and compared; none is left out. Where `roots` stands beside a value it holds all solutions in
//! extended precision, and those are asked for, all of them, within 1e-12 relative; otherwise the value, within 1e-9.

use std::collections::BTreeMap;

use finnet_core::Amount;
use finnet_core::performance::{
    CashFlow, DayCount, FlowsAt, Irr, ModifiedDietz, Per, TimeWeighted, Valued, Xirr, cash_flows, irr,
};
use serde_json::Value;

const VALUED: &str = include_str!("data/golden/inputs/flows_valued.csv");
const BARE: &str = include_str!("data/golden/inputs/flows_irr.csv");
const GOLDEN: &str = include_str!("data/golden/cashflows.json");

/// The lines of each case, without its name.
fn cases(csv: &str) -> BTreeMap<&str, Vec<Vec<&str>>> {
    let mut cases = BTreeMap::<_, Vec<_>>::new();
    for line in csv.lines().skip(1) {
        let (case, line) = line.split_once(',').unwrap();
        cases.entry(case).or_default().push(line.split(',').collect());
    }
    cases
}

fn valued(lines: &[Vec<&str>]) -> Vec<Valued> {
    let row = |line: &Vec<&str>| {
        let row =
            Valued { date: line[0].parse().unwrap(), before: line[1].parse().unwrap(), flow: line[2].parse().unwrap() };
        assert_eq!(row.before.checked_add(row.flow), line[3].parse().ok(), "value_after");
        row
    };
    lines.iter().map(row).collect()
}

fn bare(lines: &[Vec<&str>]) -> Vec<CashFlow> {
    let flow = |line: &Vec<&str>| CashFlow { date: line[0].parse().unwrap(), amount: line[1].parse().unwrap() };
    lines.iter().map(flow).collect()
}

fn rates(name: &str, flows: &[CashFlow]) -> Option<Irr> {
    let amounts: Vec<Amount> = flows.iter().map(|flow| flow.amount).collect();
    match name {
        "pyxirr.xirr" => Xirr { day_count: DayCount::Act365Fixed }.of(flows).ok(),
        "pyxirr.irr" | "numpy_financial.irr" => irr(&amounts).ok(),
        _ => None,
    }
}

fn of_valued(name: &str, valued: &[Valued]) -> Option<f64> {
    match name {
        "numpy.modified_dietz" => ModifiedDietz { flows: FlowsAt::EndOfDay }.of(valued),
        "numpy.modified_dietz(start_of_day)" => ModifiedDietz { flows: FlowsAt::StartOfDay }.of(valued),
        "empyrical.time_weighted_return" => TimeWeighted { per: Per::Period }.of(valued),
        "numpy.time_weighted_return(annualised)" => TimeWeighted { per: Per::Year(DayCount::Act365Fixed) }.of(valued),
        other => panic!("{other}"),
    }
    .unwrap()
}

fn near(ours: f64, theirs: &Value, relative: f64) -> bool {
    theirs.as_f64().is_some_and(|theirs| (ours - theirs).abs() <= relative * theirs.abs())
}

#[test]
fn every_entry_is_met() {
    let golden: Value = serde_json::from_str(GOLDEN).unwrap();
    let (with_values, bare_flows) = (cases(VALUED), cases(BARE));
    let (mut met, mut roots) = (0, 0);
    for entry in golden["entries"].as_array().unwrap() {
        let name = entry["name"].as_str().unwrap();
        for result in entry["results"].as_array().unwrap() {
            let column = result["column"].as_str().unwrap();
            let (rows, flows) = match result["file"].as_str().unwrap() {
                "inputs/flows_valued.csv" => {
                    let rows = valued(&with_values[column]);
                    let flows = cash_flows(&rows).unwrap();
                    (rows, flows)
                }
                _ => (Vec::new(), bare(&bare_flows[column])),
            };
            let full = format!("{name}@{column}");
            if let Some(theirs) = result["roots"].as_array() {
                let ours = rates(name, &flows).unwrap();
                let all = ours.all().iter().zip(theirs).all(|(&ours, theirs)| near(ours, theirs, 1e-12));
                assert!(all && ours.all().len() == theirs.len(), "{full}: {ours:?}, not {theirs:?}");
                roots += theirs.len();
            } else if let Some(ours) = rates(name, &flows) {
                // Of several, numpy-financial gives the one nearest to 0; NaN where there is none.
                match ours.nearest_to(0.0) {
                    Some(ours) => assert!(near(ours, &result["value"], 1e-9), "{full}: {ours}"),
                    None => assert_eq!(result["value"], "nan", "{full}"),
                }
            } else {
                let ours = of_valued(name, &rows).unwrap();
                assert!(near(ours, &result["value"], 1e-9), "{full}: {ours}");
            }
            met += 1;
        }
    }
    // By hand: 19 roots of XIRR, 18 of IRR.
    assert_eq!((met, roots), (100, 37));
}
