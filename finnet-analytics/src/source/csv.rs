//! A folder of CSV files, one a portfolio, as app1 and network write them.
//!
//! In comes `Inv1_P11.csv`; out go its rows. Each line is checked; what is wrong is told with its line. A last line
//! without an end is refused, since what is torn off a number can leave another number.

use std::fs;
use std::io;
use std::path::Path;

use datafusion::arrow::array::RecordBatch;
use finnet_core::PortfolioId;

use crate::error::Error;
use crate::table::{Column, RowProblem, Rows};

/// The folder.
#[derive(Clone, Debug)]
pub(super) struct CsvFolder(Box<Path>);

impl CsvFolder {
    pub(super) fn new(folder: &Path) -> Self {
        Self(folder.into())
    }

    /// Returns a portfolio's rows.
    pub(super) fn read(&self, portfolio: &PortfolioId) -> Result<Vec<RecordBatch>, Error> {
        let path = self.0.join(format!("{portfolio}.csv"));
        let bytes = fs::read(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::NoFile { path: path.as_path().into() },
            _ => Error::Io { path: path.as_path().into(), error },
        })?;
        parse(&bytes).map_err(|(line, problem)| Error::Line { path: path.into(), line, problem })
    }
}

/// Returns the rows of a file, or the first line that is wrong, counted from 1.
fn parse(bytes: &[u8]) -> Result<Vec<RecordBatch>, (u64, RowProblem)> {
    let mut rows = Rows::new();
    let mut number = 0;
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        number += 1;
        parse_line(line, number, &mut rows).map_err(|problem| (number, problem))?;
    }
    if number == 0 { Err((1, RowProblem::Header)) } else { Ok(rows.finish()) }
}

fn parse_line(line: &[u8], number: u64, rows: &mut Rows) -> Result<(), RowProblem> {
    let line = line.strip_suffix(b"\n").ok_or(RowProblem::Torn)?;
    let line = str::from_utf8(line.strip_suffix(b"\r").unwrap_or(line)).map_err(|_| RowProblem::Encoding)?;
    let mut fields = line.split(',');
    let mut cells = [None; 4];
    for cell in &mut cells {
        *cell = Some(fields.next().ok_or(RowProblem::Fields)?);
    }
    if fields.next().is_some() {
        return Err(RowProblem::Fields);
    }
    if number == 1 {
        return if cells == Column::ALL.map(|column| Some(column.name())) { Ok(()) } else { Err(RowProblem::Header) };
    }
    rows.push(cells.map(|cell| cell.filter(|text| !text.is_empty())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "As_Of,Evaluation,Daily_Evaluation_Change,Daily_Evaluation_Change_Percentage\n";

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (rows, line, problem) in [
            ("2000-01-03,1.00,,\n2000-01-04,1.00,0.00,0.00,\n", 3, RowProblem::Fields),
            ("2000-01-03,1.00,,\n\n", 3, RowProblem::Fields),
            ("2000-01-03,1.00,,\n2000-01-04,1.00,0.00,0.0", 3, RowProblem::Torn),
            ("2000-01-03,,,\n", 2, RowProblem::Missing(Column::Evaluation)),
            ("2000-01-03,1.00,,\n2000-01-03,1.00,,\n", 3, RowProblem::Order),
        ] {
            assert_eq!(parse(format!("{HEADER}{rows}").as_bytes()).unwrap_err(), (line, problem), "{rows:?}");
        }
        assert_eq!(parse(b"").unwrap_err(), (1, RowProblem::Header));
        assert_eq!(parse(b"a,b,c,d\n").unwrap_err(), (1, RowProblem::Header));
        assert_eq!(parse(b"a,b,\xff,d\n").unwrap_err(), (1, RowProblem::Encoding));
    }

    #[test]
    fn lines_end_as_on_unix_or_windows() {
        for end in ["\n", "\r\n"] {
            let text = format!("{HEADER}2000-01-03,1.00,,\n2000-01-04,2.00,1.00,100.00\n").replace('\n', end);
            assert_eq!(parse(text.as_bytes()).unwrap()[0].num_rows(), 2);
        }
        assert!(parse(HEADER.as_bytes()).unwrap().is_empty());
    }
}
