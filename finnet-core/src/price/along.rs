//! The closes of one stock for whoever asks session by session, and does not know when it will ask again: an exchange.

use chrono::NaiveDate;

use super::error::PriceError;
use super::market::Market;
use super::stock::Walker;
use crate::money::Price;
use crate::symbol::Symbol;

/// A place on the path of one stock, which moves with what is asked; made by [`Market::along`].
#[derive(Clone, Debug)]
pub struct Along<'m> {
    market: &'m Market<'m>,
    walker: Walker<'m>,
}

impl Market<'_> {
    /// Returns the path of a stock at its beginning.
    ///
    /// # Errors
    ///
    /// - [`PriceError::UnknownStock`] for a stock that is not of this market.
    ///
    /// # Examples
    ///
    /// ```
    /// use finnet_core::chrono::NaiveDate;
    /// use finnet_core::calendar::XNYS;
    /// use finnet_core::price::{Clock, Gbm, Market, PerYear, Seed};
    /// use finnet_core::Symbol;
    ///
    /// let date = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
    /// let (ibm, clock) = (Symbol::new("IBM")?, Clock::Sessions { calendar: &XNYS, per_year: 252.0 });
    /// let model = Gbm { start: "128.25".parse()?, drift: PerYear(0.07), volatility: PerYear(0.22) };
    /// let market = Market::new(Seed(42), date(2000, 1, 3), clock)?.stock(ibm, model)?;
    /// let mut path = market.along(ibm)?;
    /// assert_eq!(path.close(date(2026, 11, 19))?, market.close(ibm, date(2026, 11, 19))?);
    /// assert_eq!(path.close(date(2026, 11, 20))?, market.close(ibm, date(2026, 11, 20))?); // but this was one step
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn along(&self, symbol: Symbol) -> Result<Along<'_>, PriceError> {
        Ok(Along { market: self, walker: Walker::new(self.of(symbol)?) })
    }
}

impl Along<'_> {
    /// Returns the close of a session: what [`Market::close`] returns, in O(1) where it is the next session after the
    /// one asked before, or O(log n) for a [`Replay`](super::Replay) of n closes; a session before that costs as much
    /// as one on its own.
    ///
    /// # Errors
    ///
    /// - Those of [`Market::close`].
    pub fn close(&mut self, session: NaiveDate) -> Result<Price, PriceError> {
        let tick = self.market.clock.tick_of(self.market.first, session)?;
        self.walker.close(session, tick)
    }
}

#[cfg(test)]
mod tests {
    use chrono::Days;
    use proptest::prelude::*;

    use super::*;
    use crate::price::{Clock, Gbm, Heston, Model, PerYear, Replay, Seed, Uniform};

    fn day(ordinal: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2000, 1, 3).unwrap() + Days::new(ordinal)
    }

    fn models() -> [Model; 4] {
        let start: Price = "100".parse().unwrap();
        let (drift, volatility, variance) = (PerYear(0.06), PerYear(0.25), PerYear(0.05));
        let heston = Heston {
            start,
            drift,
            initial_variance: variance,
            long_run_variance: variance,
            mean_reversion: PerYear(2.0),
            vol_of_vol: PerYear(0.4),
            correlation: -0.7,
        };
        let closes = (0..300).filter(|on| on % 7 != 3).map(|on| (day(on), start));
        let replay = Replay::new(closes.collect()).unwrap();
        [Gbm { start, drift, volatility }.into(), heston.into(), Uniform::new(start).unwrap().into(), replay.into()]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        /// Forwards by steps and leaps, backwards, and before the first session.
        #[test]
        fn a_place_on_the_path_is_the_path(
            seed in any::<u64>(),
            model in 0..4_usize,
            asked in prop::collection::vec(0..400_u64, 1..20),
        ) {
            let (symbol, clock) = (Symbol::new("S").unwrap(), Clock::CalendarDays { per_year: 365.0 });
            let market = Market::new(Seed(seed), day(1), clock).unwrap();
            let market = market.stock(symbol, models()[model].clone()).unwrap();
            let mut along = market.along(symbol).unwrap();
            for on in asked.into_iter().map(day) {
                prop_assert_eq!(along.close(on), market.close(symbol, on), "{}", on);
            }
        }
    }

    #[test]
    fn a_stock_that_is_not_there_has_no_path() {
        let clock = Clock::CalendarDays { per_year: 365.0 };
        let market = Market::new(Seed(1), day(0), clock).unwrap();
        let symbol = Symbol::new("S").unwrap();
        assert_eq!(market.along(symbol).unwrap_err(), PriceError::UnknownStock { symbol });
    }
}
