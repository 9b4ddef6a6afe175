//! Closes that happened: from a file, as they are.

use chrono::NaiveDate;

use super::error::PriceError;
use crate::money::Price;

/// Real closes of one stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    closes: Vec<(NaiveDate, Price)>,
}

impl Replay {
    /// Returns the model that gives these closes.
    ///
    /// # Errors
    ///
    /// - [`PriceError::OutOfOrder`] where the dates do not ascend.
    pub fn new(closes: Vec<(NaiveDate, Price)>) -> Result<Self, PriceError> {
        match closes.windows(2).find(|pair| pair[0].0 >= pair[1].0) {
            Some(pair) => Err(PriceError::OutOfOrder { session: pair[1].0 }),
            None => Ok(Self { closes }),
        }
    }

    /// Returns the close of this date, if there is one.
    pub fn close(&self, session: NaiveDate) -> Option<Price> {
        self.closes.binary_search_by_key(&session, |close| close.0).ok().map(|at| self.closes[at].1)
    }

    /// Returns the last close before this date, if there is one.
    pub(super) fn close_before(&self, session: NaiveDate) -> Option<Price> {
        let earlier = self.closes.partition_point(|close| close.0 < session);
        self.closes[..earlier].last().map(|close| close.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_ascend() {
        let day = NaiveDate::from_ymd_opt(2000, 1, 3).unwrap();
        let doubled = vec![(day, "1".parse().unwrap()); 2];
        assert_eq!(Replay::new(doubled), Err(PriceError::OutOfOrder { session: day }));
    }
}
