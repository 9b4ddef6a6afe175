//! A process that does not outlive the test: ended by its id when it is dropped, and by a shell that watches where the
//! test itself is killed or interrupted.
//!
//! What it writes goes to a log of its own, which is kept where the campaign fails.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::programs;

/// How often a process is asked whether it has ended.
const LOOK: Duration = Duration::from_millis(10);

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// By itself, with this exit code.
    Code(i32),
    /// By a signal.
    Signal,
}

/// A process at work.
pub(crate) struct Process {
    child: Child,
    /// A shell that reads from a pipe whose other end this test alone holds, and kills the process when it breaks.
    watchdog: Child,
    log: PathBuf,
    end: Option<End>,
}

impl Process {
    /// Starts a process in a group of its own, which a terminal's Ctrl-C does not reach; its log goes on where it was.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Self {
        let pipe = || OpenOptions::new().create(true).append(true).open(log).expect("a log");
        let child = command.stdin(Stdio::null()).stdout(pipe()).stderr(pipe()).process_group(0).spawn();
        let child = child.unwrap_or_else(|why| panic!("{command:?}: {why}"));
        let mut shell = Command::new("sh");
        shell.args(["-c", "read -r dismissed || kill -s KILL \"$1\"", "watchdog", &child.id().to_string()]);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let watchdog = shell.spawn().expect("a shell");
        Self { child, watchdog, log: log.to_owned(), end: None }
    }

    /// Returns how it ended, `None` while it runs.
    pub(crate) fn ended(&mut self) -> Option<End> {
        if self.end.is_none()
            && let Some(status) = self.child.try_wait().expect("a child of this process")
        {
            self.settle(status);
        }
        self.end
    }

    /// Waits until it has ended; `None` where it takes longer.
    pub(crate) fn ends_within(&mut self, patience: Duration) -> Option<End> {
        let until = Instant::now() + patience;
        while self.ended().is_none() && Instant::now() < until {
            std::thread::sleep(LOOK);
        }
        self.end
    }

    /// Sends a signal by its name; one that has ended takes none.
    pub(crate) fn signal(&mut self, name: &str) {
        if self.ended().is_none() {
            programs::signal(self.child.id(), name);
        }
    }

    /// Kills it without a word, as a crash does.
    pub(crate) fn kill(&mut self) {
        if self.ended().is_none() {
            self.child.kill().expect("a child of this process");
            let status = self.child.wait().expect("a child of this process");
            self.settle(status);
        }
    }

    /// Returns what its log holds.
    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Returns the end of its log.
    pub(crate) fn last_words(&self) -> String {
        let said = self.said();
        let lines: Vec<_> = said.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }

    fn settle(&mut self, status: ExitStatus) {
        self.end = Some(status.code().map_or(End::Signal, End::Code));
        if let Some(mut pipe) = self.watchdog.stdin.take() {
            let _ = pipe.write_all(b"dismissed\n");
        }
        let _ = self.watchdog.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        if let Ok(status) = self.child.wait() {
            self.settle(status);
        }
    }
}
