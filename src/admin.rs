//! The administration: resources are declared in `resources/`, everything else here serves all of them.
//!
//! A resource declares its list (columns are functions of the row), its form (fields have a place in a draft) and its
//! deeds; pages, filters, errors beside fields, confirmation, bulk actions, history and audit events follow from that.

pub mod any;
pub mod asked;
pub mod audit_log;
pub mod cell;
pub mod channel_test;
pub mod connection;
pub mod control;
pub mod delete;
pub mod desk;
pub mod edit;
pub mod entered;
pub mod field;
pub mod form;
pub mod history;
pub mod host_keys;
pub mod imports;
pub mod index;
pub mod inventory;
pub mod list;
pub mod list_view;
pub mod read;
pub mod record;
pub mod resource;
pub mod resources;
pub mod trial;
pub mod words;

use any::AnyResource;

use crate::error::{Error, Result};
use crate::web::menu::Screen;

/// Every resource, in the order of the menu.
pub static RESOURCES: &[&dyn AnyResource] = &[
    &resources::servers::Servers,
    &resources::groups::Groups,
    &resources::credentials::Credentials,
    &resources::commands::Commands,
    &resources::checks::Checks,
    &resources::channels::Channels,
    &resources::users::Users,
    &resources::tokens::Tokens,
    &resources::terminals::Terminals,
    &resources::audit_events::AuditEvents,
];

/// The menu's entries: all resources, and what is done with several of them.
pub fn screens() -> impl Iterator<Item = &'static Screen> {
    RESOURCES.iter().map(|resource| resource.screen()).chain([&inventory::SCREEN])
}

/// The resource of an address.
pub fn resource(slug: &str) -> Result<&'static dyn AnyResource> {
    RESOURCES.iter().copied().find(|resource| resource.screen().slug == slug).ok_or(Error::NotFound("This page"))
}
