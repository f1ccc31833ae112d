//! Who lets us in with what, and what we never say (H08, S06).

use hannun::error::RemoteError;
use hannun::remote::{Auth, Endpoint, describe_private_key};
use hannun::secret::SecretText;

use crate::harness::fake_host::{Act, FakeHost, Manner, SignIn};
use crate::harness::ssh::{PASSWORD, ask, fixture_key, password, pool, private_key};
use crate::harness::sshd::Setup;

fn manner(sign_in: SignIn) -> Manner {
    Manner { sign_in, ..Manner::default() }.when("true", Act::answer("", "", 0))
}

async fn try_with(host: &FakeHost, credential: Auth) -> Result<(), RemoteError> {
    pool().run(&Endpoint { credential, ..host.endpoint() }, ask("true")).await.map(drop)
}

#[tokio::test]
async fn a_password_is_sent_once_and_only_once() {
    let host = FakeHost::start(manner(SignIn::Password)).await;
    try_with(&host, password(PASSWORD)).await.unwrap();
    assert_eq!(host.told(), [PASSWORD]);

    let error = try_with(&host, password("wrong")).await.unwrap_err();
    let refused =
        RemoteError::SignInRefused { server: "web-1".to_owned(), user: "deploy".to_owned(), method: "password".into() };
    assert_eq!(error, refused);
    assert_eq!(host.told(), [PASSWORD, "wrong"]);
}

#[tokio::test]
async fn sec_h08_the_usual_questions_are_answered() {
    for question in ["Password: ", "Password for deploy@web-1.example.com:", "deploy@web-1's password: "] {
        let host = FakeHost::start(manner(SignIn::Questions(vec![vec![(question, false)], vec![]]))).await;
        try_with(&host, password(PASSWORD)).await.unwrap();
        assert_eq!(host.told(), [PASSWORD], "{question}");
    }
}

#[tokio::test]
async fn sec_h08_an_odd_question_gets_no_answer_and_is_shown() {
    for question in [("Password for corp SSO", false), ("Verification code: ", false), ("Password: ", true)] {
        let host = FakeHost::start(manner(SignIn::Questions(vec![vec![question]]))).await;
        let error = try_with(&host, password(PASSWORD)).await.unwrap_err();
        let RemoteError::PromptRefused { prompt, .. } = &error else { panic!("{error:?}") };
        assert_eq!(prompt, question.0.trim());
        assert_eq!(host.told(), Vec::<String>::new(), "{question:?}");
    }
}

#[tokio::test]
async fn sec_h08_a_password_is_not_told_twice_and_questions_do_not_go_on_for_ever() {
    let host = FakeHost::start(manner(SignIn::Questions(vec![vec![("Password: ", false)]; 2]))).await;
    let error = try_with(&host, password(PASSWORD)).await.unwrap_err();
    assert!(matches!(error, RemoteError::SignInRefused { .. }), "{error:?}");
    assert_eq!(host.told(), [PASSWORD]);

    let endless = FakeHost::start(manner(SignIn::Questions(vec![vec![]; 100]))).await;
    let error = try_with(&endless, password(PASSWORD)).await.unwrap_err();
    assert!(matches!(error, RemoteError::PromptRefused { .. }), "{error:?}");
    assert!(endless.attempts() <= 8, "{}", endless.attempts());
}

#[tokio::test]
async fn sec_h08_a_password_is_not_offered_to_a_server_that_takes_only_keys() {
    let host = FakeHost::start(manner(SignIn::Key)).await;
    let error = try_with(&host, password(PASSWORD)).await.unwrap_err();
    assert!(matches!(error, RemoteError::SignInRefused { .. }), "{error:?}");
    assert_eq!(host.told(), Vec::<String>::new());
}

#[tokio::test]
async fn every_usual_form_of_a_private_key_opens_the_door() {
    let host = FakeHost::start(manner(SignIn::Key)).await;
    for (name, passphrase) in [
        ("ed25519", None),
        ("ed25519", Some("a passphrase that is not needed")),
        ("rsa", None),
        ("rsa_pkcs1", None),
        ("rsa_pkcs1_encrypted", Some(PASSWORD)),
        ("rsa_pkcs8", None),
        ("rsa_pkcs8_encrypted", Some(PASSWORD)),
    ] {
        let outcome = try_with(&host, private_key(&fixture_key(name), passphrase)).await;
        assert_eq!(outcome, Ok(()), "{name}");
    }
}

#[tokio::test]
async fn a_key_that_the_server_does_not_know_is_refused_and_not_tried_again() {
    let host = FakeHost::start(manner(SignIn::Key)).await;
    let endpoint = Endpoint { credential: private_key(&fixture_key("ecdsa"), None), ..host.endpoint() };
    let pool = pool();
    let error = pool.run(&endpoint, ask("true")).await.unwrap_err();
    assert!(matches!(error, RemoteError::SignInRefused { .. }), "{error:?}");
    let connections = host.connections();
    assert_eq!(pool.run(&endpoint, ask("true")).await.unwrap_err(), error);
    assert_eq!(host.connections(), connections, "a refused credential must not knock again");

    let changed = Endpoint {
        credential: private_key(&fixture_key("ed25519"), None),
        identity: "new credential".to_owned(),
        ..host.endpoint()
    };
    pool.run(&changed, ask("true")).await.unwrap();
}

#[tokio::test]
async fn a_credential_that_cannot_be_used_is_said_in_plain_words_before_any_packet() {
    let host = FakeHost::start(manner(SignIn::Key)).await;
    let encrypted = fixture_key("ed25519_encrypted");
    let half = fixture_key("ed25519").lines().take(3).collect::<Vec<_>>().join("\n");
    for (text, passphrase, words) in [
        ("hello", None, "This is not a private key"),
        ("", None, "This is not a private key"),
        (fixture_key("ed25519.pub").as_str(), None, "This is a public key"),
        (half.as_str(), None, "The end of the key is missing"),
        (encrypted.as_str(), None, "The key is encrypted: enter its passphrase"),
        (encrypted.as_str(), Some("wrong"), "The passphrase is wrong"),
        (fixture_key("rsa_pkcs1_encrypted").as_str(), Some("wrong"), "The passphrase is wrong"),
        (fixture_key("rsa_pkcs8_encrypted").as_str(), Some("wrong"), "The passphrase is wrong"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", None, "The key is damaged"),
    ] {
        let error = try_with(&host, private_key(text, passphrase)).await.unwrap_err();
        let RemoteError::CredentialUnusable { why, .. } = &error else { panic!("{text}: {error:?}") };
        assert!(why.to_string().starts_with(words), "{text}: {why}");
    }
    assert_eq!(host.connections(), 0);
}

#[test]
fn a_private_key_is_described_without_the_key() {
    let text = SecretText::new(fixture_key("ed25519_encrypted"));
    let description = describe_private_key(&text, Some(&SecretText::new(PASSWORD.to_owned()))).unwrap();
    assert_eq!(description.algorithm, "ssh-ed25519");
    assert!(description.encrypted);
    let public = russh::keys::PublicKey::from_openssh(&fixture_key("ed25519_encrypted.pub")).unwrap();
    assert_eq!(description.fingerprint, public.fingerprint(russh::keys::HashAlg::Sha256).to_string());
    for name in ["ecdsa", "ecdsa_sec1", "ed25519_pkcs8", "rsa_pkcs8"] {
        assert!(describe_private_key(&SecretText::new(fixture_key(name)), None).is_ok(), "{name}");
    }
}

#[tokio::test]
async fn a_real_server_lets_us_in_by_password_and_by_key() {
    let test = "a_real_server_lets_us_in_by_password_and_by_key";
    let Some(sshd) = Setup::default().user("hannun-dash", "/bin/dash").host_key("ed25519").host_key("rsa").start(test)
    else {
        return;
    };
    for endpoint in [sshd.by_password("hannun-dash"), sshd.endpoint()] {
        let answer = pool().run(&endpoint, ask("id -un")).await.unwrap();
        assert_eq!(answer.stdout, b"hannun-dash\n");
    }
    let wrong = Endpoint { credential: password("wrong"), ..sshd.by_password("hannun-dash") };
    let error = pool().run(&wrong, ask("true")).await.unwrap_err();
    assert!(matches!(error, RemoteError::SignInRefused { .. }), "{error:?}");
}
