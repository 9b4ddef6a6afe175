//! Why an account is worth more or less than before: terms that sum to the change, to the last minor unit.
//!
//! ΔNAV = flows + realised + Δunrealised + income + costs + currency, for the account and, with what was transferred between
//! symbols, for each symbol too. Terms are sums of lines ([`Line`]), each in the home currency at the rate of its date;
//! what rates have made of cash and of costs since then is the currency term.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;

use super::Ledger;
use super::line::{Kind, Line};
use super::nav::{Nav, NavError};
use crate::money::{Currency, Money, Price};
use crate::symbol::Symbol;

/// What a change of value is made of, in the home currency; a gain is above 0, a cost below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Terms {
    /// Paid in less taken out by the owner.
    pub flows: Money,
    /// Profit of closed lots, net of their fees, that the price made.
    pub realised: Money,
    /// The change of the profit of open lots that the price made.
    pub unrealised: Money,
    /// Dividends, before tax, and interest.
    pub income: Money,
    /// Fees, taxes and borrow fees outside any lot's cost.
    pub costs: Money,
    /// What exchange rates made of cash and of costs; 0 in the home currency.
    pub currency: Money,
    /// Cost that came from other symbols, or went to them: a spin-off, a merger, a new name. Over all symbols 0.
    pub transferred: Money,
}

/// Why an account is worth more or less at the end of one date than at that of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The date at whose end it begins.
    pub from: NaiveDate,
    /// The date at whose end it ends.
    pub to: NaiveDate,
    /// NAV at the end less NAV at the beginning.
    pub change: Money,
    /// The terms of the account, which sum to the change.
    pub terms: Terms,
    /// The terms of each stock with any, in order of the symbols: they sum to the change of its value and its cash.
    pub symbols: Vec<(Symbol, Terms)>,
    /// The terms of what is of no stock: the owner's flows, interest, fees of the account, currencies held.
    pub rest: Terms,
}

impl Terms {
    /// Returns the sum of all terms.
    ///
    /// # Errors
    ///
    /// - [`NavError::TooLarge`] beyond 18 digits of minor units.
    pub fn total(&self) -> Result<Money, NavError> {
        let terms =
            [self.flows, self.realised, self.unrealised, self.income, self.costs, self.currency, self.transferred];
        let sum = terms.iter().map(|term| i128::from(term.minor())).sum();
        Money::from_minor(sum, self.flows.currency()).map_err(|_| NavError::TooLarge)
    }
}

/// A line a term that is not 0, then their sum.
impl fmt::Display for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = [
            ("paid in", self.flows),
            ("realised", self.realised),
            ("unrealised", self.unrealised),
            ("income", self.income),
            ("costs", self.costs),
            ("currency", self.currency),
            ("transferred", self.transferred),
        ];
        for (name, term) in named.iter().filter(|(_, term)| term.minor() != 0) {
            writeln!(f, "  {name:<12}{term:>24}")?;
        }
        match self.total() {
            Ok(total) => write!(f, "= {:<12}{total:>24}", ""),
            Err(why) => why.fmt(f),
        }
    }
}

/// The terms of the account; those of each stock are in [`Explanation::symbols`].
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "from the end of {} to that of {}\n{}", self.from, self.to, self.terms)
    }
}

impl Ledger {
    /// Returns why the account is worth more or less at the end of `to` than at the end of `from`.
    ///
    /// # Errors
    ///
    /// - Those of [`Ledger::nav`] on both dates; [`NavError::Backwards`].
    ///
    /// # Examples
    ///
    /// ```
    /// use finnet_core::chrono::NaiveDate;
    /// use finnet_core::Symbol;
    /// use finnet_core::ledger::{Deposit, Ledger, LotMethod, Trade};
    /// use finnet_core::money::USD;
    ///
    /// let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
    /// let (mut ledger, vz) = (Ledger::new(USD, LotMethod::Fifo), Symbol::new("VZ")?);
    /// ledger.apply(day(16), Deposit(USD.of(5_000)?))?;
    /// ledger.apply(day(16), Trade::buy(100, vz, USD.per_share("41.50")?)?)?;
    /// ledger.apply(day(17), Trade::sell(40, vz, USD.per_share(42)?)?)?;
    /// let close = |_, date| if date == day(16) { "41.50".parse().ok() } else { "41.00".parse().ok() };
    /// let why = ledger.explain(day(16), day(17), close)?;
    /// assert_eq!(why.terms.realised, USD.of(20)?);
    /// assert_eq!(why.terms.unrealised, USD.of(-30)?);
    /// assert_eq!(why.change, USD.of(-10)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn explain(
        &self,
        from: NaiveDate,
        to: NaiveDate,
        price: impl Fn(Symbol, NaiveDate) -> Option<Price>,
    ) -> Result<Explanation, NavError> {
        if from > to {
            return Err(NavError::Backwards { from, to });
        }
        let navs = self.navs([from, to], price)?;
        self.between(&navs[0], &navs[1])
    }

    /// Returns the explanation of each step from one of these dates to the next; of n dates there are n − 1.
    ///
    /// # Errors
    ///
    /// - Those of [`Ledger::explain`].
    pub fn explain_each(
        &self,
        dates: impl IntoIterator<Item = NaiveDate>,
        price: impl Fn(Symbol, NaiveDate) -> Option<Price>,
    ) -> Result<Vec<Explanation>, NavError> {
        let navs = self.navs(dates, price)?;
        navs.windows(2).map(|step| self.between(&step[0], &step[1])).collect()
    }

    fn between(&self, before: &Nav, after: &Nav) -> Result<Explanation, NavError> {
        let (from, to) = (before.date(), after.date());
        if from > to {
            return Err(NavError::Backwards { from, to });
        }
        let lines = &self.lines_until(to)[self.lines_until(from).len()..];
        let mut sums = Sums::default();
        for line in lines {
            sums.add(line);
        }
        for (nav, sign) in [(before, -1), (after, 1)] {
            for worth in nav.positions() {
                let terms = sums.of(Some(worth.symbol));
                terms[UNREALISED] += sign * i128::from(worth.price_effect.minor());
                terms[CURRENCY] += sign * i128::from(worth.currency_effect.minor());
            }
            for (_, home) in nav.cash() {
                sums.of(None)[CURRENCY] += sign * i128::from(home.minor());
            }
        }
        let home_cash = lines.iter().map(|line| i128::from(line.home_cash)).sum::<i128>();
        sums.of(None)[CURRENCY] -= home_cash;
        let change = i128::from(after.total().minor()) - i128::from(before.total().minor());
        sums.explanation((from, to), change, self.home())
    }
}

/// Places of the terms in a sum.
const FLOWS: usize = 0;
const REALISED: usize = 1;
const UNREALISED: usize = 2;
const INCOME: usize = 3;
const COSTS: usize = 4;
const CURRENCY: usize = 5;
const TRANSFERRED: usize = 6;

/// Terms by symbol, in minor units of the home currency.
#[derive(Default)]
struct Sums(BTreeMap<Option<Symbol>, [i128; 7]>);

impl Sums {
    fn of(&mut self, symbol: Option<Symbol>) -> &mut [i128; 7] {
        self.0.entry(symbol).or_default()
    }

    fn add(&mut self, line: &Line) {
        let terms = self.of(line.symbol);
        let place = match line.kind {
            Kind::Flow => FLOWS,
            Kind::Trade => REALISED,
            Kind::Dividend | Kind::Interest => INCOME,
            Kind::Fee | Kind::Tax | Kind::Borrow => COSTS,
            Kind::Exchange => CURRENCY,
            Kind::Transfer => TRANSFERRED,
        };
        let currency = i128::from(line.currency_effect);
        terms[place] += i128::from(line.home_cash) + i128::from(line.home_cost) - currency;
        terms[CURRENCY] += currency;
    }

    fn explanation(
        self,
        (from, to): (NaiveDate, NaiveDate),
        change: i128,
        home: Currency,
    ) -> Result<Explanation, NavError> {
        let mut all = [0; 7];
        for terms in self.0.values() {
            all.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
        }
        debug_assert_eq!(all.iter().sum::<i128>(), change, "every line balances");
        let money = |minor: i128| Money::from_minor(minor, home).map_err(|_| NavError::TooLarge);
        let terms = |terms: &[i128; 7]| -> Result<Terms, NavError> {
            Ok(Terms {
                flows: money(terms[FLOWS])?,
                realised: money(terms[REALISED])?,
                unrealised: money(terms[UNREALISED])?,
                income: money(terms[INCOME])?,
                costs: money(terms[COSTS])?,
                currency: money(terms[CURRENCY])?,
                transferred: money(terms[TRANSFERRED])?,
            })
        };
        let symbols = self.0.iter().filter_map(|(symbol, sums)| Some(((*symbol)?, sums)));
        let symbols = symbols.map(|(symbol, sums)| Ok((symbol, terms(sums)?))).collect::<Result<_, NavError>>()?;
        let rest = self.0.get(&None).copied().unwrap_or_default();
        Ok(Explanation { from, to, change: money(change)?, terms: terms(&all)?, symbols, rest: terms(&rest)? })
    }
}
