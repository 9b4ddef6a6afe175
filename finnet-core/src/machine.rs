//! What every process of a network is at heart: a machine that steps.
//!
//! A [`Machine`] takes one input at a time and gives none, one or several outputs. It has no clock, no I/O and no
//! randomness of its own: the same inputs in the same order give the same outputs, on a real broker, on an embedded
//! one and under a simulator. Whoever does the I/O around it keeps its snapshot, and a restored machine goes on as
//! if it had never stopped. A [`Journal`] says besides what a snapshot has become since it was taken, so that
//! keeping it costs what has changed and not what there is.

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

    /// Takes one input and appends what follows from it, in the order in which it follows; what stands in `outputs`
    /// stays.
    fn step_into(&mut self, input: Self::Input, outputs: &mut Vec<Self::Output>);

    /// Takes one input and returns what follows from it, in the order in which it follows.
    fn step(&mut self, input: Self::Input) -> Vec<Self::Output> {
        let mut outputs = Vec::new();
        self.step_into(input, &mut outputs);
        outputs
    }

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

/// A machine whose state can be kept as a table of entries, of which a step changes a few.
///
/// The law: the snapshot of a new machine, with every change applied that a machine of the same set-up has told
/// since it was new, is that machine's snapshot when it told the last. The changes of one entry must come in the
/// order in which they were told, and all but the last of them may be missing; the order across entries is free.
/// So a table that keeps the last change of each entry keeps the machine.
///
/// # Examples
///
/// ```
/// use finnet_core::evaluate::Evaluator;
/// use finnet_core::{Close, Holdings, Journal, Machine, Symbol};
///
/// let holdings = Holdings::new([("IBM", 1300), ("AAPL", 2200)])?;
/// let mut first = Evaluator::new(holdings.clone());
/// first.step(Close { symbol: Symbol::new("IBM")?, session: "2000-01-03".parse()?, price: "128.25".parse()? });
/// let kept = first.changes(); // how far IBM is, and that the 3rd waits
/// assert_eq!(kept.len(), 2);
/// assert!(first.changes().is_empty());
///
/// let mut second = Evaluator::new(holdings);
/// let mut snapshot = second.snapshot();
/// for change in kept {
///     Evaluator::apply(&mut snapshot, change)?;
/// }
/// second.restore(snapshot)?;
/// assert_eq!(first, second);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Journal: Machine {
    /// One entry as it is now, or the word that it is gone.
    type Change;

    /// Returns what has changed since the last call, each entry once, as it is now.
    ///
    /// Nothing for a new machine, nor for one just restored: what is in the snapshot counts as told. An entry that
    /// came and went between two calls was never told and is not told gone.
    fn changes(&mut self) -> Vec<Self::Change>;

    /// Puts a change into a snapshot.
    ///
    /// Whether the entries fit each other is seen by [`Machine::restore`], once all are there.
    ///
    /// # Errors
    ///
    /// Where the change is of a machine of another set-up; the snapshot is then as it was.
    fn apply(snapshot: &mut Self::Snapshot, change: Self::Change) -> Result<(), Self::Mismatch>;
}
