//! Every door for every role, for one's own group and for another one: pages, streams and programs go by the same rules
//! (Z01, Z02, Z05).

use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use hannun::commands::metrics::SampleMetrics;
use hannun::commands::{Command, Platform};
use hannun::error::Error;
use hannun::metrics::rates::Reading;
use hannun::metrics::sampler::Recorder;
use hannun::metrics::store::Store;
use hannun::models::actor::{Rights, Role, Scope};
use hannun::models::api_tokens::NewApiToken;
use hannun::models::groups::{Group, NewGroup};
use hannun::models::ids::{GroupId, ServerId};
use hannun::models::platforms::DetectedPlatform;
use hannun::models::servers::{NewServer, Server};
use hannun::routes;
use hannun::web::router::Route;

use crate::harness::app::TestApp;
use crate::harness::client::{Ask, Client, Reply};

const SAMPLE: &[u8] = include_bytes!("../../fixtures/commands/sample_metrics/debian-12.txt");
const ROLES: [Role; 3] = [Role::Viewer, Role::Operator, Role::Administrator];

/// A group with a server in it.
struct Place {
    name: &'static str,
    group: GroupId,
    server: ServerId,
}

impl Place {
    /// The group and the server of `name`; what a request before took away is there again.
    async fn ensure(app: &TestApp, name: &'static str) -> Self {
        let now = app.database.now();
        let (group, server) = app
            .app
            .db
            .run(move |connection| {
                let known = Group::all(connection)?.into_iter().find(|group| group.name == name);
                let group = match known {
                    Some(group) => group,
                    None => NewGroup { name, note: "" }.insert(connection)?,
                };
                let server = match Server::by_name(connection, &Scope::All, name) {
                    Ok(server) => server,
                    Err(_) => NewServer::new(name, "127.0.0.1").insert(connection)?,
                };
                server.set_groups(connection, &[group.id])?;
                let platform = DetectedPlatform::new(server.id, &Platform::default(), now);
                platform.save(connection)?;
                Ok::<_, Error>((group.id, server.id))
            })
            .await
            .unwrap();
        // A stream begins with the latest sample; without one it would wait.
        let sample = SampleMetrics.parse("linux-frame", SAMPLE).unwrap();
        let reading = Reading { sample, at: Duration::from_secs(1), round_trip: Duration::ZERO };
        let mut recorder = Recorder::new(server, app.app.live.server(server), Store::default());
        recorder.take(now, reading, Duration::from_secs(30));
        Self { name, group, server }
    }

    /// The path of a route about this place; none where the route is about no server and no group.
    fn path(&self, route: &Route) -> Option<String> {
        let id = self.server.to_string();
        let path = match route.path {
            path if path.starts_with("/admin/servers/{id}") => path.replace("{id}", &id),
            path if path.starts_with("/admin/{resource}/{id}") => {
                path.replace("{resource}", "servers").replace("{id}", &id)
            }
            path if path.contains("{server}") => {
                let about_files = path.starts_with("/api/")
                    && ["/files", "/content", "/archive"].iter().any(|end| path.ends_with(end));
                let about_a_table = ["/cron/content", "/cron/versions"].iter().any(|end| path.ends_with(end));
                let query = match (about_files, about_a_table) {
                    (_, true) if path.starts_with("/api/") => "?table=user:root",
                    (_, true) => "?tab=user:root",
                    (true, false) => "?path=/a",
                    (false, false) => "",
                };
                path.replace("{server}", self.name).replace("{pid}", "1").replace("{unit}", "cron.service") + query
            }
            path if path.contains("{group}") => path.replace("{group}", self.name),
            _ => return None,
        };
        Some(path)
    }
}

/// What came of it, in one word.
fn word(reply: &Reply) -> &'static str {
    match reply.status {
        StatusCode::UNAUTHORIZED => "sign in",
        StatusCode::SEE_OTHER if reply.set_cookie("return").is_some() => "sign in",
        StatusCode::FORBIDDEN => "no",
        StatusCode::NOT_FOUND => "not found",
        _ => "yes",
    }
}

async fn by_page(client: &Client, method: &Method, path: &str) -> &'static str {
    let token = client.token().await;
    let ask = client.ask(method.clone(), path).header("Sec-Fetch-Site", "same-origin").header("X-CSRF-Token", &token);
    word(&with_body(ask, method, path).send().await)
}

async fn by_token(client: &Client, token: &str, method: &Method, path: &str) -> &'static str {
    let ask = client.ask(method.clone(), path).header("Authorization", &format!("Bearer {token}"));
    word(&with_body(ask, method, path).send().await)
}

/// A key of somebody that comes or goes.
const KEY: &str = r#"{"path":"/a","seen":"0"}"#;

/// With a body that the handler takes, so that what it says is about the place and not about the body.
fn with_body<'c>(ask: Ask<'c>, method: &Method, path: &str) -> Ask<'c> {
    if *method == Method::DELETE && path.ends_with("/firewall/rules") {
        return ask.body("application/json", r#"{"rule":"4f1c2a9d0b7e6c58"}"#);
    }
    if *method == Method::DELETE && path.ends_with("/keys") {
        return ask.body("application/json", KEY);
    }
    if path.contains("/files/content") || path.contains("/cron/content") {
        let ask = ask.header("If-Match", "1:1:1:1");
        return if *method == Method::PUT { ask.body("application/octet-stream", "a") } else { ask };
    }
    if method.is_safe() || *method == Method::DELETE {
        return ask;
    }
    match (path.starts_with("/api/"), path.ends_with("/host-key")) {
        (true, true) => ask.body("application/json", r#"{"fingerprint":"SHA256:x"}"#),
        (true, false) if path.contains("/files/") => {
            let fields = match path.rsplit('/').next() {
                Some("directories") => r#"{"path":"/a"}"#,
                Some("moves") => r#"{"path":"/a","to":"/b","seen":"1:1:1:1"}"#,
                Some("attributes") => r#"{"path":"/a","seen":"1:1:1:1","mode":"0600"}"#,
                _ => r#"{"path":"/a","seen":"1:1:1:1"}"#,
            };
            ask.body("application/json", fields)
        }
        (true, false) if path.ends_with("/actions") => ask.body("application/json", r#"{"action":"start"}"#),
        (true, false) if path.ends_with("/removals") => ask.body("application/json", r#"{"package":"nginx"}"#),
        (true, false) if path.ends_with("/inspections") => ask.body("application/json", r#"{"artifact":1}"#),
        (true, false) if path.ends_with("/firewall/checks") => ask.body("application/json", r#"{"port":22}"#),
        (true, false) if path.ends_with("/firewall/rules") => {
            ask.body("application/json", r#"{"action":"allow","protocol":"tcp","port":"8443"}"#)
        }
        (true, false) if path.ends_with("/cron/runs") => {
            ask.body("application/json", r#"{"table":"user:root","etag":"0","line":1}"#)
        }
        (true, false) if path.ends_with("/keys") => ask.body("application/json", KEY),
        (true, false) => ask.body("application/json", "{}"),
        (false, false) if path.ends_with("/favourite") => ask.form([("favourite", "on")]),
        (false, false) if path.ends_with("/files/uploads") => {
            let part = "--x\r\nContent-Disposition: form-data; name=\"path\"\r\n\r\n/\r\n--x--\r\n";
            ask.body("multipart/form-data; boundary=x", part)
        }
        (false, false) if path.contains("/files/") => {
            let mut fields = vec![("path", "/a"), ("as", "user")];
            fields.extend(match path.rsplit('/').next() {
                Some("directories" | "texts") => vec![("name", "b")],
                Some("moves") => vec![("seen", "1:1:1:1"), ("name", "b")],
                Some("modes") => vec![("seen", "1:1:1:1"), ("mode", "0600")],
                Some("owners") => vec![("seen", "1:1:1:1"), ("owner", "root"), ("group", "root")],
                Some("edits") => vec![("seen", "1:1:1:1"), ("digest", ""), ("text", "")],
                _ => vec![("seen", "1:1:1:1")],
            });
            ask.form(fields)
        }
        (false, false) if path.contains("/packages/artifacts/") && path.ends_with("/installations") => {
            ask.form([("sha256", "0")])
        }
        (false, false) if path.ends_with("/packages/installations") || path.ends_with("/packages/removals") => {
            ask.form([("package", "nginx"), ("seen", "0")])
        }
        (false, false) if path.ends_with("/services/actions") => {
            ask.form([("unit", "cron.service"), ("action", "start")])
        }
        (false, false) if path.ends_with("/terminal/commands") => ask.form([("command", "true")]),
        (false, false) if path.ends_with("/saved-commands") => ask.form([("name", "a"), ("command", "true")]),
        (false, false) if path.ends_with("/cron/runs") => {
            ask.form([("tab", "user:root"), ("line", "1"), ("digest", "0")])
        }
        (false, false) if path.ends_with("/packages/updates") => ask.form([("seen", "0")]),
        (false, false) if path.ends_with("/confirmations") || path.ends_with("/undoings") => {
            ask.form([("change", "1")])
        }
        (false, true) => ask.form([("answer", "trust"), ("fingerprint", "SHA256:x")]),
        (false, false) => ask.form([]),
    }
}

async fn token(app: &TestApp, role: Role, group: GroupId) -> String {
    let (now, name) = (app.database.now(), format!("token-{}", role.name()));
    let made = app.app.db.run(move |connection| {
        let scope = Scope::Groups(vec![group]);
        NewApiToken { name: &name, user_id: None, role, scope, expires_at: None }.insert(connection, now)
    });
    made.await.unwrap().0.expose().clone()
}

/// The routes that are about one server or one group.
fn about_a_place() -> Vec<Route> {
    let about = |route: &Route| ["{server}", "{group}", "{id}"].iter().any(|part| route.path.contains(part));
    routes::all().into_iter().filter(about).collect()
}

#[actix_web::test]
async fn sec_z01_every_route_knows_one_s_own_group_from_another() {
    let app = TestApp::start().await;
    let own = Place::ensure(&app, "mine-a1").await;
    let scope = Scope::Groups(vec![own.group]);
    let mut people = vec![("nobody", app.browser())];
    for role in ROLES {
        people.push((role.name(), app.signed_in(role.name(), role, scope.clone()).await));
    }
    // Operator in the one, viewer in the other.
    let other = Place::ensure(&app, "foreign-b2").await;
    let mut rights = Rights::new(Role::Operator, Scope::Groups(vec![own.group, other.group]));
    rights.group_roles.insert(other.group, Role::Viewer);
    let careful = app.signed_in_with("careful", rights).await;
    let mut lines = Vec::new();
    for route in about_a_place() {
        let mut doors = Vec::new();
        for name in ["mine-a1", "foreign-b2"] {
            for (_, person) in &people {
                let place = Place::ensure(&app, name).await;
                doors.push(by_page(person, &route.method, &place.path(&route).unwrap()).await);
            }
        }
        let (mine, others) = doors.split_at(people.len());
        let mut of_careful = Vec::new();
        for name in ["mine-a1", "foreign-b2"] {
            let place = Place::ensure(&app, name).await;
            of_careful.push(by_page(&careful, &route.method, &place.path(&route).unwrap()).await);
        }
        lines.push(format!(
            "{:6} {:44} {} || {} || {}",
            route.method.as_str(),
            route.path,
            mine.join(" | "),
            others.join(" | "),
            of_careful.join(" | ")
        ));
        assert!(
            !others.contains(&"yes"),
            "{} {} lets somebody of another group in: {doors:?}",
            route.method,
            route.path
        );
    }
    assert!(lines.len() > 25, "{}", lines.len());
    insta::assert_snapshot!(lines.join("\n"));
}

#[actix_web::test]
async fn sec_z02_a_program_is_let_in_where_a_person_with_its_role_and_groups_is() {
    let app = TestApp::start().await;
    let own = Place::ensure(&app, "mine-a1").await;
    let (scope, program) = (Scope::Groups(vec![own.group]), app.browser());
    let mut compared = 0;
    for role in ROLES {
        let person = app.signed_in(role.name(), role, scope.clone()).await;
        let token = token(&app, role, own.group).await;
        for route in about_a_place().iter().filter(|route| route.path.starts_with("/api/v1/")) {
            for name in ["mine-a1", "foreign-b2"] {
                let path = Place::ensure(&app, name).await.path(route).unwrap();
                let by_page = by_page(&person, &route.method, &path).await;
                Place::ensure(&app, name).await;
                let by_token = by_token(&program, &token, &route.method, &path).await;
                assert_eq!(by_token, by_page, "{} {} {path}", role.name(), route.method);
                compared += 1;
            }
        }
    }
    assert!(compared > 100, "{compared}");
}

#[actix_web::test]
async fn sec_z02_lists_forms_and_exports_of_all_servers_hold_those_of_one_s_groups_alone() {
    let app = TestApp::start().await;
    let (own, _) = (Place::ensure(&app, "mine-a1").await, Place::ensure(&app, "foreign-b2").await);
    let scope = Scope::Groups(vec![own.group]);
    let administrator = app.signed_in("administrator", Role::Administrator, scope).await;
    for path in [
        "/",
        "/servers/options?q=",
        "/admin/servers",
        "/admin/servers/new",
        "/admin/inventory/export",
        "/api/v1/servers",
        "/api/v1/groups",
        "/api/v1/inventory",
        "/metrics?servers=1",
    ] {
        let reply = administrator.get(path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert!(reply.body.contains("mine-a1"), "{path}: {}", reply.body);
        assert!(!reply.body.contains("foreign-b2"), "{path}: {}", reply.body);
    }
}
