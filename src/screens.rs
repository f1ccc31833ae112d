//! Screens: one file each, and the list of all that the menu shows.

pub mod about;
pub mod account;
pub mod asked;
pub mod capabilities;
pub mod charts;
pub mod check_results;
pub mod checks;
pub mod cpu;
pub mod declared;
pub mod disks;
pub mod favourites;
pub mod filesystems;
pub mod firewall;
pub mod fleet;
pub mod gather;
pub mod history;
pub mod jump;
pub mod memory;
pub mod numbers;
pub mod overview;
pub mod part;
pub mod processes;
pub mod range;
pub mod region;
pub mod server_options;
pub mod setup;
pub mod sign_in;
pub mod sockets;
pub mod trend;

use crate::web::menu::Screen;

/// Every screen of the menu, in its order.
pub static ALL: &[&Screen] = &[
    &fleet::SCREEN,
    &overview::SCREEN,
    &cpu::SCREEN,
    &memory::SCREEN,
    &disks::SCREEN,
    &processes::SCREEN,
    &sockets::SCREEN,
    &firewall::SCREEN,
    &checks::SCREEN,
    &capabilities::SCREEN,
];
