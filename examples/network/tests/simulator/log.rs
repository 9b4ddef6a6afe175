//! A partition's log: records and the ends of transactions, each at its offset.

use std::rc::Rc;

/// What a record says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fact {
    pub(crate) key: Option<Box<[u8]>>,
    pub(crate) payload: Option<Box<[u8]>>,
    pub(crate) time_ms: i64,
    pub(crate) reason: Option<Box<str>>,
    pub(crate) group: Option<Box<str>>,
    /// Not of any program of the network, and of no use to one.
    pub(crate) foreign: bool,
}

/// A number of a transaction.
pub(crate) type Txn = usize;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Open,
    Committed,
    Aborted,
}

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) offset: i64,
    pub(crate) since: u64,
    pub(crate) txn: Option<Txn>,
    /// `None`: the end of its transaction.
    pub(crate) fact: Option<Rc<Fact>>,
}

#[derive(Debug, Default)]
pub(crate) struct Partition {
    pub(crate) entries: Vec<Entry>,
    pub(crate) end: i64,
    /// The transactions whose end is not here yet, and the first record of each.
    pub(crate) open: Vec<(Txn, i64)>,
}

impl Partition {
    /// Appends a record, or the end of a transaction, and returns its offset.
    pub(crate) fn append(&mut self, since: u64, txn: Option<Txn>, fact: Option<Rc<Fact>>) -> i64 {
        let offset = self.end;
        self.entries.push(Entry { offset, since, txn, fact });
        self.end += 1;
        offset
    }

    /// Returns the offset before which no transaction is open.
    pub(crate) fn stable_end(&self) -> i64 {
        self.open.iter().map(|(_, first)| *first).min().unwrap_or(self.end)
    }
}
