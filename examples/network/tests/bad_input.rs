//! What is wrong with a record sets that record aside, once, and the stream goes on; what breaks the order of a stock's
//! closes ends the program in one line. Nothing that comes in reaches terminal, SQL or file names as it is.

mod oracle;
mod programs;
mod real;
mod support;

use std::path::Path;

use chrono::{Days, Utc};
use oracle::HEADER;
use real::{Aside, Pen, add_partitions, delete, set_aside, wait_until};
use support::{Program, Servers};

const NETWORK: &str = r#"
first_session = 2000-01-03

[[exchange]]
name = "E1"
calendar = "XNYS"
model = "uniform"
[exchange.stocks]
AAA = "1.00"
BBB = "2.00"

[[investor]]
name = "Ada"
city = "London"
[investor.portfolios.All]
AAA = 10
BBB = 1

[[investor]]
name = "Bob"
city = "Paris"
[investor.portfolios.Two]
AAA = 2
"#;

/// Names that somebody would like to see in a terminal, a statement or a path: as JSON writes them, and as keys.
fn hostile() -> Vec<(String, Vec<u8>)> {
    let names =
        ["Inv1_P11; DROP TABLE Ada_All", "../../x", "x\0y", "\u{202e}txt\u{2066}", "\u{1b}[31mred\u{1b}]0;t\u{7}"];
    let long = "N".repeat(10_240);
    let names = names.into_iter().chain([long.as_str(), "", "`Ada_All`", "Ada'--"]);
    names.map(|name| (serde_json::to_string(name).expect("JSON"), name.as_bytes().to_vec())).collect()
}

/// Checks that what a program said is lines of text, none of them long.
#[track_caller]
fn is_harmless(said: &str) {
    let bad = said.chars().find(|c| c.is_control() && *c != '\n' || ('\u{202a}'..='\u{2069}').contains(c));
    assert_eq!(bad, None, "{said}");
    let longest = said.lines().map(str::len).max().unwrap_or_default();
    assert!(longest < 1_000, "a line of {longest} bytes");
}

/// Checks that a program has ended by itself, with one line that has all these words.
#[track_caller]
fn refuses(program: Program, words: &[&str]) {
    let (code, said) = program.ends();
    assert_eq!(code, Some(4), "{said}");
    let errors: Vec<_> = said.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 1, "{said}");
    for word in words {
        assert!(errors[0].contains(word), "no {word} in: {}", errors[0]);
    }
    is_harmless(&said);
}

/// Writes the network's file and returns the flag that names it.
fn network(folder: &Path) -> String {
    let path = folder.join("tiny.toml");
    std::fs::write(&path, NETWORK).expect("a file");
    format!("--network {}", path.display())
}

/// Returns the values on `portfolios`, without what they lie between.
fn values(servers: &Servers) -> Vec<String> {
    let field = |value: &str, name: &str| {
        let (_, rest) = value.split_once(&format!(r#""{name}": "#)).expect("a field");
        rest.split([',', '}']).next().expect("a value").to_owned()
    };
    let records = servers.records("portfolios").into_iter();
    records.map(|record| format!("{} {}", field(&record.value, "date"), field(&record.value, "value"))).collect()
}

/// A record to be set aside: why, its key, its payload.
type Bad = (&'static str, Vec<u8>, Option<Vec<u8>>);

fn bad(reason: &'static str, key: &str, payload: impl Into<Vec<u8>>) -> Bad {
    (reason, key.as_bytes().to_vec(), Some(payload.into()))
}

/// Returns what becomes of these records of partition 0, the first of which has this offset.
fn set_aside_as(topic: &str, group: &str, first: usize, bad: &[Bad]) -> Vec<Aside> {
    let aside = |(offset, (reason, _, payload)): (usize, &Bad)| Aside {
        key: format!("{topic}/0/{offset}"),
        group: group.to_owned(),
        reason: (*reason).to_owned(),
        payload: payload.clone(),
    };
    (first..).zip(bad).map(aside).collect()
}

/// Checks that exactly these are set aside, each once.
#[track_caller]
fn are_set_aside(servers: &Servers, topic: &str, expected: &[Aside]) {
    let aside = set_aside(servers, topic);
    let missing: Vec<_> = expected.iter().filter(|expected| !aside.contains(expected)).collect();
    let beyond: Vec<_> = aside.iter().filter(|aside| !expected.contains(aside)).collect();
    assert!(missing.is_empty() && beyond.is_empty(), "missing: {missing:#?}\nnot expected: {beyond:#?}");
    assert_eq!(aside.len(), expected.len(), "each once");
}

/// Checks that a line for each names its place and reason.
#[track_caller]
fn names_each(said: &str, expected: &[Aside]) {
    for Aside { key, reason, .. } in expected {
        let names = |line: &str| line.contains(reason) && line.split([' ', ':', ',']).any(|word| word == key);
        assert!(said.lines().any(names), "no line names {key}, {reason}:\n{said}");
    }
}

/// A close, its ticker and price as they stand in JSON.
fn close(ticker: &str, price: &str, date: &str) -> String {
    format!(r#"{{"TICK": {ticker}, "PRICE": {price}, "TS": "{date}"}}"#)
}

/// At most ten of a kind, so that each has its line.
fn bad_closes() -> Vec<Bad> {
    let soon = (Utc::now().date_naive() + Days::new(3)).to_string();
    let priced = |price: &str| close(r#""AAA""#, price, "2000-01-04");
    let dated = |date: &str| close(r#""AAA""#, "1.50", date);
    let mut all = Vec::new();
    for payload in [&b"IBM 128.25"[..], b"", b"{\"TICK\": \"AAA\"", b"\xff\xfe", b"{\"TICK\": \"A\xffA\"}", b"\x1b[31m"]
    {
        all.push(bad("not-json", "AAA", payload));
    }
    all.push(bad("not-json", "AAA", priced("NaN")));
    all.push(("not-json", b"AAA".to_vec(), None));
    for payload in [
        r#"{"TICK": "AAA", "TS": "2000-01-04"}"#,
        r#"{"TICK": "AAA", "PRICE": "1.50"}"#,
        r#"{"PRICE": "1.50", "TS": "2000-01-04"}"#,
        "{}",
        "[1, 2]",
    ] {
        all.push(bad("missing-field", "AAA", payload));
    }
    let (thirty, thirteen) = (format!("\"{}\"", "9".repeat(30)), format!("\"1{}.00\"", "0".repeat(12)));
    for price in
        ["\"-1.50\"", "-1.5", "0", "\"0.00\"", "\"NaN\"", "\"\"", "true", "\"1.123456789\"", &thirty, &thirteen]
    {
        all.push(bad("bad-price", "AAA", priced(price)));
    }
    for date in ["2000-02-30", "2000-1-4", "04.01.2000", "yesterday", "", "1999-12-31"] {
        all.push(bad("bad-date", "AAA", dated(date)));
    }
    all.push(bad("bad-date", "AAA", r#"{"TICK": "AAA", "PRICE": "1.50", "TS": 20000104}"#));
    all.extend([&soon, "2999-12-31", "9999-12-31"].map(|date| bad("future", "AAA", dated(date))));
    all.extend(["2000-01-04 15:38:01.123456", "2000-01-04T15:38:01Z"].map(|date| bad("tick", "AAA", dated(date))));
    all.push(bad("key-mismatch", "BBB", priced("1.50")));
    all.push(("key-mismatch", b"\x1b[31mAAA\xff".to_vec(), Some(priced("1.50").into())));
    all.push(bad("contradicting", "AAA", close(r#""AAA""#, "1.51", "2000-01-03")));
    all.push(bad("unknown-stock", "aaa", close(r#""aaa""#, "1.50", "2000-01-04")));
    for (name, key) in hostile() {
        all.push(("unknown-stock", key, Some(close(&name, "1.50", "2000-01-04").into())));
    }
    all
}

const ALL: [&str; 2] = [r#""Ada""#, r#""All""#];
const ROW: [&str; 3] = ["18.00", "1.00", "5.88"];

/// A valuation, its names and numbers as they stand in JSON.
fn valued([investor, portfolio]: [&str; 2], date: &str, [value, diff, pct]: [&str; 3]) -> String {
    format!(
        r#"{{"investor": {investor}, "portfolio": {portfolio}, "date": "{date}", "value": {value}, "diff": {diff}, "percent_diff": {pct}}}"#
    )
}

/// At most ten of a kind, so that each has its line.
fn bad_valuations() -> Vec<Bad> {
    let soon = (Utc::now().date_naive() + Days::new(3)).to_string();
    let numbers = |numbers: [&str; 3]| valued(ALL, "2000-01-05", numbers);
    let mut all = vec![
        bad("not-json", "All", "17".repeat(3_000) + "}"),
        bad("not-json", "All", numbers(["NaN", "1.00", "1.00"])),
        bad("missing-field", "All", "{}"),
    ];
    for field in ["investor", "portfolio", "date", "value", "diff", "percent_diff"] {
        let payload = numbers(ROW).replace(&format!("\"{field}\""), "\"other\"");
        all.push(bad("missing-field", "All", payload));
    }
    all.push(bad("bad-price", "All", numbers(["\"cheap\"", "1.00", "1.00"])));
    all.push(bad("bad-date", "All", valued(ALL, "2000-02-30", ROW)));
    all.push(bad("future", "All", valued(ALL, &soon, ROW)));
    all.push(bad("unknown-portfolio", "Two", valued([r#""Ada""#, r#""Two""#], "2000-01-05", ROW)));
    all.push(bad("unknown-portfolio", "Nix", valued([r#""Ada""#, r#""Nix""#], "2000-01-05", ROW)));
    for (at, (name, key)) in hostile().into_iter().take(8).enumerate() {
        let names = if at % 2 == 0 { [&name, r#""All""#] } else { [r#""Ada""#, &name] };
        all.push(("unknown-portfolio", key, Some(valued(names, "2000-01-05", ROW).into())));
    }
    all.push(bad("key-mismatch", "Two", numbers(ROW)));
    all.push(bad("contradicting", "All", valued(ALL, "2000-01-04", ["18.00000001", "1.00", "5.88"])));
    all.push(bad("contradicting", "All", valued(ALL, "2000-01-04", ["18.00", "null", "5.88"])));
    all.push(bad("contradicting", "All", valued(ALL, "2000-01-03", ["17.00", "null", "0.01"])));
    // DECIMAL(28,8) has 20 digits before the point, DECIMAL(12,2) ten.
    let (twenty_one, eleven) = (format!("1{}.00", "0".repeat(20)), "10000000000.00");
    all.push(bad("out-of-range", "All", numbers([&twenty_one, "1.00", "1.00"])));
    all.push(bad("out-of-range", "All", numbers(["1.00", &format!("-{twenty_one}"), "1.00"])));
    all.push(bad("out-of-range", "All", numbers(["1.00", "1.00", eleven])));
    all.push(bad("out-of-range", "All", numbers([&"9".repeat(60), "1.00", "1.00"])));
    all
}

#[test]
fn bad_closes_are_set_aside_once_and_the_stream_goes_on() {
    let Some(servers) = Servers::take("badcloses") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let network = network(folder.path());
    servers.make("StockExchange", 1);
    let pen = Pen::new(&servers);
    // Read all the same: other forms, and a price that is the same number again.
    for (key, payload) in [
        ("AAA", r#"{"PRICE": 1.5, "EXCHANGE": "E1", "DATE": "2000-01-03", "TICK": "AAA"}"#),
        ("BBB", r#""{\"TICK\": \"BBB\", \"PRICE\": \"2\", \"TS\": \"2000-01-03\"}""#),
        ("AAA", r#"{"TICK": "AAA", "PRICE": "1.500", "TS": "2000-01-03"}"#),
    ] {
        pen.write("StockExchange", Some(key.as_bytes()), Some(payload.as_bytes()));
    }
    let bad = bad_closes();
    for (_, key, payload) in &bad {
        pen.write("StockExchange", Some(key), payload.as_deref());
    }
    pen.close("AAA", "1.60", "2000-01-04");
    pen.close("BBB", "2.00", "2000-01-04");
    pen.flush();

    let first = servers.start(&format!("inv 1 -v {network}"));
    wait_until("the valuation after all the bad records", || values(&servers).len() == 2);
    // By hand: 15 + 2, 16 + 2.
    assert_eq!(values(&servers), ["\"2000-01-03\" 17.00", "\"2000-01-04\" 18.00"]);
    let mut expected = set_aside_as("StockExchange", "inv-1", 3, &bad);
    // Stopped, it has written all of them.
    first.signal("TERM");
    let said = first.succeeds();
    are_set_aside(&servers, "StockExchange.rejected", &expected);
    names_each(&said, &expected);
    is_harmless(&said);

    // Again, and by another group: once each.
    let again = servers.start(&format!("inv 1 {network}"));
    let other = servers.start(&format!("inv 2 {network}"));
    pen.close("AAA", "1.70", "2000-01-05");
    pen.close("BBB", "2.00", "2000-01-05");
    pen.flush();
    wait_until("the next session of both", || values(&servers).len() == 6);
    for program in [again, other] {
        program.signal("INT");
        is_harmless(&program.succeeds());
    }
    expected.extend(set_aside_as("StockExchange", "inv-2", 3, &bad));
    are_set_aside(&servers, "StockExchange.rejected", &expected);
}

#[test]
fn bad_valuations_are_set_aside_once_and_the_stream_goes_on() {
    let Some(servers) = Servers::take("badvalues") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let network = network(folder.path());
    servers.make("portfolios", 1);
    servers.run(&format!("investors-db {network}"));
    let tables = servers.rows("SHOW TABLES");
    let pen = Pen::new(&servers);
    let write = |payload: &str| pen.write("portfolios", Some(b"All"), Some(payload.as_bytes()));
    write(&valued(ALL, "2000-01-03", ["17.00", "null", "null"]));
    // The names of the other systems, and binary floats of them; then the same row again.
    write(
        r#"{"investor_id": "Ada", "portfolio_id": "All", "date": "2000-01-04", "value": 18.000000001, "change": 0.999999999999, "change_pct": 5.8823529}"#,
    );
    write(&valued(ALL, "2000-01-04", ["18", "1.0000", "5.880"]));
    let bad = bad_valuations();
    for (_, key, payload) in &bad {
        pen.write("portfolios", Some(key), payload.as_deref());
    }
    // The largest that fits, and negative values.
    let most = format!("{}.99999999", "9".repeat(20));
    write(&valued(ALL, "2000-01-05", [&most, "-0.00000001", "-9999999999.99"]));
    pen.flush();

    let stored = || servers.rows("SELECT COUNT(*) FROM Ada_All")[0][0].clone();
    let expected = set_aside_as("portfolios", "app1", 3, &bad);
    let first = servers.start(&format!("app1 -v {network}"));
    wait_until("the row after all the bad records", || stored().as_deref() == Some("3"));
    first.signal("TERM");
    let said = first.succeeds();
    are_set_aside(&servers, "portfolios.rejected", &expected);
    names_each(&said, &expected);
    is_harmless(&said);

    // Again from the stored offset, then from the start with nothing stored: once each all the same.
    write(&valued(ALL, "2000-01-06", ROW));
    pen.flush();
    let again = servers.start(&format!("app1 {network}"));
    wait_until("the next row", || stored().as_deref() == Some("4"));
    again.signal("INT");
    again.succeeds();
    servers.run(&format!("investors-db --reset {network}"));
    assert_eq!(stored().as_deref(), Some("0"));
    let anew = servers.start(&format!("app1 {network}"));
    wait_until("all rows again", || stored().as_deref() == Some("4"));
    anew.signal("TERM");
    is_harmless(&anew.succeeds());
    are_set_aside(&servers, "portfolios.rejected", &expected);
    assert_eq!(servers.rows("SHOW TABLES"), tables);
    let rows = servers.rows("SELECT * FROM Ada_All ORDER BY As_Of").into_iter();
    let rows = rows.map(|row| row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join(" "));
    let third = format!("2000-01-05 {most} -0.00000001 -9999999999.99");
    let (second, fourth) = ("2000-01-04 18.00000000 1.00000000 5.88", "2000-01-06 18.00000000 1.00000000 5.88");
    assert_eq!(rows.collect::<Vec<_>>(), ["2000-01-03 17.00000000  ", second, &third, fourth]);
    into_files(&servers, folder.path(), &most);
    are_set_aside(&servers, "portfolios.rejected", &expected);
}

/// The same topic into files: two of them, a lock and the offsets, and nothing anywhere else.
fn into_files(servers: &Servers, folder: &Path, most: &str) {
    let rows = folder.join("deep").join("rows");
    let files = servers.start(&format!("app1 {} --data {}", network(folder), rows.display()));
    let text = || std::fs::read_to_string(rows.join("Ada_All.csv")).unwrap_or_default();
    wait_until("the rows in a file", || text().lines().count() == 5);
    files.signal("TERM");
    is_harmless(&files.succeeds());
    let stored = format!(
        "{HEADER}\n2000-01-03,17.00,,\n2000-01-04,18.00,1.00,5.88\n2000-01-05,{most},-0.00000001,-9999999999.99\n\
         2000-01-06,18.00,1.00,5.88\n"
    );
    assert_eq!(text(), stored);
    let names = |folder: &Path| {
        let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<_> = entries.map(|name| name.into_string().expect("a name")).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(names(&rows), ["Ada_All.csv", "Bob_Two.csv", "app1.lock", "app1.offsets"]);
    assert_eq!(names(folder), ["deep", "tiny.toml"]);
}

#[test]
fn a_record_without_a_key_is_read_from_one_partition_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let network = network(folder.path());
    for partitions in [1, 3] {
        let Some(servers) = Servers::take("keyless") else { return };
        for topic in ["StockExchange", "portfolios"] {
            servers.make(topic, partitions);
        }
        let rows = folder.path().join(partitions.to_string());
        let pen = Pen::new(&servers);
        // Rubbish without a key is set aside in any case.
        pen.write("StockExchange", None, Some(b"rubbish"));
        pen.write("portfolios", None, Some(b"rubbish"));
        pen.write("StockExchange", None, Some(close(r#""AAA""#, "1.50", "2000-01-03").as_bytes()));
        pen.write("portfolios", None, Some(valued(ALL, "2000-01-03", ["1.00", "null", "null"]).as_bytes()));
        pen.flush();
        let investor = servers.start(&format!("inv 2 {network}"));
        let store = servers.start(&format!("app1 {network} --data {}", rows.display()));
        if partitions == 1 {
            let text = |file: &str| std::fs::read_to_string(rows.join(file)).unwrap_or_default();
            wait_until("both rows", || {
                [text("Ada_All.csv"), text("Bob_Two.csv")].iter().all(|rows| rows.lines().count() == 2)
            });
            assert_eq!(text("Bob_Two.csv"), format!("{HEADER}\n2000-01-03,3.00,,\n"));
            for program in [investor, store] {
                program.signal("TERM");
                program.succeeds();
            }
            assert_eq!(set_aside(&servers, "StockExchange.rejected").len(), 1);
            assert_eq!(set_aside(&servers, "portfolios.rejected").len(), 1);
        } else {
            refuses(investor, &["StockExchange", "key"]);
            refuses(store, &["portfolios", "key"]);
        }
    }
}

#[test]
fn a_stock_that_changes_its_partition_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let network = network(folder.path());
    let Some(servers) = Servers::take("twopartitions") else { return };
    servers.make("StockExchange", 2);
    let pen = Pen::new(&servers);
    pen.close("AAA", "1.00", "2000-01-03");
    pen.flush();
    let right = servers.records("StockExchange")[0].partition;
    let moved = br#"{"TICK": "AAA", "PRICE": "1.00", "TS": "2000-01-04"}"#;
    let investor = servers.start(&format!("inv 2 {network}"));
    wait_until("the first valuation", || values(&servers).len() == 1);
    pen.write_into("StockExchange", 1 - right, b"AAA", moved);
    pen.flush();
    refuses(investor, &["StockExchange", "AAA", "0", "1"]);
    // At a start just as well; and an exchange does not go on there.
    refuses(servers.start(&format!("inv 2 {network}")), &["StockExchange", "AAA"]);
    refuses(servers.start(&format!("se1 {network} --session-interval 0")), &["StockExchange", "AAA"]);
    let before = servers.records("StockExchange").len();
    // Nor where the only record lies where the next one would not.
    delete(&servers, "StockExchange");
    servers.make("StockExchange", 2);
    pen.write_into("StockExchange", 1 - right, b"AAA", moved);
    pen.flush();
    refuses(servers.start(&format!("se1 {network} --session-interval 0")), &["StockExchange", "AAA"]);
    assert_eq!((before, servers.records("StockExchange").len()), (2, 1), "an exchange that refuses sends nothing");
}

#[test]
fn a_topic_that_gets_more_partitions_ends_its_readers() {
    let folder = tempfile::tempdir().expect("a folder");
    let network = network(folder.path());
    let Some(servers) = Servers::take("grows") else { return };
    for topic in ["StockExchange", "portfolios"] {
        servers.make(topic, 1);
    }
    let rows = folder.path().join("rows");
    let mut investor = servers.start(&format!("inv 2 {network}"));
    let mut store = servers.start(&format!("app1 {network} --data {}", rows.display()));
    let pen = Pen::new(&servers);
    pen.close("AAA", "1.00", "2000-01-03");
    pen.flush();
    wait_until("both at work", || {
        std::fs::read_to_string(rows.join("Bob_Two.csv")).is_ok_and(|rows| rows.lines().count() == 2)
    });
    investor.says("never seen before");
    store.says("never seen before");
    let start = std::time::Instant::now();
    add_partitions(&servers, "StockExchange", 3);
    refuses(investor, &["StockExchange", "partition"]);
    let took = start.elapsed().as_secs();
    assert!(took <= 12, "inv took {took} s to see it");
    add_partitions(&servers, "portfolios", 2);
    refuses(store, &["portfolios", "partition"]);
    let took = start.elapsed().as_secs();
    assert!(took <= 24, "app1 took {took} s with inv's to see it");
}

#[test]
fn a_topic_made_anew_under_stored_offsets_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let network = network(folder.path());
    let Some(servers) = Servers::take("anew") else { return };
    servers.run(&format!("investors-db {network}"));
    let pen = Pen::new(&servers);
    servers.make("portfolios", 1);
    let row = |day: u32| {
        let payload = format!(
            r#"{{"investor": "Bob", "portfolio": "Two", "date": "2000-01-{day:02}", "value": {day}.00, "diff": null, "percent_diff": null}}"#
        );
        pen.write("portfolios", Some(b"Two"), Some(payload.as_bytes()));
        pen.flush();
    };
    (3..=7).for_each(row);
    let rows = folder.path().join("rows");
    let stores = [String::new(), format!("--data {}", rows.display())];
    let stored = || {
        let files = std::fs::read_to_string(rows.join("Bob_Two.csv")).unwrap_or_default().lines().count();
        (servers.rows("SELECT COUNT(*) FROM Bob_Two")[0][0].clone(), files)
    };
    let running = stores.each_ref().map(|place| servers.start(&format!("app1 {network} {place}")));
    wait_until("five rows in both", || stored() == (Some("5".to_owned()), 6));
    for store in running {
        store.signal("TERM");
        store.succeeds();
    }
    delete(&servers, "portfolios");
    servers.make("portfolios", 1);
    row(10);
    for place in &stores {
        refuses(servers.start(&format!("app1 {network} {place}")), &["portfolios", "5", "1"]);
    }
    assert_eq!(stored(), (Some("5".to_owned()), 6));
}
