//! The table of one portfolio's valuations, in Arrow.
//!
//! In come cells as text, from a file or a server; out go record batches of `As_Of` Date32, `Evaluation` and
//! `Daily_Evaluation_Change` Decimal128(28,8), `Daily_Evaluation_Change_Percentage` Decimal128(12,2). A number that its
//! column can't hold exactly is refused: nothing is rounded on the way in.

use std::fmt;
use std::sync::{Arc, LazyLock};

use chrono::NaiveDate;
use datafusion::arrow::array::{ArrayBuilder as _, ArrayRef, Date32Builder, Decimal128Builder, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Date32Type, Field, Schema, SchemaRef};
use finnet_core::money::MoneyError;
use finnet_core::{Amount, Percent};

/// Digits of an amount, [`AMOUNT_PLACES`] of them after the point.
pub(crate) const AMOUNT_DIGITS: u8 = 28;
pub(crate) const AMOUNT_PLACES: i8 = 8;

/// Digits of a percentage, two of them after the point.
const PERCENT_DIGITS: u8 = 12;
const PERCENT_PLACES: i8 = 2;

/// DataFusion's own choice of how many rows to hand on at once.
const ROWS_IN_BATCH: usize = 8192;

/// A column of a portfolio's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// `As_Of`, the session's date.
    AsOf,
    /// `Evaluation`, the value.
    Evaluation,
    /// `Daily_Evaluation_Change`, NULL at the first session.
    Change,
    /// `Daily_Evaluation_Change_Percentage`, NULL at the first session and where the value before was 0.
    ChangePercentage,
}

impl Column {
    /// All columns, in the order of the table.
    pub const ALL: [Self; 4] = [Self::AsOf, Self::Evaluation, Self::Change, Self::ChangePercentage];

    /// Returns the column's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AsOf => "As_Of",
            Self::Evaluation => "Evaluation",
            Self::Change => "Daily_Evaluation_Change",
            Self::ChangePercentage => "Daily_Evaluation_Change_Percentage",
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowProblem {
    /// The first line of a file is not the names of the columns.
    Header,
    /// A line has another number of fields than there are columns.
    Fields,
    /// The text is not UTF-8.
    Encoding,
    /// The last line of a file does not end.
    Torn,
    /// A column that needs a value has none.
    Missing(Column),
    /// `As_Of` is no date, `YYYY-MM-DD`.
    Date,
    /// The date is not after that of the row before.
    Order,
    /// A number is none, or has too many digits after the point.
    Number(Column, MoneyError),
    /// A number has more digits than its column.
    TooLarge(Column),
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => {
                f.write_str("the first line is not ")?;
                for (index, column) in Column::ALL.into_iter().enumerate() {
                    write!(f, "{}{column}", if index == 0 { "" } else { "," })?;
                }
                Ok(())
            }
            Self::Fields => write!(f, "not {} fields between commas", Column::ALL.len()),
            Self::Encoding => f.write_str("not UTF-8"),
            Self::Torn => f.write_str("the line does not end: it is torn or still being written"),
            Self::Missing(column) => write!(f, "{column} is empty"),
            Self::Date => write!(f, "{} is no date, YYYY-MM-DD", Column::AsOf),
            Self::Order => f.write_str("the date is not after that of the row before"),
            Self::Number(column, error) => write!(f, "{column}: {error}"),
            Self::TooLarge(column) => write!(f, "{column} has more digits than its column"),
        }
    }
}

impl std::error::Error for RowProblem {}

/// Returns the columns with their types.
pub(crate) fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let amount = DataType::Decimal128(AMOUNT_DIGITS, AMOUNT_PLACES);
        let percent = DataType::Decimal128(PERCENT_DIGITS, PERCENT_PLACES);
        Arc::new(Schema::new(vec![
            Field::new(Column::AsOf.name(), DataType::Date32, false),
            Field::new(Column::Evaluation.name(), amount.clone(), false),
            Field::new(Column::Change.name(), amount, true),
            Field::new(Column::ChangePercentage.name(), percent, true),
        ]))
    });
    Arc::clone(&SCHEMA)
}

/// Rows on their way into record batches.
#[derive(Debug)]
pub(crate) struct Rows {
    last: Option<NaiveDate>,
    dates: Date32Builder,
    values: Decimal128Builder,
    changes: Decimal128Builder,
    percentages: Decimal128Builder,
    batches: Vec<RecordBatch>,
}

impl Rows {
    pub(crate) fn new() -> Self {
        let decimals = |digits, places| {
            Decimal128Builder::new()
                .with_precision_and_scale(digits, places)
                .expect("a decimal of 128 bits has 38 digits")
        };
        Self {
            last: None,
            dates: Date32Builder::new(),
            values: decimals(AMOUNT_DIGITS, AMOUNT_PLACES),
            changes: decimals(AMOUNT_DIGITS, AMOUNT_PLACES),
            percentages: decimals(PERCENT_DIGITS, PERCENT_PLACES),
            batches: Vec::new(),
        }
    }

    /// Adds a row of cells in the order of [`Column::ALL`]; `None` is NULL.
    pub(crate) fn push(&mut self, cells: [Option<&str>; 4]) -> Result<(), RowProblem> {
        let [date, value, change, percentage] = cells;
        let date = parse_date(date.ok_or(RowProblem::Missing(Column::AsOf))?).ok_or(RowProblem::Date)?;
        if self.last.is_some_and(|last| date <= last) {
            return Err(RowProblem::Order);
        }
        let value = amount(Column::Evaluation, value.ok_or(RowProblem::Missing(Column::Evaluation))?)?;
        let change = change.map(|text| amount(Column::Change, text)).transpose()?;
        let percentage = percentage.map(percent).transpose()?;
        self.last = Some(date);
        self.dates.append_value(Date32Type::from_naive_date(date));
        self.values.append_value(value);
        self.changes.append_option(change);
        self.percentages.append_option(percentage);
        if self.values.len() == ROWS_IN_BATCH {
            self.finish_batch();
        }
        Ok(())
    }

    /// Returns the batches, none of them empty.
    pub(crate) fn finish(mut self) -> Vec<RecordBatch> {
        if !self.values.is_empty() {
            self.finish_batch();
        }
        self.batches
    }

    fn finish_batch(&mut self) {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.dates.finish()),
            Arc::new(self.values.finish()),
            Arc::new(self.changes.finish()),
            Arc::new(self.percentages.finish()),
        ];
        let batch = RecordBatch::try_new(schema(), columns).expect("the builders are of the schema's types");
        self.batches.push(batch);
    }
}

/// Returns the date of `YYYY-MM-DD`; chrono alone would also take `+2000-1-3`.
fn parse_date(text: &str) -> Option<NaiveDate> {
    let is_plain = text.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    if text.len() == 10 && is_plain { text.parse().ok() } else { None }
}

fn amount(column: Column, text: &str) -> Result<i128, RowProblem> {
    let amount: Amount = text.parse().map_err(|error| RowProblem::Number(column, error))?;
    if amount.fits(AMOUNT_DIGITS.into()) { Ok(amount.units()) } else { Err(RowProblem::TooLarge(column)) }
}

fn percent(text: &str) -> Result<i128, RowProblem> {
    let column = Column::ChangePercentage;
    let percent: Percent = text.parse().map_err(|error| RowProblem::Number(column, error))?;
    if percent.fits(PERCENT_DIGITS.into()) { Ok(percent.units()) } else { Err(RowProblem::TooLarge(column)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_taken_whole_or_not_at_all() {
        let good = [Some("2000-01-03"), Some("1.00"), None, None];
        for (cells, problem) in [
            ([None, Some("1.00"), None, None], RowProblem::Missing(Column::AsOf)),
            ([Some("2000-01-04"), None, None, None], RowProblem::Missing(Column::Evaluation)),
            ([Some("2000-02-30"), Some("1.00"), None, None], RowProblem::Date),
            ([Some("2000-1-04"), Some("1.00"), None, None], RowProblem::Date),
            ([Some("+2000-01-4"), Some("1.00"), None, None], RowProblem::Date),
            ([Some("0000-00-00"), Some("1.00"), None, None], RowProblem::Date),
            (good, RowProblem::Order),
            ([Some("1999-12-31"), Some("1.00"), None, None], RowProblem::Order),
            (
                [Some("2000-01-04"), Some("x"), None, None],
                RowProblem::Number(Column::Evaluation, MoneyError::NotANumber),
            ),
            (
                [Some("2000-01-04"), Some("1.00"), Some("0.000000001"), None],
                RowProblem::Number(Column::Change, MoneyError::TooPrecise),
            ),
            ([Some("2000-01-04"), Some("100000000000000000000"), None, None], RowProblem::TooLarge(Column::Evaluation)),
            (
                [Some("2000-01-04"), Some("1.00"), None, Some("10000000000.00")],
                RowProblem::TooLarge(Column::ChangePercentage),
            ),
        ] {
            let mut rows = Rows::new();
            rows.push(good).unwrap();
            assert_eq!(rows.push(cells), Err(problem), "{cells:?}");
            assert_eq!(rows.finish()[0].num_rows(), 1);
        }
    }

    #[test]
    fn batches_hold_all_rows_and_none_is_empty() {
        assert!(Rows::new().finish().is_empty());
        let mut rows = Rows::new();
        let first: NaiveDate = "1990-01-01".parse().unwrap();
        for date in first.iter_days().take(2 * ROWS_IN_BATCH) {
            rows.push([Some(&date.to_string()), Some("-1.5"), None, Some("0.00")]).unwrap();
        }
        let lengths: Vec<usize> = rows.finish().iter().map(RecordBatch::num_rows).collect();
        assert_eq!(lengths, [ROWS_IN_BATCH; 2]);
    }
}
