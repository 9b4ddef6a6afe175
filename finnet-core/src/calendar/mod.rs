//! Trading calendars: when an exchange is open, when it is closed and why.
//!
//! In comes a date in the exchange's zone, or an instant in UTC; out comes a [`Day`], a [`Session`] with its opening
//! and closing instants, or an iterator of them. One `static` an exchange, named by its MIC (ISO 10383): [`XNYS`]; below
//! is the list of all. Everything is a constant table made from one text file an exchange (`finnet-core/calendars`): no
//! clock, no time-zone database, no set-up, and an answer takes nanoseconds. A program holds the calendars that it names;
//! [`Calendar::of`] holds them all, which are a quarter of a megabyte. Outside of the range it knows a calendar returns
//! [`Error::OutOfRange`], never a guess.
//!
//! The days are those of the Python package `exchange_calendars` 4.13.2, all of them held against it in tests. It is what
//! that package says, not history: most hours are today's, applied back to the first date, and days after 2026 are the
//! exchanges' rules carried forward. Where that is known to be thin, an exchange's own page says so.
//!
//! # Examples
//!
//! ```
//! use finnet_core::calendar::{Calendar, Day, XNYS};
//! use finnet_core::chrono::NaiveDate;
//!
//! let date = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
//!
//! assert_eq!(XNYS.day(date(2012, 10, 29))?, Day::Closed { reason: Some("Hurricane Sandy") });
//!
//! let friday = XNYS.session_after(date(2026, 11, 26))?; // after Thanksgiving
//! assert!(friday.closes_early());
//! assert_eq!(format!("{} – {}", friday.open(), friday.close()), "2026-11-27 14:30:00 UTC – 2026-11-27 18:00:00 UTC");
//! assert_eq!(friday.close_local().to_string(), "2026-11-27 13:00:00");
//!
//! let year = XNYS.sessions(date(2026, 1, 1)..=date(2026, 12, 31))?;
//! assert_eq!(year.len(), 251);
//! assert_eq!(year.month_ends().next().unwrap().date(), date(2026, 1, 30));
//!
//! assert_eq!(Calendar::of("XNAS")?.mic().as_str(), "XNYS"); // a name read at run time; Nasdaq keeps New York's days
//!
//! let error = XNYS.day(date(1999, 12, 31)).unwrap_err();
//! assert_eq!(error.to_string(), "XNYS is known from 2000-01-01 to 2030-12-31, not on 1999-12-31");
//! # Ok::<(), finnet_core::calendar::Error>(())
//! ```
//!
//! # Exchanges
//!
#![doc = include_str!("tables/exchanges.md")]

mod day;
mod error;
mod exchange;
mod mic;
mod session;
mod sessions;
mod table;
mod tables;

pub use day::Day;
pub use error::Error;
pub use exchange::Calendar;
pub use mic::Mic;
pub use session::Session;
pub use sessions::{MonthEnds, Sessions};
pub use tables::{
    AIXK, ASEX, BVMF, XAMS, XASX, XBDA, XBEL, XBKK, XBOG, XBOM, XBRA, XBRU, XBSE, XBUD, XBUE, XCBF, XCSE, XCYS, XDUB,
    XDUS, XEEE, XETR, XEUR, XFRA, XHAM, XHEL, XHKG, XICE, XIDX, XIST, XJSE, XKAR, XKLS, XKRX, XLIM, XLIS, XLIT, XLJU,
    XLON, XLUX, XMAD, XMEX, XMIL, XMOS, XNYS, XNZE, XOSL, XPAR, XPHS, XPRA, XRIS, XSAU, XSES, XSGO, XSHG, XSTO, XSTU,
    XSWX, XTAE, XTAI, XTAL, XTKS, XTSE, XWAR, XWBO, XZAG,
};
