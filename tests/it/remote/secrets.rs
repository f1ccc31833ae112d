//! S06: what is never logged, however much is asked for.

use std::process::Command;
use std::time::Duration;

use hannun::commands::script::Privilege;
use hannun::remote::{Endpoint, Pool};
use hannun::secret::SecretText;

use crate::harness::fake_host::{Act, FakeHost, Manner, SignIn};
use crate::harness::ssh::{PASSWORD, ask, ask_as, fixture_key, pool, private_key};

const SUDO_PASSWORD: &str = "canary-for-sudo";
/// Tells the test that it is the process which is looked at.
const INSIDE: &str = "HANNUN_TEST_LOOKED_AT";

/// Uses every kind of secret once, with everything logged that can be.
async fn use_every_secret() {
    hannun::telemetry::start("trace,russh=trace,russh::client=trace");
    tracing::trace!("logging is on");
    for sign_in in [SignIn::Password, SignIn::Questions(vec![vec![("Password: ", false)]])] {
        let sudo = Act::Sudo { numbers: &[812], right: SUDO_PASSWORD };
        let manner = Manner { sign_in, ..Manner::default() }.when("$as_root id", sudo);
        let host = FakeHost::start(manner).await;
        let sudo_password = Some(SecretText::new(SUDO_PASSWORD.to_owned()));
        let endpoint = Endpoint { sudo_password, ..host.endpoint() };
        tracing::info!(?endpoint, "an endpoint");
        let request = ask_as("$as_root id", Privilege::SudoPassword, Duration::from_secs(10));
        pool().run(&endpoint, request).await.unwrap();
    }
    let host =
        FakeHost::start(Manner { sign_in: SignIn::Key, ..Manner::default() }.when("true", Act::answer("", "", 0)))
            .await;
    let pool: Pool = pool();
    let endpoint =
        Endpoint { credential: private_key(&fixture_key("rsa_pkcs8_encrypted"), Some(PASSWORD)), ..host.endpoint() };
    pool.run(&endpoint, ask("true")).await.unwrap();
    let wrong = Endpoint {
        identity: "wrong".to_owned(),
        credential: private_key(&fixture_key("ecdsa"), None),
        ..host.endpoint()
    };
    tracing::info!(error = ?pool.run(&wrong, ask("true")).await.unwrap_err(), "an error");
}

#[tokio::test]
async fn sec_s06_a_whole_run_at_trace_level_logs_no_secret() {
    if std::env::var_os(INSIDE).is_some() {
        return use_every_secret().await;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "remote::secrets::sec_s06_a_whole_run_at_trace_level_logs_no_secret", "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("logging is on"), "{text}");
    let key_lines = fixture_key("rsa_pkcs8_encrypted");
    for secret in [PASSWORD, SUDO_PASSWORD, key_lines.lines().nth(3).unwrap()] {
        let as_bytes: Vec<String> = secret.bytes().map(|byte| byte.to_string()).collect();
        assert!(!text.contains(secret), "{secret} was logged");
        assert!(!text.contains(&as_bytes.join(", ")), "{secret} was logged as bytes");
    }
}
