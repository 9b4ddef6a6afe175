//! A series → its mean, variance, deviation, covariance, correlation, skewness and kurtosis.
//!
//! In come finite numbers of any unit; the mean and the deviation are of that unit, the variance of its square, the
//! others of none. Sums are those of the module's private `sums`: up to 10⁶ values the variance is right to 1 part in 10¹⁴, whatever
//! is added to all of them, as long as the addition itself is exact.

use super::convention::OverZero;
use super::error::StatsError;
use super::sums::{Spread, Together, count, count_u64, finite, sum};
use crate::number::Deviation;

/// Returns the arithmetic mean Σx ÷ n.
///
/// # Errors
///
/// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
///
/// # Examples
///
/// ```
/// use finnet_core::stats::{Deviation, mean, standard_deviation};
///
/// assert_eq!(mean(&[1.0, 2.0, 6.0])?, 3.0);
/// assert_eq!(standard_deviation(&[1.0, 2.0, 6.0], Deviation::Sample)?, Some(7_f64.sqrt()));
/// assert_eq!(standard_deviation(&[1.0], Deviation::Sample)?, None);
/// # Ok::<(), finnet_core::stats::StatsError>(())
/// ```
pub fn mean(values: &[f64]) -> Result<f64, StatsError> {
    finite(Spread::of(values)?.mean())
}

/// Returns the variance Σ(x − mean)² ÷ (n − 1) or ÷ n; `None` of one value's sample variance.
///
/// # Errors
///
/// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
pub fn variance(values: &[f64], deviation: Deviation) -> Result<Option<f64>, StatsError> {
    Spread::of(values)?.variance(deviation)
}

/// Returns the standard deviation, the root of the [`variance`].
///
/// # Errors
///
/// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
pub fn standard_deviation(values: &[f64], deviation: Deviation) -> Result<Option<f64>, StatsError> {
    Ok(variance(values, deviation)?.map(f64::sqrt))
}

/// Returns the covariance Σ(x − mean x)(y − mean y) ÷ (n − 1) or ÷ n; `None` of one pair's sample covariance.
///
/// # Errors
///
/// - [`StatsError::LengthsDiffer`], [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
pub fn covariance(left: &[f64], right: &[f64], deviation: Deviation) -> Result<Option<f64>, StatsError> {
    let products = Together::of(left, right)?.products;
    let over = left.len() - deviation.lost();
    (over > 0).then(|| finite(products / count(over))).transpose()
}

/// Returns Pearson's correlation, from −1 to 1; `None` where one of both is constant.
///
/// # Errors
///
/// - [`StatsError::LengthsDiffer`], [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
pub fn correlation(left: &[f64], right: &[f64]) -> Result<Option<f64>, StatsError> {
    let Together { squares, products, .. } = Together::of(left, right)?;
    // Roots first: the product of both sums may be beyond a double where their roots' is not.
    let spread = Spread::of(left)?.squares.sqrt() * squares.sqrt();
    let correlation = OverZero::Undefined.divide(products, spread)?;
    Ok(correlation.map(|correlation| correlation.clamp(-1.0, 1.0)))
}

/// Whether the moments of a sample are corrected for what they miss of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bias {
    /// Not: the population's moments, g₁ and g₂. scipy's default.
    Kept,
    /// G₁ and G₂; `None` where there are too few values for it, below 3 and 4. pandas, quantstats.
    Corrected,
    /// G₁ and G₂; g₁ and g₂ where there are too few values. scipy's `bias=False`.
    CorrectedIfEnough,
}

/// Skewness: g₁ = m₃ ÷ m₂^1.5 with mₖ = Σ(x − mean)ᵏ ÷ n, or G₁ = g₁ √(n(n − 1)) ÷ (n − 2).
///
/// Joanes and Gill, "Comparing measures of sample skewness and kurtosis", The Statistician 47 (1998).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Skewness {
    /// Corrected or not.
    pub bias: Bias,
    /// The skewness of a constant: undefined in scipy, 0 in pandas 2.
    pub over_zero: OverZero,
}

impl Skewness {
    /// Returns the skewness; a positive one has the longer tail above.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    pub fn of(&self, values: &[f64]) -> Result<Option<f64>, StatsError> {
        Ok(self.corrected(values.len() as u64, moment(values, 3, self.over_zero)?))
    }

    /// Returns what the convention makes of g₁.
    pub(super) fn corrected(self, values: u64, g: Option<f64>) -> Option<f64> {
        let (n, enough) = (count_u64(values), values >= 3);
        match self.bias {
            Bias::Corrected if !enough => None,
            Bias::Corrected | Bias::CorrectedIfEnough if enough => g.map(|g| (n * (n - 1.0)).sqrt() / (n - 2.0) * g),
            _ => g,
        }
    }
}

/// What the kurtosis is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KurtosisOf {
    /// From the normal distribution's 3, which then is 0. pandas, quantstats, scipy's default.
    Excess,
    /// From 0: 3 is that of the normal distribution. Pearson; scipy's `fisher=False`.
    Plain,
}

/// Kurtosis: g₂ = m₄ ÷ m₂² − 3, or G₂ = ((n + 1) g₂ + 6)(n − 1) ÷ ((n − 2)(n − 3)); 3 more for the plain one.
///
/// Joanes and Gill, "Comparing measures of sample skewness and kurtosis", The Statistician 47 (1998).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kurtosis {
    /// Corrected or not.
    pub bias: Bias,
    /// Excess or plain.
    pub from: KurtosisOf,
    /// The kurtosis of a constant: undefined in scipy, 0 in pandas 2.
    pub over_zero: OverZero,
}

impl Kurtosis {
    /// Returns the kurtosis; a large one has fat tails.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    pub fn of(&self, values: &[f64]) -> Result<Option<f64>, StatsError> {
        Ok(self.corrected(values.len() as u64, moment(values, 4, self.over_zero)?))
    }

    /// Returns what the convention makes of g₂ + 3, which is 0 only of a constant, as the convention said.
    pub(super) fn corrected(self, values: u64, plain: Option<f64>) -> Option<f64> {
        let (n, enough) = (count_u64(values), values >= 4);
        if self.bias == Bias::Corrected && !enough {
            return None;
        }
        let g = plain? - 3.0;
        if plain == Some(0.0) {
            return plain;
        }
        let excess = match self.bias {
            Bias::Kept => g,
            _ if enough => ((n + 1.0) * g + 6.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0)),
            _ => g,
        };
        Some(match self.from {
            KurtosisOf::Excess => excess,
            KurtosisOf::Plain => excess + 3.0,
        })
    }
}

/// Returns the mean of z³ or z⁴, z in population deviations from the mean, so that no power is too
/// large for a double. Squares of deviations below 10⁻¹⁵⁴ lose bits, as in [`variance`], and in the end are 0.
fn moment(values: &[f64], power: u32, over_zero: OverZero) -> Result<Option<f64>, StatsError> {
    let spread = Spread::of(values)?;
    let deviation = finite((spread.squares / count(values.len())).sqrt())?;
    if deviation == 0.0 {
        return Ok((over_zero == OverZero::Zero).then_some(0.0));
    }
    let z = |x: f64| spread.off(x) / deviation;
    let total = match power {
        3 => sum(values, |x| z(x) * z(x) * z(x)),
        _ => sum(values, |x| (z(x) * z(x)) * (z(x) * z(x))),
    };
    finite(total / count(values.len())).map(Some)
}
