//! The folder of one run's servers: `target/servers/run-<pid>`, gone when the run ends.
//!
//! A run that was killed with `kill -9` leaves its folder; the next run removes it. Who is alive is told by a lock on
//! a file inside, not by the number: containers that share a checkout count their processes apart.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// An empty folder that is removed on drop.
#[derive(Debug)]
pub(crate) struct RunFolder {
    path: PathBuf,
    _lock: File,
}

impl RunFolder {
    /// Makes a folder under `servers`, and removes those of dead runs.
    pub(crate) fn new(servers: &Path) -> Result<Self, String> {
        let said = |error: std::io::Error| format!("can't make a folder in {}: {error}", servers.display());
        fs::create_dir_all(servers).map_err(said)?;
        remove_dead(servers);
        let pid = std::process::id();
        for attempt in 0..1000 {
            let path = servers.join(if attempt == 0 { format!("run-{pid}") } else { format!("run-{pid}-{attempt}") });
            match fs::create_dir(&path) {
                Ok(()) => {
                    let lock = File::create(path.join("lock")).map_err(said)?;
                    lock.lock().map_err(said)?;
                    return Ok(Self { path, _lock: lock });
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(said(error)),
            }
        }
        Err(format!("{} is full of folders run-{pid}-*", servers.display()))
    }

    /// The folder's absolute path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn remove_dead(servers: &Path) {
    let Ok(entries) = fs::read_dir(servers) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let is_run = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("run-"));
        // A folder without its lock is one that another run is making at this moment.
        if is_run && File::open(path.join("lock")).is_ok_and(|lock| lock.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_its_own_folder_and_those_of_the_dead() {
        let servers = std::env::temp_dir().join(format!("xtask-run-folder-{}", std::process::id()));
        let dead = servers.join("run-of-the-dead");
        fs::create_dir_all(&dead).unwrap();
        File::create(dead.join("lock")).unwrap();

        let first = RunFolder::new(&servers).unwrap();
        assert!(!dead.exists());
        let second = RunFolder::new(&servers).unwrap();
        assert!(first.path().exists() && second.path().exists(), "the second run left the first alone");

        let path = first.path().to_path_buf();
        drop(first);
        assert!(!path.exists() && second.path().exists());
        drop(second);
        fs::remove_dir_all(servers).unwrap();
    }
}
