//! Ansible inventories: INI and YAML, groups within groups, ranges, `group_vars` and `host_vars`.
//!
//! The rules are those of Ansible's own plugins `ini`, `yaml` and `host_group_vars`. Of all variables only those that say
//! how to connect are kept: the rest may be secrets of other programs. Nothing is evaluated; a value that only Ansible can
//! work out is told as missing.

mod folder;
mod groups;
mod host;
mod ini;
mod literal;
mod range;
mod tree;
mod variables;
mod vars_files;
mod way;

use super::files::too_long;
use super::found::Place;
use super::gather::Gathered;
use super::known_hosts::KnownHosts;
use super::{Files, Found, Owner, Source};
use groups::Inventory;
use vars_files::VarsFiles;

/// Reads one inventory file. Paths that are asked for are relative to the folder that it lies in.
pub fn read(source: Source<'_>, files: &dyn Files, owner: &Owner, known_hosts: Option<&KnownHosts>) -> Found {
    let mut inventory = Inventory::default();
    read_file(source, &mut inventory);
    servers(inventory, files, owner, known_hosts)
}

/// Reads a folder of inventory files, which together are one inventory. Paths that are asked for are relative to it.
pub fn read_folder(files: &dyn Files, owner: &Owner, known_hosts: Option<&KnownHosts>) -> Found {
    let mut inventory = Inventory::default();
    folder::read("", files, &mut inventory);
    servers(inventory, files, owner, known_hosts)
}

fn read_file(source: Source<'_>, inventory: &mut Inventory) {
    let file = Place::new(source.name, 0);
    if let Some(why) = too_long(source.text) {
        return inventory.skip("", &file, why);
    }
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(source.text);
    if text.starts_with("#!") {
        let why = "It is a program. Import what it says: ansible-inventory -i FILE --list --yaml > hosts.yml";
        inventory.skip("", &file, why);
    } else if text.starts_with("$ANSIBLE_VAULT") {
        inventory.skip("", &file, "The whole file is in a vault: open it with ansible-vault decrypt first");
    } else if is_yaml(source.name, text) {
        tree::read(text, &file, inventory);
    } else {
        ini::read(text, &file, inventory);
    }
}

/// By its name, or by its first line that says something: YAML begins with a group, INI with a host or a section.
fn is_yaml(name: &str, text: &str) -> bool {
    match name.to_ascii_lowercase().rsplit('.').next() {
        Some("yml" | "yaml" | "json") => return true,
        Some("ini") => return false,
        _ => {}
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    lines.take(1).any(|line| {
        let said = line.split(" #").next().unwrap_or_default().trim_end();
        said == "---" || said.starts_with('{') || said.ends_with(':') || said.starts_with("all:")
    })
}

fn servers(mut inventory: Inventory, files: &dyn Files, owner: &Owner, known_hosts: Option<&KnownHosts>) -> Found {
    inventory.settle();
    let vars_files = VarsFiles::list(files, &mut inventory);
    let mut gathered = Gathered::default();
    let mut ways = Vec::new();
    for host in std::mem::take(&mut inventory.hosts) {
        let server = inventory.groups_of(&host).and_then(|groups| {
            let variables = vars_files.variables_of(&host, &groups, &mut inventory);
            host::server(&host, &inventory.names_of(&groups), &variables)
        });
        match server {
            Err(why) => gathered.skip(host.name, &host.place, why),
            Ok((mut server, hops)) => {
                server.sign_in.user = server.sign_in.user.or_else(|| owner.user.clone());
                let is_new = gathered.found.servers.len();
                if gathered.add(server) == Some(is_new) && !hops.is_empty() {
                    ways.push((is_new, hops, host.place));
                }
            }
        }
    }
    gathered.found.skipped.splice(0..0, inventory.skipped);
    for (server, hops, place) in ways {
        way::lead(&mut gathered, server, &hops, &place);
    }
    gathered.finish(known_hosts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_is_told_from_ini_by_the_name_or_the_first_line() {
        for text in
            ["---\nall:\n", "# x\n\nweb:\n  hosts:\n", "{\"all\": {}}", "all: # everything\n  hosts:\n", "all: {}"]
        {
            assert!(is_yaml("hosts", text), "{text}");
        }
        for text in ["[web]\nweb-1\n", "web-1 ansible_host=192.0.2.1\n", "; x\n[all:vars]\n", "", "web-1:2222\n"] {
            assert!(!is_yaml("hosts", text), "{text}");
        }
        assert!(is_yaml("hosts.YML", "web-1") && !is_yaml("hosts.ini", "web:"));
    }
}
