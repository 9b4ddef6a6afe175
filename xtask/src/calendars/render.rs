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
    list(&mut out, 1, "hours: &[", "],", &hours, |hours| {
        let (start, end) = hours.pause.unwrap_or_default();
        let Hours { open, close, differs, .. } = hours;
        format!("Hours {{ open: {open}, close: {close}, break_start: {start}, break_end: {end}, differs: {differs} }},")
    });
    list(&mut out, 1, "periods: &[", "],", &exchange.periods, |(from, week)| {
        let week = week.map(|hours| format!("{:?}", hours.map(|hours| hours_at[&hours]))).join(", ");
        format!("Period {{ from: {}, week: [{week}] }}, // {from}", number(exchange, **from))
    });
    match &reasons[..] {
        [] | [_] => line(&mut out, 1, &format!("reasons: {:?},", reasons.concat())),
        _ => list(&mut out, 1, "reasons: concat!(", "),", &reasons, |reason| format!("{reason:?},")),
    }
    let ends = reasons.iter().scan(0, |end, reason| {
        *end += reason.len();
        Some(end.to_string())
    });
    line(&mut out, 1, &format!("reason_ends: &[{}],", ends.collect::<Vec<_>>().join(", ")));
    let specials = exchange.exceptions.iter().filter_map(|(date, one)| Some((date, one.hours?, &one.reason)));
    list(&mut out, 1, "specials: &[", "],", specials, |(date, hours, why)| {
        let (day, hours) = (number(exchange, **date), hours_at[hours]);
        format!("Special {{ day: {day}, hours: {hours}, reason: {} }}, // {date}", reason(why))
    });
    let mut closures: BTreeMap<i32, Vec<String>> = BTreeMap::new();
    for (date, one) in exchange.exceptions.iter().filter(|(_, one)| one.hours.is_none()) {
        closures.entry(date.year()).or_default().push(reason(&one.reason));
    }
    list(&mut out, 1, "closures: &[", "],", closures, |(year, reasons)| format!("{}, // {year}", reasons.join(", ")));
    line(&mut out, 1, &format!("offsets: &{zone},"));
    let words = words(&sessions);
    let marks: Vec<usize> = (0..days.len()).step_by(MARK).collect();
    let row = |begin: usize| words[begin / WORD..].iter().take(MARK / WORD).copied().map(hex).collect::<Vec<_>>();
    list(&mut out, 1, "words: &[", "],", &marks, |begin| format!("{}, // {}", row(**begin).join(", "), days[**begin]));
    list(&mut out, 1, "marks: &[", "],", &marks, |begin| {
        format!("{}, // {}", mark(exchange, &words, offsets, days[**begin], **begin / WORD), days[**begin])
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
fn mark(exchange: &Exchange, words: &[u64], offsets: &[(i64, i32)], date: NaiveDate, begin: usize) -> String {
    let exceptions = || exchange.exceptions.range(..date).map(|(_, exception)| exception.hours);
    let specials = exceptions().flatten().count();
    let closures = exceptions().count() - specials;
    let sessions = |words: &[u64]| words.iter().map(|word| word.count_ones()).sum::<u32>();
    let before = sessions(&words[..begin]);
    let within = [1, 2, 3].map(|count| sessions(&words[begin..words.len().min(begin + count)]));
    let midnight = midnight(date);
    let offset = offsets.iter().filter(|(from, minutes)| from + i64::from(*minutes) <= midnight).count() - 1;
    format!(
        "Mark {{ before: {before}, closures: {closures}, specials: {specials}, within: {within:?}, offset: {offset} }}"
    )
}

/// Writes the file's first lines, the documentation of the static and its first fields.
fn render_head(exchange: &Exchange, zone: &str, sessions: &[Option<Hours>]) -> String {
    let Exchange { mic, name, exceptions, .. } = exchange;
    let mut out = String::new();
    let mut say = |text: &str| line(&mut out, 0, text);
    say(&format!("//! @generated by `cargo xtask calendars` from `finnet-core/calendars/{mic}.txt`: edit that."));
    say("");
    say("use crate::calendar::exchange::Calendar;");
    say("use crate::calendar::mic::Mic;");
    let mut used = vec!["Hours", "Mark", "Period", "Table"];
    used.extend(exceptions.values().any(|one| one.reason.is_none()).then_some("NO_REASON"));
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
    line(&mut out, 1, &format!("name: {name:?},"));
    line(&mut out, 1, &format!("zone: {:?},", exchange.zone.name()));
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
