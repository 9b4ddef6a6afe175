//! Imports between finnet-core's modules point to a lower floor.
//!
//! `lib.rs` and `error.rs` join what lies below and are exempt; so is code under `#[cfg(test)]`.

use std::collections::HashMap;

use super::source::{Source, line_at, words};
use super::{File, Violation};

/// The floors from the ground up. A module may use those of lower floors: not its own floor, not those above.
const FLOORS: [&[&str]; 7] = [
    &["symbol", "money", "number", "machine"],
    &["calendar", "stats", "indicator"],
    &["event", "rate"],
    &["price", "holdings", "cross_section"],
    &["evaluate", "ledger"],
    &["performance"],
    &["summary"],
];

const CORE: &str = "finnet-core/src/";

/// Checks every module of finnet-core.
pub(super) fn check(files: &[File]) -> Result<Vec<Violation>, String> {
    let lib = files.iter().find(|file| file.path == format!("{CORE}lib.rs"));
    let exported = exported(&lib.ok_or_else(|| format!("there is no {CORE}lib.rs"))?.text);
    Ok(files.iter().flat_map(|file| check_file(file, &exported)).collect())
}

fn check_file(file: &File, exported: &HashMap<String, String>) -> Vec<Violation> {
    let Some(path) = file.path.strip_prefix(CORE).and_then(|path| path.strip_suffix(".rs")) else { return Vec::new() };
    let components: Vec<&str> = path.split('/').filter(|component| *component != "mod").collect();
    let module = components[0];
    if matches!(path, "lib" | "error") || components.contains(&"tests") {
        return Vec::new();
    }
    let violation = |place: usize, what: String| Violation::new(&file.path, line_at(&file.text, place), what);
    let Some(own) = floor(module) else {
        return vec![violation(0, format!("module `{module}` has no floor: give it one in xtask/src/tidy/floors.rs"))];
    };
    let code = Source::parse(&file.text).code_without_tests();
    let mut violations = Vec::new();
    for (place, name) in used(&code, components.len()) {
        let used = exported.get(name).map_or(name, String::as_str);
        let what = match floor(used) {
            _ if used == module || used == EXTERNAL => continue,
            None => format!("`crate::{name}` lies on no floor that `{module}`, on floor {own}, may use"),
            Some(other) if other >= own => {
                format!("`{module}`, on floor {own}, uses `{used}`, on floor {other}: imports point down")
            }
            Some(_) => continue,
        };
        violations.push(violation(place, what));
    }
    violations
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

/// Stands for the module of a name that comes from another crate.
const EXTERNAL: &str = "another crate";

/// What `lib.rs` exports at the top: the name, and the module it comes from.
fn exported(lib: &str) -> HashMap<String, String> {
    let code = Source::parse(lib).code_without_tests();
    let modules: Vec<&str> = code.split_whitespace().collect();
    let is_module =
        |name: &str| modules.windows(2).any(|pair| pair[0] == "mod" && pair[1].trim_end_matches(';') == name);
    let mut exported = HashMap::new();
    for statement in code.split(';').filter_map(|statement| statement.split_once("pub use ")) {
        let path = statement.1.trim().trim_start_matches("crate::").trim_start_matches("self::");
        let module = path.split("::").next().unwrap_or(path).trim();
        let from = if is_module(module) { module } else { EXTERNAL };
        for name in path.split(|character: char| character != '_' && !character.is_alphanumeric()) {
            if name != module || from == EXTERNAL {
                exported.insert(name.to_string(), from.to_string());
            }
        }
    }
    exported
}

/// The names that code takes from the crate's root, by `crate::` or by as many `super::` as the file is deep.
fn used(code: &str, depth: usize) -> Vec<(usize, &str)> {
    let mut used = Vec::new();
    for start in words(code, "crate") {
        if let Some(path) = after_colons(&code[start + "crate".len()..]) {
            used.extend(first_names(code, path));
        }
    }
    for start in words(code, "super") {
        // Only the first `super` of a path counts the others.
        if code[..start].trim_end().ends_with("::") {
            continue;
        }
        let mut rest = &code[start..];
        let mut levels = 0;
        while let Some(path) = rest.strip_prefix("super").and_then(after_colons) {
            levels += 1;
            rest = path;
        }
        if levels == depth {
            used.extend(first_names(code, rest));
        }
    }
    used
}

/// What follows `::`, where that follows.
fn after_colons(text: &str) -> Option<&str> {
    text.trim_start().strip_prefix("::").map(str::trim_start)
}

/// The name a path starts with, or those of `{a::b, c}`; macros, which belong to no module, left out.
fn first_names<'a>(code: &'a str, path: &'a str) -> Vec<(usize, &'a str)> {
    let place = |part: &str| part.as_ptr() as usize - code.as_ptr() as usize;
    let parts = path.strip_prefix('{').map_or_else(|| vec![path], group);
    let mut names = Vec::new();
    for part in parts {
        let part = part.trim_start();
        let length = part.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(part.len());
        let name = if part.starts_with('*') { "*" } else { &part[..length] };
        if !name.is_empty() && name != "self" && !part[length..].starts_with('!') {
            names.push((place(part), name));
        }
    }
    names
}

/// The parts of a group between its commas, groups within groups kept whole.
fn group(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_usize, 0, Vec::new());
    for (place, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => {
                parts.push(&text[start..place]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIB: &str = "//! Docs.\npub mod event;\npub mod holdings;\npub mod money;\n\
        pub use chrono;\npub use event::{Close, Valuation};\npub use holdings::Holdings;\n";

    /// The lines and texts of the violations of one file beside `LIB`.
    fn check_text(path: &str, text: &str) -> Vec<(usize, String)> {
        let file = |path: &str, text: &str| File { path: format!("{CORE}{path}"), text: text.to_string() };
        let files = [file("lib.rs", LIB), file(path, text)];
        check(&files).unwrap().into_iter().map(|violation| (violation.line, violation.what)).collect()
    }

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check_text(path, text).into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn down_is_allowed() {
        assert!(lines("holdings.rs", "use crate::money::Price;\nuse crate::{Close, chrono};\n").is_empty());
        assert!(lines("holdings.rs", "use crate::holdings::Holdings;\nuse super::money;\n").is_empty());
        assert!(lines("calendar/xnys.rs", "use super::Session;\nuse crate::calendar::Closure;\n").is_empty());
    }

    #[test]
    fn up_and_sideways_are_violations() {
        let up = check_text("money.rs", "//! Money.\n\nuse crate::holdings::Holdings;\n");
        assert_eq!(up, [(3, "`money`, on floor 0, uses `holdings`, on floor 3: imports point down".to_string())]);
        assert_eq!(lines("holdings.rs", "use crate::price::Market;\n"), [1]);
        assert_eq!(lines("money.rs", "fn a() -> crate::Valuation { b }\n"), [1], "by a name that lib.rs exports");
        assert_eq!(lines("money.rs", "use crate::{\n    symbol::Symbol,\n    event::{Close, Bar},\n};\n"), [2, 3]);
        assert_eq!(lines("money.rs", "use super::event::Close;\n"), [1]);
        assert_eq!(lines("calendar/mod.rs", "use super::event;\n"), [1]);
        assert_eq!(lines("calendar/xnys.rs", "use super::super::event;\n"), [1]);
        assert_eq!(lines("calendar/xnys.rs", "\nuse crate :: ledger::Lot;\n"), [2]);
        assert_eq!(lines("event.rs", "use crate::Error;\n"), [1], "the errors joined at the top");
        assert_eq!(lines("event.rs", "use crate::*;\n"), [1]);
    }

    #[test]
    fn comments_tests_macros_and_the_exempt_are_let_be() {
        let text = "//! [`crate::holdings`]\npub(crate) fn a() { crate::assert_b!(\"crate::holdings\") }\n\
            #[cfg(test)]\nmod tests { use crate::holdings::Holdings; }\n";
        assert!(lines("money.rs", text).is_empty());
        assert!(lines("calendar/tests.rs", "use crate::holdings::Holdings;\n").is_empty());
        assert!(lines("error.rs", "use crate::holdings::Holdings;\n").is_empty());
    }

    #[test]
    fn a_module_without_a_floor_is_a_violation() {
        assert_eq!(lines("helper.rs", "//! Help.\n"), [1]);
        assert!(check(&[]).is_err(), "a core without lib.rs");
    }
}
