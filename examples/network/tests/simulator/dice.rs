//! Chance, from a seed: every decision of a run is drawn here, one after the other, so that a seed is a run.

use std::cell::Cell;

/// SplitMix64, by Sebastiano Vigna.
#[derive(Debug)]
pub(crate) struct Dice(Cell<u64>);

impl Dice {
    /// Returns the dice of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(Cell::new(seed))
    }

    /// Begins with another seed.
    pub(crate) fn begin(&self, seed: u64) {
        self.0.set(seed);
    }

    /// Returns 64 bits.
    pub(crate) fn bits(&self) -> u64 {
        let state = self.0.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        self.0.set(state);
        let mixed = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    /// Returns a number below `end`, which is above 0.
    pub(crate) fn below(&self, end: usize) -> usize {
        let end = u64::try_from(end).expect("fits 64 bits");
        usize::try_from(self.bits() % end).expect("below a usize")
    }

    /// Returns true so many times in 10,000.
    pub(crate) fn chance(&self, of_10_000: u32) -> bool {
        of_10_000 > 0 && self.bits() % 10_000 < u64::from(of_10_000)
    }

    /// Returns one of these.
    pub(crate) fn pick<T: Copy>(&self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// Brings these into another order.
    pub(crate) fn shuffle<T>(&self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}
