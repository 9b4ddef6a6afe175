//! One portfolio's file: recovered at the start, added to a batch at a time, searched without being kept.
//!
//! Rows after the last are appended in one write. A row between others, which comes only when a topic is read
//! again beside a file that lacks it, has the file rewritten with all such rows of its batch.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use crc32fast::Hasher;
use finnet_core::Valuation;

use super::Outcome;
use super::disk::DiskFile;
use super::error::{Error, LineProblem};
use super::folder::{self, Folder};
use super::offsets::{Mark, Offsets};
use super::recover;
use super::row;
use super::search::Search;

/// Bytes of the header with its line end.
pub(super) const HEADER_BYTES: u64 = row::HEADER.len() as u64 + 1;

/// A portfolio's file and where it ends.
#[derive(Debug)]
pub(super) struct Table {
    name: String,
    path: PathBuf,
    bytes: u64,
    checksum: Hasher,
    last: Option<Valuation>,
}

/// The rows of one call that a table does not have yet, and the search for those it may have.
#[derive(Debug, Default)]
pub(super) struct Batch {
    rows: BTreeMap<NaiveDate, Valuation>,
    search: Option<Search>,
}

/// A table's file with rows between its own, written beside it and not yet in its place.
#[derive(Debug)]
pub(super) struct Rewritten {
    bytes: u64,
    checksum: Hasher,
    last: Option<Valuation>,
}

impl Table {
    /// Returns the table of a file, checked and cut to whole lines, or of a new file; and the mark that it holds to.
    pub(super) fn open(folder: &Folder, name: &str, offsets: &Offsets) -> Result<(Self, Option<Mark>), Error> {
        let (path, marks) = (folder.path(name), offsets.marks_of(name));
        let Some(mut file) = folder.open(name)? else {
            if marks.iter().any(|mark| mark.bytes > HEADER_BYTES) {
                return Err(Error::Missing { file: path.into() });
            }
            return Ok((Self::create(folder, name)?, None));
        };
        let Some(whole) = recover::whole_lines(&mut file, &path, marks)? else {
            return Ok((Self::create(folder, name)?, None));
        };
        if let Some(line) = whole.torn {
            if offsets.counts_unmarked() {
                return Err(Error::Line { file: path.into(), line, problem: LineProblem::Torn });
            }
            file.cut(whole.bytes).map_err(Error::io(&path))?;
        }
        // Rows that a killed run wrote may not be on the disk; they are repeated soon, and counted then.
        file.sync().map_err(Error::io(&path))?;
        let recover::Whole { bytes, checksum, last, mark, .. } = whole;
        Ok((Self { name: name.to_owned(), path, bytes, checksum, last }, mark))
    }

    /// Returns the table of a new file, in the place of one of its name.
    pub(super) fn create(folder: &Folder, name: &str) -> Result<Self, Error> {
        let header = format!("{}\n", row::HEADER);
        folder.replace(name, header.as_bytes())?;
        let mut checksum = Hasher::new();
        checksum.update(header.as_bytes());
        Ok(Self { name: name.to_owned(), path: folder.path(name), bytes: HEADER_BYTES, checksum, last: None })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn last_session(&self) -> Option<NaiveDate> {
        self.last.map(|last| last.session)
    }

    /// Returns the mark of all rows.
    pub(super) fn mark(&self) -> Mark {
        Mark { bytes: self.bytes, checksum: self.checksum.clone().finalize() }
    }

    /// Writes a batch's rows, all of them after the last; `durable` waits until they are on the disk.
    pub(super) fn append(&mut self, folder: &Folder, batch: &Batch, durable: bool) -> Result<(), Error> {
        let mut text = String::new();
        for valuation in batch.rows.values() {
            row::write(valuation, &mut text);
        }
        let mut file = self.opened(folder)?;
        let written = file
            .seek(SeekFrom::Start(self.bytes))
            .and_then(|_| file.write_all(text.as_bytes()))
            .and_then(|()| if durable { file.sync() } else { Ok(()) });
        if let Err(error) = written {
            // Half a row would stay until the next start; if this fails too, it is cut off there.
            let _ = file.cut(self.bytes);
            return Err(Error::io(&self.path)(error));
        }
        self.bytes += text.len() as u64;
        self.checksum.update(text.as_bytes());
        self.last = batch.rows.values().next_back().copied().or(self.last);
        Ok(())
    }

    /// Writes the file with a batch's rows between its own beside it.
    pub(super) fn rewrite(&self, folder: &Folder, batch: &Batch) -> Result<Rewritten, Error> {
        let old = self.opened(folder)?;
        folder.stage(&self.name, |writer| {
            let (mut bytes, mut checksum) = (0, Hasher::new());
            let mut put = |line: &[u8]| {
                bytes += line.len() as u64;
                checksum.update(line);
                writer.write_all(line).map_err(Error::io(&self.path))
            };
            let mut added = batch.rows.iter().map(|(date, valuation)| {
                let mut text = String::new();
                row::write(valuation, &mut text);
                (date.to_string(), text)
            });
            let mut next = added.next();
            let mut lines = Lines::new(BufReader::new(old));
            put(lines.next(&self.path)?)?;
            loop {
                let line = lines.next(&self.path)?;
                while let Some((_, text)) = next.take_if(|(date, _)| line.is_empty() || date.as_bytes() < line) {
                    put(text.as_bytes())?;
                    next = added.next();
                }
                if line.is_empty() {
                    let added = batch.rows.values().next_back().copied();
                    let last = self.last.filter(|last| added.is_none_or(|added| last.session > added.session));
                    return Ok(Rewritten { bytes, checksum, last: last.or(added) });
                }
                put(line)?;
            }
        })
    }

    /// Puts a rewritten file in its place; it is there for good once the folder is synced.
    pub(super) fn place(&mut self, folder: &Folder, rewritten: Rewritten) -> Result<(), Error> {
        folder.place(&self.name)?;
        let Rewritten { bytes, checksum, last } = rewritten;
        (self.bytes, self.checksum, self.last) = (bytes, checksum, last);
        Ok(())
    }

    /// Waits until the file is on the disk.
    pub(super) fn sync(&self, folder: &Folder) -> Result<(), Error> {
        self.opened(folder)?.sync().map_err(Error::io(&self.path))
    }

    /// Gives a fresh table's file its final name.
    pub(super) fn publish(&mut self, folder: &Folder) -> Result<(), Error> {
        let name = self.name.strip_suffix(folder::FRESH).unwrap_or(&self.name).to_owned();
        folder.rename(&self.name, &name)?;
        (self.path, self.name) = (folder.path(&name), name);
        Ok(())
    }

    /// Removes a fresh table's file, unless it has its final name.
    pub(super) fn discard(&self, folder: &Folder) {
        if self.name.ends_with(folder::FRESH) {
            // What cannot be removed now is removed when the folder is opened next.
            let _ = folder.remove(&self.name);
        }
    }

    /// Returns the file, which is as long as this table left it.
    fn opened(&self, folder: &Folder) -> Result<Box<dyn DiskFile>, Error> {
        let gone = || Error::io(&self.path)(io::ErrorKind::NotFound.into());
        let file = folder.open(&self.name)?.ok_or_else(gone)?;
        let bytes = file.length().map_err(Error::io(&self.path))?;
        if bytes == self.bytes { Ok(file) } else { Err(Error::Changed { file: self.path.as_path().into() }) }
    }
}

impl Rewritten {
    /// Returns the mark of all rows.
    pub(super) fn mark(&self) -> Mark {
        Mark { bytes: self.bytes, checksum: self.checksum.clone().finalize() }
    }
}

impl Batch {
    /// Returns whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns whether all rows come after the table's last.
    pub(super) fn is_after(&self, table: &Table) -> bool {
        self.rows.keys().next() > table.last_session().as_ref()
    }

    /// Returns what becomes of a row, and keeps it if it is to be written.
    pub(super) fn judge(&mut self, folder: &Folder, table: &Table, valuation: &Valuation) -> Result<Outcome, Error> {
        let known = match (self.rows.get(&valuation.session), table.last) {
            (Some(row), _) => Some(*row),
            (None, Some(last)) if valuation.session == last.session => Some(last),
            (None, Some(last)) if valuation.session < last.session => self.find(folder, table, valuation.session)?,
            (None, _) => None,
        };
        Ok(match known {
            None => {
                self.rows.insert(valuation.session, *valuation);
                Outcome::Stored
            }
            Some(known) if known == *valuation => Outcome::Repeated,
            Some(_) => Outcome::Contradicting,
        })
    }

    fn find(&mut self, folder: &Folder, table: &Table, session: NaiveDate) -> Result<Option<Valuation>, Error> {
        let search = match &mut self.search {
            Some(search) => search,
            none => none.insert(Search::new(table.opened(folder)?, table.bytes)),
        };
        match search.find(session.to_string().as_bytes()) {
            Ok(Some(line)) => {
                row::read(line).map(Some).map_err(|_| Error::Changed { file: table.path.as_path().into() })
            }
            Ok(None) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(Error::Changed { file: table.path.as_path().into() })
            }
            Err(error) => Err(Error::io(&table.path)(error)),
        }
    }
}

/// Lines of a file that are known to be rows.
struct Lines<R> {
    reader: R,
    line: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    fn new(reader: R) -> Self {
        Self { reader, line: Vec::new() }
    }

    /// Returns the next line with its end; an empty one at the end of the file.
    fn next(&mut self, path: &Path) -> Result<&[u8], Error> {
        self.line.clear();
        let most = row::HEADER.len().max(row::LONGEST) as u64 + 1;
        (&mut self.reader).take(most).read_until(b'\n', &mut self.line).map_err(Error::io(path))?;
        if self.line.is_empty() || self.line.ends_with(b"\n") {
            Ok(&self.line)
        } else {
            Err(Error::Changed { file: path.into() })
        }
    }
}
