//! Net asset value at a date: cash + Σ market values, in the home currency.
//!
//! In come closes, as a function of symbol and date; out comes every position and every currency with what it is worth.
//! What can't be priced is an error that lists all that lacks, never a 0.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;

use super::books::{Rules, small};
use super::error::LedgerError;
use super::line::Line;
use super::lot::Lots;
use super::{Ledger, money};
use crate::money::{Currency, Money, PerShare, Price, Shares};
use crate::rate::RateError;
use crate::symbol::Symbol;

/// What an account is worth at the end of a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nav {
    date: NaiveDate,
    total: Money,
    cash: Vec<(Money, Money)>,
    positions: Vec<Worth>,
}

/// What one position is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worth {
    /// The stock.
    pub symbol: Symbol,
    /// The shares held, below 0 where they are short.
    pub shares: Shares,
    /// The price of one.
    pub price: PerShare,
    /// Shares × price, rounded by the ledger's rule; below 0 where they are short.
    pub value: Money,
    /// The value in the home currency.
    pub home_value: Money,
    /// What the shares have cost, in the stock's currency.
    pub cost: Money,
    /// That cost in the home currency, at the rates of the days on which it was paid.
    pub home_cost: Money,
    /// The part of the unrealised profit that the price made: (value − cost) at today's rate, in the home currency.
    pub price_effect: Money,
    /// The part that the exchange rate made of the cost; 0 in the home currency.
    pub currency_effect: Money,
}

/// What is missing to say what an account is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lacking {
    /// At the end of which date.
    pub date: NaiveDate,
    /// The positions without a price.
    pub prices: Vec<Symbol>,
    /// The currencies without a rate.
    pub rates: Vec<Currency>,
}

/// Why there is no net asset value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NavError {
    /// Prices or rates are missing.
    Lacking(Box<Lacking>),
    /// A value or a sum of them is beyond 18 digits of minor units.
    TooLarge,
    /// Weights sum to more than 1, or name a stock twice.
    Weights,
    /// A stock that orders are asked for is held in a foreign currency.
    Foreign {
        /// The stock.
        symbol: Symbol,
        /// Its currency.
        currency: Currency,
    },
    /// The time to explain ends before it begins.
    Backwards {
        /// Its first date.
        from: NaiveDate,
        /// Its last date.
        to: NaiveDate,
    },
}

/// What an account has at the end of a date, as its lines sum to.
#[derive(Clone, Debug, Default)]
pub(super) struct Balances {
    cash: BTreeMap<Currency, i128>,
    /// A stock may have been held in another currency before: a correction can still have lines in it.
    held: BTreeMap<(Symbol, Currency), Held>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Held {
    shares: i128,
    cost: i128,
    home_cost: i128,
}

impl Ledger {
    /// Returns what the account is worth at the end of a date, as the ledger knows it today.
    ///
    /// `price` says what a share closed at, in the currency of its position; it is asked once a position.
    ///
    /// # Errors
    ///
    /// - [`NavError::Lacking`] lists every position without a price and every currency without a rate.
    /// - [`NavError::TooLarge`].
    pub fn nav(&self, date: NaiveDate, price: impl Fn(Symbol, NaiveDate) -> Option<Price>) -> Result<Nav, NavError> {
        self.balances(date).worth(&self.rules, date, price)
    }

    /// Returns what the account is worth at the end of each of these dates, in one pass where they ascend.
    ///
    /// # Errors
    ///
    /// - Those of [`Ledger::nav`], of the first date that has one.
    pub fn navs(
        &self,
        dates: impl IntoIterator<Item = NaiveDate>,
        price: impl Fn(Symbol, NaiveDate) -> Option<Price>,
    ) -> Result<Vec<Nav>, NavError> {
        let mut navs = Vec::new();
        self.each_nav(dates, price, |nav, _| navs.push(nav))?;
        Ok(navs)
    }

    /// Visits each of these dates with what the account is worth at its end, and the lines since the date before.
    pub(crate) fn each_nav<'l>(
        &'l self,
        dates: impl IntoIterator<Item = NaiveDate>,
        price: impl Fn(Symbol, NaiveDate) -> Option<Price>,
        mut visit: impl FnMut(Nav, &'l [Line]),
    ) -> Result<(), NavError> {
        let (mut balances, mut done) = (Balances::default(), 0);
        for date in dates {
            let lines = self.lines_until(date);
            if lines.len() < done {
                (balances, done) = (Balances::default(), 0);
            }
            balances.add(&lines[done..]);
            visit(balances.worth(&self.rules, date, &price)?, &lines[done..]);
            done = lines.len();
        }
        Ok(())
    }

    /// Returns the stocks held at the end of a date, in order of the symbols, with their shares and cost.
    pub fn holdings(&self, date: NaiveDate) -> Vec<(Symbol, Shares, Money)> {
        let held = self.balances(date).held.into_iter().filter(|(_, held)| held.shares != 0);
        let held = held.map(|((symbol, currency), held)| {
            let shares = Shares::from_millionths(held.shares).expect("checked as it grew");
            (symbol, shares, money(i64::try_from(held.cost).expect("checked as it grew"), currency))
        });
        held.collect()
    }

    /// Returns what there is at the end of a date: as the books are where no line is later, else as the lines sum to.
    fn balances(&self, date: NaiveDate) -> Balances {
        let mut balances = Balances::default();
        if self.books.last.is_none_or(|last| last <= date) {
            balances.cash = self.books.cash.iter().map(|(currency, minor)| (currency, i128::from(minor))).collect();
            let held = |lots: &Lots| Held {
                shares: lots.shares.into(),
                cost: lots.cost.into(),
                home_cost: lots.home_cost.into(),
            };
            let positions = self.books.positions.iter();
            balances.held = positions.map(|(&symbol, lots)| ((symbol, lots.currency), held(lots))).collect();
        } else {
            balances.add(self.lines_until(date));
        }
        balances
    }

    /// Returns the lines of all dates up to this one.
    pub(super) fn lines_until(&self, date: NaiveDate) -> &[Line] {
        &self.books.lines[..self.books.lines.partition_point(|line| line.date <= date)]
    }
}

impl Balances {
    fn add(&mut self, lines: &[Line]) {
        for line in lines {
            *self.cash.entry(line.currency).or_default() += i128::from(line.cash);
            if let Some(symbol) = line.symbol.filter(|_| line.shares != 0 || line.cost != 0 || line.home_cost != 0) {
                self.hold(symbol, line);
            }
        }
    }

    fn hold(&mut self, symbol: Symbol, line: &Line) {
        let held = self.held.entry((symbol, line.currency)).or_default();
        held.shares += i128::from(line.shares);
        held.cost += i128::from(line.cost);
        held.home_cost += i128::from(line.home_cost);
    }

    fn worth(
        &self,
        rules: &Rules,
        date: NaiveDate,
        price: impl Fn(Symbol, NaiveDate) -> Option<Price>,
    ) -> Result<Nav, NavError> {
        let mut lacking = Lacking { date, prices: Vec::new(), rates: Vec::new() };
        let mut total = 0_i128;
        let mut cash = Vec::with_capacity(self.cash.len());
        for (&currency, &minor) in self.cash.iter().filter(|(_, minor)| **minor != 0) {
            let minor = small(minor).map_err(|_| NavError::TooLarge)?;
            if let Some(home) = lacking.rated(&rules.home(minor, currency, date))? {
                cash.push((money(minor, currency), money(home, rules.rates.home())));
                total += i128::from(home);
            }
        }
        let mut positions = Vec::with_capacity(self.held.len());
        for (&(symbol, currency), held) in self.held.iter().filter(|(_, held)| held.shares != 0) {
            let price = price(symbol, date);
            if price.is_none() {
                lacking.prices.push(symbol);
            }
            // A rate that lacks is said as well where the price lacks.
            let rated = lacking.rated(&rules.home(0, currency, date))?;
            if let Some((price, _)) = price.zip(rated) {
                let worth =
                    held.worth(rules, date, symbol, PerShare { price, currency }).map_err(|_| NavError::TooLarge)?;
                total += i128::from(worth.home_value.minor());
                positions.push(worth);
            }
        }
        if !lacking.prices.is_empty() || !lacking.rates.is_empty() {
            return Err(NavError::Lacking(Box::new(lacking)));
        }
        let total = Money::from_minor(total, rules.rates.home()).map_err(|_| NavError::TooLarge)?;
        Ok(Nav { date, total, cash, positions })
    }
}

impl Held {
    fn worth(&self, rules: &Rules, date: NaiveDate, symbol: Symbol, price: PerShare) -> Result<Worth, LedgerError> {
        let (currency, home) = (price.currency, rules.rates.home());
        let [shares, cost, home_cost] = [small(self.shares)?, small(self.cost)?, small(self.home_cost)?];
        let value = rules.value(shares, price)?;
        let home_value = rules.home(value, currency, date)?;
        let cost_now = rules.home(cost, currency, date)?;
        let difference = |one: i64, other: i64| small(i128::from(one) - i128::from(other));
        Ok(Worth {
            symbol,
            shares: Shares::from_millionths(self.shares).map_err(|_| LedgerError::TooLarge)?,
            price,
            value: money(value, currency),
            home_value: money(home_value, home),
            cost: money(cost, currency),
            home_cost: money(home_cost, home),
            price_effect: money(difference(home_value, cost_now)?, home),
            currency_effect: money(difference(cost_now, home_cost)?, home),
        })
    }
}

impl Lacking {
    /// Returns minor units of the home currency; `None` where the rate lacks, which is noted.
    fn rated(&mut self, home: &Result<i64, LedgerError>) -> Result<Option<i64>, NavError> {
        match home {
            Ok(home) => Ok(Some(*home)),
            Err(LedgerError::Rate(RateError::Lacking { currency, .. })) => {
                if !self.rates.contains(currency) {
                    self.rates.push(*currency);
                }
                Ok(None)
            }
            Err(_) => Err(NavError::TooLarge),
        }
    }
}

impl Nav {
    /// Returns the date at whose end it holds.
    pub fn date(&self) -> NaiveDate {
        self.date
    }

    /// Returns cash + Σ market values, in the home currency.
    pub fn total(&self) -> Money {
        self.total
    }

    /// Returns the cash of each currency, settled or not, and the same in the home currency.
    pub fn cash(&self) -> &[(Money, Money)] {
        &self.cash
    }

    /// Returns the positions, in order of the symbols.
    pub fn positions(&self) -> &[Worth] {
        &self.positions
    }
}

/// Cash and positions with what they are worth, a line each, then their sum.
impl fmt::Display for Nav {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (cash, home) in &self.cash {
            writeln!(f, "  {:<46}{home:>24}", format!("cash {cash}"))?;
        }
        for worth in &self.positions {
            let Worth { symbol, shares, price, home_value, .. } = worth;
            writeln!(f, "  {:<46}{home_value:>24}", format!("{symbol} {shares} at {price}"))?;
        }
        write!(f, "= {:<46}{:>24}", format!("on {}", self.date), self.total)
    }
}

impl fmt::Display for NavError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lacking(lacking) => lacking.fmt(f),
            Self::TooLarge => f.write_str("a value or a sum of values is too large"),
            Self::Weights => f.write_str("weights sum to more than 1, or name a stock twice"),
            Self::Foreign { symbol, currency } => write!(f, "{symbol} is held in {currency}, not in the home currency"),
            Self::Backwards { from, to } => write!(f, "{from} is after {to}"),
        }
    }
}

impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "on {} there is no", self.date)?;
        let list = |f: &mut fmt::Formatter<'_>, what: &str, names: Vec<&str>| {
            if names.is_empty() { Ok(()) } else { write!(f, " {what} of {}", names.join(", ")) }
        };
        list(f, "price", self.prices.iter().map(Symbol::as_str).collect())?;
        if !self.prices.is_empty() && !self.rates.is_empty() {
            f.write_str(" and no")?;
        }
        list(f, "rate", self.rates.iter().map(Currency::code).collect())
    }
}

impl std::error::Error for NavError {}
