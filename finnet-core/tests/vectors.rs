//! Every model but `Replay` against the test vectors of `tests/data/vectors/`, bit by bit. They come from a second implementation
//! in plain Python, with its own constants; whoever writes a third may hold it to the same files.
//!
//! The bits must not hang on how this is compiled: `.ci/run` runs this file at opt-level 0, at 3, and at 3 for the very
//! CPU that it runs on.

use std::collections::BTreeMap;

use finnet_core::chrono::NaiveDate;
use finnet_core::price::{
    Bootstrap, Clock, Gbm, Heston, Market, MeanBlock, Merton, Model, Ou, PerYear, PriceError, Seed, Uniform,
};
use finnet_core::{Price, Symbol};

/// The market that both files are of: the one with its stocks alone, the other with them correlated.
fn market() -> Market<'static> {
    let price = |text: &str| -> Price { text.parse().expect("a price") };
    let year = PerYear;
    let merton = |start, drift, volatility, intensity, jump_mean, jump_deviation| {
        let (drift, volatility, intensity) = (year(drift), year(volatility), year(intensity));
        Merton { start: price(start), drift, volatility, intensity, jump_mean, jump_deviation }
    };
    let models: [(&str, Model); 6] = [
        ("UNI", Uniform::new(price("128.25")).expect("a base").into()),
        ("GBM", Gbm { start: price("100"), drift: year(0.07), volatility: year(0.22) }.into()),
        ("MERTON", merton("100", 0.08, 0.15, 40.0, -0.02, 0.05).into()),
        ("OU", Ou { start: price("120"), level: price("70"), reversion: year(3.0), volatility: year(0.3) }.into()),
        ("WILD", Gbm { start: price("0.5"), drift: year(-0.1), volatility: year(0.9) }.into()),
        ("JUMPY", merton("37.91", 0.05, 0.1, 20_000.0, 0.0001, 0.001).into()),
    ];
    let first = NaiveDate::from_ymd_opt(2000, 1, 3).expect("a date");
    let market = Market::new(Seed(42), first, Clock::CalendarDays { per_year: 365.0 }).expect("a clock");
    models.into_iter().fold(market, |market, (name, model)| {
        market.stock(Symbol::new(name).expect("a symbol"), model).expect("sound parameters")
    })
}

const CORRELATIONS: [[f64; 6]; 6] = [
    [1.0, 0.1, 0.2, 0.0, -0.3, 0.1],
    [0.1, 1.0, 0.6, 0.25, -0.4, 0.3],
    [0.2, 0.6, 1.0, 0.0, -0.1, 0.5],
    [0.0, 0.25, 0.0, 1.0, 0.35, -0.2],
    [-0.3, -0.4, -0.1, 0.35, 1.0, 0.0],
    [0.1, 0.3, 0.5, -0.2, 0.0, 1.0],
];

/// Holds the market's values to those of a file, each asked alone and the first thousands of days in order as well.
fn check(market: &Market<'_>, csv: &str) {
    let mut closes = BTreeMap::new();
    for line in csv.lines().skip(1) {
        let [symbol, date, value, close] = line.split(',').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let (symbol, date) = (Symbol::new(symbol).expect("a symbol"), date.parse::<NaiveDate>().expect("a date"));
        if !value.is_empty() {
            let found = market.value(symbol, date).expect("a value");
            assert_eq!(format!("{:016x}", found.to_bits()), value, "{symbol} on {date}: {found}");
        }
        let found = market.close(symbol, date);
        if close.is_empty() {
            assert_eq!(found, Err(PriceError::TooLarge { symbol, session: date }));
        } else {
            assert_eq!(found, Ok(close.parse().expect("a price")), "{symbol} on {date}");
        }
        closes.insert((symbol, date), found.ok());
    }
    let end = NaiveDate::from_ymd_opt(2020, 1, 1).expect("a date");
    for symbol in market.symbols() {
        let mut compared = 0;
        for close in market.closes(symbol, ..end).expect("a range").map(|close| close.expect("a close")) {
            if let Some(known) = closes.get(&(symbol, close.session)) {
                assert_eq!(*known, Some(close.price), "{symbol} on {}, in order", close.session);
                compared += 1;
            }
        }
        assert!(compared > 100, "{compared} closes of {symbol} compared");
    }
}

#[test]
fn alone() {
    check(&market(), include_str!("data/vectors/alone.csv"));
}

#[test]
fn correlated() {
    check(&market().correlated(&CORRELATIONS).expect("positive definite"), include_str!("data/vectors/correlated.csv"));
}

/// Models that go by steps, and one that does not correlated with them.
#[test]
fn steps() {
    let price = |text: &str| -> Price { text.parse().expect("a price") };
    let heston = |drift, initial_variance, long_run_variance, mean_reversion, vol_of_vol, correlation| Heston {
        start: price("100"),
        drift: PerYear(drift),
        initial_variance: PerYear(initial_variance),
        long_run_variance: PerYear(long_run_variance),
        mean_reversion: PerYear(mean_reversion),
        vol_of_vol: PerYear(vol_of_vol),
        correlation,
    };
    let past = ["10", "10.21", "9.87", "9.99", "10.40", "10.37", "9.80", "9.95", "10.55", "10.70", "10.13"];
    let past = Bootstrap::new(price("50"), &past.map(price), MeanBlock(4)).expect("a past");
    let models: [(&str, Model); 5] = [
        ("GBM", Gbm { start: price("100"), drift: PerYear(0.07), volatility: PerYear(0.22) }.into()),
        ("CALM", heston(0.07, 0.04, 0.05, 2.0, 0.4, -0.7).into()),
        ("WILD", heston(0.03, 0.04, 0.02, 1.0, 1.5, 0.5).into()),
        ("FIRM", heston(0.03, 0.04, 0.02, 1.0, 0.0, 0.5).into()),
        ("PAST", past.into()),
    ];
    let first = NaiveDate::from_ymd_opt(2000, 1, 3).expect("a date");
    let market = Market::new(Seed(42), first, Clock::CalendarDays { per_year: 365.0 }).expect("a clock");
    let market = models.into_iter().fold(market, |market, (name, model)| {
        market.stock(Symbol::new(name).expect("a symbol"), model).expect("sound parameters")
    });
    let correlations = CORRELATIONS.map(|row| [row[0], row[1], row[2], row[3], row[4]]);
    let market = market.correlated(&correlations[..5]).expect("positive definite");
    check(&market, include_str!("data/vectors/steps.csv"));
}
