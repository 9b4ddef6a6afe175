//! A ledger's values and flows, as returns are made of.

use chrono::NaiveDate;

use super::Valued;
use crate::ledger::{Kind, Ledger, Line, NavError};
use crate::money::{Money, Price};
use crate::symbol::Symbol;

/// Returns what an account was worth at the end of each of these dates, and what its owner then paid in or out, in the
/// home currency: a flow earns nothing on its own date.
///
/// The dates ascend; the first begins the time, with all that the account has as its flow. Dates between them on which the
/// owner paid are added, since a return is chained at each flow.
///
/// # Errors
///
/// - Those of [`Ledger::nav`]: also of the dates of flows, which may be no sessions.
pub fn valued(
    ledger: &Ledger,
    dates: &[NaiveDate],
    price: impl Fn(Symbol, NaiveDate) -> Option<Price>,
) -> Result<Vec<Valued>, NavError> {
    let (Some(&first), Some(&last)) = (dates.first(), dates.last()) else { return Ok(Vec::new()) };
    let flows = ledger.lines().iter().filter(|line| line.kind() == Kind::Flow).map(Line::date);
    let mut all: Vec<NaiveDate> =
        flows.filter(|date| (first..=last).contains(date)).chain(dates.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    let (home, mut valued, mut fits) = (ledger.home(), Vec::with_capacity(all.len()), true);
    ledger.each_nav(all, price, |nav, lines| {
        let flow = lines.iter().filter(|line| line.kind() == Kind::Flow).map(|line| i128::from(line.home_cash())).sum();
        let worth = nav.total().amount();
        let flow = if valued.is_empty() { Some(worth) } else { Money::from_minor(flow, home).ok().map(Money::amount) };
        match flow.and_then(|flow| Some((flow, worth.checked_sub(flow)?))) {
            Some((flow, before)) => valued.push(Valued { date: nav.date(), before, flow }),
            None => fits = false,
        }
    })?;
    if fits { Ok(valued) } else { Err(NavError::TooLarge) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Deposit, Fee, LotMethod, Trade, Withdrawal};
    use crate::money::USD;
    use crate::performance::{Per, TimeWeighted};

    /// Every share earned 10 %, whatever was paid in and out between the dates that are asked for.
    #[test]
    fn a_flow_is_neither_a_gain_nor_a_loss() {
        let date = |month, day| NaiveDate::from_ymd_opt(2024, month, day).unwrap();
        let (mut ledger, x) = (Ledger::new(USD, LotMethod::Fifo), Symbol::new("X").unwrap());
        for (month, day) in [(1, 2), (2, 2)] {
            ledger.apply(date(month, day), Deposit(USD.of(1_000).unwrap())).unwrap();
            ledger.apply(date(month, day), Trade::buy(10, x, USD.per_share(100).unwrap()).unwrap()).unwrap();
        }
        ledger.apply(date(3, 28), Trade::sell(20, x, USD.per_share(110).unwrap()).unwrap()).unwrap();
        ledger.apply(date(3, 28), Withdrawal(USD.of(1_200).unwrap())).unwrap();
        let close = |_, date: NaiveDate| if date < spring() { "100" } else { "110" }.parse().ok();
        let dates = [date(1, 2), date(1, 31), date(2, 29), date(3, 29)];
        let valued = valued(&ledger, &dates, close).unwrap();
        let found: Vec<_> = valued.iter().map(|v| (v.date, v.before.to_string(), v.flow.to_string())).collect();
        let expected = [
            (date(1, 2), "0.00", "1000.00"),
            (date(1, 31), "1000.00", "0.00"),
            (date(2, 2), "1000.00", "1000.00"),
            (date(2, 29), "2200.00", "0.00"),
            (date(3, 28), "2200.00", "-1200.00"),
            (date(3, 29), "1000.00", "0.00"),
        ];
        let expected = expected.map(|(date, before, flow)| (date, before.to_owned(), flow.to_owned()));
        assert_eq!(found, expected);
        let earned = TimeWeighted { per: Per::Period }.of(&valued).unwrap().unwrap();
        assert!((earned - 0.1).abs() < 1e-15);
        // A fee is no flow.
        ledger.apply(date(3, 29), Fee { amount: USD.of(10).unwrap(), symbol: None }).unwrap();
        assert_eq!(super::valued(&ledger, &dates, close).unwrap()[5].before, "990".parse().unwrap());
        assert_eq!(super::valued(&ledger, &[], close), Ok(Vec::new()));
    }

    fn spring() -> NaiveDate {
        NaiveDate::from_ymd_opt(2024, 2, 20).unwrap()
    }
}
