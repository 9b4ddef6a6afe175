//! `server`: starts every exchange of the network as a process of its own, restarts one that dies, stops all.
//!
//! What an exchange's end means is in its exit code ([`Kind`]). Its output goes straight to the server's own terminal;
//! its stdin is a pipe that the server holds open and never writes to: with the server, however it ends, the pipe ends,
//! and so does the exchange ([`Stop::at_end_of`]).

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::failure::{Failure, Kind};
use crate::stop::Stop;
use crate::terminal::Terminal;

/// How long an exchange may take to end in good order, asked by the server or left by it.
pub const GRACE: Duration = Duration::from_secs(20);

/// How much a server bears with.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// The pause before the first restart; each further one is twice as long.
    first_pause: Duration,
    /// The longest pause.
    longest_pause: Duration,
    /// Restarts of one exchange in a row before the server gives up.
    most_restarts: u32,
    /// An exchange that has lived so long starts counting anew.
    healthy: Duration,
    /// How long an exchange may take to end in good order.
    grace: Duration,
}

const PATIENCE: Patience = Patience {
    first_pause: Duration::from_millis(500),
    longest_pause: Duration::from_secs(30),
    most_restarts: 10,
    healthy: Duration::from_mins(1),
    grace: GRACE,
};

/// What every exchange is started with, and when the server itself ends.
struct Supervisor<'a> {
    program: &'a Path,
    arguments: &'a [OsString],
    patience: Patience,
    stop: &'a Stop,
    terminal: &'a Terminal,
}

/// One exchange's process and its restarts.
struct Exchange {
    /// Its number in the network file, from 1.
    number: usize,
    name: String,
    state: State,
    started: Instant,
    restarts: u32,
}

enum State {
    Running(Child),
    /// To be started at this time.
    Due(Instant),
    Done,
    /// Another instance has taken over.
    Fenced,
}

/// Runs `se1` once for each exchange, with the server's own arguments, until all are done or it is asked to end.
///
/// # Errors
///
/// - [`Kind::Refused`], [`Kind::Usage`] as soon as one of them ends so, since starting it again would not mend it.
/// - [`Kind::Failed`] where one can't be kept alive.
/// - [`Kind::Fenced`] where the others are done and another instance has taken over one or more.
///
/// In each case none is left running.
pub fn run(names: &[String], arguments: &[OsString], stop: &Stop, terminal: &Terminal) -> Result<(), Failure> {
    let program = sibling("se1")?;
    Supervisor { program: &program, arguments, patience: PATIENCE, stop, terminal }.run(names)
}

impl Supervisor<'_> {
    fn run(&self, names: &[String]) -> Result<(), Failure> {
        let now = Instant::now();
        let of = |(number, name): (usize, &String)| Exchange {
            number,
            name: name.clone(),
            state: State::Due(now),
            started: now,
            restarts: 0,
        };
        let mut exchanges: Vec<_> = (1..).zip(names).map(of).collect();
        let result = self.supervise(&mut exchanges);
        self.end(&mut exchanges);
        result
    }

    fn supervise(&self, exchanges: &mut [Exchange]) -> Result<(), Failure> {
        while exchanges.iter().any(|exchange| matches!(exchange.state, State::Running(_) | State::Due(_))) {
            for exchange in &mut *exchanges {
                if self.stop.is_set() {
                    return Ok(());
                }
                match &mut exchange.state {
                    State::Due(at) if *at <= Instant::now() => self.start(exchange)?,
                    State::Running(child) => {
                        let ended =
                            child.try_wait().map_err(|why| Failure::new(format!("{}: {why}", exchange.name)))?;
                        if let Some(status) = ended {
                            self.settle(exchange, status)?;
                        }
                    }
                    _ => (),
                }
            }
            self.stop.sleep_until(Instant::now() + Duration::from_millis(50));
        }
        let fenced = exchanges.iter().filter(|exchange| matches!(exchange.state, State::Fenced));
        let fenced: Vec<_> = fenced.map(|exchange| exchange.name.as_str()).collect();
        if fenced.is_empty() {
            return Ok(());
        }
        let names = fenced.join(", ");
        Err(Failure::of(Kind::Fenced, format!("{names}: at work in another instance; nothing is left to do here")))
    }

    fn start(&self, exchange: &mut Exchange) -> Result<(), Failure> {
        let mut command = Command::new(self.program);
        command.args(self.arguments).arg("--exchange").arg(exchange.number.to_string());
        exchange.started = Instant::now();
        match command.arg("--supervised").stdin(Stdio::piped()).spawn() {
            Ok(child) => {
                self.terminal.say(format!("{} started, process {}", exchange.name, child.id()));
                exchange.state = State::Running(child);
                Ok(())
            }
            // The system may be short of processes for a moment.
            Err(why) => self.start_again(exchange, &format!("{} can't be started: {why}", self.program.display())),
        }
    }

    /// Does what the end of an exchange asks for; it has said itself why it ended.
    fn settle(&self, exchange: &mut Exchange, status: ExitStatus) -> Result<(), Failure> {
        let name = &exchange.name;
        match Kind::of(status) {
            Kind::Ended => {
                self.terminal.say(format!("{name} is done"));
                exchange.state = State::Done;
                Ok(())
            }
            Kind::Fenced => {
                self.terminal.warn(format!("another instance of {name} is at work elsewhere: left to it"));
                exchange.state = State::Fenced;
                Ok(())
            }
            kind @ (Kind::Usage | Kind::Refused) => {
                exchange.state = State::Done;
                let how = described(status);
                Err(Failure::of(kind, format!("{name} died ({how}; its error stands above): trying again is no use")))
            }
            Kind::Failed => self.start_again(exchange, &described(status)),
        }
    }

    fn start_again(&self, exchange: &mut Exchange, why: &str) -> Result<(), Failure> {
        let name = &exchange.name;
        if exchange.started.elapsed() >= self.patience.healthy {
            exchange.restarts = 0;
        }
        if exchange.restarts == self.patience.most_restarts {
            exchange.state = State::Done;
            let restarts = exchange.restarts;
            return Err(Failure::new(format!("{name} died ({why}), after {restarts} restarts in a row: giving up")));
        }
        let pause = self.patience.pause(exchange.restarts);
        self.terminal.warn(format!("{name} died ({why}): starting it again in {:.1} s", pause.as_secs_f64()));
        exchange.restarts += 1;
        exchange.state = State::Due(Instant::now() + pause);
        Ok(())
    }

    /// Asks every exchange that still runs to end, waits for it, and kills it where it does not.
    fn end(&self, exchanges: &mut [Exchange]) {
        for exchange in &*exchanges {
            if let State::Running(child) = &exchange.state {
                // By the system's own `kill`: std can only kill without asking.
                let asked = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status();
                if !asked.is_ok_and(|status| status.success()) {
                    self.terminal.warn(format!("{} could not be asked to end", exchange.name));
                }
            }
        }
        let until = Instant::now() + self.patience.grace;
        for Exchange { name, state, .. } in exchanges {
            let State::Running(child) = state else { continue };
            while child.try_wait().is_ok_and(|status| status.is_none()) && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(10));
            }
            if child.try_wait().is_ok_and(|status| status.is_none()) {
                self.terminal.warn(format!("{name} did not end in {} s: killed", self.patience.grace.as_secs()));
                let _ = child.kill();
            }
            match child.wait() {
                Ok(status) if status.success() => self.terminal.say(format!("{name} stopped")),
                Ok(status) => self.terminal.warn(format!("{name} did not stop in good order ({})", described(status))),
                Err(why) => self.terminal.warn(format!("{name}: {why}")),
            }
        }
    }
}

impl Patience {
    /// Returns the pause before a restart, after this many in a row.
    fn pause(&self, restarts: u32) -> Duration {
        self.first_pause.saturating_mul(2_u32.saturating_pow(restarts)).min(self.longest_pause)
    }
}

/// Returns how a process ended, in words.
fn described(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("killed by signal {signal}"),
        (None, None) => status.to_string(),
    }
}

/// Returns the path of another program of this package: it lies beside this one.
fn sibling(name: &str) -> Result<PathBuf, Failure> {
    let own = std::env::current_exe().map_err(|why| Failure::new(format!("where this program lies: {why}")))?;
    let path = own.with_file_name(name);
    if path.is_file() {
        return Ok(path);
    }
    Err(Failure::new(format!("{} is not there", path.display())).hint("build all programs: cargo build"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::Level;

    /// The server's own rules, but for what takes time.
    const AT_ONCE: Patience = Patience { first_pause: Duration::ZERO, grace: Duration::from_mins(1), ..PATIENCE };

    /// A folder, and the starts of each exchange that its files count.
    struct Market(tempfile::TempDir);

    impl Market {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        /// Supervises SE1 and SE2, shell scripts that count their starts: `$n` is how many that are.
        fn run(&self, patience: Patience, stop: &Stop, exchanges: [&str; 2]) -> Result<(), Failure> {
            let [one, two] = exchanges;
            let folder = self.0.path().display();
            // `sh -c TEXT --exchange 1 --supervised` has the number in $1.
            let text = format!(
                "cd '{folder}' || exit 9; [ \"$0 $2\" = '--exchange --supervised' ] || exit 2
                echo >>\"$1\"; n=$(($(wc -l <\"$1\")))
                case $1 in 1) {one} ;; 2) {two} ;; esac"
            );
            let terminal = Terminal::new("server", Level::Quiet);
            let arguments = ["-c".into(), text.into()];
            let program = Path::new("sh");
            let supervisor = Supervisor { program, arguments: &arguments, patience, stop, terminal: &terminal };
            supervisor.run(&["SE1".to_owned(), "SE2".to_owned()])
        }

        fn fails(&self, patience: Patience, exchanges: [&str; 2]) -> (Kind, String) {
            let failure = self.run(patience, &Stop::default(), exchanges).unwrap_err();
            (failure.kind(), failure.to_string())
        }

        fn starts(&self) -> [usize; 2] {
            ["1", "2"]
                .map(|file| std::fs::read_to_string(self.0.path().join(file)).map_or(0, |all| all.lines().count()))
        }

        fn has(&self, file: &str) -> bool {
            self.0.path().join(file).exists()
        }
    }

    /// An exchange at work that ends in good order when it is asked to.
    const AT_WORK: &str = "trap 'touch stopped; exit 0' TERM; touch ready; while :; do sleep 0.02; done";

    /// What does this as soon as the other one is at work.
    fn then(end: &str) -> String {
        format!("while [ ! -e ready ]; do sleep 0.02; done; {end}")
    }

    #[test]
    fn pauses_grow_to_half_a_minute() {
        let pauses = (0..10).map(|restarts| PATIENCE.pause(restarts).as_millis());
        let expected = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000];
        assert_eq!(pauses.collect::<Vec<_>>(), expected);
        assert_eq!(PATIENCE.pause(u32::MAX), Duration::from_secs(30));
    }

    #[test]
    fn all_done_is_done_and_one_that_dies_is_started_again_until_then() {
        let market = Market::new();
        market.run(AT_ONCE, &Stop::default(), ["[ $n = 4 ] || exit 101", "[ $n = 3 ] || kill -9 $$"]).unwrap();
        assert_eq!(market.starts(), [4, 3]);
    }

    #[test]
    fn one_that_dies_on_and_on_is_given_up_with_its_reason_and_the_other_stopped() {
        for (end, reason, most) in [("exit 1", "exit code 1", 10), ("kill -9 $$", "killed by signal 9", 1)] {
            let (market, patience) = (Market::new(), Patience { most_restarts: most, ..AT_ONCE });
            let (kind, said) = market.fails(patience, [&then(end), AT_WORK]);
            assert_eq!(said, format!("SE1 died ({reason}), after {most} restarts in a row: giving up"));
            assert_eq!((kind, market.starts()), (Kind::Failed, [most as usize + 1, 1]));
            assert!(market.has("stopped"));
        }
    }

    #[test]
    fn one_that_was_healthy_is_counted_anew() {
        let (market, always) = (Market::new(), Patience { healthy: Duration::ZERO, most_restarts: 2, ..AT_ONCE });
        market.run(always, &Stop::default(), ["[ $n = 9 ] || exit 1", "exit 0"]).unwrap();
        assert_eq!(market.starts(), [9, 1]);
    }

    #[test]
    fn what_trying_again_does_not_mend_ends_the_server_with_the_same_code() {
        for (code, kind) in [(4, Kind::Refused), (2, Kind::Usage)] {
            let market = Market::new();
            let (found, said) = market.fails(AT_ONCE, [AT_WORK, &then(&format!("exit {code}"))]);
            assert_eq!((found, market.starts()), (kind, [1, 1]), "{said}");
            assert!(said.starts_with(&format!("SE2 died (exit code {code}; ")), "{said}");
            assert!(market.has("stopped"));
        }
    }

    #[test]
    fn one_that_is_fenced_is_left_alone_and_the_other_goes_on() {
        let market = Market::new();
        let (kind, said) = market.fails(AT_ONCE, ["exit 3", "[ $n = 4 ] || exit 1"]);
        assert_eq!((kind, market.starts()), (Kind::Fenced, [1, 4]));
        assert!(said.starts_with("SE1: at work in another instance"), "{said}");

        let market = Market::new();
        let (kind, said) = market.fails(AT_ONCE, ["exit 3", "exit 3"]);
        assert_eq!((kind, market.starts()), (Kind::Fenced, [1, 1]));
        assert!(said.starts_with("SE1, SE2: at work in another instance"), "{said}");
    }

    #[test]
    fn a_server_that_is_stopped_stops_all_and_kills_what_does_not_end() {
        let (market, stop) = (Market::new(), Stop::default());
        let stubborn = "trap '' TERM; touch stubborn; while :; do sleep 0.02; done";
        let patience = Patience { grace: Duration::from_millis(500), ..AT_ONCE };
        std::thread::scope(|scope| {
            let server = scope.spawn(|| market.run(patience, &stop, [AT_WORK, stubborn]));
            while !(market.has("ready") && market.has("stubborn")) {
                assert!(!server.is_finished(), "ended before it was stopped");
                std::thread::sleep(Duration::from_millis(1));
            }
            stop.set();
            server.join().unwrap().unwrap();
        });
        assert!(market.has("stopped"));
        assert_eq!(market.starts(), [1, 1]);
    }
}
