//! Integers with a binary point: what exact sums are read into, and what formulas of them need.
//!
//! Sums, differences and products are exact; a quotient is rounded once ([`Wide::over`]). Numbers of some hundred bits are
//! all that values of like size need, and cost no allocation; a formula of the smallest and the largest double together
//! takes 9,000.

use super::error::StatsError;
use super::exact::{Linear, Term, low};
use super::sums::finite;

/// ± limbs × 2^(64 · place).
#[derive(Clone, Debug)]
pub(super) struct Wide {
    negative: bool,
    /// Lowest first, neither the lowest nor the highest of them 0; none for 0.
    limbs: Limbs,
    place: i32,
}

/// Digits of 64 bits, on the heap only where there are more than [`Limbs::FEW`].
#[derive(Clone, Debug)]
struct Limbs {
    len: usize,
    few: [u64; Self::FEW],
    /// All of them, where these are many; else none.
    many: Vec<u64>,
}

impl Limbs {
    const FEW: usize = 12;

    const NONE: Self = Self { len: 0, few: [0; Self::FEW], many: Vec::new() };

    fn zeros(len: usize) -> Self {
        let many = if len > Self::FEW { vec![0; len] } else { Vec::new() };
        Self { len, many, ..Self::NONE }
    }

    fn push(&mut self, limb: u64) {
        if self.many.is_empty() && self.len < Self::FEW {
            self.few[self.len] = limb;
        } else {
            if self.many.is_empty() {
                self.many.extend_from_slice(&self.few);
            }
            self.many.truncate(self.len);
            self.many.push(limb);
        }
        self.len += 1;
    }

    fn all(&self) -> &[u64] {
        if self.many.is_empty() { &self.few[..self.len] } else { &self.many[..self.len] }
    }

    fn all_mut(&mut self) -> &mut [u64] {
        if self.many.is_empty() { &mut self.few[..self.len] } else { &mut self.many[..self.len] }
    }
}

impl Wide {
    pub(super) const ZERO: Self = Self { negative: false, limbs: Limbs::NONE, place: 0 };

    /// Returns digits that each stand for 2⁶⁴ of the one before, and may be anything below 2¹²⁶.
    pub(super) fn from_digits(digits: &[i128], place: i32) -> Self {
        let zeros = digits.iter().take_while(|&&digit| digit == 0).count();
        let used = digits.len() - digits.iter().rev().take_while(|&&digit| digit == 0).count();
        let mut wide = Self { place: place + to_i32(zeros), ..Self::ZERO };
        let mut carry = 0_i128;
        for &digit in digits.get(zeros..used).unwrap_or_default() {
            let carried = digit + carry;
            wide.limbs.push(low(carried.cast_unsigned()));
            carry = carried >> 64;
        }
        wide.limbs.push(low(carry.cast_unsigned()));
        wide.negative = carry < 0;
        if wide.negative {
            let mut borrowed = true;
            for limb in wide.limbs.all_mut() {
                (*limb, borrowed) = (!*limb).overflowing_add(u64::from(borrowed));
            }
        }
        wide.trimmed()
    }

    /// Returns a whole number.
    pub(super) fn whole(number: u64) -> Self {
        Self::from_digits(&[i128::from(number)], 0)
    }

    /// Returns a finite double.
    pub(super) fn double(value: f64) -> Self {
        let mut sum = Linear::ZERO;
        sum.add(Term::of(value));
        sum.value()
    }

    pub(super) fn is_zero(&self) -> bool {
        self.limbs.len == 0
    }

    pub(super) fn is_negative(&self) -> bool {
        self.negative
    }

    /// Returns the sum.
    pub(super) fn plus(&self, other: &Self) -> Self {
        let place = match (self.limbs.len, other.limbs.len) {
            (0, _) => return other.clone(),
            (_, 0) => return self.clone(),
            _ => self.place.min(other.place),
        };
        let above = (self.end().max(other.end()) - place).unsigned_abs() as usize;
        let mut sum = Self { place, ..Self::ZERO };
        if self.negative == other.negative {
            let mut carry = false;
            for at in (place..).take(above) {
                let limb;
                (limb, carry) = self.limb(at).carrying_add(other.limb(at), carry);
                sum.limbs.push(limb);
            }
            sum.limbs.push(u64::from(carry));
            return Self { negative: self.negative, ..sum }.trimmed();
        }
        let (large, small) = if self.is_larger(other) { (self, other) } else { (other, self) };
        let mut borrow = false;
        for at in (place..).take(above) {
            let limb;
            (limb, borrow) = large.limb(at).borrowing_sub(small.limb(at), borrow);
            sum.limbs.push(limb);
        }
        Self { negative: large.negative, ..sum }.trimmed()
    }

    /// Returns the difference.
    pub(super) fn minus(&self, other: &Self) -> Self {
        self.plus(&Self { negative: !other.negative, ..other.clone() })
    }

    /// Returns the product.
    pub(super) fn times(&self, other: &Self) -> Self {
        let (own, others) = (self.limbs.all(), other.limbs.all());
        let mut product = Self {
            negative: self.negative != other.negative,
            limbs: Limbs::zeros(own.len() + others.len()),
            place: self.place + other.place,
        };
        let limbs = product.limbs.all_mut();
        for (at, &own) in own.iter().enumerate() {
            let mut carry = 0;
            for (limb, &other) in limbs[at..].iter_mut().zip(others) {
                (*limb, carry) = own.carrying_mul_add(other, *limb, carry);
            }
            limbs[at + others.len()] = carry;
        }
        product.trimmed()
    }

    /// Returns the product with a whole number.
    pub(super) fn scaled(&self, number: u64) -> Self {
        self.times(&Self::whole(number))
    }

    /// Returns the quotient by a number other than 0, rounded to the nearest double; but for ties nearer than 2⁻⁶² of
    /// an ulp, and below the smallest normal double, where it is rounded twice.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Overflow`] beyond the range of a double.
    pub(super) fn over(&self, divisor: &Self) -> Result<f64, StatsError> {
        if self.is_zero() {
            return Ok(0.0);
        }
        let ((mut rest, exponent), (divisor_bits, divisor_exponent)) = (self.leading(), divisor.leading());
        let mut quotient = 0_u64;
        for _ in 0..64 {
            let fits = rest >= divisor_bits;
            quotient = quotient << 1 | u64::from(fits);
            rest = (rest - if fits { divisor_bits } else { 0 }) << 1;
        }
        // 63 bits or 64: what is below them only breaks ties.
        quotient |= u64::from(rest != 0);
        let quotient = scale(nearest(quotient), exponent - divisor_exponent - 63);
        finite(if self.negative == divisor.negative { quotient } else { -quotient })
    }

    /// Returns the number ÷ the power 1.5 of one above 0: to 3 ulps.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Overflow`] beyond the range of a double.
    pub(super) fn over_power_1_5(&self, divisor: &Self) -> Result<f64, StatsError> {
        if self.is_zero() {
            return Ok(0.0);
        }
        let ((bits, exponent), (divisor_bits, divisor_exponent)) = (self.leading(), divisor.leading());
        // Of an odd exponent one bit goes to the mantissa, and the half of the rest is whole.
        let odd = (divisor_exponent + 63).rem_euclid(2);
        let divisor = scale(nearest(low(divisor_bits >> 63)), odd);
        let quotient = nearest(low(bits >> 63)) / (divisor * divisor.sqrt());
        let quotient = scale(quotient, exponent + 63 - (divisor_exponent + 63 - odd) / 2 * 3);
        finite(if self.negative { -quotient } else { quotient })
    }

    /// Returns the highest 127 bits, the first of them 1, and the exponent of the last.
    fn leading(&self) -> (u128, i32) {
        let top = self.end() - 1;
        let [first, second, third] = [0, 1, 2].map(|below| self.limb(top - below));
        let zeros = first.leading_zeros();
        let bits = u128::from(first) << 64 | u128::from(second);
        let bits = (bits << zeros) | (u128::from(third) << zeros >> 64);
        (bits >> 1, 64 * (top - 1) - zeros.cast_signed() + 1)
    }

    /// Returns the place after the highest limb.
    fn end(&self) -> i32 {
        self.place + to_i32(self.limbs.len)
    }

    /// Returns the limb that stands for 2^(64 · place), 0 where there is none.
    fn limb(&self, place: i32) -> u64 {
        let at = usize::try_from(place - self.place);
        at.ok().and_then(|at| self.limbs.all().get(at)).copied().unwrap_or_default()
    }

    /// Returns whether the number without its sign is the larger one.
    fn is_larger(&self, other: &Self) -> bool {
        let (end, place) = (self.end().max(other.end()), self.place.min(other.place));
        let differs = (place..end).rev().map(|at| (self.limb(at), other.limb(at))).find(|(own, other)| own != other);
        differs.is_some_and(|(own, other)| own > other)
    }

    /// Returns the same number without zeros at either end.
    fn trimmed(mut self) -> Self {
        let limbs = self.limbs.all_mut();
        let zeros = limbs.iter().take_while(|&&limb| limb == 0).count();
        let used = limbs.len() - limbs.iter().rev().take_while(|&&limb| limb == 0).count();
        if zeros > 0 && zeros < used {
            limbs.copy_within(zeros..used, 0);
            self.place += to_i32(zeros);
        }
        self.limbs.len = used.saturating_sub(zeros);
        self.negative &= self.limbs.len > 0;
        self
    }
}

/// Returns the nearest double.
#[expect(clippy::cast_precision_loss, reason = "the one rounding")]
fn nearest(bits: u64) -> f64 {
    bits as f64
}

/// Returns value · 2^exponent.
fn scale(value: f64, exponent: i32) -> f64 {
    const STEP: i32 = 512;
    let power = |exponent: i32| f64::from_bits(u64::from((1023 + exponent).unsigned_abs()) << 52);
    let step = power(STEP * exponent.signum());
    let scaled = (0..exponent / STEP * exponent.signum()).fold(value, |value, _| value * step);
    scaled * power(exponent % STEP)
}

fn to_i32(limbs: usize) -> i32 {
    i32::try_from(limbs).expect("some hundred")
}
