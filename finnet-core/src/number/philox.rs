//! Randomness that depends on a place, not on a history: the counter-based generator Philox4x32-10.
//!
//! In comes a key and a 128-bit counter; out come 128 random bits. Two calls never share state, so a price can be
//! asked in any order, thread or process and is the same. Salmon, Moraes, Dror and Shaw, "Parallel random numbers:
//! as easy as 1, 2, 3", SC'11 (2011).

/// Philox4x32-10 under one key: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11
/// (2011).
///
/// # Examples
///
/// ```
/// use finnet_core::number::Philox;
///
/// let random = Philox::new(42);
/// let [a, b, c, d] = random.at([7, 0, 0, 1]); // a place, in four words: the same bits whenever they are asked for
/// assert_eq!(random.pair64([7, 0, 0, 1]), [u64::from(b) << 32 | u64::from(a), u64::from(d) << 32 | u64::from(c)]);
/// assert_eq!(random.bits64([7, 0, 0, 1]), random.pair64([7, 0, 0, 1])[0]);
/// assert_ne!(random.bits64([8, 0, 0, 1]), random.bits64([7, 0, 0, 1])); // the next place, without a step between
/// # // The first known answer of Random123.
/// # assert_eq!(Philox::new(0).at([0; 4])[0], 0x6627_e8d5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Philox {
    key: [u32; 2],
}

impl Philox {
    /// Returns the generator of this key.
    pub const fn new(key: u64) -> Self {
        Self { key: halves(key) }
    }

    /// Returns the 128 random bits at this counter, lowest word first as in the paper.
    #[inline]
    pub const fn at(self, [c0, c1, c2, c3]: [u32; 4]) -> [u32; 4] {
        rounds(self.key[0], self.key[1], c0, c1, c2, c3)
    }

    /// Writes what [`Philox::at`] returns of several counters, in half the time: the counters' first words, their second
    /// ones and so on in, the same of the bits out.
    // In a function of its own, with words of 32 bits in and out, the loop is one that the compiler turns into vectors.
    #[inline(never)]
    pub(crate) fn at_each<const N: usize>(self, counters: &[[u32; N]; 4], words: &mut [[u32; N]; 4]) {
        let [k0, k1] = self.key;
        for lane in 0..N {
            let [a, b, c, d] =
                rounds(k0, k1, counters[0][lane], counters[1][lane], counters[2][lane], counters[3][lane]);
            words[0][lane] = a;
            words[1][lane] = b;
            words[2][lane] = c;
            words[3][lane] = d;
        }
    }

    /// Returns the first 64 of the random bits at this counter.
    pub const fn bits64(self, counter: [u32; 4]) -> u64 {
        self.pair64(counter)[0]
    }

    /// Returns the 128 random bits at this counter as two numbers of 64.
    pub const fn pair64(self, counter: [u32; 4]) -> [u64; 2] {
        let [a, b, c, d] = self.at(counter);
        [(b as u64) << 32 | a as u64, (d as u64) << 32 | c as u64]
    }
}

/// Returns the counter after the ten rounds.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
const fn rounds(mut k0: u32, mut k1: u32, mut c0: u32, mut c1: u32, mut c2: u32, mut c3: u32) -> [u32; 4] {
    let mut round = 0;
    while round < 10 {
        let product0 = 0xD251_1F53 * c0 as u64;
        let product1 = 0xCD9E_8D57 * c2 as u64;
        (c0, c1) = ((product1 >> 32) as u32 ^ c1 ^ k0, product1 as u32);
        (c2, c3) = ((product0 >> 32) as u32 ^ c3 ^ k1, product0 as u32);
        k0 = k0.wrapping_add(0x9E37_79B9);
        k1 = k1.wrapping_add(0xBB67_AE85);
        round += 1;
    }
    [c0, c1, c2, c3]
}

/// Returns the low and the high half.
const fn halves(word: u64) -> [u32; 2] {
    [(word & 0xFFFF_FFFF) as u32, (word >> 32) as u32]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers of Random123 1.14, `tests/kat_vectors`, lines `philox4x32 10`.
    #[test]
    fn known_answers_of_random123() {
        let cases = [
            ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ];
        for (counter, key, answer) in cases {
            assert_eq!(Philox { key }.at(counter), answer);
        }
    }
}
