//! Secrets: named in the file, brought by whoever applies it, compared in memory, told as changed or not.

use hannun::inventory::{SecretReference, SecretsAtHand};
use hannun::language::Message;
use hannun::models::credentials::Credential;
use hannun::secret::SecretText;

use super::{Registry, Request, deeds, request};

const CANARY: &str = "canary-1618033988";
const KEY: &str = include_str!("../../fixtures/keys/ed25519_encrypted");
const FILE: &str = "\
credentials:
  ops: {user: deploy, private_key: file:key, passphrase: env:PASSPHRASE, sudo_password: env:SUDO}
";

fn with(text: &str, secrets: &[(SecretReference, Result<&str, &'static str>)]) -> Request {
    let secrets = secrets.iter().map(|(reference, secret)| {
        let secret = secret.map(|text| SecretText::new(text.to_owned())).map_err(Message::new);
        ((0, reference.clone()), secret)
    });
    Request { secrets: SecretsAtHand(secrets.collect()), ..request(text) }
}

fn file(path: &str) -> SecretReference {
    SecretReference::File(path.to_owned())
}

fn env(name: &str) -> SecretReference {
    SecretReference::Environment(name.to_owned())
}

fn all(sudo: &str) -> Request {
    with(FILE, &[(file("key"), Ok(KEY)), (env("PASSPHRASE"), Ok("correct horse")), (env("SUDO"), Ok(sudo))])
}

fn plan(registry: &Registry, request: &Request) -> Vec<String> {
    match registry.plan_of(request) {
        super::Planned::Ready(plan) => deeds(&plan),
        super::Planned::Rejected(problems) => panic!("{}", super::said(&problems)),
    }
}

#[test]
fn sec_s05_a_secret_is_stored_told_only_as_changed_and_changed_only_where_it_is_another() {
    let registry = Registry::new();
    registry.done(&all(CANARY));
    let mut connection = registry.database.connection();
    let stored = Credential::by_name(&mut connection, "ops").unwrap();
    let opened = stored.open_secrets(&mut connection, &registry.sealer, registry.database.now()).unwrap();
    assert_eq!(opened.sudo_password.unwrap().expose(), CANARY);
    assert!(stored.fingerprint.is_some(), "what people see of the key");
    assert!(plan(&registry, &all(CANARY)).is_empty(), "the same secrets change nothing");
    assert_eq!(plan(&registry, &all("another")), ["change ops: sudo_password changed"]);
    let version = stored.version;
    registry.done(&all("another"));
    let after = Credential::by_name(&mut connection, "ops").unwrap();
    assert!(after.version > version, "connections are made anew");
    let told = format!("{:?}{:?}", registry.plan_of(&all(CANARY)), registry.events());
    assert!(!told.contains(CANARY) && !told.contains("PRIVATE KEY"), "{told}");
}

#[test]
fn a_passphrase_that_goes_with_its_key_is_told() {
    let registry = Registry::new();
    registry.done(&all(CANARY));
    let plain = include_str!("../../fixtures/keys/ed25519");
    let text = "credentials:\n  ops: {user: deploy, private_key: file:key, privilege: sudo_password}\n";
    let wish = with(text, &[(file("key"), Ok(plain))]);
    assert_eq!(plan(&registry, &wish), ["change ops: passphrase changed: private_key changed"]);
    registry.done(&wish);
    let stored = Credential::by_name(&mut registry.database.connection(), "ops").unwrap();
    assert!(stored.has_private_key && !stored.has_passphrase);
    assert_eq!(registry.events()[1].details.0["passphrase"], "changed");
}

#[test]
fn a_secret_that_nobody_brings_stays_as_it_is_or_is_still_to_be_entered() {
    let registry = Registry::new();
    let super::Planned::Ready(first) = registry.plan_of(&request(FILE)) else { panic!() };
    let notes: Vec<String> = first.items[0].notes.iter().map(ToString::to_string).collect();
    assert_eq!(
        notes,
        ["private_key is still to be entered in the browser", "sudo_password is still to be entered in the browser",]
    );
    registry.done(&all(CANARY));
    assert!(plan(&registry, &request(FILE)).is_empty(), "in the browser nobody can read the environment");
    let left_out = "credentials:\n  ops: {user: deploy, kind: private_key, privilege: sudo_password}\n";
    assert!(plan(&registry, &request(left_out)).is_empty());
}

#[test]
fn a_secret_that_cannot_be_read_or_used_is_told_where_it_is_named() {
    let registry = Registry::new();
    let unset = with(
        FILE,
        &[(file("key"), Ok(KEY)), (env("PASSPHRASE"), Ok("correct horse")), (env("SUDO"), Err("It is not set"))],
    );
    assert_eq!(registry.refusal_of(&unset), "servers.yml:2:89: It is not set");
    let wrong = with(FILE, &[(file("key"), Ok(KEY)), (env("PASSPHRASE"), Ok("wrong")), (env("SUDO"), Ok("x"))]);
    assert_eq!(registry.refusal_of(&wrong), "servers.yml:2:58: The passphrase is wrong, or the key is damaged");
    let public = with(
        "credentials:\n  ops: {user: deploy, private_key: file:key.pub}\n",
        &[(file("key.pub"), Ok(include_str!("../../fixtures/keys/ed25519.pub")))],
    );
    assert!(registry.refusal_of(&public).contains("This is a public key"));
}

#[test]
fn another_kind_of_credential_forgets_the_secrets_of_the_first() {
    let registry = Registry::new();
    registry.done(&all(CANARY));
    registry
        .done(&with("credentials:\n  ops: {user: deploy, password: env:PASSWORD}\n", &[(env("PASSWORD"), Ok(CANARY))]));
    let after = Credential::by_name(&mut registry.database.connection(), "ops").unwrap();
    assert!(after.has_password && !after.has_private_key && !after.has_passphrase);
    assert_eq!(after.fingerprint, None);
}

#[test]
fn a_new_key_without_a_passphrase_forgets_the_old_one_s() {
    let registry = Registry::new();
    registry.done(&all(CANARY));
    let plain = include_str!("../../fixtures/keys/ed25519");
    let text = "credentials:\n  ops: {user: deploy, private_key: file:plain, privilege: sudo_password}\n";
    registry.done(&with(text, &[(file("plain"), Ok(plain))]));
    let after = Credential::by_name(&mut registry.database.connection(), "ops").unwrap();
    assert!(after.has_private_key && !after.has_passphrase && after.has_sudo_password);
}
