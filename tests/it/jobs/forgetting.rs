//! What is remembered for a while only (R10): what servers were asked, and how that ended.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use hannun::error::Error;
use hannun::models::actor::{Role, Scope};
use hannun::models::audit::Outcome;
use hannun::models::guarded_changes::{Guarded, GuardedChange, GuardedState, NewGuardedChange};
use hannun::models::ids::{ServerId, TerminalId, UserId};
use hannun::models::power_requests::{End, NewPowerRequest, PowerDeed, PowerRequest, PowerState};
use hannun::models::terminals::{KEPT, NewTerminal, Terminal};

use crate::harness::app::TestApp;
use crate::harness::known;
use crate::harness::recurring::run;
use crate::logins::kept::{attempt, keep};
use crate::logins::logins;

/// A request that is over at once.
async fn asked(app: &TestApp, server: ServerId, at: DateTime<Utc>) {
    let new = NewPowerRequest {
        server_id: server,
        deed: PowerDeed::ShutDown,
        asked_by: "jiwon".to_owned(),
        boot_before: "a".to_owned(),
        uptime_before: 1.0,
        asked_at: at,
        lease_until: at,
    };
    let made = app.app.db.run(move |connection| {
        let row = new.insert(connection)?.expect("none waits");
        Ok::<_, Error>(row.end(connection, &End::away(PowerState::Off, None), at)?)
    });
    assert!(made.await.unwrap());
}

/// A change in a file of this name; it waits where it has no state.
async fn changed(app: &TestApp, server: ServerId, file: &str, state: Option<GuardedState>) {
    let now = app.database.now();
    let new = NewGuardedChange {
        server_id: server,
        kind: Guarded::Keys,
        token: hex::encode(file),
        owner: "deploy".to_owned(),
        place: file.to_owned(),
        by_root: true,
        line: "remove SHA256:x from deploy".to_owned(),
        asked_by: "jiwon".to_owned(),
        asked_at: now,
        undoes_at: now,
    };
    let made = app.app.db.run(move |connection| {
        let row = new.insert(connection)?.expect("none waits there");
        Ok::<_, Error>(match state {
            Some(state) => row.becomes(connection, state, "", now)?.is_some(),
            None => true,
        })
    });
    assert!(made.await.unwrap());
}

#[actix_web::test]
async fn rel_r10_what_a_server_was_asked_is_forgotten_ninety_days_after_its_end_but_for_the_last() {
    let app = TestApp::start().await;
    let (one, other) = (known::answering(&app, "web-1").await.id, known::answering(&app, "web-2").await.id);
    let began = app.database.now();
    for server in [one, one, other] {
        asked(&app, server, began).await;
    }
    let count = async |server: ServerId| {
        let rows = app.app.db.run(move |connection| Ok::<_, Error>(PowerRequest::of_server(connection, server, 9)?));
        rows.await.unwrap().len()
    };
    app.advance(TimeDelta::days(90));
    run(&app, "forget_requests").await;
    assert_eq!((count(one).await, count(other).await), (2, 1));
    app.advance(TimeDelta::minutes(1));
    run(&app, "forget_requests").await;
    assert_eq!((count(one).await, count(other).await), (1, 1), "the last one says that a server is off");
}

#[actix_web::test]
async fn rel_r10_a_change_that_waits_is_not_forgotten_and_one_that_is_over_is() {
    let app = TestApp::start().await;
    let server = known::answering(&app, "web-1").await.id;
    changed(&app, server, "/home/a/keys", Some(GuardedState::Kept)).await;
    changed(&app, server, "/home/b/keys", None).await;
    app.advance(TimeDelta::days(91));
    run(&app, "forget_requests").await;
    let last =
        app.app.db.run(move |connection| Ok::<_, Error>(GuardedChange::last_of(connection, server, Guarded::Keys)?));
    assert_eq!(last.await.unwrap().unwrap().place, "/home/b/keys");
    let waits = app.app.db.run(move |connection| {
        Ok::<_, Error>(GuardedChange::waiting_in(connection, server, (Guarded::Keys, "/home/a/keys"))?)
    });
    assert_eq!(waits.await.unwrap(), None);
    let now = app.database.now();
    let take = || {
        let taken = app
            .app
            .db
            .run(move |connection| Ok::<_, Error>(GuardedChange::take_overdue(connection, (now, now), now, 9)?));
        async { taken.await.unwrap().len() }
    };
    assert_eq!((take().await, take().await), (1, 0), "whoever takes it is alone with it");
}

/// A terminal of a person on a server that a process of hannun holds.
async fn held(app: &TestApp, server_id: ServerId, user_id: UserId) -> TerminalId {
    let now = app.database.now();
    let new = NewTerminal {
        server_id,
        user_id,
        actor: "jiwon".to_owned(),
        address: None,
        run_as: "deploy".to_owned(),
        holder: "a process".to_owned(),
        begun_at: now,
        seen_at: now,
    };
    app.app.db.run(move |connection| Ok::<_, Error>(new.insert(connection)?.id)).await.unwrap()
}

#[actix_web::test]
async fn rel_j05_sec_t05_a_terminal_whose_process_is_gone_is_ended_and_on_record() {
    let app = TestApp::start().await;
    let server = known::answering(&app, "web-1").await.id;
    let user = app.user("jiwon", Role::Operator, Scope::All).await.id;
    let id = held(&app, server, user).await;
    let found = || app.app.db.run(move |connection| Terminal::by_id(connection, id));
    app.advance(TimeDelta::minutes(2));
    run(&app, "forget_terminals").await;
    assert_eq!(found().await.unwrap().ended_at, None, "its process may be alive");
    app.advance(TimeDelta::seconds(1));
    run(&app, "forget_terminals").await;
    let ended = found().await.unwrap();
    let why = "The process of hannun that held it is gone";
    assert_eq!((ended.ended_at, ended.why().unwrap().to_string().as_str()), (Some(app.database.now()), why));
    let told = app.audit().await;
    let told: Vec<_> = told
        .iter()
        .map(|event| {
            (&*event.action, &*event.server, &*event.actor, &*event.run_as, event.outcome, &*event.details.0["why"])
        })
        .collect();
    assert_eq!(told, [("close_terminal", "web-1", "jiwon", "deploy", Outcome::Unknown, why)], "once");
    app.advance(KEPT);
    run(&app, "forget_terminals").await;
    assert!(found().await.is_ok());
    app.advance(TimeDelta::minutes(1));
    run(&app, "forget_terminals").await;
    assert!(matches!(found().await, Err(Error::NotFound(_))), "it is forgotten");
}

#[actix_web::test]
async fn rel_r10_who_signed_in_is_forgotten_after_as_long_as_the_settings_say() {
    let app = TestApp::with_config(|settings| settings.logins_kept = Duration::from_hours(24)).await;
    let server = known::answering(&app, "web-1").await.id;
    let ago = |hours, user| attempt(app.database.now() - TimeDelta::hours(hours), user, "203.0.113.5");
    keep(&app, server, vec![ago(25, "long-ago"), ago(23, "lately")]).await;
    run(&app, "forget_logins").await;
    let names: Vec<String> = logins(&app, server).await.into_iter().map(|login| login.user_name).collect();
    assert_eq!(names, ["lately"]);
}
