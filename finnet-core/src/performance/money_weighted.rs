//! The rate at which what was paid is worth what was received: XIRR by date, IRR by period.
//!
//! In come cash flows from the investor's side, exact; out go the rates r > −1 that make Σ flow ÷ (1 + r)^time = 0: all
//! that doubles tell apart, which `roots.rs` says more of.
//! Excel's `XIRR` and `IRR` give the one that is near a guess; here nothing is guessed and nothing chosen.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::error::PerformanceError;
use super::{DayCount, Valued, period, roots};
use crate::money::Amount;
use crate::number::exp_m1;

/// Money that moved on a date, from the investor's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CashFlow {
    /// The date.
    pub date: NaiveDate,
    /// What the investor received; below 0 what he paid.
    pub amount: Amount,
}

/// The internal rates of return: all that can be told apart where the sum of the flows is evaluated in doubles.
///
/// Flows whose sign changes once, over time, have exactly one; with n changes there are at most n. Rates so near to one
/// another that between them the sum is no further from 0 than it is rounded come as fewer: flows of 1,244,559,624,
/// −3,737,150,002, 3,740,624,359 and −1,248,033,982 units have the rates 0.00092507, 0.00092764 and 0.00093633, of
/// which two come.
#[derive(Clone, Debug, PartialEq)]
pub enum Irr {
    /// No rate solves the flows: so where all have one sign.
    None,
    /// One rate does.
    One(f64),
    /// Several do, in ascending order; equal ones are different rates that one double is the nearest of. Which of them is
    /// meant the flows do not say.
    Several(Vec<f64>),
}

impl Irr {
    /// Returns the rate where there is exactly one.
    pub fn one(&self) -> Option<f64> {
        if let Self::One(rate) = *self { Some(rate) } else { None }
    }

    /// Returns all rates, in ascending order.
    pub fn all(&self) -> &[f64] {
        match self {
            Self::None => &[],
            Self::One(rate) => std::slice::from_ref(rate),
            Self::Several(rates) => rates,
        }
    }

    /// Returns the rate nearest to one, as packages choose that start from a guess: numpy-financial from 0. Of two as
    /// near, the lower.
    pub fn nearest_to(&self, rate: f64) -> Option<f64> {
        let apart = |other: &f64| (other - rate).abs();
        self.all().iter().copied().min_by(|one, other| apart(one).total_cmp(&apart(other)))
    }

    fn of(rates: Vec<f64>) -> Self {
        match rates[..] {
            [] => Self::None,
            [rate] => Self::One(rate),
            _ => Self::Several(rates),
        }
    }
}

/// Internal rate of return a year, of flows by date: Excel's `XIRR`.
///
/// # Examples
///
/// ```
/// use finnet_core::performance::{CashFlow, DayCount, Irr, Xirr};
///
/// let flow = |date: &str, amount: &str| -> Result<CashFlow, Box<dyn std::error::Error>> {
///     Ok(CashFlow { date: date.parse()?, amount: amount.parse()? })
/// };
/// let xirr = Xirr { day_count: DayCount::Act365Fixed };
/// let year = [flow("2021-03-01", "-100")?, flow("2022-03-01", "112")?];
/// assert!((xirr.of(&year)?.one().expect("one change of sign") - 0.12).abs() < 1e-15);
/// let both = [flow("2010-01-01", "-1600")?, flow("2011-01-01", "10000")?, flow("2012-01-01", "-10000")?];
/// assert!(matches!(xirr.of(&both)?, Irr::Several(rates) if rates.len() == 2)); // 25 % and 400 %
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Xirr {
    /// How days become years; Excel: [`DayCount::Act365Fixed`].
    pub day_count: DayCount,
}

impl Xirr {
    /// Returns the rates that solve the flows, in any order of dates; those of one date count as their sum.
    ///
    /// Each is as near as the rounding of the sum of the flows lets it be: right to the last few bits of a rate by itself,
    /// less of one among others. A rate nearer to −1 than a double can tell comes as −1, and two such as two.
    ///
    /// # Errors
    ///
    /// - [`PerformanceError::Empty`], [`PerformanceError::EveryRate`].
    /// - [`PerformanceError::Overflow`], also where a rate is: 1 that is 10 a day later earns 10³⁶⁵ a year.
    pub fn of(&self, flows: &[CashFlow]) -> Result<Irr, PerformanceError> {
        let first = flows.iter().map(|flow| flow.date).min().ok_or(PerformanceError::Empty)?;
        rates(flows.iter().map(|flow| ((flow.date - first).num_days(), flow.amount)), self.day_count.days_a_year())
    }
}

/// Returns the rates a period that solve flows one period apart, told apart as those of [`Irr`]: Excel's `IRR`.
///
/// # Errors
///
/// - [`PerformanceError::Empty`], [`PerformanceError::EveryRate`], [`PerformanceError::Overflow`].
pub fn irr(amounts: &[Amount]) -> Result<Irr, PerformanceError> {
    if amounts.is_empty() {
        return Err(PerformanceError::Empty);
    }
    rates((0..).zip(amounts.iter().copied()), 1.0)
}

/// Returns the investor's flows of a portfolio: what it was worth at the start and every flow, then its last value.
///
/// # Errors
///
/// - [`PerformanceError::Empty`], [`PerformanceError::NoPeriod`] for fewer than two valuations.
/// - [`PerformanceError::NotInOrder`], [`PerformanceError::Overflow`].
pub fn cash_flows(valued: &[Valued]) -> Result<Vec<CashFlow>, PerformanceError> {
    period(valued)?;
    let paid = |at: usize, valued: &Valued| if at == 0 { valued.after() } else { Ok(valued.flow) };
    let mut flows = Vec::with_capacity(valued.len());
    for (at, one) in valued[..valued.len() - 1].iter().enumerate() {
        let amount = Amount::ZERO.checked_sub(paid(at, one)?).ok_or(PerformanceError::Overflow)?;
        flows.push(CashFlow { date: one.date, amount });
    }
    flows.extend(valued.last().map(|last| CashFlow { date: last.date, amount: last.before }));
    Ok(flows)
}

/// Returns the rates of flows by time in units of which `period` make one of the rate.
fn rates(flows: impl Iterator<Item = (i64, Amount)>, period: f64) -> Result<Irr, PerformanceError> {
    let mut by_time = BTreeMap::<i64, Amount>::new();
    for (time, amount) in flows {
        let sum = by_time.entry(time).or_default();
        *sum = sum.checked_add(amount).ok_or(PerformanceError::Overflow)?;
    }
    by_time.retain(|_, amount| *amount != Amount::ZERO);
    if by_time.is_empty() {
        return Err(PerformanceError::EveryRate);
    }
    let terms: Vec<(i64, Amount)> = by_time.into_iter().collect();
    let logs = roots::of(&terms).ok_or(PerformanceError::Overflow)?;
    // Two logarithms may have one double as their rate, above all near −1: they stay two.
    let rates: Vec<f64> = logs.into_iter().map(|root| rate(root, period)).collect();
    if rates.iter().all(|rate| rate.is_finite()) { Ok(Irr::of(rates)) } else { Err(PerformanceError::Overflow) }
}

/// Returns e^(log × period) − 1, with what a double of the log and the product lose.
fn rate((log, rest): roots::Root, period: f64) -> f64 {
    let product = log * period;
    // A period has so few bits that its product with the upper half of a double is exact.
    let upper = f64::from_bits(log.to_bits() & !((1 << 27) - 1));
    let lost = (upper * period - product) + (log - upper) * period;
    let rate = exp_m1(product);
    rate + (lost + rest * period) * (1.0 + rate)
}
