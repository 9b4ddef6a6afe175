//! Which crates depend on which: finnet-core on next to nothing, no adapter on another; all inherit the lints.

use super::{File, Violation};
use crate::manifest::Manifest;
use crate::workspace;

const CORE: &str = "finnet-core";
const CORE_MANIFEST: &str = "finnet-core/Cargo.toml";

/// What a user of finnet-core never compiles.
const BANNED: [&str; 5] = ["tokio", "rdkafka", "diesel", "arrow", "datafusion"];

/// finnet-core itself and what it needs with all features on.
const MOST_CRATES: usize = 12;

/// What `cargo tree` says of finnet-core with all features: a crate a line.
pub(super) fn tree_of_core() -> Result<String, String> {
    let mut cargo = workspace::cargo();
    cargo.args(["tree", "-p", CORE, "-e", "normal", "--all-features", "--prefix", "none", "--format", "{p}"]);
    let output = cargo.output().map_err(|error| format!("can't start cargo: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("cargo tree failed: {}", String::from_utf8_lossy(&output.stderr).trim()))
    }
}

/// Checks the tree and every `Cargo.toml`.
pub(super) fn check(files: &[File], tree: &str) -> Vec<Violation> {
    let mut violations = check_tree(tree);
    let manifests: Vec<(&File, Manifest)> = files
        .iter()
        .filter(|file| file.path.rsplit('/').next() == Some("Cargo.toml"))
        .map(|file| (file, Manifest::parse(&file.text)))
        .filter(|(_, manifest)| !manifest.name.is_empty())
        .collect();
    let is_adapter = |name: &str| {
        name != CORE
            && manifests
                .iter()
                .any(|(file, manifest)| manifest.name == name && file.path == format!("{name}/Cargo.toml"))
            && name.starts_with("finnet-")
    };
    for (file, manifest) in &manifests {
        if !manifest.inherits_lints {
            violations.push(Violation::new(&file.path, 1, "`[lints]` lacks `workspace = true`"));
        }
        if !is_adapter(&manifest.name) {
            continue;
        }
        for dependency in manifest.dependencies.iter().filter(|dependency| is_adapter(&dependency.name)) {
            let what = format!("adapter `{}` depends on adapter `{}`", manifest.name, dependency.name);
            violations.push(Violation::new(&file.path, dependency.line, what));
        }
    }
    violations
}

fn check_tree(tree: &str) -> Vec<Violation> {
    let mut crates: Vec<&str> = tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
    crates.sort_unstable();
    crates.dedup();
    let mut violations = Vec::new();
    for name in &crates {
        if BANNED
            .iter()
            .any(|banned| name == banned || name.strip_prefix(banned).is_some_and(|rest| rest.starts_with('-')))
        {
            violations.push(Violation::new(
                CORE_MANIFEST,
                1,
                format!("{CORE} depends on {name}: see cargo tree -p {CORE}"),
            ));
        }
    }
    if crates.len() > MOST_CRATES {
        let what = format!("{CORE} compiles {} crates, more than {MOST_CRATES}: {}", crates.len(), crates.join(" "));
        violations.push(Violation::new(CORE_MANIFEST, 1, what));
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "finnet-core v0.1.0 (/x)\nchrono v0.4.45\nserde v1.0.229\nserde v1.0.229 (*)\n";

    fn manifest(folder: &str, name: &str, rest: &str) -> File {
        let text = format!("[package]\nname = \"{name}\"\n[lints]\nworkspace = true\n{rest}");
        File { path: format!("{folder}/Cargo.toml"), text }
    }

    #[test]
    fn a_lean_tree_passes_and_a_fat_one_does_not() {
        assert!(check(&[], TREE).is_empty());
        for crates in ["tokio v1.0.0", "arrow-array v59.0.0", "datafusion v55.2.0", "diesel v2.3.14", "rdkafka-sys v4"]
        {
            assert_eq!(check(&[], &format!("{TREE}{crates}\n")).len(), 1, "{crates}");
        }
        let nine = "a v1\nb v1\nc v1\nd v1\ne v1\nf v1\ng v1\nh v1\ni v1\n";
        assert!(check(&[], &format!("{TREE}{nine}")).is_empty(), "12 different crates, one of them twice");
        assert_eq!(check(&[], &format!("{TREE}{nine}tenth v1.0.0\n")).len(), 1);
    }

    #[test]
    fn adapters_do_not_know_each_other() {
        let kafka = manifest("finnet-kafka", "finnet-kafka", "[dependencies]\nfinnet-core = \"1\"\n");
        let mysql = manifest("finnet-mysql", "finnet-mysql", "[dev-dependencies]\nfinnet-kafka = \"1\"\n");
        let network = manifest("examples/network", "finnet-network", "[dependencies]\nfinnet-kafka = \"1\"\n");
        let core = manifest("finnet-core", "finnet-core", "");
        let violations = check(&[kafka, mysql, network, core], TREE);
        let texts: Vec<String> = violations.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["finnet-mysql/Cargo.toml:6: adapter `finnet-mysql` depends on adapter `finnet-kafka`"]);
    }

    #[test]
    fn a_package_without_the_lints_is_a_violation() {
        let file = |text: &str| File { path: String::from("a/Cargo.toml"), text: text.to_string() };
        assert_eq!(check(&[file("[package]\nname = \"a\"\n")], TREE).len(), 1);
        assert!(check(&[file("[workspace]\nmembers = []\n")], TREE).is_empty(), "a workspace has none to inherit");
    }
}
