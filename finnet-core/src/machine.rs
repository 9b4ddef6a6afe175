//! What every process of a network is at heart: a machine that steps.
//!
//! A [`Machine`] takes one input at a time and gives none, one or several outputs. It has no clock, no I/O and no
//! randomness of its own: the same inputs in the same order give the same outputs, on a real broker, on an embedded
//! one and under a simulator. Whoever does the I/O around it keeps its snapshot, and a restored machine goes on as
//! if it had never stopped.

/// A deterministic state machine whose whole state can be taken out and put back.
///
/// The law that makes it restartable: for any inputs `a`, `b`, a machine that took `a`, was snapshot, and was
/// restored into a new machine of the same set-up gives on `b` what the first one would have given.
pub trait Machine {
    /// What it takes, one at a time.
    type Input;
    /// What it gives.
    type Output;
    /// Its whole state, as plain data.
    type Snapshot;
    /// Why a snapshot is not of this machine.
    type Mismatch;

    /// Takes one input and returns what follows from it, in the order in which it follows.
    fn step(&mut self, input: Self::Input) -> Vec<Self::Output>;

    /// Returns the state as plain data.
    fn snapshot(&self) -> Self::Snapshot;

    /// Replaces the state by that of a snapshot.
    ///
    /// # Errors
    ///
    /// Where the snapshot was taken from a machine of another set-up or contradicts itself; the machine is then
    /// as it was.
    fn restore(&mut self, snapshot: Self::Snapshot) -> Result<(), Self::Mismatch>;
}
