//! Market data and valuations over Apache Kafka, on rdkafka: the wire format, typed clients, and the loop
//! consume → step → produce that runs a machine of [`finnet_core`] between two topics.
//!
//! ```no_run
//! use std::ops::ControlFlow;
//! use std::time::Duration;
//!
//! use finnet_kafka::{Cluster, Error, Log, Settings, wire};
//!
//! let cluster = Cluster::connect(&Settings::new("localhost:9092"), Duration::from_secs(30), |_| ControlFlow::Continue(()))?;
//! let topic = cluster.ensure("StockExchange", 1)?;
//! cluster.read("StockExchange", 0..topic.partitions, &mut |record| {
//!     match wire::decode_close(record.payload.unwrap_or_default()) {
//!         Ok(close) => println!("{} {} {}", close.session, close.symbol, close.price),
//!         Err(reason) => println!("{reason} at {}/{}", record.partition, record.offset),
//!     }
//!     Ok(())
//! })?;
//! # Ok::<(), Error>(())
//! ```
//!
//! # Features
//!
//! - `embedded`: a broker inside the process.
//! - `tls`: TLS and SASL to the brokers (builds OpenSSL); `zstd`: records that others compressed with it.

#![forbid(unsafe_code)]

mod aside;
#[cfg(feature = "embedded")]
pub mod embedded;
mod error;
pub mod exchange;
pub mod flow;
pub mod investor;
pub mod log;
mod member;
pub mod partition;
mod producer;
mod reader;
mod settings;
pub mod state;
mod topics;
pub mod wire;

pub use aside::SetAside;
pub use error::{Error, Obstacle, Refusal};
pub use log::Log;
pub use member::Membership;
pub use producer::Producer;
pub use reader::{Reader, Record};
pub use settings::{Notice, Settings};
pub use topics::{Cluster, Topic};

/// The examples of the README run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
