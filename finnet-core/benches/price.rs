//! What a close costs, on one core: each model in date order and asked alone.
//!
//! `cargo bench -p finnet-core --bench price`: New York's sessions of 2000 to 2030 (7,794), the best of seven runs. *In
//! date order*: all of them by `Market::closes`. *Alone*: as many dates in random order by `Market::close`, each on
//! its own. *Far*: the close 6,763 sessions after the first by `Market::close`, of models that take a step for each.
//! *Bars*: all of them by `Market::bars`, 256 ticks each. *20 correlated*: all of 20 stocks, each of which goes with those before it.

use std::hint::black_box;
use std::time::{Duration, Instant};

use finnet_core::calendar::XNYS;
use finnet_core::chrono::NaiveDate;
use finnet_core::number::Philox;
use finnet_core::price::{
    Bootstrap, Clock, Gbm, Heston, Market, MeanBlock, Merton, Model, Ou, PerYear, PriceError, Seed, Uniform,
};
use finnet_core::{Price, Symbol};

const RUNS: usize = 7;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let dates: Vec<NaiveDate> = XNYS.sessions(..)?.map(|session| session.date()).collect();
    let mut shuffled = dates.clone();
    shuffle(&mut shuffled);
    let [start, level] = ["100".parse()?, "70".parse()?];
    let (drift, volatility) = (PerYear(0.07), PerYear(0.22));
    let gbm = Gbm { start, drift, volatility };
    let (intensity, jump_mean, jump_deviation) = (PerYear(5.0), -0.02, 0.05);
    let models: [(&str, Model); 4] = [
        ("Gbm", gbm.into()),
        ("Ou", Ou { start, level, reversion: PerYear(2.0), volatility }.into()),
        ("Merton", Merton { start, drift, volatility, intensity, jump_mean, jump_deviation }.into()),
        ("Uniform", Uniform::new(start)?.into()),
    ];
    for (name, model) in models {
        let symbol = Symbol::new("S")?;
        let market = market()?.stock(symbol, model)?;
        figure(name, "in date order", dates.len(), || in_order(&market, symbol))?;
        figure(name, "alone", dates.len(), || alone(&market, symbol, &shuffled))?;
    }
    for (name, model) in stepwise(start)? {
        let symbol = Symbol::new("S")?;
        let market = market()?.stock(symbol, model)?;
        figure(name, "in date order", dates.len(), || in_order(&market, symbol))?;
        figure(name, "far", 20, || alone(&market, symbol, &[dates[6763]; 20]))?;
        figure(name, "bars", dates.len(), || {
            market.bars(symbol, ..)?.try_for_each(|bar| {
                bar.map(|bar| {
                    black_box(bar);
                })
            })
        })?;
    }
    let symbols: Vec<Symbol> = (0..20).map(|n| Symbol::new(&format!("S{n}"))).collect::<Result<_, _>>()?;
    let correlations: Vec<Vec<f64>> =
        (0..20).map(|i| (0..20).map(|j| if i == j { 1.0 } else { 0.3 }).collect()).collect();
    let market = symbols.iter().try_fold(market()?, |market, &symbol| market.stock(symbol, gbm))?;
    let market = market.correlated(&correlations)?;
    figure("20 correlated", "in date order", 20 * dates.len(), || {
        symbols.iter().try_for_each(|&symbol| in_order(&market, symbol))
    })?;
    figure("20 correlated", "alone", 20 * dates.len(), || {
        symbols.iter().try_for_each(|&symbol| alone(&market, symbol, &shuffled))
    })
}

/// Models whose close takes a step for each session before it.
fn stepwise(start: Price) -> Result<[(&'static str, Model); 2], Failure> {
    let heston = Heston {
        start,
        drift: PerYear(0.07),
        initial_variance: PerYear(0.04),
        long_run_variance: PerYear(0.05),
        mean_reversion: PerYear(2.0),
        vol_of_vol: PerYear(0.4),
        correlation: -0.7,
    };
    let past: Vec<Price> =
        (0..1000).map(|day| Price::from_units(10_000_000_000 + day * 7_919 % 1_009)).collect::<Result<_, _>>()?;
    Ok([("Heston", heston.into()), ("Bootstrap", Bootstrap::new(start, &past, MeanBlock(21))?.into())])
}

fn market() -> Result<Market<'static>, Failure> {
    let first = XNYS.session_on_or_after(XNYS.first())?.date();
    Ok(Market::new(Seed(42), first, Clock::Sessions { calendar: &XNYS, per_year: 252.0 })?)
}

fn in_order(market: &Market<'_>, symbol: Symbol) -> Result<(), PriceError> {
    market.closes(symbol, ..)?.try_for_each(|close| {
        close.map(|close| {
            black_box(close);
        })
    })
}

fn alone(market: &Market<'_>, symbol: Symbol, dates: &[NaiveDate]) -> Result<(), PriceError> {
    dates.iter().try_for_each(|&date| {
        market.close(symbol, black_box(date)).map(|price| {
            black_box(price);
        })
    })
}

/// Prints how long a close takes in the best of the runs.
fn figure(
    name: &str,
    how: &str,
    closes: usize,
    mut run: impl FnMut() -> Result<(), PriceError>,
) -> Result<(), Failure> {
    let mut best = Duration::MAX;
    for _ in 0..RUNS {
        let start = Instant::now();
        run()?;
        best = best.min(start.elapsed());
    }
    #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
    let nanoseconds = best.as_secs_f64() * 1e9 / closes as f64;
    println!("{name:<14} {how:<14} {nanoseconds:>7.1} ns a close");
    Ok(())
}

/// Brings the dates into a random order, the same each time: Fisher and Yates.
fn shuffle(dates: &mut [NaiveDate]) {
    for last in (1..dates.len()).rev() {
        let bits = Philox::new(1).bits64([u32::try_from(last).expect("few dates"), 0, 0, 0]);
        let other = usize::try_from(bits % (last as u64 + 1)).expect("few dates");
        dates.swap(last, other);
    }
}
