//! Lists: `q`, `sort`, `limit`, `cursor` in, `{"items", "next"}` out.
//!
//! A cursor names the last item that was given, not a position: what appears or goes in between moves nothing.

use std::cmp::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::error::{Error, Result};

/// Items of one answer, unless `limit` says otherwise.
const DEFAULT_LIMIT: u16 = 100;
/// The highest `limit`.
const MAXIMUM_LIMIT: u16 = 500;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items, in the order that was asked for.
    pub items: Vec<T>,
    /// Give this as `cursor` to get what follows; null at the end.
    pub next: Option<String>,
}

/// How a list is searched, ordered and cut.
#[derive(Debug, Default, Clone, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Keeps items that contain this text, whatever its case.
    pub q: Option<String>,
    /// The field to order by; `-` before it reverses the order.
    pub sort: Option<String>,
    /// How many items at most: 1 to 500, 100 unless given.
    #[serde(deserialize_with = "super::input::number")]
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u16>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

impl ListQuery {
    /// The number of items to give.
    pub(super) fn limit(&self) -> Result<usize> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if (1..=MAXIMUM_LIMIT).contains(&limit) {
            Ok(usize::from(limit))
        } else {
            Err(Error::field("limit", "Give a number from 1 to 500"))
        }
    }

    /// The text to search for, in lower case; none where it is empty.
    pub(super) fn needle(&self) -> Option<String> {
        self.q.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_lowercase)
    }
}

/// What an item is ordered by. Missing values come last in rising order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Key {
    /// A number or a time.
    Number(#[serde(with = "bits")] f64),
    /// A text, compared without regard to case.
    Text(String),
    /// Not known.
    Missing,
}

impl Key {
    /// The key of a text.
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_lowercase())
    }

    /// The key of a number that may be missing.
    pub(super) fn number(number: Option<f64>) -> Self {
        number.filter(|number| number.is_finite()).map_or(Self::Missing, Self::Number)
    }

    /// The key of a whole number; ordering by it needs no more than 53 bits.
    #[expect(clippy::cast_precision_loss, reason = "only the order matters")]
    pub(super) fn whole(number: Option<u64>) -> Self {
        number.map_or(Self::Missing, |number| Self::Number(number as f64))
    }

    /// The key of a time that may be missing.
    pub(super) fn time(time: Option<DateTime<Utc>>) -> Self {
        time.map_or(Self::Missing, |time| {
            #[expect(clippy::cast_precision_loss, reason = "microseconds of our century fit in 53 bits")]
            Self::Number(time.timestamp_micros() as f64)
        })
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(one), Self::Number(two)) => one.total_cmp(two),
            (Self::Text(one), Self::Text(two)) => one.cmp(two),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Number(_) => 0,
            Self::Text(_) => 1,
            Self::Missing => 2,
        }
    }
}

/// A number in a cursor comes back exactly as it went out, which decimal digits do not promise.
mod bits {
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
    pub(super) fn serialize<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(number.to_bits())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        u64::deserialize(deserializer).map(f64::from_bits)
    }
}

/// The last item of a page: the order it was given in, its key in that order, and what tells it from its equals.
#[derive(Debug, Serialize, Deserialize)]
struct Cursor {
    s: String,
    k: Key,
    i: String,
}

impl Cursor {
    fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    fn decode(text: &str, sort: &str) -> Result<Self> {
        let cursor: Option<Self> =
            URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        cursor
            .filter(|cursor| cursor.s == sort)
            .ok_or_else(|| Error::field("cursor", "This cursor is not of this list in this order"))
    }
}

/// The name of an order, and the key that it goes by.
pub(super) type Sort<T> = (&'static str, fn(&T) -> Key);

/// What a list of `T` can be searched and ordered by.
pub(super) struct Shape<T: 'static> {
    /// Name → key; the first is the order unless `sort` says otherwise (`-name`: falling).
    pub sorts: &'static [Sort<T>],
    /// The order unless `sort` is given.
    pub default_sort: &'static str,
    /// Tells items with equal keys apart.
    pub identity: fn(&T) -> String,
    /// The texts that `q` looks at.
    pub texts: fn(&T) -> Vec<&str>,
}

impl<T> Shape<T> {
    /// The page of `items` that `query` asks for.
    pub(super) fn page(&self, items: Vec<T>, query: &ListQuery) -> Result<Page<T>> {
        let limit = query.limit()?;
        let sort = query.sort.as_deref().unwrap_or(self.default_sort);
        let (falling, field) = sort.strip_prefix('-').map_or((false, sort), |field| (true, field));
        let Some((_, key)) = self.sorts.iter().find(|(name, _)| *name == field) else {
            return Err(self.unknown_sort());
        };
        let after = query.cursor.as_deref().map(|text| Cursor::decode(text, sort)).transpose()?;
        let order = |one: (&Key, &str), two: (&Key, &str)| {
            let order = one.0.compare(two.0).then_with(|| one.1.cmp(two.1));
            if falling { order.reverse() } else { order }
        };

        let needle = query.needle();
        let mut kept: Vec<(Key, String, T)> = items
            .into_iter()
            .filter(|item| {
                needle
                    .as_deref()
                    .is_none_or(|needle| (self.texts)(item).iter().any(|text| text.to_lowercase().contains(needle)))
            })
            .map(|item| (key(&item), (self.identity)(&item), item))
            .filter(|(key, identity, _)| {
                after.as_ref().is_none_or(|after| order((key, identity), (&after.k, &after.i)) == Ordering::Greater)
            })
            .collect();
        kept.sort_by(|one, two| order((&one.0, &one.1), (&two.0, &two.1)));
        let more = kept.len() > limit;
        kept.truncate(limit);
        let next = kept
            .last()
            .filter(|_| more)
            .map(|(key, identity, _)| Cursor { s: sort.to_owned(), k: key.clone(), i: identity.clone() }.encode());
        Ok(Page { items: kept.into_iter().map(|(_, _, item)| item).collect(), next })
    }

    fn unknown_sort(&self) -> Error {
        let known: Vec<&str> = self.sorts.iter().map(|(name, _)| *name).collect();
        Error::field(
            "sort",
            crate::language::Message::new("This list can be ordered by {fields}").with("fields", known.join(", ")),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (&'static str, Option<u64>);

    const ROWS: Shape<Row> = Shape {
        sorts: &[("name", |row| Key::text(row.0)), ("size", |row| Key::whole(row.1))],
        default_sort: "name",
        identity: |row| row.0.to_owned(),
        texts: |row| vec![row.0],
    };

    fn rows() -> Vec<Row> {
        vec![("b", Some(2)), ("A", Some(2)), ("c", None), ("d", Some(9))]
    }

    fn walk(query: &ListQuery) -> Vec<Vec<&'static str>> {
        let mut query = query.clone();
        let mut pages = Vec::new();
        loop {
            let page = ROWS.page(rows(), &query).unwrap();
            pages.push(page.items.iter().map(|row| row.0).collect());
            match page.next {
                Some(next) => query.cursor = Some(next),
                None => return pages,
            }
        }
    }

    #[test]
    fn cursors_walk_through_equal_and_missing_keys_once_each() {
        let query = ListQuery { sort: Some("size".to_owned()), limit: Some(1), ..ListQuery::default() };
        assert_eq!(walk(&query), [["A"], ["b"], ["d"], ["c"]]);
        let query = ListQuery { sort: Some("-size".to_owned()), limit: Some(3), ..ListQuery::default() };
        assert_eq!(walk(&query), [vec!["c", "d", "b"], vec!["A"]]);
    }

    #[test]
    fn a_search_takes_no_notice_of_case() {
        let query = ListQuery { q: Some(" a ".to_owned()), ..ListQuery::default() };
        assert_eq!(walk(&query), [["A"]]);
    }

    #[test]
    fn what_makes_no_sense_is_a_problem_of_its_field() {
        for (query, field) in [
            (ListQuery { limit: Some(501), ..ListQuery::default() }, "limit"),
            (ListQuery { limit: Some(0), ..ListQuery::default() }, "limit"),
            (ListQuery { sort: Some("colour".to_owned()), ..ListQuery::default() }, "sort"),
            (ListQuery { cursor: Some("x".to_owned()), ..ListQuery::default() }, "cursor"),
        ] {
            match ROWS.page(rows(), &query) {
                Err(Error::Invalid(errors)) => assert!(errors.of(field).is_some(), "{errors:?}"),
                other => panic!("{other:?}"),
            }
        }
    }
}
