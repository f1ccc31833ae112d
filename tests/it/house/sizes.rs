//! A file fits a head: Rust ≤ 400 lines, templates ≤ 150, CSS ≤ 200, our own JavaScript ≤ 80.

use std::path::{Path, PathBuf};

/// Every file under `folder` with one of these endings.
pub(crate) fn files(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .and_then(|ending| ending.to_str())
                .is_some_and(|ending| endings.contains(&ending))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn too_long(folder: &str, ending: &str, limit: usize) -> Vec<String> {
    files(folder, &[ending])
        .into_iter()
        .filter(|path| !path.ends_with("db/schema.rs") && !path.components().any(|part| part.as_os_str() == "vendor"))
        .filter_map(|path| {
            let lines = std::fs::read_to_string(&path).unwrap().lines().count();
            (lines > limit).then(|| format!("{} has {lines} lines, the limit is {limit}", path.display()))
        })
        .collect()
}

#[test]
fn no_file_is_longer_than_a_head_can_hold() {
    let mut problems = too_long("src", "rs", 400);
    problems.extend(too_long("tests", "rs", 400));
    problems.extend(too_long("templates", "html", 150));
    problems.extend(too_long("static", "css", 200));
    problems.extend(too_long("static", "js", 80));
    assert!(problems.is_empty(), "{problems:#?}");
}
