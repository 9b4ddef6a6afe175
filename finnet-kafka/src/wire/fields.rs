//! The fields of a JSON object, as their raw text: what both messages are read through.
//!
//! Fields that are not asked for are passed over in time linear in their length and without recursion, so a
//! message that is nested 10,000 deep or has a million keys costs no more than its bytes.

use std::borrow::Cow;
use std::fmt;

use chrono::NaiveDate;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Reason;

/// The raw values of the fields asked for, by their place in the list of names.
pub(super) struct Fields<'a, const N: usize>([Option<&'a RawValue>; N]);

/// Reads `names` out of the object in `payload` and gives them to `read`.
///
/// A payload that is a JSON string is read as the JSON in it, once.
pub(super) fn read<const N: usize, T>(
    payload: &[u8],
    names: &[&str; N],
    read: impl FnOnce(&Fields<'_, N>) -> Result<T, Reason>,
) -> Result<T, Reason> {
    let text = std::str::from_utf8(payload).map_err(|_| Reason::NotJson)?;
    if text.trim_ascii_start().starts_with('"') {
        let inner: String = serde_json::from_str(text).map_err(|_| Reason::NotJson)?;
        read(&object(&inner, names)?)
    } else {
        read(&object(text, names)?)
    }
}

fn object<'a, const N: usize>(text: &'a str, names: &[&str; N]) -> Result<Fields<'a, N>, Reason> {
    let mut json = serde_json::Deserializer::from_str(text);
    if !text.trim_ascii_start().starts_with('{') {
        // JSON, but of another kind than an object: it lacks every field.
        let no_object = serde::de::Deserialize::deserialize(&mut json).and_then(|IgnoredAny| json.end());
        return Err(if no_object.is_ok() { Reason::MissingField } else { Reason::NotJson });
    }
    let fields = json.deserialize_map(Wanted(names)).map_err(|_| Reason::NotJson)?;
    json.end().map_err(|_| Reason::NotJson)?;
    Ok(fields)
}

impl<'a, const N: usize> Fields<'a, N> {
    /// Returns the text of a field: a string's content or a number's digits.
    ///
    /// `absent` is the reason given where the field is not there or null, `other` where it is of another kind.
    pub(super) fn text(&self, place: usize, absent: Reason, other: Reason) -> Result<Cow<'a, str>, Reason> {
        let raw = self.raw(place).ok_or(absent)?;
        match raw.as_bytes() {
            [b'"', ..] => string(raw).ok_or(other),
            [b'-' | b'0'..=b'9', ..] => Ok(Cow::Borrowed(raw)),
            _ => Err(other),
        }
    }

    /// Returns a string field's content.
    pub(super) fn string(&self, place: usize, absent: Reason, other: Reason) -> Result<Cow<'a, str>, Reason> {
        string(self.raw(place).ok_or(absent)?).ok_or(other)
    }

    /// Returns whether the field stands there, null or not.
    pub(super) fn stands(&self, place: usize) -> bool {
        self.0[place].is_some()
    }

    /// Returns whether the field stands there and is not null.
    pub(super) fn has(&self, place: usize) -> bool {
        self.raw(place).is_some()
    }

    /// Returns the raw value, unless absent or null.
    fn raw(&self, place: usize) -> Option<&'a str> {
        self.0[place].map(RawValue::get).filter(|&raw| raw != "null")
    }
}

/// Returns the date that a text states.
///
/// # Errors
///
/// [`Reason::Tick`] for a date with a time of day, [`Reason::BadDate`] for anything else.
pub(super) fn date(text: &str) -> Result<NaiveDate, Reason> {
    let (day, time) = text.split_at_checked(10).ok_or(Reason::BadDate)?;
    let shape =
        day.bytes().enumerate().all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    let number =
        |range: std::ops::Range<usize>| day[range].bytes().fold(0, |sum, byte| sum * 10 + u32::from(byte - b'0'));
    if !shape || number(0..4) < 2000 {
        return Err(Reason::BadDate);
    }
    let day =
        NaiveDate::from_ymd_opt(number(0..4).cast_signed(), number(5..7), number(8..10)).ok_or(Reason::BadDate)?;
    match time.as_bytes() {
        [] => Ok(day),
        [b' ' | b'T', hour @ (b'0'..=b'9'), rest @ ..] if is_time(*hour, rest) => Err(Reason::Tick),
        _ => Err(Reason::BadDate),
    }
}

/// Returns whether a text is a time of day, to the minute at least: `15:38`, `15:38:01.123456`, `15:38:01+02:00`.
fn is_time(first: u8, rest: &[u8]) -> bool {
    let [second, b':', m1, m2, tail @ ..] = rest else { return false };
    let two =
        |a: u8, b: u8, below: u8| a.is_ascii_digit() && b.is_ascii_digit() && (a - b'0') * 10 + (b - b'0') < below;
    two(first, *second, 24) && two(*m1, *m2, 60) && tail.iter().all(|byte| b"0123456789:.+-Z".contains(byte))
}

/// Returns the content of a raw JSON string.
fn string(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str(raw).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

struct Wanted<'n, const N: usize>(&'n [&'n str; N]);

impl<'de, const N: usize> Visitor<'de> for Wanted<'_, N> {
    type Value = Fields<'de, N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Fields([None; N]);
        while let Some(Key(name)) = map.next_key::<Key<'de>>()? {
            match self.0.iter().position(|wanted| *wanted == name) {
                Some(place) => fields.0[place] = Some(map.next_value()?),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(fields)
    }
}

/// A field's name, borrowed where it holds no escape.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
