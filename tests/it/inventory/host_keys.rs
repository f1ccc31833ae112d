//! Host keys of a file: whole or by fingerprint, pinned without a person, and nothing else is accepted (H01, H02).

use hannun::error::{Error, RemoteError};
use hannun::models::host_keys::{GivenKey, HostKey, KeyState, Recognition};
use hannun::remote::Pool;

use super::Registry;
use crate::harness::fake_host::{Act, FakeHost, Manner};
use crate::harness::ssh::ask;

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

fn trusted(registry: &Registry, name: &str) -> Vec<(String, String)> {
    let keys = HostKey::of(&mut registry.database.connection(), registry.server(name).id).unwrap();
    let keys = keys.into_iter().filter(|key| key.state == KeyState::Trusted);
    keys.map(|key| (key.fingerprint, key.public_key)).collect()
}

#[test]
fn sec_h01_a_file_pins_whole_keys_and_fingerprints_and_exactly_those() {
    let registry = Registry::new();
    let whole = hannun::remote::describe_host_key(KEY).unwrap();
    let bare = "SHA256:uNiVztksCsDhcc0u9e8BrJXVaDIPiZ6c7yBGkXqTJ2g";
    registry.apply(&format!("servers:\n  web-1: {{address: a, host_keys: ['{KEY} root@web-1', '{bare}']}}\n"));
    let mut expected = vec![(whole.fingerprint.clone(), whole.public_key.clone()), (bare.to_owned(), bare.to_owned())];
    expected.sort();
    let mut pinned = trusted(&registry, "web-1");
    pinned.sort();
    assert_eq!(pinned, expected);
    let done = registry.apply(&format!("servers:\n  web-1: {{address: a, host_keys: ['{bare}']}}\n"));
    assert_eq!(trusted(&registry, "web-1"), [(bare.to_owned(), bare.to_owned())]);
    assert!(done.touched.contains(&registry.server("web-1").id), "kept connections were made for other keys");
    let before = registry.server("web-1");
    registry.apply("servers:\n  web-1: {address: a}\n");
    assert_eq!(trusted(&registry, "web-1").len(), 1, "keys that are not spoken of stay");
    assert_eq!(registry.server("web-1").version, before.version);
}

#[test]
fn a_key_that_was_pinned_by_fingerprint_is_known_whole_once_it_was_seen() {
    let registry = Registry::new();
    let whole = hannun::remote::describe_host_key(KEY).unwrap();
    let text = format!("servers:\n  web-1: {{address: a, host_keys: ['{}']}}\n", whole.fingerprint);
    registry.apply(&text);
    let (mut connection, id) = (registry.database.connection(), registry.server("web-1").id);
    let key = GivenKey { algorithm: &whole.algorithm, public_key: &whole.public_key, fingerprint: &whole.fingerprint };
    assert_eq!(HostKey::present(&mut connection, id, &key, registry.database.now()).unwrap(), Recognition::Trusted);
    assert_eq!(trusted(&registry, "web-1"), [(whole.fingerprint, whole.public_key)]);
    assert!(registry.plan(&text).is_empty(), "the file still says the same");
}

#[tokio::test]
async fn sec_h01_h02_a_server_of_a_file_is_signed_in_to_by_its_fingerprint_and_another_key_is_refused() {
    let host = FakeHost::start(Manner::default().when("hello", Act::answer("hi\n", "", 0))).await;
    let pool = Pool::new(hannun::config::RemoteConfig::default(), hannun::clock::Clock::system()).unwrap();
    let mut endpoint = host.endpoint();
    let fingerprint = hannun::remote::describe_host_key(&endpoint.pins[0].public_key).unwrap().fingerprint;
    endpoint.pins[0] = hannun::remote::PinnedKey { algorithm: String::new(), public_key: fingerprint };
    assert_eq!(pool.run(&endpoint, ask("hello")).await.unwrap().stdout, b"hi\n");

    let mut stranger = host.endpoint();
    stranger.identity = "another".to_owned();
    stranger.pins[0].public_key = "SHA256:uNiVztksCsDhcc0u9e8BrJXVaDIPiZ6c7yBGkXqTJ2g".to_owned();
    let attempts = host.attempts();
    let error = pool.run(&stranger, ask("hello")).await.unwrap_err();
    assert!(matches!(error, RemoteError::HostKeyChanged { .. }), "{error:?}");
    assert_eq!(host.attempts(), attempts, "nobody tried to sign in");
    drop(Error::from(error));
}
