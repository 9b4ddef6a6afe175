//! Bars and ticks of a market: what happens between two of its closes.
//!
//! In comes a stock and a session, or a range of dates; out come [`Tick`]s, [`TRADES`](super::TRADES) a session, and
//! [`Bar`]s, each the first, highest, lowest and last price of its session's ticks and the sum of their volumes. The last tick is at
//! the session's close, exactly. Like a close, a bar depends on seed, stock and session alone. [`TRADES`](super::TRADES)
//! says how the trades come about.

use std::iter::FusedIterator;
use std::num::NonZeroU64;
use std::ops::RangeBounds;
use std::vec;

use chrono::{Datelike, NaiveDate};

use super::clock::Dates;
use super::error::PriceError;
use super::intraday::{Intraday, Overnight, Trade, time_of};
use super::market::Market;
use super::stock::{Stock, Walker};
use crate::calendar::Session;
use crate::event::{Bar, Tick};
use crate::money::Price;
use crate::symbol::Symbol;

/// The bars of one stock in date order; made by [`Market::bars`].
#[derive(Clone, Debug)]
#[must_use]
pub struct Bars<'m> {
    market: &'m Market<'m>,
    dates: Dates<'m>,
    tick: u32,
    place: Place<'m>,
}

/// The ticks of one stock in one session, in the order of time; made by [`Market::ticks`].
#[derive(Clone, Debug)]
#[must_use]
pub struct Ticks {
    symbol: Symbol,
    session: Session,
    trades: vec::IntoIter<Trade>,
}

impl Market<'_> {
    /// Returns the market with this share of each session's movement in the night before it; without it, there is none
    /// and a session opens at the close before.
    ///
    /// It changes bars and ticks, and no close.
    #[must_use]
    pub fn overnight(mut self, overnight: Overnight) -> Self {
        self.overnight = overnight;
        self
    }

    /// Returns the bar of a stock in a session: `close` is what [`Market::close`] returns.
    ///
    /// The close before is that of the tick before, of a [`Replay`](super::Replay) the one before in its file; the
    /// market's first session has none, and its own stands in for it: without a night it opens where it closes. Prices are
    /// in cents, or in 10⁻⁸ where a replay's closes are.
    ///
    /// How far prices move within a session is the model's volatility over a tick: of [`Heston`](super::Heston) that
    /// of the variance at both ends, of [`Bootstrap`](super::Bootstrap) the deviation of the past's returns, of
    /// [`Uniform`](super::Uniform) that of the difference between two of its closes, and of a replay, which says
    /// nothing of it, the log return of the session itself.
    ///
    /// # Errors
    ///
    /// - Those of [`Market::close`], for the session and for the one before it.
    ///
    /// # Examples
    ///
    /// ```
    /// use finnet_core::calendar::XNYS;
    /// use finnet_core::chrono::NaiveDate;
    /// use finnet_core::price::{Clock, Gbm, Market, Overnight, PerYear, Seed};
    /// use finnet_core::{Price, Symbol};
    ///
    /// let ibm = Symbol::new("IBM")?;
    /// let first = XNYS.session(NaiveDate::from_ymd_opt(2000, 1, 3).unwrap())?;
    /// let model = Gbm { start: "128.25".parse()?, drift: PerYear(0.07), volatility: PerYear(0.22) };
    /// let clock = Clock::Sessions { calendar: &XNYS, per_year: 252.0 };
    /// let market = Market::new(Seed(42), first.date(), clock)?.stock(ibm, model)?.overnight(Overnight::share(0.2)?);
    ///
    /// let friday = XNYS.session(NaiveDate::from_ymd_opt(2026, 11, 20).unwrap())?;
    /// let bar = market.bar(ibm, friday.date())?;
    /// assert_eq!(bar.close, market.close(ibm, friday.date())?);
    /// assert!(bar.low <= bar.open && bar.open <= bar.high);
    ///
    /// let ticks: Vec<_> = market.ticks(ibm, friday)?.collect();
    /// assert_eq!(ticks.iter().map(|tick| tick.price).max(), Some(bar.high));
    /// assert_eq!(ticks.iter().map(|tick| tick.volume.get()).sum::<u64>(), bar.volume.get());
    /// assert!(ticks[0].at >= friday.open() && ticks.last().unwrap().at < friday.close());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bar(&self, symbol: Symbol, session: NaiveDate) -> Result<Bar, PriceError> {
        let tick = self.clock.tick_of(self.first, session)?;
        let day = Place::new(self.of(symbol)?).day(self, session, tick)?;
        Ok(bar(symbol, session, day.trades()))
    }

    /// Returns the bars of a stock over a range of dates, in date order: those that [`Market::bar`] returns.
    ///
    /// An end that is left open is the market's first session, or the last date that its calendar knows; a clock of
    /// days knows all of `chrono`, so that `..` is about 95 million items, and should be given an end. Each item is the
    /// bar or why there is none on that date.
    ///
    /// # Errors
    ///
    /// - Those of [`Market::closes`].
    pub fn bars(&self, symbol: Symbol, dates: impl RangeBounds<NaiveDate>) -> Result<Bars<'_>, PriceError> {
        let stock = self.of(symbol)?;
        let dates = self.clock.dates(self.first, &dates)?;
        let tick = self.clock.tick_of(self.first, dates.clone().next().unwrap_or(self.first))?;
        Ok(Bars { market: self, dates, tick, place: Place::new(stock) })
    }

    /// Returns the ticks of a stock in a session, [`TRADES`](super::TRADES) of them, in the order of time.
    ///
    /// They are at or after the session's open, before its close and never in its break; the hours are those of the
    /// session given, which should be of the exchange that the stock is traded on. The first is at the bar's open, the
    /// last at its close; the highest and the lowest are the bar's.
    ///
    /// # Errors
    ///
    /// - Those of [`Market::bar`].
    pub fn ticks(&self, symbol: Symbol, session: Session) -> Result<Ticks, PriceError> {
        let tick = self.clock.tick_of(self.first, session.date())?;
        let day = Place::new(self.of(symbol)?).day(self, session.date(), tick)?;
        Ok(Ticks { symbol, session, trades: day.trades().collect::<Vec<_>>().into_iter() })
    }
}

impl Iterator for Bars<'_> {
    type Item = Result<Bar, PriceError>;

    fn next(&mut self) -> Option<Self::Item> {
        let session = self.dates.next()?;
        let day = self.place.day(self.market, session, self.tick);
        self.tick += 1;
        Some(day.map(|day| bar(self.place.walker.stock.symbol, session, day.trades())))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.dates.size_hint()
    }
}

impl Iterator for Ticks {
    type Item = Tick;

    fn next(&mut self) -> Option<Tick> {
        let Trade { number, part, price, volume } = self.trades.next()?;
        Some(Tick { symbol: self.symbol, at: time_of(&self.session, number, part), price, volume })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.trades.size_hint()
    }
}

impl ExactSizeIterator for Ticks {}

impl FusedIterator for Ticks {}

/// A place on a stock's path, and the close there.
#[derive(Clone, Debug)]
struct Place<'m> {
    walker: Walker<'m>,
    /// The tick after the last one whose close is known.
    next: u32,
    close: Option<Price>,
}

impl<'m> Place<'m> {
    fn new(stock: &'m Stock) -> Self {
        Self { walker: Walker::new(stock), next: 0, close: None }
    }

    /// Returns the session at a tick, between the close before it and its own.
    fn day(&mut self, market: &Market<'_>, session: NaiveDate, tick: u32) -> Result<Intraday, PriceError> {
        let before = match self.close.filter(|_| self.next == tick) {
            Some(close) => Some(close),
            None if tick == 0 => None,
            None => self.before(market, session, tick)?,
        };
        self.close = None;
        let to = self.walker.close(session, tick)?;
        (self.close, self.next) = (Some(to), tick + 1);
        let from = before.unwrap_or(to);
        Ok(Intraday {
            from,
            to,
            deviation: self.walker.deviation(from, to),
            overnight: market.overnight,
            stream: self.walker.stock.trades,
            place: session.num_days_from_ce().cast_unsigned(),
        })
    }

    /// Returns the close before a session that is not the market's first.
    fn before(&mut self, market: &Market<'_>, session: NaiveDate, tick: u32) -> Result<Option<Price>, PriceError> {
        if let Some(replay) = self.walker.stock.replay() {
            return Ok(replay.close_before(session));
        }
        let date = market.clock.date_before(session).expect("a later tick has one before it");
        self.walker.close(date, tick - 1).map(Some)
    }
}

/// Returns what the trades of a session come to.
fn bar(symbol: Symbol, session: NaiveDate, mut trades: impl Iterator<Item = Trade>) -> Bar {
    let Trade { price, volume, .. } = trades.next().expect("a session has trades");
    let first = Bar { symbol, session, open: price, high: price, low: price, close: price, volume };
    trades.fold(first, |bar, trade| Bar {
        high: bar.high.max(trade.price),
        low: bar.low.min(trade.price),
        close: trade.price,
        volume: NonZeroU64::saturating_add(bar.volume, trade.volume.get()),
        ..bar
    })
}

#[cfg(test)]
mod tests;
