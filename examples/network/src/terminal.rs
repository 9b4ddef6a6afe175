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

use crate::closes_file;

/// Characters of a name before its bar: with more, 80 columns would not hold the line.
const LONGEST_NAME: usize = 16;

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
            // The bar itself takes what the line has left, so that none wraps at 80 columns; the numbers stand still.
            let template = "{prefix:>6} {wide_bar} {pos:>8}/{len:8} {msg:10} {rate:>7}/s {eta:>3} left";
            let style = ProgressStyle::with_template(template).expect("the template is fixed");
            let style = style.with_key("rate", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                let _ = write!(out, "{:.0}", state.per_sec());
            });
            let bar = self.bars.insert(self.place, ProgressBar::new(total).with_style(style));
            bar.set_prefix(self.name.chars().take(LONGEST_NAME).collect::<String>());
            bar.set_message(unit);
            bar
        });
        Progress { bar, terminal: self.clone(), unit, total, done: 0, started: Instant::now(), said: Instant::now() }
    }

    fn line(&self, line: &str) {
        // In one write: several programs may share a terminal.
        let line = format!("{}  {}\n", self.name, tamed(line));
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

/// Returns a line that may hold a server's words as it may be shown: the last gate before the terminal.
fn tamed(line: &str) -> String {
    line.chars().map(closes_file::printable).collect()
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
    use indicatif::{ProgressDrawTarget, TermLike};
    use std::io;

    use super::*;

    /// A terminal of 80 columns that keeps what is drawn.
    #[derive(Clone, Debug, Default)]
    struct Screen(Arc<Mutex<Vec<String>>>);

    impl Screen {
        fn drawn(&self) -> Vec<String> {
            self.0.lock().unwrap().clone()
        }
    }

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            80
        }

        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }

        fn write_str(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap().push(text.to_owned());
            Ok(())
        }

        fn clear_line(&self) -> io::Result<()> {
            Ok(())
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_bar_and_its_numbers_fit_80_columns() {
        for (name, unit, done, total) in [
            ("inv-1", "valuations", 1, 81_168),
            ("inv-1", "valuations", 9_999_999, 10_000_000),
            ("se1", "sessions", 5_000, 6_764),
            ("app1", "rows", 0, 0),
            ("AnInvestorWithAVeryLongNameThatIsStillAllowed", "valuations", 99_999_999, 99_999_999),
        ] {
            let screen = Screen::default();
            let bars = MultiProgress::with_draw_target(ProgressDrawTarget::term_like(Box::new(screen.clone())));
            let terminal = Terminal { shows_bars: true, bars, ..Terminal::new(name, Level::Normal) };
            let mut progress = terminal.progress(total, unit);
            progress.at(done);
            progress.bar.as_ref().unwrap().force_draw();
            let drawn = screen.drawn();
            let widths: Vec<_> = drawn.iter().map(|line| line.chars().count()).collect();
            assert!(drawn.iter().any(|line| line.contains(unit) && line.contains(&done.to_string())), "{drawn:?}");
            assert!(drawn.iter().any(|line| line.contains('░') || line.contains('█')), "there is a bar: {drawn:?}");
            assert!(widths.iter().all(|&width| width <= 80), "{widths:?} {drawn:?}");
        }
    }

    #[test]
    fn what_comes_from_outside_cannot_drive_the_terminal() {
        for (bytes, shown) in [
            (&b"\x1b[31m red\n\xff"[..], "\\x1b[31m red\\x0a\\xff"),
            (b"\x1b]0;title\x07", "\\x1b]0;title\\x07"),
            (b"a\0b\rc\x7f", "a\\x00b\\x0dc\\x7f"),
            // The single-byte CSI of the C1 controls: alone, and as UTF-8 has it.
            (b"\x9b2J", "\\x9b2J"),
            ("\u{9b}2J".as_bytes(), "\\xc2\\x9b2J"),
            // Right-to-left override and mark.
            ("a\u{202e}b\u{200f}".as_bytes(), "a\\xe2\\x80\\xaeb\\xe2\\x80\\x8f"),
            ("Zürich".as_bytes(), "Z\\xc3\\xbcrich"),
        ] {
            assert_eq!(printable(bytes), shown);
        }
        for byte in [b'x', 0, 0x1b, 0xff] {
            let shown = printable(&[byte; 10_000]);
            assert!(shown.ends_with("(10000 bytes)") && shown.len() < 600, "{shown}");
        }
    }

    #[test]
    fn a_line_stays_one_line_and_in_its_direction() {
        let hostile = "Zürich → \u{1b}[2Ja\nb\r\u{9b}1m\0\u{202e}c\u{200f}";
        assert_eq!(tamed(hostile), "Zürich → \u{fffd}[2Ja\u{fffd}b\u{fffd}\u{fffd}1m\u{fffd}\u{fffd}c\u{fffd}");
    }

    #[test]
    fn every_byte_is_shown_as_printable_ascii() {
        for byte in 0..=u8::MAX {
            let shown = printable(&[byte]);
            assert!(shown.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()), "{byte}: {shown:?}");
        }
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!([0, 999, 1000, 162_336, 1_000_000].map(grouped), ["0", "999", "1 000", "162 336", "1 000 000"]);
    }
}
