//! Why a server is not up, as it is stored: a code with its values, to be said in the language of whoever reads it.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Jsonb;
use serde_json::Value;

use crate::error::RemoteError;

/// Of each text that came from a server at most this many characters are kept.
const LONGEST: usize = 1_000;

/// What a contact found; nothing inside where another version of hannun wrote what this one does not know.
#[derive(Debug, Clone, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Jsonb)]
pub struct Problem(Option<RemoteError>);

impl Problem {
    /// The problem that `error` tells of.
    pub fn new(error: &RemoteError) -> Self {
        Self(Some(error.clone()))
    }

    /// What happened.
    pub fn error(&self) -> Option<&RemoteError> {
        self.0.as_ref()
    }
}

impl ToSql<Jsonb, Pg> for Problem {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let mut value = serde_json::to_value(&self.0)?;
        bound(&mut value);
        <Value as ToSql<Jsonb, Pg>>::to_sql(&value, &mut out.reborrow())
    }
}

impl FromSql<Jsonb, Pg> for Problem {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(serde_json::from_value(<Value as FromSql<Jsonb, Pg>>::from_sql(bytes)?).ok()))
    }
}

/// Host text as it is kept: bounded, and without NUL, which PostgreSQL refuses.
fn bound(value: &mut Value) {
    match value {
        Value::String(text) => *text = text.chars().filter(|c| *c != '\0').take(LONGEST).collect(),
        Value::Array(values) => values.iter_mut().for_each(bound),
        Value::Object(fields) => fields.values_mut().for_each(bound),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
