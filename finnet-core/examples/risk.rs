//! Was it worth the risk? Sharpe ratio, drawdowns and alpha of a stock beside another, from a CSV of closes.
//! `cargo run -p finnet-core --example risk -- CLOSES.csv AAPL XOM`; columns are the date, then the close of each stock.

use finnet_core::stats::{self, Annualise, Convention, Deviation, OverZero, RiskFree, Sharpe, Statistic};
use std::{env::args, error::Error, fs::read_to_string, io, io::Write, process::exit};

fn main() {
    exit(risk().map_err(|error| eprintln!("error: {error}")).map_or(1, |()| 0));
}

fn risk() -> Result<(), Box<dyn Error>> {
    let [path, stock, other] = [1, 2, 3].map(|at| args().nth(at).ok_or("usage: risk CLOSES.csv STOCK BENCHMARK"));
    let (path, stock, other, mut out) = (path?, stock?, other?, Vec::new());
    let text = read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let returns = |name: &str| -> Result<Vec<f64>, Box<dyn Error>> {
        let at = rows.first().and_then(|header| header.iter().position(|column| *column == name));
        let at = at.ok_or("there is no such column")?;
        let closes = rows[1..].iter().map(|row| row.get(at).copied().unwrap_or_default().parse());
        Ok(stats::simple_returns(&closes.collect::<Result<Vec<f64>, _>>()?)?)
    };
    let [r, b] = [&stock, &other].map(|name| returns(name).map_err(|error| format!("{path}: column {name}: {error}")));
    let (r, b) = (r?, b?);
    let (risk_free, annualise) = (RiskFree::Compounded(0.02), Annualise::Sessions(252.0)); // 2 % a year free of risk
    let sharpe = Sharpe { risk_free, annualise, deviation: Deviation::Sample, over_zero: OverZero::Undefined };
    writeln!(out, "Sharpe ratio      {:>8.3}", sharpe.of(&r)?.ok_or("constant returns")?)?;
    let last_year = sharpe.rolling(252, &r)?.pop().flatten().ok_or("fewer than 252 returns")?;
    writeln!(out, "  of the last 252 {last_year:>8.3}")?;
    for fall in stats::drawdowns(&r)?.deepest(3) {
        let [peak, valley] = [fall.peak, fall.valley].map(|place| rows[place + 1][0]);
        let recovery = fall.recovery.map_or("not recovered", |place| rows[place + 1][0]);
        writeln!(out, "drawdown {:>8.2} %  {peak} – {valley} – {recovery}", fall.depth * 100.0)?;
    }
    let convention = Convention { risk_free, ..Convention::empyrical() };
    writeln!(out, "beta              {:>8.3}", convention.beta().of(&r, &b)?.ok_or("a benchmark that stands still")?)?;
    writeln!(out, "alpha             {:>8.2} %", 100.0 * convention.alpha().of(&r, &b)?.ok_or("undefined")?)?;
    // Who reads may have enough, as `head` has.
    Ok(io::stdout().write_all(&out).or_else(|e| if e.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(e) })?)
}
