//! Trades a second through one ledger on one core, FIFO, and of a plain program in binary fractions, in the same run.
//!
//! `cargo bench -p finnet-core --bench ledger`: 100,000 trades in 1,000 symbols over 2,500 days, the best of thirty;
//! making the trades is not counted. *With room*: after [`Ledger::reserve`], which counts; *growing*: as it comes. Three purchases, then two sales that close one lot and half of the next, and one
//! entry in a hundred is impossible. The ledger keeps each entry, line and gain; the peer keeps lots and one sum of
//! profits, in the order in which they were bought, and refuses nothing.

use std::collections::{HashMap, VecDeque};
use std::hint::black_box;
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate};
use finnet_core::chrono;
use finnet_core::ledger::{Ledger, LotMethod, Side, Trade};
use finnet_core::money::USD;
use finnet_core::{Price, Symbol};

const TRADES: u64 = 100_000;
const SYMBOLS: u64 = 1_000;
const RUNS: usize = 30;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let trades = (0..TRADES).map(trade).collect::<Result<Vec<_>, _>>()?;
    let mut best = [Duration::MAX; 3];
    // One after the other: what one leaves to the allocator is not the other's.
    for (best, room) in best.iter_mut().zip([trades.len(), 0]) {
        *best = (0..RUNS).map(|_| ledger(trades.clone(), room)).min().unwrap_or(*best);
    }
    for _ in 0..RUNS {
        let mut peer = Peer::default();
        let start = Instant::now();
        for (_, trade) in &trades {
            peer.apply(trade);
        }
        best[2] = best[2].min(start.elapsed());
        black_box(peer.profit);
    }
    for (who, time) in ["Ledger, with room", "Ledger, growing", "peer: binary fractions"].into_iter().zip(best) {
        #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
        let rate = TRADES as f64 / time.as_secs_f64();
        println!("{who:<24} {TRADES} trades in {:>6.1} ms = {rate:>9.0} trades/s", time.as_secs_f64() * 1e3);
    }
    Ok(())
}

/// Returns how long a ledger takes these trades, once it has made room for some; making the room counts.
fn ledger(trades: Vec<(NaiveDate, Trade)>, room: usize) -> Duration {
    let mut ledger = Ledger::new(USD, LotMethod::Fifo);
    let start = Instant::now();
    ledger.reserve(room);
    let refused = trades.into_iter().filter_map(|(day, trade)| ledger.apply(day, trade).err()).count() as u64;
    let time = start.elapsed();
    assert_eq!(refused, TRADES / 100, "one in a hundred is impossible");
    assert!(ledger.realised().len() as u64 > TRADES / 3, "a sale closes a lot and part of the next");
    black_box(ledger);
    time
}

/// Returns a trade and its date: symbol after symbol, of each buy, buy, buy, sell, sell.
fn trade(number: u64) -> Result<(NaiveDate, Trade), Failure> {
    let first: NaiveDate = "2016-01-04".parse()?;
    let day = first + Days::new(number * 2_500 / TRADES);
    let symbol = Symbol::new(&format!("S{}", number % SYMBOLS))?;
    let price = USD.per_share(Price::from_units(i128::from(10_000 + number * 7_919 % 10_007) * 1_000_000)?)?;
    let trade = match number / SYMBOLS % 5 {
        // More than anybody holds.
        _ if number % 100 == 99 => Trade::sell(1_000_000_000, symbol, price)?,
        0..=2 => Trade::buy(100, symbol, price)?.fee(USD.of(1)?),
        _ => Trade::sell(150, symbol, price)?.fee(USD.of(1)?),
    };
    Ok((day, trade))
}

/// What one would write in an afternoon.
#[derive(Default)]
struct Peer {
    lots: HashMap<Symbol, VecDeque<(f64, f64)>>,
    profit: f64,
}

impl Peer {
    fn apply(&mut self, trade: &Trade) {
        #[expect(clippy::cast_precision_loss, reason = "as one would")]
        let [mut shares, price] =
            [trade.shares.millionths() as f64 / 1e6, trade.price.price.units() as f64 / 1e8].map(black_box);
        let lots = self.lots.entry(trade.symbol).or_default();
        if trade.side == Side::Buy {
            lots.push_back((shares, price));
            return;
        }
        while let Some((held, cost)) = lots.front_mut() {
            let sold = shares.min(*held);
            self.profit += sold * (price - *cost);
            *held -= sold;
            shares -= sold;
            if *held > 0.0 {
                break;
            }
            lots.pop_front();
        }
    }
}
