//! A market's seed, and the streams of random numbers that its models draw from.
//!
//! Every number has a place: the four words of Philox's counter are the stock's number, the place within the stream
//! (a tick, a date), a number at that place, and the [`Purpose`]. Nothing is drawn "next", so that no answer hangs on
//! what was asked before.

use crate::number::{Philox, normal, normals};

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
    /// The own shocks of a variance, by two ticks.
    Variance = 5,
    /// Where blocks of the past begin and end, by tick.
    Block = 6,
    /// The trades of a session, by date and number; the number after the last is the session's.
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

    /// Returns the pairs of several places.
    fn pairs(self, places: [u32; LANES], numbers: [u32; LANES]) -> [[u64; LANES]; 2] {
        let (mut words, mut pairs) = ([[0; LANES]; 4], [[0; LANES]; 2]);
        self.random.at_each(&[[self.stock; LANES], places, numbers, [self.purpose as u32; LANES]], &mut words);
        for lane in 0..LANES {
            pairs[0][lane] = u64::from(words[1][lane]) << 32 | u64::from(words[0][lane]);
            pairs[1][lane] = u64::from(words[3][lane]) << 32 | u64::from(words[2][lane]);
        }
        pairs
    }

    /// Returns a normal number and 64 bits for each of [`LANES`] numbers at a place, from one on.
    pub(super) fn row(self, place: u32, first: u32) -> [(f64, u64); LANES] {
        let [shocks, bits] = self.pairs([place; LANES], LANE.map(|lane| first + lane));
        let mut values = [0.0; LANES];
        normals(&shocks, &mut values);
        std::array::from_fn(|lane| (values[lane], bits[lane]))
    }

    /// Returns the standard normal numbers of the ticks of a span, which are no nodes: two neighbours share a draw.
    pub(super) fn span(self, start: u32) -> [f64; SPAN] {
        let pairs = self.pairs(LANE.map(|lane| (start >> 1) + lane), [0; LANES]);
        let mut values = [0.0; SPAN];
        normals(&std::array::from_fn(|tick| pairs[tick & 1][tick >> 1]), &mut values);
        values
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
    /// Returns the sum of the streams' numbers of a node, each with its weight.
    fn shock(&mut self, shocks: &[(Stream, f64)], tick: u32) -> f64;
}

/// How many draws are made at once.
pub(super) const LANES: usize = 16;
/// Their numbers.
const LANE: [u32; LANES] = {
    let (mut lanes, mut lane) = ([0; LANES], 1);
    while lane < LANES {
        lanes[lane] = lanes[lane - 1] + 1;
        lane += 1;
    }
    lanes
};

/// The shocks of nodes that are known beforehand, drawn at once and given out in their order.
#[derive(Clone, Debug)]
pub(super) struct Drawn {
    shocks: [f64; Self::MOST],
    next: usize,
}

impl Drawn {
    /// Two nodes a level, and what makes full lanes of them.
    const MOST: usize = (2 * LEVELS).next_multiple_of(2 * LANES);

    /// Returns the shocks of these nodes.
    pub(super) fn new(shocks: &[(Stream, f64)], nodes: impl Iterator<Item = u32>) -> Self {
        let mut places = [Node { place: 0, level: 0, half: 0 }; Self::MOST];
        let mut count = 0;
        for tick in nodes {
            places[count] = Node::of(tick);
            count += 1;
        }
        let mut drawn = Self { shocks: [0.0; Self::MOST], next: 0 };
        for &(stream, weight) in shocks {
            for (nodes, sums) in
                places[..count.next_multiple_of(2 * LANES)].chunks(2 * LANES).zip(drawn.shocks.chunks_mut(2 * LANES))
            {
                let mut bits = [0; 2 * LANES];
                for (nodes, bits) in nodes.chunks(LANES).zip(bits.chunks_mut(LANES)) {
                    let words = |word: fn(&Node) -> u32| std::array::from_fn(|lane| word(&nodes[lane]));
                    let pairs = stream.pairs(words(|node| node.place), words(|node| node.level));
                    for (lane, bits) in bits.iter_mut().enumerate() {
                        *bits = pairs[nodes[lane].half][lane];
                    }
                }
                let mut numbers = [0.0; 2 * LANES];
                normals(&bits, &mut numbers);
                for (sum, normal) in sums.iter_mut().zip(numbers) {
                    *sum += weight * normal;
                }
            }
        }
        drawn
    }
}

impl Normals for Drawn {
    #[inline]
    fn shock(&mut self, _: &[(Stream, f64)], _: u32) -> f64 {
        self.next += 1;
        self.shocks[self.next - 1]
    }
}

/// How many ticks of a path are made at once.
pub(super) const SPAN: usize = 2 * LANES;
/// The same as a tick.
pub(super) const SPAN_TICKS: u32 = 32;
const _: () = assert!(SPAN_TICKS as usize == SPAN);

/// Returns the shocks of the ticks after a multiple of [`SPAN`], at their distance from it; the first is of no node.
pub(super) fn inside(shocks: &[(Stream, f64)], start: u32) -> [f64; SPAN] {
    // A draw has two neighbours of a level: half of them are of level 0, half of the others of level 1, and so on; the
    // last is that of the middle, whose neighbour is in another span.
    let (mut places, mut levels) = ([start >> (SPAN.ilog2() + 1); LANES], [SPAN.ilog2() - 1; LANES]);
    for (draw, (level, number)) in DRAWS.iter().enumerate() {
        (places[draw], levels[draw]) = ((start >> (level + 2)) + number, *level);
    }
    let (mut sums, mut drawn) = ([0.0; SPAN], [0.0; SPAN]);
    for &(stream, weight) in shocks {
        let pairs = stream.pairs(places, levels);
        let mut bits = [0; SPAN];
        for (draw, (level, number)) in DRAWS.iter().enumerate() {
            let first = (4 * number + 1) << level;
            bits[first as usize] = pairs[0][draw];
            bits[(first + (2 << level)) as usize] = pairs[1][draw];
        }
        bits[SPAN / 2] = pairs[Node::of(start + SPAN_TICKS / 2).half][LANES - 1];
        normals(&bits, &mut drawn);
        for (sum, normal) in sums.iter_mut().zip(drawn) {
            *sum += weight * normal;
        }
    }
    sums
}

/// The level of each draw of a span but the last, and its number among those of its level.
const DRAWS: [(u32, u32); LANES - 1] = {
    let (mut draws, mut draw, mut level) = ([(0, 0); LANES - 1], 0, 0);
    while draw < LANES - 1 {
        let mut number = 0;
        while number < SPAN_TICKS >> (level + 2) {
            draws[draw] = (level, number);
            (draw, number) = (draw + 1, number + 1);
        }
        level += 1;
    }
    draws
};

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

    /// Returns the number of a node; `slot` tells the streams of one path apart.
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

impl Normals for Kept {
    #[inline]
    fn shock(&mut self, shocks: &[(Stream, f64)], tick: u32) -> f64 {
        let mut sum = 0.0;
        for (slot, &(stream, weight)) in shocks.iter().enumerate() {
            sum += weight * self.normal(slot, stream, tick);
        }
        sum
    }
}
