//! Rust source taken apart far enough to tell code from comments and strings.
//!
//! In comes the text of a file; out go two texts of the same length and the same lines, one with the code alone, one
//! with the comments alone, all else blanks. A place in one is the same place in all three.

/// Code and comments of one file.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) code: String,
    pub(super) comments: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

impl Source {
    /// Takes a text apart.
    pub(super) fn parse(text: &str) -> Self {
        let mut source = Self { code: String::with_capacity(text.len()), comments: String::with_capacity(text.len()) };
        let mut rest = text;
        let mut before = ' ';
        while let Some(first) = rest.chars().next() {
            let (kind, length) = piece(rest, before);
            let (this, after) = rest.split_at(length);
            source.push(this, kind);
            before = if kind == Kind::Code { this.chars().next_back().unwrap_or(first) } else { ' ' };
            rest = after;
        }
        source
    }

    fn push(&mut self, piece: &str, kind: Kind) {
        let blanks = blanks(piece);
        self.code.push_str(if kind == Kind::Code { piece } else { &blanks });
        self.comments.push_str(if kind == Kind::Comment { piece } else { &blanks });
    }

    /// The code without what stands under `#[cfg(test)]`.
    pub(super) fn code_without_tests(&self) -> String {
        let mut code = self.code.clone();
        while let Some(start) = code.find("#[cfg(test)]") {
            let end = item_end(&code, start + "#[cfg(test)]".len());
            let blanks = blanks(&code[start..end]);
            code.replace_range(start..end, &blanks);
        }
        code
    }

    /// Every attribute, `#[…]` or `#![…]`: where it starts, and what stands between the brackets.
    pub(super) fn attributes(&self) -> Vec<(usize, &str)> {
        let mut attributes = Vec::new();
        for (start, _) in self.code.match_indices('#') {
            let rest = &self.code[start + 1..];
            let inner = rest.strip_prefix('!').unwrap_or(rest);
            if let Some(inner) = inner.strip_prefix('[') {
                attributes.push((start, &inner[..closing(inner, '[', ']')]));
            }
        }
        attributes
    }
}

/// The line, counted from 1, of a place in a text.
pub(super) fn line_at(text: &str, place: usize) -> usize {
    text[..place].matches('\n').count() + 1
}

/// The places where a word stands alone in code, not within a longer name.
pub(super) fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_name = |character: Option<char>| character.is_some_and(|c| c == '_' || c.is_alphanumeric());
    code.match_indices(word).map(|(place, _)| place).filter(move |place| {
        !is_name(code[..*place].chars().next_back()) && !is_name(code[place + word.len()..].chars().next())
    })
}

/// As many blanks as a text has bytes, on as many lines.
fn blanks(text: &str) -> String {
    text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
}

/// The kind and length of what a text starts with; `before` is the character of code just before it.
fn piece(text: &str, before: char) -> (Kind, usize) {
    if text.starts_with("//") {
        return (Kind::Comment, text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return (Kind::Comment, block_comment(text));
    }
    let in_name = before == '_' || before.is_alphanumeric();
    let after_prefix = text.trim_start_matches(['b', 'c', 'r']);
    let prefix = text.len() - after_prefix.len();
    if prefix <= 2 && !(in_name && prefix > 0) {
        let hashes = after_prefix.len() - after_prefix.trim_start_matches('#').len();
        let is_raw = text[..prefix].ends_with('r');
        if after_prefix[hashes..].starts_with('"') && (is_raw || hashes == 0) {
            let opening = prefix + hashes + 1;
            let inner = &text[opening..];
            let end = if is_raw { raw_string(inner, hashes) } else { escaped(inner, '"') };
            return (Kind::Literal, opening + end);
        }
        if after_prefix.starts_with('\'') && prefix <= 1 && !is_raw {
            let inner = &after_prefix[1..];
            let mut characters = inner.chars();
            // 'a' is a character, 'a alone a lifetime.
            let is_character = match characters.next() {
                Some('\\') => true,
                _ => characters.next() == Some('\''),
            };
            if is_character {
                return (Kind::Literal, prefix + 1 + escaped(inner, '\''));
            }
        }
    }
    (Kind::Code, text.chars().next().map_or(0, char::len_utf8))
}

/// The length of a comment that may hold others.
fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut place = 0;
    while place < text.len() {
        let rest = &text[place..];
        if rest.starts_with("/*") {
            depth += 1;
            place += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            place += 2;
            if depth == 0 {
                return place;
            }
        } else {
            place += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length up to and with the closing quote, past escapes.
fn escaped(inner: &str, quote: char) -> usize {
    let mut characters = inner.char_indices();
    while let Some((place, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if character == quote {
            return place + 1;
        }
    }
    inner.len()
}

fn raw_string(inner: &str, hashes: usize) -> usize {
    let closing = format!("\"{}", "#".repeat(hashes));
    inner.find(&closing).map_or(inner.len(), |place| place + closing.len())
}

/// The end of the item that starts after an attribute: its closing brace, or a semicolon before any brace.
fn item_end(code: &str, start: usize) -> usize {
    let rest = &code[start..];
    let mut depth = 0_usize;
    for (place, character) in rest.char_indices() {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            ';' if depth == 0 => return start + place + 1,
            '{' if depth == 0 => {
                let end = start + place + 1 + closing(&rest[place + 1..], '{', '}');
                // `use a::{b, c};` goes on behind its brace.
                let is_use = rest.trim_start().starts_with("use ") || rest.trim_start().starts_with("pub use ");
                return if is_use {
                    code[end..].find(';').map_or(code.len(), |more| end + more + 1)
                } else {
                    (end + 1).min(code.len())
                };
            }
            _ => {}
        }
    }
    code.len()
}

/// The place of the bracket that closes one opened just before the text; its length where there is none.
fn closing(text: &str, open: char, close: char) -> usize {
    let mut depth = 1_usize;
    for (place, character) in text.char_indices() {
        if character == open {
            depth += 1;
        } else if character == close {
            depth -= 1;
            if depth == 0 {
                return place;
            }
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        let source = Source::parse(text);
        assert_eq!(source.code.len(), text.len());
        assert_eq!(source.comments.len(), text.len());
        source.code.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_and_literals_are_no_code() {
        assert_eq!(code("a // b\n/// c\nd /* e /* f */ g */ h"), "a d h");
        assert_eq!(code(r#"a("b // \" c", d)"#), "a( , d)");
        assert_eq!(code("a(r#\"b \" c\"#, br\"d\\\", c\"e\", b\"f\")"), "a( , , , )");
        assert_eq!(code(r"match c { '{' | '\'' | 'ü' => '}', b'\\' => b'x' }"), "match c { | | => , => }");
        assert_eq!(code("fn f<'a>(x: &'a str) -> X<'a, 'static>"), "fn f<'a>(x: &'a str) -> X<'a, 'static>");
        assert_eq!(code("let r#type = bar\"x\";"), "let r#type = bar ;");
    }

    #[test]
    fn comments_are_told_apart() {
        let source = Source::parse("let a = \"// no\"; // yes\n");
        assert_eq!(source.comments.trim(), "// yes");
        assert_eq!(source.comments.find("// yes"), Some(17));
    }

    #[test]
    fn tests_are_left_out_and_what_follows_is_not() {
        let text = "a\n#[cfg(test)]\nmod tests {\n    fn b() { \"}\"; }\n}\nc\n#[cfg(test)] use d::{e, f};\ng\n";
        let source = Source::parse(text);
        let left = source.code_without_tests();
        assert_eq!(left.split_whitespace().collect::<Vec<_>>(), ["a", "c", "g"]);
        assert_eq!(left.lines().count(), text.lines().count());
    }

    #[test]
    fn attributes_are_found_over_lines() {
        let source = Source::parse("#![warn(a)]\n#[expect(\n    b,\n    reason = \"]\"\n)]\nfn c() {}\n");
        let attributes = source.attributes();
        assert_eq!(attributes.len(), 2);
        assert_eq!(attributes[0].1, "warn(a)");
        assert!(attributes[1].1.contains("reason =") && attributes[1].1.ends_with(')'));
        assert_eq!(line_at(&source.code, attributes[1].0), 2);
    }

    #[test]
    fn words_are_whole() {
        assert_eq!(words("todo!() a_todo!() todos crate", "todo").collect::<Vec<_>>(), [0]);
        assert_eq!(line_at("a\nb\nc", 2), 2);
    }
}
