//! `hannun token`: programs that use the API. A token is printed once, and only its hash is kept.

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, Subcommand};
use serde::Serialize;

use super::connect::{self, actor};
use super::user::{role, scope_of};
use super::{Outcome, output};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::Error;
use crate::models::actor::Role;
use crate::models::api_tokens::{ApiToken, NewApiToken};
use crate::models::audit::{self, AuditEntry};

/// Make, list or revoke the tokens of programs that use the API
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hannun token create ci --role viewer --expires 90d")]
pub(super) struct Token {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Create(Create),
    List(List),
    Revoke(Revoke),
}

/// Make a token; it is printed once
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hannun token create ci --role viewer --group web --expires 90d")]
struct Create {
    /// What to call it
    name: String,
    /// What it may do: viewer, operator or administrator
    #[arg(long, value_parser = role)]
    role: Role,
    /// Limit it to the servers of this group; may be given several times
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
    /// How long it works, for example 12h or 90d; without it, until it is revoked
    #[arg(long, value_parser = length)]
    expires: Option<TimeDelta>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// List the tokens, also those that ended
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hannun token list --json")]
struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// End a token at once
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hannun token revoke ci")]
struct Revoke {
    /// Its name
    name: String,
}

/// `12h`, `90d`: how long a token works.
fn length(text: &str) -> Result<TimeDelta, String> {
    let expected = || "write a whole number of minutes, hours or days: 30m, 12h, 90d".to_owned();
    let unit = text.chars().last().ok_or_else(expected)?;
    let amount: i64 = text.strip_suffix(unit).and_then(|amount| amount.parse().ok()).ok_or_else(expected)?;
    let length = match unit {
        'm' => TimeDelta::try_minutes(amount),
        'h' => TimeDelta::try_hours(amount),
        'd' => TimeDelta::try_days(amount),
        _ => None,
    };
    // Ten years: longer than that is a typing error.
    let longest = TimeDelta::days(3_650);
    length.filter(|length| *length > TimeDelta::zero() && *length <= longest).ok_or_else(expected)
}

#[derive(Serialize)]
struct Row {
    name: String,
    role: &'static str,
    all_groups: bool,
    expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    used_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl From<ApiToken> for Row {
    fn from(token: ApiToken) -> Self {
        Self {
            name: token.name,
            role: token.role.name(),
            all_groups: token.all_groups,
            expires_at: token.expires_at,
            revoked_at: token.revoked_at,
            used_at: token.used_at,
            created_at: token.created_at,
        }
    }
}

impl Row {
    fn state(&self, now: DateTime<Utc>) -> &'static str {
        if self.revoked_at.is_some() {
            "revoked"
        } else if self.expires_at.is_some_and(|end| end <= now) {
            "ended"
        } else {
            "in use"
        }
    }
}

impl Token {
    pub(super) async fn run(self, config: Config) -> Outcome {
        match self.action {
            Action::Create(create) => create.run(config).await,
            Action::List(list) => list.run(config).await,
            Action::Revoke(revoke) => revoke.run(config).await,
        }
    }
}

impl Create {
    async fn run(self, config: Config) -> Outcome {
        let database = connect::database(&config).await?;
        let now = Clock::system().now();
        let json = self.json;
        let made = database.db.transaction(move |connection| {
            let scope = scope_of(connection, &self.groups)?;
            let expires_at = self.expires.map(|length| now + length);
            let new = NewApiToken { name: &self.name, user_id: None, role: self.role, scope, expires_at };
            let made = new.insert(connection, now)?;
            AuditEntry::by(&actor(), "create_token").target(&self.name).detail("role", self.role.name()).record(
                connection,
                audit::Outcome::Succeeded,
                now,
            )?;
            Ok(made)
        });
        let (text, token) = made.await?;
        if json {
            let row = serde_json::json!({ "token": text.expose(), "about": Row::from(token) });
            return Ok(output::json(&row)?);
        }
        output::progress("This is shown once. Use it as: Authorization: Bearer <token>");
        Ok(output::line(text.expose())?)
    }
}

impl List {
    async fn run(self, config: Config) -> Outcome {
        let database = connect::database(&config).await?;
        let now = Clock::system().now();
        let rows: Vec<Row> = database.db.run(ApiToken::all).await?.into_iter().map(Row::from).collect();
        if self.json {
            return Ok(output::json(&rows)?);
        }
        let day =
            |time: Option<DateTime<Utc>>| time.map_or_else(|| "–".to_owned(), |time| time.format("%F").to_string());
        let cells: Vec<Vec<String>> = rows
            .iter()
            .map(|row| {
                let servers = if row.all_groups { "all" } else { "some groups" };
                let state = row.state(now).to_owned();
                let (role, servers) = (row.role.to_owned(), servers.to_owned());
                vec![row.name.clone(), role, servers, state, day(row.used_at), day(row.expires_at)]
            })
            .collect();
        Ok(output::table(&["name", "role", "servers", "state", "used", "ends"], &cells)?)
    }
}

impl Revoke {
    async fn run(self, config: Config) -> Outcome {
        let database = connect::database(&config).await?;
        let now = Clock::system().now();
        let name = self.name.clone();
        database
            .db
            .transaction(move |connection| {
                let token = ApiToken::all(connection)?.into_iter().find(|token| token.name == self.name);
                let token = token.ok_or(Error::NotFound("The token"))?;
                ApiToken::revoke(connection, token.id, now)?;
                AuditEntry::by(&actor(), "revoke_token").target(&token.name).record(
                    connection,
                    audit::Outcome::Succeeded,
                    now,
                )?;
                Ok(())
            })
            .await?;
        Ok(output::line(format_args!("revoked {name}"))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_a_number_and_a_unit() {
        assert_eq!(length("90d"), Ok(TimeDelta::days(90)));
        assert_eq!(length("12h"), Ok(TimeDelta::hours(12)));
        for wrong in ["", "d", "-1d", "0d", "1y", "90", "99999999999999999999d", "4000d", "1d2h", "1한"] {
            assert!(length(wrong).is_err(), "{wrong}");
        }
    }
}
