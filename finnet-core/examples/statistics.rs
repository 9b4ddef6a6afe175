//! Statistics of dated returns under the names of the packages that define them: `cargo run -p finnet-core --example
//! statistics -- RETURNS.csv`. In: a first column of dates, ascending, then columns of simple returns; a blank is past a
//! column's end, and `bench` is the benchmark, cut to each column's length. Out: one JSON object, `NAME@INPUT.COLUMN` →
//! value, INPUT the file's stem. Undefined is `null`, infinite `"inf"` or `"-inf"`; arrays are in input order with `null` in
//! the warm-up, periods oldest first, matrices row by row, drawdowns `[start, valley, end, days, percent]`.

use std::error::Error;
use std::io::{ErrorKind, Write, stdout};
use std::path::Path;
use std::process::ExitCode;

use finnet_core::chrono::NaiveDate;
use finnet_core::stats::{
    Autocorrelation, AutocorrelationMethod, Bias, ConditionalMethod, Convention, Deviation, Kurtosis, KurtosisOf,
    Omega, OverZero, Period, QuantileMethod, RiskFree, Side, Skewness, Statistic, StatsError, UlcerIndex, WinRate,
    Zeros, average_loss, average_win, correlation, covariance, cumulative_return, drawdowns, kelly_fraction,
    max_drawdown, mean, payoff_ratio, period_returns, quantile, standard_deviation, variance,
};
use serde_json::{Map, Value, json};

const USAGE: &str = "usage: statistics RETURNS.csv, a first column of dates, ascending, then columns of simple returns";

/// A number, or none.
type Answer = Result<Option<f64>, StatsError>;
/// Some of them.
type Answers = Result<Vec<Option<f64>>, StatsError>;

const EMPYRICAL: Convention = Convention::empyrical();
const QUANTSTATS: Convention = Convention::quantstats();
/// A basis point a period.
const BASIS_POINT: Convention =
    Convention { risk_free: RiskFree::PerPeriod(0.0001), target: RiskFree::PerPeriod(0.0001), ..EMPYRICAL };
/// Two per cent a year.
const TWO_PERCENT: Convention =
    Convention { risk_free: RiskFree::Compounded(0.02), target: RiskFree::Compounded(0.02), ..QUANTSTATS };

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let answer = match &arguments[..] {
        [word] if word == "--help" => Ok(USAGE.to_owned()),
        [file] => match statistics(Path::new(file)) {
            Ok(object) => Ok(format!("{object:#}")),
            Err(error) => Err(format!("{}: {error}", Path::new(file).display())),
        },
        _ => Err(USAGE.to_owned()),
    };
    let (reason, code) = match answer.map(|text| writeln!(stdout(), "{text}")) {
        Ok(Ok(())) => return ExitCode::SUCCESS,
        // Who reads has enough, as `head` has: no failure of ours.
        Ok(Err(error)) if error.kind() == ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
        Ok(Err(error)) => (format!("cannot write: {error}"), 1),
        Err(reason) => (reason, 2),
    };
    eprintln!("error: {reason}");
    ExitCode::from(code)
}

fn statistics(file: &Path) -> Result<Value, Box<dyn Error>> {
    let text = std::fs::read_to_string(file)?;
    let (dates, columns) = table(&text)?;
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let benchmark = columns.iter().find(|(name, _)| name == "bench").map(|(_, b)| &b[..]);
    let mut object = Map::new();
    for (column, r) in &columns {
        let mut answers = described(r);
        if column != "bench" {
            answers.extend(empyrical(r));
            answers.extend(quantstats(r));
            answers.extend(dated(&dates[..r.len()], r).map_err(|error| in_column(column, &error))?);
            if let Some(b) = benchmark {
                let b = b.get(..r.len()).ok_or_else(|| format!("bench is shorter than {column}"))?;
                answers.extend(beside(r, b));
            }
        }
        for (name, value) in answers {
            object.insert(format!("{name}@{stem}.{column}"), value);
        }
    }
    let columns: Vec<_> = columns.iter().filter(|(name, _)| name != "bench").collect();
    if !columns.is_empty() && columns.windows(2).all(|pair| pair[0].1.len() == pair[1].1.len()) {
        let names: Vec<_> = columns.iter().map(|(name, _)| &name[..]).collect();
        let series: Vec<&[f64]> = columns.iter().map(|(_, r)| &r[..]).collect();
        for (name, value) in matrices(&series) {
            object.insert(format!("{name}@{stem}.{}", names.join("+")), value);
        }
    }
    Ok(Value::Object(object))
}

/// Returns what is wrong with a column; what returns never do, prices do soon.
fn in_column(name: &str, error: &StatsError) -> String {
    let hint = if *error == StatsError::Overflow { ": are these prices, not returns?" } else { "" };
    format!("column {name}: {error}{hint}")
}

/// Returns the dates, and the columns by their names.
#[expect(clippy::type_complexity, reason = "a table")]
fn table(text: &str) -> Result<(Vec<NaiveDate>, Vec<(String, Vec<f64>)>), Box<dyn Error>> {
    let mut lines = (1..).zip(text.lines().map(|line| line.split(',').map(str::trim).collect::<Vec<_>>()));
    let (_, names) = lines.next().ok_or("the file is empty")?;
    let rows: Vec<_> = lines.filter(|(_, row)| row.iter().any(|cell| !cell.is_empty())).collect();
    let mut dates: Vec<NaiveDate> = Vec::new();
    for (line, row) in &rows {
        let date = row[0].parse().map_err(|_| format!("line {line}: {:?} is not a date YYYY-MM-DD", row[0]))?;
        if let Some(last) = dates.last().filter(|last| **last >= date) {
            return Err(format!("line {line}: {date} is not after {last}").into());
        }
        dates.push(date);
    }
    let columns = (1..names.len()).map(|at| Ok((names[at].to_owned(), column(names[at], at, &rows)?)));
    let columns = columns.collect::<Result<Vec<_>, String>>()?;
    Ok((dates, columns.into_iter().filter(|(_, r)| !r.is_empty()).collect()))
}

/// Returns a column of the numbered rows, up to its end: what is blank from there on.
fn column(name: &str, at: usize, rows: &[(usize, Vec<&str>)]) -> Result<Vec<f64>, String> {
    let (mut values, mut end) = (Vec::new(), None);
    for (line, row) in rows {
        let cell = row.get(at).copied().unwrap_or_default();
        match (cell, end) {
            ("", _) => end = end.or(Some(line)),
            (_, Some(end)) => return Err(format!("line {line}: column {name} goes on after a blank in line {end}")),
            _ => {
                let value = cell.parse().ok().filter(|value: &f64| value.is_finite());
                let value = value.ok_or_else(|| format!("line {line}: column {name}: {cell:?} is not a finite number"));
                values.push(value?);
            }
        }
    }
    if values.is_empty() && !rows.is_empty() { Err(format!("column {name} is blank")) } else { Ok(values) }
}

fn empyrical(r: &[f64]) -> Vec<(String, Value)> {
    let half = Omega { threshold: RiskFree::Compounded(0.05), ..EMPYRICAL.omega() };
    named(
        "empyrical",
        [
            ("cum_returns_final", cumulative_return(r).map(Some)),
            ("annual_return", EMPYRICAL.annual_return().of(r)),
            ("annual_volatility", EMPYRICAL.volatility().of(r)),
            ("sharpe_ratio", EMPYRICAL.sharpe().of(r)),
            ("sharpe_ratio(risk_free=0.0001)", BASIS_POINT.sharpe().of(r)),
            ("sortino_ratio", EMPYRICAL.sortino().of(r)),
            ("sortino_ratio(required_return=0.0001)", BASIS_POINT.sortino().of(r)),
            ("downside_risk", EMPYRICAL.downside_deviation().of(r).map(Some)),
            ("downside_risk(required_return=0.0001)", BASIS_POINT.downside_deviation().of(r).map(Some)),
            ("calmar_ratio", EMPYRICAL.calmar().of(r)),
            ("omega_ratio", EMPYRICAL.omega().of(r)),
            ("omega_ratio(risk_free=0.0001)", BASIS_POINT.omega().of(r)),
            ("omega_ratio(required_return=0.05)", half.of(r)),
            ("max_drawdown", max_drawdown(r).map(Some)),
            ("tail_ratio", EMPYRICAL.tail_ratio().of(r)),
            ("value_at_risk", EMPYRICAL.value_at_risk().of(r)),
            ("conditional_value_at_risk", EMPYRICAL.conditional_value_at_risk().of(r)),
            ("stability_of_timeseries", EMPYRICAL.stability().of(r)),
        ],
    )
}

fn quantstats(r: &[f64]) -> Vec<(String, Value)> {
    let historical = Convention { conditional: ConditionalMethod::UpTo(QuantileMethod::Linear), ..QUANTSTATS };
    let mut all = named(
        "quantstats",
        [
            ("comp", cumulative_return(r).map(Some)),
            ("cagr", QUANTSTATS.annual_return().of(r)),
            ("volatility", QUANTSTATS.volatility().of(r)),
            ("sharpe", QUANTSTATS.sharpe().of(r)),
            ("sharpe(rf=0.02)", TWO_PERCENT.sharpe().of(r)),
            ("sortino", QUANTSTATS.sortino().of(r)),
            ("sortino(rf=0.02)", TWO_PERCENT.sortino().of(r)),
            ("calmar", QUANTSTATS.calmar().of(r)),
            ("omega", QUANTSTATS.omega().of(r)),
            ("max_drawdown", max_drawdown(r).map(Some)),
            ("tail_ratio", QUANTSTATS.tail_ratio().of(r)),
            ("value_at_risk", QUANTSTATS.value_at_risk().of(r)),
            ("cvar", QUANTSTATS.conditional_value_at_risk().of(r)),
            ("cvar(method=historical)", historical.conditional_value_at_risk().of(r)),
            ("skew", QUANTSTATS.skewness().of(r)),
            ("kurtosis", QUANTSTATS.kurtosis().of(r)),
            ("win_rate", QUANTSTATS.win_rate().of(r)),
            ("avg_win", average_win(r)),
            ("avg_loss", average_loss(r)),
            ("payoff_ratio", payoff_ratio(r)),
            ("profit_factor", QUANTSTATS.profit_factor().of(r)),
            ("kelly_criterion", kelly_fraction(r, QUANTSTATS.zeros)),
            ("gain_to_pain_ratio", QUANTSTATS.gain_to_pain().of(r)),
            ("ulcer_index", QUANTSTATS.ulcer_index().of(r)),
            ("ulcer_performance_index", QUANTSTATS.ulcer_index().performance(r, OverZero::Undefined)),
            ("serenity_index", QUANTSTATS.serenity().of(r)),
        ],
    );
    all.extend(listed(
        "quantstats",
        [
            ("rolling_sharpe(126)", QUANTSTATS.sharpe().rolling(126, r)),
            ("rolling_sortino(126)", QUANTSTATS.sortino().rolling(126, r)),
            ("rolling_volatility(126)", QUANTSTATS.volatility().rolling(126, r)),
        ],
    ));
    let rate = WinRate { zeros: Zeros::Counted, over_zero: OverZero::Undefined };
    let martin = UlcerIndex { deviation: Deviation::Population }.of(r);
    all.extend(named(
        "numpy",
        [
            ("win_rate(all)", rate.of(r)),
            ("loss_rate(all)", rate.of_losses(r)),
            ("ulcer_index(martin)", martin.map(|index| index.map(|index| index * 100.0))),
        ],
    ));
    all
}

/// Statistics that hang on the dates; a drawdown is told by its first and its last day below the peak.
fn dated(dates: &[NaiveDate], r: &[f64]) -> Result<Vec<(String, Value)>, StatsError> {
    let periods =
        |period| -> Answers { Ok(period_returns(dates, r, period)?.iter().map(|period| Some(period.value)).collect()) };
    let mut all = listed(
        "empyrical",
        [("aggregate_returns(monthly)", periods(Period::Month)), ("aggregate_returns(yearly)", periods(Period::Year))],
    );
    let table = drawdowns(r)?;
    let details = table.all().iter().map(|drawdown| {
        let (start, valley) = (dates[drawdown.peak], dates[drawdown.valley - 1]);
        let end = dates[drawdown.recovery.map_or(r.len(), |recovery| recovery - 1) - 1];
        json!([
            start.to_string(),
            valley.to_string(),
            end.to_string(),
            (end - start).num_days() + 1,
            drawdown.depth * 100.0
        ])
    });
    all.push(("quantstats.drawdown_details".to_owned(), details.collect()));
    Ok(all)
}

fn beside(r: &[f64], b: &[f64]) -> Vec<(String, Value)> {
    let annual = Convention { annualise_information: EMPYRICAL.annualise, ..EMPYRICAL };
    let (alpha, beta) = (EMPYRICAL.alpha().of(r, b), EMPYRICAL.beta().of(r, b));
    let mut all = named(
        "empyrical",
        [
            ("alpha", alpha),
            ("alpha(risk_free=0.0001)", BASIS_POINT.alpha().of(r, b)),
            ("beta", beta),
            ("excess_sharpe", EMPYRICAL.information_ratio().of(r, b)),
            ("up_capture", EMPYRICAL.capture(Side::Up).of(r, b)),
            ("down_capture", EMPYRICAL.capture(Side::Down).of(r, b)),
            ("up_down_capture", EMPYRICAL.capture(Side::UpOverDown).of(r, b)),
        ],
    );
    all.extend(named(
        "quantstats",
        [
            ("information_ratio", QUANTSTATS.information_ratio().of(r, b)),
            (
                "r_squared",
                correlation(r, b).map(|correlation| correlation.map(|correlation| correlation * correlation)),
            ),
        ],
    ));
    all.extend(named(
        "numpy",
        [
            ("tracking_error", EMPYRICAL.tracking_error().of(r, b)),
            ("information_ratio(annualised)", annual.information_ratio().of(r, b)),
        ],
    ));
    let greeks = [QUANTSTATS.beta().of(r, b), QUANTSTATS.alpha().of(r, b)];
    all.extend(listed("empyrical", [("alpha_beta", [alpha, beta].into_iter().collect())]));
    all.extend(listed("quantstats", [("greeks", greeks.into_iter().collect())]));
    all
}

fn described(r: &[f64]) -> Vec<(String, Value)> {
    let mut all = named(
        "numpy",
        [
            ("mean", mean(r).map(Some)),
            ("median", quantile(r, 0.5, QuantileMethod::Linear).map(Some)),
            ("std(ddof=1)", standard_deviation(r, Deviation::Sample)),
            ("var(ddof=1)", variance(r, Deviation::Sample)),
            ("std(ddof=0)", standard_deviation(r, Deviation::Population)),
            ("var(ddof=0)", variance(r, Deviation::Population)),
        ],
    );
    let quantiles = |method| -> Answers {
        let at = [0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0];
        at.into_iter().map(|p| quantile(r, p, method).map(Some)).collect()
    };
    all.extend(listed(
        "numpy",
        [
            ("quantile(linear)", quantiles(QuantileMethod::Linear)),
            ("quantile(lower)", quantiles(QuantileMethod::Lower)),
            ("quantile(higher)", quantiles(QuantileMethod::Higher)),
            ("quantile(nearest)", quantiles(QuantileMethod::Nearest)),
            ("quantile(midpoint)", quantiles(QuantileMethod::Midpoint)),
            ("quantile(hazen)", quantiles(QuantileMethod::Hazen)),
            ("quantile(weibull)", quantiles(QuantileMethod::Weibull)),
            ("quantile(median_unbiased)", quantiles(QuantileMethod::MedianUnbiased)),
        ],
    ));
    let over_zero = OverZero::Undefined;
    let skewness = |bias| Skewness { bias, over_zero }.of(r);
    let kurtosis = |from, bias| Kurtosis { bias, from, over_zero }.of(r);
    all.extend(named(
        "scipy",
        [
            ("skew(bias=True)", skewness(Bias::Kept)),
            ("skew(bias=False)", skewness(Bias::CorrectedIfEnough)),
            ("kurtosis(fisher=True,bias=True)", kurtosis(KurtosisOf::Excess, Bias::Kept)),
            ("kurtosis(fisher=False,bias=True)", kurtosis(KurtosisOf::Plain, Bias::Kept)),
            ("kurtosis(fisher=True,bias=False)", kurtosis(KurtosisOf::Excess, Bias::CorrectedIfEnough)),
            ("kurtosis(fisher=False,bias=False)", kurtosis(KurtosisOf::Plain, Bias::CorrectedIfEnough)),
        ],
    ));
    let lags =
        |method| -> Answers { (1..=10.min(r.len() - 1)).map(|lag| Autocorrelation { lag, method }.of(r)).collect() };
    all.extend(listed("pandas", [("autocorr", lags(AutocorrelationMethod::OfParts))]));
    all.extend(listed(
        "statsmodels",
        [
            ("acf(adjusted=False)", lags(AutocorrelationMethod::OfAll)),
            ("acf(adjusted=True)", lags(AutocorrelationMethod::OfAllAdjusted)),
        ],
    ));
    all
}

fn matrices(columns: &[&[f64]]) -> Vec<(String, Value)> {
    let cells = |of: &dyn Fn(&[f64], &[f64]) -> Answer| -> Answers {
        columns.iter().flat_map(|x| columns.iter().map(move |y| of(x, y))).collect()
    };
    listed(
        "numpy",
        [
            ("cov(ddof=1)", cells(&|x, y| covariance(x, y, Deviation::Sample))),
            ("cov(ddof=0)", cells(&|x, y| covariance(x, y, Deviation::Population))),
            ("corrcoef", cells(&correlation)),
        ],
    )
}

/// Returns the answers under their package's name, those of a number.
fn named<const N: usize>(package: &str, answers: [(&str, Answer); N]) -> Vec<(String, Value)> {
    answers
        .into_iter()
        .map(|(name, answer)| (format!("{package}.{name}"), answer.map_or(Value::Null, number)))
        .collect()
}

/// Returns the answers under their package's name, those of several numbers.
fn listed<const N: usize>(package: &str, answers: [(&str, Answers); N]) -> Vec<(String, Value)> {
    let list = |answers: Answers| answers.map_or(Value::Null, |all| all.into_iter().map(number).collect());
    answers.into_iter().map(|(name, answers)| (format!("{package}.{name}"), list(answers))).collect()
}

fn number(value: Option<f64>) -> Value {
    match value {
        Some(value) if value == f64::INFINITY => "inf".into(),
        Some(value) if value == f64::NEG_INFINITY => "-inf".into(),
        value => value.into(),
    }
}
