//! What the page of logins shows, from what is stored.

use chrono::{DateTime, TimeDelta, Utc};

use super::groups::GroupRow;
use super::pictures::{Strip, Week};
use super::query::{GroupBy, LoginQuery, ROWS, Show};
use super::rows::{AddressRow, EventRow};
use crate::app::App;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::ip_lookup::Databases;
use crate::language::Message;
use crate::logins::addresses::scopes;
use crate::logins::keys::Owners;
use crate::models::actor::{Actor, Role, Scope};
use crate::models::ids::ServerId;
use crate::models::login_events::addresses::{AddressQuestion, FromAddress};
use crate::models::login_events::counts::Counted;
use crate::models::login_events::groups::LoginGroup;
use crate::models::login_events::{LoginEvent, LoginFilter, LoginOutcome};
use crate::models::login_readings::LoginReading;
use crate::screens::gather::Stored;
use crate::web::format;

/// Networks of 256 addresses that are looked at to find those that belong together.
const NETWORKS: usize = 5_000;

fn limit_of(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// What is known.
#[derive(Debug)]
pub struct Known {
    /// How many were let in, and how many were not.
    pub accepted: String,
    /// How many were not.
    pub failed: String,
    /// Over the span.
    pub strip: Strip,
    /// By hour and day of the week.
    pub week: Week,
    /// The rows.
    pub rows: Rows,
    /// `214 addresses`, `200 logins`
    pub count: Message,
    /// Where the list goes on.
    pub more: Option<String>,
    /// Nothing is there, and why.
    pub nothing: Option<Message>,
    /// How far the server's logs were read.
    pub reading: Option<LoginReading>,
}

impl Known {
    /// Nothing was looked up.
    pub fn empty() -> Self {
        Self {
            accepted: String::new(),
            failed: String::new(),
            strip: Strip::default(),
            week: Week::default(),
            rows: Rows::Events(Vec::new()),
            count: Message::new("{n} logins").with("n", 0),
            more: None,
            nothing: None,
            reading: None,
        }
    }
}

/// Rows of either kind.
#[derive(Debug)]
pub enum Rows {
    /// One for each login.
    Events(Vec<EventRow>),
    /// One for each address.
    Addresses(Vec<AddressRow>),
    /// One for each network.
    Networks(Vec<GroupRow>),
    /// One for each name.
    Users(Vec<GroupRow>),
}

/// What is asked, by whom.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Of which server.
    pub server: ServerId,
    /// How.
    pub query: LoginQuery,
    /// The reader may see names of users that the server does not have: they may be passwords, typed in the wrong place.
    pub sees_unknown_names: bool,
    /// The servers that the reader may know of.
    pub scope: Vec<ServerId>,
    /// Those of them on which the reader may see what is written about keys.
    pub sees_on: Vec<ServerId>,
    /// The reader may know what hannun's credentials are called.
    pub sees_credentials: bool,
    /// The reader's time zone.
    pub zone: chrono_tz::Tz,
    /// Now.
    pub now: DateTime<Utc>,
}

/// What the list shows, whatever it is grouped by.
pub fn filter(query: &LoginQuery, server: ServerId, sees_unknown_names: bool, now: DateTime<Utc>) -> LoginFilter {
    let (_, length, _) = query.span();
    LoginFilter {
        servers: vec![server],
        outcome: Some(query.outcome()),
        text: query.text(),
        from: Some(now - length),
        sees_unknown_names,
        ..LoginFilter::default()
    }
}

impl Asked {
    /// What `query` asks of a server for a reader.
    pub async fn of(app: &App, stored: &Stored, actor: &Actor, query: LoginQuery, zone: chrono_tz::Tz) -> Result<Self> {
        let who = actor.clone();
        let (scope, sees_on) = app.db.run(move |connection| scopes(connection, &who)).await?;
        Ok(Self {
            server: stored.server.id,
            query,
            sees_unknown_names: stored.role_of(actor) >= Role::Operator,
            sees_credentials: stored.role_of(actor) == Role::Administrator && *actor.scope() == Scope::All,
            scope,
            sees_on,
            zone,
            now: app.clock.now(),
        })
    }

    /// Looks it up.
    pub async fn load(self, app: &App) -> Result<Known> {
        let databases = app.addresses.clone();
        app.db.run(move |connection| self.known(connection, &databases)).await
    }

    fn filter(&self, outcome: LoginOutcome) -> LoginFilter {
        LoginFilter { outcome: Some(outcome), ..filter(&self.query, self.server, self.sees_unknown_names, self.now) }
    }

    fn known(&self, connection: &mut Connection, databases: &Databases) -> Result<Known> {
        let (_, length, parts) = self.query.span();
        let span = (self.now - length, self.now);
        let outcome = self.query.outcome();
        let plain = |outcome| LoginFilter { text: None, ..self.filter(outcome) };
        let accepted = format::number(LoginEvent::count(connection, &plain(LoginOutcome::Accepted))?);
        let failed = format::number(LoginEvent::count(connection, &plain(LoginOutcome::Failed))?);
        let reading = LoginReading::of(connection, self.server)?;
        if self.query.show() == Show::Now {
            return Ok(Known { accepted, failed, reading, ..Known::empty() });
        }
        let counted = Counted { servers: vec![self.server], outcome, address: None, span };
        let strip = Strip::of(&counted.in_parts(connection, parts)?, parts, span);
        let week = Week::of(&counted.by_hour(connection, self.zone.name())?);
        let (rows, count, more) = match self.query.group_by() {
            GroupBy::Nothing => self.events(connection)?,
            GroupBy::Address => self.addresses(connection, span, databases)?,
            GroupBy::Network => self.networks(connection, span, databases)?,
            GroupBy::User => self.users(connection, span)?,
        };
        let is_empty = match &rows {
            Rows::Events(rows) => rows.is_empty(),
            Rows::Addresses(rows) => rows.is_empty(),
            Rows::Networks(rows) | Rows::Users(rows) => rows.is_empty(),
        };
        let nothing = is_empty.then(|| self.nothing(reading.as_ref()));
        Ok(Known { accepted, failed, strip, week, rows, count, more, nothing, reading })
    }

    fn events(&self, connection: &mut Connection) -> Result<(Rows, Message, Option<String>)> {
        let filter = LoginFilter { before: self.query.before(), ..self.filter(self.query.outcome()) };
        let mut events = LoginEvent::latest(connection, &filter, limit_of(ROWS + 1)).map_err(Error::from)?;
        let is_more = events.len() > ROWS;
        events.truncate(ROWS);
        let owners = Owners::of(connection, &events, (&self.sees_on, self.server))?;
        let rows: Vec<EventRow> = events
            .into_iter()
            .map(|event| EventRow::new(event, self.sees_unknown_names, (&owners, self.sees_credentials)))
            .collect();
        let more = rows.last().filter(|_| is_more).map(|row| self.query.link(&[("after", &row.place)]));
        let count = Message::new("{n} logins").with("n", rows.len());
        Ok((Rows::Events(rows), count, more))
    }

    fn addresses(
        &self,
        connection: &mut Connection,
        span: (DateTime<Utc>, DateTime<Utc>),
        databases: &Databases,
    ) -> Result<(Rows, Message, Option<String>)> {
        let asked = self.question(span);
        let found = FromAddress::of(connection, &asked, limit_of(ROWS))?;
        let rows: Vec<AddressRow> = found.into_iter().map(|found| AddressRow::new(found, databases)).collect();
        let count = match rows.len() {
            ROWS.. => Message::new("The {n} busiest addresses").with("n", ROWS),
            n => Message::new("{n} addresses").with("n", n),
        };
        Ok((Rows::Addresses(rows), count, None))
    }

    fn networks(
        &self,
        connection: &mut Connection,
        span: (DateTime<Utc>, DateTime<Utc>),
        databases: &Databases,
    ) -> Result<(Rows, Message, Option<String>)> {
        let found = LoginGroup::by_network(connection, &self.question(span), limit_of(NETWORKS))?;
        let rows = GroupRow::of_networks(found, databases, ROWS);
        let count = match rows.len() {
            ROWS.. => Message::new("The {n} busiest networks").with("n", ROWS),
            n => Message::new("{n} networks").with("n", n),
        };
        Ok((Rows::Networks(rows), count, None))
    }

    fn users(
        &self,
        connection: &mut Connection,
        span: (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<(Rows, Message, Option<String>)> {
        let found = LoginGroup::by_user(connection, &self.question(span), limit_of(ROWS))?;
        let rows: Vec<GroupRow> = found.into_iter().map(GroupRow::of_user).collect();
        let count = match rows.len() {
            ROWS.. => Message::new("The {n} names that were given most").with("n", ROWS),
            n => Message::new("{n} names").with("n", n),
        };
        Ok((Rows::Users(rows), count, None))
    }

    fn question(&self, span: (DateTime<Utc>, DateTime<Utc>)) -> AddressQuestion {
        AddressQuestion {
            server: self.server,
            outcome: self.query.outcome(),
            // The clock of a server may run ahead.
            span: (span.0, span.1 + TimeDelta::days(1)),
            text: self.query.text(),
            sees_unknown_names: self.sees_unknown_names,
            scope: self.scope.clone(),
        }
    }

    fn nothing(&self, reading: Option<&LoginReading>) -> Message {
        let is_read = reading.is_some_and(|reading| reading.read_at.is_some());
        match (self.query.text(), self.query.show()) {
            (None, _) if !is_read => Message::new("The logs of this server were not read yet"),
            (Some(text), _) => Message::new("No login matches “{filter}”").with("filter", text),
            (None, Show::Failed) => Message::new("Nobody failed to sign in in this time"),
            (None, _) => Message::new("Nobody signed in in this time"),
        }
    }
}
