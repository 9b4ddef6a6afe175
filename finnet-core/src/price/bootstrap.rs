//! The past in another order: historical returns, drawn in blocks.
//!
//! In come the closes of a stock's past and 128 random bits a tick; out comes ln(S/S_0) at the tick after. The scheme is
//! the stationary bootstrap of Politis and Romano, "The stationary bootstrap", Journal of the American Statistical
//! Association 89 (1994). It was chosen over the blocks of fixed length of Künsch (1989), which draw the two ends of the
//! past too rarely, whose mean is therefore not the past's, and in which a tick's law depends on where in its block it
//! stands.

use std::sync::Arc;

use super::error::PriceError;
use super::random::Stream;
use super::stock::to_f64;
use crate::money::Price;
use crate::number::{exp, ln};

/// How long the blocks of a [`Bootstrap`] are on average, in ticks of the market's clock: 1 draws each return by
/// itself; a month of sessions is 21.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MeanBlock(pub u32);

/// Returns of a stock's past, drawn in blocks: bad weeks and calm months stay together.
///
/// With r_0 … r_(N−1) the log returns between the closes of the past and L the mean length of a block, the log return
/// of tick t is r_(i_t), where i_t is
///
/// ```text
/// drawn evenly from 0 … N − 1   with probability 1/L, and at the first tick
/// (i_(t−1) + 1) mod N           else
/// ```
///
/// So blocks have geometric lengths, and the past is a ring (Politis and Romano, 1994). Every tick has the past's mean
/// and variance; two ticks that lie k apart have the covariance (1 − 1/L)^k c_k, with c_k that of the past at lag k,
/// round the ring and divided by N. These are exact. There is no drift to set: the past's mean is it.
///
/// The closes of the past should lie a tick of the market's clock apart. Draws are each stock's own: they take no part
/// in [`Market::correlated`](super::Market::correlated). A close on its own takes n steps, n ticks after the first; in
/// date order O(1).
///
/// # Examples
///
/// ```
/// use finnet_core::price::{Bootstrap, MeanBlock};
/// use finnet_core::Price;
///
/// let past: Vec<Price> = ["100", "102", "99.50", "101"].map(|price| price.parse().unwrap()).to_vec();
/// let model = Bootstrap::new("128.25".parse()?, &past, MeanBlock(2))?;
/// assert_eq!(model.returns().len(), 3);
/// assert!(Bootstrap::new("128.25".parse()?, &past, MeanBlock(4)).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Bootstrap {
    start: Price,
    returns: Arc<[f64]>,
    block: MeanBlock,
    deviation: f64,
}

/// A place on a path: each tick makes the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockWalk {
    tick: u32,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct State {
    /// ln(S/S_0).
    log: f64,
    /// Which return of the past comes next, if the block goes on.
    next: u32,
}

impl Bootstrap {
    /// Returns the model whose path begins at `start` and whose returns are those between these closes. The market's
    /// first session closes at `start` rounded to cents, at least 0.01.
    ///
    /// # Errors
    ///
    /// - [`PriceError::ShortPast`] for fewer than three closes, which make fewer than two returns.
    /// - [`PriceError::LongPast`] for more than 2³² − 1 closes.
    /// - [`PriceError::Block`] for a block of 0 or longer than the returns there are.
    pub fn new(start: Price, closes: &[Price], block: MeanBlock) -> Result<Self, PriceError> {
        let count = counted(closes.len())?;
        if count < 3 {
            return Err(PriceError::ShortPast { closes: count });
        }
        if block.0 == 0 || block.0 > count - 1 {
            return Err(PriceError::Block { block: block.0, returns: count - 1 });
        }
        let returns: Arc<[f64]> = closes.windows(2).map(|pair| ln(to_f64(pair[1]) / to_f64(pair[0]))).collect();
        let count = f64::from(count - 1);
        let mean = returns.iter().sum::<f64>() / count;
        let variance = returns.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
        Ok(Self { start, returns, block, deviation: variance.sqrt() })
    }

    /// Returns the log returns of the past, oldest first.
    pub fn returns(&self) -> &[f64] {
        &self.returns
    }

    /// Returns the price where a walk is.
    pub(super) fn value(&self, walk: &BlockWalk) -> f64 {
        to_f64(self.start) * exp(walk.state.log)
    }

    /// Returns the standard deviation of a return of the past.
    pub(super) fn deviation(&self) -> f64 {
        self.deviation
    }

    /// Returns the state a tick later, of 128 random bits.
    fn step(&self, state: State, [whether, which]: [u64; 2]) -> State {
        let ends = state.next == State::NONE || below(self.block.0, whether) == 0;
        let at = if ends { below(self.count(), which) } else { state.next };
        let after = at + 1;
        let next = if after == self.count() { 0 } else { after };
        State { log: state.log + self.returns[at as usize], next }
    }

    /// Returns how many returns there are.
    fn count(&self) -> u32 {
        u32::try_from(self.returns.len()).expect("more are refused")
    }
}

/// Returns the number of closes, where it is one of 32 bits, as the places of returns are.
fn counted(closes: usize) -> Result<u32, PriceError> {
    u32::try_from(closes).map_err(|_| PriceError::LongPast { closes: closes as u64 })
}

impl BlockWalk {
    /// Returns the start of every path.
    pub(super) const fn new() -> Self {
        Self { tick: 0, state: State::FIRST }
    }

    /// Goes to a tick, from the start where it is behind.
    pub(super) fn to(&mut self, model: &Bootstrap, tick: u32, blocks: Stream) {
        if tick < self.tick {
            *self = Self::new();
        }
        while self.tick < tick {
            self.tick += 1;
            self.state = model.step(self.state, blocks.pair(self.tick, 0));
        }
    }
}

impl State {
    /// No return comes next: a block begins.
    const NONE: u32 = u32::MAX;
    const FIRST: Self = Self { log: 0.0, next: Self::NONE };
}

/// Returns a number from 0 to `end` − 1, each as likely as the others to 1 part in 2³², of 64 random bits.
#[expect(clippy::cast_possible_truncation, reason = "below a number of 32 bits")]
fn below(end: u32, bits: u64) -> u32 {
    ((u128::from(bits) * u128::from(end)) >> 64) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::random::Purpose;
    use super::*;
    use crate::number::{Philox, normal};

    const PATHS: u32 = 20_000;

    /// A past whose returns depend on the one before, made once for all tests.
    fn past(count: u32) -> Vec<Price> {
        let random = Philox::new(1994);
        let (mut log, mut shock) = (0.0, 0.0);
        let close = |day| {
            shock = 0.6 * shock + 0.01 * normal(random.bits64([day, 0, 0, 0]));
            log += shock;
            #[expect(clippy::cast_possible_truncation, reason = "a price near 10^14 units")]
            Price::from_units((exp(log) * 1e14) as i128).unwrap()
        };
        (0..=count).map(close).collect()
    }

    fn model(count: u32, block: u32) -> Bootstrap {
        Bootstrap::new("100".parse().unwrap(), &past(count), MeanBlock(block)).unwrap()
    }

    /// The states of a path at ticks 1 to `ticks`.
    fn path(model: &Bootstrap, path: u32, ticks: u32) -> Vec<State> {
        let random = Philox::new(7);
        let step = |state: &mut State, tick| {
            *state = model.step(*state, random.pair64([path, tick, 0, 0]));
            Some(*state)
        };
        (1..=ticks).scan(State::FIRST, step).collect()
    }

    /// The autocovariance of the past at a lag, round the ring: what the paper's formulas are written in.
    fn around(returns: &[f64], lag: usize) -> f64 {
        let count = f64::from(u32::try_from(returns.len()).unwrap());
        let mean = returns.iter().sum::<f64>() / count;
        (0..returns.len()).map(|at| (returns[at] - mean) * (returns[(at + lag) % returns.len()] - mean)).sum::<f64>()
            / count
    }

    /// Mean and variance of every tick, covariance of two, and the variance of the sum are those of Politis and
    /// Romano's scheme: within five standard errors of 20,000 paths, without any bias.
    #[test]
    fn moments_are_those_of_the_scheme() {
        let model = model(250, 10);
        let returns = model.returns();
        let count = f64::from(u32::try_from(returns.len()).unwrap());
        let mean = returns.iter().sum::<f64>() / count;
        let paths: Vec<Vec<State>> = (0..PATHS).map(|number| path(&model, number, 60)).collect();
        let moved = |path: &Vec<State>, tick: usize| path[tick].log - path[tick - 1].log;
        let holds = |what: &str, exact: f64, of: &dyn Fn(&Vec<State>) -> f64| {
            let value = paths.iter().map(of).sum::<f64>() / f64::from(PATHS);
            let variance = paths.iter().map(|path| (of(path) - value) * (of(path) - value)).sum::<f64>();
            let error = variance.sqrt() / f64::from(PATHS);
            assert!((value - exact).abs() < 5.0 * error, "{what}: {value} ± {error}, not {exact}");
        };
        // What lies k apart is in one block with probability (1 − 1/10)^k, and independent else.
        let kept = |lag: usize| (0..lag).fold(1.0, |kept, _| kept * 0.9) * around(returns, lag);
        for tick in [1, 30] {
            holds("mean", mean, &|path| moved(path, tick));
            for lag in [0, 1, 2, 5, 20] {
                let product = |path: &Vec<State>| (moved(path, tick) - mean) * (moved(path, tick + lag) - mean);
                holds(&format!("covariance at {lag}"), kept(lag), &product);
            }
        }
        let lags = 2.0 * (1..60_u32).map(|lag| f64::from(60 - lag) * kept(lag as usize)).sum::<f64>();
        let of_sum = |path: &Vec<State>| (path[59].log - 60.0 * mean) * (path[59].log - 60.0 * mean);
        holds("variance of the sum", 60.0 * kept(0) + lags, &of_sum);
        assert!((model.deviation - kept(0).sqrt()).abs() < 1e-12 * model.deviation);
    }

    /// Each return is as likely as any other, far from the start too: chi-square of 20,000 draws at level 0.001 (the
    /// quantile of 249 degrees of freedom by mpmath 1.3: 323.7). A block goes on with probability 9/10.
    #[test]
    fn every_return_is_as_likely() {
        let model = model(250, 10);
        for tick in [1, 40] {
            let mut seen = vec![0_u32; 250];
            let mut went_on = 0_u32;
            for number in 0..PATHS {
                let path = path(&model, number, tick + 1);
                let [now, then] = [path[tick as usize - 1].next, path[tick as usize].next];
                seen[now as usize] += 1;
                went_on += u32::from((now + 1) % 250 == then);
            }
            let expected = f64::from(PATHS) / 250.0;
            let square = |count: &u32| (f64::from(*count) - expected) * (f64::from(*count) - expected);
            let chi = seen.iter().map(square).sum::<f64>() / expected;
            assert!(chi < 323.7, "{chi}");
            // 9/10, and one new block in 250 begins where the old one would have gone on.
            let (share, probability) = (f64::from(went_on) / f64::from(PATHS), 0.9 + 0.1 / 250.0);
            let error = (probability * (1.0 - probability) / f64::from(PATHS)).sqrt();
            assert!((share - probability).abs() < 5.0 * error, "{share}");
        }
    }

    /// A past of as many closes takes 64 GB: their number alone is asked.
    #[test]
    #[cfg(target_pointer_width = "64")]
    fn places_of_returns_have_32_bits() {
        assert_eq!(counted(0xffff_ffff), Ok(u32::MAX));
        assert_eq!(counted(1 << 32), Err(PriceError::LongPast { closes: 1 << 32 }));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        /// A path goes by returns of the past, each followed by the one after it or by a block's first; a block of 1
        /// has no memory, and the longest is allowed.
        #[test]
        fn a_path_is_made_of_the_past(
            closes in prop::collection::vec(1..=Price::MAX.units(), 0..12), block in 0..13_u32, number in any::<u32>(),
        ) {
            let closes: Vec<Price> = closes.into_iter().map(|units| Price::from_units(units).unwrap()).collect();
            let returns = u32::try_from(closes.len()).unwrap().saturating_sub(1);
            let model = match Bootstrap::new(Price::MAX, &closes, MeanBlock(block)) {
                Err(PriceError::ShortPast { closes: 0..3 }) => {
                    prop_assert!(returns < 2);
                    return Ok(());
                }
                Err(error) => {
                    prop_assert_eq!(error, PriceError::Block { block, returns });
                    prop_assert!(block == 0 || block > returns);
                    return Ok(());
                }
                Ok(model) => model,
            };
            prop_assert!(returns >= 2 && (1..=returns).contains(&block));
            let mut log = 0.0;
            let stream = Stream::new(Philox::new(7), number, Purpose::Block);
            let mut walk = BlockWalk::new();
            walk.to(&model, 17, stream);
            for state in path(&model, number, 30) {
                let at = (state.next + returns - 1) % returns;
                log += model.returns()[at as usize];
                prop_assert_eq!(state.log.to_bits(), f64::to_bits(log));
            }
            // Forwards and backwards, in order and alone.
            for tick in [18, 30, 3] {
                let mut alone = BlockWalk::new();
                alone.to(&model, tick, stream);
                walk.to(&model, tick, stream);
                prop_assert_eq!(model.value(&walk).to_bits(), model.value(&alone).to_bits());
            }
        }
    }
}
