//! What the targets share: the parsers of the example, compiled here by themselves, and what a message may hold.
//!
//! The example crate brings DataFusion along; its three parsers need none of it.

#[path = "../../examples/network/src"]
mod network {
    pub mod closes_file;
    pub mod csv_store;
    pub mod network_file;
}

pub use network::{closes_file, csv_store, network_file};

/// Checks that a message is text of so many lines at the most, and nothing in it steers a terminal.
///
/// # Panics
///
/// Where it is not.
pub fn check_message(message: &str, lines: usize) {
    assert!(!message.is_empty() && message.lines().count() <= lines, "{message:?}");
    let steers = |c: char| c.is_control() && c != '\n' || "\u{61c}\u{200e}\u{200f}".contains(c);
    let turns = |c: char| ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c);
    assert!(!message.chars().any(|c| steers(c) || turns(c)), "{message:?}");
    assert!(message.chars().count() < 2_000, "{message:?}");
}
