//! Any bytes as a message on `portfolios`: no panic; what is a valuation is written as one and read as the same.

#![no_main]

use finnet_kafka::wire::{decode_valuation, encode_valuation};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|payload: &[u8]| {
    if let Ok(valued) = decode_valuation(payload) {
        let mut written = Vec::new();
        encode_valuation(valued.portfolio, &valued.valuation, &mut written);
        assert_eq!(decode_valuation(&written), Ok(valued));
    }
});
