//! The calendar of one exchange: dates in, days and sessions out.

use std::fmt;
use std::num::NonZeroU32;
use std::ops::{Bound, RangeBounds};

use chrono::{Datelike, NaiveDate};

use super::day::Day;
use super::error::Error;
use super::hours::Hours;
use super::mic::{Mic, nearly};
use super::session::Session;
use super::sessions::Sessions;
use super::table::{Hours as Times, Table};
use super::tables::ALL;

/// The sessions and closures of one exchange, over the range of dates that is known of it.
///
/// Those of this crate are statics. One's own come from [`Calendar::with`], which patches another, and
/// [`Calendar::builder`]; they are values, and everything works the same on them.
///
/// Dates are dates in the exchange's zone. A question whose answer lies outside of the range is an
/// [`Error::OutOfRange`], whatever the date: none panics, none is answered by a guess.
///
/// # Examples
///
/// ```
/// use finnet_core::calendar::{Error, XNYS};
/// use finnet_core::chrono::NaiveDate;
///
/// let date = |month, day| NaiveDate::from_ymd_opt(2001, month, day).unwrap();
/// assert!(!XNYS.is_session(date(9, 11))?);
/// assert_eq!(XNYS.session_before(date(9, 11))?.date(), date(9, 10));
/// assert_eq!(XNYS.session_after(date(9, 11))?.date(), date(9, 17));
/// assert_eq!(XNYS.session(date(9, 11)), Err(Error::NotASession { mic: XNYS.mic(), date: date(9, 11) }));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Calendar(pub(super) Table);

impl Calendar {
    /// Returns the calendar of the exchange with this MIC, or of one that keeps the same days and hours.
    ///
    /// Where the exchange is known as the program is written, its `static` is the shorter way; this function links
    /// them all.
    ///
    /// # Errors
    ///
    /// - [`Error::UnknownMic`] for an exchange without a calendar here.
    /// - [`Error::NotAMic`] for a text of another form. Both name the code that was probably meant.
    ///
    /// # Examples
    ///
    /// ```
    /// use finnet_core::calendar::Calendar;
    ///
    /// assert_eq!(Calendar::of("XNYS")?.name(), "New York Stock Exchange");
    /// let error = Calendar::of("NASDAQ").unwrap_err();
    /// assert_eq!(error.to_string(), "a MIC is four capital letters or digits: did you mean XNAS?");
    /// # Ok::<(), finnet_core::calendar::Error>(())
    /// ```
    pub fn of(code: &str) -> Result<&'static Self, Error> {
        let Some(mic) = Mic::parse(code) else {
            return Err(Error::NotAMic { nearest: nearest(code) });
        };
        let known = ALL.iter().find(|calendar| calendar.0.mic == mic || calendar.0.venues.contains(&mic));
        known.copied().ok_or_else(|| Error::UnknownMic { mic, nearest: nearest(code) })
    }

    /// Returns the calendars that [`Calendar::of`] knows, in the order of their MICs.
    pub fn all() -> impl ExactSizeIterator<Item = &'static Self> {
        ALL.iter().copied()
    }

    /// Returns the exchange's MIC.
    pub const fn mic(&self) -> Mic {
        self.0.mic
    }

    /// Returns the exchange's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the IANA name of the zone that its dates and hours are in, such as `America/New_York`.
    pub fn zone(&self) -> &str {
        &self.0.zone
    }

    /// Returns the other exchanges that keep the same days and hours, by their MICs.
    pub const fn venues(&self) -> &'static [Mic] {
        self.0.venues
    }

    /// Returns the first date known; it need not be a session.
    pub fn first(&self) -> NaiveDate {
        self.0.date_of(0)
    }

    /// Returns the last date known; it need not be a session.
    pub fn last(&self) -> NaiveDate {
        self.0.date_of(self.0.days - 1)
    }

    /// Returns what a date is to the exchange.
    ///
    /// # Errors
    ///
    /// - [`Error::OutOfRange`] for a date that is not known.
    pub fn day(&self, date: NaiveDate) -> Result<Day<'_>, Error> {
        let Some(day) = self.number_of(date) else { return self.beyond(date) };
        Ok(if self.0.is_session(day) {
            Day::Session(self.session_of(day))
        } else if self.0.is_weekday(day) {
            Day::Closed { reason: self.0.reason(day) }
        } else {
            Day::Weekend
        })
    }

    /// Returns the regular hours of a date: those of its day of the week at the time, whether it trades or not; `None` for
    /// a day of the week without trading.
    ///
    /// # Errors
    ///
    /// - [`Error::OutOfRange`] for a date that is not known.
    ///
    /// # Examples
    ///
    /// ```
    /// use finnet_core::calendar::{Change, XNYS};
    /// use finnet_core::chrono::NaiveDate;
    ///
    /// let christmas = NaiveDate::from_ymd_opt(2026, 12, 25).unwrap();
    /// let hours = XNYS.regular_hours(christmas)?.unwrap();
    /// assert_eq!(hours.to_string(), "09:30-16:00");
    /// assert!(XNYS.with([Change::session(christmas, hours)])?.is_session(christmas)?); // if they should trade
    /// # Ok::<(), finnet_core::calendar::Error>(())
    /// ```
    pub fn regular_hours(&self, date: NaiveDate) -> Result<Option<Hours>, Error> {
        let Some(day) = self.number_of(date) else { return self.beyond(date) };
        Ok(self.0.regular(day).map(|hours| Hours::of(self.0.hours[usize::from(hours)])))
    }

    /// Returns why a date is a closure, or why the hours of its session are not the regular ones; `None` where they are,
    /// on a weekend without a session, and where the source has no name for it.
    ///
    /// # Errors
    ///
    /// - [`Error::OutOfRange`] for a date that is not known.
    ///
    /// # Examples
    ///
    /// ```
    /// use finnet_core::calendar::XNYS;
    /// use finnet_core::chrono::NaiveDate;
    ///
    /// let reason = |day| XNYS.reason(NaiveDate::from_ymd_opt(2026, 11, day).unwrap());
    /// assert_eq!([reason(25)?, reason(26)?, reason(27)?], [None, Some("Thanksgiving"), Some("Black Friday")]);
    /// # Ok::<(), finnet_core::calendar::Error>(())
    /// ```
    pub fn reason(&self, date: NaiveDate) -> Result<Option<&str>, Error> {
        let Some(day) = self.number_of(date) else { return self.beyond(date) };
        Ok(self.0.reason(day))
    }

    /// Returns whether the exchange trades on a date.
    ///
    /// # Errors
    ///
    /// - [`Error::OutOfRange`] for a date that is not known.
    #[inline]
    pub fn is_session(&self, date: NaiveDate) -> Result<bool, Error> {
        let Some(day) = self.number_of(date) else { return self.beyond(date) };
        Ok(self.0.is_session(day))
    }

    /// Returns the session of a date.
    ///
    /// # Errors
    ///
    /// - [`Error::NotASession`] for a date on which the exchange does not trade; [`Calendar::day`] says why.
    /// - [`Error::OutOfRange`] for a date that is not known.
    #[inline]
    pub fn session(&self, date: NaiveDate) -> Result<Session, Error> {
        let Some(day) = self.number_of(date) else { return self.beyond(date) };
        if self.0.is_session(day) { self.answer(day) } else { Err(Error::NotASession { mic: self.mic(), date }) }
    }

    /// Returns the first session after a date.
    ///
    /// # Errors
    ///
    /// - [`Error::OutOfRange`] for a date that is not known, and where no session follows in the range.
    #[inline]
    pub fn session_after(&self, date: NaiveDate) -> Result<Session, Error> {
        let Some(day) = self.number_of(date) else { return self.beyond(date) };
        self.first_from(day + 1)
    }

    /// Returns the session of a date or, if it has none, the first after it.
    ///
    /// # Errors
    ///
    /// - [`Error::OutOfRange`] for a date that is not known, and where no session follows in the range.
    #[inline]
    pub fn session_on_or_after(&self, date: NaiveDate) -> Result<Session, Error> {
        let Some(day) = self.number_of(date) else { return self.beyond(date) };
        self.first_from(day)
    }

    /// Returns the last session before a date.
    ///
    /// # Errors
    ///
    /// - [`Error::OutOfRange`] for a date that is not known, and where no session precedes it in the range.
    #[inline]
    pub fn session_before(&self, date: NaiveDate) -> Result<Session, Error> {
        let Some(day) = self.number_of(date) else { return self.beyond(date) };
        self.last_until(day.checked_sub(1))
    }

    /// Returns the session of a date or, if it has none, the last before it.
    ///
    /// # Errors
    ///
    /// - [`Error::OutOfRange`] for a date that is not known, and where no session precedes it in the range.
    #[inline]
    pub fn session_on_or_before(&self, date: NaiveDate) -> Result<Session, Error> {
        let Some(day) = self.number_of(date) else { return self.beyond(date) };
        self.last_until(Some(day))
    }

    /// Returns the session that is so many sessions after a date or, where the number is negative, before it.
    ///
    /// 1 is the first session after the date, −1 the last before it, whether or not the date has one itself; 0 is the
    /// session of the date.
    ///
    /// # Errors
    ///
    /// - [`Error::NotASession`] for 0 and a date on which the exchange does not trade.
    /// - [`Error::OutOfRange`] for a date that is not known, and where the range has too few sessions on that side.
    ///
    /// # Examples
    ///
    /// ```
    /// use finnet_core::calendar::{Error, XNYS};
    /// use finnet_core::chrono::NaiveDate;
    ///
    /// let thanksgiving = NaiveDate::from_ymd_opt(2026, 11, 26).unwrap();
    /// let away = |sessions| XNYS.session_away(thanksgiving, sessions).map(|session| session.to_string());
    /// assert_eq!([away(-2)?, away(-1)?, away(1)?, away(2)?], ["2026-11-24", "2026-11-25", "2026-11-27", "2026-11-30"]);
    /// assert_eq!(away(0), Err(Error::NotASession { mic: XNYS.mic(), date: thanksgiving }));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn session_away(&self, date: NaiveDate, sessions: i32) -> Result<Session, Error> {
        let Some(day) = self.number_of(date) else { return self.beyond(date) };
        let distance = sessions.unsigned_abs() as usize;
        let number = match sessions {
            0 => return self.session(date),
            1.. => self.0.sessions_before(day + 1).checked_add(distance - 1),
            _ => self.0.sessions_before(day).checked_sub(distance),
        };
        match number.filter(|number| *number < self.0.sessions()).and_then(|number| self.0.nth(number)) {
            Some(day) => self.answer(day),
            None if sessions > 0 => self.past_the_last(),
            None => self.before_the_first(),
        }
    }

    /// Returns the sessions of a range of dates, in order; none where the range ends before it begins. An end that is
    /// left open is that of what is known.
    ///
    /// # Errors
    ///
    /// - [`Error::OutOfRange`] where a date that the range names is not known; an excluded one may be the next to the
    ///   first or the last date known.
    ///
    /// # Examples
    ///
    /// ```
    /// use finnet_core::calendar::XNYS;
    /// use finnet_core::chrono::NaiveDate;
    ///
    /// let date = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
    /// assert_eq!(XNYS.sessions(date(2025, 1, 1)..date(2026, 1, 1))?.len(), 250);
    /// assert_eq!(XNYS.sessions(..)?.len(), 7794);
    /// assert!(XNYS.sessions(date(1999, 1, 1)..=date(2026, 1, 1)).is_err());
    /// # Ok::<(), finnet_core::calendar::Error>(())
    /// ```
    #[inline]
    pub fn sessions(&self, dates: impl RangeBounds<NaiveDate>) -> Result<Sessions<'_>, Error> {
        match self.days_of(&dates) {
            Ok((start, end)) => Ok(Sessions::new(self, start, end)),
            Err(date) => self.beyond(date),
        }
    }

    /// Returns the number of the first day of a range, and that of the one after its last; or the date that is not known.
    #[inline]
    pub(super) fn days_of(&self, dates: &impl RangeBounds<NaiveDate>) -> Result<(usize, usize), NaiveDate> {
        let start = match dates.start_bound() {
            Bound::Included(date) => self.number_of(*date).ok_or(*date)?,
            Bound::Excluded(date) => self.edge(*date, 1).ok_or(*date)?,
            Bound::Unbounded => 0,
        };
        let end = match dates.end_bound() {
            Bound::Included(date) => self.number_of(*date).ok_or(*date)? + 1,
            Bound::Excluded(date) => self.edge(*date, 0).ok_or(*date)?,
            Bound::Unbounded => self.0.days,
        };
        Ok((start, end))
    }

    /// Returns the session of a day that has one.
    #[expect(clippy::inline_always, reason = "a third faster: the session stays in registers")]
    #[inline(always)]
    pub(super) fn session_of(&self, day: usize) -> Session {
        self.session_with(day, self.0.times_of(day)).expect("a range begins on day 1 at the earliest")
    }

    #[inline]
    fn session_with(&self, day: usize, (hours, offset): (Times, i16)) -> Option<Session> {
        Some(Session::new(NonZeroU32::new(self.0.common_era(day).cast_unsigned())?, offset, hours))
    }

    /// As [`Self::session_of`], for an answer: where the hours are to be sought, all of it is made elsewhere, and nothing
    /// has to be kept over a call.
    #[inline]
    fn answer(&self, day: usize) -> Result<Session, Error> {
        let plain = self.0.plain_times_of(day).and_then(|times| self.session_with(day, times));
        plain.map_or_else(|| self.answer_sought(day), Ok)
    }

    #[expect(clippy::unnecessary_wraps, reason = "what it is the last call of returns it as it is")]
    #[cold]
    #[inline(never)]
    fn answer_sought(&self, day: usize) -> Result<Session, Error> {
        Ok(self.session_of(day))
    }

    /// Returns the number of a date: 0 is the first.
    #[inline]
    fn number_of(&self, date: NaiveDate) -> Option<usize> {
        let day = self.distance(date) as usize;
        (day < self.0.days).then_some(day)
    }

    /// Returns the number of the day `shift` days after an excluded date; the one after the last has a number too.
    #[inline]
    fn edge(&self, date: NaiveDate, shift: u32) -> Option<usize> {
        let day = self.distance(date).wrapping_add(shift) as usize;
        (day <= self.0.days).then_some(day)
    }

    /// Returns how many days a date is after the first; of those before it 2^32, less their distance.
    #[inline]
    fn distance(&self, date: NaiveDate) -> u32 {
        /// Cycles of 400 years, as many as lie between chrono's first date and the common era.
        const CYCLES: u32 = 656;
        /// 1900-12-31 in days of the common era.
        const BEFORE_1901: u32 = 693_960;
        let since_1901 = date.year().wrapping_sub(1901).cast_unsigned();
        let common_era = if since_1901 < 199 {
            // Every fourth year is a leap year until 2100: a third of the work.
            (since_1901 * 1461 / 4 + date.ordinal()) + BEFORE_1901
        } else {
            rare();
            // As chrono's `num_days_from_ce`, which is a call.
            let before = date.year().wrapping_add_unsigned(400 * CYCLES - 1).cast_unsigned();
            let days = (before * 1461 / 4).wrapping_sub(before / 100) + before / 400 + date.ordinal();
            days.wrapping_sub(146_097 * CYCLES)
        };
        common_era.wrapping_sub(self.0.first.cast_unsigned())
    }

    #[inline]
    pub(super) fn first_from(&self, day: usize) -> Result<Session, Error> {
        match self.0.on_or_soon_after(day) {
            Some(day) => self.answer(day),
            None => self.first_sought(day),
        }
    }

    #[cold]
    #[inline(never)]
    fn first_sought(&self, day: usize) -> Result<Session, Error> {
        match self.0.on_or_after(day) {
            Some(day) => Ok(self.session_of(day)),
            None => self.past_the_last(),
        }
    }

    #[inline]
    pub(super) fn last_until(&self, day: Option<usize>) -> Result<Session, Error> {
        match day.and_then(|day| self.0.on_or_before(day)) {
            Some(day) => self.answer(day),
            None => self.before_the_first(),
        }
    }

    #[cold]
    #[inline(never)]
    fn past_the_last<T>(&self) -> Result<T, Error> {
        self.beyond(self.0.date_of(self.0.days))
    }

    #[cold]
    #[inline(never)]
    fn before_the_first<T>(&self) -> Result<T, Error> {
        self.beyond(self.first().pred_opt().expect("a range is of this age"))
    }

    #[cold]
    #[inline(never)]
    fn beyond<T>(&self, date: NaiveDate) -> Result<T, Error> {
        Err(self.out_of_range(date))
    }

    #[cold]
    pub(super) fn out_of_range(&self, date: NaiveDate) -> Error {
        Error::OutOfRange { mic: self.mic(), date, first: self.first(), last: self.last() }
    }
}

impl fmt::Debug for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Calendar({})", self.mic())
    }
}

/// Says to the compiler that a path is seldom taken.
#[cold]
#[inline]
const fn rare() {}

/// Returns the known code that a text was probably meant to be.
fn nearest(code: &str) -> Option<Mic> {
    let names = || ALL.iter().flat_map(|calendar| calendar.0.called.iter().copied());
    let mics =
        || ALL.iter().flat_map(|calendar| std::iter::once(calendar.0.mic).chain(calendar.0.venues.iter().copied()));
    let exactly_mic = || mics().find(|mic| mic.as_str().eq_ignore_ascii_case(code));
    let exactly = names().find(|(name, _)| name.eq_ignore_ascii_case(code)).map(|(_, mic)| mic).or_else(exactly_mic);
    let nearly_mic = || mics().find(|mic| nearly(mic.as_str(), code));
    // Of three letters too many words are a slip away.
    let nearly_name = || names().find(|(name, _)| name.len() > 3 && nearly(name, code)).map(|(_, mic)| mic);
    exactly.or_else(nearly_mic).or_else(nearly_name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples::{Sample, any_date, date, known_date, sample};
    use super::super::tables::XNYS;
    use super::*;

    #[test]
    fn leap_days_are_days() {
        // Tuesday, Sunday, Tuesday; 2100 has none.
        let sessions = [(2000, true), (2004, false), (2028, true)];
        for (year, trades) in sessions {
            assert_eq!(XNYS.is_session(date(year, 2, 29)), Ok(trades), "{year}");
        }
        assert_eq!(XNYS.session_away(date(2028, 2, 28), 1).unwrap().date(), date(2028, 2, 29));
        assert_eq!(XNYS.session_away(date(2028, 3, 1), -1).unwrap().date(), date(2028, 2, 29));
    }

    /// Over the years of either formula, the last and the first of all included.
    #[test]
    fn days_are_numbered_as_chrono_does() {
        let years = [-262_143..-262_100, -801..802, 1_599..2_401, 5_998..6_001, 9_998..10_001, 262_100..262_143];
        for year in years.into_iter().flatten() {
            for date in (1..=366).filter_map(|day| NaiveDate::from_yo_opt(year, day)) {
                let distance = date.num_days_from_ce().wrapping_sub(XNYS.0.first).cast_unsigned();
                assert_eq!(XNYS.distance(date), distance, "{date}");
            }
        }
    }

    #[test]
    fn as_far_away_as_the_range_goes() {
        let out = |date| Err(Error::OutOfRange { mic: XNYS.mic(), date, first: XNYS.first(), last: XNYS.last() });
        // 7,794 sessions: the last is 7,793 after the first.
        let (first, last) = (date(2000, 1, 3), date(2030, 12, 31));
        assert_eq!(XNYS.session_away(first, 7_793).map(|session| session.date()), Ok(last));
        assert_eq!(XNYS.session_away(XNYS.first(), 7_794).map(|session| session.date()), Ok(last));
        assert_eq!(XNYS.session_away(last, -7_793).map(|session| session.date()), Ok(first));
        assert_eq!(XNYS.session_away(first, 7_794), out(date(2031, 1, 1)));
        assert_eq!(XNYS.session_away(first, i32::MAX), out(date(2031, 1, 1)));
        assert_eq!(XNYS.session_away(first, -1), out(date(1999, 12, 31)));
        assert_eq!(XNYS.session_away(last, i32::MIN), out(date(1999, 12, 31)));
        assert_eq!(XNYS.session_away(date(2031, 1, 1), -1), out(date(2031, 1, 1)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn away_is_as_many_as_are_counted((sample, date) in known_date(), near in -9_i32..10, far in -8_000_i32..8_000) {
            let Sample { calendar, sessions } = sample;
            let after = sessions.iter().filter(|session| session.date() > date);
            let before = sessions.iter().rev().filter(|session| session.date() < date);
            for away in [near, far] {
                let steps = away.unsigned_abs() as usize;
                let expected = match away {
                    0 => sessions.iter().find(|session| session.date() == date),
                    1.. => after.clone().nth(steps - 1),
                    _ => before.clone().nth(steps - 1),
                };
                let found = calendar.session_away(date, away);
                prop_assert_eq!(found.ok(), expected.copied());
                if let (Ok(there), Ok(here)) = (found, calendar.session(date)) {
                    prop_assert_eq!(calendar.session_away(there.date(), -away), Ok(here));
                }
            }
        }

        #[test]
        fn no_date_panics(sample in sample(), date in any_date(), other in any_date(), away in any::<i32>()) {
            let calendar = &sample.calendar;
            let _ = (calendar.day(date), calendar.session(date), calendar.reason(date), calendar.is_session(date));
            let _ = (calendar.session_after(date), calendar.session_before(date), calendar.session_away(date, away));
            let _ = calendar.sessions(date..other).map(|sessions| sessions.week_ends(chrono::Weekday::Sat).count());
            let _ = calendar.sessions(date..=other).map(|sessions| sessions.month_ends().rev().count());
        }
    }
}
