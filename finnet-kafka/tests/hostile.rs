//! Messages made to cost: a megabyte, ten thousand levels, a million keys. Each gets its reason on a small stack.
//!
//! What is not asserted is time; a decoder that is not linear in its input makes itself felt here in minutes.

use std::fmt::Write as _;

use finnet_kafka::wire::{Reason, decode_close, decode_valuation};

const MEGABYTE: usize = 1 << 20;
const LEVELS: usize = 10_000;
const KEYS: usize = 1_000_000;

/// Enough for a decoder that does not call itself, and not for one that does so at each of ten thousand levels.
const STACK_BYTES: usize = 128 * 1024;

const CLOSE: &str = r#""TICK": "IBM", "PRICE": "128.25", "TS": "2000-01-03""#;
const VALUATION: &str =
    r#""investor": "Inv1", "portfolio": "P11", "date": "2000-01-03", "value": 1, "diff": null, "percent_diff": null"#;

fn on_a_small_stack(test: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, test);
        thread.expect("a thread").join().expect("no panic");
    });
}

/// Both decoders say the same of it.
fn is_refused(what: &str, payload: &[u8], reason: Reason) {
    assert_eq!(decode_close(payload).err(), Some(reason), "{what}");
    assert_eq!(decode_valuation(payload).err(), Some(reason), "{what}");
}

/// A good message is read, whatever other field stands before or after its own.
fn is_passed_over(what: &str, field: &str) {
    for (close, valuation) in [
        (format!("{{{field}, {CLOSE}}}"), format!("{{{field}, {VALUATION}}}")),
        (format!("{{{CLOSE}, {field}}}"), format!("{{{VALUATION}, {field}}}")),
    ] {
        assert!(decode_close(close.as_bytes()).is_ok(), "{what}");
        assert!(decode_valuation(valuation.as_bytes()).is_ok(), "{what}");
    }
}

/// A message with this value in place of a close's price, and of a valuation's value.
fn with_number(value: &str) -> (String, String) {
    (CLOSE.replace(r#""128.25""#, value), VALUATION.replace(r#""value": 1"#, &format!(r#""value": {value}"#)))
}

fn nested(open: &str, close: &str) -> String {
    format!("{}0{}", open.repeat(LEVELS), close.repeat(LEVELS))
}

fn many_keys(key: impl Fn(usize) -> String) -> String {
    let mut fields = String::new();
    for at in 0..KEYS {
        let _ = write!(fields, "{}{}: 0", if at == 0 { "" } else { "," }, key(at));
    }
    fields
}

#[test]
fn a_megabyte_that_is_no_message_is_refused() {
    on_a_small_stack(|| {
        for byte in [b' ', b'{', b'"', b'\\', 0, b'x', 0xff, b',', b'-'] {
            is_refused(&format!("{byte:#x}"), &vec![byte; MEGABYTE], Reason::NotJson);
        }
        is_refused("digits", &vec![b'9'; MEGABYTE], Reason::MissingField);
        is_refused("a string", format!("\"{}\"", "y".repeat(MEGABYTE)).as_bytes(), Reason::NotJson);
        is_refused("escapes", format!("\"{}\"", "\\u0079".repeat(MEGABYTE / 6)).as_bytes(), Reason::NotJson);
        is_refused("zeros", format!("[{}0]", "0,".repeat(MEGABYTE / 2)).as_bytes(), Reason::MissingField);
    });
}

#[test]
fn ten_thousand_levels_cost_no_stack() {
    on_a_small_stack(|| {
        for (open, close) in [("[", "]"), (r#"{"x":"#, "}"), (r#"[{"TICK":"#, "}]")] {
            let value = nested(open, close);
            is_passed_over(open, &format!("\"x\": {value}"));
            let (close, valuation) = with_number(&value);
            assert_eq!(decode_close(format!("{{{close}}}").as_bytes()), Err(Reason::BadPrice));
            assert_eq!(decode_valuation(format!("{{{valuation}}}").as_bytes()), Err(Reason::BadPrice));
            is_refused("never closed", open.repeat(LEVELS).as_bytes(), Reason::NotJson);
            is_refused("half closed", &value.as_bytes()[..value.len() - LEVELS / 2], Reason::NotJson);
        }
        is_refused("arrays alone", nested("[", "]").as_bytes(), Reason::MissingField);
        is_refused("objects alone", nested(r#"{"x":"#, "}").as_bytes(), Reason::MissingField);
        // A string that holds a string that holds …: one is opened, and the next is none of our messages.
        let mut wrapped = String::from("{}");
        for _ in 0..10 {
            wrapped = serde_json::to_string(&wrapped).expect("a string");
        }
        is_refused("strings in strings", wrapped.as_bytes(), Reason::MissingField);
    });
}

#[test]
fn a_million_keys_are_passed_over() {
    on_a_small_stack(|| {
        is_passed_over("each its own", &many_keys(|at| format!("\"{at}\"")));
        is_passed_over("each escaped", &many_keys(|at| format!("\"\\u0078{at}\"")));
        is_passed_over("all empty", &many_keys(|_| String::from("\"\"")));
        is_refused(
            "none of them ours",
            format!("{{{}}}", many_keys(|at| format!("\"{at}\""))).as_bytes(),
            Reason::MissingField,
        );
        let (ticks, dates) = (many_keys(|_| String::from("\"TICK\"")), many_keys(|_| String::from("\"date\"")));
        assert!(decode_close(format!("{{{ticks}, {CLOSE}}}").as_bytes()).is_ok(), "the last of each counts");
        assert_eq!(decode_close(format!("{{{CLOSE}, {ticks}}}").as_bytes()), Err(Reason::UnknownStock));
        assert_eq!(decode_valuation(format!("{{{VALUATION}, {dates}}}").as_bytes()).err(), Some(Reason::BadDate));
    });
}

#[test]
fn a_megabyte_in_one_field_has_that_fields_reason() {
    on_a_small_stack(|| {
        let (long, escaped) = ("y".repeat(MEGABYTE), "\\u0079".repeat(MEGABYTE / 6));
        is_passed_over("a long value", &format!("\"x\": \"{long}\""));
        is_passed_over("a long key", &format!("\"{long}\": 0"));
        is_passed_over("an escaped key", &format!("\"{escaped}\": 0"));
        for text in [&long, &escaped] {
            let close = |from: &str, to: String| decode_close(format!("{{{}}}", CLOSE.replace(from, &to)).as_bytes());
            assert_eq!(close("IBM", text.clone()), Err(Reason::UnknownStock));
            assert_eq!(close("128.25", text.clone()), Err(Reason::BadPrice));
            assert_eq!(close("2000-01-03", text.clone()), Err(Reason::BadDate));
            assert_eq!(close("2000-01-03", format!("2000-01-03{text}")), Err(Reason::BadDate));
            assert_eq!(close("2000-01-03", format!("2000-01-03 15:38{}", "0".repeat(MEGABYTE))), Err(Reason::Tick));
            let valuation =
                |from: &str| decode_valuation(format!("{{{}}}", VALUATION.replace(from, text)).as_bytes()).err();
            assert_eq!(valuation("Inv1"), Some(Reason::UnknownPortfolio));
            assert_eq!(valuation("P11"), Some(Reason::UnknownPortfolio));
            assert_eq!(valuation("2000-01-03"), Some(Reason::BadDate));
        }
    });
}

#[test]
fn numbers_without_end_are_refused_or_exact() {
    on_a_small_stack(|| {
        let zeros = "0".repeat(MEGABYTE);
        for (number, price, value) in [
            ("9".repeat(MEGABYTE), Some(Reason::BadPrice), Some(Reason::OutOfRange)),
            (format!("1{zeros}"), Some(Reason::BadPrice), Some(Reason::OutOfRange)),
            (format!("1e{}", "9".repeat(MEGABYTE)), Some(Reason::BadPrice), Some(Reason::OutOfRange)),
            ("1e2147483648".to_owned(), Some(Reason::BadPrice), Some(Reason::OutOfRange)),
            ("1e9223372036854775808".to_owned(), Some(Reason::BadPrice), Some(Reason::OutOfRange)),
            // Nothing is left of it: no price, and a value of 0.
            (format!("0.{zeros}1"), Some(Reason::BadPrice), None),
            ("1e-9223372036854775809".to_owned(), Some(Reason::BadPrice), None),
            (format!("0e{}", "9".repeat(MEGABYTE)), Some(Reason::BadPrice), None),
            (format!("1.{zeros}"), None, None),
        ] {
            let (close, valuation) = with_number(&number);
            let what = &number[..number.len().min(24)];
            assert_eq!(decode_close(format!("{{{close}}}").as_bytes()).err(), price, "{what}");
            assert_eq!(decode_valuation(format!("{{{valuation}}}").as_bytes()).err(), value, "{what}");
        }
    });
}
