//! All errors of this crate as one, for a caller who passes them on.

use std::fmt;

use crate::calendar;
use crate::cross_section;
use crate::evaluate;
use crate::holdings::HoldingsError;
use crate::holdings::columns::ColumnsError;
use crate::indicator::IndicatorError;
use crate::ledger::{LedgerError, NavError};
use crate::money::MoneyError;
use crate::performance::PerformanceError;
use crate::price::PriceError;
use crate::rate::RateError;
use crate::stats::StatsError;
use crate::summary::SummaryError;
use crate::symbol::NameError;

macro_rules! joined {
    ($($(#[$doc:meta])* $variant:ident($error:ty),)*) => {
        /// An error of any module of this crate; each module has its own as well.
        #[derive(Debug)]
        #[non_exhaustive]
        pub enum Error {
            $($(#[$doc])* $variant($error),)*
        }

        impl fmt::Display for Error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant(error) => error.fmt(f),)*
                }
            }
        }

        impl std::error::Error for Error {
            fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
                match self {
                    // The text is that of the error: so is what lies below it.
                    $(Self::$variant(error) => std::error::Error::source(error),)*
                }
            }
        }

        $(impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        })*
    };
}

joined! {
    /// Of [`calendar`].
    Calendar(calendar::Error),
    /// Of a snapshot of a [`cross_section`].
    CrossSection(cross_section::Mismatch),
    /// Of a snapshot or change of an investor.
    Snapshot(evaluate::Mismatch),
    /// Of [`holdings`](crate::holdings).
    Holdings(HoldingsError),
    /// Of [`holdings::columns`](crate::holdings::columns).
    Columns(ColumnsError),
    /// Of [`indicator`](crate::indicator).
    Indicator(IndicatorError),
    /// Of an entry in a [`ledger`](crate::ledger).
    Ledger(LedgerError),
    /// Of a ledger's net asset value.
    Nav(NavError),
    /// Of [`money`](crate::money).
    Money(MoneyError),
    /// Of [`performance`](crate::performance).
    Performance(PerformanceError),
    /// Of [`symbol`](crate::symbol).
    Name(NameError),
    /// Of [`price`](crate::price).
    Price(PriceError),
    /// Of [`rate`](crate::rate).
    Rate(RateError),
    /// Of [`stats`](crate::stats).
    Stats(StatsError),
    /// Of [`summary`](crate::summary).
    Summary(SummaryError),
}
