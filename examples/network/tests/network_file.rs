//! The network file against the tables of the network's contract, each rule it may break, and noise.

use std::fmt::Write as _;
use std::path::Path;

use finnet_core::price::{self, Gbm, Heston, MeanBlock, Merton, Ou, PerYear};
use finnet_core::{Price, Symbol};
use finnet_network::network_file::{BUILT_IN, Clock, Error, MAX_BYTES, Model, ModelProblem, Network, Problem, Source};
use proptest::prelude::*;

/// What the contract says of the default network, in its own order.
const SE1: &str = "IBM 128.25, AAPL 151.60, FB 184.51, AMZN 93.55, GOOG 93.86, META 184.51, MSI 265.96, INTC 25.53, \
                   AMD 82.11, MSFT 254.15, DELL 38.00, ORKL 88.36";
const SE2: &str = "HPQ 27.66, CSCO 48.91, ZM 69.65, QCOM 119.19, ADBE 344.80, VZ 37.91, TXN 172.06, CRM 182.32, \
                   AVGO 625.15, NVDA 232.88, VMW 120.05, EBAY 43.98";
const PORTFOLIOS: [(&str, &str); 6] = [
    ("Inv1_P11", "IBM 1300, AAPL 2200, FB 1900, AMZN 2500, GOOG 1900, AVGO 2400"),
    ("Inv1_P12", "VZ 2900, INTC 2600, AMD 2100, MSFT 1200, DELL 2700, ORKL 1200"),
    ("Inv2_P21", "HPQ 1600, CSCO 1700, ZM 1900, QCOM 2100, ADBE 2800, VZ 1700"),
    ("Inv2_P22", "TXN 1400, CRM 2600, AVGO 1700, NVDA 1800, VMW 2600, EBAY 1800"),
    ("Inv3_P31", "HPQ 2200, ZM 1800, DELL 2400, NVDA 1200, IBM 1900, INTC 1600"),
    ("Inv3_P32", "VZ 1800, AVGO 2900, EBAY 1600, AAPL 2200, DELL 2500, ORKL 2000"),
];

/// A network of every kind of key, which the tests below break one place at a time.
const GOOD: &str = r#"first_session = 2000-01-03

[[exchange]]
name = "SE1"
calendar = "XNYS"
model = "uniform"
[exchange.stocks]
IBM = "128.25"
AAPL = "151.60"

[[exchange]]
name = "SE2"
calendar = "XETR"
model = { replay = "builtin:sp500_20.csv" }
stocks = ["MSFT", "XOM"]

[[investor]]
name = "Inv1"
city = "London"
[investor.portfolios.P11]
IBM = 1300
MSFT = -200
[investor.portfolios.P12]
XOM = 1

[[investor]]
name = "Inv2"
city = "São Paulo"
[investor.portfolios.P21]
AAPL = 7
"#;

/// An exchange whose prices have paths, in place of the first of [`GOOD`].
const PATHS: &str = r#"first_session = 2000-01-03

[[exchange]]
name = "SE1"
calendar = "XNYS"
model = { merton = { drift = 0.07, volatility = 0.2, intensity = 2, jump_mean = -0.05, jump_deviation = 0.1 } }
clock = { sessions_per_year = 252 }
correlation = [[1, 0.3], [0.3, 1.0]]
[exchange.stocks]
IBM = "128.25"
AAPL = { start = "151.60", volatility = 0.31, intensity = 0 }

[[investor]]
name = "Inv1"
city = "London"
[investor.portfolios.P11]
IBM = 1300
"#;

fn known(code: &str) -> Result<(), String> {
    if ["XNYS", "XETR"].contains(&code) { Ok(()) } else { Err("known are XNYS, XETR".to_owned()) }
}

fn parse(text: &str) -> Result<Network, Error> {
    Network::parse(Path::new("net.toml"), text, known)
}

#[test]
fn the_default_is_the_contracts() {
    let network = Network::open(Path::new("itc6107"), known).unwrap();
    assert_eq!((network.name.as_str(), network.first_session.to_string().as_str()), ("itc6107", "2000-01-01"));
    for (exchange, (name, table)) in network.exchanges.iter().zip([("SE1", SE1), ("SE2", SE2)]) {
        let Model::Uniform { base } = &exchange.model else { panic!("{name} is not uniform") };
        let listed = exchange.stocks.iter().zip(base).map(|(stock, base)| format!("{stock} {base}"));
        assert_eq!(listed.collect::<Vec<_>>().join(", "), table);
        assert_eq!((exchange.name.as_str(), exchange.calendar.as_str()), (name, "XNYS"));
    }
    let cities: Vec<_> = network.investors.iter().map(|investor| investor.city.as_str()).collect();
    assert_eq!(cities, ["London", "New York", "Paris"]);
    let ids = network.portfolios().map(|id| id.to_string());
    let holdings = network.investors.iter().flat_map(|investor| &investor.portfolios).map(|portfolio| {
        let holdings = portfolio.holdings.iter().map(|(symbol, quantity)| format!("{symbol} {quantity}"));
        holdings.collect::<Vec<_>>().join(", ")
    });
    assert_eq!(ids.zip(holdings).collect::<Vec<_>>(), PORTFOLIOS.map(|(id, held)| (id.to_owned(), held.to_owned())));
}

#[test]
fn sp500_replays_its_twenty_stocks() {
    let network = Network::open(Path::new("sp500"), known).unwrap();
    assert_eq!(network.stocks().len(), 20);
    for exchange in &network.exchanges {
        let Model::Replay { source } = &exchange.model else { panic!("{} does not replay", exchange.name) };
        let closes = source.closes(&exchange.stocks).unwrap();
        assert_eq!(closes.symbols().collect::<Vec<_>>(), exchange.stocks);
        assert!(exchange.stocks.iter().all(|stock| closes.of(stock.as_str()).unwrap().len() == 5_785));
    }
    let ibm = Symbol::new("IBM").unwrap();
    let Model::Replay { source } = &network.exchanges[0].model else { panic!("SE1 does not replay") };
    assert!(source.closes(&[ibm]).unwrap_err().to_string().contains("no close of IBM"));
}

#[test]
fn a_network_answers_by_name_and_number() {
    let network = parse(GOOD).unwrap();
    assert_eq!(network.name, "net");
    for which in ["2", "Inv2", "INV2"] {
        let (number, investor) = network.investor(which).unwrap();
        assert_eq!((number, investor.city.as_str()), (2, "São Paulo"));
    }
    for which in ["0", "3", "-1", "", "Inv", "99999999999999999999"] {
        assert!(network.investor(which).is_none(), "{which}");
    }
    assert_eq!(network.exchange("se2").map(|exchange| exchange.calendar.as_str()), Some("XETR"));
    let of = |ticker| network.exchange_of(Symbol::new(ticker).unwrap()).map(|exchange| exchange.name.to_string());
    assert_eq!((of("XOM"), of("IBM"), of("ibm")), (Some("SE2".to_owned()), Some("SE1".to_owned()), None));
    let Model::Uniform { base } = &network.exchanges[0].model else { panic!("SE1 is not uniform") };
    assert_eq!(base, &["128.25", "151.60"].map(|price| price.parse::<Price>().unwrap()));
    assert_eq!(network.exchanges[1].model, Model::Replay { source: Source::BuiltIn(0) });
}

/// Each case replaces the first `old` of [`GOOD`]; line and column are counted by hand.
#[test]
fn each_rule_names_the_place_and_the_remedy() {
    let high = format!("IBM = \"{}\"", "9".repeat(12));
    let long = format!("name = \"{}\"", "x".repeat(31));
    let city = format!("city = \"{}\"", "x".repeat(61));
    let cases: &[(&str, &str, &str, &str)] = &[
        ("first_session = 2000-01-03\n", "", "1:1", "first_session is missing: add first_session = 2000-01-03"),
        ("2000-01-03", "\"2000-01-03\"", "1:17", "not text in quotes"),
        ("2000-01-03", "2000-01-03T10:00:00", "1:17", "a date without quotes and time"),
        ("2000-01-03", "2000-01-32", "1:17", "not TOML: invalid date"),
        ("first_session", "first_sesion", "1:1", "unknown key first_sesion: did you mean first_session?"),
        ("calendar =", "color = 1\ncalendar =", "5:1", "those that may stand here are name, calendar, model, clock"),
        ("name = \"SE1\"\n", "", "3:1", "name is missing: add name = \"SE1\""),
        ("name = \"SE1\"", "name = 1", "4:8", "write a name in quotes here, not a whole number"),
        ("name = \"SE1\"", "name = \"SE_1\"", "4:8", "no name: \"SE_1\" (a name may not hold '_' at byte 2)"),
        ("name = \"Inv1\"", &long, "18:8", "longer than 30"),
        ("name = \"SE2\"", "name = \"se1\"", "12:8", "the name se1 stands on line 4 already"),
        ("name = \"Inv2\"", "name = \"INV1\"", "27:8", "the name INV1 stands on line 18 already"),
        ("[investor.portfolios.P21]", "[investor.portfolios.p11]", "29:22", "the name p11 stands on line 20 already"),
        ("[investor.portfolios.P12]", "[investor.portfolios.P11]", "23:22", "a second P11 in one table: take one out"),
        ("[investor.portfolios.P12]", "[investor.portfolios.\"1\"]", "23:22", "no name: \"1\""),
        ("\"XNYS\"", "\"XNYX\"", "5:12", "no calendar XNYX: known are XNYS, XETR"),
        ("\"uniform\"", "\"unform\"", "6:9", "unknown model unform: write model = \"uniform\""),
        ("\"uniform\"", "1.5", "6:9", "not a number with a point"),
        ("{ replay =", "{ rerun =", "14:11", "unknown key rerun"),
        ("{ replay = \"builtin:sp500_20.csv\" }", "{}", "14:9", "an exchange has one model: write one of replay"),
        (
            "builtin:sp500_20.csv",
            "builtin:sp500.csv",
            "14:20",
            "no closes file sp500.csv is built in: those are sp500_20.csv",
        ),
        ("builtin:sp500_20.csv", "nowhere.csv", "14:20", "cannot read nowhere.csv: No such file"),
        ("\"uniform\"", "{ replay = \"builtin:sp500_20.csv\" }", "7:1", "stocks = [\"IBM\", \"AAPL\"]"),
        ("{ replay = \"builtin:sp500_20.csv\" }", "\"uniform\"", "15:10", "needs a price a stock"),
        ("[\"MSFT\", \"XOM\"]", "[]", "15:10", "an exchange lists at least one stock"),
        ("IBM = \"128.25\"\nAAPL = \"151.60\"\n", "", "7:1", "an exchange lists at least one stock"),
        ("\"XOM\"]", "1]", "15:19", "write a ticker in quotes here, not a whole number"),
        ("\"XOM\"]", "\"MSFT\"]", "15:19", "MSFT is listed on line 15 already: take one out"),
        ("\"XOM\"]", "\"IBM\"]", "15:19", "IBM is listed on line 8 already: take one out"),
        ("\"XOM\"]", "\"X M\"]", "15:19", "no ticker: \"X M\""),
        ("AAPL = \"151.60\"", "IBM = \"1\"", "9:1", "a second IBM in one table: take one out"),
        ("\"128.25\"", "128.25", "8:7", "put the price in quotes, so that it stays exact: \"128.25\""),
        ("\"128.25\"", "128", "8:7", "put the price in quotes, so that it stays exact: \"128\""),
        ("\"128.25\"", "true", "8:7", "write a price in quotes"),
        ("\"128.25\"", "\"0\"", "8:7", "a price is above 0"),
        ("\"128.25\"", "\"-1\"", "8:7", "a price is above 0"),
        ("\"128.25\"", "\"1.123456789\"", "8:7", "too many digits after the point"),
        ("\"128.25\"", "\"1000000000000\"", "8:7", "too many digits before the point"),
        ("\"128.25\"", "\"128,25\"", "8:7", "not a decimal number"),
        ("\"128.25\"", "\"0.00999999\"", "8:7", "a base price is at least 0.01"),
        ("IBM = \"128.25\"", &high, "8:7", "a base price is at most"),
        ("IBM = \"128.25\"", "BRK.B = \"128.25\"", "8:1", "put a ticker with a point in quotes: \"BRK.B\""),
        ("city = \"London\"\n", "", "17:1", "city is missing"),
        ("\"London\"", "\"\"", "19:8", "a city is 1 to 60 characters"),
        ("\"London\"", "\"Lon\\u001Bdon\"", "19:8", "a city is 1 to 60 characters"),
        ("city = \"London\"", &city, "19:8", "a city is 1 to 60 characters"),
        ("IBM = 1300\nMSFT = -200\n", "", "20:22", "a portfolio holds at least one stock"),
        ("[investor.portfolios.P21]\nAAPL = 7\n", "[investor.portfolios]\n", "29:1", "at least one portfolio"),
        ("[investor.portfolios.P21]\nAAPL = 7\n", "", "26:1", "portfolios is missing"),
        ("IBM = 1300", "IBN = 1300", "21:1", "unknown stock IBN, no exchange lists it: did you mean IBM?"),
        ("IBM = 1300", "TSLA = 1300", "21:1", "unknown stock TSLA, no exchange lists it: add it to one"),
        ("MSFT = -200", "IBM = -200", "22:1", "a second IBM in one table: take one out"),
        ("= 1300", "= 0", "21:7", "a quantity is not 0"),
        ("= 1300", "= 1300.0", "21:7", "a whole number of up to 12 digits"),
        ("= 1300", "= 1000000000000", "21:7", "too many digits"),
        ("= 1300", "= -99999999999999999999", "21:7", "too many digits"),
        ("= 1300", "= \"1300\"", "21:7", "write a whole number without quotes, 1300, here"),
        ("IBM = 1300", "IBM.X = 1300", "21:1", "put a ticker with a point in quotes"),
        ("IBM = 1300", "IBM 1300", "21:5", "not TOML"),
        ("[[investor]]\nname = \"Inv1\"", "[investor]\nname = \"Inv1\"", "26:3", "a second investor in one table"),
    ];
    for (old, new, place, message) in cases {
        assert!(GOOD.contains(old), "{old}");
        let error = parse(&GOOD.replacen(old, new, 1)).expect_err(new).to_string();
        let lines: Vec<&str> = error.lines().collect();
        assert!(lines[0].starts_with(&format!("net.toml:{place}: ")), "{new}: {error}");
        assert!(lines[0].contains(message), "{new}: {error}");
        assert!(lines.len() == 4 && lines[3].ends_with('^'), "{new}: {error}");
    }
}

#[test]
fn models_with_a_path_are_read() {
    let network = parse(PATHS).unwrap();
    let price = |text: &str| text.parse::<Price>().unwrap();
    let of_ibm = Merton {
        start: price("128.25"),
        drift: PerYear(0.07),
        volatility: PerYear(0.2),
        intensity: PerYear(2.0),
        jump_mean: -0.05,
        jump_deviation: 0.1,
    };
    let of_aapl = Merton { start: price("151.60"), volatility: PerYear(0.31), intensity: PerYear(0.0), ..of_ibm };
    let expected = Model::Paths {
        clock: Clock::Sessions { per_year: 252.0 },
        models: vec![of_ibm.into(), of_aapl.into()],
        correlation: vec![vec![1.0, 0.3], vec![0.3, 1.0]],
    };
    assert_eq!(network.exchanges[0].model, expected);
    assert_eq!(network.exchanges[0].stocks, ["IBM", "AAPL"].map(|ticker| Symbol::new(ticker).unwrap()));

    let merton = PATHS.lines().find(|line| line.starts_with("model")).unwrap();
    let gbm = PATHS.replace(merton, "model = { gbm = { drift = -1e-2, volatility = 0 } }");
    let gbm = gbm.replace(", intensity = 0", "").replace("{ sessions_per_year = 252 }", "{ days_per_year = 365.25 }");
    let gbm = gbm.replace("correlation = [[1, 0.3], [0.3, 1.0]]", "correlation = -0.5");
    let of = |start, volatility| {
        price::Model::from(Gbm { start: price(start), drift: PerYear(-0.01), volatility: PerYear(volatility) })
    };
    let expected = Model::Paths {
        clock: Clock::Days { per_year: 365.25 },
        models: vec![of("128.25", 0.0), of("151.60", 0.31)],
        correlation: vec![vec![1.0, -0.5], vec![-0.5, 1.0]],
    };
    assert_eq!(parse(&gbm).unwrap().exchanges[0].model, expected);

    let ou = PATHS.replace(merton, "model = { ou = { level = \"70\", reversion = 3, volatility = 0.3 } }");
    let ou = ou.replace("intensity = 0", "level = \"90\"").replace("correlation = [[1, 0.3], [0.3, 1.0]]\n", "");
    let of = |start, level, volatility| {
        let [start, level] = [start, level].map(price);
        price::Model::from(Ou { start, level, reversion: PerYear(3.0), volatility: PerYear(volatility) })
    };
    let expected = Model::Paths {
        clock: Clock::Sessions { per_year: 252.0 },
        models: vec![of("128.25", "70", 0.3), of("151.60", "90", 0.31)],
        correlation: vec![],
    };
    assert_eq!(parse(&ou).unwrap().exchanges[0].model, expected);
}

#[test]
fn heston_and_bootstrap_are_read() {
    let price = |text: &str| text.parse::<Price>().unwrap();
    let merton = PATHS.lines().find(|line| line.starts_with("model")).unwrap();
    let heston = PATHS.replace(
        merton,
        "model = { heston = { drift = 0.07, initial_variance = 0.04, long_run_variance = 0.05, mean_reversion = 2, \
         vol_of_vol = 0.4, correlation = -0.7 } }",
    );
    let heston = heston.replace("volatility = 0.31, intensity = 0", "vol_of_vol = 0.3");
    let of_ibm = Heston {
        start: price("128.25"),
        drift: PerYear(0.07),
        initial_variance: PerYear(0.04),
        long_run_variance: PerYear(0.05),
        mean_reversion: PerYear(2.0),
        vol_of_vol: PerYear(0.4),
        correlation: -0.7,
    };
    let of_aapl = Heston { start: price("151.60"), vol_of_vol: PerYear(0.3), ..of_ibm };
    let Model::Paths { models, .. } = &parse(&heston).unwrap().exchanges[0].model else { panic!("no paths") };
    assert_eq!(models, &[of_ibm.into(), of_aapl.into()]);
    let bad = parse(&heston.replace("correlation = -0.7", "correlation = -1.7")).unwrap_err().to_string();
    assert!(bad.starts_with("net.toml:10:7: no market can be made of this"), "{bad}");

    let bootstrap =
        GOOD.replace("\"uniform\"", "{ bootstrap = { closes = \"builtin:sp500_20.csv\", mean_block = 21 } }");
    let expected = Model::Bootstrap {
        source: Source::BuiltIn(0),
        mean_block: MeanBlock(21),
        start: vec![price("128.25"), price("151.60")],
    };
    assert_eq!(parse(&bootstrap).unwrap().exchanges[0].model, expected);
    for (old, new, place, message) in [
        ("21", "-1", "6:71", "a mean block is a number of sessions"),
        ("21", "\"21\"", "6:71", "write a number of sessions, 21, here, not text in quotes"),
        (", mean_block = 21", "", "6:23", "mean_block is missing: add mean_block = 21"),
        ("sp500_20.csv", "sp501.csv", "6:34", "no closes file sp501.csv is built in"),
        ("IBM = \"128.25\"\nAAPL = \"151.60\"\n", "", "7:1", "an exchange lists at least one stock"),
    ] {
        let error = parse(&bootstrap.replacen(old, new, 1)).expect_err(new).to_string();
        assert!(error.starts_with(&format!("net.toml:{place}: ")) && error.contains(message), "{new}: {error}");
    }
}

/// What the documentation shows is a network.
#[test]
fn the_documented_file_is_read() {
    let docs = include_str!("../src/network_file.rs");
    let (_, rest) = docs.split_once("//! ```toml\n").expect("an example");
    let (example, _) = rest.split_once("//! ```").expect("its end");
    let lines: Vec<_> = example.lines().map(|line| line.trim_start_matches("//!")).collect();
    let text = lines.join("\n");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("closes.csv"), "").expect("a file");
    let any = |_: &str| Ok(());
    let network = Network::parse(&folder.path().join("net.toml"), &text, any).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(network.exchanges.len(), 4);
}

/// As above, of [`PATHS`].
#[test]
fn each_rule_of_a_model_names_the_place_and_the_remedy() {
    let cases: &[(&str, &str, &str, &str)] = &[
        ("merton =", "mertn =", "6:11", "unknown key mertn: did you mean merton?"),
        (
            "{ merton",
            "{ replay = \"x.csv\", merton",
            "6:9",
            "an exchange has one model: write one of replay, bootstrap, gbm",
        ),
        ("drift = 0.07, ", "", "6:20", "drift is missing: add it to the model, or to each stock"),
        ("drift = 0.07, ", "drft = 0.07, ", "6:22", "unknown key drft: did you mean drift?"),
        ("drift = 0.07", "drift = \"0.07\"", "6:30", "write a number, 0.07, here, not text in quotes"),
        ("drift = 0.07", "drift = nan", "10:7", "no market can be made of this: the drift is not within +-10^9"),
        ("volatility = 0.2,", "volatility = -0.2,", "10:7", "the volatility is below 0"),
        ("volatility = 0.31", "volatility = inf", "11:8", "the volatility is not within +-10^9"),
        ("clock = { sessions_per_year = 252 }\n", "", "3:1", "clock is missing: add clock = { sessions_per_year"),
        ("sessions_per_year = 252", "sessions_per_year = 0", "7:9", "the number of ticks in a year is not above 0"),
        ("sessions_per_year = 252", "", "7:9", "or { days_per_year = 365 } here, not neither"),
        ("sessions_per_year = 252", "sessions_per_year = 252, days_per_year = 365", "7:9", "here, not both"),
        ("[[1, 0.3], [0.3, 1.0]]", "[[1, 0.3]]", "8:15", "1 rows of correlations for 2 stocks"),
        ("[[1, 0.3], [0.3, 1.0]]", "[1, 0.3]", "8:16", "write a row of correlations, [1, 0.3], here"),
        ("[[1, 0.3], [0.3, 1.0]]", "1", "8:15", "not positive definite"),
        ("[[1, 0.3], [0.3, 1.0]]", "[[1, 0.3], [0.4, 1]]", "8:15", "of the correlations differ"),
        ("start = \"151.60\"", "start = 151.60", "11:18", "put the price in quotes"),
        ("IBM = \"128.25\"", "IBM = 128.25", "10:7", "put the price in quotes"),
        ("IBM = \"128.25\"", "IBM = {}", "10:1", "put a ticker with a point in quotes"),
        ("intensity = 0 }", "city = 0 }", "11:47", "unknown key city: those that may stand here are start, drift"),
        ("AAPL = {", "IBM = {", "11:1", "a second IBM in one table"),
    ];
    for (old, new, place, message) in cases {
        assert!(PATHS.contains(old), "{old}");
        let error = parse(&PATHS.replacen(old, new, 1)).expect_err(new).to_string();
        assert!(error.starts_with(&format!("net.toml:{place}: ")), "{new}: {error}");
        assert!(error.contains(message), "{new}: {error}");
    }
    for key in ["clock = { sessions_per_year = 252 }", "correlation = 0.5"] {
        let error = parse(&GOOD.replacen("model =", &format!("{key}\nmodel ="), 1)).unwrap_err();
        assert!(matches!(error.problem(), Problem::Model(ModelProblem::NoPath)), "{error}");
    }
}

#[test]
fn a_whole_error_reads_like_this() {
    let error = parse(&GOOD.replacen("IBM = 1300", "IBN = 1300", 1)).unwrap_err();
    let text =
        "net.toml:21:1: unknown stock IBN, no exchange lists it: did you mean IBM?\n   |\n21 | IBN = 1300\n   | ^^^";
    assert_eq!(error.to_string(), text);
    let place = error.place().unwrap();
    assert_eq!((place.line, place.column), (21, 1));
    assert!(matches!(error.problem(), Problem::UnknownStock { near: Some(near), .. } if near.as_str() == "IBM"));
}

#[test]
fn a_network_has_an_exchange_and_an_investor() {
    for (text, message) in [
        ("first_session = 2000-01-03", "there is no [[exchange]]: add one"),
        ("first_session = 2000-01-03\nexchange = []", "there is no [[exchange]]: add one"),
        ("first_session = 2000-01-03\n[exchange]", "write [[exchange]] here, not a single table"),
        ("first_session = 2000-01-03\nexchange = [1]", "write a table [[exchange]] here, not a whole number"),
        (GOOD.split("[[investor]]").next().unwrap(), "there is no [[investor]]: add one"),
    ] {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn the_table_that_joins_investors_and_portfolios_stays_free() {
    let text = GOOD.replacen("\"Inv1\"", "\"investorS\"", 1).replacen("P11", "Portfolios", 1);
    assert!(matches!(parse(&text).unwrap_err().problem(), Problem::ReservedTable));
    assert!(parse(&GOOD.replacen("P11", "Portfolios", 1)).is_ok());
}

#[test]
fn a_portfolio_may_hold_fifty_trillion_pieces() {
    // 50 stocks of 999,999,999,999, long and short, are 50 pieces below the limit.
    let text = |last: &str| {
        let (mut stocks, mut holdings) = (String::new(), String::new());
        for number in 0..50 {
            let sign = if number % 2 == 0 { "" } else { "-" };
            writeln!(stocks, "S{number} = \"1\"").unwrap();
            writeln!(holdings, "S{number} = {sign}999_999_999_999").unwrap();
        }
        writeln!(stocks, "LAST = \"1\"").unwrap();
        writeln!(holdings, "LAST = {last}").unwrap();
        GOOD.replacen("IBM = \"128.25\"\n", &format!("IBM = \"128.25\"\n{stocks}"), 1).replacen(
            "AAPL = 7\n",
            &holdings,
            1,
        )
    };
    assert!(parse(&text("50")).is_ok());
    let error = parse(&text("-51")).unwrap_err();
    assert!(matches!(error.problem(), Problem::TooManyPieces { pieces: 50_000_000_000_001 }), "{error}");
}

#[test]
fn order_is_the_files_and_not_the_alphabets() {
    let text = GOOD
        .replacen(
            "IBM = \"128.25\"\nAAPL = \"151.60\"",
            "ZM = \"1\"\nIBM = \"128.25\"\nAAPL = \"151.60\"\nA = \"2\"",
            1,
        )
        .replacen("IBM = 1300\nMSFT = -200", "ZM = 1\nMSFT = -200\nIBM = 1300\nA = 5", 1)
        .replacen("portfolios.P11", "portfolios.Z9", 1);
    let network = parse(&text).unwrap();
    let tickers =
        |symbols: &mut dyn Iterator<Item = Symbol>| symbols.map(|symbol| symbol.to_string()).collect::<Vec<_>>();
    assert_eq!(tickers(&mut network.exchanges[0].stocks.iter().copied()), ["ZM", "IBM", "AAPL", "A"]);
    let portfolio = &network.investors[0].portfolios[0];
    assert_eq!(portfolio.name.as_str(), "Z9");
    assert_eq!(tickers(&mut portfolio.holdings.iter().map(|(symbol, _)| *symbol)), ["ZM", "MSFT", "IBM", "A"]);
}

#[test]
fn other_spellings_are_the_same_network() {
    let expected = parse(GOOD).unwrap();
    let inline = GOOD
        .replacen(
            "[exchange.stocks]\nIBM = \"128.25\"\nAAPL = \"151.60\"\n",
            "stocks.IBM = \"128.25\"\nstocks.AAPL = '151.60'\n",
            1,
        )
        .replacen("[investor.portfolios.P21]\nAAPL = 7\n", "portfolios = { P21 = { AAPL = 0x7 } }\n", 1);
    let texts = [GOOD.replace('\n', "\r\n"), format!("\u{feff}{GOOD}"), inline, GOOD.replacen("1300", "1_300", 1)];
    for text in texts {
        assert_eq!(parse(&text).unwrap_or_else(|error| panic!("{error}")), expected);
    }
}

#[test]
fn a_file_is_read_with_paths_from_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    std::fs::write(&path, GOOD.replacen("builtin:sp500_20.csv", "closes.csv", 1)).unwrap();
    assert!(matches!(Network::read(&path, known).unwrap_err().problem(), Problem::Replay { .. }));
    std::fs::create_dir(folder.path().join("closes.csv")).unwrap();
    assert!(matches!(Network::read(&path, known).unwrap_err().problem(), Problem::Replay { .. }));
    std::fs::remove_dir(folder.path().join("closes.csv")).unwrap();
    std::fs::write(folder.path().join("closes.csv"), "date,symbol,close\n2000-01-03,MSFT,1\n2000-01-03,XOM,2\n")
        .unwrap();
    let network = Network::open(&path, known).unwrap();
    assert_eq!(network.name, "mine");
    let Model::Replay { source } = &network.exchanges[1].model else { panic!("SE2 does not replay") };
    assert_eq!(source, &Source::File(folder.path().join("closes.csv")));
    assert_eq!(source.closes(&network.exchanges[1].stocks).unwrap().of("XOM").unwrap().len(), 1);
}

#[test]
fn what_is_no_file_of_ours_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.toml");
    let error = Network::open(&path, known).unwrap_err();
    assert!(matches!(error.problem(), Problem::NotFound) && error.to_string().contains("itc6107, sp500"));
    assert!(matches!(Network::read(folder.path(), known).unwrap_err().problem(), Problem::Unreadable(_)));

    std::fs::write(&path, b"first_session = 2000-01-03\nname = \"\xff\"\n").unwrap();
    let error = Network::read(&path, known).unwrap_err();
    assert!(matches!(error.problem(), Problem::NotUtf8));
    assert_eq!(error.place().map(|place| (place.line, place.column)), Some((2, 9)));

    let most = usize::try_from(MAX_BYTES).unwrap();
    let padded = |bytes: usize| format!("{GOOD}#{}", "x".repeat(bytes - GOOD.len() - 1));
    std::fs::write(&path, padded(most)).unwrap();
    assert!(Network::read(&path, known).is_ok());
    std::fs::write(&path, padded(most + 1)).unwrap();
    assert!(matches!(Network::read(&path, known).unwrap_err().problem(), Problem::TooLarge));
}

#[test]
fn a_file_of_one_mebibyte_is_checked_in_a_moment() {
    let mut text = GOOD.split("[exchange.stocks]\n").next().unwrap().to_owned() + "[exchange.stocks]\n";
    for number in 0..40_000 {
        writeln!(text, "S{number} = \"1\"").unwrap();
    }
    text.push_str("[[investor]]\nname = \"I\"\ncity = \"C\"\n[investor.portfolios.P]\nS0 = 1\n");
    assert!(parse(&text).is_ok());
    let nested = format!("first_session = {}", "[".repeat(500_000));
    assert!(parse(&nested).is_err());
    let dotted = format!("{}x = 1", "a.".repeat(400_000));
    assert!(parse(&dotted).is_err());
}

#[test]
fn an_error_steers_no_terminal() {
    let text = GOOD.replacen("IBM = 1300", "\"\\u001B[31m\u{202e}\" = 1300 # \u{9b}31m \u{202e}", 1);
    let error = parse(&text).unwrap_err().to_string();
    assert!(!error.chars().any(|c| c != '\n' && c.is_control() || c == '\u{202e}'), "{error:?}");
}

/// What a stranger may write where a name is meant, as the escapes of TOML where TOML wants them.
fn hostile() -> [String; 8] {
    [
        "Inv1_P11; DROP TABLE Inv1_P11".to_owned(),
        "../../x".to_owned(),
        "a\\u0000b".to_owned(),
        "x".repeat(10_000),
        "\\u202E\\u200F\\u061C11P".to_owned(),
        "\u{202e}\u{200f}\u{61c}11P".to_owned(),
        "\\u001B[2J\\u009B31m".to_owned(),
        "\\r\\nerror: all is well".to_owned(),
    ]
}

/// Returns whether a message is as short as its place needs, and nothing in it steers a terminal or hides.
fn is_plain(message: &str) -> bool {
    let hidden = |c: char| "\u{61c}\u{200e}\u{200f}\u{202a}\u{202d}\u{202e}\u{2066}\u{2069}".contains(c);
    message.lines().count() <= 4
        && message.len() < 1_000
        && !message.chars().any(|c| c != '\n' && c.is_control() || hidden(c))
}

#[test]
fn hostile_names_are_refused_where_they_stand() {
    for text in hostile() {
        for (old, line) in [
            ("name = \"SE1\"", 4),
            ("calendar = \"XNYS\"", 5),
            ("model = \"uniform\"", 6),
            ("IBM = \"128.25\"", 8),
            ("replay = \"builtin:sp500_20.csv\"", 14),
            ("stocks = [\"MSFT\", \"XOM\"]", 15),
            ("name = \"Inv1\"", 18),
            ("[investor.portfolios.P11]", 20),
            ("IBM = 1300", 21),
        ] {
            let new = match old.split_once(" = ") {
                _ if old.starts_with('[') => format!("[investor.portfolios.\"{text}\"]"),
                Some(("stocks", _)) => format!("stocks = [\"{text}\"]"),
                Some(("IBM", value)) => format!("\"{text}\" = {value}"),
                Some((key, _)) => format!("{key} = \"{text}\""),
                None => panic!("{old}"),
            };
            assert!(GOOD.contains(old), "{old}");
            let error = parse(&GOOD.replacen(old, &new, 1)).expect_err(&new);
            assert_eq!(error.place().map(|place| place.line), Some(line), "{new}: {error}");
            assert!(is_plain(&error.to_string()), "{new}: {error:?}");
        }
    }
    // A city is a line of text and nothing more: as long as it has no control it stands, but never as a name.
    for text in ["\\u001B[2J", "\\u0000", "\\r\\n", &"x".repeat(10_000)] {
        let error = parse(&GOOD.replacen("London", text, 1)).expect_err(text);
        assert!(matches!(error.problem(), Problem::BadCity) && is_plain(&error.to_string()), "{text}: {error}");
    }
    // The file's own name, and what the check of calendars says.
    let path = format!("/tmp/{}\u{1b}[2J\u{202e}.toml", "x".repeat(10_000));
    let error = Network::parse(Path::new(&path), "", known).unwrap_err().to_string();
    assert!(is_plain(&error) && error.contains(".toml:1:1: "), "{error:?}");
    let error = Network::parse(Path::new("net.toml"), GOOD, |code| Err(format!("{code}\u{1b}[2J"))).unwrap_err();
    assert!(is_plain(&error.to_string()), "{error:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn no_text_panics(text in "[\\[\\]a-z\"{}=.,0-9\n #\u{e9}\t-]{0,80}") {
        let _ = parse(&text);
    }

    /// A network cut, or with a piece of it elsewhere, is read or refused at a place within it.
    #[test]
    fn no_broken_network_panics(from in 0..GOOD.len(), length in 0_usize..60, to in 0..GOOD.len(), piece in "[a-z\"=\\[\n.0é\u{1b}\u{0}\u{202e}]{0,3}") {
        let at = |at: usize| (0..=at).rev().find(|at| GOOD.is_char_boundary(*at)).unwrap();
        let (from, end, to) = (at(from), at((from + length).min(GOOD.len())), at(to));
        let mut text = GOOD.to_owned();
        text.insert_str(to, &piece);
        if text.is_char_boundary(from) && text.is_char_boundary(end) && from <= end {
            text.replace_range(from..end, "");
        }
        if let Err(error) = parse(&text) {
            let lines = text.lines().count().max(1) + 1;
            prop_assert!(error.place().is_none_or(|place| (1..=lines).contains(&place.line)), "{}", error);
            prop_assert!(is_plain(&error.to_string()), "{:?}", error);
        }
    }
}

#[test]
fn the_default_comes_first() {
    assert_eq!(BUILT_IN.map(|(name, _)| name), ["itc6107", "sp500"]);
}
