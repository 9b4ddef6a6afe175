//! Progress on stderr: one line a step, with the seconds it took.

use std::io::Write as _;
use std::time::Instant;

use crate::failure::Failure;

/// Says one line. A terminal that has gone away must not keep a server from being taken down, so nobody asks whether
/// the line arrived.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "xtask: {line}");
}

/// Runs one step and says in a line what it was and how long it took.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    let start = Instant::now();
    let result = work();
    let seconds = start.elapsed().as_secs_f64();
    match &result {
        Ok(_) => say(&format!("{seconds:5.1} s  {what}")),
        Err(_) => say(&format!("{seconds:5.1} s  {what}: failed")),
    }
    result
}
