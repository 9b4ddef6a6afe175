//! From TOML to a [`Network`]: each key, name and number checked where it stands.
//!
//! The walk is by hand over toml's spanned tables, so that every error has its place and the order of keys,
//! which a TOML table does not promise, is the file's.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use finnet_core::money::MoneyError;
use finnet_core::{Name, Price, Quantity, Symbol};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::error::near;
use super::models::IN_MODEL;
use super::{
    BUILT_IN_CLOSES, Error, Exchange, Investor, MAX_PIECES, Model, ModelProblem, Network, Portfolio, Problem, Source,
};

/// The lowest base price of model uniform, 0.01, in units of 10⁻⁸.
const BASE_LEAST: i128 = 1_000_000;
/// The highest, 952,380,952,380: 5 % above it is still a price.
const BASE_MOST: i128 = 952_380_952_380 * 100_000_000;

type Calendars<'f> = &'f dyn Fn(&str) -> Result<(), String>;
pub(super) type Value<'t> = Spanned<DeValue<'t>>;
type Span = Range<usize>;

/// Returns the network that a text states.
pub(super) fn network(path: &Path, text: &str, known_calendar: Calendars<'_>) -> Result<Network, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        let problem = if error.message() == "duplicate key" {
            Problem::DoubledKey { key: text.get(span.clone()).unwrap_or_default().into() }
        } else {
            Problem::Toml { said: error.message().split_whitespace().collect::<Vec<_>>().join(" ").into() }
        };
        Error::at(path, text, span, problem)
    })?;
    let mut reader = Reader { path, text, known_calendar, listed: HashMap::new(), portfolios: HashMap::new() };
    reader.network(&document).map_err(|(span, problem)| Error::at(path, text, span, problem))
}

pub(super) struct Reader<'f> {
    path: &'f Path,
    text: &'f str,
    known_calendar: Calendars<'f>,
    /// Where each stock is listed.
    listed: HashMap<Symbol, usize>,
    /// Where each portfolio is named.
    portfolios: Places,
}

/// The byte at which each name stands, by the name in lower case.
type Places = HashMap<String, usize>;

/// A problem and the bytes it is about.
pub(super) type Refused = (Span, Problem);

impl Reader<'_> {
    fn network(&mut self, document: &Spanned<DeTable<'_>>) -> Result<Network, Refused> {
        let fields = Fields::of(document.get_ref(), 0..0, &["first_session", "exchange", "investor"])?;
        let first_session = first_session(fields.need("first_session", "first_session = 2000-01-03")?)?;
        let mut names = HashMap::new();
        let mut exchanges = Vec::new();
        for table in fields.tables("exchange", "[[exchange]]")? {
            exchanges.push(self.exchange(table, &mut names)?);
        }
        names.clear();
        let mut investors = Vec::new();
        for table in fields.tables("investor", "[[investor]]")? {
            investors.push(self.investor(table, &mut names)?);
        }
        let name = self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Network { name, first_session, exchanges, investors })
    }

    fn exchange(&mut self, value: &Value<'_>, names: &mut Places) -> Result<Exchange, Refused> {
        let table = table(value, "a table [[exchange]]")?;
        let fields = Fields::of(table, value.span(), &["name", "calendar", "model", "clock", "correlation", "stocks"])?;
        let name = self.unique_name(fields.need("name", "name = \"SE1\"")?, names)?;

        let (code, span) = text(fields.need("calendar", "calendar = \"XNYS\"")?, "a calendar's code in quotes")?;
        (self.known_calendar)(code)
            .map_err(|reason| (span, Problem::Calendar { code: code.into(), reason: reason.into() }))?;

        let model = fields.need("model", "model = \"uniform\"")?;
        let stocks = fields.need("stocks", "[exchange.stocks]")?;
        let (stocks, model) = match model.get_ref() {
            DeValue::String(word) if word == "uniform" => {
                let (stocks, base) = self.priced(stocks)?;
                (stocks, Model::Uniform { base })
            }
            DeValue::String(word) => {
                return Err((model.span(), Problem::Model(ModelProblem::Unknown { model: word.as_ref().into() })));
            }
            DeValue::Table(table) => {
                let models = Fields::of(table, model.span(), IN_MODEL)?;
                match models.entries.as_slice() {
                    [(key, value)] if key.get_ref() == "replay" => {
                        (self.replayed(stocks)?, Model::Replay { source: self.source(value)? })
                    }
                    [(key, value)] if key.get_ref() == "bootstrap" => self.bootstrap(value, stocks)?,
                    [(key, value)] => self.paths(key.get_ref(), value, &fields)?,
                    _ => return Err((model.span(), Problem::Model(ModelProblem::NotOne))),
                }
            }
            other => {
                return Err(wrong_type(model, "\"uniform\" or { gbm = { … } }", other));
            }
        };
        let of_paths = ["clock", "correlation"].into_iter().find_map(|key| fields.find(key));
        if let Some(value) = of_paths
            && !matches!(model, Model::Paths { .. })
        {
            return Err((value.span(), Problem::Model(ModelProblem::NoPath)));
        }
        Ok(Exchange { name, calendar: code.to_owned(), stocks, model })
    }

    /// Returns stocks with a price each.
    pub(super) fn priced(&mut self, value: &Value<'_>) -> Result<(Vec<Symbol>, Vec<Price>), Refused> {
        let table = match value.get_ref() {
            DeValue::Table(table) => table,
            DeValue::Array(_) => return Err((value.span(), Problem::Model(ModelProblem::UniformStocks))),
            other => return Err(wrong_type(value, "a table [exchange.stocks]", other)),
        };
        let (mut stocks, mut prices) = (Vec::new(), Vec::new());
        for (key, value) in in_order(table) {
            no_table_under(key, value)?;
            stocks.push(self.list(key.get_ref(), key.span())?);
            prices.push(base_price(value)?);
        }
        if stocks.is_empty() {
            return Err((value.span(), Problem::NoStock));
        }
        Ok((stocks, prices))
    }

    /// Returns stocks without prices.
    fn replayed(&mut self, value: &Value<'_>) -> Result<Vec<Symbol>, Refused> {
        let array = match value.get_ref() {
            DeValue::Array(array) => array,
            DeValue::Table(_) => return Err((value.span(), Problem::Model(ModelProblem::ReplayStocks))),
            other => return Err(wrong_type(value, "tickers in quotes, [\"IBM\", \"AAPL\"]", other)),
        };
        let mut stocks = Vec::new();
        for value in array {
            let (ticker, span) = text(value, "a ticker in quotes")?;
            stocks.push(self.list(ticker, span)?);
        }
        if stocks.is_empty() { Err((value.span(), Problem::NoStock)) } else { Ok(stocks) }
    }

    /// Lists a stock, which no exchange has listed before.
    pub(super) fn list(&mut self, ticker: &str, span: Span) -> Result<Symbol, Refused> {
        let symbol = symbol(ticker, &span)?;
        match self.listed.insert(symbol, span.start) {
            Some(first) => Err((span, Problem::DoubledStock { symbol, first: self.line(first) })),
            None => Ok(symbol),
        }
    }

    pub(super) fn source(&self, value: &Value<'_>) -> Result<Source, Refused> {
        let (path, span) = text(value, "the path of a closes file in quotes")?;
        if let Some(name) = path.strip_prefix("builtin:") {
            let place = BUILT_IN_CLOSES.iter().position(|(built_in, _)| *built_in == name);
            return place.map(Source::BuiltIn).ok_or_else(|| (span, Problem::UnknownBuiltIn { name: name.into() }));
        }
        let path = self.path.parent().map_or_else(|| PathBuf::from(path), |folder| folder.join(path));
        match readable(&path) {
            Ok(()) => Ok(Source::File(path)),
            Err(error) => Err((span, Problem::Replay { path: path.into(), error })),
        }
    }

    fn investor(&mut self, value: &Value<'_>, names: &mut Places) -> Result<Investor, Refused> {
        let fields = Fields::of(table(value, "a table [[investor]]")?, value.span(), &["name", "city", "portfolios"])?;
        let name = self.unique_name(fields.need("name", "name = \"Inv1\"")?, names)?;
        let (city, span) = text(fields.need("city", "city = \"London\"")?, "a city in quotes")?;
        let length = city.chars().count();
        if !(1..=60).contains(&length) || city.chars().any(char::is_control) || city.trim().is_empty() {
            return Err((span, Problem::BadCity));
        }
        let value = fields.need("portfolios", "[investor.portfolios.P11]")?;
        let mut portfolios = Vec::new();
        for (key, value) in in_order(table(value, "a table [investor.portfolios.P11]")?) {
            portfolios.push(self.portfolio(name, key, value)?);
        }
        if portfolios.is_empty() {
            return Err((value.span(), Problem::NoPortfolio));
        }
        Ok(Investor { name, city: city.to_owned(), portfolios })
    }

    fn portfolio(
        &mut self,
        investor: Name,
        key: &Spanned<DeString<'_>>,
        value: &Value<'_>,
    ) -> Result<Portfolio, Refused> {
        let name = name(key.get_ref(), &key.span())?;
        if let Some(first) = self.portfolios.insert(name.folded(), key.span().start) {
            return Err((key.span(), Problem::DoubledName { name, first: self.line(first) }));
        }
        // Names hold no `_`, so that no two pairs make one table; but one pair makes a table that is taken.
        if investor.folded() == "investors" && name.folded() == "portfolios" {
            return Err((key.span(), Problem::ReservedTable));
        }
        let mut holdings = Vec::new();
        let mut pieces: u64 = 0;
        for (key, value) in in_order(table(value, "a table of holdings, IBM = 1300")?) {
            no_table_under(key, value)?;
            let symbol = symbol(key.get_ref(), &key.span())?;
            if !self.listed.contains_key(&symbol) {
                let near = near(symbol.as_str(), self.listed.keys().map(Symbol::as_str));
                let near = near.and_then(|near| Symbol::new(near).ok());
                return Err((key.span(), Problem::UnknownStock { symbol, near }));
            }
            let quantity = quantity(value)?;
            pieces = pieces.saturating_add(quantity.get().unsigned_abs());
            holdings.push((symbol, quantity));
        }
        match pieces {
            0 => Err((key.span(), Problem::NoHolding)),
            _ if pieces > MAX_PIECES => Err((key.span(), Problem::TooManyPieces { pieces })),
            _ => Ok(Portfolio { name, holdings }),
        }
    }

    fn unique_name(&self, value: &Value<'_>, names: &mut Places) -> Result<Name, Refused> {
        let (text, span) = text(value, "a name in quotes")?;
        let name = name(text, &span)?;
        match names.insert(name.folded(), span.start) {
            Some(first) => Err((span, Problem::DoubledName { name, first: self.line(first) })),
            None => Ok(name),
        }
    }

    /// Returns the line of a byte, from 1.
    fn line(&self, byte: usize) -> usize {
        self.text.get(..byte).unwrap_or_default().matches('\n').count() + 1
    }
}

/// The keys of a table, none of them unknown.
pub(super) struct Fields<'v, 't> {
    entries: Vec<(&'v Spanned<DeString<'t>>, &'v Value<'t>)>,
    span: Span,
}

impl<'v, 't> Fields<'v, 't> {
    pub(super) fn of(table: &'v DeTable<'t>, span: Span, known: &'static [&'static str]) -> Result<Self, Refused> {
        let entries = in_order(table);
        match entries.iter().find(|(key, _)| !known.contains(&key.get_ref().as_ref())) {
            Some((key, _)) => Err((key.span(), Problem::UnknownKey { key: key.get_ref().as_ref().into(), known })),
            None => Ok(Self { entries, span }),
        }
    }

    pub(super) fn find(&self, key: &str) -> Option<&'v Value<'t>> {
        self.entries.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| *value)
    }

    pub(super) fn need(&self, key: &'static str, example: &'static str) -> Result<&'v Value<'t>, Refused> {
        self.find(key).ok_or_else(|| (self.span.clone(), Problem::Missing { key, example }))
    }

    /// Returns the tables of an array of them, of which there is at least one.
    fn tables(&self, key: &'static str, table: &'static str) -> Result<impl Iterator<Item = &'v Value<'t>>, Refused> {
        let none = (self.span.clone(), Problem::NoTable { table });
        match self.find(key).map(|value| (value, value.get_ref())) {
            None => Err(none),
            Some((_, DeValue::Array(array))) if array.is_empty() => Err(none),
            Some((_, DeValue::Array(array))) => Ok(array.iter()),
            Some((value, DeValue::Table(_))) => {
                Err((value.span(), Problem::WrongType { takes: table, found: "a single table" }))
            }
            Some((value, other)) => Err(wrong_type(value, table, other)),
        }
    }
}

/// Returns a table's entries in the order of the text.
pub(super) fn in_order<'v, 't>(table: &'v DeTable<'t>) -> Vec<(&'v Spanned<DeString<'t>>, &'v Value<'t>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

pub(super) fn table<'v, 't>(value: &'v Value<'t>, takes: &'static str) -> Result<&'v DeTable<'t>, Refused> {
    match value.get_ref() {
        DeValue::Table(table) => Ok(table),
        other => Err(wrong_type(value, takes, other)),
    }
}

fn text<'v>(value: &'v Value<'_>, takes: &'static str) -> Result<(&'v str, Span), Refused> {
    match value.get_ref() {
        DeValue::String(text) => Ok((text.as_ref(), value.span())),
        other => Err(wrong_type(value, takes, other)),
    }
}

pub(super) fn wrong_type(value: &Value<'_>, takes: &'static str, found: &DeValue<'_>) -> Refused {
    let found = match found {
        DeValue::String(_) => "text in quotes",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    };
    (value.span(), Problem::WrongType { takes, found })
}

/// Refuses `BRK.B = …`, which TOML reads as a table BRK.
pub(super) fn no_table_under(key: &Spanned<DeString<'_>>, value: &Value<'_>) -> Result<(), Refused> {
    match value.get_ref() {
        DeValue::Table(_) => Err((key.span(), Problem::UnquotedTicker { before: key.get_ref().as_ref().into() })),
        _ => Ok(()),
    }
}

fn name(text: &str, span: &Span) -> Result<Name, Refused> {
    Name::new(text).map_err(|reason| (span.clone(), Problem::BadName { text: text.into(), reason }))
}

fn symbol(text: &str, span: &Span) -> Result<Symbol, Refused> {
    Symbol::new(text).map_err(|reason| (span.clone(), Problem::BadTicker { text: text.into(), reason }))
}

fn first_session(value: &Value<'_>) -> Result<NaiveDate, Refused> {
    const TAKES: &str = "a date without quotes and time, 2000-01-03,";
    match value.get_ref() {
        DeValue::Datetime(toml::value::Datetime { date: Some(date), time: None, offset: None }) => {
            let date = NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day));
            date.ok_or((value.span(), Problem::WrongType { takes: TAKES, found: "a day that no month has" }))
        }
        other => Err(wrong_type(value, TAKES, other)),
    }
}

pub(super) fn base_price(value: &Value<'_>) -> Result<Price, Refused> {
    let refuse = |problem| Err((value.span(), problem));
    let text = match value.get_ref() {
        DeValue::String(text) => text.as_ref(),
        DeValue::Float(number) => return refuse(Problem::UnquotedPrice { text: number.as_str().into() }),
        DeValue::Integer(number) => return refuse(Problem::UnquotedPrice { text: number.as_str().into() }),
        other => return Err(wrong_type(value, "a price in quotes, \"128.25\",", other)),
    };
    match text.parse::<Price>() {
        Ok(price) if price.units() < BASE_LEAST => refuse(Problem::BaseTooLow),
        Ok(price) if price.units() > BASE_MOST => refuse(Problem::BaseTooHigh),
        Ok(price) => Ok(price),
        Err(reason) => refuse(Problem::BadPrice { text: text.into(), reason }),
    }
}

fn quantity(value: &Value<'_>) -> Result<Quantity, Refused> {
    let (text, pieces) = match value.get_ref() {
        DeValue::Integer(number) => {
            let pieces = i64::from_str_radix(number.as_str(), number.radix());
            (number.as_str(), pieces.map_err(|_| MoneyError::TooLarge).and_then(Quantity::new))
        }
        DeValue::Float(number) => (number.as_str(), Err(MoneyError::TooPrecise)),
        other => return Err(wrong_type(value, "a whole number without quotes, 1300,", other)),
    };
    pieces.map_err(|reason| (value.span(), Problem::BadQuantity { text: text.into(), reason }))
}

/// Returns whether there is a file to read; its closes are read by the exchange that needs them.
fn readable(path: &Path) -> io::Result<()> {
    // Asked before it is opened: opening a pipe waits for a writer.
    if std::fs::metadata(path)?.is_file() {
        File::open(path).map(drop)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file"))
    }
}
