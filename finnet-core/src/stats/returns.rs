//! Prices → returns → growth, and how far returns scatter.
//!
//! In come prices, or simple returns of a period as fractions (0.01 is 1 %); out go returns of the same unit. A return
//! of −1 is the loss of all. Growth is Π(1 + r), right to n · 2⁻⁵² of it for n returns as long as no product on the
//! way falls below 2⁻¹⁰²², where bits are lost and in the end all: a wealth that fell to 0 stays there. A power xʸ is taken
//! as e^(y ln x), right to (1 + 2 |y ln x|) · 2⁻⁵² of it.

use super::convention::{Annualise, RiskFree};
use super::describe::standard_deviation;
use super::error::StatsError;
use super::sums::{check, check_lengths, checked, count, count_u64, finite, products, sums};
use crate::number::{Deviation, exp_m1, ln};

/// Returns the simple returns p₁ ÷ p₀ − 1, p₂ ÷ p₁ − 1, …: one less than there are prices.
///
/// # Errors
///
/// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::NotPositive`], [`StatsError::Overflow`].
///
/// # Examples
///
/// ```
/// use finnet_core::stats::{cumulative_return, simple_returns};
///
/// let r = simple_returns(&[100.0, 150.0, 75.0])?;
/// assert_eq!(r, [0.5, -0.5]);
/// assert_eq!(cumulative_return(&r)?, -0.25);
/// # Ok::<(), finnet_core::stats::StatsError>(())
/// ```
pub fn simple_returns(prices: &[f64]) -> Result<Vec<f64>, StatsError> {
    check_prices(prices)?;
    // The difference of near prices is exact, and 1 is not taken from a number near 1.
    prices.windows(2).map(|pair| finite((pair[1] - pair[0]) / pair[0])).collect()
}

/// Returns the log returns ln(p₁ ÷ p₀), ln(p₂ ÷ p₁), …: one less than there are prices.
///
/// # Errors
///
/// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::NotPositive`], [`StatsError::Overflow`].
pub fn log_returns(prices: &[f64]) -> Result<Vec<f64>, StatsError> {
    check_prices(prices)?;
    prices.windows(2).map(|pair| finite(ln(pair[1] / pair[0]))).collect()
}

fn check_prices(prices: &[f64]) -> Result<(), StatsError> {
    check(prices)?;
    match prices.iter().position(|&price| price <= 0.0) {
        Some(at) => Err(StatsError::NotPositive { at }),
        None => Ok(()),
    }
}

/// Returns the return of all periods together, Π(1 + r) − 1.
///
/// # Errors
///
/// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
pub fn cumulative_return(returns: &[f64]) -> Result<f64, StatsError> {
    Ok(growth(returns)? - 1.0)
}

/// Returns Π(1 + r).
fn growth(returns: &[f64]) -> Result<f64, StatsError> {
    check_lengths(returns, returns)?;
    let [growth] = products(returns, returns, |r, _| [1.0 + r]);
    if growth.is_normal() {
        return Ok(growth);
    }
    check(returns)?;
    // Lost, or a part was beyond a double's range where the whole need not be. Once infinite it would be NaN after a loss
    // of all, so it is looked at each time.
    returns.iter().try_fold(1.0, |growth, r| finite(growth * (1.0 + r)))
}

/// Return of a year (CAGR): Π(1 + r)^(N ÷ n) − 1 of n returns, N of them a year.
///
/// Years are counted in returns, as empyrical and quantstats do, and not in calendar days; less than a year is
/// extrapolated. With [`Annualise::PerPeriod`] it is the geometric mean of the returns.
///
/// The product goes in doubles and in parts: where a part of it falls below 10⁻³⁰⁸ bits are lost, and of less than 10⁻³²⁴
/// all, for good, be the returns after it ever so large. No account comes near.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnnualReturn {
    /// Periods of a year.
    pub annualise: Annualise,
}

impl AnnualReturn {
    /// Returns the return of a year; `None` where more than all was lost, since no power of that is a number.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::NotAYear`], [`StatsError::Overflow`].
    pub fn of(&self, returns: &[f64]) -> Result<Option<f64>, StatsError> {
        self.of_growth(growth(returns)?, returns.len() as u64)
    }

    /// Returns the return of a year of a growth over so many periods.
    pub(super) fn of_growth(self, growth: f64, periods: u64) -> Result<Option<f64>, StatsError> {
        if periods == 0 {
            return Err(StatsError::Empty);
        }
        power_less_one(growth, self.annualise.periods()? / count_u64(periods))
    }
}

/// Returns growth^exponent − 1; `None` of a negative growth.
pub(super) fn power_less_one(growth: f64, exponent: f64) -> Result<Option<f64>, StatsError> {
    if growth < 0.0 {
        return Ok(None);
    }
    finite(exp_m1(exponent * ln(growth))).map(Some)
}

/// Volatility: the standard deviation of the returns, times the root of the periods of a year.
///
/// The root holds for returns that do not hang on one another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Volatility {
    /// Periods of a year.
    pub annualise: Annualise,
    /// Over n − 1 or n.
    pub deviation: Deviation,
}

impl Volatility {
    /// Returns the volatility; `None` of one return's sample deviation.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::NotAYear`], [`StatsError::Overflow`].
    pub fn of(&self, returns: &[f64]) -> Result<Option<f64>, StatsError> {
        let root = self.annualise.periods()?.sqrt();
        standard_deviation(returns, self.deviation)?.map(|deviation| finite(deviation * root)).transpose()
    }
}

/// Over how many returns the squares of shortfalls are averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shortfalls {
    /// Over all returns: Sortino and van der Meer (1991), empyrical, quantstats.
    OverAll,
    /// Over those below the target alone; often done, and larger.
    OverThemselves,
}

/// Downside deviation: √(Σ min(r − target, 0)² ÷ n), times the root of the periods of a year.
///
/// Sortino and van der Meer, "Downside risk", The Journal of Portfolio Management 17 (1991).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DownsideDeviation {
    /// What a return has to reach.
    pub target: RiskFree,
    /// Periods of a year.
    pub annualise: Annualise,
    /// What n counts.
    pub shortfalls: Shortfalls,
}

impl DownsideDeviation {
    /// Returns the downside deviation; 0 where no return is below the target.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    /// - [`StatsError::NotAYear`], [`StatsError::NoYear`], [`StatsError::NotARate`] of the conventions.
    pub fn of(&self, returns: &[f64]) -> Result<f64, StatsError> {
        let root = self.annualise.periods()?.sqrt();
        let target = self.target.of_a_period(self.annualise)?;
        finite(Below::of(returns, target, self.shortfalls)?.deviation * root)
    }
}

/// What is to know of the returns below a target.
pub(super) struct Below {
    /// The mean of r − target, of all.
    pub(super) mean: f64,
    /// The downside deviation of one period.
    pub(super) deviation: f64,
}

impl Below {
    pub(super) fn of(returns: &[f64], target: f64, shortfalls: Shortfalls) -> Result<Self, StatsError> {
        let n = check_lengths(returns, returns)?;
        let [total, squares] = sums(returns, returns, |r, _| {
            let off = r - target;
            [off, off.min(0.0) * off.min(0.0)]
        });
        checked(total, returns, returns)?;
        let among = match shortfalls {
            Shortfalls::OverAll => n,
            Shortfalls::OverThemselves => returns.iter().filter(|&&r| r < target).count().max(1),
        };
        Ok(Self { mean: total / count(n), deviation: finite((squares / count(among)).sqrt())? })
    }
}
