//! A file is planned field by field, applied as a whole, and followed: what is not said is what is usual.

use hannun::inventory::{Action, Applied};
use hannun::models::allowance::Allowance;
use hannun::models::audit::{Verification, verify};
use hannun::models::commands::StoredCommand;
use hannun::models::credentials::Credential;
use hannun::models::server_states::{ServerState, State};
use hannun::models::servers::Server;

use super::{Registry, deeds, pruning, request};

const FLEET: &str = "\
version: 1
defaults:
  user: deploy
  credential: ops
  port: 2200
credentials:
  ops: {kind: private_key}
  lab: {user: root, kind: password, privilege: none, note: Only for the lab}
groups:
  web: {note: Front, allow: change}
  lab: {credential: lab, interval: 5m, labels: {site: lab}}
servers:
  bastion: 198.51.100.1:22
  web-1:
    address: 10.0.0.7
    groups: [web]
    labels: {team: 결제, tier: 1.10}
    jump: bastion
    note: The first
  lab-1: {address: 'fe80::1%eth0', groups: [lab], enabled: false, legacy_algorithms: true, allow: watch}
commands:
  - {type: list_processes, name: ours, on: {os: plan9}, run: ps, format: table}
";

#[test]
fn a_file_fills_an_empty_registry_and_applies_to_no_change_afterwards() {
    let registry = Registry::new();
    let done = registry.apply(FLEET);
    assert_eq!(done.plan.count(Action::Add), 8);
    assert!(done.touched.is_empty() && done.removed.is_empty());
    let web = registry.server("web-1");
    assert_eq!((web.address.as_str(), web.port, web.sampling_seconds), ("10.0.0.7", 2200, 10));
    assert_eq!(web.labels.0["tier"], "1.10", "a label is text, whatever YAML takes it for");
    assert_eq!(web.managed_by.as_deref(), Some("servers.yml"));
    let mut connection = registry.database.connection();
    assert_eq!(web.jumps(&mut connection).unwrap()[0].name, "bastion");
    assert_eq!(registry.server("bastion").port, 22, "a port behind the address beats the usual one");
    let lab = registry.server("lab-1");
    assert_eq!((lab.sampling_seconds, lab.enabled, lab.legacy_algorithms), (300, false, true));
    assert_eq!((lab.allow, lab.labels.0["site"].as_str()), (Allowance::Watch, "lab"));
    assert_eq!(ServerState::of(&mut connection, lab.id).unwrap().unwrap().state, State::Paused);
    let credential = Credential::by_name(&mut connection, "lab").unwrap();
    assert_eq!((credential.user_name.as_str(), lab.credential_id), ("root", Some(credential.id)));
    assert_eq!(Credential::by_name(&mut connection, "ops").unwrap().user_name, "deploy");
    assert_eq!(StoredCommand::all(&mut connection).unwrap()[0].managed_by.as_deref(), Some("servers.yml"));
    let again = registry.plan(FLEET);
    assert!(again.is_empty(), "{:?}", deeds(&again));
}

#[test]
fn a_command_of_a_file_stands_in_the_audit_log_with_its_row() {
    let registry = Registry::new();
    registry.apply(FLEET);
    let id = StoredCommand::all(&mut registry.database.connection()).unwrap()[0].id;
    let command = |registry: &Registry| registry.events().into_iter().find(|event| event.action.ends_with("_command"));
    assert_eq!(command(&registry).unwrap().details.0["object"], format!("commands/{id}"));
    registry.apply(&FLEET.replace("run: ps", "run: ps -e"));
    let changed = command(&registry).unwrap();
    assert_eq!((changed.action.as_str(), &changed.details.0["object"]), ("change_command", &format!("commands/{id}")));
}

#[test]
fn another_text_that_changes_nothing_is_in_the_audit_log_all_the_same() {
    let registry = Registry::new();
    registry.apply(FLEET);
    let events = registry.events().len();
    registry.apply(FLEET);
    assert_eq!(registry.events().len(), events, "the same text");
    let done = registry.apply(&format!("# Ours\n{FLEET}"));
    assert!(done.plan.is_empty());
    let newest = &registry.events()[0];
    assert_eq!((registry.events().len(), newest.target.as_str()), (events + 1, "servers.yml"));
    assert_eq!(newest.details.0["text"], "changed");
}

#[test]
fn a_change_is_told_field_by_field_and_moves_the_connection_on_only_where_it_must() {
    let registry = Registry::new();
    registry.apply(FLEET);
    let changed = FLEET
        .replace("address: 10.0.0.7", "address: 10.0.0.70")
        .replace("note: The first", "note: Moved")
        .replace("Only for the lab", "Only for us")
        .replace("interval: 5m", "interval: 60");
    let plan = registry.plan(&changed);
    assert_eq!(
        deeds(&plan),
        [
            "change lab: note Only for the lab → Only for us",
            "change lab-1: interval 300s → 60s",
            "change web-1: address 10.0.0.7 → 10.0.0.70: note The first → Moved",
        ]
    );
    let moved = plan.items.iter().find(|item| item.name == "web-1").unwrap();
    assert_eq!(moved.notes[0].to_string(), "New address: the host key is checked again");
    let (web, lab) = (registry.server("web-1"), registry.server("lab-1"));
    let done = registry.apply(&changed);
    assert_eq!(registry.server("web-1").version, web.version + 1);
    assert_eq!(registry.server("lab-1").version, lab.version, "another interval needs no other connection");
    assert_eq!(done.touched.into_iter().collect::<Vec<_>>(), [web.id], "nor is one let go of for it");
}

#[test]
fn what_is_not_said_any_more_is_usual_again() {
    let registry = Registry::new();
    registry.apply(FLEET);
    let short = FLEET.replace("    labels: {team: 결제, tier: 1.10}\n    jump: bastion\n    note: The first\n", "");
    registry.apply(&short);
    let web = registry.server("web-1");
    assert!(web.labels.0.is_empty() && web.note.is_empty() && web.jump_server_id.is_none());
}

#[test]
fn what_a_file_lacks_stays_until_it_is_pruned_and_what_never_came_from_it_stays_for_ever() {
    let registry = Registry::new();
    registry.apply(FLEET);
    let mut connection = registry.database.connection();
    hannun::models::servers::NewServer::new("by-hand", "10.0.0.99").insert(&mut connection).unwrap();
    let short =
        "version: 1\ncredentials:\n  ops: {user: deploy, kind: private_key}\nservers:\n  bastion: 198.51.100.1:22\n";
    let plan = registry.plan(short);
    assert_eq!(
        deeds(&plan),
        [
            "leave lab",
            "leave lab",
            "leave web",
            "change bastion: credential ops → ",
            "leave lab-1",
            "leave web-1",
            "leave list_processes/ours",
        ]
    );
    registry.apply(short);
    assert_eq!(registry.server("web-1").managed_by.as_deref(), Some("servers.yml"), "a later prune still finds it");
    let done = registry.done(&pruning(short));
    assert_eq!((done.plan.count(Action::Remove), done.removed.len()), (6, 2));
    let names: Vec<String> = Server::all(&mut connection, &hannun::models::actor::Scope::All)
        .unwrap()
        .into_iter()
        .map(|one| one.name)
        .collect();
    assert_eq!(names, ["bastion", "by-hand"]);
    assert!(registry.audit().contains(&"delete_server web-1".to_owned()));
}

#[test]
fn sec_l01_each_object_is_in_the_audit_log_with_its_fields_and_the_chain_holds() {
    let registry = Registry::new();
    registry.apply(FLEET);
    assert_eq!(
        registry.audit(),
        [
            "apply_inventory servers.yml",
            "create_command list_processes/ours",
            "create_server web-1",
            "create_server lab-1",
            "create_server bastion",
            "create_group web",
            "create_group lab",
            "create_credential ops",
            "create_credential lab",
        ]
    );
    registry.apply(&FLEET.replace("jump: bastion", "port: 2222"));
    let events = registry.events();
    let change = events.iter().find(|event| event.action == "change_server").unwrap();
    assert_eq!(change.details.0["port"], r#"["2200","2222"]"#);
    assert_eq!(change.details.0["jump_server_id"], r#"["bastion",""]"#);
    assert_eq!(change.details.0["file"], "servers.yml");
    assert_eq!(change.details.0["object"], format!("servers/{}", registry.server("web-1").id));
    let before = events.len();
    registry.apply(&FLEET.replace("jump: bastion", "port: 2222"));
    assert_eq!(registry.events().len(), before, "nothing done, nothing written");
    assert!(matches!(verify(&mut registry.database.connection(), &[]).unwrap(), Verification::Intact(_)));
}

#[test]
fn sec_l01_where_the_audit_log_cannot_be_written_nothing_is_applied() {
    use diesel::Connection as _;
    use diesel::connection::SimpleConnection;
    let registry = Registry::new();
    registry.database.owner().batch_execute("alter table audit_events add constraint full_now check (false)").unwrap();
    let outcome = registry
        .database
        .connection()
        .transaction(|connection| hannun::inventory::apply(connection, registry.means(), &request(FLEET), None));
    assert!(outcome.is_err(), "{outcome:?}");
    assert_eq!(Server::count(&mut registry.database.connection(), &hannun::models::actor::Scope::All).unwrap(), 0);
}

#[test]
fn a_plan_that_was_seen_is_not_applied_once_it_is_another_one() {
    let registry = Registry::new();
    let seen = registry.plan(FLEET).digest();
    let mut connection = registry.database.connection();
    hannun::models::servers::NewServer::new("web-1", "10.0.0.1").insert(&mut connection).unwrap();
    match registry.apply_request(&request(FLEET), Some(&seen)) {
        Applied::Otherwise(plan) => assert!(deeds(&plan).iter().any(|deed| deed.starts_with("change web-1"))),
        other => panic!("{other:?}"),
    }
    assert!(registry.audit().is_empty());
    let seen = registry.plan(FLEET).digest();
    assert!(matches!(registry.apply_request(&request(FLEET), Some(&seen)), Applied::Done(_)));
}

#[test]
fn servers_behind_a_changed_jump_server_are_connected_to_anew() {
    let registry = Registry::new();
    registry.apply(FLEET);
    let done = registry.apply(&FLEET.replace("198.51.100.1:22", "198.51.100.2:22"));
    assert!(done.touched.contains(&registry.server("web-1").id));
}

#[test]
fn groups_that_disagree_about_a_server_are_told_and_the_server_s_own_word_counts() {
    let registry = Registry::new();
    let text = "groups:\n  one: {port: 1}\n  two: {port: 2}\nservers:\n  web-1: {address: a, groups: [one, two]}\n";
    let refusal = registry.refusal(text);
    assert_eq!(
        refusal,
        "servers.yml:5:3: The groups one and two say different things about port: say it for web-1 itself"
    );
    registry.apply(&text.replace("groups: [one, two]", "groups: [one, two], port: 3"));
    assert_eq!(registry.server("web-1").port, 3);
}

#[test]
fn the_server_that_everybody_is_reached_through_is_not_reached_through_itself() {
    let registry = Registry::new();
    registry.apply("defaults: {jump: gate}\nservers:\n  gate: 198.51.100.1\n  web-1: 10.0.0.7\n  web-2: {address: 10.0.0.8, jump: ~}\n");
    assert_eq!(registry.server("gate").jump_server_id, None);
    assert_eq!(registry.server("web-1").jump_server_id, Some(registry.server("gate").id));
    assert_eq!(registry.server("web-2").jump_server_id, None, "~ says that there is none");
}

#[test]
fn a_list_that_another_program_wrote_adds_servers_and_takes_nothing_from_known_ones() {
    let registry = Registry::new();
    registry.apply("credentials: {ops: {user: a, kind: password}}\ngroups: [web]\nservers:\n  example-box: {address: 10.0.0.1, port: 2222, credential: ops, groups: [web]}\n");
    let list = "systems:\n  - {name: Example Box, host: 10.0.0.9, port: 45876, users: [a@example.com]}\n  - {name: other, host: db.example.com, port: 2200}\n  - {name: local, host: /beszel_socket/beszel.sock}\n";
    let plan = registry.plan(list);
    assert_eq!(
        deeds(&plan),
        ["leave ops", "leave web", "change example-box: address 10.0.0.1 → 10.0.0.9", "add other"]
    );
    let notes: Vec<String> = plan.notes.iter().map(ToString::to_string).collect();
    assert_eq!(notes.len(), 3, "{notes:?}");
    assert!(notes[1].contains("Example Box is called example-box here") && notes[2].contains("local is left out"));
    registry.apply(list);
    let known = registry.server("example-box");
    assert_eq!(known.port, 2222);
    assert!(known.credential_id.is_some());
    assert_eq!(known.groups(&mut registry.database.connection()).unwrap()[0].name, "web");
    assert_eq!(registry.server("other").port, 2200);
}
