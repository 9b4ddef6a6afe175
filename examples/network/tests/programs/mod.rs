//! The package's programs, run as a user runs them: a command line in; lines, an exit code and files out.
//!
//! A program sees of the environment's servers only what a test gives it, has a bounded time to end, and is killed
//! where a test fails before.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The most that a program may take for anything: far beyond what it needs on two busy cores.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// How often a process is asked whether it has ended: the system has no event for it that std knows.
const LOOK: Duration = Duration::from_millis(5);

/// Every program of the package.
pub(crate) const ALL: [&str; 8] = ["network", "se1", "se2", "server", "inv", "app1", "app2", "investors-db"];

/// A command line to be run.
pub(crate) struct Line {
    name: String,
    command: Command,
}

/// A program at work.
pub(crate) struct Running {
    name: String,
    child: Child,
    out: Said,
    err: Said,
    readers: Vec<JoinHandle<()>>,
}

/// How a program ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    /// Its exit code; `None` where a signal ended it.
    pub(crate) code: Option<i32>,
    /// What it wrote to stdout.
    pub(crate) out: String,
    /// What it wrote to stderr.
    pub(crate) err: String,
}

/// What came through a pipe so far, whether that is all, and the word that more came.
#[derive(Clone, Default)]
struct Said(Arc<(Mutex<Heard>, Condvar)>);

type Heard = (Vec<u8>, bool);

/// Returns the command line of a program, its words divided by blanks.
pub(crate) fn line(text: &str) -> Line {
    let mut words = text.split_ascii_whitespace();
    let name = words.next().expect("a program's name");
    let mut command = Command::new(path(name));
    command.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // The servers that the tests themselves use, and what would change the look of a help text.
    for name in ["KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL", "RUST_BACKTRACE", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.env("COLUMNS", "200");
    Line { name: text.to_owned(), command }
}

/// Runs a command line to its end.
pub(crate) fn run(text: &str) -> Ended {
    line(text).run()
}

impl Line {
    /// Adds a word that may hold blanks.
    pub(crate) fn word(mut self, word: impl AsRef<OsStr>) -> Self {
        self.command.arg(word);
        self
    }

    /// Sets a variable of the environment.
    pub(crate) fn with(mut self, variable: &str, value: &str) -> Self {
        self.command.env(variable, value);
        self
    }

    /// Runs in this folder.
    pub(crate) fn within(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Starts the program.
    pub(crate) fn start(mut self) -> Running {
        let mut child = self.command.spawn().unwrap_or_else(|why| panic!("{}: {why}", self.name));
        let (out, err) = (Said::default(), Said::default());
        let readers = [
            child.stdout.take().map(|pipe| listen(pipe, out.clone())),
            child.stderr.take().map(|pipe| listen(pipe, err.clone())),
        ];
        Running { name: self.name, child, out, err, readers: readers.into_iter().flatten().collect() }
    }

    /// Runs the program to its end.
    pub(crate) fn run(self) -> Ended {
        self.start().end()
    }

    /// Starts the program on a stdout and a stderr that nobody reads any more, and returns its exit code.
    pub(crate) fn run_unheard(mut self) -> Option<i32> {
        let mut child = self.command.spawn().unwrap_or_else(|why| panic!("{}: {why}", self.name));
        drop((child.stdout.take(), child.stderr.take()));
        let ended = ends_within(&mut child, PATIENCE);
        let _ = child.kill();
        let status = child.wait().expect("a child of this process");
        assert!(ended, "{} did not end", self.name);
        status.code()
    }
}

impl Running {
    /// Returns the process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the program has written this to stderr, and returns all that it wrote there.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> String {
        self.says_within(text, PATIENCE)
    }

    /// As [`Running::says`], within this time.
    #[track_caller]
    pub(crate) fn says_within(&self, text: &str, patience: Duration) -> String {
        let found = self.err.wait(patience, |said| contains(said, text.as_bytes()));
        let said = self.err.text();
        assert!(found, "{} did not say {text:?} within {patience:?}, but:\n{said}", self.name);
        said
    }

    /// Returns what the program has written to stderr by now.
    pub(crate) fn said(&self) -> String {
        self.err.text()
    }

    /// Returns whether the program has not ended.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child of this process").is_none()
    }

    /// Sends a signal by its name: `TERM`, `INT`, `STOP`, `CONT`.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.id(), name);
    }

    /// Kills the program without a word, as a crash does.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("a child of this process");
        self.child.wait().expect("a child of this process");
    }

    /// Waits until the program has ended.
    #[track_caller]
    pub(crate) fn end(self) -> Ended {
        self.end_within(PATIENCE)
    }

    /// Waits until the program has ended within this time.
    #[track_caller]
    pub(crate) fn end_within(mut self, patience: Duration) -> Ended {
        let ended = ends_within(&mut self.child, patience);
        assert!(ended, "{} did not end within {patience:?}; it said:\n{}", self.name, self.err.text());
        let code = self.child.wait().expect("a child of this process").code();
        // A process that outlives its parent may hold the pipes.
        let until = Instant::now() + patience;
        while !self.readers.iter().all(JoinHandle::is_finished) {
            assert!(Instant::now() < until, "{} ended, and left a process behind that has its stderr", self.name);
            std::thread::sleep(LOOK);
        }
        Ended { code, out: self.out.text(), err: self.err.text() }
    }

    /// Sends a signal and waits until the program has ended.
    #[track_caller]
    pub(crate) fn end_by(self, name: &str) -> Ended {
        self.signal(name);
        self.end()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// Returns the run if it ended with this code, and shows all it said where not.
    #[track_caller]
    pub(crate) fn code(self, expected: i32) -> Self {
        let Self { code, out, err } = &self;
        assert_eq!(*code, Some(expected), "stdout:\n{out}\nstderr:\n{err}");
        self
    }

    /// Checks that this stands on stderr.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.err.contains(text), "no {text:?} in:\n{}", self.err);
        self
    }
}

impl Said {
    fn wait(&self, patience: Duration, until: impl Fn(&[u8]) -> bool) -> bool {
        let (said, more) = &*self.0;
        let said = said.lock().expect("a reader does not panic");
        let waits = |(said, all): &mut Heard| !until(said) && !*all;
        let (said, _) = more.wait_timeout_while(said, patience, waits).expect("a reader does not panic");
        until(&said.0)
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.0.lock().expect("a reader does not panic").0).into_owned()
    }
}

/// Sends a signal to a process by its id.
pub(crate) fn signal(id: u32, name: &str) {
    let status = Command::new("kill").arg(format!("-{name}")).arg(id.to_string()).status();
    assert!(status.expect("the system's kill").success(), "kill -{name} {id}");
}

/// Returns where a program of this package lies.
pub(crate) fn path(name: &str) -> &'static str {
    match name {
        "network" => env!("CARGO_BIN_EXE_network"),
        "se1" => env!("CARGO_BIN_EXE_se1"),
        "se2" => env!("CARGO_BIN_EXE_se2"),
        "server" => env!("CARGO_BIN_EXE_server"),
        "inv" => env!("CARGO_BIN_EXE_inv"),
        "app1" => env!("CARGO_BIN_EXE_app1"),
        "app2" => env!("CARGO_BIN_EXE_app2"),
        "investors-db" => env!("CARGO_BIN_EXE_investors-db"),
        _ => panic!("no program {name}"),
    }
}

fn ends_within(child: &mut Child, patience: Duration) -> bool {
    let until = Instant::now() + patience;
    loop {
        if child.try_wait().expect("a child of this process").is_some() {
            return true;
        }
        if Instant::now() > until {
            return false;
        }
        std::thread::sleep(LOOK);
    }
}

fn listen(mut pipe: impl Read + Send + 'static, said: Said) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        let (all, more) = &*said.0;
        while let Ok(count @ 1..) = pipe.read(&mut buffer) {
            all.lock().expect("a reader does not panic").0.extend_from_slice(&buffer[..count]);
            more.notify_all();
        }
        all.lock().expect("a reader does not panic").1 = true;
        more.notify_all();
    })
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}
