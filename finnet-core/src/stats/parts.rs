//! What of a series is enough for what was gained and lost about a target, exactly and in any order.
//!
//! In come finite doubles, at most 2³²; each is taken as the double r − target, as the statistics of a whole series do.
//! Inside stand counts and exact sums.

use std::ops::Range;

use super::error::StatsError;
use super::exact::{Linear, Square, Term};
use super::returns::Shortfalls;
use super::scatter::{counted, term};
use super::statistic::Accumulator;
use super::sums::finite;
use super::wide_integer::Wide;

/// Counts of what is above and below a target, exact sums of both, and of the squares below.
///
/// Its statistics are [`Sortino`](super::Sortino), [`DownsideDeviation`](super::DownsideDeviation),
/// [`Omega`](super::Omega), [`ProfitFactor`](super::ProfitFactor), [`GainToPain`](super::GainToPain) and
/// [`WinRate`](super::WinRate).
#[derive(Clone, Debug, PartialEq)]
pub struct Outcomes {
    target: f64,
    count: u64,
    above: u64,
    below: u64,
    gains: Linear,
    /// 0 or below.
    losses: Linear,
    squares: Square,
}

impl Outcomes {
    /// Returns the outcomes of no value; the target is finite.
    pub(super) fn about(target: f64) -> Self {
        let (gains, losses, squares) = (Linear::ZERO, Linear::ZERO, Square::ZERO);
        Self { target, count: 0, above: 0, below: 0, gains, losses, squares }
    }

    /// Returns how many values there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns how many are above the target.
    pub fn above(&self) -> u64 {
        self.above
    }

    /// Returns how many are below the target.
    pub fn below(&self) -> u64 {
        self.below
    }

    /// Returns Σ max(r − target, 0), rounded once.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Overflow`].
    pub fn gains(&self) -> Result<f64, StatsError> {
        self.gains.value().over(&Wide::whole(1))
    }

    /// Returns Σ min(r − target, 0), rounded once.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Overflow`].
    pub fn losses(&self) -> Result<f64, StatsError> {
        self.losses.value().over(&Wide::whole(1))
    }

    /// Returns Σ (r − target), rounded once.
    pub(super) fn total(&self) -> Result<f64, StatsError> {
        self.gains.value().plus(&self.losses.value()).over(&Wide::whole(1))
    }

    /// Returns the mean of r − target, rounded once.
    pub(super) fn mean(&self) -> Result<f64, StatsError> {
        self.checked()?.gains.value().plus(&self.losses.value()).over(&Wide::whole(self.count))
    }

    /// Returns the root of the mean of min(r − target, 0)².
    pub(super) fn shortfall(&self, shortfalls: Shortfalls) -> Result<f64, StatsError> {
        let among = match shortfalls {
            Shortfalls::OverAll => self.checked()?.count,
            Shortfalls::OverThemselves => self.checked()?.below.max(1),
        };
        Ok(self.squares.value().over(&Wide::whole(among))?.sqrt())
    }

    /// Returns these if there are any.
    pub(super) fn checked(&self) -> Result<&Self, StatsError> {
        if self.count == 0 { Err(StatsError::Empty) } else { Ok(self) }
    }

    /// Counts a value in, or out where the sign is negated.
    fn change(&mut self, distance: f64, sign: impl Fn(Term<1>) -> Term<1>) {
        let term = Term::of(distance);
        if distance > 0.0 {
            self.gains.add(sign(term));
        } else {
            self.losses.add(sign(term));
            self.squares.add(term.times::<2>(sign(term)));
        }
    }
}

impl Accumulator for Outcomes {
    type Value = f64;

    fn push(&mut self, value: f64) -> Result<(), StatsError> {
        term(value, self.count)?;
        let distance = finite(value - self.target)?;
        self.count = counted(self.count, 1)?;
        self.above += u64::from(distance > 0.0);
        self.below += u64::from(distance < 0.0);
        self.change(distance, |term| term);
        Ok(())
    }

    fn merge(&mut self, next: &Self) -> Result<(), StatsError> {
        if self.target.to_bits() != next.target.to_bits() {
            return Err(StatsError::ConventionsDiffer);
        }
        self.count = counted(self.count, next.count)?;
        self.above += next.above;
        self.below += next.below;
        self.gains.merge(&next.gains);
        self.losses.merge(&next.losses);
        self.squares.merge(&next.squares);
        Ok(())
    }

    fn slide(&mut self, series: &[f64], window: Range<usize>) -> Result<(), StatsError> {
        let left = series[window.start - 1] - self.target;
        self.push(series[window.end - 1])?;
        self.count -= 1;
        self.above -= u64::from(left > 0.0);
        self.below -= u64::from(left < 0.0);
        self.change(left, Term::negated);
        Ok(())
    }
}
