//! What `Cargo.toml` says, as far as our tasks ask: name, features, dependencies, lints, members.
//!
//! The reader knows the TOML that stands in these files, a key at the start of a line, not all of TOML.

use std::path::Path;

/// A `Cargo.toml`, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// The package's name; empty for a workspace without a package.
    pub(crate) name: String,
    /// The names under `[features]`, without `default`.
    pub(crate) features: Vec<String>,
    /// All dependencies, of tests and builds too, with their lines.
    pub(crate) dependencies: Vec<Dependency>,
    /// Whether `[lints]` holds `workspace = true`.
    pub(crate) inherits_lints: bool,
    /// The folders under `[workspace]` `members`.
    pub(crate) members: Vec<String>,
}

/// A dependency and the line, counted from 1, that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) line: usize,
}

impl Manifest {
    /// Reads the text of a `Cargo.toml`.
    pub(crate) fn parse(text: &str) -> Self {
        let mut manifest = Self::default();
        let mut section = String::new();
        let mut lines = text.lines().zip(1..);
        while let Some((line, number)) = lines.next() {
            let line = line.trim();
            if let Some(name) = line.strip_prefix('[') {
                section = name.trim_end_matches(']').to_string();
                manifest.note_section(&section, number);
                continue;
            }
            let Some((key, value)) = line.split_once('=').map(|(key, value)| (key.trim(), value.trim())) else {
                continue;
            };
            if line.starts_with('#') {
                continue;
            }
            // An array may go on over lines: its strings are no keys.
            let mut value = value.to_string();
            while value.starts_with('[') && !value.contains(']') {
                let Some((more, _)) = lines.next() else { break };
                value.push_str(more.split('#').next().unwrap_or_default());
            }
            manifest.note_key(&section, key, &value, number);
        }
        manifest
    }

    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("can't read {}: {error}", path.display()))?;
        Ok(Self::parse(&text))
    }

    /// `[dependencies.chrono]` and its like.
    fn note_section(&mut self, section: &str, line: usize) {
        if let Some((before, name)) = section.rsplit_once('.')
            && is_dependencies(before)
        {
            self.dependencies.push(Dependency { name: name.to_string(), line });
        }
    }

    fn note_key(&mut self, section: &str, key: &str, value: &str, line: usize) {
        let is_true = value.split('#').next().unwrap_or_default().trim() == "true";
        match (section, key) {
            ("package", "name") => self.name = value.trim_matches('"').to_string(),
            ("workspace", "members") => self.members = strings(value),
            ("features", "default") => {}
            ("features", feature) => self.features.push(feature.to_string()),
            ("lints", "workspace") => self.inherits_lints |= is_true,
            (section, key) if is_dependencies(section) => {
                let name = key.split('.').next().unwrap_or(key).trim_matches('"').to_string();
                self.dependencies.push(Dependency { name, line });
            }
            _ => {}
        }
    }
}

/// True for the dependencies of a package, not for the versions that a workspace offers.
fn is_dependencies(section: &str) -> bool {
    let last = section.rsplit('.').next().unwrap_or(section);
    matches!(last, "dependencies" | "dev-dependencies" | "build-dependencies") && !section.starts_with("workspace.")
}

fn strings(array: &str) -> Vec<String> {
    array.split('"').skip(1).step_by(2).map(String::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
[package]
name = "finnet-kafka"
version.workspace = true

[features]
default = ["embedded"]
# A broker inside the process.
embedded = []
tls = [
    "rdkafka/ssl-vendored", # slow = true
]

[dependencies]
finnet-core = { workspace = true }
chrono.workspace = true

[target.'cfg(unix)'.dev-dependencies.proptest]
workspace = true

[lints]
workspace = true # all of them
"#;

    #[test]
    fn reads_a_package() {
        let manifest = Manifest::parse(TEXT);
        assert_eq!(manifest.name, "finnet-kafka");
        assert_eq!(manifest.features, ["embedded", "tls"]);
        let dependencies: Vec<_> = manifest.dependencies.iter().map(|d| (d.name.as_str(), d.line)).collect();
        assert_eq!(dependencies, [("finnet-core", 15), ("chrono", 16), ("proptest", 18)]);
        assert!(manifest.inherits_lints);
        assert!(manifest.members.is_empty());
    }

    #[test]
    fn reads_a_workspace() {
        let text = "[workspace]\nmembers = [\n  \"a\",\n  \"b/c\",\n]\ndefault-members = [\"a\"]\n\
            [workspace.dependencies]\na = \"1\"\n[workspace.lints.rust]\nworkspace = true\n";
        let manifest = Manifest::parse(text);
        assert_eq!(manifest.members, ["a", "b/c"]);
        assert!(manifest.dependencies.is_empty() && !manifest.inherits_lints);
    }

    #[test]
    fn lints_that_are_not_inherited_are_seen() {
        assert!(!Manifest::parse("[lints]\nworkspace = false\n").inherits_lints);
        assert!(!Manifest::parse("[lints]\n# workspace = true\n").inherits_lints);
        assert!(!Manifest::parse("[package]\nname = \"a\"\n").inherits_lints);
    }
}
