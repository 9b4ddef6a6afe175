//! Every file by itself: docs at its top, length, nothing left half done, exceptions with a reason, no word of the
//! machine it was written on; in finnet-core no `Decimal` outside `money`, and no example that a user cannot compile.

use std::ffi::OsStr;
use std::path::Path;

use super::source::{Source, line_at, words};
use super::{File, Violation};

const MOST_LINES: usize = 700;

/// Paths of one machine. Written in two pieces, or this file would break its own rule.
const MACHINE_PATHS: [&str; 3] = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];

/// Words in the host names of package registries that only one house can reach; in two pieces for the same reason.
const REGISTRIES: [&str; 5] = [
    concat!("arti", "factory"),
    concat!("jf", "rog"),
    concat!("ne", "xus."),
    concat!("pkg", ".dev"),
    concat!("code", "artifact"),
];

/// Crates that a user of finnet-core has by its re-exports alone.
const REEXPORTED: [&str; 2] = ["use chrono::", "use rust_decimal::"];

/// The one registry that a lock file may name.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Checks every file.
pub(super) fn check(files: &[File]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in files {
        check_words(file, &mut violations);
        check_examples(file, &mut violations);
        if Path::new(&file.path).extension() == Some(OsStr::new("rs")) {
            check_rust(file, &mut violations);
        }
    }
    violations
}

fn check_rust(file: &File, violations: &mut Vec<Violation>) {
    let mut violate = |line: usize, what: &str| violations.push(Violation::new(&file.path, line, what));
    if !file.text.starts_with("//!") {
        violate(1, "opens without `//!`: what it is, what comes in, what goes out");
    }
    let lines = file.text.lines().count();
    if lines > MOST_LINES {
        violate(lines, &format!("{lines} lines, more than {MOST_LINES}: two concepts in one file?"));
    }
    let source = Source::parse(&file.text);
    for name in ["todo", "unimplemented", "dbg"] {
        for place in words(&source.code, name).filter(|place| source.code[place + name.len()..].starts_with('!')) {
            violate(line_at(&file.text, place), &format!("`{name}!` is not done"));
        }
    }
    for place in words(&source.comments, "TODO").filter(|place| !has_owner(&source.comments[place + "TODO".len()..])) {
        violate(line_at(&file.text, place), "a TODO without an owner: TODO(name)");
    }
    if file.path.starts_with("finnet-core/src/") && !file.path.starts_with("finnet-core/src/money") {
        for place in words(&source.code_without_tests(), "Decimal") {
            violate(line_at(&file.text, place), "`Decimal` outside `money`: its products and quotients round unsaid");
        }
    }
    for (place, attribute) in source.attributes() {
        let line = line_at(&file.text, place);
        if is_ignore(attribute) {
            violate(line, "`#[ignore]`: a test runs or is deleted");
        }
        for level in ["allow", "expect"] {
            if excepts(attribute, level) && words(attribute, "reason").next().is_none() {
                violate(line, &format!("`{level}(…)` without `reason =`"));
            }
        }
    }
}

/// Examples to copy, in finnet-core's docs and programs and in every README, take other crates from `finnet_core`.
fn check_examples(file: &File, violations: &mut Vec<Violation>) {
    let is_docs = file.path.starts_with("finnet-core/src/");
    if !is_docs && !file.path.starts_with("finnet-core/examples/") && !file.path.ends_with("README.md") {
        return;
    }
    for (line, number) in file.text.lines().zip(1..) {
        let line = line.trim_start();
        let copied = if is_docs { line.strip_prefix("///").or(line.strip_prefix("//!")) } else { Some(line) };
        let copied = copied.unwrap_or_default().trim_start().trim_start_matches("# ");
        if let Some(import) = REEXPORTED.iter().find(|import| copied.starts_with(*import)) {
            let what = format!("`{import}…` in an example, which does not compile elsewhere: `use finnet_core::…`");
            violations.push(Violation::new(&file.path, number, what));
        }
    }
}

/// True for what follows the mark of somebody's task: `(name)`.
fn has_owner(after: &str) -> bool {
    let name = after.strip_prefix('(').and_then(|rest| rest.split_once(')')).map(|(name, _)| name.trim());
    name.is_some_and(|name| !name.is_empty() && !name.contains('\n'))
}

/// `ignore`, `ignore = "…"` and `cfg_attr(…, ignore)`, but no other attribute that takes the word as an argument.
fn is_ignore(attribute: &str) -> bool {
    let attribute = attribute.trim();
    let is_word = |text: &str| words(text, "ignore").next() == Some(0);
    is_word(attribute)
        || (attribute.starts_with("cfg_attr") && attribute.split([',', ')']).skip(1).any(|part| is_word(part.trim())))
}

/// `allow(…)`, as an attribute or within `cfg_attr(…)`.
fn excepts(attribute: &str, level: &str) -> bool {
    words(attribute, level).any(|place| attribute[place + level.len()..].trim_start().starts_with('('))
}

fn check_words(file: &File, violations: &mut Vec<Violation>) {
    let mut violate = |line: usize, what: String| violations.push(Violation::new(&file.path, line, what));
    for (line, number) in file.text.lines().zip(1..) {
        if let Some(path) = MACHINE_PATHS.iter().find(|path| starts_a_path(line, path)) {
            violate(number, format!("{path}…, a path of one machine"));
        }
        let lower = line.to_lowercase();
        if let Some(word) = REGISTRIES.iter().find(|word| lower.contains(*word)) {
            violate(number, format!("`{word}`, the host of a private registry"));
        }
        if file.path.ends_with("Cargo.lock") && line.starts_with("source = ") && !line.contains(CRATES_IO) {
            violate(number, format!("{line}: not from crates.io"));
        }
    }
    if file.path.ends_with(".cargo/config.toml") {
        for (line, number) in file.text.lines().zip(1..) {
            if ["[source", "[registr", "replace-with", "index ="]
                .iter()
                .any(|start| line.trim_start().starts_with(start))
            {
                violate(number, format!("{}: a registry of one machine", line.trim()));
            }
        }
    }
}

/// True where the text stands in a line as the start of a path, not in the middle of another or of an address.
fn starts_a_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(place, _)| {
        let before = line[..place].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && !"._-/~*}".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(path: &str, text: &str) -> Vec<String> {
        let file = File { path: path.to_string(), text: text.to_string() };
        check(&[file]).iter().map(ToString::to_string).collect()
    }

    /// The lines of the violations of Rust text below a line of docs, which is line 1.
    fn rust(text: &str) -> Vec<usize> {
        let file = File { path: String::from("a.rs"), text: format!("//! Docs.\n{text}") };
        check(&[file]).into_iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn a_file_opens_with_docs_and_is_not_long() {
        assert_eq!(check_text("a.rs", "use b;\n").len(), 1);
        assert_eq!(check_text("a.rs", "").len(), 1);
        assert!(rust(&"a();\n".repeat(MOST_LINES - 1)).is_empty());
        assert_eq!(rust(&"a();\n".repeat(MOST_LINES)), [701]);
        assert!(check_text("a.csv", &"1\n".repeat(MOST_LINES + 1)).is_empty(), "data may be long");
    }

    #[test]
    fn nothing_is_left_half_done() {
        assert_eq!(rust("fn a() { todo!() }\nfn b() { unimplemented!(\"c\") }\nfn c() { dbg!(d); }\n"), [2, 3, 4]);
        assert!(rust("// never todo!() here\nlet a = \"dbg!\";\nlet todo = 1;\n").is_empty());
        assert_eq!(rust("// TODO: tomorrow\n// TODO() b\n/* c\nTODO */\n"), [2, 3, 5]);
        assert!(rust("// TODO(ada): measure\nlet a = \"TODO\";\n").is_empty());
    }

    #[test]
    fn tests_are_not_ignored() {
        assert_eq!(rust("#[ignore]\n#[ignore = \"slow\"]\n#[cfg_attr(miri, ignore)]\n"), [2, 3, 4]);
        assert!(rust("#[serde(ignore)]\n#[cfg_attr(miri, allow(ignored, reason = \"a\"))]\n// #[ignore]\n").is_empty());
    }

    #[test]
    fn decimals_are_the_business_of_money() {
        let text = "//! Of a Decimal.\nuse rust_decimal::Decimal;\nlet a = Decimal::ONE / b;\n";
        assert_eq!(check_text("finnet-core/src/ledger/lot.rs", text).len(), 2);
        assert!(check_text("finnet-core/src/money/currency.rs", text).is_empty());
        assert!(check_text("finnet-mysql/src/store.rs", text).is_empty());
    }

    #[test]
    fn examples_compile_in_a_project_of_its_own() {
        let docs =
            "//! use chrono::Days;\nuse chrono::NaiveDate;\n    /// # use chrono::Utc;\n/// use finnet_core::chrono;\n";
        let lines = |path: &str, text: &str| -> Vec<usize> {
            let file = File { path: path.to_string(), text: text.to_string() };
            check(&[file]).into_iter().map(|violation| violation.line).collect()
        };
        assert_eq!(lines("finnet-core/src/rate.rs", docs), [1, 3]);
        assert_eq!(lines("finnet-core/examples/trades.rs", "//! Trades.\nuse chrono::NaiveDate;\n"), [2]);
        assert_eq!(lines("README.md", "```rust\nuse rust_decimal::Decimal;\nuse finnet_core::chrono::Days;\n"), [2]);
        assert!(lines("finnet-mysql/src/store.rs", "//! Store.\nuse chrono::NaiveDate;\n").is_empty());
    }

    #[test]
    fn exceptions_carry_a_reason() {
        assert_eq!(
            rust("#[allow(dead_code)]\n#![allow(a,\n b)]\n#[cfg_attr(c, allow(d))]\n#[expect(e)]\n"),
            [2, 3, 5, 6]
        );
        assert!(
            rust("#[allow(a, reason = \"b\")]\n#[expect(\n c,\n reason = \"d\",\n)]\nlet a = allow(b);\n").is_empty()
        );
    }

    #[test]
    fn nothing_tells_of_one_machine() {
        for path in MACHINE_PATHS {
            assert_eq!(check_text("a.md", &format!("\nsee `{path}a`\n")).len(), 1, "{path}");
            assert_eq!(check_text("a.toml", &format!("{path}a")).len(), 1, "{path} at the start");
            assert!(check_text("a.md", &format!("https://a.b/c{path} ${{HOME}}{path}d")).is_empty(), "{path}");
        }
        for word in REGISTRIES {
            assert_eq!(check_text("a.yml", &format!("url: https://{word}a.example.com\n")).len(), 1, "{word}");
        }
    }

    #[test]
    fn crates_come_from_crates_io() {
        assert!(check_text("Cargo.lock", &format!("source = \"{CRATES_IO}\"\n")).is_empty());
        assert_eq!(check_text("Cargo.lock", "source = \"registry+https://a.example.com/index\"\n").len(), 1);
        assert_eq!(check_text("Cargo.lock", "source = \"git+https://github.com/a/b#c\"\n").len(), 1);
        assert_eq!(check_text(".cargo/config.toml", "[alias]\n[source.crates-io]\nreplace-with = \"a\"\n").len(), 2);
    }
}
