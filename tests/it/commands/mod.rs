//! Commands, said to real shells and read from what real systems answered.

mod cron;
mod firewall;
mod firewall_rules;
mod fixtures;
mod hostile;
mod logins;
mod loops;
mod packages;
mod privilege;
mod scripts;
mod services;
mod shell;
mod signals;
mod values;
