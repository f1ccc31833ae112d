//! Arrows go down only (`docs/architecture.md`, "Who may know whom").

use std::collections::BTreeSet;
use std::path::Path;

use super::sizes::files;

/// Rooms by height; a room may know its own height (without cycles) and everything lower.
const HEIGHTS: &[(&str, u8)] = &[
    ("commands", 0),
    ("error", 0),
    ("language", 0),
    ("config", 0),
    ("clock", 0),
    ("secret", 0),
    ("telemetry", 0),
    ("yaml", 0),
    ("db", 1),
    ("models", 1),
    ("remote", 1),
    ("queue", 1),
    ("outbound", 1),
    ("app", 3),
    ("metrics", 2),
    ("checks", 2),
    ("alerts", 2),
    ("firewalls", 2),
    ("guarded_changes", 2),
    ("accounts", 2),
    ("crontabs", 2),
    ("power", 2),
    ("scenarios", 2),
    ("installations", 2),
    ("inventory", 2),
    ("services", 2),
    ("logs", 2),
    ("logins", 2),
    ("ip_lookup", 2),
    ("transfers", 2),
    ("terminals", 2),
    ("executions", 2),
    ("backup", 2),
    ("web", 4),
    ("screens", 5),
    ("admin", 5),
    ("api", 5),
    ("jobs", 5),
    ("routes", 6),
    ("startup", 7),
    ("cli", 8),
    ("main", 9),
    ("lib", 9),
];

/// Crates that belong to one room.
const HOMES: &[(&str, &[&str])] = &[
    ("diesel", &["db", "models"]),
    ("diesel_migrations", &["db"]),
    ("r2d2", &["db"]),
    ("russh", &["remote"]),
    ("async_ssh2_tokio", &["remote"]),
    ("apalis", &["queue", "startup"]),
    ("apalis_postgres", &["queue", "startup"]),
    ("reqwest", &["outbound"]),
    ("hyper", &["outbound"]),
    ("hyper_util", &["outbound"]),
    ("tokio_rustls", &["outbound"]),
    ("dns_lookup", &["outbound"]),
    ("lettre", &["scenarios"]),
    ("askama", &["web", "screens", "admin"]),
    ("governor", &["web"]),
];

fn room_of(path: &Path) -> String {
    let inside = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

fn height_of(room: &str) -> u8 {
    HEIGHTS
        .iter()
        .find(|(known, _)| *known == room)
        .unwrap_or_else(|| panic!("{room} has no height: add it to the plan"))
        .1
}

/// Words that follow `needle` in the code of `text` (comments left out).
fn words_after<'t>(text: &'t str, needle: &str) -> BTreeSet<&'t str> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split(needle).skip(1))
        .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default())
        .filter(|word| !word.is_empty())
        .collect()
}

#[test]
fn a_room_knows_only_rooms_below_it() {
    let mut problems = Vec::new();
    for path in files("src", &["rs"]) {
        let room = room_of(&path);
        let text = std::fs::read_to_string(&path).unwrap();
        for known in words_after(&text, "crate::") {
            if known != room && HEIGHTS.iter().any(|(name, _)| *name == known) {
                let upward = height_of(known) > height_of(&room);
                let sideways = height_of(known) == height_of(&room) && height_of(&room) >= 5;
                if upward || sideways {
                    problems.push(format!("{} knows {known}", path.display()));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn a_crate_with_a_home_is_used_only_there() {
    let mut problems = Vec::new();
    for path in files("src", &["rs"]) {
        let room = room_of(&path);
        let text = std::fs::read_to_string(&path).unwrap();
        for (name, homes) in HOMES {
            let prefix = format!("{name}::");
            let used = text.lines().filter(|line| !line.trim_start().starts_with("//")).any(|line| {
                line.match_indices(&prefix).any(|(at, _)| {
                    let before = &line[..at];
                    let in_a_text = before.matches('"').count() % 2 == 1;
                    !in_a_text && !before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
                })
            });
            if used && !homes.contains(&room.as_str()) {
                problems.push(format!("{} uses {name}", path.display()));
            }
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn commands_do_no_input_or_output() {
    let mut problems = Vec::new();
    for path in files("src/commands", &["rs"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for forbidden in [
            "async fn",
            "std::fs",
            "std::net::Tcp",
            "std::net::Udp",
            "ToSocketAddrs",
            "std::os::unix::net",
            "std::process",
            "tokio::",
        ] {
            if code.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(forbidden)) {
                problems.push(format!("{} says {forbidden}", path.display()));
            }
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}
