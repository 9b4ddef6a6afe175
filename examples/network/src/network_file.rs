//! The network as one TOML file (`--network FILE`): which exchanges, stocks, calendars and models, which
//! investors with which portfolios and holdings.
//!
//! In comes a file, or one of the two built in (`itc6107`, `sp500`); out goes a [`Network`] in which every
//! name is checked, every stock held is one of an exchange, and the order is the file's. Prices are exact
//! decimals in the stocks' currency, quantities whole pieces.
//!
//! ```toml
//! first_session = 2000-01-03        # the market's first session: on this date or the first after it
//!
//! [[exchange]]
//! name = "SE1"
//! calendar = "XNYS"
//! model = "uniform"
//! [exchange.stocks]                 # ticker = base price, in quotes
//! IBM = "128.25"
//!
//! [[exchange]]
//! name = "SE2"
//! calendar = "XNYS"
//! model = { replay = "closes.csv" } # beside this file; or builtin:sp500_20.csv
//! stocks = ["MSFT", "XOM"]
//!
//! [[exchange]]
//! name = "SE3"
//! calendar = "XNYS"
//! model = { bootstrap = { closes = "builtin:sp500_20.csv", mean_block = 21 } }
//! [exchange.stocks]                 # ticker = first close
//! KO = "61.10"
//!
//! [[exchange]]
//! name = "SE4"
//! calendar = "XTKS"
//! model = { gbm = { drift = 0.07, volatility = 0.22 } } # a year; or merton, ou, heston
//! clock = { sessions_per_year = 245 } # or { days_per_year = 365 }
//! correlation = 0.3                 # of any two of its stocks, or a row for each
//! [exchange.stocks]                 # ticker = first close
//! 7203 = "42.30"                    # a portfolio is valued in one currency: dollars here
//! 6758 = { start = "29.00", volatility = 0.31 }
//!
//! [[investor]]
//! name = "Inv1"
//! city = "London"
//! [investor.portfolios.P11]         # ticker = quantity, negative for a short
//! IBM = 1300
//! MSFT = -200
//! ```
//!
//! A file that breaks a rule is refused by file, line and column, with what to do and the line itself.

mod error;
mod models;
mod read;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use finnet_core::price;
use finnet_core::{Holdings, Name, PortfolioId, Price, Quantity, Symbol};

use crate::closes_file::{self, Closes};

pub use error::{Error, ModelProblem, Place, Problem};

/// The networks that come with the program, by name, as TOML; the first is the default.
pub const BUILT_IN: [(&str, &str); 2] =
    [("itc6107", include_str!("../networks/itc6107.toml")), ("sp500", include_str!("../networks/sp500.toml"))];

/// The closes files that come with the program: `replay = "builtin:NAME"`.
pub const BUILT_IN_CLOSES: [(&str, &str); 1] = [("sp500_20.csv", closes_file::SP500_20)];

/// The largest file that is read, in bytes.
pub const MAX_BYTES: u64 = 1 << 20;

/// The most pieces, long and short together, that one portfolio may hold.
pub const MAX_PIECES: u64 = Holdings::MOST_PIECES.unsigned_abs();

/// Exchanges and investors, in the file's order.
///
/// # Examples
///
/// ```
/// use std::path::Path;
///
/// use finnet_network::network_file::Network;
///
/// let known = |code: &str| if code == "XNYS" { Ok(()) } else { Err("known is XNYS".to_owned()) };
/// let network = Network::open(Path::new("itc6107"), known)?;
/// let portfolios: Vec<_> = network.portfolios().map(|id| id.to_string()).collect();
/// assert_eq!(portfolios[..2], ["Inv1_P11", "Inv1_P12"]);
///
/// let error = Network::parse(Path::new("mine.toml"), "first_sesion = 2000-01-03", known).unwrap_err();
/// assert!(error.to_string().starts_with("mine.toml:1:1: unknown key first_sesion: did you mean first_session?"));
/// # Ok::<(), finnet_network::network_file::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// The built-in name, or the file's name without folder and extension.
    pub name: String,
    /// The market's first session is on this date or the first after it.
    pub first_session: NaiveDate,
    /// The exchanges: at least one.
    pub exchanges: Vec<Exchange>,
    /// The investors: at least one; the first is investor 1.
    pub investors: Vec<Investor>,
}

/// An exchange: when it trades, what, and at which prices.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// Its name, unique without regard to case.
    pub name: Name,
    /// The code of its calendar, a MIC such as `XNYS`, as the caller's check let it pass.
    pub calendar: String,
    /// Its stocks: at least one, none of them on another exchange.
    pub stocks: Vec<Symbol>,
    /// Where its prices come from.
    pub model: Model,
}

/// Where an exchange's prices come from.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Model {
    /// Close = base × (1 + u), u uniform in [-0.05, 0.05), independent each day.
    Uniform {
        /// The base price of each stock, in the order of [`Exchange::stocks`]; at least 0.01.
        base: Vec<Price>,
    },
    /// Models with a path, of a market's own clock.
    Paths {
        /// What the market counts its time by.
        clock: Clock,
        /// The model of each stock, in the order of [`Exchange::stocks`].
        models: Vec<price::Model>,
        /// A row for each stock; none where all move apart.
        correlation: Vec<Vec<f64>>,
    },
    /// The returns of real closes, drawn in blocks.
    Bootstrap {
        /// The file.
        source: Source,
        /// How long the blocks are on average, in sessions.
        mean_block: price::MeanBlock,
        /// The first close of each stock, in the order of [`Exchange::stocks`].
        start: Vec<Price>,
    },
    /// Real closes from a file.
    Replay {
        /// The file.
        source: Source,
    },
}

/// What the market of a [`Model::Paths`] counts its time by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Clock {
    /// Sessions of the exchange's calendar.
    Sessions {
        /// So many are a year.
        per_year: f64,
    },
    /// Days.
    Days {
        /// So many are a year.
        per_year: f64,
    },
}

/// A closes file of a [`Model::Replay`] or [`Model::Bootstrap`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// One of [`BUILT_IN_CLOSES`], by its place there.
    BuiltIn(usize),
    /// A file; a relative path of the network file is already joined to that file's folder.
    File(PathBuf),
}

/// An investor and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Investor {
    /// Its name, unique without regard to case.
    pub name: Name,
    /// Its city: 1 to 60 characters, none a control character.
    pub city: String,
    /// Its portfolios: at least one.
    pub portfolios: Vec<Portfolio>,
}

/// A portfolio and its holdings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portfolio {
    /// Its name, unique over the network without regard to case.
    pub name: Name,
    /// Stock and quantity: at least one, each stock once, of [`MAX_PIECES`] pieces together.
    pub holdings: Vec<(Symbol, Quantity)>,
}

impl Network {
    /// Returns the network that `--network` names: one built in, else a file. A file that is called as one
    /// built in is meant by `./itc6107`.
    ///
    /// `known_calendar` says of a calendar's code why it cannot be used.
    ///
    /// # Errors
    ///
    /// - [`Problem::NotFound`] where there is neither; else those of [`Network::read`].
    pub fn open(argument: &Path, known_calendar: impl Fn(&str) -> Result<(), String>) -> Result<Self, Error> {
        match BUILT_IN.iter().find(|(name, _)| Path::new(name) == argument) {
            Some((name, text)) => Self::parse(Path::new(&format!("{name}.toml")), text, known_calendar),
            None => Self::read(argument, known_calendar),
        }
    }

    /// Returns the network of a file.
    ///
    /// # Errors
    ///
    /// - [`Problem::NotFound`], [`Problem::Unreadable`], [`Problem::TooLarge`] beyond [`MAX_BYTES`],
    ///   [`Problem::NotUtf8`].
    /// - Those of [`Network::parse`].
    pub fn read(path: &Path, known_calendar: impl Fn(&str) -> Result<(), String>) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes));
        if let Err(error) = read {
            let absent = error.kind() == io::ErrorKind::NotFound;
            return Err(Error::of_file(path, if absent { Problem::NotFound } else { Problem::Unreadable(error) }));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Self::parse(path, &text, known_calendar),
            Err(error) if error.as_bytes().len() as u64 > MAX_BYTES => Err(Error::of_file(path, Problem::TooLarge)),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                Err(Error::at(path, &String::from_utf8_lossy(error.as_bytes()), at..at + 1, Problem::NotUtf8))
            }
        }
    }

    /// Returns the network of a text; `path` is what errors call it and where relative paths in it begin.
    ///
    /// # Errors
    ///
    /// - Any [`Problem`] but `NotFound`, `Unreadable` and `NotUtf8`.
    pub fn parse(path: &Path, text: &str, known_calendar: impl Fn(&str) -> Result<(), String>) -> Result<Self, Error> {
        if text.len() as u64 > MAX_BYTES {
            return Err(Error::of_file(path, Problem::TooLarge));
        }
        read::network(path, text, &known_calendar)
    }

    /// Returns an investor and its number from 1, by that number or by its name without regard to case.
    pub fn investor(&self, which: &str) -> Option<(usize, &Investor)> {
        let by_number = which.parse::<usize>().ok();
        let numbered = (1..).zip(&self.investors);
        numbered
            .into_iter()
            .find(|(number, investor)| by_number == Some(*number) || investor.name.as_str().eq_ignore_ascii_case(which))
    }

    /// Returns the portfolios of all investors, in the file's order.
    pub fn portfolios(&self) -> impl Iterator<Item = PortfolioId> {
        self.investors.iter().flat_map(|investor| {
            let portfolios = investor.portfolios.iter();
            portfolios.map(|portfolio| PortfolioId { investor: investor.name, portfolio: portfolio.name })
        })
    }

    /// Returns an exchange by its name, without regard to case.
    pub fn exchange(&self, name: &str) -> Option<&Exchange> {
        self.exchanges.iter().find(|exchange| exchange.name.as_str().eq_ignore_ascii_case(name))
    }

    /// Returns the exchange that lists a stock, found by looking at each stock in turn.
    pub fn exchange_of(&self, symbol: Symbol) -> Option<&Exchange> {
        self.exchanges.iter().find(|exchange| exchange.stocks.contains(&symbol))
    }

    /// Returns the stocks of all exchanges.
    pub fn stocks(&self) -> HashSet<Symbol> {
        self.exchanges.iter().flat_map(|exchange| exchange.stocks.iter().copied()).collect()
    }
}

impl Source {
    /// Returns the closes of these stocks, read now; an investor never needs them.
    ///
    /// # Errors
    ///
    /// - Those of [`Closes::read`], and [`closes_file::Problem::UnknownStock`].
    pub fn closes(&self, stocks: &[Symbol]) -> Result<Closes, closes_file::Error> {
        match self {
            Self::BuiltIn(place) => {
                let (name, text) = BUILT_IN_CLOSES[*place];
                Closes::parse(name, text.as_bytes())?.only(stocks)
            }
            Self::File(path) => Closes::read(path)?.only(stocks),
        }
    }
}
