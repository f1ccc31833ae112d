//! P04 and S07 with a real `sudo`: who hears the password, and who does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hannun::commands::ListSockets;
use hannun::commands::script::Privilege;
use hannun::error::RemoteError;
use hannun::models::actor::Actor;
use hannun::models::credentials::{CredentialKind, NewCredential, Privileges, Secrets};
use hannun::models::host_keys::{GivenKey, HostKey};
use hannun::models::servers::NewServer;
use hannun::remote::Endpoint;
use hannun::secret::SecretText;

use crate::harness::app::TestApp;
use crate::harness::ssh::{PASSWORD, ask_as, fixture_key, pool};
use crate::harness::sshd::{Setup, Sshd};

const TEN_SECONDS: Duration = Duration::from_secs(10);

fn with_sudo_password(sshd: &Sshd, password: &str) -> Endpoint {
    Endpoint { sudo_password: Some(SecretText::new(password.to_owned())), ..sshd.endpoint() }
}

fn setup(rule: &str) -> Setup {
    Setup::default().user("hannun-test", "/bin/bash").sudoers(&format!("hannun-test ALL=(ALL) {rule}"))
}

#[tokio::test]
async fn sec_p04_sudo_gets_the_password_and_what_it_runs_does_not() {
    let test = "sec_p04_sudo_gets_the_password_and_what_it_runs_does_not";
    let script = "$as_root id -u\n$as_root cat\ncat <&3 & sleep 0.2; kill $! 2>/dev/null\n$as_root id -un";
    for rule in ["ALL", "NOPASSWD: ALL"] {
        let Some(sshd) = setup(rule).start(test) else { return };
        let endpoint = with_sudo_password(&sshd, PASSWORD);
        let answer = pool().run(&endpoint, ask_as(script, Privilege::SudoPassword, TEN_SECONDS)).await.unwrap();
        let stderr = String::from_utf8_lossy(&answer.stderr);
        assert_eq!(String::from_utf8_lossy(&answer.stdout), "0\nroot\n", "{rule}: {stderr}");
        assert!(!stderr.contains("PROMPT") && !stderr.contains(PASSWORD), "{rule}: {stderr}");
    }
}

#[tokio::test]
async fn sec_p04_a_wrong_password_for_sudo_is_told_once() {
    let Some(sshd) = setup("ALL").start("sec_p04_a_wrong_password_for_sudo_is_told_once") else { return };
    let endpoint = with_sudo_password(&sshd, "wrong");
    let request = ask_as("$as_root id -u; $as_root id -u", Privilege::SudoPassword, TEN_SECONDS);
    let error = pool().run(&endpoint, request).await.unwrap_err();
    let RemoteError::PrivilegeRefused { said, .. } = &error else { panic!("{error:?}") };
    assert!(said.contains("try again"), "{said}");
}

#[tokio::test]
async fn sec_s07_no_password_is_seen_in_any_command_line_or_environment() {
    let test = "sec_s07_no_password_is_seen_in_any_command_line_or_environment";
    let Some(sshd) = setup("ALL").start(test) else { return };
    let (done, mut looks) = (Arc::new(AtomicBool::new(false)), 0_usize);
    let (finished, canary) = (Arc::clone(&done), PASSWORD.replace(' ', "\0"));
    let looking = std::thread::spawn(move || {
        while !finished.load(Ordering::SeqCst) {
            looks += 1;
            for entry in std::fs::read_dir("/proc").unwrap().flatten() {
                for file in ["cmdline", "environ"] {
                    let bytes = std::fs::read(entry.path().join(file)).unwrap_or_default();
                    let shown = String::from_utf8_lossy(&bytes);
                    assert!(!shown.contains(PASSWORD) && !shown.contains(&canary), "{file} of {:?}", entry.path());
                }
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        looks
    });
    let endpoint =
        Endpoint { credential: sshd.by_password("hannun-test").credential, ..with_sudo_password(&sshd, PASSWORD) };
    let script = "$as_root sleep 0.3; $as_root id -u";
    let answer = pool().run(&endpoint, ask_as(script, Privilege::SudoPassword, TEN_SECONDS)).await.unwrap();
    done.store(true, Ordering::SeqCst);
    assert_eq!(answer.stdout, b"0\n");
    assert!(looking.join().unwrap() > 5);
}

/// Registers the server, signed in to by a key that may use `sudo` without a password.
async fn register(app: &TestApp, sshd: &Sshd) {
    let (endpoint, sealer, now) = (sshd.endpoint(), app.app.sealer.clone(), app.database.now());
    let registered = app.app.db.run(move |connection| {
        let private_key = Some(SecretText::new(fixture_key("ed25519")));
        let credential = NewCredential {
            name: "test",
            user_name: &endpoint.user,
            kind: CredentialKind::PrivateKey,
            privilege: Privileges::Sudo,
            note: "",
            key: None,
            secrets: &Secrets { private_key, ..Secrets::default() },
        };
        let credential = credential.insert(connection, &sealer, now)?;
        let (port, credential_id) = (i32::from(endpoint.port), Some(credential.id));
        let server = NewServer { port, credential_id, ..NewServer::new("web-1", "127.0.0.1") }.insert(connection)?;
        let pin = &endpoint.pins[0];
        let key = GivenKey { algorithm: &pin.algorithm, public_key: pin.public_key.trim(), fingerprint: "SHA256:test" };
        HostKey::pin(connection, server.id, &key, "the test", now)
    });
    registered.await.unwrap();
}

#[tokio::test]
async fn the_lines_of_docs_first_steps_are_enough_to_see_whose_sockets_are_open() {
    let test = "the_lines_of_docs_first_steps_are_enough_to_see_whose_sockets_are_open";
    let page = include_str!("../../../docs/first-steps.md");
    let line = page.lines().find(|line| line.starts_with("hannun ALL=")).unwrap();
    let rule = line.split_once("NOPASSWD:").unwrap().1.trim();
    for (rule, sees) in [("ALL", false), (&*format!("NOPASSWD: {rule}"), true), ("NOPASSWD: ALL", true)] {
        let Some(sshd) = setup(rule).start(test) else { return };
        let app = TestApp::start().await;
        register(&app, &sshd).await;
        let host = app.app.hosts.open(Actor::system("test"), "web-1".to_owned()).await.unwrap();
        let sockets = host.read(ListSockets).await.unwrap().value;
        assert_eq!(!sockets.hidden_owners, sees, "{rule}");
        let ours = sockets.sockets.iter().find(|socket| socket.port == sshd.port).unwrap();
        assert_eq!(!ours.owners.is_empty(), sees, "{rule}");
    }
}
