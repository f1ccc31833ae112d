//! Values as templates find them: members of an object by their name, also where that is a number: `load.1`. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object, Serde};
use serde_json::Value as Json;

/// An object of JSON.
#[derive(Debug)]
struct Members(BTreeMap<String, Value>);

impl Object for Members {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        // `load.1` asks for the number.
        match key.as_str() {
            Some(name) => self.0.get(name).cloned(),
            None => self.0.get(&key.to_string()).cloned(),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.keys().map(|name| Value::from(name.as_str())).collect())
    }
}

/// JSON as a value of templates.
pub(super) fn value(json: &Json) -> Value {
    match json {
        Json::Object(members) => {
            let members = members.iter().map(|(name, member)| (name.clone(), value(member)));
            Value::from_object(Members(members.collect()))
        }
        Json::Array(items) => Value::from(items.iter().map(value).collect::<Vec<_>>()),
        leaf => Value::from(Serde(leaf)),
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use serde_json::json;

    use super::super::{Into, render};

    #[test]
    fn a_member_whose_name_is_a_number_is_found_by_it() {
        let values = json!({ "load": { "1": 2.5, "15": 1 }, "top": [{ "name": "java" }] });
        let made = |template: &str| render(template, &values, Into::Text, Tz::UTC);
        assert_eq!(made("{{ load.1 }} {{ load['15'] }} {{ top.0.name }}").unwrap(), "2.5 1 java");
        assert_eq!(made("{% for name in load %}{{ name }} {% endfor %}").unwrap(), "1 15 ");
        assert!(made("{{ load.5 }}").is_err());
        assert_eq!(render("{{ load }}", &values, Into::Json, Tz::UTC).unwrap(), r#"{"1":2.5,"15":1}"#);
    }
}
