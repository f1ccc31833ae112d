//! Every visible string has its Korean.

use hannun::language::Language;

use crate::house::sizes::files;

/// The string literal that `text` begins with, unescaped as far as we write them.
fn literal(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut characters = text.strip_prefix('"')?.chars();
    loop {
        match characters.next()? {
            '"' => return Some(out),
            '\\' => match characters.next()? {
                'n' => out.push('\n'),
                '\n' => {
                    let rest = characters.as_str().trim_start();
                    characters = rest.chars();
                }
                other => out.push(other),
            },
            other => out.push(other),
        }
    }
}

/// Literals that come right after one of `openings`, blanks and line breaks aside.
fn after(text: &str, openings: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for opening in openings {
        found.extend(text.split(opening).skip(1).filter_map(|rest| literal(rest.trim_start())));
    }
    found
}

/// Literals in a template that pass the filter `t`.
fn translated(text: &str) -> Vec<String> {
    text.split("\"|t").collect::<Vec<_>>().windows(2).filter_map(|pair| pair[0].rsplit_once('"').map(|(_, words)| words.to_owned())).collect()
}

fn missing(strings: Vec<String>, place: &str) -> Vec<String> {
    strings.into_iter().filter(|text| !Language::Ko.knows(text)).map(|text| format!("{place}: {text:?}")).collect()
}

#[test]
fn every_string_of_a_template_has_its_korean() {
    let mut problems = Vec::new();
    for path in files("templates", &["html"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut strings = translated(&text);
        // Labels and hints of fields are translated inside the macros.
        for call in text.split("{{ field::").skip(1).filter_map(|rest| rest.split("}}").next()) {
            strings.extend(call.split('"').skip(3).step_by(2).filter(|words| words.contains(' ') || words.starts_with(char::is_uppercase)).map(str::to_owned));
        }
        problems.extend(missing(strings, &path.display().to_string()));
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn every_message_of_the_code_has_its_korean() {
    let openings = ["Message::new(", "NotFound(", "label: ", ".add(\"name\", ", "Some(\"", ];
    let mut problems = Vec::new();
    for path in files("src", &["rs"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        problems.extend(missing(after(code, &openings[..3]), &path.display().to_string()));
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn a_translation_keeps_every_named_value() {
    let korean: std::collections::BTreeMap<String, String> =
        serde_yaml::from_str(include_str!("../../../src/locales/ko.yml")).unwrap();
    let values = |text: &str| {
        let mut names: Vec<String> = text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).map(str::to_owned).collect();
        names.sort();
        names.dedup();
        names
    };
    for (english, korean) in &korean {
        assert_eq!(values(english), values(korean), "{english}");
    }
}
