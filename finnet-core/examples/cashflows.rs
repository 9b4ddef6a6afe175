//! Rates of return of cash flows as JSON: `cargo run -p finnet-core --example cashflows -- FLOWS.csv`.
//! In: columns `case,date,amount` (below 0: paid) or `case,date,value_before,flow`. Out: `{"NAME@FLOWS.CASE": rate, …}`
//! with the names of `tests/data/golden/cashflows.json`; null where there is none. Where several rates solve it, each name
//! takes the one that its package does: the nearest to a guess of 10 %, the largest, the nearest to 0.

use std::error::Error;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use finnet_core::performance::{
    CashFlow, DayCount, FlowsAt, ModifiedDietz, Per, PerformanceError, TimeWeighted, Valued, Xirr, cash_flows, irr,
};
use finnet_core::{Amount, chrono::NaiveDate};

/// A case's name, and of each line the date and the one amount or both.
type Case = (String, Vec<(NaiveDate, Vec<Amount>)>);

fn main() -> ExitCode {
    let path = std::env::args_os().nth(1).unwrap_or_default();
    let printed = read(Path::new(&path)).and_then(|(stem, cases)| {
        let lines: Vec<Vec<String>> = cases.iter().map(|case| answers(&stem, case)).collect::<Result<_, _>>()?;
        Ok(writeln!(io::stdout(), "{{\n{}\n}}", lines.concat().join(",\n")))
    });
    let (reason, code) = match printed {
        Ok(Ok(())) => return ExitCode::SUCCESS,
        // Who reads has enough, as `head` has: no failure of ours.
        Ok(Err(error)) if error.kind() == ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
        Ok(Err(error)) => (format!("cannot write: {error}"), 1),
        Err(error) => (format!("needs FLOWS.csv: {}: {error}", path.display()), 2),
    };
    eprintln!("error: {reason}");
    ExitCode::from(code)
}

/// Returns the file's stem and its cases, in the order of the file.
fn read(path: &Path) -> Result<(String, Vec<Case>), Box<dyn Error>> {
    let text = std::fs::read_to_string(path)?;
    let mut lines = text.lines().map(|line| line.split(',').map(str::trim).collect::<Vec<_>>());
    let header = lines.next().unwrap_or_default();
    let place = |name| header.iter().position(|one| *one == name).ok_or_else(|| format!("no column {name}"));
    let (case, date) = (place("case")?, place("date")?);
    let amounts = match place("amount") {
        Ok(at) => vec![at],
        Err(_) => vec![place("value_before")?, place("flow")?],
    };
    let mut cases: Vec<Case> = Vec::new();
    for line in lines {
        let cell = |at: usize| line.get(at).copied().unwrap_or_default();
        let money = amounts.iter().map(|&at| Amount::parse_rounded(cell(at))).collect::<Result<_, _>>()?;
        let row = (cell(date).parse()?, money);
        match cases.iter_mut().find(|(name, _)| *name == cell(case)) {
            Some((_, rows)) => rows.push(row),
            None => cases.push((cell(case).to_owned(), vec![row])),
        }
    }
    Ok((path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), cases))
}

/// Returns a line for each name; an error with the name that has one.
fn answers(stem: &str, (case, rows): &Case) -> Result<Vec<String>, Box<dyn Error>> {
    let bare = |(date, money): &(NaiveDate, Vec<Amount>)| CashFlow { date: *date, amount: money[0] };
    let valued = |(date, money): &(_, Vec<Amount>)| Valued { date: *date, before: money[0], flow: money[1] };
    let with_values = rows[0].1.len() == 2;
    let valued: Vec<Valued> = if with_values { rows.iter().map(valued).collect() } else { Vec::new() };
    let flows = if with_values { cash_flows(&valued) } else { Ok(rows.iter().map(bare).collect()) };
    let by_date = flows.clone().and_then(|flows| Xirr { day_count: DayCount::Act365Fixed }.of(&flows));
    let by_row = flows.and_then(|flows| irr(&flows.iter().map(|flow| flow.amount).collect::<Vec<_>>()));
    let mut named = vec![
        ("pyxirr.xirr", by_date.map(|irr| irr.nearest_to(0.1))),
        ("pyxirr.irr", by_row.clone().map(|irr| irr.all().last().copied())),
        ("numpy_financial.irr", by_row.map(|irr| irr.nearest_to(0.0))),
    ];
    if with_values {
        let dietz = |flows| ModifiedDietz { flows }.of(&valued);
        let time_weighted = |per| TimeWeighted { per }.of(&valued);
        named.push(("numpy.modified_dietz", dietz(FlowsAt::EndOfDay)));
        named.push(("numpy.modified_dietz(start_of_day)", dietz(FlowsAt::StartOfDay)));
        named.push(("empyrical.time_weighted_return", time_weighted(Per::Period)));
        named.push(("numpy.time_weighted_return(annualised)", time_weighted(Per::Year(DayCount::Act365Fixed))));
    }
    named.into_iter().map(|(name, rate)| line(&format!("{name}@{stem}.{case}"), rate)).collect()
}

/// Returns a name and its rate as JSON; null where it is undefined.
fn line(name: &str, rate: Result<Option<f64>, PerformanceError>) -> Result<String, Box<dyn Error>> {
    let rate = rate.map_err(|why| format!("{name}: {why}"))?;
    Ok(format!("  {}: {}", serde_json::to_string(name)?, serde_json::to_string(&rate)?))
}
