//! Flags that several programs share, and the types their values are parsed into.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use chrono::NaiveDate;
use clap::{Args, ValueHint};
use finnet_core::calendar::Calendar;
use finnet_kafka::Settings;
use finnet_mysql::DatabaseUrl;

use crate::failure::{Failure, Kind};
use crate::network_file::Network;
use crate::terminal::{Level, Terminal};

/// The seed where none is given: the markets of two people who ask for nothing are the same.
pub const DEFAULT_SEED: u64 = 6107;

/// Which network, and how much is said.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// The network: itc6107 or sp500 (built in), or a TOML file
    #[arg(long, value_name = "FILE", default_value = "itc6107", value_hint = ValueHint::FilePath)]
    pub network: PathBuf,
    /// Say less: only warnings and errors
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more: every valuation, every void session
    #[arg(short, long)]
    pub verbose: bool,
}

impl Common {
    /// Returns the network of the file.
    ///
    /// # Errors
    ///
    /// Where the file is refused: by file, line and column.
    pub fn network(&self) -> Result<Network, Failure> {
        let known = |mic: &str| Calendar::of(mic).map(drop).map_err(|why| why.to_string());
        Ok(Network::open(&self.network, known)?)
    }

    /// Returns the terminal of a program of this name.
    pub fn terminal(&self, program: &str) -> Terminal {
        let level = if self.quiet {
            Level::Quiet
        } else if self.verbose {
            Level::Verbose
        } else {
            Level::Normal
        };
        Terminal::new(program, level)
    }
}

/// How to reach Kafka, for a program that needs it.
#[derive(Args, Clone, Debug)]
pub struct Kafka {
    /// Kafka brokers, host:port, several joined by commas
    #[arg(long, value_name = "HOST:PORT", env = "KAFKA_BOOTSTRAP_SERVERS")]
    pub bootstrap_servers: Option<String>,
    /// Partitions of a topic that is made; one that is there is taken as it is [default: 1; on the embedded broker as
    /// many as the run needs]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=10_000))]
    pub partitions: Option<i32>,
    /// A setting of librdkafka, such as linger.ms=50; repeatable. TLS and SASL: build with --features tls
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting)]
    pub kafka_set: Vec<(String, String)>,
    /// How long to wait for brokers and database at the start
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub connect_timeout: Duration,
}

impl Kafka {
    /// Returns the settings for the brokers given.
    ///
    /// # Errors
    ///
    /// Where no brokers are given, with how to get some; where a setting is refused.
    pub fn settings(&self, program: &str) -> Result<Settings, Failure> {
        let servers = self.servers().ok_or_else(|| no_broker(program))?;
        self.kafka_set.iter().try_fold(Settings::new(servers), |settings, (key, value)| Ok(settings.set(key, value)?))
    }

    /// Returns the brokers, where some are given; an empty variable is one that is not set.
    pub fn servers(&self) -> Option<&str> {
        self.bootstrap_servers.as_deref().filter(|servers| !servers.trim().is_empty())
    }

    /// Returns the partitions of a topic to be made.
    pub fn partitions(&self) -> i32 {
        self.partitions.unwrap_or(1)
    }
}

fn no_broker(program: &str) -> Failure {
    Failure::of(Kind::Usage, "no broker: --bootstrap-servers is not given and KAFKA_BOOTSTRAP_SERVERS is not set")
        .hint(format!("with a Kafka of your own:       {program} --bootstrap-servers localhost:9092"))
        .hint("to have one started for a try:  cargo xtask servers")
        .hint("to see it all without servers:  network")
}

/// The URL of a database, checked; its password is shown nowhere.
#[derive(Clone)]
pub struct Url {
    text: String,
    parsed: DatabaseUrl,
}

impl Url {
    /// Returns the URL as it was given, password and all: for a client alone.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the parsed URL.
    pub fn parsed(&self) -> &DatabaseUrl {
        &self.parsed
    }
}

impl std::fmt::Debug for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.parsed.fmt(f)
    }
}

/// Which database.
#[derive(Args, Clone)]
pub struct Database {
    /// MySQL or MariaDB: mysql://user:password@host:port/InvestorsDB
    // A text, parsed where it is used: a variable that is not needed may hold anything, and clap would show a text
    // that it can't parse, password and all.
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

impl Database {
    /// Returns whether a database is given; an empty variable is one that is not set.
    pub fn is_given(&self) -> bool {
        self.text().is_some()
    }

    /// Returns the database given, `None` where none is.
    ///
    /// # Errors
    ///
    /// Where it is no URL of a database; the message does not show it.
    pub fn url(&self) -> Result<Option<Url>, Failure> {
        let Some(text) = self.text() else { return Ok(None) };
        let parsed = text
            .parse()
            .map_err(|why: finnet_mysql::UrlError| Failure::usage(format!("--database-url, or DATABASE_URL: {why}")))?;
        Ok(Some(Url { text: text.to_owned(), parsed }))
    }

    fn text(&self) -> Option<&str> {
        self.database_url.as_deref().filter(|text| !text.trim().is_empty())
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("is_given", &self.is_given()).finish()
    }
}

/// Where valuations are kept: a database, or CSV files.
#[derive(Args, Clone, Debug)]
pub struct Sink {
    /// The database.
    #[command(flatten)]
    pub database: Database,
    /// Keep CSV files in this folder instead of a database; wins over DATABASE_URL
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub data: Option<PathBuf>,
}

/// What a [`Sink`] comes down to.
#[derive(Clone, Debug)]
pub enum Place {
    /// Tables.
    Database(Url),
    /// CSV files in a folder.
    Folder(PathBuf),
}

impl Sink {
    /// Returns the place given; `verb` says what the program does with it, for the hints.
    ///
    /// # Errors
    ///
    /// Where neither a database nor a folder is given.
    pub fn place(&self, program: &str, verb: &str) -> Result<Place, Failure> {
        if let Some(folder) = &self.data {
            return Ok(Place::Folder(folder.clone()));
        }
        match self.database.url()? {
            Some(url) => Ok(Place::Database(url)),
            None => Err(Failure::of(Kind::Usage, "no database: DATABASE_URL is not set and --data is not given")
                .hint(format!(
                    "to {verb} MySQL:              {program} --database-url mysql://user:password@host/InvestorsDB"
                ))
                .hint(format!("to {verb} CSV files instead:  {program} --data ./finnet-data"))),
        }
    }
}

/// What the exchanges send.
#[derive(Args, Clone, Debug)]
pub struct Sending {
    /// Seed of the prices; the same seed gives the same market everywhere
    #[arg(long, value_name = "N", default_value_t = DEFAULT_SEED)]
    pub seed: u64,
    /// First session to send; the market itself always starts where the network file says
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub from: Option<NaiveDate>,
    /// Last session to send; cut to the last one that has closed
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub to: Option<NaiveDate>,
}

/// Which instance of a program this is, where several may run.
#[derive(Args, Clone, Debug)]
pub struct Instance {
    /// Name of this instance, by which Kafka knows it again when it is started anew; no two of one program may have the
    /// same [default: the host's name and the lowest number that is free on it]
    #[arg(long, value_name = "NAME", env = "FINNET_INSTANCE")]
    instance: Option<String>,
}

impl Instance {
    /// Returns the name given, unchecked; an empty variable is one that is not set.
    pub fn name(&self) -> Option<&str> {
        self.instance.as_deref().filter(|name| !name.trim().is_empty())
    }
}

/// Parses `key=value`.
fn setting(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE, such as linger.ms=50")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

/// Parses a date.
///
/// # Errors
///
/// Says what a date looks like.
pub fn date(text: &str) -> Result<NaiveDate, String> {
    NaiveDate::from_str(text).map_err(|why| format!("{why}; expected a date such as 2026-11-20"))
}

/// Parses a duration: `5ms`, `2s`, `1m`; a bare number is seconds.
///
/// # Errors
///
/// Says what a duration looks like.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "expected a duration such as 5ms, 2s, 1m; a bare number is seconds".to_owned();
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(wrong()),
    };
    let number: f64 = number.parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(number * factor).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        for (text, millis) in [("5ms", 5), ("2s", 2000), ("1m", 60_000), ("2", 2000), ("0", 0), ("0.5s", 500)] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "-1s", "5x", "1e400", "NaN", "ms5", "1.2.3"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_date_is_a_day_that_exists() {
        assert!(date("2000-02-29").is_ok());
        for text in ["2000-02-30", "yesterday", "2000-1", ""] {
            assert!(date(text).is_err(), "{text}");
        }
    }
}
