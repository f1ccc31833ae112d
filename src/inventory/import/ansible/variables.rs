//! The variables that say how to connect. Every other variable is forgotten where it stands: it may be a secret of
//! another program.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::inventory::import::found::{FoundSecret, LONGEST_VALUE, Place};
use crate::secret::SecretText;

/// The variables that are kept. Of several names for one thing the last one that is set decides, as in Ansible.
const KNOWN: [&str; 30] = [
    "ansible_group_priority",
    "ansible_connection",
    "ansible_host",
    "ansible_ssh_host",
    "ansible_port",
    "ansible_ssh_port",
    "ansible_user",
    "ansible_ssh_user",
    "ansible_password",
    "ansible_ssh_pass",
    "ansible_ssh_password",
    "ansible_private_key_file",
    "ansible_ssh_private_key_file",
    "ansible_ssh_args",
    "ansible_ssh_common_args",
    "ansible_ssh_extra_args",
    "ansible_become",
    "ansible_sudo",
    "ansible_become_method",
    "ansible_become_user",
    "ansible_sudo_user",
    "ansible_become_password",
    "ansible_become_pass",
    "ansible_sudo_pass",
    "ansible_shell_type",
    "ansible_shell_executable",
    "ansible_network_os",
    "ansible_private_key_passphrase",
    "ansible_host_key_checking",
    "ansible_ssh_host_key_checking",
];

/// Whether a variable is one of those.
pub(super) fn is_known(name: &str) -> bool {
    KNOWN.contains(&name)
}

/// Some variables.
#[derive(Debug, Clone, Default)]
pub(super) struct Variables(BTreeMap<&'static str, Arc<Value>>);

/// What a variable says. Any of them may be a secret. Thousands of hosts may share one.
#[derive(Debug)]
struct Value {
    /// `None`: it is too long to be one that says how to connect.
    text: Option<SecretText>,
    place: Place,
}

/// What can be known of a value without Ansible.
#[derive(Debug, Clone)]
pub(super) enum Known {
    /// The value itself.
    Plain(SecretText),
    /// It is in a vault, or a template, or longer than any value that we could use.
    NeedsAnsible,
}

impl Variables {
    /// Sets a variable, if it is one of those that are kept.
    pub(super) fn set(&mut self, name: &str, text: &str, place: &Place) {
        if let Some(name) = KNOWN.into_iter().find(|known| *known == name) {
            let text = (text.len() <= LONGEST_VALUE).then(|| SecretText::new(text.to_owned()));
            self.0.insert(name, Arc::new(Value { text, place: place.clone() }));
        }
    }

    /// Takes those of `later`, which decide.
    pub(super) fn overlay(&mut self, later: &Self) {
        self.0.extend(later.0.iter().map(|(name, value)| (*name, Arc::clone(value))));
    }

    /// The text of a variable, as it is written; nothing where it is too long.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.text.as_ref().map(|text| text.expose().as_str())
    }

    /// Whether it is set, whatever it says.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Where it stands.
    pub(super) fn place(&self, name: &str) -> Option<&Place> {
        self.0.get(name).map(|value| &value.place)
    }

    /// The value of the last of several names that is set.
    pub(super) fn last(&self, names: &[&'static str], host: &str) -> Option<(&'static str, Known)> {
        let name = names.iter().rev().copied().find(|name| self.0.contains_key(*name))?;
        Some((name, self.text(name).map_or(Known::NeedsAnsible, |text| known(text, host))))
    }

    /// The same for a secret.
    pub(super) fn secret(&self, names: &[&'static str], host: &str) -> FoundSecret {
        match self.last(names, host) {
            None => FoundSecret::Absent,
            Some((_, Known::NeedsAnsible)) => FoundSecret::NeedsValue,
            Some((_, Known::Plain(secret))) => FoundSecret::Given(secret),
        }
    }
}

/// What can be known of a value. The one template that is filled in is the host's own name.
fn known(text: &str, host: &str) -> Known {
    if text.trim_start().starts_with("$ANSIBLE_VAULT") {
        return Known::NeedsAnsible;
    }
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((inside, after)) = after.split_once("}}") else { return Known::NeedsAnsible };
        filled.push_str(before);
        match inside.trim() {
            "inventory_hostname" => filled.push_str(host),
            "inventory_hostname_short" => filled.push_str(host.split('.').next().unwrap_or_default()),
            _ => return Known::NeedsAnsible,
        }
        rest = after;
    }
    filled.push_str(rest);
    if filled.contains("{%") || filled.len() > LONGEST_VALUE {
        Known::NeedsAnsible
    } else {
        Known::Plain(SecretText::new(filled))
    }
}

/// What Ansible takes for yes.
pub(super) fn is_yes(text: &str) -> bool {
    ["y", "yes", "on", "1", "true", "t"].contains(&text.trim().to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Option<String> {
        match known(text, "web-1.example.com") {
            Known::Plain(text) => Some(text.expose().clone()),
            Known::NeedsAnsible => None,
        }
    }

    #[test]
    fn only_ansible_can_open_a_vault_or_fill_in_a_template() {
        assert_eq!(said("deploy").as_deref(), Some("deploy"));
        assert_eq!(said("{{ inventory_hostname }}").as_deref(), Some("web-1.example.com"));
        assert_eq!(said("{{inventory_hostname_short}}.lan").as_deref(), Some("web-1.lan"));
        for text in
            ["{{ user }}", "x{{ inventory_hostname", "{% if a %}b{% endif %}", "$ANSIBLE_VAULT;1.1;AES256\n6162"]
        {
            assert_eq!(said(text), None, "{text}");
        }
    }

    #[test]
    fn other_variables_are_forgotten() {
        let (mut variables, place) = (Variables::default(), Place::new("hosts", 1));
        variables.set("db_password", "secret", &place);
        variables.set("ansible_user", "ops", &place);
        assert_eq!(variables.text("db_password"), None);
        assert_eq!(variables.text("ansible_user"), Some("ops"));
        assert!(!format!("{variables:?}").contains("ops"));
    }
}
