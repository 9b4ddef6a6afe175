//! Commands that end when they end, or when a signal asks us to stop; nothing outlives its caller.
//!
//! A command gets a process group of its own: Ctrl-C in a terminal reaches us alone, and we take the group down.

use std::fs::File;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

use crate::failure::Failure;

/// How often a wait looks again.
pub(crate) const POLL: Duration = Duration::from_millis(20);

/// How long a process may take to end after SIGTERM, before SIGKILL.
const GRACE: Duration = Duration::from_secs(10);

/// The signals that ask us to stop: caught from `listen` on, until the process ends.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt(Arc<AtomicUsize>);

impl Interrupt {
    /// Starts to catch SIGINT, SIGTERM, SIGHUP and SIGQUIT.
    pub(crate) fn listen() -> Result<Self, String> {
        let caught = Arc::new(AtomicUsize::new(0));
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
            let number = usize::try_from(signal).expect("signals count from 1");
            signal_hook::flag::register_usize(signal, Arc::clone(&caught), number)
                .map_err(|error| format!("can't catch signal {signal}: {error}"))?;
        }
        Ok(Self(caught))
    }

    /// A task of a test, which no signal ends.
    #[cfg(test)]
    pub(crate) fn never() -> Self {
        Self(Arc::new(AtomicUsize::new(0)))
    }

    /// The last signal caught.
    pub(crate) fn signal(&self) -> Option<u8> {
        u8::try_from(self.0.load(Ordering::Relaxed)).ok().filter(|signal| *signal != 0)
    }

    /// The last signal caught, as the failure it is.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.signal().map_or(Ok(()), |signal| Err(Failure::Signal(signal)))
    }

    /// Takes SIGINT as dealt with; any other signal stands.
    pub(crate) fn forget_ctrl_c(&self) {
        let ctrl_c = usize::try_from(SIGINT).expect("signals count from 1");
        let _ = self.0.compare_exchange(ctrl_c, 0, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// Runs a command to its end in a process group of its own, without input; a signal ends the group.
pub(crate) fn run(command: &mut Command, interrupt: &Interrupt) -> Result<ExitStatus, Failure> {
    interrupt.check()?;
    let mut group = Group::spawn(command.stdin(Stdio::null()))?;
    loop {
        if let Some(status) = ended(&mut group.0) {
            return Ok(status);
        }
        interrupt.check()?;
        sleep(POLL);
    }
}

/// Runs a command to its end with its output in a log; where it fails, the message holds the end of the log.
pub(crate) fn run_logged(what: &str, command: &mut Command, log: &Path, interrupt: &Interrupt) -> Result<(), Failure> {
    log_to(command, log)?;
    let status = run(command, interrupt)?;
    if status.success() { Ok(()) } else { Err(format!("{what} failed, {status}:\n{}", tail(log)).into()) }
}

/// A child and its descendants, as far as they stay in its process group: ended on drop.
#[derive(Debug)]
pub(crate) struct Group(pub(crate) Child);

impl Group {
    /// Starts a command as the leader of a group.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self, String> {
        spawn(command.process_group(0)).map(Self)
    }

    /// Sends a signal to every process of the group.
    pub(crate) fn send(&self, signal: &str) {
        kill(signal, &format!("-{}", self.0.id()));
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if ended(&mut self.0).is_none() {
            self.send("TERM");
            wait_for_end(&mut self.0);
            self.send("KILL");
        }
    }
}

/// Ends one process: SIGTERM, ten seconds, SIGKILL.
pub(crate) fn end(child: &mut Child) {
    if ended(child).is_none() {
        kill("TERM", &child.id().to_string());
        wait_for_end(child);
    }
}

fn wait_for_end(child: &mut Child) {
    let start = Instant::now();
    while start.elapsed() < GRACE {
        if ended(child).is_some() {
            return;
        }
        sleep(POLL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// The status of a child that has ended.
pub(crate) fn ended(child: &mut Child) -> Option<ExitStatus> {
    child.try_wait().expect("a child that we started can be waited for")
}

/// Starts a command; a message that names it where that fails.
pub(crate) fn spawn(command: &mut Command) -> Result<Child, String> {
    command.spawn().map_err(|error| format!("can't start {}: {error}", command.get_program().display()))
}

/// The code a shell would give: 128 and the number for a signal.
pub(crate) fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    u8::try_from(code).unwrap_or(u8::MAX)
}

/// Sends both outputs of a command to a file.
pub(crate) fn log_to(command: &mut Command, log: &Path) -> Result<(), String> {
    let said = |error: std::io::Error| format!("can't write {}: {error}", log.display());
    let file = File::options().create(true).append(true).open(log).map_err(said)?;
    command.stdout(file.try_clone().map_err(said)?).stderr(file);
    Ok(())
}

/// The last lines of a log.
pub(crate) fn tail(log: &Path) -> String {
    const LINES: usize = 30;
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    if lines.is_empty() {
        String::from("(it said nothing)")
    } else {
        lines[lines.len().saturating_sub(LINES)..].join("\n")
    }
}

/// Finds a program on the path, then in folders where servers are put.
pub(crate) fn program(name: &str, folders: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let candidates = std::env::split_paths(&path).chain(folders.iter().map(PathBuf::from));
    candidates.map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// True for user 0, whom apt-get and mariadbd treat apart.
pub(crate) fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Sends a signal through the shell's own `kill`: small systems have no program of that name.
fn kill(signal: &str, pid: &str) {
    let mut shell = Command::new("sh");
    shell.args(["-c", "kill -s \"$1\" -- \"$2\"", "kill", signal, pid]);
    let _ = shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_alive(pid: &str) -> bool {
        Command::new("sh").args(["-c", "kill -0 \"$1\" 2>&-", "alive", pid]).status().unwrap().success()
    }

    #[test]
    fn a_command_ends_with_its_code() {
        let status = run(Command::new("sh").args(["-c", "exit 7"]), &Interrupt::never()).unwrap();
        assert_eq!(exit_code(status), 7);
        let status = run(Command::new("sh").args(["-c", "kill -KILL $$"]), &Interrupt::never()).unwrap();
        assert_eq!(exit_code(status), 137);
    }

    #[test]
    fn a_signal_takes_the_whole_group_down() {
        let note = std::env::temp_dir().join(format!("xtask-group-{}", std::process::id()));
        let caught = Arc::new(AtomicUsize::new(0));
        let interrupt = Interrupt(Arc::clone(&caught));
        let (reader, signaller) = (note.clone(), Arc::clone(&caught));
        let signal = std::thread::spawn(move || {
            while std::fs::read_to_string(&reader).unwrap_or_default().lines().count() == 0 {
                sleep(POLL);
            }
            signaller.store(15, Ordering::Relaxed);
        });
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 1000 & echo $! > \"$1\"; wait", "group"]).arg(&note);
        assert!(matches!(run(&mut command, &interrupt), Err(Failure::Signal(15))));
        signal.join().unwrap();
        let grandchild = std::fs::read_to_string(&note).unwrap();
        std::fs::remove_file(&note).unwrap();
        let start = Instant::now();
        while is_alive(grandchild.trim()) && start.elapsed() < Duration::from_secs(5) {
            sleep(POLL);
        }
        assert!(!is_alive(grandchild.trim()), "process {grandchild} outlived its group");
    }

    #[test]
    fn a_failure_holds_the_end_of_the_log() {
        let log = std::env::temp_dir().join(format!("xtask-log-{}", std::process::id()));
        let mut command = Command::new("sh");
        command.args(["-c", "for i in $(seq 50); do echo line $i; done; exit 1"]);
        let Err(Failure::Message(message)) = run_logged("the loop", &mut command, &log, &Interrupt::never()) else {
            panic!("it did not fail");
        };
        std::fs::remove_file(&log).unwrap();
        assert!(message.starts_with("the loop failed, exit status: 1:\nline 21\n") && message.ends_with("line 50"));
    }

    #[test]
    fn ctrl_c_can_be_forgotten_and_sigterm_can_not() {
        let interrupt = Interrupt(Arc::new(AtomicUsize::new(2)));
        interrupt.forget_ctrl_c();
        assert_eq!(interrupt.signal(), None);
        let interrupt = Interrupt(Arc::new(AtomicUsize::new(15)));
        interrupt.forget_ctrl_c();
        assert_eq!(interrupt.signal(), Some(15));
    }

    #[test]
    fn a_program_is_found_where_it_is() {
        assert!(program("sh", &[]).is_some());
        assert_eq!(program("no-such-program-of-finnet", &["/bin"]), None);
    }
}
