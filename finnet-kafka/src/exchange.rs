//! The exchange on the wire: where it went on, found in the topic itself.

use std::collections::HashMap;

use chrono::NaiveDate;
use finnet_core::Symbol;

use crate::error::Error;
use crate::partition;
use crate::reader::Reader;
use crate::wire::decode_close;

/// Returns the last session of each of these stocks that the topic holds, read to its present end.
///
/// A key unlike its payload, and what is no close, are passed over: investors set them aside.
///
/// # Errors
///
/// - [`Refusal::TwoPartitions`](crate::Refusal::TwoPartitions) where a stock's last record lies in another partition than
///   its next one would: another partitioner wrote it, or the count of partitions has changed.
/// - As [`Reader::read_to_end`].
pub fn last_sessions(reader: &Reader, stocks: &[Symbol]) -> Result<HashMap<Symbol, NaiveDate>, Error> {
    let mut lasts: HashMap<Symbol, (NaiveDate, i32)> = HashMap::new();
    reader.read_to_end(|record| {
        if let Ok(close) = decode_close(record.payload.unwrap_or_default())
            && record.key.is_none_or(|key| key == close.symbol.as_str().as_bytes())
            && !record.is_before_by_a_day(close.session)
            && stocks.contains(&close.symbol)
        {
            let last = lasts.entry(close.symbol).or_insert((close.session, record.partition));
            *last = (*last).max((close.session, record.partition));
        }
        Ok::<_, Error>(())
    })?;
    let count = reader.partitions();
    for (&symbol, &(_, before)) in &lasts {
        let now = partition::of_key(symbol.as_str().as_bytes(), count);
        if now != before && count > 1 {
            return Err(Error::two_partitions(reader.topic(), symbol, before, now));
        }
    }
    Ok(lasts.into_iter().map(|(symbol, (session, _))| (symbol, session)).collect())
}
