//! A series and a probability → the value that so much of it lies below.
//!
//! In come finite numbers of any unit, in any order; out goes one of that unit. Between two of the sorted values the
//! methods differ; Hyndman and Fan, "Sample quantiles in statistical packages", The American Statistician 50 (1996),
//! number them.

use std::cmp::Ordering;

use super::error::StatsError;
use super::sums::{check, count, finite};

/// How a quantile is taken from n sorted values x₀ … xₙ₋₁: what stands at place h, and which h belongs to p.
///
/// A place beyond either end is that end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QuantileMethod {
    /// h = (n − 1)p, a straight line between both neighbours: type 7, the default of NumPy, pandas, R and Excel.
    Linear,
    /// h = (n − 1)p, the neighbour below.
    Lower,
    /// h = (n − 1)p, the neighbour above.
    Higher,
    /// h = (n − 1)p, the nearer neighbour, of equally near ones the one at the even place.
    Nearest,
    /// h = (n − 1)p, the mean of both neighbours.
    Midpoint,
    /// h = np − ½, a straight line: type 5.
    Hazen,
    /// h = (n + 1)p − 1, a straight line: type 6, Excel's `PERCENTILE.EXC`.
    Weibull,
    /// h = (n + ⅓)p − ⅔, a straight line: type 8, which Hyndman and Fan recommend.
    MedianUnbiased,
}

/// Returns the quantile at a probability from 0 to 1. O(n) but for the method's two neighbours.
///
/// # Errors
///
/// - [`StatsError::NotAProbability`], [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
///
/// # Examples
///
/// ```
/// use finnet_core::stats::{QuantileMethod, quantile};
///
/// let values = [4.0, 1.0, 2.0, 3.0];
/// assert_eq!(quantile(&values, 0.5, QuantileMethod::Linear)?, 2.5); // the median
/// assert_eq!(quantile(&values, 0.5, QuantileMethod::Lower)?, 2.0);
/// # Ok::<(), finnet_core::stats::StatsError>(())
/// ```
pub fn quantile(values: &[f64], probability: f64, method: QuantileMethod) -> Result<f64, StatsError> {
    check(values)?;
    quantile_of_finite(values, probability, method)
}

/// Returns the quantile of values that were found finite, and are some.
pub(super) fn quantile_of_finite(values: &[f64], probability: f64, method: QuantileMethod) -> Result<f64, StatsError> {
    if !(0.0..=1.0).contains(&probability) {
        return Err(StatsError::NotAProbability);
    }
    let place = place(count(values.len()), probability, method);
    let below = floor_to_usize(place);
    let (mut values, skipped) = around(values, below, (below + 1).min(values.len() - 1));
    let (_, &mut low, above) = values.select_nth_unstable_by(below - skipped, f64::total_cmp);
    // At the last place there is none above; the place is whole there.
    let least = |least, &value| if value < least { value } else { least };
    let high = above.split_first().map_or(low, |(&first, rest)| rest.iter().fold(first, least));
    finite(at_place(place, [low, high], method))
}

/// Returns some of the values in any order, and how many of all are below them: those that stand at the places from `first`
/// to `last` of the sorted values are among them.
///
/// Of a long series a sample says where they must be, all others are left out in one pass; where it misled, and of a
/// short one, all are there.
pub(super) fn around(values: &[f64], first: usize, last: usize) -> (Vec<f64>, usize) {
    const SAMPLE: usize = 64;
    let n = values.len();
    if n < 8 * SAMPLE {
        return (values.to_vec(), 0);
    }
    let mut sample: [f64; SAMPLE] = std::array::from_fn(|at| values[at * n / SAMPLE]);
    sample.sort_unstable_by(f64::total_cmp);
    // Three deviations of a binomial count, and one place.
    let margin = |place: usize| {
        let part = count(place) / count(n);
        (part * count(SAMPLE), 3.0 * (count(SAMPLE) * part * (1.0 - part)).sqrt() + 1.0)
    };
    let ((low, low_margin), (high, high_margin)) = (margin(first), margin(last));
    let low = if low < low_margin { f64::NEG_INFINITY } else { sample[floor_to_usize(low - low_margin)] };
    let high = sample.get(floor_to_usize(high + high_margin)).copied().unwrap_or(f64::INFINITY);
    let kept = match (low, high) {
        (f64::NEG_INFINITY, _) => kept(values, |value| value <= high).map(|kept| (0, kept)),
        (_, f64::INFINITY) => kept(values, |value| low <= value).map(|kept| (n - kept.len(), kept)),
        _ => kept(values, |value| (low..=high).contains(&value))
            .map(|kept| (values.iter().map(|&value| usize::from(value < low)).sum(), kept)),
    };
    match kept {
        Some((below, kept)) if below <= first && last < below + kept.len() => (kept, below),
        _ => (values.to_vec(), 0),
    }
}

/// Returns the values that are chosen; `None` where these are half of all or more.
fn kept(values: &[f64], chosen: impl Fn(f64) -> bool) -> Option<Vec<f64>> {
    const AT_ONCE: usize = 8;
    let (mut kept, mut len) = (vec![0.0; values.len() / 2], 0);
    // Each is written, and the next over it where it was not chosen: without a branch to guess.
    for some in values.chunks(AT_ONCE) {
        let places = kept[len..].first_chunk_mut::<AT_ONCE>()?;
        let mut place = 0;
        for &value in some {
            places[place % AT_ONCE] = value;
            place += usize::from(chosen(value));
        }
        len += place;
    }
    kept.truncate(len);
    Some(kept)
}

/// Returns the quantile of ascending values, as [`quantile`] does of any.
pub(super) fn quantile_of_sorted(values: &[f64], probability: f64, method: QuantileMethod) -> Result<f64, StatsError> {
    if values.is_empty() {
        return Err(StatsError::Empty);
    }
    if !(0.0..=1.0).contains(&probability) {
        return Err(StatsError::NotAProbability);
    }
    let place = place(count(values.len()), probability, method);
    let below = floor_to_usize(place);
    let above = (below + 1).min(values.len() - 1);
    finite(at_place(place, [values[below], values[above]], method))
}

/// Returns what stands at a place, from the values on both sides of it.
fn at_place(place: f64, [low, high]: [f64; 2], method: QuantileMethod) -> f64 {
    let below = floor_to_usize(place);
    let part = place - count(below);
    match method {
        _ if part == 0.0 => low,
        QuantileMethod::Lower => low,
        QuantileMethod::Higher => high,
        QuantileMethod::Nearest => match part.total_cmp(&0.5) {
            Ordering::Less => low,
            Ordering::Equal if below.is_multiple_of(2) => low,
            Ordering::Equal | Ordering::Greater => high,
        },
        QuantileMethod::Midpoint => between(low, high, 0.5),
        QuantileMethod::Linear | QuantileMethod::Hazen | QuantileMethod::Weibull | QuantileMethod::MedianUnbiased => {
            between(low, high, part)
        }
    }
}

/// Returns the place of the quantile, from 0 to n − 1.
fn place(n: f64, p: f64, method: QuantileMethod) -> f64 {
    let place = match method {
        QuantileMethod::Linear
        | QuantileMethod::Lower
        | QuantileMethod::Higher
        | QuantileMethod::Nearest
        | QuantileMethod::Midpoint => (n - 1.0) * p,
        QuantileMethod::Hazen => n * p - 0.5,
        QuantileMethod::Weibull => (n + 1.0) * p - 1.0,
        QuantileMethod::MedianUnbiased => (n + 1.0 / 3.0) * p - 2.0 / 3.0,
    };
    place.clamp(0.0, n - 1.0)
}

/// Returns the point on the line, from the nearer end, so that it never leaves the two.
fn between(low: f64, high: f64, part: f64) -> f64 {
    if part < 0.5 { low + (high - low) * part } else { high - (high - low) * (1.0 - part) }
}

/// Returns the whole part of a place, 0 or above.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to the length of a slice")]
pub(super) fn floor_to_usize(place: f64) -> usize {
    place as usize
}
