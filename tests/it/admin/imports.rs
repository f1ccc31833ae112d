//! Servers out of a file that somebody put in: looked at, chosen, added.

use chrono::TimeDelta;
use hannun::models::actor::{Role, Scope};
use hannun::models::groups::NewGroup;
use hannun::models::servers::Server;

use super::{audit, server};
use crate::harness::app::{PASSWORD, TestApp};

const CONFIG: &str = "Host github.com\n  User git\nHost gate\n  HostName 192.0.2.1\n  User ops\nHost web\n  HostName 192.0.2.2\n  User ops\n  ProxyJump gate\n  ForwardAgent yes\nHost there\n  HostName 192.0.2.9\n";

async fn names(app: &TestApp) -> Vec<String> {
    let all = app.app.db.run(|connection| Server::all(connection, &Scope::All)).await.unwrap();
    all.into_iter().map(|server| server.name).collect()
}

#[actix_web::test]
async fn a_file_is_looked_at_before_anything_is_added() {
    let app = TestApp::start().await;
    server(&app, "registered", "192.0.2.9", 22).await;
    let administrator = app.administrator().await;
    assert!(administrator.get("/admin/servers").await.ok().has("a[href='/admin/imports/new']"));
    assert!(administrator.get("/admin/imports/new").await.ok().has("textarea[name=text]"));
    let form = [("format", "ssh-config"), ("text", CONFIG), ("known_hosts", ""), ("user", "")];
    let page = administrator.hx().post("/admin/imports/previews", form).await.ok();
    let table = page.table(".changes");
    table.has_row(["", "gate config:3", "ops@192.0.2.1"]);
    assert!(
        table.rows.iter().any(|row| row[1] == "web config:6" && row[2].starts_with("ops@192.0.2.2, through gate")),
        "{table:#?}"
    );
    table.has_row(["", "registered"]);
    table.has_row(["", "github.com config:1", "Who signs in as git reaches a store of code, not a server"]);
    assert!(page.text(".changes details").contains("forwardagent (config:10)"), "{}", page.text(".changes details"));
    assert_eq!(page.texts(".tally dd"), ["2", "1", "1"]);
    assert_eq!(page.attributes("input[name=row][checked]", "value"), ["gate", "web"]);
    assert_eq!(names(&app).await, ["registered"]);
}

#[actix_web::test]
async fn the_chosen_servers_are_added_with_their_way_and_their_credential() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let form = [("format", "ssh-config"), ("text", CONFIG), ("row", "web")];
    administrator.post("/admin/imports", form).await.leads_to("/admin/servers");
    assert_eq!(names(&app).await, ["gate", "web"]);
    let list = administrator.get("/admin/servers").await.ok();
    list.table("table").has_row(["", "gate", "192.0.2.1"]);
    let log = audit(&app).await;
    assert!(log.contains(&"administrator create_server web succeeded".to_owned()), "{log:?}");
    assert!(log.contains(&"administrator create_credential ops succeeded".to_owned()), "{log:?}");
}

#[actix_web::test]
async fn sec_a11_importing_needs_a_password_that_was_entered_lately() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    app.advance(TimeDelta::minutes(11));
    let form = vec![("format", "ssh-config"), ("text", CONFIG), ("row", "gate")];
    let page = administrator.hx().post("/admin/imports", form.clone()).await.with_status(403);
    assert_eq!(page.attributes("input[name=row][checked]", "value"), ["gate"]);
    assert!(page.has("input[name='your-password']") && names(&app).await.is_empty());
    let with = |password| form.iter().copied().chain([("your-password", password)]).collect::<Vec<_>>();
    administrator.post("/admin/imports", with("wrong")).await.with_status(403);
    administrator.post("/admin/imports", with(PASSWORD)).await.leads_to("/admin/servers");
    assert_eq!(names(&app).await, ["gate"]);
}

#[actix_web::test]
async fn sec_s05_what_was_put_in_is_never_sent_back() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let text =
        "w1 ansible_host=192.0.2.5 ansible_user=ops ansible_password=canary-1 vault_token=canary-2\nbad canary-3\n";
    for asks in [administrator.clone(), administrator.hx()] {
        let form = [("format", "ansible"), ("text", text), ("known_hosts", "canary-4"), ("row", "w1")];
        let reply = asks.post("/admin/imports/previews", form).await;
        assert_eq!(reply.status, 200);
        assert!(!reply.body.contains("canary"), "{}", reply.body);
    }
}

#[actix_web::test]
async fn sec_w05_names_of_a_file_are_shown_as_text() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let text = "Host <img/src=x/onerror=alert(1)>\n  HostName 192.0.2.5\nHost a\u{202e}b\n  <script> x\n";
    let form = [("format", "ssh-config"), ("text", text)];
    let reply = administrator.hx().post("/admin/imports/previews", form).await;
    assert!(!reply.body.contains("<img") && !reply.body.contains("<script>"), "{}", reply.body);
    assert!(!reply.body.contains('\u{202e}'), "{}", reply.body);
}

#[actix_web::test]
async fn sec_z06_fields_that_the_form_does_not_have_are_refused() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    for form in [
        vec![("format", "ssh-config"), ("text", CONFIG), ("row", "gate"), ("path", "/etc/passwd")],
        vec![("format", "putty"), ("text", CONFIG), ("row", "gate")],
        vec![("format", "ssh-config"), ("text", ""), ("row", "gate")],
        vec![("format", "ssh-config"), ("text", CONFIG)],
    ] {
        let reply = administrator.post("/admin/imports", form).await;
        assert!([400, 422].contains(&reply.status.as_u16()), "{}", reply.status);
    }
    assert!(names(&app).await.is_empty());
}

#[actix_web::test]
async fn sec_z02_an_administrator_of_some_groups_reaches_no_further_by_importing() {
    let app = TestApp::start().await;
    let group = app.app.db.run(|connection| NewGroup { name: "own", note: "" }.insert(connection)).await.unwrap();
    server(&app, "secret", "192.0.2.9", 22).await;
    let limited = app.signed_in("limited", Role::Administrator, Scope::Groups(vec![group.id])).await;
    let form = [("format", "ssh-config"), ("text", CONFIG), ("row", "gate")];
    let page = limited.hx().post("/admin/imports/previews", form).await.ok();
    assert!(page.has(".notice[data-level=crit]") && !page.text(".changes").contains("secret"));
    limited.post("/admin/imports", form).await.with_status(422);
    assert_eq!(names(&app).await, ["secret"]);
}
