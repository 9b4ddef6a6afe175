//! Rates of return of cash flows as JSON: `cargo run -p finnet-core --example cashflows -- FLOWS.csv`.
//! In: columns `case,date,amount` (below 0: paid) or `case,date,value_before,flow`. Out: `{"NAME@FLOWS.CASE": rate, …}`
//! with the names of `tests/data/golden/cashflows.json`; null where there is none. Where several rates solve it, each name
//! takes the one that its package does: the nearest to a guess of 10 %, the largest, the nearest to 0.

use std::error::Error;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use finnet_core::Amount;
use finnet_core::chrono::{NaiveDate, ParseError};
use finnet_core::performance::{
    CashFlow, DayCount, FlowsAt, ModifiedDietz, Per, PerformanceError, TimeWeighted, Valued, Xirr, cash_flows, irr,
};

const USAGE: &str =
    "usage: cashflows FLOWS.csv, with the columns case, date and amount, or case, date, value_before and flow";

/// A case's name, and of each line the date and the one amount or both.
type Case = (String, Vec<(NaiveDate, Vec<Amount>)>);

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let answer = match &arguments[..] {
        [word] if word == "--help" => Ok(USAGE.to_owned()),
        [path] => rates(Path::new(path)).map_err(|error| format!("{}: {error}", Path::new(path).display())),
        _ => Err(USAGE.to_owned()),
    };
    let (reason, code) = match answer.map(|text| writeln!(io::stdout(), "{text}")) {
        Ok(Ok(())) => return ExitCode::SUCCESS,
        // Who reads has enough, as `head` has: no failure of ours.
        Ok(Err(error)) if error.kind() == ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
        Ok(Err(error)) => (format!("cannot write: {error}"), 1),
        Err(reason) => (reason, 2),
    };
    eprintln!("error: {reason}");
    ExitCode::from(code)
}

/// Returns the object of all rates of a file.
fn rates(path: &Path) -> Result<String, Box<dyn Error>> {
    let (stem, cases) = read(path)?;
    let lines: Vec<String> = cases.iter().flat_map(|case| answers(&stem, case)).collect();
    Ok(if lines.is_empty() { "{}".to_owned() } else { format!("{{\n{}\n}}", lines.join(",\n")) })
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
    for (number, line) in (2..).zip(lines) {
        let cell = |at: usize| line.get(at).copied().unwrap_or_default();
        let wrong = |at: usize, error: &dyn Error| format!("line {number}: {} {:?}: {error}", header[at], cell(at));
        let amount = |&at: &usize| Amount::parse_rounded(cell(at)).map_err(|error| wrong(at, &error));
        let money = amounts.iter().map(amount).collect::<Result<_, _>>()?;
        let row = (cell(date).parse().map_err(|error: ParseError| wrong(date, &error))?, money);
        match cases.iter_mut().find(|(name, _)| *name == cell(case)) {
            Some((_, rows)) => rows.push(row),
            None => cases.push((cell(case).to_owned(), vec![row])),
        }
    }
    Ok((path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), cases))
}

/// Returns a line for each name.
fn answers(stem: &str, (case, rows): &Case) -> Vec<String> {
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

/// Returns a name and its rate as JSON; null where it is undefined, and where there is a reason against it, which is said.
fn line(name: &str, rate: Result<Option<f64>, PerformanceError>) -> String {
    let rate = rate.unwrap_or_else(|why| {
        eprintln!("{name} is null: {why}");
        None
    });
    let text = |json: serde_json::Result<String>| json.expect("names and rates are JSON");
    format!("  {}: {}", text(serde_json::to_string(name)), text(serde_json::to_string(&rate)))
}
