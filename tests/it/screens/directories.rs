//! The biggest directories of a real server: measured on request, followed, stopped, and opened whatever their names.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use hannun::commands::directories::encode;
use hannun::commands::script::Privilege;
use hannun::models::actor::{Rights, Role, Scope};
use hannun::models::permission::Permission;
use hannun::remote::Endpoint;

use crate::harness::app::TestApp;
use crate::harness::client::Client;
use crate::harness::fake_host::{Act, FakeHost, Manner};
use crate::harness::known;
use crate::harness::page::Page;
use crate::harness::sshd::{Setup, Sshd};

const MEASUREMENTS: &str = "/servers/web-1/disks/measurements";

async fn server(test: &str) -> Option<(TestApp, Sshd)> {
    let sshd = Setup::default().user("hannun-test", "/bin/sh").start(test)?;
    let app = TestApp::start().await;
    known::add(&app, "web-1", &sshd.endpoint_of("hannun-test")).await;
    Some((app, sshd))
}

fn path_of(folder: &Path) -> String {
    encode(folder.as_os_str().as_bytes())
}

/// The region of `path`, once nothing runs any more.
async fn ended(client: &Client, path: &str) -> Page {
    let address = format!("/servers/web-1/disks?path={}", path.replace('%', "%25"));
    for _ in 0..400 {
        let page = client.region(&address, "directories").await;
        if !page.has("#directories[hx-trigger]") && page.has("#directories") {
            return page;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{path} is still being measured");
}

/// A folder that everybody may look into.
fn open_folder() -> tempfile::TempDir {
    let folder =
        tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o755)).tempdir_in("/var/tmp").unwrap();
    for (name, bytes) in [("logs", 300_000), ("cache", 900_000)] {
        fs::create_dir(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name).join("file"), vec![1; bytes]).unwrap();
    }
    folder
}

/// A server whose user may become root.
async fn with_sudo(test: &str) -> Option<(TestApp, Sshd)> {
    let setup = Setup::default().user("hannun-test", "/bin/sh").sudoers("hannun-test ALL=(root) NOPASSWD: ALL\n");
    let sshd = setup.start(test)?;
    let app = TestApp::start().await;
    let endpoint = Endpoint { privilege: Privilege::Sudo, ..sshd.endpoint_of("hannun-test") };
    known::add(&app, "web-1", &endpoint).await;
    Some((app, sshd))
}

#[actix_web::test]
async fn the_biggest_directory_is_first_and_can_be_opened() {
    let Some((app, _sshd)) = server("the_biggest_directory_is_first_and_can_be_opened").await else { return };
    let folder = open_folder();
    let (operator, path) = (app.operator().await, path_of(folder.path()));
    let page = operator.get(&format!("/servers/web-1/disks?path={path}")).await.ok();
    assert_eq!(page.texts("#directories button")[0], "Measure directories", "nothing is measured before somebody asks");
    operator.post(MEASUREMENTS, [("path", path.as_str())]).await.leads_to(&format!("/servers/web-1/disks?path={path}"));
    let page = ended(&operator, &path).await;
    assert_eq!(page.texts("#directories tbody td:first-child")[..2], ["cache", "logs"]);
    assert!(page.text("#directories .evidence").contains("du -x -k -d 1"), "{}", page.text("#directories"));
    assert!(page.texts("#directories .t-warn").is_empty());
    operator.post(MEASUREMENTS, [("path", format!("{path}/cache").as_str())]).await;
    let deeper = ended(&operator, &format!("{path}/cache")).await;
    assert_eq!(deeper.text("#directories tbody td:first-child"), "files directly here");
}

#[actix_web::test]
async fn the_command_of_a_measurement_is_shown_with_its_path_before_it_runs() {
    let test = "the_command_of_a_measurement_is_shown_with_its_path_before_it_runs";
    let Some((app, _sshd)) = with_sudo(test).await else { return };
    let folder = open_folder();
    let inner = folder.path().join("it's \"$(id)\"");
    fs::create_dir(&inner).unwrap();
    let (operator, path) = (app.operator().await, path_of(&inner));
    let host = app.app.hosts.open(hannun::models::actor::Actor::system("test"), "web-1".to_owned()).await.unwrap();
    host.platform().await.unwrap();
    let address = format!("/servers/web-1/disks?path={}", path.replace('%', "%25"));
    let shown = format!("path='{}/it'\\''s \"$(id)\"'; du -x -k -d 1 -0 \"$path\"", folder.path().display());
    for (more, line) in [("", shown.clone()), ("&as=root", format!("(as root) {shown}"))] {
        let page = operator.get(&format!("{address}{more}")).await.ok();
        assert_eq!(page.texts("#directories .cmdline"), [line]);
        assert!(page.text("#directories details pre").contains("renice -n 19"), "all of it can be read");
        assert!(!page.has("#directories .evidence"), "nothing has run yet");
    }
    // What is shown runs as it stands, by hand.
    let ran = std::process::Command::new("/bin/sh").args(["-c", &shown]).output().unwrap();
    assert!(String::from_utf8_lossy(&ran.stdout).contains(inner.to_str().unwrap()), "{ran:?}");
    operator.post(MEASUREMENTS, [("path", path.as_str())]).await;
    let page = ended(&operator, &path).await;
    assert!(page.text("#directories .evidence").contains("du -x -k -d 1 -0"), "{}", page.text("#directories"));
    assert!(
        !app.viewer().await.get(&address).await.ok().has("#directories .cmdline"),
        "nothing is offered to a viewer"
    );
}

#[actix_web::test]
async fn sec_f01_a_directory_of_any_name_is_text_and_can_be_opened() {
    let Some((app, _sshd)) = server("sec_f01_a_directory_of_any_name_is_text_and_can_be_opened").await else { return };
    let folder = open_folder();
    let names: [&[u8]; 6] =
        [b"-rf", b"a\nb", b"<img src=x onerror=alert(1)>", b"%2e%2e", b"\xff\xfe", b"it's \"$(id)\""];
    for name in names {
        let inner = folder.path().join(OsStr::from_bytes(name)).join("inner");
        fs::create_dir_all(&inner).unwrap();
    }
    let (operator, path) = (app.operator().await, path_of(folder.path()));
    operator.post(MEASUREMENTS, [("path", path.as_str())]).await;
    let page = ended(&operator, &path).await;
    assert!(!page.has("#directories img"));
    let offered = page.attributes("#directories tbody button", "value");
    for name in names {
        let inner = path_of(&folder.path().join(OsStr::from_bytes(name)));
        assert!(offered.contains(&inner), "{inner} of {offered:?}");
        operator.post(MEASUREMENTS, [("path", inner.as_str())]).await;
        let opened = ended(&operator, &inner).await;
        let below = opened.texts("#directories tbody td:first-child");
        assert!(below.contains(&"inner".to_owned()), "{inner}: {below:?}");
    }
}

#[actix_web::test]
async fn what_may_not_be_read_is_said_and_not_counted_as_empty() {
    let Some((app, _sshd)) = server("what_may_not_be_read_is_said_and_not_counted_as_empty").await else { return };
    let folder = open_folder();
    fs::set_permissions(folder.path().join("cache"), fs::Permissions::from_mode(0o700)).unwrap();
    let (operator, path) = (app.operator().await, path_of(folder.path()));
    operator.post(MEASUREMENTS, [("path", path.as_str())]).await;
    let page = ended(&operator, &path).await;
    let note = page.text("#directories .t-warn");
    assert!(note.starts_with("1 directories could not be read (Permission denied"), "{note}");
}

/// Whether a `du` of this path runs on this machine.
fn du_runs(path: &str) -> bool {
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let lines = processes.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    lines
        .into_iter()
        .any(|line| line.starts_with(b"du\0") && line.windows(path.len()).any(|part| part == path.as_bytes()))
}

#[actix_web::test]
async fn sec_p07_a_measurement_that_is_stopped_runs_on_nowhere() {
    let Some((app, _sshd)) = server("sec_p07_a_measurement_that_is_stopped_runs_on_nowhere").await else { return };
    // The whole machine takes long enough, and nobody else measures it by this name.
    let (operator, path) = (app.operator().await, "/././.");
    operator.post(MEASUREMENTS, [("path", path)]).await;
    crate::harness::ssh::eventually("it is measured", || du_runs(path)).await;
    operator.post(MEASUREMENTS, [("path", path), ("stop", "yes")]).await;
    let page = ended(&operator, path).await;
    assert!(page.text("#directories .t-warn").starts_with("Stopped."), "{}", page.text("#directories"));
    crate::harness::ssh::eventually("it runs no more", || !du_runs(path)).await;
}

#[actix_web::test]
async fn a_measurement_is_the_last_in_every_queue_for_the_processor() {
    let Some((app, _sshd)) = server("a_measurement_is_the_last_in_every_queue_for_the_processor").await else { return };
    let (operator, path) = (app.operator().await, "/./.");
    operator.post(MEASUREMENTS, [("path", path)]).await;
    // proc(5): 19 is the nice value.
    let last = || nice_values_of_du(path).into_iter().any(|nice| nice == "19");
    crate::harness::ssh::eventually("it is measured with the lowest priority", last).await;
    operator.post(MEASUREMENTS, [("path", path), ("stop", "yes")]).await;
    ended(&operator, path).await;
}

/// Of each `du` of this path on this machine.
fn nice_values_of_du(path: &str) -> Vec<String> {
    let has =
        |line: &[u8]| line.starts_with(b"du\0") && line.split(|byte| *byte == 0).any(|word| word == path.as_bytes());
    let folders = fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    let measuring = folders.filter(|folder| fs::read(folder.join("cmdline")).is_ok_and(|line| has(&line)));
    let nice = |folder: std::path::PathBuf| {
        let stat = fs::read_to_string(folder.join("stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(19 - 3).map(str::to_owned)
    };
    measuring.filter_map(nice).collect()
}

#[actix_web::test]
async fn what_cannot_be_measured_says_why_and_is_not_called_done() {
    let Some((app, _sshd)) = server("what_cannot_be_measured_says_why_and_is_not_called_done").await else { return };
    let operator = app.operator().await;
    for (path, why) in [("/no-such-folder", "No such file"), ("/etc/passwd", "Not a directory")] {
        operator.post(MEASUREMENTS, [("path", path)]).await;
        let page = ended(&operator, path).await;
        let said = page.text("#directories");
        assert!(said.contains(why) && !page.has("#directories .evidence"), "{said}");
    }
}

#[actix_web::test]
async fn a_server_that_is_away_is_said_to_be_the_reason_that_nothing_was_measured() {
    let (app, host) = (TestApp::start().await, FakeHost::polite().await);
    known::add(&app, "web-1", &Endpoint { port: 9, ..host.endpoint() }).await;
    let operator = app.operator().await;
    let before = operator.get("/servers/web-1/disks?path=/srv").await.ok();
    let said = before.text("#directories");
    assert!(said.contains("Which command measures it is known once the server has answered."), "{said}");
    operator.post(MEASUREMENTS, [("path", "/srv")]).await;
    let page = ended(&operator, "/srv").await;
    let said = page.text("#directories");
    assert!(said.contains("web-1 cannot be reached") && !page.has("#directories tbody"), "{said}");
}

#[actix_web::test]
async fn a_measurement_that_the_server_breaks_off_is_a_part_and_said_to_be_one() {
    let manner = Manner::default().when("du -x", Act::answer("8\t/srv/a\x000", "", 0));
    let (app, host) = (TestApp::start().await, FakeHost::start(manner).await);
    known::add_with_platform(&app, "web-1", &host.endpoint(), ("linux", &[])).await;
    let operator = app.operator().await;
    operator.post(MEASUREMENTS, [("path", "/srv")]).await;
    let page = ended(&operator, "/srv").await;
    assert!(page.text("#directories .t-warn").starts_with("It broke off"), "{}", page.text("#directories"));
    assert_eq!(page.texts("#directories tbody td:first-child"), ["a"]);
    assert!(!page.has("#directories .evidence"));
}

#[actix_web::test]
async fn where_the_switch_says_that_hannun_only_watches_nothing_is_measured_and_the_switch_is_named() {
    let test = "where_the_switch_says_that_hannun_only_watches_nothing_is_measured_and_the_switch_is_named";
    let Some((app, _sshd)) = server(test).await else { return };
    known::only_watch(&app, "web-1").await;
    let operator = app.operator().await;
    let page = operator.get("/servers/web-1/disks?path=/var").await.ok();
    assert_eq!(page.texts("#directories button"), [""; 0]);
    assert!(page.text("#directories").contains("may not read files on this server"));
    let refused = operator.post(MEASUREMENTS, [("path", "/var")]).await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("allows no more than"), "{}", refused.body);
}

#[actix_web::test]
async fn sec_z07_as_root_is_measured_what_only_root_may_read_and_only_for_who_may_be_root() {
    let test = "sec_z07_as_root_is_measured_what_only_root_may_read_and_only_for_who_may_be_root";
    let Some((app, _sshd)) = with_sudo(test).await else { return };
    let folder = open_folder();
    fs::set_permissions(folder.path().join("cache"), fs::Permissions::from_mode(0o700)).unwrap();
    let (operator, path) = (app.operator().await, path_of(folder.path()));
    let mut rights = Rights::new(Role::Operator, Scope::All);
    rights.withheld.insert(Permission::Root);
    let min = app.signed_in_with("min", rights).await;
    assert!(!min.get(&format!("/servers/web-1/disks?path={path}")).await.ok().has("#directories .seg"));
    min.post(MEASUREMENTS, [("path", path.as_str()), ("as", "root")]).await.with_status(403);
    let asked = operator.post(MEASUREMENTS, [("path", path.as_str()), ("as", "root")]).await;
    asked.leads_to(&format!("/servers/web-1/disks?path={path}&as=root"));
    let page = ended(&operator, &format!("{path}&as=root")).await;
    assert_eq!(page.texts("#directories tbody td:first-child")[..2], ["cache", "logs"]);
    assert!(page.texts("#directories .t-warn").is_empty(), "{}", page.text("#directories"));
    assert_eq!(page.text("#directories .seg [aria-current]"), "As root");
}

#[actix_web::test]
async fn sec_p07_a_measurement_as_root_that_is_stopped_runs_on_nowhere() {
    let test = "sec_p07_a_measurement_as_root_that_is_stopped_runs_on_nowhere";
    let Some((app, _sshd)) = with_sudo(test).await else { return };
    let (operator, path) = (app.operator().await, "/./././.");
    operator.post(MEASUREMENTS, [("path", path), ("as", "root")]).await;
    crate::harness::ssh::eventually("it is measured", || du_runs(path)).await;
    operator.post(MEASUREMENTS, [("path", path), ("as", "root"), ("stop", "yes")]).await;
    let page = ended(&operator, &format!("{path}&as=root")).await;
    assert!(page.text("#directories .t-warn").starts_with("Stopped."), "{}", page.text("#directories"));
    crate::harness::ssh::eventually("it runs no more", || !du_runs(path)).await;
}

#[actix_web::test]
async fn sec_z07_who_may_not_read_files_has_nothing_measured() {
    let Some((app, _sshd)) = server("sec_z07_who_may_not_read_files_has_nothing_measured").await else { return };
    let viewer = app.viewer().await;
    let page = viewer.get("/servers/web-1/disks?path=/var").await.ok();
    assert_eq!(page.texts("#directories button"), [""; 0]);
    viewer.post(MEASUREMENTS, [("path", "/var")]).await.with_status(403);
    let operator = app.operator().await;
    operator.post(MEASUREMENTS, [("path", "var")]).await.with_status(422);
}
