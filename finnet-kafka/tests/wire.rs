//! The wire format against texts written by hand, and against anything at all.

use std::fmt::Write as _;

use finnet_core::{Amount, Close, Name, Percent, PortfolioId, Price, Symbol, Valuation};
use finnet_kafka::wire::{Reason, decode_close, decode_valuation, encode_close, encode_valuation};
use proptest::prelude::*;

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}

#[test]
fn every_dialect_of_a_close_is_read() {
    let ibm =
        Close { symbol: Symbol::new("IBM").unwrap(), session: day("2000-01-03"), price: "128.25".parse().unwrap() };
    for text in [
        r#"{"TICK": "IBM", "PRICE": "128.25", "TS": "2000-01-03"}"#,
        r#"{"TICK":"IBM","PRICE":"128.25","TS":"2000-01-03"}"#,
        r#"{"TS": "2000-01-03", "PRICE": 128.25, "TICK": "IBM"}"#,
        r#"{"TICK": "IBM", "PRICE": 128.250, "DATE": "2000-01-03"}"#,
        r#"{"TICK": "IBM", "PRICE": 1.2825e2, "DATE": "2000-01-03", "TS": null}"#,
        r#"{"EXCHANGE": "SE1", "TICK": "IBM", "PRICE": "128.25", "TS": "2000-01-03", "x": {"y": [1, {"TICK": "VZ"}]}}"#,
        r#""{\"TICK\": \"IBM\", \"PRICE\": \"128.25\", \"TS\": \"2000-01-03\"}""#,
        " \n{\"TICK\": \"I\\u0042M\", \"PR\\u0049CE\": \"128.25\", \"TS\": \"2000-01-03\"}\n",
        r#"{"TICK": "VZ", "TICK": "IBM", "PRICE": "128.25", "TS": "2000-01-03"}"#,
    ] {
        assert_eq!(decode_close(text.as_bytes()), Ok(ibm), "{text}");
    }
}

#[test]
fn every_bad_close_has_its_reason() {
    let with = |tick: &str, price: &str, ts: &str| format!(r#"{{"TICK": {tick}, "PRICE": {price}, "TS": {ts}}}"#);
    let ibm = |price: &str, ts: &str| with(r#""IBM""#, price, ts);
    let cases = [
        (String::new(), Reason::NotJson),
        ("IBM 128.25".to_owned(), Reason::NotJson),
        (r#"{"TICK": "IBM", "PRICE": NaN, "TS": "2000-01-03"}"#.to_owned(), Reason::NotJson),
        (r#"{"TICK": "IBM", "PRICE": "1", "TS": "2000-01-03"} x"#.to_owned(), Reason::NotJson),
        (r#"{"TICK": "IBM", "PRICE": "1""#.to_owned(), Reason::NotJson),
        (r#""just text""#.to_owned(), Reason::NotJson),
        ("[1, 2]".to_owned(), Reason::MissingField),
        ("17".to_owned(), Reason::MissingField),
        ("{}".to_owned(), Reason::MissingField),
        (r#"{"TICK": "IBM", "PRICE": "1"}"#.to_owned(), Reason::MissingField),
        (with("null", r#""1""#, r#""2000-01-03""#), Reason::MissingField),
        (ibm(r#""-1""#, r#""2000-01-03""#), Reason::BadPrice),
        (ibm(r#""0.00""#, r#""2000-01-03""#), Reason::BadPrice),
        (ibm("0", r#""2000-01-03""#), Reason::BadPrice),
        (ibm(r#""NaN""#, r#""2000-01-03""#), Reason::BadPrice),
        (ibm("true", r#""2000-01-03""#), Reason::BadPrice),
        (ibm("[1]", r#""2000-01-03""#), Reason::BadPrice),
        (ibm("123456789012345678901234567890", r#""2000-01-03""#), Reason::BadPrice),
        (ibm("1.000000001", r#""2000-01-03""#), Reason::BadPrice),
        (ibm("1", r#""2000-02-30""#), Reason::BadDate),
        (ibm("1", r#""1999-12-31""#), Reason::BadDate),
        (ibm("1", r#""2000-1-3""#), Reason::BadDate),
        (ibm("1", r#""03.01.2000""#), Reason::BadDate),
        (ibm("1", "946857600"), Reason::BadDate),
        (ibm("1", r#""2000-01-03 ""#), Reason::BadDate),
        (ibm("1", r#""2000-01-03 25:00""#), Reason::BadDate),
        (ibm("1", r#""２０００-01-03""#), Reason::BadDate),
        (ibm("1", r#""2022-03-20 15:38:01.123456""#), Reason::Tick),
        (ibm("1", r#""2022-03-20T15:38:01Z""#), Reason::Tick),
        (ibm("1", r#""2022-03-20 15:38""#), Reason::Tick),
        (with(r#""Inv1_P11; DROP TABLE""#, "1", r#""2000-01-03""#), Reason::UnknownStock),
        (with(r#""../../x""#, "1", r#""2000-01-03""#), Reason::UnknownStock),
        (with(r#""\u0000""#, "1", r#""2000-01-03""#), Reason::UnknownStock),
        (with("5", "1", r#""2000-01-03""#), Reason::UnknownStock),
    ];
    for (text, reason) in cases {
        assert_eq!(decode_close(text.as_bytes()), Err(reason), "{text}");
    }
    assert_eq!(decode_close(&[0xFF, 0xFE]), Err(Reason::NotJson));
}

/// Time and memory are those of the bytes: no recursion, no map.
#[test]
fn a_huge_message_costs_no_more_than_its_bytes() {
    let close = r#""TICK": "IBM", "PRICE": "1", "TS": "2000-01-03"}"#;
    let deep = format!(r#"{{"x": {}{}, {close}"#, "[".repeat(10_000), "]".repeat(10_000));
    assert!(decode_close(deep.as_bytes()).is_ok());
    let mut wide = "{".to_owned();
    for key in 0..1_000_000 {
        let _ = write!(wide, "\"{key}\":0,");
    }
    wide.push_str(close);
    assert!(decode_close(wide.as_bytes()).is_ok());
    let long = format!(r#"{{"x": "{}", {close}"#, "y".repeat(1_000_000));
    assert!(decode_close(long.as_bytes()).is_ok());
    let digits = format!(r#"{{"TICK": "IBM", "TS": "2000-01-03", "PRICE": "{}"}}"#, "9".repeat(1_000_000));
    assert_eq!(decode_close(digits.as_bytes()), Err(Reason::BadPrice));
}

#[test]
fn every_dialect_of_a_valuation_is_read() {
    let id = PortfolioId { investor: Name::new("Inv1").unwrap(), portfolio: Name::new("P11").unwrap() };
    let first = Valuation::after(None, day("2000-01-03"), "2763383.00".parse().unwrap());
    let second = Valuation {
        session: day("2000-01-04"),
        value: "2763383.10".parse().unwrap(),
        change: Some("0.10".parse().unwrap()),
        change_pct: Some("-0.13".parse().unwrap()),
    };
    for (text, valuation) in [
        (
            r#"{"investor": "Inv1", "portfolio": "P11", "date": "2000-01-03", "value": 2763383.00, "diff": null, "percent_diff": null}"#,
            first,
        ),
        (
            r#"{"investor_id": "Inv1", "portfolio_id": "P11", "date": "2000-01-03", "value": 2763383, "change": null, "change_pct": null, "x": 1}"#,
            first,
        ),
        (
            // As Python's floats come.
            r#"{"value": 2763383.1000000001, "date": "2000-01-04", "diff": 0.10000000009313226, "percent_diff": -0.125, "portfolio": "P11", "investor": "Inv1"}"#,
            Valuation { change: Some("0.1".parse().unwrap()), ..second },
        ),
        (
            r#""{\"investor\": \"Inv1\", \"portfolio\": \"P11\", \"date\": \"2000-01-04\", \"value\": 2.7633831e6, \"diff\": 1e-1, \"percent_diff\": -0.1250}""#,
            second,
        ),
    ] {
        let valued = decode_valuation(text.as_bytes()).unwrap();
        assert_eq!((valued.portfolio, valued.valuation), (id, valuation), "{text}");
    }
}

#[test]
fn every_bad_valuation_has_its_reason() {
    let good = r#"{"investor": "Inv1", "portfolio": "P11", "date": "2000-01-03", "value": 1, "diff": null, "percent_diff": null}"#;
    assert!(decode_valuation(good.as_bytes()).is_ok());
    for (part, other, reason) in [
        ("{", "", Reason::NotJson),
        (r#""investor": "Inv1", "#, "", Reason::MissingField),
        (r#", "diff": null"#, "", Reason::MissingField),
        (r#""value": 1"#, r#""value": null"#, Reason::MissingField),
        (r#""value": 1"#, r#""value": "x""#, Reason::BadPrice),
        (r#""value": 1"#, r#""value": false"#, Reason::BadPrice),
        (r#""value": 1"#, r#""value": 1e40"#, Reason::OutOfRange),
        ("2000-01-03", "2000-02-30", Reason::BadDate),
        ("2000-01-03", "2000-01-03 10:00:00", Reason::Tick),
        ("P11", "P11; DROP TABLE", Reason::UnknownPortfolio),
        ("P11", "../../x", Reason::UnknownPortfolio),
        ("Inv1", "1", Reason::UnknownPortfolio),
    ] {
        let bad = good.replacen(part, other, 1);
        assert_ne!(bad, good);
        assert_eq!(decode_valuation(bad.as_bytes()).unwrap_err(), reason, "{bad}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_close_comes_back(ticker in "[A-Z0-9.=^_:-]{1,15}", days in 0..11_000_u64, units in 1..=Price::MAX.units()) {
        let close = Close {
            symbol: Symbol::new(&ticker).unwrap(),
            session: day("2000-01-01") + chrono::Days::new(days),
            price: Price::from_units(units).unwrap(),
        };
        let mut bytes = Vec::new();
        encode_close(&close, &mut bytes);
        prop_assert_eq!(decode_close(&bytes), Ok(close));
    }

    #[test]
    fn a_valuation_comes_back(
        value in -(10_i128.pow(34))..10_i128.pow(34),
        change in prop::option::of(-(10_i128.pow(34))..10_i128.pow(34)),
        percent in prop::option::of(-(10_i128.pow(20))..10_i128.pow(20)),
    ) {
        let id = PortfolioId { investor: Name::new("Inv1").unwrap(), portfolio: Name::new("P11").unwrap() };
        let valuation = Valuation {
            session: day("2000-01-03"),
            value: Amount::from_units(value),
            change: change.map(Amount::from_units),
            change_pct: percent.map(Percent::from_units),
        };
        let mut bytes = Vec::new();
        encode_valuation(id, &valuation, &mut bytes);
        let valued = decode_valuation(&bytes).unwrap();
        prop_assert_eq!((valued.portfolio, valued.valuation), (id, valuation));
    }

    /// Our own bytes are read without the reader of JSON, which a blank at the end calls for.
    #[test]
    fn both_ways_read_the_same(
        ticker in "[A-Za-z0-9.=^_:\\\\n-]{0,16}",
        price in "-?[0-9]{0,13}(\\.[0-9]{0,10})?(e[0-9])?",
        date in "(1999|20[0-3][0-9])-[01][0-9]-[0-3][0-9]( [0-9:]{4,5})?",
        at in 0..80_usize,
        byte in prop::option::of(any::<u8>()),
    ) {
        let mut bytes = format!(r#"{{"TICK": "{ticker}", "PRICE": "{price}", "TS": "{date}"}}"#).into_bytes();
        if let (Some(place), Some(byte)) = (bytes.get_mut(at), byte) {
            *place = byte;
        }
        let read = decode_close(&bytes);
        bytes.push(b' ');
        prop_assert_eq!(read, decode_close(&bytes));
    }

    /// Bytes near a message: cut, doubled, overwritten. Nothing panics, and what is read has a price and a date.
    #[test]
    fn no_bytes_panic(at in 0..56_usize, byte in any::<u8>(), cut in 0..60_usize, tail in any::<Vec<u8>>()) {
        let mut bytes = br#"{"TICK": "IBM", "PRICE": "128.25", "TS": "2000-01-03"}"#.to_vec();
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        bytes.truncate(cut);
        bytes.extend(tail);
        let _ = decode_close(&bytes);
        let _ = decode_valuation(&bytes);
    }

    #[test]
    fn no_text_panics(text in "[{}\\[\\]\",:0-9.eE+-TICKPRSnul \\\\]{0,80}") {
        let _ = decode_close(text.as_bytes());
        let _ = decode_valuation(text.as_bytes());
    }
}
