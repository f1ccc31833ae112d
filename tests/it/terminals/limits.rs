//! Whoever looks and does not take what is shown holds the server up, and nothing grows (T01).

use hannun::models::actor::{Role, Scope};
use hannun::models::ids::TerminalId;
use hannun::terminals::live::{FRAME, WINDOW};
use hannun::terminals::{MOST, MOST_OF_ONE, MOST_ON_ONE};

use super::{PATIENCE, Stage, open, open_on};
use crate::harness::known;
use crate::harness::socket::Heard;
use crate::harness::ssh::{eventually, eventually_within};

#[actix_web::test]
async fn sec_t01_what_nobody_takes_is_not_read_from_the_server_and_all_of_it_comes_in_the_end() {
    let test = "sec_t01_what_nobody_takes_is_not_read_from_the_server_and_all_of_it_comes_in_the_end";
    let Some(stage) = Stage::set(test).await else { return };
    let operator = stage.operator().await;
    let shell = open(&operator).await;
    let mut looker = stage.look(&operator, &shell).await;
    looker.until("> ").await;
    looker.type_in("yes 0123456789abcdef | head -c 20000000; echo the e''nd\r").await;
    let live = stage.app.app.terminals.find(TerminalId(shell.id)).unwrap();
    // As much is on its way as may be, and nobody has said that they took any of it.
    let full = looker.taken() + WINDOW;
    eventually_within(PATIENCE, "a full window", || live.shown_bytes() >= full).await;
    let other = open(&operator).await;
    let mut beside = stage.look(&operator, &other).await;
    beside.until("> ").await;
    beside.type_in("echo answ''ered\r").await;
    beside.until("answered").await;
    let shown = live.shown_bytes();
    assert!(shown < 2_000_000, "{shown}: it was read on, while another terminal was opened and answered");
    let mut all = looker.shown.len() as u64;
    let mut last = Vec::new();
    while !String::from_utf8_lossy(&last).contains("the end") {
        let Heard::Binary(bytes) = looker.socket.next().await else { panic!("it ended") };
        assert!(bytes.len() <= FRAME, "{}", bytes.len());
        all += bytes.len() as u64;
        last = [&last[last.len().saturating_sub(20)..], &bytes].concat();
        looker.socket.say(&serde_json::json!({ "taken": looker.begins + all }).to_string()).await;
    }
    assert!(all > 20_000_000, "{all}");
}

#[actix_web::test]
async fn sec_t01_a_frame_that_is_too_long_ends_the_line() {
    let Some(stage) = Stage::set("sec_t01_a_frame_that_is_too_long_ends_the_line").await else { return };
    let operator = stage.operator().await;
    let shell = open(&operator).await;
    let mut looker = stage.look(&operator, &shell).await;
    looker.until("> ").await;
    looker.type_in(&format!("stty -icanon -echo; echo re''ady; head -c {FRAME} | wc -c; stty sane\r")).await;
    looker.until("ready").await;
    looker.socket.send(&vec![b'x'; FRAME]).await;
    looker.until(&format!("{FRAME}\r\n")).await;
    looker.socket.send(&vec![b'x'; FRAME + 1]).await;
    assert!(looker.socket.is_cut().await);
    assert_eq!(stage.row(shell.id).await.ended_at, None, "the terminal goes on");
}

#[actix_web::test]
async fn what_nobody_looks_at_goes_on_and_its_end_is_kept() {
    let Some(stage) = Stage::set("what_nobody_looks_at_goes_on_and_its_end_is_kept").await else { return };
    let operator = stage.operator().await;
    let shell = open(&operator).await;
    let live = stage.app.app.terminals.find(TerminalId(shell.id)).unwrap();
    live.type_in(bytes::Bytes::from_static(b"yes 0123456789abcdef | head -c 9000000; echo the e''nd\r"));
    eventually("all of it", || live.shown_bytes() > 9_000_000).await;
    let mut looker = stage.look(&operator, &shell).await;
    assert!(looker.begins > 7_000_000, "{}", looker.begins);
    looker.until("the end").await;
    assert!(looker.shown.starts_with(b"0123456789abcdef"), "it begins at a line");
}

#[actix_web::test]
async fn sec_t01_one_server_has_ten_and_who_asks_for_the_eleventh_is_told_to_wait() {
    let test = "sec_t01_one_server_has_ten_and_who_asks_for_the_eleventh_is_told_to_wait";
    let Some(stage) = Stage::set(test).await else { return };
    let people = ["jiwon", "minho", "sora"].map(|name| stage.app.signed_in(name, Role::Operator, Scope::All));
    let people = futures_util::future::join_all(people).await;
    let mut shells = Vec::new();
    for person in &people[..2] {
        for _ in 0..MOST_OF_ONE {
            shells.push(open(person).await);
        }
    }
    assert_eq!(shells.len(), MOST_ON_ONE);
    let full = "10 terminals are open on this server, and no more at once: wait until one is closed";
    people[2].hx().post("/servers/web-1/terminals", []).await.toast(full);
    // The place of one that has ended is somebody else's.
    let first = stage.app.app.terminals.find(TerminalId(shells[0].id)).unwrap();
    assert_eq!(people[0].post(&format!("{}/endings", shells[0].path), []).await.status, 204);
    first.over().await;
    open(&people[2]).await;
}

#[actix_web::test]
async fn sec_t01_of_sixty_opens_fifty_are_there_and_no_more_in_a_process() {
    let test = "sec_t01_of_sixty_opens_fifty_are_there_and_no_more_in_a_process";
    let Some(stage) = Stage::set(test).await else { return };
    let servers = ["web-2", "web-3", "web-4", "web-5", "web-6"];
    for server in servers {
        known::add(&stage.app, server, &stage.endpoint).await;
    }
    let mut shells = Vec::new();
    for number in 0..10 {
        let person = stage.app.signed_in(&format!("person-{number}"), Role::Operator, Scope::All).await;
        let server = servers[number / 2];
        for _ in 0..MOST_OF_ONE {
            shells.push(open_on(&person, server).await);
        }
        let sixth = person.hx().post(&format!("/servers/{server}/terminals"), []).await;
        assert_eq!(sixth.status, 409, "{}", sixth.body);
    }
    assert_eq!(shells.len(), MOST);
    // Neither they nor the server has any yet.
    let operator = stage.operator().await;
    let refused = operator.hx().post("/servers/web-1/terminals", []).await;
    refused.toast("50 terminals are open, and no more at once: wait until one is closed");
    assert!(shells.iter().all(|shell| stage.app.app.terminals.find(TerminalId(shell.id)).is_some()), "all go on");
}
