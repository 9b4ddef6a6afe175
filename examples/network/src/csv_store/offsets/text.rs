//! [`Offsets`] as text and back.
//!
//! ```text
//! app1.offsets,2
//! topic,partition,next_offset
//! portfolios,0,3
//! file,bytes,crc32
//! Inv1_P11.csv,231,9c3a01ff
//! crc32,8a7b6c5d
//! ```
//!
//! The last line is the checksum of all before it, so that an offset changed by hand is noticed. The first version
//! had the positions alone, under their header; it is read still.

use std::fmt::Write;

use super::super::error::LineProblem;
use super::super::{folder, table};
use super::{Form, Mark, Offsets, Position};

const VERSION: &str = "app1.offsets,2";
const POSITIONS: &str = "topic,partition,next_offset";
const FILES: &str = "file,bytes,crc32";
const CHECKSUM: &str = "crc32,";

/// Marks of one file: what it was, what it will be.
const MOST_MARKS: usize = 2;

/// Returns the text of offsets, as this version writes them.
pub(super) fn spell(offsets: &Offsets) -> String {
    let mut text = format!("{VERSION}\n{POSITIONS}\n");
    // Writing to a String cannot fail.
    for Position { topic, partition, next } in &offsets.positions {
        let _ = writeln!(text, "{topic},{partition},{next}");
    }
    let _ = writeln!(text, "{FILES}");
    for (name, marks) in &offsets.marks {
        for Mark { bytes, checksum } in marks {
            let _ = writeln!(text, "{name},{bytes},{checksum:08x}");
        }
    }
    let checksum = crc32fast::hash(text.as_bytes());
    let _ = writeln!(text, "{CHECKSUM}{checksum:08x}");
    text
}

/// Returns the offsets of a text, or the first line that is wrong.
pub(super) fn parse(text: &[u8]) -> Result<Offsets, (u32, LineProblem)> {
    let mut offsets = Offsets::default();
    let mut part = Part::Top;
    let (mut end, mut last) = (0, 1);
    for (line, number) in text.split_inclusive(|byte| *byte == b'\n').zip(1..) {
        let Some(line) = line.strip_suffix(b"\n").and_then(|line| str::from_utf8(line).ok()) else {
            return Err((number, LineProblem::Spelling));
        };
        part = part.after(line, &mut offsets, &text[..end]).map_err(|problem| (number, problem))?;
        (end, last) = (end + line.len() + 1, number);
    }
    match part {
        Part::End => Ok(offsets),
        Part::Positions if offsets.form == Form::Plain => Ok(offsets),
        Part::Top => Err((1, LineProblem::Header)),
        Part::Version | Part::Positions | Part::Files => Err((last, LineProblem::Cut)),
    }
}

/// What stands before a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Nothing.
    Top,
    /// The line that names the version.
    Version,
    /// The header of positions, or one of them.
    Positions,
    /// The header of marks, or one of them.
    Files,
    /// The checksum.
    End,
}

impl Part {
    /// Takes a line up, and returns what stands before the next; `before` is the text in front of the line.
    fn after(self, line: &str, offsets: &mut Offsets, before: &[u8]) -> Result<Self, LineProblem> {
        match (self, line) {
            (Self::Top, VERSION) => return Ok(Self::Version),
            (Self::Top, POSITIONS) => offsets.form = Form::Plain,
            (Self::Version, POSITIONS) => {}
            (Self::Top | Self::Version, _) => return Err(LineProblem::Header),
            (Self::Positions, FILES) if offsets.form == Form::Marked => return Ok(Self::Files),
            (Self::Positions, _) => take_position(line, offsets)?,
            (Self::Files, _) => match line.strip_prefix(CHECKSUM) {
                Some(checksum) if checksum == format!("{:08x}", crc32fast::hash(before)) => return Ok(Self::End),
                Some(_) => return Err(LineProblem::Altered),
                None => {
                    take_mark(line, offsets)?;
                    return Ok(Self::Files);
                }
            },
            (Self::End, _) => return Err(LineProblem::Altered),
        }
        Ok(Self::Positions)
    }
}

fn take_position(line: &str, offsets: &mut Offsets) -> Result<(), LineProblem> {
    let [topic, partition, next] = fields(line)?;
    let (Ok(partition), Ok(next)) = (partition.parse(), next.parse()) else {
        return Err(LineProblem::Position);
    };
    let position = Position { topic: topic.to_owned(), partition, next };
    let before = offsets.positions.last();
    let after = before.is_none_or(|last| (&last.topic, last.partition) < (&position.topic, partition));
    if !position.is_valid() || !after {
        return Err(LineProblem::Position);
    }
    offsets.positions.push(position);
    Ok(())
}

fn take_mark(line: &str, offsets: &mut Offsets) -> Result<(), LineProblem> {
    let [name, bytes, checksum] = fields(line)?;
    let (Ok(bytes), Ok(checksum)) = (bytes.parse(), u32::from_str_radix(checksum, 16)) else {
        return Err(LineProblem::Mark);
    };
    let after = offsets.marks.last_key_value().is_none_or(|(last, _)| last.as_str() <= name);
    let marks = offsets.marks.entry(name.to_owned()).or_default();
    marks.push(Mark { bytes, checksum });
    if after && bytes >= table::HEADER_BYTES && folder::is_table(name) && marks.len() <= MOST_MARKS {
        Ok(())
    } else {
        Err(LineProblem::Mark)
    }
}

fn fields(line: &str) -> Result<[&str; 3], LineProblem> {
    let fields: Vec<&str> = line.split(',').collect();
    fields.try_into().map_err(|_| LineProblem::Fields)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Written by hand; the checksums are of Python's `zlib.crc32`.
    const WHOLE: &str = "app1.offsets,2\n\
                         topic,partition,next_offset\n\
                         other,0,1\n\
                         portfolios,0,5\n\
                         file,bytes,crc32\n\
                         Inv1_P11.csv,231,9c3a01ff\n\
                         Inv1_P12.csv,231,9c3a01ff\n\
                         Inv1_P12.csv,254,00000001\n\
                         crc32,6e8c3085\n";

    fn at(topic: &str, partition: i32, next: i64) -> Position {
        Position { topic: topic.to_owned(), partition, next }
    }

    #[test]
    fn a_text_is_these_offsets() {
        let (one, other) = (Mark { bytes: 231, checksum: 0x9c3a_01ff }, Mark { bytes: 254, checksum: 1 });
        let marks = [("Inv1_P11.csv", vec![one]), ("Inv1_P12.csv", vec![one, other])];
        let offsets = Offsets {
            positions: vec![at("other", 0, 1), at("portfolios", 0, 5)],
            marks: marks.map(|(name, marks)| (name.to_owned(), marks)).into(),
            form: Form::Marked,
        };
        assert_eq!(spell(&offsets), WHOLE);
        assert_eq!(parse(WHOLE.as_bytes()), Ok(offsets));
        let plain = "topic,partition,next_offset\nother,0,1\nportfolios,0,5\n";
        let positions = vec![at("other", 0, 1), at("portfolios", 0, 5)];
        assert_eq!(parse(plain.as_bytes()), Ok(Offsets { positions, form: Form::Plain, ..Offsets::default() }));
    }

    #[test]
    fn what_no_store_wrote_is_refused_by_its_line() {
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
            ("topic,partition,next_offset\na,1,1\nfile,bytes,crc32\n", 3, LineProblem::Position),
            ("app1.offsets,3\ntopic,partition,next_offset\n", 1, LineProblem::Header),
            ("app1.offsets,2\na,1,1\n", 2, LineProblem::Header),
            ("app1.offsets,2\n", 1, LineProblem::Cut),
            ("app1.offsets,2\ntopic,partition,next_offset\na,1,1\n", 3, LineProblem::Cut),
            ("app1.offsets,2\ntopic,partition,next_offset\nfile,bytes,crc32\n", 3, LineProblem::Cut),
        ] {
            assert_eq!(parse(text.as_bytes()), Err((line, problem)), "{text:?}");
        }
        for (old, new, line, problem) in [
            ("portfolios,0,5", "portfolios,0,6", 9, LineProblem::Altered),
            ("231,9c3a01ff\nInv1_P12", "232,9c3a01ff\nInv1_P12", 9, LineProblem::Altered),
            ("Inv1_P11.csv,231", "../P11.csv,231", 6, LineProblem::Mark),
            ("Inv1_P11.csv,231", "Inv1_P11.csv,75", 6, LineProblem::Mark),
            ("Inv1_P11.csv,231", "Inv1_P13.csv,231", 7, LineProblem::Mark),
            ("Inv1_P11.csv,231", "Inv1_P12.csv,231", 8, LineProblem::Mark),
            ("254,00000001", "254,x", 8, LineProblem::Mark),
            ("254,00000001", "254", 8, LineProblem::Fields),
            ("CHECKSUM\n", "CHECKSUM\nother,1,1\n", 10, LineProblem::Altered),
            ("crc32,CHECKSUM\n", "", 8, LineProblem::Cut),
        ] {
            let old = old.replace("CHECKSUM", checksum());
            let new = new.replace("CHECKSUM", checksum());
            assert!(WHOLE.contains(&old), "{old:?}");
            assert_eq!(parse(WHOLE.replacen(&old, &new, 1).as_bytes()), Err((line, problem)), "{new:?}");
        }
    }

    fn checksum() -> &'static str {
        &WHOLE[WHOLE.len() - 9..WHOLE.len() - 1]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn no_text_panics(text in "(app1.offsets,2\n)?(topic,partition,next_offset\n)?[a,0-9\n\r-]{0,60}(file,bytes,crc32\n)?[PI_.csv,0-9\n]{0,60}") {
            let _ = parse(text.as_bytes());
        }

        /// A byte changed, or the text cut: refused, never read as other offsets.
        #[test]
        fn no_change_goes_unseen(at in 0..WHOLE.len(), byte: u8, cut: bool) {
            let mut text = WHOLE.as_bytes().to_vec();
            if cut {
                text.truncate(at);
            } else {
                prop_assume!(text[at] != byte);
                text[at] = byte;
            }
            prop_assert!(parse(&text).is_err());
        }
    }
}
