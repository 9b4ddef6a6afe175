//! Times of day at which a session opens, breaks and closes: what calendars of one's own and their changes are made of.
//!
//! In come times in the exchange's zone, whole minutes of one day; no zone and no date is known here.

use std::fmt;
use std::str::FromStr;

use chrono::{NaiveTime, Timelike};

use super::error::Error;
use super::table::Hours as Times;

/// When a session opens and closes, and its break if it has one: times of one day in the exchange's zone.
///
/// # Examples
///
/// ```
/// use finnet_core::calendar::{Error, Hours};
/// use finnet_core::chrono::NaiveTime;
///
/// let time = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
/// let tokyo = Hours::new(time(9, 0), time(15, 30))?.with_break(time(11, 30), time(12, 30))?;
/// assert_eq!(tokyo.to_string(), "09:00-11:30,12:30-15:30");
/// assert_eq!("09:00-11:30,12:30-15:30".parse(), Ok(tokyo));
///
/// let over_night = Hours::new(time(18, 0), time(17, 0)).unwrap_err();
/// assert_eq!(over_night.to_string(), "17:00 is not after 18:00: a session lies within one day");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hours(Times);

impl Hours {
    /// Returns the hours of a session without a break.
    ///
    /// # Errors
    ///
    /// - [`Error::NotForward`] where the close is not after the open; a session does not go over midnight.
    /// - [`Error::NotAMinute`] for a time with seconds.
    pub fn new(open: NaiveTime, close: NaiveTime) -> Result<Self, Error> {
        let minutes = (minute_of(open)?, minute_of(close)?);
        forward(open, close)?;
        let (open, close) = minutes;
        Ok(Self(Times { open, close, break_start: 0, break_end: 0, differs: 0 }))
    }

    /// Returns these hours with a break from a time to another, in place of the one that they had.
    ///
    /// # Errors
    ///
    /// - [`Error::NotForward`] where open, start, end and close do not follow each other.
    /// - [`Error::NotAMinute`] for a time with seconds.
    pub fn with_break(self, start: NaiveTime, end: NaiveTime) -> Result<Self, Error> {
        let (break_start, break_end) = (minute_of(start)?, minute_of(end)?);
        forward(self.open(), start)?;
        forward(start, end)?;
        forward(end, self.close())?;
        Ok(Self(Times { break_start, break_end, ..self.0 }))
    }

    /// Returns the open.
    pub fn open(&self) -> NaiveTime {
        time_of(self.0.open)
    }

    /// Returns the close.
    pub fn close(&self) -> NaiveTime {
        time_of(self.0.close)
    }

    /// Returns the beginning and the end of the break, or `None` where there is none.
    pub fn break_hours(&self) -> Option<(NaiveTime, NaiveTime)> {
        self.0.has_break().then(|| (time_of(self.0.break_start), time_of(self.0.break_end)))
    }

    /// Returns the hours of a table, without what they are beside the regular ones.
    pub(super) const fn of(times: Times) -> Self {
        Self(Times { differs: 0, ..times })
    }

    pub(super) const fn times(self) -> Times {
        self.0
    }
}

/// Reads `09:30-16:00` or, with a break, `09:00-11:30,12:30-15:30`.
impl FromStr for Hours {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parts: Option<Vec<NaiveTime>> = text.splitn(5, ['-', ',']).map(parse_time).collect();
        let separators: String = text.chars().filter(|letter| matches!(letter, '-' | ',')).take(4).collect();
        match (parts.as_deref(), separators.as_str()) {
            (Some(&[open, close]), "-") => Self::new(open, close),
            (Some(&[open, start, end, close]), "-,-") => Self::new(open, close)?.with_break(start, end),
            _ => Err(Error::NotHours),
        }
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |time: NaiveTime| time.format("%H:%M");
        match self.break_hours() {
            None => write!(f, "{}-{}", clock(self.open()), clock(self.close())),
            Some((start, end)) => {
                write!(f, "{}-{},{}-{}", clock(self.open()), clock(start), clock(end), clock(self.close()))
            }
        }
    }
}

impl fmt::Debug for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hours({self})")
    }
}

/// Returns the time at a minute of the day.
pub(super) fn time_of(minute: u16) -> NaiveTime {
    let time = NaiveTime::from_num_seconds_from_midnight_opt(u32::from(minute) * 60, 0);
    time.expect("hours beyond the day are refused where they come in")
}

fn minute_of(time: NaiveTime) -> Result<u16, Error> {
    let minute = u16::try_from(time.num_seconds_from_midnight() / 60).expect("a day has 1,440 minutes");
    if time_of(minute) == time { Ok(minute) } else { Err(Error::NotAMinute { time }) }
}

fn forward(earlier: NaiveTime, later: NaiveTime) -> Result<(), Error> {
    if earlier < later { Ok(()) } else { Err(Error::NotForward { earlier, later }) }
}

/// Reads `HH:MM`.
fn parse_time(text: &str) -> Option<NaiveTime> {
    let &[tens, ones, b':', ten_minutes, minutes] = text.as_bytes() else { return None };
    let number = |tens: u8, ones: u8| {
        (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| u32::from(tens - b'0') * 10 + u32::from(ones - b'0'))
    };
    NaiveTime::from_hms_opt(number(tens, ones)?, number(ten_minutes, minutes)?, 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn time(hour: u32, minute: u32, second: u32) -> NaiveTime {
        NaiveTime::from_hms_opt(hour, minute, second).expect("a time")
    }

    #[test]
    fn hours_that_contradict_themselves_are_refused() {
        let (nine, noon, four) = (time(9, 0, 0), time(12, 0, 0), time(16, 0, 0));
        let day = Hours::new(nine, four).unwrap();
        assert_eq!(Hours::new(nine, nine), Err(Error::NotForward { earlier: nine, later: nine }));
        assert_eq!(Hours::new(four, nine), Err(Error::NotForward { earlier: four, later: nine }));
        // Midnight at the end of the day is that at its beginning: such a session would go over it.
        assert_eq!(Hours::new(nine, NaiveTime::MIN), Err(Error::NotForward { earlier: nine, later: NaiveTime::MIN }));
        for (open, close, time) in [(time(9, 0, 1), four, time(9, 0, 1)), (nine, time(16, 0, 59), time(16, 0, 59))] {
            assert_eq!(Hours::new(open, close), Err(Error::NotAMinute { time }));
        }
        for (start, end, earlier, later) in
            [(nine, noon, nine, nine), (noon, four, four, four), (noon, noon, noon, noon), (noon, nine, noon, nine)]
        {
            assert_eq!(day.with_break(start, end), Err(Error::NotForward { earlier, later }));
        }
        assert_eq!(day.with_break(noon, time(12, 30, 1)), Err(Error::NotAMinute { time: time(12, 30, 1) }));
        // A leap second is a second too many.
        let leap = NaiveTime::from_hms_milli_opt(15, 59, 59, 1_500).unwrap();
        assert_eq!(Hours::new(nine, leap), Err(Error::NotAMinute { time: leap }));
    }

    #[test]
    fn other_texts_are_no_hours() {
        for text in [
            "",
            "-",
            "09:30",
            "9:30-16:00",
            "09:30-16:00 ",
            "09:30–16:00",
            "09:30,16:00",
            "24:00-25:00",
            "09:60-16:00",
            "09:30-12:00-13:00-16:00",
            "09:30-12:00,13:00-16:00,",
            "09:30-12:00,13:00",
            "+9:30-16:00",
            "☃☃-☃☃",
        ] {
            assert_eq!(text.parse::<Hours>(), Err(Error::NotHours), "{text:?}");
        }
        assert!(matches!("16:00-09:30".parse::<Hours>(), Err(Error::NotForward { .. })));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn what_is_written_is_read(minutes in prop::collection::btree_set(0_u16..1440, 4), midday in any::<bool>()) {
            let times: Vec<NaiveTime> = minutes.into_iter().map(time_of).collect();
            let hours = Hours::new(times[0], times[3]).unwrap();
            let hours = if midday { hours.with_break(times[1], times[2]).unwrap() } else { hours };
            prop_assert_eq!(hours.to_string().parse(), Ok(hours));
            prop_assert_eq!((hours.open(), hours.close()), (times[0], times[3]));
            prop_assert_eq!(hours.break_hours(), midday.then(|| (times[1], times[2])));
        }

        #[test]
        fn no_text_panics(text in "[-0-9:, a☃]{0,24}") {
            let _ = text.parse::<Hours>();
        }
    }
}
