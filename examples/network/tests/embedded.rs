//! `network` on the broker inside of it: which files it writes, and every value in them, worked out anew here from
//! the closes with plain integers; what it leaves alone when it is stopped, and what it refuses.

mod oracle;
mod programs;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use oracle::{CLOSES, FILES, HEADER, SP500, decimal, holdings, percent, same, sessions, thousandths, valuations};
use programs::{line, run};

/// Base price in cents × quantity of each holding, summed: the middle about which a default portfolio's value lies.
/// By hand from the tables of the network's description.
const MIDDLES: [(&str, i64); 6] = [
    ("Inv1_P11.csv", 1300 * 12825 + 2200 * 15160 + 1900 * 18451 + 2500 * 9355 + 1900 * 9386 + 2400 * 62515),
    ("Inv1_P12.csv", 2900 * 3791 + 2600 * 2553 + 2100 * 8211 + 1200 * 25415 + 2700 * 3800 + 1200 * 8836),
    ("Inv2_P21.csv", 1600 * 2766 + 1700 * 4891 + 1900 * 6965 + 2100 * 11919 + 2800 * 34480 + 1700 * 3791),
    ("Inv2_P22.csv", 1400 * 17206 + 2600 * 18232 + 1700 * 62515 + 1800 * 23288 + 2600 * 12005 + 1800 * 4398),
    ("Inv3_P31.csv", 2200 * 2766 + 1800 * 6965 + 2400 * 3800 + 1200 * 23288 + 1900 * 12825 + 1600 * 2553),
    ("Inv3_P32.csv", 1800 * 3791 + 2900 * 62515 + 1600 * 4398 + 2200 * 15160 + 2500 * 3800 + 2000 * 8836),
];

/// Returns the files of a folder by name, without the lock that a store leaves.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    let files = entries.map(|entry| {
        let name = entry.file_name().into_string().expect("plain names");
        (name, fs::read(entry.path()).expect("a file"))
    });
    files.filter(|(name, _)| name != "app1.lock").collect()
}

/// Returns the rows of a valuations file: date and the other three columns as they stand.
fn rows(folder: &Path, file: &str) -> Vec<(String, [String; 3])> {
    let text = fs::read_to_string(folder.join(file)).expect("a file");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(HEADER), "{file}");
    assert!(text.ends_with('\n'), "{file}");
    let row = |line: &str| {
        let cells: Vec<_> = line.split(',').map(str::to_owned).collect();
        let [date, value, change, percent] = <[String; 4]>::try_from(cells).expect("four columns");
        (date, [value, change, percent])
    };
    lines.map(row).collect()
}

#[test]
fn the_rule_for_percentages_is_the_one_written_down() {
    assert_eq!(percent(1, 3), "33.33");
    assert_eq!(percent(-5, 100_000), "-0.01");
    assert_eq!(percent(5, -100_000), "0.01");
    assert_eq!(percent(4, 100_000), "0.00");
    assert_eq!([decimal(-1), decimal(1_250), decimal(1_000)], ["-0.001", "1.25", "1.00"]);
}

/// The default run twice: up to a date, on the fewest partitions that do, and up to now.
#[test]
fn the_default_network_values_every_session_once() {
    let data = tempfile::tempdir().expect("a folder");
    let (first, full) = (data.path().join("first"), data.path().join("full"));
    let network = |more: &str| line(&format!("network --to 2022-12-28 {more} --data")).word(&first);

    // Too few partitions are refused, and the number offered is the smallest that does.
    let refused = network("--partitions 1").run().code(2);
    refused.says("--partitions 1 does not fit");
    let (_, hint) = refused.err.split_once("use --partitions ").expect("a number that would do");
    let fewest: u32 = hint.split(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse().ok()).expect("a number");
    network(&format!("--partitions {}", fewest - 1)).run().code(2).says(&format!("use --partitions {fewest},"));
    assert!(!first.exists() || files(&first).is_empty(), "a run that is refused leaves files");
    let ended = network(&format!("--partitions {fewest}")).run().code(0);
    ended.says("5785 sessions");

    let csv = files(&first).into_keys().filter(|name| Path::new(name).extension().is_some_and(|kind| kind == "csv"));
    assert_eq!(csv.collect::<Vec<_>>(), FILES);
    let expected = sessions();
    for (file, middle) in MIDDLES {
        let rows = rows(&first, file);
        let dates: Vec<_> = rows.iter().map(|(date, _)| date.as_str()).collect();
        assert!(dates == expected, "{file}: {} dates, not the {} sessions", dates.len(), expected.len());
        let values = rows.iter().map(|(date, [value, ..])| (date.clone(), thousandths(value)));
        let text = fs::read_to_string(first.join(file)).expect("a file");
        assert!(text == valuations(values), "{file}: a change does not follow from the values");

        // Each close lies within 5 % of its base price, and half a cent of rounding.
        let bases = i128::from(middle) * 10;
        let values: Vec<_> = rows.iter().map(|(_, [value, ..])| thousandths(value)).collect();
        let (least, most) = (values.iter().min().expect("rows"), values.iter().max().expect("rows"));
        let pieces = 15_000 * 5;
        assert!(*least >= bases * 95 / 100 - pieces && *most <= bases * 105 / 100 + pieces, "{file}: {least} {most}");
        // Six holdings of 5,785 sessions come near both ends; a market that stands still does not.
        assert!(*least < bases * 98 / 100 && *most > bases * 102 / 100, "{file}: {least} {most} about {bases}");
        let distinct: BTreeSet<_> = values.iter().collect();
        assert!(distinct.len() > 5_000, "{file}: {} distinct values", distinct.len());
    }

    // Up to now: the same rows, and those after them.
    let ended = line("network --data").word(&full).run().code(0);
    ended.says(" sessions");
    for file in FILES {
        let (first, full) = (rows(&first, file), rows(&full, file));
        assert!(full.starts_with(&first), "{file}: the range changes the rows");
        assert!(full.len() > first.len() + 700, "{file}: {} rows up to now", full.len());
        assert!(full.windows(2).all(|pair| pair[0].0 < pair[1].0), "{file}: dates go up");
        let last = &full.last().expect("rows").0;
        assert!(ended.err.contains(&format!("done up to {last}")), "{file} ends on {last}:\n{}", ended.err);
    }
}

#[test]
fn real_closes_times_quantities_are_the_valuations() {
    let data = tempfile::tempdir().expect("a folder");
    line("network --network sp500 --data").word(data.path()).run().code(0);
    let mut lines = CLOSES.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let stocks = lines.next().expect("a header");
    let days: Vec<_> = lines.collect();
    assert_eq!((stocks.len(), days.len()), (21, 5_785));

    let portfolios = holdings(SP500);
    assert_eq!(portfolios.len(), 6);
    for (investor, portfolio, held) in portfolios {
        let column = |stock: &str| stocks.iter().position(|known| *known == stock).expect("a stock of the file");
        let held: Vec<_> = held.iter().map(|(stock, quantity)| (column(stock), *quantity)).collect();
        let values = days.iter().map(|day| {
            let value = held.iter().map(|&(column, quantity)| quantity * close(day[column])).sum();
            (day[0].to_owned(), value)
        });
        same(
            &valuations(values),
            &fs::read_to_string(data.path().join(format!("{investor}_{portfolio}.csv"))).expect("a file"),
        );
    }
}

/// Returns a close of the file, which has one to three places, in units of 10⁻³.
fn close(text: &str) -> i128 {
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    assert!(places.len() <= 3, "{text}");
    whole.parse::<i128>().expect("digits") * 1000 + format!("{places:0<3}").parse::<i128>().expect("digits")
}

/// A network of one's own: closes from files in both forms, in any order; one stock that pauses, and a short.
const OWN_NETWORK: &str = r#"
first_session = 2000-01-03

[[exchange]]
name = "Wide"
calendar = "XNYS"
model = { replay = "wide.csv" }
stocks = ["AAA", "BBB"]

[[exchange]]
name = "Long"
calendar = "XNYS"
model = { replay = "long.csv" }
stocks = ["CCC"]

[[investor]]
name = "Ada"
city = "London"
[investor.portfolios.All]
AAA = 10
BBB = -3
CCC = 100
[investor.portfolios.One]
BBB = 999999999999
"#;

#[test]
fn closes_of_ones_own_are_replayed() {
    let data = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(data.path().join(name), text).expect("a file");
    write("own.toml", OWN_NETWORK);
    // 2000-01-05 is blank for BBB, and CCC has none on 2000-01-06: neither session of All is valued.
    write(
        "wide.csv",
        "Date,AAA,ZZZ,BBB\n2000-01-04,1.5,9,0.000001\n2000-01-03,1,9,2\n2000-01-05,2,9,\n2000-01-06,3,9,4\n\
         2000-01-07,4,9,1000\n2000-01-10,,9,999999999999.99999999\n",
    );
    write(
        "long.csv",
        "symbol,date,close\nCCC,2000-01-07,0.07\nCCC,2000-01-03,0.03\nCCC,2000-01-04,0.04\nCCC,2000-01-05,0.05\n",
    );
    let ended = line("network --network own.toml --data out").within(data.path()).run().code(0);
    let read = |file: &str| fs::read_to_string(data.path().join("out").join(file)).expect("a file");
    // By hand. All: 10 - 6 + 3, then 15 - 0.000003 + 4, then 40 - 3000 + 7.
    let all = "2000-01-03,7.00,,\n2000-01-04,18.999997,11.999997,171.43\n2000-01-07,-2953.00,-2971.999997,-15642.11\n";
    // One: 999999999999 times 2, 0.000001, 4, 1000. Times the largest price it has 25 digits before the point, and
    // its column 20: it is set aside.
    let one = "2000-01-03,1999999999998.00,,\n2000-01-04,999999.999999,-1999998999998.000001,-100.00\n\
               2000-01-06,3999999999996.00,3999998999996.000001,399999900.00\n\
               2000-01-07,999999999999000.00,995999999999004.00,24900.00\n";
    same(&format!("{HEADER}\n{all}"), &read("Ada_All.csv"));
    same(&format!("{HEADER}\n{one}"), &read("Ada_One.csv"));
    let aside: Vec<_> = ended.err.lines().filter(|line| line.contains("set aside portfolios/")).collect();
    assert!(aside.len() == 1 && aside[0].contains("out-of-range"), "{}", ended.err);
}

/// Two markets with paths beside each other. First closes are the starts, whatever the seed: the first valuation is
/// exact; every later one differs from it.
#[test]
fn markets_with_paths_are_valued() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("paths.toml");
    let text = r#"first_session = 2000-01-03
[[exchange]]
name = "SE1"
calendar = "XNYS"
model = { heston = { drift = 0.07, initial_variance = 0.04, long_run_variance = 0.05, mean_reversion = 2, vol_of_vol = 0.4, correlation = -0.7 } }
clock = { sessions_per_year = 252 }
correlation = 0.4
[exchange.stocks]
IBM = "128.25"
AAPL = { start = "151.60", vol_of_vol = 0.3 }
[[exchange]]
name = "SE2"
calendar = "XNYS"
model = { bootstrap = { closes = "builtin:sp500_20.csv", mean_block = 21 } }
[exchange.stocks]
KO = "61.10"
[[investor]]
name = "Inv1"
city = "London"
[investor.portfolios.P11]
IBM = 10
AAPL = -20
KO = 100
"#;
    std::fs::write(&file, text).expect("a file");
    let run = |data: &Path| {
        line("network --to 2005-12-30 --network").word(&file).word("--data").word(data).run().code(0);
        rows(data, "Inv1_P11.csv")
    };
    let [one, two] = [folder.path().join("one"), folder.path().join("two")];
    let valued = run(&one);
    // 10 × 128.25 − 20 × 151.60 + 100 × 61.10
    assert_eq!(valued[0], ("2000-01-03".to_owned(), ["4360.50".to_owned(), String::new(), String::new()]));
    assert_eq!(valued.len(), 1_508, "sessions of New York, 2000 to 2005");
    assert!(valued.iter().skip(1).all(|(_, [value, ..])| value != "4360.50"));
    assert_eq!(run(&two), valued);
}

/// The network of three zones that comes as a file: a portfolio is valued on the dates on which all its exchanges trade.
/// Those are counted from the data that the calendars are held to, not from the calendars.
#[test]
fn three_zones_meet_on_their_common_sessions() {
    let folder = tempfile::tempdir().expect("a folder");
    let network = concat!(env!("CARGO_MANIFEST_DIR"), "/networks/world.toml");
    let run = line("network --to 2014-12-31 --network").word(network).word("--data").word(folder.path()).run();
    run.code(0);
    let sessions = |mic: &str| closures_kept(mic, 2010, 2014);
    let [tokyo, london, york] = ["XTKS", "XLON", "XNYS"].map(sessions);
    let common = |sets: &[&BTreeSet<String>]| {
        sets[0].iter().filter(|date| sets.iter().all(|set| set.contains(*date))).cloned().collect::<Vec<_>>()
    };
    for (file, expected) in [
        ("Ada_Global.csv", common(&[&tokyo, &london, &york])),
        ("Ada_Japan.csv", common(&[&tokyo])),
        ("Bob_Energy.csv", common(&[&london, &york])),
    ] {
        let valued: Vec<_> = rows(folder.path(), file).into_iter().map(|(date, _)| date).collect();
        assert_eq!(valued, expected, "{file}");
    }
    // 100 × 42.30 + 200 × 47.10 + 300 × 132.45 + 500 × 57.04
    let first = &rows(folder.path(), "Ada_Global.csv")[0];
    assert_eq!((first.0.as_str(), first.1[0].as_str()), ("2010-01-04", "81905.00"));
}

/// Returns the weekdays of these years that the calendars' data does not have as closed.
fn closures_kept(mic: &str, first: i32, last: i32) -> BTreeSet<String> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../finnet-core/tests/data/calendars").join(format!("{mic}.csv"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    let closed: BTreeSet<_> =
        text.lines().filter(|line| line.contains(",closed,")).map(|line| line[..10].to_owned()).collect();
    let day = |year, month, day| chrono::NaiveDate::from_ymd_opt(year, month, day).expect("a date");
    let days = day(first, 1, 4).iter_days().take_while(|date| *date <= day(last, 12, 31));
    let weekdays = days.filter(|date| chrono::Datelike::weekday(date).num_days_from_monday() < 5);
    weekdays.map(|date| date.to_string()).filter(|date| !closed.contains(date)).collect()
}

#[test]
fn a_closes_file_with_a_date_that_is_no_session_is_refused_by_its_line() {
    let data = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(data.path().join(name), text).expect("a file");
    write("own.toml", OWN_NETWORK);
    let long = "symbol,date,close\nCCC,2000-01-03,0.03\nCCC,2000-01-04,0.04\n";
    // A Saturday, Martin Luther King Day, and a date before the calendar.
    for (date, row) in [("2000-01-08", 4), ("2000-01-17", 3), ("1999-12-31", 2)] {
        let mut wide = "Date,AAA,BBB\n2000-01-03,1,2\n2000-01-04,1,2\n2000-01-05,1,2\n".to_owned();
        let at = wide.lines().take(row - 1).map(|line| line.len() + 1).sum();
        wide.insert_str(at, &format!("{date},1,2\n"));
        write("wide.csv", &wide);
        write("long.csv", long);
        for program in ["network", "se1 --bootstrap-servers=127.0.0.1:1", "server --bootstrap-servers=127.0.0.1:1"] {
            let ended = line(program).word("--network=own.toml").within(data.path()).run().code(4);
            ended.says(&format!("wide.csv:{row}")).says(date);
            assert_eq!(ended.err.matches("error:").count(), 1, "{}", ended.err);
        }
    }
    write("wide.csv", "Date,AAA,BBB\n2000-01-03,1,2\n");
    write("long.csv", &format!("{long}CCC,2000-01-09,0.05\n"));
    line("network --network=own.toml").within(data.path()).run().code(4).says("long.csv:4").says("2000-01-09");
    assert!(!data.path().join("finnet-data/Ada_All.csv").exists());
}

#[test]
fn bounds_select_and_a_seed_decides() {
    let data = tempfile::tempdir().expect("a folder");
    let network = |more: &str| {
        let out = data.path().join(format!("{}", more.len()));
        let ended = line(&format!("network {more} --data")).word(&out).run().code(0);
        let rows: Vec<_> = FILES.iter().map(|file| rows(&out, file)).collect();
        (rows, ended)
    };
    let (whole, ended) = network("--to 2000-06-30");
    let (_, said) = ended.err.split_once("seed ").expect("the seed is printed");
    let seed = said.split(|c: char| !c.is_ascii_digit()).next().expect("a number");
    let (part, _) = network("--to 2000-04-21 --from 2000-02-19");
    let (same, _) = network(&format!("--to=2000-06-30 --seed {seed}"));
    let (other, _) = network("--to  2000-06-30 --seed 18446744073709551615");
    assert!(whole == same, "the seed that is printed is not the one used");
    for (((whole, part), other), file) in whole.iter().zip(&part).zip(&other).zip(FILES) {
        // 2000-02-19 is a Saturday before Washington's Birthday, 2000-04-21 is Good Friday.
        let (first, last) = (&part.first().expect("rows").0, &part.last().expect("rows").0);
        assert_eq!((first.as_str(), last.as_str()), ("2000-02-22", "2000-04-20"), "{file}");
        let start = whole.iter().position(|(date, _)| date == first).expect("the same sessions");
        assert_eq!(part[0].1, [whole[start].1[0].clone(), String::new(), String::new()], "{file}");
        assert!(whole[start + 1..].starts_with(&part[1..]), "{file}: --from changes the rows");
        let changed = whole.iter().zip(other).filter(|(one, other)| one.1[0] != other.1[0]).count();
        assert!(changed > whole.len() * 9 / 10, "{file}: another seed changes {changed} of {} rows", whole.len());
    }
}

#[test]
fn a_future_end_is_cut_and_said() {
    let data = tempfile::tempdir().expect("a folder");
    let ended = line("network --to 2030-12-31 --from 2026-01-01 --data").word(data.path()).run().code(0);
    let last = rows(data.path(), FILES[0]).last().expect("rows").0.clone();
    let cut = ended.err.lines().filter(|line| line.contains("--to 2030-12-31 is cut")).collect::<Vec<_>>();
    assert!(!cut.is_empty() && cut.iter().all(|line| line.contains(&last)), "{last}:\n{}", ended.err);
    let last: chrono::NaiveDate = last.parse().expect("a date");
    let age = (chrono::Utc::now().date_naive() - last).num_days();
    assert!((0..=5).contains(&age), "the last session that has closed is {last}");
}

#[test]
fn quiet_is_quiet() {
    let data = tempfile::tempdir().expect("a folder");
    let ended = line("network -q --to 2000-03-31 --data").word(data.path()).run().code(0);
    assert_eq!(ended.err, "");
}

/// Files of before stay as they are to the byte, and nothing half done lies beside them.
#[test]
fn a_run_that_is_stopped_leaves_the_files_of_before() {
    let data = tempfile::tempdir().expect("a folder");
    let short = || line("network -q --to 2000-03-31 --data").word(data.path());
    short().run().code(0);
    let before = files(data.path());
    assert!(FILES.iter().all(|file| before.contains_key(*file)), "{:?}", before.keys());
    short().run().code(0);
    assert!(files(data.path()) == before, "a second run writes other bytes");

    for bounds in ["--to 1999-12-31", "--from 2000-02-01 --to 2000-01-31"] {
        let ended = line(&format!("network {bounds} --data")).word(data.path()).run().code(1);
        ended.says("nothing to do");
        assert!(files(data.path()) == before, "{bounds}: a range without a session replaced the files");
    }

    for signal in ["INT", "TERM"] {
        let running = line("network --seed 2 --session-interval 20ms --data").word(data.path()).start();
        running.says("app1  2000-");
        let ended = running.end_by(signal).code(0);
        assert!(!ended.err.contains("error:"), "{}", ended.err);
        assert!(files(data.path()) == before, "SIG{signal} leaves {:?}", files(data.path()).keys());
    }
    // A crash may leave something, but harms no file, and the next run clears it away.
    let running = line("network --seed 2 --session-interval 20ms --data").word(data.path()).start();
    running.says("app1  2000-");
    running.kill();
    let after = files(data.path());
    assert!(before.iter().all(|(name, bytes)| after.get(name) == Some(bytes)), "kill -9 harms a file");
    short().run().code(0);
    assert!(files(data.path()) == before, "after kill -9: {:?}", files(data.path()).keys());
}

#[test]
fn a_folder_in_use_is_refused_in_one_line() {
    let data = tempfile::tempdir().expect("a folder");
    let first = line("network --session-interval 1s --data").word(data.path()).start();
    first.says("never seen before");
    let ended = line("network --to 2000-03-31 --data").word(data.path()).run().code(1);
    assert_eq!(ended.err.lines().filter(|line| line.starts_with("error:")).count(), 1, "{}", ended.err);
    first.end_by("TERM").code(0);
    assert!(run("network --data /dev/null/x --to 2000-01-31").code(1).err.contains("/dev/null/x"));
}
