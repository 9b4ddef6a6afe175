//! Prices from a seed, or from a file of real closes: markets that are the same everywhere.
//!
//! A [`Market`] is defined by its [`Seed`], its first session, its [`Clock`] and its ordered list of stocks, each with
//! a model and perhaps correlated. A price depends on these alone, whatever else was asked, in any order, thread,
//! process or on any platform, to the bit. Later sessions are in no definition: more years change no earlier price, and
//! appending a stock changes no earlier one.
//!
//! The calendar of [`Clock::Sessions`] is part of the definition of what comes after: a session more or less on a date,
//! by a release with a closure corrected or by [`Calendar::with`](crate::calendar::Calendar::with), changes no price
//! before it and moves every later one by a tick. Who must not have that keeps the calendar with the market, or counts
//! by [`Clock::CalendarDays`], of which no closure changes any price.
//!
//! | model | log returns | a close alone, n ticks on | in date order |
//! |---|---|---|---|
//! | [`Uniform`] | noise around a base | O(1) | O(1) |
//! | [`Replay`] | real ones | O(log n) | O(log n) |
//! | [`Gbm`] | normal, independent | O(log n) | O(1) |
//! | [`Merton`] | normal, and jumps | O(log n) | O(1) |
//! | [`Ou`] | drawn back to a level | O(log n) | O(1) |
//! | [`Heston`] | of a variance that comes and goes | O(n) | O(1) |
//! | [`Bootstrap`] | those of the past, in blocks | O(n) | O(1) |
//!
//! Correlation with k stocks before it multiplies a stock's effort by up to k + 1.
//!
//! A path is in `f64`, made of + − × ÷ √ and the functions of [`number`](crate::number) alone. Its close in cents is
//! the path's value × 100, a product that is itself rounded to a double, taken to the nearest whole number, half up; it
//! is at least 1: a path that falls below half a cent goes on below it, and closes at 0.01 until it is back.
//! [`Market::value`] is the path itself.
//!
//! Between two closes [`Market::bar`] has a session's open, high, low, close and volume, and [`Market::ticks`] the trades
//! that they come from, on a Brownian bridge between the closes ([`TRADES`] has its formula). They are as much the same
//! everywhere as the closes are.
//!
//! # Examples
//!
//! ```
//! use finnet_core::chrono::NaiveDate;
//! use finnet_core::calendar::XNYS;
//! use finnet_core::price::{Clock, Gbm, Market, PerYear, Seed};
//! use finnet_core::Symbol;
//!
//! let date = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
//! let (ibm, vz) = (Symbol::new("IBM")?, Symbol::new("VZ")?);
//! let clock = Clock::Sessions { calendar: &XNYS, per_year: 252.0 };
//! let market = Market::new(Seed(42), date(2000, 1, 3), clock)?
//!     .stock(ibm, Gbm { start: "128.25".parse()?, drift: PerYear(0.07), volatility: PerYear(0.22) })?
//!     .stock(vz, Gbm { start: "37.91".parse()?, drift: PerYear(0.04), volatility: PerYear(0.18) })?
//!     .correlated(&[[1.0, 0.4], [0.4, 1.0]])?;
//! let day = date(2026, 11, 20);
//! let close = market.close(vz, day)?; // asked alone or last of thousands: the same price
//! let all: Vec<_> = market.closes(vz, ..=day)?.collect::<Result<_, _>>()?;
//! assert_eq!(all.last().unwrap().price, close);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod along;
mod bar;
mod bootstrap;
mod clock;
mod correlation;
mod error;
mod gbm;
mod heston;
mod intraday;
mod market;
mod merton;
mod ou;
mod path;
mod random;
mod replay;
mod stock;
#[cfg(test)]
mod tests;
mod uniform;

pub use along::Along;
pub use bar::{Bars, Ticks};
pub use bootstrap::{Bootstrap, MeanBlock};
pub use clock::{Clock, PerYear};
pub use error::{Parameter, PriceError};
pub use gbm::Gbm;
pub use heston::Heston;
pub use intraday::{Overnight, TRADES};
pub use market::{Closes, Market};
pub use merton::Merton;
pub use ou::Ou;
pub use random::Seed;
pub use replay::Replay;
pub use stock::Model;
pub use uniform::Uniform;
