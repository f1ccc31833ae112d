//! Screens: one file each.

pub mod charts;
pub mod declared;
pub mod filesystems;
pub mod health;
pub mod numbers;
pub mod range;
pub mod trend;
