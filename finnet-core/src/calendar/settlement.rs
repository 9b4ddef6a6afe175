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

#[cfg(test)]
mod tests {
    use chrono::Datelike;
    use proptest::prelude::*;

    use super::super::samples::{SAMPLES, any_date, date, known_date, mic, sample};
    use super::super::tables::XNYS;
    use super::*;

    // What FINRA and the depository publish before these holidays: trades of the holiday settle with those of the
    // business day before it. Columbus Day 2023 and 2024, Veterans Day 2024; T+2 until 2024-05-27.
    #[test]
    fn holidays_of_the_banks() {
        let settles = XNYS.with([date(2023, 10, 9), date(2024, 10, 14), date(2024, 11, 11)]).unwrap();
        for (trade, cycle, settled) in [
            (date(2023, 10, 5), TPlus(2), date(2023, 10, 10)),
            (date(2023, 10, 6), TPlus(2), date(2023, 10, 11)),
            (date(2023, 10, 9), TPlus(2), date(2023, 10, 11)),
            (date(2024, 10, 11), TPlus(1), date(2024, 10, 15)),
            (date(2024, 10, 14), TPlus(1), date(2024, 10, 15)),
            (date(2024, 10, 15), TPlus(1), date(2024, 10, 16)),
            (date(2024, 11, 8), TPlus(1), date(2024, 11, 12)),
            (date(2024, 11, 11), TPlus(1), date(2024, 11, 12)),
            (date(2024, 11, 12), TPlus(0), date(2024, 11, 12)),
        ] {
            assert_eq!(XNYS.settlement(trade, cycle, &settles), Ok(settled), "{trade}");
        }
    }

    #[test]
    fn an_error_names_the_calendar_that_has_no_answer() {
        let settles = XNYS.with([date(2024, 10, 14)]).unwrap().named(mic("DTCC"), "Depository Trust");
        let not_a_session = |calendar: &Calendar, date| Err(Error::NotASession { mic: calendar.mic(), date });
        let (columbus_day, sunday) = (date(2024, 10, 14), date(2024, 10, 13));
        assert_eq!(XNYS.settlement(columbus_day, TPlus(0), &settles), not_a_session(&settles, columbus_day));
        assert_eq!(XNYS.settlement(sunday, TPlus(1), &settles), not_a_session(&XNYS, sunday));
        let (first, last) = (settles.first(), settles.last());
        let beyond = Error::OutOfRange { mic: settles.mic(), date: date(2031, 1, 1), first, last };
        assert_eq!(XNYS.settlement(date(2030, 12, 31), TPlus(1), &settles), Err(beyond));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn business_days_are_counted_one_by_one((traded, trade) in known_date(), settled in sample(), cycle in 0_u8..9) {
            let (trades, settles) = (&traded.calendar, &settled.calendar);
            let walked = traded.sessions.iter().any(|session| session.date() == trade).then(|| {
                let business = |date: &NaiveDate| settles.is_session(*date) == Ok(true);
                if cycle == 0 {
                    return business(&trade).then_some(trade);
                }
                let known = settles.is_session(trade).is_ok();
                let after = trade.iter_days().skip(1).take_while(|date| date.year() < 2032).filter(business);
                after.take(cycle.into()).nth(usize::from(cycle) - 1).filter(|_| known)
            });
            prop_assert_eq!(trades.settlement(trade, TPlus(cycle), settles).ok(), walked.flatten());
        }

        #[test]
        fn no_trade_panics(trade in any_date(), cycle in any::<u8>()) {
            let _ = SAMPLES[0].calendar.settlement(trade, TPlus(cycle), &SAMPLES[1].calendar);
        }
    }
}
