//! One portfolio's file: recovered at the start, added to a batch at a time, searched without being kept.
//!
//! Rows after the last are appended in one write. A row between others, which comes only when a topic is read
//! again beside a file that lacks it, has the file rewritten with all such rows of its batch.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use finnet_core::Valuation;

use super::Outcome;
use super::error::{Error, LineProblem};
use super::folder::{self, Folder};
use super::row;
use super::search::Search;

/// Bytes of the header with its line end.
pub(super) const HEADER_BYTES: u64 = row::HEADER.len() as u64 + 1;

/// A portfolio's file and where it ends.
#[derive(Debug)]
pub(super) struct Table {
    path: PathBuf,
    bytes: u64,
    last: Option<Valuation>,
}

/// The rows of one call that a table does not have yet, and the search for those it may have.
#[derive(Debug, Default)]
pub(super) struct Batch {
    rows: BTreeMap<NaiveDate, Valuation>,
    search: Option<Search>,
}

impl Table {
    /// Returns the table of a file, checked and cut to whole lines, or of a new file.
    pub(super) fn open(folder: &Folder, name: &str) -> Result<Self, Error> {
        let path = folder.file(name);
        match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::create(folder, name),
            Err(error) => return Err(Error::io(&path)(error)),
            Ok(metadata) if !metadata.is_file() => return Err(Error::NotAFile { path: path.into() }),
            Ok(_) => {}
        }
        let mut file = folder::options().open(&path).map_err(Error::io(&path))?;
        let Some((bytes, last)) = whole_rows(&mut file, &path)? else {
            return Self::create(folder, name);
        };
        if bytes != file.metadata().map_err(Error::io(&path))?.len() {
            file.set_len(bytes).and_then(|()| file.sync_all()).map_err(Error::io(&path))?;
        }
        Ok(Self { path, bytes, last })
    }

    /// Returns the table of a new file, in the place of one of its name.
    pub(super) fn create(folder: &Folder, name: &str) -> Result<Self, Error> {
        let path = folder.file(name);
        folder.replace(&path, |writer| writeln!(writer, "{}", row::HEADER).map_err(Error::io(&path)))?;
        Ok(Self { path, bytes: HEADER_BYTES, last: None })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn last_session(&self) -> Option<NaiveDate> {
        self.last.map(|last| last.session)
    }

    /// Writes a batch's rows; `durable` waits until they are on the disk.
    pub(super) fn write(&mut self, folder: &Folder, batch: Batch, durable: bool) -> Result<(), Error> {
        let rows = batch.rows;
        let (Some(first), Some((_, last))) = (rows.keys().next(), rows.last_key_value()) else {
            return Ok(());
        };
        let newest = self.last.filter(|known| known.session > last.session).unwrap_or(*last);
        if self.last_session().is_none_or(|last| last < *first) {
            self.append(rows.values(), durable)?;
        } else {
            self.insert(folder, &rows)?;
        }
        self.last = Some(newest);
        Ok(())
    }

    /// Waits until the file is on the disk.
    pub(super) fn sync(&self) -> Result<(), Error> {
        self.opened()?.sync_all().map_err(Error::io(&self.path))
    }

    /// Gives a fresh table's file its final name.
    pub(super) fn publish(&mut self) -> Result<(), Error> {
        let path = self.path.with_extension("");
        fs::rename(&self.path, &path).map_err(Error::io(&path))?;
        self.path = path;
        Ok(())
    }

    /// Removes a fresh table's file, unless it has its final name.
    pub(super) fn discard(&self) {
        if self.path.to_string_lossy().ends_with(folder::FRESH) {
            // What cannot be removed now is removed when the folder is opened next.
            let _ = fs::remove_file(&self.path);
        }
    }

    fn append<'r>(&mut self, rows: impl Iterator<Item = &'r Valuation>, durable: bool) -> Result<(), Error> {
        let mut text = String::new();
        for valuation in rows {
            row::write(valuation, &mut text);
        }
        let mut file = self.opened()?;
        let written = file
            .seek(SeekFrom::Start(self.bytes))
            .and_then(|_| file.write_all(text.as_bytes()))
            .and_then(|()| if durable { file.sync_data() } else { Ok(()) });
        if let Err(error) = written {
            // Half a row would stay until the next start; if this fails too, it is cut off there.
            let _ = file.set_len(self.bytes);
            return Err(Error::io(&self.path)(error));
        }
        self.bytes += text.len() as u64;
        Ok(())
    }

    fn insert(&mut self, folder: &Folder, rows: &BTreeMap<NaiveDate, Valuation>) -> Result<(), Error> {
        let old = self.opened()?;
        let mut bytes = 0;
        folder.replace(&self.path, |writer| {
            let mut put = |line: &[u8]| {
                bytes += line.len() as u64;
                writer.write_all(line).map_err(Error::io(&self.path))
            };
            let mut added = rows.iter().map(|(date, valuation)| {
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
                    return Ok(());
                }
                put(line)?;
            }
        })?;
        self.bytes = bytes;
        Ok(())
    }

    /// Returns the file, which is as long as this table left it.
    fn opened(&self) -> Result<File, Error> {
        let file = folder::options().open(&self.path).map_err(Error::io(&self.path))?;
        let bytes = file.metadata().map_err(Error::io(&self.path))?.len();
        if bytes == self.bytes { Ok(file) } else { Err(Error::Changed { file: self.path.as_path().into() }) }
    }
}

impl Batch {
    /// Returns what becomes of a row, and keeps it if it is to be written.
    pub(super) fn judge(&mut self, table: &Table, valuation: &Valuation) -> Result<Outcome, Error> {
        let known = match (self.rows.get(&valuation.session), table.last) {
            (Some(row), _) => Some(*row),
            (None, Some(last)) if valuation.session == last.session => Some(last),
            (None, Some(last)) if valuation.session < last.session => self.find(table, valuation.session)?,
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

    fn find(&mut self, table: &Table, session: NaiveDate) -> Result<Option<Valuation>, Error> {
        let search = match &mut self.search {
            Some(search) => search,
            none => none.insert(Search::new(table.opened()?, table.bytes)),
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

/// Returns the bytes and the last row of a file's whole lines, or `None` where not even the header is whole.
fn whole_rows(file: &mut File, path: &Path) -> Result<Option<(u64, Option<Valuation>)>, Error> {
    let refuse = |line, problem| Err(Error::Line { file: path.into(), line, problem });
    let mut reader = BufReader::with_capacity(64 * 1024, file);
    let mut line = Vec::new();
    (&mut reader).take(HEADER_BYTES).read_to_end(&mut line).map_err(Error::io(path))?;
    let header = [row::HEADER.as_bytes(), b"\n"].concat();
    if line != header {
        let torn = header.starts_with(&line) || line.iter().all(|byte| *byte == 0) && is_blank(reader, path)?;
        return if torn { Ok(None) } else { refuse(1, LineProblem::Header) };
    }
    let (mut bytes, mut last) = (HEADER_BYTES, None::<Valuation>);
    for number in 2_u32.. {
        line.clear();
        (&mut reader).take(row::LONGEST as u64).read_until(b'\n', &mut line).map_err(Error::io(path))?;
        let Some(row) = line.strip_suffix(b"\n") else {
            // A torn line is shorter than a whole one, but for zeros that a crash of the machine may leave.
            let torn = line.len() < row::LONGEST || line.last() == Some(&0) && is_blank(reader, path)?;
            return if torn { Ok(Some((bytes, last))) } else { refuse(number, LineProblem::TooLong) };
        };
        match row::read(row) {
            Ok(valuation) if last.is_some_and(|last| last.session >= valuation.session) => {
                return refuse(number, LineProblem::Order);
            }
            Ok(valuation) => last = Some(valuation),
            Err(problem) => return refuse(number, problem),
        }
        bytes += line.len() as u64;
    }
    refuse(u32::MAX, LineProblem::TooLong)
}

/// Returns whether nothing but zeros is left to read.
fn is_blank(mut reader: impl BufRead, path: &Path) -> Result<bool, Error> {
    loop {
        let piece = reader.fill_buf().map_err(Error::io(path))?;
        if piece.is_empty() || piece.iter().any(|byte| *byte != 0) {
            return Ok(piece.is_empty());
        }
        let length = piece.len();
        reader.consume(length);
    }
}
