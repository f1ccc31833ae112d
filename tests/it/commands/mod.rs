//! Commands, said to real shells and read from what real systems answered.

mod firewall;
mod firewall_rules;
mod fixtures;
mod hostile;
mod loops;
mod packages;
mod privilege;
mod scripts;
mod shell;
mod signals;
mod values;
