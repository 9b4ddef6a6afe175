//! What becomes of the rows of one batch: pure, without a database.
//!
//! In come rows in the order they arrived and the rows that already stand; out go an [`Outcome`] a row and the
//! rows to add, a table. For one date the first row stands, within a batch as across batches.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use finnet_core::{PortfolioId, Valuation};

use crate::error::Error;
use crate::portfolio_table::fits;

/// A valuation and the portfolio whose table it goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The portfolio.
    pub portfolio: PortfolioId,
    /// The valuation; its date is the row's key.
    pub valuation: Valuation,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It is in its table now.
    Stored,
    /// A row of its date with the same three numbers stands already.
    Repeated,
    /// A row of its date with other numbers stands already, and goes on to stand.
    Contradicting,
    /// It does not fit the columns: `DECIMAL(28,8)`, `DECIMAL(12,2)`, a year from 1000 to 9999.
    OutOfRange,
}

/// The rows of a batch, by table.
pub(crate) struct Batch<'a> {
    rows: &'a [Row],
    outcomes: Vec<Outcome>,
    /// For each table the indices of its rows that fit, in their order.
    by_table: Vec<Vec<usize>>,
}

impl<'a> Batch<'a> {
    /// Returns the batch; `tables` gives each portfolio its number below `count`.
    ///
    /// # Errors
    ///
    /// - [`Error::UnknownPortfolio`].
    pub(crate) fn new(rows: &'a [Row], tables: &HashMap<PortfolioId, usize>, count: usize) -> Result<Self, Error> {
        let mut batch =
            Self { rows, outcomes: vec![Outcome::OutOfRange; rows.len()], by_table: vec![Vec::new(); count] };
        for (index, row) in rows.iter().enumerate() {
            let table = *tables.get(&row.portfolio).ok_or_else(|| Error::UnknownPortfolio(Box::new(row.portfolio)))?;
            if fits(&row.valuation) {
                batch.by_table[table].push(index);
            }
        }
        Ok(batch)
    }

    /// Returns the dates of a table's rows that may stand already, each once: those not after its last session.
    pub(crate) fn doubtful(&self, table: usize, last: Option<NaiveDate>) -> Vec<NaiveDate> {
        let Some(last) = last else { return Vec::new() };
        let dates = self.by_table[table].iter().map(|&index| self.rows[index].valuation.session);
        let mut dates: Vec<_> = dates.filter(|&date| date <= last).collect();
        dates.sort_unstable();
        dates.dedup();
        dates
    }

    /// Decides on a table's rows, given those that stand for the doubtful dates; returns the rows to add, by date.
    pub(crate) fn decide(&mut self, table: usize, standing: Vec<Valuation>) -> Vec<Valuation> {
        let mut standing: BTreeMap<_, _> = standing.into_iter().map(|row| (row.session, row)).collect();
        let mut added = Vec::new();
        for &index in &self.by_table[table] {
            let row = self.rows[index].valuation;
            let first = *standing.entry(row.session).or_insert_with(|| {
                self.outcomes[index] = Outcome::Stored;
                added.push(row);
                row
            });
            if self.outcomes[index] != Outcome::Stored {
                self.outcomes[index] = if first == row { Outcome::Repeated } else { Outcome::Contradicting };
            }
        }
        // In the order of the key, as InnoDB lays rows out and locks them.
        added.sort_unstable_by_key(|row| row.session);
        added
    }

    /// Returns what became of each row, in their order.
    pub(crate) fn outcomes(self) -> Vec<Outcome> {
        self.outcomes
    }
}

#[cfg(test)]
mod tests {
    use finnet_core::{Amount, Name};

    use super::Outcome::{Contradicting, OutOfRange, Repeated, Stored};
    use super::*;

    fn row(portfolio: &str, date: &str, units: i128) -> Row {
        let portfolio = PortfolioId { investor: Name::new("Inv1").unwrap(), portfolio: Name::new(portfolio).unwrap() };
        let value = Amount::from_units(units);
        Row { portfolio, valuation: Valuation::after(None, date.parse().unwrap(), value) }
    }

    #[test]
    fn the_first_row_of_a_date_stands() {
        let rows = [
            row("P11", "2000-01-05", 5),
            row("P12", "2000-01-05", 9),
            row("P11", "2000-01-04", 4),
            row("P11", "2000-01-05", 5),
            row("P11", "2000-01-05", 6),
            row("P11", "2000-01-03", 3),
            row("P11", "2000-01-06", 10_i128.pow(28)),
            row("P11", "2000-01-06", 7),
        ];
        let tables = HashMap::from([(rows[0].portfolio, 0), (rows[1].portfolio, 1)]);
        let mut batch = Batch::new(&rows, &tables, 2).unwrap();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(batch.doubtful(0, None), []);
        assert_eq!(batch.doubtful(0, Some(day("2000-01-04"))), [day("2000-01-03"), day("2000-01-04")]);
        assert_eq!(batch.doubtful(1, Some(day("2000-01-04"))), []);

        let added = batch.decide(0, vec![row("P11", "2000-01-03", 2).valuation]);
        assert_eq!(added, [rows[2].valuation, rows[0].valuation, rows[7].valuation]);
        assert_eq!(batch.decide(1, Vec::new()), [rows[1].valuation]);
        let expected = [Stored, Stored, Stored, Repeated, Contradicting, Contradicting, OutOfRange, Stored];
        assert_eq!(batch.outcomes(), expected);
    }

    #[test]
    fn a_portfolio_that_is_not_there_is_refused() {
        let rows = [row("P11", "2000-01-05", 5)];
        assert!(matches!(Batch::new(&rows, &HashMap::new(), 0), Err(Error::UnknownPortfolio(_))));
    }
}
