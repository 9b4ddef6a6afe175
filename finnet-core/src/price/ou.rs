//! Exponential Ornstein–Uhlenbeck: a price that is drawn back to a level.
//!
//! In come its parameters, the length of a clock's tick and X, which [`Bridge`] makes; out comes S at a tick.

use super::clock::PerYear;
use super::error::{Parameter, PriceError};
use super::path::Bridge;
use super::random::SPAN;
use crate::money::Price;
use crate::number::{exp, exps, ln};

/// Exponential Ornstein–Uhlenbeck: the log price goes back to a level, half of the way in ln 2 ÷ `reversion` years.
///
/// ```text
/// S(t) = level · e^X(t),    dX = −κ X dt + σ dW,    X(0) = ln(start ÷ level)
/// X(t) is normal: mean e^(−κt) X(0), variance σ² (1 − e^(−2κt)) ÷ 2κ
/// ```
///
/// with t in years. The level is that of the log price: the median of S in the long run; its mean is
/// level · exp(σ² ÷ 4κ). Paths are exact at every tick. Uhlenbeck and Ornstein, "On the theory of the Brownian motion",
/// Physical Review 36 (1930); Schwartz, "The stochastic behavior of commodity prices", Journal of Finance 52 (1997),
/// model 1.
///
/// # Correlation
///
/// Two `Ou` of one reversion are the joint diffusion of [`Market::correlated`](super::Market::correlated), exactly.
/// **An `Ou` and a stock of another model or reversion are not**: each has its own law, but as a pair they are not
/// stationary. What is correlated are the shocks of the nodes of two different bridges, and their returns have, for
/// each unit of ρ, a correlation that depends on where in a block of the bridge they lie. At 365 ticks a year, against
/// a [`Gbm`](super::Gbm), over all places of the first 4,096 ticks; by linear algebra, without sampling:
///
/// | κ a year | returns over | correlation ÷ ρ, by place | of the joint diffusion |
/// |---|---|---|---|
/// | 3 | 21 ticks | 0.930 to 0.998 | 0.958 |
/// | 3 | 63 ticks | 0.817 to 0.991 | 0.883 |
/// | 3 | 252 ticks | 0.573 to 0.994 | 0.650 |
/// | 20 | 252 ticks | 0.263 to 0.946 | 0.269 |
///
/// Nor are their shocks independent over time: that of an `Ou` and the `Gbm`'s a tick later have −0.007 ρ on average
/// for κ = 3, −0.045 ρ for κ = 20. So the past predicts a little: at ρ = 0.9 the last 60 ticks of both explain 0.4 % of
/// the variance of the `Gbm`'s next return for κ = 3, 3.7 % for κ = 20, and twice that at some places. Who tests a
/// strategy on such a pair should leave the two uncorrelated, or make both an `Ou` of one reversion.
///
/// A close on its own takes O(log n) steps, n ticks after the first; in date order O(1).
///
/// # Examples
///
/// ```
/// use finnet_core::chrono::NaiveDate;
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
    /// The path's value at the market's first session, which closes at it rounded to cents, at least 0.01.
    pub start: Price,
    /// What the price is drawn back to: its median in the long run.
    pub level: Price,
    /// κ, above 0, in 1 ÷ year: how fast it is drawn back; what is left of X after a year is e^−κ of it.
    pub reversion: PerYear,
    /// σ, the volatility of the log price over a short time, as in a [`Gbm`](super::Gbm); 0 gives a price that goes
    /// back evenly.
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
