//! Closes from a CSV file: in comes text, out go exact prices by stock and session, each with its line.
//!
//! Two forms are read, told apart by the header, whose names count without regard to case:
//!
//! - wide, `Date,AAPL,MSFT`: a row a session, a column a stock; a blank cell is no close that day;
//! - long, `date,symbol,close`, in any order of columns: a row a close.
//!
//! Rows may come in any order and are sorted; a second close of one stock for one session is refused, and so
//! is a second row for one date in the wide form. A byte order mark, CRLF and quotes are accepted. Dates are
//! `YYYY-MM-DD`; prices are in the stock's currency, exact, as [`Price`] reads them.
//! [`SP500_20`] is such a file that comes with the program.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use chrono::NaiveDate;
use csv::{ReaderBuilder, StringRecord, Trim};
use finnet_core::money::MoneyError;
use finnet_core::symbol::NameError;
use finnet_core::{Price, Symbol};

/// The closes of 20 stocks of the S&P 500, 2000-01-03 to 2022-12-28; `data/README.md` says where they are from.
pub const SP500_20: &str = include_str!("../data/sp500_20.csv");

/// A file that is larger is refused: 256 MiB, about 20 million closes.
const MAX_BYTES: u64 = 256 << 20;

/// Closes by stock, stocks in the file's order, each stock's in order of session.
///
/// # Examples
///
/// ```
/// use finnet_network::closes_file::Closes;
///
/// let closes = Closes::parse("closes.csv", b"Date,IBM,AAPL\n2000-01-04,112.06,\n2000-01-03,116.00,0.85\n")?;
/// let ibm = closes.of("IBM").unwrap();
/// assert_eq!((ibm[0].price.to_string(), ibm[0].line), ("116.00".to_owned(), 3));
/// assert_eq!(closes.of("AAPL").unwrap().len(), 1);
///
/// let error = Closes::parse("closes.csv", b"Date,IBM\n2000-01-03,cheap\n").unwrap_err();
/// assert_eq!((error.line(), error.column()), (Some(2), Some("IBM")));
/// # Ok::<(), finnet_network::closes_file::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closes {
    file: Box<str>,
    stocks: Vec<Stock>,
    /// Dates of the wide form without any close, with their line: no close, but still a date to check.
    blank: Vec<(NaiveDate, u32)>,
}

/// One close of a stock and where it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The session's date.
    pub session: NaiveDate,
    /// The closing price.
    pub price: Price,
    /// The line of the file, from 1.
    pub line: u32,
}

/// Why a closes file is refused: the file, its line and column where there is one, and what to do.
#[derive(Debug)]
pub struct Error(Box<Report>);

/// What is wrong with a closes file.
#[derive(Debug)]
#[non_exhaustive]
pub enum Problem {
    /// The file cannot be opened or read.
    Unreadable(io::Error),
    /// The file is larger than 256 MiB.
    TooLarge,
    /// A byte that is not UTF-8.
    NotUtf8,
    /// Nothing in it, not even a header.
    Empty,
    /// The first line is neither of the two headers.
    Header,
    /// The long form has a column besides its three.
    ExtraColumn,
    /// The wide form names no stock.
    NoStock,
    /// A header, and no close under it.
    NoClose,
    /// A row has other than the header's number of fields.
    Ragged {
        /// Fields of the row.
        fields: usize,
        /// Fields of the header.
        header: usize,
    },
    /// A cell is no date `YYYY-MM-DD`.
    Date {
        /// The cell.
        cell: Box<str>,
    },
    /// A cell is no price.
    Price {
        /// The cell.
        cell: Box<str>,
        /// What a price asks for.
        reason: MoneyError,
    },
    /// A cell is no ticker.
    Symbol {
        /// The cell.
        cell: Box<str>,
        /// What a ticker asks for.
        reason: NameError,
    },
    /// A stock has two columns.
    DoubledColumn {
        /// The stock.
        symbol: Symbol,
    },
    /// A date has two rows of the wide form.
    DoubledDate {
        /// The date.
        date: NaiveDate,
        /// Line of the first.
        first: u32,
    },
    /// A stock has two closes for one session.
    DoubledClose {
        /// The stock.
        symbol: Symbol,
        /// The session.
        date: NaiveDate,
        /// Line of the first.
        first: u32,
    },
    /// A stock that is asked for has no close in the file.
    UnknownStock {
        /// The stock.
        symbol: Symbol,
    },
    /// A date on which the exchange holds no session.
    NoSession {
        /// The date.
        date: NaiveDate,
    },
}

impl Closes {
    /// Returns the closes of a file.
    ///
    /// # Errors
    ///
    /// - [`Problem::Unreadable`], [`Problem::TooLarge`], and those of [`Closes::parse`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
            .map_err(|error| Error::new(&name, None, Problem::Unreadable(error)))?;
        Self::parse(&name, &bytes)
    }

    /// Returns the closes of a text; errors call it `file`.
    ///
    /// # Errors
    ///
    /// - Any [`Problem`] but `Unreadable`, `UnknownStock` and `NoSession`.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() as u64 > MAX_BYTES {
            return Err(Error::new(file, None, Problem::TooLarge));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let mut lines = Lines::new(bytes);
            Error::new(file, Some(lines.line_of(error.valid_up_to())), Problem::NotUtf8)
        })?;
        let mut rows = Rows::new(file, text);
        let Some(header) = rows.next()? else {
            return Err(Error::new(file, None, Problem::Empty));
        };
        let closes = match Form::of(&header.cells).map_err(|problem| rows.error(header.line, problem))? {
            Form::Long { date, symbol, close } => read_long(rows, &header, [date, symbol, close])?,
            Form::Wide => read_wide(rows, &header)?,
        };
        if closes.stocks.iter().all(|stock| stock.rows.is_empty()) {
            return Err(Error::new(file, None, Problem::NoClose));
        }
        Ok(closes)
    }

    /// Returns the stocks in the file's order.
    pub fn symbols(&self) -> impl Iterator<Item = Symbol> {
        self.stocks.iter().map(|stock| stock.symbol)
    }

    /// Returns a stock's closes in order of session, or `None` for a stock that the file does not name.
    pub fn of(&self, ticker: &str) -> Option<&[Row]> {
        self.stocks.iter().find(|stock| stock.symbol.as_str() == ticker).map(|stock| stock.rows.as_slice())
    }

    /// Returns the closes of these stocks alone, in this order: an exchange's part of a file that serves several.
    ///
    /// # Errors
    ///
    /// - [`Problem::UnknownStock`] for a stock without a close.
    pub fn only(&self, stocks: &[Symbol]) -> Result<Self, Error> {
        let stocks = stocks.iter().map(|&symbol| {
            let rows = self.of(symbol.as_str()).filter(|rows| !rows.is_empty());
            rows.map(|rows| Stock { symbol, rows: rows.to_vec() })
                .ok_or_else(|| Error::new(&self.file, None, Problem::UnknownStock { symbol }))
        });
        Ok(Self { file: self.file.clone(), stocks: stocks.collect::<Result<_, _>>()?, blank: self.blank.clone() })
    }

    /// Checks each date against the sessions of the exchange.
    ///
    /// # Errors
    ///
    /// - [`Problem::NoSession`] with the first line of the file whose date is none.
    pub fn check_sessions(&self, is_session: impl Fn(NaiveDate) -> bool) -> Result<(), Error> {
        let dated = self.stocks.iter().flat_map(|stock| stock.rows.iter().map(|row| (row.session, row.line)));
        match dated
            .chain(self.blank.iter().copied())
            .filter(|&(date, _)| !is_session(date))
            .min_by_key(|&(_, line)| line)
        {
            Some((date, line)) => Err(Error::new(&self.file, Some(line), Problem::NoSession { date })),
            None => Ok(()),
        }
    }
}

impl Error {
    /// Returns the line, from 1, where the problem lies in one.
    pub fn line(&self) -> Option<u32> {
        self.0.line
    }

    /// Returns the name of the column, where the problem lies in one cell.
    pub fn column(&self) -> Option<&str> {
        self.0.column.as_deref()
    }

    /// Returns what is wrong.
    pub fn problem(&self) -> &Problem {
        &self.0.problem
    }

    fn new(file: &str, line: Option<u32>, problem: Problem) -> Self {
        Self(Box::new(Report { file: shown_path(Path::new(file)).into(), line, column: None, problem }))
    }

    fn in_column(mut self, column: &str) -> Self {
        self.0.column = Some(shown(column).into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { file, line, column, problem } = &*self.0;
        f.write_str(file)?;
        if let Some(line) = line {
            write!(f, ":{line}")?;
        }
        if let Some(column) = column {
            write!(f, ": column {column}")?;
        }
        write!(f, ": {problem}")
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.problem {
            Problem::Unreadable(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "cannot be read: {error}"),
            Self::TooLarge => write!(f, "larger than 256 MiB: split it, a file an exchange"),
            Self::NotUtf8 => write!(f, "not UTF-8: save the file as UTF-8"),
            Self::Empty => write!(f, "empty: begin it with a header, Date,AAPL,MSFT or date,symbol,close"),
            Self::Header => write!(f, "no header: begin with Date,AAPL,MSFT (a column a stock) or date,symbol,close"),
            Self::ExtraColumn => write!(f, "the columns are date, symbol and close, each once: take the others out"),
            Self::NoStock => write!(f, "no stock in the header: name one after Date, as in Date,AAPL,MSFT"),
            Self::NoClose => write!(f, "no close in the file: add a row under the header"),
            Self::Ragged { fields, header } => {
                write!(f, "{fields} fields where the header has {header}: is a comma missing or one too many?")
            }
            Self::Date { cell } => write!(f, "no date: \"{cell}\"; write it as 2000-01-03"),
            Self::Price { cell, reason } => write!(f, "no price: \"{cell}\" ({reason}); write it as 128.25"),
            Self::Symbol { cell, reason } => write!(f, "no ticker: \"{cell}\" ({reason})"),
            Self::DoubledColumn { symbol } => write!(f, "{symbol} has two columns: take one out"),
            Self::DoubledDate { date, first } => write!(f, "a second row for {date}, after line {first}: take one out"),
            Self::DoubledClose { symbol, date, first } => {
                write!(f, "a second close of {symbol} for {date}, after line {first}: take one out")
            }
            Self::UnknownStock { symbol } => {
                write!(f, "no close of {symbol}: add it, or take the stock out of the exchange")
            }
            Self::NoSession { date } => {
                write!(f, "{date} is no session of the exchange: take it out, or name the right calendar")
            }
        }
    }
}

/// Returns the date that `YYYY-MM-DD` states, and nothing for any other way to write one.
pub(crate) fn date(text: &str) -> Option<NaiveDate> {
    let bytes = text.as_bytes();
    let shape = bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() });
    if !shape {
        return None;
    }
    NaiveDate::from_ymd_opt(text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..].parse().ok()?)
}

/// Returns text from outside as it may stand in a message: short, and nothing that steers a terminal.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 40;
    let mut shown: String = text.chars().take(MOST).map(printable).collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

/// Returns a path as it may stand in a message: where it is long its end, which names the file.
pub(crate) fn shown_path(path: &Path) -> String {
    const MOST: usize = 300;
    let path = path.to_string_lossy();
    let cut = path.chars().count().saturating_sub(MOST);
    let shown = path.chars().skip(cut).map(printable);
    if cut > 0 { std::iter::once('…').chain(shown).collect() } else { shown.collect() }
}

/// Returns the character, or `�` where it is a control, is not seen, or would turn the direction of what follows.
pub(crate) fn printable(character: char) -> char {
    match character {
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => '\u{fffd}',
        _ if character.is_control() => '\u{fffd}',
        _ => character,
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Stock {
    symbol: Symbol,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Report {
    file: Box<str>,
    line: Option<u32>,
    column: Option<Box<str>>,
    problem: Problem,
}

enum Form {
    Wide,
    Long { date: usize, symbol: usize, close: usize },
}

impl Form {
    fn of(header: &StringRecord) -> Result<Self, Problem> {
        let column = |name: &str| header.iter().position(|cell| cell.eq_ignore_ascii_case(name));
        match (column("date"), column("symbol"), column("close")) {
            (Some(date), Some(symbol), Some(close)) if header.len() == 3 => Ok(Self::Long { date, symbol, close }),
            (Some(_), Some(_), Some(_)) => Err(Problem::ExtraColumn),
            (Some(0), _, _) if header.len() == 1 => Err(Problem::NoStock),
            (Some(0), _, _) => Ok(Self::Wide),
            _ => Err(Problem::Header),
        }
    }
}

fn read_wide(mut rows: Rows<'_>, header: &Line) -> Result<Closes, Error> {
    let mut stocks: Vec<Stock> = Vec::with_capacity(header.cells.len());
    let mut seen = HashSet::new();
    for cell in header.cells.iter().skip(1) {
        let symbol = ticker(cell).map_err(|problem| rows.error(header.line, problem))?;
        if !seen.insert(symbol) {
            return Err(rows.error(header.line, Problem::DoubledColumn { symbol }));
        }
        stocks.push(Stock { symbol, rows: Vec::new() });
    }
    let mut first_lines: HashMap<NaiveDate, u32> = HashMap::new();
    let mut blank = Vec::new();
    while let Some(Line { line, cells }) = rows.next()? {
        rows.check_width(line, &cells, header)?;
        let cell = &cells[0];
        let date = date(cell).ok_or_else(|| rows.error(line, Problem::Date { cell: shown(cell).into() }))?;
        if let Some(first) = first_lines.insert(date, line) {
            return Err(rows.error(line, Problem::DoubledDate { date, first }));
        }
        let mut closes = 0;
        for (stock, cell) in stocks.iter_mut().zip(cells.iter().skip(1)).filter(|(_, cell)| !cell.is_empty()) {
            let price = price(cell).map_err(|problem| rows.error(line, problem).in_column(stock.symbol.as_str()))?;
            stock.rows.push(Row { session: date, price, line });
            closes += 1;
        }
        if closes == 0 {
            blank.push((date, line));
        }
    }
    for stock in &mut stocks {
        stock.rows.sort_by_key(|row| row.session);
    }
    Ok(Closes { file: rows.file.into(), stocks, blank })
}

fn read_long(mut rows: Rows<'_>, header: &Line, [date_at, symbol_at, close_at]: [usize; 3]) -> Result<Closes, Error> {
    let mut stocks: Vec<Stock> = Vec::new();
    let mut places: HashMap<Symbol, usize> = HashMap::new();
    while let Some(Line { line, cells }) = rows.next()? {
        rows.check_width(line, &cells, header)?;
        let refuse = |at: usize, problem| rows.error(line, problem).in_column(&header.cells[at]);
        let cell = &cells[date_at];
        let session = date(cell).ok_or_else(|| refuse(date_at, Problem::Date { cell: shown(cell).into() }))?;
        let symbol = ticker(&cells[symbol_at]).map_err(|problem| refuse(symbol_at, problem))?;
        let price = price(&cells[close_at]).map_err(|problem| refuse(close_at, problem))?;
        let place = *places.entry(symbol).or_insert_with(|| {
            stocks.push(Stock { symbol, rows: Vec::new() });
            stocks.len() - 1
        });
        stocks[place].rows.push(Row { session, price, line });
    }
    // Of all doubles the one that stands first in the file is named.
    let mut doubled: Option<(u32, Problem)> = None;
    for Stock { symbol, rows } in &mut stocks {
        rows.sort_by_key(|row| (row.session, row.line));
        for pair in rows.windows(2).filter(|pair| pair[0].session == pair[1].session) {
            if doubled.as_ref().is_none_or(|(line, _)| pair[1].line < *line) {
                let (date, first) = (pair[0].session, pair[0].line);
                doubled = Some((pair[1].line, Problem::DoubledClose { symbol: *symbol, date, first }));
            }
        }
    }
    match doubled {
        Some((line, problem)) => Err(rows.error(line, problem)),
        None => Ok(Closes { file: rows.file.into(), stocks, blank: Vec::new() }),
    }
}

fn ticker(cell: &str) -> Result<Symbol, Problem> {
    Symbol::new(cell).map_err(|reason| Problem::Symbol { cell: shown(cell).into(), reason })
}

fn price(cell: &str) -> Result<Price, Problem> {
    cell.parse().map_err(|reason| Problem::Price { cell: shown(cell).into(), reason })
}

/// The records of a text with the line each begins on.
struct Rows<'t> {
    file: &'t str,
    reader: csv::Reader<&'t [u8]>,
    lines: Lines<'t>,
}

struct Line {
    line: u32,
    cells: StringRecord,
}

impl<'t> Rows<'t> {
    fn new(file: &'t str, text: &'t str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).as_bytes();
        let reader = ReaderBuilder::new().has_headers(false).flexible(true).trim(Trim::All).from_reader(text);
        Self { file, reader, lines: Lines::new(text) }
    }

    /// Returns the next record that is not blank.
    fn next(&mut self) -> Result<Option<Line>, Error> {
        let mut cells = StringRecord::new();
        loop {
            let more = self.reader.read_record(&mut cells);
            let begin = cells.position().map_or(0, csv::Position::byte);
            let line = self.lines.line_of_record(usize::try_from(begin).unwrap_or(usize::MAX));
            match more {
                Ok(true) if cells.len() == 1 && cells[0].is_empty() => {}
                Ok(true) => return Ok(Some(Line { line, cells })),
                Ok(false) => return Ok(None),
                Err(error) => return Err(self.error(line, Problem::Unreadable(error.into()))),
            }
        }
    }

    fn check_width(&self, line: u32, cells: &StringRecord, header: &Line) -> Result<(), Error> {
        let (fields, header) = (cells.len(), header.cells.len());
        if fields == header { Ok(()) } else { Err(self.error(line, Problem::Ragged { fields, header })) }
    }

    fn error(&self, line: u32, problem: Problem) -> Error {
        Error::new(self.file, Some(line), problem)
    }
}

/// Counts lines up to a byte. The csv crate's own count leaves out blank lines before a record.
struct Lines<'t> {
    text: &'t [u8],
    at: usize,
    line: u32,
}

impl<'t> Lines<'t> {
    fn new(text: &'t [u8]) -> Self {
        Self { text, at: 0, line: 1 }
    }

    /// Returns the line of the first byte from `begin` on that ends no line; `begin` never falls from call to call.
    fn line_of_record(&mut self, begin: usize) -> u32 {
        let rest = self.text.get(begin..).unwrap_or_default();
        let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.line_of(begin.saturating_add(blank))
    }

    fn line_of(&mut self, byte: usize) -> u32 {
        let end = byte.min(self.text.len());
        while self.at < end {
            let ends_line = match self.text[self.at] {
                b'\n' => true,
                b'\r' => self.text.get(self.at + 1) != Some(&b'\n'),
                _ => false,
            };
            self.line += u32::from(ends_line);
            self.at += 1;
        }
        self.line
    }
}
