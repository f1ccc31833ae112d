//! What could be renewed on a server, by the lists that it has.

use futures_util::FutureExt;
use serde_json::json;

use super::{Source, found, none};
use crate::commands::packages::ListUpdates;
use crate::scenarios::fields::{Default, Field, Takes, number};

/// Pending updates.
pub(super) const PENDING: Source = Source {
    kind: "package_updates",
    label: "Package updates",
    icon: "package",
    fields: &[Field {
        name: "names",
        label: "Names that are told",
        hint: "Those for security come first",
        takes: Takes::Number { least: 0, most: 200 },
        default: Default::Number(20),
    }],
    gives: &[
        ("updates.pending", "12"),
        ("updates.security", "3"),
        ("updates.names", "openssl, libssl3, nginx"),
        ("updates.lists_from", "2026-11-28T06:00:00Z"),
        ("command", "apt-get -s dist-upgrade"),
    ],
    asks_server: true,
    acts: false,
    problems: none,
    read: |asked| {
        async move {
            let most = usize::try_from(number(asked.settings, "names")).unwrap_or_default();
            let answer = asked.host.read(ListUpdates).await?;
            let mut updates = answer.value.updates;
            updates.sort_by_key(|update| !update.security);
            let security = updates.iter().filter(|update| update.security).count();
            let names: Vec<&str> = updates.iter().take(most).map(|update| update.name.as_str()).collect();
            Ok(found(json!({
                "updates": {
                    "pending": updates.len(),
                    // Not every tool tells.
                    "security": answer.value.tells_security.then_some(security),
                    "names": names.join(", "),
                    "lists_from": answer.value.lists_from,
                },
                "command": answer.evidence.line,
            })))
        }
        .boxed()
    },
};
