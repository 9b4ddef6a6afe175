//! What calendars are held against: every day of each exchange in `tests/data/calendars`, rebuilt by the rule of its
//! README with `chrono-tz`. Shares no code with finnet-core, nor with `cargo xtask calendars`, which makes its tables.

use std::collections::BTreeMap;
use std::fs;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _, Utc};
use chrono_tz::Tz;

/// An exchange as the data has it.
pub(crate) struct Exchange {
    pub(crate) mic: String,
    pub(crate) name: String,
    pub(crate) zone: Tz,
    pub(crate) first: NaiveDate,
    pub(crate) last: NaiveDate,
    /// How many days of each kind there are, by the columns' names.
    pub(crate) counts: BTreeMap<String, usize>,
    hours: Vec<Regular>,
    exceptions: BTreeMap<NaiveDate, Exception>,
}

/// What a date is, why, and whether it is a session on a day without trading in the week.
pub(crate) struct Expected<'e> {
    pub(crate) day: Day,
    pub(crate) reason: Option<&'e str>,
    pub(crate) extra: bool,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Day {
    Weekend,
    Closed,
    Session(Times),
}

#[derive(Debug, PartialEq)]
pub(crate) struct Times {
    pub(crate) open: DateTime<Utc>,
    pub(crate) close: DateTime<Utc>,
    pub(crate) midday: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pub(crate) local: (NaiveDateTime, NaiveDateTime),
    pub(crate) midday_local: Option<(NaiveDateTime, NaiveDateTime)>,
    /// By the names of the columns that count them.
    pub(crate) events: Vec<&'static str>,
}

/// A row of `hours.csv`.
struct Regular {
    from: NaiveDate,
    weekdays: String,
    open: NaiveTime,
    close: NaiveTime,
    midday: Option<(NaiveTime, NaiveTime)>,
}

/// A row of `MIC.csv`.
struct Exception {
    event: String,
    open: Option<NaiveTime>,
    close: Option<NaiveTime>,
    reason: Option<String>,
}

/// Reads all exchanges.
pub(crate) fn exchanges() -> Vec<Exchange> {
    let hours = rows("hours.csv");
    rows("exchanges.csv").iter().map(|row| Exchange::read(row, &hours)).collect()
}

impl Exchange {
    fn read(row: &Row, hours: &[Row]) -> Self {
        let mic = row["mic"].clone();
        let regular = |row: &Row| Regular {
            from: date(&row["valid_from"]),
            weekdays: row["weekdays"].clone(),
            open: time(&row["open_local"]).expect("an open"),
            close: time(&row["close_local"]).expect("a close"),
            midday: time(&row["break_start_local"]).zip(time(&row["break_end_local"])),
        };
        let exception = |row: &Row| {
            let reason = row["reason"].replace(';', ",");
            Exception {
                event: row["event"].clone(),
                open: time(&row["open_local"]),
                close: time(&row["close_local"]),
                reason: Some(reason).filter(|reason| !reason.is_empty()),
            }
        };
        let columns = ["sessions", "closures", "early_closes", "late_opens", "late_closes", "open_weekends"];
        Self {
            name: row["name"].replace(';', ","),
            zone: row["timezone"].parse().expect("an IANA name"),
            first: date(&row["valid_from"]),
            last: date(&row["valid_to"]),
            counts: columns.map(|column| (column.to_owned(), row[column].parse().expect("a count"))).into(),
            hours: hours.iter().filter(|row| row["mic"] == mic).map(regular).collect(),
            exceptions: rows(&format!("{mic}.csv")).iter().map(|row| (date(&row["date"]), exception(row))).collect(),
            mic,
        }
    }

    /// Rebuilds every day.
    pub(crate) fn days(&self) -> impl Iterator<Item = (NaiveDate, Expected<'_>)> {
        self.first.iter_days().take_while(|date| *date <= self.last).map(|date| (date, self.day(date)))
    }

    fn day(&self, date: NaiveDate) -> Expected<'_> {
        let exception = self.exceptions.get(&date);
        let event = exception.map_or("", |exception| &exception.event);
        let reason = exception.and_then(|exception| exception.reason.as_deref());
        let from = self.hours.iter().map(|row| row.from).filter(|from| *from <= date).max();
        let mut period = self.hours.iter().filter(|row| Some(row.from) == from);
        let weekday = date.weekday().num_days_from_monday() as usize;
        let regular = period.clone().find(|row| row.weekdays.as_bytes()[weekday] == b'1');
        if event == "closed" {
            assert!(regular.is_some(), "{} {date} is closed on a weekend", self.mic);
            return Expected { day: Day::Closed, reason, extra: false };
        }
        let extra = event == "open_weekend";
        assert!(!(extra && regular.is_some()), "{} {date} is no weekend", self.mic);
        let Some(row) = regular.or_else(|| period.next().filter(|_| extra)) else {
            assert!(exception.is_none(), "{} {date} is a weekend", self.mic);
            return Expected { day: Day::Weekend, reason: None, extra };
        };
        let utc = |local: NaiveDateTime| {
            self.zone.from_local_datetime(&local).single().expect("no gap, no fold at such times").to_utc()
        };
        let local = |time| date.and_time(time);
        let open = local(exception.and_then(|exception| exception.open).unwrap_or(row.open));
        let close = local(exception.and_then(|exception| exception.close).unwrap_or(row.close));
        let midday =
            row.midday.filter(|_| !event.contains("early_close")).map(|(start, end)| (local(start), local(end)));
        let events = [("early_close", "early_closes"), ("late_open", "late_opens"), ("late_close", "late_closes")];
        let events = events.iter().filter(|(name, _)| event.split('+').any(|one| one == *name));
        let times = Times {
            open: utc(open),
            close: utc(close),
            midday: midday.map(|(start, end)| (utc(start), utc(end))),
            local: (open, close),
            midday_local: midday,
            events: events.map(|(_, count)| *count).collect(),
        };
        Expected { day: Day::Session(times), reason, extra }
    }
}

/// A line of a file, by its columns' names.
type Row = BTreeMap<String, String>;

fn rows(file: &str) -> Vec<Row> {
    let path = format!("{}/tests/data/calendars/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&path).expect(&path);
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    lines.map(|line| header.iter().map(ToString::to_string).zip(line.split(',').map(str::to_owned)).collect()).collect()
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("YYYY-MM-DD")
}

fn time(text: &str) -> Option<NaiveTime> {
    (!text.is_empty()).then(|| NaiveTime::parse_from_str(text, "%H:%M").expect("HH:MM"))
}
