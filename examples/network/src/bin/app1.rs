//! `app1`: stores the valuations.

use std::process::ExitCode;

fn main() -> ExitCode {
    finnet_network::programs::app1()
}
