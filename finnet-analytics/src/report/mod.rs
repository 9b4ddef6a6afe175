//! A portfolio's statistics: daily changes, averages and deviations, by year, month and period.
//!
//! In come the tables of a context; out goes a [`Report`] of exact numbers, and its JSON. Money is in the portfolio's
//! currency, percentages in per cent, all rounded half away from zero to two places, once.

mod json;
mod query;

use chrono::NaiveDate;
use finnet_core::{Amount, Percent};

pub(crate) use query::compute;

/// What a portfolio's valuations come down to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The extremes of the daily change, over all sessions.
    pub changes: Changes,
    /// The same by year, newest first; a year with sessions is there, whether or not they have changes.
    pub changes_by_year: Vec<YearChanges>,
    /// Average and deviation of the value, over all sessions.
    pub evaluation: Evaluation,
    /// The same over the sessions of the period asked for; `None` where none was.
    pub period: Option<PeriodEvaluation>,
    /// The average of the value by month, newest first; months without a session are not there.
    pub averages_by_month: Vec<MonthAverage>,
}

impl Report {
    /// Returns the report as JSON, always the same bytes for the same report.
    ///
    /// One object of five lists, or four without a period, in the order of the fields; each entry an object on a line
    /// of its own, numbers with two places, the undefined null; a line end at the end. The names are those of the
    /// statistics files of the daily network: `MaxMinDailyChange`, `MaxMinDailyChangePerYear`, `AvgStdDevEvaluation`,
    /// `AvgStdDevEvaluationPeriod`, `MonthlyAvgEvaluation`.
    pub fn to_json(&self) -> String {
        json::write(self)
    }
}

/// The smallest and the largest daily change; `None` where no session has one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The smallest, most often a fall.
    pub min: Option<Amount>,
    /// The largest.
    pub max: Option<Amount>,
    /// The smallest in per cent of the absolute value before.
    pub min_pct: Option<Percent>,
    /// The largest in per cent of the absolute value before.
    pub max_pct: Option<Percent>,
}

/// The extremes of one year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YearChanges {
    /// The calendar year.
    pub year: i32,
    /// Its extremes.
    pub changes: Changes,
}

/// Average and deviation of the value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evaluation {
    /// The average; `None` over no session.
    pub average: Option<Amount>,
    /// The standard deviation of the sample (n − 1); `None` over fewer than two sessions.
    pub deviation: Option<Amount>,
}

/// Average and deviation over a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeriodEvaluation {
    /// As asked for.
    pub period: Period,
    /// Over its sessions.
    pub evaluation: Evaluation,
}

/// The average of one month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthAverage {
    /// The calendar year.
    pub year: i32,
    /// The month, 1 to 12.
    pub month: i32,
    /// The average of the value over the month's sessions.
    pub average: Option<Amount>,
}

/// Dates from one to another, both included; open where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// The first date; `None` from the beginning.
    pub from: Option<NaiveDate>,
    /// The last date; `None` to the end.
    pub to: Option<NaiveDate>,
}

impl Period {
    /// Returns whether neither end is given.
    pub fn is_open(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }
}
