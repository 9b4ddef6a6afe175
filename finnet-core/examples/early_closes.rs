//! The early closes of a year: `cargo run -p finnet-core --example early_closes -- 2027 XNYS XLON XHKG`.
//! In: the year, then MICs; without any New York, London and Hong Kong. Out: a line a session that closes before its
//! regular hour, in order of time: date, exchange, close there, close in UTC, and the reason where the source has one.

use std::error::Error;
use std::process::ExitCode;

use finnet_core::calendar::{Calendar, Session};
use finnet_core::chrono::NaiveDate;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let Err(error) = early_closes(&arguments) else { return ExitCode::SUCCESS };
    eprintln!("error: {error}");
    ExitCode::from(2)
}

fn early_closes(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let (year, mics) = arguments.split_first().ok_or("needs YEAR [MIC…]: 2027 XNYS XLON XHKG")?;
    let date = |month, day| NaiveDate::from_ymd_opt(year.parse().ok()?, month, day);
    let dates = date(1, 1).zip(date(12, 31)).ok_or_else(|| format!("chrono has no year {year}"))?;
    let mics = if mics.is_empty() { &["XNYS", "XLON", "XHKG"].map(String::from) } else { mics };

    let mut closes = Vec::new();
    for mic in mics {
        let calendar = Calendar::of(mic)?;
        let sessions = calendar.sessions(dates.0..=dates.1)?;
        closes.extend(sessions.filter(Session::closes_early).map(|session| (session, calendar)));
    }
    closes.sort_by_key(|(session, _)| session.close());
    for (session, calendar) in closes {
        let (local, utc) = (session.close_local().format("%H:%M"), session.close().format("%H:%M UTC"));
        let reason = calendar.reason(session.date())?.unwrap_or_default();
        println!("{session}  {}  {local}  {utc}  {reason}", calendar.mic());
    }
    Ok(())
}
