//! Any bytes as a network file: no panic; an error names a place in the file and steers no terminal; a network keeps
//! the rules that other code relies on.

#![no_main]

use std::collections::HashSet;
use std::path::Path;

use finnet_fuzz::check_message;
use finnet_fuzz::network_file::{Error, MAX_PIECES, Model, Network};
use libfuzzer_sys::fuzz_target;

fn known(code: &str) -> Result<(), String> {
    if ["XNYS", "XETR"].contains(&code) { Ok(()) } else { Err("known are XNYS, XETR".to_owned()) }
}

fn read(bytes: &[u8]) -> Result<Network, Error> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Network::parse(Path::new("net.toml"), text, known),
        Err(_) => {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("net.toml");
            std::fs::write(&path, bytes).expect("room");
            Network::read(&path, known)
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let network = match read(bytes) {
        Ok(network) => network,
        Err(error) => {
            let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
            assert!(error.place().is_none_or(|place| (1..=lines).contains(&place.line)), "{error:?}");
            return check_message(&error.to_string(), 4);
        }
    };
    assert!(!network.exchanges.is_empty() && !network.investors.is_empty());
    let stocks = network.stocks();
    assert_eq!(stocks.len(), network.exchanges.iter().map(|exchange| exchange.stocks.len()).sum::<usize>());
    for exchange in &network.exchanges {
        assert!(!exchange.stocks.is_empty() && known(&exchange.calendar).is_ok());
        if let Model::Uniform { base } = &exchange.model {
            assert_eq!(base.len(), exchange.stocks.len());
        }
    }
    let mut files = HashSet::new();
    for id in network.portfolios() {
        assert!(files.insert(id.to_string().to_lowercase()), "{id}");
    }
    for portfolio in network.investors.iter().flat_map(|investor| &investor.portfolios) {
        let pieces: u64 = portfolio.holdings.iter().map(|(_, quantity)| quantity.get().unsigned_abs()).sum();
        assert!((1..=MAX_PIECES).contains(&pieces));
        assert!(portfolio.holdings.iter().all(|(symbol, _)| stocks.contains(symbol)));
    }
});
