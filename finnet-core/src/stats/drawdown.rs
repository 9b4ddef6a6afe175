//! Returns → how far wealth fell below what it had been.
//!
//! In come simple returns of a period as fractions; wealth begins at 1, which counts as a peak. Out go depths from 0 to
//! −1 (wealth ÷ the highest before − 1), and the table of drawdowns. A place k is the wealth after k returns, 0 the
//! start: the return that led to it is `returns[k − 1]`.

use super::error::StatsError;
use super::path::Path;
use super::quantile::{QuantileMethod, quantile};
use super::sums::{check, finite};

/// Returns the drawdown after each return: wealth ÷ highest wealth so far − 1, 0 or below.
///
/// # Errors
///
/// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
pub fn drawdown_series(returns: &[f64]) -> Result<Vec<f64>, StatsError> {
    let mut depths = Vec::with_capacity(returns.len());
    walk(returns, |_, _, depth| depths.push(depth))?;
    Ok(depths)
}

/// Returns the deepest drawdown, 0 or below.
///
/// Return by return it is [`Path::max_drawdown`]; of the last so many returns that of a [`Path`] of them.
///
/// # Errors
///
/// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
pub fn max_drawdown(returns: &[f64]) -> Result<f64, StatsError> {
    Ok(Path::of(returns)?.max_drawdown())
}

/// A fall of wealth below a peak, until it is back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawdown {
    /// The place of the peak: the last one at that height before the fall.
    pub peak: usize,
    /// The place of the lowest wealth, the first of equal ones.
    pub valley: usize,
    /// The first place where wealth is at the peak's height again or above; `None` while it is below.
    pub recovery: Option<usize>,
    /// Wealth at the valley ÷ wealth at the peak − 1, below 0.
    pub depth: f64,
}

impl Drawdown {
    /// Returns the deepest of its days after leaving out those at or beyond a quantile of their own depths: quantstats'
    /// `99% max drawdown` with a part of 0.99 and [`QuantileMethod::Linear`]. The series is the [`drawdown_series`] of the
    /// same returns; `None` where nothing is left.
    ///
    /// # Errors
    ///
    /// - [`StatsError::NotAProbability`] for a part beyond 0 and 1; [`StatsError::Empty`] for the series of other returns,
    ///   and for a drawdown that recovered no later than its peak: one that no series has.
    pub fn depth_within(&self, series: &[f64], part: f64, method: QuantileMethod) -> Result<Option<f64>, StatsError> {
        // The depth after k returns is at k − 1; the first day below the peak is the one after it.
        let days = series.get(self.peak..self.recovery.map_or(series.len(), |recovery| recovery.saturating_sub(1)));
        let falls: Vec<f64> = days.unwrap_or_default().iter().map(|depth| -depth).collect();
        let end = quantile(&falls, part, method)?;
        Ok(falls.into_iter().filter(|&fall| fall < end).max_by(f64::total_cmp).map(|fall| -fall))
    }
}

/// Returns all drawdowns, oldest first; the last of them may be without recovery.
///
/// # Errors
///
/// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
///
/// # Examples
///
/// ```
/// use finnet_core::stats::drawdowns;
///
/// let table = drawdowns(&[0.5, -0.5, 1.0, 0.25, -0.2])?;
/// let [first, last] = table.all() else { panic!("two drawdowns") };
/// assert_eq!((first.peak, first.valley, first.recovery, first.depth), (1, 2, Some(3), -0.5));
/// assert_eq!((last.peak, last.valley, last.recovery), (4, 5, None)); // still under water
/// assert_eq!(table.deepest(1), [*first]);
/// # Ok::<(), finnet_core::stats::StatsError>(())
/// ```
pub fn drawdowns(returns: &[f64]) -> Result<Drawdowns, StatsError> {
    let mut all: Vec<Drawdown> = Vec::new();
    walk(returns, |place, peak, depth| match all.last_mut().filter(|last| last.recovery.is_none()) {
        Some(last) if depth == 0.0 => last.recovery = Some(place),
        Some(last) if depth < last.depth => (last.valley, last.depth) = (place, depth),
        None if depth < 0.0 => all.push(Drawdown { peak, valley: place, recovery: None, depth }),
        _ => {}
    })?;
    Ok(Drawdowns { all })
}

/// The drawdowns of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawdowns {
    all: Vec<Drawdown>,
}

impl Drawdowns {
    /// Returns all, oldest first.
    pub fn all(&self) -> &[Drawdown] {
        &self.all
    }

    /// Returns at most so many, deepest first, the older first of equally deep ones.
    pub fn deepest(&self, most: usize) -> Vec<Drawdown> {
        let mut deepest = self.all.clone();
        deepest.sort_by(|a, b| a.depth.total_cmp(&b.depth));
        deepest.truncate(most);
        deepest
    }
}

/// Visits every place after the start, with the place of the peak before it and the depth below that.
fn walk(returns: &[f64], mut visit: impl FnMut(usize, usize, f64)) -> Result<(), StatsError> {
    check(returns)?;
    let (mut wealth, mut highest, mut peak) = (1.0_f64, 1.0_f64, 0);
    for (place, r) in (1..).zip(returns) {
        wealth = finite(wealth * (1.0 + r))?;
        if wealth >= highest {
            (highest, peak) = (wealth, place);
        }
        // One bit below the peak the quotient is below 1 too: a depth of 0 is a wealth at the peak.
        visit(place, peak, finite(wealth / highest - 1.0)?);
    }
    Ok(())
}
