//! Why there is no price, or no market.

use std::fmt;

use chrono::NaiveDate;

use crate::symbol::Symbol;

/// Why there is no price, or no market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PriceError {
    /// The stock is not of this market.
    UnknownStock {
        /// The stock.
        symbol: Symbol,
    },
    /// The stock is in the market already.
    RepeatedStock {
        /// The stock.
        symbol: Symbol,
    },
    /// The date is before the market's first session.
    BeforeFirst {
        /// The date asked for.
        session: NaiveDate,
        /// The market's first session.
        first: NaiveDate,
    },
    /// The market's clock counts sessions, and the date is none.
    NotASession {
        /// The date.
        session: NaiveDate,
    },
    /// The market's clock counts sessions, and its calendar does not know the date.
    NotInCalendar {
        /// The date.
        session: NaiveDate,
        /// The first date known.
        first: NaiveDate,
        /// The last date known.
        last: NaiveDate,
    },
    /// A replay has no close on this date.
    NoClose {
        /// The stock.
        symbol: Symbol,
        /// The date.
        session: NaiveDate,
    },
    /// The dates of a replay do not ascend.
    OutOfOrder {
        /// The first date that is not after the one before it.
        session: NaiveDate,
    },
    /// The model's price is beyond [`Price::MAX`](crate::Price::MAX).
    TooLarge {
        /// The stock.
        symbol: Symbol,
        /// The date.
        session: NaiveDate,
    },
    /// A parameter is NaN, infinite or beyond ±10⁹.
    OutOfRange {
        /// Which.
        parameter: Parameter,
    },
    /// A parameter is below 0.
    Negative {
        /// Which.
        parameter: Parameter,
    },
    /// A parameter is 0 or less.
    NotPositive {
        /// Which.
        parameter: Parameter,
    },
    /// A clock has fewer than 10⁻³ ticks in a year, or a reversion is below 10⁻³⁰⁰ a tick: what is made of it would be no
    /// number.
    TooSmall {
        /// Which.
        parameter: Parameter,
    },
    /// A correlation is below −1 or above 1, or a share is not below 1.
    BeyondOne {
        /// Which.
        parameter: Parameter,
    },
    /// The clock's ticks are too long for steps of this [`Heston`](super::Heston): its variance comes back within a tick
    /// or two, and the mean of a step's price could be infinite.
    CoarseClock,
    /// More than 10¹² ÷ 2²⁷, some 7,450, jumps are expected in a tick: over the longest stretch of time there would be more
    /// than can be drawn.
    CrowdedClock,
    /// A past of fewer than three closes, which make fewer than two returns.
    ShortPast {
        /// How many there are.
        closes: u32,
    },
    /// A past of more than 2³² − 1 closes.
    LongPast {
        /// How many there are.
        closes: u64,
    },
    /// A block of 0 returns, or of more than the past has.
    Block {
        /// Its mean length.
        block: u32,
        /// How many returns the past has.
        returns: u32,
    },
    /// A matrix of correlations has not a row for each stock.
    WrongSize {
        /// Rows of the matrix.
        rows: usize,
        /// Stocks of the market.
        stocks: usize,
    },
    /// A matrix of correlations is not square.
    NotSquare {
        /// The first row, from 0 on, that has not as many entries as there are rows.
        row: usize,
    },
    /// An entry of a matrix of correlations is NaN, below −1 or above 1.
    NotACorrelation {
        /// Its row, from 0 on.
        row: usize,
        /// Its column, from 0 on.
        column: usize,
    },
    /// A stock's correlation with itself is not 1.
    NotOne {
        /// Its row and column, from 0 on.
        row: usize,
    },
    /// An entry of a matrix of correlations differs from the one across the diagonal.
    NotSymmetric {
        /// Its row, from 0 on.
        row: usize,
        /// Its column, from 0 on.
        column: usize,
    },
    /// No stocks can be correlated like this: the matrix is not positive definite.
    NotPositiveDefinite {
        /// The first row, from 0 on, that those before it leave nothing of, or less.
        row: usize,
    },
}

// It rides in every `Result` of this module.
const _: () = assert!(size_of::<PriceError>() <= 32);

/// A number that defines a model or a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Parameter {
    /// Ticks of a clock in a year.
    TicksPerYear,
    /// Expected growth a year.
    Drift,
    /// Standard deviation of a year's log return.
    Volatility,
    /// Jumps a year.
    Intensity,
    /// Mean of a jump of the log price.
    JumpMean,
    /// Standard deviation of a jump of the log price.
    JumpDeviation,
    /// What a jump adds to the price's mean, to the price.
    JumpGrowth,
    /// How fast a price, or a variance, goes back to its level.
    Reversion,
    /// The variance at the start.
    InitialVariance,
    /// The variance's level.
    LongRunVariance,
    /// How much the variance moves.
    VolOfVol,
    /// Correlation of the price's shocks with those of its variance.
    Correlation,
    /// The share of the night.
    Overnight,
}

impl Parameter {
    /// Returns the value where it is finite and at most 10⁹ in size: what is made of it stays finite too.
    pub(super) fn finite(self, value: f64) -> Result<f64, PriceError> {
        if value.abs() <= 1e9 { Ok(value) } else { Err(PriceError::OutOfRange { parameter: self }) }
    }

    /// Returns the value where it is finite and not below 0.
    pub(super) fn not_negative(self, value: f64) -> Result<f64, PriceError> {
        if self.finite(value)? < 0.0 { Err(PriceError::Negative { parameter: self }) } else { Ok(value) }
    }

    /// Returns the value where it is finite and above 0.
    pub(super) fn positive(self, value: f64) -> Result<f64, PriceError> {
        if self.finite(value)? <= 0.0 { Err(PriceError::NotPositive { parameter: self }) } else { Ok(value) }
    }

    /// Returns the value where it is at least this.
    pub(super) fn at_least(self, least: f64, value: f64) -> Result<f64, PriceError> {
        if value >= least { Ok(value) } else { Err(PriceError::TooSmall { parameter: self }) }
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TicksPerYear => "the number of ticks in a year",
            Self::Drift => "the drift",
            Self::Volatility => "the volatility",
            Self::Intensity => "the intensity of jumps",
            Self::JumpMean => "the mean of a jump",
            Self::JumpDeviation => "the deviation of a jump",
            Self::JumpGrowth => "what a jump adds to the mean",
            Self::Reversion => "the speed of reversion",
            Self::InitialVariance => "the initial variance",
            Self::LongRunVariance => "the long-run variance",
            Self::VolOfVol => "the vol of vol",
            Self::Correlation => "the correlation of price and variance",
            Self::Overnight => "the share of the night",
        })
    }
}

impl fmt::Display for PriceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownStock { symbol } => write!(f, "{symbol} is not of this market"),
            Self::RepeatedStock { symbol } => write!(f, "{symbol} stands in the market twice"),
            Self::BeforeFirst { session, first } => write!(f, "the market starts on {first}, after {session}"),
            Self::NotASession { session } => write!(f, "{session} is no session of the market's calendar"),
            Self::NotInCalendar { session, first, last } => {
                write!(f, "the market's calendar is known from {first} to {last}, not on {session}")
            }
            Self::NoClose { symbol, session } => write!(f, "{symbol} has no close on {session}"),
            Self::OutOfOrder { session } => write!(f, "closes do not ascend by date at {session}"),
            Self::TooLarge { symbol, session } => write!(f, "{symbol} passes the largest price on {session}"),
            Self::OutOfRange { parameter } => write!(f, "{parameter} is not within +-10^9"),
            Self::Negative { parameter } => write!(f, "{parameter} is below 0"),
            Self::NotPositive { parameter } => write!(f, "{parameter} is not above 0"),
            Self::TooSmall { parameter } => write!(f, "{parameter} is too small"),
            Self::BeyondOne { parameter: parameter @ Parameter::Overnight } => write!(f, "{parameter} is not below 1"),
            Self::BeyondOne { parameter } => write!(f, "{parameter} is not between -1 and 1"),
            Self::CoarseClock => write!(f, "the clock's ticks are too long for a variance as fast as this"),
            Self::CrowdedClock => write!(f, "the clock's ticks are too long for as many jumps as this"),
            Self::LongPast { closes } => write!(f, "{closes} closes of the past are more than 2^32 - 1"),
            Self::ShortPast { closes } => write!(f, "{closes} closes of the past make no two returns"),
            Self::Block { block, returns } => write!(f, "a block of {block} returns, of a past of {returns}"),
            Self::WrongSize { rows, stocks } => write!(f, "{rows} rows of correlations for {stocks} stocks"),
            Self::NotSquare { row } => write!(f, "row {row} of the correlations has not one entry a row"),
            Self::NotACorrelation { row, column } => {
                write!(f, "entry ({row}, {column}) of the correlations is not between -1 and 1")
            }
            Self::NotOne { row } => write!(f, "entry ({row}, {row}) of the correlations is not 1"),
            Self::NotSymmetric { row, column } => {
                write!(f, "entries ({row}, {column}) and ({column}, {row}) of the correlations differ")
            }
            Self::NotPositiveDefinite { row } => {
                write!(
                    f,
                    "the correlations are not positive definite: no stock goes with those before it like row {row}"
                )
            }
        }
    }
}

impl std::error::Error for PriceError {}
