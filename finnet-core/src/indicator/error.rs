//! Why an indicator has no parameters of this kind, or no values of these columns.

use std::fmt;

/// Why an indicator can't be made, or has no values of these columns.
///
/// Bars are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IndicatorError {
    /// A period is shorter than its indicator allows; 0 always is.
    Period {
        /// The period given.
        period: usize,
        /// The shortest one.
        least: usize,
    },
    /// The fast period is not below the slow one.
    Order {
        /// The fast period.
        fast: usize,
        /// The slow period.
        slow: usize,
    },
    /// The width of bands is below 0, beyond [`LARGEST`](super::LARGEST) or NaN.
    Width,
    /// Accelerations of a stop that are not 0 ≤ acceleration ≤ most ≤ 1.
    Acceleration,
    /// What a flat window is to give is beyond [`LARGEST`](super::LARGEST) or NaN.
    Flat,
    /// There are no bars.
    Empty,
    /// There are fewer bars than the first value needs.
    TooShort {
        /// Bars given.
        bars: usize,
        /// Bars needed.
        least: usize,
    },
    /// Two columns differ in length.
    Lengths {
        /// Bars of the first column.
        first: usize,
        /// Bars of the one that differs.
        other: usize,
    },
    /// A value is NaN or infinite.
    NotFinite {
        /// Its bar.
        bar: usize,
    },
    /// A value is farther from 0 than [`LARGEST`](super::LARGEST).
    TooLarge {
        /// Its bar.
        bar: usize,
    },
    /// A high is below its low.
    HighBelowLow {
        /// The bar.
        bar: usize,
    },
    /// A close is above its high or below its low.
    CloseOutside {
        /// The bar.
        bar: usize,
    },
    /// A volume is below 0.
    NegativeVolume {
        /// Its bar.
        bar: usize,
    },
}

impl fmt::Display for IndicatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Period { period, least } => write!(f, "a period of {period} is too short: the shortest is {least}"),
            Self::Order { fast, slow } => write!(f, "the fast period of {fast} is not below the slow one of {slow}"),
            Self::Width => f.write_str("a width of bands is no number from 0 to 1e100"),
            Self::Acceleration => f.write_str("accelerations are not in the order 0, acceleration, most, 1"),
            Self::Flat => f.write_str("the value of a flat window is no number from -1e100 to 1e100"),
            Self::Empty => f.write_str("there are no bars"),
            Self::TooShort { bars, least } => write!(f, "there are {bars} bars, and the first value needs {least}"),
            Self::Lengths { first, other } => write!(f, "one column has {first} bars, another {other}"),
            Self::NotFinite { bar } => write!(f, "a value of bar {bar} is NaN or infinite"),
            Self::TooLarge { bar } => write!(f, "a value of bar {bar} is farther from 0 than 1e100"),
            Self::HighBelowLow { bar } => write!(f, "the high of bar {bar} is below its low"),
            Self::CloseOutside { bar } => write!(f, "the close of bar {bar} is outside of its high and low"),
            Self::NegativeVolume { bar } => write!(f, "the volume of bar {bar} is below 0"),
        }
    }
}

impl std::error::Error for IndicatorError {}
