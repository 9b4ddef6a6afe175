//! The roots y of f(y) = Σ amount · e^(−time · y), as far as doubles tell them apart: the internal rates of return as
//! logarithms.
//!
//! In come amounts by time, exact; out come the roots. How, and what is sure:
//!
//! - *Signs.* By Descartes' rule, which holds for any exponents (Laguerre 1883), f has at most as many roots as the
//!   amounts have changes of sign in order of time, and as many but for an even number: none of no change, one of one.
//! - *Range.* Beyond some y the first amount outweighs all others together; before some, the last. Each side of y = 0
//!   is searched up to there, times counted from the amount that outweighs, so that no exponential overflows. f(0) is
//!   the exact sum of the amounts.
//! - *Isolation.* With more changes than one a side is halved until of each part one is proved: f has one sign on it; f
//!   rises or falls throughout, so that its ends tell whether there is a root, and there is one; or |f| is within twice
//!   its rounding error all over. The bounds come from the derivatives: those of the amounts above 0 and of those below
//!   0 fall each on its own, so that the ends bound them. No part is left out for any other reason: where f changes
//!   its sign by more than its error, a root is found.
//! - *Rounding.* f is known to 2⁻⁵⁰ Σ|amount · e^(−time · y)|: 8 u, of which the exponential costs 1.1, its argument, which
//!   is kept in two doubles, 1, the amount 1, the product 1, the sum, which is compensated, 1. Near y = 0 it is taken as
//!   f(0) + Σ amount · (e^(−time · y) − 1), whose error vanishes with y. A root is as near as that error lets it be.
//! - *Touching.* Where f comes within its error of 0 and turns back, that is one root, at the turn: a double root, two
//!   nearer to each other than doubles tell, or a near miss: doubles do not tell these apart. Of a cluster of roots between
//!   which f stays within its error fewer come, at least one where f changes its sign across it: of the three rates
//!   0.00092507, 0.00092764, 0.00093633 of the flows 1244559624, −3737150002, 3740624359, −1248033982 two.

use crate::money::Amount;
use crate::number::{exp, exp_m1, ln};

/// The error of f, relative to the sum of its terms' sizes.
const ERROR: f64 = 4.0 * f64::EPSILON;

/// A root, and what rounding it to a double has lost.
pub(super) type Root = (f64, f64);

/// Returns the roots, in ascending order; `None` where the sum of the amounts is beyond 128 bits.
///
/// The terms are in order of time, each time once, each amount other than 0.
pub(super) fn of(terms: &[(i64, Amount)]) -> Option<Vec<Root>> {
    let sum = terms.iter().try_fold(Amount::ZERO, |sum, &(_, amount)| sum.checked_add(amount))?;
    let later = Side::new(terms.iter().copied(), sum);
    let earlier = Side::new(terms.iter().rev().copied(), sum);
    let mut roots: Vec<Root> = earlier.roots().into_iter().rev().map(|(y, lost)| (-y, -lost)).collect();
    if sum == Amount::ZERO {
        roots.push((0.0, 0.0));
    }
    roots.extend(later.roots());
    Some(roots)
}

/// f on one side of 0, times an exponential that makes the first term constant: y ≥ 0 throughout.
struct Side {
    /// Time from the first term, and amount; in order of time.
    terms: Vec<(f64, f64)>,
    /// f(0).
    sum: f64,
    changes: usize,
}

/// f at one place.
#[derive(Clone, Copy)]
struct At {
    y: f64,
    f: f64,
    /// How far f may be off.
    error: f64,
    /// Σ time · |term| and Σ time² · |term| of the amounts above 0, and of those below.
    above: [f64; 2],
    below: [f64; 2],
}

impl At {
    /// Returns the sign of f; open within four times its error of 0: twice as far as what counts as a root, lest rounding
    /// make several of one.
    fn sign(&self) -> Sign {
        match self.f {
            f if f.abs() <= 4.0 * self.error => Sign::Open,
            f if f > 0.0 => Sign::Above,
            _ => Sign::Below,
        }
    }

    fn touches(&self) -> bool {
        self.f.abs() <= 2.0 * self.error
    }

    fn slope(&self) -> f64 {
        self.below[0] - self.above[0]
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Below,
    Open,
    Above,
}

/// What is proved of f between two places.
enum Part {
    /// It has no root.
    Free,
    /// It rises or falls throughout.
    Monotone,
    /// It is within twice its error of 0.
    Flat,
    Open,
}

impl Side {
    #[expect(clippy::cast_precision_loss, reason = "no two dates are 2^53 days apart")]
    fn new(terms: impl Iterator<Item = (i64, Amount)> + Clone, sum: Amount) -> Self {
        let first = terms.clone().next().map_or(0, |(time, _)| time);
        let from_first = |(time, amount): (i64, Amount)| (time.abs_diff(first) as f64, amount.to_f64());
        let terms: Vec<(f64, f64)> = terms.map(from_first).collect();
        let changes = terms.windows(2).filter(|pair| (pair[0].1 > 0.0) != (pair[1].1 > 0.0)).count();
        Self { terms, sum: sum.to_f64(), changes }
    }

    /// Returns the roots above 0, in ascending order.
    fn roots(&self) -> Vec<Root> {
        let Some(end) = self.end() else { return Vec::new() };
        let (start, end) = (self.at(0.0), self.at(end));
        match self.changes {
            0 => Vec::new(),
            1 if self.sum == 0.0 || start.f.signum() == end.f.signum() => Vec::new(),
            1 => vec![self.crossing(start, end)],
            _ => self.isolate(start, end),
        }
    }

    /// Returns where the first term has outweighed the others together; `None` where there are none.
    fn end(&self) -> Option<f64> {
        let (&(_, first), others) = self.terms.split_first()?;
        let gap = others.first()?.0;
        let others: f64 = others.iter().map(|(_, amount)| amount.abs()).sum();
        Some((ln(others / first.abs()).max(0.0) + 1.0) / gap)
    }

    /// Returns the last term's time.
    fn span(&self) -> f64 {
        self.terms.last().map_or(0.0, |&(time, _)| time)
    }

    fn at(&self, y: f64) -> At {
        const UPPER: u64 = !((1 << 27) - 1);
        let near = y * self.span() < 0.5;
        let upper = f64::from_bits(y.to_bits() & UPPER);
        let lower = y - upper;
        let (mut above, mut below) = ([0.0; 2], [0.0; 2]);
        let mut sum = if near { Compensated::of(self.sum) } else { Compensated::of(0.0) };
        let mut size = 0.0;
        for &(time, amount) in &self.terms {
            let product = time * y;
            let lost = (time * upper - product) + time * lower;
            // e^(−product − lost), to first order in the second, which is below 2⁻⁴³.
            let (whole, term) = if near {
                let less_one = exp_m1(-product);
                let less_one = less_one - lost * (1.0 + less_one);
                (amount * (1.0 + less_one), amount * less_one)
            } else {
                let power = exp(-product);
                let whole = amount * (power - power * lost);
                (whole, whole)
            };
            sum.add(term);
            size += term.abs();
            let moments = if amount > 0.0 { &mut above } else { &mut below };
            moments[0] += time * whole.abs();
            moments[1] += time * time * whole.abs();
        }
        let f = sum.total();
        At { y, f, error: ERROR * size + if near { ERROR * f.abs() } else { 0.0 }, above, below }
    }

    /// Returns the roots between two places, of which the second has a sign.
    fn isolate(&self, start: At, end: At) -> Vec<Root> {
        let mut roots = Vec::new();
        // The last place where f had a sign, and whether it was flat since.
        let mut last = (start.sign() != Sign::Open).then_some(start);
        let mut flat = false;
        let mut open = vec![(start, end)];
        while let Some((from, to)) = open.pop() {
            let middle = from.y + (to.y - from.y) / 2.0;
            let part = self.part(&from, &to);
            if matches!(part, Part::Open) && from.y < middle && middle < to.y {
                let middle = self.at(middle);
                open.push((middle, to));
                open.push((from, middle));
                continue;
            }
            flat |= matches!(part, Part::Flat | Part::Open) || to.touches();
            if to.sign() == Sign::Open {
                continue;
            }
            if let Some(last) = last {
                if last.sign() != to.sign() {
                    roots.push(self.crossing(last, to));
                } else if flat {
                    roots.push((self.turn(last, to), 0.0));
                }
            }
            (last, flat) = (Some(to), false);
        }
        roots
    }

    /// Returns what the two ends prove of what lies between them.
    fn part(&self, from: &At, to: &At) -> Part {
        let width = to.y - from.y;
        // The plain sums of up to n terms, and the ends of the intervals made of them.
        #[expect(clippy::cast_precision_loss, reason = "a count of terms")]
        let relative = (self.terms.len() + 16) as f64 * f64::EPSILON;
        let slope_error = relative * (from.above[0] + from.below[0]);
        // Each sum falls from the one end to the other.
        let bend_least = to.above[1] - from.below[1] - relative * from.below[1];
        let bend_most = from.above[1] - to.below[1] + relative * from.above[1];
        let [mut least, mut most] = [
            (to.below[0] - from.above[0]).max(from.slope() + (bend_least * width).min(0.0)),
            (from.below[0] - to.above[0]).min(from.slope() + (bend_most * width).max(0.0)),
        ];
        least = least.max(to.slope() - (bend_most * width).max(0.0)) - slope_error;
        most = most.min(to.slope() - (bend_least * width).min(0.0)) + slope_error;
        if least > 0.0 || most < 0.0 {
            return Part::Monotone;
        }
        // Now least ≤ 0 ≤ most. The sum that the lines from both ends reach where they meet is the nearest to 0.
        let sign = from.f.signum();
        let [toward, away] = if sign > 0.0 { [least, most] } else { [most, least] };
        if (from.f > 0.0) == (to.f > 0.0) && most > least {
            let meet = (from.f * away - to.f * toward + toward * away * width) / (away - toward);
            if meet * sign > 2.0 * from.error.max(to.error) {
                return Part::Free;
            }
        }
        let most = from.f.abs() + most.max(-least) * width;
        if most <= 2.0 * from.error.min(to.error) { Part::Flat } else { Part::Open }
    }

    /// Returns the root between two places of opposite sign: Newton's way, halves where that leaves or lags.
    fn crossing(&self, from: At, to: At) -> Root {
        let rises = to.f > from.f;
        let (mut low, mut high) = (from.y, to.y);
        let mut at = if from.f.abs() < to.f.abs() { from } else { to };
        let mut step = high - low;
        loop {
            let down = at.f / at.slope();
            let newton = at.y - down;
            // NaN is in no range.
            let lags = down.abs() > step / 2.0;
            let next = if newton > low && newton < high && !lags { newton } else { between(low, high) };
            if at.f.abs() <= at.error || next <= low || next >= high {
                let good = (low..=high).contains(&newton);
                return if good { (newton, (at.y - newton) - down) } else { (at.y, 0.0) };
            }
            step = (next - at.y).abs();
            at = self.at(next);
            if (at.f > 0.0) == rises { high = next } else { low = next }
        }
    }

    /// Returns where f turns between two places of one sign.
    fn turn(&self, from: At, to: At) -> f64 {
        let falls = from.f > 0.0;
        let (mut low, mut high) = (from.y, to.y);
        loop {
            let middle = between(low, high);
            if middle <= low || middle >= high {
                return middle;
            }
            if (self.at(middle).slope() < 0.0) == falls { low = middle } else { high = middle }
        }
    }
}

/// Returns a number halfway among the doubles between two that are not below 0.
fn between(low: f64, high: f64) -> f64 {
    f64::from_bits(low.to_bits() + (high.to_bits() - low.to_bits()) / 2)
}

/// A sum of which what rounding loses is kept. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation
/// endlicher Summen", ZAMM 54 (1974).
struct Compensated {
    sum: f64,
    lost: f64,
}

impl Compensated {
    fn of(sum: f64) -> Self {
        Self { sum, lost: 0.0 }
    }

    fn add(&mut self, term: f64) {
        let sum = self.sum + term;
        self.lost += if self.sum.abs() >= term.abs() { (self.sum - sum) + term } else { (term - sum) + self.sum };
        self.sum = sum;
    }

    fn total(&self) -> f64 {
        self.sum + self.lost
    }
}
