//! Programs stopped, interrupted and killed while the closes come, and started again with the same command: the same
//! result as if nothing had been. Of several instances one sends, and rows are stored once.

mod oracle;
mod programs;
mod real;
mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use oracle::{ITC6107, holdings, sessions};
use programs::line;
use real::{ByKey, by_key, count, files, same_by_key, same_rows, tables, wait_until};
use support::Servers;

/// The last session of these runs, and how many there are up to it.
const TO: &str = "2000-12-29";
const SESSIONS: usize = 252;
const STOCKS: usize = 24;
/// What was disturbed long enough is brought to its end without pauses.
const REST: &str = "server --to 2000-12-29 --session-interval 0";

/// What the run leaves where nobody disturbs it.
struct Undisturbed {
    rows: BTreeMap<String, String>,
}

impl Undisturbed {
    fn of(folder: &Path) -> Self {
        assert_eq!(sessions().iter().filter(|date| **date <= TO).count(), SESSIONS);
        line(&format!("network -q --to {TO} --data")).word(folder).run().code(0);
        Self { rows: files(folder) }
    }

    /// The messages on `portfolios` that lead to these rows.
    fn valuations(&self) -> ByKey {
        let null = |cell: &str| if cell.is_empty() { "null".to_owned() } else { cell.to_owned() };
        let messages = |investor: &str, portfolio: &str| {
            let rows = self.rows[&format!("{investor}_{portfolio}.csv")].lines().skip(1);
            rows.map(|row| {
                let cells: Vec<_> = row.split(',').map(null).collect();
                format!(
                    r#"{{"investor": "{investor}", "portfolio": "{portfolio}", "date": "{}", "value": {}, "diff": {}, "percent_diff": {}}}"#,
                    cells[0], cells[1], cells[2], cells[3]
                )
            })
            .collect()
        };
        holdings(ITC6107)
            .iter()
            .map(|(investor, portfolio, _)| (portfolio.clone(), messages(investor, portfolio)))
            .collect()
    }
}

/// Checks that each stock's closes are on the topic in order of date, once.
fn closes_stand_once(servers: &Servers) {
    let dates: Vec<_> = sessions().into_iter().filter(|date| *date <= TO).collect();
    let closes = by_key(servers, "StockExchange");
    assert_eq!(closes.len(), STOCKS);
    for (stock, closes) in closes {
        let found: Vec<_> = closes.iter().map(|close| close.split('"').nth(11).expect("a date")).collect();
        assert!(found == dates, "{stock}: {} closes, not {}", found.len(), dates.len());
    }
}

fn nothing_is_set_aside(servers: &Servers) {
    for topic in ["StockExchange.rejected", "portfolios.rejected"] {
        assert_eq!(servers.records(topic), [], "{topic}");
    }
}

/// Waits until this share of all closes is on the topic.
fn wait_for_closes(servers: &Servers, percent: usize) {
    let awaited = SESSIONS * STOCKS * percent / 100;
    wait_until("closes on the topic", || count(servers, "StockExchange") >= awaited);
}

#[test]
fn a_signal_at_any_moment_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let undisturbed = Undisturbed::of(folder.path());
    let Some(servers) = Servers::take("signals") else { return };
    servers.run("investors-db");
    let texts = [
        format!("se1 --to {TO} --session-interval 50ms"),
        format!("se2 --to {TO} --session-interval 50ms"),
        format!("inv 1 --until {TO}"),
        format!("inv 2 --until {TO}"),
        format!("inv 3 --until {TO}"),
        format!("app1 --until {TO}"),
    ];
    let mut programs: Vec<_> = texts.iter().map(|text| servers.start(text)).collect();
    // What each has said when it is at work.
    let at_work = [
        "SE1  12 stocks",
        "SE2  12 stocks",
        "never seen before",
        "never seen before",
        "never seen before",
        "portfolios ·",
    ];
    for (program, words) in programs.iter_mut().zip(at_work) {
        program.says(words);
    }
    let moments: [(usize, &str, &[usize]); 7] = [
        (0, "TERM", &[0, 2, 5]),
        (5, "TERM", &[1, 3, 4]),
        (20, "INT", &[0, 1]),
        (35, "TERM", &[2, 3, 4, 5]),
        (50, "INT", &[5, 2]),
        (65, "TERM", &[0, 1, 2, 3, 4, 5]),
        (80, "INT", &[3, 4, 1]),
    ];
    for (percent, signal, which) in moments {
        wait_for_closes(&servers, percent);
        for &place in which {
            programs[place].signal(signal);
        }
        for &place in which {
            let stopped = std::mem::replace(&mut programs[place], servers.start("app2 -h"));
            let said = stopped.succeeds();
            assert!(said.contains("stopped"), "SIG{signal} to {} at {percent} %:\n{said}", texts[place]);
            programs[place] = servers.start(&texts[place]);
        }
        for &place in which {
            programs[place].says(match place {
                0 | 1 => " · ",
                5 => "portfolios ·",
                _ => "StockExchange · going on at offset",
            });
        }
    }
    for program in programs {
        program.succeeds();
    }
    closes_stand_once(&servers);
    same_by_key(&undisturbed.valuations(), &by_key(&servers, "portfolios"));
    same_rows(&undisturbed.rows, &tables(&servers));
    nothing_is_set_aside(&servers);
    // Once more, with all done: each finds so and sends nothing.
    for text in &texts {
        servers.run(text);
    }
    closes_stand_once(&servers);
    same_by_key(&undisturbed.valuations(), &by_key(&servers, "portfolios"));
}

#[test]
fn a_second_instance_takes_over_and_two_stores_store_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let undisturbed = Undisturbed::of(folder.path());
    let Some(servers) = Servers::take("standby") else { return };
    servers.run("investors-db");
    let text = format!("inv 1 --until {TO}");
    let mut first = servers.start(&text);
    first.says("never seen before");
    let mut second = servers.start(&text);
    let mut third = servers.start(&text);
    let mut others: Vec<_> = [2, 3].map(|number| servers.start(&format!("inv {number} --until {TO}"))).into();
    let mut stores = vec![servers.start(&format!("app1 --until {TO}"))];
    stores[0].says("portfolios ·");
    stores.push(servers.start(&format!("app1 --until {TO}")));
    for other in &mut others {
        other.says("never seen before");
    }
    stores[1].says("standing by");
    for waits in [&mut second, &mut third] {
        waits.says("standing by");
        assert_eq!(waits.said().lines().count(), 1, "{}", waits.said());
    }
    // One that stands by ends in good order as well.
    third.signal("TERM");
    third.succeeds();

    let server = servers.start(&format!("server --to {TO} --session-interval 50ms"));
    wait_for_closes(&servers, 25);
    assert_eq!(second.said().lines().count(), 1, "{}", second.said());
    stores.remove(0).kill();
    let killed = Instant::now();
    first.kill();
    let before = by_key(&servers, "portfolios");
    second.says("taking over");
    let took = killed.elapsed();
    assert!(took < Duration::from_secs(12), "the second took over after {took:?}");
    stores.push(servers.start(&format!("app1 --until {TO}")));
    wait_for_closes(&servers, 60);
    // The other one of the first two.
    stores.remove(0).kill();
    others.remove(0).kill();
    others.push(servers.start(&format!("inv 2 --until {TO}")));
    stores.push(servers.start(&format!("app1 --until {TO}")));
    server.signal("INT");
    server.succeeds();
    servers.run(REST);
    for program in others.into_iter().chain([second]) {
        program.succeeds();
    }
    let stored = || tables(&servers).values().map(|rows| rows.lines().count() - 1).sum::<usize>();
    wait_until("all rows", || stored() >= 6 * SESSIONS);
    same_rows(&undisturbed.rows, &tables(&servers));
    nothing_is_set_aside(&servers);
    closes_stand_once(&servers);
    same_by_key(&undisturbed.valuations(), &by_key(&servers, "portfolios"));
    assert!(before["P11"].len() > 20 && before["P11"].len() < SESSIONS, "killed while at work");
    // Whichever of the two stored the last rows, both know that they are done.
    for store in stores {
        store.succeeds();
    }
}

/// A crash leaves the files of app1 such that the next one goes on.
#[test]
fn files_are_whole_after_a_crash() {
    let folder = tempfile::tempdir().expect("a folder");
    let undisturbed = Undisturbed::of(&folder.path().join("embedded"));
    let Some(servers) = Servers::take("files") else { return };
    let rows = folder.path().join("rows");
    let text = format!("app1 --until {TO} --data {}", rows.display());
    let readers: Vec<_> = (1..=3).map(|number| servers.start(&format!("inv {number} --until {TO}"))).collect();
    let server = servers.start(&format!("server --to {TO} --session-interval 50ms"));
    for percent in [10, 25, 40, 55] {
        let mut store = servers.start(&text);
        store.says("portfolios ·");
        // Two can't have one folder.
        let (code, said) = servers.start(&text).ends();
        assert_eq!((code, said.lines().filter(|line| line.starts_with("error: ")).count()), (Some(1), 1), "{said}");
        wait_for_closes(&servers, percent);
        let lines = || std::fs::read_to_string(rows.join("Inv3_P32.csv")).unwrap_or_default().lines().count();
        wait_until("rows", || lines() > SESSIONS * percent / 200);
        store.kill();
    }
    // A line that was being written.
    let torn = rows.join("Inv1_P11.csv");
    let mut text_then = std::fs::read_to_string(&torn).expect("a file");
    text_then.push_str("2000-12-2");
    std::fs::write(&torn, text_then).expect("a file");
    server.signal("TERM");
    server.succeeds();
    servers.run(REST);
    servers.run(&text);
    for program in readers {
        program.succeeds();
    }
    same_rows(&undisturbed.rows, &files(&rows));
    nothing_is_set_aside(&servers);
}
