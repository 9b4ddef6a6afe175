//! `inv`: an investor of the network.

use std::process::ExitCode;

fn main() -> ExitCode {
    finnet_network::programs::investor()
}
