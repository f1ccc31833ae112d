//! Servers that cannot be reached, are others than they were, or do not let us in.

use std::net::TcpListener;

use hannun::remote::Endpoint;

use super::Scene;
use crate::harness::ssh::password;
use crate::harness::sshd::Setup;

#[actix_web::test]
async fn a_wrong_password_is_said_and_where_to_change_it() {
    let test = "a_wrong_password_is_said_and_where_to_change_it";
    let Some(sshd) = Setup::default().user("deploy", "/bin/sh").start(test) else { return };
    let wrong = Endpoint { credential: password("not the password"), ..sshd.endpoint_of("deploy") };
    let scene = Scene::of(&wrong, &sshd.by_password("deploy")).await;
    let said = scene.walk("sign-in", "deploy was not let in by password").await;
    assert_eq!(said.what, "web-1 did not let deploy in by password");
    assert_eq!(
        said.next_step,
        "Check the user name and the credential in the admin area; hannun does not try again until it is changed"
    );
    // Tried once for the page and the API, and once by each of the two tests that somebody asked for (H06).
    let refusals = sshd.log().matches("Failed password for deploy").count();
    assert_eq!(refusals, 3, "{}", sshd.log());
}

#[actix_web::test]
async fn an_unknown_name_is_said_and_what_to_check() {
    let test = "an_unknown_name_is_said_and_what_to_check";
    let Some(sshd) = Setup::default().start(test) else { return };
    let nowhere = Endpoint { address: "web-1.invalid".to_owned(), ..sshd.endpoint() };
    let scene = Scene::of(&nowhere, &sshd.endpoint()).await;
    let said = scene.walk("name", "The address web-1.invalid has no IP address").await;
    assert_eq!(said.what, "The address web-1.invalid of web-1 has no IP address");
    assert_eq!(said.next_step, "Check the address in the admin area, or the name server of this console");
}

#[actix_web::test]
async fn a_refused_port_is_said_and_what_to_check() {
    let test = "a_refused_port_is_said_and_what_to_check";
    let Some(sshd) = Setup::default().start(test) else { return };
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let scene = Scene::of(&Endpoint { port: free, ..sshd.endpoint() }, &sshd.endpoint()).await;
    let said = scene.walk("connect", &format!("Connecting failed: connection refused (127.0.0.1:{free})")).await;
    assert_eq!(said.what, format!("web-1 cannot be reached: connection refused (127.0.0.1:{free})"));
    assert_eq!(
        said.next_step,
        "Check that the server is on, that sshd listens on this port, and that no firewall is between"
    );
}

#[actix_web::test]
async fn a_changed_host_key_is_refused_with_both_fingerprints() {
    let test = "a_changed_host_key_is_refused_with_both_fingerprints";
    let (Some(sshd), Some(another)) = (Setup::default().start(test), Setup::default().start(test)) else { return };
    let changed = Endpoint { port: another.port, ..sshd.endpoint() };
    let scene = Scene::of(&changed, &sshd.endpoint()).await;
    let said = scene.walk("host-key", "Host key changed. Not connecting until it is approved").await;
    let (old, new) = (sshd.fingerprint(), another.fingerprint());
    assert!(said.what.starts_with("web-1 presented another host key"), "{}", said.what);
    assert!(said.what.contains(&old) && said.what.contains(&new), "{}", said.what);
    assert_eq!(
        said.next_step,
        "Find out why the key changed. If the server was reinstalled, approve the new key in the admin area"
    );
    assert!(!another.log().contains("Accepted") && !another.log().contains("Failed"), "{}", another.log());
}

#[actix_web::test]
async fn a_new_host_key_waits_for_a_person() {
    let test = "a_new_host_key_waits_for_a_person";
    let Some(sshd) = Setup::default().start(test) else { return };
    let scene = Scene::of(&Endpoint { pins: Vec::new(), ..sshd.endpoint() }, &sshd.endpoint()).await;
    let said = scene.walk("host-key", "Host key not known yet. Not connecting until it is approved").await;
    assert_eq!(said.what, format!("The host key of web-1 is not known yet: ssh-ed25519 {}", sshd.fingerprint()));
    assert_eq!(said.next_step, "Compare the fingerprint on the server itself, then approve it in the admin area");
}

#[actix_web::test]
async fn what_is_no_ssh_server_is_said_in_its_own_words() {
    let test = "what_is_no_ssh_server_is_said_in_its_own_words";
    let Some(sshd) = Setup::default().start(test) else { return };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            drop(tokio::io::AsyncWriteExt::write_all(&mut stream, b"220 mail.example ESMTP\r\n").await);
        }
    });
    let scene = Scene::of(&Endpoint { port, ..sshd.endpoint() }, &sshd.endpoint()).await;
    let said = scene.walk("host-key", "it closed the connection and said: 220 mail.example ESMTP").await;
    assert!(said.what.starts_with("web-1 ") || said.what.contains("with web-1"), "{}", said.what);
    assert!(said.what.contains("220 mail.example ESMTP"), "{}", said.what);
}
