//! A close on the topic `StockExchange`: `{"TICK": "IBM", "PRICE": "128.25", "TS": "2000-01-03"}`.

use finnet_core::{Close, Symbol};

use super::fields::{self, date};
use super::{Reason, valuation::push_date};

/// The names read, in the places that [`decode_close`] asks them by.
const NAMES: [&str; 4] = ["TICK", "PRICE", "TS", "DATE"];

/// Returns the close that a payload states.
///
/// Also read: `PRICE` as a number, `DATE` in place of `TS`, further fields, any order, and JSON in a JSON string.
///
/// # Errors
///
/// A reason that the payload shows by itself, one where there are several; a ticker that no stock can have is
/// [`Reason::UnknownStock`].
///
/// # Examples
///
/// ```
/// use finnet_kafka::wire::{Reason, decode_close};
///
/// let close = decode_close(br#"{"TICK": "IBM", "PRICE": 128.250, "DATE": "2000-01-03", "EXCHANGE": "SE1"}"#).unwrap();
/// assert_eq!((close.symbol.as_str(), close.price.to_string().as_str()), ("IBM", "128.25"));
/// assert_eq!(decode_close(br#"{"TICK": "IBM", "PRICE": "NaN", "TS": "2000-01-03"}"#), Err(Reason::BadPrice));
/// ```
pub fn decode_close(payload: &[u8]) -> Result<Close, Reason> {
    if let Some(close) = as_encoded(payload) {
        return Ok(close);
    }
    fields::read(payload, &NAMES, |fields| {
        let day = if fields.has(2) { 2 } else { 3 };
        if !fields.has(0) || !fields.has(1) || !fields.has(day) {
            return Err(Reason::MissingField);
        }
        let ticker = fields.string(0, Reason::MissingField, Reason::UnknownStock)?;
        let price = fields.text(1, Reason::MissingField, Reason::BadPrice)?;
        let price = price.parse().map_err(|_| Reason::BadPrice)?;
        let session = date(&fields.string(day, Reason::MissingField, Reason::BadDate)?)?;
        let symbol = Symbol::new(&ticker).map_err(|_| Reason::UnknownStock)?;
        Ok(Close { symbol, session, price })
    })
}

/// Returns the close in the bytes of [`encode_close`]; `None` for any others, right or wrong.
///
/// Nearly all that is read was written by it, and a reader of JSON takes ten times as long.
fn as_encoded(payload: &[u8]) -> Option<Close> {
    let rest = std::str::from_utf8(payload).ok()?.strip_prefix("{\"TICK\": \"")?;
    let (ticker, rest) = rest.split_once('"')?;
    let (price, rest) = rest.strip_prefix(", \"PRICE\": \"")?.split_once('"')?;
    let day = rest.strip_prefix(", \"TS\": \"")?.strip_suffix("\"}")?;
    // No text that is a ticker, a price or a day holds a byte that JSON would read otherwise.
    Some(Close { symbol: Symbol::new(ticker).ok()?, session: date(day).ok()?, price: price.parse().ok()? })
}

/// Appends the message of a close to `buffer`.
///
/// # Examples
///
/// ```
/// use finnet_kafka::wire::{decode_close, encode_close};
///
/// let message = br#"{"TICK": "IBM", "PRICE": "128.25", "TS": "2000-01-03"}"#;
/// let mut buffer = Vec::new();
/// encode_close(&decode_close(message).unwrap(), &mut buffer);
/// assert_eq!(buffer, message);
/// ```
pub fn encode_close(close: &Close, buffer: &mut Vec<u8>) {
    buffer.extend_from_slice(b"{\"TICK\": \"");
    // A symbol holds no byte that JSON would escape.
    buffer.extend_from_slice(close.symbol.as_str().as_bytes());
    buffer.extend_from_slice(b"\", \"PRICE\": \"");
    buffer.extend_from_slice(close.price.digits().as_str().as_bytes());
    buffer.extend_from_slice(b"\", \"TS\": \"");
    push_date(close.session, buffer);
    buffer.extend_from_slice(b"\"}");
}
