//! What every resource promises, whatever it is about.

use hannun::admin::RESOURCES;
use hannun::language::Language;
use hannun::models::actor::{Role, Scope};
use hannun::models::groups::NewGroup;

use super::{filled, pairs, server};
use crate::harness::app::TestApp;

#[actix_web::test]
async fn every_list_filter_order_and_form_of_every_resource_is_a_page() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    server(&app, "web-1", "192.0.2.10", 22).await;
    for resource in RESOURCES {
        let slug = resource.screen().slug;
        let list = administrator.get(&format!("/admin/{slug}")).await.ok();
        assert_eq!(list.heading(), format!("{} Admin", resource.screen().label));
        let links = list.attributes(".filters a, thead a, .pager a, td a", "href");
        for link in &links {
            assert_eq!(administrator.get(link).await.status, 200, "{link}");
        }
        let forms = list.attributes(".page-head a[data-kind=primary]", "href");
        assert_eq!(forms.len(), usize::from(resource.abilities().add.is_some()), "{slug}");
        for form in forms {
            administrator.get(&form).await.ok().form("#record");
        }
    }
}

#[test]
fn every_word_of_every_resource_has_its_korean() {
    let words = RESOURCES.iter().flat_map(|resource| resource.words());
    let missing: Vec<_> = words.filter(|word| !Language::Ko.knows(word)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[actix_web::test]
async fn every_choice_of_every_form_has_its_korean() {
    let app = TestApp::start().await;
    for resource in RESOURCES {
        let words = app.app.db.run(move |connection| resource.words_of_choices(connection)).await.unwrap();
        let missing: Vec<_> = words.into_iter().filter(|word| !Language::Ko.knows(word)).collect();
        assert!(missing.is_empty(), "{missing:#?}");
    }
}

#[actix_web::test]
async fn a_viewer_and_an_operator_cannot_open_the_admin_area() {
    let app = TestApp::start().await;
    for person in [app.viewer().await, app.operator().await] {
        assert_eq!(person.get("/admin").await.status, 403);
        for resource in RESOURCES {
            let path = format!("/admin/{}", resource.screen().slug);
            assert_eq!(person.get(&path).await.status, 403, "{path}");
            assert_eq!(person.post(&path, [("name", "x")]).await.status, 403, "{path}");
        }
    }
}

#[actix_web::test]
async fn sec_z02_who_is_limited_to_some_groups_looks_after_servers_alone() {
    let app = TestApp::start().await;
    let group = app.app.db.run(|connection| NewGroup { name: "web", note: "" }.insert(connection)).await.unwrap();
    let narrow = app.signed_in("narrow", Role::Administrator, Scope::Groups(vec![group.id])).await;
    for resource in RESOURCES {
        let slug = resource.screen().slug;
        let looks = match slug {
            // What is on one's own servers is looked after like these.
            "servers" | "terminals" => continue,
            "commands" | "checks" => true,
            _ => false,
        };
        let list = narrow.get(&format!("/admin/{slug}")).await.status;
        assert_eq!(list == 200, looks, "{slug}: {list}");
        for (path, form) in [
            (format!("/admin/{slug}"), vec![("name", "x")]),
            (format!("/admin/{slug}/1"), vec![("name", "x")]),
            (format!("/admin/{slug}/deletions"), vec![("row", "1")]),
            (format!("/admin/{slug}/actions"), vec![("action", "delete"), ("row", "1")]),
        ] {
            assert_eq!(narrow.post(&path, form).await.status, 403, "{path}");
        }
    }
    // Nobody gives themselves the rest.
    let itself = app.user("narrow", Role::Administrator, Scope::All).await;
    let more = [("role", "administrator"), ("sees", "all"), ("enabled", "on")];
    assert_eq!(narrow.post(&format!("/admin/users/{}", itself.id), more).await.status, 403);
    assert!(!app.user("narrow", Role::Administrator, Scope::All).await.all_groups);
    let refused = super::audit(&app).await;
    assert_eq!(refused[0], "narrow request admin/users refused", "whoever is refused a change is in the audit log");
}

#[actix_web::test]
async fn sec_z06_a_field_that_a_form_does_not_have_is_refused_and_nothing_is_saved() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let reply = administrator.post("/admin/groups", [("name", "web"), ("id", "1"), ("created_at", "now")]).await;
    let page = reply.with_status(422);
    assert!(page.text(".notice").contains("This form has no field id"), "{}", page.text(".notice"));
    assert!(administrator.get("/admin/groups").await.ok().texts("td .key").is_empty());
    let panel = [("name", "web"), ("note", ""), ("allow", "terminal"), ("try_on", "web-1")];
    assert_eq!(administrator.post("/admin/groups", panel).await.status, 422, "no form of this one has a panel");
    let actions = [("action", "delete"), ("row", "1"), ("role", "administrator")];
    assert_eq!(administrator.post("/admin/groups/actions", actions).await.status, 422);
    assert_eq!(administrator.post("/admin/groups/deletions", [("row", "1"), ("all", "1")]).await.status, 422);
}

#[actix_web::test]
async fn sec_z05_a_row_that_does_not_exist_and_a_resource_that_does_not_exist_are_not_found() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    for path in [
        "/admin/servers/99",
        "/admin/servers/99/delete",
        "/admin/servers/99/history",
        "/admin/nothing",
        "/admin/audit-events/1",
    ] {
        assert_eq!(administrator.get(path).await.status, 404, "{path}");
    }
}

#[actix_web::test]
async fn sec_z05_an_administrator_of_some_groups_does_not_see_other_servers() {
    let app = TestApp::start().await;
    let other = server(&app, "db-1", "192.0.2.20", 22).await;
    let mine = server(&app, "web-1", "192.0.2.10", 22).await;
    let group = app
        .app
        .db
        .run(move |connection| {
            let group = NewGroup { name: "web", note: "" }.insert(connection)?;
            mine.set_groups(connection, &[group.id])?;
            Ok::<_, hannun::error::Error>(group)
        })
        .await
        .unwrap();
    let narrow = app.signed_in("narrow", Role::Administrator, Scope::Groups(vec![group.id])).await;
    assert_eq!(narrow.get("/admin/servers").await.ok().texts("td .key"), ["web-1"]);
    assert_eq!(narrow.get(&format!("/admin/servers/{}", other.id)).await.status, 404);
    let gone = narrow.post("/admin/servers/deletions", [("row", other.id.to_string().as_str())]).await;
    assert_eq!(gone.status, 404);
}

#[actix_web::test]
async fn a_form_that_somebody_else_saved_meanwhile_is_refused_with_what_was_typed() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    administrator.post("/admin/groups", [("name", "web"), ("note", ""), ("allow", "terminal")]).await;
    let first = administrator.get("/admin/groups/1").await.ok();
    let second = administrator.get("/admin/groups/1").await.ok();
    app.advance(chrono::TimeDelta::seconds(1));
    let saved = administrator.post("/admin/groups/1", pairs(&filled(&first, &[("note", "one")]))).await;
    saved.leads_to("/admin/groups");
    let page =
        administrator.post("/admin/groups/1", pairs(&filled(&second, &[("note", "two")]))).await.with_status(422);
    assert!(page.text(".notice").contains("Somebody else changed this in the meantime"));
    assert_eq!(page.text("textarea[name=note]"), "two");
}

#[actix_web::test]
async fn save_and_add_another_leads_to_an_empty_form_and_a_name_that_is_taken_is_told_beside_it() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let form = [("name", "web"), ("note", "first"), ("allow", "terminal"), ("then", "another")];
    administrator.post("/admin/groups", form).await.leads_to("/admin/groups/new");
    let page = administrator.post("/admin/groups", form).await.with_status(422);
    assert_eq!(page.text("#p-name"), "There is a group named web already");
    assert_eq!(page.attribute("[name=name]", "value").as_deref(), Some("web"));
    assert_eq!(page.text("textarea[name=note]"), "first");
}
