//! `se2`: the second exchange of the network.

use std::process::ExitCode;

fn main() -> ExitCode {
    finnet_network::programs::exchange("se2", 2)
}
