//! Who may use whom: `protocol <- config <- node <- cli`, with the tests on top. Read from the manifests, so that an
//! arrow the other way fails before anybody builds on it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use toml::{Table, Value};

/// Each package with the packages of ours that it may use; tests and build scripts of a package are no exception.
const ALLOWED: &[(&str, &str, &[&str])] = &[
    // Vendors should want it from a registry, so it stands alone.
    ("careplan", "protocol/careplan", &[]),
    // Of the node it knows nothing.
    ("careplan-forms", "protocol/careplan-forms", &["careplan"]),
    // Codes on paper, which key files know as well as the protocol does.
    ("musubi-paper", "protocol/paper", &[]),
    ("musubi-protocol", "protocol", &["musubi-paper"]),
    ("musubi-config", "config", &["musubi-protocol"]),
    // Store and network know nothing of each other.
    ("musubi-store", "node/store", &["musubi-paper"]),
    ("musubi-network", "node/network", &["musubi-protocol"]),
    (
        "musubi-node",
        "node",
        &["careplan", "musubi-paper", "musubi-protocol", "musubi-config", "musubi-store", "musubi-network"],
    ),
    // The store for key files alone: `musubi key` works on them beside a running node.
    (
        "musubi-cli",
        "cli",
        &["careplan", "careplan-forms", "musubi-protocol", "musubi-config", "musubi-node", "musubi-store"],
    ),
    (
        "musubi-tests",
        "tests",
        &[
            "careplan",
            "musubi-protocol",
            "musubi-config",
            "musubi-store",
            "musubi-network",
            "musubi-node",
            "musubi-cli",
        ],
    ),
];

/// Crates of others that stand for a house: who else names one has opened a second door.
const DOORS: &[(&str, &[&str])] = &[
    ("sled", &["musubi-store"]),
    ("libp2p", &["musubi-network", "musubi-tests"]),
    ("axum", &["musubi-node"]),
    ("clap", &["musubi-cli"]),
    ("tokio", &["musubi-store", "musubi-network", "musubi-node", "musubi-cli", "musubi-tests"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn manifest(dir: &str) -> Table {
    let path = root().join(dir).join("Cargo.toml");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn names(table: &Table, section: &str) -> BTreeSet<String> {
    let entries = table.get(section).and_then(Value::as_table).into_iter().flatten();
    entries
        .map(|(name, value)| {
            let renamed = value.as_table().and_then(|entry| entry.get("package")).and_then(Value::as_str);
            renamed.unwrap_or(name).to_owned()
        })
        .collect()
}

/// Every crate that a manifest names, for whatever purpose and system.
fn dependencies(manifest: &Table) -> BTreeSet<String> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let tables = targets.into_iter().flat_map(Table::values).filter_map(Value::as_table);
    let sections = ["dependencies", "dev-dependencies", "build-dependencies"];
    std::iter::once(manifest)
        .chain(tables)
        .flat_map(|table| sections.into_iter().flat_map(|section| names(table, section)))
        .collect()
}

fn package_name(manifest: &Table) -> &str {
    manifest["package"]["name"].as_str().unwrap()
}

#[test]
fn the_workspace_holds_the_packages_of_the_plan() {
    let top = manifest("");
    let members: BTreeSet<&str> =
        top["workspace"]["members"].as_array().unwrap().iter().map(|member| member.as_str().unwrap()).collect();
    let planned: BTreeSet<&str> = ALLOWED.iter().map(|(_, dir, _)| *dir).collect();
    assert_eq!(members, planned);
    for (name, dir, _) in ALLOWED {
        assert_eq!(package_name(&manifest(dir)), *name, "{dir}");
    }
    let default: Vec<_> = top["workspace"]["default-members"].as_array().unwrap().iter().collect();
    assert_eq!(default, [&Value::from("cli")], "`cargo run` at the top means the product");
}

#[test]
fn arrows_point_one_way() {
    let ours: BTreeSet<&str> = ALLOWED.iter().map(|(name, _, _)| *name).collect();
    for (name, dir, allowed) in ALLOWED {
        for used in dependencies(&manifest(dir)) {
            let fine = !ours.contains(used.as_str()) || allowed.contains(&used.as_str());
            assert!(fine, "{name} uses {used}, which it may not know");
        }
    }
}

#[test]
fn every_door_has_one_keeper() {
    let used: BTreeMap<&str, BTreeSet<String>> =
        ALLOWED.iter().map(|(name, dir, _)| (*name, dependencies(&manifest(dir)))).collect();
    for (door, keepers) in DOORS {
        for (name, used) in &used {
            assert!(!used.contains(*door) || keepers.contains(name), "{name} names {door}; only {keepers:?} may");
        }
    }
}

#[test]
fn fuzz_targets_need_the_readers_only() {
    let fuzz = manifest("fuzz");
    assert!(fuzz.contains_key("workspace"), "a workspace of its own");
    let expected = ["careplan", "libfuzzer-sys", "musubi-protocol"].map(str::to_owned);
    assert_eq!(dependencies(&fuzz), BTreeSet::from(expected));
}

#[test]
fn an_arrow_the_other_way_would_be_seen() {
    let text = "[target.'cfg(unix)'.dev-dependencies]\nx = { package = \"musubi-node\", path = \"..\" }\n[dependencies]\nserde = \"1\"";
    let found = dependencies(&text.parse().unwrap());
    assert_eq!(found, BTreeSet::from(["musubi-node".to_owned(), "serde".to_owned()]));
}
