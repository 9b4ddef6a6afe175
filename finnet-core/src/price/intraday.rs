//! What happens within a session: trades on a bridge from the close before to the close of the session.
//!
//! In come two closes, how far a log price moves in the time between them (one standard deviation) and a stream of
//! random numbers; out come [`TRADES`] trades, the last of them at the close. With n = [`TRADES`] − 1:
//!
//! ```text
//! ln(open / before) = g x + d √(g (1 − g)) Z             x = ln(close / before), g the share of the night
//! ln(P_j / open)    = (j/n) (x − ln(open / before)) + d √((1 − g) / n) (S_j − (j/n) S_n),  S_j = Z_1 + … + Z_j
//! ```
//!
//! with independent standard normal Z, so that P is a Brownian bridge between the closes, seen at the open and at n
//! equal steps after it: exactly how geometric Brownian motion moves between two closes that are known. For the other
//! models it is a picture at the scale of their day: a jump is spread over the session in which it falls.
//!
//! The hours that are open are cut into [`TRADES`] equal pieces; each trade happens somewhere in its piece, evenly. How
//! many pieces of stock it moves is geometric, about a mean that is log-normal around 100 from session to session. No
//! source stands behind that: it is there so that a reader of bars and ticks has a volume to read.

use std::num::NonZeroU64;

use chrono::{DateTime, TimeDelta, Utc};

use super::error::{Parameter, PriceError};
use super::random::Stream;
use crate::calendar::Session;
use crate::money::Price;
use crate::number::{exp, ln, normal};

/// Trades of one stock in one session.
pub const TRADES: u32 = 256;

/// How much of a stock's variance from close to close falls between the close and the next open: 0 opens each session
/// at the close before, 0.2 leaves a fifth of the variance to the night.
///
/// # Examples
///
/// ```
/// use finnet_core::price::Overnight;
///
/// assert!(Overnight::share(0.2).is_ok());
/// assert!(Overnight::share(1.0).is_err());
/// assert_eq!(Overnight::default(), Overnight::share(0.0)?);
/// # Ok::<(), finnet_core::price::PriceError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Overnight(f64);

impl Overnight {
    /// Returns this share.
    ///
    /// # Errors
    ///
    /// - [`PriceError::NotFinite`], [`PriceError::Negative`], and [`PriceError::NotBelowOne`] from 1 on.
    pub fn share(share: f64) -> Result<Self, PriceError> {
        let parameter = Parameter::Overnight;
        if parameter.not_negative(share)? < 1.0 { Ok(Self(share)) } else { Err(PriceError::NotBelowOne { parameter }) }
    }
}

/// One session of one stock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Intraday {
    /// The close before, and that of the session.
    pub(super) from: Price,
    pub(super) to: Price,
    /// The standard deviation of the log price from the one to the other.
    pub(super) deviation: f64,
    pub(super) overnight: Overnight,
    pub(super) stream: Stream,
    /// The session's place in the stream.
    pub(super) place: u32,
}

/// One trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trade {
    pub(super) price: Price,
    pub(super) volume: NonZeroU64,
    /// Where in its piece of the session it lies, in 2⁻³² of the piece.
    pub(super) part: u32,
}

impl Intraday {
    /// Returns the trades, in order.
    pub(super) fn trades(&self) -> impl Iterator<Item = Trade> {
        const LAST: u32 = TRADES - 1;
        // The number after the last trade's is the session's.
        let draws: Vec<[u64; 2]> = (0..=TRADES).map(|trade| self.stream.pair(self.place, trade)).collect();
        let Self { from, to, deviation, overnight: Overnight(night), .. } = *self;
        let close = units(to);
        // Logarithms are seen from the close, where the way that is left and the bridge both end.
        let before = ln(units(from) / close);
        let open = (1.0 - night) * before + deviation * (night * (1.0 - night)).sqrt() * normal(draws[0][0]);
        let sum = |sum: &mut f64, draw: &[u64; 2]| {
            *sum += normal(draw[0]);
            Some(*sum)
        };
        let walk: Vec<f64> = std::iter::once(0.0).chain(draws[1..TRADES as usize].iter().scan(0.0, sum)).collect();
        let end = walk[LAST as usize];
        let scale = deviation * ((1.0 - night) / f64::from(LAST)).sqrt();
        let mean = 100.0 * exp(0.5 * normal(draws[TRADES as usize][0]));
        (0..TRADES).zip(walk).zip(draws).map(move |((trade, walked), [_, bits])| {
            let part = f64::from(trade) / f64::from(LAST);
            let price = match trade {
                LAST => to,
                0 if night == 0.0 => from,
                _ => rounded(close * exp((1.0 - part) * open + scale * (walked - part * end))),
            };
            let [part, size] = [bits >> 32, bits & 0xFFFF_FFFF].map(|word| word as u32);
            Trade { price, volume: volume(mean, size), part }
        })
    }
}

/// Returns when a trade happens: in its piece of the hours that are open, so far into it.
pub(super) fn time_of(session: &Session, trade: u32, part: u32) -> DateTime<Utc> {
    const PIECES: i128 = (TRADES as i128) << 32;
    let (open, close) = (session.open(), session.close());
    let (pause, length) = match session.break_hours() {
        Some((start, end)) => (start, end - start),
        None => (close, TimeDelta::zero()),
    };
    let nanoseconds = |span: TimeDelta| i128::from(span.num_minutes()) * 60_000_000_000;
    let place = i128::from(trade) << 32 | i128::from(part);
    let passed = nanoseconds(close - open - length) * place / PIECES;
    let at = open + TimeDelta::nanoseconds(i64::try_from(passed).expect("a session is shorter than a day"));
    if at < pause { at } else { at + length }
}

/// Returns a number of pieces, geometric around this mean, of 32 random bits.
fn volume(mean: f64, bits: u32) -> NonZeroU64 {
    let even = (f64::from(bits) + 0.5) / 4_294_967_296.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 23 times the mean")]
    let pieces = (-mean * ln(even)) as u64;
    NonZeroU64::MIN.saturating_add(pieces)
}
