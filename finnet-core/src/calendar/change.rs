//! A day that differs from what is known of it, told as the program runs: an ad hoc holiday, other hours, a session more.
//!
//! In come dates and hours in the exchange's zone; out comes a calendar of one's own, and the one it was made from stays
//! as it is.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::draft::Draft;
use super::error::Error;
use super::exchange::Calendar;
use super::hours::Hours;
use super::mic::Mic;

/// What a date is to be: closed, or a session with hours; and why.
///
/// A date alone is closed on, without a reason.
///
/// # Examples
///
/// ```
/// use finnet_core::calendar::Change;
/// use finnet_core::chrono::NaiveDate;
///
/// let date = NaiveDate::from_ymd_opt(2026, 12, 1).unwrap();
/// assert_eq!(Change::from(date), Change::closed(date));
/// assert_ne!(Change::closed(date).because("Blizzard"), Change::closed(date));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub(super) date: NaiveDate,
    /// `None` for a closure.
    pub(super) hours: Option<Hours>,
    pub(super) reason: Option<Cow<'static, str>>,
}

impl Change {
    /// Returns a closure.
    pub const fn closed(date: NaiveDate) -> Self {
        Self { date, hours: None, reason: None }
    }

    /// Returns a session with these hours: a short one, a long one, or one more on a weekend or a holiday.
    pub const fn session(date: NaiveDate, hours: Hours) -> Self {
        Self { date, hours: Some(hours), reason: None }
    }

    /// Returns the change with its reason, for [`Calendar::reason`] and [`Day::Closed`](super::Day::Closed).
    #[must_use]
    pub fn because(self, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }
}

impl From<NaiveDate> for Change {
    fn from(date: NaiveDate) -> Self {
        Self::closed(date)
    }
}

impl Calendar {
    /// Returns a calendar that differs from this one on some dates: an ad hoc holiday need not wait for a release.
    ///
    /// The new calendar is a value and keeps this one's code; [`Calendar::named`] gives it another. It takes some
    /// hundred microseconds to make and is as fast as this one.
    ///
    /// # Errors
    ///
    /// - [`Error::OutOfRange`] for a date that is not known.
    /// - [`Error::NotASession`] for a closure of a date on which the exchange does not trade.
    /// - [`Error::Unchanged`] for a session with the hours that it has.
    /// - [`Error::Twice`] for two changes of one date.
    /// - [`Error::NotOneInstant`], [`Error::ClocksChange`] for hours on which the zone's clocks are put forward or back.
    /// - [`Error::TooMuch`] for more different hours than a calendar has room for.
    ///
    /// # Examples
    ///
    /// ```
    /// use finnet_core::calendar::{Change, Day, Error, XNYS};
    /// use finnet_core::chrono::NaiveDate;
    ///
    /// let date = |day| NaiveDate::from_ymd_opt(2026, 12, day).unwrap();
    /// let blizzard = Change::closed(date(1)).because("Blizzard");
    /// let short = Change::session(date(2), "09:30-13:00".parse()?);
    /// let mine = XNYS.with([blizzard, short])?;
    /// assert_eq!(mine.day(date(1))?, Day::Closed { reason: Some("Blizzard") });
    /// assert!(mine.session(date(2))?.closes_early());
    /// assert!(XNYS.is_session(date(1))?); // the original stays
    ///
    /// assert_eq!(XNYS.with([date(25)]).unwrap_err(), Error::NotASession { mic: XNYS.mic(), date: date(25) });
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with<C: Into<Change>>(&self, changes: impl IntoIterator<Item = C>) -> Result<Self, Error> {
        let mut draft = Draft::of(&self.0);
        draft.change_all(changes.into_iter().map(Into::into))?;
        Ok(Self(draft.into_table()?))
    }

    /// Returns the calendar under another code and name, so that its errors are told from the original's; no other
    /// venue shares it.
    ///
    /// # Examples
    ///
    /// ```
    /// use finnet_core::calendar::{Mic, XNYS};
    ///
    /// let settles = XNYS.clone().named(Mic::new("DTCC")?, "Depository Trust");
    /// assert_eq!((settles.mic().as_str(), settles.name()), ("DTCC", "Depository Trust"));
    /// # Ok::<(), finnet_core::calendar::Error>(())
    /// ```
    #[must_use]
    pub fn named(mut self, mic: Mic, name: impl Into<Cow<'static, str>>) -> Self {
        (self.0.mic, self.0.name) = (mic, name.into());
        (self.0.venues, self.0.called) = (&[], &[]);
        self
    }
}
