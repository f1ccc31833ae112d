//! `docs/servers-yml.md` and the schema say what the reader takes: every example is applied, every key is explained.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Registry, unnamed};

const DOCUMENTATION: &str = include_str!("../../../docs/servers-yml.md");
const KEPT: &str = include_str!("../../../docs/servers.schema.json");

/// The YAML examples of the documentation.
fn examples() -> Vec<&'static str> {
    let blocks = DOCUMENTATION.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let examples: Vec<&str> = blocks.collect();
    assert!(examples.len() >= 8, "{}", examples.len());
    examples
}

#[test]
fn every_example_of_the_documentation_applies_to_an_empty_registry_and_then_to_no_change() {
    for example in examples() {
        let registry = Registry::new();
        registry.done(&unnamed(example));
        match registry.plan_of(&unnamed(example)) {
            super::Planned::Ready(plan) => assert!(plan.is_empty(), "{:?}\n{example}", super::deeds(&plan)),
            super::Planned::Rejected(problems) => panic!("{}\n{example}", super::said(&problems)),
        }
    }
}

#[test]
fn the_schema_that_is_kept_is_the_one_that_is_served() {
    let schema = hannun::inventory::schema::schema();
    if std::env::var_os("HANNUN_KEEP_SCHEMA").is_some() {
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/servers.schema.json"), text).unwrap();
        return;
    }
    let kept: Value = serde_json::from_str(KEPT).unwrap();
    assert_eq!(kept, schema, "run this test with HANNUN_KEEP_SCHEMA=1 to keep the new one");
}

#[test]
fn every_key_of_the_schema_is_explained_in_the_documentation() {
    let mut keys = BTreeSet::new();
    collect(&hannun::inventory::schema::schema(), &mut keys);
    assert!(keys.len() > 30, "{keys:?}");
    for key in keys {
        assert!(DOCUMENTATION.contains(&format!("`{key}`")), "{key} is not explained");
    }
}

#[test]
fn every_example_is_valid_by_the_schema_and_what_the_reader_refuses_is_not() {
    let schema = hannun::inventory::schema::schema();
    for example in examples() {
        let value: Value = serde_yaml::from_str(example).unwrap();
        assert_eq!(problem(&schema, &value), None, "{example}");
    }
    for wrong in [
        "colour: blue",
        "version: 2",
        "servers: [{name: web-1}]",
        "servers: {web-1: {address: a, prot: 22}}",
        "servers: {web-1: {address: a, port: 0}}",
        "servers: {Web: a}",
        "servers: {web-1: {address: a, allow: everything}}",
        "credentials: {ops: {user: a, password: hunter2}}",
        "commands: [{type: list_processes, name: a}]",
    ] {
        let value: Value = serde_yaml::from_str(wrong).unwrap();
        assert!(problem(&schema, &value).is_some(), "{wrong}");
        let registry = Registry::new();
        registry.refusal_of(&unnamed(&format!("{wrong}\n")));
    }
}

fn collect(schema: &Value, keys: &mut BTreeSet<String>) {
    if let Some(properties) = schema["properties"].as_object() {
        keys.extend(properties.keys().cloned());
    }
    match schema {
        Value::Object(fields) => fields.values().for_each(|value| collect(value, keys)),
        Value::Array(items) => items.iter().for_each(|value| collect(value, keys)),
        _ => {}
    }
}

/// What of a schema a value breaks, for the keywords that ours has; an unknown keyword is a failure.
fn problem(schema: &Value, value: &Value) -> Option<String> {
    let fields = schema.as_object().unwrap();
    for (keyword, rule) in fields {
        let broken = match keyword.as_str() {
            "$schema" | "$id" | "title" | "description" => None,
            "type" => (!is_of_type(rule, value)).then(|| format!("{value} is not of type {rule}")),
            "enum" => (!rule.as_array().unwrap().contains(value)).then(|| format!("{value} is none of {rule}")),
            "pattern" => value
                .as_str()
                .filter(|text| !fits(rule.as_str().unwrap(), text))
                .map(|text| format!("{text} does not fit {rule}")),
            "minimum" => value
                .as_i64()
                .filter(|number| *number < rule.as_i64().unwrap())
                .map(|number| format!("{number} < {rule}")),
            "maximum" => value
                .as_i64()
                .filter(|number| *number > rule.as_i64().unwrap())
                .map(|number| format!("{number} > {rule}")),
            "items" => value.as_array().and_then(|items| items.iter().find_map(|item| problem(rule, item))),
            "required" => value.as_object().and_then(|object| {
                let missing = rule.as_array().unwrap().iter().find(|key| !object.contains_key(key.as_str().unwrap()));
                missing.map(|key| format!("{key} is missing"))
            }),
            "properties" => value.as_object().and_then(|object| {
                object.iter().find_map(|(key, value)| rule.get(key).and_then(|schema| problem(schema, value)))
            }),
            "additionalProperties" => value.as_object().and_then(|object| {
                let known = |key: &str| fields.get("properties").is_some_and(|known| known.get(key).is_some());
                let mut others = object.iter().filter(|(key, _)| !known(key));
                match rule {
                    Value::Bool(false) => others.next().map(|(key, _)| format!("{key} is not known")),
                    schema => others.find_map(|(_, value)| problem(schema, value)),
                }
            }),
            "propertyNames" => value
                .as_object()
                .and_then(|object| object.keys().find_map(|key| problem(rule, &Value::String(key.clone())))),
            "anyOf" => {
                let all: Option<Vec<String>> =
                    rule.as_array().unwrap().iter().map(|schema| problem(schema, value)).collect();
                all.map(|problems| problems.join("; "))
            }
            other => panic!("the schema says {other}, which this test does not know"),
        };
        if broken.is_some() {
            return broken;
        }
    }
    None
}

fn is_of_type(rule: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{other}"),
    };
    match rule {
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().any(|name| is(name.as_str().unwrap())),
        other => panic!("{other}"),
    }
}

/// The few patterns of our schema, without a library for them.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern {
        "^[a-z0-9][a-z0-9.-]{0,62}$" => hannun::models::names::name_problem(text).is_none(),
        "^[0-9]+ *(s|m|h)?$" => text.trim_end_matches(['s', 'm', 'h', ' ']).bytes().all(|byte| byte.is_ascii_digit()),
        "^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$" => text.starts_with("env:") || text.starts_with("file:"),
        "^(SHA256:|[a-z0-9@.-]+ AAAA)" => text.starts_with("SHA256:") || text.contains(" AAAA"),
        other => panic!("the schema has the pattern {other}, which this test does not know"),
    }
}
