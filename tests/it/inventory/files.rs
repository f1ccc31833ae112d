//! What came from a file is changed by the file: read-only by hand, taken over, released, and its drift is shown.

use diesel::connection::SimpleConnection;
use hannun::error::Error;
use hannun::inventory;
use hannun::inventory::Planned;
use hannun::models::credentials::{Credential, CredentialChanges, SecretChange};
use hannun::models::groups::{Group, GroupChanges};
use hannun::models::inventory_files::InventoryFile;
use hannun::models::servers::{Server, ServerChanges};
use hannun::secret::SecretText;

use super::{Registry, Request, deeds, source, unnamed};

const FLEET: &str = "\
credentials: {ops: {user: a, kind: password}}
groups: [web]
servers: {web-1: {address: 10.0.0.1, groups: [web], credential: ops}}
commands: [{type: list_processes, name: ours, on: {os: plan9}, run: ps}]
";

fn refused<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    match outcome {
        Err(Error::Conflict(why)) => why.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_came_from_a_file_is_not_changed_by_hand_but_for_its_secrets() {
    let registry = Registry::new();
    registry.apply(FLEET);
    let mut connection = registry.database.connection();
    let (server, now) = (registry.server("web-1"), registry.database.now());
    let sentence = "web-1 comes from servers.yml. Change it there, and apply the file again";
    let pause = ServerChanges { enabled: Some(false), ..ServerChanges::default() };
    assert_eq!(refused(Server::change(&mut connection, server.id, &pause, now)), sentence);
    assert_eq!(refused(server.delete(&mut connection)), sentence);
    let group = Group::by_name(&mut connection, "web").unwrap();
    let note = GroupChanges { note: Some("x"), ..GroupChanges::default() };
    refused(Group::change(&mut connection, group.id, &note, now));
    refused(Group::delete(&mut connection, group.id));
    let credential = Credential::by_name(&mut connection, "ops").unwrap();
    refused(credential.delete(&mut connection));
    let rename = CredentialChanges { user_name: Some("root".to_owned()), ..CredentialChanges::default() };
    refused(Credential::change(&mut connection, &registry.sealer, credential.id, &rename, now));
    let secret = SecretChange::Set(SecretText::new("x".to_owned()));
    let fill = CredentialChanges { user_name: Some("a".to_owned()), password: secret, ..CredentialChanges::default() };
    assert!(Credential::change(&mut connection, &registry.sealer, credential.id, &fill, now).unwrap().has_password);
    assert!(registry.plan(FLEET).is_empty(), "a secret that was entered is no drift");
}

#[test]
fn drift_says_what_is_another_than_in_the_file() {
    let registry = Registry::new();
    registry.apply(FLEET);
    let drift = || inventory::drift(&mut registry.database.connection(), registry.means()).unwrap();
    assert!(drift()[0].items.is_empty() && drift()[0].problems.is_empty());
    registry.database.owner().batch_execute("update servers set port = 2222; delete from commands").unwrap();
    let found = drift();
    assert_eq!((found.len(), found[0].file.name.as_str()), (1, "servers.yml"));
    let names: Vec<String> =
        found[0].items.iter().map(|item| format!("{} {}", item.action.name(), item.name)).collect();
    assert_eq!(names, ["change web-1", "add list_processes/ours"]);
    registry.apply(FLEET);
    assert!(drift()[0].items.is_empty());
}

#[test]
fn a_text_without_a_name_does_not_change_what_comes_from_a_file_and_another_file_takes_it_over() {
    let registry = Registry::new();
    registry.apply(FLEET);
    let Planned::Ready(same) = registry.plan_of(&unnamed(FLEET)) else { panic!() };
    assert!(same.is_empty(), "{:?}", deeds(&same));
    let refusal = registry.refusal_of(&unnamed("servers: {web-1: 10.0.0.2}\n"));
    assert_eq!(refusal, "standard input:1:11: web-1 comes from servers.yml. Change it there, and apply the file again");
    let other = Request { sources: vec![source("fleet.yml", FLEET)], ..Request::default() };
    let done = registry.done(&other);
    assert_eq!((done.plan.changes(), done.plan.taken_over()), (0, 4));
    assert_eq!(done.plan.items[0].notes[0].to_string(), "It came from servers.yml until now");
    assert_eq!(registry.server("web-1").managed_by.as_deref(), Some("fleet.yml"));
    assert!(done.touched.is_empty(), "who manages it is no matter of connections");
}

#[test]
fn a_server_that_was_added_by_hand_is_taken_over_without_a_change() {
    let registry = Registry::new();
    hannun::models::servers::NewServer::new("web-1", "10.0.0.1").insert(&mut registry.database.connection()).unwrap();
    let before = registry.server("web-1").version;
    let done = registry.apply("servers: {web-1: 10.0.0.1}\n");
    assert_eq!((done.plan.changes(), done.plan.taken_over()), (0, 1));
    let after = registry.server("web-1");
    assert_eq!((after.version, after.managed_by.as_deref()), (before, Some("servers.yml")));
    assert_eq!(registry.audit()[0], "apply_inventory servers.yml");
}

#[test]
fn a_released_file_leaves_everything_as_it_is_and_free() {
    let registry = Registry::new();
    registry.apply(FLEET);
    let mut connection = registry.database.connection();
    assert_eq!(InventoryFile::release(&mut connection, "servers.yml").unwrap(), 4);
    let server = registry.server("web-1");
    assert_eq!(server.managed_by, None);
    server.delete(&mut connection).unwrap();
    assert!(InventoryFile::all(&mut connection).unwrap().is_empty());
    assert!(matches!(InventoryFile::release(&mut connection, "servers.yml"), Err(Error::NotFound(_))));
}

#[test]
fn a_second_file_leaves_what_came_from_the_first_alone() {
    let registry = Registry::new();
    registry.apply(FLEET);
    let other = Request { sources: vec![source("other.yml", "servers: {db-1: 10.0.0.5}\n")], ..Request::default() };
    let pruning = Request { prune: hannun::inventory::Prune::Everything, ..other };
    let super::Planned::Ready(plan) = registry.plan_of(&pruning) else { panic!() };
    assert_eq!(deeds(&plan), ["add db-1"]);
}
