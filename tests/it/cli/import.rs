//! `hannun import`: from files on this machine to registered servers.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use hannun::models::actor::Scope;
use hannun::models::credentials::{Credential, CredentialKind, Privileges};
use hannun::models::groups::Group;
use hannun::models::host_keys::HostKey;
use hannun::models::servers::{NewServer, Server};
use serde_json::{Value, json};

use super::hannun::{Place, finish, hannun};

fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/import/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

fn server(place: &Place, name: &str) -> Server {
    Server::by_name(&mut place.database.connection(), &Scope::All, name).unwrap()
}

#[test]
fn the_servers_of_an_ssh_config_are_brought_in_with_their_way_and_their_keys() {
    let place = Place::new();
    let (config, known_hosts) = (fixture("ssh/company/config"), fixture("known_hosts"));
    fs::create_dir(place.folder.path().join("home")).unwrap();
    symlink(fixture("ssh/company"), place.folder.path().join("home/.ssh")).unwrap();
    let home = place.folder.path().join("home");
    let arguments = ["import", "ssh-config", &config, "--known-hosts", &known_hosts];
    let run = |more: &[&str]| {
        let url = place.folder.path().join("database-url");
        fs::write(&url, place.database.application_url().expose()).unwrap();
        let mut command = hannun(&[&arguments[..], more].concat());
        command.env("DATABASE_URL_FILE", &url).env("HANNUN_DATA_DIR", place.folder.path()).env("HOME", &home);
        finish(command, "")
    };

    let planned = run(&["--dry-run", "--json"]).json();
    assert!(names(&planned["found"]).contains(&"db-main"), "{planned}");
    assert_eq!(planned["plan"]["added"].as_u64(), Some(10 + 6), "{planned}");
    assert!(Server::all(&mut place.database.connection(), &Scope::All).unwrap().is_empty());

    let said = run(&[]).done();
    assert!(said.contains("+ server db-main  address: db1.corp.example.com"), "{said}");
    assert!(said.contains("! build-agent (~/.ssh/config.d/teams/build:3): It stands within a block"), "{said}");
    let (gw, db) = (server(&place, "gw"), server(&place, "db-main"));
    assert_eq!((gw.address.as_str(), gw.port, gw.jump_server_id), ("gw.corp.example.com", 2222, None));
    assert_eq!((db.jump_server_id, db.managed_by.as_deref()), (Some(gw.id), None));
    let keys = HostKey::trusted(&mut place.database.connection(), gw.id).unwrap();
    assert_eq!(keys[0].fingerprint, "SHA256:tyEsaxdm+1dcVVYgashcX2yEWk3WVNczn3qIqa0KVVI");
    let credential = Credential::by_id(&mut place.database.connection(), db.credential_id.unwrap()).unwrap();
    assert_eq!((credential.user_name.as_str(), credential.kind), ("postgres", CredentialKind::PrivateKey));
    assert_eq!((credential.note.as_str(), credential.has_private_key), ("~/.ssh/corp_postgres", false));

    let again = run(&["--json"]).json();
    assert_eq!(again["plan"]["added"].as_u64(), Some(0), "{again}");
    assert!(again["found"].as_array().unwrap().iter().all(|found| found["registered"] == json!(true)), "{again}");
}

#[test]
fn an_inventory_is_brought_in_with_its_groups_and_the_passwords_that_it_holds() {
    let place = Place::new();
    let said = place.run(&["import", "ansible", &fixture("ansible/legacy/inventory")]).done();
    for secret in ["s3cret", "other-s3cret", "Adm1n", "0123456"] {
        assert!(!said.contains(secret), "{said}");
    }
    let mut connection = place.database.connection();
    let old = server(&place, "centos6");
    let groups = old.groups(&mut connection).unwrap();
    assert_eq!(groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["old"]);
    let credential = Credential::by_id(&mut connection, old.credential_id.unwrap()).unwrap();
    assert_eq!((credential.kind, credential.privilege), (CredentialKind::Password, Privileges::None));
    assert!(credential.has_password && !credential.has_sudo_password);
    assert!(said.contains("! win2008 (inventory:5): Ansible does not reach it by SSH"), "{said}");
}

#[test]
fn a_group_and_a_credential_that_are_there_already_are_used_again() {
    let place = Place::new();
    let hosts = place.folder.path().join("hosts");
    let run = |text: &str| {
        fs::write(&hosts, text).unwrap();
        place.run(&["import", "ansible", hosts.to_str().unwrap(), "--json"]).json()
    };
    let line = |name: &str, last: u8, password: &str| {
        format!("{name} ansible_host=192.0.2.{last} ansible_user=ops ansible_password={password}\n")
    };
    let first = line("web-1", 1, "horse");
    run(&format!("[web]\n{first}"));
    let second = run(&format!("[web]\n{first}{}{}", line("web-2", 2, "horse"), line("web-3", 3, "staple")));
    assert_eq!(names(&second["plan"]["items"]), ["ops-2", "web-2", "web-3"]);
    let credential = |name: &str| server(&place, name).credential_id.unwrap();
    assert_eq!(credential("web-1"), credential("web-2"));
    assert_ne!(credential("web-1"), credential("web-3"));
    assert_eq!(Group::all(&mut place.database.connection()).unwrap().len(), 1);
}

#[test]
fn a_server_of_another_place_does_not_take_the_name_of_one_that_is_there() {
    let place = Place::new();
    NewServer::new("web", "192.0.2.1").insert(&mut place.database.connection()).unwrap();
    NewServer::new("old-name", "192.0.2.2").insert(&mut place.database.connection()).unwrap();
    let hosts = place.folder.path().join("hosts");
    fs::write(&hosts, "web ansible_host=192.0.2.9\ndb ansible_host=192.0.2.2\napp ansible_host=192.0.2.3 ansible_ssh_common_args='-J db'\n").unwrap();
    let report = place.run(&["import", "ansible", hosts.to_str().unwrap(), "--json"]).json();
    assert_eq!(names(&report["found"]), ["web-2", "old-name", "app"]);
    assert_eq!(server(&place, "web").address, "192.0.2.1");
    assert_eq!(server(&place, "web-2").address, "192.0.2.9");
    assert_eq!(server(&place, "app").jump_server_id, Some(server(&place, "old-name").id));
}

#[test]
fn an_inventory_may_be_a_folder_or_come_from_another_program() {
    let place = Place::new();
    let folder = place.run(&["import", "ansible", &fixture("ansible/mixed"), "--dry-run", "--json"]).json();
    assert_eq!(names(&folder["found"]), ["app1", "app2", "app3", "app4"]);
    let text = "web:\n  hosts:\n    w1: {ansible_host: 192.0.2.1}\n";
    let piped = place.run_with(&["import", "ansible", "-", "--dry-run", "--json", "--user", "ops"], text).json();
    assert_eq!((names(&piped["found"]), &piped["found"][0]["user"]), (vec!["w1"], &json!("ops")));
}

#[test]
fn sec_f11_only_what_lies_below_the_folder_of_the_inventory_is_read() {
    let place = Place::new();
    let (folder, outside) = (place.folder.path().join("inventory"), place.folder.path().join("outside.yml"));
    fs::create_dir_all(folder.join("group_vars")).unwrap();
    fs::write(folder.join("hosts"), "web ansible_host=192.0.2.1\n").unwrap();
    fs::write(&outside, "ansible_user: canary\n").unwrap();
    symlink(&outside, folder.join("group_vars/all.yml")).unwrap();
    let report = place.run(&["import", "ansible", folder.join("hosts").to_str().unwrap(), "--json"]).json();
    assert_eq!(report["found"][0]["user"], Value::Null);
    assert!(report["skipped"][0]["why"].as_str().unwrap().contains("leads out of the folder"), "{report}");
    assert!(place.run(&["import", "ansible", "/dev/zero"]).failed(1).contains("no plain file"));
}

#[test]
fn what_cannot_be_imported_is_said_and_nothing_is_added() {
    let place = Place::new();
    assert!(place.run(&["import", "ssh-config", "/nonexistent/config"]).failed(1).contains("cannot be read"));
    assert!(place.run(&["import", "ssh-config", "/tmp"]).failed(2).contains("is a folder"));
    assert!(place.run(&["import", "putty", "x"]).failed(2).contains("ssh-config"));
    let empty = Path::new(&fixture("ansible/sloppy")).join("absent");
    assert!(place.run(&["import", "ansible", empty.to_str().unwrap()]).failed(1).contains("cannot be read"));
}

#[test]
fn more_servers_than_one_text_holds_are_brought_in_together() {
    let place = Place::new();
    let text = "[big]\nn[0001:4000] ansible_user=ops\n[large:children]\nbig\n";
    let report = place.run_with(&["import", "ansible", "-", "--json"], text).json();
    assert_eq!(report["plan"]["added"].as_u64(), Some(4_000 + 2 + 1));
    assert_eq!(Server::count(&mut place.database.connection(), &Scope::All).unwrap(), 4_000);
}
