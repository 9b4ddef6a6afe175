//! Returns → how they hang on those before them, and how straight wealth grew: autocorrelation, stability.
//!
//! In come finite numbers of any unit, or simple returns of a period as fractions; out go correlations, and a square of
//! one, without a unit.

use super::convention::OverZero;
use super::describe::correlation;
use super::error::StatsError;
use super::sums::{Spread, check, check_lengths, count, sums};
use crate::number::ln;

/// How the values are compared with those some places before them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AutocorrelationMethod {
    /// Pearson's correlation of the series without its first values and of that without its last, each with a mean and a
    /// deviation of its own: pandas.
    OfParts,
    /// Σ (xᵢ − mean)(xᵢ₋ₗ − mean) ÷ Σ (x − mean)², one mean of all: statsmodels' `acf`. Box and Jenkins, "Time
    /// Series Analysis", 1970.
    OfAll,
    /// The same with the numerator over n − lag and the denominator over n: statsmodels' `adjusted=True`.
    OfAllAdjusted,
}

/// Autocorrelation: of the values with those so many places before.
///
/// # Examples
///
/// ```
/// use finnet_core::stats::{Autocorrelation, AutocorrelationMethod};
///
/// let by = |method| Autocorrelation { lag: 2, method }.of(&[1.0, 2.0, 4.0, 1.0]);
/// assert_eq!(by(AutocorrelationMethod::OfAll)?, Some(-1.0 / 3.0));
/// assert_eq!(by(AutocorrelationMethod::OfAllAdjusted)?, Some(-2.0 / 3.0));
/// # Ok::<(), finnet_core::stats::StatsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Autocorrelation {
    /// How many places before.
    pub lag: usize,
    /// Of the parts or of all.
    pub method: AutocorrelationMethod,
}

impl Autocorrelation {
    /// Returns the autocorrelation; `None` of a constant, and where there is no value so many places before.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    pub fn of(&self, values: &[f64]) -> Result<Option<f64>, StatsError> {
        check(values)?;
        let n = values.len();
        let Some(pairs) = n.checked_sub(self.lag).filter(|&pairs| pairs > 0) else { return Ok(None) };
        let (early, late) = (&values[..pairs], &values[self.lag..]);
        if self.method == AutocorrelationMethod::OfParts {
            return correlation(late, early);
        }
        let spread = Spread::of(values)?;
        let [together] = sums(late, early, |x, y| [spread.off(x) * spread.off(y)]);
        let over = if self.method == AutocorrelationMethod::OfAll { n } else { pairs };
        OverZero::Undefined.divide(together * (count(n) / count(over)), spread.squares)
    }
}

/// Stability: R² of the straight line through the cumulative log returns, from 0 to 1.
///
/// empyrical's `stability_of_timeseries`; a straight line is a wealth that grew by the same fraction every period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stability {
    /// The stability where wealth never moved: undefined in empyrical.
    pub over_zero: OverZero,
}

impl Stability {
    /// Returns the stability; `None` of one return, and where all or more was lost.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    pub fn of(&self, returns: &[f64]) -> Result<Option<f64>, StatsError> {
        check_lengths(returns, returns)?;
        let mut logs: Vec<f64> = returns.iter().map(|&r| ln_1p_near(r)).collect();
        let [far] = sums(returns, returns, |r, _| [if r.abs() <= NEAR { 0.0 } else { 1.0 }]);
        if far > 0.0 {
            check(returns)?;
            if returns.iter().any(|&r| r <= -1.0) {
                return Ok(None);
            }
            logs.iter_mut().zip(returns).filter(|(_, r)| r.abs() > NEAR).for_each(|(log, &r)| *log = ln(1.0 + r));
        }
        accumulate(&mut logs);
        let n = count(logs.len());
        let (middle, places): (f64, Vec<f64>) = ((n - 1.0) / 2.0, (0..logs.len()).map(count).collect());
        let spread = Spread::of(&logs)?;
        let [products] = sums(&places, &logs, |place, log| [(place - middle) * spread.off(log)]);
        // The squares of the places about their middle; of one return 0, as the spread is.
        let squares = n * (n * n - 1.0) / 12.0;
        if squares == 0.0 {
            return Ok(None);
        }
        let squared = self.over_zero.divide(products / squares * products, spread.squares)?;
        Ok(squared.map(|squared| squared.min(1.0)))
    }
}

/// Turns values into their sums up to each: four parts at once, each of which then begins where the one before ends.
fn accumulate(values: &mut [f64]) {
    let part = values.len() / 4;
    let (one, rest) = values.split_at_mut(part);
    let (two, rest) = rest.split_at_mut(part);
    let (three, four) = rest.split_at_mut(part);
    let mut ends = [0.0; 4];
    for (((one, two), three), four) in one.iter_mut().zip(&mut *two).zip(&mut *three).zip(&mut *four) {
        for (end, value) in ends.iter_mut().zip([one, two, three, four]) {
            *end += *value;
            *value = *end;
        }
    }
    for value in &mut four[part..] {
        ends[3] += *value;
        *value = ends[3];
    }
    let mut before = 0.0;
    for (end, part) in ends.iter().zip([one, two, three, four]) {
        for value in part {
            *value += before;
        }
        before += end;
    }
}

/// Up to here [`ln_1p_near`] holds.
const NEAR: f64 = 0.0625;

/// Returns ln(1 + r), to 3 ulps, as 2 artanh(s) with s = r ÷ (2 + r): the series ends at s¹³, 2⁻⁶³ of the value. Without a
/// table or a branch, so that several go at once.
fn ln_1p_near(r: f64) -> f64 {
    let s = r / (2.0 + r);
    let z = s * s;
    let series = 1.0 / 7.0 + z * (1.0 / 9.0 + z * (1.0 / 11.0));
    let series = z * (1.0 / 3.0 + z * (0.2 + z * series));
    2.0 * s + 2.0 * s * series
}
