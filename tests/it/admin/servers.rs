//! Servers: adding, changing, pausing, and the credential that is made with one.

use super::{audit, events, filled, pairs, server, stored};
use crate::harness::app::TestApp;
use crate::harness::client::Client;
use hannun::models::actor::{Role, Scope};
use hannun::models::groups::Group;

const KEY: &str = include_str!("../../fixtures/keys/ed25519");

async fn credential(administrator: &Client, name: &str) {
    let form = [
        ("name", name),
        ("user_name", "deploy"),
        ("kind", "password"),
        ("password", "canary-of-ops"),
        ("privilege", "sudo"),
    ];
    administrator.post("/admin/credentials", form).await.leads_to("/admin/credentials");
}

#[actix_web::test]
async fn an_administrator_adds_a_server_and_lands_on_its_connection_test() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    credential(&administrator, "ops").await;
    administrator.post("/admin/groups", [("name", "web"), ("note", ""), ("allow", "terminal")]).await;
    let form = administrator.get("/admin/servers/new").await.ok();
    let typed = filled(
        &form,
        &[
            ("name", "web-1"),
            ("address", "192.0.2.10"),
            ("port", "2222"),
            ("credential_id", "ops"),
            ("groups", "web"),
            ("labels", "role=cdn, on-call"),
            ("sampling_seconds", "30"),
        ],
    );
    let reply = administrator.post("/admin/servers", pairs(&typed)).await;
    reply.leads_to("/admin/servers/1");
    let list = administrator.get("/admin/servers").await.ok();
    list.table("table").has_row(["", "web-1", "192.0.2.10:2222", "web", "on-call role=cdn", "ops", "30 s"]);
    assert_eq!(list.texts(".filters li a[aria-current]").len(), 6);
    assert_eq!(audit(&app).await[0], "administrator create_server web-1 succeeded");
    let details = &events(&app).await[0].details.0;
    assert_eq!(details["address"], "192.0.2.10");
    assert_eq!(details["object"], "servers/1");
}

#[actix_web::test]
async fn every_field_that_cannot_be_accepted_is_told_beside_it_and_nothing_typed_is_lost() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let form = [
        ("name", "-oProxyCommand=x"),
        ("address", "a b"),
        ("port", "0"),
        ("labels", "=x"),
        ("note", "kept"),
        ("credential_id", "nobody"),
        ("sampling_seconds", "often"),
        ("enabled", "on"),
    ];
    let page = administrator.post("/admin/servers", form).await.with_status(422);
    for field in ["name", "address", "port", "labels", "credential_id", "sampling_seconds"] {
        assert!(!page.text(&format!("#p-{field}, [aria-labelledby=l-{field}] .problem")).is_empty(), "{field}");
    }
    assert_eq!(page.attribute("[name=name]", "value").as_deref(), Some("-oProxyCommand=x"));
    assert_eq!(page.attribute("[name=sampling_seconds]", "value").as_deref(), Some("often"));
    assert_eq!(page.text("[name=note]"), "kept");
    assert!(page.has("[name=enabled][checked]"));
    assert!(administrator.get("/admin/servers").await.ok().texts("td .key").is_empty());
    assert!(audit(&app).await.is_empty());
}

#[actix_web::test]
async fn a_server_may_bring_a_credential_of_its_own() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let mut form = vec![
        ("name", "web-1"),
        ("address", "192.0.2.10"),
        ("port", "22"),
        ("sampling_seconds", "10"),
        ("credential_id", "+own"),
        ("own_user_name", "deploy"),
        ("own_kind", "private_key"),
        ("own_private_key", "not a key"),
        ("own_privilege", "none"),
        ("allow", "terminal"),
    ];
    let page = administrator.post("/admin/servers", form.clone()).await.with_status(422);
    assert!(page.text("#p-own_private_key").starts_with("This is not a private key"));
    assert_eq!(page.text("[name=own_private_key]"), "", "a secret must be typed again");
    form[7].1 = KEY;
    administrator.post("/admin/servers", form).await.leads_to("/admin/servers/1");
    let list = administrator.get("/admin/credentials").await.ok();
    assert_eq!(list.texts("td .key"), ["web-1"]);
    assert!(list.text("tbody tr").contains("SHA256:"));
}

#[actix_web::test]
async fn sec_l01_a_change_names_each_field_before_and_after_and_no_change_is_not_recorded() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    credential(&administrator, "ops").await;
    let server = server(&app, "web-1", "192.0.2.10", 22).await;
    let path = format!("/admin/servers/{}", server.id);
    let page = administrator.get(&path).await.ok();
    let form = filled(&page, &[("port", "2222"), ("credential_id", "ops"), ("enabled", "on")]);
    administrator.post(&path, pairs(&form)).await.leads_to("/admin/servers");
    let details = &events(&app).await[0].details.0;
    assert_eq!(details["port"], r#"["22","2222"]"#);
    assert_eq!(details["credential_id"], r#"["","ops"]"#);
    assert_eq!(details.len(), 3, "{details:?}");
    assert!(stored(&app, server.id).await.version > server.version);
    let history = administrator.get(&format!("{path}/history")).await.ok();
    assert_eq!(history.texts(".diff p"), ["+ Sign in with: ops", "− Port: 22", "+ Port: 2222"]);
    let before = audit(&app).await.len();
    let page = administrator.get(&path).await.ok();
    administrator.post(&path, pairs(&filled(&page, &[]))).await.leads_to("/admin/servers");
    assert_eq!(audit(&app).await.len(), before);
}

#[actix_web::test]
async fn sec_l01_what_cannot_be_written_to_the_audit_log_is_not_done() {
    use diesel::connection::SimpleConnection;
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    app.database.owner().batch_execute("alter table audit_events add constraint full_now check (false)").unwrap();
    let reply = administrator.post("/admin/groups", [("name", "web"), ("note", ""), ("allow", "terminal")]).await;
    assert_eq!(reply.status, 500);
    assert!(administrator.get("/admin/groups").await.ok().texts("td .key").is_empty());
}

#[actix_web::test]
async fn chosen_servers_are_paused_and_resumed_together() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let one = server(&app, "web-1", "192.0.2.10", 22).await;
    let two = server(&app, "web-2", "192.0.2.11", 22).await;
    let (first, second) = (one.id.to_string(), two.id.to_string());
    let rows = [("action", "pause_server"), ("row", first.as_str()), ("row", second.as_str())];
    administrator.post("/admin/servers/actions", rows).await.leads_to("/admin/servers");
    assert!(!stored(&app, one.id).await.enabled && !stored(&app, two.id).await.enabled);
    assert_eq!(
        audit(&app).await[..2],
        ["administrator pause_server web-2 succeeded", "administrator pause_server web-1 succeeded"]
    );
    administrator.post("/admin/servers/actions", [("action", "resume_server"), ("row", first.as_str())]).await;
    assert!(stored(&app, one.id).await.enabled);
    assert_eq!(administrator.post("/admin/servers/actions", [("action", "explode"), ("row", "1")]).await.status, 400);
    assert_eq!(administrator.post("/admin/servers/actions", [("action", "pause_server")]).await.status, 400);
}

#[actix_web::test]
async fn a_server_cannot_be_reached_through_itself_and_jump_servers_cannot_form_a_circle() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    credential(&administrator, "ops").await;
    let one = server(&app, "web-1", "192.0.2.10", 22).await;
    let two = server(&app, "web-2", "192.0.2.11", 22).await;
    let through = async |id: i64, jump: &'static str| {
        let page = administrator.get(&format!("/admin/servers/{id}")).await.ok();
        let form = filled(&page, &[("jump_server_id", jump), ("credential_id", "ops")]);
        administrator.post(&format!("/admin/servers/{id}"), pairs(&form)).await
    };
    assert_eq!(
        through(one.id.0, "web-1").await.with_status(422).text("#p-jump_server_id"),
        "A server cannot be its own jump server"
    );
    through(one.id.0, "web-2").await.leads_to("/admin/servers");
    let page = through(two.id.0, "web-1").await.with_status(422);
    assert!(page.text("#p-jump_server_id").contains("circle"), "{}", page.text("#p-jump_server_id"));
    let many = administrator.get("/admin/servers?q=WEB&sort=-name").await.ok();
    assert_eq!(many.texts("td .key"), ["web-2", "web-1"]);
}

#[actix_web::test]
async fn sec_w05_what_people_typed_is_shown_as_text() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let script = "<script>alert(1)</script>";
    administrator
        .post("/admin/groups", [("name", "web"), ("note", script), ("allow", "terminal")])
        .await
        .leads_to("/admin/groups");
    for path in [
        "/admin/groups",
        "/admin/groups/1",
        "/admin/groups/1/history",
        "/admin/audit-events",
        "/admin/groups?q=%3Cscript%3E",
    ] {
        let reply = administrator.get(path).await;
        assert!(!reply.body.contains(script), "{path}");
        assert!(!reply.body.contains("<script>"), "{path}");
    }
}

#[actix_web::test]
async fn sec_z02_who_is_limited_to_some_groups_stays_inside_them_with_credentials_and_jumps_too() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    credential(&administrator, "ops").await;
    for name in ["web", "db"] {
        administrator.post("/admin/groups", [("name", name), ("note", ""), ("allow", "terminal")]).await;
    }
    let far = server(&app, "far-1", "192.0.2.9", 22).await;
    let near = server(&app, "near-1", "192.0.2.1", 22).await;
    credential(&administrator, "web-ops").await;
    let page = administrator.get(&format!("/admin/servers/{}", near.id)).await.ok();
    let form = filled(&page, &[("credential_id", "web-ops"), ("enabled", "on")]);
    administrator.post(&format!("/admin/servers/{}", near.id), pairs(&form)).await.leads_to("/admin/servers");
    let groups = app.app.db.run(move |connection| {
        let (web, db) = (Group::by_name(connection, "web")?.id, Group::by_name(connection, "db")?.id);
        near.set_groups(connection, &[web, db])?;
        far.set_groups(connection, &[db])?;
        Ok::<_, hannun::error::Error>(web)
    });
    let narrow = app.signed_in("narrow", Role::Administrator, Scope::Groups(vec![groups.await.unwrap()])).await;
    let form = narrow.get("/admin/servers/new").await.ok();
    let offered = form
        .attributes("#record input[type=checkbox][name=groups], #record option, #record [name=credential_id]", "value");
    assert!(["web", "near-1", "web-ops"].iter().all(|own| offered.contains(&(*own).to_owned())), "{offered:?}");
    assert!(["db", "far-1", "ops"].iter().all(|foreign| !offered.contains(&(*foreign).to_owned())), "{offered:?}");

    let new = [("name", "mine-1"), ("address", "192.0.2.3"), ("credential_id", "web-ops"), ("groups", "web")];
    for (field, value) in [("groups", "db"), ("credential_id", "ops"), ("jump_server_id", "far-1")] {
        let mut typed = filled(&form, &new);
        typed.retain(|(name, _)| name != field);
        typed.push((field.to_owned(), value.to_owned()));
        let page = narrow.post("/admin/servers", pairs(&typed)).await.with_status(422);
        assert!(!page.text(&format!("#p-{field}")).is_empty(), "{field}");
    }
    assert_eq!(narrow.post("/admin/servers", pairs(&filled(&form, &new[..3]))).await.status, 422, "into no group");
    narrow.post("/admin/servers", pairs(&filled(&form, &new))).await.leads_to("/admin/servers/3");

    // What they may not know of stays as it was.
    let page = narrow.get("/admin/servers/2").await.ok();
    assert!(!page.text("#record").contains("db"), "{}", page.text("#record"));
    let typed = filled(&page, &[("note", "looked after")]);
    narrow.post("/admin/servers/2", pairs(&typed)).await.leads_to("/admin/servers");
    let stored = stored(&app, hannun::models::ids::ServerId(2)).await;
    assert_eq!(stored.note, "looked after");
    let groups = app.app.db.run(move |connection| stored.groups(connection)).await.unwrap();
    assert_eq!(groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["db", "web"]);
}
