//! The scheme against the closed forms, which `tests/data/price/heston_law.py` evaluates without a step in time.

use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;
use crate::Symbol;
use crate::number::{Philox, exp, normal};
use crate::price::random::Kept;
use crate::price::{Clock, Gbm, Market, Model, Seed};

/// Paths of a year in a sample. A mean is then known to 1/141 of a deviation, a probability (Kolmogorov–Smirnov, level
/// 0.001) to 1.95/141 = 0.0138.
const PATHS: u32 = 20_000;

/// The two sets of parameters of `heston_law.py`; the second breaks Feller's condition.
fn of_set(set: &str) -> Heston {
    let model = |drift, long_run_variance, mean_reversion, vol_of_vol, correlation| Heston {
        start: "100".parse().unwrap(),
        drift: PerYear(drift),
        initial_variance: PerYear(0.04),
        mean_reversion: PerYear(mean_reversion),
        long_run_variance: PerYear(long_run_variance),
        vol_of_vol: PerYear(vol_of_vol),
        correlation,
    };
    match set {
        "calm" => model(0.07, 0.05, 2.0, 0.4, -0.7),
        "wild" => model(0.03, 0.04, 1.0, 0.6, -0.5),
        other => panic!("{other} is no set"),
    }
}

fn first(model: &Heston) -> State {
    State { log: 0.0, variance: model.initial_variance.0 }
}

/// A figure of a path.
type Function<'a> = &'a dyn Fn(&Year) -> f64;

/// Where a path is after half a year and after the year.
type Year = (State, State);

/// Paths of a year in so many steps, a divisor of 252. Whatever their number, they are driven by the same Brownian
/// motions, so that two samples differ by what the steps do alone.
fn years(model: &Heston, steps: u32) -> Vec<Year> {
    let scheme = Scheme::new(model, 1.0 / f64::from(steps)).unwrap();
    let random = Philox::new(7);
    let days = 252 / steps;
    let walk = |path, ticks: std::ops::RangeInclusive<u32>, from| {
        ticks.fold(from, |state, tick| {
            let mut sums = [0.0; 2];
            for day in (tick - 1) * days + 1..=tick * days {
                let [price, own] = random.pair64([path, day, 252, 0]).map(normal);
                sums = [sums[0] + price, sums[1] + own];
            }
            let [price, own] = sums.map(|sum| sum / f64::from(days).sqrt());
            scheme.step(state, price, own)
        })
    };
    let year = |path| {
        let half = walk(path, 1..=steps / 2, first(model));
        (half, walk(path, steps / 2 + 1..=steps, half))
    };
    (0..PATHS).map(year).collect()
}

/// The rows of a file of closed forms that are of a set, without the set.
fn rows<'a>(text: &'a str, set: &'a str) -> impl Iterator<Item = Vec<&'a str>> {
    text.lines().filter_map(move |line| line.strip_prefix(set)?.strip_prefix(',')).map(|row| row.split(',').collect())
}

fn exact(set: &str, what: &str) -> f64 {
    let moments = include_str!("../../../tests/data/price/heston_moments.csv");
    rows(moments, set).find(|row| row[0] == what).unwrap()[1].parse().unwrap()
}

fn square(x: f64) -> f64 {
    x * x
}

/// The mean of a function of the paths, and its standard error.
fn mean(years: &[Year], of: impl Fn(&Year) -> f64) -> (f64, f64) {
    let count = f64::from(PATHS);
    let mean = years.iter().map(&of).sum::<f64>() / count;
    let variance = years.iter().map(|year| square(of(year) - mean)).sum::<f64>() / count;
    (mean, (variance / count).sqrt())
}

/// The largest distance between the sample's distribution and the law, over the law's table.
fn distance(years: &[Year], set: &str, what: &str) -> f64 {
    let law = include_str!("../../../tests/data/price/heston_law.csv");
    let value = |year: &Year| if what == "variance" { year.1.variance } else { year.1.log };
    let mut values: Vec<f64> = years.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    let apart = |row: Vec<&str>| {
        let (x, probability): (f64, f64) = (row[1].parse().unwrap(), row[2].parse().unwrap());
        let below = u32::try_from(values.partition_point(|value| *value <= x)).unwrap();
        (f64::from(below) / f64::from(PATHS) - probability).abs()
    };
    rows(law, set).filter(|row| row[0] == what).map(apart).fold(0.0, f64::max)
}

/// What the scheme promises to be free of bias: five standard errors of the sample, and nothing else.
fn is_unbiased(set: &str) {
    let model = of_set(set);
    let [mean_v, variance_v] = ["variance_mean", "variance_variance"].map(|what| exact(set, what));
    let level = model.long_run_variance.0;
    let half_v = level + (model.initial_variance.0 - level) * exp(-model.mean_reversion.0 / 2.0);
    // One step a year is as unbiased as 252.
    for steps in [2, 252] {
        let years = years(&model, steps);
        let holds = |what: &str, exact: f64, (value, error): (f64, f64)| {
            assert!((value - exact).abs() < 5.0 * error, "{set}, {steps} steps: {what} {value} ± {error}, not {exact}");
        };
        holds("E S", 1.0, mean(&years, |year| exp(year.1.log - model.drift.0)));
        holds("E v", mean_v, mean(&years, |year| year.1.variance));
        holds("Var v", variance_v, mean(&years, |year| square(year.1.variance - mean_v)));
        let lagged = |year: &Year| (year.0.variance - half_v) * (year.1.variance - mean_v);
        holds("Cov v", exact(set, "variance_autocovariance"), mean(&years, lagged));
    }
}

/// A step from any variance, 0 among them, has the mean and the variance of Cox, Ingersoll and Ross's v' given v, within
/// five standard errors of a million steps, and pushes the price so that its mean is exact.
#[test]
fn a_step_has_exact_moments() {
    const STEPS: u32 = 1_000_000;
    let model = of_set("wild");
    let (level, reversion, square) = (model.long_run_variance.0, model.mean_reversion.0, square(model.vol_of_vol.0));
    let years = 1.0 / 252.0;
    let (scheme, random) = (Scheme::new(&model, years).unwrap(), Philox::new(1985));
    for v in [0.0, 1e-5, 3e-4, 0.02] {
        let kept = exp(-reversion * years);
        let exact_mean = level + (v - level) * kept;
        let exact_variance = v * square / reversion * (kept - kept * kept)
            + level * square / (2.0 * reversion) * (1.0 - kept) * (1.0 - kept);
        let mut sums = [[0.0; 2]; 3];
        for number in 0..STEPS {
            let [price, own] = random.pair64([number, 0, 0, 0]).map(normal);
            let next = scheme.step(State { log: 0.0, variance: v }, price, own);
            let off = next.variance - exact_mean;
            for (sum, value) in sums.iter_mut().zip([off, off * off, exp(next.log - model.drift.0 * years)]) {
                sum[0] += value;
                sum[1] += value * value;
            }
        }
        for ([sum, squares], exact) in sums.into_iter().zip([0.0, exact_variance, 1.0]) {
            let mean = sum / f64::from(STEPS);
            let error = ((squares / f64::from(STEPS) - mean * mean) / f64::from(STEPS)).sqrt();
            assert!((mean - exact).abs() < 5.0 * error, "from {v}: {mean} ± {error}, not {exact}");
        }
    }
}

/// What has a bias: daily steps are as near to the law as the sample can tell (five standard errors; 1.95/√n), but for
/// the bias, which is at most what halving the step from 1/126 of a year changed on the same Brownian motions: a scheme
/// of the first order or better loses half of its bias at least.
fn is_near_the_law(set: &str) {
    let model = of_set(set);
    let [daily, coarse] = [252, 126].map(|steps| years(&model, steps));
    let [mean_x, mean_v] = ["log_return_mean", "variance_mean"].map(|what| exact(set, what));
    let of_mean = |year: &Year| year.1.log;
    let of_variance = |year: &Year| square(year.1.log - mean_x);
    let of_covariance = |year: &Year| (year.1.log - mean_x) * (year.1.variance - mean_v);
    let (first, second) = (mean(&daily, |year| year.0.log).0, mean(&daily, |year| year.1.log - year.0.log).0);
    let of_halves = |year: &Year| (year.0.log - first) * (year.1.log - year.0.log - second);
    let functions: [(&str, Function<'_>); 4] = [
        ("log_return_mean", &of_mean),
        ("log_return_variance", &of_variance),
        ("covariance", &of_covariance),
        ("log_return_autocovariance", &of_halves),
    ];
    for (what, of) in functions {
        let (value, error) = mean(&daily, of);
        let bias = (value - mean(&coarse, of).0).abs();
        let exact = exact(set, what);
        assert!((value - exact).abs() < 5.0 * error + bias, "{set}: {what} {value} ± {error}, not {exact}");
    }
    let sampling = 1.95 / f64::from(PATHS).sqrt();
    for what in ["log_return", "variance"] {
        let apart = distance(&daily, set, what);
        let bias = (apart - distance(&coarse, set, what)).abs();
        assert!(apart < sampling + bias, "{set}: {what} is {apart} from its law");
    }
    // With four steps a year the scheme's bias is seen: the test can fail.
    assert!(distance(&years(&model, 4), set, "variance") > sampling);
}

#[test]
fn means_and_variances_have_no_bias() {
    is_unbiased("calm");
    is_unbiased("wild");
}

#[test]
fn daily_steps_follow_the_law() {
    is_near_the_law("calm");
    is_near_the_law("wild");
}

/// Without vol of vol the variance is its own mean, and the price a Brownian motion under it.
#[test]
fn certain_variance_is_the_closed_form() {
    let model = Heston { vol_of_vol: PerYear(0.0), initial_variance: PerYear(0.09), ..of_set("calm") };
    let scheme = Scheme::new(&model, 1.0 / 252.0).unwrap();
    let mut state = first(&model);
    for tick in 1..=2520 {
        state = scheme.step(state, 0.0, 3.0);
        let exact = 0.05 + 0.04 * exp(-2.0 * f64::from(tick) / 252.0);
        // Two roundings a step and those of the exact value, of numbers below 0.09.
        assert!((state.variance - exact).abs() < f64::from(tick + 4) * f64::EPSILON * 0.09, "{tick}");
    }
}

/// The smaller the vol of vol, the nearer a path to its limit, in proportion: nothing cancels on the way there.
#[test]
fn small_vol_of_vol_has_a_limit() {
    let path = |vol_of_vol| {
        let model = Heston { vol_of_vol: PerYear(vol_of_vol), ..of_set("calm") };
        let (scheme, random) = (Scheme::new(&model, 1.0 / 252.0).unwrap(), Philox::new(3));
        (1..=252).fold(first(&model), |state, tick| {
            let [price, own] = random.pair64([tick, 0, 0, 0]).map(normal);
            scheme.step(state, price, own)
        })
    };
    let apart = [1e-3, 1e-4, 1e-5, 1e-6, 1e-7].map(|small| (path(small).log - path(small / 10.0).log).abs());
    for pair in apart.windows(2) {
        assert!(pair[1] < pair[0] / 5.0 && pair[1] > pair[0] / 20.0, "{apart:?}");
    }
}

/// So slow a return is none: within a rounding of 2⁻⁵² a step, of numbers below 10, over 252 steps.
#[test]
fn the_slowest_reversion_is_none() {
    let path = |mean_reversion| {
        let model = Heston { mean_reversion: PerYear(mean_reversion), ..of_set("calm") };
        let (scheme, random) = (Scheme::new(&model, 1.0 / 252.0).unwrap(), Philox::new(4));
        (1..=252).fold(first(&model), |state, tick| {
            let [price, own] = random.pair64([tick, 0, 0, 0]).map(normal);
            scheme.step(state, price, own)
        })
    };
    let (none, bound) = (path(0.0), 252.0 * 10.0 * f64::EPSILON);
    assert!(none.variance > 0.0 && none.variance.to_bits() != of_set("calm").initial_variance.0.to_bits());
    for slow in [5e-324, 1e-322, 1e-320, 1e-318, 1e-310, 1e-300, 1e-290, 1e-30] {
        let slow = path(slow);
        assert!((slow.log - none.log).abs() < bound && (slow.variance - none.variance).abs() < bound, "{slow:?}");
    }
}

/// Variances 2⁻⁵⁰ times as large, moved by a vol of vol 2⁻²⁵ times as large, are the same ones in another unit, to the
/// bit: none is too small to be moved.
#[test]
fn small_variances_move_as_large_ones() {
    let random = Philox::new(5);
    let large = Heston { long_run_variance: PerYear(0.0), correlation: 0.0, ..of_set("wild") };
    let unit = f64::from_bits((1023 - 50) << 52);
    let small = Heston { vol_of_vol: PerYear(large.vol_of_vol.0 * unit.sqrt()), ..large };
    let [large, small] = [large, small].map(|model| Scheme::new(&model, 1.0 / 252.0).unwrap());
    for number in 0..1000 {
        let shock = normal(random.bits64([number, 0, 0, 0]));
        for variance in [0.04, 1e-3, 1e-5] {
            let [large, small] = [(large, variance), (small, variance * unit)].map(|(s, v)| s.variance(v, shock).0);
            assert_eq!((large * unit).to_bits(), small.to_bits(), "{variance}, {shock}");
        }
    }
}

/// What may be given as a parameter: likely ones, the ends, and what is none.
fn parameter() -> impl Strategy<Value = f64> {
    let ends = [0.0, -0.0, 1e-12, 1e-9, 1.0, 1e9, 1.1e9, -1.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 5e-324];
    prop_oneof![6 => 0.0..2.0_f64, 1 => 0.0..1000.0_f64, 2 => prop::sample::select(ends.to_vec()), 1 => any::<f64>()]
}

/// A market over days with three of the model and one of geometric Brownian motion between them, any two correlated.
fn market(seed: u64, stocks: usize, between: f64) -> Market<'static> {
    let day = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap();
    let mut market = Market::new(Seed(seed), day, Clock::CalendarDays { per_year: 252.0 }).unwrap();
    let gbm = Gbm { start: "100".parse().unwrap(), drift: PerYear(0.02), volatility: PerYear(0.2) };
    for (number, set) in (0..stocks).zip(["calm", "", "wild", "calm"].into_iter().cycle()) {
        let model = if set.is_empty() { Model::from(gbm) } else { of_set(set).into() };
        market = market.stock(Symbol::new(&format!("S{number}")).unwrap(), model).unwrap();
    }
    let row = |i: usize| (0..stocks).map(|j| if i == j { 1.0 } else { between }).collect::<Vec<f64>>();
    market.correlated(&(0..stocks).map(row).collect::<Vec<_>>()).unwrap()
}

/// What the shocks of two stocks have in common is what the matrix says, to five standard errors of 20,000 days. The
/// returns are seen in deviations of their tick, given the variance at its start: the scheme's own over one tick is that
/// to the order of κΔ = 0.008.
#[test]
fn shocks_are_correlated_across_stocks() {
    let market = market(5, 4, 0.6);
    let shocks: Vec<Vec<f64>> = ["S0", "S1", "S3"]
        .iter()
        .map(|name| {
            let stock = market.of(Symbol::new(name).unwrap()).unwrap();
            let (mut cursor, mut kept, mut before) = (stock.cursor(), Kept::new(stock.shocks.len()), 100.0);
            let price = Price::MAX;
            let mut shock = |tick| {
                let value = stock.walk(&mut cursor, &mut kept, tick);
                let shock = ln(value / before) / stock.deviation(&cursor, price, price);
                before = value;
                shock
            };
            (1..=20_000).map(&mut shock).collect()
        })
        .collect();
    for (one, other) in [(0, 1), (0, 2), (1, 2)] {
        let product = |(a, b): (&f64, &f64)| a * b;
        let mean = shocks[one].iter().zip(&shocks[other]).map(product).sum::<f64>() / 20_000.0;
        // The variance of the product of two standard normal numbers correlated by c is 1 + c².
        let error = (1.36_f64 / 20_000.0).sqrt();
        assert!((mean - 0.6).abs() < 5.0 * error + 0.6 * 0.008, "{one}, {other}: {mean}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Forwards, backwards, with other stocks behind: the same bits.
    #[test]
    fn in_order_is_alone_to_the_bit(
        seed in any::<u64>(), number in 0..4_usize, from in 0..200_u32, steps in prop::collection::vec(-9..20_i32, 1..6),
    ) {
        let (one, more) = (market(seed, 4, 0.5), market(seed, 5, 0.5));
        let symbol = Symbol::new(&format!("S{number}")).unwrap();
        let [stock, alone] = [&one, &more].map(|market| market.of(symbol).unwrap());
        let (mut cursor, mut kept, mut tick) = (stock.cursor(), Kept::new(stock.shocks.len()), from);
        for step in steps {
            let walked = stock.walk(&mut cursor, &mut kept, tick);
            prop_assert_eq!(walked.to_bits(), alone.value(tick).to_bits(), "tick {}", tick);
            tick = tick.saturating_add_signed(step);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Whatever the parameters: the error that names the first that is none, or a path whose variance is 0 or more and
    /// whose logarithm is a number.
    #[test]
    fn parameters_are_refused_or_make_a_path(
        [drift, initial, long_run, reversion, vol_of_vol] in [parameter(), parameter(), parameter(), parameter(), parameter()],
        correlation in prop_oneof![4 => -1.0..=1.0_f64, 1 => parameter()],
        ticks in prop_oneof![Just(252.0), Just(365.0), 1.0..10_000.0],
        seed in any::<u64>(),
    ) {
        let model = Heston {
            start: Price::MAX,
            drift: PerYear(drift),
            initial_variance: PerYear(initial),
            long_run_variance: PerYear(long_run),
            mean_reversion: PerYear(reversion),
            vol_of_vol: PerYear(vol_of_vol),
            correlation,
        };
        let none = |value: &f64| value.is_nan() || value.abs() > 1e9;
        let all = [initial, long_run, reversion, vol_of_vol];
        match model.by_tick(1.0 / ticks) {
            Err(PriceError::OutOfRange { .. }) => prop_assert!(all.iter().chain([&drift, &correlation]).any(none)),
            Err(PriceError::Negative { .. }) => prop_assert!(all.iter().any(|value| *value < 0.0)),
            Err(PriceError::BeyondOne { .. }) => prop_assert!(correlation.abs() > 1.0),
            // About ρσΔ ≥ 1; σ of at most 10⁹ and a tick of a year at most.
            Err(PriceError::CoarseClock) => prop_assert!(correlation > 0.0 && correlation * vol_of_vol / ticks > 0.5),
            Err(other) => prop_assert!(false, "{:?}", other),
            Ok(path) => {
                prop_assert!(!all.iter().chain([&drift, &correlation]).any(none));
                prop_assert!(all.iter().all(|value| *value >= 0.0) && correlation.abs() <= 1.0);
                let random = Philox::new(seed);
                let mut state = path.first;
                for tick in 0..20 {
                    let [price, own] = random.pair64([tick, 0, 0, 0]).map(normal);
                    state = path.scheme.step(state, price, own);
                    prop_assert!(state.variance >= 0.0 && state.variance.is_finite(), "{:?}", state);
                    prop_assert!(state.log.is_finite(), "{:?}", state);
                }
            }
        }
    }
}
