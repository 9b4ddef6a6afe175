//! Where a process touches the world, and how often what goes wrong there.

use super::dice::Dice;

/// Where a process touches the world: it may crash or be stopped at each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Port {
    Marks,
    Source,
    Writer,
    Read,
    Next,
    Begin,
    Send,
    Flush,
    Commit,
    Owned,
    Look,
    Append,
    Store,
}

impl Port {
    pub(crate) const ALL: [Self; 13] = [
        Self::Marks,
        Self::Source,
        Self::Writer,
        Self::Read,
        Self::Next,
        Self::Begin,
        Self::Send,
        Self::Flush,
        Self::Commit,
        Self::Owned,
        Self::Look,
        Self::Append,
        Self::Store,
    ];

    /// Returns whether a request can fail there: a broker that is away is waited for by the client itself.
    pub(crate) fn can_fail(self) -> bool {
        !matches!(self, Self::Next | Self::Owned)
    }

    /// Returns the name under which crashes at it are counted.
    pub(crate) fn crash(self) -> &'static str {
        match self {
            Self::Marks => "crash: asking for the ends",
            Self::Source => "crash: opening a source",
            Self::Writer => "crash: opening a writer",
            Self::Read => "crash: reading a topic",
            Self::Next => "crash: asking for the next record",
            Self::Begin => "crash: beginning a transaction",
            Self::Send => "crash: sending",
            Self::Flush => "crash: before a commit",
            Self::Commit => "crash: in a commit",
            Self::Owned => "crash: asking what is owned",
            Self::Look => "crash: asking what is stored",
            Self::Append => "crash: appending rows",
            Self::Store => "crash: in a commit of rows",
        }
    }
}

/// How often what goes wrong, each so many times in 10,000 of its occasions. None, where all are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rates {
    /// A process dies, at a port.
    pub(crate) crash: u32,
    /// A process is asked to end, between two steps.
    pub(crate) stop: u32,
    /// A process is stopped for a while, at a port, and others go on.
    pub(crate) nap: u32,
    /// The while is longer than a session and a transaction may last, of those naps.
    pub(crate) long: u32,
    /// A request fails, at a port.
    pub(crate) failure: u32,
    /// A commit goes wrong, in one of several ways.
    pub(crate) commit: u32,
    /// The end of a transaction reaches a partition late.
    pub(crate) late: u32,
    /// What is sent reaches the log before the commit.
    pub(crate) early: u32,
    /// A source has nothing for once.
    pub(crate) empty: u32,
    /// A group moves a partition, in a tick.
    pub(crate) rebalance: u32,
    /// A topic is compacted, in a tick.
    pub(crate) compaction: u32,
    /// A record that nobody can use is written, in a tick.
    pub(crate) poison: u32,
}

impl Rates {
    /// Returns the rates of a run: some are calm, some are wild.
    pub(crate) fn draw(dice: &Dice) -> Self {
        Self {
            crash: dice.pick(&[0, 10, 50, 150, 400]),
            stop: dice.pick(&[0, 50, 200]),
            nap: dice.pick(&[0, 20, 100, 300]),
            long: dice.pick(&[0, 1_000, 5_000]),
            failure: dice.pick(&[0, 20, 100, 300]),
            commit: dice.pick(&[0, 300, 1_000, 3_000]),
            late: dice.pick(&[0, 2_000, 7_000]),
            early: dice.pick(&[0, 5_000, 10_000]),
            empty: dice.pick(&[0, 500, 3_000]),
            rebalance: dice.pick(&[0, 50, 300]),
            compaction: dice.pick(&[0, 100, 1_000]),
            poison: dice.pick(&[0, 100, 500]),
        }
    }

    /// Returns the rates of a run in which nothing goes wrong but the records are as bad.
    pub(crate) fn poison_only(self) -> Self {
        Self { poison: self.poison, ..Self::default() }
    }
}
