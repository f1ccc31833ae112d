//! What a request brings: a JSON body or query parameters, read field by field. Unknown fields are refused (Z06).

use std::cell::RefCell;
use std::future::{Ready, ready};
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde::de::value::MapDeserializer;
use serde_json::{Map, Value};

use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;

/// The largest JSON body that is read.
pub(super) const BODY_LIMIT: usize = 1 << 20;

/// A JSON object whose fields are all known to `T`.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = request.content_type().eq_ignore_ascii_case("application/json");
        let says_nothing = !request.headers().contains_key(CONTENT_TYPE);
        let payload = payload.take();
        Box::pin(async move {
            let bytes = read_whole(payload).await?;
            let is_absent = says_nothing && bytes.is_empty();
            if !is_json && !is_absent {
                return Err(Error::BadRequest(Message::new("Send the body as Content-Type: application/json")));
            }
            let bytes = if bytes.is_empty() { Bytes::from_static(b"{}") } else { bytes };
            let value = serde_json::from_slice(&bytes)
                .map_err(|error| Error::BadRequest(Message::new("The body is not JSON: {why}").with("why", error)))?;
            let Value::Object(fields) = value else {
                return Err(Error::BadRequest(Message::new("The body must be a JSON object")));
            };
            read_fields(fields).map(Self)
        })
    }
}

/// The whole body, up to [`BODY_LIMIT`].
pub(super) async fn read_whole(mut payload: Payload) -> Result<Bytes> {
    let mut whole = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk
            .map_err(|error| Error::BadRequest(Message::new("The body could not be read: {why}").with("why", error)))?;
        if whole.len() + chunk.len() > BODY_LIMIT {
            return Err(Error::BadRequest(Message::new("The body is larger than 1 MiB")));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

/// Query parameters that are all known to `T`.
pub struct Parameters<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Parameters<T> {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(parameters(request.query_string()).map(Self))
    }
}

fn parameters<T: DeserializeOwned>(query: &str) -> Result<T> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(query)
        .map_err(|error| Error::BadRequest(Message::new("The query cannot be read: {why}").with("why", error)))?
        .into_inner();
    let mut fields = Map::new();
    let mut errors = FieldErrors::default();
    for (name, value) in pairs {
        if fields.insert(name.clone(), Value::String(value)).is_some() {
            errors.add(name, "This parameter is given twice");
        }
    }
    errors.or(())?;
    read_fields(fields)
}

/// Reads `T` from `fields`; every field that is unknown or of another type is told at once.
fn read_fields<T: DeserializeOwned>(fields: Map<String, Value>) -> Result<T> {
    let mut fields: Vec<(String, Value)> = fields.into_iter().collect();
    let mut errors = FieldErrors::default();
    loop {
        let current = RefCell::new(String::new());
        let pairs = fields.clone().into_iter().inspect(|(name, _)| current.borrow_mut().clone_from(name));
        let outcome = T::deserialize(MapDeserializer::<_, serde_json::Error>::new(pairs));
        let problem = match outcome {
            Ok(value) => return errors.or(value),
            Err(problem) => problem.to_string(),
        };
        if let Some(missing) = quoted(&problem, "missing field `") {
            if errors.of(missing).is_none() {
                errors.add(missing, "This field is required");
            }
            return Err(errors.into());
        }
        let culprit = current.into_inner();
        let Some(place) = fields.iter().position(|(name, _)| *name == culprit) else {
            return Err(Error::BadRequest(Message::new("The request cannot be read: {why}").with("why", problem)));
        };
        fields.remove(place);
        let sentence = if problem.starts_with("unknown field") {
            Message::new("This field is not known")
        } else {
            Message::new("This value does not fit: {why}").with("why", problem)
        };
        errors.add(culprit, sentence);
    }
}

/// The text between `before` and the next backtick.
fn quoted<'t>(text: &'t str, before: &str) -> Option<&'t str> {
    text.strip_prefix(before)?.split('`').next()
}

/// A number that arrives as text, as query parameters do.
pub(super) fn number<'de, D, N>(deserializer: D) -> std::result::Result<Option<N>, D::Error>
where
    D: serde::Deserializer<'de>,
    N: std::str::FromStr,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(|_not_a_number| serde::de::Error::custom("a whole number is expected"))
}

/// A field of a change: absent stays as it is, `null` is emptied, a value is set.
pub(super) fn given<'de, D, T>(deserializer: D) -> std::result::Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Given {
        name: String,
        #[serde(default)]
        port: Option<u16>,
        #[serde(default, deserialize_with = "given")]
        jump: Option<Option<String>>,
    }

    fn fields(text: &str) -> Map<String, Value> {
        serde_json::from_str(text).unwrap()
    }

    fn problems(text: &str) -> Vec<String> {
        match read_fields::<Given>(fields(text)) {
            Err(Error::Invalid(errors)) => errors.iter().map(|(field, _)| field.to_owned()).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn sec_z06_unknown_fields_and_wrong_types_are_all_told_at_once() {
        assert_eq!(problems(r#"{"name": 5, "port": "x", "role": "administrator"}"#), ["name", "port", "role"]);
        assert_eq!(problems("{}"), ["name"]);
    }

    #[test]
    fn null_is_another_thing_than_absent() {
        let read = |text| read_fields::<Given>(fields(text)).unwrap();
        assert_eq!(read(r#"{"name": "a"}"#).jump, None);
        assert_eq!(read(r#"{"name": "a", "jump": null}"#).jump, Some(None));
        let all = read(r#"{"name": "a", "jump": "b", "port": 22}"#);
        assert_eq!((all.name.as_str(), all.port, all.jump), ("a", Some(22), Some(Some("b".to_owned()))));
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Asked {
        #[serde(deserialize_with = "number")]
        limit: Option<u16>,
        from: Option<chrono::DateTime<chrono::Utc>>,
    }

    #[test]
    fn a_query_is_read_like_a_body() {
        let asked: Asked = parameters("limit=5&from=2026-11-22T10%3A00%3A00Z").unwrap();
        assert_eq!(asked.limit, Some(5));
        assert!(asked.from.is_some());
        assert!(matches!(parameters::<Asked>("limit=-1"), Err(Error::Invalid(_))));
        assert!(matches!(parameters::<Asked>("limit=1&limit=2"), Err(Error::Invalid(_))));
        assert!(matches!(parameters::<Asked>("colour=red"), Err(Error::Invalid(_))));
    }
}
