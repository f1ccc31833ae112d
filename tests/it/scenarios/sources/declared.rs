//! What sources declare: words, examples, and what may be entered.

use std::collections::BTreeSet;

use hannun::language::Language;
use hannun::scenarios::fields::{Default, Field, Takes, accept};
use hannun::scenarios::sources::{self, ALL, Source};
use hannun::scenarios::wish::example;
use serde_json::{Value, json};

/// What must be entered, for those that ask for something.
fn least(source: &Source) -> Value {
    match source.kind {
        "network" => json!({ "interface": "eth0" }),
        "process_search" => json!({ "look_for": "nginx" }),
        "port_open" => json!({ "port": 443 }),
        "service_state" => json!({ "service": "nginx.service" }),
        "check" => json!({ "check": "queue" }),
        "command_output" => json!({ "command": "uptime" }),
        "certificate_expiry" => json!({ "host": "example.org" }),
        "http_check" => json!({ "url": "http://localhost/" }),
        "file_tail" => json!({ "path": "/var/log/syslog" }),
        _ => json!({}),
    }
}

fn words(field: &Field) -> Vec<&'static str> {
    let choices = match field.takes {
        Takes::Choice(choices) => choices.iter().map(|(_, label)| *label).collect(),
        _ => Vec::new(),
    };
    let said = [field.label, field.hint].into_iter().chain(choices);
    // What is nothing but signs or names is the same in every language.
    said.filter(|text| text.contains(' ') || *text == field.label).collect()
}

#[test]
fn every_word_of_a_source_has_its_korean() {
    let said = ALL.iter().flat_map(|source| source.fields.iter().flat_map(words).chain([source.label]));
    let missing: Vec<&str> = said.filter(|text| !Language::Ko.knows(text)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn each_source_has_a_name_of_its_own_and_examples_of_which_one_is_a_number() {
    let mut kinds = BTreeSet::new();
    for source in ALL {
        assert!(kinds.insert(source.kind), "{}", source.kind);
        assert!(sources::of(source.kind).is_some_and(|found| found.kind == source.kind));
        let is_number = |text: &str| serde_json::from_str::<f64>(text).is_ok();
        assert!(is_number(source.gives[0].1), "{}: conditions begin with its first value", source.kind);
        let example = example(source, "Morning");
        for (name, _) in source.gives {
            let first = name.split('.').next().unwrap();
            assert!(example.contains_key(first), "{} {name}", source.kind);
        }
        let names: BTreeSet<&str> = source.fields.iter().map(|field| field.name).collect();
        assert_eq!(names.len(), source.fields.len(), "{}", source.kind);
    }
}

#[test]
fn what_holds_where_nothing_is_entered_may_be_entered_too() {
    for source in ALL {
        let accepted = Value::Object(accept(source.fields, &least(source)).unwrap());
        assert!((source.problems)(&accepted).is_empty(), "{}", source.kind);
        let again = Value::Object(accept(source.fields, &accepted).unwrap());
        assert_eq!(again, accepted, "{}", source.kind);
        let needed = source.fields.iter().any(|field| matches!(field.default, Default::Required));
        assert_eq!(accept(source.fields, &json!({})).is_err(), needed, "{}", source.kind);
    }
}

#[test]
fn sec_p03_what_cannot_be_meant_is_refused_when_it_is_entered() {
    let long = "(x{1000}){1000}";
    for (kind, field, entered) in [
        ("process_search", "look_for", json!({ "look_for": "(", "look_in": "pattern" })),
        ("service_state", "service", json!({ "service": "a b; id" })),
        ("service_state", "service", json!({ "service": "../x" })),
        ("port_open", "port", json!({ "port": 0 })),
        ("port_open", "port", json!({ "port": 65_536 })),
        ("command_output", "command", json!({ "command": " \n " })),
        ("command_output", "seconds", json!({ "command": "uptime", "seconds": 60 })),
        ("failed_logins", "window_seconds", json!({ "window_seconds": 1 })),
        ("certificate_expiry", "host", json!({ "host": "-connect" })),
        ("certificate_expiry", "host", json!({ "host": "https://example.org" })),
        ("http_check", "url", json!({ "url": "file:///etc/passwd" })),
        ("http_check", "url", json!({ "url": "http://user:secret@localhost/" })),
        ("http_check", "pattern", json!({ "url": "http://a/", "pattern": long })),
        ("file_tail", "path", json!({ "path": "var/log/syslog" })),
        ("file_tail", "pattern", json!({ "path": "/var/log/syslog", "pattern": "[" })),
        ("file_tail", "pattern", json!({ "path": "/var/log/syslog", "pattern": "x".repeat(600) })),
    ] {
        let source = sources::of(kind).unwrap();
        let problems = match accept(source.fields, &entered) {
            Ok(accepted) => (source.problems)(&Value::Object(accepted)),
            Err(problems) => problems,
        };
        assert!(problems.of(field).is_some(), "{kind} {entered}: {problems:?}");
    }
}
