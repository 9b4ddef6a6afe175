//! The facts that travel: a stock's [`Close`], [`Bar`] and [`Tick`]s of a session, a portfolio's [`Valuation`] at one.
//!
//! Plain data in exact decimals; how they are written on a wire is an adapter's business.
//!
//! # Examples
//!
//! ```
//! use finnet_core::chrono::NaiveDate;
//! use finnet_core::event::{Close, Valuation};
//! use finnet_core::{Amount, Symbol};
//!
//! let [monday, tuesday] = [16, 17].map(|day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap());
//! let close = Close { symbol: Symbol::new("VZ")?, session: monday, price: "41.50".parse()? };
//! assert_eq!(close.price.to_string(), "41.50");
//!
//! let before: Amount = "-200.00".parse()?; // shorts outweigh
//! let valuation = Valuation::after(Some(before), tuesday, "-150.00".parse()?);
//! assert_eq!(valuation.change, Some("50.00".parse()?));
//! assert_eq!(valuation.change_pct.unwrap().to_string(), "25.00"); // of 200, a gain
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::num::NonZeroU64;

use chrono::{DateTime, NaiveDate, Utc};

use crate::money::{Amount, Percent, Price};
use crate::symbol::Symbol;

/// What one stock closed at, in one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Close {
    /// The stock.
    pub symbol: Symbol,
    /// The session's date, in the exchange's zone.
    pub session: NaiveDate,
    /// The closing price, in the stock's currency.
    pub price: Price,
}

/// What one stock did in one session: its first, highest, lowest and last price, and what was traded.
///
/// As [`Market`](crate::price::Market) makes it, `low` ≤ `open`, `close` ≤ `high`. The fields are plain data, which
/// nothing checks: neither where they are set nor where a bar is deserialized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Bar {
    /// The stock.
    pub symbol: Symbol,
    /// The session's date, in the exchange's zone.
    pub session: NaiveDate,
    /// The first price of the session, in the stock's currency.
    pub open: Price,
    /// The highest price.
    pub high: Price,
    /// The lowest price.
    pub low: Price,
    /// The last price: that of the session's [`Close`].
    pub close: Price,
    /// Pieces traded.
    pub volume: NonZeroU64,
}

/// One trade of one stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Tick {
    /// The stock.
    pub symbol: Symbol,
    /// When it was traded.
    pub at: DateTime<Utc>,
    /// The price of a piece, in the stock's currency.
    pub price: Price,
    /// Pieces traded.
    pub volume: NonZeroU64,
}

/// What one portfolio is worth at the close of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Valuation {
    /// The session's date.
    pub session: NaiveDate,
    /// Σ quantity × close, exact; below 0 where shorts outweigh.
    pub value: Amount,
    /// The value less that of the session valued before, exact; `None` at the first.
    pub change: Option<Amount>,
    /// The change as a percentage of the absolute value before, rounded half away from zero to two decimals;
    /// `None` at the first and where the value before was 0.
    pub change_pct: Option<Percent>,
}

impl Valuation {
    /// Returns the valuation of a session, given the value at the session valued before.
    ///
    /// # Panics
    ///
    /// Where the change is beyond 128 bits: not between values of [`Holdings`](crate::holdings::Holdings).
    pub fn after(before: Option<Amount>, session: NaiveDate, value: Amount) -> Self {
        let change = before.map(|before| value.checked_sub(before).expect("values of holdings are below 10^34 units"));
        let change_pct = change.zip(before).and_then(|(change, before)| Percent::of_change(change, before));
        Self { session, value, change, change_pct }
    }
}
