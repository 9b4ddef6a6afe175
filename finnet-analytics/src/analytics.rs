//! Valuations as tables to ask in SQL.
//!
//! In come a source and the portfolios to read from it; out goes a DataFusion context with one table a portfolio,
//! `Inv1_P11` and so on, and `valuations`, which joins them all.

use std::sync::Arc;

use datafusion::common::TableReference;
use datafusion::dataframe::DataFrame;
use datafusion::datasource::MemTable;
use datafusion::execution::context::SQLOptions;
use datafusion::prelude::{SessionConfig, SessionContext};
use finnet_core::PortfolioId;

use crate::aggregate;
use crate::error::Error;
use crate::report::{self, Period, Report};
use crate::source::Source;
use crate::table;

/// The valuations of a set of portfolios, read once and kept in memory.
///
/// | table | columns |
/// |---|---|
/// | `Inv1_P11`, one a portfolio | `As_Of` date, `Evaluation` and `Daily_Evaluation_Change` decimal(28,8), `Daily_Evaluation_Change_Percentage` decimal(12,2) |
/// | `valuations` | `investor` and `portfolio` text, then the same as `date`, `value`, `change`, `change_pct` |
///
/// Names are taken as they are written, letter case and all. A number with a point in a query is an exact decimal.
/// Beside DataFusion's functions there are `exact_avg` and `exact_stddev` (of the sample): rounded once, half away from
/// zero, to two places.
///
/// # Examples
///
/// ```
/// use finnet_analytics::{Analytics, Period, Source};
/// use finnet_core::{Name, PortfolioId};
///
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let folder = tempfile::tempdir()?;
/// std::fs::write(
///     folder.path().join("Inv1_P11.csv"),
///     "As_Of,Evaluation,Daily_Evaluation_Change,Daily_Evaluation_Change_Percentage\n\
///      2000-01-03,2763383.00,,\n\
///      2000-01-04,2763370.50,-12.50,0.00\n",
/// )?;
/// let p11 = PortfolioId { investor: Name::new("Inv1")?, portfolio: Name::new("P11")? };
/// let analytics = Analytics::open(&Source::csv(folder.path()), &[p11]).await?;
///
/// let falls = analytics.sql("SELECT date, change FROM valuations WHERE change < 0").await?.collect().await?;
/// assert_eq!(falls[0].num_rows(), 1);
///
/// let report = analytics.report(&p11, Period::default()).await?;
/// assert_eq!(report.evaluation.average, Some("2763376.75".parse()?));
/// assert!(report.to_json().contains(r#"{"avg_evaluation": 2763376.75, "stddev_evaluation": 8.84}"#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Analytics {
    ctx: SessionContext,
    portfolios: Vec<PortfolioId>,
}

impl Analytics {
    /// Reads the portfolios, several at a time; one that is given twice is read once.
    ///
    /// # Errors
    ///
    /// - [`Error::NoFile`], [`Error::Io`], [`Error::Line`] of a CSV file.
    /// - `Error::Database` of a table.
    pub async fn open(source: &Source, portfolios: &[PortfolioId]) -> Result<Self, Error> {
        let mut distinct: Vec<PortfolioId> = Vec::with_capacity(portfolios.len());
        for portfolio in portfolios {
            if !distinct.contains(portfolio) {
                distinct.push(*portfolio);
            }
        }
        let ctx = context();
        for (portfolio, batches) in distinct.iter().zip(source.read(&distinct).await?) {
            let table = MemTable::try_new(table::schema(), vec![batches])?;
            ctx.register_table(TableReference::bare(portfolio.to_string()), Arc::new(table))?;
        }
        ctx.sql(&valuations_view(&distinct)).await?;
        Ok(Self { ctx, portfolios: distinct })
    }

    /// Returns the portfolios, in the order given.
    pub fn portfolios(&self) -> &[PortfolioId] {
        &self.portfolios
    }

    /// Returns the answer to a question in SQL; it runs when its batches are collected.
    ///
    /// # Errors
    ///
    /// - [`Error::Query`] for what DataFusion does not understand, and for anything but a question: no statement
    ///   changes a table or writes a file.
    pub async fn sql(&self, question: &str) -> Result<DataFrame, Error> {
        let options = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        Ok(self.ctx.sql_with_options(question, options).await?)
    }

    /// Returns DataFusion's context, to join tables of one's own.
    pub fn ctx(&self) -> &SessionContext {
        &self.ctx
    }

    /// Returns the statistics of one portfolio.
    ///
    /// # Errors
    ///
    /// - [`Error::UnknownPortfolio`] for one that was not opened.
    /// - [`Error::Period`] for a period that ends before it begins.
    /// - [`Error::Query`] where DataFusion fails.
    pub async fn report(&self, portfolio: &PortfolioId, period: Period) -> Result<Report, Error> {
        if !self.portfolios.contains(portfolio) {
            return Err(Error::UnknownPortfolio(Box::new(*portfolio)));
        }
        let mut reports = report::compute(&self.ctx, &[*portfolio], period).await?;
        Ok(reports.pop().expect("one report a portfolio"))
    }

    /// Returns the statistics of all portfolios, in the order given, by a few queries for all of them together.
    ///
    /// # Errors
    ///
    /// - [`Error::Period`] for a period that ends before it begins.
    /// - [`Error::Query`] where DataFusion fails.
    pub async fn reports(&self, period: Period) -> Result<Vec<(PortfolioId, Report)>, Error> {
        let reports = report::compute(&self.ctx, &self.portfolios, period).await?;
        Ok(self.portfolios.iter().copied().zip(reports).collect())
    }
}

impl std::fmt::Debug for Analytics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Analytics").field("portfolios", &self.portfolios).finish_non_exhaustive()
    }
}

/// A context that takes names as they are written, decimals as decimals, and knows the exact aggregates.
fn context() -> SessionContext {
    let mut config = SessionConfig::new().with_information_schema(true);
    config.options_mut().sql_parser.enable_ident_normalization = false;
    config.options_mut().sql_parser.parse_float_as_decimal = true;
    let ctx = SessionContext::new_with_config(config);
    ctx.register_udaf(aggregate::exact_avg());
    ctx.register_udaf(aggregate::exact_stddev());
    ctx
}

/// Returns the SQL that makes `valuations`; the names of portfolios hold letters and digits alone.
fn valuations_view(portfolios: &[PortfolioId]) -> String {
    let mut selects: Vec<String> = portfolios
        .iter()
        .map(|id| {
            format!(
                "SELECT '{}' AS investor, '{}' AS portfolio, \"As_Of\" AS date, \"Evaluation\" AS value, \
                 \"Daily_Evaluation_Change\" AS change, \"Daily_Evaluation_Change_Percentage\" AS change_pct \
                 FROM \"{id}\"",
                id.investor, id.portfolio
            )
        })
        .collect();
    if selects.is_empty() {
        // No portfolio, no row, but the same columns.
        selects.push(
            "SELECT '' AS investor, '' AS portfolio, CAST(NULL AS DATE) AS date, CAST(NULL AS DECIMAL(28,8)) AS value, \
             CAST(NULL AS DECIMAL(28,8)) AS change, CAST(NULL AS DECIMAL(12,2)) AS change_pct WHERE FALSE"
                .to_owned(),
        );
    }
    format!("CREATE VIEW valuations AS {}", selects.join(" UNION ALL "))
}
