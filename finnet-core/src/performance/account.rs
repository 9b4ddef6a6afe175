//! A ledger's values and flows, as returns are made of.

use chrono::NaiveDate;

use super::Valued;
use crate::ledger::{Ledger, NavError};
use crate::money::{Amount, Price};
use crate::symbol::Symbol;

/// Returns what an account was worth at the end of each of these dates, and what its owner paid in or out since the one
/// before, in the home currency. Such a flow counts at the end of the date: it earns nothing in the session that it
/// falls in or after which it is looked at.
///
/// The dates ascend; the first begins the time, with all that the account has as its flow.
///
/// # Errors
///
/// - Those of [`Ledger::explain`].
pub fn valued(
    ledger: &Ledger,
    dates: &[NaiveDate],
    price: impl Fn(Symbol, NaiveDate) -> Option<Price>,
) -> Result<Vec<Valued>, NavError> {
    let steps = ledger.explain_each(dates.iter().copied(), &price)?;
    let Some(&first) = dates.first() else { return Ok(Vec::new()) };
    let mut worth = ledger.nav(first, &price)?.total().amount();
    let mut valued = vec![Valued { date: first, before: Amount::ZERO, flow: worth }];
    let sum = |one: Amount, other: Amount| one.checked_add(other).ok_or(NavError::TooLarge);
    for step in steps {
        worth = sum(worth, step.change.amount())?;
        let flow = step.terms.flows.amount();
        valued.push(Valued { date: step.to, before: worth.checked_sub(flow).ok_or(NavError::TooLarge)?, flow });
    }
    Ok(valued)
}
