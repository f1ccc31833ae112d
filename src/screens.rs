//! Screens: one file each, and the list of all that the menu shows.

pub mod account;
pub mod home;
pub mod server_options;
pub mod setup;
pub mod sign_in;

use crate::web::menu::Screen;

/// Every screen of the menu, in its order.
pub static ALL: &[&Screen] = &[&home::SCREEN];
