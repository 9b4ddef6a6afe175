//! What becomes of rows: outcomes within a batch and across, exact values back, portfolios that differ.

use std::collections::HashMap;

use finnet_core::{Amount, Valuation};
use finnet_mysql::Outcome::{Contradicting, OutOfRange, Repeated, Stored};
use finnet_mysql::{Create, Error, Outcome, Row, Store, create};
use mysql_async::prelude::Queryable;

use crate::scratch::{advance, id, ids, network, p11, raw, store, valuation, with_database};

#[tokio::test]
async fn the_first_row_of_a_date_stands() {
    with_database("first-stands", async |url| {
        let mut store = store(&url).await;
        let batch = [
            p11("2000-01-03", "100.00"),
            p11("2000-01-05", "102.00"),
            p11("2000-01-03", "100.00000000"),
            p11("2000-01-05", "102.00000001"),
            p11("2000-01-06", "123456789012345678901.00"),
        ];
        let outcomes = store.append(&batch, &[advance(0, None, 5)]).await.unwrap();
        assert_eq!(outcomes, [Stored, Stored, Repeated, Contradicting, OutOfRange]);
        assert_eq!(store.last_session(&ids()[0]), Some("2000-01-05".parse().unwrap()));

        // Across batches; the 4th is an older date that is not there yet; each of the three numbers counts.
        let mut percent = p11("2000-01-03", "100.00");
        percent.valuation.change_pct = Some("0.01".parse().unwrap());
        let mut change = p11("2000-01-03", "100.00");
        change.valuation.change = Some(Amount::ZERO);
        let batch =
            [p11("2000-01-03", "100.00"), percent, change, p11("2000-01-04", "101.00"), p11("2000-01-07", "103.00")];
        let outcomes = store.append(&batch, &[advance(0, 5, 10)]).await.unwrap();
        assert_eq!(outcomes, [Repeated, Contradicting, Contradicting, Stored, Stored]);

        // And for one that was opened later.
        let mut later = Store::open(&url, "app1", &ids()).await.unwrap();
        assert_eq!(later.positions()[0].next, 10);
        let outcomes = later.append(&[p11("2000-01-04", "101.00"), p11("2000-01-04", "9.00")], &[]).await.unwrap();
        assert_eq!(outcomes, [Repeated, Contradicting]);
        let values: Vec<_> =
            later.valuations(&ids()[0]).await.unwrap().iter().map(|row| row.value.to_string()).collect();
        assert_eq!(values, ["100.00", "101.00", "102.00", "103.00"]);
        assert_eq!(later.append(&[], &[]).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn values_come_back_to_the_last_digit() {
    with_database("exact", async |url| {
        let mut store = store(&url).await;
        let rows = [
            valuation("1000-01-01", "2763383.00", "", ""),
            valuation("2000-01-03", "99999999999999999999.99999999", "-99999999999999999999.99999999", "9999999999.99"),
            valuation("2000-01-04", "-99999999999999999999.99999999", "0.00000001", "-9999999999.99"),
            valuation("2000-01-05", "0.00", "-0.00000001", "0.01"),
            valuation("2000-02-29", "0.1", "0.00", "0.00"),
            valuation("9999-12-31", "1234567.12345678", "", "-0.01"),
        ];
        let batch = rows.map(|valuation| Row { portfolio: ids()[1], valuation });
        assert_eq!(store.append(&batch, &[]).await.unwrap(), [Stored; 6]);
        assert_eq!(store.valuations(&ids()[1]).await.unwrap(), rows);
        assert_eq!(store.append(&batch, &[]).await.unwrap(), [Repeated; 6]);

        let mut raw = raw(&url).await;
        let row: (String, String, Option<String>, Option<String>) = raw
            .query_first(
                "SELECT CAST(As_Of AS CHAR), CAST(Evaluation AS CHAR), CAST(Daily_Evaluation_Change AS CHAR), \
                          CAST(Daily_Evaluation_Change_Percentage AS CHAR) FROM Inv1_P12 WHERE As_Of = '2000-01-03'",
            )
            .await
            .unwrap()
            .unwrap();
        assert_eq!(row.1, "99999999999999999999.99999999");
        assert_eq!(row.2.as_deref(), Some("-99999999999999999999.99999999"));
        assert_eq!(row.3.as_deref(), Some("9999999999.99"));
        let nulls: Option<i64> =
            raw.query_first("SELECT COUNT(*) FROM Inv1_P12 WHERE Daily_Evaluation_Change IS NULL").await.unwrap();
        assert_eq!(nulls, Some(2));
    })
    .await;
}

#[tokio::test]
async fn any_cut_into_batches_gives_the_outcomes_of_a_map() {
    with_database("cuts", async |url| {
        let mut store = store(&url).await;
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut random = move |below: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % below
        };
        let first: chrono::NaiveDate = "2000-01-03".parse().unwrap();
        let mut model: HashMap<_, Valuation> = HashMap::new();
        for _ in 0..40 {
            let (mut batch, mut expected) = (Vec::new(), Vec::new());
            for _ in 0..random(200) {
                let portfolio = ids()[usize::try_from(random(3)).unwrap()];
                let session = first + chrono::Days::new(random(900));
                let valuation = Valuation::after(None, session, Amount::from_units(i128::from(random(2))));
                let standing = *model.entry((portfolio, session)).or_insert_with(|| {
                    expected.push(Stored);
                    valuation
                });
                if expected.len() == batch.len() {
                    expected.push(if standing == valuation { Repeated } else { Contradicting });
                }
                batch.push(Row { portfolio, valuation });
            }
            assert_eq!(store.append(&batch, &[]).await.unwrap(), expected);
        }
        for portfolio in ids() {
            let mut rows: Vec<_> =
                model.iter().filter(|((of, _), _)| *of == portfolio).map(|(_, &valuation)| valuation).collect();
            rows.sort_by_key(|row| row.session);
            assert_eq!(store.valuations(&portfolio).await.unwrap(), rows);
        }
    })
    .await;
}

#[tokio::test]
async fn ten_thousand_rows_and_their_repetition_fit() {
    with_database("many", async |url| {
        let mut store = store(&url).await;
        let first: chrono::NaiveDate = "1900-01-01".parse().unwrap();
        let value: Amount = "-12345678901234567890.12345678".parse().unwrap();
        let row = |day: u64| Row {
            portfolio: ids()[0],
            valuation: Valuation {
                change: Some(value),
                ..Valuation::after(None, first + chrono::Days::new(day), value)
            },
        };
        let batch: Vec<_> = (0..10_000).map(row).collect();
        assert_eq!(store.append(&batch, &[]).await.unwrap(), vec![Outcome::Stored; 10_000]);
        assert_eq!(store.append(&batch, &[]).await.unwrap(), vec![Outcome::Repeated; 10_000]);
        assert_eq!(store.valuations(&ids()[0]).await.unwrap().len(), 10_000);
    })
    .await;
}

#[tokio::test]
async fn other_portfolios_are_refused_by_name() {
    with_database("others", async |url| {
        create(&url, &network(), Create::Keep).await.unwrap();
        let refused = async |portfolios: &[_]| Store::open(&url, "app1", portfolios).await.unwrap_err().to_string();
        let text = refused(&ids()[..2]).await;
        assert!(text.contains("has other portfolios") && text.contains("Inv2_P21"), "{text}");
        let more = [ids().as_slice(), &[id("Inv3", "P31")]].concat();
        let text = refused(&more).await;
        assert!(text.contains("lacks Inv3_P31: run investors-db"), "{text}");
        let text = refused(&[ids()[0], ids()[1], id("Inv2", "P22")]).await;
        assert!(text.contains("Inv2_P21") && text.contains("lacks Inv2_P22"), "{text}");

        let mut store = Store::open(&url, "app1", &ids()).await.unwrap();
        let stranger = Row { portfolio: id("Inv3", "P31"), valuation: p11("2000-01-03", "1.00").valuation };
        let error = store.append(&[p11("2000-01-03", "1.00"), stranger], &[]).await.unwrap_err();
        assert!(matches!(error, Error::UnknownPortfolio(_)), "{error}");
        assert_eq!(store.valuations(&ids()[0]).await.unwrap(), []);
    })
    .await;
}
