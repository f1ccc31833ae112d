//! People: rights, passwords set by an administrator, and who cannot be shut out.

use super::{audit, filled, pairs};
use crate::harness::app::{PASSWORD, TestApp};
use hannun::models::actor::{Role, Scope};
use hannun::models::groups::NewGroup;
use hannun::models::permission::Permission;
use hannun::models::users::User;

fn form() -> Vec<(&'static str, &'static str)> {
    vec![
        ("name", "anna"),
        ("password", "seven grey seagulls"),
        ("role", "operator"),
        ("sees", "all"),
        ("enabled", "on"),
    ]
}

#[actix_web::test]
async fn an_administrator_adds_a_person_who_can_sign_in() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    administrator.post("/admin/users", form()).await.leads_to("/admin/users");
    administrator.get("/admin/users").await.ok().table("table").has_row([
        "",
        "anna",
        "Operator",
        "All servers",
        "Enabled",
    ]);
    let signed_in = app.browser().post("/sign-in", [("name", "anna"), ("password", "seven grey seagulls")]).await;
    assert_eq!(signed_in.status, 303);
    assert!(audit(&app).await.contains(&"administrator create_user anna succeeded".to_owned()));
}

#[actix_web::test]
async fn sec_a13_a_weak_password_is_told_beside_the_field() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    for weak in ["", "short", "password1234"] {
        let mut form = form();
        form[1].1 = weak;
        let page = administrator.post("/admin/users", form).await.with_status(422);
        assert!(!page.text("#p-password").is_empty(), "{weak}");
    }
}

#[actix_web::test]
async fn sec_a08_less_rights_a_new_password_and_disabling_end_sessions() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    for change in [("role", "viewer"), ("password", "nine small sparrows"), ("sees", "groups")] {
        let browser = app.signed_in("operator", Role::Operator, Scope::All).await;
        assert_eq!(browser.get("/account").await.status, 200);
        let id = app.user("operator", Role::Operator, Scope::All).await.id;
        let path = format!("/admin/users/{id}");
        app.advance(chrono::TimeDelta::seconds(1));
        let page = administrator.get(&path).await.ok();
        administrator.post(&path, pairs(&filled(&page, &[change]))).await.leads_to("/admin/users");
        assert_eq!(browser.get("/account").await.status, 303, "{change:?}");
    }
    let browser = app.viewer().await;
    let id = app.user("viewer", Role::Viewer, Scope::All).await.id.to_string();
    administrator
        .post("/admin/users/actions", [("action", "disable_user"), ("row", id.as_str())])
        .await
        .leads_to("/admin/users");
    assert_eq!(browser.get("/account").await.status, 303);
    assert_eq!(app.browser().post("/sign-in", [("name", "viewer"), ("password", PASSWORD)]).await.status, 422);
}

#[actix_web::test]
async fn nobody_demotes_or_disables_themselves_and_the_last_administrator_stays() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let id = app.user("administrator", Role::Administrator, Scope::All).await.id;
    let path = format!("/admin/users/{id}");
    let page = administrator.get(&path).await.ok();
    let demoted = administrator.post(&path, pairs(&filled(&page, &[("role", "viewer")]))).await.with_status(422);
    assert!(demoted.text("#p-role").starts_with("You cannot take this role from yourself"));
    let mut form = filled(&page, &[]);
    form.retain(|(name, _)| name != "enabled");
    let disabled = administrator.post(&path, pairs(&form)).await.with_status(422);
    assert!(disabled.text("#p-enabled").starts_with("You cannot disable yourself"));
    let row = id.to_string();
    let action = [("action", "disable_user"), ("row", row.as_str())];
    assert_eq!(administrator.post("/admin/users/actions", action).await.status, 409);
    let deletion = administrator.post("/admin/users/deletions", [("row", row.as_str())]).await;
    assert_eq!(deletion.status, 403);
    assert_eq!(administrator.get("/account").await.status, 200);
}

#[actix_web::test]
async fn a_name_is_given_once() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let id = app.user("viewer", Role::Viewer, Scope::All).await.id;
    let path = format!("/admin/users/{id}");
    let page = administrator.get(&path).await.ok();
    assert!(!page.has("[name=name]"));
    let mut form = filled(&page, &[]);
    form.push(("name".to_owned(), "somebody".to_owned()));
    administrator.post(&path, pairs(&form)).await.leads_to("/admin/users");
    assert!(administrator.get("/admin/users").await.ok().texts("td .key").contains(&"viewer".to_owned()));
}

#[actix_web::test]
async fn sec_z07_another_role_in_a_group_and_what_somebody_may_not_do_are_set_in_the_form() {
    let app = TestApp::start().await;
    for name in ["web", "db"] {
        app.app.db.run(move |connection| NewGroup { name, note: "" }.insert(connection)).await.unwrap();
    }
    let administrator = app.administrator().await;
    let with = |more: &[(&'static str, &'static str)]| [form(), more.to_vec()].concat();
    let page = administrator.post("/admin/users", with(&[("operator_in", "web"), ("viewer_in", "web")])).await;
    assert!(page.with_status(422).text("#p-viewer_in").contains("Choose one role in web"));
    administrator
        .post("/admin/users", with(&[("viewer_in", "db"), ("withheld", "terminal"), ("withheld", "root")]))
        .await
        .leads_to("/admin/users");
    let row = administrator.get("/admin/users").await.ok();
    assert!(row.text("tbody").contains("db: viewer"));
    let anna = app.app.db.run(|connection| {
        let anna = User::by_name(connection, "anna")?.unwrap();
        Ok::<_, hannun::error::Error>((anna.id, anna.rights(connection)?))
    });
    let (id, rights) = anna.await.unwrap();
    assert_eq!(rights.group_roles.values().collect::<Vec<_>>(), [&Role::Viewer]);
    assert_eq!(rights.withheld, [Permission::Terminal, Permission::Root].into());

    let path = format!("/admin/users/{id}");
    let page = administrator.get(&path).await.ok();
    let mut limited = filled(&page, &[("sees", "groups")]);
    limited.push(("groups".to_owned(), "web".to_owned()));
    let page = administrator.post(&path, pairs(&limited)).await.with_status(422);
    assert!(page.text("#p-viewer_in").contains("They do not see the servers of db"));
}
