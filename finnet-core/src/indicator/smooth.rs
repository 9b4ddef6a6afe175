//! The recursion of all exponential means: e ← (1 − k) e + k x, from the mean of the first few on.
//!
//! Done one after the other it takes a product and a sum a value, each waiting for the one before. It is done in groups
//! of four instead: with r = 1 − k and y a mean of the group alone that starts from 0, y ← r y + k x, the j-th mean is
//! rʲ e + y, with e the last one of the group before. Only one product and one sum in four values wait for what came
//! before the group. Groups begin where the bar's number is a multiple of four, whatever the mean starts from, so that
//! means of different starts share their groups.
//!
//! Bound, with u = 2⁻⁵³ and d the largest of the values: a mean is off by at most 4u·d ÷ k. Before the group e is off by
//! a; then rʲ, off by j roundings of r and j − 1 of the powers, and its product with e cost 2j·u·rʲ·d, y costs 3u·(1 − rʲ)·d,
//! and their sum u·d. Over a group of four the new error is below 12u·d, the old one shrinks by r⁴; with k ≤ 1 − r⁴ ≤ 4k
//! the sum of all stays below 12u·d ÷ (1 − r⁴) + 12u·d, and 1 ÷ (1 − r⁴) ≤ 1 ÷ (4k) + ½: in all below 3u·d ÷ k + 18u·d.

use super::input::count;

/// Values in a group.
const GROUP: usize = 4;

/// An exponential mean that starts with the plain mean of the first values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Smoothed {
    weight: f64,
    /// r to r⁴.
    powers: [f64; GROUP],
    /// How many values the first mean takes, and how many it still waits for.
    seed: usize,
    waits: usize,
    /// The sum of the first values, then the last mean of the group before.
    base: f64,
    /// The mean of the group alone.
    own: f64,
    /// How many values of the group are in it.
    place: usize,
    /// How many the group holds: those after the first mean to the next multiple of four, then four.
    length: usize,
}

impl Smoothed {
    /// Returns the mean with this weight k of values of which the first is that of this bar.
    pub(super) fn new(seed: usize, weight: f64, bar: usize) -> Self {
        let rest = 1.0 - weight;
        let square = rest * rest;
        let length = GROUP - bar.wrapping_add(seed) % GROUP;
        let powers = [rest, square, square * rest, square * square];
        Self { weight, powers, seed, waits: seed, base: 0.0, own: 0.0, place: 0, length }
    }

    /// Takes a value and returns the mean, from the one on that completes the first.
    pub(super) fn step(&mut self, value: f64) -> Option<f64> {
        if self.waits > 0 {
            self.base += value;
            self.waits -= 1;
            if self.waits > 0 {
                return None;
            }
            self.base /= count(self.seed);
            return Some(self.base);
        }
        Some(self.next(value))
    }

    fn next(&mut self, value: f64) -> f64 {
        let fresh = self.weight * value;
        self.own = if self.place == 0 { fresh } else { self.powers[0] * self.own + fresh };
        let mean = self.powers[self.place] * self.base + self.own;
        self.place += 1;
        if self.place == self.length {
            (self.base, self.place, self.length) = (mean, 0, GROUP);
        }
        mean
    }

    /// Takes values after the first mean, and puts each one's mean in its place.
    pub(super) fn means(&mut self, values: &mut [f64]) {
        let (early, rest) = values.split_at_mut(((self.length - self.place) % GROUP).min(values.len()));
        let (groups, late) = rest.as_chunks_mut();
        early.iter_mut().for_each(|value| *value = self.next(*value));
        groups.iter_mut().for_each(|group| *group = self.group(*group));
        late.iter_mut().for_each(|value| *value = self.next(*value));
    }

    /// Takes a whole group.
    fn group(&mut self, [one, two, three, four]: [f64; GROUP]) -> [f64; GROUP] {
        let (weight, rest) = (self.weight, self.powers[0]);
        let first = weight * one;
        let second = rest * first + weight * two;
        let third = rest * second + weight * three;
        let fourth = rest * third + weight * four;
        let own = [first, second, third, fourth];
        let means: [f64; GROUP] = std::array::from_fn(|at| self.powers[at] * self.base + own[at]);
        self.base = means[GROUP - 1];
        means
    }
}
