//! The constant table of one exchange, and the questions it answers in a handful of instructions.
//!
//! Everything is numbers here: a day counts from 0, the first date of the exchange's range; times are minutes of the
//! day in its zone; instants are minutes since 1970-01-01T00:00Z. Errors are `exchange.rs`'s affair.
//! `cargo xtask calendars` writes the tables, `tables/` holds them; those of calendars of one's own are put together by
//! `draft.rs` as the program runs.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::mic::Mic;
use super::reasons::Reasons;

/// What is known of an exchange. What is borrowed lies in the program, what is owned was built as it runs.
#[derive(Clone)]
pub(super) struct Table {
    pub(super) mic: Mic,
    pub(super) name: Cow<'static, str>,
    /// The IANA name of its zone.
    pub(super) zone: Cow<'static, str>,
    /// Other exchanges with the same sessions and hours.
    pub(super) venues: &'static [Mic],
    /// Names in use that are no MIC, each with the MIC it stands for.
    pub(super) called: &'static [(&'static str, Mic)],
    /// Day 0, as chrono numbers the days of the common era: 1 is 0001-01-01, a Monday.
    pub(super) first: i32,
    /// Days in the range.
    pub(super) days: usize,
    /// The times of day that occur; what follows points into it.
    pub(super) hours: Cow<'static, [Hours]>,
    /// Regular hours, in order of time; the first holds from day 0.
    pub(super) periods: Cow<'static, [Period]>,
    pub(super) reasons: Reasons,
    /// The sessions whose hours differ from those of their period, in order of time.
    pub(super) specials: Cow<'static, [Special]>,
    /// The reasons of the closures, in order of time, or `NO_REASON`. Which days they are follows: those on which the
    /// week has trading and that have no session.
    pub(super) closures: Cow<'static, [u8]>,
    /// The zone's offsets, in order of time; the first holds since ever.
    pub(super) offsets: Cow<'static, [Offset]>,
    /// The days with a session, 64 a word, the first day in the lowest bit; the day after the last has its place too.
    pub(super) words: Cow<'static, [u64]>,
    /// One for four words.
    pub(super) marks: Cow<'static, [Mark]>,
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
#[derive(Clone, PartialEq)]
pub(super) struct Period {
    pub(super) from: u16,
    /// The hours of Monday to Sunday; `None` for a day without trading.
    pub(super) week: [Option<u8>; 7],
}

/// A session whose hours differ from those of its period, or that the week does not have.
#[derive(Clone, PartialEq)]
pub(super) struct Special {
    pub(super) day: u16,
    pub(super) hours: u8,
    /// `NO_REASON` where the source gives none.
    pub(super) reason: u8,
}

/// A zone's offset from an instant on.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Offset {
    pub(super) from: i32,
    /// Minutes ahead of UTC.
    pub(super) minutes: i16,
}

/// What is counted ahead for the 256 days of four words, so that no question walks further than these.
#[derive(Clone, PartialEq)]
pub(super) struct Mark {
    /// Sessions before the first word.
    pub(super) before: u16,
    /// Closures before it.
    pub(super) closures: u16,
    /// Special sessions before it.
    pub(super) specials: u16,
    /// Sessions of the mark before each word: none, those of the first, of the first two and of the first three. That
    /// the first is 0 goes without saying, but a branch on it would cost as much as the rest of a count.
    pub(super) within: [u8; WORDS],
    /// The hours that most of the sessions have, the first of several.
    pub(super) hours: u8,
    /// Eight days a bit, the first days in the lowest: whether any session of theirs has other hours. All are set where
    /// the offset changes more than twice.
    pub(super) odd: [u8; 4],
    /// The offset in force at the open of the first day or, without a session, at its midnight.
    pub(super) offset: u8,
    /// The last day, counted from the first, before it changes, and the last before it changes again; 255 where it does
    /// not.
    pub(super) shifts: [u8; 2],
}

// With their words the marks are half of what `Calendar::of` links.
const _: () = assert!(size_of::<Mark>() == 18);

/// Words that a mark is for, and days.
const WORDS: usize = 4;
pub(super) const MARK: usize = 64 * WORDS;
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
        self.before_word(day / 64) + (self.words[day / 64] & earlier(day)).count_ones() as usize
    }

    /// Returns the number of sessions in all.
    pub(super) fn sessions(&self) -> usize {
        self.sessions_before(self.days)
    }

    /// Returns the first session on a day or after it if it lies in the same word, which one in twenty does not.
    #[inline]
    pub(super) fn on_or_soon_after(&self, day: usize) -> Option<usize> {
        let sessions = self.words.get(day / 64)? & !earlier(day);
        (sessions != 0).then(|| day / 64 * 64 + sessions.trailing_zeros() as usize)
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

    /// Returns the hours of a session, and how many minutes the zone is ahead of UTC from its open to its close.
    #[inline]
    pub(super) fn times_of(&self, day: usize) -> (Hours, i16) {
        let (hours, offset) = self.plain_places_of(day).unwrap_or_else(|| self.places_sought(day));
        (self.hours[hours], self.offsets[offset].minutes)
    }

    /// Returns the same, or `None` where it has to be sought. Nothing here can panic, so that a caller which then returns
    /// what another function answers needs no frame.
    #[inline]
    pub(super) fn plain_times_of(&self, day: usize) -> Option<(Hours, i16)> {
        let (hours, offset) = self.plain_places_of(day)?;
        Some((*self.hours.get(hours)?, self.offsets.get(offset)?.minutes))
    }

    /// Returns the places of a session's hours and of its offset, or `None` where they have to be sought.
    #[inline]
    fn plain_places_of(&self, day: usize) -> Option<(usize, usize)> {
        let (mark, day_in_mark) = (self.marks.get(day / MARK)?, day % MARK);
        if u32::from_le_bytes(mark.odd) >> (day_in_mark / 8) & 1 == 1 {
            return None;
        }
        // Added, not chosen: half of all dates lie on either side, and no processor foresees which.
        let [first, second] = mark.shifts.map(|last| usize::from(day_in_mark > usize::from(last)));
        Some((usize::from(mark.hours), usize::from(mark.offset) + first + second))
    }

    #[cold]
    fn places_sought(&self, day: usize) -> (usize, usize) {
        let number = self.special(day).map(|special| special.hours).or_else(|| self.regular(day));
        let hours = usize::from(number.expect("a day with a session has hours"));
        let local = i64::from(instant_of(self.common_era(day), self.hours[hours].open, 0));
        let offset = usize::from(self.mark(day).offset);
        // A zone changes its offset a few times a year: this steps no further.
        let passed = self.offsets[offset + 1..].iter().take_while(|offset| offset.clocks() <= local).count();
        (hours, offset + passed)
    }

    /// Returns whether the exchange trades on such a day of the week at the time.
    pub(super) fn is_weekday(&self, day: usize) -> bool {
        self.regular(day).is_some()
    }

    /// Returns why a day is closed, or why its session has hours of its own.
    pub(super) fn reason(&self, day: usize) -> Option<&str> {
        let number = if self.is_session(day) { self.special(day)?.reason } else { self.closure(day)? };
        self.reasons.get(number)
    }

    /// Returns the days of the closures and of what `closures` says of them, in order.
    pub(super) fn closed(&self) -> impl Iterator<Item = (usize, u8)> {
        let days = (0..self.words.len()).flat_map(|at| {
            let closed = self.weekdays(at) & !self.words[at];
            (0..64).filter(move |day| closed >> day & 1 == 1).map(move |day| at * 64 + day)
        });
        days.zip(self.closures.iter().copied())
    }

    /// Returns how many minutes the zone is ahead of UTC at an instant.
    #[inline]
    pub(super) fn offset_at(&self, instant: i32) -> i16 {
        // Two days before that of UTC are over in any zone.
        let day = instant.div_euclid(MINUTES_A_DAY) + UNIX_DAY - self.first - 2;
        let mut at = usize::try_from(day).map_or(0, |day| usize::from(self.mark(day.min(self.days - 1)).offset));
        while self.offsets.get(at + 1).is_some_and(|next| next.from <= instant) {
            at += 1;
        }
        self.offsets[at].minutes
    }

    /// Returns the day, in days of the common era, on which a local instant lies.
    pub(super) fn day_at(local: i64) -> i64 {
        local.div_euclid(i64::from(MINUTES_A_DAY)) + i64::from(UNIX_DAY)
    }

    /// Returns the local minute since 1970 at which a day begins.
    pub(super) fn midnight(first: i32, day: usize) -> i64 {
        let day = i64::try_from(day).expect("a range has fewer than 2^16 days");
        (i64::from(first - UNIX_DAY) + day) * i64::from(MINUTES_A_DAY)
    }

    /// Returns a day as chrono numbers the days of the common era; the day after the last is fine.
    #[inline]
    #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "a range has fewer than 2^16 days")]
    pub(super) const fn common_era(&self, day: usize) -> i32 {
        self.first + day as i32
    }

    /// Returns the date of a day; the day after the last is fine.
    #[inline]
    pub(super) fn date_of(&self, day: usize) -> NaiveDate {
        NaiveDate::from_num_days_from_ce_opt(self.common_era(day)).expect("a range is of this age")
    }

    /// Returns the number of sessions before a word.
    #[inline]
    fn before_word(&self, at: usize) -> usize {
        let mark = &self.marks[at / WORDS];
        usize::from(mark.before) + usize::from(mark.within[at % WORDS])
    }

    #[inline]
    fn mark(&self, day: usize) -> &Mark {
        &self.marks[day / MARK]
    }

    #[inline]
    pub(super) fn regular(&self, day: usize) -> Option<u8> {
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
    fn closure(&self, day: usize) -> Option<u8> {
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

/// Returns the instant of a minute of a day of the common era.
#[inline]
pub(super) const fn instant_of(common_era: i32, minute: u16, offset: i16) -> i32 {
    (common_era - UNIX_DAY) * MINUTES_A_DAY + minute as i32 - offset as i32
}

impl Offset {
    /// Returns what the clocks show as they change to this offset, in minutes since 1970.
    #[inline]
    pub(super) fn clocks(self) -> i64 {
        i64::from(self.from) + i64::from(self.minutes)
    }
}

impl Hours {
    pub(super) const EARLY_CLOSE: u8 = 1;
    pub(super) const LATE_CLOSE: u8 = 2;
    pub(super) const LATE_OPEN: u8 = 4;
    pub(super) const EARLY_OPEN: u8 = 8;

    pub(super) const fn has_break(&self) -> bool {
        self.break_start < self.break_end
    }
}

/// Returns the days of a word before a day in it.
#[inline]
const fn earlier(day: usize) -> u64 {
    !(u64::MAX << (day % 64))
}

#[cfg(test)]
mod tests {
    use super::super::samples::SAMPLES;
    use super::*;

    #[test]
    fn an_offset_is_the_last_that_began() {
        for sample in SAMPLES.iter() {
            let table = &sample.calendar.0;
            let (start, end) = (instant_of(table.first, 0, 0), instant_of(table.common_era(table.days), 0, 0));
            // A day more at either end, and far beyond.
            for instant in (start - 1440..end + 1440).step_by(30).chain([i32::MIN, i32::MAX]) {
                let began = table.offsets.iter().rfind(|offset| offset.from <= instant).map(|offset| offset.minutes);
                assert_eq!(Some(table.offset_at(instant)), began, "{instant}");
            }
        }
    }
}
