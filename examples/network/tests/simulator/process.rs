//! A process: a program that is started, takes steps, dies, and is started again.

use super::client::Client;

/// What a program did in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Something.
    Worked,
    /// There was nothing to do.
    Rested,
    /// It has ended in good order.
    Ended,
    /// It has ended otherwise; it is started again.
    Stopped,
}

/// A program: what a process runs from its start on.
pub(crate) trait Program {
    /// Does the next thing.
    fn step(&mut self) -> Step;
}

/// What starts a program; it is told how often it was started before.
pub(crate) type Start = Box<dyn Fn(&'static Client, u32) -> Box<dyn Program>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Alive,
    /// It is started again.
    Dead,
    /// It has ended in good order, for ever.
    Ended,
}

/// One process: its program, unless it is dead or runs just now.
pub(crate) struct Process {
    pub(crate) name: String,
    pub(crate) start: Start,
    pub(crate) program: Option<Box<dyn Program>>,
    pub(crate) state: State,
    /// Whether it is on the stack.
    pub(crate) is_busy: bool,
    /// Whether it is stopped: not even its threads in the background run.
    pub(crate) is_stopped: bool,
    pub(crate) rests: bool,
    pub(crate) lives: u32,
    pub(crate) back_at: u64,
    /// How often it is its turn, compared with others.
    pub(crate) weight: usize,
}

impl Process {
    /// Returns a process that is yet to be started.
    pub(crate) fn new(name: String, weight: usize, start: Start) -> Self {
        Self {
            name,
            start,
            program: None,
            state: State::Dead,
            is_busy: false,
            is_stopped: false,
            rests: false,
            lives: 0,
            back_at: 0,
            weight,
        }
    }

    /// Returns whether its threads in the background run.
    pub(crate) fn has_pulse(&self) -> bool {
        self.state == State::Alive && !self.is_stopped
    }
}
