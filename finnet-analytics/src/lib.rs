//! SQL over portfolio valuations, with Apache DataFusion.
//!
//! In come the valuations that app1 keeps, from CSV files or (feature `mysql`) from MySQL tables; out go answers to
//! questions in SQL, and a [`Report`] of the statistics of the daily network. Everything is exact: decimals are never
//! floats, averages and deviations are computed in integers and rounded once.
//!
//! [`Analytics`] shows how it is used.

#![forbid(unsafe_code)]

mod table;

mod source;

mod aggregate;
mod analytics;
mod report;

mod error;

// Part of this crate's interface: `Analytics::sql` returns a `DataFrame`.
pub use datafusion;

pub use aggregate::{exact_avg, exact_stddev};
pub use analytics::Analytics;
pub use error::Error;
pub use report::{Changes, Evaluation, MonthAverage, Period, PeriodEvaluation, Report, YearChanges};
pub use source::Source;
#[cfg(feature = "mysql")]
pub use source::{DatabaseError, DatabaseProblem, Place, UrlError};
pub use table::{Column, RowProblem};

/// The examples of README.md are compiled with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
