//! `cargo xtask tidy`: the rules of the house that neither the compiler nor clippy guards.
//!
//! In come the files that git knows or would take up, and what `cargo tree` says; out goes a line a violation,
//! `path:line: what`. A rule is a module below; each names its rules in its first lines.

mod crates;
mod files;
mod floors;
mod source;

use std::fmt;

use crate::failure::Failure;
use crate::step::say;
use crate::workspace;

/// A rule broken, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    path: String,
    /// Counted from 1.
    line: usize,
    what: String,
}

impl Violation {
    fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_string(), line, what: what.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// A text file of the checkout: its path from the workspace's root, with `/`, and what it holds.
#[derive(Clone, Debug)]
struct File {
    path: String,
    text: String,
}

/// Holds the checkout against every rule.
pub(crate) fn run() -> Result<(), Failure> {
    let files = files()?;
    let mut violations = crates::check(&files, &crates::tree_of_core()?);
    violations.extend(floors::check(&files)?);
    violations.extend(files::check(&files));
    violations.sort();
    violations.dedup();
    for violation in &violations {
        println!("{violation}");
    }
    if violations.is_empty() {
        say(&format!("{} files are tidy", files.len()));
        Ok(())
    } else {
        Err(format!("not tidy, violations: {}", violations.len()).into())
    }
}

/// The files of the next commit: those git follows and those it does not ignore, without what is no text.
fn files() -> Result<Vec<File>, String> {
    let root = workspace::root();
    let mut git = std::process::Command::new("git");
    git.current_dir(&root).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let listed = git.output().map_err(|error| format!("can't start git: {error}"))?;
    if !listed.status.success() {
        return Err(format!("git ls-files failed: {}", String::from_utf8_lossy(&listed.stderr).trim()));
    }
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let mut files = Vec::new();
    for path in listed.split_terminator('\0') {
        // A file removed from the folder and not yet from git has no text, nor has a picture.
        if let Ok(text) = std::fs::read_to_string(root.join(path)) {
            files.push(File { path: path.to_string(), text });
        }
    }
    Ok(files)
}
