//! What a configuration says about one host, by the rules of `ssh`: the first value wins, key files add up.

use std::collections::HashMap;

use super::blocks::{Block, Config, Setting};
use super::criteria::{Holds, SoFar};
use super::tokens::{self, Tokens};
use crate::inventory::import::{Owner, hops};
use crate::language::Message;

/// How often blocks are compared with hosts: more than any fleet needs, a few seconds of work.
const MOST_COMPARISONS: usize = 10_000_000;
/// More than anybody sets, or would read.
const MOST_OF_A_KIND: usize = 50;

/// The blocks of a configuration, found quickly.
pub(super) struct Resolver<'c> {
    config: &'c Config,
    owner: &'c Owner,
    /// Blocks that hold only for hosts that they name.
    by_name: HashMap<&'c str, Vec<usize>>,
    /// All other blocks.
    general: Vec<usize>,
    /// What it costs to ask the general ones.
    general_cost: usize,
    comparisons_left: usize,
}

/// What a configuration says about one host.
#[derive(Debug)]
pub(super) struct Resolved<'c> {
    /// The address: what `HostName` makes of the name, in lower case.
    pub(super) address: Result<String, Message>,
    pub(super) port: Option<&'c Setting>,
    pub(super) user: Option<&'c Setting>,
    /// Each once.
    pub(super) key_files: Vec<&'c Setting>,
    pub(super) proxy: Option<&'c Setting>,
    pub(super) key_alias: Option<&'c Setting>,
    pub(super) tag: Option<&'c Setting>,
    /// Everything else, each keyword once.
    pub(super) others: Vec<&'c Setting>,
    /// Blocks of which only the person's own machine can say whether they hold.
    pub(super) undecided: Vec<&'c Block>,
    /// Whether a `Host` line that names it holds.
    pub(super) is_named: bool,
}

impl<'c> Resolver<'c> {
    pub(super) fn new(config: &'c Config, owner: &'c Owner) -> Self {
        let (mut by_name, mut general): (HashMap<&str, Vec<usize>>, _) = (HashMap::new(), Vec::new());
        for (index, block) in config.blocks.iter().enumerate() {
            if !block.criterion.is_names_only() {
                general.push(index);
                continue;
            }
            for name in block.criterion.names() {
                let blocks = by_name.entry(name).or_default();
                if blocks.last() != Some(&index) {
                    blocks.push(index);
                }
            }
        }
        let cost = |index: &usize| config.blocks.get(*index).map_or(0, |block| block.criterion.cost());
        let general_cost = general.iter().map(cost).sum();
        Self { config, owner, by_name, general, general_cost, comparisons_left: MOST_COMPARISONS }
    }

    /// What the configuration says about a host; nothing once there was too much to compare.
    pub(super) fn resolve(&mut self, host: &str) -> Option<Resolved<'c>> {
        let mut blocks: Vec<usize> = self.by_name.get(host).cloned().unwrap_or_default();
        let named = blocks.iter().filter_map(|index| self.config.blocks.get(*index));
        let cost: usize = named.map(|block| block.criterion.cost()).sum();
        self.comparisons_left = self.comparisons_left.checked_sub(self.general_cost + cost)?;
        blocks.extend(&self.general);
        blocks.sort_unstable();
        let mut values = Values::default();
        let mut holding: HashMap<usize, Holds> = HashMap::new();
        let of = |holding: &HashMap<usize, Holds>, index| holding.get(&index).copied().unwrap_or(Holds::No);
        for index in blocks {
            let Some(block) = self.config.blocks.get(index) else { continue };
            let address = values.address(host);
            let user = values.first("user").map(|setting| setting.value.as_str()).or(self.owner.user.as_deref());
            let so_far = SoFar { original: host, host: address.as_deref().unwrap_or(host), user };
            let outer = block.parent.map_or(Holds::Yes, |parent| of(&holding, parent));
            let holds = block.criterion.holds(so_far, |earlier| of(&holding, earlier)).and(outer);
            holding.insert(index, holds);
            match holds {
                Holds::Yes => values.take(block, host),
                Holds::Undecided if !block.settings.is_empty() && values.undecided.len() < MOST_OF_A_KIND => {
                    values.undecided.push(block);
                }
                Holds::Undecided | Holds::No => {}
            }
        }
        Some(values.resolved(host))
    }
}

/// The values that were obtained so far.
#[derive(Default)]
struct Values<'c> {
    first: HashMap<&'c str, &'c Setting>,
    key_files: Vec<&'c Setting>,
    proxy: Option<&'c Setting>,
    others: Vec<&'c Setting>,
    undecided: Vec<&'c Block>,
    is_named: bool,
}

impl<'c> Values<'c> {
    fn first(&self, keyword: &str) -> Option<&'c Setting> {
        self.first.get(keyword).copied()
    }

    fn take(&mut self, block: &'c Block, host: &str) {
        self.is_named |= block.criterion.names().any(|name| name == host);
        for setting in &block.settings {
            match setting.keyword.as_str() {
                "identityfile" => {
                    let is_new = self.key_files.iter().all(|before| before.value != setting.value);
                    if is_new && self.key_files.len() < MOST_OF_A_KIND {
                        self.key_files.push(setting);
                    }
                }
                // Of the two ways to say it the first wins; a ProxyJump that cannot be read says nothing.
                "proxyjump" if hops::of_proxy_jump(&setting.value).is_err() => self.others.push(setting),
                "proxyjump" | "proxycommand" => self.proxy = self.proxy.or(Some(setting)),
                "port" if setting.value.parse::<u16>().is_ok_and(|port| port > 0) => {
                    self.first.entry("port").or_insert(setting);
                }
                "hostname" | "user" | "hostkeyalias" | "tag" => {
                    self.first.entry(&setting.keyword).or_insert(setting);
                }
                keyword => {
                    let is_new = self.others.iter().all(|before| before.keyword != keyword);
                    if is_new && self.others.len() < MOST_OF_A_KIND {
                        self.others.push(setting);
                    }
                }
            }
        }
    }

    fn address(&self, host: &str) -> Result<String, Message> {
        match self.first("hostname") {
            None => Ok(host.to_owned()),
            Some(setting) => tokens::expand(&setting.value, Tokens { name: Some(host), ..Tokens::default() }),
        }
    }

    fn resolved(self, host: &str) -> Resolved<'c> {
        Resolved {
            address: self.address(host).map(|address| address.to_ascii_lowercase()),
            port: self.first("port"),
            user: self.first("user"),
            key_alias: self.first("hostkeyalias"),
            tag: self.first("tag"),
            key_files: self.key_files,
            proxy: self.proxy,
            others: self.others,
            undecided: self.undecided,
            is_named: self.is_named,
        }
    }
}
