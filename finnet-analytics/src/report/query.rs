//! The questions behind a report, in SQL, each for all portfolios at once.
//!
//! In comes a context with the table `valuations`; out goes one report a portfolio. Extremes are exact in SQL and
//! rounded here, once; averages and deviations come rounded from the exact aggregates.

use std::collections::HashMap;

use datafusion::arrow::array::{Array, ArrowPrimitiveType, AsArray as _, RecordBatch};
use datafusion::arrow::datatypes::{Date32Type, Decimal128Type, Int32Type};
use datafusion::common::{ParamValues, ScalarValue, internal_datafusion_err};
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use finnet_core::{Amount, Percent, PortfolioId};

use super::{Changes, Evaluation, MonthAverage, Period, PeriodEvaluation, Report, YearChanges};
use crate::error::Error;

const TOTALS: &str = "SELECT investor, portfolio, min(change), max(change), min(change_pct), max(change_pct), \
    exact_avg(value), exact_stddev(value) FROM valuations WHERE {} GROUP BY investor, portfolio";

const YEARS: &str = "SELECT investor, portfolio, min(change), max(change), min(change_pct), max(change_pct), \
    date_part('year', date) AS year FROM valuations WHERE {} GROUP BY investor, portfolio, year ORDER BY year DESC";

const MONTHS: &str = "SELECT investor, portfolio, exact_avg(value), date_part('year', date) AS year, \
    date_part('month', date) AS month FROM valuations WHERE {} GROUP BY investor, portfolio, year, month \
    ORDER BY year DESC, month DESC";

const PERIOD: &str = "SELECT investor, portfolio, exact_avg(value), exact_stddev(value) FROM valuations \
    WHERE {} GROUP BY investor, portfolio";

/// Units of 10⁻⁸ in one of the exact aggregates' hundredths.
const UNITS_IN_CENT: i128 = 1_000_000;

/// Returns the report of each portfolio, in their order.
pub(crate) async fn compute(
    ctx: &SessionContext,
    portfolios: &[PortfolioId],
    period: Period,
) -> Result<Vec<Report>, Error> {
    if let (Some(from), Some(to)) = (period.from, period.to)
        && to < from
    {
        return Err(Error::Period { from, to });
    }
    let all = Filter::of(portfolios);
    let within = all.clone().within(period);
    // An open period is not asked for.
    let periods = async { if period.is_open() { Ok(Vec::new()) } else { ask(ctx, PERIOD, &within).await } };
    let answers =
        futures::future::try_join4(ask(ctx, TOTALS, &all), ask(ctx, YEARS, &all), ask(ctx, MONTHS, &all), periods);
    let (totals, years, months, periods) = answers.await?;

    let mut reports = Reports::new(portfolios, period);
    for row in rows(&totals) {
        let report = reports.of(row)?;
        (report.changes, report.evaluation) = (row.changes()?, row.evaluation(6)?);
    }
    for row in rows(&years) {
        let year = YearChanges { year: row.integer(6)?, changes: row.changes()? };
        reports.of(row)?.changes_by_year.push(year);
    }
    for row in rows(&months) {
        let month = MonthAverage { year: row.integer(3)?, month: row.integer(4)?, average: row.cents(2)? };
        reports.of(row)?.averages_by_month.push(month);
    }
    for row in rows(&periods) {
        reports.of(row)?.period = Some(PeriodEvaluation { period, evaluation: row.evaluation(2)? });
    }
    Ok(reports.reports)
}

/// Which valuations to take: conditions, and the values of their parameters.
#[derive(Clone)]
struct Filter {
    conditions: Vec<&'static str>,
    parameters: Vec<(&'static str, ScalarValue)>,
}

impl Filter {
    /// Takes one portfolio where one is asked for; otherwise all that are opened are.
    fn of(portfolios: &[PortfolioId]) -> Self {
        let mut filter = Self { conditions: vec!["TRUE"], parameters: Vec::new() };
        if let [PortfolioId { investor, portfolio }] = portfolios {
            filter.and("investor = $investor", "investor", ScalarValue::from(investor.as_str()));
            filter.and("portfolio = $portfolio", "portfolio", ScalarValue::from(portfolio.as_str()));
        }
        filter
    }

    fn within(mut self, period: Period) -> Self {
        let date = |date| ScalarValue::Date32(Some(Date32Type::from_naive_date(date)));
        if let Some(from) = period.from {
            self.and("date >= $from", "from", date(from));
        }
        if let Some(to) = period.to {
            self.and("date <= $to", "to", date(to));
        }
        self
    }

    fn and(&mut self, condition: &'static str, parameter: &'static str, value: ScalarValue) {
        self.conditions.push(condition);
        self.parameters.push((parameter, value));
    }
}

async fn ask(ctx: &SessionContext, question: &str, filter: &Filter) -> Result<Vec<RecordBatch>, DataFusionError> {
    let question = question.replace("{}", &filter.conditions.join(" AND "));
    let mut answer = ctx.sql(&question).await?;
    if !filter.parameters.is_empty() {
        answer = answer.with_param_values(ParamValues::from(filter.parameters.clone()))?;
    }
    answer.collect().await
}

/// The reports being filled, and which is whose.
struct Reports<'a> {
    reports: Vec<Report>,
    places: HashMap<(&'a str, &'a str), usize>,
}

impl<'a> Reports<'a> {
    fn new(portfolios: &'a [PortfolioId], period: Period) -> Self {
        // A period without a session is reported too, with nulls.
        let none = PeriodEvaluation { period, evaluation: Evaluation::default() };
        let empty = Report { period: (!period.is_open()).then_some(none), ..Report::default() };
        let key = |id: &'a PortfolioId| (id.investor.as_str(), id.portfolio.as_str());
        let places = portfolios.iter().enumerate().map(|(place, id)| (key(id), place)).collect();
        Self { reports: vec![empty; portfolios.len()], places }
    }

    /// Returns the report that a row belongs to.
    fn of(&mut self, row: Row<'_>) -> Result<&mut Report, DataFusionError> {
        let place = self.places.get(&(row.text(0)?, row.text(1)?));
        let place = place.ok_or_else(|| internal_datafusion_err!("an answer is of a portfolio not asked for"))?;
        Ok(&mut self.reports[*place])
    }
}

fn rows(batches: &[RecordBatch]) -> impl Iterator<Item = Row<'_>> {
    batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |index| Row { batch, index }))
}

/// A row of an answer. Columns 0 and 1 are investor and portfolio.
#[derive(Clone, Copy)]
struct Row<'a> {
    batch: &'a RecordBatch,
    index: usize,
}

impl<'a> Row<'a> {
    fn text(self, column: usize) -> Result<&'a str, DataFusionError> {
        let texts = self.batch.column(column).as_string_opt::<i32>();
        Ok(texts.ok_or_else(|| unexpected(self.batch, column))?.value(self.index))
    }

    fn primitive<T: ArrowPrimitiveType>(self, column: usize) -> Result<Option<T::Native>, DataFusionError> {
        let values = self.batch.column(column).as_primitive_opt::<T>();
        let values = values.ok_or_else(|| unexpected(self.batch, column))?;
        Ok(values.is_valid(self.index).then(|| values.value(self.index)))
    }

    fn integer(self, column: usize) -> Result<i32, DataFusionError> {
        self.primitive::<Int32Type>(column)?.ok_or_else(|| unexpected(self.batch, column))
    }

    /// An exact aggregate's answer.
    fn cents(self, column: usize) -> Result<Option<Amount>, DataFusionError> {
        let cents = self.primitive::<Decimal128Type>(column)?;
        Ok(cents.map(|cents| Amount::from_units(cents * UNITS_IN_CENT)))
    }

    fn evaluation(self, column: usize) -> Result<Evaluation, DataFusionError> {
        Ok(Evaluation { average: self.cents(column)?, deviation: self.cents(column + 1)? })
    }

    /// The extremes, in columns 2 to 5.
    fn changes(self) -> Result<Changes, DataFusionError> {
        let decimal = |column| self.primitive::<Decimal128Type>(column);
        let amount = |units| Amount::from_units(units).round_to_cents();
        Ok(Changes {
            min: decimal(2)?.map(amount),
            max: decimal(3)?.map(amount),
            min_pct: decimal(4)?.map(Percent::from_units),
            max_pct: decimal(5)?.map(Percent::from_units),
        })
    }
}

fn unexpected(batch: &RecordBatch, column: usize) -> DataFusionError {
    internal_datafusion_err!("column {column} of an answer is {}", batch.column(column).data_type())
}
