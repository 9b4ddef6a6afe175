//! The store against crashes: a stream of rows, cut off anywhere in what the store writes, opened again and sent the
//! same stream from the stored positions, ends in the files of a run that nothing interrupted.
//!
//! The folder is an [`Image`] in memory, so that a crash can fall between any two bytes, and a crash of the machine
//! can lose whatever was not synced.

mod image;

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{Days, NaiveDate};
use finnet_core::{Amount, Name, PortfolioId, Valuation};
use proptest::prelude::*;

use super::disk::Disk;
use super::folder::Folder;
use super::{CsvStore, Error, HEADER, Position};
use image::{At, Fault, Image};

/// A row of the stream: its portfolio, its day, its value.
type Sent = (usize, u64, u8);

const DAY: fn(u64) -> NaiveDate = |number| NaiveDate::from_ymd_opt(2000, 1, 3).unwrap() + Days::new(number);

fn portfolios() -> [PortfolioId; 2] {
    ["P11", "P12"].map(|name| PortfolioId {
        investor: Name::new("Inv1").expect("a name"),
        portfolio: Name::new(name).expect("a name"),
    })
}

/// Stores a stream from where the image's positions are, so many rows a batch, by turns.
fn run(image: &Image, stream: &[Sent], sizes: &[usize]) -> Result<(), Error> {
    let ids = portfolios();
    let mut store = CsvStore::standing(Folder::on(Box::new(image.clone()), Path::new("data"))?, &ids)?;
    let mut from = store.positions().first().map_or(0, |at| usize::try_from(at.next).expect("no negative offset"));
    for size in sizes.iter().cycle() {
        let until = stream.len().min(from + size);
        let rows = stream[from..until].iter().map(|&(place, day, value)| {
            let value = Amount::from_units(i128::from(value) * 100_000_000);
            (ids[place], Valuation { session: DAY(day), value, change: None, change_pct: None })
        });
        let next =
            Position { topic: "portfolios".to_owned(), partition: 0, next: i64::try_from(until).expect("few rows") };
        store.append(&rows.collect::<Vec<_>>(), &[next])?;
        from = until;
        if from == stream.len() {
            break;
        }
    }
    Ok(())
}

/// Returns what the files hold in the end, spelt without the store: of each date the first row that was sent.
fn expected(stream: &[Sent]) -> [String; 2] {
    [0, 1].map(|of| {
        let mut rows = BTreeMap::new();
        for (_, day, value) in stream.iter().filter(|(place, ..)| *place == of) {
            rows.entry(*day).or_insert(*value);
        }
        let lines = rows.iter().map(|(day, value)| format!("{},{value}.00,,\n", DAY(*day)));
        format!("{HEADER}\n{}", lines.collect::<String>())
    })
}

fn tables(image: &Image) -> [String; 2] {
    ["Inv1_P11.csv", "Inv1_P12.csv"].map(|name| image.text(name))
}

/// Returns a run's steps and calls and its files, where nothing interrupts it.
fn uninterrupted(stream: &[Sent], sizes: &[usize]) -> ((usize, usize), Image) {
    let image = Image::default();
    run(&image, stream, sizes).expect("no fault");
    assert_eq!(tables(&image), expected(stream));
    (image.steps(), image)
}

/// Returns streams of up to so many rows, and the sizes of their batches.
fn stream(most: usize) -> impl Strategy<Value = (Vec<Sent>, Vec<usize>)> {
    (prop::collection::vec((0..2_usize, 0..12_u64, 0..4_u8), 1..=most), prop::collection::vec(1..6_usize, 1..4))
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        2 => Just(Fault::Kill),
        1 => Just(Fault::Full),
        4 => any::<[u8; 8]>().prop_map(Fault::Power),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Up to four faults one after the other, so that some fall into the recovery from another.
    #[test]
    fn no_fault_changes_the_end(
        (stream, sizes) in stream(15),
        faults in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>(), fault()), 1..5),
    ) {
        let ((steps, calls), whole) = uninterrupted(&stream, &sizes);
        let mut image = Image::default();
        for (at, within_a_write, fault) in faults {
            image.fail(if within_a_write { At::Step(at.index(steps)) } else { At::Call(at.index(calls)) }, fault);
            // Having met a fault or not, it ends here.
            let _ = run(&image, &stream, &sizes);
            image = image.restarted(fault);
        }
        if let Err(error) = run(&image, &stream, &sizes) {
            prop_assert!(false, "{}", error);
        }
        prop_assert_eq!(tables(&image), expected(&stream));
        prop_assert_eq!(image.text("app1.offsets"), whole.text("app1.offsets"));
        prop_assert_eq!(image.names().expect("names"), whole.names().expect("names"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]

    /// Each fault at every step: at each byte of what is written, at each rename, sync and cut.
    #[test]
    fn no_step_is_a_bad_one((stream, sizes) in stream(6), fates: [u8; 8]) {
        let ((steps, _), whole) = uninterrupted(&stream, &sizes);
        for fault in [Fault::Kill, Fault::Full, Fault::Power([0; 8]), Fault::Power([1; 8]), Fault::Power(fates)] {
            for step in 0..steps {
                let image = Image::default();
                image.fail(At::Step(step), fault);
                prop_assert!(run(&image, &stream, &sizes).is_err(), "{:?} at {}", fault, step);
                let image = image.restarted(fault);
                if let Err(error) = run(&image, &stream, &sizes) {
                    prop_assert!(false, "{:?} at {}: {}", fault, step, error);
                }
                prop_assert_eq!(tables(&image), tables(&whole), "{:?} at {}", fault, step);
            }
        }
    }
}

/// Killed at each call, then the machine dies at each call of the next run, with a row between others to be written.
#[test]
fn no_pair_of_crashes_is_a_bad_one() {
    let (stream, sizes) = ([(0, 1, 1), (0, 5, 2), (0, 3, 3), (1, 1, 4), (0, 6, 5)], [2]);
    let ((_, calls), whole) = uninterrupted(&stream, &sizes);
    for first in 0..calls {
        let killed = Image::default();
        killed.fail(At::Call(first), Fault::Kill);
        assert!(run(&killed, &stream, &sizes).is_err());
        for (second, pattern) in (0..calls).flat_map(|call| (0..8_u8).map(move |pattern| (call, pattern))) {
            // By threes, so that of what one step left unsynced any part may be lost.
            let fate = Fault::Power([0, 1, 2, 0, 1, 2, 0, 1].map(|bit| pattern >> bit & 1));
            let image = killed.restarted(Fault::Kill);
            image.fail(At::Call(second), fate);
            if run(&image, &stream, &sizes).is_ok() {
                break;
            }
            let image = image.restarted(fate);
            run(&image, &stream, &sizes).unwrap_or_else(|error| panic!("{first}, {second}, {pattern}: {error}"));
            assert_eq!(tables(&image), tables(&whole), "{first}, {second}, {pattern}");
        }
    }
}
