//! A document as a tree whose scalars are the text as it was written: `1.10` stays `1.10`, whatever YAML takes it for.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::budget::Kind;

/// One node of a document. Its number finds its position again ([`super::position`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Counted from 0 in the order of the text; keys count too.
    pub number: usize,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `~`, `null`, or nothing at all.
    Nothing,
    /// Text, a number, yes or no: the characters as they stand there, without quotes.
    Scalar(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in its order; no key comes twice.
    Map(Vec<(Key, Node)>),
}

/// The key of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its number among the nodes.
    pub number: usize,
    /// Its text.
    pub text: String,
}

/// Reads a text whose nodes are of these kinds.
pub(super) fn read(text: &str, kinds: &[Kind]) -> Result<Node, serde_yaml::Error> {
    let next = Cell::new(0);
    Build { kinds, next: &next }.deserialize(serde_yaml::Deserializer::from_str(text))
}

#[derive(Clone, Copy)]
struct Build<'a> {
    kinds: &'a [Kind],
    next: &'a Cell<usize>,
}

impl Build<'_> {
    fn count(self) -> usize {
        self.next.replace(self.next.get() + 1)
    }
}

impl<'de> DeserializeSeed<'de> for Build<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        let number = self.count();
        let value = match self.kinds.get(number) {
            Some(Kind::Nothing) => deserializer.deserialize_any(self).map(|_| Value::Nothing),
            Some(Kind::Scalar) => deserializer.deserialize_str(self),
            Some(Kind::List) => deserializer.deserialize_seq(self),
            Some(Kind::Map) => deserializer.deserialize_map(self),
            None => Err(D::Error::custom("the text is another one than was checked")),
        };
        Ok(Node { number, value: value? })
    }
}

impl<'de> Visitor<'de> for Build<'_> {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("what was found before")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Scalar(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = items.next_element_seed(self)? {
            nodes.push(node);
        }
        Ok(Value::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(key) = entries.next_key_seed(self)? {
            let text = match key.value {
                Value::Scalar(text) => text,
                _ => String::new(),
            };
            pairs.push((Key { number: key.number, text }, entries.next_value_seed(self)?));
        }
        Ok(Value::Map(pairs))
    }
}
