//! The signed-in person's own account: password, sessions, and how hannun looks to them.

pub mod password;
pub mod preferences;
pub mod proof;
pub mod sessions;
pub mod tokens;

use actix_web::HttpResponse;
use actix_web::web::Data;
use askama::Template;
use chrono::{DateTime, Utc};

use crate::app::App;
use crate::error::{Error, FieldErrors, Result};
use crate::models::api_tokens::ApiToken;
use crate::models::sessions::Session;
use crate::web::extract::SignedIn;
use crate::web::filters;
use crate::web::render::Render;
use crate::web::user_agent;
use crate::web::visitor::Person;

/// The whole page; `password` is the block that is shown again when a new password cannot be accepted.
#[derive(Template)]
#[template(path = "screens/account.html", blocks = ["password"])]
struct AccountPage {
    name: String,
    role: &'static str,
    problems: FieldErrors,
    sessions: Vec<SessionRow>,
    tokens: Vec<TokenRow>,
    theme: &'static str,
    language: &'static str,
    time_zone: String,
    letter_keys: bool,
    time_zones: Vec<&'static str>,
}

/// One signed-in browser.
struct SessionRow {
    /// What its button sends: the stored hash, which opens nothing.
    id: String,
    browser: String,
    address: String,
    began: DateTime<Utc>,
    seen: DateTime<Utc>,
    this: bool,
}

/// One token of the person.
struct TokenRow {
    id: i64,
    name: String,
    role: &'static str,
    dot: &'static str,
    state: &'static str,
    is_revoked: bool,
    used: Option<DateTime<Utc>>,
    ends: Option<DateTime<Utc>>,
}

impl TokenRow {
    fn of(token: ApiToken, now: DateTime<Utc>) -> Self {
        let (dot, state) = match token.revoked_at {
            Some(_) => ("paused", "Revoked"),
            None if token.is_over(now) => ("none", "Expired"),
            None => ("up", "Works"),
        };
        Self {
            id: token.id.0,
            role: role_word(token.role.name()),
            dot,
            state,
            is_revoked: token.revoked_at.is_some(),
            used: token.used_at,
            ends: token.expires_at,
            name: token.name,
        }
    }
}

/// The account.
///
/// `GET /account`
pub async fn show(person: SignedIn, app: Data<App>, render: Render) -> Result<HttpResponse> {
    let page = AccountPage::load(&app, &person, FieldErrors::default()).await?;
    render.page(&page)
}

impl AccountPage {
    async fn load(app: &App, person: &Person, problems: FieldErrors) -> Result<Self> {
        let user = person.user.id;
        let (sessions, tokens) = app
            .db
            .run(move |connection| {
                Ok::<_, Error>((Session::of_user(connection, user)?, ApiToken::of_user(connection, user)?))
            })
            .await?;
        let now = app.clock.now();
        Ok(Self {
            name: person.user.name.clone(),
            role: role_word(person.user.role.name()),
            problems,
            sessions: sessions
                .into_iter()
                .filter(|session| !session.is_over(&app.config.sessions, now))
                .map(|session| SessionRow {
                    id: hex::encode(&session.id_hash),
                    browser: user_agent::brief(&session.user_agent),
                    address: session.address.0.to_string(),
                    began: session.created_at,
                    seen: session.seen_at,
                    this: session.id_hash == person.session.id_hash,
                })
                .collect(),
            tokens: tokens.into_iter().map(|token| TokenRow::of(token, now)).collect(),
            theme: person.user.theme.name(),
            language: person.user.language().map_or("browser", crate::language::Language::tag),
            time_zone: person.time_zone().name().to_owned(),
            letter_keys: person.user.letter_keys,
            time_zones: chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).filter(|name| is_place(name)).collect(),
        })
    }
}

fn role_word(role: &'static str) -> &'static str {
    match role {
        "administrator" => "Administrator",
        "operator" => "Operator",
        _ => "Viewer",
    }
}

/// `Asia/Seoul` and `UTC`, not the many old names of the same.
fn is_place(zone: &str) -> bool {
    zone == "UTC" || (zone.contains('/') && !zone.starts_with("Etc/") && !zone.starts_with("US/"))
}
