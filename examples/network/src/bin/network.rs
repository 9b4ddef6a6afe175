//! `network`: the whole network in one process.

use std::process::ExitCode;

fn main() -> ExitCode {
    finnet_network::programs::network()
}
