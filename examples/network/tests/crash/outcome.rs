//! What a run has come to, held against what it comes to where nothing goes wrong.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::crash::poison;
use crate::crash::servers::Stage;
use crate::oracle::FILES;
use crate::real::{Aside, ByKey, by_key, files, messages, set_aside, tables};
use crate::support::{Program, Servers, path};

/// The topics that are compared, and those for what was set aside.
const TOPICS: [(&str, &str); 2] = [("StockExchange", "StockExchange.rejected"), ("portfolios", "portfolios.rejected")];

/// What a run comes to where nothing goes wrong.
pub(crate) struct Undisturbed {
    to: &'static str,
    topics: BTreeMap<&'static str, ByKey>,
    rows: BTreeMap<String, String>,
    reports: BTreeMap<String, String>,
}

impl Undisturbed {
    /// Runs the whole network up to a session by itself, and its exchanges once on the servers, which are empty then.
    pub(crate) fn run(stage: &Stage, to: &'static str) -> Self {
        let folder = stage.folder().join("undisturbed");
        let mut network = Command::new(path("network"));
        network.args(["-q", "--to", to, "--data"]).arg(&folder);
        network.env_remove("KAFKA_BOOTSTRAP_SERVERS").env_remove("DATABASE_URL");
        Program::start(&mut network).succeeds();
        let rows = files(&folder);
        let mut exchanges = Command::new(path("server"));
        exchanges.args(["--to", to, "--session-interval", "0"]).envs(stage.variables());
        Program::start(&mut exchanges).succeeds();
        let closes = by_key(&stage.direct, "StockExchange");
        stage.direct.clear();
        let topics = [("StockExchange", closes), ("portfolios", messages(&rows))].into();
        Self { to, topics, rows, reports: reports(&folder) }
    }

    /// Returns how many closes are sent in all.
    pub(crate) fn closes(&self) -> usize {
        self.topics["StockExchange"].values().map(Vec::len).sum()
    }

    /// Returns how many valuations are sent in all.
    pub(crate) fn valuations(&self) -> usize {
        self.topics["portfolios"].values().map(Vec::len).sum()
    }

    /// Returns in what topics, tables and reports differ, a line each, and how many records were set aside.
    pub(crate) fn compare(&self, servers: &Servers, reported: &Path) -> (Vec<String>, usize) {
        let (mut differences, mut aside) = (Vec::new(), 0);
        for (topic, rejected) in TOPICS {
            let records = servers.records(topic);
            let (must, may) = poison::expected(topic, self.to, &records);
            let mut found = set_aside(servers, rejected);
            aside += found.len();
            for aside in may {
                if let Some(place) = found.iter().position(|one| *one == aside) {
                    found.swap_remove(place);
                }
            }
            if let Some(words) = difference(&sorted(&must), &sorted(&found)) {
                differences.push(format!("{rejected}: {words}"));
            }
            let mut values = ByKey::new();
            for record in records {
                if poison::reason(topic, &record).is_none() {
                    values.entry(record.key.unwrap_or_default()).or_default().push(record.value);
                }
            }
            differences.extend(by_name(topic, &self.topics[topic], &values));
        }
        differences.extend(by_name("table", &lines(&self.rows), &lines(&tables(servers))));
        differences.extend(by_name("report", &lines(&self.reports), &lines(&reports(reported))));
        (differences, aside)
    }

    /// Returns in what the files of a folder differ, a line each.
    pub(crate) fn compare_files(&self, folder: &Path) -> Vec<String> {
        let found = files(folder);
        let mut differences = by_name("file", &lines(&self.rows), &lines(&found));
        if differences.is_empty() && found != self.rows {
            differences.push("the files have the same lines and not the same bytes".to_owned());
        }
        differences
    }
}

/// Returns records that were set aside as lines, in order.
fn sorted(aside: &[Aside]) -> Vec<String> {
    let text = |payload: &Option<Vec<u8>>| payload.as_deref().map(String::from_utf8_lossy).map(String::from);
    let line = |Aside { key, group, reason, payload }: &Aside| {
        format!("{key} by {group}, {reason}: {}", text(payload).unwrap_or_default())
    };
    let mut lines: Vec<_> = aside.iter().map(line).collect();
    lines.sort_unstable();
    lines
}

/// Returns the reports of a folder by name.
fn reports(folder: &Path) -> BTreeMap<String, String> {
    let read = |file: &&str| {
        let name = file.replace(".csv", "_stats.json");
        let text = fs::read_to_string(folder.join(&name)).expect("a report");
        (name, text)
    };
    FILES.iter().map(read).collect()
}

fn lines(texts: &BTreeMap<String, String>) -> ByKey {
    texts.iter().map(|(name, text)| (name.clone(), text.lines().map(str::to_owned).collect())).collect()
}

/// Returns a line for each name whose values are not those expected.
fn by_name(what: &str, expected: &ByKey, found: &ByKey) -> Vec<String> {
    let none = Vec::new();
    let names: std::collections::BTreeSet<_> = expected.keys().chain(found.keys()).collect();
    let differs = |name: &&String| {
        let [expected, found] = [expected, found].map(|of| of.get(*name).unwrap_or(&none));
        difference(expected, found).map(|words| format!("{what} {name}: {words}"))
    };
    names.iter().filter_map(differs).collect()
}

/// Returns how many of two sequences are too many, are missing, and where they part; `None` where they are the same.
fn difference<T: Ord + std::fmt::Debug>(expected: &[T], found: &[T]) -> Option<String> {
    if expected == found {
        return None;
    }
    let mut counts = BTreeMap::<&T, i64>::new();
    for (values, sign) in [(expected, -1), (found, 1)] {
        for value in values {
            *counts.entry(value).or_default() += sign;
        }
    }
    let beyond: i64 = counts.values().filter(|count| **count > 0).sum();
    let missing: i64 = counts.values().filter(|count| **count < 0).sum();
    let at = expected.iter().zip(found).take_while(|(expected, found)| expected == found).count();
    let [expected, found] = [expected.get(at), found.get(at)];
    Some(format!("{beyond} too many, {} missing; at {at} expected {expected:?}, found {found:?}", -missing))
}

#[test]
fn a_difference_is_counted_and_shown() {
    assert_eq!(difference(&[1, 2, 3], &[1, 2, 3]), None);
    let doubled = difference(&[1, 2, 3], &[1, 2, 2, 3]).expect("a difference");
    assert_eq!(doubled, "1 too many, 0 missing; at 2 expected Some(3), found Some(2)");
    let swapped = difference(&[1, 2], &[2, 1]).expect("a difference");
    assert_eq!(swapped, "0 too many, 0 missing; at 0 expected Some(1), found Some(2)");
    let lost = difference(&[1, 2, 3], &[1, 3]).expect("a difference");
    assert_eq!(lost, "0 too many, 1 missing; at 1 expected Some(2), found Some(3)");
}
