//! Technical indicators of a file of bars, in TA-Lib's convention, one row a bar:
//!
//! ```console
//! $ cargo run -p finnet-core --example indicators -- finnet-core/tests/data/golden/inputs/ohlcv_edge.csv
//! bar,SMA_20,EMA_20,WMA_20,DEMA_20,TEMA_20,KAMA_10,RSI_14,RSI_CUTLER_14,MACD_12_26_9,MACD_SIGNAL_12_26_9,…
//! ```
//!
//! The file has a header that names high, low, close and volume, in capitals or not; others are not read but the first, or
//! `bar` where that is named: it goes out as it is. A cell is blank in the warm-up and where the indicator is undefined. Each bar goes into one machine an indicator, so that the file may be of any
//! length, and also be one that still grows.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;

use finnet_core::indicator::{
    AccumulationDistribution, Aroon, Convention, Flat, Indicator, LinearSlope, Momentum, OneBar, Roc, Sma, Smoothing,
    Stream, Wma,
};

type Failure = Box<dyn Error>;
/// The names of an indicator's columns, and what gives their cells for a bar.
type Columns = (&'static [&'static str], Box<dyn FnMut(OneBar) -> Result<Vec<Option<f64>>, Failure>>);

const USAGE: &str =
    "usage: indicators BARS.csv, a first column that names the bar, and columns high, low, close and volume";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let [path] = &arguments[..] else {
        eprintln!("error: {USAGE}");
        return ExitCode::from(2);
    };
    let done = if path == "--help" {
        writeln!(io::stdout(), "{USAGE}").map_err(Failure::from)
    } else {
        fs::read_to_string(path).map_err(Failure::from).and_then(|text| print(&text))
    };
    let Err(error) = done else { return ExitCode::SUCCESS };
    // Nobody reads on: the end of `| head`.
    if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        return ExitCode::SUCCESS;
    }
    eprintln!("error: {}: {error}", path.to_string_lossy());
    ExitCode::from(2)
}

fn print(text: &str) -> Result<(), Failure> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().ok_or("the file is empty")?.split(',').map(str::trim).collect();
    let place = |name: &str| {
        let found = header.iter().position(|of| of.eq_ignore_ascii_case(name));
        found.ok_or(format!("there is no column {name}"))
    };
    let bar = place("bar").unwrap_or(0);
    let [high, low, close, volume] = [place("high")?, place("low")?, place("close")?, place("volume")?];
    let mut columns = columns()?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let names: Vec<&str> = columns.iter().flat_map(|(names, _)| *names).copied().collect();
    writeln!(out, "bar,{}", names.join(","))?;
    for (line, row) in (2..).zip(lines) {
        let cells: Vec<&str> = row.split(',').map(str::trim).collect();
        let cell = |at: usize| cells.get(at).copied().ok_or(format!("line {line} has too few cells"));
        let number = |at: usize| -> Result<f64, Failure> {
            let text = cell(at)?;
            Ok(text.parse().map_err(|error| format!("line {line}: {} {text:?}: {error}", header[at]))?)
        };
        let bar_prices =
            OneBar { high: number(high)?, low: number(low)?, close: number(close)?, volume: number(volume)? };
        write!(out, "{}", cell(bar)?)?;
        for (_, cells) in &mut columns {
            for cell in cells(bar_prices).map_err(|error| format!("line {line}: {error}"))? {
                write!(out, ",{}", cell.map_or(String::new(), |cell| cell.to_string()))?;
            }
        }
        writeln!(out)?;
    }
    Ok(out.flush()?)
}

/// Columns of an indicator: what it takes of a bar, and its output as cells.
fn of<I: Indicator<State: 'static> + 'static>(
    names: &'static [&'static str],
    mut stream: Stream<I>,
    input: fn(OneBar) -> I::Input,
    cells: fn(I::Output) -> Vec<Option<f64>>,
) -> Columns {
    (names, Box::new(move |bar| Ok(cells(stream.push(input(bar))?))))
}

/// All columns of the golden files, in their order.
fn columns() -> Result<Vec<Columns>, Failure> {
    let talib = Convention::talib();
    let cutler = Convention { smoothing: Smoothing::Cutler, flat: Flat::Undefined, ..talib };
    let one = |value| vec![value];
    let close = |bar: OneBar| bar.close;
    let bar = |bar: OneBar| bar;
    Ok(vec![
        of(&["SMA_20"], Sma::new(20)?.stream(), close, one),
        of(&["EMA_20"], talib.ema(20)?.stream(), close, one),
        of(&["WMA_20"], Wma::new(20)?.stream(), close, one),
        of(&["DEMA_20"], talib.dema(20)?.stream(), close, one),
        of(&["TEMA_20"], talib.tema(20)?.stream(), close, one),
        of(&["KAMA_10"], talib.kama(10, 2, 30)?.stream(), close, one),
        of(&["RSI_14"], talib.rsi(14)?.stream(), close, one),
        of(&["RSI_CUTLER_14"], cutler.rsi(14)?.stream(), close, one),
        of(
            &["MACD_12_26_9", "MACD_SIGNAL_12_26_9", "MACD_HIST_12_26_9"],
            talib.macd(12, 26, 9)?.stream(),
            close,
            |lines| vec![lines.line, lines.signal, lines.histogram],
        ),
        of(&["BB_UPPER_20_2", "BB_MIDDLE_20_2", "BB_LOWER_20_2"], talib.bollinger(20, 2.0)?.stream(), close, |bands| {
            bands.map_or(vec![None; 3], |bands| [bands.upper, bands.middle, bands.lower].map(Some).to_vec())
        }),
        of(&["ATR_14"], talib.atr(14)?.stream(), bar, one),
        of(&["NATR_14"], talib.natr(14)?.stream(), bar, one),
        of(&["ADX_14", "PLUS_DI_14", "MINUS_DI_14"], talib.directional(14)?.stream(), bar, |lines| {
            vec![lines.adx, lines.plus, lines.minus]
        }),
        of(&["STOCH_SLOWK_5_3_3", "STOCH_SLOWD_5_3_3"], talib.stochastic(5, 3, 3)?.stream(), bar, |lines| {
            vec![lines.k, lines.d]
        }),
        of(
            &["STOCHRSI_FASTK_14_5_3", "STOCHRSI_FASTD_14_5_3"],
            talib.stochastic_rsi(14, 5, 3)?.stream(),
            close,
            |lines| vec![lines.k, lines.d],
        ),
        of(&["CCI_20"], talib.cci(20)?.stream(), bar, one),
        of(&["WILLR_14"], talib.williams_r(14)?.stream(), bar, one),
        of(&["MFI_14"], talib.mfi(14)?.stream(), bar, one),
        of(&["OBV"], talib.obv().stream(), bar, one),
        of(&["AD"], AccumulationDistribution.stream(), bar, one),
        of(&["ROC_10"], Roc::new(10)?.stream(), close, one),
        of(&["MOM_10"], Momentum::new(10)?.stream(), close, one),
        of(&["TRIX_30"], talib.trix(30)?.stream(), close, one),
        of(&["STDDEV_20"], talib.standard_deviation(20)?.stream(), close, one),
        of(&["LINEARREG_SLOPE_14"], LinearSlope::new(14)?.stream(), close, one),
        of(&["SAR_0.02_0.2"], talib.sar(0.02, 0.2)?.stream(), bar, one),
        of(&["AROON_DOWN_14", "AROON_UP_14"], Aroon::new(14)?.stream(), bar, |lines| {
            lines.map_or(vec![None; 2], |lines| vec![Some(lines.down), Some(lines.up)])
        }),
        of(&["ULTOSC_7_14_28"], talib.ultimate([7, 14, 28])?.stream(), bar, one),
    ])
}
