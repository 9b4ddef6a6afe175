//! Trading calendars: when an exchange is open, when it is closed and why.
//!
//! A backtest that trades on a holiday, an annualised figure over the wrong number of sessions, a settlement a day early:
//! all come of a calendar that was guessed. Here each exchange is a `static`, named by its MIC (ISO 10383), such as
//! [`XNYS`]; [below](#exchanges) is the list of all. In comes a date in the exchange's zone, or an instant in UTC; out
//! comes a [`Day`], a [`Session`] with its opening and closing instants, or an iterator of them. Everything is a constant
//! table: no clock, no time-zone database, no set-up, and an answer takes nanoseconds. A program holds the calendars that
//! it names; [`Calendar::of`] holds them all, which are a quarter of a megabyte. Outside of the range it knows a calendar
//! returns [`Error::OutOfRange`], never a guess.
//!
//! The days are those of the Python package `exchange_calendars` 4.13.2 with pandas 2.2 (with pandas 3.1 it loses its weekend
//! sessions, and fails for some exchanges), all of them held against it in tests. It is what
//! that package says, not history: most hours are today's, applied back to the first date, and days after 2026 are the
//! exchanges' rules carried forward. Where that is known to be thin, an exchange's own page says so.
//!
//! # What is this date?
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
//! assert_eq!(XNYS.reason(friday.date())?, Some("Black Friday"));
//! assert_eq!(format!("{} – {}", friday.open(), friday.close()), "2026-11-27 14:30:00 UTC – 2026-11-27 18:00:00 UTC");
//! assert_eq!(friday.close_local().to_string(), "2026-11-27 13:00:00");
//! assert_eq!(XNYS.session_away(friday.date(), -5)?.date(), date(2026, 11, 19));
//!
//! let tokyo = Calendar::of("XTKS")?; // a name read at run time
//! assert_eq!(tokyo.session_on_or_after(friday.date())?.open().to_string(), "2026-11-27 00:00:00 UTC");
//! assert_eq!(Calendar::of("XNAS")?.mic().as_str(), "XNYS"); // Nasdaq keeps New York's days
//!
//! let error = XNYS.day(date(1999, 12, 31)).unwrap_err();
//! assert_eq!(error.to_string(), "XNYS is known from 2000-01-01 to 2030-12-31, not on 1999-12-31");
//! # Ok::<(), finnet_core::calendar::Error>(())
//! ```
//!
//! # Which sessions are there?
//!
//! [`Calendar::sessions`] walks a range from both ends, and knows how many there are without walking; of them,
//! [`month_ends`](Sessions::month_ends) and [`week_ends`](Sessions::week_ends) are the days of rebalancing.
//!
//! ```
//! use finnet_core::calendar::XNYS;
//! use finnet_core::chrono::{NaiveDate, Weekday};
//!
//! let date = |month, day| NaiveDate::from_ymd_opt(2026, month, day).unwrap();
//! let year = XNYS.sessions(date(1, 1)..=date(12, 31))?;
//! assert_eq!(year.len(), 251);
//! assert_eq!(year.clone().month_ends().next().unwrap().date(), date(1, 30));
//! assert_eq!(year.clone().week_ends(Weekday::Mon).nth(13).unwrap().date(), date(4, 2)); // before Good Friday
//! assert_eq!(year.filter(|session| session.closes_early()).count(), 2); // after Thanksgiving, and Christmas Eve
//! # Ok::<(), finnet_core::calendar::Error>(())
//! ```
//!
//! # Is it open now?
//!
//! The present comes from the caller. A session lasts from its open, inclusive, to its close, exclusive; a break is not
//! open, but ends no session.
//!
//! ```
//! use finnet_core::calendar::XNYS;
//! use finnet_core::chrono::{DateTime, Utc};
//!
//! let now: DateTime<Utc> = "2026-11-21T16:00:00Z".parse().unwrap(); // a Saturday
//! assert!(!XNYS.is_open_at(now)?);
//! assert_eq!(XNYS.next_open(now)?.to_rfc3339(), "2026-11-23T14:30:00+00:00");
//! assert_eq!(XNYS.last_closed(now)?.to_string(), "2026-11-20");
//! assert_eq!(XNYS.session_at(now)?, None);
//! # Ok::<(), finnet_core::calendar::Error>(())
//! ```
//!
//! # And if I know better?
//!
//! [`Calendar::with`] patches a holiday called this morning, [`Calendar::builder`] makes a calendar of any zone, and
//! [`Joined`] asks several at once. [`Calendar::settlement`] counts the business days of the calendar that settles,
//! which is not the exchange's.
//!
//! ```
//! use finnet_core::calendar::{Change, Day, Joined, TPlus, XNYS};
//! use finnet_core::chrono::NaiveDate;
//!
//! let date = |month, day| NaiveDate::from_ymd_opt(2026, month, day).unwrap();
//! let mine = XNYS.with([Change::closed(date(12, 1)).because("Blizzard")])?;
//! assert_eq!(mine.day(date(12, 1))?, Day::Closed { reason: Some("Blizzard") });
//!
//! let settles = XNYS.with([date(10, 12), date(11, 11)])?; // Columbus Day and Veterans Day: the banks rest
//! assert_eq!(XNYS.settlement(date(10, 12), TPlus(1), &settles)?, date(10, 13));
//!
//! let both = Joined::all([&XNYS, &mine, &settles])?;
//! assert_eq!(both.days(date(10, 1)..date(11, 1))?.count(), 21); // of 22
//! # Ok::<(), finnet_core::calendar::Error>(())
//! ```
//!
//! # Exchanges
//!
#![doc = include_str!("tables/exchanges.md")]

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
mod reasons;
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
pub use tables::{
    AIXK, ASEX, BVMF, XAMS, XASX, XBDA, XBEL, XBKK, XBOG, XBOM, XBRA, XBRU, XBSE, XBUD, XBUE, XCBF, XCSE, XCYS, XDUB,
    XDUS, XEEE, XETR, XEUR, XFRA, XHAM, XHEL, XHKG, XICE, XIDX, XIST, XJSE, XKAR, XKLS, XKRX, XLIM, XLIS, XLIT, XLJU,
    XLON, XLUX, XMAD, XMEX, XMIL, XMOS, XNYS, XNZE, XOSL, XPAR, XPHS, XPRA, XRIS, XSAU, XSES, XSGO, XSHG, XSTO, XSTU,
    XSWX, XTAE, XTAI, XTAL, XTKS, XTSE, XWAR, XWBO, XZAG,
};
