//! Looking changes nothing (W01), and what is stored tells no secret to whoever gets a copy (S01, A05).

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Arc;

use actix_web::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hannun::db::roles::APPLICATION_ROLE;
use hannun::models::actor::{Role, Scope};
use hannun::models::api_tokens::NewApiToken;
use hannun::models::channels::NewChannel;
use hannun::models::runs::{Cause, NewRun, RunState};
use hannun::models::scenarios::NewDestination;
use hannun::models::servers::NewServer;
use hannun::models::users::User;
use hannun::queue;
use hannun::routes;
use serde_json::json;

use crate::harness::app::{PASSWORD, TestApp};
use crate::harness::client::Client;
use crate::harness::database::TestDatabase;
use crate::harness::scenarios::{channel_values, due};
use crate::harness::ssh::fixture_key;

/// What may change by looking: when a session or token was used last, and what a server said when it was asked.
const MAY_CHANGE: &[&str] = &[
    "sessions",
    "api_tokens",
    "platforms",
    "root_rights",
    "server_states",
    "metric_inbox",
    "metric_blocks*",
    "metric_progress",
    "series",
];

/// The database as text, without the contents of these tables.
fn dump(database: &TestDatabase, without: &[&str]) -> String {
    let mut command = Command::new(pg_dump());
    command.args(["--data-only", "--inserts", "--no-owner", "--no-comments"]);
    for table in without {
        command.arg(format!("--exclude-table-data={table}"));
    }
    let output = command.arg(database.owner_url().expose()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // A number that is another one each time.
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter(|line| !line.contains("restrict ")).collect::<Vec<_>>().join("\n")
}

/// The program that belongs to the server's version.
fn pg_dump() -> std::path::PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let newest = versions.map(|entry| entry.unwrap().path().join("bin/pg_dump")).filter(|path| path.exists()).max();
    newest.unwrap_or_else(|| "pg_dump".into())
}

/// Something of everything that there are pages about.
async fn furnished() -> (TestApp, Client) {
    let app = TestApp::start().await;
    queue::set_up(&app.database.owner_url(), Some(APPLICATION_ROLE)).await.unwrap();
    let administrator = app.administrator().await;
    let credential = [
        ("name", "deploy"),
        ("user_name", "deploy"),
        ("kind", "private_key"),
        ("private_key", &*fixture_key("ed25519_encrypted")),
        ("passphrase", crate::harness::ssh::PASSWORD),
        ("privilege", "sudo_password"),
        ("sudo_password", "canary-sudo-5b1e77"),
    ];
    administrator.post("/admin/credentials", credential).await.leads_to("/admin/credentials");
    let credential = [
        ("name", "lab"),
        ("user_name", "root"),
        ("kind", "password"),
        ("password", "canary-password-90ad13"),
        ("privilege", "none"),
    ];
    administrator.post("/admin/credentials", credential).await.leads_to("/admin/credentials");
    administrator
        .post("/admin/groups", [("name", "web"), ("note", ""), ("allow", "terminal")])
        .await
        .leads_to("/admin/groups");
    app.app.db.run(|connection| NewServer::new("web-1", "127.0.0.1").insert(connection)).await.unwrap();
    let command = [("command_type", "list_processes"), ("name", "ours"), ("on", "os: linux"), ("format", "table")];
    let command = command.into_iter().chain([("script", "echo")]);
    administrator.post("/admin/commands", command).await.leads_to("/admin/commands");
    let check = [("name", "queue"), ("answer", "number"), ("script", "echo 1"), ("unit", "count"), ("sees", "all")];
    let check = check.into_iter().chain([("direction", "above"), ("interval_seconds", "60"), ("timeout_seconds", "9")]);
    administrator.post("/admin/checks", check).await.leads_to("/admin/checks");
    assert_eq!(administrator.post("/run", [("servers", "web-1"), ("command", "id")]).await.status, 303);
    add_scenario(&app).await;
    (app, administrator)
}

/// A scenario that tells through a channel, with a run.
async fn add_scenario(app: &TestApp) {
    let (sealer, now) = (Arc::clone(&app.app.sealer), app.database.now());
    let added = app.app.db.transaction(move |connection| {
        let owner = User::by_name(connection, "administrator")?.unwrap();
        let values = channel_values("slack", json!({ "url": "https://hooks.example/canary-channel-31c5aa" }));
        let channel = NewChannel { name: "ops", kind: "slack", values: &values }.insert(connection, &sealer, now)?;
        let destination = NewDestination {
            kind: "slack".to_owned(),
            settings: json!({ "text": "{{ cpu.total }}", "color": "none" }),
            channel_id: Some(channel.id),
            condition: json!({ "kind": "always" }),
            at_most_once: false,
        };
        let schedule = json!({ "when": { "kind": "cron", "expression": "50 8 * * *" }, "time_zone": "Asia/Seoul" });
        let scenario = due(schedule, now).insert(connection, owner.id, &[destination])?;
        let run = NewRun {
            scenario_id: scenario.id,
            scheduled_for: Some(now),
            cause: Cause::Cron,
            started_by: String::new(),
            is_late: false,
            missed: json!([]),
            state: RunState::Skipped,
            queued_at: now,
            ended_at: Some(now),
            why: None,
        };
        Ok(NewRun::insert_all(connection, &[run])?)
    });
    assert_eq!(added.await.unwrap().len(), 1);
}

/// Every address that can be looked at, about what [`furnished`] put there. A stream only waits here, and its first look is
/// the page's.
fn every_address() -> BTreeSet<String> {
    let mut addresses = BTreeSet::new();
    for route in routes::all().iter().filter(|route| route.method.is_safe() && !route.path.ends_with("/stream")) {
        let mut path = route.path.replace("{server}", "web-1").replace("{path:.*}", "css/app.css");
        path = path
            .replace("{pid}", "1")
            .replace("{group}", "web")
            .replace("{credential}", "lab")
            .replace("{channel}", "ops");
        path = path.replace("{unit}", "cron.service").replace("{scenario}", "1");
        path =
            path.replace("{artifact}", "1").replace("{execution}", "1").replace("{run}", "1").replace("{fan_out}", "1");
        path = path.replace("{user}", "administrator").replace("{check}", "queue").replace("{version}", "1");
        path = path.replace("{request}", "1").replace("{terminal}", "1").replace("{piece}", "1");
        path = path.replace("{address}", "192.0.2.1");
        path = path.replace("{command_type}", "list_processes").replace("{command}", "ours").replace("{format}", "csv");
        for resource in
            ["servers", "groups", "credentials", "channels", "users", "tokens", "commands", "checks", "audit-events"]
        {
            addresses.insert(path.replace("{resource}", resource).replace("{id}", "1"));
        }
    }
    assert!(addresses.len() > 50 && !addresses.iter().any(|path| path.contains('{')), "{addresses:#?}");
    addresses
}

#[actix_web::test]
async fn sec_w01_every_page_looked_at_twice_leaves_the_database_as_it_was() {
    let (app, administrator) = furnished().await;
    let look = async || {
        for path in every_address() {
            for method in [Method::GET, Method::HEAD] {
                let reply = administrator.ask(method, &path).send().await;
                assert!(!reply.status.is_server_error() || reply.status == 502, "{path}: {}", reply.status);
            }
        }
    };
    look().await;
    let once = dump(&app.database, MAY_CHANGE);
    assert!(once.contains("INSERT INTO public.credentials") && once.contains("INSERT INTO public.audit_events"));
    look().await;
    assert_eq!(once, dump(&app.database, MAY_CHANGE));
}

#[actix_web::test]
async fn sec_s05_no_address_gives_back_a_stored_secret() {
    let (app, administrator) = furnished().await;
    let (key, id) = (fixture_key("ed25519_encrypted"), administrator.cookie("sid").unwrap());
    let secrets = ["canary-sudo-5b1e77", "canary-password-90ad13", "canary-channel-31c5aa", "$argon2id"];
    let secrets = secrets.into_iter().chain([&*id, key.lines().nth(2).unwrap()]).collect::<Vec<_>>();
    for path in every_address() {
        let body = administrator.get(&path).await.body;
        for secret in &secrets {
            assert!(!body.contains(secret), "{path} gives {secret}");
        }
    }
    drop(app);
}

#[actix_web::test]
async fn sec_s01_a_copy_of_the_database_or_of_its_files_holds_no_secret_in_any_form() {
    let (app, administrator) = furnished().await;
    let now = app.database.now();
    let made = app.app.db.run(move |connection| {
        let (name, scope) = ("ci", Scope::All);
        NewApiToken { name, user_id: None, role: Role::Viewer, scope, expires_at: None }.insert(connection, now)
    });
    let token = made.await.unwrap().0.expose().clone();
    let key = fixture_key("ed25519_encrypted");
    let secrets = [
        "canary-sudo-5b1e77".to_owned(),
        "canary-password-90ad13".to_owned(),
        "canary-channel-31c5aa".to_owned(),
        crate::harness::ssh::PASSWORD.to_owned(),
        PASSWORD.to_owned(),
        key.lines().nth(2).unwrap().to_owned(),
        administrator.cookie("sid").unwrap(),
        token,
    ];
    let dump = dump(&app.database, &[]);
    assert!(dump.contains("INSERT INTO public.sessions"));
    // On disk, with the files of the write-ahead log.
    let plain = "canary-plain-77e1c0";
    app.app.db.run(move |connection| NewServer::new(plain, "127.0.0.1").insert(connection)).await.unwrap();
    diesel::RunQueryDsl::execute(diesel::sql_query("checkpoint"), &mut app.database.owner()).unwrap();
    let mut search = Command::new("grep");
    search.args(["--recursive", "--text", "--no-filename", "--only-matching", "--fixed-strings", "--regexp", plain]);
    for secret in &secrets {
        for form in [secret.clone(), STANDARD.encode(secret), hex::encode(secret), hex::encode(secret).to_uppercase()] {
            assert!(!dump.contains(&form), "{form} is in the dump");
            search.args(["--regexp", &form]);
        }
    }
    let found = search.arg(TestDatabase::cluster_folder().join("postgres-private")).output().unwrap();
    let found = String::from_utf8_lossy(&found.stdout).into_owned();
    let found: BTreeSet<&str> = found.lines().collect();
    assert_eq!(found, BTreeSet::from([plain]), "what is no secret is found, so the files were looked at");
}
