//! Signed-in programs: never more rights than their owner has now.

use chrono::TimeDelta;
use hannun::models::actor::{Actor, Role, Scope};
use hannun::models::api_tokens::{ApiToken, NewApiToken};
use hannun::models::groups::NewGroup;
use hannun::models::ids::UserId;
use hannun::secret::SecretText;

use super::user;
use crate::harness::database::TestDatabase;

fn token(database: &TestDatabase, user_id: Option<UserId>, role: Role, scope: Scope) -> (SecretText, ApiToken) {
    let expires_at = Some(database.now() + TimeDelta::days(90));
    let new = NewApiToken { name: "ci", user_id, role, scope, expires_at };
    new.insert(&mut database.connection(), database.now()).unwrap()
}

fn find(database: &TestDatabase, text: &str) -> Option<Actor> {
    let found = ApiToken::find(&mut database.connection(), text, None, database.now()).unwrap();
    found.map(|(_, actor)| actor)
}

#[test]
fn a_token_is_recognised_by_its_text_alone() {
    let database = TestDatabase::new();
    let (text, _) = token(&database, None, Role::Operator, Scope::All);
    assert!(text.expose().starts_with("hnn_"));
    let actor = find(&database, text.expose()).unwrap();
    assert_eq!((actor.name.as_str(), actor.rights.strongest(), actor.scope()), ("ci", Role::Operator, &Scope::All));
    assert!(find(&database, "hnn_").is_none());
    assert!(find(&database, "ci").is_none());
}

#[test]
fn a_token_ends_when_it_is_revoked_or_too_old() {
    let database = TestDatabase::new();
    let (text, row) = token(&database, None, Role::Viewer, Scope::All);
    database.advance(TimeDelta::days(89));
    assert!(find(&database, text.expose()).is_some());
    database.advance(TimeDelta::days(1));
    assert!(find(&database, text.expose()).is_none());
    ApiToken::revoke(&mut database.connection(), row.id, database.now()).unwrap();
    assert!(ApiToken::revoke(&mut database.connection(), row.id, database.now()).is_err());
}

#[test]
fn sec_z04_a_token_may_do_no_more_than_its_owner_may_now() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    let groups: Vec<_> =
        ["web", "db"].iter().map(|name| NewGroup { name, note: "" }.insert(&mut connection).unwrap().id).collect();
    let owner = user(&mut connection, "anna", Role::Viewer, Scope::Groups(vec![groups[0]]));
    let (text, _) = token(&database, Some(owner.id), Role::Administrator, Scope::Groups(groups.clone()));
    let actor = find(&database, text.expose()).unwrap();
    assert_eq!((actor.rights.strongest(), actor.scope()), (Role::Viewer, &Scope::Groups(vec![groups[0]])));
}

#[test]
fn sec_a08_a_disabled_owner_s_token_opens_nothing() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    let owner = user(&mut connection, "anna", Role::Viewer, Scope::All);
    let (text, _) = token(&database, Some(owner.id), Role::Viewer, Scope::All);
    owner.disable(&mut connection, database.now()).unwrap();
    assert!(find(&database, text.expose()).is_none());
}

#[test]
fn the_time_of_last_use_is_written_at_most_once_a_minute() {
    let database = TestDatabase::new();
    let (text, _) = token(&database, None, Role::Viewer, Scope::All);
    let first = database.now();
    find(&database, text.expose()).unwrap();
    database.advance(TimeDelta::seconds(30));
    find(&database, text.expose()).unwrap();
    let used = || ApiToken::all(&mut database.connection()).unwrap()[0].used_at;
    assert_eq!(used(), Some(first));
    let later = database.advance(TimeDelta::seconds(30));
    find(&database, text.expose()).unwrap();
    assert_eq!(used(), Some(later));
}
