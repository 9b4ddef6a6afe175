//! One trading session: its date, and the instants at which it opens, breaks and closes.
//!
//! A session stands alone, in 16 bytes: the number of its day, minutes of the day in the exchange's zone, and the zone's
//! offset on that day. Dates and instants are made of them when they are asked for: most sessions are walked over.

use std::cmp::Ordering;
use std::fmt;
use std::num::NonZeroU32;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::hours::{Hours, time_of};
use super::table::Hours as Times;

/// A trading session of an exchange, named by its date in the exchange's zone; displayed by that date, ordered by it and,
/// of several exchanges, by the open. It does not know its exchange: two with the same date and hours are equal.
///
/// # Examples
///
/// ```
/// use finnet_core::calendar::XNYS;
/// use finnet_core::chrono::NaiveDate;
///
/// let session = XNYS.session(NaiveDate::from_ymd_opt(2026, 7, 2).unwrap())?;
/// assert_eq!(session.to_string(), "2026-07-02");
/// assert_eq!(session.open_local().to_string(), "2026-07-02 09:30:00"); // New York, in summer
/// assert_eq!(session.open().to_rfc3339(), "2026-07-02T13:30:00+00:00");
/// assert_eq!(session.break_hours(), None);
/// assert!(!session.closes_early());
/// # Ok::<(), finnet_core::calendar::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Session {
    /// The day, as chrono numbers those of the common era.
    common_era: NonZeroU32,
    /// Minutes that the exchange's zone is ahead of UTC, from open to close.
    offset: i16,
    hours: Times,
}

// Copied at every step of an iterator, and kept by the million in vectors.
const _: () = assert!(size_of::<Option<Session>>() == 16);

impl Session {
    #[inline]
    pub(super) const fn new(common_era: NonZeroU32, offset: i16, hours: Times) -> Self {
        Self { common_era, offset, hours }
    }

    /// Returns the session's date, in the exchange's zone.
    #[inline]
    pub const fn date(&self) -> NaiveDate {
        date_of(self.common_era.get())
    }

    /// Returns when it opens.
    #[inline]
    pub fn open(&self) -> DateTime<Utc> {
        self.utc(self.hours.open)
    }

    /// Returns when it closes.
    #[inline]
    pub fn close(&self) -> DateTime<Utc> {
        self.utc(self.hours.close)
    }

    /// Returns when it opens, in the exchange's zone.
    pub fn open_local(&self) -> NaiveDateTime {
        self.local(self.hours.open)
    }

    /// Returns when it closes, in the exchange's zone.
    pub fn close_local(&self) -> NaiveDateTime {
        self.local(self.hours.close)
    }

    /// Returns its times of day in the exchange's zone.
    pub const fn hours(&self) -> Hours {
        Hours::of(self.hours)
    }

    /// Returns the beginning and the end of the break in the middle of the session, or `None` where there is none.
    pub fn break_hours(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        self.hours.has_break().then(|| (self.utc(self.hours.break_start), self.utc(self.hours.break_end)))
    }

    /// Returns the beginning and the end of the break in the exchange's zone, or `None` where there is none.
    pub fn break_hours_local(&self) -> Option<(NaiveDateTime, NaiveDateTime)> {
        self.hours.has_break().then(|| (self.local(self.hours.break_start), self.local(self.hours.break_end)))
    }

    /// Returns whether it closes before the regular close of its day of the week at the time.
    pub const fn closes_early(&self) -> bool {
        self.hours.differs & Times::EARLY_CLOSE != 0
    }

    /// Returns whether it closes after the regular close of its day of the week at the time.
    pub const fn closes_late(&self) -> bool {
        self.hours.differs & Times::LATE_CLOSE != 0
    }

    /// Returns whether it opens after the regular open of its day of the week at the time.
    pub const fn opens_late(&self) -> bool {
        self.hours.differs & Times::LATE_OPEN != 0
    }

    /// Returns whether it opens before the regular open of its day of the week at the time; no exchange of this crate
    /// does, a calendar of one's own may.
    pub const fn opens_early(&self) -> bool {
        self.hours.differs & Times::EARLY_OPEN != 0
    }

    fn local(&self, minute: u16) -> NaiveDateTime {
        self.date().and_time(time_of(minute))
    }

    #[inline]
    fn utc(&self, minute: u16) -> DateTime<Utc> {
        let minute = i32::from(minute) - i32::from(self.offset);
        let day = self.common_era.get().wrapping_add_signed(minute.div_euclid(24 * 60));
        let minute = u16::try_from(minute.rem_euclid(24 * 60)).expect("a day has 1,440 minutes");
        date_of(day).and_time(time_of(minute)).and_utc()
    }
}

/// Returns the date of a day of the common era, 1 or later: as chrono does, in a third of the time, since a session is
/// asked for its date again and again.
#[inline]
const fn date_of(common_era: u32) -> NaiveDate {
    // Years and centuries whose leap day comes last begin at 4-year and 400-year cycles: 0001-01-01 is day 1.
    let day = common_era - 1;
    let century = (4 * day + 3) / 146_097;
    let of_century = day - 146_097 * century / 4;
    let year = (4 * of_century + 3) / 1_461;
    let ordinal = of_century - 1_461 * year / 4 + 1;
    let date = NaiveDate::from_yo_opt((100 * century + year + 1).cast_signed(), ordinal);
    date.expect("a calendar ends before the year 6000")
}

impl Ord for Session {
    fn cmp(&self, other: &Self) -> Ordering {
        let open = |session: &Self| i32::from(session.hours.open) - i32::from(session.offset);
        let key = |session: &Self| (session.common_era, open(session), session.offset, session.hours);
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Session {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.date().fmt(f)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({}, {} to {})", self.date(), self.open(), self.close())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_of_a_date_are_in_the_order_of_their_opens() {
        use super::super::tables::{XLON, XNYS, XTKS};
        let day = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        let mut sessions = [&XNYS, &XTKS, &XLON].map(|calendar| calendar.session(day).unwrap());
        sessions.sort_unstable();
        assert!(sessions.is_sorted_by_key(Session::open));
        assert!(XTKS.session_after(day).unwrap() > XNYS.session(day).unwrap());
    }

    #[test]
    fn dates_are_those_of_chrono() {
        let last = NaiveDate::from_ymd_opt(6000, 12, 31).unwrap();
        let mut date = NaiveDate::from_ymd_opt(1, 1, 1).unwrap();
        for common_era in 1.. {
            assert_eq!(date_of(common_era), date);
            if date == last {
                break;
            }
            date = date.succ_opt().unwrap();
        }
    }
}
