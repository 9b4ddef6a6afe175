//! The programs on a real Kafka and a real database: in whatever order they start, on whatever partitions, apart or in
//! one process, they come to the same result, and that is the one worked out here.

mod oracle;
mod programs;
mod real;
mod support;

use std::collections::BTreeMap;
use std::io::copy;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;

use oracle::{FILES, ITC6107, bases, holdings, messages, same, sessions, thousandths, valuations};
use programs::line;
use real::{ByKey, Pen, by_key, files, same_by_key, same_rows, setting, tables, times_ms, wait_until};
use support::{Program, Servers};

/// Both topics by key, of a run up to some date.
struct Outcome {
    closes: ByKey,
    valuations: ByKey,
}

/// Reads the topics, and checks each of their messages: closes of every session within 5 % of the base price, and
/// the valuations that follow from them.
fn outcome(servers: &Servers, to: &str) -> Outcome {
    let found = Outcome { closes: by_key(servers, "StockExchange"), valuations: by_key(servers, "portfolios") };
    let dates: Vec<_> = sessions().into_iter().filter(|date| *date <= to).collect();
    let mut prices: BTreeMap<&str, Vec<i128>> = BTreeMap::new();
    let bases = bases(ITC6107);
    assert_eq!(found.closes.len(), bases.len(), "{:?}", found.closes.keys());
    for (stock, base) in &bases {
        let closes = &found.closes[stock];
        assert_eq!(closes.len(), dates.len(), "{stock}: closes");
        let prices = prices.entry(stock).or_default();
        for (close, date) in closes.iter().zip(&dates) {
            let price = close.split('"').nth(7).expect("a price in quotes");
            assert_eq!(*close, format!(r#"{{"TICK": "{stock}", "PRICE": "{price}", "TS": "{date}"}}"#));
            let price = thousandths(price);
            assert!((price - base).abs() * 20 <= base + 100 && price % 10 == 0, "{stock}: {close}, base {base}");
            prices.push(price);
        }
    }
    let held = holdings(ITC6107);
    assert_eq!(found.valuations.len(), held.len(), "{:?}", found.valuations.keys());
    for (investor, portfolio, held) in &held {
        let value = |at: usize| held.iter().map(|(stock, quantity)| prices[stock.as_str()][at] * quantity).sum();
        let values: Vec<_> = dates.iter().enumerate().map(|(at, date)| ((*date).to_owned(), value(at))).collect();
        let expected = messages(investor, portfolio, &values).join("\n");
        same(&expected, &found.valuations[portfolio].join("\n"));
    }
    found
}

/// Returns the files that `network` leaves on the broker inside of it.
fn embedded(to: &str, folder: &Path) -> BTreeMap<String, String> {
    line(&format!("network -q --to {to} --data")).word(folder).run().code(0);
    files(folder)
}

/// Starts all three investors.
fn investors(servers: &Servers, flags: &str) -> Vec<Program> {
    (1..=3).map(|number| servers.start(&format!("inv {number} {flags}"))).collect()
}

fn succeed(programs: impl IntoIterator<Item = Program>) {
    for program in programs {
        program.succeeds();
    }
}

#[test]
fn any_order_of_starting_comes_to_the_same_result() {
    const TO: &str = "2003-12-31";
    let until = format!("--until {TO}");
    let sending = format!("--to {TO} --session-interval 0");
    let data = tempfile::tempdir().expect("a folder");
    let reference = embedded(TO, &data.path().join("embedded"));

    // Those who read come first; one partition.
    let Some(servers) = Servers::take("order") else { return };
    servers.run("investors-db");
    let mut readers = investors(&servers, &until);
    readers.push(servers.start(&format!("app1 {until}")));
    for reader in &mut readers {
        reader.says("never seen before");
    }
    let exchanges = ["se1", "se2"].map(|exchange| servers.start(&format!("{exchange} {sending}")));
    succeed(exchanges.into_iter().chain(readers));
    let first = outcome(&servers, TO);
    same_rows(&reference, &tables(&servers));
    // The reports, too, are the same bytes from tables and files.
    servers.run(&format!("app2 -q --out {}", data.path().join("tables").display()));
    for file in FILES {
        let report = file.replace(".csv", "_stats.json");
        let read = |folder: &str| std::fs::read_to_string(data.path().join(folder).join(&report)).expect("a report");
        same(&read("embedded"), &read("tables"));
    }
    drop(servers);

    // One exchange ends before the other starts, both before anybody reads; six partitions.
    let Some(servers) = Servers::take("order") else { return };
    servers.run(&format!("se2 --partitions 6 {sending}"));
    servers.run(&format!("se1 --partitions 6 {sending}"));
    succeed(investors(&servers, &format!("--partitions 6 {until}")));
    servers.run("investors-db");
    servers.run(&format!("app1 {until}"));
    let second = outcome(&servers, TO);
    same_rows(&reference, &tables(&servers));
    assert!(servers.records("StockExchange").iter().any(|record| record.partition == 5));
    drop(servers);

    // Everything at once, the exchanges by `server`, and a second app1 that keeps files.
    let Some(servers) = Servers::take("order") else { return };
    servers.run("investors-db");
    let mut all = vec![servers.start(&format!("server {sending}")), servers.start(&format!("app1 {until}"))];
    let mut command = servers.line(&format!("app1 {until} --data rows"));
    all.push(Program::start(command.current_dir(data.path())));
    all.extend(investors(&servers, &until));
    succeed(all);
    let third = outcome(&servers, TO);
    same_rows(&reference, &tables(&servers));
    same_rows(&reference, &files(&data.path().join("rows")));
    drop(servers);

    // All in one process; interrupted, then to the end, then again with nothing left to do.
    let Some(servers) = Servers::take("order") else { return };
    let start = |flags: &str| {
        let mut command = servers.line(&format!("network --partitions 6 --to {TO} {flags}"));
        Program::start(command.current_dir(data.path()))
    };
    let interrupted = start("--session-interval 10ms");
    wait_until("some valuations", || servers.records("portfolios").len() > 100);
    interrupted.signal("INT");
    assert!(interrupted.succeeds().contains("stopped"));
    let so_far = servers.records("portfolios").len();
    assert!(so_far < 6_000, "interrupted at the end only");
    for _ in 0..2 {
        start("").succeeds();
        same_rows(&reference, &tables(&servers));
    }
    let fourth = outcome(&servers, TO);
    assert!(!data.path().join("finnet-data").join(FILES[0]).exists(), "the rows are in the database");

    for other in [&second, &third, &fourth] {
        same_by_key(&first.closes, &other.closes);
        same_by_key(&first.valuations, &other.valuations);
    }
}

/// Topics keep their records for ever, and a record's time is that of its sending, not that of its session.
#[test]
fn topics_are_made_to_be_read_later() {
    let Some(servers) = Servers::take("topics") else { return };
    let now_ms = || chrono::Utc::now().timestamp_millis();
    let start = now_ms();
    // All at once ask for topics whose partitions get their leaders one after the other.
    let flags = "--partitions 60";
    let readers = investors(&servers, &format!("{flags} --until 2000-01-31"));
    servers.run(&format!("server {flags} --to 2000-01-31 --session-interval 0"));
    succeed(readers);
    let end = now_ms();
    for topic in ["StockExchange", "portfolios", "StockExchange.rejected"] {
        assert_eq!(setting(&servers, topic, "retention.ms").as_deref(), Some("-1"), "{topic}");
    }
    for (topic, records) in [("StockExchange", 20 * 24), ("portfolios", 20 * 6)] {
        let times = times_ms(&servers, topic);
        assert_eq!(times.len(), records, "{topic}");
        assert!(times.iter().all(|time| (start..=end).contains(time)), "{topic}");
    }
}

/// A session that one stock skipped: the investor is past it, and app1 waits for a row and says so. What waits for a
/// stock is named.
#[test]
fn what_is_waited_for_is_named() {
    const NETWORK: &str = "first_session = 2000-01-03\n[[exchange]]\nname = \"E1\"\ncalendar = \"XNYS\"\nmodel = \"uniform\"\n\
        [exchange.stocks]\nAAA = \"1.00\"\nBBB = \"2.00\"\nCCC = \"3.00\"\n[[investor]]\nname = \"Ada\"\ncity = \"London\"\n\
        [investor.portfolios.All]\nAAA = 10\nBBB = 1\n[[investor]]\nname = \"Bob\"\ncity = \"Paris\"\n\
        [investor.portfolios.Two]\nAAA = 1\nCCC = 1\n";
    let Some(servers) = Servers::take("waiting") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("tiny.toml"), NETWORK).expect("a file");
    let start =
        |text: &str| Program::start(servers.line(&format!("{text} --network tiny.toml")).current_dir(folder.path()));
    let mut silent = start("inv 2 --waiting-limit 2");
    silent.says("never seen before");
    let pen = Pen::new(&servers);
    for (stock, dates) in [("AAA", &["03", "05", "06"][..]), ("BBB", &["03", "04"])] {
        for date in dates {
            pen.close(stock, "1.00", &format!("2000-01-{date}"));
        }
    }
    pen.flush();
    let mut store = start("app1 --until 2000-01-04 --data rows");
    let said = start("inv 1 --until 2000-01-04").succeeds();
    assert!(said.contains("1 valued · 1 void"), "{said}");
    store.says("waiting for Ada_All: its last row is 2000-01-03, awaited is 2000-01-04");
    // Three sessions wait for CCC, which the limit and, after some time, silence have named.
    silent.says("Bob_Two: 3 sessions wait");
    silent.says("Bob_Two is stalled: 3 sessions from 2000-01-03 on wait for CCC");
    pen.close("BBB", "1.00", "2000-01-05");
    for date in ["03", "05"] {
        pen.close("CCC", "1.00", &format!("2000-01-{date}"));
    }
    pen.flush();
    start("inv 1 --until 2000-01-05").succeeds();
    store.succeeds();
    silent.signal("TERM");
    silent.succeeds();
    let rows = std::fs::read_to_string(folder.path().join("rows/Ada_All.csv")).expect("a file");
    assert!(rows.ends_with("\n2000-01-03,11.00,,\n2000-01-05,11.00,0.00,0.00\n"), "{rows}");
}

/// Paced sending, and ends that are no sessions: the last session before them counts.
#[test]
fn an_end_on_a_weekend_is_the_session_before() {
    let Some(servers) = Servers::take("weekend") else { return };
    let data = tempfile::tempdir().expect("a folder");
    // 2000-02-26 and 27 are a weekend, and Monday 21 was Washington's Birthday.
    let mut investor = servers.start("inv 2 --until 2000-02-27");
    let mut store = servers.line("app1 --until 2000-02-26 --data rows");
    let store = Program::start(store.current_dir(data.path()));
    investor.says("never seen before");
    for exchange in ["se1", "se2"] {
        servers.run(&format!("{exchange} --to 2000-02-24 --session-interval 5ms"));
    }
    wait_until("the valuation of 2000-02-24", || {
        servers.records("portfolios").iter().any(|record| record.value.contains(r#""date": "2000-02-24""#))
    });
    // One session is missing: neither may have ended. inv 1 and 3 start only now, for less.
    succeed(["1", "3"].map(|number| servers.start(&format!("inv {number} --until 2000-02-21"))));
    for (program, name) in [(&investor, "inv"), (&store, "app1")] {
        assert!(!program.said().contains("done"), "{name} ended too early:\n{}", program.said());
    }
    for exchange in ["se2", "se1"] {
        servers.run(&format!("{exchange} --to 2000-02-25 --session-interval 5ms"));
    }
    succeed(["1", "3"].map(|number| servers.start(&format!("inv {number} --until 2000-02-25"))));
    succeed([investor, store]);
    outcome(&servers, "2000-02-25");
    let reference = embedded("2000-02-25", &data.path().join("embedded"));
    same_rows(&reference, &files(&data.path().join("rows")));
}

/// A way to a server that opens late.
fn open_way(listener: TcpListener, to: String) {
    thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let Ok(far) = TcpStream::connect(&to) else { continue };
            for (mut from, mut to) in [(&near, &far), (&far, &near)]
                .map(|(from, to)| (from.try_clone().expect("a connection"), to.try_clone().expect("a connection")))
            {
                thread::spawn(move || copy(&mut from, &mut to));
            }
        }
    });
}

#[test]
fn servers_that_come_late_are_waited_for() {
    let Some(servers) = Servers::take("late") else { return };
    servers.run("investors-db");
    let (_, host) = servers.database().rsplit_once('@').expect("user:password@host");
    let (host, database) = host.split_once('/').expect("host/database");
    let user = &servers.database()[..servers.database().find('@').expect("a user")];
    let ways = [servers.kafka(), host].map(|server| {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("a bound port");
        (free, server.to_owned())
    });
    let [(kafka, _), (mysql, _)] = &ways;
    let url = format!("{user}@{mysql}/{database}");
    let to = "--to 2000-01-31 --session-interval 0";
    let mut waiting: Vec<_> = [
        format!("se1 --bootstrap-servers {kafka} {to}"),
        format!("se2 --bootstrap-servers {kafka} {to}"),
        format!("inv 1 --bootstrap-servers {kafka} --until 2000-01-31"),
        format!("app1 --bootstrap-servers {kafka} --database-url {url}"),
        format!("investors-db --database-url {url}"),
    ]
    .iter()
    .map(|text| servers.start(text))
    .collect();
    for program in &mut waiting {
        program.says("trying for");
    }
    for (near, far) in ways {
        open_way(TcpListener::bind(near).expect("a port that was free"), far);
    }
    let store = waiting.remove(3);
    succeed(waiting);
    let dates = sessions().into_iter().filter(|date| *date <= "2000-01-31").count();
    wait_until("the rows of two portfolios", || {
        let count = |table: &str| servers.rows(&format!("SELECT COUNT(*) FROM {table}"))[0][0].clone();
        [count("Inv1_P11"), count("Inv1_P12")] == [Some(dates.to_string()), Some(dates.to_string())]
    });
    store.signal("TERM");
    store.succeeds();
    let found = by_key(&servers, "portfolios");
    assert_eq!(found.values().map(Vec::len).collect::<Vec<_>>(), [dates, dates]);
}

#[test]
fn the_oracle_writes_what_the_description_shows() {
    // The rows and messages of the description itself.
    let values = [("2000-01-03".to_owned(), 2_763_383_000)];
    assert_eq!(
        messages("Inv1", "P11", &values),
        [
            r#"{"investor": "Inv1", "portfolio": "P11", "date": "2000-01-03", "value": 2763383.00, "diff": null, "percent_diff": null}"#
        ]
    );
    assert!(valuations(values).ends_with("\n2000-01-03,2763383.00,,\n"));
    assert_eq!(bases(ITC6107).len(), 24);
}
