//! The sessions of a range of dates, from both ends.

use std::fmt;
use std::iter::FusedIterator;

use super::exchange::Calendar;
use super::session::Session;

/// The sessions of a range of dates, in order; made by [`Calendar::sessions`].
///
/// It knows its length without walking, and [`nth`](Iterator::nth) jumps.
///
/// # Examples
///
/// ```
/// use finnet_core::calendar::XNYS;
/// use finnet_core::chrono::NaiveDate;
///
/// let date = |month, day| NaiveDate::from_ymd_opt(2026, month, day).unwrap();
/// let july = XNYS.sessions(date(7, 1)..date(8, 1))?;
/// assert_eq!(july.len(), 22);
/// assert_eq!(july.clone().next_back().unwrap().date(), date(7, 31));
///
/// let next = XNYS.sessions(date(7, 2)..)?.nth(1).unwrap(); // after that of Thursday
/// assert_eq!(next.date(), date(7, 6)); // Friday is Independence Day's closure
/// # Ok::<(), finnet_core::calendar::Error>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Sessions<'c> {
    calendar: &'c Calendar,
    /// The first day not yet walked from the front, and the one after the last not yet walked from the back.
    front: usize,
    back: usize,
    /// Sessions between the two.
    left: usize,
}

impl<'c> Sessions<'c> {
    /// Returns an iterator over the days from `front` to the one before `back`.
    #[inline]
    pub(super) fn new(calendar: &'c Calendar, front: usize, back: usize) -> Self {
        let left = calendar.0.sessions_before(back).saturating_sub(calendar.0.sessions_before(front));
        Self { calendar, front, back, left }
    }

    /// Moves on as `next` does, and returns how many days the session is after the calendar's first date: the hours,
    /// which not everybody needs, cost more than the day.
    #[inline]
    pub(crate) fn next_day(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        let day = self.calendar.0.on_or_after(self.front)?;
        self.front = day + 1;
        Some(day)
    }

    pub(super) const fn calendar(&self) -> &'c Calendar {
        self.calendar
    }
}

impl Iterator for Sessions<'_> {
    type Item = Session;

    #[inline]
    fn next(&mut self) -> Option<Session> {
        let day = self.next_day()?;
        Some(self.calendar.session_of(day))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }

    fn count(self) -> usize {
        self.left
    }

    fn last(mut self) -> Option<Session> {
        self.next_back()
    }

    fn nth(&mut self, skipped: usize) -> Option<Session> {
        if skipped >= self.left {
            self.left = 0;
            return None;
        }
        let day = self.calendar.0.nth(self.calendar.0.sessions_before(self.front) + skipped)?;
        self.front = day + 1;
        self.left -= skipped + 1;
        Some(self.calendar.session_of(day))
    }
}

impl DoubleEndedIterator for Sessions<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Session> {
        self.left = self.left.checked_sub(1)?;
        let day = self.calendar.0.on_or_before(self.back.checked_sub(1)?)?;
        self.back = day;
        Some(self.calendar.session_of(day))
    }
}

impl ExactSizeIterator for Sessions<'_> {}

impl FusedIterator for Sessions<'_> {}

impl fmt::Debug for Sessions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sessions({} of {})", self.left, self.calendar.mic())
    }
}
