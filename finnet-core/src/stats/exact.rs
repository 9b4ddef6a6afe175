//! Exact sums of doubles, of their products and powers: the same digits in any order and any partition.
//!
//! In come finite doubles; inside, a sum is an integer on a grid finer than the smallest product, in digits of 64 bits,
//! each in a word of 128: the upper half takes the carries of 2⁶² terms, so that none is carried on before the sum is read.
//! A term goes to the same digits whenever it comes and leaves them as it came, so equal sets of terms are equal bits,
//! and removing is as exact as adding. Out goes a [`Wide`] integer.
//!
//! The long accumulator is Kulisch's; words with room for carries: Neal, "Fast exact summation using small and large
//! superaccumulators", 2015.

use super::wide_integer::Wide;

/// Bits by which exponents are moved up: the smallest double is 2⁻¹⁰⁷⁴, and 17 digits of 64 bits are 1088.
const MOVED: u32 = 1088;

/// A finite double as ± mantissa × 2^(place − 1088), or the product of as many as it has limbs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Term<const LIMBS: usize> {
    negative: bool,
    /// Lowest first; a product of k doubles has 53 k bits.
    limbs: [u64; LIMBS],
    /// Bits above the grid of a sum of so many factors.
    place: u32,
}

impl Term<1> {
    /// Returns a finite double.
    pub(super) fn of(value: f64) -> Self {
        let bits = value.to_bits();
        let (exponent, fraction) = ((bits >> 52) & 0x7FF, bits & ((1 << 52) - 1));
        debug_assert!(exponent < 0x7FF, "NaN and infinities stay outside");
        // Below the smallest exponent doubles lose the leading bit, and keep the place.
        let (mantissa, exponent) = if exponent == 0 { (fraction, 1) } else { (fraction | 1 << 52, exponent) };
        let place = u32::try_from(exponent).expect("11 bits") + MOVED - 1075;
        Self { negative: value.is_sign_negative(), limbs: [mantissa], place }
    }
}

impl<const LIMBS: usize> Term<LIMBS> {
    /// Returns the product with one more double; `MORE` is one more limb.
    pub(super) fn times<const MORE: usize>(self, other: Term<1>) -> Term<MORE> {
        let mut limbs = [0; MORE];
        let mut carry = 0;
        for (limb, own) in limbs.iter_mut().zip(self.limbs) {
            (*limb, carry) = own.carrying_mul(other.limbs[0], carry);
        }
        limbs[MORE - 1] = carry;
        Term { negative: self.negative != other.negative, limbs, place: self.place + other.place }
    }

    /// Returns the term with the other sign.
    pub(super) fn negated(self) -> Self {
        Self { negative: !self.negative, ..self }
    }
}

/// A sum of terms of one number k of factors, of 33 k digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Sum<const DIGITS: usize>([i128; DIGITS]);

/// Σx.
pub(super) type Linear = Sum<33>;
/// Σxy.
pub(super) type Square = Sum<66>;
/// Σxyz.
pub(super) type Cube = Sum<99>;
/// Σwxyz.
pub(super) type Fourth = Sum<132>;

impl<const DIGITS: usize> Sum<DIGITS> {
    pub(super) const ZERO: Self = Self([0; DIGITS]);

    /// Adds a term of k factors.
    pub(super) fn add<const LIMBS: usize>(&mut self, term: Term<LIMBS>) {
        const { assert!(DIGITS == 33 * LIMBS, "of as many factors as the sum") }
        let (digit, shift) = (term.place as usize / 64, term.place % 64);
        let sign = -i128::from(term.negative);
        let mut carry = 0;
        // A term's highest bit is below the last digit's end, so what has no digit is 0.
        for (digit, limb) in self.0[digit..].iter_mut().zip(term.limbs.into_iter().chain([0])) {
            let shifted = u128::from(limb) << shift | carry;
            *digit += (i128::from(low(shifted)) ^ sign) - sign;
            carry = shifted >> 64;
        }
    }

    /// Takes away a term that was added.
    pub(super) fn remove<const LIMBS: usize>(&mut self, term: Term<LIMBS>) {
        self.add(term.negated());
    }

    /// Adds all terms of another sum.
    pub(super) fn merge(&mut self, other: &Self) {
        for (own, other) in self.0.iter_mut().zip(&other.0) {
            *own += other;
        }
    }

    /// Returns the sum as a number.
    pub(super) fn value(&self) -> Wide {
        let factors = i32::try_from(DIGITS / 33).expect("at most 4");
        Wide::from_digits(&self.0, -factors * (MOVED / 64).cast_signed())
    }
}

/// Returns the lower half.
#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is asked for")]
pub(super) fn low(word: u128) -> u64 {
    word as u64
}
