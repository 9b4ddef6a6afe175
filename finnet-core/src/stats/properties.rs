//! What holds of every series, and statistics of series far from 0 against rational arithmetic
//! (`tests/data/stats/exact.py`).

#![expect(clippy::float_cmp, reason = "where a value is exact, it is to be met exactly")]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const YEAR: Annualise = Annualise::Sessions(252.0);

fn series() -> BTreeMap<&'static str, Vec<f64>> {
    let mut lines = include_str!("../../tests/data/stats/series.csv").lines();
    let names: Vec<_> = lines.next().unwrap().split(',').collect();
    let mut columns: BTreeMap<_, Vec<f64>> = BTreeMap::new();
    for line in lines {
        for (name, cell) in names.iter().zip(line.split(',')) {
            columns.entry(*name).or_default().push(cell.parse().unwrap());
        }
    }
    columns
}

/// The bounds: with u = 2⁻⁵³, a sum of 1,000 is right to (16 + 6) u of its absolute terms; each term adds 3 u for a
/// square or product, 9 u for a power of z; the deviation and the division the rest.
#[test]
fn far_from_zero_nothing_is_lost() {
    let columns = series();
    let other = &columns["other"];
    let mut seen = 0;
    for line in include_str!("../../tests/data/stats/exact.csv").lines().skip(1) {
        let [statistic, name, value] = line.split(',').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let (x, value): (_, f64) = (&columns[name], value.parse().unwrap());
        let (bias, over_zero) = (Bias::Kept, OverZero::Undefined);
        let deviation = |x| standard_deviation(x, Deviation::Population).unwrap().unwrap();
        let (ours, size) = match statistic {
            "mean" => (mean(x).unwrap(), value.abs()),
            "variance" => (variance(x, Deviation::Sample).unwrap().unwrap(), value),
            // Of terms that cancel, their sum without signs counts, at most the product of both deviations.
            "covariance" => {
                (covariance(x, other, Deviation::Sample).unwrap().unwrap(), deviation(x) * deviation(other))
            }
            // The mean of |z|³ is at most the root of that of z⁴, times that of z², 1.
            "skewness" => {
                let kurtosis = Kurtosis { bias, from: KurtosisOf::Plain, over_zero }.of(x).unwrap().unwrap();
                (Skewness { bias, over_zero }.of(x).unwrap().unwrap(), kurtosis.sqrt())
            }
            "kurtosis" => (Kurtosis { bias, from: KurtosisOf::Plain, over_zero }.of(x).unwrap().unwrap(), value),
            other => panic!("{other}"),
        };
        assert!((ours - value).abs() <= 1e-14 * size, "{statistic} of {name}: {ours}, not {value}");
        seen += 1;
    }
    assert_eq!(seen, 20);
}

/// The squares of such values are beyond a double: that is said, and neither 0 nor infinite.
#[test]
fn squares_beyond_the_range_are_an_error() {
    let (wide, other) = ([1e178, 1.0, 3.3e177], [0.01, 0.02, 0.04]);
    let overflow = Err(StatsError::Overflow);
    assert_eq!(standard_deviation(&wide, Deviation::Sample), overflow);
    assert_eq!(variance(&wide, Deviation::Population), overflow);
    assert_eq!(Sharpe { over_zero: OverZero::Infinite, ..Convention::empyrical().sharpe() }.of(&wide), overflow);
    assert_eq!(Convention::empyrical().sharpe().of(&[1.1e178, -0.3e178, 0.7e178]), overflow);
    assert_eq!(Convention::empyrical().volatility().of(&wide), overflow);
    for c in [Convention::empyrical(), Convention::quantstats()] {
        assert_eq!(c.beta().of(&other, &wide), overflow);
        assert_eq!(c.alpha().of(&other, &wide), overflow);
        assert_eq!(c.tracking_error().of(&other, &wide), overflow);
        assert_eq!(c.information_ratio().of(&wide, &other), overflow);
        assert_eq!(c.skewness().of(&wide), overflow);
    }
    assert_eq!(correlation(&wide, &other), overflow);
}

/// Two of five fall short, by 0.03 and 0.04: their squares sum to 0.0025.
#[test]
fn shortfalls_are_averaged_over_all_or_themselves() {
    let returns = [0.02, -0.03, 0.01, -0.04, 0.0];
    for (shortfalls, over) in [(Shortfalls::OverAll, 5.0), (Shortfalls::OverThemselves, 2.0)] {
        let (target, annualise) = (RiskFree::PerPeriod(0.0), Annualise::PerPeriod);
        let downside = DownsideDeviation { target, annualise, shortfalls };
        let wanted = (0.0025_f64 / over).sqrt();
        let mut stream = downside.stream().unwrap();
        for r in returns {
            stream.push(r).unwrap();
        }
        for found in [downside.of(&returns).unwrap(), stream.value().unwrap().unwrap()] {
            assert!((found - wanted).abs() <= 4.0 * f64::EPSILON * wanted, "{shortfalls:?}: {found}");
        }
        // The mean is −0.04 ÷ 5; the sum loses up to 2 u of its terms' sizes, 0.1.
        let sortino = Sortino { target, annualise, shortfalls, over_zero: OverZero::Undefined };
        let found = sortino.of(&returns).unwrap().unwrap();
        assert!((found + 0.008 / wanted).abs() <= 8.0 * f64::EPSILON, "{shortfalls:?}: {found}");
    }
}

#[test]
fn a_normal_tail_is_neither_none_nor_all() {
    let (returns, normal) = ([0.01, -0.02, 0.03], Deviation::Sample);
    for tail in [0.0, 1.0, -0.1, 1.1] {
        let value = ValueAtRisk { tail, method: ValueAtRiskMethod::Normal(normal) };
        let beyond = ConditionalValueAtRisk { tail, method: ConditionalMethod::Normal(normal) };
        assert_eq!(value.of(&returns), Err(StatsError::NotAProbability), "{tail}");
        assert_eq!(beyond.of(&returns), Err(StatsError::NotAProbability), "{tail}");
    }
}

/// No series has such a drawdown, but its fields are open.
#[test]
fn a_drawdown_that_recovers_at_its_peak_has_no_days() {
    let made_up = Drawdown { peak: 0, valley: 0, recovery: Some(0), depth: -0.1 };
    assert_eq!(made_up.depth_within(&[-0.1, -0.2], 0.5, QuantileMethod::Linear), Err(StatsError::Empty));
}

/// Anything that a double may be, mostly what a return may be.
fn any_return() -> impl Strategy<Value = f64> {
    prop_oneof![
        12 => -0.2..0.2_f64,
        4 => prop::sample::select(vec![0.0, -0.0, -1.0, 1.0, 0.001, -1.5, 1e9, 1e-300]),
        1 => any::<f64>(),
    ]
}

/// Every statistic, each under every `over_zero`.
fn everything(r: &[f64], b: &[f64], p: f64) -> Vec<Result<Option<f64>, StatsError>> {
    let (annualise, risk_free, shortfalls) = (YEAR, RiskFree::Compounded(0.02), Shortfalls::OverThemselves);
    let mut all = vec![
        mean(r).map(Some),
        correlation(r, b),
        cumulative_return(r).map(Some),
        max_drawdown(r).map(Some),
        AnnualReturn { annualise }.of(r),
        DownsideDeviation { target: risk_free, annualise, shortfalls }.of(r).map(Some),
        ConditionalValueAtRisk { tail: p, method: ConditionalMethod::Smallest }.of(r),
        Autocorrelation { lag: 2, method: AutocorrelationMethod::OfParts }.of(r),
        Autocorrelation { lag: 0, method: AutocorrelationMethod::OfAll }.of(r),
        Autocorrelation { lag: 1, method: AutocorrelationMethod::OfAllAdjusted }.of(r),
        ConditionalValueAtRisk { tail: p, method: ConditionalMethod::UpTo(QuantileMethod::Nearest) }.of(r),
    ];
    for deviation in [Deviation::Sample, Deviation::Population] {
        all.push(covariance(r, b, deviation));
        all.push(Volatility { annualise, deviation }.of(r));
        all.push(TrackingError { annualise, deviation }.of(r, b));
        all.push(ValueAtRisk { tail: p, method: ValueAtRiskMethod::Normal(deviation) }.of(r));
        all.push(ConditionalValueAtRisk { tail: p, method: ConditionalMethod::Normal(deviation) }.of(r));
        for over_zero in [OverZero::Undefined, OverZero::Infinite, OverZero::Zero] {
            all.push(Sharpe { risk_free, annualise, deviation, over_zero }.of(r));
            all.push(InformationRatio { annualise, deviation, over_zero }.of(r, b));
        }
    }
    for over_zero in [OverZero::Undefined, OverZero::Infinite, OverZero::Zero] {
        all.push(Sortino { target: risk_free, annualise, shortfalls, over_zero }.of(r));
        all.push(Calmar { annualise, over_zero }.of(r));
        all.push(Omega { threshold: risk_free, annualise, over_zero }.of(r));
        all.push(TailRatio { tail: p, quantile: QuantileMethod::Linear, over_zero }.of(r));
        all.push(Beta { over_zero }.of(r, b));
        all.push(ProfitFactor { over_zero }.of(r));
        all.push(GainToPain { over_zero }.of(r));
        all.push(UlcerIndex { deviation: Deviation::Sample }.performance(r, over_zero));
        all.push(Serenity { tail: 0.05, deviation: Deviation::Sample, over_zero }.of(r));
        all.push(Stability { over_zero }.of(r));
        all.push(kelly_fraction(r, Zeros::LeftOut));
        all.push(WinRate { zeros: Zeros::LeftOut, over_zero }.of(r));
        for growth in [AlphaOf::Compounded, AlphaOf::Simple] {
            all.push(Alpha { risk_free, annualise, growth, over_zero }.of(r, b));
        }
        for side in [Side::Up, Side::Down, Side::UpOverDown] {
            all.push(Capture { side, annualise, over_zero }.of(r, b));
        }
        for bias in [Bias::Kept, Bias::Corrected, Bias::CorrectedIfEnough] {
            all.push(Skewness { bias, over_zero }.of(r));
            all.push(Kurtosis { bias, from: KurtosisOf::Excess, over_zero }.of(r));
        }
    }
    all
}

pub(super) const METHODS: [QuantileMethod; 8] = [
    QuantileMethod::Linear,
    QuantileMethod::Lower,
    QuantileMethod::Higher,
    QuantileMethod::Nearest,
    QuantileMethod::Midpoint,
    QuantileMethod::Hazen,
    QuantileMethod::Weibull,
    QuantileMethod::MedianUnbiased,
];

#[test]
fn what_is_given_wrong_is_named() {
    assert!(everything(&[], &[], 0.05).iter().all(|answer| *answer == Err(StatsError::Empty)));
    let lengths = Err(StatsError::LengthsDiffer { left: 2, right: 1 });
    assert_eq!(Beta { over_zero: OverZero::Zero }.of(&[0.1, 0.2], &[0.1]), lengths);
    assert_eq!(mean(&[0.1, f64::NAN]), Err(StatsError::NotFinite { at: 1 }));
    assert_eq!(simple_returns(&[1.0, 0.0]), Err(StatsError::NotPositive { at: 1 }));
    assert_eq!(log_returns(&[]), Err(StatsError::Empty));
    assert_eq!(simple_returns(&[1.0]), Ok(vec![]));
    let omega = |threshold, annualise| Omega { threshold, annualise, over_zero: OverZero::Zero }.of(&[0.1]);
    assert_eq!(omega(RiskFree::Compounded(0.02), Annualise::PerPeriod), Err(StatsError::NoYear));
    assert_eq!(omega(RiskFree::Simple(f64::NAN), YEAR), Err(StatsError::NotARate));
    assert_eq!(omega(RiskFree::Compounded(-1.0), YEAR), Err(StatsError::NotARate));
    for sessions in [0.0, -252.0, f64::NAN, f64::INFINITY] {
        let annualise = Annualise::Sessions(sessions);
        assert_eq!(omega(RiskFree::Simple(0.02), annualise), Err(StatsError::NotAYear));
        assert_eq!(AnnualReturn { annualise }.of(&[0.1]), Err(StatsError::NotAYear));
    }
    for p in [-0.1, 1.1, f64::NAN] {
        assert_eq!(quantile(&[1.0], p, QuantileMethod::Linear), Err(StatsError::NotAProbability));
    }
    assert_eq!(cumulative_return(&[f64::MAX, f64::MAX]), Err(StatsError::Overflow));
    assert_eq!(AnnualReturn { annualise: YEAR }.of(&[-1.5]), Ok(None));
    // A benchmark that rises by less than a double shows is beaten infinitely, which is no side of a quotient.
    let capture =
        |side| Capture { side, annualise: YEAR, over_zero: OverZero::Infinite }.of(&[0.1, -0.1], &[1e-300, -0.1]);
    assert_eq!((capture(Side::Up), capture(Side::UpOverDown)), (Ok(Some(f64::INFINITY)), Ok(None)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn nan_never_comes_out(
        pairs in prop::collection::vec((any_return(), any_return()), 1..20),
        p in prop_oneof![4 => 0.0..1.0_f64, 1 => any::<f64>()],
    ) {
        let (r, b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let good = r.iter().all(|r| r.is_finite());
        for (at, answer) in everything(&r, &b, p).into_iter().enumerate() {
            prop_assert!(good || answer.is_err(), "{at}: {answer:?}");
            prop_assert!(!answer.is_ok_and(|answer| answer.is_some_and(f64::is_nan)), "{at}");
        }
        for depth in drawdown_series(&r).unwrap_or_default() {
            prop_assert!(depth <= 0.0);
        }
        for method in METHODS {
            prop_assert!(!quantile(&r, p, method).is_ok_and(f64::is_nan));
        }
    }

    #[test]
    fn a_constant_deviates_by_nothing(value in prop_oneof![-1.0..1.0_f64, -1e12..1e12_f64], n in 2_usize..200) {
        let values = vec![value; n];
        prop_assert_eq!(mean(&values), Ok(value));
        prop_assert_eq!(variance(&values, Deviation::Sample), Ok(Some(0.0)));
        let ratio = |over_zero| {
            Sharpe { risk_free: RiskFree::PerPeriod(0.0), annualise: YEAR, deviation: Deviation::Sample, over_zero }.of(&values)
        };
        prop_assert_eq!(ratio(OverZero::Undefined), Ok(None));
        prop_assert_eq!(ratio(OverZero::Zero), Ok(Some(0.0)));
        prop_assert_eq!(ratio(OverZero::Infinite), Ok((value != 0.0).then(|| f64::INFINITY.copysign(value))));
    }

    /// Whole numbers have an exact variance: (n Σx² − (Σx)²) ÷ (n (n − 1)).
    #[test]
    #[expect(clippy::cast_precision_loss, reason = "below 2^53, or rounded once")]
    fn whole_numbers_agree_with_integers(
        numbers in prop::collection::vec(-1000_i128..1000, 2..100),
        offset in prop_oneof![Just(0_i128), Just(1_000_000_000), Just(-1_000_000_000_000)],
    ) {
        let values: Vec<f64> = numbers.iter().map(|x| (x + offset) as f64).collect();
        let n = numbers.len() as i128;
        let (sum, squares) = (numbers.iter().sum::<i128>(), numbers.iter().map(|x| x * x).sum::<i128>());
        let exact = (n * squares - sum * sum) as f64 / (n * (n - 1)) as f64;
        let ours = variance(&values, Deviation::Sample).unwrap().unwrap();
        prop_assert!((ours - exact).abs() <= 1e-14 * exact, "{ours}, not {exact}");
    }

    #[test]
    fn the_table_of_drawdowns_is_that_of_the_series(
        returns in prop::collection::vec(prop_oneof![-0.1..0.1_f64, prop::sample::select(vec![0.0, 0.5, -0.5, 1.0, -1.0])], 1..60),
    ) {
        let depths = drawdown_series(&returns).unwrap();
        let table = drawdowns(&returns).unwrap();
        let mut under_water = 0;
        let mut end = 0;
        for drawdown in table.all() {
            let back = drawdown.recovery.unwrap_or(returns.len() + 1);
            prop_assert!(end <= drawdown.peak && drawdown.peak < drawdown.valley && drawdown.valley < back);
            // Place k is the depth after k returns.
            let within = &depths[drawdown.peak..back - 1];
            prop_assert!(within.iter().all(|&depth| depth < 0.0 && depth >= drawdown.depth));
            prop_assert_eq!(depths[drawdown.valley - 1], drawdown.depth);
            under_water += within.len();
            end = back;
        }
        prop_assert_eq!(under_water, depths.iter().filter(|&&depth| depth < 0.0).count());
        let deepest = table.deepest(1).first().map_or(0.0, |drawdown| drawdown.depth);
        prop_assert_eq!(max_drawdown(&returns), Ok(deepest));
    }

    #[test]
    fn quantiles_ascend_between_the_ends(
        mut values in prop::collection::vec(-1.0..1.0_f64, 1..30), p in 0.0..1.0_f64, q in 0.0..1.0_f64,
    ) {
        let reversed: Vec<f64> = values.iter().rev().copied().collect();
        for method in METHODS {
            let [low, high] = [p.min(q), p.max(q)].map(|p| quantile(&values, p, method).unwrap());
            prop_assert!(low <= high);
            prop_assert_eq!(quantile(&reversed, p.min(q), method), Ok(low));
        }
        values.sort_by(f64::total_cmp);
        for method in METHODS {
            prop_assert_eq!(quantile(&reversed, 0.0, method), Ok(values[0]));
            prop_assert_eq!(quantile(&reversed, 1.0, method), Ok(values[values.len() - 1]));
        }
    }

    /// Long ones are not sorted whole, and a sample may mislead: in order, in periods of the sample's step, of few values.
    #[test]
    fn long_series_are_no_exception(n in 500_usize..1200, kind in 0_u8..5, p in 0.0..1.0_f64, tail in 0.0..0.1_f64) {
        let mut state = n as u64;
        let values: Vec<f64> = (0..n)
            .map(|at| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let random = sums::count(usize::try_from(state >> 40).unwrap());
                match kind {
                    0 => random,
                    1 => sums::count(at),
                    2 => -sums::count(at),
                    3 => if at.is_multiple_of(n / 64) { random } else { -1.0 },
                    _ => (random % 3.0) - 1.0,
                }
            })
            .collect();
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        for p in [p, tail, 1.0 - tail] {
            for method in METHODS {
                prop_assert_eq!(quantile(&values, p, method), quantile::quantile_of_sorted(&sorted, p, method));
            }
        }
        let conditional = ConditionalValueAtRisk { tail, method: ConditionalMethod::Smallest };
        let (whole, of_sorted) = (conditional.of(&values).unwrap().unwrap(), conditional.of_sorted(&sorted).unwrap().unwrap());
        let largest = sorted[0].abs().max(sorted[n - 1].abs());
        prop_assert!((whole - of_sorted).abs() <= 32.0 * f64::EPSILON * largest);
    }

    /// Small returns take another logarithm than large ones, and parts of the sums begin anew.
    #[test]
    fn stability_is_a_squared_correlation(
        returns in prop::collection::vec(prop_oneof![4 => -0.1..0.1_f64, 1 => -0.9..2.0_f64], 2..40),
    ) {
        let mut wealth = 0.0;
        let logs: Vec<f64> = returns.iter().map(|r| { wealth += crate::number::ln(1.0 + r); wealth }).collect();
        let places: Vec<f64> = (0..logs.len()).map(sums::count).collect();
        let line = correlation(&places, &logs).unwrap().unwrap_or(0.0);
        let ours = Stability { over_zero: OverZero::Undefined }.of(&returns).unwrap().unwrap_or(0.0);
        // A log is off by 3 u of it and by u from 1 + r; 40 of them of at most 2.3, beside how the line scatters.
        let scatter = standard_deviation(&logs, Deviation::Population).unwrap().unwrap();
        prop_assert!((ours - line * line).abs() <= 1e-12 + 40.0 * 10.0 * f64::EPSILON / scatter);
    }

    #[test]
    fn months_make_the_years(returns in prop::collection::vec(-0.1..0.1_f64, 1..400), step in 1_u64..20) {
        let first = chrono::NaiveDate::from_ymd_opt(2019, 11, 20).unwrap();
        let dates: Vec<_> = (0..returns.len() as u64).map(|at| first + chrono::Days::new(at * step)).collect();
        let table = monthly_table(&dates, &returns).unwrap();
        let [months, quarters] = [Period::Month, Period::Quarter].map(|period| period_returns(&dates, &returns, period).unwrap());
        prop_assert_eq!(table.iter().flat_map(|row| row.months).flatten().count(), months.len());
        prop_assert!(quarters.len() <= months.len() && months.len() <= 3 * quarters.len());
        for row in &table {
            let year = row.months.iter().flatten().fold(1.0, |wealth, month| wealth * (1.0 + month));
            // 2 u for each of at most 366 returns.
            prop_assert!((year - (1.0 + row.whole)).abs() <= 800.0 * f64::EPSILON * year);
        }
        let mut wrong = dates.clone();
        wrong.push(dates[dates.len() - 1]);
        let more = [&returns[..], &[0.0]].concat();
        prop_assert_eq!(period_returns(&wrong, &more, Period::Year), Err(StatsError::NotAscending { at: returns.len() }));
        let differ = StatsError::LengthsDiffer { left: wrong.len(), right: returns.len() };
        prop_assert_eq!(monthly_table(&wrong, &returns), Err(differ));
    }

    #[test]
    fn beside_itself_nothing_is_earned(returns in prop::collection::vec(-0.1..0.1_f64, 2..50)) {
        let beta = Beta { over_zero: OverZero::Undefined }.of(&returns, &returns);
        prop_assert_eq!(beta, Ok(Some(1.0)));
        prop_assert_eq!(TrackingError { annualise: YEAR, deviation: Deviation::Sample }.of(&returns, &returns), Ok(Some(0.0)));
        for growth in [AlphaOf::Compounded, AlphaOf::Simple] {
            let alpha = Alpha { risk_free: RiskFree::Simple(0.02), annualise: YEAR, growth, over_zero: OverZero::Zero };
            prop_assert_eq!(alpha.of(&returns, &returns), Ok(Some(0.0)));
        }
    }

    #[test]
    fn returns_lead_back_to_the_price(prices in prop::collection::vec(1.0..1000.0_f64, 2..50)) {
        let last = prices[prices.len() - 1] / prices[0];
        let grown = cumulative_return(&simple_returns(&prices).unwrap()).unwrap() + 1.0;
        // Three roundings a return, of at most 2⁻⁵³ each but of a return up to 1000 times 1 + r: −1 + 1/1000.
        prop_assert!((grown - last).abs() <= last * 49.0 * 1002.0 * f64::EPSILON);
        let log: f64 = log_returns(&prices).unwrap().iter().sum();
        prop_assert!((log - crate::number::ln(last)).abs() <= 49.0 * 49.0 * 7.0 * f64::EPSILON);
    }
}
