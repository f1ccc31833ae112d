//! H01, H02, H04, H05: whom we talk to, and how.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use hannun::error::{RemoteError, Stage};
use hannun::remote::{Endpoint, StageOutcome};
use russh::keys::Algorithm;
use russh::{Preferred, cipher, compression};

use crate::harness::fake_host::{Act, FakeHost, Manner, new_host_key, pin_of, rsa_host_key};
use crate::harness::ssh::{ask, impatient_pool, pool};
use crate::harness::sshd::Setup;

fn unknown(host: &FakeHost) -> Endpoint {
    Endpoint { pins: Vec::new(), ..host.endpoint() }
}

#[tokio::test]
async fn sec_h01_a_server_s_key_is_shown_without_any_try_to_sign_in() {
    let host = FakeHost::polite().await;
    let pool = pool();
    let presented = pool.present_key(&unknown(&host)).await.unwrap();
    assert_eq!(presented.pinned(), host.pin());

    let report = pool.test(&unknown(&host)).await;
    assert_eq!(report.presented, Some(presented.clone()));
    let outcome = &report.stages.iter().find(|report| report.stage == Stage::HostKey).unwrap().outcome;
    let expected = RemoteError::HostKeyUnknown {
        server: "web-1".to_owned(),
        algorithm: "ssh-ed25519".to_owned(),
        fingerprint: presented.fingerprint,
    };
    assert_eq!(*outcome, StageOutcome::Failed(expected.clone()));

    let error = pool.run(&unknown(&host), ask("id")).await.unwrap_err();
    assert_eq!(error, expected);
    assert_eq!((host.attempts(), host.told()), (0, Vec::new()));
}

#[tokio::test]
async fn the_shown_fingerprint_is_the_one_that_ssh_keygen_prints() {
    let Some(sshd) = Setup::default().start("the_shown_fingerprint_is_the_one_that_ssh_keygen_prints") else { return };
    let pool = pool();
    let presented = pool.present_key(&Endpoint { pins: Vec::new(), ..sshd.endpoint() }).await.unwrap();
    assert_eq!(presented.fingerprint, sshd.fingerprint());
}

#[tokio::test]
async fn sec_h02_a_server_with_another_key_is_not_signed_in_to() {
    let host = FakeHost::start(Manner::default().when("true", Act::answer("", "", 0))).await;
    let pool = pool();
    let endpoint = host.endpoint();
    pool.run(&endpoint, ask("true")).await.unwrap();
    let attempts = host.attempts();

    let other = new_host_key();
    host.change(|manner| manner.host_keys = vec![other.clone()]);
    pool.forget(endpoint.id);
    let error = pool.run(&endpoint, ask("true")).await.unwrap_err();
    let RemoteError::HostKeyChanged { trusted, presented, .. } = &error else { panic!("{error:?}") };
    assert_ne!(trusted, presented);
    assert!(presented.starts_with("ssh-ed25519 SHA256:"), "{presented}");
    assert_eq!(host.attempts(), attempts);

    let report = pool.test(&endpoint).await;
    assert_eq!(report.presented.map(|key| key.pinned()), Some(pin_of(&other)));
    assert_eq!(host.attempts(), attempts);
}

#[tokio::test]
async fn sec_h04_only_the_pinned_types_are_asked_for() {
    let ed25519 = new_host_key();
    let manner = Manner { host_keys: vec![rsa_host_key(), ed25519.clone()], ..Manner::default() };
    let host = FakeHost::start(manner.when("true", Act::answer("", "", 0))).await;
    let pool = pool();
    let pinned = Endpoint { pins: vec![pin_of(&ed25519)], ..host.endpoint() };
    pool.run(&pinned, ask("true")).await.unwrap();

    // The comment of a key is no part of it.
    let mut commented = pinned.clone();
    commented.pins[0].public_key.push_str(" root@web-1");
    commented.identity = "commented".to_owned();
    pool.run(&commented, ask("true")).await.unwrap();

    let attempts = host.attempts();
    host.change(|manner| manner.host_keys = vec![rsa_host_key()]);
    let error = pool.run(&Endpoint { identity: "rsa".to_owned(), ..pinned.clone() }, ask("true")).await.unwrap_err();
    assert!(matches!(error, RemoteError::HostKeyChanged { .. }), "{error:?}");
    let report = pool.test(&pinned).await;
    assert_eq!(report.presented.map(|key| key.pinned()), Some(pin_of(&rsa_host_key())), "the person sees the new key");
    assert_eq!(host.attempts(), attempts);
}

#[tokio::test]
async fn sec_h05_a_peer_with_old_algorithms_only_is_refused_soon_and_in_words() {
    let old = [
        ("ssh-rsa", Preferred { key: Cow::Borrowed(&[Algorithm::Rsa { hash: None }]), ..Preferred::default() }),
        ("aes256-cbc", Preferred { cipher: Cow::Borrowed(&[cipher::AES_256_CBC]), ..Preferred::default() }),
        ("zlib", Preferred { compression: Cow::Borrowed(&[compression::ZLIB]), ..Preferred::default() }),
        (
            "diffie-hellman-group14-sha1",
            Preferred { kex: Cow::Borrowed(&[russh::kex::DH_G14_SHA1]), ..Preferred::default() },
        ),
    ];
    let pool = impatient_pool();
    for (name, preferred) in old {
        let host = FakeHost::start(Manner { host_keys: vec![rsa_host_key()], preferred, ..Manner::default() }).await;
        let began = Instant::now();
        let error =
            pool.run(&Endpoint { identity: name.to_owned(), ..host.endpoint() }, ask("true")).await.unwrap_err();
        let RemoteError::NotNegotiable { why, .. } = &error else { panic!("{name}: {error:?}") };
        assert!(why.to_string().contains(name), "{name}: {why}");
        assert!(began.elapsed() < Duration::from_secs(5));
        assert_eq!(host.attempts(), 0);
    }
}

#[tokio::test]
async fn sec_h05_old_algorithms_work_where_they_were_allowed_for_this_server() {
    let preferred = Preferred {
        kex: Cow::Borrowed(&[russh::kex::DH_G14_SHA1]),
        key: Cow::Borrowed(&[Algorithm::Rsa { hash: None }]),
        cipher: Cow::Borrowed(&[cipher::AES_256_CBC]),
        mac: Cow::Borrowed(&[russh::mac::HMAC_SHA1]),
        ..Preferred::default()
    };
    let manner = Manner { host_keys: vec![rsa_host_key()], preferred, ..Manner::default() };
    let host = FakeHost::start(manner.when("true", Act::answer("", "", 0))).await;
    let endpoint = Endpoint { legacy_algorithms: true, ..host.endpoint() };
    pool().run(&endpoint, ask("true")).await.unwrap();
}

#[tokio::test]
async fn what_is_not_an_ssh_server_is_named_by_its_words() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            drop(tokio::io::AsyncWriteExt::write_all(&mut stream, b"Not allowed at this time\r\n").await);
        }
    });
    let host = FakeHost::polite().await;
    let error = pool().run(&Endpoint { port, ..host.endpoint() }, ask("true")).await.unwrap_err();
    let RemoteError::Unreachable { why, .. } = &error else { panic!("{error:?}") };
    assert!(why.to_string().contains("Not allowed at this time"), "{why}");
}
