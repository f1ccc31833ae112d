//! What is known, written as a file, applies to no change: for a registry with everything in it.

use hannun::commands::Conditions;
use hannun::db::types::Labels;
use hannun::inventory::{self, Extras, Planned};
use hannun::models::actor::Actor;
use hannun::models::allowance::Allowance;
use hannun::models::commands::NewStoredCommand;
use hannun::models::credentials::{CredentialKind, NewCredential, Privileges, Secrets};
use hannun::models::groups::{Group, GroupChanges, NewGroup};
use hannun::models::host_keys::{GivenKey, HostKey};
use hannun::models::servers::NewServer;
use hannun::secret::SecretText;

use super::{Registry, deeds, request, unnamed};

const NOTE: &str = "  begins with blanks\n\nends: with #, 'quotes', \"more\" & *stars\n\ttab\n";

/// Everything that a person can make, by hand.
fn everything(registry: &Registry) {
    let (mut connection, now) = (registry.database.connection(), registry.database.now());
    let connection = &mut connection;
    let secrets = Secrets { password: Some(SecretText::new("canary-of-export".to_owned())), ..Secrets::default() };
    let mut credentials = Vec::new();
    for (name, kind, privilege) in [
        ("key", CredentialKind::PrivateKey, Privileges::Sudo),
        ("password", CredentialKind::Password, Privileges::None),
        ("1e3", CredentialKind::Password, Privileges::SudoPassword),
    ] {
        let new =
            NewCredential { name, user_name: "CORP\\anna", kind, privilege, note: NOTE, key: None, secrets: &secrets };
        credentials.push(new.insert(connection, &registry.sealer, now).unwrap().id);
    }
    let mut groups = Vec::new();
    for (name, allow) in [("no", Allowance::Watch), ("0x1f", Allowance::Terminal), ("web", Allowance::ReadFiles)] {
        let group = NewGroup { name, note: NOTE }.insert(connection).unwrap();
        let switch = GroupChanges { allow: Some(allow), ..GroupChanges::default() };
        groups.push(Group::change(connection, group.id, &switch, now).unwrap().id);
    }
    let gate = NewServer::new("gate", "2001:db8::1").insert(connection).unwrap();
    let labels = [("on-call", ""), ("tier", "1.10"), ("결제", "true"), ("a: b", "{c} # d"), ("null", "~")];
    let labels = Labels(labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    let web = NewServer {
        port: 2222,
        credential_id: Some(credentials[0]),
        jump_server_id: Some(gate.id),
        labels: &labels,
        note: NOTE,
        enabled: false,
        sampling_seconds: 3_600,
        legacy_algorithms: true,
        allow: Allowance::Change,
        ..NewServer::new("web-1", "fe80::1%eth0")
    };
    let web = web.insert(connection).unwrap();
    web.set_groups(connection, &groups).unwrap();
    NewServer { sampling_seconds: 10, ..NewServer::new("1.5", "1.5") }.insert(connection).unwrap();
    let whole = hannun::remote::describe_host_key(include_str!("../../fixtures/keys/ed25519.pub")).unwrap();
    let key = GivenKey { algorithm: &whole.algorithm, public_key: &whole.public_key, fingerprint: &whole.fingerprint };
    HostKey::pin(connection, web.id, &key, "anna", now).unwrap();
    let on = Conditions {
        os: vec!["linux".to_owned()],
        version: Some("9.10".to_owned()),
        has: vec!["a".to_owned(), "b".to_owned()],
        lacks: vec!["c".to_owned()],
        ..Conditions::default()
    };
    for (name, on) in [("ours", on), ("everywhere", Conditions::default())] {
        let platform = serde_json::to_value(&on).unwrap();
        let script = "  if true; then\n\techo 'a: b' # c\n  fi\n\n";
        NewStoredCommand { command_type: "list_processes", name, platform: &platform, script, format: "table" }
            .insert(connection)
            .unwrap();
    }
}

fn export(registry: &Registry) -> String {
    let extras = Extras { commands: true };
    inventory::export(&mut registry.database.connection(), &Actor::system("test"), extras).unwrap()
}

#[test]
fn an_export_of_everything_applies_to_no_change() {
    let registry = Registry::new();
    everything(&registry);
    let text = export(&registry);
    match registry.plan_of(&unnamed(&text)) {
        Planned::Ready(plan) => assert!(plan.is_empty(), "{:#?}\n{text}", deeds(&plan)),
        Planned::Rejected(problems) => panic!("{}\n{text}", super::said(&problems)),
    }
    let done = registry.apply(&text);
    assert_eq!(done.plan.changes(), 0, "as a file it takes everything over and changes nothing");
    assert!(done.plan.taken_over() > 9);
    assert_eq!(export(&registry), text);
}

#[test]
fn an_export_fills_another_registry_with_the_same() {
    let registry = Registry::new();
    everything(&registry);
    let text = export(&registry);
    let other = Registry::new();
    other.done(&request(&text));
    assert_eq!(export(&other), text);
}

#[test]
fn sec_s05_an_export_holds_no_secret() {
    let registry = Registry::new();
    everything(&registry);
    assert!(!export(&registry).contains("canary-of-export"));
}

#[test]
fn an_empty_registry_is_exported_too() {
    let registry = Registry::new();
    assert_eq!(export(&registry), "version: 1\n");
    assert!(registry.plan("version: 1\n").is_empty());
}
