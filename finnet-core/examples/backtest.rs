//! A back-test: a million dollars in equal parts, put right at each month's last session, beside an index.
//! `cargo run -p finnet-core --example backtest -- CLOSES.csv INDEX.csv`: a date, then the close of each stock.

use finnet_core::ledger::{Deposit, Fraction, Ledger, LotMethod};
use finnet_core::stats::{Convention, simple_returns};
use finnet_core::{Price, Symbol, calendar::XNYS, chrono::NaiveDate, money::USD, performance::valued, summary::Sheet};
use std::{collections::BTreeMap, env::args, error::Error, fs::read_to_string};

fn main() -> Result<(), Box<dyn Error>> {
    let [closes, index] = [1, 2].map(|at| args().nth(at).ok_or("usage: backtest CLOSES.csv INDEX.csv"));
    let (closes, index) = (read(&closes?)?, read(&index?)?);
    let dates: Vec<NaiveDate> = index.keys().map(|key| key.0).collect();
    let (first, last) = (*dates.first().ok_or("no sessions")?, dates[dates.len() - 1]);
    let symbols: Vec<Symbol> = closes.keys().filter(|key| key.0 == first).map(|key| key.1).collect();
    let part = Fraction::new(1, symbols.len() as u64)?;
    let weights: Vec<(Symbol, Fraction)> = symbols.into_iter().map(|symbol| (symbol, part)).collect();
    let close = |symbol, date| closes.get(&(date, symbol)).copied();
    let mut ledger = Ledger::new(USD, LotMethod::Fifo);
    ledger.apply(first, Deposit(USD.of(1_000_000)?))?;
    for session in XNYS.sessions(first..=last)?.month_ends() {
        for order in ledger.orders(session.date(), &weights, close)? {
            ledger.apply(session.date(), order)?;
        }
    }
    let sheet = Sheet::of(&valued(&ledger, &dates, close)?)?;
    let summary = sheet.summary(&Convention::empyrical())?;
    let benchmark = simple_returns(&index.values().map(|price| price.to_f64()).collect::<Vec<_>>())?;
    println!("{summary}\n{}\n{sheet}", summary.against(&benchmark)?);
    println!("net asset value {}", ledger.nav(last, close)?.total());
    Ok(())
}

fn read(path: &str) -> Result<BTreeMap<(NaiveDate, Symbol), Price>, Box<dyn Error>> {
    let text = read_to_string(path)?;
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let cells = rows.iter().skip(1).flat_map(|row| rows[0].iter().zip(row).skip(1).map(|cell| (row[0], cell)));
    cells.map(|(date, (name, price))| Ok(((date.parse()?, Symbol::new(name)?), price.parse()?))).collect()
}
