//! The public API of finnet-core as text, in `finnet-core/API.txt`: a change of it is seen in a review, never by chance.
//!
//! In come the pages that rustdoc makes with all features; out goes an item a paragraph: its declaration, its methods
//! and associated items, and the traits it implements by an `impl` of ours or by a derive. Traits that the compiler
//! gives by itself (`Send`) and blanket implementations are left out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Writes the list or, with `check`, compares it with the one that is there.
///
/// # Errors
///
/// What rustdoc or the file system said; with `check`, the first lines that differ.
pub(crate) fn run(check: bool) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let list = root.join("finnet-core/API.txt");
    let now = listed(&pages(&root)?)?;
    if !check {
        return fs::write(&list, now).map_err(|error| format!("{}: {error}", list.display()));
    }
    let before = fs::read_to_string(&list).map_err(|error| format!("{}: {error}", list.display()))?;
    let differences = differences(&before, &now);
    if differences.is_empty() {
        return Ok(());
    }
    Err(format!(
        "the public API of finnet-core differs from finnet-core/API.txt:\n{}\n`cargo xtask api` writes it anew",
        differences.join("\n")
    ))
}

/// Makes the documentation anew, in a folder of its own where no page of an earlier API is left; returns that folder.
fn pages(root: &Path) -> Result<PathBuf, String> {
    let target = root.join("target/api");
    let pages = target.join("doc/finnet_core");
    if pages.exists() {
        fs::remove_dir_all(&pages).map_err(|error| format!("{}: {error}", pages.display()))?;
    }
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["doc", "--quiet", "-p", "finnet-core", "--no-deps", "--all-features", "--target-dir"]).arg(&target);
    let status = command.current_dir(root).status().map_err(|error| format!("cargo doc: {error}"))?;
    if status.success() { Ok(pages) } else { Err("cargo doc failed; its error stands above".to_owned()) }
}

/// Returns the list of all items below a folder of pages, by their paths.
fn listed(pages: &Path) -> Result<String, String> {
    let mut items = BTreeMap::new();
    let mut folders = vec![pages.to_owned()];
    while let Some(folder) = folders.pop() {
        let said = |error: std::io::Error| format!("{}: {error}", folder.display());
        for entry in fs::read_dir(&folder).map_err(said)? {
            let path = entry.map_err(said)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if let Some((_, item)) = name.strip_suffix(".html").and_then(|name| name.split_once('.')) {
                let module = folder.strip_prefix(pages).unwrap_or(&folder).to_string_lossy().replace('/', "::");
                let html = fs::read_to_string(&path).map_err(said)?;
                let place = if module.is_empty() { item.to_owned() } else { format!("{module}::{item}") };
                items.insert(place, paragraph(&html));
            }
        }
    }
    let paragraphs = items.into_iter().map(|(place, lines)| format!("{place}\n{lines}"));
    Ok(format!("{HEAD}\n{}", paragraphs.collect::<Vec<_>>().join("\n")))
}

const HEAD: &str =
    "# The public API of finnet-core, all features on: written by `cargo xtask api`, which holds it with --check.\n";

/// Returns an item's declaration, then the headers of its `impl`s and what is in them, indented.
fn paragraph(html: &str) -> String {
    // What follows are traits that no line of ours implements.
    let end = ["id=\"synthetic-implementations\"", "id=\"blanket-implementations\""]
        .iter()
        .filter_map(|heading| html.find(heading))
        .min();
    let html = &html[..end.unwrap_or(html.len())];
    let mut lines = vec![];
    if let Some((declaration, _)) = between(html, "<pre class=\"rust item-decl\"><code>", "</code></pre>") {
        // Of a long one: the button that unfolds it.
        let unfolded = match (declaration.split_once("<summary"), declaration.split_once("</summary>")) {
            (Some((before, _)), Some((_, after))) => format!("{before}\n{after}"),
            _ => declaration.to_owned(),
        };
        lines.extend(text(&unfolded).lines().map(|line| format!("    {}", line.trim_end())));
    }
    let mut rest = html;
    while let Some(at) = rest.find("class=\"code-header\">") {
        let depth = if rest[..at].ends_with("<h3 ") { 4 } else { 8 };
        let (header, after) = between(&rest[at..], ">", if depth == 4 { "</h3>" } else { "</h4>" }).unwrap_or_default();
        let header = header_text(header);
        // Methods of a trait are the trait's; that it is implemented is the fact. Variants stand in the declaration.
        let is_of_trait =
            lines.last().is_some_and(|last: &String| last.starts_with("    impl") && last.contains(" for "));
        let is_wanted = if depth == 4 { header.starts_with("impl") } else { !is_of_trait };
        if is_wanted && !header.starts_with("impl StructuralPartialEq") {
            lines.push(format!("{:depth$}{header}", ""));
        }
        rest = after;
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Returns the header of an `impl` or a method in one line, however rustdoc broke it.
fn header_text(html: &str) -> String {
    let line = text(html).split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace("( ", "(").replace(", )", ")")
}

/// Returns what lies between two texts, and what follows.
fn between<'t>(html: &'t str, start: &str, end: &str) -> Option<(&'t str, &'t str)> {
    let (_, rest) = html.split_once(start)?;
    rest.split_once(end)
}

/// Returns the text of a piece of HTML as rustdoc writes it: without tags, its entities resolved.
fn text(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        rest = tag.split_once('>').map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("\u{a0}", " ")];
    let plain = entities.iter().fold(text, |text, (entity, character)| text.replace(entity, character));
    // Last, lest what it yields be taken for another entity.
    plain.replace("&amp;", "&")
}

/// Returns the lines that only one of two lists has, at most forty.
fn differences(before: &str, now: &str) -> Vec<String> {
    let of = |text: &str| {
        let mut place = String::new();
        let mut lines = Vec::new();
        for line in text.lines() {
            if !line.starts_with(' ') {
                line.clone_into(&mut place);
            }
            lines.push(format!("{place}: {}", line.trim_start()));
        }
        lines
    };
    let (before, now) = (of(before), of(now));
    let gone = before.iter().filter(|line| !now.contains(line)).map(|line| format!("- {line}"));
    let new = now.iter().filter(|line| !before.contains(line)).map(|line| format!("+ {line}"));
    let mut found: Vec<_> = gone.chain(new).take(40).collect();
    if found.is_empty() && before != now {
        found.push("the order of its lines".to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As rustdoc 1.95 writes a page, cut short.
    const PAGE: &str = "<pre class=\"rust item-decl\"><code>pub struct Price { <span class=\"comment\">/* private fields */</span> \
        }</code></pre><section id=\"impl-Price\"><h3 class=\"code-header\">impl <a href=\"x\">Price</a></h3></section>\
        <section id=\"method.new\"><h4 class=\"code-header\">pub fn <a>new</a>(text: &amp;<a>str</a>) -&gt; \
        <a>Result</a>&lt;Self&gt;</h4></section><h3 class=\"code-header\">impl <a>Display</a> for <a>Price</a></h3>\
        <h4 class=\"code-header\">fn <a>fmt</a>(&amp;self)</h4><h2 id=\"blanket-implementations\">\
        <h3 class=\"code-header\">impl&lt;T&gt; Any for T</h3>";

    #[test]
    fn a_page_is_read() {
        assert_eq!(
            paragraph(PAGE),
            "    pub struct Price { /* private fields */ }\n    impl Price\n        pub fn new(text: &str) -> Result<Self>\n    \
             impl Display for Price\n"
        );
    }

    #[test]
    fn each_difference_is_named() {
        let before = "a::B\n    pub struct B;\na::C\n    pub struct C;\n";
        assert_eq!(differences(before, before), Vec::<String>::new());
        let now = "a::B\n    pub struct B;\n    impl Copy for B\na::D\n    pub struct C;\n";
        let expected = ["- a::C: a::C", "- a::C: pub struct C;", "+ a::B: impl Copy for B", "+ a::D: a::D"];
        assert_eq!(differences(before, now)[..4], expected);
        assert_eq!(differences("a\nb\n", "b\na\n"), ["the order of its lines"]);
    }
}
