//! Z07: what a role brings, and where: another role in a group, and what is withheld.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use actix_web::http::Method;
use hannun::error::{Error, RemoteError};
use hannun::models::actor::{Rights, Role, Scope};
use hannun::models::api_tokens::NewApiToken;
use hannun::models::groups::NewGroup;
use hannun::models::ids::GroupId;
use hannun::models::permission::Permission;
use hannun::models::server_states::ServerState;
use hannun::models::servers::NewServer;

use crate::harness::app::TestApp;

/// Servers `web-1` and `db-1` in groups `web` and `db`, neither of which answers.
async fn two_groups(app: &TestApp) -> [GroupId; 2] {
    let now = app.database.now();
    let made = app.app.db.run(move |connection| {
        let mut groups = Vec::new();
        for (group, server) in [("web", "web-1"), ("db", "db-1")] {
            let group = NewGroup { name: group, note: "" }.insert(connection)?.id;
            let server = NewServer::new(server, "192.0.2.1").insert(connection)?;
            server.set_groups(connection, &[group])?;
            let gone = RemoteError::Unreachable { server: server.name.clone(), why: "no route to host".into() };
            ServerState::failed(connection, server.id, &gone, now)?;
            groups.push(group);
        }
        Ok::<_, Error>([groups[0], groups[1]])
    });
    made.await.unwrap()
}

/// Operator everywhere but in `db`.
fn careful(db: GroupId) -> Rights {
    let group_roles = BTreeMap::from([(db, Role::Viewer)]);
    Rights { group_roles, ..Rights::new(Role::Operator, Scope::All) }
}

#[test]
fn sec_z07_each_permission_by_role_by_group_and_by_what_is_withheld() {
    let [web, db] = [1, 2].map(GroupId);
    let in_web = BTreeMap::from([(web, Role::Operator)]);
    let without = [Permission::Terminal, Permission::Root].into();
    let people = [
        ("viewer", Rights::new(Role::Viewer, Scope::All)),
        ("operator", Rights::new(Role::Operator, Scope::All)),
        ("administrator", Rights::new(Role::Administrator, Scope::All)),
        ("viewer, operator in web", Rights { group_roles: in_web, ..Rights::new(Role::Viewer, Scope::All) }),
        ("operator, viewer in db", careful(db)),
        ("operator, no terminal, not as root", Rights { withheld: without, ..Rights::new(Role::Operator, Scope::All) }),
    ];
    let mut table = format!("{:12} {:36} {:5} {:5} no group\n", "", "", "web", "db");
    for permission in Permission::ALL {
        for (name, rights) in &people {
            let word = |groups: &[GroupId]| if rights.allow(permission, groups) { "yes" } else { "-" };
            let (on_web, on_db, on_other) = (word(&[web]), word(&[db]), word(&[]));
            writeln!(table, "{:12} {name:36} {on_web:5} {on_db:5} {on_other}", permission.name()).unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

#[actix_web::test]
async fn sec_z07_an_operator_who_is_only_viewer_in_a_group_may_only_look_there_by_page_and_by_token() {
    let app = TestApp::start().await;
    let [_, db] = two_groups(&app).await;
    let careful = app.signed_in_with("jiwon", careful(db)).await;
    for (server, may) in [("web-1", true), ("db-1", false)] {
        let page = careful.get(&format!("/servers/{server}")).await.ok();
        let form = format!("form[action=\"/servers/{server}/connections\"]");
        assert!(!page.has(&form), "without a credential nothing is offered");
        let tried = careful.post(&format!("/servers/{server}/connections"), []).await;
        assert_eq!(tried.status.as_u16() != 403, may, "{server}: {}", tried.body);
    }
    let (owner, now) = (app.user("jiwon", Role::Operator, Scope::All).await.id, app.database.now());
    let made = app.app.db.run(move |connection| {
        let (role, scope) = (Role::Operator, Scope::All);
        NewApiToken { name: "ci", user_id: Some(owner), role, scope, expires_at: None }.insert(connection, now)
    });
    let bearer = format!("Bearer {}", made.await.unwrap().0.expose());
    let program = app.browser();
    let refused = program.ask(Method::POST, "/api/v1/servers/db-1/connection").header("Authorization", &bearer);
    let refused = refused.send().await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("You may not do this on db-1: connect anew"), "{}", refused.body);
    let allowed = program.ask(Method::POST, "/api/v1/servers/web-1/connection").header("Authorization", &bearer);
    assert_ne!(allowed.send().await.status, 403);

    let events = app.audit().await;
    let refusals: Vec<String> = events
        .iter()
        .filter(|event| event.outcome.name() == "refused")
        .map(|event| format!("{} {} {}", event.actor, event.action, event.server))
        .collect();
    assert_eq!(refusals, ["ci test_connection db-1", "jiwon connect db-1"]);
}

#[actix_web::test]
async fn sec_z07_a_viewer_who_is_operator_in_a_group_gets_through_doors_for_operators_and_no_further() {
    let app = TestApp::start().await;
    let [web, _] = two_groups(&app).await;
    let group_roles = BTreeMap::from([(web, Role::Operator)]);
    let rights = Rights { group_roles, ..Rights::new(Role::Viewer, Scope::All) };
    let person = app.signed_in_with("min", rights).await;
    assert_ne!(person.post("/servers/web-1/connections", []).await.status, 403);
    assert_eq!(person.post("/servers/db-1/connections", []).await.status, 403);
    assert_eq!(person.get("/admin").await.status, 403);
}
