//! Questions about an instant: what is open then, and what opens and closes next.
//!
//! In comes an instant in UTC. A session holds the instants from its open, inclusive, to its close, exclusive; no
//! session goes over midnight in its zone, so that the day on which the instant lies there is the only one to look at.

use chrono::{DateTime, NaiveDate, Utc};

use super::exchange::Calendar;
use super::error::Error;
use super::session::Session;
use super::table::Table;

impl Calendar {
    /// Returns the session in which an instant lies, or `None` between sessions.
    ///
    /// A session lasts from its open, inclusive, to its close, exclusive; its break belongs to it.
    ///
    /// # Errors
    ///
    /// - [`Error::OutOfRange`] for an instant on a date, in the exchange's zone, that is not known.
    ///
    /// # Examples
    ///
    /// ```
    /// use finnet_core::calendar::XNYS;
    /// use finnet_core::chrono::{DateTime, Utc};
    ///
    /// let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    /// assert_eq!(XNYS.session_at(at("2026-11-20T20:59:59Z"))?.unwrap().to_string(), "2026-11-20");
    /// assert_eq!(XNYS.session_at(at("2026-11-20T21:00:00Z"))?, None);
    /// # Ok::<(), finnet_core::calendar::Error>(())
    /// ```
    pub fn session_at(&self, at: DateTime<Utc>) -> Result<Option<Session>, Error> {
        let (day, minute) = self.locate(at)?;
        let holds = self.0.is_session(day) && self.0.open_of(day) <= minute && minute < self.0.close_of(day);
        Ok(holds.then(|| self.session_of(day)))
    }

    /// Returns whether the exchange is open at an instant: in a session, and not in its break.
    ///
    /// A session is open from its open, inclusive, to its close, exclusive; a break is closed from its beginning,
    /// inclusive, to its end, exclusive.
    ///
    /// # Errors
    ///
    /// - [`Error::OutOfRange`] for an instant on a date, in the exchange's zone, that is not known.
    ///
    /// # Examples
    ///
    /// ```
    /// use finnet_core::calendar::XNYS;
    /// use finnet_core::chrono::NaiveDate;
    ///
    /// let session = XNYS.session(NaiveDate::from_ymd_opt(2026, 11, 20).unwrap())?;
    /// assert!(XNYS.is_open_at(session.open())?);
    /// assert!(!XNYS.is_open_at(session.close())?);
    /// # Ok::<(), finnet_core::calendar::Error>(())
    /// ```
    pub fn is_open_at(&self, at: DateTime<Utc>) -> Result<bool, Error> {
        let session = self.session_at(at)?;
        Ok(session.is_some_and(|session| session.break_hours().is_none_or(|(start, end)| at < start || end <= at)))
    }

    /// Returns the first open after an instant; an open at the very instant is not after it.
    ///
    /// Opens are those of sessions: the end of a break is none.
    ///
    /// # Errors
    ///
    /// - [`Error::OutOfRange`] for an instant on a date, in the exchange's zone, that is not known, and where no open
    ///   follows in the range.
    ///
    /// # Examples
    ///
    /// ```
    /// use finnet_core::calendar::XNYS;
    /// use finnet_core::chrono::{DateTime, Utc};
    ///
    /// // The clocks of New York went forward on Sunday, 8 March 2026.
    /// let friday: DateTime<Utc> = "2026-03-06T14:30:00Z".parse().unwrap();
    /// assert_eq!(XNYS.next_open(friday)?.to_rfc3339(), "2026-03-09T13:30:00+00:00");
    /// assert_eq!(XNYS.next_close(friday)?.to_rfc3339(), "2026-03-06T21:00:00+00:00");
    /// # Ok::<(), finnet_core::calendar::Error>(())
    /// ```
    pub fn next_open(&self, at: DateTime<Utc>) -> Result<DateTime<Utc>, Error> {
        let (day, minute) = self.locate(at)?;
        let opened = self.0.is_session(day) && self.0.open_of(day) <= minute;
        Ok(self.first_from(day + usize::from(opened))?.open())
    }

    /// Returns the first close after an instant; a close at the very instant is not after it.
    ///
    /// Closes are those of sessions: the beginning of a break is none.
    ///
    /// # Errors
    ///
    /// - [`Error::OutOfRange`] for an instant on a date, in the exchange's zone, that is not known, and where no close
    ///   follows in the range.
    pub fn next_close(&self, at: DateTime<Utc>) -> Result<DateTime<Utc>, Error> {
        let (day, minute) = self.locate(at)?;
        let closed = self.0.is_session(day) && self.0.close_of(day) <= minute;
        Ok(self.first_from(day + usize::from(closed))?.close())
    }

    /// Returns the last session that has opened at an instant: its open is not after it. It may be open still.
    ///
    /// # Errors
    ///
    /// - [`Error::OutOfRange`] for an instant on a date, in the exchange's zone, that is not known, and before the
    ///   first open in the range.
    pub fn last_opened(&self, at: DateTime<Utc>) -> Result<Session, Error> {
        let (day, minute) = self.locate(at)?;
        let still_shut = self.0.is_session(day) && self.0.open_of(day) > minute;
        self.last_until(if still_shut { day.checked_sub(1) } else { Some(day) })
    }

    /// Returns the last session that has closed at an instant: its close is not after it.
    ///
    /// # Errors
    ///
    /// - [`Error::OutOfRange`] for an instant on a date, in the exchange's zone, that is not known, and before the
    ///   first close in the range.
    ///
    /// # Examples
    ///
    /// ```
    /// use finnet_core::calendar::XNYS;
    /// use finnet_core::chrono::NaiveDate;
    ///
    /// let friday = XNYS.session(NaiveDate::from_ymd_opt(2026, 11, 20).unwrap())?;
    /// assert_eq!(XNYS.last_closed(friday.close())?, friday);
    /// assert_eq!(XNYS.last_closed(friday.open())?.to_string(), "2026-11-19");
    /// # Ok::<(), finnet_core::calendar::Error>(())
    /// ```
    pub fn last_closed(&self, at: DateTime<Utc>) -> Result<Session, Error> {
        let (day, minute) = self.locate(at)?;
        let still_open = self.0.is_session(day) && self.0.close_of(day) > minute;
        self.last_until(if still_open { day.checked_sub(1) } else { Some(day) })
    }

    /// Returns the day, in the exchange's zone, on which an instant lies, and its minute since 1970, rounded down:
    /// sessions open and close on whole minutes, so that nothing hangs on the rest.
    fn locate(&self, at: DateTime<Utc>) -> Result<(usize, i32), Error> {
        let minutes = at.timestamp().div_euclid(60);
        // An instant beyond 32 bits of minutes is four thousand years off: any offset leaves it out of range.
        let minute = i32::try_from(minutes).unwrap_or(if minutes < 0 { i32::MIN } else { i32::MAX });
        let date = Table::day_at(minutes + i64::from(self.0.offset_at(minute)));
        let date = i32::try_from(date).ok().and_then(NaiveDate::from_num_days_from_ce_opt);
        Ok((self.number_of(date.unwrap_or(at.date_naive()))?, minute))
    }
}
