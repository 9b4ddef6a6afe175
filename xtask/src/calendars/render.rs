//! The table of one exchange as Rust: in come an exchange and its zone's offsets, out comes the text of its file. What
//! the fields mean stands in finnet-core's `calendar/table.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use chrono::{Datelike, NaiveDate};

use super::docs;
use super::text::{Exchange, Hours};
use super::zones::{Zones, check_session, midnight};

/// Days that a mark is for, and those in a word.
const MARK: usize = 256;
const WORD: usize = 64;

/// Returns the file of an exchange.
pub(super) fn render(exchange: &Exchange, zones: &Zones) -> Result<String, String> {
    let days = exchange.days();
    let sessions: Vec<Option<Hours>> = days.iter().map(|date| exchange.session(*date)).collect();
    for (date, hours) in days.iter().zip(&sessions) {
        check_session(exchange.zone, *date, *hours)?;
    }
    let special = exchange.exceptions.values().filter_map(|exception| exception.hours);
    let (hours, hours_at) = places(exchange.periods.values().flatten().flatten().copied().chain(special));
    let (reasons, reasons_at) = places(exchange.exceptions.values().filter_map(|exception| exception.reason.clone()));
    let (zone, offsets) = zones.list(exchange.zone);
    let text: usize = reasons.iter().map(String::len).sum();
    if hours.len() > 256 || text > 65_535 || reasons.len() > 65_535 || offsets.len() > 256 || days.len() > 65_535 {
        return Err("more of something than a table has room for".to_owned());
    }
    let reason = |reason: &Option<String>| {
        reason.as_ref().map_or_else(|| "NO_REASON".to_owned(), |reason| reasons_at[reason].to_string())
    };

    let mut out = render_head(exchange, zone, &sessions);
    let first = grouped(i64::from(exchange.first.num_days_from_ce()));
    line(&mut out, 1, &format!("first: {first}, // {}", exchange.first));
    line(&mut out, 1, &format!("days: {},", days.len()));
    list(&mut out, 1, "hours: Cow::Borrowed(&[", "]),", &hours, |hours| {
        let (start, end) = hours.pause.unwrap_or_default();
        let Hours { open, close, differs, .. } = hours;
        format!("Hours {{ open: {open}, close: {close}, break_start: {start}, break_end: {end}, differs: {differs} }},")
    });
    list(&mut out, 1, "periods: Cow::Borrowed(&[", "]),", &exchange.periods, |(from, week)| {
        let week = week.map(|hours| format!("{:?}", hours.map(|hours| hours_at[&hours]))).join(", ");
        format!("Period {{ from: {}, week: [{week}] }}, // {from}", number(exchange, **from))
    });
    line(&mut out, 1, "reasons: Reasons {");
    match &reasons[..] {
        [] | [_] => line(&mut out, 2, &format!("text: {:?},", reasons.concat())),
        _ => list(&mut out, 2, "text: concat!(", "),", &reasons, |reason| format!("{reason:?},")),
    }
    let ends = reasons.iter().scan(0, |end, reason| {
        *end += reason.len();
        Some(end.to_string())
    });
    line(&mut out, 2, &format!("ends: &[{}],", ends.collect::<Vec<_>>().join(", ")));
    line(&mut out, 2, "own: Vec::new(),");
    line(&mut out, 1, "},");
    let specials = exchange.exceptions.iter().filter_map(|(date, one)| Some((date, one.hours?, &one.reason)));
    list(&mut out, 1, "specials: Cow::Borrowed(&[", "]),", specials, |(date, hours, why)| {
        let (day, hours) = (number(exchange, **date), hours_at[hours]);
        format!("Special {{ day: {day}, hours: {hours}, reason: {} }}, // {date}", reason(why))
    });
    let mut closures: BTreeMap<i32, Vec<String>> = BTreeMap::new();
    for (date, one) in exchange.exceptions.iter().filter(|(_, one)| one.hours.is_none()) {
        closures.entry(date.year()).or_default().push(reason(&one.reason));
    }
    list(&mut out, 1, "closures: Cow::Borrowed(&[", "]),", closures, |(year, reasons)| {
        format!("{}, // {year}", reasons.join(", "))
    });
    line(&mut out, 1, &format!("offsets: Cow::Borrowed(&{zone}),"));
    let words = words(&sessions);
    let marks: Vec<usize> = (0..days.len()).step_by(MARK).collect();
    let row = |begin: usize| words[begin / WORD..].iter().take(MARK / WORD).copied().map(hex).collect::<Vec<_>>();
    list(&mut out, 1, "words: Cow::Borrowed(&[", "]),", &marks, |begin| {
        format!("{}, // {}", row(**begin).join(", "), days[**begin])
    });
    let numbers: Vec<Option<usize>> = sessions.iter().map(|hours| Some(hours_at[hours.as_ref()?])).collect();
    list(&mut out, 1, "marks: Cow::Borrowed(&[", "]),", &marks, |begin| {
        let of_mark = **begin..days.len().min(**begin + MARK);
        let counts = counts(exchange, &words, days[**begin], **begin / WORD);
        let (offset, shifts) = shifts(offsets, &days[of_mark.clone()], &sessions[of_mark.clone()]);
        let (hours, odd) = most_hours(&numbers[of_mark]);
        let odd = if shifts.len() > 2 { [255; 4] } else { odd };
        let until: Vec<u8> = shifts.into_iter().chain([255, 255]).take(2).collect();
        format!(
            "Mark {{ {counts}, hours: {hours}, odd: {odd:?}, offset: {offset}, shifts: {until:?} }}, // {}",
            days[**begin]
        )
    });
    out.push_str("});\n");
    Ok(out)
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
    let within = [1, 2, 3].map(|count| sessions(&words[begin..words.len().min(begin + count)]));
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

/// Writes the file's first lines, the documentation of the static and its first fields.
fn render_head(exchange: &Exchange, zone: &str, sessions: &[Option<Hours>]) -> String {
    let Exchange { mic, name, exceptions, .. } = exchange;
    let mut out = String::new();
    let mut say = |text: &str| line(&mut out, 0, text);
    say(&format!("//! @generated by `cargo xtask calendars` from `finnet-core/calendars/{mic}.txt`: edit that."));
    say("");
    say("use std::borrow::Cow;");
    say("");
    say("use crate::calendar::exchange::Calendar;");
    say("use crate::calendar::mic::Mic;");
    let nameless = exceptions.values().any(|one| one.reason.is_none());
    let reasons = if nameless { "{NO_REASON, Reasons}" } else { "Reasons" };
    say(&format!("use crate::calendar::reasons::{reasons};"));
    let mut used = vec!["Hours", "Mark", "Period", "Table"];
    used.extend(exceptions.values().any(|one| one.hours.is_some()).then_some("Special"));
    used.sort_unstable();
    say(&format!("use crate::calendar::table::{{{}}};", used.join(", ")));
    say(&format!("use crate::calendar::tables::zones::{zone};"));
    say("");
    say(docs::of(exchange, sessions).trim_end());
    let names = exchange.called.iter().filter(|(_, meant)| meant == mic).map(|(name, _)| name);
    for alias in names.chain(&exchange.venues) {
        say(&format!("#[doc(alias = {alias:?})]"));
    }
    say("#[rustfmt::skip]");
    say(&format!("pub static {mic}: Calendar = Calendar(Table {{"));
    let code = |mic: &str| format!("Mic::of(*b{mic:?})");
    let venues: Vec<String> = exchange.venues.iter().map(|mic| code(mic)).collect();
    let called: Vec<String> = exchange.called.iter().map(|(name, mic)| format!("({name:?}, {})", code(mic))).collect();
    line(&mut out, 1, &format!("mic: {},", code(mic)));
    line(&mut out, 1, &format!("name: Cow::Borrowed({name:?}),"));
    line(&mut out, 1, &format!("zone: Cow::Borrowed({:?}),", exchange.zone.name()));
    line(&mut out, 1, &format!("venues: &[{}],", venues.join(", ")));
    line(&mut out, 1, &format!("called: &[{}],", called.join(", ")));
    out
}

/// Writes items a line each, between two lines of their own.
pub(super) fn list<T>(
    out: &mut String,
    depth: usize,
    open: &str,
    close: &str,
    items: impl IntoIterator<Item = T>,
    show: impl Fn(&T) -> String,
) {
    line(out, depth, open);
    for item in items {
        line(out, depth + 1, &show(&item));
    }
    line(out, depth, close);
}

pub(super) fn line(out: &mut String, depth: usize, text: &str) {
    writeln!(out, "{:1$}{text}", "", depth * 4).expect("a String takes any text");
}

/// Returns a number as Rust writes it, three digits a group where it is long.
pub(super) fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = if number < 0 { "-".to_owned() } else { String::new() };
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && digits.len() > 5 {
            out.push('_');
        }
        out.push(digit);
    }
    out
}

/// Returns a number as Rust writes it in hexadecimal, four digits a group.
fn hex(number: u64) -> String {
    let digits = format!("{number:016x}");
    format!("0x{}_{}_{}_{}", &digits[..4], &digits[4..8], &digits[8..12], &digits[12..])
}

/// Returns the number of a date: 0 is the first of the range.
fn number(exchange: &Exchange, date: NaiveDate) -> i64 {
    (date - exchange.first).num_days()
}

/// Returns the place of each value in the list of them.
fn places<T: Ord + Clone>(values: impl Iterator<Item = T>) -> (Vec<T>, BTreeMap<T, usize>) {
    let values: Vec<T> = values.collect::<BTreeSet<_>>().into_iter().collect();
    let places = values.iter().cloned().enumerate().map(|(place, value)| (value, place)).collect();
    (values, places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_rust_has_them() {
        assert_eq!([0, 12_345, 730_120, -1_234_567].map(grouped), ["0", "12345", "730_120", "-1_234_567"]);
        assert_eq!(hex(0x1f), "0x0000_0000_0000_001f");
    }
}
