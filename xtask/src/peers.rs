//! Peers that are Python packages: a virtual environment of their own in `target/peers`, made once.

use std::path::PathBuf;
use std::process::Command;

use crate::failure::Failure;
use crate::process::{self, Interrupt};
use crate::step::{say, step};
use crate::workspace;

/// What the benchmarks ask beside ours. With pandas 3 this release of exchange_calendars loses its weekend sessions.
const PACKAGES: [&str; 5] =
    ["exchange_calendars==4.13.2", "pandas==2.2.3", "TA-Lib==0.8.2", "empyrical-reloaded==0.7.1", "scipy==1.17.1"];

/// Returns a Python that has the peers; `None`, after a line that says why, where there is none to be had. The one that
/// `PYTHON` names comes before.
pub(crate) fn python(interrupt: &Interrupt) -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("PYTHON").filter(|named| !named.is_empty()) {
        return Some(named.into());
    }
    let folder = workspace::root().join("target/peers");
    let python = folder.join("bin/python");
    // Made last: an environment that was broken off is made anew, and one that holds other packages.
    let (done, packages) = (folder.join("done"), PACKAGES.join("\n"));
    if std::fs::read_to_string(&done).is_ok_and(|held| held == packages) {
        return Some(python);
    }
    let made = step("installed the Python packages that benchmarks compare with", || {
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let log = folder.join("log");
        let mut venv = Command::new("python3");
        process::run_logged("python3 -m venv", venv.args(["-m", "venv", "--clear"]).arg(&folder), &log, interrupt)?;
        let mut install = Command::new(&python);
        install.args(["-m", "pip", "install", "--quiet"]).args(PACKAGES);
        process::run_logged("pip install", &mut install, &log, interrupt)?;
        std::fs::write(&done, packages).map_err(|error| Failure::from(format!("{}: {error}", done.display())))
    });
    if made.is_err() {
        say("Python peers are left out: no python3 with venv, or no package index");
        return None;
    }
    Some(python)
}
