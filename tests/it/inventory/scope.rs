//! Z02: a text reaches no further than whoever brings it.

use hannun::models::actor::{Actor, ActorKind, Rights, Role, Scope};
use hannun::models::groups::Group;
use hannun::models::ids::UserId;
use hannun::models::inventory_files::InventoryFile;

use super::{Registry, deeds, pruning, request, unnamed};

const FLEET: &str = "\
credentials: {ops: {user: a, kind: password}, secret: {user: b, kind: password}}
groups: [web, db]
servers:
  web-1: {address: 10.0.0.1, groups: [web], credential: ops}
  db-1: {address: 10.0.0.2, groups: [db], credential: secret}
";

/// A registry with servers of two groups, and somebody who is limited to `web`.
fn limited() -> Registry {
    let mut registry = Registry::new();
    registry.done(&unnamed(FLEET));
    let web = Group::by_name(&mut registry.database.connection(), "web").unwrap();
    registry.actor = Actor {
        kind: ActorKind::User(UserId(1)),
        name: "anna".to_owned(),
        rights: Rights::new(Role::Administrator, Scope::Groups(vec![web.id])),
        address: None,
    };
    registry
}

#[test]
fn sec_z02_who_is_limited_to_groups_adds_and_changes_servers_of_these_groups_only() {
    let registry = limited();
    registry.done(&unnamed("servers:\n  web-1: {address: 10.0.0.9, groups: [web], credential: ops}\n  web-2: {address: 10.0.0.3, groups: [web], credential: ops, jump: web-1}\n"));
    assert_eq!(registry.server("web-1").address, "10.0.0.9");
    for (text, why) in [
        ("servers: {web-3: 10.0.0.4}", "Choose from your own groups, at least one"),
        ("servers: {web-3: {address: a, groups: [db]}}", "There is no group db"),
        ("servers: {web-3: {address: a, groups: [web], credential: secret}}", "There is no credential secret"),
        ("servers: {web-3: {address: a, groups: [web], jump: db-1}}", "There is no server db-1"),
        ("servers: {db-1: {address: a, groups: [web]}}", "There is a server named db-1 already"),
        ("groups: [web]", "This needs an account for all servers"),
        ("groups: [new]", "This needs an account for all servers"),
        ("credentials: {mine: {user: a, kind: password}}", "This needs an account for all servers"),
        ("commands: [{type: list_processes, name: ours, run: a}]", "This needs an account for all servers"),
    ] {
        let refusal = registry.refusal_of(&unnamed(&format!("{text}\n")));
        assert!(refusal.contains(why), "{text}: {refusal}");
        assert!(!refusal.contains("Did you mean"), "names of others are not offered: {refusal}");
    }
}

#[test]
fn sec_z02_only_servers_within_the_scope_are_removed_and_exported() {
    let registry = limited();
    registry.apply("servers:\n  web-1: {address: 10.0.0.1, groups: [web], credential: ops}\n");
    let plan = registry.plan_of(&pruning("version: 1\n"));
    let super::Planned::Ready(plan) = plan else { panic!("{plan:?}") };
    assert_eq!(deeds(&plan), ["remove web-1"]);
    let export = hannun::inventory::export(
        &mut registry.database.connection(),
        &registry.actor,
        hannun::inventory::Extras { commands: true },
    );
    let export = export.unwrap();
    assert!(export.contains("web-1") && !export.contains("db-1") && !export.contains("secret"), "{export}");
}

#[test]
fn sec_z02_the_text_of_a_file_is_not_replaced_by_somebody_who_may_not_know_all_of_it() {
    let mut registry = limited();
    let narrow = std::mem::replace(&mut registry.actor, Actor::system("test"));
    registry.apply(FLEET);
    registry.actor = narrow;
    let refusal = registry.refusal_of(&request("servers:\n  web-1: {address: 10.0.0.9, groups: [web]}\n"));
    assert!(refusal.contains("Give this one another name"), "{refusal}");
    let kept = InventoryFile::by_name(&mut registry.database.connection(), "servers.yml").unwrap();
    assert_eq!(kept.text, FLEET);
}

#[test]
fn sec_z03_an_empty_scope_is_no_server_at_all() {
    let mut registry = limited();
    registry.actor.rights.scope = Scope::Groups(Vec::new());
    let refusal = registry.refusal_of(&unnamed("servers: {web-1: {address: a, groups: [web]}}\n"));
    assert!(refusal.contains("There is a server named web-1 already"), "{refusal}");
    let export = hannun::inventory::export(
        &mut registry.database.connection(),
        &registry.actor,
        hannun::inventory::Extras::default(),
    );
    assert_eq!(export.unwrap(), "version: 1\n");
}
