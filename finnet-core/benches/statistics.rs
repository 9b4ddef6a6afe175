//! What the 18 scalar statistics of empyrical cost on a series of 2,520 days, beside that package in the same run.
//!
//! `cargo bench -p finnet-core --bench statistics`: microseconds a statistic, each asked alone and checking its input
//! anew; the least of 51 means of 20 calls. The peer is `benches/peers/empyrical_statistics.py` on the same numbers, as
//! pandas Series and as NumPy arrays, run by `python3` or what `PYTHON` names; where that lacks the package it is left
//! out, and said to be. Below: 126-day windows, and one value more for a stream.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use finnet_core::chrono::{Days, NaiveDate};
use finnet_core::number::{Philox, normal};
use finnet_core::stats::{Convention, Side, Statistic, StatsError, cumulative_return, max_drawdown};

const DAYS: u32 = 2520;
const CALLS: u32 = 20;
const ROUNDS: usize = 51;
const PEER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/empyrical_statistics.py");
const WINDOW: usize = 126;

type Failure = Box<dyn std::error::Error>;
type Answer = Result<Option<f64>, StatsError>;
type Question<'a> = &'a dyn Fn(&[f64], &[f64]) -> Answer;

fn main() -> Result<(), Failure> {
    let draws = Philox::new(2520);
    let draw = |stream, day| normal(draws.bits64([stream, day, 0, 0]));
    let b: Vec<f64> = (0..DAYS).map(|day| 0.0003 + 0.01 * draw(0, day)).collect();
    let r: Vec<f64> = (0..DAYS).map(|day| 0.0001 + 0.8 * b[day as usize] + 0.006 * draw(1, day)).collect();
    let peer = peer(&r, &b)?;
    let mut sums = [0.0; 3];
    println!("{:<28} {:>9} {:>12} {:>12}", "microseconds", "finnet", "on Series", "on arrays");
    for (name, time) in measure(&r, &b)? {
        let [series, arrays] = peer.get(name).copied().unwrap_or([f64::NAN; 2]);
        println!("{name:<28} {time:>9.2} {series:>12.1} {arrays:>12.1}");
        for (sum, time) in sums.iter_mut().zip([time, series, arrays]) {
            *sum += time;
        }
    }
    let [ours, series, arrays] = sums;
    println!("{:<28} {ours:>9.2} {series:>12.1} {arrays:>12.1}", "all 18");
    println!("{:<28} {:>9} {:>12.1} {:>12.1}", "times ours", "", series / ours, arrays / ours);
    windows(&r, &b)
}

/// Returns the time of each statistic by the peer's name for it.
fn measure(r: &[f64], b: &[f64]) -> Result<Vec<(&'static str, f64)>, Failure> {
    let c = Convention::empyrical();
    let of: [(&str, Question<'_>); 18] = [
        ("cum_returns_final", &|r, _| cumulative_return(r).map(Some)),
        ("annual_return", &|r, _| c.annual_return().of(r)),
        ("annual_volatility", &|r, _| c.volatility().of(r)),
        ("sharpe_ratio", &|r, _| c.sharpe().of(r)),
        ("sortino_ratio", &|r, _| c.sortino().of(r)),
        ("downside_risk", &|r, _| c.downside_deviation().of(r).map(Some)),
        ("calmar_ratio", &|r, _| c.calmar().of(r)),
        ("omega_ratio", &|r, _| c.omega().of(r)),
        ("max_drawdown", &|r, _| max_drawdown(r).map(Some)),
        ("tail_ratio", &|r, _| c.tail_ratio().of(r)),
        ("value_at_risk", &|r, _| c.value_at_risk().of(r)),
        ("conditional_value_at_risk", &|r, _| c.conditional_value_at_risk().of(r)),
        ("stability_of_timeseries", &|r, _| c.stability().of(r)),
        ("alpha", &|r, b| c.alpha().of(r, b)),
        ("beta", &|r, b| c.beta().of(r, b)),
        ("excess_sharpe", &|r, b| c.information_ratio().of(r, b)),
        ("up_capture", &|r, b| c.capture(Side::Up).of(r, b)),
        ("down_capture", &|r, b| c.capture(Side::Down).of(r, b)),
    ];
    let mut times = Vec::new();
    for (name, statistic) in of {
        statistic(r, b)?.ok_or("each has an answer")?;
        let ask = || (0..CALLS).for_each(|_| keep(&statistic(black_box(r), black_box(b))));
        times.push((name, least(ask) / f64::from(CALLS)));
    }
    Ok(times)
}

fn windows(r: &[f64], b: &[f64]) -> Result<(), Failure> {
    let c = Convention::empyrical();
    println!("\n{:<28} {:>9}", "nanoseconds a value", "finnet");
    let line = |name: &str, time: f64| println!("{name:<28} {:>9.0}", time * 1e3 / f64::from(DAYS));
    let mut values = Vec::with_capacity(r.len());
    line("rolling Sharpe ratio", least(|| keep(&c.sharpe().rolling_into(WINDOW, r, &mut values))));
    line("rolling volatility", least(|| keep(&c.volatility().rolling_into(WINDOW, r, &mut values))));
    line("rolling beta", least(|| keep(&c.beta().rolling_into(WINDOW, (r, b), &mut values))));
    line("rolling kurtosis", least(|| keep(&c.kurtosis().rolling_into(WINDOW, r, &mut values))));
    line("rolling drawdown (Calmar)", least(|| keep(&c.calmar().rolling_into(WINDOW, r, &mut values))));
    line("rolling value at risk", least(|| keep(&c.value_at_risk().rolling_into(WINDOW, r, &mut values))));
    let mut stream = c.sharpe().stream()?;
    line("stream of a Sharpe ratio", least(|| r.iter().for_each(|&r| keep(&stream.push(r)))));
    Ok(())
}

/// Keeps the compiler from leaving out what made the answer.
fn keep<T>(answer: &T) {
    black_box(answer);
}

/// Returns the least time of a run, in microseconds.
fn least(mut run: impl FnMut()) -> f64 {
    let times = (0..ROUNDS).map(|_| {
        let begun = Instant::now();
        run();
        begun.elapsed().as_secs_f64() * 1e6
    });
    times.fold(f64::INFINITY, f64::min)
}

/// Returns the peer's times in microseconds, on Series and on arrays; none where it can't be run.
fn peer(r: &[f64], b: &[f64]) -> Result<BTreeMap<String, [f64; 2]>, Failure> {
    let mut csv = "date,returns,bench\n".to_owned();
    let first = NaiveDate::from_ymd_opt(2012, 1, 2).ok_or("a date")?;
    for (date, (r, b)) in (0..).map_while(|day| first.checked_add_days(Days::new(day))).zip(r.iter().zip(b)) {
        writeln!(csv, "{date},{r},{b}")?;
    }
    let file = std::env::temp_dir().join(format!("finnet-bench-statistics-{}.csv", std::process::id()));
    std::fs::write(&file, csv)?;
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let output = Command::new(&python).arg(PEER).arg(&file).output();
    std::fs::remove_file(&file)?;
    let text = match output {
        Ok(output) if output.status.success() => String::from_utf8(output.stdout)?,
        Ok(output) => {
            let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            println!("empyrical: left out: {}", why.lines().last().unwrap_or("it failed"));
            return Ok(BTreeMap::new());
        }
        Err(error) => {
            println!("empyrical: left out: {python}: {error}");
            return Ok(BTreeMap::new());
        }
    };
    let mut lines = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let versions = lines.next().ok_or("the peer says its versions")?;
    println!("peer: empyrical-reloaded {}, pandas {}, numpy {}", versions[1], versions[2], versions[3]);
    let micros = |cell: &str| cell.parse::<f64>().map(|nanos| nanos / 1e3);
    lines.map(|line| Ok((line[0].to_owned(), [micros(line[1])?, micros(line[2])?]))).collect()
}
