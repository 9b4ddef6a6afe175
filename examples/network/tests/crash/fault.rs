//! What goes wrong in a run and when, drawn from a seed: the same seed, the same plan.
//!
//! A moment is a share of the closes that are sent, not a time: on a slow machine faults fall into the middle of the
//! work as they do on a fast one.

use std::fmt;
use std::time::Duration;

use crate::crash::network::Role;

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere.
pub(crate) struct Random(u64);

/// A server that programs reach through a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Kafka,
    Database,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// `kill -9` of one instance.
    Kill(Role),
    /// `kill -9` of every instance of all programs.
    KillAll,
    /// SIGTERM to one instance: it ends in good order.
    Ask(Role),
    /// One instance more, at work or standing by from then on.
    Twice(Role),
    /// SIGSTOP for a time while another instance comes, then SIGCONT.
    Pause(Role, Duration),
    /// A server killed, and started again after a time.
    Crash(Side, Duration),
    /// The broker ended in good order, and started again after a time.
    Away(Duration),
    /// All connections to a server closed.
    Cut(Side),
    /// All connections closed after so many bytes of answers: what was asked is done, and nobody is told.
    LoseAnswer(Side, usize),
    /// All connections closed after so many bytes of requests.
    LoseRequest(Side, usize),
    /// No byte passes for a time.
    Stall(Side, Duration),
    /// All connections closed, and new ones too for a time.
    Refuse(Side, Duration),
    /// A record that nobody can use.
    Poison(usize),
}

/// A fault and its moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Planned {
    /// Thousandths of the closes that are sent by then.
    pub(crate) at: u32,
    pub(crate) fault: Fault,
}

/// How long a run's plan is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Length {
    /// Kills of each program.
    pub(crate) kills: usize,
    /// Whether there is time for all kinds of faults, and for pauses past the time-out of a transaction.
    pub(crate) every_kind: bool,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns a number below this one.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % end as u64).expect("below a usize")
    }

    /// Returns a time from `from` to `to` seconds.
    pub(crate) fn seconds(&mut self, from: usize, to: usize) -> Duration {
        Duration::from_millis((from * 1000 + self.below((to - from) * 1000)) as u64)
    }

    /// Returns one of these.
    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for place in (1..all.len()).rev() {
            all.swap(place, self.below(place + 1));
        }
    }
}

impl Fault {
    /// Returns the name of its kind, as `FINNET_CRASH_FAULTS` has it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Kill(_) => "kill",
            Self::KillAll => "kill-all",
            Self::Ask(_) => "ask",
            Self::Twice(_) => "twice",
            Self::Pause(..) => "pause",
            Self::Crash(Side::Kafka, _) => "broker",
            Self::Crash(Side::Database, _) => "database",
            Self::Away(_) => "away",
            Self::Cut(_) => "cut",
            Self::LoseAnswer(..) => "answer",
            Self::LoseRequest(..) => "request",
            Self::Stall(..) => "stall",
            Self::Refuse(..) => "refuse",
            Self::Poison(_) => "poison",
        }
    }

    /// Returns what it is, as the summary counts it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Kill(role) => format!("`kill -9` of {role}"),
            Self::KillAll => "`kill -9` of all programs at once".to_owned(),
            Self::Ask(role) => format!("SIGTERM to {role}"),
            Self::Twice(role) => format!("a second {role}"),
            Self::Pause(role, _) => format!("{role} paused while a second one runs"),
            Self::Crash(side, _) => format!("`kill -9` of {side}"),
            Self::Away(_) => "Kafka ended for a minute".to_owned(),
            Self::Cut(side) => format!("all connections to {side} cut"),
            Self::LoseAnswer(side, _) => format!("answers of {side} lost"),
            Self::LoseRequest(side, _) => format!("requests to {side} cut in two"),
            Self::Stall(side, _) => format!("connections to {side} stalled"),
            Self::Refuse(side, _) => format!("connections to {side} refused"),
            Self::Poison(_) => "a record that can't be used".to_owned(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self {
            Self::Pause(_, time)
            | Self::Crash(_, time)
            | Self::Away(time)
            | Self::Stall(_, time)
            | Self::Refuse(_, time) => write!(f, "{name}, {:.1} s", time.as_secs_f64()),
            Self::LoseAnswer(_, bytes) | Self::LoseRequest(_, bytes) => write!(f, "{name}, after {bytes} bytes"),
            Self::Poison(which) => write!(f, "{name}, number {which}"),
            _ => f.write_str(&name),
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kafka => "Kafka",
            Self::Database => "the database",
        })
    }
}

/// Returns what goes wrong in the run of a seed, in order; `wanted` says which kinds may, and `poisons` how many bad
/// records there are.
pub(crate) fn plan(seed: u64, length: Length, poisons: usize, wanted: impl Fn(&str) -> bool) -> Vec<Planned> {
    let mut random = Random::new(seed);
    let mut faults = kills(length, &mut random);
    faults.extend(instances(length, seed, &mut random));
    faults.extend(surroundings(length, seed, &mut random));
    random.shuffle(&mut faults);
    let mut planned = spread(&faults, &mut random);
    let bad: Vec<_> = (0..poisons).map(Fault::Poison).collect();
    planned.extend(spread(&bad, &mut random));
    planned.retain(|planned| wanted(planned.fault.kind()));
    planned.sort_by_key(|planned| planned.at);
    planned
}

fn kills(length: Length, random: &mut Random) -> Vec<Fault> {
    let mut faults: Vec<_> = Role::ALL.map(Fault::Kill).repeat(length.kills);
    faults.extend(vec![Fault::KillAll; length.kills]);
    faults.push(Fault::Ask(random.pick(&Role::ALL)));
    faults
}

fn instances(length: Length, seed: u64, random: &mut Random) -> Vec<Fault> {
    let twice = [Role::Inv1, Role::App1, Role::Se1];
    // Past the session time-out of 6 s; past the 10 s of a transaction only where there is time.
    let mut pause = |role| {
        let time =
            if length.every_kind && random.below(2) == 0 { random.seconds(11, 14) } else { random.seconds(7, 8) };
        Fault::Pause(role, time)
    };
    if length.every_kind {
        twice.iter().flat_map(|&role| [Fault::Twice(role), pause(role)]).collect()
    } else {
        // Seeds that follow each other take them in turn.
        let turn = usize::try_from(seed % 3).expect("below 3");
        vec![Fault::Twice(twice[turn]), pause(twice[(turn + 1) % 3])]
    }
}

fn surroundings(length: Length, seed: u64, random: &mut Random) -> Vec<Fault> {
    let mut faults = Vec::new();
    for side in [Side::Kafka, Side::Database] {
        // A database answers a commit with a dozen bytes, a broker a reader with thousands.
        let most = if side == Side::Kafka { 100_000 } else { 2_000 };
        faults.push(Fault::Crash(side, random.seconds(0, 3)));
        faults.push(Fault::LoseAnswer(side, random.below(most)));
        if length.every_kind {
            faults.push(Fault::Cut(side));
            faults.push(Fault::LoseAnswer(side, random.below(most)));
            faults.push(Fault::LoseRequest(side, random.below(most)));
            faults.push(Fault::Stall(side, random.seconds(0, 5)));
            faults.push(Fault::Refuse(side, random.seconds(0, 3)));
        }
    }
    if !length.every_kind {
        faults.push(Fault::Cut(Side::Kafka));
        faults.push(Fault::Refuse(Side::Database, random.seconds(0, 2)));
        faults.push(Fault::Stall(Side::Kafka, random.seconds(0, 2)));
    } else if seed.is_multiple_of(4) {
        faults.push(Fault::Away(Duration::from_mins(1)));
    }
    faults
}

/// Gives each fault a moment of its own between 3 % and 90 % of the closes.
fn spread(faults: &[Fault], random: &mut Random) -> Vec<Planned> {
    const FROM: usize = 30;
    const TO: usize = 900;
    let room = (TO - FROM) / faults.len().max(1);
    let at = |place: usize, random: &mut Random| FROM + room * place + random.below(room.max(1));
    let moment = |(place, &fault)| Planned { at: u32::try_from(at(place, random)).expect("thousandths"), fault };
    faults.iter().enumerate().map(moment).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_splitmix64() {
        // The first outputs for the seed 1234567, as the algorithm's reference implementation gives them.
        let mut random = Random::new(1_234_567);
        let first = [6_457_827_717_110_365_317_u64, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        for expected in first {
            assert_eq!(random.below(usize::MAX), usize::try_from(expected % u64::MAX).expect("64 bits"));
        }
    }

    #[test]
    fn a_plan_has_its_kills_in_order_of_time_and_comes_again() {
        for seed in 0..200 {
            let length = Length { kills: 5, every_kind: true };
            let plan_of = |seed| plan(seed, length, 12, |_| true);
            let made = plan_of(seed);
            for role in Role::ALL {
                assert_eq!(made.iter().filter(|planned| planned.fault == Fault::Kill(role)).count(), 5, "{role}");
            }
            assert_eq!(made.iter().filter(|planned| planned.fault == Fault::KillAll).count(), 5);
            assert!(made.is_sorted_by_key(|planned| planned.at));
            assert!(made.iter().all(|planned| (30..900).contains(&planned.at)));
            let texts = |plan: &[Planned]| plan.iter().map(|one| format!("{one:?}")).collect::<Vec<_>>();
            assert_eq!(texts(&made), texts(&plan_of(seed)));
            assert_ne!(texts(&made), texts(&plan_of(seed + 1)));
            let minutes = made.iter().filter(|planned| planned.fault.kind() == "away").count();
            assert_eq!(minutes, usize::from(seed % 4 == 0));
        }
    }

    #[test]
    fn only_wanted_kinds_are_planned() {
        let length = Length { kills: 1, every_kind: false };
        let made = plan(7, length, 3, |kind| ["broker", "poison"].contains(&kind));
        let kinds: Vec<_> = made.iter().map(|planned| planned.fault.kind()).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == "broker").count(), 1);
        assert_eq!(kinds.len(), 4, "{kinds:?}");
    }
}
