//! The page about accounts, and keys that come and go by its forms.

use super::cron::answered_region;
use crate::harness::app::TestApp;
use crate::harness::client::{Client, Reply};
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::known;
use crate::harness::page::Page;

const OTHER: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f <img src=x onerror=alert(1)>";

async fn scene(test: &str) -> Option<(TestApp, TestHost)> {
    let system = TestHost::start(Kind::Debian, test)?;
    let app = TestApp::start().await;
    known::add(&app, "web-1", &system.deploy()).await;
    Some((app, system))
}

async fn answered(client: &Client, path: &str) -> Page {
    answered_region(client, path, "#accounts").await
}

async fn send(client: &Client, page: &Page, others: &[(&str, &str)]) -> Reply {
    client.send_form("/servers/web-1/accounts/keys", page, others).await
}

#[actix_web::test]
async fn a_key_is_added_and_removed_by_forms_and_kept_over_a_new_connection() {
    let test = "a_key_is_added_and_removed_by_forms_and_kept_over_a_new_connection";
    let Some((app, system)) = scene(test).await else { return };
    let operator = app.operator().await;
    let page = answered(&operator, "/servers/web-1/accounts").await;
    let users = page.table("#users");
    let row = users.rows.iter().find(|row| row[0].starts_with("deploy")).unwrap();
    assert_eq!((row[3].as_str(), row[4].as_str(), row[5].as_str()), ("yes", "set", "1"));
    assert!(!users.rows.iter().any(|row| row[0].starts_with("www-data")), "those of the system are left out");
    let page = answered(&operator, "/servers/web-1/accounts?user=plain").await;
    let link = page.attributes("#drawer a[href*='keys/editor']", "href").pop().unwrap();
    let form = operator.get(&link).await.ok();
    for (entered, why) in [("hello", "no public key"), ("-----BEGIN OPENSSH PRIVATE KEY-----", "private key")] {
        let refused = send(&operator, &form, &[("key", entered)]).await.with_status(422);
        assert!(refused.text("#key-problem").contains(why), "{}", refused.text("main"));
    }
    let shown = send(&operator, &form, &[("key", OTHER)]).await.ok();
    assert_eq!(shown.texts(".diff p[data-d='+']"), [format!("+ {OTHER}")]);
    assert!(!system.run("cat ~plain/.ssh/authorized_keys").contains("onerror"), "nothing is changed yet");
    assert_eq!(send(&operator, &shown, &[("confirmed", "true")]).await.status, 303);
    assert!(system.run("cat ~plain/.ssh/authorized_keys").ends_with(&format!("{OTHER}\n")));
    let page = answered(&operator, "/servers/web-1/accounts?user=plain").await;
    assert!(page.text("#key-change").contains("This change is kept"), "{}", page.text("#key-change"));
    assert!(page.text("#drawer").contains("<img src=x onerror=alert(1)>"), "sec_w05: it is text");
    let link = page.attributes("#drawer a[href*='fingerprint=']", "href").pop().unwrap();
    let shown = operator.get(&link).await.ok();
    assert_eq!(send(&operator, &shown, &[("confirmed", "true"), ("keep", "ask")]).await.status, 303);
    let page = answered(&operator, "/servers/web-1/accounts?user=plain").await;
    assert!(page.text("#key-change").contains("undoes itself in"), "{}", page.text("#key-change"));
    let change = page.attributes("input[name=change]", "value").remove(0);
    let undone = operator.post("/servers/web-1/accounts/undoings", [("change", change.as_str())]).await;
    assert_eq!(undone.status, 303, "{}", undone.body);
    assert!(system.run("cat ~plain/.ssh/authorized_keys").contains("onerror"), "it is there again");
}

#[actix_web::test]
async fn sec_z07_who_may_not_read_files_sees_no_account_and_changes_no_key() {
    let test = "sec_z07_who_may_not_read_files_sees_no_account_and_changes_no_key";
    let Some((app, system)) = scene(test).await else { return };
    let viewer = app.viewer().await;
    let page = answered(&viewer, "/servers/web-1/accounts").await;
    assert!(page.text("#accounts").contains("Accounts are not shown to you") && !page.has("#users"));
    let keys = system.run("cat ~plain/.ssh/authorized_keys");
    for path in ["keys", "confirmations", "undoings"] {
        let reply = viewer.post(&format!("/servers/web-1/accounts/{path}"), [("change", "1")]).await;
        assert_eq!(reply.status, 403, "{path}");
    }
    known::only_watch(&app, "web-1").await;
    let operator = app.operator().await;
    let page = answered(&operator, "/servers/web-1/accounts").await;
    assert!(!page.has("#users"), "the switch");
    assert_eq!(system.run("cat ~plain/.ssh/authorized_keys"), keys);
}
