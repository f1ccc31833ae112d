//! `/servers/{server}/logins`: who signed in, and who tried to.

pub mod sessions;

use std::collections::BTreeMap;
use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::evidence::naming;
use super::input::Parameters;
use super::paging::ListQuery;
use crate::app::App;
use crate::commands::CommandType;
use crate::commands::logins::SourceState;
use crate::error::{Error, Result};
use crate::logins::addresses::scopes;
use crate::logins::keys::Owners;
use crate::logins::reader::Depth;
use crate::models::login_events::{LoginEvent, LoginFilter, LoginOutcome};
use crate::models::login_readings::LoginReading;
use crate::web::extract::Asking;

/// Somebody who came, or tried to. Every text is the server's own: treat it as hostile.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Login)]
#[expect(clippy::struct_excessive_bools, reason = "one for each thing that is known of it")]
pub struct LoginView {
    /// Its number.
    pub id: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// `accepted` or `failed`.
    pub outcome: &'static str,
    /// The name that was given. Null for viewers where the server has no such user: it may be a password that somebody typed
    /// in the wrong place.
    pub user: Option<String>,
    /// The server has no such user.
    pub is_unknown_user: bool,
    /// From which address.
    #[schema(value_type = Option<String>)]
    pub address: Option<IpAddr>,
    /// What the server wrote where it wrote no address; empty otherwise.
    pub host: String,
    /// From which port.
    pub port: Option<i32>,
    /// `password`, `publickey` and so on; empty where the server did not say.
    pub method: String,
    /// The fingerprint of the key: `SHA256:…`; empty where there was none.
    pub fingerprint: String,
    /// What a file of authorised keys says about that key, once somebody looked at the accounts; hostile. Empty for viewers, and where
    /// nobody told.
    pub key_comment: String,
    /// It is the key of one of hannun's own credentials.
    pub is_credential: bool,
    /// The process of the server that dealt with it.
    pub pid: Option<i32>,
    /// `pts/0`; empty where there is none, or the server did not say.
    pub terminal: String,
    /// When the session was over.
    pub ended_at: Option<DateTime<Utc>>,
    /// The session goes on, as far as anybody knows.
    pub is_open: bool,
    /// How many times, where the server shortened its log.
    pub times: i32,
    /// It was hannun itself.
    pub is_own: bool,
}

impl LoginView {
    fn new(event: LoginEvent, sees_unknown_names: bool, owners: &Owners) -> Self {
        Self {
            key_comment: owners.told(&event.fingerprint),
            is_credential: owners.credential(&event.fingerprint).is_some(),
            id: event.id,
            at: event.at,
            outcome: event.outcome.name(),
            is_open: event.outcome == LoginOutcome::Accepted && !event.is_over,
            user: (sees_unknown_names || !event.is_unknown_user).then_some(event.user_name),
            is_unknown_user: event.is_unknown_user,
            address: event.address.map(|address| address.0),
            host: event.host,
            port: event.port,
            method: event.method,
            fingerprint: event.fingerprint,
            pid: event.pid,
            terminal: event.terminal,
            ended_at: event.ended_at,
            times: event.times,
            is_own: event.is_ours,
        }
    }
}

/// How far the server's logs were read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LoginLogs)]
pub struct LogsView {
    /// When last; null before the first time.
    pub read_at: Option<DateTime<Utc>>,
    /// Everything that the server still has was read; false while older logs are being read.
    pub is_whole: bool,
    /// What became of each source (`journal`, `file`, `wtmp`, `btmp`, `wtmpdb`, `lastlog2`): `absent`, `read`, `denied` (only root may read it),
    /// `damaged`, or `unneeded` (another one tells the same).
    #[schema(value_type = BTreeMap<String, String>)]
    pub sources: BTreeMap<String, SourceState>,
    /// Why the last reading did not work; empty where it did.
    pub error: String,
}

impl LogsView {
    fn new(reading: Option<LoginReading>) -> Self {
        let Some(reading) = reading else {
            return Self { read_at: None, is_whole: false, sources: BTreeMap::new(), error: String::new() };
        };
        let names = ["journal", "file", "wtmp", "btmp", "wtmpdb", "lastlog2"];
        let place = reading.place.0;
        Self {
            read_at: reading.read_at,
            is_whole: place.is_whole,
            sources: names.map(|name| (name.to_owned(), place.source(name))).into(),
            error: reading.error,
        }
    }
}

/// One page of logins.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoginPage {
    /// The newest first.
    pub items: Vec<LoginView>,
    /// Give this as `cursor` to get what is older; null at the end.
    pub next: Option<String>,
    /// How far the server's logs were read.
    pub logs: LogsView,
}

/// Which logins are wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LoginQuery {
    /// `accepted` or `failed`; both unless given.
    #[param(value_type = Option<String>)]
    pub outcome: Option<LoginOutcome>,
    /// From this moment on.
    pub from: Option<DateTime<Utc>>,
    /// Before this moment.
    pub to: Option<DateTime<Utc>>,
    /// From this address.
    pub ip: Option<String>,
    /// As exactly this user.
    pub user: Option<String>,
    /// With this text in user, address, host or fingerprint, whatever its case.
    pub q: Option<String>,
    /// `true` asks the server for what is new before the answer; otherwise that happens every five minutes.
    #[serde(deserialize_with = "super::input::number")]
    pub refresh: Option<bool>,
    /// How many items at most: 1 to 500, 100 unless given.
    #[serde(deserialize_with = "super::input::number")]
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u16>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

fn cursor(text: &str) -> Result<(DateTime<Utc>, i64)> {
    let wrong = || Error::field("cursor", "This cursor is not of this list");
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_no_cursor| wrong())?;
    let (micros, id): (i64, i64) = serde_json::from_slice(&bytes).map_err(|_no_cursor| wrong())?;
    Ok((DateTime::from_timestamp_micros(micros).ok_or_else(wrong)?, id))
}

/// Who signed in to a server and who tried to, the newest first: what hannun has read in the server's journal, log files and login
/// records so far. Where `refresh` asks the server and it does not answer, that is 502.
#[utoipa::path(
    operation_id = "list_logins",
    get, path = "/api/v1/servers/{server}/logins", tag = "logins",
    params(("server" = String, Path, description = "Its name"), LoginQuery),
    responses((status = 200, body = LoginPage)),
)]
pub async fn index(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
    query: Parameters<LoginQuery>,
) -> Result<Json<LoginPage>> {
    let query = query.0;
    let actor = asking.0;
    let host = app.hosts.open(actor.clone(), name.into_inner()).await?;
    let limit = ListQuery { limit: query.limit, ..ListQuery::default() }.limit()?;
    let before = query.cursor.as_deref().map(cursor).transpose()?;
    let address = query.ip.as_deref().map(str::parse::<IpAddr>).transpose();
    let address = address.map_err(|_no_address| Error::field("ip", "This is no IP address"))?;
    if query.refresh == Some(true) {
        naming(&request, CommandType::ReadLogins, app.logins().read(&host, Depth::New).await)?;
    }
    let server = host.server().id;
    let found = app.db.run(move |connection| {
        let (_, sees_on) = scopes(connection, &actor)?;
        let sees_unknown_names = sees_on.contains(&server);
        let filter = LoginFilter {
            servers: vec![server],
            outcome: query.outcome,
            user: query.user,
            address,
            text: query.q.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()),
            from: query.from,
            to: query.to,
            before,
            sees_unknown_names,
        };
        // One more than is shown tells whether there is more.
        let wanted = i64::try_from(limit + 1).unwrap_or(i64::MAX);
        let events = LoginEvent::latest(connection, &filter, wanted)?;
        let owners = Owners::of(connection, &events, (&sees_on, server))?;
        Ok::<_, Error>((events, LoginReading::of(connection, server)?, (sees_unknown_names, owners)))
    });
    let (mut events, reading, (sees_unknown_names, owners)) = found.await?;
    let is_more = events.len() > limit;
    events.truncate(limit);
    let place = |event: &LoginEvent| serde_json::to_vec(&(event.at.timestamp_micros(), event.id)).unwrap_or_default();
    let next = events.last().filter(|_| is_more).map(|event| URL_SAFE_NO_PAD.encode(place(event)));
    let items = events.into_iter().map(|event| LoginView::new(event, sees_unknown_names, &owners)).collect();
    Ok(Json(LoginPage { items, next, logs: LogsView::new(reading) }))
}
