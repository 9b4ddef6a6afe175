//! Why a network file is refused, where, and what to do about it.
//!
//! An [`Error`] writes one line, `file:line:column: what is wrong: what to do`, and under it the line of the
//! file with a caret, nothing in it that could steer a terminal.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::Path;

use finnet_core::money::MoneyError;
use finnet_core::price::PriceError;
use finnet_core::symbol::NameError;
use finnet_core::{Name, Symbol};

use super::models::IN_MODEL;
use super::{BUILT_IN, BUILT_IN_CLOSES};
use crate::closes_file::{printable, shown, shown_path};

/// Why a network file is refused.
#[derive(Debug)]
pub struct Error(Box<Report>);

/// Where a problem lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters from 1.
    pub column: usize,
    /// The part of the line about the column.
    excerpt: String,
    /// Characters of the excerpt before the caret.
    before: usize,
    /// Carets.
    width: usize,
}

/// What is wrong with a network file.
#[derive(Debug)]
#[non_exhaustive]
pub enum Problem {
    /// Neither a file nor a built-in network.
    NotFound,
    /// The file cannot be opened or read.
    Unreadable(io::Error),
    /// The file is larger than 1 MiB.
    TooLarge,
    /// A byte that is not UTF-8.
    NotUtf8,
    /// A key that stands twice in one table: a stock held or listed twice is one.
    DoubledKey {
        /// The key.
        key: Box<str>,
    },
    /// The text is not TOML.
    Toml {
        /// The parser's own words.
        said: Box<str>,
    },
    /// A key that the format does not have.
    UnknownKey {
        /// The key.
        key: Box<str>,
        /// The keys that may stand there.
        known: &'static [&'static str],
    },
    /// A key that must be there is not.
    Missing {
        /// The key.
        key: &'static str,
        /// How to write it.
        example: &'static str,
    },
    /// A value of another type than the key's.
    WrongType {
        /// What the key takes.
        takes: &'static str,
        /// What stands there.
        found: &'static str,
    },
    /// A name that is none.
    BadName {
        /// The text.
        text: Box<str>,
        /// What a name asks for.
        reason: NameError,
    },
    /// A name that another exchange, investor or portfolio has, but for case.
    DoubledName {
        /// The name.
        name: Name,
        /// The line of the first.
        first: usize,
    },
    /// An investor and portfolio whose table would be one that the database has already.
    ReservedTable,
    /// A ticker that is none.
    BadTicker {
        /// The text.
        text: Box<str>,
        /// What a ticker asks for.
        reason: NameError,
    },
    /// A key with a point in it that is not in quotes: TOML reads two keys.
    UnquotedTicker {
        /// What stands before the point.
        before: Box<str>,
    },
    /// A stock that is listed already.
    DoubledStock {
        /// The stock.
        symbol: Symbol,
        /// The line of the first.
        first: usize,
    },
    /// A price that is a number of TOML, hence a binary fraction.
    UnquotedPrice {
        /// The number as it stands there.
        text: Box<str>,
    },
    /// A price that is none.
    BadPrice {
        /// The text.
        text: Box<str>,
        /// What a price asks for.
        reason: MoneyError,
    },
    /// A base price below 0.01: its closes would round to 0.
    BaseTooLow,
    /// A base price whose highest close has more than 12 digits before the point.
    BaseTooHigh,
    /// A city that is empty, longer than 60 characters, or holds a control character.
    BadCity,
    /// A calendar that the caller's check refused.
    Calendar {
        /// Its code.
        code: Box<str>,
        /// What the check said.
        reason: Box<str>,
    },
    /// What an exchange says of its prices is no model of them.
    Model(ModelProblem),
    /// A closes file that cannot be opened.
    Replay {
        /// The path, joined to the network file's folder.
        path: Box<Path>,
        /// Why.
        error: io::Error,
    },
    /// A closes file that is not built in.
    UnknownBuiltIn {
        /// The name after `builtin:`.
        name: Box<str>,
    },
    /// An exchange without a stock.
    NoStock,
    /// An investor without a portfolio.
    NoPortfolio,
    /// A portfolio without a holding.
    NoHolding,
    /// No `[[exchange]]` or no `[[investor]]`.
    NoTable {
        /// Which.
        table: &'static str,
    },
    /// A stock held that no exchange lists.
    UnknownStock {
        /// The stock.
        symbol: Symbol,
        /// The listed one that is spelt most alike.
        near: Option<Symbol>,
    },
    /// A quantity that is none.
    BadQuantity {
        /// What stands there.
        text: Box<str>,
        /// What a quantity asks for.
        reason: MoneyError,
    },
    /// A portfolio of more pieces than a sum may have.
    TooManyPieces {
        /// The pieces, long and short together.
        pieces: u64,
    },
}

/// What is wrong with the model of an exchange.
#[derive(Debug)]
#[non_exhaustive]
pub enum ModelProblem {
    /// A model that is not known.
    Unknown {
        /// What stands there.
        model: Box<str>,
    },
    /// Not one model but none or several.
    NotOne,
    /// A clock or correlations beside a model that has no use for them.
    NoPath,
    /// A block of a bootstrap that is no number of sessions.
    Block,
    /// Parameters or correlations that make no market.
    NoMarket {
        /// What the market said.
        reason: PriceError,
    },
    /// The stocks of a `uniform` or `bootstrap` exchange without their prices.
    UniformStocks,
    /// The stocks of a `replay` exchange with prices.
    ReplayStocks,
}

impl Error {
    /// Returns where the problem lies, unless it is the file as a whole.
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// Returns what is wrong.
    pub fn problem(&self) -> &Problem {
        &self.0.problem
    }

    /// Returns the error of a file as a whole.
    pub(super) fn of_file(path: &Path, problem: Problem) -> Self {
        Self(Box::new(Report { file: shown_path(path), place: None, problem }))
    }

    /// Returns the error at a span of bytes of the text.
    pub(super) fn at(path: &Path, text: &str, span: Range<usize>, problem: Problem) -> Self {
        let place = Some(Place::of(text, span));
        Self(Box::new(Report { file: shown_path(path), place, problem }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { file, place, problem } = &*self.0;
        let Some(Place { line, column, excerpt, before, width }) = place else {
            return write!(f, "{file}: {problem}");
        };
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        writeln!(f, "{file}:{line}:{column}: {problem}")?;
        writeln!(f, "{margin} |")?;
        writeln!(f, "{number} | {excerpt}")?;
        write!(f, "{margin} | {}{}", " ".repeat(*before), "^".repeat(*width))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.problem {
            Problem::Unreadable(error) | Problem::Replay { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => {
                write!(f, "no such file, and no network of that name is built in: those are {}", list(built_in()))
            }
            Self::Unreadable(error) => write!(f, "cannot be read: {error}"),
            Self::TooLarge => write!(f, "larger than 1 MiB: is it a network file?"),
            Self::NotUtf8 => write!(f, "not UTF-8: save the file as UTF-8"),
            Self::DoubledKey { key } => write!(f, "a second {} in one table: take one out", shown(key)),
            Self::Toml { said } => write!(f, "not TOML: {}", printed(said)),
            Self::UnknownKey { key, known } => {
                write!(f, "unknown key {}: ", shown(key))?;
                match near(key, known.iter().copied()) {
                    Some(near) => write!(f, "did you mean {near}?"),
                    None => write!(f, "those that may stand here are {}", list(known.iter().copied())),
                }
            }
            Self::Missing { key, example } => write!(f, "{key} is missing: add {example}"),
            Self::WrongType { takes, found } => write!(f, "write {takes} here, not {found}"),
            Self::BadName { text, reason } => {
                write!(f, "no name: \"{}\" ({reason}); a letter, then up to 29 letters and digits", shown(text))
            }
            Self::DoubledName { name, first } => {
                write!(f, "the name {name} stands on line {first} already (case does not count): choose another")
            }
            Self::ReservedTable => {
                write!(
                    f,
                    "its table would be Investors_Portfolios, which the database has already: choose another name"
                )
            }
            Self::BadTicker { text, reason } => {
                write!(f, "no ticker: \"{}\" ({reason}); 1 to 15 letters, digits and . - _ ^ = :", shown(text))
            }
            Self::UnquotedTicker { before } => {
                let before = shown(before);
                write!(f, "put a ticker with a point in quotes: \"{before}.B\" in place of {before}.B")
            }
            Self::DoubledStock { symbol, first } => {
                write!(f, "{symbol} is listed on line {first} already: take one out")
            }
            Self::UnquotedPrice { text } => {
                write!(f, "put the price in quotes, so that it stays exact: \"{}\"", shown(text))
            }
            Self::BadPrice { text, reason } => {
                write!(f, "no price: \"{}\" ({reason}); write it as \"128.25\"", shown(text))
            }
            Self::BaseTooLow => write!(f, "a base price is at least 0.01: below it closes would round to 0"),
            Self::BaseTooHigh => write!(f, "a base price is at most 952380952380.00: closes go 5 % above it"),
            Self::BadCity => write!(f, "a city is 1 to 60 characters, none of them a control character"),
            Self::Calendar { code, reason } => write!(f, "no calendar {}: {}", shown(code), printed(reason)),
            Self::Model(problem) => problem.fmt(f),
            Self::Replay { path, error } => {
                write!(f, "cannot read {}: {error}; the path begins at the network file's folder", shown_path(path))
            }
            Self::UnknownBuiltIn { name } => {
                let known = BUILT_IN_CLOSES.iter().map(|(name, _)| *name);
                write!(f, "no closes file {} is built in: those are {}", shown(name), list(known))
            }
            Self::NoStock => write!(f, "an exchange lists at least one stock: add IBM = \"128.25\" to its stocks"),
            Self::NoPortfolio => write!(f, "an investor has at least one portfolio: add [investor.portfolios.P11]"),
            Self::NoHolding => write!(f, "a portfolio holds at least one stock: add a line IBM = 1300"),
            Self::NoTable { table } => write!(f, "there is no {table}: add one"),
            Self::UnknownStock { symbol, near } => {
                write!(f, "unknown stock {symbol}, no exchange lists it: ")?;
                match near {
                    Some(near) => write!(f, "did you mean {near}?"),
                    None => write!(f, "add it to one, or take it out here"),
                }
            }
            Self::BadQuantity { text, reason } => {
                write!(
                    f,
                    "no quantity: {} ({reason}); a whole number of up to 12 digits, negative for a short",
                    shown(text)
                )
            }
            Self::TooManyPieces { pieces } => {
                write!(f, "{pieces} pieces in one portfolio, 50000000000000 are the most: hold less or split it")
            }
        }
    }
}

impl fmt::Display for ModelProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { model } => write!(
                f,
                "unknown model {}: write model = \"uniform\", model = {{ replay = \"closes.csv\" }} or model = {{ gbm = {{ … }} }}",
                shown(model)
            ),
            Self::NotOne => write!(f, "an exchange has one model: write one of {}", list(IN_MODEL.iter().copied())),
            Self::NoPath => {
                write!(f, "a clock and correlations are of gbm, merton, ou and heston: take it out")
            }
            Self::Block => write!(f, "a mean block is a number of sessions, 1 to 4294967295: 21 is a month"),
            Self::NoMarket { reason } => write!(f, "no market can be made of this: {reason}"),
            Self::UniformStocks => {
                write!(f, "this model needs a price a stock: [exchange.stocks], then a line IBM = \"128.25\" each")
            }
            Self::ReplayStocks => {
                write!(
                    f,
                    "model replay has its prices from the file: name the stocks alone, stocks = [\"IBM\", \"AAPL\"]"
                )
            }
        }
    }
}

impl Place {
    /// Characters of a line that are shown; a longer one is cut about the column.
    const SHOWN: usize = 100;

    fn of(text: &str, span: Range<usize>) -> Self {
        let start = floor(text, span.start);
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
        let line = text[line_start..line_end].trim_end_matches('\r');
        let before = text[line_start..start].chars().count();
        let spanned = text[start..floor(text, span.end.clamp(start, line_end))].trim_end().chars().count();

        let cut = if before < Self::SHOWN { 0 } else { before - Self::SHOWN / 2 };
        let excerpt = line.chars().skip(cut).take(Self::SHOWN).map(|c| if c == '\t' { ' ' } else { printable(c) });
        Self {
            line: text[..start].matches('\n').count() + 1,
            column: before + 1,
            excerpt: excerpt.collect(),
            before: before - cut,
            width: spanned.clamp(1, Self::SHOWN - (before - cut)),
        }
    }
}

/// Returns the known word that is spelt most alike, unless all are far.
pub(super) fn near<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    // Long words from outside are no misspelling, and their distance would cost their square.
    if word.len() > 40 {
        return None;
    }
    let word = word.to_ascii_lowercase();
    let distances = known.into_iter().map(|known| (distance(&word, &known.to_ascii_lowercase()), known));
    distances.filter(|(far, known)| *far <= known.len() / 3).min_by_key(|(far, _)| *far).map(|(_, known)| known)
}

#[derive(Debug)]
struct Report {
    file: String,
    place: Option<Place>,
    problem: Problem,
}

/// Returns what others said of the file, which may quote it.
fn printed(said: &str) -> String {
    said.chars().map(printable).collect()
}

fn built_in() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

fn list<'w>(words: impl Iterator<Item = &'w str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

/// Returns the last boundary of a character that is not after `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// Returns how many bytes must be put in, taken out or changed to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, byte) in one.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (place, target) in other.bytes().enumerate() {
            let changed = diagonal + usize::from(byte != target);
            diagonal = row[place + 1];
            row[place + 1] = changed.min(diagonal + 1).min(row[place] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_spelt_alike_are_near() {
        let known = ["first_session", "exchange", "investor", "IBM", "META"];
        for (word, expected) in [
            ("first_sesion", Some("first_session")),
            ("Exchanges", Some("exchange")),
            ("IBN", Some("IBM")),
            ("ibm", Some("IBM")),
            ("X", None),
            ("", None),
        ] {
            assert_eq!(near(word, known), expected, "{word}");
        }
        assert_eq!(near(&"x".repeat(1_000_000), known), None);
    }

    #[test]
    fn a_place_is_cut_about_its_column() {
        let text = format!("ok\n{}!!\u{1b}[31m{}\n", "a".repeat(500), "b".repeat(500));
        let place = Place::of(&text, 503..505);
        assert_eq!((place.line, place.column, place.before, place.width), (2, 501, 50, 2));
        assert_eq!(place.excerpt.chars().count(), 100);
        assert!(!place.excerpt.contains('\u{1b}'));
        // Past the end, and inside a character.
        assert_eq!(Place::of("é", 1..9).column, 1);
        assert_eq!(Place::of("", 5..9).line, 1);
    }
}
