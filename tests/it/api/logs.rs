//! Logs for programs: the journal as it is written, over cuts.

use hannun::models::actor::{Role, Scope};
use serde_json::Value;
use tokio::sync::Notify;

use super::program::{program, program_for};
use crate::harness::app::TestApp;
use crate::harness::events::follow;
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::known;

const STREAM: &str = "/api/v1/servers/web-1/logs/stream?q=number";

#[actix_web::test]
async fn a_program_that_is_cut_off_goes_on_by_the_cursor_and_gets_every_entry_once() {
    let test = "a_program_that_is_cut_off_goes_on_by_the_cursor_and_gets_every_entry_once";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let app = TestApp::start().await;
    known::add(&app, "web-1", &system.root()).await;
    let program = program(&app, Role::Operator).await;
    let (origin, bearer) = (app.listen(), format!("Bearer {}", program.token()));
    system.journal_numbers("many", 0, 0);
    let page = program.get("/api/v1/servers/web-1/logs?q=number").await.status(200);
    let mut last = page["lines"][0]["cursor"].as_str().unwrap().to_owned();
    let mut seen: Vec<Value> = Vec::new();
    for round in 0..3 {
        let (from, to) = (round * 200 + 1, round * 200 + 200);
        // Half of them while nobody listens, half while somebody does.
        system.journal_numbers("many", from, to - 100);
        let place = last.replace(';', "%3B").replace('=', "%3D");
        let (path, headers) = if round == 1 {
            (format!("{STREAM}&after={place}"), vec![("Authorization", bearer.as_str())])
        } else {
            // As programs that read server-sent events send it by themselves; it counts more than `after`.
            (format!("{STREAM}&after=s%3Dx"), vec![("Authorization", bearer.as_str()), ("Last-Event-ID", &last)])
        };
        let (half, end) = (Value::from(format!("number {}", to - 100)), Value::from(format!("number {to}")));
        let caught_up = Notify::new();
        let listening = follow(&origin, &path, (&headers, "entries"), |lines| {
            if lines.iter().any(|line| line["text"] == half) {
                caught_up.notify_one();
            }
            lines.iter().any(|line| line["text"] == end)
        });
        let writing = async {
            caught_up.notified().await;
            system.journal_numbers("many", to - 99, to);
        };
        let ((lines, place), ()) = futures_util::future::join(listening, writing).await;
        assert_eq!(lines.last().unwrap()["cursor"], place.as_str(), "the id is the place of the last entry");
        seen.extend(lines);
        last = place;
    }
    let texts: Vec<&str> = seen.iter().map(|line| line["text"].as_str().unwrap()).collect();
    let expected: Vec<String> = (1..=600).map(|number| format!("number {number}")).collect();
    assert_eq!(texts, expected);
}

#[actix_web::test]
async fn sec_z02_a_program_follows_only_what_it_may_read() {
    let test = "sec_z02_a_program_follows_only_what_it_may_read";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let app = TestApp::start().await;
    known::add(&app, "web-1", &system.root()).await;
    let operator = program(&app, Role::Operator).await;
    assert_eq!(operator.get(&format!("{STREAM}&after=hello")).await.refused_fields(), ["after"]);
    assert_eq!(operator.get(&format!("{STREAM}&unit=a+b")).await.refused_fields(), ["unit"]);
    let viewer = program(&app, Role::Viewer).await;
    viewer.get(STREAM).await.problem(403);
    let nobody = program_for(&app, "nobody", Role::Operator, Scope::Groups(Vec::new())).await;
    nobody.get(STREAM).await.problem(404);
    known::only_watch(&app, "web-1").await;
    operator.get(STREAM).await.problem(403);
}
