//! Scenarios and their runs as people see them: built by buttons, saved, refused, run and looked at.

use actix_web::http::Method;
use chrono::TimeDelta;
use hannun::models::actor::{Role, Scope};
use hannun::models::deliveries::DeliveryState;
use hannun::models::runs::RunState;
use hannun::models::scenarios::NewScenario;
use hannun::models::scenarios::Overlap;
use serde_json::json;

use crate::harness::client::{Client, Reply};
use crate::harness::page::Page;
use crate::harness::scenarios::due;
use crate::outbound::receiver::ok;
use crate::scenarios::{Stage, always, each_five_minutes};

/// Sends the builder of a page as it stands, with other values for some of its fields.
pub(super) async fn send(client: &Client, path: &str, page: &Page, others: &[(&str, &str)]) -> Reply {
    let form = page.form("#builder");
    let is_other = |name: &str| others.iter().any(|(other, _)| *other == name);
    let own = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).filter(|(name, _)| !is_other(name));
    client.post(path, own.chain(others.iter().copied())).await
}

/// Presses a button of the builder, with other values for some of its fields.
pub(super) async fn press(client: &Client, page: &Page, act: &str, others: &[(&str, &str)]) -> Page {
    let mut others = others.to_vec();
    others.push(("act", act));
    send(client, "/scenarios/drafts", page, &others).await.ok()
}

pub(super) async fn stage() -> (Stage, Client) {
    let stage = Stage::set(|_| ok("ok")).await;
    let operator = stage.app.signed_in("jiwon", Role::Operator, Scope::All).await;
    (stage, operator)
}

/// The fields of destinations in the order in which they stand.
fn kinds(page: &Page) -> Vec<String> {
    page.texts("#dests h3")
}

#[actix_web::test]
async fn a_scenario_is_built_by_buttons_and_saved() {
    let (stage, operator) = stage().await;
    stage.channel("ops-morning", "slack", json!({ "url": format!("{}/slack", stage.told.url()) })).await;
    let page = operator.get("/scenarios").await.ok();
    assert!(page.text(".empty").contains("There is no scenario yet") && page.has("a[href='/scenarios/new']"));
    let page = operator.get("/scenarios/new").await.ok();
    let page = press(&operator, &page, "source:cpu_usage", &[("name", "Morning"), ("servers", "web-1")]).await;
    assert_eq!(page.attribute("#source-window_seconds", "value").as_deref(), Some("60"), "as the source declares it");
    assert_eq!(page.attribute("#f-name", "value").as_deref(), Some("Morning"), "what was typed stays");
    assert_eq!(page.text("#meant"), "Reads web-1");
    let page = press(&operator, &page, "add:http_post", &[]).await;
    let page = press(&operator, &page, "add:slack", &[]).await;
    assert_eq!(kinds(&page), ["HTTP POST", "Slack"]);
    assert!(page.has("#d2-text") && page.has("#d2-channel option[value='ops-morning'][selected]"));
    let page = press(&operator, &page, "move:1:up", &[]).await;
    assert_eq!(kinds(&page), ["Slack", "HTTP POST"]);
    let page = press(&operator, &page, "order:1,0", &[]).await;
    assert_eq!(kinds(&page), ["HTTP POST", "Slack"]);
    let page = press(&operator, &page, "remove:0", &[]).await;
    let text = [("destinations.0.text", "*{{ server.name }}* {{ cpu.total }} %")];
    let page = press(&operator, &page, "redraw", &[("destinations.0.condition.kind", "above"), text[0]]).await;
    assert!(
        page.has("#d2-condition-limit") && page.has("#d2-condition-for_runs") && !page.has("#d2-condition-pattern")
    );
    let wanted =
        [("destinations.0.condition.value", "cpu.total"), ("destinations.0.condition.limit", "80"), ("enabled", "on")];
    let reply = send(&operator, "/scenarios", &page, &wanted).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    let place = reply.header("Location").unwrap().to_owned();
    let page = operator.get(&place).await.ok();
    assert_eq!(page.heading(), "Scenarios / Morning");
    assert!(page.text("#toasts").contains("Saved Morning"));
    assert!(page.text(".lede").contains("Next run") && page.text(".lede").contains("jiwon"));
    assert_eq!(page.attribute("#d1-condition-limit", "value").as_deref(), Some("80"));
    assert!(page.text("#dests .clip-i").contains("ops-morning, when cpu.total > 80"));
    let page = operator.get("/scenarios").await.ok();
    let row = &page.table("#scenarios").rows[0];
    assert_eq!((row[0].as_str(), row[1].as_str()), ("Morning", "every weekday at 08:50 UTC"));
    assert_eq!(row[2..5], ["CPU usage", "web-1", "Slack"]);
    assert_eq!(row[8], "jiwon");
}

#[actix_web::test]
async fn what_is_wrong_is_said_at_its_field_and_nothing_entered_is_lost() {
    let (_stage, operator) = stage().await;
    let page = operator.get("/scenarios/new").await.ok();
    let page = press(&operator, &page, "source:cpu_usage", &[]).await;
    let page = press(&operator, &page, "add:slack", &[]).await;
    let wrong = [
        ("name", ""),
        ("expression", "61 * * * *"),
        ("time_zone", "Mars/Olympus"),
        ("servers", "nobody-1"),
        ("source.window_seconds", "1"),
        ("destinations.0.text", "{{ cpu.frobs }} <b>kept</b>"),
        ("grace_seconds", "soon"),
    ];
    let page = send(&operator, "/scenarios", &page, &wrong).await.with_status(422);
    for field in ["f-name", "f-expression", "f-time_zone", "source-window_seconds", "d1-channel", "f-grace_seconds"] {
        assert!(page.has(&format!("#{field}-problem")), "{field}: {}", page.text("#builder"));
    }
    assert_eq!(page.attribute("#f-expression", "value").as_deref(), Some("61 * * * *"));
    assert!(page.text("#d1-text").contains("<b>kept</b>"), "sec_w05: it is text");
    assert!(page.has("details[open]"), "what is folded is opened where something is wrong in it");
    assert!(page.text("[role=alert]").contains("Not saved"));
    let page = send(&operator, "/scenarios", &page, &[("source", "")]).await.with_status(422);
    assert_eq!(page.text("#source-kind-problem"), "Choose what is read");
    let odd = send(&operator, "/scenarios", &page, &[("owner_id", "1")]).await;
    assert_eq!(odd.status, 422, "sec_z06: a field that no scenario has");
    assert_eq!(send(&operator, "/scenarios/drafts", &page, &[("act", "drop:table")]).await.status, 400);
}

#[actix_web::test]
async fn what_is_typed_is_shown_as_it_would_be_sent() {
    let (stage, operator) = stage().await;
    stage.channel("ops", "slack", json!({ "url": stage.told.url() })).await;
    let page = operator.get("/scenarios/new").await.ok();
    let page = press(&operator, &page, "source:cpu_usage", &[("servers", "web-1"), ("time_zone", "Asia/Seoul")]).await;
    let page = press(&operator, &page, "add:slack", &[]).await;
    let typed = [("destinations.0.text", "*{{ server.name }}* CPU {{ cpu.total }} %")];
    let page = press(&operator, &page, "preview", &typed).await;
    assert!(page.text(".message").ends_with("web-1 CPU 31.2 %"), "{}", page.text(".message"));
    assert_eq!(page.text(".message p + p b"), "web-1");
    page.table("#preview table").has_row(["cpu.total", "31.2"]);
    assert!(page.text("#preview").contains("Values are examples"));
    assert_eq!((page.text("#says .plain").as_str(), page.texts("#next li").len()), ("every weekday at 08:50", 5));
    assert!(page.text("#next li").ends_with("08:50"));
    let page = press(&operator, &page, "preview", &[("expression", "0 0 30 2 *"), ("servers", "web-9")]).await;
    assert_eq!(page.text("#says .plain"), "This never comes");
    assert!(page.text("#meant").contains("was not found") && page.texts("#next li").is_empty());
    let page = press(&operator, &page, "when:interval", &[]).await;
    assert!(page.has("#f-every") && !page.has("#f-expression") && page.text("#says").contains("every 5 minutes"));
}

#[actix_web::test]
async fn what_somebody_else_has_saved_since_is_not_written_over_unseen() {
    let (stage, operator) = stage().await;
    let id = stage.add(due(each_five_minutes(), stage.now()), vec![stage.post(always())]).await;
    let path = format!("/scenarios/{id}");
    let (mine, other) = (operator.get(&path).await.ok(), operator.get(&path).await.ok());
    assert_eq!(send(&operator, &path, &other, &[("name", "Theirs")]).await.status, 303);
    let page = send(&operator, &path, &mine, &[("name", "Mine")]).await.with_status(409);
    assert!(page.text("[role=alert]").contains("Somebody else has changed this scenario"));
    assert_eq!(page.attribute("#f-name", "value").as_deref(), Some("Mine"));
    assert_eq!(stage.row(id).await.name, "Theirs");
    assert_eq!(send(&operator, &path, &page, &[]).await.status, 303, "now that they know");
    assert_eq!((stage.row(id).await.name.as_str(), stage.row(id).await.version), ("Mine", 3));
}

#[actix_web::test]
async fn sec_z05_who_may_not_change_a_scenario_gets_no_buttons_and_who_may_not_know_of_it_nothing() {
    let (stage, _) = stage().await;
    let id = stage.add(due(each_five_minutes(), stage.now()), vec![stage.post(always())]).await;
    let path = format!("/scenarios/{id}");
    let deeds = ["", "/switches", "/runs", "/copies", "/deletions"];
    let viewer = stage.app.viewer().await;
    for client in [&viewer, &stage.app.operator().await] {
        let page = client.get(&path).await.ok();
        assert!(!page.has("#save") && !page.has("#run-now") && !page.has("aside.shelf") && !page.has("#delete"));
        assert!(page.has("fieldset[disabled] #d1-url"), "they look");
        for deed in deeds.iter().filter(|deed| **deed != "/copies") {
            assert_eq!(client.post(&format!("{path}{deed}"), []).await.status, 403, "{deed}");
        }
        assert!(!client.get("/scenarios").await.ok().has("#scenarios form"));
    }
    assert_eq!(viewer.get("/scenarios/new").await.status, 403);
    assert_eq!(viewer.post("/scenarios/drafts", [("act", "preview")]).await.status, 403);
    let stranger = stage.app.signed_in("stranger", Role::Operator, Scope::Groups(Vec::new())).await;
    assert_eq!(stranger.get(&path).await.status, 404);
    for deed in deeds {
        assert_eq!(stranger.post(&format!("{path}{deed}"), []).await.status, 404, "{deed}");
    }
    let page = stranger.get("/scenarios").await.ok();
    assert!(page.text(".empty").contains("you see the scenarios that are yours"));
    assert_eq!(stage.row(id).await.version, 1);
}

#[actix_web::test]
async fn it_is_switched_run_stopped_copied_and_deleted_each_with_a_sentence() {
    let (stage, operator) = stage().await;
    let new = due(each_five_minutes(), stage.now());
    let id = stage.add(NewScenario { overlap: Overlap::Queue, ..new }, Vec::new()).await;
    let path = format!("/scenarios/{id}");
    operator.post(&format!("{path}/switches"), []).await.leads_to("/");
    assert!(!stage.row(id).await.enabled);
    let page = operator.get(&path).await.ok();
    assert!(
        page.text("#toasts").contains("Morning check is disabled") && page.text(".lede").contains("It is disabled")
    );
    operator.post(&format!("{path}/switches"), [("enabled", "on")]).await.leads_to("/");
    assert!(stage.row(id).await.enabled);
    assert_eq!(operator.post(&format!("{path}/runs"), []).await.status, 303);
    let page = operator.get(&path).await.ok();
    assert_eq!(page.attribute("#runs", "hx-trigger").as_deref(), Some("every 2s"), "it looks again while one goes on");
    let run = stage.runs(id).await[0].id;
    assert!(page.has(&format!("form[action='/runs/{run}/endings'] #stop")));
    operator.post(&format!("/runs/{run}/endings"), []).await.leads_to("/");
    assert_eq!(stage.runs(id).await[0].state, RunState::Stopped);
    let page = operator.get(&path).await.ok();
    assert!(page.has("#stop[disabled]") && page.attribute("#runs", "hx-trigger").is_none());
    page.table("#runs table").has_row([&*page.text("#runs td"), "jiwon, run now", "Stopped"]);
    assert_eq!(operator.post(&format!("/runs/{run}/endings"), []).await.status, 409);
    let copied = operator.post(&format!("{path}/copies"), []).await;
    let copy = operator.get(copied.header("Location").unwrap()).await.ok();
    assert_eq!(copy.heading(), "Scenarios / Morning check 2");
    assert!(copy.text(".lede").contains("It is disabled"));
    operator.post(&format!("{path}/deletions"), []).await.leads_to("/scenarios");
    assert_eq!(operator.get(&path).await.status, 404);
    let told: Vec<String> = stage.app.audit().await.into_iter().rev().map(|event| event.action).collect();
    for action in
        ["disable_scenario", "enable_scenario", "run_scenario", "stop_run", "create_scenario", "delete_scenario"]
    {
        assert!(told.iter().any(|told| told == action), "{action}: {told:?}");
    }
}

#[actix_web::test]
async fn what_is_done_beside_the_builder_leaves_it_as_it_is() {
    let (stage, operator) = stage().await;
    let id = stage.add(due(each_five_minutes(), stage.now()), Vec::new()).await;
    let token = operator.token().await;
    let htmx = operator.hx();
    let reply = htmx
        .ask(Method::POST, &format!("/scenarios/{id}/switches"))
        .header("Sec-Fetch-Site", "same-origin")
        .header("X-CSRF-Token", &token)
        .header("HX-Current-URL", &format!("http://127.0.0.1:8080/scenarios/{id}"))
        .form([])
        .send()
        .await;
    let page = reply.ok();
    assert_eq!(page.attribute("#scenario-head", "hx-swap-oob").as_deref(), Some("true"));
    assert_eq!(page.attribute("#seen", "value").as_deref(), Some("2"), "the next save is no conflict");
    assert!(page.has("#runs[hx-swap-oob]") && !page.has("#builder") && page.text("toast-note").contains("disabled"));
}

#[actix_web::test]
async fn a_run_tells_what_was_read_and_what_became_of_each_delivery() {
    let (stage, operator) = stage().await;
    stage.measured("cpu.total", stage.now() - TimeDelta::seconds(20), 84.25).await;
    let above = json!({ "kind": "while", "question": "above", "value": "cpu.total", "limit": 90 });
    let destinations = vec![stage.post(always()), stage.post(above)];
    let id = stage.add(due(each_five_minutes(), stage.now()), destinations).await;
    stage.fire().await;
    stage.work_off().await;
    let run = stage.runs(id).await[0].id;
    assert_eq!(stage.deliveries(run).await[0].state, DeliveryState::Delivered);
    let page = operator.get(&format!("/runs/{run}")).await.ok();
    assert_eq!((page.text("#state").as_str(), page.has("#stop")), ("Done", false));
    page.table(".readings").has_row(["cpu.total", "84.25"]);
    let table = page.table("#deliveries");
    table.has_row(["HTTP POST", "Delivered", "1", "200"]);
    table.has_row(["HTTP POST", "Not wanted", "0", ""]);
    let page = operator.get("/runs").await.ok();
    let row = &page.table(".run-table").rows[0];
    assert_eq!(row[1..4], ["Morning check", "Cron", "Done"]);
    assert_eq!(row[5..], ["cpu.total 84.25", "HTTP POST 200, HTTP POST: Not wanted"]);
    let page = operator.get("/runs?state=failed").await.ok();
    assert!(page.text(".empty").contains("No run is to be seen") && page.has("option[value=failed][selected]"));
    let page = operator.get(&format!("/scenarios/{id}")).await.ok();
    assert!(page.text("#preview").contains("Values from the run of") && page.has("#runs svg rect[data-state=up]"));
    page.table("#preview table").has_row(["cpu.total", "84.25"]);
    let stranger = stage.app.signed_in("stranger", Role::Viewer, Scope::Groups(Vec::new())).await;
    assert_eq!(stranger.get(&format!("/runs/{run}")).await.status, 404);
    assert!(stranger.get("/runs").await.ok().has(".empty"));
}

#[actix_web::test]
async fn a_run_that_failed_says_why_and_one_that_goes_on_can_be_stopped() {
    let (stage, operator) = stage().await;
    let id = stage.add(due(each_five_minutes(), stage.now()), vec![stage.post(always())]).await;
    stage.fire().await;
    let run = stage.runs(id).await[0].id;
    let page = operator.get(&format!("/runs/{run}")).await.ok();
    assert!(page.has("#stop") && page.attribute("#run", "hx-trigger").as_deref() == Some("every 2s"));
    assert!(!stage.app.viewer().await.get(&format!("/runs/{run}")).await.ok().has("#stop"));
    assert_eq!(stage.app.viewer().await.post(&format!("/runs/{run}/endings"), []).await.status, 403);
    stage.work_off().await;
    let page = operator.get(&format!("/runs/{run}")).await.ok();
    assert_eq!(page.text("#why"), "1 of 1 servers could not be read.");
    assert!(page.text("details .t-crit").contains("Nothing was measured on web-1 in the 60 s before"));
}
