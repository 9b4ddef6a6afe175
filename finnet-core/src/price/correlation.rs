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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_matrix_of_correlations_is_refused() {
        let refused = |matrix: &[Vec<f64>]| cholesky(matrix, 2).unwrap_err();
        let two = |entries: [f64; 4]| refused(&[entries[..2].to_vec(), entries[2..].to_vec()]);
        assert_eq!(refused(&[vec![1.0]]), PriceError::WrongSize { rows: 1, stocks: 2 });
        assert_eq!(refused(&[]), PriceError::WrongSize { rows: 0, stocks: 2 });
        assert_eq!(refused(&[vec![1.0, 0.0], vec![0.0]]), PriceError::NotSquare { row: 1 });
        assert_eq!(two([0.9, 0.0, 0.0, 1.0]), PriceError::NotOne { row: 0 });
        assert_eq!(two([1.0, 0.0, 0.0, f64::NAN]), PriceError::NotOne { row: 1 });
        assert_eq!(two([1.0, 0.0, f64::NAN, 1.0]), PriceError::NotACorrelation { row: 1, column: 0 });
        assert_eq!(two([1.0, 1.5, 0.5, 1.0]), PriceError::NotACorrelation { row: 0, column: 1 });
        assert_eq!(two([1.0, 0.0, f64::NEG_INFINITY, 1.0]), PriceError::NotACorrelation { row: 1, column: 0 });
        assert_eq!(two([1.0, 0.4, 0.5, 1.0]), PriceError::NotSymmetric { row: 1, column: 0 });
        for whole in [1.0, -1.0] {
            assert_eq!(two([1.0, whole, whole, 1.0]), PriceError::NotPositiveDefinite { row: 1 });
        }
        // Any two of them can go like this, the third can't with both.
        let three = [vec![1.0, 0.9, -0.9], vec![0.9, 1.0, 0.9], vec![-0.9, 0.9, 1.0]];
        assert_eq!(cholesky(&three, 3).unwrap_err(), PriceError::NotPositiveDefinite { row: 2 });
        assert_eq!(cholesky::<[f64; 0]>(&[], 0), Ok(Vec::new()));
    }

    /// An entry may be off by 10⁻¹², and what is left of a stock is more than two roundings of 1.
    #[test]
    fn rounding_is_forgiven_up_to_its_size() {
        let two = |entries: [f64; 4]| cholesky(&[&entries[..2], &entries[2..]], 2);
        for (off, sound) in [(0.9e-12, true), (-0.9e-12, true), (1.1e-12, false), (-1.1e-12, false)] {
            assert_eq!(two([1.0, 0.5 + off, 0.5, 1.0]).is_ok(), sound, "{off} off its mirror image");
            assert_eq!(two([1.0, 0.5, 0.5, 1.0 + off]).is_ok(), sound, "{off} off 1");
        }
        assert_eq!(two([1.0, 0.5 + 1.1e-12, 0.5, 1.0]), Err(PriceError::NotSymmetric { row: 1, column: 0 }));
        assert_eq!(two([1.0 + 1.1e-12, 0.5, 0.5, 1.0]), Err(PriceError::NotOne { row: 0 }));
        // 1 − (1 − ε/2)² is ε, rounding alone; of 1 − 2ε it is 4ε.
        let near = 1.0 - f64::EPSILON / 2.0;
        assert_eq!(two([1.0, near, near, 1.0]), Err(PriceError::NotPositiveDefinite { row: 1 }));
        let less = 1.0 - 2.0 * f64::EPSILON;
        assert!(two([1.0, less, less, 1.0]).is_ok());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        /// L·Lᵀ is the matrix, within n + 1 roundings of sums of n products below 1; a smaller matrix has the same rows.
        #[test]
        fn the_factor_times_itself_is_the_matrix(loadings in prop::collection::vec(-0.99..0.99_f64, 1..8)) {
            // One common factor: positive definite for any loadings below 1.
            let n = loadings.len();
            let entry = |i: usize, j: usize| if i == j { 1.0 } else { loadings[i] * loadings[j] };
            let matrix: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| entry(i, j)).collect()).collect();
            let factor = cholesky(&matrix, n).unwrap();
            for i in 0..n {
                for j in 0..=i {
                    let product: f64 = factor[i].iter().zip(&factor[j]).map(|(a, b)| a * b).sum();
                    prop_assert!((product - matrix[i][j]).abs() <= 9.0 * f64::EPSILON);
                }
            }
            let less: Vec<Vec<f64>> = matrix[..n - 1].iter().map(|row| row[..n - 1].to_vec()).collect();
            prop_assert_eq!(&cholesky(&less, n - 1).unwrap()[..], &factor[..n - 1]);
        }

        #[test]
        fn nothing_panics(entries in prop::collection::vec(prop_oneof![any::<f64>(), -1.0..1.0_f64, Just(1.0)], 9)) {
            let matrix: Vec<&[f64]> = entries.chunks(3).collect();
            let _ = cholesky(&matrix, 3);
        }
    }
}
