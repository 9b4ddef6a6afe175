//! Properties of performance: planted rates come back, none that can be told is missed, nothing hangs on size or order.

use chrono::{Days, NaiveDate};
use proptest::prelude::*;

use super::*;
use crate::number::{exp, exp_m1, ln};

const XIRR: Xirr = Xirr { day_count: DayCount::Act365Fixed };

fn day(after: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2000, 1, 1).unwrap() + Days::new(after)
}

fn flows(days_and_units: &[(u64, i128)]) -> Vec<CashFlow> {
    let flow = |&(after, units)| CashFlow { date: day(after), amount: Amount::from_units(units) };
    days_and_units.iter().map(flow).collect()
}

fn amounts(units: &[i128]) -> Vec<Amount> {
    units.iter().map(|&units| Amount::from_units(units)).collect()
}

/// The coefficients of Π (100 − percent · x): flows whose rates are percent ÷ 100 − 1 a period.
fn planted(percents: &[i128]) -> Vec<i128> {
    percents.iter().fold(vec![1], |product, percent| {
        let mut next = vec![0; product.len() + 1];
        for (at, coefficient) in product.into_iter().enumerate() {
            next[at] += coefficient * 100;
            next[at + 1] -= coefficient * percent;
        }
        next
    })
}

/// Returns how far a planted rate may be off: the error of the sum, doubled, ÷ its slope, both from the factors.
#[expect(clippy::cast_precision_loss, reason = "small integers")]
fn tolerance(percents: &[i128], own: i128) -> f64 {
    let growth = own as f64 / 100.0;
    let others = percents.iter().filter(|&&percent| percent != own);
    let slope: f64 = others.map(|&other| (100.0 - other as f64 / growth).abs()).product();
    let size: f64 = percents.iter().map(|&percent| 100.0 + percent as f64 / growth).product();
    // f changes by 100 · slope for a change of 1 of ln(growth); the rate changes by growth.
    let log = 2.0 * size / f64::from(1 << 25) / f64::from(1 << 25) / (100.0 * slope);
    growth * log + 4.0 * f64::EPSILON * growth
}

/// Returns Σ amount · growth^(−time) plainly, and how far that may be off.
#[expect(clippy::cast_precision_loss, reason = "small integers")]
fn plainly(flows: &[(u64, i128)], log: f64) -> (f64, f64) {
    flows.iter().fold((0.0, 0.0), |(sum, error), &(time, units)| {
        let argument = -(time as f64) * log;
        let term = Amount::from_units(units).to_f64() * exp(argument);
        (sum + term, error + term.abs() * f64::EPSILON * (20.0 + argument.abs()))
    })
}

/// Few flows of either sign on few days, so that there are many changes of sign and days in common.
fn any_flows() -> impl Strategy<Value = Vec<(u64, i128)>> {
    prop::collection::vec((0..4000_u64, -1_000_000_000_000_i128..1_000_000_000_000), 1..9)
}

/// Returns the rates; none where the flows have a rate that is beyond a double, or all: both are looked up in the flows.
fn solved(days: &[(u64, i128)]) -> Result<Option<Irr>, TestCaseError> {
    let mut sums = std::collections::BTreeMap::<u64, i128>::new();
    for &(time, units) in days {
        *sums.entry(time).or_default() += units;
    }
    sums.retain(|_, units| *units != 0);
    match XIRR.of(&flows(days)) {
        Ok(irr) => Ok(Some(irr)),
        Err(PerformanceError::EveryRate) => {
            prop_assert!(sums.is_empty());
            Ok(None)
        }
        Err(why) => {
            prop_assert_eq!(why, PerformanceError::Overflow);
            // A yearly growth of 10³⁰⁸ is one of e^1.943 a day. Beyond it the first flow outweighs the others together
            // unless they are as large still.
            let (&start, first) = sums.first_key_value().unwrap();
            let others: Vec<_> = sums.iter().skip(1).map(|(time, units)| (time - start, units.abs())).collect();
            let (others, _) = plainly(&others, 1.94);
            prop_assert!(others >= plainly(&[(0, first.abs())], 1.94).0);
            Ok(None)
        }
    }
}

fn valuations() -> impl Strategy<Value = Vec<(u64, i128, i128)>> {
    prop::collection::vec((0..400_u64, 1..1_000_000_000_000_i128, 0..1_000_000_000_000_i128), 2..12)
}

/// Rows in order of date: each a gap, a value and a flow, which is paid in.
fn rows(steps: &[(u64, i128, i128)], times: i128) -> Vec<Valued> {
    let mut on = 0;
    let row = |&(gap, before, flow): &(u64, i128, i128)| {
        on += gap;
        let [before, flow] = [before, flow].map(|units| Amount::from_units(units * times));
        Valued { date: day(on), before, flow }
    };
    steps.iter().map(row).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn planted_rates_come_back(
        percents in prop::collection::btree_set(4..100_i128, 1..5), negative in any::<bool>(), scale in 1..1_000_000_i128,
    ) {
        // 20 % to 495 % of growth, at least 5 % apart.
        let percents: Vec<i128> = percents.into_iter().map(|percent| percent * 5).collect();
        let factor = if negative { -scale } else { scale };
        let units: Vec<i128> = planted(&percents).into_iter().map(|units| units * factor).collect();
        let by_period = irr(&amounts(&units)).unwrap();
        let yearly: Vec<_> = (0..).step_by(365).zip(units).collect();
        let mut by_date = flows(&yearly);
        by_date.reverse();
        let by_date = XIRR.of(&by_date).unwrap();
        for found in [by_period.all(), by_date.all()] {
            prop_assert_eq!(found.len(), percents.len(), "{:?}", found);
            for (rate, &percent) in found.iter().zip(&percents) {
                let expected = f64::from(i32::try_from(percent).unwrap() - 100) / 100.0;
                let off = (rate - expected).abs();
                prop_assert!(off <= tolerance(&percents, percent), "{} for {}, off {:e}", rate, expected, off);
            }
        }
    }

    /// Wherever the sum, taken plainly, surely changes its sign there is a rate, and at each rate it is 0.
    #[test]
    fn no_rate_is_missed_and_none_is_made_up(days in any_flows()) {
        let Some(irr) = solved(&days)? else { return Ok(()) };
        let logs: Vec<f64> = irr.all().iter().map(|&rate| ln(1.0 + rate) / 365.0).collect();
        for (&log, &rate) in logs.iter().zip(irr.all()) {
            // 1 + rate was rounded, and at −1 says no more.
            if rate > -0.999_999 {
                let (sum, error) = plainly(&days, log);
                let shift = days.iter().map(|&(time, units)| {
                    plainly(&[(time, units)], log).0.abs() * f64::from(u32::try_from(time).unwrap()) / 365.0
                }).sum::<f64>() * f64::EPSILON / (1.0 + rate);
                // Terms below a double's smallest normal have lost bits.
                prop_assert!(sum.abs() <= 4.0 * (error + shift) + f64::MIN_POSITIVE, "{} at {}", sum, rate);
            }
        }
        let mut before = None;
        for step in -400..=400 {
            let log = f64::from(step) / 400.0 * ln(1e6) / 365.0;
            let (sum, error) = plainly(&days, log);
            if sum.abs() <= 4.0 * error {
                continue;
            }
            if let Some((from, sign)) = before {
                let between = logs.iter().filter(|&&found| from < found && found < log).count();
                let crosses = sign != (sum > 0.0);
                prop_assert!(between > 0 || !crosses, "none between {} and {}", from, log);
            }
            before = Some((log, sum > 0.0));
        }
    }

    #[test]
    fn neither_order_nor_sign_nor_size_changes_a_rate(days in any_flows(), power in 0..20_u32) {
        let Some(irr) = solved(&days)? else { return Ok(()) };
        let turned: Vec<_> = days.iter().rev().map(|&(time, units)| (time, -units << power)).collect();
        prop_assert_eq!(XIRR.of(&flows(&turned)).unwrap(), irr);
    }

    #[test]
    fn changes_of_sign_bound_the_rates(mut days in any_flows()) {
        let Some(irr) = solved(&days)? else { return Ok(()) };
        days.sort_by_key(|&(time, _)| time);
        days.dedup_by(|next, first| next.0 == first.0 && { first.1 += next.1; true });
        days.retain(|&(_, units)| units != 0);
        let changes = days.windows(2).filter(|pair| (pair[0].1 > 0) != (pair[1].1 > 0)).count();
        prop_assert!(irr.all().len() <= changes);
        prop_assert_eq!(irr == Irr::None, irr.all().is_empty());
        prop_assert!(changes != 1 || irr.one().is_some());
        prop_assert!(irr.all().is_sorted());
    }

    #[test]
    fn returns_do_not_hang_on_the_size_of_the_account(steps in valuations(), power in 0..20_u32) {
        let (once, larger) = (rows(&steps, 1), rows(&steps, 1 << power));
        for per in [Per::Period, Per::Year(DayCount::Act365Fixed)] {
            prop_assert_eq!(TimeWeighted { per }.of(&once), TimeWeighted { per }.of(&larger));
        }
        for flows in [FlowsAt::EndOfDay, FlowsAt::StartOfDay] {
            prop_assert_eq!(ModifiedDietz { flows }.of(&once), ModifiedDietz { flows }.of(&larger));
        }
    }

    /// The flows of a date may stand in one row or in several.
    #[test]
    fn rows_of_one_date_are_one(steps in valuations(), split in 0..12_usize, part in -1_000..1_000_i128) {
        let whole = rows(&steps, 1);
        // The last row's flow is outside of the period.
        let at = split % (whole.len() - 1);
        let (one, mut split) = (whole[at], whole.clone());
        let early = Amount::from_units(one.flow.units() * part / 1_000);
        let late = one.flow.checked_sub(early).unwrap();
        split[at].flow = early;
        split.insert(at + 1, Valued { before: one.before.checked_add(early).unwrap(), flow: late, ..one });
        for flows in [FlowsAt::EndOfDay, FlowsAt::StartOfDay] {
            prop_assert_eq!(ModifiedDietz { flows }.of(&split), ModifiedDietz { flows }.of(&whole));
        }
    }

    /// What is paid in grows with the rest: whoever pays in when, the periods' returns are those planted.
    #[test]
    fn a_time_weighted_return_knows_no_flow(
        steps in prop::collection::vec((1..400_u64, -50..100_i128, 0..1_000_i128), 1..8),
    ) {
        let mut valued = vec![Valued { date: day(0), before: Amount::ZERO, flow: Amount::from_units(10_i128.pow(20)) }];
        let (mut on, mut held, mut alone) = (0, 10_i128.pow(20), 10_i128.pow(20));
        for &(gap, percent, pieces) in &steps {
            on += gap;
            // Each step may divide by 100, which 10²⁰ bears ten times.
            let grow = |units: i128| units / 100 * (100 + percent);
            (held, alone) = (grow(held), grow(alone));
            let flow = pieces * 10_i128.pow(17);
            let before = Amount::from_units(held);
            valued.push(Valued { date: day(on), before, flow: Amount::from_units(flow) });
            held += flow;
        }
        let found = TimeWeighted { per: Per::Period }.of(&valued).unwrap().unwrap();
        let alone = Amount::from_units(alone).to_f64() / Amount::from_units(10_i128.pow(20)).to_f64() - 1.0;
        // Two roundings a period, of a growth of at most 2⁸; the units that a division by 100 cut off are 10⁻¹⁸ each.
        prop_assert!((found - alone).abs() <= (1.0 + alone) * 20.0 * f64::EPSILON, "{} {}", found, alone);
    }

    #[test]
    fn without_flows_dietz_is_the_simple_return(
        gaps in prop::collection::vec((1..400_u64, 0..1_000_000_000_000_i128), 1..8), start in 1..1_000_000_000_000_i128,
    ) {
        let mut steps = vec![(0, 0, start)];
        steps.extend(gaps.iter().map(|&(gap, before)| (gap, before, 0)));
        let valued = rows(&steps, 1);
        let end = valued[valued.len() - 1].before.to_f64();
        let start = Amount::from_units(start).to_f64();
        let simple = (end - start) / start;
        for flows in [FlowsAt::EndOfDay, FlowsAt::StartOfDay] {
            let found = ModifiedDietz { flows }.of(&valued).unwrap().unwrap();
            prop_assert!((found - simple).abs() <= 4.0 * f64::EPSILON * (1.0 + simple.abs()), "{} {}", found, simple);
        }
    }
}

#[test]
fn what_solves_nothing_or_everything_is_said() {
    assert_eq!(XIRR.of(&[]), Err(PerformanceError::Empty));
    assert_eq!(irr(&[]), Err(PerformanceError::Empty));
    assert_eq!(XIRR.of(&flows(&[(3, 5)])), Ok(Irr::None));
    assert_eq!(XIRR.of(&flows(&[(0, 5), (9, 7)])), Ok(Irr::None));
    assert_eq!(XIRR.of(&flows(&[(4, 5), (4, -7)])), Ok(Irr::None));
    assert_eq!(XIRR.of(&flows(&[(4, 7), (4, -7), (9, 0)])), Err(PerformanceError::EveryRate));
    assert_eq!(irr(&amounts(&[0, 0])), Err(PerformanceError::EveryRate));
    assert_eq!(irr(&amounts(&[-100, 100])), Ok(Irr::One(0.0)));
    assert_eq!(irr(&amounts(&[-100, 0, 0, 100])), Ok(Irr::One(0.0)));
    assert_eq!(irr(&amounts(&[i128::MAX, i128::MIN + 1])), Ok(Irr::One(0.0)));
    assert_eq!(XIRR.of(&flows(&[(4, i128::MAX), (4, 1)])), Err(PerformanceError::Overflow));
    // 10³⁶⁵ is beyond a double; and less than 10⁻³⁶⁵ is left of it.
    assert_eq!(XIRR.of(&flows(&[(0, -1), (1, 10)])), Err(PerformanceError::Overflow));
    assert_eq!(XIRR.of(&flows(&[(0, -10), (1, 1)])), Ok(Irr::One(-1.0)));
    let huge = irr(&amounts(&[1, i128::MIN])).unwrap().one().unwrap();
    assert!((huge / (Amount::from_units(i128::MIN).to_f64().abs() * 1e8) - 1.0).abs() < 1e-15, "{huge}");
}

#[test]
fn dates_may_be_as_far_apart_as_dates_are() {
    let ends = [(NaiveDate::MIN, -1), (NaiveDate::MAX, 2)];
    let far = ends.map(|(date, units)| CashFlow { date, amount: Amount::from_units(units) });
    let days = i32::try_from((NaiveDate::MAX - NaiveDate::MIN).num_days()).unwrap();
    let years = f64::from(days) / 365.0;
    let rate = XIRR.of(&far).unwrap().one().unwrap();
    assert!((rate - exp_m1(ln(2.0) / years)).abs() <= 1e-15 * rate, "{rate}");
}

#[test]
fn rates_that_touch_are_one() {
    // (1 − 1.1 x)², and twice that with a planted third: 1.1, 1.1, 1.5.
    let double = irr(&amounts(&planted(&[110, 110]))).unwrap();
    assert!(double.one().is_some_and(|rate| (rate - 0.1).abs() < 1e-15), "{double:?}");
    let both = irr(&amounts(&planted(&[110, 110, 150]))).unwrap();
    assert!(matches!(&both, Irr::Several(rates) if rates.len() == 2), "{both:?}");
    assert!((both.all()[0] - 0.1).abs() < 1e-13 && (both.all()[1] - 0.5).abs() < 1e-13, "{both:?}");
    // At 0 f is exact.
    assert_eq!(irr(&amounts(&planted(&[100, 100]))), Ok(Irr::One(0.0)));
    let with_zero = irr(&amounts(&planted(&[90, 100, 120]))).unwrap();
    assert_eq!(with_zero.all()[1].to_bits(), 0);
    // One part in 10¹² off the double root there are none, or two.
    let mut units: Vec<i128> = planted(&[110, 110]).into_iter().map(|units| units * 1_000_000_000_000).collect();
    units[0] += 10_000;
    assert_eq!(irr(&amounts(&units)), Ok(Irr::None));
    units[0] -= 20_000;
    assert_eq!(irr(&amounts(&units)).unwrap().all().len(), 2);
}

/// Rates that doubles do not tell apart come as fewer, each of them near.
#[test]
fn a_cluster_may_come_as_fewer() {
    let found = irr(&amounts(&[1_244_559_624, -3_737_150_002, 3_740_624_359, -1_248_033_982])).unwrap();
    let near = |rate: &f64| (0.000_92..0.000_94).contains(rate);
    assert!((1..=3).contains(&found.all().len()) && found.all().iter().all(near), "{found:?}");
}

/// Daily growths of 0.5 and 0.25 are yearly ones of 10⁻¹¹⁰ and 10⁻²²⁰: two rates, which a double calls −1.
#[test]
fn different_rates_of_one_double_stay_two() {
    // (x − 2)(x − 4), x = 1 ÷ growth.
    assert_eq!(XIRR.of(&flows(&[(0, 8), (1, -6), (2, 1)])), Ok(Irr::Several(vec![-1.0, -1.0])));
    let found = XIRR.of(&flows(&[(0, -9574), (2, -2779), (6, 7363), (8, -835)])).unwrap();
    assert_eq!(found.all().len(), 2, "{found:?}");
}

/// An account that is paid into or out of every day for ten years has a thousand changes of sign, and is solved.
#[test]
fn a_busy_account_is_solved() {
    let philox = crate::number::Philox::new(7);
    let mut units: Vec<(u64, i128)> =
        (0..2520_u32).map(|on| (on.into(), i128::from(philox.bits64([on, 0, 0, 0]) >> 20) - (1 << 43))).collect();
    units[0].1 = -(1 << 44);
    let held: i128 = units.iter().map(|&(_, units)| units).sum();
    units.push((2520, 2 * held.abs() + (1 << 50)));
    let found = XIRR.of(&flows(&units)).unwrap();
    for &rate in found.all() {
        let (sum, error) = plainly(&units, ln(1.0 + rate) / 365.0);
        assert!(sum.abs() <= 4.0 * error, "{sum} at {rate}, {error}");
    }
    assert_eq!(found.all().len() % 2, 1, "the first and the last flow have not one sign: {found:?}");
}

/// Of a high multiplicity doubles tell little, but what they tell takes no time without end.
#[test]
fn many_equal_rates_come_as_few() {
    for times in 3..9 {
        let found = irr(&amounts(&planted(&vec![110; times]))).unwrap();
        let rates = found.all();
        assert!(rates.len() <= 1 && (times % 2 == 0 || rates.len() == 1), "{times}: {found:?}");
        assert!(rates.iter().all(|rate| (rate - 0.1).abs() < 0.05), "{times}: {found:?}");
    }
}

/// 200 on the first day and 220 ten days later are 10 %, however the 200 were paid in.
#[test]
fn dietz_weighs_no_flow_more_than_the_whole_period() {
    let at = |on, before: i128, flow: i128| Valued {
        date: day(on),
        before: Amount::from_units(before),
        flow: Amount::from_units(flow),
    };
    for flows in [FlowsAt::EndOfDay, FlowsAt::StartOfDay] {
        let dietz = ModifiedDietz { flows };
        let once = dietz.of(&[at(0, 0, 200), at(10, 220, 0)]).unwrap().unwrap();
        // Two numbers and their quotient are rounded.
        assert!((once - 0.1).abs() <= 0.2 * f64::EPSILON, "{flows:?}: {once}");
        assert_eq!(dietz.of(&[at(0, 0, 100), at(0, 100, 100), at(10, 220, 0)]), Ok(Some(once)), "{flows:?}");
        // No day passed, and no flow within it makes one.
        assert_eq!(dietz.of(&[at(3, 0, 5), at(3, 5, 5), at(3, 12, 0)]), Ok(None), "{flows:?}");
    }
}

#[test]
fn undefined_returns_are_none() {
    let row =
        |on, before, flow| Valued { date: day(on), before: Amount::from_units(before), flow: Amount::from_units(flow) };
    let year = TimeWeighted { per: Per::Year(DayCount::Act365Fixed) };
    let dietz = ModifiedDietz { flows: FlowsAt::EndOfDay };
    for none in [[row(0, 0, 0), row(9, 5, 0)], [row(0, 5, -5), row(9, 0, 0)], [row(0, 0, -5), row(9, 5, 0)]] {
        assert_eq!((year.of(&none), dietz.of(&none)), (Ok(None), Ok(None)), "{none:?}");
    }
    assert_eq!(year.of(&[row(0, 0, 5), row(9, -1, 0)]), Ok(None), "more than all is lost");
    assert_eq!(year.of(&[row(0, 0, 5), row(9, 0, 5), row(10, 9, 0)]), Ok(Some(-1.0)), "all is lost, then paid in");
    let one_day = [row(3, 0, 5), row(3, 10, 0)];
    assert_eq!((year.of(&one_day), dietz.of(&one_day)), (Ok(None), Ok(None)));
    assert_eq!(TimeWeighted { per: Per::Period }.of(&one_day), Ok(Some(1.0)));
    assert_eq!(year.of(&[row(3, 0, 5)]), Err(PerformanceError::NoPeriod));
    assert_eq!(year.of(&[]), Err(PerformanceError::Empty));
    assert_eq!(dietz.of(&[row(3, 0, 5), row(2, 0, 5)]), Err(PerformanceError::NotInOrder { at: 1 }));
    assert_eq!(year.of(&[row(0, i128::MAX, 1), row(9, 5, 0)]), Err(PerformanceError::Overflow));
    assert_eq!(dietz.of(&[row(0, i128::MAX, 0), row(9, 5, 0)]), Err(PerformanceError::Overflow));
    assert_eq!(cash_flows(&[row(0, 7, 5), row(1, 20, 0)]).map(|flows| flows[0].amount.units()), Ok(-12));
}
