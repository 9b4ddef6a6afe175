//! Trades of an account, with a split and a dividend between them: what each lot earned, and where the value came from.
//!
//! `cargo run -p finnet-core --example trades`

use finnet_core::ledger::{Deposit, Dividend, Fractions, Ledger, LotMethod, Split, Trade};
use finnet_core::{Symbol, chrono::NaiveDate, money::USD};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let day = |text: &str| text.parse::<NaiveDate>();
    let (mut ledger, aapl) = (Ledger::new(USD, LotMethod::Fifo), Symbol::new("AAPL")?);
    ledger.apply(day("2020-03-02")?, Deposit(USD.of(60_000)?))?;
    ledger.apply(day("2020-03-02")?, Trade::buy(100, aapl, USD.per_share("298.81")?)?.fee(USD.of(1)?))?;
    ledger.apply(day("2020-06-01")?, Trade::buy(50, aapl, USD.per_share("321.85")?)?.fee(USD.of(1)?))?;
    let dividend = Dividend { symbol: aapl, per_share: USD.per_share("0.82")?, withheld: None, pays: None };
    ledger.apply(day("2020-08-07")?, dividend)?;
    ledger.apply(day("2020-08-31")?, Split { symbol: aapl, new: 4, old: 1, fractions: Fractions::Keep })?;

    let sale = Trade::sell(450, aapl, USD.per_share("134.18")?)?.fee(USD.of(1)?);
    for preview in ledger.preview(day("2020-09-01")?, &sale)? {
        println!("by {} the sale would bring {}", preview.method, preview.profit);
    }
    ledger.apply(day("2020-09-01")?, sale)?;
    for gain in ledger.realised() {
        println!("lot {} of {}: {} shares, profit {}", gain.lot(), gain.opened(), gain.shares(), gain.profit());
    }
    let position = ledger.position(aapl).ok_or("all is sold")?;
    for lot in position.lots() {
        println!("left of lot {}: {} shares that cost {}", lot.id(), lot.shares(), lot.cost());
    }
    let why = ledger.explain(day("2020-03-01")?, day("2020-09-01")?, |_, _| "134.18".parse().ok())?.terms;
    println!(
        "paid in {} + realised {} + unrealised {} + dividends {}",
        why.flows, why.realised, why.unrealised, why.income
    );
    println!("= net asset value {}", ledger.nav(day("2020-09-01")?, |_, _| "134.18".parse().ok())?.total());
    Ok(())
}
