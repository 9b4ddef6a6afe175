//! Exponential means of exponential means: DEMA, TEMA and TRIX.
//!
//! With E₁ = EMA(x), E₂ = EMA(E₁), E₃ = EMA(E₂): DEMA = 2E₁ − E₂ and TEMA = 3E₁ − 3E₂ + E₃, in the input's unit; TRIX =
//! 100 · (E₃ ÷ E₃ of the bar before − 1), in per cent. All are kept as differences to the first value.
//!
//! Mulloy, "Smoothing data with faster moving averages", Stocks & Commodities 12 (1994); Hutson, "Good TRIX", Stocks &
//! Commodities 1 (1983).

use super::average::Origin;
use super::input::checked;
use super::smooth::Smoothed;
use super::stream::{Indicator, State, series, streams};
use super::{Ema, EmaStart, IndicatorError, Series};

/// DEMA: twice the exponential mean less the mean of it.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Dema, EmaStart};
///
/// let mean = Dema::new(3, EmaStart::First)?; // k = ½
/// assert_eq!(mean.of(&[0.0, 4.0])?.values(), [0.0, 3.0]); // 2 · 2 − 1
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dema {
    ema: Ema,
}

impl Dema {
    /// Returns the mean of this n; each is started so, by [`EmaStart::Mean`] with the mean of its first n inputs.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    pub fn new(period: usize, start: EmaStart) -> Result<Self, IndicatorError> {
        Ok(Self { ema: Ema::new(period, start)? })
    }

    /// Returns the means, from bar 0 or, by [`EmaStart::Mean`], from bar 2 (n − 1) on.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Empty`], [`IndicatorError::TooShort`] for fewer bars than the first value needs.
    /// - [`IndicatorError::NotFinite`], [`IndicatorError::TooLarge`] for what is no number within the bounds.
    pub fn of(self, values: &[f64]) -> Result<Series, IndicatorError> {
        Ok(series(self.state(), checked(values, least(self.ema, 2, 0))?.iter().copied()))
    }
}

impl Indicator for Dema {
    type Input = f64;
    type Output = Option<f64>;
    type State = DemaState;

    fn state(self) -> DemaState {
        DemaState { origin: Origin::default(), means: [self.ema.smoothed(0); 2] }
    }
}

/// The mean and its mean.
#[derive(Clone, Debug, PartialEq)]
pub struct DemaState {
    origin: Origin,
    means: [Smoothed; 2],
}

impl State for DemaState {
    type Input = f64;
    type Output = Option<f64>;

    fn step(&mut self, value: f64) -> Option<f64> {
        let first = self.origin.of(value);
        let [one, two] = &mut self.means;
        let once = one.step(value - first)?;
        let twice = two.step(once)?;
        Some(first + (2.0 * once - twice))
    }
}
/// TEMA: three times the distance of the exponential mean from the mean of it, and the mean of that.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Tema, EmaStart};
///
/// let mean = Tema::new(3, EmaStart::First)?; // k = ½
/// assert_eq!(mean.of(&[0.0, 4.0])?.values(), [0.0, 3.5]); // 3 · 2 − 3 · 1 + 0.5
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tema {
    ema: Ema,
}

impl Tema {
    /// Returns the mean of this n; each is started so, by [`EmaStart::Mean`] with the mean of its first n inputs.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    pub fn new(period: usize, start: EmaStart) -> Result<Self, IndicatorError> {
        Ok(Self { ema: Ema::new(period, start)? })
    }

    /// Returns the means, from bar 0 or, by [`EmaStart::Mean`], from bar 3 (n − 1) on.
    ///
    /// # Errors
    ///
    /// As of [`Dema::of`].
    pub fn of(self, values: &[f64]) -> Result<Series, IndicatorError> {
        Ok(series(self.state(), checked(values, least(self.ema, 3, 0))?.iter().copied()))
    }
}

impl Indicator for Tema {
    type Input = f64;
    type Output = Option<f64>;
    type State = TemaState;

    fn state(self) -> TemaState {
        TemaState { origin: Origin::default(), means: [self.ema.smoothed(0); 3] }
    }
}

/// The mean, its mean, and the mean of that.
#[derive(Clone, Debug, PartialEq)]
pub struct TemaState {
    origin: Origin,
    means: [Smoothed; 3],
}

impl State for TemaState {
    type Input = f64;
    type Output = Option<f64>;

    fn step(&mut self, value: f64) -> Option<f64> {
        let first = self.origin.of(value);
        let [one, two, three] = &mut self.means;
        let once = one.step(value - first)?;
        let twice = two.step(once)?;
        let thrice = three.step(twice)?;
        Some(first + (3.0 * (once - twice) + thrice))
    }
}
/// TRIX: the change of the exponential mean taken three times over, in per cent of it a bar.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Trix, EmaStart};
///
/// let trix = Trix::new(3, EmaStart::First)?; // k = ½
/// assert_eq!(trix.of(&[4.0, 8.0])?.values(), [12.5]); // from 4 to 4.5
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trix {
    ema: Ema,
}

impl Trix {
    /// Returns the mean of this n; each is started so, by [`EmaStart::Mean`] with the mean of its first n inputs.
    ///
    /// # Errors
    ///
    /// - [`IndicatorError::Period`] for 0.
    pub fn new(period: usize, start: EmaStart) -> Result<Self, IndicatorError> {
        Ok(Self { ema: Ema::new(period, start)? })
    }

    /// Returns the changes, from bar 1 or, by [`EmaStart::Mean`], from bar 3 (n − 1) + 1 on; undefined where the mean
    /// before is 0, or so near to it that the quotient is no double.
    ///
    /// # Errors
    ///
    /// As of [`Dema::of`].
    pub fn of(self, values: &[f64]) -> Result<Series, IndicatorError> {
        Ok(series(self.state(), checked(values, least(self.ema, 3, 1))?.iter().copied()))
    }
}

impl Indicator for Trix {
    type Input = f64;
    type Output = Option<f64>;
    type State = TrixState;

    fn state(self) -> TrixState {
        TrixState { origin: Origin::default(), means: [self.ema.smoothed(0); 3], before: None }
    }
}

/// The mean, its mean, the mean of that, and what it was.
#[derive(Clone, Debug, PartialEq)]
pub struct TrixState {
    origin: Origin,
    means: [Smoothed; 3],
    before: Option<f64>,
}

impl State for TrixState {
    type Input = f64;
    type Output = Option<f64>;

    fn step(&mut self, value: f64) -> Option<f64> {
        let first = self.origin.of(value);
        let [one, two, three] = &mut self.means;
        let once = one.step(value - first)?;
        let thrice = two.step(once).and_then(|twice| three.step(twice))?;
        let before = self.before.replace(thrice)?;
        let percent = 100.0 * ((thrice - before) / (first + before));
        Some(percent).filter(|percent| percent.is_finite())
    }
}
/// Returns the bars that a mean so deep needs, and so many more.
fn least(ema: Ema, deep: usize, more: usize) -> usize {
    (ema.least() - 1).saturating_mul(deep).saturating_add(1 + more)
}

streams!(Dema, Tema, Trix);
