//! Who is let in to a terminal (W02, L01, T01).

use chrono::TimeDelta;
use hannun::models::actor::{Role, Scope};

use super::{Stage, open, ticket};
use crate::harness::known;
use crate::harness::socket::Socket;

#[actix_web::test]
async fn sec_w02_only_our_own_page_with_its_own_fresh_ticket_is_let_in_once() {
    let test = "sec_w02_only_our_own_page_with_its_own_fresh_ticket_is_let_in_once";
    let Some(stage) = Stage::set(test).await else { return };
    let operator = stage.operator().await;
    let shell = open(&operator).await;
    let cookie = format!("sid={}", operator.cookie("sid").unwrap());
    let fresh = async || ticket(&operator, &shell).await["ticket"].as_str().unwrap().to_owned();
    let ask = async |ticket: &str, headers: &[(&str, &str)]| {
        let path = format!("{}/socket?ticket={ticket}", shell.path);
        Socket::open(&stage.origin, &path, headers).await.map(drop)
    };
    let elsewhere = stage.origin.replace("http://", "https://");
    for origin in ["null", "http://evil.test", "", &elsewhere, &format!("{}.evil.test", stage.origin)] {
        let refused = ask(&fresh().await, &[("Cookie", &cookie), ("Origin", origin)]).await;
        assert_eq!(refused, Err(403), "{origin}");
    }
    assert_eq!(ask(&fresh().await, &[("Cookie", &cookie)]).await, Err(403), "without an origin");
    let own = stage.origin.as_str();
    assert_eq!(ask(&fresh().await, &[("Origin", own)]).await, Err(303), "without a session it leads to the sign-in");
    let twice = fresh().await;
    assert_eq!(ask(&twice, &[("Cookie", &cookie), ("Origin", own)]).await, Ok(()));
    assert_eq!(ask(&twice, &[("Cookie", &cookie), ("Origin", own)]).await, Err(403), "a used one");
    let old = fresh().await;
    stage.app.advance(TimeDelta::seconds(60));
    assert_eq!(ask(&old, &[("Cookie", &cookie), ("Origin", own)]).await, Err(403), "one that is a minute old");
    assert_eq!(ask("nonsense", &[("Cookie", &cookie), ("Origin", own)]).await, Err(403));

    // The same person in another browser, and another person.
    for name in ["jiwon", "minho"] {
        let other = stage.app.signed_in(name, Role::Operator, Scope::All).await;
        let theirs = format!("sid={}", other.cookie("sid").unwrap());
        assert_eq!(ask(&fresh().await, &[("Cookie", &theirs), ("Origin", own)]).await, Err(403), "{name}");
    }
    let other = stage.app.signed_in("minho", Role::Operator, Scope::All).await;
    for path in ["tickets", "endings"] {
        assert_eq!(other.post(&format!("{}/{path}", shell.path), []).await.status, 404, "{path}");
    }
    // A ticket for one terminal opens no other.
    let second = open(&operator).await;
    let path = format!("{}/socket?ticket={}", shell.path, second.ticket);
    assert_eq!(Socket::open(own, &path, &[("Cookie", &cookie), ("Origin", own)]).await.unwrap_err(), 403);
}

#[actix_web::test]
async fn sec_w01_a_terminal_is_opened_by_a_page_of_ours_alone() {
    let Some(stage) = Stage::set("sec_w01_a_terminal_is_opened_by_a_page_of_ours_alone").await else { return };
    let operator = stage.operator().await;
    let asked = operator.ask(actix_web::http::Method::POST, "/servers/web-1/terminals");
    let asked = asked.header("Sec-Fetch-Site", "cross-site").form([]).send().await;
    assert_eq!(asked.status, 403);
}

#[actix_web::test]
async fn sec_t01_one_person_has_five_and_a_place_comes_back() {
    let Some(stage) = Stage::set("sec_t01_one_person_has_five_and_a_place_comes_back").await else { return };
    let operator = stage.operator().await;
    let mut shells = Vec::new();
    for _ in 0..hannun::terminals::MOST_OF_ONE {
        shells.push(open(&operator).await);
    }
    let refused = operator.hx().post("/servers/web-1/terminals", []).await;
    refused.toast("You have 5 terminals open, and no more at once: end one of them first. They are on web-1");
    let first = shells.remove(0);
    let mut looker = stage.look(&operator, &first).await;
    operator.post(&format!("{}/endings", first.path), []).await;
    looker.end().await;
    open(&operator).await;
}

#[actix_web::test]
async fn sec_l01_who_had_a_terminal_as_whom_and_how_it_ended_is_in_the_audit_log() {
    let test = "sec_l01_who_had_a_terminal_as_whom_and_how_it_ended_is_in_the_audit_log";
    let Some(stage) = Stage::set(test).await else { return };
    let operator = stage.operator().await;
    let shell = open(&operator).await;
    let mut looker = stage.look(&operator, &shell).await;
    looker.type_in("exit\r").await;
    looker.end().await;
    let all = stage.app.audit().await;
    let told: Vec<(&str, &str, &str, &str, &str)> = all
        .iter()
        .rev()
        .map(|event| {
            (
                event.action.as_str(),
                event.actor.as_str(),
                event.server.as_str(),
                event.run_as.as_str(),
                event.outcome.name(),
            )
        })
        .filter(|(action, ..)| action.ends_with("_terminal"))
        .collect();
    assert_eq!(
        told,
        [
            ("open_terminal", "jiwon", "web-1", "hannun-test", "asked"),
            ("open_terminal", "jiwon", "web-1", "hannun-test", "succeeded"),
            ("close_terminal", "jiwon", "web-1", "hannun-test", "succeeded"),
        ]
    );
    assert!(all[0].details.0["why"].contains("status 0"), "{:?}", all[0].details);
    assert!(all[0].address.is_some());
}

#[actix_web::test]
async fn sec_z07_without_the_right_or_beyond_the_switch_there_is_no_terminal() {
    let test = "sec_z07_without_the_right_or_beyond_the_switch_there_is_no_terminal";
    let Some(stage) = Stage::set(test).await else { return };
    let viewer = stage.app.viewer().await;
    assert_eq!(viewer.hx().post("/servers/web-1/terminals", []).await.status, 403);
    assert!(viewer.get("/servers/web-1/terminal").await.ok().text(".notice").contains("open a terminal"));
    known::only_watch(&stage.app, "web-1").await;
    let operator = stage.operator().await;
    assert_eq!(operator.hx().post("/servers/web-1/terminals", []).await.status, 403);
    let page = operator.get("/servers/web-1/terminal").await.ok();
    assert!(page.text(".notice").contains("Only watch") && !page.has("terminal-desk"), "{}", page.text(".notice"));
}
