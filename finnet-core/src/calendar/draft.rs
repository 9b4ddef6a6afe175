//! A calendar as one writes it down, and how a table comes of it: regular hours, then what differs from them.
//!
//! In comes a table taken apart, or what a builder was told; out comes a table with everything counted ahead, or the
//! error that says which date contradicts what. Numbers as in `table.rs`.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};

use super::change::Change;
use super::error::Error;
use super::hours::{Hours, time_of};
use super::mic::Mic;
use super::reasons::{NO_REASON, Reasons};
use super::table::{Hours as Times, MARK, Mark, Offset, Period, Special, Table};

/// The hours of Monday to Sunday; `None` for a day without trading.
pub(super) type Week = [Option<Hours>; 7];

/// A calendar whose rules can still be changed.
pub(super) struct Draft {
    pub(super) mic: Mic,
    pub(super) name: Cow<'static, str>,
    pub(super) zone: Cow<'static, str>,
    pub(super) venues: &'static [Mic],
    pub(super) called: &'static [(&'static str, Mic)],
    pub(super) first: NaiveDate,
    pub(super) last: NaiveDate,
    /// From each day on.
    pub(super) periods: BTreeMap<usize, Week>,
    pub(super) exceptions: BTreeMap<usize, Exception>,
    /// Where those that need not be owned are found.
    pub(super) reasons: Reasons,
    pub(super) offsets: Cow<'static, [Offset]>,
}

/// A day that differs from its period.
pub(super) struct Exception {
    /// `None` for a closure.
    hours: Option<Hours>,
    reason: Option<Cow<'static, str>>,
}

/// The most hours and offsets: a table numbers them in a byte.
const MOST: usize = 256;

impl Draft {
    /// Takes a table apart.
    pub(super) fn of(table: &Table) -> Self {
        let hours = |number: u8| Hours::of(table.hours[usize::from(number)]);
        let reason = |number: u8| match table.reasons.in_program(usize::from(number)) {
            Some(text) => Some(Cow::Borrowed(text)),
            None => table.reasons.get(number).map(|own| Cow::Owned(own.to_owned())),
        };
        let special = |special: &Special| {
            let exception = Exception { hours: Some(hours(special.hours)), reason: reason(special.reason) };
            (usize::from(special.day), exception)
        };
        let closure = |(day, number)| (day, Exception { hours: None, reason: reason(number) });
        let period = |period: &Period| (usize::from(period.from), period.week.map(|number| number.map(hours)));
        Self {
            mic: table.mic,
            name: table.name.clone(),
            zone: table.zone.clone(),
            venues: table.venues,
            called: table.called,
            first: table.date_of(0),
            last: table.date_of(table.days - 1),
            periods: table.periods.iter().map(period).collect(),
            exceptions: table.specials.iter().map(special).chain(table.closed().map(closure)).collect(),
            reasons: Reasons { own: Vec::new(), ..table.reasons },
            offsets: table.offsets.clone(),
        }
    }

    /// Returns the number of a date: 0 is the first.
    pub(super) fn number_of(&self, date: NaiveDate) -> Result<usize, Error> {
        let Self { mic, first, last, .. } = *self;
        let known = (first..=last).contains(&date).then(|| usize::try_from((date - first).num_days()));
        known.and_then(Result::ok).ok_or(Error::OutOfRange { mic, date, first, last })
    }

    /// Makes dates what they are to be, each once at most.
    pub(super) fn change_all(&mut self, changes: impl Iterator<Item = Change>) -> Result<(), Error> {
        let mut changed = BTreeSet::new();
        for change in changes {
            if !changed.insert(change.date) {
                return Err(Error::Twice { mic: self.mic, date: change.date });
            }
            self.change(change)?;
        }
        Ok(())
    }

    fn change(&mut self, change: Change) -> Result<(), Error> {
        let Change { date, hours, reason } = change;
        let (mic, day) = (self.mic, self.number_of(date)?);
        let regular = self.regular(day);
        let present = self.exceptions.get(&day).map_or(regular, |exception| exception.hours);
        match (hours, present) {
            (None, None) => return Err(Error::NotASession { mic, date }),
            (Some(_), _) if hours == present => return Err(Error::Unchanged { mic, date }),
            _ if hours == regular => self.exceptions.remove(&day),
            _ => self.exceptions.insert(day, Exception { hours, reason }),
        };
        Ok(())
    }

    fn regular(&self, day: usize) -> Option<Hours> {
        let (_, week) = self.periods.range(..=day).next_back()?;
        week[(self.first.weekday().num_days_from_monday() as usize + day) % 7]
    }

    fn days(&self) -> usize {
        usize::try_from((self.last - self.first).num_days() + 1).expect("a range does not end before it begins")
    }

    /// Returns the hours of an exception as a table has them: with how they differ from the regular ones.
    fn times(&self, day: usize, hours: Hours) -> Times {
        let times = hours.times();
        let Some(regular) = self.regular(day).map(Hours::times) else { return times };
        let differs = [
            (times.close < regular.close, Times::EARLY_CLOSE),
            (times.close > regular.close, Times::LATE_CLOSE),
            (times.open > regular.open, Times::LATE_OPEN),
            (times.open < regular.open, Times::EARLY_OPEN),
        ];
        let differs = differs.into_iter().filter(|(is, _)| *is).map(|(_, flag)| flag).sum();
        Times { differs, ..times }
    }

    /// Returns the hours of a day as a table has them, or `None` for one without a session.
    fn session(&self, day: usize) -> Option<Times> {
        match self.exceptions.get(&day) {
            Some(exception) => exception.hours.map(|hours| self.times(day, hours)),
            None => self.regular(day).map(Hours::times),
        }
    }

    /// Puts the table together.
    pub(super) fn into_table(self) -> Result<Table, Error> {
        // The day after the last has a word and a mark.
        let sessions: Vec<Option<Times>> = (0..self.days()).map(|day| self.session(day)).chain([None]).collect();
        let regular = self.periods.values().flatten().flatten().map(|hours| hours.times());
        let hours: BTreeSet<Times> = regular.chain(sessions.iter().flatten().copied()).collect();
        let hours: Vec<Times> = hours.into_iter().collect();
        let (reasons, reason_of) = self.reasons()?;
        if hours.len() > MOST || self.offsets.len() > MOST {
            return Err(Error::TooMuch { mic: self.mic });
        }
        let place = |times: Times| byte(hours.binary_search(&times).expect("all were gathered"));
        let reason_of = |day: usize| reason_of.get(&day).copied().unwrap_or(NO_REASON);
        let special = |(&day, exception): (&usize, &Exception)| {
            exception.hours?;
            let hours = place(sessions[day].expect("an exception with hours is a session"));
            Some(Special { day: narrow(day), hours, reason: reason_of(day) })
        };
        let period = |(&from, week): (&usize, &Week)| Period {
            from: narrow(from),
            week: week.map(|hours| hours.map(|hours| place(hours.times()))),
        };
        let closures = self.exceptions.iter().filter(|(_, exception)| exception.hours.is_none());
        let table = Table {
            first: self.first.num_days_from_ce(),
            days: self.days(),
            periods: self.periods.iter().map(period).collect(),
            specials: self.exceptions.iter().filter_map(special).collect(),
            closures: closures.map(|(&day, _)| reason_of(day)).collect(),
            words: sessions.chunks(64).map(word).collect(),
            marks: self.marks(&sessions, place).into(),
            hours: Cow::Owned(hours),
            mic: self.mic,
            name: self.name,
            zone: self.zone,
            venues: self.venues,
            called: self.called,
            reasons,
            offsets: self.offsets,
        };
        check_clocks(&table)?;
        Ok(table)
    }

    /// Returns all reasons, and the number of each day's.
    fn reasons(&self) -> Result<(Reasons, BTreeMap<usize, u8>), Error> {
        let mut reasons = self.reasons.clone();
        let known = (0..reasons.ends.len()).filter_map(|number| reasons.in_program(number));
        let mut numbers: BTreeMap<&str, usize> = known.zip(0..).collect();
        let mut of_days = BTreeMap::new();
        for (&day, exception) in &self.exceptions {
            let Some(reason) = &exception.reason else { continue };
            let next = reasons.ends.len() + reasons.own.len();
            let number = *numbers.entry(reason).or_insert(next);
            if number == next {
                reasons.own.push(reason.clone().into_owned());
            }
            let number = u8::try_from(number).ok().filter(|number| *number != NO_REASON);
            of_days.insert(day, number.ok_or(Error::TooMuch { mic: self.mic })?);
        }
        Ok((reasons, of_days))
    }

    /// Counts ahead.
    fn marks(&self, sessions: &[Option<Times>], place: impl Fn(Times) -> u8) -> Vec<Mark> {
        let (mut before, mut closures, mut specials) = (0, 0, 0);
        let clocks: Vec<i64> = self.offsets[1..].iter().map(|offset| offset.clocks()).collect();
        let mut marks = Vec::new();
        for (begin, days) in (0..).step_by(MARK).zip(sessions.chunks(MARK)) {
            let count = |words: usize| days.iter().take(64 * words).flatten().count();
            let numbers: Vec<Option<u8>> = days.iter().map(|times| times.map(&place)).collect();
            let hours = most(numbers.iter().flatten().copied());
            let offset_of = |day: usize| {
                let midnight = Table::midnight(self.first.num_days_from_ce(), begin + day);
                let local = midnight + days[day].map_or(0, |times| i64::from(times.open));
                clocks.partition_point(|at| *at <= local)
            };
            let offset = offset_of(0);
            let until = |changes: usize| {
                let days_until = (0..days.len()).take_while(|day| offset_of(*day) <= offset + changes).count();
                if days_until < days.len() { byte(days_until - 1) } else { u8::MAX }
            };
            marks.push(Mark {
                before: narrow(before),
                closures: narrow(closures),
                specials: narrow(specials),
                within: [0, 1, 2, 3].map(|words| byte(count(words))),
                hours,
                odd: if offset_of(days.len() - 1) > offset + 2 { [u8::MAX; 4] } else { odd(&numbers, hours) },
                offset: byte(offset),
                shifts: [until(0), until(1)],
            });
            before += count(4);
            for (_, exception) in self.exceptions.range(begin..begin + MARK) {
                *if exception.hours.is_some() { &mut specials } else { &mut closures } += 1;
            }
        }
        marks
    }
}
/// Refuses hours that the zone's clocks show never or twice, and a session over which its offset changes: a table has
/// one offset a session. Only the days about a change of offset can be concerned.
fn check_clocks(table: &Table) -> Result<(), Error> {
    for change in &table.offsets[1..] {
        let day = Table::day_at(change.clocks()) - i64::from(table.first);
        let about = (day - 1..=day + 1).filter_map(|day| usize::try_from(day).ok());
        for day in about.filter(|day| *day < table.days && table.is_session(*day)) {
            let ((hours, offset), date) = (table.times_of(day), table.date_of(day));
            let midday = hours.has_break().then_some([hours.break_start, hours.break_end]);
            for minute in [hours.open, hours.close].into_iter().chain(midday.into_iter().flatten()) {
                let Some(only) = only_offset(table, day, minute) else {
                    return Err(Error::NotOneInstant { mic: table.mic, date, time: time_of(minute) });
                };
                if only != offset {
                    return Err(Error::ClocksChange { mic: table.mic, date });
                }
            }
        }
    }
    Ok(())
}

/// Returns the zone's offset at a minute of a day, or `None` where it is in a gap or a fold.
fn only_offset(table: &Table, day: usize, minute: u16) -> Option<i16> {
    let local = Table::midnight(table.first, day) + i64::from(minute);
    let ends = table.offsets[1..].iter().map(|next| i64::from(next.from)).chain([i64::MAX]);
    let holds = |offset: &Offset, end: i64| {
        let instant = local - i64::from(offset.minutes);
        i64::from(offset.from) <= instant && instant < end
    };
    let mut offsets = table.offsets.iter().zip(ends).filter(|(offset, end)| holds(offset, *end));
    let offset = offsets.next()?.0.minutes;
    offsets.next().is_none().then_some(offset)
}

/// Returns the days with a session of 64.
fn word(days: &[Option<Times>]) -> u64 {
    (0..).zip(days).filter(|(_, times)| times.is_some()).fold(0, |word, (day, _)| word | 1 << day)
}

/// Returns the number that occurs most often, the least of several.
fn most(numbers: impl Iterator<Item = u8>) -> u8 {
    let mut counts = BTreeMap::new();
    for number in numbers {
        *counts.entry(number).or_insert(0) += 1;
    }
    counts.into_iter().max_by_key(|(number, count)| (*count, Reverse(*number))).map_or(0, |(number, _)| number)
}

/// Returns, a bit for eight days each, whether any session of theirs has other hours than these.
fn odd(numbers: &[Option<u8>], hours: u8) -> [u8; 4] {
    let mut odd = [0; 4];
    for (group, days) in numbers.chunks(8).enumerate() {
        let other = days.iter().flatten().any(|number| *number != hours);
        odd[group / 8] |= u8::from(other) << (group % 8);
    }
    odd
}

fn narrow(number: usize) -> u16 {
    u16::try_from(number).expect("a range has fewer than 2^16 days, and a table as few of anything")
}

fn byte(number: usize) -> u8 {
    u8::try_from(number).expect("checked against `MOST`")
}

#[cfg(test)]
mod tests {
    use super::super::exchange::Calendar;
    use super::*;

    /// What `cargo xtask calendars` counts ahead of a text, this counts ahead of a table's rules: they must agree.
    #[test]
    fn a_table_taken_apart_is_put_together_the_same() {
        for Calendar(table) in Calendar::all() {
            let again = Draft::of(table).into_table().expect("it was a table before");
            let mic = table.mic;
            assert_eq!((again.first, again.days, again.mic), (table.first, table.days, mic));
            assert!(again.hours == table.hours, "{mic}: hours");
            assert!(again.periods == table.periods, "{mic}: periods");
            assert!(again.specials == table.specials, "{mic}: specials");
            assert!(again.closures == table.closures, "{mic}: closures");
            assert!(again.reasons == table.reasons, "{mic}: reasons");
            assert!(again.offsets == table.offsets, "{mic}: offsets");
            assert!(again.words == table.words, "{mic}: words");
            assert!(again.marks == table.marks, "{mic}: marks");
        }
    }
}
