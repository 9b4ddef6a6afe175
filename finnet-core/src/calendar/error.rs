//! Why a calendar has no answer, or cannot be built.

use std::fmt;

use chrono::{NaiveDate, NaiveTime};

use super::mic::Mic;

/// Why a calendar has no answer, or cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The answer lies on a date that the calendar does not know.
    OutOfRange {
        /// The exchange.
        mic: Mic,
        /// The date asked for, or the first one beyond the range where the answer would have to be sought.
        date: NaiveDate,
        /// The first date known.
        first: NaiveDate,
        /// The last date known.
        last: NaiveDate,
    },
    /// A session was asked for by its date, or is to be closed, and the exchange does not trade on it.
    NotASession {
        /// The exchange.
        mic: Mic,
        /// The date asked for.
        date: NaiveDate,
    },
    /// There is no calendar of this exchange.
    UnknownMic {
        /// The code asked for.
        mic: Mic,
        /// A known code one slip of the pen away, or the one that the name asked for stands for.
        nearest: Option<Mic>,
    },
    /// A text is not the form of a MIC: four capital letters or digits.
    NotAMic {
        /// A known code one slip of the pen away, or the one that the name asked for stands for.
        nearest: Option<Mic>,
    },
    /// A text is not the form of hours.
    NotHours,
    /// Hours do not go forward within one day.
    NotForward {
        /// What has to come first.
        earlier: NaiveTime,
        /// What has to follow it.
        later: NaiveTime,
    },
    /// Hours are whole minutes, and this time is between two.
    NotAMinute {
        /// The time.
        time: NaiveTime,
    },
    /// A calendar to build has no date, more than 65,535 of them, or one outside of the years 2 to 5999.
    Range {
        /// The calendar.
        mic: Mic,
        /// The first date given.
        first: NaiveDate,
        /// The last date given.
        last: NaiveDate,
    },
    /// A calendar to build has no regular hours on its first date.
    NoHours {
        /// The calendar.
        mic: Mic,
        /// The first date.
        first: NaiveDate,
    },
    /// Two changes of one date, or two regular hours of one day of the week from one date.
    Twice {
        /// The calendar.
        mic: Mic,
        /// The date.
        date: NaiveDate,
    },
    /// A change gives a date the hours that it has.
    Unchanged {
        /// The calendar.
        mic: Mic,
        /// The date.
        date: NaiveDate,
    },
    /// Clocks are put forward or back on this date, and show this time of a session never or twice.
    NotOneInstant {
        /// The calendar.
        mic: Mic,
        /// The date of the session.
        date: NaiveDate,
        /// The time at which it should open, break or close.
        time: NaiveTime,
    },
    /// Clocks are put forward or back between the open and the close of a session.
    ClocksChange {
        /// The calendar.
        mic: Mic,
        /// The date of the session.
        date: NaiveDate,
    },
    /// A zone is ahead of UTC by a number of minutes that is not whole, as many were before 1972.
    UnevenOffset {
        /// The calendar.
        mic: Mic,
        /// The date, in UTC, from which on it is.
        date: NaiveDate,
    },
    /// A calendar to build has more than 256 different hours, 255 reasons or 255 changes of its zone's offset.
    TooMuch {
        /// The calendar.
        mic: Mic,
    },
    /// No calendar was given to join.
    NothingJoined,
    /// Calendars to join know no date in common.
    Apart {
        /// The one that begins last.
        begins: Mic,
        /// The one that ends first.
        ends: Mic,
    },
}

// It rides in every `Result` of this module.
const _: () = assert!(size_of::<Error>() <= 32);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange { mic, date, first, last } => {
                write!(f, "{mic} is known from {first} to {last}, not on {date}")
            }
            Self::NotASession { mic, date } => write!(f, "{date} is no session of {mic}"),
            Self::UnknownMic { mic, nearest } => {
                write!(f, "no calendar of {mic} is known")?;
                perhaps(f, *nearest)
            }
            Self::NotAMic { nearest } => {
                write!(f, "a MIC is four capital letters or digits")?;
                perhaps(f, *nearest)
            }
            Self::NotHours => write!(f, "hours are HH:MM-HH:MM, or two of them with a comma between"),
            Self::NotForward { earlier, later } => {
                let (earlier, later) = (earlier.format("%H:%M"), later.format("%H:%M"));
                write!(f, "{later} is not after {earlier}: a session lies within one day")
            }
            Self::NotAMinute { time } => write!(f, "{time} is no whole minute"),
            Self::Range { mic, first, last } => {
                write!(f, "{mic}: {first} to {last} is not 1 to 65,535 days between the years 2 and 5999")
            }
            Self::NoHours { mic, first } => write!(f, "{mic}: no regular hours from {first}, the first date"),
            Self::Twice { mic, date } => write!(f, "{mic}: two rules for {date}"),
            Self::Unchanged { mic, date } => write!(f, "{mic}: the change of {date} gives it the hours that it has"),
            Self::NotOneInstant { mic, date, time } => {
                let time = time.format("%H:%M");
                write!(f, "{mic}: clocks show {time} never or twice on {date}, when they are put forward or back")
            }
            Self::ClocksChange { mic, date } => {
                write!(f, "{mic}: clocks are put forward or back during the session of {date}")
            }
            Self::UnevenOffset { mic, date } => {
                write!(f, "{mic}: from {date} on, its zone is not whole minutes ahead of UTC or behind it")
            }
            Self::TooMuch { mic } => {
                write!(f, "{mic}: more than 256 different hours, 255 reasons or 255 changes of the zone's offset")
            }
            Self::NothingJoined => write!(f, "no calendar to join"),
            Self::Apart { begins, ends } => write!(f, "{ends} ends before {begins} begins"),
        }
    }
}

impl std::error::Error for Error {}

fn perhaps(f: &mut fmt::Formatter<'_>, nearest: Option<Mic>) -> fmt::Result {
    nearest.map_or(Ok(()), |mic| write!(f, ": did you mean {mic}?"))
}
