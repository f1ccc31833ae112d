//! Channels: each kind has its own fields, secrets are written and never shown, and one in use stays.

use serde_json::json;

use super::{audit, events, filled, pairs};
use crate::harness::app::TestApp;
use crate::harness::scenarios::due;
use crate::outbound::receiver::ok;
use crate::scenarios::{Stage, each_five_minutes, through};

const URL: &str = "https://hooks.example/canary-4be1";

#[actix_web::test]
async fn sec_s05_a_channel_is_added_changed_and_never_shows_its_secrets() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let form = [("name", "deploys"), ("kind", "webhook"), ("webhook_url", URL), ("webhook_secret", "canary-secret")];
    administrator.post("/admin/channels", form).await.leads_to("/admin/channels/1");
    let page = administrator.get("/admin/channels/1").await.ok();
    assert!(page.text("#record").contains("Stored, changed"), "{}", page.text("#record"));
    let rotated = [("webhook_secret", "canary-new"), ("webhook_secret_before", "canary-secret"), ("name", "releases")];
    administrator.post("/admin/channels/1", pairs(&filled(&page, &rotated))).await.leads_to("/admin/channels");
    assert_eq!(administrator.get("/admin/channels").await.ok().texts("td .key"), ["releases"]);
    for path in ["/admin/channels", "/admin/channels/1", "/admin/channels/1/history", "/admin/channels/1/delete"] {
        let page = administrator.get(path).await;
        assert!(!page.body.contains("canary"), "{path}");
    }
    assert_eq!(
        audit(&app).await[..2],
        ["administrator change_channel releases succeeded", "administrator create_channel deploys succeeded"]
    );
    let details = &events(&app).await[0].details.0;
    assert_eq!((details["webhook_secret"].as_str(), details.get("webhook_url")), ("changed", None));
}

#[actix_web::test]
async fn what_a_channel_lacks_is_told_beside_its_field() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    for (url, problem) in [("", "This is needed"), ("hooks.example", "This URL is not asked")] {
        let form = [("name", "ops"), ("kind", "slack"), ("slack_url", url)];
        let page = administrator.post("/admin/channels", form).await.with_status(422);
        assert!(page.text("#p-slack_url").starts_with(problem), "{}", page.text("#record"));
    }
    assert!(administrator.get("/admin/channels").await.ok().texts("td .key").is_empty());
}

#[actix_web::test]
async fn each_kind_of_channel_opens_its_own_fields() {
    let rules = include_str!("../../../static/css/screens/admin.css");
    let page = TestApp::start().await.administrator().await.get("/admin/channels/new").await.ok();
    let kinds = page.attributes("[data-reveals]", "data-reveals");
    assert_eq!(kinds, page.attributes("#record fieldset[data-when]", "data-when"));
    assert!(kinds.len() > 1, "{kinds:?}");
    for kind in kinds {
        let rule = format!(r#".record:not(:has([data-reveals="{kind}"]:checked)) [data-when~="{kind}"]"#);
        assert!(rules.contains(&rule), "admin.css opens nothing for {kind}");
    }
}

#[actix_web::test]
async fn a_channel_that_a_scenario_sends_through_stays_and_says_which() {
    let stage = Stage::set(|_| ok("ok")).await;
    let channel = stage.channel("ops", "slack", json!({ "url": URL })).await;
    let settings = json!({ "text": "{{ cpu.total }}", "color": "none" });
    stage.add(due(each_five_minutes(), stage.now()), vec![through("slack", channel.id, settings)]).await;
    let administrator = stage.app.administrator().await;
    let list = administrator.get("/admin/channels").await.ok();
    assert!(list.text("tbody tr").contains('1'), "{}", list.text("tbody tr"));
    let page = administrator.get(&format!("/admin/channels/{}/delete", channel.id)).await.ok();
    assert!(page.text("main").contains("Morning check send through it"), "{}", page.text("main"));
    let id = channel.id.to_string();
    assert_eq!(administrator.post("/admin/channels/deletions", [("row", id.as_str())]).await.status, 409);
    let program = crate::api::program::program(&stage.app, hannun::models::actor::Role::Administrator).await;
    assert_eq!(program.delete("/api/v1/channels/ops").await.problem(409), "conflict");
}

#[actix_web::test]
async fn another_name_for_a_channel_is_no_change_of_its_secret() {
    let stage = Stage::set(|_| ok("ok")).await;
    let channel = stage.channel("ops", "slack", json!({ "url": URL })).await;
    let administrator = stage.app.administrator().await;
    stage.app.advance(chrono::TimeDelta::minutes(5));
    let path = format!("/admin/channels/{}", channel.id);
    let page = administrator.get(&path).await.ok();
    administrator.post(&path, pairs(&filled(&page, &[("name", "night")]))).await.leads_to("/admin/channels");
    let program = crate::api::program::program(&stage.app, hannun::models::actor::Role::Administrator).await;
    let kept = program.get("/api/v1/channels/night").await.status(200);
    assert_eq!(kept["secrets_changed_at"], json!(channel.secrets_changed_at));
    let page = administrator.get(&path).await.ok();
    let another = [("slack_url", "https://hooks.example/another")];
    administrator.post(&path, pairs(&filled(&page, &another))).await.leads_to("/admin/channels");
    let kept = program.get("/api/v1/channels/night").await.status(200);
    assert_eq!(kept["secrets_changed_at"], json!(stage.now()));
}
