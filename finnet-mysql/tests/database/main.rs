//! Everything that needs a server: MariaDB or MySQL at `DATABASE_URL`, whose user may make databases.
//!
//! Each test has a database of its own, named after it, which is dropped at its end. Without `DATABASE_URL` the
//! tests say so on stderr and pass; under `CI=true` they fail.

mod append;
mod create;
mod exactly_once;
mod faults;
mod hostile;
mod own_server;
mod passwords;
mod prepared;
mod proxy;
mod refusals;
mod scratch;
#[cfg(feature = "tls")]
mod tls;
