//! Trades of an account, with a split and a dividend between them: what each lot earned, and where the value came from.
//! `cargo run -p finnet-core --example trades`

use finnet_core::ledger::{Deposit, Dividend, Fractions, Ledger, LotMethod, Split, Trade};
use finnet_core::{Symbol, chrono::NaiveDate, money::USD};
use std::{error::Error, io::ErrorKind::BrokenPipe, io::Write, io::stdout, process::exit};

fn main() {
    exit(trades().map_err(|error| eprintln!("error: {error}")).map_or(1, |()| 0));
}

fn trades() -> Result<(), Box<dyn Error>> {
    let (day, mut out) = (|text: &str| text.parse::<NaiveDate>(), Vec::new());
    let (mut ledger, aapl) = (Ledger::new(USD, LotMethod::Fifo), Symbol::new("AAPL")?);
    ledger.apply(day("2020-03-02")?, Deposit(USD.of(60_000)?))?;
    ledger.apply(day("2020-03-02")?, Trade::buy(100, aapl, USD.per_share("298.81")?)?.fee(USD.of(1)?))?;
    ledger.apply(day("2020-06-01")?, Trade::buy(50, aapl, USD.per_share("321.85")?)?.fee(USD.of(1)?))?;
    let dividend = Dividend { symbol: aapl, per_share: USD.per_share("0.82")?, withheld: None, pays: None };
    ledger.apply(day("2020-08-07")?, dividend)?;
    ledger.apply(day("2020-08-31")?, Split { symbol: aapl, new: 4, old: 1, fractions: Fractions::Keep })?;
    let sale = Trade::sell(450, aapl, USD.per_share("134.18")?)?.fee(USD.of(1)?);
    for preview in ledger.preview(day("2020-09-01")?, &sale)? {
        writeln!(out, "by {} the sale would bring {}", preview.method, preview.profit)?;
    }
    ledger.apply(day("2020-09-01")?, sale)?;
    for gain in ledger.realised() {
        writeln!(out, "{gain}")?;
    }
    for lot in ledger.position(aapl).ok_or("all is sold")?.lots() {
        writeln!(out, "left of {lot}")?;
    }
    let close = |_symbol, _date| "134.18".parse().ok();
    writeln!(out, "{}", ledger.explain(day("2020-03-01")?, day("2020-09-01")?, close)?)?;
    writeln!(out, "{}", ledger.nav(day("2020-09-01")?, close)?)?;
    // Who reads may have enough, as `head` has.
    Ok(stdout().write_all(&out).or_else(|error| if error.kind() == BrokenPipe { Ok(()) } else { Err(error) })?)
}
