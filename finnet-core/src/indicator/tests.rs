//! Properties of all indicators at once, and the errors of each kind.

use proptest::prelude::*;

use super::*;

type Outcome = Result<Series, IndicatorError>;

/// Bars in columns, with volumes.
#[derive(Clone, Debug)]
struct Columns {
    high: Vec<f64>,
    low: Vec<f64>,
    close: Vec<f64>,
    volume: Vec<f64>,
}

impl Columns {
    /// Each row is three prices in any order, of which the first is the close, and a volume.
    fn of(rows: &[(f64, f64, f64, f64)]) -> Self {
        let close = |row: &(f64, f64, f64, f64)| row.0.clamp(row.1.min(row.2), row.1.max(row.2));
        Self {
            high: rows.iter().map(|row| row.1.max(row.2)).collect(),
            low: rows.iter().map(|row| row.1.min(row.2)).collect(),
            close: rows.iter().map(|row| if (row.1 + row.2).is_nan() { f64::NAN } else { close(row) }).collect(),
            volume: rows.iter().map(|row| row.3).collect(),
        }
    }

    fn bars(&self) -> HighLowClose<'_> {
        HighLowClose { high: &self.high, low: &self.low, close: &self.close }
    }

    fn first(&self, bars: usize) -> Self {
        let part = |column: &[f64]| column[..bars].to_vec();
        Self { high: part(&self.high), low: part(&self.low), close: part(&self.close), volume: part(&self.volume) }
    }

    /// The prices times a factor, plus a number.
    fn moved(&self, factor: f64, more: f64) -> Self {
        let part = |column: &[f64]| column.iter().map(|price| price * factor + more).collect();
        Self { high: part(&self.high), low: part(&self.low), close: part(&self.close), volume: self.volume.clone() }
    }
}

/// What moves with the prices: level with their offset and scale.
fn levels(of: &Columns, n: usize) -> Vec<(&'static str, Outcome)> {
    let close = &of.close;
    let bands = Bollinger::new(n, 2.0, Deviation::Population).and_then(|bands| bands.of(close));
    vec![
        ("SMA", Sma::new(n).and_then(|i| i.of(close))),
        ("WMA", Wma::new(n).and_then(|i| i.of(close))),
        ("EMA of the first", Ema::new(n, EmaStart::First).and_then(|i| i.of(close))),
        ("EMA of the mean", Ema::new(n, EmaStart::Mean).and_then(|i| i.of(close))),
        ("DEMA", Dema::new(n, EmaStart::Mean).and_then(|i| i.of(close))),
        ("TEMA", Tema::new(n, EmaStart::First).and_then(|i| i.of(close))),
        ("KAMA", Kama::new(n, 2, 30, Stillness::Straight).and_then(|i| i.of(close))),
        ("middle", bands.clone().map(|bands| bands.middle)),
        ("upper", bands.clone().map(|bands| bands.upper)),
        ("lower", bands.map(|bands| bands.lower)),
    ]
}

/// What scales with the prices and does not see their offset.
fn distances(of: &Columns, n: usize) -> Vec<(&'static str, Outcome)> {
    let (close, bars) = (&of.close, of.bars());
    let macd = |start| Macd::new(n, n.saturating_add(2), 2, start, WarmUp::Apart).and_then(|i| i.of(close));
    vec![
        ("population", StandardDeviation::new(n, Deviation::Population).and_then(|i| i.of(close))),
        ("sample", StandardDeviation::new(n, Deviation::Sample).and_then(|i| i.of(close))),
        ("MACD", macd(MacdStart::Together).map(|lines| lines.line)),
        ("signal", macd(MacdStart::Apart).map(|lines| lines.signal)),
        ("histogram", macd(MacdStart::First).map(|lines| lines.histogram)),
        ("TR", TrueRange::new(FirstRange::HighLow).of(bars)),
        ("ATR", Atr::new(n, FirstRange::Skipped).and_then(|i| i.of(bars))),
        ("momentum", Momentum::new(n).and_then(|i| i.of(close))),
        ("slope", LinearSlope::new(n).and_then(|i| i.of(close))),
    ]
}

/// What sees neither offset nor scale.
fn shapes(of: &Columns, n: usize) -> Vec<(&'static str, Outcome)> {
    let (close, bars, flat) = (&of.close, of.bars(), Flat::Undefined);
    let rsi = |smoothing| Rsi::new(n, smoothing, flat);
    let stochastic = Stochastic::new(n, 2, 2, flat, WarmUp::Apart).and_then(|i| i.of(bars));
    let of_rsi =
        rsi(Smoothing::Cutler).and_then(|rsi| StochasticRsi::new(rsi, n, 2, Flat::Is(50.0), WarmUp::Apart)?.of(close));
    let aroon = Aroon::new(n).and_then(|i| i.of(&of.high, &of.low));
    let directional = Directional::new(n, DirectionalSeed::Full, flat).and_then(|i| i.of(bars));
    vec![
        ("+DI", directional.clone().map(|lines| lines.plus)),
        ("-DI", directional.clone().map(|lines| lines.minus)),
        ("ADX", directional.map(|lines| lines.adx)),
        ("ultimate", Ultimate::new([n, n.saturating_add(1), 2], flat).and_then(|i| i.of(bars))),
        ("RSI by Wilder", rsi(Smoothing::Wilder).and_then(|i| i.of(close))),
        ("RSI by Cutler", rsi(Smoothing::Cutler).and_then(|i| i.of(close))),
        ("%K", stochastic.clone().map(|lines| lines.k)),
        ("%D", stochastic.map(|lines| lines.d)),
        ("%D of RSI", of_rsi.map(|lines| lines.d)),
        ("%R", WilliamsR::new(n, flat).and_then(|i| i.of(bars))),
        ("CCI", Cci::new(n, flat).and_then(|i| i.of(bars))),
        ("up", aroon.clone().map(|lines| lines.up)),
        ("down", aroon.map(|lines| lines.down)),
        ("OBV", Obv::new(FirstVolume::Zero).of(close, &of.volume)),
        ("AD", AccumulationDistribution.of(bars, &of.volume)),
    ]
}

/// The rest: quotients by a price.
fn quotients(of: &Columns, n: usize) -> Vec<(&'static str, Outcome)> {
    vec![
        ("ROC", Roc::new(n).and_then(|i| i.of(&of.close))),
        ("NATR", Natr::new(n, FirstRange::HighLow).and_then(|i| i.of(of.bars()))),
        ("TRIX", Trix::new(n, EmaStart::Mean).and_then(|i| i.of(&of.close))),
        ("SAR", Sar::new(0.02, 0.2, FirstTrend::LargerMove).and_then(|i| i.of(&of.high, &of.low))),
        ("MFI", Mfi::new(n, Flat::Undefined).and_then(|i| i.of(of.bars(), &of.volume))),
    ]
}

/// The same by streams, in the same order.
fn streamed(of: &Columns, n: usize) -> Vec<Outcome> {
    let (flat, mean) = (Flat::Undefined, EmaStart::Mean);
    let close = |bar: OneBar| bar.close;
    let bar = |bar: OneBar| bar;
    let prices = |bar: OneBar| OneBar { volume: 0.0, ..bar };
    let extremes = |bar: OneBar| OneBar { close: bar.low, volume: 0.0, ..bar };
    let last = |bar: OneBar| OneBar { high: bar.close, low: bar.close, ..bar };
    let bands = || Bollinger::new(n, 2.0, Deviation::Population);
    let macd = |start| Macd::new(n, n.saturating_add(2), 2, start, WarmUp::Apart);
    let directional = || Directional::new(n, DirectionalSeed::Full, flat);
    let rsi = |smoothing| Rsi::new(n, smoothing, flat);
    let stochastic = || Stochastic::new(n, 2, 2, flat, WarmUp::Apart);
    let of_rsi = rsi(Smoothing::Cutler).and_then(|rsi| StochasticRsi::new(rsi, n, 2, Flat::Is(50.0), WarmUp::Apart));
    let longer = n.saturating_add(1);
    vec![
        fed(Sma::new(n), of, close, |value| value),
        fed(Wma::new(n), of, close, |value| value),
        fed(Ema::new(n, EmaStart::First), of, close, |value| value),
        fed(Ema::new(n, mean), of, close, |value| value),
        fed(Dema::new(n, mean), of, close, |value| value),
        fed(Tema::new(n, EmaStart::First), of, close, |value| value),
        fed(Kama::new(n, 2, 30, Stillness::Straight), of, close, |value| value),
        fed(bands(), of, close, |bands| bands.map(|bands| bands.middle)),
        fed(bands(), of, close, |bands| bands.map(|bands| bands.upper)),
        fed(bands(), of, close, |bands| bands.map(|bands| bands.lower)),
        fed(StandardDeviation::new(n, Deviation::Population), of, close, |value| value),
        fed(StandardDeviation::new(n, Deviation::Sample), of, close, |value| value),
        fed(macd(MacdStart::Together), of, close, |lines| lines.line),
        fed(macd(MacdStart::Apart), of, close, |lines| lines.signal),
        fed(macd(MacdStart::First), of, close, |lines| lines.histogram),
        fed(Ok(TrueRange::new(FirstRange::HighLow)), of, prices, |value| value),
        fed(Atr::new(n, FirstRange::Skipped), of, prices, |value| value),
        fed(Momentum::new(n), of, close, |value| value),
        fed(LinearSlope::new(n), of, close, |value| value),
        fed(directional(), of, prices, |lines| lines.plus),
        fed(directional(), of, prices, |lines| lines.minus),
        fed(directional(), of, prices, |lines| lines.adx),
        fed(Ultimate::new([n, longer, 2], flat), of, prices, |value| value),
        fed(rsi(Smoothing::Wilder), of, close, |value| value),
        fed(rsi(Smoothing::Cutler), of, close, |value| value),
        fed(stochastic(), of, prices, |lines| lines.k),
        fed(stochastic(), of, prices, |lines| lines.d),
        fed(of_rsi, of, close, |lines| lines.d),
        fed(WilliamsR::new(n, flat), of, prices, |value| value),
        fed(Cci::new(n, flat), of, prices, |value| value),
        fed(Aroon::new(n), of, extremes, |lines| lines.map(|lines| lines.up)),
        fed(Aroon::new(n), of, extremes, |lines| lines.map(|lines| lines.down)),
        fed(Ok(Obv::new(FirstVolume::Zero)), of, last, |value| value),
        fed(Ok(AccumulationDistribution), of, bar, |value| value),
        fed(Roc::new(n), of, close, |value| value),
        fed(Natr::new(n, FirstRange::HighLow), of, prices, |value| value),
        fed(Trix::new(n, mean), of, close, |value| value),
        fed(Sar::new(0.02, 0.2, FirstTrend::LargerMove), of, extremes, |value| value),
        fed(Mfi::new(n, flat), of, bar, |value| value),
    ]
}

/// Pushes all bars, and keeps one of the lines.
fn fed<I: Indicator>(
    indicator: Result<I, IndicatorError>,
    of: &Columns,
    input: impl Fn(OneBar) -> I::Input,
    line: impl Fn(I::Output) -> Option<f64>,
) -> Outcome {
    let (mut stream, mut series) = (Stream::new(indicator?), Series::new());
    for bar in of.bars().with(&of.volume) {
        let number = stream.bars();
        series.add(number, line(stream.push(input(bar))?));
    }
    Ok(series)
}

fn all(of: &Columns, n: usize) -> Vec<(&'static str, Outcome)> {
    [levels, distances, shapes, quotients].into_iter().flat_map(|kind| kind(of, n)).collect()
}

/// A multiple of 1/64 below 2¹⁴: differences and sums of a few are exact, also after a whole offset up to 2³⁰.
fn on_grid() -> impl Strategy<Value = f64> {
    prop_oneof![4 => -1_000_000..1_000_000, 1 => 0..3].prop_map(|units: i32| f64::from(units) / 64.0)
}

fn columns() -> impl Strategy<Value = Columns> {
    let row = (on_grid(), on_grid(), on_grid(), (0..1000).prop_map(f64::from));
    // Every second row repeats the one before, so that there are windows without movement.
    let rows = prop::collection::vec((row, prop::bool::weighted(0.3)), 1..40);
    rows.prop_map(|mut rows| {
        for at in 1..rows.len() {
            if rows[at].1 {
                rows[at].0 = rows[at - 1].0;
            }
        }
        Columns::of(&rows.into_iter().map(|(row, _)| row).collect::<Vec<_>>())
    })
}

/// Any double, and those that formulas stumble over.
fn wild() -> impl Strategy<Value = f64> {
    let special =
        [0.0, -0.0, 1.0, 5e-324, 1e-300, LARGEST, -LARGEST, 1.01 * LARGEST, f64::MAX, f64::INFINITY, f64::NAN];
    prop_oneof![20 => -9.0..9.0_f64, 4 => -LARGEST..LARGEST, 4 => prop::sample::select(special[..7].to_vec()), 1 => any::<f64>(),
        1 => prop::sample::select(special.to_vec())]
}

fn bits(series: &Series) -> Vec<(usize, u64)> {
    series.iter().map(|(bar, value)| (bar, value.to_bits())).collect()
}

fn mapped(series: &Series, function: impl Fn(f64) -> f64) -> Series {
    let mut mapped = Series::new();
    series.iter().for_each(|(bar, value)| mapped.add(bar, Some(function(value))));
    mapped
}

fn near(value: f64, expected: f64, scale: f64) -> bool {
    (value - expected).abs() <= 1e-12 * scale
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn appended_bars_change_nothing(of in columns(), n in 1_usize..7, keep in 0.0..1.0_f64) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 40")]
        let keep = 1 + (keep * input::count(of.close.len() - 1)) as usize;
        for ((name, part), (_, whole)) in all(&of.first(keep), n).into_iter().zip(all(&of, n)) {
            let Ok(part) = part else { continue };
            let whole: Vec<_> = bits(&whole.unwrap()).into_iter().filter(|&(bar, _)| bar < keep).collect();
            prop_assert_eq!(bits(&part), whole, "{}", name);
        }
    }

    #[test]
    fn a_constant_stays_itself(price in -1e9..1e9_f64, bars in 1_usize..40, n in 1_usize..7) {
        let of = Columns::of(&vec![(price, price, price, 1.0); bars]);
        for (name, series) in levels(&of, n) {
            let Ok(series) = series else { continue };
            prop_assert!(series.values().iter().all(|value| value.to_bits() == price.to_bits()), "{}", name);
        }
        for (name, series) in distances(&of, n) {
            let Ok(series) = series else { continue };
            prop_assert!(series.values().iter().all(|&value| value == 0.0), "{}", name);
        }
    }

    /// To the bit: a factor that is a power of two, and an offset that leaves every difference exact, round nothing.
    #[test]
    fn scale_and_offset_pass_through(of in columns(), n in 1_usize..7, power in -20..20, more in -1_000_000..1_000_000) {
        let (factor, more) = (2.0_f64.powi_exact(power), f64::from(more) * 1024.0);
        let (scaled, shifted) = (of.moved(factor, 0.0), of.moved(1.0, more));
        for (kind, moves) in [(levels as fn(&_, _) -> _, true), (distances, true), (shapes, false)] {
            for ((name, plain), (_, scaled)) in kind(&of, n).into_iter().zip(kind(&scaled, n)) {
                let expected = plain.map(|series| mapped(&series, |value| if moves { value * factor } else { value }));
                prop_assert_eq!(scaled, expected, "{} of scaled", name);
            }
        }
        for kind in [distances, shapes] {
            for ((name, plain), (_, shifted)) in kind(&of, n).into_iter().zip(kind(&shifted, n)) {
                prop_assert_eq!(shifted, plain, "{} of shifted", name);
            }
        }
        for ((name, plain), (_, shifted)) in levels(&of, n).into_iter().zip(levels(&shifted, n)) {
            let (Ok(plain), Ok(shifted)) = (plain, shifted) else { continue };
            for ((bar, value), (_, shifted)) in plain.iter().zip(shifted.iter()) {
                prop_assert!(near(shifted, value + more, more.abs() + 1e5), "{} of bar {}", name, bar);
            }
        }
    }

    /// By the definition, each window by itself; sums of the grid are exact.
    #[test]
    fn windows_are_as_defined(of in columns(), n in 1_usize..9) {
        let close = &of.close;
        prop_assume!(close.len() > 1);
        let n = 1 + (n - 1) % (close.len() - 1);
        let (mean, weighted) = (Sma::new(n).unwrap().of(close).unwrap(), Wma::new(n).unwrap().of(close).unwrap());
        let aroon = Aroon::new(n).unwrap().of(&of.high, &of.low).unwrap();
        let place = Stochastic::new(n, 1, 1, Flat::Undefined, WarmUp::Apart).unwrap().of(of.bars()).unwrap().k;
        let count = input::count(n);
        for end in n..close.len() {
            let window = &close[end + 1 - n..=end];
            prop_assert!(near(mean.at(end).unwrap(), window.iter().sum::<f64>() / count, 1e5));
            let sum: f64 = (1_u8..).zip(window).map(|(weight, price)| f64::from(weight) * price).sum();
            prop_assert!(near(weighted.at(end).unwrap(), sum / (count * (count + 1.0) / 2.0), 1e5));
            // The newest of the extremes, by going back from the newest bar.
            let (mut highest, mut lowest) = (end, end);
            for bar in (end - n..end).rev() {
                highest = if of.high[bar] > of.high[highest] { bar } else { highest };
                lowest = if of.low[bar] < of.low[lowest] { bar } else { lowest };
            }
            prop_assert_eq!(aroon.up.at(end), Some(100.0 * (input::count(n - (end - highest)) / count)));
            prop_assert_eq!(aroon.down.at(end), Some(100.0 * (input::count(n - (end - lowest)) / count)));
            let high = of.high[end + 1 - n..=end].iter().fold(f64::MIN, |most, &price| most.max(price));
            let low = of.low[end + 1 - n..=end].iter().fold(f64::MAX, |least, &price| least.min(price));
            let expected = (high > low).then(|| 100.0 * ((close[end] - low) / (high - low)));
            prop_assert_eq!(place.at(end), expected);
        }
    }

    #[test]
    fn numbers_come_out_whatever_goes_in(
        rows in prop::collection::vec((wild(), wild(), wild(), wild().prop_map(f64::abs)), 0..24), n in 0_usize..6,
    ) {
        let of = Columns::of(&rows);
        for (batches, streams) in [n, usize::MAX - n].map(|n| (all(&of, n), streamed(&of, n))) {
            prop_assert_eq!(batches.len(), streams.len());
            for ((name, series), stream) in batches.into_iter().zip(streams) {
                let Ok(series) = series else { continue };
                prop_assert_eq!(bits(&stream.unwrap()), bits(&series), "{} by a stream", name);
                prop_assert!(series.values().iter().all(|value| value.is_finite()), "{}: {:?}", name, series);
                let in_place = |(bar, value)| series.at(bar) == Some(value) && bar < rows.len();
                prop_assert!(series.iter().all(in_place), "{}", name);
                let percent = ["RSI by Wilder", "RSI by Cutler", "%K", "up", "down", "MFI"].contains(&name);
                let within = |value: f64| (0.0..=100.0).contains(&value);
                prop_assert!(!percent || series.values().iter().all(|&value| within(value)), "{}: {:?}", name, series);
            }
        }
    }
}

/// Powers of two without rounding.
trait PowiExact {
    fn powi_exact(self, power: i32) -> f64;
}

impl PowiExact for f64 {
    fn powi_exact(self, power: i32) -> f64 {
        (0..power.abs()).fold(1.0, |product, _| if power > 0 { product * self } else { product / self })
    }
}

#[test]
fn parameters_are_checked() {
    assert_eq!(Ema::new(0, EmaStart::First), Err(IndicatorError::Period { period: 0, least: 1 }));
    assert_eq!(StandardDeviation::new(1, Deviation::Sample), Err(IndicatorError::Period { period: 1, least: 2 }));
    assert_eq!(LinearSlope::new(1), Err(IndicatorError::Period { period: 1, least: 2 }));
    assert_eq!(
        Macd::new(26, 26, 9, MacdStart::Apart, WarmUp::Apart),
        Err(IndicatorError::Order { fast: 26, slow: 26 })
    );
    for width in [-0.1, f64::NAN, f64::INFINITY] {
        assert_eq!(Bollinger::new(20, width, Deviation::Sample), Err(IndicatorError::Width), "{width}");
    }
    for value in [f64::NAN, f64::INFINITY, -1.01 * LARGEST] {
        assert_eq!(Rsi::new(14, Smoothing::Wilder, Flat::Is(value)), Err(IndicatorError::Flat), "{value}");
    }
    for (acceleration, most) in [(-0.02, 0.2), (0.3, 0.2), (0.02, 1.1), (f64::NAN, 0.2), (0.02, f64::NAN)] {
        assert_eq!(Sar::new(acceleration, most, FirstTrend::Up), Err(IndicatorError::Acceleration));
    }
    assert_eq!(Kama::new(10, 30, 30, Stillness::Noise), Err(IndicatorError::Order { fast: 30, slow: 30 }));
    assert!(size_of::<IndicatorError>() <= 32);
}

#[test]
fn columns_are_checked() {
    let mean = Sma::new(2).unwrap();
    assert_eq!(mean.of(&[]), Err(IndicatorError::Empty));
    assert_eq!(mean.of(&[1.0]), Err(IndicatorError::TooShort { bars: 1, least: 2 }));
    assert_eq!(mean.of(&[1.0, f64::NAN]), Err(IndicatorError::NotFinite { bar: 1 }));
    assert_eq!(mean.of(&[f64::NEG_INFINITY, 1.0]), Err(IndicatorError::NotFinite { bar: 0 }));
    assert_eq!(mean.of(&[1.0, 2.0, -1.01 * LARGEST]), Err(IndicatorError::TooLarge { bar: 2 }));
    let rsi = Rsi::new(2, Smoothing::Wilder, Flat::Undefined).unwrap();
    assert_eq!(rsi.of(&[1.0, 2.0]), Err(IndicatorError::TooShort { bars: 2, least: 3 }));
    let range = TrueRange::new(FirstRange::HighLow);
    let bars = |high, low, close| HighLowClose { high, low, close };
    assert_eq!(range.of(bars(&[2.0], &[1.0, 1.0], &[1.0])), Err(IndicatorError::Lengths { first: 1, other: 2 }));
    assert_eq!(range.of(bars(&[1.0], &[2.0], &[1.5])), Err(IndicatorError::HighBelowLow { bar: 0 }));
    assert_eq!(range.of(bars(&[2.0], &[1.0], &[2.5])), Err(IndicatorError::CloseOutside { bar: 0 }));
    let obv = Obv::new(FirstVolume::Counted);
    assert_eq!(obv.of(&[1.0, 2.0], &[1.0, -1.0]), Err(IndicatorError::NegativeVolume { bar: 1 }));
    assert_eq!(obv.of(&[1.0], &[1.0, 1.0]), Err(IndicatorError::Lengths { first: 1, other: 2 }));
}

/// Longer than what goes through a recursion together, of every remainder of a group, written to memory used before.
#[test]
fn long_batches_are_streams_too() {
    let mut state = 1_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(state >> 40).unwrap()) / 1024.0
    };
    let rows: Vec<_> = (0..800).map(|_| (random(), random(), random(), random())).collect();
    let mut means = Sma::new(1).unwrap().of(&vec![1.0; 900]).unwrap();
    for bars in [253, 256, 257, 514, 767, 798, 799, 800] {
        let of = Columns::of(&rows[..bars]);
        for n in [1, 2, 3, 14, 19, 20, 250] {
            for ((name, batch), stream) in all(&of, n).into_iter().zip(streamed(&of, n)) {
                let Ok(batch) = batch else { continue };
                assert!(bits(&stream.unwrap()) == bits(&batch), "{name} of {bars} bars, n = {n}");
            }
            Ema::new(n, EmaStart::Mean).unwrap().of_into(&of.close, &mut means).unwrap();
            assert_eq!(means, Ema::new(n, EmaStart::Mean).unwrap().of(&of.close).unwrap());
        }
    }
}

/// What is refused leaves no trace: an error of a batch into a series, of a bar into a stream.
#[test]
fn errors_leave_no_trace() {
    let ema = Ema::new(2, EmaStart::Mean).unwrap();
    let mut series = ema.of(&[1.0, 2.0]).unwrap();
    let before = series.clone();
    assert_eq!(ema.of_into(&[1.0, f64::NAN], &mut series), Err(IndicatorError::NotFinite { bar: 1 }));
    assert_eq!(series, before);
    let atr = Atr::new(1, FirstRange::HighLow).unwrap();
    let (high, mut low) = (vec![2.0; 600], vec![1.0; 600]);
    low[500] = 2.5;
    let bars = HighLowClose { high: &high, low: &low, close: &high };
    assert_eq!(atr.of_into(bars, &mut series), Err(IndicatorError::HighBelowLow { bar: 500 }));
    assert_eq!((series.values(), series.first_bar()), (&[][..], None));
    let mut stream = atr.stream();
    let bar = OneBar { high: 2.0, low: 1.0, close: 1.5, volume: 0.0 };
    stream.push(bar).unwrap();
    let kept = stream.clone();
    for (wrong, error) in [
        (OneBar { high: 0.5, ..bar }, IndicatorError::HighBelowLow { bar: 1 }),
        (OneBar { close: 2.5, ..bar }, IndicatorError::CloseOutside { bar: 1 }),
        (OneBar { volume: -1.0, ..bar }, IndicatorError::NegativeVolume { bar: 1 }),
        (OneBar { low: f64::NAN, ..bar }, IndicatorError::NotFinite { bar: 1 }),
        (OneBar { high: 1.1 * LARGEST, ..bar }, IndicatorError::TooLarge { bar: 1 }),
    ] {
        assert_eq!(stream.push(wrong), Err(error));
        assert_eq!(stream, kept);
    }
}
