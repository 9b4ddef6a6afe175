//! What an exchange of a network file will send: its sessions and its market, as plain data.
//!
//! In come the network, a seed, the bounds asked for and the present instant; out goes a [`Plan`]. The bounds only
//! select: a price depends on the network file and the seed alone.

use chrono::{DateTime, NaiveDate, Utc};
use finnet_core::calendar::Calendar;
use finnet_core::price::{Bootstrap, Clock, Market, Replay, Seed, Uniform};
use finnet_core::{Name, PortfolioId, Symbol};

use crate::cli::Sending;
use crate::failure::Failure;
use crate::network_file::{self, Model, Network};

/// One exchange, ready to send.
#[derive(Debug)]
pub struct Plan {
    /// The exchange's name.
    pub name: Name,
    /// When it trades.
    pub calendar: &'static Calendar,
    /// Its stocks, in their order.
    pub stocks: Vec<Symbol>,
    /// What they close at.
    pub market: Market<'static>,
    /// The first date to send.
    pub first: NaiveDate,
    /// The last session to send; `None` where none has closed yet.
    pub last: Option<NaiveDate>,
    /// Where `--to` asked for more: the date asked for.
    pub cut: Option<NaiveDate>,
    /// The date after which nothing is sent, whatever else closes.
    pub to: Option<NaiveDate>,
    /// The last date that a replay has; `None` where the model has no end.
    pub end: Option<NaiveDate>,
}

impl Plan {
    /// Returns the plan of the exchange at `place` of the network.
    ///
    /// # Errors
    ///
    /// - Where a closes file is refused: by its line.
    /// - Where the present is outside of the calendar.
    pub fn new(network: &Network, place: usize, sending: &Sending, now: DateTime<Utc>) -> Result<Self, Failure> {
        let exchange = &network.exchanges[place];
        let calendar = Calendar::of(&exchange.calendar)?;
        let opening = calendar.session_on_or_after(network.first_session)?.date();
        let number = u32::try_from(place).expect("a file of 1 MiB has fewer exchanges");
        let clock = match exchange.model {
            Model::Paths { clock: network_file::Clock::Sessions { per_year }, .. } => {
                Clock::Sessions { calendar, per_year }
            }
            Model::Paths { clock: network_file::Clock::Days { per_year }, .. } => Clock::CalendarDays { per_year },
            // No price of these hangs on the length of the year.
            Model::Uniform { .. } | Model::Bootstrap { .. } | Model::Replay { .. } => {
                Clock::Sessions { calendar, per_year: 252.0 }
            }
        };
        let mut market = Market::new(Seed(sending.seed).of_market(number), opening, clock)?;
        let mut end = None;
        match &exchange.model {
            Model::Uniform { base } => {
                for (&symbol, &base) in exchange.stocks.iter().zip(base) {
                    market = market.stock(symbol, Uniform::new(base)?)?;
                }
            }
            Model::Paths { models, correlation, .. } => {
                for (&symbol, model) in exchange.stocks.iter().zip(models) {
                    market = market.stock(symbol, model.clone())?;
                }
                if !correlation.is_empty() {
                    market = market.correlated(correlation)?;
                }
            }
            Model::Bootstrap { source, mean_block, start } => {
                let closes = source.closes(&exchange.stocks)?;
                for (&symbol, &start) in exchange.stocks.iter().zip(start) {
                    let past: Vec<_> =
                        closes.of(symbol.as_str()).unwrap_or_default().iter().map(|row| row.price).collect();
                    market = market.stock(symbol, Bootstrap::new(start, &past, *mean_block)?)?;
                }
            }
            Model::Replay { source } => {
                let closes = source.closes(&exchange.stocks)?;
                closes.check_sessions(|date| calendar.is_session(date).unwrap_or(false))?;
                for &symbol in &exchange.stocks {
                    let rows = closes.of(symbol.as_str()).unwrap_or_default();
                    end = end.max(rows.last().map(|row| row.session));
                    let replay = Replay::new(rows.iter().map(|row| (row.session, row.price)).collect())?;
                    market = market.stock(symbol, replay)?;
                }
            }
        }
        let first = sending.from.map_or(opening, |from| from.max(opening));
        let closed = calendar.last_closed(now).ok().map(|session| session.date());
        let last = closed.map(|closed| [sending.to, end].into_iter().flatten().fold(closed, NaiveDate::min));
        let cut = sending.to.filter(|&to| closed.is_none_or(|closed| to > closed));
        Ok(Self {
            name: exchange.name,
            calendar,
            stocks: exchange.stocks.clone(),
            market,
            first,
            last,
            cut,
            to: sending.to,
            end,
        })
    }

    /// Returns the sessions to send, by date.
    ///
    /// # Errors
    ///
    /// - Where the bounds are outside of the calendar.
    pub fn sessions(&self) -> Result<Vec<NaiveDate>, Failure> {
        match self.last {
            Some(last) if self.first <= last => {
                Ok(self.calendar.sessions(self.first..=last)?.map(|session| session.date()).collect())
            }
            _ => Ok(Vec::new()),
        }
    }
}

/// Returns the last date not after `until` that is a session of all exchanges of a portfolio's stocks: the session
/// that `--until` waits for.
///
/// # Errors
///
/// - Where there is no such date, or it is outside of a calendar.
pub fn awaited(network: &Network, portfolio: PortfolioId, until: NaiveDate) -> Result<NaiveDate, Failure> {
    let held = network.investors.iter().flat_map(|investor| &investor.portfolios);
    let held = held.filter(|held| held.name == portfolio.portfolio).flat_map(|held| &held.holdings);
    let mut calendars: Vec<&Calendar> = Vec::new();
    for (symbol, _) in held {
        if let Some(exchange) = network.exchange_of(*symbol) {
            let calendar = Calendar::of(&exchange.calendar)?;
            if !calendars.iter().any(|known| known.mic() == calendar.mic()) {
                calendars.push(calendar);
            }
        }
    }
    let mut date = until;
    loop {
        let mut earliest = date;
        for calendar in &calendars {
            earliest = earliest.min(calendar.session_on_or_before(date)?.date());
        }
        if earliest == date {
            return Ok(date);
        }
        date = earliest;
    }
}
