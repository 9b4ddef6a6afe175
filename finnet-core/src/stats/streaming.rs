//! What holds of accumulators, streams and windows: exact sums against rational arithmetic
//! (`tests/data/stats/accumulators.py`), any partition to the same bits, streams and windows beside the whole series.

use std::fmt::Debug;

use proptest::prelude::*;

use super::*;

const SAMPLE: Deviation = Deviation::Sample;
const OVER_ZERO: OverZero = OverZero::Infinite;
const SKEWNESS: Skewness = Skewness { bias: Bias::Kept, over_zero: OVER_ZERO };
const KURTOSIS: Kurtosis = Kurtosis { bias: Bias::Kept, from: KurtosisOf::Plain, over_zero: OVER_ZERO };

fn accumulated<A: Accumulator>(mut empty: A, values: &[A::Value]) -> A {
    for &value in values {
        empty.push(value).unwrap();
    }
    empty
}

fn next(value: f64, ulps: i64) -> f64 {
    f64::from_bits(value.to_bits().strict_add_signed(ulps))
}

/// What is rounded once is the double nearest to the exact value; what takes a root after that, to 1 ulp, and the skewness
/// to 3.
#[test]
fn exact_sums_are_those_of_rational_arithmetic() {
    let rows = |text: &'static str| text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    let pairs: Vec<(&str, (f64, f64))> = rows(include_str!("../../tests/data/stats/pairs.csv"))
        .map(|row| (row[0], (row[1].parse().unwrap(), row[2].parse().unwrap())))
        .collect();
    let mut seen = 0;
    for row in rows(include_str!("../../tests/data/stats/accumulators.csv")) {
        let (both, x): (Vec<_>, Vec<f64>) =
            pairs.iter().filter(|(set, _)| *set == row[1]).map(|(_, pair)| (*pair, pair.0)).unzip();
        let (together, shape) = (accumulated(Pairs::new(), &both), accumulated(Shape::new(), &x));
        let (ours, ulps) = match row[0] {
            "mean" => (shape.scatter().mean().map(Some), 0),
            "variance" => (shape.scatter().variance(SAMPLE), 0),
            "covariance" => (together.covariance(SAMPLE), 0),
            "beta" => (together.beta(OVER_ZERO), 0),
            "alpha" => (together.alpha(0.0001), 0),
            "tracking" => (together.deviation_active(SAMPLE), 1),
            "correlation" => (together.correlation(), 1),
            "skewness" => (SKEWNESS.read(&shape), 3),
            "kurtosis" => (KURTOSIS.read(&shape), 0),
            other => panic!("{other}"),
        };
        let (ours, exact): (f64, f64) = (ours.unwrap().unwrap(), row[2].parse().unwrap());
        let [near, far] = [-ulps, ulps].map(|ulps| next(exact, ulps).abs());
        assert!(ours.signum() == exact.signum() && (near..=far).contains(&ours.abs()), "{row:?}: {ours:e}");
        seen += 1;
    }
    assert_eq!(seen, 36);
}

#[test]
fn accumulators_are_as_large_as_their_page_says() {
    let sizes = [size_of::<Scatter>(), size_of::<Shape>(), size_of::<Pairs>(), size_of::<Outcomes>()];
    assert_eq!(sizes, [1600, 5296, 4240, 2144]);
    assert_eq!([size_of::<Path>(), size_of::<Sides>()], [40, 56]);
}

#[test]
fn sums_reach_both_ends_of_the_range() {
    let ends = [f64::MAX, f64::MAX, -f64::MAX, 5e-324, -f64::MAX, 5e-324];
    let shape = accumulated(Shape::new(), &ends);
    assert_eq!(shape.scatter().mean(), Ok(0.0)); // 2 · 5e-324 ÷ 6 is nearer to 0
    assert_eq!(accumulated(Scatter::new(), &ends[3..4]).mean(), Ok(5e-324));
    assert_eq!(shape.scatter().variance(SAMPLE), Err(StatsError::Overflow));
    assert_eq!(KURTOSIS.read(&shape), Ok(Some(1.5))); // of ±1 four times and 0 twice
    assert_eq!(accumulated(Scatter::new(), &[f64::MAX; 3]).mean(), Ok(f64::MAX));
    assert_eq!(accumulated(Scatter::new(), &[-0.0; 3]).mean(), Ok(0.0));
    let pairs = accumulated(Pairs::new(), &[(f64::MAX, 5e-324), (-f64::MAX, -5e-324)]);
    assert_eq!(pairs.correlation(), Ok(Some(1.0)));
    assert_eq!(pairs.beta(OVER_ZERO), Err(StatsError::Overflow));
}

#[test]
fn what_is_given_wrong_is_named_and_leaves_no_trace() {
    let mut scatter = accumulated(Scatter::new(), &[1.0, 2.0]);
    let before = scatter;
    assert_eq!(scatter.push(f64::NAN), Err(StatsError::NotFinite { at: 2 }));
    assert_eq!(scatter, before);
    while scatter.count() < Moments::MOST_VALUES {
        let half = scatter;
        scatter.merge(&half).unwrap();
    }
    assert_eq!((scatter.mean(), scatter.variance(Deviation::Population)), (Ok(1.5), Ok(Some(0.25))));
    assert_eq!(scatter.push(0.0), Err(StatsError::TooMany));
    assert_eq!(scatter.merge(&before), Err(StatsError::TooMany));
    assert_eq!((Scatter::new().mean(), Pairs::new().correlation()), (Err(StatsError::Empty), Err(StatsError::Empty)));

    let sharpe = Convention::empyrical().sharpe();
    assert_eq!(sharpe.rolling(0, &[0.1]), Err(StatsError::NoWindow));
    assert_eq!(sharpe.rolling(2, &[]), Err(StatsError::Empty));
    assert_eq!(sharpe.rolling(2, &[0.1, f64::INFINITY]), Err(StatsError::NotFinite { at: 1 }));
    assert_eq!(sharpe.rolling(3, &[0.1, 0.2]), Ok(vec![None, None]));
    assert_eq!(sharpe.rolling(usize::MAX, &[0.1]), Ok(vec![None]));
    assert_eq!(sharpe.stream().unwrap().value(), Err(StatsError::Empty));
    let mut other = Sharpe { annualise: Annualise::PerPeriod, ..sharpe }.stream().unwrap();
    assert_eq!(other.merge(&sharpe.stream().unwrap()), Err(StatsError::ConventionsDiffer));

    let lost = accumulated(Path::new(), &[-1.5]);
    let mut path = accumulated(Path::new(), &[0.0]);
    assert_eq!(path.merge(&lost), Err(StatsError::MoreThanAllLost));
    assert_eq!(path.push(f64::MAX), Ok(()));
    assert_eq!(path.push(f64::MAX), Err(StatsError::Overflow));
    assert_eq!(path.count(), 2);
}

#[test]
fn what_is_a_function_is_the_same_as_a_value() {
    let (deviation, method) = (SAMPLE, QuantileMethod::Linear);
    let (x, y) = ([0.5, -0.5, 1.5], [0.25, 0.5, -0.25]);
    assert_eq!(Mean.of(&x), Ok(0.5));
    assert_eq!(Variance { deviation: Deviation::Population }.of(&x[..2]), Ok(Some(0.25)));
    assert_eq!(StandardDeviation { deviation: Deviation::Population }.of(&x[..2]), Ok(Some(0.5)));
    assert_eq!(Covariance { deviation }.of(&x[..2], &y[..2]), Ok(Some(-0.125)));
    assert_eq!(Correlation.of(&[1.0, -1.0, 1.0, -1.0], &[0.0, 4.0, 0.0, 4.0]), Ok(Some(-1.0))); // 8 ÷ (2 · 4)
    assert_eq!(Quantile { probability: 0.5, method }.of(&x), Ok(0.5));
    assert_eq!((CumulativeReturn.of(&x), MaxDrawdown.of(&x)), (Ok(0.875), Ok(-0.5)));
    let at_once = |deviation| [Variance { deviation }.of(&x[..1]), Covariance { deviation }.of(&x[..1], &y[..1])];
    assert_eq!(at_once(SAMPLE), [Ok(None), Ok(None)]);
    assert_eq!(at_once(Deviation::Population), [Ok(Some(0.0)), Ok(Some(0.0))]);

    let none = Err(StatsError::Empty);
    assert_eq!(streamed(&Mean, &[]), none);
    assert_eq!(streamed(&Variance { deviation }, &[]), none);
    assert_eq!(streamed(&StandardDeviation { deviation }, &[]), none);
    assert_eq!(streamed(&Covariance { deviation }, &[]), none);
    assert_eq!(streamed(&Correlation, &[]), none);
    assert_eq!(streamed(&Quantile { probability: 0.5, method }, &[]), none);
    assert_eq!((streamed(&CumulativeReturn, &[]), streamed(&MaxDrawdown, &[])), (none, none));

    let beyond = Quantile { probability: 1.5, method };
    assert_eq!(beyond.of(&x), Err(StatsError::NotAProbability));
    assert_eq!(beyond.rolling(2, &x), Err(StatsError::NotAProbability));
    let differ = StatsError::LengthsDiffer { left: 3, right: 2 };
    assert_eq!(Covariance { deviation }.rolling(2, (&x, &y[..2])), Err(differ));
    assert_eq!(Correlation.rolling(2, (&x, &y[..2])), Err(differ));
    let mut sample = Variance { deviation }.stream().unwrap();
    let population = Variance { deviation: Deviation::Population }.stream().unwrap();
    assert_eq!(sample.merge(&population), Err(StatsError::ConventionsDiffer));
}

/// Deals the values out to parts by their keys, and merges these in the order of the keys' second half.
fn dealt<A: Accumulator>(empty: &A, values: &[(A::Value, u8)]) -> A {
    let mut parts: Vec<A> = vec![empty.clone(); 4];
    for &(value, key) in values {
        parts[usize::from(key % 4)].push(value).unwrap();
    }
    let turn = values.first().map_or(0, |(_, key)| usize::from(key / 64));
    parts.rotate_left(turn);
    // A tree, not a chain.
    let (left, right) = parts.split_at_mut(2);
    let [first, second] = left else { unreachable!() };
    let [third, fourth] = right else { unreachable!() };
    fourth.merge(third).unwrap();
    first.merge(second).unwrap();
    fourth.merge(first).unwrap();
    fourth.clone()
}

fn same<A: Accumulator + PartialEq + Debug>(empty: &A, values: &[(A::Value, u8)]) -> Result<A, TestCaseError> {
    let plain: Vec<A::Value> = values.iter().map(|(value, _)| *value).collect();
    let whole = accumulated(empty.clone(), &plain);
    prop_assert_eq!(&dealt(empty, values), &whole);
    Ok(whole)
}

/// Any finite double.
fn any_finite() -> impl Strategy<Value = f64> {
    prop_oneof![3 => any::<f64>().prop_filter("finite", |x| x.is_finite()), 2 => -1.0..1.0_f64, 1 => 1e9..1.000_001e9_f64]
}

/// Numbers whose differences are exact: with an offset of 10⁹, or returns.
fn on_a_grid() -> impl Strategy<Value = Vec<(f64, f64)>> {
    let number = -200_i32..200;
    (prop::collection::vec((number.clone(), number), 1..40), prop::sample::select(vec![0.0, 0.0, 1e9])).prop_map(
        |(pairs, offset)| {
            let double = |x: i32| offset + f64::from(x) / 1024.0;
            pairs.into_iter().map(|(x, y)| (double(x), double(y))).collect()
        },
    )
}

/// Holds a stream beside the whole series, within so many u of the answer and of the size of what cancels in it.
fn near(
    name: &str,
    stream: Result<Option<f64>, StatsError>,
    whole: Result<Option<f64>, StatsError>,
    size: f64,
) -> Result<(), TestCaseError> {
    let bound = |whole: f64| 64.0 * f64::EPSILON * (whole.abs() + size);
    match (stream, whole) {
        (Ok(Some(stream)), Ok(Some(whole))) if whole.is_finite() => {
            prop_assert!((stream - whole).abs() <= bound(whole), "{name}: {stream:e}, not {whole:e}");
        }
        (stream, whole) => prop_assert_eq!(stream, whole, "{}", name),
    }
    Ok(())
}

fn streamed<S: Statistic>(
    statistic: &S,
    values: &[<S::State as Accumulator>::Value],
) -> Result<Option<f64>, StatsError> {
    let mut stream = statistic.stream()?;
    values.iter().try_for_each(|&value| stream.push(value))?;
    stream.value()
}

/// Each window is, to the bit, the stream of its values.
fn windows<S: Statistic>(
    statistic: &S,
    window: usize,
    series: SeriesOf<'_, S>,
    values: &[<S::State as Accumulator>::Value],
) -> Result<(), TestCaseError> {
    let Ok(rolling) = statistic.rolling(window, series) else {
        // Then one of the windows is an error by itself.
        let mut each = values.windows(window).map(|values| streamed(statistic, values));
        prop_assert!(each.any(|value| value.is_err()), "no window is an error");
        return Ok(());
    };
    prop_assert_eq!(rolling.len(), values.len());
    for (end, value) in (1..).zip(rolling) {
        let wanted = if end < window { None } else { streamed(statistic, &values[end - window..end]).unwrap() };
        prop_assert_eq!(value.map(f64::to_bits), wanted.map(f64::to_bits), "window to {}", end);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn any_partition_is_the_same_bits(
        values in prop::collection::vec(((any_finite(), any_finite()), any::<u8>()), 1..12),
    ) {
        let alone: Vec<(f64, u8)> = values.iter().map(|((x, _), key)| (*x, *key)).collect();
        let shape = same(&Shape::new(), &alone)?;
        same(&Outcomes::about(0.0), &alone)?;
        same(&Sorted::default(), &alone)?;
        let pairs = same(&Pairs::new(), &values)?;
        for answer in [SKEWNESS.read(&shape), KURTOSIS.read(&shape), shape.scatter().variance(SAMPLE),
            pairs.correlation(), pairs.beta(OVER_ZERO), pairs.alpha(0.01), pairs.deviation_active(SAMPLE)] {
            prop_assert!(!answer.is_ok_and(|answer| answer.is_some_and(f64::is_nan)));
        }
        prop_assert!(pairs.correlation().unwrap().is_none_or(|correlation| correlation.abs() <= 1.0));
    }

    #[test]
    fn adjacent_paths_merge(
        returns in prop::collection::vec(prop_oneof![-0.5..0.5_f64, Just(-1.0), Just(0.0)], 1..60), at in 0_usize..60,
    ) {
        let whole = accumulated(Path::new(), &returns);
        let (early, late) = returns.split_at(at.min(returns.len()));
        let mut merged = accumulated(Path::new(), early);
        merged.merge(&accumulated(Path::new(), late)).unwrap();
        // 2 u for each return of a wealth, and the same for what it is divided by.
        let bound = 4.0 * 60.0 * f64::EPSILON;
        prop_assert!((merged.wealth() - whole.wealth()).abs() <= bound * whole.wealth());
        prop_assert!((merged.max_drawdown() - whole.max_drawdown()).abs() <= bound);
        prop_assert_eq!(Ok(whole.max_drawdown()), max_drawdown(&returns));
        prop_assert_eq!(merged.count(), whole.count());
    }

    /// Of three parts the middle one's peak or valley may be what the whole's deepest fall begins or ends at.
    #[test]
    fn three_paths_merge(
        parts in prop::array::uniform3(prop::collection::vec(prop_oneof![-0.5..0.5_f64, Just(-1.0)], 0..6)),
    ) {
        let whole = accumulated(Path::new(), &parts.concat());
        let [early, middle, late] = parts.map(|part| accumulated(Path::new(), &part));
        let joined = |mut one: Path, next: &Path| { one.merge(next).unwrap(); one };
        // As in `adjacent_paths_merge`.
        let bound = 4.0 * 18.0 * f64::EPSILON;
        for merged in [joined(joined(early, &middle), &late), joined(early, &joined(middle, &late))] {
            prop_assert!((merged.wealth() - whole.wealth()).abs() <= bound * whole.wealth());
            prop_assert!((merged.max_drawdown() - whole.max_drawdown()).abs() <= bound);
        }
    }

    #[test]
    fn a_stream_is_the_whole(pairs in on_a_grid()) {
        let (r, b): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        let year = Annualise::Sessions(252.0);
        let c = Convention { risk_free: RiskFree::PerPeriod(1.0 / 256.0), ..Convention::empyrical() };
        let mean_size = |values: &mut dyn Iterator<Item = f64>| values.map(f64::abs).sum::<f64>() / super::sums::count(r.len());
        let excess = mean_size(&mut r.iter().map(|r| r - 1.0 / 256.0));
        let ratio = |deviation: Option<f64>, size: f64| deviation.filter(|&d| d > 0.0).map_or(0.0, |d| size / d * 252_f64.sqrt());
        let deviation = standard_deviation(&r, SAMPLE).unwrap();
        near("volatility", streamed(&c.volatility(), &r), c.volatility().of(&r), 0.0)?;
        near("sharpe", streamed(&c.sharpe(), &r), c.sharpe().of(&r), ratio(deviation, excess))?;
        let plain = KURTOSIS.of(&r).unwrap().filter(|k| k.is_finite()).unwrap_or(0.0);
        near("skewness", streamed(&SKEWNESS, &r), SKEWNESS.of(&r), plain.sqrt())?;
        near("kurtosis", streamed(&KURTOSIS, &r), KURTOSIS.of(&r), 0.0)?;
        let shortfall = DownsideDeviation { target: RiskFree::PerPeriod(0.0), annualise: Annualise::PerPeriod, shortfalls: Shortfalls::OverAll };
        let size = ratio(shortfall.of(&r).ok(), mean_size(&mut r.iter().copied()));
        near("sortino", streamed(&c.sortino(), &r), c.sortino().of(&r), size)?;
        near("downside", streamed(&c.downside_deviation(), &r), c.downside_deviation().of(&r).map(Some), 0.0)?;
        let themselves = Convention { shortfalls: Shortfalls::OverThemselves, ..c };
        near("downside", streamed(&themselves.downside_deviation(), &r), themselves.downside_deviation().of(&r).map(Some), 0.0)?;
        near("sortino", streamed(&themselves.sortino(), &r), themselves.sortino().of(&r), size)?;
        near("omega", streamed(&c.omega(), &r), c.omega().of(&r), 0.0)?;
        near("profit factor", streamed(&c.profit_factor(), &r), c.profit_factor().of(&r), 0.0)?;
        near("gain to pain", streamed(&c.gain_to_pain(), &r), c.gain_to_pain().of(&r), 1.0 + c.profit_factor().of(&r).unwrap().unwrap_or(0.0))?;
        prop_assert_eq!(streamed(&c.win_rate(), &r), c.win_rate().of(&r));
        for statistic in [c.value_at_risk(), Convention::quantstats().value_at_risk()] {
            near("value at risk", streamed(&statistic, &r), statistic.of(&r), excess)?;
        }
        for c in [c, Convention::quantstats(), Convention { conditional: ConditionalMethod::UpTo(QuantileMethod::Hazen), ..c }] {
            near("cvar", streamed(&c.conditional_value_at_risk(), &r), c.conditional_value_at_risk().of(&r), excess)?;
        }
        prop_assert_eq!(streamed(&c.tail_ratio(), &r), c.tail_ratio().of(&r));
        // A growth is right to 2 n u of it, and one of a year to 252 ÷ n times that: 252 ε, and some for the power.
        let error_of = |annual: Option<f64>| annual.map_or(0.0, |annual| 5.0 * (1.0 + annual));
        let annual = c.annual_return().of(&r);
        near("annual return", streamed(&c.annual_return(), &r), annual, error_of(annual.unwrap_or_default()))?;
        prop_assert_eq!(streamed(&c.calmar(), &r), c.calmar().of(&r));
        prop_assert_eq!(streamed(&c.ulcer_index(), &r), c.ulcer_index().of(&r));
        prop_assert_eq!(streamed(&c.stability(), &r), c.stability().of(&r));
        prop_assert_eq!(streamed(&c.serenity(), &r), c.serenity().of(&r));

        let slope = |x: &[f64], y: &[f64]| deviation.zip(standard_deviation(y, SAMPLE).unwrap()).filter(|(_, y)| *y > 0.0).map_or(0.0, |(_, dy)| standard_deviation(x, SAMPLE).unwrap().unwrap() / dy);
        near("beta", streamed(&c.beta(), &pairs), c.beta().of(&r, &b), slope(&r, &b))?;
        let alpha = Alpha { growth: AlphaOf::Simple, ..c.alpha() };
        let size = 252.0 * (excess + (1.0 + slope(&r, &b)) * mean_size(&mut b.iter().map(|b| b - 1.0 / 256.0)));
        near("alpha", streamed(&alpha, &pairs), alpha.of(&r, &b), size)?;
        near("tracking error", streamed(&c.tracking_error(), &pairs), c.tracking_error().of(&r, &b), 0.0)?;
        let active = mean_size(&mut pairs.iter().map(|(r, b)| r - b));
        let information = InformationRatio { annualise: year, ..c.information_ratio() };
        let error = TrackingError { annualise: Annualise::PerPeriod, deviation: SAMPLE }.of(&r, &b).unwrap();
        near("information", streamed(&information, &pairs), information.of(&r, &b), ratio(error, active))?;
        let (ours, theirs): (Vec<f64>, Vec<f64>) = pairs.iter().copied().filter(|(_, b)| *b > 0.0).unzip();
        let of = |r: &[f64]| c.annual_return().of(r).unwrap_or_default();
        let (ours, theirs) = (of(&ours), of(&theirs));
        let size = theirs.filter(|&theirs| theirs != 0.0).map_or(0.0, |by| {
            error_of(ours) / by.abs() + ours.unwrap_or(0.0).abs() * error_of(theirs) / (by * by)
        });
        near("capture", streamed(&c.capture(Side::Up), &pairs), c.capture(Side::Up).of(&r, &b), size)?;
    }

    #[test]
    fn a_stream_of_what_is_a_function_is_the_whole(pairs in on_a_grid(), probability in 0.0..=1.0_f64) {
        let (r, b): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        let size = r.iter().map(|r| r.abs()).sum::<f64>() / super::sums::count(r.len());
        near("mean", streamed(&Mean, &r), mean(&r).map(Some), size)?;
        for deviation in [SAMPLE, Deviation::Population] {
            near("variance", streamed(&Variance { deviation }, &r), variance(&r, deviation), 0.0)?;
            near("deviation", streamed(&StandardDeviation { deviation }, &r), standard_deviation(&r, deviation), 0.0)?;
            // Of products that cancel, their sum without signs counts, at most the product of both deviations.
            let [dr, db] = [&r, &b].map(|x| standard_deviation(x, deviation).unwrap().unwrap_or(0.0));
            near("covariance", streamed(&Covariance { deviation }, &pairs), covariance(&r, &b, deviation), dr * db)?;
        }
        near("correlation", streamed(&Correlation, &pairs), correlation(&r, &b), 1.0)?;
        for method in properties::METHODS {
            let median = Quantile { probability: 0.5, method };
            prop_assert_eq!(streamed(&median, &r), quantile(&r, 0.5, method).map(Some));
            let at = Quantile { probability, method };
            prop_assert_eq!(streamed(&at, &r), quantile(&r, probability, method).map(Some));
        }
        // The same factors in another order: u each of the growth, from which 1 is taken.
        let whole = cumulative_return(&r);
        near("cumulative return", streamed(&CumulativeReturn, &r), whole.map(Some), whole.map_or(0.0, |whole| 1.0 + whole))?;
        prop_assert_eq!(streamed(&MaxDrawdown, &r), max_drawdown(&r).map(Some));
    }

    #[test]
    fn a_window_is_the_stream_of_its_values(mut pairs in on_a_grid(), window in 1_usize..7) {
        pairs.truncate(10);
        let (r, b): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        let c = Convention::quantstats();
        windows(&c.sharpe(), window, &r, &r)?;
        windows(&c.skewness(), window, &r, &r)?;
        windows(&c.kurtosis(), window, &r, &r)?;
        windows(&c.sortino(), window, &r, &r)?;
        windows(&c.win_rate(), window, &r, &r)?;
        windows(&Convention::empyrical().value_at_risk(), window, &r, &r)?;
        windows(&c.tail_ratio(), window, &r, &r)?;
        windows(&c.calmar(), window, &r, &r)?;
        windows(&c.ulcer_index(), window, &r, &r)?;
        windows(&c.alpha(), window, (&r, &b), &pairs)?;
        windows(&c.information_ratio(), window, (&r, &b), &pairs)?;
        windows(&c.capture(Side::UpOverDown), window, (&r, &b), &pairs)?;
    }

    #[test]
    fn a_window_of_what_is_a_function_is_the_stream_of_its_values(
        mut pairs in on_a_grid(), window in 1_usize..7, probability in 0.0..=1.0_f64, at in 0_usize..8,
    ) {
        pairs.truncate(10);
        let (r, b): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        windows(&Mean, window, &r, &r)?;
        for deviation in [SAMPLE, Deviation::Population] {
            windows(&Variance { deviation }, window, &r, &r)?;
            windows(&StandardDeviation { deviation }, window, &r, &r)?;
            windows(&Covariance { deviation }, window, (&r, &b), &pairs)?;
        }
        windows(&Correlation, window, (&r, &b), &pairs)?;
        windows(&Quantile { probability, method: properties::METHODS[at] }, window, &r, &r)?;
        windows(&CumulativeReturn, window, &r, &r)?;
        windows(&MaxDrawdown, window, &r, &r)?;
    }
}
