//! Ansible inventories, as people write them.

use hannun::inventory::import::{Found, FoundSecret, NoFiles, Owner, Source, ansible};

use super::{fixture, known_hosts, shown};

fn read(path: &str) -> Found {
    let (folder, name) = path.rsplit_once('/').unwrap();
    let folder = fixture(&format!("ansible/{folder}"));
    ansible::read(Source { name, text: &folder.text(name) }, &folder, &Owner::default(), Some(&known_hosts()))
}

#[test]
fn every_inventory_is_understood() {
    for path in [
        "first-steps/hosts",
        "ranges/hosts.ini",
        "legacy/inventory",
        "shop/hosts.yml",
        "cluster/hosts.yaml",
        "bastioned/hosts.ini",
        "nested/hosts.ini",
        "json/inventory.json",
        "sloppy/hosts.ini",
        "single/hosts",
    ] {
        let name = path.split('/').next().unwrap();
        insta::assert_snapshot!(format!("ansible_{name}"), shown(&read(path)));
    }
}

#[test]
fn a_folder_of_files_is_one_inventory() {
    let found = ansible::read_folder(&fixture("ansible/mixed"), &Owner::default(), None);
    insta::assert_snapshot!("ansible_mixed", shown(&found));
}

#[test]
fn sec_s06_a_password_in_plain_sight_is_found_and_never_printed() {
    let found = read("legacy/inventory");
    let server = &found.servers[0];
    let FoundSecret::Given(password) = &server.sign_in.password else { panic!("{:?}", server.sign_in) };
    assert_eq!(password.expose(), "s3cret #1 \"x\"");
    let Some(FoundSecret::Given(sudo)) = &server.sign_in.sudo else { panic!("{:?}", server.sign_in) };
    assert_eq!(sudo.expose(), "other-s3cret");
    let printed = format!("{found:?}");
    assert!(!printed.contains("s3cret") && !printed.contains("Adm1n"), "{printed}");
}

#[test]
fn a_line_that_cannot_be_read_is_told_without_what_could_be_a_password() {
    let text =
        "web ansible_password=canary\nansible_password=canary2 x\nweb2 ansible_password='canary3\n[g:vars]\ncanary4\n";
    let found = ansible::read(Source { name: "hosts", text }, &NoFiles, &Owner::default(), None);
    let told = shown(&found);
    for canary in ["canary2", "canary3"] {
        assert!(!told.contains(canary), "{told}");
    }
    assert!(told.contains("hosts:3"), "{told}");
}
