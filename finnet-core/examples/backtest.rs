//! A back-test: a million dollars in equal parts, put right at each month's last session, beside an index.
//! `cargo run -p finnet-core --example backtest -- CLOSES.csv INDEX.csv`: a date, then the close of each stock.

use finnet_core::{Price, Symbol, calendar::XNYS, chrono::NaiveDate, ledger, money::USD, performance, stats, summary};
use std::{collections::BTreeMap, env::args, error::Error, fs::read_to_string, io, io::Write, process::exit};

fn main() {
    exit(backtest().map_err(|error| eprintln!("error: {error}")).map_or(1, |()| 0));
}

fn backtest() -> Result<(), Box<dyn Error>> {
    let [closes, index] = [1, 2].map(|at| args().nth(at).ok_or("usage: backtest CLOSES.csv INDEX.csv"));
    let [closes, index] = [closes?, index?].map(|path| read(&path).map_err(|error| format!("{path}: {error}")));
    let (closes, index) = (closes?, index?);
    let dates: Vec<NaiveDate> = index.keys().map(|key| key.0).collect();
    let (first, last) = (*dates.first().ok_or("no sessions")?, dates[dates.len() - 1]);
    let symbols: Vec<Symbol> = closes.keys().filter(|key| key.0 == first).map(|key| key.1).collect();
    let part = ledger::Fraction::new(1, symbols.len() as u64)?;
    let weights: Vec<_> = symbols.into_iter().map(|symbol| (symbol, part)).collect();
    let close = |symbol, date| closes.get(&(date, symbol)).copied();
    let mut book = ledger::Ledger::new(USD, ledger::LotMethod::Fifo);
    book.apply(first, ledger::Deposit(USD.of(1_000_000)?))?;
    for date in XNYS.sessions(first..=last)?.month_ends().map(|session| session.date()) {
        book.orders(date, &weights, close)?.into_iter().try_for_each(|order| book.apply(date, order).map(drop))?;
    }
    let sheet = summary::Sheet::of(&performance::valued(&book, &dates, close)?)?;
    let (summary, nav) = (sheet.summary(&stats::Convention::empyrical())?, book.nav(last, close)?.total());
    let benchmark = stats::simple_returns(&index.values().map(|price| price.to_f64()).collect::<Vec<_>>())?;
    let beside = summary.against(&benchmark).map_err(|error| format!("INDEX: {error}"))?;
    let written = writeln!(io::stdout(), "{summary}\n{beside}\n{sheet}\nnet asset value {nav}");
    Ok(written.or_else(|error| if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })?)
}

fn read(path: &str) -> Result<BTreeMap<(NaiveDate, Symbol), Price>, Box<dyn Error>> {
    let text = read_to_string(path)?;
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let cells = rows.iter().skip(1).flat_map(|row| rows[0].iter().zip(row).skip(1).map(|cell| (row[0], cell)));
    cells.map(|(date, (name, price))| Ok(((date.parse()?, Symbol::new(name)?), price.parse()?))).collect()
}
