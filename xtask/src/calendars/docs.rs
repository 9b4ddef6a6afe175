//! What the documentation says of the exchanges: of one, above its static; of all, as a table. In come the texts and
//! the sessions they make, out come Markdown and lines of `///`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::text::{Exchange, Hours, Week};

/// As wide as the code.
const WIDTH: usize = 120;
/// More changes of the hours than this are not listed one by one.
const MOST_PERIODS: usize = 4;
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Returns the documentation of an exchange's static.
pub(super) fn of(exchange: &Exchange, sessions: &[Option<Hours>]) -> String {
    let Exchange { mic, name, zone, first, last, .. } = exchange;
    let mut paragraphs = vec![format!("{name} (`{mic}`), {first} to {last}, in the zone {zone}.")];
    paragraphs.push(counts(exchange, sessions));
    let (hours, list) = regular_hours(exchange);
    let hours = wrapped(&hours, "", "") + &list.iter().map(|line| wrapped(line, "- ", "  ")).collect::<String>();
    if !exchange.venues.is_empty() {
        let venues: Vec<String> = exchange.venues.iter().map(|venue| format!("`{venue}`")).collect();
        paragraphs.push(format!("The same days and hours: {}.", venues.join(", ")));
    }
    paragraphs.extend(exchange.notes.iter().cloned());
    let mut paragraphs: Vec<String> = paragraphs.iter().map(|paragraph| wrapped(paragraph, "", "")).collect();
    paragraphs.insert(2, hours);
    paragraphs.join("///\n")
}

/// Returns the table of all exchanges, for the module's documentation.
pub(super) fn table(exchanges: &[Exchange]) -> String {
    let mut out = "| MIC | exchange | zone | from | to |\n|---|---|---|---|---|\n".to_owned();
    for Exchange { mic, name, zone, first, last, .. } in exchanges {
        writeln!(out, "| [`{mic}`] | {name} | {zone} | {first} | {last} |").expect("a String takes any text");
    }
    out
}

/// Says how many sessions there are, of what kinds, and how many closures.
fn counts(exchange: &Exchange, sessions: &[Option<Hours>]) -> String {
    let count = |what: &dyn Fn(&Hours) -> bool| sessions.iter().flatten().filter(|hours| what(hours)).count();
    let differs = |bit: u8| count(&|hours| hours.differs & bit != 0);
    let extra =
        exchange.exceptions.iter().filter(|(date, one)| one.hours.is_some() && exchange.regular(**date).is_none());
    let extra = extra.count();
    let kinds = [
        (differs(1), "closes early", "close early"),
        (differs(2), "closes late", "close late"),
        (differs(4), "opens late", "open late"),
        (differs(8), "opens early", "open early"),
        (extra, "is on a weekend", "are on weekends"),
    ];
    let kinds: Vec<String> = kinds
        .iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }))
        .collect();
    let of_which = if kinds.is_empty() { String::new() } else { format!(", of which {}", listed(&kinds)) };
    let closures = exchange.exceptions.values().filter(|one| one.hours.is_none());
    let (closures, nameless) = (closures.clone().count(), closures.filter(|one| one.reason.is_none()).count());
    let nameless = match nameless {
        0 => String::new(),
        _ if nameless == closures => ", without a reason in the source".to_owned(),
        _ => format!(", {nameless} of them without a reason in the source"),
    };
    format!("{} sessions{of_which}; {closures} closures{nameless}.", count(&|_| true))
}

/// Says what the regular hours are and since when: a paragraph, and the lines of a list below it.
fn regular_hours(exchange: &Exchange) -> (String, Vec<String>) {
    let weeks: BTreeSet<String> = exchange.periods.values().map(spoken_week).collect();
    let weeks: Vec<String> = weeks.into_iter().collect();
    match exchange.periods.len() {
        1 => (format!("Regular hours: {}.", weeks.concat()), Vec::new()),
        count if count > MOST_PERIODS => {
            (format!("Regular hours, which change {} times: {}.", count - 1, weeks.join("; ")), Vec::new())
        }
        _ => {
            let since = |(from, week)| format!("since {from}: {}", spoken_week(week));
            ("Regular hours:".to_owned(), exchange.periods.iter().map(since).collect())
        }
    }
}

/// Says on which days of the week there is trading, and when: `Monday to Friday 09:30 to 16:00`.
fn spoken_week(week: &Week) -> String {
    let mut days_of: BTreeMap<Hours, Vec<usize>> = BTreeMap::new();
    for (day, hours) in week.iter().enumerate() {
        if let Some(hours) = hours {
            days_of.entry(*hours).or_default().push(day);
        }
    }
    let mut groups: Vec<(Vec<usize>, Hours)> = days_of.into_iter().map(|(hours, days)| (days, hours)).collect();
    groups.sort();
    let groups: Vec<String> =
        groups.iter().map(|(days, hours)| format!("{} {}", spoken_days(days), spoken(hours))).collect();
    groups.join(", ")
}

/// Says days of the week; those that follow each other, over the end of the week too, as one span.
fn spoken_days(days: &[usize]) -> String {
    let starts: Vec<usize> = days.iter().copied().filter(|day| !days.contains(&((day + 6) % 7))).collect();
    let spans: Vec<String> = starts
        .iter()
        .map(|start| {
            let length = (1..7).take_while(|further| days.contains(&((start + further) % 7))).count();
            match length {
                0 => DAYS[*start].to_owned(),
                _ => format!("{} to {}", DAYS[*start], DAYS[(start + length) % 7]),
            }
        })
        .collect();
    if spans.is_empty() { "every day".to_owned() } else { listed(&spans) }
}

fn spoken(hours: &Hours) -> String {
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    let pause = hours.pause.map(|(start, end)| format!(" with a break from {} to {}", clock(start), clock(end)));
    format!("{} to {}{}", clock(hours.open), clock(hours.close), pause.unwrap_or_default())
}

/// Returns `a`, `a and b` or `a, b and c`.
fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// Returns a paragraph as lines of a doc comment, with these words at the beginning of the first and of the others.
pub(super) fn wrapped(paragraph: &str, first: &str, others: &str) -> String {
    let mut out = String::new();
    let mut length = usize::MAX;
    for word in paragraph.split_whitespace() {
        let width = word.chars().count() + 1;
        if length.saturating_add(width) > WIDTH {
            let (start, indent) = if out.is_empty() { ("/// ", first) } else { ("\n/// ", others) };
            out.extend([start, indent]);
            length = 3 + indent.len();
        } else {
            out.push(' ');
        }
        out.push_str(word);
        length += width;
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_are_said_as_people_say_them() {
        assert_eq!(spoken_days(&[0, 1, 2, 3, 4]), "Monday to Friday");
        assert_eq!(spoken_days(&[0, 1, 2, 3, 6]), "Sunday to Thursday");
        assert_eq!(spoken_days(&[0, 2, 6]), "Wednesday and Sunday to Monday");
        assert_eq!(spoken_days(&[0, 1, 2, 3, 4, 5, 6]), "every day");
        let hours = |close, pause| Some(Hours { open: 540, close, pause, differs: 0 });
        let week =
            [hours(990, None), hours(990, None), hours(900, Some((690, 750))), None, None, None, hours(600, None)];
        let said = "Monday to Tuesday 09:00 to 16:30, Wednesday 09:00 to 15:00 with a break from 11:30 to 12:30, Sunday \
                    09:00 to 10:00";
        assert_eq!(spoken_week(&week), said);
    }

    #[test]
    fn paragraphs_are_wrapped_at_words() {
        let lines = wrapped(&"word ".repeat(60), "", "");
        assert!(lines.lines().all(|line| line.starts_with("/// word") && line.len() <= WIDTH));
        assert_eq!(lines.matches("word").count(), 60);
        assert_eq!(lines.lines().count(), 3);
    }

    #[test]
    fn many_periods_are_not_listed() {
        let head = "mic XXXX\nname X\nzone UTC\nrange 2000-01-01 2000-12-31\n";
        let said = |count: u16| {
            let hours = (1..=count).map(|month| format!("hours 2000-{month:02}-01 MTWTF-- 09:00-{}:00", 10 + month));
            let text = format!("{head}{}", hours.collect::<Vec<_>>().join("\n"));
            regular_hours(&Exchange::parse(&text).unwrap())
        };
        assert_eq!(said(1), ("Regular hours: Monday to Friday 09:00 to 11:00.".to_owned(), Vec::new()));
        let (hours, list) = said(2);
        assert_eq!((hours.as_str(), list.len()), ("Regular hours:", 2));
        assert_eq!(list[1], "since 2000-02-01: Monday to Friday 09:00 to 12:00");
        let five = "Regular hours, which change 4 times: Monday to Friday 09:00 to 11:00; Monday";
        assert!(said(5).0.starts_with(five) && said(5).1.is_empty());
    }
}
