//! When a trade is settled: business days of the calendar that settles, counted from the date of the trade.
//!
//! Two calendars take part, and none is a default: where the exchange trades and the banks rest, as in the United
//! States on Columbus Day and Veterans Day, a day counts for one and not for the other.

use chrono::NaiveDate;

use super::error::Error;
use super::exchange::Calendar;

/// A settlement cycle, in business days after the date of the trade: `TPlus(1)` is T+1.
///
/// For most securities of the United States it is T+1 for trades from 2024-05-28, T+2 from 2017-09-05 and T+3 before,
/// since 1995-06-07 (SEC Rule 15c6-1, 17 CFR 240.15c6-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TPlus(pub u8);

impl Calendar {
    /// Returns the date on which a trade is settled: so many business days of the calendar that settles, strictly after
    /// the date of the trade.
    ///
    /// The trade's date is one on which this exchange trades; it need not be a business day of the calendar that
    /// settles, which counts on from it all the same. So T+1 of a holiday of the banks is the same day as T+1 of the
    /// business day before it. T+0 is the trade's date itself.
    ///
    /// This crate has no calendar of a bank or a depository: [`Calendar::with`] makes one of an exchange's,
    /// [`Calendar::builder`] one from nothing.
    ///
    /// # Errors
    ///
    /// - [`Error::NotASession`] where this exchange does not trade on the date and, for T+0, where the calendar that
    ///   settles has no business day on it; it names the calendar.
    /// - [`Error::OutOfRange`] where either calendar does not know the date, or the one that settles too few after it.
    ///
    /// # Examples
    ///
    /// ```
    /// use finnet_core::calendar::{Change, TPlus, XNYS};
    /// use finnet_core::chrono::NaiveDate;
    ///
    /// let date = |month, day| NaiveDate::from_ymd_opt(2024, month, day).unwrap();
    /// // The United States settle on no holiday of the Federal Reserve, though New York trades on two of them.
    /// let columbus_day = Change::closed(date(10, 14)).because("Columbus Day");
    /// let settles = XNYS.with([columbus_day, Change::closed(date(11, 11)).because("Veterans Day")])?;
    ///
    /// assert_eq!(XNYS.settlement(date(10, 10), TPlus(1), &settles)?, date(10, 11)); // Thursday: Friday
    /// assert_eq!(XNYS.settlement(date(10, 11), TPlus(1), &settles)?, date(10, 15)); // Friday: Tuesday
    /// assert_eq!(XNYS.settlement(date(10, 14), TPlus(1), &settles)?, date(10, 15)); // Columbus Day: Tuesday too
    /// # Ok::<(), finnet_core::calendar::Error>(())
    /// ```
    pub fn settlement(&self, trade: NaiveDate, cycle: TPlus, settles: &Calendar) -> Result<NaiveDate, Error> {
        let trade = self.session(trade)?.date();
        Ok(settles.session_away(trade, i32::from(cycle.0))?.date())
    }
}
