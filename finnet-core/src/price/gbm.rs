//! Geometric Brownian motion.
//!
//! In come a drift and a volatility of a year, the length of a clock's tick and W(n), Brownian motion of variance 1 a
//! tick; out comes S at tick n.

use super::clock::PerYear;
use super::error::{Parameter, PriceError};
use super::path::Bridge;
use super::random::SPAN;
use crate::money::Price;
use crate::number::{exp, exps};

/// Geometric Brownian motion: log returns are independent and normal.
///
/// ```text
/// dS = μ S dt + σ S dW
/// S(t) = start · exp((μ − σ²/2) t + σ W(t)),    E S(t) = start · e^(μt)
/// ```
///
/// with t in years. Paths are exact at every tick: no step in time biases them. Black and Scholes, "The pricing of
/// options and corporate liabilities", Journal of Political Economy 81 (1973); Glasserman, "Monte Carlo Methods in
/// Financial Engineering" (2003), 3.2.
///
/// A close on its own takes O(log n) steps, n ticks after the first; in date order O(1).
///
/// # Examples
///
/// ```
/// use finnet_core::chrono::NaiveDate;
/// use finnet_core::calendar::XNYS;
/// use finnet_core::price::{Clock, Gbm, Market, PerYear, Seed};
/// use finnet_core::Symbol;
///
/// let date = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
/// let (ibm, clock) = (Symbol::new("IBM")?, Clock::Sessions { calendar: &XNYS, per_year: 252.0 });
/// let model = Gbm { start: "128.25".parse()?, drift: PerYear(0.07), volatility: PerYear(0.22) };
/// let market = Market::new(Seed(42), date(2000, 1, 3), clock)?.stock(ibm, model)?;
/// assert_eq!(market.close(ibm, date(2000, 1, 3))?, "128.25".parse()?);
/// let alone = market.close(ibm, date(2026, 11, 20))?;
/// let all: Vec<_> = market.closes(ibm, ..=date(2026, 11, 20))?.collect::<Result<_, _>>()?;
/// assert_eq!(all.last().unwrap().price, alone);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gbm {
    /// The path's value at the market's first session, which closes at it rounded to cents, at least 0.01.
    pub start: Price,
    /// μ, expected growth: the mean of S after a year is start · e^drift. May be below 0.
    pub drift: PerYear,
    /// σ, standard deviation of a year's log return; 0 gives a price that grows evenly.
    pub volatility: PerYear,
}

/// The model by tick.
#[derive(Clone, Debug)]
pub(super) struct GbmPath {
    start: f64,
    growth: f64,
    pub(super) volatility: f64,
    pub(super) bridge: Bridge,
}

impl Gbm {
    pub(super) fn by_tick(&self, years: f64) -> Result<GbmPath, PriceError> {
        let drift = Parameter::Drift.finite(self.drift.0)?;
        let volatility = Parameter::Volatility.not_negative(self.volatility.0)?;
        Ok(GbmPath {
            start: super::stock::to_f64(self.start),
            growth: (drift - volatility * volatility / 2.0) * years,
            volatility: volatility * years.sqrt(),
            bridge: Bridge::brownian(),
        })
    }
}

impl GbmPath {
    pub(super) fn value(&self, tick: u32, motion: f64) -> f64 {
        self.start * exp(self.exponent(f64::from(tick), motion))
    }

    /// Puts the value at each of [`SPAN`] ticks from this one on in the motion's place.
    pub(super) fn values(&self, first: u32, motion: &mut [f64; SPAN]) {
        for (tick, place) in (first.cast_signed()..).zip(motion.iter_mut()) {
            *place = self.exponent(f64::from(tick), *place);
        }
        exps(motion);
        for place in motion {
            *place *= self.start;
        }
    }

    #[inline]
    fn exponent(&self, tick: f64, motion: f64) -> f64 {
        tick * self.growth + self.volatility * motion
    }
}
