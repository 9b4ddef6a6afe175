//! Statistics of returns against other packages: `tests/data/golden`, whose `statistics.md` says where they come from.
//!
//! Every entry is walked. One that is implemented is compared for every input, within 1e-9 relative; the others stand by
//! name in [`NOT_YET`], single results that are answered otherwise in [`OTHERWISE`], with the reason.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use finnet_core::stats::{
    Alpha, AlphaOf, AnnualReturn, Annualise, Beta, Bias, Calmar, Capture, ConditionalMethod, ConditionalValueAtRisk,
    Deviation, DownsideDeviation, GainToPain, InformationRatio, Kurtosis, KurtosisOf, Omega, OverZero, ProfitFactor,
    QuantileMethod, RiskFree, Sharpe, Shortfalls, Side, Skewness, Sortino, StatsError, TailRatio, TrackingError,
    UlcerIndex, ValueAtRisk, ValueAtRiskMethod, Volatility, WinRate, Zeros, average_loss, average_win, correlation,
    covariance, cumulative_return, drawdowns, kelly_fraction, max_drawdown, mean, payoff_ratio, quantile,
    standard_deviation, variance,
};
use serde_json::Value;

const FILES: [&str; 4] = [
    include_str!("data/golden/statistics_empyrical.json"),
    include_str!("data/golden/statistics_quantstats.json"),
    include_str!("data/golden/statistics_numpy.json"),
    include_str!("data/golden/descriptive.json"),
];

/// Entries whose statistic is not implemented.
const NOT_YET: [&str; 10] = [
    "empyrical.aggregate_returns(monthly)",
    "empyrical.aggregate_returns(yearly)",
    "empyrical.stability_of_timeseries",
    "pandas.autocorr",
    "quantstats.rolling_sharpe(126)",
    "quantstats.rolling_sortino(126)",
    "quantstats.rolling_volatility(126)",
    "quantstats.serenity_index",
    "statsmodels.acf(adjusted=False)",
    "statsmodels.acf(adjusted=True)",
];

/// Results that are answered otherwise: what is answered, and why.
const OTHERWISE: [(&str, Option<f64>, &str); 6] = [
    (
        "empyrical.sortino_ratio@edge_returns.len1",
        Some(f64::INFINITY),
        "a downside deviation over n needs no second return; the package asks for two of every series",
    ),
    ("empyrical.sortino_ratio(required_return=0.0001)@edge_returns.len1", Some(f64::INFINITY), "likewise"),
    (
        "quantstats.value_at_risk@edge_returns.constant_pow2",
        Some(0.001_953_125),
        "the normal distribution without deviation is its mean, as the package itself says of `constant`",
    ),
    ("quantstats.value_at_risk@edge_returns.zero", Some(0.0), "likewise"),
    ("quantstats.profit_factor@edge_returns.zero", None, "0 ÷ 0; the package says infinite of x ÷ 0 and 0 of 0 ÷ 0"),
    ("quantstats.cvar@edge_returns.len1", None, "one return has no sample deviation; the package falls back to it"),
];

type Answer = Result<Vec<Option<f64>>, StatsError>;

const YEAR: Annualise = Annualise::Sessions(252.0);
const NOTHING: RiskFree = RiskFree::PerPeriod(0.0);
const BASIS_POINT: RiskFree = RiskFree::PerPeriod(0.0001);
const SAMPLE: Deviation = Deviation::Sample;

/// Returns the answer to an entry, `None` where it is not implemented.
fn answer(name: &str, r: &[f64], b: &[f64]) -> Option<Answer> {
    let (package, function) = name.split_once('.').unwrap();
    let answer = match package {
        "empyrical" => empyrical(function, r, b)?,
        "quantstats" => quantstats(function, r, b)?,
        _ => return described(name, r, b),
    };
    Some(answer.map(|one| vec![one]))
}

fn sharpe(risk_free: RiskFree) -> Sharpe {
    Sharpe { risk_free, annualise: YEAR, deviation: SAMPLE, over_zero: OverZero::Infinite }
}

fn sortino(target: RiskFree, over_zero: OverZero) -> Sortino {
    Sortino { target, annualise: YEAR, shortfalls: Shortfalls::OverAll, over_zero }
}

fn downside(target: RiskFree) -> DownsideDeviation {
    DownsideDeviation { target, annualise: YEAR, shortfalls: Shortfalls::OverAll }
}

fn omega(threshold: RiskFree) -> Omega {
    Omega { threshold, annualise: YEAR, over_zero: OverZero::Undefined }
}

fn alpha(risk_free: RiskFree) -> Alpha {
    Alpha { risk_free, annualise: YEAR, growth: AlphaOf::Compounded, over_zero: OverZero::Undefined }
}

fn capture(side: Side) -> Capture {
    Capture { side, annualise: YEAR, over_zero: OverZero::Undefined }
}

const BETA: Beta = Beta { over_zero: OverZero::Undefined };
const RATE: WinRate = WinRate { zeros: Zeros::Counted, over_zero: OverZero::Undefined };
const CALMAR: Calmar = Calmar { annualise: YEAR, over_zero: OverZero::Undefined };
const TAIL_RATIO: TailRatio =
    TailRatio { tail: 0.05, quantile: QuantileMethod::Linear, over_zero: OverZero::Undefined };

fn information(annualise: Annualise, over_zero: OverZero) -> InformationRatio {
    InformationRatio { annualise, deviation: SAMPLE, over_zero }
}

fn cvar(method: ConditionalMethod) -> ConditionalValueAtRisk {
    ConditionalValueAtRisk { tail: 0.05, method }
}

fn empyrical(function: &str, r: &[f64], b: &[f64]) -> Option<Result<Option<f64>, StatsError>> {
    Some(match function {
        "cum_returns_final" => cumulative_return(r).map(Some),
        "annual_return" => AnnualReturn { annualise: YEAR }.of(r),
        "annual_volatility" => Volatility { annualise: YEAR, deviation: SAMPLE }.of(r),
        "sharpe_ratio" => sharpe(NOTHING).of(r),
        "sharpe_ratio(risk_free=0.0001)" => sharpe(BASIS_POINT).of(r),
        "sortino_ratio" => sortino(NOTHING, OverZero::Infinite).of(r),
        "sortino_ratio(required_return=0.0001)" => sortino(BASIS_POINT, OverZero::Infinite).of(r),
        "downside_risk" => downside(NOTHING).of(r).map(Some),
        "downside_risk(required_return=0.0001)" => downside(BASIS_POINT).of(r).map(Some),
        "calmar_ratio" => CALMAR.of(r),
        "omega_ratio" => omega(NOTHING).of(r),
        "omega_ratio(risk_free=0.0001)" => omega(BASIS_POINT).of(r),
        "omega_ratio(required_return=0.05)" => omega(RiskFree::Compounded(0.05)).of(r),
        "max_drawdown" => max_drawdown(r).map(Some),
        "tail_ratio" => TAIL_RATIO.of(r),
        "value_at_risk" => {
            ValueAtRisk { tail: 0.05, method: ValueAtRiskMethod::Historical(QuantileMethod::Linear) }.of(r)
        }
        "conditional_value_at_risk" => cvar(ConditionalMethod::Smallest).of(r),
        "alpha" => alpha(NOTHING).of(r, b),
        "alpha(risk_free=0.0001)" => alpha(BASIS_POINT).of(r, b),
        "beta" => BETA.of(r, b),
        "excess_sharpe" => information(Annualise::PerPeriod, OverZero::Undefined).of(r, b),
        "up_capture" => capture(Side::Up).of(r, b),
        "down_capture" => capture(Side::Down).of(r, b),
        "up_down_capture" => capture(Side::UpOverDown).of(r, b),
        _ => return None,
    })
}

fn quantstats(function: &str, r: &[f64], b: &[f64]) -> Option<Result<Option<f64>, StatsError>> {
    let (bias, over_zero) = (Bias::Corrected, OverZero::Zero);
    Some(match function {
        "comp" => cumulative_return(r).map(Some),
        "cagr" => AnnualReturn { annualise: YEAR }.of(r),
        "volatility" => Volatility { annualise: YEAR, deviation: SAMPLE }.of(r),
        "sharpe" => sharpe(NOTHING).of(r),
        "sharpe(rf=0.02)" => sharpe(RiskFree::Compounded(0.02)).of(r),
        "sortino" => sortino(NOTHING, OverZero::Undefined).of(r),
        "sortino(rf=0.02)" => sortino(RiskFree::Compounded(0.02), OverZero::Undefined).of(r),
        "calmar" => CALMAR.of(r),
        "omega" => omega(NOTHING).of(r),
        "max_drawdown" => max_drawdown(r).map(Some),
        "tail_ratio" => TAIL_RATIO.of(r),
        "value_at_risk" => ValueAtRisk { tail: 0.05, method: ValueAtRiskMethod::Normal(SAMPLE) }.of(r),
        "cvar" => cvar(ConditionalMethod::Normal(SAMPLE)).of(r),
        "cvar(method=historical)" => cvar(ConditionalMethod::UpTo(QuantileMethod::Linear)).of(r),
        "skew" => Skewness { bias, over_zero }.of(r),
        "kurtosis" => Kurtosis { bias, from: KurtosisOf::Excess, over_zero }.of(r),
        "win_rate" => WinRate { zeros: Zeros::LeftOut, over_zero }.of(r),
        "avg_win" => average_win(r),
        "avg_loss" => average_loss(r),
        "payoff_ratio" => payoff_ratio(r),
        "profit_factor" => ProfitFactor { over_zero: OverZero::Infinite }.of(r),
        "kelly_criterion" => kelly_fraction(r, Zeros::LeftOut),
        "gain_to_pain_ratio" => GainToPain { over_zero: OverZero::Undefined }.of(r),
        "ulcer_index" => UlcerIndex { deviation: SAMPLE }.of(r),
        "ulcer_performance_index" => UlcerIndex { deviation: SAMPLE }.performance(r, OverZero::Undefined),
        "information_ratio" => information(Annualise::PerPeriod, OverZero::Zero).of(r, b),
        "r_squared" => correlation(r, b).map(|correlation| correlation.map(|correlation| correlation * correlation)),
        _ => return None,
    })
}

/// The entries of NumPy and scipy, and those of two answers.
fn described(name: &str, r: &[f64], b: &[f64]) -> Option<Answer> {
    let one = |answer: Result<Option<f64>, StatsError>| answer.map(|answer| vec![answer]);
    let quantiles = |method| {
        let at = [0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0];
        at.iter().map(|&p| quantile(r, p, method).map(Some)).collect()
    };
    let skewness = |bias| one(Skewness { bias, over_zero: OverZero::Undefined }.of(r));
    let kurtosis = |bias, from| one(Kurtosis { bias, from, over_zero: OverZero::Undefined }.of(r));
    Some(match name {
        "numpy.tracking_error" => one(TrackingError { annualise: YEAR, deviation: SAMPLE }.of(r, b)),
        "numpy.information_ratio(annualised)" => one(information(YEAR, OverZero::Undefined).of(r, b)),
        "numpy.win_rate(all)" => one(RATE.of(r)),
        "numpy.loss_rate(all)" => one(RATE.of_losses(r)),
        // In percent.
        "numpy.ulcer_index(martin)" => {
            one(UlcerIndex { deviation: Deviation::Population }.of(r).map(|index| index.map(|index| index * 100.0)))
        }
        "numpy.mean" => one(mean(r).map(Some)),
        "numpy.median" => one(quantile(r, 0.5, QuantileMethod::Linear).map(Some)),
        "numpy.std(ddof=1)" => one(standard_deviation(r, SAMPLE)),
        "numpy.var(ddof=1)" => one(variance(r, SAMPLE)),
        "numpy.std(ddof=0)" => one(standard_deviation(r, Deviation::Population)),
        "numpy.var(ddof=0)" => one(variance(r, Deviation::Population)),
        "numpy.quantile(linear)" => quantiles(QuantileMethod::Linear),
        "numpy.quantile(lower)" => quantiles(QuantileMethod::Lower),
        "numpy.quantile(higher)" => quantiles(QuantileMethod::Higher),
        "numpy.quantile(nearest)" => quantiles(QuantileMethod::Nearest),
        "numpy.quantile(midpoint)" => quantiles(QuantileMethod::Midpoint),
        "numpy.quantile(hazen)" => quantiles(QuantileMethod::Hazen),
        "numpy.quantile(weibull)" => quantiles(QuantileMethod::Weibull),
        "numpy.quantile(median_unbiased)" => quantiles(QuantileMethod::MedianUnbiased),
        "scipy.skew(bias=True)" => skewness(Bias::Kept),
        "scipy.skew(bias=False)" => skewness(Bias::CorrectedIfEnough),
        "scipy.kurtosis(fisher=True,bias=True)" => kurtosis(Bias::Kept, KurtosisOf::Excess),
        "scipy.kurtosis(fisher=False,bias=True)" => kurtosis(Bias::Kept, KurtosisOf::Plain),
        "scipy.kurtosis(fisher=True,bias=False)" => kurtosis(Bias::CorrectedIfEnough, KurtosisOf::Excess),
        "scipy.kurtosis(fisher=False,bias=False)" => kurtosis(Bias::CorrectedIfEnough, KurtosisOf::Plain),
        _ => return None,
    })
}

/// Answers of two numbers.
fn pair(name: &str, r: &[f64], b: &[f64]) -> Option<Answer> {
    let both = |first: Result<Option<f64>, StatsError>, second: Result<Option<f64>, StatsError>| {
        first.and_then(|first| second.map(|second| vec![first, second]))
    };
    let simple = Alpha { risk_free: NOTHING, annualise: YEAR, growth: AlphaOf::Simple, over_zero: OverZero::Zero };
    match name {
        "empyrical.alpha_beta" => Some(both(alpha(NOTHING).of(r, b), BETA.of(r, b))),
        "quantstats.greeks" => Some(both(Beta { over_zero: OverZero::Zero }.of(r, b), simple.of(r, b))),
        _ => None,
    }
}

/// Matrices of three columns, row by row.
fn matrix(name: &str, columns: &[&[f64]]) -> Option<Answer> {
    let cell = |x: &[f64], y: &[f64]| match name {
        "numpy.cov(ddof=1)" => Some(covariance(x, y, SAMPLE)),
        "numpy.cov(ddof=0)" => Some(covariance(x, y, Deviation::Population)),
        "numpy.corrcoef" => Some(correlation(x, y)),
        _ => None,
    };
    columns.iter().flat_map(|x| columns.iter().map(move |y| cell(x, y))).collect()
}

struct Inputs {
    dates: Vec<NaiveDate>,
    columns: BTreeMap<String, Vec<f64>>,
}

fn inputs(csv: &str) -> Inputs {
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let names = lines.next().unwrap();
    let rows: Vec<_> = lines.collect();
    let column = |at: usize| rows.iter().map(move |row| row[at]).take_while(|cell| !cell.is_empty());
    Inputs {
        dates: column(0).map(|date| date.parse().unwrap()).collect(),
        columns: (1..names.len())
            .map(|at| (names[at].to_owned(), column(at).map(|cell| cell.parse().unwrap()).collect()))
            .collect(),
    }
}

fn expected(value: &Value) -> Vec<Option<f64>> {
    match value {
        Value::Array(all) => all.iter().flat_map(expected).collect(),
        Value::Number(number) => vec![number.as_f64()],
        Value::String(text) if text == "inf" => vec![Some(f64::INFINITY)],
        Value::String(text) if text == "-inf" => vec![Some(f64::NEG_INFINITY)],
        Value::String(text) if text == "nan" || text.starts_with("error: ") => vec![None],
        other => panic!("{other}"),
    }
}

/// Within 1e-9 relative; near zero within 1e-11 of the largest number of the same answer.
fn near(ours: Option<f64>, theirs: Option<f64>, largest: f64) -> bool {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) if ours.is_finite() && theirs.is_finite() => {
            (ours - theirs).abs() <= (1e-9 * theirs.abs()).max(1e-11 * largest)
        }
        (ours, theirs) => ours == theirs,
    }
}

/// Where only rounding noise is stored, the exact answer is 0, infinite or none.
fn exact(ours: Option<f64>) -> bool {
    ours.is_none_or(|ours| ours == 0.0 || ours.is_infinite())
}

#[test]
fn every_entry_is_met_or_named() {
    let (mut skipped, mut otherwise, mut failed, mut met) = (BTreeSet::new(), BTreeSet::new(), Vec::new(), 0);
    let long = inputs(include_str!("data/golden/returns_2520.csv"));
    let edge = inputs(include_str!("data/golden/edge_returns.csv"));
    for file in FILES {
        let file: Value = serde_json::from_str(file).unwrap();
        for entry in file["entries"].as_array().unwrap() {
            let name = entry["name"].as_str().unwrap();
            if name == "quantstats.drawdown_details" {
                continue; // Its table is held by the test below.
            }
            for result in entry["results"].as_array().unwrap() {
                let (stem, inputs) = match result["file"].as_str().unwrap() {
                    "inputs/returns_2520.csv" => ("returns_2520", &long),
                    "inputs/edge_returns.csv" => ("edge_returns", &edge),
                    other => panic!("{other}"),
                };
                let column = result["column"].as_str().unwrap();
                let columns: Vec<&[f64]> = column.split('+').map(|one| &inputs.columns[one][..]).collect();
                let r = columns[0];
                let b = &inputs.columns["bench"][..r.len()];
                let ours = if columns.len() > 1 {
                    matrix(name, &columns)
                } else {
                    pair(name, r, b).or_else(|| answer(name, r, b))
                };
                let Some(ours) = ours else {
                    skipped.insert(name.to_owned());
                    continue;
                };
                let (ours, theirs) = (ours.unwrap(), expected(&result["value"]));
                let full = format!("{name}@{stem}.{column}");
                if let Some((_, answer, _)) = OTHERWISE.iter().find(|(name, ..)| *name == full) {
                    assert_ne!(ours, theirs, "{full} is no longer answered otherwise");
                    assert_eq!(ours, [*answer], "{full}");
                    otherwise.insert(full);
                    continue;
                }
                let largest =
                    theirs.iter().flatten().filter(|x| x.is_finite()).fold(0.0, |most: f64, x| most.max(x.abs()));
                let noise = result["noise"] == true;
                let good = ours.len() == theirs.len()
                    && ours.iter().zip(&theirs).all(|(&a, &b)| (noise && exact(a)) || near(a, b, largest));
                if good {
                    met += 1;
                } else {
                    failed.push(format!("{full}: {ours:?}, not {theirs:?}"));
                }
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert_eq!(skipped, NOT_YET.map(str::to_owned).into(), "left out without being named, or named in vain");
    assert_eq!(otherwise.len(), OTHERWISE.len());
    println!("{met} results met, {} entries not yet", NOT_YET.len());
}

/// quantstats' `start` is the first day below the peak, `end` the last, or that of the data; the table loses the only
/// drawdown if it begins on the first day, a defect that is not copied. Its last column, the worst without outliers of
/// the drawdown's own 99 % quantile, is not implemented.
#[test]
fn the_table_of_drawdowns_is_that_of_quantstats() {
    let tables = [
        (include_str!("data/golden/returns_2520.csv"), include_str!("data/golden/drawdowns_returns_2520.csv")),
        (include_str!("data/golden/edge_returns.csv"), include_str!("data/golden/drawdowns_edge_returns.csv")),
    ];
    let mut met = 0;
    let mut lost = Vec::new();
    for (csv, table) in tables {
        let inputs = inputs(csv);
        for (name, r) in &inputs.columns {
            if name == "bench" {
                continue;
            }
            let rows: Vec<Vec<&str>> =
                table.lines().map(|line| line.split(',').collect::<Vec<_>>()).filter(|row| row[0] == name).collect();
            let ours = drawdowns(r).unwrap();
            if rows.is_empty() && ours.all().len() == 1 && ours.all()[0].peak == 0 {
                lost.push(name.clone());
                continue;
            }
            assert_eq!(ours.all().len(), rows.len(), "{name}");
            for (ours, row) in ours.all().iter().zip(rows) {
                let start = inputs.dates[ours.peak];
                let end = inputs.dates[ours.recovery.map_or(r.len() - 1, |recovery| recovery - 2)];
                let found = [start, inputs.dates[ours.valley - 1], end].map(|date| date.to_string());
                assert_eq!(found[..], row[1..4], "{name}");
                assert_eq!((end - start).num_days() + 1, row[4].parse::<i64>().unwrap(), "{name} {start}");
                assert!(near(Some(ours.depth * 100.0), row[5].parse().ok(), 0.0), "{name} {start}: {}", ours.depth);
                met += 1;
            }
        }
    }
    assert_eq!(lost, ["len3", "negative", "total_loss"]);
    println!("{met} drawdowns met");
}
