//! `server`: starts and stops the exchanges.

use std::process::ExitCode;

fn main() -> ExitCode {
    finnet_network::programs::server()
}
