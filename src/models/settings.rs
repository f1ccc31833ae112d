//! Settings that an administrator may change while hannun runs. Each has a name, a type and a default.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::db::schema::settings;
use crate::error::{Error, Result};

/// A named setting of type `T`: `const DAYS: Setting<u32> = Setting::new("…", || 14);`
#[derive(Debug)]
pub struct Setting<T> {
    /// Its name in the table.
    pub name: &'static str,
    default: fn() -> T,
}

impl<T: Serialize + DeserializeOwned> Setting<T> {
    /// Declares a setting.
    pub const fn new(name: &'static str, default: fn() -> T) -> Self {
        Self { name, default }
    }

    /// Its value, or the default. One of another shape, left by another version, counts as not set and is told to the log.
    pub fn get(&self, connection: &mut PgConnection) -> QueryResult<T> {
        let stored: Option<serde_json::Value> =
            settings::table.find(self.name).select(settings::value).first(connection).optional()?;
        Ok(stored
            .and_then(|value| {
                serde_json::from_value(value)
                    .inspect_err(|error| tracing::warn!(setting = self.name, %error, "a stored setting is unreadable"))
                    .ok()
            })
            .unwrap_or_else(self.default))
    }

    /// Sets it.
    pub fn set(&self, connection: &mut PgConnection, value: &T, now: DateTime<Utc>) -> Result<()> {
        let value = serde_json::to_value(value).map_err(Error::internal)?;
        diesel::insert_into(settings::table)
            .values((settings::name.eq(self.name), settings::value.eq(&value), settings::updated_at.eq(now)))
            .on_conflict(settings::name)
            .do_update()
            .set((settings::value.eq(&value), settings::updated_at.eq(now)))
            .execute(connection)?;
        Ok(())
    }

    /// Goes back to the default.
    pub fn clear(&self, connection: &mut PgConnection) -> QueryResult<()> {
        diesel::delete(settings::table.find(self.name)).execute(connection).map(drop)
    }
}
