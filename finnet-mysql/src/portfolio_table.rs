//! One table a portfolio, `Inv1_P11`: its name, made from core's checked names, and the SQL that makes, fills and
//! reads it.
//!
//! Names of tables cannot be bound, and literals are twice as fast as bound values; so both are written into the
//! statement. A name is quoted by Diesel and comes from a [`PortfolioId`]; a literal comes from a date or a
//! scaled integer and consists of digits, `-`, `.` and `'`. Text from outside has no way in.

use std::fmt::Write as _;

use chrono::{Datelike, NaiveDate};
use diesel::QueryResult;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::mysql::{Mysql, MysqlQueryBuilder, MysqlValue};
use diesel::query_builder::{AstPass, Query, QueryBuilder, QueryFragment, QueryId};
use diesel::sql_types::{Date, Nullable, Numeric};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use finnet_core::{Amount, Percent, PortfolioId, Valuation};

use crate::connection::Connection;
use crate::error::Error;

/// Dates that one SELECT asks for at most.
const DATES_AT_ONCE: usize = 1_000;

/// Bytes that a date takes in a statement, and a share of what stands around them.
const BYTES_A_DATE: usize = 32;

/// Bytes that the longest row takes in a statement.
const LONGEST_ROW: usize = 112;

/// Digits of `DECIMAL(28,8)` in all.
const AMOUNT_DIGITS: u32 = 28;

/// One unit beyond `DECIMAL(12,2)`, in hundredths.
const PERCENT_END: u128 = 1_000_000_000_000;

/// The table of one portfolio.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PortfolioTable {
    name: String,
    portfolio: PortfolioId,
}

impl PortfolioTable {
    /// Returns the table of a portfolio; its name is at most 61 of MySQL's 64 characters.
    pub(crate) fn of(portfolio: PortfolioId) -> Self {
        Self { name: portfolio.to_string(), portfolio }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn portfolio(&self) -> PortfolioId {
        self.portfolio
    }

    /// Makes the table where it is absent.
    pub(crate) async fn create(&self, connection: &mut Connection) -> Result<(), Error> {
        let result = Statement::on("CREATE TABLE IF NOT EXISTS ", &self.name, CREATE_COLUMNS);
        let result = result.execute(&mut connection.diesel).await;
        connection.check(result).map(|_| ())
    }

    /// Returns the date of the last row.
    pub(crate) async fn last_session(&self, connection: &mut Connection) -> Result<Option<NaiveDate>, Error> {
        let query = LastSession(Statement::on("SELECT MAX(`As_Of`) FROM ", &self.name, ""));
        let result = query.get_result::<Option<NaiveDate>>(&mut connection.diesel).await;
        connection.check(result)
    }

    /// Returns all rows in the order of their dates.
    pub(crate) async fn all_rows(&self, connection: &mut Connection) -> Result<Vec<Valuation>, Error> {
        self.select(connection, " ORDER BY `As_Of`").await
    }

    /// Returns the rows of these dates, in any order.
    pub(crate) async fn rows_of(
        &self,
        connection: &mut Connection,
        dates: &[NaiveDate],
    ) -> Result<Vec<Valuation>, Error> {
        let mut rows = Vec::new();
        let at_once = (connection.statement_bytes / BYTES_A_DATE).clamp(1, DATES_AT_ONCE);
        for dates in dates.chunks(at_once) {
            let mut condition = " WHERE `As_Of` IN (".to_owned();
            for (index, &date) in dates.iter().enumerate() {
                condition.push_str(if index == 0 { "" } else { "," });
                push_date(&mut condition, date);
            }
            condition.push(')');
            rows.extend(self.select(connection, &condition).await?);
        }
        Ok(rows)
    }

    /// Adds rows, in statements that the server takes.
    pub(crate) async fn insert(&self, connection: &mut Connection, rows: &[Valuation]) -> Result<(), Error> {
        let mut rows = rows.iter().peekable();
        let room = connection.statement_bytes.saturating_sub(4 * LONGEST_ROW);
        let mut head = MysqlQueryBuilder::new();
        head.push_sql("INSERT INTO ");
        connection.check(head.push_identifier(&self.name))?;
        head.push_sql(INSERT_COLUMNS);
        let mut sql = head.finish();
        let head = sql.len();
        sql.reserve(room.min(rows.len() * LONGEST_ROW) + LONGEST_ROW);
        while rows.peek().is_some() {
            sql.truncate(head);
            for (index, row) in rows.by_ref().enumerate() {
                sql.push_str(if index == 0 { "" } else { "," });
                push_tuple(&mut sql, row);
                if sql.len() >= room {
                    break;
                }
            }
            // As text: a prepared statement that runs once is one more answer to wait for.
            let result = connection.diesel.batch_execute(&sql).await;
            connection.check(result)?;
        }
        Ok(())
    }

    async fn select(&self, connection: &mut Connection, condition: &str) -> Result<Vec<Valuation>, Error> {
        let query = SelectRows(Statement::on(SELECT, &self.name, condition));
        let result = query.load::<StoredRow>(&mut connection.diesel).await;
        let rows = connection.check(result)?;
        Ok(rows.into_iter().map(Valuation::from).collect())
    }
}

/// Drops a table where it is there; the name may be any, quoted as it is.
pub(crate) async fn drop_table(connection: &mut Connection, table: &str) -> Result<(), Error> {
    let result = Statement::on("DROP TABLE IF EXISTS ", table, "").execute(&mut connection.diesel).await;
    connection.check(result).map(|_| ())
}

/// Makes a database where it is absent; the name may be any, quoted as it is.
pub(crate) async fn create_database(connection: &mut Connection, database: &str) -> Result<(), Error> {
    const OPTIONS: &str = " CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci";
    let statement = Statement::on("CREATE DATABASE IF NOT EXISTS ", database, OPTIONS);
    let result = statement.execute(&mut connection.diesel).await;
    connection.check(result).map(|_| ())
}

/// Returns whether a valuation fits the columns: the amounts `DECIMAL(28,8)`, the percentage `DECIMAL(12,2)`, the
/// date a year of four digits.
pub(crate) fn fits(valuation: &Valuation) -> bool {
    (1000..=9999).contains(&valuation.session.year())
        && valuation.value.fits(AMOUNT_DIGITS)
        && valuation.change.is_none_or(|change| change.fits(AMOUNT_DIGITS))
        && valuation.change_pct.is_none_or(|percent| percent.units().unsigned_abs() < PERCENT_END)
}

const CREATE_COLUMNS: &str = " (`As_Of` DATE NOT NULL PRIMARY KEY, `Evaluation` DECIMAL(28,8) NOT NULL, \
    `Daily_Evaluation_Change` DECIMAL(28,8) NULL, `Daily_Evaluation_Change_Percentage` DECIMAL(12,2) NULL) \
    ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci";

const INSERT_COLUMNS: &str = " (`As_Of`, `Evaluation`, `Daily_Evaluation_Change`, \
    `Daily_Evaluation_Change_Percentage`) VALUES ";

const SELECT: &str = "SELECT `As_Of`, `Evaluation`, `Daily_Evaluation_Change`, \
    `Daily_Evaluation_Change_Percentage` FROM ";

/// SQL around one quoted identifier.
#[derive(Clone, Copy)]
struct Statement<'a> {
    before: &'static str,
    identifier: &'a str,
    after: &'a str,
}

impl<'a> Statement<'a> {
    fn on(before: &'static str, identifier: &'a str, after: &'a str) -> Self {
        Self { before, identifier, after }
    }
}

impl QueryFragment<Mysql> for Statement<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Mysql>) -> QueryResult<()> {
        // Its text differs from call to call: a cache would only grow.
        out.unsafe_to_cache_prepared();
        out.push_sql(self.before);
        out.push_identifier(self.identifier)?;
        out.push_sql(self.after);
        Ok(())
    }
}

impl QueryId for Statement<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

/// A statement that returns rows of one type.
macro_rules! query {
    ($name:ident, $row:ty) => {
        #[derive(Clone, Copy)]
        struct $name<'a>(Statement<'a>);

        impl QueryFragment<Mysql> for $name<'_> {
            fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Mysql>) -> QueryResult<()> {
                self.0.walk_ast(out)
            }
        }

        impl QueryId for $name<'_> {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }

        impl Query for $name<'_> {
            type SqlType = $row;
        }
    };
}

query!(LastSession, Nullable<Date>);
query!(SelectRows, (Date, Numeric, Nullable<Numeric>, Nullable<Numeric>));

/// A row as Diesel reads it.
#[derive(diesel::Queryable)]
struct StoredRow {
    session: NaiveDate,
    value: StoredAmount,
    change: Option<StoredAmount>,
    change_pct: Option<StoredPercent>,
}

#[derive(Debug, FromSqlRow)]
struct StoredAmount(Amount);

#[derive(Debug, FromSqlRow)]
struct StoredPercent(Percent);

/// A DECIMAL travels as text: `2763383.00000000`.
fn decimal_text<'a>(value: &MysqlValue<'a>) -> deserialize::Result<&'a str> {
    Ok(std::str::from_utf8(value.as_bytes())?)
}

impl FromSql<Numeric, Mysql> for StoredAmount {
    fn from_sql(value: MysqlValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(decimal_text(&value)?.parse()?))
    }
}

impl FromSql<Numeric, Mysql> for StoredPercent {
    fn from_sql(value: MysqlValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(decimal_text(&value)?.parse()?))
    }
}

impl From<StoredRow> for Valuation {
    fn from(row: StoredRow) -> Self {
        Self {
            session: row.session,
            value: row.value.0,
            change: row.change.map(|change| change.0),
            change_pct: row.change_pct.map(|percent| percent.0),
        }
    }
}

fn push_tuple(sql: &mut String, row: &Valuation) {
    sql.push('(');
    push_date(sql, row.session);
    sql.push(',');
    sql.push_str(row.value.digits().as_str());
    sql.push(',');
    match row.change {
        Some(change) => sql.push_str(change.digits().as_str()),
        None => sql.push_str("NULL"),
    }
    sql.push(',');
    match row.change_pct {
        Some(percent) => sql.push_str(percent.digits().as_str()),
        None => sql.push_str("NULL"),
    }
    sql.push(')');
}

fn push_date(sql: &mut String, date: NaiveDate) {
    let (year, month, day) = (date.year(), date.month(), date.day());
    write!(sql, "'{year:04}-{month:02}-{day:02}'").expect("a String takes what is written to it");
}

#[cfg(test)]
mod tests {
    use finnet_core::Name;

    use super::*;

    #[test]
    fn a_row_is_written_in_full_and_fits_its_room() {
        let session = NaiveDate::from_ymd_opt(2000, 1, 3).unwrap();
        let mut row = Valuation { session, value: "2763383.00".parse().unwrap(), change: None, change_pct: None };
        let mut sql = String::new();
        push_tuple(&mut sql, &row);
        assert_eq!(sql, "('2000-01-03',2763383.00,NULL,NULL)");

        row.value = "-99999999999999999999.99999999".parse().unwrap();
        row.change = Some(row.value);
        row.change_pct = Some("-9999999999.99".parse().unwrap());
        assert!(fits(&row));
        sql.clear();
        push_tuple(&mut sql, &row);
        assert!(sql.len() < LONGEST_ROW, "{}", sql.len());
        assert!(sql.bytes().all(|byte| byte.is_ascii_digit() || b"(',.-)".contains(&byte)), "{sql}");
    }

    #[test]
    fn what_does_not_fit_is_known_before() {
        let session = NaiveDate::from_ymd_opt(2000, 1, 3).unwrap();
        let fitting = Valuation { session, value: Amount::ZERO, change: None, change_pct: None };
        assert!(fits(&fitting));
        let large = Amount::from_units(10_i128.pow(28));
        assert!(!fits(&Valuation { value: large, ..fitting }));
        assert!(!fits(&Valuation { change: Some(Amount::from_units(-large.units())), ..fitting }));
        assert!(!fits(&Valuation { change_pct: Some(Percent::from_units(1_000_000_000_000)), ..fitting }));
        assert!(!fits(&Valuation { change_pct: Some(Percent::from_units(i128::MIN)), ..fitting }));
        assert!(!fits(&Valuation { session: NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap(), ..fitting }));
        assert!(!fits(&Valuation { session: NaiveDate::MIN, ..fitting }));
    }

    #[test]
    fn the_longest_name_is_one_that_mysql_takes() {
        let name = Name::new(&"x".repeat(30)).unwrap();
        assert!(PortfolioTable::of(PortfolioId { investor: name, portfolio: name }).name().len() <= 64);
    }
}
