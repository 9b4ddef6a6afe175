//! The programs' flags and their `main`s: what each is told on its command line, and which module does it.

use std::collections::HashMap;
use std::process::ExitCode;
use std::time::Duration;

use chrono::{NaiveDate, Utc};
use clap::{Args, Parser};
use finnet_core::PortfolioId;
use finnet_kafka::Producer;
use finnet_mysql::{Create, Database};

use crate::cli::{self, Common, Instance, Kafka, Sending, Sink, date, duration};
use crate::failure::{self, EXIT_CODES, Failure, Kind};
use crate::network_file::Network;
use crate::plan::{Plan, awaited};
use crate::rejects::Shared;
use crate::se::{self, Pace};
use crate::seat::Seat;
use crate::stop::Stop;
use crate::store::Store;
use crate::terminal::Terminal;
use crate::{app1, app2, database, inv, network, server};

const AFTER_EXCHANGE: &str = "Kill it at any moment and start it again with the same command: it goes on where it was.\n\
    Examples:\n  se1 --bootstrap-servers localhost:9092 --session-interval 0\n  \
    se1 --to 2010-12-31 --follow -v";

/// What an exchange is told; a server takes the same and hands it on.
#[derive(Args, Debug)]
struct ExchangeFlags {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    kafka: Kafka,
    #[command(flatten)]
    sending: Sending,
    /// Between one session and the next: 5ms, 2s, 1m; 0 is as fast as the broker takes it
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = duration)]
    session_interval: Duration,
    /// Stay after the last session and send each next one when it closes
    #[arg(long)]
    follow: bool,
}

/// Sends the close of each stock of an exchange for each session, as JSON on the topic StockExchange.
#[derive(Parser, Debug)]
#[command(version, after_help = format!("{AFTER_EXCHANGE}\n{EXIT_CODES}"))]
struct Exchange {
    #[command(flatten)]
    flags: ExchangeFlags,
    /// Which exchange of the network file, from 1 [default: se1 the first, se2 the second]
    #[arg(long = "exchange", value_name = "N")]
    number: Option<usize>,
    /// End in good order when stdin does, which a server holds open
    #[arg(long, hide = true)]
    supervised: bool,
}

/// `se1`, `se2`: the exchange at `number` of the network, from 1.
pub fn exchange(program: &str, number: usize) -> ExitCode {
    let arguments = Exchange::parse();
    let stop = Stop::on_signals();
    if arguments.supervised {
        stop.at_end_of(std::io::stdin(), server::GRACE);
    }
    failure::exit(run_exchange(program, number, &arguments, &stop))
}

fn run_exchange(program: &str, number: usize, arguments: &Exchange, stop: &Stop) -> Result<(), Failure> {
    let flags = &arguments.flags;
    let network = flags.common.network()?;
    let number = arguments.number.unwrap_or(number);
    let place = number.checked_sub(1).filter(|&place| place < network.exchanges.len()).ok_or_else(|| {
        let count = network.exchanges.len();
        Failure::of(Kind::Usage, format!("the network {} has no exchange {number}: it has {count}", network.name))
    })?;
    let settings = flags.kafka.settings(program)?;
    let plan = Plan::new(&network, place, &flags.sending, Utc::now())?;
    let terminal = flags.common.terminal(plan.name.as_str());
    terminal.say(format!("{} · seed {}", network.name, flags.sending.seed));
    let cluster = se::connect(&settings, flags.kafka.connect_timeout, stop, &terminal)?;
    let pace = Pace { interval: flags.session_interval, follow: flags.follow, alone: false };
    se::run(&plan, &cluster, flags.kafka.partitions(), pace, stop, &terminal)
}

const AFTER_SERVER: &str = "All flags go to the exchanges as they are. One that dies is started again, after pauses that \
    grow, ten times in a row; one that is refused ends the server, and one that another instance has taken over is left \
    to it. With the server, however it ends, its exchanges end.\n\
    Example:\n  server --session-interval 0";

/// Starts every exchange of the network, restarts one that dies, and stops them with itself.
#[derive(Parser, Debug)]
#[command(name = "server", version, after_help = format!("{AFTER_SERVER}\n{EXIT_CODES}"))]
struct Server {
    #[command(flatten)]
    flags: ExchangeFlags,
}

/// `server`: all exchanges.
pub fn server() -> ExitCode {
    let Server { flags } = Server::parse();
    let stop = Stop::on_signals();
    let run = || {
        let network = flags.common.network()?;
        // Said here, once, rather than by each exchange in turn, over and over.
        let settings = flags.kafka.settings("server")?;
        let terminal = flags.common.terminal("server");
        Producer::new(&settings)?;
        for place in 0..network.exchanges.len() {
            Plan::new(&network, place, &flags.sending, Utc::now())?;
        }
        let names: Vec<_> = network.exchanges.iter().map(|exchange| exchange.name.to_string()).collect();
        let given: Vec<_> = std::env::args_os().skip(1).collect();
        se::connect(&settings, flags.kafka.connect_timeout, &stop, &terminal)?;
        server::run(&names, &given, &stop, &terminal)
    };
    failure::exit(run())
}

const AFTER_INVESTOR: &str = "Closes come from the topic StockExchange, valuations go to the topic portfolios; what can't be \
    read goes to StockExchange.rejected.\nA second instance stands by and takes over when the first is gone.\n\
    Examples:\n  inv 1 --bootstrap-servers localhost:9092\n  inv 2 --until 2026-11-20";

/// Values the portfolios of one investor, session by session.
#[derive(Parser, Debug)]
#[command(name = "inv", version, after_help = format!("{AFTER_INVESTOR}\n{EXIT_CODES}"))]
struct Investor {
    /// Which investor of the network, from 1
    #[arg(value_name = "N")]
    number: usize,
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    kafka: Kafka,
    #[command(flatten)]
    instance: Instance,
    /// End when all sessions up to this date are done
    #[arg(long, value_name = "DATE", value_parser = date)]
    until: Option<NaiveDate>,
    /// Among how many instances the portfolios may be shared: partitions of the topic inv-N.state, if it is to be made
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=100))]
    shares: i32,
    /// Warn when more sessions than this wait for a stock
    #[arg(long, value_name = "SESSIONS", default_value_t = 10_000)]
    waiting_limit: usize,
}

/// `inv N`: investor N of the network.
pub fn investor() -> ExitCode {
    let arguments = Investor::parse();
    let stop = Stop::on_signals();
    let run = || {
        let network = arguments.common.network()?;
        let place =
            arguments.number.checked_sub(1).filter(|&place| place < network.investors.len()).ok_or_else(|| {
                let (number, count) = (arguments.number, network.investors.len());
                Failure::of(
                    Kind::Usage,
                    format!("the network {} has no investor {number}: it has {count}", network.name),
                )
            })?;
        let settings = arguments.kafka.settings(&format!("inv {}", arguments.number))?;
        let investor = &network.investors[place];
        let ids = investor.portfolios.iter().map(|held| PortfolioId { investor: investor.name, portfolio: held.name });
        let ids: Vec<_> = ids.collect();
        let seat = Seat::take(&format!("inv-{}", arguments.number), arguments.instance.name())?;
        let job = inv::Job {
            network: &network,
            place,
            until: until(&network, &ids, arguments.until)?,
            input: None,
            partitions: arguments.kafka.partitions(),
            shares: arguments.shares,
            instance: Some(seat.name()),
            waiting_limit: arguments.waiting_limit,
            expected: expected(&network, &ids, arguments.until),
        };
        let terminal = arguments.common.terminal(&format!("inv {}", arguments.number));
        let cluster = se::connect(&settings, arguments.kafka.connect_timeout, &stop, &terminal)?;
        inv::run(&job, &cluster, &stop, &terminal)
    };
    failure::exit(run())
}

/// Returns for each portfolio the session that `--until` awaits.
pub(crate) fn until(
    network: &Network,
    ids: &[PortfolioId],
    until: Option<NaiveDate>,
) -> Result<HashMap<PortfolioId, NaiveDate>, Failure> {
    let Some(until) = until else { return Ok(HashMap::new()) };
    let of = |&id| match awaited(network, id, until) {
        Ok(session) => Ok((id, session)),
        Err(why) => {
            let why = format!("--until {until}: no session of all exchanges of {id} before it: {why}");
            Err(Failure::of(Kind::Usage, why))
        }
    };
    ids.iter().map(of).collect()
}

/// Returns about how many valuations are to come, for a progress bar.
fn expected(network: &Network, ids: &[PortfolioId], until: Option<NaiveDate>) -> u64 {
    let sending = Sending { seed: cli::DEFAULT_SEED, from: None, to: until };
    let plans = (0..network.exchanges.len()).filter_map(|place| Plan::new(network, place, &sending, Utc::now()).ok());
    let sessions = plans.filter_map(|plan| plan.sessions().ok()).map(|sessions| sessions.len()).max();
    (sessions.unwrap_or(0) * ids.len()) as u64
}

const AFTER_APP1: &str = "Rows and the Kafka offsets they came from are stored together: start it again at any time.\n\
    Examples:\n  app1 --bootstrap-servers localhost:9092 --database-url mysql://user:password@host/InvestorsDB\n  \
    app1 --data ./finnet-data --until 2026-11-20";

/// Stores each valuation of the topic portfolios in its portfolio's table, or CSV file.
#[derive(Parser, Debug)]
#[command(name = "app1", version, after_help = format!("{AFTER_APP1}\n{EXIT_CODES}"))]
struct App1 {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    kafka: Kafka,
    #[command(flatten)]
    instance: Instance,
    #[command(flatten)]
    sink: Sink,
    /// End when each portfolio has a row of this date or later
    #[arg(long, value_name = "DATE", value_parser = date)]
    until: Option<NaiveDate>,
}

/// `app1`: the store.
pub fn app1() -> ExitCode {
    let arguments = App1::parse();
    let stop = Stop::on_signals();
    let run = || {
        let network = arguments.common.network()?;
        let terminal = arguments.common.terminal("app1");
        let place = arguments.sink.place("app1", "keep the valuations in")?;
        let settings = arguments.kafka.settings("app1")?;
        let timeout = arguments.kafka.connect_timeout;
        let seat = Seat::take("app1", arguments.instance.name())?;
        let ids: Vec<_> = network.portfolios().collect();
        let job = app1::Job {
            until: until(&network, &ids, arguments.until)?,
            input: None,
            partitions: arguments.kafka.partitions(),
            group: app1::Group::of(&place, seat.name()),
            shared: Shared::Yes,
            expected: expected(&network, &ids, arguments.until),
            portfolios: ids,
        };
        let mut store = Store::open(&place, &job.portfolios, timeout, &stop, &terminal)?;
        let cluster = se::connect(&settings, timeout, &stop, &terminal)?;
        app1::run(&job, &cluster, &mut store, &stop, &terminal)
    };
    failure::exit(run())
}

const AFTER_APP2: &str = "Examples:\n  app2 --data ./finnet-data\n  \
    app2 --database-url mysql://user:password@host/InvestorsDB --investor Inv1 --from 2020-01-01 --out reports";

/// Makes the statistics of each portfolio: Inv1_P11_stats.json and its like.
#[derive(Parser, Debug)]
#[command(name = "app2", version, after_help = format!("{AFTER_APP2}\n{EXIT_CODES}"))]
struct App2 {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    sink: Sink,
    /// Folder for the reports
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: std::path::PathBuf,
    /// Only this investor's portfolios
    #[arg(long, value_name = "NAME")]
    investor: Option<String>,
    /// Only this portfolio
    #[arg(long, value_name = "NAME")]
    portfolio: Option<String>,
    /// First date of the block AvgStdDevEvaluationPeriod
    #[arg(long, value_name = "DATE", value_parser = date)]
    from: Option<NaiveDate>,
    /// Last date of the block AvgStdDevEvaluationPeriod
    #[arg(long, value_name = "DATE", value_parser = date)]
    to: Option<NaiveDate>,
    /// How long to wait for a database that is away
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    connect_timeout: Duration,
}

/// `app2`: the statistics.
pub fn app2() -> ExitCode {
    let arguments = App2::parse();
    let stop = Stop::on_signals();
    let run = || {
        let network = arguments.common.network()?;
        let terminal = arguments.common.terminal("app2");
        let place = arguments.sink.place("app2", "read")?;
        let chosen = app2::choose(&network, arguments.investor.as_deref(), arguments.portfolio.as_deref())?;
        let job = app2::Job { portfolios: chosen, from: arguments.from, to: arguments.to, out: arguments.out.clone() };
        let sheets = app2::run(&job, &place, arguments.connect_timeout, &stop, &terminal)?;
        app2::print(&sheets, &terminal);
        Ok(())
    };
    failure::exit(run())
}

const AFTER_INVESTORS_DB: &str =
    "Example:\n  investors-db --database-url mysql://user:password@localhost:3306/InvestorsDB";

/// Makes the database InvestorsDB for a network; safe to run again.
#[derive(Parser, Debug)]
#[command(
    name = "investors-db",
    version,
    after_help = format!("{AFTER_INVESTORS_DB}\n{EXIT_CODES}")
)]
struct InvestorsDb {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    database: cli::Database,
    /// Drop the tables first, with all rows and stored offsets
    #[arg(long)]
    reset: bool,
    /// How long to wait for a database that is away
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    connect_timeout: Duration,
}

/// `investors-db`: the database.
pub fn investors_db() -> ExitCode {
    let arguments = InvestorsDb::parse();
    let stop = Stop::on_signals();
    let run = || {
        let network = arguments.common.network()?;
        let terminal = arguments.common.terminal("investors-db");
        let url = arguments.database.url()?.ok_or_else(|| {
            Failure::of(Kind::Usage, "no database: --database-url is not given and DATABASE_URL is not set")
                .hint("investors-db --database-url mysql://user:password@host:3306/InvestorsDB")
        })?;
        let mode = if arguments.reset { Create::Reset } else { Create::Keep };
        let created = database::make(&network, url.parsed(), mode, arguments.connect_timeout, &stop, &terminal)?;
        say_created(url.parsed().database(), &created, &terminal);
        Ok(())
    };
    failure::exit(run())
}

fn say_created(name: &str, created: &finnet_mysql::Created, terminal: &Terminal) {
    let database = if created.database == Database::Made { "made" } else { "was there" };
    let (dropped, made, found) = (created.dropped.len(), created.made.len(), created.found.len());
    terminal.say(format!("{name} {database} · portfolio tables: {dropped} dropped, {made} made, {found} were there"));
}

/// `network`: everything in one process.
pub fn network() -> ExitCode {
    let arguments = network::Arguments::from_command_line();
    let stop = Stop::on_signals();
    failure::exit(network::run(&arguments, &stop))
}
