//! Makes the database: itself, its tables, and the rows that say who its investors are and which portfolios they
//! have.
//!
//! In comes the list of [`Investor`]s, whose order gives the Ids; out goes what was made and what was there. It
//! can be run again at any time, also after it was killed half-way, since each statement either finds its work
//! done or does it.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable};
use diesel_async::{AsyncMigrationHarness, RunQueryDsl};
use diesel_migrations::MigrationHarness;
use finnet_core::{Name, PortfolioId};

use crate::connection::{Connection, Target};
use crate::error::{Error, OtherRows, Place};
use crate::portfolio_table::{PortfolioTable, create_database, drop_table};
use crate::schema::{FIXED_TABLES, MIGRATIONS, MIGRATIONS_TABLE, Tables, investors, investors_portfolios, portfolios};
use crate::url::DatabaseUrl;

/// Who invests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Investor {
    /// The name, the first part of the tables' names.
    pub name: Name,
    /// Where the investor is at home; at most 255 characters.
    pub city: String,
    /// What belongs to the investor.
    pub portfolios: Vec<Portfolio>,
}

/// What an investor holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Portfolio {
    /// The name, the second part of the table's name.
    pub name: Name,
    /// The column `Cumulative`.
    pub cumulative: bool,
}

/// What to do with what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Create {
    /// Leave it, and add what lacks.
    Keep,
    /// Drop the tables of finnet first, with all rows and stored offsets; other tables stay.
    Reset,
}

/// Whether the database was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// It was not.
    Made,
    /// It was.
    Found,
}

/// What [`create`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Created {
    /// Whether the database was there.
    pub database: Database,
    /// The portfolios' tables that were dropped first.
    pub dropped: Vec<PortfolioId>,
    /// The portfolios' tables that were made.
    pub made: Vec<PortfolioId>,
    /// The portfolios' tables that were there.
    pub found: Vec<PortfolioId>,
}

/// Makes the database, its tables and the rows of these investors, and returns what was made.
///
/// Investors get the Ids 1, 2, … in the order of the list, portfolios likewise over all investors. What is there
/// stays ([`Create::Keep`]); a list that has grown at its end adds what is new.
///
/// # Errors
///
/// - [`Error::RepeatedName`], [`Error::ReservedName`] for a list that cannot be stored.
/// - [`Error::OtherRows`] where the database has investors or portfolios that are not in the list, or others under
///   their Ids; [`Error::OtherShape`] where it has tables of these names that are not finnet's.
/// - [`Error::AccessDenied`], [`Error::Unreachable`] and the other kinds of what a connection may meet.
///
/// # Panics
///
/// Outside a Tokio runtime.
pub async fn create(url: &DatabaseUrl, investors: &[Investor], mode: Create) -> Result<Created, Error> {
    let tables = check_names(investors)?;
    let (mut connection, database) = open(url).await?;
    let dropped = match mode {
        Create::Keep => Vec::new(),
        Create::Reset => drop_tables(&mut connection, &tables).await?,
    };
    let before = Tables::load(&mut connection).await?;
    if !FIXED_TABLES.iter().all(|table| before.contains(table)) {
        // Somebody dropped a table but not the record that it was made: the migrations run again.
        drop_table(&mut connection, MIGRATIONS_TABLE).await?;
    }
    let mut connection = migrate(connection).await?;

    connection.begin().await?;
    let written = write_investors(&mut connection, investors).await;
    connection.end(written).await?;

    for table in &tables {
        table.create(&mut connection).await?;
    }
    Tables::load(&mut connection).await?.check(&connection, &tables)?;
    let (old, new): (Vec<_>, Vec<_>) = tables.iter().partition(|table| before.contains(table.name()));
    let ids = |tables: Vec<&PortfolioTable>| tables.into_iter().map(PortfolioTable::portfolio).collect();
    Ok(Created { database, dropped, made: ids(new), found: ids(old) })
}

/// Returns the tables of the portfolios, or which name cannot be stored.
fn check_names(investors: &[Investor]) -> Result<Vec<PortfolioTable>, Error> {
    let (mut investor_names, mut portfolio_names) = (BTreeSet::new(), BTreeSet::new());
    let mut tables = Vec::new();
    for investor in investors {
        if !investor_names.insert(investor.name.folded()) {
            return Err(Error::RepeatedName(Box::new(investor.name)));
        }
        for portfolio in &investor.portfolios {
            if !portfolio_names.insert(portfolio.name.folded()) {
                return Err(Error::RepeatedName(Box::new(portfolio.name)));
            }
            let id = PortfolioId { investor: investor.name, portfolio: portfolio.name };
            let table = PortfolioTable::of(id);
            if FIXED_TABLES.iter().any(|fixed| fixed.eq_ignore_ascii_case(table.name())) {
                return Err(Error::ReservedName(Box::new(id)));
            }
            tables.push(table);
        }
    }
    Ok(tables)
}

/// Returns a connection to the database, which is made where it is absent, and the lock that keeps a second
/// `create` out until the connection ends.
async fn open(url: &DatabaseUrl) -> Result<(Connection, Database), Error> {
    // First the database itself: who may use one is not always allowed to make one.
    let (mut connection, database) = match Connection::open(url, Target::Database).await {
        Err(Error::NoDatabase { .. }) => {
            let mut server = Connection::open(url, Target::Server).await?;
            create_database(&mut server, url.database()).await?;
            (Connection::open(url, Target::Database).await?, Database::Made)
        }
        connection => (connection?, Database::Found),
    };
    let lock = diesel::dsl::sql::<Nullable<Integer>>("GET_LOCK(SHA1(CONCAT('finnet investors-db ', DATABASE())), 10)");
    let result = diesel::select(lock).get_result::<Option<i32>>(&mut connection.diesel).await;
    match connection.check(result)? {
        Some(1) => Ok((connection, database)),
        _ => Err(Error::Busy { at: Place::of(url), reason: crate::error::Busy::LockWait }),
    }
}

/// Drops the tables of the portfolios given and of those the database knows, and those of fixed name; returns the
/// portfolios' tables that were there.
async fn drop_tables(connection: &mut Connection, given: &[PortfolioTable]) -> Result<Vec<PortfolioId>, Error> {
    let before = Tables::load(connection).await?;
    let mut tables: BTreeSet<PortfolioTable> = given.iter().cloned().collect();
    if ["Investors_Portfolios", "Investors", "Portfolios"].iter().all(|table| before.contains(table)) {
        let result = investors_portfolios::table
            .inner_join(investors::table)
            .inner_join(portfolios::table)
            .select((investors::name, portfolios::name))
            .load::<(String, String)>(&mut connection.diesel)
            .await;
        for (investor, portfolio) in connection.check(result)? {
            // What is no name of ours is no table of ours.
            if let (Ok(investor), Ok(portfolio)) = (investor.parse(), portfolio.parse()) {
                tables.insert(PortfolioTable::of(PortfolioId { investor, portfolio }));
            }
        }
    }
    let reserved = |table: &PortfolioTable| FIXED_TABLES.iter().any(|fixed| fixed.eq_ignore_ascii_case(table.name()));
    tables.retain(|table| before.contains(table.name()) && !reserved(table));
    // Killed half-way, a second run must still find the names: so the tables that hold them go last.
    for table in tables.iter().map(PortfolioTable::name).chain(FIXED_TABLES) {
        drop_table(connection, table).await?;
    }
    Ok(tables.iter().map(PortfolioTable::portfolio).collect())
}

/// Runs the embedded migrations; on a thread of its own, since Diesel's harness blocks.
async fn migrate(mut connection: Connection) -> Result<Connection, Error> {
    let at = connection.at().clone();
    let statement_bytes = connection.statement_bytes;
    let diesel = connection.diesel;
    let migrated = tokio::task::spawn_blocking(move || {
        let mut harness = AsyncMigrationHarness::new(diesel);
        let result = harness.run_pending_migrations(MIGRATIONS).map(|_| ()).map_err(|error| error.to_string());
        (harness.into_inner(), result)
    });
    let (diesel, result) = migrated.await.expect("migrations do not panic");
    connection = Connection::from_parts(diesel, statement_bytes, at);
    match result {
        Ok(()) => Ok(connection),
        // The harness writes the migration's name before the server's answer.
        Err(text) => {
            let answer = text.split_once(" with: ").map_or(text.as_str(), |(_, answer)| answer);
            Err(Error::from_text(connection.at().clone(), answer))
        }
    }
}

/// The rows of an investors' table, as read and as written.
type InvestorRow = (i32, String, String);
type PortfolioRow = (i32, String, bool);
type LinkRow = (i32, i32);

/// Adds the rows that lack; part of a transaction.
async fn write_investors(connection: &mut Connection, list: &[Investor]) -> Result<(), Error> {
    let (mut people, mut holdings, mut links) = (Vec::new(), Vec::new(), Vec::new());
    for (investor, iid) in list.iter().zip(1..) {
        people.push((iid, investor.name.to_string(), investor.city.clone()));
        for portfolio in &investor.portfolios {
            let pid = i32::try_from(holdings.len() + 1).expect("a list of portfolios is shorter");
            holdings.push((pid, portfolio.name.to_string(), portfolio.cumulative));
            links.push((iid, pid));
        }
    }
    let result = investors::table.for_update().load::<InvestorRow>(&mut connection.diesel).await;
    let people_before = connection.check(result)?;
    let result = portfolios::table.for_update().load::<PortfolioRow>(&mut connection.diesel).await;
    let holdings_before = connection.check(result)?;
    let result = investors_portfolios::table.for_update().load::<LinkRow>(&mut connection.diesel).await;
    let links_before = connection.check(result)?;

    let mut rows = Vec::new();
    let foreign = people_before.iter().filter(|row| !people.contains(row));
    rows.extend(foreign.map(|(id, name, city)| format!("Investors {id} {name} {city}")));
    let foreign = holdings_before.iter().filter(|row| !holdings.contains(row));
    rows.extend(foreign.map(|(id, name, cumulative)| format!("Portfolios {id} {name} {cumulative}")));
    let foreign = links_before.iter().filter(|row| !links.contains(row));
    rows.extend(foreign.map(|(iid, pid)| format!("Investors_Portfolios {iid} {pid}")));
    if !rows.is_empty() {
        return Err(Error::OtherRows { at: connection.at().clone(), difference: Box::new(OtherRows { rows }) });
    }

    people.retain(|row| !people_before.contains(row));
    holdings.retain(|row| !holdings_before.contains(row));
    links.retain(|row| !links_before.contains(row));
    for (id, name, city) in people {
        let row = (investors::id.eq(id), investors::name.eq(name), investors::city.eq(city));
        let result = diesel::insert_into(investors::table).values(row).execute(&mut connection.diesel).await;
        connection.check(result)?;
    }
    for (id, name, cumulative) in holdings {
        let row = (portfolios::id.eq(id), portfolios::name.eq(name), portfolios::cumulative.eq(cumulative));
        let result = diesel::insert_into(portfolios::table).values(row).execute(&mut connection.diesel).await;
        connection.check(result)?;
    }
    for (iid, pid) in links {
        let row = (investors_portfolios::iid.eq(iid), investors_portfolios::pid.eq(pid));
        let result = diesel::insert_into(investors_portfolios::table).values(row).execute(&mut connection.diesel).await;
        connection.check(result)?;
    }
    Ok(())
}
