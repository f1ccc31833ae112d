//! A terminal lasts no longer than the right to have it (A07, A08, T05).

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use hannun::models::actor::Scope;
use hannun::models::servers::{Server, ServerChanges};
use hannun::models::sessions::Session;
use hannun::models::users::User;

use super::{Looker, Stage, open};
use crate::harness::known;
use crate::harness::ssh::{eventually, runs};

/// Within this time a terminal is cut whose person is not signed in any more (A08).
const WITHOUT_SESSION: Duration = Duration::from_secs(5);
/// Within this time a terminal is cut whose end somebody asked for (T05).
const ASKED: Duration = Duration::from_secs(2);
/// How long the next process sleeps: a number that nobody else uses.
static NAPS: AtomicU32 = AtomicU32::new(765_440_000);

async fn looker(stage: &Stage) -> (super::Client, super::Shell, Looker, String) {
    // Each test has a process of its own: others run beside it on the same machine.
    let nap = format!("sleep {}", NAPS.fetch_add(1, Ordering::Relaxed));
    let operator = stage.operator().await;
    let shell = open(&operator).await;
    let mut looker = stage.look(&operator, &shell).await;
    looker.until("> ").await;
    looker.type_in(&format!("{nap}\r")).await;
    // Shown is not begun: a shell that is hung up on between both may leave what it was about to run behind.
    eventually(&format!("the begin of {nap}"), || runs(&nap)).await;
    (operator, shell, looker, nap)
}

#[actix_web::test]
async fn sec_a08_a_terminal_ends_with_the_session() {
    let Some(stage) = Stage::set("sec_a08_a_terminal_ends_with_the_session").await else { return };
    let (operator, shell, mut looker, nap) = looker(&stage).await;
    operator.post("/sign-out", []).await;
    assert_eq!(looker.end_within(WITHOUT_SESSION).await, (String::new(), 4401));
    super::gone(&nap).await;
    assert_eq!(stage.row(shell.id).await.why().unwrap().to_string(), "You are not signed in any more");
}

#[actix_web::test]
async fn sec_t01_a_terminal_in_which_nobody_types_ends_after_half_an_hour() {
    let test = "sec_t01_a_terminal_in_which_nobody_types_ends_after_half_an_hour";
    let Some(stage) = Stage::set(test).await else { return };
    let (operator, shell, mut looker, _) = looker(&stage).await;
    // Whoever looks at pages meanwhile stays signed in: the session, which lasts as long, goes on.
    stage.app.advance(TimeDelta::minutes(20));
    operator.get("/servers/web-1/terminal").await.ok();
    stage.app.advance(TimeDelta::minutes(11));
    assert_eq!(looker.end().await, ("Nobody typed for 30 min".to_owned(), 4000));
    assert_eq!(stage.row(shell.id).await.why().unwrap().to_string(), "Nobody typed for 30 min");
}

#[actix_web::test]
async fn sec_a07_whoever_types_stays_signed_in() {
    let Some(stage) = Stage::set("sec_a07_whoever_types_stays_signed_in").await else { return };
    let operator = stage.operator().await;
    let shell = open(&operator).await;
    let mut looker = stage.look(&operator, &shell).await;
    let name = operator.cookie("sid").unwrap();
    for round in 0..3 {
        stage.app.advance(TimeDelta::minutes(20));
        looker.type_in(&format!("echo round-{round}''-\r")).await;
        looker.until(&format!("round-{round}-")).await;
        let (id, now, lengths) = (name.clone(), stage.app.database.now(), stage.app.app.config.sessions);
        let seen = || {
            let found = Session::find(&mut stage.app.database.connection(), &id, &lengths, now).unwrap();
            found.is_some_and(|(session, _)| session.seen_at == now)
        };
        eventually("the session's last use", seen).await;
    }
}

#[actix_web::test]
async fn sec_a08_a_terminal_ends_when_the_right_to_it_is_withdrawn() {
    let Some(stage) = Stage::set("sec_a08_a_terminal_ends_when_the_right_to_it_is_withdrawn").await else { return };
    let (_, shell, mut looker, nap) = looker(&stage).await;
    known::only_watch(&stage.app, "web-1").await;
    let (said, code) = looker.end().await;
    assert_eq!(code, 4000);
    assert!(said.contains("Only watch"), "{said}");
    assert!(stage.row(shell.id).await.ended_at.is_some());
    super::gone(&nap).await;
}

#[actix_web::test]
async fn sec_z02_a_terminal_ends_when_its_server_is_paused() {
    let Some(stage) = Stage::set("sec_z02_a_terminal_ends_when_its_server_is_paused").await else { return };
    let (_, _, mut looker, _) = looker(&stage).await;
    let now = stage.app.database.now();
    let pause = stage.app.app.db.run(move |connection| {
        let server = Server::by_name(connection, &Scope::All, "web-1")?;
        let changes = ServerChanges { enabled: Some(false), ..ServerChanges::default() };
        Server::change(connection, server.id, &changes, now).map(drop)
    });
    pause.await.unwrap();
    let (said, code) = looker.end().await;
    assert_eq!((said.as_str(), code), ("web-1 is paused: hannun does not connect to it", 4000));
}

#[actix_web::test]
async fn rel_r06_terminals_are_closed_as_by_a_service_that_restarts() {
    let Some(stage) = Stage::set("rel_r06_terminals_are_closed_as_by_a_service_that_restarts").await else { return };
    let (_, shell, mut looker, nap) = looker(&stage).await;
    let ((), (_, code)) = futures_util::future::join(stage.app.app.terminals.close_all(), looker.end()).await;
    assert_eq!(code, 1012);
    super::gone(&nap).await;
    assert_eq!(stage.row(shell.id).await.why().unwrap().to_string(), "hannun is being restarted");
}

#[actix_web::test]
async fn sec_t05_an_administrator_sees_who_has_a_terminal_and_ends_it() {
    let Some(stage) = Stage::set("sec_t05_an_administrator_sees_who_has_a_terminal_and_ends_it").await else { return };
    let (_, shell, mut looker, nap) = looker(&stage).await;
    let administrator = stage.app.administrator().await;
    let page = administrator.get("/admin/terminals").await.ok();
    let row = page.text("#records tbody tr");
    assert!(row.contains("jiwon") && row.contains("web-1") && row.contains("Open"), "{row}");
    let id = shell.id.to_string();
    let ended = administrator.post("/admin/terminals/actions", [("action", "end_terminal"), ("row", &id)]).await;
    ended.leads_to("/admin/terminals");
    assert_eq!(looker.end_within(ASKED).await, ("It was ended by administrator".to_owned(), 4000));
    super::gone(&nap).await;
    assert!(administrator.get("/admin/terminals").await.ok().text("#records tbody tr").contains("Ended"));
    assert_eq!(stage.operator().await.get("/admin/terminals").await.status, 403);
}

#[actix_web::test]
async fn sec_t05_an_end_that_another_process_wrote_down_is_seen() {
    let Some(stage) = Stage::set("sec_t05_an_end_that_another_process_wrote_down_is_seen").await else { return };
    let (_, shell, mut looker, _) = looker(&stage).await;
    let id = hannun::models::ids::TerminalId(shell.id);
    let asked = stage
        .app
        .app
        .db
        .run(move |connection| hannun::models::terminals::Terminal::ask_to_end(connection, id, "minho"));
    assert!(asked.await.unwrap());
    assert_eq!(looker.end_within(ASKED).await, ("It was ended by minho".to_owned(), 4000));
}

#[actix_web::test]
async fn sec_a08_a_terminal_ends_when_the_person_is_disabled() {
    let Some(stage) = Stage::set("sec_a08_a_terminal_ends_when_the_person_is_disabled").await else { return };
    let (_, _, mut looker, nap) = looker(&stage).await;
    let administrator = stage.app.administrator().await;
    let jiwon = User::by_name(&mut stage.app.database.connection(), "jiwon").unwrap().unwrap();
    let id = jiwon.id.to_string();
    administrator
        .post("/admin/users/actions", [("action", "disable_user"), ("row", &id)])
        .await
        .leads_to("/admin/users");
    assert_eq!(looker.end_within(WITHOUT_SESSION).await.1, 4401);
    super::gone(&nap).await;
}
