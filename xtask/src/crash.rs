//! `cargo xtask crash`: the network while everything around it is killed, cut off, restarted and started twice.
//!
//! In come the seed of the first run and how often each program is killed; out go a line a fault on stderr, the tables of
//! docs/RELIABILITY.md on stdout, and an exit code. The campaign is the test `crash` of the example, in its long form; it
//! starts its own servers, since it kills them.

use crate::failure::Failure;
use crate::process::{self, Interrupt};
use crate::servers::Servers;
use crate::step::step;
use crate::workspace;

/// How long a campaign is, and where it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Campaign {
    /// Kills of each program.
    kills: u32,
    /// The seed of the first run; each further one has the next.
    seed: u64,
}

impl Campaign {
    /// Reads `--kills N` and `--seed S`; `None` for words that are neither.
    pub(crate) fn parse(words: &[&str]) -> Option<Self> {
        let mut campaign = Self { kills: 30, seed: 1 };
        for pair in words.chunks(2) {
            match pair {
                ["--kills", kills] => campaign.kills = kills.parse().ok().filter(|kills| *kills > 0)?,
                ["--seed", seed] => campaign.seed = seed.parse().ok()?,
                _ => return None,
            }
        }
        Some(campaign)
    }

    /// Runs the campaign to its end, or to the first run whose result is another.
    pub(crate) fn run(self) -> Result<(), Failure> {
        let interrupt = Interrupt::listen()?;
        let mut servers = Servers::new()?;
        servers.install(&interrupt)?;
        let test = |extra: &[&str]| {
            let mut command = workspace::cargo();
            command.args(["test", "-p", "finnet-network", "--test", "crash"]).args(extra);
            command.envs(servers.variables().iter().map(|(name, value)| (name, value)));
            command.env("FINNET_CRASH_KILLS", self.kills.to_string());
            command.env("FINNET_CRASH_SEED", self.seed.to_string());
            let status = process::run(&mut command, &interrupt)?;
            if status.success() { Ok(()) } else { Err(Failure::Exit(process::exit_code(status))) }
        };
        step("built the campaign", || test(&["--no-run"]))?;
        step("ran the campaign", || test(&["--", "--nocapture", "uninterrupted"]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kills_and_a_seed() {
        assert_eq!(Campaign::parse(&[]), Some(Campaign { kills: 30, seed: 1 }));
        assert_eq!(Campaign::parse(&["--seed", "7", "--kills", "5"]), Some(Campaign { kills: 5, seed: 7 }));
        for words in
            [&["--kills"][..], &["--kills", "0"], &["--seed", "-1"], &["--kill", "5"], &["5"], &["--seed", "x"]]
        {
            assert_eq!(Campaign::parse(words), None, "{words:?}");
        }
    }
}
