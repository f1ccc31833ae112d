//! A plan as programs read it: the JSON of the API and of `hannun apply --json`.

use serde::Serialize;
use utoipa::ToSchema;

use super::plan::{Action, Item, Plan, Shown};
use crate::language::Language;

/// What applying would do, or did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InventoryPlan)]
pub struct PlanReport {
    /// Whether it was only planned.
    pub dry_run: bool,
    /// A word for this plan: given back with the application, nothing is done if the plan is another one by then.
    pub digest: String,
    /// How many objects are new.
    pub added: usize,
    /// How many become others.
    pub changed: usize,
    /// How many go.
    pub removed: usize,
    /// How many are not in their file any more and stay all the same.
    pub left: usize,
    /// How many are as the text says.
    pub unchanged: usize,
    /// How many of the unchanged come from the file from then on.
    pub taken_over: usize,
    /// How many of the new servers wait for somebody to approve their host key.
    pub without_host_keys: usize,
    /// Every object that is not unchanged.
    pub items: Vec<ItemReport>,
    /// What was taken in another way than it was written, with its place.
    pub notes: Vec<String>,
}

/// One object.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InventoryPlanItem)]
pub struct ItemReport {
    /// `credential`, `group`, `server` or `command`.
    pub kind: &'static str,
    /// Its name; of a command its type and name: `list_processes/ours`.
    pub name: String,
    /// `add`, `change`, `remove`, or `leave`: it is not in its file any more and stays.
    pub action: &'static str,
    /// The file that it comes from afterwards; null: it is changed by hand.
    pub file: Option<String>,
    /// The fields that become others; of something new, all that is said of it.
    pub fields: Vec<FieldReport>,
    /// What else is worth knowing.
    pub notes: Vec<String>,
}

/// One field.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InventoryPlanField)]
pub struct FieldReport {
    /// Its key in the file.
    pub field: &'static str,
    /// The value before; absent for a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The value after; absent for a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// A secret: nothing more is told than that it becomes another.
    pub secret: bool,
}

impl PlanReport {
    /// The plan, with its sentences in `language`.
    pub fn of(plan: &Plan, dry_run: bool, language: Language) -> Self {
        let changes = plan.items.iter().filter(|item| item.action != Action::Unchanged);
        Self {
            dry_run,
            digest: plan.digest(),
            added: plan.count(Action::Add),
            changed: plan.count(Action::Change),
            removed: plan.count(Action::Remove),
            left: plan.count(Action::Leave),
            unchanged: plan.count(Action::Unchanged),
            taken_over: plan.taken_over(),
            without_host_keys: plan.without_host_keys(),
            items: changes.map(|item| ItemReport::of(item, language)).collect(),
            notes: plan.notes.iter().map(|note| note.placed().in_language(language)).collect(),
        }
    }
}

impl ItemReport {
    /// One object, with its sentences in `language`.
    pub fn of(item: &Item, language: Language) -> Self {
        let fields = item.fields.iter().map(|field| match &field.shown {
            Shown::Secret => FieldReport { field: field.field, before: None, after: None, secret: true },
            Shown::Values { before, after } => FieldReport {
                field: field.field,
                before: Some(before.clone()),
                after: Some(after.clone()),
                secret: false,
            },
        });
        Self {
            kind: item.kind.name(),
            name: item.name.clone(),
            action: item.action.name(),
            file: item.file.clone(),
            fields: fields.collect(),
            notes: item.notes.iter().map(|note| note.in_language(language)).collect(),
        }
    }
}
