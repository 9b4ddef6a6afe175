//! The daily network: exchanges send closes, investors value portfolios, app1 stores, app2 reports.
//!
//! Each program is a thin `main` around a module here; `network` runs them all in one process.

#![forbid(unsafe_code)]

pub mod app1;
pub mod app2;
pub mod cli;
pub mod closes_file;
pub mod csv_store;
pub mod database;
pub mod failure;
pub mod inv;
pub mod network;
pub mod network_file;
pub mod plan;
pub mod programs;
pub mod rejects;
pub mod se;
pub mod seat;
pub mod server;
pub mod stop;
pub mod store;
pub mod terminal;
pub mod trouble;
pub mod turns;

/// The topic of closes.
pub const STOCK_EXCHANGE: &str = "StockExchange";
/// The topic of valuations.
pub const PORTFOLIOS: &str = "portfolios";
