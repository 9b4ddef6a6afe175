//! `app1.offsets`: the Kafka positions up to which rows are in the files, and how much of each file they count.
//!
//! The file is replaced whole, after the rows it counts are on the disk. So each file of rows begins with what the
//! positions count, byte for byte; what lies behind that comes again from Kafka.

mod text;

use std::collections::{BTreeMap, HashSet};
use std::io::Read;

use super::error::{Error, LineProblem};
use super::folder::Folder;

/// The file's name.
pub(super) const FILE: &str = "app1.offsets";
/// More than 16 MiB are no positions.
const MAX_BYTES: u64 = 16 << 20;

/// The place in a partition from which to read on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The topic: 1 to 249 letters, digits and `. _ -`.
    pub topic: String,
    /// The partition, from 0.
    pub partition: i32,
    /// The offset of the next record, from 0.
    pub next: i64,
}

/// What a file of rows begins with where the positions are: so many bytes, of this CRC-32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) bytes: u64,
    pub(super) checksum: u32,
}

/// What `app1.offsets` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Offsets {
    /// By topic and partition.
    pub(super) positions: Vec<Position>,
    /// By the file's name. While a file is rewritten there are two: what it was and what it will be.
    pub(super) marks: BTreeMap<String, Vec<Mark>>,
    pub(super) form: Form,
}

/// What a file of offsets tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Form {
    /// Positions alone, as the first version wrote them.
    Plain,
    /// Positions and marks.
    #[default]
    Marked,
}

impl Offsets {
    /// Returns the offsets of a folder; none where there is no file.
    pub(super) fn read(folder: &Folder) -> Result<Self, Error> {
        let Some(file) = folder.open(FILE)? else {
            return Ok(Self::default());
        };
        let path = folder.path(FILE);
        let mut text = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut text).map_err(Error::io(&path))?;
        let read = if text.len() as u64 > MAX_BYTES { Err((1, LineProblem::TooLong)) } else { text::parse(&text) };
        read.map_err(|(line, problem)| Error::Line { file: path.into(), line, problem })
    }

    /// Writes the offsets of a folder.
    pub(super) fn write(&self, folder: &Folder) -> Result<(), Error> {
        folder.replace(FILE, text::spell(self).as_bytes())
    }

    /// Returns whether rows may be counted of which there is no mark.
    pub(super) fn counts_unmarked(&self) -> bool {
        self.form == Form::Plain && !self.positions.is_empty()
    }

    /// Returns what a file begins with; nothing where none of its rows is counted, or [`Form::Plain`].
    pub(super) fn marks_of(&self, name: &str) -> &[Mark] {
        self.marks.get(name).map_or(&[], Vec::as_slice)
    }

    /// Returns the positions with newer ones in the place of theirs, in order.
    pub(super) fn advanced(&self, newer: &[Position]) -> Vec<Position> {
        let all = self.positions.iter().chain(newer);
        let merged: BTreeMap<_, _> = all.map(|position| ((&position.topic, position.partition), position)).collect();
        merged.into_values().cloned().collect()
    }
}

/// Removes the offsets of a folder.
pub(super) fn remove(folder: &Folder) -> Result<(), Error> {
    match folder.open(FILE)? {
        Some(_) => folder.remove(FILE),
        None => Ok(()),
    }
}

/// Checks positions that a caller gives.
pub(super) fn check(positions: &[Position]) -> Result<(), Error> {
    let mut seen = HashSet::new();
    let bad = positions
        .iter()
        .find(|position| !position.is_valid() || !seen.insert((position.topic.as_str(), position.partition)));
    match bad {
        Some(Position { topic, partition, .. }) => {
            Err(Error::BadPosition { topic: topic.as_str().into(), partition: *partition })
        }
        None => Ok(()),
    }
}

impl Position {
    fn is_valid(&self) -> bool {
        let named = (1..=249).contains(&self.topic.len())
            && self.topic.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        named && self.partition >= 0 && self.next >= 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(topic: &str, partition: i32, next: i64) -> Position {
        Position { topic: topic.to_owned(), partition, next }
    }

    #[test]
    fn positions_of_others_stay() {
        let old = Offsets { positions: vec![at("portfolios", 0, 5), at("portfolios", 1, 7)], ..Offsets::default() };
        let new = old.advanced(&[at("portfolios", 1, 9), at("other", 0, 1)]);
        assert_eq!(new, [at("other", 0, 1), at("portfolios", 0, 5), at("portfolios", 1, 9)]);
    }

    #[test]
    fn what_is_no_position_is_refused() {
        for bad in [at("", 0, 0), at("a b", 0, 0), at(&"a".repeat(250), 0, 0), at("a", -1, 0), at("a", 0, -1)] {
            assert!(check(std::slice::from_ref(&bad)).is_err(), "{bad:?}");
        }
        assert!(check(&[at("a", 0, 0), at("a", 0, 1)]).is_err());
        assert!(check(&[at("a", 0, 0), at("a", 1, 1), at("b", 0, 1)]).is_ok());
    }
}
