//! What tests of SSH share: an endpoint, a pool with short limits, a script in its envelope.

use std::time::{Duration, Instant};

use hannun::clock::Clock;
use hannun::commands::script::{Envelope, Locale, Parameters, Privilege};
use hannun::config::RemoteConfig;
use hannun::models::ids::ServerId;
use hannun::remote::{Auth, Endpoint, PinnedKey, Pool, Request, new_token};
use hannun::secret::SecretText;

/// What the fake and the real servers take as a password.
pub(crate) const PASSWORD: &str = "correct horse";

/// Limits short enough for tests that wait for them.
pub(crate) fn short_limits() -> RemoteConfig {
    RemoteConfig {
        name_timeout: Duration::from_millis(300),
        connect_timeout: Duration::from_millis(600),
        channel_timeout: Duration::from_millis(500),
        ..RemoteConfig::default()
    }
}

/// A pool with the product's own limits.
pub(crate) fn pool() -> Pool {
    Pool::new(RemoteConfig::default(), Clock::system()).unwrap()
}

/// A pool that loses patience soon.
pub(crate) fn impatient_pool() -> Pool {
    Pool::new(short_limits(), Clock::system()).unwrap()
}

/// A server on this machine.
pub(crate) fn endpoint(port: u16, user: &str, credential: Auth, pins: Vec<PinnedKey>) -> Endpoint {
    Endpoint {
        id: ServerId(1),
        name: "web-1".to_owned(),
        address: "127.0.0.1".to_owned(),
        port,
        user: user.to_owned(),
        credential_name: "test credential".to_owned(),
        credential,
        identity: "1".to_owned(),
        pins,
        jump: None,
        legacy_algorithms: false,
        privilege: Privilege::None,
        sudo_password: None,
        enabled: true,
    }
}

/// A password as a credential.
pub(crate) fn password(text: &str) -> Auth {
    Auth::Password(SecretText::new(text.to_owned()))
}

/// A key of `tests/fixtures/keys`, which opens nothing but servers of tests.
pub(crate) fn fixture_key(name: &str) -> String {
    let path = format!("{}/tests/fixtures/keys/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

/// A private key as a credential.
pub(crate) fn private_key(text: &str, passphrase: Option<&str>) -> Auth {
    Auth::PrivateKey {
        key: SecretText::new(text.to_owned()),
        passphrase: passphrase.map(|words| SecretText::new(words.to_owned())),
    }
}

/// `script` in an envelope, with time enough to run.
pub(crate) fn ask(script: &str) -> Request {
    ask_within(script, super::PATIENCE)
}

/// `script` in an envelope.
pub(crate) fn ask_within(script: &str, deadline: Duration) -> Request {
    ask_as(script, Privilege::None, deadline)
}

/// `script` in an envelope that can become root.
pub(crate) fn ask_as(script: &str, privilege: Privilege, deadline: Duration) -> Request {
    let (token, parameters) = (new_token().unwrap(), Parameters::default());
    let envelope = Envelope { script, parameters: &parameters, token: &token, locale: Locale::Plain, privilege };
    let stdin = envelope.compose().unwrap();
    let mut request = Request::new("Test script", stdin, token, deadline);
    request.may_ask_password = privilege == Privilege::SudoPassword;
    request
}

/// Whether a process with these words in its command line runs on this machine.
pub(crate) fn runs(words: &str) -> bool {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    all.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
        .any(|line| String::from_utf8_lossy(&line).replace('\0', " ").contains(words))
}

/// Polls `check` until it holds; fails once its patience has ended.
pub(crate) async fn eventually(what: &str, check: impl FnMut() -> bool) {
    eventually_within(super::PATIENCE, what, check).await;
}

/// The same with another patience.
pub(crate) async fn eventually_within(patience: Duration, what: &str, mut check: impl FnMut() -> bool) {
    let deadline = Instant::now() + patience;
    while !check() {
        assert!(Instant::now() < deadline, "after {patience:?} still not: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
