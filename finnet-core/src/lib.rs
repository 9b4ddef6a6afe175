//! Trading calendars, price models, portfolio accounting and statistics: exact, pure, without I/O.
//!
//! Read from top to bottom and you retrace the data: a calendar says when there is a session, a price model what a
//! stock closes at, a [`Close`] is that fact, a cross section gathers the closes of one session, [`Holdings`] make a
//! [`Valuation`] of them. Where holdings change, a [`ledger`] keeps them; what it is worth becomes [`performance`] and,
//! with [`stats`], the [`summary`].
//!
//! ```
//! use finnet_core::chrono::NaiveDate;
//! use finnet_core::calendar::XNYS;
//! use finnet_core::evaluate::{Evaluator, Outcome};
//! use finnet_core::price::{Clock, Gbm, Market, PerYear, Seed};
//! use finnet_core::{Close, Holdings, Machine, Symbol};
//!
//! let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
//! let ibm = Symbol::new("IBM")?;
//! let model = Gbm { start: "128.25".parse()?, drift: PerYear(0.07), volatility: PerYear(0.22) };
//! let clock = Clock::Sessions { calendar: &XNYS, per_year: 252.0 };
//! let market = Market::new(Seed(42), day(2000, 1, 3), clock)?.stock(ibm, model)?;
//! let mut investor = Evaluator::new(Holdings::new([("IBM", 1300)])?);
//! for session in XNYS.sessions(day(2000, 1, 1)..=day(2000, 12, 31))? {
//!     let close = Close { symbol: ibm, session: session.date(), price: market.close(ibm, session.date())? };
//!     for outcome in investor.step(close) {
//!         assert!(matches!(outcome, Outcome::Valued(_)));
//!     }
//! }
//! let last = investor.last().expect("252 sessions were valued");
//! assert_eq!(last.session, day(2000, 12, 29));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Conventions
//!
//! - Money is scaled integers of 10⁻⁸: exact, or rounded once, half away from zero ([`money`]).
//! - A session is a trading session, named by its date in the exchange's zone.
//! - Input never panics; it is a typed error, one enum a module.
//! - There is no clock, no randomness without a seed and no default that the field disputes; each definition that is
//!   disputed stands in [`conventions`], and what other packages do better in [`comparison`].

#![forbid(unsafe_code)]

// Floors: a module may use those above it in this list, and none of its own paragraph.
pub mod machine;
pub mod money;
pub mod number;
pub mod symbol;

pub mod calendar;
pub mod indicator;
pub mod stats;

pub mod event;
pub mod rate;

pub mod cross_section;
pub mod holdings;
pub mod price;

pub mod evaluate;
pub mod ledger;

pub mod performance;

pub mod summary;

mod error;

pub use chrono;
pub use rust_decimal;

pub use error::Error;
pub use event::{Bar, Close, Tick, Valuation};
pub use holdings::{Book, Holdings};
pub use machine::{Journal, Machine};
pub use money::{Amount, Percent, Price, Quantity};
pub use symbol::{Name, PortfolioId, Symbol};

#[doc = include_str!("../docs/conventions.md")]
pub mod conventions {}

#[doc = include_str!("../docs/comparison.md")]
pub mod comparison {}

/// The examples of the README run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
