//! `app2`: makes the statistics.

use std::process::ExitCode;

fn main() -> ExitCode {
    finnet_network::programs::app2()
}
