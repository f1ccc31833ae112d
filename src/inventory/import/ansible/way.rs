//! The way to a host: what Ansible hands to `ssh`, as far as it is about jump servers and the sign-in.

use std::collections::BTreeMap;

use super::variables::{Known, Variables};
use crate::inventory::import::found::{FoundServer, Place, SignIn};
use crate::inventory::import::gather::{Gathered, Index};
use crate::inventory::import::hops::{self, Hop, SshOptions};
use crate::inventory::import::words::{self, Hash};
use crate::language::Message;

/// Arguments of `ssh`, in the order in which Ansible puts them.
const ARGUMENTS: [&str; 3] = ["ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args"];
const USUAL_PORT: u16 = 22;

/// What the arguments say.
#[derive(Debug, Default)]
pub(super) struct Way {
    /// The stops, in the order in which they are passed.
    pub(super) hops: Vec<Hop>,
    pub(super) key_file: Option<String>,
    pub(super) user: Option<String>,
    pub(super) port: Option<u16>,
}

/// The way to a host, or why nobody but Ansible knows it.
pub(super) fn of(variables: &Variables, host: &str) -> Result<Way, Message> {
    let mut arguments = Vec::new();
    for name in ARGUMENTS {
        match variables.last(&[name], host) {
            Some((_, Known::Plain(text))) => match words::shell(text.expose(), Hash::Plain) {
                Ok(words) => arguments.extend(words),
                Err(_) if !speaks_of_a_way(text.expose()) => {}
                Err(_) => return Err(unreadable(name)),
            },
            Some((_, Known::NeedsAnsible)) if variables.text(name).is_none_or(speaks_of_a_way) => {
                return Err(unreadable(name));
            }
            None | Some((_, Known::NeedsAnsible)) => {}
        }
    }
    let unknown = || unreadable("ansible_ssh_common_args");
    let options = SshOptions::read(arguments.iter().map(String::as_str)).ok_or_else(unknown)?;
    let hops = match &options.proxy_command {
        Some(command) if options.jumps.is_empty() => hops::of_proxy_command(command).ok_or_else(|| {
            Message::new("A program of its own makes the connection (ProxyCommand); hannun cannot do that")
        })?,
        _ => options.jumps,
    };
    Ok(Way { hops, key_file: options.key_file, user: options.user, port: options.port })
}

fn speaks_of_a_way(text: &str) -> bool {
    text.to_ascii_lowercase().contains("proxy") || text.contains("-J")
}

fn unreadable(name: &str) -> Message {
    Message::new("How it is reached stands in {name}, and only Ansible can work that out").with("name", name)
}

/// Says that a server is reached through these stops: hosts of the inventory, or servers that only stand here.
pub(super) fn lead(gathered: &mut Gathered, server: Index, hops: &[Hop], place: &Place) {
    let mut behind = server;
    for (number, hop) in hops.iter().rev().enumerate() {
        if number > 0 && gathered.way_of(behind).is_some() {
            return;
        }
        let Some(jump) = stop(gathered, hop, place) else {
            let why = Message::new("{jump}, which it is reached through, cannot be used").with("jump", &hop.host);
            return gathered.lose(server, why);
        };
        gathered.reach_through(server, behind, jump, hop, place);
        behind = jump;
    }
}

/// The server that a stop means.
fn stop(gathered: &mut Gathered, hop: &Hop, place: &Place) -> Option<Index> {
    let named = gathered.of_original(&hop.host).or_else(|| gathered.of_address(&hop.host));
    let known = named.and_then(|index| gathered.found.servers.get(index));
    let is_it = known.is_some_and(|server| {
        hop.user.as_ref().is_none_or(|user| server.sign_in.user.as_ref() == Some(user))
            && hop.port.is_none_or(|port| server.port == port)
    });
    if is_it {
        return named;
    }
    let address = known.map_or_else(|| hop.host.clone(), |server| server.address.clone());
    let port = hop.port.unwrap_or(USUAL_PORT);
    let other = gathered.of_endpoint(&address, port, hop.user.as_deref());
    if other.is_some() {
        return other;
    }
    if !gathered.has_room(place) {
        return None;
    }
    gathered.add(FoundServer {
        name: String::new(),
        original: hop.host.clone(),
        address,
        port,
        sign_in: SignIn { user: hop.user.clone(), ..SignIn::default() },
        jump: None,
        groups: Vec::new(),
        labels: BTreeMap::new(),
        host_keys: Vec::new(),
        key_alias: None,
        place: place.clone(),
        ignored: Vec::new(),
    })
}
