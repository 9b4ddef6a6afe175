//! The crate from outside: golden reports, questions in SQL, and the same rows from a server.

mod golden;
#[cfg(feature = "mysql")]
mod mysql;
mod refusals;
mod sql;

use std::path::{Path, PathBuf};

use finnet_core::{Name, PortfolioId};

/// The portfolios of `tests/golden/make.py`.
const PORTFOLIOS: [&str; 8] =
    ["Inv1_P11", "Odd_Negative", "Odd_TiesUp", "Odd_TiesDown", "Odd_Empty", "Odd_One", "Odd_Nulls", "Odd_Large"];

fn golden_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn id(text: &str) -> PortfolioId {
    let (investor, portfolio) = text.split_once('_').unwrap();
    PortfolioId { investor: Name::new(investor).unwrap(), portfolio: Name::new(portfolio).unwrap() }
}

fn ids() -> Vec<PortfolioId> {
    PORTFOLIOS.map(id).to_vec()
}
