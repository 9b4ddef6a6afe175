//! stub
use std::path::PathBuf;
use std::time::Duration;
use chrono::NaiveDate;
use finnet_core::PortfolioId;
use crate::cli::Place;
use crate::failure::Failure;
use crate::network_file::Network;
use crate::terminal::Terminal;
/// x
#[derive(Debug)]
pub struct Job { pub portfolios: Vec<PortfolioId>, pub from: Option<NaiveDate>, pub to: Option<NaiveDate>, pub out: PathBuf }
/// x
pub fn choose(network: &Network, _: Option<&str>, _: Option<&str>) -> Result<Vec<PortfolioId>, Failure> { Ok(network.portfolios().collect()) }
/// x
pub fn run(_: &Job, _: &Place, _: Duration, _: &Terminal) -> Result<(), Failure> { Ok(()) }
/// x
pub fn print(_: &(), _: &Terminal) {}
