//! A matrix of correlations → the factor that makes independent shocks move together.
//!
//! Cholesky: the lower triangle L with L·Lᵀ = the matrix. Row i of it makes the shock of stock i from those of the
//! stocks up to it, so that a stock appended changes none before it. O(n³) once, for n stocks.

use super::error::PriceError;

/// How far a sum's rounding may take an entry off its mirror image, or a diagonal off 1: matrices come from floats.
const ROUNDING: f64 = 1e-12;

/// Returns L, a row for each stock: row i has i + 1 entries.
///
/// # Errors
///
/// - [`PriceError::WrongSize`], [`PriceError::NotSquare`], [`PriceError::NotACorrelation`], [`PriceError::NotOne`],
///   [`PriceError::NotSymmetric`] for what is no matrix of correlations of so many stocks.
/// - [`PriceError::NotPositiveDefinite`] where what is left of a stock beside those before it is 0 or less, within
///   the rounding of n · 2⁻⁵².
pub(super) fn cholesky<R: AsRef<[f64]>>(matrix: &[R], stocks: usize) -> Result<Vec<Vec<f64>>, PriceError> {
    check(matrix, stocks)?;
    let mut factor: Vec<Vec<f64>> = Vec::with_capacity(stocks);
    #[expect(clippy::cast_precision_loss, reason = "a count of stocks")]
    let smallest = stocks as f64 * f64::EPSILON;
    for (row, correlations) in matrix.iter().enumerate() {
        let mut entries = Vec::with_capacity(row + 1);
        for (column, above) in factor.iter().enumerate() {
            let sum: f64 = entries.iter().zip(above).fold(0.0, |sum, (a, b)| sum + a * b);
            entries.push((correlations.as_ref()[column] - sum) / above[column]);
        }
        let left = 1.0 - entries.iter().fold(0.0, |sum, entry| sum + entry * entry);
        if left <= smallest {
            return Err(PriceError::NotPositiveDefinite { row });
        }
        entries.push(left.sqrt());
        factor.push(entries);
    }
    Ok(factor)
}

fn check<R: AsRef<[f64]>>(matrix: &[R], stocks: usize) -> Result<(), PriceError> {
    let rows = matrix.len();
    if rows != stocks {
        return Err(PriceError::WrongSize { rows, stocks });
    }
    if let Some(row) = matrix.iter().position(|row| row.as_ref().len() != rows) {
        return Err(PriceError::NotSquare { row });
    }
    for row in 0..rows {
        for column in 0..=row {
            let [entry, mirrored] = [matrix[row].as_ref()[column], matrix[column].as_ref()[row]];
            // NaN is near nothing and in no range.
            let near = |number: f64| (-ROUNDING..=ROUNDING).contains(&(entry - number));
            if row == column {
                if !near(1.0) {
                    return Err(PriceError::NotOne { row });
                }
                continue;
            }
            for (entry, row, column) in [(entry, row, column), (mirrored, column, row)] {
                if !(-1.0..=1.0).contains(&entry) {
                    return Err(PriceError::NotACorrelation { row, column });
                }
            }
            if !near(mirrored) {
                return Err(PriceError::NotSymmetric { row, column });
            }
        }
    }
    Ok(())
}
