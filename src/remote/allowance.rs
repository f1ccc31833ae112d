//! The switch of a server and its groups: how far hannun goes there, whoever asks. A refusal is in the audit log.

use super::hosts::Hosts;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::Actor;
use crate::models::allowance::Allowance;
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::servers::{Narrowest, Server};

/// Refuses what the switch does not allow: `action` is its name in the audit log, `target` what it would be done to.
pub(super) async fn check(
    hosts: &Hosts,
    (server, actor): (&Server, &Actor),
    needed: Allowance,
    (action, target): (&'static str, &str),
) -> Result<()> {
    let (row, entry, now) =
        (server.clone(), AuditEntry::by(actor, action).server(&server.name).target(target), hosts.clock().now());
    let narrowest = hosts
        .db()
        .run(move |connection| {
            let narrowest = row.narrowest_allowance(connection)?;
            if narrowest.allow < needed {
                let entry = entry.detail("allowed", narrowest.allow).detail("needed", needed);
                entry.record(connection, Outcome::Refused, now)?;
            }
            Ok::<Narrowest, Error>(narrowest)
        })
        .await?;
    if narrowest.allow >= needed { Ok(()) } else { Err(Error::Forbidden(refusal(&server.name, &narrowest, needed))) }
}

/// What the switch says, and where it is changed.
pub(crate) fn refusal(server: &str, narrowest: &Narrowest, needed: Allowance) -> Message {
    let (whose, place) = match (&narrowest.group, &narrowest.file) {
        (None, None) => ("{server} allows no more than “{allowed}”", "Admin, Servers, {server}"),
        (None, Some(_)) => ("{server} allows no more than “{allowed}”", "the file {file}"),
        (Some(_), None) => ("The group {group} allows no more than “{allowed}” on {server}", "Admin, Groups, {group}"),
        (Some(_), Some(_)) => ("The group {group} allows no more than “{allowed}” on {server}", "the file {file}"),
    };
    let filled = |template: &'static str| {
        Message::new(template)
            .with("server", server)
            .with("group", narrowest.group.clone().unwrap_or_default())
            .with("file", narrowest.file.clone().unwrap_or_default())
            .with_words("allowed", narrowest.allow.label())
    };
    Message::new("{whose}, and this needs “{needed}”. An administrator changes that in {place}")
        .with_words("whose", filled(whose))
        .with_words("needed", needed.label())
        .with_words("place", filled(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_switch_and_where_it_is_changed() {
        let narrowest = Narrowest { allow: Allowance::Watch, group: None, file: None };
        assert_eq!(
            refusal("web-1", &narrowest, Allowance::Change).to_string(),
            "web-1 allows no more than “Only watch”, and this needs “Also make changes”. An administrator changes that in Admin, Servers, web-1"
        );
        let narrowest = Narrowest {
            allow: Allowance::ReadFiles,
            group: Some("production".to_owned()),
            file: Some("servers.yml".to_owned()),
        };
        let said = refusal("web-1", &narrowest, Allowance::Terminal).to_string();
        assert!(said.starts_with("The group production allows no more than “Watch and read files” on web-1"), "{said}");
        assert!(said.ends_with("in the file servers.yml"), "{said}");
    }
}
