//! Trading calendars: when an exchange is open, when it is closed and why.
//!
//! In comes a date in the exchange's zone, or an instant in UTC; out comes a [`Day`], a [`Session`] with its opening
//! and closing instants, or an iterator of them. One `static` an exchange, named by its MIC (ISO 10383): [`XNYS`].
//! Everything is a constant table made from one text file an exchange (`finnet-core/calendars`): no clock, no
//! time-zone database, no set-up, and each answer takes nanoseconds. Outside of the range it knows a calendar
//! returns [`Error::OutOfRange`], never a guess; dates after 2026 are the exchanges' rules carried forward.
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

mod builder;
mod change;
mod day;
mod draft;
mod ends;
mod error;
mod exchange;
mod hours;
mod instants;
mod joined;
mod mic;
#[cfg(test)]
mod samples;
mod session;
mod sessions;
mod settlement;
mod table;
mod tables;

pub use builder::Builder;
pub use change::Change;
pub use day::Day;
pub use ends::{MonthEnds, WeekEnds};
pub use error::Error;
pub use exchange::Calendar;
pub use hours::Hours;
pub use joined::{Joined, JoinedDay, JoinedDays};
pub use mic::Mic;
pub use session::Session;
pub use sessions::Sessions;
pub use settlement::TPlus;
pub use tables::XNYS;
