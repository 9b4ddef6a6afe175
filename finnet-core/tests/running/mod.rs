//! The examples, as their user runs them: a name and arguments → what the program said.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::SystemTime;

/// Runs an example with arguments to its end.
pub(crate) fn run(name: &str, arguments: &[&str]) -> Output {
    example(name).args(arguments).output().expect("an example starts")
}

/// Returns the command of an example, which `cargo test` builds beside this test; `cargo test --test examples` does not, and an example
/// older than the code would say nothing of it.
pub(crate) fn example(name: &str) -> Command {
    let test = std::env::current_exe().expect("a test has a path");
    let profile = test.ancestors().nth(2).expect("a test lies in deps, in the folder of its profile");
    let example = profile.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let built = fs::metadata(&example).and_then(|file| file.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let code = last_change(&package.join("src")).max(last_change(&package.join("examples").join(format!("{name}.rs"))));
    assert!(code <= built, "{} is not there or old: `cargo test` without `--test` builds it", example.display());
    Command::new(&example)
}

/// Returns when a file was written or, of a folder, the last of its files.
fn last_change(path: &Path) -> SystemTime {
    if path.is_dir() {
        let files = fs::read_dir(path).expect("a folder").map(|file| last_change(&file.expect("a file").path()));
        return files.max().unwrap_or(SystemTime::UNIX_EPOCH);
    }
    fs::metadata(path).and_then(|file| file.modified()).expect("a file has a time")
}
