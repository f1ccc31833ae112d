//! Screens: one file each, and the list of all that the menu shows.

pub mod account;
pub mod about;
pub mod charts;
pub mod declared;
pub mod filesystems;
pub mod fleet;
pub mod health;
pub mod history;
pub mod home;
pub mod numbers;
pub mod overview;
pub mod range;
pub mod region;
pub mod trend;
pub mod home;
pub mod server_options;
pub mod setup;
pub mod sign_in;

use crate::web::menu::Screen;

/// Every screen of the menu, in its order.
pub static ALL: &[&Screen] = &[&home::SCREEN];
