//! Orders: the trades that bring stocks to their weights of what an account is worth.

use chrono::NaiveDate;

use super::Ledger;
use super::entry::{Fraction, Side, Trade};
use super::nav::{Lacking, NavError};
use crate::money::{PerShare, Price, Shares};
use crate::symbol::Symbol;

impl Ledger {
    /// Returns the trades at these prices that give each of these stocks its weight of the net asset value at the end of
    /// a date: whole shares, as many as the weight pays for, the rest stays cash.
    ///
    /// Sales come before purchases, each in the order of the weights. What is short is covered first; stocks without a
    /// weight are left alone, those with a weight of 0 are sold. A stock that is not held counts as one of the home
    /// currency. Nothing is applied.
    ///
    /// # Errors
    ///
    /// - Those of [`Ledger::nav`]; [`NavError::Lacking`] also lists a stock of the weights without a price.
    /// - [`NavError::Weights`] where they sum to more than 1, or name a stock twice.
    /// - [`NavError::Foreign`] for a stock that is held in another than the home currency.
    ///
    /// # Examples
    ///
    /// ```
    /// use finnet_core::chrono::NaiveDate;
    /// use finnet_core::Symbol;
    /// use finnet_core::ledger::{Deposit, Fraction, Ledger, LotMethod};
    /// use finnet_core::money::USD;
    ///
    /// let day = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
    /// let (mut ledger, vz) = (Ledger::new(USD, LotMethod::Fifo), Symbol::new("VZ")?);
    /// ledger.apply(day, Deposit(USD.of(1_000)?))?;
    /// let orders = ledger.orders(day, &[(vz, Fraction::new(1, 2)?)], |_, _| "41.50".parse().ok())?;
    /// assert_eq!(orders[0].shares.to_string(), "12"); // 498 of the 500 dollars
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn orders(
        &self,
        date: NaiveDate,
        weights: &[(Symbol, Fraction)],
        price: impl Fn(Symbol, NaiveDate) -> Option<Price>,
    ) -> Result<Vec<Trade>, NavError> {
        let prices: Vec<Option<Price>> = weights.iter().map(|&(symbol, _)| price(symbol, date)).collect();
        let missing = weights.iter().zip(&prices).filter(|(_, price)| price.is_none()).map(|(&(symbol, _), _)| symbol);
        let missing: Vec<Symbol> = missing.collect();
        if !missing.is_empty() {
            return Err(NavError::Lacking(Box::new(Lacking { date, prices: missing, rates: Vec::new() })));
        }
        let worth = self.nav(date, &price)?.total().amount().units();
        let doubled = weights.iter().enumerate().any(|(at, one)| weights[..at].iter().any(|other| other.0 == one.0));
        let part = |weight: Fraction| {
            let part = worth.checked_mul(weight.numerator()).ok_or(NavError::TooLarge)?;
            Ok(part / weight.denominator())
        };
        let parts = weights.iter().try_fold(0, |sum, &(_, weight)| Ok::<i128, NavError>(sum + part(weight)?))?;
        if doubled || parts > worth.max(0) {
            return Err(NavError::Weights);
        }
        let (mut sales, mut purchases) = (Vec::new(), Vec::new());
        for (&(symbol, weight), price) in weights.iter().zip(prices.into_iter().flatten()) {
            let held = self.position(symbol);
            if let Some(position) = held.filter(|position| position.lots.currency != self.home()) {
                return Err(NavError::Foreign { symbol, currency: position.lots.currency });
            }
            let held = held.map_or(0, |position| i128::from(position.lots.shares));
            let wanted = (part(weight)? / price.units()).max(0) * i128::from(Shares::ONE);
            let price = PerShare { price, currency: self.home() };
            let mut order = |side: Side, millionths: i128| -> Result<(), NavError> {
                if millionths > 0 {
                    let shares = Shares::from_millionths(millionths).map_err(|_| NavError::TooLarge)?;
                    let orders = if matches!(side, Side::Sell | Side::Cover) { &mut sales } else { &mut purchases };
                    orders.push(Trade { side, symbol, shares, price, fee: None, settles: None, lots: Box::default() });
                }
                Ok(())
            };
            order(Side::Cover, -held)?;
            order(Side::Sell, held - wanted)?;
            order(Side::Buy, wanted - held.max(0))?;
        }
        sales.append(&mut purchases);
        Ok(sales)
    }
}
