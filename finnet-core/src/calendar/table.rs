//! The constant table of one exchange, and the questions it answers in a handful of instructions.
//!
//! Everything is numbers here: a day counts from 0, the first date of the exchange's range; times are minutes of the
//! day in its zone; instants are minutes since 1970-01-01T00:00Z. Dates and errors are `exchange.rs`'s affair.
//! `cargo xtask calendars` writes the tables; `tables/` holds them.

use super::mic::Mic;

/// What is known of an exchange.
pub(super) struct Table {
    pub(super) mic: Mic,
    pub(super) name: &'static str,
    /// The IANA name of its zone.
    pub(super) zone: &'static str,
    /// Other exchanges with the same sessions and hours.
    pub(super) venues: &'static [Mic],
    /// Names in use that are no MIC, each with the MIC it stands for.
    pub(super) called: &'static [(&'static str, Mic)],
    /// Day 0, as chrono numbers the days of the common era: 1 is 0001-01-01, a Monday.
    pub(super) first: i32,
    /// Days in the range.
    pub(super) days: usize,
    /// The times of day that occur; what follows points into it.
    pub(super) hours: &'static [Hours],
    /// Regular hours, in order of time; the first holds from day 0.
    pub(super) periods: &'static [Period],
    /// The texts of all reasons, one after the other, and where each of them ends: a list of texts would need 40 bytes
    /// a text beside it.
    pub(super) reasons: &'static str,
    pub(super) reason_ends: &'static [u16],
    /// The sessions whose hours differ from those of their period, in order of time.
    pub(super) specials: &'static [Special],
    /// The reasons of the closures, in order of time, or [`NO_REASON`]. Which days they are follows: those on which the
    /// week has trading and that have no session.
    pub(super) closures: &'static [u16],
    /// The zone's offsets, in order of time; the first holds since ever.
    pub(super) offsets: &'static [Offset],
    /// The days with a session, 64 a word, the first day in the lowest bit.
    pub(super) words: &'static [u64],
    /// One for four words.
    pub(super) marks: &'static [Mark],
}

/// When a session opens, breaks and closes. The two ends of the break are equal where there is none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Hours {
    pub(super) open: u16,
    pub(super) close: u16,
    pub(super) break_start: u16,
    pub(super) break_end: u16,
    /// How they differ from the regular hours of the day they are used on: a sum of the constants below.
    pub(super) differs: u8,
}

/// Regular hours from a day on.
pub(super) struct Period {
    pub(super) from: u16,
    /// The hours of Monday to Sunday; `None` for a day without trading.
    pub(super) week: [Option<u8>; 7],
}

/// A session whose hours differ from those of its period, or that the week does not have.
pub(super) struct Special {
    pub(super) day: u16,
    pub(super) hours: u8,
    /// [`NO_REASON`] where the source gives none.
    pub(super) reason: u16,
}

/// A zone's offset from an instant on.
pub(super) struct Offset {
    pub(super) from: i32,
    /// Minutes ahead of UTC.
    pub(super) minutes: i16,
}

/// What is counted ahead for the 256 days of four words, so that no question walks further than these.
pub(super) struct Mark {
    /// Sessions before the first word.
    pub(super) before: u16,
    /// Closures before it.
    pub(super) closures: u16,
    /// Special sessions before it.
    pub(super) specials: u16,
    /// Sessions in the first word, in the first two and in the first three.
    pub(super) within: [u8; 3],
    /// The offset in force when the first day begins.
    pub(super) offset: u8,
}

// With their words the marks are half of what `Calendar::of` links.
const _: () = assert!(size_of::<Mark>() == 10);

/// Words that a mark is for.
const WORDS: usize = 4;
/// Stands where a reason's number would, and is the number of none.
pub(super) const NO_REASON: u16 = u16::MAX;
const MINUTES_A_DAY: i32 = 24 * 60;
/// 1970-01-01 in days of the common era.
const UNIX_DAY: i32 = 719_163;

impl Table {
    #[inline]
    pub(super) fn is_session(&self, day: usize) -> bool {
        self.words[day / 64] >> (day % 64) & 1 == 1
    }

    /// Returns the number of sessions before a day; the day after the last is fine.
    #[inline]
    pub(super) fn sessions_before(&self, day: usize) -> usize {
        match self.words.get(day / 64) {
            Some(word) => self.before_word(day / 64) + (word & earlier(day)).count_ones() as usize,
            None => self.sessions(),
        }
    }

    /// Returns the number of sessions in all.
    pub(super) fn sessions(&self) -> usize {
        self.words.last().map_or(0, |word| self.before_word(self.words.len() - 1) + word.count_ones() as usize)
    }

    /// Returns the first session on a day or after it; the day after the last is fine.
    #[inline]
    pub(super) fn on_or_after(&self, day: usize) -> Option<usize> {
        let mut at = day / 64;
        let mut sessions = self.words.get(at)? & !earlier(day);
        while sessions == 0 {
            at += 1;
            sessions = *self.words.get(at)?;
        }
        Some(at * 64 + sessions.trailing_zeros() as usize)
    }

    /// Returns the last session on a day or before it.
    #[inline]
    pub(super) fn on_or_before(&self, day: usize) -> Option<usize> {
        let mut at = day / 64;
        let mut sessions = self.words[at] & u64::MAX >> (63 - day % 64);
        while sessions == 0 {
            at = at.checked_sub(1)?;
            sessions = self.words[at];
        }
        Some(at * 64 + sessions.ilog2() as usize)
    }

    /// Returns the session that `number` others come before.
    pub(super) fn nth(&self, number: usize) -> Option<usize> {
        let mark = self.marks.partition_point(|mark| usize::from(mark.before) <= number).checked_sub(1)?;
        let words = mark * WORDS..self.words.len().min((mark + 1) * WORDS);
        let at = words.rev().find(|at| self.before_word(*at) <= number)?;
        let mut sessions = self.words[at];
        for _ in self.before_word(at)..number {
            sessions &= sessions.wrapping_sub(1);
        }
        (sessions != 0).then(|| at * 64 + sessions.trailing_zeros() as usize)
    }

    /// Returns the hours of a session.
    #[inline]
    pub(super) fn hours_of(&self, day: usize) -> Hours {
        let hours = self.special(day).map(|special| special.hours).or_else(|| self.regular(day));
        self.hours[usize::from(hours.expect("a day with a session has hours"))]
    }

    /// Returns the instant at which a session closes.
    pub(super) fn close_of(&self, day: usize) -> i32 {
        let hours = self.hours_of(day);
        self.instant_of(day, hours.close, self.offset(day, hours.open))
    }

    /// Returns whether the exchange trades on such a day of the week at the time.
    pub(super) fn is_weekday(&self, day: usize) -> bool {
        self.regular(day).is_some()
    }

    /// Returns why a day is closed, or why its session has hours of its own.
    pub(super) fn reason(&self, day: usize) -> Option<&'static str> {
        let number = if self.is_session(day) { self.special(day)?.reason } else { self.closure(day)? };
        let end = usize::from(*self.reason_ends.get(usize::from(number))?);
        let start = usize::from(number).checked_sub(1).map_or(0, |before| usize::from(self.reason_ends[before]));
        self.reasons.get(start..end)
    }

    /// Returns how many minutes the zone is ahead of UTC at a minute of a day.
    #[inline]
    pub(super) fn offset(&self, day: usize, minute: u16) -> i16 {
        let local = self.instant_of(day, minute, 0);
        let later = &self.offsets[usize::from(self.mark(day).offset)..];
        // A zone changes its offset a few times a year at most: this steps once or not at all.
        let passed = later[1..].iter().take_while(|offset| offset.from + i32::from(offset.minutes) <= local).count();
        later[passed].minutes
    }

    /// Returns how many minutes the zone is ahead of UTC at an instant.
    pub(super) fn offset_at(&self, instant: i32) -> i16 {
        let later = self.offsets.partition_point(|offset| offset.from <= instant);
        self.offsets[later.saturating_sub(1)].minutes
    }

    /// Returns the day, in days of the common era, on which a local instant lies.
    pub(super) fn day_at(local: i64) -> i64 {
        local.div_euclid(i64::from(MINUTES_A_DAY)) + i64::from(UNIX_DAY)
    }

    /// Returns the instant of a minute of a day.
    #[inline]
    fn instant_of(&self, day: usize, minute: u16, offset: i16) -> i32 {
        let day = i32::try_from(day).expect("a range has fewer than 2^16 days");
        (self.first - UNIX_DAY + day) * MINUTES_A_DAY + i32::from(minute) - i32::from(offset)
    }

    /// Returns the number of sessions before a word.
    #[inline]
    fn before_word(&self, at: usize) -> usize {
        let mark = &self.marks[at / WORDS];
        let within = (at % WORDS).checked_sub(1).map_or(0, |earlier| mark.within[earlier]);
        usize::from(mark.before) + usize::from(within)
    }

    #[inline]
    fn mark(&self, day: usize) -> &Mark {
        &self.marks[day / 64 / WORDS]
    }

    #[inline]
    fn regular(&self, day: usize) -> Option<u8> {
        self.period_of(day).week[self.weekday(day)]
    }

    #[inline]
    fn period_of(&self, day: usize) -> &Period {
        &self.periods[self.periods.partition_point(|period| usize::from(period.from) <= day) - 1]
    }

    /// Returns the day of the week; 0 is Monday.
    #[inline]
    fn weekday(&self, day: usize) -> usize {
        (self.first.unsigned_abs() as usize - 1 + day) % 7
    }

    /// Returns the session's own hours, if it has such.
    #[inline]
    fn special(&self, day: usize) -> Option<&Special> {
        // A mark has a handful of them at most.
        let later = &self.specials[usize::from(self.mark(day).specials)..];
        later.iter().find(|special| usize::from(special.day) >= day).filter(|special| usize::from(special.day) == day)
    }

    /// Returns the number of a closed day's reason, or `None` for a day of the week without trading.
    fn closure(&self, day: usize) -> Option<u16> {
        if !self.is_weekday(day) {
            return None;
        }
        let closed = (day / 64 / WORDS * WORDS..=day / 64).map(|at| {
            let counted = if at == day / 64 { earlier(day) } else { u64::MAX };
            (self.weekdays(at) & !self.words[at] & counted).count_ones() as usize
        });
        let number = usize::from(self.mark(day).closures) + closed.sum::<usize>();
        self.closures.get(number).copied()
    }

    /// Returns the days among the 64 of a word whose day of the week has trading.
    fn weekdays(&self, at: usize) -> u64 {
        /// Every seventh day.
        const WEEKLY: u64 = 0x8102_0408_1020_4081;
        let first = at * 64;
        let period = self.period_of(first);
        if std::ptr::eq(period, self.period_of(first + 63)) {
            let week = (0..7).filter(|day| period.week[self.weekday(first + day)].is_some());
            return week.fold(0, |days, day| days | WEEKLY << day);
        }
        (0..64).filter(|day| self.is_weekday(first + day)).fold(0, |days, day| days | 1 << day)
    }
}

impl Hours {
    pub(super) const EARLY_CLOSE: u8 = 1;
    pub(super) const LATE_CLOSE: u8 = 2;
    pub(super) const LATE_OPEN: u8 = 4;

    pub(super) const fn has_break(&self) -> bool {
        self.break_start < self.break_end
    }
}

/// Returns the days of a word before a day in it.
#[inline]
const fn earlier(day: usize) -> u64 {
    !(u64::MAX << (day % 64))
}
