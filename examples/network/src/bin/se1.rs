//! `se1`: the first exchange of the network.

use std::process::ExitCode;

fn main() -> ExitCode {
    finnet_network::programs::exchange("se1", 1)
}
