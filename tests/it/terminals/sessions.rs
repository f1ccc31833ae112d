//! A shell goes on: through typing, another size, a reload, a cut line, another window.

use serde_json::json;

use super::{Looker, Stage, open, ticket};
use crate::harness::ssh::{eventually, runs};

#[actix_web::test]
async fn a_person_types_and_the_shell_answers_in_the_size_of_the_window() {
    let Some(stage) = Stage::set("a_person_types_and_the_shell_answers_in_the_size_of_the_window").await else {
        return;
    };
    let operator = stage.operator().await;
    let shell = open(&operator).await;
    let mut looker = stage.look(&operator, &shell).await;
    looker.until("> ").await;
    looker.socket.say(&json!({ "columns": 132, "rows": 43 }).to_string()).await;
    looker.type_in("stty size; echo $TERM; echo 안녕\r").await;
    looker.until("43 132").await;
    looker.until("xterm-256color").await;
    looker.until("\n안녕").await;
    looker.type_in("exit 7\r").await;
    let (said, code) = looker.end().await;
    assert_eq!((said.as_str(), code), ("The shell ended with status 7", 4000));
    let row = stage.row(shell.id).await;
    assert_eq!(row.why().unwrap().to_string(), "The shell ended with status 7");
    assert_eq!((row.actor.as_str(), row.run_as.as_str()), ("jiwon", "hannun-test"));
    assert!(ticket(&operator, &shell).await["ended"].as_str().unwrap().contains("status 7"));
}

#[actix_web::test]
async fn whoever_comes_back_finds_the_same_shell_and_what_it_showed_meanwhile() {
    let test = "whoever_comes_back_finds_the_same_shell_and_what_it_showed_meanwhile";
    let Some(stage) = Stage::set(test).await else { return };
    let operator = stage.operator().await;
    let shell = open(&operator).await;
    let mut looker = stage.look(&operator, &shell).await;
    looker.until("> ").await;
    looker.type_in("mark=kept; sleep 0.3; echo meanwhi''le\r").await;
    looker.until("echo meanwhi''le").await;
    let known = looker.taken();
    // The line is cut: nobody says goodbye.
    drop(looker);
    let live = stage.app.app.terminals.find(hannun::models::ids::TerminalId(shell.id)).unwrap();
    eventually("what is shown while nobody looks", || live.shown_bytes() > known + 10).await;

    let again = ticket(&operator, &shell).await["ticket"].as_str().unwrap().to_owned();
    let mut looker = Looker::new(stage.attach(&operator, &shell, &again, known).await.unwrap()).await;
    assert_eq!(looker.begins, known, "nothing is told twice");
    assert!(looker.old_until > known);
    looker.until("meanwhile").await;
    looker.type_in("echo $mark\r").await;
    looker.until("kept\r\n").await;

    // A page that was loaded anew knows nothing, and is told all that is left; whoever looked before does not any more.
    let third = ticket(&operator, &shell).await["ticket"].as_str().unwrap().to_owned();
    let mut other = Looker::new(stage.attach(&operator, &shell, &third, 0).await.unwrap()).await;
    other.until("kept\r\n").await;
    assert_eq!(other.begins, 0);
    assert_eq!(looker.end().await.1, 4409);
    let page = operator.get("/servers/web-1/terminal").await.ok();
    assert_eq!(page.attribute("terminal-view", "data-url").as_deref(), Some(shell.path.as_str()));
}

#[actix_web::test]
async fn a_person_ends_a_terminal_and_what_runs_in_it() {
    let Some(stage) = Stage::set("a_person_ends_a_terminal_and_what_runs_in_it").await else { return };
    let operator = stage.operator().await;
    let shell = open(&operator).await;
    let mut looker = stage.look(&operator, &shell).await;
    looker.type_in("sleep 98712\r").await;
    eventually("the command", || runs("sleep 98712")).await;
    assert_eq!(operator.post(&format!("{}/endings", shell.path), []).await.status, 204);
    assert_eq!(looker.end().await, ("It was ended by jiwon".to_owned(), 4000));
    super::gone("sleep 98712").await;
    assert!(stage.row(shell.id).await.ended_at.is_some());
}

#[actix_web::test]
async fn a_server_that_gives_no_shell_is_a_failure_that_says_so() {
    let test = "a_server_that_gives_no_shell_is_a_failure_that_says_so";
    let setup = crate::harness::sshd::Setup::default().user("hannun-test", "/bin/sh").setting("PermitTTY no");
    let Some(sshd) = setup.start(test) else { return };
    let Some(stage) = Stage::on(sshd).await else { return };
    let page = stage.operator().await.hx().post("/servers/web-1/terminals", []).await.ok();
    assert!(page.text(".fail h3").contains("gives this user no terminal"), "{}", page.text(".fail"));
    assert!(!page.has("terminal-view"));
}
