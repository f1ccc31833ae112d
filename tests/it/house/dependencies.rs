//! What we build on: licences, bans and floors, from `cargo metadata`, for machines without cargo-deny.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Licences that ask for no more than a notice.
const PERMISSIVE: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "Unlicense",
    "CDLA-Permissive-2.0",
    "0BSD",
    "CC0-1.0",
    "BSL-1.0",
];

/// Crates whose manifest names a licence file only; the file was read.
const READ_BY_HAND: &[(&str, &str)] = &[("async-ssh2-tokio", "Apache-2.0"), ("apalis-postgres", "MIT")];

const BANNED: &[&str] =
    &["aws-lc-rs", "aws-lc-sys", "openssl-sys", "native-tls", "h2", "serde_yml", "actix-governor", "zip", "tar"];

/// D01: `name`, the lowest version without a known hole.
const FLOORS: &[(&str, [u64; 3])] = &[
    ("russh", [0, 62, 7]),
    ("diesel", [2, 3, 10]),
    ("rustls-webpki", [0, 103, 13]),
    ("bytes", [1, 11, 1]),
    ("tracing-subscriber", [0, 3, 20]),
];

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Packages that end up in the program: reached from us without development dependencies.
fn shipped(metadata: &Value) -> BTreeSet<String> {
    let nodes: BTreeMap<&str, &Value> = metadata["resolve"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| (node["id"].as_str().unwrap(), node))
        .collect();
    let mut reached = BTreeSet::new();
    let mut waiting = vec![metadata["resolve"]["root"].as_str().unwrap().to_owned()];
    while let Some(id) = waiting.pop() {
        if !reached.insert(id.clone()) {
            continue;
        }
        for dependency in nodes[id.as_str()]["deps"].as_array().unwrap() {
            let kinds = dependency["dep_kinds"].as_array().unwrap();
            if kinds.iter().any(|kind| kind["kind"] != "dev") {
                waiting.push(dependency["pkg"].as_str().unwrap().to_owned());
            }
        }
    }
    reached
}

/// Whether one alternative of an SPDX expression asks for permissive licences only.
fn is_permissive(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ").replace(" WITH LLVM-exception", "");
    if plain.contains(" AND ") {
        return plain.split(" AND ").all(|part| part.split(" OR ").any(|licence| PERMISSIVE.contains(&licence.trim())));
    }
    plain.split(" OR ").any(|licence| PERMISSIVE.contains(&licence.trim()))
}

#[test]
fn everything_that_is_shipped_has_a_permissive_licence() {
    let metadata = metadata();
    let shipped = shipped(&metadata);
    let mut problems = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let by_hand = READ_BY_HAND.iter().find(|(known, _)| *known == name).map(|(_, licence)| *licence);
        let licence = package["license"].as_str().or(by_hand).unwrap_or("none");
        if shipped.contains(package["id"].as_str().unwrap()) && !is_permissive(licence) {
            problems.push(format!("{name}: {licence}"));
        }
    }
    assert!(shipped.len() > 100, "the tree was not read");
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn sec_d01_d02_d03_nothing_banned_is_built_in_and_floors_hold() {
    let metadata = metadata();
    let mut problems = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        if BANNED.contains(&name) {
            problems.push(format!("{name} is banned"));
        }
        let version = package["version"].as_str().unwrap();
        if let Some((_, floor)) = FLOORS.iter().find(|(known, _)| *known == name)
            && numbers(version) < *floor
        {
            problems.push(format!("{name} {version} is below {floor:?}"));
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

fn numbers(version: &str) -> [u64; 3] {
    let mut parts = version.split(['.', '-', '+']).map(|part| part.parse().unwrap_or(0));
    [parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0)]
}
