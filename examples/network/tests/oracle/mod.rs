//! What the network must come to, worked out by other means than its own: dates of a file of real closes, plain
//! integers in units of 10⁻³, and the messages as their description writes them.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fmt::Write as _;

/// The closes that come with the program: `Date` and 20 stocks, in thousandths of dollars at the finest.
pub(crate) const CLOSES: &str = include_str!("../../data/sp500_20.csv");
/// The built-in network of real closes.
pub(crate) const SP500: &str = include_str!("../../networks/sp500.toml");
/// The built-in network that is the default.
pub(crate) const ITC6107: &str = include_str!("../../networks/itc6107.toml");

/// The six files of both built-in networks.
pub(crate) const FILES: [&str; 6] =
    ["Inv1_P11.csv", "Inv1_P12.csv", "Inv2_P21.csv", "Inv2_P22.csv", "Inv3_P31.csv", "Inv3_P32.csv"];
/// The first line of a valuations file.
pub(crate) const HEADER: &str = "As_Of,Evaluation,Daily_Evaluation_Change,Daily_Evaluation_Change_Percentage";

/// An investor's name, a portfolio's, and what it holds.
pub(crate) type Held = (String, String, Vec<(String, i128)>);

/// Returns what each portfolio of a network file holds.
pub(crate) fn holdings(network: &str) -> Vec<Held> {
    let network: toml::Table = network.parse().expect("TOML");
    let mut held = Vec::new();
    for investor in network["investor"].as_array().expect("investors") {
        let name = investor["name"].as_str().expect("a name");
        for (portfolio, holdings) in investor["portfolios"].as_table().expect("portfolios") {
            let lines = holdings.as_table().expect("holdings").iter();
            let lines =
                lines.map(|(stock, quantity)| (stock.clone(), quantity.as_integer().expect("a quantity").into()));
            held.push((name.to_owned(), portfolio.clone(), lines.collect()));
        }
    }
    held
}

/// Returns the exchanges of a network file: each stock with its base price in units of 10⁻³.
pub(crate) fn bases(network: &str) -> Vec<(String, i128)> {
    let network: toml::Table = network.parse().expect("TOML");
    let exchanges = network["exchange"].as_array().expect("exchanges").iter();
    let stocks = exchanges.flat_map(|exchange| exchange["stocks"].as_table().expect("stocks"));
    stocks.map(|(stock, base)| (stock.clone(), thousandths(base.as_str().expect("a price")))).collect()
}

/// Checks that two long texts are the same, and shows where they part.
#[track_caller]
pub(crate) fn same(expected: &str, found: &str) {
    let parts = expected.lines().zip(found.lines()).enumerate().find(|(_, (expected, found))| expected != found);
    assert_eq!(parts, None, "line from 0, expected, found");
    assert!(expected == found, "{} lines, not {}", found.lines().count(), expected.lines().count());
}

/// Returns the messages on `portfolios` that these values in units of 10⁻³ make, in order.
pub(crate) fn messages(investor: &str, portfolio: &str, values: &[(String, i128)]) -> Vec<String> {
    let mut before = None;
    let message = |(date, value): &(String, i128)| {
        let (diff, pct) = before.map_or_else(
            || ("null".to_owned(), "null".to_owned()),
            |before| (decimal(value - before), percent(value - before, before)),
        );
        before = Some(*value);
        let value = decimal(*value);
        format!(
            r#"{{"investor": "{investor}", "portfolio": "{portfolio}", "date": "{date}", "value": {value}, "diff": {diff}, "percent_diff": {pct}}}"#
        )
    };
    values.iter().map(message).collect()
}

/// Returns the sessions of XNYS up to 2022-12-28: the dates of the real closes are exactly those.
pub(crate) fn sessions() -> Vec<&'static str> {
    CLOSES.lines().skip(1).map(|line| line.split(',').next().expect("a date")).collect()
}

/// Returns a decimal in units of 10⁻³; it must have two or three places.
pub(crate) fn thousandths(text: &str) -> i128 {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, places) = digits.split_once('.').expect("a decimal");
    assert!(places.len() == 2 || places.len() == 3 && !places.ends_with('0'), "{text}");
    let places: i128 = format!("{places:0<3}").parse().expect("digits");
    sign * (whole.parse::<i128>().expect("digits") * 1000 + places)
}

/// Returns units of 10⁻³ as text: at least two places, zeros beyond those trimmed.
pub(crate) fn decimal(units: i128) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let (whole, places) = (units.abs() / 1000, units.abs() % 1000);
    if places % 10 == 0 { format!("{sign}{whole}.{:02}", places / 10) } else { format!("{sign}{whole}.{places:03}") }
}

/// Returns a change in percent of the absolute value before, two places, half away from zero; blank where that is 0.
pub(crate) fn percent(change: i128, before: i128) -> String {
    if before == 0 {
        return String::new();
    }
    let (part, whole) = (change.abs() * 10_000, before.abs());
    let hundredths = (2 * part + whole) / (2 * whole);
    decimal(if change < 0 { -hundredths * 10 } else { hundredths * 10 })
}

/// Returns a valuations file of these values in units of 10⁻³.
pub(crate) fn valuations(values: impl IntoIterator<Item = (String, i128)>) -> String {
    let mut text = format!("{HEADER}\n");
    let mut before = None;
    for (date, value) in values {
        let (change, percent) =
            before.map_or_else(Default::default, |before| (decimal(value - before), percent(value - before, before)));
        writeln!(text, "{date},{},{change},{percent}", decimal(value)).expect("text takes all");
        before = Some(value);
    }
    text
}
