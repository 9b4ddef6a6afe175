//! One server process: started into a log, awaited until it answers, ended on drop.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::process::{self, Interrupt, POLL};

/// How long a server may take until it answers.
const START: Duration = Duration::from_mins(1);

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    name: &'static str,
    child: Child,
    watchdog: Option<Watchdog>,
    log: PathBuf,
}

impl Server {
    /// Starts a server; the terminal's Ctrl-C does not reach it.
    pub(crate) fn start(name: &'static str, command: &mut Command, log: PathBuf) -> Result<Self, Failure> {
        process::log_to(command, &log)?;
        let child = process::spawn(command.stdin(Stdio::null()).process_group(0))?;
        let mut server = Self { name, child, watchdog: None, log };
        server.watchdog = Some(Watchdog::over(server.child.id())?);
        Ok(server)
    }

    /// Waits until `answers` says so; a server that ends before, or takes longer than a minute, is a failure.
    pub(crate) fn wait_until(&mut self, interrupt: &Interrupt, answers: impl Fn() -> bool) -> Result<(), Failure> {
        let start = Instant::now();
        while !answers() {
            interrupt.check()?;
            self.check()?;
            if start.elapsed() > START {
                let log = process::tail(&self.log);
                return Err(format!("{} did not answer within {} s:\n{log}", self.name, START.as_secs()).into());
            }
            sleep(POLL);
        }
        Ok(())
    }

    /// A failure with the end of the log where the server has ended by itself.
    pub(crate) fn check(&mut self) -> Result<(), Failure> {
        match process::ended(&mut self.child) {
            None => Ok(()),
            Some(status) => Err(format!("{} ended, {status}:\n{}", self.name, process::tail(&self.log)).into()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        process::end(&mut self.child);
        if let Some(watchdog) = self.watchdog.take() {
            watchdog.dismiss();
        }
    }
}

/// A shell that kills a process when we die without a word, of `kill -9` or the machine's want of memory: it reads
/// from a pipe whose other end we alone hold.
#[derive(Debug)]
struct Watchdog(Child);

impl Watchdog {
    fn over(pid: u32) -> Result<Self, String> {
        let mut shell = Command::new("sh");
        shell.args(["-c", "read -r dismissed || kill -s KILL \"$1\"", "watchdog", &pid.to_string()]);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        process::spawn(&mut shell).map(Self)
    }

    /// Called when the process has ended and its number may be given to another.
    fn dismiss(mut self) {
        if let Some(mut pipe) = self.0.stdin.take() {
            let _ = pipe.write_all(b"dismissed\n");
        }
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    #[test]
    fn a_watchdog_kills_when_its_pipe_breaks() {
        let mut sleeper = Command::new("sleep").arg("1000").spawn().unwrap();
        let mut watchdog = Watchdog::over(sleeper.id()).unwrap();
        drop(watchdog.0.stdin.take());
        assert_eq!(sleeper.wait().unwrap().signal(), Some(9));
        watchdog.0.wait().unwrap();
    }

    #[test]
    fn a_dismissed_watchdog_kills_nothing() {
        let mut sleeper = Command::new("sleep").arg("1000").spawn().unwrap();
        Watchdog::over(sleeper.id()).unwrap().dismiss();
        assert!(sleeper.try_wait().unwrap().is_none());
        sleeper.kill().unwrap();
        sleeper.wait().unwrap();
    }

    #[test]
    fn a_server_that_ends_is_a_failure_with_its_log() {
        let log = std::env::temp_dir().join(format!("xtask-server-{}", std::process::id()));
        let mut command = Command::new("sh");
        command.args(["-c", "echo no such port; exit 3"]);
        let mut server = Server::start("the server", &mut command, log.clone()).unwrap();
        let interrupt = Interrupt::never();
        let Err(Failure::Message(message)) = server.wait_until(&interrupt, || false) else { panic!("it answered") };
        std::fs::remove_file(log).unwrap();
        assert_eq!(message, "the server ended, exit status: 3:\nno such port");
    }
}
