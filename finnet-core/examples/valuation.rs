//! Holdings and closes from two CSV files to a valuation per session.
//!
//! `cargo run -p finnet-core --example valuation -- holdings.csv closes.csv`; lines are `symbol,quantity` and
//! `date,symbol,close`, after a header; out come `date,value,change,change_pct`, blank where there is no change.

use std::io::Write as _;
use std::process::ExitCode;

use finnet_core::evaluate::{Evaluator, Outcome};
use finnet_core::{Close, Holdings, Machine, Symbol};

fn run(holdings: &str, closes: &str) -> Result<(), Box<dyn std::error::Error>> {
    let lines = std::fs::read_to_string(holdings)?;
    let lines = lines.lines().skip(1).map(|line| line.split_once(',').ok_or("expected symbol,quantity"));
    let lines = lines.map(|line| line.and_then(|(s, q)| Ok((s, q.parse::<i64>().map_err(|_| "a quantity is whole")?))));
    let mut evaluator = Evaluator::new(Holdings::new(lines.collect::<Result<Vec<_>, _>>()?)?);
    let mut out = std::io::stdout().lock();
    writeln!(out, "date,value,change,change_pct")?;
    for line in std::fs::read_to_string(closes)?.lines().skip(1) {
        let [date, symbol, price] = line.split(',').collect::<Vec<_>>()[..] else {
            return Err("expected date,symbol,close".into());
        };
        let close = Close { session: date.parse()?, symbol: Symbol::new(symbol)?, price: price.parse()? };
        for outcome in evaluator.step(close) {
            if let Outcome::Valued(v) = outcome {
                let [change, pct] = [v.change.map(|c| c.to_string()), v.change_pct.map(|p| p.to_string())];
                writeln!(out, "{},{},{},{}", v.session, v.value, change.unwrap_or_default(), pct.unwrap_or_default())?;
            }
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [holdings, closes] = &arguments[..] else {
        eprintln!("usage: valuation HOLDINGS.csv CLOSES.csv");
        return ExitCode::from(2);
    };
    run(holdings, closes).map_or_else(
        |why| {
            eprintln!("{why}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}
