//! A market's seed, and the streams of random numbers that its models draw from.
//!
//! Every number has a place: the four words of Philox's counter are the stock's number, the place within the stream
//! (a tick, a date), a number at that place, and the [`Purpose`]. Nothing is drawn "next", so that no answer hangs on
//! what was asked before.

use crate::number::{Philox, normal};

/// What a market's randomness comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seed(pub u64);

impl Seed {
    /// Returns a seed of its own for the `index`-th market made from this one, so that two markets of one network
    /// do not move together.
    #[must_use]
    pub fn of_market(self, index: u32) -> Self {
        Self(Philox::new(self.0).bits64([index, 0, 0, Purpose::Market as u32]))
    }
}

/// What a stream is for: the last word of its counters. The numbers are part of every price; none may change.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// The closes of [`Uniform`](super::Uniform), by date.
    Uniform = 0,
    /// The seeds of markets made from a seed.
    Market = 1,
    /// The shocks of Brownian motions, by the node of a path.
    Diffusion = 2,
    /// How many jumps, by the node of a path.
    JumpCount = 3,
    /// The sums of jumps, by the node of a path.
    JumpSize = 4,
    /// The own shocks of a variance, by tick.
    Variance = 5,
    /// Where blocks of the past begin and end, by tick.
    Block = 6,
    /// The trades of a session, by date.
    Trade = 7,
}

/// One stock's random numbers for one purpose.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream {
    random: Philox,
    stock: u32,
    purpose: Purpose,
}

impl Stream {
    pub(super) const fn new(random: Philox, stock: u32, purpose: Purpose) -> Self {
        Self { random, stock, purpose }
    }

    /// Returns two 64-bit numbers of a place.
    #[inline]
    pub(super) const fn pair(self, place: u32, number: u32) -> [u64; 2] {
        self.random.pair64([self.stock, place, number, self.purpose as u32])
    }

    /// Returns the standard normal number of a path's node.
    #[inline]
    pub(super) fn normal(self, tick: u32) -> f64 {
        let node = Node::of(tick);
        normal(self.pair(node.place, node.level)[node.half])
    }
}

/// Where the random bits of a path's tick stand: two neighbours of one level share 128 bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// tick ÷ 2^(level + 2).
    pub(super) place: u32,
    /// How often 2 divides the tick.
    pub(super) level: u32,
    /// Which half of the bits: 0 for ticks 2^level · (4n + 1), 1 for 2^level · (4n + 3).
    pub(super) half: usize,
}

impl Node {
    #[inline]
    pub(super) const fn of(tick: u32) -> Self {
        let level = tick.trailing_zeros();
        let odd = tick >> level;
        Self { place: odd >> 2, level, half: (odd >> 1 & 1) as usize }
    }
}

/// Where a path takes the normal numbers of its nodes from: anew each, or kept from the neighbour.
pub(super) trait Normals {
    /// Returns the number of a node; `slot` tells the streams of one path apart.
    fn normal(&mut self, slot: usize, stream: Stream, tick: u32) -> f64;
}

/// Draws each number anew.
#[derive(Clone, Copy, Debug)]
pub(super) struct Anew;

impl Normals for Anew {
    #[inline]
    fn normal(&mut self, _: usize, stream: Stream, tick: u32) -> f64 {
        stream.normal(tick)
    }
}

/// Keeps the second half of a draw for the neighbour, as long as no other one of its level is asked for.
#[derive(Clone, Debug)]
pub(super) struct Kept(Vec<[(u32, u64); LEVELS]>);

/// Levels of nodes: no two dates are 2²⁸ days apart.
pub(super) const LEVELS: usize = 29;

impl Kept {
    /// Returns a store for a path of so many streams.
    pub(super) fn new(streams: usize) -> Self {
        Self(vec![[(u32::MAX, 0); LEVELS]; streams])
    }
}

impl Normals for Kept {
    #[inline]
    fn normal(&mut self, slot: usize, stream: Stream, tick: u32) -> f64 {
        let Node { place, level, half } = Node::of(tick);
        let kept = &mut self.0[slot][level as usize];
        if half == 1 && kept.0 == place {
            return normal(kept.1);
        }
        let pair = stream.pair(place, level);
        *kept = (place, pair[1]);
        normal(pair[half])
    }
}
