//! What the person sees: lines, progress, and text from outside with its teeth drawn.
//!
//! Lines go to stderr and results to stdout. Where stderr is a terminal there are progress bars; where it is not,
//! plain lines, at most one every few seconds for what repeats.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Warnings and errors.
    Quiet,
    /// What happens, in few lines.
    Normal,
    /// Every valuation and every void session.
    Verbose,
}

/// Lines of one program, or of one part of a program that is several in one process.
#[derive(Clone, Debug)]
pub struct Terminal {
    name: String,
    level: Level,
    bars: MultiProgress,
    shows_bars: bool,
    /// The place of this part's bar among the others.
    place: usize,
    /// Lines said of each kind: after a few, only every tenfold is said.
    said: Arc<Mutex<BTreeMap<&'static str, u64>>>,
}

impl Terminal {
    /// Returns the terminal of a program.
    pub fn new(name: &str, level: Level) -> Self {
        let shows_bars = level > Level::Quiet && std::io::stderr().is_terminal();
        Self { name: name.to_owned(), level, bars: MultiProgress::new(), shows_bars, place: 0, said: Arc::default() }
    }

    /// Returns the same terminal for another part of the program, whose bar stands at `place` among those of all parts.
    #[must_use]
    pub fn part(&self, name: &str, place: usize) -> Self {
        Self { name: name.to_owned(), place, said: Arc::default(), ..self.clone() }
    }

    /// Returns whether there are progress bars.
    pub fn shows_bars(&self) -> bool {
        self.shows_bars
    }

    /// Returns how much is said.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Says what happens.
    pub fn say(&self, line: impl AsRef<str>) {
        if self.level >= Level::Normal {
            self.line(line.as_ref());
        }
    }

    /// Says what only `--verbose` says.
    pub fn detail(&self, line: impl FnOnce() -> String) {
        if self.level >= Level::Verbose {
            self.line(&line());
        }
    }

    /// Warns.
    pub fn warn(&self, line: impl AsRef<str>) {
        self.line(&format!("warning: {}", line.as_ref()));
    }

    /// Warns of one more of a kind: the first ten each with their line, then each power of ten with the count.
    pub fn count(&self, kind: &'static str, line: impl FnOnce() -> String) {
        let count = {
            let mut said = self.said.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let count = said.entry(kind).or_default();
            *count += 1;
            *count
        };
        if count <= 10 {
            self.warn(format!("{kind}: {}", line()));
        } else if count.ilog10() != (count - 1).ilog10() {
            self.warn(format!("{kind}: {count} so far; {}", line()));
        }
    }

    /// Returns how many of each kind were counted.
    pub fn counted(&self) -> Vec<(&'static str, u64)> {
        let said = self.said.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        said.iter().map(|(kind, count)| (*kind, *count)).collect()
    }

    /// Returns a progress of `total` units, named after this part.
    pub fn progress(&self, total: u64, unit: &'static str) -> Progress {
        let bar = self.shows_bars.then(|| {
            let template = "{prefix:>6} {bar:32} {pos:>7}/{len} {msg}  {rate}/s  {eta} left";
            let style = ProgressStyle::with_template(template).expect("the template is fixed");
            let style = style.with_key("rate", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                let _ = write!(out, "{:.0}", state.per_sec());
            });
            let bar = self.bars.insert(self.place, ProgressBar::new(total).with_style(style));
            bar.set_prefix(self.name.clone());
            bar.set_message(unit);
            bar
        });
        Progress { bar, terminal: self.clone(), unit, total, done: 0, started: Instant::now(), said: Instant::now() }
    }

    fn line(&self, line: &str) {
        // In one write: several programs may share a terminal.
        let line = format!("{}  {line}\n", self.name);
        let write = || {
            // Nobody left to read it: the work goes on.
            let _ = std::io::stderr().write_all(line.as_bytes());
        };
        if self.shows_bars {
            self.bars.suspend(write);
        } else {
            write();
        }
    }
}

/// How far something is.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    terminal: Terminal,
    unit: &'static str,
    total: u64,
    done: u64,
    started: Instant,
    said: Instant,
}

impl Progress {
    /// Moves to `done` units.
    pub fn at(&mut self, done: u64) {
        let moved = self.done != done;
        self.done = done;
        if let Some(bar) = &self.bar {
            bar.set_length(self.total.max(done));
            bar.set_position(done);
        } else if moved && self.said.elapsed() > Duration::from_secs(5) {
            self.said = Instant::now();
            self.terminal.say(format!("{done} of {} {}", self.total, self.unit));
        }
    }

    /// Returns whether the last valuation may have a line of its own now: at most two a second.
    pub fn may_say(&mut self) -> bool {
        let due = self.bar.is_none() && self.said.elapsed() > Duration::from_millis(500);
        if due {
            self.said = Instant::now();
        }
        due
    }

    /// Returns the time since it began.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Returns text from outside as it may be shown: printable ASCII, the rest escaped, cut after 120 bytes.
pub fn printable(bytes: &[u8]) -> String {
    const MOST: usize = 120;
    let mut text = String::new();
    for &byte in bytes.iter().take(MOST) {
        if byte.is_ascii_graphic() || byte == b' ' {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    if bytes.len() > MOST {
        let _ = write!(text, "… ({} bytes)", bytes.len());
    }
    text
}

/// Returns a count with thin groups of three digits: `162 336`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_cannot_drive_the_terminal() {
        assert_eq!(printable(b"\x1b[31m red\n\xff"), "\\x1b[31m red\\x0a\\xff");
        assert!(printable(&[b'x'; 10_000]).ends_with("(10000 bytes)"));
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!([0, 999, 1000, 162_336, 1_000_000].map(grouped), ["0", "999", "1 000", "162 336", "1 000 000"]);
    }
}
