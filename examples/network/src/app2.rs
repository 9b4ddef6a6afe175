//! app2: reads what app1 keeps and writes the statistics of each portfolio, `Inv1_P11_stats.json` and its like.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use comfy_table::{CellAlignment, Table};
use finnet_analytics::{Analytics, DatabaseProblem, Period, Report, Source};
use finnet_core::{Amount, PortfolioId};

use crate::cli::Place;
use crate::failure::{Failure, Kind};
use crate::network_file::Network;
use crate::stop::Stop;
use crate::store::runtime;
use crate::terminal::Terminal;

/// What app2 is to do.
#[derive(Debug)]
pub struct Job {
    /// The portfolios to report on.
    pub portfolios: Vec<PortfolioId>,
    /// First date of the block of a period.
    pub from: Option<NaiveDate>,
    /// Last date of the block of a period.
    pub to: Option<NaiveDate>,
    /// The folder of the reports.
    pub out: PathBuf,
}

/// One portfolio's line of the closing table, and where its report is.
#[derive(Debug)]
pub struct Sheet {
    portfolio: PortfolioId,
    sessions: usize,
    first: Option<Amount>,
    last: Option<Amount>,
    report: Report,
    path: PathBuf,
}

/// Returns the portfolios of the network that are asked for, all where none is.
///
/// # Errors
///
/// - Where the network has no such investor or portfolio, with those it has.
pub fn choose(network: &Network, investor: Option<&str>, portfolio: Option<&str>) -> Result<Vec<PortfolioId>, Failure> {
    let all: Vec<_> = network.portfolios().collect();
    let is = |asked: Option<&str>, name: &str| asked.is_none_or(|asked| asked.eq_ignore_ascii_case(name));
    let chosen: Vec<_> = all
        .iter()
        .copied()
        .filter(|id| is(investor, id.investor.as_str()))
        .filter(|id| is(portfolio, id.portfolio.as_str()) || is(portfolio, &id.to_string()))
        .collect();
    if chosen.is_empty() {
        let names: Vec<_> = all.iter().map(ToString::to_string).collect();
        let asked = [investor, portfolio].into_iter().flatten().map(|name| crate::terminal::printable(name.as_bytes()));
        let asked = asked.collect::<Vec<_>>().join(" ");
        return Err(Failure::of(Kind::Usage, format!("the network {} has no portfolio of {asked}", network.name))
            .hint(format!("it has {}", names.join(", "))));
    }
    Ok(chosen)
}

/// Computes and writes the reports, each replaced atomically.
///
/// # Errors
///
/// - Where the tables or files can't be read, or the reports can't be written.
pub fn run(
    job: &Job,
    place: &Place,
    timeout: Duration,
    stop: &Stop,
    terminal: &Terminal,
) -> Result<Vec<Sheet>, Failure> {
    let source = match place {
        Place::Folder(folder) => Source::csv(folder),
        Place::Database(url) => Source::mysql(url.as_str()).map_err(|why| Failure::new(why.to_string()))?,
    };
    let period = Period { from: job.from, to: job.to };
    let runtime = runtime();
    let computed = runtime.block_on(async {
        let analytics = open(&source, &job.portfolios, timeout, stop, terminal).await?;
        let reports = analytics.reports(period).await?;
        let ends = ends(&analytics).await?;
        Ok::<_, Failure>((reports, ends))
    });
    let (reports, ends) = computed?;
    std::fs::create_dir_all(&job.out).map_err(|why| Failure::new(format!("{}: {why}", job.out.display())))?;
    let mut sheets = Vec::with_capacity(reports.len());
    for (portfolio, report) in reports {
        let path = job.out.join(format!("{portfolio}_stats.json"));
        replace(&path, report.to_json().as_bytes())?;
        let (sessions, first, last) =
            ends.iter().find(|(id, _)| *id == portfolio.to_string()).map_or((0, None, None), |e| e.1);
        sheets.push(Sheet { portfolio, sessions, first, last, report, path });
    }
    Ok(sheets)
}

/// Reads the valuations, again while the database is away.
async fn open(
    source: &Source,
    portfolios: &[PortfolioId],
    timeout: Duration,
    stop: &Stop,
    terminal: &Terminal,
) -> Result<Analytics, Failure> {
    let start = Instant::now();
    let mut said = false;
    loop {
        match Analytics::open(source, portfolios).await {
            Err(why) if is_away(&why) && stop.is_set() => {
                terminal.detail(|| why.to_string());
                return Err(Failure::called_off());
            }
            Err(why) if is_away(&why) && start.elapsed() < timeout => {
                if !said {
                    said = true;
                    terminal.warn(format!("{why}; trying for {} s", timeout.as_secs()));
                }
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
            answer => return Ok(answer?),
        }
    }
}

/// Returns whether the database can't be reached now.
fn is_away(why: &finnet_analytics::Error) -> bool {
    matches!(why, finnet_analytics::Error::Database(why) if matches!(why.problem, DatabaseProblem::Unreachable(_) | DatabaseProblem::Busy))
}

/// Rows, first and last value.
type Ends = (usize, Option<Amount>, Option<Amount>);

/// Returns each portfolio's ends, by the name of its table.
async fn ends(analytics: &Analytics) -> Result<Vec<(String, Ends)>, Failure> {
    use finnet_analytics::datafusion::arrow::array::AsArray;
    use finnet_analytics::datafusion::arrow::datatypes::{Decimal128Type, Int64Type};
    use finnet_analytics::datafusion::arrow::util::display::array_value_to_string;

    const QUESTION: &str = "SELECT concat(investor, '_', portfolio), count(*), first_value(value ORDER BY date), \
                            last_value(value ORDER BY date) FROM valuations GROUP BY investor, portfolio";
    let batches = analytics.sql(QUESTION).await?.collect().await.map_err(finnet_analytics::Error::from)?;
    let mut ends = Vec::new();
    for batch in &batches {
        let counts = batch.column(1).as_primitive::<Int64Type>();
        let [first, last] = [2, 3].map(|column| batch.column(column).as_primitive::<Decimal128Type>());
        for row in 0..batch.num_rows() {
            let name = array_value_to_string(batch.column(0), row).map_err(|why| Failure::new(why.to_string()))?;
            let sessions = usize::try_from(counts.value(row)).expect("a count is not below 0");
            let [first, last] = [first, last].map(|values| Some(Amount::from_units(values.value(row))));
            ends.push((name, (sessions, first, last)));
        }
    }
    Ok(ends)
}

/// Writes a file beside its place and puts it there in one step.
fn replace(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let failed = |why: std::io::Error| Failure::new(format!("{}: {why}", path.display()));
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new();
    #[cfg(unix)]
    file.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = file.tempfile_in(folder).map_err(failed)?;
    file.write_all(content).map_err(failed)?;
    file.persist(path).map_err(|why| failed(why.error))?;
    Ok(())
}

/// Prints a table on stdout: a line a portfolio, then the paths of the reports.
pub fn print(sheets: &[Sheet], terminal: &Terminal) {
    let text = |value: Option<Amount>| value.map_or_else(|| "–".to_owned(), |value| value.to_string());
    let mut table = Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN);
    table.set_header([
        "portfolio",
        "sessions",
        "first value",
        "last value",
        "min change",
        "max change",
        "average",
        "deviation",
    ]);
    for sheet in sheets {
        let Sheet { portfolio, sessions, first, last, report, .. } = sheet;
        table.add_row([
            portfolio.to_string(),
            sessions.to_string(),
            text(*first),
            text(*last),
            text(report.changes.min),
            text(report.changes.max),
            text(report.evaluation.average),
            text(report.evaluation.deviation),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut out = std::io::stdout().lock();
    // Nobody left to read it: the files are there all the same.
    let _ = writeln!(out, "{table}");
    for sheet in sheets {
        terminal.say(format!("report: {}", sheet.path.display()));
    }
}
