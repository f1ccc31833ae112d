//! The pages of one command on many servers: the count before, the table and the groups after, in a real browser too.

use hannun::models::actor::{Role, Scope};
use serde_json::json;

use super::fan_outs::{ask, end_of, three};
use crate::api::program::program;
use crate::browser::people::sign_in;
use crate::harness::app::TestApp;
use crate::harness::browser::{Browser, Window};
use crate::harness::known;
use crate::harness::page::Page;

#[actix_web::test]
async fn several_servers_are_counted_first_and_their_number_is_typed() {
    let test = "several_servers_are_counted_first_and_their_number_is_typed";
    let Some((stage, _sshd)) = three(test).await else { return };
    known::only_watch(&stage.app, "web-3").await;
    let person = stage.app.signed_in("jiwon", Role::Operator, Scope::All).await;
    let page = person.get("/run").await.ok();
    assert!(page.text(".chips").contains("all") && page.text("#able") == "0", "no words are no servers");
    let counted = person.post("/run/drafts", [("pick", "all")]).await.ok();
    assert_eq!(counted.text("#able"), "2");
    assert!(counted.text("#refused").contains("Only watch"), "{}", counted.text("#refused"));

    let asked = [("pick", "all"), ("command", "echo '<b>'")];
    let page = person.post("/run", asked).await.ok();
    assert!(page.text("#confirm").contains('2') && page.text("#confirm .cmdline") == "echo '<b>'");
    let wrong = person.post("/run", [("pick", "all"), ("command", "id"), ("count", "3")]).await;
    assert_eq!(wrong.status, 422);
    assert!(Page::read(&wrong.body).text("#count-problem").contains("another number"));
    assert!(person.get("/run").await.ok().text("#recent").contains("Nothing was run here yet"));

    let begun = person.post("/run", [("pick", "all"), ("command", "echo hi"), ("count", "2")]).await;
    assert_eq!(begun.status, 303);
    let place = begun.header("location").unwrap().to_owned();
    let operator = program(&stage.app, Role::Operator).await;
    end_of(&operator, &place.replace("/run/", "/api/v1/fan-outs/")).await;
    let page = person.get(&place).await.ok();
    assert_eq!((page.text("#state").trim(), page.texts("#matrix tbody tr").len()), ("Done", 2));
    assert!(page.text("#alike").starts_with("2 the same"), "{}", page.text("#alike"));
    // One server needs no number.
    let one = person.post("/run", [("servers", "web-1"), ("command", "id")]).await;
    assert_eq!(one.status, 303);
    let viewer = stage.app.signed_in("viewer", Role::Viewer, Scope::All).await;
    assert_eq!(viewer.get("/run").await.status, 403);
}

#[actix_web::test]
async fn what_is_wrong_is_said_beside_its_field_and_nothing_runs() {
    let app = TestApp::start().await;
    known::answering(&app, "web-1").await;
    let person = app.signed_in("jiwon", Role::Operator, Scope::All).await;
    for (name, value, problem) in [
        ("servers", "label:env=none", "#servers-problem"),
        ("servers", "nobody", "#servers-problem"),
        ("batch_size", "0", "#batch_size-problem"),
        ("batch_size", "many", "#batch_size-problem"),
        ("stop_after", "-1", "#stop_after-problem"),
        ("pause_seconds", "1e9", "#pause_seconds-problem"),
        ("command", " ", "#command-problem"),
    ] {
        let mut fields = vec![("servers", "web-1"), ("command", "id")];
        fields.retain(|(known, _)| *known != name);
        fields.push((name, value));
        let answer = person.post("/run", fields).await;
        assert_eq!(answer.status, 422, "{name}={value}");
        assert!(Page::read(&answer.body).has(problem), "{name}={value}");
    }
    assert!(person.get("/run").await.ok().text("#recent").contains("Nothing was run here yet"));
}

#[actix_web::test]
async fn sec_x01_a_long_output_is_shown_by_its_beginning_and_differences_by_their_lines() {
    let test = "sec_x01_a_long_output_is_shown_by_its_beginning_and_differences_by_their_lines";
    let Some((stage, sshd)) = three(test).await else { return };
    let operator = program(&stage.app, Role::Operator).await;
    let person = stage.app.signed_in("jiwon", Role::Operator, Scope::All).await;
    let long = "yes 0123456789abcde | head -c 1048576";
    let path = ask(&operator, json!({ "servers": ["all"], "command": long })).await;
    let found = end_of(&operator, &path).await;
    assert_eq!(found["items"][0]["output_bytes"], json!(1_048_576), "{found}");
    let place = path.replace("/api/v1/fan-outs/", "/run/");
    let answer = person.get(&place).await;
    assert!(answer.body.len() < 300_000, "{} bytes", answer.body.len());
    assert!(answer.ok().text("#outputs").contains("The beginning of it"));

    let turn = sshd.home("hannun-test").join("turn");
    let command = format!("echo first; mkdir {} 2>/dev/null && echo odd '<i>'; echo last", turn.display());
    let path = ask(&operator, json!({ "servers": ["all"], "command": command })).await;
    end_of(&operator, &path).await;
    let page = person.get(&path.replace("/api/v1/fan-outs/", "/run/")).await.ok();
    assert_eq!(page.text("#alike"), "2 the same, 1 differ");
    let added = page.texts("#outputs .diff p[data-d='+']");
    assert!(added.len() == 1 && added[0].contains("odd <i>"), "{added:?}");
}

#[actix_web::test]
async fn a_person_chooses_counts_runs_watches_stops_and_repeats() {
    let test = "a_person_chooses_counts_runs_watches_stops_and_repeats";
    let Some(browser) = Browser::start(test).await else { return };
    let Some((stage, _sshd)) = three(test).await else { return };
    stage.app.user("jiwon", Role::Operator, Scope::All).await;
    let base = stage.app.listen();
    browser.look(Window::Desk, false).await;
    sign_in(&browser, &base, "jiwon").await;
    browser.driver.goto(format!("{base}/run")).await.unwrap();
    browser.in_every_look("run-empty").await;
    browser.click(".chip input[value=all]").await;
    browser.wait_until("the count", "return document.querySelector('#able')?.textContent === '3'").await;
    browser.click("#add-parameter").await;
    browser.wait_until("a line", "return !!document.querySelector('[name=parameter_name]')").await;
    browser.type_into("[name=parameter_name]", "WHAT").await;
    browser.type_into("[name=parameter_value]", "<img src=x onerror=alert(1)>").await;
    browser.type_into("#command", "echo \"$WHAT\"").await;
    browser.click("#run").await;
    browser.wait_until("the question", "return !!document.querySelector('#confirm')").await;
    browser.in_every_look("run-confirm").await;
    browser.type_into("#count", "3\u{e007}").await;
    browser
        .wait_until("its end", "return document.querySelector('#alike')?.textContent.startsWith('3 the same')")
        .await;
    let shown = "return document.querySelector('#outputs .log').textContent.includes('<img src=x onerror=alert(1)>')";
    browser.wait_until("its output as text", shown).await;
    browser.in_every_look("run-done").await;

    browser.driver.goto(format!("{base}/run?servers=all")).await.unwrap();
    browser.type_into("#command", "echo tick; sleep 87671").await;
    browser.click("#run").await;
    browser.wait_until("the question", "return !!document.querySelector('#confirm')").await;
    browser.type_into("#count", "3\u{e007}").await;
    browser.wait_until("it runs", "return !!document.querySelector('#matrix .dot[data-state=run]')").await;
    browser.all_is_well("run-running").await;
    browser.click("#stop").await;
    browser
        .wait_until(
            "its end",
            "return [...document.querySelectorAll('#matrix tbody tr')].filter((row) => row.textContent.includes('Stopped')).length === 3",
        )
        .await;
    browser.wait_until("the end of all of it", "return !!document.querySelector('#again')").await;
    browser.click("#again").await;
    browser
        .wait_until("the same command", "return document.querySelector('#command')?.value === 'echo tick; sleep 87671'")
        .await;
    browser.type_into("#name", "my <b>run</b>").await;
    browser.click("#save").await;
    browser
        .wait_until(
            "a saved one",
            "return document.querySelector('.saved-runs')?.textContent.includes('my <b>run</b>')",
        )
        .await;
    browser.in_every_look("run-saved").await;
    browser.quit().await;
}
