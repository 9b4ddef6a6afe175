//! Merton's jump diffusion: geometric Brownian motion whose log price also jumps.
//!
//! In come its parameters, the length of a clock's tick, W and random bits; out comes S at a tick.
//!
//! The jumps are bridged as the motion is, exactly. Over 2^l ticks on their number is Poisson. Given the number n of a
//! segment, that of its first half is binomial (n, ½), since jumps fall evenly. The sum of n jumps is m·n + s·B(n), B
//! Brownian motion in the number of jumps; given B's growth b over n jumps, over the first n' of them it is normal
//! with mean b·n'/n and variance n' (n − n') ÷ n.

use super::clock::PerYear;
use super::error::{Parameter, PriceError};
use super::path::{Bridge, Driven, Process};
use super::random::{LEVELS, Normals, Stream};
use crate::money::Price;
use crate::number::{LARGEST_MEAN, binomial_half, exp, exp_m1, poisson};

/// The ticks of the longest block, from 2²⁷ to 2²⁸: no two dates are as far apart.
const LONGEST: f64 = (1_u32 << (LEVELS - 2)) as f64;

/// Merton's jump diffusion: geometric Brownian motion whose log price also jumps, by independent normal amounts.
///
/// ```text
/// S(t) = start · exp((μ − σ²/2 − λk) t + σ W(t) + J(1) + … + J(N(t))),    E S(t) = start · e^(μt)
/// N Poisson of intensity λ,    J independent, normal (m, s),    k = exp(m + s²/2) − 1
/// ```
///
/// with t in years. Paths are exact at every tick: number and sum of the jumps are bridged as W is. Merton, "Option
/// pricing when underlying stock returns are discontinuous", Journal of Financial Economics 3 (1976); Glasserman,
/// "Monte Carlo Methods in Financial Engineering" (2003), 3.5.
///
/// In a correlated market the W are correlated; jumps are each stock's own. A close on its own takes O(log n)
/// steps, n ticks after the first; in date order O(1).
///
/// # Examples
///
/// ```
/// use finnet_core::chrono::NaiveDate;
/// use finnet_core::calendar::XNYS;
/// use finnet_core::price::{Clock, Market, Merton, PerYear, Seed};
/// use finnet_core::Symbol;
///
/// let date = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
/// let model = Merton {
///     start: "100".parse()?,
///     drift: PerYear(0.08),
///     volatility: PerYear(0.15),
///     intensity: PerYear(1.5), // three jumps in two years
///     jump_mean: -0.05,
///     jump_deviation: 0.08,
/// };
/// let (vz, clock) = (Symbol::new("VZ")?, Clock::Sessions { calendar: &XNYS, per_year: 252.0 });
/// let market = Market::new(Seed(42), date(2000, 1, 3), clock)?.stock(vz, model)?;
/// assert!(market.close(vz, date(2026, 11, 20)).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Merton {
    /// The path's value at the market's first session, which closes at it rounded to cents, at least 0.01.
    pub start: Price,
    /// μ, expected growth, jumps included: the mean of S after a year is start · e^drift.
    pub drift: PerYear,
    /// σ, standard deviation of a year's log return between jumps.
    pub volatility: PerYear,
    /// λ, 0 or more: jumps expected in a year, at most 7,450 in a tick of the clock.
    pub intensity: PerYear,
    /// m: mean of a jump of the log price; −0.05 is about 5 % down.
    pub jump_mean: f64,
    /// s: standard deviation of a jump of the log price.
    pub jump_deviation: f64,
}

/// The model by tick.
#[derive(Clone, Debug)]
pub(super) struct MertonPath {
    start: f64,
    growth: f64,
    pub(super) volatility: f64,
    /// Jumps expected in a tick.
    intensity: f64,
    jump_mean: f64,
    jump_deviation: f64,
    bridge: Bridge,
}

impl Merton {
    pub(super) fn by_tick(&self, years: f64) -> Result<MertonPath, PriceError> {
        let drift = Parameter::Drift.finite(self.drift.0)?;
        let volatility = Parameter::Volatility.not_negative(self.volatility.0)?;
        let intensity = Parameter::Intensity.not_negative(self.intensity.0)?;
        let jump_mean = Parameter::JumpMean.finite(self.jump_mean)?;
        let jump_deviation = Parameter::JumpDeviation.not_negative(self.jump_deviation)?;
        // What jumps add to the mean; where it is infinite, the price has no mean to hold to.
        let jumps = Parameter::JumpGrowth.finite(exp_m1(jump_mean + jump_deviation * jump_deviation / 2.0))?;
        // In the longest block of a path there may be as many as can be drawn.
        if intensity * years * LONGEST > LARGEST_MEAN {
            return Err(PriceError::CrowdedClock);
        }
        Ok(MertonPath {
            start: super::stock::to_f64(self.start),
            growth: (drift - volatility * volatility / 2.0 - intensity * jumps) * years,
            volatility: volatility * years.sqrt(),
            intensity: intensity * years,
            jump_mean,
            jump_deviation,
            bridge: Bridge::brownian(),
        })
    }
}

impl MertonPath {
    /// Returns the path's process; the streams are those of the numbers and of the sums of jumps.
    pub(super) fn process<'m>(&'m self, shocks: &'m [(Stream, f64)], jumps: [Stream; 2]) -> Jumping<'m> {
        Jumping { motion: Driven { bridge: &self.bridge, shocks }, intensity: self.intensity, jumps }
    }

    #[inline]
    pub(super) fn value(&self, tick: u32, at: State) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "fewer than 2^53 jumps")]
        let jumps = self.jump_mean * at.jumps as f64 + self.jump_deviation * at.sum;
        self.start * exp(f64::from(tick) * self.growth + self.volatility * at.motion + jumps)
    }
}

/// What is known at a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    /// W.
    motion: f64,
    /// How many jumps there were.
    jumps: u64,
    /// B of that number: the sum of the jumps, less their means, in deviations of one.
    sum: f64,
}

/// Brownian motion and jumps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Jumping<'m> {
    motion: Driven<'m>,
    intensity: f64,
    jumps: [Stream; 2],
}

impl Process for Jumping<'_> {
    type State = State;

    fn first(&self) -> State {
        State { motion: self.motion.first(), jumps: 0, sum: 0.0 }
    }

    #[expect(clippy::cast_precision_loss, reason = "fewer than 2^53 jumps")]
    fn next(&self, from: State, level: usize, tick: u32, normals: &mut impl Normals) -> State {
        let motion = self.motion.next(from.motion, level, tick, normals);
        let [counts, sums] = self.jumps;
        let more = poisson(self.intensity * f64::from(1_u32 << level), |attempt| counts.pair(tick, attempt));
        let sum = if more == 0 { from.sum } else { from.sum + (more as f64).sqrt() * sums.normal(tick) };
        State { motion, jumps: from.jumps + more, sum }
    }

    #[expect(clippy::cast_precision_loss, reason = "fewer than 2^53 jumps")]
    fn between(&self, left: State, right: State, level: usize, tick: u32, normals: &mut impl Normals) -> State {
        let motion = self.motion.between(left.motion, right.motion, level, tick, normals);
        let [counts, sums] = self.jumps;
        let all = right.jumps - left.jumps;
        if all == 0 {
            return State { motion, ..left };
        }
        let before = binomial_half(all, |attempt| counts.pair(tick, attempt));
        let after = all - before;
        // A half without a jump stays as it was, to the bit.
        let sum = if before == 0 {
            left.sum
        } else if after == 0 {
            right.sum
        } else {
            let [before, after, all] = [before, after, all].map(|jumps| jumps as f64);
            let mean = left.sum + before / all * (right.sum - left.sum);
            mean + (before * after / all).sqrt() * sums.normal(tick)
        };
        State { motion, jumps: left.jumps + before, sum }
    }
}
