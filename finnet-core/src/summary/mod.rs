//! The sheet that people read: what was earned, at what risk, beside a benchmark, month by month.
//!
//! In come returns, or dated valuations of an account; out come all the statistics of one [`Convention`] together, plain
//! numbers that are displayed as a table. Nothing is computed here: each number is that of its own type in
//! [`stats`](crate::stats) and [`performance`](crate::performance).
//!
//! # Examples
//!
//! ```
//! use finnet_core::stats::Convention;
//! use finnet_core::summary::Summary;
//!
//! let returns = [0.01, -0.02, 0.03, 0.005, -0.01];
//! let summary = Summary::of(&returns, &Convention::empyrical())?;
//! assert_eq!((summary.total_return * 1e9).round(), 14_345_555.0); // 1.01 · 0.98 · 1.03 · 1.005 · 0.99 − 1
//! let beside = summary.against(&[0.005, -0.01, 0.015, 0.0025, -0.005])?;
//! assert_eq!(beside.beta, Some(2.0));
//! assert!(summary.to_string().contains("Sharpe ratio"));
//! # Ok::<(), finnet_core::stats::StatsError>(())
//! ```

mod sheet;

use std::fmt;

pub use sheet::{Sheet, SummaryError};

use crate::stats::{Convention, Side, StatsError, correlation, cumulative_return, max_drawdown};

/// The statistics of a series of returns in one convention; `None` where it leaves one undefined.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary<'a> {
    returns: &'a [f64],
    convention: Convention,
    /// Π(1 + r) − 1.
    pub total_return: f64,
    /// The same a year.
    pub annual_return: Option<f64>,
    /// The deviation of returns, a year.
    pub volatility: Option<f64>,
    /// The deviation below the target, a year.
    pub downside_deviation: f64,
    /// Excess return for its deviation.
    pub sharpe: Option<f64>,
    /// Excess return for its deviation below the target.
    pub sortino: Option<f64>,
    /// Return of a year for the deepest drawdown.
    pub calmar: Option<f64>,
    /// Gains over the target for the losses below it.
    pub omega: Option<f64>,
    /// The deepest fall from a peak, 0 or below.
    pub max_drawdown: f64,
    /// The ulcer index: the root mean square of drawdowns.
    pub ulcer_index: Option<f64>,
    /// The return that one in 1 ÷ tail falls below.
    pub value_at_risk: Option<f64>,
    /// The mean of the returns below it.
    pub conditional_value_at_risk: Option<f64>,
    /// The right tail for the left one.
    pub tail_ratio: Option<f64>,
    /// Skewness of the returns.
    pub skewness: Option<f64>,
    /// Kurtosis of the returns.
    pub kurtosis: Option<f64>,
    /// The part of the returns that are gains.
    pub win_rate: Option<f64>,
    /// Σ gains for Σ losses.
    pub profit_factor: Option<f64>,
    /// R² of the logarithm of wealth over time.
    pub stability: Option<f64>,
}

/// The statistics of returns beside those of a benchmark; `None` where the convention leaves one undefined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beside {
    /// Covariance with the benchmark for its variance.
    pub beta: Option<f64>,
    /// What was earned beyond beta.
    pub alpha: Option<f64>,
    /// The correlation of both.
    pub correlation: Option<f64>,
    /// The deviation of the difference, a year.
    pub tracking_error: Option<f64>,
    /// The difference for its deviation.
    pub information_ratio: Option<f64>,
    /// What was kept of the benchmark's gains.
    pub up_capture: Option<f64>,
    /// What was borne of its losses.
    pub down_capture: Option<f64>,
}

impl<'a> Summary<'a> {
    /// Returns the statistics of simple returns, as fractions.
    ///
    /// # Errors
    ///
    /// - [`StatsError::Empty`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    /// - [`StatsError::NotAYear`] and the like, of what the convention says.
    pub fn of(returns: &'a [f64], convention: &Convention) -> Result<Self, StatsError> {
        let of = convention;
        Ok(Self {
            returns,
            convention: *convention,
            total_return: cumulative_return(returns)?,
            annual_return: of.annual_return().of(returns)?,
            volatility: of.volatility().of(returns)?,
            downside_deviation: of.downside_deviation().of(returns)?,
            sharpe: of.sharpe().of(returns)?,
            sortino: of.sortino().of(returns)?,
            calmar: of.calmar().of(returns)?,
            omega: of.omega().of(returns)?,
            max_drawdown: max_drawdown(returns)?,
            ulcer_index: of.ulcer_index().of(returns)?,
            value_at_risk: of.value_at_risk().of(returns)?,
            conditional_value_at_risk: of.conditional_value_at_risk().of(returns)?,
            tail_ratio: of.tail_ratio().of(returns)?,
            skewness: of.skewness().of(returns)?,
            kurtosis: of.kurtosis().of(returns)?,
            win_rate: of.win_rate().of(returns)?,
            profit_factor: of.profit_factor().of(returns)?,
            stability: of.stability().of(returns)?,
        })
    }

    /// Returns the statistics beside the returns of a benchmark in the same periods.
    ///
    /// # Errors
    ///
    /// - [`StatsError::LengthsDiffer`], [`StatsError::NotFinite`], [`StatsError::Overflow`].
    pub fn against(&self, benchmark: &[f64]) -> Result<Beside, StatsError> {
        let (of, returns) = (&self.convention, self.returns);
        Ok(Beside {
            beta: of.beta().of(returns, benchmark)?,
            alpha: of.alpha().of(returns, benchmark)?,
            correlation: correlation(returns, benchmark)?,
            tracking_error: of.tracking_error().of(returns, benchmark)?,
            information_ratio: of.information_ratio().of(returns, benchmark)?,
            up_capture: of.capture(Side::Up).of(returns, benchmark)?,
            down_capture: of.capture(Side::Down).of(returns, benchmark)?,
        })
    }
}

/// A table, a statistic a line; `–` where it is undefined.
impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<28}{:>12}", "Periods", self.returns.len())?;
        percent(f, "Total return", Some(self.total_return))?;
        percent(f, "Annual return", self.annual_return)?;
        percent(f, "Volatility", self.volatility)?;
        percent(f, "Downside deviation", Some(self.downside_deviation))?;
        number(f, "Sharpe ratio", self.sharpe)?;
        number(f, "Sortino ratio", self.sortino)?;
        number(f, "Calmar ratio", self.calmar)?;
        number(f, "Omega ratio", self.omega)?;
        percent(f, "Maximum drawdown", Some(self.max_drawdown))?;
        percent(f, "Ulcer index", self.ulcer_index)?;
        percent(f, "Value at risk", self.value_at_risk)?;
        percent(f, "Conditional value at risk", self.conditional_value_at_risk)?;
        number(f, "Tail ratio", self.tail_ratio)?;
        number(f, "Skewness", self.skewness)?;
        number(f, "Kurtosis", self.kurtosis)?;
        percent(f, "Win rate", self.win_rate)?;
        number(f, "Profit factor", self.profit_factor)?;
        number(f, "Stability", self.stability)
    }
}

/// A table, a statistic a line; `–` where it is undefined.
impl fmt::Display for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        number(f, "Beta", self.beta)?;
        percent(f, "Alpha", self.alpha)?;
        number(f, "Correlation", self.correlation)?;
        percent(f, "Tracking error", self.tracking_error)?;
        number(f, "Information ratio", self.information_ratio)?;
        percent(f, "Up capture", self.up_capture)?;
        percent(f, "Down capture", self.down_capture)
    }
}

fn percent(f: &mut fmt::Formatter<'_>, name: &str, value: Option<f64>) -> fmt::Result {
    match value {
        Some(value) => writeln!(f, "{name:<28}{:>10.2} %", value * 100.0),
        None => writeln!(f, "{name:<28}{:>12}", "–"),
    }
}

fn number(f: &mut fmt::Formatter<'_>, name: &str, value: Option<f64>) -> fmt::Result {
    match value {
        Some(value) => writeln!(f, "{name:<28}{value:>12.3}"),
        None => writeln!(f, "{name:<28}{:>12}", "–"),
    }
}
