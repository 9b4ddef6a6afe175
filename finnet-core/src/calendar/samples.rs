//! Calendars for the tests of this module: one of the crate's, and two that are short enough to be looked through ten
//! thousand times, with a break and with a week that begins on Sunday; each with its sessions, found by asking for one
//! day after the other.

use std::sync::LazyLock;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc, Weekday};
use proptest::prelude::*;

use super::change::Change;
use super::exchange::Calendar;
use super::mic::Mic;
use super::session::Session;
use super::tables::XNYS;

/// A calendar, and its sessions in order.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) calendar: Calendar,
    pub(super) sessions: Vec<Session>,
}

pub(super) static SAMPLES: LazyLock<[Sample; 3]> = LazyLock::new(|| {
    [XNYS.clone(), tokyo(), jerusalem()].map(|calendar| {
        let days = calendar.first().iter_days().take_while(|date| *date <= calendar.last());
        let sessions = days.filter_map(|date| calendar.day(date).expect("in range").session()).collect();
        Sample { calendar, sessions }
    })
});

/// Tokyo's hours since 2024-11-05, and two of its days without trading.
fn tokyo() -> Calendar {
    let weekdays = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
    let hours = "09:00-11:30,12:30-15:30".parse().expect("hours");
    let new_year = [date(2025, 1, 1), date(2025, 1, 2), date(2025, 1, 3)];
    Calendar::builder(mic("TEST"), "Test of a break", date(2024, 11, 5)..=date(2026, 12, 31))
        .hours(date(2024, 11, 5), weekdays, hours)
        .with(new_year)
        .with([Change::session(date(2025, 12, 30), "09:00-11:30".parse().expect("hours")).because("Half a day")])
        .build("Asia/Tokyo", &chrono_tz::Asia::Tokyo)
        .expect("a calendar")
}

/// Sunday to Thursday, short Sundays, a week without a session, a Friday with one, and hours that change.
fn jerusalem() -> Calendar {
    let weekdays = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu];
    let short = "09:45-16:15".parse().expect("hours");
    Calendar::builder(mic("SUN7"), "Test of Sundays", date(2023, 3, 1)..=date(2025, 7, 3))
        .hours(date(2023, 3, 1), weekdays, "09:45-17:15".parse().expect("hours"))
        .hours(date(2023, 3, 1), [Weekday::Sun], short)
        .hours(date(2024, 6, 2), weekdays, "09:59-17:25".parse().expect("hours"))
        .hours(date(2024, 6, 2), [Weekday::Sun], "09:59-15:49".parse().expect("hours"))
        .with((7..=11).map(|day| date(2024, 4, day)))
        .with([Change::session(date(2024, 4, 19), short)])
        .build("Asia/Jerusalem", &chrono_tz::Asia::Jerusalem)
        .expect("a calendar")
}

pub(super) fn sample() -> impl Strategy<Value = &'static Sample> {
    (0..SAMPLES.len()).prop_map(|number| &SAMPLES[number])
}

/// A sample, and a date that it knows.
pub(super) fn known_date() -> impl Strategy<Value = (&'static Sample, NaiveDate)> {
    sample().prop_flat_map(|sample| {
        let days = (sample.calendar.last() - sample.calendar.first()).num_days();
        (0..=days).prop_map(move |day| (sample, sample.calendar.first() + TimeDelta::days(day)))
    })
}

/// Any date of chrono's.
pub(super) fn any_date() -> impl Strategy<Value = NaiveDate> {
    let edges = [date(0, 1, 1), date(0, 2, 29), date(9999, 12, 31), NaiveDate::MIN, NaiveDate::MAX];
    let anywhere = (-262_142_i32..=262_141, 1_u32..=366).prop_map(|(year, day)| {
        NaiveDate::from_yo_opt(year, day).unwrap_or(NaiveDate::from_yo_opt(year, 1).expect("each year has a first day"))
    });
    let here = (1998_i32..2033, 1_u32..=365).prop_map(|(year, day)| NaiveDate::from_yo_opt(year, day).expect("a day"));
    prop_oneof![1 => prop::sample::select(edges.to_vec()), 2 => anywhere, 3 => here]
}

/// Any instant of chrono's.
pub(super) fn any_instant() -> impl Strategy<Value = DateTime<Utc>> {
    let (min, max) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
    let anywhere =
        (min.timestamp()..=max.timestamp()).prop_map(|seconds| DateTime::from_timestamp(seconds, 0).unwrap());
    let here = (900_000_000_i64..2_000_000_000).prop_map(|seconds| DateTime::from_timestamp(seconds, 0).unwrap());
    prop_oneof![1 => Just(min), 1 => Just(max), 2 => anywhere, 4 => here]
}

pub(super) fn mic(code: &str) -> Mic {
    Mic::new(code).expect("the form of a MIC")
}

pub(super) fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date")
}

pub(super) fn utc(text: &str) -> DateTime<Utc> {
    text.parse().expect("RFC 3339")
}
