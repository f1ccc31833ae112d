//! Screens: one file each, and the list of all that the menu shows.

pub mod about;
pub mod account;
pub mod accounts;
pub mod asked;
pub mod capabilities;
pub mod charts;
pub mod check_results;
pub mod checks;
pub mod consumers;
pub mod cpu;
pub mod cron;
pub mod declared;
mod diff;
pub mod directories;
pub mod disks;
pub mod favourites;
pub mod files;
pub mod filesystems;
pub mod firewall;
pub mod fleet;
pub mod gather;
pub mod guarded_change;
pub mod history;
pub mod jump;
mod line_ends;
pub mod logins;
pub mod logs;
pub mod memory;
pub mod numbers;
pub mod overview;
pub mod packages;
pub mod part;
pub mod power;
pub mod pressure;
pub mod processes;
pub mod range;
pub mod region;
pub mod run;
pub mod runs;
pub mod scenarios;
pub mod scheduler;
pub mod server_options;
pub mod services;
pub mod setup;
pub mod sign_in;
pub mod sockets;
pub mod terminal;
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
    &packages::SCREEN,
    &services::SCREEN,
    &firewall::SCREEN,
    &cron::SCREEN,
    &accounts::SCREEN,
    &files::SCREEN,
    &logs::SCREEN,
    &logins::SCREEN,
    &terminal::SCREEN,
    &checks::SCREEN,
    &power::SCREEN,
    &capabilities::SCREEN,
    &scenarios::SCREEN,
    &scheduler::SCREEN,
    &runs::SCREEN,
    &run::SCREEN,
];
