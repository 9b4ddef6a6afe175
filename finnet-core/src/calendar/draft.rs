//! A calendar as one writes it down, and how a table comes of it: regular hours, then what differs from them.
//!
//! In comes a table taken apart, or what a builder was told; out comes a table with everything counted ahead, or the
//! error that says which date contradicts what. Numbers as in `table.rs`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};

use super::change::Change;
use super::error::Error;
use super::hours::{Hours, time_of};
use super::mic::Mic;
use super::table::{Block, Exception, Hours as Times, Offset, Period, Table};

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
    pub(super) exceptions: BTreeMap<usize, Special>,
    /// Reasons that need not be owned.
    pub(super) reasons: &'static [&'static str],
    pub(super) offsets: Cow<'static, [Offset]>,
}

/// A day that differs from its period.
pub(super) struct Special {
    /// `None` for a closure.
    hours: Option<Hours>,
    reason: Option<Cow<'static, str>>,
}

/// The most hours, periods and offsets: a table numbers them in a byte.
const MOST: usize = 255;

impl Draft {
    /// Takes a table apart.
    pub(super) fn of(table: &Table) -> Self {
        let hours = |number: Option<u8>| number.map(|number| Hours::of(table.hours[usize::from(number)]));
        let reason = |number: u16| {
            let number = usize::from(number);
            match number.checked_sub(table.reasons.len()) {
                Some(own) => Cow::Owned(table.own_reasons[own].clone()),
                None => Cow::Borrowed(table.reasons[number]),
            }
        };
        let special =
            |exception: &Exception| Special { hours: hours(exception.hours), reason: exception.reason.map(reason) };
        Self {
            mic: table.mic,
            name: table.name.clone(),
            zone: table.zone.clone(),
            venues: table.venues,
            called: table.called,
            first: table.date_of(0),
            last: table.date_of(table.days - 1),
            periods: table.periods.iter().map(|period| (usize::from(period.from), period.week.map(hours))).collect(),
            exceptions: table.exceptions.iter().map(|one| (usize::from(one.day), special(one))).collect(),
            reasons: table.reasons,
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
            _ => self.exceptions.insert(day, Special { hours, reason }),
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

    /// Puts the table together.
    pub(super) fn into_table(self) -> Result<Table, Error> {
        let special: BTreeMap<usize, Option<Times>> = self
            .exceptions
            .iter()
            .map(|(&day, exception)| (day, exception.hours.map(|hours| self.times(day, hours))))
            .collect();
        let regular = self.periods.values().flatten().flatten().map(|hours| hours.times());
        let hours: BTreeSet<Times> = regular.chain(special.values().flatten().copied()).collect();
        let hours: Vec<Times> = hours.into_iter().collect();
        let (reasons, own_reasons) = self.reasons();
        let enough = hours.len() < MOST && self.periods.len() <= MOST && self.offsets.len() <= MOST;
        if !enough || self.reasons.len() + own_reasons.len() > usize::from(u16::MAX) {
            return Err(Error::TooMuch { mic: self.mic });
        }
        let place = |times: Times| u8::try_from(hours.binary_search(&times).expect("all were gathered")).ok();
        let exception = |(&day, times): (&usize, &Option<Times>)| Exception {
            day: narrow(day),
            hours: times.and_then(place),
            reason: reasons.get(&day).copied(),
        };
        let period = |(&from, week): (&usize, &Week)| Period {
            from: narrow(from),
            week: week.map(|hours| hours.and_then(|hours| place(hours.times()))),
        };
        let table = Table {
            first: self.first.num_days_from_ce(),
            days: self.days(),
            periods: self.periods.iter().map(period).collect(),
            exceptions: special.iter().map(exception).collect(),
            blocks: self.blocks(|hours| place(hours.times())),
            hours: Cow::Owned(hours),
            mic: self.mic,
            name: self.name,
            zone: self.zone,
            venues: self.venues,
            called: self.called,
            reasons: self.reasons,
            own_reasons,
            offsets: self.offsets,
        };
        check_clocks(&table)?;
        Ok(table)
    }

    /// Returns the number of each exception's reason, and the reasons that have to be owned.
    fn reasons(&self) -> (BTreeMap<usize, u16>, Vec<String>) {
        let mut own = Vec::new();
        let mut numbers: BTreeMap<&str, usize> = self.reasons.iter().copied().zip(0..).collect();
        let mut of_days = BTreeMap::new();
        for (&day, exception) in &self.exceptions {
            let Some(reason) = &exception.reason else { continue };
            let next = self.reasons.len() + own.len();
            let number = *numbers.entry(reason).or_insert(next);
            if number == next {
                own.push(reason.clone().into_owned());
            }
            of_days.insert(day, narrow(number));
        }
        (of_days, own)
    }

    /// Counts ahead.
    fn blocks(&self, place: impl Fn(Hours) -> Option<u8>) -> Cow<'static, [Block]> {
        let (mut blocks, mut before) = (Vec::new(), 0);
        for begin in (0..self.days()).step_by(64) {
            let (mut sessions, mut irregular) = (0_u64, 0_u64);
            for day in begin..self.days().min(begin + 64) {
                let exception = self.exceptions.get(&day);
                let trades = exception.map_or_else(|| self.regular(day), |exception| exception.hours).is_some();
                sessions |= u64::from(trades) << (day - begin);
                irregular |= u64::from(trades && exception.is_some()) << (day - begin);
            }
            let midnight = |day| Table::midnight(self.first.num_days_from_ce(), day);
            let passed = self.offsets.iter().filter(|offset| offset.clocks() <= midnight(begin)).count();
            let shifts =
                self.offsets[passed..].iter().map(|offset| offset.clocks()).take_while(|at| *at < midnight(begin + 64));
            let shift = match shifts.collect::<Vec<_>>()[..] {
                [] => Block::NEVER,
                [at] => byte(usize::try_from((at - midnight(begin)) / (24 * 60)).expect("within the block")),
                _ => Block::VARIOUS,
            };
            let mut regular = (begin..begin + 64).filter_map(|day| self.regular(day));
            let same = regular.next().filter(|hours| regular.all(|other| other == *hours));
            blocks.push(Block {
                sessions,
                irregular,
                before: narrow(before),
                period: byte(self.periods.range(..=begin).count() - 1),
                offset: byte(passed.saturating_sub(1)),
                hours: same.and_then(&place).unwrap_or(Block::VARIOUS),
                shift,
            });
            before += sessions.count_ones() as usize;
        }
        blocks.into()
    }
}

/// Refuses hours that the zone's clocks show never or twice, and a session over which its offset changes: a table has
/// one offset a session. Only the days about a change of offset can be concerned.
fn check_clocks(table: &Table) -> Result<(), Error> {
    for change in &table.offsets[1..] {
        let day = Table::day_at(change.clocks()) - i64::from(table.first);
        let about = (day - 1..=day + 1).filter_map(|day| usize::try_from(day).ok());
        for day in about.filter(|day| *day < table.days && table.is_session(*day)) {
            let (hours, date) = (table.hours_of(day), table.date_of(day));
            let midday = hours.has_break().then_some([hours.break_start, hours.break_end]);
            for minute in [hours.open, hours.close].into_iter().chain(midday.into_iter().flatten()) {
                let Some(offset) = only_offset(table, day, minute) else {
                    return Err(Error::NotOneInstant { mic: table.mic, date, time: time_of(minute) });
                };
                if offset != table.offset(day, hours.open) {
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
            assert!(again.exceptions == table.exceptions, "{mic}: exceptions");
            assert!(again.offsets == table.offsets, "{mic}: offsets");
            assert!(again.blocks == table.blocks, "{mic}: blocks");
            assert!(again.own_reasons.is_empty() && again.reasons == table.reasons, "{mic}: reasons");
        }
    }
}
