//! `investors-db`: makes the database.

use std::process::ExitCode;

fn main() -> ExitCode {
    finnet_network::programs::investors_db()
}
