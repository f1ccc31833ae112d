//! What a source read of one server: named values, the same for every destination. Pure.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::language::Message;

/// How much one reading may hold, bytes: what servers print has no end (X01).
pub const READING_LIMIT: usize = 64 << 10;

/// What was read of one server, or why it was not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Of which server; empty where the source is about none.
    pub server: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The values by name: `{"cpu": {"percent": 31.2}}` is `cpu.percent`. Empty where it failed.
    #[serde(default)]
    pub values: Map<String, Value>,
    /// Why nothing was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<Message>,
}

impl Reading {
    /// The value of a dotted name: `cpu.percent`, `top.0.name`.
    pub fn value(&self, name: &str) -> Option<&Value> {
        let mut parts = name.split('.');
        let first = self.values.get(parts.next()?)?;
        parts.try_fold(first, |value, part| match value {
            Value::Object(object) => object.get(part),
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// The number of a dotted name.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.value(name)?.as_f64()
    }

    /// The text of a dotted name: numbers and the like as people write them.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.value(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }

    /// Every name with its value, the leaves only, in the order in which the source gives them: what a person can use.
    pub fn leaves(&self) -> Vec<(String, &Value)> {
        fn walk<'a>(name: &str, value: &'a Value, into: &mut Vec<(String, &'a Value)>) {
            match value {
                Value::Object(object) => {
                    object.iter().for_each(|(key, value)| walk(&format!("{name}.{key}"), value, into));
                }
                Value::Array(items) => {
                    items.iter().enumerate().for_each(|(n, value)| walk(&format!("{name}.{n}"), value, into));
                }
                leaf => into.push((name.to_owned(), leaf)),
            }
        }
        let mut leaves = Vec::new();
        self.values.iter().for_each(|(name, value)| walk(name, value, &mut leaves));
        leaves
    }
}

/// Readings as they are stored with a run; what is no reading is none.
pub fn stored(readings: &Value) -> Vec<Reading> {
    serde_json::from_value(readings.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_has_a_dotted_name() {
        let Value::Object(values) = json!({"cpu": {"percent": 31.2}, "top": [{"name": "java"}], "note": "1.5"}) else {
            panic!();
        };
        let reading = Reading { server: "web-1".to_owned(), at: DateTime::default(), values, failed: None };
        assert_eq!(reading.number("cpu.percent"), Some(31.2));
        assert_eq!(reading.text("top.0.name").as_deref(), Some("java"));
        assert_eq!(
            (reading.value("top.1.name"), reading.value("cpu"), reading.value("")),
            (None, reading.values.get("cpu"), None)
        );
        assert_eq!(reading.number("note"), None, "a text is no number, whatever it looks like");
        let names: Vec<String> = reading.leaves().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["cpu.percent", "top.0.name", "note"]);
        let again = stored(&json!([reading]));
        assert_eq!(again, [reading]);
    }
}
