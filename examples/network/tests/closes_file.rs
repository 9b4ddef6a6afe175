//! Closes files: both forms, each way to break them, and the real closes that come with the program.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::NaiveDate;
use finnet_core::Symbol;
use finnet_network::closes_file::{Closes, Error, Problem, SP500_20};
use proptest::prelude::*;

fn parse(text: &str) -> Result<Closes, Error> {
    Closes::parse("closes.csv", text.as_bytes())
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Returns closes as `SYMBOL date price line` in the order of the file's stocks.
fn listed(closes: &Closes) -> Vec<String> {
    let rows =
        closes.symbols().flat_map(|symbol| closes.of(symbol.as_str()).unwrap().iter().map(move |row| (symbol, row)));
    rows.map(|(symbol, row)| format!("{symbol} {} {} {}", row.session, row.price, row.line)).collect()
}

#[test]
fn the_real_closes_are_read() {
    let closes = parse(SP500_20).unwrap();
    let symbols: Vec<_> = closes.symbols().map(|symbol| symbol.to_string()).collect();
    // The list and the count of data/README.md.
    assert_eq!(symbols.join(" "), "AAPL AMD BAC BBY CVX GE HD JNJ JPM KO LLY MRK MSFT PEP PFE PG RRC UNH WMT XOM");
    for symbol in symbols {
        let rows = closes.of(&symbol).unwrap();
        assert_eq!(rows.len(), 5_785, "{symbol}");
        assert_eq!((rows[0].session, rows[5_784].session), (date("2000-01-03"), date("2022-12-28")), "{symbol}");
        assert!(rows.iter().zip(2..).all(|(row, line)| row.line == line), "{symbol}");
    }
    let first = |symbol| closes.of(symbol).unwrap()[0].price.to_string();
    assert_eq!((first("AAPL").as_str(), first("XOM").as_str(), first("AMD").as_str()), ("0.849", "18.821", "15.50"));
}

#[test]
fn both_forms_say_the_same() {
    let expected = ["IBM 2000-01-03 116.00 2", "IBM 2000-01-04 112.0625 3", "A.B 2000-01-04 0.00000001 3"];
    let wide = "Date,IBM,A.B\n2000-01-03,116,\n2000-01-04,112.0625,0.00000001\n";
    assert_eq!(listed(&parse(wide).unwrap()), expected);
    for text in [
        wide.replace('\n', "\r\n"),
        format!("\u{feff}{wide}"),
        wide.trim_end().to_owned(),
        wide.replace("Date", "DATE"),
        wide.replace("2000-01-03", "\"2000-01-03\""),
        wide.replace(',', " , "),
    ] {
        assert_eq!(listed(&parse(&text).unwrap()), expected, "{text:?}");
    }
    let long = "CLOSE,Symbol,date\n116,IBM,2000-01-03\n112.0625,IBM,2000-01-04\n1e-8,A.B,2000-01-04\n";
    let expected = ["IBM 2000-01-03 116.00 2", "IBM 2000-01-04 112.0625 3", "A.B 2000-01-04 0.00000001 4"];
    assert_eq!(listed(&parse(long).unwrap()), expected);
}

#[test]
fn lines_are_counted_as_an_editor_does() {
    for newline in ["\n", "\r\n", "\r"] {
        let text = "\n\nDate,IBM\n\n2000-01-04,2\n  \n\n2000-01-03,1\n2000-01-05,x\n".replace('\n', newline);
        assert_eq!(parse(&text).unwrap_err().line(), Some(9), "{newline:?}");
        let rows = parse(&text.replace(",x", ",3")).unwrap();
        assert_eq!(
            listed(&rows),
            ["IBM 2000-01-03 1.00 8", "IBM 2000-01-04 2.00 5", "IBM 2000-01-05 3.00 9"],
            "{newline:?}"
        );
    }
    let quoted = "Date,IBM\n\"2000-01-03\",\"1\n\"\n2000-01-04,x\n";
    assert_eq!(parse(quoted).unwrap_err().line(), Some(4));
}

#[test]
fn each_fault_names_its_place() {
    for (text, message) in [
        ("", "closes.csv: empty: begin it with a header"),
        ("\n\r\n", "closes.csv: empty: begin it with a header"),
        ("2000-01-03,1\n", "closes.csv:1: no header: begin with Date,AAPL,MSFT"),
        ("IBM,Date\n", "closes.csv:1: no header"),
        ("Date\n2000-01-03\n", "closes.csv:1: no stock in the header"),
        ("Date,IBM\n", "closes.csv: no close in the file"),
        ("Date,IBM\n2000-01-03,\n", "closes.csv: no close in the file"),
        ("date,symbol,close\n", "closes.csv: no close in the file"),
        ("date,symbol,close,volume\n", "closes.csv:1: the columns are date, symbol and close"),
        ("Date,IBM,I B\n", "closes.csv:1: no ticker: \"I B\""),
        ("Date,IBM,\n", "closes.csv:1: no ticker: \"\""),
        ("Date,IBM,AAPL,IBM\n", "closes.csv:1: IBM has two columns"),
        ("Date,IBM\n2000-01-03,1,2\n", "closes.csv:2: 3 fields where the header has 2"),
        ("Date,IBM\n2000-01-03\n", "closes.csv:2: 1 fields where the header has 2"),
        ("Date,IBM\n2000-1-3,1\n", "closes.csv:2: no date: \"2000-1-3\"; write it as 2000-01-03"),
        ("Date,IBM\n2000-02-30,1\n", "closes.csv:2: no date: \"2000-02-30\""),
        ("Date,IBM\n2000-01-03 00:00,1\n", "closes.csv:2: no date: \"2000-01-03 00:00\""),
        ("Date,IBM\n2000-01-03,abc\n", "closes.csv:2: column IBM: no price: \"abc\" (not a decimal number)"),
        ("Date,A,IBM\n2000-01-03,1,0\n", "closes.csv:2: column IBM: no price: \"0\" (a price is above 0)"),
        ("Date,IBM\n2000-01-03,-1\n", "closes.csv:2: column IBM: no price: \"-1\""),
        ("Date,IBM\n2000-01-03,1.123456789\n", "too many digits after the point"),
        ("Date,IBM\n2000-01-03,NaN\n", "closes.csv:2: column IBM: no price: \"NaN\""),
        ("Date,IBM\n2000-01-03,\"1,000\"\n", "closes.csv:2: column IBM: no price: \"1,000\""),
        (
            "Date,IBM\n2000-01-03,1\n2000-01-04,1\n2000-01-03,1\n",
            "closes.csv:4: a second row for 2000-01-03, after line 2",
        ),
        ("Date,A,B\n2000-01-03,1,\n2000-01-03,,1\n", "closes.csv:3: a second row for 2000-01-03, after line 2"),
        ("date,symbol,close\n2000-01-03,IBM,\n", "closes.csv:2: column close: no price: \"\""),
        ("date,symbol,close\n2000-01-03,I M,1\n", "closes.csv:2: column symbol: no ticker: \"I M\""),
        ("date,symbol,close\nx,IBM,1\n", "closes.csv:2: column date: no date: \"x\""),
        (
            "date,symbol,close\n2000-01-03,A,1\n2000-01-03,B,1\n2000-01-03,B,1\n2000-01-03,A,2\n",
            "closes.csv:4: a second close of B for 2000-01-03, after line 3",
        ),
    ] {
        let error = parse(text).expect_err(text).to_string();
        assert!(error.contains(message) && !error.contains('\n'), "{text:?}: {error}");
    }
    let error = Closes::parse("closes.csv", b"Date,IBM\n2000-01-03,1\n2000-01-04,\xff\n").unwrap_err();
    assert!(matches!((error.line(), error.problem()), (Some(3), Problem::NotUtf8)), "{error}");
}

#[test]
fn a_fault_is_told_in_a_short_line_whatever_the_cell_holds() {
    let error = parse(&format!("Date,IBM\n2000-01-03,\"\u{1b}[31m\u{202e}{}\"\n", "x".repeat(1_000_000))).unwrap_err();
    let text = error.to_string();
    assert!(text.len() < 300 && !text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
}

/// What a stranger may write where a ticker, a date or a price is meant.
#[test]
fn hostile_cells_are_refused_and_shown_escaped() {
    let long = "x".repeat(10_000);
    let hidden = ['\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}'];
    for text in [
        "Inv1_P11; DROP TABLE Inv1_P11",
        "../../x",
        "a\0b",
        &long,
        "\u{202e}\u{200f}\u{61c}11P",
        "\u{1b}[2J\u{9b}31m",
        "a\r\nerror: all is well",
    ] {
        for (file, line) in [
            (format!("Date,\"{text}\"\n2000-01-03,1\n"), 1),
            (format!("Date,IBM\n\"{text}\",1\n"), 2),
            (format!("Date,IBM\n2000-01-03,\"{text}\"\n"), 2),
            (format!("date,symbol,close\n2000-01-03,\"{text}\",1\n"), 2),
            (format!("\"{text}\",date\n2000-01-03,1\n"), 1),
        ] {
            let error = parse(&file).expect_err(&file);
            let message = error.to_string();
            assert_eq!(error.line(), Some(line), "{message}");
            assert!(message.len() < 300 && !message.contains(hidden), "{message:?}");
            assert!(!message.contains(char::is_control), "{message:?}");
        }
        let message = Closes::parse(text, b"").unwrap_err().to_string();
        assert!(
            message.len() < 1_000 && !message.contains(hidden) && !message.contains(char::is_control),
            "{message:?}"
        );
    }
}

#[test]
fn a_date_that_is_no_session_is_named_by_its_line() {
    // Newest first: the line counts, not the date.
    let closes = parse("Date,IBM,AAPL\n2000-01-09,1,\n2000-01-04,1,\n2000-01-02,,2\n2000-01-01,,\n").unwrap();
    let check = |closed: &[&str]| closes.check_sessions(|day| !closed.contains(&day.to_string().as_str()));
    assert!(check(&[]).is_ok() && check(&["2000-01-03"]).is_ok());
    for (closed, line) in [(&["2000-01-02", "2000-01-09"][..], 2), (&["2000-01-02"], 4), (&["2000-01-01"], 5)] {
        let error = check(closed).unwrap_err();
        assert_eq!(error.line(), Some(line), "{error}");
        assert!(matches!(error.problem(), Problem::NoSession { .. }));
    }
    // An exchange answers for its own stocks alone.
    let ibm = closes.only(&[Symbol::new("IBM").unwrap()]).unwrap();
    assert!(ibm.check_sessions(|day| day != date("2000-01-02")).is_ok());
    assert!(closes.only(&[Symbol::new("MSFT").unwrap()]).unwrap_err().to_string().contains("no close of MSFT"));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("closes.csv");
    let error = Closes::read(&path).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}: cannot be read: ", path.display())), "{error}");
    assert!(matches!(Closes::read(folder.path()).unwrap_err().problem(), Problem::Unreadable(_)));
    std::fs::write(&path, "Date,IBM\n2000-01-03,1\n").unwrap();
    assert_eq!(listed(&Closes::read(&path).unwrap()), ["IBM 2000-01-03 1.00 2"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..60), header in prop::bool::ANY) {
        let text = [if header { b"Date,IBM\n".as_slice() } else { b"" }, &bytes].concat();
        let _ = Closes::parse("closes.csv", &text);
    }

    #[test]
    fn no_text_panics(body in "(2000-01-0[1-9]|[A-C]|[0-9.,\"\r\n\u{0}\u{1b} -]){0,30}", form in 0..2_usize) {
        let header = ["Date,A,B\n", "date,symbol,close\n"][form];
        if let Err(error) = parse(&format!("{header}{body}")) {
            prop_assert!(!error.to_string().contains(char::is_control), "{:?}", error);
        }
    }

    /// Any set of closes comes back from both forms, whatever the order of the rows.
    #[test]
    fn closes_come_back(set in prop::collection::btree_map((0_u64..40, 0..3_usize), 1_u64..1_000_000, 1..15), newest_first: bool) {
        let symbols = ["AAA", "BBB", "CCC"];
        let day = |number: u64| date("2000-01-01") + chrono::Days::new(number);
        let price = |units: u64| format!("{}.{:03}", units / 1_000, units % 1_000);
        let mut by_day: BTreeMap<u64, [String; 3]> = BTreeMap::new();
        for ((number, stock), units) in &set {
            by_day.entry(*number).or_default()[*stock] = price(*units);
        }
        let mut wide: Vec<String> = by_day.iter().map(|(number, cells)| format!("{},{}", day(*number), cells.join(","))).collect();
        let mut long: Vec<String> =
            set.iter().map(|((number, stock), units)| format!("{},{},{}", day(*number), symbols[*stock], price(*units))).collect();
        if newest_first {
            wide.reverse();
            long.reverse();
        }
        let wide = parse(&format!("Date,AAA,BBB,CCC\n{}", wide.join("\n"))).unwrap();
        let long = parse(&format!("date,symbol,close\n{}", long.join("\r\n"))).unwrap();
        for (stock, symbol) in symbols.iter().enumerate() {
            let mut expected = String::new();
            for ((number, _), units) in set.iter().filter(|((_, of), _)| *of == stock) {
                writeln!(expected, "{} {}", day(*number), price(*units).parse::<finnet_core::Price>().unwrap()).unwrap();
            }
            for closes in [&wide, &long] {
                let mut found = String::new();
                for row in closes.of(symbol).unwrap_or_default() {
                    writeln!(found, "{} {}", row.session, row.price).unwrap();
                }
                prop_assert_eq!(&found, &expected);
            }
        }
    }
}
