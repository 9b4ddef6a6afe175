//! Finding a row by its date in a file of sorted rows, without keeping the file.
//!
//! The file is halved by seeks until one window is left; rows have no fixed width, so that each look reads on to
//! the next line end. Only a row's first bytes, its date, are compared.

use std::io::{self, Read, Seek, SeekFrom};

use super::disk::DiskFile;
use super::row;
use super::table::HEADER_BYTES;

/// Bytes down to which a search halves; several times a row.
const WINDOW: u64 = 8 * 1024;

/// A search for rows by date in a file of whole, sorted rows. Dates that follow one another cost one look each.
#[derive(Debug)]
pub(super) struct Search {
    file: Box<dyn DiskFile>,
    bytes: u64,
    /// Whole rows.
    window: Vec<u8>,
    /// Where the row found last begins in the window.
    at: usize,
}

impl Search {
    /// Returns a search in the first `bytes` of a file, which are a header and rows.
    pub(super) fn new(file: Box<dyn DiskFile>, bytes: u64) -> Self {
        Self { file, bytes, window: Vec::new(), at: 0 }
    }

    /// Returns the row of a date, without its line end.
    pub(super) fn find(&mut self, date: &[u8]) -> io::Result<Option<&[u8]>> {
        if !self.covers(date) {
            let start = self.halve(date)?;
            self.look(start)?;
        } else if self.window[self.at..].get(..row::DATE).is_none_or(|stands| date < stands) {
            self.at = 0;
        }
        while let Some(length) = self.window[self.at..].iter().position(|byte| *byte == b'\n') {
            let found = &self.window[self.at..][..length];
            match found.get(..row::DATE) {
                Some(stands) if stands < date => self.at += length + 1,
                Some(stands) if stands == date => return Ok(Some(&self.window[self.at..][..length])),
                Some(_) => return Ok(None),
                None => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
        Ok(None)
    }

    /// Returns whether the window begins at or before a date and ends at or after it.
    fn covers(&self, date: &[u8]) -> bool {
        let Some(rows) = self.window.strip_suffix(b"\n") else {
            return false;
        };
        let last = rows.iter().rposition(|byte| *byte == b'\n').map_or(rows, |newline| &rows[newline + 1..]);
        let (first, last) = (rows.get(..row::DATE), last.get(..row::DATE));
        first.is_some_and(|first| first <= date) && last.is_some_and(|last| date <= last)
    }

    /// Returns the beginning of a row within one window before the place of a date.
    fn halve(&mut self, date: &[u8]) -> io::Result<u64> {
        // Rows that begin before `low` are before the date; `low` and `high` are beginnings of rows.
        let (mut low, mut high) = (HEADER_BYTES, self.bytes);
        let mut piece = [0; row::LONGEST + row::DATE];
        while high - low > WINDOW {
            let middle = low + (high - low) / 2;
            self.file.seek(SeekFrom::Start(middle - 1))?;
            self.file.read_exact(&mut piece)?;
            let newline = piece.iter().position(|byte| *byte == b'\n').ok_or(io::ErrorKind::InvalidData)?;
            let stands = piece.get(newline + 1..newline + 1 + row::DATE).ok_or(io::ErrorKind::InvalidData)?;
            let row = middle + newline as u64;
            if stands <= date { low = row } else { high = row }
        }
        Ok(low)
    }

    /// Loads the window from the beginning of a row.
    fn look(&mut self, start: u64) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(start))?;
        self.window.clear();
        // Twice as far as a search narrows, so that the dates that follow are mostly there.
        (&mut self.file).take(2 * WINDOW).read_to_end(&mut self.window)?;
        let whole = self.window.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        self.window.truncate(whole);
        self.at = 0;
        Ok(())
    }
}
