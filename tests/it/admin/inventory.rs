//! Import YAML: the plan as a diff, applying with a fresh password, what came from a file, drift and export.

use chrono::TimeDelta;

use super::{audit, server};
use crate::harness::app::{PASSWORD, TestApp};
use crate::harness::client::{Client, Reply};

const FLEET: &str = "groups: [web]\ncredentials: {ops: {user: deploy, kind: password}}\nservers:\n  web-1: {address: 10.0.0.7, groups: [web], credential: ops}\n  web-2: 10.0.0.8\n";

async fn plan(administrator: &Client, text: &str, more: &[(&str, &str)]) -> Reply {
    let form = [("file", "servers.yml"), ("text", text)].into_iter().chain(more.iter().copied());
    administrator.post("/admin/inventory/plans", form).await
}

/// Applies what the plan shows.
async fn apply(administrator: &Client, text: &str, more: &[(&str, &str)]) -> Reply {
    let page = plan(administrator, text, more).await.ok();
    let seen = page.attribute("[name=plan]", "value").unwrap();
    let form = [("file", "servers.yml"), ("text", text), ("plan", seen.as_str())];
    administrator.post("/admin/inventory/applications", form.into_iter().chain(more.iter().copied())).await
}

#[actix_web::test]
async fn an_administrator_sees_what_a_text_would_change_and_applies_it() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    server(&app, "web-2", "10.0.0.9", 22).await;
    let page = plan(&administrator, FLEET, &[]).await.ok();
    assert_eq!(page.texts("#plan .tally dd"), ["3", "1", "0", "0"]);
    let rows = page.texts("#plan .changes tbody tr:not(.sub)");
    assert_eq!(rows[2], "web-1 10.0.0.7, ops, web");
    assert_eq!(page.texts("#plan .diff p"), ["− address: 10.0.0.9", "+ address: 10.0.0.8"]);
    assert_eq!(page.text("[name=plan]"), "Apply 4 changes");
    assert!(audit(&app).await.is_empty(), "a plan changes nothing");
    apply(&administrator, FLEET, &[]).await.leads_to("/admin/inventory");
    let list = administrator.get("/admin/servers").await.ok();
    assert_eq!(list.texts("td .key"), ["web-1", "web-2"]);
    let page = administrator.get("/admin/inventory").await.ok();
    assert!(page.text("#files").contains("Everything is as in the file."), "{}", page.text("#files"));
    let opened = administrator.get("/admin/inventory?file=servers.yml").await.ok();
    assert!(opened.text("#text").contains("web-1: {address: 10.0.0.7"));
    let page = plan(&administrator, FLEET, &[]).await.ok();
    assert!(page.text("#plan").contains("Everything is as the file says."));
    assert!(!page.has("[name=plan]"));
}

#[actix_web::test]
async fn problems_stand_beside_the_text_with_their_place_and_what_was_typed_is_still_there() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let page = plan(&administrator, "servers:\n  web-1: {address: a, credental: <b>ops</b>}\n", &[]).await;
    let page = page.with_status(422);
    assert_eq!(
        page.texts("#problems .notice"),
        ["Line 2, column 23. There is no key credental in a server. Did you mean credential?"]
    );
    assert!(page.text("#text").contains("<b>ops</b>"));
    assert!(!page.has("[name=plan]"));
}

#[actix_web::test]
async fn sec_a11_applying_needs_a_password_that_was_entered_lately() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    app.advance(TimeDelta::minutes(11));
    let page = plan(&administrator, FLEET, &[]).await.ok();
    assert!(page.has("[name=your-password]"));
    let refused = apply(&administrator, FLEET, &[]).await.with_status(403);
    assert_eq!(refused.text("#password-problem"), "Enter your password again to go on");
    let refused = apply(&administrator, FLEET, &[("your-password", "wrong")]).await.with_status(403);
    assert_eq!(refused.text("#password-problem"), "This is not your password");
    assert!(administrator.get("/admin/servers").await.ok().texts("td .key").is_empty());
    apply(&administrator, FLEET, &[("your-password", PASSWORD)]).await.leads_to("/admin/inventory");
}

#[actix_web::test]
async fn a_plan_that_is_another_one_by_now_is_shown_again_instead_of_applied() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let form = [("file", "servers.yml"), ("text", FLEET), ("plan", "0123")];
    let page = administrator.post("/admin/inventory/applications", form).await.with_status(409);
    assert!(page.text("#plan [role=alert]").contains("Nothing was applied"));
    assert!(page.has("[name=plan]"));
    assert!(administrator.get("/admin/servers").await.ok().texts("td .key").is_empty());
}

#[actix_web::test]
async fn what_is_not_in_the_file_any_more_goes_only_where_it_is_ticked() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    apply(&administrator, FLEET, &[]).await.leads_to("/admin/inventory");
    let short = "groups: [web]\ncredentials: {ops: {user: deploy, kind: password}}\n";
    let page = plan(&administrator, short, &[]).await.ok();
    assert_eq!(page.attributes("[name=remove]", "value"), ["server/web-1", "server/web-2"]);
    assert!(!page.has("[name=plan]"), "nothing to apply yet");
    let tick = [("remove", "server/web-2")];
    let page = plan(&administrator, short, &tick).await.ok();
    assert_eq!(page.attributes("[name=remove][checked]", "value"), ["server/web-2"]);
    assert_eq!(page.text("[name=plan]"), "Apply 1 change");
    apply(&administrator, short, &tick).await.leads_to("/admin/inventory");
    assert_eq!(administrator.get("/admin/servers").await.ok().texts("td .key"), ["web-1"]);
}

#[actix_web::test]
async fn what_came_from_a_file_is_shown_read_only_but_for_the_secrets_of_a_credential() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    apply(&administrator, FLEET, &[]).await.leads_to("/admin/inventory");
    let form = administrator.get("/admin/servers/1").await.ok();
    let sentence = "web-1 comes from servers.yml. Change it there, and apply the file again";
    assert_eq!(form.text("#managed"), sentence);
    assert!(!form.has("#record button[type=submit]") && !form.has("#record input[name=address]"));
    assert!(!form.has("a[href='/admin/servers/1/delete']"));
    let refused = administrator.post("/admin/servers/actions", [("action", "pause_server"), ("row", "1")]).await;
    assert_eq!(refused.status, 409);
    let deletion = administrator.get("/admin/servers/1/delete").await.ok();
    assert!(deletion.text(".notice").contains(sentence));
    assert_eq!(administrator.post("/admin/servers/deletions", [("row", "1")]).await.status, 409);

    let form = administrator.get("/admin/credentials/1").await.ok();
    assert!(form.text("#managed").contains("Its secrets are entered here"));
    assert!(form.has("#record input[name=password]") && !form.has("#record input[name=user_name]"));
    let typed = super::filled(&form, &[("password", "canary-of-ops")]);
    administrator.post("/admin/credentials/1", super::pairs(&typed)).await.leads_to("/admin/credentials");
    assert!(administrator.get("/admin/inventory").await.ok().text("#files").contains("as in the file"));

    administrator.post("/admin/inventory/releases", [("file", "servers.yml")]).await.leads_to("/admin/inventory");
    assert!(administrator.get("/admin/servers/1").await.ok().has("#record input[name=address]"));
    assert_eq!(audit(&app).await[0], "administrator release_inventory servers.yml succeeded");
}

#[actix_web::test]
async fn drift_is_shown_as_what_applying_the_file_again_would_do() {
    use diesel::connection::SimpleConnection;
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    apply(&administrator, FLEET, &[]).await.leads_to("/admin/inventory");
    app.database.owner().batch_execute("update servers set port = 2222 where name = 'web-1'").unwrap();
    let page = administrator.get("/admin/inventory").await.ok();
    assert_eq!(page.texts("#files .diff p"), ["− port: 2222", "+ port: 22"]);
}

#[actix_web::test]
async fn while_somebody_types_only_the_plan_is_made_anew() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    apply(&administrator, FLEET, &[]).await.leads_to("/admin/inventory");
    assert!(plan(&administrator, FLEET, &[]).await.ok().has("#files"));
    for text in [FLEET, "servers: ["] {
        let form = [("file", "servers.yml"), ("text", text)];
        let part = administrator.hx().post("/admin/inventory/plans", form).await.ok();
        assert!(part.has("#plan") && part.has("#problems") && !part.has("#files"), "files are not compared again");
    }
}

#[actix_web::test]
async fn a_command_of_a_file_is_known_at_once() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let changes = app.app.hosts.catalog_changes();
    let text = "commands: [{type: list_processes, name: ours, on: {os: plan9}, run: ps}]\n";
    apply(&administrator, text, &[]).await.leads_to("/admin/inventory");
    assert!(app.app.hosts.catalog_changes() > changes);
}

#[actix_web::test]
async fn the_export_is_a_file_to_keep() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    server(&app, "web-1", "10.0.0.7", 2222).await;
    let export = administrator.get("/admin/inventory/export").await;
    assert_eq!(export.header("Content-Disposition"), Some("attachment; filename=\"servers.yml\""));
    assert_eq!(export.header("X-Content-Type-Options"), Some("nosniff"));
    assert_eq!(export.body, "version: 1\nservers:\n  web-1:\n    address: 10.0.0.7\n    port: 2222\n");
    let list = administrator.get("/admin/servers").await.ok();
    assert!(list.has("a[href='/admin/inventory']") && list.has("a[href='/admin/inventory/export']"));
}

#[actix_web::test]
async fn sec_z06_a_field_that_the_page_does_not_have_is_refused() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    assert_eq!(plan(&administrator, FLEET, &[("prune", "all")]).await.status, 422);
}

#[actix_web::test]
async fn sec_w05_what_a_file_says_is_shown_as_text() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let text = "servers: {web-1: {address: a, note: '<script>alert(1)</script>'}}\n";
    let reply = plan(&administrator, text, &[]).await;
    assert!(!reply.body.contains("<script>alert"), "{}", reply.body);
    apply(&administrator, text, &[]).await.leads_to("/admin/inventory");
    for path in ["/admin/servers/1", "/admin/servers/1/history", "/admin/inventory?file=servers.yml"] {
        assert!(!administrator.get(path).await.body.contains("<script>alert"), "{path}");
    }
}

#[actix_web::test]
async fn the_switch_of_servers_and_groups_is_shown_and_changed_in_their_forms() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    administrator
        .post("/admin/groups", [("name", "web"), ("note", ""), ("allow", "watch")])
        .await
        .leads_to("/admin/groups");
    administrator.get("/admin/groups").await.ok().table("table").has_row(["", "web", "Only watch"]);
    let stored = server(&app, "web-1", "10.0.0.7", 22).await;
    let path = format!("/admin/servers/{}", stored.id);
    let page = administrator.get(&path).await.ok();
    assert_eq!(page.attribute("[name=allow] option[selected]", "value").as_deref(), Some("terminal"));
    administrator
        .post(
            "/admin/credentials",
            [("name", "ops"), ("user_name", "a"), ("kind", "password"), ("password", "x"), ("privilege", "sudo")],
        )
        .await;
    let typed = super::filled(&page, &[("allow", "read-files"), ("credential_id", "ops"), ("enabled", "on")]);
    administrator.post(&path, super::pairs(&typed)).await.leads_to("/admin/servers");
    assert_eq!(super::stored(&app, stored.id).await.allow.name(), "read-files");
    let typed = super::filled(&page, &[("allow", "everything")]);
    assert!(administrator.post(&path, super::pairs(&typed)).await.with_status(422).has("#p-allow"));
}
