//! A folder in memory that fails where a test wants it to.
//!
//! It knows what its users see and what of that is on the disk: a crash of the machine takes back what was not
//! synced, or half of it. Each byte written is a step, and so is each other change and sync.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, MutexGuard};

use super::super::disk::{Disk, DiskFile, Found};

/// How a run ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// The program dies; what it wrote is there.
    Kill,
    /// The disk is full; the program lives on, for what it may still want to undo.
    Full,
    /// The machine dies. Each number says, by turns, what becomes of something that was not synced.
    Power([u8; 8]),
}

/// Where a run ends, counted from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// Bytes written, and other changes and syncs.
    Step(usize),
    /// Writes, however long, and other changes and syncs.
    Call(usize),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Image(Arc<Mutex<State>>);

#[derive(Clone, Debug, Default)]
struct State {
    names: Names,
    /// What of the names is on the disk, and the changes since.
    synced: Names,
    renamed: Vec<Vec<(String, Option<usize>)>>,
    contents: Vec<Content>,
    /// Steps and calls of this run.
    steps: usize,
    calls: usize,
    fault: Option<(At, Fault)>,
    dead: bool,
}

/// The content of each name, by its place.
type Names = BTreeMap<String, usize>;

#[derive(Clone, Debug, Default)]
struct Content {
    bytes: Vec<u8>,
    /// What of the bytes is on the disk, and the changes since.
    synced: Vec<u8>,
    changes: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Cut(usize),
}

#[derive(Debug)]
struct Handle {
    image: Image,
    place: usize,
    at: usize,
}

impl Image {
    /// Lets this run end in a fault.
    pub(super) fn fail(&self, at: At, fault: Fault) {
        self.state().fault = Some((at, fault));
    }

    /// Returns the steps and the calls of this run.
    pub(super) fn steps(&self) -> (usize, usize) {
        let state = self.state();
        (state.steps, state.calls)
    }

    /// Returns the folder as the next run finds it.
    pub(super) fn restarted(&self, fault: Fault) -> Self {
        let mut state = self.state().clone();
        (state.steps, state.calls, state.fault, state.dead) = (0, 0, None, false);
        if let Fault::Power(fates) = fault {
            state.lose_power(fates);
        }
        Self(Arc::new(Mutex::new(state)))
    }

    pub(super) fn text(&self, name: &str) -> String {
        let state = self.state();
        let bytes = state.names.get(name).map(|place| state.contents[*place].bytes.clone()).unwrap_or_default();
        String::from_utf8(bytes).expect("text")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics while it has the lock")
    }
}

impl State {
    /// Takes up to so many steps, and returns how many were taken before the fault.
    fn step(&mut self, wanted: usize) -> io::Result<usize> {
        if self.dead {
            return Err(io::Error::other("dead"));
        }
        let room = match self.fault {
            Some((At::Step(at), _)) => at - self.steps,
            Some((At::Call(at), _)) if at == self.calls => 0,
            _ => usize::MAX,
        };
        let taken = wanted.min(room);
        (self.steps, self.calls) = (self.steps + taken, self.calls + 1);
        if taken > 0 {
            return Ok(taken);
        }
        if let Some((_, Fault::Full)) = self.fault.take() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.dead = true;
        Err(io::Error::other("dead"))
    }

    fn rename(&mut self, changes: Vec<(String, Option<usize>)>) -> io::Result<()> {
        self.step(1)?;
        apply(&mut self.names, &changes);
        self.renamed.push(changes);
        Ok(())
    }

    fn change(&mut self, place: usize, change: Change) {
        let content = &mut self.contents[place];
        change.clone().apply(&mut content.bytes);
        content.changes.push(change);
    }

    fn lose_power(&mut self, fates: [u8; 8]) {
        let mut fates = fates.into_iter().cycle();
        let mut fate = || fates.next().expect("a cycle has no end");
        for content in &mut self.contents {
            let mut bytes = std::mem::take(&mut content.synced);
            for change in content.changes.drain(..) {
                if let Some(change) = change.survived(fate()) {
                    change.apply(&mut bytes);
                }
            }
            (content.bytes, content.synced) = (bytes.clone(), bytes);
        }
        for changes in self.renamed.drain(..) {
            if fate() % 2 == 1 {
                apply(&mut self.synced, &changes);
            }
        }
        self.names = self.synced.clone();
    }
}

fn apply(names: &mut Names, changes: &[(String, Option<usize>)]) {
    for (name, place) in changes {
        match place {
            Some(place) => names.insert(name.clone(), *place),
            None => names.remove(name),
        };
    }
}

impl Change {
    fn apply(self, content: &mut Vec<u8>) {
        match self {
            Self::Write { at, bytes } => {
                content.resize(content.len().max(at + bytes.len()), 0);
                content[at..at + bytes.len()].copy_from_slice(&bytes);
            }
            Self::Cut(bytes) => content.truncate(bytes),
        }
    }

    /// Returns what is left of a change that was not synced.
    fn survived(self, fate: u8) -> Option<Self> {
        match (self, fate % 4) {
            (_, 0) => None,
            (Self::Write { at, mut bytes }, 2) => {
                bytes.truncate(usize::from(fate) * bytes.len() / 256);
                Some(Self::Write { at, bytes })
            }
            // The length was on its way before the bytes were.
            (Self::Write { at, bytes }, 3) => {
                let torn = usize::from(fate) * bytes.len() / 256;
                Some(Self::Write {
                    at,
                    bytes: bytes.iter().enumerate().map(|(n, byte)| if n < torn { 0 } else { *byte }).collect(),
                })
            }
            (change, _) => Some(change),
        }
    }
}

impl Disk for Image {
    fn look(&self, name: &str) -> io::Result<Found> {
        Ok(if self.state().names.contains_key(name) { Found::File } else { Found::Nothing })
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let place = *self.state().names.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Handle { image: self.clone(), place, at: 0 }))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.state();
        if state.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let place = state.contents.len();
        state.rename(vec![(name.to_owned(), Some(place))])?;
        state.contents.push(Content::default());
        Ok(Box::new(Handle { image: self.clone(), place, at: 0 }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.state();
        let place = *state.names.get(from).ok_or(io::ErrorKind::NotFound)?;
        state.rename(vec![(to.to_owned(), Some(place)), (from.to_owned(), None)])
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.state().rename(vec![(name.to_owned(), None)])
    }

    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.state().names.keys().cloned().collect())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.state();
        state.step(1)?;
        state.renamed.clear();
        state.synced = state.names.clone();
        Ok(())
    }
}

impl Read for Handle {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let state = self.image.state();
        let rest = state.contents[self.place].bytes.get(self.at..).unwrap_or_default();
        let read = rest.len().min(buffer.len());
        buffer[..read].copy_from_slice(&rest[..read]);
        self.at += read;
        Ok(read)
    }
}

impl Write for Handle {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.image.state();
        let written = state.step(bytes.len())?;
        state.change(self.place, Change::Write { at: self.at, bytes: bytes[..written].to_vec() });
        self.at += written;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Handle {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let SeekFrom::Start(at) = to else { return Err(io::ErrorKind::Unsupported.into()) };
        self.at = usize::try_from(at).expect("a short file");
        Ok(at)
    }
}

impl DiskFile for Handle {
    fn length(&self) -> io::Result<u64> {
        Ok(self.image.state().contents[self.place].bytes.len() as u64)
    }

    fn cut(&mut self, bytes: u64) -> io::Result<()> {
        let mut state = self.image.state();
        state.step(1)?;
        state.change(self.place, Change::Cut(usize::try_from(bytes).expect("a short file")));
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.image.state();
        state.step(1)?;
        let content = &mut state.contents[self.place];
        content.changes.clear();
        content.synced = content.bytes.clone();
        Ok(())
    }
}
