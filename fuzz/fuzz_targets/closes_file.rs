//! Any bytes as a closes file: no panic; an error is one line that steers no terminal; closes, written in the long
//! form, are read as the same.

#![no_main]

use std::fmt::Write;

use finnet_fuzz::check_message;
use finnet_fuzz::closes_file::{Closes, Row};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let closes = match Closes::parse("closes.csv", bytes) {
        Ok(closes) => closes,
        Err(error) => {
            let lines = bytes.iter().filter(|byte| b"\r\n".contains(byte)).count() + 1;
            assert!(error.line().is_none_or(|line| (1..=lines).contains(&(line as usize))), "{error:?}");
            return check_message(&error.to_string(), 1);
        }
    };
    let mut long = "date,symbol,close\n".to_owned();
    for symbol in closes.symbols() {
        let rows = closes.of(symbol.as_str()).expect("a stock of the file");
        assert!(rows.windows(2).all(|pair| pair[0].session < pair[1].session));
        for Row { session, price, .. } in rows {
            let _ = writeln!(long, "{session},{symbol},{price}");
        }
    }
    let again = Closes::parse("closes.csv", long.as_bytes()).expect("closes as they were read");
    for symbol in closes.symbols() {
        let of = |closes: &Closes| -> Vec<_> {
            let rows = closes.of(symbol.as_str()).unwrap_or_default().iter();
            rows.map(|row| (row.session, row.price)).collect()
        };
        assert_eq!(of(&closes), of(&again), "{symbol}");
    }
});
