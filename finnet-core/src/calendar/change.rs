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

    /// Returns the change with its reason, for [`Calendar::reason`] and [`Day::Closed`](super::Day::Closed). A session at
    /// the regular hours of its day has no use for one, nor has a weekend's session that is closed again: it is dropped.
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
    /// The new calendar is a value and keeps this one's code; [`Calendar::named`] gives it another. It takes about
    /// a millisecond to make and is as fast as this one.
    ///
    /// # Errors
    ///
    /// - [`Error::OutOfRange`] for a date that is not known.
    /// - [`Error::NotASession`] for a closure of a date on which the exchange does not trade.
    /// - [`Error::Unchanged`] for a session with the hours that it has.
    /// - [`Error::Twice`] for two changes of one date.
    /// - [`Error::NotOneInstant`], [`Error::ClocksChange`] for hours on which the zone's clocks are put forward or back.
    /// - [`Error::TooMuch`] for more different hours or reasons than a calendar has room for.
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use chrono::Datelike;
    use proptest::prelude::*;

    use super::super::day::Day;
    use super::super::samples::{SAMPLES, date};
    use super::super::tables::{XNYS, XTKS};
    use super::*;

    fn hours(text: &str) -> Hours {
        text.parse().expect("hours")
    }

    #[test]
    fn a_changed_calendar_is_the_original_but_for_the_changes() {
        let (storm, short, extra, early) = (date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 5), date(2026, 12, 7));
        let lifted = date(2026, 12, 25);
        let mine = XNYS
            .with([
                Change::closed(storm).because("Blizzard"),
                Change::session(short, hours("10:30-12:00")).because("Outage".to_owned()),
                Change::session(extra, hours("09:30-16:00")),
                Change::session(early, hours("08:00-17:00")),
                Change::session(lifted, hours("09:30-16:00")).because("told of no regular session"),
            ])
            .unwrap();
        let mut differ = Vec::new();
        for day in XNYS.first().iter_days().take_while(|day| *day <= XNYS.last()) {
            if mine.day(day) != XNYS.day(day) || mine.reason(day) != XNYS.reason(day) {
                differ.push(day);
            }
        }
        assert_eq!(differ, [storm, short, extra, early, lifted]);
        assert_eq!(mine.day(storm), Ok(Day::Closed { reason: Some("Blizzard") }));
        let session = |day| mine.session(day).unwrap();
        assert!(session(short).opens_late() && session(short).closes_early());
        assert_eq!(mine.reason(short), Ok(Some("Outage")));
        assert!(session(early).opens_early() && session(early).closes_late());
        for day in [extra, lifted] {
            let it = session(day);
            assert!(!(it.closes_early() || it.closes_late() || it.opens_late() || it.opens_early()));
            assert_eq!(it.hours(), hours("09:30-16:00"));
        }
        assert_eq!(mine.reason(lifted), Ok(None));
        assert_eq!(mine.sessions(..).unwrap().len(), 7_794 + 1);
        // And back again.
        let [storm_over, christmas] = [Change::session(storm, hours("09:30-16:00")), Change::closed(lifted)];
        let back = mine.with([storm_over, christmas, Change::closed(extra)]).unwrap();
        assert_eq!((back.day(storm), back.day(extra)), (XNYS.day(storm), Ok(Day::Weekend)));
        assert_eq!(back.day(lifted), Ok(Day::Closed { reason: None }));
        assert_eq!(back.reason(short), Ok(Some("Outage")));
    }

    #[test]
    fn a_change_that_contradicts_the_calendar_is_refused() {
        let mic = XNYS.mic();
        let regular = hours("09:30-16:00");
        let error = |change: Change| XNYS.with([change]).unwrap_err();
        let (saturday, friday) = (date(2026, 12, 5), date(2026, 12, 4));
        assert_eq!(error(Change::closed(saturday)), Error::NotASession { mic, date: saturday });
        assert_eq!(error(Change::session(friday, regular)), Error::Unchanged { mic, date: friday });
        let black_friday = Change::session(date(2026, 11, 27), hours("09:30-13:00"));
        assert_eq!(error(black_friday), Error::Unchanged { mic, date: date(2026, 11, 27) });
        for date in
            [NaiveDate::MIN, date(0, 1, 1), date(1999, 12, 31), date(2031, 1, 1), date(9999, 12, 31), NaiveDate::MAX]
        {
            let (first, last) = (XNYS.first(), XNYS.last());
            assert_eq!(error(Change::closed(date)), Error::OutOfRange { mic, date, first, last });
        }
        assert_eq!(XNYS.with([friday, friday]).unwrap_err(), Error::Twice { mic, date: friday });
        // Clocks go forward from 02:00 to 03:00 on 14 March 2027, a Sunday, and back on 7 November.
        let (march, november) = (date(2027, 3, 14), date(2027, 11, 7));
        for (change, refused) in [
            (
                Change::session(march, hours("02:30-09:00")),
                Error::NotOneInstant { mic, date: march, time: time(2, 30) },
            ),
            (Change::session(march, hours("01:00-09:00")), Error::ClocksChange { mic, date: march }),
            (
                Change::session(november, hours("00:30-01:30")),
                Error::NotOneInstant { mic, date: november, time: time(1, 30) },
            ),
            (Change::session(november, hours("00:30-02:00")), Error::ClocksChange { mic, date: november }),
        ] {
            assert_eq!(error(change), refused);
        }
        for (day, text) in
            [(march, "03:00-09:00"), (march, "00:00-01:59"), (november, "02:00-09:00"), (november, "00:00-00:59")]
        {
            assert_eq!(
                XNYS.with([Change::session(day, hours(text))]).unwrap().session(day).unwrap().hours(),
                hours(text)
            );
        }
    }

    #[test]
    fn room_for_hours_ends() {
        let all: Vec<Change> = XNYS
            .sessions(date(2026, 1, 1)..)
            .unwrap()
            .zip(0_u16..300)
            .map(|(session, minute)| {
                let close = super::super::hours::time_of(600 + minute);
                Change::session(session.date(), Hours::new(time(9, 0), close).unwrap())
            })
            .collect();
        // Two are there: the regular ones and 13:00.
        assert!(XNYS.with(all[..254].to_vec()).is_ok());
        assert_eq!(XNYS.with(all[..255].to_vec()).unwrap_err(), Error::TooMuch { mic: XNYS.mic() });
    }

    #[test]
    fn room_for_reasons_ends() {
        let known: BTreeSet<&str> = XNYS.first().iter_days().map_while(|day| XNYS.reason(day).ok()).flatten().collect();
        let closures = |count: usize| {
            let sessions = XNYS.sessions(date(2020, 1, 1)..).unwrap().zip(0..count);
            sessions.map(|(session, number)| Change::closed(session.date()).because(number.to_string()))
        };
        let most = XNYS.with(closures(255 - known.len())).unwrap();
        let last = closures(255 - known.len()).next_back().unwrap();
        assert_eq!(most.reason(last.date), Ok(last.reason.as_deref()));
        assert_eq!(XNYS.with(closures(256 - known.len())).unwrap_err(), Error::TooMuch { mic: XNYS.mic() });
    }

    #[test]
    fn no_change_is_the_same_calendar() {
        let same = XNYS.with::<Change>([]).unwrap();
        assert!(same.sessions(..).unwrap().eq(XNYS.sessions(..).unwrap()));
        assert_eq!(same.venues(), XNYS.venues());
    }

    fn time(hour: u32, minute: u32) -> chrono::NaiveTime {
        chrono::NaiveTime::from_hms_opt(hour, minute, 0).expect("a time")
    }

    fn any_change() -> impl Strategy<Value = Change> {
        let hours = ["09:00-11:30,12:30-15:30", "09:00-11:30", "10:00-15:30", "09:00-11:30,12:30-17:00", "08:00-09:00"];
        let hours = prop::option::of(prop::sample::select(hours.map(self::hours).to_vec()));
        let reason = prop::option::of(prop::sample::select(vec!["Storm", "Half a day", "Feast"]));
        (-2_i64..790, hours, reason).prop_map(|(day, hours, reason)| {
            let date = date(2024, 11, 5) + chrono::TimeDelta::days(day);
            Change { date, hours, reason: reason.map(Cow::Borrowed) }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn changes_are_made_or_refused_as_the_rules_say(changes in prop::collection::vec(any_change(), 1..6)) {
            let original = &SAMPLES[1].calendar;
            let regular = hours("09:00-11:30,12:30-15:30");
            let mut wanted: BTreeMap<NaiveDate, &Change> = BTreeMap::new();
            let mut refused = None;
            for change in &changes {
                let date = change.date;
                let present = original.session(date).map(|session| session.hours()).ok();
                let (mic, first, last) = (original.mic(), original.first(), original.last());
                refused = if wanted.insert(date, change).is_some() {
                    Some(Error::Twice { mic, date })
                } else if date < first || date > last {
                    Some(Error::OutOfRange { mic, date, first, last })
                } else if change.hours != present {
                    None
                } else if present.is_some() {
                    Some(Error::Unchanged { mic, date })
                } else {
                    Some(Error::NotASession { mic, date })
                };
                if refused.is_some() {
                    break;
                }
            }
            let found = original.with(changes.clone());
            if let Some(refused) = refused {
                prop_assert_eq!(found.err(), Some(refused));
                return Ok(());
            }
            let found = found.unwrap();
            for day in original.first().iter_days().take_while(|day| *day <= original.last()) {
                let Some(change) = wanted.get(&day) else {
                    prop_assert_eq!(found.day(day), original.day(day));
                    prop_assert_eq!(found.reason(day), original.reason(day));
                    continue;
                };
                let told = change.reason.as_deref();
                match (change.hours, found.day(day).unwrap()) {
                    (None, Day::Closed { reason }) => prop_assert_eq!(reason, told),
                    (Some(hours), Day::Session(session)) => {
                        prop_assert_eq!(session.hours(), hours);
                        let weekday = day.weekday().num_days_from_monday() < 5;
                        let is_regular = weekday && hours == regular;
                        prop_assert_eq!(found.reason(day), Ok(told.filter(|_| !is_regular)));
                        prop_assert_eq!(session.closes_early(), weekday && hours.close() < regular.close());
                        prop_assert_eq!(session.opens_early(), weekday && hours.open() < regular.open());
                    }
                    (wanted, found) => prop_assert!(false, "{wanted:?} became {found:?}"),
                }
            }
            prop_assert_eq!(found.sessions(..).unwrap().len(), found.sessions(..).unwrap().map(|_| 1).sum::<usize>());
        }
    }

    #[test]
    fn names_are_told_apart() {
        let named = XTKS.clone().named(XNYS.mic(), "Another");
        assert_eq!((named.name(), named.zone(), named.mic()), ("Another", "Asia/Tokyo", XNYS.mic()));
        assert!(XNYS.clone().named(XNYS.mic(), "Alone").venues().is_empty());
    }
}
