//! The CSV store: the bytes it writes, what it says of each row, and that no crash changes either.

#[path = "csv_store/full.rs"]
mod full;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::{Days, NaiveDate};
use finnet_core::{Amount, Name, Percent, PortfolioId, Valuation};
use finnet_network::csv_store::{CsvStore, Error, HEADER, LineProblem, Outcome, Position};
use proptest::prelude::*;

fn portfolio(text: &str) -> PortfolioId {
    let (investor, portfolio) = text.split_once('_').unwrap();
    PortfolioId { investor: Name::new(investor).unwrap(), portfolio: Name::new(portfolio).unwrap() }
}

fn p11() -> PortfolioId {
    portfolio("Inv1_P11")
}

fn day(number: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2000, 1, 3).unwrap() + Days::new(number)
}

/// Returns the row of a day with a value in units of 10⁻⁸ and no change.
fn row(number: u64, value: i128) -> (PortfolioId, Valuation) {
    (p11(), Valuation { session: day(number), value: Amount::from_units(value), change: None, change_pct: None })
}

/// Returns rows of consecutive days, each with its changes.
fn rows(of: &str, values: &[i64]) -> Vec<(PortfolioId, Valuation)> {
    let mut before = None;
    let rows = values.iter().zip(0..).map(|(value, number)| {
        let valuation = Valuation::after(before, day(number), Amount::from_units((*value).into()));
        before = Some(valuation.value);
        (portfolio(of), valuation)
    });
    rows.collect()
}

fn at(partition: i32, next: i64) -> Position {
    Position { topic: "portfolios".to_owned(), partition, next }
}

fn read(dir: &Path, name: &str) -> String {
    fs::read_to_string(dir.join(name)).unwrap()
}

/// Returns the names in a folder, sorted, without the lock's.
fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name != "app1.lock");
    names.sort();
    names
}

#[test]
fn a_file_is_these_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("made/if/absent");
    let mut store = CsvStore::open(&dir, &[p11(), portfolio("Inv2_P21")]).unwrap();
    assert_eq!((store.positions(), store.last_session(&p11()), store.begun()), (&[][..], None, &[][..]));
    let batch = rows("Inv1_P11", &[276_338_300_000_000, 276_338_300_000_001, -100_000_000, 0, 5]);
    assert_eq!(store.append(&batch, &[at(1, 5), at(0, 3)]).unwrap(), [Outcome::Stored; 5]);
    assert_eq!(store.last_session(&p11()), Some(day(4)));
    assert_eq!(store.positions(), [at(0, 3), at(1, 5)]);
    assert_eq!(store.path(&p11()), Some(dir.join("Inv1_P11.csv").as_path()));
    assert_eq!(store.path(&portfolio("Inv9_P9")), None);
    drop(store);
    assert_eq!(
        read(&dir, "Inv1_P11.csv"),
        "As_Of,Evaluation,Daily_Evaluation_Change,Daily_Evaluation_Change_Percentage\n\
         2000-01-03,2763383.00,,\n\
         2000-01-04,2763383.00000001,0.00000001,0.00\n\
         2000-01-05,-1.00,-2763384.00000001,-100.00\n\
         2000-01-06,0.00,1.00,100.00\n\
         2000-01-07,0.00000005,0.00000005,\n"
    );
    assert_eq!(read(&dir, "Inv2_P21.csv"), format!("{HEADER}\n"));
    // The checksums are of Python's `zlib.crc32`.
    assert_eq!(
        read(&dir, "app1.offsets"),
        "app1.offsets,2\n\
         topic,partition,next_offset\n\
         portfolios,0,3\n\
         portfolios,1,5\n\
         file,bytes,crc32\n\
         Inv1_P11.csv,249,dfd25011\n\
         Inv2_P21.csv,76,db1f0a75\n\
         crc32,ecabc05e\n"
    );
    assert_eq!(names(&dir), ["Inv1_P11.csv", "Inv2_P21.csv", "app1.offsets"]);
    let mut store = CsvStore::open(&dir, &[p11(), portfolio("Inv3_P31")]).unwrap();
    assert_eq!(store.positions(), [at(0, 3), at(1, 5)]);
    assert_eq!(store.begun(), [portfolio("Inv3_P31")]);
    assert_eq!(store.append(&[], &[at(1, 6)]).unwrap(), []);
    assert_eq!(store.positions(), [at(0, 3), at(1, 6)]);
}

#[cfg(unix)]
#[test]
fn files_are_readable_by_others() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    // The mask of the process may take rights away: what a plain file gets is what these get.
    fs::write(folder.path().join("plain"), "").unwrap();
    let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    let expected = mode("plain") & 0o644;
    let mut store = CsvStore::open(folder.path(), &[p11()]).unwrap();
    store.append(&[row(5, 5)], &[at(0, 1)]).unwrap();
    store.append(&[row(1, 1)], &[at(0, 2)]).unwrap();
    for name in ["Inv1_P11.csv", "app1.offsets", "app1.lock"] {
        assert_eq!(mode(name), expected, "{name}");
    }
}

#[test]
fn each_row_has_its_outcome() {
    use Outcome::{Contradicting, OutOfRange, Repeated, Stored};

    let folder = tempfile::tempdir().unwrap();
    let mut store = CsvStore::open(folder.path(), &[p11()]).unwrap();
    let most = 10_i128.pow(28) - 1;
    let with = |number, value, change: Option<i128>, percent: Option<i128>| {
        let (change, change_pct) = (change.map(Amount::from_units), percent.map(Percent::from_units));
        (p11(), Valuation { session: day(number), value: Amount::from_units(value), change, change_pct })
    };
    let far = |year| (p11(), Valuation { session: NaiveDate::from_ymd_opt(year, 1, 1).unwrap(), ..row(0, 0).1 });
    let batch = [
        (row(10, most), Stored),
        (row(10, most), Repeated),
        (row(10, -most), Contradicting),
        (row(11, most + 1), OutOfRange),
        (row(11, -most - 1), OutOfRange),
        (with(11, 1, Some(most + 1), None), OutOfRange),
        (with(11, 1, Some(0), Some(10_i128.pow(12))), OutOfRange),
        (with(11, 1, Some(0), Some(1 - 10_i128.pow(12))), Stored),
        (with(11, 1, Some(0), None), Contradicting),
        (with(11, 1, None, Some(1 - 10_i128.pow(12))), Contradicting),
        (row(5, 1), Stored),
        (row(5, 1), Repeated),
        (far(10_000), OutOfRange),
        (far(-1), OutOfRange),
    ];
    let (given, expected): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
    assert_eq!(store.append(&given, &[]).unwrap(), expected);
    // Again, in a batch of its own, over again and after a restart: nothing is stored, nothing changes.
    let bytes = read(folder.path(), "Inv1_P11.csv");
    let settled: Vec<_> = expected.iter().map(|outcome| if *outcome == Stored { Repeated } else { *outcome }).collect();
    assert_eq!(store.append(&given, &[]).unwrap(), settled);
    drop(store);
    let mut store = CsvStore::open(folder.path(), &[p11()]).unwrap();
    assert_eq!(store.append(&given, &[]).unwrap(), settled);
    assert_eq!(read(folder.path(), "Inv1_P11.csv"), bytes);
}

/// 26 years of sessions: every row is found again, forward, backward and at random, and gaps take rows in.
#[test]
fn a_long_file_is_searched_and_mended() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = CsvStore::open(folder.path(), &[p11()]).unwrap();
    // Every third day is left out.
    let stands = |number: u64| number % 3 != 1;
    let value = |number: u64| i128::from(number).pow(3) * 7 + 1;
    let all: Vec<_> = (0..9_000).map(|number| row(number, value(number))).collect();
    let kept: Vec<_> = (0..9_000).filter(|number| stands(*number)).map(|number| row(number, value(number))).collect();
    store.append(&kept, &[]).unwrap();
    let whole = read(folder.path(), "Inv1_P11.csv");

    assert_eq!(store.append(&kept, &[]).unwrap(), vec![Outcome::Repeated; kept.len()]);
    let backward: Vec<_> = kept.iter().rev().copied().collect();
    assert_eq!(store.append(&backward, &[]).unwrap(), vec![Outcome::Repeated; kept.len()]);
    let scattered: Vec<_> =
        (0..9_000_u64).map(|n| n * 4_999 % 9_000).filter(|n| stands(*n)).map(|n| row(n, -1)).collect();
    assert_eq!(store.append(&scattered, &[]).unwrap(), vec![Outcome::Contradicting; scattered.len()]);
    assert_eq!(read(folder.path(), "Inv1_P11.csv"), whole);

    let outcomes = store.append(&all, &[]).unwrap();
    let expected: Vec<_> = (0..9_000).map(|n| if stands(n) { Outcome::Repeated } else { Outcome::Stored }).collect();
    assert_eq!(outcomes, expected);
    let other = tempfile::tempdir().unwrap();
    CsvStore::open(other.path(), &[p11()]).unwrap().append(&all, &[]).unwrap();
    assert_eq!(read(folder.path(), "Inv1_P11.csv"), read(other.path(), "Inv1_P11.csv"));
    // The end is known still, and so is the beginning.
    assert_eq!(store.append(&[row(9_000, 1), row(0, 1)], &[]).unwrap(), [Outcome::Stored, Outcome::Repeated]);
}

#[test]
fn a_folder_has_one_writer() {
    let folder = tempfile::tempdir().unwrap();
    let store = CsvStore::open(folder.path(), &[p11()]).unwrap();
    for second in [CsvStore::open(folder.path(), &[p11()]), CsvStore::fresh(folder.path(), &[p11()])] {
        let error = second.unwrap_err();
        assert!(matches!(error, Error::InUse { .. }) && error.to_string().contains("end it first"), "{error}");
    }
    drop(store);
    CsvStore::open(folder.path(), &[p11()]).unwrap();
}

#[test]
fn what_no_store_wrote_is_refused_by_its_line() {
    for (text, line, problem) in [
        ("Date,Value\n", 1, LineProblem::Header),
        ("As_Of,Evaluation\n2000-01-03,1.00,,\n", 1, LineProblem::Header),
        ("{HEADER}\r\n", 1, LineProblem::Header),
        ("{HEADER}\n\n", 2, LineProblem::Fields),
        ("{HEADER}\n2000-01-03,1.00,,\r\n", 2, LineProblem::Decimal),
        ("{HEADER}\n2000-01-03,1.00,,\n2000-01-03,1.00,,\n", 3, LineProblem::Order),
        ("{HEADER}\n2000-01-04,1.00,,\n2000-01-03,1.00,,\n2000-01-0", 3, LineProblem::Order),
        ("{HEADER}\n2000-01-03,1.00,,\n2000-01-04,2,,\n", 3, LineProblem::Spelling),
        ("{HEADER}\n03.01.2000,1.00,,\n", 2, LineProblem::Date),
        ("{HEADER}\n2000-01-03,1.00\n", 2, LineProblem::Fields),
        ("{HEADER}\n{LONG}\n", 2, LineProblem::TooLong),
        ("{HEADER}\n{LONG}", 2, LineProblem::TooLong),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let text = text.replace("{HEADER}", HEADER).replace("{LONG}", &"x".repeat(200_000));
        fs::write(folder.path().join("Inv1_P11.csv"), &text).unwrap();
        let error = CsvStore::open(folder.path(), &[p11()]).unwrap_err();
        assert!(error.to_string().contains(&format!("Inv1_P11.csv:{line}: ")), "{error}");
        assert!(matches!(error, Error::Line { problem: found, .. } if found == problem), "{error}");
        assert_eq!(read(folder.path(), "Inv1_P11.csv"), text, "a refused file is left as it is");
    }
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("Inv1_P11.csv")).unwrap();
    assert!(matches!(CsvStore::open(folder.path(), &[p11()]), Err(Error::NotAFile { .. })));
    fs::remove_dir(folder.path().join("Inv1_P11.csv")).unwrap();
    fs::write(folder.path().join("app1.offsets"), "topic,partition,next_offset\nportfolios,0,many\n").unwrap();
    let error = CsvStore::open(folder.path(), &[p11()]).unwrap_err().to_string();
    assert!(error.contains("app1.offsets:2: no Kafka position"), "{error}");
    fs::write(folder.path().join("file"), "").unwrap();
    assert!(matches!(CsvStore::open(&folder.path().join("file"), &[p11()]), Err(Error::Io { .. })));
}

#[test]
fn a_call_that_is_wrong_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = CsvStore::open(folder.path(), &[p11()]).unwrap();
    let stranger = (portfolio("Inv9_P9"), row(1, 1).1);
    assert!(matches!(store.append(&[row(0, 1), stranger], &[]), Err(Error::UnknownPortfolio(_))));
    let bad = Position { topic: "a,b".to_owned(), partition: 0, next: 0 };
    assert!(matches!(store.append(&[row(0, 1)], &[bad]), Err(Error::BadPosition { .. })));
    assert!(matches!(store.append(&[row(0, 1)], &[at(0, 1), at(0, 2)]), Err(Error::BadPosition { .. })));
    assert_eq!(read(folder.path(), "Inv1_P11.csv"), format!("{HEADER}\n"));
    assert_eq!(store.append(&[row(0, 1)], &[at(0, 1)]).unwrap(), [Outcome::Stored]);
}

#[test]
fn a_store_whose_write_failed_wants_to_be_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = CsvStore::open(folder.path(), &[p11()]).unwrap();
    store.append(&[row(0, 1)], &[at(0, 1)]).unwrap();
    let path = folder.path().join("Inv1_P11.csv");
    fs::write(&path, read(folder.path(), "Inv1_P11.csv") + "2000-01-04,1.00,,\n").unwrap();
    assert!(matches!(store.append(&[row(1, 2)], &[at(0, 2)]), Err(Error::Changed { .. })));
    assert!(matches!(store.append(&[row(1, 2)], &[at(0, 2)]), Err(Error::Unsettled)));
    assert_eq!(store.positions(), [at(0, 1)]);
    drop(store);
    let mut store = CsvStore::open(folder.path(), &[p11()]).unwrap();
    assert_eq!(store.append(&[row(1, 2), row(2, 3)], &[]).unwrap(), [Outcome::Contradicting, Outcome::Stored]);
    drop(store);
    let mut store = CsvStore::fresh(folder.path(), &[p11()]).unwrap();
    fs::remove_file(store.path(&p11()).unwrap()).unwrap();
    assert!(matches!(store.append(&[row(0, 1)], &[]), Err(Error::Io { .. })));
    assert!(matches!(store.publish(), Err(Error::Unsettled)));
    assert!(read(folder.path(), "Inv1_P11.csv").contains("2000-01-05"));
}

#[test]
fn a_fresh_store_replaces_at_the_end_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    CsvStore::open(dir, &[p11()]).unwrap().append(&[row(0, 1)], &[at(0, 7)]).unwrap();
    let (old, offsets) = (read(dir, "Inv1_P11.csv"), read(dir, "app1.offsets"));

    // Dropped before the end.
    let mut store = CsvStore::fresh(dir, &[p11(), portfolio("Inv1_P12")]).unwrap();
    assert_eq!((store.positions(), store.last_session(&p11())), (&[][..], None));
    store.append(&[row(5, 5), row(6, 6)], &[at(0, 2)]).unwrap();
    store.append(&[row(1, 1), row(5, 4)], &[at(0, 4)]).unwrap();
    assert_eq!(store.positions(), [at(0, 4)]);
    drop(store);
    assert_eq!((read(dir, "Inv1_P11.csv"), read(dir, "app1.offsets")), (old.clone(), offsets));
    assert_eq!(names(dir), ["Inv1_P11.csv", "app1.offsets"]);

    // Killed: what it left is removed by whoever comes next, and nothing else is.
    for name in ["Inv1_P11.csv.fresh", "Old_P1.csv.fresh", "Inv1_P11.csv.tmp", "app1.offsets.tmp", "notes.tmp"] {
        fs::write(dir.join(name), "2000-").unwrap();
    }
    drop(CsvStore::open(dir, &[p11()]).unwrap());
    assert_eq!(names(dir), ["Inv1_P11.csv", "app1.offsets", "notes.tmp"]);
    assert_eq!(read(dir, "Inv1_P11.csv"), old);

    // Published: the old positions belong to the old rows.
    let mut store = CsvStore::fresh(dir, &[p11(), portfolio("Inv1_P12")]).unwrap();
    assert_eq!(store.append(&[row(5, 5), row(1, 1)], &[at(0, 2)]).unwrap(), [Outcome::Stored; 2]);
    assert_eq!(read(dir, "Inv1_P11.csv"), old);
    store.publish().unwrap();
    assert_eq!(names(dir), ["Inv1_P11.csv", "Inv1_P12.csv", "notes.tmp"]);
    assert_eq!(read(dir, "Inv1_P11.csv"), format!("{HEADER}\n2000-01-04,0.00000001,,\n2000-01-08,0.00000005,,\n"));
    let store = CsvStore::open(dir, &[p11()]).unwrap();
    assert_eq!((store.positions(), store.last_session(&p11())), (&[][..], Some(day(5))));
    store.publish().unwrap();
}

/// Cut anywhere behind what the positions count, opened again and given what is missing: the bytes of a run that
/// nothing interrupted. Cut before: refused.
#[test]
fn a_file_cut_at_any_byte_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let batch = rows("Inv1_P11", &[276_338_300_000_000, -5, 0, 12_345]);
    let mut store = CsvStore::open(folder.path(), &[p11()]).unwrap();
    store.append(&batch[..2], &[at(0, 2)]).unwrap();
    let counted = read(folder.path(), "Inv1_P11.csv").len();
    store.append(&batch, &[]).unwrap();
    drop(store);
    let whole = read(folder.path(), "Inv1_P11.csv");
    let path = folder.path().join("Inv1_P11.csv");
    for length in 0..=whole.len() {
        // A crash of the machine may leave zeros where a line should be, and more behind them.
        for tail in [&[][..], &[0; 3], &[0; 5_000], b"\0\0\n2000-01-09,1.00,,\n"] {
            fs::write(&path, [&whole.as_bytes()[..length], tail].concat()).unwrap();
            let opened = CsvStore::open(folder.path(), &[p11()]);
            if length < counted {
                let error = opened.unwrap_err().to_string();
                assert!(
                    error.contains("Inv1_P11.csv:") && error.contains("by hand or truncated?"),
                    "{length}: {error}"
                );
                continue;
            }
            let mut store = opened.unwrap_or_else(|error| panic!("{length}: {error}"));
            let lines = whole[..length].matches('\n').count() - 1;
            assert_eq!(store.last_session(&p11()), Some(batch[lines - 1].1.session), "{length}");
            let outcomes = store.append(&batch, &[]).unwrap();
            assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Repeated).count(), lines, "{length}");
            assert_eq!(read(folder.path(), "Inv1_P11.csv"), whole, "{length}");
        }
    }
}

/// Where there are positions, whatever they count stands as it was, or the line is named.
#[test]
fn a_file_edited_by_hand_is_refused_by_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let (path, offsets) = (folder.path().join("Inv1_P11.csv"), folder.path().join("app1.offsets"));
    let batch = rows("Inv1_P11", &[276_338_300_000_000, 500_000_000, 700_000_000]);
    CsvStore::open(folder.path(), &[p11()]).unwrap().append(&batch, &[at(0, 3)]).unwrap();
    let (whole, positions) = (read(folder.path(), "Inv1_P11.csv"), read(folder.path(), "app1.offsets"));
    let (all, last) = (whole.trim_end(), whole.trim_end().rsplit_once('\n').unwrap().0);
    for (text, line, problem) in [
        // The last newline, the last row, all rows.
        (all.to_owned(), 4, LineProblem::Cut),
        (format!("{last}\n"), 4, LineProblem::Cut),
        (last.to_owned(), 3, LineProblem::Cut),
        (format!("{HEADER}\n"), 2, LineProblem::Cut),
        (HEADER.to_owned(), 1, LineProblem::Cut),
        (String::new(), 1, LineProblem::Cut),
        // A row out of the middle, the length kept by another behind; a digit; a row before the first.
        (
            whole.replace("2000-01-04,5.00,-2763378.00,-100.00", "2000-01-04,5.00,-2763378.00,-100.10"),
            4,
            LineProblem::Altered,
        ),
        (whole.replacen("2000-01-03,2763383.00,,\n", "", 1) + "2000-01-06,27633830.00,,\n", 4, LineProblem::Altered),
        (whole.replacen("2000-01-03", "2000-01-02", 1), 4, LineProblem::Altered),
        (whole.replacen("2000-01-03", "1999-12-31,1.00,,\n2000-01-03", 1), 5, LineProblem::Altered),
        // Told by the line itself.
        (whole.replacen("2000-01-04", "2000-01-06", 1), 4, LineProblem::Order),
        (whole.replacen("5.00", "5.0", 1), 3, LineProblem::Spelling),
        (whole.clone() + "a note", 5, LineProblem::Spelling),
    ] {
        fs::write(&path, &text).unwrap();
        let error = CsvStore::open(folder.path(), &[p11()]).unwrap_err();
        assert!(
            matches!(&error, Error::Line { line: of, problem: found, .. } if (*of, *found) == (line, problem)),
            "{text}: {error}"
        );
        assert!(error.to_string().ends_with("move it and app1.offsets away to have all rows read again"), "{error}");
        assert_eq!(read(folder.path(), "Inv1_P11.csv"), text, "a refused file is left as it is");
    }
    fs::remove_file(&path).unwrap();
    let error = CsvStore::open(folder.path(), &[p11()]).unwrap_err();
    assert!(matches!(error, Error::Missing { .. }) && error.to_string().contains("Inv1_P11.csv: not there"), "{error}");
    fs::write(&path, &whole).unwrap();
    fs::write(&offsets, positions.replace("portfolios,0,3", "portfolios,0,4")).unwrap();
    let error = CsvStore::open(folder.path(), &[p11()]).unwrap_err();
    assert!(matches!(error, Error::Line { line: 6, problem: LineProblem::Altered, .. }), "{error}");
    assert!(error.to_string().ends_with("move it away to have all rows read again"), "{error}");
    // A row added behind is no row of ours for sure only when Kafka sends another.
    fs::write(&offsets, &positions).unwrap();
    fs::write(&path, whole.clone() + "2000-01-06,1.00,,\n").unwrap();
    let mut store = CsvStore::open(folder.path(), &[p11()]).unwrap();
    assert_eq!(store.append(&[row(3, 2)], &[at(0, 4)]).unwrap(), [Outcome::Contradicting]);
    drop(store);
    // And what the message advises helps.
    fs::write(&path, &whole.as_bytes()[..whole.len() - 5]).unwrap();
    fs::remove_file(&path).unwrap();
    fs::remove_file(&offsets).unwrap();
    let mut store = CsvStore::open(folder.path(), &[p11()]).unwrap();
    assert_eq!(store.positions(), []);
    assert_eq!(store.append(&batch, &[at(0, 3)]).unwrap(), [Outcome::Stored; 3]);
    assert_eq!((read(folder.path(), "Inv1_P11.csv"), read(folder.path(), "app1.offsets")), (whole, positions));
}

/// A file that is not of this run's network keeps its mark.
#[test]
fn other_portfolios_stay_counted() {
    let folder = tempfile::tempdir().unwrap();
    let p12 = portfolio("Inv1_P12");
    let both = [rows("Inv1_P11", &[1, 2]), rows("Inv1_P12", &[3, 4])].concat();
    CsvStore::open(folder.path(), &[p11(), p12]).unwrap().append(&both, &[at(0, 4)]).unwrap();
    CsvStore::open(folder.path(), &[p11()]).unwrap().append(&[row(5, 1)], &[at(0, 5)]).unwrap();
    let path = folder.path().join("Inv1_P12.csv");
    fs::write(&path, read(folder.path(), "Inv1_P12.csv").trim_end()).unwrap();
    assert!(matches!(CsvStore::open(folder.path(), &[p11(), p12]), Err(Error::Line { problem: LineProblem::Cut, .. })));
    CsvStore::open(folder.path(), &[p11()]).unwrap();
}

/// `app1.offsets` of the first version, which told positions alone: read, and written anew with the next rows.
#[test]
fn positions_of_the_first_version_are_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Inv1_P11.csv");
    let old = "topic,partition,next_offset\nportfolios,0,2\n";
    let text = format!("{HEADER}\n2000-01-03,0.00000001,,\n2000-01-04,0.00000002,,\n");
    fs::write(folder.path().join("app1.offsets"), old).unwrap();
    // Counted or not? Nobody knows; once its newline is back, or it is gone, it goes on.
    fs::write(&path, text.trim_end()).unwrap();
    let error = CsvStore::open(folder.path(), &[p11()]).unwrap_err();
    assert!(matches!(error, Error::Line { line: 3, problem: LineProblem::Torn, .. }), "{error}");
    fs::write(&path, &text).unwrap();
    let mut store = CsvStore::open(folder.path(), &[p11()]).unwrap();
    assert_eq!(store.positions(), [at(0, 2)]);
    assert_eq!(read(folder.path(), "app1.offsets"), old);
    // A row between others as well: it has no mark to be announced under.
    assert_eq!(store.append(&[row(5, 5), row(3, 3)], &[at(0, 4)]).unwrap(), [Outcome::Stored; 2]);
    assert!(read(folder.path(), "app1.offsets").starts_with("app1.offsets,2\n"));
    drop(store);
    fs::write(&path, read(folder.path(), "Inv1_P11.csv").trim_end()).unwrap();
    let error = CsvStore::open(folder.path(), &[p11()]).unwrap_err();
    assert!(matches!(error, Error::Line { line: 5, problem: LineProblem::Cut, .. }), "{error}");
}

#[test]
fn what_is_prepared_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = CsvStore::open(folder.path(), &[p11()]).unwrap();
    store.append(&[row(1, 1), row(5, 5)], &[at(0, 2)]).unwrap();
    let before = (read(folder.path(), "Inv1_P11.csv"), read(folder.path(), "app1.offsets"));
    // After the last, and between others: the two ways in.
    for number in [6, 3] {
        let batch = [row(number, 3), row(5, 5), row(5, 6), row(number, 4)];
        let expected = [Outcome::Stored, Outcome::Repeated, Outcome::Contradicting, Outcome::Contradicting];
        let prepared = store.prepare(&batch, &[at(0, 6)]).unwrap();
        assert_eq!(prepared.outcomes(), expected);
        drop(prepared);
        assert_eq!((read(folder.path(), "Inv1_P11.csv"), read(folder.path(), "app1.offsets")), before);
        assert_eq!(names(folder.path()), ["Inv1_P11.csv", "app1.offsets"]);
        assert_eq!((store.positions(), store.last_session(&p11())), (&[at(0, 2)][..], Some(day(5))));
        // Dropped, it left nothing in memory either.
        assert_eq!(store.prepare(&batch, &[at(0, 6)]).unwrap().outcomes(), expected);
    }
    let prepared = store.prepare(&[row(3, 3), row(6, 6)], &[at(0, 4)]).unwrap();
    assert_eq!(prepared.commit().unwrap(), [Outcome::Stored; 2]);
    let ends = "2000-01-04,0.00000001,,\n2000-01-06,0.00000003,,\n2000-01-08,0.00000005,,\n2000-01-09,0.00000006,,\n";
    assert_eq!(read(folder.path(), "Inv1_P11.csv"), format!("{HEADER}\n{ends}"));
    assert_eq!(store.positions(), [at(0, 4)]);
}

/// Nothing is read or written through a link: it may lead out of the folder.
#[cfg(unix)]
#[test]
fn links_are_refused() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let target = elsewhere.path().join("precious");
    for name in ["Inv1_P11.csv", "app1.offsets", "app1.lock"] {
        for content in [None, Some(format!("{HEADER}\n"))] {
            let _ = fs::remove_file(&target);
            if let Some(text) = &content {
                fs::write(&target, text).unwrap();
            }
            let link = folder.path().join(name);
            let _ = fs::remove_file(&link);
            std::os::unix::fs::symlink(&target, &link).unwrap();
            let error = CsvStore::open(folder.path(), &[p11()]).unwrap_err();
            assert!(matches!(&error, Error::NotAFile { path } if **path == *link), "{name}: {error}");
            assert_eq!(fs::read_to_string(&target).ok(), content, "{name}");
            fs::remove_file(&link).unwrap();
        }
    }
    // What is left of a killed run is removed, itself and not what it leads to; a fresh store puts a file in its place.
    fs::write(&target, "precious").unwrap();
    for name in ["Inv1_P11.csv.tmp", "Inv1_P11.csv.fresh", "Inv1_P11.csv"] {
        std::os::unix::fs::symlink(&target, folder.path().join(name)).unwrap();
    }
    CsvStore::fresh(folder.path(), &[p11()]).unwrap().publish().unwrap();
    assert_eq!(names(folder.path()), ["Inv1_P11.csv"]);
    assert!(fs::symlink_metadata(folder.path().join("Inv1_P11.csv")).unwrap().is_file());
    assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
}

/// What a store should hold: the first row of each date, by portfolio.
type Model = BTreeMap<usize, BTreeMap<u64, (i8, Option<i8>)>>;

fn spelt(rows: &BTreeMap<u64, (i8, Option<i8>)>) -> String {
    let cents = |units: i8| format!("{}0.{:02}", if units < 0 { "-" } else { "" }, units.unsigned_abs() % 100);
    let lines = rows.iter().map(|(number, (value, change))| {
        format!("{},{},{},\n", day(*number), cents(*value), change.map(cents).unwrap_or_default())
    });
    format!("{HEADER}\n{}", lines.collect::<String>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Any rows in any order and batches, through restarts, end in the same files.
    #[test]
    fn a_store_is_a_map(
        batches in prop::collection::vec(
            (prop::collection::vec((0..2_usize, 0_u64..40, -99..99_i8, prop::option::of(-99..99_i8)), 0..12), any::<bool>()),
            1..8,
        ),
    ) {
        let ids = [p11(), portfolio("Inv1_P12")];
        let folder = tempfile::tempdir().unwrap();
        let mut store = CsvStore::open(folder.path(), &ids).unwrap();
        let mut model = Model::new();
        for (number, (batch, restarts)) in (1..).zip(&batches) {
            let given: Vec<_> = batch.iter().map(|&(place, number, value, change)| {
                let amount = |cents: i8| Amount::from_units(i128::from(cents) * 1_000_000);
                (ids[place], Valuation { session: day(number), value: amount(value), change: change.map(amount), change_pct: None })
            }).collect();
            let expected: Vec<_> = batch.iter().map(|&(place, number, value, change)| {
                let rows = model.entry(place).or_default();
                match rows.get(&number) {
                    None => {
                        rows.insert(number, (value, change));
                        Outcome::Stored
                    }
                    Some(known) if *known == (value, change) => Outcome::Repeated,
                    Some(_) => Outcome::Contradicting,
                }
            }).collect();
            prop_assert_eq!(store.append(&given, &[at(0, number)]).unwrap(), expected);
            for (place, id) in ids.iter().enumerate() {
                let rows = model.entry(place).or_default();
                prop_assert_eq!(read(folder.path(), &format!("{id}.csv")), spelt(rows));
                prop_assert_eq!(store.last_session(id), rows.keys().last().map(|number| day(*number)));
            }
            if *restarts {
                drop(store);
                store = CsvStore::open(folder.path(), &ids).unwrap();
                prop_assert_eq!(store.positions(), &[at(0, number)]);
                store.append(&given, &[]).unwrap();
            }
        }
        for (place, id) in ids.iter().enumerate() {
            prop_assert_eq!(read(folder.path(), &format!("{id}.csv")), spelt(&model[&place]));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Fewer cases than a parser has: each is files on a real disk. `fuzz/` has the millions.
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..80), header: bool, text in "[0-9,.\n-]{0,40}") {
        let folder = tempfile::tempdir().unwrap();
        let header = if header { format!("{HEADER}\n2000-01-03,1.00,,\n") } else { String::new() };
        for tail in [bytes, text.into_bytes()] {
            fs::write(folder.path().join("Inv1_P11.csv"), [header.as_bytes(), &tail].concat()).unwrap();
            let opened = CsvStore::open(folder.path(), &[p11()]);
            // What was taken was cut to whole rows, and is taken again.
            if opened.is_ok() {
                drop(opened);
                prop_assert!(CsvStore::open(folder.path(), &[p11()]).is_ok());
            }
        }
    }
}
