//! The page of the command box: for whom, and where a command cannot be asked for.

use hannun::models::actor::{Role, Scope};

use crate::harness::app::TestApp;
use crate::harness::client::Client;
use crate::harness::known;
use crate::harness::page::Page;
use crate::harness::sshd::Setup;

const PAGE: &str = "/servers/web-1/terminal/commands";

#[actix_web::test]
async fn a_command_for_a_server_that_is_away_is_not_asked_for_and_its_words_stay() {
    let test = "a_command_for_a_server_that_is_away_is_not_asked_for_and_its_words_stay";
    let Some(sshd) = Setup::default().user("hannun-test", "/bin/sh").start(test) else { return };
    let app = TestApp::start().await;
    known::add(&app, "web-1", &sshd.endpoint()).await;
    drop(sshd);
    let operator = app.signed_in("jiwon", Role::Operator, Scope::All).await;
    let answer = operator.hx().post(PAGE, [("command", "uptime")]).await;
    // The box empties its field at that event alone.
    assert_eq!((answer.status.as_u16(), answer.header("HX-Trigger")), (200, None));
    let page = Page::read(&answer.body);
    assert!(page.text("li.not-run .fail h3").contains("web-1"), "{}", answer.body);
    assert!(operator.get(PAGE).await.ok().text("#history").contains("Nothing was run here yet"));
}

#[actix_web::test]
async fn a_command_that_is_asked_for_is_an_entry_and_empties_the_box() {
    let test = "a_command_that_is_asked_for_is_an_entry_and_empties_the_box";
    let Some(sshd) = Setup::default().user("hannun-test", "/bin/sh").start(test) else { return };
    let stage = super::Stage::set(&sshd.endpoint()).await;
    let operator = stage.app.signed_in("jiwon", Role::Operator, Scope::All).await;
    let answer = operator.hx().post(PAGE, [("command", "echo '<b>'")]).await;
    assert_eq!((answer.status.as_u16(), answer.header("HX-Trigger")), (200, Some("command-asked")));
    assert_eq!(Page::read(&answer.body).text("li code"), "echo '<b>'");
    // The region that the filter asks for is the list alone.
    let list = operator.region(PAGE, "history").await;
    assert!(list.has("ol#history > li") && !list.has("main"));
}

#[actix_web::test]
async fn the_history_is_narrowed_to_what_one_asked_for_oneself() {
    let test = "the_history_is_narrowed_to_what_one_asked_for_oneself";
    let Some(sshd) = Setup::default().user("hannun-test", "/bin/sh").start(test) else { return };
    let stage = super::Stage::set(&sshd.endpoint()).await;
    let jiwon = stage.app.signed_in("jiwon", Role::Operator, Scope::All).await;
    let minho = stage.app.signed_in("minho", Role::Operator, Scope::All).await;
    assert_eq!(jiwon.hx().post(PAGE, [("command", "uptime")]).await.status, 200);
    let commands = async |person: &Client, show: &str| {
        person.get(&format!("{PAGE}?show={show}")).await.ok().texts("#history > li code")
    };
    assert_eq!(commands(&jiwon, "mine").await, ["uptime"]);
    assert_eq!(commands(&minho, "mine").await, [] as [&str; 0]);
    assert_eq!(commands(&minho, "").await, ["uptime"]);
}

#[actix_web::test]
async fn a_viewer_is_told_what_is_missing_and_is_shown_no_history() {
    let app = TestApp::start().await;
    known::answering(&app, "web-1").await;
    let page = app.viewer().await.get(PAGE).await.ok();
    assert!(page.text(".notice").contains("run commands"), "{}", page.text(".notice"));
    assert!(!page.has("#history") && !page.has("[sse-connect]") && !page.has("command-box"));
    // Whom the switch alone refuses sees what ran before.
    known::only_watch(&app, "web-1").await;
    let page = app.operator().await.get(PAGE).await.ok();
    assert!(page.text(".notice").contains("Only watch") && page.has("#history") && !page.has("command-box"));
}
