//! What app1 sets aside: on its topic, committed, before the offsets pass it in a store that Kafka knows nothing of.
//!
//! Each record is set aside once: the writer fences every other of app1 when it is opened, and then reads what the group
//! has set aside from the stored positions on. So a batch that was set aside, but not stored, is not set aside again.

use finnet_kafka::log::{Log, Writer as _};
use finnet_kafka::wire::Reason;
use finnet_kafka::{Error, Record, SetAside};

/// The `transactional.id` of whoever sets aside for app1.
const WRITER: &str = "app1.rejected";

/// The place for what can't be stored; opened for the first record of its kind, since most runs have none.
#[derive(Debug)]
pub struct Rejects<'a, L: Log> {
    log: &'a L,
    aside: SetAside,
    /// The positions from which records are read.
    from: Vec<i64>,
    writer: Option<L::Writer>,
    /// Whether another instance can be at work.
    shared: Shared,
}

/// Whether several instances can set aside at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shared {
    /// On a broker that outlives this process.
    Yes,
    /// On the embedded broker, which has no transactions.
    No,
}

impl<'a, L: Log> Rejects<'a, L> {
    /// Returns the place for one life of app1, which reads from these positions on.
    pub fn new(log: &'a L, aside: SetAside, from: Vec<i64>, shared: Shared) -> Self {
        Self { log, aside, from, writer: None, shared }
    }

    /// Opens the place where it is not open; that can take long, and nobody's rows should be locked meanwhile.
    ///
    /// # Errors
    ///
    /// - As [`Log::writer`] and [`Log::read`].
    pub fn open(&mut self) -> Result<(), Error> {
        if self.writer.is_none() {
            self.writer = Some(self.fenced()?);
        }
        Ok(())
    }

    /// Returns whether it is open.
    pub fn is_open(&self) -> bool {
        self.writer.is_some()
    }

    /// Sets records aside, and returns for each whether it was written now.
    ///
    /// # Errors
    ///
    /// - As [`Rejects::open`] and [`finnet_kafka::log::Writer::commit`]. None of the records may then be passed.
    pub fn put(&mut self, records: &[(Record<'_>, Reason)]) -> Result<Vec<bool>, Error> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        self.open()?;
        let mut writer = self.writer.take().expect("it was opened");
        writer.begin()?;
        let mut written = Vec::with_capacity(records.len());
        for (record, reason) in records {
            written.push(self.aside.put(&mut writer, record, *reason)?);
        }
        writer.commit(None)?;
        self.writer = Some(writer);
        Ok(written)
    }

    fn fenced(&mut self) -> Result<L::Writer, Error> {
        if self.shared == Shared::No {
            return self.log.writer(None);
        }
        // In this order: what another has committed until it was fenced is read.
        let writer = self.log.writer(Some(WRITER))?;
        self.aside.recall(self.log, &self.from)?;
        Ok(writer)
    }

    /// Takes note that these positions are stored: what is before them is not read again.
    pub fn passed(&mut self, positions: &[i64]) {
        self.aside.committed(positions);
    }
}
