//! `server`: starts every exchange of the network as a process of its own, restarts one that dies, stops all.

use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::stop::Stop;
use crate::terminal::Terminal;

/// The pause before the first restart; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Restarts of one exchange before the server gives up.
const MOST_RESTARTS: u32 = 10;
/// An exchange that has lived so long starts counting anew.
const HEALTHY: Duration = Duration::from_mins(1);
/// How long an exchange may take to end in good order.
const GRACE: Duration = Duration::from_secs(20);

/// One exchange's process and its restarts.
struct Supervised {
    place: usize,
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
}

/// Runs `se1` once for each exchange, with the server's own arguments, until all are done or it is asked to end.
///
/// # Errors
///
/// - Where an exchange can't be started, or died too often: the others are stopped first.
pub fn run(names: &[String], arguments: &[String], stop: &Stop, terminal: &Terminal) -> Result<(), Failure> {
    let now = Instant::now();
    let mut exchanges: Vec<_> = (0..)
        .zip(names)
        .map(|(place, name)| Supervised {
            place,
            name: name.clone(),
            state: State::Due(now),
            started: now,
            restarts: 0,
        })
        .collect();
    let program = sibling("se1")?;
    let result = supervise(&mut exchanges, &program, arguments, stop, terminal);
    end(&mut exchanges, terminal);
    result
}

fn supervise(
    exchanges: &mut [Supervised],
    program: &PathBuf,
    arguments: &[String],
    stop: &Stop,
    terminal: &Terminal,
) -> Result<(), Failure> {
    while !stop.is_set() && exchanges.iter().any(|exchange| !matches!(exchange.state, State::Done)) {
        for exchange in &mut *exchanges {
            match &mut exchange.state {
                State::Due(at) if *at <= Instant::now() => exchange.start(program, arguments, terminal)?,
                State::Running(child) => {
                    let status = child.try_wait().map_err(|why| Failure::new(format!("{}: {why}", exchange.name)))?;
                    if let Some(status) = status {
                        exchange.settle(status, terminal)?;
                    }
                }
                _ => (),
            }
        }
        stop.sleep_until(Instant::now() + Duration::from_millis(50));
    }
    Ok(())
}

impl Supervised {
    fn start(&mut self, program: &PathBuf, arguments: &[String], terminal: &Terminal) -> Result<(), Failure> {
        let child = Command::new(program)
            .args(arguments)
            .arg("--exchange")
            .arg((self.place + 1).to_string())
            .spawn()
            .map_err(|why| Failure::new(format!("{} can't be started: {why}", program.display())))?;
        terminal.say(format!("{} started, process {}", self.name, child.id()));
        self.state = State::Running(child);
        self.started = Instant::now();
        Ok(())
    }

    fn settle(&mut self, status: ExitStatus, terminal: &Terminal) -> Result<(), Failure> {
        if status.success() {
            terminal.say(format!("{} is done", self.name));
            self.state = State::Done;
            return Ok(());
        }
        if self.started.elapsed() > HEALTHY {
            self.restarts = 0;
        }
        if self.restarts == MOST_RESTARTS {
            self.state = State::Done;
            return Err(Failure::new(format!(
                "{} died {MOST_RESTARTS} times in a row ({status}): giving up",
                self.name
            )));
        }
        let pause = FIRST_PAUSE.saturating_mul(1 << self.restarts).min(LONGEST_PAUSE);
        self.restarts += 1;
        terminal.warn(format!("{} died ({status}): starting it again in {:.1} s", self.name, pause.as_secs_f64()));
        self.state = State::Due(Instant::now() + pause);
        Ok(())
    }
}

/// Asks every exchange that still runs to end, and waits for it.
fn end(exchanges: &mut [Supervised], terminal: &Terminal) {
    for exchange in &mut *exchanges {
        if let State::Running(child) = &exchange.state {
            // By the system's own `kill`: std can only kill without asking.
            let asked = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status();
            if !asked.is_ok_and(|status| status.success()) {
                terminal.warn(format!("{} could not be asked to end", exchange.name));
            }
        }
    }
    let until = Instant::now() + GRACE;
    for exchange in exchanges {
        let State::Running(child) = &mut exchange.state else { continue };
        while child.try_wait().is_ok_and(|status| status.is_none()) {
            if Instant::now() > until {
                terminal.warn(format!("{} did not end in {} s: killed", exchange.name, GRACE.as_secs()));
                let _ = child.kill();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        terminal.say(format!("{} stopped", exchange.name));
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
