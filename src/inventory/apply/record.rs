//! The audit log: one entry for each object, with the same words as a change by hand, and one for the whole (L01).

use std::collections::BTreeSet;

use serde_json::json;

use super::super::plan::{FieldChange, Item, Shown};
use super::{Action, Kind, Work};
use crate::error::Result;
use crate::models::audit::{AuditEntry, Outcome};

/// What the log says of a secret that is new, and of a text.
const CHANGED: &str = "changed";

impl Work<'_> {
    /// Writes what was done. Nothing is written where nothing was done; another text that means the same is something: what
    /// everybody compares with from now on.
    pub(super) fn record(&mut self) -> Result<()> {
        if self.plan.is_empty() && self.texts.is_empty() {
            return Ok(());
        }
        let done = self.plan.items.iter().filter(|item| item.is_taken_over || !is_left(item.action));
        let mut entries: Vec<AuditEntry> = done.map(|item| self.entry(item)).collect();
        let files = self.plan.items.iter().filter_map(|item| item.file.as_deref());
        let files: BTreeSet<&str> = files.chain(self.texts.iter().map(String::as_str)).collect();
        let mut whole = AuditEntry::by(self.means.actor, "apply_inventory")
            .target(&files.into_iter().collect::<Vec<_>>().join(", "))
            .detail("added", self.plan.count(Action::Add))
            .detail("changed", self.plan.count(Action::Change))
            .detail("removed", self.plan.count(Action::Remove))
            .detail("taken_over", self.plan.taken_over());
        if !self.texts.is_empty() {
            whole = whole.detail("text", CHANGED);
        }
        entries.push(whole);
        AuditEntry::record_all(self.connection, &entries, Outcome::Succeeded, self.means.now)
    }

    fn entry(&self, item: &Item) -> AuditEntry {
        let mut entry = AuditEntry::by(self.means.actor, event(item)).target(&item.name);
        if item.kind == Kind::Server {
            entry = entry.server(&item.name);
        }
        if let Some(object) = self.object(item) {
            entry = entry.detail("object", object);
        }
        if let Some(file) = &item.file {
            entry = entry.detail("file", file);
        }
        item.fields.iter().fold(entry, |entry, field| entry.detail(field.column, value(item.action, field)))
    }

    /// The row as audit events name it: `servers/12`.
    fn object(&self, item: &Item) -> Option<String> {
        match item.kind {
            Kind::Credential => self.ids.credentials.get(&item.name).map(|id| format!("credentials/{id}")),
            Kind::Group => self.ids.groups.get(&item.name).map(|id| format!("groups/{id}")),
            Kind::Server => self.ids.servers.get(&item.name).map(|id| format!("servers/{id}")),
            Kind::Command => self.ids.commands.get(&item.name).map(|id| format!("commands/{id}")),
        }
    }
}

fn is_left(action: Action) -> bool {
    matches!(action, Action::Leave | Action::Unchanged)
}

/// The action's name in the log.
fn event(item: &Item) -> &'static str {
    let names = match item.kind {
        Kind::Credential => ["create_credential", "change_credential", "delete_credential"],
        Kind::Group => ["create_group", "change_group", "delete_group"],
        Kind::Server => ["create_server", "change_server", "delete_server"],
        Kind::Command => ["create_command", "change_command", "delete_command"],
    };
    let [create, change, delete] = names;
    match item.action {
        Action::Add => create,
        Action::Remove => delete,
        _ => change,
    }
}

/// What the log keeps of a field: the value of something new, both where one was replaced.
fn value(action: Action, field: &FieldChange) -> String {
    match &field.shown {
        Shown::Secret => CHANGED.to_owned(),
        Shown::Values { after, .. } if action == Action::Add => after.clone(),
        Shown::Values { before, after } => json!([before, after]).to_string(),
    }
}
