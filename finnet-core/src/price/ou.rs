//! Exponential Ornstein–Uhlenbeck: a price that is drawn back to a level.
//!
//! ```text
//! S(t) = level · e^X(t),    dX = −κ X dt + σ dW,    X(0) = ln(start ÷ level)
//! X(t) is normal: mean e^(−κt) X(0), variance σ² (1 − e^(−2κt)) ÷ 2κ
//! ```
//!
//! The level is that of the log price: the median of S in the long run; its mean is level · exp(σ² ÷ 4κ). Uhlenbeck
//! and Ornstein (1930); Schwartz, "The stochastic behavior of commodity prices", Journal of Finance 52 (1997), model 1.

use super::clock::PerYear;
use super::error::{Parameter, PriceError};
use super::path::Bridge;
use super::random::SPAN;
use crate::money::Price;
use crate::number::{exp, exps, ln};

/// Exponential Ornstein–Uhlenbeck: the log price goes back to a level, half of the way in ln 2 ÷ `reversion` years.
///
/// A close on its own takes O(log n) steps, n ticks after the first; in date order O(1).
///
/// # Examples
///
/// ```
/// use chrono::NaiveDate;
/// use finnet_core::price::{Clock, Market, Ou, PerYear, Seed};
/// use finnet_core::Symbol;
///
/// let date = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
/// let oil = Symbol::new("OIL")?;
/// let (start, level) = ("120".parse()?, "70".parse()?);
/// let model = Ou { start, level, reversion: PerYear(3.0), volatility: PerYear(0.3) };
/// let clock = Clock::CalendarDays { per_year: 365.0 };
/// let market = Market::new(Seed(42), date(2020, 1, 1), clock)?.stock(oil, model)?;
/// let later = market.value(oil, date(2026, 1, 1))?;
/// assert!(later > 30.0 && later < 160.0); // the deviation of X is 0.3 ÷ √6 = 0.12 by then
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ou {
    /// The close of the market's first session.
    pub start: Price,
    /// What the price is drawn back to: its median in the long run.
    pub level: Price,
    /// κ, above 0: how fast it is drawn back.
    pub reversion: PerYear,
    /// σ, the volatility of the log price over a short time; 0 gives a price that goes back evenly.
    pub volatility: PerYear,
}

/// The model by tick.
#[derive(Clone, Debug)]
pub(super) struct OuPath {
    start: f64,
    from: f64,
    pub(super) bridge: Bridge,
}

impl Ou {
    pub(super) fn by_tick(&self, years: f64) -> Result<OuPath, PriceError> {
        let parameter = Parameter::Reversion;
        // Below, its quotients would be of doubles that have lost their digits, or 0.
        let reversion = parameter.at_least(1e-300, parameter.positive(self.reversion.0)? * years)?;
        let volatility = Parameter::Volatility.not_negative(self.volatility.0)? * years.sqrt();
        let start = super::stock::to_f64(self.start);
        let from = ln(start / super::stock::to_f64(self.level));
        Ok(OuPath { start, from, bridge: Bridge::reverting(from, reversion, volatility) })
    }
}

impl OuPath {
    pub(super) fn value(&self, x: f64) -> f64 {
        // From the start, not from the level, lest the first close be off by rounding.
        self.start * exp(x - self.from)
    }

    /// Puts the value at each of [`SPAN`] ticks in the place of x.
    pub(super) fn values(&self, xs: &mut [f64; SPAN]) {
        for x in xs.iter_mut() {
            *x -= self.from;
        }
        exps(xs);
        for place in xs {
            *place *= self.start;
        }
    }
}
