//! Credentials: checked at once, stored sealed, never shown again, and changed only with a fresh password.

use chrono::TimeDelta;

use super::{audit, events, filled, pairs};
use crate::harness::app::{PASSWORD, TestApp};
use crate::harness::client::{Client, Reply};
use crate::harness::ssh::{self, fixture_key};

const KEY: &str = include_str!("../../fixtures/keys/ed25519");
const CANARY: &str = "canary-7d1f0a93";

fn with_password() -> Vec<(&'static str, &'static str)> {
    vec![
        ("name", "lab"),
        ("user_name", "root"),
        ("kind", "password"),
        ("password", CANARY),
        ("privilege", "sudo_password"),
        ("sudo_password", "canary-7d1f0a93-sudo"),
        ("note", "the lab"),
    ]
}

async fn add_key(administrator: &Client, key: &str, passphrase: &str) -> Reply {
    let form = [
        ("name", "ops"),
        ("user_name", "deploy"),
        ("kind", "private_key"),
        ("private_key", key),
        ("passphrase", passphrase),
        ("privilege", "none"),
    ];
    administrator.post("/admin/credentials", form).await
}

#[actix_web::test]
async fn a_pasted_key_is_opened_at_once_and_its_fingerprint_shown() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    add_key(&administrator, KEY, "").await.leads_to("/admin/credentials");
    let page = administrator.get("/admin/credentials/1").await.ok();
    assert!(page.text("#record .fp").starts_with("ssh-ed25519 SHA256:"));
    assert!(page.text("#record").contains("Stored, changed"));
    assert_eq!(audit(&app).await, ["administrator create_credential ops succeeded"]);
    assert_eq!(events(&app).await[0].details.0["private_key"], "changed");
}

#[actix_web::test]
async fn a_key_that_is_none_is_told_beside_the_field() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    for (key, problem) in [
        ("ssh-ed25519 AAAA comment", "This is a public key"),
        ("hello", "This is not a private key"),
        ("", "Paste the private key"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nabc", "The end of the key is missing"),
    ] {
        let page = add_key(&administrator, key, "").await.with_status(422);
        assert!(page.text("#p-private_key").starts_with(problem), "{}", page.text("#p-private_key"));
    }
    assert!(administrator.get("/admin/credentials").await.ok().texts("td .key").is_empty());
}

#[actix_web::test]
async fn an_encrypted_key_needs_its_passphrase() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let (key, passphrase) = (fixture_key("ed25519_encrypted"), ssh::PASSWORD);
    let page = add_key(&administrator, &key, "").await.with_status(422);
    assert!(page.text("#record .problem").contains("enter its passphrase"), "{}", page.text("#record .problem"));
    let page = add_key(&administrator, &key, "wrong").await.with_status(422);
    assert!(page.text("#p-passphrase").starts_with("The passphrase is wrong"));
    add_key(&administrator, &key, passphrase).await.leads_to("/admin/credentials");
}

#[actix_web::test]
async fn sec_s05_no_page_ever_shows_a_stored_or_a_refused_secret() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let refused =
        administrator.post("/admin/credentials", with_password().into_iter().filter(|(name, _)| *name != "name")).await;
    assert_eq!(refused.status, 422);
    assert!(!refused.body.contains(CANARY), "a secret must be typed again");
    administrator.post("/admin/credentials", with_password()).await.leads_to("/admin/credentials");
    for path in [
        "/admin/credentials",
        "/admin/credentials/1",
        "/admin/credentials/1/history",
        "/admin/credentials/1/delete",
        "/admin/audit-events",
        "/admin/servers/new",
    ] {
        let reply = administrator.get(path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert!(!reply.body.contains(CANARY), "{path}");
    }
}

#[actix_web::test]
async fn an_empty_secret_field_keeps_what_is_stored_and_a_tick_removes_it() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    administrator.post("/admin/credentials", with_password()).await;
    let page = administrator.get("/admin/credentials/1").await.ok();
    administrator
        .post("/admin/credentials/1", pairs(&filled(&page, &[("note", "new")])))
        .await
        .leads_to("/admin/credentials");
    assert!(!events(&app).await[0].details.0.contains_key("password"));
    let page = administrator.get("/admin/credentials/1").await.ok();
    assert_eq!(page.texts(".hint").iter().filter(|hint| hint.starts_with("Stored")).count(), 2);
    let form = filled(&page, &[("privilege", "sudo"), ("sudo_password-remove", "on")]);
    administrator.post("/admin/credentials/1", pairs(&form)).await.leads_to("/admin/credentials");
    let page = administrator.get("/admin/credentials/1").await.ok();
    assert_eq!(page.texts(".hint").iter().filter(|hint| hint.starts_with("Stored")).count(), 1);
    let form = filled(&page, &[("password-remove", "on")]);
    let refused = administrator.post("/admin/credentials/1", pairs(&form)).await.with_status(422);
    assert_eq!(refused.text("#p-password"), "Enter the password");
}

#[actix_web::test]
async fn sec_a11_a_credential_is_saved_only_with_a_password_that_was_entered_lately() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    assert!(!administrator.get("/admin/credentials/new").await.ok().has("[name=your-password]"));
    app.advance(TimeDelta::minutes(11));
    assert!(administrator.get("/admin/credentials/new").await.ok().has("[name=your-password]"));
    let page = administrator.post("/admin/credentials", with_password()).await.with_status(403);
    assert_eq!(page.attribute("[name=name]", "value").as_deref(), Some("lab"));
    assert!(page.text(".notice").contains("Not saved"));
    let mut form = with_password();
    form.push(("your-password", "a wrong password"));
    assert_eq!(administrator.post("/admin/credentials", form.clone()).await.status, 403);
    assert!(administrator.get("/admin/credentials").await.ok().texts("td .key").is_empty());
    form.pop();
    form.push(("your-password", PASSWORD));
    administrator.post("/admin/credentials", form).await.leads_to("/admin/credentials");
    assert!(!administrator.get("/admin/credentials/new").await.ok().has("[name=your-password]"));
    app.advance(TimeDelta::minutes(11));
    assert_eq!(administrator.get("/admin/credentials/1/delete").await.status, 403);
    assert_eq!(administrator.post("/admin/credentials/deletions", [("row", "1")]).await.status, 403);
}
