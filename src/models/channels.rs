//! Where messages go, kept once and chosen by name. Whoever has the address of a webhook can write there: it is sealed.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use serde_json::Value;

use super::data_keys::DataKey;
use super::ids::{ChannelId, ScenarioId};
use crate::db::errors::conflict;
use crate::db::schema::{channels, scenario_destinations, scenarios};
use crate::error::{Error, Result};
use crate::language::Message;
use crate::secret::SecretText;
use crate::secret::seal::{Place, SealError, Sealer, sealed_with};

/// One row of `channels`, without what is sealed.
#[derive(Debug, Clone, PartialEq, HasQuery, Identifiable)]
#[diesel(table_name = channels)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct Channel {
    pub id: ChannelId,
    pub name: String,
    pub kind: String,
    pub settings: Value,
    pub secret_names: Vec<String>,
    pub secrets_changed_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What a channel wants to know, as it was accepted.
#[derive(Debug)]
pub struct ChannelValues {
    /// What is no secret: a JSON object.
    pub settings: Value,
    /// The names of the secrets that there are.
    pub secret_names: Vec<String>,
    /// The secrets: a JSON object as text.
    pub secrets: SecretText,
}

/// What is needed to add one.
#[derive(Debug)]
pub struct NewChannel<'a> {
    /// Unique.
    pub name: &'a str,
    /// A kind of destination that goes through channels.
    pub kind: &'a str,
    /// What it wants to know.
    pub values: &'a ChannelValues,
}

/// A place in the line of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The message may go then.
    At(DateTime<Utc>),
    /// The line is too long; it is this long.
    AskAgain(DateTime<Utc>),
}

impl NewChannel<'_> {
    /// Adds it. The row comes first: its id is part of what the seal covers (S02).
    pub fn insert(&self, connection: &mut PgConnection, sealer: &Sealer, now: DateTime<Utc>) -> Result<Channel> {
        connection.transaction(|connection| {
            let channel: Channel = diesel::insert_into(channels::table)
                .values((channels::name.eq(self.name), channels::kind.eq(self.kind)))
                .returning(Channel::as_returning())
                .get_result(connection)
                .map_err(|error| taken(error, self.name))?;
            channel.keep(connection, sealer, self.values, now)
        })
    }
}

impl Channel {
    /// All of them, by name.
    pub fn all(connection: &mut PgConnection) -> QueryResult<Vec<Self>> {
        Self::query().order(channels::name).load(connection)
    }

    /// The channel of an id.
    pub fn by_id(connection: &mut PgConnection, id: ChannelId) -> Result<Self> {
        Self::query().find(id).first(connection).optional()?.ok_or(Error::NotFound("This channel"))
    }

    /// The channel of a name.
    pub fn by_name(connection: &mut PgConnection, name: &str) -> Result<Self> {
        Self::query()
            .filter(channels::name.eq(name))
            .first(connection)
            .optional()?
            .ok_or(Error::NotFound("This channel"))
    }

    /// Why it stays: the scenarios that send through it; none where it may go.
    pub fn stays(connection: &mut PgConnection, id: ChannelId) -> QueryResult<Option<Message>> {
        let scenarios: Vec<String> = scenario_destinations::table
            .inner_join(scenarios::table)
            .filter(scenario_destinations::channel_id.eq(id))
            .select(scenarios::name)
            .distinct()
            .order(scenarios::name)
            .load(connection)?;
        let why = || Message::new("{scenarios} send through it. Choose another channel there first");
        Ok((!scenarios.is_empty()).then(|| why().with("scenarios", scenarios.join(", "))))
    }

    /// How many scenarios send through each; those that none uses are not among them.
    pub fn count_uses(connection: &mut PgConnection) -> QueryResult<BTreeMap<ChannelId, i64>> {
        let uses: Vec<(Option<ChannelId>, ScenarioId)> = scenario_destinations::table
            .select((scenario_destinations::channel_id, scenario_destinations::scenario_id))
            .distinct()
            .load(connection)?;
        let mut counts = BTreeMap::new();
        for channel in uses.into_iter().filter_map(|(channel, _)| channel) {
            *counts.entry(channel).or_default() += 1;
        }
        Ok(counts)
    }

    /// Gives it another name.
    pub fn rename(connection: &mut PgConnection, id: ChannelId, name: &str, now: DateTime<Utc>) -> Result<Self> {
        diesel::update(channels::table.find(id))
            .set((channels::name.eq(name), channels::updated_at.eq(now)))
            .returning(Self::as_returning())
            .get_result(connection)
            .optional()
            .map_err(|error| taken(error, name))?
            .ok_or(Error::NotFound("This channel"))
    }

    /// Removes it; refused while a scenario sends through it.
    pub fn delete(connection: &mut PgConnection, id: ChannelId) -> Result<()> {
        if let Some(why) = Self::stays(connection, id)? {
            return Err(Error::Conflict(why));
        }
        match diesel::delete(channels::table.find(id)).execute(connection)? {
            0 => Err(Error::NotFound("This channel")),
            _ => Ok(()),
        }
    }

    /// Writes what it wants to know over what was there. When a secret was changed is told only where one was.
    pub fn keep(
        &self,
        connection: &mut PgConnection,
        sealer: &Sealer,
        values: &ChannelValues,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let before = Self::secrets(connection, sealer, self.id);
        let is_same = before.is_ok_and(|before| before.expose() == values.secrets.expose());
        let secrets = DataKey::seal_bytes(connection, sealer, place_of(self.id), values.secrets.expose().as_bytes())?;
        let kept = diesel::update(channels::table.find(self.id))
            .set((
                channels::settings.eq(&values.settings),
                channels::secret_names.eq(&values.secret_names),
                channels::secrets.eq(secrets),
                channels::secrets_changed_at.eq(if is_same { self.secrets_changed_at } else { Some(now) }),
                channels::updated_at.eq(now),
            ))
            .returning(Self::as_returning())
            .get_result(connection)?;
        Ok(kept)
    }

    /// Its secrets, for sending; nothing else asks.
    pub fn secrets(connection: &mut PgConnection, sealer: &Sealer, id: ChannelId) -> Result<SecretText> {
        let kept: Option<Vec<u8>> = channels::table.find(id).select(channels::secrets).first(connection).optional()?;
        let kept = kept.ok_or(Error::NotFound("This channel"))?;
        DataKey::unseal(connection, sealer, place_of(id), &kept)
    }

    /// Takes the next place in its line, if that is within `patience`: when the message may go. Where the line is longer nothing is
    /// taken: when to ask again. Any number of processes may ask (O06).
    pub fn take_turn(
        connection: &mut PgConnection,
        id: ChannelId,
        (pace, patience): (TimeDelta, TimeDelta),
        now: DateTime<Utc>,
    ) -> QueryResult<Turn> {
        use diesel::sql_types::{BigInt, Timestamptz};
        #[derive(QueryableByName)]
        struct Free {
            #[diesel(sql_type = Timestamptz)]
            at: DateTime<Utc>,
        }
        let taken: Option<Free> = diesel::sql_query(
            "update channels set free_at = greatest(coalesce(free_at, $2), $2) + $3 * interval '1 millisecond'
             where id = $1 and coalesce(free_at, $2) <= $4
             returning free_at - $3 * interval '1 millisecond' as at",
        )
        .bind::<BigInt, _>(id)
        .bind::<Timestamptz, _>(now)
        .bind::<BigInt, _>(pace.num_milliseconds())
        .bind::<Timestamptz, _>(now + patience)
        .get_result(connection)
        .optional()?;
        if let Some(Free { at }) = taken {
            return Ok(Turn::At(at));
        }
        let free: Option<Option<DateTime<Utc>>> =
            channels::table.find(id).select(channels::free_at).first(connection).optional()?;
        Ok(free.flatten().map_or(Turn::At(now), Turn::AskAgain))
    }

    /// Seals the secrets of all of them with the newest data key, where they are not (S04); names those that do not open.
    pub(super) fn reseal(connection: &mut PgConnection, sealer: &Sealer) -> Result<Vec<String>> {
        let newest = sealer.newest().ok_or_else(|| Error::internal(SealError::KeyMissing))?;
        let rows: Vec<(ChannelId, String, Vec<u8>)> = channels::table
            .order(channels::id)
            .select((channels::id, channels::name, channels::secrets))
            .for_update()
            .load(connection)?;
        let mut unreadable = Vec::new();
        for (id, name, sealed) in rows.into_iter().filter(|(.., sealed)| sealed_with(sealed) != Ok(newest)) {
            let Ok(secrets) = sealer.unseal_bytes(place_of(id), &sealed) else {
                unreadable.push(format!("channel {name}"));
                continue;
            };
            let again = sealer.seal_bytes(place_of(id), &secrets).map_err(Error::internal)?;
            diesel::update(channels::table.find(id)).set(channels::secrets.eq(again)).execute(connection)?;
        }
        Ok(unreadable)
    }

    /// The ids of the data keys that some of them was sealed with.
    pub(super) fn data_keys_in_use(connection: &mut PgConnection) -> QueryResult<Vec<i64>> {
        let sealed: Vec<Vec<u8>> = channels::table.select(channels::secrets).load(connection)?;
        Ok(sealed.iter().filter_map(|sealed| sealed_with(sealed).ok()).collect())
    }
}

fn place_of(id: ChannelId) -> Place {
    Place { table: "channels", column: "secrets", row: id.0, owner: 0 }
}

fn taken(error: diesel::result::Error, name: &str) -> Error {
    conflict(error, "channels_name_key", Message::new("There is a channel named {name} already").with("name", name))
}
