//! Closes a second through one investor on one core, without Kafka, and of a plain program for the same, in the same
//! run.
//!
//! `cargo bench -p finnet-core`: Inv1 of the daily network (two portfolios, of 24 stocks), ten million closes, the
//! best of three; making the closes is not counted. *Interleaved*: both exchanges session by session. *A year ahead*:
//! the first exchange is 252 sessions ahead of the second. The investor steps alone, and with its changes taken every
//! 10,000 closes, as a transaction does. The peer adds up what is there in a hash table by date: it has no void
//! session, tells nothing of what it ignores and can't be restored.

use std::collections::HashMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate};
use finnet_core::chrono;
use finnet_core::evaluate::{Investor, Outcome};
use finnet_core::{Amount, Book, Close, Holdings, Journal, Machine, Name, PortfolioId, Price, Symbol, Valuation};

const CLOSES: usize = 10_000_000;
const SLICE: usize = 10_000;
const RUNS: usize = 3;

const SE1: [&str; 12] = ["IBM", "AAPL", "FB", "AMZN", "GOOG", "META", "MSI", "INTC", "AMD", "MSFT", "DELL", "ORKL"];
const SE2: [&str; 12] = ["HPQ", "CSCO", "ZM", "QCOM", "ADBE", "VZ", "TXN", "CRM", "AVGO", "NVDA", "VMW", "EBAY"];

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    for (how, ahead) in [("interleaved", 0), ("a year ahead", 252)] {
        let mut best = [Duration::MAX; 3];
        for _ in 0..RUNS {
            for (best, time) in best.iter_mut().zip(measure(ahead)?) {
                *best = time.min(*best);
            }
        }
        for (who, time) in ["Investor", "Investor and changes", "peer: hash tables"].into_iter().zip(best) {
            #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
            let rate = CLOSES as f64 / time.as_secs_f64();
            let milliseconds = time.as_secs_f64() * 1e3;
            println!("{how:<12} {who:<20} {CLOSES} closes in {milliseconds:>6.1} ms = {rate:>9.0} closes/s");
        }
    }
    Ok(())
}

/// Returns how long the investor, the investor with its changes taken and the peer step with the same closes.
fn measure(ahead: u64) -> Result<[Duration; 3], Failure> {
    let (mut alone, mut journal, mut peer) = (Investor::new(book()?), Investor::new(book()?), Peer::new(&book()?));
    let (mut stream, mut closes, mut outputs) = (Stream::new(ahead)?, Vec::with_capacity(SLICE), Vec::new());
    let (mut times, mut valued) = ([Duration::ZERO; 3], [0; 3]);
    for _ in 0..CLOSES / SLICE {
        closes.clear();
        closes.extend(stream.by_ref().take(SLICE));
        let start = Instant::now();
        valued[0] += step(&mut alone, &closes, &mut outputs);
        let one = Instant::now();
        valued[1] += step(&mut journal, &closes, &mut outputs);
        assert!(!black_box(journal.changes()).is_empty(), "each slice changes something");
        let two = Instant::now();
        valued[2] += closes.iter().map(|&close| black_box(peer.step(close)).len()).sum::<usize>();
        times[0] += one - start;
        times[1] += two - one;
        times[2] += two.elapsed();
    }
    assert_eq!(valued, [valued[0]; 3], "the peer values what the investor values");
    assert!(valued[0] > CLOSES / 13, "two portfolios for 24 closes, but for the sessions ahead");
    Ok(times)
}

/// Returns how many valuations the closes lead to.
fn step(investor: &mut Investor, closes: &[Close], outputs: &mut Vec<(PortfolioId, Outcome)>) -> usize {
    let mut valued = 0;
    for &close in closes {
        investor.step_into(close, outputs);
        valued += outputs.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Valued(_))).count();
        black_box(&outputs);
        outputs.clear();
    }
    valued
}

/// Inv1 of the daily network.
fn book() -> Result<Book, Failure> {
    let id =
        |portfolio| Ok::<_, Failure>(PortfolioId { investor: Name::new("Inv1")?, portfolio: Name::new(portfolio)? });
    let p11 = [("IBM", 1300), ("AAPL", 2200), ("FB", 1900), ("AMZN", 2500), ("GOOG", 1900), ("AVGO", 2400)];
    let p12 = [("VZ", 2900), ("INTC", 2600), ("AMD", 2100), ("MSFT", 1200), ("DELL", 2700), ("ORKL", 1200)];
    Ok(Book::new([(id("P11")?, Holdings::new(p11)?), (id("P12")?, Holdings::new(p12)?)]))
}

/// The closes of both exchanges: a session of the first, then one of the second that many sessions before.
struct Stream {
    exchanges: [Vec<Symbol>; 2],
    /// The next session of each exchange, and which exchange and stock comes next.
    sessions: [NaiveDate; 2],
    exchange: usize,
    stock: usize,
    /// Sessions that the second exchange has yet to wait.
    ahead: u64,
    sent: u32,
}

impl Stream {
    fn new(ahead: u64) -> Result<Self, Failure> {
        let symbols = |tickers: [&str; 12]| tickers.iter().map(|ticker| Symbol::new(ticker)).collect::<Result<_, _>>();
        let first: NaiveDate = "2000-01-03".parse()?;
        let exchanges = [symbols(SE1)?, symbols(SE2)?];
        Ok(Self { exchanges, sessions: [first; 2], exchange: 0, stock: 0, ahead, sent: 0 })
    }
}

impl Iterator for Stream {
    type Item = Close;

    fn next(&mut self) -> Option<Close> {
        let symbol = self.exchanges[self.exchange][self.stock];
        let session = self.sessions[self.exchange];
        self.sent = self.sent.wrapping_add(7_919);
        let price = Price::from_units(i128::from(10_000 + self.sent % 10_007) * 1_000_000).ok()?;
        self.stock += 1;
        if self.stock == self.exchanges[self.exchange].len() {
            self.stock = 0;
            self.sessions[self.exchange] = session + Days::new(1);
            if self.exchange == 0 && self.ahead > 0 {
                self.ahead -= 1;
            } else {
                self.exchange = 1 - self.exchange;
            }
        }
        Some(Close { symbol, session, price })
    }
}

/// What one would write in an afternoon.
struct Peer {
    holders: HashMap<Symbol, Vec<(usize, usize)>>,
    portfolios: Vec<PeerPortfolio>,
}

struct PeerPortfolio {
    holdings: Holdings,
    sessions: HashMap<NaiveDate, Vec<Option<Price>>>,
    before: Option<Amount>,
}

impl Peer {
    fn new(book: &Book) -> Self {
        let mut holders: HashMap<_, Vec<_>> = HashMap::new();
        let mut portfolios = Vec::new();
        for (portfolio, (_, holdings)) in book.portfolios().iter().enumerate() {
            for (place, &symbol) in holdings.symbols().iter().enumerate() {
                holders.entry(symbol).or_default().push((portfolio, place));
            }
            portfolios.push(PeerPortfolio { holdings: holdings.clone(), sessions: HashMap::new(), before: None });
        }
        Self { holders, portfolios }
    }

    fn step(&mut self, close: Close) -> Vec<Valuation> {
        let mut valuations = Vec::new();
        for &(portfolio, place) in self.holders.get(&close.symbol).map_or(&[][..], Vec::as_slice) {
            let PeerPortfolio { holdings, sessions, before } = &mut self.portfolios[portfolio];
            let prices = sessions.entry(close.session).or_insert_with(|| vec![None; holdings.symbols().len()]);
            prices[place] = Some(close.price);
            if let Some(prices) = prices.iter().copied().collect::<Option<Vec<_>>>() {
                sessions.remove(&close.session);
                let valuation = Valuation::after(*before, close.session, holdings.value(&prices));
                *before = Some(valuation.value);
                valuations.push(valuation);
            }
        }
        valuations
    }
}
