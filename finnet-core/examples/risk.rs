//! Was it worth the risk? Sharpe ratio, drawdowns and alpha of a stock beside another, from a CSV of closes.
//!
//! `cargo run -p finnet-core --example risk -- CLOSES.csv AAPL XOM`; columns are the date, then the close of each stock.

use finnet_core::stats::{Annualise, Convention, Deviation, OverZero, RiskFree, Sharpe, Statistic};
use finnet_core::stats::{drawdowns, simple_returns};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().ok_or("usage: risk CLOSES.csv STOCK BENCHMARK");
    let (path, stock, benchmark) = (argument()?, argument()?, argument()?);
    let text = std::fs::read_to_string(path)?;
    let header: Vec<&str> = text.lines().next().unwrap_or_default().split(',').collect();
    let dates: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    let returns = |name: &str| -> Result<Vec<f64>, Box<dyn std::error::Error>> {
        let at = header.iter().position(|column| *column == name).ok_or("no such column")?;
        let cells = text.lines().skip(1).map(|line| line.split(',').nth(at).unwrap_or_default().parse());
        Ok(simple_returns(&cells.collect::<Result<Vec<f64>, _>>()?)?)
    };
    let (r, b) = (returns(&stock)?, returns(&benchmark)?);

    // 2 % a year free of risk, 252 sessions a year, over n − 1: nothing of it is hidden.
    let (risk_free, annualise) = (RiskFree::Compounded(0.02), Annualise::Sessions(252.0));
    let sharpe = Sharpe { risk_free, annualise, deviation: Deviation::Sample, over_zero: OverZero::Undefined };
    println!("Sharpe ratio      {:>8.3}", sharpe.of(&r)?.ok_or("constant returns")?);
    let last_year = sharpe.rolling(252, &r)?.pop().flatten();
    println!("  of the last 252 {:>8.3}", last_year.ok_or("fewer than 252 returns")?);
    for fall in drawdowns(&r)?.deepest(3) {
        let recovery = fall.recovery.map_or("not recovered", |place| dates[place]);
        println!("drawdown {:>8.2} %  {} – {} – {recovery}", fall.depth * 100.0, dates[fall.peak], dates[fall.valley]);
    }
    let convention = Convention { risk_free, ..Convention::empyrical() };
    println!("beta              {:>8.3}", convention.beta().of(&r, &b)?.ok_or("a benchmark that stands still")?);
    println!("alpha             {:>8.2} %", 100.0 * convention.alpha().of(&r, &b)?.ok_or("undefined")?);
    Ok(())
}
