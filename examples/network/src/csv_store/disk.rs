//! What a store asks of a file system, and the real one.
//!
//! Everything that reads or changes the folder goes through [`Disk`]: names in, results of the system out. So the
//! tests can keep a folder in memory and let it crash between any two bytes.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::error::Error;

/// How long a folder may still be held by a program that was killed, or by one that is being started by its holder.
const PARTING: Duration = Duration::from_secs(2);

/// What stands under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    File,
    /// A link, a folder, a pipe or a device: a store neither reads nor writes through it.
    Other,
}

/// A folder that one store has to itself. What is written is on the disk once file and folder are synced.
pub(super) trait Disk: fmt::Debug + Send + Sync {
    /// Returns what stands under a name, itself and not what a link points to.
    fn look(&self, name: &str) -> io::Result<Found>;
    /// Opens a file for reading and writing.
    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;
    /// Makes a file, which must not be there.
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;
    /// Gives a file another name, in the place of what stands there.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file or link.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Returns the names, but those that are not UTF-8, which are not ours.
    fn names(&self) -> io::Result<Vec<String>>;
    /// Waits until the names are on the disk.
    fn sync(&self) -> io::Result<()>;
}

/// A file of a [`Disk`].
pub(super) trait DiskFile: Read + Write + Seek + fmt::Debug + Send + Sync {
    /// Returns how long it is.
    fn length(&self) -> io::Result<u64>;
    /// Takes away what lies behind so many bytes.
    fn cut(&mut self, bytes: u64) -> io::Result<()>;
    /// Waits until what was written is on the disk.
    fn sync(&self) -> io::Result<()>;
}

/// A folder of the system, locked.
#[derive(Debug)]
pub(super) struct Local {
    path: PathBuf,
    /// The lock falls when the file is closed, also by a kill.
    _lock: File,
}

impl Local {
    /// Makes the folder if absent and locks it.
    pub(super) fn lock(path: &Path) -> Result<Self, Error> {
        fs::create_dir_all(path).map_err(Error::io(path))?;
        let name = path.join("app1.lock");
        if found(&name).map_err(Error::io(&name))? == Found::Other {
            return Err(Error::NotAFile { path: name.into() });
        }
        let lock = options().create(true).truncate(false).open(&name).map_err(Error::io(&name))?;
        let start = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(Self { path: path.to_owned(), _lock: lock }),
                Err(TryLockError::WouldBlock) if start.elapsed() < PARTING => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(TryLockError::WouldBlock) => return Err(Error::InUse { folder: path.into() }),
                Err(TryLockError::Error(error)) => return Err(Error::io(&name)(error)),
            }
        }
    }
}

impl Disk for Local {
    fn look(&self, name: &str) -> io::Result<Found> {
        found(&self.path.join(name))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(options().open(self.path.join(name))?))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(options().create_new(true).open(self.path.join(name))?))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let names = fs::read_dir(&self.path)?.map(|entry| Ok(entry?.file_name().into_string().ok()));
        names.filter_map(Result::transpose).collect()
    }

    fn sync(&self) -> io::Result<()> {
        // Elsewhere a folder is no file to be synced.
        if cfg!(unix) { File::open(&self.path)?.sync_all() } else { Ok(()) }
    }
}

impl DiskFile for File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn cut(&mut self, bytes: u64) -> io::Result<()> {
        self.set_len(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_all()
    }
}

fn found(path: &Path) -> io::Result<Found> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(Found::File),
        Ok(_) => Ok(Found::Other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found::Nothing),
        Err(error) => Err(error),
    }
}

/// Returns how files are opened: for others to read, if the process's mask lets them.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o644);
    options
}
