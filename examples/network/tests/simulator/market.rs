//! What a run is about: a small market, exchanges, investors and their portfolios, drawn from the seed.

use chrono::{Days, NaiveDate};
use finnet_core::{Book, Close, Holdings, Name, PortfolioId, Price, Symbol};

use super::dice::Dice;

/// The time of all records, in milliseconds since 1970: after all sessions, 2020-09-13.
pub(crate) const TODAY_MS: i64 = 1_600_000_000_000;

const TICKERS: [&str; 6] = ["IBM", "VZ", "AAPL", "HPQ", "CSCO", "INTC"];

/// One exchange.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) name: &'static str,
    pub(crate) stocks: Vec<Symbol>,
    /// What it sends, a session after the other.
    pub(crate) sessions: Vec<Vec<Close>>,
    pub(crate) instances: usize,
    pub(crate) weight: usize,
}

/// One investor.
#[derive(Clone, Debug)]
pub(crate) struct Investor {
    pub(crate) group: String,
    pub(crate) portfolios: Vec<(PortfolioId, Vec<(Symbol, i64)>)>,
    pub(crate) shares: i32,
    pub(crate) instances: usize,
    pub(crate) weight: usize,
}

/// All that a run is about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Market {
    pub(crate) exchanges: Vec<Exchange>,
    pub(crate) investors: Vec<Investor>,
    pub(crate) apps: usize,
    /// Partitions of `StockExchange`, `portfolios`, and each topic of rejected records.
    pub(crate) partitions: [i32; 3],
    /// How many records a transaction holds.
    pub(crate) slice: usize,
    /// How many sessions of each exchange are there before it starts.
    pub(crate) sent_closes: Vec<usize>,
    /// How many valuations of each portfolio are there before its investor starts, of those that can be.
    pub(crate) sent_valuations: Vec<usize>,
    /// How many records that nobody can use are there before anybody starts.
    pub(crate) sown_before: u64,
}

impl Market {
    /// Draws a market.
    pub(crate) fn draw(dice: &Dice) -> Self {
        let stocks = 3 + dice.below(4);
        let first = 1 + dice.below(stocks - 1);
        let all: Vec<_> = TICKERS[..stocks].iter().map(|ticker| Symbol::new(ticker).expect("a ticker")).collect();
        let sessions = 4 + dice.below(14);
        let gaps = dice.pick(&[0, 500, 2_000]);
        let coarse = dice.chance(3_000);
        let exchange = |name, stocks: &[Symbol]| {
            let rests: Vec<bool> = (0..sessions).map(|_| dice.chance(gaps)).collect();
            let open = (0..sessions).filter(|&day| !rests[day]);
            let sent = open.map(|day| {
                let traded = stocks.iter().filter(|_| !dice.chance(gaps / 2));
                traded.map(|&symbol| Close { symbol, session: date(day), price: price(dice, coarse) }).collect()
            });
            Exchange {
                name,
                stocks: stocks.to_vec(),
                sessions: sent.collect(),
                instances: 1 + dice.below(2),
                weight: dice.pick(&[1, 4, 16]),
            }
        };
        let exchanges = vec![exchange("SE1", &all[..first]), exchange("SE2", &all[first..])];
        let investors: Vec<_> = (1..=2).map(|number| investor(dice, number, &all, coarse)).collect();
        let portfolios = investors.iter().map(|investor| investor.portfolios.len()).sum();
        let few = |chance, most: usize| if dice.chance(chance) { dice.below(most + 1) } else { 0 };
        Self {
            sent_closes: exchanges.iter().map(|exchange| few(3_000, exchange.sessions.len())).collect(),
            sent_valuations: (0..portfolios).map(|_| few(2_000, sessions)).collect(),
            sown_before: if dice.chance(3_000) { 1 + dice.bits() % 4 } else { 0 },
            exchanges,
            investors,
            apps: 1 + dice.below(2),
            partitions: [1 + dice.below(3), 1 + dice.below(3), 1 + dice.below(2)]
                .map(|count| i32::try_from(count).expect("a few")),
            slice: dice.pick(&[1, 2, 5, 12, 30]),
        }
    }

    /// Returns the same with one instance of each program.
    pub(crate) fn alone(mut self) -> Self {
        self.exchanges.iter_mut().for_each(|exchange| exchange.instances = 1);
        self.investors.iter_mut().for_each(|investor| investor.instances = 1);
        self.apps = 1;
        self
    }

    /// Returns all stocks.
    pub(crate) fn stocks(&self) -> Vec<Symbol> {
        self.exchanges.iter().flat_map(|exchange| exchange.stocks.iter().copied()).collect()
    }

    /// Returns all portfolios and what they hold.
    pub(crate) fn portfolios(&self) -> impl Iterator<Item = &(PortfolioId, Vec<(Symbol, i64)>)> {
        self.investors.iter().flat_map(|investor| &investor.portfolios)
    }
}

impl Investor {
    /// Returns the book of its portfolios.
    pub(crate) fn book(&self) -> Book {
        let holdings = |lines: &[(Symbol, i64)]| {
            let lines = lines.iter().map(|(symbol, pieces)| (symbol.to_string(), *pieces));
            Holdings::new(lines).expect("holdings")
        };
        Book::new(self.portfolios.iter().map(|(id, lines)| (*id, holdings(lines))))
    }

    /// Returns whether any of its portfolios holds the stock.
    pub(crate) fn holds(&self, stock: Symbol) -> bool {
        self.portfolios.iter().any(|(_, lines)| lines.iter().any(|(held, _)| *held == stock))
    }
}

fn investor(dice: &Dice, number: usize, stocks: &[Symbol], coarse: bool) -> Investor {
    let name = Name::new(&format!("Inv{number}")).expect("a name");
    let portfolio = |at: usize| {
        let id = PortfolioId { investor: name, portfolio: Name::new(&format!("P{number}{at}")).expect("a name") };
        let mut held = stocks.to_vec();
        dice.shuffle(&mut held);
        held.truncate(1 + dice.below(stocks.len().min(4)));
        let pieces = |_: &Symbol| {
            let pieces = if coarse { 100 } else { i64::try_from(1 + dice.below(3_000)).expect("small") };
            if dice.chance(2_500) { -pieces } else { pieces }
        };
        (id, held.into_iter().map(|symbol| (symbol, pieces(&symbol))).collect())
    };
    Investor {
        group: format!("inv-{number}"),
        portfolios: (1..=1 + dice.below(3)).map(portfolio).collect(),
        shares: i32::try_from(1 + dice.below(3)).expect("a few"),
        instances: 1 + dice.below(2),
        weight: dice.pick(&[2, 6]),
    }
}

/// Returns the date of a session, by its number.
pub(crate) fn date(day: usize) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(2000, 1, 3).expect("a date");
    first + Days::new(u64::try_from(day).expect("small"))
}

/// Returns a price: coarse ones make portfolios that are worth nothing, and prices that stay.
fn price(dice: &Dice, coarse: bool) -> Price {
    let units = if coarse {
        (1 + dice.below(3)) * 100_000_000
    } else {
        let places = dice.pick(&[1_000_000, 10_000, 1]);
        (1 + dice.below(40_000_000_000) / places) * places
    };
    Price::from_units(i128::try_from(units).expect("small")).expect("above 0")
}
