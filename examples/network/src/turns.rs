//! Whose turn it is among several instances of one program.

use std::time::{Duration, Instant};

use finnet_kafka::Membership;
use finnet_kafka::log::Member as _;

use crate::failure::Failure;
use crate::stop::Stop;
use crate::terminal::Terminal;

/// Waits until what this instance owns makes it its turn; returns false where it is asked to end before.
///
/// # Errors
///
/// - Where another instance has this one's name, or the group refuses it.
pub fn wait(
    member: &Membership,
    is_ours: impl Fn(&[i32]) -> bool,
    stop: &Stop,
    terminal: &Terminal,
) -> Result<bool, Failure> {
    let started = Instant::now();
    let mut said = false;
    while !stop.is_set() {
        if is_ours(&member.owned(Duration::from_millis(20))?) {
            if said {
                terminal.say("the first instance is gone: taking over");
            }
            return Ok(true);
        }
        // A group decides within its first seconds; longer means that somebody else is at work.
        if !said && started.elapsed() > Duration::from_secs(4) {
            said = true;
            terminal.say("another instance is at work, or no broker decides whose turn it is: standing by");
        }
    }
    Ok(false)
}
