//! What hannun can do on a server, and what would turn on the rest: with a real `sudo`.

use std::process::Command;

use hannun::commands::ListSockets;
use hannun::commands::script::Privilege;
use hannun::models::actor::{Actor, Role, Scope};
use hannun::remote::Endpoint;
use hannun::secret::SecretText;

use super::add_server;
use crate::admin::{filled, pairs};
use crate::harness::app::TestApp;
use crate::harness::fake_host::{Act, FakeHost, Manner};
use crate::harness::known;
use crate::harness::page::Page;
use crate::harness::ssh::PASSWORD;
use crate::harness::sshd::{Setup, Sshd};

const DEBIAN: &str = include_str!("../../fixtures/commands/detect_platform/debian-12.txt");

/// A server whose user may do with `sudo` what `rules` say, and the credential says so.
async fn with_sudo(test: &str, rules: &str) -> Option<(TestApp, Sshd)> {
    let sshd = Setup::default().user("hannun-test", "/bin/sh").sudoers(rules).start(test)?;
    let app = TestApp::start().await;
    known::add(&app, "web-1", &Endpoint { privilege: Privilege::Sudo, ..sshd.endpoint() }).await;
    Some((app, sshd))
}

/// What a Debian without systemd at work is asked as root.
const WANTED: [&str; 4] =
    ["bin/ss -Htulpne", "bin/ss -Htunpe", "bin/cat /run/hannun-firewall/current/report", "sbin/service --status-all"];

/// Presses *Check again*; gives the page that follows.
async fn check_again(app: &TestApp) -> Page {
    let operator = app.operator().await;
    let reply = operator.post("/servers/web-1/detections", []).await;
    reply.leads_to("/servers/web-1/capabilities");
    operator.get("/servers/web-1/capabilities").await.ok()
}

/// State, command, who it runs as, and why, of the sockets.
fn sockets(page: &Page) -> Vec<String> {
    page.texts("tr#list_sockets td")[1..].to_vec()
}

/// Whether owners of other people's sockets are hidden.
async fn owners_are_hidden(app: &TestApp) -> bool {
    let host = app.app.hosts.open(Actor::system("test"), "web-1".to_owned()).await.unwrap();
    host.read(ListSockets).await.unwrap().value.hidden_owners
}

#[actix_web::test]
async fn sec_p01_the_lines_of_the_page_pass_visudo_and_turn_on_what_was_limited() {
    let test = "sec_p01_the_lines_of_the_page_pass_visudo_and_turn_on_what_was_limited";
    let Some((app, sshd)) = with_sudo(test, "root ALL=(ALL) ALL").await else { return };
    let page = check_again(&app).await;
    let row = sockets(&page);
    assert_eq!(row[..2], ["Works, but sees less", "ss"], "{row:?}");
    assert_eq!(row[3], "sudo does not run ss -Htulpne there without a password");
    assert!(owners_are_hidden(&app).await, "it works all the same");
    let wanted = WANTED.map(|words| format!("hannun-test ALL=(root) NOPASSWD: /usr/{words}"));
    assert_eq!(page.text("#sudoers-lines"), wanted.join(" "));
    let lines = wanted.join("\n");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hannun");
    std::fs::write(&file, format!("{lines}\n")).unwrap();
    let checked = Command::new("visudo").args(["-c", "-q", "-f"]).arg(&file).output().unwrap();
    assert!(checked.status.success(), "{checked:?}");

    sshd.allow(&format!("root ALL=(ALL) ALL\n{lines}\n"));
    assert!(owners_are_hidden(&app).await, "nobody checked again");
    let page = check_again(&app).await;
    let row = sockets(&page);
    assert_eq!(row[..3], ["Works", "ss", "hannun-test, partly root"], "{row:?}");
    assert!(!page.has("#sudoers-lines"));
    assert!(!owners_are_hidden(&app).await);
    // Those rights are for this line alone.
    let host = app.app.hosts.open(Actor::system("test"), "web-1".to_owned()).await.unwrap();
    let script = "$as_root cat /etc/shadow >/dev/null 2>&1 && echo root || echo nobody";
    let deadline = std::time::Duration::from_secs(10);
    assert_eq!(host.run_script("greedy", script, deadline).await.unwrap().unwrap().stdout, b"nobody\n");
}

#[actix_web::test]
async fn a_line_without_a_password_counts_among_lines_with_one() {
    let test = "a_line_without_a_password_counts_among_lines_with_one";
    let rules = "hannun-test ALL=(ALL) ALL\nhannun-test ALL=(root) NOPASSWD: /usr/bin/ss -Htulpne";
    let Some((app, sshd)) = with_sudo(test, rules).await else { return };
    assert_eq!(sockets(&check_again(&app).await)[0], "Works");
    assert!(!owners_are_hidden(&app).await);
    sshd.allow("hannun-test ALL=(ALL) ALL\n");
    assert_eq!(sockets(&check_again(&app).await)[0], "Works, but sees less");
    assert!(owners_are_hidden(&app).await, "sudo would ask for a password, so it is not asked");
    sshd.allow("hannun-test ALL=(ALL) NOPASSWD: ALL, !/usr/bin/ss\n");
    assert_eq!(sockets(&check_again(&app).await)[0], "Works, but sees less", "everything but this");
    assert!(owners_are_hidden(&app).await);
    sshd.allow("hannun-test ALL=(ALL) NOPASSWD: ALL\n");
    assert_eq!(sockets(&check_again(&app).await)[0], "Works");
    assert!(!owners_are_hidden(&app).await);
}

#[actix_web::test]
async fn a_stored_password_is_shown_to_work_only_where_sudo_takes_it() {
    let test = "a_stored_password_is_shown_to_work_only_where_sudo_takes_it";
    for (password, shown) in [(PASSWORD, "Works"), ("wrong", "Works, but sees less")] {
        let rules = "hannun-test ALL=(ALL) ALL";
        let Some(sshd) = Setup::default().user("hannun-test", "/bin/sh").sudoers(rules).start(test) else { return };
        let app = TestApp::start().await;
        let sudo_password = Some(SecretText::new(password.to_owned()));
        let endpoint = Endpoint { privilege: Privilege::SudoPassword, sudo_password, ..sshd.endpoint() };
        known::add(&app, "web-1", &endpoint).await;
        let page = check_again(&app).await;
        let row = sockets(&page);
        assert_eq!(row[0], shown, "{row:?}");
        assert!(!page.has("#sudoers-lines"), "behind a password, sudoers lists shells");
        assert_eq!(row[3].contains("with the stored password"), password == "wrong", "{row:?}");
    }
}

#[actix_web::test]
async fn another_way_to_root_is_another_question() {
    let test = "another_way_to_root_is_another_question";
    let Some(sshd) =
        Setup::default().user("hannun-test", "/bin/sh").sudoers("hannun-test ALL=(ALL) NOPASSWD: ALL").start(test)
    else {
        return;
    };
    let app = TestApp::start().await;
    known::add(&app, "web-1", &sshd.endpoint()).await;
    assert_eq!(sockets(&check_again(&app).await)[3], "The credential says that hannun never becomes root there");
    let administrator = app.administrator().await;
    let page = administrator.get("/admin/credentials/1").await.ok();
    let form = filled(&page, &[("privilege", "sudo")]);
    administrator.post("/admin/credentials/1", pairs(&form)).await.leads_to("/admin/credentials");
    let page = administrator.get("/servers/web-1/capabilities").await.ok();
    assert_eq!(sockets(&page)[3], "sudo was not asked yet what it allows there");
    assert!(!owners_are_hidden(&app).await, "who needs to know asks");
    assert_eq!(sockets(&administrator.get("/servers/web-1/capabilities").await.ok())[0], "Works");
}

#[actix_web::test]
async fn a_credential_that_never_becomes_root_is_told_as_the_reason() {
    let test = "a_credential_that_never_becomes_root_is_told_as_the_reason";
    let Some(sshd) = Setup::default().user("hannun-test", "/bin/sh").start(test) else { return };
    let app = TestApp::start().await;
    known::add(&app, "web-1", &sshd.endpoint()).await;
    let page = check_again(&app).await;
    assert_eq!(sockets(&page)[3], "The credential says that hannun never becomes root there");
    assert!(page.text("main").contains("The credential must say sudo without a password, too."));
    let wanted = WANTED.map(|words| format!("hannun-test ALL=(root) NOPASSWD: /usr/{words}"));
    assert_eq!(page.text("#sudoers-lines"), wanted.join(" "));
}

#[actix_web::test]
async fn every_command_is_weighed_with_its_reasons() {
    let host = FakeHost::start(Manner::default().when("os-release", Act::answer(DEBIAN, "", 0))).await;
    let app = TestApp::start().await;
    known::add(&app, "web-1", &host.endpoint()).await;
    let page = check_again(&app).await;
    assert!(page.text(".facts").contains("debian") && page.text("main").contains("Signs in as deploy"));
    let table = page.texts("details.weighed tbody tr");
    let of =
        |name: &str| table.iter().find(|row| row.starts_with(name)).unwrap_or_else(|| panic!("{name}: {table:#?}"));
    assert!(of("ps-procps").contains("Used"));
    assert!(of("sockstat").contains("Does not fit") && of("sockstat").contains("freebsd"), "{}", of("sockstat"));
    assert!(page.texts(".tag").iter().any(|tag| tag == "procps-ps"));
}

#[actix_web::test]
async fn a_server_that_nobody_asked_says_so_and_sends_nothing() {
    let app = TestApp::start().await;
    add_server(&app, "web-1", "web").await;
    let page = app.viewer().await.get("/servers/web-1/capabilities").await.ok();
    assert_eq!(page.text(".empty h2"), "Nobody has asked this server what it runs");
    assert!(page.texts("table.caps tbody tr").iter().all(|row| row.contains("Not known yet")));
    assert!(!page.has("main form"), "a viewer may not ask");
    assert_eq!(app.viewer().await.post("/servers/web-1/detections", []).await.status, 403);
}

#[actix_web::test]
async fn sec_z05_the_capabilities_of_another_group_s_server_are_not_there() {
    let app = TestApp::start().await;
    add_server(&app, "web-1", "web").await;
    let other = app.signed_in("other", Role::Administrator, Scope::Groups(Vec::new())).await;
    assert_eq!(other.get("/servers/web-1/capabilities").await.status, 404);
    assert_eq!(other.post("/servers/web-1/detections", []).await.status, 404);
}
