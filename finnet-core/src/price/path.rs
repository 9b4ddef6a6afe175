//! A random path over ticks that any tick can be asked of: bridges in blocks that double.
//!
//! A path is known at tick 0. The ticks 1, 2, 4, 8, … follow one from the other, each as far on as all before it; what
//! lies between two of them is found by halving: the middle given both ends, then the middle of a half, and so on.
//! Each node's distribution given its neighbours is exact, so the path's is, however it is asked. A tick n takes
//! O(log n) nodes; ticks in ascending order take one new node each, by a [`Walk`].
//!
//! No end of time is in the definition: later ticks change no earlier one.
//!
//! Lévy's construction of Brownian motion, in blocks; Glasserman, "Monte Carlo Methods in Financial Engineering"
//! (2003), 3.1.

use super::random::{Kept, LEVELS, Normals, SPAN, SPAN_TICKS, Stream, inside};
use crate::number::{exp, exp_m1};

/// What moves along a path: how it goes on from a node, and what lies in the middle of two.
pub(super) trait Process {
    /// What is known at a node.
    type State: Copy;

    /// Returns the state at tick 0.
    fn first(&self) -> Self::State;

    /// Returns the state at `tick`, 2^level ticks after a known one.
    fn next(&self, from: Self::State, level: usize, tick: u32, normals: &mut impl Normals) -> Self::State;

    /// Returns the state at `tick`, 2^level ticks after `left` and before `right`.
    fn between(
        &self,
        left: Self::State,
        right: Self::State,
        level: usize,
        tick: u32,
        normals: &mut impl Normals,
    ) -> Self::State;
}

/// Returns the ticks of the nodes that [`at`] goes through, in its order.
pub(super) fn nodes(tick: u32) -> impl Iterator<Item = u32> {
    let block = tick.checked_ilog2().unwrap_or(0);
    let start = 1 << block;
    // Powers of two up to the block's end, which is not needed where its start is the tick; none at tick 0.
    let powers = if tick == 0 { 0 } else { block + 1 + u32::from(tick != start) };
    let mut level = if tick == start { 0 } else { block };
    let middles = std::iter::from_fn(move || {
        level = level.checked_sub(1)?;
        let middle = tick >> (level + 1) << (level + 1) | 1 << level;
        if middle == tick {
            level = 0;
        }
        Some(middle)
    });
    (0..powers).map(|power| 1 << power).chain(middles)
}

/// Returns the state at a tick, by O(log tick) nodes.
pub(super) fn at<P: Process>(process: &P, tick: u32, normals: &mut impl Normals) -> P::State {
    let Some(block) = tick.checked_ilog2() else { return process.first() };
    let mut left = reach(process, block, normals);
    let mut start = 1 << block;
    if start == tick {
        return left;
    }
    let mut level = block as usize;
    let mut right = process.next(left, level, 2 << block, normals);
    loop {
        level -= 1;
        let middle = start | 1 << level;
        let state = process.between(left, right, level, middle, normals);
        if middle == tick {
            return state;
        }
        if tick < middle {
            right = state;
        } else {
            (left, start) = (state, middle);
        }
    }
}

/// Returns the state at tick 2^block.
fn reach<P: Process>(process: &P, block: u32, normals: &mut impl Normals) -> P::State {
    let one = process.next(process.first(), 0, 1, normals);
    (0..block).fold(one, |from, level| process.next(from, level as usize, 2 << level, normals))
}

/// A place on a path that keeps the nodes around it: ascending ticks take one new node each.
#[derive(Clone, Debug)]
pub(super) struct Walk<S> {
    /// The tick that was last searched for; its block's ends stand in `ends`. 0: none yet.
    last: u32,
    /// By level, both ends of the segment of 2^level ticks around the last tick, as far down as it was searched.
    ends: [(S, S); LEVELS],
    /// By level, the last node that was drawn.
    nodes: [(u32, S); LEVELS],
}

impl<S: Copy> Walk<S> {
    /// Returns the place at tick 0.
    pub(super) fn new(first: S) -> Self {
        Self { last: 0, ends: [(first, first); LEVELS], nodes: [(0, first); LEVELS] }
    }

    /// Returns the state at a tick: the bits that [`at`] returns.
    #[inline]
    pub(super) fn to<P: Process<State = S>>(&mut self, process: &P, tick: u32, normals: &mut impl Normals) -> S {
        if tick == 0 {
            return process.first();
        }
        let (known, state) = self.nodes[tick.trailing_zeros() as usize];
        if known == tick { state } else { self.search(process, tick, normals) }
    }

    fn search<P: Process<State = S>>(&mut self, process: &P, tick: u32, normals: &mut impl Normals) -> S {
        let block = tick.ilog2();
        let mut level = if self.last > 0 && self.last.ilog2() == block {
            // The smallest segment around both the last tick and this one, of those that were searched.
            let apart = u32::BITS - (tick ^ self.last).leading_zeros();
            apart.max(self.last.trailing_zeros() + 1).max(tick.trailing_zeros() + 1).min(block)
        } else {
            let left = self.enter(process, block, normals);
            self.last = 1 << block;
            if self.last == tick {
                return left;
            }
            block
        } as usize;
        self.last = tick;
        let (mut left, mut right) = self.ends[level];
        let mut start = tick >> level << level;
        loop {
            level -= 1;
            let middle = start | 1 << level;
            let (known, mut state) = self.nodes[level];
            if known != middle {
                state = process.between(left, right, level, middle, normals);
                self.nodes[level] = (middle, state);
            }
            if middle == tick {
                return state;
            }
            if tick < middle {
                right = state;
            } else {
                (left, start) = (state, middle);
            }
            self.ends[level] = (left, right);
        }
    }

    /// Finds the ends of a block; returns the first.
    fn enter<P: Process<State = S>>(&mut self, process: &P, block: u32, normals: &mut impl Normals) -> S {
        let left = if self.last > 0 && self.last.ilog2() + 1 == block {
            self.ends[block as usize - 1].1
        } else {
            reach(process, block, normals)
        };
        let level = block as usize;
        self.ends[level] = (left, process.next(left, level, 2 << block, normals));
        self.nodes[level] = (1 << block, left);
        left
    }
}

/// How a Gaussian process that knows only its last value goes on: the coefficients of its nodes, by level.
#[derive(Clone, Debug)]
pub(super) struct Bridge {
    first: f64,
    steps: Box<[Step; LEVELS]>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Step {
    /// What is left of a value after 2^level ticks, and the deviation of what comes to it.
    decay: f64,
    shock: f64,
    /// How much each of two values counts in the middle, 2^level ticks from both, and the deviation around that.
    weight: f64,
    spread: f64,
}

impl Bridge {
    /// Returns Brownian motion of variance 1 a tick, from 0.
    ///
    /// After t ticks its variance grew by t; between two values 2t apart it has their mean and the variance t/2.
    pub(super) fn brownian() -> Self {
        Self::of(0.0, |ticks| Step { decay: 1.0, shock: ticks.sqrt(), weight: 0.5, spread: (ticks / 2.0).sqrt() })
    }

    /// Returns an Ornstein–Uhlenbeck process around 0: dx = −κ x dt + σ dW, κ and σ of a tick.
    ///
    /// After t ticks x goes on from e^(−κt) x with the variance σ² (1 − e^(−2κt)) ÷ 2κ. Between two values 2t apart
    /// it has their sum ÷ (2 cosh κt) as mean and the variance σ² tanh(κt) ÷ 2κ: the process given both ends, from the
    /// joint normal distribution of the three.
    pub(super) fn reverting(first: f64, reversion: f64, volatility: f64) -> Self {
        Self::of(first, |ticks| {
            let (decay, lost) = (exp(-reversion * ticks), -exp_m1(-2.0 * reversion * ticks));
            let left = 1.0 + decay * decay;
            Step {
                decay,
                shock: volatility * (lost / (2.0 * reversion)).sqrt(),
                weight: decay / left,
                spread: volatility * (lost / (left * 2.0 * reversion)).sqrt(),
            }
        })
    }

    /// Returns the deviation of a tick's shock.
    pub(super) fn deviation(&self) -> f64 {
        self.steps[0].shock
    }

    fn of(first: f64, step: impl Fn(f64) -> Step) -> Self {
        let mut steps = Box::new([Step::default(); LEVELS]);
        for (level, place) in steps.iter_mut().enumerate() {
            *place = step(f64::from(1_u32 << level));
        }
        Self { first, steps }
    }
}

/// A [`Bridge`] with the shocks that drive it: a sum of independent normal numbers of several stocks' streams.
#[derive(Clone, Copy, Debug)]
pub(super) struct Driven<'m> {
    pub(super) bridge: &'m Bridge,
    pub(super) shocks: &'m [(Stream, f64)],
}

impl Driven<'_> {
    /// Returns the values at the ticks from a multiple of [`SPAN`] on, given that and the next multiple's.
    fn span(&self, start: u32, left: f64, right: f64) -> [f64; SPAN] {
        let shocks = inside(self.shocks, start);
        let mut values = [left; SPAN + 1];
        values[SPAN] = right;
        for level in (0..SPAN.ilog2() as usize).rev() {
            let Step { weight, spread, .. } = self.bridge.steps[level];
            let reach = 1 << level;
            for middle in (reach..SPAN).step_by(2 * reach) {
                values[middle] = weight * (values[middle - reach] + values[middle + reach]) + spread * shocks[middle];
            }
        }
        std::array::from_fn(|distance| values[distance])
    }
}

impl Process for Driven<'_> {
    type State = f64;

    fn first(&self) -> f64 {
        self.bridge.first
    }

    #[inline]
    fn next(&self, from: f64, level: usize, tick: u32, normals: &mut impl Normals) -> f64 {
        let step = &self.bridge.steps[level];
        step.decay * from + step.shock * normals.shock(self.shocks, tick)
    }

    #[inline]
    fn between(&self, left: f64, right: f64, level: usize, tick: u32, normals: &mut impl Normals) -> f64 {
        let step = &self.bridge.steps[level];
        step.weight * (left + right) + step.spread * normals.shock(self.shocks, tick)
    }
}

/// A place on a path that has the prices of [`SPAN`] ticks ready, made together, several an instruction.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    walk: Walk<f64>,
    /// The multiple of [`SPAN`] from which on the prices are known; 0: none.
    start: u32,
    prices: [f64; SPAN],
}

impl Stretch {
    pub(super) fn new(path: &Driven<'_>) -> Self {
        Self { walk: Walk::new(path.first()), start: 0, prices: [0.0; SPAN] }
    }

    /// Returns the price at a tick, given how a model makes prices of its path's values, in their places.
    #[inline]
    pub(super) fn to(
        &mut self,
        path: &Driven<'_>,
        tick: u32,
        kept: &mut Kept,
        prices: impl Fn(u32, &mut [f64; SPAN]),
    ) -> f64 {
        let start = tick & !(SPAN_TICKS - 1);
        if start == 0 || start != self.start {
            self.fill(path, tick, kept, prices);
        }
        self.prices[tick as usize % SPAN]
    }

    #[inline(never)]
    fn fill(&mut self, path: &Driven<'_>, tick: u32, kept: &mut Kept, prices: impl Fn(u32, &mut [f64; SPAN])) {
        let start = tick & !(SPAN_TICKS - 1);
        let values = if start == 0 {
            // Not by halving between multiples of it: the first blocks are smaller.
            std::array::from_fn(|distance| if distance == tick as usize { self.walk.to(path, tick, kept) } else { 0.0 })
        } else {
            let [left, right] = [start, start + SPAN_TICKS].map(|tick| self.walk.to(path, tick, kept));
            path.span(start, left, right)
        };
        self.prices = values;
        prices(start, &mut self.prices);
        self.start = start;
    }
}
