//! hannun (한눈, "at one glance"): one person sees and runs all their servers from a browser, over nothing but SSH.
//!
//! The rooms, from the ground up (`docs/architecture.md` has the plan of the house):
//! pure — [`commands`], [`error`], [`language`], [`config`], [`clock`], [`secret`], [`yaml`];
//! infrastructure — [`db`], [`models`], [`remote`], [`queue`], [`app`];
//! domain — [`metrics`];
//! edges — [`web`], [`screens`], [`admin`], [`api`], [`jobs`], [`cli`]; above them [`routes`] and [`startup`].

// TEMP pub mod admin;
// TEMP pub mod api;
// TEMP pub mod app;
// TEMP pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod db;
pub mod error;
pub mod jobs;
pub mod language;
pub mod metrics;
pub mod models;
pub mod queue;
// TEMP pub mod remote;
// TEMP pub mod routes;
// TEMP pub mod screens;
pub mod secret;
// TEMP pub mod startup;
pub mod telemetry;
// TEMP pub mod web;
pub mod yaml;
