//! A valuation on the topic `portfolios`:
//! `{"investor": "Inv1", "portfolio": "P11", "date": "2000-01-03", "value": 2763383.00, "diff": null, "percent_diff": null}`.

use chrono::{Datelike, NaiveDate};
use finnet_core::money::MoneyError;
use finnet_core::{Amount, Name, Percent, PortfolioId, Valuation};

use super::Reason;
use super::fields::{self, Fields, date};

/// A valuation and the portfolio it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Valued {
    /// The portfolio.
    pub portfolio: PortfolioId,
    /// What it is worth.
    pub valuation: Valuation,
}

/// The names read, in the places that [`decode_valuation`] asks them by: ours, then those of others.
const NAMES: [&str; 10] = [
    "investor",
    "portfolio",
    "date",
    "value",
    "diff",
    "percent_diff",
    "investor_id",
    "portfolio_id",
    "change",
    "change_pct",
];

/// Returns the valuation that a payload states.
///
/// Also read: `investor_id`, `portfolio_id`, `change`, `change_pct`, further fields, any order, JSON in a JSON string;
/// numbers with more places than their column, rounded half away from zero.
///
/// # Errors
///
/// A reason that the payload shows by itself, one where there are several; names that no portfolio can have are
/// [`Reason::UnknownPortfolio`], numbers beyond 128 bits [`Reason::OutOfRange`].
pub fn decode_valuation(payload: &[u8]) -> Result<Valued, Reason> {
    fields::read(payload, &NAMES, |fields| {
        let either = |ours: usize, theirs: usize| if fields.stands(ours) { ours } else { theirs };
        let (investor, portfolio) = (either(0, 6), either(1, 7));
        let (change, change_pct) = (either(4, 8), either(5, 9));
        let there = [investor, portfolio, 2, 3].into_iter().all(|place| fields.has(place));
        if !there || !fields.stands(change) || !fields.stands(change_pct) {
            return Err(Reason::MissingField);
        }
        let value = number(fields, 3, Amount::parse_rounded)?.ok_or(Reason::MissingField)?;
        let change = number(fields, change, Amount::parse_rounded)?;
        let change_pct = number(fields, change_pct, Percent::parse_rounded)?;
        let session = date(&fields.string(2, Reason::MissingField, Reason::BadDate)?)?;
        let name = |place| {
            let text = fields.string(place, Reason::MissingField, Reason::UnknownPortfolio)?;
            Name::new(&text).map_err(|_| Reason::UnknownPortfolio)
        };
        let portfolio = PortfolioId { investor: name(investor)?, portfolio: name(portfolio)? };
        Ok(Valued { portfolio, valuation: Valuation { session, value, change, change_pct } })
    })
}

/// Returns the number of a field, `None` where it is null.
fn number<const N: usize, T>(
    fields: &Fields<'_, N>,
    place: usize,
    parse: impl Fn(&str) -> Result<T, MoneyError>,
) -> Result<Option<T>, Reason> {
    if !fields.has(place) {
        return Ok(None);
    }
    let text = fields.text(place, Reason::MissingField, Reason::BadPrice)?;
    parse(&text).map(Some).map_err(|why| match why {
        MoneyError::TooLarge => Reason::OutOfRange,
        _ => Reason::BadPrice,
    })
}

/// Appends the message of a valuation to `buffer`.
///
/// # Examples
///
/// ```
/// use finnet_kafka::wire::{decode_valuation, encode_valuation};
///
/// let message = br#"{"investor": "Inv1", "portfolio": "P11", "date": "2000-01-03", "value": 2763383.00, "diff": null, "percent_diff": null}"#;
/// let valued = decode_valuation(message).unwrap();
/// let mut buffer = Vec::new();
/// encode_valuation(valued.portfolio, &valued.valuation, &mut buffer);
/// assert_eq!(buffer, message);
/// ```
pub fn encode_valuation(portfolio: PortfolioId, valuation: &Valuation, buffer: &mut Vec<u8>) {
    // Names hold no byte that JSON would escape.
    buffer.extend_from_slice(b"{\"investor\": \"");
    buffer.extend_from_slice(portfolio.investor.as_str().as_bytes());
    buffer.extend_from_slice(b"\", \"portfolio\": \"");
    buffer.extend_from_slice(portfolio.portfolio.as_str().as_bytes());
    buffer.extend_from_slice(b"\", \"date\": \"");
    push_date(valuation.session, buffer);
    buffer.extend_from_slice(b"\", \"value\": ");
    buffer.extend_from_slice(valuation.value.digits().as_str().as_bytes());
    buffer.extend_from_slice(b", \"diff\": ");
    push_or_null(valuation.change.map(Amount::digits), buffer);
    buffer.extend_from_slice(b", \"percent_diff\": ");
    push_or_null(valuation.change_pct.map(Percent::digits), buffer);
    buffer.push(b'}');
}

fn push_or_null(digits: Option<finnet_core::money::Digits>, buffer: &mut Vec<u8>) {
    buffer.extend_from_slice(digits.as_ref().map_or(b"null", |digits| digits.as_str().as_bytes()));
}

/// Appends a date as `YYYY-MM-DD`.
pub(super) fn push_date(date: NaiveDate, buffer: &mut Vec<u8>) {
    let Some(year) = u32::try_from(date.year()).ok().filter(|&year| year <= 9999) else {
        // No session of any calendar, but a date that a caller can make: ISO 8601 has a sign for it.
        return buffer.extend_from_slice(date.to_string().as_bytes());
    };
    for (number, digits) in [(year, 4), (date.month(), 2), (date.day(), 2)] {
        if digits == 2 {
            buffer.push(b'-');
        }
        for place in (0..digits).rev() {
            buffer.push(b'0' + (number / 10_u32.pow(place) % 10) as u8);
        }
    }
}
