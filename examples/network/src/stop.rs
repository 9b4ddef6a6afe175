//! When a loop ends: on SIGINT and SIGTERM, or with the program that started it ([`Stop`]); or when its input is
//! complete ([`Done`]).

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::failure::Kind;

/// Whether the program was asked to end.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Returns the flag that SIGINT and SIGTERM set; a second SIGINT ends the program at once.
    ///
    /// A SIGTERM beside the first does not: Ctrl-C reaches a server and its exchanges alike, and then the server asks
    /// them to end.
    ///
    /// # Panics
    ///
    /// Where the system refuses a signal handler.
    pub fn on_signals() -> Self {
        const REFUSED: &str = "SIGINT and SIGTERM may be handled";
        let (stop, interrupted) = (Self::default(), Arc::new(AtomicBool::new(false)));
        // In this order: the first SIGINT finds the flag unset and goes on to set it.
        signal_hook::flag::register_conditional_shutdown(SIGINT, 128 + SIGINT, Arc::clone(&interrupted))
            .expect(REFUSED);
        signal_hook::flag::register(SIGINT, interrupted).expect(REFUSED);
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&stop.0)).expect(REFUSED);
        }
        stop
    }

    /// Asks the program to end as soon as `input` does: whoever held its other end is gone. What has not ended `grace`
    /// later is ended as it is, since nobody is left to do so.
    pub fn at_end_of(&self, mut input: impl Read + Send + 'static, grace: Duration) {
        let stop = self.clone();
        std::thread::spawn(move || {
            // Neither what comes nor why no more comes is of interest.
            let _ = std::io::copy(&mut input, &mut std::io::sink());
            stop.set();
            std::thread::sleep(grace);
            signal_hook::low_level::exit(Kind::Failed.code().into());
        });
    }

    /// Asks the program to end.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Returns whether the program was asked to end.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Waits until an instant, or until the program is asked to end.
    pub fn sleep_until(&self, until: Instant) {
        const LOOK: Duration = Duration::from_millis(50);
        while !self.is_set() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            std::thread::sleep(left.min(LOOK));
        }
    }
}

/// Whether those before a part are done, and all that they sent is with the broker.
#[derive(Debug)]
pub struct Done(AtomicUsize);

impl Done {
    /// Returns a count of these many that are not done yet.
    pub fn of(parts: usize) -> Self {
        Self(AtomicUsize::new(parts))
    }

    /// Returns what counts one part as done when it is dropped, by a panic as well: nobody waits for it in vain.
    pub fn part(&self) -> Part<'_> {
        Part(self)
    }

    /// Returns whether all are done.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire) == 0
    }
}

/// One part that is not done yet.
#[derive(Debug)]
pub struct Part<'a>(&'a Done);

impl Drop for Part<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_an_input_asks_to_end_and_what_comes_before_does_not() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let stop = Stop::default();
        stop.at_end_of(reader, Duration::MAX);
        // More than a pipe holds: all but the last of it was read when this returns.
        std::io::Write::write_all(&mut writer, &vec![b'.'; 1 << 20]).unwrap();
        assert!(!stop.is_set());
        drop(writer);
        let until = Instant::now() + Duration::from_mins(1);
        while !stop.is_set() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(stop.is_set());
    }
}
