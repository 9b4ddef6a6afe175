//! The folder of a store: had by one store at a time, its files replaced whole or not at all.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use finnet_core::Name;

use super::error::Error;

/// What the name of a fresh store's file ends in until it is published.
pub(super) const FRESH: &str = ".fresh";
/// What the name of a file ends in while it is written to replace another.
const REPLACEMENT: &str = ".tmp";

/// A folder under this store's lock.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// The lock falls when the file is closed, also by a kill.
    _lock: File,
}

impl Folder {
    /// Makes the folder if absent, locks it, and removes what a killed store left behind.
    pub(super) fn lock(path: &Path) -> Result<Self, Error> {
        fs::create_dir_all(path).map_err(Error::io(path))?;
        let name = path.join("app1.lock");
        let lock = options().create(true).truncate(false).open(&name).map_err(Error::io(&name))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse { folder: path.into() }),
            Err(TryLockError::Error(error)) => return Err(Error::io(&name)(error)),
        }
        let folder = Self { path: path.to_owned(), _lock: lock };
        folder.remove_leftovers().map_err(Error::io(path))?;
        Ok(folder)
    }

    /// Returns the path of a file in the folder.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file whole, on the disk before it takes the place of one of its name.
    pub(super) fn replace(
        &self,
        path: &Path,
        write: impl FnOnce(&mut BufWriter<File>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut name = path.as_os_str().to_owned();
        name.push(REPLACEMENT);
        let replacement = PathBuf::from(name);
        let written = (|| {
            let file = options().create(true).truncate(true).open(&replacement).map_err(Error::io(&replacement))?;
            let mut writer = BufWriter::new(file);
            write(&mut writer)?;
            writer.flush().and_then(|()| writer.get_ref().sync_all()).map_err(Error::io(&replacement))?;
            fs::rename(&replacement, path).map_err(Error::io(path))
        })();
        if written.is_err() {
            // The first error is the one to tell; what is left is removed at the next start.
            let _ = fs::remove_file(&replacement);
        }
        written.and_then(|()| self.sync())
    }

    /// Waits until the folder's names are on the disk.
    pub(super) fn sync(&self) -> Result<(), Error> {
        if cfg!(unix) {
            File::open(&self.path).and_then(|folder| folder.sync_all()).map_err(Error::io(&self.path))?;
        }
        Ok(())
    }

    fn remove_leftovers(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            if entry.file_name().to_str().is_some_and(is_leftover) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

/// Returns how files are opened for writing: for others to read, if the process's mask lets them.
pub(super) fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o644);
    options
}

/// Returns whether a name is one of this module's own making: `Inv1_P11.csv.fresh`, `app1.offsets.tmp`.
fn is_leftover(name: &str) -> bool {
    let whole = name.strip_suffix(REPLACEMENT).unwrap_or(name);
    let whole = whole.strip_suffix(FRESH).unwrap_or(whole);
    let portfolio = whole.strip_suffix(".csv").and_then(|names| names.split_once('_'));
    let ours = portfolio.is_some_and(|(one, other)| Name::new(one).is_ok() && Name::new(other).is_ok());
    whole != name && (ours || whole == super::offsets::FILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_this_module_made_is_removed() {
        for name in ["Inv1_P11.csv.tmp", "Inv1_P11.csv.fresh", "Inv1_P11.csv.fresh.tmp", "app1.offsets.tmp"] {
            assert!(is_leftover(name), "{name}");
        }
        for name in
            ["Inv1_P11.csv", "app1.offsets", "app1.lock", "notes.tmp", "my_notes.txt.tmp", "a_b_c.csv.tmp", ".tmp"]
        {
            assert!(!is_leftover(name), "{name}");
        }
    }
}
