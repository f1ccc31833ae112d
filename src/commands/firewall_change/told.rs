//! A change as the command that its owner is given: what people see before it runs. Nothing is run from this text.

use super::{ChangeFirewall, Deed, Wish};
use crate::commands::firewall::Owner;

impl ChangeFirewall {
    /// The command in one line, as a person would type it.
    pub fn line(&self) -> String {
        let deed = match self.deed {
            Deed::Add => "add",
            Deed::Remove => "remove",
        };
        let (place, mut words) = (&self.place, Vec::new());
        let mut say = |parts: &[&str]| words.extend(parts.iter().map(|part| quoted(part)));
        match self.owner {
            Owner::Ufw => {
                say(&["ufw"]);
                match self.deed {
                    Deed::Remove => say(&["delete"]),
                    Deed::Add if self.first => say(&["prepend"]),
                    Deed::Add => {}
                }
                say(&[self.wish.name()]);
                with(&mut say, &["in", "on"], &self.interface);
                with(&mut say, &["proto"], &self.protocol);
                say(&["from", if self.source.is_empty() { "any" } else { &self.source }, "to", "any"]);
                with(&mut say, &["port"], &self.ports);
                with(&mut say, &["comment"], &self.comment);
            }
            Owner::Firewalld => {
                say(&[
                    "firewall-cmd",
                    &format!("--zone={}", place.zone),
                    &format!("--{deed}-{}={}", place.kind, place.item),
                ]);
            }
            Owner::Nft => match self.deed {
                Deed::Add => {
                    say(&["nft", if self.first { "insert" } else { "add" }, "rule"]);
                    say(&[&place.family, &place.table, &place.chain]);
                    words.push(place.item.clone());
                }
                Deed::Remove => {
                    say(&["nft", "delete", "rule", &place.family, &place.table, &place.chain, "handle"]);
                    say(&[&place.handle.unwrap_or_default().to_string()]);
                }
            },
            _ => {
                say(&[if place.family == "ip6" { "ip6tables" } else { "iptables" }, "-t", &place.table]);
                match self.deed {
                    Deed::Remove => say(&["-D", &place.chain, &place.handle.unwrap_or_default().to_string()]),
                    Deed::Add => {
                        say(&[if self.first { "-I" } else { "-A" }, &place.chain]);
                        with(&mut say, &["-s"], &self.source);
                        with(&mut say, &["-p"], &self.protocol);
                        with(&mut say, &["--dport"], &self.ports);
                        with(&mut say, &["-m", "comment", "--comment"], &self.comment);
                        say(&[
                            "-j",
                            match self.wish {
                                Wish::Allow | Wish::Limit => "ACCEPT",
                                Wish::Deny => "DROP",
                                Wish::Reject => "REJECT",
                            },
                        ]);
                    }
                }
            }
        }
        words.join(" ")
    }
}

fn with(say: &mut impl FnMut(&[&str]), before: &[&str], value: &str) {
    if !value.is_empty() {
        say(before);
        say(&[value]);
    }
}

/// A word as a shell would have it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=/:.,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
