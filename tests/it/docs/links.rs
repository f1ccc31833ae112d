//! Links and paths lead somewhere; pictures are small.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Page, ROOT, pages};

/// The targets of a page's links and pictures, without those to other places of the world.
fn targets(page: &Page) -> Vec<String> {
    let prose = page.prose();
    let targets = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next().map(str::to_owned));
    targets.filter(|target| !target.starts_with("http")).collect()
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    headings
        .map(|heading| {
            let kept = heading.to_lowercase().replace(' ', "-");
            kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
        })
        .collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut problems = Vec::new();
    for page in pages() {
        for target in targets(&page) {
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let path = if file.is_empty() { page.path.clone() } else { page.path.parent().unwrap().join(file) };
            let leads = path.exists()
                && (anchor.is_empty() || anchors(&std::fs::read_to_string(&path).unwrap()).contains(anchor));
            if !leads {
                problems.push(format!("{}: {target}", page.name()));
            }
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn every_page_and_picture_is_linked() {
    let mut reached: BTreeSet<PathBuf> = BTreeSet::new();
    for page in pages() {
        for target in targets(&page) {
            let file = target.split('#').next().unwrap_or_default();
            reached.extend(page.path.parent().unwrap().join(file).canonicalize());
        }
    }
    let all = crate::house::sizes::files("docs", &["md", "png", "service"]);
    let lost: Vec<_> = all.iter().filter(|path| !reached.contains(&path.canonicalize().unwrap())).collect();
    assert!(lost.is_empty(), "{lost:#?}");
}

#[test]
fn a_picture_weighs_no_more_than_150_kib() {
    for picture in crate::house::sizes::files("docs", &["png"]) {
        let bytes = picture.metadata().unwrap().len();
        assert!(bytes <= 150 << 10, "{}: {bytes} bytes. script/screenshots renews it", picture.display());
    }
}

#[test]
fn a_file_that_is_named_is_there() {
    let mut problems = Vec::new();
    for page in pages() {
        for span in page.code_spans() {
            let path = span.split([' ', ':']).next().unwrap_or_default();
            let is_ours = ["src/", "tests/", "docs/", "script/", "templates/", "static/", "migrations/"]
                .iter()
                .any(|folder| path.starts_with(folder));
            // `<type>` and `…` stand for anything; a capture that the reader is to add is not there yet.
            let is_pattern = span.contains(['<', '…', '*']) || path.ends_with("openbsd-7.txt");
            if is_ours && !is_pattern && !Path::new(ROOT).join(path).exists() {
                problems.push(format!("{}: {path}", page.name()));
            }
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

/// Names that a line of the plan begins with, and the column of the first.
fn named(line: &str) -> Option<(usize, Vec<&str>)> {
    let column = line.chars().position(|c| !matches!(c, ' ' | '│' | '├' | '└' | '─'))?;
    let rest = line.trim_start_matches([' ', '│', '├', '└', '─']);
    let names: Vec<&str> =
        rest.split_whitespace().take_while(|word| word.ends_with('/') || word.strip_suffix(".rs").is_some()).collect();
    (!names.is_empty()).then_some((column, names))
}

#[test]
fn rooms_of_the_plan_are_there_unless_they_are_planned() {
    let plan = super::page("architecture.md");
    let block = plan.blocks().into_iter().find(|block| block.text.starts_with("src/")).unwrap();
    let mut folders: Vec<(usize, PathBuf)> = Vec::new();
    let (mut problems, mut seen) = (Vec::new(), 0);
    for line in block.text.lines() {
        let Some((column, names)) = named(line) else { continue };
        folders.retain(|(outer, _)| *outer < column);
        let parent = folders.last().map_or_else(|| PathBuf::from(ROOT), |(_, path)| path.clone());
        for name in &names {
            let there = parent.join(name).exists();
            seen += 1;
            if there == line.contains("(planned)") {
                problems.push(format!(
                    "{}: {}",
                    parent.join(name).display(),
                    if there { "is there" } else { "is not" }
                ));
            }
        }
        if let Some(folder) = names.last().filter(|name| name.ends_with('/')) {
            folders.push((column, parent.join(folder)));
        }
    }
    assert!(seen > 50, "{seen}");
    assert!(problems.is_empty(), "say (planned) of what is not there, and only of that: {problems:#?}");
}
