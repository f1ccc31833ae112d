//! `hannun apply` and `hannun export`, as a person types them.

use std::collections::HashMap;
use std::path::PathBuf;

use hannun::models::actor::Scope;
use hannun::models::credentials::Credential;
use hannun::models::servers::Server;
use serde_json::json;

use super::hannun::{Place, finish, hannun};

const FLEET: &str = "\
credentials:
  ops: {user: deploy, password: env:OPS_PASSWORD}
groups: [web]
servers:
  web-1: {address: 10.0.0.7, groups: [web], credential: ops}
  web-2: 10.0.0.8:2222
";
const CANARY: &str = "canary-3141592653";

impl Place {
    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Runs `hannun apply` with these environment variables.
    fn apply(&self, arguments: &[&str], variables: &HashMap<&str, &str>, input: &str) -> super::hannun::Said {
        let url = self.folder.path().join("database-url");
        std::fs::write(&url, self.database.application_url().expose()).unwrap();
        let arguments: Vec<&str> = std::iter::once("apply").chain(arguments.iter().copied()).collect();
        let mut command = hannun(&arguments);
        command.env("DATABASE_URL_FILE", &url).env("HANNUN_DATA_DIR", self.folder.path()).envs(variables);
        finish(command, input)
    }
}

#[test]
fn a_file_is_shown_then_applied_then_nothing_is_left_to_do() {
    let place = Place::new();
    let file = place.file("servers.yml", FLEET);
    let (file, secret) = (file.to_str().unwrap(), HashMap::from([("OPS_PASSWORD", CANARY)]));
    let shown = place.apply(&["--dry-run", file], &secret, "").done();
    assert!(shown.contains("+ server web-2  address: 10.0.0.8, port: 2222"), "{shown}");
    assert!(
        shown.contains("+ credential ops  user: deploy, kind: password, privilege: sudo, password: ***"),
        "{shown}"
    );
    assert!(shown.ends_with("4 to add, 0 to change, 0 to remove; 0 unchanged; 2 of the new servers wait for somebody to approve their host key\n"), "{shown}");
    assert!(!shown.contains(CANARY));
    let mut connection = place.database.connection();
    assert_eq!(Server::count(&mut connection, &Scope::All).unwrap(), 0, "a dry run changes nothing");

    let done = place.apply(&[file], &secret, "").done();
    assert!(done.contains("4 added, 0 changed, 0 removed"), "{done}");
    assert!(Credential::by_name(&mut connection, "ops").unwrap().has_password);
    assert_eq!(place.apply(&[file], &secret, "").done(), "no change; 4 unchanged\n");

    let changed = place.file("servers.yml", &FLEET.replace("10.0.0.8:2222", "10.0.0.9"));
    let shown = place.apply(&["--dry-run", changed.to_str().unwrap()], &secret, "").done();
    assert!(shown.contains("~ server web-2\n    address: 10.0.0.8 → 10.0.0.9\n    port: 2222 → 22\n"), "{shown}");
    let another = HashMap::from([("OPS_PASSWORD", "another")]);
    assert!(place.apply(&["--dry-run", file], &another, "").done().contains("    password: changed\n"));
}

#[test]
fn an_environment_variable_that_is_not_set_is_told_where_it_is_named_and_nothing_is_changed() {
    let place = Place::new();
    let file = place.file("servers.yml", FLEET);
    let complaint = place.apply(&[file.to_str().unwrap()], &HashMap::new(), "").failed(1);
    assert_eq!(
        complaint,
        "servers.yml:2:33: The environment variable OPS_PASSWORD is not set\nhannun: nothing was changed\n"
    );
    assert_eq!(Server::count(&mut place.database.connection(), &Scope::All).unwrap(), 0);
}

#[test]
fn a_secret_in_a_file_is_found_beside_the_file_that_names_it() {
    let place = Place::new();
    place.file("ops.key", include_str!("../../fixtures/keys/ed25519"));
    place.file("sudo", "hunter2\n");
    let text = "credentials:\n  ops: {user: deploy, private_key: file:ops.key, sudo_password: file:sudo}\n  gone: {user: a, password: file:nowhere}\n";
    let file = place.file("servers.yml", text);
    let complaint = place.apply(&[file.to_str().unwrap()], &HashMap::new(), "").failed(1);
    assert!(complaint.starts_with("servers.yml:3:29: file:nowhere cannot be read: No such file"), "{complaint}");
    let file = place.file("servers.yml", &text.replace("  gone: {user: a, password: file:nowhere}\n", ""));
    place.apply(&[file.to_str().unwrap()], &HashMap::new(), "").done();
    let stored = Credential::by_name(&mut place.database.connection(), "ops").unwrap();
    assert!(stored.has_private_key && stored.has_sudo_password && stored.fingerprint.is_some());
}

#[test]
fn what_is_exported_applies_to_no_change() {
    let place = Place::new();
    let file = place.file("servers.yml", FLEET);
    place.apply(&[file.to_str().unwrap()], &HashMap::from([("OPS_PASSWORD", CANARY)]), "").done();
    let export = place.run(&["export", "--with", "commands"]).done();
    assert!(!export.contains(CANARY));
    assert_eq!(place.apply(&["--dry-run", "-"], &HashMap::new(), &export).done(), "no change; 4 unchanged\n");
    assert!(place.run(&["export", "--with", "everything"]).failed(2).contains("possible values: commands"));
}

#[test]
fn what_is_not_in_the_file_any_more_goes_only_when_it_is_asked_for() {
    let place = Place::new();
    let file = place.file("servers.yml", "servers: {web-1: a, web-2: b}\n");
    place.apply(&[file.to_str().unwrap()], &HashMap::new(), "").done();
    let file = place.file("servers.yml", "servers: {web-1: a}\n");
    let file = file.to_str().unwrap();
    let left = place.apply(&[file], &HashMap::new(), "").done();
    assert!(left.contains("? server web-2  is not in servers.yml any more"), "{left}");
    let report = place.apply(&["--prune", "--json", file], &HashMap::new(), "").json();
    assert_eq!((&report["removed"], &report["dry_run"]), (&json!(1), &json!(false)));
    assert_eq!((&report["items"][0]["action"], &report["items"][0]["name"]), (&json!("remove"), &json!("web-2")));
    assert_eq!(Server::count(&mut place.database.connection(), &Scope::All).unwrap(), 1);
    let nothing = place.apply(&["--prune", "-"], &HashMap::new(), "version: 1\n").failed(2);
    assert!(nothing.contains("--as servers.yml"), "{nothing}");
    place.apply(&["--prune", "--as", "servers.yml", "-"], &HashMap::new(), "version: 1\n").done();
    assert_eq!(Server::count(&mut place.database.connection(), &Scope::All).unwrap(), 0);
}

#[test]
fn two_files_that_would_be_called_the_same_are_not_mixed_up() {
    let place = Place::new();
    let one = place.file("servers.yml", "servers: {web-1: 10.0.0.1}\n");
    let folder = one.with_file_name("other");
    std::fs::create_dir(&folder).unwrap();
    let other = folder.join("servers.yml");
    std::fs::write(&other, "servers: {web-2: 10.0.0.2}\n").unwrap();
    let (one, other) = (one.to_str().unwrap(), other.to_str().unwrap());
    let complaint = place.apply(&[one, other], &HashMap::new(), "").failed(2);
    assert!(complaint.contains(&format!("{one} and {other} would both be called servers.yml")), "{complaint}");
}

#[test]
fn sec_x04_what_a_file_says_cannot_write_to_the_terminal() {
    let place = Place::new();
    let file = place.file("servers.yml", "servers: {web-1: {address: a, note: \"\\e[31mred\\a\"}}\n");
    let shown = place.apply(&["--dry-run", file.to_str().unwrap()], &HashMap::new(), "").done();
    assert!(!shown.contains(['\u{1b}', '\u{7}']) && shown.contains("red"), "{shown}");
    let file = place.file("servers.yml", "servers: {\"\\e[31m\": a}\n");
    let complaint = place.apply(&[file.to_str().unwrap()], &HashMap::new(), "").failed(1);
    assert!(!complaint.contains('\u{1b}'), "{complaint}");
}

#[test]
fn a_file_that_is_not_there_and_one_that_is_no_text_are_told() {
    let place = Place::new();
    assert!(place.run(&["apply", "/nonexistent/servers.yml"]).failed(1).contains("cannot be read"));
    let path = place.folder.path().join("servers.yml");
    std::fs::write(&path, b"servers: {\xff: a}\n").unwrap();
    assert!(place.run(&["apply", path.to_str().unwrap()]).failed(1).contains("is no text in UTF-8"));
    place.run(&["apply"]).failed(2);
}
