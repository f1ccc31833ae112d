//! Channels: what their kinds want to know, what of it is sealed, and a message that proves that one works.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};

use super::carry::carry;
use super::destinations::{self, Kind, Sent, Told};
use super::fields;
use crate::clock::Clock;
use crate::db::{Connection, Db};
use crate::error::{Error, FieldErrors, Result};
use crate::language::{Language, Message};
use crate::models::actor::Actor;
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::channels::{Channel, ChannelValues, Turn};
use crate::models::ids::ChannelId;
use crate::outbound::Outbound;
use crate::secret::SecretText;
use crate::secret::seal::Sealer;

/// A message that must wait for its turn in a channel longer than this is put back.
const PATIENCE: TimeDelta = TimeDelta::seconds(3);

/// What a channel is opened and tried with.
#[derive(Clone, Copy)]
pub struct Channels<'a> {
    /// The database.
    pub db: &'a Db,
    /// Opens what is sealed.
    pub sealer: &'a Arc<Sealer>,
    /// The way to others.
    pub outbound: &'a Outbound,
    /// The time.
    pub clock: &'a Clock,
}

/// What came of a message that was sent to try a channel.
#[derive(Debug, Clone)]
pub struct Tried {
    /// What was answered, where something was.
    pub status: Option<u16>,
    /// Why it did not arrive; none: it did.
    pub why: Option<Message>,
    /// From the first look for its address to its answer.
    pub took: Duration,
}

/// What was entered for a channel of this kind, parted into what may be shown and what is sealed.
///
/// # Errors
/// What is wrong with which field.
pub fn accept(kind: &Kind, given: Map<String, Value>) -> Result<ChannelValues, FieldErrors> {
    let Some(asked) = kind.channel else {
        return Err(FieldErrors::default().and("kind", "This kind goes through no channel"));
    };
    let accepted = fields::accept(asked.fields, &Value::Object(given))?;
    let problems = (asked.check)(&Value::Object(accepted.clone()));
    if !problems.is_empty() {
        return Err(problems);
    }
    let is_secret = |name: &str| asked.fields.iter().any(|field| field.name == name && field.takes.is_secret());
    let (secrets, settings): (Map<_, _>, Map<_, _>) = accepted.into_iter().partition(|(name, _)| is_secret(name));
    let is_given = |value: &&Value| value.as_str() != Some("");
    let mut secret_names: Vec<String> =
        secrets.iter().filter(|(_, value)| is_given(value)).map(|(name, _)| name.clone()).collect();
    secret_names.sort();
    Ok(ChannelValues {
        secret_names,
        secrets: SecretText::new(Value::Object(secrets).to_string()),
        settings: Value::Object(settings),
    })
}

/// The kind of a channel.
///
/// # Errors
/// There is none of this name, or it goes through no channel.
pub fn kind_of(kind: &str) -> Result<&'static Kind, Message> {
    let known = destinations::of(kind).filter(|kind| kind.channel.is_some());
    known.ok_or_else(|| Message::new("There is no kind of channel named {kind}").with("kind", kind))
}

/// All that a channel knows, from its row and what was sealed.
///
/// # Errors
/// What was sealed is no JSON object; what it is stays unsaid.
fn values_of(channel: &Channel, secrets: &SecretText) -> Result<Map<String, Value>> {
    let is_no_object = || Error::internal(anyhow::anyhow!("what is sealed of channel {} is no object", channel.id));
    let secrets: Map<String, Value> = serde_json::from_str(secrets.expose()).map_err(|_may_hold_it| is_no_object())?;
    let mut values = channel.settings.as_object().cloned().unwrap_or_default();
    values.extend(secrets);
    Ok(values)
}

/// The same of a channel that is about to change. What does not open any more is entered again.
pub fn known(connection: &mut Connection, sealer: &Sealer, channel: &Channel) -> Map<String, Value> {
    let opened = Channel::secrets(connection, sealer, channel.id).and_then(|secrets| values_of(channel, &secrets));
    opened.unwrap_or_else(|error| {
        tracing::warn!(channel = channel.id.0, %error, "the secrets of a channel cannot be opened");
        channel.settings.as_object().cloned().unwrap_or_default()
    })
}

impl Channels<'_> {
    /// All that a channel knows, for sending; none where it was removed.
    pub async fn open(&self, id: ChannelId) -> Result<Option<Value>> {
        let sealer = Arc::clone(self.sealer);
        let opened = self.db.run(move |connection| {
            let channel = Channel::by_id(connection, id)?;
            let secrets = Channel::secrets(connection, &sealer, id)?;
            values_of(&channel, &secrets)
        });
        match opened.await {
            Ok(values) => Ok(Some(Value::Object(values))),
            Err(Error::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Waits for the turn of a message where a channel takes few at a time; when to ask again, where that would be long (O06).
    pub(super) async fn turn(&self, kind: &Kind, id: ChannelId) -> Result<Option<DateTime<Utc>>> {
        if kind.pace_ms == 0 {
            return Ok(None);
        }
        let (pace, now) = (TimeDelta::milliseconds(kind.pace_ms), self.clock.now());
        match self.db.run(move |connection| Channel::take_turn(connection, id, (pace, PATIENCE), now)).await? {
            Turn::AskAgain(at) => Ok(Some(at)),
            Turn::At(at) => {
                if let Ok(wait) = (at - now).to_std() {
                    tokio::time::sleep(wait).await;
                }
                Ok(None)
            }
        }
    }

    /// Sends a message through a channel, once and now, waits for what is said to it, and writes that into the audit log.
    pub async fn try_out(&self, actor: &Actor, channel: &Channel, language: Language) -> Result<Tried> {
        let text = Message::new("This is a test from hannun, sent by {who}. Messages arrive here.");
        let tried = self.send(channel, &text.with("who", &actor.name).in_language(language)).await?;
        let entry = AuditEntry::by(actor, "test_channel").target(&channel.name);
        let entry = entry.detail("object", format!("channels/{}", channel.id));
        let outcome = if tried.why.is_none() { Outcome::Succeeded } else { Outcome::Failed };
        let now = self.clock.now();
        self.db.transaction(move |connection| entry.record(connection, outcome, now)).await?;
        Ok(tried)
    }

    async fn send(&self, channel: &Channel, text: &str) -> Result<Tried> {
        let begun = Instant::now();
        let ended = |status, why| Tried { status, why, took: begun.elapsed() };
        let kind = kind_of(&channel.kind).map_err(Error::Conflict)?;
        let Some(values) = self.open(channel.id).await? else { return Err(Error::NotFound("This channel")) };
        let message = match message(kind, text) {
            Ok(message) => message,
            Err(why) => return Ok(ended(None, Some(why))),
        };
        if self.turn(kind, channel.id).await?.is_some() {
            return Ok(ended(
                None,
                Some(Message::new("Other messages wait for their turn in it. Try again in a minute")),
            ));
        }
        let now = self.clock.now();
        let key = format!("test-{}-{}", channel.id, now.timestamp_micros());
        let sent = Sent { message: &message, channel: &values, key: &key, at: now.timestamp() };
        let carried = carry(self.outbound, kind.way, sent).await;
        Ok(ended(carried.status, carried.why))
    }
}

/// `text` as a message of this kind.
fn message(kind: &Kind, text: &str) -> Result<Value, Message> {
    let given = kind.channel.map(|asked| asked.test).unwrap_or_default();
    let settings: Map<String, Value> =
        given.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    let about = json!({ "text": text, "is_test": true }).as_object().cloned().unwrap_or_default();
    (kind.make)(Told { settings: &Value::Object(settings), about: &[about], zone: Tz::UTC })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        let Value::Object(object) = value else { panic!() };
        object
    }

    #[test]
    fn sec_s05_what_is_secret_of_a_channel_is_kept_apart_and_known_by_name_only() {
        let kind = kind_of("webhook").unwrap();
        let given = object(json!({"url": "https://example.org/hook/canary", "secret": "s3cret"}));
        let values = accept(kind, given).unwrap();
        assert_eq!(
            (values.settings.clone(), values.secret_names.clone()),
            (json!({}), vec!["secret".into(), "url".into()])
        );
        assert!(!format!("{values:?}").contains("canary") && !format!("{values:?}").contains("s3cret"));
        assert!(values.secrets.expose().contains("canary"));
    }

    #[test]
    fn what_is_wrong_with_a_channel_is_told_by_field() {
        let why = |kind: &str, given: Value| {
            let problems = accept(kind_of(kind).unwrap(), object(given)).unwrap_err();
            problems.iter().map(|(field, problem)| format!("{field}: {problem}")).collect::<Vec<_>>()
        };
        assert_eq!(why("slack", json!({})), ["url: This is needed"]);
        assert!(why("slack", json!({"url": "hooks.slack.com"}))[0].starts_with("url: This URL is not asked"));
        assert_eq!(why("slack", json!({"url": "https://a.example/", "uri": 1})), ["uri: There is no such field"]);
        assert!(kind_of("http_post").err().unwrap().to_string().contains("no kind of channel"));
    }

    #[test]
    fn every_kind_of_channel_can_be_tried() {
        for (kind, _) in destinations::with_channels() {
            let made = message(kind, "Greetings").map_err(|why| why.to_string()).unwrap();
            assert!(made.to_string().contains("Greetings"), "{}: {made}", kind.kind);
        }
    }
}
