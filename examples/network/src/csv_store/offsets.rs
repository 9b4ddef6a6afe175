//! `app1.offsets`: the Kafka positions up to which rows are in the files, as CSV `topic,partition,next_offset`.
//!
//! The file is replaced whole, after the rows it counts are on the disk.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::{self, Read, Write};

use super::error::{Error, LineProblem};
use super::folder::Folder;

/// The file's name.
pub(super) const FILE: &str = "app1.offsets";
const HEADER: &str = "topic,partition,next_offset";
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

/// Returns the positions of a folder, in order; none where there is no file.
pub(super) fn read(folder: &Folder) -> Result<Vec<Position>, Error> {
    let path = folder.file(FILE);
    let mut text = Vec::new();
    match fs::metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Ok(metadata) if !metadata.is_file() => return Err(Error::NotAFile { path: path.into() }),
        _ => {}
    }
    let file = fs::File::open(&path).map_err(Error::io(&path))?;
    file.take(MAX_BYTES).read_to_end(&mut text).map_err(Error::io(&path))?;
    parse(&text).map_err(|(line, problem)| Error::Line { file: path.into(), line, problem })
}

/// Writes the positions of a folder.
pub(super) fn write(folder: &Folder, positions: &[Position]) -> Result<(), Error> {
    let path = folder.file(FILE);
    folder.replace(&path, |writer| writer.write_all(spell(positions).as_bytes()).map_err(Error::io(&path)))
}

/// Removes the positions of a folder.
pub(super) fn remove(folder: &Folder) -> Result<(), Error> {
    let path = folder.file(FILE);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io(&path)(error)),
        _ => Ok(()),
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

/// Returns the positions with newer ones in the place of theirs, in order.
pub(super) fn advanced(positions: &[Position], newer: &[Position]) -> Vec<Position> {
    let all = positions.iter().chain(newer);
    let merged: BTreeMap<_, _> = all.map(|position| ((&position.topic, position.partition), position)).collect();
    merged.into_values().cloned().collect()
}

impl Position {
    fn is_valid(&self) -> bool {
        let named = (1..=249).contains(&self.topic.len())
            && self.topic.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        named && self.partition >= 0 && self.next >= 0
    }
}

fn spell(positions: &[Position]) -> String {
    let rows = positions.iter().map(|Position { topic, partition, next }| format!("{topic},{partition},{next}\n"));
    format!("{HEADER}\n{}", rows.collect::<String>())
}

/// Returns the positions of a text, or the first line that is none.
fn parse(text: &[u8]) -> Result<Vec<Position>, (u32, LineProblem)> {
    let mut positions: Vec<Position> = Vec::new();
    for (line, number) in text.split_inclusive(|byte| *byte == b'\n').zip(1..) {
        let refuse = |problem| Err((number, problem));
        let Some(line) = line.strip_suffix(b"\n").and_then(|line| str::from_utf8(line).ok()) else {
            return refuse(LineProblem::Spelling);
        };
        if number == 1 {
            if line != HEADER {
                return refuse(LineProblem::Header);
            }
            continue;
        }
        let fields: Vec<&str> = line.split(',').collect();
        let &[topic, partition, next] = fields.as_slice() else {
            return refuse(LineProblem::Fields);
        };
        let (Ok(partition), Ok(next)) = (partition.parse(), next.parse()) else {
            return refuse(LineProblem::Position);
        };
        let position = Position { topic: topic.to_owned(), partition, next };
        let after = positions.last().is_none_or(|last| (&last.topic, last.partition) < (&position.topic, partition));
        if !position.is_valid() || !after {
            return refuse(LineProblem::Position);
        }
        positions.push(position);
    }
    if text.is_empty() { Err((1, LineProblem::Header)) } else { Ok(positions) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(topic: &str, partition: i32, next: i64) -> Position {
        Position { topic: topic.to_owned(), partition, next }
    }

    #[test]
    fn positions_of_others_stay() {
        let old = [at("portfolios", 0, 5), at("portfolios", 1, 7)];
        let new = advanced(&old, &[at("portfolios", 1, 9), at("other", 0, 1)]);
        assert_eq!(new, [at("other", 0, 1), at("portfolios", 0, 5), at("portfolios", 1, 9)]);
        assert_eq!(parse(spell(&new).as_bytes()), Ok(new));
    }

    #[test]
    fn what_is_no_position_is_refused() {
        for (text, line, problem) in [
            ("", 1, LineProblem::Header),
            ("topic,partition\n", 1, LineProblem::Header),
            ("topic,partition,next_offset", 1, LineProblem::Spelling),
            ("topic,partition,next_offset\nportfolios,0\n", 2, LineProblem::Fields),
            ("topic,partition,next_offset\nportfolios,0,x\n", 2, LineProblem::Position),
            ("topic,partition,next_offset\nportfolios,0,-1\n", 2, LineProblem::Position),
            ("topic,partition,next_offset\na b,0,1\n", 2, LineProblem::Position),
            ("topic,partition,next_offset\na,1,1\na,0,1\n", 3, LineProblem::Position),
            ("topic,partition,next_offset\na,1,1\na,1,1\n", 3, LineProblem::Position),
            ("topic,partition,next_offset\na,1,1", 2, LineProblem::Spelling),
        ] {
            assert_eq!(parse(text.as_bytes()), Err((line, problem)), "{text:?}");
        }
        assert!(
            check(&[at("", 0, 0)]).is_err() && check(&[at("a", -1, 0)]).is_err() && check(&[at("a", 0, -1)]).is_err()
        );
        assert!(check(&[at("a", 0, 0), at("a", 0, 1)]).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn no_text_panics(text in "(topic,partition,next_offset\n)?[a,0-9\n\r-]{0,60}") {
            let _ = parse(text.as_bytes());
        }
    }
}
