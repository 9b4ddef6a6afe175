//! The conventions that a statistic carries: how it is annualised, over which rate, over n or n − 1, what x ÷ 0 is.

use super::error::StatsError;
use super::sums::finite;
use crate::number::{exp_m1, ln};

/// How a figure of a period becomes one of a year.
///
/// There is no default: 252 holds in New York, about 245 in Tokyo, 365 for what trades every day, 12 for months.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Annualise {
    /// Not at all: the figure is that of one period.
    PerPeriod,
    /// A year has so many periods: means are multiplied by it, deviations by its root, growth is raised to it.
    Sessions(f64),
}

impl Annualise {
    /// Returns the periods of the unit that the figure is of, 1 or those of a year.
    pub(super) fn periods(self) -> Result<f64, StatsError> {
        match self {
            Self::PerPeriod => Ok(1.0),
            Self::Sessions(periods) if periods.is_finite() && periods > 0.0 => Ok(periods),
            Self::Sessions(_) => Err(StatsError::NotAYear),
        }
    }
}

/// The rate that a return is measured against: free of risk, or required.
///
/// empyrical takes it per period, quantstats per year and compounded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RiskFree {
    /// Of one period, 0.0001 for one basis point; `PerPeriod(0.0)` measures against nothing.
    PerPeriod(f64),
    /// Of a year, compounded: (1 + rate)^(1 ÷ sessions of a year) − 1 for a period.
    Compounded(f64),
    /// Of a year, simple: rate ÷ sessions of a year for a period.
    Simple(f64),
}

impl RiskFree {
    /// Returns the rate of a period; a rate of a year needs [`Annualise::Sessions`].
    pub(super) fn of_a_period(self, annualise: Annualise) -> Result<f64, StatsError> {
        let of_a_year = |rate: f64| match annualise {
            _ if !rate.is_finite() => Err(StatsError::NotARate),
            Annualise::PerPeriod => Err(StatsError::NoYear),
            Annualise::Sessions(_) => annualise.periods(),
        };
        match self {
            Self::PerPeriod(rate) if rate.is_finite() => Ok(rate),
            Self::PerPeriod(_) => Err(StatsError::NotARate),
            Self::Compounded(rate) if rate <= -1.0 => Err(StatsError::NotARate),
            Self::Compounded(rate) => finite(exp_m1(ln(1.0 + rate) / of_a_year(rate)?)),
            Self::Simple(rate) => finite(rate / of_a_year(rate)?),
        }
    }
}

/// What a ratio is whose denominator is 0, such as the Sharpe ratio of a constant return.
///
/// A denominator is 0 where the values are equal as doubles. Differences that are equal on paper need not be: 0.011 − 0.01,
/// 0.021 − 0.02 and 0.031 − 0.03 differ in their last bits, so that the information ratio of such returns beside such a
/// benchmark is a number of about 10¹⁵ that says nothing, and not what stands here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OverZero {
    /// `None`.
    Undefined,
    /// ∞ of the numerator's sign, and `None` of 0 ÷ 0. empyrical's Sharpe and Sortino ratios.
    Infinite,
    /// 0, of 0 ÷ 0 too. quantstats' information ratio, alpha and beta.
    Zero,
}

impl OverZero {
    /// Returns the ratio; an error if it is beyond a double's range, be it by what was divided.
    pub(super) fn divide(self, numerator: f64, denominator: f64) -> Result<Option<f64>, StatsError> {
        let (numerator, denominator) = (finite(numerator)?, finite(denominator)?);
        if denominator != 0.0 {
            return finite(numerator / denominator).map(Some);
        }
        Ok(match self {
            Self::Infinite if numerator != 0.0 => Some(f64::INFINITY.copysign(numerator)),
            Self::Undefined | Self::Infinite => None,
            Self::Zero => Some(0.0),
        })
    }
}
