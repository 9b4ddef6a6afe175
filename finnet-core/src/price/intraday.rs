//! What happens within a session: trades on a bridge from the close before to the close of the session.
//!
//! In come two closes, how far a log price moves in the time between them (one standard deviation) and a stream of
//! random numbers; out come [`TRADES`] trades, the last of them at the close. [`TRADES`] says how.

use std::num::NonZeroU64;
use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};

use super::error::{Parameter, PriceError};
use super::random::{LANES, Stream};
use super::stock::to_f64;
use crate::calendar::Session;
use crate::money::Price;
use crate::number::{exp, ln};

/// Ticks of one stock in one session.
///
/// With n = `TRADES` − 1, c the close before and d the deviation of a log price over a tick of the market's clock:
///
/// ```text
/// ln(open / c)    = g x + d √(g (1 − g)) Z           x = ln(close / c), g the share of the night (Overnight)
/// ln(P_j / open)  = (j/n) (x − ln(open / c)) + d √((1 − g) / n) (S_j − (j/n) S_n),  S_j = Z_1 + … + Z_j
/// ```
///
/// with independent standard normal Z, so that P is a Brownian bridge between the closes, seen at the open and at n
/// equal steps after it: exactly how geometric Brownian motion moves between two closes that are known. For the other
/// models it is a picture at the scale of their day: a jump is spread over the session in which it falls.
///
/// The Z are each stock's own, in a [correlated](super::Market::correlated) market too: there only x is correlated. Of
/// two `Gbm` with correlation ρ, growths over the same share s of the tick's variance have the correlation s ρ: days,
/// from open to close, (1 − g) ρ; nights, from close to open, g ρ; half an hour of a session of 6½ hours (1 − g) ρ ÷
/// 13; and one trade to the next (1 − g) ρ ÷ n, which is nothing. For ρ = 0.9 and g = 0.2 these are 0.72, 0.18, 0.055
/// and 0.003, where closes have 0.9. So pairs are for closes: no strategy within a session has anything to find here.
///
/// The hours that are open are cut into `TRADES` equal pieces; each trade happens somewhere in its piece, evenly. How
/// many pieces of stock it moves is geometric, about a mean that is log-normal around 100 from session to session. No
/// source stands behind that: it is there so that a reader of bars and ticks has a volume to read.
pub const TRADES: u32 = 256;

/// How much of a stock's variance from close to close falls between the close and the next open: 0 opens each session
/// at the close before, 0.2 leaves a fifth of the variance to the night.
///
/// Closes of correlated stocks stay as they are, but the night takes its share of their correlation too: two `Gbm` with
/// ρ from close to close have g ρ from close to open, and (1 − g) ρ from open to close ([`TRADES`] says why).
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
    /// - [`PriceError::OutOfRange`], [`PriceError::Negative`], and [`PriceError::BeyondOne`] from 1 on.
    pub fn share(share: f64) -> Result<Self, PriceError> {
        let parameter = Parameter::Overnight;
        if parameter.not_negative(share)? < 1.0 { Ok(Self(share)) } else { Err(PriceError::BeyondOne { parameter }) }
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
    /// Its number in the session, which is that of its piece of the hours, and where in the piece it lies, in 2⁻³².
    pub(super) number: u32,
    pub(super) part: u32,
}

impl Intraday {
    /// Returns the trades, in order.
    pub(super) fn trades(&self) -> impl Iterator<Item = Trade> {
        const LAST: u32 = TRADES - 1;
        // The number after the last trade's is the session's.
        let draws: Vec<(f64, u64)> =
            (0..=TRADES).step_by(LANES).flat_map(|first| self.stream.row(self.place, first)).collect();
        let Self { from, to, deviation, overnight: Overnight(night), .. } = *self;
        let unit = Unit::of(from, to);
        let close = to_f64(to);
        // Logarithms are seen from the close, where the way that is left and the bridge both end.
        let before = ln(to_f64(from) / close);
        let open = (1.0 - night) * before + deviation * (night * (1.0 - night)).sqrt() * draws[0].0;
        let sum = |sum: &mut f64, (shock, _): &(f64, u64)| {
            *sum += shock;
            Some(*sum)
        };
        let walk: Vec<f64> = std::iter::once(0.0).chain(draws[1..TRADES as usize].iter().scan(0.0, sum)).collect();
        let end = walk[LAST as usize];
        let scale = deviation * ((1.0 - night) / f64::from(LAST)).sqrt();
        let mean = 100.0 * exp(0.5 * draws[TRADES as usize].0);
        (0..TRADES).zip(walk).zip(draws).map(move |((trade, walked), (_, bits))| {
            let part = f64::from(trade) / f64::from(LAST);
            let price = match trade {
                LAST => to,
                0 if night == 0.0 => from,
                _ => unit.nearest(close * exp((1.0 - part) * open + scale * (walked - part * end))),
            };
            let [part, size] = words(bits);
            Trade { price, volume: volume(mean, size), number: trade, part }
        })
    }
}

/// Returns when the trade of this number happens in a session: in its piece of the hours that are open, so far into it.
pub(super) fn time_of(session: &Session, number: u32, part: u32) -> DateTime<Utc> {
    time_in(session.open()..session.close(), session.break_hours(), number, part)
}

fn time_in(
    hours: Range<DateTime<Utc>>,
    pause: Option<(DateTime<Utc>, DateTime<Utc>)>,
    number: u32,
    part: u32,
) -> DateTime<Utc> {
    const PIECES: i128 = (TRADES as i128) << 32;
    let (start, end) = pause.unwrap_or((hours.end, hours.end));
    let open = (hours.end - hours.start) - (end - start);
    let place = i128::from(number) << 32 | i128::from(part);
    let passed = i128::from(open.num_minutes()) * 60_000_000_000 * place / PIECES;
    let at = hours.start + TimeDelta::nanoseconds(i64::try_from(passed).expect("hours are shorter than a century"));
    if at < start { at } else { at + (end - start) }
}

/// What prices are a multiple of, and the largest multiple that is a price.
#[derive(Clone, Copy, Debug)]
struct Unit {
    units: i128,
    per_one: f64,
    most: i128,
}

impl Unit {
    /// Returns what prices between these two are a multiple of: a cent, where both are.
    fn of(from: Price, to: Price) -> Self {
        const CENT: i128 = 1_000_000;
        let cents = from.units() % CENT == 0 && to.units() % CENT == 0;
        let (units, per_one) = if cents { (CENT, 100.0) } else { (1, 1e8) };
        Self { units, per_one, most: Price::MAX.units() / units }
    }

    /// Returns the nearest multiple that is a price.
    #[expect(clippy::cast_possible_truncation, reason = "a cast that cuts and saturates")]
    fn nearest(self, value: f64) -> Price {
        let multiple = (value * self.per_one + 0.5) as i128;
        Price::from_units(multiple.clamp(1, self.most) * self.units).expect("within its ends")
    }
}

/// Returns the upper and the lower half.
#[expect(clippy::cast_possible_truncation, reason = "halves")]
fn words(bits: u64) -> [u32; 2] {
    [(bits >> 32) as u32, bits as u32]
}

/// Returns a number of pieces, geometric around this mean, of 32 random bits.
fn volume(mean: f64, bits: u32) -> NonZeroU64 {
    let even = (f64::from(bits) + 0.5) / 4_294_967_296.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 23 times the mean")]
    let pieces = (-mean * ln(even)) as u64;
    NonZeroU64::MIN.saturating_add(pieces)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::random::Purpose;
    use super::*;
    use crate::number::Philox;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        /// Within the hours and not in the break, each after the one before, and spread over all that is open.
        #[test]
        fn trades_are_in_the_hours(
            open in 0..600_i64, first in 1..300_i64, pause in 0..120_i64, second in 1..300_i64,
            number in 0..TRADES - 1, parts in any::<[u32; 2]>(),
        ) {
            let (start, end) = (open + first, open + first + pause);
            let hours = at(open)..at(end + second);
            let pause = (pause > 0).then(|| (at(start), at(end)));
            let [one, two] = [0, 1].map(|next| time_in(hours.clone(), pause, number + next, parts[next as usize]));
            prop_assert!(one <= two);
            for time in [one, two] {
                prop_assert!(hours.contains(&time));
                prop_assert!(pause.is_none_or(|(start, end)| time < start || time >= end));
            }
            // The piece's ends, in minutes that are open.
            let opened = |time: DateTime<Utc>| {
                let passed = time - hours.start;
                if time < at(start) { passed } else { passed - (at(end) - at(start)) }
            };
            let piece = |number: u32| TimeDelta::minutes(first + second) * number.cast_signed() / TRADES.cast_signed();
            prop_assert!(opened(one) >= piece(number) && opened(one) <= piece(number + 1));
        }

        /// Whatever the closes and however wild the day: prices, the last of them the close, in cents where both are.
        #[test]
        fn every_trade_has_a_price(
            from in 1..=Price::MAX.units(), to in 1..=Price::MAX.units(), cents in any::<bool>(),
            deviation in prop_oneof![Just(0.0), 0.0..0.1, 0.0..1e10, Just(f64::MAX)],
            night in prop_oneof![Just(0.0), 0.0..1.0], seed in any::<u64>(),
        ) {
            let price = |units: i128| {
                let units = if cents { (units / 1_000_000).max(1) * 1_000_000 } else { units };
                Price::from_units(units).unwrap()
            };
            let (from, to) = (price(from), price(to));
            let stream = Stream::new(Philox::new(seed), 0, Purpose::Trade);
            let overnight = Overnight::share(night).unwrap();
            let day = Intraday { from, to, deviation, overnight, stream, place: 1 };
            let trades: Vec<Trade> = day.trades().collect();
            prop_assert_eq!(trades.len(), 256);
            prop_assert_eq!(trades[255].price, to);
            prop_assert!(night > 0.0 || trades[0].price == from);
            prop_assert!(!cents || trades.iter().all(|trade| trade.price.units() % 1_000_000 == 0));
        }
    }

    #[test]
    fn a_share_is_a_share() {
        let parameter = Parameter::Overnight;
        assert_eq!(Overnight::share(f64::NAN), Err(PriceError::OutOfRange { parameter }));
        assert_eq!(Overnight::share(f64::INFINITY), Err(PriceError::OutOfRange { parameter }));
        assert_eq!(Overnight::share(-0.1), Err(PriceError::Negative { parameter }));
        assert_eq!(Overnight::share(1.0), Err(PriceError::BeyondOne { parameter }));
        assert_eq!(Overnight::share(0.0), Ok(Overnight::default()));
    }

    #[test]
    fn quotes_are_the_nearest() {
        let price = |text: &str| text.parse::<Price>().unwrap();
        let cents = |value| Unit::of(price("1.20"), price("7")).nearest(value).to_string();
        let finest = |value| Unit::of(price("1.20"), price("7.001")).nearest(value).to_string();
        assert_eq!([cents(12.344_999), cents(12.345_001)], ["12.34", "12.35"]);
        assert_eq!(finest(12.345_001), "12.345001");
        assert_eq!([cents(0.0), finest(1e-300)], ["0.01", "0.00000001"]);
        assert_eq!([cents(f64::INFINITY), finest(1e300)], ["999999999999.99".to_owned(), Price::MAX.to_string()]);
    }
}
