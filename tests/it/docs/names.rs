//! What the program calls things is what the pages call them: settings, metrics, formats, codes, sentences, addresses.

use std::collections::BTreeSet;

use hannun::commands::root_lines::{RootLine, root_lines_of};
use hannun::commands::{Catalog, CommandType};
use hannun::metrics::catalogue::Metric;
use hannun::models::server_states::State;

use super::{ROOT, page, pages};
use crate::house::sizes::files;

/// Every `HANNUN_…` and `DATABASE_URL…` of a text.
fn settings(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    text.split(|c: char| !is_part(c))
        .filter(|word| (word.starts_with("HANNUN_") && word.len() > 7) || word.starts_with("DATABASE_URL"))
        .map(str::to_owned)
        .collect()
}

/// The code without its tests.
fn code() -> String {
    files("src", &["rs"])
        .into_iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .map(|text| text.split("#[cfg(test)]").next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn every_setting_of_the_code_is_on_the_pages_and_the_other_way_round() {
    let known: BTreeSet<String> = hannun::config::VARIABLES.iter().map(|variable| variable.name.to_owned()).collect();
    assert_eq!(settings(&code()), known);
    assert_eq!(settings(&page("install.md").text), known);
    for page in pages() {
        let unknown: Vec<_> = settings(&page.text).into_iter().filter(|name| !known.contains(name)).collect();
        assert!(unknown.is_empty(), "{}: {unknown:?}", page.name());
    }
}

#[test]
fn every_default_of_a_setting_is_on_the_page() {
    let rows: Vec<String> =
        page("install.md").text.lines().filter(|line| line.starts_with('|')).map(str::to_owned).collect();
    for variable in hannun::config::VARIABLES {
        let plain = variable.default.replace("a private PostgreSQL in the data directory", "a private one");
        let found = rows.iter().any(|row| {
            let row = row.replace('`', "");
            row.contains(variable.name) && row.contains(&plain)
        });
        assert!(found, "{}: {plain}", variable.name);
    }
}

#[test]
fn every_metric_and_every_address_is_on_the_page_of_the_api() {
    let text = page("api.md").text;
    for metric in Metric::ALL {
        assert!(text.contains(&format!("`{}`", metric.name())), "{metric}");
    }
    let document = include_str!("../../../src/routes/api.rs");
    for path in document.split("\"/api/v1").skip(1).filter_map(|rest| rest.split('"').next()) {
        let tail = path.strip_prefix("/servers/{server}").filter(|tail| !tail.is_empty()).unwrap_or(path);
        assert!(text.contains(&format!("{tail}`")), "{path}");
    }
}

#[test]
fn every_command_type_and_format_is_on_its_page_with_the_columns_of_its_tables() {
    let text = page("commands.md").text;
    for command_type in CommandType::ALL {
        assert!(text.contains(&format!("`{}`", command_type.name())), "{command_type:?}");
        for format in command_type.formats() {
            assert!(text.contains(&format!("`{format}`")), "{format}");
        }
    }
    for topic in ["processes", "sockets", "filesystems", "files/listing"] {
        let rows = std::fs::read_to_string(format!("{ROOT}/src/commands/{topic}/rows.rs")).unwrap();
        let columns = rows.lines().next().unwrap().strip_prefix("//! The `table` format: ").unwrap();
        assert!(text.contains(columns.trim_end_matches('.')), "{topic}: {columns}");
    }
    let rows = std::fs::read_to_string(format!("{ROOT}/src/commands/metrics/rows.rs")).unwrap();
    let joined = text.replace('\n', " ");
    let kinds: String = rows.lines().skip(2).map_while(|line| line.strip_prefix("//! ")).collect::<Vec<_>>().join(" ");
    for kind in kinds.split(" · ") {
        assert!(joined.contains(kind), "sample_metrics: {kind}");
    }
}

#[test]
fn every_line_that_asks_for_root_is_on_the_page_about_sudo() {
    let text = page("first-steps.md").text;
    let mut seen = 0;
    for command_type in CommandType::ALL {
        for variant in Catalog::built_in().variants(*command_type) {
            for line in root_lines_of(*command_type, &variant.script) {
                // What differs from run to run cannot be listed.
                let RootLine::Constant(command) = line else { continue };
                assert!(text.contains(&format!("`{command}`")), "{}: {command}", variant.name);
                seen += 1;
            }
        }
    }
    assert!(seen > 3, "{seen}");
}

#[test]
fn every_state_and_every_code_of_a_refusal_is_on_the_page_of_operations() {
    let text = page("operations.md").text;
    for state in State::ALL {
        assert!(text.contains(&format!("| `{}` |", state.name())), "{state:?}");
    }
    let source = include_str!("../../../src/error/remote.rs");
    let codes = source.split("pub fn code").nth(1).unwrap().split("pub fn message").next().unwrap();
    let codes: Vec<&str> = codes.split("=> \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(codes.len() > 20, "{codes:?}");
    for code in codes {
        assert!(text.contains(&format!("| `{code}` |")), "{code}");
    }
}

#[test]
fn every_sentence_that_is_quoted_is_one_that_the_program_says() {
    let text = page("operations.md").text;
    let source = code();
    let part = text.split("## When it does not start").nth(1).unwrap().split("\n## ").next().unwrap();
    let quoted: Vec<&str> = part.lines().filter_map(|line| line.strip_prefix("| \"")?.split('"').next()).collect();
    assert!(quoted.len() > 15, "{quoted:?}");
    for sentence in quoted {
        for piece in sentence.split('…').map(str::trim).filter(|piece| !piece.is_empty()) {
            assert!(source.contains(piece), "{sentence}: {piece}");
        }
    }
}

#[test]
fn every_promise_that_is_named_has_a_test_of_its_name() {
    let text = page("security.md").text;
    let is_id = |word: &str| {
        word.len() == 3
            && word.starts_with(|c: char| c.is_ascii_uppercase())
            && word.chars().skip(1).all(|c| c.is_ascii_digit())
    };
    let ids: BTreeSet<String> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| is_id(word)).map(str::to_lowercase).collect();
    assert!(ids.len() > 40, "{ids:?}");
    let names: Vec<String> = files("src", &["rs"])
        .into_iter()
        .chain(files("tests", &["rs"]))
        .flat_map(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            let names =
                text.lines().filter_map(|line| line.split("fn ").nth(1)).filter_map(|rest| rest.split('(').next());
            names
                .filter(|name| name.starts_with("sec_") || name.starts_with("rel_"))
                .map(|name| format!("{name}_"))
                .collect::<Vec<_>>()
        })
        .collect();
    for id in ids {
        assert!(names.iter().any(|name| name.contains(&format!("_{id}_"))), "{id}");
    }
}
