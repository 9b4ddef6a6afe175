//! What an investor earned: time-weighted, money-weighted (XIRR, IRR) and Modified Dietz.
//!
//! In come a portfolio's values and what was paid in or out, exact and by date ([`Valued`], [`CashFlow`]); out come
//! rates as fractions, 0.01 being 1 %, in doubles. Those of a [`Ledger`](crate::ledger::Ledger) come from [`valued`]. Amounts meet in integers and become doubles by
//! [`Amount::to_f64`](crate::Amount::to_f64) alone, so that no flow can be NaN and every sum of them is exact.
//!
//! | question | type | source |
//! |---|---|---|
//! | How good was the manager, whoever paid in when? | [`TimeWeighted`] | GIPS 2020, chain-linked at each flow |
//! | What did the investor's money earn? | [`Xirr`], [`irr`] | Excel's `XIRR`, `IRR`, with every solution that doubles tell apart |
//! | And without solving an equation, or with few valuations? | [`ModifiedDietz`] | Dietz 1968, GIPS 2020 |
//!
//! # Examples
//!
//! ```
//! use finnet_core::chrono::NaiveDate;
//! use finnet_core::performance::{DayCount, FlowsAt, ModifiedDietz, Per, TimeWeighted, Valued, Xirr, cash_flows};
//!
//! let row = |date: &str, before: &str, flow: &str| -> Result<Valued, Box<dyn std::error::Error>> {
//!     Ok(Valued { date: date.parse()?, before: before.parse()?, flow: flow.parse()? })
//! };
//! // 5,000 grow by 28.6 %; then 95,000 are paid in, and all falls.
//! let valued = [
//!     row("2020-01-01", "0", "5000")?,
//!     row("2020-03-01", "6427.88", "95000")?,
//!     row("2020-12-01", "99000", "0")?,
//! ];
//! let manager = TimeWeighted { per: Per::Period }.of(&valued)?.expect("there was capital throughout");
//! assert_eq!((manager * 1e4).round(), 2548.0); // +25.48 %
//! let dietz = ModifiedDietz { flows: FlowsAt::EndOfDay }.of(&valued)?.expect("there was capital");
//! assert_eq!((dietz * 1e4).round(), -121.0); // −1.21 %
//! let money = Xirr { day_count: DayCount::Act365Fixed }.of(&cash_flows(&valued)?)?;
//! assert_eq!((money.one().expect("one rate solves it") * 1e4).round(), -131.0); // −1.31 % a year
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod account;
mod dietz;
mod error;
mod money_weighted;
mod roots;
mod time_weighted;

#[cfg(test)]
mod tests;

use chrono::NaiveDate;

pub use self::account::valued;
pub use self::dietz::{FlowsAt, ModifiedDietz};
pub use self::error::PerformanceError;
pub use self::money_weighted::{CashFlow, Irr, Xirr, cash_flows, irr};
pub use self::time_weighted::{Per, TimeWeighted, sub_period_returns};
use crate::money::Amount;

/// What a portfolio was worth on a date, and what was then paid in or out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Valued {
    /// The date.
    pub date: NaiveDate,
    /// The value ahead of the flow; 0 where the portfolio begins with the flow.
    pub before: Amount,
    /// What was paid in, above 0, or out, below, after the valuation.
    pub flow: Amount,
}

impl Valued {
    /// Returns the value after the flow: the capital of the period that follows.
    fn after(&self) -> Result<Amount, PerformanceError> {
        self.before.checked_add(self.flow).ok_or(PerformanceError::Overflow)
    }
}

/// How days become years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DayCount {
    /// Days ÷ 365, in leap years too: Excel's `XIRR`, pyxirr, ISDA's "Actual/365 (Fixed)".
    Act365Fixed,
    /// Days ÷ 365.25.
    Act36525,
    /// Days ÷ 360: ISDA's "Actual/360".
    Act360,
}

impl DayCount {
    /// Returns the days of a year.
    pub fn days_a_year(self) -> f64 {
        match self {
            Self::Act365Fixed => 365.0,
            Self::Act36525 => 365.25,
            Self::Act360 => 360.0,
        }
    }
}

/// Returns the days from the first valuation to the last, of two at least, in order of date.
fn period(valued: &[Valued]) -> Result<i64, PerformanceError> {
    if let Some(at) = valued.windows(2).position(|pair| pair[1].date < pair[0].date) {
        return Err(PerformanceError::NotInOrder { at: at + 1 });
    }
    match valued {
        [] => Err(PerformanceError::Empty),
        [_] => Err(PerformanceError::NoPeriod),
        [first, .., last] => Ok((last.date - first.date).num_days()),
    }
}
