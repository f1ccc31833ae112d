//! `application/x-www-form-urlencoded` → a struct. Repeated names become a list; a field that the struct does not have is
//! refused (Z06). Pure.

use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use crate::error::FieldErrors;
use crate::language::Message;

/// The struct of `pairs`, or what is wrong with which field.
pub fn read<T: DeserializeOwned>(pairs: Vec<(String, String)>) -> Result<T, FieldErrors> {
    let mut fields: Vec<(String, Values)> = Vec::new();
    for (name, value) in pairs {
        match fields.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.0.push(value),
            None => fields.push((name, Values(vec![value]))),
        }
    }
    T::deserialize(Fields(fields)).map_err(|problem| problem.0)
}

/// A problem of one field, or of the whole form.
#[derive(Debug)]
struct Problem(FieldErrors);

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the form cannot be accepted")
    }
}

impl std::error::Error for Problem {}

impl serde::de::Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let message = Message::new("This cannot be read: {why}").with("why", message);
        Self(FieldErrors::default().and("", message))
    }

    fn missing_field(field: &'static str) -> Self {
        Self(FieldErrors::default().and(field, "This field is missing"))
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self(FieldErrors::default().and(field, "This form has no such field"))
    }
}

/// All fields of a form.
struct Fields(Vec<(String, Values)>);

impl<'de> Deserializer<'de> for Fields {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Problem> {
        // Without the names of the fields an unknown one could not be refused.
        Err(serde::de::Error::custom("a form is read into a struct with named fields"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        for (name, _) in &self.0 {
            if !fields.contains(&name.as_str()) {
                return Err(serde::de::Error::unknown_field(name, fields));
            }
        }
        visitor.visit_map(MapDeserializer::new(self.0.into_iter()))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// What was entered under one name.
struct Values(Vec<String>);

impl Values {
    fn one(self) -> Result<String, Problem> {
        let mut values = self.0.into_iter();
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value),
            _ => Err(serde::de::Error::custom("one value is expected")),
        }
    }
}

impl IntoDeserializer<'_, Problem> for Values {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parsed {
    ($($method:ident $visit:ident $kind:ty),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
            let text = self.one()?;
            match text.trim().parse::<$kind>() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(serde::de::Error::custom(text)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Values {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_string(self.one()?)
    }

    /// A tick box: `on`, `true` or `1`; an absent one is `#[serde(default)]`.
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.one()?.as_str() {
            "on" | "true" | "1" => visitor.visit_bool(true),
            "" | "off" | "false" | "0" => visitor.visit_bool(false),
            other => Err(serde::de::Error::custom(other)),
        }
    }

    parsed! {
        deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32, deserialize_i64 visit_i64 i64,
        deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64,
        deserialize_f64 visit_f64 f64
    }

    /// An empty field is none.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        if self.0.iter().all(String::is_empty) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_seq(SeqDeserializer::new(self.0.into_iter().map(|value| Self(vec![value]))))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_enum(self.one()?.into_deserializer())
    }

    forward_to_deserialize_any! {
        i8 i128 u8 u128 f32 char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier
        ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Form {
        name: String,
        #[serde(default)]
        groups: Vec<i64>,
        #[serde(default)]
        enabled: bool,
        port: Option<u16>,
        kind: Kind,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        PrivateKey,
    }

    fn form(text: &str) -> Result<Form, FieldErrors> {
        read(serde_urlencoded::from_str(text).unwrap())
    }

    #[test]
    fn repeated_names_are_a_list_and_an_empty_field_is_none() {
        let expected =
            Form { name: "a b".into(), groups: vec![1, 2], enabled: true, port: None, kind: Kind::PrivateKey };
        assert_eq!(form("name=a+b&groups=1&groups=2&enabled=on&port=&kind=private_key"), Ok(expected));
    }

    #[test]
    fn sec_z06_a_field_that_the_form_does_not_have_is_refused() {
        let problems = form("name=a&kind=private_key&role=administrator").unwrap_err();
        assert_eq!(problems.of("role"), Some(&"This form has no such field".into()));
    }

    #[test]
    fn a_missing_field_is_named_and_one_value_given_twice_is_refused() {
        assert!(form("kind=private_key").unwrap_err().of("name").is_some());
        assert!(form("name=a&name=b&kind=private_key").is_err());
        assert!(form("name=a&kind=private_key&port=70000").is_err());
    }
}
