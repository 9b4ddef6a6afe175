//! `network`: exchanges, investors, app1 and app2 in one process, on a broker of one's own or the embedded one.
//!
//! Each part is the same code as the separate program. A part is done when those before it are done and it has read
//! what they left: closes, then valuations, then rows.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use clap::parser::ValueSource;
use clap::{Args, CommandFactory, FromArgMatches, Parser};
use finnet_core::{Amount, Close, Percent, PortfolioId, Price, Valuation};
use finnet_kafka::embedded::{EmbeddedBroker, Load, fewest_partitions, fits};
use finnet_kafka::wire::{encode_close, encode_valuation};
use finnet_kafka::{Cluster, Settings};
use finnet_mysql::Create;

use crate::cli::{Common, Database, Kafka, Place, Sending, duration};
use crate::csv_store::CsvStore;
use crate::failure::{EXIT_CODES, Failure, Kind};
use crate::network_file::Network;
use crate::plan::Plan;
use crate::rejects::Shared;
use crate::se::{self, Pace};
use crate::seat::Seat;
use crate::stop::{Done, Stop};
use crate::store::Store;
use crate::terminal::Terminal;
use crate::{PORTFOLIOS, STOCK_EXCHANGE, app1, app2, database, inv};

const AFTER: &str = "Without --bootstrap-servers a broker inside the process is used: nothing to install, begun anew each time.\n\
    Examples:\n  network\n  network --network sp500 --data sp500-data\n  \
    network --bootstrap-servers localhost:9092 --database-url mysql://user:password@localhost/InvestorsDB";

/// Runs the whole network in one process: exchanges, investors, app1, app2, from 2000 to the last session that has closed.
#[derive(Parser, Debug)]
#[command(name = "network", version, after_help = format!("{AFTER}\n{EXIT_CODES}"))]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    kafka: Kafka,
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    sending: Sending,
    #[command(flatten)]
    own: Own,
}

#[derive(Args, Debug)]
struct Own {
    /// Folder for the reports, and for CSV files where there is no database [default: finnet-data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Between one session and the next: 5ms, 2s, 1m; 0 is as fast as the broker takes it
    #[arg(long, value_name = "DURATION", default_value = "0", value_parser = duration)]
    session_interval: Duration,
    /// Whether the database was named by a flag, rather than by the environment.
    #[arg(skip)]
    database_by_flag: bool,
}

impl Arguments {
    /// Returns the arguments of this process; ends it where they are wrong or ask for help.
    pub fn from_command_line() -> Self {
        let matches = Self::command().get_matches();
        let mut arguments = Self::from_arg_matches(&matches).unwrap_or_else(|why| why.exit());
        arguments.own.database_by_flag = matches.value_source("database_url") == Some(ValueSource::CommandLine);
        arguments
    }

    fn data(&self) -> &Path {
        self.own.data.as_deref().unwrap_or(Path::new("finnet-data"))
    }

    /// Returns where valuations go, on a broker that outlives this process.
    fn place(&self) -> Result<Place, Failure> {
        // Reports go to --data in any case; valuations only where no database is named, or by the environment alone.
        if !self.own.database_by_flag && self.own.data.is_some() {
            return Ok(Place::Folder(self.data().to_owned()));
        }
        Ok(self.database.url()?.map_or_else(|| Place::Folder(self.data().to_owned()), Place::Database))
    }
}

/// What all parts of a run share.
struct Run<'a> {
    arguments: &'a Arguments,
    network: &'a Network,
    plans: Vec<Plan>,
    settings: Settings,
    /// Partitions of the two topics, where they are made.
    partitions: (i32, i32),
    /// Whether the broker is this process's own.
    embedded: bool,
    /// This process's name, where others can run beside it.
    instance: Option<String>,
    stop: &'a Stop,
    terminal: &'a Terminal,
}

/// Runs the network and leaves its files and reports.
///
/// # Errors
///
/// - The first failure of a part; the others are stopped.
pub fn run(arguments: &Arguments, stop: &Stop) -> Result<(), Failure> {
    let started = Instant::now();
    let network = arguments.common.network()?;
    let terminal = arguments.common.terminal("network");
    let now = Utc::now();
    let plans = plans(&network, &arguments.sending, now)?;
    let sessions =
        plans.iter().map(|plan| Ok(plan.sessions()?.len())).max_by_key(|count| *count.as_ref().unwrap_or(&0));
    let sessions = sessions.unwrap_or(Ok::<_, Failure>(0))?;
    let broker = arguments.kafka.servers().unwrap_or("a broker inside this process");
    terminal.say(format!("{} · seed {} · {sessions} sessions · {broker}", network.name, arguments.sending.seed));
    if sessions == 0 {
        // Files of an earlier run would be replaced by empty ones.
        return Err(Failure::new("no exchange has a session that has closed from --from to --to: nothing to do"));
    }
    let embedded = arguments.kafka.servers().is_none();
    let seat = if embedded { None } else { Some(Seat::take("network", None)?) };
    let parts = |plans, settings, partitions| Run {
        arguments,
        network: &network,
        plans,
        settings,
        partitions,
        embedded,
        instance: seat.as_ref().map(|seat| format!("network-{}", seat.name())),
        stop,
        terminal: &terminal,
    };
    let place = if embedded {
        refuse_database(arguments, &terminal)?;
        let partitions = plan_partitions(&network, &plans, arguments.kafka.partitions)?;
        let topics = [
            (STOCK_EXCHANGE, partitions.0),
            (PORTFOLIOS, partitions.1),
            ("StockExchange.rejected", 1),
            ("portfolios.rejected", 1),
        ];
        let broker = EmbeddedBroker::start(&topics)?;
        parts(plans, broker.settings(), partitions).on_the_embedded(&broker)?
    } else {
        let settings = arguments.kafka.settings("network")?;
        let partitions = arguments.kafka.partitions();
        parts(plans, settings, (partitions, partitions)).on_a_broker()?
    };
    if stop.is_set() {
        let kept = if embedded {
            "files are left as they were: the embedded broker begins anew each time"
        } else {
            "start again with the same command to go on"
        };
        terminal.say(format!("stopped; {kept}"));
        return Ok(());
    }
    let ids = network.portfolios().collect();
    let job = app2::Job { portfolios: ids, from: None, to: None, out: arguments.data().to_owned() };
    let sheets = app2::run(&job, &place, arguments.kafka.connect_timeout, stop, &terminal)?;
    app2::print(&sheets, &terminal);
    if let Place::Folder(folder) = &place {
        terminal.say(format!("valuations: {}", folder.join("*.csv").display()));
    }
    terminal.say(format!("done in {:.1} s", started.elapsed().as_secs_f64()));
    Ok(())
}

fn plans(network: &Network, sending: &Sending, now: DateTime<Utc>) -> Result<Vec<Plan>, Failure> {
    (0..network.exchanges.len()).map(|place| Plan::new(network, place, sending, now)).collect()
}

/// The embedded broker's log dies with the process: a database could not follow it.
fn refuse_database(arguments: &Arguments, terminal: &Terminal) -> Result<(), Failure> {
    if arguments.own.database_by_flag {
        return Err(Failure::of(
            Kind::Usage,
            "--database-url needs a broker that outlives this process: the embedded one begins anew each time",
        )
        .hint("with a Kafka of your own:  network --bootstrap-servers localhost:9092 --database-url …")
        .hint("without a database:        network"));
    }
    if arguments.database.is_given() {
        terminal.say("DATABASE_URL is set but not used: the embedded broker begins anew each time");
    }
    Ok(())
}

/// Returns the numbers of partitions with which the embedded broker keeps the whole run.
fn plan_partitions(network: &Network, plans: &[Plan], asked: Option<i32>) -> Result<(i32, i32), Failure> {
    let session = network.first_session;
    let mut closes = Vec::new();
    let mut most = 0;
    for plan in plans {
        let records = plan.sessions()?.len() as u64;
        most = most.max(records);
        for &symbol in &plan.stocks {
            let mut longest = Vec::new();
            encode_close(&Close { symbol, session, price: Price::MAX }, &mut longest);
            closes.push(Load { key: symbol.to_string(), records, payload_bytes: longest.len() as u64 });
        }
    }
    let valuations: Vec<_> = network
        .portfolios()
        .map(|id| {
            let (value, percent) = (Amount::from_units(-(10_i128.pow(28))), Percent::from_units(-(10_i128.pow(12))));
            let valuation = Valuation { session, value, change: Some(value), change_pct: Some(percent) };
            let mut longest = Vec::new();
            encode_valuation(id, &valuation, &mut longest);
            Load { key: id.portfolio.to_string(), records: most, payload_bytes: longest.len() as u64 }
        })
        .collect();
    let choose = |topic: &str, loads: &[Load]| {
        let fewest = fewest_partitions(loads).ok_or_else(|| {
            Failure::new(format!(
                "the run is too large for the embedded broker: {topic} does not fit in any number of partitions"
            ))
            .hint("use a Kafka of your own (--bootstrap-servers), or fewer sessions (--from, --to)")
        })?;
        match asked {
            Some(asked) if !fits(loads, asked) => Err(Failure::of(
                Kind::Usage,
                format!("--partitions {asked} does not fit: the embedded broker would drop records of {topic}"),
            )
            .hint(format!("use --partitions {fewest}, or leave the flag away"))),
            asked => Ok(asked.unwrap_or(fewest)),
        }
    };
    Ok((choose(STOCK_EXCHANGE, &closes)?, choose(PORTFOLIOS, &valuations)?))
}

impl Run<'_> {
    fn on_a_broker(&self) -> Result<Place, Failure> {
        let place = self.arguments.place()?;
        let timeout = self.arguments.kafka.connect_timeout;
        if let Place::Database(url) = &place {
            database::make(self.network, url.parsed(), Create::Keep, timeout, self.stop, self.terminal)?;
        }
        let ids: Vec<_> = self.network.portfolios().collect();
        let mut store = Store::open(&place, &ids, timeout, self.stop, self.terminal)?;
        self.parts(&place, &mut store)?;
        Ok(place)
    }

    fn on_the_embedded(&self, broker: &EmbeddedBroker) -> Result<Place, Failure> {
        if self.arguments.data().join("app1.offsets").exists() {
            let folder = self.arguments.data().display();
            return Err(Failure::new(format!(
                "{folder} holds what app1 keeps of another broker: it would be replaced"
            ))
            .hint("choose another folder:  network --data ./embedded-data")
            .hint(format!("or, to give it up:      rm -r {folder}")));
        }
        let ids: Vec<_> = self.network.portfolios().collect();
        let files = CsvStore::fresh(self.arguments.data(), &ids)?;
        let mut store = Store::fresh(files, self.stop, self.terminal);
        let place = Place::Folder(self.arguments.data().to_owned());
        self.parts(&place, &mut store)?;
        broker.check_whole(&self.cluster(self.terminal)?)?;
        if !self.stop.is_set() {
            store.publish()?;
        }
        Ok(place)
    }

    fn cluster(&self, terminal: &Terminal) -> Result<Cluster, Failure> {
        se::connect(&self.settings, self.arguments.kafka.connect_timeout, self.stop, terminal)
    }

    /// Runs exchanges, investors and app1, each in a thread of its own, until all are done.
    fn parts(&self, place: &Place, store: &mut Store) -> Result<(), Failure> {
        let failures = Mutex::new(Vec::new());
        let (closes, valuations) = (Done::of(self.plans.len()), Done::of(self.network.investors.len()));
        let settle = |result: Result<(), Failure>| {
            if let Err(failure) = result {
                self.stop.set();
                failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(failure);
            }
        };
        // Topics are there before the parts ask for them all at once.
        if !self.embedded {
            let cluster = self.cluster(self.terminal)?;
            cluster.ensure(STOCK_EXCHANGE, self.partitions.0)?;
            cluster.ensure(PORTFOLIOS, self.partitions.1)?;
        }
        std::thread::scope(|scope| {
            let settle = &settle;
            for (place, plan) in self.plans.iter().enumerate() {
                let done = closes.part();
                scope.spawn(move || {
                    settle(self.exchange(plan, place));
                    drop(done);
                });
            }
            for place in 0..self.network.investors.len() {
                let (closes, done) = (&closes, valuations.part());
                scope.spawn(move || {
                    settle(self.investor(place, closes));
                    drop(done);
                });
            }
            let valuations = &valuations;
            scope.spawn(move || settle(self.app1(place, store, valuations)));
        });
        let failures = failures.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        failures.into_iter().next().map_or(Ok(()), Err)
    }

    fn exchange(&self, plan: &Plan, place: usize) -> Result<(), Failure> {
        let terminal = self.terminal.part(plan.name.as_str(), place);
        let pace = Pace { interval: self.arguments.own.session_interval, follow: false, alone: self.embedded };
        se::run(plan, &self.cluster(&terminal)?, self.partitions.0, pace, self.stop, &terminal)
    }

    fn investor(&self, place: usize, closes: &Done) -> Result<(), Failure> {
        let investor = &self.network.investors[place];
        let terminal = self.terminal.part(investor.name.as_str(), self.plans.len() + place);
        let job = inv::Job {
            network: self.network,
            place,
            until: std::collections::HashMap::new(),
            input: Some(closes),
            partitions: self.partitions.1,
            shares: 1,
            instance: self.instance(),
            waiting_limit: usize::MAX,
            expected: self.expected(investor.portfolios.len()),
        };
        inv::run(&job, &self.cluster(&terminal)?, self.stop, &terminal)
    }

    fn app1(&self, place: &Place, store: &mut Store, valuations: &Done) -> Result<(), Failure> {
        let terminal = self.terminal.part("app1", self.plans.len() + self.network.investors.len());
        let portfolios: Vec<PortfolioId> = self.network.portfolios().collect();
        let job = app1::Job {
            until: std::collections::HashMap::new(),
            input: Some(valuations),
            partitions: self.partitions.1,
            group: self.instance().and_then(|instance| app1::Group::of(place, instance)),
            shared: if self.embedded { Shared::No } else { Shared::Yes },
            expected: self.expected(portfolios.len()),
            portfolios,
        };
        app1::run(&job, &self.cluster(&terminal)?, store, self.stop, &terminal)
    }

    /// Returns the name of each part among the instances of its kind, which no lone program has.
    fn instance(&self) -> Option<&str> {
        self.instance.as_deref()
    }

    fn expected(&self, portfolios: usize) -> u64 {
        let sessions = self.plans.iter().filter_map(|plan| plan.sessions().ok()).map(|sessions| sessions.len()).max();
        (sessions.unwrap_or(0) * portfolios) as u64
    }
}
