//! Milliseconds to value a million portfolios for a session on one core, beside scipy's sparse product in the same run.
//!
//! `cargo xtask bench -- -p finnet-core --bench book`: 1,000,000 portfolios of 100 different stocks of 5,000, quantities
//! up to 10,000 of either sign, prices in cents; the best of 15 sessions, each with values, changes and the check for
//! closes that lack. Making the book is told apart: it looks at each holding once. *Units of 10⁻⁸*: prices with all eight
//! places, and *128 bits*: one price so dear that no portfolio is summed in 64. The peer is `benches/peers/csr.py`, a CSR
//! matrix of float64 and int32 times a vector of prices, run by `python3` or what `PYTHON` names; it makes values alone.
//! With `--features parallel` the compact book is also valued on two threads.

use std::process::Command;
use std::time::{Duration, Instant};

use finnet_core::chrono::{Days, NaiveDate};
use finnet_core::holdings::columns::{ColumnBook, Compact, Layout, Values, Wide};
use finnet_core::{Price, Symbol};

const PORTFOLIOS: usize = 1_000_000;
const HOLDINGS: usize = 100;
const STOCKS: usize = 5_000;
const SESSIONS: usize = 15;
const PEER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/csr.py");

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let symbols: Result<Vec<Symbol>, _> = (0..STOCKS).map(|n| Symbol::new(&format!("S{n}"))).collect();
    let symbols = symbols?;
    let starts: Vec<usize> = (0..=PORTFOLIOS * HOLDINGS).step_by(HOLDINGS).collect();
    {
        let (stocks, quantities) = holdings().unzip();
        let begun = Instant::now();
        let book = ColumnBook::<Compact>::new(symbols.clone(), starts.clone(), stocks, quantities)?;
        say("compact, making the book", begun.elapsed());
        say("compact", best(&book, 1_000_000, None)?);
        #[cfg(feature = "parallel")]
        say("compact, two threads", best_on_two(&book)?);
        say("compact, units of 10⁻⁸", best(&book, 1, None)?);
        say("compact, 128 bits", best(&book, 1_000_000, Some(Price::MAX))?);
    }
    {
        let (stocks, quantities) = holdings().map(|(stock, quantity)| (u32::from(stock), i64::from(quantity))).unzip();
        let book = ColumnBook::<Wide>::new(symbols, starts, stocks, quantities)?;
        say("wide", best(&book, 1_000_000, None)?);
    }
    peer();
    Ok(())
}

fn say(what: &str, time: Duration) {
    println!("{what:<26} {:>7.1} ms", time.as_secs_f64() * 1e3);
}

/// Numbers by the generator of Knuth's MMIX: good enough to spread holdings.
fn random() -> impl FnMut(u64) -> u64 {
    let mut state = 42_u64;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}

/// The holdings of all portfolios: of each hundredth of the stocks a random one, the hundredths in a mixed order.
fn holdings() -> impl Iterator<Item = (u16, i32)> {
    const EACH: u64 = (STOCKS / HOLDINGS) as u64;
    let mut random = random();
    (0..(PORTFOLIOS * HOLDINGS) as u64).map(move |at| {
        // 37 has no factor in common with 100: each hundredth comes once.
        let hundredth = (at % 100 * 37 + at / 100 * 11) % 100;
        let stock = hundredth * EACH + random(EACH);
        let quantity = i32::try_from(random(20_000)).unwrap_or_default() - 10_000;
        (u16::try_from(stock).unwrap_or_default(), if quantity == 0 { 1 } else { quantity })
    })
}

/// The closes of each session, multiples of `unit` around 100; the last stock's may be given.
fn closes(unit: u64, last: Option<Price>) -> Vec<Vec<Option<Price>>> {
    let mut random = random();
    let mut close = |stock| {
        let units = (1 + random(20_000_000_000 / unit)) * unit;
        last.filter(|_| stock == STOCKS - 1).or_else(|| Price::from_units(units.into()).ok())
    };
    (0..SESSIONS).map(|_| (0..STOCKS).map(&mut close).collect()).collect()
}

fn best<L: Layout>(book: &ColumnBook<L>, unit: u64, last: Option<Price>) -> Result<Duration, Failure> {
    each(&closes(unit, last), |session, closes, values| Ok(book.value(session, closes, values)?))
}

#[cfg(feature = "parallel")]
fn best_on_two(book: &ColumnBook<Compact>) -> Result<Duration, Failure> {
    let two = 2.try_into()?;
    each(&closes(1_000_000, None), |session, closes, values| Ok(book.value_on(two, session, closes, values)?))
}

/// Returns the least time of a session; the first, which makes room, is among them.
fn each(
    closes: &[Vec<Option<Price>>],
    value: impl Fn(NaiveDate, &[Option<Price>], &mut Values) -> Result<(), Failure>,
) -> Result<Duration, Failure> {
    let (mut values, mut session, mut best) = (Values::new(), NaiveDate::default(), Duration::MAX);
    for closes in closes {
        session = session + Days::new(1);
        let begun = Instant::now();
        value(session, closes, &mut values)?;
        best = best.min(begun.elapsed());
    }
    assert_eq!(values.values().len(), PORTFOLIOS);
    Ok(best)
}

fn peer() {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    match Command::new(&python).arg(PEER).output() {
        Ok(output) if output.status.success() => print!("{}", String::from_utf8_lossy(&output.stdout)),
        Ok(output) => {
            let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            println!("scipy: left out: {}", why.lines().last().unwrap_or("it failed"));
        }
        Err(error) => println!("scipy: left out: {python}: {error}"),
    }
}
