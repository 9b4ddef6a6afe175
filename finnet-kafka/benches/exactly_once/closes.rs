//! The closes that are sent: those of the daily network's 24 stocks, on every day from 2000-01-01 on.
//!
//! In comes by how many sessions the first exchange runs ahead; out come closes, session by session and exchange by
//! exchange. Ten million of them take 1,141 years: the records' Kafka time is set so that none is from the future.

use chrono::{Days, NaiveDate};
use finnet_core::evaluate::Investor;
use finnet_core::{Book, Close, Holdings, Name, PortfolioId, Price, Symbol};

use crate::Failure;

const SE1: [&str; 12] = ["IBM", "AAPL", "FB", "AMZN", "GOOG", "META", "MSI", "INTC", "AMD", "MSFT", "DELL", "ORKL"];
const SE2: [&str; 12] = ["HPQ", "CSCO", "ZM", "QCOM", "ADBE", "VZ", "TXN", "CRM", "AVGO", "NVDA", "VMW", "EBAY"];

/// The closes of both exchanges: a session of the first, then one of the second that many sessions before.
pub(crate) struct Closes {
    exchanges: [Vec<Symbol>; 2],
    /// The next session of each exchange, and which exchange and stock comes next.
    sessions: [NaiveDate; 2],
    exchange: usize,
    stock: usize,
    /// Sessions that the second exchange has yet to wait.
    ahead: usize,
    sent: u32,
}

impl Closes {
    pub(crate) fn new(ahead: usize) -> Result<Self, Failure> {
        let first: NaiveDate = "2000-01-01".parse()?;
        let exchanges = [symbols(&SE1)?, symbols(&SE2)?];
        Ok(Self { exchanges, sessions: [first; 2], exchange: 0, stock: 0, ahead, sent: 0 })
    }
}

impl Iterator for Closes {
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

fn symbols(tickers: &[&str]) -> Result<Vec<Symbol>, Failure> {
    Ok(tickers.iter().map(|ticker| Symbol::new(ticker)).collect::<Result<_, _>>()?)
}

/// Returns all stocks.
pub(crate) fn stocks() -> Result<Vec<Symbol>, Failure> {
    symbols(&[SE1, SE2].concat())
}

/// Returns the machine of Inv1.
pub(crate) fn investor() -> Result<Investor, Failure> {
    let id =
        |portfolio| Ok::<_, Failure>(PortfolioId { investor: Name::new("Inv1")?, portfolio: Name::new(portfolio)? });
    let p11 = [("IBM", 1300), ("AAPL", 2200), ("FB", 1900), ("AMZN", 2500), ("GOOG", 1900), ("AVGO", 2400)];
    let p12 = [("VZ", 2900), ("INTC", 2600), ("AMD", 2100), ("MSFT", 1200), ("DELL", 2700), ("ORKL", 1200)];
    Ok(Investor::new(Book::new([(id("P11")?, Holdings::new(p11)?), (id("P12")?, Holdings::new(p12)?)])))
}
