//! Statistics: of exact money, and of series of prices and returns.
//!
//! Of [`Amount`](crate::Amount)s: [`Moments`], computed in integers and rounded once; those of parts merge to the same
//! bits as those of the whole, however the values were dealt out.
//!
//! Of a series of doubles, in order: returns of prices, growth and scatter ([`simple_returns`], [`AnnualReturn`],
//! [`Volatility`]); ratios ([`Sharpe`], [`Sortino`], [`Calmar`], [`Omega`], [`TailRatio`]); [`drawdowns`], [`UlcerIndex`]
//! and [`Serenity`]; wins and losses ([`WinRate`], [`ProfitFactor`], [`kelly_fraction`]); the tail
//! ([`ValueAtRisk`], [`ConditionalValueAtRisk`]); [`quantile`], [`mean`], [`variance`], [`Skewness`], [`Kurtosis`];
//! [`Autocorrelation`] and [`Stability`]; months and years ([`period_returns`], [`monthly_table`]); and
//! beside a benchmark ([`Beta`], [`Alpha`], [`TrackingError`], [`InformationRatio`], [`Capture`]). Returns are simple,
//! of one period, as fractions: 0.01 is 1 %.
//!
//! A statistic that the field disputes is a small value that carries its conventions in sight: nothing stands for 252
//! sessions, a rate free of risk or n − 1 unsaid; a package's habits come together by its name ([`Convention`]). NaN
//! neither goes in nor comes out: what is given wrong is a [`StatsError`], what is undefined is `None`, and ∞ comes only
//! where [`OverZero::Infinite`] asks for it.
//!
//! `of` a slice is the quick way. Over time each is a [`Statistic`]: [`Statistic::stream`] takes value by value and merges
//! with what comes next, [`Statistic::rolling`] moves a window. What is a function of a slice, such as [`mean`], is a value
//! too for that, such as [`Mean`]. What it must know of the values is an [`Accumulator`]:
//!
//! | keeps | statistics | parts merge | bytes |
//! |---|---|---|---|
//! | [`Scatter`]: Σx, Σx² | [`Mean`], [`Variance`], [`StandardDeviation`], [`Volatility`], [`Sharpe`] | exactly, in any order | 1,600 |
//! | [`Shape`]: up to Σx⁴ | [`Skewness`], [`Kurtosis`] | exactly, in any order | 5,296 |
//! | [`Pairs`]: sums, squares, Σxy | [`Covariance`], [`Correlation`], [`Beta`], [`Alpha`], [`TrackingError`], [`InformationRatio`] | exactly, in any order | 4,240 |
//! | [`Outcomes`]: sums about a target | [`Sortino`], [`DownsideDeviation`], [`Omega`], [`ProfitFactor`], [`GainToPain`], [`WinRate`] | exactly, in any order | 2,144 |
//! | [`Sorted`]: the values | [`Quantile`], [`ValueAtRisk`], [`ConditionalValueAtRisk`], [`TailRatio`] | exactly, in any order | 8 a value |
//! | [`Path`]: wealth and its extremes | [`CumulativeReturn`], [`AnnualReturn`], [`MaxDrawdown`], [`Calmar`] | adjacent ones, to rounding | 40 |
//! | [`Sides`]: growth by a benchmark's sign | [`Capture`] | to rounding | 56 |
//! | [`Kept`]: the values in order | [`UlcerIndex`], [`Serenity`], [`Stability`], [`Autocorrelation`] | adjacent ones, exactly | 8 a value |
//!
//! # Examples
//!
//! ```
//! use finnet_core::stats::{Annualise, Deviation, OverZero, RiskFree, Sharpe, drawdowns, simple_returns};
//!
//! let returns = simple_returns(&[100.0, 200.0, 150.0, 300.0])?;
//! assert_eq!(returns, [1.0, -0.25, 1.0]);
//! let sharpe = Sharpe {
//!     risk_free: RiskFree::PerPeriod(0.0),
//!     annualise: Annualise::PerPeriod,
//!     deviation: Deviation::Sample,
//!     over_zero: OverZero::Undefined,
//! };
//! assert_eq!(sharpe.of(&returns)?.map(|ratio| (ratio * 1e3).round()), Some(808.0)); // 7 ÷ 12 by the root of 25 ÷ 48
//! let deepest = drawdowns(&returns)?.deepest(1);
//! assert_eq!((deepest[0].depth, deepest[0].peak, deepest[0].valley), (-0.25, 1, 2));
//! # Ok::<(), finnet_core::stats::StatsError>(())
//! ```

mod benchmark;
mod bundle;
mod convention;
mod describe;
mod drawdown;
mod error;
mod exact;
mod held;
mod moments;
mod outcomes;
mod over_time;
mod pairs;
mod parts;
mod path;
mod periods;
mod plain;
mod quantile;
mod ratio;
mod returns;
mod scatter;
mod statistic;
mod sums;
mod tail;
mod trend;
mod ulcer;
mod wide;
mod wide_integer;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod streaming;

pub use crate::number::Deviation;
pub use benchmark::{Alpha, AlphaOf, Beta, Capture, InformationRatio, Side, TrackingError};
pub use bundle::{Convention, OverZeros};
pub use convention::{Annualise, OverZero, RiskFree};
pub use describe::{Bias, Kurtosis, KurtosisOf, Skewness, correlation, covariance, mean, standard_deviation, variance};
pub use drawdown::{Drawdown, Drawdowns, drawdown_series, drawdowns, max_drawdown};
pub use error::StatsError;
pub use held::{Kept, Sorted};
pub use moments::Moments;
pub use outcomes::{GainToPain, ProfitFactor, WinRate, Zeros, average_loss, average_win, kelly_fraction, payoff_ratio};
pub use pairs::Pairs;
pub use parts::Outcomes;
pub use path::{Path, Sides};
pub use periods::{Period, PeriodReturn, YearOfMonths, monthly_table, period_returns};
pub use plain::{Correlation, Covariance, CumulativeReturn, MaxDrawdown, Mean, Quantile, StandardDeviation, Variance};
pub use quantile::{QuantileMethod, quantile};
pub use ratio::{Calmar, Omega, Sharpe, Sortino, TailRatio};
pub use returns::{
    AnnualReturn, DownsideDeviation, Shortfalls, Volatility, cumulative_return, log_returns, simple_returns,
};
pub use scatter::{Scatter, Shape};
pub use statistic::{Accumulator, Observation, SeriesOf, Statistic, Stream};
pub use tail::{ConditionalMethod, ConditionalValueAtRisk, ValueAtRisk, ValueAtRiskMethod};
pub use trend::{Autocorrelation, AutocorrelationMethod, Stability};
pub use ulcer::{Serenity, UlcerIndex};
