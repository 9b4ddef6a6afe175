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
    assert_eq!(code, Some(1), "{said}");
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

#[test]
fn bad_closes_are_set_aside_once_and_the_stream_goes_on() {
    let Some(servers) = Servers::take("badcloses") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let network = network(folder.path());
    servers.make("StockExchange", 1);
    let pen = Pen::new(&servers);
    let soon = (Utc::now().date_naive() + Days::new(3)).to_string();
    let close =
        |tick: &str, price: &str, date: &str| format!(r#"{{"TICK": {tick}, "PRICE": {price}, "TS": "{date}"}}"#);
    let priced = |price: &str| close(r#""AAA""#, price, "2000-01-04");
    let dated = |date: &str| close(r#""AAA""#, "1.50", date);

    // Read all the same: other forms, and a price that is the same number again.
    let session = [
        r#"{"PRICE": 1.5, "EXCHANGE": "E1", "DATE": "2000-01-03", "TICK": "AAA"}"#.to_owned(),
        r#""{\"TICK\": \"BBB\", \"PRICE\": \"2\", \"TS\": \"2000-01-03\"}""#.to_owned(),
        close(r#""AAA""#, r#""1.500""#, "2000-01-03"),
    ];
    for (key, payload) in [("AAA", &session[0]), ("BBB", &session[1]), ("AAA", &session[2])] {
        pen.write("StockExchange", Some(key.as_bytes()), payload.as_bytes());
    }
    let mut bad: Vec<(&str, &[u8], Vec<u8>)> = Vec::new();
    for payload in [&b"IBM 128.25"[..], b"", b"{\"TICK\": \"AAA\"", b"\xff\xfe", b"{\"TICK\": \"A\xffA\"}", b"\x1b[31m"]
    {
        bad.push(("not-json", b"AAA", payload.to_vec()));
    }
    bad.push(("not-json", b"AAA", priced("NaN").into_bytes()));
    for payload in [
        r#"{"TICK": "AAA", "TS": "2000-01-04"}"#,
        r#"{"TICK": "AAA", "PRICE": "1.50"}"#,
        r#"{"PRICE": "1.50", "TS": "2000-01-04"}"#,
        "{}",
        "[1, 2]",
    ] {
        bad.push(("missing-field", b"AAA", payload.into()));
    }
    let (thirty, thirteen) = (format!("\"{}\"", "9".repeat(30)), format!("\"1{}.00\"", "0".repeat(12)));
    for price in
        ["\"-1.50\"", "-1.5", "0", "\"0.00\"", "\"NaN\"", "\"\"", "true", "\"1.123456789\"", &thirty, &thirteen]
    {
        bad.push(("bad-price", b"AAA", priced(price).into_bytes()));
    }
    for date in ["2000-02-30", "2000-1-4", "04.01.2000", "yesterday", "", "1999-12-31"] {
        bad.push(("bad-date", b"AAA", dated(date).into_bytes()));
    }
    bad.push(("bad-date", b"AAA", r#"{"TICK": "AAA", "PRICE": "1.50", "TS": 20000104}"#.into()));
    bad.extend([&soon, "2999-12-31", "9999-12-31"].map(|date| ("future", &b"AAA"[..], dated(date).into_bytes())));
    for date in ["2000-01-04 15:38:01.123456", "2000-01-04T15:38:01Z"] {
        bad.push(("tick", b"AAA", dated(date).into_bytes()));
    }
    bad.push(("key-mismatch", b"BBB", priced("1.50").into_bytes()));
    bad.push(("key-mismatch", b"\x1b[31mAAA\xff", priced("1.50").into_bytes()));
    bad.push(("contradicting", b"AAA", close(r#""AAA""#, "1.51", "2000-01-03").into_bytes()));
    bad.push(("unknown-stock", b"aaa", close(r#""aaa""#, "1.50", "2000-01-04").into_bytes()));
    let hostile = hostile();
    for (name, key) in &hostile {
        bad.push(("unknown-stock", key, close(name, "1.50", "2000-01-04").into_bytes()));
    }
    for (_, key, payload) in &bad {
        pen.write("StockExchange", Some(key), payload);
    }
    pen.write_nothing("StockExchange", b"AAA");
    pen.close("AAA", "1.60", "2000-01-04");
    pen.close("BBB", "2.00", "2000-01-04");
    pen.flush();

    let first = servers.start(&format!("inv 1 -v {network}"));
    wait_until("the valuation after all the bad records", || values(&servers).len() == 2);
    // By hand: 15 + 2, 16 + 2.
    assert_eq!(values(&servers), ["\"2000-01-03\" 17.00", "\"2000-01-04\" 18.00"]);
    let expected: Vec<_> = bad
        .iter()
        .map(|(reason, _, payload)| (*reason, Some(payload.clone())))
        .chain([("not-json", None)])
        .zip(3..)
        .map(|((reason, payload), offset)| Aside {
            key: format!("StockExchange/0/{offset}"),
            group: "inv-1".to_owned(),
            reason: reason.to_owned(),
            payload,
        })
        .collect();
    wait_until("all set aside", || set_aside(&servers, "StockExchange.rejected").len() >= expected.len());
    first.signal("TERM");
    let said = first.succeeds();
    let aside = set_aside(&servers, "StockExchange.rejected");
    let missing: Vec<_> = expected.iter().filter(|expected| !aside.contains(expected)).collect();
    let beyond: Vec<_> = aside.iter().filter(|aside| !expected.contains(aside)).collect();
    assert!(missing.is_empty() && beyond.is_empty(), "missing: {missing:#?}\nnot expected: {beyond:#?}");
    assert_eq!(aside.len(), expected.len(), "each once");
    is_harmless(&said);
    for Aside { key, reason, .. } in &expected {
        let named = said
            .lines()
            .any(|line| line.split([' ', ':', ',']).any(|word| word == key) && line.contains(reason.as_str()));
        assert!(named, "no line names {key}, {reason}:\n{said}");
    }

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
    let mut of_two = expected.clone();
    of_two.extend(expected.iter().map(|one| Aside { group: "inv-2".to_owned(), ..one.clone() }));
    let mut aside = set_aside(&servers, "StockExchange.rejected");
    of_two.sort();
    aside.sort();
    assert!(aside == of_two, "{} set aside, not {}", aside.len(), of_two.len());
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
    let soon = (Utc::now().date_naive() + Days::new(3)).to_string();
    let valued = |names: [&str; 2], date: &str, [value, diff, pct]: [&str; 3]| {
        let [investor, portfolio] = names;
        format!(
            r#"{{"investor": {investor}, "portfolio": {portfolio}, "date": "{date}", "value": {value}, "diff": {diff}, "percent_diff": {pct}}}"#
        )
    };
    let all = [r#""Ada""#, r#""All""#];
    let write = |payload: &str| pen.write("portfolios", Some(b"All"), payload.as_bytes());
    let row = ["18.00", "1.00", "5.88"];
    write(&valued(all, "2000-01-03", ["17.00", "null", "null"]));
    // The names of the other systems, and binary floats of them; then the same row again.
    write(
        r#"{"investor_id": "Ada", "portfolio_id": "All", "date": "2000-01-04", "value": 18.000000001, "change": 0.999999999999, "change_pct": 5.8823529}"#,
    );
    write(&valued(all, "2000-01-04", ["18", "1.0000", "5.880"]));
    let mut bad: Vec<(&str, &[u8], String)> = Vec::new();
    bad.push(("not-json", b"All", "17".repeat(3_000) + "}"));
    bad.push(("not-json", b"All", valued(all, "2000-01-05", ["NaN", "1.00", "1.00"])));
    bad.push(("missing-field", b"All", "{}".into()));
    for field in ["investor", "portfolio", "date", "value", "diff", "percent_diff"] {
        let payload = valued(all, "2000-01-05", row).replace(&format!("\"{field}\""), "\"other\"");
        bad.push(("missing-field", b"All", payload));
    }
    bad.push(("bad-price", b"All", valued(all, "2000-01-05", ["\"cheap\"", "1.00", "1.00"])));
    bad.push(("bad-date", b"All", valued(all, "2000-02-30", row)));
    bad.push(("future", b"All", valued(all, &soon, row)));
    bad.push(("unknown-portfolio", b"Two", valued([r#""Ada""#, r#""Two""#], "2000-01-05", row)));
    bad.push(("unknown-portfolio", b"Nix", valued([r#""Ada""#, r#""Nix""#], "2000-01-05", row)));
    let hostile = hostile();
    for (at, (name, key)) in hostile.iter().enumerate() {
        let names = if at % 2 == 0 { [name, r#""All""#] } else { [r#""Ada""#, name] };
        // Few enough of a kind that each has its line.
        if at < 8 {
            bad.push(("unknown-portfolio", key, valued(names, "2000-01-05", row)));
        }
    }
    bad.push(("key-mismatch", b"Two", valued(all, "2000-01-05", row)));
    bad.push(("contradicting", b"All", valued(all, "2000-01-04", ["18.00000001", "1.00", "5.88"])));
    bad.push(("contradicting", b"All", valued(all, "2000-01-04", ["18.00", "null", "5.88"])));
    bad.push(("contradicting", b"All", valued(all, "2000-01-03", ["17.00", "null", "0.01"])));
    // DECIMAL(28,8) has 20 digits before the point, DECIMAL(12,2) ten.
    let (twenty_one, eleven) = (format!("1{}.00", "0".repeat(20)), "10000000000.00");
    bad.push(("out-of-range", b"All", valued(all, "2000-01-05", [&twenty_one, "1.00", "1.00"])));
    bad.push(("out-of-range", b"All", valued(all, "2000-01-05", ["1.00", &format!("-{twenty_one}"), "1.00"])));
    bad.push(("out-of-range", b"All", valued(all, "2000-01-05", ["1.00", "1.00", eleven])));
    bad.push(("out-of-range", b"All", valued(all, "2000-01-05", [&"9".repeat(60), "1.00", "1.00"])));
    for (_, key, payload) in &bad {
        pen.write("portfolios", Some(key), payload.as_bytes());
    }
    // The largest that fits, and a negative value.
    let most = format!("{}.99999999", "9".repeat(20));
    write(&valued(all, "2000-01-05", [&most, "-0.00000001", "-9999999999.99"]));
    pen.flush();

    let stored = || servers.rows("SELECT COUNT(*) FROM Ada_All")[0][0].clone();
    let first = servers.start(&format!("app1 -v {network}"));
    wait_until("the row after all the bad records", || stored().as_deref() == Some("3"));
    first.signal("TERM");
    let said = first.succeeds();
    is_harmless(&said);
    let expected: Vec<_> = bad
        .iter()
        .zip(3..)
        .map(|((reason, _, payload), offset)| Aside {
            key: format!("portfolios/0/{offset}"),
            group: "app1".to_owned(),
            reason: (*reason).to_owned(),
            payload: Some(payload.clone().into_bytes()),
        })
        .collect();
    for Aside { key, reason, .. } in &expected {
        let named = said
            .lines()
            .any(|line| line.split([' ', ':', ',']).any(|word| word == key) && line.contains(reason.as_str()));
        assert!(named, "no line names {key}, {reason}:\n{said}");
    }
    let check = |what: &str| {
        let aside = set_aside(&servers, "portfolios.rejected");
        let missing: Vec<_> = expected.iter().filter(|expected| !aside.contains(expected)).collect();
        let beyond: Vec<_> = aside.iter().filter(|aside| !expected.contains(aside)).collect();
        assert!(missing.is_empty() && beyond.is_empty(), "{what}: missing {missing:#?}\nnot expected: {beyond:#?}");
        assert_eq!(aside.len(), expected.len(), "{what}: each once");
    };
    check("first");

    // Again from the stored offset, then from the start with nothing stored: once each all the same.
    write(&valued(all, "2000-01-06", row));
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
    check("after restarts");
    assert_eq!(servers.rows("SHOW TABLES"), tables);
    let rows = servers.rows("SELECT * FROM Ada_All ORDER BY As_Of");
    let rows: Vec<_> = rows
        .into_iter()
        .map(|row| row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        rows,
        [
            "2000-01-03 17.00000000  ",
            "2000-01-04 18.00000000 1.00000000 5.88",
            &format!("2000-01-05 {most} -0.00000001 -9999999999.99"),
            "2000-01-06 18.00000000 1.00000000 5.88",
        ]
    );

    // The same into files: two of them, and a lock and the offsets beside.
    let rows = folder.path().join("deep").join("rows");
    let files = servers.start(&format!("app1 {network} --data {}", rows.display()));
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
        let entries = std::fs::read_dir(folder).expect("a folder");
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name")).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(names(&rows), ["Ada_All.csv", "Bob_Two.csv", "app1.lock", "app1.offsets"]);
    assert_eq!(names(folder.path()), ["deep", "tiny.toml"]);
    check("into files");
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
        pen.write("StockExchange", None, b"rubbish");
        pen.write("portfolios", None, b"rubbish");
        pen.write("StockExchange", None, br#"{"TICK": "AAA", "PRICE": "1.50", "TS": "2000-01-03"}"#);
        pen.write(
            "portfolios",
            None,
            br#"{"investor": "Ada", "portfolio": "All", "date": "2000-01-03", "value": 1.00, "diff": null, "percent_diff": null}"#,
        );
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
    (investor.says("never seen before"), store.says("never seen before"));
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
        pen.write("portfolios", Some(b"Two"), payload.as_bytes());
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
