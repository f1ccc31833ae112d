//! Commands in the administration: looked at, copied, saved, in use at once, deleted.

use std::sync::Arc;

use hannun::commands::{CommandType, Platform};
use hannun::models::actor::{Role, Scope};
use hannun::models::platforms::DetectedPlatform;
use hannun::remote::Pool;
use hannun::remote::hosts::Hosts;

use super::{audit, events, filled, pairs, server};
use crate::harness::app::TestApp;
use crate::harness::client::Client;

const SCRIPT: &str = "printf '1\\t0\\troot\\t-\\t-\\t-\\t-\\t-\\tS\\tinit\\n'";

fn linux() -> Platform {
    Platform { os: "linux".into(), capabilities: ["procps-ps".to_owned()].into(), ..Platform::default() }
}

/// The command that `hosts` would use for the processes of [`linux`].
fn used(hosts: &Hosts) -> String {
    hosts.catalog().choose(CommandType::ListProcesses, &linux()).unwrap().name
}

fn form<'f>(name: &'f str, on: &'f str, script: &'f str) -> Vec<(&'f str, &'f str)> {
    vec![("command_type", "list_processes"), ("name", name), ("on", on), ("format", "table"), ("script", script)]
}

async fn saved(administrator: &Client, name: &str, on: &str) {
    administrator.post("/admin/commands", form(name, on, SCRIPT)).await.leads_to("/admin/commands");
}

#[actix_web::test]
async fn what_came_with_hannun_is_looked_at_and_copied_and_not_changed() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let list = administrator.get("/admin/commands?type=list_processes&origin=built-in").await.ok();
    let row = list.table("table").rows.into_iter().find(|row| row[1] == "ps-procps").unwrap();
    assert_eq!(row[2..7], ["List processes", "os: linux, has: procps-ps", "ps-procps", "Built in", "Seen to work"]);
    let link = list.attributes("td a.key", "href");
    let page =
        administrator.get(&link[list.texts("td a.key").iter().position(|name| name == "ps-procps").unwrap()]).await;
    let page = page.ok();
    assert!(page.text(".notice").contains("came with hannun and cannot be changed"));
    assert!(
        page.texts("pre.log").iter().any(|text| text.contains("ps -ww -eo"))
            && !page.has("#record button[type=submit]:not(.plain-only)")
    );
    let address = page.attribute("#record", "action").unwrap();
    assert_eq!(administrator.post(&address, form("mine", "", SCRIPT)).await.status, 403);
    assert!(!page.has(".page-head a[href$=delete]"));

    let copy = page.attribute(".page-head a[href*=copy]", "href").unwrap();
    let page = administrator.get(&copy).await.ok();
    assert_eq!(page.attribute("[name=name]", "value").as_deref(), Some("our-ps-procps"));
    assert_eq!(page.text("textarea[name=on]"), "os: linux has: procps-ps");
    assert!(page.text("textarea[name=script]").contains("ps -ww -eo"));
    assert_eq!(used(&app.app.hosts), "ps-procps");
    administrator.post("/admin/commands", pairs(&filled(&page, &[]))).await.leads_to("/admin/commands");
    assert_eq!(used(&app.app.hosts), "our-ps-procps", "of two equally precise ones, ours");
}

#[actix_web::test]
async fn a_saved_command_is_in_use_at_once_here_and_soon_in_every_other_process() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let parts = (&app.app.db, &app.app.sealer, &app.app.clock, &app.app.config.remote);
    let pool = Pool::new(parts.3.clone(), parts.2.clone()).unwrap();
    let other = Hosts::new(parts.0.clone(), Arc::clone(parts.1), pool, parts.2.clone(), parts.3.command_timeout);
    other.load_commands().await.unwrap();

    saved(&administrator, "ours", "os: linux\nhas: procps-ps").await;
    assert_eq!((used(&app.app.hosts), used(&other)), ("ours".to_owned(), "ps-procps".to_owned()));
    other.load_commands().await.unwrap();
    assert_eq!(used(&other), "ours");

    let page = administrator.get("/admin/commands/1").await.ok();
    assert!(!page.has("select[name=command_type]"), "its type stays");
    let form = filled(&page, &[("on", "os: linux")]);
    app.advance(chrono::TimeDelta::seconds(1));
    administrator.post("/admin/commands/1", pairs(&form)).await.leads_to("/admin/commands");
    assert_eq!(used(&app.app.hosts), "ps-procps", "it is less precise now");
    other.load_commands().await.unwrap();
    assert_eq!(used(&other), "ps-procps");
    assert_eq!(events(&app).await[0].details.0["on"], r#"["os: linux\nhas: procps-ps\n","os: linux\n"]"#);
}

#[actix_web::test]
async fn what_means_the_same_is_no_change() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    saved(&administrator, "ours", "{ os: [linux], has: procps-ps }").await;
    let page = administrator.get("/admin/commands/1").await.ok();
    let form = filled(&page, &[("on", "has: [procps-ps]\r\n# a remark\r\nos: 'linux'")]);
    administrator.post("/admin/commands/1", pairs(&form)).await.leads_to("/admin/commands");
    assert_eq!(audit(&app).await[0], "administrator create_command ours succeeded");
}

#[actix_web::test]
async fn deleting_a_command_says_who_gets_what_instead() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    for name in ["web-1", "bsd-1"] {
        let server = server(&app, name, "192.0.2.10", 22).await;
        let os = if name == "web-1" { "linux" } else { "netbsd" };
        let platform = Platform { os: os.into(), ..linux() };
        let row = DetectedPlatform::new(server.id, &platform, app.database.now());
        app.app.db.run(move |connection| row.save(connection)).await.unwrap();
    }
    saved(&administrator, "ours", "has: procps-ps").await;
    let page = administrator.get("/admin/commands/1/delete").await.ok();
    let no_other = "Used on bsd-1, where no other command fits: this can no longer be asked there";
    assert_eq!(page.texts(".hints li"), [no_other], "on web-1 ps-procps is more precise");
    saved(&administrator, "ours-too", "has: procps-ps\nos: [linux, netbsd]").await;
    let goes = administrator.get("/admin/commands/2/delete").await.ok().texts(".hints li");
    assert_eq!(goes, ["Used on bsd-1, where ours takes its place", "Used on web-1, where ps-procps takes its place"]);
    administrator.post("/admin/commands/deletions", [("row", "1")]).await.leads_to("/admin/commands");
    let goes = administrator.get("/admin/commands/2/delete").await.ok().texts(".hints li");
    assert_eq!(goes[0], no_other);
    administrator.post("/admin/commands/deletions", [("row", "2")]).await.leads_to("/admin/commands");
    assert_eq!(used(&app.app.hosts), "ps-procps");
    let built_in =
        administrator.get("/admin/commands?origin=built-in").await.ok().attributes("input[name=row]", "value");
    let refused = administrator.post("/admin/commands/deletions", [("row", built_in[0].as_str())]).await;
    assert_eq!(refused.status, 403);
}

#[actix_web::test]
async fn every_rule_of_the_catalogue_is_told_beside_its_field() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    for (name, on, script, field, says) in [
        ("Ours", "", SCRIPT, "name", "small letters"),
        ("ps-procps", "", SCRIPT, "name", "taken"),
        ("ours", "os: linux\nhas: [a", SCRIPT, "on", "no valid YAML"),
        ("ours", "oss: linux", SCRIPT, "on", "unknown field"),
        ("ours", "os: &x linux", SCRIPT, "on", "not allowed"),
        ("ours", "os: 'a b'", SCRIPT, "on", "no word of a platform"),
        ("ours", "", "echo a \\", "script", "backslash"),
        ("ours", "", " \n", "script", "needed"),
    ] {
        let page = administrator.post("/admin/commands", form(name, on, script)).await.with_status(422);
        assert!(page.text(&format!("#p-{field}")).contains(says), "{field}: {}", page.text(&format!("#p-{field}")));
    }
    let mut other = form("ours", "", SCRIPT);
    other[3].1 = "ss";
    let page = administrator.post("/admin/commands", other).await.with_status(422);
    assert_eq!(page.text("#p-format"), "There is no ss to choose", "a reader of another type");
    saved(&administrator, "ours", "").await;
    let page = administrator.post("/admin/commands", form("ours", "", SCRIPT)).await.with_status(422);
    assert_eq!(page.text("#p-name"), "There is a command named ours for this already");
    let long = "x".repeat((64 << 10) + 1);
    let page = administrator.post("/admin/commands", form("long", "", &long)).await.with_status(422);
    assert!(page.text("#p-script").contains("65536 bytes"));
}

#[actix_web::test]
async fn the_formats_and_columns_follow_from_the_type_while_the_form_is_filled_in() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let page = administrator.get("/admin/commands/new").await.ok();
    assert_eq!(page.texts("[name=format] option")[..2], ["table", "ps-procps"]);
    page.table(".columns").has_row(["pid needed", "Process id", "4121"]);
    let form = filled(&page, &[("command_type", "list_sockets"), ("name", "Half typed"), ("script", "echo\n")]);
    let page = administrator.post("/admin/commands/drafts", pairs(&form)).await.ok();
    assert_eq!(page.texts("[name=format] option")[..2], ["table", "ss"]);
    page.table(".columns").has_row(["protocol needed", "tcp or udp", "tcp"]);
    assert_eq!(page.attribute("[name=name]", "value").as_deref(), Some("Half typed"));
    assert_eq!(page.text("[name=script]"), "echo");
    assert!(!page.has(".problem") && audit(&app).await.is_empty(), "nothing is wrong yet, nothing is saved");
    assert_eq!(administrator.post("/admin/groups/drafts", [("name", "x")]).await.status, 404);
}

#[actix_web::test]
async fn sec_z02_an_administrator_of_some_groups_cannot_say_what_runs_everywhere() {
    let app = TestApp::start().await;
    saved(&app.administrator().await, "ours", "os: linux").await;
    let narrow = app.signed_in("narrow", Role::Administrator, Scope::Groups(Vec::new())).await;
    assert_eq!(narrow.post("/admin/commands", form("theirs", "", SCRIPT)).await.status, 403);
    let page = narrow.get("/admin/commands/1").await.ok();
    assert!(page.text(".notice").contains("This needs an account for all servers"));
    assert!(!page.has("#record button[type=submit]"), "there is nothing to save");
    assert_eq!(narrow.post("/admin/commands/1", form("x", "", SCRIPT)).await.status, 403);
    assert_eq!(narrow.post("/admin/commands/deletions", [("row", "1")]).await.status, 403);
}

#[actix_web::test]
async fn a_row_that_this_version_cannot_use_is_told_and_takes_no_other_with_it() {
    use diesel::connection::SimpleConnection;
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    saved(&administrator, "ours", "os: linux\nhas: procps-ps").await;
    let rows = "insert into commands (command_type, name, platform, script, format) values \
        ('list_processes', 'ps-procps', '{}', 'echo', 'table'), ('list_dreams', 'x', '{}', 'echo', 'table'), \
        ('list_processes', 'strange', '{\"planet\": \"mars\"}', 'echo', 'table')";
    app.database.owner().batch_execute(rows).unwrap();
    app.app.hosts.load_commands().await.unwrap();
    assert_eq!(used(&app.app.hosts), "ours");
    let list = administrator.get("/admin/commands?state=unusable").await.ok();
    assert_eq!(list.texts("td .key"), ["ps-procps", "strange", "x"]);
}
