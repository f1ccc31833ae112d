//! SSH: real `sshd`, and servers with bad manners.

mod accounts;
mod commands;
mod cron;
mod firewall;
mod host_keys;
mod limits;
mod pipes;
mod pool;
mod rights;
mod secrets;
mod shells;
mod sign_in;
mod stages;
mod sudo;
mod switches;
mod systems;
