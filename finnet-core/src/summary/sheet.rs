//! The sheet of an account: dated valuations and flows to returns, months, years, drawdowns and both kinds of return.

use std::fmt;

use chrono::NaiveDate;

use super::Summary;
use crate::money::Amount;
use crate::performance::{
    DayCount, Irr, Per, PerformanceError, TimeWeighted, Valued, Xirr, cash_flows, sub_period_returns,
};
use crate::stats::{Convention, Drawdowns, StatsError, YearOfMonths, drawdowns, monthly_table};

/// What an account earned between its first and its last valuation.
///
/// # Examples
///
/// ```
/// use finnet_core::performance::Valued;
/// use finnet_core::stats::{Annualise, Convention};
/// use finnet_core::summary::Sheet;
///
/// let row = |date: &str, before: &str, flow: &str| -> Result<Valued, Box<dyn std::error::Error>> {
///     Ok(Valued { date: date.parse()?, before: before.parse()?, flow: flow.parse()? })
/// };
/// let valued = [row("2026-10-30", "0", "1000")?, row("2026-11-30", "1100", "500")?, row("2026-12-31", "1760", "0")?];
/// let sheet = Sheet::of(&valued)?;
/// assert_eq!(sheet.returns, [0.1, 0.1]);
/// assert_eq!(sheet.months[0].months[10].map(|november| (november * 1e9).round()), Some(1e8));
/// let months = Convention { annualise: Annualise::Sessions(12.0), ..Convention::empyrical() }; // not 252: these are months
/// println!("{}\n{sheet}", sheet.summary(&months)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// The dates of the returns: those of the valuations but the first.
    pub dates: Vec<NaiveDate>,
    /// The return up to each of them, without what was paid in or out.
    pub returns: Vec<f64>,
    /// Time-weighted, of a year of 365 days; `None` where no day passed.
    pub time_weighted: Option<f64>,
    /// Money-weighted, of a year of 365 days: every rate that solves it.
    pub money_weighted: Irr,
    /// Returns of months, a row a year, oldest first.
    pub months: Vec<YearOfMonths>,
    /// The drawdowns, oldest first, whose places count returns: place k is the date `dates[k − 1]`, 0 the start.
    pub drawdowns: Drawdowns,
}

impl Sheet {
    /// Returns the sheet of these valuations, which ascend by date; those before the first capital are left out.
    ///
    /// # Errors
    ///
    /// - [`SummaryError::NoCapital`] where a return is undefined, since there was no capital at its start: an account that
    ///   was emptied and funded again has a sheet for each time.
    /// - [`SummaryError::Performance`] and [`SummaryError::Stats`] of the valuations and their returns.
    pub fn of(valued: &[Valued]) -> Result<Self, SummaryError> {
        // An account may be looked at from before its first deposit.
        let empty = |valued: &&Valued| valued.before == Amount::ZERO && valued.flow == Amount::ZERO;
        let valued = &valued[valued.iter().take_while(empty).count()..];
        let returns = sub_period_returns(valued)?.ok_or_else(|| no_capital(valued))?;
        let dates: Vec<NaiveDate> = valued.iter().skip(1).map(|valued| valued.date).collect();
        let day_count = DayCount::Act365Fixed;
        Ok(Self {
            time_weighted: TimeWeighted { per: Per::Year(day_count) }.of(valued)?,
            money_weighted: Xirr { day_count }.of(&cash_flows(valued)?)?,
            months: monthly_table(&dates, &returns)?,
            drawdowns: drawdowns(&returns)?,
            dates,
            returns,
        })
    }

    /// Returns the statistics of the returns.
    ///
    /// # Errors
    ///
    /// - Those of [`Summary::of`].
    pub fn summary(&self, convention: &Convention) -> Result<Summary<'_>, StatsError> {
        Summary::of(&self.returns, convention)
    }
}

/// The table of months in per cent, both kinds of return, and the five deepest drawdowns.
impl fmt::Display for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        write!(f, "{:>4}", "%")?;
        for name in names {
            write!(f, "{name:>7}")?;
        }
        writeln!(f, "{:>8}", "Year")?;
        for year in &self.months {
            write!(f, "{:>4}", year.year)?;
            for month in year.months {
                match month {
                    Some(month) => write!(f, "{:>7.1}", month * 100.0)?,
                    None => write!(f, "{:>7}", "")?,
                }
            }
            writeln!(f, "{:>8.1}", year.whole * 100.0)?;
        }
        if let Some(rate) = self.time_weighted {
            writeln!(f, "time-weighted   {:>7.2} % a year", rate * 100.0)?;
        }
        for rate in self.money_weighted.all() {
            writeln!(f, "money-weighted  {:>7.2} % a year", rate * 100.0)?;
        }
        let date = |place: usize| match place.checked_sub(1).and_then(|place| self.dates.get(place)) {
            Some(date) => date.to_string(),
            None => "the start".to_owned(),
        };
        for drawdown in self.drawdowns.deepest(5) {
            let (peak, valley) = (date(drawdown.peak), date(drawdown.valley));
            let end =
                drawdown.recovery.map_or_else(|| "not recovered".to_owned(), |place| format!("until {}", date(place)));
            writeln!(f, "drawdown {:>7.2} %  from {peak} to {valley}, {end}", drawdown.depth * 100.0)?;
        }
        Ok(())
    }
}

/// Why there is no sheet.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum SummaryError {
    /// From this date on there was no capital, or its value fell below 0 after it.
    NoCapital {
        /// The date of the valuation.
        date: NaiveDate,
    },
    /// Of the valuations.
    Performance(PerformanceError),
    /// Of the returns.
    Stats(StatsError),
}

impl fmt::Display for SummaryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCapital { date } => {
                write!(f, "the return after {date} is undefined: there is no capital, or less than none")
            }
            Self::Performance(why) => why.fmt(f),
            Self::Stats(why) => why.fmt(f),
        }
    }
}

/// What lies below is said in the text.
impl std::error::Error for SummaryError {}

/// Returns why a chain of returns has none: the first valuation that leaves no capital, or that a fall below 0 follows.
fn no_capital(valued: &[Valued]) -> SummaryError {
    let capital = |valued: &Valued| valued.before.checked_add(valued.flow).unwrap_or(valued.before);
    let undefined = |pair: &&[Valued]| capital(&pair[0]) <= Amount::ZERO || pair[1].before < Amount::ZERO;
    let pair = valued.windows(2).find(undefined).expect("some return is undefined");
    SummaryError::NoCapital { date: pair[0].date }
}

impl From<PerformanceError> for SummaryError {
    fn from(why: PerformanceError) -> Self {
        Self::Performance(why)
    }
}

impl From<StatsError> for SummaryError {
    fn from(why: StatsError) -> Self {
        Self::Stats(why)
    }
}
