//! A file of rows as the last run left it: in come its bytes, out goes what of them is whole and stays.
//!
//! What the positions count must be there byte for byte, or the file is refused. What lies behind it was not counted
//! when the run ended and comes again from Kafka: whole rows stay, a torn line is cut off.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use crc32fast::Hasher;
use finnet_core::Valuation;

use super::error::{Error, LineProblem};
use super::offsets::Mark;
use super::row;
use super::table::HEADER_BYTES;

/// The whole lines at the beginning of a file.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) bytes: u64,
    pub(super) checksum: Hasher,
    pub(super) last: Option<Valuation>,
    /// The mark that holds, where there were some.
    pub(super) mark: Option<Mark>,
    /// The line behind the whole ones, where one is torn.
    pub(super) torn: Option<u32>,
}

/// Returns the whole lines of a file, or `None` where not even the header is whole.
pub(super) fn whole_lines(file: impl Read, path: &Path, marks: &[Mark]) -> Result<Option<Whole>, Error> {
    let refuse = |(line, problem)| Error::Line { file: path.into(), line, problem };
    let mut reader = BufReader::with_capacity(64 * 1024, file);
    let mut line = Vec::new();
    (&mut reader).take(HEADER_BYTES).read_to_end(&mut line).map_err(Error::io(path))?;
    let header = [row::HEADER.as_bytes(), b"\n"].concat();
    if line != header {
        return match marks {
            [] if header.starts_with(&line) => Ok(None),
            _ if header.starts_with(&line) => Err(refuse((1, LineProblem::Cut))),
            _ => Err(refuse((1, LineProblem::Header))),
        };
    }
    let mut lines = Lines::after(&header, marks);
    for number in 2_u32.. {
        line.clear();
        (&mut reader).take(row::LONGEST as u64).read_until(b'\n', &mut line).map_err(Error::io(path))?;
        match lines.take(&line, number) {
            Ok(true) => {}
            Ok(false) => return lines.end(number, !line.is_empty()).map(Some).map_err(refuse),
            Err(problem) => return Err(refuse((number, problem))),
        }
    }
    Err(refuse((u32::MAX, LineProblem::TooLong)))
}

/// Lines taken so far, and how they fare against the marks.
struct Lines<'m> {
    whole: Whole,
    marks: &'m [Mark],
    /// Bytes that the positions count at least.
    counted: u64,
    /// The first line that ends at or behind them.
    counted_at: u32,
}

impl<'m> Lines<'m> {
    fn after(header: &[u8], marks: &'m [Mark]) -> Self {
        let mut checksum = Hasher::new();
        checksum.update(header);
        let whole = Whole { bytes: HEADER_BYTES, checksum, last: None, mark: None, torn: None };
        let counted = marks.iter().map(|mark| mark.bytes).min().unwrap_or(0);
        let mut lines = Self { whole, marks, counted, counted_at: 1 };
        lines.hold();
        lines
    }

    /// Takes a line up, and returns whether it is whole.
    fn take(&mut self, line: &[u8], number: u32) -> Result<bool, LineProblem> {
        let whole = &mut self.whole;
        // A crash of the machine may leave zeros where a line should be, and whole lines behind them.
        if line.contains(&0) && whole.bytes >= self.counted {
            return Ok(false);
        }
        let Some(row) = line.strip_suffix(b"\n") else {
            return match line {
                _ if line.len() == row::LONGEST => Err(LineProblem::TooLong),
                _ if line.iter().all(|byte| byte.is_ascii_digit() || b"-.,".contains(byte)) => Ok(false),
                _ => Err(LineProblem::Spelling),
            };
        };
        let row = row::read(row)?;
        if whole.last.is_some_and(|last| last.session >= row.session) {
            return Err(LineProblem::Order);
        }
        if whole.bytes < self.counted {
            self.counted_at = number;
        }
        whole.bytes += line.len() as u64;
        whole.checksum.update(line);
        whole.last = Some(row);
        self.hold();
        Ok(true)
    }

    /// Holds the lines against the marks.
    fn hold(&mut self) {
        let bytes = self.whole.bytes;
        for mark in self.marks.iter().filter(|mark| mark.bytes == bytes) {
            if self.whole.checksum.clone().finalize() == mark.checksum {
                self.whole.mark = Some(*mark);
            }
        }
    }

    /// Returns the whole lines where there are no more: `number` is the line behind them.
    fn end(mut self, number: u32, torn: bool) -> Result<Whole, (u32, LineProblem)> {
        if !self.marks.is_empty() && self.whole.mark.is_none() {
            let cut = self.whole.bytes < self.counted;
            return Err(if cut { (number, LineProblem::Cut) } else { (self.counted_at, LineProblem::Altered) });
        }
        self.whole.torn = torn.then_some(number);
        Ok(self.whole)
    }
}
