//! Any bytes as what a crash left of `Inv1_P11.csv` and `app1.offsets`: no panic; what opens keeps whole lines of the
//! file alone, opens again as the same, and takes a row.
//!
//! The input is the one file, a line `---`, the other. In the second LENGTH and CHECKSUM stand for those of the first
//! file's whole lines and END for the checksum of the lines before it, which no fuzzer would ever guess.

#![no_main]

use std::cell::OnceCell;
use std::fs;
use std::path::Path;

use finnet_core::{Name, PortfolioId, Valuation};
use finnet_fuzz::check_message;
use finnet_fuzz::csv_store::{CsvStore, HEADER, Outcome, Position};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

thread_local! {
    /// One folder for all inputs: to make and remove one costs more than the rest.
    static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
}

const SEPARATOR: &[u8] = b"\n---\n";

fuzz_target!(|input: &[u8]| {
    let (rows, offsets) = match input.windows(SEPARATOR.len()).position(|window| window == SEPARATOR) {
        Some(at) => (&input[..=at], Some(&input[at + SEPARATOR.len()..])),
        None => (input, None),
    };
    // The last newline before the line `---` is part of that line if a file without one is meant.
    let rows = rows.strip_suffix(b"\\\n").unwrap_or(rows);
    FOLDER.with(|folder| {
        let dir = folder.get_or_init(|| tempfile::tempdir().expect("a folder")).path();
        fs::write(dir.join("Inv1_P11.csv"), rows).expect("room");
        let _ = fs::remove_file(dir.join("app1.offsets"));
        if let Some(offsets) = offsets {
            fs::write(dir.join("app1.offsets"), filled(offsets, rows)).expect("room");
        }
        recover(dir, rows);
    });
});

fn recover(dir: &Path, rows: &[u8]) {
    let name = |text| Name::new(text).expect("a name");
    let p11 = PortfolioId { investor: name("Inv1"), portfolio: name("P11") };
    let files = || ["Inv1_P11.csv", "app1.offsets"].map(|name| fs::read(dir.join(name)).unwrap_or_default());
    let before = files();
    let store = match CsvStore::open(dir, &[p11]) {
        Ok(store) => store,
        Err(error) => {
            assert_eq!(files(), before, "what is refused is left as it is");
            return check_message(&error.to_string(), 1);
        }
    };
    let (positions, last, kept) = (store.positions().to_vec(), store.last_session(&p11), files());
    assert!(rows.starts_with(&kept[0]) || kept[0] == format!("{HEADER}\n").as_bytes());
    assert!(kept[0].ends_with(b"\n") && kept[1] == before[1]);
    drop(store);
    let mut store = CsvStore::open(dir, &[p11]).expect("what was opened opens again");
    assert_eq!((store.positions(), store.last_session(&p11), files()), (positions.as_slice(), last, kept.clone()));
    let Some(session) = last.map_or("2000-01-03".parse().ok(), |last| last.succ_opt()) else { return };
    let row = Valuation::after(None, session, "2.50".parse().expect("an amount"));
    let next = Position { topic: "portfolios".to_owned(), partition: 0, next: i64::MAX };
    let Ok([outcome]) = store.append(&[(p11, row)], &[next.clone()]).map(|outcomes| [outcomes[0]]) else {
        panic!("a row that has its room")
    };
    drop(store);
    let store = CsvStore::open(dir, &[p11]).expect("what was written opens again");
    assert!(store.positions().contains(&next));
    match outcome {
        Outcome::Stored => assert_eq!(files()[0], [&kept[0], format!("{session},2.50,,\n").as_bytes()].concat()),
        // The day after 9999-12-31.
        other => assert_eq!((other, files()[0].as_slice()), (Outcome::OutOfRange, kept[0].as_slice())),
    }
}

/// Returns offsets with the lengths and checksums that their placeholders stand for.
fn filled(offsets: &[u8], rows: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(offsets) else { return offsets.to_vec() };
    let whole = rows.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let checksum = |bytes: &[u8]| format!("{:08x}", crc32fast::hash(bytes));
    let text = text.replace("LENGTH", &whole.to_string()).replace("CHECKSUM", &checksum(&rows[..whole]));
    match text.split_once("crc32,END") {
        Some((before, after)) => format!("{before}crc32,{}{after}", checksum(before.as_bytes())).into_bytes(),
        None => text.into_bytes(),
    }
}
