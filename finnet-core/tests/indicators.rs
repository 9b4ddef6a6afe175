//! Indicators against TA-Lib and numpy (`tests/data/golden`, whose README says where the numbers come from and where
//! packages disagree), and on prices near 10⁹ against rational arithmetic (`tests/data/indicator`, with its script).

use std::collections::HashMap;

use finnet_core::indicator::{
    AccumulationDistribution, Aroon, Atr, Bollinger, Cci, Dema, Deviation, Directional, DirectionalSeed, Ema, EmaStart,
    FirstRange, FirstTrend, FirstVolume, Flat, HighLowClose, IndicatorError, Kama, LinearSlope, Macd, MacdStart, Mfi,
    Momentum, Natr, Obv, Roc, Rsi, Sar, Series, Sma, Smoothing, StandardDeviation, Stillness, Stochastic,
    StochasticRsi, Tema, Trix, Ultimate, WarmUp, WilliamsR, Wma,
};

/// A file of columns; a blank cell is `None`.
struct Table {
    bars: Vec<usize>,
    columns: HashMap<&'static str, Vec<Option<f64>>>,
}

impl Table {
    fn parse(csv: &'static str) -> Self {
        let mut lines = csv.lines();
        let names: Vec<&str> = lines.next().expect("a header").split(',').collect();
        let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
        let column = |at: usize| {
            let cell = |row: &Vec<&str>| (!row[at].is_empty()).then(|| row[at].parse().expect("a number"));
            (names[at], rows.iter().map(cell).collect())
        };
        let bars = rows.iter().map(|row| row[0].parse().expect("a bar")).collect();
        Self { bars, columns: (1..names.len()).map(column).collect() }
    }

    /// A column without blanks.
    fn full(&self, name: &str) -> Vec<f64> {
        self.columns[name].iter().map(|cell| cell.expect("no blank")).collect()
    }
}

struct Input {
    high: Vec<f64>,
    low: Vec<f64>,
    close: Vec<f64>,
    volume: Vec<f64>,
}

impl Input {
    fn of(csv: &'static str) -> Self {
        let table = Table::parse(csv);
        let [high, low, close, volume] = ["high", "low", "close", "volume"].map(|name| table.full(name));
        Self { high, low, close, volume }
    }

    fn bars(&self) -> HighLowClose<'_> {
        HighLowClose { high: &self.high, low: &self.low, close: &self.close }
    }
}

const ENTRIES: &str = include_str!("data/golden/indicators.json");

const FILES: [(&str, &str); 2] = [
    (include_str!("data/golden/inputs/ohlcv_5000.csv"), include_str!("data/golden/indicators_ohlcv_5000.csv")),
    (include_str!("data/golden/inputs/ohlcv_edge.csv"), include_str!("data/golden/indicators_ohlcv_edge.csv")),
];

/// Every column that is offered, in the golden file's convention.
fn computed(input: &Input) -> Result<Vec<(&'static str, Series)>, IndicatorError> {
    let close = &input.close;
    let population = Deviation::Population;
    let bands = Bollinger::new(20, 2.0, population)?.of(close)?;
    let macd = Macd::new(12, 26, 9, MacdStart::Together, WarmUp::Together)?.of(close)?;
    let atr = Atr::new(14, FirstRange::Skipped)?;
    let zero = Flat::Is(0.0);
    let stochastic = Stochastic::new(5, 3, 3, zero, WarmUp::Together)?.of(input.bars())?;
    let wilder = Rsi::new(14, Smoothing::Wilder, zero)?;
    let of_rsi = StochasticRsi::new(wilder, 5, 3, zero, WarmUp::Together)?.of(close)?;
    let aroon = Aroon::new(14)?.of(&input.high, &input.low)?;
    let directional = Directional::new(14, DirectionalSeed::Short, zero)?.of(input.bars())?;
    let columns = vec![
        ("PLUS_DI_14", directional.plus),
        ("MINUS_DI_14", directional.minus),
        ("ADX_14", directional.adx),
        ("ULTOSC_7_14_28", Ultimate::new([7, 14, 28], zero)?.of(input.bars())?),
        ("SMA_20", Sma::new(20)?.of(close)?),
        ("EMA_20", Ema::new(20, EmaStart::Mean)?.of(close)?),
        ("WMA_20", Wma::new(20)?.of(close)?),
        ("KAMA_10", Kama::new(10, 2, 30, Stillness::Straight)?.of(close)?),
        ("SAR_0.02_0.2", Sar::new(0.02, 0.2, FirstTrend::LargerMove)?.of(&input.high, &input.low)?),
        ("RSI_14", wilder.of(close)?),
        ("RSI_CUTLER_14", Rsi::new(14, Smoothing::Cutler, Flat::Undefined)?.of(close)?),
        ("MACD_12_26_9", macd.line),
        ("MACD_SIGNAL_12_26_9", macd.signal),
        ("MACD_HIST_12_26_9", macd.histogram),
        ("BB_UPPER_20_2", bands.upper),
        ("BB_MIDDLE_20_2", bands.middle),
        ("BB_LOWER_20_2", bands.lower),
        ("STDDEV_20", StandardDeviation::new(20, population)?.of(close)?),
        ("ATR_14", atr.of(input.bars())?),
        ("NATR_14", Natr::new(14, FirstRange::Skipped)?.of(input.bars())?),
        ("DEMA_20", Dema::new(20, EmaStart::Mean)?.of(close)?),
        ("TEMA_20", Tema::new(20, EmaStart::Mean)?.of(close)?),
        ("TRIX_30", Trix::new(30, EmaStart::Mean)?.of(close)?),
        ("STOCH_SLOWK_5_3_3", stochastic.k),
        ("STOCH_SLOWD_5_3_3", stochastic.d),
        ("STOCHRSI_FASTK_14_5_3", of_rsi.k),
        ("STOCHRSI_FASTD_14_5_3", of_rsi.d),
        ("CCI_20", Cci::new(20, zero)?.of(input.bars())?),
        ("WILLR_14", WilliamsR::new(14, zero)?.of(input.bars())?),
        ("MFI_14", Mfi::new(14, zero)?.of(input.bars(), &input.volume)?),
        ("OBV", Obv::new(FirstVolume::Counted).of(close, &input.volume)?),
        ("AD", AccumulationDistribution.of(input.bars(), &input.volume)?),
        ("ROC_10", Roc::new(10)?.of(close)?),
        ("MOM_10", Momentum::new(10)?.of(close)?),
        ("LINEARREG_SLOPE_14", LinearSlope::new(14)?.of(close)?),
        ("AROON_DOWN_14", aroon.down),
        ("AROON_UP_14", aroon.up),
    ];
    Ok(columns)
}

/// The README's tolerance: 1e-9 relative, and near 0 a floor of 1e-11 of the column's largest value.
#[test]
fn golden_values_are_met() -> Result<(), IndicatorError> {
    for (input, golden) in FILES {
        let golden = Table::parse(golden);
        for (name, series) in computed(&Input::of(input))? {
            let cells = &golden.columns[name];
            let largest = cells.iter().flatten().fold(0.0_f64, |largest, value| largest.max(value.abs()));
            for (&bar, &cell) in golden.bars.iter().zip(cells) {
                match (series.at(bar), cell) {
                    (None, None) => {}
                    (Some(value), Some(cell)) => {
                        let within = (1e-9 * cell.abs()).max(1e-11 * largest);
                        assert!((value - cell).abs() <= within, "{name} of bar {bar}: {value}, not {cell}");
                    }
                    other => panic!("{name} of bar {bar}: {other:?}"),
                }
            }
        }
    }
    Ok(())
}

/// What the golden list names is computed.
#[test]
fn no_golden_entry_is_forgotten() -> Result<(), IndicatorError> {
    let listed = ENTRIES.split("\"name\": \"").skip(1).map(|rest| rest.split('"').next().expect("a name"));
    let mut listed: Vec<&str> = listed.collect();
    let offered = computed(&Input::of(FILES[1].0))?;
    let mut ours: Vec<&str> = offered.iter().map(|(name, _)| *name).collect();
    listed.sort_unstable();
    ours.sort_unstable();
    assert_eq!(ours, listed);
    Ok(())
}

/// Holds a series to the exact values within a bound that the indicator's file derives, relative and absolute.
fn hold(exact: &Table, name: &str, series: &Series, relative: f64, absolute: f64) {
    for (&bar, &cell) in exact.bars.iter().zip(&exact.columns[name]) {
        match (series.at(bar), cell) {
            (None, None) => {}
            (Some(value), Some(cell)) => {
                let error = (value - cell).abs();
                assert!(error <= relative * cell.abs() + absolute, "{name} of bar {bar}: {value}, not {cell}");
            }
            other => panic!("{name} of bar {bar}: {other:?}"),
        }
    }
}

/// u = 2⁻⁵³ is what rounding a number costs; the expected ones are rounded as well. The walk stays within 40 of its
/// start and a window within 20, so that differences count with a few 10⁻¹⁵ and a price with u of itself.
#[test]
fn an_offset_of_a_billion_costs_nothing() -> Result<(), IndicatorError> {
    const U: f64 = f64::EPSILON / 2.0;
    let exact = Table::parse(include_str!("data/indicator/offset.csv"));
    let [high, low, close] = ["HIGH", "LOW", "CLOSE"].map(|name| exact.full(name));
    assert!(close.iter().all(|price| (price - close[0]).abs() <= 40.0));
    let mean = 2.0 * U;
    hold(&exact, "SMA_20", &Sma::new(20)?.of(&close)?, mean, 2.0 * 20.0 * U * 20.0);
    hold(&exact, "WMA_20", &Wma::new(20)?.of(&close)?, mean, 4.0 * 20.0 * U * 20.0);
    let distance = U * 40.0 * (4.0 * 10.5 + 18.0);
    hold(&exact, "EMA_20", &Ema::new(20, EmaStart::Mean)?.of(&close)?, mean, distance);
    hold(&exact, "EMA_FIRST_20", &Ema::new(20, EmaStart::First)?.of(&close)?, mean, distance);
    let deviation = 20.0 * 41.0 * f64::EPSILON;
    for (name, by) in [("STDDEV_20", Deviation::Population), ("STDDEV_SAMPLE_20", Deviation::Sample)] {
        hold(&exact, name, &StandardDeviation::new(20, by)?.of(&close)?, deviation, 0.0);
    }
    // What two means are off by, of themselves, moves the quotient by half of it at most, which is then 100 times.
    let strength = 100.0 * (4.0 * 14.0 + 18.0) * U;
    let rsi = |smoothing| Rsi::new(14, smoothing, Flat::Undefined)?.of(&close);
    hold(&exact, "RSI_14", &rsi(Smoothing::Wilder)?, 0.0, strength);
    hold(&exact, "RSI_CUTLER_14", &rsi(Smoothing::Cutler)?, 0.0, strength);
    let macd = Macd::new(12, 26, 9, MacdStart::Apart, WarmUp::Apart)?.of(&close)?;
    hold(&exact, "MACD_APART_12_26", &macd.line, U, U * 40.0 * (4.0 * (6.5 + 13.5) + 2.0 * 18.0));
    let bars = HighLowClose { high: &high, low: &low, close: &close };
    hold(&exact, "ATR_14", &Atr::new(14, FirstRange::Skipped)?.of(bars)?, (4.0 * 14.0 + 18.0) * U, 0.0);
    // Weights of 7 at most on differences of 20 at most, over a divisor of 227.5; 40 roundings of the sum at most.
    hold(&exact, "LINEARREG_SLOPE_14", &LinearSlope::new(14)?.of(&close)?, U, 40.0 * U * 14.0 * 14.0 * 20.0 / 227.5);
    // Numerator and mean distance are off by 3 roundings of a typical price and 20 of sums of differences.
    let off = U * (3.0 * 40.0 + 20.0 * 20.0);
    let indices = Cci::new(20, Flat::Undefined)?.of(bars)?;
    for (bar, (cell, distance)) in exact.columns["CCI_20"].iter().zip(&exact.columns["CCI_DISTANCE_20"]).enumerate() {
        assert_eq!(indices.at(bar).is_some(), cell.is_some(), "CCI of bar {bar}");
        if let (Some(index), Some(cell), Some(distance)) = (indices.at(bar), cell, distance) {
            let within = off * (1.0 / 0.015 + cell.abs()) / distance + 4.0 * U * cell.abs();
            assert!((index - cell).abs() <= within, "CCI of bar {bar}: {index}, not {cell}");
        }
    }
    Ok(())
}
