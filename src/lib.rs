//! hannun (한눈, "at one glance"): one person sees and runs all their servers from a browser, over nothing but SSH.
//!
//! The rooms, from the ground up (`docs/architecture.md` has the plan of the house):
//! pure — [`commands`], [`error`], [`language`], [`config`], [`clock`], [`secret`], [`yaml`];
//! infrastructure — [`db`], [`models`], [`remote`], [`queue`], [`app`];
//! domain — [`metrics`], [`checks`], [`firewalls`], [`inventory`];
//! edges — [`web`], [`screens`], [`admin`], [`api`], [`jobs`], [`cli`]; above them [`routes`] and [`startup`].

pub mod admin;
pub mod api;
pub mod app;
pub mod checks;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod db;
pub mod error;
pub mod firewalls;
pub mod installations;
pub mod inventory;
pub mod jobs;
pub mod language;
pub mod metrics;
pub mod models;
pub mod queue;
pub mod remote;
pub mod routes;
pub mod screens;
pub mod secret;
pub mod startup;
pub mod telemetry;
pub mod transfers;
pub mod web;
pub mod yaml;
