//! Trading calendars: `finnet-core/calendars/MIC.txt`, one text file an exchange, in; one Rust table a file out, in
//! `finnet-core/src/calendar/tables`. What a line of the text means stands in the folder's README.md.
//!
//! UTC offsets come from the IANA database by way of `chrono-tz`, so that finnet-core itself needs none.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Offset as _, TimeDelta, TimeZone as _};
use chrono_tz::Tz;

/// Writes the tables or, with `check`, compares them with those that are there.
///
/// # Errors
///
/// What is wrong, with its file and line; with `check`, the files that differ.
pub(crate) fn run(check: bool) -> Result<(), String> {
    let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("../finnet-core");
    let tables = core.join("src/calendar/tables");
    let wanted = tables_of(&core.join("calendars"))?;
    let stale: BTreeSet<PathBuf> =
        files_in(&tables, "rs")?.into_iter().filter(|path| !wanted.contains_key(&name_of(path))).collect();
    let changed: Vec<PathBuf> = wanted
        .iter()
        .filter(|(name, text)| fs::read_to_string(tables.join(name)).ok().as_deref() != Some(text.as_str()))
        .map(|(name, _)| tables.join(name))
        .collect();
    if check {
        let differ: Vec<String> = changed.iter().chain(&stale).map(|path| name_of(path)).collect();
        return if differ.is_empty() {
            Ok(())
        } else {
            Err(format!("calendar tables differ from their text: {}; run `cargo xtask calendars`", differ.join(", ")))
        };
    }
    for path in &changed {
        fs::write(path, &wanted[&name_of(path)]).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    for path in &stale {
        fs::remove_file(path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// An exchange as its text file describes it.
struct Exchange {
    mic: String,
    name: String,
    zone: Tz,
    first: NaiveDate,
    last: NaiveDate,
    venues: Vec<String>,
    called: Vec<(String, String)>,
    notes: Vec<String>,
    /// Regular hours, Monday to Sunday, from each date on.
    periods: BTreeMap<NaiveDate, [Option<Hours>; 7]>,
    exceptions: BTreeMap<NaiveDate, Exception>,
}

/// Times of a session, in minutes of the day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Hours {
    open: u16,
    close: u16,
    pause: Option<(u16, u16)>,
    /// How they differ from the regular ones of their day: the sum that `Hours` of finnet-core's tables describes.
    differs: u8,
}

struct Exception {
    hours: Option<Hours>,
    reason: Option<String>,
}

/// Returns the generated files by their names.
fn tables_of(folder: &Path) -> Result<BTreeMap<String, String>, String> {
    let mut tables = BTreeMap::new();
    let mut mics = Vec::new();
    for path in files_in(folder, "txt")? {
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let exchange = parse(&text).map_err(|error| format!("{}:{error}", path.display()))?;
        let rendered = render(&exchange).map_err(|error| format!("{}: {error}", path.display()))?;
        if name_of(&path) != format!("{}.txt", exchange.mic) {
            return Err(format!("{}: the file is not named as its mic, {}", path.display(), exchange.mic));
        }
        tables.insert(format!("{}.rs", exchange.mic.to_lowercase()), rendered);
        mics.push(exchange.mic);
    }
    tables.insert("mod.rs".to_owned(), render_index(&mics));
    Ok(tables)
}

fn parse(text: &str) -> Result<Exchange, String> {
    let mut fields: BTreeMap<&str, &str> = BTreeMap::new();
    let (mut notes, mut periods, mut exceptions) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        let at = |error: String| format!("{number}: {error}");
        let (word, rest) = line.split_once(' ').map_or((line, ""), |(word, rest)| (word, rest.trim()));
        match word {
            "" => {}
            _ if word.starts_with('#') => {}
            "note" => notes.push(rest.to_owned()),
            "hours" => add_hours(&mut periods, rest).map_err(at)?,
            "mic" | "name" | "zone" | "range" | "venues" | "called" => {
                if fields.insert(word, rest).is_some() {
                    return Err(at(format!("a second {word}")));
                }
            }
            _ => {
                let date = date(word).map_err(at)?;
                if exceptions.last_key_value().is_some_and(|(last, _)| *last >= date) {
                    return Err(at(format!("{date} is not after the date of the line before it")));
                }
                exceptions.insert(date, exception(rest).map_err(at)?);
            }
        }
    }
    let field = |word: &str| fields.get(word).copied().ok_or_else(|| format!(" no line says {word}"));
    let (first, last) = field("range")?.split_once(' ').ok_or(" a range is two dates")?;
    let called = fields.get("called").copied().unwrap_or_default().split_whitespace();
    let called = called.map(|pair| pair.split_once('=').ok_or(format!(" {pair} is not NAME=MIC")));
    let mut exchange = Exchange {
        mic: field("mic")?.to_owned(),
        name: field("name")?.to_owned(),
        zone: field("zone")?.parse().map_err(|error| format!(" {error}"))?,
        first: date(first)?,
        last: date(last)?,
        venues: fields.get("venues").copied().unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
        called: called
            .map(|pair| pair.map(|(name, mic)| (name.to_owned(), mic.to_owned())))
            .collect::<Result<_, _>>()?,
        notes,
        periods,
        exceptions,
    };
    compare_with_regular(&mut exchange)?;
    Ok(exchange)
}

/// Says of each exception's hours how they differ from the regular ones of their day.
fn compare_with_regular(exchange: &mut Exchange) -> Result<(), String> {
    if exchange.periods.first_key_value().is_none_or(|(from, _)| *from != exchange.first) {
        return Err(format!(" the first hours are not from {}, the first date", exchange.first));
    }
    for (date, exception) in &mut exchange.exceptions {
        let wrong = |what: &str| Err(format!(" {date}: {what}"));
        if !(exchange.first..=exchange.last).contains(date) {
            return wrong("not in the range");
        }
        match (&mut exception.hours, regular(&exchange.periods, *date)) {
            (None, None) => return wrong("closed on a day of the week that has no trading"),
            (Some(hours), Some(regular)) if *hours == regular => return wrong("the regular hours of the day"),
            (Some(hours), Some(regular)) if hours.open < regular.open => {
                return wrong("no table can say an early open");
            }
            (Some(hours), Some(regular)) => {
                hours.differs = u8::from(hours.close < regular.close)
                    + 2 * u8::from(hours.close > regular.close)
                    + 4 * u8::from(hours.open > regular.open);
            }
            (None, Some(_)) | (Some(_), None) => {}
        }
    }
    Ok(())
}

fn regular(periods: &BTreeMap<NaiveDate, [Option<Hours>; 7]>, date: NaiveDate) -> Option<Hours> {
    let (_, week) = periods.range(..=date).next_back()?;
    week[date.weekday().num_days_from_monday() as usize]
}

fn add_hours(periods: &mut BTreeMap<NaiveDate, [Option<Hours>; 7]>, rest: &str) -> Result<(), String> {
    let [from, days, times] = rest.split_whitespace().collect::<Vec<_>>()[..] else {
        return Err("hours are a date, the days of the week and the times".to_owned());
    };
    let hours = hours(times)?;
    if days.len() != 7 || days.bytes().zip(*b"MTWTFSS").any(|(day, letter)| day != letter && day != b'-') {
        return Err(format!("{days} is not MTWTFSS with - for days without trading"));
    }
    let week = periods.entry(date(from)?).or_default();
    for (day, slot) in days.bytes().zip(week).filter(|(day, _)| *day != b'-') {
        if slot.replace(hours).is_some() {
            return Err(format!("a second {} from {from} on", char::from(day)));
        }
    }
    Ok(())
}

fn exception(rest: &str) -> Result<Exception, String> {
    let (what, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let reason = Some(reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    Ok(Exception { hours: if what == "closed" { None } else { Some(hours(what)?) }, reason })
}

/// Reads `09:30-16:00` or, with a break, `09:30-12:00,13:00-16:00`.
fn hours(text: &str) -> Result<Hours, String> {
    let times: Vec<u16> = text.split(['-', ',']).map(minute).collect::<Result<_, _>>()?;
    if !times.is_sorted_by(|one, next| one < next) {
        return Err(format!("{text} does not go forward"));
    }
    match times[..] {
        [open, close] => Ok(Hours { open, close, pause: None, differs: 0 }),
        [open, start, end, close] => Ok(Hours { open, close, pause: Some((start, end)), differs: 0 }),
        _ => Err(format!("{text} is not HH:MM-HH:MM, nor two of them with a comma between")),
    }
}

fn minute(text: &str) -> Result<u16, String> {
    let wrong = || format!("{text} is not HH:MM");
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    match (hour.parse::<u16>(), minute.parse::<u16>()) {
        (Ok(hour), Ok(minute)) if hour < 24 && minute < 60 => Ok(hour * 60 + minute),
        _ => Err(wrong()),
    }
}

fn date(text: &str) -> Result<NaiveDate, String> {
    text.trim().parse().map_err(|_| format!("{text} is neither a word of this format nor a date YYYY-MM-DD"))
}

/// Returns the instants, in minutes since 1970, from which each offset holds, in minutes ahead of UTC.
fn offsets(exchange: &Exchange) -> Result<Vec<(i64, i32)>, String> {
    let ahead = |minute: i64| -> Result<i32, String> {
        let instant = chrono::DateTime::from_timestamp(minute * 60, 0).ok_or("a date that chrono does not know")?;
        let seconds = exchange.zone.offset_from_utc_datetime(&instant.naive_utc()).fix().local_minus_utc();
        if seconds % 60 == 0 { Ok(seconds / 60) } else { Err(format!("an offset of {seconds} s at {instant}")) }
    };
    let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc().timestamp() / 60;
    // A day more at either end: the zone's days are not those of UTC.
    let (start, end) = (midnight(exchange.first) - 24 * 60, midnight(exchange.last) + 48 * 60);
    let mut runs = vec![(i64::from(i32::MIN), ahead(start)?)];
    for hour in (start..end).step_by(60) {
        if ahead(hour)? != ahead(hour + 60)? {
            let change = (hour + 1..=hour + 60).find(|minute| ahead(*minute) != ahead(hour)).unwrap_or(hour + 60);
            runs.push((change, ahead(hour + 60)?));
        }
    }
    Ok(runs)
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

fn render(exchange: &Exchange) -> Result<String, String> {
    let days: Vec<NaiveDate> = exchange.first.iter_days().take_while(|date| *date <= exchange.last).collect();
    let sessions: Vec<Option<Hours>> = days
        .iter()
        .map(|date| exchange.exceptions.get(date).map_or_else(|| regular(&exchange.periods, *date), |one| one.hours))
        .collect();
    let offsets = offsets(exchange)?;
    for (date, hours) in days.iter().zip(&sessions) {
        check_offset(exchange, *date, *hours)?;
    }
    let special = exchange.exceptions.values().filter_map(|exception| exception.hours);
    let (hours, hours_at) = places(exchange.periods.values().flatten().flatten().copied().chain(special));
    let (reasons, reasons_at) = places(exchange.exceptions.values().filter_map(|exception| exception.reason.clone()));
    let (periods, blocks) = (exchange.periods.len(), days.len().div_ceil(64));
    if hours.len() > 254 || reasons.len() > 65_534 || periods > 255 || offsets.len() > 255 || days.len() > 65_535 {
        return Err("more of something than a table has room for".to_owned());
    }

    let mut out = render_head(exchange, &sessions);
    line(
        &mut out,
        1,
        &format!("first: {}, // {}", grouped(i64::from(exchange.first.num_days_from_ce())), exchange.first),
    );
    line(&mut out, 1, &format!("days: {},", days.len()));
    list(&mut out, "hours", &hours, |hours| {
        let (start, end) = hours.pause.unwrap_or_default();
        format!(
            "Hours {{ open: {}, close: {}, break_start: {start}, break_end: {end}, differs: {} }},",
            hours.open, hours.close, hours.differs
        )
    });
    list(&mut out, "periods", &exchange.periods, |(from, week)| {
        let week = week.map(|hours| format!("{:?}", hours.map(|hours| hours_at[&hours]))).join(", ");
        format!("Period {{ from: {}, week: [{week}] }}, // {from}", number(exchange, **from))
    });
    let quoted: Vec<String> = reasons.iter().map(|reason| format!("{reason:?}")).collect();
    line(&mut out, 1, &format!("reasons: &[{}],", quoted.join(", ")));
    line(&mut out, 1, "own_reasons: Vec::new(),");
    list(&mut out, "exceptions", &exchange.exceptions, |(date, exception)| {
        let hours = exception.hours.map(|hours| hours_at[&hours]);
        let reason = exception.reason.as_ref().map(|reason| reasons_at[reason]);
        format!("Exception {{ day: {}, hours: {hours:?}, reason: {reason:?} }}, // {date}", number(exchange, **date))
    });
    list(&mut out, "offsets", &offsets, |(from, minutes)| match i32::try_from(*from) {
        Ok(i32::MIN) => format!("Offset {{ from: i32::MIN, minutes: {minutes} }},"),
        _ => format!("Offset {{ from: {}, minutes: {minutes} }}, // {}", grouped(*from), utc(*from)),
    });
    let numbers: Vec<usize> = (0..blocks).collect();
    list(&mut out, "blocks", &numbers, |block| render_block(exchange, &days, &sessions, &offsets, &hours_at, **block));
    out.push_str("});\n");
    Ok(out)
}

/// Counts ahead what concerns 64 days.
fn render_block(
    exchange: &Exchange,
    days: &[NaiveDate],
    sessions: &[Option<Hours>],
    offsets: &[(i64, i32)],
    hours_at: &BTreeMap<Hours, usize>,
    block: usize,
) -> String {
    let begin = block * 64;
    let range = begin..days.len().min(begin + 64);
    let (mut open, mut irregular) = (0_u64, 0_u64);
    for day in range.filter(|day| sessions[*day].is_some()) {
        open |= 1 << (day - begin);
        irregular |= u64::from(exchange.exceptions.contains_key(&days[day])) << (day - begin);
    }
    let before = sessions[..begin].iter().flatten().count();
    let period = exchange.periods.range(..=days[begin]).count() - 1;
    let midnight = days[begin].and_time(NaiveTime::MIN).and_utc().timestamp() / 60;
    let offset = offsets.iter().filter(|(from, minutes)| from + i64::from(*minutes) <= midnight).count() - 1;
    let local = |(from, minutes): &(i64, i32)| from + i64::from(*minutes) - midnight;
    let shifts: Vec<i64> = offsets[offset + 1..].iter().map(local).take_while(|at| *at < 64 * 24 * 60).collect();
    let shift = match shifts[..] {
        [] => "Block::NEVER".to_owned(),
        [at] => (at / (24 * 60)).to_string(),
        _ => "Block::VARIOUS".to_owned(),
    };
    let weekdays = days[begin].iter_days().take(64).filter_map(|date| regular(&exchange.periods, date));
    let same: BTreeSet<Hours> = weekdays.collect();
    let same = if same.len() == 1 { same.first().map(|hours| hours_at[hours].to_string()) } else { None };
    let same = same.unwrap_or_else(|| "Block::VARIOUS".to_owned());
    format!(
        "Block {{ sessions: {}, irregular: {}, before: {before}, period: {period}, offset: {offset}, hours: {same}, shift: {shift} }}, // {}",
        hex(open),
        hex(irregular),
        days[begin]
    )
}

/// Refuses a session over which the offset changes, or whose open is no instant or two: a table has one offset a day.
fn check_offset(exchange: &Exchange, date: NaiveDate, hours: Option<Hours>) -> Result<(), String> {
    let Some(hours) = hours else { return Ok(()) };
    let ahead = |minute: u16| {
        let local: NaiveDateTime = date.and_time(NaiveTime::MIN) + TimeDelta::minutes(i64::from(minute));
        exchange.zone.offset_from_local_datetime(&local).single().map(|offset| offset.fix())
    };
    match (ahead(hours.open), ahead(hours.close)) {
        (Some(open), Some(close)) if open == close => Ok(()),
        _ => Err(format!("{date}: the zone's offset changes over the session")),
    }
}

/// Writes the file's first lines, the documentation of the static and its first fields.
fn render_head(exchange: &Exchange, sessions: &[Option<Hours>]) -> String {
    let Exchange { mic, name, zone, first, last, .. } = exchange;
    let mut out = String::new();
    let mut say = |text: &str| line(&mut out, 0, text);
    say(&format!("//! @generated by `cargo xtask calendars` from `finnet-core/calendars/{mic}.txt`: edit that."));
    say("");
    say("use std::borrow::Cow;");
    say("");
    say("use crate::calendar::exchange::Calendar;");
    say("use crate::calendar::mic::Mic;");
    say("use crate::calendar::table::{Block, Exception, Hours, Offset, Period, Table};");
    say("");
    say(&format!("/// {name} (`{mic}`), {first} to {last}, in the zone {zone}."));
    say("///");
    let count = |what: fn(&Hours) -> bool| sessions.iter().flatten().filter(|hours| what(hours)).count();
    let closures = exchange.exceptions.values().filter(|exception| exception.hours.is_none()).count();
    let early = count(|hours| hours.differs & 1 != 0);
    say(&format!("/// {} sessions, of which {early} close early; {closures} closures.", count(|_| true)));
    for (from, week) in exchange.periods.iter().rev().take(1) {
        let hours: BTreeSet<String> = week.iter().flatten().map(spoken).collect();
        let hours = hours.into_iter().collect::<Vec<_>>().join("; ");
        say(&format!("/// Regular hours since {from}: {hours}."));
    }
    if !exchange.venues.is_empty() {
        let venues: Vec<String> = exchange.venues.iter().map(|venue| format!("`{venue}`")).collect();
        say(&format!("/// The same days and hours: {}.", venues.join(", ")));
    }
    for note in &exchange.notes {
        say("///");
        say(&format!("/// {note}"));
    }
    say("#[rustfmt::skip]");
    say(&format!("pub static {mic}: Calendar = Calendar(Table {{"));
    let mics = exchange.venues.iter().map(|mic| format!("Mic::of(*b{mic:?})")).collect::<Vec<_>>().join(", ");
    let called = exchange.called.iter().map(|(name, mic)| format!("({name:?}, Mic::of(*b{mic:?}))"));
    line(&mut out, 1, &format!("mic: Mic::of(*b{mic:?}),"));
    line(&mut out, 1, &format!("name: Cow::Borrowed({name:?}),"));
    line(&mut out, 1, &format!("zone: Cow::Borrowed({:?}),", zone.name()));
    line(&mut out, 1, &format!("venues: &[{mics}],"));
    line(&mut out, 1, &format!("called: &[{}],", called.collect::<Vec<_>>().join(", ")));
    out
}

fn render_index(mics: &[String]) -> String {
    let mut out =
        "//! @generated by `cargo xtask calendars`: the tables, one for each text in `finnet-core/calendars`.\n\n"
            .to_owned();
    for mic in mics {
        line(&mut out, 0, &format!("mod {};", mic.to_lowercase()));
    }
    line(&mut out, 0, "\nuse super::exchange::Calendar;\n");
    for mic in mics {
        line(&mut out, 0, &format!("pub use {}::{mic};", mic.to_lowercase()));
    }
    line(&mut out, 0, "\n/// Every calendar, in the order of their MICs.\n#[rustfmt::skip]");
    let all = mics.iter().map(|mic| format!("&{mic}")).collect::<Vec<_>>().join(", ");
    line(&mut out, 0, &format!("pub(super) static ALL: &[&Calendar] = &[{all}];"));
    out
}

fn list<T>(out: &mut String, name: &str, items: impl IntoIterator<Item = T>, show: impl Fn(&T) -> String) {
    line(out, 1, &format!("{name}: Cow::Borrowed(&["));
    for item in items {
        line(out, 2, &show(&item));
    }
    line(out, 1, "]),");
}

fn line(out: &mut String, depth: usize, text: &str) {
    writeln!(out, "{:1$}{text}", "", depth * 4).expect("a String takes any text");
}

fn spoken(hours: &Hours) -> String {
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    let pause = hours.pause.map(|(start, end)| format!(" with a break {} to {}", clock(start), clock(end)));
    format!("{} to {}{}", clock(hours.open), clock(hours.close), pause.unwrap_or_default())
}

fn utc(minute: i64) -> String {
    chrono::DateTime::from_timestamp(minute * 60, 0).map_or_else(String::new, |at| at.format("%FT%RZ").to_string())
}

/// Returns a number as Rust writes it, three digits a group where it is long.
fn grouped(number: i64) -> String {
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

fn files_in(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, String> {
    let wrong = |error: std::io::Error| format!("{}: {error}", folder.display());
    let entries = fs::read_dir(folder).map_err(wrong)?.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == extension));
    paths.sort();
    Ok(paths)
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_those_of_the_texts() {
        assert_eq!(run(true), Ok(()));
    }

    #[test]
    fn a_text_that_contradicts_itself_is_refused() {
        let head = "mic XXXX\nname X\nzone UTC\nrange 2000-01-01 2000-12-31\nhours 2000-01-01 MTWTF-- 09:30-16:00\n";
        assert!(parse(head).is_ok());
        for wrong in [
            "2000-01-01 closed",
            "2000-01-03 09:30-16:00",
            "2000-01-03 09:00-16:00",
            "2000-01-03 16:00-09:30",
            "2001-01-03 closed",
            "2000-01-04 closed\n2000-01-03 closed",
            "hours 2000-01-01 M------ 09:30-16:00",
            "hours 2000-02-01 SMTWT-- 09:30-16:00",
            "mic YYYY",
            "holiday",
        ] {
            assert!(parse(&format!("{head}{wrong}\n")).is_err(), "{wrong}");
        }
    }
}
