//! The disk of the console is full (R05).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use hannun::db::private_server::{Durability, PrivateServer};
use hannun::models::actor::{Role, Scope};
use serde_json::json;

use crate::api::program::program;
use crate::harness::alone::alone_by;
use crate::harness::app::TestApp;
use crate::harness::database::TestDatabase;
use crate::harness::skip::skip;

const TEST: &str = "rel_r05_with_a_full_disk_people_and_programs_read_on_changes_are_refused_and_space_heals_it";
/// Where the inner process finds its small disk.
pub(crate) const DISK: &str = "HANNUN_TEST_DISK";
const SENTENCE: &str = "The disk of the database is full. Nothing was changed; free some space, then try again";

/// This program on a disk of its own size; none where nothing can be mounted.
pub(crate) fn on_a_small_disk(folder: &Path) -> Option<Command> {
    let script = "mount -t tmpfs -o size=256m,mode=711 none \"$1\" && shift && exec \"$@\"";
    let unshare = || {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "private", "--", "/bin/sh", "-c", script, "sh"]).arg(folder);
        command
    };
    let possible = unshare().arg("true").stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    possible.then(|| {
        let mut command = unshare();
        command.arg(std::env::current_exe().unwrap()).env(DISK, folder);
        command
    })
}

#[actix_web::test]
async fn rel_r05_with_a_full_disk_people_and_programs_read_on_changes_are_refused_and_space_heals_it() {
    if std::env::var_os(DISK).is_none() {
        let permissions = fs::Permissions::from_mode(0o711);
        let folder = tempfile::Builder::new().prefix("hannun-disk-").permissions(permissions).tempdir().unwrap();
        let Some(command) = on_a_small_disk(folder.path()) else {
            return skip(TEST, "no file system can be mounted here");
        };
        alone_by(&format!("faults::full_disk::{TEST}"), command);
        return;
    }
    let disk = std::env::var_os(DISK).unwrap();
    let disk = Path::new(&disk);
    let server = PrivateServer::start(disk, Durability::Kept).unwrap();
    let change = |config: &mut hannun::config::Config| config.data_dir = disk.to_owned();
    let app = TestApp::over(TestDatabase::of(server), change, Vec::new(), None).await;
    let (administrator, program) = (app.administrator().await, program(&app, Role::Administrator).await);
    administrator
        .post("/admin/groups", [("name", "before"), ("note", ""), ("allow", "terminal")])
        .await
        .leads_to("/admin/groups");
    assert_eq!(app.browser().get("/readyz").await.status, 200);

    let ballast = disk.join("ballast");
    let mut file = fs::File::create(&ballast).unwrap();
    while std::io::Write::write_all(&mut file, &[0; 8_192]).is_ok() {}
    drop(file);

    // What is left of the database's own files is used up by changes, until one is refused.
    let note = "x".repeat(9_000);
    let mut refused = None;
    for number in 0..10_000 {
        let reply = program.post("/api/v1/groups", json!({"name": format!("g{number}"), "note": note})).await;
        if reply.reply.status != 201 {
            refused = Some(reply);
            break;
        }
    }
    let refused = refused.expect("the disk is never full");
    assert_eq!(refused.reply.header("Retry-After"), Some("5"));
    let problem = refused.status(503);
    assert_eq!((&problem["type"], &problem["detail"]), (&json!("urn:hannun:unavailable"), &json!(SENTENCE)));

    // Changes are refused on the page, too, in the same words; the session is older than its last noted use.
    app.advance(chrono::TimeDelta::minutes(1));
    let page = administrator
        .post("/admin/groups", [("name", "page"), ("note", note.as_str()), ("allow", "terminal")])
        .await
        .with_status(503);
    assert!(page.text("main").contains(SENTENCE), "{}", page.text("main"));
    // Reading goes on, for people and for programs.
    for path in ["/", "/admin/groups", "/account", "/admin/audit-events"] {
        assert_eq!(administrator.get(path).await.status, 200, "{path}");
    }
    assert_eq!(program.get("/api/v1/groups?limit=1").await.status(200)["items"][0]["name"], "before");
    let ready = app.browser().get("/readyz").await;
    assert_eq!(ready.status, 503);
    assert!(ready.body.contains(r#""disk":"full""#), "{}", ready.body);
    assert_eq!(app.browser().get("/healthz").await.status, 200);
    let banner = administrator.get("/").await.ok();
    assert!(banner.text(".banner").starts_with("The disk of this console is full"), "{}", banner.text("body"));

    // Space is freed: all is well without a restart, and what was refused is not there.
    fs::remove_file(&ballast).unwrap();
    administrator
        .post("/admin/groups", [("name", "after"), ("note", ""), ("allow", "terminal")])
        .await
        .leads_to("/admin/groups");
    let groups = program.get("/api/v1/groups?limit=500").await.names();
    assert!(groups.contains(&"after".to_owned()) && !groups.contains(&"page".to_owned()), "{groups:?}");
    assert!(!administrator.get("/").await.ok().has(".banner"));
    assert_eq!(app.browser().get("/readyz").await.status, 200);
    app.user("later", Role::Viewer, Scope::All).await;
}
