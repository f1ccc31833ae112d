//! Checks in the administration: filled in, tried, saved, switched off, deleted.

use hannun::models::actor::{Role, Scope};
use hannun::models::check_results::CheckResult;
use hannun::models::groups::NewGroup;

use super::{audit, events, filled, pairs, server};
use crate::harness::app::TestApp;
use crate::harness::fake_host::{Act, FakeHost, Manner};
use crate::harness::known;

const DEBIAN: &str = include_str!("../../fixtures/commands/detect_platform/debian-12.txt");

/// A form that can be saved, with these fields set instead.
fn form<'f>(fields: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let mut form = vec![
        ("name", "queue"),
        ("answer", "number"),
        ("script", "MINE queue"),
        ("unit", "count"),
        ("unit_word", "jobs"),
        ("warning", "10"),
        ("critical", "100.5"),
        ("direction", "above"),
        ("interval_seconds", "60"),
        ("timeout_seconds", "10"),
        ("enabled", "on"),
        ("sees", "all"),
        ("labels", ""),
        ("on", ""),
        ("note", ""),
    ];
    form.retain(|(name, _)| fields.iter().all(|(field, _)| field != name));
    form.extend(fields);
    form
}

/// How many pairs of a check and a server there are.
async fn planned(app: &TestApp) -> usize {
    app.app.db.run(CheckResult::due_times).await.unwrap().len()
}

#[actix_web::test]
async fn a_check_is_added_changed_switched_off_and_deleted() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    server(&app, "web-1", "192.0.2.10", 22).await;
    administrator.post("/admin/checks", form(&[])).await.leads_to("/admin/checks");
    assert_eq!(planned(&app).await, 1, "it is planned at once");
    let list = administrator.get("/admin/checks").await.ok();
    assert_eq!(list.table("table").rows[0][1..7], ["queue", "A number", "All servers", "1", "60 s", "On"]);

    let page = administrator.get("/admin/checks/1").await.ok();
    assert!(!page.has("input[name=name]"), "its name stays: its numbers are kept under it");
    assert_eq!(page.attribute("[name=critical]", "value").as_deref(), Some("100.5"));
    let form = filled(&page, &[("critical", ""), ("interval_seconds", "300")]);
    administrator.post("/admin/checks/1", pairs(&form)).await.leads_to("/admin/checks");
    assert_eq!(events(&app).await[0].details.0["interval_seconds"], r#"["60","300"]"#);

    let stop = [("action", "stop_check"), ("row", "1")];
    administrator.post("/admin/checks/actions", stop).await.leads_to("/admin/checks");
    assert_eq!(planned(&app).await, 0);
    assert_eq!(administrator.get("/admin/checks?runs=off").await.ok().texts("td .key"), ["queue"]);

    let page = administrator.get("/admin/checks/1/delete").await.ok();
    assert!(page.text(".hints").contains("numbers over time stay"));
    administrator.post("/admin/checks/deletions", [("row", "1")]).await.leads_to("/admin/checks");
    let log = audit(&app).await;
    let words = ["delete_check", "stop_check", "change_check", "create_check"];
    assert_eq!(log, words.map(|word| format!("administrator {word} queue succeeded")));
}

#[actix_web::test]
async fn what_cannot_be_is_told_beside_its_field() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    for (field, value, says) in [
        ("name", "Queue", "lower-case"),
        ("name", "-queue", "lower-case"),
        ("answer", "sound", "to choose"),
        ("script", " ", "needed"),
        ("warning", "many", "no number"),
        ("warning", "inf", "no number"),
        ("critical", "5", "must come before"),
        ("interval_seconds", "5", "10"),
        ("timeout_seconds", "61", "60"),
        ("unit_word", "a word that is too long", "16"),
        ("on", "planet: mars", "unknown field"),
    ] {
        let page = administrator.post("/admin/checks", form(&[(field, value)])).await.with_status(422);
        let problem = page.text(&format!("#p-{field}"));
        assert!(problem.contains(says), "{field}={value}: {problem}");
    }
    let page = administrator.post("/admin/checks", form(&[("answer", "text")])).await.with_status(422);
    assert_eq!(page.text("#p-warning"), "A text has no limits");
    administrator.post("/admin/checks", form(&[])).await.leads_to("/admin/checks");
    let page = administrator.post("/admin/checks", form(&[])).await.with_status(422);
    assert_eq!(page.text("#p-name"), "There is a check named queue already");
}

#[actix_web::test]
async fn a_check_is_tried_before_it_is_saved() {
    let manner = Manner::default().when("MINE", Act::answer("12\n", "", 0));
    let host = FakeHost::start(manner.when("os-release", Act::answer(DEBIAN, "", 0))).await;
    let app = TestApp::start().await;
    known::add(&app, "web-1", &host.endpoint()).await;
    let administrator = app.administrator().await;
    let block = administrator.hx().post("/admin/checks/trials", form(&[("try_on", "web-1")])).await.ok();
    assert!(block.text(".tried").starts_with("It worked"), "{}", block.text("main"));
    block.table(".answer table").has_row(["12"]);
    let block =
        administrator.hx().post("/admin/checks/trials", form(&[("try_on", "web-1"), ("answer", "table")])).await;
    block.ok().table(".answer table").has_row(["12"]);
    assert_eq!(audit(&app).await[0], "administrator try_command check queue succeeded");
}

#[actix_web::test]
async fn sec_z02_who_has_some_groups_sees_the_checks_that_concern_them_and_changes_none() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let group = |name: &'static str| app.app.db.run(move |connection| NewGroup { name, note: "" }.insert(connection));
    let (web, db) = (group("web").await.unwrap(), group("db").await.unwrap());
    for (name, group) in [("of-web", &web), ("of-db", &db)] {
        let fields = [("name", name), ("sees", "groups"), ("groups", group.name.as_str())];
        administrator.post("/admin/checks", form(&fields)).await.leads_to("/admin/checks");
    }
    administrator.post("/admin/checks", form(&[])).await.leads_to("/admin/checks");
    let narrow = app.signed_in("narrow", Role::Administrator, Scope::Groups(vec![web.id])).await;
    assert_eq!(narrow.get("/admin/checks").await.ok().texts("td .key"), ["of-web", "queue"]);
    let page = narrow.get("/admin/checks/1").await.ok();
    assert!(!page.has("#record button[type=submit]"), "there is nothing to save");
    assert_eq!(narrow.post("/admin/checks/1", form(&[("note", "x")])).await.status, 403);
    let stop = [("action", "stop_check"), ("row", "1")];
    assert_eq!(narrow.post("/admin/checks/actions", stop).await.status, 403);
    assert_eq!(narrow.post("/admin/checks/deletions", [("row", "1")]).await.status, 403);
    assert_eq!(narrow.post("/admin/checks", form(&[("name", "theirs")])).await.status, 403);
}
