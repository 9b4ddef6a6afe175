//! Valuations in MySQL and MariaDB: one table a portfolio, rows and the Kafka offsets they came from in one
//! transaction.
//!
//! In comes a [`DatabaseUrl`]; [`create`] makes the database, its tables and the investors' rows; a [`Store`]
//! takes batches of [`Row`]s and tells of each what became of it ([`Outcome`]). Names are core's checked
//! [`Name`](finnet_core::Name)s and money core's exact [`Amount`](finnet_core::Amount)s: no text from a message
//! reaches SQL, and no sum passes through a binary fraction.
//!
//! # Exactly once
//!
//! [`Store::append`] locks the stored next offsets, compares them with those the batch started from
//! ([`Advance`]), writes the rows, moves the offsets and commits. A process that was thought dead, and another
//! has taken over from, finds them moved ([`Error::Moved`]) and writes nothing. Where the connection breaks
//! within a commit, [`Store::reconnect`] reads the offsets again: they tell whether it happened.
//!
//! [`Store::prepare`] does all of this but the commit, and its [`Prepared`] tells what becomes of each row: who has
//! rows to set aside on Kafka does so between the two, so that no commit passes a row that was not set aside. A
//! crash between the two sets it aside again, and loses none.
//!
//! # Encryption
//!
//! With the feature `tls`, a URL may ask for it: see [`DatabaseUrl`].
//!
//! # Examples
//!
//! ```no_run
//! use finnet_core::{Name, PortfolioId, Valuation};
//! use finnet_mysql::{Advance, Create, DatabaseUrl, Investor, Portfolio, Row, Store, create};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let url: DatabaseUrl = "mysql://finnet:secret@127.0.0.1:3306/InvestorsDB".parse()?;
//! let investor = Investor {
//!     name: Name::new("Inv1")?,
//!     city: "London".to_owned(),
//!     portfolios: vec![Portfolio { name: Name::new("P11")?, cumulative: true }],
//! };
//! create(&url, &[investor], Create::Keep).await?;
//!
//! let p11 = PortfolioId { investor: Name::new("Inv1")?, portfolio: Name::new("P11")? };
//! let mut store = Store::open(&url, "app1", &[p11]).await?;
//! let session = "2000-01-03".parse()?;
//! let row = Row { portfolio: p11, valuation: Valuation::after(None, session, "2763383.00".parse()?) };
//! let advance = Advance { topic: "portfolios".to_owned(), partition: 0, from: None, next: 1 };
//! let outcomes = store.append(&[row], &[advance]).await?;
//! println!("{outcomes:?}, {:?}", store.last_session(&p11));
//! # Ok(())
//! # }
//! ```

mod batch;
mod connection;
mod create;
mod error;
mod offsets;
mod portfolio_table;
mod prepared;
mod schema;
mod store;
mod tls;
mod url;

pub use batch::{Outcome, Row};
pub use create::{Create, Created, Database, Investor, Portfolio, create};
pub use error::{Busy, Error, Moved, OtherPortfolios, OtherRows, OtherShape, Place};
pub use offsets::{Advance, Position};
pub use prepared::Prepared;
pub use store::Store;
pub use url::{DatabaseUrl, UrlError};

/// The README's example, compiled with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
