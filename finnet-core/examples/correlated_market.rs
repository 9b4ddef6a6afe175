//! Ten years of 20 correlated stocks as CSV, a line a session: `cargo run -p finnet-core --example correlated_market`.
//! Any two are correlated by 0.3, those of a sector of five by 0.6.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _, stdout};

use finnet_core::Symbol;
use finnet_core::calendar::XNYS;
use finnet_core::chrono::NaiveDate;
use finnet_core::price::{Clock, Gbm, Market, PerYear, Seed};

fn main() -> Result<(), Box<dyn Error>> {
    let days: (NaiveDate, NaiveDate) = ("2016-01-04".parse()?, "2025-12-31".parse()?);
    let symbols = (1..=20).map(|n| Symbol::new(&format!("S{n:02}"))).collect::<Result<Vec<_>, _>>()?;
    let mut market = Market::new(Seed(42), days.0, Clock::Sessions { calendar: &XNYS, per_year: 252.0 })?;
    for (n, &symbol) in (0_u8..).zip(&symbols) {
        let [drift, volatility] = [0.03, 0.15].map(|least| PerYear(least + 0.005 * f64::from(n)));
        market = market.stock(symbol, Gbm { start: "100".parse()?, drift, volatility })?;
    }
    let same = |i: usize, j: usize| f64::from(u8::from(i == j));
    let row = |i| (0..20).map(|j| 0.3 + 0.3 * same(i / 5, j / 5) + 0.4 * same(i, j)).collect();
    let matrix: Vec<Vec<f64>> = (0..20).map(row).collect();
    market = market.correlated(&matrix)?;
    let mut stocks = symbols.iter().map(|&s| market.closes(s, days.0..=days.1)).collect::<Result<Vec<_>, _>>()?;
    let mut out = "date".to_owned();
    symbols.iter().try_for_each(|symbol| write!(out, ",{symbol}"))?;
    for session in XNYS.sessions(days.0..=days.1)? {
        write!(out, "\n{session}")?;
        for closes in &mut stocks {
            write!(out, ",{}", closes.next().ok_or("as many closes as sessions")??.price)?;
        }
    }
    match stdout().write_all((out + "\n").as_bytes()) {
        // Who reads has enough, as `head` has.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}
