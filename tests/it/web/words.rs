//! Every visible string has its Korean.

use std::collections::BTreeMap;

use hannun::commands::CommandType;
use hannun::commands::checks::Answer;
use hannun::language::Language;

use crate::house::sizes::files;

/// Rooms whose sentences are for the log or the terminal only.
const NOT_SHOWN: [&str; 14] = [
    "src/telemetry",
    "src/cli",
    "src/backup",
    "src/db/programs",
    "src/config",
    "src/startup",
    "src/main.rs",
    "src/language.rs",
    "src/queue.rs",
    "src/api/openapi",
    "src/web/health",
    // Words that machines say of themselves.
    "src/commands/platform/probe",
    "src/commands/logins/message",
    // The schema and its documentation are in English.
    "src/inventory/shape",
];

/// What stands right before a sentence that nobody but a developer or the log reads.
const FOR_DEVELOPERS: [&str; 14] = [
    "write!(",
    "contains(",
    "strip_prefix(",
    "anyhow!(",
    "bail!(",
    "ensure!(",
    "reason=",
    "expect(",
    ".context(",
    "panic!(",
    "tracing::",
    "debug_assert",
    "description=",
    "says(",
];

/// String literals of Rust code, each with the code of its statement before it, blanks taken out.
fn literals(code: &str) -> Vec<(String, String)> {
    let (mut found, mut before) = (Vec::new(), String::new());
    let mut rest = code;
    while let Some(character) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = rest.split_once('\n').map_or("", |(_, after)| after);
            continue;
        }
        if rest.starts_with("'\"'") {
            rest = &rest[3..];
            continue;
        }
        rest = &rest[character.len_utf8()..];
        if character == '"' {
            let (text, after) = literal(rest);
            found.push((before.clone(), text));
            rest = after;
            before.push('"');
        } else if matches!(character, ';' | '{' | '}') {
            before.clear();
        } else if !character.is_whitespace() {
            before.push(character);
        }
    }
    found
}

/// The rest of a literal after its quote, as the program sees it; and what follows.
fn literal(text: &str) -> (String, &str) {
    let mut out = String::new();
    let mut characters = text.chars();
    loop {
        match characters.next() {
            None | Some('"') => return (out, characters.as_str()),
            Some('\\') => match characters.next() {
                Some('n') => out.push('\n'),
                Some('\n') => characters = characters.as_str().trim_start().chars(),
                Some(other) => out.push(other),
                None => return (out, ""),
            },
            Some(other) => out.push(other),
        }
    }
}

/// `Some fields need another value`, `{server} is paused`: not SQL, not a header, not a path.
fn is_sentence(text: &str) -> bool {
    let begins =
        text.starts_with(|c: char| c.is_ascii_uppercase()) || (text.starts_with('{') && !text.starts_with("{}"));
    let words =
        text.split(' ').filter(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphabetic())).count();
    begins && words >= 2 && !text.contains("{:") && !text.contains(":?}") && text != "Mac OS X"
}

fn has_korean(text: &str) -> bool {
    Language::Ko.knows(text)
}

#[test]
fn every_sentence_of_the_code_has_its_korean() {
    let mut problems = Vec::new();
    for path in files("src", &["rs"]) {
        let place = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().display().to_string();
        if NOT_SHOWN.iter().any(|room| place.starts_with(room)) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for (before, words) in literals(text.split("#[cfg(test)]").next().unwrap()) {
            // Words of other programs, compared byte by byte.
            if before.ends_with('b') {
                continue;
            }
            let is_message = ["Message::new(", "NotFound(", "label:"].iter().any(|opening| before.ends_with(opening))
                && words.contains(char::is_alphabetic);
            let for_people = is_sentence(&words) && !FOR_DEVELOPERS.iter().any(|sign| before.contains(sign));
            if (is_message || for_people) && !has_korean(&words) {
                problems.push(format!("{place}: {words}"));
            }
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn every_string_of_a_template_has_its_korean() {
    let mut problems = Vec::new();
    for path in files("templates", &["html"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut strings: Vec<&str> = text
            .match_indices("\"|t")
            .filter_map(|(at, _)| text[..at].rsplit_once('"').map(|(_, words)| words))
            .collect();
        // Labels and hints of fields are translated inside the macros; the first literal is the field's name.
        for call in text.split("{{ field::").skip(1).filter_map(|rest| rest.split("}}").next()) {
            let literals = call.split('"').skip(3).step_by(2);
            strings.extend(literals.filter(|words| words.starts_with(|c: char| c.is_ascii_uppercase())));
        }
        problems.extend(
            strings.into_iter().filter(|words| !has_korean(words)).map(|words| format!("{}: {words}", path.display())),
        );
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn every_sentence_is_translated_once() {
    let korean = include_str!("../../../src/locales/ko.yml");
    let keys: Vec<&str> =
        korean.lines().filter_map(|line| Some(line.strip_prefix('"')?.split_once("\": ")?.0)).collect();
    let mut twice: Vec<&str> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    twice.extend(keys.iter().filter(|key| !seen.insert(**key)));
    assert!(keys.len() > 500 && twice.is_empty(), "{twice:#?}");
}

#[test]
fn a_translation_keeps_every_named_value() {
    let korean: BTreeMap<String, String> = serde_yaml::from_str(include_str!("../../../src/locales/ko.yml")).unwrap();
    let values = |text: &str| {
        let mut names: Vec<String> =
            text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).map(str::to_owned).collect();
        names.sort();
        names.dedup();
        names
    };
    for (english, korean) in &korean {
        assert_eq!(values(english), values(korean), "{english}");
    }
}

#[test]
fn the_search_finds_sentences_and_leaves_the_rest() {
    let code = "Err(Message::new(\"It is \\\n    broken\")); // \"Not this one\"\n tracing::info!(\"Nor this one\"); f(\"select One From\")";
    let found: Vec<String> =
        literals(code).into_iter().filter(|(before, _)| !before.contains("tracing")).map(|(_, text)| text).collect();
    assert_eq!(found, ["It is broken", "select One From"]);
    assert!(is_sentence("It is broken") && !is_sentence("select One From") && !is_sentence("Set-Cookie"));
}

#[test]
fn what_is_said_of_columns_and_answers_has_its_korean() {
    let mut missing = Vec::new();
    for command_type in CommandType::ALL {
        let beside = "uptime\t10.5\n".repeat(usize::from(*command_type == CommandType::SampleMetrics));
        for shape in command_type.table() {
            let answer = format!("{beside}{}\n", shape.example());
            let head = command_type.preview("table", answer.as_bytes()).map(|preview| preview.head).unwrap_or_default();
            let said = shape.columns.iter().map(|column| column.meaning).chain(head);
            missing.extend(said.filter(|text| !Language::Ko.knows(text)));
        }
    }
    for answer in Answer::ALL {
        missing.extend([answer.label(), answer.hint()].into_iter().filter(|text| !Language::Ko.knows(text)));
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
