//! Any bytes as a message on `StockExchange`: no panic; what is a close is written as one and read as the same.

#![no_main]

use finnet_kafka::wire::{decode_close, encode_close};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|payload: &[u8]| {
    if let Ok(close) = decode_close(payload) {
        let (mut written, mut again) = (Vec::new(), Vec::new());
        encode_close(&close, &mut written);
        assert_eq!(decode_close(&written), Ok(close));
        // Appended to what a caller has, and to nothing else.
        again.extend_from_slice(b"before");
        encode_close(&close, &mut again);
        assert_eq!(again, [b"before", written.as_slice()].concat());
    }
});
