//! The declarations: one file per resource, and nothing else to touch but the list in `admin.rs` and the menu.

pub mod audit_events;
pub mod channels;
pub mod checks;
pub mod commands;
pub mod credentials;
pub mod groups;
pub mod servers;
pub mod terminals;
pub mod tokens;
pub mod users;

use super::control::Offer;
use crate::models::allowance::Allowance;

/// How far hannun may go, for lists.
pub const ALLOWANCES: &[(&str, &str)] = &[
    ("watch", "Only watch"),
    ("read-files", "Watch and read files"),
    ("change", "Also make changes"),
    ("terminal", "Everything, with a terminal"),
];

/// How far hannun may go, for forms.
pub fn allowances() -> Vec<Offer> {
    Allowance::ALL.map(|allow| Offer::word(allow.name(), allow.label())).to_vec()
}

/// What people and programs may do, for lists.
pub const ROLES: &[(&str, &str)] =
    &[("viewer", "Viewer"), ("operator", "Operator"), ("administrator", "Administrator")];

/// Every server, or only those of some groups: the word for every server.
pub const ALL: &str = "all";

/// Which servers something is for, for forms.
pub fn reach() -> Vec<Offer> {
    vec![Offer::word(ALL, "All servers"), Offer::word("groups", "Only servers of these groups").reveals("groups")]
}

/// The menu's entry of a resource.
pub const fn screen(slug: &'static str, label: &'static str, icon: &'static str) -> crate::web::menu::Screen {
    crate::web::menu::Screen {
        slug,
        label,
        icon,
        group: crate::web::menu::Group::Admin,
        needs: &[],
        role: crate::models::actor::Role::Administrator,
        key: None,
    }
}
