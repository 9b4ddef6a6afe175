//! The tables of fixed name, as Diesel and the migrations know them, and the check that a database has the tables
//! that this crate writes to.
//!
//! In comes a connection; out goes nothing where every table is as it should be, else the first difference.

use std::collections::BTreeMap;

use diesel::sql_types::{Nullable, Text};
use diesel_async::RunQueryDsl;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use crate::connection::Connection;
use crate::error::{Error, OtherShape};
use crate::portfolio_table::PortfolioTable;

/// Makes the tables of fixed name; each statement can be run again.
pub(crate) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Where Diesel notes which migrations were run.
pub(crate) const MIGRATIONS_TABLE: &str = "__diesel_schema_migrations";

/// The tables of fixed name in the order in which they can be dropped: the one that others refer to last.
pub(crate) const FIXED_TABLES: [&str; 5] =
    ["Kafka_Next_Offsets", "Investors_Portfolios", "Portfolios", "Investors", MIGRATIONS_TABLE];

diesel::table! {
    #[sql_name = "Investors"]
    investors (id) {
        #[sql_name = "Id"]
        id -> Integer,
        #[sql_name = "Name"]
        name -> Text,
        #[sql_name = "City"]
        city -> Text,
    }
}

diesel::table! {
    #[sql_name = "Portfolios"]
    portfolios (id) {
        #[sql_name = "Id"]
        id -> Integer,
        #[sql_name = "Name"]
        name -> Text,
        #[sql_name = "Cumulative"]
        cumulative -> Bool,
    }
}

diesel::table! {
    #[sql_name = "Investors_Portfolios"]
    investors_portfolios (iid, pid) {
        iid -> Integer,
        pid -> Integer,
    }
}

diesel::table! {
    #[sql_name = "Kafka_Next_Offsets"]
    next_offsets (group, topic, partition) {
        #[sql_name = "Consumer_Group"]
        group -> Text,
        #[sql_name = "Topic"]
        topic -> Text,
        #[sql_name = "Kafka_Partition"]
        partition -> Integer,
        #[sql_name = "Next_Offset"]
        next_offset -> Nullable<BigInt>,
    }
}

diesel::joinable!(investors_portfolios -> investors (iid));
diesel::joinable!(investors_portfolios -> portfolios (pid));
diesel::allow_tables_to_appear_in_same_query!(investors, portfolios, investors_portfolios);

/// A column as `information_schema` describes it.
#[derive(Debug, diesel::QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = Nullable<Text>)]
    engine: Option<String>,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    data_type: String,
    #[diesel(sql_type = Text)]
    nulls: String,
    #[diesel(sql_type = Text)]
    key: String,
}

const COLUMNS: &str = "SELECT t.TABLE_NAME AS `table`, t.ENGINE AS `engine`, c.COLUMN_NAME AS `name`, \
    c.COLUMN_TYPE AS `data_type`, c.IS_NULLABLE AS `nulls`, c.COLUMN_KEY AS `key` \
    FROM information_schema.TABLES t JOIN information_schema.COLUMNS c \
    ON c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME \
    WHERE t.TABLE_SCHEMA = DATABASE() ORDER BY t.TABLE_NAME, c.ORDINAL_POSITION";

/// What a column of a portfolio's table must be.
const PORTFOLIO_COLUMNS: [(&str, &str); 4] = [
    ("As_Of", "date, the primary key"),
    ("Evaluation", "decimal(28,8) not null"),
    ("Daily_Evaluation_Change", "decimal(28,8) null"),
    ("Daily_Evaluation_Change_Percentage", "decimal(12,2) null"),
];

/// The tables of a database, by name in lower case: some servers fold names.
pub(crate) struct Tables(BTreeMap<String, Vec<Column>>);

impl Tables {
    /// Returns the tables that the connection's database has.
    pub(crate) async fn load(connection: &mut Connection) -> Result<Self, Error> {
        let result = diesel::sql_query(COLUMNS).load::<Column>(&mut connection.diesel).await;
        let mut tables: BTreeMap<String, Vec<Column>> = BTreeMap::new();
        for column in connection.check(result)? {
            tables.entry(column.table.to_ascii_lowercase()).or_default().push(column);
        }
        Ok(Self(tables))
    }

    /// Returns whether there is a table of this name.
    pub(crate) fn contains(&self, table: &str) -> bool {
        self.0.contains_key(&table.to_ascii_lowercase())
    }

    /// Checks the tables that a store writes to.
    ///
    /// # Errors
    ///
    /// - [`Error::NoTable`], [`Error::OtherShape`].
    pub(crate) fn check(&self, connection: &Connection, portfolios: &[PortfolioTable]) -> Result<(), Error> {
        let shape = |table: &str, column: &'static str, expected: &'static str, found: String| Error::OtherShape {
            at: connection.at().clone(),
            difference: Box::new(OtherShape { table: table.to_owned(), column, expected, found }),
        };
        for table in FIXED_TABLES[..4].iter().copied().chain(portfolios.iter().map(PortfolioTable::name)) {
            let Some(columns) = self.0.get(&table.to_ascii_lowercase()) else {
                return Err(Error::NoTable { at: connection.at().clone(), table: table.into() });
            };
            let engine = columns[0].engine.as_deref().unwrap_or("a view");
            // Another engine ignores transactions: rows would stay where offsets are rolled back.
            if !engine.eq_ignore_ascii_case("InnoDB") {
                return Err(shape(table, "", "InnoDB", engine.to_owned()));
            }
        }
        for portfolio in portfolios {
            let columns = &self.0[&portfolio.name().to_ascii_lowercase()];
            for (name, expected) in PORTFOLIO_COLUMNS {
                let column = columns.iter().find(|column| column.name == name);
                let found = column.map_or_else(|| "absent".to_owned(), describe);
                if found != expected {
                    return Err(shape(portfolio.name(), name, expected, found));
                }
            }
        }
        Ok(())
    }
}

fn describe(column: &Column) -> String {
    let data_type = column.data_type.to_ascii_lowercase();
    match (column.key.as_str(), column.nulls.as_str()) {
        ("PRI", _) => format!("{data_type}, the primary key"),
        (_, "YES") => format!("{data_type} null"),
        _ => format!("{data_type} not null"),
    }
}
