//! The state of an [`Evaluator`](super::Evaluator) as plain data, and its changes: applied to a snapshot, held against
//! what holdings can be worth.

use std::fmt;

use chrono::NaiveDate;

use crate::cross_section::{self, CrossSection, Last};
use crate::event::Valuation;
use crate::holdings::Holdings;
use crate::money::{Amount, Price};
use crate::symbol::{Name, Symbol};

/// The state of an [`Evaluator`](super::Evaluator) as plain data.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Snapshot {
    /// The closes that wait, and how far each stock is.
    pub closes: cross_section::Snapshot,
    /// The last valuation, of which the next change is taken.
    pub last: Option<Valuation>,
}

/// One entry of the state of an [`Evaluator`](super::Evaluator) as it is now, or the word that it is gone.
///
/// What makes an entry: the last valuation is one, how far a stock is one for each stock, a session that waits one
/// for each session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Change {
    /// The last valuation.
    Valued(Valuation),
    /// How far a stock is.
    Last {
        /// The stock.
        symbol: Symbol,
        /// Its last close.
        last: Last,
    },
    /// A session that waits, with the prices sent in the order of the holdings; no price at all where it is known
    /// to be void.
    Waits {
        /// The session.
        session: NaiveDate,
        /// The prices.
        prices: Vec<Option<Price>>,
    },
    /// A session that waited is complete, or void and passed by all.
    Gone {
        /// The session.
        session: NaiveDate,
    },
}

impl Snapshot {
    /// Puts a change into the place of its entry.
    pub(super) fn apply(&mut self, change: Change) -> Result<(), Mismatch> {
        let cross_section::Snapshot { lasts, pending } = &mut self.closes;
        let place = |session| pending.binary_search_by_key(&session, |(session, _)| *session);
        match change {
            Change::Valued(valuation) => self.last = Some(valuation),
            Change::Last { symbol, last } => {
                let own = lasts.iter_mut().find(|(own, _)| *own == symbol);
                own.ok_or(cross_section::Mismatch::OtherStocks)?.1 = Some(last);
            }
            Change::Waits { session, prices } => match place(session) {
                Ok(at) => pending[at].1 = prices,
                Err(at) => pending.insert(at, (session, prices)),
            },
            Change::Gone { session } => {
                if let Ok(at) = place(session) {
                    pending.remove(at);
                }
            }
        }
        Ok(())
    }
}

/// Why a snapshot or a change is not of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// Its closes are not of these holdings.
    Closes(cross_section::Mismatch),
    /// It is of other portfolios, or of another order.
    OtherPortfolios {
        /// One that the other side has not, or not at this place.
        portfolio: Name,
    },
    /// The last valuation is not one of these holdings, or does not fit the closes.
    Valuation {
        /// Its session, or that which should have been valued.
        session: NaiveDate,
    },
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closes(why) => why.fmt(f),
            Self::OtherPortfolios { portfolio } => {
                write!(
                    f,
                    "the snapshot is of other portfolios than those of the investor, or of another order: {portfolio}"
                )
            }
            Self::Valuation { session } => {
                write!(f, "the last valuation of the snapshot, at {session}, can't be of these holdings and closes")
            }
        }
    }
}

impl std::error::Error for Mismatch {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Closes(why) => Some(why),
            Self::OtherPortfolios { .. } | Self::Valuation { .. } => None,
        }
    }
}

impl From<cross_section::Mismatch> for Mismatch {
    fn from(why: cross_section::Mismatch) -> Self {
        Self::Closes(why)
    }
}

/// Holds the last valuation against what these holdings can be worth and how far the stocks are.
pub(super) fn check_last(last: Option<Valuation>, closes: &CrossSection, holdings: &Holdings) -> Result<(), Mismatch> {
    let together = together(closes, holdings);
    let Some(last) = last else {
        return together.map_or(Ok(()), |(session, _)| Err(Mismatch::Valuation { session }));
    };
    let possible = holdings.possible_values();
    let passed_by_all = closes.lasts().iter().all(|stock| stock.is_some_and(|stock| stock.session >= last.session));
    let of_closes = together.is_none_or(|together| together == (last.session, last.value));
    let before = last.change.map(|change| last.value.checked_sub(change));
    let of_holdings = possible.contains(&last.value)
        && before.is_none_or(|before| before.is_some_and(|before| possible.contains(&before)));
    // Only of values of holdings can a change be taken without looking.
    let whole = of_holdings && last == Valuation::after(before.flatten(), last.session, last.value);
    if passed_by_all && of_closes && whole { Ok(()) } else { Err(Mismatch::Valuation { session: last.session }) }
}

/// Returns the session that all stocks are at, which is then valued, and its value.
fn together(closes: &CrossSection, holdings: &Holdings) -> Option<(NaiveDate, Amount)> {
    let lasts: Vec<Last> = closes.lasts().iter().copied().collect::<Option<_>>()?;
    let session = lasts.first()?.session;
    let prices: Vec<_> = lasts.iter().map(|last| last.price).collect();
    lasts.iter().all(|last| last.session == session).then(|| (session, holdings.value(&prices)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Evaluator;
    use crate::event::Close;
    use crate::machine::Machine;
    use crate::money::Percent;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2000, 1, day).unwrap()
    }

    /// Three of A and a short of five of B, after these closes in units.
    fn after(closes: &[(&str, u32, i128)]) -> Evaluator {
        let mut evaluator = Evaluator::new(Holdings::new([("A", 3), ("B", -5)]).unwrap());
        for &(ticker, on, units) in closes {
            let (symbol, price) = (Symbol::new(ticker).unwrap(), Price::from_units(units).unwrap());
            evaluator.step(Close { symbol, session: day(on), price });
        }
        evaluator
    }

    /// Valued at 25 on the 3rd, at 23 on the 4th.
    const TOGETHER: [(&str, u32, i128); 4] = [("A", 3, 10), ("B", 3, 1), ("A", 4, 11), ("B", 4, 2)];

    fn valuation(on: u32, value: i128, change: Option<i128>, percent: Option<i128>) -> Valuation {
        let (change, change_pct) = (change.map(Amount::from_units), percent.map(Percent::from_units));
        Valuation { session: day(on), value: Amount::from_units(value), change, change_pct }
    }

    /// Whether the state after these closes is taken with another last valuation.
    fn takes(closes: &[(&str, u32, i128)], last: Option<Valuation>) -> Result<(), Mismatch> {
        let mut evaluator = after(closes);
        let (before, snapshot) = (evaluator.clone(), evaluator.snapshot());
        let taken = evaluator.restore(Snapshot { last, ..snapshot });
        assert_eq!(evaluator == before, taken.is_err() || last == before.last());
        taken
    }

    #[test]
    fn a_valuation_that_cannot_be_is_refused() {
        let beyond = [&TOGETHER[..], &[("A", 5, 1)]].concat();
        let (most, least) = (3 * Price::MAX.units() - 5, 3 - 5 * Price::MAX.units());
        for last in [
            valuation(4, 23, Some(-2), Some(-800)),
            valuation(4, most, None, None),
            valuation(4, least, Some(least - most), Some(-26_667)),
            valuation(3, 0, Some(0), None),
        ] {
            assert_eq!(takes(&beyond, Some(last)), Ok(()), "{last:?}");
        }
        for last in [
            valuation(4, i128::MIN, None, None),
            valuation(4, most + 1, None, None),
            valuation(4, least - 1, None, None),
            valuation(4, 23, Some(i128::MIN), Some(-800)),
            valuation(4, 23, Some(23 - most - 1), Some(-10_000)),
            valuation(4, 23, Some(-2), Some(-801)),
            valuation(4, 23, Some(-2), None),
            valuation(4, 23, None, Some(-800)),
            valuation(5, 23, Some(-2), Some(-800)),
        ] {
            assert_eq!(takes(&beyond, Some(last)), Err(Mismatch::Valuation { session: last.session }), "{last:?}");
        }
    }

    #[test]
    fn where_all_stocks_stand_the_value_is_known() {
        assert_eq!(takes(&TOGETHER, Some(valuation(4, 23, Some(-2), Some(-800)))), Ok(()));
        assert_eq!(takes(&TOGETHER, None), Err(Mismatch::Valuation { session: day(4) }));
        for last in [valuation(4, 24, Some(-1), Some(-400)), valuation(3, 23, Some(-2), Some(-800))] {
            assert_eq!(takes(&TOGETHER, Some(last)), Err(Mismatch::Valuation { session: last.session }));
        }
        assert_eq!(
            takes(&TOGETHER[..1], Some(valuation(3, 25, None, None))),
            Err(Mismatch::Valuation { session: day(3) })
        );
    }

    #[test]
    fn a_change_of_another_stock_is_refused() {
        let mut snapshot = after(&TOGETHER).snapshot();
        let untouched = snapshot.clone();
        let last = Last { session: day(5), price: Price::MAX };
        let other = Change::Last { symbol: Symbol::new("C").unwrap(), last };
        assert_eq!(snapshot.apply(other), Err(Mismatch::Closes(cross_section::Mismatch::OtherStocks)));
        assert_eq!(snapshot, untouched);
    }

    #[test]
    fn a_mismatch_is_small_and_says_what_is_wrong() {
        assert!(size_of::<Mismatch>() <= 32);
        let mismatch = Mismatch::OtherPortfolios { portfolio: Name::new("P12").unwrap() };
        assert!(mismatch.to_string().contains("P12"));
    }
}
