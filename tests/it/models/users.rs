//! People: the first one, and what ends their sessions and tokens.

use hannun::error::Error;
use hannun::models::actor::{Rights, Role, Scope};
use hannun::models::api_tokens::{ApiToken, NewApiToken};
use hannun::models::groups::NewGroup;
use hannun::models::sessions::{NewSession, Session};
use hannun::models::setup_tokens::SetupToken;
use hannun::models::users::{NewUser, Theme, User, UserPreferences};
use hannun::secret::password::PasswordHash;

use super::user;
use crate::harness::database::TestDatabase;

fn hash() -> PasswordHash {
    PasswordHash::from("unusable".to_owned())
}

#[test]
fn sec_a12_of_twenty_that_set_up_at_once_one_becomes_administrator() {
    let database = TestDatabase::new();
    let token = SetupToken::issue(&mut database.connection(), database.now()).unwrap();
    let tries: Vec<_> = (0..20)
        .map(|number| {
            let (mut connection, token, now) = (database.connection(), token.clone(), database.now());
            std::thread::spawn(move || {
                User::set_up(&mut connection, token.expose(), &format!("user-{number}"), &hash(), now)
            })
        })
        .collect();
    let outcomes: Vec<_> = tries.into_iter().map(|one| one.join().unwrap()).collect();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(Error::NotFound(_)))), "{outcomes:?}");
    let everybody = User::all(&mut database.connection()).unwrap();
    assert_eq!(everybody.len(), 1);
    assert_eq!((everybody[0].role, everybody[0].all_groups), (Role::Administrator, true));
}

#[test]
fn sec_a12_a_setup_token_works_for_fifteen_minutes_and_until_the_next_one() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    let first = SetupToken::issue(&mut connection, database.now()).unwrap();
    let second = SetupToken::issue(&mut connection, database.now()).unwrap();
    let matches = |token: &str, now| SetupToken::matches(&mut database.connection(), token, now).unwrap();
    assert!(!matches(first.expose(), database.now()));
    assert!(!matches("", database.now()));
    assert!(matches(second.expose(), database.advance(chrono::TimeDelta::minutes(14))));
    assert!(!matches(second.expose(), database.advance(chrono::TimeDelta::minutes(1))));
}

#[test]
fn sec_a08_a_new_password_other_rights_or_disabling_end_sessions_and_tokens() {
    let database = TestDatabase::new();
    let (mut connection, now) = (database.connection(), database.now());
    user(&mut connection, "boss", Role::Administrator, Scope::All);
    let anna = user(&mut connection, "anna", Role::Operator, Scope::All);
    let deeds: [fn(&User, &mut diesel::PgConnection, chrono::DateTime<chrono::Utc>); 3] = [
        |user, connection, now| user.change_password(connection, &hash(), None, now).unwrap(),
        |user, connection, now| {
            drop(user.change_rights(connection, &Rights::new(Role::Viewer, Scope::All), now).unwrap());
        },
        |user, connection, now| user.disable(connection, now).unwrap(),
    ];
    for (number, deed) in deeds.iter().enumerate() {
        let new = NewSession { user_id: anna.id, address: [10, 0, 0, 1].into(), user_agent: "" };
        new.begin(&mut connection, now).unwrap();
        let name = format!("t{number}");
        let token = NewApiToken {
            name: &name,
            user_id: Some(anna.id),
            role: Role::Viewer,
            scope: Scope::All,
            expires_at: None,
        };
        token.insert(&mut connection, now).unwrap();
        deed(&anna, &mut connection, now);
        assert!(Session::of_user(&mut connection, anna.id).unwrap().is_empty(), "{number}");
        let tokens = hannun::models::api_tokens::ApiToken::of_user(&mut connection, anna.id).unwrap();
        assert!(tokens.iter().all(|token| token.revoked_at.is_some()), "{number}");
    }
}

#[test]
fn the_session_that_changed_the_password_may_be_kept() {
    let database = TestDatabase::new();
    let (mut connection, now) = (database.connection(), database.now());
    let anna = user(&mut connection, "anna", Role::Operator, Scope::All);
    let new = NewSession { user_id: anna.id, address: [10, 0, 0, 1].into(), user_agent: "" };
    let (_, kept) = new.begin(&mut connection, now).unwrap();
    new.begin(&mut connection, now).unwrap();
    anna.change_password(&mut connection, &hash(), Some(&kept), now).unwrap();
    assert_eq!(Session::of_user(&mut connection, anna.id).unwrap(), [kept]);
}

#[test]
fn the_last_administrator_can_neither_step_down_nor_be_disabled() {
    let database = TestDatabase::new();
    let (mut connection, now) = (database.connection(), database.now());
    let boss = user(&mut connection, "boss", Role::Administrator, Scope::All);
    let other = user(&mut connection, "other", Role::Administrator, Scope::All);
    other.disable(&mut connection, now).unwrap();
    let refusals = [
        boss.disable(&mut connection, now),
        boss.change_rights(&mut connection, &Rights::new(Role::Viewer, Scope::All), now).map(drop),
    ];
    for refusal in refusals {
        assert!(matches!(refusal, Err(Error::Conflict(_))), "{refusal:?}");
    }
    other.enable(&mut connection, now).unwrap();
    boss.disable(&mut connection, now).unwrap();
}

#[test]
fn sec_z03_a_person_with_no_groups_sees_no_server() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    let web = NewGroup { name: "web", note: "" }.insert(&mut connection).unwrap();
    let nobody = user(&mut connection, "none", Role::Viewer, Scope::Groups(vec![]));
    let some = user(&mut connection, "some", Role::Viewer, Scope::Groups(vec![web.id]));
    super::server(&mut connection, "web-1").set_groups(&mut connection, &[web.id]).unwrap();
    super::server(&mut connection, "db-1");
    let names = |user: &User| -> Vec<String> {
        let mut connection = database.connection();
        let scope = user.scope(&mut connection).unwrap();
        let servers = hannun::models::servers::Server::all(&mut connection, &scope).unwrap();
        servers.into_iter().map(|server| server.name).collect()
    };
    assert_eq!(names(&nobody), Vec::<String>::new());
    assert_eq!(names(&some), ["web-1"]);
}

#[test]
fn the_groups_of_everybody_at_once_are_those_of_each() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    let groups = ["db", "web"].map(|name| NewGroup { name, note: "" }.insert(&mut connection).unwrap().id);
    let scopes = [Scope::All, Scope::Groups(vec![groups[0]]), Scope::Groups(groups.into()), Scope::Groups(vec![])];
    for (number, scope) in scopes.into_iter().enumerate() {
        let group_roles = groups.into_iter().take(number).map(|group| (group, Role::Operator)).collect();
        let rights = Rights { group_roles, ..Rights::new(Role::Viewer, scope.clone()) };
        let name = format!("user-{number}");
        NewUser { name: &name, password_hash: &hash(), rights }.insert(&mut connection).unwrap();
        let (role, expires_at) = (Role::Viewer, None);
        let token = NewApiToken { name: &name, user_id: None, role, scope, expires_at };
        token.insert(&mut connection, database.now()).unwrap();
    }
    let (seen, roles) =
        (User::groups_of_all(&mut connection).unwrap(), User::group_roles_of_all(&mut connection).unwrap());
    for user in User::all(&mut connection).unwrap() {
        let of_all = seen.get(&user.id).cloned().unwrap_or_default();
        assert_eq!(of_all, user.groups(&mut connection).unwrap(), "{}", user.name);
        let of_all = roles.get(&user.id).cloned().unwrap_or_default();
        assert_eq!(of_all, user.group_roles(&mut connection).unwrap(), "{}", user.name);
    }
    let seen = ApiToken::groups_of_all(&mut connection).unwrap();
    for token in ApiToken::all(&mut connection).unwrap().iter().filter(|token| !token.all_groups) {
        let of_all = Scope::Groups(seen.get(&token.id).cloned().unwrap_or_default());
        assert_eq!(of_all, token.scope(&mut connection).unwrap(), "{}", token.name);
    }
}

#[test]
fn a_name_that_is_taken_or_not_a_name_is_said_at_its_field() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    user(&mut connection, "anna", Role::Viewer, Scope::All);
    let again = |name: &str| {
        let new = NewUser { name, password_hash: &hash(), rights: Rights::new(Role::Viewer, Scope::All) };
        new.insert(&mut database.connection())
    };
    assert_eq!(again("anna").unwrap_err().to_string(), "There is a user named anna already");
    assert!(matches!(again("Anna B"), Err(Error::Invalid(errors)) if errors.of("name").is_some()));
    assert!(User::by_name(&mut connection, "a\0b").unwrap().is_none());
}

#[test]
fn preferences_are_kept_and_unknown_ones_refused() {
    let database = TestDatabase::new();
    let (mut connection, now) = (database.connection(), database.now());
    let anna = user(&mut connection, "anna", Role::Viewer, Scope::All);
    let korean = UserPreferences {
        theme: Some(Theme::Dark),
        language: Some(Some("ko".to_owned())),
        time_zone: Some(Some("Asia/Seoul".to_owned())),
        letter_keys: Some(false),
    };
    assert!(anna.letter_keys);
    let anna = User::prefer(&mut connection, anna.id, &korean, now).unwrap();
    assert_eq!((anna.theme, anna.language()), (Theme::Dark, Some(hannun::language::Language::Ko)));
    assert!(!anna.letter_keys);
    let wrong = UserPreferences { language: Some(Some("tlh".to_owned())), ..UserPreferences::default() };
    assert!(matches!(User::prefer(&mut connection, anna.id, &wrong, now), Err(Error::Invalid(_))));
    let wrong = UserPreferences { time_zone: Some(Some("Mars/Base".to_owned())), ..UserPreferences::default() };
    assert!(matches!(User::prefer(&mut connection, anna.id, &wrong, now), Err(Error::Invalid(_))));
}
