//! Bars and ticks against the closes they lie between, and against the law of a Brownian bridge.

use chrono::Days;
use proptest::prelude::*;

use super::super::stock::to_f64;
use super::*;
use crate::calendar::XNYS;
use crate::number::{exp, ln, normal_probability};
use crate::price::{Bootstrap, Clock, Gbm, Heston, MeanBlock, Merton, Model, Ou, PerYear, Replay, Seed, Uniform};

const CLOCK: Clock<'static> = Clock::Sessions { calendar: &XNYS, per_year: 252.0 };

fn first() -> NaiveDate {
    NaiveDate::from_ymd_opt(2000, 1, 3).unwrap()
}

fn session(number: usize) -> Session {
    XNYS.sessions(first()..).unwrap().nth(number).unwrap()
}

fn symbol(number: usize) -> Symbol {
    Symbol::new(&format!("S{number}")).unwrap()
}

fn price(text: &str) -> Price {
    text.parse().unwrap()
}

/// One stock of each model; the replay lacks every fifth session, and has closes of a tenth of a cent.
fn models() -> [Model; 7] {
    let (start, level) = (price("100"), price("70"));
    let (drift, volatility) = (PerYear(0.06), PerYear(0.25));
    let (initial_variance, long_run_variance) = (PerYear(0.04), PerYear(0.05));
    let past = ["10", "10.20", "9.90", "9.95", "10.40"].map(price);
    let replayed = (0..400_i128).filter(|number| number % 5 != 4).map(|number| {
        let close = Price::from_units(1_000_100_000 + number * number * 100_000).unwrap();
        (session(usize::try_from(number).unwrap()).date(), close)
    });
    [
        Gbm { start, drift, volatility }.into(),
        Merton { start, drift, volatility, intensity: PerYear(40.0), jump_mean: -0.05, jump_deviation: 0.1 }.into(),
        Ou { start, level, reversion: PerYear(2.0), volatility }.into(),
        Heston {
            start,
            drift,
            initial_variance,
            long_run_variance,
            mean_reversion: PerYear(2.0),
            vol_of_vol: PerYear(0.4),
            correlation: -0.7,
        }
        .into(),
        Bootstrap::new(start, &past, MeanBlock(2)).unwrap().into(),
        Uniform::new(start).unwrap().into(),
        Replay::new(replayed.collect()).unwrap().into(),
    ]
}

/// Stocks of all models in turn, any two of them correlated by 1/2.
fn market(seed: u64, stocks: usize, night: f64) -> Market<'static> {
    let row = |i: usize| (0..stocks).map(|j| if i == j { 1.0 } else { 0.5 }).collect();
    let matrix: Vec<Vec<f64>> = (0..stocks).map(row).collect();
    let market = (0..stocks)
        .zip(models().into_iter().cycle())
        .fold(Market::new(Seed(seed), first(), CLOCK).unwrap(), |market, (number, model)| {
            market.stock(symbol(number), model).unwrap()
        });
    market.correlated(&matrix).unwrap().overnight(Overnight::share(night).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_bar_is_what_its_ticks_come_to(
        seed in any::<u64>(), stock in 0..7_usize, on in 0..400_usize, night in prop_oneof![Just(0.0), 0.0..0.9],
    ) {
        let market = market(seed, 7, night);
        let (symbol, session) = (symbol(stock), session(on));
        let close = market.close(symbol, session.date());
        let bar = market.bar(symbol, session.date());
        let ticks = market.ticks(symbol, session);
        let Ok(close) = close else {
            prop_assert_eq!(bar.unwrap_err(), close.unwrap_err());
            prop_assert_eq!(ticks.unwrap_err(), close.unwrap_err());
            return Ok(());
        };
        let (bar, ticks): (_, Vec<Tick>) = (bar.unwrap(), ticks.unwrap().collect());
        prop_assert_eq!((bar.symbol, bar.session, bar.close), (symbol, session.date(), close));
        prop_assert!(bar.low <= bar.open.min(bar.close) && bar.high >= bar.open.max(bar.close));
        prop_assert_eq!(ticks.len(), 256);
        prop_assert_eq!((ticks[0].price, ticks[255].price), (bar.open, bar.close));
        prop_assert_eq!(ticks.iter().map(|tick| tick.price).min(), Some(bar.low));
        prop_assert_eq!(ticks.iter().map(|tick| tick.price).max(), Some(bar.high));
        prop_assert_eq!(ticks.iter().map(|tick| tick.volume.get()).sum::<u64>(), bar.volume.get());
        prop_assert!(ticks.windows(2).all(|pair| pair[0].at < pair[1].at));
        prop_assert!(ticks[0].at >= session.open() && ticks[255].at < session.close());
        prop_assert!(ticks.iter().all(|tick| tick.symbol == symbol));
        if on == 0 {
            prop_assert_eq!(market.overnight(Overnight::default()).bar(symbol, session.date()).unwrap().open, close);
        } else if night == 0.0 {
            // The replay's close before may be two sessions back.
            let mut before = XNYS.sessions(first()..session.date()).unwrap().rev();
            let before = before.find_map(|session| market.close(symbol, session.date()).ok());
            prop_assert_eq!(Some(bar.open), before);
        }
    }

    /// Other stocks, and the rest of the range, change no bar.
    #[test]
    fn bars_in_order_are_those_alone(
        seed in any::<u64>(), stock in 0..7_usize, from in 0..380_usize, count in 1..6_usize,
    ) {
        let (one, more) = (market(seed, 7, 0.2), market(seed, 9, 0.2));
        let (from, to) = (session(from).date(), session(from + count).date());
        let bars = one.bars(symbol(stock), from..to).unwrap();
        prop_assert_eq!(bars.size_hint(), (count, Some(count)));
        for (bar, session) in bars.zip(XNYS.sessions(from..).unwrap()) {
            prop_assert_eq!(bar, more.bar(symbol(stock), session.date()));
        }
    }
}

/// A market whose prices are so high that cents don't show, and whose log returns have no mean.
fn brownian(volatility: f64) -> Market<'static> {
    let drift = PerYear(volatility * volatility / 2.0);
    let model = Gbm { start: price("1000000000"), drift, volatility: PerYear(volatility) };
    let market = Market::new(Seed(11), first(), CLOCK).unwrap().stock(symbol(0), model).unwrap();
    market.overnight(Overnight::share(0.3).unwrap())
}

/// The largest distance between a sample and the normal distribution, times the root of how many there are.
fn distance(mut sample: Vec<f64>) -> f64 {
    sample.sort_by(f64::total_cmp);
    let count = f64::from(u32::try_from(sample.len()).unwrap());
    let apart = |(rank, value): (u32, &f64)| {
        let probability = normal_probability(*value);
        (f64::from(rank + 1) / count - probability).max(probability - f64::from(rank) / count)
    };
    (0..).zip(&sample).map(apart).fold(0.0, f64::max) * count.sqrt()
}

/// 5,000 sessions: the open and a trade in the middle, given what lies around them, are normal (Kolmogorov–Smirnov,
/// level 0.001: 1.95); the sum of squared returns within a session is 0.7 of a tick's variance, and its mean volume that
/// of its making, within five standard errors.
#[test]
fn ticks_are_a_brownian_bridge() {
    const SESSIONS: u32 = 5000;
    let market = brownian(0.2);
    let log = |price: Price| ln(to_f64(price));
    let tick = 0.2 / 252.0_f64.sqrt();
    let (mut opens, mut middles, mut squares, mut volumes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut before = log(market.close(symbol(0), first()).unwrap());
    for session in XNYS.sessions(first()..).unwrap().skip(1).take(SESSIONS as usize) {
        let ticks: Vec<Tick> = market.ticks(symbol(0), session).unwrap().collect();
        let logs: Vec<f64> = ticks.iter().map(|tick| log(tick.price)).collect();
        let (open, close) = (logs[0], logs[255]);
        opens.push((open - before - 0.3 * (close - before)) / (tick * (0.3 * 0.7_f64).sqrt()));
        let part = 100.0 / 255.0;
        middles.push((logs[100] - open - part * (close - open)) / (tick * (0.7 * part * (1.0 - part)).sqrt()));
        squares.push(logs.windows(2).map(|pair| (pair[1] - pair[0]) * (pair[1] - pair[0])).sum::<f64>());
        let volume = ticks.iter().map(|tick| tick.volume.get()).sum::<u64>();
        volumes.push(f64::from(u32::try_from(volume).unwrap()) / 256.0);
        before = close;
    }
    assert!(distance(opens) < 1.95);
    assert!(distance(middles) < 1.95);
    let holds = |values: &[f64], exact: f64| {
        let mean = values.iter().sum::<f64>() / f64::from(SESSIONS);
        let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / f64::from(SESSIONS);
        assert!((mean - exact).abs() < 5.0 * (variance / f64::from(SESSIONS)).sqrt(), "{mean}, not {exact}");
    };
    holds(&squares, 0.7 * tick * tick);
    // 1, and the whole part of an exponential number of mean m: m − ½ but for 1/12m; the mean of m is 100 e^⅛.
    holds(&volumes, 100.0 * exp(0.125) + 0.5);
}

/// A later session, or a date of another calendar, is refused as a close is.
#[test]
fn what_has_no_close_has_no_bar() {
    let market = market(1, 7, 0.0);
    let sunday = first() - Days::new(1);
    assert_eq!(market.bar(symbol(0), sunday), Err(PriceError::BeforeFirst { session: sunday, first: first() }));
    let saturday = first() + Days::new(5);
    assert_eq!(market.bar(symbol(0), saturday), Err(PriceError::NotASession { session: saturday }));
    let symbol = Symbol::new("NONE").unwrap();
    assert_eq!(market.bar(symbol, first()), Err(PriceError::UnknownStock { symbol }));
    assert_eq!(market.ticks(symbol, session(3)).unwrap_err(), PriceError::UnknownStock { symbol });
}
