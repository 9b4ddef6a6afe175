//! The CSV store: the bytes it writes, what it says of each row, and that no crash changes either.

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
    assert_eq!(read(&dir, "app1.offsets"), "topic,partition,next_offset\nportfolios,0,3\nportfolios,1,5\n");
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

/// Cut anywhere, opened again and given what is missing: the bytes of a run that nothing interrupted.
#[test]
fn a_file_cut_at_any_byte_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let batch = rows("Inv1_P11", &[276_338_300_000_000, -5, 0, 12_345]);
    CsvStore::open(folder.path(), &[p11()]).unwrap().append(&batch, &[at(0, 4)]).unwrap();
    let whole = read(folder.path(), "Inv1_P11.csv");
    let path = folder.path().join("Inv1_P11.csv");
    for length in 0..=whole.len() {
        for zeros in [0, 3, 5_000] {
            let mut cut = whole.as_bytes()[..length].to_vec();
            // A crash of the machine may leave zeros where a line should be.
            cut.resize(length + zeros, 0);
            if zeros > 3 && !(cut[..length].is_empty() || cut[..length].ends_with(b"\n")) {
                continue;
            }
            if zeros > 0 && (1..=HEADER.len()).contains(&length) {
                continue;
            }
            fs::write(&path, &cut).unwrap();
            let mut store = CsvStore::open(folder.path(), &[p11()]).unwrap_or_else(|error| panic!("{length}: {error}"));
            let lines = whole[..length].matches('\n').count().saturating_sub(1);
            let last = lines.checked_sub(1).map(|last| batch[last].1.session);
            assert_eq!(store.last_session(&p11()), last, "{length}");
            let outcomes = store.append(&batch, &[]).unwrap();
            assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Repeated).count(), lines, "{length}");
            assert_eq!(read(folder.path(), "Inv1_P11.csv"), whole, "{length}");
        }
    }
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

    /// Any rows in any order and batches, through restarts and cuts at any byte, end in the same files.
    #[test]
    fn a_store_is_a_map_that_survives(
        batches in prop::collection::vec(
            (prop::collection::vec((0..2_usize, 0_u64..40, -99..99_i8, prop::option::of(-99..99_i8)), 0..12), 0..3_u8, any::<prop::sample::Index>()),
            1..8,
        ),
    ) {
        let ids = [p11(), portfolio("Inv1_P12")];
        let folder = tempfile::tempdir().unwrap();
        let mut store = CsvStore::open(folder.path(), &ids).unwrap();
        let mut model = Model::new();
        for (number, (batch, then, cut)) in (1..).zip(&batches) {
            let given: Vec<_> = batch.iter().map(|&(place, number, value, change)| {
                let amount = |cents: i8| Amount::from_units(i128::from(cents) * 1_000_000);
                (ids[place], Valuation { session: day(number), value: amount(value), change: change.map(amount), change_pct: None })
            }).collect();
            let before = model.clone();
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
            if *then > 0 {
                drop(store);
                if *then > 1 {
                    // As if the program had died in this batch's write: its rows end anywhere.
                    for (place, id) in ids.iter().enumerate() {
                        let (now, old) = (spelt(&model[&place]), spelt(before.get(&place).unwrap_or(&BTreeMap::new())));
                        if now.starts_with(&old) {
                            let length = old.len() + cut.index(now.len() - old.len() + 1);
                            fs::write(folder.path().join(format!("{id}.csv")), &now[..length]).unwrap();
                        }
                    }
                }
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
