//! Software that a server needs, from apt-get: only as root, and only where apt-get is.

use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::process::{self, Interrupt};
use crate::step::step;

/// Installs Debian packages for `what`; where that may not or can not be, says what a person would install.
pub(crate) fn apt(what: &str, packages: &[&str], run: &Path, interrupt: &Interrupt) -> Result<(), Failure> {
    let packages_text = packages.join(" ");
    let advice = format!("{what}; on Debian or Ubuntu: apt-get install {packages_text}");
    if !process::is_root() || process::program("apt-get", &[]).is_none() {
        return Err(Failure::Missing(advice));
    }
    let log = run.join("apt-get.log");
    let installed = step(&format!("apt-get install {packages_text}"), || {
        process::run_logged("apt-get update", Command::new("apt-get").arg("update"), &log, interrupt)?;
        let mut install = Command::new("apt-get");
        install.env("DEBIAN_FRONTEND", "noninteractive");
        install.args(["install", "-y", "--no-install-recommends"]).args(packages);
        process::run_logged("apt-get install", &mut install, &log, interrupt)
    });
    installed.map_err(|failure| match failure {
        Failure::Message(text) => Failure::Missing(format!("{advice} ({text})")),
        other => other,
    })
}
