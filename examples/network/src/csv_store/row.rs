//! One line of a portfolio's file: a [`Valuation`] as text and back.
//!
//! A valuation has one spelling, so that a line read and written again is the same bytes; any other spelling is
//! refused.

use std::fmt::Write;

use finnet_core::money::MoneyError;
use finnet_core::{Amount, Percent, Valuation};

use super::error::LineProblem;
use super::fits;
use crate::closes_file;

/// The first line of each file, without its line end: the columns of the database's tables.
pub const HEADER: &str = "As_Of,Evaluation,Daily_Evaluation_Change,Daily_Evaluation_Change_Percentage";

/// The longest line with its end: a date, two amounts of 28 digits, a percentage of 12, signs, points, commas.
pub(super) const LONGEST: usize = 10 + 1 + 30 + 1 + 30 + 1 + 14 + 1;

/// Bytes of a date at the beginning of a line; dates sort as their bytes do.
pub(super) const DATE: usize = 10;

/// Writes a line with its end.
pub(super) fn write(valuation: &Valuation, text: &mut String) {
    let Valuation { session, value, change, change_pct } = valuation;
    // Writing to a String cannot fail.
    let _ = write!(text, "{session},{value},");
    if let Some(change) = change {
        text.push_str(change.digits().as_str());
    }
    text.push(',');
    if let Some(percent) = change_pct {
        text.push_str(percent.digits().as_str());
    }
    text.push('\n');
}

/// Returns the valuation of a line without its end.
pub(super) fn read(line: &[u8]) -> Result<Valuation, LineProblem> {
    let line = str::from_utf8(line).map_err(|_| LineProblem::Spelling)?;
    let fields: Vec<&str> = line.split(',').collect();
    let &[date, value, change, percent] = fields.as_slice() else {
        return Err(LineProblem::Fields);
    };
    let session = closes_file::date(date).ok_or(LineProblem::Date)?;
    let decimal = |_: MoneyError| LineProblem::Decimal;
    let value: Amount = value.parse().map_err(decimal)?;
    let change: Option<Amount> = filled(change).map(str::parse).transpose().map_err(decimal)?;
    let change_pct: Option<Percent> = filled(percent).map(str::parse).transpose().map_err(decimal)?;
    let valuation = Valuation { session, value, change, change_pct };
    if !fits(&valuation) {
        return Err(LineProblem::Decimal);
    }
    let mut spelt = String::with_capacity(LONGEST);
    write(&valuation, &mut spelt);
    if spelt.strip_suffix('\n') == Some(line) { Ok(valuation) } else { Err(LineProblem::Spelling) }
}

fn filled(field: &str) -> Option<&str> {
    Some(field).filter(|field| !field.is_empty())
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_longest_line_has_its_room() {
        let most = Amount::from_units(1 - 10_i128.pow(28));
        let session = closes_file::date("9999-12-31").unwrap();
        let change_pct = Some(Percent::from_units(1 - 10_i128.pow(12)));
        let mut text = String::new();
        write(&Valuation { session, value: most, change: Some(most), change_pct }, &mut text);
        assert_eq!(text.len(), LONGEST);
        assert!(read(text.trim_end().as_bytes()).is_ok());
    }

    #[test]
    fn only_one_spelling_is_read() {
        for line in ["2000-01-03,2763383.00,,", "2000-01-04,-1.00,-2.50,-0.10", "2000-01-04,0.00000001,0.00,"] {
            let mut text = String::new();
            write(&read(line.as_bytes()).unwrap(), &mut text);
            assert_eq!(text.trim_end(), line);
        }
        for (line, problem) in [
            ("", LineProblem::Fields),
            ("2000-01-03,1.00,", LineProblem::Fields),
            ("2000-01-03,1.00,,,", LineProblem::Fields),
            ("2000-1-3,1.00,,", LineProblem::Date),
            ("2000-02-30,1.00,,", LineProblem::Date),
            ("2000-01-03,,,", LineProblem::Decimal),
            ("2000-01-03,one,,", LineProblem::Decimal),
            ("2000-01-03,100000000000000000000.00,,", LineProblem::Decimal),
            ("2000-01-03,1.00,1.00,10000000000.00", LineProblem::Decimal),
            ("2000-01-03,1.00,1.00,0.125", LineProblem::Decimal),
            ("2000-01-03,1,,", LineProblem::Spelling),
            ("2000-01-03,1.000,,", LineProblem::Spelling),
            ("2000-01-03,-0.00,,", LineProblem::Spelling),
            ("2000-01-03,1.00,,\r", LineProblem::Decimal),
            ("2000-01-03,\"1.00\",,", LineProblem::Decimal),
        ] {
            assert_eq!(read(line.as_bytes()), Err(problem), "{line:?}");
        }
        assert_eq!(read(b"\xff"), Err(LineProblem::Spelling));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        /// Any valuation that its columns have room for comes back, in no more bytes than a line has.
        #[test]
        fn a_row_comes_back(
            (year, day) in (0..=9999, 1..=365_u32),
            value in 1 - 10_i128.pow(28)..10_i128.pow(28),
            change in prop::option::of(1 - 10_i128.pow(28)..10_i128.pow(28)),
            percent in prop::option::of(1 - 10_i128.pow(12)..10_i128.pow(12)),
        ) {
            let valuation = Valuation {
                session: NaiveDate::from_yo_opt(year, day).expect("a day of every year"),
                value: Amount::from_units(value),
                change: change.map(Amount::from_units),
                change_pct: percent.map(Percent::from_units),
            };
            let mut text = String::new();
            write(&valuation, &mut text);
            prop_assert!(text.len() <= LONGEST && text.ends_with('\n'));
            prop_assert_eq!(read(text.trim_end_matches('\n').as_bytes()), Ok(valuation));
        }

        /// Whatever is read is written as it stood.
        #[test]
        fn no_text_panics(text in "(2000-0[1-3]-[0-3][0-9]|[0-9-]{0,11}),[0-9.,-]{0,40}", bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            for line in [text.as_bytes(), &bytes] {
                if let Ok(valuation) = read(line) {
                    let mut again = String::new();
                    write(&valuation, &mut again);
                    prop_assert_eq!(again.trim_end_matches('\n').as_bytes(), line);
                }
            }
        }
    }
}
