//! Testing a connection, and a person's answer to the key that a server presents.

use chrono::TimeDelta;
use hannun::models::host_keys::{HostKey, KeyState};
use hannun::models::servers::Server;

use super::{audit, events, filled, pairs, server};
use crate::harness::app::{PASSWORD, TestApp};
use crate::harness::client::{Client, Reply};
use crate::harness::fake_host::{Act, FakeHost, Manner, new_host_key};
use crate::harness::page::Page;
use crate::harness::ssh;

/// The product with a server that is a [`FakeHost`], and an administrator in front of its form.
struct Scene {
    app: TestApp,
    host: FakeHost,
    administrator: Client,
    server: Server,
}

impl Scene {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let debian = include_str!("../../fixtures/commands/detect_platform/debian-12.txt");
        let manner = Manner::default().when("os-release", Act::answer(debian, "", 0));
        let host = FakeHost::start(manner).await;
        let administrator = app.administrator().await;
        let credential = [
            ("name", "deploy"),
            ("user_name", "deploy"),
            ("kind", "password"),
            ("password", ssh::PASSWORD),
            ("privilege", "none"),
        ];
        administrator.post("/admin/credentials", credential).await.leads_to("/admin/credentials");
        let server = server(&app, "web-1", "127.0.0.1", host.port).await;
        let scene = Self { app, host, administrator, server };
        let form = filled(&scene.page().await, &[("credential_id", "deploy")]);
        scene.administrator.post(&scene.path(""), pairs(&form)).await.leads_to("/admin/servers");
        scene
    }

    fn path(&self, rest: &str) -> String {
        format!("/admin/servers/{}{rest}", self.server.id)
    }

    async fn page(&self) -> Page {
        self.administrator.get(&self.path("")).await.ok()
    }

    async fn test(&self, changes: &[(&str, &str)]) -> Reply {
        let form = filled(&self.page().await, changes);
        self.administrator.hx().post(&self.path("/connection-tests"), pairs(&form)).await
    }

    async fn answer(&self, answer: &str, fingerprint: &str, password: &str) -> Reply {
        let form = [("answer", answer), ("fingerprint", fingerprint), ("your-password", password)];
        let form = form.into_iter().filter(|(_, value)| !value.is_empty());
        self.administrator.post(&self.path("/host-key"), form).await
    }

    async fn keys(&self) -> Vec<HostKey> {
        let id = self.server.id;
        self.app.app.db.run(move |connection| HostKey::of(connection, id)).await.unwrap()
    }
}

fn fingerprint(page: &Page) -> String {
    page.attribute("[name=fingerprint]", "value").unwrap()
}

#[actix_web::test]
async fn sec_h01_a_test_shows_the_key_and_tries_no_sign_in_before_a_person_approved_it() {
    let scene = Scene::new().await;
    let block = scene.test(&[]).await.ok();
    assert_eq!(block.texts(".ladder li > :nth-child(2)"), ["Name", "Connect", "Host key", "Sign-in", "Shell"]);
    assert_eq!(block.text(".ladder li:nth-child(3) > :nth-child(3)"), "Not known yet. Waiting for you");
    assert!(block.has(".ladder li:nth-child(4)[data-skip]"));
    assert_eq!(block.text(".approve h3"), "Is this really web-1?");
    assert!(block.text(".fp").starts_with("ssh-ed25519 SHA256:"));
    assert_eq!(block.text(".cmdline"), "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub");
    assert_eq!((scene.host.attempts(), scene.host.told()), (0, Vec::new()));
    assert_eq!(
        audit(&scene.app).await[0],
        format!("administrator test_connection 127.0.0.1:{} failed", scene.host.port)
    );

    scene.answer("trust", &fingerprint(&block), "").await.leads_to(&scene.path(""));
    assert_eq!(scene.host.attempts(), 0);
    assert_eq!(audit(&scene.app).await[0], "administrator approve_host_key web-1 succeeded");
    let block = scene.test(&[]).await.ok();
    assert_eq!(block.attributes(".ladder .dot", "data-state"), ["up"; 6]);
    assert!(block.text(".ladder li:last-child").starts_with("Platform Debian GNU/Linux 12"));
    assert!(!block.has(".approve"));
    assert!(scene.host.attempts() > 0);
    let page = scene.page().await;
    assert!(page.text(".keys li").starts_with("Trusted ssh-ed25519 SHA256:"));
    assert!(page.text(".keys li").contains("Approved by administrator"));
}

#[actix_web::test]
async fn sec_h01_only_the_fingerprint_that_was_seen_can_be_approved() {
    let scene = Scene::new().await;
    scene.test(&[]).await.ok();
    assert_eq!(scene.answer("trust", "SHA256:somethingelse", "").await.status, 404);
    assert_eq!(scene.answer("perhaps", "SHA256:somethingelse", "").await.status, 422);
    assert!(scene.keys().await.iter().all(|key| key.state == KeyState::Presented));
}

#[actix_web::test]
async fn sec_h02_a_changed_key_shows_old_and_new_sends_nothing_and_needs_the_password_again() {
    let scene = Scene::new().await;
    let block = scene.test(&[]).await.ok();
    let old = fingerprint(&block);
    scene.answer("trust", &old, "").await.leads_to(&scene.path(""));
    scene.host.change(|manner| manner.host_keys = vec![new_host_key()]);
    scene.app.advance(TimeDelta::minutes(11));

    let block = scene.test(&[]).await.ok();
    let new = fingerprint(&block);
    assert_eq!(block.text(".approve h3"), "web-1 presents another key than before");
    assert_eq!(block.texts(".approve .fp b"), [old.as_str(), new.as_str()]);
    assert_eq!(scene.host.attempts(), 0);
    let list = scene.administrator.get("/admin/servers?key=changed").await.ok();
    assert_eq!(list.texts("td .key"), ["web-1"]);

    let refused = scene.answer("trust", &new, "").await.with_status(403);
    assert_eq!(refused.text(".approve .problem"), "Enter your password again to go on");
    assert_eq!(scene.answer("trust", &new, "wrong").await.status, 403);
    assert_eq!(scene.keys().await[0].fingerprint, old);
    scene.answer("trust", &new, PASSWORD).await.leads_to(&scene.path(""));
    let keys = scene.keys().await;
    assert_eq!((keys.len(), &keys[0].fingerprint, keys[0].state), (1, &new, KeyState::Trusted));
    let details = &events(&scene.app).await[0].details.0;
    assert_eq!((&details["trusted before"], &details["fingerprint"]), (&old, &new));
}

#[actix_web::test]
async fn a_key_that_differs_is_forgotten_and_nothing_is_trusted() {
    let scene = Scene::new().await;
    let block = scene.test(&[]).await.ok();
    scene.answer("refuse", &fingerprint(&block), "").await.leads_to(&scene.path(""));
    assert!(scene.keys().await.is_empty());
    assert_eq!(audit(&scene.app).await[0], "administrator refuse_host_key web-1 succeeded");
    assert_eq!(scene.host.attempts(), 0);
}

#[actix_web::test]
async fn a_test_tries_what_the_form_says_and_saves_nothing() {
    let scene = Scene::new().await;
    let other = FakeHost::polite().await;
    let port = other.port.to_string();
    let block = scene.test(&[("port", port.as_str())]).await.ok();
    assert!(block.text(".approve").contains("This address is not saved yet"));
    assert!(!block.has(".approve form"));
    assert!(scene.keys().await.is_empty());
    assert_eq!((scene.host.connections(), other.attempts()), (0, 0));
    let page = scene.page().await;
    assert_eq!(page.attribute("[name=port]", "value").unwrap(), scene.host.port.to_string());
}

#[actix_web::test]
async fn what_stops_a_test_is_told_at_its_stage_with_the_next_step() {
    let scene = Scene::new().await;
    let block = scene.test(&[("address", "nowhere.invalid")]).await.ok();
    assert_eq!(block.attributes(".ladder .dot", "data-state")[0], "crit");
    assert!(block.text(".ladder li").contains("has no IP address"));
    assert!(block.text("p.mt").starts_with("Check the address"));
    let mut form = filled(&scene.page().await, &[]);
    form.retain(|(name, _)| name != "enabled");
    let paused = scene.administrator.hx().post(&scene.path("/connection-tests"), pairs(&form)).await.ok();
    assert!(paused.text(".ladder").contains("web-1 is paused"), "{}", paused.text(".ladder"));
    assert_eq!(scene.host.connections(), 0);
}

#[actix_web::test]
async fn a_test_works_without_javascript_and_keeps_what_was_typed() {
    let scene = Scene::new().await;
    let form = filled(&scene.page().await, &[("note", "typed, not saved")]);
    let page = scene.administrator.post(&scene.path("/connection-tests"), pairs(&form)).await.ok();
    assert_eq!(page.text("[name=note]"), "typed, not saved");
    assert_eq!(page.texts(".ladder li").len(), 5);
    assert_eq!(page.heading(), "Servers / web-1");
}
