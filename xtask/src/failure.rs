//! Why a task ended without success, and the exit code that says so.

use crate::step;

/// Why a task ended without success.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something did not work; the text is for a person.
    Message(String),
    /// Software is not on this machine; the text names what to install.
    Missing(String),
    /// The words on the command line fit no task.
    Usage(String),
    /// A signal asked us to stop.
    Signal(u8),
    /// A command ended with this code, having said itself why.
    Exit(u8),
}

impl Failure {
    /// Says in a line on stderr what nobody has said yet.
    pub(crate) fn say(&self) {
        match self {
            Self::Message(text) | Self::Missing(text) | Self::Usage(text) => step::say(text),
            Self::Signal(signal) => step::say(&format!("ended by signal {signal}")),
            Self::Exit(_) => {}
        }
    }

    /// 2 for a wrong command line, 128 and the number for a signal, as shells have it.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Message(_) | Self::Missing(_) => 1,
            Self::Usage(_) => 2,
            Self::Signal(signal) => 128_u8.saturating_add(*signal),
            Self::Exit(code) => *code,
        }
    }
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self::Message(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_a_shell() {
        assert_eq!(Failure::Signal(2).exit_code(), 130);
        assert_eq!(Failure::Signal(15).exit_code(), 143);
        assert_eq!(Failure::Exit(101).exit_code(), 101);
        assert_eq!(Failure::from(String::from("no")).exit_code(), 1);
    }
}
