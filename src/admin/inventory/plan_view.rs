//! A plan as the page shows it: a tally, and the objects by what would happen to them.

use std::collections::BTreeSet;

use crate::inventory::{Action, FieldChange, Item, Kind, Plan, Problem, Shown};
use crate::language::Message;

/// Rows that are seen at once; the rest is folded away.
const AT_ONCE: usize = 20;
/// Longest value of one field.
const LONGEST: usize = 400;

/// What applying would change.
#[derive(Debug)]
pub(super) struct PlanView {
    /// Words and numbers.
    pub(super) tally: Vec<(&'static str, usize)>,
    /// The objects by what would happen to them.
    pub(super) sections: Vec<SectionView>,
    /// What was taken in another way than it was written.
    pub(super) notes: Vec<Problem>,
    /// By which the plan is meant that was seen.
    pub(super) digest: String,
    /// How many objects would be added, changed or removed.
    pub(super) changes: usize,
    /// How many stay as they are and come from the file from then on.
    pub(super) taken_over: usize,
    /// How many new servers wait for somebody to approve their host key.
    pub(super) without_host_keys: usize,
    /// Not the plan that was seen before: something was changed in the meantime.
    pub(super) is_another: bool,
}

/// Objects to which the same would happen.
#[derive(Debug)]
pub(super) struct SectionView {
    /// What would happen, in English.
    pub(super) label: &'static str,
    /// Those that are seen at once.
    pub(super) rows: Vec<RowView>,
    /// The others.
    pub(super) more: Vec<RowView>,
}

/// One object.
#[derive(Debug)]
pub(super) struct RowView {
    /// Its name.
    pub(super) name: String,
    /// What it is, in English; empty for a server.
    pub(super) kind: &'static str,
    /// What is said of something new.
    pub(super) summary: String,
    /// What differs, line by line.
    pub(super) lines: Vec<LineView>,
    /// What else is worth knowing.
    pub(super) notes: Vec<Message>,
    /// What its box sends; empty where there is none.
    pub(super) value: String,
    /// Whether it is ticked.
    pub(super) ticked: bool,
}

/// One line of a difference.
#[derive(Debug)]
pub(super) struct LineView {
    /// `-`, `+` or nothing.
    pub(super) sign: &'static str,
    /// The field.
    pub(super) field: &'static str,
    /// Its value; none for a secret.
    pub(super) value: Option<String>,
}

impl PlanView {
    pub(super) fn of(plan: &Plan, ticked: &BTreeSet<(Kind, String)>) -> Self {
        let not_in_file = plan.count(Action::Remove) + plan.count(Action::Leave);
        let sections = [
            ("Add", &[Action::Add][..]),
            ("Change", &[Action::Change]),
            ("Not in the file any more", &[Action::Remove, Action::Leave]),
        ];
        let section = |(label, actions): (&'static str, &[Action])| {
            let items = plan.items.iter().filter(|item| actions.contains(&item.action));
            let tick = |item: &Item| ticked.contains(&(item.kind, item.name.clone()));
            let mut rows: Vec<RowView> = items.map(|item| RowView::of(item, tick(item))).collect();
            let more = rows.split_off(rows.len().min(AT_ONCE));
            SectionView { label, rows, more }
        };
        Self {
            tally: vec![
                ("Add", plan.count(Action::Add)),
                ("Change", plan.count(Action::Change)),
                ("Not in the file", not_in_file),
                ("Unchanged", plan.count(Action::Unchanged)),
            ],
            sections: sections.into_iter().map(section).filter(|section| !section.rows.is_empty()).collect(),
            notes: plan.notes.clone(),
            digest: plan.digest(),
            changes: plan.changes(),
            taken_over: plan.taken_over(),
            without_host_keys: plan.without_host_keys(),
            is_another: false,
        }
    }

    /// The words on the button.
    pub(super) fn button(&self) -> Message {
        match self.changes {
            0 => Message::new("Manage by this file"),
            1 => Message::new("Apply 1 change"),
            many => Message::new("Apply {count} changes").with("count", many),
        }
    }

    /// Whether there is anything to apply.
    pub(super) fn is_something(&self) -> bool {
        self.changes + self.taken_over > 0
    }

    /// That objects come from the file from then on.
    pub(super) fn taking_over(&self) -> Message {
        Message::new("{count} of the unchanged come from this file from then on").with("count", self.taken_over)
    }

    /// That host keys wait.
    pub(super) fn waiting(&self) -> Message {
        let sentence =
            "{count} of the new servers wait for you to approve their host key: nothing is sent to them before";
        Message::new(sentence).with("count", self.without_host_keys)
    }
}

impl SectionView {
    /// How many are folded away.
    pub(super) fn rest(&self) -> Message {
        Message::new("{count} more").with("count", self.more.len())
    }
}

impl RowView {
    pub(super) fn of(item: &Item, ticked: bool) -> Self {
        let kind = match item.kind {
            Kind::Server => "",
            Kind::Credential => "Credential",
            Kind::Group => "Group",
            Kind::Command => "Command",
        };
        let may_be_removed = matches!(item.action, Action::Remove | Action::Leave);
        let is_new = item.action == Action::Add;
        Self {
            name: item.name.clone(),
            kind,
            summary: if is_new { summary(&item.fields) } else { String::new() },
            lines: if is_new { Vec::new() } else { item.fields.iter().flat_map(lines).collect() },
            notes: item.notes.clone(),
            value: if may_be_removed { format!("{}/{}", item.kind.name(), item.name) } else { String::new() },
            ticked,
        }
    }

    /// What the box does.
    pub(super) fn deletes(&self) -> Message {
        Message::new("Delete {name}").with("name", &self.name)
    }
}

/// The values of something new; a truth is told by its field.
fn summary(fields: &[FieldChange]) -> String {
    let values = fields.iter().map(|field| match &field.shown {
        Shown::Secret => format!("{}: ***", field.field),
        Shown::Values { after, .. } => match field.field {
            "address" | "user" | "credential" | "groups" | "labels" | "kind" => short(after),
            name => format!("{name}: {}", short(after)),
        },
    });
    values.collect::<Vec<_>>().join(", ")
}

fn lines(field: &FieldChange) -> Vec<LineView> {
    let line = |sign, value: &str| LineView { sign, field: field.field, value: Some(short(value)) };
    match &field.shown {
        Shown::Secret => vec![LineView { sign: "", field: field.field, value: None }],
        Shown::Values { before, after } => {
            let before = (!before.is_empty()).then(|| line("-", before));
            let after = (!after.is_empty()).then(|| line("+", after));
            before.into_iter().chain(after).collect()
        }
    }
}

fn short(value: &str) -> String {
    let kept: String = value.chars().take(LONGEST).collect();
    if kept.len() < value.len() { format!("{kept}…") } else { kept }
}

/// What was done, in one sentence.
pub(super) fn said(plan: &Plan) -> Message {
    if plan.changes() == 0 {
        return Message::new("Nothing had to be changed");
    }
    Message::new("{added} added, {changed} changed, {removed} removed")
        .with("added", plan.count(Action::Add))
        .with("changed", plan.count(Action::Change))
        .with("removed", plan.count(Action::Remove))
}
