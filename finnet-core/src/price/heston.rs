//! Heston's model: a variance that comes and goes, whose shocks are correlated with those of the price.
//!
//! In come its parameters, the length of a clock's tick and two standard normal shocks a tick; out comes ln(S/S_0) at
//! the tick after. Heston, "A closed-form solution for options with stochastic volatility", Review of Financial Studies
//! 6 (1993); the steps are those of QE-M, Andersen, "Simple and efficient simulation of the Heston stochastic volatility
//! model", Journal of Computational Finance 11 (2008), sections 3.2 and 4.3, with his γ₁ = γ₂ = ½ and ψ_c = 1.5:
//!
//! ```text
//! ψ = s²/m² ≤ 1.5:  v' = a (b + Z)²                      b² = 2/ψ − 1 + √(2/ψ) √(2/ψ − 1), a = m / (1 + b²)
//! ψ > 1.5:          v' = 0 where Φ(Z) ≤ p, else ln((1 − p) / Φ(−Z)) / β  p = (ψ − 1) / (ψ + 1), β = (1 − p) / m
//! ln(S'/S) = μΔ − ½K₃v + K₂v' − ln E[e^Av'] + √(K₃ (v + v')) Y
//! K₂ = ½Δ (κρ/σ − ½) + ρ/σ,  K₃ = ½Δ (1 − ρ²),  A = K₂ + ½K₃
//! ```
//!
//! m and s² are mean and variance of v' given v, exactly. His K₀ and K₁ are in the above: of what they add, only the
//! expectation does not cancel. The price's own shock W is the one that the market correlates across stocks; with X, the
//! part of the variance's shock that is the stock's own, Z = ρW + √(1 − ρ²) X and Y = √(1 − ρ²) W − ρX, which are
//! independent of each other as the scheme asks.

use super::clock::PerYear;
use super::error::{Parameter, PriceError};
use super::path::{Bridge, Driven, Stretch};
use super::random::{Kept, SPAN, SPAN_TICKS, Stream};
use crate::money::Price;
use crate::number::{exp, exp_m1, ln, normal_probability};

/// Below it the vol of vol counts as 0.
const CERTAIN: f64 = 1e-9;

/// Below it a variance counts as 0: its square would be no double.
const NONE: f64 = 1e-100;

/// Heston's model: the variance is random too, and comes back to a level.
///
/// ```text
/// dS = μ S dt + √v S dW        E S(t) = start · e^(μt)
/// dv = κ (θ − v) dt + σ √v dB  E v(t) = θ + (v_0 − θ) e^(−κt)
/// dW dB = ρ dt                 v ≥ 0
/// ```
///
/// Where Feller's condition 2κθ ≥ σ² does not hold, v is 0 at times, and never below. In a correlated market the W are
/// correlated, over any number of ticks; each variance follows its own stock's price by `correlation`. Heston, "A
/// closed-form solution for options with stochastic volatility", Review of Financial Studies 6 (1993).
///
/// # Cost and bias
///
/// A close on its own takes n steps, n ticks after the first; in date order O(1). Each tick is a step of Andersen's
/// scheme QE-M (2008). At every tick E\[S\], E\[v\], Var\[v\] and the autocovariance of v are exact; the shape of
/// their distributions has a bias that falls with the tick, and that 20,000 years of daily ticks do not show.
///
/// # Examples
///
/// ```
/// use finnet_core::chrono::NaiveDate;
/// use finnet_core::calendar::XNYS;
/// use finnet_core::price::{Clock, Heston, Market, PerYear, Seed};
/// use finnet_core::Symbol;
///
/// let date = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
/// let model = Heston {
///     start: "100".parse()?,
///     drift: PerYear(0.07),
///     initial_variance: PerYear(0.04), // a volatility of 20 % a year
///     long_run_variance: PerYear(0.05),
///     mean_reversion: PerYear(2.0), // half of the way back in ln 2 ÷ 2 years
///     vol_of_vol: PerYear(0.4),
///     correlation: -0.7, // a falling price makes the variance rise
/// };
/// let (aapl, clock) = (Symbol::new("AAPL")?, Clock::Sessions { calendar: &XNYS, per_year: 252.0 });
/// let market = Market::new(Seed(42), date(2000, 1, 3), clock)?.stock(aapl, model)?;
/// assert_eq!(market.close(aapl, date(2000, 1, 3))?, "100".parse()?);
/// assert!(market.close(aapl, date(2026, 11, 20)).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heston {
    /// The path's value at the market's first session, which closes at it rounded to cents, at least 0.01.
    pub start: Price,
    /// μ, expected growth: the mean of S after a year is start · e^drift.
    pub drift: PerYear,
    /// v_0: the variance of a year's log return that the first tick has, the square of a volatility; 0 or more.
    pub initial_variance: PerYear,
    /// θ: what the variance comes back to, a year's as `initial_variance` is; 0 or more.
    pub long_run_variance: PerYear,
    /// κ, in 1 ÷ year: how fast it comes back, half of the way in ln 2 ÷ κ years; 0 never does.
    pub mean_reversion: PerYear,
    /// σ: how much the variance moves, dv = σ √v dB, with v a year's variance and B of variance 1 a year; so 0.4 at
    /// v = 0.04 moves v by 0.08 √t. 0, as which all below 10⁻⁹ counts, leaves v its mean.
    pub vol_of_vol: PerYear,
    /// ρ: between the price's shocks and the variance's, from −1 to 1.
    pub correlation: f64,
}

/// The model by tick.
#[derive(Clone, Debug)]
pub(super) struct HestonPath {
    start: f64,
    scheme: Scheme,
    first: State,
    bridge: Bridge,
}

/// A place on a path: each tick makes the next.
#[derive(Clone, Debug)]
pub(super) struct HestonWalk {
    tick: u32,
    /// W, and its place on its own path.
    motion: f64,
    motions: Stretch,
    /// The variance's own shocks at the ticks of the span that this one is in.
    own: [f64; SPAN],
    state: State,
    /// v of the tick before, or of the first.
    before: f64,
}

impl Heston {
    pub(super) fn by_tick(&self, years: f64) -> Result<HestonPath, PriceError> {
        Parameter::Drift.finite(self.drift.0)?;
        Parameter::InitialVariance.not_negative(self.initial_variance.0)?;
        Parameter::LongRunVariance.not_negative(self.long_run_variance.0)?;
        Parameter::Reversion.not_negative(self.mean_reversion.0)?;
        Parameter::VolOfVol.not_negative(self.vol_of_vol.0)?;
        let parameter = Parameter::Correlation;
        if parameter.finite(self.correlation)?.abs() > 1.0 {
            return Err(PriceError::BeyondOne { parameter });
        }
        let scheme = Scheme::new(self, years)?;
        let first = State { log: 0.0, variance: self.initial_variance.0 };
        Ok(HestonPath { start: super::stock::to_f64(self.start), scheme, first, bridge: Bridge::brownian() })
    }
}

impl HestonPath {
    /// Returns the path's start; `shocks` make the price's motion, `own` is the stream of the variance's own.
    pub(super) fn walk(&self, shocks: &[(Stream, f64)], own: Stream) -> HestonWalk {
        let State { variance, .. } = self.first;
        let motions = Stretch::new(&Driven { bridge: &self.bridge, shocks });
        HestonWalk { tick: 0, motion: 0.0, motions, own: own.span(0), state: self.first, before: variance }
    }

    /// Returns the price where the walk is.
    pub(super) fn value(&self, walk: &HestonWalk) -> f64 {
        self.start * exp(walk.state.log)
    }

    /// Returns the standard deviation of the log price over the tick before the place where the walk is, given the
    /// variance at both of its ends.
    pub(super) fn deviation(&self, walk: &HestonWalk) -> f64 {
        (0.5 * self.scheme.years * (walk.before + walk.state.variance)).sqrt()
    }
}

impl HestonWalk {
    /// Goes to a tick, from the start where it is behind, with the shocks that it began with.
    pub(super) fn to(&mut self, path: &HestonPath, tick: u32, shocks: &[(Stream, f64)], own: Stream, kept: &mut Kept) {
        if tick < self.tick {
            *self = path.walk(shocks, own);
        }
        let driven = Driven { bridge: &path.bridge, shocks };
        while self.tick < tick {
            self.tick += 1;
            if self.tick.is_multiple_of(SPAN_TICKS) {
                self.own = own.span(self.tick);
            }
            let motion = self.motions.to(&driven, self.tick, kept, |_, _| ());
            let shock = self.own[self.tick as usize % SPAN];
            self.before = self.state.variance;
            self.state = path.scheme.step(self.state, motion - self.motion, shock);
            self.motion = motion;
        }
    }
}

/// What one step of a given length needs of the parameters, worked out once.
#[derive(Clone, Copy, Debug)]
struct Scheme {
    /// Δ.
    years: f64,
    /// μΔ.
    growth: f64,
    /// m = mean.0 + mean.1 v.
    mean: (f64, f64),
    /// s² = spread.0 + spread.1 v.
    spread: (f64, f64),
    k2: f64,
    k3: f64,
    /// ρ and √(1 − ρ²).
    turn: (f64, f64),
}

/// Where a path is.
#[derive(Clone, Copy, Debug, PartialEq)]
struct State {
    /// ln(S/S_0).
    log: f64,
    /// v, a year's worth.
    variance: f64,
}

impl Scheme {
    /// Returns the scheme of steps that take this many years.
    ///
    /// # Errors
    ///
    /// - [`PriceError::CoarseClock`] where a step is so long that E\[e^Av'\] could be infinite. As a ≤ σ²s ÷ 2 and
    ///   β ≥ 1.2 ÷ σ²s, with s = (1 − e^−κΔ) ÷ κ and whatever v, it is finite for A σ²s < 1. With h = κΔ ÷ 2 that is
    ///   at most (1 + h)² (1 − e^−2h) ÷ 2h, below 1.01 for h < 0.01: it takes ρσΔ near 2.
    fn new(model: &Heston, years: f64) -> Result<Self, PriceError> {
        let [kappa, theta] = [model.mean_reversion.0, model.long_run_variance.0];
        // Where the variance is certain, its shocks are nothing that could be correlated.
        let certain = model.vol_of_vol.0 < CERTAIN;
        let (sigma, rho) = if certain { (0.0, 0.0) } else { (model.vol_of_vol.0, model.correlation) };
        let ratio = if certain { 0.0 } else { rho / sigma };
        let reverted = kappa * years;
        let gone = -exp_m1(-reverted);
        // (1 − e^−κΔ) / κ, whose limit for κ = 0 is Δ, which it is to the last bit long before κΔ loses its digits.
        let span = if reverted > 1e-300 { gone / kappa } else { years };
        let square = sigma * sigma;
        let k2 = 0.5 * years * (kappa * ratio - 0.5) + ratio;
        let k3 = 0.5 * years * (1.0 - rho * rho);
        if (k2 + 0.5 * k3) * square * span >= 1.0 {
            return Err(PriceError::CoarseClock);
        }
        Ok(Self {
            years,
            growth: model.drift.0 * years,
            mean: (theta * gone, 1.0 - gone),
            spread: (0.5 * theta * square * span * gone, square * span * (1.0 - gone)),
            k2,
            k3,
            turn: (rho, (1.0 - rho * rho).sqrt()),
        })
    }

    /// Returns the state a step later, of the price's shock and of the part of the variance's that is the stock's own:
    /// two independent standard normal numbers.
    fn step(&self, state: State, price: f64, own: f64) -> State {
        let (rho, rest) = self.turn;
        let shock = rho * price + rest * own;
        let independent = rest * price - rho * own;
        let v = state.variance;
        let (next, push) = self.variance(v, shock);
        let log = self.growth - 0.5 * self.k3 * v + push + (self.k3 * (v + next)).sqrt() * independent;
        State { log: state.log + log, variance: next }
    }

    /// Returns the next variance v', and K₂v' − ln E\[e^Av'\].
    fn variance(&self, v: f64, shock: f64) -> (f64, f64) {
        let m = self.mean.0 + self.mean.1 * v;
        let s2 = self.spread.0 + self.spread.1 * v;
        let a_of_law = self.k2 + 0.5 * self.k3;
        if s2 <= 0.0 || m < NONE {
            return (m, -0.5 * self.k3 * m);
        }
        let psi = s2 / (m * m);
        if psi <= 1.5 {
            let two = 2.0 / psi;
            let b2 = two - 1.0 + two.sqrt() * (two - 1.0).sqrt();
            let (a, b) = (m / (1.0 + b2), b2.sqrt());
            // A v' − ln E[e^Av'] without the difference of two large numbers.
            let aa = a_of_law * a;
            let left = 1.0 - 2.0 * aa;
            let push = aa * (2.0 * b * shock + shock * shock - 2.0 * aa * b2 / left) + 0.5 * ln(left);
            let next = a * (b + shock) * (b + shock);
            (next, push - 0.5 * self.k3 * next)
        } else {
            // 1 − p, where p is how likely 0 is.
            let some = 2.0 / (psi + 1.0);
            let beta = some / m;
            let above = normal_probability(-shock);
            let next = if above < some { ln(some / above) / beta } else { 0.0 };
            (next, self.k2 * next - ln(1.0 + some * a_of_law / (beta - a_of_law)))
        }
    }
}

#[cfg(test)]
mod tests;
