//! Statistics of exact money: count, sum, sum of squares, extremes, and what follows from them.
//!
//! In come [`Amount`](crate::Amount)s; out go their mean and sample deviation, computed in integers and rounded once.
//! [`Moments`] of parts merge to the same bits as the moments of the whole, however the values were dealt out.

mod moments;
mod wide;

pub use moments::{Moments, StatsError};
