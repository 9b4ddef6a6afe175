//! What a calendar says of one date: a session, a closure with its reason, or a day without trading in any week.

use super::session::Session;

/// What a date is to an exchange; a reason borrows from the calendar that has it.
///
/// # Examples
///
/// ```
/// use finnet_core::calendar::{Day, XNYS};
/// use finnet_core::chrono::NaiveDate;
///
/// let says = |day| match XNYS.day(NaiveDate::from_ymd_opt(2026, 12, day).unwrap()) {
///     Ok(Day::Session(session)) => format!("open until {}", session.close_local().format("%H:%M")),
///     Ok(Day::Closed { reason }) => reason.unwrap_or("closed").to_owned(),
///     Ok(Day::Weekend) => "weekend".to_owned(),
///     Err(error) => error.to_string(),
/// };
/// assert_eq!([24, 25, 26, 28].map(says), ["open until 13:00", "Christmas", "weekend", "open until 16:00"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Day<'c> {
    /// The exchange trades.
    Session(Session),
    /// The exchange would trade on this day of the week, and does not.
    Closed {
        /// The holiday or the event; `None` where the source has no name for it.
        reason: Option<&'c str>,
    },
    /// A day of the week on which the exchange does not trade: Saturday and Sunday in New York, others elsewhere.
    Weekend,
}

impl Day<'_> {
    /// Returns the session, or `None` on a day without one.
    pub const fn session(self) -> Option<Session> {
        match self {
            Self::Session(session) => Some(session),
            Self::Closed { .. } | Self::Weekend => None,
        }
    }
}
