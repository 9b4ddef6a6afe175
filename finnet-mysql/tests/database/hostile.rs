//! Names that would be commands, paths or escapes elsewhere: they cannot be made, or they are names and no more.

use finnet_core::{Name, PortfolioId};
use finnet_mysql::Outcome::Stored;
use finnet_mysql::{Advance, Create, DatabaseUrl, Error, Investor, Store, UrlError, create};
use mysql_async::prelude::Queryable;

use crate::scratch::{advance, ids, network, p11, raw, raw_server, with_database};

/// Text that does harm where it is taken for more than text.
fn hostile() -> Vec<String> {
    let texts = [
        "Inv1_P11; DROP TABLE x",
        "Inv1`; DROP TABLE `Investors",
        "x' OR '1'='1",
        "x\\'; DROP TABLE Investors; -- ",
        "../../x",
        "/etc/passwd",
        "C:\\x",
        "a\0b",
        "a\nb",
        "\u{1b}[31mred\u{7}",
        "\u{202e}txet",
        "\u{feff}x",
        "%s%n{0}$(x)",
        "😀",
    ];
    let mut texts: Vec<_> = texts.map(str::to_owned).into();
    texts.push("x".repeat(10 * 1024));
    texts.push("`".repeat(10 * 1024));
    texts
}

#[test]
fn no_hostile_name_of_a_table_can_be_made() {
    for text in hostile() {
        assert!(Name::new(&text).is_err(), "{text:?}");
        // Where each of the two parts is a name, the table's name has no more than letters, digits and the `_`.
        assert!(text.split('_').any(|part| Name::new(part).is_err()), "{text:?}");
    }
}

#[test]
fn a_url_takes_none_in_its_host_and_shows_none_of_its_text() {
    for text in hostile() {
        let error = format!("mysql://u:p@{text}/db").parse::<DatabaseUrl>().unwrap_err();
        assert!(!error.to_string().contains(&text) && !error.to_string().contains(char::is_control), "{error:?}");
        for option in [format!("{text}=1"), format!("ssl-mode={text}")] {
            let error = format!("mysql://u:p@h/db?{option}").parse::<DatabaseUrl>().unwrap_err();
            assert!(!error.to_string().contains(&text) && !error.to_string().contains(char::is_control), "{error:?}");
        }
    }
}

/// What a database may be called, of what is hostile, and another that is longer in bytes than in characters.
fn databases() -> Vec<String> {
    ["a`b; DROP", "`; DROP DATABASE mysql; -- `", "x' OR '1'='1", "-- \"\\", "\u{202e}drop", "ü".repeat(40).as_str()]
        .map(|name| format!("finnet-{}-{name}", std::process::id()))
        .into()
}

#[tokio::test]
async fn a_database_may_be_called_what_the_server_takes() {
    // Says so, and skips, where there is no server.
    with_database("hostile-databases", async |url| {
        for name in databases() {
            let url = url.with_database(&name).unwrap();
            // By its text too, as a flag has it.
            let shown = url.to_string();
            assert!(shown.is_ascii() && !shown.contains(['`', ' ', '\'', '"', ';']), "{shown}");
            assert_eq!(shown.parse::<DatabaseUrl>().unwrap().database(), name);

            create(&url, &network(), Create::Keep).await.unwrap();
            let mut store = Store::open(&url, "app1", &ids()).await.unwrap();
            assert_eq!(store.append(&[p11("2000-01-03", "1.00")], &[advance(0, None, 1)]).await.unwrap(), [Stored]);
            let error = store.append(&[], &[advance(0, None, 1)]).await.unwrap_err().to_string();
            assert!(!error.contains(['\u{202e}', '\n']), "{error}");
            create(&url, &network(), Create::Reset).await.unwrap();
            create(&url, &network(), Create::Keep).await.unwrap();
            let databases: Vec<String> = raw_server().await.query("SHOW DATABASES").await.unwrap();
            assert!(databases.contains(&name), "{name:?} not in {databases:?}");
            raw_server().await.query_drop(format!("DROP DATABASE `{}`", name.replace('`', "``"))).await.unwrap();
        }
        let tables: Option<u32> = raw_server().await.query_first("SELECT COUNT(*) > 0 FROM mysql.user").await.unwrap();
        assert_eq!(tables, Some(1), "the database mysql is there");
        for name in ["../../x", "a\0b", "a\nb", "\u{1b}[31m", "😀", &"x".repeat(10 * 1024), &"`".repeat(65), "x "] {
            assert_eq!(url.with_database(name), Err(UrlError::Database), "{name:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn texts_of_rows_are_texts() {
    with_database("hostile-texts", async |url| {
        for text in hostile() {
            let fits = text.len() < 1_000;
            let mut list: Vec<Investor> = network();
            list[0].city.clone_from(&text);
            match create(&url, &list, Create::Reset).await {
                Ok(_) => {
                    let city = "SELECT City FROM Investors WHERE Id = 1";
                    assert_eq!(raw(&url).await.query_first(city).await.unwrap(), Some(text.clone()));
                    assert!(fits);
                    // And in the message of who finds it there.
                    let error = create(&url, &network(), Create::Keep).await.unwrap_err();
                    let line = error.to_string();
                    assert!(matches!(error, Error::OtherRows { .. }), "{line}");
                    assert!(!line.contains(char::is_control) && !line.contains('\u{202e}'), "{line:?}");
                }
                Err(error) => assert!(matches!(error, Error::Refused { .. }) && !fits, "{error}"),
            }
            create(&url, &network(), Create::Reset).await.unwrap();

            let mut store = Store::open(&url, &text, &ids()).await.unwrap();
            let portfolios = Advance { topic: text.clone(), partition: 0, from: None, next: 1 };
            match store.append(&[p11("2000-01-03", "1.00")], &[portfolios]).await {
                Ok(outcomes) => assert_eq!((outcomes, fits), (vec![Stored], true)),
                Err(error) => assert!(matches!(error, Error::Refused { .. }) && !fits, "{error}"),
            }
            let again = Store::open(&url, &text, &ids()).await.unwrap();
            let topics: Vec<_> = again.positions().iter().map(|position| position.topic.as_str()).collect();
            assert_eq!(topics, if fits { vec![text.as_str()] } else { vec![] });
            let other = Store::open(&url, "app1", &ids()).await.unwrap();
            assert_eq!(other.positions(), [], "{text:?} is another group");
        }
    })
    .await;
}

#[tokio::test]
async fn names_in_the_tables_of_others_reach_no_statement() {
    with_database("hostile-tables", async |url| {
        create(&url, &network(), Create::Keep).await.unwrap();
        let mut raw = raw(&url).await;
        raw.query_drop("CREATE TABLE x (Id INT PRIMARY KEY)").await.unwrap();
        for (number, name) in ["x; DROP TABLE x", "x` , `x", "\u{1b}[31m\u{202e}x", "../../x"].iter().enumerate() {
            let row = (number + 10, name, "London");
            raw.exec_drop("INSERT INTO Investors VALUES (?, ?, ?)", row).await.unwrap();
            raw.exec_drop("INSERT INTO Portfolios VALUES (?, ?, 1)", (number + 10, name)).await.unwrap();
            raw.exec_drop("INSERT INTO Investors_Portfolios VALUES (?, ?)", (number + 10, number + 10)).await.unwrap();
        }
        let error = Store::open(&url, "app1", &ids()).await.unwrap_err();
        assert!(matches!(error, Error::OtherPortfolios { .. }), "{error:?}");
        let line = error.to_string();
        assert!(
            line.contains("DROP TABLE") && !line.contains(char::is_control) && !line.contains('\u{202e}'),
            "{line:?}"
        );
        // A reset drops finnet's tables, and takes no name of a row's for a table's.
        let created = create(&url, &network(), Create::Reset).await.unwrap();
        assert_eq!(created.dropped, ids().to_vec() as Vec<PortfolioId>);
        let tables: Vec<String> = raw.query("SHOW TABLES").await.unwrap();
        assert!(tables.contains(&"x".to_owned()), "{tables:?}");
    })
    .await;
}
