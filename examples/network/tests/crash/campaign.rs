//! One run of the network with a plan of what goes wrong: disturbed at the plan's moments, left alone for its end, then
//! compared.
//!
//! Faults overlap: a program is killed while the broker is away, and paused while another one takes over.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};

use crate::crash::fault::{Fault, Planned, Random, Side};
use crate::crash::network::{Network, Role, Setup};
use crate::crash::outcome::Undisturbed;
use crate::crash::poison;
use crate::crash::process::{End, Process};
use crate::crash::proxy::{Direction, Proxy, Weather};
use crate::crash::servers::Stage;
use crate::real::{Pen, wait_until};
use crate::support::Program;

/// How often a run looks at its programs and servers.
const LOOK: Duration = Duration::from_millis(5);

/// Between one fault and the next at least: none hides another.
const BREATH: Duration = Duration::from_millis(200);

/// Without a close for so long nothing works any more; a broker is away for a minute, a transaction open for 20 s.
const STANDSTILL: Duration = Duration::from_secs(150);

/// How long a run may take to its end once nothing goes wrong any more.
const END: Duration = Duration::from_mins(3);

/// What is done later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Resume(usize),
    Start(Side),
    Clear(Side),
}

/// What a run has come to.
pub(crate) struct Outcome {
    /// How often each kind of fault happened.
    pub(crate) faults: BTreeMap<String, usize>,
    /// Records set aside.
    pub(crate) aside: usize,
    /// A line for each topic, table, file and report that is not as it must be.
    pub(crate) differences: Vec<String>,
    pub(crate) took: Duration,
}

/// A run while it lasts.
pub(crate) struct Run<'a> {
    stage: &'a mut Stage,
    setup: Setup,
    network: Network,
    pen: Pen,
    random: Random,
    agenda: Vec<(Instant, Act)>,
    progress: Progress,
    closes: usize,
    faults: BTreeMap<String, usize>,
    started: Instant,
    told: Vec<String>,
}

impl<'a> Run<'a> {
    /// Makes the database anew and starts every program; the topics are gone by now.
    pub(crate) fn start(stage: &'a mut Stage, setup: Setup, seed: u64, closes: usize) -> Self {
        Program::start(&mut setup.line("investors-db --reset")).succeeds();
        let pen = Pen::new(&stage.direct);
        let progress = Progress::of(stage.direct.kafka(), setup.partitions);
        let network = Network::start_all(setup.clone());
        if setup.is_told {
            eprintln!("seed {seed}");
        }
        Self {
            stage,
            setup,
            network,
            pen,
            // Not the numbers of the plan.
            random: Random::new(!seed),
            agenda: Vec::new(),
            progress,
            closes,
            faults: BTreeMap::new(),
            started: Instant::now(),
            told: Vec::new(),
        }
    }

    /// Disturbs the programs as planned, lets them end and compares; `file_kills` of app1 come when it keeps files.
    pub(crate) fn run(mut self, plan: Vec<Planned>, undisturbed: &Undisturbed, file_kills: usize) -> Outcome {
        self.disturb(plan.into());
        self.settle();
        let reports = self.stage.folder().join("reports");
        Program::start(&mut self.setup.line(&format!("app2 --out {}", reports.display()))).succeeds();
        let (mut differences, aside) = undisturbed.compare(&self.stage.direct, &reports);
        // What is set aside is compared once more after these: app1 sets nothing aside twice.
        let rows = self.stage.folder().join("rows");
        if differences.is_empty() {
            self.keep_files(&rows, file_kills, undisturbed.valuations());
            differences = undisturbed.compare(&self.stage.direct, &reports).0;
            differences.extend(undisturbed.compare_files(&rows));
        }
        if differences.is_empty() {
            let _ = std::fs::remove_dir_all(&rows);
            self.stage.direct.clear();
        }
        if !differences.is_empty() && !self.setup.is_told {
            eprintln!("{}", self.told.join("\n"));
        }
        Outcome { faults: std::mem::take(&mut self.faults), aside, differences, took: self.started.elapsed() }
    }

    fn disturb(&mut self, mut plan: VecDeque<Planned>) {
        let (mut last, mut moved) = (Instant::now(), (0, Instant::now()));
        while !plan.is_empty() || !self.agenda.is_empty() {
            self.look();
            let sent = self.progress.closes();
            if sent != moved.0 {
                moved = (sent, Instant::now());
            }
            assert!(moved.1.elapsed() < STANDSTILL, "nothing is sent any more");
            let is_due = |planned: &Planned| sent * 1000 >= planned.at as usize * self.closes;
            if let Some(&Planned { fault, .. }) = plan.front().filter(|planned| is_due(planned))
                && last.elapsed() > BREATH
                && self.bring_about(fault)
            {
                plan.pop_front();
                last = Instant::now();
                *self.faults.entry(fault.name()).or_default() += 1;
                self.tell(&fault.to_string());
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Brings a fault about; false where it can't be now.
    fn bring_about(&mut self, fault: Fault) -> bool {
        match fault {
            Fault::Kill(role) => return self.network.kill(role, &mut self.random),
            Fault::Ask(role) => return self.network.ask(role, &mut self.random),
            Fault::KillAll => self.network.kill_all(&mut self.random),
            Fault::Twice(role) => self.network.start(role),
            Fault::Pause(role, time) => return self.pause(role, time),
            Fault::Poison(which) => poison::write(&self.pen, which),
            Fault::Crash(side, _) | Fault::Stall(side, _) | Fault::Refuse(side, _) if self.is_busy(side) => {
                return false;
            }
            Fault::Away(_) if self.is_busy(Side::Kafka) => return false,
            Fault::Crash(side, time) => {
                match side {
                    Side::Kafka => self.stage.kafka.kill(),
                    Side::Database => self.stage.database.kill(),
                }
                self.later(time, Act::Start(side));
            }
            Fault::Away(time) => {
                self.stage.kafka.stop();
                self.later(time, Act::Start(Side::Kafka));
            }
            Fault::Cut(side) => self.way(side).cut(),
            Fault::LoseAnswer(side, bytes) => self.way(side).cut_after(Direction::Answers, bytes),
            Fault::LoseRequest(side, bytes) => self.way(side).cut_after(Direction::Requests, bytes),
            Fault::Stall(side, time) => {
                self.way(side).set(Weather::Stalled);
                self.later(time, Act::Clear(side));
            }
            Fault::Refuse(side, time) => {
                self.way(side).set(Weather::Refusing);
                self.way(side).cut();
                self.later(time, Act::Clear(side));
            }
        }
        true
    }

    fn pause(&mut self, role: Role, time: Duration) -> bool {
        let Some(number) = self.network.pause(role, &mut self.random) else { return false };
        self.network.start(role);
        self.later(time, Act::Resume(number));
        true
    }

    /// Does what is due, and sees what has become of programs and servers.
    fn look(&mut self) {
        let now = Instant::now();
        for (_, act) in self.agenda.extract_if(.., |(when, _)| *when <= now).collect::<Vec<_>>() {
            match act {
                Act::Resume(number) => self.network.resume(number),
                Act::Start(Side::Kafka) => self.stage.kafka.start(),
                Act::Start(Side::Database) => self.stage.database.start(),
                Act::Clear(side) => self.way(side).set(Weather::Fair),
            }
        }
        self.network.look();
        for news in self.network.news() {
            self.tell(&news);
        }
        self.stage.kafka.check();
        self.stage.database.check();
    }

    /// Lets every program come to its end with nothing in its way.
    fn settle(&mut self) {
        self.tell("undisturbed from now on");
        self.stage.kafka_way.mend();
        self.stage.database_way.mend();
        let until = Instant::now() + END;
        while !self.network.is_done() {
            assert!(Instant::now() < until, "not done within {END:?}:\n{}", self.network.describe());
            self.look();
            std::thread::sleep(LOOK);
        }
        self.pen.flush();
        // What is left open by one that was killed and did not come back ends by its time-out.
        for topic in ["StockExchange", "portfolios"] {
            wait_until("no transaction is open", || !self.stage.direct.has_open_transaction(topic));
        }
        self.tell("done");
    }

    /// Has app1 keep files of the same topic, at a pace at which kills fall between its batches.
    fn keep_files(&mut self, rows: &Path, kills: usize, valuations: usize) {
        const BYTES_OF_A_VALUATION: usize = 60;
        let text = format!("app1 --until {} --kafka-set fetch.message.max.bytes=16384 --data", self.setup.to);
        let start = |setup: &Setup, number: usize| {
            let mut command = setup.line(&text);
            Process::start(command.arg(rows), &setup.log(&format!("files-{number:02}")))
        };
        let rate = valuations * BYTES_OF_A_VALUATION / (kills + 1) * 2;
        self.stage.kafka_way.set(Weather::Slow(u32::try_from(rate).expect("below 4 GB/s")));
        for number in 0..kills {
            let mut store = start(&self.setup, number);
            wait_until("app1 reads", || store.said().contains("portfolios ·"));
            std::thread::sleep(Duration::from_millis(self.random.below(700) as u64));
            store.kill();
            *self.faults.entry("`kill -9` of app1 that keeps files".to_owned()).or_default() += 1;
        }
        self.stage.kafka_way.mend();
        let mut last = start(&self.setup, kills);
        let ended = last.ends_within(END);
        assert_eq!(ended, Some(End::Code(0)), "app1:\n{}", last.last_words());
        self.tell("files done");
    }

    fn way(&self, side: Side) -> &Proxy {
        match side {
            Side::Kafka => &self.stage.kafka_way,
            Side::Database => &self.stage.database_way,
        }
    }

    fn is_busy(&self, side: Side) -> bool {
        self.agenda.iter().any(|(_, act)| [Act::Start(side), Act::Clear(side)].contains(act))
    }

    fn later(&mut self, time: Duration, act: Act) {
        self.agenda.push((Instant::now() + time, act));
    }

    fn tell(&mut self, what: &str) {
        let percent = self.progress.closes() * 100 / self.closes;
        let line = format!("{:6.1} s  {percent:3} %  {what}", self.started.elapsed().as_secs_f64());
        if self.setup.is_told {
            eprintln!("{line}");
        }
        self.told.push(line);
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() && !self.setup.is_told {
            eprintln!("{}", self.told.join("\n"));
        }
    }
}

/// How far the exchanges are, as somebody sees who is not in anybody's way.
struct Progress {
    closes: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
    asks: Option<JoinHandle<()>>,
}

impl Progress {
    fn of(kafka: &str, partitions: usize) -> Self {
        let (closes, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (count, is_over) = (Arc::clone(&closes), Arc::clone(&over));
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", kafka).set("group.id", "progress");
        let asks = std::thread::spawn(move || {
            let mut consumer: Option<BaseConsumer> = None;
            while !is_over.load(Ordering::Relaxed) {
                let asked = consumer.take().unwrap_or_else(|| config.create().expect("a consumer"));
                let ends: Option<i64> = (0..i32::try_from(partitions).expect("numbered by i32"))
                    .map(|one| asked.fetch_watermarks("StockExchange", one, Duration::from_secs(1)).ok())
                    .map(|marks| marks.map(|(_, end)| end))
                    .sum();
                // A client that has lost its broker comes back to it late; a new one at once.
                if let Some(end) = ends {
                    count.fetch_max(usize::try_from(end).unwrap_or(0), Ordering::Relaxed);
                    consumer = Some(asked);
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        Self { closes, over, asks: Some(asks) }
    }

    fn closes(&self) -> usize {
        self.closes.load(Ordering::Relaxed)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(asks) = self.asks.take() {
            let _ = asks.join();
        }
    }
}
