//! Walks a document without keeping it: counts its nodes and its depth, refuses keys that come twice, and notes what kind
//! each node is. Asked to, it stumbles over one node, so that the parser says where that node stands.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};

/// What a node is. Nodes are numbered in the order of the text, each mapping before its first key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `~`, `null`, or nothing at all.
    Nothing,
    /// Text, a number, yes or no.
    Scalar,
    /// A list.
    List,
    /// A mapping.
    Map,
}

/// Reads the whole text; the kinds of its nodes.
pub(super) fn check(text: &str, max_depth: usize, max_nodes: usize) -> Result<Vec<Kind>, serde_yaml::Error> {
    let kinds = RefCell::new(Vec::new());
    let walk = Walk { depth_left: max_depth, most: max_nodes, kinds: &kinds, stumble_at: None };
    walk.deserialize(serde_yaml::Deserializer::from_str(text))?;
    Ok(kinds.into_inner())
}

/// The parser's complaint about a node of a text that [`check`] found to be in order.
pub(super) fn stumble(text: &str, node: usize) -> Option<serde_yaml::Error> {
    let kinds = RefCell::new(Vec::new());
    let walk = Walk { depth_left: usize::MAX, most: usize::MAX, kinds: &kinds, stumble_at: Some(node) };
    walk.deserialize(serde_yaml::Deserializer::from_str(text)).err()
}

/// One step of the walk. Its value is the text of a scalar, so that keys can be compared.
#[derive(Clone, Copy)]
struct Walk<'a> {
    depth_left: usize,
    most: usize,
    kinds: &'a RefCell<Vec<Kind>>,
    stumble_at: Option<usize>,
}

impl Walk<'_> {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        match self.depth_left.checked_sub(1) {
            Some(depth_left) => Ok(Self { depth_left, ..self }),
            None => Err(E::custom("nested too deeply")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let number = self.kinds.borrow().len();
        if number >= self.most {
            return Err(D::Error::custom(format!("more than {} nodes", self.most)));
        }
        self.kinds.borrow_mut().push(Kind::Nothing);
        deserializer.deserialize_any(Step { walk: self, number, not_again: None })
    }
}

/// A key: its text must not be one of those before it.
struct Key<'a, 's> {
    walk: Walk<'a>,
    seen: &'s HashSet<String>,
}

impl<'de> DeserializeSeed<'de> for Key<'_, '_> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let number = self.walk.kinds.borrow().len();
        self.walk.kinds.borrow_mut().push(Kind::Nothing);
        deserializer.deserialize_any(Step { walk: self.walk, number, not_again: Some(self.seen) })
    }
}

struct Step<'a, 's> {
    walk: Walk<'a>,
    number: usize,
    not_again: Option<&'s HashSet<String>>,
}

impl Step<'_, '_> {
    fn is<E: Error>(&self, kind: Kind) -> Result<(), E> {
        if self.walk.stumble_at == Some(self.number) {
            return Err(E::custom("here"));
        }
        if let Some(place) = self.walk.kinds.borrow_mut().get_mut(self.number) {
            *place = kind;
        }
        Ok(())
    }

    fn scalar<E: Error>(&self, kind: Kind, text: impl Into<String>) -> Result<Option<String>, E> {
        self.is(kind)?;
        let text = text.into();
        match self.not_again {
            Some(seen) if seen.contains(&text) => Err(E::custom(format!("duplicate key {text}"))),
            _ => Ok(Some(text)),
        }
    }
}

impl<'de> Visitor<'de> for Step<'_, '_> {
    type Value = Option<String>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("text, a number, a list or a mapping")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        self.scalar(Kind::Scalar, value.to_string())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        self.scalar(Kind::Scalar, value.to_string())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        self.scalar(Kind::Scalar, value.to_string())
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Self::Value, E> {
        self.scalar(Kind::Scalar, value.to_string())
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Self::Value, E> {
        self.scalar(Kind::Scalar, value.to_string())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        self.scalar(Kind::Scalar, value.to_string())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        self.scalar(Kind::Scalar, value)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        self.scalar(Kind::Nothing, "")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        self.is(Kind::List)?;
        let inside = self.walk.deeper()?;
        while items.next_element_seed(inside)?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        self.is(Kind::Map)?;
        let inside = self.walk.deeper()?;
        let mut seen = HashSet::new();
        while let Some(key) = entries.next_key_seed(Key { walk: inside, seen: &seen })? {
            let Some(key) = key else {
                return Err(A::Error::custom("a key must be text"));
            };
            seen.insert(key);
            entries.next_value_seed(inside)?;
        }
        Ok(None)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        Err(A::Error::custom("tags are not allowed"))
    }
}
