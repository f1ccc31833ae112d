//! From the variables of a host to a server.

use std::collections::BTreeMap;

use super::groups::Host;
use super::variables::{Known, Variables, is_yes};
use super::way::{self, Way};
use crate::inventory::import::found::{FoundSecret, FoundServer, MOST_NOTES, Place, SignIn, Skipped};
use crate::inventory::import::hops::Hop;
use crate::language::Message;
use crate::models::names::slug;

const CONNECTION: &str = "ansible_connection";
const ADDRESS: [&str; 2] = ["ansible_host", "ansible_ssh_host"];
const PORT: [&str; 2] = ["ansible_port", "ansible_ssh_port"];
const USER: [&str; 2] = ["ansible_user", "ansible_ssh_user"];
const PASSWORD: [&str; 3] = ["ansible_password", "ansible_ssh_pass", "ansible_ssh_password"];
const KEY_FILE: [&str; 2] = ["ansible_private_key_file", "ansible_ssh_private_key_file"];
const BECOME: [&str; 2] = ["ansible_sudo", "ansible_become"];
const BECOME_PASSWORD: [&str; 3] = ["ansible_become_password", "ansible_become_pass", "ansible_sudo_pass"];
const BECOME_USER: [&str; 2] = ["ansible_become_user", "ansible_sudo_user"];
const PASSPHRASE: &str = "ansible_private_key_passphrase";
const USUAL_PORT: u16 = 22;

/// Connections that are SSH.
const SSH: [&str; 8] = [
    "ssh",
    "smart",
    "paramiko",
    "paramiko_ssh",
    "libssh",
    "ansible.builtin.ssh",
    "ansible.builtin.paramiko_ssh",
    "ansible.netcommon.libssh",
];

/// The server of a host and the way to it, or why it is none.
pub(super) fn server(
    host: &Host,
    groups: &[String],
    variables: &Variables,
) -> Result<(FoundServer, Vec<Hop>), Message> {
    let mut facts = Facts { host, variables, ignored: Vec::new() };
    facts.check_kind()?;
    let address = match facts.plain(&ADDRESS) {
        None => host.name.clone(),
        Some(Ok(address)) => address,
        Some(Err(_)) => return Err(Message::new("Only Ansible can work out its address; write it out to bring it in")),
    };
    let port = facts.port()?;
    let Way { hops, key_file, user, port: told_port } = way::of(variables, &host.name)?;
    let sign_in = facts.sign_in(user, key_file);
    let mut server = FoundServer {
        name: String::new(),
        original: host.name.clone(),
        address,
        port: port.or(told_port).unwrap_or(USUAL_PORT),
        sign_in,
        jump: None,
        groups: facts.groups(groups),
        labels: BTreeMap::new(),
        host_keys: Vec::new(),
        key_alias: None,
        place: host.place.clone(),
        ignored: Vec::new(),
    };
    server.ignored = facts.ignored;
    server.ignored.truncate(MOST_NOTES);
    Ok((server, hops))
}

/// What the variables say about one host.
struct Facts<'h> {
    host: &'h Host,
    variables: &'h Variables,
    ignored: Vec<Skipped>,
}

impl Facts<'_> {
    /// Whether it is a machine that hannun could speak to.
    fn check_kind(&self) -> Result<(), Message> {
        match self.plain(&[CONNECTION]) {
            Some(Ok(connection)) if !SSH.contains(&connection.trim()) => {
                let why = Message::new("Ansible does not reach it by SSH (ansible_connection is {connection})");
                return Err(why.with("connection", connection));
            }
            Some(Err(_)) => return Err(Message::new("Only Ansible can work out how it is connected to")),
            _ => {}
        }
        if self.variables.has("ansible_network_os") {
            return Err(Message::new("It is a network device without a POSIX shell"));
        }
        match self.plain(&["ansible_shell_type"]) {
            Some(Ok(shell)) if matches!(shell.trim(), "powershell" | "cmd") => {
                Err(Message::new("It has a Windows shell; hannun needs a POSIX shell"))
            }
            _ => Ok(()),
        }
    }

    /// The value of the last of these names that is set; the error is the name whose value only Ansible can know.
    fn plain(&self, names: &[&'static str]) -> Option<Result<String, &'static str>> {
        let (name, known) = self.variables.last(names, &self.host.name)?;
        match known {
            Known::Plain(text) if text.expose().trim().is_empty() => None,
            Known::Plain(text) => Some(Ok(text.expose().clone())),
            Known::NeedsAnsible => Some(Err(name)),
        }
    }

    /// The same, where the server can be brought in without it.
    fn plain_or_told(&mut self, names: &[&'static str]) -> Option<String> {
        match self.plain(names)? {
            Ok(value) => Some(value),
            Err(name) => {
                self.ignore(name, "Only Ansible can work out this value; fill it in after the import");
                None
            }
        }
    }

    fn ignore(&mut self, name: &str, why: impl Into<Message>) {
        let place: &Place = self.variables.place(name).unwrap_or(&self.host.place);
        self.ignored.push(Skipped::new(name, place, why));
    }

    fn port(&self) -> Result<Option<u16>, Message> {
        let unreadable = || Message::new("Its port is none from 1 to 65535, or only Ansible can work it out");
        match self.plain(&PORT) {
            None => Ok(None),
            Some(Ok(text)) => match text.trim().parse() {
                Ok(port) if port > 0 => Ok(Some(port)),
                _ => Err(unreadable()),
            },
            Some(Err(_)) => Err(unreadable()),
        }
    }

    fn sign_in(&mut self, user: Option<String>, key_file: Option<String>) -> SignIn {
        self.tell_unreadable(&PASSWORD);
        self.tell_unreadable(&BECOME_PASSWORD);
        if self.variables.has(PASSPHRASE) {
            self.ignore(PASSPHRASE, "Enter the passphrase together with the key");
        }
        SignIn {
            user: self.plain_or_told(&USER).or(user),
            key_file: self.plain_or_told(&KEY_FILE).or(key_file),
            password: self.variables.secret(&PASSWORD, &self.host.name),
            sudo: self.sudo(),
        }
    }

    fn tell_unreadable(&mut self, names: &[&'static str]) {
        if let Some((name, Known::NeedsAnsible)) = self.variables.last(names, &self.host.name) {
            self.ignore(name, "The secret is in a vault or a template; fill it in after the import");
        }
    }

    /// How to become root: `become` itself is often said in playbooks only, so a password for it counts too.
    fn sudo(&mut self) -> Option<FoundSecret> {
        let password = self.variables.secret(&BECOME_PASSWORD, &self.host.name);
        let is_wanted = self.plain_or_told(&BECOME).is_some_and(|text| is_yes(&text));
        if !is_wanted && !password.is_there() {
            return None;
        }
        let method = self.plain_or_told(&["ansible_become_method"]).unwrap_or_else(|| "sudo".to_owned());
        if !matches!(method.trim(), "sudo" | "ansible.builtin.sudo" | "community.general.sudosu") {
            self.ignore("ansible_become_method", "hannun becomes root with sudo only");
            return None;
        }
        if let Some(user) = self.plain_or_told(&BECOME_USER)
            && user.trim() != "root"
        {
            let name = self.variables.last(&BECOME_USER, &self.host.name).map_or(BECOME_USER[0], |(name, _)| name);
            self.ignore(name, "hannun becomes root and nobody else");
            return None;
        }
        Some(password)
    }

    fn groups(&mut self, names: &[String]) -> Vec<String> {
        let mut groups: Vec<String> = Vec::new();
        for name in names {
            match slug(name) {
                Some(group) if groups.contains(&group) => {}
                Some(group) => groups.push(group),
                None => self.ignored.push(Skipped::new(
                    name,
                    &self.host.place,
                    "A group is named with lower-case letters and digits; nothing of this name is left",
                )),
            }
        }
        groups.sort();
        groups
    }
}
