//! The programs of the network as a supervisor keeps them: whatever ends without being done is started again with the
//! same command.
//!
//! What ends in a way that no program may, by a panic or without a line that says why, fails the campaign.

use std::fmt;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::crash::fault::Random;
use crate::crash::process::{End, Process};
use crate::support;

/// The exit code of an exchange that another instance has fenced.
const FENCED: i32 = 3;

/// How long a program that ended by itself waits for its restart.
const PAUSE: Duration = Duration::from_millis(500);

/// Instances of one program at the most.
const MOST_INSTANCES: usize = 3;

/// Ends of one program by itself, within one run, that are no way to work any more.
const MOST_ENDS: usize = 30;

/// How long a program may take to end that was asked to.
const GRACE: Duration = Duration::from_mins(1);

/// A program, and which one of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Se1,
    Se2,
    Inv1,
    Inv2,
    Inv3,
    App1,
}

/// What a run has in common for all programs.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// The last session.
    pub(crate) to: &'static str,
    /// Milliseconds between sessions.
    pub(crate) interval_ms: usize,
    /// Partitions of the topics.
    pub(crate) partitions: usize,
    /// Among how many instances an investor's portfolios may be shared.
    pub(crate) shares: usize,
    /// Where to reach the servers.
    pub(crate) variables: Vec<(&'static str, String)>,
    /// Where the logs go, and how their names begin.
    pub(crate) logs: (PathBuf, String),
    /// Whether what happens is told at once; in a short run only where it fails.
    pub(crate) is_told: bool,
}

/// Why an instance is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It is not.
    Works,
    /// It was killed.
    Killed,
    /// It was asked to, then.
    Asked(Instant),
}

struct Instance {
    role: Role,
    /// Which one of all that were started, from 0.
    number: usize,
    process: Process,
    fate: Fate,
}

/// All instances of all programs.
pub(crate) struct Network {
    setup: Setup,
    instances: Vec<Instance>,
    started: usize,
    due: Vec<(Instant, Role)>,
    done: Vec<Role>,
    /// Ends of each program by itself.
    ends: [usize; Role::ALL.len()],
    /// What has happened since it was asked last.
    news: Vec<String>,
}

impl Role {
    pub(crate) const ALL: [Self; 6] = [Self::Se1, Self::Se2, Self::Inv1, Self::Inv2, Self::Inv3, Self::App1];

    fn name(self) -> &'static str {
        match self {
            Self::Se1 => "se1",
            Self::Se2 => "se2",
            Self::Inv1 => "inv 1",
            Self::Inv2 => "inv 2",
            Self::Inv3 => "inv 3",
            Self::App1 => "app1",
        }
    }

    fn is_exchange(self) -> bool {
        matches!(self, Self::Se1 | Self::Se2)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Setup {
    /// Returns a program's command, the same at each start.
    pub(crate) fn command(&self, role: Role) -> Command {
        let Self { to, interval_ms, partitions, shares, .. } = self;
        let flags = match role {
            Role::Se1 | Role::Se2 => format!("--to {to} --session-interval {interval_ms}ms"),
            Role::Inv1 | Role::Inv2 | Role::Inv3 => format!("--until {to} --shares {shares}"),
            Role::App1 => format!("--until {to}"),
        };
        self.line(&format!("{role} {flags} --partitions {partitions}"))
    }

    /// Returns the command of these words, with the servers in its environment.
    pub(crate) fn line(&self, text: &str) -> Command {
        let mut words = text.split_ascii_whitespace();
        let mut command = Command::new(support::path(words.next().expect("a program's name")));
        command.args(words).envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Returns where the log of this name goes.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        let (folder, begin) = &self.logs;
        folder.join(format!("{begin}-{}.log", name.replace(' ', "")))
    }
}

impl Network {
    /// Starts each program once.
    pub(crate) fn start_all(setup: Setup) -> Self {
        let mut network = Self {
            setup,
            instances: Vec::new(),
            started: 0,
            due: Vec::new(),
            done: Vec::new(),
            ends: [0; Role::ALL.len()],
            news: Vec::new(),
        };
        for role in Role::ALL {
            network.start(role);
        }
        network
    }

    /// Starts one instance more, unless there are many.
    pub(crate) fn start(&mut self, role: Role) {
        if self.instances.iter().filter(|one| one.role == role).count() >= MOST_INSTANCES {
            return;
        }
        let number = self.started;
        self.started += 1;
        let log = self.setup.log(&format!("{number:03}-{role}"));
        let process = Process::start(&mut self.setup.command(role), &log);
        self.instances.push(Instance { role, number, process, fate: Fate::Works });
    }

    /// Kills an instance and has it started again after a time; false where none runs just now.
    pub(crate) fn kill(&mut self, role: Role, random: &mut Random) -> bool {
        let Some(place) = self.choose(role, random) else { return false };
        let instance = &mut self.instances[place];
        instance.fate = Fate::Killed;
        instance.process.kill();
        self.due.push((Instant::now() + random.seconds(0, 2), role));
        true
    }

    /// Kills all instances, each to be started again after a time of its own.
    pub(crate) fn kill_all(&mut self, random: &mut Random) {
        for instance in &mut self.instances {
            if instance.process.ended().is_none() {
                instance.fate = Fate::Killed;
                instance.process.kill();
                self.due.push((Instant::now() + random.seconds(0, 2), instance.role));
            }
        }
    }

    /// Asks an instance to end in good order, to be started again; false where none runs just now.
    pub(crate) fn ask(&mut self, role: Role, random: &mut Random) -> bool {
        let Some(place) = self.choose(role, random) else { return false };
        let instance = &mut self.instances[place];
        instance.fate = Fate::Asked(Instant::now());
        instance.process.signal("TERM");
        true
    }

    /// Stops an instance where it is and returns its number; `None` where none runs just now.
    pub(crate) fn pause(&mut self, role: Role, random: &mut Random) -> Option<usize> {
        let place = self.choose(role, random)?;
        self.instances[place].process.signal("STOP");
        Some(self.instances[place].number)
    }

    /// Lets a paused instance go on, if it is still there.
    pub(crate) fn resume(&mut self, number: usize) {
        if let Some(instance) = self.instances.iter_mut().find(|one| one.number == number) {
            instance.process.signal("CONT");
        }
    }

    /// Sees who has ended, and starts who is due.
    pub(crate) fn look(&mut self) {
        let ended = |one: &mut Instance| one.process.ended().is_some();
        for mut instance in self.instances.extract_if(.., ended).collect::<Vec<_>>() {
            self.settle(&mut instance);
        }
        for instance in &self.instances {
            if let Fate::Asked(when) = instance.fate {
                let role = instance.role;
                assert!(when.elapsed() < GRACE, "{role} did not end:\n{}", instance.process.last_words());
            }
        }
        let now = Instant::now();
        for (_, role) in self.due.extract_if(.., |(when, _)| *when <= now).collect::<Vec<_>>() {
            self.start(role);
        }
    }

    /// Returns whether every program is done.
    pub(crate) fn is_done(&self) -> bool {
        self.instances.is_empty() && self.due.is_empty() && Role::ALL.iter().all(|role| self.done.contains(role))
    }

    /// Returns what has happened since it was asked last.
    pub(crate) fn news(&mut self) -> Vec<String> {
        std::mem::take(&mut self.news)
    }

    /// Says who runs, and what they said last.
    pub(crate) fn describe(&self) -> String {
        let say = |one: &Instance| format!("--- {}, number {}:\n{}\n", one.role, one.number, one.process.last_words());
        self.instances.iter().map(say).collect()
    }

    /// Returns an instance of a program that runs and is not to end; one that is done is started again for that.
    fn choose(&mut self, role: Role, random: &mut Random) -> Option<usize> {
        let places: Vec<_> = (0..self.instances.len())
            .filter(|&place| {
                let one = &mut self.instances[place];
                one.role == role && one.fate == Fate::Works && one.process.ended().is_none()
            })
            .collect();
        if places.is_empty() {
            if self.done.contains(&role) {
                self.start(role);
            }
            return None;
        }
        Some(random.pick(&places))
    }

    /// Finds out why an instance ended, and whether it is to be started again.
    fn settle(&mut self, instance: &mut Instance) {
        let Instance { role, number, .. } = *instance;
        match (instance.fate, instance.process.ended().expect("an end")) {
            // Due since then.
            (Fate::Killed, _) => (),
            (Fate::Works, End::Code(0)) => {
                self.news.push(format!("{role}, number {number}, is done"));
                self.done.push(role);
            }
            (Fate::Asked(_), End::Code(0)) => self.due.push((Instant::now(), role)),
            (_, End::Code(FENCED)) if role.is_exchange() && self.is_newer(role, number) => {
                self.news.push(format!("{role}, number {number}, was fenced"));
            }
            (_, End::Code(1 | FENCED)) => self.ended_by_itself(instance),
            (_, end) => panic!("{role}, number {number}, ended, {end:?}:\n{}", instance.process.last_words()),
        }
    }

    /// Returns whether an instance of a program was started after this one, and runs or is to run.
    fn is_newer(&self, role: Role, number: usize) -> bool {
        self.instances.iter().any(|one| one.role == role && one.number > number)
            || self.due.iter().any(|(_, due)| *due == role)
            || self.done.contains(&role)
    }

    fn ended_by_itself(&mut self, instance: &Instance) {
        let Instance { role, number, ref process, .. } = *instance;
        let said = process.said();
        let errors: Vec<_> = said.lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!(errors.len(), 1, "{role}, number {number}, did not say in one line why it ended:\n{said}");
        self.news.push(format!("{role}, number {number}, ended: {}", errors[0]));
        self.ends[role as usize] += 1;
        assert!(self.ends[role as usize] <= MOST_ENDS, "{role} ended too often by itself:\n{said}");
        self.due.push((Instant::now() + PAUSE, role));
    }
}
