//! `investors-db`: makes the database of a network.

use std::time::Duration;

use finnet_mysql::{Create, Created, DatabaseUrl, Investor, Portfolio};

use crate::failure::Failure;
use crate::network_file::Network;
use crate::stop::Stop;
use crate::store::{retry, runtime};
use crate::terminal::Terminal;

/// Makes the database, its tables, and the rows of investors and portfolios; safe to run again.
///
/// # Errors
///
/// - Where the server is away for longer than `timeout`, refuses, or has a database of another network.
pub fn make(
    network: &Network,
    url: &DatabaseUrl,
    mode: Create,
    timeout: Duration,
    stop: &Stop,
    terminal: &Terminal,
) -> Result<Created, Failure> {
    let investors: Vec<_> = network
        .investors
        .iter()
        .map(|investor| Investor {
            name: investor.name,
            city: investor.city.clone(),
            portfolios: investor
                .portfolios
                .iter()
                .map(|held| Portfolio { name: held.name, cumulative: true })
                .collect(),
        })
        .collect();
    let runtime = runtime();
    retry(timeout, stop, terminal, || runtime.block_on(finnet_mysql::create(url, &investors, mode)))
}
