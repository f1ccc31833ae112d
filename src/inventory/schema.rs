//! The JSON schema of `servers.yml`, for editors. Made from the same tables that reading goes by.

use serde_json::{Map, Value as Json, json};

use super::shape::{DOCUMENT, Key, Shape, Short, Value};

/// Names of ours.
const NAME: &str = "^[a-z0-9][a-z0-9.-]{0,62}$";

/// The schema, JSON Schema 2020-12.
pub fn schema() -> Json {
    let mut document = of_shape(&DOCUMENT, false);
    if let Some(fields) = document.as_object_mut() {
        fields.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        fields.insert("$id".to_owned(), json!("/schemas/servers.json"));
        fields.insert("title".to_owned(), json!("servers.yml of hannun"));
    }
    document
}

/// A mapping with the keys of a shape; `is_named`: its name stands before the colon.
fn of_shape(shape: &Shape, is_named: bool) -> Json {
    let keys = shape.keys.iter().filter(|key| !(is_named && key.name == "name"));
    let properties: Map<String, Json> = keys.clone().map(|key| (key.name.to_owned(), of_key(key))).collect();
    let mut required: Vec<&str> = keys.filter(|key| key.required).map(|key| key.name).collect();
    if !is_named && shape.key("name").is_some() && !required.contains(&"name") {
        required.push("name");
    }
    let mut schema = json!({
        "type": "object",
        "description": shape.about,
        "properties": properties,
        "additionalProperties": false,
    });
    if let (Some(fields), false) = (schema.as_object_mut(), required.is_empty()) {
        fields.insert("required".to_owned(), json!(required));
    }
    schema
}

fn of_key(key: &Key) -> Json {
    let mut schema = of_value(&key.value);
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("description".to_owned(), json!(key.about));
    }
    schema
}

fn of_value(value: &Value) -> Json {
    // What YAML takes for a number or a truth is text here: `note: 5`.
    let scalar = json!(["string", "number", "boolean", "null"]);
    match value {
        Value::Text | Value::Address => json!({ "type": scalar }),
        Value::Name => json!({ "type": ["string", "null"], "pattern": NAME }),
        Value::Names => {
            json!({ "anyOf": [{ "type": "array", "items": { "type": "string", "pattern": NAME } }, { "type": ["string", "null"], "pattern": NAME }] })
        }
        Value::Whole { least, most } => json!({ "type": ["integer", "null"], "minimum": least, "maximum": most }),
        Value::Interval => json!({ "type": ["string", "integer", "null"], "pattern": "^[0-9]+ *(s|m|h)?$" }),
        Value::Flag => json!({ "type": ["boolean", "null"] }),
        Value::Word(words) => json!({ "enum": words }),
        Value::Secret => json!({ "type": ["string", "null"], "pattern": "^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$" }),
        Value::Labels => {
            json!({ "anyOf": [{ "type": "object", "additionalProperties": { "type": scalar } }, { "type": "array", "items": { "type": "string" } }, { "type": "null" }] })
        }
        Value::HostKeys => {
            let one = json!({ "type": "string", "pattern": "^(SHA256:|[a-z0-9@.-]+ AAAA)" });
            json!({ "anyOf": [{ "type": "array", "items": one }, one, { "type": "null" }] })
        }
        Value::Texts => json!({ "anyOf": [{ "type": "array", "items": { "type": "string" } }, { "type": scalar }] }),
        Value::Part(shape) => of_shape(shape, true),
        Value::Each(shape) => json!({ "type": ["array", "null"], "items": of_shape(shape, false) }),
        Value::Named(shape, short) => {
            let (by_name, in_list) = (alone(shape, true, *short), alone(shape, false, *short));
            json!({
                "anyOf": [
                    { "type": "object", "propertyNames": { "pattern": NAME }, "additionalProperties": by_name },
                    { "type": "array", "items": in_list },
                    { "type": "null" },
                ]
            })
        }
    }
}

/// An entry, or what may stand for it.
fn alone(shape: &Shape, is_named: bool, short: Option<Short>) -> Json {
    let whole = of_shape(shape, is_named);
    match (short, is_named) {
        (Some(Short::Address), true) => json!({ "anyOf": [whole, { "type": "string" }] }),
        (Some(Short::NameAlone), true) => json!({ "anyOf": [whole, { "type": "null" }] }),
        (Some(Short::NameAlone), false) => json!({ "anyOf": [whole, { "type": "string", "pattern": NAME }] }),
        (Some(Short::Address), false) | (None, _) => whole,
    }
}
