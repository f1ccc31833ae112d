//! *Try on a server*: what it says of scripts that work, and of those that do not.

use std::time::Duration;

use actix_web::http::Method;
use hannun::config::Config;
use hannun::models::actor::{Rights, Role, Scope};
use hannun::models::permission::Permission;
use hannun::remote::Endpoint;

use super::{audit, events, filled, pairs};
use crate::harness::app::TestApp;
use crate::harness::client::{Client, Reply};
use crate::harness::fake_host::{Act, FakeHost, Manner};
use crate::harness::known;
use crate::harness::sshd::{Setup, Sshd};

const GOOD: &str = "1\t0\troot\t0.5\t1.2\t4096\t7\t60\tS\tinit splash\n22\t1\troot\t-\t-\t-\t-\t-\tS\tsshd\n";

struct Scene {
    app: TestApp,
    host: FakeHost,
    administrator: Client,
}

impl Scene {
    /// A server whose answer to the script `MINE` is `act`.
    async fn new(act: Act) -> Self {
        Self::with(act, |_| {}).await
    }

    async fn with(act: Act, change: impl FnOnce(&mut Config)) -> Self {
        let debian = include_str!("../../fixtures/commands/detect_platform/debian-12.txt");
        let manner = Manner::default()
            .when("MINE", act)
            .when("os-release", Act::answer(debian, "", 0))
            .when("everything", Act::answer("", "", 0));
        let host = FakeHost::start(manner).await;
        let app = TestApp::with_config(change).await;
        known::add(&app, "web-1", &host.endpoint()).await;
        let administrator = app.administrator().await;
        Self { app, host, administrator }
    }

    fn form(script: &'static str) -> Vec<(&'static str, &'static str)> {
        let fields = [("command_type", "list_processes"), ("name", "ours"), ("on", "os: linux"), ("format", "table")];
        fields.into_iter().chain([("script", script), ("try_on", "web-1")]).collect()
    }

    async fn try_it(&self) -> Reply {
        self.administrator.hx().post("/admin/commands/trials", Self::form("MINE")).await
    }

    /// What the list says of the command once it is saved.
    async fn saved_as(&self) -> String {
        self.administrator.post("/admin/commands", Self::form("MINE")).await.leads_to("/admin/commands");
        let list = self.administrator.get("/admin/commands?origin=added").await.ok();
        list.text("tbody .state")
    }
}

#[actix_web::test]
async fn a_script_that_works_is_shown_raw_and_read_and_is_known_to_have_worked() {
    let scene = Scene::new(Act::answer(GOOD, "a remark\n", 0)).await;
    let block = scene.try_it().await.ok();
    assert_eq!(block.text(".tried"), "It worked: every row could be read");
    assert_eq!(block.text("p.dim"), "Ran on web-1 as deploy; it asks for no root rights");
    let table = block.table(".answer table");
    assert_eq!(table.head[..3], ["PID", "Parent", "User"]);
    table.has_row(["1", "0", "root", "0.5", "1.2", "4096", "7", "S", "init splash"]);
    let lines = block.texts("ol.raw li");
    assert!(lines[0].starts_with("1→0→root") && lines[2] == "a remark", "{lines:?}");
    assert!(block.text(".evidence").starts_with("exit 0"));
    assert!(!block.has("header.topbar"), "the block alone");
    assert_eq!(
        audit(&scene.app).await[..2],
        [
            "administrator try_command list_processes ours succeeded",
            "administrator try_command list_processes ours asked"
        ]
    );
    let event = &events(&scene.app).await[1];
    assert_eq!((event.server.as_str(), event.run_as.as_str()), ("web-1", "deploy"));
    assert_eq!(event.details.0["script"], "MINE\n");

    assert_eq!(scene.saved_as().await, "Worked when tried");
    let page = scene.administrator.get("/admin/commands/1").await.ok();
    assert!(page.text("#trial-result").starts_with("Worked on web-1 administrator"));
    let form = filled(&page, &[("script", "MINE AND MORE")]);
    scene.administrator.post("/admin/commands/1", pairs(&form)).await.leads_to("/admin/commands");
    let list = scene.administrator.get("/admin/commands?origin=added").await.ok();
    assert_eq!(list.text("tbody .state"), "Not tried on any server", "another text is another script");
}

#[actix_web::test]
async fn sec_x03_wrong_columns_are_told_with_their_line_and_not_saved_as_working() {
    let scene = Scene::new(Act::answer(&format!("{GOOD}one\ttwo\n"), "", 0)).await;
    let block = scene.try_it().await.ok();
    assert!(
        block.text(".fail h3").starts_with("Line 3 of the answer cannot be read: the column command line is missing"),
        "{}",
        block.text(".fail")
    );
    assert_eq!(block.text("ol.raw li[data-marked]"), "one→two");
    assert!(block.text(".fail").contains("it is shown as failed") && !block.has(".answer table"));
    assert_eq!(audit(&scene.app).await[0], "administrator try_command list_processes ours failed");
    assert_eq!(scene.saved_as().await, "Failed when tried");
}

#[actix_web::test]
async fn sec_x01_a_script_that_prints_without_end_is_stopped_at_four_mib() {
    let scene = Scene::new(Act::Endless).await;
    let block = scene.try_it().await.ok();
    assert_eq!(block.text(".fail h3"), "ours on web-1 printed more than 4096 KiB and was stopped");
    assert_eq!(scene.saved_as().await, "Failed when tried");
}

#[actix_web::test]
async fn sec_x02_a_script_that_loops_for_ever_is_stopped_at_its_deadline() {
    let scene = Scene::with(Act::Silent, |config| config.remote.command_timeout = Duration::from_secs(1)).await;
    let block = scene.try_it().await.ok();
    assert_eq!(block.text(".fail h3"), "ours did not finish within 1 s on web-1");
    assert_eq!(audit(&scene.app).await[0], "administrator try_command list_processes ours unknown");
    assert!(!scene.host.signals().is_empty() || scene.host.ran().len() > 1, "it was told to stop");
    assert_eq!(scene.saved_as().await, "Failed when tried");
}

#[actix_web::test]
async fn a_script_that_fails_shows_what_it_said() {
    let scene = Scene::new(Act::answer("half\n", "ps: no such option <b>\n", 3)).await;
    let block = scene.try_it().await.ok();
    assert_eq!(block.text(".fail h3"), "The script ended with status 3; 0 was expected");
    assert_eq!(block.texts("ol.raw"), ["half", "ps: no such option <b>"]);
}

#[actix_web::test]
async fn without_htmx_the_page_comes_back_with_what_was_typed() {
    let scene = Scene::new(Act::answer(GOOD, "", 0)).await;
    let page = scene.administrator.post("/admin/commands/trials", Scene::form("MINE")).await.ok();
    assert!(page.has("header.topbar") && page.text(".tried").starts_with("It worked"));
    assert_eq!(page.text("[name=script]"), "MINE");
    assert_eq!(page.attribute("[name=name]", "value").as_deref(), Some("ours"));
    assert_eq!(page.attribute("[name=try_on] option[selected]", "value").as_deref(), Some("web-1"));
}

#[actix_web::test]
async fn what_says_nothing_about_the_script_is_not_kept() {
    let scene = Scene::new(Act::answer(GOOD, "", 0)).await;
    let post = async |form: Vec<(&str, &str)>| scene.administrator.hx().post("/admin/commands/trials", form).await.ok();
    let mut form = Scene::form("MINE");
    form[5].1 = "";
    assert_eq!(post(form.clone()).await.text(".fail h3"), "Choose a server to try it on");
    form[4].1 = " ";
    assert_eq!(post(form).await.text(".fail h3"), "The script is empty");
    scene.app.app.hosts.pool().close_all().await;
    scene.host.change(|manner| manner.refuses_exec = true);
    let block = post(Scene::form("MINE")).await;
    assert!(block.has(".fail[data-level=warn]") && !block.text(".fail").contains("shown as failed"));
    assert_eq!(scene.saved_as().await, "Not tried on any server");
}

#[actix_web::test]
async fn sec_l01_what_cannot_be_written_to_the_audit_log_is_not_run() {
    use diesel::connection::SimpleConnection;
    let scene = Scene::new(Act::answer(GOOD, "", 0)).await;
    let full = "alter table audit_events add constraint full_now check (false) not valid";
    scene.app.database.owner().batch_execute(full).unwrap();
    assert_eq!(scene.try_it().await.status, 500);
    assert!(scene.host.ran().iter().all(|script| !script.contains("MINE")));
}

#[actix_web::test]
async fn sec_z05_a_server_of_another_group_cannot_be_tried_on() {
    let scene = Scene::new(Act::answer(GOOD, "", 0)).await;
    let narrow = scene.app.signed_in("narrow", Role::Administrator, Scope::Groups(Vec::new())).await;
    assert_eq!(narrow.hx().post("/admin/commands/trials", Scene::form("MINE")).await.status, 403);
    let (token, script) = (narrow.token().await, r#"{"command_type": "list_processes", "script": "MINE"}"#);
    let ask = narrow.ask(Method::POST, "/api/v1/servers/web-1/trials").header("Sec-Fetch-Site", "same-origin");
    let tried = ask.header("X-CSRF-Token", &token).body("application/json", script.to_owned()).send().await;
    assert_eq!(tried.status, 404, "{}", tried.body);
    assert!(scene.host.ran().is_empty());
}

/// A real server with one user, reached within two seconds.
async fn real(test: &str, change: impl FnOnce(Endpoint) -> Endpoint) -> Option<(TestApp, Sshd)> {
    let sshd = Setup::default().user("hannun-test", "/bin/sh").sudoers("root ALL=(ALL) ALL").start(test)?;
    let app = TestApp::with_config(|config| config.remote.command_timeout = Duration::from_secs(2)).await;
    known::add(&app, "web-1", &change(sshd.endpoint())).await;
    Some((app, sshd))
}

#[actix_web::test]
async fn a_shell_that_cannot_read_the_script_is_quoted_with_the_script_s_own_line() {
    let test = "a_shell_that_cannot_read_the_script_is_quoted_with_the_script_s_own_line";
    let Some((app, _sshd)) = real(test, |endpoint| endpoint).await else { return };
    let administrator = app.administrator().await;
    let said = async |script: &'static str| {
        let block = administrator.hx().post("/admin/commands/trials", Scene::form(script)).await.ok();
        block.text(".fail h3")
    };
    let problem = said("echo one\necho two\nfi\n").await;
    assert!(problem.starts_with("The shell cannot read line 3 of the script: Syntax error"), "{problem}");
    let problem = said("echo 'one\necho two\n").await;
    assert!(problem.starts_with("The shell never got to run the script"), "{problem}");
    let problem = said("no-such-program-anywhere\n").await;
    assert_eq!(problem, "The script ended with status 127; 0 was expected");
}

#[actix_web::test]
async fn sec_x02_a_real_shell_that_loops_or_prints_a_gibibyte_is_stopped_and_not_saved_as_working() {
    let test = "sec_x02_a_real_shell_that_loops_or_prints_a_gibibyte_is_stopped_and_not_saved_as_working";
    let Some((app, _sshd)) = real(test, |endpoint| endpoint).await else { return };
    let administrator = app.administrator().await;
    let scripts = [
        ("1", "while :; do :; done", "ours did not finish within 2 s on web-1"),
        ("2", "head -c 1073741824 /dev/zero | tr '\\0' x", "ours on web-1 printed more than 4096 KiB and was stopped"),
    ];
    for (row, script, why) in scripts {
        let block = administrator.hx().post("/admin/commands/trials", Scene::form(script)).await.ok();
        assert!(block.text(".fail h3").starts_with(why), "{}", block.text(".fail"));
        assert!(block.text(".fail").contains("Saved like this, it is shown as failed."));
        let form = Scene::form(script);
        administrator.post("/admin/commands", form).await.leads_to("/admin/commands");
        let list = administrator.get("/admin/commands?origin=added").await.ok();
        assert_eq!(list.text("tbody .state"), "Failed when tried");
        administrator.post("/admin/commands/deletions", [("row", row)]).await.leads_to("/admin/commands");
    }
}

#[actix_web::test]
async fn sec_z07_who_may_not_run_commands_tries_nothing_and_who_may_not_act_as_root_tries_without() {
    let scene = Scene::new(Act::answer(GOOD, "", 0)).await;
    let without = |permission| Rights { withheld: [permission].into(), ..Rights::new(Role::Administrator, Scope::All) };
    let before = scene.host.connections();
    let silent = scene.app.signed_in_with("silent", without(Permission::RunCommand)).await;
    assert_eq!(silent.hx().post("/admin/commands/trials", Scene::form("MINE")).await.status, 403);
    assert_eq!(scene.host.connections(), before);
    assert_eq!(audit(&scene.app).await[0], "silent try_command list_processes ours refused");
    let ordinary = scene.app.signed_in_with("ordinary", without(Permission::Root)).await;
    let block = ordinary.hx().post("/admin/commands/trials", Scene::form("$as_root MINE")).await.ok();
    assert_eq!(block.text("p.dim"), "Ran on web-1 as deploy; its lines that ask for root ran without");
}
