//! Milliseconds an indicator takes for a million bars, beside TA-Lib in the same run.
//!
//! `cargo bench -p finnet-core --bench indicators`: rounds in turn, in each the least of three runs in a row, so that the
//! columns are where the one before left them; the least and the median of all rounds. *Into* writes to memory
//! that is there already, *new* asks for it; TA-Lib's C function does the first, its Python function the second. The
//! peer is `benches/peers/ta_lib.py`, run by `python3` or what `PYTHON` names; where that lacks the package it is left
//! out, and said to be.

use std::hint::black_box;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use finnet_core::indicator::{
    Atr, Bands, Bollinger, Deviation, Ema, EmaStart, FirstRange, Flat, HighLowClose, Macd, MacdLines, MacdStart, Rsi,
    Series, Sma, Smoothing, WarmUp,
};

const BARS: u32 = 1_000_000;
const ROUNDS: usize = 51;
const RUNS: usize = 3;
const PEER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/ta_lib.py");

type Failure = Box<dyn std::error::Error>;
/// A name, and its run into memory that is there and into new memory.
type Case<'a> = (&'a str, Box<dyn FnMut() + 'a>, Box<dyn FnMut() + 'a>);

fn main() -> Result<(), Failure> {
    let [high, low, close] = prices();
    let bars = HighLowClose { high: &high, low: &low, close: &close };
    let mut peer = Peer::new(bars);
    println!("{:8} {:>16} {:>16} {:>16} {:>16}", "", "into, ms", "its C, ms", "new, ms", "its Python, ms");
    let mut cases = cases(bars)?;
    let mut times: Vec<[Vec<f64>; 4]> = cases.iter().map(|_| Default::default()).collect();
    for ((name, into, new), times) in cases.iter_mut().zip(&mut times) {
        for _ in 0..ROUNDS {
            let [c, python] = peer.as_mut().map_or(Ok([f64::NAN; 2]), |peer| peer.ask(name))?;
            for (times, time) in times.iter_mut().zip([timed(into), c, timed(new), python]) {
                times.push(time);
            }
        }
    }
    for ((name, ..), mut times) in cases.iter().zip(times) {
        for times in &mut times {
            times.sort_unstable_by(f64::total_cmp);
        }
        let [into, c, new, python] = times.map(|times| match (times[0], times[ROUNDS / 2]) {
            (least, _) if least.is_nan() => "-".to_owned(),
            (least, median) => format!("{least:.2} ({median:.2})"),
        });
        println!("{name:8} {into:>16} {c:>16} {new:>16} {python:>16}");
    }
    Ok(())
}

/// Returns the least milliseconds of some runs in a row.
fn timed(run: &mut dyn FnMut()) -> f64 {
    let times = (0..RUNS).map(|_| {
        let begun = Instant::now();
        run();
        begun.elapsed().as_secs_f64() * 1e3
    });
    times.fold(f64::INFINITY, f64::min)
}

fn cases(bars: HighLowClose<'_>) -> Result<Vec<Case<'_>>, Failure> {
    let close = bars.close;
    let sma = Sma::new(20)?;
    let ema = Ema::new(20, EmaStart::Mean)?;
    let rsi = Rsi::new(14, Smoothing::Wilder, Flat::Is(0.0))?;
    let macd = Macd::new(12, 26, 9, MacdStart::Together, WarmUp::Together)?;
    let bollinger = Bollinger::new(20, 2.0, Deviation::Population)?;
    let atr = Atr::new(14, FirstRange::Skipped)?;
    let (mut lines, mut bands) = (MacdLines::default(), Bands::default());
    let [mut one, mut two, mut three, mut four] = [(); 4].map(|()| Series::new());
    Ok(vec![
        ("SMA", kept(move || sma.of_into(close, &mut one)), kept(move || sma.of(close))),
        ("EMA", kept(move || ema.of_into(close, &mut two)), kept(move || ema.of(close))),
        ("RSI", kept(move || rsi.of_into(close, &mut three)), kept(move || rsi.of(close))),
        ("MACD", kept(move || macd.of_into(close, &mut lines)), kept(move || macd.of(close))),
        ("BBANDS", kept(move || bollinger.of_into(close, &mut bands)), kept(move || bollinger.of(close))),
        ("ATR", kept(move || atr.of_into(bars, &mut four)), kept(move || atr.of(bars))),
    ])
}

/// Keeps the compiler from leaving out what nobody reads.
fn kept<'a, T>(mut run: impl FnMut() -> T + 'a) -> Box<dyn FnMut() + 'a> {
    Box::new(move || drop(black_box(run())))
}

/// A walk in cents: high, low and close.
fn prices() -> [Vec<f64>; 3] {
    let mut state = 42_u64;
    let mut random = |below: u64| {
        // The generator of Knuth's MMIX: good enough to move prices.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from((state >> 33) % below).unwrap_or_default())
    };
    let mut cents = 1_000_000.0;
    let mut columns = [const { Vec::new() }; 3];
    for _ in 0..BARS {
        cents += random(21) - 10.0;
        let bar = [cents + random(20), cents - random(20), cents];
        columns.iter_mut().zip(bar).for_each(|(column, cents)| column.push(cents / 100.0));
    }
    columns
}

/// TA-Lib, in a process of its own.
struct Peer {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts it with these bars; `None`, after a line that says why, where it can't be.
    fn new(bars: HighLowClose<'_>) -> Option<Self> {
        let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let started = || -> io::Result<(Self, String)> {
            let mut child = Command::new(&python).arg(PEER).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
            let (input, output) = (child.stdin.take(), child.stdout.take());
            let (mut input, output) = input.zip(output).ok_or(io::ErrorKind::BrokenPipe)?;
            input.write_all(&u64::from(BARS).to_le_bytes())?;
            for column in [bars.high, bars.low, bars.close] {
                let bytes: Vec<u8> = column.iter().flat_map(|price| price.to_le_bytes()).collect();
                input.write_all(&bytes)?;
            }
            input.flush()?;
            let (mut peer, mut version) = (Self { input, output: BufReader::new(output) }, String::new());
            peer.output.read_line(&mut version)?;
            if version.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok((peer, version)) }
        };
        match started() {
            Ok((peer, version)) => {
                println!("TA-Lib {}", version.trim());
                Some(peer)
            }
            Err(error) => {
                println!("TA-Lib: left out: {python}: {error}");
                None
            }
        }
    }

    /// Returns the milliseconds of its C and of its Python function.
    fn ask(&mut self, name: &str) -> Result<[f64; 2], Failure> {
        writeln!(self.input, "{name}")?;
        self.input.flush()?;
        let mut answer = String::new();
        self.output.read_line(&mut answer)?;
        let (c, python) = answer.trim().split_once(' ').ok_or("TA-Lib has stopped")?;
        Ok([c.parse()?, python.parse()?])
    }
}
