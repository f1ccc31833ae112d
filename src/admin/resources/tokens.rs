//! Programs that use the API, as administrators see them. A token's text is shown once, when it is made; a token is never
//! changed, only ended, so that whoever holds it cannot gain rights.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{ALL, ROLES, groups, reach, screen};
use crate::admin::asked::Asked;
use crate::admin::cell::Cell;
use crate::admin::control::Offer;
use crate::admin::field::Field;
use crate::admin::form::Form;
use crate::admin::list::{Found, List};
use crate::admin::resource::{By, Checking, Consequences, Deleting, Resource};
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::{ActorKind, Role, Scope};
use crate::models::api_tokens::{ApiToken, NewApiToken, new_text};
use crate::models::groups::Group;
use crate::models::names::name_problem;
use crate::models::users::User;
use crate::secret::SecretText;
use crate::web::menu::Screen;

/// The slug is the API's name for them, so that both write one history.
static SCREEN: Screen = screen("tokens", "API tokens", "webhook");

/// Tokens of programs.
pub struct Tokens;

/// One token with the names of its owner and groups.
pub struct Row {
    token: ApiToken,
    owner: String,
    groups: Vec<String>,
    /// `live`, `expired` or `revoked`; known once the time is.
    state: &'static str,
}

/// What the form fills in.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    name: String,
    role: String,
    sees: String,
    groups: Vec<String>,
    lasts: String,
    owner: String,
    ends: String,
}

const STATES: &[(&str, &str)] = &[("live", "Works"), ("expired", "Expired"), ("revoked", "Revoked")];
/// How long a token works, in days; none: until it is revoked.
const LENGTHS: &[(&str, &str, Option<i64>)] = &[
    ("30d", "30 days", Some(30)),
    ("90d", "90 days", Some(90)),
    ("365d", "A year", Some(365)),
    ("revoked", "Until it is revoked", None),
];

fn roles() -> Vec<Offer> {
    ROLES.iter().map(|(value, word)| Offer::word(value, word)).collect()
}

fn lengths() -> Vec<Offer> {
    LENGTHS.iter().map(|(value, word, _)| Offer::word(value, word)).collect()
}

/// How a token is: revoked, expired, or live.
fn state(token: &ApiToken, now: DateTime<Utc>) -> &'static str {
    match token.revoked_at {
        Some(_) => "revoked",
        None if token.is_over(now) => "expired",
        None => "live",
    }
}

fn state_cell(state: &str) -> Cell {
    match state {
        "revoked" => Cell::State { dot: "paused", label: "Revoked" },
        "expired" => Cell::State { dot: "none", label: "Expired" },
        _ => Cell::State { dot: "up", label: "Works" },
    }
}

/// What is shown of a token beside its owner: name, role, state, last use, end.
pub fn cells(token: &ApiToken, now: DateTime<Utc>) -> Vec<Cell> {
    vec![
        Cell::Key(token.name.clone()),
        Cell::choice(ROLES, token.role.name()),
        state_cell(state(token, now)),
        Cell::Time(token.used_at),
        Cell::Time(token.expires_at),
    ]
}

/// The headings of [`cells`].
pub const COLUMNS: [&str; 5] = ["Name", "Role", "State", "Last used", "Expires"];

impl Resource for Tokens {
    type Row = Row;
    type Draft = Draft;

    const EVENTS: [&'static str; 3] = ["create_token", "change_token", "revoke_token"];
    const ADD: Option<&'static str> = Some("Add token");
    const CHANGES: bool = false;
    const DELETES: bool = true;
    const DELETING: &'static Deleting = &Deleting::REVOKE;
    const NEEDS_PROOF: bool = true;
    const GIVES: Option<fn() -> Result<SecretText>> = Some(new_text);

    fn screen() -> &'static Screen {
        &SCREEN
    }

    fn list() -> List<Row> {
        List::in_order_of("name")
            .column("Name", |row: &Row| Cell::Key(row.token.name.clone()))
            .column("Owner", |row| Cell::Text(row.owner.clone()))
            .column("Role", |row| Cell::choice(ROLES, row.token.role.name()))
            .column("Sees", |row| {
                if row.token.all_groups { Cell::Word("All servers") } else { Cell::Tags(row.groups.clone()) }
            })
            .column("State", |row| state_cell(row.state))
            .column("Last used", |row| Cell::Time(row.token.used_at))
            .column("Expires", |row| Cell::Time(row.token.expires_at))
            .column("Made", |row| Cell::Time(Some(row.token.created_at)))
            .search("Name or owner", |row| format!("{} {}", row.token.name, row.owner))
            .filter_words("state", "State", STATES, |row| vec![row.state.to_owned()])
            .filter_words("role", "Role", ROLES, |row| vec![row.token.role.name().to_owned()])
            .filter_names("owner", "Owner", |row| {
                Some(row.owner.clone()).into_iter().filter(|owner| !owner.is_empty()).collect()
            })
            .filter_names("group", "Group", |row| row.groups.clone())
    }

    fn form() -> Form<Draft> {
        Form::new()
            .fieldset(
                "Token",
                [
                    Field::text("name", "Name", |draft: &mut Draft| &mut draft.name)
                        .required()
                        .fixed()
                        .checked(name_problem)
                        .hint("Small letters, digits, dash, dot. The audit log knows it by this name."),
                    Field::choice("lasts", "Works for", |draft: &mut Draft| &mut draft.lasts, lengths)
                        .required()
                        .fixed(),
                    Field::shown("owner", "Owner", |draft: &Draft| draft.owner.clone()),
                    Field::shown("ends", "Expires", |draft: &Draft| draft.ends.clone()),
                ],
            )
            .fieldset(
                "Rights",
                [
                    Field::choice("role", "Role", |draft: &mut Draft| &mut draft.role, roles)
                        .required()
                        .fixed()
                        .hint("Never more than its owner may do, now and later."),
                    Field::segments("sees", "Sees", |draft: &mut Draft| &mut draft.sees, reach)
                        .required()
                        .fixed()
                        .wide(),
                    Field::many("groups", "Groups", |draft: &mut Draft| &mut draft.groups, groups::offers)
                        .fixed()
                        .when(&["groups"]),
                ],
            )
    }

    fn rows(connection: &mut Connection, _: &Scope) -> Result<Vec<Row>> {
        let groups: HashMap<_, _> = Group::all(connection)?.into_iter().map(|group| (group.id, group.name)).collect();
        let people: HashMap<_, _> = User::all(connection)?.into_iter().map(|user| (user.id, user.name)).collect();
        let mut seen = ApiToken::groups_of_all(connection)?;
        let row = |token: ApiToken| {
            let seen = seen.remove(&token.id).unwrap_or_default();
            let mut names: Vec<String> = seen.iter().filter_map(|id| groups.get(id).cloned()).collect();
            names.sort();
            let owner = token.user_id.and_then(|user| people.get(&user).cloned()).unwrap_or_default();
            Row { token, owner, groups: names, state: "" }
        };
        Ok(ApiToken::all(connection)?.into_iter().map(row).collect())
    }

    fn find(connection: &mut Connection, scope: &Scope, asked: &Asked, now: DateTime<Utc>) -> Result<Found<Row>> {
        let mut rows = Self::rows(connection, scope)?;
        for row in &mut rows {
            row.state = state(&row.token, now);
        }
        Ok(Self::list().arrange(rows, asked))
    }

    fn id(row: &Row) -> i64 {
        row.token.id.0
    }

    fn name(row: &Row) -> String {
        row.token.name.clone()
    }

    fn blank() -> Draft {
        let (role, sees, lasts) = (Role::Viewer.name().to_owned(), ALL.to_owned(), "90d".to_owned());
        Draft { role, sees, lasts, ..Draft::default() }
    }

    fn draft(_: &mut Connection, row: &Row) -> Result<Draft> {
        let end = row.token.expires_at.map(|end| format!("{} UTC", end.format("%F %R")));
        Ok(Draft {
            name: row.token.name.clone(),
            role: row.token.role.name().to_owned(),
            sees: if row.token.all_groups { ALL } else { "groups" }.to_owned(),
            groups: row.groups.clone(),
            lasts: if end.is_none() { "revoked" } else { "" }.to_owned(),
            owner: row.owner.clone(),
            ends: end.unwrap_or_default(),
        })
    }

    fn check(check: &mut Checking<'_, Row>, draft: &mut Draft) -> Result<()> {
        if draft.sees == ALL {
            draft.groups.clear();
        }
        if Role::from_name(&draft.role).is_some_and(|role| !check.by.actor.may(role)) {
            check.problems.add("role", "This is more than you may do yourself");
        }
        Ok(())
    }

    fn create(connection: &mut Connection, by: &By, draft: &Draft) -> Result<i64> {
        let ActorKind::User(owner) = by.actor.kind else { return Err(Error::SignInNeeded) };
        let text = by.given.as_ref().ok_or_else(|| Error::internal(anyhow::anyhow!("no text for the token")))?;
        let days = LENGTHS.iter().find(|(value, ..)| *value == draft.lasts).and_then(|(_, _, days)| *days);
        let new = NewApiToken {
            name: &draft.name,
            user_id: Some(owner),
            role: Role::from_name(&draft.role).ok_or_else(|| Error::field("role", "This is needed"))?,
            scope: if draft.sees == ALL {
                Scope::All
            } else {
                Scope::Groups(Group::ids_of(connection, &draft.groups)?)
            },
            expires_at: days.map(|days| by.at + TimeDelta::days(days)),
        };
        Ok(new.insert_as(connection, text, by.at)?.id.0)
    }

    fn consequences(_: &mut Connection, _: &By, row: &Row) -> Result<Consequences> {
        let used = match row.token.used_at {
            Some(at) => Message::new("It was last used {at} (UTC)").with("at", at.format("%F %R")),
            None => Message::new("It was never used"),
        };
        let goes = vec![Message::new("Programs that use it are refused at once"), used];
        let blocked = row.token.revoked_at.is_some().then(|| Message::new("{name} is revoked already"));
        let blocked = blocked.map(|sentence| sentence.with("name", &row.token.name));
        Ok(Consequences { goes, blocked: blocked.into_iter().collect() })
    }

    fn delete(connection: &mut Connection, by: &By, row: &Row) -> Result<()> {
        ApiToken::revoke(connection, row.token.id, by.at).map(drop)
    }
}
