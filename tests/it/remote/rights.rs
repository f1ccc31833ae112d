//! What a server says of `sudo`: it may lie, hang or fall silent, and no question to the server is lost by that.

use std::time::Duration;

use hannun::commands::script::Privilege;
use hannun::models::actor::Actor;
use hannun::models::ids::ServerId;
use hannun::models::root_rights::StoredRights;
use hannun::remote::Endpoint;

use crate::harness::app::TestApp;
use crate::harness::fake_host::{Act, FakeHost, Manner};
use crate::harness::known;

const DEBIAN: &str = include_str!("../../fixtures/commands/detect_platform/debian-12.txt");
const SCRIPT: &str = "MINE\n$as_root cat /etc/one";

struct Scene {
    app: TestApp,
    host: FakeHost,
    server: ServerId,
}

impl Scene {
    /// A server that answers `12`, and `said` when it is asked what `sudo` allows.
    async fn new(said: Act) -> Self {
        let manner = Manner::default()
            .when("echo everything", said)
            .when("MINE", Act::answer("12", "", 0))
            .when("os-release", Act::answer(DEBIAN, "", 0));
        let host = FakeHost::start(manner).await;
        let app = TestApp::with_config(|config| config.remote.command_timeout = Duration::from_secs(2)).await;
        let endpoint = Endpoint { privilege: Privilege::Sudo, ..host.endpoint() };
        let server = known::add(&app, "web-1", &endpoint).await.id;
        Self { app, host, server }
    }

    /// What the server answers to a script with a line that asks for root.
    async fn ask(&self) -> String {
        let host = self.app.app.hosts.open(Actor::system("test"), "web-1".to_owned()).await.unwrap();
        let ran = host.run_script("mine", SCRIPT, Duration::from_secs(5)).await.unwrap();
        String::from_utf8(ran.unwrap().stdout).unwrap()
    }

    /// The lines that are known to be allowed or not; none where nothing is known.
    async fn known(&self) -> Option<Vec<(String, bool)>> {
        let server = self.server;
        let asked =
            self.app.app.db.run(move |connection| StoredRights::of(connection, server, ("deploy", Privilege::Sudo)));
        let rights = asked.await.unwrap()?.rights();
        Some(rights.commands.into_iter().map(|command| (command.line, command.allowed)).collect())
    }
}

#[actix_web::test]
async fn sec_x03_what_nobody_asked_about_is_not_kept() {
    let said = "command\tyes\t/usr/bin/cat\tcat /etc/one\ncommand\tyes\t/bin/rm\trm -rf /\n";
    let scene = Scene::new(Act::answer(said, "", 0)).await;
    assert_eq!(scene.ask().await, "12");
    assert_eq!(scene.known().await.unwrap(), [("cat /etc/one".to_owned(), true)]);
    assert!(scene.host.ran().last().unwrap().contains("sudo -n -- "));
}

#[actix_web::test]
async fn sec_x03_an_answer_that_cannot_be_stored_costs_no_reading() {
    let scene = Scene::new(Act::answer("command\tyes\t/usr/bin/\0cat\tcat /etc/one\n", "", 0)).await;
    assert_eq!((scene.ask().await, scene.known().await), ("12".to_owned(), None));
}

#[actix_web::test]
async fn sec_x02_a_sudo_that_hangs_costs_no_reading() {
    let scene = Scene::new(Act::Silent).await;
    assert_eq!((scene.ask().await, scene.known().await), ("12".to_owned(), None));
    assert!(!scene.host.ran().last().unwrap().contains("sudo -n -- "), "it runs as the user");
}

#[actix_web::test]
async fn what_was_allowed_is_forgotten_when_asking_again_fails() {
    let scene = Scene::new(Act::answer("command\tyes\t/usr/bin/cat\tcat /etc/one\n", "", 0)).await;
    scene.ask().await;
    assert!(scene.known().await.is_some());
    scene.host.change(|manner| manner.acts[0].1 = Act::answer("", "no such program\n", 127));
    scene.app.app.hosts.pool().close_all().await;
    scene.app.app.hosts.detect_platform(scene.server).await.unwrap();
    assert_eq!(scene.known().await, None);
}
