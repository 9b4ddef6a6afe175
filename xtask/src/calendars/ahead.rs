//! What a table counts ahead of its days, so that no question walks: words, a bit for each session, and marks. In come
//! an exchange, its sessions and its zone's offsets, out come the two lists. What the fields mean stands in finnet-core's
//! `calendar/table.rs`; its `draft.rs` counts the same as a program runs, and a test there compares the two.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::render::list;
use super::text::{Exchange, Hours};
use super::zones::midnight;

/// Days that a mark is for, and those in a word.
const MARK: usize = 256;
const WORD: usize = 64;

/// Writes both lists; `number_of` numbers a session's hours.
pub(super) fn render(
    out: &mut String,
    exchange: &Exchange,
    offsets: &[(i64, i32)],
    sessions: &[Option<Hours>],
    number_of: impl Fn(&Option<Hours>) -> Option<usize>,
) {
    // The day after the last has a word and a mark: so many sessions are there in all.
    let sessions = [sessions, &[None]].concat();
    let days: Vec<NaiveDate> = exchange.first.iter_days().take(sessions.len()).collect();
    let numbers: Vec<Option<usize>> = sessions.iter().map(number_of).collect();
    let words = words(&sessions);
    let marks: Vec<usize> = (0..days.len()).step_by(MARK).collect();
    let row = |begin: usize| words[begin / WORD..].iter().take(MARK / WORD).copied().map(hex).collect::<Vec<_>>();
    list(out, 1, "words: Cow::Borrowed(&[", "]),", &marks, |begin| {
        format!("{}, // {}", row(**begin).join(", "), days[**begin])
    });
    list(out, 1, "marks: Cow::Borrowed(&[", "]),", &marks, |begin| {
        let of_mark = **begin..days.len().min(**begin + MARK);
        let date = days[**begin];
        let counts = counts(exchange, &words, date, **begin / WORD);
        let (offset, shifts) = shifts(offsets, &days[of_mark.clone()], &sessions[of_mark.clone()]);
        let (hours, odd) = most_hours(&numbers[of_mark]);
        let odd = if shifts.len() > 2 { [255; 4] } else { odd };
        let shifts: Vec<u8> = shifts.into_iter().chain([255, 255]).take(2).collect();
        format!("Mark {{ {counts}, hours: {hours}, odd: {odd:?}, offset: {offset}, shifts: {shifts:?} }}, // {date}")
    });
}

/// Returns the days with a session, 64 a word.
fn words(sessions: &[Option<Hours>]) -> Vec<u64> {
    let word = |days: &[Option<Hours>]| {
        (0..).zip(days).filter(|(_, hours)| hours.is_some()).fold(0, |word, (day, _)| word | 1_u64 << day)
    };
    sessions.chunks(WORD).map(word).collect()
}

/// Counts ahead what lies before a date, on which four words begin; `begin` is the number of the first.
fn counts(exchange: &Exchange, words: &[u64], date: NaiveDate, begin: usize) -> String {
    let exceptions = || exchange.exceptions.range(..date).map(|(_, exception)| exception.hours);
    let specials = exceptions().flatten().count();
    let closures = exceptions().count() - specials;
    let sessions = |words: &[u64]| words.iter().map(|word| word.count_ones()).sum::<u32>();
    let before = sessions(&words[..begin]);
    let within = [0, 1, 2, 3].map(|count| sessions(&words[begin..words.len().min(begin + count)]));
    format!("before: {before}, closures: {closures}, specials: {specials}, within: {within:?}")
}

/// Returns the place of the hours that most sessions of a mark's days have, the first of several; and, a bit for eight
/// days each, whether one of them has others.
fn most_hours(days: &[Option<usize>]) -> (usize, [u8; 4]) {
    let count = |hours: usize| days.iter().flatten().filter(|other| **other == hours).count();
    let occurring: BTreeSet<usize> = days.iter().flatten().copied().collect();
    let most = occurring.iter().rev().copied().max_by_key(|hours| count(*hours)).unwrap_or(0);
    let mut odd = [0_u8; 4];
    for (day, _) in days.iter().enumerate().filter(|(_, hours)| hours.is_some_and(|hours| hours != most)) {
        odd[day / WORD] |= 1 << (day % WORD / 8);
    }
    (most, odd)
}

/// Returns the offset in force at the open of a mark's first day, at its midnight if it has no session, and the last
/// day before each change, as the first number in the mark.
fn shifts(offsets: &[(i64, i32)], days: &[NaiveDate], sessions: &[Option<Hours>]) -> (usize, Vec<u8>) {
    let offsets: Vec<usize> = days
        .iter()
        .zip(sessions)
        .map(|(date, hours)| {
            let local = midnight(*date) + hours.map_or(0, |hours| i64::from(hours.open));
            offsets.iter().filter(|(from, minutes)| from + i64::from(*minutes) <= local).count() - 1
        })
        .collect();
    let last_days = (0..=u8::MAX).zip(offsets.windows(2));
    (offsets[0], last_days.filter(|(_, pair)| pair[0] != pair[1]).map(|(day, _)| day).collect())
}

/// Returns a number as Rust writes it in hexadecimal, four digits a group.
fn hex(number: u64) -> String {
    let digits = format!("{number:016x}");
    format!("0x{}_{}_{}_{}", &digits[..4], &digits[4..8], &digits[8..12], &digits[12..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_written_as_rust_has_them() {
        assert_eq!(hex(0x1f), "0x0000_0000_0000_001f");
    }

    #[test]
    fn the_hours_of_a_mark_are_those_of_most_of_its_sessions() {
        let mut days = vec![None; 256];
        assert_eq!(most_hours(&days), (0, [0; 4]));
        (days[0], days[8], days[9], days[255]) = (Some(1), Some(2), Some(2), Some(1));
        // As many of either: the first. Eight days a bit: days 8 and 9 are one.
        assert_eq!(most_hours(&days), (1, [0b10, 0, 0, 0]));
        days[64] = Some(2);
        assert_eq!(most_hours(&days), (2, [0b1, 0, 0, 0b1000_0000]));
    }
}
