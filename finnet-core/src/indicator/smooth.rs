//! The recursion of all exponential means: e ← (1 − k) e + k x, from the mean of the first few on.
//!
//! Done one after the other it takes a product and a sum a value, each waiting for the one before. It is done in groups
//! of four instead: with r = 1 − k and y a mean of the group alone that starts from 0, y ← r y + k x, the j-th mean is
//! rʲ e + y, with e the last one of the group before. Only one product and one sum in four values wait for what came
//! before the group. Groups begin where the bar's number is a multiple of four, whatever the mean starts from, so that
//! means of different starts share their groups.
//!
//! Bound, with u = 2⁻⁵³ and d the largest of the values: a mean is off by at most 4u·d ÷ k + 18u·d. The powers of r are off by
//! 3u of themselves at most, their product with e by u more; y is made of products and sums of which a value passes
//! through 7, so that it is off by 7u (1 − rʲ)·d; the last sum costs u·d. A group thus adds 5u·r⁴·d + 8u (1 − r⁴)·d, the errors
//! before it shrink by r⁴: with 1 ÷ (1 − r⁴) ≤ 1 ÷ 4k + ¾ they sum up to 1.25u·d ÷ k + 8u·d, and 8u·d more within a group. r
//! itself, rounded, is off by u ÷ 2, which moves all weights together by u ÷ 2k of themselves; k by 2u·d. The mean of the
//! first n is off by n·u·d, at most 2u·d ÷ k. Of values none of which is below 0 the same holds with d their mean.

use super::input::count;

/// Values in a group.
pub(super) const GROUP: usize = 4;

/// A group in variables: an array that is made and copied costs more than what is computed with it.
pub(super) type Four = (f64, f64, f64, f64);

/// An exponential mean that starts with the plain mean of the first values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Smoothed {
    groups: Groups,
    /// How many values the first mean takes, and how many it still waits for.
    seed: usize,
    waits: usize,
    /// The mean of the group alone.
    own: f64,
    /// How many values of the group are in it.
    place: usize,
    /// How many the group holds: those after the first mean to the next multiple of four, then four.
    length: usize,
}

/// The mean as it goes from group to group: with the powers of r, and the last mean of the group before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Groups {
    weight: f64,
    rest: f64,
    square: f64,
    cube: f64,
    fourth: f64,
    base: f64,
}

impl Groups {
    /// Takes a whole group and returns its means.
    pub(super) fn step(&mut self, (one, two, three, four): Four) -> Four {
        let first = self.weight * one;
        let second = self.rest * first + self.weight * two;
        let third = self.rest * second + self.weight * three;
        let last = self.rest * third + self.weight * four;
        let base = self.base;
        self.base = self.fourth * base + last;
        (self.rest * base + first, self.square * base + second, self.cube * base + third, self.base)
    }
}

impl Smoothed {
    /// Returns the mean with this weight k of values of which the first is that of this bar.
    pub(super) fn new(seed: usize, weight: f64, bar: usize) -> Self {
        let rest = 1.0 - weight;
        let square = rest * rest;
        let groups = Groups { weight, rest, square, cube: square * rest, fourth: square * square, base: 0.0 };
        let length = GROUP - bar.wrapping_add(seed) % GROUP;
        Self { groups, seed, waits: seed, own: 0.0, place: 0, length }
    }

    /// Takes a value and returns the mean, from the one on that completes the first.
    pub(super) fn step(&mut self, value: f64) -> Option<f64> {
        if self.waits == 0 {
            return Some(self.next(value));
        }
        self.groups.base += value;
        self.waits -= 1;
        if self.waits > 0 {
            return None;
        }
        self.groups.base /= count(self.seed);
        Some(self.groups.base)
    }

    fn next(&mut self, value: f64) -> f64 {
        let groups = &mut self.groups;
        let fresh = groups.weight * value;
        self.own = if self.place == 0 { fresh } else { groups.rest * self.own + fresh };
        let power = [groups.rest, groups.square, groups.cube, groups.fourth][self.place];
        let mean = power * groups.base + self.own;
        self.place += 1;
        if self.place == self.length {
            (groups.base, self.place, self.length) = (mean, 0, GROUP);
        }
        mean
    }

    /// Returns how many values it takes before the next whole group.
    pub(super) fn before_groups(&self) -> usize {
        self.waits + (self.length - self.place) % GROUP
    }

    /// Returns the mean before a whole group.
    pub(super) fn groups(&self) -> Groups {
        self.groups
    }

    /// Goes on after whole groups.
    pub(super) fn after(&mut self, groups: Groups) {
        self.groups = groups;
    }

    /// Takes values after the first mean, and puts each one's mean in its place.
    pub(super) fn means(&mut self, values: &mut [f64]) {
        let (early, rest) = values.split_at_mut(self.before_groups().min(values.len()));
        for value in early {
            *value = self.next(*value);
        }
        let mut means = self.groups;
        let (groups, late) = rest.as_chunks_mut();
        for group in groups {
            let (one, two, three, four) = means.step((group[0], group[1], group[2], group[3]));
            *group = [one, two, three, four];
        }
        self.groups = means;
        for value in late {
            *value = self.next(*value);
        }
    }
}
