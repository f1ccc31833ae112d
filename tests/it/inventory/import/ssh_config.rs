//! `~/.ssh/config`, as people write it.

use hannun::inventory::import::{NoFiles, Owner, Source, ssh_config};

use super::{fixture, known_hosts, shown};

fn owner() -> Owner {
    Owner { user: Some("kim".to_owned()), home: Some("/home/kim".to_owned()) }
}

fn understood(name: &str) -> String {
    let folder = fixture(&format!("ssh/{name}"));
    let source = Source { name: "config", text: &folder.text("config") };
    shown(&ssh_config::read(source, &folder, &owner(), Some(&known_hosts())))
}

#[test]
fn every_configuration_is_understood() {
    for name in ["personal", "company", "bastions", "vagrant", "chains", "matching", "messy", "windows"] {
        insta::assert_snapshot!(format!("ssh_{name}"), understood(name));
    }
}

#[test]
fn a_pasted_text_has_no_owner_and_no_other_files() {
    let text = "Include work\nHost a\n  HostName 192.0.2.1\n  IdentityFile %d/key\n";
    let found = ssh_config::read(Source { name: "config", text }, &NoFiles, &Owner::default(), None);
    assert_eq!(found.servers.len(), 1);
    let server = &found.servers[0];
    assert_eq!((&server.sign_in.user, &server.sign_in.key_file), (&None, &None));
    assert_eq!(server.ignored.len(), 1);
    assert_eq!(found.skipped[0].what, "include ~/.ssh/work");
    assert!(found.skipped[0].why.to_string().contains("command line"), "{}", found.skipped[0].why);
}
