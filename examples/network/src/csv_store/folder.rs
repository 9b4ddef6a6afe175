//! The folder of a store: had by one store at a time, its files replaced whole or not at all.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use finnet_core::Name;

use super::disk::{Disk, DiskFile, Found, Local};
use super::error::Error;

/// What the name of a fresh store's file ends in until it is published.
pub(super) const FRESH: &str = ".fresh";
/// What the name of a file ends in while it is written to replace another.
const REPLACEMENT: &str = ".tmp";

/// A folder under this store's lock.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    disk: Box<dyn Disk>,
}

impl Folder {
    /// Makes the folder if absent, locks it, and removes what a killed store left behind.
    pub(super) fn lock(path: &Path) -> Result<Self, Error> {
        Self::on(Box::new(Local::lock(path)?), path)
    }

    /// Returns the folder on a disk, which errors call `path`, without what a killed store left behind.
    pub(super) fn on(disk: Box<dyn Disk>, path: &Path) -> Result<Self, Error> {
        let folder = Self { path: path.to_owned(), disk };
        for name in folder.disk.names().map_err(Error::io(path))? {
            if is_leftover(&name) {
                folder.remove(&name)?;
            }
        }
        Ok(folder)
    }

    /// Returns the path of a file in the folder.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Opens a file for reading and writing; `None` where there is none.
    pub(super) fn open(&self, name: &str) -> Result<Option<Box<dyn DiskFile>>, Error> {
        match self.disk.look(name).map_err(Error::io(&self.path(name)))? {
            Found::Nothing => Ok(None),
            Found::File => self.disk.open(name).map(Some).map_err(Error::io(&self.path(name))),
            Found::Other => Err(Error::NotAFile { path: self.path(name).into() }),
        }
    }

    /// Writes a file whole, on the disk before it takes the place of one of its name.
    pub(super) fn replace(&self, name: &str, text: &[u8]) -> Result<(), Error> {
        self.stage(name, |writer| writer.write_all(text).map_err(Error::io(&self.path(name))))?;
        self.place(name)?;
        self.sync()
    }

    /// Writes what is to replace a file, on the disk when this returns.
    pub(super) fn stage<T>(
        &self,
        name: &str,
        write: impl FnOnce(&mut BufWriter<Box<dyn DiskFile>>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let replacement = format!("{name}{REPLACEMENT}");
        let path = self.path(&replacement);
        let written = (|| {
            let mut writer = BufWriter::new(self.disk.create(&replacement).map_err(Error::io(&path))?);
            let written = write(&mut writer)?;
            writer.flush().and_then(|()| writer.get_ref().sync()).map_err(Error::io(&path))?;
            Ok(written)
        })();
        if written.is_err() {
            // The first error is the one to tell; what is left is removed at the next start.
            let _ = self.disk.remove(&replacement);
        }
        written
    }

    /// Puts what was staged in the place of the file; it is there for good once the folder is synced.
    pub(super) fn place(&self, name: &str) -> Result<(), Error> {
        self.rename(&format!("{name}{REPLACEMENT}"), name)
    }

    pub(super) fn rename(&self, from: &str, to: &str) -> Result<(), Error> {
        self.disk.rename(from, to).map_err(Error::io(&self.path(to)))
    }

    pub(super) fn remove(&self, name: &str) -> Result<(), Error> {
        self.disk.remove(name).map_err(Error::io(&self.path(name)))
    }

    /// Waits until the folder's names are on the disk.
    pub(super) fn sync(&self) -> Result<(), Error> {
        self.disk.sync().map_err(Error::io(&self.path))
    }
}

/// Returns whether a name is that of a portfolio's file: `Inv1_P11.csv`.
pub(super) fn is_table(name: &str) -> bool {
    let portfolio = name.strip_suffix(".csv").and_then(|names| names.split_once('_'));
    portfolio.is_some_and(|(one, other)| Name::new(one).is_ok() && Name::new(other).is_ok())
}

/// Returns whether a name is one of this module's own making: `Inv1_P11.csv.fresh`, `app1.offsets.tmp`.
fn is_leftover(name: &str) -> bool {
    let whole = name.strip_suffix(REPLACEMENT).unwrap_or(name);
    let whole = whole.strip_suffix(FRESH).unwrap_or(whole);
    whole != name && (is_table(whole) || whole == super::offsets::FILE)
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
