//! The sessions of an exchange as CSV: `cargo run -p finnet-core --example sessions -- XNYS 2000-01-01 2030-12-31`.
//! In: a MIC, the first date, the last date. Out: `date,open_utc,close_utc`, a line a session.

use std::io::{self, BufWriter, ErrorKind, Write};
use std::process::ExitCode;

use finnet_core::calendar::{Calendar, Sessions};
use finnet_core::chrono::{NaiveDate, SecondsFormat};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let (reason, code) = match sessions(&arguments).map(print) {
        Ok(Ok(())) => return ExitCode::SUCCESS,
        // Who reads has enough, as `head` has: no failure of ours.
        Ok(Err(error)) if error.kind() == ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
        Ok(Err(error)) => (format!("cannot write: {error}"), 1),
        Err(reason) => (reason, 2),
    };
    eprintln!("error: {reason}");
    ExitCode::from(code)
}

fn sessions(arguments: &[String]) -> Result<Sessions<'static>, String> {
    let usage = "needs MIC FIRST LAST: XNYS 2000-01-01 2030-12-31";
    let [mic, first, last] = arguments else { return Err(usage.into()) };
    let date = |text: &str| text.parse().map_err(|_| format!("{text:?} is not a date YYYY-MM-DD"));
    let dates: (NaiveDate, NaiveDate) = (date(first)?, date(last)?);
    Calendar::of(mic).and_then(|calendar| calendar.sessions(dates.0..=dates.1)).map_err(|error| error.to_string())
}

fn print(sessions: Sessions<'_>) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    writeln!(out, "date,open_utc,close_utc")?;
    for session in sessions {
        let [open, close] = [session.open(), session.close()].map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
        writeln!(out, "{session},{open},{close}")?;
    }
    out.flush()
}
