//! What belongs to a person: the browsers in which they are signed in, their tokens, and scenarios that have their rights.

use crate::admin::cell::Cell;
use crate::admin::resource::{By, Related};
use crate::admin::resources::tokens;
use crate::db::Connection;
use crate::error::Result;
use crate::models::api_tokens::ApiToken;
use crate::models::ids::UserId;
use crate::models::scenarios::Scenario;
use crate::models::sessions::Session;
use crate::web::user_agent;

/// The action that ends a person's sessions.
pub(super) const SIGN_OUT: &str = "end_sessions";

/// The live sessions, all tokens and the scenarios of a person.
pub(super) fn of(connection: &mut Connection, user: UserId, by: &By) -> Result<Vec<Related>> {
    let lengths = &by.app.config.sessions;
    let sessions = Session::of_user(connection, user)?.into_iter().filter(|session| !session.is_over(lengths, by.at));
    let tokens = ApiToken::of_user(connection, user)?.into_iter();
    // Where the account is disabled they are switched off when they are due next (Z04).
    let scenarios = Scenario::of_owner(connection, user)?.into_iter();
    Ok(vec![
        Related {
            label: "Sessions",
            columns: vec!["Browser", "Address", "Signed in", "Last seen"],
            rows: sessions.map(|session| (String::new(), cells(&session))).collect(),
            action: Some(SIGN_OUT),
        },
        Related {
            label: "API tokens",
            columns: tokens::COLUMNS.to_vec(),
            rows: tokens.map(|token| (format!("/admin/tokens/{}", token.id.0), tokens::cells(&token, by.at))).collect(),
            action: None,
        },
        Related {
            label: "Scenarios that run with their rights",
            columns: vec!["Name", "Enabled", "Next run"],
            rows: scenarios.map(|scenario| (format!("/scenarios/{}", scenario.id), cells_of(&scenario))).collect(),
            action: None,
        },
    ])
}

fn cells_of(scenario: &Scenario) -> Vec<Cell> {
    vec![
        Cell::Key(scenario.name.clone()),
        Cell::Word(if scenario.enabled { "yes" } else { "no" }),
        Cell::Time(scenario.next_slot),
    ]
}

fn cells(session: &Session) -> Vec<Cell> {
    vec![
        Cell::Text(user_agent::brief(&session.user_agent)),
        Cell::Code(session.address.0.to_string()),
        Cell::Time(Some(session.created_at)),
        Cell::Time(Some(session.seen_at)),
    ]
}
