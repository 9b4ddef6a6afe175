//! Exponential means of exponential means: DEMA, TEMA and TRIX.
//!
//! With E₁ = EMA(x), E₂ = EMA(E₁), E₃ = EMA(E₂): DEMA = 2E₁ − E₂ and TEMA = 3E₁ − 3E₂ + E₃, in the input's unit; TRIX =
//! 100 · (E₃ ÷ E₃ of the bar before − 1), in per cent. All are kept as differences to the first value.
//!
//! Mulloy, "Smoothing data with faster moving averages", Stocks & Commodities 12 (1994); Hutson, "Good TRIX", Stocks &
//! Commodities 1 (1983).

use super::average::differences;
use super::window::checked;
use super::{Ema, IndicatorError, Seed, Series};

/// Exponential means taken several times over, each with the same n and seed.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{MultipleEma, Seed};
///
/// let means = MultipleEma::new(3, Seed::First)?; // k = ½
/// let closes = [0.0, 4.0];
/// assert_eq!(means.double_of(&closes)?.values(), [0.0, 3.0]); // 2 · 2 − 1
/// assert_eq!(means.triple_of(&closes)?.values(), [0.0, 3.5]); // 3 · 2 − 3 · 1 + 0.5
/// assert_eq!(means.trix_of(&[4.0, 8.0])?.values(), [12.5]); // from 4 to 4.5
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MultipleEma {
    ema: Ema,
}

impl MultipleEma {
    /// Returns means of this n; each is seeded so, by [`Seed::Mean`] with the mean of its first n inputs.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    pub fn new(period: usize, seed: Seed) -> Result<Self, IndicatorError> {
        Ok(Self { ema: Ema::new(period, seed)? })
    }

    /// Returns DEMA, from bar 0 or, by [`Seed::Mean`], from bar 2 (n − 1) on.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Empty`], [`IndicatorError::TooShort`] for fewer bars than the first value needs.
    /// - [`IndicatorError::NotFinite`], [`IndicatorError::TooLarge`] for what is no number within the bounds.
    pub fn double_of(self, values: &[f64]) -> Result<Series, IndicatorError> {
        let warm_up = self.warm_up();
        let [once, twice, _] = self.means(values, 2, 0)?;
        let means = once[warm_up..].iter().zip(&twice).map(|(once, twice)| values[0] + (2.0 * once - twice));
        Ok(Series::starting(2 * warm_up, means.collect()))
    }

    /// Returns TEMA, from bar 0 or, by [`Seed::Mean`], from bar 3 (n − 1) on.
    ///
    /// # Errors
    ///
    /// As of [`MultipleEma::double_of`].
    pub fn triple_of(self, values: &[f64]) -> Result<Series, IndicatorError> {
        let warm_up = self.warm_up();
        let [once, twice, thrice] = self.means(values, 3, 0)?;
        let means = once[2 * warm_up..].iter().zip(&twice[warm_up..]).zip(&thrice);
        let means = means.map(|((once, twice), thrice)| values[0] + (3.0 * (once - twice) + thrice));
        Ok(Series::starting(3 * warm_up, means.collect()))
    }

    /// Returns TRIX, from bar 1 or, by [`Seed::Mean`], from bar 3 (n − 1) + 1 on; undefined where the mean before is 0, or
    /// so near to it that the quotient is no double.
    ///
    /// # Errors
    ///
    /// As of [`MultipleEma::double_of`].
    pub fn trix_of(self, values: &[f64]) -> Result<Series, IndicatorError> {
        let [_, _, thrice] = self.means(values, 3, 1)?;
        let mut percents = Series::with_capacity(thrice.len());
        for (bar, pair) in (3 * self.warm_up() + 1..).zip(thrice.windows(2)) {
            let percent = 100.0 * ((pair[1] - pair[0]) / (values[0] + pair[0]));
            if percent.is_finite() {
                percents.push(bar, percent);
            }
        }
        Ok(percents)
    }

    /// Bars that each mean takes off the front.
    fn warm_up(self) -> usize {
        self.ema.least() - 1
    }

    /// Returns E₁ to E₃ of differences, those that were asked for; so many bars follow the first value at least.
    fn means(self, values: &[f64], deep: usize, more: usize) -> Result<[Vec<f64>; 3], IndicatorError> {
        let least = self.warm_up().saturating_mul(deep).saturating_add(1 + more);
        let once = self.ema.of_differences(&differences(checked(values, least)?));
        let twice = self.ema.of_differences(&once);
        let thrice = if deep > 2 { self.ema.of_differences(&twice) } else { Vec::new() };
        Ok([once, twice, thrice])
    }
}
