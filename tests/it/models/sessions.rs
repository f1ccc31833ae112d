//! Signed-in browsers: what is stored, and when it ends (A05, A07, A11).

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::Text;
use hannun::config::SessionConfig;
use hannun::models::actor::{Role, Scope};
use hannun::models::sessions::{NewSession, Session};
use hannun::secret::SecretText;

use super::user;
use crate::harness::database::TestDatabase;

fn begin(database: &TestDatabase) -> (SecretText, Session) {
    let mut connection = database.connection();
    let anna = match hannun::models::users::User::by_name(&mut connection, "anna").unwrap() {
        Some(anna) => anna,
        None => user(&mut connection, "anna", Role::Viewer, Scope::All),
    };
    let new = NewSession { user_id: anna.id, address: "::ffff:10.0.0.1".parse().unwrap(), user_agent: "Firefox\n1" };
    new.begin(&mut connection, database.now()).unwrap()
}

fn find(database: &TestDatabase, id: &str) -> Option<Session> {
    let found = Session::find(&mut database.connection(), id, &SessionConfig::default(), database.now()).unwrap();
    found.map(|(session, _)| session)
}

#[test]
fn sec_a05_the_cookie_s_value_is_nowhere_in_the_database() {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        text: String,
    }
    let database = TestDatabase::new();
    let (id, _) = begin(&database);
    let rows: Vec<Row> =
        diesel::sql_query("select sessions::text as text from sessions").load(&mut database.owner()).unwrap();
    assert_eq!(rows.len(), 1);
    assert!(!rows[0].text.contains(id.expose()) && !rows[0].text.contains(&hex::encode(id.expose())));
    assert!(id.expose().len() >= 43, "256 bits");
    assert!(find(&database, id.expose()).is_some());
    assert!(find(&database, "").is_none());
}

#[test]
fn sec_a05_a_renewed_session_has_another_id_and_the_old_one_is_dead() {
    let database = TestDatabase::new();
    let (old, session) = begin(&database);
    let (new, renewed) = session.renew(&mut database.connection()).unwrap();
    assert!(find(&database, old.expose()).is_none());
    assert_eq!(find(&database, new.expose()), Some(renewed.clone()));
    assert_ne!(renewed.csrf_token, session.csrf_token);
}

#[test]
fn sec_a07_a_session_that_nobody_touches_ends_after_its_idle_time() {
    let database = TestDatabase::new();
    let (id, _) = begin(&database);
    database.advance(TimeDelta::minutes(29));
    let session = find(&database, id.expose()).unwrap();
    session.touch(&mut database.connection(), database.now()).unwrap();
    database.advance(TimeDelta::minutes(29));
    assert!(find(&database, id.expose()).is_some());
    database.advance(TimeDelta::minutes(1));
    assert!(find(&database, id.expose()).is_none());
    assert!(Session::of_user(&mut database.connection(), session.user_id).unwrap().is_empty(), "it is deleted");
}

#[test]
fn sec_a07_a_touched_session_ends_after_twelve_hours_all_the_same() {
    let database = TestDatabase::new();
    let (id, _) = begin(&database);
    for _ in 0..35 {
        database.advance(TimeDelta::minutes(20));
        find(&database, id.expose()).unwrap().touch(&mut database.connection(), database.now()).unwrap();
    }
    database.advance(TimeDelta::minutes(20));
    assert!(find(&database, id.expose()).is_none());
}

#[test]
fn sec_a08_a_disabled_person_has_no_session_even_where_one_is_left() {
    let database = TestDatabase::new();
    let (id, session) = begin(&database);
    diesel::sql_query("update users set disabled_at = now()").execute(&mut database.owner()).unwrap();
    assert!(find(&database, id.expose()).is_none());
    session.end(&mut database.connection()).unwrap();
}

#[test]
fn sec_a11_a_password_counts_as_just_entered_for_ten_minutes() {
    let database = TestDatabase::new();
    let (id, _) = begin(&database);
    let proved = || find(&database, id.expose()).unwrap().is_proved(&SessionConfig::default(), database.now());
    assert!(proved());
    database.advance(TimeDelta::minutes(11));
    assert!(!proved());
    find(&database, id.expose()).unwrap().prove(&mut database.connection(), database.now()).unwrap();
    assert!(proved());
}

#[test]
fn a_sweep_deletes_what_is_over_and_nothing_else() {
    let database = TestDatabase::new();
    begin(&database);
    database.advance(TimeDelta::minutes(20));
    let (young, _) = begin(&database);
    database.advance(TimeDelta::minutes(15));
    let swept = Session::sweep(&mut database.connection(), &SessionConfig::default(), database.now()).unwrap();
    assert_eq!(swept, 1);
    assert!(find(&database, young.expose()).is_some());
}

#[test]
fn address_and_browser_are_kept_in_a_form_that_can_be_shown() {
    let database = TestDatabase::new();
    let (_, session) = begin(&database);
    assert_eq!(session.address.0.to_string(), "10.0.0.1");
    assert_eq!(session.user_agent, "Firefox1");
}
