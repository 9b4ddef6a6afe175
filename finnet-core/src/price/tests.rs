//! The models' laws against their closed forms: distribution, moments, independence, correlation.
//!
//! Seeds are fixed, so a test passes or fails for ever. Bounds are sampling errors alone, since paths are exact at
//! every tick: there is no step whose size could bias them. *Kolmogorov–Smirnov*: √n · D below 1.95, which a right law
//! exceeds in 1 of 1,000 samples (2 exp(−2 · 1.95²)). *Moments and correlations*: within five standard errors, which a
//! right law leaves in 1 of 1,700,000.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of a sample, far below 2^53"
)]

use chrono::{Days, NaiveDate};

use super::{Clock, Gbm, Market, Merton, Model, Ou, Overnight, PerYear, Seed};
use crate::calendar::XNYS;
use crate::number::{Philox, binomial_half, exp, ln, normal, poisson};
use crate::symbol::Symbol;

/// Days in a year, of every market here.
const YEAR: f64 = 365.0;

fn first() -> NaiveDate {
    NaiveDate::from_ymd_opt(2000, 1, 3).unwrap()
}

fn symbol(number: usize) -> Symbol {
    Symbol::new(&format!("S{number}")).unwrap()
}

fn market(seed: u64, models: &[Model]) -> Market<'static> {
    let market = Market::new(Seed(seed), first(), Clock::CalendarDays { per_year: YEAR }).unwrap();
    models.iter().enumerate().fold(market, |market, (n, model)| market.stock(symbol(n), model.clone()).unwrap())
}

/// The log price of a stock at a tick.
fn log_price(market: &Market<'_>, stock: usize, tick: u32) -> f64 {
    ln(market.value(symbol(stock), first() + Days::new(tick.into())).unwrap())
}

/// The probability that a standard normal number is below x: Marsaglia, "Evaluating the normal distribution" (2004).
fn below(x: f64) -> f64 {
    if x.abs() > 8.0 {
        return if x < 0.0 { 0.0 } else { 1.0 };
    }
    let (mut sum, mut term, mut odd) = (x, x, 1.0);
    while term.abs() > 1e-20 {
        odd += 2.0;
        term *= x * x / odd;
        sum += term;
    }
    0.5 + sum * exp(-0.5 * x * x - 0.918_938_533_204_672_7)
}

/// Holds a sample to a distribution, by Kolmogorov and Smirnov.
fn is_of_law(what: &str, mut sample: Vec<f64>, law: impl Fn(f64) -> f64) {
    sample.sort_by(f64::total_cmp);
    let n = sample.len() as f64;
    let apart = |(rank, &x): (usize, &f64)| {
        let p = law(x);
        (p - rank as f64 / n).max((rank + 1) as f64 / n - p)
    };
    let statistic = sample.iter().enumerate().map(apart).fold(0.0, f64::max) * n.sqrt();
    assert!(statistic < 1.95, "{what}: {statistic}");
    assert!(statistic > 0.2, "{what}: {statistic}, too good to be a sample");
}

fn mean(sample: &[f64]) -> f64 {
    sample.iter().sum::<f64>() / sample.len() as f64
}

/// The correlation of two samples whose means are 0.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    product(a, b) / (product(a, a) * product(b, b)).sqrt()
}

/// Holds standard normal numbers to their law, to mean 0 and variance 1, and to be independent in their order.
fn are_standard_normal(what: &str, sample: &[f64]) {
    let root = (sample.len() as f64).sqrt();
    is_of_law(what, sample.to_vec(), below);
    assert!(mean(sample).abs() < 5.0 / root, "{what}: mean {}", mean(sample));
    let variance = mean(&sample.iter().map(|x| x * x).collect::<Vec<_>>());
    assert!((variance - 1.0).abs() < 5.0 * 2.0_f64.sqrt() / root, "{what}: variance {variance}");
    for lag in 1..=5 {
        let found = correlation(&sample[lag..], &sample[..sample.len() - lag]);
        assert!(found.abs() < 5.0 / root, "{what}: autocorrelation {found} at lag {lag}");
    }
    // Squares show a volatility that clusters; the variance of z² is 2.
    let squares: Vec<f64> = sample.iter().map(|x| x * x - 1.0).collect();
    let found = correlation(&squares[1..], &squares[..squares.len() - 1]);
    assert!(found.abs() < 5.0 / root, "{what}: autocorrelation {found} of squares");
}

fn gbm() -> Gbm {
    Gbm { start: "100".parse().unwrap(), drift: PerYear(0.07), volatility: PerYear(0.22) }
}

fn ou() -> Ou {
    let [start, level] = ["120", "70"].map(|price| price.parse().unwrap());
    Ou { start, level, reversion: PerYear(3.0), volatility: PerYear(0.3) }
}

fn merton() -> Merton {
    let Gbm { start, drift, volatility } = gbm();
    Merton { start, drift, volatility, intensity: PerYear(40.0), jump_mean: -0.02, jump_deviation: 0.05 }
}

/// The law of Merton's log return over a time in years: normal given the number of jumps.
fn merton_law(model: &Merton, years: f64) -> impl Fn(f64) -> f64 {
    let jump = exp(model.jump_mean + model.jump_deviation * model.jump_deviation / 2.0) - 1.0;
    let [drift, volatility, intensity] = [model.drift, model.volatility, model.intensity].map(|figure| figure.0);
    let trend = (drift - volatility * volatility / 2.0 - intensity * jump) * years;
    let (jump_mean, jump_variance) = (model.jump_mean, model.jump_deviation * model.jump_deviation);
    move |x| {
        let expected = intensity * years;
        let (mut probability, mut sum) = (exp(-expected), 0.0);
        for jumps in 0..(20 + 3 * expected as u32) {
            let jumps = f64::from(jumps);
            let variance = volatility * volatility * years + jump_variance * jumps;
            sum += probability * below((x - trend - jump_mean * jumps) / variance.sqrt());
            probability *= expected / (jumps + 1.0);
        }
        sum
    }
}

#[test]
fn random_bits_become_normal_numbers() {
    let random = Philox::new(1);
    are_standard_normal("normal", &(0..200_000).map(|n| normal(random.bits64([n, 0, 0, 9]))).collect::<Vec<_>>());
}

/// 100,000 days of one path, and 20,000 paths at steps that begin and end in the middle of blocks.
#[test]
fn gbm_has_normal_independent_returns() {
    let Gbm { drift, volatility, .. } = gbm();
    let standard = |log_return: f64, days: f64| {
        let years = days / YEAR;
        (log_return - (drift.0 - volatility.0 * volatility.0 / 2.0) * years) / (volatility.0 * years.sqrt())
    };
    let one = market(11, &[gbm().into()]);
    let path: Vec<f64> = (0..=100_000).map(|tick| log_price(&one, 0, tick)).collect();
    let daily: Vec<f64> = path.windows(2).map(|pair| standard(pair[1] - pair[0], 1.0)).collect();
    are_standard_normal("daily", &daily);
    let ticks = [0, 1, 37, 1000, 1001, 5000, 8192, 9000];
    let paths: Vec<Vec<f64>> = (0..20_000)
        .map(|seed| {
            let one = market(seed, &[gbm().into()]);
            ticks.iter().map(|&tick| log_price(&one, 0, tick)).collect()
        })
        .collect();
    let steps: Vec<Vec<f64>> = (1..ticks.len())
        .map(|n| {
            let days = f64::from(ticks[n] - ticks[n - 1]);
            paths.iter().map(|path| standard(path[n] - path[n - 1], days)).collect()
        })
        .collect();
    for (n, step) in steps.iter().enumerate() {
        are_standard_normal(&format!("from {} to {}", ticks[n], ticks[n + 1]), step);
        for (m, other) in steps[..n].iter().enumerate() {
            let found = correlation(step, other);
            assert!(found.abs() < 5.0 / 20_000_f64.sqrt(), "steps {m} and {n}: {found}");
        }
    }
}

/// E S(t) = start · e^(μt): the price's own mean, in which an error of the drift's correction would show.
#[test]
fn prices_grow_as_the_drift_says() {
    let models = [gbm().into(), merton().into()];
    let prices: Vec<[f64; 2]> = (0..100_000)
        .map(|seed| {
            let market = market(seed, &models);
            [0, 1].map(|stock| market.value(symbol(stock), first() + Days::new(365)).unwrap())
        })
        .collect();
    for (stock, drift) in [0.07, 0.07].into_iter().enumerate() {
        let sample: Vec<f64> = prices.iter().map(|prices| prices[stock]).collect();
        let (average, expected) = (mean(&sample), 100.0 * exp(drift));
        let variance = mean(&sample.iter().map(|x| (x - average) * (x - average)).collect::<Vec<_>>());
        let error = (variance / sample.len() as f64).sqrt();
        assert!((average - expected).abs() < 5.0 * error, "stock {stock}: {average} ± {error}, not {expected}");
    }
}

/// X(t + s) − e^(−κs) X(t) is normal with variance σ² (1 − e^(−2κs)) ÷ 2κ and independent of X(t): that is the process.
#[test]
fn ou_goes_back_as_fast_as_it_says() {
    let (kappa, sigma) = (3.0 / YEAR, 0.3 / YEAR.sqrt());
    let from_level = |market: &Market<'_>, tick| log_price(market, 0, tick) - ln(70.0);
    let innovation = |from: f64, to: f64, days: f64| {
        let decay = exp(-kappa * days);
        (to - decay * from) / (sigma * ((1.0 - decay * decay) / (2.0 * kappa)).sqrt())
    };
    let one = market(12, &[ou().into()]);
    let path: Vec<f64> = (0..=100_000).map(|tick| from_level(&one, tick)).collect();
    let daily: Vec<f64> = path.windows(2).map(|pair| innovation(pair[0], pair[1], 1.0)).collect();
    are_standard_normal("daily", &daily);
    let ticks = [0, 3, 37, 38, 500, 1001, 1100, 6000];
    let paths: Vec<Vec<f64>> = (0..20_000)
        .map(|seed| {
            let one = market(seed, &[ou().into()]);
            ticks.iter().map(|&tick| from_level(&one, tick)).collect()
        })
        .collect();
    for n in 1..ticks.len() {
        let days = f64::from(ticks[n] - ticks[n - 1]);
        let step: Vec<f64> = paths.iter().map(|path| innovation(path[n - 1], path[n], days)).collect();
        are_standard_normal(&format!("from {} to {}", ticks[n - 1], ticks[n]), &step);
        if n > 1 {
            let before: Vec<f64> = paths.iter().map(|path| path[n - 1]).collect();
            let average = mean(&before);
            let before: Vec<f64> = before.iter().map(|x| x - average).collect();
            let found = correlation(&step, &before);
            assert!(found.abs() < 5.0 / 20_000_f64.sqrt(), "step {n} and its start: {found}");
        }
    }
}

/// Given the number of jumps a return is normal, and that number is Poisson: daily, and over steps of 20,000 paths.
#[test]
fn merton_jumps_as_often_and_as_far_as_it_says() {
    let model = merton();
    let one = market(13, &[model.into()]);
    let path: Vec<f64> = (0..=100_000).map(|tick| log_price(&one, 0, tick)).collect();
    let daily: Vec<f64> = path.windows(2).map(|pair| pair[1] - pair[0]).collect();
    is_of_law("daily", daily.clone(), merton_law(&model, 1.0 / YEAR));
    let average = mean(&daily);
    let centred: Vec<f64> = daily.iter().map(|x| x - average).collect();
    let squared = mean(&centred.iter().map(|x| x * x).collect::<Vec<_>>());
    let squares: Vec<f64> = centred.iter().map(|x| x * x - squared).collect();
    for lag in 1..=5 {
        for sample in [&centred, &squares] {
            let found = correlation(&sample[lag..], &sample[..sample.len() - lag]);
            assert!(found.abs() < 5.0 / 100_000_f64.sqrt(), "autocorrelation {found} at lag {lag}");
        }
    }
    let ticks = [0, 2, 37, 38, 64, 300, 1000];
    let paths: Vec<Vec<f64>> = (0..20_000)
        .map(|seed| {
            let one = market(seed, &[model.into()]);
            ticks.iter().map(|&tick| log_price(&one, 0, tick)).collect()
        })
        .collect();
    let mut before: Option<Vec<f64>> = None;
    for n in 1..ticks.len() {
        let years = f64::from(ticks[n] - ticks[n - 1]) / YEAR;
        let step: Vec<f64> = paths.iter().map(|path| path[n] - path[n - 1]).collect();
        is_of_law(&format!("from {} to {}", ticks[n - 1], ticks[n]), step.clone(), merton_law(&model, years));
        let average = mean(&step);
        let step: Vec<f64> = step.iter().map(|x| x - average).collect();
        if let Some(before) = before {
            let found = correlation(&step, &before);
            assert!(found.abs() < 5.0 / 20_000_f64.sqrt(), "steps {n} and before: {found}");
        }
        before = Some(step);
    }
}

/// 50,000 daily returns, and returns over 1,000 days of 5,000 paths: the correlation asked for, within five times (1 −
/// ρ²) ÷ √n, the standard error of a correlation of normal numbers. Those without jumps, and two with one reversion: of
/// these what drives them, x' − e^(−κt) x, as no other sample of theirs is independent.
#[test]
fn returns_are_as_correlated_as_asked() {
    const STOCKS: usize = 4;
    let matrix = [[1.0, 0.6, -0.3, 0.0], [0.6, 1.0, 0.2, 0.1], [-0.3, 0.2, 1.0, 0.5], [0.0, 0.1, 0.5, 1.0]];
    let wild = Gbm { volatility: PerYear(0.5), ..gbm() };
    let calm = Merton { intensity: PerYear(0.0), ..merton() };
    let near = Ou { level: ou().start, volatility: PerYear(0.1), ..ou() };
    let trend = |drift: f64, volatility: f64| (drift - volatility * volatility / 2.0) / YEAR;
    let sets: [([Model; STOCKS], [f64; STOCKS]); 2] = [
        (
            [gbm().into(), wild.into(), calm.into(), gbm().into()],
            [trend(0.07, 0.22), trend(0.07, 0.5), trend(calm.drift.0, calm.volatility.0), trend(0.07, 0.22)],
        ),
        ([ou().into(), near.into(), ou().into(), near.into()], [0.0; STOCKS]),
    ];
    let check = |samples: &[Vec<f64>]| {
        for i in 0..STOCKS {
            for j in 0..i {
                let (found, asked): (f64, f64) = (correlation(&samples[i], &samples[j]), matrix[i][j]);
                let error = (1.0 - asked * asked) / (samples[i].len() as f64).sqrt();
                assert!((found - asked).abs() < 5.0 * error, "{i} and {j}: {found} ± {error}, not {asked}");
            }
        }
    };
    for (set, (models, trends)) in sets.iter().enumerate() {
        // The level of what is drawn back, and what is left of a distance from it after so many ticks.
        let level = |stock: usize| if set == 0 { 0.0 } else { ln([70.0, 120.0][stock % 2]) };
        let kept = |ticks: f64| if set == 0 { 1.0 } else { exp(-ou().reversion.0 * ticks / YEAR) };
        let driven = |stock: usize, ticks: f64, from: f64, to: f64| {
            (to - level(stock)) - kept(ticks) * (from - level(stock)) - ticks * trends[stock]
        };
        let one = market(14, models).correlated(&matrix).unwrap();
        let daily: Vec<Vec<f64>> = (0..STOCKS)
            .map(|stock| {
                let path: Vec<f64> = (0..=50_000).map(|tick| log_price(&one, stock, tick)).collect();
                path.windows(2).map(|pair| driven(stock, 1.0, pair[0], pair[1])).collect()
            })
            .collect();
        check(&daily);
        let mut far = vec![Vec::new(); STOCKS];
        for seed in 0..5000 {
            let one = market(seed, models).correlated(&matrix).unwrap();
            for (stock, sample) in far.iter_mut().enumerate() {
                sample.push(driven(stock, 1000.0, log_price(&one, stock, 337), log_price(&one, stock, 1337)));
            }
        }
        check(&far);
    }
}

/// Bars and trades of two stocks with 0.9 from close to close, 6,000 sessions: a part of the way that is the share s of
/// its variance has 0.9 s, as the docs of [`TRADES`](super::TRADES) say; within five standard errors as above.
#[test]
fn parts_of_a_session_share_the_correlation_of_closes() {
    let model = Gbm { start: "1000000".parse().unwrap(), ..gbm() };
    let clock = Clock::Sessions { calendar: &XNYS, per_year: 252.0 };
    let market = (0..2)
        .fold(Market::new(Seed(16), first(), clock).unwrap(), |market, n| market.stock(symbol(n), model).unwrap());
    let market = market.correlated(&[[1.0, 0.9], [0.9, 1.0]]).unwrap().overnight(Overnight::share(0.2).unwrap());
    // Night, day, and trades 100 to 151: a fifth of the day's 255 steps.
    let mut samples = [(0.2, [vec![], vec![]]), (0.8, [vec![], vec![]]), (0.16, [vec![], vec![]])];
    for stock in 0..2 {
        let mut before = f64::NAN;
        for session in XNYS.sessions(first()..).unwrap().take(6_000) {
            let prices: Vec<f64> =
                market.ticks(symbol(stock), session).unwrap().map(|tick| ln(tick.price.units() as f64)).collect();
            let parts = [prices[0] - before, prices[255] - prices[0], prices[151] - prices[100]];
            if before.is_finite() {
                samples.iter_mut().zip(parts).for_each(|((_, of), part)| of[stock].push(part));
            }
            before = prices[255];
        }
    }
    for (share, [one, other]) in &samples {
        let (found, asked) = (correlation(one, other), 0.9 * share);
        let error = (1.0 - asked * asked) / (one.len() as f64).sqrt();
        assert!((found - asked).abs() < 5.0 * error, "{share} of the way: {found} ± {error}, not {asked}");
    }
}

/// 100,000 draws at each parameter, few and many, against the distribution by its own recursion; for a law of whole
/// numbers the level of 1 in 1,000 is an upper bound.
#[test]
fn counts_have_their_laws() {
    let random = Philox::new(15);
    let check = |what: &str, most: usize, ratio: &dyn Fn(f64) -> f64, draw: &dyn Fn(u32) -> u64| {
        // Probabilities up to a factor, by their ratios p(k) / p(k − 1), scaled lest they leave the doubles.
        let mut law = vec![1.0_f64];
        for k in 1..=most {
            let next = law[k - 1] * ratio(k as f64);
            law.push(next);
            if next > 1e200 {
                for p in &mut law {
                    *p /= 1e200;
                }
            }
        }
        let total: f64 = law.iter().sum();
        let mut found = vec![0_u32; most + 1];
        for n in 0..100_000 {
            found[usize::try_from(draw(n)).unwrap()] += 1;
        }
        let (mut expected, mut counted, mut apart) = (0.0, 0.0, 0.0_f64);
        for (p, count) in law.iter().zip(found) {
            expected += p / total;
            counted += f64::from(count) / 1e5;
            apart = apart.max((expected - counted).abs());
        }
        let statistic = apart * 1e5_f64.sqrt();
        assert!(statistic < 1.95, "{what}: {statistic}");
    };
    for mean in [0.01, 0.5, 9.9, 10.0, 31.4, 1000.0] {
        let most = (20.0 + 10.0 * mean) as usize;
        let draw = |n: u32| poisson(mean, |attempt| random.pair64([n, attempt, most as u32, 1]));
        check(&format!("poisson {mean}"), most, &|k| mean / k, &draw);
    }
    for of in [1_u32, 63, 64, 129, 512, 513, 5000] {
        let draw = |n: u32| binomial_half(of.into(), |attempt| random.pair64([n, attempt, of, 2]));
        check(&format!("half of {of}"), of as usize, &|k| (f64::from(of) + 1.0 - k) / k, &draw);
    }
}

/// 100,000 draws each of the largest counts there are: their laws are normal up to the skewness, 10⁻⁶ of a Poisson
/// count. Beyond, what the documentation says.
#[test]
fn the_largest_counts_have_their_laws() {
    let random = Philox::new(16);
    let check = |what: &str, mean: f64, variance: f64, draw: &dyn Fn(u32) -> u64| {
        let standard = |n| (draw(n) as f64 - mean) / variance.sqrt();
        are_standard_normal(what, &(0..100_000).map(standard).collect::<Vec<_>>());
    };
    let draw = |n: u32| poisson(1e12, |attempt| random.pair64([n, attempt, 0, 1]));
    check("poisson", 1e12, 1e12, &draw);
    for of in [10_u64.pow(12), 1 << 40] {
        let draw = |n: u32| binomial_half(of, |attempt| random.pair64([n, attempt, 0, 2]));
        check(&format!("half of {of}"), of as f64 / 2.0, of as f64 / 4.0, &draw);
    }
    let draw = |attempt| random.pair64([7, attempt, 0, 3]);
    assert_eq!(poisson(1e12_f64.next_up(), draw), 0);
    assert_eq!(binomial_half((1 << 40) + 1, draw), 1 << 39);
    assert_eq!(binomial_half(u64::MAX, draw), u64::MAX / 2);
}

/// Of the draw nearest to 1, 1 − 2⁻⁵³, the quantiles are these, by Python's decimal at 60 digits; the two after
/// each have probabilities below the rounding of the sum.
#[test]
fn the_rarest_draw_is_a_count_of_the_law() {
    for (mean, quantile) in [(1.24, 19), (4.88, 32), (7.78, 40), (9.84, 45)] {
        let count = poisson(mean, |_| [u64::MAX; 2]);
        assert!(count.abs_diff(quantile) <= 2, "poisson {mean}: {count}, not {quantile}");
    }
    assert_eq!(poisson(5e-324, |_| [u64::MAX; 2]), 0);
}
