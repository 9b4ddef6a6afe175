//! Why there is no statistic.

use std::fmt;

use super::moments::Moments;

/// Why there is no statistic: of what was given, or of its size.
///
/// What is given well and has no answer, such as the deviation of one value, is no error but `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StatsError {
    /// A value has more than [`Moments::MOST_DIGITS`].
    TooLarge,
    /// There are more than [`Moments::MOST_VALUES`].
    TooMany,
    /// Bytes are not those of moments.
    NoMoments,
    /// There is no value at all.
    Empty,
    /// A value is NaN or infinite.
    NotFinite {
        /// Its place, from 0.
        at: usize,
    },
    /// A price is 0 or below.
    NotPositive {
        /// Its place, from 0.
        at: usize,
    },
    /// A date is not after the one before it.
    NotAscending {
        /// Its place, from 0.
        at: usize,
    },
    /// Two series that belong together have not the same length.
    LengthsDiffer {
        /// Of the first.
        left: usize,
        /// Of the second.
        right: usize,
    },
    /// The sessions of a year are not a number above 0.
    NotAYear,
    /// A rate of a year is to be turned into one of a period, and nothing says how many periods a year has.
    NoYear,
    /// A rate is not finite, or compounds from −1 or below.
    NotARate,
    /// A probability, or a tail, is not between 0 and 1.
    NotAProbability,
    /// A window of no value.
    NoWindow,
    /// Two streams are not of one statistic with one convention.
    ConventionsDiffer,
    /// Paths in which wealth fell below 0 do not merge.
    MoreThanAllLost,
    /// The answer, or a number on the way to it, is beyond the range of a double.
    Overflow,
}

impl fmt::Display for StatsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(f, "a value has more than {} digits", Moments::MOST_DIGITS),
            Self::TooMany => write!(f, "there are more than {} values", Moments::MOST_VALUES),
            Self::NoMoments => f.write_str("the bytes are not those of moments"),
            Self::Empty => f.write_str("there is no value"),
            Self::NotFinite { at } => write!(f, "value {at} is not a finite number"),
            Self::NotPositive { at } => write!(f, "price {at} is not above 0"),
            Self::NotAscending { at } => write!(f, "date {at} is not after the one before it"),
            Self::LengthsDiffer { left, right } => write!(f, "one series has {left} values, the other {right}"),
            Self::NotAYear => f.write_str("the sessions of a year are not a number above 0"),
            Self::NoYear => f.write_str("a rate per year needs Annualise::Sessions to be one per period"),
            Self::NotARate => f.write_str("a rate is not finite, or not above -1"),
            Self::NotAProbability => f.write_str("a probability is not between 0 and 1"),
            Self::NoWindow => f.write_str("a window needs at least one value"),
            Self::ConventionsDiffer => f.write_str("two streams have not the same convention"),
            Self::MoreThanAllLost => f.write_str("parts in which more than all was lost do not merge"),
            Self::Overflow => f.write_str("a result is beyond the range of a double"),
        }
    }
}

impl std::error::Error for StatsError {}
