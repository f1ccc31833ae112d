//! `~/.ssh/config`: a server for each name on a `Host` line, with what the whole file says about it.
//!
//! The rules are those of OpenSSH's `readconf.c`: the first value wins, `Host *` gives defaults and no server, included
//! files stand where they are included. A test holds them against `ssh -G`.

mod blocks;
mod criteria;
mod include;
mod keywords;
mod resolve;
mod servers;
mod tokens;

#[cfg(test)]
mod against_ssh;

use std::collections::HashSet;

use super::gather::Gathered;
use super::known_hosts::KnownHosts;
use super::{Files, Found, Owner, Source};
use blocks::Config;
use servers::Servers;

/// Reads a configuration and what it includes.
pub fn read(source: Source<'_>, files: &dyn Files, owner: &Owner, known_hosts: Option<&KnownHosts>) -> Found {
    let mut config = Config::read(source, files);
    let mut gathered = Gathered::default();
    gathered.found.skipped = std::mem::take(&mut config.skipped);
    let mut servers = Servers::new(&config, owner, gathered);
    let mut seen = HashSet::new();
    for block in &config.blocks {
        for name in block.criterion.names() {
            if seen.insert(name) && !servers.add(name, &block.place) {
                return servers.finish(known_hosts);
            }
        }
    }
    servers.finish(known_hosts)
}
