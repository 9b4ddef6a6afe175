//! `server` and the exchanges it runs, on the real servers and without: signals, deaths, its own death by `kill -9`,
//! and exit codes.

mod oracle;
mod programs;
mod real;
mod support;

use std::fs::OpenOptions;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use oracle::sessions;
use programs::{line, run};
use real::{ByKey, Pen, by_key, count, same_by_key, wait_until};
use support::{Program, Servers};

/// The last session of these runs, and how many there are up to it.
const TO: &str = "2000-12-29";
const SESSIONS: usize = 252;
const STOCKS: usize = 24;
/// Slow enough to be disturbed, and what brings the disturbed to its end.
const SLOWLY: &str = "server --to 2000-12-29 --session-interval 50ms";
const REST: &str = "server --to 2000-12-29 --session-interval 0";

/// Returns the closes that a run leaves which nobody disturbs: each stock's in order of date, once.
fn undisturbed() -> Option<ByKey> {
    let servers = Servers::take("server")?;
    servers.run(REST);
    let closes = by_key(&servers, "StockExchange");
    let dates: Vec<_> = sessions().into_iter().filter(|date| *date <= TO).collect();
    assert_eq!((closes.len(), dates.len()), (STOCKS, SESSIONS));
    for (stock, closes) in &closes {
        let found: Vec<_> = closes.iter().map(|close| close.split('"').nth(11).expect("a date")).collect();
        assert!(found == dates, "{stock}: {} closes, not {}", found.len(), dates.len());
    }
    Some(closes)
}

/// Waits until this share of all closes is on the topic.
fn wait_for_closes(servers: &Servers, percent: usize) {
    let awaited = SESSIONS * STOCKS * percent / 100;
    wait_until("closes on the topic", || count(servers, "StockExchange") >= awaited);
}

/// Returns the processes that `server` has said it started for this exchange, in order.
fn started(said: &str, exchange: &str) -> Vec<u32> {
    let start = format!("{exchange} started, process ");
    said.lines().filter_map(|line| line.split_once(&start)?.1.trim().parse().ok()).collect()
}

/// Returns the processes that a server has started, once it has `said` so of both exchanges and both are at work.
fn both_at_work(said: impl Fn() -> String) -> Vec<u32> {
    wait_until("both exchanges", || said().matches("12 stocks").count() == 2);
    let said = said();
    let processes = [started(&said, "SE1"), started(&said, "SE2")].concat();
    assert_eq!(processes.len(), 2, "{said}");
    processes
}

/// Returns whether a process has not ended; one whose parent has not looked yet has.
fn is_there(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
}

fn left(processes: &[u32]) -> Vec<u32> {
    processes.iter().copied().filter(|&process| is_there(process)).collect()
}

/// Processes that are stopped, and go on with the end of this.
struct Asleep(Vec<u32>);

impl Asleep {
    fn put(processes: Vec<u32>) -> Self {
        let asleep = Self(processes);
        for &process in &asleep.0 {
            programs::signal(process, "STOP");
        }
        asleep
    }
}

impl Drop for Asleep {
    fn drop(&mut self) {
        // Where a test fails as well: nobody else would ever wake them.
        for process in &self.0 {
            let _ = Command::new("kill").args(["-CONT", &process.to_string()]).status();
        }
    }
}

/// Returns whether a SIGTERM waits for a process that is stopped.
fn is_asked_to_end(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let pending = status.lines().find_map(|line| line.strip_prefix("ShdPnd:")).unwrap_or("0");
    u64::from_str_radix(pending.trim(), 16).is_ok_and(|signals| signals & (1 << (15 - 1)) != 0)
}

/// Returns the id of a process's parent.
fn parent_of(process: u32) -> u32 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("Linux");
    let (_, after) = stat.rsplit_once(')').expect("a name in brackets");
    after.split_ascii_whitespace().nth(1).and_then(|id| id.parse().ok()).expect("a process id")
}

#[test]
fn both_exchanges_are_stopped_and_one_that_dies_is_started_again() {
    let Some(undisturbed) = undisturbed() else { return };
    let Some(servers) = Servers::take("server") else { return };
    let server = servers.start(SLOWLY);
    wait_for_closes(&servers, 10);
    let first = started(&server.said(), "SE1");
    programs::signal(first[0], "KILL");
    wait_until("SE1 again", || started(&server.said(), "SE1").len() == 2);
    wait_for_closes(&servers, 20);
    let said = server.said();
    let processes = [started(&said, "SE1"), started(&said, "SE2")].concat();
    assert_eq!(processes.len(), 3, "{said}");
    assert!(said.contains("SE1 died (killed by signal 9): starting it again in 0.5 s"), "{said}");
    server.signal("TERM");
    let said = server.succeeds();
    assert_eq!(left(&processes), [0; 0], "still run:\n{said}");
    assert_eq!(said.matches("stopped; start again").count(), 2, "{said}");

    // Ctrl-C goes to the whole group of processes, and the server asks its exchanges to end besides: both signals find
    // them asleep here, as they may on a busy machine, and they end in good order all the same.
    let server = Program::start(servers.line(SLOWLY).process_group(0));
    wait_for_closes(&servers, 30);
    let processes = both_at_work(|| server.said());
    let asleep = Asleep::put(processes.clone());
    let group = format!("-{}", parent_of(processes[0]));
    assert!(Command::new("kill").args(["-INT", "--", &group]).status().expect("kill").success());
    let asked = Instant::now();
    while asked.elapsed() < Duration::from_secs(3) && !processes.iter().all(|&process| is_asked_to_end(process)) {
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(asleep);
    let said = server.succeeds();
    assert_eq!(left(&processes), [0; 0], "still run:\n{said}");
    assert_eq!(said.matches("stopped; start again").count(), 2, "an exchange did not end in good order:\n{said}");

    servers.run(REST);
    same_by_key(&undisturbed, &by_key(&servers, "StockExchange"));
}

/// A server to be killed. What it says is kept beyond its end, unlike a `Program`'s: its exchanges go on saying.
struct Doomed {
    server: Child,
    said: tempfile::NamedTempFile,
}

impl Doomed {
    fn start(servers: &Servers) -> Self {
        let said = tempfile::NamedTempFile::new().expect("a file");
        let pipe = || OpenOptions::new().append(true).open(said.path()).expect("a file that was just made");
        let mut line = servers.line(SLOWLY);
        let server = line.stdin(Stdio::null()).stdout(pipe()).stderr(pipe()).spawn().expect("server");
        Self { server, said }
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.said.path()).expect("a file that was just made")
    }

    fn kill(&mut self) {
        self.server.kill().expect("a child of this process");
        self.server.wait().expect("a child of this process");
    }
}

impl Drop for Doomed {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[test]
fn the_exchanges_of_a_killed_server_end_in_good_order_and_the_next_one_goes_on() {
    let Some(undisturbed) = undisturbed() else { return };
    let Some(servers) = Servers::take("server") else { return };
    for percent in [10, 40, 70] {
        let mut server = Doomed::start(&servers);
        wait_for_closes(&servers, percent);
        let processes = both_at_work(|| server.said());
        server.kill();
        wait_until("the exchanges to end", || left(&processes).is_empty());
        let said = server.said();
        assert_eq!(said.matches("stopped; start again").count(), 2, "not in good order:\n{said}");
        assert!(!said.contains("done: "), "the kill came too late:\n{said}");
    }
    servers.run(REST);
    same_by_key(&undisturbed, &by_key(&servers, "StockExchange"));
}

fn wakes_and_ends(asleep: Option<Asleep>) {
    let processes = asleep.as_ref().map(|asleep| asleep.0.clone()).unwrap_or_default();
    drop(asleep);
    wait_until("the exchanges before to end", || left(&processes).is_empty());
}

/// The exchanges of the killed server sleep through its death and wake while those of the next one are at work.
#[test]
fn a_server_started_at_once_after_a_killed_one_doubles_nothing() {
    let Some(undisturbed) = undisturbed() else { return };
    let Some(servers) = Servers::take("server") else { return };
    let mut before: Option<Asleep> = None;
    for percent in [10, 25, 40, 55, 70] {
        let mut server = Doomed::start(&servers);
        wait_for_closes(&servers, percent);
        let processes = both_at_work(|| server.said());
        wakes_and_ends(before.take());
        let asleep = Asleep::put(processes);
        server.kill();
        before = Some(asleep);
    }
    let server = servers.start(REST);
    wakes_and_ends(before);
    server.succeeds();
    same_by_key(&undisturbed, &by_key(&servers, "StockExchange"));
}

#[test]
fn a_second_ctrl_c_ends_the_server_at_once() {
    let Some(servers) = Servers::take("server") else { return };
    let server = servers.start(SLOWLY);
    let processes = both_at_work(|| server.said());
    let asleep = Asleep::put(processes.clone());
    server.signal("INT");
    wait_until("the exchanges are asked", || processes.iter().all(|&process| is_asked_to_end(process)));
    server.signal("INT");
    // 128 and the number of SIGINT, as the shell has it; the exchanges are there still.
    let (code, said) = server.ends();
    assert_eq!((code, left(&processes)), (Some(130), processes.clone()), "{said}");
    drop(asleep);
    wait_until("the exchanges to end", || left(&processes).is_empty());
}

#[test]
fn an_exchange_that_is_refused_ends_the_server_and_is_not_started_again() {
    let Some(servers) = Servers::take("server") else { return };
    servers.make("StockExchange", 2);
    let pen = Pen::new(&servers);
    pen.close("IBM", "128.25", "2000-01-03");
    pen.flush();
    let right = servers.records("StockExchange")[0].partition;
    let moved = br#"{"TICK": "IBM", "PRICE": "128.25", "TS": "2000-01-04"}"#;
    pen.write_into("StockExchange", 1 - right, b"IBM", moved);
    pen.flush();
    let (code, said) = servers.start(SLOWLY).ends();
    assert_eq!((code, started(&said, "SE1").len(), started(&said, "SE2").len()), (Some(4), 1, 1), "{said}");
    let errors: Vec<_> = said.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 2, "the exchange's and the server's:\n{said}");
    assert!(errors[0].contains("IBM"), "{said}");
    assert!(errors[1].starts_with("error: SE1 died (exit code 4"), "{said}");
    assert!(said.contains("SE2 stopped"), "{said}");
    assert_eq!(left(&[started(&said, "SE1"), started(&said, "SE2")].concat()), [0; 0]);
}

#[test]
fn exit_codes_stand_in_the_help_and_supervision_does_not() {
    for program in ["se1", "se2", "server"] {
        for flag in ["-h", "--help"] {
            let help = run(&format!("{program} {flag}")).code(0).out;
            assert!(help.contains("Exit codes: 0 "), "{help}");
            for code in ["1 failed", "2 wrong usage", "3 another instance", "4 refused"] {
                assert!(help.contains(code), "no {code} in:\n{help}");
            }
            assert!(!help.contains("--supervised"), "{help}");
        }
    }
    run("server --supervised").code(2).says("--supervised");
}

#[test]
fn an_exchange_is_bound_to_its_stdin_only_where_it_is_supervised() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    // Nobody ever answers there.
    let broker = format!("--bootstrap-servers={}", listener.local_addr().expect("a bound port"));
    // Both have a stdin that is at its end.
    line("se1 --supervised --connect-timeout=1h").word(&broker).run().code(0).says("stopped; start again");
    line("se1 --connect-timeout=1s").word(&broker).run().code(1).says("no Kafka broker answers");
}
