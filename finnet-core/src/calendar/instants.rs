//! Questions about an instant: what is open then, and what opens and closes next.
//!
//! In comes an instant in UTC. A session holds the instants from its open, inclusive, to its close, exclusive; no
//! session goes over midnight in its zone, so that the day on which the instant lies there is the only one to look at.

use chrono::{DateTime, NaiveDate, Utc};

use super::error::Error;
use super::exchange::Calendar;
use super::session::Session;
use super::table::{Hours as Times, Table, instant_of};

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
        let at = self.locate(at)?;
        let holds = at.hours.is_some_and(|hours| at.is_within(hours.open, hours.close));
        Ok(holds.then(|| self.session_of(at.day)))
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
        let at = self.locate(at)?;
        Ok(at.hours.is_some_and(|hours| {
            at.is_within(hours.open, hours.close) && !at.is_within(hours.break_start, hours.break_end)
        }))
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
        let at = self.locate(at)?;
        let opened = at.hours.is_some_and(|hours| at.has_come(hours.open));
        Ok(self.first_from(at.day + usize::from(opened))?.open())
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
        let at = self.locate(at)?;
        let closed = at.hours.is_some_and(|hours| at.has_come(hours.close));
        Ok(self.first_from(at.day + usize::from(closed))?.close())
    }

    /// Returns the last session that has opened at an instant: its open is not after it. It may be open still.
    ///
    /// # Errors
    ///
    /// - [`Error::OutOfRange`] for an instant on a date, in the exchange's zone, that is not known, and before the
    ///   first open in the range.
    #[doc(alias = "previous_open")]
    pub fn last_opened(&self, at: DateTime<Utc>) -> Result<Session, Error> {
        let at = self.locate(at)?;
        let still_shut = at.hours.is_some_and(|hours| !at.has_come(hours.open));
        self.last_until(at.day.checked_sub(still_shut.into()))
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
    #[doc(alias = "previous_close")]
    pub fn last_closed(&self, at: DateTime<Utc>) -> Result<Session, Error> {
        let at = self.locate(at)?;
        let still_open = at.hours.is_some_and(|hours| !at.has_come(hours.close));
        self.last_until(at.day.checked_sub(still_open.into()))
    }

    /// Returns where an instant lies, rounded down to the minute: sessions open and close on whole minutes, so that
    /// nothing hangs on the rest.
    fn locate(&self, at: DateTime<Utc>) -> Result<Place, Error> {
        let minutes = at.timestamp().div_euclid(60);
        // An instant beyond 32 bits of minutes is four thousand years off: any offset leaves it out of range.
        let minute = i32::try_from(minutes).unwrap_or(if minutes < 0 { i32::MIN } else { i32::MAX });
        let date = Table::day_at(minutes + i64::from(self.0.offset_at(minute)));
        let day = usize::try_from(date - i64::from(self.0.first)).ok().filter(|day| *day < self.0.days);
        let day = day.ok_or_else(|| self.date_out_of_range(date, at))?;
        if !self.0.is_session(day) {
            return Ok(Place { day, hours: None, minute: 0 });
        }
        let (hours, offset) = self.0.times_of(day);
        let midnight = instant_of(self.0.common_era(day), 0, offset);
        Ok(Place { day, hours: Some(hours), minute: minute - midnight })
    }

    #[cold]
    fn date_out_of_range(&self, common_era: i64, at: DateTime<Utc>) -> Error {
        let date = i32::try_from(common_era).ok().and_then(NaiveDate::from_num_days_from_ce_opt);
        self.out_of_range(date.unwrap_or(at.date_naive()))
    }
}

/// Where an instant lies in the exchange's zone.
struct Place {
    day: usize,
    /// Those of the day's session, if it has one.
    hours: Option<Times>,
    /// Minutes of the day, by the clocks of the session.
    minute: i32,
}

impl Place {
    fn has_come(&self, time: u16) -> bool {
        i32::from(time) <= self.minute
    }

    fn is_within(&self, from: u16, to: u16) -> bool {
        self.has_come(from) && !self.has_come(to)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::super::samples::{SAMPLES, Sample, any_instant, date, sample, utc};
    use super::super::tables::{XHKG, XNYS, XTKS};
    use super::*;

    // Known from the exchange's own notices, not from a table: Thanksgiving is the fourth Thursday of November, the
    // Friday after it closes at 13:00; New York is five hours behind UTC in winter.
    #[test]
    fn thanksgiving_2026() {
        let at = utc("2026-11-26T15:00:00Z");
        assert_eq!(XNYS.session_at(at), Ok(None));
        assert_eq!(XNYS.is_open_at(at), Ok(false));
        assert_eq!(XNYS.next_open(at), Ok(utc("2026-11-27T14:30:00Z")));
        assert_eq!(XNYS.next_close(at), Ok(utc("2026-11-27T18:00:00Z")));
        assert_eq!(XNYS.last_closed(at).unwrap().close(), utc("2026-11-25T21:00:00Z"));
        assert_eq!(XNYS.last_opened(at).unwrap().open(), utc("2026-11-25T14:30:00Z"));
    }

    // Clocks of New York: forward on the second Sunday of March, back on the first of November, since 2007.
    #[test]
    fn clocks_of_new_york_2026() {
        for (at, open) in [
            ("2026-03-06T21:00:00Z", "2026-03-09T13:30:00Z"),
            ("2026-10-30T20:00:00Z", "2026-11-02T14:30:00Z"),
            ("2026-11-02T14:29:59.999999999Z", "2026-11-02T14:30:00Z"),
            ("2026-11-02T14:30:00Z", "2026-11-03T14:30:00Z"),
        ] {
            assert_eq!(XNYS.next_open(utc(at)), Ok(utc(open)), "{at}");
        }
    }

    #[test]
    fn a_break_is_not_open_and_ends_no_session() {
        let session = XTKS.session(date(2026, 11, 20)).unwrap();
        for (at, open) in [
            ("2026-11-19T23:59:59.999Z", None),
            ("2026-11-20T00:00:00Z", Some(true)),
            ("2026-11-20T02:29:59.999Z", Some(true)),
            ("2026-11-20T02:30:00Z", Some(false)),
            ("2026-11-20T03:29:59Z", Some(false)),
            ("2026-11-20T03:30:00Z", Some(true)),
            ("2026-11-20T06:29:59Z", Some(true)),
            ("2026-11-20T06:30:00Z", None),
        ] {
            assert_eq!(XTKS.session_at(utc(at)), Ok(open.map(|_| session)), "{at}");
            assert_eq!(XTKS.is_open_at(utc(at)), Ok(open == Some(true)), "{at}");
        }
        let midday = utc("2026-11-20T02:30:00Z");
        // Monday is Labour Thanksgiving Day.
        assert_eq!(XTKS.next_open(midday), Ok(utc("2026-11-24T00:00:00Z")));
        assert_eq!(XTKS.next_close(midday), Ok(utc("2026-11-20T06:30:00Z")));
        // A half day has no break: Hong Kong closes at noon on Christmas Eve.
        assert_eq!(XHKG.is_open_at(utc("2025-12-24T03:59:59Z")), Ok(true));
        assert_eq!(XHKG.next_close(utc("2025-12-24T02:00:00Z")), Ok(utc("2025-12-24T04:00:00Z")));
    }

    #[test]
    fn the_range_ends_with_its_days_in_the_zone() {
        let calendar = &SAMPLES[0].calendar;
        let (first, last) = (utc("2000-01-01T05:00:00Z"), utc("2031-01-01T04:59:59.999Z"));
        assert_eq!(calendar.next_open(first), Ok(utc("2000-01-03T14:30:00Z")));
        assert_eq!(calendar.session_at(last), Ok(None));
        let out = |date| Error::OutOfRange { mic: XNYS.mic(), date, first: XNYS.first(), last: XNYS.last() };
        let (eve, after) = (date(1999, 12, 31), date(2031, 1, 1));
        assert_eq!(calendar.session_at(first - TimeDelta::nanoseconds(1)), Err(out(eve)));
        assert_eq!(calendar.is_open_at(last + TimeDelta::milliseconds(1)), Err(out(after)));
        assert_eq!(calendar.next_open(last), Err(out(after)));
        assert_eq!(calendar.next_close(last), Err(out(after)));
        assert_eq!(calendar.next_open(utc("2030-12-31T14:30:00Z")), Err(out(after)));
        assert_eq!(calendar.next_close(utc("2030-12-31T20:59:59Z")), Ok(utc("2030-12-31T21:00:00Z")));
        assert_eq!(calendar.last_opened(first), Err(out(eve)));
    }

    /// An instant about an open, a break or a close of a sample, to the nanosecond.
    fn about() -> impl Strategy<Value = (&'static Sample, DateTime<Utc>)> {
        let shift = prop_oneof![
            prop::sample::select(vec![-1_i64, 0, 1, -1_000_000_000, 1_000_000_000]),
            -100_000_000_000_000_i64..100_000_000_000_000,
        ];
        (sample(), any::<prop::sample::Index>(), 0_usize..4, shift).prop_map(|(sample, session, which, shift)| {
            let session = session.get(&sample.sessions);
            let (start, end) = session.break_hours().unwrap_or((session.open(), session.close()));
            let at = [session.open(), session.close(), start, end][which] + TimeDelta::nanoseconds(shift);
            (sample, at.clamp(sample.sessions[0].open(), sample.sessions[sample.sessions.len() - 1].close()))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn instants_are_answered_as_by_looking_through_all_sessions((sample, at) in about()) {
            let Sample { calendar, sessions } = sample;
            let holds = sessions.iter().find(|session| session.open() <= at && at < session.close());
            prop_assert_eq!(calendar.session_at(at), Ok(holds.copied()));
            let open = holds.is_some_and(|session| {
                let pieces = match session.break_hours() {
                    None => vec![session.open()..session.close()],
                    Some((start, end)) => vec![session.open()..start, end..session.close()],
                };
                pieces.iter().any(|piece| piece.contains(&at))
            });
            prop_assert_eq!(calendar.is_open_at(at), Ok(open));
            let next_open = sessions.iter().map(Session::open).find(|open| *open > at);
            prop_assert_eq!(calendar.next_open(at).ok(), next_open);
            let next_close = sessions.iter().map(Session::close).find(|close| *close > at);
            prop_assert_eq!(calendar.next_close(at).ok(), next_close);
            let last_opened = sessions.iter().rev().find(|session| session.open() <= at);
            prop_assert_eq!(calendar.last_opened(at).ok(), last_opened.copied());
            let last_closed = sessions.iter().rev().find(|session| session.close() <= at);
            prop_assert_eq!(calendar.last_closed(at).ok(), last_closed.copied());
        }

        #[test]
        fn no_instant_panics(sample in sample(), at in any_instant()) {
            let calendar = &sample.calendar;
            let _ = (calendar.session_at(at), calendar.is_open_at(at), calendar.last_opened(at));
            let _ = (calendar.next_open(at), calendar.next_close(at), calendar.last_closed(at));
        }
    }
}
