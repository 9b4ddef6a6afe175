//! Moving averages: simple, weighted and exponential.
//!
//! Simple: (x₁ + … + xₙ) ÷ n. Weighted: (1·x₁ + 2·x₂ + … + n·xₙ) ÷ (1 + … + n), the newest weighs n. Exponential:
//! e ← e + k (x − e) with k = 2 ÷ (n + 1). Values and results are in the input's unit.
//!
//! Bounds, with u = 2⁻⁵³: a simple mean of a window of range r is off by at most u·|mean| + 2nu·r; an exponential one
//! by u·|e| + 3u·d ÷ k with d the largest distance from the first value: the running value is kept as a difference
//! to it.
//!
//! Exponential averages: Roberts, "Control chart tests based on geometric moving averages", Technometrics 1 (1959).

use super::window::{checked, checked_period, count, windows};
use super::{IndicatorError, Series};

/// The mean of the last n values; the first value is that of bar n − 1.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{IndicatorError, Sma};
///
/// assert_eq!(Sma::new(2)?.of(&[1.0, 2.0, 4.0])?.values(), [1.5, 3.0]);
/// assert_eq!(Sma::new(0), Err(IndicatorError::Period { period: 0, least: 1 }));
/// assert_eq!(Sma::new(2)?.of(&[1.0]), Err(IndicatorError::TooShort { bars: 1, least: 2 }));
/// # Ok::<(), IndicatorError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sma {
    period: usize,
}

impl Sma {
    /// Returns the mean over so many bars.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    pub fn new(period: usize) -> Result<Self, IndicatorError> {
        Ok(Self { period: checked_period(period, 1)? })
    }

    /// Returns the means, from bar n − 1 on.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Empty`], [`IndicatorError::TooShort`] for fewer than n bars.
    /// - [`IndicatorError::NotFinite`], [`IndicatorError::TooLarge`] for what is no number within the bounds.
    pub fn of(self, values: &[f64]) -> Result<Series, IndicatorError> {
        Ok(means(Series::with_capacity(values.len()), 0, checked(values, self.period)?, self.period))
    }

    /// Returns the means of a series: each of n bars in a row that all have a value.
    pub(super) fn of_series(self, series: &Series) -> Series {
        let means = |means_, (bar, run): (usize, &[f64])| means(means_, bar, run, self.period);
        series.runs().fold(Series::with_capacity(series.values().len()), means)
    }
}

/// Adds the means of a run that begins at this bar.
fn means(mut means: Series, from: usize, values: &[f64], period: usize) -> Series {
    let n = count(period);
    windows(
        values.len(),
        period,
        |bar, pivot| values[bar] - values[pivot],
        |sum, next| sum + next,
        |bar, pivot, sum| means.push(from + bar, values[pivot] + sum / n),
    );
    means
}

/// The mean of the last n values with weights 1 to n, the newest weighs most; the first value is that of bar n − 1.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::Wma;
///
/// assert_eq!(Wma::new(2)?.of(&[1.0, 4.0, 1.0])?.values(), [3.0, 2.0]); // (1 + 2·4) ÷ 3, (4 + 2·1) ÷ 3
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wma {
    period: usize,
}

impl Wma {
    /// Returns the weighted mean over so many bars.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    pub fn new(period: usize) -> Result<Self, IndicatorError> {
        Ok(Self { period: checked_period(period, 1)? })
    }

    /// Returns the weighted means, from bar n − 1 on.
    ///
    /// # Errors
    ///
    /// As of [`Sma::of`].
    pub fn of(self, values: &[f64]) -> Result<Series, IndicatorError> {
        let values = checked(values, self.period)?;
        let n = count(self.period);
        let mut means = Series::with_capacity(values.len());
        weighted(values, self.period, |bar, pivot, sums| {
            means.push(bar, values[pivot] + sums.weighted / (n * (n + 1.0) / 2.0));
        });
        Ok(means)
    }
}

/// Sums of a part of a window, of differences to its pivot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sums {
    /// With weights 1, 2, 3 and so on from the part's first bar.
    pub(super) weighted: f64,
    pub(super) sum: f64,
    bars: f64,
}

/// Calls `emit` with each window's last bar, pivot and sums.
pub(super) fn weighted(values: &[f64], period: usize, emit: impl FnMut(usize, usize, Sums)) {
    let lift = |bar, pivot| {
        let difference: f64 = values[bar] - values[pivot];
        Sums { weighted: difference, sum: difference, bars: 1.0 }
    };
    let join = |left: Sums, right: Sums| Sums {
        weighted: left.weighted + (right.weighted + left.bars * right.sum),
        sum: left.sum + right.sum,
        bars: left.bars + right.bars,
    };
    windows(values.len(), period, lift, join, emit);
}

/// What an exponential mean starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seed {
    /// The first value, at bar 0: pandas' `ewm(adjust=False)`.
    First,
    /// The mean of the first n, at bar n − 1: TA-Lib.
    Mean,
}

/// The exponential mean with k = 2 ÷ (n + 1).
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Ema, Seed};
///
/// let closes = [1.0, 3.0, 5.0];
/// assert_eq!(Ema::new(3, Seed::First)?.of(&closes)?.values(), [1.0, 2.0, 3.5]); // k = ½
/// let mean = Ema::new(3, Seed::Mean)?.of(&closes)?;
/// assert_eq!((mean.first_bar(), mean.values()), (Some(2), &[3.0][..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ema {
    period: usize,
    seed: Seed,
}

impl Ema {
    /// Returns the exponential mean of this n and seed.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    pub fn new(period: usize, seed: Seed) -> Result<Self, IndicatorError> {
        Ok(Self { period: checked_period(period, 1)?, seed })
    }

    /// Returns the means, from bar 0 on ([`Seed::First`]) or from bar n − 1 on ([`Seed::Mean`]).
    ///
    /// # Errors
    ///
    /// As of [`Sma::of`]; from the first value a single bar is enough.
    pub fn of(self, values: &[f64]) -> Result<Series, IndicatorError> {
        let values = checked(values, self.least())?;
        let means = self.of_differences(&differences(values));
        Ok(Series::starting(self.least() - 1, means).map(|mean| values[0] + mean))
    }

    /// Bars that the first mean needs.
    pub(super) fn least(self) -> usize {
        match self.seed {
            Seed::First => 1,
            Seed::Mean => self.period,
        }
    }

    /// Returns the means of values that were checked, the first of them that of bar `least() - 1`.
    pub(super) fn of_differences(self, values: &[f64]) -> Vec<f64> {
        smoothed(values, self.least(), 2.0 / (count(self.period) + 1.0))
    }
}

/// Returns the distance of each value from the first.
pub(super) fn differences(values: &[f64]) -> Vec<f64> {
    values.iter().map(|value| value - values[0]).collect()
}

/// Returns exponential means that start with the mean of so many values.
pub(super) fn smoothed(values: &[f64], seed: usize, weight: f64) -> Vec<f64> {
    let mut mean = values[..seed].iter().sum::<f64>() / count(seed);
    let next = move |&value: &f64| {
        mean += weight * (value - mean);
        mean
    };
    let mut means = Vec::with_capacity(values.len() + 1 - seed);
    means.push(mean);
    means.extend(values[seed..].iter().map(next));
    means
}
