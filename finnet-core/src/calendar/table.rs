//! The constant table of one exchange, and the questions it answers in a handful of instructions.
//!
//! Everything is numbers here: a day counts from 0, the first date of the exchange's range; times are minutes of the
//! day in its zone; instants are minutes since 1970-01-01T00:00Z. Errors are `exchange.rs`'s affair.
//! `cargo xtask calendars` writes the tables, `tables/` holds them; those of calendars of one's own are put together by
//! `draft.rs` as the program runs.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::mic::Mic;

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
    pub(super) reasons: &'static [&'static str],
    /// Reasons that were given as the program runs; their numbers go on from those above.
    pub(super) own_reasons: Vec<String>,
    /// The days that differ from their period, in order of time.
    pub(super) exceptions: Cow<'static, [Exception]>,
    /// The zone's offsets, in order of time; the first holds since ever.
    pub(super) offsets: Cow<'static, [Offset]>,
    /// 64 days each.
    pub(super) blocks: Cow<'static, [Block]>,
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

/// A day that differs from its period.
#[derive(Clone, PartialEq)]
pub(super) struct Exception {
    pub(super) day: u16,
    /// `None` for a closure.
    pub(super) hours: Option<u8>,
    /// `None` where the source gives none.
    pub(super) reason: Option<u16>,
}

/// A zone's offset from an instant on.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Offset {
    pub(super) from: i32,
    /// Minutes ahead of UTC.
    pub(super) minutes: i16,
}

/// What is counted ahead for 64 days, so that no question walks further than these.
#[derive(Clone, PartialEq)]
pub(super) struct Block {
    /// The days with a session, the first day in the lowest bit.
    pub(super) sessions: u64,
    /// The sessions among them whose hours are an exception.
    pub(super) irregular: u64,
    /// Sessions before the block.
    pub(super) before: u16,
    /// The period in force on its first day.
    pub(super) period: u8,
    /// The offset in force when its first day begins.
    pub(super) offset: u8,
    /// The hours of all of its sessions that are no exception, or [`Block::VARIOUS`].
    pub(super) hours: u8,
    /// The day in it on which the offset changes, [`Block::NEVER`], or [`Block::VARIOUS`] where it does so more than once.
    pub(super) shift: u8,
}

// `Calendar::of` links as many of them as all exchanges have.
const _: () = assert!(size_of::<Block>() == 24);

const MINUTES_A_DAY: i32 = 24 * 60;
/// 1970-01-01 in days of the common era.
const UNIX_DAY: i32 = 719_163;

impl Table {
    #[inline]
    pub(super) fn is_session(&self, day: usize) -> bool {
        self.blocks[day / 64].sessions >> (day % 64) & 1 == 1
    }

    /// Returns the number of sessions before a day; the day after the last is fine.
    #[inline]
    pub(super) fn sessions_before(&self, day: usize) -> usize {
        match self.blocks.get(day / 64) {
            Some(block) => {
                let earlier = block.sessions & !(u64::MAX << (day % 64));
                usize::from(block.before) + earlier.count_ones() as usize
            }
            None => self.sessions(),
        }
    }

    /// Returns the number of sessions in all.
    pub(super) fn sessions(&self) -> usize {
        self.blocks.last().map_or(0, |block| usize::from(block.before) + block.sessions.count_ones() as usize)
    }

    /// Returns the first session on a day or after it; the day after the last is fine.
    #[inline]
    pub(super) fn on_or_after(&self, day: usize) -> Option<usize> {
        let mut at = day / 64;
        let mut sessions = self.blocks.get(at)?.sessions & u64::MAX << (day % 64);
        while sessions == 0 {
            at += 1;
            sessions = self.blocks.get(at)?.sessions;
        }
        Some(at * 64 + sessions.trailing_zeros() as usize)
    }

    /// Returns the last session on a day or before it.
    #[inline]
    pub(super) fn on_or_before(&self, day: usize) -> Option<usize> {
        let mut at = day / 64;
        let mut sessions = self.blocks[at].sessions & u64::MAX >> (63 - day % 64);
        while sessions == 0 {
            at = at.checked_sub(1)?;
            sessions = self.blocks[at].sessions;
        }
        Some(at * 64 + sessions.ilog2() as usize)
    }

    /// Returns the session that `number` others come before.
    pub(super) fn nth(&self, number: usize) -> Option<usize> {
        let at = self.blocks.partition_point(|block| usize::from(block.before) <= number).checked_sub(1)?;
        let mut sessions = self.blocks[at].sessions;
        for _ in usize::from(self.blocks[at].before)..number {
            sessions &= sessions.wrapping_sub(1);
        }
        (sessions != 0).then(|| at * 64 + sessions.trailing_zeros() as usize)
    }

    /// Returns the hours of a session.
    #[inline]
    pub(super) fn hours_of(&self, day: usize) -> Hours {
        let block = &self.blocks[day / 64];
        let regular = block.irregular >> (day % 64) & 1 == 0;
        let hours = if regular && block.hours != Block::VARIOUS { block.hours } else { self.hours_sought(day) };
        self.hours[usize::from(hours)]
    }

    #[cold]
    fn hours_sought(&self, day: usize) -> u8 {
        let irregular = self.blocks[day / 64].irregular >> (day % 64) & 1 == 1;
        let hours =
            if irregular { self.exception(day).and_then(|exception| exception.hours) } else { self.regular(day) };
        hours.expect("a day with a session has hours")
    }

    /// Returns whether the exchange trades on such a day of the week at the time.
    pub(super) fn is_weekday(&self, day: usize) -> bool {
        self.regular(day).is_some()
    }

    /// Returns why a day is an exception.
    pub(super) fn reason(&self, day: usize) -> Option<&str> {
        let number = usize::from(self.exception(day)?.reason?);
        Some(match number.checked_sub(self.reasons.len()) {
            Some(own) => &self.own_reasons[own],
            None => self.reasons[number],
        })
    }

    /// Returns how many minutes the zone is ahead of UTC at a minute of a day.
    #[inline]
    pub(super) fn offset(&self, day: usize, minute: u16) -> i16 {
        let block = &self.blocks[day / 64];
        let (day_in_block, shift) = (day % 64, usize::from(block.shift));
        if day_in_block == shift || block.shift == Block::VARIOUS {
            return self.offset_sought(day, minute);
        }
        // Added, not chosen: half of all dates lie on either side, and no processor foresees which.
        self.offsets[usize::from(block.offset) + usize::from(day_in_block > shift)].minutes
    }

    #[cold]
    fn offset_sought(&self, day: usize, minute: u16) -> i16 {
        let local = i64::from(self.instant_of(day, minute, 0));
        let later = &self.offsets[usize::from(self.blocks[day / 64].offset)..];
        later[later[1..].iter().take_while(|offset| offset.clocks() <= local).count()].minutes
    }

    /// Returns how many minutes the zone is ahead of UTC at an instant.
    #[inline]
    pub(super) fn offset_at(&self, instant: i32) -> i16 {
        // Two days before that of UTC have begun in any zone.
        let day = instant.div_euclid(MINUTES_A_DAY) + UNIX_DAY - self.first - 2;
        let day = usize::try_from(day).unwrap_or(0).min(self.days - 1);
        let mut at = usize::from(self.blocks[day / 64].offset);
        while self.offsets.get(at + 1).is_some_and(|next| next.from <= instant) {
            at += 1;
        }
        self.offsets[at].minutes
    }

    /// Returns the minutes from the midnight of a session's day, by its clocks, to an instant.
    #[inline]
    pub(super) fn minutes_into(&self, day: usize, hours: Hours, instant: i32) -> i32 {
        instant - self.instant_of(day, 0, self.offset(day, hours.open))
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

    /// Returns the instant of a minute of a day.
    #[inline]
    fn instant_of(&self, day: usize, minute: u16, offset: i16) -> i32 {
        instant_of(self.common_era(day), minute, offset)
    }

    #[inline]
    fn regular(&self, day: usize) -> Option<u8> {
        let mut period = usize::from(self.blocks[day / 64].period);
        while self.periods.get(period + 1).is_some_and(|next| usize::from(next.from) <= day) {
            period += 1;
        }
        let monday = self.first.unsigned_abs() as usize - 1;
        self.periods[period].week[(monday + day) % 7]
    }

    fn exception(&self, day: usize) -> Option<&Exception> {
        let at = self.exceptions.binary_search_by(|exception| usize::from(exception.day).cmp(&day)).ok()?;
        Some(&self.exceptions[at])
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

impl Block {
    /// Stands for a number that is not the same for the whole block.
    pub(super) const VARIOUS: u8 = u8::MAX;
    /// Comes after the days of a block.
    pub(super) const NEVER: u8 = 64;
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

#[cfg(test)]
mod tests {
    use super::super::samples::SAMPLES;

    #[test]
    fn an_offset_is_the_last_that_began() {
        for sample in SAMPLES.iter() {
            let table = &sample.calendar.0;
            let (start, end) = (table.instant_of(0, 0, 0), table.instant_of(table.days, 0, 0));
            // A day more at either end, and far beyond.
            for instant in (start - 1440..end + 1440).step_by(30).chain([i32::MIN, i32::MAX]) {
                let began = table.offsets.iter().rfind(|offset| offset.from <= instant).map(|offset| offset.minutes);
                assert_eq!(Some(table.offset_at(instant)), began, "{instant}");
            }
        }
    }
}
