//! Returns beside those of a benchmark: beta, alpha, tracking error, information ratio, capture.
//!
//! In come two series of simple returns of the same periods, as fractions, first the portfolio's, then the
//! benchmark's; out go numbers whose unit stands with each.

use super::convention::{Annualise, OverZero, RiskFree};
use super::error::StatsError;
use super::path::Sides;
use super::returns::{AnnualReturn, power_less_one};
use super::sums::{Spread, Together, check_both, finite};
use crate::number::Deviation;

/// Beta: covariance with the benchmark ÷ the benchmark's variance.
///
/// Over n or n − 1 it is the same, and a constant rate free of risk changes nothing.
///
/// # Examples
///
/// ```
/// use finnet_core::stats::{Beta, OverZero};
///
/// let beta = Beta { over_zero: OverZero::Undefined };
/// assert_eq!(beta.of(&[0.5, -0.5, 0.25], &[0.25, -0.25, 0.125])?, Some(2.0));
/// assert_eq!(beta.of(&[0.5, -0.5], &[0.25, 0.25])?, None); // the benchmark never moved
/// # Ok::<(), finnet_core::stats::StatsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Beta {
    /// The beta to a constant benchmark: undefined in empyrical, 0 in quantstats.
    pub over_zero: OverZero,
}

impl Beta {
    /// Returns the beta, without a unit.
    ///
    /// # Errors
    ///
    /// - [`StatsError::LengthsDiffer`], [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    pub fn of(&self, returns: &[f64], benchmark: &[f64]) -> Result<Option<f64>, StatsError> {
        let together = Together::of(returns, benchmark)?;
        self.over_zero.divide(together.products, together.squares)
    }
}

/// How alpha grows from a period to a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AlphaOf {
    /// (1 + alpha of a period)^N − 1: empyrical.
    Compounded,
    /// alpha of a period · N: quantstats, and Jensen's regression.
    Simple,
}

/// Jensen's alpha: mean((r − f) − beta (b − f)), of a year.
///
/// Jensen, "The performance of mutual funds in the period 1945–1964", The Journal of Finance 23 (1968).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alpha {
    /// The rate f.
    pub risk_free: RiskFree,
    /// Periods of a year.
    pub annualise: Annualise,
    /// Compounded or simple.
    pub growth: AlphaOf,
    /// The alpha where there is no beta: undefined in empyrical, 0 in quantstats. Infinite is undefined here.
    pub over_zero: OverZero,
}

impl Alpha {
    /// Returns the alpha, a return of a year as a fraction; `None` where a period's is below −1 and to be compounded.
    ///
    /// # Errors
    ///
    /// - [`StatsError::LengthsDiffer`], [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    /// - [`StatsError::NotAYear`], [`StatsError::NoYear`], [`StatsError::NotARate`] of the conventions.
    pub fn of(&self, returns: &[f64], benchmark: &[f64]) -> Result<Option<f64>, StatsError> {
        let rate = self.risk_free.of_a_period(self.annualise)?;
        let Together { means, squares, products } = Together::of(returns, benchmark)?;
        let beta = OverZero::Undefined.divide(products, squares)?;
        let alpha = beta.map(|beta| finite((means[0] - rate) - beta * (means[1] - rate)));
        self.of_a_year(alpha.transpose()?)
    }

    /// Returns what the convention makes of the alpha of a period.
    pub(super) fn of_a_year(self, alpha: Option<f64>) -> Result<Option<f64>, StatsError> {
        let periods = self.annualise.periods()?;
        match (alpha, self.growth) {
            (None, _) => Ok((self.over_zero == OverZero::Zero).then_some(0.0)),
            (Some(alpha), AlphaOf::Simple) => finite(alpha * periods).map(Some),
            (Some(alpha), AlphaOf::Compounded) => power_less_one(1.0 + alpha, periods),
        }
    }
}

/// Tracking error: the standard deviation of r − b, times the root of the periods of a year.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackingError {
    /// Periods of a year.
    pub annualise: Annualise,
    /// Over n − 1 or n.
    pub deviation: Deviation,
}

impl TrackingError {
    /// Returns the tracking error, a fraction; `None` of one pair's sample deviation.
    ///
    /// # Errors
    ///
    /// - [`StatsError::LengthsDiffer`], [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    /// - [`StatsError::NotAYear`] of the convention.
    pub fn of(&self, returns: &[f64], benchmark: &[f64]) -> Result<Option<f64>, StatsError> {
        let periods = self.annualise.periods()?;
        let active = Spread::between(returns, benchmark, |r, b| r - b)?;
        active.deviation(self.deviation)?.map(|deviation| finite(deviation * periods.sqrt())).transpose()
    }
}

/// Information ratio: mean(r − b) ÷ deviation(r − b), times the root of the periods of a year.
///
/// Goodwin, "The information ratio", Financial Analysts Journal 54 (1998). Neither empyrical nor quantstats
/// annualises: [`Annualise::PerPeriod`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InformationRatio {
    /// Periods of a year.
    pub annualise: Annualise,
    /// Over n − 1 or n.
    pub deviation: Deviation,
    /// The ratio where r − b is constant, one and the same double throughout: 0 in quantstats. Of differences that are
    /// constant but for rounding the ratio is that of the rounding, some 10¹⁵.
    pub over_zero: OverZero,
}

impl InformationRatio {
    /// Returns the ratio, without a unit; `None` of one pair's sample deviation.
    ///
    /// # Errors
    ///
    /// - [`StatsError::LengthsDiffer`], [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    /// - [`StatsError::NotAYear`] of the convention.
    pub fn of(&self, returns: &[f64], benchmark: &[f64]) -> Result<Option<f64>, StatsError> {
        let root = self.annualise.periods()?.sqrt();
        let active = Spread::between(returns, benchmark, |r, b| r - b)?;
        let Some(deviation) = active.deviation(self.deviation)? else { return Ok(None) };
        self.over_zero.divide(active.mean() * root, deviation)
    }
}

/// The periods that a capture looks at; those with a benchmark of exactly 0 are of neither side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Those with b > 0.
    Up,
    /// Those with b < 0.
    Down,
    /// The capture of the first divided by that of the second.
    UpOverDown,
}

/// Capture: the portfolio's [`AnnualReturn`](super::AnnualReturn) ÷ the benchmark's, over the periods of one side alone.
///
/// As in empyrical each is annualised by the number of those periods, which inflates short samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Capture {
    /// The periods.
    pub side: Side,
    /// Periods of a year.
    pub annualise: Annualise,
    /// The capture where the benchmark's return, or the capture below, is 0.
    pub over_zero: OverZero,
}

impl Capture {
    /// Returns the capture, without a unit: 1 where both rose, or fell, alike. `None` without such a period,
    /// and of both sides where one is infinite.
    ///
    /// # Errors
    ///
    /// - [`StatsError::LengthsDiffer`], [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    /// - [`StatsError::NotAYear`] of the convention.
    pub fn of(&self, returns: &[f64], benchmark: &[f64]) -> Result<Option<f64>, StatsError> {
        check_both(returns, benchmark)?;
        self.of_sides(&Sides::of(returns, benchmark, self.side))
    }

    /// Returns the capture of the growth on both sides.
    pub(super) fn of_sides(&self, sides: &Sides) -> Result<Option<f64>, StatsError> {
        let one = match self.side {
            Side::Up => sides.up,
            Side::Down => sides.down,
            Side::UpOverDown => {
                let capture = |side| Self { side, ..*self }.of_sides(sides);
                return match (capture(Side::Up)?, capture(Side::Down)?) {
                    (Some(up), Some(down)) if up.is_finite() && down.is_finite() => self.over_zero.divide(up, down),
                    _ => Ok(None),
                };
            }
        };
        if sides.count() == 0 {
            return Err(StatsError::Empty);
        }
        if one.count == 0 {
            return Ok(None);
        }
        let annual = AnnualReturn { annualise: self.annualise };
        let of = |growth| annual.of_growth(finite(growth)?, one.count);
        match (of(one.growth)?, of(one.benchmark)?) {
            (Some(ours), Some(theirs)) => self.over_zero.divide(ours, theirs),
            _ => Ok(None),
        }
    }
}
